"""Catalogue of bad inputs, sections «Text files», «Excel workbooks» and «Size»: one change of a good file each.

A case says which problems must be told, and all of them: code, severity, row, column letter, words in the text.
"""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path

import pandas as pd
import pytest
from openpyxl.styles import Font
from openpyxl.utils.datetime import CALENDAR_MAC_1904
from table_files import HEADER, LETTERS, ROWS, SHEET, SPEC, Build, book, line, once, part, raw, shared_strings, text

from methods.data.reading import ColumnSpec, Limits, TableSpec, collect, read_file
from methods.data.sources import sha256
from methods.errors import InputError
from methods.problems import Protocol, Rejected

SHEET_PART = "xl/worksheets/sheet1.xml"


@dataclass(frozen=True)
class Told:
    """One problem that must be in the protocol."""

    severity: str
    shows: tuple[str, ...] = ()
    row: int | None = None
    letter: str | None = None
    code: str | None = None       # by default the code of the case
    column: str | None = None     # by default the header of the letter
    sheet: bool = True            # a workbook's problem names the sheet


def error(*shows: str, **where: object) -> Told:
    return Told("error", shows, **where)


def warning(*shows: str, **where: object) -> Told:
    return Told("warning", shows, **where)


def note(*shows: str, **where: object) -> Told:
    return Told("note", shows, **where)


@dataclass(frozen=True)
class Case:
    """One row of the catalogue, or one of the ways in which it happens."""

    name: str                                   # TXT-03, or TXT-03/misread for a further way
    build: Build
    told: tuple[Told, ...]
    values: Mapping[str, object] = field(default_factory=dict)  # cells of the table that was read, by address
    rows: int = len(ROWS)
    spec: TableSpec = SPEC

    @property
    def code(self) -> str:
        return self.name.partition("/")[0]


def with_column(name: str, **change: object) -> TableSpec:
    """The good specification with one column changed."""
    return replace(SPEC, columns=tuple(replace(column, **change) if column.name == name else column
                                       for column in SPEC.columns))


def mojibake(seen: str, truth: str) -> Callable[[str], bytes]:
    return lambda content: content.encode(truth).decode(seen).encode("utf-8")


def styled_to(last: int) -> Callable[[dict[str, bytes]], None]:
    """Formatting of four columns down to a row, as Excel saves it: empty cells with a style."""
    rows = "".join(f'<row r="{row}" spans="1:4"><c r="A{row}" s="1"/><c r="B{row}" s="1"/><c r="C{row}" s="1"/>'
                   f'<c r="D{row}" s="1"/></row>' for row in range(8, last + 1))
    return part(SHEET_PART, "</sheetData>", f"{rows}</sheetData>")


def far_cell(content: dict[str, bytes]) -> None:
    part(SHEET_PART, "</sheetData>", '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>')(content)


def bomb(content: dict[str, bytes]) -> None:
    content[SHEET_PART] += b"<!--" + bytes(300_000_000) + b"-->"


def formula(address: str, text_of: str, value: str = "") -> Callable[[dict[str, bytes]], None]:
    """A formula in place of a number, with or without the value that Excel saved."""
    def change(content: dict[str, bytes]) -> None:
        before, _, after = content[SHEET_PART].decode().partition(f'<c r="{address}" t="n">')
        rest = after.partition("</c>")[2]
        saved = f"<v>{value}</v>" if value else ""
        content[SHEET_PART] = f'{before}<c r="{address}"><f>{text_of}</f>{saved}</c>{rest}'.encode()
    return change


def linked(content: dict[str, bytes]) -> None:
    """F3 taken from another workbook, with all parts that Excel writes for that."""
    formula("F3", "[1]Лист1!$B$2", "61")(content)
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    part("xl/workbook.xml", "<definedNames />",
         '<externalReferences><externalReference r:id="rId9"/></externalReferences><definedNames />')(content)
    part("xl/_rels/workbook.xml.rels", "</Relationships>",
         f'<Relationship Id="rId9" Type="{kind}/externalLink" Target="externalLinks/externalLink1.xml"/>'
         "</Relationships>")(content)
    content["xl/externalLinks/externalLink1.xml"] = (
        b'<externalLink xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"/>')
    content["xl/externalLinks/_rels/externalLink1.xml.rels"] = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" '
        f'Type="{kind}/externalLinkPath" TargetMode="External" Target="file:///C:/%D0%9E%D1%82%D1%87%D1%91%D1%82.xlsx"/>'
        "</Relationships>").encode()


def doctype(name: str) -> Callable[[dict[str, bytes]], None]:
    def change(content: dict[str, bytes]) -> None:
        content[name] = b'<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + content[name]
    return change


def hide(workbook, sheet) -> None:
    sheet.row_dimensions[3].hidden = sheet.row_dimensions[4].hidden = True


