"""Does a methodologist see, for every slip in an edition, which line to mend and how; and nothing else?"""

import datetime
import json
import re
import shutil
from itertools import pairwise

import jsonschema
import pytest
import yaml

from methods.data import editions, reference
from methods.data.editions import load_edition, parse_edition, record_adopted
from methods.errors import EditionError, UsageError
from methods.index.aggregate import AGGREGATIONS
from methods.problem_texts import TEXTS


def change(text, old, new):
    """The text with one place changed; the place must exist and be the only one."""
    assert text.count(old) == 1, f"{text.count(old)} times: {old!r}"
    return text.replace(old, new)


def complaints(text):
    """Lines that the user sees."""
    with pytest.raises(EditionError) as caught:
        parse_edition(text, "small.yaml")
    assert caught.value.exit_code == 4
    return str(caught.value).split("\n")


def place(text, mark, nth=1):
    """`line:column` of the nth occurrence of a mark, both counted from 1."""
    at = -1
    for _ in range(nth):
        at = text.index(mark, at + 1)
    return f"{text.count(chr(10), 0, at) + 1}:{at - text.rfind(chr(10), 0, at)}"


def sides(measure):
    """The sides of Д2 with another objective measure."""
    return ("      objective: {measure: column, table: numbers, column: открыто, divisor: 100}",
            f"      objective: {measure}")


# --- the good edition -----------------------------------------------------------------------------------------------

def test_the_good_edition_loads(small_text):
    edition = parse_edition(small_text)
    assert edition.version == "small"
    assert edition.in_force.end == datetime.date(2024, 12, 31)
    assert edition.effective_weights().to_dict() == pytest.approx({"Д1": 0.18, "Д2": 0.42, "П1": 0.4})


def test_a_byte_order_mark_is_no_fault(tmp_path, small_text):
    (tmp_path / "small.yaml").write_text(small_text, encoding="utf-8-sig")
    assert editions.read_edition(tmp_path / "small.yaml") == parse_edition(small_text)


def test_a_group_of_one_needs_no_weights(small_text):
    """Польза has one indicator and no entry of its own under weights."""
    assert parse_edition(small_text).weights_of("Польза").to_dict() == {"П1": 1.0}


@pytest.mark.parametrize("written", ["1/7", "1 / 7"])
def test_a_fraction_is_exact(small_text, written):
    text = change(change(small_text, "Д1: 0.3", f"Д1: {written}"), "Д2: 0.7", "Д2: 6/7")
    assert parse_edition(text).weights["Дружелюбие"]["Д1"] == 1 / 7


def test_twenty_weights_of_one_twentieth_sum_to_one(small_text):
    """In binary they sum to 1.0000000000000002."""
    measure = "{measure: column, table: numbers, column: ж}"
    many = "".join(f"  Ж{n}: {{title: Ж, group: Польза, sides: {{objective: {measure}}}}}\n" for n in range(19))
    text = change(small_text, "weights:\n", many + "weights:\n  Польза: {П1: 0.05, " +
                  ", ".join(f"Ж{n}: 0.05" for n in range(19)) + "}\n")
    assert len(parse_edition(text).weights["Польза"]) == 20


@pytest.mark.parametrize("written",
                         ["no", "on", "yes", "да", "01", "010", "1:30", "9:00", "2024-01-01", "1_000", "0x1F", "0o17",
                                     ".inf", "=", "1,5", "20%", "1e", "+.5"])
def test_words_that_yaml_1_1_would_turn_stay_text(small_text, written):
    assert parse_edition(change(small_text, "Вежливость", written)).indicators["Д1"].title == written


@pytest.mark.parametrize("code", ["no", "on", "01", "1:30", "NO", "2024-01-01", "null", "true", "1.1"])
def test_codes_that_yaml_1_1_would_turn_stay_text(small_text, code):
    """A key is always text: nobody needs quotes there."""
    edition = parse_edition(change(change(small_text, "  Д1:\n", f"  {code}:\n"), "    Д1: 0.3", f"    {code}: 0.3"))
    assert code in edition.indicators


