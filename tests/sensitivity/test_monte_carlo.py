"""Does the fast array engine compute the same index as the recipe, and are its draws what they are said to be?"""

import json
import warnings

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from methods.data import editions
from methods.data.measure import measure
from methods.errors import InputError, UsageError
from methods.index.edition import INDEX, Edition
from methods.index.rank import mean_rank_shift
from methods.index.score import EVERYONE, score
from methods.sensitivity import monte_carlo
from methods.sensitivity.monte_carlo import _Index, _Streams, rank_stability, usable_errors

SHIPPED = ("cms-2021", "egov-career-2022", "gtmi-2020", "gtmi-2022", "gtmi-2025", "odm-2023", "star-2022")
NAN = np.nan
SURVEY = {"measure": "survey", "table": "t", "question": "q", "scale": [1, 5]}
COLUMN = {"measure": "column", "table": "t", "column": "c"}


def make(indicators, weights, *, two_sided=(), surveyed=(), **settings):
    """An edition without files: indicator -> group (`index` for none), weights as in the file."""
    def sides(code):
        if code in two_sided:
            return {"subjective": SURVEY, "objective": COLUMN}
        return {"subjective": SURVEY} if code in surveyed else {"objective": COLUMN}

    content = {
        "version": "made", "title": "Made in a test", "status": "candidate", "in_force": {"start": "2024-01-01"},
        "legal_basis": ["-"], "decision": "-", "unit": dict.fromkeys(("title", "one", "few", "many"), "u"),
        "data": {"dataset": "d", "periods": ["2024"], "units": {"file": "f", "unit": "u", "title": "t"},
                 "tables": {"t": {"file": "f", "unit": "u", "clientele": "w"}}},
        "groups": {group: {"title": group} for group in dict.fromkeys(indicators.values()) if group != INDEX},
        "indicators": {code: {"title": code, "group": group, "sides": sides(code)} for code,
                       group in indicators.items()},
        "weights": weights, "normalisation": {"method": "none"}, "aggregation": {"default": {"method": "arithmetic"}},
        "missing": {"default": {"rule": "reweight"}}, "publication": {}} | settings
    return editions.parse_edition(json.dumps(content, ensure_ascii=False))


def table(values, se=None, n=10, side="objective", clientele=EVERYONE):
    """Measurements from units x indicators."""
    rows = [{"unit": unit, "indicator": code, "side": side, "clientele": clientele, "value": value,
             "se": NAN if se is None else se, "n": n} for (unit, code), value in values.stack().items()]
    return pd.DataFrame(rows)


def values(units=12, codes="ABC", seed=1, gaps=0.0):
    draw = np.random.default_rng(seed)
    frame = pd.DataFrame(draw.uniform(0.1, 1, (units, len(codes))), columns=list(codes),
                         index=[f"U{n:02}" for n in range(units)])
    return frame.mask(draw.random(frame.shape) < gaps)


def streams(seed=0):
    return _Streams(seed)


def without_noise(measurements, edition, draws=1):
    """The array engine's index with every source of noise off, and the recipe's, for ranked units."""
    adopted = score(measurements, edition)
    made = _Index(measurements, edition, adopted).draw(draws, streams(), 0.0, 0.0, False)
    ranked = adopted.rank.dropna().index
    return pd.DataFrame(made, index=adopted.rank.index).loc[ranked], adopted.index[ranked], adopted


FLAT = make({"A": INDEX, "B": INDEX, "C": INDEX}, {"index": {"A": 0.5, "B": 0.3, "C": 0.2}})


# --- the array engine is the recipe -----------------------------------------------------------------------------------

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
def test_without_noise_the_array_engine_is_the_recipe_for_every_shipped_edition(shipped, version):
    edition, measurements = shipped(version)
    made, stated, adopted = without_noise(measurements, edition)
    assert len(stated) > 30
    assert np.abs(made[0] - stated).max() < 1e-9
    places = (-made[0].round(12)).rank(method=edition.ranking.ties)
    pd.testing.assert_series_equal(places, adopted.rank[stated.index], check_names=False)


