"""Aggregation: from the children of an element to its score, by a weighted mean.

Every mean is taken over the children that are present; their weights are rescaled to sum to 1 (re-weighting).
Whether so much may be missing is a question of the edition's missing-data rule, answered in `score`.

Source: OECD/JRC (2008), Handbook on Constructing Composite Indicators, step 6, pp. 102-105.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from methods import checks


def present_weights(values: pd.DataFrame, weights: pd.Series) -> pd.DataFrame:
    """Weights of each unit's present children, rescaled to sum to 1 in every row; zero where a value is missing.

    >>> values = pd.DataFrame({"a": [1.0, 1.0], "b": [2.0, np.nan]}, index=["C01", "C02"])
    >>> present_weights(values, pd.Series({"b": 0.75, "a": 0.25})).loc["C02"].to_dict()
    {'a': 1.0, 'b': 0.0}
    """
    checks.same_labels(values.columns, weights.index, "Веса и значения")
    there = values.notna() * weights[values.columns]
    return there.div(there.sum(axis=1).replace(0, np.nan), axis=0)


def coverage(values: pd.DataFrame, weights: pd.Series) -> pd.Series:
    """Share of the weight that stands on present values, 0 to 1.

    >>> coverage(pd.DataFrame({"a": [1.0], "b": [np.nan]}), pd.Series({"a": 0.25, "b": 0.75})).to_list()
    [0.25]
    """
    checks.same_labels(values.columns, weights.index, "Веса и значения")
    return (values.notna() * weights[values.columns]).sum(axis=1) / weights.sum()


def arithmetic(values: pd.DataFrame, weights: pd.Series) -> pd.Series:
    r"""Weighted arithmetic mean :math:`\sum_j w_j x_j`: a weak child is fully made up for by a strong one.

    Parameters
    ----------
    values : DataFrame, shape (n units, k children)
        Normalised scores, higher is better; gaps allowed.
    weights : Series, shape (k,)
        By child's code, in any order.

    Returns
    -------
    Series, shape (n,)
        NaN where a unit has no child at all.

    Examples
    --------
    >>> arithmetic(pd.DataFrame({"a": [0.9], "b": [0.6]}), pd.Series({"a": 0.5, "b": 0.5})).to_list()
    [0.75]
    """
    shares = present_weights(values, weights)
    return (values * shares).sum(axis=1, min_count=1)


def geometric(values: pd.DataFrame, weights: pd.Series) -> pd.Series:
    r"""Weighted geometric mean :math:`\prod_j x_j^{w_j}`: a weak child costs more than a strong one brings.

    Positive values only. Handbook p. 104: (21, 1, 1, 1) and (6, 6, 6, 6) have equal arithmetic means, but

    >>> values = pd.DataFrame([[21.0, 1, 1, 1], [6, 6, 6, 6]], columns=list("abcd"))
    >>> geometric(values, pd.Series(0.25, index=list("abcd"))).round(2).to_list()
    [2.14, 6.0]
    """
    checks.positive(values, "Среднее геометрическое")
    return np.exp(arithmetic(np.log(values), weights))


def harmonic(values: pd.DataFrame, weights: pd.Series) -> pd.Series:
    r"""Weighted harmonic mean :math:`1 / \sum_j (w_j / x_j)`, the strictest of the three. Positive values only.

    >>> harmonic(pd.DataFrame({"a": [1.0], "b": [0.5]}), pd.Series({"a": 0.5, "b": 0.5})).round(4).to_list()
    [0.6667]
    """
    checks.positive(values, "Среднее гармоническое")
    return 1 / arithmetic(1 / values, weights)


def power(values: pd.DataFrame, weights: pd.Series, exponent: float) -> pd.Series:
    r"""Weighted power mean :math:`(\sum_j w_j x_j^p)^{1/p}`; p = 1, 0, -1 give the three classical means.

    >>> power(pd.DataFrame({"a": [1.0], "b": [0.5]}), pd.Series({"a": 0.5, "b": 0.5}), 2).round(4).to_list()
    [0.7906]
    """
    if exponent == 0:
        return geometric(values, weights)
    checks.positive(values, "Степенное среднее")
    size = values.max(axis=1)  # taken out first: a large power of it would overflow
    return size * arithmetic(values.div(size, axis=0) ** exponent, weights) ** (1 / exponent)


def total(values: pd.DataFrame, weights: pd.Series) -> pd.Series:
    """Plain sum of points; weights only name the children. A gap leaves the sum undefined, since nothing replaces it.

    >>> total(pd.DataFrame({"a": [30.0, 30.0], "b": [10.0, np.nan]}), pd.Series({"a": 0.5, "b": 0.5})).to_list()
    [40.0, nan]
    """
    checks.same_labels(values.columns, weights.index, "Веса и значения")
    return values.sum(axis=1, skipna=False)


AGGREGATIONS: dict[str, Callable[..., pd.Series]] = {
    "arithmetic": arithmetic, "geometric": geometric, "harmonic": harmonic, "power": power, "sum": total,
}
