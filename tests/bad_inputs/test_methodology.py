"""Catalogue of bad inputs, sections 7, 9 and 10: is every slip in an edition told with its place, by the command?

Every row is one change of a good edition; undoing it is the repair, and the good edition gives no message at all.
"""

import functools
import hashlib
import operator
import re
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from methods import cli
from methods.data import editions
from methods.data.editions import parse_edition
from methods.errors import EditionError
from methods.index.aggregate import AGGREGATIONS
from methods.index.grade import bands
from methods.report.chapters import weights_of_edition

NAME = "good-2024.yaml"
GOOD = """\
version: good-2024
title: Малая методика
status: candidate
in_force: {start: 2024-01-01}
legal_basis: [Приказ 1]
decision: 0001-good
unit: {title: центр занятости, one: центр, few: центра, many: центров}
data:
  dataset: good
  periods: ["2023", "2024"]
  units: {file: units.csv, unit: код, title: имя}
  tables:
    numbers: {file: "numbers_{period}.csv", unit: код}
    answers: {file: "answers_{period}.csv", unit: код}
groups:
  С1: {title: Дружелюбие}
  С2: {title: Польза}
indicators:
  Д1:
    title: Открытость
    group: С1
    direction: 1
    normalisation: {method: goalposts, low: 0, high: 10}
    sides: {objective: {measure: column, table: numbers, column: открыто}}
  Д2:
    title: Вежливость
    group: С1
    sides: {subjective: {measure: survey, table: answers, question: в1, scale: [1, 5]}}
  Д3:
    title: Внимание
    group: С1
    sides: {subjective: {measure: survey, table: answers, question: в2, scale: [1, 5]}}
  П1:
    title: Полезность
    group: С2
    sides: {subjective: {measure: survey, table: answers, question: в3, scale: [1, 5]}}
weights:
  index:
    С1: 0.6
    С2: 0.4
  С1:
    Д1: 0.2
    Д2: 0.3
    Д3: 0.5
normalisation: {method: none}
aggregation:
  default: {method: arithmetic}
missing:
  default: {rule: reweight, min_coverage: 0.5}
publication: {multiplier: 100, decimals: 2}
grades:
  title: уровни
  labels: [низкий, средний, высокий, высший]
  method: bands
  cut_offs: [20, 50, 60]
"""
TABLES = {
    "units.csv": "код,имя\n01,Первый\n02,Второй\n03,Третий\n",
    "numbers_2024.csv": "код,открыто\n01,7\n02,0\n03,10\n",
    "answers_2024.csv": "код,в1,в2,в3\n01,5,4,3\n01,4,4,5\n02,1,2,3\n03,5,5,4\n",
}


@pytest.fixture
def score(tmp_path, monkeypatch, capsys):
    """`zvezda score` with an edition of that text: exit code, screen, complaints; a failure leaves nothing behind."""
    methodology, raw = tmp_path / editions.FOLDER, tmp_path / "data/raw/good"
    methodology.mkdir(parents=True)
    raw.mkdir()
    for name, text in TABLES.items():
        (raw / name).write_text(text, encoding="utf-8")
    hashes = {name: hashlib.sha256((raw / name).read_bytes()).hexdigest() for name in TABLES}
    source = {"title": "Малый набор", "producer": "Мы", "date": "2024-01-01", "licence": "CC0", "files": hashes}
    (raw / "source.yml").write_text(yaml.safe_dump(source, allow_unicode=True), encoding="utf-8")
    monkeypatch.setenv("ZVEZDA_ROOT", str(tmp_path))

    def run(text):
        (methodology / NAME).write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
        before = files(tmp_path)
        code = cli.main(["score", "-e", NAME.removesuffix(".yaml")])
        out, err = capsys.readouterr()
        assert "Traceback" not in out + err
        if code:
            assert out == ""
            assert files(tmp_path) == before
        return code, out, err
    return run


def files(folder):
    """Everything but the measurements kept in data/processed, which do not depend on the recipe."""
    return {path: path.read_bytes() for path in Path(folder).rglob("*")
            if path.is_file() and "processed" not in path.parts}


