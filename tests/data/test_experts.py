"""Experts' files as tables: what is read, in whatever order, form and spelling; the formulas take it as it is."""

import numpy as np
import pandas as pd
import pytest
from openpyxl import Workbook

from methods.agreement.rankings import kendall_w
from methods.agreement.raters import fleiss_kappa
from methods.data.editions import load_edition
from methods.data.intake.experts import as_ratio, asked, check_experts, read_experts, read_judgement
from methods.errors import UsageError
from methods.problems import Protocol
from methods.weights import ahp, best_worst, direct

SQUARES = """эксперт;код;Д;П;М;А;К
Э1;Д;1;2;3;4;5
Э1;П;1/2;1;2;2;3
Э1;М;1/3;1/2;1;1;2
Э1;А;1/4;1/2;1;1;2
Э1;К;1/5;1/3;1/2;1/2;1
Э2;Д;1;1/2;1;3;4
Э2;П;2;1;2;5;7
Э2;М;1;1/2;1;3;4
Э2;А;1/3;1/5;1/3;1;1
Э2;К;1/4;1/7;1/4;1;1
"""
LIST = """эксперт;важнее;чем;во сколько раз
Э1;Д1;Д2;3
Э1;Д1;Д3;5
Э1;Д3;Д2;1/2
Э2;Д2;Д1;⅓
Э2;Д1;Д3;4
Э2;Д2;Д3;1
"""
POINTS = """эксперт;код;баллы
Э1;Д;30
Э1;П;25,5
Э1;М;19,5
Э1;А;15
Э1;К;10
Э2;Д;20
Э2;П;20
Э2;М;20
Э2;А;40
Э2;К;0
"""
PLACES = """эксперт;код;место
Э1;К1;1
Э1;К2;2
Э1;К3;2
Э1;К4;4
Э2;К1;2
Э2;К2;1
Э2;К3;3
Э2;К4;4
"""
BEST = """эксперт;лучший;худший;сравнение;Д;П;М;А;К
Э1;Д;К;лучший к остальным;1;2;3;4;8
Э1;Д;К;остальные к худшему;8;4;3;2;1
Э2;П;А;лучший к остальным;2;1;3;6;4
Э2;П;А;остальные к худшему;3;6;2;1;2
"""


@pytest.fixture(scope="module")
def star(root):
    return load_edition(root, "star-2022")


@pytest.fixture
def read(tmp_path, star):
    """Judgements of text files; the protocol beside."""
    def read(*texts, element="index", encoding="utf-8", **options):
        paths = []
        for number, text in enumerate(texts):
            paths.append(tmp_path / f"файл_{number}.csv")
            paths[-1].write_text(text, encoding=encoding)
        protocol = Protocol()
        return read_experts(paths, star, tmp_path, protocol, element=element, **options), protocol
    return read


def workbook(path, sheets):
    book = Workbook()
    book.remove(book.active)
    for title, text in sheets.items():
        sheet = book.create_sheet(title)
        for line in text.splitlines():
            sheet.append(line.split(";"))
    book.save(path)
    return path


# -- what is asked -----------------------------------------------------------------------------------------------------

def test_groups_are_asked_first_then_what_is_inside(star):
    sets = asked(star)
    assert list(sets) == ["index", "Д", "П", "М", "А", "К"]
    assert sets["index"] == ("Д", "П", "М", "А", "К")
    assert sets["А"] == ("А1", "А2")


def test_an_element_that_nobody_weighs_is_refused(read):
    with pytest.raises(UsageError, match=r"Элемент «Д1»: взвешивать нечего\. Есть: index, Д, П, М, А, К\."):
        read(SQUARES, element="Д1")


def test_nobody_judged_the_element(read):
    experts, protocol = read(SQUARES, element="К")
    assert protocol.problems == []
    assert experts.names == ()
    assert experts.matrices == experts.best_worst == {}
    for table in (experts.points, experts.swings, experts.ratings, experts.rankings, experts.categories):
        assert table.shape == (0, 4)


# -- forms -------------------------------------------------------------------------------------------------------------

def test_squares(read):
    experts, protocol = read(SQUARES)
    assert protocol.problems == []
    matrix = experts.matrices["Э1"]
    assert list(matrix) == list(matrix.index) == ["Д", "П", "М", "А", "К"]
    assert matrix.loc["Д", "К"] == 5
    assert matrix.loc["К", "Д"] == 1 / 5  # exactly, not 0.2 to some digits
    assert matrix.attrs["expert"] == "Э1"
    assert experts.places["pairs", "Э2"].row == 7


