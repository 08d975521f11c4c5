"""Weights, mix of sides and survey values drawn together: chances by geometry, seeds, what stays as it is."""

import json
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest
from made_editions import FLAT, NAN, make, table, values
from scipy.stats import norm

from methods.data import editions
from methods.data.measure import measure
from methods.errors import NotPublishable
from methods.index.edition import INDEX, Edition
from methods.index.rank import mean_rank_shift
from methods.index.score import score
from methods.sensitivity.design import Design
from methods.sensitivity.engine import Experiment
from methods.sensitivity.factors import MixShift, SamplingError, WeightNoise
from methods.sensitivity.uncertainty import RankUncertainty, rank_uncertainty

SHIPPED = ("cms-2021", "egov-career-2022", "gtmi-2020", "gtmi-2022", "gtmi-2025", "maturity-2022", "odm-2023",
           "star-2022")


@dataclass(frozen=True, eq=False)
class Drawn:
    """Places of the units in every draw that did not fail, and what was counted of the same draws."""

    ranks: pd.DataFrame
    counted: RankUncertainty

    @property
    def adopted(self):
        return self.counted.adopted

    @property
    def grade_shares(self):
        return self.counted.grade_shares


def draw_together(measured, edition, *, draws=500, spread=0.25, mix_spread=0.0, sampling=True, seed=0) -> Drawn:
    """Draw by draw through the model, and counted: both of the same design."""
    factors = [WeightNoise(spread)] * (spread > 0) + [MixShift(mix_spread)] * (mix_spread > 0)
    factors += [SamplingError()] * (sampling and bool((measured["se"] > 0).any()))
    experiment, design = Experiment(measured, edition, factors), Design(draws, "random", seed)
    points = np.concatenate([points for _, points in design.points(experiment.columns)])
    places = pd.DataFrame(experiment.model("place", seed=seed)(points), columns=experiment.ranked)
    return Drawn(places[places.notna().any(axis=1)], rank_uncertainty(experiment, design))


# --- the engine is the recipe for every shipped edition ---------------------------------------------------------------

@pytest.fixture(scope="module")
def shipped(root):
    """Edition and measurements of the latest period, each read once."""
    kept = {}

    def get(version):
        if version not in kept:
            edition = editions.load_edition(root, version)
            kept[version] = edition, measure(root, edition, edition.data.periods[-1]).measurements
        return kept[version]
    return get


@pytest.mark.parametrize("version", SHIPPED)
def test_in_the_middle_of_the_cube_the_engine_is_the_recipe(shipped, version):
    """Perturbed weights are the adopted ones there."""
    edition, measurements = shipped(version)
    experiment, adopted = Experiment(measurements, edition, [WeightNoise()]), score(measurements, edition)
    middle = np.full((2, len(experiment.columns)), 0.5)
    made = experiment.index(middle)[0]
    assert made.shape[1] > 30
    np.testing.assert_allclose(made, np.tile(adopted.index[experiment.ranked], (2, 1)), rtol=0, atol=1e-12)
    np.testing.assert_array_equal(experiment.model()(middle)[0], adopted.rank[experiment.ranked])


# --- what is drawn ----------------------------------------------------------------------------------------------------

def share_first(drawn, unit="U0"):
    return (drawn.ranks[unit] == 1).mean()


def three_sigma(share, draws):
    return 3 * np.sqrt(share * (1 - share) / draws)


def test_two_units_change_places_as_often_as_geometry_says():
    """U0 = (1, 0) is ahead of U1 = (.25, .75) if w_A > w_B: .55(1+a) > .45(1+b) with a, b uniform on +-.25.

    The triangle b > 11/9 a + 2/9 cuts 1/22 off the square of area 1/4: U0 is first in 9/11 of the draws.
    """
    edition = make({"A": INDEX, "B": INDEX}, {"index": {"A": 0.55, "B": 0.45}})
    measured = table(pd.DataFrame({"A": [1, 0.25], "B": [0, 0.75]}, index=["U0", "U1"]))
    drawn = draw_together(measured, edition, draws=20_000, spread=0.25, sampling=False, seed=0)
    assert share_first(drawn) == pytest.approx(9 / 11, abs=three_sigma(9 / 11, 20_000))
    assert drawn.counted.share_of_top(1)["U0"] == share_first(drawn)


