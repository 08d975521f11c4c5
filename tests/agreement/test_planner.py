"""Sample sizes: published tables, statsmodels' power, every division of few interviews tried out, refusals."""

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.power import NormalIndPower

from methods.agreement.planner import (
    allocate,
    answers_for_half_width,
    answers_for_reliability,
    answers_to_separate,
    half_width,
    reliability_of_mean,
    sample_sizes,
    wrong_grade,
)
from methods.errors import InputError

SIZES = [30, 50, 100, 200, 400]
CENTRES = ["Ц1", "Ц2", "Ц3", "Ц4"]
# Wright (2017), as in the README of the R package allocation: strata of 47, 61, 41, variances 100, 36, 16.
STRATA = pd.Index(["A", "B", "C"])
WRIGHT = (pd.Series([10.0, 6.0, 4.0], STRATA), pd.Series([47, 61, 41], STRATA))


def four_centres(seed):
    """Standard deviations, numbers of clients and last year's scores of four centres."""
    rng = np.random.default_rng(seed)
    return (pd.Series(rng.uniform(0.5, 1.5, 4), CENTRES), pd.Series(rng.integers(8, 15, 4), CENTRES),
            pd.Series(rng.normal(0, 1, 4), CENTRES), pd.Series(rng.uniform(0.05, 0.5, 4), CENTRES))


def divisions(total, least, most):
    """Every way to divide the total among four centres."""
    for first in itertools.product(*(range(low, high + 1) for low, high in zip(least[:3], most[:3], strict=True))):
        last = total - sum(first)
        if least[3] <= last <= most[3]:
            yield np.array([*first, last])


# Precision, reliability, differences.

@pytest.mark.parametrize(("design_effect", "printed"), [
    (1.0, [0.36, 0.28, 0.20, 0.14, 0.10]), (1.45, [0.43, 0.33, 0.24, 0.17, 0.12])])
def test_half_widths_of_the_usual_table(oracle, design_effect, printed):
    oracle("полуширина интервала среднего при разбросе 1", "таблица для n = 30, 50, 100, 200, 400; пересчитано",
           [half_width(1.0, n, design_effect) for n in SIZES], printed, 0.0051)


def test_reliability_of_means_of_the_usual_table(oracle):
    oracle("надёжность среднего центра при дисперсии между центрами 0,04", "Спирмен — Браун, n = 25…400; пересчитано",
           [reliability_of_mean(0.04, 1.0, n) for n in (25, 50, 100, 200, 400)], [0.50, 0.67, 0.80, 0.89, 0.94], 0.005)


@pytest.mark.parametrize("power", [0.5, 0.8, 0.9])
@pytest.mark.parametrize("gap", [0.1, 0.2, 0.3])
def test_answers_that_separate_agree_with_statsmodels(oracle, gap, power):
    two = NormalIndPower().solve_power(gap / 0.7, alpha=0.05, power=power, ratio=1, alternative="two-sided")
    one = NormalIndPower().solve_power(gap / 0.7, alpha=0.05, power=power, ratio=0, alternative="larger")
    oracle("число ответов, чтобы различить два центра и чтобы отличить центр от границы",
           "statsmodels NormalIndPower, округлено вверх",
           [answers_to_separate(gap, 0.7, power=power), answers_to_separate(gap, 0.7, power=power, against="cut_off")],
           np.ceil([two, one]), 1)


@pytest.mark.slow
def test_power_is_reached_in_simulation():
    """20,000 pairs of centres: standard error of the power .3 points."""
    n = answers_to_separate(0.4, 1.0, design_effect=1.45, power=0.8)
    rng = np.random.default_rng(0)
    error = (1.45 / n) ** 0.5
    apart = rng.normal(0.4, 2**0.5 * error, 20_000)
    assert (np.abs(apart) > 1.959964 * 2**0.5 * error).mean() == pytest.approx(0.80, abs=0.015)


@settings(deadline=None, max_examples=50)
@given(sd=st.floats(0.1, 3), width=st.floats(0.02, 1), design_effect=st.floats(0.5, 3),
       population=st.one_of(st.just(np.inf), st.integers(2, 5000)))
