"""Streamed counts against the plain recipe draw by draw; nothing depends on where and in what parts they are made."""

import json
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import pytest
from made_editions import FLAT, NAN, content_of, make, table, values
from scipy import stats

from methods.errors import InputError, NotPublishable, UsageError
from methods.index.edition import INDEX, Aggregation, Edition, Missing
from methods.index.grade import bands
from methods.index.rank import mean_rank_shift, rank
from methods.index.score import score
from methods.sensitivity import tally, uncertainty
from methods.sensitivity.design import CHUNK, Design
from methods.sensitivity.engine import Experiment
from methods.sensitivity.factors import (
    AggregationChoice,
    MissingChoice,
    MixShift,
    SamplingError,
    WeightDirichlet,
    WeightNoise,
)
from methods.sensitivity.uncertainty import from_protocol, rank_uncertainty

GRADES = {"title": "звёзды", "labels": ["1", "2", "3"], "method": "bands", "cut_offs": [45, 60], "decimals": 1,
          "edge": "lower", "floor": 20}
TIES = ["min", "average", "max", "dense"]


def changed(edition, **keys):
    return Edition.model_validate_json(json.dumps(content_of(edition) | keys))


@pytest.fixture(scope="module")
def survey():
    """Fifteen units, two of them alike, two sides, grades."""
    edition = make({"A": INDEX, "B": INDEX, "C": INDEX}, {"index": {"A": 0.5, "B": 0.3, "C": 0.2}}, two_sided="A",
                   surveyed="B", grades=GRADES, publication={"multiplier": 100})
    frames = [values(15, "AB", seed=2), values(15, "AC", seed=3)]
    for frame in frames:
        frame.loc["U04"] = frame.loc["U11"]
    return pd.concat([table(frames[0], 0.05, side="subjective"), table(frames[1])], ignore_index=True), edition


def draws_of(experiment, design):
    """Scores of all draws, in the order of the design."""
    parts = [experiment.index(points, design.seed)[0] for _, points in design.points(experiment.columns)]
    return pd.DataFrame(np.concatenate(parts), columns=experiment.ranked)


def same(one, other):
    """Every table and number of two results."""
    for name in ("adopted", "counts", "failed", "shift", "mean_shift", "grade_shares", "first", "central_weights",
                 "ahead"):
        left, right = getattr(one, name), getattr(other, name)
        (pd.testing.assert_frame_equal if isinstance(left, pd.DataFrame) else pd.testing.assert_series_equal)(
            left, right, rtol=0, atol=0)
    assert one.protocol == other.protocol


# --- against the plain recipe -----------------------------------------------------------------------------------------

@pytest.mark.parametrize("ties", TIES)
@pytest.mark.parametrize("weights", [[WeightNoise(0.5)], [WeightNoise(0.5), SamplingError(), MixShift(0.2)]])
def test_all_counts_are_those_of_the_recipe_draw_by_draw(survey, ties, weights):
    measured, edition = survey[0], changed(survey[1], ranking={"ties": ties})
    experiment, design = Experiment(measured, edition, weights), Design(300, "random", 4)
    some = pd.Index(["U11", "U04", "U02", "U09"])
    found = rank_uncertainty(experiment, design, compared=some)
    scores = draws_of(experiment, design)
    places = scores.apply(rank, axis=1, ties=ties)
    assert found.draws == 300
    assert found.failed.empty
    for place, counted in found.counts.items():
        assert counted.to_list() == (places == place).sum().to_list()
    assert found.acceptability.sum(axis=1).to_numpy() == pytest.approx(1)
    assert found.acceptability.columns[0] == 1
    moved = places - experiment.adopted
    assert found.shift["expected"].to_list() == pytest.approx(moved.mean().to_list(), abs=1e-12)
    assert found.shift["absolute"].to_list() == pytest.approx(moved.abs().mean().to_list(), abs=1e-12)
    shifts = pd.Series([mean_rank_shift(experiment.adopted, row) for _, row in places.iterrows()])
    assert found.mean_shift["mean"] == pytest.approx(shifts.mean(), abs=1e-6)
    assert found.mean_shift[["least", "most"]].to_list() == pytest.approx([shifts.min(), shifts.max()])
    for share in (0.05, 0.5, 0.95):
        stated = np.quantile(shifts, share, method="inverted_cdf")
        assert found.mean_shift[f"q{100 * share:g}"] == pytest.approx(stated, abs=1 / 64 + 1e-9)
    best = places.eq(places.min(axis=1), axis=0)
    assert found.first.to_list() == pytest.approx(best.mean().to_list())
    assert found.share_of_top(3).to_list() == pytest.approx((places <= 3).mean().to_list())
    for one in some:
        for other in some:
            assert found.ahead.loc[one, other] == pytest.approx((places[one] < places[other]).mean())
    grades = pd.DataFrame({unit: bands(100 * scores[unit], edition.grades.cut_offs, decimals=1, edge="lower",
                                       floor=20).grade for unit in scores})
    for grade in range(4):
        assert found.grade_shares[grade].to_list() == pytest.approx((grades == grade).mean().to_list())


