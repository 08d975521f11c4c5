"""Change split into causes: sums to the last digit, planted causes found, mixtures of editions by hand, refusals."""

import copy
import itertools
import json
import math

import numpy as np
import pandas as pd
import pytest

from methods.data.editions import parse_edition
from methods.errors import InputError, NotPublishable
from methods.index.change import (
    TITLES,
    average_change,
    bennet,
    comparable_terms,
    hybrid,
    score_change,
    shapley,
)
from methods.index.edition import INDEX
from methods.index.score import MEASUREMENT_COLUMNS, score

COLUMN = {"measure": "column", "table": "t", "column": "x"}
ONE_SIDE, TWO_SIDES = {"objective": COLUMN}, {"subjective": COLUMN, "objective": COLUMN}
BANDS = {"title": "звёзды", "labels": ["1", "2", "3"], "method": "bands", "cut_offs": [0.4, 0.7]}


def edition(indicators="abc", weights=None, groups=(), **changes):
    """An edition through the same door as a file; `indicators`: codes, or code -> group or keys of the indicator."""
    if isinstance(indicators, str):
        indicators = dict.fromkeys(indicators)
    groups, weights = dict(groups), dict(weights or {INDEX: "equal"})
    flat = any(indicators.get(code) for code in weights[INDEX]) if weights[INDEX] != "equal" else False
    if not flat:
        weights = {**dict.fromkeys(groups, "equal"), **weights}

    def part(value, key, **default):
        given = value if isinstance(value, dict) else {} if value is None else {key: value}
        return {**default, **given}
    content = {
        "version": "tiny", "title": "Пробная", "status": "candidate", "in_force": {"start": "2026-01-01"},
        "legal_basis": ["нет"], "decision": "0000", "unit": {"title": "ц", "one": "ц", "few": "ц", "many": "ц"},
        "data": {"dataset": "d", "periods": ["2026"], "units": {"file": "u.csv", "unit": "u", "title": "t"},
                 "tables": {"t": {"file": "t.csv", "unit": "u"}}},
        "groups": {code: part(value, "parent", title=code) for code, value in groups.items()},
        "indicators": {code: part(value, "group", title=code, sides=copy.deepcopy(ONE_SIDE))
                       for code, value in indicators.items()},
        "weights": weights, "normalisation": {"method": "none"},
        "aggregation": {"default": {"method": "arithmetic"}}, "missing": {"default": {"rule": "reweight"}},
        "publication": {"decimals": 2}, **changes}
    return parse_edition(json.dumps(content, ensure_ascii=False))


def measured(table, side="objective", clientele=""):
    """Measurements from units x indicators; gaps have no row."""
    rows = [(unit, code, side, clientele, value) for unit, line in pd.DataFrame(table).iterrows()
            for code, value in line.items() if not np.isnan(value)]
    frame = pd.DataFrame(rows, columns=["unit", "indicator", "side", "clientele", "value"])
    return frame.assign(se=np.nan, n=1.0)[list(MEASUREMENT_COLUMNS)]


def table(seed, units=12, codes="abc"):
    values = np.random.default_rng(seed).uniform(0.05, 1, (units, len(codes)))
    return pd.DataFrame(values, index=[f"C{i:02d}" for i in range(units)], columns=list(codes))


def residual(split):
    return (split.effects.sum(axis=1) - split.change).abs().max()


# -- Bennet ------------------------------------------------------------------------------------------------------------

def test_bennets_split_by_hand(oracle):
    """Weights .5/.5 become .7/.3, values (2, 4) become (3, 4); the second case: (.80, .60) become (.82, .60)."""
    half, moved = pd.Series({"a": 0.5, "b": 0.5}), pd.Series({"a": 0.7, "b": 0.3})
    found = [bennet(pd.DataFrame({"a": [x0], "b": [y0]}), pd.DataFrame({"a": [x1], "b": [y1]}), half, moved).summary()
             for (x0, y0), (x1, y1) in [((2.0, 4.0), (3.0, 4.0)), ((0.80, 0.60), (0.82, 0.60))]]
    oracle("разложение Беннета: значения, веса, изменение", "решение в замкнутом виде",
           [table.to_numpy() for table in found], [[[0.60, -0.30, 0.30]], [[0.012, 0.042, 0.054]]], 1e-12)


