"""The tables of the report as an Excel workbook: one sheet a table, the list of them first.

Values are those printed in the report, no digit more: what the disclosure control rounded off does not leave here.
Nothing is alive: no formula, no macro, no link that leads out.
"""

from __future__ import annotations

import io
import re
from collections.abc import Sequence

from openpyxl import Workbook
from openpyxl.cell import Cell as Place
from openpyxl.cell import MergedCell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.hyperlink import Hyperlink
from openpyxl.worksheet.worksheet import Worksheet

from methods.errors import UsageError
from methods.report.document import Cell, Document, Grid, TablePart, grid
from methods.report.exports import COLUMN_LIMIT, ROW_LIMIT, Export, Notes, clean, is_formula_like, sheet_names
from methods.report.language import Language
from methods.report.office import repacked

CONTENTS = "Содержание"
TOP = 4                         # row of the header: title, way back and an empty row stand above
NARROWEST, WIDEST = 7, 60       # characters
TITLE = 80                      # characters over which a title may spread
_NUMBER = re.compile(r"(?P<sign>[+−-]?)(?P<whole>\d{1,3}(?:[\s\u202f\xa0]\d{3})+|\d+)(?:,(?P<part>\d+))?"
                     r"(?P<percent>[\s\u202f\xa0]?%)?")
_ABSENT = ("", "—", "–", "-")
_MARKS = re.compile(r"(\s*\([^()]*\))+$")   # what stands in brackets at the end of a title
_RULE = Side(style="thin", color="8A939D")
_PLAIN, _BOLD = Font(name="Calibri", size=11), Font(name="Calibri", size=11, bold=True)
_LINK = Font(name="Calibri", size=11, color="1A4F8B", underline="single")
_LINE = 15                      # height of a line of this type, points


def to_xlsx(document: Document) -> Export:
    """The workbook with every table of the report.

    Raises
    ------
    UsageError
        A table is larger than a sheet of Excel.
    """
    notes, book = Notes(), Workbook()
    said = document.language.said
    names = sheet_names([said(CONTENTS), *(_short(table) for table in document.tables)])
    contents = book.active
    contents.title = names[0]
    for name, table in zip(names[1:], document.tables, strict=True):
        _table(book.create_sheet(name), table, notes, document.language)
    _contents(contents, document, names[1:])
    book.properties.title, book.properties.creator, book.properties.language = (
        document.title, "zvezda", document.language.tag)
    book.calculation = None   # nothing to calculate
    stream = io.BytesIO()
    book.save(stream)
    return Export(repacked(stream.getvalue(), document.issued), tuple(notes.lines))


def value(text: str, decimal: str = ",") -> tuple[float | int, str] | None:
    """The number that a cell prints and the Excel format that prints it so again; None if it is no number.

    >>> value("12\\u202f345,60"), value("−0,5"), value("2024"), value("48,5 %"), value("12–15")
    ((12345.6, '#,##0.00'), (-0.5, '#,##0.0'), (2024, '0'), (48.5, '#,##0.0" %"'), None)
    >>> value("12,345.60", decimal=".")
    (12345.6, '#,##0.00')
    """
    found = _NUMBER.fullmatch(text if decimal == "," else text.replace(",", "\u202f").replace(decimal, ","))
    if not found:
        return None
    whole, part = re.sub(r"\s", "", found["whole"]), found["part"]
    number = float(f"{whole}.{part}") if part else int(whole)
    shape = "0" if len(whole) > 3 and whole == found["whole"] else "#,##0"   # 2024 is a year
    shape += f".{'0' * len(part)}" if part else ""
    shape += '" %"' if found["percent"] else ""
    return (-number if found["sign"] in ("−", "-") and found["sign"] else number), shape


def _short(table: TablePart) -> str:
    """Number and title without the reservations, as the name of a sheet."""
    return f"{table.number}. {_MARKS.sub('', table.title)}" if table.number else table.label


def _contents(sheet: Worksheet, document: Document, names: Sequence[str]) -> None:
    _put(sheet["A1"], document.title).font = Font(name="Calibri", size=14, bold=True)
    for column, title in enumerate(("№", "Таблица", "Строк"), 1):
        _head(_put(sheet.cell(TOP, column), document.language.said(title)))
    for row, (name, table) in enumerate(zip(names, document.tables, strict=True), TOP + 1):
        _put(sheet.cell(row, 1), table.number)
        _link(_put(sheet.cell(row, 2), table.title or name), name)
        _put(sheet.cell(row, 3), len(table.body))
        sheet.cell(row, 2).alignment = Alignment(wrap_text=True, vertical="top")
    for letter, width in zip("ABC", (6, 70, 10), strict=True):
        sheet.column_dimensions[letter].width = width
    _heights(sheet, TOP)
    _page(sheet, document.language, landscape=False)


