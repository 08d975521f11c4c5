"""Every factor against the recipe: a draw is `score` of the edition and the measurements that it stands for."""

import itertools
import json
import pickle

import numpy as np
import pandas as pd
import pytest
from made_editions import FLAT, NAN, content_of, make, table, values

from methods.errors import InputError, ZvezdaError
from methods.index import normalise
from methods.index.aggregate import AGGREGATIONS
from methods.index.edition import INDEX, Aggregation, Edition, Missing, Normalisation
from methods.index.rank import mean_rank_shift, rank
from methods.index.score import EVERYONE, score
from methods.sensitivity.engine import Experiment
from methods.sensitivity.factors import (
    AggregationChoice,
    ChecklistError,
    IndicatorLeftOut,
    MissingChoice,
    MixShift,
    NormalisationChoice,
    SamplingError,
    WeightDirichlet,
    WeightNoise,
    WeightPolytope,
    Winsorisation,
)
from methods.sensitivity.noise import stream, usable_errors
from methods.sensitivity.outliers import treat_outliers

TREE = make({"A": "G", "B": "G", "C": "H", "D": "H", "E": INDEX},
            {"index": {"G": 0.5, "H": 0.3, "E": 0.2}, "G": {"A": 0.4, "B": 0.6}, "H": "equal"})
MEANS = {"arithmetic": {"method": "arithmetic"}, "geometric": {"method": "geometric"},
         "harmonic": {"method": "harmonic"}, "power 2": {"method": "power", "exponent": 2},
         "power 0": {"method": "power", "exponent": 0}, "power -0.5": {"method": "power", "exponent": -0.5}}
NORMALISATIONS = [{"method": "min-max", "lower": 1, "upper": 100}, {"method": "z-score", "mean": 10, "sd": 2},
                  {"method": "goalposts", "low": 0.2, "high": 0.8, "lower": 1, "upper": 2}, {"method": "rank"},
                  {"method": "borda"}, {"method": "percentile"}, {"method": "distance-to-reference"},
                  {"method": "distance-to-reference", "reference": "mean"},
                  {"method": "distance-to-reference", "reference": "U03"},
                  {"method": "distance-to-reference", "reference": 0.7}, {"method": "none"}]


def points(experiment, draws=6, seed=0):
    return np.random.default_rng(seed).random((draws, len(experiment.columns)))


def coordinates(experiment, u, factor):
    """The factor's coordinates: draws x elements, by name of the element."""
    return pd.DataFrame(u, columns=experiment.columns)[factor.name]


def chosen(u, alternatives):
    """The alternative at a coordinate, all equally likely."""
    return alternatives[min(int(u * len(alternatives)), len(alternatives) - 1)]


def changed(edition, **keys):
    """The edition with some top keys changed."""
    return Edition.model_validate_json(json.dumps(content_of(edition) | keys))


def agree(experiment, u, recipe, seed=0, least=0):
    """Scores of all draws are those of `recipe(draw)`, a draw at a time; where it refuses, the draw has a reason."""
    made, why = experiment.index(u, seed)
    refused = 0
    for draw in range(len(u)):
        try:
            stated = recipe(draw)[experiment.ranked]
        except ZvezdaError:
            assert why[draw] != ""
            assert np.isnan(made[draw]).all()
            refused += 1
            continue
        assert why[draw] == ""
        np.testing.assert_allclose(made[draw], stated, rtol=0, atol=1e-12 * max(1, np.nanmax(np.abs(stated))))
    assert len(u) - refused > least
    return refused


# --- weights ----------------------------------------------------------------------------------------------------------

def noisy(edition, u, spread):
    """Weights of every element under the coordinates of one draw, by the formula."""
    weights = {}
    for parent in {element.split("/")[0] for element in u.index}:
        nominal = edition.weights_of(parent)
        own = u[[f"{parent}/{member}" for member in nominal.index]].to_numpy()
        drawn = nominal * (1 + spread * (2 * own - 1))
        weights[parent] = (drawn / drawn.sum()).to_dict()
    return weights


@pytest.mark.parametrize("how", MEANS)
@pytest.mark.parametrize("gaps", [0.0, 0.15])
def test_perturbed_weights_at_every_level(how, gaps):
    edition = changed(TREE, aggregation={"default": MEANS[how]})
    measured = table(values(15, "ABCDE", gaps=gaps))
    factor = WeightNoise(0.5)
    experiment = Experiment(measured, edition, [factor])
    u = points(experiment)
    weights = [noisy(edition, row, 0.5) for _, row in coordinates(experiment, u, factor).iterrows()]
    assert set(weights[0]) == {"G", "H", INDEX}
    agree(experiment, u, lambda draw: score(measured, changed(edition, weights=weights[draw])).index)


