"""Numbered rows of cells -> the table: header, rows that are not data, columns of their types."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
from openpyxl.utils import get_column_letter

from methods.data.reading.cells import Column, is_total, typed
from methods.data.reading.grid import Broken, Grid, blank
from methods.data.reading.header import UNNAMED, Header, find_header
from methods.data.reading.report import NOTHING, Refused, Report, quoted, ranges
from methods.data.reading.spec import Limits, TableSpec

Rows = list[tuple[int, list]]


class Letters(dict):
    """Header -> letter of its column. pandas copies the attributes of a frame at every step: these need no copy."""

    def __deepcopy__(self, memo: dict) -> Letters:
        return self


def build(grid: Grid, spec: TableSpec, report: Report, limits: Limits) -> pd.DataFrame:
    """The table with typed columns in the order of the specification; index: row numbers as Excel shows them."""
    report.sheet = grid.sheet
    header = find_header(grid.rows, spec, report, limits)
    body = [(number, cells) for number, cells in grid.rows if number > header.row]
    if grid.text:
        body = _right_width(body, dict(grid.rows)[header.row], report)
    body = _without_totals(body, header, spec, report)
    if not body:
        if any(problem.severity == "error" for problem in report.added):  # rows there were, and their fault is told
            return _frame({}, [], header, grid, report)
        raise Refused("TXT-21", lines=header.row)
    _unnamed(body, header, report)
    _structure(grid, body, header, spec, report)
    rows = [number for number, _ in body]
    values = {}
    for position, column in header.columns.items():
        cells = [cells[position] if position < len(cells) else None for _, cells in body]
        values[column.name] = typed(Column(column, get_column_letter(position + 1), rows, cells, report, grid.text,
                                           column.name in spec.key))
    ordered = {column.name: values[column.name] for column in spec.columns if column.name in values}
    return _frame(ordered, rows, header, grid, report)


def _frame(values: dict[str, pd.Series], rows: list[int], header: Header, grid: Grid, report: Report) -> pd.DataFrame:
    frame = pd.DataFrame(values, index=pd.Index(rows, name="row"))
    frame.attrs = {"file": report.file, "sheet": grid.sheet, "header_row": header.row,
                   "letters": Letters({column.name: get_column_letter(position + 1)
                                       for position, column in header.columns.items()})}
    return frame


def _right_width(body: Rows, header: Sequence, report: Report) -> Rows:
    """Rows with as many fields as the header; the others are told and left out."""
    width = len(header)
    if body and all(len(cells) == width + 1 and blank(cells[-1]) for _, cells in body):
        report.add("TXT-07", row=body[0][0], fields=width + 1, expected=width, count=len(body))
        return [(number, cells[:width]) for number, cells in body]
    right = []
    for number, cells in body:
        if len(cells) > width:
            report.add("TXT-08", row=number, fields=len(cells), expected=width)
        elif len(cells) < width and not all(blank(name) for name in header[len(cells):]):
            letter = get_column_letter(len(cells) + 1)
            report.add("TXT-09", row=number, column=str(header[len(cells)]).strip(), letter=letter,
                       fields=len(cells), expected=width, missing=quoted(
                           str(name).strip() for name in header[len(cells):] if not blank(name)))
        else:
            right.append((number, cells))
    return right


def _without_totals(body: Rows, header: Header, spec: TableSpec, report: Report) -> Rows:
    """Rows without «Итого» and the like, which would be rated as centres."""
    kept = []
    for number, cells in body:
        if total := is_total(cells):
            position = next(at for at, cell in enumerate(cells) if not blank(cell))
            column = header.columns.get(position)
            report.add("XLS-04", "note", row=number, column=column.name if column else None,
                       letter=get_column_letter(position + 1), value=total,
                       personal=column.personal if column else spec.personal)
        else:
            kept.append((number, cells))
    return kept


def _unnamed(body: Rows, header: Header, report: Report) -> None:
    """Columns that hold something under an empty header."""
    width = max(len(cells) for _, cells in body)
    for position in set(range(width)) - set(header.names):
        row = next((number for number, cells in body if position < len(cells) and not blank(cells[position])), None)
        if row is not None:
            letter = get_column_letter(position + 1)
            report.add("TXT-25", row=row, column=UNNAMED, letter=letter, missing=NOTHING, extra=quoted([letter]),
                       near=NOTHING)


def _structure(grid: Grid, body: Rows, header: Header, spec: TableSpec, report: Report) -> None:
    """What only a workbook has: merged and hidden cells, links to other workbooks, struck-through keys."""
    facts, by_row = grid.facts, dict(body)
    for reference, bounds in facts.merged.items():
        _merged(reference, bounds, by_row, header, report)
    rows = sorted(facts.hidden_rows & set(by_row))
    hidden = {position for first, last in facts.hidden_columns for position in header.columns
              if first <= position + 1 <= last}
    if rows or hidden:
        position = min(hidden) if hidden and not rows else None
        report.add("XLS-05", "warning", row=rows[0] if rows else None,
                   column=None if position is None else header.columns[position].name,
                   letter=None if position is None else get_column_letter(position + 1),
                   count=len(rows), rows=ranges(rows) or "–",
                   columns=", ".join(f"«{header.columns[at].name}» ({get_column_letter(at + 1)})"
                                     for at in sorted(hidden)) or "–")
    linked: dict[tuple[int, int], list[int]] = {}
    for (row, number), other in facts.linked.items():
        if number - 1 in header.columns and row in by_row and 1 <= other <= len(grid.links):
            linked.setdefault((number, other), []).append(row)
    for (number, other), places in linked.items():
        report.add("XLS-10", "warning", row=min(places), column=header.columns[number - 1].name,
                   letter=get_column_letter(number), other=grid.links[other - 1], rows=ranges(places),
                   count=len(places))
    for position, column in header.columns.items():
        struck = [row for row in by_row if (row, position + 1) in grid.struck] if column.name in spec.key else []
        if struck:
            report.add("XLS-26", "warning", row=struck[0], column=column.name, letter=get_column_letter(position + 1),
                       rows=ranges(struck), count=len(struck))


def _merged(reference: str, bounds: tuple[int, int, int, int], by_row: dict[int, list], header: Header,
            report: Report) -> None:
    """A merged range is filled down in one column where that is declared, and refused elsewhere."""
    left, top, right, bottom = bounds
    rows = [row for row in range(top, min(bottom, max(by_row)) + 1) if row in by_row]
    positions = [position for position in header.columns if left <= position + 1 <= right]
    if not rows or not positions or (len(rows) == 1 and left == right):
        return
    column = header.columns[positions[0]]
    letter = get_column_letter(positions[0] + 1)
    if column.fill_down and left == right and top in by_row:
        for row in rows[1:]:
            by_row[row][positions[0]] = by_row[top][positions[0]]
        report.add("XLS-01", "note", row=top, column=column.name, letter=letter, reference=reference,
                   count=len(rows) - 1)
        return
    report.add("XLS-02", row=top, column=column.name, letter=letter, value=reference)
    for row in rows:
        for position in positions:
            by_row[row][position] = Broken()  # told already: neither a value nor a gap
