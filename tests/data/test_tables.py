"""Is every cell either read as what it says, or refused with an address that opens in Excel?"""

import numpy as np
import pandas as pd
import pytest

from methods.data.tables import numbers, place, read_table, required
from methods.errors import InputError
from methods.index.edition import Table

RULE = Table(file="t.csv", unit="код")


@pytest.fixture
def read(tmp_path):
    """Write a text as t.csv and read it."""
    def reader(text, **rule):
        (tmp_path / "t.csv").write_text(text, encoding="utf-8", newline="")
        return read_table(tmp_path / "t.csv", Table(file="t.csv", unit="код", **rule), "2024")
    return reader


def column(*cells):
    """A table with one column of numbers beside its codes."""
    frame = pd.DataFrame({"код": [f"Ц{n}" for n in range(len(cells))], "балл": cells}, index=range(2, 2 + len(cells)),
                         dtype=str)
    frame.attrs["file"] = "t.csv"
    return frame


# --- reading --------------------------------------------------------------------------------------------------------

def test_cells_stay_as_they_are_written(read):
    frame = read("код,имя,балл\n01,NA,1e5\n02,None,0.50\n")
    assert frame.to_dict("list") == {"код": ["01", "02"], "имя": ["NA", "None"], "балл": ["1e5", "0.50"]}


def test_rows_are_numbered_as_in_excel(read):
    assert read("код,балл\nа,1\nб,2\n").index.to_list() == [2, 3]


def test_row_numbers_survive_the_choice_of_rows(read):
    frame = read("код,год\nа,2023\nб,2024\nв,2023\nг,2024\n", where={"год": "{period}"})
    assert frame["код"].to_dict() == {3: "б", 5: "г"}


def test_row_numbers_survive_a_blank_line(read):
    with pytest.raises(InputError, match=r"t.csv \| строка 4 \|"):
        numbers(read("код,балл\nа,1\n\nб,хз\n"), "балл", RULE)


def test_byte_order_mark_and_separator(read):
    frame = read("\ufeffкод;балл\nа;1,5\n", separator=";", decimal=",")
    assert frame.columns.to_list() == ["код", "балл"]


def test_the_nearest_column_is_offered(read):
    with pytest.raises(InputError,
                       match=r"t.csv: нет столбца «Исполненно». Возможно, имелось в виду «Исполнено»") as caught:
        required(read("код,Исполнено\nа,1\n"), ["код", "Исполненно"])
    assert "Есть: код, Исполнено." in str(caught.value)
    assert caught.value.exit_code == 3


@pytest.mark.parametrize("rows", ["2022", "2023"])
def test_a_choice_that_leaves_nothing_is_said(read, rows):
    with pytest.raises(InputError, match="нет строк, где «год» = 2024"):
        read(f"код,год\nа,{rows}\n", where={"год": "{period}"})


@pytest.mark.parametrize(("text", "words"), [
    ("код,балл\n", "t.csv: нет строк данных"),
    ("", "t.csv"),
    ("код,балл\nа,1\nб,1,2\n", "t.csv"),                    # TXT-08: a field too many
    ("код,балл\nа,1,\nб,2,\n", "t.csv"),               # TXT-07: a separator at the end of every line
    ("код,балл\nа\nб,2\n", "t.csv"),                   # TXT-09: a field too few must not become «нет данных»
    ('код,балл\nа,"1\nб,2\n', "t.csv"),                # TXT-10: an open quote
    ("код,балл,балл\nа,1,2\n", "t.csv.*балл"),         # TXT-23: one header twice
], ids=["no rows", "empty", "field too many", "separator at the end", "field too few", "open quote", "header twice"])
def test_a_broken_table_is_refused_by_the_name_of_its_file(read, text, words):
    with pytest.raises(InputError, match=words):
        read(text)


def test_cp1251_is_refused_by_the_name_of_the_file(tmp_path):
    (tmp_path / "t.csv").write_bytes("код,балл\nа,1\n".encode("cp1251"))
    with pytest.raises(InputError, match=r"t\.csv.*UTF-8"):
        read_table(tmp_path / "t.csv", RULE, "2024")


