"""Every rule that an edition can break by hanging together badly: one change, one fault, at its place, in its words.

How the file's lines are pointed at, and slips of the single keys, is tested in tests/data/test_editions.py.
"""

import copy
import json

import pytest

from methods.data.editions import parse_edition
from methods.errors import EditionError
from methods.index.consistency import Fault, closest, difference, faults, nearest, remarks
from methods.index.edition import Eligibility, Grading, Pair

COLUMN = {"measure": "column", "table": "t", "column": "x"}
LIST = {"measure": "checklist", "table": "t"}
SURVEY = {"measure": "survey", "table": "regions", "question": "в1", "scale": [1, 5]}
CONTENT = {
    "version": "tiny", "title": "Пробная", "status": "demonstration", "in_force": {"start": "2026-01-01"},
    "legal_basis": ["нет"], "decision": "0000", "unit": {"title": "ц", "one": "ц", "few": "ц", "many": "ц"},
    "data": {"dataset": "d", "periods": ["2026"], "units": {"file": "u.csv", "unit": "u", "title": "t"},
             "tables": {"t": {"file": "t.csv", "unit": "u"}}},
    "groups": {"Г": {"title": "Г"}, "Д": {"title": "Д"}},
    "indicators": {code: {"title": code, "group": group, "sides": {"objective": COLUMN}}
                   for code, group in {"г1": "Г", "г2": "Г", "д1": "Д", "д2": "Д"}.items()},
    "weights": {"index": {"Г": 0.5, "Д": 0.5}, "Г": "equal", "Д": {"д1": 0.25, "д2": 0.75}},
    "normalisation": {"method": "none"}, "aggregation": {"default": {"method": "arithmetic"}},
    "missing": {"default": {"rule": "reweight"}}, "publication": {"decimals": 2}}


def edition(**changes):
    """The good edition, or one with other values by key path («indicators.г1.group»), through the door of files."""
    content = copy.deepcopy(CONTENT)
    for path, value in changes.items():
        *above, last = path.split(".")
        part = content
        for key in above:
            part = part.setdefault(key, {})
        part[last] = value
    return parse_edition(json.dumps(content, ensure_ascii=False))


def complaint(**changes):
    with pytest.raises(EditionError) as error:
        edition(**changes)
    return str(error.value)


def test_the_good_edition_has_no_faults_and_no_remarks():
    assert faults(edition()) == []
    assert remarks(edition()) == []
    assert faults(edition(normalisation={"method": "z-score", "mean": 1.0, "sd": 0.1})) == []


