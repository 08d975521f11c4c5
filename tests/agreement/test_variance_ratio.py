"""Marks of judges, answers in groups and sets of indicators show one variance ratio; how often its interval holds."""

import numpy as np
import pandas as pd
import pytest
from peers import peer_marks
from scipy import stats

from methods.agreement.correlation import half_width
from methods.agreement.internal_consistency import cronbach_alpha
from methods.agreement.intraclass import intraclass_correlation
from methods.agreement.random_intercept import group_mean_reliability, spearman_brown
from methods.agreement.variance_ratio import GroupSums, JackknifeLaw, jackknife_law, share

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


def made(seed, sizes, between=1.0):
    """Rows in groups of these sizes: response, intercept, numbers of the groups."""
    rng = np.random.default_rng(seed)
    codes = np.repeat(np.arange(len(sizes)), sizes)
    y = between * rng.normal(size=len(sizes))[codes] + rng.normal(size=len(codes))
    return y, np.ones((len(codes), 1)), codes


def of_groups(y, codes):
    """Means and sums of squares inside the groups."""
    own = [y[codes == group] for group in np.unique(codes)]
    return np.array([each.mean() for each in own]), np.array([((each - each.mean()) ** 2).sum() for each in own])


def test_fitting_constants_is_the_analysis_of_variance_where_groups_are_equal():
    """(MSB / MSW - 1) / n and MSW; F as in scipy."""
    y, x, codes = made(0, [5] * 8)
    sums, (means, scatter) = GroupSums.of(y, x, codes), of_groups(y, codes)
    inside = scatter.sum() / 32
    assert sums.henderson() == pytest.approx(((5 * means.var(ddof=1) / inside - 1) / 5, inside))
    found = stats.f_oneway(*y.reshape(8, 5))
    assert sums.f_test() == pytest.approx((found.statistic, 7, 32, found.pvalue))
    assert sums.reml() == pytest.approx(sums.henderson())
    assert sums.signed() == sums.reml()


def test_fitting_constants_of_unequal_groups_is_the_textbook_formula_and_may_be_negative():
    """One factor: ((SSB - (a - 1) MSW) / (N - sum n^2 / N)) / MSW, recomputed from the rows."""
    y, x, codes = made(3, [2, 3, 5, 9], between=0.0)
    y = y - pd.Series(y).groupby(codes).transform("mean").to_numpy() * 0.9  # means nearer than chance would have them
    sums, (means, scatter) = GroupSums.of(y, x, codes), of_groups(y, codes)
    size = np.bincount(codes)
    between = (size * (means - y.mean()) ** 2).sum()
    inside = scatter.sum() / (len(y) - 4)
    expected = (between - 3 * inside) / (len(y) - (size**2).sum() / len(y)) / inside
    assert expected < 0
    assert sums.henderson() == pytest.approx((expected, inside))
    assert sums.reml()[0] == 0
    assert sums.signed() == sums.henderson()


@pytest.mark.parametrize("gaps", [0.0, 0.2])
def test_a_crossed_table_gives_the_sums_of_its_rows(gaps):
    """Targets as groups, judges but the first as fixed effects; by the general way, row by row."""
    rng = np.random.default_rng(1)
    marks = np.where(rng.random((9, 4)) < gaps, np.nan, rng.normal(3, 1, (9, 4)))
    target, judge = np.nonzero(np.isfinite(marks))
    y = marks[target, judge] - np.nanmean(marks)
    x = np.column_stack([np.ones(len(y)), *(judge == number for number in (1, 2, 3))]).astype(float)
    for found, fixed in ((GroupSums.crossed(marks), x), (GroupSums.nested(marks), x[:, :1])):
        expected = GroupSums.of(y, fixed, target)
        assert (found.rows, found.rank) == (expected.rows, expected.rank) == (len(y), fixed.shape[1])
        for name in ("size", "x", "y"):
            assert getattr(found, name) == pytest.approx(getattr(expected, name), abs=1e-12)
        for ours, theirs in zip(found.inside, expected.inside, strict=True):
            assert ours == pytest.approx(theirs, abs=1e-12)
        assert found.within == pytest.approx(expected.within)
        assert found.between_df == len(y) - fixed.shape[1] - found.within[1]


def test_many_fixed_effects_are_fitted_ratio_by_ratio_as_all_at_once():
    """Above 100,000 cells memory is saved; the answer must be the same. Peer: generalised least squares by rows."""
    rng = np.random.default_rng(2)
    groups, effects = 1000, 11
    codes = np.repeat(np.arange(groups), 2)
    x = np.column_stack([np.ones(2 * groups), rng.normal(size=(2 * groups, effects - 1))])
    y = rng.normal(size=groups)[codes] + rng.normal(size=2 * groups)
    assert effects**2 * groups > 100_000
    ratios = np.array([0.0, 0.7])
    residual, log_det, beta = GroupSums.of(y, x, codes).fit(ratios)
    for place, ratio in enumerate(ratios):
        inverse = np.kron(np.eye(groups), np.linalg.inv(np.eye(2) + ratio))
        information = x.T @ inverse @ x
        expected = np.linalg.solve(information, x.T @ inverse @ y)
        assert beta[place] == pytest.approx(expected)
        apart = y - x @ expected
        assert residual[place] == pytest.approx(apart @ inverse @ apart)
        assert log_det[place] == pytest.approx(np.linalg.slogdet(information)[1])


