"""Exports: texts stay texts in every format, numbers stay numbers, files are whole or absent."""

from __future__ import annotations

import csv
import io
import json
import os
import zipfile

import numpy as np
import openpyxl
import pandas as pd
import pytest
from bs4 import BeautifulSoup

from methods.errors import EnvironmentFault, UsageError
from methods.report import exports

PAYLOADS = [
    "=cmd|' /C calc'!A0", "=HYPERLINK(\"http://evil.example\",\"x\")", "+7 (912) 345-67-89", "-1+1", "@SUM(A1:A9)",
    "\t=1+1", "\r=1+1", "\n=1+1", "＝1+1", "＋1+1", "－1+1", "＠SUM(1)", "  =1+1", "текст;=1+1", "a,\"=1+1",
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "[x](javascript:alert(1))",
    "\u200b=1+1", "'\"><svg/onload=alert(1)> $\\href{javascript:alert(1)}{x}$ ![i](http://evil.example/i.png)",
]


def frame(payload: str) -> pd.DataFrame:
    """The payload as a value, a row's label and a column's label, beside numbers that must stay numbers."""
    return pd.DataFrame({"балл": [-1.5, np.nan], "мест": [7, -3], "отзыв": [payload, "обычный"], payload: ["a", "b"]},
                        index=pd.Index([payload, "Ц2"], name="код"))


def test_there_are_twenty_payloads():
    assert len(set(PAYLOADS)) == 20


@pytest.mark.parametrize("payload", PAYLOADS)
def test_no_formula_in_a_workbook(payload):
    content = exports.to_xlsx({"Лист": frame(payload), payload: frame("x")}).content
    book = openpyxl.load_workbook(io.BytesIO(content))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert not [cell for cell in cells if cell.data_type == "f" or cell.hyperlink]
    assert [cell.value for cell in book.worksheets[0]["B"][1:2]] == [-1.5]
    assert book.worksheets[0]["C3"].value == -3
    text = book.worksheets[0]["D2"]
    assert text.data_type == "s"
    assert text.quotePrefix == exports.is_formula_like(text.value)
    names = zipfile.ZipFile(io.BytesIO(content)).namelist()
    assert not [name for name in names if "vba" in name or "externalLink" in name]
    for name in names:
        if name.startswith("xl/worksheets/"):
            assert b"<f>" not in zipfile.ZipFile(io.BytesIO(content)).read(name)


@pytest.mark.parametrize("payload", PAYLOADS)
@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
def test_no_formula_in_a_csv_whatever_separator_it_is_opened_with(payload, delimiter):
    text = exports.to_csv(frame(payload)).content.decode("utf-8-sig")
    for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
        for value in row:
            number = value.replace(",", ".").lstrip("-").replace(".", "", 1).isdigit()
            assert number or not exports.is_formula_like(value.strip("\"' ") if value[:1] == '"' else value)


@pytest.mark.parametrize("payload", PAYLOADS)
def test_csv_keeps_numbers_as_numbers(payload):
    text = exports.to_csv(frame(payload)).content.decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=";"))
    assert [row[1:3] for row in rows[1:]] == [["-1,5", "7"], ["", "-3"]]
    assert text.splitlines()[1].split(";")[-3] != ""


@pytest.mark.parametrize("payload", PAYLOADS)
def test_nothing_active_in_html(payload):
    text = exports.to_html(frame(payload), title=payload).content.decode()
    page = BeautifulSoup(text, "html.parser")
    assert {tag.name for tag in page.find_all()} == {"table", "caption", "thead", "tbody", "tr", "th", "td"}
    assert all(set(tag.attrs) <= {"class"} for tag in page.find_all())
    for raw in ("<script", "onerror=", "onload=", "javascript:", "](", "$", "http://"):
        assert raw not in text.lower()
    shown = page.find_all("td")[3].get_text()
    assert shown == exports.clean(payload, "", exports.Notes())   # read as it was written


