"""Maturity levels: rules on averages and gates, blanks, two assessors, cut-offs; counts leave nobody out."""

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.descriptivestats import sign_test
from statsmodels.stats.weightstats import DescrStatsW

from methods.errors import InputError, NotPublishable
from methods.index.grade import bands, k_means
from methods.maturity.levels import (
    angoff,
    average_level,
    both_rules,
    cross_table,
    dimension_scores,
    distribution,
    gate_level,
    goodness_of_variance_fit,
    jenks,
    score_with_blanks,
    self_against_external,
    skipped_steps,
    weakest_dimension,
)

CUTS = [0.25, 0.5, 0.75]


def dimensions(seed, n=20, k=4):
    return pd.DataFrame(np.random.default_rng(seed).uniform(size=(n, k)), index=[f"C{i:02d}" for i in range(n)])


@pytest.mark.parametrize(("scores", "level"), [
    ([0.9, 0.3], 2), ([0.3, 0.9], 2), ([0.75, 0.75], 4), ([0.7499, 0.99], 3), ([0.0, 1.0], 1), ([0.5, 0.5], 3),
    ([0.25, 0.6], 2),
])
def test_the_weakest_dimension_decides_and_a_border_belongs_to_the_upper_level(scores, level):
    """By hand: levels from .25, .5 and .75."""
    assert weakest_dimension(pd.DataFrame([scores]), CUTS).to_list() == [level]


def test_a_unit_with_a_gap_has_no_level():
    table = pd.DataFrame({"a": [0.9, 0.9], "b": [np.nan, 0.9]}, index=["C1", "C2"])
    levels = weakest_dimension(table, CUTS)
    assert levels.isna().to_dict() == {"C1": True, "C2": False}
    assert levels["C2"] == 4


@pytest.mark.parametrize("seed", range(5))
def test_the_gate_is_never_above_the_rule_of_the_mean_and_equal_for_even_units(seed):
    table = dimensions(seed)
    gate, mean = weakest_dimension(table, CUTS), bands(table.mean(axis=1), CUTS).grade
    assert (gate <= mean).all()
    assert (gate < mean).any()  # uneven units part the two rules
    even = pd.DataFrame({code: table[0] for code in table})
    pd.testing.assert_series_equal(weakest_dimension(even, CUTS), bands(table[0], CUTS).grade, check_names=False)


@pytest.mark.parametrize("seed", range(5))
def test_the_level_is_that_of_the_smallest_score_and_growth_never_lowers_it(seed):
    table = dimensions(seed)
    levels = weakest_dimension(table, CUTS)
    pd.testing.assert_series_equal(levels, bands(table.min(axis=1), CUTS).grade, check_names=False)
    assert (weakest_dimension(table + 0.1, CUTS) >= levels).all()


@pytest.mark.parametrize(("levels", "counts"), [
    ([1, 1, 3, np.nan], {1: 2, 2: 0, 3: 1, 4: 0}),
    ([0, 4, 4], {0: 1, 1: 0, 2: 0, 3: 0, 4: 2}),
    ([np.nan], {1: 0, 2: 0, 3: 0, 4: 0}),
])
def test_every_level_is_counted_even_if_nobody_stands_there(levels, counts):
    counted = distribution(pd.Series(levels, dtype=float), 4)
    assert counted.to_dict() == counts
    assert counted.index.to_list() == sorted(counts)


@pytest.mark.parametrize("level", [5, -1])
def test_a_level_that_the_edition_does_not_have_is_refused(level):
    with pytest.raises(InputError, match=rf"Уровень вне 0–4: {level}\."):
        distribution(pd.Series([1.0, level]), 4)


