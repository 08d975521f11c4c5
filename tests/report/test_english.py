"""The report in English: patterns, pages, pictures and formats."""

import base64
import io
import json
import re
import shutil
import subprocess
import zipfile
from collections import Counter
from pathlib import Path

import matplotlib.pyplot as plt
import nbformat
import pytest
from bs4 import BeautifulSoup
from hypothesis import given
from hypothesis import strategies as st
from nbformat import v4
from openpyxl import load_workbook

from methods.report.english import pages, pictures, writing
from methods.report.english.catalogue import CYRILLIC, FOLDER, Catalogue, catalogue, entries, numbers
from methods.report.render import SCRIPT, TEMPLATES
from methods.report.results import Results, spell

NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))
# One sentence of each kind that the reports of star-2022, maturity-2022, cms-2021, egov-career-2022, odm-2023 and
# gtmi-2025 printed on 25 November 2026, with their titles of tables, names of columns, cells and alt texts.
SAID = (Path(__file__).parent / "said_in_russian.txt").read_text("utf-8").splitlines()
HOLE = re.compile(r"\{(n?\d+)")


@pytest.fixture(scope="module")
def english():
    return catalogue()


# --- the catalogue ----------------------------------------------------------------------------------------------------

def test_both_sides_of_every_pattern_have_the_same_holes_and_no_russian_word_is_left():
    patterns, _ = entries()
    assert len(patterns) > 1000
    assert [russian for russian, own in patterns.items() if set(HOLE.findall(russian)) != set(HOLE.findall(own))] == []
    assert [own for own in patterns.values() if CYRILLIC.search(own)] == []


def test_everything_that_the_reports_have_said_has_its_english(english):
    left = {line: found for line in SAID if not english.covers(line) for found in [english.text(line)]}
    assert left == {}


def test_english_has_no_russian_letter_and_no_russian_number_of_a_covered_sentence(english):
    said = [english.text(line) for line in SAID]
    assert [line for line in said if CYRILLIC.search(line)] == []
    assert [line for line in said if re.search(r"\d,\d{1,2}(?!\d)|\d %", line)] == []   # 0,15; 48 %


def test_every_number_of_a_sentence_is_in_its_english_and_no_other(english):
    digits = {line: Counter(re.findall(r"\d+", line.replace("\u202f", ""))) for line in SAID}
    wrong = {line: said for line in SAID for said in [english.text(line)]
             if Counter(re.findall(r"\d+", re.sub(r"(?<=\d),(?=\d{3})", "", said))) != digits[line]}
    assert wrong == {}


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_no_words_of_a_committed_notebook_stay_russian(path):
    own = catalogue()
    translated = pages.in_english(nbformat.read(path, as_version=4), own, {})
    assert own.missing == {}
    assert [cell.source for cell in translated.cells if cell.cell_type == "markdown" and CYRILLIC.search(cell.source)
            ] == []


@pytest.mark.parametrize(("count", "said"), [("1", "1 of 3 centres moves"), ("2", "2 of 3 centres move"),
                                             ("21", "21 of 3 centres move"), ("1\u202f201", "1,201 of 3 centres move")])
def test_number_chooses_the_form(count, said):
    own = Catalogue({"Сдвинулся {n1} центр из {n2}": "{n1} of {n2} centres {n1:moves|move}"},
                    ["центр центра центров", "Сдвинулся Сдвинулись Сдвинулось"])
    assert own.text(f"Сдвинулись {count}\xa0центра из 3") == said


def test_words_around_what_has_no_english_are_translated_and_the_rest_is_counted():
    own = Catalogue({"Сильнее всего рейтинг держится на {1}.": "The ranking rests most on {1}."})
    for _ in range(2):
        assert own.text("Сильнее всего рейтинг держится на «Новом показателе».") == (
            "The ranking rests most on “Новом показателе”.")
    assert own.missing == {"Новом показателе": 2}


