"""Agreement of two continuous measurements of the same units: how far they differ, do they give the same numbers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from methods import checks
from methods.agreement import correlation
from methods.agreement.correlation import NO_SPREAD, NOWHERE, Interval, Moments, Pairs
from methods.errors import InputError

LIMIT = 1.96  # standard deviations on either side: 95 % of normal differences
NAN = float("nan")


@dataclass(frozen=True)
class Concordance:
    """How two measurements of the same units agree; intervals are at the stated confidence.

    NaN is what the data do not define; where a whole measurement does not vary, `why` says so.
    """

    n: int                               # units with both values
    only_x: int                          # units with a first value only
    only_y: int
    bias: float                          # mean of x - y
    bias_interval: Interval
    limits: Interval                     # Bland-Altman limits of agreement: 95 % of normal differences lie inside
    lower_limit_interval: Interval
    upper_limit_interval: Interval
    proportional_bias: float             # slope of the difference on the mean of both
    proportional_bias_interval: Interval
    equal_variances_p: float             # Pitman-Morgan: small where the variances differ; for normal pairs
    pearson: float                       # also the precision in Lin's decomposition
    pearson_interval: Interval
    spearman: float
    spearman_interval: Interval
    ccc: float                           # Lin's concordance correlation coefficient
    ccc_interval: Interval
    accuracy: float                      # C_b: what shifts of scale and level leave; the CCC is Pearson's r times it
    scale_shift: float                   # ratio of standard deviations x / y
    scale_shift_interval: Interval
    location_shift: float                # bias in units of the geometric mean standard deviation
    location_shift_interval: Interval
    confidence: float
    why: str = ""


@dataclass(frozen=True)
class Association:
    """Do two measurements order units alike, whatever their scales."""

    n: int
    pearson: float
    pearson_interval: Interval
    spearman: float
    confidence: float
    spearman_interval: Interval = NOWHERE
    only_x: int = 0
    only_y: int = 0
    why: str = ""


@dataclass(frozen=True)
class CorrectedConcordance:
    """Concordance of the true values, the known errors of measurement being taken off."""

    ccc: float
    ccc_interval: Interval               # (-inf, inf) where the reliabilities are too uncertain to bound it
    observed: float                      # the concordance as measured
    pearson: float                       # disattenuated; times `accuracy` it is the concordance
    accuracy: float
    scale_shift: float
    location_shift: float
    reliability_x: float
    reliability_y: float
    n: int
    only_x: int
    only_y: int
    confidence: float
    why: str = ""


@dataclass(frozen=True)
class Repeatability:
    """How far two measurements of one unit by one method lie apart."""

    coefficient: float                   # 95 % of differences of two such measurements are smaller
    interval: Interval
    within_deviation: float              # standard deviation of one measurement of one unit
    n: int
    confidence: float


def association(x: pd.Series, y: pd.Series, confidence: float = 0.95) -> Association:
    """Pearson and Spearman with jackknife intervals, for quantities on different scales.

    Parameters
    ----------
    x, y : Series
        Matched by label; pairs with a gap are left out. At least 3 pairs, otherwise `NotPublishable`. Where one does
        not vary, the correlations are NaN and `why` says so.

    Examples
    --------
    >>> result = association(pd.Series([1.0, 2, 3, 4, 5]), pd.Series([10.0, 40, 20, 50, 90]))
    >>> result.n, round(result.pearson, 3), round(result.spearman, 3)
    (5, 0.863, 0.9)
    """
    linear, ranks = (measure(x, y, confidence) for measure in (correlation.pearson, correlation.spearman))
    return Association(linear.n, linear.value, linear.interval, ranks.value, confidence, ranks.interval, linear.only_x,
                       linear.only_y, linear.why)


def concordance(x: pd.Series, y: pd.Series, confidence: float = 0.95, intervals: str = "jackknife") -> Concordance:
    r"""Bias, limits of agreement, correlations and Lin's concordance of `x` with `y`.

    .. math:: \rho_c = \frac{2 s_{xy}}{s_x^2 + s_y^2 + (\bar x - \bar y)^2}
                     = r \cdot C_b, \quad C_b = \frac{2}{v + 1/v + u^2}, \quad
                     v = s_x/s_y, \; u = (\bar x - \bar y)/\sqrt{s_x s_y}

    A high correlation says that both rank units alike; a high concordance that they also give the same numbers. `v`
    and `u` say how they differ: in scale or in level.

    A slope of the difference on the mean is called proportional bias, but it is positive whenever `x` has the larger
    variance, be it only from a larger error of measurement: the numerator is :math:`s_x^2 - s_y^2`. Where errors
    differ, ask `regression.deming` or `regression.york`.

    Parameters
    ----------
    x, y : Series
        The same quantity on the same scale, matched by label; pairs with a gap are left out. At least 3 pairs,
        otherwise `NotPublishable`. Where one does not vary, only bias and limits are defined and `why` says so.
    confidence : float
        Of all intervals; that of the bias is Student's.
    intervals : "jackknife" or "normal"
        Jackknife: z of the correlations and of the concordance, logarithm of `v` and of the spread of differences
        (joined with that of the bias by MOVER), `u` and the slope as they are. Normal, for normal pairs only: Fisher,
        Bonett-Wright, Lin's z, exact limits from the non-central t, Pitman-Morgan for `v`, least squares for the slope.

    References
    ----------
    Lin (1989), A concordance correlation coefficient to evaluate reproducibility, eq. 3 and 10 with the correction of
    Lin (2000, Biometrics 56:324), doi:10.2307/2532051. Bland, Altman (1986), doi:10.1016/S0140-6736(86)90837-8, and
    (1999), sections 2 and 3, doi:10.1191/096228099673819272. Carkeet (2015), doi:10.1097/OPX.0000000000000513. Zou,
    Donner (2008), MOVER, doi:10.1002/sim.3095. Pitman (1939), doi:10.1093/biomet/31.1-2.9

    Examples
    --------
    Survey marks and checklists of five centres: nearly perfect correlation, no agreement.

    >>> survey = pd.Series([0.92, 0.88, 0.95, 0.90, 0.85])
    >>> checklist = pd.Series([0.75, 0.60, 0.90, 0.70, 0.55])
    >>> result = concordance(survey, checklist)
    >>> round(result.pearson, 3), round(result.ccc, 3), round(result.bias, 2)
    (0.983, 0.146, 0.2)
    """
    if intervals not in ("jackknife", "normal"):
        raise InputError(f"Интервалы «{intervals}» неизвестны: допустимы jackknife и normal.")
    normal = intervals == "normal"
    pairs = correlation.pair_up(x, y, "Согласованность", confidence=confidence)
    found = {"n": pairs.n, "only_x": pairs.only_x, "only_y": pairs.only_y, "confidence": confidence,
             **_differences(pairs, confidence, normal)}
    if pairs.constant:
        return Concordance(**found, **_NOT_DEFINED, why=pairs.constant)
    linear = correlation.pearson(x, y, confidence, "fisher" if normal else "jackknife")
    ranks = correlation.spearman(x, y, confidence, "bonett_wright" if normal else "jackknife")
    return Concordance(**found, pearson=linear.value, pearson_interval=linear.interval, spearman=ranks.value,
                       spearman_interval=ranks.interval, **_coefficient(pairs, confidence, normal),
                       **_shifts(pairs, confidence, normal))


def corrected_concordance(x: pd.Series, y: pd.Series, x_error: pd.Series | None = None,
                          y_error: pd.Series | None = None, confidence: float = 0.95) -> CorrectedConcordance:
    r"""Lin's concordance of the true values, from measurements whose error variances are known by unit.

    .. math:: \rho_c = \frac{2 s_{xy}}{(s_x^2 - \overline{\sigma_{x,i}^2}) + (s_y^2 - \overline{\sigma_{y,i}^2})
              + (\bar x - \bar y)^2}

    Independent errors add nothing to the covariance, so only the variances are reduced. The interval is Fieller's with
    jackknife variances, as in `correlation.disattenuated`.

    Parameters
    ----------
    x, y : Series
        As in `concordance`.
    x_error, y_error : Series, optional
        Error variance (squared standard error) of every unit; left out, that side has none. Errors of the two sides
        must be independent.

    References
    ----------
    Our moment estimator in the manner of Fuller (1987), Measurement Error Models, section 1.2; without errors it is
    Lin (1989), eq. 3.

    Examples
    --------
    >>> units = list("abcdefgh")
    >>> survey = pd.Series([0.70, 0.75, 0.72, 0.80, 0.83, 0.90, 0.86, 0.95], units)
    >>> checklist = pd.Series([0.5, 0.625, 0.75, 0.75, 0.625, 0.875, 1, 0.875], units)
    >>> result = corrected_concordance(survey, checklist, x_error=pd.Series(0.001, units))
    >>> round(result.observed, 3), round(result.ccc, 3)
    (0.538, 0.552)
    """
    pairs = correlation.pair_up(x, y, "Согласованность", x_error, y_error, confidence)
    link = correlation.disattenuated(x, y, x_error, y_error, confidence)
    sums, whole = correlation.moments(pairs), correlation.moments(pairs, true=False)
    observed = NAN if pairs.constant else float(lins_coefficient(whole))
    known = {"observed": observed, "pearson": link.value, "reliability_x": link.reliability_x,
             "reliability_y": link.reliability_y, "n": pairs.n, "only_x": pairs.only_x, "only_y": pairs.only_y,
             "confidence": confidence}
    if np.isnan(link.value):
        return CorrectedConcordance(ccc=NAN, ccc_interval=NOWHERE, accuracy=NAN, scale_shift=NAN, location_shift=NAN,
                                    why=link.why, **known)
    v, u, ccc = (float(part(sums)) for part in (scale_ratio, location_ratio, lins_coefficient))
    interval = correlation.fieller_interval(lambda left: 2 * left.cov, _mean_square, pairs, confidence)
    notes = [f"больше 1 по модулю ({ccc:.2f}): ошибки измерения завышены или единиц мало"] if abs(ccc) > 1 else []
    if np.isinf(interval[0]):
        notes.append("интервал не ограничен: надёжность оценена слишком неточно")
    elif np.isnan(interval[0]):
        notes.append(NO_SPREAD)
    return CorrectedConcordance(ccc=ccc, ccc_interval=interval, accuracy=2 / (v + 1 / v + u**2), scale_shift=v,
                                location_shift=u, why="; ".join(notes), **known)


def repeatability(first: pd.Series, second: pd.Series, confidence: float = 0.95) -> Repeatability:
    r"""Repeatability coefficient of one method from two measurements of every unit.

    .. math:: 1.96 \sqrt 2 \, s_w, \quad s_w^2 = \sum_i d_i^2 / (2n)

    Parameters
    ----------
    first, second : Series
        Two measurements by the same method, matched by label. At least 3 pairs.
    confidence : float
        Of the jackknife interval, made for the logarithm.

    References
    ----------
    Bland, Altman (1999), section 4.1, doi:10.1191/096228099673819272

    Examples
    --------
    >>> result = repeatability(pd.Series([5.0, 6, 7]), pd.Series([5.5, 5.5, 7.5]))
    >>> round(result.within_deviation, 3), round(result.coefficient, 2)
    (0.354, 0.98)
    """
    pairs = correlation.pair_up(first, second, "Повторяемость", confidence=confidence)
    apart = float(np.sqrt(((pairs.x - pairs.y) ** 2).mean()))
    if apart <= checks.DUST * max(np.abs(pairs.x).max(), np.abs(pairs.y).max()):
        return Repeatability(0.0, NOWHERE, 0.0, pairs.n, confidence)
    low, high = _jackknife(_mean_squared_difference, pairs, confidence, lambda v: np.log(v) / 2, np.exp)
    return Repeatability(LIMIT * apart, (LIMIT * low, LIMIT * high), apart / 2**0.5, pairs.n, confidence)


def exact_limit_intervals(bias: float, spread: float, n: int, confidence: float = 0.95) -> tuple[Interval, Interval]:
    r"""Exact intervals of the two limits of agreement, each by itself, for normal differences.

    .. math:: \bar d + s \, t'_{\alpha/2}(n - 1, \; 1.96 \sqrt n) / \sqrt n \; \ldots \;
              \bar d + s \, t'_{1-\alpha/2}(n - 1, \; 1.96 \sqrt n) / \sqrt n

    Parameters
    ----------
    bias, spread : float
        Mean and standard deviation (over n - 1) of the differences.

    References
    ----------
    Carkeet (2015), Exact parametric confidence intervals for Bland-Altman limits of agreement, the limits considered
    individually, doi:10.1097/OPX.0000000000000513

    Examples
    --------
    >>> lower, upper = exact_limit_intervals(-16.29, 19.61, 85)
    >>> [round(end, 1) for end in lower + upper]
    [-63.0, -48.4, 15.8, 30.4]
    """
    near, far = (spread * float(stats.nct.ppf(tail, n - 1, LIMIT * n**0.5)) / n**0.5
                 for tail in ((1 - confidence) / 2, (1 + confidence) / 2))
    return (bias - far, bias - near), (bias + near, bias + far)


def lins_coefficient(sums: Moments) -> np.ndarray:
    """Lin's concordance from moments; he divides them by n."""
    return 2 * sums.cov / _mean_square(sums)


