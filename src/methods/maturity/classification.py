"""How far a level can be trusted: probability of every level, accuracy and consistency of the classification.

A score has an error, so a unit near a border may have been put on the wrong side of it. Accuracy is the share of units
whose assigned level is their true one; consistency, the share that a second, equally good measurement would put on the
same level. With a standard error for every unit use `rudner`; with nothing but scores and a reliability
`livingston_lewis`, for plain numbers of requirements met `hanson_brennan`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import linalg, optimize, special, stats

from methods import checks
from methods.errors import InputError, NotPublishable
from methods.index.grade import bands
from methods.maturity.inputs import FEWEST_UNITS, ascending, within_unit

NODES = 120       # of Gauss-Jacobi: areas of the beta law to 1e-12 for up to some hundreds of items
COMPARED = 9      # decimals that decide on which side of a border a score lies, as in `levels`
FEWEST_ITEMS = 4  # below it four moments of the true scores cannot be had
SMOOTH = 4.0      # exponent of the beta law from which on its end is no difficulty for Gauss-Legendre nodes
NOTHING = 1e-17   # probability that is left out
LEAST_SPREAD = 0.01  # standard deviation of true shares below which there is nothing to classify


@dataclass(frozen=True, eq=False)
class BetaBinomial:
    """Law of the true shares and of the errors about them, as estimated by moments."""

    alpha: float
    beta: float
    lowest: float    # bounds of the true shares
    highest: float
    items: int       # of the binomial: the number of requirements, or the effective test length
    lords_k: float   # 0: plain binomial
    moments: int     # that were matched: 4, or 3 or 2 where a bound had to be set


@dataclass(frozen=True, eq=False)
class Classification:
    """Levels as assigned against true ones and against a second measurement."""

    confusion: pd.DataFrame    # true level x assigned level, joint shares, sum 1
    repeated: pd.DataFrame     # assigned level x level of a second measurement, joint shares, sum 1
    method: str
    n: int                     # units
    model: BetaBinomial | None = None

    @property
    def accuracy(self) -> float:
        """Share of units on their true level."""
        return float(np.trace(self.confusion))

    @property
    def consistency(self) -> float:
        """Share of units that a second measurement would put on the same level."""
        return float(np.trace(self.repeated))

    @property
    def kappa(self) -> float:
        """Consistency beyond chance; NaN if all units are on one level."""
        chance = float((self.repeated.sum() * self.repeated.sum(axis=1)).sum())
        return (self.consistency - chance) / (1 - chance) if 1 - chance > checks.DUST else float("nan")

    @property
    def too_high(self) -> float:
        """Share of units assigned a level above the true one."""
        return float(np.triu(self.confusion, 1).sum())

    @property
    def too_low(self) -> float:
        """Share of units assigned a level below the true one."""
        return float(np.tril(self.confusion, -1).sum())

    def levels(self) -> pd.DataFrame:
        """By level: shares of units that truly are and that were put there; of the first, those found (`found`); of the
        second, those that belong there (`right`) and those that would be put there again (`again`)."""
        true, assigned = self.confusion.sum(axis=1), self.confusion.sum()
        hit, same = (pd.Series(np.diag(table), true.index) for table in (self.confusion, self.repeated))
        return pd.DataFrame({"true": true, "assigned": assigned, "found": hit / true.where(true > 0),
                             "right": hit / assigned.where(assigned > 0),
                             "again": same / self.repeated.sum(axis=1).where(lambda share: share > 0)})

    def borders(self) -> pd.DataFrame:
        """By border between two levels, all below against all above: accuracy, consistency, false rise and fall."""
        rows = {}
        for place in range(1, len(self.confusion)):
            cells, again = (table.to_numpy() for table in (self.confusion, self.repeated))
            up, down = cells[:place, place:].sum(), cells[place:, :place].sum()
            moved = again[:place, place:].sum() + again[place:, :place].sum()
            rows[f"{place}|{place + 1}"] = {"accuracy": 1 - up - down, "consistency": 1 - moved, "false_rise": up,
                                            "false_fall": down}
        return pd.DataFrame.from_dict(rows, orient="index").rename_axis("border")


# -- a standard error for every unit -----------------------------------------------------------------------------------

def level_probabilities(scores: pd.Series, errors: pd.Series | float, cut_offs: Sequence[float]) -> pd.DataFrame:
    r"""Probability of every level for every unit, from its score and the standard error of the score.

    .. math:: P(l \mid x_u) = \Phi\Bigl(\frac{c_l - x_u}{\sigma_u}\Bigr)
              - \Phi\Bigl(\frac{c_{l-1} - x_u}{\sigma_u}\Bigr), \quad c_0 = -\infty, \; c_L = \infty

    Parameters
    ----------
    scores : Series, shape (n units,)
        On the scale of the cut-offs; a gap has no probabilities (NaN).
    errors : Series, shape (n,), or float
        Standard error of every score, not below 0. A unit without error is on its level for certain.
    cut_offs : ascending numbers
        A score equal to a border belongs to the upper level.

    Returns
    -------
    DataFrame, shape (n units, levels 1 .. L)
        Rows sum to 1.

    References
    ----------
    Rudner (2001), Computing the expected proportions of misclassified examinees, Practical Assessment, Research &
    Evaluation 7(14), eq. 1. doi:10.7275/an9m-2035

    Examples
    --------
    One standard error above the border:

    >>> level_probabilities(pd.Series({"Регион": 0.55}), 0.05, [0.5]).round(4).to_dict("records")
    [{1: 0.1587, 2: 0.8413}]
    """
    what = "Вероятности уровней"
    cuts = ascending(cut_offs, what)
    checks.unique(scores.index, f"{what}: единицы")
    if np.isinf(scores).any():
        raise InputError(f"{what}: балл должен быть конечным числом: {scores.index[np.isinf(scores)][0]}.")
    sigma = _errors(errors, scores.index, what)
    levels = pd.RangeIndex(1, len(cuts) + 2, name="level")
    sure = _levels(scores, cuts)
    apart = cuts[None, :] - scores.to_numpy()[:, None]
    above = np.where(sigma[:, None] > 0, apart / np.where(sigma > 0, sigma, 1.0)[:, None],
                     np.where(sure.to_numpy()[:, None] > np.arange(1, len(cuts) + 1), -np.inf, np.inf))
    below = np.column_stack([np.zeros(len(scores)), special.ndtr(above), np.ones(len(scores))])
    return pd.DataFrame(np.diff(below, axis=1), scores.index, levels).where(scores.notna(), axis=0)


def rudner(scores: pd.Series, errors: pd.Series | float, cut_offs: Sequence[float]) -> Classification:
    r"""Accuracy and consistency from scores with normal errors of known size.

    .. math:: \text{accuracy} = \frac1n \sum_u P(l_u \mid x_u), \qquad
              \text{consistency} = \frac1n \sum_u \sum_l P(l \mid x_u)^2

    Every score is taken for the true one of some unit. Scores are spread more widely than true values, so both numbers
    are somewhat too high where errors are large; give shrunken scores with their errors to avoid that.

    Parameters
    ----------
    scores, errors, cut_offs
        As in `level_probabilities`; units without a score do not count.

    Raises
    ------
    NotPublishable
        Fewer than 3 units with a score.

    References
    ----------
    Rudner (2001), doi:10.7275/an9m-2035. Rudner (2005), Expected classification accuracy, Practical Assessment,
    Research & Evaluation 10(13), doi:10.7275/56a5-6b14. Consistency as in Lathrop (2014), cacIRT: an R package,
    "P method"

    Examples
    --------
    >>> scores = pd.Series({"A": 0.40, "B": 0.55, "C": 0.60})
    >>> found = rudner(scores, 0.05, [0.5])
    >>> round(found.accuracy, 4), round(found.consistency, 4)
    (0.9319, 0.8814)
    """
    what = "Классификация по Раднеру"
    chances = level_probabilities(scores, errors, cut_offs).dropna()
    n = len(chances)
    if n < FEWEST_UNITS:
        raise NotPublishable(f"{what}: нужно не меньше {FEWEST_UNITS} единиц с баллом, найдено {n}.")
    chances = chances.loc[sorted(chances.index, key=str)]
    p, own = chances.to_numpy(), _levels(scores[chances.index], ascending(cut_offs, what)).to_numpy()
    assigned = (own[:, None] == chances.columns.to_numpy()).astype(float)
    return _classification(p.T @ assigned / n, p.T @ p / n, "rudner", n)


# -- scores and a reliability ------------------------------------------------------------------------------------------

def hanson_brennan(met: pd.Series, items: int, cut_scores: Sequence[float],
                   reliability: float | None = None) -> Classification:
    r"""Accuracy and consistency of levels given by the number of requirements met.

    .. math:: \tau \sim \mathrm{Beta}_4(\alpha, \beta, l, u), \qquad
              P(x \mid \tau) = B_n(x) - k \tau (1 - \tau) \bigl(B_{n-2}(x) - 2 B_{n-2}(x-1) + B_{n-2}(x-2)\bigr)

    The true shares have a beta law with four parameters, fitted by moments; the number met has Lord's two-term
    approximation of the compound binomial, which allows for requirements of unequal difficulty.

    Parameters
    ----------
    met : Series, shape (n units,)
        Whole numbers from 0 to `items`, no gaps.
    items : int
        Number of requirements, at least 4.
    cut_scores : ascending numbers
        Numbers met from which on the next level begins; the border of true shares is the same share of `items`.
    reliability : float, optional
        From which Lord's k follows; by default k = 0, the plain binomial (its reliability is KR-21).

    Returns
    -------
    Classification
        `model.moments` below 4: the four moments asked for true shares outside [0; 1], so a bound was set there.

    Raises
    ------
    NotPublishable
        The numbers vary no more than their errors do.

    References
    ----------
    Hanson, Brennan (1990), An investigation of classification consistency indexes estimated under alternative strong
    true score models, Journal of Educational Measurement 27:345-359, doi:10.1111/j.1745-3984.1990.tb00753.x. Hanson
    (1991), Method of moments estimates for the four-parameter beta compound binomial model, ACT Research Report 91-5.
    Lord (1965), A strong true-score theory, with applications, doi:10.1007/BF02289490

    Examples
    --------
    >>> met = pd.Series([2, 3, 4, 4, 5, 5, 5, 6, 6, 7, 7, 8, 8, 9, 10])
    >>> found = hanson_brennan(met, 10, [6])
    >>> round(found.accuracy, 2), round(found.consistency, 2)
    (0.75, 0.67)
    """
    what = "Классификация по Хэнсону — Бреннану"
    x, cuts = _scores(met, what), ascending(cut_scores, what)
    if items < FEWEST_ITEMS:
        raise InputError(f"{what}: нужно не меньше {FEWEST_ITEMS} требований, сейчас {items}.")
    odd = met.index[(met % 1 != 0) | (met < 0) | (met > items)]
    if len(odd):
        raise InputError(f"{what}: исполнено — целое число от 0 до {items}, найдено {met[odd[0]]:g} ({odd[0]}).")
    _inside(cuts, 0, items, what)
    k = 0.0 if reliability is None else lords_k(float(x.mean()), float(x.var(ddof=1)), items, reliability)
    model = fit_beta_binomial(x, items, k, what)
    return _beta_binomial(model, np.ceil(cuts - checks.SUM_TOLERANCE), cuts / items, "hanson-brennan", len(x))


def livingston_lewis(scores: pd.Series, reliability: float, cut_offs: Sequence[float], *, lowest: float = 0.0,
                     highest: float = 1.0) -> Classification:
    r"""Accuracy and consistency of levels given by any score with a known reliability.

    .. math:: \tilde n = \frac{(\mu - m)(M - \mu) - \rho \sigma^2}{\sigma^2 (1 - \rho)}

    The score is treated as if it came from :math:`\tilde n` equally hard requirements (the effective test length,
    rounded) with binomial errors; the true shares have a beta law with four parameters.

    Parameters
    ----------
    scores : Series, shape (n units,)
        No gaps.
    reliability : float
        Of the scores, between 0 and 1: alpha, omega, or from a repeated measurement.
    cut_offs : ascending numbers
        On the scale of the scores.
    lowest, highest : float
        Smallest and largest score that is possible (m, M), not the smallest and largest found: a released version of
        BB-CLASS took those and gives wrong lengths.

    Returns
    -------
    Classification
        The margins are the model's, not moved to the observed ones.

    Raises
    ------
    NotPublishable
        Effective length below 4, or scores that vary no more than their errors.

    References
    ----------
    Livingston, Lewis (1995), Estimating the consistency and accuracy of classifications based on test scores, Journal
    of Educational Measurement 32:179-197. doi:10.1111/j.1745-3984.1995.tb00462.x

    Examples
    --------
    >>> scores = pd.Series([0.2, 0.3, 0.4, 0.4, 0.5, 0.5, 0.5, 0.6, 0.6, 0.7, 0.7, 0.8, 0.8, 0.9, 1.0])
    >>> found = livingston_lewis(scores, 0.8, [0.6])
    >>> found.model.items, round(found.accuracy, 2)
    (20, 0.86)
    """
    what = "Классификация по Ливингстону — Льюису"
    x, cuts = _scores(scores, what), ascending(cut_offs, what)
    within_unit(reliability, "надёжность", what)
    if not lowest < highest:
        raise InputError(f"{what}: наименьший возможный балл {lowest:g} должен быть меньше наибольшего {highest:g}.")
    outside = scores.index[(scores < lowest) | (scores > highest)]
    if len(outside):
        raise InputError(f"{what}: балл вне возможных {lowest:g}–{highest:g}: {outside[0]} = {scores[outside[0]]:g}.")
    _inside(cuts, lowest, highest, what)
    length = effective_test_length(float(x.mean()), float(x.var(ddof=1)), reliability, lowest, highest)
    items = int(np.floor(length + 0.5))
    if items < FEWEST_ITEMS:
        raise NotPublishable(f"{what}: эффективная длина {length:.1f} меньше {FEWEST_ITEMS}: баллы почти все на краях "
                             "шкалы или надёжность занижена, модель не подходит.")
    share = (cuts - lowest) / (highest - lowest)
    model = fit_beta_binomial((x - lowest) / (highest - lowest) * items, items, 0.0, what)
    return _beta_binomial(model, np.ceil(share * items - checks.SUM_TOLERANCE), share, "livingston-lewis", len(x))


def effective_test_length(mean: float, variance: float, reliability: float, lowest: float = 0.0,
                          highest: float = 1.0) -> float:
    """Number of equally hard requirements whose sum would have this mean, variance and reliability.

    Livingston, Lewis (1995), eq. 1; unrounded.

    >>> round(effective_test_length(16.4987, 64.7823, 0.873, 0, 40), 1)
    40.3
    """
    return ((mean - lowest) * (highest - mean) - reliability * variance) / (variance * (1 - reliability))


def lords_k(mean: float, variance: float, items: int, reliability: float) -> float:
    r"""Lord's k from the mean and variance of the numbers met and their reliability.

    .. math:: k = \frac{n \bigl((n - 1) \rho \sigma^2 - n \sigma^2 + \mu (n - \mu)\bigr)}
                       {2 \bigl(\mu (n - \mu) - \rho \sigma^2\bigr)}

    0 where the reliability is KR-21: then all requirements are equally hard.

    >>> kr21 = 10 / 9 * (1 - 5 * 5 / (10 * 4.0))
    >>> round(lords_k(5.0, 4.0, 10, kr21), 10), round(lords_k(5.0, 4.0, 10, 0.5), 2)
    (0.0, 0.65)
    """
    within_unit(reliability, "надёжность", "k Лорда")
    true, most = reliability * variance, mean * (items - mean)
    return items * ((items - 1) * true - items * variance + most) / (2 * (most - true))


def fit_beta_binomial(x: np.ndarray, items: int, k: float, what: str) -> BetaBinomial:
    """Four-parameter beta law of the true shares by moments; where it leaves [0; 1] a bound is set and one fewer
    moment matched (Hanson 1991).

    Parameters
    ----------
    x : array
        Numbers met, from 0 to `items`; fractions allowed.
    k : float
        Lord's k.
    what : str
        Russian words that begin the error.
    """
    m1, m2, m3, m4 = _true_moments(x, items, k)
    variance = m2 - m1**2
    if not variance > LEAST_SPREAD**2:
        raise NotPublishable(f"{what}: баллы различаются не сильнее, чем от одних ошибок измерения "
                             f"(дисперсия истинных долей {variance:.4g}); доли верных и повторных решений не оценить.")
    skewness = (m3 - 3 * m1 * m2 + 2 * m1**3) / variance**1.5
    kurtosis = (m4 - 4 * m1 * m3 + 6 * m1**2 * m2 - 3 * m1**4) / variance**2
    for law in (_four(m1, variance, skewness, kurtosis), _three(m1, variance, skewness), _two(m1, variance, 0.0, 1.0)):
        if law is not None:
            *parameters, moments = law
            return BetaBinomial(*(float(each) for each in parameters), items, float(k), moments)
    raise NotPublishable(f"{what}: разброс истинных долей {variance:.4g} больше возможного при среднем {m1:.3g}; "
                         "модель не подходит.")


# -- steps -------------------------------------------------------------------------------------------------------------

def _levels(scores: pd.Series, cuts: np.ndarray) -> pd.Series:
    return bands(scores.round(COMPARED), cuts.round(COMPARED)).grade


Law = tuple[float, float, float, float, int]


def _true_moments(x: np.ndarray, items: int, k: float) -> list[float]:
    """First four moments of the true shares from factorial moments of the numbers met."""
    found = [float(x.mean()) / items]
    for r in range(2, 5):
        factorial = float(np.mean(np.prod([x - step for step in range(r)], axis=0)))
        smaller = float(np.prod([items - 2 - step for step in range(r - 2)]))
        found.append((factorial / smaller + k * r * (r - 1) * found[-1]) / (items * (items - 1) + k * r * (r - 1)))
    return found


def _four(mean: float, variance: float, skewness: float, kurtosis: float) -> Law | None:
    bottom = 6 + 3 * skewness**2 - 2 * kurtosis
    r = 6 * (kurtosis - skewness**2 - 1) / bottom if bottom else -1.0
    if not r > 0:
        return None
    inner = 1 - 24 * (r + 1) / ((r + 2) * (r + 3) * kurtosis - 3 * (r - 6) * (r + 1))
    if not 0 <= inner < 1:
        return None
    large, small = r / 2 * (1 + inner**0.5), r / 2 * (1 - inner**0.5)
    a, b = (large, small) if skewness < 0 else (small, large)
    unit = (variance * (a + b + 1) / (a * b)) ** 0.5
    low, high = mean - a * unit, mean + b * unit
    return (a, b, low, high, 4) if low >= 0 and high <= 1 else None


def _three(mean: float, variance: float, skewness: float) -> Law | None:
    """One bound of the true shares is that of the scale; the other one follows from the skewness."""
    def upper(low: float) -> float:
        law = _two(mean, variance, low, 1.0)
        return _skewness(law[0], law[1]) - skewness if law else np.nan

    def lower(high: float) -> float:
        law = _two(mean, variance, 0.0, high)
        return _skewness(law[0], law[1]) - skewness if law else np.nan
    edge = 1e-6  # of the room between a bound and the point where no law has this variance
    ends = (mean - variance / (1 - mean)) * (1 - edge), 1 - (1 - mean - variance / mean) * (1 - edge)
    for gap, span in ((upper, (0.0, ends[0])), (lower, (ends[1], 1.0))):
        if 0 <= span[0] < span[1] <= 1 and gap(span[0]) * gap(span[1]) <= 0:
            bound = optimize.brentq(gap, *span, xtol=1e-14)
            law = _two(mean, variance, *((bound, 1.0) if gap is upper else (0.0, bound)))
            return (*law[:4], 3) if law else None
    return None


def _two(mean: float, variance: float, low: float, high: float) -> Law | None:
    p, v = (mean - low) / (high - low), variance / (high - low) ** 2
    size = p * (1 - p) / v - 1
    return (p * size, (1 - p) * size, low, high, 2) if size > 0 and 0 < p < 1 else None


def _skewness(a: float, b: float) -> float:
    return 2 * (b - a) * (a + b + 1) ** 0.5 / ((a + b + 2) * (a * b) ** 0.5)


def _beta_binomial(model: BetaBinomial, starts: np.ndarray, borders: np.ndarray, method: str,
                   n: int) -> Classification:
    """Joint shares of levels under a fitted model.

    Parameters
    ----------
    starts : numbers met from which on the next level begins
    borders : true shares from which on it begins
    """
    def chance(share: np.ndarray) -> np.ndarray:
        return _level_chances(share, starts, model)
    share, weight = _nodes(model, model.lowest, model.highest)
    p = chance(share)
    below = [np.zeros(p.shape[1])]
    for border in borders:
        below.append(_area_below(model, float(border), chance, weight @ p))
    confusion = np.diff([*below, weight @ p], axis=0)
    return _classification(confusion, p.T @ (weight[:, None] * p), method, n, model)


def _level_chances(share: np.ndarray, starts: np.ndarray, model: BetaBinomial) -> np.ndarray:
    """P(assigned level | true share): shares x levels."""
    n, k, x = model.items, model.lords_k, np.arange(model.items + 1)
    pmf = stats.binom.pmf(x, n, share[:, None])
    if k:
        two = [stats.binom.pmf(x - step, n - 2, share[:, None]) for step in range(3)]
        pmf = pmf - k * (share * (1 - share))[:, None] * (two[0] - 2 * two[1] + two[2])
    level = np.searchsorted(starts, x, side="right")
    return pmf @ (level[:, None] == np.arange(len(starts) + 1)).astype(float)


def _area_below(model: BetaBinomial, border: float, chance: Callable[[np.ndarray], np.ndarray],
                whole: np.ndarray) -> np.ndarray:
    """Joint share of every assigned level with true shares below a border."""
    if border <= model.lowest:
        return np.zeros_like(whole)
    if border >= model.highest:
        return whole
    if border < (model.lowest + model.highest) / 2:
        share, weight = _nodes(model, model.lowest, border)
        return weight @ chance(share)
    share, weight = _nodes(model, border, model.highest)
    return whole - weight @ chance(share)


def _nodes(model: BetaBinomial, start: float, end: float) -> tuple[np.ndarray, np.ndarray]:
    """Nodes and weights that integrate against the beta density over all of it, or over a part from one of its ends.

    A singular end is taken into the weights; a density that vanishes there is simply a factor, since weights of many
    powers would drown in rounding.
    """
    a, b, low, high = model.alpha, model.beta, model.lowest, model.highest
    whole = start == low and end == high
    left = a - 1 if start == low and (whole or a < SMOOTH) else 0.0
    right = b - 1 if end == high and (whole or b < SMOOTH) else 0.0
    ends = np.clip((np.array([start, end]) - low) / (high - low), 0, 1)
    if not (left or right):                                    # where the density is not nought to the last digit
        ends = np.clip(special.betaincinv(a, b, [NOTHING, 1 - NOTHING]), *ends)
    nodes, weight = _gauss_jacobi(left, right)
    y = ends[0] + (ends[1] - ends[0]) * nodes
    rest = (1 + left + right) * np.log(max(ends[1] - ends[0], NOTHING)) + special.betaln(left + 1, right + 1)
    rest = rest + (0.0 if left else (a - 1) * np.log(y)) + (0.0 if right else (b - 1) * np.log1p(-y))
    return low + (high - low) * y, weight * np.exp(rest - special.betaln(a, b))


def _gauss_jacobi(left: float, right: float) -> tuple[np.ndarray, np.ndarray]:
    r"""Nodes on [0; 1] and weights, summing to 1, of the density :math:`y^{left} (1 - y)^{right}` (Golub, Welsch 1969).

    `scipy.special.roots_jacobi` loses its weights to underflow where the exponents are in the hundreds.
    """
    k, both = np.arange(NODES, dtype=float), left + right
    size = 2 * k + both
    middle, beside = np.empty(NODES), np.empty(NODES - 1)
    middle[0], beside[0] = (left - right) / (both + 2), 4 * (left + 1) * (right + 1) / ((both + 2) ** 2 * (both + 3))
    middle[1:] = (left**2 - right**2) / (size[1:] * (size[1:] + 2))
    j, size = k[2:], size[2:]
    beside[1:] = 4 * j * (j + left) * (j + right) * (j + both) / (size**2 * (size + 1) * (size - 1))
    nodes, vectors = linalg.eigh_tridiagonal(middle, np.sqrt(beside))
    return (nodes + 1) / 2, vectors[0] ** 2


def _classification(confusion: np.ndarray, repeated: np.ndarray, method: str, n: int,
                    model: BetaBinomial | None = None) -> Classification:
    levels = pd.RangeIndex(1, len(confusion) + 1)
    return Classification(pd.DataFrame(confusion, levels.rename("true"), levels.rename("assigned")),
                          pd.DataFrame(repeated, levels.rename("assigned"), levels.rename("again")), method, n, model)


# -- preconditions -----------------------------------------------------------------------------------------------------

def _errors(errors: pd.Series | float, units: pd.Index, what: str) -> np.ndarray:
    if np.isscalar(errors):
        errors = pd.Series(float(errors), units)
    checks.same_labels(units, errors.index, f"{what}: единицы и их ошибки")
    wrong = errors.index[~(np.isfinite(errors) & (errors >= 0))]
    if len(wrong):
        raise InputError(f"{what}: стандартная ошибка — число не меньше 0: {wrong[0]} = {errors[wrong[0]]}.")
    return errors[units].to_numpy(dtype=float)


def _scores(scores: pd.Series, what: str) -> np.ndarray:
    checks.unique(scores.index, f"{what}: единицы")
    checks.complete(scores, what)
    if len(scores) < FEWEST_UNITS:
        raise NotPublishable(f"{what}: нужно не меньше {FEWEST_UNITS} единиц, найдено {len(scores)}.")
    x = np.sort(scores.to_numpy(dtype=float))  # sums must not depend on the order of rows
    if not x[-1] - x[0] > checks.DUST * np.abs(x).max():
        raise NotPublishable(f"{what}: у всех единиц один балл, классификация не оценивается.")
    return x


def _inside(cuts: np.ndarray, lowest: float, highest: float, what: str) -> None:
    if cuts[0] <= lowest or cuts[-1] > highest:
        raise InputError(f"{what}: границы уровней должны лежать выше {lowest:g} и не выше {highest:g}, сейчас: "
                         f"{', '.join(f'{cut:g}' for cut in cuts)}.")
