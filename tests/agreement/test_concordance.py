"""Agreement of two measurements: published numbers, what shifts and scales do, how often the interval holds."""

import numpy as np
import pandas as pd
import pytest
from scipy import integrate, stats

from methods.agreement.concordance import (
    LIMIT,
    association,
    concordance,
    corrected_concordance,
    exact_limit_intervals,
    repeatability,
)
from methods.agreement.correlation import disattenuated, half_width
from methods.errors import InputError, NotPublishable


@pytest.fixture(scope="module")
def peak_flow(root):
    """Bland, Altman (1986), Lancet i, table 1: 17 subjects, first readings of the Wright and the mini meter, l/min."""
    return pd.read_csv(root / "tests" / "reference" / "bland_altman_pefr.csv", index_col="subject")


@pytest.fixture(scope="module")
def epir(root):
    """25 pairs whose epi.ccc output is printed, see tests/reference/README.md."""
    return pd.read_csv(root / "tests" / "reference" / "epir_ccc.csv")


def pairs(seed, n=30, r=0.8):
    """Correlated marks and shares with labels."""
    rng = np.random.default_rng(seed)
    x = rng.normal(0.7, 0.1, n)
    y = 0.5 + r * (x - 0.7) + rng.normal(0, 0.05, n)
    labels = [f"C{i:02d}" for i in range(n)]
    return pd.Series(x, labels, name="опрос"), pd.Series(y, labels, name="чек-лист")


def test_peak_flow_meters_as_published_by_bland_and_altman(peak_flow, oracle):
    """Paper, p. 308: mean difference -2.1, SD 38.8, r .94; CCC and the last digits recomputed independently."""
    result = concordance(peak_flow["wright"], peak_flow["mini"])
    assert result.n == 17
    oracle("Бланд — Альтман, пиковый поток: смещение, стандартное отклонение разностей",
           "Bland, Altman (1986), с. 308", [result.bias, np.diff(result.limits)[0] / (2 * LIMIT)], [-2.1, 38.8], 0.05)
    assert result.bias == pytest.approx(-2.12, abs=0.005)
    assert result.limits == pytest.approx((-78.1, 73.9), abs=0.05)  # bias -+ 1.96 x 38.77
    assert np.diff(result.limits)[0] / (2 * 1.96) == pytest.approx(38.77, abs=0.005)
    assert np.diff(result.bias_interval)[0] / 2 / 2.1199 == pytest.approx(9.40, abs=0.005)  # t(16), SE of the mean
    assert result.pearson == pytest.approx(0.943, abs=0.0005)
    assert result.ccc == pytest.approx(0.9427, abs=5e-5)


def test_systolic_pressure_as_published_by_bland_and_altman_in_1999(oracle):
    """Section 2: 85 differences J - S, mean -16.29, SD 19.61, limits -54.7 and 22.1, bias between -20.5 and -12.1.

    Numbers as quoted by the MATLAB demonstration erikhuizinga/Bland-Altman-Analysis, ba1999demo.m. We have no table of
    the data, so any differences of that mean and spread do; the paper's intervals of the limits (-61.9 to -47.5) are
    the approximation that the exact ones replace, a millimetre apart at this n.
    """
    shape = stats.norm.ppf((np.arange(85) + 0.5) / 85)
    differences = pd.Series(-16.29 + 19.61 * shape / shape.std(ddof=1))
    other = pd.Series(np.random.default_rng(0).normal(130, 20, 85))
    result = concordance(other + differences, other, intervals="normal")
    oracle("Бланд — Альтман, давление: пределы согласия и интервал смещения", "Bland, Altman (1999), с. 139–142",
           [*result.limits, *result.bias_interval], [-54.7, 22.1, -20.5, -12.1], 0.05)
    assert result.lower_limit_interval == pytest.approx((-61.9, -47.5), abs=1.2)
    assert result.upper_limit_interval == pytest.approx((14.9, 29.3), abs=1.2)


@pytest.mark.parametrize("n", [5, 20, 85])
def test_exact_limits_agree_with_integration_over_the_chi_square(oracle, n):
    """P(mean + k s < 1.96) for standard normal data, by quadrature over s, must be 2.5 % and 97.5 % at the two ends."""
    (_, _), ends = exact_limit_intervals(0, 1, n)

    def below(k):
        def at(s):
            chance = stats.norm.cdf((LIMIT - k * s) * n**0.5)
            return chance * stats.chi2.pdf(s * s * (n - 1), n - 1) * 2 * s * (n - 1)
        return integrate.quad(at, 0, 6, limit=200, epsabs=1e-11)[0]

    oracle("точные пределы согласия (Carkeet)", "интегрирование по распределению хи-квадрат; пересчитано",
           [below(k) for k in ends], [0.975, 0.025], 1e-7)


