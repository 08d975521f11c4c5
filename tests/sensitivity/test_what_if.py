"""The quick way must give what the recipe gives, and the kept draws what the full experiment gives."""

import numpy as np
import pandas as pd
import pytest
from made_editions import FLAT, NAN, make, table, values

from methods.data import store
from methods.data.shared_errors import common_error
from methods.errors import InputError, NotPublishable, UsageError
from methods.index.edition import INDEX, Aggregation
from methods.index.score import score
from methods.sensitivity import placing
from methods.sensitivity.design import Design
from methods.sensitivity.engine import Experiment
from methods.sensitivity.factors import SamplingError, WeightNoise
from methods.sensitivity.uncertainty import rank_uncertainty
from methods.sensitivity.what_if import Choice, WhatIf, changed_edition

ARITHMETIC, GEOMETRIC, HARMONIC = (Aggregation(method=name) for name in ("arithmetic", "geometric", "harmonic"))
SHIPPED = ["star-2022", "cms-2021", "egov-career-2022", "gtmi-2022", "odm-2023", "maturity-2022"]


def other_weights(edition, element, seed):
    weights = edition.weights_of(element) * np.random.default_rng(seed).uniform(0.3, 1.7, len(edition.members(element)))
    return weights / weights.sum()


def choices(edition):
    """Some of every kind that the edition has."""
    made = [Choice(), Choice({INDEX: other_weights(edition, INDEX, 1)})]
    groups = [] if edition.is_flat else [group for group in edition.groups if len(edition.members(group)) > 1]
    made += [Choice({group: other_weights(edition, group, 2)}) for group in groups[-1:]]
    made += [Choice({element: other_weights(edition, element, 3) for element in [INDEX, *groups]})]
    if edition.two_sided:
        made += [Choice(survey=0.3), Choice({INDEX: other_weights(edition, INDEX, 4)}, survey=0.9)]
    if edition.grades and edition.grades.cut_offs:
        made += [Choice(cut_offs=tuple(cut + 0.01 for cut in edition.grades.cut_offs))]
    return [*made, Choice()]   # back again: nothing of the others may stay behind


def same(quick, slow):
    """Equal tables of scores; the index to 1e-12 of its size."""
    pd.testing.assert_frame_equal(quick.elements, slow.elements, rtol=1e-12)
    pd.testing.assert_frame_equal(quick.indicators, slow.indicators, rtol=1e-12)
    pd.testing.assert_frame_equal(quick.normalised, slow.normalised, rtol=1e-12)
    for name in ("rank", "grade", "eligible", "eligible_groups"):
        pd.testing.assert_series_equal(getattr(quick, name), getattr(slow, name))
    assert quick.cut_offs == slow.cut_offs
    assert quick.dropped == slow.dropped
    assert quick.by_clientele.keys() == slow.by_clientele.keys()


@pytest.mark.parametrize("version", SHIPPED)
def test_scores_are_those_of_the_changed_edition(version):
    edition, measured, _ = store.scored(version)
    what_if = WhatIf(measured.measurements, edition, draws=20)
    some = choices(edition)
    for choice in some if len(measured.units) < 1000 else [*some[2:3], some[-2]]:   # the recipe takes a second there
        outcome = what_if.outcome(choice)
        same(outcome.scores, score(measured.measurements, outcome.edition))


CLIENTELES = {"x": {"title": "x", "value": "x", "share": 0.3}, "y": {"title": "y", "value": "y", "share": 0.7}}
SPLIT = {"A": "G", "B": "G", "C": "H", "D": "H"}
HALVES = {INDEX: {"G": 0.4, "H": 0.6}, "G": "equal", "H": {"C": 0.7, "D": 0.3}}


def two_sides(gaps=0.0, clienteles=("",)):
    objective = table(values(30, "ABCD", 5, gaps), n=8)
    surveys = [table(values(30, "AC", 6 + number, gaps), se=0.05, n=20, side="subjective", clientele=who)
               for number, who in enumerate(clienteles)]
    return pd.concat([objective, *surveys], ignore_index=True)


