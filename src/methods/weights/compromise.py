"""Compromise: weights between sources, within the bounds of the methodologist, and what is given up for what.

Sources disagree, and no formula says who is right. What can be computed: the mean of the sources by how much each is
trusted, the nearest weights within stated bounds, and the frontier of candidates on which nothing gets better unless
something else gets worse.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd

from methods import checks
from methods.errors import EditionError, InputError, UsageError


@dataclass(frozen=True, eq=False)
class Frontier:
    """Candidates, what each costs by several measures, and which of them no other one beats in everything."""

    weights: pd.DataFrame    # candidates x codes
    costs: pd.DataFrame      # candidates x measures, less is better
    efficient: pd.Series     # candidates: on the frontier
    nearest: str | int       # the efficient candidate nearest to the best of every measure at once

    def shown(self, most: int = 8) -> pd.DataFrame:
        """Efficient candidates, at most so many, over the whole frontier: best by each measure, the nearest, others.

        Others are added one by one, each the farthest from those already there (costs scaled to [0; 1]).
        """
        points = _scaled(self.costs)[self.efficient]
        chosen = list(dict.fromkeys([*self.costs[self.efficient].idxmin(), self.nearest]))[:most]
        while len(chosen) < min(most, len(points)):
            gaps = np.linalg.norm(points.to_numpy()[:, None] - points.loc[chosen].to_numpy(), axis=2).min(axis=1)
            chosen.append(points.index[int(gaps.argmax())])
        return pd.concat([self.weights, self.costs], axis=1).loc[chosen]


def blend(sets: pd.DataFrame, trust: pd.Series) -> pd.Series:
    r"""Mean of weight sets by how much each source is trusted: :math:`w = \sum_k t_k w_k / \sum_k t_k`.

    Linear opinion pool; Stone (1961), The Opinion Pool, Ann. Math. Statist. 32, 1339-1342. doi:10.1214/aoms/1177704873

    Parameters
    ----------
    sets : DataFrame, shape (codes, sources)
        Every column sums to 1.
    trust : Series, by source
        Not below 0, not all 0; sources that it does not name are not used.

    Examples
    --------
    >>> sets = pd.DataFrame({"equal": [0.5, 0.5], "experts": [0.7, 0.3], "data": [0.1, 0.9]}, index=["Д", "П"])
    >>> blend(sets, pd.Series({"equal": 1, "experts": 3})).round(3).to_dict()
    {'Д': 0.65, 'П': 0.35}
    """
    unknown = [source for source in trust.index if source not in sets]
    if unknown:
        raise InputError(f"Нет источников весов: {', '.join(map(str, unknown))}. Есть: "
                         f"{', '.join(map(str, sets.columns))}.")
    if not np.isfinite(trust).all() or (trust < 0).any() or trust.sum() <= 0:
        raise InputError("Доверие к источникам — числа не меньше 0, не все нули; сейчас: "
                         + ", ".join(f"{source} {value:g}" for source, value in trust.items()) + ".")
    for source in trust.index:
        checks.weights_sum_to_one(sets[source])
    return (sets[trust.index] @ (trust / trust.sum())).rename("weight")


def check_bounds(lower: pd.Series, upper: pd.Series) -> None:
    """Raise unless some weights fit: 0 <= lower <= upper <= 1, the lower sum to at most 1, the upper to at least 1.

    >>> check_bounds(pd.Series({"Д": 0.6, "П": 0.5}), pd.Series({"Д": 0.7, "П": 0.8}))
    Traceback (most recent call last):
    ...
    methods.errors.EditionError: Границы весов нельзя выполнить: сумма нижних 1.1 больше 1 (сумма верхних 1.5).
    Уменьшите нижние границы.
    """
    checks.same_labels(lower.index, upper.index, "Границы весов")
    upper = upper[lower.index]
    wrong = ~((lower >= 0) & (lower <= upper) & (upper <= 1))
    if wrong.any():
        shown = "; ".join(f"{code}: {lower[code]:g}–{upper[code]:g}" for code in lower.index[wrong])
        raise EditionError(f"Границы весов — от 0 до 1, нижняя не больше верхней; нарушено: {shown}.")
    for bad, which, word, mend in ((lower.sum() > 1 + checks.SUM_TOLERANCE, "нижних", "больше", "Уменьшите нижние"),
                                   (upper.sum() < 1 - checks.SUM_TOLERANCE, "верхних", "меньше", "Увеличьте верхние")):
        if bad:
            sums = {"нижних": lower.sum(), "верхних": upper.sum()}
            other = "верхних" if which == "нижних" else "нижних"
            raise EditionError(f"Границы весов нельзя выполнить: сумма {which} {sums[which]:g} {word} 1 "
                               f"(сумма {other} {sums[other]:g}).\n{mend} границы.")


def read_bounds(text: str, codes: Sequence[str]) -> tuple[pd.Series, pd.Series]:
    """Bounds of weights as a person writes them: `Д 0,15-0,40; К 0-0,1`. Codes that are not named are free.

    Raises
    ------
    UsageError
        A part that is no code with two numbers; a code that is not weighed or named twice.
    EditionError
        Bounds that no weights meet.

    Examples
    --------
    >>> lower, upper = read_bounds("Д 0,15–0,4; К 0-0.1", ["Д", "П", "К"])
    >>> lower.to_dict(), upper.to_dict()
    ({'Д': 0.15, 'П': 0.0, 'К': 0.0}, {'Д': 0.4, 'П': 1.0, 'К': 0.1})
    """
    lower, upper = pd.Series(0.0, list(codes)), pd.Series(1.0, list(codes))
    named: set[str] = set()
    for part in filter(None, (part.strip() for part in text.split(";"))):
        found = re.fullmatch(r"(\S+)\s*[:=]?\s+(\d*[.,]?\d+)\s*[-–—]\s*(\d*[.,]?\d+)", part)
        if found is None or found[1].rstrip(":=") not in lower.index or found[1].rstrip(":=") in named:
            raise UsageError(f"bounds: «{part}» не разобрано. Пишите: код, пробел, нижняя граница, тире, верхняя, "
                             f"через точку с запятой, каждый код один раз: {lower.index[0]} 0,1–0,3. Коды: "
                             f"{', '.join(map(str, codes))}.")
        code = found[1].rstrip(":=")
        named.add(code)
        lower[code], upper[code] = (float(found[place].replace(",", ".")) for place in (2, 3))
    check_bounds(lower, upper)
    return lower, upper


def within_bounds(weights: pd.Series, lower: pd.Series, upper: pd.Series) -> pd.Series:
    r"""The weights nearest to the given ones (least squares) that keep the bounds and sum to 1.

    .. math:: w_j = \min(u_j, \max(l_j, v_j - \tau)), \quad \sum_j w_j(\tau) = 1

    The sum falls piecewise linearly in :math:`\tau`, with corners at :math:`v_j - l_j` and :math:`v_j - u_j`, so it is
    solved exactly between two corners.

    Parameters
    ----------
    weights, lower, upper : Series, shape (k,)
        Matched by label.

    Raises
    ------
    EditionError
        The bounds cannot be met: both sums are named.

    References
    ----------
    Held, Wolfe, Crowder (1974), Validation of subgradient optimization, Math. Programming 6, 62-88, section 3.
    doi:10.1007/BF01580223

    Examples
    --------
    >>> within_bounds(pd.Series({"Д": 0.7, "П": 0.2, "М": 0.1}), pd.Series({"Д": 0, "П": 0.1, "М": 0.1}),
    ...               pd.Series({"Д": 0.5, "П": 1, "М": 1})).round(3).to_dict()
    {'Д': 0.5, 'П': 0.3, 'М': 0.2}
    """
    check_bounds(lower, upper)
    checks.same_labels(weights.index, lower.index, "Веса и границы")
    v = weights.to_numpy(dtype=float)
    low, high = (bound[weights.index].to_numpy(dtype=float) for bound in (lower, upper))

    def total(tau: float) -> float:
        return float(np.clip(v - tau, low, high).sum())

    corners = np.unique(np.concatenate([v - low, v - high]))
    sums = np.array([total(corner) for corner in corners])          # falling
    right = int(np.searchsorted(-sums, -1.0))                       # the first corner with a sum not above 1
    if right == 0:
        tau = corners[0]
    elif right == len(corners):
        tau = corners[-1]
    else:
        left, step = right - 1, sums[right - 1] - sums[right]
        tau = corners[left] if step == 0 else corners[left] + (sums[left] - 1) / step * (corners[right] - corners[left])
    return pd.Series(np.clip(v - tau, low, high), weights.index, name="weight")


def candidates(sets: pd.DataFrame, *, steps: int = 4, lower: pd.Series | None = None,
               upper: pd.Series | None = None) -> pd.DataFrame:
    """Weights to choose from: every source and every mix of two or three in equal steps, brought into the bounds.

    Parameters
    ----------
    sets : DataFrame, shape (codes, sources)
    steps : int
        A mix gives each of its sources 1/steps, 2/steps ... of the whole.
    lower, upper : Series, by code, optional

    Returns
    -------
    DataFrame, candidates x codes
        Labels name the mix: «эксперты 50 % + равные 50 %»; of equal ones the first stays.

    Examples
    --------
    >>> sets = pd.DataFrame({"a": [1.0, 0.0], "b": [0.0, 1.0]}, index=["Д", "П"])
    >>> candidates(sets, steps=2)["Д"].to_dict()
    {'a': 1.0, 'b': 0.0, 'a 50 % + b 50 %': 0.5}
    """
    if steps < 1:
        raise UsageError(f"steps={steps}: шагов смеси — не меньше 1.")
    rows = {str(source): sets[source] for source in sets}
    for parts in (2, 3):
        for shares in _compositions(steps, parts):
            for chosen in combinations(sets.columns, parts):
                label = " + ".join(f"{source} {100 * share / steps:.3g} %".replace(".", ",")
                                   for source, share in zip(chosen, shares, strict=True))
                rows[label] = blend(sets, pd.Series(dict(zip(chosen, shares, strict=True)), dtype=float))
    table = pd.DataFrame(rows).T
    if lower is not None or upper is not None:
        low = pd.Series(0.0, table.columns) if lower is None else lower
        high = pd.Series(1.0, table.columns) if upper is None else upper
        table = pd.DataFrame({label: within_bounds(row, low, high) for label, row in table.iterrows()}).T
    return table[~table.round(9).duplicated()].rename_axis("candidate")


def frontier(weights: pd.DataFrame, costs: pd.DataFrame) -> Frontier:
    r"""Candidates that no other one beats, and the one nearest to the ideal point.

    A candidate is beaten if another one costs no more by any measure and less by one. Costs are scaled to [0; 1]
    between the best and the worst of the frontier; the nearest candidate has the least

    .. math:: d = \Bigl(\sum_m \Bigl(\frac{c_m - c_m^*}{c_m^{max} - c_m^*}\Bigr)^2\Bigr)^{1/2}

    Parameters
    ----------
    weights : DataFrame, shape (candidates, codes)
    costs : DataFrame, shape (candidates, measures)
        Less is better; no gaps. Matched by label.

    References
    ----------
    Zeleny (1973), Compromise programming, in Cochrane, Zeleny (eds.), Multiple Criteria Decision Making, 262-301.
    Yu (1973), A class of solutions for group decision problems, Management Science 19(8). doi:10.1287/mnsc.19.8.936

    Examples
    --------
    >>> weights = pd.DataFrame({"Д": [0.2, 0.5, 0.8, 0.9]}, index=list("abcd"))
    >>> costs = pd.DataFrame({"shift": [0.0, 0.2, 1.0, 1.1], "dissent": [1.0, 0.2, 0.0, 0.0]}, index=list("abcd"))
    >>> found = frontier(weights, costs)
    >>> found.efficient.to_dict(), found.nearest
    ({'a': True, 'b': True, 'c': True, 'd': False}, 'b')
    """
    checks.same_labels(weights.index, costs.index, "Варианты весов и их цена")
    checks.complete(costs, "Цена вариантов весов")
    costs = costs.loc[weights.index]
    values = costs.to_numpy(dtype=float)
    no_worse = np.ones((len(values), len(values)), dtype=bool)
    better = np.zeros_like(no_worse)
    for column in values.T:                                    # [i, j]: j against i
        no_worse &= column <= column[:, None] + checks.DUST
        better |= column < column[:, None] - checks.DUST
    efficient = pd.Series(~(no_worse & better).any(axis=1), index=weights.index, name="efficient")
    distance = np.sqrt((_scaled(costs[efficient]) ** 2).sum(axis=1))
    return Frontier(weights, costs, efficient, distance.idxmin())


def distance(one: pd.Series | pd.DataFrame, other: pd.Series) -> float | pd.Series:
    r"""Share of the weight that would have to change hands: :math:`\tfrac12 \sum_j |w_j - v_j|`, from 0 to 1.

    >>> float(distance(pd.Series({"Д": 0.6, "П": 0.4}), pd.Series({"П": 0.6, "Д": 0.4})).round(3))
    0.2
    """
    if isinstance(one, pd.DataFrame):
        checks.same_labels(one.columns, other.index, "Веса")
        return 0.5 * (one - other).abs().sum(axis=1)
    checks.same_labels(one.index, other.index, "Веса")
    return 0.5 * (one - other).abs().sum()


def distances(sets: pd.DataFrame) -> pd.DataFrame:
    """`distance` between every two sources: sources x sources."""
    return pd.DataFrame({source: distance(sets.T, sets[source]) for source in sets})


def _compositions(total: int, parts: int) -> Sequence[tuple[int, ...]]:
    """Ways to write a whole number as a sum of `parts` positive ones, in order."""
    if parts == 1:
        return [(total,)] if total > 0 else []
    return [(first, *rest) for first in range(1, total) for rest in _compositions(total - first, parts - 1)]


def _scaled(costs: pd.DataFrame) -> pd.DataFrame:
    span = costs.max() - costs.min()
    return (costs - costs.min()) / span.where(span > 0, 1.0)