def changed(old, new):
    assert GOOD.count(old) == 1, f"{GOOD.count(old)} times: {old!r}"
    return GOOD.replace(old, new)


def place(text, mark):
    """`line:column` of the first occurrence, both counted from 1."""
    at = text.index(mark)
    return f"{text.count(chr(10), 0, at) + 1}:{at - text.rfind(chr(10), 0, at)}"


@dataclass
class Row:
    """One row of the catalogue: what is changed, and the line that the user must get."""

    code: str                 # with a word for the variant, if the row has several
    old: str
    new: str
    mark: str                 # the complaint points at this place of the changed text …
    path: str                 # … and names this path of keys; empty: the parser knows no path
    words: tuple[str, ...]
    text: str = field(init=False)

    def __post_init__(self):
        self.text = changed(self.old, self.new)


INDEX = "    С1: 0.6\n    С2: 0.4\n"
INSIDE = "    Д1: 0.2\n    Д2: 0.3\n    Д3: 0.5\n"
GROUPS = "  С1: {title: Дружелюбие}\n  С2: {title: Польза}\n"
GOALPOSTS = "{method: goalposts, low: 0, high: 10}"
NUMBER = "ожидается число"


def weight(code, written, *words, mark=None):
    """A slip in the weight of Д1."""
    return Row(code, "    Д1: 0.2\n", f"    Д1:{written}\n", mark or f"Д1:{written}", "weights.С1.Д1", words)


WEIGHTS = [
    Row("WGT-01 less", "С2: 0.4", "С2: 0.38", "index", "weights.index", ("0.98", "-0.02", "С1 = 0.6, С2 = 0.38")),
    Row("WGT-01 more", "С2: 0.4", "С2: 0.42", "index", "weights.index", ("1.02", "+0.02", "С1 = 0.6, С2 = 0.42")),
    Row("WGT-03", INDEX, "    С1: 60\n    С2: 40\n", "С1: 60", "weights.index.С1",
        ("сумма 100", "проценты", "С1: 0.6, С2: 0.4")),
    weight("WGT-04", " -0.1", "-0.1", "не меньше 0"),
    weight("WGT-05 NaN", " NaN", NUMBER, "NaN"),
    weight("WGT-05 .nan", " .nan", NUMBER, ".nan"),
    weight("WGT-05 empty", "", NUMBER, "null", mark="Д1:\n    Д2"),
    weight("WGT-06 .inf", " .inf", NUMBER, ".inf"),
    weight("WGT-06 1e999", " 1e999", "не больше 1"),
    weight("WGT-07 quotes", ' "0.2"', NUMBER, '"0.2"', "число в кавычках", "weights.С1.Д1: "),
    weight("WGT-07 comma", " 0,2", NUMBER, '"0,2"', "десятичный знак в редакции — точка"),
    weight("WGT-08 true", " true", NUMBER, "true"),
    weight("WGT-08 да", " да", NUMBER, "да"),
    Row("WGT-09", "    Д1: 0.2", "    Д11: 0.2", "Д11", "weights.С1.Д11",
        ("«Д11» не входит в «С1»", "Возможно, имелось в виду «Д1»")),
    Row("WGT-10", "    Д1: 0.2\n", "", "С1:\n    Д2", "weights.С1", ("нет веса для: Д1",)),
    Row("WGT-11", "    Д1: 0.2\n", "    Д1: 0.2\n    Д1: 0.1\n", "Д1: 0.1", "weights.С1.Д1",
        ("ключ «Д1» повторяется", "впервые в строке 42")),
    Row("WGT-13", INSIDE, "    Д1: 0\n    Д2: 0\n    Д3: 0\n", "С1:\n    Д1: 0\n", "weights.С1",
        ("сумма весов должна быть 1, сейчас 0", "Д1 = 0, Д2 = 0, Д3 = 0")),
    Row("WGT-15", "Д2: 0.3", "Д2: 0.4", "С1:\n    Д1", "weights.С1", ("сейчас 1.1", "Д1 = 0.2, Д2 = 0.4, Д3 = 0.5")),
]

