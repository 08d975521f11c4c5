"""Lines through two measurements that both have errors: which change of scale and level turns one into the other.

Which one to ask: `deming` where the ratio of the error variances is known; `york` where every error is known and
nothing but error takes the units off the line; `errors_in_variables` where the errors of x are known and the units
scatter about the line anyway (centres do); `passing_bablok` for values without many ties whose errors are alike but not
normal. On shares X of N only the first three hold what they promise (docs/agreement_intervals.md).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy import stats

from methods import checks
from methods.agreement import correlation
from methods.agreement.correlation import NO_SPREAD, NOWHERE, Interval, Moments, Pairs
from methods.errors import InputError, NotPublishable

NAN = float("nan")
ITERATIONS = 1000
CONVERGED = 1e-12            # relative change of York's slope
REFITTED = 300               # up to so many units York's jackknife refits; beyond, one Newton step without each unit
MOST_UNITS = 15_000          # Passing-Bablok keeps n(n-1)/2 slopes: 0.9 GB at this size, and as much while it sorts
MEDIAN_Z = 1.4               # of McKean and Schrader's order statistics beside a median, as in mcr
EXACT_BITS = 2.0**40         # slopes that agree in 40 bits are equal: the rest is dust of binary sums


@dataclass(frozen=True)
class Line:
    """y = intercept + slope x, with standard errors and intervals; NaN is undefined and `why` says why."""

    intercept: float
    slope: float
    intercept_interval: Interval
    slope_interval: Interval
    intercept_error: float
    slope_error: float
    n: int
    only_x: int
    only_y: int
    confidence: float
    why: str = ""


@dataclass(frozen=True)
class WeightedLine(Line):
    """A line fitted with known errors. Its intervals come from the jackknife, its errors from the known variances."""

    mean_square: float = NAN        # weighted squared residuals over n - 2: about 1 if the errors explain the scatter
    mean_square_p: float = NAN      # chance of more scatter than this if only the errors take units off the line


@dataclass(frozen=True)
class RankLine(Line):
    """A Passing-Bablok line and what its assumptions look like in the data."""

    tied_share: float = NAN         # of pairs of units that have the same x or the same y
    linearity: float = NAN          # largest cusum over its scale; 1.36 is the Kolmogorov bound of 5 %
    linearity_p: float = NAN


def deming(x: pd.Series, y: pd.Series, error_ratio: float = 1.0, confidence: float = 0.95) -> Line:
    r"""Deming's line: both measurements have errors, whose variances stand in a known ratio.

    .. math:: b = \frac{s_y^2 - \delta s_x^2 + \sqrt{(s_y^2 - \delta s_x^2)^2 + 4 \delta s_{xy}^2}}{2 s_{xy}}, \quad
              \delta = 1/\lambda, \quad a = \bar y - b \bar x

    Parameters
    ----------
    x, y : Series
        Matched by label, pairs with a gap are left out. At least 3 pairs, otherwise `NotPublishable`.
    error_ratio : float
        :math:`\lambda`, error variance of `x` over that of `y`; 1 is orthogonal regression. What takes a unit off the
        line for any other reason counts as error of `y`.
    confidence : float
        Of the jackknife intervals.

    References
    ----------
    Deming (1943), Statistical Adjustment of Data. Linnet (1990), Estimation of the linear relationship between the
    measurements of two methods with proportional errors, doi:10.1002/sim.4780091210, and (1993), Evaluation of
    regression procedures for methods comparison studies, doi:10.1093/clinchem/39.3.424, for the jackknife

    Examples
    --------
    >>> survey = pd.Series([0.70, 0.75, 0.72, 0.80, 0.83, 0.90, 0.86, 0.95])
    >>> checklist = pd.Series([0.5, 0.625, 0.75, 0.75, 0.625, 0.875, 1, 0.875])
    >>> line = deming(survey, checklist)
    >>> round(line.slope, 3), round(line.intercept, 3)
    (2.249, -1.081)
    """
    if not 0 < error_ratio < np.inf:
        raise InputError(f"Регрессия Деминга: отношение дисперсий ошибок должно быть больше 0, найдено {error_ratio}.")
    pairs = correlation.pair_up(x, y, "Регрессия Деминга", confidence=confidence)
    if pairs.constant:
        return _no_line(Line, pairs, confidence, pairs.constant)

    def slope(sums: Moments) -> np.ndarray:
        return _deming_slope(sums, error_ratio)

    sums = correlation.moments(pairs)
    if abs(sums.cov) <= checks.DUST * correlation.root_product(sums.var_x, sums.var_y):
        return _no_line(Line, pairs, confidence, "не определена: ковариация равна 0")
    b = float(slope(sums))
    added = {"slope": correlation.contributions(slope, pairs),
             "intercept": correlation.contributions(lambda left: left.mean_y - slope(left) * left.mean_x, pairs)}
    return _jackknife_line(float(sums.mean_y - b * sums.mean_x), b, added, pairs, confidence)


def errors_in_variables(x: pd.Series, y: pd.Series, x_error: pd.Series, confidence: float = 0.95) -> Line:
    r"""Line through the true values of `x`, whose error variances are known by unit; about it units may scatter freely.

    .. math:: b = \frac{s_{xy}}{s_x^2 - \overline{\sigma_{x,i}^2}}, \quad a = \bar y - b \bar x

    It is least squares of `y` on `x` with the attenuation taken off: no error of `y` and no scatter biases it, as long
    as both are independent of the errors of `x`.

    Parameters
    ----------
    x, y : Series
        Matched by label, pairs with a gap are left out. At least 3 pairs, otherwise `NotPublishable`.
    x_error : Series
        Error variance (squared standard error) of every unit.
    confidence : float
        Of the intervals: Fieller's for the slope, the jackknife's for the intercept. Where the errors may explain all
        of the spread of `x`, that of the slope is (-inf, inf).

    References
    ----------
    Fuller (1987), Measurement Error Models, section 1.2. Akritas, Bershady (1996), the estimator BCES(Y|X),
    doi:10.1086/177901

    Examples
    --------
    >>> units = list("abcdefgh")
    >>> survey = pd.Series([0.70, 0.75, 0.72, 0.80, 0.83, 0.90, 0.86, 0.95], units)
    >>> checklist = pd.Series([0.5, 0.625, 0.75, 0.75, 0.625, 0.875, 1, 0.875], units)
    >>> round(errors_in_variables(survey, checklist, pd.Series(0.001, units)).slope, 3)
    1.556
    """
    pairs = correlation.pair_up(x, y, "Регрессия с ошибкой в x", x_error, confidence=confidence)
    if pairs.constant:
        return _no_line(Line, pairs, confidence, pairs.constant)
    sums, whole = correlation.moments(pairs), correlation.moments(pairs, true=False)
    if sums.var_x <= checks.DUST * whole.var_x:
        return _no_line(Line, pairs, confidence,
                        f"не определена: ошибка измерения объясняет весь разброс («{pairs.names[0]}»)")

    def slope(left: Moments) -> np.ndarray:
        return left.cov / left.var_x

    b = float(slope(sums))
    added = {"slope": correlation.contributions(slope, pairs),
             "intercept": correlation.contributions(lambda left: left.mean_y - slope(left) * left.mean_x, pairs)}
    line = _jackknife_line(float(sums.mean_y - b * sums.mean_x), b, added, pairs, confidence)
    if line.why:
        return line
    interval = correlation.fieller_interval(lambda left: left.cov, lambda left: left.var_x, pairs, confidence)
    if np.isinf(interval[0]):
        return replace(line, slope_interval=interval, intercept_interval=interval,
                       why="интервал не ограничен: надёжность оценена слишком неточно")
    return replace(line, slope_interval=interval)


def york(x: pd.Series, y: pd.Series, x_error: pd.Series | None = None, y_error: pd.Series | None = None,
         confidence: float = 0.95) -> WeightedLine:
    r"""Weighted Deming: the line through measurements whose error variances are known for every unit.

    .. math:: W_i = \frac{1}{\sigma_{y,i}^2 + b^2 \sigma_{x,i}^2}, \quad
              \beta_i = W_i (U_i \sigma_{y,i}^2 + b V_i \sigma_{x,i}^2), \quad
              b = \frac{\sum W_i \beta_i V_i}{\sum W_i \beta_i U_i}

    with U and V the deviations from the weighted means, repeated until b stands still.

    It trusts the errors: if units lie off the line for any other reason, `mean_square` is well above 1 and the slope is
    biased, whatever its interval; ask `errors_in_variables` then. Error variances estimated from the marks themselves
    are small where the marks are high, which biases the slope by a few per cent.

    Parameters
    ----------
    x, y : Series
        Matched by label, pairs with a gap are left out. At least 3 pairs, otherwise `NotPublishable`.
    x_error, y_error : Series, optional
        Error variance of every unit, independent of each other; left out, that side has none. A unit without any error
        would have infinite weight and is refused.
    confidence : float
        Of the jackknife intervals; `slope_error` and `intercept_error` are York's.

    References
    ----------
    York, Evensen, Martinez, De Basabe Delgado (2004), Unified equations for the slope, intercept, and standard errors
    of the best straight line, section III with r = 0, doi:10.1119/1.1632486

    Examples
    --------
    >>> x, y = pd.Series([1.0, 2, 3, 4]), pd.Series([1.1, 1.9, 3.2, 3.9])
    >>> line = york(x, y, x_error=pd.Series([0.01, 0.01, 0.04, 0.01]), y_error=pd.Series(0.01, range(4)))
    >>> round(line.slope, 3), round(line.mean_square, 2)
    (0.962, 0.97)
    """
    what = "Взвешенная регрессия (Йорк)"
    if x_error is None and y_error is None:
        raise InputError(f"{what}: нужна дисперсия ошибки хотя бы одной стороны.")
    pairs = correlation.pair_up(x, y, what, x_error, y_error, confidence)
    exact = (pairs.x_error == 0) & (pairs.y_error == 0)
    if exact.any():
        raise InputError(f"{what}: у каждой единицы нужна ошибка больше 0 хотя бы с одной стороны, нет ни одной у: "
                         f"{', '.join(map(str, pairs.labels[exact][:5]))} (всего {int(exact.sum())}).")
    if pairs.constant:
        return _no_line(WeightedLine, pairs, confidence, pairs.constant)
    sums = correlation.moments(pairs, true=False)
    if abs(sums.cov) <= checks.DUST * correlation.root_product(sums.var_x, sums.var_y):
        return _no_line(WeightedLine, pairs, confidence, "не определена: ковариация равна 0")
    start = np.sign(sums.cov) * np.sqrt(sums.var_y / sums.var_x)
    slope, intercept, moved = _york_iterations(pairs, np.array([start]), np.ones((1, pairs.n)), CONVERGED)
    if moved > CONVERGED:
        raise NotPublishable(f"{what}: наклон не сошёлся за {ITERATIONS} шагов, последнее изменение {moved:.2g}. "
                             "Ошибки измерения сравнимы с разбросом единиц: возьмите регрессию Деминга.")
    a, b = float(intercept[0]), float(slope[0])
    slope_error, intercept_error, chi_square = _york_errors(pairs, a, b)
    if pairs.n <= REFITTED:
        slopes, intercepts, _ = _york_iterations(pairs, np.full(pairs.n, b), 1 - np.eye(pairs.n), CONVERGED**0.75)
    else:
        slopes, intercepts = _york_newton(pairs, b)
    line = _jackknife_line(a, b, {"slope": slopes.mean() - slopes, "intercept": intercepts.mean() - intercepts}, pairs,
                           confidence)
    return WeightedLine(a, b, line.intercept_interval, line.slope_interval, intercept_error, slope_error, pairs.n,
                        pairs.only_x, pairs.only_y, confidence, line.why, chi_square / (pairs.n - 2),
                        float(stats.chi2.sf(chi_square, pairs.n - 2)))


def passing_bablok(x: pd.Series, y: pd.Series, confidence: float = 0.95, equivariant: bool = True) -> RankLine:
    r"""Passing-Bablok line: a median of the slopes between all pairs of units, the intercept a median, too.

    .. math:: \text{equivariant: } b = \operatorname{sgn}(\tau) \operatorname{med} |y_i - y_j| / |x_i - x_j|, \quad
              a = \operatorname{med}(y_i - b x_i)

    The classical line of 1983 is the median of the signed slopes, moved by the number of slopes below -1, and is meant
    for slopes near 1 only; elsewhere it is biased. For both, the errors of `y` must be b times those of `x`.

    Ties. A pair equal in both has no slope and is left out; one equal in x only has an infinite slope, one equal in y
    only the slope 0. The line then sticks to a slope of the grid, however many units there are: with many ties
    (`tied_share`) it is not consistent, its interval shrinks to a point (and is then NaN), and neither tells about the
    measurements. Use `deming` or `errors_in_variables` for shares X of N.

    Parameters
    ----------
    x, y : Series
        Matched by label, pairs with a gap are left out. At least 4 pairs for the intervals, at most 15,000 units.
        Time and memory grow with n^2: 8 bytes for each of n(n-1)/2 slopes; 4,600 units take 100 MB and about a second.
    confidence : float
        Equivariant: order statistics of the slopes at a distribution-free variance of Kendall's tau; intercept by
        Dufey's formula. Classical: Passing and Bablok's ranks.
    equivariant : bool
        The line of Bablok and others (1988), or the classical one.

    References
    ----------
    Passing, Bablok (1983), A new biometrical procedure for testing the equality of measurements from two different
    analytical methods, doi:10.1515/cclm.1983.21.11.709. Bablok, Passing, Bender, Schneider (1988), A general regression
    procedure for method transformation, doi:10.1515/cclm.1988.26.11.783. Dufey (2020), Derivation of Passing-Bablok
    regression from Kendall's tau, doi:10.1515/ijb-2019-0157; intervals as in R mcr 1.3, mc.PBequi

    Examples
    --------
    >>> x, y = pd.Series([1.0, 2, 3, 4, 10, 12, 18]), pd.Series([9.0, 15, 19, 20, 45, 55, 78])
    >>> line = passing_bablok(x, y)
    >>> round(line.slope, 6), round(line.intercept, 6)
    (4.0, 6.0)
    """
    what = "Регрессия Пассинга — Баблока"
    pairs = correlation.pair_up(x, y, what, confidence=confidence)
    if pairs.n > MOST_UNITS:
        raise InputError(f"{what}: единиц должно быть не больше {MOST_UNITS}, найдено {pairs.n}: наклонов между ними "
                         f"{pairs.n * (pairs.n - 1) // 2}, столько не поместится в память. Возьмите регрессию Деминга.")
    if pairs.constant:
        return _no_line(RankLine, pairs, confidence, pairs.constant)
    codes = [correlation.levels(values) for values in (pairs.x, pairs.y)]
    direction = int(np.sign(correlation.concordance_scores(*codes).sum()))
    if not direction:
        return _no_line(RankLine, pairs, confidence, "не определена: направление неизвестно (тау Кендалла равно 0)")
    slopes = _pairwise_slopes(pairs.x, pairs.y, *codes)
    tied = 1 - np.count_nonzero(np.isfinite(slopes) & (slopes != 0)) / (pairs.n * (pairs.n - 1) / 2)
    fit = _equivariant if equivariant else _classical
    fitted = fit(pairs, slopes, direction, confidence)
    if np.isnan(fitted["slope"]):
        return _no_line(RankLine, pairs, confidence, "не определена: у большинства пар единиц x равны")
    linearity = _cusum(pairs, fitted["intercept"], fitted["slope"])
    return RankLine(**fitted, n=pairs.n, only_x=pairs.only_x, only_y=pairs.only_y, confidence=confidence,
                    tied_share=float(tied), linearity=linearity,
                    linearity_p=float(stats.kstwobign.sf(linearity)))


def _deming_slope(sums: Moments, error_ratio: float) -> np.ndarray:
    """Both roots of one quadratic are the same number; each is used where it does not subtract near equals."""
    delta = 1 / error_ratio
    k = sums.var_y - delta * sums.var_x
    root = np.hypot(k, 2 * delta**0.5 * sums.cov)
    return np.where(k >= 0, (k + root) / (2 * sums.cov), 2 * delta * sums.cov / np.where(k < 0, root - k, 1))


def _jackknife_line(intercept: float, slope: float, added: dict[str, np.ndarray], pairs: Pairs,
                    confidence: float) -> Line:
    halves = {part: correlation.half_width(each, confidence) for part, each in added.items()}
    errors = {part: correlation.jackknife_error(each) for part, each in added.items()}
    if correlation.complete(correlation.product_moment(correlation.moments(pairs, true=False))):
        return Line(intercept, slope, NOWHERE, NOWHERE, NAN, NAN, pairs.n, pairs.only_x, pairs.only_y, confidence,
                    "интервал не определён: все единицы на одной прямой")
    found = np.isfinite(list(halves.values())).all()
    return Line(
        intercept, slope,
        (intercept - halves["intercept"], intercept + halves["intercept"]) if found else NOWHERE,
        (slope - halves["slope"], slope + halves["slope"]) if found else NOWHERE,
        errors["intercept"] if found else NAN, errors["slope"] if found else NAN,
        pairs.n, pairs.only_x, pairs.only_y, confidence, "" if found else NO_SPREAD)


def _no_line(kind: type[Line], pairs: Pairs, confidence: float, why: str) -> Line:
    return kind(NAN, NAN, NOWHERE, NOWHERE, NAN, NAN, pairs.n, pairs.only_x, pairs.only_y, confidence, why)


def _york_iterations(pairs: Pairs, slope: np.ndarray, kept: np.ndarray,
                     precision: float) -> tuple[np.ndarray, np.ndarray, float]:
    """Slopes and intercepts of several samples at once: one by row of `kept`, which says what units it has."""
    moved = np.inf
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):  # a sample without spread becomes NaN for good
        for _ in range(ITERATIONS):
            b = slope[:, None]
            w = kept / (pairs.y_error + b**2 * pairs.x_error)
            total = w.sum(axis=1)
            mean_x, mean_y = (w @ pairs.x) / total, (w @ pairs.y) / total
            u, v = pairs.x - mean_x[:, None], pairs.y - mean_y[:, None]
            beta = w**2 * (u * pairs.y_error + b * v * pairs.x_error)  # W times York's beta
            slope, before = (beta * v).sum(axis=1) / (beta * u).sum(axis=1), slope
            change = np.abs(slope - before) / np.maximum(np.abs(slope), np.finfo(float).tiny)
            moved = float(np.max(change[np.isfinite(change)], initial=0))
            if moved <= precision:
                break
    slope = np.where(np.isfinite(slope), slope, NAN)
    return slope, mean_y - slope * mean_x, moved


def _york_newton(pairs: Pairs, slope: float) -> tuple[np.ndarray, np.ndarray]:
    """Slope and intercept without each unit, by one Newton step from the whole sample's slope: exact to order 1/n^2."""
    step = 1e-4 * abs(slope)
    (low, low_intercept), (middle, intercept), (high, high_intercept) = (
        _york_equation_without_each(pairs, b) for b in (slope - step, slope, slope + step))
    moves = -middle * 2 * step / (high - low)
    return slope + moves, intercept + moves * (high_intercept - low_intercept) / (2 * step)


