"""Rounding for publication: half up in decimal arithmetic, as official tables are rounded."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal, localcontext

import numpy as np
import pandas as pd

# A double holds 15-17 digits; sums of a few thousand terms keep 12 of them. Dust beyond that must not decide a digit.
SIGNIFICANT_DIGITS = 12
MOST_DIGITS = 15  # what every double holds
WEIGHT_DECIMALS = 4  # of a weight in the file of a candidate


def half_up(value: float, decimals: int = 2) -> float:
    """Round half away from zero in decimal arithmetic.

    Python's `round` works on the binary value, so 93.115 becomes 93.11; a published table says 93.12.

    Parameters
    ----------
    value : float
        Any number; NaN stays NaN.
    decimals : int
        Digits kept after the decimal point, 0 or more.

    Examples
    --------
    Sevastopol, second quarter of 2025: citizens 93.46, employers 92.77, published together as 93.12.

    >>> half_up((93.46 + 92.77) / 2), round((93.46 + 92.77) / 2, 2)
    (93.12, 93.11)
    >>> half_up(-0.125, 2)
    -0.13
    """
    if not np.isfinite(value):
        return float(value)
    whole = len(f"{abs(value):.0f}")
    digits = min(MOST_DIGITS, max(SIGNIFICANT_DIGITS, whole + decimals))
    with localcontext(prec=whole + decimals + 5):
        exact = Decimal(f"{value:.{digits}g}")
        return float(exact.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)) + 0.0  # no minus zero


def round_half_up(values: pd.Series | pd.DataFrame, decimals: int = 2) -> pd.Series | pd.DataFrame:
    """`half_up` of every number of a table; labels are kept.

    >>> round_half_up(pd.Series({"A": 0.125, "B": np.nan}), 2).to_dict()
    {'A': 0.13, 'B': nan}
    """
    return values.map(lambda value: half_up(value, decimals))


def rounded_shares(values: pd.Series, decimals: int = 2) -> pd.Series:
    """Shares rounded so that what is printed has the printed total: the largest remainders are rounded up.

    Three thirds rounded one by one are 33.33 each, and a reader who adds them up finds 99.99.

    >>> rounded_shares(pd.Series({"a": 100 / 3, "b": 100 / 3, "c": 100 / 3})).to_list()
    [33.34, 33.33, 33.33]
    """
    steps = dustless(values * 10**decimals)
    whole = np.floor(steps)
    missing = int(half_up(steps.sum(), 0) - whole.sum())
    up = (steps - whole).sort_values(ascending=False, kind="stable").index[:missing]
    whole.loc[up] += 1
    return whole / 10**decimals


def rounded_weights(weights: pd.Series) -> pd.Series:
    """Weights as the file of a candidate holds them: four decimals, and they still sum to 1.

    >>> rounded_weights(pd.Series({"a": 1 / 3, "b": 1 / 3, "c": 1 / 3})).to_list()
    [0.3334, 0.3333, 0.3333]
    """
    return rounded_shares(weights, WEIGHT_DECIMALS)


def dustless(values: pd.Series) -> pd.Series:
    """Values cut to 12 significant digits, so that two sums equal on paper compare as equal (ties, cut-offs).

    >>> scores = pd.Series({"A": 0.1 + 0.2, "B": 0.3})
    >>> bool(scores["A"] == scores["B"]), bool(dustless(scores)["A"] == dustless(scores)["B"])
    (False, True)
    """
    numbers = values.to_numpy(dtype=float)
    with np.errstate(divide="ignore"):
        magnitude = np.floor(np.log10(np.abs(numbers)))
    scale = 10.0 ** (SIGNIFICANT_DIGITS - 1 - np.where(np.isfinite(magnitude), magnitude, 0))
    return pd.Series(np.round(numbers * scale) / scale, index=values.index, name=values.name)
