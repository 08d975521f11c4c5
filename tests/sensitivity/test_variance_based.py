"""Sobol indices: published values, peers, what moves them and what must not, intervals, refusals, convergence."""

import itertools

import numpy as np
import pandas as pd
import pytest
from known_models import SLOPES, STEEPNESS, ishigami, linear, named, sobol_g
from scipy import stats

from methods.errors import InputError, UsageError
from methods.sensitivity import pick_freeze, variance_based
from methods.sensitivity.convergence import Convergence, convergence
from methods.sensitivity.pick_freeze import group_factors
from methods.sensitivity.variance_based import rank_disagreement, sobol_indices

FIRST, TOTAL = [0.31390519, 0.44241114, 0.0], [0.55758886, 0.44241114, 0.24368366]  # Ishigami, a = 7, b = .1


def exact_g():
    """First and total indices of G: V_i = 1 / (3 (1 + a_i)^2), V = prod(1 + V_i) - 1."""
    part = 1 / (3 * (1 + STEEPNESS)**2)
    variance = np.prod(1 + part) - 1
    return part / variance, part * np.prod(1 + part) / (1 + part) / variance


# --- is it this index? ------------------------------------------------------------------------------------------------

def test_indices_of_ishigami(oracle):
    """The largest error of 50 seeds is .003; the published numbers are printed to four digits."""
    result = sobol_indices(ishigami, named(3), base=16384)
    oracle("индексы Соболя, функция Исигами: первого порядка", "Ishigami, Homma (1990): .3139, .4424, 0",
           result.first[0], [0.3139, 0.4424, 0], 0.004)
    oracle("индексы Соболя, функция Исигами: полные", "Ishigami, Homma (1990): .5576, .4424, .2437",
           result.total[0], [0.5576, 0.4424, 0.2437], 0.004)
    assert result.variance[0] == pytest.approx(13.8446, rel=0.01)
    assert result.mean[0] == pytest.approx(3.5, abs=0.01)
    assert result.evaluations == 5 * 16384


def test_indices_of_sobols_g(oracle):
    """The largest error of 20 seeds is .0008."""
    result = sobol_indices(sobol_g, named(8), base=16384)
    first, total = exact_g()
    assert first[:4] == pytest.approx([0.7162, 0.1790, 0.0237, 0.0072], abs=5e-5)  # as printed in textbooks
    oracle("индексы Соболя, функция G: первого порядка и полные", "формула Соболя (1993), a = 0; 1; 4.5; 9; 99",
           [result.first[0], result.total[0]], [first, total], 0.001)


@pytest.mark.parametrize("design", ["sobol", "random"])
def test_a_linear_model_divides_its_variance_by_squared_slopes(oracle, design):
    """The largest errors of 50 seeds are .0004 and .027."""
    within = {"sobol": 0.001, "random": 0.03}[design]
    result = sobol_indices(linear, named(4), base=4096, design=design)
    oracle("индексы Соболя, линейная модель", "доли квадратов коэффициентов", [result.first[0], result.total[0]],
           [SLOPES**2 / 30, SLOPES**2 / 30], within)


def test_the_same_runs_give_the_same_indices_in_scipy(oracle):
    """Jansen's total is the same formula; our first-order index is Saltelli's plus (1 - beta) mean(a b) / V."""
    result = sobol_indices(lambda u: ishigami(u) + 20, named(3), base=256, seed=4)
    a, b = pick_freeze.base_points(3, 256, "sobol", 4)
    runs = [ishigami(points)[:, 0] for points in (a, b, *(pick_freeze.exchanged(a, b, [i]) for i in range(3)))]
    peer = stats.sobol_indices(func={"f_A": runs[0][None], "f_B": runs[1][None],
                                     "f_AB": np.array(runs[2:])[:, None, :]}, n=256, method="saltelli_2010")
    centred = np.array(runs) - np.mean(runs[:2])
    variance, zero = np.mean(centred[:2]**2), centred[0] * centred[1]
    beta = np.array([np.polyfit(zero, centred[1] * mixed, 1)[0] for mixed in centred[2:]])
    oracle("полный индекс на тех же прогонах", "scipy 1.17, stats.sobol_indices", result.total[0],
           np.ravel(peer.total_order), 1e-12)
    oracle("индекс первого порядка на тех же прогонах, без контрольной переменной", "scipy 1.17, stats.sobol_indices",
           result.first[0] - (1 - beta) * zero.mean() / variance, np.ravel(peer.first_order), 1e-12)