# --- one slip, one line ---------------------------------------------------------------------------------------------
# what was changed, to what, where the complaint must point, key path, words

SLIPS = {
    "unknown key, nearest offered": (
        "decision: 0001-small\n", "decision: 0001-small\nnoets: [текст]\n", "noets", "noets",
        "неизвестный ключ «noets». Возможно, имелось в виду «notes»."),
    "unknown key like no other": (
        "decision: 0001-small\n", "decision: 0001-small\nщщщ: 1\n", "щщщ", "щщщ", "неизвестный ключ «щщщ»."),
    "unknown nested key": (
        "min_coverage: 0.5", "min_coverge: 0.5", "min_coverge", "missing.default.min_coverge",
        "неизвестный ключ «min_coverge». Возможно, имелось в виду «min_coverage»."),
    "unknown key of a measure": (
        "divisor: 100", "divizor: 100", "divizor", "indicators.Д2.sides.objective.divizor",
        "неизвестный ключ «divizor». Возможно, имелось в виду «divisor»."),
    "unknown key in a list": (
        'base_period: "2023"\n', 'pairs:\n  - {subjective: Д1, objective: Д2, title: Пара, titel: Пара}\n', "titel",
        "pairs.0.titel", "неизвестный ключ «titel». Возможно, имелось в виду «title»."),
    "missing key at the top": ("decision: 0001-small\n", "", "version", "decision", "не хватает ключа «decision»"),
    "missing nested key": (
        "Дружелюбие: {title: Дружелюбие}", "Дружелюбие: {}", "Дружелюбие", "groups.Дружелюбие.title",
        "не хватает ключа «title»"),
    "measure left out": (
        "{measure: survey, table: answers", "{table: answers", "subjective", "indicators.Д1.sides.subjective",
        "не хватает ключа «measure» (вид измерения)"),
    "key twice": (
        "decision: 0001-small\n", "decision: 0001-small\nstatus: adopted\n", "status: adopted", "status",
        "ключ «status» повторяется (впервые в строке 3)"),
    "nested key twice": (
        "    Д1: 0.3\n", "    Д1: 0.3\n    Д1: 0.4\n", "Д1: 0.4", "weights.Дружелюбие.Д1",
        "ключ «Д1» повторяется (впервые в строке 44)"),
    "text for a number": (
        "multiplier: 100", "multiplier: сто", "multiplier", "publication.multiplier", 'ожидается число, найдено "сто"'),
    "decimal comma": (
        "multiplier: 100", "multiplier: 0,05", "multiplier", "publication.multiplier",
        'ожидается число, найдено "0,05"; десятичный знак в редакции — точка'),
    "decimal comma in a weight": (
        "    Д1: 0.3\n", "    Д1: 0,3\n", "Д1: 0,3", "weights.Дружелюбие.Д1",
        'ожидается число, найдено "0,3"; десятичный знак в редакции — точка'),
    "number in quotes": (
        "multiplier: 100", 'multiplier: "100"', "multiplier", "publication.multiplier",
        'ожидается число, найдено "100"'),
    "number for a version": (
        "version: small", "version: 2026", "version", "version",
        "ожидается текст, найдено 2026; возьмите значение в кавычки"),
    "version with a lost zero": (
        "version: small", "version: 2023.10", "version", "version",
        "ожидается текст, найдено 2023.1; возьмите значение в кавычки"),
    "fraction for a whole number": (
        "decimals: 2", "decimals: 2.5", "decimals", "publication.decimals", "ожидается целое число, найдено 2.5"),
    "true for a title": (
        "title: Вежливость", "title: true", "title: true", "indicators.Д1.title",
        "ожидается текст, найдено true; возьмите значение в кавычки"),
    "empty title": (
        "title: Вежливость", "title:", "title:\n", "indicators.Д1.title", "ожидается текст, найдено null"),
    "text for a list": (
        "labels: [одна, две, три]", "labels: одна", "labels", "grades.labels", 'ожидается список, найдено "одна"'),
    "too many decimals": (
        "decimals: 2", "decimals: 9", "decimals", "publication.decimals", "найдено 9; должно быть не больше 6"),
    "infinite multiplier": (
        "multiplier: 100", "multiplier: 1e400", "multiplier", "publication.multiplier",
        "ожидается конечное число, найдено Infinity"),
    "date that does not exist": (
        "start: 2024-01-01", "start: 2024-02-30", "start", "in_force.start",
        'ожидается дата ГГГГ-ММ-ДД, найдено "2024-02-30"'),
    "date in our order": (
        "start: 2024-01-01", "start: 01.02.2024", "start", "in_force.start",
        'ожидается дата ГГГГ-ММ-ДД, найдено "01.02.2024"'),
    "end before start": (
        "end: 2024-12-31", "end: 2023-12-31", "in_force", "in_force",
        "конец срока 2023-12-31 раньше начала 2024-01-01"),
    "weights that sum to less": (
        "Польза: 0.4", "Польза: 0.35", "index", "weights.index",
        "сумма весов должна быть 1, сейчас 0.95 (отличие -0.05)"),
    "weights that sum to more": (
        "Д2: 0.7", "Д2: 0.72", "Дружелюбие:\n    Д1", "weights.Дружелюбие",
        "сумма весов должна быть 1, сейчас 1.02 (отличие +0.02)"),
    "weights inside a group not given": (
        "  Дружелюбие:\n    Д1: 0.3\n    Д2: 0.7\n", "", "weights", "weights",
        "не заданы веса внутри «Дружелюбие»: перечислите их или напишите equal"),
    "no weights for the index": (
        "  index:\n    Дружелюбие: 0.6\n    Польза: 0.4\n", "", "weights", "weights",
        "нет весов верхнего уровня: ключ index"),
    "negative weight": (
        "    Д1: 0.3\n", "    Д1: -0.3\n", "Д1: -0.3", "weights.Дружелюбие.Д1",
        "найдено -0.3; должно быть не меньше 0"),
    "weight above one": (
        "    Д1: 0.3\n", "    Д1: 30\n", "Д1: 30", "weights.Дружелюбие.Д1", "найдено 30; должно быть не больше 1"),
    "text for a weight": (
        "    Д1: 0.3\n", "    Д1: много\n", "Д1: много", "weights.Дружелюбие.Д1", 'ожидается число, найдено "много"'),
    "true for a weight": (
        "    Д1: 0.3\n", "    Д1: true\n", "Д1: true", "weights.Дружелюбие.Д1", "ожидается число, найдено true"),
    "infinite weight": (
        "    Д1: 0.3\n", "    Д1: .inf\n", "Д1: .inf", "weights.Дружелюбие.Д1", 'ожидается число, найдено ".inf"'),
    "weight that is no number": (
        "    Д1: 0.3\n", "    Д1: .nan\n", "Д1: .nan", "weights.Дружелюбие.Д1", 'ожидается число, найдено ".nan"'),
    "weight left empty": (
        "    Д1: 0.3\n", "    Д1:\n", "Д1:\n    Д2", "weights.Дружелюбие.Д1", "ожидается число, найдено null"),
    "division by zero": (
        "share: 1/2", "share: 1/0", "share", "clienteles.seekers.share", 'ожидается число, найдено "1/0"'),
    "equal misspelt": (
        "  Дружелюбие:\n    Д1: 0.3\n    Д2: 0.7\n", "  Дружелюбие: equel\n", "Дружелюбие: equel", "weights.Дружелюбие",
        'найдено "equel"; допустимо: equal. Возможно, имелось в виду «equal».'),
    "clienteles that do not sum": (
        "share: 1/2", "share: 0.4", "clienteles", "clienteles", "сумма долей клиентур должна быть 1, сейчас 0.9"),
    "unknown group": (
        "group: Польза", "group: Польз", "group: Польз", "indicators.П1.group",
        "нет группы «Польз». Возможно, имелось в виду «Польза»."),
    "unknown parent": (
        "Польза: {title: Польза}", "Польза: {title: Польза, parent: Комфорт}", "parent", "groups.Польза.parent",
        "нет группы «Комфорт»."),
    "weights of an unknown group": (
        "  Дружелюбие:\n    Д1: 0.3", "  Дружелюбия:\n    Д1: 0.3", "Дружелюбия", "weights.Дружелюбия",
        "нет группы «Дружелюбия». Возможно, имелось в виду «Дружелюбие»."),
    "aggregation of an unknown group": (
        "  default: {method: arithmetic}\n", "  default: {method: arithmetic}\n  Польз: {method: geometric}\n",
        "Польз: {method", "aggregation.Польз", "нет группы «Польз». Возможно, имелось в виду «Польза»."),
    "no common aggregation": (
        "  default: {method: arithmetic}\n", "  Польза: {method: arithmetic}\n", "aggregation", "aggregation",
        "нет общего правила default"),
    "unknown table": (
        "{measure: checklist, table: checklist}", "{measure: checklist, table: checklst}", "table: checklst",
        "indicators.Д1.sides.objective.table", "нет таблицы «checklst». Возможно, имелось в виду «checklist»."),
    "unknown way to aggregate": (
        "method: arithmetic", "method: arithmetik", "method: arithmetik", "aggregation.default.method",
        f'найдено "arithmetik"; допустимо: {", ".join(AGGREGATIONS)}. '
        "Возможно, имелось в виду «arithmetic»."),
    "unknown status": (
        "status: candidate", "status: принята", "status", "status",
        'найдено "принята"; допустимо: adopted, candidate, demonstration.'),
    "power without an exponent": (
        "method: arithmetic", "method: power", "default: {method: power", "aggregation.default",
        "exponent задаётся для power и только для него"),
    "goalposts without posts": (
        "normalisation: {method: none}", "normalisation: {method: goalposts}", "normalisation", "normalisation",
        "способу goalposts нужны опорные точки low и high"),
    "parameter of another method": (
        "normalisation: {method: none}", "normalisation: {method: z-score, low: 1}", "normalisation", "normalisation",
        "способу z-score не нужны параметры: low"),
    "cut-offs that fall": (
        "cut_offs: [25, 50]", "cut_offs: [50, 25]", "grades", "grades", "границы cut_offs должны возрастать"),
    "equal cut-offs": (
        "cut_offs: [25, 50]", "cut_offs: [25, 25]", "grades", "grades", "границы cut_offs должны возрастать"),
    "mix that does not sum": (
        "objective: 0.6}", "objective: 0.5}", "Д1", "indicators.Д1", "сумма долей сторон должна быть 1, сейчас 0.9"),
    "mix that forgets a side": (
        "mix: {subjective: 0.4, objective: 0.6}", "mix: {objective: 1}", "Д1", "indicators.Д1",
        "mix должен называть ровно те стороны, что есть в sides"),
    "direction without normalisation": (
        "title: Открытость\n", "title: Открытость\n    direction: -1\n", "direction", "indicators.Д2.direction",
        "направление −1 без нормирования: задайте normalisation, которое переворачивает шкалу"),
    "priorities incomplete": (
        "priorities: [Дружелюбие, Польза]", "priorities: [Польза]", "priorities", "priorities",
        "порядок приоритетов должен назвать по одному разу: Дружелюбие, Польза"),
    "priorities twice": (
        "priorities: [Дружелюбие, Польза]", "priorities: [Дружелюбие, Польза, Польза]", "priorities", "priorities",
        "порядок приоритетов должен назвать по одному разу: Дружелюбие, Польза"),
    "priority unknown": (
        "priorities: [Дружелюбие, Польза]", "priorities: [Дружелюбие, Пользы]", "Пользы", "priorities.1",
        "нет группы «Пользы». Возможно, имелось в виду «Польза»."),
    "base period unknown": (
        'base_period: "2023"', 'base_period: "2022"', "base_period", "base_period",
        "периода «2022» нет в data.periods"),
    "checklist without a register": (
        ", register: register.csv", "", "table: checklist}", "indicators.Д1.sides.objective.table",
        "таблица «checklist»: задайте либо register (требования столбцами), либо requirement (длинный вид)"),
    "register half described": (
        ", register_item: п", "", "table: checklist}", "indicators.Д1.sides.objective.table",
        "таблица «checklist»: нужны register_requirement и register_item"),
    "survey without the column of clienteles": (
        " clientele: кто,", "", "table: answers", "indicators.Д1.sides.subjective.table",
        "у таблицы «answers» не указан столбец clientele, а клиентуры заданы"),
    "collapse by a level nobody knows": (
        *sides("{measure: checks, table: numbers, checks: [{columns: [а]}], collapse: {Город: best}}"),
        "objective: {measure: checks", "indicators.Д2.sides.objective",
        "collapse зависит от уровня, а у таблицы нет столбца level"),
    "shares of checks that do not sum": (
        *sides("{measure: checks, table: numbers, checks: [{columns: [а], weight: 0.5}, {columns: [б], weight: 0.4}]}"),
        "objective: {measure: checks", "indicators.Д2.sides.objective",
        "доли weight должны быть заданы все и в сумме давать 1"),
    "code taken": (
        "groups:\n", "groups:\n  Д1: {title: Занято, parent: Польза}\n", "Д1", "groups.Д1",
        "код «Д1» занят; коды должны различаться"),
    "space in a code": (
        "version: small", "version: small one", "version", "version",
        'в коде не должно быть пробелов и косой черты, найдено "small one"'),
}


