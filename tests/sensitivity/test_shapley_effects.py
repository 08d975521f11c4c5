"""Shapley effects: published values, peers, what must not move them, intervals, refusals."""

import itertools

import numpy as np
import pandas as pd
import pytest
from known_models import SLOPES, STEEPNESS, ishigami, linear, named, sobol_g

from methods.errors import InputError, UsageError
from methods.sensitivity import pick_freeze
from methods.sensitivity import shapley_effects as module
from methods.sensitivity.enumeration import shapley_values
from methods.sensitivity.shapley_effects import shapley_effects

WAYS = ["subsets", "permutations"]


def exact_g():
    """Every interaction of G has the product of its members' variances; Shapley divides it equally."""
    part = 1 / (3 * (1 + STEEPNESS)**2)
    effects = np.zeros(8)
    for size in range(1, 9):
        for subset in itertools.combinations(range(8), size):
            effects[list(subset)] += part[list(subset)].prod() / size
    return effects / effects.sum()


@pytest.mark.parametrize(("method", "base", "within"), [("subsets", 4096, 0.003), ("permutations", 16384, 0.02)])
def test_effects_of_ishigami(oracle, method, base, within):
    """The largest errors of 30 seeds are .002 and .016."""
    result = shapley_effects(ishigami, named(3), base=base, method=method)
    oracle("эффекты Шепли, функция Исигами", "Owen (2014) по индексам Ishigami, Homma (1990): .4357, .4424, .1218",
           result.effects[0], [0.4357, 0.4424, 0.1218], within)
    assert result.evaluations == base * {"subsets": 8, "permutations": 4}[method]
    assert result.variance[0] == pytest.approx(13.8446, rel=0.02)


@pytest.mark.parametrize(("method", "base"), [("subsets", 1024), ("permutations", 16384)])
def test_effects_of_sobols_g(oracle, method, base):
    """The largest errors of 15 seeds are .007 and .008."""
    oracle("эффекты Шепли, функция G", "Owen (2014) по дисперсиям взаимодействий; пересчитано",
           shapley_effects(sobol_g, named(8), base=base, method=method).effects[0], exact_g(), 0.01)


@pytest.mark.parametrize(("method", "within"), [("subsets", 0.001), ("permutations", 0.025)])
def test_effects_of_a_linear_model_are_its_shares_of_variance(oracle, method, within):
    """The largest errors of 30 seeds are .00002 and .017."""
    oracle("эффекты Шепли, линейная модель", "доли квадратов коэффициентов",
           shapley_effects(linear, named(4), base=4096, method=method).effects[0], SLOPES**2 / 30, within)


def test_effects_agree_with_salib(oracle):
    """SALib 1.6.0, sample.shapley.sample(problem, 16384, seed=1), analyze.shapley.analyze: .4422 .4363 .1215.

    Its own half-widths of 95 % are .018, .012, .015.
    """
    oracle("эффекты Шепли, функция Исигами, N = 16384", "SALib 1.6.0, analyze.shapley",
           shapley_effects(ishigami, named(3), base=4096).effects[0], [0.442228, 0.436272, 0.121499], 0.018)


@pytest.mark.parametrize("seed", range(3))
def test_walsh_coefficients_give_the_shapley_value_of_the_averaged_game(seed):
    """The definition: worth of u is half the mean square of differences over all pairs of mixtures that differ in u."""
    k, base = 4, 8
    offset = np.random.default_rng(seed).normal(size=(k, k))

    def model(u):
        return (np.sin(u @ offset).prod(axis=1) + u[:, 0] * u[:, 2])[:, None]
    a, b = pick_freeze.base_points(k, base, "random", seed)
    runs = np.array([model(pick_freeze.exchanged(a, b, np.flatnonzero(u >> np.arange(k) & 1)))[:, 0]
                     for u in range(2**k)])
    worth = np.array([np.mean((runs - runs[np.arange(2**k) ^ u])**2) / 2 for u in range(2**k)])
    found = shapley_effects(model, named(k), base=base, method="subsets", design="random", seed=seed)
    assert found.effects[0].to_numpy() == pytest.approx(shapley_values(worth) / worth[-1])
    assert found.variance[0] == pytest.approx(worth[-1])


@pytest.mark.parametrize("method", WAYS)
@pytest.mark.parametrize("seed", range(3))
def test_effects_sum_to_one_whatever_the_sample(method, seed):
    result = shapley_effects(sobol_g, named(8), base=16, method=method, seed=seed)
    assert result.effects[0].sum() == pytest.approx(1)
    if method == "subsets":
        assert (result.effects[0] >= 0).all()
        assert (result.low[0] >= 0).all()


