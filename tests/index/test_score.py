"""The recipe end to end on editions small enough to be calculated by hand."""

import copy
import json

import numpy as np
import pandas as pd
import pytest

from methods.data.checklist import requirement_scores
from methods.data.editions import parse_edition
from methods.errors import InputError
from methods.index.grade import k_means, quantiles
from methods.index.score import (
    MEASUREMENT_COLUMNS,
    combine_sides,
    index_with,
    reweighted,
    reweighted_index,
    score,
)

COLUMN = {"measure": "column", "table": "t", "column": "x"}
ONE_SIDE, TWO_SIDES = {"objective": COLUMN}, {"subjective": COLUMN, "objective": COLUMN}
GUESTS = {"citizens": {"title": "граждане", "value": "Г", "share": 0.5},
          "employers": {"title": "работодатели", "value": "Р", "share": 0.5}}


def edition(indicators, weights, groups=(), **changes):
    """An edition through the same door as a file: JSON is YAML too.

    `indicators`: code -> group's code, or a dict of the indicator's keys. `groups`: code -> parent, or keys.
    """
    def part(value, key, **default):
        given = value if isinstance(value, dict) else {} if value is None else {key: value}
        return {**default, **given}
    content = {
        "version": "tiny", "title": "Пробная", "status": "candidate", "in_force": {"start": "2026-01-01"},
        "legal_basis": ["нет"], "decision": "0000", "unit": {"title": "ц", "one": "ц", "few": "ц", "many": "ц"},
        "data": {"dataset": "d", "periods": ["2026"], "units": {"file": "u.csv", "unit": "u", "title": "t"},
                 "tables": {"t": {"file": "t.csv", "unit": "u"}}},
        "groups": {code: part(value, "parent", title=code) for code, value in dict(groups).items()},
        "indicators": {code: part(value, "group", title=code, sides=copy.deepcopy(ONE_SIDE))
                       for code, value in indicators.items()},
        "weights": weights, "normalisation": {"method": "none"}, "aggregation": {"default": {"method": "arithmetic"}},
        "missing": {"default": {"rule": "reweight"}}, "publication": {"decimals": 2}, **changes}
    return parse_edition(json.dumps(content, ensure_ascii=False))


def rows(*cells):
    """Measurements from (unit, indicator, side, clientele, value)."""
    frame = pd.DataFrame(cells, columns=["unit", "indicator", "side", "clientele", "value"])
    return frame.assign(se=np.nan, n=1.0)[list(MEASUREMENT_COLUMNS)]


def measured(table):
    """Measurements of one-sided indicators from a table units x indicators; gaps have no row."""
    table = pd.DataFrame(table)
    return rows(*((unit, code, "objective", "", value)
                  for unit, line in table.iterrows() for code, value in line.items() if not np.isnan(value)))


def random_table(seed, units=12, codes="abcdef"):
    values = np.random.default_rng(seed).uniform(0.05, 1, (units, len(codes)))
    return pd.DataFrame(values, index=[f"C{i:02d}" for i in range(units)], columns=list(codes))


# -- the seed's formula ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("rule", "combined", "contribution"), [("share", 0.825, 0.04125), ("all", 0.45, 0.0225)])
def test_the_formula_by_hand(rule, combined, contribution):
    """S = .90, six of eight requirements met, weight .05: k = (S + X/N)/2 = .825, w k = .04125; under AND k = .45."""
    marks = pd.DataFrame({"unit": "C01", "score": [1, 1, 1, 1, 1, 1, 0, 0.0], "maximum": 1.0})
    met = requirement_scores(marks, rule).loc["C01", "value"]
    tiny = edition({"k": {"sides": TWO_SIDES}, "rest": None}, {"index": {"k": 0.05, "rest": 0.95}})
    made = score(rows(("C01", "k", "subjective", "", 0.90), ("C01", "k", "objective", "", met),
                      ("C01", "rest", "objective", "", 0.0)), tiny)
    assert made.indicators.loc["C01", "k"] == pytest.approx(combined)
    assert made.index["C01"] == pytest.approx(contribution)


