"""Headings, titles of tables and descriptions of pictures: the same on the page, in Word and in the PDF."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
from itertools import pairwise

import docx
import nbformat
import numpy as np
import pandas as pd
import pytest
from bs4 import BeautifulSoup
from matplotlib import pyplot as plt
from nbformat import v4

from methods.agreement.verdict import QUADRANTS
from methods.report import document, figures, pdf, word
from methods.report.descriptions import described
from methods.report.render import to_html
from methods.report.results import Results

GENERIC = re.compile(r"^(рисунок|картинка|изображение|график|диаграмма|без описания)\b", re.IGNORECASE)
CHAPTERS = ("# Годовой отчёт", "## Места", "### Год к году", "## Веса", "## Приложение")


def intervals():
    """Three named units with their places."""
    places = pd.DataFrame({"adopted": [1, 2, 3], "low": [1, 1, 2], "high": [2, 3, 3]}, index=list("абв"))
    return figures.rank_intervals(places, pd.Series({"а": "Центр А", "б": "Центр Б", "в": "Центр В"}))


def importance():
    """Weight and importance of two groups."""
    return figures.weight_against_importance(pd.DataFrame(
        {"weight": [0.5, 0.5], "importance": [0.6, 0.4], "low": [0.5, 0.3], "high": [0.7, 0.5]},
        index=["Доверие", "Польза"]))


@pytest.fixture(scope="module")
def notebook(tmp_path_factory):
    """A small annual report: three kept pictures, two tables, headings of three levels."""
    folder = tmp_path_factory.mktemp("report")
    figures.use_theme()
    results = Results("weights", "e", "2024", folder, mark="демонстрация")
    shown = [results.figure("places", intervals(), "Места центров."),
             results.table("first", pd.DataFrame({"Место": [1, 2]}, index=["А", "Б"]), "Первые места"),
             results.figure("importance", importance(), "Вес и влияние."),
             results.table("weights", pd.DataFrame({"Вес, %": [50.0, 50.0]}, index=["Д", "П"]), "Веса", decimals=1)]
    cells = []
    for heading, part in zip(CHAPTERS, [None, *shown], strict=True):
        cells.append(v4.new_markdown_cell(f"{heading}\n\nСлова."))
        outputs = [] if part is None else [v4.new_output("display_data", {"text/html": part._repr_html_()})]
        cells.append(v4.new_code_cell("show", outputs=outputs, execution_count=1))
    path = folder / "annual_report.ipynb"
    nbformat.write(v4.new_notebook(cells=cells), path)
    return path


@pytest.fixture(scope="module")
def page(notebook):
    return BeautifulSoup(to_html(notebook, notebook.with_suffix(".html")).read_text("utf-8"), "html.parser")


@pytest.fixture(scope="module")
def book(notebook):
    return docx.Document(io.BytesIO(word.to_docx(document.read(notebook)).content))


@pytest.fixture(scope="module")
def structure(notebook):
    """The tags of the PDF, as poppler prints them."""
    if shutil.which("pdfinfo") is None:
        pytest.skip("нет pdfinfo (poppler-utils)")
    content = pdf.to_pdf(document.read(notebook)).content
    file = notebook.with_suffix(".pdf")
    file.write_bytes(content)
    printed = subprocess.run(["pdfinfo", "-struct-text", file], capture_output=True, check=True)
    return content, printed.stdout.decode("utf-8", "replace")


def levels_follow(levels):
    return levels[0] == 1 and all(after <= before + 1 for before, after in pairwise(levels))


def headings_of_page(page):
    return [(int(found.name[1]), " ".join(found.get_text().split())) for found in page.find_all(re.compile("^h[1-6]$"))]


def headings_of_book(book):
    return [(int(line.style.name.split()[-1]), " ".join(line.text.split())) for line in book.paragraphs
            if line.style.name.startswith("Heading")]


def test_headings_start_at_one_skip_none_and_are_the_same_everywhere(notebook, page, book):
    parts = [(part.level, document.plain(part.words)) for part in document.read(notebook).parts
             if isinstance(part, document.Heading)]
    assert [f"{'#' * level} {text}" for level, text in parts] == list(CHAPTERS)
    assert levels_follow([level for level, _ in parts])
    assert headings_of_page(page) == parts
    assert headings_of_book(book) == parts


def test_headings_of_the_pdf_are_tagged_in_the_same_order(structure):
    """PDF 1.7 has no tag for a title: it is a paragraph, and what stands below it begins at level one."""
    _, tags = structure
    found = re.findall(r"^ *H([1-6])\b.*\n +\"(.+)\"$", tags, re.MULTILINE)
    below = [(str(len(line.split()[0]) - 1), line.lstrip("# ")) for line in CHAPTERS[1:]]
    assert found == [("1", "Содержание"), *below]


def test_every_format_says_its_language(page, book, structure):
    assert page.html["lang"] == "ru"
    assert book.core_properties.language == "ru-RU"
    assert re.search(rb"/Lang ?\(ru-RU\)", structure[0])
    assert b"/MarkInfo" in structure[0]


def test_every_table_has_a_title(notebook, page, book):
    titles = [table.caption for table in document.read(notebook).tables]
    assert titles == ["Таблица 1. Первые места (демонстрация)", "Таблица 2. Веса (демонстрация)"]
    assert all(table.find("caption").get_text(strip=True) for table in page.find_all("table"))
    lines = [line.text for line in book.paragraphs]
    assert all(title in lines for title in titles)


def test_every_picture_says_what_is_to_be_seen(notebook, page, book):
    pictures = document.read(notebook).figures
    alts = [picture.alt for picture in pictures]
    assert len(set(alts)) == len(alts) == 2
    for picture in pictures:
        assert not GENERIC.search(picture.alt)
        assert len(picture.alt) > len(picture.caption_text) > 0
        assert picture.alt not in picture.caption
    assert [image["alt"] for image in page.find_all("img")] == alts
    assert [shape._inline.docPr.get("descr") for shape in book.inline_shapes] == alts


def test_pictures_of_the_pdf_are_tagged_with_their_descriptions(structure):
    content, tags = structure
    assert len(re.findall(r"^ *Figure", tags, re.MULTILINE)) >= 2
    assert content.count(b"/Alt") >= 2


# What a description says

def test_a_description_names_kind_axes_signs_and_ends():
    assert described(importance()).split(". ") == [
        "Горизонтальные столбцы с отрезками интервалов, строк 2", "По горизонтали: Доля, %, от 0 до 73,5",
        "Обозначено: доля влияния на индекс, интервал 95 %; вес по методике",
        "Больше всего — «Доверие» (60), меньше всего — «Польза» (40)."]
    plt.close("all")


def shares(rows):
    return pd.DataFrame(rows, index=["принятое правило", "квантили"], columns=["1 звезда", "2 звезды"])


@pytest.mark.parametrize(("draw", "words"), [
    (lambda: figures.score_distribution(pd.Series([1.0, 2, 2, 3]), [2], "баллы", "центров"),
     ["Столбцы, числом 40", "По вертикали: Число центров", "Выше всего столбец у 2,02: 2"]),
    (lambda: figures.stacked_shares(shares([[0.2, 0.8], [0.5, 0.5]]), "Доля, %"),
     ["Составные столбцы, строк 2", "«принятое правило»: 1 звезда — 20; 2 звезды — 80."]),
    (lambda: figures.distances(pd.DataFrame([[0, 0.2, 0.3], [0.2, 0, 0.1], [0.3, 0.1, 0]], list("абв"), list("абв"))),
     ["Карта цветом: строк 3, столбцов 3.", "Наибольшее значение 30: «в» и «а»."]),
    (lambda: figures.acceptability_map(pd.DataFrame(np.eye(40))),
     ["Карта цветом: строк 40", "По вертикали: Принятое место."]),
    (intervals, ["Точки с отрезками интервалов по строкам, строк 3", "По горизонтали: Место", "«Центр А» (1)"]),
    (lambda: figures.rank_intervals(pd.DataFrame({"adopted": range(1, 101), "low": range(1, 101),
                                                  "high": range(5, 105)}), pd.Series(dtype=str)),
     ["Линия с полосой.", "Ширина полосы в середине ряда 4."]),
    (lambda: figures.mean_effects({"2022 → 2023": pd.Series({"Веса": 0.1, "Работа": -0.3}),
                                   "2023 → 2024": pd.Series({"Веса": 0.2, "Работа": 0.3})}, "Баллы"),
     ["Столбцы рядом, строк 2", "«Веса» (0,1)", "«Работа» (−0,3)"]),
    (lambda: figures.quadrant_map(pd.DataFrame({"quadrant": QUADRANTS[:2], "checklist": [0.5, 0.6],
                                                "survey": [0.7, 0.8]}), 0.7, 0.6),
     ["Облако точек, числом 2", f"Подписано: {QUADRANTS[0]}: 1"]),
    (lambda: figures.weight_bands(pd.DataFrame(
        {("Доверие", "эксперты"): {"kind": "а", "weight": 0.4, "low": 0.3, "high": 0.5},
         ("Доверие", "клиенты"): {"kind": "б", "weight": 0.2, "low": 0.1, "high": 0.3},
         ("Польза", "эксперты"): {"kind": "а", "weight": 0.6, "low": 0.5, "high": 0.7},
         ("Польза", "клиенты"): {"kind": "б", "weight": 0.8, "low": 0.7, "high": 0.9}}).T.infer_objects(),
        pd.Series({"Доверие": 0.4, "Польза": 0.6})),
     ["Частей 2.", "«Доверие»: от 20 до 40.", "«Польза»: от 60 до 80."]),
])
def test_every_kind_of_picture_is_described(draw, words):
    figures.use_theme()
    text = described(draw())
    plt.close("all")
    assert [word for word in words if word not in text] == [], text
    assert "nan" not in text


def test_words_broken_to_fit_are_whole_again():
    figures.use_theme()
    name = "Клиентоориентированность-и-доброжелательность персонала"
    text = described(figures.stacked_shares(pd.DataFrame([[0.4, 0.6]], [name], ["а", "в"]), "Доля"))
    plt.close("all")
    assert f"«{name}»: а — 40; в — 60." in text


def test_a_picture_of_words_alone_is_read_out():
    figure = plt.figure()
    figure.text(0.5, 0.5, "Нет данных")
    assert described(figure) == "Рисунок с надписями: Нет данных"
    plt.close("all")


def test_numbers_of_descriptions_are_kept(tmp_path):
    results = Results("weights", "e", "2024", tmp_path)
    results.figure("importance", importance(), "Вес и влияние.")
    assert results.unfound() == []
    assert results.behind["alt:importance"][-2:] == [60.0, 40.0]