@pytest.mark.parametrize("seed", range(20))
def test_bennets_terms_sum_to_the_change_even_if_an_element_comes_or_goes(seed):
    rng = np.random.default_rng(seed)
    before, after = table(seed, codes="abcd"), table(seed + 100, codes="bcde")
    w0, w1 = (pd.Series(rng.dirichlet(np.ones(4)), list(codes)) for codes in ("abcd", "bcde"))
    split = bennet(before, after.sample(frac=1, random_state=seed)[list("ecbd")], w0, w1.sample(frac=1, random_state=1))
    change = (after * w1).sum(axis=1) - (before * w0).sum(axis=1)
    assert (split.summary()["change"] - change).abs().max() < 1e-12
    assert (split.performance[["a", "e"]] == 0).to_numpy().all()  # known on one side only: all of it is the weight's


def test_bennets_split_is_shapleys_for_two_factors():
    before, after = table(1), table(2)
    w0, w1 = pd.Series({"a": 0.2, "b": 0.3, "c": 0.5}), pd.Series({"a": 0.6, "b": 0.1, "c": 0.3})
    values, weights = {"old": before, "new": after}, {"old": w0, "new": w1}
    split = shapley(lambda state: (values[state["performance"]] * weights[state["weights"]]).sum(axis=1),
                    ["performance", "weights"])
    pd.testing.assert_frame_equal(split.effects, bennet(before, after, w0, w1).summary()[["performance", "weights"]])


@pytest.mark.parametrize(("change", "words"), [
    ({"weights_after": pd.Series({"a": 0.5, "b": 0.4})}, "Сумма весов должна быть равна 1, сейчас 0.9"),
    ({"weights_after": pd.Series({"a": 0.5, "c": 0.5})},
     "Разложение Беннета, после: показатели и веса: наборы кодов различаются. Нет: c; лишние: b."),
    ({"after": pd.DataFrame({"a": [np.nan], "b": [1.0]}, index=["X"])}, "Разложение Беннета, после: пропущено"),
    ({"after": pd.DataFrame({"a": [0.1], "b": [1.0]}, index=["Y"])}, "нет ни одной единицы с обоими значениями")])
def test_bennet_refuses(change, words):
    frame, half = pd.DataFrame({"a": [0.5], "b": [1.0]}, index=["X"]), pd.Series({"a": 0.5, "b": 0.5})
    given = {"before": frame, "after": frame, "weights_before": half, "weights_after": half} | change
    with pytest.raises(InputError) as error:
        bennet(**given)
    assert words in str(error.value)


# -- the engine --------------------------------------------------------------------------------------------------------

def by_orderings(v, k):
    """Shapley values as the definition has them: over all orders in which factors may change."""
    effect = np.zeros((k, v.shape[1]))
    for order in itertools.permutations(range(k)):
        mask = 0
        for factor in order:
            effect[factor] += v[mask | 1 << factor] - v[mask]
            mask |= 1 << factor
    return effect / math.factorial(k)


def random_game(rng, k, units=5):
    """Values of all mixtures, and the callable that gives them."""
    v = rng.uniform(0, 1, (2**k, units))
    factors = [f"f{i}" for i in range(k)]

    def values(states):
        mask = sum((states[factor] == "new") << place for place, factor in enumerate(factors))
        return pd.Series(v[mask], [f"C{i}" for i in range(units)])
    return v, factors, values


def test_effects_of_a_thousand_random_recipes_sum_to_the_change(oracle):
    rng, found, expected = np.random.default_rng(7), [], []
    for _ in range(1000):
        v, factors, values = random_game(rng, int(rng.integers(1, 7)), units=3)
        found.append(shapley(values, factors).effects.sum(axis=1).to_numpy())
        expected.append(v[-1] - v[0])
    oracle("вклады Шепли: сумма равна изменению, 1 000 случайных случаев (1–6 причин)", "тождество", found, expected,
           1e-12)


@pytest.mark.parametrize("k", [1, 2, 3, 5])
def test_effects_are_means_over_all_orders_of_change(oracle, k):
    v, factors, values = random_game(np.random.default_rng(k), k)
    oracle("вклады Шепли: среднее по всем порядкам замены", "перебор перестановок, пересчитано",
           shapley(values, factors).effects.to_numpy().T, by_orderings(v, k), 1e-12)


def test_a_factor_that_changes_nothing_has_no_effect_and_equal_factors_share():
    def values(states):
        pair = (states["a"] == "new") + (states["b"] == "new")
        return pd.Series({"C1": float(pair**2), "C2": 3.0})
    split = shapley(values, ["a", "idle", "b"])
    assert split.effects.loc["C1"].to_dict() == {"a": 2.0, "idle": 0.0, "b": 2.0}
    assert split.largest.to_dict() == {"C1": "a", "C2": ""}