def test_the_answers_for_a_half_width_are_the_fewest_that_reach_it(sd, width, design_effect, population):
    n = answers_for_half_width(sd, width, design_effect, population=population)
    assert n <= population
    assert half_width(sd, n, design_effect, population=population) <= width * (1 + 1e-9)
    if n > 1:
        assert half_width(sd, n - 1, design_effect, population=population) > width * (1 - 1e-9)


@pytest.mark.parametrize("reliability", [0.4, 0.7, 0.9])
@pytest.mark.parametrize("design_effect", [1.0, 1.45])
def test_the_answers_for_a_reliability_are_the_fewest_that_reach_it(reliability, design_effect):
    n = answers_for_reliability(0.03, 0.9, reliability, design_effect)
    assert reliability_of_mean(0.03, 0.9, n, design_effect) >= reliability - 1e-12
    assert reliability_of_mean(0.03, 0.9, n - 1, design_effect) < reliability


def test_whole_numbers_are_not_rounded_up_by_dust():
    assert answers_for_reliability(0.04, 1.0, 0.8) == 100
    assert answers_for_half_width(1.0, half_width(1.0, 400)) == 400


def test_all_clients_asked_leave_no_error():
    assert half_width(1.0, 80, population=80) == 0
    assert answers_for_half_width(1.0, 1e-9, population=80) == 80


def test_table_of_sizes_is_made_of_the_single_functions():
    table = sample_sizes(SIZES, sd=0.9, between_variance=0.02, distance=0.15, design_effect=1.3)
    assert list(table.index) == SIZES
    for n, row in table.iterrows():
        assert row["half_width"] == half_width(0.9, n, 1.3)
        assert row["reliability"] == reliability_of_mean(0.02, 0.9, n, 1.3)
        assert answers_to_separate(row["gap"], 0.9, 1.3) == n
        error = 0.9 * np.sqrt(1.3 / n)
        assert row["wrong"] == pytest.approx(wrong_grade(pd.Series([0.15]), [0.0], error)["wrong"].iloc[0])


# Stars.

def test_probability_of_a_wrong_grade_by_rudner(oracle):
    right = 1 - wrong_grade(pd.Series({"C01": 0.5}), [0.0], 0.5)["wrong"]
    oracle("вероятность верного уровня: граница 0, значение 0,5, ошибка 0,5", "Rudner (2001), формула; пересчитано",
           right, 0.8413, 5e-5)


def test_wrong_grades_come_up_as_often_in_simulation():
    """50,000 draws for each of five centres: standard error below .0023."""
    scores, cuts = pd.Series([1.0, 1.9, 2.0, 2.4, 4.0], list("abcde")), [2.0, 2.5, 3.0]
    errors = pd.Series([0.5, 0.2, 0.4, 0.6, 0.3], list("edcba"))
    found = wrong_grade(scores, cuts, errors)
    draws = np.random.default_rng(0).normal(scores, errors[scores.index], (50_000, 5))
    grades = np.searchsorted(cuts, draws, side="right") + 1
    np.testing.assert_allclose(found["lower"], (grades < found["grade"].to_numpy()).mean(axis=0), atol=0.01)
    np.testing.assert_allclose(found["higher"], (grades > found["grade"].to_numpy()).mean(axis=0), atol=0.01)
    assert found["grade"].to_list() == [1, 1, 2, 2, 4]


def test_no_error_no_wrong_grade_and_no_score_no_probability():
    found = wrong_grade(pd.Series({"a": 2.0, "b": np.nan}), [2.0], 0.0)
    assert found.loc["a"].to_dict() == {"grade": 2, "lower": 0, "higher": 0, "wrong": 0}
    assert found.loc["b"].isna().all()


# Division of interviews.

def test_division_of_wright_2017(oracle):
    sd, population = WRIGHT
    bounds = pd.Series([1, 2, 3], STRATA)
    found = allocate(10, sd, population=population.clip(upper=pd.Series([5, 6, 4], STRATA)), minimum=bounds,
                     importance=population)
    oracle("точное оптимальное распределение 10 интервью по трём слоям", "Wright (2017), пример; R allocation 0.1",
           found.table["n"], pd.Series([4, 3, 3], STRATA), 0)
    free = allocate(10, sd, population=population, minimum=bounds)
    oracle("наименьшая дисперсия суммы при этом распределении", "Wright (2017), пример; R allocation 0.1: 101 290,3333",
           free.objective, 101290.3333, 5e-5)