def test_perturbed_weights_of_a_flat_edition_and_of_one_element():
    flat = changed(TREE, weights={"index": dict(zip("ABCDE", (0.3, 0.1, 0.2, 0.15, 0.25), strict=True))})
    measured = table(values(15, "ABCDE"))
    for edition, factor in ((flat, WeightNoise(0.25)), (TREE, WeightNoise(0.25, ("G",)))):
        experiment = Experiment(measured, edition, [factor])
        u = points(experiment)
        weights = [noisy(edition, row, 0.25) for _, row in coordinates(experiment, u, factor).iterrows()]
        agree(experiment, u,
              lambda draw, edition=edition, weights=weights: score(measured, changed(
                  edition, weights=content_of(edition)["weights"] | weights[draw])).index)


def test_points_of_a_sum_are_scaled_by_the_noise_of_weights():
    """A sum has no weights: with the noise w' / w every member counts so many times."""
    edition = make({"A": INDEX, "B": INDEX}, {"index": "equal"}, aggregation={"default": {"method": "sum"}})
    frame = values(6, "AB")
    factor = WeightNoise(0.25)
    experiment = Experiment(table(frame), edition, [factor])
    u = points(experiment)
    for draw, (_, row) in zip(experiment.index(u)[0], coordinates(experiment, u, factor).iterrows(), strict=True):
        scale = pd.Series(noisy(edition, row, 0.25)[INDEX]) / 0.5
        np.testing.assert_allclose(draw, (frame * scale).sum(axis=1), rtol=0, atol=1e-12)


def test_weights_of_a_dirichlet_law_and_of_a_polytope_reach_the_index_by_name():
    measured = table(values(15, "ABCDE"))
    factors = [WeightDirichlet({"G": 3, "H": 2, "E": 1}),
               WeightPolytope({"A": (0.2, 0.5), "B": (0.5, 0.8)}, "G")]
    experiment = Experiment(measured, TREE, factors)
    u = points(experiment, 20)
    drawn = experiment.draws(u, 7)
    assert list(experiment.weight_columns) == [("G", "A"), ("G", "B"), (INDEX, "E"), (INDEX, "G"), (INDEX, "H")]
    table_of = pd.DataFrame(experiment.drawn_weights(drawn), columns=experiment.weight_columns)
    assert table_of["G"]["A"].between(0.2, 0.5).all()
    assert table_of[INDEX]["G"].std() > 0.05

    def recipe(draw):
        weights = {parent: table_of[parent].loc[draw].to_dict() for parent in (INDEX, "G")} | {"H": "equal"}
        return score(measured, changed(TREE, weights=weights)).index
    agree(experiment, u, recipe, seed=7)


# --- measurements -----------------------------------------------------------------------------------------------------

@pytest.fixture
def survey():
    """Two clienteles, two sides, gaps, measurements for everyone, standard errors of zero."""
    audience = {"s": {"title": "s", "value": "s", "share": 0.7}, "e": {"title": "e", "value": "e", "share": 0.3}}
    edition = make({"A": INDEX, "B": INDEX, "C": INDEX}, {"index": {"A": 0.5, "B": 0.3, "C": 0.2}}, two_sided="AB",
                   surveyed="C", sides={"missing": "available"}, clienteles=audience)
    measured = pd.concat([
        *(table(values(20, "AB", seed=n, gaps=0.2), 0.05, side="subjective", clientele=view)
          for n, view in enumerate(audience)),
        table(values(20, "C", seed=8), 0.08, side="subjective"), table(values(20, "AB", seed=9))], ignore_index=True)
    measured.loc[::7, "se"] = 0.0
    return measured, edition


def with_errors(experiment, measured, coordinate, seed):
    """The measurements of one draw: noise in the order of (indicator, side, clientele), units sorted."""
    keyed = measured.assign(se=usable_errors(measured)).set_index(
        ["indicator", "side", "clientele", "unit"]).sort_index()
    surveyed = sorted({key[:3] for key in keyed.index[keyed["se"] > 0]})
    noise = stream(seed, "sampling", coordinate).standard_normal((len(surveyed), len(experiment.units)))
    for row, key in zip(noise, surveyed, strict=True):
        by_unit = pd.Series(row, experiment.units)
        for unit in keyed.loc[key].index:
            error = keyed.loc[(*key, unit), "se"]
            if error > 0:
                keyed.loc[(*key, unit), "value"] = max(keyed.loc[(*key, unit), "value"] + error * by_unit[unit], 0.0)
    return keyed.reset_index()


