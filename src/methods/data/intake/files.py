"""Kinds of files by their headers, and what the reader has to expect of each kind."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pandas as pd
from openpyxl.utils import get_column_letter

from methods.data.disclosure import find_personal
from methods.data.intake import requirements as checklist
from methods.data.intake import respondents as survey
from methods.data.intake.personal import is_personal
from methods.data.reading.archive import examine
from methods.data.reading.header import find_header
from methods.data.reading.kinds import kind_of
from methods.data.reading.parquet import read_parquet
from methods.data.reading.reader import LIMITS, name_of, read_file
from methods.data.reading.report import Refused, Report
from methods.data.reading.spec import ColumnSpec, TableSpec, normal
from methods.data.reading.text import read_text
from methods.data.reading.workbook import read_workbook
from methods.data.registry import (
    ALIASES,
    CENTRE,
    END,
    REGION,
    REGION_TITLE,
    START,
    SUCCESSOR,
    TITLE,
    YEAR,
    listed,
)
from methods.index.edition import Edition
from methods.problems import HIDDEN, Place, Problem, Protocol

Kind = Literal["registry", "survey", "counts", "long", "wide", "experts", "maturity"]
TITLES = {"registry": "реестр", "survey": "опрос", "counts": "чек-лист X из N", "long": "чек-лист по требованиям",
          "wide": "чек-лист столбцами", "experts": "суждения экспертов", "maturity": "ответы о зрелости"}
EXPERT, QUESTION = "эксперт", "вопрос"
DATES = ("%d.%m.%Y", "%Y-%m-%d")
_MISSED = ("XLS-03", "XLS-06", "TXT-25")  # the file is sound, only its header is not this one


@dataclass(frozen=True)
class Seen:
    """A file's header, read before its kind is known."""

    kind: Kind
    headers: tuple[str, ...]
    row: int


def recognise(path: Path, edition: Edition, requirements: Sequence[str], protocol: Protocol, root: Path) -> Seen | None:
    """The kind of a file; None if its headers fit no kind or the file is refused, with the reason told."""
    report = Report(place_of(path, root).file, protocol)
    first: list[str] = []
    for key in (CENTRE, EXPERT, QUESTION):
        try:
            headers, row = _headers(path, key)
        except Refused as refusal:
            if refusal.code not in _MISSED:
                refusal.found.pop("sheet", None)
                report.add(refusal.code, **refusal.found)
                return None
            continue
        first = first or headers
        if kind := _kind({normal(header) for header in headers}, edition, requirements):
            return Seen(kind, tuple(headers), row)
    if several := headed_sheets(path, EXPERT):  # a workbook with a sheet for every expert or group
        _, headers, row = several[0]
        return Seen("experts", tuple(headers), row)
    protocol.add(Problem("FLD-01", place_of(path, root), None, {
        "kinds": ", ".join(TITLES.values()), "found": listed([HIDDEN if is_personal(name) else name for name in first])
        or "—"}))
    return None


def place_of(path: Path, root: Path) -> Place:
    """The address of a file; of one named after a person only the folder and the extension are shown."""
    name = Path(name_of(path, root))
    return Place((name.with_name(HIDDEN + name.suffix) if names_person(name.stem) else name).as_posix())


def names_person(name: str) -> bool:
    """Whether the name of a file or of a sheet looks like that of a person, whatever parts its words.

    >>> [names_person(name) for name in ("Иванова_Анна_Петровна", "Сидоров П.К.", "ответы_центров_2026", "Э1")]
    [True, True, False, False]
    """
    return bool(find_personal(name) or find_personal(re.sub(r"[_.\-]+", " ", name)))


def headed_sheets(path: Path, key: str) -> list[tuple[str | None, list[str], int]]:
    """Every visible sheet that has a column `key`, with its headers and their row; a text file is one without a name.

    Raises
    ------
    Refused
        The file as a whole cannot be read.
    """
    titles = list(examine(path, LIMITS).facts) if kind_of(path, LIMITS) == "workbook" else [None]
    found: list[tuple[str | None, list[str], int]] = []
    for title in titles:
        try:
            found.append((title, *_headers(path, key, title)))
        except Refused as refusal:
            if refusal.code not in _MISSED:
                raise
            if refusal.code == "XLS-06" and f"«{title}»" not in str(refusal.found["hidden"].ru):
                found.append((title, [key], 1))  # its name is part of another's: the reader will say so
    return found


def _headers(path: Path, key: str, sheet: str | None = None) -> tuple[list[str], int]:
    """Headers of the sheet that has a column `key`; a protocol of its own, as the file is read again in earnest."""
    spec = TableSpec("", (ColumnSpec(key, "text"),), key=(key,), sheet=sheet)
    report = Report(path.name, Protocol())
    read = {"text": read_text, "workbook": read_workbook}.get(kind_of(path, LIMITS))
    grid = read(path, spec, report, LIMITS) if read else read_parquet(path, spec, report, LIMITS, None)
    header = find_header(grid.rows, spec, report, LIMITS)
    if key not in {normal(name) for name in header.names.values()}:
        raise Refused("XLS-03")
    return [name.strip() for _, name in sorted(header.names.items())], header.row