def test_interval_of_the_concordance_as_printed_by_epir(epir, oracle):
    """epiR 1.0-15, epi.ccc(method1, method2, ci = "z-transform"): .9461401 (.8857455, .9750329), s.shift 1.08911."""
    result = concordance(epir["method1"], epir["method2"], intervals="normal")
    oracle("CCC Лина с интервалом", "R epiR 1.0-15, epi.ccc", [result.ccc, *result.ccc_interval],
           [0.9461401, 0.8857455, 0.9750329], 5e-8)
    assert result.ccc == pytest.approx(0.9461401, abs=5e-8)
    assert result.ccc_interval == pytest.approx((0.8857455, 0.9750329), abs=5e-8)
    assert 1 / result.scale_shift == pytest.approx(1.08911, abs=5e-6)        # epiR: y to x
    assert -result.location_shift == pytest.approx(-0.1038458, abs=5e-8)     # epiR: y - x


def test_marks_that_rank_alike_and_do_not_agree():
    """Five centres of the domain notes: Pearson .983, yet concordance .146 and bias +.20, limits .004 to .396."""
    survey = pd.Series([0.92, 0.88, 0.95, 0.90, 0.85])
    checklist = pd.Series([0.75, 0.60, 0.90, 0.70, 0.55])
    result = concordance(survey, checklist)
    assert result.pearson == pytest.approx(0.983, abs=0.0005)
    assert result.spearman == pytest.approx(1)
    assert result.ccc == pytest.approx(0.146, abs=0.0005)
    assert result.bias == pytest.approx(0.20)
    assert result.limits == pytest.approx((0.004, 0.396), abs=0.0005)


@pytest.mark.parametrize("seed", range(3))
def test_concordance_is_one_for_identical_measurements_only(seed):
    x, _ = pairs(seed)
    assert concordance(x, x).ccc == pytest.approx(1)
    for other in (x + 0.01, x * 1.01, x.where(x.index != "C07", x + 0.01)):
        assert concordance(x, other).ccc < 1 - 1e-6


@pytest.mark.parametrize("seed", range(3))
def test_concordance_is_the_correlation_times_what_the_shifts_leave_and_never_more(seed):
    x, y = pairs(seed)
    result = concordance(x, y)
    accuracy = 2 / (result.scale_shift + 1 / result.scale_shift + result.location_shift**2)
    assert result.ccc == pytest.approx(result.pearson * accuracy)
    assert abs(result.ccc) < abs(result.pearson)
    assert result.ccc_interval[0] < result.ccc < result.ccc_interval[1]


@pytest.mark.parametrize("seed", range(3))
def test_a_common_change_of_scale_changes_no_coefficient(seed):
    x, y = pairs(seed)
    before, after = concordance(x, y), concordance(100 * x - 7, 100 * y - 7)
    for name in ("pearson", "pearson_interval", "spearman", "ccc", "ccc_interval", "scale_shift", "location_shift"):
        assert getattr(after, name) == pytest.approx(getattr(before, name))
    for name in ("bias", "bias_interval", "limits"):
        assert getattr(after, name) == pytest.approx(100 * np.array(getattr(before, name)))


@pytest.mark.parametrize("seed", range(3))
def test_a_shift_of_one_side_costs_concordance_but_no_correlation(seed):
    x, y = pairs(seed)
    y = y - y.mean() + x.mean()
    results = [concordance(x, y + shift) for shift in (0, 0.05, 0.1, 0.3)]
    assert [each.bias for each in results] == pytest.approx([0, -0.05, -0.1, -0.3], abs=1e-12)
    assert [each.pearson for each in results] == pytest.approx([results[0].pearson] * 4)
    assert (np.diff([each.ccc for each in results]) < 0).all()