def test_a_list_of_pairs_gives_the_same_square(read):
    experts, protocol = read(LIST, element="Д")
    assert protocol.problems == []
    assert experts.matrices["Э1"].loc["Д2"].tolist() == [1 / 3, 1, 2]
    assert experts.matrices["Э2"].loc["Д1"].tolist() == [1, 3, 4]


def test_points_places_best_and_worst(read):
    experts, protocol = read(POINTS, BEST)
    assert [problem.code for problem in protocol.problems] == []
    assert experts.points.loc["Э1"].tolist() == [30, 25.5, 19.5, 15, 10]
    answers = experts.best_worst["Э2"]
    assert (answers.best, answers.worst) == ("П", "А")
    assert answers.best_to_others.to_dict() == {"Д": 2, "П": 1, "М": 3, "А": 6, "К": 4}
    assert answers.others_to_worst.to_dict() == {"Д": 3, "П": 6, "М": 2, "А": 1, "К": 2}
    places, protocol = read(PLACES, element="К")
    assert [problem.code for problem in protocol.problems] == ["EXP-15"]
    assert places.rankings.loc["Э1"].tolist() == [1, 2.5, 2.5, 4]


def test_the_formulas_take_the_tables_as_they_are(read, tmp_path, star):
    experts, _ = read(SQUARES, POINTS, BEST)
    expected = pd.DataFrame([[1, 2, 3, 4, 5], [1 / 2, 1, 2, 2, 3], [1 / 3, 1 / 2, 1, 1, 2], [1 / 4, 1 / 2, 1, 1, 2],
                             [1 / 5, 1 / 3, 1 / 2, 1 / 2, 1]], list("ДПМАК"), list("ДПМАК"))
    pd.testing.assert_series_equal(ahp.eigenvector_weights(experts.matrices["Э1"]), ahp.eigenvector_weights(expected))
    assert ahp.aggregate_priorities(experts.matrices).sum() == pytest.approx(1)
    assert direct.budget_allocation(experts.points).weights.loc["Э2", "А"] == 0.4
    assert best_worst.best_worst(*experts.best_worst["Э1"]).acceptable
    places, _ = read(PLACES, element="К")
    # by hand: sums of ranks 3, 3.5, 5.5, 8; W = 12 S / (m²(n³ - n) - m T) = 12 × 15.5 / (4 × 60 - 2 × 6)
    assert kendall_w(places.rankings.T, draws=99).w == pytest.approx(186 / 228)


def test_several_values_of_one_table(read):
    text = "эксперт;код;размах;оценка;категория\nЭ1;А1;100;10;нужен\nЭ1;А2;40;30;лишний\n" \
           "Э2;А1;70;20;нужен\nЭ2;А2;100;10;лишний\n"
    experts, protocol = read(text, element="А")
    assert protocol.problems == []
    assert direct.swing_weights(experts.swings).weights.loc["Э2"].round(3).tolist() == [0.412, 0.588]
    assert direct.smart_weights(experts.ratings).weights.loc["Э1"].tolist() == [0.25, 0.75]
    assert experts.categories.loc["Э1"].tolist() == ["нужен", "лишний"]


def test_categories_go_to_kappa(read):
    lines = ["эксперт;код;категория", *(f"{expert};К{number};{word}" for expert, words in (
        ("Э1", "да да нет нет"), ("Э2", "да нет нет нет")) for number, word in enumerate(words.split(), 1))]
    experts, protocol = read("\n".join(lines), element="К")
    assert protocol.problems == []
    assert fleiss_kappa(experts.categories.T).value == pytest.approx(7 / 15)  # p_a 3/4, p_e (3² + 5²)/8²


@pytest.mark.parametrize(("text", "value"), [
    ("3", 3), ("1/3", 1 / 3), ("0,5", 0.5), ("0.5", 0.5), ("½", 0.5), (" 1 / 9", 1 / 9), ("-2", -2), ("−1/2", -0.5),
    ("", None), ("1/", None), ("1/0", None), ("втрое", None), ("5%", None), ("²", None), ("inf", None), ("nan", None),
    ("1e999", None), ("1//3", None), ("1/3/5", None), ("９", None)])
def test_how_a_judgement_may_be_written(text, value):
    assert read_judgement(text) == value


@pytest.mark.parametrize("value", [1 / 9, 1 / 3, 0.5, 1, 2.5, 9])
def test_ratio_as_the_scale_has_it_reads_back(value):
    assert read_judgement(as_ratio(value)) == pytest.approx(value, rel=0.005)


# -- the order of rows, columns and files ------------------------------------------------------------------------------

