"""Outliers before normalisation: Winsorisation of the most extreme values, logarithms where it is not enough."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd

from methods.errors import InputError

SKEWNESS, KURTOSIS = 2.0, 3.5  # beyond both of them a distribution counts as outlying (OECD/JRC practice)
FEWEST = 4                     # values: kurtosis is not defined for fewer
LOG_SHIFT = 0.01               # of the range: keeps the logarithm of the extreme value finite
MOST_MOVED = 5                 # values that may be Winsorised: COINr, Treat


def outlier_screen(values: pd.DataFrame, most: int = MOST_MOVED, *, skewness: float = SKEWNESS,
                   kurtosis: float = KURTOSIS) -> pd.DataFrame:
    """Which indicators have outliers, and what would cure them; nothing is changed.

    Parameters
    ----------
    values : DataFrame, shape (n units, k indicators)
        On the indicators' own scales; gaps are left out.
    most : int
        How many values may be Winsorised, as in `treat_outliers`.

    Returns
    -------
    DataFrame, by indicator
        `n`, `distinct` (different values), `skewness` and `kurtosis` (excess, 0 where there is no spread), `outlying`,
        `moved` (values that Winsorisation moves; those that are equal move together), `cured` (is that enough).

    Examples
    --------
    >>> values = pd.DataFrame({"calm": range(12), "wild": [*range(1, 11), 30.0, 100]})
    >>> outlier_screen(values)[["outlying", "moved", "cured"]].to_dict("index")
    {'calm': {'outlying': False, 'moved': 0, 'cured': True}, 'wild': {'outlying': True, 'moved': 1, 'cured': True}}
    """
    rows = {}
    for code in values:
        known = values[code].dropna().astype(float)
        (g1,), (g2,) = moments(known.to_numpy()[None])
        treated = treat_outliers(known, most, skewness=skewness, kurtosis=kurtosis)
        rows[code] = {"n": len(known), "distinct": known.nunique(), "skewness": g1, "kurtosis": g2,
                      "outlying": bool(abs(g1) > skewness and g2 > kurtosis), "moved": int((treated != known).sum()),
                      "cured": not _outlying(treated.to_numpy()[None], skewness, kurtosis)[0]}
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("indicator")


def treat_outliers(values: pd.Series, most: int, *, otherwise: Literal["none", "log"] = "none",
                   skewness: float = SKEWNESS, kurtosis: float = KURTOSIS) -> pd.Series:
    r"""Winsorise up to `most` values while both :math:`|G_1|` and :math:`G_2` are above their thresholds.

    Every step sets the most extreme value (the highest if the skewness is positive, else the lowest) to the next one.
    :math:`G_1` and :math:`G_2` are the skewness and excess kurtosis of a sample, corrected for bias.

    Parameters
    ----------
    values : Series, shape (n units,)
        One indicator on its own scale; gaps are kept.
    most : int
        How many values may be moved, 0 or more. Values that are equal from the start move, and count, together.
    otherwise : {"none", "log"}
        What follows if that is not enough: nothing, or the logarithm of the untreated values,
        :math:`\ln(x - \min x + a)` with a = 1 % of the range; of the mirrored values if the skewness is negative.

    References
    ----------
    Becker, Caperna, Del Sorbo, Norlen, Papadimitriou, Saisana (2022), COINr: An R package for developing composite
    indicators, doi:10.21105/joss.04567; functions `winsorise`, `log_CT` and `Treat`. Joanes, Gill (1998), Comparing
    measures of sample skewness and kurtosis, doi:10.1111/1467-9884.00122

    Examples
    --------
    >>> values = pd.Series([*range(1, 11), 30.0, 100])
    >>> treat_outliers(values, 2).to_list()[-3:]
    [10.0, 30.0, 30.0]
    """
    if most < 0:
        raise InputError(f"Винзоризация: наибольшее число значений должно быть не меньше 0, задано {most}.")
    known = values.dropna()
    rows = treat_rows(known.to_numpy(dtype=float)[None], most, log=otherwise == "log", skewness=skewness,
                      kurtosis=kurtosis)
    return pd.Series(rows[0], index=known.index, name=values.name).reindex(values.index)


def treat_rows(values: np.ndarray, most: int, *, log: bool, skewness: float = SKEWNESS,
               kurtosis: float = KURTOSIS) -> np.ndarray:
    """`treat_outliers` of every row of an array without gaps."""
    outlying = _outlying(values, skewness, kurtosis)
    if not outlying.any():
        return values
    treated = values.copy()
    for row in np.flatnonzero(outlying):
        treated[row], enough = _winsorised(values[row], most, skewness, kurtosis)
        if log and not enough:
            treated[row] = _logarithm(values[row])
    return treated


def moments(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Skewness G1 and excess kurtosis G2 of every row; 0 for rows without spread or with fewer than four values."""
    n = values.shape[1]
    if n < FEWEST:
        return np.zeros(len(values)), np.zeros(len(values))
    deviation = values - values.mean(axis=1, keepdims=True)
    m2, m3, m4 = ((deviation**power).mean(axis=1) for power in (2, 3, 4))
    spread = np.where(m2 > 0, m2, 1)
    g1, g2 = m3 / spread**1.5, np.where(m2 > 0, m4 / spread**2 - 3, 0)
    return (g1 * np.sqrt(n * (n - 1)) / (n - 2),
            np.where(m2 > 0, (n - 1) / ((n - 2) * (n - 3)) * ((n + 1) * g2 + 6), 0))


def _outlying(values: np.ndarray, skewness: float, kurtosis: float) -> np.ndarray:
    g1, g2 = moments(values)
    return (np.abs(g1) > skewness) & (g2 > kurtosis)


def _winsorised(values: np.ndarray, most: int, skewness: float, kurtosis: float) -> tuple[np.ndarray, bool]:
    """One row with at most `most` values moved, and whether it is no longer outlying."""
    x = values.copy()
    moved = {"high": 0, "low": 0}
    while (outlying := bool(_outlying(x[None], skewness, kurtosis)[0])) and sum(moved.values()) < most:
        side = "high" if moments(x[None])[0][0] >= 0 else "low"
        extreme = x == (x.max() if side == "high" else x.min())
        x[extreme] = x[~extreme].max() if side == "high" else x[~extreme].min()
        moved[side] = int(extreme.sum())  # those moved before are among the extreme ones again
    return x, not outlying


def _logarithm(values: np.ndarray) -> np.ndarray:
    shift = LOG_SHIFT * (values.max() - values.min())
    if moments(values[None])[0][0] >= 0:
        return np.log(values - values.min() + shift)
    return -np.log(values.max() - values + shift)