@pytest.mark.parametrize("coverage", [0.5, 0.9, 0.95, 1.0])
def test_the_summary_has_the_median_and_the_interval_of_the_draws(survey, coverage):
    experiment, design = Experiment(*survey, [WeightNoise(0.5), SamplingError()]), Design(237, "random", 1)
    summary = rank_uncertainty(experiment, design).summary(coverage)
    places = draws_of(experiment, design).apply(rank, axis=1)
    tail = (1 - coverage) / 2
    stated = pd.DataFrame({"adopted": experiment.adopted, "median": places.median(),
                           "low": places.quantile(tail, interpolation="lower"),
                           "high": places.quantile(1 - tail, interpolation="higher")})
    stated["width"] = stated["high"] - stated["low"]
    pd.testing.assert_frame_equal(summary.sort_index(), stated, check_names=False)
    assert summary["adopted"].is_monotonic_increasing
    inside = (places.ge(stated["low"]) & places.le(stated["high"])).mean()
    assert (inside >= coverage).all()


def test_central_weights_are_the_means_of_the_draws_in_which_the_unit_is_first():
    experiment = Experiment(table(values(6)), FLAT, [WeightDirichlet(dict.fromkeys("ABC", 1.0))])
    design = Design(2000, "random", 3)
    found = rank_uncertainty(experiment, design)
    points = np.concatenate([points for _, points in design.points(experiment.columns)])
    weights = pd.DataFrame(experiment.drawn_weights(experiment.draws(points, 3)), columns=experiment.weight_columns)
    places = draws_of(experiment, design).apply(rank, axis=1)
    for unit in experiment.ranked:
        first = places[unit] == 1
        if first.any():
            assert found.central_weights.loc[unit].to_list() == pytest.approx(weights[first].mean().to_list(), abs=1e-8)
        else:
            assert found.central_weights.loc[unit].isna().all()
    assert found.first.sum() == pytest.approx(1)


def test_smaa_of_two_criteria_as_geometry_says(oracle):
    """w uniform on [0; 1]: U0 = (1, 0), U1 = (.6, .6), U2 = (0, 1). U0 is first above w = .6, U2 below .4.

    U1 beats U0 below .6 and U2 above .4, so it is never last: second where it is not first.
    """
    edition = make({"A": INDEX, "B": INDEX}, {"index": "equal"})
    frame = pd.DataFrame({"A": [1, 0.6, 0], "B": [0, 0.6, 1]}, ["U0", "U1", "U2"])
    experiment = Experiment(table(frame), edition, [WeightDirichlet({"A": 1.0, "B": 1.0})])
    found = rank_uncertainty(experiment, Design(2**14, "sobol", 0), compared=experiment.ranked)
    oracle("приемлемость мест (SMAA-2), центры с двумя показателями", "аналитически", found.acceptability,
           [[0.4, 0.1, 0.5], [0.2, 0.8, 0.0], [0.4, 0.1, 0.5]], 0.01)
    oracle("центральные веса (SMAA-2)", "аналитически", found.central_weights[INDEX]["A"], [0.8, 0.5, 0.2], 0.01)
    oracle("вероятность опередить", "аналитически", found.ahead, [[0, 0.4, 0.5], [0.6, 0, 0.6], [0.5, 0.4, 0]], 0.01)


