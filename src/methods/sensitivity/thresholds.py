"""Exact thresholds: the smallest change of weights that swaps two units or moves one over a cut-off.

The index has to be linear in its weights: an arithmetic mean of complete values. A geometric mean is so in logarithms,
a harmonic one in -1/x: give these as values (and the cut-off on the same scale); swaps and places are the same.

What may change is what the columns stand for. For changes at the top level only, give the scores of the groups and
their weights; for changes at every leaf, the indicators and their weights in the whole index (`leaf_weights`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from scipy.optimize import brentq

from methods import checks
from methods.errors import InputError, UsageError
from methods.sensitivity.weight_space import WeightBox, aligned, greatest, weight_box

Norm = Literal["L1", "L2", "Linf"]


@dataclass(frozen=True, eq=False)
class WeightChange:
    """The nearest weights at which the units are level; the slightest step further swaps them."""

    distance: float       # from the adopted weights in the norm; inf if no admissible weights do it
    weights: pd.Series    # those weights; the adopted ones if it is impossible
    shift: pd.Series      # their difference from the adopted ones
    norm: Norm

    @property
    def possible(self) -> bool:
        """Whether any admissible weights do it."""
        return bool(np.isfinite(self.distance))


def smallest_swap(values: pd.DataFrame, weights: pd.Series, first: str, second: str, *, norm: Norm = "L1",
                  box: WeightBox | None = None) -> WeightChange:
    r"""The smallest change of weights that swaps two units.

    .. math:: \min_{w'} \lVert w' - w \rVert \quad\text{subject to}\quad \sum_j w'_j (x_{aj} - x_{bj}) \le 0, \;
              \sum_j w'_j = 1, \; l_j \le w'_j \le u_j

    a being the unit that is ahead under the adopted weights. L1 counts all that is moved (.1 from one weight to another
    is .2), Linf the largest change of one weight, L2 lies between. Exact: L1 moves weight from where a leads most to
    where it lags most; Linf and L2 are roots of monotone piecewise linear functions of one number.

    Parameters
    ----------
    values : DataFrame, shape (n units, k elements)
        Higher is better, no gaps.
    weights : Series, shape (k,)
        Adopted, by element; sum 1.
    box : WeightBox, optional
        Admissible weights, by default all that are not negative. The adopted ones have to be among them.

    Returns
    -------
    WeightChange
        Distance 0 if both are level already; inf if one stays ahead, or level, under all admissible weights.

    Examples
    --------
    >>> values = pd.DataFrame({"a": [1.0, 0.25], "b": [0.0, 0.75]}, index=["C01", "C02"])
    >>> change = smallest_swap(values, pd.Series({"a": 0.6, "b": 0.4}), "C01", "C02")
    >>> round(change.distance, 6), change.weights.round(6).to_dict()
    (0.2, {'a': 0.5, 'b': 0.5})
    """
    box, x, w = _prepared(values, weights, box)
    rows = [_row(values, unit) for unit in (first, second)]
    d = x[rows[0]] - x[rows[1]]
    return _change(d if d @ w >= 0 else -d, w, box, norm, strictly=True)


def smallest_crossing(values: pd.DataFrame, weights: pd.Series, unit: str, cut_off: float, *, norm: Norm = "L1",
                      box: WeightBox | None = None) -> WeightChange:
    r"""The smallest change of weights that takes a unit over a cut-off: down if it has reached it, else up to it.

    As `smallest_swap`, with :math:`\sum_j w'_j (x_{aj} - c) \le 0` (or >= 0). The cut-off stays where it is: one that
    is itself drawn from the scores (quantiles, clusters) would move along.

    Parameters
    ----------
    cut_off : float
        On the scale of the index; a unit exactly on it has reached it.

    Examples
    --------
    >>> values = pd.DataFrame({"a": [1.0], "b": [0.0]}, index=["C01"])
    >>> round(smallest_crossing(values, pd.Series({"a": 0.6, "b": 0.4}), "C01", 0.75, norm="Linf").distance, 6)
    0.15
    """
    box, x, w = _prepared(values, weights, box)
    if not np.isfinite(cut_off):
        raise InputError(f"Порог должен быть числом, задано {cut_off}.")
    d = x[_row(values, unit)] - cut_off
    reached = d @ w >= -_dust(x)
    return _change(d if reached else -d, w, box, norm, strictly=reached)


def swap_distances(values: pd.DataFrame, weights: pd.Series, *, norm: Norm = "L1", box: WeightBox | None = None,
                   pairs: Literal["neighbours", "all"] = "neighbours") -> pd.DataFrame:
    """How near each two neighbours in the ranking (or all pairs) are to changing places.

    Returns
    -------
    DataFrame with columns ahead, behind, gap, distance
        In the order of places, equal scores by label; `distance` as in `smallest_swap`.

    Examples
    --------
    >>> values = pd.DataFrame({"a": [1.0, 0.25, 0.2], "b": [0.0, 0.75, 0.2]}, index=["C01", "C02", "C03"])
    >>> swap_distances(values, pd.Series({"a": 0.6, "b": 0.4})).round(3).to_numpy().tolist()
    [['C01', 'C02', 0.15, 0.2], ['C02', 'C03', 0.25, inf]]
    """
    if pairs not in ("neighbours", "all"):
        raise UsageError(f"pairs={pairs}: допустимы neighbours и all.")
    box, x, w = _prepared(values, weights, box)
    scores = x @ w
    order = sorted(range(len(values)), key=lambda row: (-round(scores[row], 12), str(values.index[row])))
    chosen = [(order[place], behind) for place in range(len(order))
              for behind in (order[place + 1:] if pairs == "all" else order[place + 1:place + 2])]
    rows = []
    for ahead, behind in chosen:
        change = _change(x[ahead] - x[behind], w, box, norm, strictly=True)
        rows.append((values.index[ahead], values.index[behind], scores[ahead] - scores[behind], change.distance))
    return pd.DataFrame(rows, columns=["ahead", "behind", "gap", "distance"])


def leaf_weights(group_weights: pd.Series, within: pd.Series, groups: pd.Series) -> pd.Series:
    """Weight of every indicator in the whole index: that of its group times its own in the group.

    Parameters
    ----------
    group_weights : Series by group, sum 1
    within : Series by indicator, sum 1 in every group
    groups : Series by indicator
        The group of each.

    Examples
    --------
    >>> leaf_weights(pd.Series({"Д": 0.6, "П": 0.4}), pd.Series({"Д1": 0.5, "Д2": 0.5, "П1": 1.0}),
    ...              pd.Series({"Д1": "Д", "Д2": "Д", "П1": "П"})).to_dict()
    {'Д1': 0.3, 'Д2': 0.3, 'П1': 0.4}
    """
    checks.same_labels(within.index, groups.index, "Веса внутри групп и состав групп")
    checks.same_labels(group_weights.index, pd.Index(groups.unique()), "Веса групп и состав групп")
    checks.weights_sum_to_one(group_weights)
    for _, part in within.groupby(groups[within.index]):
        checks.weights_sum_to_one(part)
    return (within * groups[within.index].map(group_weights)).rename("weight")


def group_scores(values: pd.DataFrame, within: pd.Series, groups: pd.Series) -> pd.DataFrame:
    """Arithmetic means of the groups: the values for changes at the top level only.

    >>> values = pd.DataFrame({"Д1": [1.0], "Д2": [0.0], "П1": [0.3]}, index=["C01"])
    >>> group_scores(values, pd.Series({"Д1": 0.25, "Д2": 0.75, "П1": 1.0}),
    ...              pd.Series({"Д1": "Д", "Д2": "Д", "П1": "П"})).loc["C01"].to_dict()
    {'Д': 0.25, 'П': 0.3}
    """
    checks.same_labels(values.columns, groups.index, "Показатели и состав групп")
    checks.same_labels(within.index, groups.index, "Веса внутри групп и состав групп")
    checks.complete(values, "Показатели")
    for _, part in within.groupby(groups[within.index]):
        checks.weights_sum_to_one(part)
    return (values * within[values.columns]).T.groupby(groups[values.columns]).sum().T


def _prepared(values: pd.DataFrame, weights: pd.Series, box: WeightBox | None) -> tuple[WeightBox, np.ndarray,
                                                                                        np.ndarray]:
    checks.weights_sum_to_one(weights)
    box = box or weight_box(weights.index)
    checks.same_labels(weights.index, box.low.index, "Веса и их границы")
    x, w = aligned(values, box), weights[box.low.index].astype(float)
    if not box.contains(w):
        outside = w.index[(w < box.low - checks.SUM_TOLERANCE) | (w > box.high + checks.SUM_TOLERANCE)]
        named = ", ".join(f"{code} = {w[code]:g} ({box.low[code]:g}–{box.high[code]:g})" for code in outside)
        raise InputError(f"Принятые веса вне своих границ: {named}. Задайте границы, которые их содержат.")
    return box, x, w.to_numpy()


def _row(values: pd.DataFrame, unit: str) -> int:
    if unit not in values.index:
        raise InputError(f"Единицы {unit} нет среди значений.")
    return int(values.index.get_loc(unit))


def _dust(x: np.ndarray) -> float:
    return checks.DUST * max(1.0, float(np.abs(x).max()))


def _change(d: np.ndarray, w: np.ndarray, box: WeightBox, norm: Norm, strictly: bool) -> WeightChange:
    """The nearest w' with d w' <= 0, d w being not below 0; `strictly`: d w' < 0 has to be attainable."""
    if norm not in _NEAREST:
        raise UsageError(f"norm={norm}: допустимы {', '.join(_NEAREST)}.")
    codes, dust = box.low.index, checks.DUST * max(1.0, float(np.abs(d).max()))
    adopted = pd.Series(w, codes, name="weight")
    least = -greatest(-d[None, :], box)[0]
    if least >= -dust if strictly else least > dust:
        return WeightChange(float("inf"), adopted, adopted * 0.0, norm)
    nearest = w if d @ w <= dust else _NEAREST[norm](d, w, box)
    shift = pd.Series(nearest, codes, name="weight") - adopted
    size = {"L1": shift.abs().sum(), "L2": np.sqrt((shift**2).sum()), "Linf": shift.abs().max()}[norm]
    return WeightChange(float(size), adopted + shift, shift, norm)


def _nearest_l1(d: np.ndarray, w: np.ndarray, box: WeightBox) -> np.ndarray:
    """Move weight from the largest d to the smallest until the gap is closed: no other move gains more for its size."""
    found, gap = w.copy(), float(d @ w)
    spare, room = w - box.low.to_numpy(), box.high.to_numpy() - w
    order = np.argsort(d, kind="stable")
    give, take = len(d) - 1, 0
    while gap > 0 and d[order[give]] > d[order[take]]:
        giver, taker = order[give], order[take]
        step = min(spare[giver], room[taker], gap / (d[giver] - d[taker]))
        found[giver] -= step
        found[taker] += step
        spare[giver] -= step
        room[taker] -= step
        gap -= step * (d[giver] - d[taker])
        if spare[giver] <= 0:
            give -= 1
        elif room[taker] <= 0:
            take += 1
        else:
            break
    return found


def _nearest_l2(d: np.ndarray, w: np.ndarray, box: WeightBox) -> np.ndarray:
    """The projection of w - mu d onto the box, mu being the multiplier for which the gap is closed."""
    low, high = box.low.to_numpy(), box.high.to_numpy()
    size = float(np.abs(d).max())

    def gap(mu: float) -> float:
        return float(d @ _projection(w - mu * d, low, high))

    most = 1 / size
    while gap(most) > 0 and most < 1e12 / size:
        most *= 2
    return _projection(w - _root(gap, most) * d, low, high)


def _nearest_linf(d: np.ndarray, w: np.ndarray, box: WeightBox) -> np.ndarray:
    """The least t for which the box cut to w +- t holds weights that close the gap."""
    low, high = box.low.to_numpy(), box.high.to_numpy()

    def best(t: float) -> np.ndarray:
        floor, order = np.maximum(low, w - t), np.argsort(d, kind="stable")
        capacity = (np.minimum(high, w + t) - floor)[order]
        found = floor.copy()
        found[order] += np.clip(1 - floor.sum() - (np.cumsum(capacity) - capacity), 0, capacity)
        return found

    return best(_root(lambda t: float(d @ best(t)), 1.0))


def _root(gap: Callable[[float], float], most: float) -> float:
    """Where a falling function becomes 0; `most` if it does so only there."""
    return float(brentq(gap, 0.0, most, xtol=1e-15, rtol=1e-14, maxiter=500)) if gap(most) < 0 else most


def _projection(point: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    r"""The nearest point of the box: clip(point - lambda), lambda such that the sum is 1."""
    knots = np.sort(np.concatenate([point - low, point - high]))
    sums = np.clip(point[None, :] - knots[:, None], low, high).sum(axis=1)   # falls as lambda grows
    after = int(np.searchsorted(-sums, -1.0))
    if after == 0 or after == len(knots):
        return np.clip(point - knots[min(after, len(knots) - 1)], low, high)
    before = after - 1
    share = (sums[before] - 1) / (sums[before] - sums[after])
    return np.clip(point - (knots[before] + share * (knots[after] - knots[before])), low, high)


_NEAREST = {"L1": _nearest_l1, "L2": _nearest_l2, "Linf": _nearest_linf}