def test_indices_and_half_widths_agree_with_salib(oracle):
    """SALib 1.6.0: sample.sobol.sample(problem, N, calc_second_order=False, seed=1), analyze.sobol.analyze(..., 1000).

    N = 16384 for the indices, 1024 for the half-widths of the totals; those of the first order are ours to be narrower,
    since the control variate takes off what SALib leaves in.
    """
    result = sobol_indices(ishigami, named(3), base=16384)
    oracle("индексы Соболя, функция Исигами, N = 16384", "SALib 1.6.0, analyze.sobol",
           [result.first[0], result.total[0]], [[0.313872, 0.443665, -0.000065], [0.557410, 0.442404, 0.243649]], 0.003)
    result = sobol_indices(ishigami, named(3), base=1024)
    oracle("полуширина интервалов полных индексов, N = 1024", "SALib 1.6.0, analyze.sobol, 1000 повторных выборок",
           (result.total_high - result.total_low)[0] / 2, [0.084659, 0.041217, 0.026494], 0.008)
    assert ((result.first_high - result.first_low)[0] / 2 < [0.059560, 0.052699, 0.056730]).all()


def test_indices_of_groups_agree_with_salib_and_with_the_formula(oracle):
    """(a + 2 b) c + d, groups of a and b, of c, of d; SALib 1.6.0 with problem["groups"], N = 16384, seed=1.

    Exactly: V = 59/144 of which 15/144 come from a and b alone, 27/144 from c, 12/144 from d, 5/144 from both together.
    """
    def model(u):
        return ((u[:, [0]] + 2 * u[:, [1]]) * u[:, [2]] + u[:, [3]])
    groups = group_factors({"a": [0], "b": [1], "c": [2], "d": [3]}, {"ab": ["a", "b"]})
    result = sobol_indices(model, groups, base=16384)
    assert list(result.first.index) == ["ab", "c", "d"]
    oracle("индексы групп", "SALib 1.6.0, analyze.sobol с группами", [result.first[0], result.total[0]],
           [[0.254234, 0.457628, 0.203392], [0.338986, 0.542379, 0.203392]], 0.001)
    oracle("индексы групп, точно", "дисперсии слагаемых модели; пересчитано", [result.first[0], result.total[0]],
           [[15 / 59, 27 / 59, 12 / 59], [20 / 59, 32 / 59, 12 / 59]], 0.001)


def test_a_group_and_its_members_may_stand_side_by_side():
    result = sobol_indices(ishigami, {**named(3), "x1 и x3": [0, 2], "все": [0, 1, 2]}, base=4096)
    assert result.first[0]["x1 и x3"] == pytest.approx(1 - FIRST[1], abs=0.02)
    assert result.total[0]["x1 и x3"] == pytest.approx(1 - FIRST[1], abs=0.02)
    assert result.first[0]["все"] == pytest.approx(1, abs=0.02)


# --- does it behave? --------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("level", [3.0, 30.0, 1e6])
def test_the_level_of_an_output_changes_nothing(level):
    """An uncentred estimator is lost here: at a level of 30 standard deviations its error is .31 even at N = 1,024."""
    plain = sobol_indices(ishigami, named(3), base=256)
    lifted = sobol_indices(lambda u: ishigami(u) + level, named(3), base=256)
    for name in ("first", "total", "first_low", "total_high"):
        pd.testing.assert_frame_equal(getattr(lifted, name), getattr(plain, name), atol=1e-5, rtol=0)


def test_the_unit_of_an_output_changes_nothing():
    plain, scaled = (sobol_indices(lambda u, unit=unit: unit * linear(u), named(4), base=64) for unit in (1, -1e-7))
    pd.testing.assert_frame_equal(scaled.total, plain.total)
    pd.testing.assert_frame_equal(scaled.first, plain.first, rtol=1e-7)


