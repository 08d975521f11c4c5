"""Places from scores: 1 is the best, units without a score have no place."""

from __future__ import annotations

from typing import Literal

import pandas as pd

from methods.index.rounding import dustless

Ties = Literal["min", "average", "max", "dense"]


def rank(scores: pd.Series, ties: Ties = "min") -> pd.Series:
    """Places of units, 1 the best.

    Parameters
    ----------
    scores : Series, shape (n units,)
        Higher is better; NaN means «не ранжируется».
    ties : {"min", "average", "max", "dense"}
        What equal scores get: the best of their places (1, 2, 2, 4), its mean, the worst, or places without gaps.
        Scores equal to 12 significant digits and to 12 decimals count as equal: binary dust must not part two centres.

    Returns
    -------
    Series, shape (n,)
        Float, NaN where there is no score.

    Examples
    --------
    >>> rank(pd.Series({"A": 0.7, "B": 0.9, "C": 0.1 + 0.6, "D": float("nan")})).to_dict()
    {'A': 2.0, 'B': 1.0, 'C': 2.0, 'D': nan}
    """
    return dustless(scores).round(12).rank(method=ties, ascending=False).rename("rank")


def mean_rank_shift(places: pd.Series, others: pd.Series) -> float:
    """Mean absolute difference of places over units that have both (Saisana et al. 2005, eq. 3).

    >>> mean_rank_shift(pd.Series([1, 2, 3, 4, 5]), pd.Series([2, 1, 3, 5, 4]))
    0.8
    """
    return float((places - others.reindex(places.index)).abs().mean())
