"""What other weights would do: places, grades, reasons, and what each candidate costs."""

import numpy as np
import pandas as pd
import pytest

from methods.errors import InputError, NotPublishable
from methods.index.importance import linear_importance, share_of_importance
from methods.index.score import reweighted, reweighted_index, score
from methods.weights import compromise, effect

OTHER = pd.Series({"А": 0.1, "Б": 0.6, "В": 0.3})
GRADES = {"title": "у", "labels": ["н", "в"], "method": "bands", "cut_offs": [0.5]}


@pytest.fixture
def rewritten(make_edition, nested):
    """Peer: the other top weights written into the edition's file."""
    return make_edition({**nested, "index": OTHER.to_dict()})


def test_equal_weights_move_nobody_when_the_adopted_are_equal(make_edition, make_measurements):
    edition = make_edition({"index": "equal", "А": "equal", "Б": "equal", "В": "equal"}, grades=GRADES)
    scores = score(make_measurements(), edition)
    sets = pd.DataFrame({"равные": dict.fromkeys("АБВ", 1 / 3), "по числу": {"А": 3 / 6, "Б": 1 / 6, "В": 2 / 6}})
    found = effect.effect_on_places(scores, edition, sets)
    assert found.loc["равные"].to_dict() == {"mean_shift": 0, "largest_shift": 0, "spearman": pytest.approx(1),
                                             "moved_grade": 0}
    assert found.loc["по числу", "mean_shift"] > 0


def test_the_effect_is_that_of_the_edition_rewritten_with_the_other_weights(make_edition, make_measurements, weights,
                                                                            rewritten):
    edition, data = make_edition(weights), make_measurements(3)
    shift = (score(data, edition).rank - score(data, rewritten).rank).abs()
    found = effect.effect_on_places(score(data, edition), edition, pd.DataFrame({"иные": OTHER})).loc["иные"]
    assert shift.max() > 0
    assert (found["mean_shift"], found["largest_shift"]) == (pytest.approx(shift.mean()), shift.max())
    assert found["spearman"] == pytest.approx(1 - 6 * (shift**2).sum() / (15 * (15**2 - 1)))  # no ties
    assert np.isnan(found["moved_grade"])  # the edition has no grades


def test_reweighted_scores_are_those_of_the_rewritten_edition(make_edition, make_measurements, nested, rewritten):
    edition, data = make_edition(nested), make_measurements(5, gaps=[("C03", ["б1"]), ("C07", ["а1", "в1"])])
    scores = score(data, edition)
    found = reweighted(scores, edition, OTHER)
    right = score(data, rewritten)
    pd.testing.assert_series_equal(found.index, right.index, rtol=1e-12)
    pd.testing.assert_series_equal(found.rank, right.rank)
    alone = reweighted_index(scores, edition, OTHER)
    pd.testing.assert_series_equal(alone, right.index, rtol=1e-12, check_names=False)


def test_member_weights_of_a_flat_edition_keep_the_proportions_inside_a_group(make_edition, make_measurements, weights):
    edition = make_edition(weights)
    found = effect.member_weights(edition, OTHER)
    if edition.is_flat:
        assert found.to_dict() == pytest.approx({"а1": 0.1 / 3, "а2": 0.1 / 3, "а3": 0.1 / 3, "б1": 0.6,
                                                 "в1": 0.075, "в2": 0.225})
    else:
        assert found.equals(OTHER)
    with pytest.raises(InputError, match="Веса верхнего уровня"):
        effect.effect_on_places(score(make_measurements(), edition), edition,
                                pd.DataFrame({"x": {"А": 0.5, "Г": 0.5}}))


def test_share_of_changed_grades_counts_units_with_both_grades(make_edition, nested):
    """By hand: the index is group А's value, then group Б's; of four units two cross .5."""
    table = {"u1": (0.9, 0.1), "u2": (0.8, 0.7), "u3": (0.2, 0.3), "u4": (0.1, 0.6)}
    rows = [(unit, leaf, value) for unit, (first, second) in table.items()
            for leaf, value in [*((leaf, first) for leaf in ("а1", "а2", "а3")), ("б1", second), ("в1", 0.5),
                                ("в2", 0.5)]]
    data = pd.DataFrame(rows, columns=["unit", "indicator", "value"]).assign(side="objective", clientele="", se=np.nan,
                                                                             n=1.0)
    edition = make_edition({**nested, "index": {"А": 1.0, "Б": 0.0, "В": 0.0}}, grades=GRADES)
    scores, to_b = score(data, edition), pd.Series({"А": 0.0, "Б": 1.0, "В": 0.0})
    found = effect.effect_on_places(scores, edition, pd.DataFrame({"Б": to_b})).loc["Б"]
    assert found["moved_grade"] == 0.5
    assert (found["largest_shift"], found["mean_shift"]) == (3, 1.5)  # places 1 2 3 4 become 4 1 3 2
    moved = effect.moves(scores, reweighted(scores, edition, to_b), edition)
    assert moved["shift"].to_dict() == {"u1": -3, "u2": 1, "u3": 0, "u4": 2}
    by = effect.moves_by(moved, pd.Series({"u1": "юг", "u2": "юг", "u3": "север", "u4": "север"}))
    assert by.loc["север"].to_dict() == {"units": 2, "mean_shift": 1, "rise": 0.5, "fall": 0, "grade_up": 1,
                                         "grade_down": 0}
    assert by.loc["юг", ["mean_shift", "grade_up", "grade_down"]].to_list() == [-1, 0, 1]


