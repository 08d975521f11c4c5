"""Words and tables of the check of places: what they say follows from the numbers."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from methods.data.editions import load_edition
from methods.report import robustness

NBSP = "\u00a0"


@pytest.fixture(scope="module")
def star(root):
    return load_edition(root, "star-2022")


def test_titles_of_factors_name_elements(star):
    told = robustness.factor_title
    assert told("mix", "доля опроса ±10 п. п.", star) == "доля опроса ±10 п. п."
    assert told("weights:index", "веса ±25 % (index)", star) == "веса ±25 % верхнего уровня"
    assert told("weights:Д:П", "веса ±25 % (Д, П)", star) == "веса ±25 % внутри групп"
    assert told("weights:Д", "веса ±25 % (Д)", star) == f"веса ±25 % внутри «{star.element_title('Д')}»"


def test_what_was_drawn():
    text = robustness.factors_text({"mix": "доля опроса", "sampling": "ошибка опроса"}, 2000, 0, 0.26)
    assert text.startswith("Разыгрывались вместе: доля опроса и ошибка опроса; розыгрышей 2\u202f000, seed 0.")
    assert "корреляция 0,26" in text
    assert "корреляция" not in robustness.factors_text({"mix": "доля опроса"}, 10, 0, 0.0)
    failed = pd.DataFrame({"draws": [3], "first": [7]}, index=["среднее геометрическое нуля"])
    assert robustness.failed_text(SimpleNamespace(failed=failed)) == (
        "Не посчитаны и отброшены розыгрыши: среднее геометрическое нуля — 3.")
    assert robustness.failed_text(SimpleNamespace(failed=failed.iloc[:0])) == ""


def test_blocks_of_acceptability_keep_every_draw():
    """By hand: 4 units, 2 blocks; units of places 1-2 take places 1-2 in 15 of 20 draws."""
    counts = pd.DataFrame([[6, 2, 1, 1], [3, 4, 2, 1], [1, 2, 4, 3], [0, 2, 3, 5]], index=list("abcd"),
                          columns=[1.0, 2.0, 3.0, 4.0])
    table = robustness.acceptability_blocks(counts, pd.Series([1.0, 2.0, 3.0, 4.0], index=list("abcd")), cells=2)
    assert table.to_numpy().tolist() == [[0.75, 0.25], [0.25, 0.75]]
    assert table.index.to_list() == table.columns.to_list() == [1, 3]
    mixed = robustness.acceptability_blocks(counts.loc[list("dbca")], pd.Series([4.0, 2, 3, 1], list("dbca")), cells=2)
    pd.testing.assert_frame_equal(mixed, table)


def causes(effects, totals, leads):
    shapley = pd.DataFrame({"effect": effects, "low": [e - 0.02 for e in effects], "high": [e + 0.02 for e in effects]},
                           index=["mix", "sampling", "inside"])
    shares = pd.DataFrame({"first": totals, "total": totals, "leads": leads}, index=shapley.index)
    return shapley, SimpleNamespace(shares=lambda: shares)


TITLES = {"mix": "доля опроса", "sampling": "ошибка опроса", "inside": "веса внутри"}


def test_the_ranking_and_a_unit_may_be_moved_by_different_causes():
    text = robustness.causes_text(*causes([0.8, 0.02, 0.01], [0.05, 0.6, 0.01], [3, 90, 0]), TITLES, 100)
    assert f"сдвигает источник «доля опроса»: 80{NBSP}% дисперсии" in text
    assert "решает другое — «ошибка опроса»: главный у 90 из 100" in text
    assert text.endswith("Пренебречь можно: «веса внутри».")  # the survey's error moves units: it stays
    same = robustness.causes_text(*causes([0.8, 0.1, 0.1], [0.7, 0.2, 0.1], [100, 0, 0]), TITLES, 100)
    assert "решает он же" in same
    assert "Пренебречь" not in same


def test_causes_table_is_in_per_cent_and_sorted():
    table = robustness.causes_table(*causes([0.1, 0.7, 0.2], [0.1, 0.7, 0.2], [1, 2, 3]), TITLES)
    assert table.index.to_list() == ["ошибка опроса", "веса внутри", "доля опроса"]
    assert table["Доля сомнения (Шепли), %"].to_list() == pytest.approx([70, 20, 10])


def test_sets_and_tiers(star):
    sets = lambda width: SimpleNamespace(coverage=0.95, width=lambda: pd.Series([width] * 3))  # noqa: E731
    tiers = SimpleNamespace(count=2, table=pd.DataFrame({"tier": [1, 1, 2]}))
    text = robustness.sets_text(sets(5), sets(9), 20, pd.Series([True, True, False]), tiers, star)
    assert f"в середине ряда — 5{NBSP}мест, для всех единиц сразу — 9{NBSP}мест" in text
    assert f"с вероятностью 95{NBSP}% могли бы оказаться 2{NBSP}центра" in text
    assert "их 2: 1-й — 2; 2-й — 1." in text
    one = SimpleNamespace(count=1, table=pd.DataFrame({"tier": [1, 1, 1]}))
    assert robustness.sets_text(sets(5), sets(9), 20, pd.Series([True]), one, star).endswith("ярус один.")


def test_changes_say_how_many_are_proved(star):
    table = pd.DataFrame({"rise": [10, -4, 2], "verdict": ["rise", "", "fall"]})
    text = robustness.changes_text(SimpleNamespace(table=table, coverage=0.9), star, ("2023", "2024"))
    assert text.startswith("С 2023 по 2024 место менялось в среднем на 5")
    assert f"повышение у 1{NBSP}центра и понижение у 1{NBSP}центра из 3" in text
    assert f"доказано (90{NBSP}%, для каждой" in text


def test_weights_that_swap_neighbours(star):
    near = pd.DataFrame({"ahead": ["a", "b"], "behind": ["b", "c"], "gap": [0.01, 0.2], "distance": [0.02, 0.5]})
    text = robustness.swaps_text(near, star)
    assert f"переложить 13,00{NBSP}% веса; меньше 2{NBSP}% — у 1{NBSP}пары соседей из 2" in text
    table = robustness.swaps_table(near, pd.Series({"a": "А", "b": "Б", "c": "В"}), 100)
    assert table["Сколько веса переложить, %"].to_list() == pytest.approx([1, 25])
    assert table["Разница баллов"].to_list() == pytest.approx([1, 20])
    bounds = pd.DataFrame({"best_bound": [1, 2, 3], "worst_bound": [1, 5, 9]})
    text = robustness.attainable_text(SimpleNamespace(table=bounds), 0.25, star)
    assert f"шириной 4{NBSP}места" in text
    assert f"место 1{NBSP}центра никакие такие веса не меняют" in text


def test_left_out_names_the_pillar():
    summary = pd.DataFrame({"mean_shift": [12.4, 3.0], "largest_rise": [5, 6], "largest_fall": [7, 8], "moved": [9, 9]},
                           index=["Д", "П"])
    found = SimpleNamespace(summary=lambda: summary)
    title = {"Д": "Доступность", "П": "Польза"}.get
    assert robustness.left_out_text(found, title) == (
        "Сильнее всего рейтинг держится на «Доступность»: без него место меняется в среднем на 12; слабее всего — на "
        "«Польза» (3).")
    assert robustness.left_out_table(found, title).index.to_list() == ["Д", "П"]


def test_places_text_counts_places_not_differences(star):
    summary = pd.DataFrame({"width": [0.0, 4.0, 9.0]})
    found = SimpleNamespace(first=pd.Series([0.5, 0.005, np.nan]))
    text = robustness.places_text(found, summary, 0.9, star)
    assert f"охватывает 5{NBSP}мест из 3 (90{NBSP}% розыгрышей)" in text
    assert f"из ста — у 1{NBSP}центра." in text


def test_answer_says_whether_places_and_grades_can_be_relied_on(star):
    loose = pd.DataFrame({"width": [0.0, *[300.0] * 99]})
    assert robustness.answer_text(loose, pd.Series([0.95, 0.65]), star) == (
        f"Отдельному месту — нет: интервал в середине ряда — 301{NBSP}место из 100, устойчиво место у 1{NBSP}центра. "
        f"Место называют только вместе с интервалом. Уровень (звёзды) сохраняется в среднем в 80,0{NBSP}% розыгрышей, "
        f"под вопросом он у 1{NBSP}центра.")
    firm = pd.DataFrame({"width": [0.0, 2.0, 5.0]})  # of three places two are the least interval that counts
    assert robustness.answer_text(firm, None, star) == (
        f"Большинству мест — да: интервал в середине ряда — 3{NBSP}места из 3, устойчиво место у 2{NBSP}центров.")


def test_a_stable_place_is_within_a_twentieth_of_the_ranking():
    assert robustness.steady(pd.DataFrame({"width": [5.0] * 30 + [5.1] * 70})) == 30
    assert robustness.steady(pd.DataFrame({"width": [2.0, 2.0, 3.0]})) == 2
