"""Best-worst method: the examples in print, linear programmes as peers of the closed form, words of refusals."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from methods.errors import EditionError
from methods.weights.best_worst import (
    INPUT_LIMITS,
    best_worst,
    best_worst_intervals,
    best_worst_weights,
    consistency_index,
    input_limit,
    input_ratios,
    ordinal_violations,
)

FIVE = list("абвгд")
# Rezaei (2015), as in the tests of JMcDM (Julia): the third is the best, the first the worst.
THREE = (pd.Series({"a": 8, "b": 2, "c": 1}), pd.Series({"a": 1, "b": 5, "c": 8}), "c", "a")
# The R package BWM (Tomczak), its two examples: fully consistent, and the same with two answers changed.
CONSISTENT = (pd.Series([2, 1, 4, 2, 8], FIVE), pd.Series([4, 8, 2, 4, 1], FIVE), "б", "д")
INCONSISTENT = (pd.Series([2, 1, 4, 3, 8], FIVE), pd.Series([4, 8, 4, 2, 1], FIVE), "б", "д")


def random_answers(seed, n):
    rng = np.random.default_rng(seed)
    labels = [f"К{i}" for i in range(n)]
    scale = rng.integers(2, 10)
    to_others, to_worst = rng.integers(1, 10, n), rng.integers(1, 10, n)
    to_others[0], to_worst[0], to_others[-1], to_worst[-1] = 1, scale, scale, 1
    return pd.Series(to_others, labels), pd.Series(to_worst, labels), labels[0], labels[-1]


def test_three_elements_as_published(oracle):
    table, xi = best_worst_intervals(*THREE)
    oracle("веса BWM, минимаксная модель", "Rezaei (2015), как в тестах пакета JMcDM",
           [*table["centre"], xi], [.071, .338, .590, .26], 2e-3)
    oracle("веса BWM, минимаксная модель", "Rezaei (2015), тот же пример; пересчитано",
           [*table["centre"], xi], [.0714, .3387, .5899, .2583], 6e-5)
    np.testing.assert_allclose(table["low"], table["high"], rtol=1e-12)  # one solution only
    result = best_worst(*THREE)
    oracle("веса BWM, линейная модель", "Rezaei (2015), тот же пример; пересчитано",
           [*result.weights, result.xi_linear], [1/14, 9/28, 17/28, 1/28], 1e-9)


def test_five_elements_as_in_the_r_package(oracle):
    oracle("веса BWM, линейная модель", "пакет R BWM (Tomczak): согласованный пример, точные дроби",
           best_worst_weights(*CONSISTENT), np.array([4, 8, 2, 4, 1]) / 19, 1e-9)
    result = best_worst(*INCONSISTENT)
    oracle("веса BWM, линейная модель", "пакет R BWM (Tomczak): несогласованный пример; пересчитано в дробях",
           [*result.weights, result.xi_linear], np.array([16, 28, 8, 10, 3, 4]) / 65, 1e-9)
    assert result.xi == pytest.approx(1)
    assert result.output_ratio == pytest.approx(1 / 4.47, abs=5e-4)


def test_consistent_answers_leave_no_interval():
    result = best_worst(*CONSISTENT)
    assert result.xi == pytest.approx(0, abs=1e-12)
    assert result.xi_linear == pytest.approx(0, abs=1e-12)
    np.testing.assert_allclose(result.intervals["low"], result.intervals["high"], rtol=1e-12)
    np.testing.assert_allclose(result.intervals["centre"], result.weights, rtol=1e-9)
    assert (result.input_ratio, result.output_ratio, result.most_inconsistent) == (0, 0, None)
    assert result.ordinal_violations == ()
    assert result.acceptable


def demands(answers, xi):
    """Rows G with G w <= 0 for "every ratio within xi of its comparison" (Rezaei 2016, model 3)."""
    to_others, to_worst, best, worst = answers
    unit, rows = dict(zip(to_others.index, np.eye(len(to_others)), strict=True)), []
    for code in to_others.index:
        if code != best:
            rows += [unit[best] - (to_others[code] + xi) * unit[code], (to_others[code] - xi) * unit[code] - unit[best]]
        if code != worst:
            rows += [unit[code] - (to_worst[code] + xi) * unit[worst], (to_worst[code] - xi) * unit[worst] - unit[code]]
    return np.array(rows)


def programme(answers, xi, objective):
    rows = demands(answers, xi)
    return linprog(objective, A_ub=rows, b_ub=np.zeros(len(rows)), A_eq=np.ones((1, rows.shape[1])), b_eq=[1],
                   bounds=(0, None), method="highs")


@pytest.mark.parametrize("seed", range(25))
def test_bounds_of_the_minimax_model_are_those_of_linear_programmes(seed, oracle):
    """Peer: 2n programmes at xi*, widened by 1e-9; no weights at all at xi* - 1e-4."""
    answers = random_answers(seed, 2 + seed % 6)
    table, xi = best_worst_intervals(*answers)
    if xi > 1e-4:
        assert programme(answers, xi - 1e-4, np.zeros(len(table))).status == 2  # infeasible
    low = [programme(answers, xi + 1e-9, unit).fun for unit in np.eye(len(table))]
    high = [-programme(answers, xi + 1e-9, -unit).fun for unit in np.eye(len(table))]
    oracle("границы весов BWM, минимаксная модель", "Rezaei (2016), модели 3 и 4: линейные программы scipy HiGHS",
           table[["low", "high"]].to_numpy().T, [low, high], 1e-7)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.integers(2, 8))
def test_linear_weights_are_feasible_and_nothing_near_is_better(seed, n):
    to_others, to_worst, best, worst = answers = random_answers(seed, n)
    result = best_worst(*answers)

    def deviation(w):
        return max((w[best] - to_others * w).abs().max(), (w - to_worst * w[worst]).abs().max())
    assert result.weights.sum() == pytest.approx(1)
    assert (result.weights >= 0).all()
    assert deviation(result.weights) == pytest.approx(result.xi_linear, abs=1e-9)
    rng = np.random.default_rng(seed)
    for _ in range(30):
        near = (result.weights * np.exp(rng.normal(0, 0.05, n))).clip(lower=0)
        assert deviation(near / near.sum()) > result.xi_linear - 1e-9
    intervals = result.intervals
    assert (intervals["low"] <= intervals["high"]).all()
    assert intervals["low"].sum() <= 1 + 1e-9 <= intervals["high"].sum() + 2e-9


@pytest.mark.parametrize("seed", range(6))
def test_results_do_not_see_the_order_of_codes(seed):
    to_others, to_worst, best, worst = random_answers(seed, 6)
    once = best_worst(to_others, to_worst, best, worst)
    mixed = to_others.sample(frac=1, random_state=seed)
    twice = best_worst(mixed, to_worst.sample(frac=1, random_state=seed + 1), best, worst)
    assert twice.weights.index.equals(mixed.index)
    assert twice.intervals.index.equals(mixed.index)
    pd.testing.assert_series_equal(twice.weights[once.weights.index], once.weights)
    pd.testing.assert_frame_equal(twice.intervals.loc[once.intervals.index], once.intervals)
    assert twice.ordinal_violations == once.ordinal_violations
    assert twice.most_inconsistent == once.most_inconsistent


def test_consistency_index_of_rezaei_2015(oracle):
    oracle("индекс согласованности BWM", "Rezaei (2015), таблица 1: a_BW от 1 до 9",
           [consistency_index(scale) for scale in range(1, 10)], [0, .44, 1, 1.63, 2.30, 3, 3.73, 4.47, 5.23], 5e-3)


@pytest.mark.parametrize("scale", [3, 6, 8])
def test_consistency_index_is_the_largest_deviation_found(scale):
    """Every answer 1 ... a_BW about one further element, beside the extreme answers about another."""
    labels = ["лучший", "один", "другой", "худший"]
    largest = 0
    for one in np.ndindex(scale, scale):
        for other in ((0, 0), (scale - 1, scale - 1), (0, scale - 1)):
            to_others = pd.Series([1, one[0] + 1, other[0] + 1, scale], labels)
            to_worst = pd.Series([scale, one[1] + 1, other[1] + 1, 1], labels)
            largest = max(largest, best_worst_intervals(to_others, to_worst, "лучший", "худший")[1])
    assert largest == pytest.approx(consistency_index(scale))


def test_at_scale_two_four_elements_may_deviate_more_than_the_index():
    """The published table overlooks it: answers (2, 2) and (1, 1) force xi = (4 - 1) / (4 + 2)."""
    labels = list("бxyх")
    result = best_worst(pd.Series([1, 2, 1, 2], labels), pd.Series([2, 2, 1, 1], labels), "б", "х")
    assert result.xi == pytest.approx(0.5)
    assert result.output_ratio == pytest.approx(0.5 / 0.4384, abs=1e-3)


def test_input_limits_of_liang_brunelli_and_rezaei_2020(oracle):
    """Row 9 as in a C# tool that names the article, column 5 as in the Python package pyDecision. The whole table was
    the same in three more implementations, in R and in Python."""
    oracle("пороги входной согласованности BWM", "Liang и др. (2020), таблица 3: строка 9 и столбец 5",
           [*INPUT_LIMITS[9], *(input_limit(scale, 5) for scale in range(3, 10))],
           [.1359, .2681, .3062, .3337, .3517, .3620, .3662, .1667, .1898, .2306, .2643, .2819, .2958, .3062], 0)
    assert all(len(row) == 7 for row in INPUT_LIMITS.values())


@pytest.mark.parametrize(("scale", "n", "limit"), [
    (9, 3, 0.1359), (4, 9, 0.2683), (2, 6, 0.0), (7, 2, 0.0), (1, 5, 0.0), (9, 10, None), (4.5, 5, None), (9, 1, 0.0)])
def test_input_limit_says_where_there_is_none(scale, n, limit):
    assert input_limit(scale, n) == limit


def test_input_ratio_of_every_element():
    """|a_Bj a_jW - 8| / 56: 2 x 4 = 8, 4 x 4 = 16, 3 x 2 = 6."""
    found = input_ratios(*INCONSISTENT)
    np.testing.assert_allclose(found, [0, 0, 8/56, 2/56, 0], atol=1e-12)
    result = best_worst(*INCONSISTENT)
    assert result.input_ratio == pytest.approx(8/56)
    assert result.most_inconsistent == "в"
    assert (result.input_limit, result.acceptable) == (0.2958, True)


def test_answers_beyond_the_limit_are_not_acceptable():
    to_others, to_worst = INCONSISTENT[0].copy(), INCONSISTENT[1].copy()
    to_others["в"], to_worst["в"] = 7, 7
    result = best_worst(to_others, to_worst, "б", "д")
    assert result.input_ratio == pytest.approx(41/56)
    assert result.acceptable is False
    many = random_answers(0, 10)
    assert best_worst(*many).acceptable is None


def test_ordinal_violations_name_the_pairs():
    """а and в: 2 < 4 from the best, yet both 4 from the worst; в and г: 4 > 3, and 4 > 2."""
    assert ordinal_violations(*INCONSISTENT) == (("а", "в"), ("в", "г"))
    assert ordinal_violations(*CONSISTENT) == ()


@pytest.mark.parametrize("labels", [["Д"], ["Д", "П"]])
def test_one_and_two_elements(labels):
    scale = 1 if len(labels) == 1 else 4
    to_others = pd.Series([1, scale][:len(labels)], labels)
    to_worst = pd.Series([scale, 1][:len(labels)], labels)
    result = best_worst(to_others, to_worst, labels[0], labels[-1])
    assert result.weights.tolist() == pytest.approx([1.0] if scale == 1 else [0.8, 0.2])
    assert result.intervals["centre"].tolist() == pytest.approx(result.weights.tolist())
    assert (result.input_ratio, result.output_ratio, result.acceptable) == (0, 0, True)


def test_everything_equal():
    labels = list("абв")
    ones = pd.Series(1, labels)
    result = best_worst(ones, ones, "а", "в")
    assert result.weights.tolist() == pytest.approx([1/3] * 3)
    assert (result.output_ratio, result.input_ratio) == (0, 0)


@pytest.mark.parametrize(("change", "words"), [
    ({"to_others": {"в": 0}}, "«б» к «в»: 0, нужно число от 1 до 9."),
    ({"to_others": {"в": 12}}, "«б» к «в»: 12, нужно число от 1 до 9."),
    ({"to_others": {"в": "три"}}, "«б» к «в»: «три», нужно число от 1 до 9."),
    ({"to_worst": {"в": np.nan}}, "«в» к «д»: нет ответа, нужно число от 1 до 9."),
    ({"to_others": {"б": 2}}, "лучший «б» сравнен сам с собой: 2, должно быть 1."),
    ({"to_worst": {"д": 3}}, "худший «д» сравнен сам с собой: 3, должно быть 1."),
    ({"to_worst": {"б": 7}}, "«б» к «д»: 8 в одной строке и 7 в другой, должно быть одно число."),
    ({"best": "ж"}, "лучший элемент «ж» не найден среди ответов."),
])
def test_a_faulty_answer_is_named(change, words):
    to_others, to_worst, best, worst = (*(row.astype(object) for row in INCONSISTENT[:2]), *INCONSISTENT[2:])
    for row, name in ((to_others, "to_others"), (to_worst, "to_worst")):
        for code, value in change.get(name, {}).items():
            row[code] = value
    for formula in (best_worst, best_worst_weights, best_worst_intervals, input_ratios, ordinal_violations):
        with pytest.raises(EditionError) as error:
            formula(to_others, to_worst, change.get("best", best), worst, "Иванова")
        assert str(error.value) == f"Эксперт «Иванова»: ошибок в сравнениях с лучшим и худшим 1.\n1. {words}"


def test_all_faults_come_at_once():
    to_others = pd.Series([2, 3, 8], ["а", "б", "д"])
    to_worst = pd.Series([4, 7, 2], ["а", "б", "д"])
    with pytest.raises(EditionError) as error:
        best_worst(to_others, to_worst, "б", "д")
    assert str(error.value).splitlines() == [
        "Метод лучшего и худшего: ошибок в сравнениях с лучшим и худшим 3.",
        "1. лучший «б» сравнен сам с собой: 3, должно быть 1.",
        "2. худший «д» сравнен сам с собой: 2, должно быть 1.",
        "3. «б» к «д»: 8 в одной строке и 7 в другой, должно быть одно число."]


def test_rows_of_answers_that_do_not_match_are_named():
    to_others, to_worst, best, worst = INCONSISTENT
    with pytest.raises(EditionError, match=r"1\. остальные к худшему: нет ответа о а, в\."):
        best_worst(to_others, to_worst.drop(["а", "в"]), best, worst)
    with pytest.raises(EditionError, match=r"1\. лучший к остальным: «а» повторяется\."):
        best_worst(pd.concat([to_others, to_others[["а"]]]), to_worst, best, worst)
    with pytest.raises(EditionError, match=r"лучший и худший — один элемент «б»: назовите разные"):
        best_worst(pd.Series({"а": 1, "б": 1}), pd.Series({"а": 1, "б": 1}), "б", "б")
    with pytest.raises(EditionError, match=r"«а» и «б» равны \(1\), а другие сравнения больше 1"):
        best_worst(pd.Series({"а": 1, "б": 1, "в": 2}), pd.Series({"а": 1, "б": 1, "в": 1}), "а", "б")


def test_limits_of_the_ratio_rise_with_the_number_of_elements():
    """As printed they lie between 0 (a scale of 2 leaves no room) and .3662; a single misprint would break a row."""
    table = np.array([INPUT_LIMITS[scale] for scale in range(2, 10)])
    assert table.shape == (8, 7)
    assert (np.diff(table) >= 0).all()
    assert (table[0].max(), table[1:].min(), table.max()) == (0, 0.1121, 0.3662)


def test_a_lone_element_weighs_one():
    lone = pd.Series({"а": 1.0})
    found = best_worst_weights(lone, lone, "а", "а")
    assert (found.to_dict(), found.name) == ({"а": 1.0}, "weight")