def test_units_are_crossed_by_label_and_only_those_with_both_levels():
    """By hand: A stays at 1, B rises 1 to 2, C falls 3 to 2, D has no later level, E no earlier one."""
    before = pd.Series({"A": 1.0, "B": 1.0, "C": 3.0, "D": 2.0})
    after = pd.Series({"E": 3.0, "D": np.nan, "C": 2.0, "B": 2.0, "A": 1.0})
    table = cross_table(before, after, 3)
    assert table.to_numpy().tolist() == [[1, 1, 0], [0, 0, 0], [0, 1, 0]]
    assert table.index.to_list() == table.columns.to_list() == [1, 2, 3]


@pytest.mark.parametrize("seed", range(3))
def test_margins_of_the_cross_table_are_the_two_distributions(seed):
    rng = np.random.default_rng(seed)
    before, after = (pd.Series(rng.integers(0, 5, 50).astype(float)) for _ in range(2))
    table = cross_table(before, after, 4)
    assert table.sum(axis=1).to_dict() == distribution(before, 4).to_dict()
    assert table.sum(axis=0).to_dict() == distribution(after, 4).to_dict()
    pd.testing.assert_frame_equal(cross_table(after, before, 4), table.T, check_names=False)


def test_the_same_levels_stand_on_the_diagonal():
    levels = pd.Series([1.0, 2, 2, 4])
    np.testing.assert_array_equal(cross_table(levels, levels, 4), np.diag([1, 2, 0, 1]))


def test_nobody_in_common_is_a_table_of_zeros():
    table = cross_table(pd.Series({"A": 1.0}), pd.Series({"B": 2.0}), 2)
    assert table.to_numpy().tolist() == [[0, 0], [0, 0]]


@pytest.mark.parametrize(("before", "after", "words"), [
    (["A", "A"], ["A", "B"], "Уровни до: код повторяется: A"),
    (["A", "B"], ["B", "B"], "Уровни после: код повторяется: B")])
def test_a_unit_that_occurs_twice_is_refused(before, after, words):
    with pytest.raises(InputError, match=words):
        cross_table(pd.Series([1.0, 2.0], before), pd.Series([1.0, 2.0], after), 2)


def test_a_level_beyond_the_count_is_refused_in_the_cross_table_too():
    with pytest.raises(InputError):
        cross_table(pd.Series({"A": 3.0}), pd.Series({"A": 1.0}), 2)


# -- blanks ------------------------------------------------------------------------------------------------------------

def answered(*steps):
    return pd.DataFrame([steps], index=["Регион"], columns=[f"1.{place}" for place in range(len(steps))], dtype=float)


ISO = answered(3, 2, None, 1, 0, 3, 2, 2)  # audit of a customer-experience system: 0 to 3, one question left open
TOP = pd.Series(3.0, ISO.columns)


def test_the_rule_for_blanks_decides_near_a_border(oracle):
    found = [score_with_blanks(ISO, TOP, rule)["Регион"] for rule in ("zero", "exclude")]
    oracle("балл с пропусками: ноль, исключение", "13 из 24 и 13 из 21 баллов, сосчитано вручную", found,
           [13 / 24, 13 / 21], 1e-15)
    cuts = [0.35, 0.5, 0.6]  # one border between the two rules
    assert [average_level(pd.DataFrame({"всё": [score]}), cuts)[0] for score in found] == [3, 4]


def test_refused_blanks_are_named():
    with pytest.raises(InputError) as error:
        score_with_blanks(ISO, TOP, "refuse")
    assert str(error.value) == ("Правило пропусков refuse: нет ответа у Регион × 1.2 (всего 1). Заполните ответы или "
                                "задайте правило zero либо exclude.")


@pytest.mark.parametrize("rule", ["zero", "exclude", "refuse"])
def test_without_blanks_the_rules_agree(rule):
    assert score_with_blanks(ISO.fillna(1), TOP, rule)["Регион"] == 14 / 24


def test_silence_is_no_score_under_either_rule():
    for rule in ("zero", "exclude"):
        assert np.isnan(score_with_blanks(ISO * np.nan, TOP, rule)["Регион"])