def _kind(headers: set[str], edition: Edition, requirements: Sequence[str]) -> Kind | None:
    def has(*names: str) -> bool:
        return all(normal(name) in headers for name in names)

    if CENTRE not in headers:
        return "experts" if EXPERT in headers else "maturity" if QUESTION in headers else None
    if has(checklist.INDICATOR) and (has(checklist.FULFILLED) or has(checklist.SET)):
        return "counts"
    if has(checklist.REQUIREMENT):
        return "long"
    if has(TITLE, REGION) and (has(START) or has(END) or has(SUCCESSOR)):
        return "registry"
    marks = sum(normal(code) in headers for code in requirements)
    asked = sum(normal(code) in headers for code in survey.questions(edition))
    if marks > asked and marks > 0:
        return "wide"
    return "survey" if asked or has(survey.CLIENTELE) else None


def spec_of(seen: Seen, edition: Edition, requirements: Sequence[str]) -> TableSpec:
    """What the reader has to expect of a file of this kind; personal columns are passed over unread."""
    columns = {"registry": _registry, "survey": _survey, "counts": _counts, "long": _long, "wide": _wide}[seen.kind]
    extra = tuple(name for name in seen.headers if is_personal(name))
    made = columns(seen, edition, requirements)
    return TableSpec(TITLES[seen.kind], made, key=(CENTRE,), extra=extra)


def read_table(path: Path, seen: Seen, edition: Edition, requirements: Sequence[str], protocol: Protocol,
               root: Path) -> pd.DataFrame | None:
    """A recognised file as a typed frame; every personal column is an error and stays unread."""
    own = Protocol()
    frame = read_file(path, spec_of(seen, edition, requirements), own, root)
    for problem in own.problems:
        if not (problem.code == "TXT-16" and problem.place.column in (END, START, checklist.CHECKED)):
            protocol.add(problem)  # an open end of validity is no gap
    sheet = None if frame is None else frame.attrs.get("sheet")
    for position, name in enumerate(seen.headers, 1):
        if is_personal(name):
            protocol.add(Problem("SRV-19", Place(name_of(path, root), sheet, None, name, get_column_letter(position)),
                                 HIDDEN, personal=True))
    return frame


# -- columns -----------------------------------------------------------------------------------------------------------

def _code(name: str, required: bool = False, fill_down: bool = False) -> ColumnSpec:
    return ColumnSpec(name, "code", required, fill_down=fill_down)


def _text(name: str, required: bool = False) -> ColumnSpec:
    return ColumnSpec(name, "text", required)


def _date(name: str) -> ColumnSpec:
    return ColumnSpec(name, "date", False, dates=DATES)


def _registry(seen: Seen, edition: Edition, requirements: Sequence[str]) -> tuple[ColumnSpec, ...]:
    return (_code(CENTRE, True), _text(TITLE, True), _code(REGION, True, True), _text(REGION_TITLE), _date(START),
            _date(END), _code(SUCCESSOR), _text(ALIASES), _code(YEAR))


def _survey(seen: Seen, edition: Edition, requirements: Sequence[str]) -> tuple[ColumnSpec, ...]:
    asked = [_text(question, question != survey.OVERALL) for question in survey.questions(edition)]
    return (_code(survey.RESPONDENT), _code(CENTRE, True), _code(REGION), _code(YEAR),
            _text(survey.CLIENTELE, bool(edition.clienteles)), _date(survey.DATE), _text(survey.MOMENT),
            ColumnSpec(survey.WEIGHT, "number", False), _text(survey.STRATUM), *asked,
            ColumnSpec("комментарий", "text", False, personal=True))


def _counts(seen: Seen, edition: Edition, requirements: Sequence[str]) -> tuple[ColumnSpec, ...]:
    return (_code(CENTRE, True), _text(checklist.INDICATOR, True), _text(checklist.FULFILLED, True),
            _text(checklist.SET, True), _text(checklist.AUTOMATIC), _date(checklist.CHECKED), _code(YEAR),
            _code(REGION))


def _long(seen: Seen, edition: Edition, requirements: Sequence[str]) -> tuple[ColumnSpec, ...]:
    return (_code(CENTRE, True), _text(checklist.REQUIREMENT, True), _text(checklist.MARK, True),
            _text(checklist.EVIDENCE), _text(checklist.LEVEL), _date(checklist.CHECKED), _code(YEAR), _code(REGION))


def _wide(seen: Seen, edition: Edition, requirements: Sequence[str]) -> tuple[ColumnSpec, ...]:
    """Unknown headers go through as they are: the check of codes has a better word for them than the reader."""
    service = [_date(name) if name == checklist.CHECKED else _code(name, name == CENTRE) for name in checklist.SERVICE]
    known = {normal(name) for name in checklist.SERVICE}
    codes = [name for name in seen.headers if normal(name) not in known and not is_personal(name)]
    return (*service, *[_text(name) for name in dict.fromkeys(codes)])


REQUIREMENTS = TableSpec("перечень требований", (
    _code(checklist.REQUIREMENT, True), _code(checklist.INDICATOR, True), _text(TITLE), _text(checklist.LEVEL),
    _text(checklist.EVIDENCE), _text(checklist.OPTIONAL)), key=(checklist.REQUIREMENT,))