HOW = {"arithmetic": {}, "geometric": {}, "harmonic": {}, "power 2": {"method": "power", "exponent": 2},
       "power 0": {"method": "power", "exponent": 0}, "power -0.5": {"method": "power", "exponent": -0.5}}


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize("gap_rule",
                         [{"rule": "complete"}, {"rule": "reweight"}, {"rule": "reweight", "min_coverage": 0.6}])
@pytest.mark.parametrize("whole", [True, False])
def test_without_noise_the_array_engine_is_the_recipe_for_every_mean_and_rule_of_gaps(how, gap_rule, whole):
    edition = make({"A": "G", "B": "G", "C": "H", "D": "H", "E": INDEX}, {
        "index": {"G": 0.5, "H": 0.3, "E": 0.2}, "G": {"A": 0.4, "B": 0.6}, "H": "equal"},
        aggregation={"default": HOW[how] or {"method": how}, "H": {"method": "arithmetic"}},
                   missing={"default": gap_rule})
    measured = table(values(40, "ABCDE", gaps=0.0 if whole else 0.2))
    made, stated, adopted = without_noise(measured, edition)
    assert len(stated) == 40 or (not whole and len(stated) > 5)
    if not whole and gap_rule != {"rule": "reweight"}:
        assert len(stated) < len(adopted.rank)  # the rule does exclude somebody
    assert np.abs(made[0] - stated).max() < 1e-12


@pytest.mark.parametrize("rule", ["missing", "available"])
@pytest.mark.parametrize("clienteles", [False, True])
def test_without_noise_the_array_engine_is_the_recipe_for_sides_and_clienteles(rule, clienteles):
    audience = {"s": {"title": "s", "value": "s", "share": 0.7}, "e": {"title": "e", "value": "e", "share": 0.3}}
    edition = make({"A": INDEX, "B": INDEX, "C": INDEX}, {"index": {"A": 0.5, "B": 0.3, "C": 0.2}}, two_sided="AB",
                   sides={"missing": rule}, clienteles=audience if clienteles else {})
    surveys = [table(values(30, "AB", seed=n, gaps=0.3), 0.05, side="subjective", clientele=view)
               for n, view in enumerate(audience if clienteles else [EVERYONE])]
    measured = pd.concat([*surveys, table(values(30, "ABC", seed=9, gaps=0.2))], ignore_index=True)
    made, stated, adopted = without_noise(measured, edition, draws=3)
    assert 10 < len(stated) <= 30
    assert adopted.indicators.isna().to_numpy().any()
    assert np.abs(made.sub(stated, axis=0)).to_numpy().max() < 1e-12


@pytest.mark.parametrize("normalisation",
                         [{"method": "min-max", "lower": 1, "upper": 100}, {"method": "z-score"}, {"method": "rank"},
                                           {"method": "goalposts", "low": 0.2, "high": 0.8}, {"method": "percentile"}])
def test_without_noise_the_array_engine_is_the_recipe_for_every_normalisation(normalisation):
    edition = make({"A": INDEX, "B": INDEX, "C": INDEX}, {"index": {"A": 0.5, "B": 0.3, "C": 0.2}},
                   normalisation=normalisation)
    made, stated, _ = without_noise(table(values(20)), edition)
    assert np.abs(made[0] - stated).max() < 1e-9


def test_an_indicator_that_is_screened_out_is_out_of_both():
    edition = make({"A": INDEX, "B": INDEX, "C": INDEX}, {"index": {"A": 0.5, "B": 0.3, "C": 0.2}}, min_units=5)
    frame = values(12)
    frame.loc[frame.index[3:], "C"] = NAN
    made, stated, adopted = without_noise(table(frame), edition)
    assert adopted.dropped == ("C",)
    assert np.abs(made[0] - stated).max() < 1e-12


