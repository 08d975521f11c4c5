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