@pytest.mark.parametrize("method", WAYS)
def test_twins_share_what_they_do_together_and_a_factor_that_does_nothing_gets_nothing(method):
    result = shapley_effects(lambda u: (u[:, [0]] - 0.5) * (u[:, [1]] - 0.5), named(3), base=1024, method=method)
    assert result.effects[0].to_dict() == pytest.approx({"x1": 0.5, "x2": 0.5, "x3": 0}, abs=0.03)
    assert result.effects[0]["x3"] == 0


@pytest.mark.parametrize("method", WAYS)
@pytest.mark.parametrize("level", [30.0, 1e6])
def test_the_level_of_an_output_changes_nothing(method, level):
    plain, lifted = (shapley_effects(lambda u, add=add: ishigami(u) + add, named(3), base=64, method=method)
                     for add in (0, level))
    pd.testing.assert_frame_equal(lifted.effects, plain.effects, rtol=1e-6)
    pd.testing.assert_frame_equal(lifted.low, plain.low, atol=1e-5, rtol=0)


@pytest.mark.parametrize("method", WAYS)
def test_the_order_of_factors_and_of_outputs_changes_nothing(method):
    def model(u):
        return np.hstack([ishigami(u), u[:, :1] * u[:, 1:2]])
    one = shapley_effects(model, {"a": [0], "b": [1], "c": [2]}, base=64, method=method, outputs=["C1", "C2"])
    other = shapley_effects(lambda u: model(u)[:, ::-1], {"c": [2], "b": [1], "a": [0]}, base=64, method=method,
                            outputs=["C2", "C1"])
    for name in ("effects", "low", "high"):
        pd.testing.assert_frame_equal(getattr(other, name)[["C1", "C2"]], getattr(one, name))


@pytest.mark.parametrize("method", WAYS)
def test_parts_of_the_design_and_blocks_of_outputs_join_seamlessly(monkeypatch, method):
    def model(u):
        return np.hstack([ishigami(u) ** power for power in (1, 2, 3)])
    whole = shapley_effects(model, named(3), base=64, method=method)
    monkeypatch.setattr(module, "POINTS", 24)
    monkeypatch.setattr(module, "CELLS", 3000)
    parts = shapley_effects(model, named(3), base=64, method=method)
    pd.testing.assert_frame_equal(parts.effects, whole.effects)
    pd.testing.assert_frame_equal(parts.high, whole.high, atol=1e-5, rtol=0)


def test_a_group_is_a_factor():
    """x1 and x3 of Ishigami act together and without x2: the group has what is left of x2."""
    groups = pick_freeze.group_factors(named(3), {"x1 и x3": ["x1", "x3"]})
    result = shapley_effects(ishigami, groups, base=4096)
    assert result.effects[0].to_dict() == pytest.approx({"x1 и x3": 0.5576, "x2": 0.4424}, abs=0.01)


def test_many_factors_are_exchanged_in_random_orders():
    assert shapley_effects(linear, named(4), base=8).method == "subsets"
    many = shapley_effects(sobol_g, named(8), base=8)
    assert (many.method, many.evaluations) == ("permutations", 72)


def test_seeds_repeat_the_run_and_zero_is_one_of_them():
    first, again, other = (shapley_effects(sobol_g, named(8), base=16, seed=seed).effects for seed in (0, 0, 1))
    pd.testing.assert_frame_equal(first, again)
    assert (first - other).abs().to_numpy().max() > 0


@pytest.mark.parametrize("method", WAYS)
def test_failed_runs_take_their_base_points_along_and_are_counted(method):
    def model(u):
        values = np.hstack([linear(u), linear(u)])
        values[u[:, 0] > 0.9, 0] = np.nan
        return values
    result = shapley_effects(model, named(4), base=4096, method=method, design="random")
    assert result.failed[0] == pytest.approx(4096 * (1 - 0.9**2), rel=0.1)
    assert result.failed[1] == 0
    left = np.array([0.81, 4, 9, 16])
    assert result.effects[0].to_numpy() == pytest.approx(left / left.sum(), abs=0.03)
    assert result.variance[0] == pytest.approx(left.sum() / 12, rel=0.05)


@pytest.mark.parametrize("method", WAYS)
def test_outputs_without_effects_say_why(method):
    def model(u):
        return np.column_stack([np.full(len(u), 0.1), np.where(u[:, 0] < 0.6, np.nan, u[:, 1]), u[:, 0] > 0.9995,
                                np.full(len(u), np.nan), u[:, 0]])
    result = shapley_effects(model, named(2), base=1024, method=method, outputs=["C1", "C2", "C3", "C4", "C5"])
    assert result.why.to_dict() == {
        "C1": "не меняется ни в одной точке плана",
        "C2": "модель не дала значения больше чем в половине точек плана",
        "C3": "меняется слишком редко: в части повторных выборок одно значение",
        "C4": "модель не дала значения больше чем в половине точек плана", "C5": ""}
    assert result.effects[["C1", "C2", "C3", "C4"]].isna().all(axis=None)
    assert result.low[["C1", "C2", "C3", "C4"]].isna().all(axis=None)
    assert result.variance["C1"] == 0
    assert result.shares().to_dict() == pytest.approx({"x1": 1, "x2": 0})


