"""Differences of two editions: nothing is missed, weights are compared as they work, words follow the numbers."""

import pytest

from methods.data import store
from methods.data.editions import load_edition
from methods.index.change import score_change
from methods.index.edition import Edition
from methods.index.rounding import round_half_up
from methods.index.score import score
from methods.report import differing
from methods.report.differing import PARTS, TOLD, differences, moves, moves_text, summary, table

NBSP = "\u00a0"


@pytest.fixture(scope="module")
def star(root):
    return load_edition(root, "star-2022")


@pytest.fixture(scope="module")
def scored(root):
    return store.scored("star-2022", "2024", root)


def changed(edition, **parts):
    return edition.model_copy(update={"version": "новая", **parts})


def test_every_part_of_an_edition_has_its_name():
    assert set(PARTS) == set(Edition.model_fields) - {"version"}
    assert set(TOLD) < set(PARTS)


def test_equal_editions(star):
    found = differences(star, changed(star))
    assert found.empty
    assert summary(found, star, changed(star)) == "star-2022 → новая: редакции отличаются только именем."


def test_equal_weights_however_they_are_written(star):
    fifths = dict.fromkeys(star.groups, 0.2)
    assert differences(star, changed(star, weights={**star.weights, "index": fifths})).empty
    assert differences(star, changed(star, weights={**star.weights, "index": "equal"})).empty


def test_a_weight_is_told_by_title_in_per_cent(star):
    weights = {"Д": 0.3, "П": 0.2, "М": 0.2, "А": 0.2, "К": 0.1}
    found = differences(star, changed(star, weights={**star.weights, "index": weights}))
    assert found[["part", "where", "before", "after"]].to_numpy().tolist() == [
        ["weights", "индекс: «Дружелюбие и партнёрство»", f"20,00{NBSP}%", f"30,00{NBSP}%"],
        ["weights", "индекс: «Внешний комфорт и удобство»", f"20,00{NBSP}%", f"10,00{NBSP}%"]]
    assert summary(found, star, changed(star)).endswith("Результат могут изменить: веса (2).")


def test_grades_indicators_and_rules(star):
    grades = star.grades.model_copy(update={"cut_offs": (55.0, 65.0, 80.0, 90.5)})
    fewer = {code: own for code, own in star.indicators.items() if code != "К4"}
    fewer["Д1"] = fewer["Д1"].model_copy(update={"title": "Мастерство"})
    missing = {"default": star.missing["default"].model_copy(update={"min_coverage": 0.75})}
    new = changed(star, grades=grades, indicators=fewer, missing=missing, title="Иначе")
    found = differences(star, new)
    rows = {(row.part, row.where): (row.before, row.after) for row in found.itertuples()}
    assert rows["grades", "границы"] == ("60; 70; 80; 90", "55; 65; 80; 90,5")
    assert rows["indicators", "исключено"] == ("Внешний вид сотрудников (К4)", "—")
    assert rows["indicators", "«Мастерство», название"][1] == "Мастерство"
    assert rows["missing", "общее, наименьшая доля весов"][1] == "0,75"
    assert rows["weights", "«Внешний комфорт и удобство»: «Внешний вид сотрудников»"] == (f"25,00{NBSP}%", "—")
    said = summary(found, star, new)
    assert "Результат могут изменить: показатели (2), веса (" in said
    assert said.endswith("Для сведения: название (1).")
    assert list(table(found)) == ["Что", "Где", "Было", "Стало"]
    assert set(table(found)["Что"]) == {"Название", "Показатели", "Веса", "Правила пропусков", "Уровни"}


def test_of_notes_only_what_differs_is_shown(root):
    found = differences(load_edition(root, "gtmi-2020"), load_edition(root, "gtmi-2022"))
    (row,) = found[found["part"] == "notes"].itertuples()
    assert row.before == "Реальный опубликованный индекс; волна 2020 года составлена по данным, собранным дистанционно."
    assert "опросу правительств" in row.after
    assert "48 ключевых" not in row.after


def test_a_flat_edition_against_one_with_levels(star):
    flat = changed(star, weights={"index": {code: 1 / 20 for code in star.indicators}})
    found = differences(star, flat)
    assert ["устройство", "по уровням", "сразу по всем показателям"] in found[
        ["where", "before", "after"]].to_numpy().tolist()