def test_sampling_errors_and_the_mix_of_sides_with_two_clienteles(survey):
    measured, edition = survey
    experiment = Experiment(measured, edition, [SamplingError(), MixShift(0.2)])
    u = points(experiment, 5)
    at = experiment.groups

    def recipe(draw):
        survey_share = 0.5 + 0.2 * (2 * u[draw, at["mix"][0]] - 1)
        content = content_of(edition)
        for code in "AB":
            content["indicators"][code]["mix"] = {"subjective": survey_share, "objective": 1 - survey_share}
        drawn = with_errors(experiment, measured, u[draw, at["sampling"][0]], seed=3)
        return score(drawn, Edition.model_validate_json(json.dumps(content))).index
    agree(experiment, u, recipe, seed=3)


def test_sampling_errors_have_the_stated_spread_and_never_fall_below_the_worst_mark():
    edition = make({"A": INDEX, "B": INDEX}, {"index": "equal"}, surveyed="A")
    measured = pd.concat([table(pd.DataFrame({"A": [0.01, 0.5]}, ["U0", "U1"]), 0.05, side="subjective"),
                          table(pd.DataFrame({"B": [0.3, 0.4]}, ["U0", "U1"]))])
    experiment = Experiment(measured, edition, [SamplingError()])
    made = 2 * experiment.index(points(experiment, 4000))[0] - [0.3, 0.4]
    assert made[:, 1].mean() == pytest.approx(0.5, abs=3 * 0.05 / 4000**0.5)
    assert made[:, 1].std() == pytest.approx(0.05, rel=3 / 8000**0.5)
    assert made[:, 0].min() == pytest.approx(0, abs=1e-15)
    assert np.corrcoef(made.T)[0, 1] == pytest.approx(0, abs=3 / 4000**0.5)


def test_an_error_common_to_both_clienteles_is_drawn_once():
    """One measurement for everyone has one error: drawn anew for each clientele it would shrink by the root of two."""
    audience = {"s": {"title": "s", "value": "s", "share": 0.5}, "e": {"title": "e", "value": "e", "share": 0.5}}
    edition = make({"A": INDEX}, {"index": {"A": 1}}, clienteles=audience)
    experiment = Experiment(table(values(4, "A"), 0.1), edition, [SamplingError()])
    made = experiment.index(points(experiment, 4000))[0]
    assert made.std(axis=0) == pytest.approx(0.1, rel=0.05)


def test_inspectors_errors_are_whole_requirements():
    edition = make({"A": INDEX, "B": INDEX}, {"index": {"A": 0.5, "B": 0.5}}, two_sided="A", checked="AB")
    fulfilled = pd.DataFrame({"A": [0, 3, 8, 8], "B": [1, 0, 5, 2]}, ["U0", "U1", "U2", "U3"])
    required = pd.DataFrame({"A": [8, 8, 8, 9], "B": [1, 5, 5, 5]}, fulfilled.index)
    checked = table(fulfilled / required)
    checked["n"] = [required.loc[row["unit"], row["indicator"]] for _, row in checked.iterrows()]
    measured = pd.concat([checked, table(pd.DataFrame({"A": 0.5}, fulfilled.index), 0.1, side="subjective")])
    experiment = Experiment(measured, edition, [ChecklistError(0.1)])
    u = points(experiment, 30)
    drawn = experiment._drawn_values(experiment.draws(u, 5), 5)
    found = {code: drawn[code, "objective", EVERYONE] * required[code].to_numpy() for code in "AB"}
    for code in "AB":
        np.testing.assert_allclose(found[code], np.round(found[code]), atol=1e-12)

    def recipe(draw):
        table_of = measured.set_index(["indicator", "side", "unit"]).sort_index()
        for code, (place, unit) in itertools.product("AB", enumerate(fulfilled.index)):
            x, n = round(found[code][draw, place]), required.loc[unit, code]
            table_of.loc[(code, "objective", unit), "value"] = x / n
        return score(table_of.reset_index(), edition).index
    agree(experiment, u, recipe, seed=5)


