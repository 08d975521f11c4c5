"""Lines through two measurements with errors: published numbers, peers, what scales and swaps do, ties, refusals."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from methods.agreement import regression as reg
from methods.agreement.correlation import pair_up
from methods.agreement.regression import deming, errors_in_variables, passing_bablok, york
from methods.errors import InputError, NotPublishable


def numbers(text):
    return pd.Series([float(word) for word in text.split()])


# R package mcr 1.3 (Roche), inst/unitTests/TestCaseCollection: MC_TestCase_AnaIT_TD15.xml, _TD20.xml; numbers for
# Deming from AnalyzeIT, for Passing-Bablok from Calanas, for the equivariant line from mcr and deming themselves.
TD15 = (numbers("""
    18.654599109456 17.0610823229594 37.8076135618173 51.1413961380522 103.985667589592 34.8605133072495
    35.1146708951621 16.005996343635 68.5890100912778 62.1699013684068 18.1641040703209 94.2563842860796
    31.67278631354 18.8059773112482 67.9347403613216 18.260239156489 87.1550332248675 98.5843421029197
    20.3747255514258 4.20199417418543 27.7662087802102 16.6797331091928 52.3335230459024 1.25970439645986
    2.55285163008995 71.1422300479687 99.342890258164 40.6747911609727 82.5924169862313 64.7062991090824
    1.46968233573658 83.5389530283147 19.8368624090347 44.339918470983 19.2879672940529 86.5484515948081
    79.8461255550168 66.1164680506251 32.8785828616434 85.634465208222 15.772867025856 102.866851788539
    16.4442973704484 23.0916021823352 83.3011761592876 9.47357732139885 15.4574423263928 67.0394769874472
    32.7239965276836 71.7361088013058
    """), numbers("""
    15.9116325401596 17.9423397346645 58.1755698848695 49.0779434653576 113.758268975683 35.5525894416901
    39.4088027819502 15.0167183931276 65.8450151148211 62.6667874119841 15.8020862675435 83.9418317622942
    33.5524291118479 18.5775089262923 73.872592767028 21.600509295785 93.4269960011703 89.8278248717022
    20.130360709819 4.94910345310486 23.1566064984898 17.336339530418 56.2280624424048 1.70969794990576
    3.40128933880261 87.5197563754811 67.3466761237754 35.6882873995953 90.4041198524321 62.2603160684644
    1.52718831259026 84.5412183739216 19.0003036715583 51.0624306952549 12.0291575952956 55.3970074896586
    96.7628055558332 69.6940969840453 29.1380990869214 85.4597993067675 18.1508502210932 92.1385811560549
    17.012175857013 23.0242126162252 95.7510267835212 8.70125548126123 13.4955271740672 45.8284262464427
    31.1175741976669 69.5490311988868
    """))
TD20 = (numbers("""
    40.7416675085396 83.2921878022294 36.4584614937195 72.0877727140495 105.023225483845 16.0054850259489
    77.939023513233 67.9581547886773 72.6256313765255 76.1721718038233 53.5660975152265 44.5346723059445
    65.5050371740949 34.7466804639362 96.0978992891711 22.2521041428996 22.5836249521736 62.0494626614161
    61.9702908007929 28.2088726776012 31.6304427667499 44.0148198828374 104.670709377516 52.7016282328276
    1.60206831757677 75.4250970942993 9.34446754429201 60.6762586794768 73.933484555705 92.9007223924939
    92.1358694560978 17.1124285739673 16.8171641673365 54.6806652266699 66.5315262775023 92.626350509732
    89.9333484415825 92.3201120961047 76.0988174908423 17.1096655807122 67.8811974065475 42.3956783976743
    40.0315902646466 67.1597134632739 50.835099276364 35.8443954390043 1.26426041082727 41.0671736784787
    11.2645309896417 99.9805522966942
    """), numbers("""
    10.7521704713994 13.4509410376188 11.2856306611224 10.7072031331434 6.54511523826305 6.19341973153328
    8.9913906536256 12.3132146064145 13.0068162195109 4.74699049037311 9.23390774820934 9.25776029197391
    9.76777184256182 10.3206462496027 7.63552298198159 10.3097082932773 8.98004925615561 13.0747427217869
    11.043558452402 10.6615472307638 9.06764709725244 12.9103504115876 10.9096799031437 7.52693609703188
    9.80669510453226 10.0521231199264 9.63095814224613 8.5641931365438 9.2882644554061 10.6419750816148
    11.4130646454215 11.4512769554377 13.2649021988222 13.0654807233486 8.23186894210709 12.778014425933
    9.30152382689763 9.08142311092212 12.3867931320649 11.1263164725831 7.55471439942213 12.7413975083685
    8.94432971745523 10.6831718241507 9.95511449623938 8.68553553767885 8.5049120707315 13.349972370573
    10.3520245838025 8.71363686499155
    """))

# York (1966): Pearson's data with York's weights. York and others (2004), table II.
PEARSON = [pd.Series(side, dtype=float) for side in (
    [0, 0.9, 1.8, 2.6, 3.3, 4.4, 5.2, 6.1, 6.5, 7.4], [5.9, 5.4, 4.4, 4.6, 3.5, 3.7, 2.8, 2.8, 2.4, 1.5],
    1 / np.array([1000, 1000, 500, 800, 200, 80, 60, 20, 1.8, 1]),
    1 / np.array([1, 1.8, 4, 8, 20, 20, 70, 70, 100, 500]))]
T48 = stats.t.ppf(0.975, 48)


def symmetric(line):
    """Slope and intercept with mcr's interval, estimate -+ t(n - 2) x standard error."""
    return [line.slope, line.slope - T48 * line.slope_error, line.slope + T48 * line.slope_error,
            line.intercept, line.intercept - T48 * line.intercept_error, line.intercept + T48 * line.intercept_error]