def test_two_units_change_places_as_often_as_geometry_says(oracle):
    """U0 = (1, 0) is ahead of U1 = (.25, .75) if w_A > w_B: .55(1+a) > .45(1+b) with a, b uniform on +-.25.

    The triangle b > 11/9 a + 2/9 cuts 1/22 off the square of area 1/4: U0 is first in 9/11 of the draws.
    """
    edition = make({"A": INDEX, "B": INDEX}, {"index": {"A": 0.55, "B": 0.45}})
    measured = table(pd.DataFrame({"A": [1, 0.25], "B": [0, 0.75]}, index=["U0", "U1"]))
    found = rank_uncertainty(Experiment(measured, edition, [WeightNoise(0.25)]), Design(2**15, "sobol"))
    oracle("веса ±25 %: доля первых мест", "аналитически, 9/11", found.first["U0"], 9 / 11, 0.002)


def test_two_units_change_places_as_often_as_their_standard_errors_say():
    edition = make({"A": INDEX}, {"index": {"A": 1}}, surveyed="A")
    measured = pd.concat([table(pd.DataFrame({"A": [value]}, index=[unit]), error, side="subjective")
                          for unit, value, error in zip(("U0", "U1"), (0.6, 0.5), (0.05, 0.2), strict=True)])
    found = rank_uncertainty(Experiment(measured, edition, [SamplingError()]), Design(5000, seed=3))
    stated = stats.norm.cdf(0.1 / np.hypot(0.05, 0.2))
    assert found.first["U0"] == pytest.approx(stated, abs=3 * (stated * (1 - stated) / 5000)**0.5)


# --- wherever and however they are made -------------------------------------------------------------------------------

class Backwards:
    """Tasks in several threads, results in the opposite order."""

    def __init__(self, workers):
        self.workers = workers

    def map(self, work, tasks):
        with ThreadPoolExecutor(self.workers) as pool:
            return [future.result() for future in [pool.submit(work, task) for task in tasks][::-1]]


@pytest.mark.parametrize("kind", ["random", "sobol"])
def test_one_two_or_four_workers_in_any_order_and_parts_of_any_size_give_the_same(survey, kind, monkeypatch):
    experiment = Experiment(*survey, [WeightNoise(), SamplingError()])
    design = Design(5 * CHUNK + 100, kind, 2)
    alone = rank_uncertainty(experiment, design, compared=experiment.ranked)
    for workers in (1, 2, 4):
        same(alone, rank_uncertainty(experiment, design, compared=experiment.ranked, pool=Backwards(workers)))
    monkeypatch.setattr(uncertainty, "PARTS", 1)
    monkeypatch.setattr(tally, "PLACES", 15 * 100)
    same(alone, rank_uncertainty(experiment, design, compared=experiment.ranked, pool=Backwards(2)))


def test_the_order_of_rows_and_of_factors_changes_nothing(survey):
    measured, edition = survey
    factors = [WeightNoise(), SamplingError(), MixShift(0.1)]
    one = rank_uncertainty(Experiment(measured, edition, factors), Design(200))
    other = Experiment(measured.sample(frac=1, random_state=4), edition, factors[::-1])
    same(one, rank_uncertainty(other, Design(200)))


