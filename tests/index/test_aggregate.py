"""Aggregation: published scores and places, compensability, gaps, weights by label."""

import numpy as np
import pandas as pd
import pytest

from methods.errors import InputError, NotPublishable
from methods.index.aggregate import AGGREGATIONS, arithmetic, coverage, geometric, harmonic, power, present_weights
from methods.index.rank import rank

# Places of the 23 countries in the order of Table A.2.
EW = [1, 2, 3, 4, 5, 6, 7, 9, 10, 8, *range(11, 24)]
BAP = [1, 2, 3, 5, 4, 8, 7, 10, 11, 6, 9, 13, 12, 14, 17, 15, 16, 18, 19, 21, 22, 20, 23]
WEIGHTS = {"EW": ([0.125] * 8, EW), "BAP": ([0.11, 0.11, 0.11, 0.18, 0.10, 0.06, 0.15, 0.18], BAP)}
GEOMETRIC = {"Finland": 2, "USA": 1, "Sweden": 3, "Japan": 4, "Korea": 16, "Netherlands": 5, "UK": 6, "Singapore": 18,
             "Canada": 13, "Australia": 14, "Germany": 8, "Norway": 11, "Ireland": 7, "Belgium": 9, "NewZealand": 17,
             "Austria": 12, "France": 10, "Israel": 15, "Spain": 19, "Italy": 21, "CzechRep": 23, "Hungary": 22,
             "Slovenia": 20}
MEANS = {"arithmetic": arithmetic, "geometric": geometric, "harmonic": harmonic,
         "power 2": lambda x, w: power(x, w, 2), "power -3": lambda x, w: power(x, w, -3)}


def sample(seed, n=8, k=5, gaps=0.0):
    """Positive scores with labels and uneven weights summing to 1."""
    rng = np.random.default_rng(seed)
    values = pd.DataFrame(rng.uniform(0.05, 1, (n, k)), index=[f"C{i}" for i in range(n)], columns=list("abcde")[:k])
    values = values.mask(rng.uniform(size=(n, k)) < gaps)
    return values, pd.Series(rng.dirichlet(np.ones(k)), index=values.columns)


@pytest.mark.parametrize("source", WEIGHTS)
def test_tai_places_of_all_23_countries_as_in_handbook_tables_22_and_23(tai_scaled, source):
    weights, places = WEIGHTS[source]
    computed = rank(arithmetic(tai_scaled, pd.Series(weights, index=tai_scaled.columns)))
    assert computed.astype(int).to_list() == places


@pytest.mark.parametrize(("source", "weights"), [
    ("FA", [0.17, 0.15, 0.11, 0.06, 0.08, 0.13, 0.13, 0.17]),
    ("AHP", [0.09, 0.10, 0.07, 0.21, 0.05, 0.06, 0.18, 0.25]),
])
def test_tai_places_under_the_handbooks_other_weights_as_matrix_product(tai_scaled, source, weights):
    """Weights of Table 22, rounded there (AHP's sum to 1.01), so places are checked against plain numpy, not print."""
    computed = arithmetic(tai_scaled, pd.Series(weights, index=tai_scaled.columns))
    expected = tai_scaled.to_numpy() @ np.array(weights) / sum(weights)
    np.testing.assert_allclose(computed, expected, rtol=1e-12)
    assert computed.idxmax() == "Finland"
    assert rank(computed)["Korea"] == (5 if source == "FA" else 2)


def test_tai_equal_weight_scores_to_three_digits(tai_scaled):
    """Recomputed from Table A.2 with the HDR 2001 goalposts, independently of this package."""
    expected = {"Finland": 0.745, "USA": 0.733, "Sweden": 0.704, "Japan": 0.698, "Korea": 0.666, "Netherlands": 0.630,
                "UK": 0.606, "Singapore": 0.597, "Slovenia": 0.459}
    computed = arithmetic(tai_scaled, pd.Series(0.125, index=tai_scaled.columns))
    assert computed[list(expected)].to_dict() == pytest.approx(expected, abs=0.0005)