@pytest.mark.parametrize("rule", ["neyman", "equal_precision", "grades"])
@pytest.mark.parametrize("seed", range(5))
def test_no_other_division_is_better(rule, seed):
    """All divisions of 26 interviews among four centres are tried."""
    sd, population, scores, errors = four_centres(seed)
    options = {"scores": scores, "score_errors": errors, "cut_offs": [-0.5, 0.5]} if rule == "grades" else {}
    found = allocate(26, sd, rule, population=population, minimum=3, **options)
    off = {} if rule != "grades" else {
        (i, n): sum(crossing(cut, scores.iloc[i], errors.iloc[i], sd.iloc[i] / n**0.5) for cut in (-0.5, 0.5))
        for i in range(4) for n in range(3, population.iloc[i] + 1)}
    values = []
    for n in divisions(26, [3] * 4, population.to_list()):
        variance = sd.to_numpy() ** 2 * (1 / n - 1 / population.to_numpy())
        if rule == "neyman":
            values.append((population.to_numpy() ** 2 * variance).sum())
        elif rule == "equal_precision":
            values.append(variance.max() ** 0.5)
        else:
            values.append(sum(off[i, asked] for i, asked in enumerate(n)))
    assert found.table["n"].sum() == 26
    assert found.objective == pytest.approx(min(values), rel=1e-6)


def crossing(cut, score, unknown, error):
    """Probability that true and measured score lie on different sides of a border: a bivariate normal integral."""
    spread = np.hypot(unknown, error)
    both = stats.multivariate_normal.cdf([cut, cut], [score, score], [[unknown**2] * 2, [unknown**2, spread**2]])
    return stats.norm.cdf((cut - score) / unknown) + stats.norm.cdf((cut - score) / spread) - 2 * both


@pytest.mark.parametrize("seed", range(3))
def test_expected_stars_off_are_those_of_the_bivariate_normal_law(oracle, seed):
    sd, _, scores, errors = four_centres(seed)
    found = allocate(40, sd, "grades", scores=scores, score_errors=errors, cut_offs=[-0.5, 0.5], share=0.5,
                     design_effect=1.45).table
    expected = [sum(crossing(cut, scores[code], errors[code], 0.5 * sd[code] * (1.45 / found.loc[code, "n"]) ** 0.5)
                    for cut in (-0.5, 0.5)) for code in sd.index]
    oracle("ожидаемая ошибка в звёздах", "scipy.stats.multivariate_normal, вероятность разных сторон границы",
           found["stars_off"], expected, 1e-6)


def test_a_known_score_is_graded_wrongly_as_rudner_says():
    sd = pd.Series([1.0, 1.0], ["a", "b"])
    found = allocate(100, sd, "grades", scores=pd.Series({"a": 0.2, "b": 0.9}), cut_offs=[0.0]).table
    expected = wrong_grade(pd.Series({"a": 0.2, "b": 0.9}), [0.0], found["error"])["wrong"]
    assert found["stars_off"].to_list() == pytest.approx(expected.to_list())


def test_who_is_near_a_border_is_asked_more_but_not_who_is_known_to_be_on_it():
    sd = pd.Series(1.0, ["далеко", "близко", "на границе"])
    scores = pd.Series([1.5, 0.2, 0.0], sd.index)
    found = allocate(300, sd, "grades", minimum=10, scores=scores, cut_offs=[0.0]).table["n"]
    assert found["на границе"] == 10
    assert found["близко"] > 4 * found["далеко"]
    uncertain = allocate(300, sd, "grades", minimum=10, scores=scores, score_errors=0.1, cut_offs=[0.0]).table["n"]
    assert uncertain["на границе"] > found["на границе"]


def test_interviews_that_change_no_star_go_to_the_least_precise():
    sd = pd.Series([1.0, 2.0], ["a", "b"])
    found = allocate(2000, sd, "grades", scores=pd.Series({"a": 9.0, "b": 9.0}), cut_offs=[0.0]).table
    assert found["n"].to_dict() == {"a": 400, "b": 1600}