@pytest.mark.parametrize(("changes", "path", "words"), [
    ({"data.periods": ["2026/1"]}, "data.periods.0", "период «2026/1» не годится для имени папки; допустимы буквы, "
                                                     "цифры, «.», «-», «_»"),
    ({"data.periods": ["2026."]}, "data.periods.0", "период «2026.» не годится для имени папки"),
    ({"eligibility": {"one_of": ["Г", "Е"]}}, "eligibility.one_of.1", "нет группы «Е»."),
    ({"pairs": [{"subjective": "г1", "objective": "г7", "title": "пара"}]}, "pairs.0.objective",
     "нет показателя или группы «г7»."),
    ({"data.tables.regions": {"file": "r.csv", "unit": "u"}}, "data.tables.regions",
     "код таблицы «regions» занят: он означает файлы регионов"),
    ({"indicators.г1.sides": {"subjective": SURVEY}}, "data",
     "показатель «г1» берётся из файлов регионов: укажите их папку, ключ regions"),
    ({"indicators.г1.sides": {"objective": {**LIST, "table": "regions"}}, "data.regions": "{period}"}, "data",
     "чек-листам регионов нужен перечень требований: ключ requirements"),
    ({"indicators.г1.sides": {"objective": {**LIST, "table": "regions"}}, "data.regions": "{period}",
      "data.requirements": "r.csv", "left_out": ["т1"]}, "left_out",
     "чек-лист показателя «г1» приходит из файлов регионов: требование исключают из перечня (data.requirements), "
     "а не ключом left_out"),
    ({"indicators.г1.direction": -1, "indicators.г1.sides": {"objective": COLUMN, "subjective": COLUMN},
      "indicators.г1.normalisation": {"method": "min-max"}}, "indicators.г1.direction",
     "показатель с двумя сторонами должен иметь направление 1"),
    ({"normalisation": {"method": "min-max", "lower": 1.0, "upper": 1.0}}, "normalisation",
     "низ новой шкалы lower (1) должен быть меньше верха upper (1): рейтинг перевернулся бы"),
    ({"indicators.г1.normalisation": {"method": "min-max", "upper": -1.0}}, "indicators.г1.normalisation",
     "низ новой шкалы lower (0) должен быть меньше верха upper (-1): рейтинг перевернулся бы"),
    ({"groups.Г.normalisation": {"method": "min-max", "lower": 2.0}}, "groups.Г.normalisation",
     "низ новой шкалы lower (2) должен быть меньше верха upper (1): рейтинг перевернулся бы"),
    ({"normalisation": {"method": "z-score", "sd": 0.0}}, "normalisation",
     "sd (0) должно быть больше 0: рейтинг перевернулся бы"),
    ({"normalisation": {"method": "min-max"}, "aggregation.Г": {"method": "geometric"}, "indicators.г2.normalisation":
      {"method": "min-max", "lower": 0.1}}, "aggregation.Г",
     "«Г»: среднее geometric требует значений больше 0, а худшая единица по «г1» получит 0; задайте lower больше 0 или "
     "arithmetic"),
    ({"groups.Д.normalisation": {"method": "min-max", "lower": -0.5}, "aggregation.index": {"method": "harmonic"}},
     "aggregation.index", "«index»: среднее harmonic требует значений больше 0, а худшая единица по «Д» получит -0.5"),
    ({"indicators.г1.sides": {"objective": LIST}}, "indicators.г1.sides.objective.table",
     "таблица «t»: задайте либо register (требования столбцами), либо requirement (длинный вид)"),
    ({"indicators.г1.sides": {"objective": LIST}, "data.tables.t.requirement": "т", "data.tables.t.score": "б"},
     "indicators.г1.sides.objective.table", "таблица «t»: нужны score, maximum и item"),
    ({"indicators.г1.sides": {"objective": {"measure": "checks", "table": "t", "checks": [{"columns": ["а"]}],
                                            "strata": {"а": 0.5, "б": 0.5}}}}, "indicators.г1.sides.objective",
     "заданы strata, а у таблицы нет столбца stratum"),
    ({"data.tables.t.stratum": "с", "indicators.г1.sides": {"objective": {
        "measure": "checks", "table": "t", "checks": [{"columns": ["а"]}], "strata": {"а": 0.5, "б": 0.4}}}},
     "indicators.г1.sides.objective", "доли strata должны быть заданы все и в сумме давать 1"),
    ({"indicators.г1.sides": {"objective": {"measure": "checks", "table": "t", "checks": [
        {"columns": ["а"], "weight": 1.0}, {"columns": ["б"]}]}}}, "indicators.г1.sides.objective",
     "доли weight должны быть заданы все и в сумме давать 1"),
    ({"missing": {"Г": {"rule": "complete"}}}, "missing", "нет общего правила default"),
    ({"weights.default": "equal"}, "weights.default", "нет группы «default»."),
])
def test_one_fault_is_named_at_its_place(changes, path, words):
    told, = complaint(**changes).split("\n")
    assert f" | {path} | {words}" in told


GRADES = {"title": "звёзды", "labels": ["1", "2", "3"], "method": "bands", "cut_offs": [0.3, 0.6]}