def test_sides_are_mixed_as_the_indicator_says():
    tiny = edition({"k": {"sides": TWO_SIDES, "mix": {"subjective": 0.2, "objective": 0.8}}}, {"index": "equal"})
    made = score(rows(("C01", "k", "subjective", "", 1.0), ("C01", "k", "objective", "", 0.5)), tiny)
    assert made.index["C01"] == pytest.approx(0.2 * 1.0 + 0.8 * 0.5)


@pytest.mark.parametrize(("policy", "expected"), [("missing", {"C01": 0.6, "C02": 0.3, "C03": 0.3}),
                                                  ("available", {"C01": 0.6, "C02": 0.6, "C03": 0.5})])
def test_one_side_missing_under_both_policies(policy, expected):
    """Indicators k and m, equal weights, m = .3 everywhere. C01 has both sides of k, C02 and C03 one: .9 and .7."""
    tiny = edition({"k": {"sides": TWO_SIDES}, "m": None}, {"index": "equal"}, sides={"missing": policy})
    made = score(rows(("C01", "k", "subjective", "", 1.0), ("C01", "k", "objective", "", 0.8),
                      ("C02", "k", "subjective", "", 0.9), ("C03", "k", "objective", "", 0.7),
                      *((unit, "m", "objective", "", 0.3) for unit in ("C01", "C02", "C03"))), tiny)
    assert made.index.to_dict() == pytest.approx(expected)
    assert made.indicators["k"].isna().to_dict() == {unit: policy == "missing" and unit != "C01" for unit in expected}


@pytest.mark.parametrize("policy", ["available", "missing"])
def test_a_side_that_nobody_has_is_missing_for_everybody(policy):
    tiny = edition({"k": {"sides": TWO_SIDES}, "m": None}, {"index": "equal"}, sides={"missing": policy})
    data = rows(("C01", "k", "subjective", "", 0.9), ("C01", "m", "objective", "", 0.3))
    if policy == "available":
        assert score(data, tiny).index["C01"] == pytest.approx(0.6)
    else:
        with pytest.raises(InputError, match="По показателям нет ни одного значения: k"):
            score(data, tiny)


def test_sides_and_mix_must_name_the_same():
    with pytest.raises(InputError, match=r"Стороны показателя и их доли: наборы кодов различаются. Нет: y; лишние: x"):
        combine_sides(pd.DataFrame({"x": [1.0]}), pd.Series({"y": 1.0}))
    with pytest.raises(InputError, match=r"Сумма весов должна быть равна 1, сейчас 0\.9"):
        combine_sides(pd.DataFrame({"x": [1.0]}), pd.Series({"x": 0.9}))


# -- two clienteles --------------------------------------------------------------------------------------------------


def test_two_clienteles_are_published_together_as_sevastopol_was():
    """Second quarter of 2025: citizens 93.46, employers 92.77, together 93.12 (93.115 rounded half up)."""
    tiny = edition({"k": {"sides": {"subjective": COLUMN}}}, {"index": "equal"}, clienteles=GUESTS,
                   data={"dataset": "d", "periods": ["2026"], "units": {"file": "u.csv", "unit": "u", "title": "t"},
                         "tables": {"t": {"file": "t.csv", "unit": "u", "clientele": "c"}}},
                   publication={"multiplier": 100, "decimals": 2})
    made = score(rows(("C01", "k", "subjective", "citizens", 0.9346), ("C01", "k", "subjective", "employers", 0.9277)),
                 tiny)
    published = made.published(tiny).loc["C01"]
    assert published[["index:citizens", "index:employers", "index"]].to_list() == [93.46, 92.77, 93.12]


@pytest.mark.parametrize("share", [0.5, 0.3])
def test_clienteles_go_apart_to_the_end_and_meet_by_their_shares(share):
    """Geometric mean of two indicators: the mean of the clienteles' indices, not the index of mean values."""
    guests = copy.deepcopy(GUESTS)
    guests["citizens"]["share"], guests["employers"]["share"] = share, 1 - share
    tiny = edition({"k": None, "m": None}, {"index": "equal"}, clienteles=guests,
                   aggregation={"default": {"method": "geometric"}})
    made = score(rows(("C01", "k", "objective", "citizens", 0.9), ("C01", "k", "objective", "employers", 0.4),
                      ("C01", "m", "objective", "", 0.4)), tiny)
    assert made.by_clientele["citizens"].loc["C01", "index"] == pytest.approx(0.6)
    assert made.by_clientele["employers"].loc["C01", "index"] == pytest.approx(0.4)
    assert made.index["C01"] == pytest.approx(share * 0.6 + (1 - share) * 0.4)
    assert made.indicators.loc["C01", "k"] == pytest.approx(share * 0.9 + (1 - share) * 0.4)