def sides(seed, n=40, slope=1.3, noise=0.1):
    rng = np.random.default_rng(seed)
    true = rng.beta(6, 2, n)
    labels = [f"C{i:03d}" for i in range(n)]
    return (pd.Series(true + rng.normal(0, noise, n), labels, name="опрос"),
            pd.Series(0.2 + slope * true + rng.normal(0, noise, n), labels, name="чек-лист"))


# Deming

@pytest.mark.parametrize(("data", "ratio", "printed"), [
    (TD15, 1.0, [0.998922574014433, 0.904225546852836, 1.09361960117603, -0.505729735057073, -3.06557290114323,
                 2.05411343102908]),
    (TD15, 1.21, [1.00329228321811, 0.909809514645456, 1.09677505179076, -0.708594035342613, -3.2419770759952,
                  1.82478900530997]),
    (TD20, 1.0, [-0.00354146617382437, -0.0237178626873242, 0.0166349303396754, 10.3607234325488, 9.20451322765918,
                 11.5169336374385]),
    (TD20, 1.21, [-0.00354503202208052, -0.0237415946863282, 0.0166515306421671, 10.3609202537055, 9.20372800988949,
                  11.5181124975215])])
def test_deming_with_the_jackknife_of_linnet_as_in_the_tests_of_mcr(oracle, data, ratio, printed):
    oracle("регрессия Деминга, складной нож Линнета", "R mcr 1.3, проверки TD15 и TD20 (AnalyzeIT)",
           symmetric(deming(*data, error_ratio=ratio)), printed, 1e-6)


def test_deming_of_the_ncss_example(oracle):
    """NCSS manual, chapter 303: ten pairs, ratio of variances 4; numbers as in the tests of SimplyAgree."""
    x = numbers("7 8.3 10.5 9 5.1 8.2 10.2 10.3 7.1 5.9")
    y = numbers("7.9 8.2 9.6 9 6.5 7.3 10.2 10.6 6.3 5.2")
    line = deming(x, y, error_ratio=4)
    oracle("регрессия Деминга, ошибки складного ножа", "NCSS 303-26, числа из проверок R SimplyAgree",
           [line.intercept, line.slope, line.intercept_error, line.slope_error], [-0.0897, 1.0012, 1.7220, 0.1872],
           5e-5)


def test_deming_agrees_with_orthogonal_distance_regression(oracle):
    """odrpack 0.7.0, odr_fit(beta0=(1, 1), weight_x=1/4, weight_y=1, partol=sstol=1e-16): -1.79179334, 1.02662447."""
    line = deming(*TD15, error_ratio=4)
    oracle("регрессия Деминга", "odrpack 0.7.0, odr_fit; независимая реализация", [line.intercept, line.slope],
           [-1.79179334, 1.02662447], 2e-6)


@pytest.mark.parametrize("seed", range(3))
def test_deming_minimises_the_weighted_distances(seed):
    """Sum of (x - X)^2 / lambda + (y - Y)^2 over the nearest points of the line, that is r^2 / (1 + lambda b^2)."""
    x, y = sides(seed)
    line = deming(x, y, error_ratio=2.5)

    def distances(a, b):
        return ((y - a - b * x) ** 2 / (1 + 2.5 * b**2)).sum()

    least = distances(line.intercept, line.slope)
    for da, db in ((1e-3, 0), (-1e-3, 0), (0, 1e-3), (0, -1e-3), (1e-3, -1e-3)):
        assert distances(line.intercept + da, line.slope + db) > least


@pytest.mark.parametrize("seed", range(3))
def test_deming_swapped_is_the_same_line(seed):
    x, y = sides(seed)
    one, other = deming(x, y, error_ratio=0.7), deming(y, x, error_ratio=1 / 0.7)
    assert other.slope == pytest.approx(1 / one.slope)
    assert other.intercept == pytest.approx(-one.intercept / one.slope)


