"""Grades (stars, levels) from scores: fixed bands, quantiles, k-means.

Grades are whole numbers, 1 the lowest, so that they can be counted and compared; their names are in the edition.
Zero means "below the first band", an outcome that some official scales have. NaN: no score, no grade.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from methods.errors import InputError
from methods.index.rounding import dustless, round_half_up


@dataclass(frozen=True, eq=False)
class Grades:
    """Grades of units and the scores that part them."""

    grade: pd.Series      # units; 1..k, NaN where there is no score
    cut_offs: np.ndarray  # k - 1 ascending scores: above the j-th the grade is j + 1 or more
    centres: np.ndarray | None = None  # k-means only: mean score of each grade


def bands(scores: pd.Series, cut_offs: Sequence[float], *, edge: Literal["upper", "lower"] = "upper",
          decimals: int | None = None, floor: float | None = None) -> Grades:
    """Grades by fixed cut-offs.

    Parameters
    ----------
    scores : Series
        Higher is better.
    cut_offs : sequence of k - 1 ascending numbers
        Borders between neighbouring grades.
    edge : {"upper", "lower"}
        Which grade owns a score equal to a border: the upper one (.75 is already A) or the lower one («35,1–50» means
        that 35.0 is still the first star).
    decimals : int, optional
        Round half up first. Needed where published bands have gaps («до 35; 35,1–50»), or 35.04 belongs nowhere.
    floor : float, optional
        At or below it no grade is earned: grade 0 («50,1–60» is the first star, so 50 earns none).

    Examples
    --------
    The standard «Государство для бизнеса», share of «легко»: 50,1-60, 60,1-70, 70,1-80, 80,1-90, then five stars.

    >>> shares = pd.Series({"A": 75.0, "B": 60.04, "C": 48.0})
    >>> bands(shares, [60, 70, 80, 90], edge="lower", decimals=1, floor=50).grade.to_dict()
    {'A': 3.0, 'B': 1.0, 'C': 0.0}
    """
    cuts = dustless(pd.Series(cut_offs, dtype=float)).to_numpy()  # 0.1 + 0.2 as a border is 0.3
    if not (np.diff(cuts) > 0).all():
        raise InputError(f"Границы уровней должны возрастать, сейчас: {', '.join(f'{cut:g}' for cut in cuts)}.")
    values = dustless(scores) if decimals is None else round_half_up(scores, decimals)
    side = "right" if edge == "upper" else "left"
    numbers = np.searchsorted(cuts, values.to_numpy(), side=side) + 1.0
    if floor is not None:
        numbers[values.to_numpy() <= floor] = 0
    grade = pd.Series(numbers, index=scores.index, name="grade").where(scores.notna())
    return Grades(grade, cuts)


def quantiles(scores: pd.Series, count: int) -> Grades:
    """Grades of (nearly) equal size; a score equal to a border belongs to the lower grade.

    Borders are observed scores (Hyndman-Fan type 1), so no border falls between two equal units.

    >>> quantiles(pd.Series([1.0, 2, 3, 4, 5]), 5).grade.to_list()
    [1.0, 2.0, 3.0, 4.0, 5.0]
    """
    values = dustless(scores)
    if not values.notna().any():
        raise InputError("Квантили: ни у одной единицы нет балла.")
    cuts = np.quantile(values.dropna(), np.arange(1, count) / count, method="inverted_cdf")
    numbers = np.searchsorted(cuts, values.to_numpy(), side="left") + 1.0
    return Grades(pd.Series(numbers, index=scores.index, name="grade").where(scores.notna()), cuts)


def k_means(scores: pd.Series, count: int, *, trim: float | None = None, most: int = 1000) -> Grades:
    r"""Grades as clusters of scores: Lloyd's algorithm from the medians of `count` equal groups.

    With `trim`, a second run starts from the first one's centres and leaves scores further than `trim` from every
    centre out of the means (they still get the nearest grade), so that a few outliers do not draw a centre away. This
    is the rule of the CMS hospital stars (trim 1) and reproduces all their published stars.

    Parameters
    ----------
    scores : Series
        Higher is better; at least `count` different values.
    count : int
        Number of grades.
    trim : float, optional
        Largest distance, in the scores' own unit, at which a unit still moves a centre.

    References
    ----------
    Centers for Medicare & Medicaid Services (2021). Overall Hospital Quality Star Rating, Comprehensive Methodology
    Report v4.0, section on k-means clustering. Lloyd (1982), doi:10.1109/TIT.1982.1056489

    Examples
    --------
    >>> k_means(pd.Series([0.1, 0.2, 0.9, 1.0, 5.0, 5.2]), 3).grade.to_list()
    [1.0, 1.0, 2.0, 2.0, 3.0, 3.0]
    """
    known = dustless(scores).dropna().sort_values()  # sums in one order: dust must not decide between two centres
    if known.nunique() < count:
        raise InputError(f"k-средних: различных баллов {known.nunique()}, меньше числа уровней {count}.")
    values = known.to_numpy()
    start = known.groupby(quantiles(known, count).grade).median()
    if len(start) < count:  # heavy ties leave a group empty: take evenly spaced different scores instead
        distinct = np.unique(values)
        start = distinct[np.linspace(0, len(distinct) - 1, count).round().astype(int)]
    centres = _lloyd(values, np.asarray(start, dtype=float), np.inf, most)
    if trim is not None:
        centres = _lloyd(values, centres, trim, most)
    nearest = np.abs(values[:, None] - centres).argmin(axis=1) + 1.0
    grade = pd.Series(nearest, index=known.index, name="grade").reindex(scores.index)
    return Grades(grade, (centres[1:] + centres[:-1]) / 2, centres)


def _lloyd(values: np.ndarray, centres: np.ndarray, trim: float, most: int) -> np.ndarray:
    """Centres at which reassigning and averaging change nothing any more."""
    for _ in range(most):
        distance = np.abs(values[:, None] - centres)
        nearest, inside = distance.argmin(axis=1), distance.min(axis=1) <= trim
        sums = np.bincount(nearest[inside], values[inside], len(centres))
        sizes = np.bincount(nearest[inside], minlength=len(centres))
        moved = np.divide(sums, sizes, out=centres.copy(), where=sizes > 0)
        if np.array_equal(moved, centres):
            return centres
        centres = moved
    raise InputError(f"k-средних не сошёлся за {most} шагов; задайте фиксированные границы.")