def test_equal_precision_evens_the_errors_out():
    sd = pd.Series([0.5, 1.0, 2.0], list("abc"))
    found = allocate(2100, sd, "equal_precision").table
    assert found["n"].to_dict() == {"a": 100, "b": 400, "c": 1600}
    assert found["error"].to_list() == pytest.approx([0.05] * 3)
    assert found["half_width"].to_list() == pytest.approx([1.959964 * 0.05] * 3)


def test_neyman_is_in_proportion_to_size_times_deviation_and_bankier_flattens_it():
    sd, population = pd.Series([1.0, 2.0], ["a", "b"]), pd.Series([3000, 6000], ["a", "b"])
    assert allocate(500, sd, population=population).table["n"].to_dict() == {"a": 100, "b": 400}
    flat = allocate(500, sd, population=population, importance=population**0.0).table["n"]
    assert flat.round(-1).to_dict() == {"a": 170, "b": 330}
    assert flat.sum() == 500


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 10_000), centres=st.integers(1, 30), rule=st.sampled_from(["neyman", "equal_precision"]))
def test_the_total_and_the_bounds_are_kept(seed, centres, rule):
    rng = np.random.default_rng(seed)
    labels = [f"C{i:02d}" for i in range(centres)]
    sd = pd.Series(rng.choice([0.5, 1.0, 1.0, 2.0], centres), labels)
    population = pd.Series(rng.integers(5, 60, centres), labels)
    total = int(rng.integers(3 * centres, population.sum() + 1))
    found = allocate(total, sd, rule, population=population, minimum=3).table["n"]
    assert found.sum() == total
    assert ((found >= 3) & (found <= population)).all()


@pytest.mark.parametrize("rule", ["neyman", "equal_precision", "grades"])
def test_the_order_of_centres_does_not_matter_not_even_for_ties(rule):
    sd = pd.Series(1.0, [f"C{i}" for i in range(7)])
    options = {"scores": pd.Series(0.1, sd.index), "cut_offs": [0.0]} if rule == "grades" else {}
    before = allocate(31, sd, rule, **options).table["n"]
    after = allocate(31, sd[::-1], rule, **options).table["n"]
    assert list(after.index) == list(sd.index[::-1])
    assert after[before.index].to_list() == before.to_list()
    assert sorted(before) == [4] * 4 + [5] * 3


@pytest.mark.parametrize(("options", "words"), [
    ({"total": 7}, "Распределение интервью: на наименьшие числа ответов нужно 8 интервью, есть 7. Снизьте минимум или "
                   "добавьте интервью."),
    ({"total": 99, "population": pd.Series(20, CENTRES)},
     "Распределение интервью: интервью 99, а клиентов всего 80. Уменьшите число интервью."),
    ({"minimum": 30, "population": pd.Series([40, 20, 40, 40], CENTRES)},
     "Распределение интервью: клиентов меньше наименьшего числа ответов у центров: Ц2 (всего 1). Снизьте минимум."),
    ({"total": 20.5}, "Распределение интервью: число интервью — целое больше 0, найдено 20.5."),
    ({"sd": pd.Series([1.0, 0.0, 1.0, np.nan], CENTRES)},
     "Распределение интервью: стандартное отклонение ответа — число больше 0, иначе у центров: Ц2, Ц4 (всего 2)."),
    ({"sd": pd.Series(1.0, CENTRES[:3] * 2)}, "Распределение интервью: центры: код повторяется: Ц1, Ц2, Ц3 (всего 3)."),
    ({"sd": pd.Series(dtype=float)}, "Распределение интервью: не указано ни одного центра."),
    ({"rule": "поровну"},
     "Распределение интервью: правило «поровну» неизвестно, допустимы neyman, equal_precision и grades."),
    ({"rule": "grades"},
     "Распределение интервью: правилу grades нужны баллы прошлого года (scores) и границы звёзд (cut_offs)."),
    ({"rule": "grades", "scores": pd.Series(0.5, CENTRES[:3]), "cut_offs": [0.0]},
     "Распределение интервью: балл — число, иначе у центров: Ц4 (всего 1)."),
    ({"rule": "grades", "scores": pd.Series(0.5, CENTRES), "cut_offs": [1.0, 1.0]},
     "Распределение интервью: границы звёзд — возрастающие числа, найдено: 1, 1."),
    ({"population": pd.Series([0, 9, 9, 9], CENTRES)},
     "Распределение интервью: число клиентов — число не меньше 1, иначе у центров: Ц1 (всего 1)."),
])
def test_refusals_of_a_division_in_words(options, words):
    with pytest.raises(InputError) as raised:
        allocate(**{"total": 40, "sd": pd.Series(1.0, CENTRES), **options})
    assert str(raised.value) == words


