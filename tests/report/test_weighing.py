"""Words and tables of the weight bench: what they say follows from the numbers, in correct Russian."""

import re
from decimal import Decimal

import pandas as pd
import pytest

from methods.data.candidates import write_candidate
from methods.data.editions import load_edition, read_edition
from methods.report import weighing
from methods.weights.bench import ADOPTED, Bench, Source, adopted_weights
from methods.weights.effect import member_weights

TITLE = {"Д": "Доступность", "П": "Польза"}.get
NBSP = "\u00a0"


@pytest.fixture(scope="module")
def star(root):
    return load_edition(root, "star-2022")


def source(name, kind, weight, band=None):
    both = pd.Series({"Д": weight, "П": 1 - weight})
    if band is None:
        return Source(name, kind, both)
    low, high = band
    lower, upper = pd.Series({"Д": low, "П": 1 - high}), pd.Series({"Д": high, "П": 1 - low})
    return Source(name, kind, both, lower, upper, "полоса")


def bench(*sources):
    return Bench("index", (source(ADOPTED, "adopted", 0.5), *sources), {"CRITIC": "не различаются"})


def test_everybody_who_was_asked_says_the_same():
    made = bench(source("эксперты: пары", "experts", 0.3, (0.2, 0.4)), source("клиенты", "clients", 0.35, (0.3, 0.45)),
                 source("энтропия", "data", 0.9, (0.8, 0.95)))
    table = weighing.against_adopted(made, TITLE)
    assert table["Принятый вес"].to_dict() == {"Д": "завышен", "П": "занижен"}
    assert table.loc["Д", "клиенты: полоса"] == f"30,0–45,0{NBSP}%"
    assert "энтропия: полоса" not in table  # data do not know what matters
    assert weighing.against_text(table, TITLE) == (
        "Все, кого спросили (эксперты: пары и клиенты), говорят одно: завышены «Доступность», занижены «Польза».")


def test_no_objection_when_one_of_them_holds_the_adopted_weight_possible():
    made = bench(source("эксперты: пары", "experts", 0.3, (0.2, 0.4)), source("клиенты", "clients", 0.45, (0.4, 0.6)))
    table = weighing.against_adopted(made, TITLE)
    assert set(table["Принятый вес"]) == {"внутри"}
    assert "Согласного возражения нет" in weighing.against_text(table, TITLE)


def test_nobody_was_asked():
    table = weighing.against_adopted(bench(source("энтропия", "data", 0.9, (0.8, 0.95))), TITLE)
    assert "Никого не спрашивали" in weighing.against_text(table, TITLE)


def test_tables_of_sources():
    made = bench(source("энтропия", "data", 0.9, (0.8, 0.95)), source("равные", "plain", 0.5))
    table = weighing.sources_table(made)
    assert table.loc["энтропия"].to_dict() == {"Чьё это": "разброс данных", "Д, %": 90, "П, %": pytest.approx(10)}
    bands = weighing.bands_table(made, TITLE)
    assert bands.loc[("Доступность", "энтропия"), ["weight", "low", "high"]].to_list() == [0.9, 0.8, 0.95]
    assert bands.loc[("Польза", "равные"), ["low", "high"]].isna().all()
    assert ADOPTED not in bands.index.get_level_values("source")
    assert weighing.refused_table(made)["Почему"].to_dict() == {"CRITIC": "не различаются"}


def effects(**rows):
    return pd.DataFrame(rows, index=["mean_shift", "largest_shift", "spearman", "moved_grade"]).T


def test_the_largest_effect_beside_chance(star):
    found = effects(**{ADOPTED: [0, 0, 1, 0], "равные": [4.25, 31, 0.97, 0.125], "центроид": [2.0, 12, 0.99, 0.01]})
    text = weighing.effect_text(found, 3.0, star, 250)
    assert "источник «равные»: в среднем на 4,3 из 250, наибольший сдвиг 31" in text
    assert f"уровень сменили бы 12,5{NBSP}% центров" in text
    assert f"сдвигает место в среднем на 3,0; сильнее этого места меняют 1 из 2{NBSP}источников" in text
    assert "Для сравнения" not in weighing.effect_text(found, float("nan"), star, 250)
    still = effects(**{ADOPTED: [0, 0, 1, 0], "равные": [0, 0, 1, 0]})
    assert weighing.effect_text(still, 3.0, star, 250) == "Ни один источник не меняет ни одного места."
    assert list(weighing.effect_table(found).index) == ["равные", "центроид"]
    no_grades = effects(**{"равные": [1, 2, 0.9, float("nan")]})
    assert "Сменили бы уровень, %" not in weighing.effect_table(no_grades)


