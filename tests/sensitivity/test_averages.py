"""Averages of units over the draws: their scores, their places, what moves them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from made_editions import FLAT, NAN, table, values
from scipy.stats import norm

from methods.errors import InputError, UsageError
from methods.sensitivity.averages import drawn_averages
from methods.sensitivity.design import Design
from methods.sensitivity.engine import Experiment
from methods.sensitivity.factors import SamplingError, WeightNoise
from methods.sensitivity.uncertainty import rank_uncertainty

HOME = pd.Series([f"R{number % 3}" for number in range(12)], values().index, name="region")


@pytest.fixture(scope="module")
def experiment():
    """Twelve units under uncertain weights."""
    return Experiment(table(values()), FLAT, [WeightNoise(0.5)])


def by_hand(experiment, design):
    return np.concatenate([experiment.index(points, design.seed)[0] for _, points in design.points(experiment.columns)])


def test_every_unit_a_set_of_its_own_has_the_places_of_the_count_of_places(experiment):
    """`rank_uncertainty` counts places in another way, without keeping a score."""
    design = Design(500, seed=3)
    found = drawn_averages(experiment, design, pd.Series(experiment.ranked, experiment.ranked), coverage=0.9)
    counted = rank_uncertainty(experiment, design).summary(0.9).reindex(found.sets.index)
    pd.testing.assert_series_equal(found.sets["first"], counted["low"], check_names=False)
    pd.testing.assert_series_equal(found.sets["last"], counted["high"], check_names=False)
    pd.testing.assert_series_equal(found.sets["place"], counted["adopted"], check_names=False)


def test_scores_of_sets_are_means_of_their_units(experiment):
    found = drawn_averages(experiment, Design(400), HOME)
    pd.testing.assert_series_equal(found.sets["score"], experiment.adopted_index.groupby(HOME).mean(),
                                   check_names=False)
    assert found.sets["units"].tolist() == [4, 4, 4]
    assert found.draws == 400


def test_intervals_hold_the_stated_share_of_the_draws_around_the_adopted_score(experiment):
    design = Design(1000, seed=1)
    found = drawn_averages(experiment, design, HOME, coverage=0.8).sets
    means = pd.DataFrame(by_hand(experiment, design), columns=experiment.ranked).T.groupby(HOME).mean().T
    moved = means - means.median() + found["score"]
    inside = ((moved >= found["low"]) & (moved <= found["high"])).mean()
    assert inside.between(0.8, 0.803).all()
    assert ((found["low"] <= found["score"]) & (found["score"] <= found["high"])).all()


def test_independent_errors_shrink_with_the_number_of_units(oracle):
    """25 units with errors of .05 in each of three indicators of weights .5, .3, .2; 4,000 draws, so that the ends of
    a 90 % interval have a standard error of 2 % of the half-width."""
    frame = values(25)
    made = Experiment(table(frame, se=0.05, side="objective"), FLAT, [SamplingError(0.0)])
    home = pd.Series("R", frame.index)
    found = drawn_averages(made, Design(4000, seed=2), home, coverage=0.9).sets.loc["R"]
    half = norm.ppf(0.95) * 0.05 * np.sqrt(0.5**2 + 0.3**2 + 0.2**2) / 5
    oracle("полуширина интервала среднего 25 единиц при независимых ошибках",
           "нормальный закон, z·σ·√(Σw²)/√n, пересчитано", (found["high"] - found["low"]) / 2 / half, 1.0, 0.06)


def test_equal_seeds_give_equal_numbers_whatever_the_order_of_rows(experiment):
    frame = table(values())
    other = Experiment(frame.sample(frac=1, random_state=1), FLAT, [WeightNoise(0.5)])
    one = drawn_averages(experiment, Design(300), HOME)
    two = drawn_averages(other, Design(300), HOME.sample(frac=1, random_state=2))
    pd.testing.assert_frame_equal(one.sets, two.sets)
    pd.testing.assert_frame_equal(one.units, two.units)


def test_places_are_given_among_the_named_sets_only(experiment):
    found = drawn_averages(experiment, Design(300), HOME, among=pd.Index(["R0", "R2"])).sets
    assert found.loc["R1", ["place", "first", "last"]].isna().all()
    assert pd.notna(found.loc["R1", "low"])
    assert sorted(found["place"].dropna()) == [1, 2]
    assert found["last"].max() == 2


def test_units_without_a_set_take_no_part(experiment):
    home = HOME.where(HOME != "R1")
    found = drawn_averages(experiment, Design(300), home).sets
    assert list(found.index) == ["R0", "R2"]


def test_a_unit_that_nobody_ranks_does_not_pull_its_set_down():
    frame = values()
    frame.iloc[0] = NAN
    found = drawn_averages(Experiment(table(frame), FLAT, [WeightNoise(0.2)]), Design(300), HOME).sets
    assert found.loc["R0", "units"] == 3


@pytest.mark.parametrize(("options", "error", "words"), [
    ({"members": pd.Series(dtype=object)}, InputError, "ни одна единица рейтинга не отнесена ни к одной группе"),
    ({"design": Design(10)}, UsageError, "Розыгрышей 10: интервал, накрывающий 90 %, по ним не определён"),
    ({"design": Design(50_000_000)}, InputError, r"50000000 розыгрышей × 12 единиц не поместятся в память\. Возьмите "
                                                 "не больше 4166666 розыгрышей"),
])
def test_what_cannot_be_drawn_is_said(experiment, options, error, words):
    given = {"design": Design(300), "members": HOME} | options
    with pytest.raises(error, match=words):
        drawn_averages(experiment, **given)