def test_the_order_of_factors_and_units_changes_nothing():
    _, factors, values = random_game(np.random.default_rng(3), 4)
    plain = shapley(values, factors)
    turned = shapley(lambda states: values(states).sample(frac=1, random_state=1), factors[::-1])
    pd.testing.assert_frame_equal(turned.effects[factors], plain.effects)


def test_units_that_come_go_or_have_no_value_in_between_are_named():
    def values(states):
        new = {name for name, state in states.items() if state == "new"}
        full = pd.Series({"stays": 1.0 + len(new), "gap": np.nan if new == {"weights"} else 1.0})
        return pd.concat([full, pd.Series({"goes": 2.0} if not new else {"comes": 3.0} if len(new) == 2 else {})])
    split = shapley(values, ["performance", "weights"])
    assert split.effects.loc["stays"].to_list() == [1.0, 1.0]
    assert split.effects.loc["gap"].isna().all()
    assert split.undefined.to_dict() == {"gap": "новое: веса; прежнее: работа единиц"}
    assert (list(split.entered), list(split.left)) == (["comes"], ["goes"])
    with pytest.raises(InputError) as error:
        split.average()
    assert str(error.value) == ("Изменение среднего: вклады не определены у единиц: gap. Сначала восполните их "
                                "показатели или исключите эти единицы.")


def test_nobody_in_common_is_a_table_without_rows():
    split = shapley(lambda s: pd.Series({"A" if s["weights"] == "old" else "B": 1.0}), ["weights"])
    assert split.summary().empty
    with pytest.raises(InputError, match="нет ни одной единицы с обоими значениями"):
        split.average()


@pytest.mark.parametrize(("factors", "words"), [
    ([], "Причины изменения: нужно от 1 до 12, задано 0"),
    ([str(i) for i in range(13)], r"задано 13 \(расчётов 2\^13\)\. Объедините причины"),
    (["weights", "weights"], "Причины изменения: код повторяется: weights")])
def test_factors_are_checked(factors, words):
    with pytest.raises(InputError, match=words):
        shapley(lambda states: pd.Series({"A": 1.0}), factors)


def test_units_may_not_repeat():
    with pytest.raises(InputError, match="Причины изменения: единицы: код повторяется: A"):
        shapley(lambda states: pd.Series([1.0, 2.0], ["A", "A"]), ["weights"])


# -- an average --------------------------------------------------------------------------------------------------------

def test_change_of_an_average_by_hand(oracle):
    """Two stay (.5 to .6, .7 to .7), one enters at .9, one left at .2: means 1.4/3 and 2.2/3."""
    before = pd.Series({"A": 0.5, "B": 0.7, "X": 0.2})
    after = pd.Series({"A": 0.6, "B": 0.7, "E": 0.9})
    found = average_change(before, after)
    oracle("изменение среднего: работа, доли, вошли, вышли, всего", "Melitz, Polanec (2015), ур. 6, посчитано вручную",
           found, [0.05, 0.0, (0.9 - 0.65) / 3, (0.6 - 0.2) / 3, 2.2 / 3 - 1.4 / 3], 1e-12)


@pytest.mark.parametrize("seed", range(20))
def test_change_of_a_weighted_average_is_exact(seed):
    rng = np.random.default_rng(seed)
    before = pd.Series(rng.uniform(size=9), list("ABCDEFXYZ"))
    after = pd.Series(rng.uniform(size=8), list("PABCDEFQ"))
    w0, w1 = (pd.Series(rng.uniform(1, 9, len(v)), v.index) for v in (before, after))
    found = average_change(before, after.sample(frac=1, random_state=seed), w0, w1.sample(frac=1, random_state=1))
    exact = np.average(after, weights=w1) - np.average(before, weights=w0)
    assert found["change"] == pytest.approx(exact, abs=1e-12)
    assert found.drop("change").sum() == pytest.approx(exact, abs=1e-12)


def test_a_common_rise_of_those_that_stay_is_all_performance():
    before = pd.Series({"A": 0.2, "B": 0.6})
    weights = pd.Series({"A": 1.0, "B": 3.0})
    found = average_change(before, before + 0.1, weights, weights * 7)
    assert found.to_dict() == pytest.approx({"performance": 0.1, "shares": 0, "entered": 0, "left": 0, "change": 0.1})


@pytest.mark.parametrize(("change", "words"), [
    ({"after": pd.Series({"C": 1.0})}, "Изменение среднего: нет ни одной единицы с обоими значениями"),
    ({"after": pd.Series({"A": np.nan})}, "Изменение среднего, после: пропущено значений 1"),
    ({"weights_after": pd.Series({"A": 0.0, "B": 1.0})},
     "Изменение среднего, после: вес единицы должен быть больше 0: A = 0."),
    ({"weights_before": pd.Series({"A": 1.0})}, "Изменение среднего, до: значения и веса единиц: наборы кодов")])
