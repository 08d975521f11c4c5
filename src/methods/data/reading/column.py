"""One column of a file: its cells, its address, the codes of its faults."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from methods.data.reading.report import Report
from methods.data.reading.spec import ColumnSpec, Rule
from methods.problems import HIDDEN, Severity

DEFAULT_CODES: dict[Rule, str] = {"number": "CEL-01", "whole": "CEL-02", "range": "CEL-03", "category": "CEL-04",
                                  "codebook": "CEL-06", "pattern": "TXT-19"}


@dataclass
class Column:
    """One column of a file before its cells are read."""

    spec: ColumnSpec
    letter: str
    rows: list[int]
    cells: list
    report: Report
    text: bool          # of a text file: a number written as text is nothing special there
    key: bool = False

    def add(self, code: str, severity: Severity = "error", *, row: int | None = None, value: object = None,
            **details: object) -> None:
        """A problem of this column, with its address; a personal value is hidden, and so is what tells it."""
        if self.spec.personal:
            details |= dict.fromkeys(details.keys() & {"second", "typed"}, HIDDEN)
        self.report.add(code, severity, row=row, column=self.spec.name, letter=self.letter, value=value,
                        personal=self.spec.personal, **details)

    def broken(self, rule: Rule, row: int, value: object, **details: object) -> None:
        """An error under the code that the column has for the rule."""
        code = self.spec.codes.get(rule) or ("XLS-17" if rule == "range" and self.spec.type == "share"
                                             else DEFAULT_CODES[rule])
        self.add(code, row=row, value=value, **details)


def date_instead(column: Column, row: int, cell: object) -> None:
    """Excel took «3/5» or «1.5» for a date; what was typed is the day and the month."""
    fraction = column.spec.type not in ("number", "share")
    typed_in = f"{cell.day}{'/' if fraction else '.'}{cell.month}" if isinstance(cell, date) else str(cell)
    column.add("XLS-12" if fraction else "XLS-13", row=row, value=cell, typed=typed_in)
