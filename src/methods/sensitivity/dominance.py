"""Who is ahead of whom whatever the weights: dominance, its levels and its diagram."""

from __future__ import annotations

import numpy as np
import pandas as pd

from methods import checks
from methods.errors import InputError


def dominance(values: pd.DataFrame) -> pd.DataFrame:
    """Pareto dominance: the row is nowhere below the column and somewhere above it.

    Parameters
    ----------
    values : DataFrame, shape (n units, k indicators)
        Higher is better, no gaps.

    Returns
    -------
    DataFrame of bool, shape (n, n)

    Examples
    --------
    >>> values = pd.DataFrame({"speed": [3, 2, 1], "care": [3, 1, 2]}, index=["C01", "C02", "C03"])
    >>> dominance(values).loc["C01"].to_dict()
    {'C01': False, 'C02': True, 'C03': True}
    """
    _table(values, "Доминирование")
    x = values.to_numpy(dtype=float)
    ahead = np.empty((len(x), len(x)), dtype=bool)
    for row, own in enumerate(x):
        ahead[row] = (own >= x).all(axis=1) & (own > x).any(axis=1)
    return pd.DataFrame(ahead, values.index, values.index)


def levels(better: pd.DataFrame) -> pd.Series:
    r"""Level of every unit: 1 + the longest chain of units, each better than the next, that ends above it.

    For Pareto dominance these are the fronts of non-dominated sorting: level 1 is dominated by nobody, level 2 by
    level 1 only, and so on.

    Parameters
    ----------
    better : DataFrame of bool, shape (n, n)
        The row is better than the column. Without cycles; it need not be transitive.

    Raises
    ------
    InputError
        If units are better than one another in a circle.

    References
    ----------
    Mirsky (1971), doi:10.2307/2316481: the levels are the fewest groups within which nobody is better. Deb, Pratap,
    Agarwal, Meyarivan (2002), section III-A: non-dominated sorting, doi:10.1109/4235.996017

    Examples
    --------
    >>> values = pd.DataFrame({"speed": [3, 2, 1, 0], "care": [3, 1, 2, 0]}, index=["C01", "C02", "C03", "C04"])
    >>> levels(dominance(values)).to_dict()
    {'C01': 1, 'C02': 2, 'C03': 2, 'C04': 3}
    """
    checks.same_labels(better.index, better.columns, "Отношение «лучше»")
    ahead = better.loc[better.index, better.index].to_numpy(dtype=bool)
    waiting = ahead.sum(axis=0)                  # how many better units have no level yet
    level = np.zeros(len(ahead), dtype=int)
    current = np.flatnonzero(waiting == 0)
    step = 0
    while len(current):
        step += 1
        level[current] = step
        waiting = waiting - ahead[current].sum(axis=0)
        current = np.flatnonzero((waiting == 0) & (level == 0))
    if (level == 0).any():
        raise InputError("Отношение «лучше» замкнуто в круг: "
                         f"{', '.join(map(str, better.index[level == 0][:5]))}. Уровни не определены.")
    return pd.Series(level, better.index, name="level")


def pareto_levels(values: pd.DataFrame) -> pd.Series:
    """Fronts of non-dominated sorting of units by their indicators, 1 for those that nobody dominates.

    >>> pareto_levels(pd.DataFrame({"speed": [3, 2, 1], "care": [1, 1, 2]}, index=["C01", "C02", "C03"])).to_dict()
    {'C01': 1, 'C02': 2, 'C03': 1}
    """
    return levels(dominance(values))


def hasse_edges(better: pd.DataFrame) -> pd.DataFrame:
    """Lines of the Hasse diagram: who is directly better than whom, nobody standing between.

    Parameters
    ----------
    better : DataFrame of bool, shape (n, n)
        The row is better than the column; transitive and without cycles, as dominance is.

    Returns
    -------
    DataFrame with columns better, worse
        Sorted by label.

    Examples
    --------
    >>> values = pd.DataFrame({"speed": [3, 2, 1], "care": [3, 2, 1]}, index=["C01", "C02", "C03"])
    >>> hasse_edges(dominance(values)).to_numpy().tolist()
    [['C01', 'C02'], ['C02', 'C03']]
    """
    levels(better)
    ahead = better.loc[better.index, better.index].to_numpy(dtype=bool)
    between = (ahead.astype(np.float32) @ ahead.astype(np.float32)) > 0
    if (between & ~ahead).any():
        row, column = np.argwhere(between & ~ahead)[0]
        raise InputError(f"Диаграмма Хассе: отношение должно быть транзитивным, но {better.index[row]} лучше "
                         f"{better.index[column]} только через других.")
    rows, columns = np.nonzero(ahead & ~between)
    edges = pd.DataFrame({"better": better.index[rows], "worse": better.index[columns]})
    return edges.sort_values(["better", "worse"], key=lambda labels: labels.map(str), ignore_index=True)


def _table(values: pd.DataFrame, what: str) -> None:
    checks.unique(values.index, f"{what}: единицы")
    checks.unique(values.columns, f"{what}: показатели")
    checks.complete(values, what)
    if values.empty:
        raise InputError(f"{what}: таблица пуста (единиц {len(values)}, показателей {values.shape[1]}).")
