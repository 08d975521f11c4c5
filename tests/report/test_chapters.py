"""Chapters take what a job kept, by name or by the beginning of a name."""

import pytest
from IPython.display import Markdown

from methods.data import editions, sources
from methods.index.aggregate import AGGREGATIONS
from methods.index.normalise import NORMALISATIONS
from methods.report import chapters
from methods.report.english.catalogue import catalogue
from methods.report.results import Results


@pytest.fixture
def job(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    results = Results("maturity", "star-2022", "2024")
    for key in ("rule", "causes_2020_2022", "causes_2022_2025", "breaks"):
        results.text(key, f"слова {key}")
    return results


def words(found):
    return [part.data for part in found if isinstance(part, Markdown)]


def test_parts_come_in_the_order_asked_and_absent_ones_are_passed_over(job):
    assert words(chapters.parts(job, "text:breaks", "text:absent", "table:rule", "text:rule")) == [
        "слова breaks", "слова rule"]


def test_a_star_stands_for_all_keys_that_begin_so(job):
    assert words(chapters.parts(job, "text:causes_*")) == ["слова causes_2020_2022", "слова causes_2022_2025"]
    assert chapters.parts(job, "text:nothing_*") == []


@pytest.mark.parametrize(("version", "words"), [
    ("star-2022", "Демонстрационные данные Звезды клиентоцентричности ЦЗН (вымышленные); источник: проект, генератор "
                  "methods.data.demonstration, 31.12.2024"),
    ("cms-2021", "; источник: Centers for Medicare & Medicaid Services (CMS), 04.2021"),
])
def test_the_passport_says_whose_the_data_are_and_of_what_day(root, version, words):
    edition = editions.load_edition(root, version)
    rows = chapters.passport(edition, sources.read_source(root, edition.data.dataset)).frame["Значение"]
    assert rows["Данные"].endswith(words)
    assert ". проект" not in rows["Данные"]


@pytest.mark.parametrize(("named", "ways"), [
    (chapters.NORMALISATION, NORMALISATIONS), (chapters.AGGREGATION, AGGREGATIONS)],
    ids=["normalisation", "aggregation"])
def test_every_way_that_an_edition_may_name_has_its_words_in_both_languages(named, ways):
    assert set(named) == set(ways)
    assert [words for words in named.values() if not catalogue().covers(words)] == []


def test_words_of_an_edition_are_all_its_texts(root):
    words = chapters.words_of(editions.load_edition(root, "star-2022"))
    assert {"star-2022", "2024"} <= words
    assert all(isinstance(word, str) for word in words)


def test_the_summary_answers_every_question_or_says_why_not(tmp_path, root):
    jobs = {name: Results(name, "star-2022", "2024", tmp_path) for name, *_ in chapters.QUESTIONS.values()}
    for name, key, _ in chapters.QUESTIONS.values():
        jobs[name].text(key, f"Ответ {name}.")
    jobs["weights"].missing("Весов нет.")
    said = chapters.summary(jobs).split("\n\n")
    assert len(said) == len(chapters.QUESTIONS)
    assert "**Менять ли веса?** Весов нет. Глава «Веса»." in said
    assert "**Что показал индекс?** Ответ maturity. Глава «Результаты»." in said
    headings = (root / "notebooks" / "annual_report.ipynb").read_text("utf-8")
    assert [chapter for *_, chapter in chapters.QUESTIONS.values() if f". {chapter}" not in headings] == []