def _york_equation_without_each(pairs: Pairs, b: float) -> tuple[np.ndarray, np.ndarray]:
    """York's equation, sum of W beta (V - b U), and the intercept at slope b, each unit being left out in turn.

    Without unit i the weighted means move by `by_x` and `by_y`, and every sum loses one term.
    """
    w = 1 / (pairs.y_error + b**2 * pairs.x_error)
    mean_x, mean_y, rest = (w @ pairs.x) / w.sum(), (w @ pairs.y) / w.sum(), w.sum() - w
    u, v = pairs.x - mean_x, pairs.y - mean_y
    by_x, by_y = w * u / rest, w * v / rest
    of_y, of_x, off = w**2 * pairs.y_error, b * w**2 * pairs.x_error, v - b * u
    beta, lifted = of_y * u + of_x * v, by_y - b * by_x

    def without(terms: np.ndarray) -> np.ndarray:
        return terms.sum() - terms

    equation = (without(beta * off) + lifted * without(beta) + by_x * without(of_y * off) + by_y * without(of_x * off)
                + lifted * (by_x * without(of_y) + by_y * without(of_x)))
    return equation, mean_y - by_y - b * (mean_x - by_x)


def _york_errors(pairs: Pairs, intercept: float, slope: float) -> tuple[float, float, float]:
    """Standard errors of slope and intercept (York 2004, section III) and the weighted sum of squared residuals."""
    w = 1 / (pairs.y_error + slope**2 * pairs.x_error)
    mean_x, mean_y = (w @ pairs.x) / w.sum(), (w @ pairs.y) / w.sum()
    adjusted = mean_x + w * ((pairs.x - mean_x) * pairs.y_error + slope * (pairs.y - mean_y) * pairs.x_error)
    centre = (w @ adjusted) / w.sum()
    slope_error = float(1 / np.sqrt(w @ (adjusted - centre) ** 2))
    return slope_error, float(np.sqrt(1 / w.sum() + (centre * slope_error) ** 2)), float(
        w @ (pairs.y - intercept - slope * pairs.x) ** 2)