def test_average_change_refuses(change, words):
    values = pd.Series({"A": 0.2, "B": 0.6})
    with pytest.raises(InputError) as error:
        average_change(**({"before": values, "after": values} | change))
    assert words in str(error.value)


# -- scores of two editions --------------------------------------------------------------------------------------------

def test_performance_and_weights_by_hand(oracle):
    """One unit: (.80, .60) under .5/.5 becomes (.82, .60) under .7/.3, .700 to .754."""
    old, new = edition("ab"), edition("ab", {INDEX: {"a": 0.7, "b": 0.3}})
    split = score_change(measured({"a": {"C": 0.80}, "b": {"C": 0.60}}), old,
                         measured({"a": {"C": 0.82}, "b": {"C": 0.60}}), new)
    oracle("вклады работы и весов в изменение индекса", "решение в замкнутом виде", split.effects.loc["C"],
           pd.Series({"performance": 0.012, "weights": 0.042}), 1e-12)
    assert split.largest["C"] == "weights"


PLANTED = {
    "weights": edition("abc", {INDEX: {"a": 0.6, "b": 0.3, "c": 0.1}}),
    "normalisation": edition("abc", normalisation={"method": "goalposts", "low": 0.0, "high": 2.0}),
    "aggregation": edition("abc", aggregation={"default": {"method": "geometric"}}),
    "indicators": edition("abcd"),
}


@pytest.mark.parametrize("cause", PLANTED)
def test_one_planted_cause_takes_the_whole_change(cause):
    old, new = edition("abc"), PLANTED[cause]
    data = measured(table(4, codes="".join(new.indicators)))
    split = score_change(data, old, data, new)
    assert list(split.effects) == [cause]
    assert split.change.abs().min() > 1e-6
    pd.testing.assert_series_equal(split.effects[cause], split.change, check_names=False)
    pd.testing.assert_series_equal(split.before, score(data[data["indicator"] != "d"], old).index, check_names=False)
    back = score_change(data, new, data, old)
    pd.testing.assert_frame_equal(back.effects, -split.effects)


def test_a_rule_of_missing_values_is_a_cause_where_something_is_missing():
    """Without b the mean was a alone, .9; half of the weight replaced by nothing leaves no score to compare."""
    data = measured(pd.DataFrame({"a": [0.5, 0.9], "b": [0.7, np.nan]}, index=["C", "D"]))
    strict = edition("ab", missing={"default": {"rule": "complete"}})
    split = score_change(data, edition("ab"), data, strict)
    assert list(split.effects) == ["missing"]
    assert split.effects.loc["C", "missing"] == 0
    assert list(split.left) == ["D"]


@pytest.mark.parametrize("seed", range(3))
def test_a_common_rise_is_found_under_any_change_of_weights_and_of_the_set(seed):
    """Every value of a unit rises by its own amount: weights sum to 1, so performance is that amount, whatever else."""
    rng, first = np.random.default_rng(seed), table(seed, codes="abcde") * 0.8
    rise = pd.Series(rng.uniform(0, 0.15, len(first)), first.index)
    second = first.add(rise, axis=0)
    old = edition("abcd", {INDEX: dict(zip("abcd", rng.dirichlet(np.ones(4)), strict=True))})
    new = edition("abcd", {INDEX: dict(zip("abcd", rng.dirichlet(np.ones(4)), strict=True))})
    split = score_change(measured(first[list("abcd")]), old, measured(second[list("abcd")]), new)
    assert (split.effects["performance"] - rise).abs().max() < 1e-12
    known = ((first[list("abcd")] * (new.weights_of(INDEX) - old.weights_of(INDEX))).sum(axis=1))
    assert (split.effects["weights"] - known).abs().max() < 1e-12


def test_an_indicator_that_is_added_has_an_effect_of_the_set_only():
    """By hand: (.4, .8) becomes (.6, .8), an indicator of .9 is added, all equal.

    Set without performance: (.4 + .8 + .9)/3 - .6 = .1; after it (.6 + .8 + .9)/3 - .7 = 1/15; the mean of both.
    """
    split = score_change(measured({"a": {"C": 0.4}, "b": {"C": 0.8}}), edition("ab"),
                         measured({"a": {"C": 0.6}, "b": {"C": 0.8}, "d": {"C": 0.9}}), edition("abd"))
    assert list(split.effects) == ["performance", "indicators"]
    assert split.effects.loc["C"].to_list() == pytest.approx([(0.1 + 0.2 / 3) / 2, (0.1 + 1 / 15) / 2])