def test_questions_weigh_by_their_highest_step_and_dimensions_stand_alone():
    """By hand: 2 of 4 and 1 of 1 points make 3 of 5; the second dimension has 1 of 2."""
    answers, highest = answered(2, 1, 1), pd.Series([4.0, 1.0, 2.0], ["1.0", "1.1", "1.2"])
    assert score_with_blanks(answers, highest, "zero")["Регион"] == pytest.approx(4 / 7)
    found = dimension_scores(answers, highest[::-1], pd.Series({"1.2": "б", "1.0": "а", "1.1": "а"}), "zero")
    assert found.loc["Регион"].to_dict() == {"б": 0.5, "а": 0.6}


@pytest.mark.parametrize(("call", "words"), [
    (lambda: score_with_blanks(answered(4), pd.Series([3.0], ["1.0"]), "zero"),
     r"Ответ вне шкалы: Регион × 1\.0 = 4, допустимо 0–3\."),
    (lambda: score_with_blanks(answered(1), pd.Series([0.0], ["1.0"]), "zero"),
     r"Высшая ступень вопроса должна быть больше 0: 1\.0 = 0\."),
    (lambda: score_with_blanks(answered(1), pd.Series([3.0], ["1.1"]), "zero"), "наборы кодов различаются"),
    (lambda: score_with_blanks(ISO, TOP, "ignore"), "Правило пропусков «ignore» неизвестно: допустимы zero, exclude"),
    (lambda: dimension_scores(answered(1), pd.Series([3.0], ["1.0"]), pd.Series([None], ["1.0"]), "zero"),
     r"Нет направления у вопросов: 1\.0\."),
])
def test_answers_that_fit_no_scale_are_refused(call, words):
    with pytest.raises(InputError, match=words):
        call()


# -- average and gate --------------------------------------------------------------------------------------------------

LEVEL_OF = pd.Series({"2.1": 2, "2.2": 2, "3.1": 3, "3.2": 3, "4.1": 4})


def marks(*rows):
    return pd.DataFrame(rows, index=[f"R{place}" for place in range(len(rows))], columns=LEVEL_OF.index, dtype=float)


@pytest.mark.parametrize(("row", "all_of_them", "half"), [
    ([1, 1, 1, 1, 1], 4, 4), ([1, 1, 1, 0, 1], 2, 4), ([1, 0, 1, 1, 1], 1, 4), ([0, 0, 1, 1, 1], 1, 1),
    ([1, 1, 0, 0, 1], 2, 2), ([1, 1, 1, 1, 0], 3, 3), ([0, 0, 0, 0, 0], 1, 1), ([1, np.nan, 1, 1, 1], 1, 4),
])
def test_a_level_needs_its_requirements_and_all_levels_below(row, all_of_them, half):
    """By hand: level 1 asks for nothing; a blank is not met."""
    assert gate_level(marks(row), LEVEL_OF).to_list() == [all_of_them]
    assert gate_level(marks(row), LEVEL_OF, share=0.5).to_list() == [half]


def test_blanks_at_the_gate():
    row = marks([1, np.nan, 1, 1, np.nan])
    assert gate_level(row, LEVEL_OF, blanks="exclude").to_list() == [3]  # nobody answered for level 4
    assert gate_level(row, LEVEL_OF, blanks="zero").to_list() == [1]
    with pytest.raises(InputError, match=r"нет ответа у R0 × 2\.2; R0 × 4\.1 \(всего 2\)"):
        gate_level(row, LEVEL_OF, blanks="refuse")
    assert gate_level(row * np.nan, LEVEL_OF).isna().all()


def test_requirements_of_the_first_level_make_a_level_zero():
    assert gate_level(marks([0, 1, 1, 1, 1]), LEVEL_OF - 1).to_list() == [0]


