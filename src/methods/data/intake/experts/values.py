"""Checks of one answer with a value a code: points, swings, SMART ratings, places, categories."""

from __future__ import annotations

import math
from collections.abc import Callable

import pandas as pd
from scipy.stats import rankdata

from methods.data.intake.experts.layout import Form
from methods.data.intake.experts.record import Answer, Cell, Record
from methods.data.reading.report import Phrase
from methods.weights.direct import POINTS_TOLERANCE, SMART_LEAST, SWING_MOST

BUDGET = 100.0
BOUNDS: dict[Form, tuple[float, float]] = {"points": (0, BUDGET), "swings": (0, SWING_MOST),
                                           "ratings": (SMART_LEAST, math.inf), "rankings": (1, math.inf)}
LEFT_OUT = Phrase("ответ не учитывается", "the answer is left out")
COMPLETED = Phrase("остальное дополняется по тем, кто оценил всё", "the rest is completed by those who rated all")


def checked_categories(answer: Answer, record: Record) -> pd.Series | None:
    """Words by code, None where there is none; None for an answer that is faulty or empty, with the reason told."""
    if not answer.sound:
        return None
    codes = record.sets[answer.element]
    given = {code: cell.text for code, cell in answer.cells.items() if cell.text}
    if len(given) < len(codes):
        record.rates_part(answer, len(given) / len(codes), LEFT_OUT)
    return pd.Series({code: given.get(code) for code in codes}, dtype=object) if given else None


def checked_values(answer: Answer, record: Record) -> pd.Series | None:
    """Values by code, NaN where not rated; None for an answer that is faulty or empty, with the reason told."""
    codes = record.sets[answer.element]
    if not (_within_bounds(answer, len(codes), record) and answer.sound
            and all(cell.sound for cell in answer.cells.values())):
        return None  # sums and places of what is left would be faults that follow from the others
    given = {code: cell for code, cell in answer.cells.items() if not math.isnan(cell.value)}
    if len(given) < len(codes):
        completed = record.partial == "panel" and given and answer.form != "rankings"
        record.rates_part(answer, len(given) / len(codes), COMPLETED if completed else LEFT_OUT)
    if not given or not _fits_together(answer, given, record):
        return None
    return pd.Series({code: given[code].value if code in given else math.nan for code in codes})


def _within_bounds(answer: Answer, count: int, record: Record) -> bool:
    low, high = BOUNDS[answer.form]
    high = min(high, count) if answer.form == "rankings" else high
    wrong = [cell for cell in answer.cells.values() if cell.sound and not math.isnan(cell.value)
             and not low <= cell.value <= high]
    for cell in wrong:
        record.tell("EXP-21", cell.place, cell.text, expert=answer.expert, low=f"{low:g}",
                    high="…" if math.isinf(high) else f"{high:g}")
    return not wrong


def _fits_together(answer: Answer, given: dict[str, Cell], record: Record) -> bool:
    """Whether the values keep to the rule of their form."""
    match answer.form:
        case "points":
            return _sum_up(answer, given, record)
        case "swings":
            return _anchored(answer, given, max, SWING_MOST, Phrase("наибольший размах", "the largest swing"), record)
        case "ratings":
            return _anchored(answer, given, min, SMART_LEAST, Phrase("наименьшая оценка", "the least rating"), record)
        case _:
            return _ranked(answer, given, record)


def _sum_up(answer: Answer, given: dict[str, Cell], record: Record) -> bool:
    total = sum(cell.value for cell in given.values())
    if abs(total - BUDGET) <= POINTS_TOLERANCE * BUDGET:
        return True
    record.tell("EXP-16", answer.place, f"{total:.6g}", expert=answer.expert, total=f"{total:.6g}",
                budget=f"{BUDGET:g}", element=record.edition.element_title(answer.element))
    return False


def _anchored(answer: Answer, given: dict[str, Cell], pick: Callable, wanted: float, what: Phrase,
              record: Record) -> bool:
    """Swings are judged against the largest, SMART ratings against the least."""
    code = pick(given, key=lambda code: given[code].value)
    cell = given[code]
    if abs(cell.value - wanted) <= POINTS_TOLERANCE * wanted:
        return True
    record.tell("EXP-23", cell.place, cell.text, expert=answer.expert, what=what, which=code, wanted=f"{wanted:g}",
                found=f"{cell.value:g}")
    return False


def _ranked(answer: Answer, given: dict[str, Cell], record: Record) -> bool:
    """Whether the places are a ranking, equal ones written as 1, 2, 2, 4 or 1, 2.5, 2.5, 4 or 1, 2, 2, 3."""
    places = [cell.value for cell in given.values()]
    least = rankdata(places, "min").tolist()
    if places in (least, rankdata(places, "average").tolist(), rankdata(places, "dense").tolist()):
        return True
    cell = next(cell for cell, right in zip(given.values(), least, strict=True) if cell.value != right)
    found, wanted = (", ".join(f"{place:g}" for place in sorted(row)) for row in (places, least))
    record.tell("EXP-15", cell.place, cell.text, expert=answer.expert,
                what=Phrase(f"даны места {found}, это не ряд мест: для такого порядка {wanted}",
                            f"the places {found} are no ranking: this order is {wanted}"),
                remedy=Phrase("исправьте места", "correct the places"))
    return False
