"""Archives of Word and Excel: one date everywhere, and their texts for the release gate."""

from __future__ import annotations

import datetime
import io
import zipfile

import docx
import openpyxl

from methods.report import office, word, workbook


def saved(book):
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def test_equal_contents_are_equal_bytes_whenever_written():
    first = saved(openpyxl.Workbook())
    second = office.repacked(first, datetime.date(2001, 2, 3))   # another date in the archive and in the properties
    assert first != second
    day = datetime.date(2024, 12, 31)
    assert office.repacked(first, day) == office.repacked(second, day)
    assert office.repacked(first, day) != office.repacked(first, datetime.date(2023, 1, 1))


def test_repacked_files_open_as_before():
    book = openpyxl.Workbook()
    book.active["A1"] = "Север"
    again = openpyxl.load_workbook(io.BytesIO(office.repacked(saved(book), datetime.date(2024, 12, 31))))
    assert again.active["A1"].value == "Север"
    assert again.properties.created == again.properties.modified == datetime.datetime(2024, 12, 31)
    made = office.repacked(saved(docx.Document()), datetime.date(1980, 1, 1))
    assert zipfile.ZipFile(io.BytesIO(made)).namelist()[0] == "[Content_Types].xml"
    docx.Document(io.BytesIO(made))


def test_texts_are_all_that_a_file_says(report, tmp_path):
    (tmp_path / "a.docx").write_bytes(word.to_docx(report).content)
    (tmp_path / "a.xlsx").write_bytes(workbook.to_xlsx(report).content)
    said = set(office.texts(tmp_path / "a.docx"))
    assert {"Годовой отчёт", "Центр «Север»", "Места центров: точки и отрезки", "Данные вымышлены."} <= said
    assert any("Связь" in text and "жирный, курсив" in text for text in said)   # pieces of a paragraph together
    assert {"Центр «Север»", "1. Места", "Таблица 1. Места (демонстрация)", "zvezda"} <= set(
        office.texts(tmp_path / "a.xlsx"))
