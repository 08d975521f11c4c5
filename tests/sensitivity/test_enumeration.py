"""Exact indices of factors with few levels: plain loops, analytic cases, sampled indices of the model, refusals."""

import itertools
import math

import numpy as np
import pandas as pd
import pytest

from methods.errors import InputError
from methods.sensitivity import pick_freeze
from methods.sensitivity.enumeration import exact_indices, shapley_values
from methods.sensitivity.shapley_effects import shapley_effects
from methods.sensitivity.variance_based import sobol_indices

LEVELS = {"aggregation": ["arithmetic", "geometric"], "normalisation": ["min-max", "rank", "z-score"],
          "missing": ["complete", "renormalise"]}


def places(seed, outputs=2):
    """Mean shifts of places about 3 with a spread about 1, as on the index TAI of the Handbook."""
    index = pd.MultiIndex.from_product(LEVELS.values(), names=LEVELS)
    values = np.random.default_rng(seed).normal(3, 1, (len(index), outputs))
    return pd.DataFrame(values, index, [f"C{number + 1}" for number in range(outputs)])


def as_model(table):
    """The table as a function of the unit cube: equally likely levels."""
    shape = [len(table.index.get_level_values(name).unique()) for name in table.index.names]
    values = table.to_numpy().reshape(*shape, -1)

    def model(u):
        level = np.minimum((u * shape).astype(int), np.array(shape) - 1)
        return values[tuple(level.T)]
    return model


def by_loops(table, output, chances):
    """Variances of conditional means by the definition, then the three indices by their formulas."""
    names = list(table.index.names)
    weight = {row: math.prod(chances[name][level] for name, level in zip(names, row, strict=True))
              for row in table.index}
    mean = sum(weight[row] * table.loc[row, output] for row in table.index)

    def closed(subset):
        groups = {}
        for row in table.index:
            key = tuple(level for name, level in zip(names, row, strict=True) if name in subset)
            mass, total = groups.get(key, (0.0, 0.0))
            groups[key] = (mass + weight[row], total + weight[row] * table.loc[row, output])
        return sum(mass * (total / mass - mean)**2 for mass, total in groups.values())

    variance, k = closed(set(names)), len(names)
    result = {}
    for name in names:
        others = [other for other in names if other != name]
        shapley = sum(math.factorial(size) * math.factorial(k - size - 1) / math.factorial(k)
                      * (closed({*subset, name}) - closed(set(subset)))
                      for size in range(k) for subset in itertools.combinations(others, size))
        result[name] = (closed({name}) / variance, 1 - closed(set(others)) / variance, shapley / variance)
    return pd.DataFrame(result, ["first", "total", "shapley"]).T


@pytest.mark.parametrize("seed", range(4))
def test_enumeration_agrees_with_plain_loops(oracle, seed):
    table = places(seed)
    chances = {name: dict(zip(levels, weights, strict=True)) for (name, levels), weights in zip(
        LEVELS.items(), ([0.5, 0.5], [0.2, 0.3, 0.5], [0.9, 0.1]), strict=True)}
    result, loops = exact_indices(table, chances), by_loops(table, "C2", chances)
    oracle("точные индексы дискретных источников", "определение, простые циклы; пересчитано",
           [result.first["C2"], result.total["C2"], result.shapley["C2"]], loops.loc[list(LEVELS)].T.to_numpy(), 1e-12)


def test_places_under_two_choices_by_hand(oracle):
    """3, 5 / 3, 9: mean 5, variance 6; rows 4 and 6, columns 3 and 7, so that V_1 = 1, V_2 = 4, interaction 1."""
    table = pd.DataFrame({"C1": [3, 5, 3, 9]}, pd.MultiIndex.from_product([["a", "b"], ["c", "d"]], names=["x", "y"]))
    result = exact_indices(table)
    oracle("два решения по два варианта", "вручную: 1/6, 4/6, взаимодействие 1/6",
           [result.first["C1"], result.total["C1"], result.shapley["C1"]],
           [[1 / 6, 4 / 6], [2 / 6, 5 / 6], [1.5 / 6, 4.5 / 6]], 1e-12)
    assert result.mean["C1"] == pytest.approx(5)
    assert result.variance["C1"] == pytest.approx(6)