def test_deming_goes_over_into_both_least_squares_lines():
    x, y = sides(4)
    assert deming(x, y, error_ratio=1e-9).slope == pytest.approx(stats.linregress(x, y).slope, rel=1e-6)
    assert deming(x, y, error_ratio=1e9).slope == pytest.approx(1 / stats.linregress(y, x).slope, rel=1e-6)


@pytest.mark.parametrize("turn", [1, -1])
def test_scales_and_levels_move_every_line_as_they_should(turn):
    x, y = sides(5)
    errors = pd.Series(np.linspace(0.002, 0.02, 40), x.index)
    fits = [lambda a, b, k, m: deming(a, b, error_ratio=(k / m) ** 2), lambda a, b, k, m: passing_bablok(a, b),
            lambda a, b, k, m: york(a, b, k**2 * errors, m**2 * errors),
            lambda a, b, k, m: errors_in_variables(a, b, k**2 * errors)]
    for fit in fits:
        line, moved = fit(x, y, 1, 1), fit(3 * x - 1, turn * 7 * y + 2, 3, 7)
        assert moved.slope == pytest.approx(turn * line.slope * 7 / 3)
        assert moved.intercept == pytest.approx(turn * 7 * line.intercept + 2 + moved.slope)
        ends = sorted(turn * end * 7 / 3 for end in line.slope_interval)
        exact = not isinstance(line, reg.RankLine)  # between two order statistics mcr's rule takes a mean of angles
        assert moved.slope_interval == pytest.approx(tuple(ends), rel=1e-6 if exact else 1e-3)


@pytest.mark.parametrize("ratio", [0, -1, np.inf, np.nan])
def test_a_ratio_of_error_variances_that_is_none_is_refused(ratio):
    with pytest.raises(InputError, match="отношение дисперсий ошибок должно быть больше 0, найдено"):
        deming(*sides(6), error_ratio=ratio)


# York

def test_york_2004_pearsons_data_with_yorks_weights(oracle):
    line = york(*PEARSON)
    oracle("регрессия Йорка: наклон и сдвиг", "York (1966), York и др. (2004): данные Пирсона с весами Йорка",
           [line.slope, line.intercept], [-0.480533, 5.47991], 5e-6)
    oracle("регрессия Йорка: ошибки наклона и сдвига", "York и др. (2004): σ_b = .0580, σ_a = .295",
           [line.slope_error, line.intercept_error], [0.0580, 0.295], 5e-4)
    assert 8 * line.mean_square == pytest.approx(11.8663532, abs=5e-8)   # recomputed: the minimum, by loops below
    assert line.mean_square_p == pytest.approx(stats.chi2.sf(11.8663532, 8), abs=1e-8)


def test_york_agrees_with_orthogonal_distance_regression(oracle):
    """odrpack 0.7.0, odr_fit(beta0=(5, -.5), weights 1/variances, partol=sstol=1e-16): 5.47991004, -.48053337."""
    line = york(*PEARSON)
    oracle("регрессия Йорка", "odrpack 0.7.0, odr_fit; независимая реализация", [line.intercept, line.slope],
           [5.47991004, -0.48053337], 5e-7)


def test_york_is_at_the_minimum_of_its_sum_of_squares():
    x, y, vx, vy = PEARSON
    line = york(x, y, vx, vy)

    def squares(a, b):
        return sum((yi - a - b * xi) ** 2 / (wy + b * b * wx) for xi, yi, wx, wy in zip(x, y, vx, vy, strict=True))

    least = squares(line.intercept, line.slope)
    assert least == pytest.approx(8 * line.mean_square)
    for da, db in ((1e-3, 0), (-1e-3, 0), (0, 1e-3), (0, -1e-3), (1e-3, -2e-4)):
        assert squares(line.intercept + da, line.slope + db) > least


@pytest.mark.parametrize("seed", range(3))
def test_york_with_equal_errors_is_deming(seed):
    x, y = sides(seed)
    line, plain = york(x, y, pd.Series(0.02, x.index), pd.Series(0.01, y.index)), deming(x, y, error_ratio=2)
    assert (line.slope, line.intercept) == pytest.approx((plain.slope, plain.intercept))
    assert line.slope_interval == pytest.approx(plain.slope_interval, rel=1e-6)


def test_york_without_errors_of_one_side_is_weighted_least_squares():
    x, y = sides(7)
    variances = pd.Series(np.linspace(0.005, 0.05, 40), x.index)
    forward = np.polynomial.polynomial.polyfit(x, y, 1, w=variances**-0.5)
    line = york(x, y, y_error=variances)
    assert (line.intercept, line.slope) == pytest.approx(tuple(forward))
    back = np.polynomial.polynomial.polyfit(y, x, 1, w=variances**-0.5)
    line = york(x, y, x_error=variances)
    assert (line.intercept, line.slope) == pytest.approx((-back[0] / back[1], 1 / back[1]))


