"""Where grades begin on the scale of the unrounded index, found from the recipe's own rule of rounding and borders."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from methods.index.edition import Edition, Grading
from methods.index.grade import bands

BEYOND = 1e15  # no score, in published units, is larger than that


def grade_borders(edition: Edition, cut_offs: Mapping[str, Sequence[float]], eligible_groups: pd.Series,
                  ) -> pd.DataFrame:
    """The lowest score that earns each grade at the adopted cut-offs, so that grades of millions of scores are counted.

    Parameters
    ----------
    cut_offs : mapping
        Of every peer group, as in `methods.index.score.Scores`.
    eligible_groups : Series
        Of the units, which it puts into peer groups.

    Returns
    -------
    DataFrame, shape (units, grades from 1 up)
        Before multiplication and rounding for publication; minus infinity where every score earns the grade.
    """
    rule = edition.grades
    peers = eligible_groups.astype(str) if rule.within != "all" else pd.Series("all", index=eligible_groups.index)
    borders = pd.DataFrame(np.inf, eligible_groups.index, range(1, len(rule.labels) + 1))
    for peer, cuts in cut_offs.items():
        borders.loc[peers == peer] = _lowest_scores(rule, cuts, edition.publication.multiplier)
    return borders


def _lowest_scores(rule: Grading, cuts: Sequence[float], multiplier: float) -> np.ndarray:
    """By bisection over all doubles, which are as many whole numbers in the order of size."""
    options = {"edge": rule.edge, "decimals": rule.decimals, "floor": rule.floor} if rule.method == "bands" else {}
    if rule.method == "quantiles":
        options = {"edge": "lower"}
    grades = np.arange(1, len(rule.labels) + 1)
    low, high = (np.full(len(grades), _number(end / multiplier)) for end in (-BEYOND, BEYOND))
    while (low + 1 < high).any():
        middle = (low & high) + ((low ^ high) >> 1)  # their mean rounded down, without overflow
        scores = pd.Series([_double(number) for number in middle]) * multiplier
        reached = bands(scores, cuts, **options).grade.to_numpy() >= grades
        low, high = np.where(reached, low, middle), np.where(reached, middle, high)
    found = np.array([_double(number) for number in high])
    return np.where(found * multiplier < -BEYOND / 2, -np.inf, found)


def _number(value: float) -> int:
    """Where a double stands among all doubles.

    >>> _number(0.0), _number(np.nextafter(0, 1)), _number(np.nextafter(0, -1))
    (0, 1, -1)
    """
    bits = int(np.float64(abs(value)).view(np.int64))
    return bits if value >= 0 else -bits


def _double(number: int) -> float:
    """The double that stands there."""
    magnitude = float(np.int64(abs(int(number))).view(np.float64))
    return magnitude if number >= 0 else -magnitude