def test_why_the_risers_rise_and_the_fallers_fall(star):
    """Д weighs more: those good at Д rise; П less: those good at П fall."""
    found = pd.DataFrame({"shift": [5.0, 4.0, -4.0, -5.0]}, index=list("abcd"))
    reasons = pd.DataFrame({"Д": [2.0, 1.0, -0.1, -0.2], "П": [0.5, 0.1, -1.0, -2.0]}, index=list("abcd"))
    change = pd.Series({"Д": 0.1, "П": -0.1})
    text = weighing.why_text(found, reasons, change, {"Д": "Доступность", "П": "Польза"}.get, star, most=2)
    assert "группе «Доступность»: вес растёт, а балл у них выше среднего (в среднем 1,50 пункта" in text
    assert "из-за группы «Польза»: вес падает, а балл у них выше среднего (-1,50)" in text.replace("−", "-")


def test_grades_that_change(star):
    found = pd.DataFrame({"grade": [1, 2, 3, float("nan")], "new_grade": [2, 2, 1, 1]})
    assert weighing.grades_text(found, star) == (
        f"Уровень повысился бы у 1{NBSP}центра, понизился бы у 1{NBSP}центра.")


def test_the_draft_leaves_peoples_part_open(star):
    weights = pd.Series({code: 1 / 5 for code in star.groups})
    costs = pd.DataFrame({"shift": [0.0, 3.2], "mismatch": [0.2, 0.15], "dissent": [0.1, 0.05]},
                         index=["принятые", "эксперты"])
    text = weighing.decision_draft(star, "2024", "star-2022-candidate", weights, costs, "эксперты",
                                   {"Места": "Сдвиг велик.", "Пусто": ""})
    assert text.startswith("# Веса: редакция star-2022-candidate\n")
    assert text.count("<…>") == 4
    assert f"- эксперты: сдвиг мест в среднем 3,2, расхождение с экспертами 5,0{NBSP}%" in text
    assert f"| 20,00{NBSP}% |" in text
    assert "**Места.** Сдвиг велик." in text
    assert "Пусто" not in text


def test_the_draft_prints_the_weights_that_the_candidate_holds(star, root, tmp_path):
    """Rounded one by one they would sum to 100.01, and П would be 20.42 in the draft only."""
    weights = pd.Series({"К": 0.178334, "Д": 0.223656, "П": 0.204152, "М": 0.216058, "А": 0.1778})
    costs = pd.DataFrame({"shift": [3.2], "mismatch": [0.15]}, index=["эксперты"])
    draft = weighing.decision_draft(star, "2024", "star-2025", weights, costs, "эксперты", {})
    path, _ = write_candidate(tmp_path, root, star, {"index": weights}, "star-2025", draft)
    printed = re.findall(rf"\| [^|]+ \((\w)\) \| [^|]+ \| (\d+,\d\d){NBSP}% \|", draft)
    shown = {code: Decimal(value.replace(",", ".")) for code, value in printed}
    assert sum(shown.values()) == 100
    assert shown["П"] == Decimal("20.41")
    assert shown == {code: Decimal(f"{100 * weight:.2f}")
                     for code, weight in read_edition(path).weights_of("index").items()}


def test_the_draft_of_a_flat_edition_sums_the_weights_of_its_indicators(root, tmp_path):
    edition = load_edition(root, "cms-2021")
    children = edition.children("index")
    weights = pd.Series([1, *[2] * (len(children) - 1)], children, dtype=float)
    weights /= weights.sum()
    costs = pd.DataFrame({"shift": [3.2], "mismatch": [0.15]}, index=["эксперты"])
    draft = weighing.decision_draft(edition, "2021", "cms-2022", weights, costs, "эксперты", {})
    path, _ = write_candidate(tmp_path, root, edition, {"index": member_weights(edition, weights)}, "cms-2022", draft)
    held = adopted_weights(read_edition(path))
    for code in children:
        assert f"({code}) | {weighing.percent(adopted_weights(edition)[code], 2)} | " \
               f"{weighing.percent(held[code], 2)} |" in draft


def test_people_text_names_who_was_not_heard(star):
    view = next(iter(star.clienteles))
    text = weighing.people_text(star, {}, {}, {view: "анкет слишком мало."}, None, "")
    assert text == (f"Суждений экспертов нет. По анкетам ({star.clienteles[view].title}) не сказать, что движет "
                    "общей оценкой: анкет слишком мало.")
    assert weighing.people_text(star, {}, {}, {}, None, "") == "Суждений экспертов нет. Анкет с общей оценкой нет."


def test_movers_are_the_extremes_with_both_places():
    found = pd.DataFrame({"place": [1, 2, 3, 4], "new_place": [4, 1, 3, 2], "shift": [-3, 1, 0, 2]}, index=list("abcd"))
    table = weighing.movers_table(found, pd.Series({"a": "А", "d": "Г"}), most=1)
    assert table.index.to_list() == ["d", "a"]
    assert table["Название"].to_list() == ["Г", "А"]
    assert table["Стало бы"].to_list() == [2, 4]
