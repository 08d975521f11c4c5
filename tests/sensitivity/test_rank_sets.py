"""Confidence sets for places: csranks on PISA, coverage, what ties, sides and step-down do, refusals."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from scipy.special import ndtri

from methods.errors import InputError, UsageError
from methods.sensitivity.pairwise import Comparisons, CorrelatedErrors, IndependentErrors, ReplicatedErrors
from methods.sensitivity.rank_sets import rank_sets, tau_best, tau_worst

SOURCE = "R csranks 1.2.2.9001, PISA 2018, математика"


@pytest.fixture(scope="module")
def pisa(root):
    """PISA 2018, mathematics, 38 countries, and their sets from csranks; see tests/reference/pisa_ranks."""
    return pd.read_csv(root / "tests" / "reference" / "pisa_ranks" / "pisa2018_math_csranks.csv", index_col=0)


def draws_of_r(seed, count):
    """What `set.seed(seed); rnorm(count)` gives in R: Mersenne twister, inversion of 53-bit uniform numbers."""
    states = []
    for step in range(675):
        seed = (69069 * seed + 1) % 2**32
        if step > 50:
            states.append(seed)
    twister = np.random.MT19937()
    twister.state = {"bit_generator": "MT19937", "state": {"key": np.array(states, dtype=np.uint32), "pos": 624}}
    uniform = twister.random_raw(2 * count) * 2.3283064365386963e-10
    return ndtri((np.floor(2**27 * uniform[0::2]) + uniform[1::2]) / 2**27)


@pytest.fixture(scope="module")
def comparisons_of_csranks(pisa):
    """The same estimates with the noise that csranks drew: MASS::mvrnorm, variances in falling order, seed 101."""
    units = pisa.index[np.lexsort((pisa.index, pisa["se"]))]
    se = pisa.loc[units, "se"].to_numpy()
    noise = draws_of_r(101, 1000 * len(units)).reshape(len(units), 1000)[::-1].T * se
    tables = (np.array(table, order="C") for table in (
        pisa.loc[units, "score"].to_numpy()[None], (se**2)[None], noise[None], (se**2)[None, None]))
    return Comparisons(units, *tables, np.empty((1, 0, 0)), np.empty((1, 1000, 0, 0)))


def ends(sets):
    return pd.concat([sets["low"], sets["high"]], keys=["L", "U"])


def reference(pisa, kind, coverage, stepdown):
    suffix = f"_{kind}{coverage}{'' if stepdown else '_nosd'}"
    return pd.concat([pisa["L" + suffix], pisa["U" + suffix]], keys=["L", "U"])


def test_the_generator_is_that_of_r():
    """R: set.seed(42); rnorm(3) prints 1.37095845 -0.56469817 0.36312841."""
    assert draws_of_r(42, 3) == pytest.approx([1.37095845, -0.56469817, 0.36312841], abs=5e-9)


@pytest.mark.parametrize("coverage", [95, 90, 75])
@pytest.mark.parametrize("kind", ["marg", "simul"])
def test_sets_from_the_draws_of_csranks(pisa, comparisons_of_csranks, oracle, kind, coverage):
    """Without step-down csranks uses one set of draws, which R's generator gives anew.

    What is left is the quantile: csranks interpolates between the 950th and the 951st draw, we take the 951st. One end
    of 456 moves.
    """
    units = pisa.index
    critical = comparisons_of_csranks.critical("both", coverage / 100, False, list(units) if kind == "simul" else None)
    (better,), (worse,) = comparisons_of_csranks.rejected(critical[units], "both")
    sets = pd.DataFrame({"low": better + 1, "high": len(units) - worse}, index=units)
    published = reference(pisa, kind, coverage, stepdown=False)
    oracle("доверительные множества мест без step-down, розыгрыши csranks", SOURCE, ends(sets), published, 1)
    assert (ends(sets) != published).sum() <= 1


@pytest.mark.parametrize(("kind", "coverage", "stepdown", "within"), [
    # Two places without step-down at 95 %: seed 101 gave csranks 3.747 for all pairs, 100,000 draws give 3.83; one end.
    ("simul", 95, False, 2), ("simul", 90, False, 1), ("simul", 75, False, 1),
    ("simul", 95, True, 1), ("simul", 90, True, 1), ("simul", 75, True, 1),
    ("marg", 95, False, 2), ("marg", 90, False, 1), ("marg", 75, False, 1),
    ("marg", 95, True, 1), ("marg", 90, True, 1), ("marg", 75, True, 1),
])
def test_sets_from_our_own_draws(pisa, oracle, kind, coverage, stepdown, within):
    """A 95 % critical value from 1,000 draws (csranks) has a standard error of .04, from 2,000 (ours) of .03."""
    found = rank_sets(pisa["score"], IndependentErrors(pisa["se"]), coverage=coverage / 100,
                      simultaneous=kind == "simul", stepdown=stepdown).sets
    published = reference(pisa, kind, coverage, stepdown)
    oracle(f"доверительные множества мест {'со step-down' if stepdown else 'без step-down'}, свои розыгрыши, "
           f"{coverage} %", SOURCE, ends(found), published, within)
    assert ((ends(found) - published).abs() > 1).sum() <= within - 1
    pd.testing.assert_series_equal(found["place"], pisa["rank"], check_names=False, check_index_type=False)


def test_the_five_best_in_mathematics(pisa, oracle):
    """csranks (cstaubest, tau = 5): twelve countries at 95 %, Sweden leaves at 90 %."""
    errors = IndependentErrors(pisa["se"])
    wide, narrow = (tau_best(pisa["score"], errors, 5, coverage=coverage) for coverage in (0.95, 0.90))
    oracle("множество пяти лучших: число стран, 95 % и 90 %", "R csranks, cstaubest, PISA 2018, математика",
           [wide.sum(), narrow.sum()], [12, 11], 0)
    assert set(wide.index[wide & ~narrow]) == {"Sweden"}


def test_step_down_only_shortens_and_marginal_sets_are_the_shorter(pisa):
    errors = IndependentErrors(pisa["se"])
    sets = {(kind, step): rank_sets(pisa["score"], errors, simultaneous=kind, stepdown=step).sets
            for kind in (False, True) for step in (False, True)}
    nested = [((True, True), (True, False)), ((False, True), (False, False)),      # step-down, without
              ((False, True), (True, True)), ((False, False), (True, False))]      # marginal, simultaneous
    for shorter, longer in nested:
        assert (sets[shorter]["low"] >= sets[longer]["low"]).all()
        assert (sets[shorter]["high"] <= sets[longer]["high"]).all()
        assert ends(sets[shorter]).ne(ends(sets[longer])).any()


def test_one_sided_sets_bound_one_end_and_are_nearer_there(pisa):
    errors = IndependentErrors(pisa["se"])
    for simultaneous in (False, True):
        both, low, high = (rank_sets(pisa["score"], errors, side=side, simultaneous=simultaneous).sets
                           for side in ("both", "low", "high"))
        assert (low["high"] == len(pisa)).all()
        assert (high["low"] == 1).all()
        assert (low["low"] >= both["low"]).all()
        assert (high["high"] <= both["high"]).all()


def test_sides_mirror_each_other(pisa):
    """Turned upside down, the best are the worst. The normal noise is as likely with the other sign."""
    errors = IndependentErrors(pisa["se"])
    for tau in (1, 5, 20):
        worst, best = tau_worst(pisa["score"], errors, tau, draws=20_000), tau_best(-pisa["score"], errors, tau,
                                                                                   draws=20_000)
        assert (worst != best).sum() <= 1                       # an end may fall on the other side of a random bound
    everyone = tau_best(pisa["score"], errors, len(pisa))
    assert everyone.all()
    assert tau_worst(pisa["score"], errors, len(pisa)).all()


def test_some_units_among_all(pisa):
    """Sets for a few units jointly are between their marginal ones and those that hold for everybody."""
    errors, few = IndependentErrors(pisa["se"]), ["Germany", "Japan", "Chile"]
    own, joint, all_ = (rank_sets(pisa["score"], errors, simultaneous=kind, units=units).sets.loc[few]
                        for kind, units in ((False, None), (True, few), (True, None)))
    chosen = rank_sets(pisa["score"], errors, units=few).sets
    pd.testing.assert_frame_equal(chosen, own)
    assert list(chosen.index) == few
    for shorter, longer in ((own, joint), (joint, all_)):
        assert (shorter["low"] >= longer["low"]).all()
        assert (shorter["high"] <= longer["high"]).all()


@pytest.mark.parametrize("simultaneous", [False, True])
def test_nothing_depends_on_the_order_of_rows(pisa, simultaneous):
    turned = pisa.sample(frac=1, random_state=3)
    found = [rank_sets(table["score"], IndependentErrors(se), simultaneous=simultaneous, draws=500, seed=0)
             for table, se in ((pisa, pisa["se"]), (turned, pisa["se"]))]
    assert list(found[1].sets.index) == list(turned.index)
    pd.testing.assert_frame_equal(found[0].sets, found[1].sets.loc[pisa.index])
    pd.testing.assert_series_equal(found[0].critical, found[1].critical[pisa.index])


def test_equal_estimates_are_never_parted():
    values = pd.Series({"A": 0.5, "B": 0.5, "C": 0.5, "D": -9.0})
    for errors in (IndependentErrors(pd.Series([1e-9, 1e-3, 0.1, 0.1], values.index)),
                   CorrelatedErrors(pd.DataFrame(np.eye(4) / 100, values.index, values.index))):
        for simultaneous in (False, True):
            sets = rank_sets(values, errors, simultaneous=simultaneous).sets
            assert sets.loc[["A", "B", "C"], ["place", "low", "high"]].to_numpy().tolist() == [[1, 1, 3]] * 3
            assert sets.loc["D", ["place", "low", "high"]].to_list() == [4, 4, 4]


def test_a_set_is_a_point_without_doubt_and_everything_without_knowledge():
    values = pd.Series(np.arange(10.0), [f"C{i}" for i in range(10)])
    for simultaneous in (False, True):
        sure = rank_sets(values, IndependentErrors(pd.Series(0.01, values.index)), simultaneous=simultaneous)
        assert (sure.width() == 1).all()
        assert sure.sets["low"].to_list() == list(range(10, 0, -1))
        vague = rank_sets(values, IndependentErrors(pd.Series(100.0, values.index)), simultaneous=simultaneous)
        assert (vague.width() == 10).all()


def test_the_result_tells_what_was_done(pisa):
    result = rank_sets(pisa["score"], IndependentErrors(pisa["se"]), simultaneous=True, draws=200, seed=7, coverage=0.9)
    assert (result.draws, result.seed, result.coverage, result.simultaneous, result.side, result.stepdown) == (
        200, 7, 0.9, True, "both", True)
    assert result.critical.nunique() == 1
    replicates = pd.DataFrame(np.random.default_rng(0).normal(0, 1, (60, 38)) * pisa["se"].to_numpy(),
                              columns=pisa.index)
    assert rank_sets(pisa["score"], ReplicatedErrors(replicates)).draws == 60


def covered(sets, truth):
    """Whether every set holds all places that the unit shares with its equals."""
    low = (truth.to_numpy()[:, None] < truth.to_numpy() - 1e-12).sum(axis=1) + 1
    high = len(truth) - (truth.to_numpy()[:, None] > truth.to_numpy() + 1e-12).sum(axis=1)
    return (sets["low"] <= low) & (high <= sets["high"])


def sample(case, rng, truth):
    """Estimates and errors of one repetition."""
    n, labels = len(truth), truth.index
    if case == "few answers":
        answers = rng.normal(0, 1, (6, n)) * np.linspace(0.3, 1, n)
        return truth + answers.mean(axis=0), IndependentErrors(
            pd.Series(answers.std(axis=0, ddof=1) / np.sqrt(6), labels), degrees=5)
    if case == "few clusters":
        marks = truth.to_numpy() + rng.normal(0, 1, (12, 1)) + rng.normal(0, 0.8, (12, n))
        return pd.Series(marks.mean(axis=0), labels), CorrelatedErrors(
            pd.DataFrame(np.cov(marks.T) / 12, labels, labels), degrees=11)
    root = np.tril(np.full((n, n), 0.06)) if case == "correlated" else np.diag(np.linspace(0.1, 0.4, n))
    seen = truth + root @ rng.standard_normal(n)
    if case == "correlated":
        return seen, CorrelatedErrors(pd.DataFrame(root @ root.T, labels, labels))
    return seen, IndependentErrors(pd.Series(np.diag(root), labels))


@pytest.mark.slow
@pytest.mark.parametrize("case", ["independent", "ties", "few answers", "few clusters", "correlated"])
def test_sets_cover_the_truth(case):
    """1,000 repetitions: the standard error of a 95 % coverage is .007, three of it below .95 make .929.

    benchmarks/rank_sets_coverage.py has more cases.
    """
    truth = pd.Series(np.linspace(0, 1.5, 10), [f"C{i}" for i in range(10)])
    truth = truth.round() if case == "ties" else truth
    rng = np.random.default_rng(0)
    together, each = [], []
    for seed in range(1000):
        seen, errors = sample(case, rng, truth)
        together.append(covered(rank_sets(seen, errors, simultaneous=True, draws=499, seed=seed).sets, truth).all())
        each.append(covered(rank_sets(seen, errors, draws=499, seed=seed).sets, truth))
    assert np.mean(together) >= 0.929
    assert np.mean(each, axis=0).min() >= 0.929


def test_normal_critical_values_promise_too_much_for_few_answers():
    """Six answers a unit without `degrees`: sets that are 95 % in name hold in far fewer of 200 repetitions.

    The standard error of a 95 % coverage is .015; the limit is three of it below.
    """
    truth = pd.Series(0.0, [f"C{i}" for i in range(10)])
    rng = np.random.default_rng(0)
    found = {True: 0, False: 0}
    for seed in range(200):
        seen, errors = sample("few answers", rng, truth)
        for known in found:
            used = IndependentErrors(errors.se) if known else errors
            found[known] += covered(rank_sets(seen, used, simultaneous=True, draws=499, seed=seed).sets, truth).all()
    assert found[True] / 200 < 0.85
    assert found[False] / 200 >= 0.905


def test_replicates_bring_their_skewness():
    """Waiting times: the replicates' own quantiles part two units elsewhere than a normal law does."""
    rng = np.random.default_rng(0)
    replicates = pd.DataFrame({"A": -rng.exponential(1, 4000), "B": rng.normal(0, 0.01, 4000)})
    values = pd.Series({"A": 0.0, "B": 0.0})
    low, high = (rank_sets(values, ReplicatedErrors(replicates), side="low", units=[unit]).critical.iloc[0]
                 for unit in ("A", "B"))
    # (B - A) / sd is a centred exponential variable (1 - 95 % quantile 3.00), (A - B) / sd its mirror image (.95)
    assert low == pytest.approx(stats.expon.ppf(0.95) - 1, abs=0.12)
    assert high == pytest.approx(1 - stats.expon.ppf(0.05), abs=0.05)
    normal = rank_sets(values, ReplicatedErrors(replicates, normal=True), side="low", draws=4000).critical
    assert normal.to_numpy() == pytest.approx(stats.norm.ppf(0.95), abs=0.08)


