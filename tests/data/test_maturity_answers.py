"""Answers of a maturity model from the template to levels: what the list of questions allows, what is read and how."""

import openpyxl
import pandas as pd
import pytest

from methods.data.editions import load_edition
from methods.data.intake.files import recognise
from methods.data.intake.maturity import (
    QUESTIONS,
    answer_table,
    check_maturity,
    check_maturity_files,
    question_list,
    question_table,
    read_maturity,
    requirements_met,
)
from methods.data.reading import read_file
from methods.data.registry import Registry
from methods.data.templates import templates, write_templates
from methods.errors import EditionError
from methods.maturity.levels import both_rules, dimension_scores, gate_level, score_with_blanks, self_against_external
from methods.problems import Protocol

LIST = """вопрос;название;направление;уровень;шкала;слова;зачёт;подтверждение;порядок
2.1;Данные собраны;данные;2;да/нет;;;;3
1.1;Стратегия принята;стратегия;2;0..3;высокий = 3;2;приказ;1
1.2;Стратегия исполнена;стратегия;3;1..5;;4;;2
2.2;Данные открыты;данные;;0; 0,5; 1;;;;4
"""
LIST = LIST.replace("0; 0,5; 1", '"0; 0,5; 1"')
ANSWERS = [("01", "1.1", 3, "само", "приказ"), ("01", "1.2", "2", "само", None), ("01", "2.1", "да", "само", None),
           ("01", 2.2, 0.5, "само", None), ("01", "1.1", "1", "внешний", "приказ"), ("01", "1.2", "–", "внешний", None),
           ("01", "2.1", "нет", "Внешняя", None), ("01", "2.2", "0,5", "внешний", None)]


@pytest.fixture
def items(tmp_path):
    path = tmp_path / "вопросы.csv"
    path.write_text(LIST, encoding="utf-8")
    protocol = Protocol()
    frame = read_file(path, QUESTIONS, protocol, tmp_path)
    assert protocol.of("error") == [], protocol.text()
    return frame


@pytest.fixture
def edition(root):
    return load_edition(root, "star-2022")


def filled(folder, edition, rows, change=lambda sheet: None):
    """The template as a region sends it back, its example row left in place."""
    write_templates(edition, folder)
    path = folder / next(template.file for template in templates(edition) if template.sheet == "Зрелость")
    book = openpyxl.load_workbook(path)
    for row, cells in enumerate(rows, 3):
        for column, value in enumerate(cells, 1):
            book["Зрелость"].cell(row, column, value)
    change(book["Зрелость"])
    sent = folder / "sent" / "зрелость.xlsx"
    sent.parent.mkdir()
    book.save(sent)
    return sent


def read(path, edition, protocol):
    seen = recognise(path, edition, [], protocol, path.parent)
    assert seen.kind == "maturity"
    return read_maturity(path, seen, protocol, path.parent)


def test_the_template_filled_in_becomes_levels(tmp_path, edition, items):
    """By hand. Points above the lowest step: 3 of 3, 1 of 4, 1 of 1, .5 of 1 by itself; 1, –, 0, .5 by others."""
    protocol = Protocol()
    clean = check_maturity(read(filled(tmp_path, edition, ANSWERS), edition, protocol), items, protocol, period="2024")
    assert [(problem.code, problem.place.row, problem.details["names"]) for problem in protocol.of("warning")] == [
        ("MAT-14", 7, "1.2")]
    assert "TPL-01" in {problem.code for problem in protocol.of("note")}
    own, external = answer_table(clean, items), answer_table(clean, items, "внешний")
    assert list(own.columns) == ["1.1", "1.2", "2.1", "2.2"]
    assert own.loc["01"].to_list() == [3, 1, 1, 0.5]
    assert external.loc["01"].fillna(-1).to_list() == [1, -1, 0, 0.5]
    table = question_table(items)
    assert score_with_blanks(own, table["highest"], "zero")["01"] == pytest.approx(5.5 / 9)
    assert score_with_blanks(external, table["highest"], "exclude")["01"] == pytest.approx(1.5 / 5)
    scores = dimension_scores(own, table["highest"], table["dimension"], "zero")
    assert scores.loc["01"].to_dict() == pytest.approx({"стратегия": 4 / 7, "данные": 1.5 / 2})
    met, level_of = requirements_met(own, items), table["level"].dropna().astype(int)
    assert met.loc["01"].to_dict() == {"1.1": 1, "1.2": 0, "2.1": 1}
    assert gate_level(met, level_of)["01"] == 2
    rules = both_rules(scores, [0.3, 0.6], met=met, level_of=level_of)
    assert rules.loc["01", ["average_level", "gate_level", "held_by"]].to_list() == [3, 2, "1.2"]
    gap = self_against_external(own, external, table["highest"], table["dimension"])
    assert gap.loc["данные", "gap"] == 0.5  # (1 + 0) / 2