def test_a_share_met_exactly_is_enough_whatever_its_binary_dust():
    level_of = pd.Series(2, [f"2.{place}" for place in range(10)])
    met = pd.DataFrame([[1] * 7 + [0] * 3], columns=level_of.index)
    for share, level in ((0.7, 2), (0.1 + 0.6, 2), (0.1 * 7, 2), (0.71, 1)):
        assert gate_level(met, level_of, share).to_list() == [level]


@pytest.mark.parametrize("seed", range(5))
def test_gate_against_a_loop_over_levels_and_its_properties(seed):
    rng = np.random.default_rng(seed)
    level_of = pd.Series(np.r_[[1, 2, 3, 4, 5], rng.integers(1, 6, 15)], [f"q{place}" for place in range(20)])
    met = pd.DataFrame((rng.uniform(size=(30, 20)) < 0.8).astype(float), columns=level_of.index)

    def by_hand(row):
        level = 0
        while level < 5 and row[level_of.index[level_of == level + 1]].mean() >= 0.6:
            level += 1
        return level
    found = gate_level(met, level_of, 0.6)
    assert found.to_list() == [by_hand(row) for _, row in met.iterrows()]
    shuffled = met.sample(frac=1, random_state=seed).sample(frac=1, axis=1, random_state=seed)
    pd.testing.assert_series_equal(gate_level(shuffled, level_of, 0.6)[found.index], found)
    assert (gate_level(met, level_of, 0.6) >= gate_level(met, level_of, 0.9)).all()
    more = met.where(rng.uniform(size=met.shape) < 0.5, 1)
    assert (gate_level(more, level_of) >= gate_level(met, level_of)).all()


@pytest.mark.parametrize(("call", "words"), [
    (lambda: gate_level(marks([1, 1, 2, 0, 0]), LEVEL_OF), r"1 \(исполнено\), 0 \(нет\) или пропуск, найдено 2\.0 "
                                                          r"\(R0 × 3\.1\)"),
    (lambda: gate_level(marks([1, 1, 1, 0, 0]), LEVEL_OF.replace(3, 2)), "нет ни одного требования уровня 3"),
    (lambda: gate_level(marks([1, 1, 1, 0, 0]), LEVEL_OF + 0.5), r"целое число от 1: 2\.1 = 2\.5"),
    (lambda: gate_level(marks([1, 1, 1, 0, 0]), LEVEL_OF.rename({"2.1": "2.9"})), "наборы кодов различаются"),
    (lambda: gate_level(marks([1, 1, 1, 0, 0]), LEVEL_OF, share=0), "больше 0 и не больше 1, сейчас 0"),
    (lambda: skipped_steps(marks([1, 1, 1, 0, 0]), LEVEL_OF, gap=0), "разрыв уровней — целое число от 1, сейчас 0"),
])
def test_a_staircase_that_is_none_is_refused(call, words):
    with pytest.raises(InputError, match=words):
        call()


@pytest.mark.parametrize("seed", range(3))
def test_level_of_the_average_is_that_of_the_mean_score_and_follows_weights(seed):
    table = dimensions(seed)
    pd.testing.assert_series_equal(average_level(table, CUTS), bands(table.mean(axis=1), CUTS).grade, check_names=False)
    weights = pd.Series([1.0, 0, 0, 0], table.columns)
    pd.testing.assert_series_equal(average_level(table, CUTS, weights[::-1]), bands(table[0], CUTS).grade,
                                   check_names=False)
    with pytest.raises(InputError, match="Сумма весов должна быть равна 1"):
        average_level(table, CUTS, weights * 2)


