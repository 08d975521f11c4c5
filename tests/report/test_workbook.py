"""The workbook: printed values, nothing alive, equal bytes."""

from __future__ import annotations

import io
import zipfile

import openpyxl
import pytest

from methods.errors import UsageError
from methods.report import document, workbook
from methods.report.document import Cell, Document, TablePart, Text

ALIVE = (b"<f>", b"<f ", b"externalLink", b"vba", b"oleObject", b"ddeLink", b"http://e", b"https://")


@pytest.fixture(scope="module")
def content(report):
    return workbook.to_xlsx(report).content


@pytest.fixture(scope="module")
def book(content):
    return openpyxl.load_workbook(io.BytesIO(content))


def test_one_sheet_a_table_and_the_list_of_them_first(report, book):
    assert book.sheetnames == ["Содержание", "1. Места", "2. Уровни", "Таблица"]
    assert len(book.sheetnames) == len(report.tables) + 1
    contents = book["Содержание"]
    assert [contents.cell(row, 2).value for row in (5, 6, 7)] == ["Места (демонстрация)", "Уровни (демонстрация)",
                                                                  "Таблица"]
    assert [contents.cell(row, 3).value for row in (5, 6, 7)] == [3, 2, 1]


def test_links_lead_to_the_sheets_and_back_and_nowhere_else(book):
    for name, row in zip(book.sheetnames[1:], range(5, 8), strict=True):
        link = book["Содержание"].cell(row, 2).hyperlink
        assert (link.location, link.target) == (f"'{name}'!A1", None)
        assert book[name]["A2"].hyperlink.location == "'Содержание'!A1"


def test_every_table_keeps_its_title_with_the_mark(report, book):
    for table, sheet in zip(report.tables, book.worksheets[1:], strict=True):
        assert (sheet["A1"].value or "") == table.caption


def test_numbers_are_the_printed_ones_with_their_format(book):
    sheet = book["1. Места"]
    shown = [(sheet[cell].value, sheet[cell].number_format) for cell in ("C5", "C6", "D5", "E5")]
    assert shown == [(12345.7, "#,##0.0"), (-0.5, "#,##0.0"), (2024, "0"), (48.5, '#,##0.0" %"')]
    assert sheet["C7"].value == "—"
    assert sheet["C5"].alignment.horizontal == "right"


def test_texts_stay_texts(book):
    sheet = book["1. Места"]
    assert [(sheet[cell].value, sheet[cell].data_type, sheet[cell].quotePrefix) for cell in ("B5", "B7", "A5")] == [
        ("=1+1", "s", True), ("+7 912", "s", True), ("01-021", "s", False)]


def test_nothing_in_the_file_is_alive(content):
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for name in archive.namelist():
            found = archive.read(name)
            assert not [sign for sign in ALIVE if sign in found and not name.endswith(".rels")], name
            assert b'TargetMode="External"' not in found


def test_headers_in_two_rows_are_merged_and_repeated_in_print(book):
    sheet = book["2. Уровни"]
    assert sheet.freeze_panes == "B6"
    assert sheet.print_title_rows == "$4:$5"
    assert sheet.auto_filter.ref == "A5:C7"


def test_a_code_with_a_leading_nought_keeps_its_column_in_words():
    assert workbook._is_numeric([Cell((Text(text),)) for text in ("77", "12,5", "—")])
    assert not workbook._is_numeric([Cell((Text(text),)) for text in ("77", "01")])
    assert not workbook._is_numeric([Cell((Text("—"),))])


def test_too_long_a_table_is_told(monkeypatch):
    monkeypatch.setattr(workbook, "ROW_LIMIT", 5)
    row = (Cell((Text("1"),)),)
    table = TablePart("Места", 1, (row,), (row,) * 3)
    with pytest.raises(UsageError, match="Таблица «Места»: строк 3, столбцов 1; в лист Excel входит 5 строк"):
        workbook.to_xlsx(Document("Отчёт", (table,)))


def test_a_report_without_tables_is_a_workbook_too():
    made = workbook.to_xlsx(Document("Отчёт", ()))
    assert openpyxl.load_workbook(io.BytesIO(made.content)).sheetnames == ["Содержание"]


def test_equal_reports_are_equal_bytes(report, content, notebook):
    assert workbook.to_xlsx(report).content == content
    assert workbook.to_xlsx(document.read(notebook, issued="2024-12-31")).content == content
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert {info.date_time for info in archive.infolist()} == {(2024, 12, 31, 0, 0, 0)}