def test_inspectors_errors_follow_two_binomial_laws():
    """X - B(X, e) + B(N - X, e): mean X(1 - e) + (N - X)e, variance N e(1 - e); 20,000 draws, three standard errors."""
    edition = make({"A": INDEX}, {"index": {"A": 1}}, checked="A")
    measured = table(pd.DataFrame({"A": [0.75, 0.25]}, ["U0", "U1"]), n=8)
    experiment = Experiment(measured, edition, [ChecklistError(0.2)])
    found = 8 * experiment.index(points(experiment, 20_000))[0]
    variance = 8 * 0.2 * 0.8
    assert found.mean(axis=0) == pytest.approx([6 * 0.8 + 2 * 0.2, 2 * 0.8 + 6 * 0.2],
                                               abs=3 * (variance / 20_000)**0.5)
    assert found.var(axis=0) == pytest.approx([variance] * 2, rel=3 * (2 / 20_000)**0.5 * 1.2)


def test_winsorisation_moves_outliers_before_normalisation():
    frame = values(30, "ABC")
    frame.loc["U05", "A"], frame.loc["U06", "A"], frame.loc["U07", "B"] = 9.0, 7.0, 30.0
    frame.loc["U09", "C"] = NAN
    edition = changed(FLAT, normalisation={"method": "min-max"})
    for factor in (Winsorisation((0, 1, 2, 3)), Winsorisation((0, 1, 2), otherwise="log")):
        experiment = Experiment(table(frame), edition, [factor, WeightNoise(0.25)])
        u = points(experiment, 20)
        most = [chosen(one, factor.points) for one in u[:, experiment.groups["winsorisation"][0]]]
        assert set(most) == set(factor.points)

        def recipe(draw, factor=factor, u=u, experiment=experiment, most=most):
            treated = frame.apply(treat_outliers, most=most[draw], otherwise=factor.otherwise)
            row = pd.DataFrame(u, columns=experiment.columns)["weights"].loc[draw]
            return score(table(treated), changed(edition, weights=noisy(edition, row, 0.25))).index
        agree(experiment, u, recipe)


def test_no_way_that_an_edition_may_name_is_left_out():
    assert {rule["method"] for rule in NORMALISATIONS} == set(normalise.NORMALISATIONS)
    assert {rule["method"] for rule in MEANS.values()} == set(AGGREGATIONS) - {"sum"}


# --- choices of method ------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("sampled", [False, True])
@pytest.mark.parametrize("direction", [1, -1])
def test_every_normalisation_by_name(sampled, direction):
    alternatives = tuple(Normalisation(**rule) for rule in NORMALISATIONS if direction == 1 or rule["method"] != "none")
    content = content_of(make({"A": INDEX, "B": INDEX, "C": INDEX}, {"index": {"A": 0.5, "B": 0.3, "C": 0.2}},
                              surveyed="A", normalisation={"method": "min-max"}))
    content["indicators"]["B"]["direction"] = direction
    content["indicators"]["C"]["normalisation"] = {"method": "z-score"}
    edition = Edition.model_validate_json(json.dumps(content))
    frame = values(12, "ABC", gaps=0.1).fillna({"A": 0.4})
    measured = pd.concat([table(frame[["A"]], 0.02, side="subjective"), table(frame[["B", "C"]])])
    factors = [NormalisationChoice(alternatives)] + [SamplingError()] * sampled
    experiment = Experiment(measured, edition, factors)
    u = points(experiment, 22)
    at = experiment.groups

    def recipe(draw):
        rule = chosen(u[draw, at["normalisation"][0]], alternatives).model_dump(exclude_none=True)
        drawn = with_errors(experiment, measured, u[draw, at["sampling"][0]], 0) if sampled else measured
        return score(drawn, changed(edition, normalisation=rule)).index  # C keeps its own
    agree(experiment, u, recipe)