def test_both_rules_say_where_they_differ_and_what_holds_the_unit():
    """By hand: R0 has the average of level 3, but one requirement of level 2 is open; in R1 data draw the average down;
    R2 is even."""
    scores = pd.DataFrame({"стратегия": [0.9, 0.9, 0.8], "данные": [0.3, 0.1, 0.8]}, index=["R0", "R1", "R2"])
    met = marks([1, 0, 1, 1, 0], [1, 1, 1, 1, 1], [1, 1, 1, 1, 1])
    table = both_rules(scores, CUTS, met=met[::-1], level_of=LEVEL_OF)
    assert table["average_level"].to_list() == [3, 3, 4]
    assert table["gate_level"].to_list() == [1, 4, 4]
    assert table["difference"].to_list() == [2, -1, 0]
    assert table["held_by"].to_list() == ["2.2", "данные", ""]
    by_dimension = both_rules(scores, CUTS)
    assert by_dimension["held_by"].to_list() == ["данные", "данные", ""]
    pd.testing.assert_series_equal(by_dimension["gate_level"], weakest_dimension(scores, CUTS), check_names=False)


def test_both_rules_leave_a_unit_without_a_level_without_a_reason():
    scores = pd.DataFrame({"а": [0.9, np.nan], "б": [0.3, 0.9]})
    table = both_rules(scores, CUTS)
    assert table["difference"].isna().to_list() == [False, True]
    assert table["held_by"].to_list() == ["б", ""]


def test_both_rules_need_one_scale():
    scores = pd.DataFrame({"а": [0.9]}, index=["R0"])
    with pytest.raises(InputError, match=r"Правила для разных шкал: уровень требования 4, а границ 2 \(уровней 3\)"):
        both_rules(scores, [0.3, 0.6], met=marks([1, 1, 1, 1, 1]), level_of=LEVEL_OF)
    with pytest.raises(InputError, match="нужны и отметки требований, и их уровни, задано одно из двух"):
        both_rules(scores, CUTS, met=marks([1, 1, 1, 1, 1]))


@pytest.mark.parametrize(("row", "skipped"), [
    ([1, 0, 0, 0, 1], [("2.2", 4, "4.1"), ("3.1", 4, "4.1"), ("3.2", 4, "4.1")]),  # level 4 is met as a whole
    ([1, 0, 1, 0, 0], []),                                                        # neighbours overlap on the way
    ([1, 0, 1, 1, 0], [("2.2", 3, "3.1, 3.2")]),                                  # a whole level above
    ([1, np.nan, 1, 1, 0], []), ([1, 1, 1, 1, 1], []), ([0, 0, 0, 0, 0], []),
])
def test_skipped_steps_by_hand(row, skipped):
    found = skipped_steps(marks(row), LEVEL_OF)
    assert list(found[["requirement", "above", "met"]].itertuples(index=False, name=None)) == skipped
    assert (found["unit"] == "R0").all()


def test_a_gap_of_one_counts_every_requirement_below_a_met_one():
    found = skipped_steps(marks([1, 0, 1, 0, 0]), LEVEL_OF, gap=1)
    assert found[["requirement", "above"]].to_numpy().tolist() == [["2.2", 3]]


# -- two assessors -----------------------------------------------------------------------------------------------------

def assessed(seed, n=12, k=6, bias=1):
    rng = np.random.default_rng(seed)
    external = pd.DataFrame(rng.integers(0, 4, (n, k)).astype(float), [f"R{place:02}" for place in range(n)],
                            [f"q{place}" for place in range(k)])
    own = (external + rng.integers(0, 1 + bias, (n, k))).clip(0, 3)
    return own, external, pd.Series(3.0, own.columns), pd.Series(["а", "а", "а", "б", "б", "в"], own.columns)


def test_gap_of_assessments_as_paired_t_and_sign_test(oracle):
    own, external, highest, dimension_of = assessed(1)
    found = self_against_external(own, external, highest, dimension_of)
    apart = ((own - external) / 3)[["q0", "q1", "q2"]].mean(axis=1)
    low, high = DescrStatsW(apart).tconfint_mean()
    oracle("разрыв самооценки и внешней оценки с интервалом", "statsmodels, DescrStatsW.tconfint_mean, парные разности",
           found.loc["а", ["gap", "low", "high"]], pd.Series({"gap": apart.mean(), "low": low, "high": high}), 1e-12)
    oracle("критерий знаков", "statsmodels, sign_test", found.loc["а", "sign_p"], sign_test(apart)[1], 1e-12)
    assert found.loc["а", "equal"] == pytest.approx((own == external)[["q0", "q1", "q2"]].to_numpy().mean())