def test_the_order_of_factors_and_of_outputs_changes_nothing():
    def model(u):
        return np.hstack([ishigami(u), linear(np.column_stack([u, u[:, 0]]))])
    one = sobol_indices(model, {"a": [0], "b": [1], "c": [2]}, base=64, outputs=["ishigami", "linear"])
    other = sobol_indices(lambda u: model(u)[:, ::-1], {"c": [2], "a": [0], "b": [1]}, base=64,
                          outputs=["linear", "ishigami"])
    for name in ("first", "total", "first_low", "total_high"):
        pd.testing.assert_frame_equal(getattr(other, name)[["ishigami", "linear"]], getattr(one, name))
    pd.testing.assert_series_equal(other.ranking[["ishigami", "linear"]], one.ranking)


def test_blocks_of_outputs_join_seamlessly(monkeypatch):
    def model(u):
        return np.hstack([sobol_g(u) ** power for power in range(1, 8)])
    whole = sobol_indices(model, named(8), base=64)
    monkeypatch.setattr(variance_based, "CELLS", 50_000)  # two outputs a block
    parts = sobol_indices(model, named(8), base=64)
    for name in ("first", "total", "first_low", "first_high", "total_low", "total_high"):
        pd.testing.assert_frame_equal(getattr(parts, name), getattr(whole, name), atol=1e-6, rtol=0)


def test_seeds_repeat_the_run_and_zero_is_one_of_them():
    first, again, other = (sobol_indices(ishigami, named(3), base=64, seed=seed) for seed in (0, 0, 1))
    pd.testing.assert_frame_equal(first.first, again.first)
    pd.testing.assert_frame_equal(first.total_high, again.total_high)
    assert (first.first - other.first).abs().to_numpy().max() > 0


def test_roles_of_factors():
    """x3 of Ishigami acts through x1 only, x4 is not in the model, and the addition of x5 hardly moves it."""
    result = sobol_indices(lambda u: np.hstack([ishigami(u[:, :3]) + 0.3 * u[:, [4]], 0 * u[:, [0]]]), named(5))
    assert result.total[0]["x4"] == 0
    assert result.first[0]["x4"] == pytest.approx(0, abs=1e-12)
    assert result.roles()[0].to_dict() == {
        "x1": "действует сам", "x2": "действует сам", "x3": "только вместе с другими", "x4": "не действует",
        "x5": "слабый"}
    assert (result.roles()[1] == "").all()


def test_the_dummy_threshold_is_passed_by_chance_as_often_as_it_says():
    """x1 x2 has no effect of x1 alone. One end of 95 %: .025, and three standard errors of 300 repetitions .027."""
    passed, spread, threshold = 0, [], []
    for seed in range(300):
        result = sobol_indices(lambda u: 4 + (u[:, [0]] - 0.5) * (u[:, [1]] - 0.5), named(2), base=64, design="random",
                               resamples=40, seed=seed)
        passed += result.first.loc["x1", 0] > result.dummy().loc["x1", 0]
        spread.append(result.first.loc["x1", 0])
        threshold.append(result.dummy().loc["x1", 0])
    assert passed / 300 <= 0.025 + 0.027
    assert 0.6 < 1.96 * np.std(spread) / np.mean(threshold) < 1.1


def test_the_dummy_threshold_falls_with_the_number_of_points():
    """As the error of a mean: fourfold points, half the threshold; failed base points do not count."""
    few, many = (sobol_indices(linear, named(4), base=base).dummy().loc["x4", 0] for base in (512, 2048))
    assert few / many == pytest.approx(2, rel=0.02)
    failing = sobol_indices(lambda u: np.where(u[:, [1]] < 0.9, u[:, [0]], np.nan), named(2), base=1024)
    assert failing.dummy().loc["x1", 0] == pytest.approx(
        1.96 * np.sqrt(2 * failing.total.loc["x1", 0] / (1024 - failing.failed[0])), rel=1e-4)


def test_coordinates_of_no_factor_vary_as_well():
    result = sobol_indices(linear, {"x4": [3]}, base=4096)
    assert result.first[0]["x4"] == pytest.approx(16 / 30, abs=0.01)