def test_normalisation_of_one_indicator_and_of_the_rest_are_two_factors():
    common = tuple(Normalisation(method=name) for name in ("min-max", "rank"))
    own = tuple(Normalisation(method=name) for name in ("none", "z-score", "percentile"))
    experiment = Experiment(table(values()), FLAT, [NormalisationChoice(common), NormalisationChoice(own, "A")])
    u = points(experiment, 20)

    def recipe(draw):
        content = content_of(FLAT)
        for name, alternatives, codes in (("normalisation", common, "BC"), ("normalisation:A", own, "A")):
            rule = chosen(u[draw, experiment.groups[name][0]], alternatives).model_dump(exclude_none=True)
            for code in codes:
                content["indicators"][code]["normalisation"] = rule
        return score(table(values()), Edition.model_validate_json(json.dumps(content))).index
    with pytest.raises(InputError, match="Нормирование: нужны хотя бы два разных варианта, задано 1"):
        Experiment(table(values()), FLAT, [NormalisationChoice(common[:1])])
    content = content_of(FLAT)
    content["indicators"]["A"]["normalisation"] = {"method": "none"}
    edition = Edition.model_validate_json(json.dumps(content))
    experiment = Experiment(table(values()), edition, [NormalisationChoice(common), NormalisationChoice(own, "A")])
    agree(experiment, u, recipe)


@pytest.mark.parametrize("gaps", [0.0, 0.15])
def test_aggregation_by_element_and_by_default(gaps):
    everywhere = tuple(Aggregation(**rule) for rule in MEANS.values())
    group = tuple(Aggregation(**MEANS[name]) for name in ("arithmetic", "geometric"))
    edition = changed(TREE, aggregation={"default": {"method": "arithmetic"}, "G": {"method": "arithmetic"}})
    measured = table(values(15, "ABCDE", gaps=gaps))
    experiment = Experiment(measured, edition, [AggregationChoice(everywhere), AggregationChoice(group, "G")])
    u = points(experiment, 40)

    def recipe(draw):
        rules = {name: chosen(u[draw, experiment.groups[factor][0]], alternatives).model_dump(exclude_none=True)
                 for name, factor, alternatives in (("default", "aggregation", everywhere),
                                                    ("G", "aggregation:G", group))}
        return score(measured, changed(edition, aggregation=rules)).index
    assert agree(experiment, u, recipe) == 0


def test_a_geometric_mean_of_a_zero_fails_as_the_recipe_does_and_says_why():
    frame = values(8, "ABCDE")
    frame.loc["U02", "C"] = 0.0
    rules = tuple(Aggregation(**MEANS[name]) for name in ("arithmetic", "geometric"))
    experiment = Experiment(table(frame), TREE, [AggregationChoice(rules)])
    u = points(experiment, 30)
    lost = agree(experiment, u, lambda draw: score(table(frame), changed(
        TREE, aggregation={"default": chosen(u[draw, 0], rules).model_dump(exclude_none=True)})).index, least=5)
    assert 5 < lost < 25
    why = experiment.index(u)[1]
    assert {*why} == {"", "среднее геометрическое в «H»: значение не больше 0 (C)"}


def test_missing_data_rules():
    rules = (Missing(rule="reweight"), Missing(rule="reweight", min_coverage=0.5), Missing(rule="complete"))
    measured = table(values(25, "ABCDE", gaps=0.2))
    for parent in ("", "G"):
        edition = changed(TREE, missing={"default": {"rule": "reweight"}} | (
            {"G": {"rule": "reweight"}} if parent else {}))
        experiment = Experiment(measured, edition, [MissingChoice(rules, parent)])
        u = points(experiment, 6)
        missing = content_of(edition)["missing"]
        agree(experiment, u, lambda draw, u=u, edition=edition, missing=missing, parent=parent: score(
            measured, changed(edition, missing=missing | {parent or "default": chosen(u[draw, 0], rules).model_dump(
                exclude_none=True)})).index)
        assert np.isnan(experiment.index(u)[0]).any() == (not parent)  # the index takes an element less


@pytest.mark.parametrize("how", MEANS)
@pytest.mark.parametrize("gaps", [0.0, 0.15])
def test_one_indicator_left_out(how, gaps):
    """Also E, right under the index, and B, all that its group has: the group goes with it."""
    edition = make({"A": "G", "C": "G", "B": "H", "E": INDEX}, {"index": {"G": 0.5, "H": 0.3, "E": 0.2}, "G": "equal",
                                                               "H": "equal"}, aggregation={"default": MEANS[how]})
    measured = table(values(15, "ABCE", gaps=gaps))
    experiment = Experiment(measured, edition, [IndicatorLeftOut()])
    u = (np.arange(5)[:, None] + 0.5) / 5

    def recipe(draw):
        out = ["", "A", "B", "C", "E"][draw]
        content = content_of(edition)
        if not out:
            return score(measured, edition).index
        del content["indicators"][out]
        weights = {parent: edition.weights_of(parent).drop(out, errors="ignore") for parent in (INDEX, "G", "H")}
        if out == "B":
            del content["groups"]["H"], weights["H"]
            weights[INDEX] = weights[INDEX].drop("H")
        content["weights"] = {parent: (own / own.sum()).to_dict() for parent, own in weights.items()}
        return score(measured[measured["indicator"] != out], Edition.model_validate_json(json.dumps(content))).index
    agree(experiment, u, recipe)


