"""Disclosure control: cases by hand, random worlds against the attack, two publications, personal data in texts."""

from __future__ import annotations

import importlib.util

import numpy as np
import pandas as pd
import pytest

from methods.data import store
from methods.data.disclosure import (
    System,
    answers_behind,
    differencing,
    find_personal,
    harmonic_n,
    masked,
    model,
    published_view,
    ranges,
    snils,
)
from methods.data.disclosure.linear import labels
from methods.data.disclosure.model import COMBINED, GRADE, REGION
from methods.data.editions import parse_edition
from methods.errors import DisclosureError
from methods.index.edition import INDEX
from methods.index.score import score

EDITION = """\
version: small
title: Малая методика
status: candidate
in_force: {start: 2024-01-01}
legal_basis: [Приказ 01]
decision: 0001-small
unit: {title: центр, one: центр, few: центра, many: центров}
data:
  dataset: small
  periods: ["2024"]
  units: {file: units.csv, unit: код, title: имя, region: регион}
  tables:
    answers: {file: answers.csv, unit: код, clientele: кто}
    checklist: {file: checklist.csv, unit: код, register: register.csv, register_requirement: т, register_item: п}
clienteles:
  seekers: {title: соискатели, value: С, share: 1/2}
  employers: {title: работодатели, value: Р, share: 1/2}
groups:
  Д: {title: Дружелюбие}
  П: {title: Польза}
indicators:
  Д1: {title: а, group: Д, sides: {subjective: SURVEY, objective: {measure: checklist, table: checklist}}}
  Д2: {title: б, group: Д, sides: {subjective: SURVEY, objective: {measure: checklist, table: checklist}}}
  П1: {title: в, group: П, sides: {subjective: SURVEY, objective: {measure: checklist, table: checklist}}}
  П2: {title: г, group: П, sides: {objective: {measure: checklist, table: checklist}}}
weights: {index: {Д: 0.6, П: 0.4}, Д: equal, П: equal}
normalisation: {method: none}
aggregation: {default: {method: arithmetic}}
missing: {default: {rule: reweight, min_coverage: 0.5}}
publication: {multiplier: 100, decimals: 2}
grades: {title: звёзды, labels: [одна, две, три], method: bands, cut_offs: [50, 80], edge: lower, decimals: 1}
""".replace("SURVEY", "{measure: survey, table: answers, question: в, scale: [1, 5], min_answers: 3}")
ASKED = ("Д1", "Д2", "П1")


@pytest.fixture(scope="module")
def edition():
    return parse_edition(EDITION, "small.yaml")


def measured(marks: dict[str, dict[str, tuple[float, int]]], objective: float = 0.5) -> pd.DataFrame:
    """Measurements from unit -> clientele -> (survey value, n) for every question; checklists are all alike."""
    rows = []
    for unit, sides in marks.items():
        rows += [(unit, code, "objective", "", objective, np.nan, 4.0) for code in ("Д1", "Д2", "П1", "П2")]
        for clientele, (value, n) in sides.items():
            rows += [(unit, code, "subjective", clientele, value if n >= 3 else np.nan, 0.1, float(n))
                     for code in ASKED]
    return pd.DataFrame(rows, columns=["unit", "indicator", "side", "clientele", "value", "se", "n"])


def world(seed: int) -> tuple[pd.DataFrame, pd.Series]:
    """A small random country: regions of 1-4 centres, marks near the ceiling, few employers, gaps."""
    rng = np.random.default_rng(seed)
    regions = {f"C{r}{i}": f"R{r}" for r in range(3) for i in range(rng.integers(1, 5))}
    rows = []
    for unit in regions:
        rows += [(unit, code, "objective", "", rng.integers(0, 9) / 8, np.nan, 8.0) for code in (*ASKED, "П2")]
        for clientele, crowd in (("seekers", rng.integers(5, 40)), ("employers", rng.integers(1, 16))):
            for code in ASKED:
                n = int(rng.binomial(crowd, 0.9))
                marks = rng.choice([3, 4, 5], size=max(n, 1), p=[0.05, 0.2, 0.75])
                if n:
                    rows.append((unit, code, "subjective", clientele, (marks.mean() - 1) / 4 if n >= 3 else np.nan,
                                 0.1, float(n)))
    frame = pd.DataFrame(rows, columns=["unit", "indicator", "side", "clientele", "value", "se", "n"])
    return frame, pd.Series(regions)