def test_an_output_that_does_not_vary_has_no_indices_and_says_why():
    result = sobol_indices(lambda u: np.hstack([0.1 + 0 * u[:, [0]], u[:, [0]], 1e9 + 1e-9 * u[:, [0]]]), {"x": [0]},
                           base=64, outputs=["C1", "C2", "C3"])
    assert result.why.to_dict() == {"C1": "не меняется ни в одной точке плана", "C2": "",
                                    "C3": "не меняется ни в одной точке плана"}
    assert result.first["C1"].isna().all()
    assert result.total_low["C1"].isna().all()
    assert result.variance["C1"] == 0
    assert result.roles()["C1"].to_list() == [""]
    assert result.total.loc["x", "C2"] == pytest.approx(1, abs=0.2)


def test_an_output_that_varies_in_too_few_points_has_no_indices_and_says_why():
    def model(u):
        return np.column_stack([(u[:, 0] > 0.999) * 1.0, u[:, 0]])
    result = sobol_indices(model, named(2), base=512, seed=2)
    assert 0 < result.variance[0] < 0.01
    assert result.why[0] == "меняется слишком редко: в части повторных выборок одно значение"
    assert result.first[0].isna().all()
    assert result.why[1] == ""


def test_failed_runs_take_their_base_points_along_and_are_counted():
    def model(u):
        values = np.hstack([linear(u), linear(u)])
        values[u[:, 0] > 0.9, 0] = np.nan
        values[u[:, 0] > 0.95, 0] = np.inf
        return values
    result = sobol_indices(model, named(4), base=4096, design="random")
    # the value of x1 in A and the one in B must both be good
    assert result.failed[0] == pytest.approx(4096 * (1 - 0.9**2), rel=0.1)
    assert result.failed[1] == 0
    assert result.why[0] == ""
    left = np.array([0.81, 4, 9, 16])  # x1 varies over [0; .9] only
    assert result.first[0].to_numpy() == pytest.approx(left / left.sum(), abs=0.03)
    assert result.total[0].to_numpy() == pytest.approx(left / left.sum(), abs=0.03)
    assert ((result.total_low[0] < result.total[0]) & (result.total[0] < result.total_high[0])).all()


@pytest.mark.parametrize("share", [0.6, 1.0])
def test_an_output_that_fails_in_most_points_has_no_indices_and_says_why(share):
    def model(u):
        return np.where(u[:, [0]] < share, np.nan, u[:, [1]])
    result = sobol_indices(model, named(2), base=64)
    assert result.why[0] == "модель не дала значения больше чем в половине точек плана"
    assert result.total[0].isna().all()
    assert (result.roles()[0] == "").all()
    assert np.isnan(result.variance[0])
    assert result.failed[0] > 32


def test_shares_weigh_outputs_by_their_variance_and_count_who_leads():
    """u1 + u2 / 2 twice as it is and u2 ten times as large: the pooled share follows the third output."""
    def model(u):
        mixed = u[:, 0] + u[:, 1] / 2
        return np.column_stack([mixed, mixed, 10 * u[:, 1], 0 * u[:, 0]])
    shares = sobol_indices(model, named(2), base=4096).shares()
    assert shares["leads"].to_dict() == {"x1": 2, "x2": 1}
    assert shares["first"].to_dict() == pytest.approx({"x1": 2 / 102.5, "x2": 100.5 / 102.5}, abs=0.005)
    assert shares["total"].sum() == pytest.approx(1, abs=0.01)


def test_shares_of_outputs_of_which_none_varies_are_missing():
    shares = sobol_indices(lambda u: 0 * u, named(2), base=8).shares()
    assert shares["total"].isna().all()
    assert (shares["leads"] == 0).all()


def test_summary_puts_the_largest_total_first():
    table = sobol_indices(ishigami, named(3), base=4096).summary(0)
    assert table.index.to_list() == ["x1", "x2", "x3"]
    assert table["interactions"].to_numpy() == pytest.approx([0.2437, 0, 0.2437], abs=0.02)
    assert table.columns.to_list() == ["first", "first_low", "first_high", "total", "total_low", "total_high",
                                       "interactions", "role"]


# --- intervals --------------------------------------------------------------------------------------------------------