def _pairwise_slopes(x: np.ndarray, y: np.ndarray, x_codes: np.ndarray, y_codes: np.ndarray) -> np.ndarray:
    """All slopes between units, infinite where x is tied, 0 where y is; pairs tied in both are left out."""
    n = len(x)
    slopes, at = np.empty(n * (n - 1) // 2), 0
    for i in range(n - 1):
        tied_x, tied_y = x_codes[i + 1:] == x_codes[i], y_codes[i + 1:] == y_codes[i]
        with np.errstate(divide="ignore", invalid="ignore"):
            row = (y[i + 1:] - y[i]) / (x[i + 1:] - x[i])
        row[tied_x], row[tied_y] = np.inf, 0.0
        row = row[~(tied_x & tied_y)]
        slopes[at:at + len(row)] = row
        at += len(row)
    return slopes[:at]


def _without_dust(values: np.ndarray) -> np.ndarray:
    """Rounded to 12 digits: an end at 1.0000000000000002 is an end at 1."""
    fraction, power = np.frexp(values)
    return np.ldexp(np.round(fraction * EXACT_BITS) / EXACT_BITS, power)


def _equivariant(pairs: Pairs, slopes: np.ndarray, direction: int, confidence: float) -> dict[str, object]:
    """Median absolute slope and its interval (Dufey 2020, as in mcr), by angles, so that infinite slopes do no harm."""
    x, y, n = pairs.x, direction * pairs.y, pairs.n
    angles = np.arctan(np.abs(slopes, out=slopes), out=slopes)
    slope = float(np.tan(np.median(angles, overwrite_input=True)))
    if slope > 1 / np.finfo(float).eps:  # the median angle is a right one
        return {"slope": NAN}
    residuals = y - slope * x
    intercept = float(np.median(residuals))
    line = {"intercept": direction * intercept, "slope": direction * slope, "intercept_interval": NOWHERE,
            "slope_interval": NOWHERE, "intercept_error": NAN, "slope_error": NAN}
    if n < 4:
        return {**line, "why": "интервал не определён: нужно не меньше 4 единиц"}
    scores = correlation.concordance_scores(correlation.levels(residuals), correlation.levels(y + slope * x))
    tau_variance = (4 * (scores**2).sum() - 2 * n * (n - 1)) / (n * (n - 1) * (n - 2) * (n - 3))
    if tau_variance <= 0:  # unbiased, so it may be; mcr puts 0.00001 in its place, which promises too much
        return {**line, "why": "интервал не определён: единиц слишком мало"}
    t = correlation.student_quantile(confidence, n - 2)
    reach = min(t * tau_variance**0.5, 1)
    tails = np.quantile(angles, [(1 - reach) / 2, (1 + reach) / 2], overwrite_input=True)
    low, high = (float(_without_dust(np.tan(end))) for end in tails)
    slope_error = (high - low) / (2 * t)
    if not 0 < slope_error < 1 / np.finfo(float).eps:
        return {**line, "why": "интервал не определён: наклон держится на повторах значений" if high == low else
                "интервал не ограничен: у многих пар единиц равны x"}
    error = _intercept_error(x, y, slope, slope_error, tau_variance)
    ends = sorted((direction * low, direction * high))
    return {**line, "slope_interval": (ends[0], ends[1]), "slope_error": slope_error, "intercept_error": error,
            "intercept_interval": (line["intercept"] - t * error, line["intercept"] + t * error)}


def _intercept_error(x: np.ndarray, y: np.ndarray, slope: float, slope_error: float, tau_variance: float) -> float:
    """Dufey's standard error of the median residual, the slope being uncertain, too."""
    n, residuals = len(x), y - slope * x
    at_slope = _median_error(residuals)
    residuals = residuals - np.median(residuals)
    size, along = checks.DUST * np.abs(y).max(), y + slope * x
    apart = 0.0
    for side, sign in ((residuals > size, 1), (residuals < -size, -1)):
        m = side.sum()
        tau = correlation.tau_b(*(correlation.levels(values[side]) for values in (residuals, along))) if m > 1 else 0.0
        apart += sign * m * (m - 1) * (0.0 if np.isnan(tau) else tau)
    link = float(np.clip(2 * apart / (n * (n - 1)) / np.sqrt(n * tau_variance), -1, 1))
    step = slope_error * MEDIAN_Z
    lever = (np.median(y - (slope - step) * x) - np.median(y - (slope + step) * x)) / (2 * step)
    lever -= at_slope / slope_error * link
    return float(np.sqrt(at_slope**2 * (1 - link**2) + (slope_error * lever) ** 2))


def _median_error(values: np.ndarray) -> float:
    """McKean and Schrader's standard error of a median, from two order statistics.

    Their distance is divided by the z that their ranks have, not by the z that was asked for before rounding, as mcr
    does: with 85 units that makes 7 %, and intervals that hold 91 of 100 times (docs/agreement_intervals.md).
    """
    n = len(values)
    rank = max(round((n + 1) / 2 - MEDIAN_Z * (n / 4) ** 0.5), 1)
    ordered = np.partition(values, [rank - 1, n - rank])
    return float((ordered[n - rank] - ordered[rank - 1]) / (2 * ((n + 1) / 2 - rank) / (n / 4) ** 0.5))


def _classical(pairs: Pairs, slopes: np.ndarray, direction: int, confidence: float) -> dict[str, object]:
    """The median moved by the slopes below -1, half of those equal to -1 counted; its interval by ranks, as in mcr."""
    x, y, n = pairs.x, direction * pairs.y, pairs.n
    slopes *= direction
    slopes[np.isinf(slopes)] = np.inf
    slopes.sort()
    moved = (slopes < -1 - checks.DUST).sum() + (slopes <= -1 + checks.DUST).sum()   # twice the number K of the paper
    reach = correlation.normal_quantile(confidence) * np.sqrt(n * (n - 1) * (2 * n + 5) / 18)

    def at(twice: int) -> float:
        """Order statistic at half an index; between two, the mean angle (as mcr, for which it is more exact)."""
        lower, upper = (twice + 1) // 2, twice // 2 + 1
        if lower < 1 or upper > len(slopes):
            return -np.inf if lower < 1 else np.inf
        angle = np.arctan(slopes[[lower - 1, upper - 1]]).mean()
        return float(slopes[lower - 1]) if lower == upper else float(np.tan(angle))

    slope, *ends = (at(round(float(len(slopes) + moved + step))) for step in (0, -reach, reach))
    low, high = (float(_without_dust(end)) for end in ends)
    if not abs(slope) < 1 / np.finfo(float).eps:
        return {"slope": NAN}
    middle, top, bottom = (float(np.median(y - b * x)) if np.isfinite(b) else -np.sign(b) * np.inf
                           for b in (slope, low, high))
    ends, levels = sorted((direction * low, direction * high)), sorted((direction * bottom, direction * top))
    narrow = high == low
    return {"intercept": direction * middle, "slope": direction * slope,
            "intercept_interval": NOWHERE if narrow else (levels[0], levels[1]),
            "slope_interval": NOWHERE if narrow else (ends[0], ends[1]), "intercept_error": NAN, "slope_error": NAN,
            "why": "интервал не определён: наклон держится на повторах значений" if narrow else ""}


def _cusum(pairs: Pairs, intercept: float, slope: float) -> float:
    r"""Largest cusum of Passing and Bablok's scores along the line, over :math:`\sqrt{l + L}`.

    A point above the line scores :math:`\sqrt{L/l}`, one below :math:`-\sqrt{l/L}`, l and L being their numbers: the
    cusum is Smirnov's two-sample statistic. The paper divides by :math:`\sqrt{L + 1}` and puts the points in the order
    of b y + x, which for slopes other than 1 runs askew to the errors; y + b x does not. In its way straight lines are
    rejected too often, in ours less often than the 5 % (docs/agreement_intervals.md).
    """
    residuals = pairs.y - intercept - slope * pairs.x
    size = checks.DUST * max(np.abs(pairs.y).max(), np.abs(slope * pairs.x).max())
    above, below = residuals > size, residuals < -size
    if not (above.any() and below.any()):
        return 0.0
    scores = np.sqrt(below.sum() / above.sum()) * above - np.sqrt(above.sum() / below.sum()) * below
    along = correlation.levels(pairs.y - intercept + slope * pairs.x)
    return float(np.abs(np.cumsum(np.bincount(along, weights=scores))).max() / np.sqrt(above.sum() + below.sum()))
