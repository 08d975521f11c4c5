"""What stops a rating, what is only remarked, and where the border between them lies."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from methods.data.editions import parse_edition
from methods.errors import NotPublishable
from methods.index.degenerate import cautions, ratable, sides_apart
from methods.index.score import MEASUREMENT_COLUMNS, score

CODES = ("Д1", "Д2")


def edition(**changes):
    indicators = {code: {"title": code, "sides": {"objective": {"measure": "column", "table": "t", "column": "x"}}}
                  for code in CODES}
    return parse_edition(json.dumps({
        "version": "tiny", "title": "Пробная", "status": "candidate", "in_force": {"start": "2026-01-01"},
        "legal_basis": ["нет"], "decision": "0000",
        "unit": {"title": "центр", "one": "центр", "few": "центра", "many": "центров"},
        "data": {"dataset": "d", "periods": ["2026"], "units": {"file": "u.csv", "unit": "u", "title": "t"},
                 "tables": {"t": {"file": "t.csv", "unit": "u"}}},
        "indicators": indicators, "weights": {"index": "equal"}, "normalisation": {"method": "none"},
        "aggregation": {"default": {"method": "arithmetic"}}, "missing": {"default": {"rule": "reweight"}},
        "publication": {"decimals": 2}, **changes}, ensure_ascii=False))


def scored(values, made=None):
    """Scores of units C1, C2, ... with these values of both indicators."""
    rows = [(f"C{place}", code, "objective", "", value, np.nan, 1.0)
            for place, line in enumerate(values, 1) for code, value in zip(CODES, line, strict=True)
            if not np.isnan(value)]
    return score(pd.DataFrame(rows, columns=list(MEASUREMENT_COLUMNS)), made or edition())


def test_three_ranked_units_are_a_rating_and_two_are_not():
    three = scored([(0.1, 0.2), (0.3, 0.4), (0.5, 0.7)])
    ratable(three, edition())
    with pytest.raises(NotPublishable) as error:
        ratable(replace(three, rank=three.rank.where(three.rank > 1)), edition())
    assert str(error.value) == ("Для рейтинга нужно не меньше 3 единиц (центров), есть 2. Дождитесь данных остальных "
                                "или смягчите eligibility в редакции.")


@pytest.mark.parametrize("table", ["indicators", "normalised"])
def test_endless_values_are_named_wherever_they_come_from(table):
    scores = scored([(0.1, 0.2), (0.3, 0.4), (0.5, 0.7)])
    values = getattr(scores, table).copy()
    values.loc["C2", "Д2"], values.loc["C3", "Д1"] = np.inf, -np.inf
    with pytest.raises(NotPublishable) as error:
        ratable(replace(scores, **{table: values}), edition())
    assert str(error.value) == ("Бесконечное значение, мест: 2, первые: C2 × Д2; C3 × Д1. Рейтинг по нему не строится: "
                                "исправьте данные или нормирование.")


def test_only_the_first_five_endless_values_are_named():
    scores = scored([(0.1, 0.2)] * 4)
    endless = pd.DataFrame(np.inf, scores.indicators.index, scores.indicators.columns)
    with pytest.raises(NotPublishable, match=r"мест: 8, первые: C1 × Д1; C1 × Д2; C2 × Д1; C2 × Д2; C3 × Д1\. Р"):
        ratable(replace(scores, indicators=endless), edition())


def test_equal_scores_and_flat_indicators_are_remarked():
    same = "У всех центров один и тот же балл: места равны по правилу «min», порядок в таблице ничего не значит."
    assert cautions(scored([(0.1, 0.2), (0.3, 0.4), (0.5, 0.7)]), edition()) == []
    assert cautions(scored([(0.2, 0.4), (0.4, 0.2), (0.3, 0.3)]), edition()) == [same]
    dust = 0.1 + 0.2  # 0.30000000000000004
    assert cautions(scored([(dust, 0.1), (0.3, 0.2), (0.3, 0.3)]), edition()) == [
        "Не различают единицы, хотя имеют вес: Д1."]
    assert cautions(scored([(dust, 0.5), (0.3, 0.5), (0.3, 0.5)]), edition()) == [
        same, "Не различают единицы, хотя имеют вес: Д1, Д2."]


def test_an_indicator_of_a_single_unit_is_not_called_flat():
    gap = float("nan")
    assert cautions(scored([(0.1, 0.2), (gap, 0.4), (gap, 0.7)]), edition()) == []
    assert cautions(scored([(0.1, 0.2), (0.1, 0.4), (gap, 0.7)]), edition()) == [
        "Не различают единицы, хотя имеют вес: Д1."]


def test_quantiles_of_tied_scores_are_remarked_with_their_sizes():
    made = edition(grades={"title": "уровни", "labels": ["низкий", "средний", "высокий"], "method": "quantiles"})
    one_apart = [(0.1, 0.1), (0.2, 0.2), (0.3, 0.3), (0.4, 0.4), (0.5, 0.5), (0.6, 0.6), (0.7, 0.7)]
    assert cautions(scored(one_apart, made), made) == []
    tied = [(0.1, 0.2), (0.2, 0.1), (0.15, 0.15), (0.1, 0.2), (0.5, 0.5), (0.7, 0.7)]
    sizes = scored(tied, made).grade.value_counts().to_dict()
    assert max(sizes.values()) > min(sizes.values()) + 1 or len(sizes) < 3
    told, = cautions(scored(tied, made), made)
    named = ", ".join(f"{label} — {sizes[grade]}" for grade, label in ((1, "низкий"), (2, "средний"), (3, "высокий"))
                      if grade in sizes)
    assert told == f"Равных баллов так много, что уровни не равны по числу единиц: {named}."


def test_a_level_that_nobody_got_is_remarked():
    made = edition(grades={"title": "уровни", "labels": ["низкий", "средний", "высокий"], "method": "quantiles"})
    scores = scored([(0.1, 0.2), (0.3, 0.4), (0.5, 0.7), (0.6, 0.8)], made)
    halves = replace(scores, grade=pd.Series([1.0, 1, 3, 3], scores.grade.index))
    assert cautions(halves, made) == ["Равных баллов так много, что уровни не равны по числу единиц: низкий — 2, "
                                      "высокий — 2."]
    bands = edition(grades={"title": "уровни", "labels": ["низкий", "высокий"], "method": "bands", "cut_offs": [0.9]})
    assert cautions(replace(scores, grade=pd.Series([1.0, 1, 1, 2], scores.grade.index)), bands) == []


def test_sides_of_different_units_are_counted():
    survey = pd.Series({"C1": 0.5, "C2": 0.6, "C3": np.nan, "C6": 0.1})
    checklist = pd.Series({"C2": 0.7, "C3": 0.8, "C4": 0.9, "C5": 0.9})
    assert sides_apart({"опрос": survey, "чек-лист": checklist}) == (
        "Наборы единиц различаются: обе стороны у 1, только опрос у 2, только чек-лист у 3.")
    assert sides_apart({"опрос": survey, "чек-лист": survey.fillna(np.nan)}) == ""