@pytest.mark.parametrize("seed", range(4))
def test_neither_rows_nor_columns_nor_files_decide(read, seed):
    rng = np.random.default_rng(seed)

    def shuffled(text):
        header, *rows = (line.split(";") for line in text.splitlines())
        columns = [0, *rng.permutation(np.arange(1, len(header)))]
        lines = [header, *(rows[place] for place in rng.permutation(len(rows)))]
        return "\n".join(";".join(line[column] for column in columns) for line in lines) + "\n"

    plain, _ = read(SQUARES, POINTS, BEST)
    mixed, protocol = read(*(shuffled(text) for text in rng.permutation([SQUARES, POINTS, BEST])))
    assert {problem.code for problem in protocol.problems} <= {"EXP-08"}  # another order of rows and columns: a note
    assert protocol.of("error") == []
    for expert, matrix in plain.matrices.items():
        pd.testing.assert_frame_equal(mixed.matrices[expert], matrix)
    pd.testing.assert_frame_equal(mixed.points.loc[plain.points.index], plain.points)
    for expert, answers in plain.best_worst.items():
        assert mixed.best_worst[expert].best_to_others.equals(answers.best_to_others)


def test_one_file_an_expert_or_one_for_all(read):
    header, *rows = SQUARES.splitlines()
    apart = ["\n".join([header, *(row for row in rows if row.startswith(expert))]) for expert in ("Э1", "Э2")]
    together, _ = read(SQUARES)
    parted, protocol = read(*apart)
    assert protocol.problems == []
    for expert, matrix in together.matrices.items():
        pd.testing.assert_frame_equal(parted.matrices[expert], matrix)


def test_other_spellings_of_the_same_file(read):
    """cp1251, other case of headers, decimal commas for fractions: notes only, and the same weights."""
    text = SQUARES.replace("1/2", "0,5").replace("1/4", "0,25").replace("1/5", "0,2")
    text = text.replace("эксперт;код", "Эксперт;КОД")
    experts, protocol = read(text, encoding="cp1251")
    assert {problem.severity for problem in protocol.problems} == {"note"}
    plain, _ = read(SQUARES)
    pd.testing.assert_frame_equal(experts.matrices["Э1"], plain.matrices["Э1"])


# -- sheets and groups -------------------------------------------------------------------------------------------------

INSIDE = "эксперт;код;А1;А2\nЭ1;А1;1;3\nЭ1;А2;1/3;1\nЭ2;А1;1;2\nЭ2;А2;1/2;1\n"


def test_a_sheet_for_every_group(tmp_path, star):
    path = workbook(tmp_path / "эксперты.xlsx", {"Индекс": SQUARES, "А": INSIDE, "Заметки": "что это;о чём\n1;2"})
    protocol = Protocol()
    experts = check_experts([path], star, tmp_path, protocol)
    assert protocol.problems == []
    assert experts["А"].matrices["Э1"].loc["А1", "А2"] == 3
    assert experts["index"].matrices["Э2"].loc["П", "К"] == 7
    assert experts["А"].places["pairs", "Э1"].sheet == "А"


def test_a_sheet_for_every_expert(tmp_path, star):
    header, *rows = SQUARES.splitlines()
    path = workbook(tmp_path / "эксперты.xlsx", {
        title: "\n".join([header, *(row for row in rows if row.startswith(expert))])
        for title, expert in (("первый", "Э1"), ("второй", "Э2"))})
    protocol = Protocol()
    experts = read_experts([path], star, tmp_path, protocol)
    assert protocol.problems == []
    assert list(experts.matrices) == ["Э1", "Э2"]


def test_a_sheet_named_after_a_group_holds_its_codes_only(tmp_path, star):
    path = workbook(tmp_path / "эксперты.xlsx", {"Индекс": SQUARES, "Адресность и персонализация": POINTS})
    protocol = Protocol()
    check_experts([path], star, tmp_path, protocol)
    assert {problem.code for problem in protocol.problems} == {"EXP-08"}
    assert [problem.value for problem in protocol.problems] == list("ДПМАК") * 2
    assert {problem.place.sheet for problem in protocol.problems} == {"Адресность и персонализация"}


def test_a_hidden_sheet_is_not_asked(tmp_path, star):
    path = tmp_path / "эксперты.xlsx"
    book = Workbook()
    for title, text in (("Индекс", SQUARES), ("старое", SQUARES)):
        sheet = book.create_sheet(title)
        for line in text.splitlines():
            sheet.append(line.split(";"))
    book["старое"].sheet_state = "hidden"
    book.remove(book["Sheet"])
    book.save(path)
    protocol = Protocol()
    assert len(read_experts([path], star, tmp_path, protocol).matrices) == 2
    assert protocol.problems == []


