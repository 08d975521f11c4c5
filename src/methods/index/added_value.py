"""Added value of an index over its groups: does it say more than any of them alone."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from methods import checks
from methods.errors import InputError
from methods.index.rank import Ties, rank
from methods.index.rounding import half_up

PLACES, OF_UNITS = 10, 132   # audits of the Global Innovation Index: ten places among 132 economies


@dataclass(frozen=True, eq=False)
class AddedValue:
    """Places by the index beside places by each of its groups alone."""

    index: pd.Series      # by unit: place by the index among the units that have one
    places: pd.DataFrame  # units x groups: place by the group among the same units; NaN without a score

    def shifts(self) -> pd.DataFrame:
        """Units x groups: places that a unit would lose if the group alone counted (below 0: would gain)."""
        return self.places.sub(self.index, axis=0)

    def summary(self, apart: int) -> pd.DataFrame:
        """By group: share of units at least `apart` places off, mean absolute difference, Spearman correlation."""
        if apart < 1:
            raise InputError(f"Добавленная ценность: различие мест должно быть не меньше 1, задано {apart}.")
        shifts = self.shifts()
        known = shifts.notna()
        return pd.DataFrame({"apart": (shifts.abs() >= apart).where(known).mean(axis=0).astype(float),
                             "mean_shift": shifts.abs().mean(),
                             "spearman": self.places.corrwith(self.index, method="spearman"), "units": known.sum()})

    def apart_from_any(self, apart: int) -> float:
        """Share of units whose place by the index is at least `apart` places off that by some group."""
        shifts = self.shifts().abs()
        return float((shifts.max(axis=1) >= apart)[shifts.notna().any(axis=1)].mean())


def added_value(index: pd.Series, groups: pd.DataFrame, ties: Ties = "min") -> AddedValue:
    r"""Places :math:`R_i(I)` by the index and :math:`R_i(g)` by every group, among the units that the index ranks.

    Where nearly all places by the index are those by one group, the group would do. Audits count the units with
    :math:`|R_i(g) - R_i(I)| \ge 10` of about 130.

    Parameters
    ----------
    index : Series, shape (n units,)
        Higher is better; NaN is not ranked.
    groups : DataFrame, shape (n units, groups)
        Scores of the groups, matched by label; a unit without a score has no place in that group.
    ties : as in `methods.index.rank.rank`

    References
    ----------
    European Commission, Joint Research Centre, Statistical audits of the Global Innovation Index (yearly), section
    "Added value of the GII".

    Examples
    --------
    >>> index = pd.Series({"C01": 0.9, "C02": 0.6, "C03": 0.5})
    >>> groups = pd.DataFrame({"a": [0.9, 0.7, 0.6], "b": [0.5, 0.4, 0.9]}, index=index.index)
    >>> added_value(index, groups).summary(1)["apart"].round(2).to_dict()
    {'a': 0.0, 'b': 1.0}
    """
    checks.same_labels(index.index, groups.index, "Индекс и группы: единицы")
    checks.unique(groups.columns, "Индекс и группы: группы")
    ranked = index.dropna()
    if len(ranked) < 2:
        raise InputError(f"Добавленная ценность: нужно не меньше 2 единиц с индексом, найдено {len(ranked)}.")
    own = groups.loc[ranked.index]
    return AddedValue(rank(ranked, ties), pd.DataFrame({code: rank(own[code], ties) for code in own}, own.index))


def places_apart(units: int) -> int:
    """How many places among so many units are what ten are among 132, at least 1.

    >>> places_apart(132), places_apart(35), places_apart(1197)
    (10, 3, 91)
    """
    return max(1, int(half_up(PLACES * units / OF_UNITS, 0)))