def attack(view, taken) -> pd.DataFrame:
    """All secret cells against everything published, regions included: nothing is left out as in the selection."""
    found = ranges(taken.system, view.cells, view.protected.index).table
    return found.assign(width=found["high"] - found["low"], need=view.protected["need"], value=taken.value)


# -- the programme itself, by hand -------------------------------------------------------------------------------------

def table_2x2():
    """3 20 | 23 ; 15 30 | 45 ; 18 50: counts between 0 and 100 with their totals."""
    functions = {("r1", "c1", ""): {"a": 1}, ("r1", "c2", ""): {"b": 1}, ("r2", "c1", ""): {"c": 1},
                 ("r2", "c2", ""): {"d": 1}, ("r1", "all", ""): {"a": 1, "b": 1}, ("r2", "all", ""): {"c": 1, "d": 1},
                 ("all", "c1", ""): {"a": 1, "c": 1}, ("all", "c2", ""): {"b": 1, "d": 1}}
    values = [3, 20, 15, 30, 23, 45, 18, 50]
    system = System.of(functions, dict.fromkeys("abcd", (0, 100)))
    return system, pd.DataFrame({"low": values, "high": values}, index=system.cells, dtype=float)


def test_one_hidden_cell_beside_totals_is_found_by_subtraction():
    system, printed = table_2x2()
    found = ranges(system, printed.drop(index=[("r1", "c1", "")]), [("r1", "c1", "")])
    assert found.table.to_numpy() == pytest.approx(np.array([[3, 3]]), abs=1e-5)
    assert found.binding["r1", "c1", ""]


def test_four_hidden_cells_of_a_2x2_are_bounded_by_the_totals_only():
    system, printed = table_2x2()
    found = ranges(system, printed.iloc[4:], system.cells[:4]).table   # Fréchet bounds: max(0, r + c - n) .. min(r, c)
    assert found.to_numpy() == pytest.approx(np.array([[0, 18], [5, 23], [0, 18], [27, 45]]), abs=1e-5)


def test_blocks_solved_together_give_what_each_gives_alone():
    rng = np.random.default_rng(1)
    functions, bounds, printed = {}, {}, {}
    for unit in "ABCDE":
        bounds |= {f"{unit}{i}": (0, 1) for i in range(3)}
        x = rng.uniform(size=3)
        for k in range(3):
            function = {f"{unit}{i}": rng.uniform() for i in range(3)}
            functions[unit, str(k), ""] = function
            value = sum(c * x[i] for i, c in enumerate(function.values()))
            if k < 2:
                printed[unit, str(k), ""] = (value - 0.05, value + 0.05)
    system = System.of(functions, bounds)
    table = pd.DataFrame(printed.values(), index=labels(printed), columns=["low", "high"])
    targets = [(unit, str(k), "") for k in (2, 0) for unit in "ABCDE"]
    together = ranges(system, table, targets).table
    for target in targets:
        mine = table[table.index.get_level_values(0) == target[0]]
        alone = ranges(system, mine, [target]).table
        assert together.loc[[target]].to_numpy() == pytest.approx(alone.to_numpy(), abs=1e-6)
    enough = pd.Series(0.01, index=labels(targets))
    quick = ranges(system, table, targets, enough).table
    assert (quick["low"] >= together["low"] - 1e-6).all()
    assert (quick["high"] <= together["high"] + 1e-6).all()


# -- one report --------------------------------------------------------------------------------------------------------

def test_the_trap_of_two_clienteles(edition):
    """Employers' index hidden, combined and seekers' shown: 2 x combined - seekers. Both clienteles have to go."""
    frame = measured({"C1": {"seekers": (0.7, 40), "employers": (0.6, 5)},
                      "C2": {"seekers": (0.8, 40), "employers": (0.7, 20)}})
    scores = score(frame, edition)
    taken = model(scores, frame, edition)
    assert taken.exact
    open_ = published_view(scores, frame, edition, secondary=False)
    cell = ("C1", INDEX, "employers")
    assert open_.reasons["reason"].to_dict() == {cell: "primary"}
    known = attack(open_, taken).loc[cell]
    assert known["high"] - known["low"] < 0.05
    assert known["low"] <= known["value"] <= known["high"]
    with pytest.raises(DisclosureError, match=r"C1 × index × employers \| скройте ещё: C1 × index × seekers") as caught:
        open_.stop()
    assert caught.value.exit_code == 5
    assert f"{known['value']:.1f}" not in str(caught.value)

    closed = published_view(scores, frame, edition)
    closed.stop()
    row = closed.scores.loc["C1"]
    assert row[["index:seekers", "index:employers"]].isna().all()
    assert row[["index", "rank", "grade"]].notna().all()
    assert closed.scores.loc["C2"].notna().all()
    assert closed.reasons.loc[[("C1", INDEX, "seekers")], "reason"].tolist() == ["secondary"]
    assert closed.in_words().loc["C1", "index:seekers"] == closed.in_words().loc["C1", "index:employers"] == "скрыто"
    assert (attack(closed, taken)["width"] >= closed.protected["need"]).all()