@pytest.mark.parametrize(("call", "words"), [
    (lambda: half_width(0.0, 10), "Полуширина интервала: стандартное отклонение ответа — число больше 0, найдено 0."),
    (lambda: half_width(1.0, 10, population=5),
     "Полуширина интервала: ответов должно быть больше 0 и не больше числа клиентов, найдено 10 из 5."),
    (lambda: answers_for_half_width(1.0, -0.1),
     "Число ответов для полуширины: полуширина — число больше 0, найдено -0.1."),
    (lambda: answers_to_separate(0.1, 1.0, power=1.0),
     "Число ответов, чтобы различить: мощность — число больше 0 и меньше 1, найдено 1."),
    (lambda: answers_to_separate(0.1, 1.0, against="регион"),
     "Число ответов, чтобы различить: неизвестно «регион», допустимы centre и cut_off."),
    (lambda: answers_for_reliability(0.0, 1.0, 0.7),
     "Число ответов для надёжности: дисперсия между центрами — число больше 0, найдено 0."),
    (lambda: answers_for_reliability(0.04, 1.0, 1.0),
     "Требуемая надёжность должна быть больше 0 и меньше 1, задано 1."),
    (lambda: wrong_grade(pd.Series({"C01": 0.5}), [0.0], pd.Series({"C02": 0.5})),
     "Вероятность неверной звезды: ошибка — число не меньше 0, иначе у центров: C01 (всего 1)."),
    (lambda: wrong_grade(pd.Series({"C01": 0.5}), [], 0.1),
     "Вероятность неверной звезды: границы звёзд — возрастающие числа, найдено: ни одной."),
    (lambda: sample_sizes([10, 0], 1.0, 0.04, 0.1),
     "Полуширина интервала: ответов должно быть больше 0 и не больше числа клиентов, найдено 0 из inf."),
    (lambda: sample_sizes([10], 1.0, 0.04, -1), "Размеры выборки: расстояние до границы — число больше 0, найдено -1."),
])
def test_refusals_in_words(call, words):
    with pytest.raises(InputError) as raised:
        call()
    assert str(raised.value) == words


def test_a_centre_of_no_importance_gets_the_minimum():
    sd = pd.Series([1.0, 1.0, 2.0], ["a", "b", "c"])
    found = allocate(40, sd, importance=pd.Series({"a": 0.0, "b": 1.0, "c": 1.0}), minimum=4).table["n"]
    assert found.to_dict() == {"a": 4, "b": 12, "c": 24}


@pytest.mark.parametrize("design_effect", [0.0, -1.0, np.nan])
def test_a_design_effect_that_is_none_is_refused(design_effect):
    with pytest.raises(InputError, match="Полуширина интервала: эффект дизайна — число больше 0"):
        half_width(0.5, 100, design_effect)


ASKED = {
    "Полуширина интервала": (half_width, {"sd": 1.0, "n": 50, "design_effect": 1.2, "confidence": 0.9}),
    "Число ответов для полуширины": (answers_for_half_width, {"sd": 1.0, "width": 0.2, "design_effect": 1.2,
                                                              "confidence": 0.9}),
    "Число ответов, чтобы различить": (answers_to_separate, {"gap": 0.2, "sd": 1.0, "design_effect": 1.2,
                                                             "confidence": 0.9, "power": 0.7}),
    "Надёжность среднего": (reliability_of_mean, {"between_variance": 0.04, "sd": 1.0, "n": 50, "design_effect": 1.2}),
    "Число ответов для надёжности": (answers_for_reliability, {"between_variance": 0.04, "sd": 1.0, "reliability": 0.7,
                                                               "design_effect": 1.2}),
    "Размеры выборки": (sample_sizes, {"sizes": [50], "sd": 1.0, "between_variance": 0.04, "distance": 0.1,
                                       "design_effect": 1.2, "confidence": 0.9, "power": 0.7}),
    "Распределение интервью": (allocate, {"total": 40, "sd": pd.Series(1.0, CENTRES), "design_effect": 1.2,
                                          "confidence": 0.9, "share": 0.5})}