YAML = [
    Row("YML-01", "decision: 0001-good\n", "decision: 0001-good\nstatus: adopted\n", "status: adopted", "status",
        ("ключ «status» повторяется", "впервые в строке 3")),
    Row("YML-02", "weights:", "wieghts:", "wieghts", "wieghts",
        ("неизвестный ключ «wieghts»", "Возможно, имелось в виду «weights»")),
    Row("YML-03", "title: Открытость\n    ", "", "Д1", "indicators.Д1.title", ("не хватает ключа «title»",)),
    *[Row(f"YML-04 {word}", "high: 10}", f"high: 10, cap: {word}}}", "cap", "indicators.Д1.normalisation.cap",
          ("ожидается true или false", f'"{word}"')) for word in ("no", "да", "нет")],
    Row("YML-05 true", "title: Открытость", "title: true", "title: true", "indicators.Д1.title",
        ("ожидается текст", "возьмите значение в кавычки")),
    Row("YML-06 year", '["2023", "2024"]', '[2023, "2024"]', "2023,", "data.periods.0",
        ("ожидается текст", "возьмите значение в кавычки")),
    Row("YML-07", "version: good-2024", "version: 2023.10", "version", "version",
        ("ожидается текст", "2023.1", "возьмите значение в кавычки")),
    Row("YML-10 borders", "[20, 50, 60]", "[0,5, 1,5]", "grades", "grades",
        ("[0,5, 1,5]: чисел 4 вместо 2", "десятичный знак — точка: [0.5, 1.5]", place(GOOD, "[20, 50"))),
    Row("YML-10 scale", "question: в1, scale: [1, 5]", "question: в1, scale: [0,5, 1,5]", "scale",
        "indicators.Д2.sides.subjective.scale", ("[0,5, 1,5]: чисел 4 вместо 2", "[0.5, 1.5]")),
    weight("YML-11", " 20%", NUMBER, '"20%"', "запишите долей: 0.2"),
    Row("YML-12", "decision: 0001-good\n", "decision: 0001-good\nextra: &a {child: *a}\n", "child", "extra.child",
        ("ссылки YAML",)),
    Row("YML-13", GROUPS, "  С1: {title: Дружелюбие, parent: С2}\n  С2: {title: Польза, parent: С1}\n", "parent",
        "groups.С1.parent", ("С1 → С2 → С1",)),
    Row("YML-14 none", "    group: С2\n", "", "С2", "groups.С2", ("в группе нет показателей", "нет веса для: П1")),
    Row("YML-14 two", "group: С2", "group: [С1, С2]", "group: [", "indicators.П1.group",
        ("ожидается текст", '["С1", "С2"]')),
    Row("YML-14 two weights", "    Д3: 0.5\n", "    Д3: 0.5\n  С2: {П1: 0.5, Д3: 0.5}\n", "Д3: 0.5}", "weights.С2.Д3",
        ("«Д3» не входит в «С2»",)),
    Row("YML-16 bomb", "decision: 0001-good\n", "decision: 0001-good\na: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n",
        "&a", "b.0", ("ссылки YAML",)),
    Row("YML-16 brackets", "decision: 0001-good", f"decision: {'[' * 20_000}{']' * 20_000}", "version", "",
        ("слишком большая вложенность",)),
    Row("YML-16 less brackets", "decision: 0001-good", f"decision: {'[' * 300}{']' * 300}", "version", "(весь файл)",
        ("слишком большая вложенность",)),
    Row("YML-17 tab", "    title: Открытость", "\ttitle: Открытость", "\ttitle", "",
        ("табуляция в отступе", "пробелами")),
    Row("YML-17 colon", "title: Открытость", "title: Центр: занятости", ": занятости", "",
        ("второе двоеточие", "возьмите в кавычки")),
    Row("YML-17 bracket", "[Приказ 1]", "[Приказ 1", ": 0001-good", "", ("не закрыта скобка [",)),
    Row("YML-17 quote", "title: Полезность", "title: 'Полезность", "", "", ("не закрыта кавычка",)),
    Row("YML-18 top", "status: candidate", "status:\u00a0candidate", "\u00a0", "", ("U+00A0", "неразрывный")),
    Row("YML-18 inside", "    title: Открытость", "    title:\u00a0Открытость", "\u00a0", "",
        ("U+00A0", "неразрывный")),
    Row("YML-18 braces", "С2: {title: Польза", "С2: {title:\u202fПольза", "С2", "groups.С2.title",
        ("U+202F", "неразрывный", place(GOOD, " Польза"))),
    Row("YML-18 indent", "    title: Открытость", "  \u00a0 title: Открытость", "\u00a0", "",
        ("U+00A0", "неразрывный")),
    Row("YML-21 weight", "  С1:\n    Д1", "  C1:\n    Д1", "C1", "weights.C1",
        ("Возможно, имелось в виду «С1»", "Символ 1: «C» — латиница, а в «С1» там «С» — кириллица")),
    Row("YML-21 two codes", GROUPS, GROUPS + "  C1: {title: Двойник}\n", "C1", "groups.C1",
        ("«C1» не отличить на вид от «С1»", "Символ 1: «C» — латиница")),
    Row("YML-21 word", "status: candidate", "status: cаndidate", "status", "status",
        ("Возможно, имелось в виду «candidate»", "Символ 2: «а» — кириллица")),
    Row("YML-21 key", "status: candidate", "stаtus: candidate", "stаtus", "stаtus",
        ("Возможно, имелось в виду «status»", "Символ 3: «а» — кириллица")),
    Row("YML-21 unseen", "group: С2", "group: С2\u200b", "group: С2\u200b", "indicators.П1.group",
        ("Возможно, имелось в виду «С2»", "Символ 3: невидимый знак U+200B")),
    Row("YML-22", "arithmetic", "geometic", "method: geometic", "aggregation.default.method",
        (", ".join(AGGREGATIONS), "Возможно, имелось в виду «geometric»")),
    Row("YML-26 equal", GOALPOSTS, "{method: goalposts, low: 10, high: 10}", "normalisation: {method: g",
        "indicators.Д1.normalisation", ("low (10) должна быть меньше верхней high (10)",)),
    Row("YML-26 swapped", GOALPOSTS, "{method: goalposts, low: 10, high: 0}", "normalisation: {method: g",
        "indicators.Д1.normalisation", ("low (10) должна быть меньше верхней high (0)",)),
    Row("YML-26 new scale", GOALPOSTS, "{method: min-max, lower: 1, upper: 0}", "normalisation: {method: m",
        "indicators.Д1.normalisation", ("lower (1) должен быть меньше верха upper (0)",)),
    Row("YML-26 spread", GOALPOSTS, "{method: z-score, sd: -1}", "normalisation: {method: z",
        "indicators.Д1.normalisation", ("sd (-1) должно быть больше 0",)),
]

