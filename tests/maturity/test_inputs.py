"""What must hold of marks and answers: rows in one order, kinds of numbers, words of the refusals."""

import numpy as np
import pandas as pd
import pytest

from methods.errors import InputError, NotPublishable
from methods.maturity.inputs import answers_of, ascending, draws_of, levels_of, marks_of, within_unit

MARKS = pd.DataFrame({"2.1": [1, 0, 1], "3.1": [0, 0, 1]}, index=["C", "A", "B"])


def test_rows_come_out_in_one_order_and_columns_as_they_were():
    found = marks_of(MARKS, "Проверка")
    assert list(found.index) == ["A", "B", "C"]
    assert list(found) == ["2.1", "3.1"]
    assert found.dtypes.astype(str).unique().tolist() == ["float64"]
    pd.testing.assert_frame_equal(marks_of(MARKS.sample(frac=1, random_state=1), "Проверка"), found)


def test_booleans_and_columns_without_any_answer_are_taken():
    assert marks_of(MARKS.astype(bool), "Проверка").to_numpy().sum() == 3
    silent = answers_of(MARKS.assign(silent=None), "Проверка", gaps=True)
    assert silent["silent"].isna().all()


def test_levels_follow_the_codes():
    assert levels_of(pd.Series({"3.1": 3.0, "2.1": "2"}), MARKS.columns, "Проверка").to_list() == [2, 3]


@pytest.mark.parametrize(("call", "error", "words"), [
    (lambda: marks_of(MARKS * 2, "Проверка"), InputError,
     "Проверка: отметка требования — 1 (исполнено), 0 (нет) или пропуск, найдено 2 (B × 2.1)."),
    (lambda: marks_of(MARKS.where(MARKS > 0), "Проверка"), InputError,
     "Проверка: пропущено значений 3, первые: A × 2.1; A × 3.1; C × 3.1."),
    (lambda: marks_of(MARKS.iloc[:2], "Проверка"), NotPublishable,
     "Проверка: нужно не меньше 3 единиц и 2 требований, найдено единиц 2, требований 2."),
    (lambda: marks_of(MARKS[["2.1"]], "Проверка"), NotPublishable,
     "Проверка: нужно не меньше 3 единиц и 2 требований, найдено единиц 3, требований 1."),
    (lambda: answers_of(MARKS.assign(words="да"), "Проверка"), InputError,
     "Проверка: нужны числа, не числа в столбцах: words."),
    (lambda: answers_of(MARKS.replace(1, np.inf), "Проверка"), InputError,
     "Проверка: ответ должен быть конечным числом: B × 2.1."),
    (lambda: levels_of(pd.Series({"2.1": 2, "3.1": None}), MARKS.columns, "Проверка"), InputError,
     "Проверка: уровень требования — целое число от 1: 3.1 = nan."),
    (lambda: ascending([1, 1], "Проверка"), InputError,
     "Проверка: границы уровней — возрастающие числа, хотя бы одно, сейчас: 1, 1."),
    (lambda: ascending([], "Проверка"), InputError,
     "Проверка: границы уровней — возрастающие числа, хотя бы одно, сейчас: —."),
    (lambda: ascending([np.nan], "Проверка"), InputError,
     "Проверка: границы уровней — возрастающие числа, хотя бы одно, сейчас: nan.")])
def test_refusals(call, error, words):
    with pytest.raises(error) as raised:
        call()
    assert str(raised.value) == words


@pytest.mark.parametrize(("call", "words"), [
    (lambda: within_unit(0.0, "доля", "Проверка"), "Проверка: доля — число больше 0 и меньше 1, сейчас 0."),
    (lambda: within_unit(1.0, "доля", "Проверка"), "Проверка: доля — число больше 0 и меньше 1, сейчас 1."),
    (lambda: draws_of(99, 0, "Проверка"), "Проверка: повторных выборок должно быть не меньше 100, сейчас 99."),
    (lambda: draws_of(100, -1, "Проверка"), "Проверка: seed — целое число от 0, сейчас -1."),
    (lambda: ascending([], "Проверка"), "Проверка: границы уровней — возрастающие числа, хотя бы одно, сейчас: —."),
    (lambda: ascending([2, 2], "Проверка"), "Проверка: границы уровней — возрастающие числа, хотя бы одно, сейчас: 2, "
                                            "2."),
    (lambda: ascending([1, np.inf], "Проверка"), "Проверка: границы уровней — возрастающие числа, хотя бы одно, "
                                                 "сейчас: 1, inf.")])
def test_numbers_that_make_no_sense_are_refused_in_words(call, words):
    with pytest.raises(InputError) as error:
        call()
    assert str(error.value) == words


def test_the_first_numbers_that_make_sense_pass():
    within_unit(1e-9, "доля", "Проверка")
    draws_of(100, 0, "Проверка")
    assert ascending((1, 2), "Проверка").tolist() == [1, 2]


@pytest.mark.parametrize(("table", "words"), [
    (MARKS.set_axis(["A", "B", "A"]), "Проверка: единицы: код повторяется: A (всего 1)."),
    (MARKS.set_axis(["2.1", "2.1"], axis=1), "Проверка: требования: код повторяется: 2.1 (всего 1)."),
    (pd.concat([MARKS] * 6, axis=1).set_axis([f"q{number:02d}" for number in range(12)], axis=1).astype(str),
     "Проверка: нужны числа, не числа в столбцах: q00, q01, q02, q03, q04, q05, q06, q07, q08, q09.")])
def test_labels_and_kinds_are_named(table, words):
    with pytest.raises(InputError) as raised:
        answers_of(table, "Проверка")
    assert str(raised.value) == words


def test_rows_of_numbered_units_are_ordered_as_text():
    """9 and 10 as they are written: the same order for numbers and for text, and for both together."""
    for labels in ([10, 9, 2], ["10", "9", "2"], [10, "9", 2]):
        assert list(map(str, answers_of(MARKS.set_axis(labels), "Проверка").index)) == ["10", "2", "9"]


def test_levels_have_to_name_every_requirement():
    with pytest.raises(InputError) as raised:
        levels_of(pd.Series({"2.1": 2, "4.1": 3}), MARKS.columns, "Проверка")
    assert str(raised.value) == ("Проверка: требования и их уровни: наборы кодов различаются. Нет: 4.1; лишние: 3.1.")
    assert levels_of(pd.Series({"2.1": 1, "3.1": 2}), MARKS.columns, "Проверка").dtype.kind == "i"
