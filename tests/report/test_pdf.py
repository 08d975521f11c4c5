"""The PDF: archived and tagged, all words there, equal bytes."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest

from methods.report import document, pdf
from methods.report.document import Cell, Document, Heading, Paragraph, TablePart, Text


@pytest.fixture(scope="module")
def content(report):
    return pdf.to_pdf(report).content


def said(content, *options):
    """Text of a PDF by poppler without spaces: it takes narrow ones for none and a line's end for one."""
    if shutil.which("pdftotext") is None:
        pytest.skip("нет pdftotext (poppler-utils)")
    done = subprocess.run(["pdftotext", *options, "-", "-"], input=content, capture_output=True, check=True)
    return bare(done.stdout.decode("utf-8"))


def bare(text):
    return re.sub(r"[\s\u00ad]", "", text)


def test_it_is_pdf_a_and_tagged_and_russian(content):
    assert content.startswith(b"%PDF-1.7")
    for sign in (b"<pdfaid:part>2</pdfaid:part>", b"<pdfaid:conformance>A</pdfaid:conformance>",
                 b"<pdfuaid:part>1</pdfuaid:part>", "Годовой отчёт".encode()):
        assert sign in content
    assert re.search(rb"/Lang ?\(ru-RU\)", content)
    assert b"/JavaScript" not in content


def test_all_words_are_in_it(report, content):
    text = said(content, "-raw")
    for part in report.headings:
        assert bare(document.plain(part.words)) in text
    for table in report.tables:
        assert bare(table.caption) in text
        for row in [*table.header, *table.body]:
            for cell in row:
                assert bare(cell.text) in text
    assert bare(report.figures[0].caption) in text


def test_formulas_are_set_not_written_out(content):
    text = said(content)
    assert "frac" not in text
    assert "attach" not in text
    assert "$5" in text


def test_signs_of_the_setter_are_only_signs():
    hostile = '#read("/etc/passwd") $x$ *a* _b_ <c> @d \\ "е" // ж /* з */ ~ = 1 [x] {y} `z`'
    cell = Cell((Text(hostile),), numeric=True)
    made = pdf.to_pdf(Document(hostile, (
        Heading(1, (Text(hostile),), "a"), Heading(2, (Text(hostile, code=True),), "б"),
        Paragraph((Text(hostile, bold=True, italic=True), Text(hostile, link="#б"), Text("x", link="#нет"))),
        TablePart(hostile, 1, ((cell,),), ((cell,),)))))
    assert said(made.content, "-raw").count(bare(hostile)) >= 6


def test_a_table_with_many_columns_lies_on_its_side():
    row = tuple(Cell((Text(f"Показатель {i}"),)) for i in range(16))
    content = pdf.to_pdf(Document("Отчёт", (TablePart("Широкая", 1, (row,), (row,)),))).content
    sizes = [tuple(map(float, found.split())) for found in re.findall(rb"/MediaBox ?\[([\d. ]+)\]", content)]
    assert any(width > height for _, _, width, height in sizes)


def test_equal_reports_are_equal_bytes(report, content, notebook):
    assert pdf.to_pdf(report).content == content
    assert pdf.to_pdf(document.read(notebook, issued="2024-12-31")).content == content
