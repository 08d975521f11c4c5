"""The polytope of admissible weights: bounds on every weight, weights that sum to 1."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.optimize import brentq
from scipy.spatial import Delaunay

from methods import checks
from methods.errors import EditionError, InputError, UsageError

MOST_SPLIT = 6        # free weights up to which the polytope is cut into simplices
WORK = 4_000_000      # numbers in a block


@dataclass(frozen=True, eq=False)
class WeightBox:
    """All weights with low <= w <= high that sum to 1; made by `weight_box`."""

    low: pd.Series     # by element, as tight as the others' bounds make it
    high: pd.Series

    @property
    def free(self) -> np.ndarray:
        """Positions of the elements whose weight can change."""
        return np.flatnonzero((self.high - self.low).to_numpy() > checks.SUM_TOLERANCE)

    def contains(self, weights: pd.Series) -> bool:
        """Whether the weights are admissible, within the rounding of sums."""
        w = weights[self.low.index]
        return bool(abs(w.sum() - 1) <= checks.SUM_TOLERANCE and (w >= self.low - checks.SUM_TOLERANCE).all()
                    and (w <= self.high + checks.SUM_TOLERANCE).all())


def weight_box(codes: pd.Index, low: float | pd.Series = 0.0, high: float | pd.Series = 1.0) -> WeightBox:
    """Admissible weights between bounds, by default all that are not negative.

    Parameters
    ----------
    codes : Index
        Elements that are weighed: indicators or groups.
    low, high : float or Series by code
        0 <= low <= high <= 1. For +-25 % of adopted weights: `weight_box(w.index, 0.75 * w, 1.25 * w)`.

    Raises
    ------
    EditionError
        If no weights meet the bounds: bounds are part of a methodology.

    Examples
    --------
    The bounds of one weight follow from those of the others, too:

    >>> weight_box(pd.Index(["П", "Д", "К"]), low=pd.Series({"П": 0.5, "Д": 0.2, "К": 0.1})).high.round(3).to_dict()
    {'П': 0.7, 'Д': 0.4, 'К': 0.3}
    """
    codes = pd.Index(codes)
    checks.unique(codes, "Границы весов")
    if codes.empty:
        raise InputError("Границы весов: нет ни одного элемента.")
    bounds = []
    for bound in (low, high):
        if isinstance(bound, pd.Series):
            checks.same_labels(bound.index, codes, "Границы весов")
        bounds.append((bound[codes] if isinstance(bound, pd.Series) else pd.Series(bound, codes)).astype(float))
    low, high = bounds
    wrong = codes[~((low >= 0) & (low <= high) & (high <= 1))]
    if len(wrong):
        code = wrong[0]
        raise EditionError(f"Границы весов: нужно 0 ≤ нижняя ≤ верхняя ≤ 1, у {code} задано {low[code]:g} и "
                           f"{high[code]:g}.")
    if low.sum() > 1 + checks.SUM_TOLERANCE or high.sum() < 1 - checks.SUM_TOLERANCE:
        raise EditionError(f"Границы весов невыполнимы: нижние в сумме {low.sum():.6g} (не больше 1), верхние "
                           f"{high.sum():.6g} (не меньше 1).")
    tight_low = np.maximum(low, 1 - (high.sum() - high)).clip(upper=high)
    tight_high = np.minimum(high, 1 - (low.sum() - low)).clip(lower=tight_low)
    return WeightBox(tight_low, tight_high)


def greatest(differences: np.ndarray, box: WeightBox) -> np.ndarray:
    r"""Greatest value of :math:`\sum_j d_j w_j` over the box, for every row: the linear programme in closed form.

    What the lower bounds leave of the sum is given to the elements with the largest d, each up to its upper bound.

    Parameters
    ----------
    differences : array, shape (m, k)
        Columns in the order of the box.

    Examples
    --------
    >>> greatest(np.array([[1.0, 0.0, -1.0]]), weight_box(pd.Index(list("abc")), 0.2, 0.5)).round(3).tolist()
    [0.3]
    """
    low, room = box.low.to_numpy(), (box.high - box.low).to_numpy()
    order = np.argsort(-differences, axis=1, kind="stable")
    capacity = room[order]
    given = np.clip(1 - low.sum() - (np.cumsum(capacity, axis=1) - capacity), 0, capacity)
    return differences @ low + (given * np.take_along_axis(differences, order, axis=1)).sum(axis=1)


def necessarily_ahead(values: pd.DataFrame, box: WeightBox) -> pd.DataFrame:
    r"""Who is ahead of whom under all admissible weights: :math:`\min_w \sum_j w_j (x_{aj} - x_{bj}) > 0`.

    Parameters
    ----------
    values : DataFrame, shape (n units, k elements)
        Higher is better, no gaps; for a geometric mean the logarithms.

    Returns
    -------
    DataFrame of bool, shape (n, n)
        The row is ahead of the column. Transitive, fit for `dominance.levels` and `dominance.hasse_edges`.

    References
    ----------
    Salo, Hämäläinen (1992), Preference assessment by imprecise ratio statements, Operations Research 40(6):1053-1061,
    doi:10.1287/opre.40.6.1053: pairwise dominance.

    Examples
    --------
    Better in what weighs at least half:

    >>> values = pd.DataFrame({"a": [0.9, 0.5], "b": [0.4, 0.5]}, index=["C01", "C02"])
    >>> box = weight_box(values.columns, low=pd.Series({"a": 0.5, "b": 0}))
    >>> necessarily_ahead(values, box).loc["C01"].to_dict()
    {'C01': False, 'C02': True}
    """
    return _ahead(values, box, lambda d: -greatest(-d, box))


def possibly_ahead(values: pd.DataFrame, box: WeightBox) -> pd.DataFrame:
    r"""Who is ahead of whom under some admissible weights: :math:`\max_w \sum_j w_j (x_{aj} - x_{bj}) > 0`.

    >>> values = pd.DataFrame({"a": [0.9, 0.5], "b": [0.4, 0.5]}, index=["C01", "C02"])
    >>> possibly_ahead(values, weight_box(values.columns)).loc["C02"].to_dict()
    {'C01': True, 'C02': False}
    """
    return _ahead(values, box, lambda d: greatest(d, box))


def vertices(box: WeightBox) -> np.ndarray:
    """Corners of the polytope, one a row: all weights but one at a bound. For at most some dozen free elements."""
    low, high = box.low.to_numpy(), box.high.to_numpy()
    free, fixed = box.free, low.copy()
    if not len(free):
        return fixed[None, :]
    corners = []
    for last in free:
        others = [j for j in free if j != last]
        for pick in itertools.product((False, True), repeat=len(others)):
            w = fixed.copy()
            w[others] = np.where(pick, high[others], low[others])
            w[last] = 1 - (w.sum() - w[last])
            if low[last] - checks.SUM_TOLERANCE <= w[last] <= high[last] + checks.SUM_TOLERANCE:
                corners.append(w)
    rounded = np.unique(np.round(corners, 12), axis=0, return_index=True)[1]
    return np.array(corners)[rounded]


def simplices(box: WeightBox) -> tuple[np.ndarray, np.ndarray]:
    """Cut the polytope into simplices: its corners, and rows of their numbers."""
    corners, free = vertices(box), box.free
    if len(corners) <= max(len(free), 1):                      # it is one
        return corners, np.arange(len(corners))[None, :]
    return corners, Delaunay(corners[:, free[:-1]]).simplices.astype(np.int64)


def uniform_weights(box: WeightBox, draws: int, seed: int = 0) -> pd.DataFrame:
    r"""Weights drawn uniformly from the polytope, exactly and independently.

    Independent variables with densities in proportion to :math:`e^{\lambda w}` on [low, high] have, given that they
    sum to 1, the uniform distribution: on that plane the product of densities is constant. :math:`\lambda` is chosen so
    that the sum is 1 on average; all but one are drawn, the last is what is left and is accepted in proportion to its
    density (von Neumann). Without bounds this is the flat Dirichlet distribution.

    Parameters
    ----------
    draws : int
        1 or more.

    Returns
    -------
    DataFrame, shape (draws, k)

    Examples
    --------
    >>> box = weight_box(pd.Index(list("abc")), high=0.6)
    >>> uniform_weights(box, 50_000).mean().round(2).to_dict()
    {'a': 0.33, 'b': 0.33, 'c': 0.33}
    """
    if draws < 1 or seed < 0:
        raise UsageError(f"Розыгрышей не меньше 1, seed не меньше 0; задано draws={draws}, seed={seed}.")
    codes = pd.Index(sorted(box.low.index, key=str))
    low, high = box.low[codes].to_numpy(), box.high[codes].to_numpy()
    free = np.flatnonzero(high - low > checks.SUM_TOLERANCE)
    drawn = np.tile(low, (draws, 1))
    if len(free):
        last = free[np.argmax((high - low)[free])]             # the widest is left over: accepted most often
        others = free[free != last]
        rest = 1 - low.sum() + low[others].sum() + low[last]   # for the free ones
        tilt = _tilt(low[free], high[free], rest)
        rng, done = np.random.default_rng(seed), 0
        while done < draws:
            size = max(1000, min(2 * (draws - done) * len(free), WORK // len(free)))
            w = _tilted(rng.random((size, len(others))), low[others], high[others], tilt)
            left = rest - w.sum(axis=1)
            peak = high[last] if tilt > 0 else low[last]
            with np.errstate(over="ignore"):                   # outside the bounds: refused whatever it is
                accepted = (low[last] <= left) & (left <= high[last]) & (
                    rng.random(size) < np.exp(tilt * (left - peak)))
            rows = np.flatnonzero(accepted)[:draws - done]
            drawn[done:done + len(rows), others] = w[rows]
            drawn[done:done + len(rows), last] = left[rows]
            done += len(rows)
    return pd.DataFrame(drawn, columns=codes)[box.low.index]


def _tilt(low: np.ndarray, high: np.ndarray, total: float) -> float:
    """For which the tilted variables sum to `total` on average."""
    reach = 700 / (high - low).min()

    def excess(tilt: float) -> float:
        return _tilted_mean(low, high, tilt).sum() - total

    if excess(-reach) > 0 or excess(reach) < 0:                # a corner of the polytope: any large tilt will do
        return -reach if excess(-reach) > 0 else reach
    return float(brentq(excess, -reach, reach, xtol=1e-9))


def _tilted_mean(low: np.ndarray, high: np.ndarray, tilt: float) -> np.ndarray:
    x = tilt * (high - low)
    small = np.abs(x) < 1e-4
    safe = np.where(small, 1.0, np.clip(x, -700, 700))
    share = np.where(small, 0.5 + x / 12, 1 / -np.expm1(-safe) - 1 / safe)   # mean on [0, 1] of density e^(x u)
    return low + (high - low) * share


def _tilted(uniform: np.ndarray, low: np.ndarray, high: np.ndarray, tilt: float) -> np.ndarray:
    """By inversion of the distribution function."""
    x = np.clip(tilt * (high - low), -700, 700)
    small = np.abs(x) < 1e-9
    safe = np.where(small, 1.0, x)
    # for x > 0 from the upper end, where the mass is, so that no exponential overflows
    upper = 1 + np.log1p((1 - uniform) * np.expm1(-np.abs(safe))) / np.abs(safe)
    lower = -np.log1p(uniform * np.expm1(-np.abs(safe))) / np.abs(safe)
    return low + (high - low) * np.where(small, uniform, np.where(safe > 0, upper, lower))


def _ahead(values: pd.DataFrame, box: WeightBox, extreme) -> pd.DataFrame:
    x = aligned(values, box)
    n, k = x.shape
    ahead = np.zeros((n, n), dtype=bool)
    dust = checks.DUST * max(1.0, float(np.abs(x).max()))
    for start in range(0, n, max(1, WORK // (n * k))):
        part = x[start:start + max(1, WORK // (n * k))]
        d = (part[:, None, :] - x[None, :, :]).reshape(-1, k)
        ahead[start:start + len(part)] = extreme(d).reshape(len(part), n) > dust
    return pd.DataFrame(ahead, values.index, values.index)


def aligned(values: pd.DataFrame, box: WeightBox) -> np.ndarray:
    """Values with columns in the order of the box, checked."""
    what = "Значения и веса"
    checks.unique(values.index, f"{what}: единицы")
    checks.same_labels(values.columns, box.low.index, what)
    checks.complete(values, what)
    if values.empty:
        raise InputError(f"{what}: нет ни одной единицы.")
    return values[box.low.index].to_numpy(dtype=float)