def scale_ratio(sums: Moments) -> np.ndarray:
    """Lin's v."""
    return np.sqrt(np.maximum(sums.var_x, 0)) / np.sqrt(np.maximum(sums.var_y, 0))


def location_ratio(sums: Moments) -> np.ndarray:
    """Lin's u."""
    return (sums.mean_x - sums.mean_y) / np.sqrt(correlation.root_product(sums.var_x, sums.var_y))


def slope_on_mean(sums: Moments) -> np.ndarray:
    """Least-squares slope of x - y on (x + y) / 2; NaN where the means do not vary, as of x and c - x."""
    of_mean = sums.var_x + sums.var_y + 2 * sums.cov
    varies = of_mean > checks.DUST * (sums.var_x + sums.var_y)
    return 2 * (sums.var_x - sums.var_y) / np.where(varies, of_mean, NAN)


def _mean_square(sums: Moments) -> np.ndarray:
    return sums.var_x + sums.var_y + (sums.mean_x - sums.mean_y) ** 2


def _mean_squared_difference(sums: Moments) -> np.ndarray:
    return _mean_square(sums) - 2 * sums.cov


def _spread_of_differences(sums: Moments) -> np.ndarray:
    return np.sqrt(np.maximum(sums.var_x + sums.var_y - 2 * sums.cov, 0) * sums.n / (sums.n - 1))