def test_sign_test_as_published(oracle):
    """Lane, HyperStat Online: 7 of 8 differences have one sign, one-tailed p .0352; two-tailed it is twice that."""
    own = pd.DataFrame({"q": [1.0] * 7 + [0.0]})
    found = self_against_external(own, pd.DataFrame({"q": [0.0] * 7 + [1.0]}), pd.Series({"q": 1.0}),
                                  pd.Series({"q": "всё"}))
    oracle("критерий знаков, 7 из 8", "Lane, HyperStat Online, sign test: 0,0352 с одной стороны",
           found.loc["всё", "sign_p"] / 2, 0.0352, 5e-5)
    assert found.loc["всё", ["units", "higher", "lower", "equal"]].to_list() == [8, 7, 1, 0]


@pytest.mark.parametrize("seed", range(3))
def test_swapped_assessors_turn_the_gap_over(seed):
    own, external, *rest = assessed(seed)
    one, other = self_against_external(own, external, *rest), self_against_external(external, own, *rest)
    np.testing.assert_allclose(other[["gap", "low", "high"]], -one[["gap", "high", "low"]], rtol=0, atol=1e-12)
    pd.testing.assert_frame_equal(other[["equal", "sign_p", "units"]], one[["equal", "sign_p", "units"]])
    assert other["higher"].to_list() == one["lower"].to_list()


def test_assessments_are_matched_by_label_and_blanks_left_out():
    own, external, highest, dimension_of = assessed(2)
    expected = self_against_external(own, external, highest, dimension_of)
    moved = external.sample(frac=1, random_state=1).sample(frac=1, axis=1, random_state=2)
    moved.loc["чужой"] = 0.0
    pd.testing.assert_frame_equal(self_against_external(own, moved, highest[::-1], dimension_of), expected)
    own.loc["R03", "q5"] = np.nan
    assert self_against_external(own, external, highest, dimension_of).loc["в", ["units", "answers"]].to_list() == [11,
                                                                                                                    11]


def test_what_two_assessments_do_not_define_is_nan():
    own, external, highest, dimension_of = assessed(3)
    same = self_against_external(own, own, highest, dimension_of)
    assert same[["low", "high", "sign_p"]].isna().all(axis=None)
    assert (same["equal"] == 1).all()
    assert self_against_external(own.iloc[:1], external, highest, dimension_of)["low"].isna().all()
    thirds = pd.DataFrame([[2.0, 1, 1]]), pd.DataFrame([[1.0, 1, 2]])  # 1/3 + 0 - 1/3 is a tie
    table = self_against_external(*thirds, pd.Series([3.0, 3, 3]), pd.Series(["а"] * 3))
    assert table.loc["а", ["gap", "higher", "lower"]].to_list() == [0, 0, 0]


def test_assessments_without_a_common_answer_are_refused():
    own, external, *rest = assessed(4)
    with pytest.raises(InputError, match="нет ни одного вопроса с обоими ответами"):
        self_against_external(own.iloc[:3], external.iloc[3:], *rest)
    with pytest.raises(InputError, match="между 0 и 1, сейчас 95"):
        self_against_external(own, external, *rest, confidence=95)


# -- natural breaks ----------------------------------------------------------------------------------------------------

def within(scores, grade):
    return sum(((part - part.mean()) ** 2).sum() for _, part in scores.groupby(grade.to_numpy()))


