"""Words and tables of the check of levels: what they say follows from the numbers."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from methods.data import store
from methods.data.editions import load_edition
from methods.errors import NotPublishable
from methods.index.change import average_change, comparable_terms, score_change
from methods.maturity.bridging import bridged_series, link
from methods.maturity.classification import livingston_lewis
from methods.maturity.items import advice, item_statistics, requirement_order
from methods.maturity.levels import both_rules, self_against_external
from methods.maturity.transitions import falls, real_progress, transition_matrix
from methods.report import maturing

NBSP = "\u00a0"
NAMES = ["без уровня", "низкий", "средний", "высокий"]


@pytest.fixture(scope="module")
def star(root):
    return load_edition(root, "star-2022")


@pytest.fixture(scope="module")
def regional(root):
    return load_edition(root, "maturity-2022")


@pytest.fixture(scope="module")
def gtmi(root):
    return {period: store.scored(f"gtmi-{period}", period, root) for period in ("2020", "2022", "2025")}


def units(*scores):
    return pd.Series(scores, [f"Р{place:02d}" for place in range(1, len(scores) + 1)], dtype=float)


# --- how sure a level is ----------------------------------------------------------------------------------------------

def test_a_floor_is_a_border_with_a_name_below_it(star, regional):
    assert maturing.borders(star, [60, 70], ["*", "**", "***"]) == ([50, 60, 70], ["без уровня", "*", "**", "***"])
    assert maturing.borders(regional, [35], ["низ", "верх"]) == ([35], ["низ", "верх"])


def test_errors_of_the_survey_where_there_is_one(root, star, regional):
    errors = maturing.survey_errors(star, store.prepare(root, star, "2024").answers)
    assert 0.5 < errors.median() < 2
    assert maturing.survey_errors(star, None) is None
    answers = pd.DataFrame({"unit": ["01"], "clientele": [""]})
    assert maturing.survey_errors(regional, answers) is None  # nothing is asked of clients there


def test_scales_without_ends_have_no_limits(root, star, regional):
    odm = load_edition(root, "odm-2023")
    assert maturing.limits(star, None) == (0, 100)
    assert maturing.limits(odm, pd.Series([30.0, 10.0])) == (0, 40)
    assert maturing.limits(odm, None) is None
    assert maturing.limits(load_edition(root, "cms-2021"), None) is None
    assert maturing.limits(regional, pd.Series([3.0])) == (0, 100)


def test_consistency_leaves_out_what_cannot_tell():
    parts = pd.DataFrame({"a": [1.0, 2, 3, 4], "b": [1.0, 2, 4, 3], "same": 1.0}, index=list("ABCD"))
    assert maturing.consistency(parts).alpha == pytest.approx(0.8889, abs=1e-4)  # 2 r / (1 + r), r = .8
    assert maturing.consistency(parts[["a", "same"]]) is None
    assert maturing.consistency(parts.iloc[:2]) is None
    gap = parts.astype(float)
    gap.loc["A", "a"] = np.nan
    assert maturing.consistency(gap).n == 3


def test_trust_from_errors_and_words_about_it(regional):
    scores = units(20, 34, 36, 60)
    found = maturing.trust(scores, [35, 50], errors=pd.Series(2.0, scores.index))
    own = maturing.own_chance(found.chances, units(1, 1, 2, 3))
    assert own.round(3).to_list() == [1.0, 0.691, 0.691, 1.0]  # Phi(1/2)
    assert found.found.accuracy == pytest.approx(own.mean())
    said = maturing.trust_text(found, own, NAMES[1:], regional)
    assert said.startswith("Источник ошибки: выборочная ошибка опроса (Раднер)")
    assert f"На своём истинном уровне 85{NBSP}% единиц (точность)" in said
    assert "Слабее всего граница «низкий» — «средний»" in said
    assert said.endswith(f"у 2{NBSP}регионов из 4.")
    table = maturing.trust_table(found, NAMES[1:])
    assert table.loc["низкий", "Присвоено, %"] == pytest.approx(50)
    listed = maturing.chances_table(found.chances, own, scores, pd.Series("имя", scores.index), NAMES[1:])
    assert set(listed.index[:2]) == {"Р02", "Р03"}
    assert listed.loc["Р02", "низкий, %"] == 69


def test_trust_from_reliability_is_livingston_and_lewis(regional):
    scores = pd.Series(100 * np.random.default_rng(1).beta(4, 4, 60), [f"Р{place}" for place in range(60)])
    alpha = SimpleNamespace(alpha=0.9)
    found = maturing.trust(scores, [40, 60], alpha=alpha, ends=(0, 100))
    assert found.found.accuracy == livingston_lewis(scores, 0.9, [40, 60], highest=100).accuracy
    assert found.error == pytest.approx(scores.std() * 0.1**0.5)
    assert "альфа 0,90 (Ливингстон — Льюис)" in found.source
    with pytest.raises(NotPublishable, match="Ошибка балла неизвестна"):
        maturing.trust(scores, [40, 60])
    with pytest.raises(NotPublishable, match="Ошибка балла неизвестна"):
        maturing.trust(scores, [40, 60], alpha=alpha)


def test_levels_of_other_scores_follow_the_rule_of_the_edition(root, star):
    points = units(50, 60.04, 90.06, 90.0)
    assert maturing.graded(points, star, [60, 70, 80, 90]).to_list() == [0, 1, 5, 4]  # floor, rounding, lower edge
    odm = load_edition(root, "odm-2023")
    assert maturing.graded(units(1, 2), odm, [2]).to_list() == [1, 2]


# --- other rules ------------------------------------------------------------------------------------------------------

def test_rules_against_the_first_one(regional):
    variants = {"принятое": units(1, 2, 3, 3), "слабейшее": units(1, 1, 2, 3), "квантили": units(1, 2, 3, 2)}
    changes = maturing.rule_changes(variants)
    assert changes.loc["слабейшее"].to_list() == [0.5, 0, 2]
    said = maturing.rules_text(changes, "принятое")
    assert f"«слабейшее»: сменили бы 50,0{NBSP}% единиц, выше стали бы 0, ниже — 2." in said
    assert said.endswith(f"Ближе всего «квантили»: 25,0{NBSP}%.")
    assert maturing.rules_text(changes.iloc[:0], "принятое") == "Других правил к этой шкале не приложить."
    shares = maturing.shares_by_rule(variants, NAMES)
    assert list(shares.columns) == NAMES[1:]
    assert shares.sum(axis=1).to_list() == pytest.approx([1, 1, 1])
    movers = maturing.movers_table(variants, pd.Series("имя", variants["принятое"].index), NAMES,
                                   pd.Series({"Р02": "данные"}))
    assert list(movers.index) == ["Р02", "Р03", "Р04"]
    assert movers.loc["Р02"].to_list() == ["имя", "средний", "низкий", "средний", "данные"]
    assert movers.loc["Р03", "Что держит"] == ""


def test_the_gate_names_what_keeps_units_down(regional):
    scores = pd.DataFrame({"x": [60.0, 60, 20]}, index=["A", "B", "C"])
    level_of = pd.Series({"2.1": 2, "3.1": 3})
    met = pd.DataFrame([[1, 1], [0, 1], [1, 1]], index=["A", "B", "C"], columns=level_of.index)
    rules = both_rules(scores, [35, 50], met=met, level_of=level_of)
    said = maturing.gate_text(rules, {"2.1": "Положение"}.get, regional)
    assert f"у 2{NBSP}регионов из 3: по всем требованиям ниже 1, выше 1." in said
    assert said.endswith(f"«Положение» — 1{NBSP}регион.")


# --- questions --------------------------------------------------------------------------------------------------------

@pytest.fixture(scope="module")
def marks():
    rng = np.random.default_rng(4)
    latent = rng.normal(size=(80, 1)) - np.array([-1.0, -0.5, 0.0, 0.5, 1.0])
    table = pd.DataFrame((latent + rng.logistic(size=latent.shape) / 4 > 0).astype(int),
                         columns=["1.1", "1.2", "2.1", "2.2", "3.1"])
    return table.assign(**{"3.2": rng.integers(0, 2, 80)})


def test_advice_is_one_row_a_question_with_every_reason(marks):
    found = advice(item_statistics(marks), scalability=pd.Series({"3.2": 0.05}))
    titles = pd.Series({code: f"Вопрос {code}" for code in marks})
    table = maturing.advice_table(found, titles)
    assert table.loc["3.2", "Что сделать"] == "убрать"
    assert table.loc["3.2", "Почему"].startswith("слабо связано с остальными (")
    assert "коэффициент Лёвингера ниже порога (0,05)" in table.loc["3.2", "Почему"]
    assert table.index.is_unique
    codes = pd.Series(marks.columns, marks.columns)
    assert list(maturing.advice_table(found, codes)) == ["Что сделать", "Почему"]
    said = maturing.advice_text(found, 6)
    assert said.startswith(f"Сомнения есть о {found['item'].nunique()} из 6{NBSP}вопросов: убрать — ")
    assert maturing.advice_text(found, 6, 5).endswith("Единиц всего 5: это догадки.")
    assert maturing.advice_text(found.iloc[:0], 6) == f"Сомнений нет ни об одном из 6{NBSP}вопросов."


def test_one_thing_and_a_staircase_in_words(marks):
    alpha = maturing.consistency(marks)
    assert maturing.scale_text(None, None, None, None).startswith("Согласованность не определена")
    scale = SimpleNamespace(scale=pd.Series({"h": 0.45, "low": 0.4, "high": 0.5}), confidence=0.9,
                            items=pd.DataFrame({"h": [0.5]}, index=["1.1"]))
    steps = SimpleNamespace(minimal_reproducibility=0.7, techniques=pd.DataFrame(
        {"reproducibility": [0.92]}, index=["goodenough_edwards"]))
    whole = SimpleNamespace(total=0.9, hierarchical=0.8)
    said = maturing.scale_text(alpha, whole, scale, steps)
    assert "H Лёвингера 0,45 (90\xa0%: 0,40–0,50)" in said
    assert "средняя лестница" in said
    assert "Гуттмана 0,92 (не ниже принятых 0,90); одни частоты дали бы 0,70." in said
    assert "Омега 0,90, из неё общий фактор 0,80." in said
    assert [maturing._strength(h) for h in (0.2, 0.3, 0.4, 0.5)] == [
        "не лестница", "слабая лестница", "средняя лестница", "крепкая лестница"]
    table = maturing.questions_table(item_statistics(marks), pd.Series("т", marks.columns), alpha, scale)
    assert table.loc["1.1", "H Лёвингера"] == 0.5
    assert np.isnan(table.loc["3.2", "H Лёвингера"])


def test_requirements_on_a_wrong_level_are_named(marks):
    levels = pd.Series({"1.1": 4, "1.2": 2, "2.1": 2, "2.2": 3, "3.1": 3, "3.2": 3})
    titles = pd.Series({code: f"В{code}" for code in levels.index})
    said = maturing.order_text(requirement_order(marks, levels, draws=200), titles)
    assert "«В1.1» (1.1) — с 4-го на 2-й" in said
    right = pd.Series({"1.1": 1, "1.2": 1, "2.1": 2, "2.2": 2, "3.1": 3})
    said = maturing.order_text(requirement_order(marks[list(right.index)], right, draws=200), titles)
    assert said.endswith("Требований, которые уверенно стоят не на своём уровне, нет.")


def test_information_of_one_model_or_of_one_a_dimension(marks):
    dimension = pd.Series({"1.1": "а", "1.2": "а", "2.1": "а", "2.2": "б", "3.1": "б", "3.2": "б"})
    told, model = maturing.information(marks.astype(float), dimension)
    assert told.idxmin() == "3.2"
    assert model is not None
    few, model = maturing.information(marks.head(6).astype(float).assign(даром=1.0), dimension.reindex(
        [*marks, "даром"]).fillna("а"))
    assert model is None
    assert "даром" not in few
    with pytest.raises(NotPublishable, match="вопросы не различают единиц"):
        maturing.information(pd.DataFrame({"a": [1.0, 1.0, 1.0]}), pd.Series({"a": "x"}))


def test_where_the_questions_tell_most():
    table = pd.DataFrame({"information": [2.0, 3.0, 5.0, 1.0, 0.5], "se": [0.7, 0.6, 0.45, 1, 1.4],
                          "best": ["1", "1", "2", "2", "3"]},
                         index=["level 1", "border 1|2", "level 2", "border 2|3", "level 3"])
    said = maturing.information_text(table, NAMES[1:], pd.Series({"3": "Эффект"}))
    assert "точнее всего различают на уровне «средний» (ошибка 0,45" in said
    assert "«высокий» (1,40); там больше других говорит вопрос «Эффект»." in said
    assert maturing.information_text(table.iloc[:1], NAMES[1:], pd.Series(dtype=object)).endswith("одинаково.")


def test_self_assessment_in_words(regional):
    own = pd.DataFrame({"1.1": [3.0, 2, 3], "1.2": [2.0, 2, 1]}, index=["A", "B", "C"])
    others = pd.DataFrame({"1.1": [2.0, 2, 1], "1.2": [2.0, 1, 1]}, index=["A", "B", "C"])
    found = self_against_external(own, others, pd.Series(3.0, own.columns), pd.Series(["а", "б"], own.columns))
    said = maturing.assessors_text(found, units(1, 0, np.nan), regional)
    assert f"в среднем на 22,2{NBSP}% шкалы, больше всего по направлению «а» (33,3{NBSP}%)" in said
    assert said.endswith(f"выше у 1{NBSP}региона, ниже у 0{NBSP}регионов из 2.")
    table = maturing.assessors_table(found)
    assert table.loc["а", "Самооценка выше на, % шкалы"] == pytest.approx(100 / 3)


def test_what_leaving_questions_out_does(regional):
    found = maturing.revision(units(10, 20, 30), units(10, 31, 30), (units(1, 1, 2), units(1, 2, 2)), ["1", "2"],
                              (0.9, 0.85))
    assert found.places.to_list() == [0, 1, -1]
    said = maturing.revision_text(found, regional)
    assert said.startswith(f"Без 2{NBSP}вопросов, которые говорят меньше всего (1 и 2), альфа 0,900 → 0,850")
    assert f"наибольший сдвиг места 1; уровень при тех же границах выше у 1{NBSP}региона" in said


# --- waves and causes -------------------------------------------------------------------------------------------------

def test_transitions_in_words(regional):
    before, after = units(1, 1, 2, 3), units(2, 1, 2, 1)
    found = transition_matrix(before, after, 3)
    said = maturing.transitions_text(found, len(falls(before, after)), ("2023", "2024"), regional)
    assert f"С 2023 по 2024 из 4{NBSP}регионов поднялись 1 (25{NBSP}%" in said
    assert said.endswith("На два уровня и больше упали 1: стоит проверить.")
    assert maturing.transitions_text(found, 0, ("2023", "2024"), regional).endswith("Падений на два уровня нет.")
    table = maturing.transitions_table(found, NAMES, ("2023", "2024"))
    assert table.loc["низкий", ["низкий", "средний", "Остались, %"]].to_list() == [1, 1, 50]
    fell = maturing.falls_table(falls(before, after), pd.Series({"Р04": "Четвёртый"}), NAMES)
    assert fell.loc["Р04"].to_list() == ["Четвёртый", "высокий", "низкий"]


def test_only_a_change_beyond_chance_is_called_one():
    rng = np.random.default_rng(2)
    before = pd.Series(rng.normal(50, 10, 60))
    grown = {"все единицы": real_progress(before, before + 5 + rng.normal(0, 2, 60), reliability=0.95)}
    same = {"все единицы": real_progress(before, before + rng.normal(0, 8, 60), reliability=0.9)}
    shrunk = {"все единицы": real_progress(before, before - 5 + rng.normal(0, 2, 60), reliability=0.95)}
    words = [maturing.progress_text(found, 1, ("2023", "2024")) for found in (grown, same, shrunk)]
    assert words[0].endswith("рост сверх возврата и случая.")
    assert words[1].endswith("большего не доказано.")
    assert words[2].endswith("спад сверх возврата и случая.")
    table, places = maturing.progress_table(grown, 2)
    assert table.loc["все единицы", "Единиц"] == 60
    assert places["Изменение"] == 2


def test_the_split_by_group_is_exact_and_agrees_with_shapley(root, regional):
    sides = [store.scored("maturity-2022", period, root) for period in ("2023", "2024")]
    quick = maturing.split_by_group(sides[0][2], sides[1][2], regional)
    slow = score_change(sides[0][1].measurements, regional, sides[1][1].measurements, regional,
                        performance_by_group=True)
    assert len(quick.effects) == 86
    np.testing.assert_allclose(quick.effects.sum(axis=1), quick.change, atol=1e-12)
    pd.testing.assert_frame_equal(quick.effects, slow.effects.loc[quick.effects.index, list(quick.effects)],
                                  check_names=False, atol=1e-9)


def test_no_split_by_group_where_the_index_is_no_mean(root):
    odm, _, scores = store.scored("odm-2023", "", root)
    assert maturing.split_by_group(scores, scores, odm) is None
    cms, _, scores = store.scored("cms-2021", "", root)
    if cms.is_flat:
        assert maturing.split_by_group(scores, scores, cms) is None


def test_units_are_named_with_what_moved_them(gtmi):
    (old, was, before), (new, now, after) = gtmi["2020"], gtmi["2022"]
    split = score_change(was.measurements, old, now.measurements, new, performance_by_group=True)
    table = maturing.effects_table(split, new, now.units["title"], pd.Index(["BEN", "DEU"]))
    assert list(table.index) == ["BEN", "DEU"]
    assert table.loc["BEN", "Изменение"] == pytest.approx(0.333)
    assert table.loc["BEN", "Главная причина"] == "работа, «Цифровое вовлечение граждан»"
    assert "Состав единиц" not in table  # moved nobody
    said = maturing.average_text(split, average_change(before.index.dropna(), after.index.dropna()), new,
                                 ("2020", "2022"))
    assert said.startswith("С 2020 по 2022 средний балл изменился на 0,033: единицы, которые были в оба периода, 0,034")
    assert "У оставшихся: работа, «Базовые государственные системы» 0,024" in said
    terms = comparable_terms(was.measurements, old, now.measurements, new)
    said = maturing.comparable_text(terms, new, ("gtmi-2020", "gtmi-2022"), ("2020", "2022"))
    assert said.endswith("методика не сдвинула ни одной единицы.")
    assert "опубликованное и есть" in maturing.comparable_text(terms, new, ("a", "a"), ("2020", "2022"))


def test_a_wave_collected_otherwise_is_a_break(gtmi):
    editions = {period: own[0] for period, own in gtmi.items()}
    steps = [(editions["2020"], editions["2022"], ("2020", "2022")), (editions["2022"], editions["2025"],
                                                                      ("2022", "2025"))]
    found = maturing.breaks(steps, [])
    assert [own.periods for own in found] == [("2020", "2022")]  # 2022 and 2025 differ in years only
    said = maturing.breaks_text(found)
    assert said.startswith("⚠ 2020 → 2022: разрыв ряда. Общего периода у редакций gtmi-2020 и gtmi-2022 нет")
    assert "собранным дистанционно. Стало:" in said
    assert maturing.breaks_sentence(found).startswith("⚠ Ряд разорван (2020 → 2022)")
    assert maturing.breaks(steps, [("gtmi-2020", "gtmi-2022")]) == []
    assert maturing.breaks_text([]).startswith("Разрывов ряда нет")


def test_other_rules_are_a_break_too(regional):
    new = regional.model_copy(update={"version": "maturity-2026", "weights": {**regional.weights, "index": {
        "С": 0.4, "Р": 0.2, "Л": 0.2, "К": 0.2}}})
    (found,) = maturing.breaks([(regional, new, ("2024", "2025"))], [])
    assert found.what == "Правила различаются: веса."


def test_a_bridge_in_words():
    old = pd.Series(np.arange(1.0, 31), [f"Р{place}" for place in range(30)])
    new = 0.5 * old + 3 + np.tile([0.1, -0.1], 15)
    bridge = link(old, new, draws=200)
    rows = pd.concat([pd.DataFrame({"unit": old.index, "period": "2024", "edition": "а", "score": old.to_numpy()}),
                      pd.DataFrame({"unit": old.index, "period": "2025", "edition": "б", "score": new.to_numpy()})])
    series = bridged_series(rows, {("а", "б"): bridge}, "б")
    said = maturing.bridge_text(bridge, series, ("а", "б"), "2025")
    assert "связь годится для отдельных единиц" in said
    assert "Прежние периоды на новой шкале: 2024 — 10,75 (связь: " in said
    assert said.endswith("⚠ На стыке — разрыв ряда.")


def test_one_wave_has_nothing_to_compare_with(regional):
    assert maturing.waves_text([("а", "2024")]).startswith("Период один")
    assert maturing.waves_text([("а", "2023"), ("а", "2024")]) == "2\xa0волны: 2023 (а) и 2024 (а)."
    counts = pd.Series({1: 3, 2: 7})
    assert maturing.levels_sentence(counts, NAMES, regional) == (
        f"Чаще всего встречается «средний»: 70,0{NBSP}% (7{NBSP}регионов из 10).")


def test_the_draft_of_a_decision_leaves_the_people_their_part(regional):
    found = maturing.revision(units(10, 20), units(10, 21), (units(1, 1), units(1, 1)), ["Л2.1", "С1.3"], (0.9, 0.91))
    advised = pd.DataFrame({"Почему": ["слабо связано с остальными (0,00)"]}, index=["Л2.1"])
    said = maturing.decision_draft(regional, "2024", "maturity-2026", found, advised)
    assert said.startswith("# Вопросы: редакция maturity-2026\n")
    assert "- Л2.1: слабо связано с остальными (0,00)\n- С1.3: говорит меньше других" in said
    assert said.count("<…>") == 3
    assert "альфа 0,900 → 0,910" in said