MADE = {
    "flat": (FLAT, table(values(30))),
    "gaps": (make(SPLIT, HALVES, two_sided="AC", missing={"default": {"rule": "reweight", "min_coverage": 0.4}}),
             two_sides(0.2)),
    "complete": (make(SPLIT, HALVES, two_sided="AC", missing={"default": {"rule": "complete"}},
                      normalisation={"method": "min-max", "lower": 1, "upper": 10}), two_sides(0.05)),
    "either side": (make(SPLIT, HALVES, two_sided="AC", sides={"missing": "available"}), two_sides(0.2)),
    "clienteles": (make(SPLIT, HALVES, two_sided="AC", clienteles=CLIENTELES, eligibility={"min_coverage": 0.6}),
                   two_sides(0.15, ("x", "y"))),
    "groups on one scale": (make(SPLIT, HALVES, two_sided="AC", groups={
        "G": {"title": "G", "normalisation": {"method": "z-score"}},
        "H": {"title": "H", "normalisation": {"method": "z-score"}}}), two_sides(0.1)),
    "groups in a group": (make(SPLIT, {**HALVES, INDEX: {"G": 1.0}, "G": {"H": 0.5, "A": 0.3, "B": 0.2}}, groups={
        "G": {"title": "G"}, "H": {"title": "H", "parent": "G"}}), table(values(30, "ABCD", 2, 0.1), se=0.03)),
    "power": (make(SPLIT, HALVES, aggregation={"default": {"method": "power", "exponent": 3}}),
              table(values(30, "ABCD", 2, 0.1), se=0.01)),
    "sum": (make(SPLIT, HALVES, aggregation={"default": {"method": "sum"}}), table(values(30, "ABCD", 2, 0.03))),
}


@pytest.mark.parametrize("name", MADE)
def test_scores_of_made_editions_are_those_of_the_changed_edition(name):
    edition, measurements = MADE[name]
    what_if = WhatIf(measurements, edition, draws=20)
    means = [Choice(aggregation={INDEX: GEOMETRIC}), Choice(aggregation=dict.fromkeys([*edition.groups], HARMONIC))]
    for choice in choices(edition) + (means if name not in ("groups on one scale", "flat") else []):
        outcome = what_if.outcome(choice)
        same(outcome.scores, score(measurements, outcome.edition))


def full_intervals(measurements, edition, factor, among, points, seed=0):
    """Ends of the 90 % interval by the whole experiment at given points."""
    experiment = Experiment(measurements, edition, [factor], among=among)
    scores, why = experiment.index(points, seed)
    assert not why.any()
    places = placing.places(scores, edition.ranking.ties)
    low, high = int(0.05 * (len(places) - 1)), int(np.ceil(0.95 * (len(places) - 1)))
    return pd.DataFrame(np.sort(places, axis=0)[[low, high]].T, experiment.ranked, ["low", "high"])


@pytest.mark.parametrize("name", [name for name in MADE if name not in ("flat", "sum")])
@pytest.mark.parametrize("number", [0, 1, 3])
def test_kept_draws_are_those_of_the_experiment(name, number):
    """The same coordinates give the same errors: intervals are equal but for units closer than single precision."""
    edition, measurements = MADE[name]
    choice = choices(edition)[number]
    outcome = WhatIf(measurements, edition, common=0.2, draws=60, seed=3).outcome(choice)
    points = np.random.default_rng(3).random(60)[:, None]
    ranked = outcome.scores.rank.index[outcome.scores.rank.notna()]
    found = full_intervals(measurements, changed_edition(edition, choice), SamplingError(0.2), ranked, points, 3)
    ours = outcome.table.loc[ranked, ["low", "high"]]
    assert (ours - found).abs().to_numpy().max() <= 1
    assert ((ours - found).abs() > 0).to_numpy().mean() < 0.05


@pytest.fixture(scope="module")
def star():
    edition, measured, _ = store.scored("star-2022")
    return edition, measured.measurements, common_error(measured, edition)


def test_intervals_of_star_are_those_of_the_full_experiment(star):
    edition, measurements, common = star
    what_if = WhatIf(measurements, edition, common=common, draws=100)
    points = np.random.default_rng(0).random(100)[:, None]
    found = full_intervals(measurements, edition, SamplingError(common), what_if.among, points)
    assert (what_if.outcome(Choice()).table[["low", "high"]] - found).abs().to_numpy().max() <= 2