def test_who_moves_when_a_border_moves(scored):
    edition, measured, scores = scored
    grades = edition.grades.model_copy(update={"cut_offs": (60.0, 70.0, 80.0, 95.0)})
    new = changed(edition, grades=grades)
    found = moves(scores, score(measured.measurements, new), edition, new)
    assert (found.places == 0).all()
    assert set(found.grades.unique()) == {0.0, -1.0}
    lower = int((found.grades < 0).sum())
    points = round_half_up(100 * scores.index, 1)  # a border belongs to the lower star
    assert lower == int(points[scores.rank.notna()].between(90, 95, inclusive="right").sum())
    said = moves_text(found, edition, ("2024", "2024"))
    assert said.startswith("На одних и тех же данных (2024), так что различия — целиком от методики:")
    assert "его сменили 0, в среднем на 0,0, самое большее на 0." in said
    assert "Уровень выше у 0" in said


def test_units_that_came_and_left_are_counted_apart(root):
    old, _, before = store.scored("gtmi-2020", "2020", root)
    new, _, after = store.scored("gtmi-2022", "2022", root)
    found = moves(before, after, old, new)
    assert (found.entered, found.left, len(found.places)) == (4, 4, 194)
    assert (int((found.grades > 0).sum()), int((found.grades < 0).sum())) == (51, 10)
    said = moves_text(found, new, ("2020", "2022"))
    assert "Данные разные (2020 и 2022)" in said
    assert f"Прибавилось: 4{NBSP}страны; выбыло: 4{NBSP}страны." in said


def test_other_scales_of_grades_are_not_compared(scored):
    edition, _, scores = scored
    without = changed(edition, grades=None)
    found = moves(scores, scores, edition, without)
    assert found.grades is None
    assert "Уровни не сравниваются" in moves_text(found, edition, ("2024", "2024"))
    nobody = moves(scores, type(scores)(**{**vars(scores), "rank": scores.rank.iloc[:0]}), edition, edition)
    assert moves_text(nobody, edition, ("2024", "2024")).startswith("Общих единиц у редакций нет")


def test_causes_add_up_to_the_change(scored):
    edition, measured, _ = scored
    new = changed(edition, weights={**edition.weights, "index": {"Д": 0.3, "П": 0.2, "М": 0.2, "А": 0.2, "К": 0.1}})
    split = score_change(measured.measurements, edition, measured.measurements, new)
    shown = differing.causes_table(split, new)
    assert list(shown.index) == ["веса"]
    assert shown.loc["веса", "Средний вклад"] == pytest.approx(100 * split.change.mean())
    assert shown.loc["веса", "Главная причина, единиц"] == (split.change.abs() > 1e-12).sum()
    said = differing.causes_text(split, new)
    assert said.startswith("Балл изменился в среднем на 0,17: веса 0,17.")
    assert differing.cause_title("performance:Д", edition) == "работа, «Дружелюбие и партнёрство»"


def test_every_unit_is_told_what_moved_it(scored, root):
    """Two years of the star under two editions: contributions add up, and the largest is named."""
    edition, measured, _ = scored
    before = store.prepare(root, edition, "2023").measurements
    other = changed(edition, weights={**edition.weights, "index": {"Д": 0.3, "П": 0.2, "М": 0.2, "А": 0.2, "К": 0.1}})
    split = score_change(before, edition, measured.measurements, other)
    found = differing.units_table(split, other)
    causes = [name for name in found if name not in ("Было", "Стало", "Изменение", "Главная")]
    assert "веса" in causes
    assert len(found) > 1000
    assert (found[causes].sum(axis=1) - found["Изменение"]).abs().max() < 1e-9
    assert (found["Стало"] - found["Было"] - found["Изменение"]).abs().max() < 1e-9
    assert found["Изменение"].abs().is_monotonic_decreasing
    first = found.iloc[0]
    assert first["Главная"] == first[causes].astype(float).abs().idxmax()


def test_nothing_to_split(scored):
    edition, measured, _ = scored
    one, two = (measured.measurements[measured.measurements["unit"].str.startswith(code)] for code in ("01", "02"))
    split = score_change(one, edition, two, edition)
    if len(split.effects):
        pytest.fail("units of two regions are different")
    assert differing.causes_text(split, edition) == ("Ни у одной единицы нет балла по обе стороны: раскладывать "
                                                     "нечего.")


def test_values_in_words():
    assert differing._in_words(None) == "—"
    assert differing._in_words(False) == "нет"
    assert differing._in_words({"method": "bands", "edge": None}) == "способ: постоянные границы"