def test_everybody_content_means_everybody_known_so_the_combined_value_goes_too(edition):
    """Combined at the ceiling: all employers gave 5, whatever the columns of the clienteles hide."""
    frame = measured({"C1": {"seekers": (1.0, 40), "employers": (1.0, 5)},
                      "C2": {"seekers": (0.7, 40), "employers": (0.7, 20)}}, objective=1.0)
    scores = score(frame, edition)
    view = published_view(scores, frame, edition)
    row = view.scores.loc["C1"]
    assert row[["rank", INDEX, "index:seekers", "index:employers", "Д", "П"]].isna().all()
    assert row["grade"] == 3                       # a band of 20 points still tells little
    assert view.scores["rank"].dropna().to_dict() == {"C2": 1.0}   # places anew: no gap betrays where C1 stands
    assert view.scores.index[-1] == "C1"
    assert not view.shown["C1"]
    assert np.isnan(view.hide(pd.Series({"C1": 104.2, "C2": 99.0}))["C1"])
    assert view.in_words().loc["C1", "rank"] == "скрыто"


def test_region_with_one_hidden_centre_loses_its_mean(edition):
    centres = {"C1": {"seekers": (1.0, 40), "employers": (1.0, 5)}}
    centres |= {f"C{i}": {"seekers": (0.7, 40), "employers": (0.6, 20)} for i in range(2, 6)}
    frame = measured(centres, objective=1.0)
    regions = pd.Series({"C1": "R1", "C2": "R1", "C3": "R1", "C4": "R2", "C5": "R2"})
    scores = score(frame, edition)
    view = published_view(scores, frame, edition, regions=regions)
    assert np.isnan(view.regions.loc["R1", "mean"])
    assert np.isnan(view.regions.loc["R1", "half_width"])
    assert view.regions.loc["R2"].notna().all()
    assert np.isnan(view.overall)                  # R2 and the country together would give R1
    assert ("R1", INDEX, REGION) in view.reasons.index
    taken = model(scores, frame, edition, regions)
    assert (attack(view, taken)["width"] >= view.protected["need"]).all()
    naive = pd.concat([view.cells, pd.DataFrame(
        {"low": taken.value[("R1", INDEX, REGION)] - 0.005, "high": taken.value[("R1", INDEX, REGION)] + 0.005},
        index=labels([("R1", INDEX, REGION)]))])
    again = ranges(taken.system, naive, [("C1", INDEX, "employers")]).table
    assert (again["high"] - again["low"]).iloc[0] < 2   # with the mean shown it was there to take


def test_one_clientele_only_is_its_own_combined_value(edition):
    """Two employers have no value (min_answers 3): the combined value is the seekers' and hides nobody."""
    frame = measured({"C1": {"seekers": (0.7, 40), "employers": (0.2, 2)}, "C2": {"seekers": (0.7, 8)}})
    view = published_view(score(frame, edition), frame, edition)
    assert view.scores.loc["C1", ["index", "index:seekers"]].nunique() == 1
    assert view.scores.loc["C2", ["index", "index:seekers", "Д", "rank"]].isna().all()   # 8 people stand behind it
    assert view.reasons.loc[[("C2", INDEX, COMBINED)], "reason"].tolist() == ["primary"]


def test_threshold_is_a_parameter(edition):
    frame = measured({"C1": {"seekers": (0.7, 40), "employers": (0.6, 9)}})
    scores = score(frame, edition)
    assert published_view(scores, frame, edition, 9).reasons.empty
    assert len(published_view(scores, frame, edition, 10).reasons) == 2