def test_equal_weights_stay_equal_weights_when_the_set_changes():
    """Adding a fourth to three equal indicators is no change of weights, nor is `equal` written out in numbers."""
    data = measured(table(5, codes="abcd"))
    old = edition({"a": "g", "b": "g", "c": "h"}, {INDEX: {"g": 0.7, "h": 0.3}, "g": {"a": 0.5, "b": 0.5}},
                  {"g": None, "h": None})
    new = edition({"a": "g", "b": "g", "c": "h", "d": "g"}, {INDEX: {"g": 0.7, "h": 0.3}}, {"g": None, "h": None})
    assert list(score_change(data, old, data, new).effects) == ["indicators"]


def test_everything_at_once_is_exact():
    rng, seed = np.random.default_rng(0), 0
    old = edition({"a": "g", "b": "g", "c": "h", "e": "h"}, {INDEX: {"g": 0.7, "h": 0.3}, "g": {"a": 0.2, "b": 0.8}},
                  {"g": None, "h": None})
    new = edition({"a": "g", "b": "h", "c": "h", "d": None},
                  {INDEX: {"g": 0.5, "h": 0.3, "d": 0.2}, "h": {"b": 0.6, "c": 0.4}}, {"g": None, "h": None},
                  normalisation={"method": "goalposts", "low": -0.5, "high": 1.5},
                  aggregation={"default": {"method": "arithmetic"}, INDEX: {"method": "geometric"}})
    first, second = table(seed, codes="abce"), table(seed + 50, units=14, codes="abcd").iloc[1:]
    first = first.mask(rng.random(first.shape) < 0.1)
    before, after = measured(first), measured(second)
    split = score_change(before, old, after, new)
    assert set(split.effects) == {"performance", "composition", "indicators", "weights", "normalisation",
                                  "aggregation"}
    assert set(split.effects) <= set(TITLES)
    done = split.effects.drop(index=split.undefined.index)
    assert (done.sum(axis=1) - split.change[done.index]).abs().max() < 1e-12
    assert (split.effects["composition"].dropna() == 0).all()  # fixed goalposts: nobody moves because of others
    pd.testing.assert_series_equal(split.before, score(before, old).index.dropna(), check_names=False)
    pd.testing.assert_series_equal(split.after, score(after, new).index.dropna(), check_names=False)


def test_the_order_of_rows_of_the_measurements_changes_nothing():
    before, after, new = measured(table(1)), measured(table(2, units=14).iloc[1:]), PLANTED["weights"]
    split = score_change(before, edition(), after, new)
    shuffled = score_change(before.sample(frac=1, random_state=1), edition(), after.sample(frac=1, random_state=2), new)
    pd.testing.assert_frame_equal(shuffled.effects, split.effects)


def test_the_table_of_a_unit_explains_it_to_the_last_point():
    split = score_change(measured(table(1)), edition(), measured(table(2)), PLANTED["weights"])
    summary = split.summary()
    assert list(summary) == ["before", "performance", "weights", "after", "change", "largest"]
    assert (summary["before"] + summary["performance"] + summary["weights"] - summary["after"]).abs().max() < 1e-12
    biggest = summary[["performance", "weights"]].abs().idxmax(axis=1)
    assert summary["largest"].to_list() == biggest.to_list()


def test_others_that_join_move_a_score_made_of_the_spread():
    """Min-max: the best of three is no longer the best when a better one joins. By hand: .5/1 becomes .5/1.5."""
    relative = edition("a", normalisation={"method": "min-max"})
    before, after = measured({"a": {"A": 0.0, "B": 0.5, "C": 1.0}}), measured({"a": {"A": 0.0, "B": 0.5, "C": 1.0,
                                                                                      "D": 1.5}})
    split = score_change(before, relative, after, relative)
    assert split.effects["performance"].abs().max() == 0
    assert split.effects["composition"].to_dict() == pytest.approx({"A": 0, "B": 1 / 3 - 1 / 2, "C": 2 / 3 - 1})
    assert list(split.entered) == ["D"]
    total = split.average()
    assert total.sum() == pytest.approx(split.after.mean() - split.before.mean())


