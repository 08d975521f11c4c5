"""Weights stated directly: shares of points, anchors of swings and ratings, partial answers, words of refusals."""

import numpy as np
import pandas as pd
import pytest

from methods.errors import EditionError, UsageError
from methods.weights.direct import budget_allocation, complete_from_panel, smart_weights, swing_weights

CODES = ["Д", "П", "М"]
POINTS = pd.DataFrame([[50, 30, 20], [60, 40, np.nan], [20, 20, 60]], ["Иванова", "Петров", "Сидоров"], CODES)
FORMULAS = [budget_allocation, swing_weights, smart_weights]
# The same ratios in the terms of each method.
RATIOS = pd.DataFrame([[5, 3, 2], [2, 4, 1]], ["Иванова", "Петров"], CODES, dtype=float)
ANSWERS = {budget_allocation: RATIOS.div(RATIOS.sum(axis=1), axis=0) * 100,
           swing_weights: RATIOS.div(RATIOS.max(axis=1), axis=0) * 100,
           smart_weights: RATIOS.div(RATIOS.min(axis=1), axis=0) * 10}


@pytest.mark.parametrize("formula", FORMULAS)
def test_weights_keep_the_ratios_of_the_answers(formula):
    result = formula(ANSWERS[formula])
    pd.testing.assert_frame_equal(result.weights, RATIOS.div(RATIOS.sum(axis=1), axis=0))
    assert result.answered.to_dict() == {"Иванова": 1.0, "Петров": 1.0}
    assert (result.left_out, result.completed, result.partial) == ((), (), "leave_out")


@pytest.mark.parametrize("formula", FORMULAS)
def test_weights_do_not_see_the_order_of_experts_or_codes(formula):
    answers = ANSWERS[formula]
    mixed = answers.iloc[::-1, ::-1]
    pd.testing.assert_frame_equal(formula(mixed).weights.loc[answers.index, CODES], formula(answers).weights)
    assert formula(mixed).weights.columns.to_list() == CODES[::-1]


def test_another_budget_gives_the_same_weights():
    pd.testing.assert_frame_equal(budget_allocation(ANSWERS[budget_allocation] / 10, budget=10).weights,
                                  budget_allocation(ANSWERS[budget_allocation]).weights)


def test_zero_points_are_an_answer_and_a_gap_is_none():
    points = pd.DataFrame([[100, 0, 0], [50, 50, np.nan]], ["Иванова", "Петров"], CODES)
    result = budget_allocation(points)
    assert result.weights.loc["Иванова"].to_list() == [1, 0, 0]
    assert result.left_out == ("Петров",)
    assert result.answered["Петров"] == pytest.approx(2 / 3)


# --- partial answers (EXP-17) ----------------------------------------------------------------------------------------

def test_partial_answers_are_left_out_and_named():
    result = budget_allocation(POINTS)
    assert result.weights.index.to_list() == ["Иванова", "Сидоров"]
    assert (result.left_out, result.partial) == (("Петров",), "leave_out")
    assert result.answered.round(4).to_dict() == {"Иванова": 1.0, "Петров": 0.6667, "Сидоров": 1.0}


def test_partial_answers_are_completed_by_the_panel():
    """Петров: 60 : 40 within what the complete panel gives to Д and П (.35 + .25), and the panel's .4 for М."""
    result = budget_allocation(POINTS, partial="panel")
    assert result.weights.loc["Петров"].to_dict() == pytest.approx({"Д": 0.36, "П": 0.24, "М": 0.40})
    assert (result.left_out, result.completed, result.partial) == ((), ("Петров",), "panel")
    assert result.weights.sum(axis=1).to_numpy() == pytest.approx(1)
    pd.testing.assert_frame_equal(result.weights.drop(index="Петров"), budget_allocation(POINTS).weights)


def test_completion_does_not_move_the_mean_of_an_average_expert():
    """An expert whose answers have the panel's own ratios gets the panel's weights."""
    stated = pd.DataFrame([[0.5, 0.3, 0.2], [0.2, 0.2, 0.6], [0.35, 0.25, np.nan]], list("ИСП"), CODES)
    completed = complete_from_panel(stated)
    pd.testing.assert_series_equal(completed.loc["П"], stated.loc[["И", "С"]].mean(), check_names=False)
    mixed = complete_from_panel(stated.iloc[::-1, ::-1])
    pd.testing.assert_frame_equal(mixed.loc[stated.index, CODES], completed)


def test_partial_answers_may_be_refused():
    with pytest.raises(EditionError) as error:
        budget_allocation(POINTS, partial="refuse")
    assert str(error.value) == "Распределение баллов: ошибок 1.\n1. эксперт «Петров»: не оценено М."


@pytest.mark.parametrize("partial", ["leave_out", "panel"])
def test_somebody_has_to_rate_everything(partial):
    with pytest.raises(EditionError) as error:
        budget_allocation(POINTS.loc[["Петров"]], partial=partial)
    assert str(error.value) == ("Распределение баллов: никто не оценил все элементы (больше всех — «Петров», 67%). "
                                "Попросите хотя бы одного эксперта оценить всё.")


