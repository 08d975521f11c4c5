"""Leave one out: the TAI, experts, units that drop out, order, refusals."""

import json

import numpy as np
import pandas as pd
import pytest
from made_editions import make

from methods.data import store
from methods.data.editions import load_edition, parse_edition
from methods.errors import InputError
from methods.index.edition import INDEX
from methods.index.rank import rank
from methods.index.score import index_with, score
from methods.sensitivity.leave_one_out import LeaveOneOut, elements_left_out, leave_one_out, weights_without


@pytest.fixture(scope="module")
def tai(root):
    table = pd.read_csv(root / "tests" / "reference" / "tai.csv", index_col="country")
    return (table - table.min()) / (table.max() - table.min())


def test_every_indicator_of_the_handbook_index(tai):
    """Against a loop over the columns with equal weights."""
    result = leave_one_out(list(tai), lambda kept: tai[kept].mean(axis=1))
    pd.testing.assert_series_equal(result.adopted, rank(tai.mean(axis=1)))
    for code in tai:
        pd.testing.assert_series_equal(result.places[code], rank(tai.drop(columns=code).mean(axis=1)),
                                       check_names=False)
    summary = result.summary()
    shifts = result.places.sub(result.adopted, axis=0)
    assert summary["mean_shift"].to_dict() == pytest.approx(shifts.abs().mean().to_dict())
    assert (summary["largest_fall"] == shifts.max()).all()
    assert (summary["largest_rise"] == -shifts.min()).all()
    assert (summary["moved"] == (shifts != 0).sum()).all()
    assert (summary["unranked"] == 0).all()
    assert summary["mean_shift"].min() > 0


def test_a_member_that_tells_nothing_moves_nobody(tai):
    values = tai.assign(constant=0.5)
    row = leave_one_out(list(values), lambda kept: values[kept].mean(axis=1)).summary().loc["constant"]
    assert row.to_list() == [0, 0, 0, 0, 0]


def test_experts_are_members_too(tai):
    """A panel whose mean weights make the index: leaving one of three out changes the weights, not the values."""
    panel = pd.DataFrame(np.random.default_rng(0).dirichlet(np.ones(8), 3), ["E1", "E2", "E3"], tai.columns)
    result = leave_one_out(list(panel.index), lambda kept: tai @ panel.loc[kept].mean())
    assert list(result.places.columns) == ["E1", "E2", "E3"]
    pd.testing.assert_series_equal(result.places["E2"], rank(tai @ panel.loc[["E1", "E3"]].mean()), check_names=False)


def test_units_that_lose_their_score_are_counted_not_ranked():
    values = pd.DataFrame({"a": [0.9, np.nan, 0.1], "b": [0.4, 0.5, 0.7]}, index=["C01", "C02", "C03"])
    result = leave_one_out(["a", "b"], lambda kept: values[kept].mean(axis=1))
    assert np.isnan(result.places.loc["C02", "b"])
    assert result.summary()["unranked"].to_dict() == {"a": 0, "b": 1}
    assert result.shifts().loc["C02", "a"] == result.places.loc["C02", "a"] - result.adopted["C02"]


def test_nothing_depends_on_the_order_of_rows(tai):
    turned = tai.sample(frac=1, random_state=1)
    here, there = (leave_one_out(list(tai), lambda kept, table=table: table[kept].mean(axis=1))
                   for table in (tai, turned))
    pd.testing.assert_frame_equal(here.shifts(), there.shifts().loc[tai.index])


def test_ties_get_what_is_asked_for():
    values = pd.DataFrame({"a": [0.9, 0.9, 0.1], "b": [0.5, 0.5, 0.7]}, index=["C01", "C02", "C03"])
    result = leave_one_out(["a", "b"], lambda kept: values[kept].mean(axis=1), ties="average")
    assert result.adopted.to_dict() == {"C01": 1.5, "C02": 1.5, "C03": 3}


def test_wrong_requests_are_refused(tai):
    with pytest.raises(InputError, match="не меньше 2 элементов, найдено 1"):
        leave_one_out(["PAT"], lambda kept: tai[kept].mean(axis=1))
    with pytest.raises(InputError, match="Исключение по одному: код повторяется: PAT"):
        leave_one_out(["PAT", "PAT"], lambda kept: tai[kept].mean(axis=1))
    with pytest.raises(InputError, match="Оценки без элемента PAT: наборы кодов различаются"):
        leave_one_out(["PAT", "ROY"], lambda kept: tai[kept].mean(axis=1).iloc[len(kept) % 2:])


# --- in an edition ----------------------------------------------------------------------------------------------------

def rewritten(star, left_out):
    """Peer: the edition's file without the element, its siblings' weights brought to sum 1."""
    content = json.loads(star.model_dump_json(by_alias=True, exclude_none=True))
    gone = set(star.leaves(left_out))
    content["indicators"] = {code: own for code, own in content["indicators"].items() if code not in gone}
    content["groups"] = {code: own for code, own in content["groups"].items() if star.leaves(code)
                         and set(star.leaves(code)) - gone}
    content["priorities"] = []
    for parent, weights in list(content["weights"].items()):
        if parent != INDEX and parent not in content["groups"]:
            del content["weights"][parent]
        elif isinstance(weights, dict):
            kept = {code: value for code, value in weights.items()
                    if code in content["indicators"] or code in content["groups"]}
            whole = sum(kept.values())
            content["weights"][parent] = {code: value / whole for code, value in kept.items()}
    return parse_edition(json.dumps(content, ensure_ascii=False))