def test_a_new_list_of_requirements_is_no_change_of_performance():
    """Three of four met stay met; two requirements are added, of which the unit meets none: 3/4 becomes 3/6."""
    old, new = measured({"a": {"C": 0.75}}), measured({"a": {"C": 0.5}})
    one = edition("a")
    split = score_change(old, one, new, one, before_by_new_list=new, after_by_old_list=old)
    assert split.effects.loc["C"].to_dict() == {"performance": 0.0, "requirements": -0.25}
    assert score_change(old, one, new, one).effects.loc["C"].to_dict() == {"performance": -0.25}


def test_performance_is_split_by_group():
    tree = {"a": "g", "b": "h", "c": "h"}
    old = edition(tree, {INDEX: {"g": 0.7, "h": 0.3}}, {"g": None, "h": None})
    new = edition(tree, {INDEX: {"g": 0.4, "h": 0.6}}, {"g": None, "h": None})
    first, second = table(6), table(7)
    whole = score_change(measured(first), old, measured(second), new)
    split = score_change(measured(first), old, measured(second), new, performance_by_group=True)
    assert list(split.effects) == ["performance:g", "performance:h", "weights"]
    assert residual(split) < 1e-12
    parts = split.effects[["performance:g", "performance:h"]]
    assert (parts.sum(axis=1) - whole.effects["performance"]).abs().max() < 1e-12  # additive: groups do not interact
    assert (parts["performance:g"] - 0.55 * (second["a"] - first["a"])).abs().max() < 1e-12


def test_sides_mix_and_a_side_that_is_added():
    """S .9, X/N .5; half and half becomes 1:3, then an indicator that had a checklist only gets its survey."""
    both = pd.concat([measured({"k": {"C": 0.9}}, "subjective"), measured({"k": {"C": 0.5}})])
    mixed = {"sides": TWO_SIDES, "mix": {"subjective": 0.25, "objective": 0.75}}
    split = score_change(both, edition({"k": {"sides": TWO_SIDES}}), both, edition({"k": mixed}))
    assert split.effects.loc["C"].to_dict() == pytest.approx({"sides": 0.6 - 0.7})
    alone = measured({"k": {"C": 0.3}})
    split = score_change(alone, edition("k"), both, edition({"k": {"sides": TWO_SIDES}}))
    # the survey is lent to the year that did not ask: (.9 + .3)/2 - .3 and (.9 + .5)/2 - .5
    assert split.effects.loc["C"].to_dict() == pytest.approx({"performance": (0.2 + 0.1) / 2, "sides": (0.3 + 0.2) / 2})


def test_shares_of_clienteles():
    def guests(share):
        return {code: {"title": code, "value": code, "share": own} for code, own in
                (("citizens", share), ("employers", 1 - share))}
    data = pd.concat([measured({"a": {"C": 0.8}}, clientele="citizens"),
                      measured({"a": {"C": 0.4}}, clientele="employers")])
    split = score_change(data, edition("a", clienteles=guests(0.5)), data, edition("a", clienteles=guests(0.75)))
    assert split.effects.loc["C"].to_dict() == pytest.approx({"sides": 0.1})


def test_grades_move_by_performance_and_by_cut_offs():
    """By hand: .5 to .65 stays the second star; with the border at .6 the third. Each is needed, so each has a half."""
    old, new = edition("a", grades=BANDS), edition("a", grades=BANDS | {"cut_offs": [0.4, 0.6]})
    split = score_change(measured({"a": {"C": 0.5, "D": 0.65}}), old, measured({"a": {"C": 0.65, "D": 0.65}}), new,
                         outcome="grade")
    assert split.effects.loc["C"].to_dict() == {"performance": 0.5, "cut_offs": 0.5}
    assert split.effects.loc["D"].to_dict() == {"performance": 0.0, "cut_offs": 1.0}


def test_who_may_be_graded_is_a_factor_of_grades_only():
    old = edition("ab", grades=BANDS, eligibility={"min_coverage": 1.0})
    new = edition("ab", grades=BANDS, eligibility={"min_coverage": 0.5})
    data = measured(pd.DataFrame({"a": [0.5, 0.9], "b": [0.5, np.nan]}, index=["C", "D"]))
    split = score_change(data, old, data, new, outcome="grade")
    assert list(split.effects) == ["eligibility"]
    assert list(split.entered) == ["D"]
    assert list(score_change(data, old, data, new).effects) == ["performance"]  # nothing moved the index
    assert residual(score_change(data, old, data, new)) == 0


def test_a_group_may_be_the_outcome():
    tree = {"a": "g", "b": "g", "c": None}
    old = edition(tree, {INDEX: {"g": 0.5, "c": 0.5}, "g": {"a": 0.5, "b": 0.5}}, {"g": None})
    new = edition(tree, {INDEX: {"g": 0.5, "c": 0.5}, "g": {"a": 1.0, "b": 0.0}}, {"g": None})
    data = table(8)
    split = score_change(measured(data), old, measured(data), new, outcome="g")
    assert (split.effects["weights"] - (data["a"] - data["b"]) / 2).abs().max() < 1e-12