def test_yorks_newton_step_beyond_300_units_agrees_with_refitting():
    rng = np.random.default_rng(8)
    true = rng.normal(size=299)
    vx, vy = pd.Series(rng.uniform(0.05, 0.3, 299)), pd.Series(rng.uniform(0.01, 0.1, 299))
    x, y = (pd.Series(side + rng.normal(size=299) * v**0.5) for side, v in ((true, vx), (1.2 * true, vy)))
    line, pairs = york(x, y, vx, vy), pair_up(x, y, "", vx, vy)
    slopes, intercepts = reg._york_newton(pairs, line.slope)
    refitted, at, _ = reg._york_iterations(pairs, np.full(299, line.slope), 1 - np.eye(299), 1e-12)
    assert np.abs(slopes - refitted).max() < 0.03 * np.abs(refitted - line.slope).max()
    assert (slopes.std(), intercepts.std()) == pytest.approx((refitted.std(), at.std()), rel=2e-3)


def test_york_says_that_errors_do_not_explain_the_scatter():
    x, y = sides(9, n=200)
    line = york(x, y, pd.Series(0.002, x.index), pd.Series(0.002, y.index))
    assert line.mean_square > 3
    assert line.mean_square_p < 1e-6


def test_york_refuses_a_unit_of_infinite_weight_and_no_errors_at_all():
    x, y = sides(10)
    errors = pd.Series(0.01, x.index).where(~x.index.isin(["C004", "C009"]), 0)
    with pytest.raises(InputError) as error:
        york(x, y, errors)
    assert str(error.value) == (
        "Взвешенная регрессия (Йорк): у каждой единицы нужна ошибка больше 0 хотя бы с одной стороны, нет ни одной у: "
        f"{', '.join(sorted(['C004', 'C009'], key=lambda unit: x[unit]))} (всего 2).")
    with pytest.raises(InputError, match="нужна дисперсия ошибки хотя бы одной стороны"):
        york(x, y)


def test_york_that_does_not_converge_is_not_published(monkeypatch):
    monkeypatch.setattr(reg, "ITERATIONS", 2)
    with pytest.raises(NotPublishable, match=r"наклон не сошёлся за 2 шагов, последнее изменение .*: возьмите"):
        york(*PEARSON)


# Known errors of x, free scatter about the line

def test_errors_in_variables_by_hand():
    x, y = sides(11)
    errors = pd.Series(np.linspace(0.001, 0.01, 40), x.index)
    line = errors_in_variables(x, y, errors.sample(frac=1, random_state=1))
    assert line.slope == pytest.approx(np.cov(x, y)[0, 1] / (x.var() - errors.mean()))
    assert line.intercept == pytest.approx(y.mean() - line.slope * x.mean())
    assert line.slope_interval[0] < stats.linregress(x, y).slope < line.slope < line.slope_interval[1]


def test_without_errors_it_is_least_squares():
    x, y = sides(12)
    assert errors_in_variables(x, y, 0 * x).slope == pytest.approx(stats.linregress(x, y).slope)


def test_where_units_scatter_york_is_biased_and_errors_in_variables_is_not():
    """20,000 units on y = .1 + 1.2 x with a scatter of their own; four standard errors are about .05."""
    rng = np.random.default_rng(13)
    true, errors = rng.normal(size=20_000), pd.Series(rng.choice([0.05, 0.2, 0.5], 20_000))
    x = pd.Series(true + rng.normal(size=20_000) * errors**0.5)
    y = pd.Series(0.1 + 1.2 * true + rng.normal(0, 0.7, 20_000))
    line = errors_in_variables(x, y, errors)
    assert line.slope == pytest.approx(1.2, abs=0.05)
    assert line.intercept == pytest.approx(0.1, abs=0.05)
    trusting = york(x, y, errors, pd.Series(0.1, range(20_000)))
    assert trusting.slope > 1.3
    assert trusting.mean_square > 1.5


def test_errors_as_large_as_the_spread_leave_no_line():
    x, y = sides(14, n=10)
    lost = errors_in_variables(x, y, pd.Series(1.1 * x.var(), x.index))
    assert np.isnan(lost.slope)
    assert lost.why == "не определена: ошибка измерения объясняет весь разброс («опрос»)"
    loose = errors_in_variables(x, y, pd.Series(0.8 * x.var(), x.index))
    assert loose.slope_interval == loose.intercept_interval == (-np.inf, np.inf)
    assert loose.why == "интервал не ограничен: надёжность оценена слишком неточно"


# Passing-Bablok

@pytest.mark.parametrize(("data", "printed"), [
    (TD15, [1.02058852149448, 0.95848878631593, 1.09232009780764, -0.639752984809869, -2.3330808182894,
            0.840973102642057]),
    (TD20, [-0.00797410004149966, -0.0288699851859214, 0.010701458632505, 10.4644989393406, 9.71867624035348,
            11.6101730965558])])
