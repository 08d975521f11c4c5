"""Leave one out: how places move without one indicator, one group or one expert."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pandas as pd

from methods import checks
from methods.errors import InputError
from methods.index.edition import INDEX, Edition
from methods.index.rank import Ties, rank
from methods.index.score import Scores, index_with


@dataclass(frozen=True, eq=False)
class LeaveOneOut:
    """Places of units under everything and without each member."""

    adopted: pd.Series      # by unit: place with all members; NaN: not ranked
    places: pd.DataFrame    # units x members: place without the member

    def shifts(self) -> pd.DataFrame:
        """Units x members: places lost without the member; above 0 the unit owes its place to it."""
        return self.places.sub(self.adopted, axis=0)

    def summary(self) -> pd.DataFrame:
        """By member: mean absolute shift, largest rise and fall without it, units that move, units no longer ranked."""
        shifts = self.shifts()
        return pd.DataFrame({
            "mean_shift": shifts.abs().mean(), "largest_rise": -shifts.min().clip(upper=0),
            "largest_fall": shifts.max().clip(lower=0), "moved": (shifts.abs() > 0).sum(),
            "unranked": (self.places.isna() & self.adopted.notna().to_numpy()[:, None]).sum()})


def leave_one_out(members: Sequence[str], scoring: Callable[[list[str]], pd.Series], *,
                  ties: Ties = "min") -> LeaveOneOut:
    """Places without each member in turn.

    Parameters
    ----------
    members : list of labels, 2 or more
        Indicators, groups or experts.
    scoring : function
        From the members that stay, in the given order, to scores by unit (higher is better; NaN: not ranked). What
        becomes of the weight of the one left out is its decision, as a rule shared out in proportion.
    ties : as in `methods.index.rank.rank`

    Raises
    ------
    InputError
        Fewer than 2 members, repeats, or scores of other units when a member is left out.

    Examples
    --------
    >>> values = pd.DataFrame({"a": [0.9, 0.5, 0.1], "b": [0.4, 0.5, 0.7]}, index=["C01", "C02", "C03"])
    >>> result = leave_one_out(list(values), lambda kept: values[kept].mean(axis=1))
    >>> result.shifts()["a"].to_dict()
    {'C01': 2.0, 'C02': 0.0, 'C03': -2.0}
    """
    checks.unique(pd.Index(members), "Исключение по одному")
    if len(members) < 2:
        raise InputError(f"Исключение по одному: нужно не меньше 2 элементов, найдено {len(members)}.")
    adopted = rank(scoring(list(members)), ties)
    places = {}
    for member in members:
        scores = scoring([other for other in members if other != member])
        checks.same_labels(scores.index, adopted.index, f"Оценки без элемента {member}")
        places[member] = rank(scores, ties)
    return LeaveOneOut(adopted, pd.DataFrame(places, index=adopted.index))


def elements_left_out(scores: Scores, edition: Edition) -> LeaveOneOut:
    """Places of the ranked units without each group and each indicator in turn, their weights going to their siblings.

    Who is ranked stays as adopted. Indicators that were screened out are passed over.
    """
    ranked = scores.rank.notna()
    elements = list(edition.indicators) if edition.is_flat else [*edition.groups, *edition.indicators]
    there = [code for code in elements if set(edition.leaves(code)) - set(scores.dropped)]
    return leave_one_out(there, lambda kept: _without(scores, edition, set(there) - set(kept))[ranked],
                         ties=edition.ranking.ties)


def _without(scores: Scores, edition: Edition, absent: set[str]) -> pd.Series:
    left_out = next(iter(absent), None)
    return index_with(scores, edition, {} if left_out is None else weights_without(edition, left_out))


def weights_without(edition: Edition, left_out: str) -> dict[str, pd.Series]:
    """Weights of the elements that change when a group or an indicator is left out: its weight goes to its siblings.

    A group that loses its only member is left out in turn. For `methods.index.score.index_with`.

    Raises
    ------
    InputError
        The element is not in the edition, or nothing would be left of the index.
    """
    changed: dict[str, pd.Series] = {}
    while True:
        parent = INDEX if edition.is_flat else _parent(edition, left_out)
        own = edition.weights_of(parent)
        gone = edition.leaves(left_out) if edition.is_flat else [left_out]
        kept = own[[member for member in own.index if member not in gone]]
        if parent == INDEX and not kept.sum() > 0:
            raise InputError(f"Без элемента «{left_out}» от индекса ничего не остаётся.")
        changed[parent] = kept / kept.sum() if kept.sum() > 0 else kept.iloc[:0]
        if parent == INDEX or len(changed[parent]):
            return changed
        left_out = parent


def _parent(edition: Edition, code: str) -> str:
    if code in edition.indicators:
        return edition.indicators[code].group or INDEX
    if code in edition.groups:
        return edition.groups[code].parent
    raise InputError(f"Элемента «{code}» нет в редакции {edition.version}.")