def test_swapped_sides_turn_bias_and_shifts_over_and_keep_the_coefficients():
    x, y = pairs(4)
    one, other = concordance(x, y), concordance(y, x)
    assert (other.bias, other.limits) == (pytest.approx(-one.bias), pytest.approx((-one.limits[1], -one.limits[0])))
    assert (other.scale_shift, other.location_shift) == pytest.approx((1 / one.scale_shift, -one.location_shift))
    assert (other.ccc, other.pearson) == pytest.approx((one.ccc, one.pearson))
    assert other.ccc_interval == pytest.approx(one.ccc_interval)


def test_opposite_measurements_have_the_negative_concordance():
    x, y = pairs(5)
    y = y - y.mean() + x.mean()
    turned = 2 * y.mean() - y
    assert concordance(x, turned).ccc == pytest.approx(-concordance(x, y).ccc)
    one, other = (concordance(x, side, intervals="normal").ccc_interval for side in (y, turned))
    assert other == pytest.approx(tuple(-end for end in one[::-1]))


@pytest.mark.parametrize(("rho", "scale", "shift"), [
    (0.9, 1.0, 0.0), (0.6, 1.0, 0.5), (0.9, 1.5, 0.0), (0.6, 0.7, 1.0)])
def test_lins_interval_holds_the_true_concordance_about_95_times_of_100(rho, scale, shift):
    """200 samples of 50 bivariate normal pairs with known concordance: 3.5 standard errors of 95 % are 5.4 points."""
    true = 2 * rho * scale / (1 + scale**2 + shift**2)
    rng = np.random.default_rng(20260401)
    draws = rng.multivariate_normal([0, shift], [[1, rho * scale], [rho * scale, scale**2]], size=(200, 50))
    held = 0
    for sample in draws:
        low, high = concordance(pd.Series(sample[:, 0]), pd.Series(sample[:, 1]), intervals="normal").ccc_interval
        held += low <= true <= high
    assert abs(held / 200 - 0.95) <= 0.054


@pytest.mark.parametrize("confidence", [0.5, 0.9, 0.99])
def test_intervals_grow_with_the_confidence_and_say_it(confidence):
    x, y = pairs(6)
    narrow, wide = concordance(x, y, confidence), concordance(x, y, 0.999)
    assert narrow.confidence == confidence
    for name in ("bias_interval", "pearson_interval", "ccc_interval", "lower_limit_interval", "upper_limit_interval",
                 "scale_shift_interval", "location_shift_interval", "proportional_bias_interval", "spearman_interval"):
        assert getattr(wide, name)[0] < getattr(narrow, name)[0] < getattr(narrow, name)[1] < getattr(wide, name)[1]
    assert narrow.limits == wide.limits  # limits of agreement are about units, not about confidence


def test_pearson_interval_is_fishers():
    """By hand: z = atanh r, plus or minus 1.959964/sqrt(n - 3)."""
    x, y = pairs(7)
    r = np.corrcoef(x, y)[0, 1]
    z, half = np.arctanh(r), 1.959963984540054 / np.sqrt(len(x) - 3)
    assert concordance(x, y, intervals="normal").pearson_interval == pytest.approx((np.tanh(z - half),
                                                                                    np.tanh(z + half)))


def test_no_interval_where_the_asymptotic_variance_has_no_value():
    x, _ = pairs(8)
    assert np.isnan(concordance(x, 2 * x).ccc_interval).all()


@pytest.mark.parametrize("measure", [association, concordance])
def test_pairs_are_matched_by_label_and_incomplete_ones_left_out(measure):
    x, y = pairs(9)
    expected = measure(x, y)
    strangers = pd.concat([y.sample(frac=1, random_state=1), pd.Series({"C98": 0.9})]).rename("чек-лист")
    result = measure(pd.concat([x, pd.Series({"C99": 0.1, "C98": np.nan})]).rename("опрос"), strangers)
    assert result.n == 30
    assert (result.pearson, result.spearman) == pytest.approx((expected.pearson, expected.spearman))
    by_position = measure(x, pd.Series(y.sample(frac=1, random_state=1).to_numpy(), index=x.index))
    assert by_position.pearson != pytest.approx(expected.pearson)


@pytest.mark.parametrize("measure", [association, concordance, corrected_concordance])
def test_two_pairs_are_not_calculated_and_the_numbers_are_told(measure):
    x = pd.Series([1.0, 2, 3, np.nan], list("abcd"), name="опрос")
    y = pd.Series([1.0, 2, 4, 5], list("abef"), name="чек-лист")
    with pytest.raises(NotPublishable) as error:
        measure(x, y)
    assert str(error.value).endswith(
        "(опрос и чек-лист): n = 2: не вычисляется, нужно не меньше 3 единиц с обеими оценками. Только первая оценка "
        "есть у 1, только вторая — у 2. Проверьте, одинаковы ли коды единиц.")