@pytest.mark.parametrize(("grades", "multiplier", "fits"), [
    ({}, 1.0, True), ({}, 100.0, False), ({"cut_offs": [30.0, 60.0]}, 100.0, True),
    ({"cut_offs": [30.0, 60.0]}, 1.0, False), ({"cut_offs": [0.0, 100.0]}, 100.0, True),
    ({"cut_offs": [-1.0, 60.0]}, 100.0, False), ({"cut_offs": [30.0, 101.0]}, 100.0, False),
    ({"cut_offs": [0.4, 1.0]}, 100.0, False), ({"cut_offs": [0.4, 1.1]}, 100.0, True)])
def test_borders_of_grades_are_in_the_units_of_the_scores(grades, multiplier, fits):
    """Indicators on [0; 1]: scores end at the multiplier; borders all in the lowest hundredth are shares."""
    changes = {"normalisation": {"method": "min-max"}, "grades": {**GRADES, **grades},
               "publication.multiplier": multiplier}
    if fits:
        assert faults(edition(**changes)) == []
    else:
        low, high = {**GRADES, **grades}["cut_offs"]
        assert (f"границы {low:g}–{high:g} не подходят к баллам 0–{multiplier:g} (publication.multiplier): одни в "
                "процентах, другие в долях?") in complaint(**changes)


@pytest.mark.parametrize(("changes", "known"), [
    ({"normalisation": {"method": "z-score"}}, False), ({"normalisation": {"method": "none"}}, False),
    ({"normalisation": {"method": "min-max"}, "aggregation.Г": {"method": "sum"}}, False),
    ({"normalisation": {"method": "goalposts", "low": 0.0, "high": 9.0}}, True),
    ({"normalisation": {"method": "goalposts", "low": 0.0, "high": 9.0, "cap": False}}, False),
    ({"groups.Г.normalisation": {"method": "min-max"}, "groups.Д.normalisation": {"method": "min-max"}}, True),
    ({"groups.Г.normalisation": {"method": "min-max"}}, False)])
def test_borders_are_compared_with_the_ends_where_the_recipe_gives_them(changes, known):
    """Scores without ends of their own may be anything, and so may the borders."""
    changes = {**changes, "grades": {**GRADES, "cut_offs": [30.0, 60.0]}}
    if known:
        assert "границы 30–60 не подходят к баллам 0–1" in complaint(**changes)
    else:
        assert faults(edition(**changes)) == []


def test_shares_of_requirements_met_and_marks_of_clients_end_at_one():
    lists = {"data.tables.t": {"file": "t.csv", "unit": "u", "requirement": "т", "score": "б", "maximum": "м",
                               "item": "п"},
             **{f"indicators.{code}.sides": {"objective": LIST} for code in ("г1", "г2", "д1")},
             "indicators.д2.sides": {"subjective": {**SURVEY, "table": "t"}},
             "grades": {**GRADES, "cut_offs": [30.0, 60.0]}}
    assert "не подходят к баллам 0–1" in complaint(**lists)
    points = {**lists, "indicators.г1.sides": {"objective": {**LIST, "rule": "points"}}}
    assert faults(edition(**points)) == []


def test_a_grade_named_twice():
    told = complaint(grades={**GRADES, "labels": ["1", "2", "1"]})
    assert "название уровня «1» повторяется" in told
    assert "grades.labels.2" in told


def test_weights_of_a_flat_edition_are_given_once():
    flat = {"weights": {"index": dict.fromkeys(("г1", "г2", "д1", "д2"), 0.25)}}
    assert faults(edition(**flat)) == []
    assert "веса уже заданы для показателей по всему индексу (ключ index)" in complaint(
        weights={**flat["weights"], "Г": "equal"})


def test_codes_that_look_the_same_are_refused():
    """Latin C and Cyrillic С."""
    told = complaint(**{"indicators.C1": {"title": "л", "group": "Г", "sides": {"objective": COLUMN}},
                        "indicators.С1": {"title": "к", "group": "Г", "sides": {"objective": COLUMN}}})
    assert "код «С1» не отличить на вид от «C1». Символ 1: «С» — кириллица, а в «C1» там «C» — латиница." in told