def test_completion_needs_a_complete_expert_and_ratios():
    with pytest.raises(EditionError, match=r"никто не оценил все элементы, дополнять неполные ответы не по чему"):
        complete_from_panel(POINTS.loc[["Петров"]])
    with pytest.raises(EditionError, match=r"эксперт «б» ничему не дал больше 0"):
        complete_from_panel(pd.DataFrame([[1, 2], [0, np.nan]], list("аб"), ["Д", "П"]))


# --- what is refused -------------------------------------------------------------------------------------------------

def test_a_sum_other_than_the_budget_is_refused_with_expert_and_sum():
    """EXP-16: 95 points are not rescaled quietly."""
    points = pd.DataFrame([[50, 30, 15], [50, 30, 20], [50, 30, 21]], ["Иванова", "Петров", "Сидоров"], CODES)
    with pytest.raises(EditionError) as error:
        budget_allocation(points)
    assert str(error.value) == (
        "Распределение баллов: ошибок 2.\n"
        "1. эксперт «Иванова»: роздано баллов 95, должно быть 100.\n"
        "2. эксперт «Сидоров»: роздано баллов 101, должно быть 100.")


def test_points_that_sum_up_to_the_budget_but_for_rounding_are_accepted():
    points = pd.DataFrame([[100 / 3] * 3], ["Иванова"], CODES)
    assert budget_allocation(points).weights.loc["Иванова"].to_list() == pytest.approx([1/3] * 3)
    assert budget_allocation(pd.DataFrame([[0.1] * 10], ["Иванова"]), budget=1).weights.size == 10


@pytest.mark.parametrize(("formula", "answers", "words"), [
    (swing_weights, [80, 60, 40], "Веса по размаху: ошибок 1.\n1. эксперт «Иванова»: наибольший размах 80 (Д), "
                                  "должен быть 100."),
    (swing_weights, [120, 100, 40], "Веса по размаху: ошибок 1.\n1. эксперт «Иванова»: наибольший размах 120 (Д), "
                                    "должен быть 100."),
    (smart_weights, [50, 30, 20], "Оценки SMART: ошибок 1.\n1. эксперт «Иванова»: наименьшая оценка 20 (М), "
                                  "должна быть 10."),
    (smart_weights, [50, 30, 5], "Оценки SMART: ошибок 1.\n1. эксперт «Иванова»: наименьшая оценка 5 (М), "
                                 "должна быть 10."),
])
def test_anchors_are_checked(formula, answers, words):
    with pytest.raises(EditionError) as error:
        formula(pd.DataFrame([answers], ["Иванова"], CODES))
    assert str(error.value) == words


@pytest.mark.parametrize("formula", FORMULAS)
@pytest.mark.parametrize(("cell", "words"), [
    (-5, "эксперт «Иванова»: П = «-5» — нужно число не меньше 0."),
    ("много", "эксперт «Иванова»: П = «много» — нужно число не меньше 0."),
    (np.inf, "эксперт «Иванова»: П = «inf» — нужно число не меньше 0."),
])
def test_a_cell_that_is_no_number_is_named(formula, cell, words):
    answers = ANSWERS[formula].astype(object)
    answers.loc["Иванова", "П"] = cell
    with pytest.raises(EditionError) as error:
        formula(answers)
    assert str(error.value).splitlines()[1] == f"1. {words}"


@pytest.mark.parametrize("formula", FORMULAS)
def test_an_expert_or_a_code_twice_is_refused_with_both_places(formula):
    """EXP-14: no double vote."""
    twice = pd.concat([ANSWERS[formula], ANSWERS[formula].head(1)])
    with pytest.raises(EditionError, match=r"эксперт «Иванова» повторяется \(строки 1, 3\)\. Оставьте одну запись\.$"):
        formula(twice)
    with pytest.raises(EditionError, match=r"код «Д» повторяется \(столбцы 1, 4\)"):
        formula(pd.concat([ANSWERS[formula], ANSWERS[formula][["Д"]]], axis=1))


@pytest.mark.parametrize("formula", FORMULAS)
def test_an_expert_without_answers_and_an_empty_table_are_refused(formula):
    answers = ANSWERS[formula].copy()
    answers.loc["Петров"] = np.nan
    with pytest.raises(EditionError, match=r"1\. эксперт «Петров»: нет ни одного ответа\."):
        formula(answers)
    with pytest.raises(EditionError, match=r"таблица пуста"):
        formula(pd.DataFrame())
    with pytest.raises(UsageError, match=r"правило «zero» неизвестно\. Есть: leave_out, panel, refuse\."):
        formula(answers, partial="zero")


def test_the_budget_is_positive():
    with pytest.raises(UsageError, match=r"Бюджет баллов должен быть больше 0, задано 0\."):
        budget_allocation(POINTS, budget=0)
