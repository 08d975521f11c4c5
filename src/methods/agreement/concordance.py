"""Agreement of two continuous measurements of the same units."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from methods import checks
from methods.errors import InputError

FEWEST_PAIRS = 4  # Fisher's z has variance 1/(n - 3)


@dataclass(frozen=True)
class Concordance:
    """How two measurements of the same units agree; intervals are at the stated confidence."""

    n: int
    bias: float                          # mean of x - y
    bias_interval: tuple[float, float]
    limits: tuple[float, float]          # Bland-Altman limits of agreement: 95 % of differences lie inside
    pearson: float
    pearson_interval: tuple[float, float]
    spearman: float
    ccc: float                           # Lin's concordance correlation coefficient
    ccc_interval: tuple[float, float]
    scale_shift: float                   # ratio of standard deviations x / y
    location_shift: float                # bias in units of the geometric mean standard deviation
    confidence: float


@dataclass(frozen=True)
class Association:
    """Do two measurements order units alike, whatever their scales."""

    n: int
    pearson: float
    pearson_interval: tuple[float, float]
    spearman: float
    confidence: float


def association(x: pd.Series, y: pd.Series, confidence: float = 0.95) -> Association:
    """Pearson with Fisher's interval and Spearman, for quantities on different scales.

    Parameters
    ----------
    x, y : Series
        Matched by label; pairs with a gap are left out. At least 4 pairs, both varying.

    Examples
    --------
    >>> result = association(pd.Series([1.0, 2, 3, 4, 5]), pd.Series([10.0, 40, 20, 50, 90]))
    >>> result.n, round(result.pearson, 3), round(result.spearman, 3)
    (5, 0.863, 0.9)
    """
    pairs = _pairs(x, y)
    pearson = stats.pearsonr(pairs["x"], pairs["y"])
    interval = pearson.confidence_interval(confidence)
    return Association(len(pairs), float(pearson.statistic), (float(interval.low), float(interval.high)),
                       float(stats.spearmanr(pairs["x"], pairs["y"]).statistic), confidence)


def concordance(x: pd.Series, y: pd.Series, confidence: float = 0.95) -> Concordance:
    r"""Bias, limits of agreement, correlations and Lin's concordance of `x` with `y`.

    .. math:: \rho_c = \frac{2 s_{xy}}{s_x^2 + s_y^2 + (\bar x - \bar y)^2}
                     = r \cdot \frac{2}{v + 1/v + u^2}, \quad v = s_x/s_y, \; u = (\bar x - \bar y)/\sqrt{s_x s_y}

    A high correlation says that both rank units alike; a high concordance that they also give the same numbers. `v`
    and `u` say how they differ: in scale or in level.

    Parameters
    ----------
    x, y : Series
        The same quantity on the same scale, matched by label; pairs with a gap are left out. At least 4 pairs, both
        varying.
    confidence : float
        Of all intervals: t for the bias, Fisher's z for Pearson, Lin's z for the concordance.

    References
    ----------
    Lin (1989), A concordance correlation coefficient to evaluate reproducibility, eq. 3 and 10 with the correction of
    Lin (2000, Biometrics 56:324), doi:10.2307/2532051. Bland, Altman (1986), doi:10.1016/S0140-6736(86)90837-8

    Examples
    --------
    Survey marks and checklists of five centres: nearly perfect correlation, no agreement.

    >>> survey = pd.Series([0.92, 0.88, 0.95, 0.90, 0.85])
    >>> checklist = pd.Series([0.75, 0.60, 0.90, 0.70, 0.55])
    >>> result = concordance(survey, checklist)
    >>> round(result.pearson, 3), round(result.ccc, 3), round(result.bias, 2)
    (0.983, 0.146, 0.2)
    """
    pairs, link = _pairs(x, y), association(x, y, confidence)
    n = link.n
    difference = pairs["x"] - pairs["y"]
    bias, spread = float(difference.mean()), float(difference.std(ddof=1))
    half = float(stats.t.ppf((1 + confidence) / 2, n - 1)) * spread / n**0.5
    # Lin's estimator divides by n; the ratio r is the same for n and n - 1
    sx, sy = (float(pairs[side].std(ddof=0)) for side in ("x", "y"))
    sxy = float(pairs.cov(ddof=0).loc["x", "y"])
    r, v, u = sxy / (sx * sy), sx / sy, bias / (sx * sy) ** 0.5
    ccc = 2 * sxy / (sx**2 + sy**2 + bias**2)
    return Concordance(
        n=n, bias=bias, bias_interval=(bias - half, bias + half),
        limits=(bias - 1.96 * spread, bias + 1.96 * spread),
        pearson=link.pearson, pearson_interval=link.pearson_interval, spearman=link.spearman,
        ccc=ccc, ccc_interval=_ccc_interval(ccc, r, u, n, confidence),
        scale_shift=v, location_shift=u, confidence=confidence)


def _pairs(x: pd.Series, y: pd.Series) -> pd.DataFrame:
    for side in (x, y):
        checks.unique(side.index, f"Согласованность: единицы показателя {side.name}")
    pairs = pd.concat([x.rename("x"), y.rename("y")], axis=1).dropna()
    if len(pairs) < FEWEST_PAIRS:
        raise InputError(f"Согласованность {x.name} и {y.name}: нужно не меньше {FEWEST_PAIRS} единиц с обеими "
                         f"оценками, найдено {len(pairs)}.")
    for side, name in (("x", x.name), ("y", y.name)):
        if pairs[side].nunique() < 2:
            raise InputError(f"Согласованность {x.name} и {y.name}: «{name}» одинакова у всех {len(pairs)} единиц.")
    return pairs


def _ccc_interval(ccc: float, r: float, u: float, n: int, confidence: float) -> tuple[float, float]:
    """Lin's interval on the z scale (Lin 1989, eq. 10, as corrected in 2000)."""
    if np.isclose(abs(r), 1) or r == 0:  # the asymptotic variance has no value there
        return (float("nan"), float("nan"))
    p2, r2 = ccc**2, r**2
    variance = ((1 - r2) * p2 / ((1 - p2) * r2) + 2 * ccc**3 * (1 - ccc) * u**2 / (r * (1 - p2) ** 2)
                - ccc**4 * u**4 / (2 * r2 * (1 - p2) ** 2)) / (n - 2)
    z, half = np.arctanh(ccc), stats.norm.ppf((1 + confidence) / 2) * np.sqrt(variance)
    return (float(np.tanh(z - half)), float(np.tanh(z + half)))