def test_a_unit_heard_by_one_clientele_only_keeps_that_value():
    tiny = edition({"k": None}, {"index": "equal"}, clienteles=GUESTS)
    made = score(rows(("C01", "k", "objective", "citizens", 0.8), ("C02", "k", "objective", "citizens", 0.6),
                      ("C02", "k", "objective", "employers", 0.2)), tiny)
    assert made.index.to_dict() == pytest.approx({"C01": 0.8, "C02": 0.4})
    assert np.isnan(made.by_clientele["employers"].loc["C01", "index"])


def test_an_indicator_asked_of_one_clientele_only_can_be_normalised_by_the_sample():
    tiny = edition({"k": None, "m": None}, {"index": "equal"}, clienteles=GUESTS, normalisation={"method": "min-max"})
    made = score(rows(*((unit, "k", "objective", "citizens", value) for unit, value in (("C01", 0.2), ("C02", 0.8))),
                      *((unit, "m", "objective", "", value) for unit, value in (("C01", 0.3), ("C02", 0.5)))), tiny)
    assert made.index.to_dict() == {"C01": 0, "C02": 1}


# -- missing data ----------------------------------------------------------------------------------------------------

GAPPY = pd.DataFrame({"a": [0.2, np.nan, np.nan], "b": [0.4, 0.4, np.nan], "c": [0.9, 0.9, 0.9]},
                     index=["C01", "C02", "C03"])
WEIGHTS = {"index": {"a": 0.5, "b": 0.3, "c": 0.2}}


@pytest.mark.parametrize(("missing", "expected"), [
    ({"rule": "reweight"}, [0.4, (0.3 * 0.4 + 0.2 * 0.9) / 0.5, 0.9]),
    ({"rule": "reweight", "min_coverage": 0.5}, [0.4, 0.6, None]),  # exactly half the weight is enough
    ({"rule": "reweight", "min_coverage": 0.51}, [0.4, None, None]),
    ({"rule": "complete"}, [0.4, None, None]),
])
def test_missing_values_under_every_rule(missing, expected):
    made = score(measured(GAPPY), edition(dict.fromkeys("abc"), WEIGHTS, missing={"default": missing}))
    assert made.index.to_list() == pytest.approx([np.nan if value is None else value for value in expected],
                                                 nan_ok=True)
    assert made.rank.isna().to_list() == [value is None for value in expected]


def test_a_group_may_have_its_own_missing_rule():
    tiny = edition({"a": "G", "b": "G", "c": None}, {"index": {"G": 0.5, "c": 0.5}, "G": "equal"}, {"G": None},
                   missing={"default": {"rule": "reweight"}, "G": {"rule": "complete"}})
    made = score(measured(GAPPY), tiny)
    assert made.elements["G"].to_list() == pytest.approx([0.3, np.nan, np.nan], nan_ok=True)
    assert made.index.to_list() == pytest.approx([0.6, 0.9, 0.9])


# -- eligibility -----------------------------------------------------------------------------------------------------

PRESENT = pd.DataFrame(  # groups A = a b, B = c d, C = e f
    [[1, 1, 1, 1, 1, 1], [1, 1, 1, 1, 1, 0], [1, 1, 1, 1, 0, 0], [1, 0, 1, 0, 1, 0], [0, 0, 1, 1, 1, 1],
     [0, 0, 0, 0, 1, 1]],
    index=[f"C{i}" for i in range(1, 7)], columns=list("abcdef"))
SIX = {"a": "A", "b": "A", "c": "B", "d": "B", "e": "C", "f": "C"}
EQUALS = {"index": "equal", "A": "equal", "B": "equal", "C": "equal"}