@pytest.mark.parametrize(("call", "error", "words"), [
    (lambda x, e: rank_sets(x, e, side="left"), UsageError, "side=left: допустимы both, low, high"),
    (lambda x, e: rank_sets(x, e, units=["Japan", "Atlantis"]), InputError, "нет среди оценок.*: Atlantis"),
    (lambda x, e: rank_sets(x, e, units=["Japan", "Japan"]), InputError, "дважды: Japan"),
    (lambda x, e: rank_sets(x, e, units=[]), InputError, "список пуст"),
    (lambda x, e: tau_best(x, e, 0), UsageError, r"tau — от 1 до числа единиц \(38\), задано 0"),
    (lambda x, e: tau_worst(x, e, 39), UsageError, "задано 39"),
])
def test_wrong_requests_are_refused(pisa, call, error, words):
    with pytest.raises(error, match=words):
        call(pisa["score"], IndependentErrors(pisa["se"]))


def test_best_and_worst_are_the_ends_of_one_sided_sets_with_every_option_passed_on(pisa):
    errors = IndependentErrors(pisa["se"])
    for options in ({}, {"coverage": 0.6}, {"stepdown": False}, {"draws": 99, "seed": 3}):
        low, high = (rank_sets(pisa["score"], errors, simultaneous=True, side=side, **options).sets
                     for side in ("low", "high"))
        for tau in (1, 5, 38):
            best, worst = (call(pisa["score"], errors, tau, **options) for call in (tau_best, tau_worst))
            pd.testing.assert_series_equal(best, (low["low"] <= tau).rename("tau_best"))
            pd.testing.assert_series_equal(worst, (high["high"] > 38 - tau).rename("tau_worst"))
    counts = {coverage: tau_best(pisa["score"], errors, 5, coverage=coverage).sum() for coverage in (0.5, 0.999)}
    assert 5 <= counts[0.5] < counts[0.999]
    counts = {coverage: tau_worst(pisa["score"], errors, 15, coverage=coverage).sum()
              for coverage in (0.5, 0.999)}
    assert 15 <= counts[0.5] < counts[0.999]


def test_one_sided_sets_leave_the_other_end_open(pisa):
    errors = IndependentErrors(pisa["se"])
    low, high, both = (rank_sets(pisa["score"], errors, side=side) for side in ("low", "high", "both"))
    assert (low.sets["high"] == 38).all()
    assert (high.sets["low"] == 1).all()
    assert (low.critical <= both.critical).all()
    assert (low.sets["low"] >= both.sets["low"]).all()
    assert (high.sets["high"] <= both.sets["high"]).all()
    assert list(both.sets) == ["place", "low", "high"]
    assert both.width().name == "width"
    assert (both.critical.name, both.stepdown, both.simultaneous, low.side) == ("critical", True, False, "low")