def best_of_all(scores, count):
    """Smallest sum of squares over every division of the sorted different values."""
    values = np.sort(scores.unique())
    places = itertools.combinations(range(1, len(values)), count - 1)
    return min(within(scores, pd.Series(np.searchsorted(values[list(cut)], scores, side="right")) if cut else
                      pd.Series(0, scores.index)) for cut in places)


def test_jenks_as_published_in_the_readme_of_jenkspy(oracle):
    scores = pd.Series([1.3, 7.1, 7.3, 2.3, 3.9, 4.1, 7.8, 1.2, 4.3, 7.3, 5.0, 4.3])
    found = jenks(scores, 3)
    oracle("естественные границы (Fisher, Jenks)", "jenkspy, README: границы классов 2,3; 5,0; 7,8",
           scores.groupby(found.grade).max(), [2.3, 5.0, 7.8], 0)


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("seed", range(4))
def test_jenks_against_every_division(oracle, count, seed):
    rng = np.random.default_rng(seed)
    scores = pd.Series(rng.integers(0, 12, 14) * 0.1 if seed % 2 else rng.normal(1e6, 1, 12))
    found = within(scores, jenks(scores, count).grade)
    oracle("сумма квадратов внутри классов, естественные границы", "перебор всех разбиений, 12–14 баллов, 1–5 уровней",
           found, best_of_all(scores, count), 1e-9)


@settings(max_examples=40, deadline=None)
@given(values=st.lists(st.integers(0, 30), min_size=3, max_size=10), count=st.integers(1, 3))
def test_jenks_is_optimal_for_any_scores(values, count):
    scores = pd.Series(values, dtype=float)
    if scores.nunique() >= count:
        assert within(scores, jenks(scores, count).grade) == pytest.approx(best_of_all(scores, count), abs=1e-9)


@pytest.mark.parametrize("seed", range(5))
def test_jenks_is_never_worse_than_k_means_and_does_not_depend_on_the_order(seed):
    scores = pd.Series(np.random.default_rng(seed).gamma(2, 1, 85)).rename("балл")
    found = jenks(scores, 5)
    assert within(scores, found.grade) <= within(scores, k_means(scores, 5).grade) + 1e-9
    pd.testing.assert_series_equal(jenks(scores.sample(frac=1, random_state=seed), 5).grade.sort_index(), found.grade)
    pd.testing.assert_series_equal(bands(scores, found.cut_offs).grade, found.grade)
    scaled = jenks(scores * 100 - 7, 5)
    pd.testing.assert_series_equal(scaled.grade, found.grade)
    np.testing.assert_allclose(scaled.cut_offs, found.cut_offs * 100 - 7)
    np.testing.assert_allclose(found.centres, scores.groupby(found.grade).mean())


def test_jenks_keeps_ties_and_units_without_a_score():
    scores = pd.Series({"A": 0.1 + 0.2, "B": 0.3, "C": np.nan, "D": 0.9})
    assert jenks(scores, 2).grade.fillna(0).to_dict() == {"A": 1, "B": 1, "C": 0, "D": 2}


@pytest.mark.parametrize(("scores", "count"), [([1.0, 1.0, 2.0], 3), ([1.0], 0), ([np.nan], 1)])
def test_more_levels_than_scores_are_refused(scores, count):
    with pytest.raises(InputError, match=rf"Естественные границы: различных баллов \d, число уровней {count}"):
        jenks(pd.Series(scores), count)


def test_fit_is_the_share_of_squares_between_grades():
    scores, grade = pd.Series([1.0, 2, 9, 10]), pd.Series([1.0, 1, 2, 2])
    assert goodness_of_variance_fit(scores, grade) == pytest.approx(1 - 1 / 65)
    assert goodness_of_variance_fit(scores, scores) == 1
    assert goodness_of_variance_fit(scores, grade * 0) == pytest.approx(0)
    with pytest.raises(InputError, match="во всех единицах одно значение"):
        goodness_of_variance_fit(scores * 0, grade)


