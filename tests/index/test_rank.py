"""Places: ties as sport tables have them, no place without a score, binary dust parts nobody."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import rankdata

from methods.index.rank import mean_rank_shift, rank


@pytest.mark.parametrize(("ties", "places"), [
    ("min", [1, 2, 2, 4]), ("average", [1, 2.5, 2.5, 4]), ("max", [1, 3, 3, 4]), ("dense", [1, 2, 2, 3])])
def test_equal_scores_share_places_as_the_rule_says(ties, places):
    assert rank(pd.Series([0.9, 0.7, 0.7, 0.1]), ties).to_list() == places


@pytest.mark.parametrize("ties", ["min", "average", "max", "dense"])
@pytest.mark.parametrize("seed", range(3))
def test_places_agree_with_scipy(ties, seed):
    scores = pd.Series(np.random.default_rng(seed).integers(0, 8, 30) / 8)
    np.testing.assert_array_equal(rank(scores, ties), rankdata(-scores.to_numpy(), method=ties))


def test_a_unit_without_a_score_has_no_place_and_takes_none():
    places = rank(pd.Series({"A": 0.5, "B": np.nan, "C": 0.7}))
    assert places[["A", "C"]].to_dict() == {"A": 2, "C": 1}
    assert np.isnan(places["B"])


@pytest.mark.parametrize(("one", "other"), [
    (0.1 + 0.2, 0.3), ((0.9346 + 0.9277) / 2, 0.93115), (0.9999999999999999, 1.0), (1e6 * (0.1 + 0.2), 3e5)])
def test_sums_equal_on_paper_share_a_place(one, other):
    assert one != other  # otherwise there is no dust to look through
    assert rank(pd.Series({"A": one, "B": other, "C": other / 2})).to_list() == [1, 1, 3]


@pytest.mark.parametrize("gap", [1e-6, 1e-9])
def test_a_real_difference_however_small_parts_the_places(gap):
    assert rank(pd.Series([0.5, 0.5 + gap])).to_list() == [2, 1]


def test_z_scores_that_cancel_on_paper_share_a_place():
    assert rank(pd.Series({"A": 0.1 + 0.2 - 0.3, "B": 0.0})).to_list() == [1, 1]


@pytest.mark.parametrize("seed", range(3))
def test_places_do_not_depend_on_the_order_of_rows_or_a_growing_transformation(seed):
    scores = pd.Series(np.random.default_rng(seed).normal(size=20), index=[f"C{i}" for i in range(20)])
    places = rank(scores)
    pd.testing.assert_series_equal(rank(scores.sample(frac=1, random_state=seed)).reindex(scores.index), places)
    pd.testing.assert_series_equal(rank(np.exp(scores) * 3 + 1), places)


def test_mean_rank_shift_matches_by_label_and_leaves_out_units_with_one_place():
    """Saisana, Saltelli, Tarantola (2005), eq. 3, by hand: A moves by 1, B by 1, C stays, D has no second place."""
    before = pd.Series({"A": 1.0, "B": 2.0, "C": 3.0, "D": 4.0})
    after = pd.Series({"C": 3.0, "B": 1.0, "A": 2.0, "D": np.nan})
    assert mean_rank_shift(before, after) == pytest.approx(2 / 3)
    assert mean_rank_shift(before, before) == 0
