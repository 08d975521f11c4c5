"""Effective importance: nominal halves that are not halves, and weights that make importances equal."""

import numpy as np
import pandas as pd
import pytest

from methods.errors import InputError
from methods.index.importance import effective_side_shares, linear_importance, share_of_importance


def exactly(covariance, n=60, seed=0):
    """Data whose sample covariance matrix (n - 1 below) is the given one to rounding error."""
    k = len(covariance)
    raw = np.random.default_rng(seed).normal(size=(n, k))
    raw -= raw.mean(axis=0)
    white = raw @ np.linalg.inv(np.linalg.cholesky(np.cov(raw.T))).T
    return white @ np.linalg.cholesky(np.asarray(covariance, dtype=float)).T


def test_half_and_half_is_11_and_89_per_cent_when_checklists_spread_four_times_as_widely():
    """Analytic: sd .05 and .20, r = .3. Shares (.05^2 + .003)/(.05^2 + 2 x .003 + .20^2) = .1134 and .8866."""
    data = exactly([[0.05**2, 0.3 * 0.05 * 0.2], [0.3 * 0.05 * 0.2, 0.2**2]])
    sides = pd.DataFrame(data, columns=["subjective", "objective"])
    assert [*sides.std(), sides.corr().iloc[0, 1]] == pytest.approx([0.05, 0.2, 0.3])
    shares = effective_side_shares(sides, pd.Series({"subjective": 0.5, "objective": 0.5}))
    assert shares.to_dict() == pytest.approx({"subjective": 0.0055 / 0.0485, "objective": 0.043 / 0.0485}, abs=1e-9)
    assert shares.round(3).to_dict() == {"subjective": 0.113, "objective": 0.887}


@pytest.mark.parametrize("mix", [0.2, 0.5, 0.9])
@pytest.mark.parametrize("seed", range(3))
def test_side_shares_sum_to_one_match_by_label_and_ignore_incomplete_rows(mix, seed):
    sides = pd.DataFrame(np.random.default_rng(seed).uniform(size=(20, 2)), columns=["subjective", "objective"])
    nominal = pd.Series({"objective": 1 - mix, "subjective": mix})
    shares = effective_side_shares(sides, nominal)
    assert shares.sum() == pytest.approx(1)
    pd.testing.assert_series_equal(effective_side_shares(sides[["objective", "subjective"]], nominal)[shares.index],
                                   shares)
    longer = pd.concat([sides, pd.DataFrame({"subjective": [0.5, None], "objective": [None, 0.1]}, dtype=float)])
    pd.testing.assert_series_equal(effective_side_shares(longer, nominal), shares)


def test_side_shares_equal_the_mix_when_the_sides_spread_alike():
    sides = pd.DataFrame(exactly([[1, 0.4], [0.4, 1]]), columns=["subjective", "objective"])
    shares = effective_side_shares(sides, pd.Series({"subjective": 0.5, "objective": 0.5}))
    assert shares.to_dict() == pytest.approx({"subjective": 0.5, "objective": 0.5})


def test_side_shares_refuse_a_mix_of_other_sides():
    with pytest.raises(InputError, match=r"Стороны показателя и их доли: наборы кодов различаются. Нет: b; лишние: a"):
        effective_side_shares(pd.DataFrame({"a": [1.0, 2]}), pd.Series({"b": 1.0}))


CORRELATED = [[1, 0.8, 0.1], [0.8, 1, 0.1], [0.1, 0.1, 1]]


@pytest.mark.parametrize(("weights", "by_covariance", "by_correlation"), [
    # rows of S times equal weights: 1.9 1.9 1.2, hence shares of the variance .38 .38 .24, and r^2 as 3.61 3.61 1.44
    ([1 / 3, 1 / 3, 1 / 3], [0.38, 0.38, 0.24], [0.41686, 0.41686, 0.16628]),
    # w in proportion to the row sums of S^-1: every indicator has the same covariance and correlation with the index
    ([9 / 34, 9 / 34, 16 / 34], [9 / 34, 9 / 34, 16 / 34], [1 / 3, 1 / 3, 1 / 3]),
])
def test_equal_weights_are_not_equal_importances_for_correlated_indicators(weights, by_covariance, by_correlation):
    """After Paruolo, Saisana, Saltelli (2013), analytic: r12 = .8, the others .1, all indicators standardised."""
    indicators = pd.DataFrame(exactly(CORRELATED), columns=list("abc"))
    nominal = pd.Series(weights, index=indicators.columns)
    index = (indicators * nominal).sum(axis=1)
    shares = share_of_importance(linear_importance(indicators, index))
    assert shares.to_list() == pytest.approx(by_correlation, abs=5e-6)
    assert effective_side_shares(indicators, nominal).to_list() == pytest.approx(by_covariance, abs=1e-9)


@pytest.mark.parametrize("seed", range(3))
def test_linear_importance_is_the_r_squared_of_a_regression_on_one_indicator(seed):
    """Peer: least squares by numpy."""
    rng = np.random.default_rng(seed)
    indicators = pd.DataFrame(rng.uniform(size=(25, 3)), columns=list("abc"))
    index = indicators.mean(axis=1) + rng.normal(0, 0.05, 25)
    for code, importance in linear_importance(indicators, index).items():
        design = np.column_stack([np.ones(25), indicators[code]])
        residual = index - design @ np.linalg.lstsq(design, index, rcond=None)[0]
        assert importance == pytest.approx(1 - residual @ residual / ((index - index.mean()) ** 2).sum())


def test_importance_has_no_value_for_an_indicator_that_does_not_vary():
    indicators = pd.DataFrame({"still": [0.5, 0.5, 0.5], "moves": [0.1, 0.2, 0.4]})
    importance = linear_importance(indicators, indicators.mean(axis=1))
    assert np.isnan(importance["still"])
    assert importance["moves"] == pytest.approx(1)
    assert importance.index.to_list() == ["still", "moves"]


def test_importance_is_matched_by_unit_and_leaves_gaps_out():
    indicators = pd.DataFrame({"a": [0.1, 0.5, 0.3, np.nan]}, index=list("wxyz"))
    index = pd.Series({"z": 9.0, "y": 0.3, "x": 0.5, "w": 0.1})
    assert linear_importance(indicators, index)["a"] == pytest.approx(1)


def test_importance_refuses_an_index_of_other_units():
    with pytest.raises(InputError, match=r"Показатели и индекс: наборы кодов различаются. Нет: q; лишние: w"):
        linear_importance(pd.DataFrame({"a": [1.0]}, index=["w"]), pd.Series({"q": 1.0}))
