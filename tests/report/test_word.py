"""The Word file: its structure as Word sees it, native formulas, a template's styles, equal bytes."""

from __future__ import annotations

import io
import zipfile

import docx
import pytest
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor

from methods.errors import UsageError
from methods.report import document, word

MATH = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"


@pytest.fixture(scope="module")
def content(report):
    return word.to_docx(report).content


@pytest.fixture(scope="module")
def book(content):
    return docx.Document(io.BytesIO(content))


def lines(book, style):
    return [line.text for line in book.paragraphs if line.style.name == style]


def test_headings_are_headings(book):
    assert lines(book, "Heading 1") == ["Годовой отчёт"]
    assert lines(book, "Heading 2") == ["Главное", "1. Места <и> их надёжность", "Как повторить"]


def test_contents_are_a_field_that_is_filled_already(book):
    frame = book.element.body.find(qn("w:sdt"))
    assert frame.find(f".//{qn('w:docPartGallery')}").get(qn("w:val")) == "Table of Contents"
    assert [words.text.split()[0] for words in frame.iter(qn("w:instrText"))] == ["TOC"]
    links = list(frame.iter(qn("w:hyperlink")))
    assert [text.text for link in links for text in link.iter(qn("w:t"))] == [
        "Главное", "1. Места <и> их надёжность", "Как повторить"]
    marks = {mark.get(qn("w:name")) for mark in book.element.body.iter(qn("w:bookmarkStart"))}
    assert {link.get(qn("w:anchor")) for link in links} <= marks


def test_fields_are_closed(book):
    signs = [sign.get(qn("w:fldCharType")) for sign in book.element.body.iter(qn("w:fldChar"))]
    assert signs.count("begin") == signs.count("separate") == signs.count("end") > 3


def test_tables_say_what_the_report_says(report, book):
    assert len(book.tables) == len(report.tables)
    for table, part in zip(book.tables, report.tables, strict=True):
        rows = document.grid([*part.header, *part.body])
        assert [[cell.text for cell in row.cells] for row in table.rows] == [
            [cell.text for cell, _ in row] for row in rows]
        repeated = [row._tr.find(f".//{qn('w:tblHeader')}") is not None for row in table.rows]
        assert repeated == [i < len(part.header) for i in range(len(rows))]


def test_numbers_stand_to_the_right_with_a_decimal_comma(book):
    cell = book.tables[0].rows[1].cells[2]
    assert cell.text == "12\u202f345,7"
    assert cell.paragraphs[0].alignment == docx.enum.text.WD_ALIGN_PARAGRAPH.RIGHT


def test_every_table_and_picture_has_its_caption_with_the_mark(book):
    assert lines(book, "Caption") == ["Таблица 1. Места (демонстрация)", "Таблица 2. Уровни (демонстрация)"]
    assert lines(book, "Подпись рисунка") == ["Рис. 1. Места центров (демонстрация)"]


def test_pictures_speak_and_fit_the_page(book):
    (picture,) = book.inline_shapes
    assert picture._inline.docPr.get("descr") == "Места центров: точки и отрезки"
    assert picture.width <= Cm(17.01)
    assert picture.width / picture.height == pytest.approx(2, rel=0.01)


def test_formulas_are_native(book):
    formulas = list(book.element.body.iter(f"{MATH}oMath"))
    assert len(formulas) == 2
    assert len(list(book.element.body.iter(f"{MATH}oMathPara"))) == 1
    assert len(list(book.element.body.iter(f"{MATH}nary"))) == 1
    assert [sign.text for sign in formulas[0].iter(f"{MATH}t")] == list("Sj=r2(xj,I)")


def test_no_paragraph_and_no_run_is_empty(book):
    for line in book.paragraphs:
        held = [child for child in line._p if child.tag != qn("w:pPr")]
        assert held, line.style.name
        for run in line.runs:
            assert [child for child in run._r if child.tag != qn("w:rPr")]


def test_file_is_russian_and_nobody_s(book):
    core = book.core_properties
    assert (core.language, core.author, core.last_modified_by) == ("ru-RU", "zvezda", "zvezda")
    assert core.title == "Годовой отчёт"
    assert (core.created.year, core.modified.year) == (2024, 2024)
    assert {element.get(qn("w:val")) for element in book.styles.element.iter(qn("w:lang"))} == {"ru-RU"}


def test_links_lead_where_a_reader_may_go(book):
    outside = [link.target_ref for link in book.part.rels.values() if link.is_external]
    assert outside == ["https://example.org/doc"]


def test_nothing_in_the_file_is_alive(content):
    names = zipfile.ZipFile(io.BytesIO(content)).namelist()
    assert not [name for name in names if "vba" in name.lower() or "embed" in name.lower() or "activex" in name.lower()]


def test_a_template_gives_its_styles_and_page_and_keeps_its_text_to_itself(report, tmp_path):
    form = docx.Document()
    form.styles["Heading 2"].font.color.rgb = RGBColor(0xAA, 0x00, 0x11)
    form.styles["Normal"].font.size = Pt(13)
    form.sections[0].left_margin = Cm(4)
    form.sections[0].header.paragraphs[0].text = "Министерство"
    form.add_paragraph("Образец текста")
    form.core_properties.author = "Иванов И. И."
    form.save(tmp_path / "form.docx")
    made = docx.Document(io.BytesIO(word.to_docx(report, tmp_path / "form.docx").content))
    assert made.styles["Heading 2"].font.color.rgb == RGBColor(0xAA, 0x00, 0x11)
    assert made.styles["Normal"].font.size == Pt(13)
    assert made.sections[0].left_margin == pytest.approx(Cm(4), abs=1000)
    assert made.sections[0].header.paragraphs[0].text == "Министерство"
    assert "Образец текста" not in [line.text for line in made.paragraphs]
    assert made.core_properties.author == "zvezda"
    assert made.tables[0].style.name == "Table Grid"


@pytest.mark.parametrize("found", [b"", b"PK\x03\x04", "Привет".encode()])
def test_a_wrong_template_is_told(report, tmp_path, found):
    (tmp_path / "form.docx").write_bytes(found)
    with pytest.raises(UsageError, match=r"form\.docx \| не читается как файл Word \| нужен DOCX без макросов"):
        word.to_docx(report, tmp_path / "form.docx")


def test_equal_reports_are_equal_bytes(report, content):
    assert word.to_docx(report).content == content
