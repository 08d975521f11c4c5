"""A judgement in a cell: how people write a number or a ratio, and what a spreadsheet makes of it."""

from __future__ import annotations

import math
import re
import unicodedata

from methods.data.intake.experts.layout import VALUES
from methods.data.reading.numbers import parse_number

SAME = 1e-9  # relative distance within which two judgements are one

_FRACTION = re.compile(r"([+-]?\d{1,3})\s*[/⁄∕]\s*(\d{1,3})", re.ASCII)
_MONTHS = ("янв", "фев", "мар", "апр", "ма", "июн", "июл", "авг", "сен", "окт", "ноя", "дек")
_ENGLISH = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAY_MONTH = re.compile(r"(\d{1,2})[.\-/ ](\d{1,2})[.\-/ ]\d{4}|(\d{1,2})[.\-/ ]([a-zа-я]{2,4})[a-zа-я]*\.?", re.ASCII)


def read_judgement(text: str) -> float | None:
    """A judgement as people write it, or None if it is no number.

    >>> [round(read_judgement(text), 4) for text in ("3", "1/3", "0,33", "⅓", " 1 / 9 ")]
    [3.0, 0.3333, 0.33, 0.3333, 0.1111]
    >>> [read_judgement(text) for text in ("втрое", "33%", "1/0", "1e999")]
    [None, None, None, None]
    """
    text = text.strip().replace("−", "-")
    if fraction := _FRACTION.fullmatch(text):
        return int(fraction[1]) / int(fraction[2]) if int(fraction[2]) else None
    if len(text) == 1 and unicodedata.decomposition(text).startswith("<fraction>"):
        return unicodedata.numeric(text)
    number = parse_number(text)
    return None if number is None or number.percent or not math.isfinite(number.value) else number.value


def as_ratio(value: float) -> str:
    """A judgement as the scale has it.

    >>> as_ratio(3.0), as_ratio(1 / 3), as_ratio(2.5)
    ('3', '1/3', '2.5')
    """
    return f"{value:.3g}" if value >= 1 - SAME else f"1/{1 / value:.3g}"


def day_and_month(text: str) -> str | None:
    """Day and month of a date that a spreadsheet left for a fraction; None if the text is no such date.

    >>> [day_and_month(text) for text in ("01.мар", "01.03.2026", "3-Jan", "1/3")]
    ['1/3', '1/3', '3/1', None]
    """
    found = _DAY_MONTH.fullmatch(text.casefold())
    if found is None:
        return None
    if found[1]:
        return f"{int(found[1])}/{int(found[2])}"
    for months in (_ENGLISH, _MONTHS):
        month = next((number for number, name in enumerate(months, 1) if found[4].startswith(name)), None)
        if month:
            return f"{int(found[3])}/{month}"
    return None


def as_typed(date: str, column: str | None) -> str:
    """What was typed before a date was made of it: a fraction, the lesser number first; among plain numbers a decimal.

    >>> as_typed("3/1", "Д"), as_typed("30/5", "баллы")
    ('1/3', '30.5')
    """
    numbers = date.split("/")
    if len(numbers) != 2:
        return date
    return ".".join(numbers) if column in VALUES else "/".join(sorted(numbers, key=int))