def test_a_question_that_nobody_answered_has_its_column(tmp_path, edition, items):
    protocol = Protocol()
    frame = read(filled(tmp_path, edition, ANSWERS[:2]), edition, protocol)
    own = answer_table(check_maturity(frame, items, protocol, period="2024"), items)
    assert own.loc["01"].isna().to_list() == [False, False, True, True]
    assert requirements_met(own, items).loc["01"].isna().to_list() == [False, False, True]
    assert answer_table(check_maturity(frame, items, protocol, period="2024"), items, "внешний").empty


def test_an_untouched_template_is_an_empty_table(tmp_path, edition, items):
    protocol = Protocol()
    clean = check_maturity(read(filled(tmp_path, edition, []), edition, protocol), items, protocol, period="2024")
    assert clean.empty
    assert answer_table(clean, items).shape == (0, 4)
    assert {problem.code for problem in protocol.problems} == {"TPL-01"}


def test_columns_may_stand_in_any_order_and_rows_too(tmp_path, edition, items):
    protocol = Protocol()
    frame = read(filled(tmp_path, edition, ANSWERS), edition, protocol)
    other = frame[frame.columns[::-1]].sample(frac=1, random_state=1)
    one, two = (answer_table(check_maturity(each, items, Protocol(), period="2024"), items) for each in (frame, other))
    pd.testing.assert_frame_equal(one, two)


def test_a_personal_column_is_refused_unread(tmp_path, edition, items):
    def with_name(sheet):
        sheet.cell(1, 6, "ФИО")
        sheet.cell(3, 6, "Иванова Анна")
    protocol = Protocol()
    frame = read(filled(tmp_path, edition, ANSWERS, with_name), edition, protocol)
    (problem,) = protocol.of("error")
    assert (problem.code, problem.place.column, problem.place.letter) == ("SRV-19", "ФИО", "F")
    assert "Иванова" not in protocol.text()
    assert "ФИО" not in frame


def test_a_file_without_a_column_is_told_and_left_out(tmp_path, edition):
    protocol = Protocol()
    assert read(filled(tmp_path, edition, ANSWERS, lambda sheet: sheet.delete_cols(4)), edition, protocol) is None
    assert {problem.code for problem in protocol.of("error")} == {"XLS-06"}  # of two sheets none has the columns
    protocol, text = Protocol(), tmp_path / "зрелость.csv"
    text.write_text("регион;вопрос;ответ;подтверждение\n01;1.1;3;\n", encoding="utf-8")
    assert read(text, edition, protocol) is None
    assert {problem.code for problem in protocol.of("error")} == {"TXT-25"}
    assert "«оценщик»" in protocol.text()


def answers_of(*regions, file="зрелость.xlsx"):
    rows = [(region, *line[1:]) for region in regions for line in ANSWERS[:4]]
    frame = pd.DataFrame(rows, columns=["регион", "вопрос", "ответ", "оценщик", "подтверждение"], dtype=object)
    frame.index = pd.RangeIndex(2, 2 + len(frame))
    frame.attrs = {"file": file, "letters": {}}
    return frame


def registry(*regions):
    days = {name: pd.Series(pd.NaT, range(len(regions)), dtype="datetime64[us]") for name in (
        "действует_с", "действует_по")}
    return Registry(pd.DataFrame({"центр": [f"{region}-1" for region in regions], "название": "ЦЗН", "преемник": "",
                                  "регион": regions, "название_региона": [f"Регион {one}" for one in regions], **days}))


def test_regions_of_the_registry_are_the_known_ones_and_have_to_answer(items):
    protocol = Protocol()
    frames = [answers_of("Р1"), answers_of("Р2", "P3", file="ещё.xlsx")]  # a Latin P
    clean = check_maturity_files(frames, items, protocol, period="2024", registry=registry("Р1", "Р2", "Р3", "Р4"))
    found = {problem.code: problem for problem in protocol.of("error")}
    assert set(found) == {"REF-04", "REF-08"}
    assert (found["REF-04"].place.file, found["REF-04"].details["meant"]) == ("ещё.xlsx", "Р3")
    assert found["REF-08"].details == {"regions": "Р4 (Регион Р4)", "count": 1, "centres": 1, "first": "Р4"}
    assert set(clean["регион"]) == {"Р1", "Р2", "Р3"}
    allowed = Protocol()
    check_maturity_files(frames, items, allowed, period="2024", registry=registry("Р1", "Р2", "Р3", "Р4"),
                         allow_missing=["Р4"])
    assert [problem.code for problem in allowed.of("warning")] == ["REF-08"]
    unknown = Protocol()
    check_maturity_files(frames[:1], items, unknown, period="2024", registry=registry("Р2"), allow_missing=["Р2"])
    (refused,) = {problem.text().splitlines()[1] for problem in unknown.of("error") if problem.code == "REF-09"}
    assert "ближайшие из 1 действующих: Р2 | исправьте" in refused


