"""Words, tables and rules of the audit: what they say follows from the numbers."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from methods.data import store
from methods.data.editions import load_edition
from methods.index.added_value import added_value
from methods.index.coverage import data_coverage
from methods.index.edition import INDEX
from methods.index.frontier import distance_to_frontier
from methods.report import auditing
from methods.report.applicability import reason_not_applicable
from methods.report.auditing import Thresholds
from methods.sensitivity.one_at_a_time import JOINT, Alternative, OneAtATime
from methods.sensitivity.outliers import outlier_screen
from methods.weights.bench import members

NBSP = "\u00a0"
LIMITS = Thresholds(apart=3)


@pytest.fixture(scope="module")
def star(root):
    return load_edition(root, "star-2022")


@pytest.fixture(scope="module")
def cms(root):
    return load_edition(root, "cms-2021")


@pytest.fixture(scope="module")
def gtmi(root):
    return store.scored("gtmi-2025", "2025", root)


@pytest.fixture(scope="module")
def egov(root):
    return store.scored("egov-career-2022", "2022", root)


def test_every_threshold_has_its_source():
    table = LIMITS.table()
    assert (table["Источник"].str.len() > 5).all()
    share = f"65{NBSP}%"
    assert table["Значение"].to_list() == [share, "2", "3,5", share, "0,7", "0,3", "0,92", "0,05", "2", "3", "0,5–2"]


# Data

def test_coverage_says_who_lacks_what_and_is_ranked_all_the_same(egov):
    edition, _, scores = egov
    values = scores.indicators.copy()
    values.iloc[:3, :8] = np.nan
    values.iloc[:, 0] = values.iloc[:, 0].where(np.arange(len(values)) < 20)
    found = data_coverage(values, auditing.groups_of(edition, values.columns))
    ranked = values.index[1:]
    text = auditing.coverage_text(found, ranked, edition, LIMITS)
    assert "Меньше 65\u00a0% показателей — у 3\u00a0стран из 35, из них в рейтинге 2." in text
    assert f"— 1 из 14: «{edition.element_title(values.columns[0])}»." in text
    table = auditing.coverage_table(found, ranked, edition, LIMITS)
    assert table.loc["—", ["Единиц ниже порога", "Из них в рейтинге"]].to_list() == [3, 2]
    whole = auditing.coverage_text(data_coverage(values.fillna(0)), ranked, edition, LIMITS)
    assert whole == (f"Есть 100,0{NBSP}% значений. У каждой единицы не меньше 65{NBSP}% показателей. Каждый показатель "
                     f"есть не меньше чем у 65{NBSP}% единиц.")


def test_groups_are_those_right_below_the_index_with_what_is_present(egov, gtmi):
    found = auditing.groups_of(egov[0], egov[2].normalised.columns)
    assert list(found) == ["User", "Transparency", "Enablers", "CrossBorder"]
    assert len(found["CrossBorder"]) == 4
    assert auditing.groups_of(gtmi[0], gtmi[2].normalised.columns) == {}
    assert auditing.groups_of(egov[0], pd.Index(["1.1"])) == {"User": ["1.1"]}


def test_the_cure_of_an_outlier_depends_on_the_scale(star, cms):
    wild = pd.Series([*range(1, 11), 30.0, 100])
    for edition, code, cure in ((star, "Д1", "проверить крайние значения; шкала от них не зависит"),
                                (cms, "HAI_1", f"сдвинуть 1{NBSP}крайнее значение")):
        screen = outlier_screen(pd.DataFrame({code: wild}))
        assert auditing.outliers_table(screen, edition).loc[code, "Что делать"] == cure
    screen = outlier_screen(pd.DataFrame({"HAI_1": wild, "HAI_2": 1.0, "HAI_3": range(12)}), most=0)
    assert auditing.outliers_table(screen, cms)["Что делать"].to_list() == [
        "сдвиг не лечит: взять логарифм или опорные точки", "исключить: одно значение у всех", "ничего"]
    text = auditing.outliers_text(screen, cms, LIMITS)
    assert "у 1\u00a0показателя из 3" in text
    assert "нужно обработать, 1." in text
    assert f"Одно значение у всех единиц: «{cms.element_title('HAI_2')}»." in text
    calm = auditing.outliers_text(outlier_screen(pd.DataFrame({"HAI_3": range(12)})), cms, LIMITS)
    assert calm.endswith("эксцесс больше 3,5) не найдены.")


# One axis

def test_groups_that_speak_of_one_thing(egov):
    edition, _, scores = egov
    found = auditing.axes(scores, edition, draws=200)
    assert [axis.parent for axis in found] == [*edition.groups, INDEX]
    text = auditing.axes_text(found, edition, LIMITS)
    assert text.startswith("Об одном (сверх случайных ровно одна компонента, нагрузки одного знака) говорят "
                           f"5{NBSP}групп из 5 проверенных.")
    assert f"В индексе первая компонента держит 73{NBSP}% разброса 4{NBSP}элементов" in text
    table = auditing.axes_table(found, edition)
    assert table.loc["—", "Элементов"] == 4
    assert (table["Нагрузки против"] == "нет").all()


def test_a_group_that_runs_apart_is_named_with_the_reason(egov):
    edition, _, scores = egov
    turned = scores.normalised.assign(**{"1.3": 1 - scores.normalised["1.3"]})
    values = {"normalised": turned}
    found = auditing.axes(type(scores)(**{**vars(scores), **values}), edition, draws=200)
    text = auditing.axes_text(found, edition, LIMITS)
    assert f"Не об одном: «{edition.element_title('User')}» (против остальных 1.3)." in text


def test_one_indicator_in_a_group_and_no_groups_are_said(gtmi):
    edition, _, scores = gtmi
    found = auditing.axes(scores, edition, draws=200)
    assert [axis.parent for axis in found] == [INDEX]
    assert auditing.axes_text(found, edition, LIMITS).startswith("В индексе первая компонента держит 91")
    single = auditing.Axis("User", 1, None, 0, None, "состоит из одного элемента")
    text = auditing.axes_text([single, found[0]], SimpleNamespace(element_title=str), LIMITS)
    assert "Из одного показателя состоят группы: «User»; проверять в них нечего." in text
    assert not single.one


# Lights

def test_lights_of_an_indicator_concern_its_group_and_the_index(egov):
    edition, _, scores = egov
    found = auditing.links(scores, edition, LIMITS)
    strayed = found.lights.index[(found.lights == auditing.STRAY).any(axis=1)]
    for code in strayed:
        own = found.upward.r.loc[code, found.own[code]]
        assert (found.upward.r.loc[code].drop([found.own[code], INDEX]) > own).any()
    assert found.with_own["1.1"] == found.upward.r.loc["1.1", "User"]
    coherent = (found.lights == "") | found.lights.isin([auditing.STRAY])
    assert coherent.loc["1.1", ["Transparency", "Enablers", "CrossBorder"]].all()
    text = auditing.links_text(found, edition)
    assert f"Со своей группой согласованы 14 из 14{NBSP}показателей." in text
    assert "Молчат в индексе: «Цифровая почта»." in text
    table, lights = auditing.picture(found)
    assert table.columns.to_list() == ["User", "Transparency", "Enablers", "CrossBorder", "Индекс"]
    assert lights.shape == table.shape
    few, _ = auditing.picture(found, most=5)
    assert len(few) == int((found.lights != "").any(axis=1).sum())


def test_without_groups_indicators_are_shown_by_each_other(gtmi):
    edition, _, scores = gtmi
    found = auditing.links(scores, edition, LIMITS)
    assert found.own.isna().all()
    table, lights = auditing.picture(found)
    assert table.index.to_list() == table.columns.to_list() == [*edition.indicators, "Индекс"]
    np.testing.assert_allclose(table, table.T, atol=1e-12)
    assert lights.loc["CGSI", "GTEI"] == lights.loc["GTEI", "CGSI"] == "повтор"
    assert list(auditing.links_table(found, edition)) == ["Показатель", "С индексом", "Огонь"]
    assert auditing.groups_text(found, edition, LIMITS) == "Групп меньше двух: сверять их между собой нечего."
    assert auditing.pairs_table(found, edition)["Огонь"].to_list() == ["повтор"]


# Weights, added value, choices, frontier

def test_influence_speaks_only_of_what_is_certain(star):
    table = pd.DataFrame({"Вес, %": [10.0, 10, 10], "Доля влияния, %": [30.0, 25, 2], "От": [21.0, 15, 1],
                          "До": [39.0, 35, 4]}, index=["Д1", "Д2", "Д3"])
    text = auditing.influence_text(table, LIMITS, star)
    assert text == (f"Влияют больше чем в 2{NBSP}раза сильнее веса: «{star.element_title('Д1')}» (вес 10,0{NBSP}%, "
                    f"влияние 30,0{NBSP}%). Влияют больше чем в 2{NBSP}раза слабее веса: «{star.element_title('Д3')}» "
                    f"(вес 10,0{NBSP}%, влияние 2,0{NBSP}%).")
    calm = auditing.influence_text(table, Thresholds(imbalance=5), star)
    assert calm == f"Ни у одного показателя доля влияния не отличается от веса наверняка больше чем в 5{NBSP}раз."
    assert "в 2,5\u00a0раза" in auditing.influence_text(table, Thresholds(imbalance=2.5), star)


def test_added_value_in_words(star):
    index = pd.Series({"A": 3.0, "B": 2, "C": 1, "D": 0})
    groups = pd.DataFrame({"Д": index, "П": -index})
    found = added_value(index, groups)
    text = auditing.added_value_text(found, star, 3)
    assert text.startswith(f"Не меньше чем на 3{NBSP}позиции место по индексу расходится с местом хотя бы по одному "
                           f"элементу у 50,0{NBSP}% единиц. Ближе всех к индексу «{star.element_title('Д')}»")
    assert auditing.added_value_table(found, star, 3)["Места расходятся, % единиц"].to_list() == [0, 50]
    alone = auditing.added_value_text(added_value(index, groups[["Д"]]), star, 3)
    assert alone.endswith("сверх него он ничего не говорит.")


def test_choices_that_can_and_cannot_be_changed():
    adopted = pd.Series({"A": 1.0, "B": 2, "C": 3})
    places = pd.DataFrame({"x": [1.0, 3, 2], "y": [3.0, 2, 1], JOINT: [2.0, 1, 3]}, adopted.index)
    titles = {name: Alternative(f"выбор {name}", {}) for name in ("x", "z", "y")}
    found = OneAtATime(adopted, places, {"z": "пропусков нет"}, ("x", "y"))
    table = auditing.choices_table(found, titles, 2)
    assert table.index.to_list() == ["выбор x", "выбор z — пропусков нет", "выбор y", "вместе: выбор x; выбор y"]
    assert table["Сдвинулись далеко, %"].to_list() == pytest.approx([0, np.nan, 200 / 3, 0], nan_ok=True)
    assert auditing.choices_text(found, titles) == (
        "Выборов, изменённых по одному, — 2. Сильнее всего места сдвигает «выбор y»: в среднем на 1,3 из 3; слабее "
        f"всего — «выбор x» (0,7). Вместе 2{NBSP}выбора сдвигают место в среднем на 0,7.")
    nothing = OneAtATime(adopted, places[[]], {"z": "пропусков нет"}, ())
    assert auditing.choices_text(nothing, titles) == "Ни один выбор методики нельзя изменить на другой обычный."
    still = OneAtATime(adopted, pd.DataFrame({"x": adopted}), {}, ("x",))
    assert auditing.choices_text(still, titles) == "Ни один другой обычный выбор не сдвигает ни одного места."


def test_frontier_in_words(egov):
    edition, _, scores = egov
    top = members(scores, edition).dropna()
    distance = distance_to_frontier(top)
    weights = pd.Series(0.25, top.columns)
    best = auditing.doubt(top, weights)
    text = auditing.frontier_text(distance, best, scores.index[top.index], edition)
    assert "на границе окажется" in text or "на границе окажутся" in text
    assert auditing.frontier_text(distance, None, scores.index, edition).count(".") == 1
    table = auditing.frontier_table(distance, edition)
    assert (table["Лучшая четверть, не больше"] <= table["Три четверти, не больше"]).all()
    shares = best.shares.dropna()
    assert ((shares > 0.124) & (shares < 0.501)).to_numpy().all()


# Recommendations

MEASURES = {"distinct": 30.0, "coverage": 100.0, "skewness": 0.5, "kurtosis": 0.1, "squeezes": 1.0, "group": 0.7,
            "group_p": 0.0, "index": 0.6, "index_p": 0.0, "home": "Своя", "other": 0.3, "other_title": "Чужая",
            "stray": -0.4, "twin": 0.5, "twin_title": "Двойник", "weight": 10.0, "share": 11.0, "low": 8.0,
            "high": 14.0, "least_times": 0.8, "most_times": 1.4}


@pytest.mark.parametrize(("changes", "action", "words"), [
    ({"distinct": 1.0}, "исключить как неразличающий", "одно значение у всех единиц"),
    ({"coverage": 50.0}, "собрать данные", "значение есть у 50 % единиц, нужно не меньше 65 %"),
    ({"skewness": 2.5, "kurtosis": 7.0}, "обработать выбросы",
     "асимметрия 2,50, эксцесс 7,00: крайние значения сжимают остальных"),
    ({"skewness": 2.5, "kurtosis": 7.0, "squeezes": 0.0}, "проверить крайние значения",
     "асимметрия 2,50, эксцесс 7,00; шкала от разброса не зависит"),
    ({"group": -0.4}, "проверить направление и смысл", "идёт против своей группы «Своя»: связь −0,40"),
    ({"group": 0.2}, "пересмотреть место в группе", "молчит в своей группе «Своя»: связь 0,20, нужно хотя бы 0,30"),
    ({"group": 0.4, "group_p": 0.2}, "пересмотреть место в группе",
     "связь со своей группой «Своя» не доказана: 0,40, p = 0,200"),
    ({"stray": 0.1, "other": 0.8}, "объяснить или перенести",
     "с группой «Чужая» связан теснее (0,80), чем со своей (0,70)"),
    ({"index": -0.2}, "проверить направление и смысл", "идёт против индекса: связь −0,20"),
    ({"index": 0.1}, "пересмотреть место в индексе", "молчит в индексе: связь 0,10, нужно хотя бы 0,30"),
    ({"index_p": 0.06}, "пересмотреть место в индексе", "связь с индексом не доказана: 0,60, p = 0,060"),
    ({"twin": 0.95}, "объединить или оставить один", "повторяет «Двойник»: связь 0,95"),
    ({"most_times": 0.4, "share": 2.0, "low": 1.0, "high": 4.0}, "сверить вес с влиянием",
     "вес 10,0 %, а влияет на 2,0 % (от 1,0 до 4,0)"),
    ({"least_times": 2.5}, "сверить вес с влиянием", "вес 10,0 %, а влияет на 11,0 % (от 8,0 до 14,0)")])
def test_every_rule_speaks_in_its_turn(changes, action, words):
    measured = pd.DataFrame([{**MEASURES, **changes}], index=["x"])
    found = auditing.findings(measured, auditing.rules(LIMITS))
    assert found[["indicator", "action", "reason"]].to_numpy().tolist() == [["x", action, words]]
    assert len(found["source"][0]) > 5


def test_an_indicator_may_have_several_findings_and_questions_that_do_not_arise_are_silent(star):
    unknown = dict.fromkeys(("group", "group_p", "stray", "other"), np.nan)
    measured = pd.DataFrame([{**MEASURES, **unknown}, {**MEASURES, "coverage": 10.0, "twin": 0.99}],
                            index=["Д1", "Д2"])
    found = auditing.findings(measured, auditing.rules(LIMITS))
    assert found["indicator"].to_list() == ["Д2", "Д2"]
    table = auditing.recommendations_table(found, measured.index, star)
    assert table["Что делать"].to_list() == ["оставить", "собрать данные; объединить или оставить один"]
    assert table.loc["Д1", "Почему"] == "замечаний нет"
    assert auditing.recommendations_text(found, measured.index).startswith(
        f"Без замечаний 1{NBSP}показатель из 2. Что делать с остальными (показателей): объединить или оставить один — "
        "1; собрать данные — 1.")
    assert auditing.recommendations_text(found.iloc[:0], measured.index) == f"Без замечаний 2{NBSP}показателя из 2."


def test_thresholds_reach_the_rules():
    measured = pd.DataFrame([MEASURES], index=["x"])
    strict = auditing.rules(Thresholds(silent=0.65, redundant=0.7))
    assert auditing.findings(measured, strict)["action"].to_list() == ["пересмотреть место в индексе"]
    assert auditing.findings(measured, auditing.rules(Thresholds(redundant=0.5)))["reason"].to_list() == [
        "повторяет «Двойник»: связь 0,50"]
    table = auditing.rules_table(strict)
    assert len(table) == sum(map(len, strict.values()))


def test_measures_of_shipped_data_reach_the_rules(egov):
    edition, _, scores = egov
    found = auditing.links(scores, edition, LIMITS)
    influence = auditing.influence_table(pd.DataFrame(
        {"share": 1 / 14, "share_low": 0.02, "share_high": 0.2}, index=scores.normalised.columns),
        edition.effective_weights(), edition)
    measured = auditing.indicator_measures(data_coverage(scores.indicators), outlier_screen(scores.indicators), found,
                                           influence, edition)
    assert measured.index.to_list() == list(edition.indicators)
    assert measured.loc["1.1", "home"] == edition.element_title("User")
    assert measured.loc["1.1", "stray"] == measured.loc["1.1", "other"] - measured.loc["1.1", "group"]
    np.testing.assert_allclose(measured["twin"], found.among.r.max(), atol=1e-12)
    said = auditing.findings(measured, auditing.rules(LIMITS))
    silent = said[said["action"] == "пересмотреть место в индексе"]["indicator"].to_list()
    assert silent == found.lights.index[found.lights[INDEX] == "молчит"].to_list()


def test_coherence_counts_in_words(egov):
    edition, _, scores = egov
    axes = auditing.axes(scores, edition, draws=200)
    found = auditing.links(scores, edition, LIMITS)
    assert auditing.coherence_text(axes, found) == (
        f"Об одном говорят 5{NBSP}групп из 5. С индексом не связан 1{NBSP}показатель из 14.")


def test_one_indicator_cannot_be_audited(star):
    alone = star.model_copy(update={"indicators": {"Д1": star.indicators["Д1"]}})
    assert reason_not_applicable("audit", star) is None
    assert reason_not_applicable("audit", alone) == "В редакции star-2022 один показатель: сверять его не с чем."