# -- panel -------------------------------------------------------------------------------------------------------------

def panel(seed, judges=9, items=15):
    rng = np.random.default_rng(seed)
    table = rng.uniform(0.2, 0.9, items) + rng.normal(0, 0.05, (judges, 1)) + rng.normal(0, 0.03, (judges, items))
    return pd.DataFrame(table.clip(0, 1), [f"Э{place}" for place in range(judges)],
                        [f"q{place}" for place in range(items)])


def test_angoff_by_hand_and_against_the_interval_of_a_mean(oracle):
    table = panel(1)
    found = angoff(table, confidence=0.9)
    sums = DescrStatsW([sum(row) for row in table.to_numpy()])
    oracle("граница по панели (Ангофф)", "пересчитано: statsmodels, DescrStatsW сумм по судьям",
           [found.cut, found.standard_error, *found.interval],
           [sums.mean, sums.std_mean, *sums.tconfint_mean(0.1)], 1e-12)
    by_hand = angoff(pd.DataFrame({"а": [0.6, 0.8], "б": [0.5, 0.7]}))  # 1.1 and 1.5: mean 1.3, sd .2828, SE .2
    oracle("граница по панели, два судьи", "сосчитано вручную: 1,1 и 1,5 балла", [by_hand.cut, by_hand.standard_error],
           [1.3, 0.2], 1e-12)


def test_graded_questions_scale_the_cut_and_its_share_is_a_cut_off_for_scores():
    table = panel(2)
    plain, graded = angoff(table), angoff(table * 3, pd.Series(3.0, table.columns))
    assert (graded.cut, graded.standard_error) == pytest.approx((3 * plain.cut, 3 * plain.standard_error))
    assert graded.share == pytest.approx(plain.share)
    assert plain.share == pytest.approx(table.to_numpy().mean())
    assert plain.items["mean"].sum() == pytest.approx(plain.cut)


def test_judges_and_questions_may_stand_in_any_order():
    table = panel(3)
    one, other = angoff(table), angoff(table.sample(frac=1, random_state=1).sample(frac=1, axis=1, random_state=1))
    assert (one.cut, one.standard_error) == pytest.approx((other.cut, other.standard_error))
    pd.testing.assert_series_equal(one.judges, other.judges[one.judges.index])


def test_an_odd_judge_widens_the_interval():
    table = panel(4)
    odd = table.copy()
    odd.loc["Э0"] = 0.05
    assert angoff(odd).standard_error > 3 * angoff(table).standard_error


@pytest.mark.parametrize(("change", "error", "words"), [
    (lambda table: table.iloc[:1], NotPublishable, "Панель: судей 1, ошибка границы по судьям не определена"),
    (lambda table: table * 100, InputError, "Ответ вне шкалы: Э0 × q0 = .*, допустимо 0–1"),
    (lambda table: table.where(table != table.iloc[2, 3]), InputError, "Панель: пропущено значений 1, первые: Э2 × q3"),
    (lambda table: table.rename({"Э1": "Э0"}), InputError, "Панель: судьи: код повторяется: Э0"),
])
def test_a_panel_that_is_none_is_refused(change, error, words):
    with pytest.raises(error, match=words):
        angoff(change(panel(5)))


def test_five_places_without_an_answer_are_named_and_the_others_counted():
    table = pd.DataFrame(np.nan, [f"R{number}" for number in range(7)], ["1.1", "1.2"]).assign(**{"1.1": 1.0})
    with pytest.raises(InputError) as error:
        score_with_blanks(table, pd.Series({"1.1": 2, "1.2": 2}), "refuse")
    assert str(error.value) == ("Правило пропусков refuse: нет ответа у R0 × 1.2; R1 × 1.2; R2 × 1.2; R3 × 1.2; "
                                "R4 × 1.2 (всего 7). Заполните ответы или задайте правило zero либо exclude.")
