"""Workbooks: the right sheet, its values as Excel saved them, and what their look says."""

from __future__ import annotations

import re
import warnings
from itertools import islice
from pathlib import Path

from openpyxl import Workbook, load_workbook
from openpyxl.utils.datetime import CALENDAR_MAC_1904
from tqdm import tqdm

from methods.data.reading.archive import Package, examine
from methods.data.reading.grid import Broken, Grid, SheetFacts, Styled, blank
from methods.data.reading.header import complete
from methods.data.reading.report import Phrase, Refused, Report, quoted
from methods.data.reading.spec import Limits, TableSpec, nearest, normal

ANY_NAME = Phrase("со столбцами таблицы", "with the columns of the table")


def read_workbook(path: Path, spec: TableSpec, report: Report, limits: Limits) -> Grid:
    """The rows of the table's sheet. openpyxl opens only what `examine` has found safe."""
    package = examine(path, limits)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # openpyxl warns of decorations that it does not read
            book = load_workbook(path, read_only=True, data_only=True, keep_links=False)
            try:
                return _grid(book, package, spec, report, limits)
            finally:
                book.close()
    except (Refused, MemoryError):
        raise
    except Exception as fault:  # on damaged parts openpyxl fails in any way at all: TypeError, IndexError, KeyError …
        raise Refused("XLS-22", reason=f"{type(fault).__name__}: {fault}"[:80]) from fault


def _grid(book: Workbook, package: Package, spec: TableSpec, report: Report, limits: Limits) -> Grid:
    sheet = _sheet(book, package, spec, limits)
    report.sheet = sheet
    facts = package.facts[sheet]
    if facts.formatted_row > max(limits.rows, facts.last_row):
        report.add("XLS-18", "note", formatted=facts.formatted_row, last=facts.last_row)
    if book.epoch == CALENDAR_MAC_1904 and any(column.type == "date" for column in spec.columns):
        report.add("XLS-16", "note")
    rows, struck, unvalued = [], set(), {}
    for row, column in facts.unvalued:
        unvalued.setdefault(row, []).append(column)
    for number, cells in enumerate(tqdm(_rows(book, sheet, facts), desc=report.file, unit=" строк", delay=5,
                                        mininterval=5), 1):
        values = [_value(cell) for cell in cells]
        for column in unvalued.get(number, ()):
            values[column - 1] = Broken("XLS-09")
        struck |= {(number, at) for at, cell in enumerate(cells, 1)
                   if cell.value is not None and cell.has_style and cell.font.strike}
        if not all(blank(value) for value in values):
            rows.append((number, values))
    return Grid(rows, facts=facts, links=package.links, struck=struck, sheet=sheet)


def _rows(book: Workbook, sheet: str, facts: SheetFacts, most: int | None = None) -> islice:
    """Rows as far as there are values: what stands below is not parsed at all."""
    last = min(facts.last_row, most or facts.last_row)
    return islice(book[sheet].iter_rows(max_row=last, max_col=facts.last_column), last)


def _value(cell: object) -> object:
    """A cell's value; an error and a number whose look matters are marked as such."""
    value = cell.value
    if cell.data_type == "e":
        return Broken("XLS-07", value)
    if not isinstance(value, (int, float)) or isinstance(value, bool) or not cell.has_style:
        return value
    look = cell.number_format
    if "%" in look:
        return Styled(value, "percent", f"{value * 100:.15g}%")
    if re.fullmatch("0{2,}", look) and value == int(value) >= 0:
        return Styled(value, "padded", f"{int(value):0{len(look)}d}")
    if re.fullmatch(r"[0#.,]*E\+0+", look):
        return Styled(value, "scientific", f"{value:.0E}")
    return value


def _sheet(book: Workbook, package: Package, spec: TableSpec, limits: Limits) -> str:
    """The one visible sheet that can be meant; the first one is never taken for want of a better."""
    sheets = {name: book[name].sheet_state == "visible" for name in package.facts if name in book.sheetnames}
    visible = [name for name, shown in sheets.items() if shown]
    fitting = [name for name in visible if package.facts[name].last_row and any(
        complete([cell.value for cell in cells], spec)
        for cells in _rows(book, name, package.facts[name], limits.header_rows))]
    wanted, near = spec.sheet, nearest(spec.sheet, visible) if spec.sheet else None
    if wanted is None:
        if len(fitting) == 1 or len(visible) == 1:
            return (fitting or visible)[0]
    elif wanted in visible:
        rivals = [name for name in fitting if name != wanted and normal(name).startswith(normal(wanted))]
        if not rivals:
            return wanted
    raise Refused("XLS-06", wanted=quoted([wanted]) if wanted else ANY_NAME, visible=quoted(visible),
                  hidden=quoted(set(sheets) - set(visible)), fitting=quoted(fitting),
                  near=quoted([near] if near else []))