@pytest.mark.parametrize("slip", SLIPS)
def test_one_slip_gives_one_line_that_points_at_it(small_text, slip):
    old, new, mark, path, words = SLIPS[slip]
    text = change(small_text, old, new)
    assert complaints(text) == [f"small.yaml | {place(text, mark)} | {path} | {words}"]


@pytest.mark.parametrize(("cut_offs", "labels"), [("[25]", 3), ("[25, 50, 75]", 3), ("[0,25, 0,5]", 3)])
def test_wrong_number_of_cut_offs(small_text, cut_offs, labels):
    line, = complaints(change(small_text, "cut_offs: [25, 50]", f"cut_offs: {cut_offs}"))
    assert line.startswith(f"small.yaml | {place(small_text, 'grades')} | grades | для {labels} уровней нужн")


def test_scale_upside_down(small_text):
    text = change(small_text, "scale: [1, 5]", "scale: [5, 1]")
    line, = complaints(text)
    assert line == (f"small.yaml | {place(text, 'subjective')} | indicators.Д1.sides.subjective | "
                    "низ шкалы должен быть меньше верха")


def test_goalposts_swapped_are_refused_with_the_edition_not_with_the_data(small_text):
    line, = complaints(change(small_text, "title: Открытость\n",
                              "title: Открытость\n    normalisation: {method: goalposts, low: 5, high: 1}\n"))
    assert "indicators.Д2.normalisation" in line
    assert "low" in line