def test_everything_at_once(survey):
    """All factors that fit this edition in one experiment."""
    measured, edition = survey
    rules = (Normalisation(method="min-max", lower=1, upper=100), Normalisation(method="z-score", mean=10, sd=2))
    means = tuple(Aggregation(**MEANS[name]) for name in ("arithmetic", "geometric"))
    weights = WeightNoise(0.25)
    experiment = Experiment(measured, edition, [weights, SamplingError(), MixShift(0.1), NormalisationChoice(rules),
                                                AggregationChoice(means)])
    u = points(experiment, 8)
    at = experiment.groups

    def recipe(draw):
        share = 0.5 + 0.1 * (2 * u[draw, at["mix"][0]] - 1)
        content = content_of(edition) | {
            "normalisation": chosen(u[draw, at["normalisation"][0]], rules).model_dump(exclude_none=True),
            "aggregation": {"default": chosen(u[draw, at["aggregation"][0]], means).model_dump(exclude_none=True)},
            "weights": noisy(edition, coordinates(experiment, u, weights).loc[draw], 0.25)}
        for code in "AB":
            content["indicators"][code]["mix"] = {"subjective": share, "objective": 1 - share}
        drawn = with_errors(experiment, measured, u[draw, at["sampling"][0]], seed=11)
        return score(drawn, Edition.model_validate_json(json.dumps(content))).index
    assert agree(experiment, u, recipe, seed=11) == 0


# --- what every experiment must do ------------------------------------------------------------------------------------

def test_a_draw_does_not_depend_on_its_company(survey):
    measured, edition = survey
    means = tuple(Aggregation(**MEANS[name]) for name in ("arithmetic", "geometric"))
    experiment = Experiment(measured, edition, [WeightNoise(), SamplingError(), AggregationChoice(means)])
    u = points(experiment, 40)
    together = experiment.index(u, 2)[0]
    alone = np.concatenate([experiment.index(u[draw:draw + 1], 2)[0] for draw in range(len(u))])
    np.testing.assert_array_equal(together, alone)
    np.testing.assert_array_equal(experiment.index(u[::-1], 2)[0][::-1], together)


def test_rows_factors_and_indicators_in_any_order_and_a_copy_sent_away_give_the_same(survey):
    measured, edition = survey
    factors = [WeightNoise(), SamplingError(), MixShift(0.1)]
    experiment = Experiment(measured, edition, factors)
    u = points(experiment, 6)
    content = content_of(edition)
    content["indicators"] = dict(reversed(content["indicators"].items()))
    turned = Edition.model_validate_json(json.dumps(content))
    for other in (Experiment(measured.sample(frac=1, random_state=1), turned, factors[::-1]),
                  pickle.loads(pickle.dumps(experiment))):
        assert list(other.columns) == list(experiment.columns)
        np.testing.assert_array_equal(other.index(u)[0], experiment.index(u)[0])


def test_places_among_some_units_while_all_of_them_take_part_in_normalisation():
    edition = changed(FLAT, normalisation={"method": "min-max"})
    measured = table(values(12))
    some = pd.Index(["U03", "U07", "U01"])
    experiment, of_all = (Experiment(measured, edition, [WeightNoise()], among=among) for among in (some, None))
    u = points(experiment)
    np.testing.assert_array_equal(experiment.index(u)[0], of_all.index(u)[0][:, [1, 3, 7]])
    assert experiment.adopted.to_dict() == rank(score(measured, edition).index[some]).to_dict()


def test_the_model_for_variance_based_analysis():
    measured = table(values(12))
    experiment = Experiment(measured, FLAT, [WeightNoise(0.5)])
    u = points(experiment, 30)
    scores = pd.DataFrame(experiment.index(u)[0], columns=experiment.ranked)
    places = scores.apply(rank, axis=1)
    np.testing.assert_array_equal(experiment.model()(u), places)
    some = pd.Index(["U07", "U02"])
    np.testing.assert_array_equal(experiment.model("score", some)(u), scores[some])
    shifts = [[mean_rank_shift(experiment.adopted, row)] for _, row in places.iterrows()]
    np.testing.assert_allclose(experiment.model("shift")(u), shifts, rtol=0, atol=1e-12)
    assert experiment.groups == {"weights": [0, 1, 2]}
    assert experiment.titles == {"weights": "веса ±50 %"}
    with pytest.raises(InputError, match=r"Нет в рейтинге: U99\."):
        experiment.model(units=pd.Index(["U99"]))


