"""Places of many draws at once against `methods.index.rank`, ties and dust included; counts against plain loops."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from methods.errors import InputError
from methods.index.rank import rank
from methods.sensitivity import placing

DUST = [0.0, 1e-17, -1e-17, 3e-16, 1e-13, 1e-12, -1e-12, 2e-12, 1e-11, 4e-11, 1e-9]


def by_recipe(scores, ties):
    return np.array([rank(pd.Series(row), ties) for row in scores])


@pytest.mark.parametrize("ties", placing.TIES)
@pytest.mark.parametrize("kind", ["even", "normal", "few values", "far outliers", "large", "gaps", "tiny", "signs"])
def test_places_are_those_of_the_recipe(ties, kind):
    draw = np.random.default_rng(3)
    scores = draw.random((40, 300))
    if kind == "normal":
        scores = draw.normal(size=scores.shape)
    elif kind == "few values":
        scores = np.round(scores, 2)
    elif kind == "far outliers":
        scores[:, :2] = [1e9, -1e12]
    elif kind == "large":
        scores *= 1e8
    elif kind == "tiny":
        scores *= 1e-11
    elif kind == "gaps":
        scores[draw.random(scores.shape) < 0.3] = np.nan
        scores[7] = np.nan
    elif kind == "signs":
        scores = np.round(scores - 0.5, 3)
    np.testing.assert_array_equal(placing.places(scores, ties), by_recipe(scores, ties))


@pytest.mark.parametrize("ties", placing.TIES)
@pytest.mark.parametrize("size", [1e-3, 0.3, 1.0, 93.115, 1e5])
def test_dust_parts_nobody_and_what_is_more_than_dust_does(ties, size):
    """Scores a few steps of rounding apart, around the border of 12 significant digits and 12 decimals."""
    draw = np.random.default_rng(5)
    scores = size * draw.choice([0.1, 0.3, 0.7], (200, 12)) + draw.choice(DUST, (200, 12))
    np.testing.assert_array_equal(placing.places(scores, ties), by_recipe(scores, ties))


SCORES = st.one_of(st.floats(-1e6, 1e6).filter(lambda score: score == 0 or abs(score) > 1e-290),
                   st.sampled_from([0.0, 0.3, 0.1 + 0.2, np.nan]))


@given(scores=hnp.arrays(float, st.tuples(st.integers(1, 3), st.integers(1, 30)), elements=SCORES),
       ties=st.sampled_from(placing.TIES))
def test_any_scores_are_placed_as_the_recipe_places_them(scores, ties):
    np.testing.assert_array_equal(placing.places(scores, ties), by_recipe(scores, ties))


def test_one_sum_of_weights_times_values_whatever_the_block():
    draw = np.random.default_rng(0)
    for members in (1, 3, 4, 9, 20):
        weights, values = draw.random((30, members)), draw.random((members, 700))
        sums = placing.kernels().weighted_sums(weights, values, np.full((30, 700), np.nan))
        np.testing.assert_allclose(sums, weights @ values, rtol=1e-13, atol=0)
        one = placing.kernels().weighted_sums(weights[11:12], values, np.full((3, 700), np.nan))
        np.testing.assert_array_equal(one, sums[11:12])


@pytest.mark.parametrize("ties", placing.TIES)
def test_who_is_first_and_the_weights_of_those_draws(ties):
    scores = np.array([[3.0, 1, 3], [0, 2, np.nan], [np.nan] * 3, [1, 1, 1]])
    classes = np.empty((4, 3), dtype=np.int16)
    weights = np.array([[1, 10], [2, 20], [4, 40], [8, 80]])
    nowhere = placing.class_count(3, ties)
    firsts, sums = np.zeros(3, dtype=np.int64), np.zeros((3, 2), dtype=np.int64)
    placing.place(scores, ties, classes, nowhere, weights, firsts, sums)
    assert firsts.tolist() == [2, 2, 2]
    assert sums.tolist() == [[9, 90], [10, 100], [9, 90]]
    assert (classes == nowhere).tolist() == np.isnan(scores).tolist()


@pytest.mark.parametrize("halvings", [0, 1, 3])
def test_counts_are_plain_counts(halvings):
    draw = np.random.default_rng(1)
    units, draws = 37, 50
    classes = draw.integers(0, units + 1, (draws, units)).astype(np.int16)
    counts = np.zeros((units, (units >> halvings) + 1), dtype=np.int32)
    placing.kernels().count(classes, np.uint32(halvings), counts)
    stated = np.zeros_like(counts)
    for row in classes:
        stated[np.arange(units), row >> halvings] += 1
    np.testing.assert_array_equal(counts, stated)
    ahead = np.zeros((units, units), dtype=np.int32)
    placing.kernels().count_ahead(np.ascontiguousarray(classes.T), ahead)
    np.testing.assert_array_equal(ahead, (classes[:, :, None] < classes[:, None, :]).sum(axis=0))


def test_more_units_than_the_compiled_loops_can_number():
    with pytest.raises(InputError, match="не больше чем для 2097152"):
        placing.places(np.zeros((1, 2**21 + 1)))