def test_a_protocol_makes_the_run_again(survey):
    among = pd.Index(["U03", "U01", "U10", "U04"])
    one = rank_uncertainty(Experiment(*survey, [WeightNoise(0.1), SamplingError()], among=among), Design(300, "sobol"))
    protocol = json.loads(json.dumps(one.protocol))
    same(one, rank_uncertainty(*from_protocol(*survey, protocol)))
    with pytest.raises(UsageError, match="Протокол сделан по редакции made, а задана other"):
        from_protocol(survey[0], changed(survey[1], version="other"), protocol)


# --- many units -------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("ties", ["min", "average"])
def test_places_counted_in_blocks(ties):
    edition = changed(FLAT, ranking={"ties": ties})
    experiment = Experiment(table(values(30)), edition, [WeightNoise(0.5)])
    fine, coarse = (rank_uncertainty(experiment, Design(400), block=block) for block in (1, 4))
    assert (fine.block, coarse.block, coarse.counts.shape) == (1, 4, (30, 8))
    assert coarse.counts.columns.to_list() == [1, 5, 9, 13, 17, 21, 25, 29]
    for first, counted in coarse.counts.items():
        inside = [place for place in fine.counts if first <= place < first + 4]
        assert counted.to_list() == fine.counts[inside].sum(axis=1).to_list()
    pd.testing.assert_frame_equal(coarse.shift, fine.shift)
    narrow, wide = fine.summary(), coarse.summary()
    assert (wide["low"] <= narrow["low"]).all()
    assert (wide["high"] >= narrow["high"]).all()
    assert (wide["median"] - narrow["median"]).abs().max() <= 4
    if ties == "min":
        pd.testing.assert_series_equal(coarse.share_of_top(8), fine.share_of_top(8))
        assert (coarse.share_of_top(30) == 1).all()
    with pytest.raises(UsageError, match=r"k=6.*кратное 4; для мест-средних \(ties: average\) — подсчёт по одному"):
        coarse.share_of_top(6)


def test_many_units_are_counted_in_blocks_of_their_own_accord():
    class Many:
        ranked = pd.RangeIndex(100_000)
        edition = FLAT
        weight_columns = ()
    assert uncertainty._layout(Many, None, None).halvings == 9  # 512 places
    assert uncertainty.COARSE / 2 < 4 * 100_000 * 100_000 / 512 < uncertainty.COARSE


def test_what_does_not_fit_is_refused_before_the_start(survey):
    experiment = Experiment(*survey, [WeightNoise()])

    class Many:
        ranked = pd.RangeIndex(40_000)
        edition = FLAT
        weight_columns = ()
    with pytest.raises(UsageError, match=r"Для 40000 единиц счётчики мест займут 12\.8 ГБ памяти \(работников 1\)"):
        rank_uncertainty(Many, Design(10), block=1)
    with pytest.raises(UsageError, match="предел — 2\u202f147\u202f483\u202f647 розыгрышей"):
        rank_uncertainty(experiment, Design(2**31))
    with pytest.raises(UsageError, match="степенью двойки, задано block=3"):
        rank_uncertainty(experiment, Design(10), block=3)
    with pytest.raises(InputError, match="Сравнивать нельзя, нет в рейтинге: X, Y"):
        rank_uncertainty(experiment, Design(10), compared=pd.Index(["U03", "X", "Y"]))
    with pytest.raises(UsageError, match=r"Розыгрышей 10: интервал, накрывающий 90 %.*не меньше 20; для публикации"):
        rank_uncertainty(experiment, Design(10)).summary()


def test_memory_does_not_grow_with_the_number_of_draws(survey):
    layout = uncertainty._layout(Experiment(*survey, [WeightNoise()]), None, None)
    made = tally.Tally.empty(layout)
    held = sum(getattr(made, name).nbytes for name in ("places", "firsts", "weights", "moved", "drift", "grades",
                                                       "ahead", "shifts"))
    assert held == layout.bytes


# --- draws that fail, units without a place ---------------------------------------------------------------------------

