"""Normalisation: the Handbook's worked example, the posts of the HDI, what may and what may not move a value."""

import numpy as np
import pandas as pd
import pytest

from methods.errors import EditionError, InputError, NotPublishable
from methods.index import normalise
from methods.index.normalise import NORMALISATIONS

FIRST_FOUR = ["Finland", "USA", "Sweden", "Japan"]
POSTS = {"goalposts": {"low": -5.0, "high": 5.0}}


def apply(name, values, direction=1):
    """A normalisation by its name in an edition, with posts where it needs them."""
    return NORMALISATIONS[name](values, direction, **POSTS.get(name, {}))


def positive_sample(seed, n=15):
    """Distinct positive values with labels; all normalisations are defined on them."""
    rng = np.random.default_rng(seed)
    return pd.Series(rng.uniform(0.1, 4.0, n), index=[f"C{i:02d}" for i in range(n)], name="Д1")


@pytest.mark.parametrize(("name", "parameters", "printed"), [
    # Divided by n the z-scores would be .26 1.56 1.17 -.06: the Handbook's are sample z-scores, n - 1 below.
    ("z-score", {}, [0.26, 1.52, 1.14, -0.06]),
    ("min-max", {}, [0.59, 1.00, 0.88, 0.49]),
    ("distance-to-reference", {"reference": "mean"}, [1.04, 1.25, 1.19, 0.99]),
    ("distance-to-reference", {"reference": "best"}, [0.83, 1.00, 0.95, 0.79]),
    ("distance-to-reference", {"reference": "USA"}, [0.83, 1.00, 0.95, 0.79]),  # the leader named
    ("distance-to-reference", {"reference": 12.0}, [0.83, 1.00, 0.95, 0.79]),   # the leader's value stated
])
def test_schooling_as_printed_in_handbook_table_15(tai, name, parameters, printed):
    computed = NORMALISATIONS[name](tai["SCH"], **parameters)[FIRST_FOUR]
    assert computed.to_list() == pytest.approx(printed, abs=0.005)  # two digits in print, p. 87


@pytest.mark.parametrize(("czech", "printed"), [
    # Table A.2 gives Japan and the Czech Republic 9.5 each; Table 15 prints for Japan 52.2 = 12/23, as if the Czech
    # value, before rounding, were the higher one. At a tie we count the equal unit: 13/23.
    (9.54, [65.2, 100, 82.6, 52.2]),
    (9.5, [65.2, 100, 82.6, 56.5]),
])
def test_percentiles_of_schooling_as_printed_in_handbook_table_15(tai, czech, printed):
    schooling = tai["SCH"].where(tai.index != "CzechRep", czech)
    computed = normalise.percentile(schooling)[FIRST_FOUR]
    assert computed.to_list() == pytest.approx(printed, abs=0.05)  # one digit in print, p. 87


@pytest.mark.parametrize(("low", "high", "log", "value", "dimension"), [
    (20, 85, False, 53.6, 0.517),    # life expectancy, years
    (100, 75_000, True, 4755, 0.583),  # gross national income per head, PPP dollars, in logarithms
])
def test_goalposts_of_the_human_development_index(low, high, log, value, dimension):
    """HDR technical note 1: posts 20-85 years and 100-75,000 dollars; Nigeria 2022: .517 and .583."""
    values, low, high = (np.log(np.array([value, low, high])) if log else np.array([value, low, high], dtype=float))
    computed = normalise.goalposts(pd.Series([values]), low=low, high=high)
    assert computed[0] == pytest.approx(dimension, abs=0.001)


def test_goalposts_reproduce_the_equal_weight_scores_of_the_tai(tai_scaled):
    """HDR 2001, printed to three digits; the Handbook's Singapore differs from the report's and is left out."""
    printed = {"Finland": 0.744, "USA": 0.733, "Sweden": 0.703, "Japan": 0.698, "Korea": 0.666, "Netherlands": 0.630,
               "UK": 0.606, "Slovenia": 0.458}
    computed = tai_scaled.mean(axis=1)
    assert computed[list(printed)].to_dict() == pytest.approx(printed, abs=0.0015)


@pytest.mark.parametrize(("cap", "expected"), [(True, [0.0, 0.25, 1.0]), (False, [-0.5, 0.25, 1.5])])
def test_values_beyond_the_posts_stay_at_the_post_only_if_capped(cap, expected):
    computed = normalise.goalposts(pd.Series([-10.0, 5.0, 30.0]), low=0, high=20, cap=cap)
    assert computed.to_list() == expected


@pytest.mark.parametrize("direction", [1, -1])
def test_min_max_and_goalposts_reach_exactly_the_ends_of_the_new_scale(direction):
    values = pd.Series([3.0, 7.0, 12.0])
    worst, best = (0, 2) if direction == 1 else (2, 0)
    for scaled in (normalise.min_max(values, direction, lower=1, upper=100),
                   normalise.goalposts(values, direction, low=3, high=12, lower=1, upper=100)):
        assert (scaled[worst], scaled[best]) == (1, 100)


def test_z_score_has_the_stated_mean_and_sample_deviation():
    scaled = normalise.z_score(positive_sample(0), mean=50, sd=10)
    assert (scaled.mean(), scaled.std(ddof=1)) == pytest.approx((50, 10))


@pytest.mark.parametrize("name", ["min-max", "z-score", "rank", "borda", "percentile", "distance-to-reference"])
@pytest.mark.parametrize("direction", [1, -1])
@pytest.mark.parametrize("seed", range(3))
def test_units_of_measure_do_not_matter(name, direction, seed):
    values = positive_sample(seed)
    pd.testing.assert_series_equal(apply(name, values, direction), apply(name, values * 1000, direction))