def test_the_additive_model_has_no_interactions():
    index = pd.MultiIndex.from_product([[0, 1], [0, 1, 2], [0, 3]], names=list("abc"))
    result = exact_indices(pd.DataFrame({"y": index.to_frame().sum(axis=1)}))
    parts = np.array([1 / 4, 2 / 3, 9 / 4])
    for table in (result.first, result.total, result.shapley):
        assert table["y"].to_numpy() == pytest.approx(parts / parts.sum())


@pytest.mark.parametrize("seed", range(3))
def test_first_order_indices_lie_below_shapley_effects_and_these_below_totals(seed):
    result = exact_indices(places(seed, outputs=20))
    assert (result.first <= result.shapley + 1e-12).all(axis=None)
    assert (result.shapley <= result.total + 1e-12).all(axis=None)
    assert result.shapley.sum().to_numpy() == pytest.approx(np.ones(20))


@pytest.mark.parametrize("seed", range(3))
def test_sampled_indices_come_to_the_exact_ones(oracle, seed):
    """16,384 and 4,096 base points; the largest error of 30 tables is .006."""
    table = places(seed)
    exact = exact_indices(table)
    model, factors = as_model(table), {name: [number] for number, name in enumerate(table.index.names)}
    sampled = sobol_indices(model, factors, base=16384, outputs=table.columns)
    for name in ("first", "total"):
        oracle("индексы Соболя трёх дискретных источников", "полный перебор сочетаний",
               getattr(sampled, name).loc[exact.first.index], getattr(exact, name), 0.008)
    effects = shapley_effects(model, factors, base=4096, outputs=table.columns).effects
    oracle("эффекты Шепли трёх дискретных источников", "полный перебор сочетаний", effects.loc[exact.first.index],
           exact.shapley, 0.008)


def test_an_uncentred_estimator_errs_several_times_as_much():
    """mean(b (ab - a)) / V, as in COINr, at 128 random points and a mean of three standard deviations: 200 designs."""
    table = places(0, outputs=1)
    exact, model = exact_indices(table).first["C1"], as_model(table)
    errors = {"centred": [], "uncentred": []}
    for seed in range(200):
        a, b = pick_freeze.base_points(3, 128, "random", seed)
        y_a, y_b = model(a)[:, 0], model(b)[:, 0]
        found = {name: np.mean(y_b * (model(pick_freeze.exchanged(a, b, [i]))[:, 0] - y_a)) / np.var([y_a, y_b])
                 for i, name in enumerate(table.index.names)}
        errors["uncentred"].append(pd.Series(found) - exact)
        centred = sobol_indices(model, {name: [i] for i, name in enumerate(table.index.names)}, base=128,
                                design="random", resamples=40, seed=seed).first[0]
        errors["centred"].append(centred - exact)
    size = {name: (pd.DataFrame(rows)**2).mean()**0.5 for name, rows in errors.items()}
    assert (size["uncentred"] / size["centred"]).min() > 2


def test_the_order_of_rows_columns_and_levels_changes_nothing():
    table = places(7)
    shuffled = table.sample(frac=1, random_state=1)[["C2", "C1"]].reorder_levels(["missing", "aggregation",
                                                                                  "normalisation"])
    one, other = exact_indices(table), exact_indices(shuffled)
    for name in ("first", "total", "shapley"):
        pd.testing.assert_frame_equal(getattr(other, name).loc[one.first.index, ["C1", "C2"]], getattr(one, name))


def test_the_level_and_the_unit_of_an_output_change_nothing():
    one, other = exact_indices(places(1)), exact_indices(1e6 - 1e-3 * places(1))
    pd.testing.assert_frame_equal(other.shapley, one.shapley, rtol=1e-6)


def test_one_factor_explains_everything():
    result = exact_indices(pd.DataFrame({"C1": [1.0, 2, 4]}, pd.Index(["a", "b", "c"], name="x")))
    assert result.first.loc["x", "C1"] == result.total.loc["x", "C1"] == result.shapley.loc["x", "C1"] == 1