def _same(value: np.ndarray) -> np.ndarray:
    return value


def _jackknife(statistic: Callable[[Moments], np.ndarray], pairs: Pairs, confidence: float,
               forth: Callable = _same, back: Callable = _same) -> Interval:
    """Jackknife interval on the scale of `forth`, read back."""
    half = correlation.half_width(correlation.contributions(lambda sums: forth(statistic(sums)), pairs), confidence)
    centre = float(forth(statistic(correlation.moments(pairs))))
    if not half > checks.DUST * max(abs(centre), 1):  # undefined without some unit, or the same without any
        return NOWHERE
    return (float(back(centre - half)), float(back(centre + half)))


def _differences(pairs: Pairs, confidence: float, normal: bool) -> dict[str, object]:
    difference = pairs.x - pairs.y
    bias, spread = float(difference.mean()), float(difference.std(ddof=1))
    if spread <= checks.DUST * max(np.abs(pairs.x).max(), np.abs(pairs.y).max()):
        spread = 0.0
    half = correlation.student_quantile(confidence, pairs.n - 1) * spread / pairs.n**0.5
    lower, upper = ((NOWHERE, NOWHERE) if not spread else
                    exact_limit_intervals(bias, spread, pairs.n, confidence) if normal else
                    _mover_limit_intervals(pairs, bias, spread, confidence))
    return {"bias": bias, "bias_interval": (bias - half, bias + half) if spread else NOWHERE,
            "limits": (bias - LIMIT * spread, bias + LIMIT * spread), "lower_limit_interval": lower,
            "upper_limit_interval": upper}


