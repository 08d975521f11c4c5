"""What an edition answers about itself: its tree, its weights, what clients are asked, its mark; rules of single parts.

How files are read and complaints are pointed at, is tested in tests/data/test_editions.py.
"""

import json

import pandas as pd
import pytest
from pydantic import ValidationError

from methods.data.editions import parse_edition
from methods.errors import InputError
from methods.index.edition import Bounds, Grading, Indicator, Normalisation

COLUMN = {"measure": "column", "table": "t", "column": "x"}
SURVEY = {"measure": "survey", "table": "t", "question": "в1", "scale": [1, 5]}
INDICATORS = {"а1": ("А", {"subjective": SURVEY, "objective": COLUMN}), "а2": ("А", {"objective": COLUMN}),
              "б1": ("Б", {"subjective": COLUMN, "objective": COLUMN}), "в": ("index", {"subjective": SURVEY})}
WEIGHTS = {"index": {"В": 0.6, "в": 0.4}, "А": {"а1": 0.25, "а2": 0.75}}


def edition(weights=WEIGHTS, **changes):
    """A tree of three floors: index > В > А, Б; and an indicator right below the index."""
    return parse_edition(json.dumps({
        "version": "tiny", "title": "Пробная", "status": "candidate", "in_force": {"start": "2026-01-01"},
        "legal_basis": ["нет"], "decision": "0000", "unit": {"title": "ц", "one": "ц", "few": "ц", "many": "ц"},
        "data": {"dataset": "d", "periods": ["2026"], "units": {"file": "u.csv", "unit": "u", "title": "t"},
                 "tables": {"t": {"file": "t.csv", "unit": "u"}}},
        "groups": {"В": {"title": "Верх"}, "А": {"title": "Альфа", "parent": "В"},
                   "Б": {"title": "Бета", "parent": "В"}},
        "indicators": {code: {"title": f"Показатель {code}", "group": group, "sides": sides}
                       for code, (group, sides) in INDICATORS.items()},
        "weights": {**weights, **({} if "а1" in weights["index"] else {"В": "equal"})},
        "normalisation": {"method": "none"},
        "aggregation": {"default": {"method": "arithmetic"}, "А": {"method": "geometric"}},
        "missing": {"default": {"rule": "reweight"}, "Б": {"rule": "complete"}}, "publication": {"decimals": 2},
        **changes}, ensure_ascii=False))


def test_the_tree_is_walked_in_the_order_of_the_file():
    tree = edition()
    assert tree.children("index") == ["В", "в"]
    assert tree.children("В") == ["А", "Б"]
    assert tree.leaves("index") == ["а1", "а2", "б1", "в"]
    assert tree.leaves("В") == ["а1", "а2", "б1"]
    assert tree.leaves("в") == ["в"]
    assert list(tree.bottom_up()) == ["А", "Б", "В"]
    assert [tree.element_title(code) for code in ("index", "А", "а1")] == ["Индекс", "Альфа", "Показатель а1"]


def test_weights_of_the_tree_multiply_on_the_way_down():
    tree = edition()
    assert not tree.is_flat
    assert tree.weights_of("В").to_dict() == {"А": 0.5, "Б": 0.5}
    assert tree.weights_of("Б").to_dict() == {"б1": 1.0}
    assert tree.effective_weights().to_dict() == pytest.approx(
        {"а1": 0.6 * 0.5 * 0.25, "а2": 0.6 * 0.5 * 0.75, "б1": 0.6 * 0.5, "в": 0.4})
    assert tree.effective_weights().name == "weight"


def test_weights_of_a_flat_edition_are_shares_inside_a_group():
    flat = edition(weights={"index": {"а1": 0.1, "а2": 0.3, "б1": 0.4, "в": 0.2}})
    assert flat.is_flat
    assert flat.members("index") == ["а1", "а2", "б1", "в"]
    assert flat.members("В") == ["а1", "а2", "б1"]
    assert flat.weights_of("А").to_dict() == pytest.approx({"а1": 0.25, "а2": 0.75})
    assert flat.weights_of("index").to_dict() == pytest.approx({"а1": 0.1, "а2": 0.3, "б1": 0.4, "в": 0.2})
    assert flat.effective_weights().to_dict() == pytest.approx({"а1": 0.1, "а2": 0.3, "б1": 0.4, "в": 0.2})


def test_other_weights_are_matched_by_code_and_checked():
    tree = edition()
    other = tree.reweighted(pd.Series({"в": 0.9, "В": 0.1}))
    assert other.weights_of("index").to_dict() == {"В": 0.1, "в": 0.9}
    assert other.weights_of("А").to_dict() == tree.weights_of("А").to_dict()
    assert tree.weights_of("index").to_dict() == {"В": 0.6, "в": 0.4}  # the edition itself stays
    with pytest.raises(InputError, match="Веса верхнего уровня: наборы кодов различаются"):
        tree.reweighted(pd.Series({"в": 0.5, "В": 0.3, "А": 0.2}))
    with pytest.raises(InputError, match=r"Сумма весов должна быть равна 1, сейчас 0\.9"):
        tree.reweighted(pd.Series({"в": 0.5, "В": 0.4}))