def test_without_regions_any_code_is_taken_and_without_files_nothing_is_said(items):
    protocol = Protocol()
    assert set(check_maturity_files([answers_of("что угодно")], items, protocol, period="2024")["регион"]) == {
        "что угодно"}
    empty = check_maturity_files([], items, protocol, period="2024", registry=registry("Р1"))
    assert empty.empty
    assert list(empty.columns) == ["регион", "вопрос", "оценщик", "ответ"]
    assert protocol.problems == []


# -- the list of questions ---------------------------------------------------------------------------------------------

def test_questions_stand_in_the_order_asked_with_their_steps(items):
    found = question_list(items)
    assert list(found) == ["1.1", "1.2", "2.1", "2.2"]
    assert [one.steps for one in found.values()] == [(0, 1, 2, 3), (1, 2, 3, 4, 5), (0, 1), (0, 0.5, 1)]
    assert [one.enough for one in found.values()] == [2, 4, 1, 1]
    assert [one.allowed for one in found.values()] == ["0, 1, 2, 3", "1, 2, 3, 4, 5", "да, нет", "0, 0,5, 1"]
    table = question_table(items)
    assert table["highest"].to_list() == [3, 4, 1, 1]
    assert table["enough"].to_list() == [2, 3, 1, 1]
    assert table["level"].fillna(0).to_list() == [2, 3, 2, 0]


@pytest.mark.parametrize(("cells", "words"), [
    ({"вопрос": ["1.1", "1.1"]}, r"вопрос 1\.1 повторяется \(строка 1\)"),
    ({"вопрос": ["1.1", ""]}, "строка 1, вопрос —: пусто «вопрос»"),
    ({"направление": ["", "а"]}, r"строка 0, вопрос 1\.1: пусто «направление»"),
    ({"шкала": ["как получится", "0..3"]}, r"вопрос 1\.1: шкала «как получится» — не меньше двух ступеней по возраста"),
    ({"шкала": ["0..3", "3; 2; 1"]}, r"вопрос 1\.2: шкала «3; 2; 1»"),
    ({"шкала": ["0", "0..3"]}, r"вопрос 1\.1: шкала «0»"),
    ({"уровень": ["III", "3"]}, r"вопрос 1\.1: уровень «III» — целое число от 1"),
    ({"уровень": ["2", "4"]}, "уровни требований идут подряд, нет ни одного вопроса уровня 3"),
    ({"зачёт": ["0", ""]}, r"вопрос 1\.1: зачёт «0» — одна из ступеней выше низшей: 1, 2, 3"),
    ({"зачёт": ["", "5"]}, r"вопрос 1\.2: зачёт «5»"),
    ({"слова": ["высокий = 7", ""]}, r"вопрос 1\.1: слово «высокий» — запишите «слово = ступень»"),
    ({"слова": ["высокий", ""]}, r"вопрос 1\.1: слово «»"),
    ({"слова": ["2 = 3", ""]}, r"вопрос 1\.1: слово «2»"),
])
def test_a_fault_of_the_list_is_told_with_its_place(cells, words):
    good = {"вопрос": ["1.1", "1.2"], "направление": ["а", "а"], "шкала": ["0..3", "0..3"]}
    assert len(question_list(pd.DataFrame(good))) == 2
    with pytest.raises(EditionError, match=words):
        question_list(pd.DataFrame(good | cells))


def test_all_faults_of_the_list_are_told_at_once():
    with pytest.raises(EditionError) as error:
        question_list(pd.DataFrame({"вопрос": ["1", "1", "2"], "направление": ["а", "а", ""],
                                    "шкала": ["?", "0..3", "0..3"], "уровень": ["", "", "x"]}))
    for words in ("вопрос 1: шкала «?»", "вопрос 2: пусто «направление»", "вопрос 2: уровень «x»"):
        assert words in str(error.value)
    with pytest.raises(EditionError, match="нет столбцов: направление, шкала"):
        question_list(pd.DataFrame({"вопрос": ["1"]}))
    with pytest.raises(EditionError, match="нет ни одного вопроса"):
        question_list(pd.DataFrame({"вопрос": [], "направление": [], "шкала": []}, dtype=object))