def test_a_grade_tells_its_band(edition):
    frame = measured({"C1": {"seekers": (0.7, 40), "employers": (0.6, 9)}})   # index about 57: two stars
    view = published_view(score(frame, edition), frame, edition)
    assert view.cells.loc[[("C1", INDEX, GRADE)]].to_numpy().tolist() == [[50.05, 80.05]]


def test_where_nothing_can_be_proved_a_centre_shows_nothing():
    edition = parse_edition(EDITION.replace("method: arithmetic", "method: geometric"), "small.yaml")
    frame = measured({"C1": {"seekers": (0.7, 40), "employers": (0.6, 5)},
                      "C2": {"seekers": (0.8, 40), "employers": (0.7, 20)}})
    regions = pd.Series({"C1": "R1", "C2": "R1"})
    view = published_view(score(frame, edition), frame, edition, regions=regions)
    assert view.scores.loc["C1", ["rank", "grade", INDEX, "Д", "index:seekers"]].isna().all()
    assert view.scores.loc["C2"].notna().all()
    assert np.isnan(view.regions.loc["R1", "mean"])


def test_no_personal_answers_nothing_hidden(edition):
    frame = measured({"C1": {"seekers": (0.7, 40), "employers": (0.6, 40)}, "C2": {"seekers": (0.7, 12)}})
    scores = score(frame, edition)
    view = published_view(scores, frame, edition)
    assert view.reasons.empty
    pd.testing.assert_frame_equal(view.scores.sort_index(), scores.published(edition).sort_index())
    assert view.counts.empty


def test_n_of_a_composite_lies_between_the_least_item_and_the_number_of_people():
    n = pd.DataFrame({"a": [10], "b": [10], "c": [4]})
    made = harmonic_n(n, pd.DataFrame([[1, 1, 1]], columns=list("abc")))[0]
    assert made == pytest.approx(3 / (0.1 + 0.1 + 0.25))
    assert 4 < made < 10


@pytest.mark.parametrize("seed", range(50))
def test_nothing_hidden_can_be_computed_in_random_worlds(edition, seed):
    frame, regions = world(seed)
    scores = score(frame, edition)
    taken = model(scores, frame, edition, regions)
    assert taken.exact
    view = published_view(scores, frame, edition, regions=regions)
    view.stop()
    found = attack(view, taken)
    assert (found["width"] >= found["need"]).all()
    mark = taken.weight.reindex(found.index) / (taken.n.reindex(found.index).clip(lower=1) * taken.steps)
    assert (found["width"] >= mark).all()
    assert (found["low"] <= found["value"] + 1e-4).all()
    assert (found["high"] >= found["value"] - 1e-4).all()
    for cell in view.reasons.index:
        if cell[2] in edition.clienteles:
            assert np.isnan(view.scores.loc[cell[0], f"{INDEX}:{cell[2]}"])


def test_the_attack_has_teeth(edition):
    broken = 0
    for seed in range(20):
        frame, regions = world(seed)
        scores = score(frame, edition)
        view = published_view(scores, frame, edition, regions=regions, secondary=False)
        found = attack(view, model(scores, frame, edition, regions))
        broken += int((found["width"] < found["need"]).sum())
    assert broken > 50


def test_two_years_together_with_the_index_to_the_base_year(edition, root):
    """A small version of benchmarks/attack_published_tables.py: the same attack, the same verdict."""
    spec = importlib.util.spec_from_file_location("attack", root / "benchmarks" / "attack_published_tables.py")
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    frame, regions = world(7)
    models, views = {}, {"with": {}, "without": {}}
    for period, shrink in (("2023", 1.0), ("2024", 0.97)):
        now = frame.assign(value=frame["value"].where(frame["side"] == "objective", frame["value"] * shrink))
        scores = score(now, edition)
        models[period] = model(scores, now, edition, regions)
        for name in views:
            views[name][period] = published_view(scores, now, edition, regions=regions, secondary=name == "with")
    steps = models["2024"].steps
    assert sum(script.recovered(script.attack(models, views["with"]), steps).values()) == 0
    assert sum(script.recovered(script.attack(models, views["without"]), steps).values()) > 0


# -- two reports -------------------------------------------------------------------------------------------------------