@pytest.mark.parametrize(("rule", "ranked"), [
    ({}, "123456"),
    ({"min_groups": 2}, "12345"),
    ({"min_groups": 2, "min_indicators": 2}, "1235"),
    ({"min_groups": 3, "min_indicators": 2}, "1"),
    ({"min_groups": 1, "min_indicators": 2, "one_of": ["A"]}, "123"),
    ({"one_of": ["A", "B"]}, "12345"),
    ({"min_indicators": 2, "one_of": ["C"]}, "156"),  # C2 has one indicator of C only
    ({"min_coverage": 0.5}, "12345"),  # exactly half counts
    ({"min_coverage": 0.6}, "1235"),
])
def test_who_is_ranked(rule, ranked):
    table = random_table(0, 6).set_axis(PRESENT.index).where(PRESENT.astype(bool))
    made = score(measured(table), edition(SIX, EQUALS, dict.fromkeys("ABC"), eligibility=rule))
    assert "".join(code[1] for code in made.eligible.index[made.eligible]) == ranked
    assert made.index.notna().all()  # nobody loses the score, only the place
    assert sorted(made.rank.dropna()) == list(range(1, len(ranked) + 1))


def test_groups_that_count_are_counted():
    table = random_table(0, 6).set_axis(PRESENT.index).where(PRESENT.astype(bool))
    made = score(measured(table), edition(SIX, EQUALS, dict.fromkeys("ABC"), eligibility={"min_indicators": 2}))
    assert made.eligible_groups.to_list() == [3, 2, 2, 0, 2, 1]


def test_grades_within_peers_of_equally_many_groups():
    """Twelve units with all three groups and eight with two; k-means by hand in each peer group."""
    full = pd.DataFrame({code: [0.1] * 4 + [0.2] * 4 + [0.9] * 4 for code in "abcdef"},
                        index=[f"F{i:02d}" for i in range(12)])
    some = pd.DataFrame({code: [0.5] * 4 + [0.6] * 3 + [0.95] for code in "abcd"},
                        index=[f"S{i:02d}" for i in range(8)])
    tiny = edition(SIX, EQUALS, dict.fromkeys("ABC"), publication={"multiplier": 100},
                   grades={"title": "звёзды", "labels": ["1", "2", "3"], "method": "k-means",
                           "within": "eligible-groups"})
    made = score(measured(pd.concat([full, some])), tiny)
    assert made.grade.to_list() == [1] * 4 + [2] * 4 + [3] * 4 + [1] * 4 + [2] * 3 + [3]
    assert made.cut_offs == {"3": pytest.approx([15, 55]), "2": pytest.approx([55, 77.5])}  # in published units


@pytest.mark.parametrize(("edge", "grades"), [("upper", [1, 2, 2, 3]), ("lower", [1, 1, 2, 3])])
def test_bands_stand_in_published_units_and_ignore_those_without_a_place(edge, grades):
    tiny = edition({"a": None, "b": None}, {"index": "equal"}, publication={"multiplier": 100},
                   eligibility={"min_coverage": 1.0},
                   grades={"title": "ур.", "labels": ["н", "с", "в"], "method": "bands", "cut_offs": [60, 80],
                           "edge": edge})
    made = score(measured(pd.DataFrame({"a": [0.59, 0.6, 0.7, 0.81, 0.99], "b": [0.59, 0.6, 0.7, 0.81, np.nan]},
                                       index=list("vwxyz"))), tiny)
    assert made.grade.to_list() == pytest.approx([*grades, np.nan], nan_ok=True)
    assert made.cut_offs == {"all": [60, 80]}


# -- the tree --------------------------------------------------------------------------------------------------------

NESTED = {"index": {"A": 0.5, "B": 0.3, "C": 0.2}, "A": {"a": 0.6, "b": 0.4}, "B": {"c": 0.5, "d": 0.5},
          "C": {"e": 0.1, "f": 0.9}}
FLAT = {"index": {"a": 0.3, "b": 0.2, "c": 0.15, "d": 0.15, "e": 0.02, "f": 0.18}}


@pytest.mark.parametrize("seed", range(3))
def test_flat_and_nested_weights_give_the_same_scores_on_complete_data(seed):
    data = measured(random_table(seed))
    nested, flat = (score(data, edition(SIX, weights, dict.fromkeys("ABC"))) for weights in (NESTED, FLAT))
    pd.testing.assert_frame_equal(flat.elements, nested.elements)
    pd.testing.assert_series_equal(flat.rank, nested.rank)


