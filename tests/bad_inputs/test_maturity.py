"""Rows MAT of the catalogue that live in data: one change of good answers, one message at the right address.

The good set: six questions about three regions, answered by themselves and by an external assessor; it gives no message
at all. Frames are built as the reader leaves them: Excel's row numbers as index; file, sheet and letters in `attrs`.
Rows that live in an edition (MAT-01 to 04, 06, 08) are in test_methodology.py.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from openpyxl.utils import get_column_letter

from methods.data.intake.maturity import check_level_change, check_maturity, check_maturity_files
from methods.data.registry import read_regions
from methods.index.grade import bands
from methods.maturity.levels import average_level, weakest_dimension
from methods.problem_texts import TEXTS
from methods.problems import Protocol, Rejected

VALID = read_regions(Path(__file__).parents[2])
FILE, SHEET = "зрелость.xlsx", "Зрелость"
W, N = "warning", "note"
REGIONS = ("01", "25", "77")
ASSESSORS = ("само", "внешний")
ITEMS = pd.DataFrame([
    ("1.1", "стратегия", "2", "0..3", "2", "высокий = 3; низкий = 0", "положение", "1"),
    ("1.2", "стратегия", "3", "0..3", "", "", "", "2"),
    ("1.3", "стратегия", "4", "да/нет", "", "", "", "3"),
    ("2.1", "данные", "2", "да/нет", "", "", "", "4"),
    ("2.2", "данные", "3", "0; 0,5; 1", "0,5", "", "", "5"),
    ("К3", "люди", "", "0..3", "", "I = 1; II = 2; III = 3", "", "6"),
], columns=["вопрос", "направление", "уровень", "шкала", "зачёт", "слова", "подтверждение", "порядок"])
ANSWERS = {"1.1": "3", "1.2": "3", "1.3": "нет", "2.1": "да", "2.2": "0,5", "К3": "1"}  # rows 2 to 7: region 01, само


def good():
    return addressed(pd.DataFrame([
        {"регион": region, "вопрос": question, "ответ": answer, "оценщик": assessor,
         "подтверждение": "положение от 01.02.2024" if question == "1.1" else "", "год": "2024"}
        for region in REGIONS for assessor in ASSESSORS for question, answer in ANSWERS.items()], dtype=object))


def addressed(frame, file=FILE):
    frame.index = pd.RangeIndex(2, 2 + len(frame), name="row")
    frame.attrs = {"file": file, "sheet": SHEET,
                   "letters": {column: get_column_letter(place) for place, column in enumerate(frame.columns, 1)}}
    return frame


def cells(rows, **values):
    def change(frame):
        for column, value in values.items():
            frame.loc[rows, column] = value
        return frame
    return change


def without(*rows):
    return lambda frame: addressed(frame.drop(index=list(rows)))


def appended(row, **values):
    return lambda frame: addressed(pd.concat([frame, pd.DataFrame([frame.loc[row].to_dict() | values])]))


def both(*changes):
    def change(frame):
        for one in changes:
            frame = one(frame)
        return frame
    return change


def found(frame, **options):
    protocol = Protocol()
    clean = check_maturity(frame, options.pop("items", ITEMS), protocol, period="2024",
                           **{"regions": VALID, **options})
    return protocol, clean


@dataclass
class Row:
    """One row: what is changed, and what the user must get."""

    code: str                 # of the catalogue, with a word for the variant
    change: Callable
    row: int
    column: str
    shown: tuple[str, ...]    # in both languages
    severity: str = "error"
    exit_code: int = 3
    options: dict = field(default_factory=dict)


ROWS = [
    *[Row(f"MAT-07 {word}", cells(2, ответ=word), 2, "ответ", (word, "1.1", "0, 1, 2, 3"))
      for word in ("III", "3,5", "3.5", "средний", "4", "-1", "хз", "да", "н/п", "1_0", "inf", "ИСТИНА")],
    *[Row(f"MAT-07 Roman {word}", cells(7, ответ=word), 7, "ответ", (word, "К3")) for word in ("IV", "ΙΙΙ", "Ⅲ")],
    *[Row(f"MAT-07 yes or no {word}", cells(5, ответ=word), 5, "ответ", (word, "2.1", "да, нет"))
      for word in ("2", "частично", "неприменимо", "высокий")],
    Row("MAT-07 fraction", cells(6, ответ="0,7"), 6, "ответ", ("0,7", "0, 0,5, 1")),
    Row("MAT-07 word", cells(2, ответ="Высокий "), 2, "ответ", ("Высокий", "3"), N),
    Row("MAT-07 numeral", cells([7, 19], ответ="III"), 7, "ответ", ("III", "3", "2"), N),
    Row("MAT-09", cells([4, 5], ответ=["да", "нет"]), 5, "ответ", ("01", "само", "2.1", "2", "4", "1.3", "нет"), W),
    Row("MAT-09 whole level", cells(2, ответ="1"), 2, "ответ", ("01", "само", "1.1", "1.2, 2.2"), W),
    Row("MAT-12", cells(3, вопрос="1.22"), 3, "вопрос", ("1.22", "1.2")),
    Row("MAT-12 nothing like it", cells(3, вопрос="ЯЯЯ"), 3, "вопрос", ("ЯЯЯ", "—")),
    Row("MAT-13", appended(2, ответ="1"), 38, "вопрос", ("1.1", "01", "само", "2", "38", "3 | 1")),
    Row("MAT-13 the same", appended(2), 38, "вопрос", ("1.1", "01", "само", "2", "38", "3 | 3")),
    Row("MAT-14 blank", cells(3, ответ=None), 2, "регион", ("01", "само", "1.2"), W),
    Row("MAT-14 dash", cells([3, 7], ответ=["–", "нет данных"]), 2, "регион", ("1.2, К3", "2"), W),
    Row("MAT-14 excluded", cells(3, ответ=""), 2, "регион", ("01", "1.2"), W, options={"blanks": "exclude"}),
    Row("MAT-14 refused", cells(3, ответ=""), 2, "регион", ("01", "1.2"), options={"blanks": "refuse"}),
    Row("MAT-14 no row", without(3, 7), 2, "регион", ("01", "само", "1.2, К3"), W),
    Row("MAT-15", cells([2, 8], подтверждение=["", "—"]), 2, "подтверждение", ("01", "само", "1.1", "положение"), W),
    Row("MAT-16 unknown", cells(2, оценщик="сосед"), 2, "оценщик", ("сосед", "само, внешний")),
    Row("MAT-16 empty", cells(2, оценщик=None), 2, "оценщик", ("само, внешний",)),
    Row("REF-04 question", cells(7, вопрос="K3"), 7, "вопрос", ("K3", "К3", "1")),
    Row("REF-09", cells(2, регион="100"), 2, "регион", ("100", "2024", "89", ": 92, 93, 94, 95 |")),
    Row("REF-09 title", cells(2, регион="республика  Адыгея"), 2, "регион", ("Республика Адыгея — 01",)),
    Row("REF-10", cells([2, 3, 4, 5, 6, 7], регион=1), 2, "регион", ("01", "6"), N),
    Row("REF-11 region", cells(2, регион=""), 2, "регион", ()),
    Row("REF-11 question", cells(2, вопрос=None), 2, "вопрос", ()),
    Row("REF-12", cells(2, год="2023"), 2, "год", ("2023", "2024")),
    Row("TPL-01", appended(2, регион="ПРИМЕР", ответ="XXX"), 38, "регион", (), N),
]


def told(protocol, row):
    code = row.code[:6]
    mine = [problem for problem in protocol.problems if problem.code == code]
    assert mine, protocol.text()
    assert {problem.severity for problem in mine} == {row.severity}, protocol.text()
    return mine


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.code)
def test_row_of_the_catalogue(row):
    protocol, _ = found(row.change(good()), **row.options)
    problem = told(protocol, row)[0]
    where = problem.place
    assert (where.file, where.sheet, where.row, where.column) == (FILE, SHEET, row.row, row.column), protocol.text()
    assert where.letter
    for language in ("ru", "en"):
        text = problem.text(language)
        for part in row.shown:
            assert part in text
        assert "{" not in text
    if row.severity == "error":
        with pytest.raises(Rejected) as refused:
            protocol.stop()
        assert refused.value.exit_code == row.exit_code
    else:
        protocol.stop()
        assert bool(protocol.of("warning")) == (row.severity == W)


@pytest.mark.parametrize("row", [row for row in ROWS if row.code not in ("MAT-16 unknown", "MAT-16 empty")],
                         ids=lambda row: row.code)
def test_one_slip_is_one_message(row):
    """A wrong answer or a misspelt code is not also told as a missing answer."""
    protocol, _ = found(row.change(good()), **row.options)
    others = {problem.code for problem in protocol.problems} - {row.code[:6]}
    lost_row = {"MAT-14"} if row.column == "регион" and row.severity == "error" and row.code[:3] == "REF" else set()
    assert others <= lost_row, protocol.text()


@pytest.mark.parametrize("blanks", ["zero", "exclude", "refuse"])
def test_good_answers_give_no_message_and_come_out_as_numbers(blanks):
    """So does every row after its repair, which is to undo its one change."""
    protocol, clean = found(good(), blanks=blanks)
    assert protocol.text() == ""
    assert list(clean.columns) == ["регион", "вопрос", "оценщик", "ответ"]
    assert clean.loc[2:7, "ответ"].to_list() == [3, 3, 0, 1, 0.5, 1]
    assert clean.attrs["file"] == FILE


def test_mat_07_a_wrong_answer_is_no_number():
    _, clean = found(cells([2, 7], ответ=["III", "III"])(good()))
    assert np.isnan(clean.loc[2, "ответ"])
    assert clean.loc[7, "ответ"] == 3  # the list of questions says so there, and only there


def test_mat_07_every_wrong_cell_has_its_row():
    protocol, _ = found(cells(slice(2, 4), ответ="V")(good()))
    assert [problem.place.row for problem in protocol.of("error")] == [2, 3, 4]


def test_mat_09_names_every_region_and_requirement_and_both_assessors():
    change = both(cells([4, 5], ответ=["да", "нет"]), cells([22, 23], ответ=["да", "нет"]))
    protocol, _ = found(change(good()))
    assert [(problem.place.row, problem.details["region"], problem.details["assessor"], problem.details["requirement"])
            for problem in protocol.of("warning")] == [(5, "01", "само", "2.1"), (23, "25", "внешний", "2.1")]


def test_mat_09_a_blank_or_the_next_level_is_no_skip():
    for change in (cells([4, 5], ответ=["да", ""]), cells([2, 3], ответ=["1", "1"])):
        protocol, _ = found(change(good()))
        assert "MAT-09" not in {problem.code for problem in protocol.problems}


@pytest.mark.parametrize(("grade", "what"), [
    (lambda score, cuts: bands(pd.Series([score]), cuts).grade, "bands"),
    (lambda score, cuts: average_level(pd.DataFrame({"а": [score], "б": [score]}), cuts), "average"),
    (lambda score, cuts: weakest_dimension(pd.DataFrame({"а": [score], "б": [1.0]}), cuts), "weakest")],
    ids=["bands", "average", "weakest"])
def test_mat_05_a_score_on_a_threshold_has_the_upper_level_whatever_its_binary_dust(grade, what):
    cuts = [0.3, 0.7]
    assert 0.7 > 0.6999999999999999  # what a binary sum leaves of .1 + .6 or 7 x .1
    for score, level in ((0.7, 3), (0.6999999999999999, 3), (0.7000000000000001, 3), (0.1 + 0.2, 2),
                         (0.3 - 1e-16, 2), (0.69999, 2), (0.0, 1)):
        assert grade(score, cuts).to_list() == [level], (what, score)


def test_mat_05_dust_in_the_threshold_itself():
    cuts = [0.1 + 0.2, 0.7000000000000001]  # .30000000000000004: made by a sum of weights
    assert average_level(pd.DataFrame({"а": [0.3, 0.7]}), cuts).to_list() == [2, 3]


LEVELS = pd.Series({"01": 4.0, "25": 3.0, "77": 1.0})


def change_told(after, counts=(4, 4), mapping=None):
    protocol = Protocol()
    bridge = check_level_change(LEVELS, pd.Series(after), protocol, old="2022", new="2025", counts=counts,
                                mapping=mapping)
    return protocol, bridge


@pytest.mark.parametrize("language", ["ru", "en"])
def test_mat_10_another_number_of_levels_needs_a_mapping_and_tells_it(language):
    mapping = {1: 1, 2: 2, 3: 4, 4: 5}
    protocol, bridge = change_told({"01": 5.0, "25": 4.0, "77": 1.0}, (4, 5), mapping)
    assert bridge.levels.to_dict() == {"01": 5.0, "25": 4.0, "77": 1.0}  # nobody rose
    (problem,) = protocol.problems
    assert (problem.code, problem.severity) == ("MAT-10", W)
    for words in ("2022 → 2025", "4 → 5", "1→1, 2→2, 3→4, 4→5"):
        assert words in problem.text(language)
    protocol, bridge = change_told({"01": 5.0, "25": 4.0, "77": 1.0}, (4, 5))
    assert bridge is None
    assert {"ru": "не задано", "en": "none given"}[language] in protocol.text(language=language)
    with pytest.raises(Rejected) as refused:
        protocol.stop()
    assert refused.value.exit_code == 4


@pytest.mark.parametrize("language", ["ru", "en"])
def test_mat_11_a_fall_of_two_levels_names_region_and_both_values(language):
    protocol, _ = change_told({"01": 2.0, "25": 2.0, "77": 1.0})
    (problem,) = protocol.problems
    assert (problem.code, problem.severity) == ("MAT-11", W)
    assert "4 → 2" in problem.text(language)
    assert "01" in problem.text(language)
    assert protocol.problems[0].details == {"region": "01", "before": 4, "after": 2, "fall": 2}


def test_mat_11_a_fall_made_by_the_scale_is_none_and_one_hidden_by_it_is_seen():
    protocol, _ = change_told({"01": 2.0, "25": 2.0, "77": 1.0}, (4, 2), {1: 1, 2: 1, 3: 2, 4: 2})
    assert [problem.code for problem in protocol.problems] == ["MAT-10"]
    protocol, _ = change_told({"01": 4.0, "25": 5.0, "77": 1.0}, (4, 6), {1: 1, 2: 3, 3: 5, 4: 6})
    assert [problem.code for problem in protocol.problems] == ["MAT-10", "MAT-11"]


def test_no_change_of_levels_is_silent():
    protocol, bridge = change_told(LEVELS.to_dict())
    assert protocol.problems == []
    pd.testing.assert_series_equal(bridge.levels, LEVELS)


def test_two_slips_are_both_told():
    protocol, _ = found(both(cells(2, ответ="III"), cells(9, вопрос="9.9"))(good()))
    assert [problem.code for problem in protocol.of("error")] == ["MAT-07", "MAT-12"]


def test_a_region_that_answers_in_two_files_is_told_with_both_places():
    first, second = good(), addressed(good().iloc[:6], "ещё.xlsx")
    protocol = Protocol()
    clean = check_maturity_files([first, second], ITEMS, protocol, period="2024", regions=VALID)
    assert {problem.code for problem in protocol.of("error")} == {"MAT-13"}
    problem = protocol.of("error")[0]
    assert problem.place.file == "ещё.xlsx"
    assert f"{FILE}, 2" in problem.text()
    assert len(clean) == len(first)


@pytest.mark.parametrize("code", [code for code in TEXTS if code.startswith("MAT-")])
def test_words_in_both_languages(code):
    assert all(rule and remedy for rule, remedy in (TEXTS[code]["ru"], TEXTS[code]["en"]))


def test_the_frame_given_is_left_as_it_was():
    frame = cells(2, ответ="III")(good())
    before = frame.copy()
    found(frame)
    pd.testing.assert_frame_equal(frame, before)