def test_three_late_answers_are_isolated_by_a_corrected_report():
    cell = labels([("C1", INDEX, "seekers"), ("C2", INDEX, "seekers")])
    june = pd.DataFrame({"value": [90.00, 80.0], "n": [40, 40], "half": 0.005}, index=cell)
    july = pd.DataFrame({"value": [88.00, 81.0], "n": [43, 60], "half": 0.005}, index=cell)
    found = differencing(june, july)
    assert found.index.tolist() == [cell[0]]
    assert found["isolated"].tolist() == [3]
    assert found["low"].iloc[0] == pytest.approx((43 * 88 - 40 * 90 - 83 * 0.005) / 3)
    assert found["high"].iloc[0] == pytest.approx((43 * 88 - 40 * 90 + 83 * 0.005) / 3)


def test_region_before_and_after_a_merger():
    before = pd.DataFrame({"value": [0.80], "n": [500]}, index=["Регион 1"])
    after = pd.DataFrame({"value": [0.802], "n": [495]}, index=["Регион 1"])
    assert differencing(before, after)["isolated"].tolist() == [5]
    assert differencing(before, after, 5).empty
    assert differencing(before, after, same_respondents=False).empty


def test_hidden_in_one_edition_shown_in_another():
    one = pd.DataFrame({"value": [np.nan, 0.5], "n": [4, 50]}, index=["C1", "C2"])
    two = pd.DataFrame({"value": [0.75, 0.5], "n": [4, 50]}, index=["C1", "C2"])
    for pair in ((one, two), (two, one)):
        found = differencing(*pair)
        assert found.index.tolist() == ["C1"]
        assert found.loc["C1", ["low", "high"]].tolist() == [0.75, 0.75]


# -- personal data in texts --------------------------------------------------------------------------------------------

PERSONAL = [
    "+7 912 345-67-89", "8 (912) 345-67-89", "89123456789", "+79123456789", "8-912-345-67-89", "7 912 345 67 89",
    "(3452) 45-67-89", "912 345-67-89", "8 912 345 67 89", "＋７ ９１２ ３４５-６７-８９",
    "anna.petrova@example.ru", "ivan_1980@mail.example.com", "почта@пример.рф", "a.b+c@sub.example.org",
    "112-233-445 95", "11223344595", "СНИЛС 112 233 445 95", "снилс: 112-233-445-95",
    "паспорт 4508 123456", "паспорт серии 45 08 № 123456", "серия 4508 номер 123456", "45 08 123456",
    "Иванов Иван Иванович", "Ивановой Анне Петровне", "иванов иван иванович", "ИВАНОВ ИВАН ИВАНОВИЧ", "Иванов И. И.",
    "Иванов И.И.", "И. И. Иванов", "И.И. Ивановым", "Мария Сергеевна", "Марии Сергеевне", "Анна Петрова",
    "Сидоров Пётр", "Петра Сидорова", "Ольга Николаевна Кузнецова", "Салтыков-Щедрин Михаил Евграфович",
    "Ивано\u200bв И. И.", "Нурмагомедова Зарема Ахмедовна", "Ивана Ильича", "Ivanov Ivan Ivanovich",
    "Дмитрий Шевченко", "@ivan_petrov", "t.me/ivanpetrov", "дата рождения 01.02.1980", "01.02.1980 г.р.",
    "ул. Ленина, д. 5, кв. 12", "500100732259", "4111 1111 1111 1111", "тел. 45-67-89",
]
ORDINARY = """\
Индекс вырос с 86,83 до 93,12 за квартал.
Приказ Минтруда № 352 от 12.07.2024 вступил в силу.
Постановление Правительства № 2377 от 21.12.2021.
Центр занятости населения 01-021, Регион 01.
Сотрудники вежливые, очередь небольшая, ждал 15 минут.
Спасибо большое, всё понравилось!
Нет парковки рядом с центром.
На сайте ничего не найти, кнопка записи не работает.
Ханты-Мансийский автономный округ — Югра
Ростов-на-Дону и Нижний Новгород участвуют в пилоте.
В 2024 году ответили 47 892 соискателя и 12 034 работодателя.
Средняя оценка 4,8 из 5; ответов 1 197.
Адрес сайта: trudvsem.ru
ОШИБКА CHK-01 | data/raw/2024/region_16.xlsx | лист «Чек-лист» | строка 14 | столбец «Исполнено» (D) | значение 9
правило: 0 ≤ X ≤ N (N = 5) | исправьте X или N; расчёт не выполнен
Показатели Д1, П2, М8, А1 и К4 измерены двумя способами.
Группы Д, П, М, А, К упорядочены по приоритету.
Вес показателя 0,066666666667.
sha256 8f123e396bb549e8c90ca6592e95bb27f7cc0e5454f358f4cd25133872e67c78
Период 2023-01-01 — 2024-12-31.
Московская область заняла 12-е место.
Республика Татарстан, Алтайский край, Еврейская автономная область.
Центр работает с 9:00 до 18:00, в пятницу до 16:45.
Роман о любви и надежде стоит на полке.
Вера в лучшее и надежда остались.
Слава труду!
Очень удобно, любовь к людям видна сразу.
ОКТМО 71876000, ОГРН 1027700132195.
Код центра 1234567, версия 2026.1.
Номер обращения 20240115000123.
Письмо от 15.03.2024 № 16-3/10/В-4321.
Иногда приходится ждать долго, но специалист объяснил всё понятно.
Директор пришёл и извинился.
Хорошие условия: кофе, вода, детский уголок.
Трудоустроен через 3 недели, зарплата 45 000 рублей.
Мне 45 лет, стаж 20 лет, образование высшее.
Записался через портал Госуслуг.
Управляющий центр занятости провёл обучение.
Министерство труда и социальной защиты Российской Федерации
Федеральный центр компетенций в сфере занятости
Контрольный звонок состоялся 5 раз.
Уровень удовлетворённости 98,66 %, доверительный интервал от 97,1 до 99,2.
Веса: 0,2; 0,2; 0,2; 0,2; 0,2.
Строка 60283, столбец М7.
Александровский район, Ивановская область.
Город Иваново, посёлок Марьино.
Улица Пушкина перекрыта.
Большинство ответов — 5 баллов.
Отчёт собран за 12,5 с, память 512 МБ.
Telegram-канал читают более 1 600 человек.
Николаевский вокзал рядом, удобно.
Консультант помогла составить резюме и подготовиться к собеседованию.
Владимирская, Псковская и Ярославская области в пилоте.
Санкт-Петербург и Севастополь — города федерального значения.
Ничего не предложили за 3 месяца.
Работодатели отметили качество подбора кандидатов.
Было 12 вакансий, стало 34.
Балл 93.115 округляется до 93,12.
Сводный индекс: (93,46 + 92,77) / 2 = 93,115.
Уважаемые коллеги, спасибо за работу в течение года!
""".splitlines()


