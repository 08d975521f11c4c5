"""Cells of one column -> values of its type. Whatever is not plainly a value of that type is told with its address."""

from __future__ import annotations

import re
from collections import Counter
from datetime import date, datetime, time, timedelta
from functools import cache

import pandas as pd

from methods.data.reading.column import DEFAULT_CODES, Column, date_instead
from methods.data.reading.grid import Broken, Styled, blank
from methods.data.reading.numbers import read_numbers
from methods.data.reading.report import NOTHING, quoted, shown
from methods.data.reading.spec import NO, YES, nearest, normal

ERRORS = {"#н/д", "#дел/0!", "#знач!", "#ссылка!", "#имя?", "#число!", "#пусто!", "#n/a", "#div/0!", "#value!", "#ref!",
          "#name?", "#num!", "#null!"}  # what Excel shows instead of a value, Russian and English
NAMELESS = {"na", "n/a", "none", "null", "nan"}  # what careless readers take for a gap
CONTROL = re.compile(  # what nobody sees, and what Excel writes for it
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufeff\u200b\u200e\u200f\u202a-\u202e\u2060]|_x00[01][0-9A-Fa-f]_")
DATE_SHAPE = re.compile(r"(\d{1,2})([./-])(\d{1,2})\2(\d{4})|(\d{4})-(\d{1,2})-(\d{1,2})")
TOTAL = re.compile(r"(итого|всего|среднее|в среднем|total|average)(?![\w-])", re.IGNORECASE)
SCIENTIFIC = re.compile(r"\d+(?:[.,]\d+)?[eE][+-]?\d+")
EXACT_DIGITS = 15  # Excel keeps no more
def typed(column: Column) -> pd.Series:
    """The column's values by row number; faulty cells and gaps are missing."""
    column.cells = _cleaned(column)
    match column.spec.type:
        case "number" | "share":
            values = read_numbers(column)
        case "whole":
            values = read_numbers(column).astype("Int64")
        case "mark":
            column.cells = _translated(column, column.spec.codebook)
            values = read_numbers(column).astype("Int64")
        case "flag":
            column.cells = _translated(column, dict.fromkeys(YES, 1) | dict.fromkeys(NO, 0) | column.spec.codebook)
            values = _flags(column)
        case "date":
            values = _dates(column)
        case _:
            values = _texts(column)
    return values.rename(column.spec.name)


def _cleaned(column: Column) -> list:
    """Cells without spaces at the ends and control characters; gaps and faults as None."""
    spec, cells, marks, trimmed = column.spec, [], Counter(), 0
    textual = spec.type in ("code", "text")
    missing = set() if textual else {normal(mark) for mark in spec.missing}
    plain: set[str] = set()  # answers repeat: what has passed once passes again, which is most of a survey's time
    for row, cell in zip(column.rows, column.cells, strict=True):
        if cell in plain:
            cells.append(cell)
            continue
        if isinstance(cell, Broken):
            if cell.code:
                column.add(cell.code, row=row, value=cell.value)
            cells.append(None)
            continue
        if not isinstance(cell, str):
            marks[""] += cell is None
            cells.append(cell)
            continue
        if found := CONTROL.search(cell):
            column.add("TXT-22", "warning", row=row, character=_character(found[0]), count=len(CONTROL.findall(cell)))
            cell = CONTROL.sub("", cell)
        text = cell.strip()
        if len(text) > spec.limit:
            column.add("BIG-04", row=row, value=text, length=len(text), limit=spec.limit)
        elif text.startswith("#") and text.casefold() in ERRORS:
            column.add("XLS-08", row=row, value=text)
        elif text == "" or (len(text) < 30 and normal(text) in missing):
            marks[text] += 1
        else:
            cells.append(text)
            trimmed += text != cell
            if text == cell and len(text) < 30:
                plain.add(text)
            continue
        cells.append(None)
    if trimmed and textual:
        column.add("CEL-05", "note", count=trimmed)
    if marks.total() and not textual:
        empty = marks.pop("", 0)
        column.add("TXT-16", "warning", count=empty + marks.total(), empty=empty,
                   marks=quoted(f"{mark}» × «{count}" for mark, count in sorted(marks.items())))
    return cells


