"""Exact variance-based indices of factors with few levels, from the model's output for every combination of them.

Choices of method are such factors: nothing has to be drawn, and nothing is left to chance.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from methods import checks
from methods.errors import InputError
from methods.sensitivity.pick_freeze import CONSTANT

MOST_FACTORS = 14    # 16,384 subsets
SUM_TO_ONE = 1e-9


@dataclass(frozen=True, eq=False)
class ExactIndices:
    """First-order, total and Shapley indices, factors x outputs; NaN where the output does not vary, `why` says so."""

    first: pd.DataFrame
    total: pd.DataFrame
    shapley: pd.DataFrame
    mean: pd.Series
    variance: pd.Series
    why: pd.Series


def exact_indices(table: pd.DataFrame, probabilities: Mapping[str, Mapping[object, float]] | None = None,
                  ) -> ExactIndices:
    r"""Variance decomposition of a full factorial table of independent factors.

    .. math:: V_u = Var\bigl(E[Y \mid x_u]\bigr), \quad S_i = V_i / V, \quad T_i = 1 - V_{-i} / V, \quad
              Sh_i = \frac1V \sum_{u \not\ni i} \frac{|u|! \, (k - |u| - 1)!}{k!} (V_{u \cup i} - V_u)

    Parameters
    ----------
    table : DataFrame
        One row a combination of levels, every combination once; the names of the index's levels are the factors, the
        columns the outputs.
    probabilities : mapping of a factor to the probabilities of its levels, optional
        All levels of a factor are equally likely by default.

    References
    ----------
    Sobol (1993), Sensitivity estimates for nonlinear mathematical models. Owen (2014), Sobol' indices and Shapley
    value, doi:10.1137/130936233

    Examples
    --------
    Places of a centre under two normalisations and two aggregations:

    >>> choices = pd.MultiIndex.from_product([["min-max", "z-score"], ["arithmetic", "geometric"]],
    ...                                      names=["normalisation", "aggregation"])
    >>> result = exact_indices(pd.DataFrame({"C1": [3, 5, 3, 9]}, choices))
    >>> pd.concat([result.first, result.total, result.shapley], axis=1, keys=["first", "total", "Shapley"]).round(3)
                   first  total Shapley
                      C1     C1      C1
    normalisation  0.167  0.333    0.25
    aggregation    0.667  0.833    0.75
    """
    names, values, weights = _factorial(table, probabilities or {})
    k, mean = len(names), _average(values, weights)
    closed = np.zeros((2**k, values.shape[-1]))
    centred = values - mean
    for subset in range(2**k):
        kept = [axis for axis in range(k) if subset >> axis & 1]
        conditional = centred
        for axis in range(k):
            if axis not in kept:
                conditional = np.average(conditional, axis=axis, weights=weights[axis], keepdims=True)
        closed[subset] = _average(conditional**2, [weights[axis] if axis in kept else np.ones(1) for axis in range(k)])
    variance = closed[-1]
    constant = ~(np.sqrt(variance) > checks.DUST * np.abs(values).max(axis=tuple(range(k))))
    share = closed / np.where(constant, np.nan, variance)
    whole = 2**k - 1
    found = {"first": [share[1 << i] for i in range(k)], "total": [1 - share[whole ^ 1 << i] for i in range(k)],
             "shapley": shapley_values(share)}
    tables = {name: pd.DataFrame(np.array(rows), index=pd.Index(names), columns=table.columns)
              for name, rows in found.items()}
    series = {"mean": mean, "variance": np.where(constant, 0.0, variance), "why": np.where(constant, CONSTANT, "")}
    return ExactIndices(**tables, **{name: pd.Series(each, index=table.columns, name=name)
                                     for name, each in series.items()})


def shapley_values(worth: np.ndarray) -> np.ndarray:
    """Shapley values of a game, players x ...; row number u of `worth` is the set whose members are the bits of u.

    Two players that are worth 1 and 2 alone and 5 together:

    >>> shapley_values(np.array([0.0, 1.0, 2.0, 5.0])).tolist()
    [2.0, 3.0]
    """
    k = len(worth).bit_length() - 1
    subsets = np.arange(len(worth))
    size = np.array([int(subset).bit_count() for subset in subsets])
    chance = np.array([math.factorial(n) * math.factorial(k - n - 1) / math.factorial(k) for n in range(k)])
    values = []
    for player in range(k):
        without = subsets[subsets >> player & 1 == 0]
        values.append(np.tensordot(chance[size[without]], worth[without | 1 << player] - worth[without], axes=1))
    return np.array(values)


def _factorial(table: pd.DataFrame, probabilities: Mapping[str, Mapping[object, float]],
               ) -> tuple[list[str], np.ndarray, list[np.ndarray]]:
    """Names of the factors, values as an array with one axis a factor and the outputs last, probabilities by axis."""
    names = list(table.index.names)
    if table.empty or None in names or len(set(names)) < len(names):
        raise InputError("Таблица сочетаний: нужны строки, результаты и разные имена уровней индекса — источники "
                         "неопределённости.")
    if len(names) > MOST_FACTORS:
        raise InputError(f"Таблица сочетаний: источников {len(names)}, предел — {MOST_FACTORS}.")
    checks.unique(table.columns, "Таблица сочетаний: результаты")
    told = table.set_axis([", ".join(map(str, row)) for row in table.index.to_frame().to_numpy()])
    checks.unique(told.index, "Таблица сочетаний")
    checks.complete(told, "Таблица сочетаний")
    levels = [table.index.get_level_values(name).unique().sort_values() for name in names]
    expected = math.prod(map(len, levels))
    if len(table) != expected:
        raise InputError(f"Таблица сочетаний: нужны все сочетания уровней, их {expected}, а строк {len(table)}.")
    grid = pd.MultiIndex.from_product(levels, names=names)
    if len(names) == 1:
        grid = grid.get_level_values(0)
    values = table.reindex(grid).to_numpy(dtype=float).reshape(*map(len, levels), -1)
    foreign = sorted(set(probabilities) - set(names))
    if foreign:
        raise InputError(f"Вероятности: нет источника {', '.join(foreign)}; есть: {', '.join(names)}.")
    chances = [_chances(name, own, probabilities.get(name)) for name, own in zip(names, levels, strict=True)]
    return names, values, chances


def _chances(name: str, levels: pd.Index, stated: Mapping[object, float] | None) -> np.ndarray:
    if stated is None:
        return np.full(len(levels), 1 / len(levels))
    checks.same_labels(levels, pd.Index(list(stated)), f"Вероятности источника «{name}»")
    chances = np.array([stated[level] for level in levels], dtype=float)
    if not (chances > 0).all() or abs(chances.sum() - 1) > SUM_TO_ONE:
        raise InputError(f"Вероятности источника «{name}» должны быть больше 0 и в сумме давать 1, сумма "
                         f"{chances.sum():.10g}, наименьшая {chances.min():.10g}.")
    return chances


def _average(values: np.ndarray, weights: list[np.ndarray]) -> np.ndarray:
    """Mean over all axes but the last."""
    for own in weights:
        values = np.tensordot(own, values, axes=(0, 0))
    return values