@pytest.mark.parametrize("how", HOW)
def test_a_draw_is_the_recipe_under_the_weights_it_drew(how):
    edition = make({"A": "G", "B": "G", "C": "H", "D": "H"},
                   {"index": {"G": 0.6, "H": 0.4}, "G": {"A": 0.4, "B": 0.6}, "H": "equal"},
                   aggregation={"default": HOW[how] or {"method": how}})
    measured = table(values(15, "ABCD", gaps=0.1))
    index = _Index(measured, edition, score(measured, edition))
    drawn = index.weights(4, streams(), 0.5)
    made = index.draw(4, streams(), 0.5, 0.0, False)
    for draw in range(4):
        weights = {parent: {code: float(weight[draw]) for code, weight in part.items()} for parent,
                   part in drawn.items()}
        assert weights["G"]["A"] != 0.4
        stated = score(measured, edition.model_copy(update={"weights": weights})).index
        np.testing.assert_allclose(made[:, draw], stated, rtol=0, atol=1e-12)


# --- what is drawn ----------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("spread", [0.1, 0.25, 1.0])
def test_drawn_weights_sum_to_one_and_stay_within_the_spread(spread):
    measured = table(values())
    drawn = _Index(measured, FLAT, score(measured, FLAT)).weights(2000, streams(), spread)[INDEX]
    nominal = FLAT.weights[INDEX]
    together = np.stack(list(drawn.values()))
    assert together.sum(axis=0) == pytest.approx(1)
    ratio = (drawn["A"] / drawn["B"]) / (nominal["A"] / nominal["B"])
    most = (1 + spread) / (1 - spread) if spread < 1 else np.inf
    assert ratio.max() <= most
    assert ratio.min() >= 1 / most
    if spread < 1:  # and they do use the width they are given
        assert ratio.max() > 0.85 * most


def share_first(stability, unit="U0"):
    return (stability.ranks[unit] == 1).mean()


def three_sigma(share, draws):
    return 3 * np.sqrt(share * (1 - share) / draws)


def test_two_units_change_places_as_often_as_geometry_says():
    """U0 = (1, 0) is ahead of U1 = (.25, .75) if w_A > w_B: .55(1+a) > .45(1+b) with a, b uniform on +-.25.

    The triangle b > 11/9 a + 2/9 cuts 1/22 off the square of area 1/4: U0 is first in 9/11 of the draws.
    """
    edition = make({"A": INDEX, "B": INDEX}, {"index": {"A": 0.55, "B": 0.45}})
    measured = table(pd.DataFrame({"A": [1, 0.25], "B": [0, 0.75]}, index=["U0", "U1"]))
    stability = rank_stability(measured, edition, draws=20_000, spread=0.25, sampling=False, seed=0)
    assert share_first(stability) == pytest.approx(9 / 11, abs=three_sigma(9 / 11, 20_000))
    assert stability.share_of_top(1)["U0"] == share_first(stability)


@pytest.mark.parametrize("errors", [(0.1, 0.1), (0.05, 0.2)])
def test_two_units_change_places_as_often_as_their_standard_errors_say(errors):
    edition = make({"A": INDEX}, {"index": {"A": 1}}, surveyed="A")
    measured = pd.concat([table(pd.DataFrame({"A": [value]}, index=[unit]), error, side="subjective")
                          for unit, value, error in zip(("U0", "U1"), (0.6, 0.5), errors, strict=True)])
    stability = rank_stability(measured, edition, draws=5000, spread=0, seed=3)
    stated = norm.cdf(0.1 / np.hypot(*errors))
    assert share_first(stability) == pytest.approx(stated, abs=three_sigma(stated, 5000))


def test_two_units_change_places_as_often_as_the_mix_says():
    """U0: .1 + .8 m, U1: .7 - .5 m; U0 is ahead above m = 6/13, m is uniform on .3 to .7."""
    edition = make({"A": INDEX}, {"index": {"A": 1}}, two_sided="A")
    measured = pd.concat([table(pd.DataFrame({"A": [0.9, 0.2]}, index=["U0", "U1"]), side="subjective"),
                          table(pd.DataFrame({"A": [0.1, 0.7]}, index=["U0", "U1"]))])
    stability = rank_stability(measured, edition, draws=5000, spread=0, mix_spread=0.2, sampling=False, seed=4)
    stated = (0.7 - 6 / 13) / 0.4
    assert share_first(stability) == pytest.approx(stated, abs=three_sigma(stated, 5000))


