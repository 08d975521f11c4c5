"""Chapters of no job: what changed in the methodology, advice side by side, limitations, how to repeat."""

import pandas as pd
import pytest
from IPython.display import Markdown

from methods.data import editions
from methods.report import yearly
from methods.report.results import Results


@pytest.fixture(scope="module")
def star(root):
    return editions.load_edition(root, "star-2022")


@pytest.fixture
def results(tmp_path):
    return Results("report", "star-2022", "2024", tmp_path, mark="демонстрация")


def words(parts):
    return " ".join(part.data for part in parts if isinstance(part, Markdown))


def reweighted(edition, version, **top):
    weights = {**edition.weights, "index": top}
    return edition.model_copy(update={"version": version, "weights": weights})


def test_the_same_edition_says_that_weights_did_not_change(results, star):
    said = words(yearly.what_changed(results, star, star, "2023"))
    assert "Методика та же, что за период 2023" in said
    assert "веса" in said
    assert results.unfound(["2023"]) == []


def test_changed_weights_are_named_with_both_values(results, star):
    new = reweighted(star, "star-2025", Д=0.3, П=0.2, М=0.2, А=0.15, К=0.15)
    parts = yearly.what_changed(results, new, star, "2023")
    assert "**Веса изменены** у 9\u00a0показателей." in words(parts)
    table = results.tables["weight_changes"].frame
    assert table.loc["Д1", ["Было, %", "Стало, %"]].to_list() == pytest.approx([100 * 0.2 / 3, 10])
    assert set(table.index) == {"Д1", "Д2", "Д3", "А1", "А2", "К1", "К2", "К3", "К4"}
    assert "changes" in results.tables
    assert results.unfound(["2023", "star-2025"]) == []


def test_the_first_period_has_nothing_to_be_compared_with(results, star):
    assert words(yearly.what_changed(results, star, None, None)) == "Период 2024 — первый: сравнивать не с чем."


def job(tmp_path, name, key, rows):
    made = Results(name, "star-2022", "2024", tmp_path)
    made.table(key, pd.DataFrame(rows, columns=["Код", "Что делать", "Почему"]).set_index("Код"), "т")
    return made


def test_advice_of_all_jobs_stands_side_by_side(results, star, tmp_path):
    survey = job(tmp_path, "agreement", "verdicts", [
        ("Д1", "складывать поровну", "п"), ("Д2", "увеличить выборку", "п"), ("Д3", "переписать требования", "п")])
    audit = job(tmp_path, "audit", "recommendations",
                [(code, "проверить крайние значения" if code == "Д3" else "оставить", "п") for code in star.indicators])
    said = words(yearly.advice_by_indicator(results, star, {"Опрос и чек-лист": survey, "Аудит": audit}))
    table = results.tables["advice"].frame
    assert list(table.index) == list(star.indicators)
    assert table.loc["Д3", ["Опрос и чек-лист", "Аудит"]].to_list() == [
        "переписать требования", "проверить крайние значения"]
    assert table.loc["М1", "Опрос и чек-лист"] == yearly.NOTHING
    assert "Ничего менять не нужно у 18\u00a0показателей из 20." in said
    assert "Обе советуют что-то сделать с 1\u00a0показателем (Д3)" in said
    assert results.unfound() == []


def test_advice_of_a_single_job_is_not_repeated_in_a_table(results, star, tmp_path):
    audit = job(tmp_path, "audit", "recommendations",
                [(code, "проверить крайние значения" if code == "Д3" else "оставить", "п") for code in star.indicators])
    said = words(yearly.advice_by_indicator(results, star, {"Аудит": audit}))
    assert said == "Ничего менять не нужно у 19\u00a0показателей из 20."
    assert "advice" not in results.tables


def test_no_job_that_advises(results, star, tmp_path):
    silent = Results("audit", "star-2022", "2024", tmp_path).missing("Не нужно.")
    assert "рекомендаций нет" in words(yearly.advice_by_indicator(results, star, {"Аудит": silent}))


def test_limitations_speak_of_what_the_edition_has(results, root, star, tmp_path):
    silent = Results("agreement", "odm-2023", "2023", tmp_path).missing("Сторона одна.")
    said = yearly.limitations(results, star, {"Согласованность.": silent}).data
    for part in ("только тех, кто ответил", "отмечено при проверке", "демонстрация", "Согласованность. Сторона одна."):
        assert part in said
    plain = yearly.limitations(results, editions.load_edition(root, "odm-2023"), {}).data
    assert "ответил" not in plain
    assert "условные" not in plain


def test_the_annex_names_files_parameters_and_versions(star):
    given = {"03_rank_sensitivity": {"edition": "a", "draws": 500, "cluster": "", "seed": 0}}
    parts = yearly.reproduction(star, "2024", {"data/b.csv": "f" * 64, "data/a.csv": "0" * 64}, given)
    files, parameters, versions = (part.frame for part in parts[2:])
    assert files["sha256, начало"].to_dict() == {"data/a.csv": "0" * 16, "data/b.csv": "f" * 16}
    assert list(files.index) == ["data/a.csv", "data/b.csv"]
    assert parameters.to_numpy().tolist() == [["03_rank_sensitivity", *own] for own in (
        ("draws", "500"), ("cluster", "пусто"), ("seed", "0"))]
    assert versions.loc["pandas", "Версия"] == pd.__version__
    assert "--edition star-2022 --period 2024" in words(parts)


def test_without_executed_notebooks_there_are_no_parameters(star):
    assert [part.title for part in yearly.reproduction(star, "2024", {}, {})[2:]] == [
        "Исходные файлы (демонстрация)", "Чем посчитано (демонстрация)"]