@pytest.mark.parametrize(("x", "y", "word"), [
    ([2, 2, 2, 2], [1, 2, 4, 5], "опрос"), ([1, 2, 3, 4], [5, 5, 5, 5], "чек-лист"),
    ([3, 3, 3, 3], [3, 3, 3, 3], "опрос")])
def test_without_spread_a_table_of_indicators_can_go_on(x, y, word):
    x, y = pd.Series(x, dtype=float, name="опрос"), pd.Series(y, dtype=float, name="чек-лист")
    words = f"не определена: нет разброса («{word}»: одно значение у всех 4 единиц)"
    result, link, corrected = concordance(x, y), association(x, y), corrected_concordance(x, y)
    assert result.why == link.why == corrected.why == words
    assert np.isnan([result.ccc, result.pearson, result.spearman, result.scale_shift, result.proportional_bias,
                     *result.ccc_interval, *result.pearson_interval, link.pearson, link.spearman, corrected.ccc,
                     corrected.observed, *corrected.ccc_interval]).all()
    assert result.bias == pytest.approx((x - y).mean())
    assert result.limits == pytest.approx((result.bias - LIMIT * (x - y).std(), result.bias + LIMIT * (x - y).std()))


def test_units_of_one_side_only_are_counted():
    x, y = pairs(12)
    for measure in (association, concordance, corrected_concordance):
        result = measure(x.iloc[:25], y.iloc[3:])
        assert (result.n, result.only_x, result.only_y) == (22, 3, 5)


@pytest.mark.parametrize("measure", [association, concordance, corrected_concordance])
def test_the_order_of_rows_changes_no_digit(measure):
    x, y = pairs(13)
    assert measure(x.sample(frac=1, random_state=5), y.sample(frac=1, random_state=6)) == measure(x, y)


def test_unknown_intervals_are_refused():
    with pytest.raises(InputError) as error:
        concordance(*pairs(14), intervals="exact")
    assert str(error.value) == "Интервалы «exact» неизвестны: допустимы jackknife и normal."


@pytest.mark.parametrize("seed", range(3))
def test_proportional_bias_and_equal_variances_agree_with_scipy(oracle, seed):
    """Slope of the difference on the mean with its Student interval; p of the correlation of difference and sum."""
    x, y = pairs(seed, r=0.5)
    result = concordance(x, y, intervals="normal")
    line, half = stats.linregress((x + y) / 2, x - y), stats.t.ppf(0.975, 28)
    oracle("наклон разности на среднее, критерий Питмана — Моргана", "scipy.stats, независимая реализация",
           [result.proportional_bias, *result.proportional_bias_interval, result.equal_variances_p],
           [line.slope, line.slope - half * line.stderr, line.slope + half * line.stderr,
            stats.pearsonr(x - y, x + y).pvalue], 1e-10)


def test_pitmans_interval_of_the_scale_shift_ends_where_the_test_rejects():
    """At an end of the interval, x and y divided by it differ in variance with p = .05 exactly."""
    x, y = pairs(15, r=0.5)
    for end in concordance(x, y, intervals="normal").scale_shift_interval:
        assert concordance(x, end * y).equal_variances_p == pytest.approx(0.05)


def test_jackknife_intervals_agree_with_leaving_units_out_one_by_one():
    """Concordance on z, v on the logarithm, u and the slope as they are; freedom by the excess of the contributions."""
    x, y = pairs(16, n=15, r=0.6)
    left = [concordance(x.drop(unit), y.drop(unit)) for unit in x.index]
    result = concordance(x, y)
    for name, forth, back in (("ccc", np.arctanh, np.tanh), ("scale_shift", np.log, np.exp),
                              ("location_shift", float, float), ("proportional_bias", float, float)):
        without = np.array([float(forth(getattr(each, name))) for each in left])
        freedom = min(13, 2 / (2 / 14 + max(stats.kurtosis(without, bias=False), 0) / 15))
        half = stats.t.ppf(0.975, freedom) * np.sqrt(14 / 15 * ((without - without.mean()) ** 2).sum())
        centre = float(forth(getattr(result, name)))
        expected = (float(back(centre - half)), float(back(centre + half)))
        assert getattr(result, f"{name}_interval") == pytest.approx(expected)