def test_tai_geometric_places_of_handbook_table_38(tai):
    """Exact when the geometric mean is taken of the raw data: unit changes do not reorder it."""
    assert rank(geometric(tai, pd.Series(0.125, index=tai.columns))).to_dict() == GEOMETRIC


@pytest.mark.parametrize(("values", "mean", "expected"), [
    ([21, 1, 1, 1], arithmetic, 6), ([6, 6, 6, 6], arithmetic, 6),
    ([21, 1, 1, 1], geometric, 2.14), ([6, 6, 6, 6], geometric, 6),
    ([21, 2, 1, 1], geometric, 2.55), ([7, 6, 6, 6], geometric, 6.23),
])
def test_compensability_of_handbook_p_104(values, mean, expected):
    """The weak gain from one more point in a weak indicator: +19 %, the balanced +4 %."""
    table = pd.DataFrame([values], columns=list("abcd"), dtype=float)
    assert mean(table, pd.Series(0.25, index=table.columns))[0] == pytest.approx(expected, abs=0.006)


def test_human_development_index_of_nigeria():
    """HDR 2023-24, Nigeria 2022: (.517 x .545 x .583)^(1/3) = .548."""
    dimensions = pd.DataFrame({"health": [0.517], "education": [0.545], "income": [0.583]})
    index = geometric(dimensions, pd.Series(1 / 3, index=dimensions.columns))
    assert index[0] == pytest.approx(0.548, abs=0.0005)


@pytest.mark.parametrize("seed", range(5))
def test_power_mean_grows_with_its_exponent_and_stays_between_worst_and_best(seed):
    values, weights = sample(seed)
    means = pd.DataFrame({p: power(values, weights, p) for p in (-50, -5, -1, -0.5, 0, 0.5, 1, 2, 5, 50)})
    assert (means.diff(axis=1).iloc[:, 1:] > 0).to_numpy().all()
    assert (means.gt(values.min(axis=1), axis=0) & means.lt(values.max(axis=1), axis=0)).to_numpy().all()


@pytest.mark.parametrize(("exponent", "mean"), [(1, arithmetic), (0, geometric), (-1, harmonic)])
def test_power_mean_has_the_three_classical_means_as_cases(exponent, mean):
    values, weights = sample(7)
    pd.testing.assert_series_equal(power(values, weights, exponent), mean(values, weights))


def test_power_mean_near_exponent_zero_is_the_geometric_mean():
    values, weights = sample(8)
    pd.testing.assert_series_equal(power(values, weights, 1e-6), geometric(values, weights), rtol=1e-5)


@pytest.mark.parametrize("exponent", [400, -400])
def test_power_mean_of_points_0_to_100_survives_a_large_exponent(exponent):
    values = pd.DataFrame({"a": [50.0], "b": [60.0]})
    assert 50 <= power(values, pd.Series({"a": 0.5, "b": 0.5}), exponent)[0] <= 60


@pytest.mark.parametrize("name", MEANS)
def test_a_unit_equal_in_all_children_gets_that_value(name):
    _, weights = sample(9)
    values = pd.DataFrame(0.37, index=["C1", "C2"], columns=weights.index)
    assert MEANS[name](values, weights).to_list() == pytest.approx([0.37, 0.37])


@pytest.mark.parametrize("name", MEANS)
@pytest.mark.parametrize("missing", list("abcde"))
def test_re_weighting_equals_dropping_the_column(name, missing):
    values, weights = sample(10)
    without = values.assign(**{missing: np.nan})
    rest = weights.drop(missing)
    expected = MEANS[name](values.drop(columns=missing), rest / rest.sum())
    pd.testing.assert_series_equal(MEANS[name](without, weights), expected)


