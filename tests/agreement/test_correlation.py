"""Correlations of two measurements: peers, plain loops, what error takes away, how often intervals hold, refusals."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from methods.agreement import correlation as corr
from methods.agreement.correlation import (
    correct_for_attenuation,
    disattenuated,
    kendall,
    pearson,
    reliability,
    spearman,
)
from methods.errors import InputError, NotPublishable

MEASURES = [pearson, spearman, kendall]
PEERS = {pearson: stats.pearsonr, spearman: stats.spearmanr, kendall: stats.kendalltau}
# Example of ci.spear in the R package statpsych (Bonett), its documentation; one tie.
SCORES = (pd.Series([21.0, 4, 9, 12, 35, 18, 10, 22, 24, 1, 6, 8, 13, 16, 19]),
          pd.Series([67.0, 28, 30, 28, 52, 40, 25, 37, 44, 10, 14, 20, 28, 40, 51]))


def sides(seed, n=40, of=None):
    """A survey piled up at 1, and a checklist X of N or a rounded share."""
    rng = np.random.default_rng(seed)
    true = rng.normal(size=n)
    x = np.round(stats.norm.cdf((true + rng.normal(0, 0.6, n)) / 1.17) ** (1 / 6), 2)
    share = stats.norm.cdf((true + rng.normal(0, 0.8, n)) / 1.28) ** (1 / 3)
    y = rng.binomial(of, share) / of if of else np.round(share, 1)
    labels = [f"C{i:03d}" for i in range(n)]
    return pd.Series(x, labels, name="опрос"), pd.Series(y, labels, name="чек-лист")


def test_spearman_interval_of_bonett_and_wright_as_printed_by_statpsych(oracle):
    """ci.spear(.05, y, x): .8699639, LL .5840951, UL .9638297."""
    result = spearman(*SCORES, interval="bonett_wright")
    oracle("корреляция Спирмена с интервалом Бонетта — Райта", "R statpsych, ci.spear, пример из справки",
           [result.value, *result.interval], [0.8699639, 0.5840951, 0.9638297], 5e-8)


def test_correction_for_attenuation_by_hand(oracle):
    oracle("поправка на надёжность: .40 при .70 и .80", "Spearman (1904), формула; пересчитано",
           correct_for_attenuation(0.40, 0.70, 0.80), 0.5345, 5e-5)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("of", [None, 3, 8])
def test_values_agree_with_scipy_ties_or_not(oracle, seed, of):
    x, y = sides(seed, of=of)
    oracle("корреляции Пирсона, Спирмена, тау-b Кендалла", "scipy.stats, независимая реализация",
           [measure(x, y).value for measure in MEASURES],
           [PEERS[measure](x, y).statistic for measure in MEASURES], 1e-12)


@pytest.mark.parametrize("seed", range(3))
def test_fisher_interval_agrees_with_scipy(oracle, seed):
    x, y = sides(seed)
    oracle("интервал Фишера для корреляции Пирсона", "scipy.stats.pearsonr, независимая реализация",
           pearson(x, y, interval="fisher").interval, stats.pearsonr(x, y).confidence_interval(), 1e-12)


@pytest.mark.parametrize(("measure", "name", "variance"), [
    (kendall, "fieller", lambda r, n: 0.437 / (n - 4)),
    (spearman, "bonett_wright", lambda r, n: (1 + r**2 / 2) / (n - 3))])
def test_textbook_intervals_of_ranks_by_hand(measure, name, variance):
    x, y = sides(4, n=25)
    result = measure(x, y, interval=name)
    half = 1.959963984540054 * variance(result.value, 25) ** 0.5
    expected = np.tanh(np.arctanh(result.value) + np.array([-half, half]))
    assert result.interval == pytest.approx(tuple(expected))


@pytest.mark.parametrize("of", [None, 3])
@pytest.mark.parametrize("measure", [spearman, kendall])
def test_jackknife_of_ranks_agrees_with_leaving_units_out_one_by_one(measure, of):
    x, y = sides(5, n=18, of=of)
    without = np.array([PEERS[measure](x.drop(unit), y.drop(unit)).statistic for unit in x.index])
    r = measure(x, y).value
    half = stats.t.ppf(0.975, 16) * np.sqrt(17 / 18 * ((without - without.mean()) ** 2).sum()) / (1 - r**2)
    assert measure(x, y).interval == pytest.approx(tuple(np.tanh(np.arctanh(r) + np.array([-half, half]))))


def test_jackknife_of_pearson_agrees_with_leaving_units_out_one_by_one():
    """With the degrees of freedom by Satterthwaite's rule, the excess from scipy's unbiased kurtosis."""
    x, y = sides(6, n=18)
    without = np.arctanh([stats.pearsonr(x.drop(unit), y.drop(unit)).statistic for unit in x.index])
    excess = stats.kurtosis(without, bias=False)
    assert excess > 0
    freedom = min(16, 2 / (2 / 17 + excess / 18))
    half = stats.t.ppf(0.975, freedom) * np.sqrt(17 / 18 * ((without - without.mean()) ** 2).sum())
    z = np.arctanh(stats.pearsonr(x, y).statistic)
    assert pearson(x, y).interval == pytest.approx((np.tanh(z - half), np.tanh(z + half)))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=2, max_size=30))
def test_concordance_scores_agree_with_a_double_loop(points):
    x, y = (corr.levels(np.array(side, dtype=float)) for side in zip(*points, strict=True))
    expected = (np.sign(np.subtract.outer(x, x)) * np.sign(np.subtract.outer(y, y))).sum(axis=1)
    np.testing.assert_array_equal(corr.concordance_scores(x, y), expected)


def test_values_that_differ_by_dust_are_tied():
    """0.1 + 0.2 is not 0.3 for the machine; for a rank it is."""
    x = pd.Series([0.1 + 0.2, 0.3, 0.4, 0.5])
    y = pd.Series([1.0, 2.0, 3.0, 4.0])
    for measure in (spearman, kendall):
        assert measure(x, y).value == pytest.approx(measure(pd.Series([0.3, 0.3, 0.4, 0.5]), y).value, abs=1e-15)
        assert measure(x, y).value < 1 - 1e-6


@pytest.mark.parametrize("measure", MEASURES)
@pytest.mark.parametrize("seed", range(3))
def test_swapping_turning_and_scaling(measure, seed):
    x, y = sides(seed, of=5)
    result = measure(x, y)
    swapped, turned, scaled = measure(y, x), measure(x, 1 - y), measure(100 * x - 7, y / 3)
    assert (swapped.value, *swapped.interval) == pytest.approx((result.value, *result.interval))
    assert (turned.value, *turned.interval) == pytest.approx((-result.value, *(-end for end in result.interval[::-1])))
    assert (scaled.value, *scaled.interval) == pytest.approx((result.value, *result.interval))


@pytest.mark.parametrize("measure", [spearman, kendall])
def test_rank_correlations_see_the_order_only(measure):
    x, y = sides(7, of=8)
    assert measure(x**9, np.exp(y)) == measure(x, y)


@pytest.mark.parametrize("measure", MEASURES)
def test_pairs_are_matched_by_label_counted_and_independent_of_the_order_of_rows(measure):
    x, y = sides(8)
    expected = measure(x, y)
    more_x = pd.concat([x, pd.Series({"Z1": 0.5, "Z2": np.nan, "Z3": 0.4})]).rename("опрос")
    more_y = pd.concat([y.sample(frac=1, random_state=3), pd.Series({"Z1": np.nan, "Z2": 0.2, "Z4": 0.9, "Z5": 0.1})])
    result = measure(more_x, more_y.rename("чек-лист"))
    assert (result.n, result.only_x, result.only_y) == (40, 2, 3)
    assert (result.value, result.interval) == (expected.value, expected.interval)


@pytest.mark.parametrize("measure", [*MEASURES, disattenuated])
@pytest.mark.parametrize(("found", "numbers"), [([0.5, 0.6], "n = 2"), ([0.5], "n = 1"), ([], "n = 0")])
def test_two_pairs_are_not_calculated_and_the_numbers_are_told(measure, found, numbers):
    x = pd.Series([0.1, *found], ["Ц9", *(f"Ц{i}" for i in range(len(found)))], name="опрос")
    y = pd.Series([*found, 0.7, 0.8], [*(f"Ц{i}" for i in range(len(found))), "Ц7", "Ц8"], name="чек-лист")
    with pytest.raises(NotPublishable) as error:
        measure(x, y)
    assert str(error.value) == (
        f"Корреляция (опрос и чек-лист): {numbers}: не вычисляется, нужно не меньше 3 единиц с обеими оценками. Только "
        "первая оценка есть у 1, только вторая — у 2. Проверьте, одинаковы ли коды единиц.")
    assert error.value.exit_code == 10


@pytest.mark.parametrize("measure", [*MEASURES, disattenuated])
def test_without_spread_the_correlation_is_undefined_and_says_so(measure):
    x, y = sides(9)
    constant = pd.Series(0.1 + 0.2, x.index, name="чек-лист").where(x.index != "C003", 0.3)  # constant but for dust
    for one, other, word in ((x, constant, "чек-лист"), (constant, y.rename("другой"), "чек-лист")):
        result = measure(one, other)
        assert np.isnan(result.value)
        assert np.isnan(result.interval).all()
        assert result.why == f"не определена: нет разброса («{word}»: одно значение у всех 40 единиц)"


@pytest.mark.parametrize("measure", MEASURES)
@pytest.mark.parametrize("sign", [1, -1])
def test_a_complete_correlation_has_no_interval(measure, sign):
    x = pd.Series([0.1, 0.4, 0.5, 0.9])
    result = measure(x, sign * x)
    assert result.value == sign
    assert np.isnan(result.interval).all()
    assert result.why == "интервал не определён: связь полная"


def test_three_pairs_have_a_value_and_no_jackknife_interval():
    """Two units are always on a line, so nothing is known about the error."""
    x, y = pd.Series([0.1, 0.2, 0.4]), pd.Series([0.3, 0.1, 0.9])
    assert pearson(x, y).value == pytest.approx(stats.pearsonr(x, y).statistic)
    assert np.isnan(pearson(x, y).interval).all()
    assert pearson(x, y).why == "интервал не определён: без одной единицы связь полная или нет разброса"
    assert pearson(x, y, interval="fisher").interval == (-1, 1)


def test_a_spread_that_hangs_on_one_unit_gives_no_interval():
    x, _ = sides(10)
    y = pd.Series(0.75, x.index).where(x.index != "C007", 1.0)
    for measure in MEASURES:
        assert np.isfinite(measure(x, y).value)
        assert np.isnan(measure(x, y).interval).all()
        assert "без одной единицы" in measure(x, y).why


@pytest.mark.parametrize(("change", "words"), [
    (lambda x, y: (pd.concat([x, x.head(1)]), y), "единицы показателя «опрос»: код повторяется: C000 (всего 1)."),
    (lambda x, y: (x, y.where(y.index != "C002", np.inf)),
     "значение должно быть конечным, найдена бесконечность: «чек-лист», единица C002."),
])
def test_faults_are_named(change, words):
    for measure in MEASURES:
        with pytest.raises(InputError) as error:
            measure(*change(*sides(11)))
        assert words in str(error.value)


@pytest.mark.parametrize("confidence", [0, 1, 1.5, 95])
def test_a_confidence_that_is_no_share_is_refused(confidence):
    with pytest.raises(InputError) as error:
        kendall(*sides(12), confidence)
    assert str(error.value) == ("Корреляция: доверие интервала должно быть больше 0 и меньше 1, "
                                f"найдено {confidence}.")


def test_an_unknown_interval_is_refused():
    with pytest.raises(InputError) as error:
        kendall(*sides(12), interval="fisher")
    assert str(error.value) == "Интервал «fisher» неизвестен: допустимы jackknife и fieller."


def test_two_series_of_one_name_are_told_apart():
    x, y = sides(13)
    result = pearson(x.rename("Д1"), pd.Series(1.0, y.index, name="Д1"))
    assert result.why == "не определена: нет разброса («Д1, вторая оценка»: одно значение у всех 40 единиц)"


# Without the errors of measurement

def test_without_errors_nothing_is_corrected():
    x, y = sides(14)
    result = disattenuated(x, y)
    assert result.value == result.observed == pytest.approx(pearson(x, y).value)
    assert (result.reliability_x, result.reliability_y, result.why) == (1, 1, "")


def test_corrected_value_is_spearmans_formula_with_both_reliabilities():
    x, y = sides(15)
    errors = pd.Series(0.002, x.index), pd.Series(np.linspace(0, 0.02, len(y)), y.index)
    result = disattenuated(x, y, *errors)
    expected = correct_for_attenuation(pearson(x, y).value, *(reliability(side, error).value
                                                             for side, error in zip((x, y), errors, strict=True)))
    assert result.value == pytest.approx(expected)
    assert (result.reliability_x, result.reliability_y) == pytest.approx(tuple(
        1 - error.mean() / side.var(ddof=1) for side, error in zip((x, y), errors, strict=True)))
    assert result.interval[0] < result.observed < result.value < result.interval[1]


def test_errors_are_matched_by_label():
    x, y = sides(16)
    errors = pd.Series(np.linspace(0.001, 0.005, len(x)), x.index)
    shuffled = errors.sample(frac=1, random_state=1)
    half = x.iloc[:20]  # the mean error of these units only
    assert disattenuated(half, y, shuffled) == disattenuated(half, y, errors)
    assert disattenuated(half, y, errors).reliability_x == pytest.approx(1 - errors.iloc[:20].mean() / half.var())


def test_a_corrected_correlation_above_one_is_told_and_not_hidden():
    x, y = sides(17, n=60)
    y = x + 0.02 * (y - y.mean())
    result = disattenuated(x, y, pd.Series(0.3 * x.var(), x.index))
    assert result.value > 1
    assert result.why.startswith(f"больше 1 по модулю ({result.value:.2f})")


def test_an_unreliable_side_leaves_the_interval_unbounded():
    x, y = sides(18, n=12)
    result = disattenuated(x, y, pd.Series(0.85 * x.var(), x.index))
    assert result.interval == (-np.inf, np.inf)
    assert "интервал не ограничен: надёжность оценена слишком неточно" in result.why


def test_errors_that_explain_all_spread_leave_no_correlation():
    x, y = sides(19)
    result = disattenuated(x, y, pd.Series(1.1 * x.var(), x.index))
    assert np.isnan(result.value)
    assert result.why == "не определена: ошибка измерения объясняет весь разброс («опрос»)"
    assert result.reliability_x == pytest.approx(-0.1)


@pytest.mark.parametrize(("errors", "words"), [
    ({"C001": 0.1}, "дисперсия должна быть числом не меньше 0, не задана у единиц: C000, C002, C003, C004, C005 "
                    "(всего 39)."),
    ({f"C{i:03d}": (-0.1 if i == 7 else 0.1) for i in range(40)}, "отрицательна у единиц: C007 (всего 1)."),
])
def test_error_variances_that_are_missing_or_negative_are_named(errors, words):
    x, y = sides(20)
    with pytest.raises(InputError) as error:
        disattenuated(x, y, pd.Series(errors))
    assert "Корреляция (опрос и чек-лист): ошибка «опрос»" in str(error.value)
    assert words in str(error.value)


@pytest.mark.parametrize("value", [0, -0.2, 1.2, np.nan])
def test_a_reliability_that_is_none_is_refused(value):
    with pytest.raises(InputError, match="надёжность должна быть больше 0 и не больше 1"):
        correct_for_attenuation(0.4, 0.7, value)


def test_reliability_of_a_survey():
    x, _ = sides(21)
    errors = pd.Series(np.linspace(0.001, 0.003, len(x)), x.index)
    result = reliability(x, errors)
    assert result.value == pytest.approx(1 - errors.mean() / x.var(ddof=1))
    assert result.interval[0] < result.value < result.interval[1] < 1
    assert reliability(x, 0 * errors) == corr.Reliability(1.0, (1.0, 1.0), 40, 0.95)
    low = reliability(x, errors * 0 + 2 * x.var())
    assert low.value == pytest.approx(-1)
    assert low.why == "не больше 0: ошибка измерения объясняет весь разброс"
    assert np.isnan(reliability(0 * x, errors).value)
    with pytest.raises(NotPublishable, match=r"Надёжность \(опрос\): n = 2: не вычисляется, нужно не меньше 3 единиц"):
        reliability(x.head(2), errors)


def test_the_survey_error_of_many_units_is_found_out():
    """20,000 units with true correlation .6 and reliabilities .7 and .8: what remains is sampling error, 4 sigma."""
    rng = np.random.default_rng(22)
    true = rng.multivariate_normal([0, 0], [[1, 0.6], [0.6, 1]], size=20_000)
    errors = pd.Series(rng.choice([0.2, 3 / 7, 23 / 35], 20_000)), pd.Series(0.25, range(20_000))
    x, y = (pd.Series(true[:, i] + rng.normal(size=20_000) * errors[i] ** 0.5) for i in (0, 1))
    result = disattenuated(x, y, *errors)
    assert result.observed == pytest.approx(0.6 * 0.56**0.5, abs=0.025)
    assert result.value == pytest.approx(0.6, abs=0.035)
    assert (result.reliability_x, result.reliability_y) == pytest.approx((0.7, 0.8), abs=0.02)


# How often the intervals hold the truth: benchmarks/agreement_coverage.py has 2,000 repetitions of every cell

def ceiling(rng, n):
    first = rng.normal(size=n)
    u, v = stats.norm.cdf(first), stats.norm.cdf(0.65 * first + (1 - 0.65**2) ** 0.5 * rng.normal(size=n))
    return pd.Series(np.round(20 * u ** (1 / 6)) / 20), pd.Series(np.round(10 * v ** (1 / 3)) / 10)


@pytest.mark.parametrize(("measure", "true"), [(pearson, 0.617), (spearman, 0.613), (kendall, 0.494)])
@pytest.mark.parametrize("n", [20, 85])
def test_default_intervals_hold_at_the_ceiling(measure, true, n):
    """400 repetitions: three and a half standard errors of 95 % are 3.8 points. Truth: 4 million pairs."""
    rng = np.random.default_rng(20260402 + n)
    held = 0
    for _ in range(400):
        low, high = measure(*ceiling(rng, n)).interval
        held += low <= true <= high
    assert 0.95 - 0.038 <= held / 400 <= 0.95 + 0.038


def test_the_textbook_interval_of_kendall_does_not_hold_on_shares_of_three():
    """Why the jackknife is the default. Both sides X of 3; truth .184; 400 repetitions, 3.5 sigma below 95 %."""
    rng = np.random.default_rng(20260403)
    held = {"fieller": 0, "jackknife": 0}
    for _ in range(400):
        first = rng.normal(size=85)
        u, v = stats.norm.cdf(first), stats.norm.cdf(0.65 * first + (1 - 0.65**2) ** 0.5 * rng.normal(size=85))
        x, y = pd.Series(rng.binomial(3, u ** (1 / 6)) / 3), pd.Series(rng.binomial(3, v ** (1 / 4)) / 3)
        for interval in held:
            low, high = kendall(x, y, interval=interval).interval
            held[interval] += low <= 0.184 <= high
    assert held["fieller"] / 400 < 0.95 - 0.038
    assert abs(held["jackknife"] / 400 - 0.95) <= 0.038


# Parts that other formulas are made of

def test_moments_without_each_unit_are_those_of_the_others():
    """With errors of measurement: the mean error and the share of it that a variance over n holds change, too."""
    x, y = sides(30, n=12)
    x_error, y_error = (pd.Series(np.random.default_rng(seed).uniform(0, 0.004, 12), x.index) for seed in (1, 2))
    pairs = corr.pair_up(x, y, "т", x_error, y_error)
    found = corr.moments_without_each(pairs)
    for place, unit in enumerate(pairs.labels):
        rest = x.index.drop(unit)
        alone = corr.moments(corr.pair_up(x[rest], y[rest], "т", x_error[rest], y_error[rest]))
        assert found.n == alone.n
        for name in ("mean_x", "mean_y", "var_x", "var_y", "cov"):
            assert getattr(found, name)[place] == pytest.approx(getattr(alone, name), rel=1e-9), name


@pytest.mark.parametrize("of", [None, 3])
def test_tau_of_levels_is_kendalls(of):
    x, y = sides(31, of=of)
    assert corr.tau_b(corr.levels(x.to_numpy()), corr.levels(y.to_numpy())) == pytest.approx(
        stats.kendalltau(x, y).statistic)
    assert np.isnan(corr.tau_b(np.zeros(5, int), np.arange(5)))


@pytest.mark.parametrize(("x", "y"), [
    ([0.1, 0.2, 0.4], [0.3, 0.1, 0.9]), ([0.1, 0.2, 0.4, 0.5], [1.0, 1, 1, 1]), ([0.1, 0.2, 0.4], [0.2, 0.4, 0.8])])
@pytest.mark.parametrize("measure", MEASURES)
def test_units_of_one_side_are_counted_where_hardly_anything_is_defined(measure, x, y):
    x = pd.Series([*x, 7.0], [*range(len(x)), "x"])
    y = pd.Series([*y, 7.0, 8.0], [*range(len(y)), "y1", "y2"])
    found = measure(x, y)
    assert (found.n, found.only_x, found.only_y) == (len(x) - 1, 1, 2)


def test_ends_of_fiellers_interval_are_where_its_equality_holds():
    """(a - theta b)^2 = t^2 var(a - theta b) at both ends, and less inside."""
    pairs = corr.pair_up(*sides(32), "т")

    def excess(theta):
        added = corr.contributions(lambda sums: sums.cov - theta * sums.var_x, pairs)
        whole = corr.moments(pairs)
        return (whole.cov - theta * whole.var_x) ** 2 - (stats.t.ppf(0.975, pairs.n - 2) ** 2 * (pairs.n - 1) / pairs.n
                                                         * (added**2).sum())
    low, high = corr.fieller_interval(lambda sums: sums.cov, lambda sums: sums.var_x, pairs, 0.95)
    size = abs(excess(high + 1))
    assert [excess(low) / size, excess(high) / size] == pytest.approx([0, 0], abs=1e-9)
    assert excess((low + high) / 2) < 0 < excess(low - 0.1)


# What is told beside the number.

HARDLY = {"constant": ([0.1, 0.2, 0.4, 0.5], [1.0, 1, 1, 1]), "complete": ([0.1, 0.2, 0.4, 0.5], [0.2, 0.4, 0.8, 1.0]),
          "one unit": ([0.1, 0.2, 0.4, 0.5], [0.3, 0.3, 0.9, 0.3])}


@pytest.mark.parametrize("measure", [*MEASURES, disattenuated])
@pytest.mark.parametrize("what", HARDLY)
def test_the_confidence_asked_for_is_told_where_hardly_anything_is_defined(measure, what):
    found = measure(*(pd.Series(side, list("abcd")) for side in HARDLY[what]), confidence=0.8)
    assert (found.confidence, found.n) == (0.8, 4)
    assert np.isnan(found.interval).all() or measure is disattenuated
    assert found.why or measure is disattenuated


@pytest.mark.parametrize("measure", [*MEASURES, disattenuated])
def test_every_interval_grows_with_the_confidence(measure):
    x, y = sides(33)
    narrow, wide = (measure(x, y, confidence=confidence) for confidence in (0.5, 0.99))
    assert wide.interval[0] < narrow.interval[0] < narrow.value < narrow.interval[1] < wide.interval[1]
    assert (narrow.confidence, wide.confidence, narrow.why) == (0.5, 0.99, "")
    for name in {pearson: ["fisher"], spearman: ["bonett_wright"], kendall: ["fieller"]}.get(measure, []):
        narrow, wide = (measure(x, y, confidence, name) for confidence in (0.5, 0.99))
        assert wide.interval[0] < narrow.interval[0] < narrow.interval[1] < wide.interval[1]


def test_reliability_tells_why_it_has_no_interval_and_with_what_confidence():
    x, _ = sides(34)
    errors = pd.Series(0.001, x.index)
    lone = reliability(pd.Series(0.75, x.index).where(x.index != "C007", 1.0), errors, 0.8)
    assert np.isfinite(lone.value)
    assert np.isnan(lone.interval).all()
    assert lone.why == "интервал не определён: без одной единицы нет разброса"
    flat = reliability(0 * x, errors, 0.8)
    assert flat.why == "не определена: нет разброса («опрос»: одно значение у всех 40 единиц)"
    assert np.isnan(flat.interval).all()
    narrow, wide = (reliability(x, errors, confidence) for confidence in (0.5, 0.99))
    assert wide.interval[0] < narrow.interval[0] < narrow.interval[1] < wide.interval[1]
    for found in (lone, flat, reliability(x, 0 * errors, 0.8)):
        assert (found.n, found.confidence) == (40, 0.8)
    assert reliability(x.where(x.index > "C002"), errors).n == 37


def test_jackknife_of_the_reliability_by_leaving_units_out_one_by_one():
    """For the logarithm of the share of error."""
    x, _ = sides(35, n=14)
    errors = pd.Series(np.linspace(0.0005, 0.002, 14), x.index)
    without = np.log([1 - reliability(x.drop(unit), errors).value for unit in x.index])
    found = reliability(x, errors)
    half = corr.half_width(without.mean() - without, 0.95)
    assert found.interval == pytest.approx(tuple(1 - (1 - found.value) * np.exp(way * half) for way in (1, -1)))


def test_degrees_of_freedom_of_a_jackknife_fall_with_heavy_tails_and_never_rise():
    """Satterthwaite by scipy's unbiased kurtosis; light tails keep n - 2; the scale of the contributions is nothing."""
    heavy, light = np.array([0.0] * 18 + [5.0, -5.0, 0.1, -0.1]), np.array([1.0, -1.0] * 11)
    for added in (heavy, light):
        excess = max(stats.kurtosis(added, bias=False), 0)
        freedom = min(20, 2 / (2 / 21 + excess / 22))
        expected = stats.t.ppf(0.95, freedom) * np.sqrt(21 / 22 * (added**2).sum())
        assert corr.half_width(added, 0.9) == pytest.approx(expected)
        assert corr.half_width(added * 1e-200, 0.9) == pytest.approx(expected * 1e-200)
    assert corr.half_width(np.array([1.0, -2.0, 1.0]), 0.9) == pytest.approx(stats.t.ppf(0.95, 1) * 2)
    assert np.isnan(corr.half_width(np.array([1.0, np.inf, 0.0, 1.0]), 0.9))
    assert corr.half_width(np.zeros(5), 0.9) == 0


def test_errors_that_occur_twice_are_named():
    x, y = sides(37)
    errors = pd.Series(0.001, x.index)
    with pytest.raises(InputError) as raised:
        disattenuated(x, y, None, pd.concat([errors, errors.head(2)]))
    assert str(raised.value) == ("Корреляция (опрос и чек-лист): ошибка «чек-лист»: код повторяется: C000, C001 "
                                 "(всего 2).")
    with pytest.raises(InputError, match=r"^Надёжность: доверие интервала должно быть"):
        reliability(x, errors, 95)


def test_unnamed_sides_are_first_and_second():
    x, y = sides(38)
    for side, other, word in ((0 * x, y, "первая оценка"), (x, 0 * y, "вторая оценка")):
        found = pearson(side.rename(None), other.rename(None))
        assert found.why == f"не определена: нет разброса («{word}»: одно значение у всех 40 единиц)"