def test_intervals_are_percentiles_of_indices_of_resampled_base_points():
    """In plain loops and double precision, with the centre and the control variate of the whole sample."""
    result = sobol_indices(ishigami, named(3), base=32, seed=3, resamples=200, confidence=0.9)
    a, b = pick_freeze.base_points(3, 32, "sobol", 3)
    counts = pick_freeze.resampling_counts(32, 200, 3)
    points = [a, b, *(pick_freeze.exchanged(a, b, [i]) for i in range(3))]
    runs = np.array([ishigami(each)[:, 0] for each in points])
    runs -= runs[:2].mean()
    a, b = runs[:2]
    for i, mixed in enumerate(runs[2:]):
        beta = np.polyfit(a * b, b * mixed, 1)[0]
        first, total = [], []
        for count in counts.T:
            drawn = np.repeat(np.arange(32), count.astype(int))
            variance = np.var(np.concatenate([a[drawn], b[drawn]]) - (a[drawn].mean() + b[drawn].mean()) / 2)
            first.append((b * mixed - beta * a * b)[drawn].mean() / variance)
            total.append(((a - mixed)**2)[drawn].mean() / 2 / variance)
        found = [getattr(result, name).iloc[i, 0] for name in ("first_low", "first_high", "total_low", "total_high")]
        assert found == pytest.approx([*np.quantile(first, [0.05, 0.95]), *np.quantile(total, [0.05, 0.95])], abs=1e-5)


def test_a_resample_is_as_large_as_the_sample():
    counts = pick_freeze.resampling_counts(64, 500, 0)
    assert (counts.sum(axis=0) == 64).all()
    assert counts.mean(axis=1) == pytest.approx(1, abs=0.25)  # 5.6 standard errors
    assert counts.var() == pytest.approx(1 - 1 / 64, abs=0.05)


@pytest.mark.slow
@pytest.mark.parametrize(("model", "first", "total"), [
    (ishigami, FIRST, TOTAL), (sobol_g, *exact_g()), (linear, SLOPES**2 / 30, SLOPES**2 / 30)])
@pytest.mark.parametrize("design", ["random", "sobol"])
def test_95_percent_intervals_hold_in_500_designs(model, first, total, design):
    """N = 512. Random points: .95 less three standard errors of 500 repetitions is .921. Sobol points: not below it.

    Indices below .001 are left out for Sobol points: of them a few pairs of coordinates may miss more than they say.
    """
    first, total = (np.asarray(exact)[:, None] for exact in (first, total))
    held = []
    for seed in range(500):
        result = sobol_indices(model, named(len(first)), design=design, seed=seed, resamples=400)
        held.append(np.hstack([(result.first_low <= first) & (first <= result.first_high),
                               (result.total_low <= total) & (total <= result.total_high)]))
    share = np.mean(held, axis=0)
    judged = np.hstack([first, total]) > (0.001 if design == "sobol" else -1)
    judged[:, 0] |= (first[:, 0] == 0)
    assert share[judged].min() >= 0.921


# --- convergence ------------------------------------------------------------------------------------------------------

def test_rank_disagreement_in_plain_loops():
    totals = np.random.default_rng(5).uniform(size=(4, 2, 60))
    found = rank_disagreement(totals)
    for output in range(2):
        rho = []
        for one, other in zip(totals[:, output, :30].T, totals[:, output, 30:].T, strict=True):
            weight = np.maximum(one, other)**2
            apart = np.abs(stats.rankdata(-one) - stats.rankdata(-other))
            rho.append((apart * weight).sum() / weight.sum())
        assert found[output] == pytest.approx(np.quantile(rho, 0.95))


def test_factors_far_apart_keep_their_order_and_equal_ones_do_not():
    apart = sobol_indices(lambda u: u @ np.array([[1.0], [10.0]]), named(2))
    alike = sobol_indices(lambda u: u @ np.ones((4, 1)), named(4))
    assert apart.ranking[0] == 0
    assert alike.ranking[0] > 1


