"""Distance to the frontier: how far a unit is from the best of those measured.

Here the frontier is the best unit in each indicator or group by itself. The frontier of whole profiles, under weights
that favour each unit, is `methods.weights.benefit_of_doubt`.
"""

from __future__ import annotations

import pandas as pd

from methods import checks
from methods.errors import InputError


def distance_to_frontier(values: pd.DataFrame, best: pd.Series | None = None,
                         worst: pd.Series | None = None) -> pd.DataFrame:
    r"""Share of the way from the worst to the best value that a unit still has before it.

    .. math:: d_{ij} = \frac{b_j - x_{ij}}{b_j - w_j}

    Parameters
    ----------
    values : DataFrame, shape (n units, k elements)
        Higher is better; gaps are kept.
    best, worst : Series by element, optional
        Frontier and its opposite, such as the ends of a scale; by default the best and the worst unit. Values beyond
        them give distances below 0 or above 1.

    Returns
    -------
    DataFrame, shape (n, k)
        0 on the frontier, 1 at the worst. The same whatever the unit of measure.

    Raises
    ------
    InputError
        An element without spread, or a best value that is not above the worst.

    References
    ----------
    World Bank (2015), Doing Business 2016, chapter "Distance to frontier and ease of doing business ranking"; there
    the share of the way already made, :math:`1 - d`, times 100.

    Examples
    --------
    >>> distance_to_frontier(pd.DataFrame({"speed": [10.0, 6, 2]}, index=["C01", "C02", "C03"]))["speed"].to_list()
    [0.0, 0.5, 1.0]
    """
    what = "Расстояние до лучшего"
    checks.unique(values.index, f"{what}: единицы")
    checks.unique(values.columns, f"{what}: элементы")
    ends = {}
    for name, stated, found in (("best", best, values.max()), ("worst", worst, values.min())):
        if stated is not None:
            checks.same_labels(stated.index, values.columns, f"{what}: границы")
        ends[name] = found if stated is None else stated[values.columns]
    way = ends["best"] - ends["worst"]
    size = pd.concat([ends["best"].abs(), ends["worst"].abs()], axis=1).max(axis=1)
    for code in values:
        if not way[code] > checks.DUST * size[code]:
            raise InputError(f"{what}, «{code}»: лучшее значение должно быть больше худшего, сейчас "
                             f"{ends['best'][code]:.6g} и {ends['worst'][code]:.6g}. Исключите элемент или задайте "
                             "концы шкалы.")
    return (ends["best"] - values) / way