def test_all_draws_agree_with_a_plain_simulation():
    """The same three sources of noise, written down without any of our code."""
    edition = make({"A": INDEX, "B": INDEX}, {"index": {"A": 0.5, "B": 0.5}}, two_sided="A")
    survey, checked, other = np.array([0.8, 0.7, 0.6]), np.array([0.4, 0.6, 0.7]), np.array([0.5, 0.45, 0.55])
    units = ["U0", "U1", "U2"]
    measured = pd.concat([table(pd.DataFrame({"A": survey}, index=units), 0.08, side="subjective"),
                          table(pd.DataFrame({"A": checked, "B": other}, index=units))])
    stability = rank_stability(measured, edition, draws=6000, spread=0.3, mix_spread=0.1, seed=5)
    draw, count = np.random.default_rng(99), 200_000
    weights = 0.5 * (1 + draw.uniform(-0.3, 0.3, (2, count)))
    weights /= weights.sum(axis=0)
    share = draw.uniform(0.4, 0.6, count)
    first = share * (survey[:, None] + 0.08 * draw.standard_normal((3, count))) + (1 - share) * checked[:, None]
    index = weights[0] * first + weights[1] * other[:, None]
    for place, unit in enumerate(units):
        stated = (index.argmax(axis=0) == place).mean()
        assert share_first(stability, unit) == pytest.approx(stated, abs=three_sigma(stated, 6000) * 1.02)


def test_standard_errors_of_zero_and_unknown_take_the_pooled_spread():
    """Known: se .1 of 16 answers and .2 of 4, spreads .4 and .4; pooled .4, so .4/sqrt(n) stands in."""
    measured = pd.DataFrame({"indicator": "A", "side": "subjective", "clientele": "", "se": [0.1, 0.2, 0.0, NAN, 0.0],
                             "n": [16, 4, 64, 1, 0]})
    assert usable_errors(measured).to_list() == pytest.approx([0.1, 0.2, 0.05, 0.4, NAN], nan_ok=True)


def test_pooled_spread_does_not_mix_questions():
    measured = pd.DataFrame({"indicator": ["A", "A", "B", "B"], "side": "subjective", "clientele": "",
                             "se": [0.1, 0.0, 0.3, 0.0], "n": [4, 4, 4, 4]})
    assert usable_errors(measured).to_list() == pytest.approx([0.1, 0.1, 0.3, 0.3])


def test_an_error_common_to_both_clienteles_is_drawn_once():
    """One measurement for everyone has one error: drawn anew for each clientele it would shrink by the root of two."""
    audience = {"s": {"title": "s", "value": "s", "share": 0.5}, "e": {"title": "e", "value": "e", "share": 0.5}}
    edition = make({"A": INDEX}, {"index": {"A": 1}}, clienteles=audience)
    measured = table(values(4, "A"), 0.1)
    made = _Index(measured, edition, score(measured, edition)).draw(4000, streams(), 0.0, 0.0, True)
    assert made.std(axis=1) == pytest.approx(0.1, rel=0.05)


def test_a_checklist_has_no_sampling_error():
    measured = pd.concat([table(values(codes="A"), 0.1, side="subjective"), table(values(codes="B"))])
    edition = make({"A": INDEX, "B": INDEX}, {"index": {"A": 0.5, "B": 0.5}}, surveyed="A")
    index = _Index(measured, edition, score(measured, edition))
    made = index.values(5, streams(), True)
    np.testing.assert_array_equal(made["B", "objective", EVERYONE], values(codes="B").to_numpy())
    assert made["A", "subjective", EVERYONE].std(axis=1).min() > 0


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
    one, two = (rank_stability(*survey, draws=150, seed=seed, mix_spread=0.1) for _ in range(2))
    pd.testing.assert_frame_equal(one.ranks, two.ranks)
    assert one.seed == seed