def test_verdict_says_what_has_settled_and_how_many_points_are_wanting():
    result = convergence(sobol_indices(linear, named(4), outputs=["C1"]))
    table = result.table.loc["C1"]
    assert bool(table["ranking_settled"])
    assert bool(table["screening_settled"])
    assert not table["first_settled"]
    widest = table[["first", "total"]].max()
    assert result.words("C1") == (
        "Базовых точек 512. Устоялись: отсев слабых источников, порядок источников. Не устоялись: индексы первого "
        f"порядка (самый широкий интервал {table['first']:.2f}, допустимо 0.05); полные индексы (самый широкий "
        f"интервал {table['total']:.2f}, допустимо 0.05). Интервалы станут не шире 0.05 примерно с "
        f"{result.enough(widest)} базовых точек.")
    enough = convergence(sobol_indices(linear, named(4), base=result.enough(widest), outputs=["C1"]))
    assert enough.settled.to_dict() == {"first": 1, "total": 1, "screening": 1, "ranking": 1}
    assert enough.words("C1") == (f"Базовых точек {enough.base}. Устоялись: индексы первого порядка, полные индексы, "
                                  "отсев слабых источников, порядок источников.")


def test_verdict_on_an_order_that_has_not_settled():
    table = pd.DataFrame({"first": [0.01], "total": [0.02], "screening": [0.0], "ranking": [1.26],
                          "first_settled": [True], "total_settled": [True], "screening_settled": [True],
                          "ranking_settled": [False]}, index=["C1"])
    assert Convergence(table, 64).words("C1") == (
        "Базовых точек 64. Устоялись: индексы первого порядка, полные индексы, отсев слабых источников. Не устоялись: "
        "порядок источников (повторные выборки расходятся на 1.3 места, допустимо меньше 1).")


def test_outputs_without_indices_get_no_verdict():
    result = convergence(sobol_indices(lambda u: np.hstack([u, 0 * u]), {"x": [0]}, base=8, outputs=["C1", "C2"]))
    assert result.table.index.to_list() == ["C1"]
    with pytest.raises(InputError) as error:
        result.words("C2")
    assert str(error.value) == "Результата «C2» нет среди тех, у кого есть индексы: их 1."


# --- refusals ---------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize(("options", "words"), [
    ({"base": 500}, "Базовых точек должно быть не меньше 8, для плана sobol — степень двойки; задано base=500."),
    ({"base": 4}, "Базовых точек должно быть не меньше 8, для плана sobol — степень двойки; задано base=4."),
    ({"design": "lhs"}, "План «lhs» неизвестен: допустимы sobol и random."),
    ({"resamples": 39}, "Повторных выборок 39: интервал, накрывающий 95 %, по ним не определён, нужно не меньше 40."),
    ({"confidence": 1}, "confidence — между 0 и 1, seed — не меньше 0; задано confidence=1, seed=0."),
    ({"seed": -1}, "confidence — между 0 и 1, seed — не меньше 0; задано confidence=0.95, seed=-1.")])
def test_parameters_out_of_range_are_refused(options, words):
    with pytest.raises(UsageError) as error:
        sobol_indices(linear, named(4), **options)
    assert str(error.value) == words


def test_a_random_design_takes_any_number_of_points():
    assert sobol_indices(linear, named(4), base=100, design="random").evaluations == 600


@pytest.mark.parametrize(("factors", "words"), [
    ({}, "Не задан ни один источник неопределённости: назовите хотя бы один и его координаты."),
    ({"x": []}, "Источник «x»: координаты — разные целые номера столбцов от 0, хотя бы один; задано []."),
    ({"x": [0, 0]}, "Источник «x»: координаты — разные целые номера столбцов от 0, хотя бы один; задано [0, 0]."),
    ({"x": [-1]}, "Источник «x»: координаты — разные целые номера столбцов от 0, хотя бы один; задано [-1]."),
    ({"x": [0.5]}, "Источник «x»: координаты — разные целые номера столбцов от 0, хотя бы один; задано [0.5].")])
def test_factors_without_proper_coordinates_are_refused(factors, words):
    with pytest.raises(InputError) as error:
        sobol_indices(linear, factors)
    assert str(error.value) == words


@pytest.mark.parametrize(("groups", "words"), [
    ({"g": ["a", "z"]}, "Группы источников: нет источника z; есть: a, b."),
    ({"g": ["a"], "h": ["a"]}, "Группы источников: код повторяется: a (всего 1)."),
    ({"b": ["a"]}, "Группы источников: имя «b» есть и у группы, и у источника вне групп.")])