def test_classical_passing_bablok_as_in_the_tests_of_mcr(oracle, data, printed):
    line = passing_bablok(*data, equivariant=False)
    oracle("Пассинг — Баблок, классический", "R mcr 1.3, проверки TD15 и TD20 (Calanas)",
           [line.slope, *line.slope_interval, line.intercept, *line.intercept_interval], printed, 1e-9)


@pytest.mark.parametrize(("data", "printed"), [
    (TD15, [1.02058852149448, 0.943894913587478, 1.09728212940148, -0.639752984809869, -2.09264427571453,
            0.813138306094793]),
    (TD20, [-0.0654473128164153, -0.0826696109806855, -0.0482250146521452, 13.7983056265337, 12.0292390794764,
            15.567372173591])])
def test_equivariant_passing_bablok_as_in_the_tests_of_mcr(oracle, monkeypatch, data, printed):
    """mcr's symmetric interval, t(48) x its error; ours are the order statistics that this error was made of.

    mcr divides the distance of the two order statistics beside the median by the z it wanted, 1.4, and we by the one
    that the ranks have; with mcr's way put in, the error of the intercept is mcr's.
    """
    def as_in_mcr(values):
        n, ordered = len(values), np.sort(values)
        rank = round((n + 1) / 2 - 1.4 * (n / 4) ** 0.5)
        return (ordered[n - rank] - ordered[rank - 1]) / 2.8

    plain = passing_bablok(*data)
    monkeypatch.setattr(reg, "_median_error", as_in_mcr)
    line = passing_bablok(*data)
    assert plain.slope_interval == line.slope_interval
    assert 1 < plain.intercept_error / line.intercept_error < 1.4 / 1.2727  # ranks 21 and 30 of 50
    oracle("Пассинг — Баблок, эквивариантный, с ошибками Дюфея", "R mcr 1.3, PBequi-small, проверки TD15 и TD20",
           symmetric(line), printed, 1e-9)
    low, high = line.slope_interval
    assert high - low == pytest.approx(2 * T48 * line.slope_error)
    assert low < line.slope < high


def test_passing_bablok_of_other_packages(oracle):
    """Sen's data: both lines 6 + 4 x (R deming, pbtest); six points: .125 + 1.05 x (deming); NCSS: -.15 + 1.00 x
    (MethComp, deming, as quoted by SimplyAgree)."""
    sen = numbers("1 2 3 4 10 12 18"), numbers("9 15 19 20 45 55 78")
    six = numbers("1 2 3 4 5 6"), numbers("2 1.2 4.1 3.5 6.3 3")
    ncss = (numbers("69.3 27.1 61.3 50.8 34.4 92.3 57.5 45.5 33.3 60.9 56.3 49.9 89.7 28.9 96.3 76.6 83.2 79.4 51.7 "
                    "32.5 14.2 99.1 76.8 95.4 84.1 48.8 80.4 84.5 61.4 26.9"),
            numbers("69.1 26.7 61.4 51.2 34.7 88.5 57.9 45.1 33.4 60.8 66.5 48.2 88.3 29.3 96.4 77.1 82.7 78.9 51.6 "
                    "28.8 12.7 98.6 77.3 94.9 83.3 47.0 80.9 84.7 61.3 26.7"))
    found = [value for data in (sen, six, ncss) for equivariant in (False, True)
             for line in [passing_bablok(*data, equivariant=equivariant)] for value in (line.intercept, line.slope)]
    oracle("Пассинг — Баблок, оба вида", "R deming 1.4 (pbtest), NCSS по R MethComp и deming", found,
           [6, 4, 6, 4, 0.125, 1.05, 0.125, 1.05, -0.15, 1, -0.15, 1], 1e-9)


def slopes_by_loops(x, y):
    found = []
    for i in range(len(x)):
        for j in range(i + 1, len(x)):
            dx, dy = x.iloc[j] - x.iloc[i], y.iloc[j] - y.iloc[i]
            if abs(dx) > 1e-9 or abs(dy) > 1e-9:
                found.append(np.inf if abs(dx) <= 1e-9 else dy / dx)
    return found


@pytest.mark.parametrize("seed", range(3))
def test_equivariant_slope_is_the_median_absolute_slope_with_ties(seed):
    x, y = sides(seed, n=25)
    x, y = x.round(1), y.round(1)
    slopes = slopes_by_loops(x, y)
    line = passing_bablok(x, y)
    assert line.slope == pytest.approx(np.tan(np.median(np.arctan(np.abs(slopes)))))
    assert line.intercept == pytest.approx(np.median(y - line.slope * x))
    untied = sum(np.isfinite(slope) and abs(slope) > 1e-9 for slope in slopes)
    assert line.tied_share == pytest.approx(1 - untied / 300)