def test_intervals_of_star_agree_with_rank_uncertainty(star, oracle):
    """An end of a 90 % interval of n draws has the error .15 s (n = 200) or .095 s (n = 500) of places with the spread
    s, that of a difference is .18 s, its mean absolute value .14 s, and 3.29 s is the width: .043 of it. Errors of the
    units go together in one set of draws, so twice that is allowed."""
    edition, measurements, common = star
    ours = WhatIf(measurements, edition, common=common, draws=200).outcome(Choice()).table
    experiment = Experiment(measurements, edition, [SamplingError(common)])
    full = rank_uncertainty(experiment, Design(500, "random", 7)).summary(0.9).loc[ours.index]
    width = (full["high"] - full["low"]).mean()
    apart = (ours[["low", "high"]] - full[["low", "high"]]).abs().to_numpy().mean() / width
    oracle("интервалы мест страницы «Что, если?» против розыгрышей тетради 3, в долях ширины",
           "rank_uncertainty, ошибка опроса, 500 розыгрышей, пересчитано", apart, 0.0, 0.086)


def test_without_measured_errors_weights_of_the_index_are_drawn():
    """As `WeightNoise` of the index; tolerance as above, for 200 and 2,000 draws."""
    edition, measurements = make(SPLIT, HALVES), table(values(40, "ABCD", 8))
    what_if = WhatIf(measurements, edition, draws=200)
    assert what_if.doubt == "weights"
    ours = what_if.outcome(Choice()).table
    full = rank_uncertainty(Experiment(measurements, edition, [WeightNoise(0.25, (INDEX,))]),
                            Design(2000, "random", 1)).summary(0.9).loc[ours.index]
    width = (full["high"] - full["low"]).mean()
    assert (ours[["low", "high"]] - full[["low", "high"]]).abs().to_numpy().mean() / width < 0.1
    assert WhatIf(*reversed(MADE["gaps"]), draws=20).doubt == "sampling"


def test_nothing_chosen_moves_nobody(star):
    edition, measurements, common = star
    outcome = WhatIf(measurements, edition, common=common, draws=20).outcome(Choice())
    assert outcome.edition is edition
    assert outcome.mean_shift == outcome.regraded == outcome.apart.sum() == 0
    assert (outcome.table["shift"] == 0).all()


def test_places_are_among_the_units_that_may_be_shown():
    edition, measurements = MADE["gaps"]
    everyone = WhatIf(measurements, edition, draws=40)
    among = everyone.among[::2]
    choice = Choice({INDEX: pd.Series({"G": 0.9, "H": 0.1})})
    some = WhatIf(measurements, edition, among=among, draws=40).outcome(choice)
    assert list(some.table.index) == list(among)
    whole = everyone.outcome(choice)
    pd.testing.assert_series_equal(some.table["new_place"], whole.scores.index[among].rank(ascending=False),
                                   check_names=False)
    assert some.table[["low", "high"]].to_numpy().max() <= len(among)
    pd.testing.assert_frame_equal(some.scores.elements, whole.scores.elements)   # the hidden ones still take part


def test_order_of_rows_does_not_matter():
    edition, measurements = MADE["clienteles"]
    choice = Choice({INDEX: pd.Series({"H": 0.3, "G": 0.7})}, survey=0.6)
    one = WhatIf(measurements, edition, draws=30).outcome(choice)
    other = WhatIf(measurements.sample(frac=1, random_state=0), edition, draws=30).outcome(choice)
    pd.testing.assert_frame_equal(one.table, other.table)


def test_a_unit_that_loses_its_place_has_no_interval():
    measurements = table(values(12, "ABCD"))
    alone = measurements["unit"].eq("U00") & measurements["indicator"].isin(["A", "B"])
    measurements.loc[alone, "value"] = NAN
    edition = make(SPLIT, HALVES | {INDEX: {"G": 0.2, "H": 0.8}}, eligibility={"min_coverage": 0.5})
    what_if = WhatIf(measurements, edition, draws=20)
    gone = what_if.outcome(Choice({INDEX: pd.Series({"G": 0.8, "H": 0.2})})).table.loc["U00"]
    assert gone["place"] > 0
    assert gone[["new_place", "low", "high", "shift"]].isna().all()


