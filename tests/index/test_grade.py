"""Grades: borders and their owners, gaps of printed bands, equal groups, clusters; never a lower grade for more."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from methods.errors import InputError
from methods.index.grade import bands, k_means, quantiles

STEADY = settings(derandomize=True, database=None, deadline=None, max_examples=150)
SCORES = st.lists(st.integers(0, 1000).map(lambda points: points / 10), min_size=8, max_size=40)


def squares(values, grade):
    """Sum of squared distances from the means of the grades: what k-means makes small."""
    return sum(((values[grade == level] - values[grade == level].mean()) ** 2).sum() for level in set(grade))


@pytest.mark.parametrize(("edge", "expected"), [("upper", [1, 2, 2, 3, 3, 4, 4]), ("lower", [1, 1, 2, 2, 3, 3, 4])])
def test_a_border_belongs_to_the_grade_that_the_edge_says(edge, expected):
    scores = pd.Series([0.2499, 0.25, 0.2501, 0.5, 0.5001, 0.75, 0.7501])
    assert bands(scores, [0.25, 0.5, 0.75], edge=edge).grade.to_list() == expected


@pytest.mark.parametrize(("score", "group"), [(0.75, "A"), (0.7499, "B"), (0.5, "B"), (0.4999, "C"), (0.25, "C"),
                                              (0.2499, "D")])
def test_gtmi_groups_own_their_lower_border(score, group):
    """World Bank, GovTech Maturity Index 2022: A 0.75-1.00, B 0.50-0.74, C 0.25-0.49, D 0.00-0.24."""
    assert "DCBA"[int(bands(pd.Series([score]), [0.25, 0.5, 0.75]).grade[0]) - 1] == group


@pytest.mark.parametrize(("score", "stars"), [
    (35.0, 1), (35.04, 1), (35.049999, 1), (35.05, 2), (35.1, 2), (50.0, 2), (50.04, 2), (50.05, 3), (100.0, 3)])
def test_printed_bands_with_gaps_leave_nobody_between_them(score, stars):
    """«до 35; 35,1–50; 50,1 и более»: 35.04 is rounded half up to 35.0 first and is one star."""
    assert bands(pd.Series([score]), [35, 50], edge="lower", decimals=1).grade[0] == stars


def test_without_rounding_the_gap_goes_to_the_upper_band():
    assert bands(pd.Series([35.04]), [35, 50], edge="lower").grade[0] == 2


@pytest.mark.parametrize(("score", "stars"), [(48.0, 0), (50.0, 0), (50.04, 0), (50.05, 1), (60.0, 1), (90.05, 5)])
def test_at_or_below_the_floor_no_star_is_earned(score, stars):
    """Standard «Государство для бизнеса», table 1: the first star is 50,1–60, the fifth 90,1–100."""
    made = bands(pd.Series([score]), [60, 70, 80, 90], edge="lower", decimals=1, floor=50)
    assert made.grade[0] == stars


@pytest.mark.parametrize("edge", ["upper", "lower"])
def test_dust_does_not_carry_a_score_over_its_border(edge):
    grades = bands(pd.Series([0.1 + 0.2, 0.3, 0.1 * 3]), [0.3, 0.6], edge=edge).grade
    assert grades.to_list() == [2 if edge == "upper" else 1] * 3


@pytest.mark.parametrize("make", [
    lambda scores: bands(scores, [0.3, 0.6]), lambda scores: bands(scores, [0.3, 0.6], decimals=1, floor=0.1),
    lambda scores: quantiles(scores, 2), lambda scores: k_means(scores, 2)])
def test_no_score_no_grade_and_labels_are_kept(make):
    scores = pd.Series({"C3": 0.05, "C1": np.nan, "C2": 0.9, "C4": 0.4})
    grades = make(scores).grade
    assert grades.index.equals(scores.index)
    assert grades.isna().to_dict() == {"C3": False, "C1": True, "C2": False, "C4": False}


@pytest.mark.parametrize("cut_offs", [[0.5, 0.25], [0.5, 0.5]])
def test_borders_that_do_not_grow_are_refused(cut_offs):
    with pytest.raises(InputError, match=r"Границы уровней должны возрастать, сейчас: 0\.5, 0\.\d+"):
        bands(pd.Series([0.1]), cut_offs)


@pytest.mark.parametrize("count", range(2, 8))
@pytest.mark.parametrize("size", [1, 7, 13])
def test_quantile_grades_are_of_equal_size_when_that_is_possible(count, size):
    scores = pd.Series(np.random.default_rng(count).permutation(count * size) / 7)
    assert quantiles(scores, count).grade.value_counts().to_dict() == dict.fromkeys(range(1, count + 1), size)


@pytest.mark.parametrize("n", range(5, 24))
def test_quantile_grades_of_distinct_scores_differ_in_size_by_one_at_most(n):
    sizes = quantiles(pd.Series(np.arange(float(n))), 5).grade.value_counts()
    assert len(sizes) == 5
    assert sizes.max() - sizes.min() <= 1


def test_quantile_borders_are_observed_scores_of_the_lower_grade():
    made = quantiles(pd.Series([1.0, 2, 3, 4, 5, 6]), 3)
    assert made.cut_offs.tolist() == [2, 4]
    assert made.grade.to_list() == [1, 1, 2, 2, 3, 3]


def test_quantiles_of_nobody_are_refused_in_words():
    with pytest.raises(InputError):
        quantiles(pd.Series([np.nan]), 5)


@pytest.mark.parametrize("seed", range(5))
def test_k_means_finds_the_best_of_all_partitions_when_groups_are_apart(seed):
    """Peer: every partition of the sorted scores into three runs, tried one by one."""
    rng = np.random.default_rng(seed)
    values = np.sort(np.concatenate([rng.normal(centre, 0.3, size) for centre, size in ((0, 7), (4, 6), (9, 8))]))
    best = min((np.repeat([1, 2, 3], np.diff([0, *cut, len(values)])) for cut in combinations(range(1, len(values)),
                                                                                              2)),
               key=lambda grade: squares(values, grade))
    assert k_means(pd.Series(values), 3).grade.to_list() == best.tolist()


@pytest.mark.parametrize("seed", range(5))
def test_k_means_stops_where_every_unit_is_nearest_to_the_mean_of_its_own_grade(seed):
    scores = pd.Series(np.random.default_rng(seed).normal(size=60))
    made = k_means(scores, 5)
    means = scores.groupby(made.grade).mean().to_numpy()
    np.testing.assert_allclose(made.centres, means, rtol=0, atol=1e-10)
    np.testing.assert_allclose(made.cut_offs, (means[1:] + means[:-1]) / 2, rtol=0, atol=1e-10)
    assert (np.abs(scores.to_numpy()[:, None] - means).argmin(axis=1) + 1 == made.grade).all()


def test_with_trim_an_outlier_no_longer_draws_the_centre_but_keeps_its_grade():
    """By hand: 0, 0.2 | 5, 5.2, 7. The upper mean is 5.733, without the unit further than 1 from it 5.1."""
    scores = pd.Series({"a": 0.0, "b": 0.2, "c": 5.0, "d": 5.2, "far": 7.0})
    untrimmed, trimmed = k_means(scores, 2), k_means(scores, 2, trim=1)
    assert untrimmed.centres.tolist() == pytest.approx([0.1, 17.2 / 3])
    assert trimmed.centres.tolist() == pytest.approx([0.1, 5.1])
    assert trimmed.cut_offs.tolist() == pytest.approx([2.6])
    assert trimmed.grade.to_dict() == {"a": 1, "b": 1, "c": 2, "d": 2, "far": 2}


def test_trimmed_centres_are_means_of_units_within_the_distance_only():
    scores = pd.Series([0.0, 0.1, 0.2, 1.0, 1.1, 1.2, 1.9, 2.9])
    untrimmed, made = k_means(scores, 2), k_means(scores, 2, trim=0.5)
    nearest = np.abs(scores.to_numpy()[:, None] - made.centres)
    inside = nearest.min(axis=1) <= 0.5
    assert not inside.all()  # somebody is left out, or the trim was not tried
    means = scores[inside].groupby(made.grade[inside]).mean()
    assert made.centres.tolist() == pytest.approx(means.to_list())
    assert not np.allclose(made.centres, untrimmed.centres)
    assert made.grade.notna().all()


def test_a_trim_beyond_the_spread_changes_nothing():
    scores = pd.Series(np.random.default_rng(1).normal(size=40))
    pd.testing.assert_series_equal(k_means(scores, 4, trim=100).grade, k_means(scores, 4).grade)


def test_k_means_with_heavy_ties_still_fills_every_grade_and_keeps_equals_together():
    scores = pd.Series([1.0] * 20 + [2.0, 2.0, 3.0])
    made = k_means(scores, 3)
    assert made.grade.to_list() == [1.0] * 20 + [2, 2, 3]


@pytest.mark.parametrize(("scores", "found"), [([0.5, 0.5, 0.7, np.nan], 2), ([0.1 + 0.2, 0.3, 0.9], 2), ([np.nan], 0)])
def test_k_means_refuses_fewer_different_scores_than_grades(scores, found):
    with pytest.raises(InputError, match=rf"k-средних: различных баллов {found}, меньше числа уровней 3"):
        k_means(pd.Series(scores), 3)


def test_k_means_refuses_to_stop_half_way():
    scores = pd.Series(np.random.default_rng(0).normal(size=300))
    with pytest.raises(InputError, match="не сошёлся за 2 шагов; задайте фиксированные границы"):
        k_means(scores, 5, most=2)


@STEADY
@given(scores=SCORES, method=st.sampled_from(["upper", "lower", "rounded", "quantiles", "k-means", "trimmed"]))
def test_a_higher_score_never_has_a_lower_grade_and_equals_are_equal(scores, method):
    scores = pd.Series(scores)
    if method in ("k-means", "trimmed") and scores.nunique() < 4:
        return
    made = {"upper": lambda: bands(scores, [25, 50, 75]), "lower": lambda: bands(scores, [25, 50, 75], edge="lower"),
            "rounded": lambda: bands(scores, [25, 50, 75], edge="lower", decimals=0, floor=10),
            "quantiles": lambda: quantiles(scores, 4), "k-means": lambda: k_means(scores, 4),
            "trimmed": lambda: k_means(scores, 4, trim=5)}[method]()
    by_score = made.grade.groupby(scores).agg(["min", "max"])
    assert (by_score["min"] == by_score["max"]).all()
    assert by_score["min"].is_monotonic_increasing
    assert by_score["min"].between(0 if method == "rounded" else 1, 4).all()


@STEADY
@given(scores=SCORES)
def test_grades_do_not_depend_on_the_order_of_units(scores):
    scores = pd.Series(scores)
    if scores.nunique() < 4:
        return
    shuffled = scores.sample(frac=1, random_state=0)
    for make in (lambda x: bands(x, [25, 50]).grade, lambda x: quantiles(x, 4).grade, lambda x: k_means(x, 4).grade):
        pd.testing.assert_series_equal(make(shuffled).reindex(scores.index), make(scores))
