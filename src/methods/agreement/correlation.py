"""Do two measurements of the same units order them alike, and how much of the link does their error hide.

Marks of clients pile up at the top of the scale and shares X of N repeat themselves, so intervals made for normal
pairs hold the truth too seldom there. The default intervals are jackknife ones, which need no such distribution; how
often each interval holds is measured in docs/agreement_intervals.md. This module also keeps what its neighbours share:
matching of the pairs, their moments with every unit left out in turn, and the jackknife itself.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from methods import checks
from methods.agreement.inputs import confident
from methods.errors import InputError, NotPublishable

FEWEST_PAIRS = 3  # through two points there is always a line
NOWHERE = (float("nan"), float("nan"))
NO_SPREAD = "интервал не определён: без одной единицы нет разброса"

Interval = tuple[float, float]


@dataclass(frozen=True)
class Correlation:
    """A correlation of two measurements; `value` or `interval` is NaN where it is undefined, and `why` says why."""

    value: float
    interval: Interval
    n: int            # units with both values
    only_x: int       # units with a first value only
    only_y: int
    confidence: float
    why: str = ""


@dataclass(frozen=True)
class Reliability:
    """Share of the variance between units that is not error of measurement; below 0 where error explains all of it."""

    value: float
    interval: Interval
    n: int
    confidence: float
    why: str = ""


@dataclass(frozen=True)
class Disattenuated:
    """The correlation that two measurements would have without their errors; above 1 it stays so and `why` says it."""

    value: float
    interval: Interval       # (-inf, inf) where the reliabilities are too uncertain to bound it
    observed: float          # Pearson's correlation as measured
    reliability_x: float
    reliability_y: float
    n: int
    only_x: int
    only_y: int
    confidence: float
    why: str = ""


def pearson(x: pd.Series, y: pd.Series, confidence: float = 0.95, interval: str = "jackknife") -> Correlation:
    r"""Pearson's product-moment correlation.

    .. math:: r = s_{xy} / (s_x s_y), \quad z = \operatorname{artanh} r

    Parameters
    ----------
    x, y : Series
        Matched by label, pairs with a gap are left out. At least 3 pairs, otherwise `NotPublishable`.
    interval : "jackknife" or "fisher"
        Both on the scale of z: the jackknife error of z with Student's quantile, or Fisher's
        :math:`z \pm z_{\alpha/2} / \sqrt{n-3}`, which is for normal pairs only.

    References
    ----------
    Fisher (1921), On the probable error of a coefficient of correlation, Metron 1, 3-32. Efron, Stein (1981), The
    jackknife estimate of variance, doi:10.1214/aos/1176345462

    Examples
    --------
    >>> result = pearson(pd.Series([1.0, 2, 3, 4, 5]), pd.Series([10.0, 40, 20, 50, 90]), interval="fisher")
    >>> result.n, round(result.value, 3), [round(end, 2) for end in result.interval]
    (5, 0.863, [-0.08, 0.99])

    A constant has no correlation with anything, which is not the same as no link:

    >>> pearson(pd.Series([1.0, 1, 1], name="опрос"), pd.Series([1.0, 2, 3])).why
    'не определена: нет разброса («опрос»: одно значение у всех 3 единиц)'
    """
    _known(interval, "fisher")
    pairs = pair_up(x, y, "Корреляция", confidence=confidence)
    if pairs.constant:
        return _undefined(pairs, confidence)
    value = product_moment(moments(pairs))
    if complete(value):
        return _without_interval(pairs, value, confidence)
    z = np.arctanh(value)
    if interval == "fisher":
        half = np.inf if pairs.n == 3 else normal_quantile(confidence) / np.sqrt(pairs.n - 3)
    else:
        half = half_width(contributions(lambda sums: np.arctanh(product_moment(sums)), pairs), confidence)
    return _correlation(pairs, value, np.tanh(z - half), np.tanh(z + half), confidence)


def spearman(x: pd.Series, y: pd.Series, confidence: float = 0.95, interval: str = "jackknife") -> Correlation:
    r"""Spearman's rank correlation: Pearson's correlation of the ranks, equal values having their mean rank.

    .. math:: \text{Bonett, Wright: } z \pm z_{\alpha/2} \sqrt{(1 + r_s^2 / 2) / (n - 3)}

    Parameters
    ----------
    x, y : Series
        Matched by label, pairs with a gap are left out. At least 3 pairs, otherwise `NotPublishable`. Values that
        differ by the dust of binary sums are equal.
    interval : "jackknife" or "bonett_wright"
        On the scale of z; the jackknife error with Student's quantile, or the variance of Bonett and Wright.

    References
    ----------
    Bonett, Wright (2000), Sample size requirements for estimating Pearson, Kendall and Spearman correlations,
    doi:10.1007/BF02294183

    Examples
    --------
    >>> round(spearman(pd.Series([1.0, 2, 3, 4, 5]), pd.Series([10.0, 40, 20, 50, 90])).value, 3)
    0.9
    """
    _known(interval, "bonett_wright")
    return _by_ranks(x, y, confidence, interval, _spearman_without_each,
                     lambda value, n: np.sqrt((1 + value**2 / 2) / (n - 3)) if n > 3 else np.inf)


def kendall(x: pd.Series, y: pd.Series, confidence: float = 0.95, interval: str = "jackknife") -> Correlation:
    r"""Kendall's tau-b: concordant less discordant pairs of units, over the pairs that are not tied.

    .. math:: \tau_b = (C - D) / \sqrt{(N - T_x)(N - T_y)}, \quad N = n(n-1)/2, \quad
              \text{Fieller: } z \pm z_{\alpha/2} \sqrt{.437 / (n - 4)}

    Parameters
    ----------
    x, y : Series
        As in `spearman`.
    interval : "jackknife" or "fieller"
        On the scale of z. Fieller's variance is for values without ties: with shares X of N it holds 90-93 of 100 times
        if the other side is a survey, 82 if that is X of 3, too.

    References
    ----------
    Kendall (1945), The treatment of ties in ranking problems, doi:10.1093/biomet/33.3.239. Fieller, Hartley, Pearson
    (1957), Tests for rank correlation coefficients I, doi:10.1093/biomet/44.3-4.470

    Examples
    --------
    >>> round(kendall(pd.Series([1.0, 2, 3, 4, 5]), pd.Series([10.0, 40, 20, 50, 90])).value, 3)
    0.8
    """
    _known(interval, "fieller")
    return _by_ranks(x, y, confidence, interval, _kendall_without_each,
                     lambda _, n: np.sqrt(0.437 / (n - 4)) if n > 4 else np.inf)


def correct_for_attenuation(r: float, reliability_x: float, reliability_y: float) -> float:
    r"""Spearman's correction, :math:`r / \sqrt{\rho_{xx} \rho_{yy}}`, for reliabilities that are known.

    References
    ----------
    Spearman (1904), The proof and measurement of association between two things, p. 90, doi:10.2307/1412159

    Examples
    --------
    >>> round(correct_for_attenuation(0.40, 0.70, 0.80), 4)
    0.5345
    """
    for value in (reliability_x, reliability_y):
        if not 0 < value <= 1:
            raise InputError("Поправка на надёжность: надёжность должна быть больше 0 и не больше 1, "
                             f"найдено {value:.4g}.")
    return r / (reliability_x * reliability_y) ** 0.5


def reliability(values: pd.Series, error_variance: pd.Series, confidence: float = 0.95) -> Reliability:
    r"""Reliability of a measurement whose error is known by unit, for instance from the survey's standard errors.

    .. math:: \rho_{xx} = 1 - \overline{\sigma_i^2} / s_x^2

    Parameters
    ----------
    values : Series
        One value by unit; gaps are left out.
    error_variance : Series
        Squared standard error of every value, same labels.
    confidence : float
        Of the jackknife interval, made for the logarithm of the share of error.

    References
    ----------
    Lord, Novick (1968), Statistical Theories of Mental Test Scores, chapter 3.

    Examples
    --------
    >>> units = list("abcde")
    >>> round(reliability(pd.Series([0.9, 0.8, 0.7, 0.6, 0.5], units), pd.Series(0.005, units)).value, 3)
    0.8
    """
    found = int(values.notna().sum())
    if found < FEWEST_PAIRS:
        raise NotPublishable(f"Надёжность ({values.name}): n = {found}: не вычисляется, нужно не меньше "
                             f"{FEWEST_PAIRS} единиц.")
    pairs = pair_up(values, values.rename(None), "Надёжность", x_error=error_variance, confidence=confidence)
    if pairs.constant:
        return Reliability(float("nan"), NOWHERE, pairs.n, confidence, pairs.constant)
    if not pairs.x_error.any():
        return Reliability(1.0, (1.0, 1.0), pairs.n, confidence)

    def error_share(sums: Moments) -> np.ndarray:  # of y, which is x without its errors taken off
        return 1 - sums.var_x / sums.var_y

    share = float(error_share(moments(pairs)))
    half = half_width(contributions(lambda sums: np.log(error_share(sums)), pairs), confidence)
    why = "" if share < 1 else "не больше 0: ошибка измерения объясняет весь разброс"
    if not np.isfinite(half):
        return Reliability(1 - share, NOWHERE, pairs.n, confidence, why or NO_SPREAD)
    ends = (float(1 - share * np.exp(half)), float(1 - share * np.exp(-half)))
    return Reliability(1 - share, ends, pairs.n, confidence, why)


def disattenuated(x: pd.Series, y: pd.Series, x_error: pd.Series | None = None, y_error: pd.Series | None = None,
                  confidence: float = 0.95) -> Disattenuated:
    r"""Correlation of the true values, from measurements whose error variances are known by unit.

    .. math:: \hat\rho = \frac{r}{\sqrt{\rho_{xx} \rho_{yy}}}
              = \frac{s_{xy}}{\sqrt{(s_x^2 - \overline{\sigma_{x,i}^2})(s_y^2 - \overline{\sigma_{y,i}^2})}}

    The interval is Fieller's, from the jackknife covariance of numerator and denominator, so it carries the
    uncertainty of both reliabilities. Where these could be as low as 0, nothing bounds the ratio: it is (-inf, inf).

    Parameters
    ----------
    x, y : Series
        Matched by label, pairs with a gap are left out. At least 3 pairs, otherwise `NotPublishable`.
    x_error, y_error : Series, optional
        Error variance (squared standard error) of every unit; left out, that side has none. Errors of the two sides
        must be independent.

    References
    ----------
    Spearman (1904), p. 90, doi:10.2307/1412159. Fieller (1954), Some problems in interval estimation,
    doi:10.1111/j.2517-6161.1954.tb00159.x

    Examples
    --------
    >>> units = list("abcdefgh")
    >>> survey = pd.Series([0.70, 0.75, 0.72, 0.80, 0.83, 0.90, 0.86, 0.95], units)
    >>> checklist = pd.Series([0.5, 0.625, 0.75, 0.75, 0.625, 0.875, 1, 0.875], units)
    >>> result = disattenuated(survey, checklist, x_error=pd.Series(0.001, units))
    >>> round(result.observed, 3), round(result.reliability_x, 3), round(result.value, 3)
    (0.73, 0.871, 0.782)
    """
    pairs = pair_up(x, y, "Корреляция", x_error, y_error, confidence)
    if pairs.constant:
        return _attenuated(pairs, float("nan"), NOWHERE, confidence, pairs.constant)
    true, whole = moments(pairs), moments(pairs, true=False)
    for side, left, all_ in zip(pairs.names, (true.var_x, true.var_y), (whole.var_x, whole.var_y), strict=True):
        if left <= checks.DUST * all_:
            return _attenuated(pairs, float("nan"), NOWHERE, confidence,
                               f"не определена: ошибка измерения объясняет весь разброс («{side}»)")
    value = product_moment(true)
    interval = fieller_interval(lambda sums: sums.cov, lambda sums: root_product(sums.var_x, sums.var_y), pairs,
                                confidence)
    notes = [f"больше 1 по модулю ({value:.2f}): ошибки измерения завышены или единиц мало"] if abs(value) > 1 else []
    if np.isinf(interval[0]):
        notes.append("интервал не ограничен: надёжность оценена слишком неточно")
    elif np.isnan(interval[0]):
        notes.append(NO_SPREAD)
    return _attenuated(pairs, value, interval, confidence, "; ".join(notes))


# What the neighbours share: matching, moments with every unit left out, the jackknife.

@dataclass(frozen=True, eq=False)
class Pairs:
    """Units with both values, in the order of the values, so that no sum depends on the order of rows."""

    x: np.ndarray
    y: np.ndarray
    x_error: np.ndarray      # error variances, zeros for a side without errors
    y_error: np.ndarray
    labels: np.ndarray
    only_x: int
    only_y: int
    names: tuple[str, str]

    @property
    def n(self) -> int:
        """Number of units with both values."""
        return len(self.x)

    @property
    def constant(self) -> str:
        """In words, that a side does not vary; empty where both do."""
        for values, name in ((self.x, self.names[0]), (self.y, self.names[1])):
            if not np.ptp(values) > checks.DUST * np.abs(values).max():
                return f"не определена: нет разброса («{name}»: одно значение у всех {self.n} единиц)"
        return ""


@dataclass(frozen=True, eq=False)
class Moments:
    """Means, variances and covariance (sums over n) of pairs; arrays where each unit is left out in turn."""

    n: int
    mean_x: np.ndarray
    mean_y: np.ndarray
    var_x: np.ndarray
    var_y: np.ndarray
    cov: np.ndarray


def pair_up(x: pd.Series, y: pd.Series, what: str, x_error: pd.Series | None = None,
            y_error: pd.Series | None = None, confidence: float = 0.95) -> Pairs:
    """Match two measurements by label; `what` opens the messages. Raises below 3 pairs."""
    confident(confidence, what)
    names = tuple(str(side.name) if side.name is not None else word
                  for side, word in ((x, "первая оценка"), (y, "вторая оценка")))
    if names[0] == names[1]:
        names = (f"{names[0]}, первая оценка", f"{names[1]}, вторая оценка")
    both = f"{what} ({names[0]} и {names[1]})"
    for side, name in ((x, names[0]), (y, names[1])):
        checks.unique(side.index, f"{both}: единицы показателя «{name}»")
    first, second = x.astype(float).dropna(), y.astype(float).dropna()
    for side, name in ((first, names[0]), (second, names[1])):
        if np.isinf(side.to_numpy()).any():
            raise InputError(f"{both}: значение должно быть конечным, найдена бесконечность: «{name}», "
                             f"единица {side.index[np.isinf(side.to_numpy())][0]}.")
    common = first.index.intersection(second.index, sort=False)
    only_x, only_y = len(first) - len(common), len(second) - len(common)
    if len(common) < FEWEST_PAIRS:
        raise NotPublishable(
            f"{both}: n = {len(common)}: не вычисляется, нужно не меньше {FEWEST_PAIRS} единиц с обеими оценками. "
            f"Только первая оценка есть у {only_x}, только вторая — у {only_y}. Проверьте, одинаковы ли коды единиц.")
    columns = [first[common].to_numpy(), second[common].to_numpy(),
               *(_error_variances(errors, common, f"{both}: ошибка «{name}»")
                 for errors, name in ((x_error, names[0]), (y_error, names[1])))]
    order = np.lexsort(columns[::-1])
    return Pairs(*(column[order] for column in columns), common.to_numpy()[order], only_x, only_y, names)


def _error_variances(errors: pd.Series | None, units: pd.Index, what: str) -> np.ndarray:
    if errors is None:
        return np.zeros(len(units))
    checks.unique(errors.index, what)
    values = errors.astype(float).reindex(units)
    for wrong, words in ((~np.isfinite(values), "не задана"), (values < 0, "отрицательна")):
        if wrong.any():
            raise InputError(f"{what}: дисперсия должна быть числом не меньше 0, {words} у единиц: "
                             f"{', '.join(map(str, units[wrong][:5]))} (всего {int(wrong.sum())}).")
    return values.to_numpy()


def moments(pairs: Pairs, true: bool = True) -> Moments:
    """Moments of the pairs; with `true`, the mean error variances are subtracted (nothing, where there are none)."""
    x, y = pairs.x - pairs.x.mean(), pairs.y - pairs.y.mean()
    lost = (pairs.n - 1) / pairs.n if true else 0.0  # these variances are over n, so is the share of error in them
    return Moments(pairs.n, pairs.x.mean(), pairs.y.mean(), (x**2).mean() - lost * pairs.x_error.mean(),
                   (y**2).mean() - lost * pairs.y_error.mean(), (x * y).mean())


def moments_without_each(pairs: Pairs) -> Moments:
    """The same, as n-vectors: entry i is what it would be without unit i."""
    n, left = pairs.n, pairs.n - 1
    x, y = pairs.x - pairs.x.mean(), pairs.y - pairs.y.mean()

    def second(product: np.ndarray) -> np.ndarray:
        return (product.sum() - n / left * product) / left

    var_x, var_y, cov = second(x**2), second(y**2), second(x * y)
    equal_x, equal_y = var_x <= checks.DUST * (x**2).mean(), var_y <= checks.DUST * (y**2).mean()   # all the others
    var_x[equal_x], var_y[equal_y], cov[equal_x | equal_y] = 0.0, 0.0, 0.0   # what is left is rounding

    def true(variance: np.ndarray, errors: np.ndarray) -> np.ndarray:
        return variance - (left - 1) / left * (errors.sum() - errors) / left

    return Moments(left, pairs.x.mean() - x / left, pairs.y.mean() - y / left, true(var_x, pairs.x_error),
                   true(var_y, pairs.y_error), cov)


def product_moment(sums: Moments) -> np.ndarray:
    """Pearson's correlation from moments."""
    return sums.cov / root_product(sums.var_x, sums.var_y)


