"""Changes of places between two years: projection, false verdicts, panels, order of rows, refusals."""

import numpy as np
import pandas as pd
import pytest

from methods.errors import InputError, UsageError
from methods.sensitivity.pairwise import CorrelatedErrors, IndependentErrors, ReplicatedErrors, compare
from methods.sensitivity.rank_changes import rank_changes

UNITS = [f"C{i:02d}" for i in range(12)]


def years(seed):
    rng = np.random.default_rng(seed)
    before = pd.Series(np.linspace(0, 1.1, 12), UNITS)
    after = before + rng.choice([0, 0, 0.8, -0.8], 12)
    se = pd.Series(rng.uniform(0.02, 0.12, 12), UNITS)
    return before, after, IndependentErrors(se), IndependentErrors(se[::-1].set_axis(UNITS))


@pytest.mark.parametrize("simultaneous", [False, True])
@pytest.mark.parametrize("seed", range(4))
def test_the_set_of_a_change_lies_between_the_ends_of_both_years(seed, simultaneous):
    before, after, first, second = years(seed)
    result = rank_changes(before, after, first, second, simultaneous=simultaneous, draws=199, seed=seed)
    family = compare([before, after], [first, second], coverage=0.95, draws=199, seed=seed)
    critical = family.critical("both", 0.95, True, UNITS if simultaneous else None)[UNITS]
    for unit in UNITS:
        ends = []
        for values, errors in ((before, first), (after, second)):
            spread = np.sqrt(errors.se**2 + errors.se[unit] ** 2)
            certainly = (values - values[unit]) / spread
            ends.append((1 + (certainly > critical[unit]).sum(), 12 - (certainly < -critical[unit]).sum()))
        (low, high), (later_low, later_high) = ends
        row = result.table.loc[unit]
        assert (row["low"], row["high"]) == (low - later_high, high - later_low)
        assert row["rise"] == row["before"] - row["after"]
        assert row["low"] <= row["rise"] <= row["high"]
        assert row["verdict"] == ("rise" if row["low"] > 0 else "fall" if row["high"] < 0 else "")
    assert (result.table["verdict"] != "").any()


def test_backwards_a_rise_is_a_fall():
    """Years swap their noise, so another seed's worth of draws: only clear cases are compared."""
    before, after, first, second = years(1)
    there = rank_changes(before, after, first, second, draws=20_000).table
    back = rank_changes(after, before, second, first, draws=20_000).table
    assert (there["rise"] == -back["rise"]).all()
    assert (there["low"] + back["high"]).abs().max() <= 1
    clear = (there["low"] > 1) | (there["high"] < -1)
    assert clear.any()
    assert (there["verdict"][clear].map({"rise": "fall", "fall": "rise"}) == back["verdict"][clear]).all()


def test_a_panel_needs_the_smaller_critical_value():
    """With correlation 1 and the same errors both years are one family of comparisons."""
    before, after, first, _ = years(2)
    apart, together = (rank_changes(before, after, first, first, correlation=rho, stepdown=False, draws=5000)
                       for rho in (0.0, 1.0))
    one = compare([before], [first], coverage=0.95, draws=5000, seed=0).critical("both", 0.95, False, UNITS).iloc[0]
    assert together.critical.iloc[0] == pytest.approx(one, abs=0.08)     # other draws: standard error .02
    assert together.critical.iloc[0] < apart.critical.iloc[0]


def test_nothing_depends_on_the_order_of_rows():
    before, after, first, second = years(3)
    turned = after.sample(frac=1, random_state=1)
    found = [rank_changes(before, after, first, second, draws=199).table,
             rank_changes(before[::-1], turned, first, second, draws=199).table]
    assert list(found[1].index) == UNITS[::-1]
    pd.testing.assert_frame_equal(found[0], found[1].loc[UNITS])


@pytest.mark.parametrize("kind", ["correlated", "replicated"])
def test_other_kinds_of_errors(kind):
    before, after, first, second = years(1)
    plain = rank_changes(before, after, first, second, draws=5000).table
    if kind == "correlated":
        errors = [CorrelatedErrors(pd.DataFrame(np.diag(year.se**2), UNITS, UNITS)) for year in (first, second)]
    else:
        rng = np.random.default_rng(0)
        errors = [ReplicatedErrors(pd.DataFrame(rng.standard_normal((5000, 12)) * year.se.to_numpy(), columns=UNITS))
                  for year in (first, second)]
    found = rank_changes(before, after, *errors, draws=5000).table
    assert (found[["low", "high"]] - plain[["low", "high"]]).abs().to_numpy().max() <= 1


@pytest.mark.parametrize("simultaneous", [True, False])
def test_false_verdicts_are_as_rare_as_promised(simultaneous):
    """200 repetitions without any change of true values: at most 5 % of them, plus three standard errors (.046).

    Simultaneous sets: no false verdict for any unit; marginal ones: none for the unit asked about (the fifth).
    """
    truth = pd.Series(np.linspace(0, 1.1, 12), UNITS)
    errors = IndependentErrors(pd.Series(0.15, UNITS))
    rng = np.random.default_rng(0)
    false = 0
    for seed in range(200):
        before, after = (truth + 0.15 * rng.standard_normal(12) for _ in range(2))
        verdicts = rank_changes(before, after, errors, errors, simultaneous=simultaneous, draws=199, seed=seed,
                                ).table["verdict"]
        false += (verdicts != "").any() if simultaneous else verdicts["C04"] != ""
    assert 1 - false / 200 >= 0.95 - 0.046


def test_the_result_tells_what_was_done():
    before, after, first, second = years(0)
    result = rank_changes(before, after, first, second, draws=100, seed=3, coverage=0.9, stepdown=False)
    assert (result.draws, result.seed, result.coverage, result.simultaneous, result.stepdown) == (100, 3, 0.9, True,
                                                                                                 False)


def test_years_with_other_units_are_refused():
    before, after, first, second = years(0)
    with pytest.raises(InputError, match="Оценки: наборы кодов различаются"):
        rank_changes(before, after.drop("C03"), first, second)
    with pytest.raises(InputError, match="Стандартные ошибки и оценки"):
        rank_changes(before, after, first, IndependentErrors(second.se.drop("C03")))
    with pytest.raises(UsageError, match="coverage=1"):
        rank_changes(before, after, first, second, coverage=1)


def test_the_whole_of_what_is_told_and_every_option_passed_on():
    before, after, first, second = years(5)
    found = rank_changes(before, after, first, second, coverage=0.8, simultaneous=True, stepdown=False, draws=99,
                         seed=4)
    assert list(found.table) == ["before", "after", "rise", "low", "high", "verdict"]
    assert list(found.table.index) == UNITS
    assert (found.coverage, found.simultaneous, found.stepdown, found.draws, found.seed) == (0.8, True, False, 99, 4)
    assert found.critical.name == "critical"
    for options in ({"coverage": 0.8}, {"stepdown": False}, {"draws": 99}, {"seed": 3}, {"correlation": 0.9}):
        result = rank_changes(before, after, first, second, **options)
        family = compare([before, after], [first, second], coverage=options.get("coverage", 0.95),
                         draws=options.get("draws", result.draws), seed=options.get("seed", 0),
                         correlation=options.get("correlation", 0.0))
        critical = family.critical("both", options.get("coverage", 0.95), options.get("stepdown", True),
                                   UNITS if result.simultaneous else None)[UNITS]
        pd.testing.assert_series_equal(result.critical, critical)