def test_all_faults_of_the_tree_before_any_of_its_weights():
    """A tree with a reference that leads nowhere is not walked."""
    base = edition()
    broken = base.model_copy(update={"eligibility": Eligibility(one_of=("Ж",)), "weights": {"index": {"Г": 0.4}},
                                     "pairs": (Pair(subjective="я", objective="г1", title="т"),)})
    found = faults(broken)
    assert found == [Fault(("eligibility", "one_of", 0), "нет группы «Ж»."),
                     Fault(("pairs", 0, "subjective"), "нет показателя или группы «я».")]
    assert faults(base.model_copy(update={"weights": {"index": {"Г": 0.4}, "Д": "equal"}})) == [
        Fault(("weights", "index"), "нет веса для: Д"),
        Fault(("weights", "index"), "сумма весов должна быть 1, сейчас 0.4 (отличие -0.6)",
              hint="weights.index: Г = 0.4"),
        Fault(("weights",), "не заданы веса внутри «Г»: перечислите их или напишите equal")]
    assert faults(base.model_copy(update={"grades": Grading(title="т", labels=("а", "а"), method="quantiles")})) == [
        Fault(("grades", "labels", 1), "название уровня «а» повторяется")]


# What may be and must be seen

@pytest.mark.parametrize(("changes", "words"), [
    ({"weights.index": {"Г": 1.0, "Д": 0.0}},
     ["Вес «Г» равен 1, остальные — 0: индекс определяет один «Г»."]),
    ({"weights.Д": {"д1": 0.0, "д2": 1.0}}, ["Вес «д2» равен 1, остальные — 0: «Д» определяет один «д2»."]),
    ({"weights": {"index": {"г1": 0.5, "г2": 0.5, "д1": 0.0, "д2": 0.0}}},
     ["Вес 0 у д1, д2: показатели не влияют на индекс."]),
    ({"weights": {"index": {"г1": 0.5, "г2": 0.25, "д1": 0.25, "д2": 0.0}}},
     ["Вес 0 у д2: показатель не влияет на индекс."]),
    ({"indicators.г3": {"title": "т", "sides": {"objective": COLUMN}},
      "weights.index": {"Г": 0.5, "Д": 0.25, "г3": 0.25}},
     ["Без группы, прямо под индексом: г3. Проверьте ключ group."]),
    ({"status": "candidate", "indicators.г1.direction": 1, "indicators.д1.sides": {"subjective": SURVEY},
      "data.regions": "{period}"},
     ["Направление (direction) не указано, принято «чем больше, тем лучше»: г2, д2."])])
def test_what_is_allowed_and_odd_is_remarked(changes, words):
    assert remarks(edition(**changes)) == words


# Words that look alike

@pytest.mark.parametrize(("word", "other", "words"), [
    ("С1", "C1", " Символ 1: «С» — кириллица, а в «C1» там «C» — латиница."),
    ("1C", "1С", " Символ 2: «C» — латиница, а в «1С» там «С» — кириллица."),
    ("C\u200b1", "C1", " Символ 2: невидимый знак U+200B, удалите его."),
    ("C1", "C1\u00ad", " В «C1\u00ad» есть ещё невидимый знак, удалите его там."),
    ("C1", "\ufeffС1", " Символ 1: «C» — латиница, а в «\ufeffС1» там невидимый знак."),
    ("C1", "C1", ""), ("C1", "C2", "")])
def test_where_two_words_differ_that_look_the_same(word, other, words):
    assert difference(word, other) == words


def test_a_word_of_the_same_look_comes_before_a_similar_one():
    assert closest("C10", ["C11", "С10"]) == "С10"
    assert closest("C10", ["C10", "C11"]) == "C10"
    assert closest("нечто", ["C10", "C11"]) is None
    assert nearest("нечто", ["C10"]) == ""
    assert nearest("C10", ["С10"]) == (" Возможно, имелось в виду «С10». Символ 1: «C» — латиница, а в «С10» там «С» — "
                                       "кириллица.")