def test_equivariant_line_is_the_same_when_swapped_and_the_classical_is_not():
    x, y = sides(16, slope=2)
    assert passing_bablok(y, x).slope == pytest.approx(1 / passing_bablok(x, y).slope, rel=1e-9)
    scaled = passing_bablok(x, y / 2, equivariant=False).slope * 2
    assert passing_bablok(x, y, equivariant=False).slope != pytest.approx(scaled, rel=1e-3)


def test_on_a_grid_the_line_sticks_and_the_interval_is_withheld():
    """Both sides X of 5, exchangeable: the slope is exactly 1 and stays so; a zero-length interval would be a lie."""
    rng = np.random.default_rng(17)
    share = rng.beta(4, 1.2, 300)
    x, y = (pd.Series(rng.binomial(5, share) / 5) for _ in range(2))
    for equivariant in (True, False):
        line = passing_bablok(x, y, equivariant=equivariant)
        assert line.slope == pytest.approx(1)
        assert np.isnan(line.slope_interval).all()
        assert np.isnan(line.intercept_interval).all()
        assert line.why == "интервал не определён: наклон держится на повторах значений"
        assert line.tied_share > 0.4


def test_cusum_by_hand():
    """Five points above and five below the line y = x by turns in blocks; scores 1 and -1, largest cusum 5."""
    x = pd.Series(np.arange(10.0))
    pairs = pair_up(x, x + np.array([0.1] * 5 + [-0.1] * 5), "")
    assert reg._cusum(pairs, 0.0, 1.0) == pytest.approx(5 / 10**0.5)
    few = pair_up(x, x + np.array([0.1] * 2 + [-0.1] * 8), "")
    assert reg._cusum(few, 0.0, 1.0) == pytest.approx(2 * (8 / 2) ** 0.5 / 10**0.5)
    above = pair_up(x, x + 0.1, "")
    assert reg._cusum(above, 0.0, 1.0) == 0


@pytest.mark.parametrize("bend", [0.0, 0.25])
def test_the_cusum_finds_a_bent_line_only(bend):
    rng = np.random.default_rng(18)
    true = rng.normal(size=400)
    x, y = pd.Series(true + 0.3 * rng.normal(size=400)), pd.Series(true + bend * true**2 + 0.3 * rng.normal(size=400))
    line = passing_bablok(x, y)
    assert (line.linearity_p < 0.05) == bool(bend)
    assert (line.linearity > 1.36) == (line.linearity_p < 0.049)


def test_too_many_units_are_refused_before_memory_is_taken():
    n = reg.MOST_UNITS + 1
    with pytest.raises(InputError) as error:
        passing_bablok(pd.Series(np.arange(n, dtype=float)), pd.Series(np.arange(n, dtype=float)))
    assert str(error.value) == (
        "Регрессия Пассинга — Баблока: единиц должно быть не больше 15000, найдено 15001: наклонов между ними "
        "112507500, столько не поместится в память. Возьмите регрессию Деминга.")


@pytest.mark.parametrize(("x", "y", "why"), [
    ([1, 2, 3, 4], [1, 2, 2, 1], "не определена: направление неизвестно (тау Кендалла равно 0)"),
    ([1, 1, 1, 1, 2], [1, 2, 3, 4, 5], "не определена: у большинства пар единиц x равны")])
def test_passing_bablok_without_direction_or_slope_says_so(x, y, why):
    line = passing_bablok(pd.Series(x, dtype=float), pd.Series(y, dtype=float))
    assert np.isnan([line.slope, line.intercept, *line.slope_interval]).all()
    assert line.why == why


# All of them

FITS = [deming, lambda x, y: york(x, y, pd.Series(0.01, x.index)), passing_bablok,
        lambda x, y: errors_in_variables(x, y, pd.Series(0.001, x.index)),
        lambda x, y: passing_bablok(x, y, equivariant=False)]


@pytest.mark.parametrize("fit", FITS)
def test_pairs_are_matched_by_label_counted_and_independent_of_the_order_of_rows(fit):
    x, y = sides(19)
    expected = fit(x, y)
    result = fit(pd.concat([x, pd.Series({"Z1": 0.5})]).rename("опрос"), y.sample(frac=1, random_state=1))
    assert (result.n, result.only_x, result.only_y) == (40, 1, 0)
    assert (result.slope, result.intercept, result.slope_interval) == (expected.slope, expected.intercept,
                                                                       expected.slope_interval)


@pytest.mark.parametrize("fit", FITS)
def test_two_pairs_are_refused_and_no_spread_is_told(fit):
    x, y = sides(20)
    with pytest.raises(NotPublishable, match=r"n = 2: не вычисляется, нужно не меньше 3 единиц с обеими оценками"):
        fit(x.head(2), y)
    line = fit(x, pd.Series(0.5, x.index, name="чек-лист"))
    assert np.isnan([line.slope, *line.slope_interval]).all()
    assert line.why == "не определена: нет разброса («чек-лист»: одно значение у всех 40 единиц)"