@pytest.mark.parametrize("errors", [(0.1, 0.1), (0.05, 0.2)])
def test_two_units_change_places_as_often_as_their_standard_errors_say(errors):
    edition = make({"A": INDEX}, {"index": {"A": 1}}, surveyed="A")
    measured = pd.concat([table(pd.DataFrame({"A": [value]}, index=[unit]), error, side="subjective")
                          for unit, value, error in zip(("U0", "U1"), (0.6, 0.5), errors, strict=True)])
    drawn = draw_together(measured, edition, draws=5000, spread=0, seed=3)
    stated = norm.cdf(0.1 / np.hypot(*errors))
    assert share_first(drawn) == pytest.approx(stated, abs=three_sigma(stated, 5000))


def test_two_units_change_places_as_often_as_the_mix_says():
    """U0: .1 + .8 m, U1: .7 - .5 m; U0 is ahead above m = 6/13, m is uniform on .3 to .7."""
    edition = make({"A": INDEX}, {"index": {"A": 1}}, two_sided="A")
    measured = pd.concat([table(pd.DataFrame({"A": [0.9, 0.2]}, index=["U0", "U1"]), side="subjective"),
                          table(pd.DataFrame({"A": [0.1, 0.7]}, index=["U0", "U1"]))])
    drawn = draw_together(measured, edition, draws=5000, spread=0, mix_spread=0.2, sampling=False, seed=4)
    stated = (0.7 - 6 / 13) / 0.4
    assert share_first(drawn) == pytest.approx(stated, abs=three_sigma(stated, 5000))


def test_all_draws_agree_with_a_plain_simulation():
    """The same three sources of noise, written down without any of our code."""
    edition = make({"A": INDEX, "B": INDEX}, {"index": {"A": 0.5, "B": 0.5}}, two_sided="A")
    survey, checked, other = np.array([0.8, 0.7, 0.6]), np.array([0.4, 0.6, 0.7]), np.array([0.5, 0.45, 0.55])
    units = ["U0", "U1", "U2"]
    measured = pd.concat([table(pd.DataFrame({"A": survey}, index=units), 0.08, side="subjective"),
                          table(pd.DataFrame({"A": checked, "B": other}, index=units))])
    drawn = draw_together(measured, edition, draws=6000, spread=0.3, mix_spread=0.1, seed=5)
    draw, count = np.random.default_rng(99), 200_000
    weights = 0.5 * (1 + draw.uniform(-0.3, 0.3, (2, count)))
    weights /= weights.sum(axis=0)
    share = draw.uniform(0.4, 0.6, count)
    first = share * (survey[:, None] + 0.08 * draw.standard_normal((3, count))) + (1 - share) * checked[:, None]
    index = weights[0] * first + weights[1] * other[:, None]
    for place, unit in enumerate(units):
        stated = (index.argmax(axis=0) == place).mean()
        assert share_first(drawn, unit) == pytest.approx(stated, abs=three_sigma(stated, 6000) * 1.02)


# --- seeds ------------------------------------------------------------------------------------------------------------

@pytest.fixture
def survey():
    """Twelve units, two surveyed indicators and a checked one; one of them two-sided."""
    edition = make({"A": INDEX, "B": INDEX, "C": INDEX}, {"index": {"A": 0.5, "B": 0.3, "C": 0.2}}, two_sided="A",
                   surveyed="B")
    return pd.concat([table(values(codes="AB", seed=2), 0.05, side="subjective"), table(values(codes="AC", seed=3))],
                     ignore_index=True), edition


@pytest.mark.parametrize("seed", [0, 1, 20_261_123])
def test_the_seed_repeats_the_run(survey, seed):
    one, two = (draw_together(*survey, draws=150, seed=seed, mix_spread=0.1) for _ in range(2))
    pd.testing.assert_frame_equal(one.ranks, two.ranks)
    assert one.counted.protocol["design"]["seed"] == seed


@pytest.mark.parametrize(("one", "two"), [(0, 1), (1, 2), (0, 2**32)])
def test_another_seed_makes_other_draws(survey, one, two):
    assert not draw_together(*survey, draws=50,
                              seed=one).ranks.equals(draw_together(*survey, draws=50, seed=two).ranks)


@pytest.mark.parametrize("shuffle", range(3))
def test_the_order_of_rows_changes_nothing(survey, shuffle):
    measured, edition = survey
    shuffled = measured.sample(frac=1, random_state=shuffle)
    pd.testing.assert_frame_equal(draw_together(shuffled, edition, draws=50, mix_spread=0.1).ranks,
                                  draw_together(measured, edition, draws=50, mix_spread=0.1).ranks)