def test_rules_of_an_element_come_before_the_common_ones():
    tree = edition()
    assert [tree.aggregation_of(code).method for code in ("А", "Б", "index")] == ["geometric", "arithmetic",
                                                                                  "arithmetic"]
    assert [tree.missing_of(code).rule for code in ("А", "Б", "index")] == ["reweight", "complete", "reweight"]
    assert tree.normalisation_of("а1").method == "none"
    own = tree.model_copy(update={"indicators": {"а1": tree.indicators["а1"].model_copy(
        update={"normalisation": Normalisation(method="min-max")})}})
    assert own.normalisation_of("а1").method == "min-max"


def test_what_clients_are_asked_and_what_has_two_sides():
    """A subjective column is no question; an indicator with one side is not compared with itself."""
    tree = edition()
    assert list(tree.questions) == ["а1", "в"]
    assert tree.questions["в"].question == "в1"
    assert tree.two_sided == ["а1", "б1"]
    assert tree.indicators["а1"].side_mix() == {"subjective": 0.5, "objective": 0.5}
    assert tree.indicators["в"].side_mix() == {"subjective": 1.0}
    mixed = tree.indicators["а1"].model_copy(update={"mix": {"subjective": 0.2, "objective": 0.8}})
    assert mixed.side_mix() == {"subjective": 0.2, "objective": 0.8}


@pytest.mark.parametrize(("status", "mark"), [("adopted", ""), ("candidate", "проект редакции"),
                                              ("demonstration", "демонстрация")])
def test_what_is_not_official_carries_a_mark(status, mark):
    assert edition(status=status).mark == mark


def refusal(part, **given):
    with pytest.raises(ValidationError) as error:
        part(**given)
    return str(error.value.errors()[0]["ctx"]["error"])


@pytest.mark.parametrize(("given", "words"), [
    ({"method": "quantiles", "cut_offs": (1.0, 2.0)}, "cut_offs, floor и decimals нужны только способу bands, а задан "
                                                      "quantiles"),
    ({"method": "k-means", "floor": 1.0}, "cut_offs, floor и decimals нужны только способу bands, а задан k-means"),
    ({"method": "k-means", "decimals": 0}, "cut_offs, floor и decimals нужны только способу bands, а задан k-means"),
    ({"method": "quantiles", "trim": 1.0}, "trim нужен только способу k-means"),
    ({"method": "bands", "trim": 1.0, "cut_offs": (1.0, 2.0)}, "trim нужен только способу k-means"),
    ({"method": "bands"}, "для 3 уровней нужна 2 граница в cut_offs"),
    ({"method": "bands", "cut_offs": (1.0,)}, "для 3 уровней нужна 2 граница в cut_offs"),
    ({"method": "bands", "cut_offs": (1.0, 1.0)}, "границы cut_offs должны возрастать")])
def test_parameters_of_grades_belong_to_their_method(given, words):
    assert refusal(Grading, title="т", labels=("а", "б", "в"), **given) == words


def test_grades_that_fit():
    for given in ({"method": "bands", "cut_offs": (1.0, 2.0), "floor": 0.0, "decimals": 1},
                  {"method": "k-means", "trim": 2.0}, {"method": "quantiles"}):
        assert Grading(title="т", labels=("а", "б", "в"), **given).method == given["method"]


def test_bounds_of_a_measure():
    assert refusal(Bounds) == "нужна хотя бы одна граница: least или below"
    assert refusal(Bounds, least=0.5, below=0.5) == "least (0.5) должно быть меньше below (0.5)"
    assert refusal(Bounds, least=0.6, below=0.5) == "least (0.6) должно быть меньше below (0.5)"
    assert (Bounds(least=0.0).below, Bounds(below=0.0).least) == (None, None)
    assert Bounds(least=0.4, below=0.5).least == 0.4


def test_shares_of_sides_name_them_all_and_sum_to_one():
    given = {"title": "т", "sides": {"objective": COLUMN, "subjective": COLUMN}}
    assert refusal(Indicator, **given, mix={"objective": 1.0}) == (
        "mix должен называть ровно те стороны, что есть в sides")
    assert refusal(Indicator, **given, mix={"objective": 0.5, "subjective": 0.4}) == (
        "сумма долей сторон должна быть 1, сейчас 0.9")
    assert Indicator(**given, mix={"objective": "1/3", "subjective": "2/3"}).mix["objective"] == 1 / 3


@pytest.mark.parametrize(("given", "words"), [
    ({"method": "none", "low": 0.0}, "способу none не нужны параметры: low"),
    ({"method": "z-score", "upper": 1.0, "lower": 0.0}, "способу z-score не нужны параметры: lower, upper"),
    ({"method": "goalposts", "high": 1.0}, "способу goalposts нужны опорные точки low и high"),
    ({"method": "goalposts", "low": 1.0, "high": 1.0}, "нижняя опорная точка low (1) должна быть меньше верхней high "
                                                       "(1)")])
def test_parameters_of_a_normalisation_belong_to_it(given, words):
    assert refusal(Normalisation, **given) == words


def test_only_what_was_set_is_passed_on():
    assert Normalisation(method="goalposts", low=0.0, high=9.0, cap=False).parameters() == {
        "low": 0.0, "high": 9.0, "cap": False}