@pytest.mark.parametrize("fit", FITS)
def test_a_perfect_line_is_found_and_has_no_interval(fit):
    x, _ = sides(21)
    line = fit(x, 0.2 + 1.5 * x)
    assert line.why
    assert np.isnan(line.slope_interval).all()
    if fit is not FITS[3]:  # which takes an error off that is not there
        assert (line.slope, line.intercept) == pytest.approx((1.5, 0.2))


@pytest.mark.parametrize("fit", [deming, FITS[1]])
def test_no_covariance_no_line(fit):
    line = fit(pd.Series([0.0, 0, 1, 1]), pd.Series([0.0, 1, 0, 1]))
    assert np.isnan(line.slope)
    assert line.why == "не определена: ковариация равна 0"


# How often the intervals hold the truth: benchmarks/agreement_coverage.py has 2,000 repetitions of every cell

@pytest.mark.parametrize("n", [20, 85])
def test_demings_jackknife_holds_on_shares_of_eight(n):
    """Exchangeable shares, so the line is y = x. 400 repetitions: 3.5 standard errors of 95 % are 3.8 points."""
    rng, held = np.random.default_rng(20260405 + n), 0
    for _ in range(400):
        share = rng.beta(4, 1.2, n)
        low, high = deming(*(pd.Series(rng.binomial(8, share) / 8) for _ in range(2))).slope_interval
        held += low <= 1 <= high
    assert abs(held / 400 - 0.95) <= 0.038


def test_equivariant_interval_holds_for_normal_errors():
    """Slope 1.2, 300 repetitions of 40 units: 3.5 standard errors are 4.4 points."""
    rng, held = np.random.default_rng(20260406), 0
    for _ in range(300):
        true = rng.normal(size=40)
        x, y = (pd.Series(true + 0.4 * rng.normal(size=40)) for _ in range(2))
        low, high = passing_bablok(x, 0.1 + 1.2 * y).slope_interval
        held += low <= 1.2 <= high
    assert abs(held / 300 - 0.95) <= 0.044


def test_classical_slopes_of_exactly_minus_one_count_half():
    """Passing, Bablok (1983): K is the number of slopes below -1, here with half of those that equal it."""
    x, y = pd.Series([1.0, 2, 3, 4, 5, 6]), pd.Series([1.0, 3, 2, 5, 4, 7.5])
    slopes = np.sort([(y[j] - y[i]) / (x[j] - x[i]) for i in range(6) for j in range(i + 1, 6)])
    k = (slopes < -1).sum() + (slopes == -1).sum() / 2
    assert (k, len(slopes)) == (1, 15)
    assert slopes[7] < slopes[8]
    assert passing_bablok(x, y, equivariant=False).slope == pytest.approx(slopes[8])


@pytest.mark.parametrize("fit", FITS)
def test_units_of_one_side_are_counted_where_there_is_no_line_either(fit):
    x, y = sides(23)
    line = fit(pd.concat([x, pd.Series({"Z1": 0.5})]), pd.concat([0 * y + 0.5, pd.Series({"Z2": 0.5, "Z3": 0.5})]))
    assert np.isnan(line.slope)
    assert (line.n, line.only_x, line.only_y) == (40, 1, 2)


def test_a_confidence_that_is_no_share_is_refused():
    x, y = sides(24)
    for fit in (deming, passing_bablok, york, errors_in_variables):
        errors = {} if fit in (deming, passing_bablok) else {"x_error": pd.Series(0.001, x.index)}
        with pytest.raises(InputError, match="95"):
            fit(x, y, confidence=95, **errors)


@pytest.mark.parametrize(("fit", "name"), [
    (deming, "Регрессия Деминга"), (passing_bablok, "Регрессия Пассинга — Баблока"),
    (lambda x, y: york(x, y, pd.Series(0.01, x.index)), "Взвешенная регрессия (Йорк)"),
    (lambda x, y: errors_in_variables(x, y, pd.Series(0.001, x.index)), "Регрессия с ошибкой в x")])
def test_messages_name_the_line(fit, name):
    x, y = sides(26)
    with pytest.raises(NotPublishable) as error:
        fit(x.head(2), y)
    assert str(error.value).startswith(f"{name} (опрос и чек-лист)")


def test_an_even_number_of_slopes_has_the_mean_angle_of_the_middle_two():
    x, y = pd.Series([1.0, 2, 4, 7]), pd.Series([1.0, 2.5, 3, 9])
    slopes = np.sort([(y[j] - y[i]) / (x[j] - x[i]) for i in range(4) for j in range(i + 1, 4)])
    assert slopes[0] > 0
    assert slopes[2] < slopes[3]
    assert passing_bablok(x, y, equivariant=False).slope == pytest.approx(np.tan(np.arctan(slopes[2:4]).mean()))


