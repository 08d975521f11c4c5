"""The release gate reads what leaves: Word, Excel and PDF as well as the notebooks."""

from __future__ import annotations

from collections import deque

import docx
import nbformat
import openpyxl
import pytest
from nbformat import v4

from methods.data import editions, store
from methods.errors import DisclosureError, NotPublishable
from methods.report import prose
from methods.report.results import Results, spell
from methods.run import release


@pytest.fixture(autouse=True)
def nothing_noted(monkeypatch):
    """Numbers that other tests spelled stand behind nothing here."""
    monkeypatch.setattr(prose, "_noted", deque(maxlen=prose.REMEMBERED))


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


def kept(folder, *cells):
    """A folder with one job and its notebook."""
    results = Results("weights", "star-2022", "2024", folder)
    results.text("effect", f"Места сменили {spell(84)} центра «Служба № 5».")
    results.write()
    nbformat.write(v4.new_notebook(cells=list(cells)), folder / "annual_report.ipynb")
    return results


def shown(text):
    return v4.new_code_cell("", outputs=[v4.new_output("display_data", {"text/markdown": text, "text/plain": ""})])


def test_kept_numbers_names_and_cited_constants_pass(tmp_path):
    kept(tmp_path, v4.new_markdown_cell("## 1. Места\n\nХорошо до 0,10 (Saaty, 1980)."),
         shown("**Места.** Места сменили 84 центра «Служба № 5»."), shown("Период 2024."))
    release.numbers_kept(tmp_path, ["Служба № 5", "2024"])


@pytest.mark.parametrize(("cell", "found"), [
    (v4.new_markdown_cell("Центров 1197."), r"annual_report\.ipynb, ячейка 1 \| 1197 \| «Центров 1197\.»"),
    (shown("Места сменили 85 центров."), r"annual_report\.ipynb, ячейка 1 \| 85"),
    (v4.new_markdown_cell("Ничего."), r"weights, text:effect \| 5 \| «Места сменили 84 центра «Служба № 5»")])
def test_a_number_typed_by_hand_stops_the_release(tmp_path, cell, found):
    kept(tmp_path, cell)
    with pytest.raises(NotPublishable, match=found):
        release.numbers_kept(tmp_path, [] if "Ничего" in cell.source else ["Служба № 5"])


def test_names_with_numbers_are_those_of_the_edition_its_relatives_and_its_units(root):
    edition = editions.load_edition(root, "gtmi-2025")
    names = release.names_with_numbers(root, edition, "2025", store.prepare(root, edition, "2025").units)
    assert {"gtmi-2025", "gtmi-2022", "2020", "2022", "2025"} <= names
    assert "арифметическое" not in names
    assert all(any(sign.isdecimal() for sign in name) for name in names)