def test_names_of_units_stay_and_are_no_gap():
    own = Catalogue({"Первое место: {1}.": "First: {1}."}, names=["Центр «Север»"])
    assert (own.text("Первое место: Центр «Север»."), own.missing) == ("First: Центр «Север».", {})


@pytest.mark.parametrize(("russian", "said"), [
    ("«Безопасность», «Смертность» и ещё 3", "“Safety”, “Mortality” and 3 more"),
    ("Безопасность (демонстрация)", "Safety (demonstration)"),
    ("Д1.2", "D1.2"), ("пары 25 % + равные 75 %", "pairs 25% + equal 75%"),
    ("**Места.** Место скрыто", "**Ranks.** Место скрыто"),
    ("государстве-\nнные", "государственные"),
])
def test_lists_brackets_codes_and_parts(russian, said):
    assert catalogue().text(russian) == said


def test_more_exact_pattern_wins():
    own = Catalogue({"Место {1}": "Rank {1}", "Место по {1}": "Rank by {1}", "вес": "weight"})
    assert own.text("Место по вес") == "Rank by weight"


@given(st.integers(-10**9, 10**9), st.integers(0, 4))
def test_numbers_keep_their_value(whole, decimals):
    value = whole / 10**decimals
    assert float(numbers(spell(value, decimals)).replace(",", "").replace("−", "-")) == pytest.approx(value)


# --- notebooks --------------------------------------------------------------------------------------------------------

def _picture(colour):
    figure, axes = plt.subplots(figsize=(1, 1))
    axes.set_facecolor(colour)
    stream = io.BytesIO()
    figure.savefig(stream, format="png")
    plt.close(figure)
    return stream.getvalue()


def test_table_picture_and_description_are_put_into_english_and_the_original_is_untouched(english):
    russian, own = _picture("red"), _picture("blue")
    shown = (f'<table><caption>Единицы по уровням</caption><tr><th>Доля, %</th></tr><tr><td>1\u202f234,5</td></tr>'
             f'</table><img alt="Линии." src="data:image/png;base64,{base64.b64encode(russian).decode()}">')
    notebook = v4.new_notebook(cells=[v4.new_code_cell("x = 1  # Вес", outputs=[
        v4.new_output("display_data", {"text/html": shown})])])
    made = pages.in_english(notebook, english, {pages.digest(russian): own})
    soup = BeautifulSoup(made.cells[0].outputs[0].data["text/html"], "html.parser")
    assert [tag.get_text() for tag in soup.find_all(["caption", "th", "td"])] == [
        "Units by level", "Share, %", "1,234.5"]
    assert soup.img["alt"] == "Lines."
    assert soup.img["src"] == f"data:image/png;base64,{base64.b64encode(own).decode()}"
    assert made.cells[0].source == "x = 1  # Вес"
    assert notebook.cells[0].outputs[0].data["text/html"] == shown


def test_equal_runs_give_equal_notebooks(english):
    def run(when):
        cells = [v4.new_code_cell("1", metadata={"papermill": {"start_time": when}, "execution": {"iopub": when}})]
        return pages.in_english(v4.new_notebook(cells=cells, metadata={"papermill": {"start_time": when}}), english, {})

    assert run("2024") == run("2025")   # the ids of cells are drawn at random


def test_data_of_the_block_of_weights_keep_their_numbers(english):
    data = {"adopted": [0.25, 0.75], "groups": [["Д", "Портал"], ["К", "Качество"]], "units": [["01", "Австрия"]],
            "mark": "демонстрация", "unit": {"title": "Страна", "few": "страны", "many": "стран"},
            "grades": {"title": "Звёзды", "cut_offs": [0.5]}, "scores": [[0.5, None]]}
    block = BeautifulSoup("<div></div>", "html.parser").div
    block["data-weights"] = json.dumps(data, ensure_ascii=False)
    made = json.loads(BeautifulSoup(pages.html(str(block), english.text, {}), "html.parser").div["data-weights"])
    assert made == data | {"groups": [["D", "Portal"], ["K", "Quality"]], "units": [["01", "Austria"]],
                           "mark": "demonstration", "grades": {"title": "Stars", "cut_offs": [0.5]},
                           "unit": {"title": "Country", "few": "countries", "many": "countries"}}