def test_two_sheets_that_look_like_copies_are_refused(tmp_path, star):
    path = workbook(tmp_path / "эксперты.xlsx", {"Индекс": SQUARES, "Индекс (2)": SQUARES})
    protocol = Protocol()
    read_experts([path], star, tmp_path, protocol)
    assert "XLS-06" in {problem.code for problem in protocol.of("error")}


def test_a_column_says_the_group(read):
    text = POINTS.replace("эксперт;", "эксперт;группа;").replace("Э1;", "Э1;Индекс;").replace("Э2;", "Э2;index;")
    experts, protocol = read(text)
    assert protocol.problems == []
    assert experts.points.shape == (2, 5)


def test_two_groups_in_one_square(read):
    """Columns of both groups; cells between the groups stay empty."""
    text = ("эксперт;код;А1;А2;П1;П2;П3\n" + "".join(
        f"{expert};А1;1;3;;;\n{expert};А2;1/3;1;;;\n"
        f"{expert};П1;;;1;2;4\n{expert};П2;;;1/2;1;2\n{expert};П3;;;1/4;1/2;1\n" for expert in ("Э1", "Э2")))
    inside, protocol = read(text, element="П")
    assert protocol.problems == []
    assert inside.matrices["Э2"].loc["П1"].tolist() == [1, 2, 4]
    _, protocol = read(text.replace("Э1;А1;1;3;;;", "Э1;А1;1;3;5;;"), element="П")
    assert [(problem.code, problem.place.row, problem.place.column) for problem in protocol.problems] == [
        ("EXP-19", 2, "П1")]


# -- gaps --------------------------------------------------------------------------------------------------------------

def test_a_pair_that_was_not_compared_is_completed_by_the_formula(read):
    experts, protocol = read(SQUARES.replace("Э1;Д;1;2;3;4;5", "Э1;Д;1;2;3;4;").replace("Э1;К;1/5;", "Э1;К;;"))
    assert [problem.code for problem in protocol.problems] == ["EXP-17"]
    matrix = experts.matrices["Э1"]
    assert matrix.isna().to_numpy().sum() == 2
    assert ahp.complete(matrix).filled.index.tolist() == [("Д", "К")]


def test_who_rated_a_part_stays_with_gaps(read):
    experts, protocol = read(POINTS.replace("Э2;К;0\n", ""), partial="panel")
    assert [problem.code for problem in protocol.problems] == ["EXP-17"]
    assert experts.points.loc["Э2"].isna().to_dict() == {"Д": False, "П": False, "М": False, "А": False, "К": True}
    assert direct.budget_allocation(experts.points, partial="panel").completed == ("Э2",)


def test_zero_points_are_an_answer(read):
    experts, protocol = read(POINTS)
    assert protocol.problems == []
    assert experts.points.loc["Э2", "К"] == 0


# -- whatever stands in a cell -----------------------------------------------------------------------------------------

JUNK = ["", "0", "-1", "12", "1/12", "0,33", "0,111", "9", "1/9", "x", "01.мар", "1/0", "1e9", "NA", "Э1", "Д", "K",
        "100", "2,5", "½", "#ДЕЛ/0!", "inf", " 3 ", "Иванова", "лучший к остальным", "99999999999999999999"]


@pytest.mark.parametrize("text", [SQUARES, LIST, POINTS, PLACES, BEST],
                         ids=["squares", "list", "points", "places", "best"])
@pytest.mark.parametrize("seed", range(12))
def test_whatever_stands_in_a_cell_is_told_or_makes_sense_to_the_formulas(read, text, seed):
    """No traceback; and where no error was told, the formulas raise none of their own. Headers too."""
    rng = np.random.default_rng(1000 + seed)
    rows = [line.split(";") for line in text.splitlines()]
    row, column = rng.integers(0 if seed == 0 else 1, len(rows)), rng.integers(len(rows[0]))
    rows[row][column] = str(rng.choice(JUNK))
    element = {LIST: "Д", PLACES: "К"}.get(text, "index")
    experts, protocol = read("\n".join(";".join(row) for row in rows) + "\n", element=element)
    if protocol.of("error"):
        return
    for matrix in experts.matrices.values():
        ahp.consistency(matrix)
    if len(experts.points):
        direct.budget_allocation(experts.points)
    if len(experts.rankings.dropna()) > 1:
        kendall_w(experts.rankings.dropna().T, draws=9)
    for expert, answers in experts.best_worst.items():
        best_worst.best_worst(*answers, expert)