def test_cycle_of_groups_is_shown_whole(small_text):
    text = change(change(small_text, "{title: Дружелюбие}", "{title: Дружелюбие, parent: Польза}"),
                  "{title: Польза}", "{title: Польза, parent: Дружелюбие}")
    lines = complaints(text)
    assert any("группы вложены по кругу: Дружелюбие → Польза → Дружелюбие" in line for line in lines)
    assert all("по кругу" in line for line in lines)


def test_empty_group_is_named(small_text):
    text = change(small_text, "  Польза: {title: Польза}\n",
                  "  Польза: {title: Польза}\n  Пустая: {title: Пустая, parent: Польза}\n")
    assert f"small.yaml | {place(text, 'Пустая')} | groups.Пустая | в группе нет показателей" in complaints(text)


def test_weight_for_a_stranger_names_both_the_stranger_and_the_forgotten(small_text):
    text = change(small_text, "    Д1: 0.3\n", "    Д3: 0.3\n")
    assert complaints(text) == [
        f"small.yaml | {place(text, 'Д3')} | weights.Дружелюбие.Д3 | «Д3» не входит в «Дружелюбие».",
        f"small.yaml | {place(text, 'Дружелюбие:', 3)} | weights.Дружелюбие | нет веса для: Д1"]


def test_weight_for_a_misspelt_group_offers_the_right_one(small_text):
    lines = complaints(change(small_text, "Польза: 0.4", "Польз: 0.4"))
    assert any("«Польз» не входит в «index». Возможно, имелось в виду «Польза»." in line for line in lines)