def second_sheet(name: str, state: str = "visible") -> Callable:
    def edit(workbook, sheet) -> None:
        copy = workbook.copy_worksheet(sheet)
        copy.title, copy.sheet_state = name, state
    return edit


def renamed(name: str) -> Callable:
    def edit(workbook, sheet) -> None:
        sheet.title = name
    return edit


def hidden_sheet(workbook, sheet) -> None:
    workbook.create_sheet("Пояснения")
    workbook.active = 1
    sheet.sheet_state = "hidden"


def struck(workbook, sheet) -> None:
    sheet["B4"].font = sheet["B6"].font = Font(strike=True)


def titles(workbook, sheet) -> None:
    sheet.insert_rows(1, 3)
    sheet["A1"] = "Форма 7. Сведения о центрах занятости"
    sheet["A2"] = "за 2024 год"


def two_rows(workbook, sheet) -> None:
    """Groups of columns above, the headers of some columns merged over both rows."""
    sheet.insert_rows(1)
    for cell in sheet[2][:3]:
        sheet.cell(1, cell.column, cell.value)
        cell.value = None
        sheet.merge_cells(start_row=1, end_row=2, start_column=cell.column, end_column=cell.column)
    sheet["D1"] = "Показатели"
    sheet.merge_cells("D1:G1")


def total(workbook, sheet) -> None:
    sheet.append(["Итого по субъекту", None, None, 15, 0.5, 66.08, 633.5])
    sheet.merge_cells("A8:C8")


def merged(reference: str) -> Callable:
    return lambda workbook, sheet: sheet.merge_cells(reference)


def date_1904(workbook, sheet) -> None:
    workbook.epoch = CALENDAR_MAC_1904


BOMB = once(book(parts=bomb))
OLE = bytes.fromhex("D0CF11E0A1B11AE1") + bytes(600)


def ods(path: Path) -> Path:
    file = path / "region_16.ods"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", "<x/>")
    return file


def xlsb(folder: Path) -> Path:
    file = folder / "region_16.xlsb"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("xl/workbook.bin", b"\x83\x01")
    return file


def macros(content: dict[str, bytes]) -> None:
    content["xl/vbaProject.bin"] = OLE