def test_walds_interval_of_equal_groups_is_that_of_f_and_of_unequal_ones_ends_at_the_edge():
    """(F / F_p - 1) / n. Where even the least ratio that sizes allow is too large, both ends are that ratio."""
    y, x, codes = made(4, [6] * 10)
    sums = GroupSums.of(y, x, codes)
    f, df1, df2, _ = sums.f_test()
    assert sums.wald_interval(0.9) == pytest.approx(tuple((f / stats.f.ppf(p, df1, df2) - 1) / 6 for p in (0.95, 0.05)))
    y, x, codes = made(5, [3, 5, 8])
    y = y - pd.Series(y).groupby(codes).transform("mean").to_numpy()         # means that do not differ at all
    assert GroupSums.of(y, x, codes).wald_interval(0.95) == (-1 / 8, -1 / 8)
    y = np.array([1.0, 1, 1, 2, 2, 3, 3, 3])
    assert np.isnan(GroupSums.of(y, np.ones((8, 1)), np.repeat([0, 1, 2], [3, 2, 3])).wald_interval(0.95)).all()
    assert GroupSums.of(y, np.ones((8, 1)), np.repeat([0, 1, 2], [3, 2, 3])).f_test()[0] == np.inf


@pytest.mark.parametrize("ratio", [0.8, -0.05])
@pytest.mark.parametrize("lost", [1.0, 9 / 8])
def test_law_of_the_jackknife_by_leaving_groups_out_one_by_one(ratio, lost):
    """Quotient of two estimates of the within variance; read back through its expectation, from the covariances."""
    sizes = np.array([2, 3, 4, 5, 6, 7, 8, 9, 10])
    y, x, codes = made(6, sizes)
    means, scatter = of_groups(y, codes)
    kept = max(ratio, 0.0)
    w = sizes / (1 + kept * sizes)

    def form(weight):
        """Matrix of the sum of squared weights times squared deviations from the weighted mean."""
        apart = np.eye(len(weight)) - weight / weight.sum()
        return apart.T @ np.diag(weight**2) @ apart

    def expected(weight, size, at):
        return np.trace(form(weight) @ np.diag(at + 1 / size))

    def quotient(chosen):
        inside = (scatter.sum() - lost * (scatter.sum() - scatter[chosen].sum())) / (sizes[chosen] - 1).sum()
        return means[chosen] @ form(w[chosen]) @ means[chosen] / expected(w[chosen], sizes[chosen], kept) / inside

    everyone = np.arange(9)
    without = np.log([quotient(np.delete(everyone, group)) for group in everyone])
    law = jackknife_law(GroupSums.of(y, x, codes), means, scatter, ratio, 0.9, lost)
    assert law.half == pytest.approx(half_width(without.mean() - without, 0.9))
    assert expected(w, sizes, law.base) == pytest.approx(0, abs=1e-9)         # the least ratio that can be read
    whole = expected(w, sizes, kept)
    assert law.ratio == pytest.approx(ratio) if ratio > 0 else (
        expected(w, sizes, law.ratio) / whole == pytest.approx(quotient(everyone)))


def test_ends_of_the_law_have_the_tail_probabilities():
    law = JackknifeLaw(0.5, -0.25, 0.7)
    low, high = law.interval
    assert (low, high) == pytest.approx((0.75 * np.exp(-0.7) - 0.25, 0.75 * np.exp(0.7) - 0.25))
    assert law.below(np.array([-1.0, -0.25, low, 0.5, high]), 0.9) == pytest.approx([0, 0, 0.05, 0.5, 0.95])
    assert JackknifeLaw(0.5, -0.25, 1000.0).interval == (-0.25, np.inf)
    assert [share(each) for each in (0.0, 1.0, -0.2, np.inf)] == pytest.approx([0, 0.5, -0.25, 1])


def test_below_twenty_groups_the_normal_interval_is_taken():
    values = pd.Series(np.random.default_rng(7).normal(size=80))
    for groups, name in ((19, "f"), (20, "jackknife")):
        assert group_mean_reliability(values, pd.Series(np.arange(80) % groups)).interval == name
        marks = pd.DataFrame(values.to_numpy()[:3 * groups].reshape(groups, 3))
        assert intraclass_correlation(marks).interval == name


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