def test_forgotten_weight_is_named(small_text):
    lines = complaints(change(small_text, "    Д1: 0.3\n", ""))
    assert any(line.endswith("| weights.Дружелюбие | нет веса для: Д1") for line in lines)


def test_weights_in_per_cent_are_named_one_by_one(small_text):
    text = change(change(small_text, "Дружелюбие: 0.6", "Дружелюбие: 60"), "Польза: 0.4", "Польза: 40")
    assert [line.rsplit(" | ", 2)[1:] for line in complaints(text)] == [
        ["weights.index.Дружелюбие", "найдено 60; должно быть не больше 1"],
        ["weights.index.Польза", "найдено 40; должно быть не больше 1"]]


def test_numbers_for_periods_are_each_pointed_at(small_text):
    text = change(small_text, 'periods: ["2023", "2024"]', "periods: [2023, 2024]")
    assert complaints(text) == [
        f"small.yaml | {place(text, f'{year}{mark}')} | data.periods.{number} | "
        f"ожидается текст, найдено {year}; возьмите значение в кавычки"
        for number, year, mark in ((0, 2023, ", 2024"), (1, 2024, "]"))]


@pytest.mark.parametrize("slips", [
    {"unknown key, nearest offered", "decimal comma", "key twice", "date that does not exist", "unknown status"},
    {"weights that sum to less", "weights that sum to more", "priorities incomplete", "clienteles that do not sum",
     "checklist without a register", "direction without normalisation"},
    {"unknown group", "unknown table", "base period unknown", "priority unknown", "no common aggregation"},
], ids=["types", "sums", "references"])
def test_all_faults_are_listed_at_once(small_text, slips):
    text = small_text
    for slip in slips:
        text = change(text, *SLIPS[slip][:2])
    lines = complaints(text)
    for slip in slips:
        path, words = SLIPS[slip][3:]
        assert sum(line.endswith(f"| {path} | {words}") for line in lines) == 1, slip


