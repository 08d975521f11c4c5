"""Coverage screen of an audit: how much of the framework is measured, by indicator, by unit and by group.

Counts, not weights: whether a unit may be ranked is a question of the edition (`score`), where weights count.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from methods import checks
from methods.errors import InputError

COVERAGE = 0.65  # least share of values of a unit or an indicator: Joint Research Centre, COIN Tool


@dataclass(frozen=True, eq=False)
class DataCoverage:
    """Shares of values that are there, 0 to 1."""

    indicators: pd.Series   # by indicator: share of units that have it
    units: pd.Series        # by unit: share of indicators it has
    groups: pd.DataFrame    # units x groups: share of the group's indicators that the unit has

    def short_indicators(self, least: float = COVERAGE) -> pd.Index:
        """Indicators that fewer units have, worst first."""
        low = self.indicators[self.indicators < least - checks.SUM_TOLERANCE]
        return low.sort_values(kind="stable").index

    def short_units(self, least: float = COVERAGE) -> pd.Index:
        """Units that have fewer indicators, in the order of their codes."""
        return self.units.index[self.units < least - checks.SUM_TOLERANCE].sort_values()

    def short_groups(self, least: float = COVERAGE) -> pd.Series:
        """By group: how many units have fewer of its indicators."""
        return (self.groups < least - checks.SUM_TOLERANCE).sum().rename("units")


def data_coverage(values: pd.DataFrame, groups: Mapping[str, Sequence[str]] | None = None) -> DataCoverage:
    r"""Share of values present, :math:`c_j = \sum_i 1[x_{ij}\ \text{known}] / n` and the same along rows.

    Audits of the Joint Research Centre ask for about two thirds of the values of every unit, overall and by pillar.

    Parameters
    ----------
    values : DataFrame, shape (n units, k indicators)
        NaN is a gap.
    groups : mapping of group to its indicators
        None: no groups.

    Raises
    ------
    InputError
        An empty table, a code that occurs twice, a group that names an indicator which is not in the table.

    References
    ----------
    OECD/JRC (2008), Handbook on Constructing Composite Indicators, step 3. European Commission, Joint Research Centre,
    COIN Tool, frequently asked questions, "Data coverage": at least 65 % for every unit and indicator.

    Examples
    --------
    >>> values = pd.DataFrame({"a": [1.0, 2, None], "b": [3.0, None, None]}, index=["C01", "C02", "C03"])
    >>> found = data_coverage(values, {"A": ["a"], "AB": ["a", "b"]})
    >>> found.indicators.round(2).to_dict(), found.units.to_dict(), found.short_groups().to_dict()
    ({'a': 0.67, 'b': 0.33}, {'C01': 1.0, 'C02': 0.5, 'C03': 0.0}, {'A': 1, 'AB': 2})
    """
    what = "Охват данными"
    checks.unique(values.index, f"{what}: единицы")
    checks.unique(values.columns, f"{what}: показатели")
    if values.empty:
        raise InputError(f"{what}: таблица пуста (единиц {len(values)}, показателей {values.shape[1]}).")
    groups = groups or {}
    for group, codes in groups.items():
        absent = pd.Index(codes).difference(values.columns)
        if len(absent) or not len(codes):
            raise InputError(f"{what}, группа «{group}»: нет показателей {', '.join(map(str, absent)) or '(пусто)'}.")
    there = values.notna()
    return DataCoverage(
        there.mean().rename("coverage"), there.mean(axis=1).rename("coverage"),
        pd.DataFrame({group: there[list(codes)].mean(axis=1) for group, codes in groups.items()}, index=values.index))
