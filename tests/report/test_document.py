"""The report as parts: what the notebook shows, in its order, and nothing else."""

from __future__ import annotations

import datetime

import nbformat
import pandas as pd
import pytest
from nbformat import v4

from methods.errors import InputError
from methods.report import document
from methods.report.document import Code, FigurePart, Formula, Heading, ListItems, Paragraph, TablePart, Text, plain


def test_parts_follow_the_notebook(report):
    kinds = [type(part) for part in report.parts]
    assert kinds == [Heading, Paragraph, Paragraph, Paragraph, Heading, Paragraph, Paragraph, Paragraph, Paragraph,
                     ListItems, Heading, TablePart, TablePart, FigurePart, TablePart, Heading, Code]
    assert [plain(part.words) for part in report.headings] == ["Главное", "1. Места <и> их надёжность", "Как повторить"]
    assert report.title == "Годовой отчёт"


def test_neither_code_nor_warnings_nor_what_is_hidden_gets_in(report):
    said = "\n".join(text for part in report.parts for text in document.said(part))
    assert "import" not in said
    assert "FutureWarning" not in said
    assert "alert" not in said
    assert "спрятано" not in said


def test_words_keep_their_types_links_and_formulas(report):
    words = next(part for part in report.parts if isinstance(part, Paragraph) and len(part.words) > 6).words
    types = {part.text: part for part in words if isinstance(part, Text)}
    assert types["жирный"].bold
    assert types["курсив"].italic
    assert types["a.csv"].code
    assert types["источник"].link == "https://example.org/doc"
    assert types["выше"].link == "#главное"
    assert "опасная" in plain(words)
    assert {part.link for part in types.values()} == {"", "https://example.org/doc", "#главное"}
    assert sum(isinstance(part, Formula) for part in words) == 1


def test_a_formula_on_a_line_of_its_own_is_a_paragraph(report):
    block = [part for part in report.parts if isinstance(part, Paragraph)
             and any(isinstance(word, Formula) and word.block for word in part.words)]
    assert [len(part.words) for part in block] == [1]
    assert all(isinstance(part.words[0], Formula) for part in block)


def test_reservations_are_set_apart(report):
    quotes = [plain(part.words) for part in report.parts if isinstance(part, Paragraph) and part.quote]
    assert quotes == ["Данные вымышлены.", "Второе."]


def test_inner_lists_have_their_level(report):
    (items,) = (part.items for part in report.parts if isinstance(part, ListItems))
    assert [(plain(item.words), item.level, item.marker) for item in items] == [
        ("первый", 0, ""), ("внутри", 1, "1."), ("второй", 0, "")]


def test_tables_and_pictures_are_numbered_as_on_the_page(report):
    assert [table.caption for table in report.tables] == ["Таблица 1. Места (демонстрация)",
                                                          "Таблица 2. Уровни (демонстрация)", ""]
    (figure,) = report.figures
    assert figure.caption == "Рис. 1. Места центров (демонстрация)"
    assert figure.alt == "Места центров: точки и отрезки"
    assert figure.image.startswith(b"\x89PNG")


def test_cells_say_what_the_table_prints(report):
    table = report.tables[0]
    assert [[cell.text for cell in row] for row in table.header] == [["Код", "Центр", "Балл", "Год", "Доля"]]
    assert [cell.text for cell in table.body[0]] == ["01-021", "=1+1", "12\u202f345,7", "2024", "48,5\xa0%"]
    assert [cell.numeric for cell in table.body[0]] == [False, False, True, True, True]


def test_no_sign_that_breaks_a_file_gets_in(tmp_path):
    notebook = v4.new_notebook(cells=[v4.new_code_cell("", outputs=[
        v4.new_output("display_data", {"text/markdown": "Центр\u202e №\u200b1\ufffe"})])])
    nbformat.write(notebook, tmp_path / "a.ipynb")
    (part,) = document.read(tmp_path / "a.ipynb").parts
    assert plain(part.words) == "Центр №1"


def test_an_unexecuted_notebook_is_told(tmp_path):
    nbformat.write(v4.new_notebook(cells=[v4.new_code_cell("1 + 1")]), tmp_path / "a.ipynb")
    with pytest.raises(InputError, match=r"нечего показать: она не выполнена\. Выполните: zvezda report"):
        document.read(tmp_path / "a.ipynb")


@pytest.mark.parametrize(("text", "date"), [("2024-12-31", (2024, 12, 31)), ("2021-04", (2021, 4, 1)),
                                            ("2023", (2023, 1, 1))])
def test_date_of_the_data(text, date):
    assert document.day(text) == datetime.date(*date)


def test_a_wrong_date_names_where_to_mend_it():
    with pytest.raises(InputError, match=r"Дата данных '31\.12\.2024': нужна дата вида 2024-12-31.*source\.yml"):
        document.day("31.12.2024")


def test_columns_fit_the_page_and_no_word_is_broken():
    cells = tuple(document.Cell((Text(text),)) for text in ("01-021", "слово " * 40, "показатель"))
    table = TablePart("т", 1, (), (cells,))
    widths, squeezed = document.spread(table, 9, 10)
    assert squeezed
    assert sum(widths) == pytest.approx(10)
    assert widths[1] > widths[0]
    assert widths[2] > 9 * document.SIGN * 2.54 / 72 * len("показатель")
    assert widths[0] > 9 * document.SIGN * 2.54 / 72 * len("01021")   # a code does not break at its hyphen
    narrow, squeezed = document.spread(TablePart("т", 1, (), (cells[:1],)), 9, 10)
    assert not squeezed
    assert sum(narrow) < 3


def test_merged_labels_cover_their_rows():
    frame = pd.DataFrame({"балл": [1, 2, 3]}, index=pd.MultiIndex.from_tuples(
        [("Север", "а"), ("Север", "б"), ("Юг", "в")], names=["округ", "центр"]))
    parts = document._parts(document.Page(".").tidy(frame.style.to_html()))
    rows = document.grid(parts[0].body)
    assert [[cell.text for cell, _ in row] for row in rows] == [
        ["Север", "а", "1"], ["Север", "б", "2"], ["Юг", "в", "3"]]
    assert [row[0][1] for row in rows] == [True, False, True]
