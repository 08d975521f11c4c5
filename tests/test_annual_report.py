"""The whole path on shipped data: one command from raw files to a report that opens without a network."""

import json
import re
import shutil
from itertools import pairwise

import docx
import openpyxl
import pandas as pd
import pytest
from bs4 import BeautifulSoup

from methods.cli import main
from methods.data import sources
from methods.index.rounding import half_up
from methods.report.results import Results

LOADED = re.compile(r"https?://|//cdn|url\((?!data:|#)", re.IGNORECASE)


@pytest.fixture(scope="module")
def project(root, tmp_path_factory):
    """A copy of the project's data and notebooks, in a folder with a space and Cyrillic letters."""
    place = tmp_path_factory.mktemp("Звезда проект")
    shutil.copytree(root / "data" / "raw", place / "data" / "raw")
    shutil.copytree(root / "notebooks", place / "notebooks", ignore=shutil.ignore_patterns(".*"))
    return place


def reported(project, monkeypatch, edition, *words):
    monkeypatch.setenv("ZVEZDA_ROOT", str(project))
    assert main(["report", "--edition", edition, *words]) == 0
    (folder,) = (path for path in (project / "reports" / edition).iterdir() if path.is_dir())
    return folder


@pytest.mark.parametrize(("edition", "period", "figures", "tables"), [
    ("star-2022", "2024", 6, 10), ("cms-2021", "2021", 6, 7), ("odm-2023", "2023", 3, 5)])
def test_report_is_whole_and_needs_no_network(project, monkeypatch, edition, period, figures, tables):
    folder = reported(project, monkeypatch, edition)
    assert folder.name == period
    page = BeautifulSoup((folder / "annual_report.html").read_text(encoding="utf-8"), "html.parser")
    assert page.html["lang"] == "ru"
    assert not page.find_all(["iframe", "link", "object"])
    assert len(page.find_all("script")) == 1   # ours: tests/report/test_render.py
    for tag in page.find_all(True):
        for name in ("src", "srcset", "poster", "data"):
            assert not LOADED.search(str(tag.get(name, ""))), tag
    assert not LOADED.search(" ".join(style.get_text() for style in page.find_all("style")))
    assert len(page.find_all("img")) >= figures
    assert all(image["src"].startswith("data:image/png;base64,") and image["alt"] for image in page.find_all("img"))
    assert all(image["alt"] not in image.find_parent("figure").find("figcaption").get_text()
               for image in page.find_all("img"))   # a description, not the caption again
    levels = [int(found.name[1]) for found in page.find_all(re.compile("^h[1-6]$"))]
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert len(page.find_all("table")) >= tables
    text = page.get_text(" ")
    assert "\\frac" not in text
    assert "Traceback" not in text
    assert "nan" not in text.lower().split()
    for heading in ("Главное", "Что изменилось", "Данные и охват", "Результаты", "Веса", "Согласованность",
                    "Надёжность мест", "Уровни", "Статистический аудит", "Ограничения", "Рекомендации по показателям",
                    "Все показатели и веса", "Как повторить"):
        assert any(heading in found.get_text() for found in page.find_all(["h2", "h3"])), heading


def test_demonstration_is_marked_on_every_table_and_figure(project):
    page = BeautifulSoup((project / "reports" / "star-2022" / "2024" / "annual_report.html")
                         .read_text(encoding="utf-8"), "html.parser")
    assert "не официальный результат" in page.get_text()
    captions = [found.get_text(" ", strip=True) for found in page.find_all(["caption", "figcaption"])]
    assert captions
    assert all("демонстрац" in caption for caption in captions), captions


def test_manifest_names_inputs_by_hash_parameters_and_seed(project):
    folder = project / "reports" / "star-2022" / "2024"
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    edition = "data/raw/methodology/star-2022.yaml"
    assert manifest["inputs"][edition] == sources.sha256(project / edition)
    assert "data/raw/star_demonstration/2024/answers.csv" in manifest["inputs"]
    assert manifest["jobs"]["sensitivity"]["parameters"]["draws"] == 2000
    assert manifest["seeds"]["sensitivity"] == 0
    assert manifest["versions"]["pandas"]


def test_word_excel_and_pdf_lie_beside_the_page_and_say_the_same(project):
    folder = project / "reports" / "star-2022" / "2024"
    page = BeautifulSoup((folder / "annual_report.html").read_text(encoding="utf-8"), "html.parser")
    text, book = docx.Document(folder / "annual_report.docx"), openpyxl.load_workbook(folder / "annual_report.xlsx")
    assert (folder / "annual_report.pdf").read_bytes().startswith(b"%PDF")
    headings = [found.get_text().split() for found in page.find_all(["h1", "h2", "h3"])]
    assert [line.text.split() for line in text.paragraphs if line.style.name.startswith("Heading")] == headings
    tables = page.find_all("table")
    assert len(text.tables) == len(book.worksheets) - 1 == len(tables)
    for ours, theirs in zip(text.tables, tables, strict=True):
        cells = [cell.get_text(strip=True) for cell in theirs.select("tbody th, tbody td")]
        assert [cell.text.strip() for row in ours.rows[-len(theirs.select("tbody tr")):] for cell in row.cells] == cells
    assert len(text.inline_shapes) == len(page.find_all("img"))
    assert all(picture._inline.docPr.get("descr") for picture in text.inline_shapes)


def test_workbook_holds_the_numbers_of_the_results_rounded_and_no_others(project):
    folder = project / "reports" / "star-2022" / "2024"
    kept = {table.title: table for job in ("weights", "agreement", "sensitivity", "maturity")
            for table in Results.read(folder, job).tables.values()}
    compared = 0
    for sheet in openpyxl.load_workbook(folder / "annual_report.xlsx").worksheets[1:]:
        table = kept.get(sheet["A1"].value.partition(". ")[2])
        if table is None:
            continue
        head = next(row for row in sheet.iter_rows(min_row=4, values_only=True) if row[0])
        body = [row for row in sheet.iter_rows(min_row=5, values_only=True) if row != head]
        for label in table.frame.select_dtypes("number"):
            places = table.decimals.get(label) if isinstance(table.decimals, dict) else table.decimals
            found = [row[head.index(label)] for row in body]
            for shown, value in zip(found, table.frame[label], strict=True):
                if pd.isna(value):
                    assert shown == "—"
                else:
                    assert shown == (half_up(float(value), places) if places is not None else pytest.approx(value))
                    compared += 1
    assert compared > 100


def test_every_rank_in_the_report_has_its_interval(project):
    folder = project / "reports" / "star-2022" / "2024"
    results = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    tables = results["jobs"]["sensitivity"]["tables"]
    for name in ("first", "places"):
        head = (folder / tables[name]["file"]).read_text("utf-8-sig").splitlines()[0]
        assert {"Место", "Место с", "Место по"} <= set(head.split(";"))


def test_same_inputs_give_the_same_numbers_pictures_and_files(project, monkeypatch):
    first = reported(project, monkeypatch, "gtmi-2022")
    made = ["results.json", "annual_report.html", "annual_report.docx", "annual_report.pdf", "annual_report.xlsx"]
    before = {path.name: path.read_bytes() for path in [*map(first.joinpath, made), *first.glob("figures/*.png")]}
    again = reported(project, monkeypatch, "gtmi-2022", "-p", "sensitivity.seed=0")
    after = {path.name: path.read_bytes() for path in [*map(again.joinpath, made), *again.glob("figures/*.png")]}
    assert before == after