def test_flat_and_nested_weights_part_when_a_value_is_missing():
    """By hand: without b, nested A = a keeps half of the index; flat gives b's weight to all others."""
    table = pd.DataFrame([[1.0, np.nan, 0, 0, 0, 0], [0.5] * 6], index=["C01", "C02"], columns=list("abcdef"))
    nested, flat = (score(measured(table), edition(SIX, weights, dict.fromkeys("ABC"))) for weights in (NESTED, FLAT))
    assert nested.index["C01"] == pytest.approx(0.5)
    assert flat.index["C01"] == pytest.approx(0.3 / 0.8)
    assert (nested.elements.loc["C01", "A"], flat.elements.loc["C01", "A"]) == (1.0, pytest.approx(1.0))


def test_three_levels_by_hand():
    """index = .6 Top + .4 c; Top = .5 Low + .5 b (geometric); Low = .25 a + .75 d."""
    tiny = edition({"a": "Low", "d": "Low", "b": "Top", "c": None},
                   {"index": {"Top": 0.6, "c": 0.4}, "Top": {"Low": 0.5, "b": 0.5}, "Low": {"a": 0.25, "d": 0.75}},
                   {"Top": None, "Low": "Top"}, aggregation={"default": {"method": "arithmetic"},
                                                             "Top": {"method": "geometric"}})
    made = score(measured(pd.DataFrame({"a": [0.4], "b": [0.9], "c": [0.2], "d": [0.4]}, index=["C01"])), tiny)
    assert made.elements.loc["C01"].to_dict() == pytest.approx({"Top": 0.6, "Low": 0.4, "index": 0.6 * 0.6 + 0.4 * 0.2})
    assert tiny.effective_weights().to_dict() == pytest.approx({"a": 0.075, "d": 0.225, "b": 0.3, "c": 0.4})


@pytest.mark.parametrize("seed", range(3))
def test_the_index_is_the_sum_of_indicators_by_effective_weights(seed):
    tiny = edition(SIX, NESTED, dict.fromkeys("ABC"))
    table = random_table(seed)
    expected = table.to_numpy() @ tiny.effective_weights()[list(table)].to_numpy()
    np.testing.assert_allclose(score(measured(table), tiny).index, expected, rtol=1e-12)


def test_a_group_is_standardised_again_before_it_goes_up():
    """Group means .2 .4 .6 have z-scores -1 0 1, on the scale 50 +- 10: 40 50 60; the other group stays as it is."""
    tiny = edition({"a": "A", "b": "A", "c": "B"}, {"index": "equal", "A": "equal"},
                   {"A": {"normalisation": {"method": "z-score", "mean": 50, "sd": 10}}, "B": None})
    made = score(measured(pd.DataFrame({"a": [0.1, 0.4, 0.5], "b": [0.3, 0.4, 0.7], "c": [10.0, 20.0, 30.0]},
                                       index=["C1", "C2", "C3"])), tiny)
    assert made.elements["A"].to_list() == pytest.approx([40, 50, 60])
    assert made.index.to_list() == pytest.approx([25, 35, 45])


def test_indicators_are_normalised_each_by_its_own_rule_and_direction():
    """By hand: a min-max turned over, b by posts 0-10, c common min-max; equal weights."""
    tiny = edition({"a": {"direction": -1}, "b": {"normalisation": {"method": "goalposts", "low": 0, "high": 10}},
                    "c": None},
                   {"index": "equal"}, normalisation={"method": "min-max", "lower": 0, "upper": 1})
    made = score(measured(pd.DataFrame({"a": [5.0, 9.0, 7.0], "b": [2.0, 5.0, 12.0], "c": [1.0, 2.0, 3.0]},
                                       index=["C1", "C2", "C3"])), tiny)
    assert made.normalised.to_dict("list") == {"a": [1, 0, 0.5], "b": [0.2, 0.5, 1.0], "c": [0, 0.5, 1]}
    assert made.index.to_list() == pytest.approx([1.2 / 3, 1.0 / 3, 2.5 / 3])