@pytest.mark.parametrize("left_out", ["К", "Д1", "А2", "П2"])
def test_an_index_without_an_element_is_that_of_the_edition_without_it(root, left_out):
    star, measured, scores = store.scored("star-2022", "2024", root)
    found = index_with(scores, star, weights_without(star, left_out))
    data = measured.measurements
    right = score(data[~data["indicator"].isin(star.leaves(left_out))], rewritten(star, left_out)).index
    pd.testing.assert_series_equal(found, right[found.index], rtol=1e-12, check_names=False)


def test_a_group_that_loses_its_only_member_goes_too(root):
    """The star's file with group К made of К1 alone: without К1 there is no К, and the others share its weight."""
    star = load_edition(root, "star-2022")
    content = json.loads(star.model_dump_json(by_alias=True, exclude_none=True))
    for code in ("К2", "К3", "К4"):
        del content["indicators"][code]
    content["weights"]["К"] = "equal"
    lone = parse_edition(json.dumps(content, ensure_ascii=False))
    found = weights_without(lone, "К1")
    assert found["К"].empty
    assert list(found[INDEX].index) == list("ДПМА")
    assert found[INDEX].sum() == pytest.approx(1)


def test_nothing_changed_gives_the_scores_themselves(root):
    for version in ("star-2022", "cms-2021", "odm-2023"):
        edition, _, scores = store.scored(version, "", root)
        parents = [INDEX] if edition.is_flat else [*edition.groups, INDEX]
        found = index_with(scores, edition, {parent: edition.weights_of(parent) for parent in parents})
        known = scores.index.dropna().index
        pd.testing.assert_series_equal(found[known], scores.index[known], rtol=1e-12, check_names=False)


def test_unknown_elements_are_refused(root):
    star = load_edition(root, "star-2022")
    with pytest.raises(InputError, match="Элемента «Ж» нет в редакции star-2022"):
        weights_without(star, "Ж")


def test_every_element_of_an_edition_in_turn(root):
    star, _, scores = store.scored("star-2022", "2024", root)
    found = elements_left_out(scores, star)
    assert list(found.places) == [*star.groups, *star.indicators]
    pd.testing.assert_series_equal(found.adopted, scores.rank.dropna(), check_names=False)
    without = index_with(scores, star, weights_without(star, "А1"))[scores.rank.notna()]
    pd.testing.assert_series_equal(found.places["А1"], rank(without), check_names=False)


def test_indicators_that_were_screened_out_are_passed_over(root):
    real, _, scores = store.scored("cms-2021", "2021", root)
    assert scores.dropped
    assert not set(scores.dropped) & set(elements_left_out(scores, real).places)


def test_summary_of_shifts_and_of_who_is_no_longer_ranked():
    adopted = pd.Series([1.0, 2, 3, np.nan], list("ABCD"))
    places = pd.DataFrame({"a": [1.0, 3, 2, 1], "b": [3.0, 2, np.nan, np.nan], "c": [1.0, 2, 3, np.nan]}, list("ABCD"))
    found = LeaveOneOut(adopted, places)
    assert found.shifts()["a"].to_list()[:3] == [0, 1, -1]
    summary = found.summary()
    assert list(summary) == ["mean_shift", "largest_rise", "largest_fall", "moved", "unranked"]
    assert summary.loc["a"].to_list() == pytest.approx([2 / 3, 1, 1, 2, 0])
    assert summary.loc["b"].to_list() == pytest.approx([1, 0, 2, 1, 1])
    assert summary.loc["c"].to_list() == pytest.approx([0, 0, 0, 0, 0])


def test_ties_are_placed_as_asked():
    values = pd.DataFrame({"a": [0.5, 0.5, 0.1], "b": [0.5, 0.5, 0.2]}, index=list("ABC"))
    for ties, places in (("min", [1, 1, 3]), ("average", [1.5, 1.5, 3])):
        found = leave_one_out(["a", "b"], lambda kept: values[kept].mean(axis=1), ties=ties)
        assert found.adopted.to_list() == found.places["a"].to_list() == found.places["b"].to_list() == places


@pytest.mark.parametrize(("members", "words"), [
    (["a"], "Исключение по одному: нужно не меньше 2 элементов, найдено 1."),
    (["a", "a"], "Исключение по одному: код повторяется: a (всего 1).")])
def test_fewer_than_two_members_are_refused_in_words(members, words):
    with pytest.raises(InputError) as raised:
        leave_one_out(members, lambda kept: pd.Series([1.0, 2.0]))
    assert str(raised.value) == words


def test_scores_of_other_units_are_refused_with_the_name_of_the_member():
    with pytest.raises(InputError, match=r"^Оценки без элемента b: наборы кодов различаются\."):
        leave_one_out(["a", "b"], lambda kept: pd.Series([1.0, 2.0], ["A", "B"] if "b" in kept else ["A", "C"]))


def test_scores_in_another_order_go_to_their_units():
    """What a scoring function does with the order of its rows is its own affair."""
    values = pd.DataFrame({"a": [0.9, 0.5, 0.1], "b": [0.4, 0.6, 0.8]}, index=list("BCA"))
    found = leave_one_out(["a", "b"], lambda kept: values[kept].mean(axis=1).sort_index(ascending=len(kept) == 2))
    assert list(found.places.index) == list(found.adopted.index) == list("ABC")
    assert found.places["b"].to_dict() == {"A": 3, "B": 1, "C": 2}
    assert found.places["a"].to_dict() == {"A": 1, "B": 3, "C": 2}


def test_without_its_only_group_nothing_is_left_of_an_index():
    edition = make({"A": "G", "B": "G"}, {"index": {"G": 1}, "G": "equal"})
    with pytest.raises(InputError) as raised:
        weights_without(edition, "G")
    assert str(raised.value) == "Без элемента «G» от индекса ничего не остаётся."
    assert weights_without(edition, "A")["G"].to_dict() == {"B": 1}