def test_limits_have_their_outer_end_farther_off():
    result = concordance(*pairs(17, n=20))
    (outer, inner), low = result.lower_limit_interval, result.limits[0]
    assert low - outer > inner - low > 0
    (inner, outer), high = result.upper_limit_interval, result.limits[1]
    assert outer - high > high - inner > 0


def test_a_constant_shift_has_limits_and_no_intervals():
    x, _ = pairs(18)
    result = concordance(x, x - 0.1)
    assert result.limits == pytest.approx((0.1, 0.1))
    assert np.isnan([*result.bias_interval, *result.lower_limit_interval, *result.upper_limit_interval]).all()
    assert result.pearson == 1


# Without the errors of measurement

def test_without_errors_the_corrected_concordance_is_lins():
    x, y = pairs(19)
    result, plain = corrected_concordance(x, y), concordance(x, y)
    assert result.ccc == result.observed == pytest.approx(plain.ccc)
    assert (result.pearson, result.accuracy) == pytest.approx((plain.pearson, plain.accuracy))
    assert (result.scale_shift, result.location_shift) == pytest.approx((plain.scale_shift, plain.location_shift))


def test_corrected_concordance_by_hand():
    x, y = pairs(20)
    errors = pd.Series(np.linspace(0.0005, 0.0025, 30), x.index)
    result = corrected_concordance(x, y, x_error=errors.sample(frac=1, random_state=2))
    n, sxy = 30, np.cov(x, y, ddof=0)[0, 1]
    true = x.var(ddof=0) - errors.mean() * (n - 1) / n
    assert result.ccc == pytest.approx(2 * sxy / (true + y.var(ddof=0) + (x.mean() - y.mean()) ** 2))
    assert result.ccc == pytest.approx(result.pearson * result.accuracy)
    assert result.ccc_interval[0] < result.observed < result.ccc < result.ccc_interval[1]
    assert result.reliability_x == pytest.approx(1 - errors.mean() / x.var(ddof=1))


def test_the_survey_error_of_many_units_is_found_out():
    """20,000 units; true values differ in level and scale only, concordance .8 by Lin's formula; 4 sigma."""
    rng = np.random.default_rng(21)
    true = rng.normal(size=20_000)
    errors = pd.Series(rng.choice([0.2, 0.6], 20_000))
    x, y = pd.Series(true + rng.normal(size=20_000) * errors**0.5), pd.Series(0.5 * true**1 + 0.25)
    expected = 2 * 0.5 / (1 + 0.25 + 0.25**2)
    result = corrected_concordance(x, y, x_error=errors)
    assert result.ccc == pytest.approx(expected, abs=0.015)
    assert result.observed < expected - 0.1


def test_what_the_correction_cannot_do_is_said():
    x, y = pairs(22, n=12, r=0.9)
    over = corrected_concordance(x, x + 0.02 * (y - y.mean()), x_error=pd.Series(0.2 * x.var(), x.index),
                                 y_error=pd.Series(0.2 * x.var(), x.index))
    assert over.ccc > 1
    assert over.why.startswith(f"больше 1 по модулю ({over.ccc:.2f})")
    lost = corrected_concordance(x, y, x_error=pd.Series(1.2 * x.var(), x.index))
    assert np.isnan(lost.ccc)
    assert lost.why == "не определена: ошибка измерения объясняет весь разброс («опрос»)"
    x, y = pairs(22, n=8)
    loose = corrected_concordance(x, y - y.mean() + x.mean(), pd.Series(0.8 * x.var(), x.index),
                                  pd.Series(0.8 * y.var(), y.index))
    assert loose.ccc_interval == (-np.inf, np.inf)
    assert "интервал не ограничен" in loose.why


# Repeatability: Bland, Altman (1986), table 1, first and second readings of both meters, as in deepankardatta/blandr

WRIGHT = ([494, 395, 516, 434, 476, 557, 413, 442, 650, 433, 417, 656, 267, 478, 178, 423, 427],
          [490, 397, 512, 401, 470, 611, 415, 431, 638, 429, 420, 633, 275, 492, 165, 372, 421])