def test_commands_stay_and_tables_of_markdown_are_translated(english):
    source = "| Код | Вес |\n|---|---|\n| Д1 | 0,5 |\n\n```\nполучить 0,5\n```\n<!-- тайна -->"
    assert pages.markdown(source, english.text) == (
        "| Code | Weight |\n| --- | --- |\n| D1 | 0.5 |\n\n```\nполучить 0,5\n```\n")


def test_printed_lines_keep_their_columns(english):
    notebook = v4.new_notebook(cells=[v4.new_code_cell("", outputs=[v4.new_output("stream", name="stdout",
                                                                                  text="Вес   0.5\nИндекс  1\n")])])
    assert pages.in_english(notebook, english, {}).cells[0].outputs[0].text == "Weight   0.5\nIndex  1\n"


def test_no_russian_word_is_left_in_the_script_and_the_style_of_the_page():
    style = (TEMPLATES / "zvezda" / "style.css").read_text("utf-8")
    for source in (SCRIPT.read_text("utf-8"), style):
        made = re.sub(r"/\*.*?\*/|//[^\n]*", "", writing.verbatim(source), flags=re.DOTALL)
        assert re.findall(r"[А-Яа-яЁё]{2,}", made) == []


# --- pictures ---------------------------------------------------------------------------------------------------------

def test_figure_is_drawn_in_english_from_ticks_to_legend():
    figure, axes = plt.subplots()
    value = axes.text(0, 0, "Адресность\nи персонализация\n91,01")
    axes.barh([0, 1], [0.5, 1.5], label="принятый вес")
    axes.set_yticks([0, 1], ["Безопас-\nность", "Качество"])
    axes.xaxis.set_major_formatter(lambda value, position: spell(value, 1))
    axes.set_title("Единицы по\nуровням", loc="left")
    axes.legend()
    pictures.redrawn(figure, 50)
    assert [label.get_text() for label in axes.get_yticklabels()] == ["Safety", "Quality"]
    assert axes.get_xticklabels()[1].get_text() == "0.2"
    assert axes.get_title("left") == "Units by\nlevel"
    assert value.get_text() == "Targeting and\npersonalisation\n91.01"
    assert pictures.label("Условия для\nGovTech") == "GovTech\nenablers"
    assert axes.get_legend().get_texts()[0].get_text() == "adopted weight"
    plt.close(figure)


def test_results_draw_in_both_languages_only_when_the_run_asks(tmp_path, monkeypatch):
    def keep():
        figure, axes = plt.subplots()
        axes.set_xlabel("Место")
        results = Results("weights", "star-2022", "2024", tmp_path)
        results.figure("places", figure, "Места.", "Места.")
        return json.loads(results.write().read_text("utf-8"))

    before = keep()
    assert not (tmp_path / "english").exists()
    monkeypatch.setenv("ZVEZDA_ENGLISH", "1")
    assert keep() == before   # what the checks of a report read stays Russian, byte for byte
    found = writing.drawn(tmp_path)
    russian = (tmp_path / "figures" / "weights-places.png").read_bytes()
    assert list(found) == [pages.digest(russian)]
    assert found[pages.digest(russian)] != russian


# --- the folder -------------------------------------------------------------------------------------------------------

