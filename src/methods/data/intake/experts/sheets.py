"""What is read: files and their sheets as tables of texts, an expert in every row; names of people refused unseen."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from openpyxl.utils import get_column_letter

from methods.data.disclosure import find_personal
from methods.data.intake.experts.cells import as_typed
from methods.data.intake.experts.layout import SERVICE, expected
from methods.data.intake.experts.record import Record
from methods.data.intake.files import EXPERT, TITLES, headed_sheets, names_person, place_of
from methods.data.intake.personal import is_personal
from methods.data.reading import TableSpec, read_file
from methods.data.reading.reader import name_of
from methods.data.reading.report import Refused, Report
from methods.data.registry import cell_text, composed, place, without_examples
from methods.errors import EditionError
from methods.problems import HIDDEN, Place, Problem, Protocol

# One letter, or anything short with a digit; «эксперт № 3» is a code too.
_EXPERT_CODE = re.compile(r"(?:эксперт\s*(?:№|n)?\s*)?(?:[a-zа-яё]|(?=.*\d)[\w.\-]{1,20})", re.IGNORECASE)


@dataclass
class Sheet:
    """One table of one file."""

    frame: pd.DataFrame          # texts; addresses in `attrs`
    told: set[tuple[int, str]]   # cells whose fault is told already
    element: str | None          # as the name of the sheet says
    unnamed: int                 # rows without an expert, left out of the frame

    def text(self, row: int, column: str) -> str:
        """What a cell holds, nothing if it is empty or there is no such column."""
        return cell_text(self.frame.at[row, column]) if column in self.frame else ""

    def place(self, row: int, column: str) -> Place:
        """The address of a cell."""
        return place(self.frame, row, column)

    def header(self, column: str | None = None) -> Place:
        """The address of the row of headers, or of one of them."""
        return place(self.frame, self.frame.attrs["header_row"], column)


def read_sheets(path: Path, root: Path, record: Record) -> list[Sheet]:
    """The tables of a file; a workbook may have several."""
    if names_person(path.stem):
        record.protocol.add(_person(place_of(path, root)))
        return []
    report = Report(name_of(path, root), record.protocol)
    try:
        found = headed_sheets(path, EXPERT)
    except Refused as refusal:
        report.sheet = refusal.found.pop("sheet", None)
        report.add(refusal.code, **refusal.found)
        return []
    if not found:
        report.add("FLD-01", kinds=", ".join(TITLES.values()), found="—")
    sheets = []
    for title, headers, _ in found:
        if title is not None and names_person(title):
            record.protocol.add(_person(Place(report.file, HIDDEN)))
        elif (sheet := _read_sheet(path, title, headers, root, record)) is not None:
            sheets.append(sheet)
    return sheets


def _read_sheet(path: Path, title: str | None, headers: Sequence[str], root: Path, record: Record) -> Sheet | None:
    """One table; None if it cannot be read, with the reason told."""
    spec, own = expected(headers, title), Protocol()
    frame = read_file(path, spec, own, root)
    told = _told(own, spec, record)
    for position, header in enumerate(headers, 1):
        if is_personal(header):
            record.protocol.add(Problem("SRV-19", Place(name_of(path, root), title, None, header,
                                                        get_column_letter(position)), HIDDEN, personal=True))
    if frame is None or EXPERT not in frame:
        return None
    frame = composed(without_examples(frame, record.protocol), record.protocol)
    frame[EXPERT] = _expert_codes(frame, record)
    nobody = frame.index[frame[EXPERT] == ""]
    for row in nobody:
        if (row, EXPERT) not in told:
            record.tell("REF-11", place(frame, row, EXPERT))
    return Sheet(frame.drop(index=nobody), told, record.element(title) if title else None, len(nobody))


def _told(own: Protocol, spec: TableSpec, record: Record) -> set[tuple[int, str]]:
    """Pass on what the reader noticed, a judgement that became a date in our words; the cells whose fault is told."""
    judged = {column.name for column in spec.columns if column.type == "text" and column.name not in SERVICE}
    told = set()
    for problem in own.problems:
        where = problem.place
        dated = problem.code == "XLS-12" and where.column in judged
        if where.row is not None and where.column is not None and (dated or problem.severity == "error"):
            told.add((where.row, where.column))
        if dated:
            record.tell("EXP-06", where, problem.value, typed=as_typed(str(problem.details["typed"]), where.column))
        else:
            record.protocol.add(problem)
    return told


def _expert_codes(frame: pd.DataFrame, record: Record) -> pd.Series:
    """Experts as codes; a name is told unseen, and the expert goes on under a number."""
    texts = frame[EXPERT].map(cell_text)
    for text in dict.fromkeys(texts):
        if text and (not _EXPERT_CODE.fullmatch(text) or find_personal(text)):
            record.people.setdefault(text, f"{HIDDEN}{len(record.people) + 1}")
            record.protocol.add(_person(place(frame, texts.index[texts == text][0], EXPERT)))
    return texts.map(lambda text: record.people.get(text, text))


def _person(where: Place) -> Problem:
    """A name of a person where a code should stand."""
    return Problem("EXP-18", where, HIDDEN, exit_code=EditionError.exit_code, personal=True)