LEVELS = [
    Row("MAT-01", "[20, 50, 60]", "[20, 60, 50]", "grades", "grades",
        ("должны возрастать", "низкий | 20 | средний | 60 | высокий | 50 | высший")),
    Row("MAT-02", "[20, 50, 60]", "[20, 50, 50]", "grades", "grades",
        ("должны возрастать", "средний | 50 | высокий | 50 | высший")),
    Row("MAT-03 intervals", "[20, 50, 60]", "[[0, 20], [30, 60], [60, 100]]", "[0, 20]", "grades.cut_offs.0",
        (NUMBER, "[0, 20]")),
    Row("MAT-04 above the maximum", "[20, 50, 60]", "[20, 50, 160]", "cut_offs", "grades.cut_offs",
        ("границы 20–160", "баллам 0–100")),
    Row("MAT-04 below the minimum", "[20, 50, 60]", "[-5, 50, 60]", "cut_offs", "grades.cut_offs",
        ("границы -5–60", "баллам 0–100")),
    Row("MAT-06 per cent", "multiplier: 100", "multiplier: 1", "cut_offs", "grades.cut_offs",
        ("границы 20–60", "баллам 0–1 ", "одни в процентах, другие в долях")),
    Row("MAT-06 shares", "[20, 50, 60]", "[0.2, 0.5, 0.6]", "cut_offs", "grades.cut_offs",
        ("границы 0.2–0.6", "баллам 0–100 ", "одни в процентах, другие в долях")),
    Row("MAT-08 names", "средний, высокий", "средний, средний", "средний, высший", "grades.labels.2",
        ("название уровня «средний» повторяется",)),
    Row("MAT-08 numbers", "[низкий, средний, высокий, высший]", "[1, 2, 2, 4]", "1, 2, 2", "grades.labels.0",
        ("ожидается текст", "кавычки")),
]