def test_larger_weight_lifts_who_is_better_there():
    frame = pd.DataFrame({"A": [1.0, 0.2], "B": [0.2, 0.9]}, index=["good at A", "good at B"])
    edition = make({"A": INDEX, "B": INDEX}, {INDEX: {"A": 0.5, "B": 0.5}})
    what_if = WhatIf(table(frame), edition, draws=20)
    for share, first in ((0.9, "good at A"), (0.1, "good at B")):
        outcome = what_if.outcome(Choice({INDEX: pd.Series({"A": share, "B": 1 - share})}))
        assert outcome.table["new_place"].idxmin() == first


def test_units_apart_are_those_whose_intervals_do_not_meet(star):
    edition, measurements, common = star
    outcome = WhatIf(measurements, edition, common=common, draws=20).outcome(Choice(survey=0.0))
    far = outcome.table[outcome.apart]
    assert len(far)
    assert ((far["low"] > far["old_high"]) | (far["high"] < far["old_low"])).all()


@pytest.mark.parametrize(("choice", "inside", "index"), [
    (Choice(), False, False), (Choice(cut_offs=(1.0,)), False, False),
    (Choice({INDEX: pd.Series({"a": 1.0})}), False, True), (Choice({"G": pd.Series({"a": 1.0})}), True, True),
    (Choice(survey=0.5), True, True), (Choice(aggregation={INDEX: GEOMETRIC}), False, True),
    (Choice(aggregation={"G": GEOMETRIC}), True, True)])
def test_a_choice_knows_how_deep_it_goes(choice, inside, index):
    assert (choice.inside, choice.index) == (inside, index)


GRADED = make({"A": INDEX, "B": INDEX}, {INDEX: {"A": 0.5, "B": 0.5}}, grades={
    "title": "звёзды", "labels": ["1", "2", "3"], "method": "bands", "cut_offs": [0.4, 0.6], "floor": 0.1})


@pytest.mark.parametrize(("edition", "choice", "words"), [
    (FLAT, Choice({INDEX: pd.Series({"A": 0.5, "B": 0.5})}), "наборы кодов различаются. Нет: C; лишние: —"),
    (FLAT, Choice({INDEX: pd.Series({"A": 0.5, "B": 0.5, "C": 0.5})}), "Сумма весов должна быть равна 1, сейчас 1.5"),
    (FLAT, Choice(survey=0.5), "в редакции нет показателей с двумя сторонами"),
    (MADE["gaps"][0], Choice(survey=1.2), "Доля опроса — от 0 до 1, задано 1.2"),
    (MADE["either side"][0], Choice(survey=1.0), "не включая концов, задано 1"),
    (FLAT, Choice(cut_offs=(1.0,)), "Границы уровней не заданы числами"),
    (GRADED, Choice(cut_offs=(0.5,)), "Границ уровней должно быть 2, задано 1"),
    (GRADED, Choice(cut_offs=(0.7, 0.6)), "Границы уровней должны возрастать и быть больше 0.1"),
    (GRADED, Choice(cut_offs=(0.05, 0.6)), "сейчас: 0.05, 0.6")])
def test_impossible_choices_are_refused(edition, choice, words):
    with pytest.raises(InputError, match=words):
        changed_edition(edition, choice)


def test_a_mean_that_the_values_do_not_suit_is_refused():
    measurements = table(values(12, "ABCD"))
    measurements.loc[0, "value"] = 0.0
    with pytest.raises(NotPublishable, match=r"Среднее геометрическое: значения должны быть больше 0"):
        WhatIf(measurements, make(SPLIT, HALVES), draws=20).outcome(Choice(aggregation={"G": GEOMETRIC}))


def test_draws_that_the_mean_does_not_suit_are_told():
    """Measured values are above zero, but their errors reach far below it: a survey's mark is cut at zero."""
    measurements = table(values(12, "ABCD"), se=2.0, side="subjective")
    edition = make(SPLIT, HALVES, surveyed="ABCD")
    with pytest.raises(NotPublishable, match=r"не удалось розыгрышей \d+ из 40"):
        WhatIf(measurements, edition, draws=40).outcome(Choice(aggregation={"G": GEOMETRIC}))


def test_nobody_to_rank_and_too_few_draws():
    with pytest.raises(InputError, match="Ранжировать некого"):
        WhatIf(table(values()), FLAT, among=pd.Index(["нет такой"]))
    with pytest.raises(UsageError, match="Розыгрышей 10"):
        WhatIf(table(values()), FLAT, draws=10)