@pytest.mark.parametrize(("one", "two"), [(0, 1), (1, 2), (0, 2**32)])
def test_another_seed_makes_other_draws(survey, one, two):
    assert not rank_stability(*survey, draws=50,
                              seed=one).ranks.equals(rank_stability(*survey, draws=50, seed=two).ranks)


@pytest.mark.parametrize("shuffle", range(3))
def test_the_order_of_rows_changes_nothing(survey, shuffle):
    measured, edition = survey
    shuffled = measured.sample(frac=1, random_state=shuffle)
    pd.testing.assert_frame_equal(rank_stability(shuffled, edition, draws=50, mix_spread=0.1).ranks,
                                  rank_stability(measured, edition, draws=50, mix_spread=0.1).ranks)


def test_the_order_of_indicators_in_the_file_changes_nothing(survey):
    measured, edition = survey
    content = json.loads(edition.model_dump_json(by_alias=True, exclude_none=True))
    content["indicators"] = dict(reversed(content["indicators"].items()))
    content["weights"]["index"] = dict(reversed(content["weights"]["index"].items()))
    other = Edition.model_validate_json(json.dumps(content))
    assert list(other.indicators) == ["C", "B", "A"]
    pd.testing.assert_frame_equal(rank_stability(measured, other, draws=50).ranks,
                                  rank_stability(measured, edition, draws=50).ranks)


@pytest.fixture
def drawn(monkeypatch):
    """Weights and shifts of the mix as they were drawn, run by run."""
    seen = []
    weights, combined = _Index.weights, _Index._combined

    def keep_weights(self, *arguments):
        made = weights(self, *arguments)
        seen.append(np.concatenate([np.stack(list(part.values())) for part in made.values()]))
        return made

    def keep_shift(self, sides, mix, shift):
        seen.append(shift)
        return combined(self, sides, mix, shift)
    monkeypatch.setattr(_Index, "weights", keep_weights)
    monkeypatch.setattr(_Index, "_combined", keep_shift)
    return seen


def test_sampling_changes_neither_the_weights_nor_the_mix(survey, drawn):
    for sampling in (False, True):
        rank_stability(*survey, draws=30, mix_spread=0.1, sampling=sampling)
    half = len(drawn) // 2
    assert half >= 4
    for off, on in zip(drawn[:half], drawn[half:], strict=True):
        np.testing.assert_array_equal(off, on)


def test_the_mix_does_not_change_the_weights(survey, drawn):
    for mix_spread in (0.0, 0.2):
        rank_stability(*survey, draws=30, mix_spread=mix_spread)
    weights = [made for made in drawn if made.ndim == 2]
    assert len(weights) == 2
    np.testing.assert_array_equal(*weights)


def test_the_spread_does_not_change_the_survey(survey):
    """Without weights' noise and with an all but invisible one, the same answers are drawn."""
    still, moved = (rank_stability(*survey, draws=40, spread=spread) for spread in (0.0, 1e-12))
    pd.testing.assert_frame_equal(still.ranks, moved.ranks)


def test_more_draws_go_on_where_fewer_stopped(survey):
    few, many = (rank_stability(*survey, draws=draws, mix_spread=0.1).ranks for draws in (70, 250))
    pd.testing.assert_frame_equal(many.iloc[:70], few)


# --- the result -------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("coverage", [0.5, 0.9, 0.95, 1.0])
def test_the_interval_holds_at_least_the_stated_share_of_draws(survey, coverage):
    stability = rank_stability(*survey, draws=237)
    table = stability.summary(coverage)
    inside = (stability.ranks.ge(table["low"]) & stability.ranks.le(table["high"])).mean()
    assert (inside >= coverage).all()
    assert (table["width"] == table["high"] - table["low"]).all()
    assert table["width"].max() > 0


def test_the_interval_is_no_wider_than_it_must_be():
    """Of 100 draws with places 1 to 100, 90 % hold at least 90 of them and no more than 92."""
    stability = monte_carlo.RankStability(pd.DataFrame({"U": np.arange(1.0, 101)}), pd.Series({"U": 1.0}),
                                          pd.DataFrame(), 0, 0.1, 0,
                                          False)
    low, high = stability.summary(0.9).loc["U", ["low", "high"]]
    assert 90 <= high - low + 1 <= 92