@pytest.fixture
def zero():
    """A geometric mean in a third of the draws, of a table with a zero in it."""
    frame = values(8)
    frame.loc["U02", "C"] = 0.0
    rules = tuple(Aggregation(method=name) for name in ("arithmetic", "geometric", "arithmetic"))
    return Experiment(table(frame), FLAT, [AggregationChoice(rules), WeightNoise()])


def test_a_failed_draw_is_counted_and_named(zero):
    found = rank_uncertainty(zero, Design(300, seed=1), most_failed=0.5)
    points = np.concatenate([points for _, points in Design(300, seed=1).points(zero.columns)])
    wrong = (points[:, 0] >= 1 / 3) & (points[:, 0] < 2 / 3)
    reason = "среднее геометрическое в «index»: значение не больше 0 (C)"
    assert found.failed.to_dict("index") == {reason: {"draws": wrong.sum(), "first": wrong.argmax()}}
    assert found.draws == 300 - wrong.sum()
    assert (found.counts.sum(axis=1) == found.draws).all()
    assert (found.placed == 1).all()
    same(found, rank_uncertainty(zero, Design(300, seed=1), most_failed=0.5, pool=Backwards(2)))


def test_too_many_failed_draws_are_no_experiment(zero):
    with pytest.raises(NotPublishable, match=r"Не удалось розыгрышей: \d+ из 300, допустимо 5 %. Причины: среднее "
                                             r"геометрическое в «index»: значение не больше 0 \(C\) — \d+ \(первый №"):
        rank_uncertainty(zero, Design(300))


def test_a_unit_may_lose_its_place_under_a_missing_data_rule():
    frame = values(8)
    frame.loc["U03", "C"] = NAN
    rules = (Missing(rule="reweight"), Missing(rule="complete"))
    experiment = Experiment(table(frame), FLAT, [MissingChoice(rules), WeightNoise()])
    design = Design(256, "sobol")
    found = rank_uncertainty(experiment, design)
    places = draws_of(experiment, design).apply(rank, axis=1)
    assert found.placed.to_dict() == pytest.approx(places.notna().mean().to_dict())
    assert found.placed["U03"] == 0.5
    assert found.summary().loc["U03", "median"] == places["U03"].median()
    assert found.shift.loc["U03", "absolute"] == pytest.approx((places["U03"] - experiment.adopted["U03"]).abs().mean())


# --- grades -----------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("rule", [
    GRADES, GRADES | {"decimals": 0, "edge": "upper", "floor": None},
    GRADES | {"decimals": None, "cut_offs": [30, 30.3]},
    {"title": "g", "labels": ["1", "2", "3"], "method": "quantiles"},
    {"title": "g", "labels": ["1", "2", "3"], "method": "k-means"}])
def test_borders_are_the_first_scores_of_the_recipes_grades(rule):
    edition = changed(FLAT, grades={key: value for key, value in rule.items() if value is not None},
                      publication={"multiplier": 100})
    experiment = Experiment(table(values(40)), edition, [WeightNoise()])
    borders = experiment.grade_borders
    adopted = score(table(values(40)), edition)
    np.testing.assert_array_equal(experiment.model("grade")(np.full((1, 3), 0.5))[0], adopted.grade[experiment.ranked])
    mine = (experiment.adopted_index.to_numpy()[:, None] >= borders).sum(axis=1)
    assert mine.tolist() == adopted.grade[experiment.ranked].to_list()
    options = {key: rule.get(key) for key in ("decimals", "floor")} | {"edge": rule.get("edge", "upper")}
    options["edge"] = "lower" if rule["method"] == "quantiles" else options["edge"]
    for grade, at in enumerate(borders[0], 1):
        if np.isfinite(at):
            pair = pd.Series([np.nextafter(at, -np.inf), at])
            before, reached = bands(100 * pair, adopted.cut_offs["all"], **options).grade
            assert before < grade <= reached