@pytest.mark.parametrize("payload", PAYLOADS)
def test_json_is_strict_and_safe_inside_a_page(payload):
    content = exports.to_json(frame(payload), title=payload).content.decode()
    assert not set("<>&\u2028\u2029") & set(content)
    record = json.loads(content, parse_constant=lambda name: pytest.fail(name))
    assert record["rows"][0][1:4] == [-1.5, 7, exports.clean(payload, "", exports.Notes())]
    assert record["rows"][1][1] is None


def test_control_and_invisible_signs_are_removed_and_noted():
    made = exports.to_xlsx({"т": pd.DataFrame({"a": ["Центр\x00\x0b №\u202e1\ud800"]}, dtype=object)})
    book = openpyxl.load_workbook(io.BytesIO(made.content))
    assert book["т"]["A2"].value == "Центр  №1"
    assert any("строка 2, столбец 1" in note and "U+0000" in note and "Центр" not in note for note in made.notes)


def test_long_text_is_cut_and_the_row_named():
    made = exports.to_xlsx({"т": pd.DataFrame({"a": ["я" * 40_000, "😀" * 20_000]})})
    sheet = openpyxl.load_workbook(io.BytesIO(made.content))["т"]
    lengths = [len(sheet[cell].value.encode("utf-16-le")) // 2 for cell in ("A2", "A3")]
    assert max(lengths) <= exports.CELL_LIMIT
    assert sheet["A2"].value.endswith("…")
    assert [note.split(":")[0] for note in made.notes] == ["строка 2, столбец 1", "строка 3, столбец 1"]


def test_too_many_rows_for_a_sheet():
    with pytest.raises(UsageError, match="CSV или Parquet") as caught:
        exports.to_xlsx({"т": pd.DataFrame(index=pd.RangeIndex(exports.ROW_LIMIT), columns=["a"])})
    assert caught.value.exit_code == 2


def test_sheet_names_never_collide():
    titles = ["Ханты-Мансийский автономный округ — Югра", "x" * 40, "X" * 40, "a[b]", "a b ", "a*b", "'q'", "", "",
              "History"]
    names = exports.sheet_names(titles)
    assert len({name.casefold() for name in names}) == len(titles)
    assert all(0 < len(name) <= 31 and not set(name) & set("[]:*?/\\") for name in names)
    made = exports.to_xlsx({f"{i}{title}": pd.DataFrame({"a": [1]}) for i, title in enumerate(titles)})
    assert len(openpyxl.load_workbook(io.BytesIO(made.content)).sheetnames) == len(titles)


def test_file_names():
    names = exports.file_names(["CON", "con.txt", "../x", "a.", "A", "", "😀" * 200], ".csv")
    assert len({name.casefold() for name in names}) == 7
    assert not [name for name in names if set(name) & set('/\\:*?"<>|') or name.startswith(".") or name == "CON.csv"]


def test_digits_past_the_printed_ones_do_not_leave():
    table = pd.DataFrame({"индекс": [93.115000001]}, index=pd.Index(["Ц1"], name="код"))
    assert b"93,12" in exports.to_csv(table, decimals=2).content
    assert json.loads(exports.to_json(table, decimals=2).content)["rows"] == [["Ц1", 93.12]]
    book = openpyxl.load_workbook(io.BytesIO(exports.to_xlsx({"т": table}, decimals=2).content))
    assert book["т"]["B2"].value == 93.12


def test_a_failed_write_leaves_the_old_file_and_no_half(tmp_path, monkeypatch):
    path = exports.Export(b"old").write(tmp_path / "t.csv")

    def full(*_):
        raise OSError(28, "No space left on device")
    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(EnvironmentFault, match="Файл не записан") as caught:
        exports.Export(b"new").write(path)
    assert caught.value.exit_code == 9
    assert path.read_bytes() == b"old"
    assert [file.name for file in tmp_path.iterdir()] == ["t.csv"]