def test_wider_noise_makes_wider_intervals(shipped):
    edition, measurements = shipped("gtmi-2022")
    widths = [rank_stability(measurements, edition, draws=200, spread=spread).summary()["width"].mean()
              for spread in (0.05, 0.1, 0.25, 0.5, 1.0)]
    assert widths == sorted(widths)
    assert widths[0] < widths[-1] / 3


def test_adopted_places_are_those_of_the_recipe_and_come_first(survey):
    stability = rank_stability(*survey, draws=20)
    pd.testing.assert_series_equal(stability.adopted, score(*survey).rank)
    assert stability.summary()["adopted"].is_monotonic_increasing


def test_mean_shift_is_the_published_formula_for_each_draw(survey):
    stability = rank_stability(*survey, draws=20)
    stated = [mean_rank_shift(stability.adopted, places) for _, places in stability.ranks.iterrows()]
    assert max(stated) > 0
    assert stability.mean_shift().to_list() == pytest.approx(stated)


def test_units_that_are_not_eligible_stay_out():
    edition = make({"A": INDEX, "B": INDEX, "C": INDEX}, {"index": {"A": 0.5, "B": 0.3, "C": 0.2}},
                   eligibility={"min_coverage": 0.9})
    frame = values(8)
    frame.loc["U03", "C"] = NAN
    stability = rank_stability(table(frame), edition, draws=20)
    assert "U03" not in stability.ranks
    assert set(stability.ranks.stack().astype(int)) <= set(range(1, 8))


@pytest.mark.parametrize("ties", ["min", "average", "max", "dense"])
def test_equal_units_share_a_place_in_every_draw(ties):
    edition = make({"A": INDEX, "B": INDEX}, {"index": {"A": 0.5, "B": 0.5}}, ranking={"ties": ties})
    frame = pd.DataFrame({"A": [0.1 + 0.2, 0.3, 0.9, 0.1], "B": [0.4, 0.4, 0.9, 0.1]}, index=["U0", "U1", "U2", "U3"])
    ranks = rank_stability(table(frame), edition, draws=30).ranks
    place = {"min": 2, "average": 2.5, "max": 3, "dense": 2}[ties]
    assert (ranks[["U0", "U1"]] == place).all(axis=None)


@pytest.mark.parametrize("version", ["gtmi-2022", "cms-2021", "star-2022"])
def test_grade_shares_sum_to_one(shipped, version):
    edition, measurements = shipped(version)
    stability = rank_stability(measurements, edition, draws=20)
    assert stability.grade_shares.shape == (len(stability.adopted), len(edition.grades.labels) + 1)
    assert stability.grade_shares.sum(axis=1).to_numpy() == pytest.approx(1)


@pytest.mark.parametrize("version", ["gtmi-2022", "cms-2021", "star-2022"])
def test_all_but_invisible_noise_leaves_every_grade(shipped, version):
    edition, measurements = shipped(version)
    adopted = score(measurements, edition).grade
    shares = rank_stability(measurements, edition, draws=2, spread=1e-13, sampling=False).grade_shares
    own = adopted[shares.index].astype(int)
    assert own.nunique() > 3
    assert (shares.idxmax(axis=1) == own).all()
    assert (shares.max(axis=1) == 1).all()


def test_grades_by_quantiles_and_an_edition_without_grades():
    rule = {"title": "g", "labels": ["1", "2", "3"], "method": "quantiles"}
    edition = FLAT.model_copy(update={"grades": None})
    assert rank_stability(table(values()), edition, draws=5).grade_shares.empty
    content = json.loads(FLAT.model_dump_json(by_alias=True, exclude_none=True)) | {"grades": rule}
    edition = Edition.model_validate_json(json.dumps(content))
    shares = rank_stability(table(values()), edition, draws=2, spread=1e-13).grade_shares
    assert (shares.idxmax(axis=1) == score(table(values()), edition).grade).all()