ROWS = [*WEIGHTS, *YAML, *LEVELS]


def test_the_good_edition_gives_no_message(score):
    """So does every row after its repair, which is to undo its one change."""
    code, out, err = score(GOOD)
    assert (code, err) == (0, "")
    assert len(out.splitlines()) == 4


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.code)
def test_one_slip_is_refused_with_its_place(score, row):
    code, _, err = score(row.text)
    assert code == 4
    where = place(row.text, row.mark) if row.mark else r"\d+:\d+"
    path = rf"{re.escape(row.path)} \| " if row.path else ""
    assert re.search(rf"(?m)^{re.escape(NAME)} \| {where} \| {path}", err), err
    for words in row.words:
        assert words in err
    assert not re.search(r"[a-z]+ (expected|found|should|not|cannot)|expected|found", err)   # no parser's own words


# --- accepted, some with a warning ------------------------------------------------------------------------------------

def accepted(score, text, words=""):
    """The command ends with 0; what it says of the edition."""
    code, out, err = score(text)
    assert code == 0, err
    assert len(out.splitlines()) == 4
    assert words in err
    if not words:
        assert err == ""
    return out


@pytest.mark.parametrize("written", ["0.05", "1/20"])
def test_wgt_02_twenty_times_one_twentieth(score, written):
    measure = "{measure: survey, table: answers, question: в3, scale: [1, 5]}"
    many = "".join(f"  Ж{n}: {{title: Ж, group: С2, sides: {{subjective: {measure}}}}}\n" for n in range(19))
    weights = ", ".join([f"П1: {written}", *(f"Ж{n}: {written}" for n in range(19))])
    text = changed("weights:\n", f"{many}weights:\n  С2: {{{weights}}}\n")
    # added one by one: from Python 3.12 on `sum` itself makes up for the dust
    assert functools.reduce(operator.add, parse_edition(text).weights["С2"].values()) != 1
    accepted(score, text)


WARNED = {
    "WGT-12": (INSIDE, "    Д1: 0\n    Д2: 0.5\n    Д3: 0.5\n", ("Вес 0 у Д1", "показатель не влияет на «С1»")),
    "WGT-14": (INSIDE, "    Д1: 0\n    Д2: 1\n    Д3: 0\n", ("Вес «Д2» равен 1, остальные — 0",)),
    "WGT-14 index": (INDEX, "    С1: 1\n    С2: 0\n", ("Вес «С1» равен 1", "индекс определяет один «С1»")),
    # The catalogue asks for exit code 4; adopted editions rely on the default, so a draft is only warned.
    "YML-27": ("    direction: 1\n", "", ("Направление (direction) не указано", "чем больше, тем лучше", "Д1")),
}


@pytest.mark.parametrize("code", WARNED)
def test_allowed_and_yet_seen(score, tmp_path, code):
    old, new, words = WARNED[code]
    text = changed(old, new)
    accepted(score, text, f"Замечание к редакции good-2024: {words[0]}")
    for word in words:   # notes of the edition head every notebook and the report
        assert any(word in note for note in editions.load_edition(tmp_path, "good-2024").notes)


