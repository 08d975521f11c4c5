"""The release gate reads what leaves: Word, Excel and PDF as well as the notebooks."""

from __future__ import annotations

import docx
import nbformat
import openpyxl
import pytest
from nbformat import v4

from methods.errors import DisclosureError
from methods.run import release

TELEPHONE = "Звоните: +7 912 345-67-89"


def test_a_telephone_in_a_word_file_stops_the_release(tmp_path):
    book = docx.Document()
    book.add_paragraph("Всё хорошо")
    book.save(tmp_path / "annual_report.docx")
    release.nothing_personal(tmp_path, None, [])
    book.sections[0].header.paragraphs[0].text = TELEPHONE
    book.save(tmp_path / "annual_report.docx")
    with pytest.raises(DisclosureError, match=r"annual_report\.docx \| .*телефон"):
        release.nothing_personal(tmp_path, None, [])


def test_a_telephone_in_a_workbook_stops_the_release(tmp_path):
    book = openpyxl.Workbook()
    book.active["B7"] = TELEPHONE
    book.save(tmp_path / "annual_report.xlsx")
    with pytest.raises(DisclosureError, match=r"annual_report\.xlsx \| .*телефон"):
        release.nothing_personal(tmp_path, None, [])


def test_what_a_pdf_is_set_from_is_read_in_its_place(tmp_path):
    (tmp_path / "annual_report.pdf").write_bytes(b"%PDF-1.7")
    with pytest.raises(DisclosureError, match=r"нельзя проверить annual_report\.pdf: рядом нет тетради"):
        release.nothing_personal(tmp_path, None, [])
    table = f"<table><caption>{TELEPHONE}</caption><tr><td>1</td></tr></table>"
    shown = v4.new_output("display_data", {"text/html": table, "text/plain": "Table"})
    nbformat.write(v4.new_notebook(cells=[v4.new_code_cell("", outputs=[shown])]), tmp_path / "annual_report.ipynb")
    with pytest.raises(DisclosureError, match=r"annual_report\.pdf \| .*телефон"):
        release.nothing_personal(tmp_path, None, [])
