"""Alternatives are editions that state them, scored by the recipe; the engine of draws as a peer; what is refused."""

import numpy as np
import pandas as pd
import pytest
from made_editions import content_of, make, table, values

from methods.data import store
from methods.errors import InputError
from methods.index.edition import INDEX, Aggregation, Normalisation
from methods.index.rank import mean_rank_shift, rank
from methods.index.score import score
from methods.sensitivity.engine import Experiment
from methods.sensitivity.factors import AggregationChoice, NormalisationChoice, Winsorisation
from methods.sensitivity.one_at_a_time import JOINT, OneAtATime, equal_weights, one_at_a_time, usual_alternatives
from methods.sensitivity.outliers import treat_outliers

TREE = {"A": "G", "B": "G", "C": "H", "D": "H", "E": "H"}
WEIGHTS = {"index": {"G": 0.7, "H": 0.3}, "G": {"A": 0.6, "B": 0.4}, "H": {"C": 0.2, "D": 0.3, "E": 0.5}}


def tree(**settings):
    return make(TREE, WEIGHTS, **settings)


def tried(edition, frame, **more):
    measurements = table(frame)
    scores = score(measurements, edition)
    alternatives = usual_alternatives(edition)
    return one_at_a_time(measurements, edition, scores, alternatives, **more), alternatives, measurements


def places_of(edition, measurements, **changes):
    """Of the edition with other keys, scored from the start."""
    content = content_of(edition) | changes
    other = make(TREE, content["weights"], **{key: content[key] for key in ("normalisation", "aggregation", "missing")})
    return score(measurements, other).rank


def test_every_alternative_is_the_edition_that_states_it():
    edition, frame = tree(), values(codes="ABCDE", units=25, gaps=0.1)
    found, _, measurements = tried(edition, frame)
    minmax, complete = {"method": "min-max", "lower": 1, "upper": 100}, {"default": {"rule": "complete"}}
    geometric = {"default": {"method": "arithmetic"}, "index": {"method": "geometric"}}
    stated = {"weights": {"weights": {"index": "equal", "G": "equal", "H": "equal"}},
              "aggregation": {"aggregation": geometric}, "normalisation": {"normalisation": minmax},
              "places": {"normalisation": {"method": "rank"}}, "missing": {"missing": complete}}
    for name, changes in stated.items():
        expected = places_of(edition, measurements, **changes).rename(name)
        pd.testing.assert_series_equal(found.places[name], expected[found.places.index], check_names=False)
        assert found.summary().loc[name, "mean_shift"] == pytest.approx(mean_rank_shift(found.adopted, expected))
    joint = places_of(edition, measurements, **stated["weights"], **stated["aggregation"], **stated["normalisation"],
                      **stated["missing"])
    pd.testing.assert_series_equal(found.places[JOINT], joint[found.places.index], check_names=False)
    assert found.together == ("weights", "aggregation", "normalisation", "missing")
    assert found.refused == {"outliers": "выбросов нет"}
    assert found.summary().loc["missing", "lost"] == int(frame.isna().any(axis=1).sum()) > 0


@pytest.mark.parametrize("name", ["aggregation", "normalisation", "places", "outliers"])
def test_the_engine_of_draws_gives_the_same_places(name):
    """One draw with the last alternative of a single factor."""
    edition, frame = tree(), values(codes="ABCDE", units=25)
    frame.iloc[0, 0], frame.iloc[1, 2] = 9.0, 7.0
    found, _, measurements = tried(edition, frame)
    scale = edition.normalisation
    factor = {"aggregation": AggregationChoice((edition.aggregation_of(INDEX), Aggregation(method="geometric")), ""),
              "normalisation": NormalisationChoice((scale, Normalisation(method="min-max", lower=1, upper=100))),
              "places": NormalisationChoice((scale, Normalisation(method="rank"))),
              "outliers": Winsorisation((0, 5))}[name]
    if name == "aggregation":   # the engine's choice without a parent concerns every level
        edition = tree(aggregation={"default": {"method": "arithmetic"}, "index": {"method": "arithmetic"}})
        factor = AggregationChoice((edition.aggregation_of(INDEX), Aggregation(method="geometric")), INDEX)
    experiment = Experiment(measurements, edition, [factor])
    drawn, why = experiment.index(np.ones((1, len(experiment.columns))))
    assert why[0] == ""
    expected = rank(pd.Series(drawn[0], experiment.ranked), edition.ranking.ties)
    pd.testing.assert_series_equal(found.places[name], expected[found.places.index], check_names=False)