def test_the_order_of_indicators_in_the_file_changes_nothing(survey):
    measured, edition = survey
    content = json.loads(edition.model_dump_json(by_alias=True, exclude_none=True))
    content["indicators"] = dict(reversed(content["indicators"].items()))
    content["weights"]["index"] = dict(reversed(content["weights"]["index"].items()))
    other = Edition.model_validate_json(json.dumps(content))
    assert list(other.indicators) == ["C", "B", "A"]
    pd.testing.assert_frame_equal(draw_together(measured, other, draws=50).ranks,
                                  draw_together(measured, edition, draws=50).ranks)


@pytest.fixture
def drawn(monkeypatch):
    """What was drawn, run by run."""
    seen, draws = [], Experiment.draws

    def keep(self, u, seed):
        seen.append(draws(self, u, seed))
        return seen[-1]
    monkeypatch.setattr(Experiment, "draws", keep)
    return seen


def test_sampling_changes_neither_the_weights_nor_the_mix(survey, drawn):
    for sampling in (False, True):
        draw_together(*survey, draws=30, mix_spread=0.1, sampling=sampling)
    off, on = drawn[::2]  # each is drawn twice: through the model, and counted
    np.testing.assert_array_equal(off.shift, on.shift)
    np.testing.assert_array_equal(off.weights[INDEX], on.weights[INDEX])
    assert off.errors is None
    assert len(on.errors) == 30


def test_the_mix_does_not_change_the_weights(survey, drawn):
    for mix_spread in (0.0, 0.2):
        draw_together(*survey, draws=30, mix_spread=mix_spread)
    off, on = drawn[::2]  # each is drawn twice: through the model, and counted
    np.testing.assert_array_equal(off.weights[INDEX], on.weights[INDEX])
    assert not off.shift.any()
    assert on.shift.any()


def test_the_spread_does_not_change_the_survey(survey):
    """Without weights' noise and with an all but invisible one, the same answers are drawn."""
    still, moved = (draw_together(*survey, draws=40, spread=spread) for spread in (0.0, 1e-12))
    pd.testing.assert_frame_equal(still.ranks, moved.ranks)


def test_more_draws_go_on_where_fewer_stopped(survey):
    few, many = (draw_together(*survey, draws=draws, mix_spread=0.1).ranks for draws in (70, 250))
    pd.testing.assert_frame_equal(many.iloc[:70], few)


# --- the result -------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("coverage", [0.5, 0.9, 0.95, 1.0])
def test_the_interval_holds_at_least_the_stated_share_of_draws(survey, coverage):
    drawn = draw_together(*survey, draws=237)
    table = drawn.counted.summary(coverage)
    inside = (drawn.ranks.ge(table["low"]) & drawn.ranks.le(table["high"])).mean()
    assert (inside >= coverage).all()
    assert (table["width"] == table["high"] - table["low"]).all()
    assert table["width"].max() > 0


def test_wider_noise_makes_wider_intervals(shipped):
    edition, measurements = shipped("gtmi-2022")
    widths = [draw_together(measurements, edition, draws=200, spread=spread).counted.summary()["width"].mean()
              for spread in (0.05, 0.1, 0.25, 0.5, 1.0)]
    assert widths == sorted(widths)
    assert widths[0] < widths[-1] / 3


def test_adopted_places_are_those_of_the_recipe_and_come_first(survey):
    drawn = draw_together(*survey, draws=20)
    pd.testing.assert_series_equal(drawn.adopted, score(*survey).rank)
    assert drawn.counted.summary()["adopted"].is_monotonic_increasing


def test_mean_shift_is_the_published_formula_for_each_draw(survey):
    drawn = draw_together(*survey, draws=20)
    stated = [mean_rank_shift(drawn.adopted, places) for _, places in drawn.ranks.iterrows()]
    assert max(stated) > 0
    assert drawn.counted.mean_shift["mean"] == pytest.approx(np.mean(stated), abs=1e-6)
    assert drawn.counted.mean_shift["most"] == pytest.approx(max(stated))


def test_units_that_are_not_eligible_stay_out():
    edition = make({"A": INDEX, "B": INDEX, "C": INDEX}, {"index": {"A": 0.5, "B": 0.3, "C": 0.2}},
                   eligibility={"min_coverage": 0.9})
    frame = values(8)
    frame.loc["U03", "C"] = NAN
    drawn = draw_together(table(frame), edition, draws=20)
    assert "U03" not in drawn.ranks
    assert set(drawn.ranks.stack().astype(int)) <= set(range(1, 8))