def test_places_among_some_are_those_of_a_table_that_leaves_the_others_out(make_edition, make_measurements, nested):
    edition = make_edition(nested)
    scores = score(make_measurements(2), edition)
    other = reweighted(scores, edition, OTHER)
    some = scores.rank.index[::2]
    found = effect.moves(scores, other, edition, some)
    assert found["place"].to_dict() == scores.index[some].rank(ascending=False).to_dict()
    assert found["new_place"].to_dict() == other.index[some].rank(ascending=False).to_dict()
    assert found["shift"].sum() == 0


def test_reasons_sum_to_the_change_less_its_mean(make_edition, make_measurements, weights):
    """In published points, also for units that lack a group: the others share its weight."""
    edition = make_edition(weights, publication={"decimals": 2, "multiplier": 100})
    data = make_measurements(4, units=20, gaps=[("C03", ["б1"]), ("C07", ["а1", "а2", "а3"]), ("C09", ["в1"])])
    scores = score(data, edition)
    why = effect.reasons(scores, edition, OTHER)
    change = 100 * (reweighted(scores, edition, effect.member_weights(edition, OTHER)).index - scores.index)
    pd.testing.assert_series_equal(why.sum(axis=1), (change - change.mean())[why.index], atol=1e-12, rtol=0,
                                   check_names=False)
    assert list(why) == ["А", "Б", "В"]
    if not edition.is_flat:
        whole = scores.elements.drop(index=["C03", "C07"])
        shifted = why.loc[whole.index, "В"]
        np.testing.assert_allclose(shifted - shifted.mean(), 0, atol=1e-12)  # В keeps its weight: no reason


def test_reasons_are_refused_where_the_index_is_no_sum(make_edition, make_measurements, nested):
    edition = make_edition(nested, aggregation={"default": {"method": "arithmetic"}, "index": {"method": "geometric"}})
    with pytest.raises(NotPublishable, match="не раскладывается в сумму по группам"):
        effect.reasons(score(make_measurements(), edition), edition, OTHER)


def test_costs_of_candidates(make_edition, make_measurements, nested):
    edition = make_edition(nested)
    scores = score(make_measurements(6, units=40), edition)
    adopted = pd.Series({"А": 0.5, "Б": 0.2, "В": 0.3})
    mixes = pd.DataFrame({"принятые": adopted, "иные": OTHER}).T
    found = effect.costs(scores, edition, mixes, OTHER)
    assert found.loc["принятые", "shift"] == 0
    assert found.loc["иные", "dissent"] == 0
    assert found.loc["принятые", "dissent"] == pytest.approx(compromise.distance(adopted, OTHER))
    values = scores.elements[["А", "Б", "В"]]
    share = share_of_importance(linear_importance(values, values @ adopted))
    assert found.loc["принятые", "mismatch"] == pytest.approx((share - adopted).abs().sum() / 2)
    assert "dissent" not in effect.costs(scores, edition, mixes)


def test_by_size_makes_four_groups_and_refuses_fewer_numbers():
    groups = effect.by_size(pd.Series(range(1, 101), index=[f"C{i}" for i in range(100)]))
    assert groups.value_counts(sort=False).to_list() == [26, 24, 25, 25]  # quartiles of whole answers
    with pytest.raises(InputError, match="различных чисел 2, на четыре группы не делится"):
        effect.by_size(pd.Series({"a": 1, "b": 2, "c": 2}))


def test_places_that_each_clientele_alone_would_give(make_edition, make_measurements, nested):
    """Units without a place or without an index of that clientele are not counted."""
    guests = {code: {"title": code, "value": code, "share": 0.5} for code in ("citizens", "employers")}
    edition = make_edition(nested, clienteles=guests, eligibility={"min_coverage": 0.9}, data={
        "dataset": "d", "periods": ["2026"], "units": {"file": "u.csv", "unit": "u", "title": "t"},
        "tables": {"t": {"file": "t.csv", "unit": "u", "clientele": "c"}}})
    data = pd.concat([make_measurements(seed, gaps=[(f"C0{seed}", ["б1"])]).assign(clientele=who)
                      for seed, who in enumerate(guests)], ignore_index=True)
    data = data[~((data["unit"] == "C05") & (data["clientele"] == "employers"))]
    scores = score(data, edition)
    other = reweighted(scores, edition, OTHER)
    found = effect.shifts_by_clientele(scores, other, edition)
    assert list(found.index) == list(guests)
    for who in guests:
        both = scores.rank.notna() & scores.by_clientele[who]["index"].notna()
        old, new = (each.by_clientele[who]["index"][both].rank(ascending=False) for each in (scores, other))
        assert found.loc[who].to_dict() == {"units": both.sum(), "mean_shift": pytest.approx((new - old).abs().mean())}
        assert found.loc[who, "mean_shift"] > 0