def test_two_clienteles_go_apart_to_the_end(root):
    """In the demonstration a clientele's gap is no gap of the combined value, and still changes places."""
    edition, measured, scores = store.scored("star-2022", "2024", root)
    found = one_at_a_time(measured.measurements, edition, scores, usual_alternatives(edition))
    assert "weights" not in found.places   # they are equal already
    other = edition.model_copy(update={"normalisation": Normalisation(method="rank")})
    expected = score(measured.measurements, other).rank
    assert found.summary().loc["places", "mean_shift"] == pytest.approx(
        mean_rank_shift(scores.rank.dropna(), expected), abs=1e-12)
    assert found.summary().loc["missing", "mean_shift"] > 1


def test_what_cannot_be_changed_is_told_without_naming_a_unit():
    frame = values(codes="ABCDE", units=10)
    frame.iloc[0, :2] = 0.0
    found, alternatives, _ = tried(tree(), frame)
    assert found.refused == {"aggregation": "не определено: есть значения не больше 0", "outliers": "выбросов нет",
                             "missing": "пропусков нет"}
    assert found.together == ("weights", "normalisation")
    assert set(alternatives) == {*found.refused, "weights", "normalisation", "places"}


def test_nobody_left_is_no_shift_of_nought():
    frame = values(codes="ABCDE", units=10)
    for row in range(10):
        frame.iloc[row, row % 5] = np.nan
    found, _, _ = tried(tree(), frame)
    assert found.refused["missing"] == "балла не остаётся ни у кого"


def test_an_indicator_without_spread_refuses_min_max_in_words():
    found, _, _ = tried(tree(), values(codes="ABCDE", units=10).assign(B=0.5))
    assert found.refused["normalisation"].startswith("Показатель B: во всех единицах одно значение")


def test_places_among_some_and_the_order_of_units():
    edition, frame = tree(), values(codes="ABCDE", units=25)
    some = frame.index[::2]
    found, _, measurements = tried(edition, frame, among=some)
    assert sorted(found.adopted) == list(range(1, 14))
    scores, alternatives = score(measurements, edition), usual_alternatives(edition)
    mixed = one_at_a_time(measurements.sample(frac=1, random_state=1), edition, scores, alternatives, among=some)
    pd.testing.assert_frame_equal(mixed.places, found.places)
    with pytest.raises(InputError, match="ни у одной из названных единиц нет места"):
        one_at_a_time(measurements, edition, scores, alternatives, among=pd.Index(["Z"]))


def test_no_alternative_is_what_the_edition_has():
    equal = tree(normalisation={"method": "min-max", "lower": 1, "upper": 100},
                 aggregation={"default": {"method": "geometric"}}, missing={"default": {"rule": "complete"}})
    equal = equal.model_copy(update={"weights": {}})
    found = usual_alternatives(equal)
    assert equal_weights(equal) is None
    assert "weights" not in found
    assert [each.title for each in found.values()] == [
        "индекс — среднее арифметическое", "нормирование: стандартизация", "вместо значений — места по показателям",
        "выбросы сдвинуты, не больше 5 у показателя", "пропуски: веса делятся между имеющимися"]
    summed = tree(aggregation={"default": {"method": "sum"}})
    assert "weights" not in usual_alternatives(summed)
    assert "places" not in usual_alternatives(tree(normalisation={"method": "rank"}))


def test_equal_weights_of_a_flat_edition_are_those_of_indicators():
    flat = make({"A": "G", "B": "G", "C": "H"}, {"index": {"A": 0.5, "B": 0.3, "C": 0.2}})
    assert flat.is_flat
    assert equal_weights(flat) == {INDEX: {"A": 1.0, "B": 1.0, "C": 1.0}}
    frame = values(codes="ABC", units=15)
    measurements = table(frame)
    found = one_at_a_time(measurements, flat, score(measurements, flat), usual_alternatives(flat))
    pd.testing.assert_series_equal(found.places["weights"], rank(frame.mean(axis=1)), check_names=False)