def test_yml_14_an_indicator_beside_groups_is_seen(score):
    text = GOOD.replace("    group: С2\n", "").replace("  С2: {title: Польза}\n", "").replace("С2: 0.4", "П1: 0.4")
    accepted(score, text, "Без группы, прямо под индексом: П1. Проверьте ключ group.")


@pytest.mark.parametrize(("code", "word"), [
    *[("YML-05", word) for word in ("NO", "no", "on", "off", "yes", "да")],
    *[("YML-06", word) for word in ("010", "01", "0x1F")],
    *[("YML-08", word) for word in ("9:00", "1:30", "2024-01-01")],
], ids=lambda value: value)
def test_words_that_other_readers_turn_are_kept(score, code, word):
    """The catalogue asks for an error; we read YAML 1.2, where nothing is turned and so nothing has to be quoted."""
    text = changed("title: Открытость", f"title: {word}")
    accepted(score, text)
    assert parse_edition(text).indicators["Д1"].title == word


@pytest.mark.parametrize("code", ["NO", "on", "010", "01", "9:00"])
def test_yml_05_06_08_codes_are_kept(score, code):
    text = changed("  Д1:\n", f"  {code}:\n").replace("    Д1: 0.2", f"    {code}: 0.2")
    assert f"indicator_{code}" in accepted(score, text)


@pytest.mark.parametrize("written", ["1e-3", "1.0e-3", "0.001"])
def test_yml_09_exponents_are_numbers(score, written):
    """PyYAML reads 1e-3 as text; we do not."""
    text = changed("min_coverage: 0.5", f"min_coverage: {written}")
    accepted(score, text)
    assert parse_edition(text).missing["default"].min_coverage == 0.001


def test_yml_04_false_is_a_word(score):
    accepted(score, changed("high: 10}", "high: 10, cap: false}"))


# --- whole files ------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("text", ["", "# примечание\n", "- один\n- два\n", "просто текст"],
                         ids=["empty", "comment", "list", "text"])
def test_yml_19_anything_but_a_mapping(score, text):
    code, _, err = score(text)
    assert (code, err) == (4, f"{NAME} | 1:1 | редакция должна быть набором «ключ: значение»\n")


def test_yml_19_two_documents(score):
    code, _, err = score(GOOD + "---\n" + GOOD)
    assert code == 4
    assert f"{NAME} | {GOOD.count(chr(10)) + 1}:1 | " in err
    assert "два документа" in err


def test_yml_18_a_file_of_one_string(score):
    code, _, err = score("version:\u00a0good-2024\n")
    assert code == 4
    assert f"{NAME} | 1:1 | " in err
    assert "Подсказка: 1:9 | " in err
    assert "U+00A0" in err


def test_yml_20_cp1251(score):
    code, _, err = score(GOOD.encode("cp1251"))
    assert code == 4
    assert NAME in err
    assert "Сохраните его в кодировке UTF-8" in err


def test_yml_15_a_command_is_not_run(score, tmp_path):
    target = tmp_path / "touched"
    text = changed("0001-good", f'!!python/object/apply:os.system ["touch {target}"]')
    code, _, err = score(text)
    assert code == 4
    assert f"{NAME} | {place(text, 'decision')} | decision | метка типа «" in err
    assert not target.exists()


def test_yml_24_version_file_name_and_periods(score):
    code, _, err = score(changed("version: good-2024", "version: good-2023"))
    assert code == 4
    for words in ("good-2023", NAME, "периоды: 2023, 2024"):
        assert words in err


def test_yml_24_a_year_without_this_edition(score, capsys):
    assert score(GOOD)[0] == 0
    assert cli.main(["score", "-e", "good-2024", "--period", "2025"]) == 2
    assert "Периода «2025» нет в редакции good-2024." in capsys.readouterr().err