# -- screening -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("min_units", "dropped"), [(0, ()), (2, ()), (3, ("b",)), (4, ("a", "b"))])
def test_indicators_of_too_few_units_are_screened_out_and_their_weight_is_shared(min_units, dropped):
    table = pd.DataFrame({"a": [0.1, 0.1, 0.1, np.nan], "b": [0.5, 0.5, np.nan, np.nan], "c": [0.9] * 4},
                         index=list("wxyz"))
    made = score(measured(table), edition(dict.fromkeys("abc"), WEIGHTS, min_units=min_units))
    assert made.dropped == dropped
    rest = {code: weight for code, weight in WEIGHTS["index"].items() if code not in dropped}
    first = sum(weight * table.loc["w", code] for code, weight in rest.items()) / sum(rest.values())
    assert made.index["w"] == pytest.approx(first)
    assert list(made.normalised) == list(rest)
    assert list(made.indicators) == ["a", "b", "c"]  # what was measured stays to be seen


def test_a_group_left_without_indicators_is_an_error_that_names_it():
    tiny = edition({"a": "A", "c": "B"}, {"index": "equal"}, {"A": None, "B": None}, min_units=2)
    with pytest.raises(InputError, match=r"В группе «A» не осталось показателей: .* 2 единиц"):
        score(measured(pd.DataFrame({"a": [0.1, np.nan], "c": [0.1, 0.2]}, index=["C1", "C2"])), tiny)


# -- properties of the whole -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("normalisation", ["none", "min-max", "z-score", "rank"])
@pytest.mark.parametrize("seed", range(2))
def test_the_order_of_measurements_does_not_matter(normalisation, seed):
    data = measured(random_table(seed).mask(np.random.default_rng(seed).uniform(size=(12, 6)) < 0.1))
    tiny = edition(SIX, NESTED, dict.fromkeys("ABC"), normalisation={"method": normalisation})
    one, other = score(data, tiny), score(data.sample(frac=1, random_state=seed), tiny)
    pd.testing.assert_frame_equal(one.elements, other.elements, rtol=0, atol=0)
    pd.testing.assert_series_equal(one.rank, other.rank)


def test_a_better_value_never_worsens_score_or_place():
    table, tiny = random_table(5), edition(SIX, NESTED, dict.fromkeys("ABC"),
                                           aggregation={"default": {"method": "geometric"}})
    before = score(measured(table), tiny)
    for code in table:
        better = table.copy()
        better.loc["C05", code] += 0.2
        after = score(measured(better), tiny)
        assert after.index["C05"] > before.index["C05"]
        assert after.rank["C05"] <= before.rank["C05"]


@pytest.mark.parametrize("method", ["arithmetic", "geometric", "harmonic", "power"])
def test_other_units_do_not_move_a_score_when_the_scale_is_fixed(method):
    how = {"method": method, **({"exponent": 2} if method == "power" else {})}
    tiny = edition(SIX, NESTED, dict.fromkeys("ABC"), aggregation={"default": how})
    table = random_table(6)
    alone = score(measured(table.loc[["C03"]]), tiny).elements
    pd.testing.assert_frame_equal(score(measured(table), tiny).elements.loc[["C03"]], alone)


def test_new_top_weights_leave_the_groups_as_they_were():
    tiny, data = edition(SIX, NESTED, dict.fromkeys("ABC")), measured(random_table(7))
    moved = score(data, tiny.reweighted(pd.Series({"C": 1.0, "A": 0.0, "B": 0.0})))
    pd.testing.assert_frame_equal(moved.elements[list("ABC")], score(data, tiny).elements[list("ABC")])
    pd.testing.assert_series_equal(moved.index, moved.elements["C"], check_names=False)


@pytest.mark.parametrize(("weights", "words"), [
    ({"A": 0.5, "B": 0.5}, "Веса верхнего уровня: наборы кодов различаются. Нет: C; лишние: —"),
    ({"A": 0.5, "B": 0.5, "C": 0.1}, "Сумма весов должна быть равна 1, сейчас 1.1"),
    ({"A": 1.5, "B": -0.5, "C": 0.0}, "Вес не может быть отрицательным: B"),
    ({"A": 1.0, "B": np.nan, "C": 0.0}, "Вес не задан или не число: B"),
])
def test_new_top_weights_must_be_weights_of_the_same_groups(weights, words):
    with pytest.raises(InputError) as error:
        edition(SIX, NESTED, dict.fromkeys("ABC")).reweighted(pd.Series(weights))
    assert str(error.value).startswith(words)