@pytest.mark.parametrize("ties", ["min", "average", "max", "dense"])
def test_equal_units_share_a_place_in_every_draw(ties):
    edition = make({"A": INDEX, "B": INDEX}, {"index": {"A": 0.5, "B": 0.5}}, ranking={"ties": ties})
    frame = pd.DataFrame({"A": [0.1 + 0.2, 0.3, 0.9, 0.1], "B": [0.4, 0.4, 0.9, 0.1]}, index=["U0", "U1", "U2", "U3"])
    ranks = draw_together(table(frame), edition, draws=30).ranks
    place = {"min": 2, "average": 2.5, "max": 3, "dense": 2}[ties]
    assert (ranks[["U0", "U1"]] == place).all(axis=None)


@pytest.mark.parametrize("version", ["gtmi-2022", "cms-2021", "star-2022"])
def test_grade_shares_sum_to_one(shipped, version):
    edition, measurements = shipped(version)
    drawn = draw_together(measurements, edition, draws=20)
    assert drawn.grade_shares.shape == (len(drawn.adopted), len(edition.grades.labels) + 1)
    assert drawn.grade_shares.sum(axis=1).to_numpy() == pytest.approx(1)


@pytest.mark.parametrize("version", ["gtmi-2022", "cms-2021", "star-2022"])
def test_all_but_invisible_noise_leaves_every_grade(shipped, version):
    edition, measurements = shipped(version)
    adopted = score(measurements, edition).grade
    shares = draw_together(measurements, edition, draws=2, spread=1e-13, sampling=False).grade_shares
    own = adopted[shares.index].astype(int)
    assert own.nunique() > 3
    assert (shares.idxmax(axis=1) == own).all()
    assert (shares.max(axis=1) == 1).all()


def test_grades_by_quantiles_and_an_edition_without_grades():
    rule = {"title": "g", "labels": ["1", "2", "3"], "method": "quantiles"}
    edition = FLAT.model_copy(update={"grades": None})
    assert draw_together(table(values()), edition, draws=5).grade_shares.empty
    content = json.loads(FLAT.model_dump_json(by_alias=True, exclude_none=True)) | {"grades": rule}
    edition = Edition.model_validate_json(json.dumps(content))
    shares = draw_together(table(values()), edition, draws=2, spread=1e-13).grade_shares
    assert (shares.idxmax(axis=1) == score(table(values()), edition).grade).all()


# --- gaps and edges under noise ---------------------------------------------------------------------------------------

def test_a_unit_exactly_at_the_least_coverage_is_placed_in_every_draw():
    """The adopted weights decide who has enough data: here U00 has exactly half of them, whatever is drawn."""
    edition = make({"A": INDEX, "B": INDEX}, {"index": {"A": 0.5, "B": 0.5}},
                   missing={"default": {"rule": "reweight", "min_coverage": 0.5}})
    frame = values(6, "AB")
    frame.loc["U00", "B"] = NAN
    drawn = draw_together(table(frame), edition, draws=40)
    assert "U00" in drawn.adopted.index
    assert drawn.ranks.notna().all(axis=None)


@pytest.fixture
def geometric():
    """.05 with a standard error of .05 falls to zero in one draw of six, where a geometric mean has no meaning."""
    edition = make({"A": INDEX, "B": INDEX}, {"index": {"A": 0.5, "B": 0.5}}, surveyed="A",
                   aggregation={"default": {"method": "geometric"}})
    frame = values(6, "AB")
    frame.loc["U00", "A"] = 0.05
    return lambda error: pd.concat([table(frame[["A"]], error, side="subjective"), table(frame[["B"]])]), edition


def test_draws_that_the_recipe_would_refuse_are_left_out_by_name(geometric):
    measured, edition = geometric
    drawn = draw_together(measured(0.03), edition, draws=400)
    (times, first), = drawn.counted.failed.to_numpy()
    assert list(drawn.counted.failed.index) == ["среднее геометрическое в «index»: значение не больше 0 (A)"]
    assert 0 < times <= 20
    assert first not in drawn.ranks.index
    assert len(drawn.ranks) == 400 - times
    assert drawn.ranks.notna().all(axis=None)


def test_too_many_draws_that_the_recipe_would_refuse(geometric):
    measured, edition = geometric
    with pytest.raises(NotPublishable, match=r"Не удалось розыгрышей: \d+ из 100, допустимо 5 %. Причины: среднее"):
        draw_together(measured(0.05), edition, draws=100)


@pytest.mark.parametrize("draws", [1, 99, 100, 101])
def test_any_number_of_draws_is_made(survey, draws):
    ranks = draw_together(*survey, draws=draws).ranks
    assert ranks.shape == (draws, 12)
    assert (np.sort(ranks, axis=1) == np.arange(1, 13)).all()