def cut(build: Build) -> Build:
    def half(folder: Path) -> Path:
        path = build(folder)
        data = path.read_bytes()
        path.write_bytes(data[:len(data) // 2])
        return path
    return half


def flipped(build: Build, needle: bytes) -> Build:
    """One byte changed within a part: the zip's checksum tells."""
    def change(folder: Path) -> Path:
        path = build(folder)
        data = bytearray(path.read_bytes())
        at = data.index(needle) + 200
        data[at] ^= 0xFF
        path.write_bytes(data)
        return path
    return change


def parquet(data: bytes) -> Build:
    """Bytes with the marks of Parquet; source.yml describes the hash of other bytes."""
    def build(folder: Path) -> Path:
        (folder / "source.yml").write_text("files:\n  region_16.parquet: " + "f" * 64 + "\n", encoding="utf-8")
        return raw("region_16.parquet", data)(folder)
    return build


CONTENT = text()
CASES = [
    # -- text files
    Case("TXT-01", text(encoding="cp1251"), (note("cp1251", "разделитель ;", "десятичная запятая"),),
         {"F2": 50.5, "C2": "Центр занятости Казани"}),
    Case("TXT-02", text(encoding="cp866"), (error("cp866", "сохраните файл в UTF-8", "ђҐЈЁ®­"),)),
    Case("TXT-03", text(encoding="koi8-r"), (error("koi8_r", "тЕЗЙПО"),)),
    Case("TXT-03/misread", text(edit=mojibake("koi8-r", "cp1251")), (error("cp1251 → koi8_r", "пЕЦХНМ"),)),
    Case("TXT-04", text(encoding="utf-16", separator="\t"), (note("UTF-16", "TAB"),), {"F2": 50.5}),
    Case("TXT-04/no mark", text(encoding="utf-16-le", separator="\t"), (note("UTF-16"),), {"F2": 50.5}),
    Case("TXT-05", text(edit=lambda content: b"".join(
        row.encode("utf-8" if number < 4 else "cp1251") for number, row in enumerate(content.splitlines(True)))),
         (error("строки 5", "UTF-8"),)),
    Case("TXT-06", text(), (error("разделитель ; вместо ,", "Регион;Код центра", row=1),),
         spec=replace(SPEC, separator=",")),
    Case("TXT-06/rows", text(edit=line(1, lambda header: header.replace(";", ","))),
         (error("разделитель ; вместо ,", row=2),)),
    Case("TXT-07", text(edit=lambda content: content.replace("\r\n", ";\r\n").replace(";\r\n", "\r\n", 1)),
         (error("в строках 13, в заголовке 12", row=2),)),
    Case("TXT-08", text(edit=line(4, lambda row: row + ";лишнее")), (error("12", "в строке 13", row=4),), rows=5),
    Case("TXT-09", text(edit=line(5, lambda row: row.rpartition(";")[0])),
         (error("в строке 11", "«Комментарий»", row=5, letter="L"),), rows=5),
    Case("TXT-10", text({"L4": '"оборвано'}), (error("открытая в строке 4", row=4),)),
    Case("TXT-10/stray", text({"L3": '"оборвано', "L6": 'диаметр 5"'}), (error("открытая в строке 3", row=3),)),
    Case("TXT-11", text({"L3": '"первая\nвторая\nтретья"'}), (note("ячеек: 1"),), {"L3": "первая\nвторая\nтретья"}),
    Case("TXT-11/rows", text({"L3": '"первая\nвторая"', "F5": "хз"}),
         (note("ячеек: 1"), error("хз", code="CEL-01", row=5, letter="F"))),
    Case("TXT-12", text({"G3": "1\u00a0234,5"}), (note("ячеек: 1", letter="G"),), {"G3": 1234.5}),
    Case("TXT-13", text({"G3": "1,234"}), (error("неоднозначно: 1,234 или 1234", row=3, letter="G"),)),
    Case("TXT-14", text({"F3": "0.7"}), (note("строки: 3", letter="F"),), {"F3": 0.7, "F2": 50.5}),
    Case("TXT-14/no range", text({"G3": "0.7"}), (error("0.7", "строки: 3", row=3, letter="G"),)),
    Case("TXT-15", text({"E3": "50%", "E4": "50"}),
         (error("со знаком %: 3", "от 0 до 1: 2, 5–7", "больше 1: 4", letter="E"),)),
    Case("TXT-16", text({"F2": "-", "F3": "—", "F4": "н/д", "F5": "нет данных", "F6": ""}),
         (warning("ячеек: 5", "пустых: 1", "«н/д» × «1»", letter="F"),), {"F2": None, "F6": None, "F7": 35.0}),
    Case("TXT-16/unknown", text({"F2": "хз"}), (error("хз", code="CEL-01", row=2, letter="F"),)),
    Case("TXT-17", text({"B2": "NA", "B3": "None", "B4": "null", "B5": "nan"}), (note("ячеек: 4", letter="B"),),
         {"B2": "NA", "B5": "nan"}),
    Case("TXT-18", text({"A2": "01", "A3": "02"}), (note("ячеек: 2", letter="A"),), {"A2": "01", "A3": "02"}),
    Case("TXT-19", text({"A2": "1e5", "A3": "2E3"}),
         (error("1e5", r"\d{2}", row=2, letter="A"), error("2E3", row=3, letter="A"))),
    Case("TXT-20", text({"B3": "1234567890123450000"}), (error("округление Excel", row=3, letter="B"),)),
    Case("TXT-21", raw("region_16.csv", b""), (error("файл пуст"),)),
    Case("TXT-21/header only", text(edit=lambda content: content.split("\r\n")[0] + "\r\n"),
         (error("нет строк данных"),)),
    Case("TXT-21/workbook", book(edit=lambda workbook, sheet: sheet.delete_rows(2, 10)), (error("нет строк данных"),)),
    Case("TXT-22", text({"C3": "Центр\x00 занятости", "L4": "так\x0bсебе"}),
         (warning("U+0000", row=3, letter="C"), warning("U+000B", row=4, letter="L")),
         {"C3": "Центр занятости", "L4": "таксебе"}),
    Case("TXT-23", text(edit=line(1, lambda header: header.replace("Сумма", "Балл"))),
         (error("F, G", row=1, letter="G", column="Балл"), error("не хватает: «Сумма»", code="TXT-25", row=1,
                                                               column="Сумма"))),
    Case("TXT-23/extra", text(edit=lambda content: "\r\n".join(
        row + (";балл " if at == 0 else ";1") for at, row in enumerate(content.rstrip().split("\r\n")))),
         (error("F, M", row=1, letter="M", column="балл"),)),
    Case("TXT-24", text(edit=line(1, lambda header: header.replace("Регион", "регион ").replace(
        "Код центра", "Код\u00a0центра").replace("Балл", " БАЛЛ"))),
         (note("регион ", row=1, letter="A"), note("xa0", row=1, letter="B"), note("БАЛЛ", row=1, letter="F")),
         {"A2": "16", "B2": "C101"}),
    Case("TXT-25", text(edit=line(1, lambda header: header.replace("Исполнено", "Исполненно"))),
         (error("не хватает: «Исполнено»", "«Исполненно» → «Исполнено»", row=1, letter="D"),)),
    Case("TXT-25/missing", text(edit=lambda content: "\r\n".join(
        row.rpartition(";")[0] for row in content.rstrip().split("\r\n"))),
         (error("не хватает: «Комментарий»", row=1, column="Комментарий"),)),
    Case("TXT-25/extra", text(edit=lambda content: "\r\n".join(
        row + (";ФИО" if at == 0 else ";Иванов") for at, row in enumerate(content.rstrip().split("\r\n")))),
         (error("лишний: «ФИО»", row=1, letter="M", column="ФИО"),)),
    Case("TXT-26", text(name="region_16.xlsx"), (error("это CSV", ".xlsx"),)),
    Case("TXT-26/html", raw("region_16.xls", b"<html><table><tr><td>1</td></tr></table></html>"),
         (error("это HTML", ".xls"),)),
    Case("TXT-26/html as xlsx", raw("region_16.xlsx", "\ufeff<!DOCTYPE html><table>".encode()), (error("это HTML"),)),
    Case("TXT-26/workbook as csv", book(name="region_16.csv"), (error("это XLSX", ".csv", sheet=False),)),
    Case("TXT-27", text(encoding="utf-8-sig"), (note("BOM"),), {"A2": "16"}),
    # -- workbooks
    Case("XLS-01", book(edit=merged("A2:A4")), (note("A2:A4", "ячеек: 2", row=2, letter="A"),),
         {"A2": "16", "A3": "16", "A4": "16", "A5": "77"}),
    Case("XLS-02", book(edit=merged("F3:F5")), (error("F3:F5", row=3, letter="F"),)),
    Case("XLS-02/across", book(edit=merged("A3:B3")), (error("A3:B3", row=3, letter="A"),)),
    Case("XLS-03", book(edit=titles), (note("строка 4", row=4),), {"B5": "C101"}),
    Case("XLS-03/two rows", book(edit=two_rows), (note("строка 2", row=2),), {"A3": "16", "F3": 50.5}),
    Case("XLS-03/none", book(edit=lambda workbook, sheet: sheet.delete_rows(1)),
         (error("среди первых 20", "«Регион»"),)),
    Case("XLS-04", book(edit=total), (note("Итого по субъекту", row=8, letter="A"),)),
    Case("XLS-04/text", text(edit=lambda content: content + "Всего;;;15;;;;;;;;\r\n"),
         (note("Всего", row=8, letter="A"),)),
    Case("XLS-05", book(edit=hide), (warning("скрытые строки: 3–4 (всего 2)", row=3),)),
    Case("XLS-05/column", book(edit=lambda workbook, sheet: setattr(sheet.column_dimensions["G"], "hidden", True)),
         (warning("«Сумма» (G)", letter="G"),)),
    Case("XLS-06", book(edit=renamed("Чек-листы")), (error("«Чек-лист»", "«Чек-листы»", sheet=False),)),
    Case("XLS-06/hidden", book(edit=hidden_sheet), (error("скрытые: «Чек-лист»", "«Пояснения»", sheet=False),)),
    Case("XLS-06/two", book(edit=second_sheet("Чек-лист (2)")), (error("«Чек-лист», «Чек-лист (2)»", sheet=False),)),
    Case("XLS-06/two unnamed", book(edit=second_sheet("Ещё")), (error("«Чек-лист», «Ещё»", sheet=False),),
         spec=replace(SPEC, sheet=None)),
    *[Case(f"XLS-07/{value}", book({"F3": value}), (error(value, row=3, letter="F"),))
      for value in ("#N/A", "#DIV/0!", "#REF!")],
    *[Case(f"XLS-08/{value}", book({"F3": value}), (error(value, row=3, letter="F"),))
      for value in ("#ДЕЛ/0!", "#Н/Д", "#ЗНАЧ!")],
    Case("XLS-09", book({"F3": "=F2+1"}), (error("формула без значения", "откройте и сохраните", row=3, letter="F"),)),
    Case("XLS-10", book(parts=linked), (warning("Отчёт.xlsx", row=3, letter="F"),), {"F3": 61.0}),
    Case("XLS-11", book({"F3": "0,85"}), (note("ячеек: 1", letter="F"),), {"F3": 0.85}),
    Case("XLS-12", book({"D3": date(2024, 5, 3)}), (error("Excel превратил 3/5 в дату", row=3, letter="D"),)),
    Case("XLS-13", book({"F3": date(2024, 5, 1)}), (error("Excel превратил 1.5 в дату", row=3, letter="F"),)),
    Case("XLS-14", book({"H3": "02.02.2024", "H4": 45292}, formats={"H4": "General"}),
         (error("45292", "31.12.2024", row=4, letter="H"), note("текстом или иначе записано: 1", letter="H")),
         {"H3": pd.Timestamp(2024, 2, 2)}),
    Case("XLS-14/text", book({"H3": "01.02.2024"}), (note("записано: 1", letter="H"),),
         {"H3": pd.Timestamp(2024, 2, 1)}),
    Case("XLS-14/other format", text({"H3": "2024-02-01"}), (error("2024-02-01", row=3, letter="H"),)),
    Case("XLS-15", text({"H3": "31.02.2024", "H4": "2024-02-30"}),
         (error("31.02.2024", "нет такой даты", row=3, letter="H"), error("2024-02-30", row=4, letter="H"))),
    Case("XLS-16", book(edit=date_1904), (note("1904"),), {"H2": pd.Timestamp(2024, 2, 1)}),
    Case("XLS-17", book({"E3": 85}), (error("8500% вне 0–1; в этом столбце доли", row=3, letter="E"),)),
    Case("XLS-17/plain", book({"E3": 85}, formats={"E3": "General"}),
         (error("85 вне 0–1; в этом столбце доли", row=3, letter="E"),)),
    Case("XLS-18", book(parts=styled_to(120_000)), (note("до строки 120000", "до строки 7"),)),
    Case("XLS-19", book(parts=far_cell), (error("XFD1048576", "100000 строк / 500 столбцов", row=1048576),)),
    Case("XLS-19/rows", book({"A100001": "16"}), (error("A100001", row=100001),)),
    Case("XLS-20", BOMB, (error("400000000", "30000", sheet=False),)),
    *[Case(f"XLS-21/{name}", book(parts=doctype(name)),
           (error("недопустимый XML", "<!DOCTYPE r>", name, sheet=name == SHEET_PART),))
      for name in (SHEET_PART, "xl/workbook.xml", "xl/styles.xml", "[Content_Types].xml", "docProps/core.xml")],
    Case("XLS-22", cut(book()), (error("файл повреждён", "запросите у региона заново", sheet=False),)),
    Case("XLS-22/empty", raw("region_16.xlsx", b""), (error("файл повреждён", sheet=False),)),
    Case("XLS-22/byte", flipped(book(), b"xl/worksheets/sheet1.xml"), (error("файл повреждён", sheet=False),)),
    Case("XLS-22/part", book(parts=lambda content: content.pop("xl/styles.xml") and content.update(
        {"xl/workbook.xml": b"<workbook/>"})), (error("файл повреждён", sheet=False),)),
    Case("XLS-22/order", book(parts=part(SHEET_PART, '<row r="3">', '<row r="2">')),
         (error("файл повреждён", sheet=False),)),
    Case("XLS-22/merged", book(parts=part(SHEET_PART, "<pageMargins", '<mergeCells><mergeCell ref="A1:XFD1048576"/>'
                                          '<mergeCell ref="A1:L7"/></mergeCells><pageMargins')),
         (error("merged cells overlap", sheet=False),)),
    Case("XLS-23", raw("region_16.xls", OLE), (error("принимаются CSV, XLSX", "XLS", sheet=False),)),
    Case("XLS-23/xlsb", xlsb, (error("XLSB", sheet=False),)),
    Case("XLS-23/ods", ods, (error("ODS", sheet=False),)),
    Case("XLS-23/password", raw("region_16.xlsx", OLE + "EncryptedPackage".encode("utf-16-le")),
         (error("файл защищён паролем", sheet=False),)),
    Case("XLS-23/macros", book(parts=macros, name="region_16.xlsm"), (error("макросы", sheet=False),)),
    Case("XLS-23/macros as xlsx", book(parts=macros), (error("макросы", sheet=False),)),
    Case("XLS-26", book(edit=struck), (warning("строки: 4, 6 (всего 2)", row=4, letter="B"),)),
    Case("XLS-27", parquet(b"PAR1" + bytes(300)), (error("PAR1", "ffffffffffff", sheet=False),)),
    Case("XLS-27/byte", parquet(b"PAR1" + bytes(300) + b"PAR1"),
         (error("хеш ожидался ffffffffffff", "найден", sheet=False),)),
    # -- size
    Case("BIG-04", text({"L3": "я" * 1_000_000}), (error("5000", "1000000", row=3, letter="L"),)),
    Case("BIG-04/name", text({"C3": "Центр " * 2_000}), (error("11999", row=3, letter="C"),)),
    Case("BIG-04/workbook", book({"C3": "я" * 10_000}), (error("10000", row=3, letter="C"),)),
    # -- cells of any file: what the catalogue has no number for
    Case("CEL-01", text({"D3": "пять"}), (error("пять", row=3, letter="D"),)),
    Case("CEL-02", text({"D3": "2,5"}), (error("2,5", row=3, letter="D"),)),
    Case("CEL-03", text({"F3": "-1"}), (error("-1", "от 0 до 100", row=3, letter="F"),)),
    Case("CEL-04", text({"I3": "отчасти"}), (error("отчасти", "«да»", row=3, letter="I"),)),
    Case("CEL-05", text({"C3": "Центр "}), (note("ячеек: 1", letter="C"),), {"C3": "Центр"}),
    Case("CEL-06", text({"J3": "Пять", "J4": "98"}), (note("ячеек: 2", letter="J"),), {"J3": 5, "J4": None}),
    Case("CEL-07", book({"B3": 102}), (note("ячеек: 1", letter="B"),), {"B3": "102"}),
]


def read(path: Path, spec: TableSpec = SPEC) -> tuple[pd.DataFrame | None, Protocol]:
    protocol = Protocol()
    return read_file(path, spec, protocol, path.parent), protocol


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_row_of_the_catalogue(case: Case, tmp_path: Path):
    path = case.build(tmp_path)
    frame, protocol = read(path, case.spec)
    found = [(problem.code, problem.severity) for problem in protocol.problems]
    assert sorted(found) == sorted((told.code or case.code, told.severity) for told in case.told), protocol.text()
    for told in case.told:
        alike = [problem for problem in protocol.problems
                 if (problem.code, problem.severity) == (told.code or case.code, told.severity)
                 and (problem.place.row, problem.place.letter) == (told.row, told.letter)]
        assert len(alike) == 1, protocol.text()
        _agrees(alike[0], told, path)
    _exit_code(case, protocol)
    for address, value in case.values.items():
        cell = frame.loc[int(address[1:]), LETTERS[address[0]]]
        assert pd.isna(cell) if value is None else cell == value, address
    if not any(told.severity == "error" for told in case.told):
        assert len(frame) == case.rows


def _agrees(problem, told: Told, path: Path) -> None:
    """Place and words; the message in both languages."""
    place = problem.place
    assert place.file == path.name
    if path.suffix == ".xlsx" and told.sheet and problem.code not in ("TXT-26", "XLS-23"):
        assert place.sheet is not None
    assert place.column == (told.column or LETTERS.get(told.letter))
    russian, english = problem.text("ru"), problem.text("en")
    for words in told.shows:
        assert words in russian
    assert "{" not in english.replace(r"\d{2}", "") + russian.replace(r"\d{2}", "")
    if told.letter and place.column:
        assert f"«{place.column}» ({told.letter})" in russian
        assert f'"{place.column}" ({told.letter})' in english
    if problem.value is not None:
        assert str(problem.value) in english


def _exit_code(case: Case, protocol: Protocol) -> None:
    if any(told.severity == "error" for told in case.told):
        with pytest.raises(Rejected) as refusal:
            protocol.stop()
        assert refusal.value.exit_code == InputError.exit_code == 3
    else:
        protocol.stop()


@pytest.mark.parametrize("build", [
    text(), text(separator="\t"), text(edit=lambda content: content.replace(",", ".").replace(";", ",")),
    text(edit=lambda content: content + "\r\n\r\n"), book(), book(parts=shared_strings)],
    ids=["text", "tabs", "commas and points", "blank rows at the end", "workbook", "shared strings"])
@pytest.mark.parametrize("sheet", [SHEET, None])
def test_good_file_gives_no_message(build: Build, sheet: str | None, tmp_path: Path):
    frame, protocol = read(build(tmp_path), replace(SPEC, sheet=sheet))
    assert protocol.problems == []
    assert list(frame.columns) == HEADER
    assert list(frame.index) == list(range(2, 8))
    assert frame.attrs["letters"] == {name: letter for letter, name in LETTERS.items()}
    assert [str(kind) for kind in frame.dtypes] == ["str", "str", "str", "Int64", "float64", "float64", "float64",
                                                    str(frame["Дата"].dtype), "boolean", "Int64", "str", "str"]
    assert frame.loc[2, "Дата"] == datetime(2024, 2, 1)
    assert frame["Балл"].tolist() == [row[5] for row in ROWS]


def test_text_and_workbook_give_the_same_table(tmp_path: Path):
    one, _ = read(text()(tmp_path))
    other, _ = read(book()(tmp_path))
    pd.testing.assert_frame_equal(one, other.astype({"Дата": one["Дата"].dtype}))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_repaired_file_passes(case: Case, tmp_path: Path):
    """The spoilt file is written over by the good one under its usual name: nothing of the fault remains."""
    broken = case.build(tmp_path)
    broken.unlink()
    for build in (text(), book()):
        assert read(build(tmp_path))[1].problems == []


def test_every_row_of_the_sections_has_a_case():
    rows = {f"TXT-{number:02}" for number in range(1, 28)} | {f"XLS-{number:02}" for number in range(1, 28)} | {
        "BIG-04", "BIG-05"}
    elsewhere = {"XLS-24", "XLS-25", "BIG-05"}  # of a folder, and of many errors: below
    assert rows - elsewhere <= {case.code for case in CASES}


@pytest.mark.parametrize(("first", "second"), [("F3", "H5"), ("D2", "E2")])
def test_two_faults_are_both_told(first: str, second: str, tmp_path: Path):
    _, protocol = read(text({first: "хз", second: "хз"})(tmp_path))
    assert sorted((problem.place.letter, problem.place.row) for problem in protocol.of("error")) == sorted(
        (address[0], int(address[1:])) for address in (first, second))


# -- BIG-05 -----------------------------------------------------------------------------------------------------------

def test_big_05_ten_thousand_errors(tmp_path: Path):
    rows = "\r\n".join(f"16;C{number};Центр;3;0,5;хз;1,5;01.02.2024;да;5;+7;т" for number in range(10_000))
    _, protocol = read(text(edit=lambda content: content.split("\r\n")[0] + "\r\n" + rows)(tmp_path))
    assert len(protocol.of("error")) == 10_000
    with pytest.raises(Rejected) as refusal:
        protocol.stop()
    lines = str(refusal.value).splitlines()
    assert sum(line.startswith("ОШИБКА CEL-01") for line in lines) == 100
    assert "… и ещё CEL-01: 9900" in lines


# -- folder -----------------------------------------------------------------------------------------------------------

def folder_of(tmp_path: Path, *names: str) -> tuple[list[str], Protocol]:
    folder = tmp_path / "regions"
    folder.mkdir()
    for name in names:
        (folder / name).write_text(name, encoding="utf-8")
    protocol = Protocol()
    return [path.name for path in collect(folder, protocol, tmp_path)], protocol


def test_xls_24_leftovers_are_skipped_and_listed(tmp_path: Path):
    files, protocol = folder_of(tmp_path, "region_16.xlsx", "~$region_16.xlsx", ".DS_Store", "Thumbs.db", "source.yml")
    assert files == ["region_16.xlsx"]
    assert [(problem.code, problem.severity, problem.value) for problem in protocol.problems] == [
        ("XLS-24", "note", ".DS_Store"), ("XLS-24", "note", "Thumbs.db"), ("XLS-24", "note", "~$region_16.xlsx")]
    assert "regions/Thumbs.db" in protocol.text()
    assert "skipped" in protocol.text(language="en")


@pytest.mark.parametrize("copy", ["region_16 (1).xlsx", "region_16 — копия.xlsx", "Копия region_16.xlsx",
                                  "region_16 - Copy (2).xlsx", "Region_16.csv"])
def test_xls_25_copy_is_refused_with_both_names(copy: str, tmp_path: Path):
    files, protocol = folder_of(tmp_path, "region_16.xlsx", "region_77.xlsx", copy)
    assert "region_77.xlsx" in files
    assert len(files) == 2
    (problem,) = protocol.problems
    assert (problem.code, problem.severity) == ("XLS-25", "error")
    words = problem.text()
    for name in ("region_16.xlsx", copy):
        assert f"{name} ({len(name.encode())} B, " in words
    with pytest.raises(Rejected):
        protocol.stop()


def test_big_02_unexpected_files_are_named(tmp_path: Path):
    folder = tmp_path / "regions"
    folder.mkdir()
    for number in range(300):
        (folder / f"region_{number}.csv").write_text("x", encoding="utf-8")
    protocol = Protocol()
    files = collect(folder, protocol, tmp_path, expected=[f"region_{number}.csv" for number in range(89)])
    assert len(files) == 89
    assert {problem.code for problem in protocol.problems} == {"BIG-02"}
    assert len(protocol.of("error")) == 211
    assert "region_299.csv" in {problem.value for problem in protocol.problems}


# -- personal data ----------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("build", [
    text({"K3": "+7999\x0b7654321"}), text({"K3": "+79997654321" * 500}), book({"K3": "#Н/Д"}),
    text({"K3": "+79997654321"}), book({"K3": date(2024, 5, 3)})])
