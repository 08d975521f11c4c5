"""Maturity levels: the weakest dimension decides, counts leave nobody out."""

import numpy as np
import pandas as pd
import pytest

from methods.errors import InputError
from methods.index.grade import bands
from methods.maturity.levels import cross_table, distribution, weakest_dimension

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