def test_an_output_that_never_varies_has_no_indices_and_says_why():
    result = exact_indices(places(2).assign(C3=0.1))
    assert result.why.to_dict() == {"C1": "", "C2": "", "C3": "не меняется ни в одной точке плана"}
    for table in (result.first, result.total, result.shapley):
        assert table["C3"].isna().all()
    assert result.variance["C3"] == 0


def test_shapley_values_of_a_game_where_only_the_whole_is_worth_something():
    worth = np.zeros(8)
    worth[-1] = 6
    assert shapley_values(worth).tolist() == [2, 2, 2]


@pytest.mark.parametrize(("change", "words"), [
    (lambda t: t.iloc[1:], "Таблица сочетаний: нужны все сочетания уровней, их 12, а строк 11."),
    (lambda t: t.iloc[:0], "Таблица сочетаний: нужны строки, результаты и разные имена уровней индекса — источники "
                           "неопределённости."),
    (lambda t: t.rename_axis(["a", "a", "b"]), "Таблица сочетаний: нужны строки, результаты и разные имена уровней "
                                               "индекса — источники неопределённости."),
    (lambda t: t.rename(columns={"C2": "C1"}), "Таблица сочетаний: результаты: код повторяется: C1 (всего 1)."),
    (lambda t: pd.concat([t, t.iloc[:1]]), "Таблица сочетаний: код повторяется: arithmetic, min-max, complete (всего "
                                           "1).")])
def test_a_table_that_is_not_full_is_refused(change, words):
    with pytest.raises(InputError) as error:
        exact_indices(change(places(0)))
    assert str(error.value) == words


def test_a_gap_is_refused_with_its_place():
    table = places(0)
    table.iloc[3, 1] = np.nan
    with pytest.raises(InputError) as error:
        exact_indices(table)
    assert str(error.value) == "Таблица сочетаний: пропущено значений 1, первые: arithmetic, rank, renormalise × C2."


def test_too_many_factors_are_refused():
    index = pd.MultiIndex.from_product([[0]] * 15, names=[f"x{number}" for number in range(15)])
    with pytest.raises(InputError) as error:
        exact_indices(pd.DataFrame({"y": [1.0]}, index))
    assert str(error.value) == "Таблица сочетаний: источников 15, предел — 14."


@pytest.mark.parametrize(("chances", "words"), [
    ({"weights": {}}, "Вероятности: нет источника weights; есть: aggregation, normalisation, missing."),
    ({"missing": {"complete": 1.0}}, "Вероятности источника «missing»: наборы кодов различаются. Нет: —; лишние: "
                                     "renormalise."),
    ({"missing": {"complete": 1.0, "renormalise": 0.0}}, "Вероятности источника «missing» должны быть больше 0 и в "
                                                         "сумме давать 1, сумма 1, наименьшая 0."),
    ({"missing": {"complete": 0.5, "renormalise": 0.6}}, "Вероятности источника «missing» должны быть больше 0 и в "
                                                         "сумме давать 1, сумма 1.1, наименьшая 0.5.")])
def test_probabilities_that_do_not_fit_are_refused(chances, words):
    with pytest.raises(InputError) as error:
        exact_indices(places(0), chances)
    assert str(error.value) == words


def test_a_single_factor_may_have_unequal_levels_in_any_order():
    """Mean and variance of a discrete law: 1, 2, 4 with probabilities .5, .3, .2."""
    table = pd.DataFrame({"C1": [4.0, 1, 2], "C2": [0.0, 1, 0]}, pd.Index(["c", "a", "b"], name="x"))
    result = exact_indices(table, {"x": {"a": 0.5, "c": 0.2, "b": 0.3}})
    assert result.mean.to_dict() == pytest.approx({"C1": 1.9, "C2": 0.5})
    assert result.variance.to_dict() == pytest.approx({"C1": 0.5 + 1.2 + 3.2 - 1.9**2, "C2": 0.25})
    for name in ("mean", "variance", "why"):
        series = getattr(result, name)
        assert (series.name, list(series.index)) == (name, ["C1", "C2"])
    for name in ("first", "total", "shapley"):
        frame = getattr(result, name)
        assert (list(frame.index), list(frame)) == (["x"], ["C1", "C2"])
