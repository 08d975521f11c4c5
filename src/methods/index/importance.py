"""Nominal weights against effective importance: what an indicator was meant to weigh, and what it does weigh."""

from __future__ import annotations

import pandas as pd

from methods import checks


def linear_importance(indicators: pd.DataFrame, index: pd.Series) -> pd.Series:
    r"""Squared correlation of each indicator with the index: the share of the index's variance it accounts for alone.

    .. math:: S_j = r(x_j, y)^2

    Parameters
    ----------
    indicators : DataFrame, shape (n units, k indicators)
        Normalised values; pairs with a gap are left out.
    index : Series, shape (n units,)
        Matched by label.

    Returns
    -------
    Series, shape (k,)
        Between 0 and 1; the values need not sum to 1, since correlated indicators share their importance. NaN for an
        indicator that does not vary.

    References
    ----------
    Paruolo, Saisana, Saltelli (2013), Ratings and rankings: voodoo or science? JRSS-A 176(3), 609-634, eq. 6.
    doi:10.1111/j.1467-985X.2012.01059.x

    Examples
    --------
    Equal weights do not make equal importances: the indicator that varies more dominates.

    >>> indicators = pd.DataFrame({"calm": [0.4, 0.6, 0.4, 0.6], "wild": [0.0, 0.0, 1.0, 1.0]})
    >>> linear_importance(indicators, indicators.mean(axis=1)).round(3).to_dict()
    {'calm': 0.038, 'wild': 0.962}
    """
    checks.same_labels(indicators.index, index.index, "Показатели и индекс")
    moving = indicators.loc[:, indicators.nunique() > 1]
    return moving.corrwith(index).pow(2).reindex(indicators.columns).rename("importance")


def share_of_importance(importance: pd.Series) -> pd.Series:
    """Importances rescaled to sum to 1, comparable with weights.

    >>> share_of_importance(pd.Series({"a": 0.6, "b": 0.2})).round(4).to_dict()
    {'a': 0.75, 'b': 0.25}
    """
    return importance / importance.sum()


def effective_side_shares(sides: pd.DataFrame, mix: pd.Series) -> pd.Series:
    r"""Share of an indicator's variance that each side brings: :math:`cov(m_s x_s, k) / var(k)`, summing to 1.

    With equal mix the side that varies more decides the places, whatever the nominal half and half says.

    Parameters
    ----------
    sides : DataFrame, shape (n units, sides)
        Values of one indicator by side, on one scale; incomplete rows are left out.
    mix : Series, shape (sides,)
        Nominal shares of the sides.

    Examples
    --------
    Checklists spread four times as widely as marks; uncorrelated here, so the shares are 1/17 and 16/17:

    >>> sides = pd.DataFrame({"subjective": [0.85, 0.95, 0.85, 0.95], "objective": [0.4, 0.4, 0.8, 0.8]})
    >>> effective_side_shares(sides, pd.Series({"subjective": 0.5, "objective": 0.5})).round(3).to_dict()
    {'subjective': 0.059, 'objective': 0.941}
    """
    checks.same_labels(sides.columns, mix.index, "Стороны показателя и их доли")
    parts = sides.dropna() * mix[sides.columns]
    combined = parts.sum(axis=1)
    return parts.apply(lambda part: part.cov(combined)) / combined.var()