def test_groups_that_do_not_fit_the_factors_are_refused(groups, words):
    with pytest.raises(InputError) as error:
        group_factors({"a": [0], "b": [1]}, groups)
    assert str(error.value) == words


def test_a_group_may_bear_the_name_of_its_member():
    assert group_factors({"a": [1], "b": [0]}, {"a": ["a", "b"]}) == {"a": [0, 1]}


@pytest.mark.parametrize(("model", "words"), [
    (lambda u: u[:, 0], "Модель должна вернуть таблицу 64 × число результатов, получено 64."),
    (lambda u: u[1:], "Модель должна вернуть таблицу 64 × число результатов, получено 63 × 2."),
    (lambda u: 0.5, "Модель должна вернуть таблицу 64 × число результатов, получено одно число.")])
def test_a_model_that_returns_something_else_is_refused(model, words):
    with pytest.raises(InputError) as error:
        sobol_indices(model, named(2), base=64)
    assert str(error.value) == words


def test_a_model_that_changes_its_outputs_is_refused():
    widths = itertools.count(1)
    with pytest.raises(InputError) as error:
        sobol_indices(lambda u: np.zeros((len(u), next(widths))), named(2), base=64)
    assert str(error.value) == "Модель должна вернуть таблицу 64 × 1, получено 64 × 2."


@pytest.mark.parametrize(("labels", "words"), [
    (["C1"], "Результаты модели: имён 1, а столбцов модель вернула 2."),
    (["C1", "C1"], "Результаты модели: код повторяется: C1 (всего 1).")])
def test_labels_that_do_not_fit_the_outputs_are_refused(labels, words):
    with pytest.raises(InputError) as error:
        sobol_indices(lambda u: u, named(2), base=64, outputs=labels)
    assert str(error.value) == words


def test_runs_that_would_not_fit_into_memory_are_refused_after_the_first(monkeypatch):
    monkeypatch.setattr(pick_freeze, "MOST_MEMORY", 1e6)
    calls = []

    def model(u):
        calls.append(len(u))
        return np.zeros((len(u), 500))
    with pytest.raises(UsageError) as error:
        sobol_indices(model, named(2), base=64)
    assert str(error.value) == ("base=64, результатов 500: понадобится 0.0 ГБ памяти, предел — 0 ГБ. Уменьшите base "
                                "или разберите результаты по частям.")
    assert calls == [64]


def test_an_unknown_output_has_no_summary():
    with pytest.raises(InputError) as error:
        sobol_indices(linear, named(4), base=8, outputs=["C1"]).summary("C2")
    assert str(error.value) == "Результата «C2» нет среди разобранных: их 1."


def test_where_no_factor_is_weak_the_screening_has_settled():
    result = convergence(sobol_indices(lambda u: u @ np.ones((4, 1)), named(4), base=64, outputs=["C1"]))
    assert result.table.loc["C1", "screening"] == 0
    assert bool(result.table.loc["C1", "screening_settled"])
    assert not result.table.loc["C1", "total_settled"]


@pytest.mark.parametrize(("width", "times"), [(0.01, 1), (0.05, 1), (0.06, 2), (0.1, 4), (0.15, 16), (0.2, 16)])
def test_base_points_that_would_be_enough_grow_with_the_square_of_the_width(width, times):
    """An interval is halved by four times as many points; rounded up to a power of two."""
    assert Convergence(pd.DataFrame(), 64).enough(width) == 64 * times


def test_table_of_a_verdict_is_made_of_the_intervals():
    indices = sobol_indices(linear, named(4), base=64, outputs=["C1"])
    table = convergence(indices).table
    assert list(table) == ["first", "total", "screening", "ranking", "first_settled", "total_settled",
                           "screening_settled", "ranking_settled"]
    for name in ("first", "total"):
        low, high = getattr(indices, f"{name}_low")["C1"], getattr(indices, f"{name}_high")["C1"]
        assert table.loc["C1", name] == (high - low).max()
    weak = indices.total["C1"] < 0.05
    assert weak.any()
    assert table.loc["C1", "screening"] == (indices.total_high - indices.total_low).loc[weak, "C1"].max()
    assert table.loc["C1", "ranking"] == indices.ranking["C1"]
    assert convergence(indices).settled.name == "settled"
    assert convergence(indices).base == 64
