"""What is wrong with the inputs, where, and what to do: problems with an address, in Russian or English.

A problem is data: a code of the catalogue (docs/bad_inputs.md), an address, the value found and the numbers its text
needs. The words live in one table by code (`methods.problem_texts`), so both languages say the same and every code
has its words. Readers collect all problems of all files before anything stops.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from methods.errors import InputError, ZvezdaError
from methods.problem_texts import TEXTS

Language = Literal["ru", "en"]
Severity = Literal["error", "warning", "note"]
SPOKEN: ContextVar[Language] = ContextVar("language", default="ru")  # of messages, where none is asked for
LIMIT = 100  # lines on the screen; past it only a count by code
ABSENT = ("REF-07", "REF-08")  # what is in no file: told after the faults of the files
HIDDEN = "***"  # stands for every value of a column marked personal

_WORDS = {
    "ru": {"error": "ОШИБКА", "warning": "ВНИМАНИЕ", "note": "ЗАМЕТКА", "sheet": "лист «{}»", "row": "строка {}",
           "column": "столбец «{}»", "value": "значение {}", "rule": "правило",
           "more": "… и ещё {code}: {count}", "verdict": "Ошибок: {}, предупреждений: {}, заметок: {}."},
    "en": {"error": "ERROR", "warning": "WARNING", "note": "NOTE", "sheet": 'sheet "{}"', "row": "row {}",
           "column": 'column "{}"', "value": "value {}", "rule": "rule", "more": "… and more of {code}: {count}",
           "verdict": "Errors: {}, warnings: {}, notes: {}."},
}


@dataclass(frozen=True, order=True)
class Place:
    """An address as the user finds it in Excel: file from the project's folder, sheet, row number, column."""

    file: str
    sheet: str | None = None
    row: int | None = None
    column: str | None = None  # header
    letter: str | None = None  # A, B, … AA

    def text(self, language: Language | None = None) -> str:
        """The address in words.

        >>> Place("region_16.xlsx", "Чек-лист", 14, "Исполнено", "D").text()
        'region_16.xlsx | лист «Чек-лист» | строка 14 | столбец «Исполнено» (D)'
        """
        words, parts = _WORDS[language or SPOKEN.get()], [self.file]
        if self.sheet is not None:
            parts.append(words["sheet"].format(self.sheet))
        if self.row is not None:
            parts.append(words["row"].format(self.row))
        if self.column is not None:
            parts.append(words["column"].format(self.column) + (f" ({self.letter})" if self.letter else ""))
        return " | ".join(parts)


@dataclass(frozen=True)
class Problem:
    """One broken rule (error), doubt (warning) or automatic correction (note)."""

    code: str                      # of the catalogue, for example CHK-01
    place: Place
    value: object = None           # what was found; never shown when `personal`
    details: Mapping[str, object] = field(default_factory=dict)  # numbers and names for the text of the rule
    severity: Severity = "error"
    exit_code: int = InputError.exit_code  # of the run, if this is an error
    personal: bool = False         # the column is marked personal: no value in any message or log

    def text(self, language: Language | None = None) -> str:
        """Two lines: what and where; the rule and what to do."""
        words = _WORDS[language or SPOKEN.get()]
        found = "" if self.value is None else " | " + words["value"].format(HIDDEN if self.personal else self.value)
        remedy = self._filled(TEXTS[self.code][language or SPOKEN.get()][1])
        return (f"{words[self.severity]} {self.code} | {self.place.text(language)}{found}\n"
                f"  {words['rule']}: {self.rule(language)} | {remedy}")

    def rule(self, language: Language | None = None) -> str:
        """What must hold and what was found against it."""
        return self._filled(TEXTS[self.code][language or SPOKEN.get()][0])

    def _filled(self, text: str) -> str:
        return text.format(**{"value": HIDDEN if self.personal else self.value, **self.details})


class Remark(NamedTuple):
    """All problems of one code in one line: for the header of a report."""

    code: str
    severity: str  # in words
    count: int
    first: str     # address of the first
    rule: str      # of the first


@dataclass
class Protocol:
    """Everything noticed while the inputs were read: errors stop the run, warnings and notes go into the report."""

    problems: list[Problem] = field(default_factory=list)
    _seen: set[tuple[str, Place, str, str]] = field(default_factory=set, repr=False)

    def add(self, problem: Problem) -> None:
        """Keep a problem; the same one twice is kept once."""
        key = (problem.code, problem.place, repr(problem.value), repr(sorted(problem.details.items())))
        if key not in self._seen:
            self._seen.add(key)
            self.problems.append(problem)

    def of(self, severity: Severity) -> list[Problem]:
        """Problems of one severity in the order of files, sheets, rows."""
        chosen = [problem for problem in self.problems if problem.severity == severity]

        def address(problem: Problem) -> tuple[str, str, int, str, str]:
            place = problem.place
            return (place.file, place.sheet or "", place.row or 0, place.letter or "", problem.code)
        return sorted(chosen, key=address)

    def text(self, severities: Iterable[Severity] = ("error", "warning", "note"),
             language: Language | None = None) -> str:
        """All problems, errors first, and of each severity what is in no file last. Past `LIMIT` the lines are shared
        out among codes, files and columns, so that ten thousand faults of one kind hide no other; the rest is a count
        by code."""
        chosen = [problem for severity in severities
                  for problem in sorted(self.of(severity), key=lambda problem: problem.code in ABSENT)]
        turn: Counter[tuple[str, str, str | None]] = Counter()
        order = []
        for place, problem in enumerate(chosen):
            kind = (problem.code, problem.place.file, problem.place.column)
            order.append((turn[kind], place))
            turn[kind] += 1
        shown = {place for _, place in sorted(order)[:LIMIT]}
        lines = [problem.text(language) for place, problem in enumerate(chosen) if place in shown]
        rest = Counter(problem.code for place, problem in enumerate(chosen) if place not in shown)
        more = _WORDS[language or SPOKEN.get()]["more"]
        return "\n".join(lines + [more.format(code=code, count=count) for code, count in sorted(rest.items())])

    def summary(self, language: Language | None = None) -> list[Remark]:
        """One line a code, errors first: how often it was noticed, and the first place with its rule."""
        found = []
        for severity in ("error", "warning", "note"):
            by_code: dict[str, list[Problem]] = {}
            for problem in self.of(severity):
                by_code.setdefault(problem.code, []).append(problem)
            found += [Remark(code, _WORDS[language or SPOKEN.get()][severity], len(same), same[0].place.text(language),
                             same[0].rule(language)) for code, same in by_code.items()]
        return found

    def stop(self, language: Language | None = None, *, strict: bool = False) -> None:
        """Raise if anything was an error (with `strict`, a warning too): all in one message, with their exit code."""
        severities: tuple[Severity, ...] = ("error", "warning") if strict else ("error",)
        refused = [problem for severity in severities for problem in self.of(severity)]
        if refused:
            raise Rejected(f"{self.text(severities, language)}\n{self.verdict(language)}",
                           min(problem.exit_code for problem in refused))

    def verdict(self, language: Language | None = None) -> str:
        """How much was noticed, in one line."""
        counts = [len(self.of(severity)) for severity in ("error", "warning", "note")]
        return _WORDS[language or SPOKEN.get()]["verdict"].format(*counts)


class Rejected(ZvezdaError):
    """The inputs were refused; the message lists every problem."""

    def __init__(self, message: str, exit_code: int = InputError.exit_code) -> None:
        super().__init__(message)
        self.exit_code = exit_code