def test_a_flat_edition_lends_its_weights_to_a_tree_and_back():
    flat = edition({"a": "g", "b": "g", "c": "h"}, {INDEX: {"a": 0.2, "b": 0.3, "c": 0.5}}, {"g": None, "h": None})
    tree = edition({"a": "g", "b": "g", "c": "h"}, {INDEX: {"g": 0.4, "h": 0.6}}, {"g": None, "h": None})
    lent = hybrid(flat, tree, {"indicators": "new", "weights": "old"})
    assert lent.effective_weights().to_dict() == pytest.approx({"a": 0.2, "b": 0.3, "c": 0.5})
    back = hybrid(flat, tree, {"indicators": "old", "weights": "new"})
    assert back.effective_weights().to_dict() == pytest.approx({"a": 0.2, "b": 0.2, "c": 0.6})
    assert hybrid(flat, tree, {"weights": "old"}) is flat
    assert hybrid(flat, tree, {}) is tree


@pytest.mark.parametrize(("changes", "words"), [
    ({"outcome": "g"}, "Разложение: группы «g» нет в редакции tiny. Есть: —."),
    ({"outcome": "grade"}, "Разложение уровней: в редакции tiny уровней нет."),
    ({"before_by_new_list": measured(table(1))},
     "Разложение: нужны оба пересчёта по перечню требований другой редакции или ни одного."),
    ({"before": measured(table(1).rename(columns={"a": "z"}))},
     "В данных есть показатели, которых нет ни в редакции tiny, ни в tiny: z."),
    ({"new": edition("abc", clienteles={"x": {"title": "x", "value": "x", "share": 1.0}})},
     "Разложение: клиентелы редакций различаются (tiny: общая; tiny: x), значения одной не выразить через другую. "
     "Сведите обе редакции к одним клиентелам."),
    ({"before_by_new_list": measured(table(1, units=3)), "after_by_old_list": measured(table(1))},
     "Пересчёт по другому перечню требований: единицы: наборы кодов различаются.")])
def test_two_sides_that_cannot_be_compared_are_refused(changes, words):
    given = {"before": measured(table(1)), "old": edition(), "after": measured(table(2)), "new": edition()} | changes
    with pytest.raises(InputError) as error:
        score_change(**given)
    assert words in str(error.value)


def test_a_mixture_that_cannot_be_scored_is_named():
    """A zero of the first year under the second year's geometric mean."""
    zero = table(1)
    zero.loc["C03", "b"] = 0.0
    with pytest.raises(NotPublishable) as error:
        score_change(measured(zero), edition(), measured(table(2)), PLANTED["aggregation"])
    assert str(error.value).startswith("Разложение не посчитано, новое: сведение; прежнее: работа единиц. Среднее "
                                       "геометрическое: значения должны быть больше 0, найдено 0 (C03 × b).")


@pytest.mark.slow
def test_planted_causes_of_500_pairs_of_years_are_found_exactly():
    """As benchmarks/change_recovery.py, fewer factors: own rise of every unit, new weights, an indicator added."""
    worst = 0.0
    for seed in range(500):
        rng, first = np.random.default_rng(seed), table(seed, units=20, codes="abcde") * 0.8
        rise = pd.Series(rng.normal(0.02, 0.03, len(first)), first.index)
        second = first.add(rise, axis=0)
        old = edition("abcd", {INDEX: dict(zip("abcd", rng.dirichlet(np.ones(4)), strict=True))})
        new = edition("abcd", {INDEX: dict(zip("abcd", rng.dirichlet(np.ones(4)), strict=True))})
        split = score_change(measured(first[list("abcd")]), old, measured(second[list("abcd")]), new)
        shift = (first[list("abcd")] * (new.weights_of(INDEX) - old.weights_of(INDEX))).sum(axis=1)
        worst = max(worst, residual(split), (split.effects["performance"] - rise).abs().max(),
                    (split.effects["weights"] - shift).abs().max())
    assert worst < 1e-12


# -- comparable terms --------------------------------------------------------------------------------------------------