@pytest.mark.parametrize("kind", ["text", "number", "code", "whole", "date", "flag"])
def test_personal_value_is_in_no_message(build: Build, kind: str, tmp_path: Path):
    _, protocol = read(build(tmp_path), with_column("Контакт", type=kind, pattern=r"\d"))
    for language in ("ru", "en"):
        words = protocol.text(language=language)
        for secret in ("7654321", "03.05.2024", "3/5", "3.5"):
            assert secret not in words
    assert not any("7654321" in str(problem) for problem in protocol.problems)


# -- Parquet ----------------------------------------------------------------------------------------------------------

def test_good_parquet_with_its_hash(tmp_path: Path):
    pytest.importorskip("pyarrow")
    path = tmp_path / "region_16.parquet"
    pd.DataFrame(ROWS, columns=HEADER).to_parquet(path, compression=None)
    frame, protocol = read(path)
    assert [(problem.code, problem.severity) for problem in protocol.problems] == [("XLS-27", "warning")]  # no hash
    protocol = Protocol()
    frame = read_file(path, SPEC, protocol, tmp_path, sha256=sha256(path))
    assert protocol.problems == []
    assert frame["Балл"].tolist() == [row[5] for row in ROWS]
    data = path.read_bytes()
    for spoilt in (data[:len(data) // 2], data.replace(b"C101", b"C109", 1)):
        protocol, good = Protocol(), sha256(path)
        path.write_bytes(spoilt)
        assert read_file(path, SPEC, protocol, tmp_path, sha256=good) is None
        assert [(problem.code, problem.severity) for problem in protocol.problems] == [("XLS-27", "error")]
        path.write_bytes(data)


def test_parquet_without_pyarrow_is_refused_in_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    _, protocol = read(raw("region_16.parquet", b"PAR1" + bytes(300) + b"PAR1")(tmp_path))
    assert [problem.code for problem in protocol.problems] == ["XLS-23"]
    assert "нужен пакет pyarrow" in protocol.text()
    assert "needs the package pyarrow" in protocol.text(language="en")


# -- hostile files: time and memory -----------------------------------------------------------------------------------

MEASURE = """
import json, resource, sys, time
from pathlib import Path
sys.path.insert(0, sys.argv[2])
import openpyxl, pandas
from table_files import SPEC
from methods.data.reading import read_file
from methods.problems import Protocol
before, start, protocol = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time(), Protocol()
frame = read_file(Path(sys.argv[1]), SPEC, protocol, Path(sys.argv[1]).parent)
print(json.dumps({"seconds": time.process_time() - start, "codes": [problem.code for problem in protocol.problems],
                  "megabytes": (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024}))
"""


def many_parts(content: dict[str, bytes]) -> None:
    content.update({f"xl/{number}": b"" for number in range(20_000)})


def lying_directory(path: Path) -> None:
    """The bomb's directory says that a part is small."""
    data = bytearray(path.read_bytes())
    at = data.index(b"PK\x01\x02", data.rindex(SHEET_PART.encode()) - 60)
    data[at + 24:at + 28] = (1000).to_bytes(4, "little")
    path.write_bytes(data)


def lying_bomb(folder: Path) -> Path:
    path = BOMB(folder)
    lying_directory(path)
    return path


def glued_shared_strings(content: dict[str, bytes]) -> None:
    content["xl/sharedStrings.xml"] = b"<sst>" + b"<si><t>x</t></si>" * 20_000_000 + b"</sst>"


@pytest.mark.parametrize(("code", "build", "seconds", "megabytes"), [
    ("XLS-19", book(parts=far_cell), 1, 200),
    ("XLS-20", BOMB, 1, 200),
    ("XLS-20", book(parts=many_parts), 1, 200),
    ("XLS-20", book(parts=glued_shared_strings), 1, 200),
    ("XLS-22", lying_bomb, 1, 200),
    ("XLS-21", book(parts=doctype(SHEET_PART)), 1, 200),
    ("XLS-22", cut(book()), 1, 200),
    ("XLS-23", raw("region_16.xls", OLE), 1, 200),
    ("XLS-18", book(parts=styled_to(1_048_576)), 10, 200),
], ids=["far cell", "bomb", "many parts", "strings", "lying bomb", "doctype", "cut", "old format", "formatting"])
def test_hostile_file_costs_little(code: str, build: Build, seconds: float, megabytes: float, tmp_path: Path):
    path = build(tmp_path)
    done = subprocess.run([sys.executable, "-c", MEASURE, str(path), str(Path(__file__).parent)], capture_output=True,
                          text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    measured = json.loads(done.stdout)
    assert measured["codes"] == [code]
    assert measured["seconds"] < seconds
    assert measured["megabytes"] < megabytes


@pytest.mark.slow
def test_big_01_million_answers_in_text(tmp_path: Path):
    path, protocol = tmp_path / "survey.csv", Protocol()
    spec = TableSpec("опрос", (ColumnSpec("Номер", "code"), *(ColumnSpec(f"В{number}", "mark", low=1, high=5)
                                                            for number in range(10))), key=("Номер",))
    with path.open("w", encoding="utf-8") as stream:
        stream.write("Номер;" + ";".join(f"В{number}" for number in range(10)) + "\n")
        stream.writelines(f"R{number};1;2;3;4;5;1;2;3;4;5\n" for number in range(1_000_000))
    frame = read_file(path, spec, protocol, tmp_path)
    assert protocol.problems == []
    assert frame.shape == (1_000_000, 11)
    read_file(path, spec, protocol, tmp_path, limits=Limits(text_rows=1_000))
    assert [problem.code for problem in protocol.problems] == ["BIG-01"]