def test_summary_puts_the_largest_effect_first():
    table = shapley_effects(linear, named(4), base=256, outputs=["C1"]).summary("C1")
    assert table.index.to_list() == ["x4", "x3", "x2", "x1"]
    assert ((table["low"] < table["effect"]) & (table["effect"] < table["high"])).all()


def test_shares_weigh_outputs_by_their_variance():
    def model(u):
        return np.column_stack([u[:, 0], 10 * u[:, 1]])
    assert shapley_effects(model, named(2), base=4096).shares().to_dict() == pytest.approx(
        {"x1": 1 / 101, "x2": 100 / 101}, abs=1e-3)


def test_intervals_are_percentiles_of_effects_of_resampled_base_points():
    result = shapley_effects(ishigami, named(3), base=32, method="permutations", design="random", seed=3, resamples=200)
    contributions = goda_by_loops(seed=3, base=32)
    drawn = np.array([contributions @ count for count in pick_freeze.resampling_counts(32, 200, 3).T])
    shares = drawn / drawn.sum(axis=1, keepdims=True)
    assert result.low[0].to_numpy() == pytest.approx(np.quantile(shares, 0.025, axis=0), abs=1e-5)
    assert result.high[0].to_numpy() == pytest.approx(np.quantile(shares, 0.975, axis=0), abs=1e-5)


def goda_by_loops(seed, base):
    """Goda's algorithm in plain loops on the same points and orders: factors x base points."""
    a, b = pick_freeze.base_points(3, base, "random", seed)
    stream = np.random.default_rng(np.random.SeedSequence(seed).spawn(3)[2])
    orders = stream.permuted(np.tile(np.arange(3), (base, 1)), axis=1)
    found = np.zeros((3, base))
    for row, order in enumerate(orders):
        point = a[[row]].copy()
        first = before = ishigami(point)[0, 0]
        for factor in order:
            point[0, factor] = b[row, factor]
            after = ishigami(point)[0, 0]
            found[factor, row] = (first - (before + after) / 2) * (before - after)
            before = after
    return found


@pytest.mark.slow
@pytest.mark.parametrize("method", WAYS)
def test_95_percent_intervals_hold_in_500_random_designs(method):
    """512 base points, Ishigami; .95 less three standard errors of 500 repetitions is .921."""
    exact = np.array([0.4357, 0.4424, 0.1218])
    held = []
    for seed in range(500):
        result = shapley_effects(ishigami, named(3), design="random", method=method, seed=seed, resamples=400)
        held.append((result.low[0] <= exact) & (exact <= result.high[0]))
    assert np.mean(held, axis=0).min() >= 0.921


@pytest.mark.parametrize(("options", "words"), [
    ({"method": "guess"}, "Способ «guess» неизвестен: допустимы subsets и permutations."),
    ({"base": 100}, "Базовых точек должно быть не меньше 8, для плана sobol — степень двойки; задано base=100.")])
def test_parameters_out_of_range_are_refused(options, words):
    with pytest.raises(UsageError) as error:
        shapley_effects(linear, named(4), **options)
    assert str(error.value) == words


def test_subsets_of_too_many_factors_are_refused():
    with pytest.raises(UsageError) as error:
        shapley_effects(lambda u: u, named(13), method="subsets")
    assert str(error.value) == ("Источников 13: всех их сочетаний слишком много, предел — 12. Возьмите permutations "
                                "или объедините источники в группы.")


@pytest.mark.parametrize(("factors", "words"), [
    ({"a": [0, 1], "b": [1]}, "Координата 1 есть и у «a», и у «b»: доли источников не сложатся в целое. Оставьте её "
                              "одному из них."),
    ({"a": [0], "b": [3]}, "Координаты без источника: 1, 2. Назовите, чьи они: без этого доли не сложатся в целое.")])
def test_factors_that_do_not_divide_the_coordinates_are_refused(factors, words):
    with pytest.raises(InputError) as error:
        shapley_effects(linear, factors)
    assert str(error.value) == words


def test_an_unknown_output_has_no_summary():
    with pytest.raises(InputError) as error:
        shapley_effects(linear, named(4), base=8, outputs=["C1"]).summary("C2")
    assert str(error.value) == "Результата «C2» нет среди разобранных: их 1."


def test_contributions_that_would_not_fit_into_memory_are_refused(monkeypatch):
    monkeypatch.setattr(pick_freeze, "MOST_MEMORY", 1e6)
    with pytest.raises(UsageError, match="base=64, результатов 500: понадобится"):
        shapley_effects(lambda u: np.zeros((len(u), 500)), named(4), base=64)
