"""Numbers of the prose: which they are, what is kept behind them, and how surely a typed one is noticed."""

from __future__ import annotations

from collections import deque

import matplotlib.pyplot as plt
import nbformat
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from methods.errors import NotPublishable
from methods.report import prose
from methods.report.narrative import as_said, counted
from methods.report.results import Results, spell
from methods.report.weighing import percent


@pytest.fixture(autouse=True)
def nothing_noted(monkeypatch):
    """Numbers that other tests spelled stand behind nothing here."""
    monkeypatch.setattr(prose, "_noted", deque(maxlen=prose.REMEMBERED))


def read(text):
    return [each.text for each in prose.numerals(text)]


def lost(found):
    return [each.numeral for each in found]


@pytest.mark.parametrize(("text", "expected"), [
    ("С 12 по 15 место", ["12", "15"]),
    ("интервал 13,0–18,1\u00a0%", ["13,0", "18,1"]),
    ("индекс −0,14, затем −1\u202f234,5", ["−0,14", "−1\u202f234,5"]),
    ("5−3 и (−2)", ["5", "3", "−2"]),
    ("Опросов 14\u202f120, из них 1\u202f202 центра.", ["14\u202f120", "1\u202f202"]),
    ("1-й — 2; с 3-го на 4-й", ["1", "2", "3", "4"]),
    ("±25 %", ["25"]),
    ("Д1, 01-021, gtmi-2022, 31.12.2024, k2, 3D", []),
    ("$x_1 = 2$, `a-3.csv`, [4 строки](https://example.org/5), <!-- 6 -->", ["4"]),
    ("```\nrun --draws 2000\n```", []),
    ("доля 0.25", ["0.25"]),
    ("", []),
])
def test_numerals_of_a_text(text, expected):
    assert read(text) == expected


@given(st.floats(-1e6, 1e6), st.integers(0, 4))
def test_what_is_spelled_is_read_back(value, decimals):
    (numeral,) = prose.numerals(f"Получено {spell(value, decimals)} балла.")
    assert numeral.says(value)
    assert numeral.decimals == decimals


@given(st.floats(-1e6, 1e6), st.integers(0, 4), st.sampled_from([-1, 1]))
def test_one_unit_of_the_last_digit_is_another_number(value, decimals, step):
    (numeral,) = prose.numerals(f"Получено {spell(value, decimals)} балла.")
    (changed,) = prose.numerals(f"Получено {spell(numeral.value + step * 10.0**-decimals, decimals)} балла.")
    assert not changed.says(value)


def test_a_number_is_taken_once_and_the_last_one_first():
    prose.note("7", 6.9)
    prose.note("7", 7.1)
    assert prose.behind("7 и 7 и 7") == [7.1, 6.9, None]


def test_a_number_that_begins_like_another_is_not_taken_for_it(tmp_path):
    """«числом 1» stands at the beginning of «числом 10» and is another number."""
    results = Results("weights", "e", "2024", tmp_path)
    results.text("many", f"Облако точек, числом {spell(10)}.")
    results.text("one", f"Облако точек, числом {spell(1)}.")
    assert results.behind["text:one"] == [1]
    assert results.unfound() == []


def test_a_conclusion_repeats_the_numbers_of_the_texts_it_repeats(tmp_path):
    results = Results("weights", "e", "2024", tmp_path)
    first = results.text("first", f"Сильнее всего влияет «Польза»: {percent(0.2321)} разброса.")
    results.text("second", f"Вывод. {first} Проект меняет {percent(0.044)} веса, но о важности никого не спрашивали.")
    assert results.behind["text:second"] == [pytest.approx(23.21), pytest.approx(4.4)]
    assert results.unfound() == []


def test_numbers_stay_with_the_words_when_results_are_read_again(tmp_path):
    results = Results("weights", "e", "2024", tmp_path, mark="демонстрация")
    results.text("effect", f"Места сменили {counted(84, 'центр', 'центра', 'центров')}, в среднем на {spell(1.26, 1)}.")
    results.missing(f"Показатель {spell(1)}: выбирать не из чего.")
    results.write()
    again = Results.read(tmp_path, "weights")
    assert again.behind == {"text:effect": [84, 1.26], "reason": [1]}
    assert again.unfound() == []
    again.texts["effect"] = again.texts["effect"].replace("1,3", "1,4")
    (found,) = again.unfound()
    assert (found.place, found.numeral) == ("weights, text:effect", "1,4")
    assert found.sentence.startswith("Места сменили")