def test_comparable_terms_stand_beside_what_was_published():
    first, second = table(1), table(2)
    old, new = edition(grades=BANDS), edition("abc", {INDEX: {"a": 0.6, "b": 0.3, "c": 0.1}}, grades=BANDS)
    made = comparable_terms(measured(first), old, measured(second), new)
    assert made.not_measured == ()
    pd.testing.assert_series_equal(made.table["before"], score(measured(first), old).index, check_names=False)
    pd.testing.assert_series_equal(made.table["before_comparable"], score(measured(first), new).index,
                                   check_names=False)
    pd.testing.assert_series_equal(made.table["after"], made.table["after_comparable"], check_names=False)
    pd.testing.assert_series_equal(made.table["after_grade"], score(measured(second), new).grade, check_names=False)
    changes = made.changes()
    assert (changes["published"] - changes["methodology"] - changes["comparable"]).abs().max() < 1e-12


def test_an_indicator_nobody_measured_last_year_is_left_out_of_both_years():
    """By hand: .5 and .7 then, .6, .8 and 1.0 now; without the third .7 now, with it .8."""
    before, after = measured({"a": {"C": 0.5}, "b": {"C": 0.7}}), measured({"a": {"C": 0.6}, "b": {"C": 0.8},
                                                                            "d": {"C": 1.0}})
    made = comparable_terms(before, edition("ab"), after, edition("abd"))
    assert made.not_measured == ("d",)
    assert made.table.loc["C", ["before", "before_comparable", "after_comparable", "after"]].to_list() == pytest.approx(
        [0.6, 0.6, 0.7, 0.8])
    assert made.changes().loc["C"].to_dict() == pytest.approx({"published": 0.2, "methodology": 0.1, "comparable": 0.1})


def test_a_group_that_is_left_empty_goes_with_its_indicators():
    new = edition({"a": "g", "d": "h"}, {INDEX: {"g": 0.3, "h": 0.7}}, {"g": None, "h": None})
    made = comparable_terms(measured({"a": {"C": 0.5}}), edition("a"),
                            measured({"a": {"C": 0.6}, "d": {"C": 1.0}}), new)
    assert made.not_measured == ("d",)
    assert made.table.loc["C", "after_comparable"] == pytest.approx(0.6)
    assert made.table.loc["C", "after"] == pytest.approx(0.3 * 0.6 + 0.7)


def test_comparable_terms_need_something_in_common():
    with pytest.raises(InputError, match="не измерен ни один показатель редакции tiny"):
        comparable_terms(measured({"a": {"C": 0.5}}), edition("a"), measured({"d": {"C": 0.5}}), edition("d"))
    zero = edition("ad", {INDEX: {"a": 0.0, "d": 1.0}})
    with pytest.raises(InputError, match="у «Индекс» не осталось показателей с весом"):
        comparable_terms(measured({"a": {"C": 0.5}}), edition("a"), measured({"a": {"C": 0.5}, "d": {"C": 0.5}}), zero)


def test_every_rule_of_a_mixture_comes_from_the_edition_that_was_asked_for():
    old = edition(sides={"missing": "available"}, min_units=2, clienteles={
        "x": {"title": "x", "value": "x", "share": 0.4}, "y": {"title": "y", "value": "y", "share": 0.6}})
    new = edition(min_units=3)
    mixed = hybrid(old, new, {"sides": "old", "missing": "new"})
    assert (mixed.sides, mixed.clienteles, mixed.min_units) == (old.sides, old.clienteles, 3)
    mixed = hybrid(old, new, {"sides": "new", "missing": "old"})
    assert (mixed.sides, mixed.clienteles, mixed.min_units) == (new.sides, {}, 2)


def test_scales_means_gaps_and_weights_of_a_mixture_come_from_the_edition_that_was_asked_for():
    old = edition(weights={"index": {"a": 0.2, "b": 0.3, "c": 0.5}}, normalisation={"method": "min-max", "lower": 0.1},
                  aggregation={"default": {"method": "geometric"}}, missing={"default": {"rule": "complete"}})
    new = edition()

    def parts(made):
        return (made.normalisation_of("a").method, made.aggregation_of(INDEX).method, made.missing_of(INDEX).rule,
                made.weights_of(INDEX).to_list())
    for place, part in enumerate(("normalisation", "aggregation", "missing", "weights")):
        assert parts(old)[place] != parts(new)[place]
        mixed = hybrid(old, new, {part: "old", "eligibility": "new"})
        assert parts(mixed) == tuple(parts(old if number == place else new)[number] for number in range(4))


def test_results_carry_their_names():
    scores = pd.Series({"A": 0.5, "B": 0.7})
    assert average_change(scores, scores).name == "effect"
    split = shapley(lambda states: scores, ["values"])
    assert (split.before.name, split.after.name, split.undefined.name) == ("before", "after", "undefined")
