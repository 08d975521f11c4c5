"""Numbers as people write them: decimal comma or point, spaces between thousands, percent signs."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from datetime import date, time, timedelta

import numpy as np
import pandas as pd

from methods.data.reading.column import Column, date_instead
from methods.data.reading.grid import Styled
from methods.data.reading.report import ranges
from methods.data.reading.spec import ColumnSpec

SPACES = " \u00a0\u202f\u2009'’"  # between thousands: plain, no-break, narrow and thin space, apostrophe
PLAIN = re.compile(r"[+-]?(?:\d+(?:[.,]\d*)?|[.,]\d+)(?:[eE][+-]?\d+)?", re.ASCII)
SPACED = re.compile(rf"[+-]?\d{{1,3}}(?:[{SPACES}]\d{{3}})+(?:[.,]\d+)?", re.ASCII)
GROUPED = re.compile(r"[+-]?[1-9]\d{0,2}[.,]\d{3}")  # 1,234: a decimal fraction or a thousand?
# Two signs, or one of them repeated: thousands without doubt. With each form the sign that divides thousands.
THOUSANDS = tuple((re.compile(rf"[+-]?[1-9]\d{{0,2}}(?:{form})", re.ASCII), sign) for form, sign in (
    (r"(?:\.\d{3})+,\d+", "."), (r"(?:,\d{3})+\.\d+", ","), (r"(?:\.\d{3}){2,}", "."), (r"(?:,\d{3}){2,}", ",")))


@dataclass(frozen=True)
class Reading:
    """A number read from text."""

    value: float
    mark: str = ""                  # the decimal sign
    decimals: int = 0
    grouped: float | None = None    # its value if the sign divides thousands instead
    spaced: bool = False            # thousands were divided
    percent: bool = False


def parse_number(text: str) -> Reading | None:
    """The number that a text holds, or nothing.

    >>> parse_number("1\\u00a0234,5").value
    1234.5
    >>> parse_number("1,234").value, parse_number("1,234").grouped
    (1.234, 1234.0)
    >>> parse_number("хз") is None
    True
    """
    body = text.replace("−", "-").strip()
    percent = body.endswith("%")
    body = body.removesuffix("%").rstrip()
    for form, sign in THOUSANDS:
        if form.fullmatch(body):
            return Reading(float(body.replace(sign, "").replace(",", ".")), spaced=True, percent=percent)
    spaced = SPACED.fullmatch(body) is not None
    if spaced:
        body = re.sub(f"[{SPACES}]", "", body)
    if not PLAIN.fullmatch(body):
        return None
    mark = "," if "," in body else "." if "." in body else ""
    fraction = re.split("[eE]", body.partition(mark)[2])[0] if mark else ""
    grouped = float(body.replace(mark, "")) if mark and GROUPED.fullmatch(body) and not spaced else None
    return Reading(float(body.replace(",", ".")), mark, len(fraction), grouped, spaced, percent)


def read_numbers(column: Column) -> pd.Series:
    """Numbers; a text is one only if it can be read in one way."""
    spec = column.spec
    readings = {text: parse_number(text) for text in {cell for cell in column.cells if isinstance(cell, str)}}
    doubts = _doubts(column, readings)
    if _units_differ(column, readings):
        return pd.Series(np.nan, index=column.rows, dtype=float)
    values, counts = np.full(len(column.cells), np.nan), Counter()
    plain: dict[object, float] = {}  # whole numbers of a text file: nothing to note, no need to look twice
    for position, (row, cell) in enumerate(zip(column.rows, column.cells, strict=True)):
        if cell is None:
            continue
        if cell in plain:
            values[position] = plain[cell]
            continue
        value = cell
        if isinstance(cell, str):
            value = _read(column, row, cell, readings[cell], doubts, counts)
        elif isinstance(cell, (date, time, timedelta)):
            date_instead(column, row, cell)
            continue
        elif isinstance(cell, Styled):
            value = cell.value * 100 if cell.look == "percent" and spec.type != "share" else cell.value
        elif isinstance(cell, bool):
            column.broken("number", row, cell)
            continue
        if value is not None and _allowed(column, row, cell, value):
            values[position] = round(value) if spec.type in ("whole", "mark") else value
            if column.text and isinstance(cell, str) and cell.isdecimal():
                plain[cell] = values[position]
    _tell(column, counts, readings)
    return pd.Series(values, index=column.rows, dtype=float)


def _read(column: Column, row: int, text: str, reading: Reading | None, doubts: dict[str, str | float],
          counts: Counter) -> float | None:
    """The number in a text, or None with the reason told."""
    if reading is None or (reading.percent and column.spec.type in ("whole", "mark")):
        column.broken("number", row, text)
        return None
    doubt = doubts.get(text)
    if isinstance(doubt, str):
        whole = "" if reading.grouped is None else f"{reading.grouped:.15g}"
        column.add(doubt, row=row, value=text, second=whole, rows=row, count=1)
        return None
    value = reading.value if doubt is None else doubt
    counts["spaced"] += reading.spaced or doubt is not None
    counts["text"] += not column.text
    counts["percent"] += reading.percent
    counts[reading.mark] += 1
    return value / 100 if reading.percent and column.spec.type == "share" else value


def _doubts(column: Column, readings: dict[str, Reading | None]) -> dict[str, str | float]:
    """Texts that can be two numbers: the code of the fault, or the only value that the column's range allows."""
    found = [reading for reading in readings.values() if reading and reading.mark]
    mixed = len({reading.mark for reading in found}) > 1
    precise = {reading.mark for reading in found if reading.decimals >= 3 and reading.grouped is None}
    counts = Counter(readings[cell].mark for cell in column.cells if mixed and isinstance(cell, str) and readings[cell])
    rare = min((",", "."), key=lambda mark: (counts[mark], mark == ","))
    low, high = _bounds(column.spec)
    bounded = np.isfinite(low) and np.isfinite(high)
    doubts: dict[str, str | float] = {}
    for text, reading in readings.items():
        if reading is None or not reading.mark:
            continue
        two = reading.grouped is not None and (mixed or reading.mark == ",") and reading.mark not in precise
        if two and not low <= reading.grouped <= high:
            two = False
        elif two and not low <= reading.value <= high:
            doubts[text] = reading.grouped
        elif two:
            doubts[text] = "TXT-14" if mixed and reading.mark == "." else "TXT-13"
        if mixed and not bounded and not two and reading.mark == rare:
            doubts[text] = "TXT-14"
    return doubts