def test_a_typed_number_is_found_in_every_kind_of_words(tmp_path):
    results = Results("weights", "e", "2024", tmp_path)
    results.text("text", "Центров 84.")
    results.table("table", pd.DataFrame({"x": [84]}), "Первые 20")
    results.figure("figure", plt.figure(), "Рисунок 5", alt="Столбцов 6")
    assert lost(results.unfound()) == ["84", "20", "5", "6"]   # a cell of a table excuses nobody


def test_cells_of_a_table_are_not_taken_for_numbers_of_the_text(tmp_path):
    results = Results("weights", "e", "2024", tmp_path)
    results.table("table", pd.DataFrame({"x": [8461.0]}), "Таблица")._repr_html_()
    results.text("text", "Центров 8\u202f461.")
    assert lost(results.unfound()) == ["8\u202f461"]


@pytest.mark.parametrize(("text", "names", "expected"), [
    ("По 2024 год (Saaty, 1980; Nunnally (1978), Barnett и др., 2005)", ["2024"], []),
    ("В 2024 и 2023 годах", ["2024"], ["2023"]),
    ("центр «Служба № 5» и 5 центров", ["Служба № 5"], ["5"]),
    ("уровень «5», всего 5", ["5"], ["5"]),
    ("в 2024, 12 центров", ["2024"], ["12"]),
    ("12\u202f2024", ["2024"], ["12", "2024"]),
    ("всего 1980 центров", [], ["1980"]),
    ("охват — в главе 2, места — в главе 6, центров 7", [], ["7"]),
    ("Больше 1980 центров", [], ["1980"]),
])
def test_names_and_citations_excuse_only_themselves(text, names, expected):
    assert lost(prose.unfound("текст", text, (), names)) == expected


def test_words_of_another_room_bring_their_numbers():
    said = as_said(ValueError("n = 2: не вычисляется, нужно не меньше 3 единиц"))
    assert prose.unfound("текст", said, prose.behind(said)) == []


def test_hand_written_text_may_hold_cited_constants_only():
    text = "## 2. Места\n\n1. первое\n\nХорошо до 0,10 (Saaty, 1980). Центров 84. Порог 0,7."
    assert lost(prose.typed("тетрадь", text)) == ["84", "0,7"]


def test_the_release_is_stopped_in_words():
    prose.stop([])
    found = prose.unfound("weights, text:effect", "Всего центров 84. Ещё слова.", ())
    with pytest.raises(NotPublishable) as error:
        prose.stop(found * 21)
    assert str(error.value) == "\n".join([
        "Публикация остановлена: в тексте есть числа, которых нет среди результатов: 21.",
        *["  weights, text:effect | 84 | «Всего центров 84.»"] * 20, "  … и ещё 1",
        "  правило: число в тексте берётся из расчёта | напишите его через spell(…) или percent(…) из переменной"])


def test_markdown_of_the_notebooks_holds_no_number_of_data(root):
    found = [lost for path in sorted((root / "notebooks").glob("*.ipynb"))
             for number, cell in enumerate(nbformat.read(path, as_version=4).cells, 1) if cell.cell_type == "markdown"
             for lost in prose.typed(f"{path.name}, ячейка {number}", cell.source)]
    assert found == []


def test_a_changed_digit_is_noticed():
    """200 made texts, every numeral changed by one unit of its last digit: all of them are noticed."""
    rng = np.random.default_rng(20261125)
    noticed = changed = 0
    for _ in range(200):
        values, places = rng.lognormal(1, 2, 8), rng.integers(0, 3, 8)
        text = "; ".join(f"{spell(value, int(place))} балла" for value, place in zip(values, places, strict=True))
        kept = prose.behind(text)
        assert prose.unfound("текст", text, kept) == []
        for each in prose.numerals(text):
            other = spell(each.value + rng.choice([-1, 1]) * 10.0**-each.decimals, each.decimals)
            changed += 1
            noticed += bool(prose.unfound("текст", text[:each.start] + other + text[each.end:], kept))
    assert changed == 1600
    assert noticed == changed