def _coefficient(pairs: Pairs, confidence: float, normal: bool) -> dict[str, object]:
    sums = correlation.moments(pairs)
    ccc, r, u = (float(part(sums)) for part in (lins_coefficient, correlation.product_moment, location_ratio))
    if correlation.complete(r):
        interval = NOWHERE
    elif normal:
        interval = _lins_interval(ccc, r, u, pairs.n, confidence)
    else:
        interval = _jackknife(lins_coefficient, pairs, confidence, np.arctanh, np.tanh)
    return {"ccc": ccc, "ccc_interval": interval}


def _shifts(pairs: Pairs, confidence: float, normal: bool) -> dict[str, object]:
    sums = correlation.moments(pairs)
    v, u, slope = (float(part(sums)) for part in (scale_ratio, location_ratio, slope_on_mean))
    if normal:
        v_interval = _pitman_interval(v, float(correlation.product_moment(sums)), pairs.n, confidence)
        slope_interval = _slope_interval(sums, confidence)
    else:
        v_interval = _jackknife(scale_ratio, pairs, confidence, np.log, np.exp)
        slope_interval = _jackknife(slope_on_mean, pairs, confidence)
    return {"proportional_bias": slope, "proportional_bias_interval": slope_interval,
            "equal_variances_p": _pitman_morgan(sums), "accuracy": 2 / (v + 1 / v + u**2), "scale_shift": v,
            "scale_shift_interval": v_interval, "location_shift": u,
            "location_shift_interval": _jackknife(location_ratio, pairs, confidence)}