# --- YAML itself ----------------------------------------------------------------------------------------------------

def test_alias_is_refused_where_it_stands(small_text):
    text = change(change(small_text, "  decimals: 2", "  decimals: &two 2"), "  title: звёзды\n",
                  "  title: звёзды\n  trim: *two\n")
    assert (f"small.yaml | {place(text, 'trim')} | grades.trim | ссылки YAML (& и *) в редакции не допускаются: "
            "напишите значение целиком") in complaints(text)


def test_alias_bomb_and_endless_loop_are_refused_at_once(small_text):
    letters = "abcdefghijklmnopqrstuvwxyz"
    bomb = "a: &a [x, x]\n" + "".join(f"{new}: &{new} [*{old}, *{old}]\n" for old, new in pairwise(letters))
    assert any("ссылки YAML" in line for line in complaints(bomb))
    assert any("ссылки YAML" in line for line in complaints(small_text + "notes: &loop [*loop]\n"))


@pytest.mark.parametrize("tagged",
                         ['!!python/object/apply:os.system ["touch {}"]', "!!python/name:os.system", "!other x"])
def test_tag_is_refused_and_its_command_not_run(small_text, tmp_path, tagged):
    target = tmp_path / "touched"
    text = change(small_text, "0001-small", tagged.replace("{}", str(target)))
    line = complaints(text)[0]
    assert line.startswith(f"small.yaml | {place(text, 'decision')} | decision | метка типа «")
    assert line.endswith("» не допускается")
    assert not target.exists()