MINI = ([512, 430, 520, 428, 500, 600, 364, 380, 658, 445, 432, 626, 260, 477, 259, 350, 451],
        [525, 415, 508, 444, 500, 625, 460, 390, 642, 432, 420, 605, 227, 467, 268, 370, 443])


def test_repeatability_of_the_peak_flow_meters(oracle):
    """The paper takes twice the root mean square of the differences; ours is the 1.96 of 1999."""
    found = [repeatability(*(pd.Series(side, dtype=float) for side in meter)) for meter in (WRIGHT, MINI)]
    oracle("повторяемость пикфлоуметров: 2 · среднеквадратичная разность",
           "данные Bland, Altman (1986), табл. 1; пересчитано", [2 / LIMIT * each.coefficient for each in found],
           [43.3, 56.3], 0.1)
    for each in found:
        assert each.coefficient == pytest.approx(LIMIT * 2**0.5 * each.within_deviation)
        assert each.interval[0] < each.coefficient < each.interval[1]


def test_repeatability_of_a_method_that_repeats_exactly():
    x, _ = pairs(23)
    result = repeatability(x, x)
    assert (result.coefficient, result.within_deviation) == (0, 0)
    assert np.isnan(result.interval).all()


# How often the intervals hold the truth: benchmarks/agreement_coverage.py has 2,000 repetitions of every cell

def test_default_intervals_hold_at_the_ceiling():
    """300 repetitions of 85 units: three and a half standard errors of 95 % are 4.4 points. Truth: 4 million pairs."""
    truth = {"ccc_interval": 0.462, "upper_limit_interval": 0.411, "lower_limit_interval": -0.198,
             "scale_shift_interval": 0.635, "location_shift_interval": 0.678, "proportional_bias_interval": -0.546}
    rng, held = np.random.default_rng(20260404), dict.fromkeys(truth, 0)
    for _ in range(300):
        first = rng.normal(size=85)
        u, v = stats.norm.cdf(first), stats.norm.cdf(0.65 * first + (1 - 0.65**2) ** 0.5 * rng.normal(size=85))
        result = concordance(pd.Series(np.round(20 * u ** (1 / 6)) / 20), pd.Series(np.round(10 * v ** (1 / 3)) / 10))
        for name, true in truth.items():
            low, high = getattr(result, name)
            held[name] += low <= true <= high
    assert {name: count for name, count in held.items() if abs(count / 300 - 0.95) > 0.044} == {}


@pytest.mark.parametrize("labels", [list("dbcae"), list("abcda")])
def test_a_unit_that_occurs_twice_is_refused_in_words(labels):
    with pytest.raises(InputError):
        concordance(pd.Series([1.0, 2, 3, 4, 5], list("abcda")), pd.Series([1.0, 2, 4, 3, 6], labels))


def test_confidence_goes_into_every_interval_and_has_to_be_a_share():
    x, y = pairs(24)
    narrow, wide = (concordance(x, y, confidence=confidence, intervals="normal") for confidence in (0.8, 0.99))
    for name in ("lower_limit_interval", "upper_limit_interval", "bias_interval"):
        assert getattr(wide, name)[0] < getattr(narrow, name)[0] < getattr(narrow, name)[1] < getattr(wide, name)[1]
    for measure in (association, concordance, corrected_concordance):
        with pytest.raises(InputError, match="95"):
            measure(x, y, confidence=95)


def test_nothing_is_explained_where_all_is_defined():
    assert {measure(*pairs(25)).why for measure in (association, concordance, corrected_concordance)} == {""}


def test_errors_of_both_sides_are_taken_off():
    x, y = pairs(26)
    x_error, y_error = pd.Series(0.001, x.index), pd.Series(0.002, y.index)
    result = corrected_concordance(x, y, x_error, y_error)
    link = disattenuated(x, y, x_error, y_error)
    assert (result.pearson, result.reliability_x, result.reliability_y) == pytest.approx(
        (link.value, link.reliability_x, link.reliability_y))
    assert result.ccc == pytest.approx(result.pearson * result.accuracy)
    assert result.reliability_y < 1


def test_repeatability_counts_its_units():
    x, y = pairs(27)
    assert repeatability(x, y.iloc[:20]).n == 20


def test_messages_begin_with_the_name_of_the_measure():
    x, y = pairs(28)
    for measure, name in ((concordance, "Согласованность"), (corrected_concordance, "Согласованность"),
                          (association, "Корреляция"), (repeatability, "Повторяемость")):
        with pytest.raises(InputError) as raised:
            measure(x, y, confidence=95)
        assert str(raised.value) == f"{name}: доверие интервала должно быть больше 0 и меньше 1, найдено 95."


