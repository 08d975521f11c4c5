"""Marks of judges, answers in groups and sets of indicators show one variance ratio; how often its interval holds."""

import numpy as np
import pandas as pd
import pytest
from peers import peer_marks
from scipy import stats

from methods.agreement.internal_consistency import cronbach_alpha
from methods.agreement.intraclass import intraclass_correlation
from methods.agreement.random_intercept import group_mean_reliability, spearman_brown

CEILING = stats.norm.ppf(np.cumsum([0.02, 0.02, 0.05, 0.17]))   # marks 1-5, 74 % fives


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("interval", ["f", "jackknife"])
def test_groups_of_equal_size_are_the_one_way_form(seed, interval):
    marks = peer_marks(seed).dropna()
    table = intraclass_correlation(marks, interval=interval).table.loc["ICC(1,1)"]
    long = marks.stack()
    codes = long.index.get_level_values(0)
    long = long.reset_index(drop=True)
    found = group_mean_reliability(long, pd.Series(codes, long.index), interval=interval)
    assert found.icc == pytest.approx(table["value"], abs=1e-7)
    assert found.icc_interval == pytest.approx((table["low"], table["high"]), abs=1e-7)
    assert (found.F, found.df1, found.df2, found.p) == pytest.approx(tuple(table[["F", "df1", "df2", "p"]]))
    assert found.groups["reliability"].to_numpy() == pytest.approx(intraclass_correlation(marks)["ICC(1,k)"], abs=1e-6)


@pytest.mark.parametrize("seed", range(4))
def test_alpha_is_the_consistency_of_the_mean_of_all_indicators(seed):
    marks = peer_marks(seed).dropna()
    table = intraclass_correlation(marks, interval="f").table.loc["ICC(3,k)"]
    found = cronbach_alpha(marks, interval="feldt")
    assert (found.alpha, *found.interval) == pytest.approx(tuple(table[["value", "low", "high"]]))
    table = intraclass_correlation(marks, interval="jackknife").table.loc["ICC(3,k)"]
    assert cronbach_alpha(marks, interval="jackknife").interval == pytest.approx(tuple(table[["low", "high"]]))


@pytest.mark.slow
@pytest.mark.parametrize("ceiling", [False, True])
def test_default_intervals_hold_the_truth(ceiling):
    """600 samples of 85 targets x 5 marks, ICC .5 (marks at the ceiling: .361). 95 % +- 3 binomial errors of .0089;
    at the ceiling benchmarks/reliability_coverage.py finds .93-.94."""
    rng = np.random.default_rng(20260501)
    truth, held = (0.361 if ceiling else 0.5), {"alpha": 0, "icc": 0, "nested": 0}
    for _ in range(600):
        marks = rng.normal(size=(85, 1)) + rng.normal(size=(85, 5))
        if ceiling:
            marks = np.searchsorted(np.sqrt(2) * CEILING, marks) + 1.0
        frame = pd.DataFrame(marks)
        low, high = cronbach_alpha(frame).interval
        held["alpha"] += low <= spearman_brown(truth, 5) <= high
        low, high = intraclass_correlation(frame).table.loc["ICC(3,1)", ["low", "high"]]
        held["icc"] += low <= truth <= high
        long = frame.stack().reset_index(drop=True)
        low, high = group_mean_reliability(long, pd.Series(np.repeat(range(85), 5))).icc_interval
        held["nested"] += low <= truth <= high
    assert all((0.89 if ceiling else 0.923) <= count / 600 <= 0.977 for count in held.values()), held