WORDS = {"sd": "стандартное отклонение ответа", "width": "полуширина", "gap": "различие", "design_effect":
         "эффект дизайна", "between_variance": "дисперсия между центрами", "n": "число ответов", "distance":
         "расстояние до границы", "share": "доля опроса в балле", "confidence": "доверие", "power": "мощность"}


@pytest.mark.parametrize("what", ASKED)
def test_every_number_is_checked_under_its_own_name(what):
    function, options = ASKED[what]
    checked = [name for name in options if name in WORDS and not isinstance(options[name], pd.Series)]
    assert len(checked) > 2
    for name in checked:
        share = name in ("confidence", "power")
        for wrong in (0, -1, np.inf, np.nan, *([1] if share else [])):
            if name == "n" and not 0 < wrong < np.inf and function is half_width:
                continue                                     # has words of its own, with the number of clients
            with pytest.raises(InputError) as raised:
                function(**options | {name: wrong})
            rule = "число больше 0 и меньше 1" if share else "число больше 0"
            assert str(raised.value) == f"{what}: {WORDS[name]} — {rule}, найдено {wrong:g}."
    function(**options)


def test_every_option_of_the_table_of_sizes_is_passed_on():
    table = sample_sizes([25], 0.8, 0.03, 0.1, design_effect=1.3, confidence=0.8, power=0.6).loc[25]
    assert table["half_width"] == half_width(0.8, 25, 1.3, 0.8)
    assert table["half_width"] == pytest.approx(stats.norm.ppf(0.9) * 0.8 * (1.3 / 25) ** 0.5)
    assert table["gap"] == pytest.approx((stats.norm.ppf(0.9) + stats.norm.ppf(0.6)) * 0.8 * (2 * 1.3 / 25) ** 0.5)
    assert answers_for_half_width(0.8, table["half_width"], 1.3, 0.8) == 25
    assert sample_sizes([25], 0.8, 0.03, 0.1).index.name == "n"


def test_a_division_tells_what_it_was_made_with():
    sd = pd.Series([1.0, 2.0], ["a", "b"])
    found = allocate(50, sd, "equal_precision", design_effect=2.0, confidence=0.8)
    assert (found.rule, found.total, found.confidence) == ("equal_precision", 50, 0.8)
    assert list(found.table) == ["n", "error", "half_width"]
    assert found.table["n"].to_dict() == {"a": 10, "b": 40}
    assert found.table["error"].to_list() == pytest.approx([(2 / 10) ** 0.5] * 2)
    assert found.table["half_width"].to_list() == pytest.approx([stats.norm.ppf(0.9) * (2 / 10) ** 0.5] * 2)
    assert found.objective == pytest.approx((2 / 10) ** 0.5)


def test_one_interview_each_is_a_division():
    assert allocate(4, pd.Series(1.0, CENTRES), minimum=1).table["n"].to_list() == [1, 1, 1, 1]
    with pytest.raises(InputError, match="наименьшее число ответов — число не меньше 1, иначе у центров: Ц1, Ц2"):
        allocate(40, pd.Series(1.0, CENTRES), minimum=0)


def test_a_score_on_a_border_is_of_the_upper_grade_and_the_table_is_labelled():
    found = wrong_grade(pd.Series({"a": 2.0, "b": 3.0}), [2.0, 3.0], pd.Series({"b": 0.0, "a": 0.5}))
    assert list(found) == ["grade", "lower", "higher", "wrong"]
    assert found["grade"].to_dict() == {"a": 2, "b": 3}
    assert found.loc["a"].to_list() == pytest.approx([2, 0.5, stats.norm.sf(2), 0.5 + stats.norm.sf(2)])
    assert found.loc["b", ["lower", "higher", "wrong"]].to_list() == [0, 0, 0]