@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """A small report in English with all its formats, and what stayed Russian."""
    folder = tmp_path_factory.mktemp("report")
    shown = ("<table><caption>Единицы по уровням</caption><thead><tr><th>Код</th><th>Индекс</th></tr></thead><tbody>"
             "<tr><th>A</th><td>1\u202f234,5</td></tr><tr><th>B</th><td>0,25</td></tr></tbody></table>")
    cells = [v4.new_markdown_cell("# Годовой отчёт по методике"), v4.new_markdown_cell("## Главное\n\nНечто новое."),
             v4.new_markdown_cell("## Результаты"), v4.new_markdown_cell("## 4. Веса"),
             v4.new_code_cell("1", outputs=[v4.new_output("display_data", {"text/html": shown})])]
    nbformat.write(v4.new_notebook(cells=cells), folder / "annual_report.ipynb")
    missing = writing.write(folder, [folder / "annual_report.ipynb"], title="Annual report star-2022, 2024",
                            issued="2024-12-31")
    return folder / "english", missing


def test_what_stays_russian_is_returned_and_listed(written):
    folder, missing = written
    assert missing == {"Нечто новое.": 1}
    assert (folder / "untranslated.txt").read_text("utf-8") == "1\tНечто новое.\n"


def test_page_is_english_down_to_its_contents(written):
    soup = BeautifulSoup((written[0] / "annual_report.html").read_text("utf-8"), "html.parser")
    assert soup.html["lang"] == "en"
    assert soup.nav["aria-label"] == "Contents"
    assert soup.find("a", class_="skip").get_text() == "Skip to the text"
    assert [head.get_text() for head in soup.find_all("h2")] == ["Main findings", "Results", "4. Weights"]
    assert 'content: "Table "' in soup.style.get_text()
    assert "num" in soup.find("td")["class"]   # «1,234.5» is a number
    assert [text for text in soup.main.find_all(string=True) if CYRILLIC.search(text)] == ["Нечто новое."]


def test_word_file_is_english(written):
    with zipfile.ZipFile(written[0] / "annual_report.docx") as archive:
        document, styles = (archive.read(f"word/{name}.xml").decode("utf-8") for name in ("document", "styles"))
        core = archive.read("docProps/core.xml").decode("utf-8")
    assert ">Contents<" in document
    assert "SEQ Table" in document
    assert "Таблица 1" not in document
    assert 'w:val="en-GB"' in styles
    assert "ru-RU" not in styles
    assert "<dc:language>en-GB</dc:language>" in core


def test_pdf_is_english(written):
    path = written[0] / "annual_report.pdf"
    assert re.search(rb"/Lang ?\(en-GB\)", path.read_bytes())
    if shutil.which("pdftotext") is None:
        pytest.skip("нет pdftotext (poppler-utils)")
    words = subprocess.run(["pdftotext", path, "-"], capture_output=True, check=True).stdout.decode("utf-8")
    assert "Contents" in words
    assert "Table 1" in words
    assert "Таблица" not in words


def test_workbook_reads_english_numbers(written):
    book = load_workbook(written[0] / "annual_report.xlsx")
    assert book.sheetnames == ["Contents", "1. Units by level"]
    sheet = book.worksheets[1]
    assert [sheet.cell(row, 2).value for row in (5, 6)] == [1234.5, 0.25]
    assert sheet["A1"].value == "Table 1. Units by level"
    assert sheet["A2"].value == "← Contents"
    assert [book.worksheets[0].cell(4, column).value for column in (1, 2, 3)] == ["No.", "Table", "Rows"]


def test_list_of_the_untranslated_goes_when_nothing_is(tmp_path):
    for words, left in (("# Нечто", {"Нечто": 1}), ("# Веса", {})):
        nbformat.write(v4.new_notebook(cells=[v4.new_markdown_cell(words)]), tmp_path / "annual_report.ipynb")
        assert writing.write(tmp_path, [tmp_path / "annual_report.ipynb"]) == left
        assert (tmp_path / "english" / "untranslated.txt").exists() == bool(left)


def test_catalogue_files_are_those_that_are_read():
    assert {path.stem for path in FOLDER.glob("*.yml")} == {"forms", "labels", "sentences", "titles"}