def test_the_published_table_is_in_order_of_places_and_rounded_half_up():
    tiny = edition({"a": "A"}, {"index": "equal"}, {"A": None}, publication={"multiplier": 100, "decimals": 1},
                   ranking={"ties": "min"}, eligibility={"min_coverage": 1.0})
    made = score(measured(pd.DataFrame({"a": [0.6125, 0.9004, 0.6125, 0.30]}, index=list("wxyz"))), tiny)
    table = made.published(tiny)
    assert table.index.to_list() == ["x", "w", "y", "z"]
    assert table["rank"].to_list() == [1, 2, 2, 4]
    assert table["index"].to_list() == table["A"].to_list() == [90.0, 61.3, 61.3, 30.0]


def test_units_of_equal_sums_share_a_place_whatever_the_order_of_their_parts():
    """.1 + .2 + .3 and .3 + .2 + .1 differ in the last bit."""
    made = score(measured(pd.DataFrame({"a": [0.1, 0.3], "b": [0.2, 0.2], "c": [0.3, 0.1]}, index=["C1", "C2"])),
                 edition(dict.fromkeys("abc"), {"index": {"a": "1/3", "b": "1/3", "c": "1/3"}}))
    assert made.rank.to_list() == [1, 1]


# -- what is refused -------------------------------------------------------------------------------------------------

SMALL = edition({"a": None, "b": None}, {"index": "equal"})
GOOD = measured(pd.DataFrame({"a": [0.1, 0.2], "b": [0.3, 0.4]}, index=["C1", "C2"]))


@pytest.mark.parametrize(("spoil", "words"), [
    (lambda data: pd.concat([data, data.iloc[[1]]]),
     "Измерение повторяется: C1 × b × objective ×  (всего повторов: 2)."),
    (lambda data: data.replace({"indicator": {"b": "q"}}), "В данных есть показатели, которых нет в редакции tiny: q."),
    (lambda data: data[data["indicator"] == "a"], "По показателям нет ни одного значения: b."),
    (lambda data: data.assign(value=data["value"].where(data["indicator"] == "a")),
     "По показателям нет ни одного значения: b."),
    (lambda data: data.drop(columns=["side", "se"]), "В таблице измерений нет столбцов: side, se."),
])
def test_measurements_that_cannot_be_scored_are_refused_in_words(spoil, words):
    assert score(GOOD, SMALL).index.notna().all()  # unspoilt they can
    with pytest.raises(InputError) as error:
        score(spoil(GOOD), SMALL)
    assert str(error.value) == words


@pytest.mark.parametrize("column", ["side", "clientele"])
def test_a_side_or_clientele_that_the_edition_does_not_know_is_refused(column):
    with pytest.raises(InputError):
        score(pd.concat([GOOD, GOOD.iloc[[0]].assign(**{column: "strange"})]), SMALL)


def test_a_value_for_everyone_beside_one_for_a_clientele_is_refused_in_words():
    tiny = edition({"k": None}, {"index": "equal"}, clienteles=GUESTS)
    with pytest.raises(InputError):
        score(rows(("C1", "k", "objective", "", 0.5), ("C1", "k", "objective", "citizens", 0.6)), tiny)


# -- other weights ---------------------------------------------------------------------------------------------------

def two_groups(**changes):
    return edition({"a": "G", "b": "G", "c": "H", "d": "H"},
                   {"index": {"G": 0.5, "H": 0.5}, "G": "equal", "H": {"c": 0.3, "d": 0.7}},
                   groups={"G": None, "H": None}, eligibility={"min_coverage": 0.6}, publication={"multiplier": 100},
                   grades={"title": "т", "labels": ["1", "2", "3"], "method": "bands", "cut_offs": [45.0, 60.0]},
                   **changes)


def gappy(seed, codes="abcd"):
    table = random_table(seed, codes=codes)
    return table.mask(np.random.default_rng(seed + 100).uniform(size=table.shape) < 0.2)


def assert_same_scores(found, expected):
    for name in ("indicators", "normalised", "elements"):
        pd.testing.assert_frame_equal(getattr(found, name), getattr(expected, name), check_like=True)
    for name in ("eligible", "eligible_groups", "rank", "grade"):
        pd.testing.assert_series_equal(getattr(found, name), getattr(expected, name))
    assert found.cut_offs == expected.cut_offs
    assert list(found.by_clientele) == list(expected.by_clientele)
    for code, table in expected.by_clientele.items():
        pd.testing.assert_frame_equal(found.by_clientele[code][table.columns], table)