@pytest.mark.parametrize(("old", "new", "line"), [
    ("legal_basis: [Приказ 01]", "legal_basis: [Приказ 01", 6),
    ("title: Вежливость", "title: Центр: занятости", 24),
    ("    title: Вежливость", "\ttitle: Вежливость", 24),
    ("title: Вежливость", 'title: "Вежливость', None),  # an open quote runs on: the parser says where it gave up
], ids=["open bracket", "second colon", "tab", "open quote"])
def test_broken_yaml_names_the_line(small_text, old, new, line):
    only, = complaints(change(small_text, old, new))
    found = re.fullmatch(r"small\.yaml \| (\d+):\d+ \| файл не разбирается как YAML: .+", only)
    assert found
    assert line is None or int(found[1]) == line


@pytest.mark.parametrize("text",
                         ["", "# только примечание\n", "- один\n- два\n", "просто текст", "null",
                          "version:\xa0small\n"],
                         ids=["empty", "comment", "list", "text", "null", "no-break space"])
def test_anything_but_a_mapping_is_refused(text):
    assert complaints(text) == ["small.yaml | 1:1 | редакция должна быть набором «ключ: значение»"]


def test_two_documents_in_one_file_are_refused(small_text):
    only, = complaints(small_text + "---\n" + small_text)
    assert only.startswith(f"small.yaml | {small_text.count(chr(10)) + 1}:1 | ")


def test_twenty_thousand_brackets_are_an_edition_error_not_a_crash():
    assert complaints("a: " + "[" * 20_000)[0].startswith("small.yaml | ")


def test_a_control_character_is_an_edition_error_not_a_crash(small_text):
    assert complaints(small_text + "# \x00\n")[0].startswith("small.yaml | ")


def test_a_file_in_cp1251_is_told_to_be_saved_as_utf_8(tmp_path, small_text):
    (tmp_path / "small.yaml").write_text(small_text, encoding="cp1251")
    with pytest.raises(EditionError, match="UTF-8"):
        editions.read_edition(tmp_path / "small.yaml")


# --- adopted editions -----------------------------------------------------------------------------------------------

SHIPPED = ("cms-2021", "egov-career-2022", "gtmi-2020", "gtmi-2022", "gtmi-2025", "maturity-2022", "odm-2023",
           "star-2022")


@pytest.fixture
def copy(root, tmp_path):
    """A project with copies of the shipped editions, to be spoilt."""
    shutil.copytree(root / editions.FOLDER, tmp_path / editions.FOLDER)
    return tmp_path


def test_the_shipped_editions_are_these(root):
    assert editions.available(root) == sorted(SHIPPED)


@pytest.mark.parametrize("version", SHIPPED)
def test_every_shipped_edition_loads_and_its_weights_sum_to_one(root, version):
    edition = load_edition(root, version)
    assert edition.version == version
    assert edition.effective_weights().sum() == pytest.approx(1, abs=1e-12)


def test_every_shipped_edition_is_recorded(root):
    record = json.loads((root / editions.FOLDER / editions.RECORD).read_text(encoding="utf-8"))
    assert set(record) == set(SHIPPED)