@pytest.mark.parametrize("name", MEANS)
def test_weights_are_matched_by_label_whatever_the_order_of_either(name):
    values, weights = sample(11, gaps=0.2)
    expected = MEANS[name](values, weights)
    for seed in range(4):
        shuffled = values.sample(frac=1, axis=1, random_state=seed)
        pd.testing.assert_series_equal(
            MEANS[name](shuffled, weights.sample(frac=1, random_state=seed + 100)), expected)
    turned = pd.Series(weights.to_numpy()[::-1], index=weights.index)  # the same numbers at other labels do matter
    assert not np.allclose(MEANS[name](values, turned), expected, equal_nan=True)


@pytest.mark.parametrize("name", MEANS)
def test_scale_of_the_weights_does_not_matter(name):
    values, weights = sample(12)
    pd.testing.assert_series_equal(MEANS[name](values, weights * 7), MEANS[name](values, weights))


@pytest.mark.parametrize("name", MEANS)
def test_a_unit_without_any_child_has_no_score(name):
    values, weights = sample(13)
    values.loc["C2"] = np.nan
    assert MEANS[name](values, weights).isna().to_dict() == {code: code == "C2" for code in values.index}


def test_a_child_of_zero_weight_cannot_stand_alone():
    values = pd.DataFrame({"a": [0.5], "b": [np.nan]})
    assert np.isnan(arithmetic(values, pd.Series({"a": 0.0, "b": 1.0}))[0])


@pytest.mark.parametrize("seed", range(3))
def test_present_weights_sum_to_one_and_coverage_is_the_weight_that_is_there(seed):
    values, weights = sample(seed, gaps=0.4)
    shares = present_weights(values, weights)
    assert ((shares > 0) == values.notna()).to_numpy().all()
    by_hand = [sum(weights[code] for code in values if not np.isnan(values.loc[unit, code])) for unit in values.index]
    np.testing.assert_allclose(coverage(values, weights), by_hand)
    np.testing.assert_allclose(shares.sum(axis=1), np.where(np.array(by_hand) > 0, 1, 0))


def test_sum_of_points_ignores_weights_and_needs_every_part():
    values = pd.DataFrame({"a": [30.0, np.nan], "b": [10.0, 5.0]}, index=["C1", "C2"])
    computed = AGGREGATIONS["sum"](values, pd.Series({"a": 0.9, "b": 0.1}))
    assert computed["C1"] == 40
    assert np.isnan(computed["C2"])


@pytest.mark.parametrize(("name", "title"), [
    ("geometric", "Среднее геометрическое"), ("harmonic", "Среднее гармоническое"), ("power 2", "Степенное среднее")])
@pytest.mark.parametrize("value", [0.0, -0.5])
def test_a_value_not_above_zero_is_refused_with_its_place(name, title, value):
    values, weights = sample(14)
    values.loc["C3", "b"] = value
    words = rf"{title}: .*больше 0, найдено {value:.6g} \(C3 × b\).*границей больше 0"
    with pytest.raises(NotPublishable, match=words):
        MEANS[name](values, weights)


def test_the_arithmetic_mean_takes_zero_and_negative_values():
    assert arithmetic(pd.DataFrame({"a": [-1.0], "b": [0.0]}), pd.Series({"a": 0.5, "b": 0.5}))[0] == -0.5


@pytest.mark.parametrize("call", [arithmetic, present_weights, coverage, AGGREGATIONS["sum"]])
@pytest.mark.parametrize(("labels", "words"), [
    (list("abcd"), "Веса и значения: наборы кодов различаются. Нет: —; лишние: e"),
    (list("abcdx"), "Веса и значения: наборы кодов различаются. Нет: x; лишние: e"),
    (list("abcdd"), "Веса и значения: код повторяется: d"),
])
def test_weights_of_other_codes_are_refused(call, labels, words):
    values, _ = sample(15)
    with pytest.raises(InputError) as error:
        call(values, pd.Series(1 / len(labels), index=labels))
    assert str(error.value).startswith(words)
