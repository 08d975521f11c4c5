"""Tiers: what the rule promises, whatever the errors; order of rows; PISA."""

import numpy as np
import pandas as pd
import pytest

from methods.errors import InputError
from methods.sensitivity.pairwise import CorrelatedErrors, IndependentErrors, ReplicatedErrors
from methods.sensitivity.rank_sets import rank_sets
from methods.sensitivity.tiers import tiers


@pytest.fixture(scope="module")
def pisa(root):
    return pd.read_csv(root / "tests" / "reference" / "pisa_ranks" / "pisa2018_math_csranks.csv", index_col=0)


def example(kind, seed, n=25):
    rng = np.random.default_rng(seed)
    units = [f"C{i:02d}" for i in range(n)]
    values = pd.Series(rng.normal(0, 1, n).round(1), units)
    if kind == "independent":
        return values, IndependentErrors(pd.Series(rng.choice([0.02, 0.1, 0.5], n), units))
    root = rng.normal(0, 0.06, (n, n))
    if kind == "correlated":
        return values, CorrelatedErrors(pd.DataFrame(root @ root.T, units, units))
    return values, ReplicatedErrors(pd.DataFrame(rng.standard_normal((200, n)) @ root, columns=units))


@pytest.mark.parametrize("kind", ["independent", "correlated", "replicated"])
@pytest.mark.parametrize("seed", range(8))
def test_what_the_rule_promises(kind, seed):
    values, errors = example(kind, seed)
    result = tiers(values, errors, draws=199, seed=seed)
    better, tier = result.better.to_numpy(), result.table["tier"].to_numpy()
    assert not (better & (values.to_numpy()[:, None] <= values.to_numpy())).any()
    assert not (better @ better & ~better).any()                                 # transitive
    assert (tier[:, None] < tier)[better].all()                                  # nobody is told apart inside a tier
    for unit in np.flatnonzero(tier > 1):
        assert (better[:, unit] & (tier == tier[unit] - 1)).any()                # somebody of the tier above is better
    assert set(tier) == set(range(1, result.count + 1))                          # hence as many as the longest chain
    assert (result.table["tier"] <= result.table["lowest"]).all()
    assert set(result.table["lowest"]) == set(range(1, result.count + 1))
    pd.testing.assert_series_equal(result.table["better"], result.better.sum(), check_names=False)


def test_better_and_worse_are_those_of_the_simultaneous_sets(pisa):
    errors = IndependentErrors(pisa["se"])
    result, sets = tiers(pisa["score"], errors), rank_sets(pisa["score"], errors, simultaneous=True)
    assert result.critical == sets.critical.iloc[0]
    assert (result.table["better"] + 1 == sets.sets["low"]).all()
    assert (len(pisa) - result.table["worse"] == sets.sets["high"]).all()


def test_the_first_and_the_last_tiers_of_pisa(pisa):
    """Nobody is certainly better than Japan or Korea; Colombia alone stands below Mexico and Chile."""
    table = tiers(pisa["score"], IndependentErrors(pisa["se"])).table
    assert {"Japan", "Korea", "Estonia"} <= set(table.index[table["tier"] == 1])
    assert list(table.index[table["tier"] == table["tier"].max()]) == ["Colombia"]
    assert table.loc["Mexico", "tier"] == table.loc["Chile", "tier"] == table["tier"].max() - 1


@pytest.mark.parametrize("kind", ["independent", "correlated", "replicated"])
def test_nothing_depends_on_the_order_of_rows(kind):
    values, errors = example(kind, 3)
    found = [tiers(table, errors, draws=199) for table in (values, values.sample(frac=1, random_state=2))]
    pd.testing.assert_frame_equal(found[0].table, found[1].table.loc[values.index])
    pd.testing.assert_frame_equal(found[0].better, found[1].better.loc[values.index, values.index])


def test_one_tier_without_knowledge_and_as_many_as_units_without_doubt():
    values = pd.Series(np.arange(6.0), list("ABCDEF"))
    assert tiers(values, IndependentErrors(pd.Series(50.0, values.index))).count == 1
    sure = tiers(values, IndependentErrors(pd.Series(0.01, values.index)))
    assert sure.table["tier"].to_list() == [6, 5, 4, 3, 2, 1]
    assert (sure.table["tier"] == sure.table["lowest"]).all()


def test_a_vague_unit_floats_between_the_tiers():
    values = pd.Series({"A": 10.0, "B": 5.0, "C": 0.0, "vague": 5.0})
    table = tiers(values, IndependentErrors(pd.Series({"A": 0.1, "B": 0.1, "C": 0.1, "vague": 9.0}))).table
    assert table.loc["vague", ["tier", "lowest"]].to_list() == [1, 3]
    assert table.loc["B", ["tier", "lowest"]].to_list() == [2, 2]


def test_unknown_errors_are_refused():
    values = pd.Series({"A": 1.0, "B": 2.0})
    with pytest.raises(InputError, match="больше 0, а у единиц A она равна 0 или неизвестна"):
        tiers(values, IndependentErrors(pd.Series({"A": 0.0, "B": 0.1})))


def test_the_whole_of_what_is_told():
    values, errors = example("independent", 4)
    found = tiers(values, errors, coverage=0.8, draws=99, seed=5)
    assert list(found.table) == ["tier", "lowest", "better", "worse"]
    assert list(found.table.index) == list(found.better.index) == list(found.better.columns) == list(values.index)
    assert (found.coverage, found.draws, found.seed) == (0.8, 99, 5)
    assert found.count == found.table["tier"].max() == found.table["lowest"].max()
    spread = np.sqrt(errors.se.to_numpy()[:, None] ** 2 + errors.se.to_numpy() ** 2)
    lead = values.to_numpy()[:, None] - values.to_numpy()
    np.testing.assert_array_equal(found.better, lead / spread > found.critical)
    assert (found.table["worse"] == found.better.sum(axis=1)).all()


def test_coverage_and_step_down_are_passed_on():
    values, errors = example("independent", 5)
    sure, bold = (tiers(values, errors, coverage=coverage, draws=499).critical for coverage in (0.99, 0.6))
    assert sure > bold
    one, step = (tiers(values, errors, draws=499, stepdown=stepdown).critical for stepdown in (False, True))
    assert step < one
    assert tiers(values, errors, draws=499).critical == step
    assert tiers(values, errors, draws=499, seed=1).critical != step
