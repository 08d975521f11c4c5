"""Principal components against the Handbook and numpy, parallel analysis against laws that are known exactly."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from methods.errors import InputError, NotPublishable
from methods.index.dimensionality import parallel_analysis, principal_components


def common_factor(seed=0, n=200, k=6):
    draw = np.random.default_rng(seed)
    return pd.DataFrame(draw.normal(size=(n, 1)) + draw.normal(size=(n, k)), columns=[f"v{j}" for j in range(k)])


def test_components_of_the_technology_index(oracle, tai):
    """Table 16 prints eigenvalues to one digit and shares to a tenth of a per cent."""
    found = principal_components(tai)
    oracle("главные компоненты TAI: собственные числа", "Руководство ОЭСР/JRC (2008), табл. 16",
           found.eigenvalues, [3.3, 1.7, 1.0, 0.9, 0.5, 0.3, 0.2, 0.1], 0.06)
    oracle("главные компоненты TAI: доли дисперсии, %", "Руководство ОЭСР/JRC (2008), табл. 16",
           100 * found.shares, [41.9, 21.8, 12.3, 11.1, 6.0, 3.7, 2.2, 0.9], 0.12)
    assert found.above_one == 2


@pytest.mark.parametrize("seed", range(3))
def test_loadings_are_correlations_with_the_components(seed):
    values = common_factor(seed)
    found = principal_components(values)
    z = (values - values.mean()) / values.std()
    scores = z.to_numpy() @ (found.loadings / np.sqrt(found.eigenvalues)).to_numpy()
    seen = [[np.corrcoef(z[code], scores[:, j])[0, 1] for j in range(6)] for code in values]
    np.testing.assert_allclose(found.loadings, seen, atol=1e-10)
    np.testing.assert_allclose(found.loadings @ found.loadings.T, values.corr(), atol=1e-12)


def test_two_indicators_by_hand():
    values = pd.DataFrame({"a": [1.0, 2, 3, 4, 5], "b": [2.0, 1, 4, 3, 5]})
    found = principal_components(values)
    assert found.eigenvalues.to_list() == pytest.approx([1.8, 0.2])    # 1 plus or minus r = .8
    assert found.shares.to_list() == pytest.approx([0.9, 0.1])
    assert found.against.empty


def test_an_indicator_turned_round_is_named_and_nothing_else_moves():
    values = common_factor()
    found, turned = principal_components(values), principal_components(values.assign(v3=-values["v3"]))
    np.testing.assert_allclose(turned.eigenvalues, found.eigenvalues, atol=1e-12)
    assert (found.against.to_list(), turned.against.to_list()) == ([], ["v3"])


def test_the_order_of_the_table_changes_no_digit():
    values = common_factor()
    mixed = values.sample(frac=1, random_state=2).iloc[:, ::-1]
    found, other = principal_components(values), principal_components(mixed)
    assert other.eigenvalues.equals(found.eigenvalues)
    assert other.loadings.loc[values.columns].equals(found.loadings)


def test_units_with_a_gap_are_counted_out():
    values = common_factor()
    values.iloc[:7, 0] = np.nan
    found = principal_components(values)
    assert (found.n, found.dropped) == (193, 7)
    assert found.eigenvalues.equals(principal_components(values.dropna()).eigenvalues)


@pytest.mark.parametrize(("values", "words"), [
    (pd.DataFrame({"a": [1.0, 2, 3]}), "нужно не меньше 2 показателей и 3 единиц без пропусков, показателей 1, таких "
                                       "единиц 3"),
    (pd.DataFrame({"a": [1.0, 2, np.nan], "b": [1.0, 3, 2]}), "показателей 2, таких единиц 2"),
    (pd.DataFrame({"a": [1.0, 1, 1], "b": [1.0, 3, 2]}), "Показатель a: во всех единицах одно значение")])
def test_what_has_no_components_is_told(values, words):
    with pytest.raises(NotPublishable, match=words):
        principal_components(values)


# Parallel analysis

@pytest.mark.parametrize("n", [20, 100, 1000])
def test_with_two_indicators_the_bound_is_the_critical_correlation(oracle, n):
    """Eigenvalues are 1 ± |r|; 40,000 draws: three standard errors of the quantile are below .004 at n = 20."""
    critical = stats.t.ppf(0.975, n - 2) / np.sqrt(n - 2 + stats.t.ppf(0.975, n - 2) ** 2)
    oracle("параллельный анализ двух показателей: 95 % наибольших собственных чисел",
           "критическое значение корреляции (закон Стьюдента)",
           parallel_analysis(n, 2, draws=40_000)[1], 1 + critical, 0.006)


@pytest.mark.parametrize(("n", "k"), [(30, 5), (60, 20), (8, 10)])
def test_bounds_are_those_of_drawn_samples(n, k):
    """3,000 samples of n x k normal numbers; the quantiles of both have standard errors below .012."""
    draw = np.random.default_rng(1)
    roots = [np.linalg.eigvalsh(np.corrcoef(draw.normal(size=(n, k)), rowvar=False))[::-1] for _ in range(3000)]
    np.testing.assert_allclose(parallel_analysis(n, k, draws=3000), np.quantile(roots, 0.95, axis=0), atol=0.05)


def test_many_units_leave_nothing_to_chance():
    bounds = parallel_analysis(1_000_000, 5)
    assert (bounds - 1).abs().max() < 0.01
    assert bounds.equals(parallel_analysis(1_000_000, 5, seed=0))
    assert not bounds.equals(parallel_analysis(1_000_000, 5, seed=1))


def test_components_above_chance_are_counted_up_to_the_first_that_is_not():
    draw = np.random.default_rng(3)
    two = pd.DataFrame(np.repeat(draw.normal(size=(300, 2)), 3, axis=1) + 0.7 * draw.normal(size=(300, 6)))
    bounds = parallel_analysis(300, 6)
    assert principal_components(two).above_chance(bounds) == 2
    assert principal_components(common_factor(n=300)).above_chance(bounds) == 1
    noise = pd.DataFrame(draw.normal(size=(300, 6)))
    assert principal_components(noise).above_chance(bounds) == 0
    found = principal_components(pd.DataFrame({"a": [1.0, 2, 3, 4], "b": [1.0, 2, 3, 4.1]}))
    assert found.above_chance(pd.Series({1: 1.0, 2: -1.0})) == 2


@pytest.mark.parametrize("given", [(2, 3, 1000, 0.95), (10, 0, 1000, 0.95), (10, 3, 99, 0.95), (10, 3, 1000, 1.0)])
def test_what_cannot_be_drawn_is_told(given):
    n, k, draws, quantile = given
    with pytest.raises(InputError) as error:
        parallel_analysis(n, k, draws=draws, quantile=quantile)
    assert str(error.value) == (
        "Параллельный анализ: нужно не меньше 3 единиц, 1 показателя и 100 розыгрышей, квантиль между 0 и 1; задано "
        f"{n}, {k}, {draws} и {quantile:g}.")


def test_a_component_of_just_one_is_not_above_one():
    """Indicators that have nothing in common: every eigenvalue is 1, up to the noise of binary sums."""
    values = pd.DataFrame({"a": [1.0, 1, -1, -1], "b": [1.0, -1, 1, -1], "c": [1.0, -1, -1, 1]})
    found = principal_components(values)
    assert found.eigenvalues.to_numpy() == pytest.approx([1, 1, 1])
    assert found.above_one == 0