def _table(sheet: Worksheet, table: TablePart, notes: Notes, language: Language) -> None:
    header, body = grid(table.header), grid(table.body)
    columns = table.columns
    if TOP + len(header) + len(body) > ROW_LIMIT or columns > COLUMN_LIMIT:
        raise UsageError(f"Таблица «{table.title}»: строк {len(body)}, столбцов {columns}; в лист Excel входит "
                         f"{ROW_LIMIT} строк и {COLUMN_LIMIT} столбцов. Сократите таблицу в тетради.")
    _put(sheet["A1"], clean(table.caption, "A1", notes)).font = _BOLD
    contents = language.said(CONTENTS)
    _link(_put(sheet["A2"], f"← {contents}"), contents)
    _header(sheet, header)
    first = TOP + len(header)
    for j in range(columns):
        cells = [row[j][0] for row in body if j < len(row)]
        numeric = _is_numeric(cells, language.decimal)
        for i, cell in enumerate(cells, first):
            _fill(sheet.cell(i, j + 1), cell, numeric, language.decimal)
        named = [word for row in header if row[j][0].columns == 1 for word in row[j][0].text.split()]
        longest = max((len(text) for text in [*named, *(cell.text for cell in cells)]), default=0)
        sheet.column_dimensions[get_column_letter(j + 1)].width = min(max(longest + 3, NARROWEST), WIDEST)
    _spread(sheet, columns)
    _heights(sheet, TOP)
    labels = min((sum(cell.label for cell, _ in row) for row in body), default=0)
    sheet.freeze_panes = sheet.cell(first, min(labels, 2) + 1)
    if header and body:
        sheet.auto_filter.ref = f"A{first - 1}:{get_column_letter(columns)}{first + len(body) - 1}"
        sheet.print_title_rows = f"{TOP}:{first - 1}"
    _page(sheet, language, landscape=columns > 6)


def _header(sheet: Worksheet, header: Grid) -> None:
    for i, row in enumerate(header, TOP):
        for j, (cell, begins) in enumerate(row, 1):
            _head(_put(sheet.cell(i, j), cell.text if begins else None), right=cell.numeric)
            if begins and (cell.columns > 1 or cell.rows > 1):
                sheet.merge_cells(start_row=i, start_column=j, end_row=i + cell.rows - 1,
                                  end_column=j + cell.columns - 1)


def _is_numeric(cells: Sequence[Cell], decimal: str = ",") -> bool:
    """Whether a column holds numbers only; «01» is a code, and with it the whole column."""
    said = [cell.text for cell in cells if cell.text not in _ABSENT]
    return bool(said) and all(value(text, decimal) and not re.match(r"0\d", text) for text in said)


def _fill(place: Place, cell: Cell, numeric: bool, decimal: str) -> None:
    """A merged label is repeated in every row, so that the reader may sort and filter."""
    found = value(cell.text, decimal) if numeric else None
    if found:
        _put(place, found[0]).number_format = found[1]
    else:
        _put(place, cell.text or None)
    place.alignment = Alignment(horizontal="right" if numeric else "left", vertical="top", wrap_text=not numeric,
                                indent=int(not numeric and place.column > 1))
    if any(part.bold for part in cell.words if hasattr(part, "bold")):
        place.font = _BOLD


def _spread(sheet: Worksheet, columns: int) -> None:
    """The title over as many columns as it needs; otherwise it would widen the printed page."""
    width, last = 0.0, 0
    while width < TITLE or last < columns:
        last += 1
        width += sheet.column_dimensions[get_column_letter(last)].width
    sheet.merge_cells(start_row=1, start_column=1, end_row=1, end_column=last)
    sheet["A1"].alignment = Alignment(wrap_text=True, vertical="top")
    sheet.row_dimensions[1].height = _LINE * _count(str(sheet["A1"].value), width)


def _heights(sheet: Worksheet, first: int) -> None:
    """Height of every row by its text: not every program works it out when it opens the file."""
    for row in sheet.iter_rows(min_row=first):
        lines = max(_count(str(place.value), sheet.column_dimensions[place.column_letter].width)
                    for place in row if not isinstance(place, MergedCell))
        sheet.row_dimensions[row[0].row].height = _LINE * lines


def _count(text: str, width: float) -> int:
    """Lines that the words take in so many characters."""
    whole = width - 3   # bold letters are wider than the digits that Excel counts in
    lines, room = 1, whole
    for word in text.split():
        if room < len(word) and room < whole:
            lines, room = lines + 1, whole
        room -= len(word) + 1
    return lines


def _put(place: Place, content: object) -> Place:
    place.value, place.font = content, _PLAIN
    if isinstance(content, str):
        place.data_type = "s"                    # whatever it begins with, it is a text
        place.quotePrefix = is_formula_like(content)   # and stays one after the reader edits the cell
    return place


def _head(place: Place, right: bool = False) -> None:
    place.font, place.border = _BOLD, Border(bottom=_RULE)
    place.fill = PatternFill("solid", fgColor="F5F7F9")
    place.alignment = Alignment(horizontal="right" if right else "left", vertical="bottom", wrap_text=True,
                                indent=int(not right and place.column > 1))


def _link(place: Place, sheet: str) -> None:
    quoted = sheet.replace("'", "''")
    place.hyperlink = Hyperlink(ref=place.coordinate, location=f"'{quoted}'!A1", display=str(place.value))
    place.font = _LINK


def _page(sheet: Worksheet, language: Language, landscape: bool) -> None:
    """A4, all columns on one page, as many pages down as it takes."""
    sheet.page_setup.paperSize = sheet.PAPERSIZE_A4
    sheet.page_setup.orientation = "landscape" if landscape else "portrait"
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.page_setup.fitToHeight = 0
    sheet.oddFooter.center.text = f"&P {language.said('из')} &N"