@pytest.mark.parametrize("seed", range(3))
def test_other_weights_of_the_index_give_what_an_edition_with_them_gives(seed):
    """Some units fall below the coverage that a ranked unit needs, since that is counted by weight, too."""
    made, data, weights = two_groups(), measured(gappy(seed)), pd.Series({"H": 0.9, "G": 0.1})
    before, expected = score(data, made), score(data, made.reweighted(weights))
    assert_same_scores(reweighted(before, made, weights), expected)
    pd.testing.assert_series_equal(reweighted_index(before, made, weights), expected.index)
    assert not expected.elements.equals(before.elements)


def test_other_weights_with_clienteles_and_in_a_flat_edition():
    guests = two_groups(clienteles=GUESTS, data={
        "dataset": "d", "periods": ["2026"], "units": {"file": "u.csv", "unit": "u", "title": "t"},
        "tables": {"t": {"file": "t.csv", "unit": "u", "clientele": "c"}}})
    data = pd.concat([measured(random_table(seed, codes="abcd")).assign(clientele=who)
                      for seed, who in enumerate(("citizens", "employers"))])
    weights = pd.Series({"H": 0.75, "G": 0.25})
    assert_same_scores(reweighted(score(data, guests), guests, weights), score(data, guests.reweighted(weights)))
    flat = edition({"a": "G", "b": "G", "c": None}, {"index": {"a": 0.2, "b": 0.3, "c": 0.5}}, groups={"G": None})
    weights = pd.Series({"c": 0.1, "a": 0.6, "b": 0.3})
    expected = score(measured(random_table(5, codes="abc")), flat.reweighted(weights)).index
    found = reweighted_index(score(measured(random_table(5, codes="abc")), flat), flat, weights)
    pd.testing.assert_series_equal(found, expected)


def test_what_lies_above_other_weights_is_scored_anew_and_nothing_else():
    """index > T > G: weights of G move T and the index; H keeps its own score."""
    made = edition({"a": "G", "b": "G", "c": "T", "d": "H"},
                   {"index": {"T": 0.5, "H": 0.5}, "T": {"G": 0.4, "c": 0.6}, "G": {"a": 0.5, "b": 0.5}},
                   groups={"T": None, "G": "T", "H": None})
    table = random_table(7, codes="abcd")
    found = index_with(score(measured(table), made), made, {"G": pd.Series({"b": 0.9, "a": 0.1})})
    g = 0.1 * table["a"] + 0.9 * table["b"]
    assert found.to_numpy() == pytest.approx((0.5 * (0.4 * g + 0.6 * table["c"]) + 0.5 * table["d"]).to_numpy())
    found = index_with(score(measured(table), made), made, {"G": pd.Series({"b": 1.0}), "T": pd.Series({"c": 1.0})})
    assert found.to_numpy() == pytest.approx((0.5 * table["c"] + 0.5 * table["d"]).to_numpy())


def test_a_group_of_which_nothing_is_left_takes_no_part():
    made, table = two_groups(), random_table(8, codes="abcd")
    left = {"H": pd.Series(dtype=float), "index": pd.Series({"G": 1.0})}
    found = index_with(score(measured(table), made), made, left)
    assert found.to_numpy() == pytest.approx(table[["a", "b"]].mean(axis=1).to_numpy())


@pytest.mark.parametrize(("method", "formula"), [("quantiles", quantiles), ("k-means", k_means)])
def test_grades_are_made_of_published_scores(method, formula):
    made = edition(dict.fromkeys("ab"), {"index": "equal"}, publication={"multiplier": 100}, grades={
        "title": "т", "labels": ["1", "2", "3"], "method": method})
    found = score(measured(random_table(10, codes="ab")), made)
    expected = formula(100 * found.index, 3)
    assert found.grade.to_list() == expected.grade.to_list()
    assert found.cut_offs == {"all": pytest.approx(list(expected.cut_offs))}


def test_results_carry_their_names():
    made = score(measured(random_table(9, codes="abcd")), two_groups())
    assert (made.rank.name, made.grade.name, made.eligible_groups.name) == ("rank", "grade", "eligible_groups")
