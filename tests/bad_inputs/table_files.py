"""Good files of one synthetic table, as text and as a workbook, and ways to spoil one thing in them."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path

from openpyxl import Workbook
from openpyxl.utils.cell import column_index_from_string, coordinate_from_string
from openpyxl.worksheet.worksheet import Worksheet

from methods.data.reading import ColumnSpec, TableSpec

SHEET = "Чек-лист"
SPEC = TableSpec("чек-лист", (
    ColumnSpec("Регион", "code", pattern=r"\d{2}", fill_down=True),
    ColumnSpec("Код центра", "code"),
    ColumnSpec("Название", "text"),
    ColumnSpec("Исполнено", "whole", low=0, high=5),
    ColumnSpec("Доля", "share"),
    ColumnSpec("Балл", "number", low=0, high=100),
    ColumnSpec("Сумма", "number"),
    ColumnSpec("Дата", "date"),
    ColumnSpec("Согласие", "flag"),
    ColumnSpec("Оценка", "mark", low=1, high=5, codebook={"98": None, "пять": 5}),
    ColumnSpec("Контакт", "text", personal=True),
    ColumnSpec("Комментарий", "text"),
), key=("Код центра",), sheet=SHEET)
HEADER = [column.name for column in SPEC.columns]
LETTERS = dict(zip("ABCDEFGHIJKL", HEADER, strict=True))
ROWS = [
    ["16", "C101", "Центр занятости Казани", 3, 0.85, 50.5, 120.5, date(2024, 2, 1), "да", 5, "+79990000001", "хорошо"],
    ["16", "C102", "Центр занятости Челнов", 4, 0.5, 61.0, 99.75, date(2024, 2, 2), "нет", 4, "+79990000002", "долго"],
    ["16", "C103", "Центр занятости Бавлов", 5, 0.25, 72.5, 80.0, date(2024, 2, 3), "да", 3, "+79990000003", "ясно"],
    ["77", "C201", "Центр занятости Щукино", 0, 0.75, 83.0, 310.5, date(2024, 2, 13), "да", 2, "+79990000004", "мило"],
    ["77", "C202", "Центр занятости Сокола", 1, 1.0, 94.5, 15.25, date(2024, 2, 14), "нет", 1, "+79990000005", "ловко"],
    ["77", "C203", "Центр занятости Чертанова", 2, 0.0, 35.0, 7.5, date(2024, 2, 15), "да", 5, "+79990000006", "тихо"],
]
Build = Callable[[Path], Path]
Cells = Mapping[str, object]


def as_text(value: object) -> str:
    """A value as Excel writes it into a Russian CSV."""
    if isinstance(value, date):
        return f"{value:%d.%m.%Y}"
    return f"{value:g}".replace(".", ",") if isinstance(value, float) else str(value)


def position(reference: str) -> tuple[int, int]:
    """Row and column of a cell, counted from 0 with the header as row 0.

    >>> position("B2")
    (1, 1)
    """
    letters, row = coordinate_from_string(reference)
    return row - 1, column_index_from_string(letters) - 1


def text(cells: Cells | None = None, edit: Callable[[str], str | bytes] | None = None, *, encoding: str = "utf-8",
         separator: str = ";", name: str = "region_16.csv") -> Build:
    """A text file: the good table with some cells changed, then the whole text edited."""
    def build(folder: Path) -> Path:
        table = [list(HEADER), *[[as_text(value) for value in row] for row in ROWS]]
        for reference, value in (cells or {}).items():
            row, column = position(reference)
            table[row][column] = value
        content = "\r\n".join(separator.join(row) for row in table) + "\r\n"
        content = edit(content) if edit else content
        path = folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        return path
    return build


def line(number: int, change: Callable[[str], str]) -> Callable[[str], str]:
    """An edit of one line; the header is line 1."""
    def edit(content: str) -> str:
        lines = content.split("\r\n")
        lines[number - 1] = change(lines[number - 1])
        return "\r\n".join(lines)
    return edit


def book(cells: Cells | None = None, edit: Callable[[Workbook, Worksheet], None] | None = None, *,
         formats: Mapping[str, str] | None = None, parts: Callable[[dict[str, bytes]], None] | None = None,
         name: str = "region_16.xlsx") -> Build:
    """A workbook: the good table with cells and their formats changed, then the book edited, then its parts."""
    def build(folder: Path) -> Path:
        workbook = Workbook()
        sheet = workbook.active
        sheet.title = SHEET
        for row in [HEADER, *ROWS]:
            sheet.append(row)
        for row in range(2, len(ROWS) + 2):
            sheet[f"E{row}"].number_format = "0%"
            sheet[f"H{row}"].number_format = "dd.mm.yyyy"
        for reference, value in (cells or {}).items():
            sheet[reference] = value
        for reference, look in (formats or {}).items():
            sheet[reference].number_format = look
        if edit:
            edit(workbook, sheet)
        path = folder / name
        workbook.save(path)
        if parts:
            rewrite(path, parts)
        return path
    return build


def rewrite(path: Path, change: Callable[[dict[str, bytes]], None]) -> None:
    """Change the parts of a zip in place."""
    with zipfile.ZipFile(path) as archive:
        content = {name: archive.read(name) for name in archive.namelist()}
    change(content)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in content.items():
            archive.writestr(name, data)
    path.write_bytes(buffer.getvalue())


def part(name: str, old: str, new: str) -> Callable[[dict[str, bytes]], None]:
    """A replacement in one part of a workbook, which must be there to be replaced."""
    def change(content: dict[str, bytes]) -> None:
        before = content[name].decode()
        assert old in before, f"{old} is not in {name}"
        content[name] = before.replace(old, new, 1).encode()
    return change


def shared_strings(content: dict[str, bytes]) -> None:
    """Texts in a part of their own, as Excel saves them; openpyxl writes them into the cells."""
    name, found = "xl/worksheets/sheet1.xml", []

    def number(match: re.Match) -> str:
        found.append(f"<si>{match[2]}</si>")
        return f'{match[1]} t="s"><v>{len(found) - 1}</v>'
    content[name] = re.sub(r'(<c r="\w+") t="inlineStr"><is>(.*?)</is>', number, content[name].decode()).encode()
    content["xl/sharedStrings.xml"] = (
        f'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">{"".join(found)}</sst>').encode()
    part("xl/_rels/workbook.xml.rels", "</Relationships>", '<Relationship Id="rId8" Target="sharedStrings.xml" '
         'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings"/></Relationships>')(
        content)
    part("[Content_Types].xml", "</Types>", '<Override PartName="/xl/sharedStrings.xml" ContentType="application/vnd.'
         'openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"/></Types>')(content)


def once(build: Build) -> Build:
    """A file that takes long to make, made once."""
    made: dict[str, bytes] = {}

    def copy(folder: Path) -> Path:
        if not made:
            path = build(folder)
            made[path.name] = path.read_bytes()
        (name, data), = made.items()
        return raw(name, data)(folder)
    return copy


def raw(name: str, data: bytes) -> Build:
    """A file of given bytes."""
    def build(folder: Path) -> Path:
        path = folder / name
        path.write_bytes(data)
        return path
    return build
