"""Editions and years: is the edition in force, is it the only one, what may be compared between two years."""

from __future__ import annotations

from collections.abc import Mapping

from methods.data.registry import listed, period_days
from methods.errors import EditionError
from methods.index.edition import Edition
from methods.problems import Place, Problem, Protocol, Severity

_EDITION = EditionError.exit_code


def check_edition_period(edition: Edition, period: str, protocol: Protocol, *, cross_year: bool = False) -> None:
    """The edition is in force in the period of the data, or the run was asked to compare across years."""
    start, end = period_days(period)
    force = edition.in_force
    if force.start <= end and (force.end is None or force.end >= start):
        return
    severity: Severity = "warning" if cross_year else "error"
    protocol.add(Problem("REF-13", Place(f"{edition.version}.yaml"), period, {
        "version": edition.version, "in_force": _span(edition), "period": period}, severity, _EDITION))


def check_one_edition(editions: Mapping[str, Edition], period: str, protocol: Protocol) -> None:
    """Of the editions of one data set (file name -> edition) only one adopted or demonstrated is in force."""
    start, end = period_days(period)
    seen: dict[str, tuple[str, Edition]] = {}
    for name, edition in sorted(editions.items()):
        force = edition.in_force
        if edition.status == "candidate" or force.start > end or (force.end is not None and force.end < start):
            continue
        if edition.data.dataset in seen:
            first, older = seen[edition.data.dataset]
            protocol.add(Problem("REF-14", Place(name), edition.version, {
                "period": period, "first": first, "first_dates": _span(older), "second": name,
                "second_dates": _span(edition)}, exit_code=_EDITION))
        seen.setdefault(edition.data.dataset, (name, edition))


def check_comparison(old: Edition, new: Edition, protocol: Protocol) -> list[str]:
    """Indicators that both editions have: only these may be compared between the years."""
    common = [code for code in new.indicators if code in old.indicators]
    dropped = [code for code in old.indicators if code not in new.indicators]
    added = [code for code in new.indicators if code not in old.indicators]
    if dropped or added:
        protocol.add(Problem("REF-16", Place(f"{new.version}.yaml"), f"{old.version} → {new.version}", {
            "old": old.version, "new": new.version, "common": listed(common, 40) or "—",
            "dropped": listed(dropped, 40) or "—", "added": listed(added, 40) or "—"}, "warning"))
    return common


def _span(edition: Edition) -> str:
    return f"{edition.in_force.start}–{edition.in_force.end or '…'}"