def root_product(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Geometric mean of two variances; 0 where subtraction of the error made one negative."""
    return np.sqrt(np.maximum(one, 0) * np.maximum(other, 0))


def contributions(statistic: Callable[[Moments], np.ndarray], pairs: Pairs) -> np.ndarray:
    """What each unit adds to a statistic: its mean over samples without one unit, less the value without this one."""
    with np.errstate(divide="ignore", invalid="ignore"):  # undefined without one unit: the interval will be NaN
        without = statistic(moments_without_each(pairs))
        return without.mean() - without


def jackknife_error(added: np.ndarray) -> float:
    r"""Standard error, :math:`\sqrt{(n-1)/n \cdot \sum_i (\theta_{(\cdot)} - \theta_{(i)})^2}` (Efron, Stein 1981)."""
    return float(np.sqrt((len(added) - 1) / len(added) * (added**2).sum()))


def half_width(added: np.ndarray, confidence: float) -> float:
    r"""Half of a jackknife interval: Student's quantile times the jackknife error.

    Degrees of freedom by Satterthwaite's rule, :math:`\nu = 2 / (2/(n-1) + \gamma_2/n)`: a variance estimated from
    contributions with heavy tails (excess :math:`\gamma_2 > 0`) is worth fewer than n - 1 of them (Box 1953,
    doi:10.1093/biomet/40.3-4.318); never more than n - 2.
    """
    n = len(added)
    if not np.isfinite(added).all():
        return float("nan")
    freedom = n - 2
    if n > 3 and added.any():
        scaled = added / np.abs(added).max()  # fourth powers must not vanish
        excess = (scaled**4).mean() / (scaled**2).mean() ** 2 - 3
        excess = (n - 1) / ((n - 2) * (n - 3)) * ((n + 1) * excess + 6)  # Fisher's unbiased cumulants
        freedom = min(freedom, 2 / (2 / (n - 1) + max(excess, 0) / n))
    return student_quantile(confidence, freedom) * jackknife_error(added)


def fieller_interval(numerator: Callable[[Moments], np.ndarray], denominator: Callable[[Moments], np.ndarray],
                     pairs: Pairs, confidence: float) -> Interval:
    r"""All ratios with :math:`(a - \theta b)^2 \le t^2 \operatorname{var}(a - \theta b)`, the variances by jackknife.

    (-inf, inf) where the denominator could be 0; NaN where a moment is undefined without some unit.
    """
    a, b = (float(part(moments(pairs))) for part in (numerator, denominator))
    added_a, added_b = (contributions(part, pairs) for part in (numerator, denominator))
    if not (np.isfinite(added_a).all() and np.isfinite(added_b).all()):
        return NOWHERE
    share = student_quantile(confidence, pairs.n - 2) ** 2 * (pairs.n - 1) / pairs.n
    squared, mixed, rest = (b**2 - share * (added_b**2).sum(), a * b - share * (added_a * added_b).sum(),
                            a**2 - share * (added_a**2).sum())
    if squared <= 0:
        return (float("-inf"), float("inf"))
    root = np.sqrt(max(mixed**2 - squared * rest, 0))  # a / b is inside, so only dust can make it negative
    return (float((mixed - root) / squared), float((mixed + root) / squared))


def normal_quantile(confidence: float) -> float:
    """Of a two-sided normal interval."""
    return float(stats.norm.ppf((1 + confidence) / 2))


def student_quantile(confidence: float, freedom: float) -> float:
    """Of a two-sided Student interval."""
    return float(stats.t.ppf((1 + confidence) / 2, freedom))


def complete(r: float) -> bool:
    """Is the correlation 1 or -1: no interval exists there."""
    return bool(np.isclose(abs(r), 1, rtol=0, atol=checks.DUST))


def levels(values: np.ndarray) -> np.ndarray:
    """Codes 0, 1, ... in the order of the values; values that differ by dust have one code."""
    order = np.argsort(values, kind="stable")
    steps = np.diff(values[order]) > checks.DUST * np.abs(values).max()
    codes = np.empty(len(values), dtype=np.int64)
    codes[order] = np.concatenate([[0], np.cumsum(steps)])
    return codes


def concordance_scores(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    r"""Concordant less discordant partners of every unit.

    .. math:: \sum_j \operatorname{sgn}(x_i - x_j) \operatorname{sgn}(y_i - y_j)

    By the bits of the code of `x`: two units meet once, at the highest bit where their codes differ, and there it is
    known who is higher. O(n log n) for each bit, so the side with fewer levels goes first.

    Parameters
    ----------
    x, y : integer arrays
        Codes from `levels`.
    """
    if x.max() > y.max():
        x, y = y, x
    scores, height = np.zeros(len(x), dtype=np.int64), y.max() + 1
    for bit in range(int(x.max()).bit_length()):
        group, upper = x >> (bit + 1), (x >> bit) & 1 == 1  # who shares all higher bits; who has this one
        key = group * height + y
        for mine, sign in ((upper, 1), (~upper, -1)):
            others, size = np.sort(key[~mine]), np.bincount(group[~mine], minlength=group.max() + 1)
            end = np.cumsum(size)
            below, up_to = (np.searchsorted(others, key[mine], side) for side in ("left", "right"))
            scores[mine] += sign * (below + up_to - (2 * end - size)[group[mine]])
    return scores


def tau_b(x: np.ndarray, y: np.ndarray) -> float:
    """Kendall's tau-b of codes from `levels`; NaN where all are one tie."""
    return _kendall_without_each(x, y)[0]


def _kendall_without_each(x: np.ndarray, y: np.ndarray) -> tuple[float, np.ndarray]:
    """tau-b, and tau-b without each unit: all its sums lose twice what the unit had in them."""
    scores = concordance_scores(x, y)
    untied = [(len(x) - np.bincount(codes)[codes]).astype(float) for codes in (x, y)]
    with np.errstate(divide="ignore", invalid="ignore"):
        whole = scores.sum() / np.sqrt(untied[0].sum() * untied[1].sum())
        left = [of.sum() - 2 * of for of in untied]
        return float(whole), (scores.sum() - 2 * scores) / np.sqrt(left[0] * left[1])


def _spearman_without_each(x: np.ndarray, y: np.ndarray) -> tuple[float, np.ndarray]:
    """Rank correlation, and the same without each unit.

    Without unit i the centred rank of j becomes a_j - s_ij / 2, s_ij being the sign of x_j - x_i.
    """
    (a, a_above), (b, b_above) = (_centred_ranks(codes) for codes in (x, y))
    scores = concordance_scores(x, y)

    def product(one: np.ndarray, other: np.ndarray, mixed: np.ndarray, squares: np.ndarray) -> np.ndarray:
        return (one * other).sum() - one * other - mixed / 2 + squares / 4

    covariance = product(a, b, a_above(b) + b_above(a), scores)
    spread = [product(ranks, ranks, 2 * above(ranks), len(x) - np.bincount(codes)[codes])
              for ranks, above, codes in ((a, a_above, x), (b, b_above, y))]
    with np.errstate(divide="ignore", invalid="ignore"):
        return float((a * b).sum() / np.sqrt((a**2).sum() * (b**2).sum())), covariance / np.sqrt(spread[0] * spread[1])


def _centred_ranks(codes: np.ndarray) -> tuple[np.ndarray, Callable[[np.ndarray], np.ndarray]]:
    """Mean ranks less (n + 1)/2; and, for centred values, their sum over higher units less that over lower ones."""
    size = np.bincount(codes)
    ranks = (np.cumsum(size) - (size - 1) / 2)[codes] - (len(codes) + 1) / 2

    def above_less_below(values: np.ndarray) -> np.ndarray:
        at = np.bincount(codes, weights=values)
        return (at.sum() + at - 2 * np.cumsum(at))[codes]

    return ranks, above_less_below


def _by_ranks(x: pd.Series, y: pd.Series, confidence: float, interval: str,
              without_each: Callable[[np.ndarray, np.ndarray], tuple[float, np.ndarray]],
              published_error: Callable[[float, int], float]) -> Correlation:
    """A correlation of ranks with its jackknife interval, or with the published error on the scale of z."""
    pairs = pair_up(x, y, "Корреляция", confidence=confidence)
    if pairs.constant:
        return _undefined(pairs, confidence)
    value, without = without_each(levels(pairs.x), levels(pairs.y))
    if interval == "jackknife":
        return _rank_correlation(pairs, value, without, confidence)
    return _rank_correlation(pairs, value, None, confidence, published_error(value, pairs.n))


def _rank_correlation(pairs: Pairs, value: float, without: np.ndarray | None, confidence: float,
                      error: float = 0.0) -> Correlation:
    """On the scale of z; ranks have no heavy tails, so Student's quantile keeps n - 2 degrees of freedom."""
    if complete(value):
        return _without_interval(pairs, value, confidence)
    if without is None:
        half = normal_quantile(confidence) * error
    else:
        half = student_quantile(confidence, pairs.n - 2) * jackknife_error(without.mean() - without) / (1 - value**2)
    z = np.arctanh(value)
    return _correlation(pairs, value, np.tanh(z - half), np.tanh(z + half), confidence)


def _correlation(pairs: Pairs, value: float, low: float, high: float, confidence: float) -> Correlation:
    if np.isnan(low):
        return Correlation(float(value), NOWHERE, pairs.n, pairs.only_x, pairs.only_y, confidence,
                           "интервал не определён: без одной единицы связь полная или нет разброса")
    return Correlation(float(value), (float(low), float(high)), pairs.n, pairs.only_x, pairs.only_y, confidence)


def _undefined(pairs: Pairs, confidence: float) -> Correlation:
    return Correlation(float("nan"), NOWHERE, pairs.n, pairs.only_x, pairs.only_y, confidence, pairs.constant)


def _without_interval(pairs: Pairs, value: float, confidence: float) -> Correlation:
    return Correlation(float(np.sign(value)), NOWHERE, pairs.n, pairs.only_x, pairs.only_y, confidence,
                       "интервал не определён: связь полная")


def _attenuated(pairs: Pairs, value: float, interval: Interval, confidence: float, why: str) -> Disattenuated:
    whole = moments(pairs, true=False)
    varies = not pairs.constant
    true = moments(pairs)
    return Disattenuated(
        float(value), interval, float(product_moment(whole)) if varies else float("nan"),
        float(true.var_x / whole.var_x) if varies else float("nan"),
        float(true.var_y / whole.var_y) if varies else float("nan"),
        pairs.n, pairs.only_x, pairs.only_y, confidence, why)


def _known(interval: str, other: str) -> None:
    if interval not in ("jackknife", other):
        raise InputError(f"Интервал «{interval}» неизвестен: допустимы jackknife и {other}.")
