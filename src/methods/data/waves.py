"""Former periods of an index: under the same edition, or under former ones that read the same data set."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from methods.data import editions, store
from methods.index.edition import Edition

# What measurements depend on besides the raw files.
MEASURED_BY = ("data", "clienteles", "codebook", "estimation", "left_out")


@dataclass(frozen=True)
class Wave:
    """One period, as it was scored at the time."""

    version: str
    period: str


def waves(root: Path, edition: Edition, period: str) -> tuple[Wave, ...]:
    """Periods up to this one, in their order, each under the edition that it was scored by.

    An edition's own periods come first; a period that it does not have is taken from another edition of the same data
    set and unit, of several from the one in force latest. Candidates tell no past.
    """
    found = {own: edition for own in edition.data.periods if own <= period}
    for other in _relatives(root, edition):
        for own in other.data.periods:
            if own < period and own not in edition.data.periods and (
                    own not in found or found[own].in_force.start < other.in_force.start):
                found[own] = other
    return tuple(Wave(found[own].version, own) for own in sorted(found))


def overlaps(root: Path, edition: Edition) -> dict[str, tuple[str, ...]]:
    """Other editions of the same data set that share periods with this one: version -> periods."""
    return {other.version: common for other in _relatives(root, edition)
            if (common := tuple(own for own in other.data.periods if own in edition.data.periods))}


def both_measured(root: Path, old: Edition, new: Edition,
                  periods: tuple[str, str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Measurements of two editions, each of its period; one table twice where both ask the same of the same period.

    A candidate is read as the edition that it was made from: invented data need not have real codes of regions.
    """
    first = store.prepare(root, old, periods[0]).measurements
    same = all(getattr(old, part) == getattr(new, part) for part in MEASURED_BY) and {
        code: own.sides for code, own in old.indicators.items()} == {
        code: own.sides for code, own in new.indicators.items()}
    if same and periods[0] == periods[1]:
        return first, first
    asked = new.model_copy(update={"status": old.status}) if new.based_on == old.version else new
    return first, store.prepare(root, old if same else asked, periods[1]).measurements


def _relatives(root: Path, edition: Edition) -> list[Edition]:
    """Other editions, not candidates, that rate the same units from the same data set."""
    others = [editions.read_edition(editions.edition_path(root, version)) for version in editions.available(root)
              if version != edition.version]
    return [other for other in others if other.status != "candidate"
            and other.data.dataset == edition.data.dataset and other.unit.title == edition.unit.title]