def _character(found: str) -> str:
    number = int(found[2:6], 16) if found.startswith("_x") else ord(found)
    return f"U+{number:04X}"


# -- words ------------------------------------------------------------------------------------------------------------

def _translated(column: Column, words: dict[str, object]) -> list:
    """Cells with the words of a codebook replaced by their values; an answer without a value is a gap."""
    if not words:
        return column.cells
    known = {normal(str(word)): value for word, value in words.items()}
    cells, counts = [], Counter()
    for cell in column.cells:
        word = normal(f"{cell:g}" if isinstance(cell, float) else str(cell)) if cell is not None else None
        if word in known and not isinstance(cell, bool):
            cells.append(known[word])
            counts[word] += isinstance(cell, str) or known[word] is None
        else:
            cells.append(cell)
    usual = {normal(word) for word in ("да", "нет")} if column.spec.type == "flag" else set()
    if told := {word: count for word, count in counts.items() if count and word not in usual}:
        column.add(column.spec.codes.get("codebook", DEFAULT_CODES["codebook"]), "note", count=sum(told.values()),
                   words=quoted(f"{word}» → «{'—' if known[word] is None else known[word]}" for word in sorted(told)))
    return cells


def _flags(column: Column) -> pd.Series:
    values = []
    for row, cell in zip(column.rows, column.cells, strict=True):
        if cell is None or (isinstance(cell, (bool, int, float)) and cell in (0, 1)):
            values.append(None if cell is None else bool(cell))
            continue
        values.append(None)
        if isinstance(cell, (date, time, timedelta)):
            date_instead(column, row, cell)
        else:
            column.broken("category", row, cell.text if isinstance(cell, Styled) else cell,
                          allowed=quoted((*YES, *NO)), near=NOTHING)
    return pd.Series(values, index=column.rows, dtype="boolean")


def _texts(column: Column) -> pd.Series:
    """Codes and texts: kept as they are written, `01` and `NA` too."""
    spec, counts = column.spec, Counter()
    allowed = {normal(category): category for category in spec.categories}
    pattern = re.compile(spec.pattern) if spec.pattern else None
    texts = [_text(column, row, cell, counts) for row, cell in zip(column.rows, column.cells, strict=True)]
    rounded = _rounded(texts) if spec.type == "code" else set()
    values = []
    plain: set[str] = set()  # what has passed unchanged and uncounted passes again
    for row, text in zip(column.rows, texts, strict=True):
        values.append(text if text in plain else None)
        if text is None or text in plain:
            continue
        if text in rounded:
            column.add("TXT-20", row=row, value=text, digits=EXACT_DIGITS)
        elif (pattern and not pattern.fullmatch(text)) or (spec.type == "code" and SCIENTIFIC.fullmatch(text)):
            column.broken("pattern", row, text, pattern=spec.pattern or "–")
        elif allowed and normal(text) not in allowed:
            column.broken("category", row, text, allowed=quoted(spec.categories[:20]),
                          near=quoted(filter(None, [nearest(text, spec.categories)])))
        else:
            values[-1] = allowed.get(normal(text), text) if allowed else text
            told = {"recased": values[-1] != text,
                    "NA": (column.key or spec.type == "code") and text.casefold() in NAMELESS,
                    "zero": spec.type == "code" and re.fullmatch(r"0\d+", text) is not None}
            counts.update(told)
            if not any(told.values()):
                plain.add(text)
    for name, code in (("NA", "TXT-17"), ("zero", "TXT-18"), ("number", "CEL-07")):
        if counts[name]:
            column.add(code, "note", count=counts[name])
    if counts["recased"]:
        column.add(DEFAULT_CODES["codebook"], "note", count=counts["recased"], words=quoted(spec.categories[:20]))
    return pd.Series(values, index=column.rows, dtype="str")