def _units_differ(column: Column, readings: dict[str, Reading | None]) -> bool:
    """Whether shares, percents and percent signs stand in one column, so that 50 may be 0.5 or 50."""
    if column.spec.type in ("whole", "mark"):  # a percent sign is a fault of its own there
        return False
    signed, small, big = [], [], []
    for row, cell in zip(column.rows, column.cells, strict=True):
        if isinstance(cell, str) and readings[cell]:
            value, percent = readings[cell].value, readings[cell].percent
        elif isinstance(cell, Styled):
            value, percent = cell.value, cell.look == "percent" and column.spec.type != "share"
        elif isinstance(cell, (int, float)) and not isinstance(cell, bool):
            value, percent = cell, False
        else:
            continue
        (signed if percent else big if abs(value) > 1 else small).append(row)
    if not signed or not (small or big):
        return False
    column.add("TXT-15", signed=ranges(signed) or "–", small=ranges(small) or "–", big=ranges(big) or "–")
    return True


def _allowed(column: Column, row: int, cell: object, value: float) -> bool:
    """Whether a number is whole where it must be and within the column's bounds."""
    low, high = _bounds(column.spec)
    found = cell.text if isinstance(cell, Styled) else cell
    if not np.isfinite(value):
        column.broken("number", row, found)
    elif column.spec.type in ("whole", "mark") and abs(value - round(value)) > 1e-9:
        column.broken("whole", row, found)
    elif not low <= value <= high:
        column.broken("range", row, found, low=f"{low:g}", high=f"{high:g}")
    else:
        return True
    return False


def _bounds(spec: ColumnSpec) -> tuple[float, float]:
    low, high = (0.0, 1.0) if spec.type == "share" else (-np.inf, np.inf)
    return low if spec.low is None else spec.low, high if spec.high is None else spec.high


def _tell(column: Column, counts: Counter, readings: dict[str, Reading | None]) -> None:
    """Notes on what was read otherwise than it was written."""
    if counts["spaced"]:
        column.add("TXT-12", "note", count=counts["spaced"])
    if counts["text"]:
        column.add("XLS-11", "note", count=counts["text"])
    if counts["percent"]:
        column.add("TXT-15", "note", signed=ranges(
            row for row, cell in zip(column.rows, column.cells, strict=True)
            if isinstance(cell, str) and readings[cell] and readings[cell].percent), small="–", big="–")
    if counts[","] and counts["."]:
        rare = min((",", "."), key=lambda mark: (counts[mark], mark == ","))
        rows = [row for row, cell in zip(column.rows, column.cells, strict=True)
                if isinstance(cell, str) and readings[cell] and readings[cell].mark == rare]
        column.add("TXT-14", "note", rows=ranges(rows), count=len(rows))
