"""The index in relative form: how far a unit has moved since a base period.

The definition of the Star speaks of a change over a period, its formula gives a level; both are computed.
"""

from __future__ import annotations

import pandas as pd


def relative_index(current: pd.Series, base: pd.Series) -> pd.Series:
    r"""Index of change :math:`100\,I_t / I_0`: 100 is the level of the unit's own base period.

    Units without a positive base value (new centres) have no relative index: NaN, not 0 and not 100.

    >>> relative_index(pd.Series({"A": 0.84, "new": 0.7}), pd.Series({"A": 0.80})).round(1).to_dict()
    {'A': 105.0, 'new': nan}
    """
    level = base.reindex(current.index)
    return (100 * current / level.where(level > 0)).rename("relative")
