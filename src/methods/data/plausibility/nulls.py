"""Formulas that the signals share: robust fits, counts with a spread between centres, runs of counts in time."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats
from scipy.special import betainc, expit, ndtri

Array = NDArray[np.float64]

MAD_TO_SD = 1.4826              # of a normal distribution
WIDTH = 2 * ndtri(0.9)          # from the first to the ninth decile of a standard normal
WIDTH_ERROR = 0.889             # relative standard error of that width, times the root of the sample size
FEWEST_UNITS = 20               # the spread between fewer cannot be told from chance
FAR_OUT = 1e-9                  # a p-value that no complement of a sum can resolve
TINY = 1e-300                   # p-values are kept off zero: their logarithms are printed


def nodes(number: int) -> tuple[Array, Array]:
    """Gauss-Hermite nodes and weights for the expectation over a standard normal."""
    places, weights = np.polynomial.hermite_e.hermegauss(number)
    return places, weights / weights.sum()


def log_odds(met: pd.Series, of: pd.Series) -> tuple[pd.Series, pd.Series]:
    r"""Logarithm of the odds of a share and the variance of its sampling error; both exist for 0 and for all met.

    .. math:: l = \ln\frac{x + 1/2}{n - x + 1/2}, \qquad v = \frac{1}{x + 1/2} + \frac{1}{n - x + 1/2}

    References
    ----------
    Gart, Zweifel (1967), doi:10.1093/biomet/54.1-2.181

    Examples
    --------
    >>> l, v = log_odds(pd.Series({"C01": 9.0}), pd.Series({"C01": 10.0}))
    >>> l.round(3).to_dict(), v.round(3).to_dict()
    ({'C01': 1.846}, {'C01': 0.772})
    """
    return np.log((met + 0.5) / (of - met + 0.5)), 1 / (met + 0.5) + 1 / (of - met + 0.5)


def robust_sd(values: pd.Series) -> float:
    """Standard deviation by the median absolute deviation: a few manipulated centres do not move it."""
    return float(MAD_TO_SD * (values - values.median()).abs().median())


def between_variance(values: pd.Series, error: pd.Series) -> float:
    """Variance of true values: the robust variance of the measured ones less the typical variance of the error.

    >>> between_variance(pd.Series([-1.0, 0.0, 1.0]), pd.Series([1.0, 1.0, 1.0])).__round__(3)
    1.198
    """
    return max(robust_sd(values) ** 2 - float(error.median()), 1e-6)


def huber_line(outcome: pd.Series, predictors: pd.DataFrame, weights: pd.Series | None = None) -> pd.Series:
    r"""Coefficients of a linear regression that far-off units hardly move.

    .. math:: \hat\beta = \arg\min \sum_i \psi_c(r_i/s)\, w_i\, (y_i - x_i\beta)^2, \quad \psi_c(u) = \min(1, c/|u|),
              \; r_i = \sqrt{w_i}\,(y_i - x_i\beta), \; c = 1.345

    with s the robust spread of r, by reweighting until nothing moves.

    Returns
    -------
    Series
        `const`, then the columns of `predictors`.

    References
    ----------
    Huber, Ronchetti (2009), Robust Statistics, 2nd ed., doi:10.1002/9780470434697, chapter 7

    Examples
    --------
    >>> x = pd.DataFrame({"x": [0.0, 1, 2, 3, 4, 5]})
    >>> huber_line(pd.Series([0.0, 1, 2, 3, 4, 50]), x).abs().round(1).to_dict()
    {'const': 0.0, 'x': 1.0}
    """
    X = np.column_stack([np.ones(len(outcome)), predictors.to_numpy(dtype=float)])
    y = outcome.to_numpy(dtype=float)
    root = np.ones(len(y)) if weights is None else np.sqrt(weights.to_numpy(dtype=float))
    trust = np.ones(len(y))
    for _ in range(100):
        pull = np.sqrt(trust) * root
        beta = np.linalg.lstsq(X * pull[:, None], y * pull)[0]
        residual = (y - X @ beta) * root
        scale = MAD_TO_SD * np.median(np.abs(residual))
        if scale < 1e-12:
            break
        fresh = np.minimum(1.0, 1.345 * scale / np.maximum(np.abs(residual), 1e-300))
        if np.abs(fresh - trust).max() < 1e-6:
            break
        trust = fresh
    return pd.Series(beta, index=["const", *predictors.columns])


def on_line(beta: pd.Series, predictors: pd.DataFrame) -> pd.Series:
    """Values of the line at the predictors."""
    return beta["const"] + predictors @ beta.drop("const")


def region_effect(residual: pd.Series, region: pd.Series) -> pd.Series:
    r"""What the other centres of the region predict for a centre: their shrunk mean residual, its own left out.

    .. math:: \hat e_u = \frac{\sum_{v \ne u} e_v}{n_r - 1 + (1 - \rho)/\rho}

    with :math:`\rho` the correlation of two centres of a region; residuals are cut at two robust sd first.

    References
    ----------
    Searle, Casella, McCulloch (1992), Variance Components, doi:10.1002/9780470316856 (best linear prediction)

    Examples
    --------
    >>> effect = region_effect(pd.Series([1.0, 1.0, -1.0, -1.0]), pd.Series(["A", "A", "B", "B"]))
    >>> effect.round(2).tolist()
    [0.99, 0.99, -0.99, -0.99]
    """
    limit = 2 * robust_sd(residual)
    cut = residual.clip(-limit, limit)
    cut = cut - cut.mean()
    groups = cut.groupby(region)
    others, count = groups.transform("sum") - cut, groups.transform("size") - 1
    pairs, variance = float(count.sum()), float((cut**2).mean())
    if pairs == 0 or variance < 1e-12:
        return pd.Series(0.0, index=residual.index)
    rho = min(float((others * cut).sum()) / pairs / variance, 0.99)
    if rho <= 0:  # the regions tell nothing
        return pd.Series(0.0, index=residual.index)
    return others / (count + (1 - rho) / rho)


def count_tail(count: Array, of: Array, location: Array, spread: Array, fineness: int = 61) -> tuple[Array, Array]:
    r"""Chance of so many and of more than so many when centres differ: a binomial with normal log odds.

    .. math:: P(X \ge x) = \int P(\mathrm{Bin}(n, \operatorname{logit}^{-1}(m + s z)) \ge x)\,\varphi(z)\,dz

    Returns
    -------
    (ndarray, ndarray)
        P(X >= x) and P(X > x); their mean is the mid-p.

    References
    ----------
    Agresti (2013), Categorical Data Analysis, 3rd ed.: the logistic-normal model for binary data; the mid-p value

    Examples
    --------
    Without a spread it is the binomial: 2 of 2 at one half.

    >>> at_least, above = count_tail(np.array([2.0]), np.array([2.0]), np.array([0.0]), np.array([0.0]))
    >>> at_least.round(4).tolist(), above.round(4).tolist()
    ([0.25], [0.0])
    """
    places, weights = nodes(fineness)
    chance = expit(location[:, None] + spread[:, None] * places)

    def tail(x: Array) -> Array:
        inner = betainc(np.clip(x, 1, of)[:, None], (of - np.clip(x, 1, of) + 1)[:, None], chance) @ weights
        return np.where(x <= 0, 1.0, np.where(x > of, 0.0, inner))

    return tail(count), tail(count + 1)


def mean_share(location: pd.Series, spread: pd.Series | Array) -> pd.Series:
    """Expected share when its log odds are normal.

    >>> mean_share(pd.Series([0.0, 2.0]), np.array([1.0, 0.0])).round(3).tolist()
    [0.5, 0.881]
    """
    places, weights = nodes(15)
    share = expit(location.to_numpy()[:, None] + np.asarray(spread)[:, None] * places) @ weights
    return pd.Series(share, index=location.index)


def mid_p(at_least: Array, above: Array) -> Array:
    """Mean of P(X >= x) and P(X > x): close to uniform under the null although counts are discrete."""
    return np.clip((at_least + above) / 2, TINY, 1.0)


def calibrated(tail: Callable[[float, float], Array], few: float = 0.0) -> tuple[float, float]:
    r"""Shift and spread at which most centres behave as the null says: an empirical null.

    The shift puts the median of :math:`z = \Phi^{-1}(1 - p)` at 0; the spread makes the distance from its first to
    its ninth decile that of a standard normal. A few per cent of manipulated centres move neither much, and what they
    move makes the test milder. The spread is taken one standard error above its estimate,
    :math:`.889/\sqrt n` of it: an estimate that came out small by chance would call honest units strange.

    Parameters
    ----------
    tail : callable
        (shift, spread) -> p-values of all units.
    few : float
        Spread below which not to go; used when there are too few units to estimate it.

    References
    ----------
    Efron (2004), Large-scale simultaneous hypothesis testing: the choice of a null, doi:10.1198/016214504000000089

    Examples
    --------
    >>> sample = stats.norm.ppf((np.arange(200) + 0.5) / 200) * 0.5 + 0.2
    >>> shift, spread = calibrated(lambda shift, spread: stats.norm.sf((sample - shift) / spread))
    >>> round(shift, 2), round(spread, 2)
    (0.2, 0.53)
    """
    def deciles(shift: float, spread: float) -> Array:
        z = -ndtri(np.clip(tail(shift, spread), 1e-12, 1 - 1e-12))
        return np.quantile(z, [0.1, 0.5, 0.9])

    wanted = WIDTH / (1 + WIDTH_ERROR / np.sqrt(len(tail(0.0, 0.5))))
    shift, spread = 0.0, 0.5
    for _ in range(3):
        low, high = max(few, 1e-3), 4.0
        for _ in range(12):
            spread = float(np.sqrt(low * high))
            tenth, _, ninth = deciles(shift, spread)
            low, high = (spread, high) if ninth - tenth > wanted else (low, spread)
        low, high = shift - 1.0, shift + 1.0
        for _ in range(12):
            shift = (low + high) / 2
            low, high = (shift, high) if deciles(shift, spread)[1] > 0 else (low, shift)
    return shift, spread


def scan_p(counts: Array, expected: Array) -> Array:
    r"""Chance that one of the nested windows before the end is as full as the fullest one was.

    Under the null the days' counts are independent Poisson. Windows are the last 1, 2, ... W days; the statistic is
    the least of their p-values, and its own chance comes from following the sum day by day:

    .. math:: P(\forall w: C_w < k_w), \qquad k_w = \min\{k: P(\mathrm{Poisson}(\lambda_w) \ge k) \le p^*\}

    Parameters
    ----------
    counts, expected : ndarray, shape (units, W)
        Sums over the last w days: observed and expected.

    References
    ----------
    Naus (1965), The distribution of the size of the maximum cluster of points on a line, JASA 60:532-538; the
    recursion is the plain convolution of the days' Poisson counts, cut at k_w.

    Examples
    --------
    One window is the plain Poisson test: P(X >= 3) at 1 expected is .0803; of two windows .1034.

    >>> scan_p(np.array([[3.0]]), np.array([[1.0]])).round(4).tolist()
    [0.0803]
    >>> scan_p(np.array([[3.0, 3.0]]), np.array([[1.0, 2.0]])).round(3).tolist()
    [0.103]
    """
    single = stats.poisson.sf(counts - 1, expected)
    least = single.min(axis=1)
    limit = stats.poisson.isf(np.clip(least * (1 + 1e-9), FAR_OUT, 1)[:, None], expected) + 1    # k_w
    states = int(np.clip(limit.max(initial=1), 1, None))
    still = np.zeros((len(counts), states))
    still[:, 0] = 1.0
    places = np.arange(states)
    steps = np.diff(expected, axis=1, prepend=0.0)
    for window in range(counts.shape[1]):
        arrivals = stats.poisson.pmf(places, steps[:, [window]])
        after = np.zeros_like(still)
        for more in range(states):
            after[:, more:] += still[:, : states - more] * arrivals[:, [more]]
        still = np.where(places < limit[:, [window]], after, 0.0)
    chance = 1 - still.sum(axis=1)
    # Far out the complement is rounding noise; there the windows' sum is exact enough and on the safe side.
    return np.clip(np.where(least < FAR_OUT, counts.shape[1] * least, np.maximum(chance, least)), TINY, 1.0)