# --- numbers --------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize(("cell", "value"),
                         [("1", 1), ("-0.5", -0.5), ("+2", 2), (" 3 ", 3), ("1e3", 1000), ("0.1", 0.1),
                                             ("123456789.123456789", 123456789.123456789)])
def test_a_number_is_read_as_written(cell, value):
    assert numbers(column(cell), "балл", RULE).to_dict() == {2: value}


@pytest.mark.parametrize("cell",
                         ["хз", "NA", "nan", "NaN", "None", "<NA>", "inf", "-Infinity", "1e400", "1,5", "1 234",
                          "1\u00a0234",
                                  "1_000", "0x1A", "50%", "#ДЕЛ/0!", "-", "—", "да", "True", "1.2.3", "½", "3/5"])
def test_anything_else_is_refused_never_a_gap(cell):
    with pytest.raises(InputError, match="NUM-01"):
        numbers(column("1", cell), "балл", RULE)


def test_an_empty_cell_is_a_gap():
    assert numbers(column("1", "", "  "), "балл", RULE).isna().to_list() == [False, True, True]


def test_only_the_listed_marks_are_gaps():
    rule = Table(file="t.csv", unit="код", missing_marks=("", "н/д", "-"))
    assert numbers(column("н/д", " - ", "0"), "балл", rule).isna().to_list() == [True, True, False]
    with pytest.raises(InputError, match="«—»"):
        numbers(column("—"), "балл", rule)


def test_decimal_comma_only_where_declared():
    comma = Table(file="t.csv", unit="код", decimal=",")
    assert numbers(column("1,5", "2", "-0,25"), "балл", comma).to_list() == [1.5, 2.0, -0.25]
    for cell in ("1.234,5", "1,234,5"):
        with pytest.raises(InputError, match=cell.replace(".", r"\.")):
            numbers(column(cell), "балл", comma)


@pytest.mark.parametrize(("cell", "fits"),
                         [("1", True), ("5", True), ("0", False), ("6", False), ("4.5", False), ("0.999", False),
                                            ("5.0", True), ("", True)])
def test_range_is_closed_and_whole_means_whole(cell, fits):
    frame = column(cell)
    if fits:
        assert len(numbers(frame, "балл", RULE, low=1, high=5, whole=True)) == 1
    else:
        with pytest.raises(InputError, match=r"правило: целое число от 1 до 5 или пусто"):
            numbers(frame, "балл", RULE, low=1, high=5, whole=True)


def test_all_wrong_cells_are_listed_at_once_with_file_row_column_letter_and_value():
    frame = column("1", "хз", "2", "-", "9").assign(прочее="")[["код", "прочее", "балл"]]
    frame.attrs["file"] = "t.csv"
    with pytest.raises(InputError) as caught:
        numbers(frame, "балл", RULE, low=0, high=5)
    lines = str(caught.value).split("\n")
    assert lines[0::2] == [f"ОШИБКА NUM-01 | t.csv | строка {row} | столбец «балл» (C) | значение «{value}»"
                           for row, value in ((3, "хз"), (5, "-"), (6, "9"))]
    assert all(line.startswith("  правило: число от 0 до 5 или пусто | ") for line in lines[1::2])


def test_a_thousand_wrong_cells_stay_readable():
    with pytest.raises(InputError) as caught:
        numbers(column(*["?"] * 1000), "балл", RULE)
    assert str(caught.value).split("\n")[-1] == "… и ещё NUM-01: 900"


def test_letters_past_the_26th_column():
    frame = pd.DataFrame([["x"] * 30], columns=[f"с{n}" for n in range(30)], index=[2])
    frame.attrs["file"] = "t.csv"
    assert place(frame, 2, "с26") == "t.csv | строка 2 | столбец «с26» (AA)"


def test_numbers_keep_the_labels_of_rows():
    values = numbers(column("1", "2", "3").loc[[4, 2]], "балл", RULE)
    pd.testing.assert_series_equal(values, pd.Series([3.0, 1.0], index=[4, 2]), check_names=False)
    assert values.dtype == np.float64