@pytest.mark.parametrize("u", [np.zeros((2, 2)), np.full((2, 3), 1.5), np.full((2, 3), NAN)])
def test_points_must_lie_in_the_cube(u):
    with pytest.raises(InputError, match="3 координатами от 0 до 1"):
        Experiment(table(values()), FLAT, [WeightNoise()]).index(u)


def test_nothing_uncertain_and_nobody_to_rank_are_refused():
    with pytest.raises(InputError, match="Не задан ни один источник"):
        Experiment(table(values()), FLAT, [])
    with pytest.raises(InputError, match="Ранжировать некого"):
        Experiment(table(values()), FLAT, [WeightNoise()], among=pd.Index(["X"]))
    with pytest.raises(InputError, match="Источник неопределённости задан дважды: weights"):
        Experiment(table(values()), FLAT, [WeightNoise(), WeightNoise(0.1)])
    with pytest.raises(InputError, match="Веса элемента «index» разыгрывают сразу два источника"):
        Experiment(table(values()), FLAT, [WeightNoise(0.1), WeightDirichlet(dict.fromkeys("ABC", 1))])


def test_a_group_is_put_on_its_own_scale_in_every_draw():
    groups = content_of(TREE)["groups"]
    groups["G"]["normalisation"] = {"method": "min-max", "lower": 0.5, "upper": 2}
    edition = changed(TREE, groups=groups)
    measured = table(values(15, "ABCDE"))
    factor = WeightNoise(0.5)
    experiment = Experiment(measured, edition, [factor])
    u = points(experiment)
    weights = [noisy(edition, row, 0.5) for _, row in coordinates(experiment, u, factor).iterrows()]
    agree(experiment, u, lambda draw: score(measured, changed(edition, weights=weights[draw])).index)


def test_grades_for_variance_based_analysis_are_those_of_the_recipe():
    edition = changed(FLAT, grades={"title": "т", "labels": ["1", "2", "3"], "method": "bands", "cut_offs": [0.5, 0.6]})
    measured = table(values(20))
    factor = WeightNoise(0.5)
    experiment = Experiment(measured, edition, [factor])
    u = points(experiment)
    found = experiment.model("grade")(u)
    for draw, (_, row) in enumerate(coordinates(experiment, u, factor).iterrows()):
        stated = score(measured, changed(edition, weights=noisy(edition, row, 0.5))).grade[experiment.ranked]
        np.testing.assert_array_equal(found[draw], stated)
    assert set(np.unique(found)) == {1, 2, 3}
    assert Experiment(measured, FLAT, [factor]).grade_borders.shape == (20, 0)


def with_outlier():
    frame = values(30)
    frame.loc["U05", "A"] = 30.0
    return table(frame)


def test_without_drawn_weights_there_are_none():
    experiment = Experiment(with_outlier(), FLAT, [Winsorisation((0, 1))])
    drawn = experiment.draws(points(experiment, 7), 0)
    assert experiment.drawn_weights(drawn).shape == (7, 0)


def test_a_logarithm_needs_a_normalisation_that_follows_the_scale():
    edition = changed(FLAT, normalisation={"method": "goalposts", "low": 0.0, "high": 1.0})
    with pytest.raises(InputError) as error:
        Experiment(with_outlier(), edition, [Winsorisation((0, 1), otherwise="log")])
    assert str(error.value) == (
        "Логарифм (otherwise = log) меняет шкалу показателя, а нормирование рассчитано на исходную: A, B, C. Задайте "
        "otherwise = none или нормирование из min-max, z-score, rank, borda, percentile.")
    Experiment(with_outlier(), edition, [Winsorisation((0, 1))])