@pytest.mark.parametrize("version", ["cms-2021", "star-2022"])  # adopted and demonstration
def test_one_changed_byte_of_an_adopted_edition_is_refused(copy, version):
    path = copy / editions.FOLDER / f"{version}.yaml"
    content = path.read_bytes()
    assert content.startswith(b"# yaml")
    path.write_bytes(b"# Yaml" + content[6:])  # in a comment: the edition says the same as before
    with pytest.raises(EditionError, match="изменена после принятия") as caught:
        load_edition(copy, version)
    assert caught.value.exit_code == 4
    path.write_bytes(content)
    assert load_edition(copy, version).version == version


def test_an_unrecorded_adopted_edition_is_refused_until_recorded(project):
    project.edition("status: candidate", "status: adopted")
    with pytest.raises(EditionError, match=r"не записана как принятая.*zvezda adopt small"):
        load_edition(project.root, "small")
    digest = record_adopted(project.root, "small")
    assert re.fullmatch("[0-9a-f]{64}", digest)
    assert load_edition(project.root, "small").status == "adopted"


def test_recording_again_is_harmless_but_a_changed_file_is_refused(project):
    project.edition("status: candidate", "status: adopted")
    first = record_adopted(project.root, "small")
    assert record_adopted(project.root, "small") == first
    project.edition("Приказ 01", "Приказ 02")
    with pytest.raises(EditionError, match="уже принята и неизменна"):
        record_adopted(project.root, "small")
    assert json.loads((project.root / editions.FOLDER / editions.RECORD).read_text()) == {"small": first}


def test_a_candidate_needs_no_record(project):
    assert not (project.root / editions.FOLDER / editions.RECORD).exists()
    assert load_edition(project.root, "small").status == "candidate"


def test_file_name_and_version_must_agree(project):
    project.edition("version: small", "version: smal")
    with pytest.raises(EditionError, match=r"small.yaml: version «smal» не совпадает с именем файла"):
        load_edition(project.root, "small")


def test_an_unknown_edition_offers_the_nearest(root):
    with pytest.raises(UsageError, match=r"Редакции «star-2202» нет. Возможно, имелось в виду «star-2022»") as caught:
        load_edition(root, "star-2202")
    assert caught.value.exit_code == 2


# --- the reference that is made from the model ----------------------------------------------------------------------

@pytest.mark.parametrize("name", reference.GENERATED)
def test_committed_reference_is_what_the_code_makes(root, name):
    assert (root / "docs" / name).read_text(encoding="utf-8") == reference.GENERATED[name](), "run: zvezda schema"


def test_every_code_of_a_message_is_in_the_reference():
    assert all(f"| {code} | " in reference.messages() for code in TEXTS)


@pytest.fixture(scope="module")
def validator(root):
    schema = json.loads((root / "docs" / "edition.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def plain(text):
    """What the loader itself reads from YAML, before the model."""
    return editions._plain(yaml.compose(text, Loader=yaml.SafeLoader), (), {}, [], set())


@pytest.mark.parametrize("version", SHIPPED)
def test_shipped_editions_fit_the_schema_that_editors_use(root, validator, version):
    text = (root / editions.FOLDER / f"{version}.yaml").read_text(encoding="utf-8")
    assert [error.message for error in validator.iter_errors(plain(text))] == []


@pytest.mark.parametrize("slip", [
    "unknown key, nearest offered", "unknown nested key", "unknown key of a measure", "missing key at the top",
    "missing nested key", "text for a number", "decimal comma", "decimal comma in a weight", "number for a version",
    "negative weight", "infinite weight", "unknown way to aggregate", "equal misspelt", "space in a code"])
def test_the_editor_underlines_what_the_loader_refuses(small_text, validator, slip):
    assert validator.is_valid(plain(small_text))
    assert not validator.is_valid(plain(change(small_text, *SLIPS[slip][:2])))
