"""Rules that turn scores into levels, and tables that count them.

Two families of rules are in use: a threshold on the average (a strong side makes up for a weak one) and the weakest
dimension (a level is reached only if every dimension reaches it). They part exactly for uneven units.
"""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from methods import checks
from methods.errors import InputError
from methods.index.grade import bands


def weakest_dimension(scores: pd.DataFrame, cut_offs: Sequence[float]) -> pd.Series:
    """Level of the weakest dimension: the gate rule on dimension scores.

    Parameters
    ----------
    scores : DataFrame, shape (n units, dimensions)
        On the scale of the cut-offs; a unit with a gap has no level, since the gap may be the weakest.
    cut_offs : ascending numbers
        A score equal to a border belongs to the upper level.

    Examples
    --------
    An uneven unit: on average (.60) the third level of four, by its weakest side the second.

    >>> weakest_dimension(pd.DataFrame({"strategy": [0.9], "data": [0.3]}), [0.25, 0.5, 0.75]).to_list()
    [2.0]
    """
    levels = scores.apply(lambda column: bands(column, cut_offs).grade)
    return levels.min(axis=1, skipna=False).rename("level")


def distribution(levels: pd.Series, count: int) -> pd.Series:
    """How many units stand at each of `count` levels, including empty ones and 0 (no level earned) if it occurs.

    >>> distribution(pd.Series([1.0, 1.0, 3.0, float("nan")]), 4).to_dict()
    {1: 2, 2: 0, 3: 1, 4: 0}
    """
    known = _within(levels, count)
    first = 0 if (known == 0).any() else 1
    return known.value_counts().reindex(range(first, count + 1), fill_value=0).rename("units")


def cross_table(before: pd.Series, after: pd.Series, count: int) -> pd.DataFrame:
    """Units by level under two rules, editions or years: rows before, columns after; only units that have both.

    >>> table = cross_table(pd.Series({"A": 1.0, "B": 2.0}), pd.Series({"B": 2.0, "A": 2.0}), 2)
    >>> table.loc[1, 2].item(), int(table.to_numpy().sum())
    (1, 2)
    """
    for levels, what in ((before, "Уровни до"), (after, "Уровни после")):
        checks.unique(levels.index, what)
    both = pd.concat([_within(before, count).rename("before"), _within(after, count).rename("after")], axis=1).dropna()
    both = both.astype(int)
    labels = range(1 if not (both == 0).to_numpy().any() else 0, count + 1)
    return pd.crosstab(both["before"], both["after"]).reindex(index=labels, columns=labels, fill_value=0)


def _within(levels: pd.Series, count: int) -> pd.Series:
    """Known levels as whole numbers; one that the scale does not have is an error, not a unit lost from the table."""
    known = levels.dropna()
    wrong = known[~known.between(0, count) | (known % 1 != 0)]
    if len(wrong):
        raise InputError(f"Уровень вне 0–{count}: {', '.join(f'{level:g}' for level in sorted(set(wrong)))}.")
    return known.astype(int)
