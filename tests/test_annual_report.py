"""The whole path on shipped data: one command from raw files to a report that opens without a network."""

import json
import re
import shutil

import pytest
from bs4 import BeautifulSoup

from methods.cli import main
from methods.data import sources

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
    assert not page.find_all(["script", "iframe", "link", "object"])
    for tag in page.find_all(True):
        for name in ("src", "srcset", "poster", "data"):
            assert not LOADED.search(str(tag.get(name, ""))), tag
    assert not LOADED.search(" ".join(style.get_text() for style in page.find_all("style")))
    assert len(page.find_all("img")) >= figures
    assert all(image["src"].startswith("data:image/png;base64,") and image["alt"] for image in page.find_all("img"))
    assert len(page.find_all("table")) >= tables
    text = page.get_text(" ")
    assert "\\frac" not in text
    assert "Traceback" not in text
    assert "nan" not in text.lower().split()
    for heading in ("Главное", "Места и их надёжность", "Уровни", "Согласованность", "Как повторить"):
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


def test_every_rank_in_the_report_has_its_interval(project):
    folder = project / "reports" / "star-2022" / "2024"
    results = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    tables = results["jobs"]["sensitivity"]["tables"]
    for name in ("first", "places"):
        head = (folder / tables[name]["file"]).read_text("utf-8-sig").splitlines()[0]
        assert {"Место", "Место с", "Место по"} <= set(head.split(";"))


def test_same_inputs_give_the_same_numbers_and_pictures(project, monkeypatch):
    first = reported(project, monkeypatch, "gtmi-2022")
    before = {path.name: path.read_bytes() for path in [first / "results.json", *first.glob("figures/*.png")]}
    again = reported(project, monkeypatch, "gtmi-2022", "-p", "sensitivity.seed=0")
    after = {path.name: path.read_bytes() for path in [again / "results.json", *again.glob("figures/*.png")]}
    assert before == after