def test_yml_25_an_adopted_edition_is_not_edited(score, tmp_path, capsys):
    adopted = changed("status: candidate", "status: adopted")
    assert score(adopted)[0] == 4   # not recorded yet
    assert cli.main(["adopt", "good-2024"]) == 0
    recorded = re.search(r"[0-9a-f]{64}", capsys.readouterr().out)[0]
    accepted(score, adopted)
    edited = adopted.replace("С1: 0.6\n    С2: 0.4", "С1: 0.5\n    С2: 0.5")
    code, _, err = score(edited)
    assert code == 4
    present = hashlib.sha256(edited.encode()).hexdigest()
    for words in ("изменена после принятия", recorded, present, "0001-good", "2024-01-01"):
        assert words in err


def test_yml_23_a_geometric_mean_of_a_scale_from_zero(score):
    text = changed("arithmetic", "geometric").replace(GOALPOSTS, "{method: min-max}")
    code, _, err = score(text)
    assert code == 4
    assert f"{NAME} | {place(text, 'default: {method: g')} | aggregation.default | «С1»" in err
    assert "худшая единица по «Д1» получит 0" in err
    accepted(score, text.replace("min-max", "min-max, lower: 0.01").replace("в1, scale: [1, 5]", "в1, scale: [0, 5]"))


def test_yml_23_a_geometric_mean_of_a_zero_score(score):
    code, _, err = score(changed("arithmetic", "geometric"))
    assert "найдено 0 (02 × Д1)" in err   # the centre and the indicator are named already
    assert code == 10


# --- levels -----------------------------------------------------------------------------------------------------------

def test_mat_03_04_every_score_has_exactly_one_level():
    """Borders are single numbers and the outer levels are open: no gap, no overlap, nothing uncovered."""
    scores = pd.Series(np.append(np.linspace(0, 100, 1001), [20, 50, 60, 20 + 1e-13, 60 - 1e-13]))
    for edge in ("upper", "lower"):
        assert bands(scores, [20, 50, 60], edge=edge).grade.isin([1, 2, 3, 4]).all()


def test_mat_05_a_score_on_the_border_belongs_to_the_upper_level():
    shares = pd.Series([0.7, 0.1 * 7, 0.6999999999999999, 0.6999])
    assert bands(shares, [0.7]).grade.to_list() == [2, 2, 2, 1]
    assert bands(shares, [0.7], edge="lower").grade.to_list() == [1, 1, 1, 1]


def test_wgt_19_shown_weights_sum_to_one():
    text = changed(INSIDE, "    Д1: 1/3\n    Д2: 1/3\n    Д3: 1/3\n").replace(INDEX, "    С1: 1\n    С2: 0\n")
    shown = re.findall(r">(\d+,\d\d)<", weights_of_edition(parse_edition(text)).styler().to_html())
    assert len(shown) == 4
    assert sum(int(number.replace(",", "")) for number in shown) == 10_000


def test_every_row_of_the_sections_is_here():
    """Codes in the names of tests (`yml_05_06`) and of rows (`YML-05`)."""
    files = [Path(__file__), *map(Path(__file__).with_name, ("test_maturity.py", "test_statistics.py"))]
    source = "".join(path.read_text("utf-8") for path in files).upper().replace("_", "-")
    told = {f"{section}-{number}" for section, numbers in re.findall(r"\b(?:TEST-)?(WGT|YML|MAT)((?:-\d\d)+)", source)
            for number in numbers[1:].split("-")}
    assert told >= {f"{section}-{number:02}" for section, last in (("WGT", 19), ("YML", 27), ("MAT", 11))
                    for number in range(1, last + 1)}


# --- two slips at once ------------------------------------------------------------------------------------------------

PAIRS = [("WGT-04", "YML-22"), ("YML-02", "YML-22"), ("WGT-15", "MAT-08 names"), ("YML-21 word", "YML-14 two")]


@pytest.mark.parametrize("pair", PAIRS, ids=" + ".join)
def test_two_slips_are_both_told(pair):
    first, second = (next(row for row in ROWS if row.code == code) for code in pair)
    text = first.text.replace(second.old, second.new)
    with pytest.raises(EditionError) as caught:
        parse_edition(text, NAME)
    for row in (first, second):
        assert f"| {row.path} | " in str(caught.value)
