"""Which row is the header and which column is which; what is missing, unknown or stands there twice."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from openpyxl.utils import get_column_letter

from methods.data.reading.grid import blank
from methods.data.reading.report import NOTHING, Phrase, Refused, Report, quoted, shown
from methods.data.reading.spec import ColumnSpec, Limits, TableSpec, nearest, normal

UNNAMED = "—"


@dataclass(frozen=True)
class Header:
    """The header that was found; positions count from 0."""

    row: int                            # number of its last row
    names: dict[int, str]               # every header as written
    columns: dict[int, ColumnSpec]      # the columns of the table, by position
    first_row: bool                     # nothing stands above it


def recognised(cells: Sequence, spec: TableSpec) -> dict[int, ColumnSpec]:
    """Columns of the table by position, where a cell holds one of their headers."""
    known = {normal(name): column for column in spec.columns for name in column.headers}
    return {position: known[normal(cell)] for position, cell in enumerate(cells)
            if isinstance(cell, str) and len(cell) < 500 and normal(cell) in known}


def complete(cells: Sequence, spec: TableSpec) -> bool:
    """Whether a row holds every required header."""
    return set(spec.required) <= {column.name for column in recognised(cells, spec).values()}


def find_header(rows: list[tuple[int, list]], spec: TableSpec, report: Report, limits: Limits) -> Header:
    """The header among the first rows, in one row or two; its faults go to the report."""
    first = [(number, cells) for number, cells in rows if number <= limits.header_rows]
    best = max(first, key=lambda row: len(recognised(row[1], spec)), default=(0, []))
    if not complete(best[1], spec):
        joined = [(below, [low if not blank(low) else up for up, low in zip(upper, lower, strict=False)])
                  for (_, upper), (below, lower) in pairwise(first)]
        best = next((row for row in joined if complete(row[1], spec)), best)
    number, cells = best
    columns = recognised(cells, spec)
    if len(columns) < max(1, len(spec.required) / 2):
        seen = [shown(cell) for cell in first[0][1] if not blank(cell)][:10] if first else []
        raise Refused("XLS-03", limit=limits.header_rows, required=quoted(spec.required),
                      found=Phrase("***", "***") if spec.personal else quoted(seen))
    names = {position: str(cell) for position, cell in enumerate(cells) if not blank(cell)}
    header = Header(number, names, columns, number == first[0][0])
    if not header.first_row:
        report.add("XLS-03", "note", row=number, limit=limits.header_rows, required=quoted(spec.required),
                   found=Phrase(f"строка {number}", f"row {number}"))
    _twice(header, report)
    _missing_and_extra(header, spec, report)
    for position, column in columns.items():
        if names[position] != column.name:
            report.add("TXT-24", "note", row=number, column=column.name, letter=get_column_letter(position + 1),
                       value=repr(names[position])[1:-1])
    return header


def _twice(header: Header, report: Report) -> None:
    places: dict[str, list[int]] = {}
    for position, name in header.names.items():
        column = header.columns.get(position)
        places.setdefault(normal(column.name if column else name), []).append(position)
    for positions in places.values():
        if len(positions) > 1:
            letters = [get_column_letter(position + 1) for position in positions]
            report.add("TXT-23", row=header.row, column=header.names[positions[1]].strip(), letter=letters[1],
                       letters=", ".join(letters))
            for position in positions[1:]:
                header.columns.pop(position, None)


def _missing_and_extra(header: Header, spec: TableSpec, report: Report) -> None:
    present = {column.name for column in header.columns.values()}
    known = {normal(name) for column in spec.columns for name in column.headers} | {normal(n) for n in spec.extra}
    extra = {position: name for position, name in header.names.items() if normal(name) not in known}
    for name in spec.required:
        if name in present:
            continue
        near = nearest(name, list(extra.values()))
        position = next((at for at, other in extra.items() if other == near), None)
        extra.pop(position, None)
        report.add("TXT-25", row=header.row, column=name, letter=get_column_letter(position + 1) if near else None,
                   missing=quoted([name]), extra=quoted([near] if near else []), near=_pair(near, name))
    for position, name in extra.items():
        near = nearest(name, [column.name for column in spec.columns if column.name not in present])
        report.add("TXT-25", row=header.row, column=re.sub(r"\s+", " ", name).strip(),
                   letter=get_column_letter(position + 1), missing=NOTHING, extra=quoted([name]),
                   near=_pair(name, near))


def _pair(found: str | None, meant: str | None) -> Phrase:
    return quoted([f"{found}» → «{meant}"] if found and meant else [])