def test_spread_that_hangs_on_one_unit_gives_limits_without_intervals():
    """Without that unit the differences are all equal: nothing is known of their error."""
    x, _ = pairs(29)
    found = concordance(x, x.where(x.index != "C07", x + 0.1))
    assert np.isfinite(found.limits).all()
    assert np.isnan([*found.lower_limit_interval, *found.upper_limit_interval]).all()
    assert np.isfinite(found.bias_interval).all()
    assert np.isnan(repeatability(x, x.where(x.index != "C07", x + 0.1)).interval).all()


def test_limits_of_the_default_are_those_of_bias_and_spread_joined_by_mover():
    """Zou, Donner (2008) with the correlation of the two jackknives, every unit left out in turn."""
    x, y = pairs(30, n=16)
    apart = x - y
    without = pd.DataFrame({unit: [apart.drop(unit).mean(), np.log(apart.drop(unit).std())] for unit in apart.index}).T
    added = without.mean() - without
    link = (added[0] * added[1]).sum() / np.sqrt((added[0]**2).sum() * (added[1]**2).sum())
    level = stats.t.ppf(0.975, 15) * np.sqrt(15 / 16 * (added[0]**2).sum())
    half = half_width(added[1].to_numpy(), 0.95)
    inner, outer = (LIMIT * apart.std() * way for way in (1 - np.exp(-half), np.exp(half) - 1))
    found = concordance(x, y)
    low, high = found.limits
    assert found.lower_limit_interval == pytest.approx((
        low - np.sqrt(level**2 + outer**2 - 2 * link * level * outer),
        low + np.sqrt(level**2 + inner**2 - 2 * link * level * inner)))
    assert found.upper_limit_interval == pytest.approx((
        high - np.sqrt(level**2 + inner**2 + 2 * link * level * inner),
        high + np.sqrt(level**2 + outer**2 + 2 * link * level * outer)))


def test_interval_of_the_repeatability_by_leaving_units_out_one_by_one():
    x, y = pairs(31, n=14)
    without = np.array([np.log(repeatability(x.drop(unit), y).coefficient) for unit in x.index])
    for confidence in (0.8, 0.95):
        found = repeatability(x, y, confidence)
        half = half_width(without.mean() - without, confidence)
        assert found.interval == pytest.approx(tuple(found.coefficient * np.exp(way * half) for way in (-1, 1)))
        assert found.confidence == confidence
    assert found.within_deviation == pytest.approx(np.sqrt(((x - y) ** 2).mean() / 2))


def test_what_is_not_defined_keeps_its_numbers():
    x, y = pairs(32)
    for found in (concordance(x, 0 * y, 0.8), association(x, 0 * y, 0.8),
                  corrected_concordance(x, 0 * y, confidence=0.8),
                  corrected_concordance(x, y, pd.Series(9.0, x.index), confidence=0.8)):
        assert (found.n, found.only_x, found.only_y, found.confidence) == (30, 0, 0, 0.8)
        assert found.why
    lost = corrected_concordance(x, y, pd.Series(1.2 * x.var(), x.index), pd.Series(0.2 * y.var(), y.index))
    assert (lost.reliability_x, lost.reliability_y) == pytest.approx((-0.2, 0.8))
    assert lost.observed == pytest.approx(concordance(x, y).ccc)
    assert np.isnan([lost.accuracy, lost.scale_shift, lost.location_shift, lost.pearson, *lost.ccc_interval]).all()


def test_where_all_differences_or_all_sums_are_equal_there_is_no_p_of_equal_variances():
    x, _ = pairs(33)
    assert np.isnan(concordance(x, x).equal_variances_p)
    assert concordance(x, 2 * x).equal_variances_p == 0


def test_exact_opposites_have_no_proportional_bias():
    """The mean of x and c - x does not vary: there is nothing for the difference to depend on."""
    x = pd.Series(np.linspace(0.1, 0.9, 30), [f"C{number:03d}" for number in range(30)])
    for intervals in ("jackknife", "normal"):
        found = concordance(x, 1 - x, intervals=intervals)
        assert np.isnan([found.proportional_bias, *found.proportional_bias_interval]).all()
        assert found.pearson == pytest.approx(-1)