# --- gaps and edges under noise ---------------------------------------------------------------------------------------

def test_a_unit_exactly_at_the_least_coverage_is_placed_in_every_draw():
    """The adopted weights decide who has enough data: here U00 has exactly half of them, whatever is drawn."""
    edition = make({"A": INDEX, "B": INDEX}, {"index": {"A": 0.5, "B": 0.5}},
                   missing={"default": {"rule": "reweight", "min_coverage": 0.5}})
    frame = values(6, "AB")
    frame.loc["U00", "B"] = NAN
    stability = rank_stability(table(frame), edition, draws=40)
    assert "U00" in stability.adopted.index
    assert stability.ranks.notna().all(axis=None)


def test_survey_noise_below_zero_does_not_break_a_geometric_mean():
    """.05 with a standard error of .05 falls below zero in one draw of six, where a geometric mean has no meaning."""
    edition = make({"A": INDEX, "B": INDEX}, {"index": {"A": 0.5, "B": 0.5}}, surveyed="AB",
                   aggregation={"default": {"method": "geometric"}})
    frame = values(6, "AB")
    frame.loc["U00", "A"] = 0.05
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            ranks = rank_stability(table(frame, 0.05, side="subjective"), edition, draws=40).ranks
        except InputError:
            return  # refused in words: also good
    assert ranks.notna().all(axis=None)


# --- what is refused --------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("wrong",
                         [{"draws": 0}, {"draws": -5}, {"spread": -0.1}, {"spread": 1.1}, {"spread": NAN},
                          {"mix_spread": -0.1},
                                   {"mix_spread": 0.6}])
def test_a_parameter_out_of_range_is_a_usage_error_that_shows_it(survey, wrong):
    with pytest.raises(UsageError, match="от 0 до") as caught:
        rank_stability(*survey, **wrong)
    assert caught.value.exit_code == 2
    (name, value), = wrong.items()
    assert f"{name}={value:g}" in str(caught.value)


def test_a_negative_seed_is_a_usage_error(survey):
    with pytest.raises(UsageError, match="seed"):
        rank_stability(*survey, draws=5, seed=-1)


def test_the_mix_cannot_go_past_the_smaller_side(survey):
    measured, edition = survey
    one_sided = {"mix": {"subjective": 0.2, "objective": 0.8}}
    content = json.loads(edition.model_dump_json(by_alias=True, exclude_none=True))
    content["indicators"]["A"] |= one_sided
    edition = Edition.model_validate_json(json.dumps(content))
    assert rank_stability(measured, edition, draws=5, mix_spread=0.2).mix_spread == 0.2
    with pytest.raises(UsageError, match="mix_spread"):
        rank_stability(measured, edition, draws=5, mix_spread=0.3)


def test_nothing_varied_is_refused_in_words(survey):
    with pytest.raises(InputError, match="Ни один источник неопределённости не задан") as caught:
        rank_stability(*survey, spread=0, sampling=False)
    assert caught.value.exit_code == 3
    with pytest.raises(InputError, match="ошибки опроса нет"):  # sampling asked for, but no standard errors there
        rank_stability(table(values()), FLAT, spread=0, sampling=True)


def test_a_mix_without_two_sides_is_refused_in_words():
    with pytest.raises(InputError,
                       match=r"в редакции нет показателей с двумя сторонами. Задайте mix_spread = 0") as caught:
        rank_stability(table(values()), FLAT, mix_spread=0.1)
    assert caught.value.exit_code == 3


def test_sampling_is_reported_as_off_when_there_is_nothing_to_draw():
    assert rank_stability(table(values()), FLAT, draws=2).sampling is False


@pytest.mark.parametrize("draws", [1, 99, 100, 101])
def test_any_number_of_draws_is_made(survey, draws):
    ranks = rank_stability(*survey, draws=draws).ranks
    assert ranks.shape == (draws, 12)
    assert (np.sort(ranks, axis=1) == np.arange(1, 13)).all()