@pytest.mark.parametrize("name", ["min-max", "z-score", "rank", "borda", "percentile"])
@pytest.mark.parametrize("seed", range(3))
def test_zero_of_the_scale_does_not_matter(name, seed):
    values = positive_sample(seed)
    pd.testing.assert_series_equal(apply(name, values), apply(name, values - 273.15))


@pytest.mark.parametrize("name", ["min-max", "z-score", "goalposts", "rank", "borda", "percentile"])
@pytest.mark.parametrize("seed", range(3))
def test_direction_minus_one_is_the_same_as_changing_the_sign_of_the_data(name, seed):
    values = positive_sample(seed)
    pd.testing.assert_series_equal(apply(name, values, -1), apply(name, -values, 1))


@pytest.mark.parametrize(("name", "mirror"), [("min-max", 1), ("goalposts", 1), ("z-score", 0), ("borda", 14)])
def test_the_two_directions_mirror_each_other(name, mirror):
    values = positive_sample(1)
    pd.testing.assert_series_equal(apply(name, values, 1) + apply(name, values, -1), values * 0 + mirror)


@pytest.mark.parametrize("name", sorted(set(NORMALISATIONS) - {"none"}))
@pytest.mark.parametrize("direction", [1, -1])
def test_better_units_never_score_lower(name, direction):
    values = positive_sample(2)
    scaled = apply(name, values, direction)[(direction * values).sort_values().index]
    assert (scaled.diff().dropna() >= 0).all()
    assert scaled.iloc[-1] > scaled.iloc[0]


@pytest.mark.parametrize("name", sorted(NORMALISATIONS))
def test_labels_are_kept_and_gaps_stay_gaps(name):
    values = positive_sample(3).sample(frac=1, random_state=0)
    values.iloc[[2, 7]] = np.nan
    scaled = apply(name, values)
    assert scaled.index.equals(values.index)
    assert scaled.isna().equals(values.isna())


@pytest.mark.parametrize("name", sorted(NORMALISATIONS))
def test_a_gap_changes_nothing_for_the_units_that_have_a_value(name):
    values = positive_sample(4)
    with_gap = pd.concat([values, pd.Series({"C99": np.nan})]).rename(values.name)
    pd.testing.assert_series_equal(apply(name, with_gap).drop("C99"), apply(name, values))


@pytest.mark.parametrize("name", ["none", "goalposts"])
def test_a_new_unit_does_not_move_others_under_fixed_posts(name):
    values = positive_sample(5)
    joined = pd.concat([values, pd.Series({"C99": 4.9})]).rename(values.name)
    pd.testing.assert_series_equal(apply(name, joined).drop("C99"), apply(name, values))


@pytest.mark.parametrize("name", ["min-max", "z-score", "rank", "borda", "percentile", "distance-to-reference"])
def test_a_new_best_unit_does_move_others_where_the_sample_makes_the_scale(name):
    """So that the test above says something about posts and not about the sample."""
    values = positive_sample(5)
    joined = pd.concat([values, pd.Series({"C99": 0.01 if name == "rank" or name == "borda" else 4.9})])
    assert not np.allclose(apply(name, joined.rename("Д1")).drop("C99"), apply(name, values))


@pytest.mark.parametrize("seed", range(3))
def test_borda_counts_the_units_that_are_beaten(seed):
    """Handbook, p. 105: points by pairwise comparison, written here as the comparisons themselves."""
    values = pd.Series(np.random.default_rng(seed).integers(0, 5, 12).astype(float))
    beaten = [(values < value).sum() + ((values == value).sum() - 1) / 2 for value in values]
    assert normalise.borda(values).to_list() == beaten


def test_less_is_better_turns_the_ratio_to_the_best_over():
    """Twice the best waiting time scores one half."""
    scaled = normalise.distance_to_reference(pd.Series([10.0, 20.0, 40.0]), -1)
    assert scaled.to_list() == [1.0, 0.5, 0.25]


@pytest.mark.parametrize("name", ["min-max", "z-score"])
@pytest.mark.parametrize("values", [[5.0, 5.0, 5.0], [5.0, np.nan, 5.0]])
def test_an_indicator_equal_everywhere_is_refused_by_name(name, values):
    with pytest.raises(EditionError, match=r"Показатель Д1: во всех единицах одно значение.*goalposts"):
        apply(name, pd.Series(values, name="Д1"))


@pytest.mark.parametrize(("call", "words"), [
    (lambda x: normalise.none(x, -1), r"Показатель Д1: без нормирования допустимо только направление 1.*goalposts"),
    (lambda x: normalise.goalposts(x, low=5, high=5), r"Показатель Д1: нижняя опорная точка 5 должна быть меньше верх"),
    (lambda x: normalise.distance_to_reference(x, reference="C99"), r"Показатель Д1: единицы-эталона «C99» нет"),
    (lambda x: normalise.distance_to_reference(x - 10), r"Расстояние до эталона: .*больше 0, найдено -.*C0\d × Д1"),
])
def test_what_is_refused_is_said_in_words(call, words):
    with pytest.raises((InputError, NotPublishable), match=words):
        call(positive_sample(6))


@pytest.mark.parametrize("name", ["min-max", "z-score"])
def test_values_equal_on_paper_do_not_become_the_ends_of_the_scale(name):
    with pytest.raises(EditionError):
        apply(name, pd.Series([0.3, 0.1 + 0.2], index=["C01", "C02"], name="Д1"))


@pytest.mark.parametrize("reference", [0.0, -2.0])
def test_a_reference_that_is_not_positive_is_refused(reference):
    with pytest.raises(InputError):
        normalise.distance_to_reference(positive_sample(7), reference=reference)