def test_what_audits_change_by_name_and_in_words():
    found = usual_alternatives(tree(), most_moved=3)
    assert {name: each.title for name, each in found.items()} == {
        "weights": "равные веса на каждом уровне", "aggregation": "индекс — среднее геометрическое",
        "normalisation": "нормирование: минимум — максимум", "places": "вместо значений — места по показателям",
        "outliers": "выбросы сдвинуты, не больше 3 у показателя", "missing": "пропуски: без любого значения балла нет"}
    assert {name: each.most_moved for name, each in found.items() if each.most_moved} == {"outliers": 3}
    assert found["outliers"].changes == {}
    assert found["aggregation"].changes["aggregation"][INDEX] == Aggregation(method="geometric")
    assert found["normalisation"].changes == {"normalisation": Normalisation(method="min-max", lower=1, upper=100)}
    assert found["missing"].changes["missing"]["default"].rule == "complete"
    other = usual_alternatives(tree(aggregation={"default": {"method": "geometric"}},
                                    normalisation={"method": "min-max", "lower": 1, "upper": 100},
                                    missing={"default": {"rule": "complete"}}))
    assert other["aggregation"].changes["aggregation"][INDEX] == Aggregation(method="arithmetic")
    assert other["normalisation"].changes == {"normalisation": Normalisation(method="z-score")}
    assert other["missing"].changes["missing"]["default"].rule == "reweight"


def test_summary_counts_what_is_apart_over_those_that_are_left():
    adopted = pd.Series([1.0, 2, 3, 4], list("ABCD"))
    places = pd.DataFrame({"one": [1.0, 3, 2, 4], "two": [4.0, np.nan, 1, 2]}, list("ABCD"))
    found = OneAtATime(adopted, places, {}, ())
    assert found.shifts().fillna(99).to_numpy().tolist() == [[0, 3], [1, 99], [-1, -2], [0, -2]]
    summary = found.summary()
    assert list(summary) == ["mean_shift", "largest_shift", "apart", "lost"]
    assert summary.loc["one"].to_list() == [0.5, 1, 0.5, 0]
    assert summary.loc["two"].to_list() == pytest.approx([7 / 3, 3, 1, 1])
    assert found.summary(apart=2)["apart"].to_list() == [0, 1]
    assert found.summary(apart=3)["apart"].to_list() == pytest.approx([0, 1 / 3])


def test_outliers_are_tried_with_the_number_of_values_asked_for():
    """One wild value of A, two of C: with one move C stays outlying, so that other places come out."""
    frame = values(codes="ABCDE", units=25)
    frame.iloc[0, 0], frame.iloc[1, 2], frame.iloc[2, 2] = 9.0, 70.0, 80.0
    measurements, edition = table(frame), tree()
    scores = score(measurements, edition)
    for most in (1, 2):
        found = one_at_a_time(measurements, edition, scores, usual_alternatives(edition, most))
        expected = score(table(frame.apply(treat_outliers, most=most)), edition).rank
        pd.testing.assert_series_equal(found.places["outliers"], expected[found.places.index], check_names=False)


def test_alternatives_that_touch_the_same_key_are_not_tried_together():
    edition, frame = tree(), values(codes="ABCDE", units=12)
    measurements = table(frame)
    scores, usual = score(measurements, edition), usual_alternatives(edition)
    pair = {name: usual[name] for name in ("places", "normalisation")}
    found = one_at_a_time(measurements, edition, scores, pair)
    assert found.together == ("places",)
    assert JOINT not in found.places
    alone = one_at_a_time(measurements, edition, scores, {"weights": usual["weights"]})
    assert JOINT not in alone.places
    assert list(alone.places) == ["weights"]


def test_the_alternative_mean_is_the_other_of_what_the_index_itself_has():
    """Not of the default, which holds inside the groups; the same with gaps."""
    edition = tree(aggregation={"default": {"method": "arithmetic"}, "index": {"method": "geometric"}},
                   missing={"default": {"rule": "reweight"}, "index": {"rule": "complete"}})
    found = usual_alternatives(edition)
    assert found["aggregation"].title == "индекс — среднее арифметическое"
    assert found["aggregation"].changes["aggregation"][INDEX] == Aggregation(method="arithmetic")
    assert found["missing"].title == "пропуски: веса делятся между имеющимися"