def test_only_the_draws_that_meet_a_zero_fail():
    edition = changed(FLAT, aggregation={"default": {"method": "geometric"}}, normalisation={"method": "none"})
    factor = NormalisationChoice(tuple(Normalisation(method="min-max", lower=lower) for lower in (0.0, 0.1)))
    measured = table(values())
    experiment = Experiment(measured, edition, [factor])
    u = points(experiment, 12)
    which = [chosen(row[0], factor.alternatives) for row in u]

    def recipe(draw):
        rule = {"method": "min-max", "lower": which[draw].lower}
        return score(measured, edition.model_copy(update={"normalisation": Normalisation(**rule)})).index
    refused = agree(experiment, u, recipe)
    assert refused == sum(rule.lower == 0 for rule in which)
    assert 0 < refused < 12


def test_a_sum_is_whole_or_nothing_where_values_are_missing():
    edition = make({"A": INDEX, "B": INDEX}, {"index": "equal"}, aggregation={"default": {"method": "sum"}})
    frame = values(6, "AB")
    frame.loc["U03", "A"] = NAN
    factor = WeightNoise(0.25)
    experiment = Experiment(table(frame), edition, [factor], among=frame.index.drop("U03"))
    u = points(experiment)
    for draw, (_, row) in zip(experiment.index(u)[0], coordinates(experiment, u, factor).iterrows(), strict=True):
        scale = pd.Series(noisy(edition, row, 0.25)[INDEX]) / 0.5
        np.testing.assert_allclose(draw, (frame * scale).sum(axis=1).drop("U03"), rtol=0, atol=1e-12)


@pytest.mark.parametrize("common", [0.0, 0.5, 0.9])
def test_errors_of_questions_that_the_same_people_answered_go_together(common):
    """Index of two questions of equal weight: variance se^2 (1 + common) / 2. 2,000 draws of 12 units, 5 sigma."""
    edition = make({"A": INDEX, "B": INDEX}, {"index": "equal"}, surveyed="AB")
    experiment = Experiment(table(values(codes="AB") + 1, se=0.05, side="subjective"), edition,
                            [SamplingError(common=common)])
    found = experiment.index(points(experiment, 2000))[0].var(axis=0, ddof=1).mean()
    assert found == pytest.approx(0.05**2 * (1 + common) / 2, rel=5 * (2 / (2000 * 12)) ** 0.5)


def test_a_dirichlet_draw_from_the_corner_of_the_cube_has_equal_weights():
    frame = values()
    experiment = Experiment(table(frame), FLAT, [WeightDirichlet({"A": 5, "B": 3, "C": 2})])
    corner, inside = experiment.index(np.array([[0.0, 0, 0], [0.5, 0.5, 0.5]]))[0]
    np.testing.assert_allclose(corner, frame[list("ABC")].mean(axis=1))
    assert not np.allclose(inside, corner)


@pytest.mark.parametrize("ties", ["min", "average"])
def test_units_that_lose_their_place_count_neither_as_moved_nor_as_staying(ties):
    """Where complete data are asked for, some units have no score; the mean is over the others."""
    edition = changed(FLAT, missing={"default": {"rule": "reweight"}}, ranking={"ties": ties})
    measured = table(values(14, gaps=0.12))
    experiment = Experiment(measured, edition, [MissingChoice((Missing(rule="reweight"), Missing(rule="complete"))),
                                                WeightNoise(0.5)])
    u = points(experiment, 40)
    places = experiment.model("place")(u)
    lost = np.isnan(places).any(axis=1)
    assert lost.any()
    assert not lost.all()
    expected = np.nanmean(np.abs(places - experiment.adopted.to_numpy()), axis=1)
    np.testing.assert_allclose(experiment.model("shift")(u)[:, 0], expected, rtol=0, atol=1e-12)


def test_a_failed_draw_has_no_shift_and_spoils_no_other():
    """A geometric mean of a value that is not positive: the draws that take it fail, alone."""
    frame = values(8)
    frame.iloc[2, 1] = 0.0
    experiment = Experiment(table(frame), FLAT, [AggregationChoice((Aggregation(method="arithmetic"),
                                                                    Aggregation(method="geometric"))),
                                                 WeightNoise(0.5)])
    u = points(experiment, 30)
    scores, why = experiment.index(u)
    failed = why != ""
    assert set(why[failed]) == {"среднее геометрическое в «index»: значение не больше 0 (B)"}
    assert 0 < failed.sum() < 30
    assert np.isnan(scores[failed]).all()
    assert np.isfinite(scores[~failed]).all()
    for outcome in ("place", "score", "shift"):
        found = experiment.model(outcome)(u)
        assert np.isnan(found[failed]).all()
        assert np.isfinite(found[~failed]).all()