def _text(column: Column, row: int, cell: object, counts: Counter) -> str | None:
    """A cell as text; a number in a column of codes is its digits."""
    if cell is None or isinstance(cell, str):
        return cell
    if isinstance(cell, (date, time, timedelta)):  # «3/5» typed as text too; in a comment the date may be meant
        column.add("XLS-12", "warning" if column.spec.type == "text" else "error", row=row, value=cell,
                   typed=f"{cell.day}/{cell.month}" if isinstance(cell, date) else str(cell))
        return shown(cell) if column.spec.type == "text" else None
    if isinstance(cell, Styled):
        return cell.text
    counts["number"] += column.spec.type == "code" and not isinstance(cell, bool)
    return shown(cell)


def _rounded(texts: list[str | None]) -> set[str]:
    """Long numbers whose digits past the 15th are zeros: Excel lost them."""
    long = {text for text in texts if text and len(text) > EXACT_DIGITS and text.isdigit()}
    zeros = {text for text in long if not text[EXACT_DIGITS:].strip("0")}
    rounded = zeros if zeros == long else {text for text in zeros if len(text) >= EXACT_DIGITS + 3}
    return rounded | {text for text in texts if text and re.fullmatch(r"\d[.,]\d+[eE]\+\d{2}", text)
                      and int(text[-2:]) >= EXACT_DIGITS}


# -- dates ------------------------------------------------------------------------------------------------------------

def _dates(column: Column) -> pd.Series:
    """Dates: real ones of Excel, or texts in the declared format; a serial number says nothing for certain."""
    spec, values, converted = column.spec, [], 0
    example = " / ".join(datetime(2024, 12, 31).strftime(form) for form in spec.dates)
    read = cache(lambda text: _date(text, spec.dates))  # days repeat
    for row, cell in zip(column.rows, column.cells, strict=True):
        value = cell if isinstance(cell, date) else read(cell) if isinstance(cell, str) else None
        values.append(pd.NaT)
        if value is None:
            if cell is not None:
                code = "XLS-15" if isinstance(cell, str) and _no_such_date(cell) else "XLS-14"
                column.add(code, row=row, value=cell.text if isinstance(cell, Styled) else cell, example=example,
                           count=1)
            continue
        converted += isinstance(cell, str)
        moment = pd.Timestamp(value)
        low, high = (None if bound is None else pd.Timestamp(bound) for bound in (spec.low, spec.high))
        if (low is not None and moment < low) or (high is not None and moment.normalize() > high):
            column.broken("range", row, cell, low="…" if low is None else shown(low),
                          high="…" if high is None else shown(high))
        else:
            values[-1] = moment
    if converted and not column.text:
        column.add("XLS-14", "note", example=example, count=converted)
    return pd.Series(pd.to_datetime(values), index=column.rows)


def _date(text: str, formats: tuple[str, ...]) -> datetime | None:
    for form in formats:
        try:
            return datetime.strptime(text, form)
        except ValueError:
            continue
    return None


def _no_such_date(text: str) -> bool:
    """Whether a text looks like a date that no calendar has: 31.02.2024."""
    found = DATE_SHAPE.fullmatch(text)
    if not found:
        return False
    day, month, year = (found[1], found[3], found[4]) if found[1] else (found[7], found[6], found[5])
    try:
        date(int(year), int(month), int(day))
    except ValueError:
        return True
    return False


def is_total(cells: list) -> str | None:
    """The first word of a row, if the row is a total of others: «Итого», «Всего», «Среднее»."""
    first = next((cell for cell in cells if not blank(cell)), None)
    if isinstance(first, str) and TOTAL.match(first.strip()):
        return first.strip()
    return None