def test_fifty_personal_markers():
    assert len(set(PERSONAL)) == 50


@pytest.mark.parametrize("marker", PERSONAL)
@pytest.mark.parametrize("text", ["{}", "Обратился в центр, мои данные: {}, прошу ответить.", "значение {} | столбец"])
def test_personal_marker_is_masked(marker, text):
    left = masked(text.format(marker))
    assert "***" in left
    for word in marker.replace("\u200b", "").split():
        letters = word.strip(".,:;()№+-—")
        if len(letters) > 2 and letters.lower() not in {"паспорт", "серии", "серия", "номер", "снилс", "дата",
                                                        "рождения", "тел", "г.р"}:
            assert letters not in left


@pytest.mark.parametrize("sentence", ORDINARY)
def test_no_false_alarm(sentence):
    assert find_personal(sentence) == []


def test_known_personal_values_are_masked_as_whole_words():
    text = "строка 14: Пупкинсон  Эрик и пупкинсоны, значение 5"
    assert masked(text, ["Пупкинсон Эрик", "5", ""]) == "строка 14: *** и пупкинсоны, значение 5"


def test_snils_check_digits():
    # 087-654-303 00 and its neighbour: sums of 101 and 100 both give 00
    assert snils("08765430300")
    assert not snils("11111111111")


def test_answers_behind_a_clientele_are_the_harmonic_mean_over_its_questions(root):
    """A centre with few employers is found; its seekers are not."""
    edition, measured, _ = store.scored("star-2022", "2024", root)
    behind = answers_behind(measured.measurements, edition)
    assert list(behind) == ["seekers", "employers"]
    counted = measured.measurements.query("clientele == 'employers' and value.notna()").groupby("unit")["n"]
    pd.testing.assert_index_equal(behind["employers"].dropna().index, counted.min().index, check_names=False)
    assert (behind["employers"].dropna() >= counted.min() - 1e-6).all()
    assert (behind["employers"].dropna() <= counted.max() + 1e-6).all()
    assert (behind["employers"] < 10).sum() > 600  # employers are few: median 9 answers
    assert (behind["seekers"] < 10).sum() < 20
