"""Problems of one file on their way to the protocol, and the refusal of a file as a whole."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from methods.problems import HIDDEN, Place, Problem, Protocol, Severity

SHOWN = 60  # characters of a value in a message


@dataclass(frozen=True)
class Phrase:
    """A detail in both languages; a text of `problem_texts` takes its own: `{reason:ru}`."""

    ru: str
    en: str

    def __format__(self, language: str) -> str:
        return self.en if language == "en" else self.ru


NOTHING = Phrase("нет", "none")
BYTES = Phrase("байт", "bytes")
ROWS = Phrase("строк", "rows")


class Refused(Exception):
    """The file as a whole cannot be read; caught by `read_file`, never seen outside."""

    def __init__(self, code: str, **found: object) -> None:
        super().__init__(code)
        self.code, self.found = code, found


class Report:
    """Adds problems of one file: knows the file and the sheet, shortens values, hides personal ones."""

    def __init__(self, file: str, protocol: Protocol) -> None:
        self.file, self.sheet, self.protocol = file, None, protocol
        self.added: list[Problem] = []

    def add(self, code: str, severity: Severity = "error", *, row: int | None = None, column: str | None = None,
            letter: str | None = None, value: object = None, personal: bool = False, **details: object) -> None:
        """Put a problem into the protocol."""
        problem = Problem(code, Place(self.file, self.sheet, row, column, letter),
                          value=None if value is None else HIDDEN if personal else shown(value),
                          details=details, severity=severity, personal=personal)
        self.added.append(problem)
        self.protocol.add(problem)


def shown(value: object) -> str:
    """A value as a message shows it: one line, not too long, dates as in the file."""
    match value:
        case bool():
            return "ИСТИНА" if value else "ЛОЖЬ"
        case datetime() if value.time() != time():
            return f"{value:%d.%m.%Y %H:%M}"
        case date():
            return f"{value:%d.%m.%Y}"
        case time() | timedelta():
            return str(value)
        case float():
            return f"{value:.15g}"
    text = re.sub(r"[\r\n]+", "⏎", str(value))
    text = re.sub(r"[\x00-\x1f\x7f]", "�", text)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}… ({len(text)})"


def ranges(numbers: Iterable[int], most: int = 10) -> str:
    """Row numbers in short.

    >>> ranges([5, 6, 7, 9])
    '5–7, 9'
    """
    runs: list[list[int]] = []
    for number in sorted(set(numbers)):
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    parts = [str(first) if first == last else f"{first}–{last}" for first, last in runs]
    return ", ".join(parts[:most]) + (" …" if len(parts) > most else "")


def quoted(names: Iterable[str]) -> Phrase:
    """Names in quotes, or the word for none."""
    text = ", ".join(f"«{name}»" for name in names)
    return Phrase(text, text) if text else NOTHING