@pytest.mark.parametrize("fit", [
    deming, passing_bablok, lambda x, y, c: passing_bablok(x, y, c, equivariant=False),
    lambda x, y, c: york(x, y, pd.Series(0.01, x.index), pd.Series(0.01, x.index), confidence=c),
    lambda x, y, c: errors_in_variables(x, y, pd.Series(0.001, x.index), confidence=c)])
def test_every_interval_grows_with_the_confidence(fit):
    x, y = sides(40)
    call = (lambda x, y, c: deming(x, y, confidence=c)) if fit is deming else (
        lambda x, y, c: passing_bablok(x, y, confidence=c)) if fit is passing_bablok else fit
    narrow, wide = (call(x, y, confidence) for confidence in (0.5, 0.99))
    for name in ("slope_interval", "intercept_interval"):
        one, other = getattr(narrow, name), getattr(wide, name)
        assert other[0] < one[0] < one[1] < other[1]
    assert (narrow.confidence, wide.confidence) == (0.5, 0.99)
    assert (narrow.slope, narrow.intercept) == pytest.approx((wide.slope, wide.intercept))


def test_a_confidence_that_is_no_share_is_refused_under_the_name_of_the_line():
    x, y = sides(41)
    errors = {"x_error": pd.Series(0.001, x.index)}
    for fit, name, more in ((deming, "Регрессия Деминга", {}), (passing_bablok, "Регрессия Пассинга — Баблока", {}),
                            (york, "Взвешенная регрессия (Йорк)", errors),
                            (errors_in_variables, "Регрессия с ошибкой в x", errors)):
        with pytest.raises(InputError) as raised:
            fit(x, y, confidence=95, **more)
        assert str(raised.value) == f"{name}: доверие интервала должно быть больше 0 и меньше 1, найдено 95."


@pytest.mark.parametrize("fit", FITS)
def test_what_is_not_defined_keeps_its_confidence(fit):
    x, y = sides(43)
    line = fit(x, 0 * y)
    assert (line.n, line.only_x, line.only_y, line.confidence) == (40, 0, 0, 0.95)
    assert np.isnan([line.slope, line.intercept, *line.slope_interval, *line.intercept_interval]).all()


def test_few_units_leave_the_slope_of_passing_and_bablok_open_on_both_sides():
    """With four units the ranks of a 99 % interval lie beyond the six slopes."""
    x, y = pd.Series([1.0, 2, 4, 7]), pd.Series([1.0, 2.5, 3, 9])
    line = passing_bablok(x, y, confidence=0.99, equivariant=False)
    assert line.slope_interval == (-np.inf, np.inf)
    assert line.intercept_interval == (-np.inf, np.inf)
    three = passing_bablok(x.head(3), y.head(3))
    assert np.isfinite([three.slope, three.intercept]).all()
    assert np.isnan([*three.slope_interval, *three.intercept_interval]).all()
    assert three.why == "интервал не определён: нужно не меньше 4 единиц"


def one_varies(count=40):
    """x varies only through the unit C007."""
    _, y = sides(count)
    return pd.Series(0.75, y.index).where(y.index != "C007", 1.0), y


def test_a_line_that_hangs_on_one_unit_has_no_interval():
    """Without that unit x does not vary and there is no slope: the jackknife has nothing to go by."""
    x, y = one_varies(42)
    line = deming(x, y)
    assert np.isfinite([line.slope, line.intercept]).all()
    assert np.isnan([*line.slope_interval, *line.intercept_interval, line.slope_error, line.intercept_error]).all()
    assert line.why == "интервал не определён: без одной единицы нет разброса"


def test_york_on_one_varying_unit_warns_of_nothing():
    x, y = one_varies(42)
    line = york(x, y, pd.Series(0.01, x.index))
    assert np.isfinite(line.slope)
    assert np.isnan(line.slope_interval).all()
    assert line.why == "интервал не определён: без одной единицы нет разброса"


def test_linearity_is_smirnovs_statistic_of_the_two_sides_of_the_line():
    rng = np.random.default_rng(5)
    x = pd.Series(rng.normal(10, 3, 60), [f"C{number:02d}" for number in range(60)])
    y = 40 - 3 * x + 0.4 * (x - 10) ** 2 + rng.normal(0, 1, 60)   # bent, far from the origin
    line = passing_bablok(x, y)
    off, along = y - line.intercept - line.slope * x, y + line.slope * x
    above, below = along[off > 1e-9], along[off < -1e-9]
    apart = stats.ks_2samp(above, below).statistic
    assert line.linearity == pytest.approx(apart * np.sqrt(len(above) * len(below) / (len(above) + len(below))))