def _mover_limit_intervals(pairs: Pairs, bias: float, spread: float, confidence: float) -> tuple[Interval, Interval]:
    """Method of variance estimates recovery: the intervals of bias and spread joined, with their correlation.

    The spread has its interval on the log scale, so the outer end of a limit is farther from it than the inner one.
    """
    of_bias = correlation.contributions(lambda sums: sums.mean_x - sums.mean_y, pairs)
    of_spread = correlation.contributions(lambda sums: np.log(_spread_of_differences(sums)), pairs)
    half = correlation.half_width(of_spread, confidence)
    if not np.isfinite(half):
        return NOWHERE, NOWHERE
    link = (of_bias * of_spread).sum() / np.sqrt((of_bias**2).sum() * (of_spread**2).sum())
    level = correlation.student_quantile(confidence, pairs.n - 1) * correlation.jackknife_error(of_bias)
    inner, outer = LIMIT * spread * (1 - np.exp(-half)), LIMIT * spread * (np.exp(half) - 1)

    def joined(other: float, sign: int) -> float:
        return float(np.sqrt(level**2 + other**2 + 2 * sign * link * level * other))

    low, high = bias - LIMIT * spread, bias + LIMIT * spread
    return (low - joined(outer, -1), low + joined(inner, -1)), (high - joined(inner, 1), high + joined(outer, 1))


def _lins_interval(ccc: float, r: float, u: float, n: int, confidence: float) -> Interval:
    """Lin's interval on the z scale (Lin 1989, eq. 10, as corrected in 2000)."""
    if r == 0:  # the asymptotic variance has no value there
        return NOWHERE
    p2, r2 = ccc**2, r**2
    variance = ((1 - r2) * p2 / ((1 - p2) * r2) + 2 * ccc**3 * (1 - ccc) * u**2 / (r * (1 - p2) ** 2)
                - ccc**4 * u**4 / (2 * r2 * (1 - p2) ** 2)) / (n - 2)
    z, half = np.arctanh(ccc), correlation.normal_quantile(confidence) * np.sqrt(variance)
    return (float(np.tanh(z - half)), float(np.tanh(z + half)))


def _pitman_interval(v: float, r: float, n: int, confidence: float) -> Interval:
    """Of the ratio of standard deviations in a normal pair (Pitman 1939)."""
    k = 1 + 2 * max(1 - r**2, 0) * correlation.student_quantile(confidence, n - 2) ** 2 / (n - 2)
    wide = k + np.sqrt(k**2 - 1)
    return (float(v / np.sqrt(wide)), float(v * np.sqrt(wide)))


def _pitman_morgan(sums: Moments) -> float:
    """p-value of equal variances: difference and sum of a normal pair are then uncorrelated."""
    apart = (sums.var_x + sums.var_y - 2 * sums.cov) * (sums.var_x + sums.var_y + 2 * sums.cov)
    if apart <= (checks.DUST * (sums.var_x + sums.var_y)) ** 2:
        return NAN
    r = (sums.var_x - sums.var_y) / np.sqrt(apart)
    if correlation.complete(r):
        return 0.0
    return float(2 * stats.t.sf(abs(r) * np.sqrt((sums.n - 2) / (1 - r**2)), sums.n - 2))


def _slope_interval(sums: Moments, confidence: float) -> Interval:
    """Least squares: Student's interval of the slope of the difference on the mean."""
    of_difference, of_mean = sums.var_x + sums.var_y - 2 * sums.cov, (sums.var_x + sums.var_y + 2 * sums.cov) / 4
    slope = float(slope_on_mean(sums))
    if np.isnan(slope):
        return NOWHERE
    half = correlation.student_quantile(confidence, sums.n - 2) * float(np.sqrt(
        max(of_difference - slope**2 * of_mean, 0) / of_mean / (sums.n - 2)))
    return (slope - half, slope + half)


_NOT_DEFINED = {
    **dict.fromkeys(("proportional_bias", "equal_variances_p", "pearson", "spearman", "ccc", "accuracy", "scale_shift",
                     "location_shift"), NAN),
    **dict.fromkeys(("proportional_bias_interval", "pearson_interval", "spearman_interval", "ccc_interval",
                     "scale_shift_interval", "location_shift_interval"), NOWHERE),
}
