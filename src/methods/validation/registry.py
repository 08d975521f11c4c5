"""All checks by room, and carrying them out."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from methods.validation import agreement, indices, maturity, places, weights
from methods.validation.check import Check, Outcome, outcome
from methods.validation.published import Published

ROOMS: dict[str, list[Check]] = {
    "Индексы": indices.CHECKS, "Веса": weights.CHECKS, "Согласованность": agreement.CHECKS,
    "Места и их надёжность": places.CHECKS, "Зрелость": maturity.CHECKS}
CHECKS = [each for checks in ROOMS.values() for each in checks]


def validate(root: Path, checks: Iterable[Check] = CHECKS) -> list[Outcome]:
    """Carry out the checks one by one; one that fails does not stop the others."""
    book = Published(root)
    return [outcome(each, book) for each in checks]


def by_room(found: Iterable[Outcome]) -> dict[str, list[Outcome]]:
    """What all checks found, by room."""
    left = iter(found)
    return {room: [next(left) for _ in checks] for room, checks in ROOMS.items()}
