"""Who already does better: the distance of circumstances, what counts as better, the order."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.spatial.distance import cdist

from methods.errors import InputError
from methods.index.peers import better_peers, context_distance

UNITS = [f"C{number:02}" for number in range(1, 41)]


@pytest.fixture
def country():
    """Forty units: values, errors, two circumstances."""
    rng = np.random.default_rng(0)
    return (pd.Series(rng.normal(0.8, 0.1, 40), UNITS, name="Д1"), pd.Series(rng.uniform(0.01, 0.05, 40), UNITS),
            pd.DataFrame({"clients": rng.lognormal(3, 1, 40), "employers": rng.uniform(0, 0.4, 40)}, index=UNITS))


def test_distance_is_that_of_scipy(country, oracle):
    _, _, context = country
    theirs = cdist(context, context, "seuclidean", V=context.var(ddof=1))[4] / np.sqrt(2)
    oracle("расстояние между условиями работы центров", "scipy.spatial.distance.cdist, seuclidean, пересчитано",
           context_distance(context, "C05"), pd.Series(theirs, UNITS), 1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_distance_forgets_units_of_measure_and_the_order_of_rows(seed):
    rng = np.random.default_rng(seed)
    context = pd.DataFrame(rng.normal(size=(12, 3)), index=UNITS[:12])
    other = (context * [1, 1000, 0.001] + [0, 5, -7]).sample(frac=1, random_state=seed)
    pd.testing.assert_series_equal(context_distance(other, "C03").reindex(context.index),
                                   context_distance(context, "C03"))


def test_a_circumstance_that_is_equal_everywhere_tells_nobody_apart():
    context = pd.DataFrame({"same": [2.0, 2.0, 2.0], "clients": [1.0, 2.0, 4.0]}, index=UNITS[:3])
    pd.testing.assert_series_equal(context_distance(context, "C01"), context_distance(context[["clients"]], "C01"))
    assert (context_distance(context[["same"]], "C01") == 0).all()


def test_a_gap_leaves_a_circumstance_out_of_that_pair():
    context = pd.DataFrame({"a": [0.0, 1.0, 2.0], "b": [0.0, np.nan, 2.0]}, index=UNITS[:3])
    assert context_distance(context, "C01")["C02"] == pytest.approx(1.0)


def test_every_peer_is_near_and_better_by_more_than_the_error_of_the_difference(country):
    values, errors, context = country
    low = values.idxmin()
    found = better_peers(values, errors, context, low, nearest=0.5, most=40)
    near = context_distance(context, low).drop(low).nsmallest(20).index
    expected = [unit for unit in near if values[unit] - values[low] > 1.96 * np.hypot(errors[unit], errors[low])]
    assert list(found.index) == expected
    assert len(found)
    assert found["distance"].is_monotonic_increasing
    assert (found["difference"] > found["needed"]).all()


def test_peers_do_not_depend_on_the_order_of_rows(country):
    values, errors, context = country
    one = better_peers(values, errors, context, values.idxmin())
    other = better_peers(values[::-1], errors.sample(frac=1, random_state=1), context.sample(frac=1, random_state=2),
                         values.idxmin())
    assert len(one)
    pd.testing.assert_frame_equal(one, other)


def test_the_best_has_nobody_to_learn_from(country):
    values, errors, context = country
    assert better_peers(values, errors, context, values.idxmax(), nearest=1.0).empty


def test_larger_errors_leave_fewer_peers(country):
    values, errors, context = country
    counts = [len(better_peers(values, scale * errors, context, values.idxmin(), nearest=1.0, most=40))
              for scale in (0.5, 1, 2, 4)]
    assert counts == sorted(counts, reverse=True)
    assert counts[0] > counts[-1]


def test_where_errors_are_unknown_half_a_standard_deviation_is_asked_for(country):
    values, _, context = country
    found = better_peers(values, pd.Series(dtype=float), context, values.idxmin(), nearest=1.0, most=40)
    assert found["needed"].unique() == pytest.approx([0.5 * values.std(ddof=1)])


def test_a_unit_without_a_value_is_nobodys_peer(country):
    values, errors, context = country
    best = values.idxmax()
    assert best in better_peers(values, errors, context, values.idxmin(), nearest=1.0, most=40).index
    assert best not in better_peers(values.where(values.index != best), errors, context, values.idxmin(), nearest=1.0,
                                    most=40).index


def test_one_unit_alone_has_no_peers():
    one = pd.Series({"C01": 0.5})
    assert better_peers(one, one, pd.DataFrame({"clients": [1.0]}, index=["C01"]), "C01").empty


@pytest.mark.parametrize(("change", "words"), [
    ({"unit": "C99"}, "Кто уже умеет: у единицы C99 нет значения показателя Д1"),
    ({"nearest": 0.0}, "доля ближайших должна быть больше 0 и не больше 1, задано 0"),
    ({"nearest": 1.5}, "задано 1.5"),
    ({"context": pd.DataFrame({"clients": [1.0, 2.0]}, index=["C01", "C02"])},
     r"условия работы неизвестны у единиц: C03, C04, C05, C06, C07 \(всего 38\)"),
])
def test_what_cannot_be_compared_is_named(country, change, words):
    values, errors, context = country
    given = {"values": values, "errors": errors, "context": context, "unit": "C01"} | change
    with pytest.raises(InputError, match=words):
        better_peers(**given)


def test_a_unit_without_circumstances_is_named(country):
    with pytest.raises(InputError, match=r"Условия работы: единицы C99 нет в таблице условий \(40 единиц\)"):
        context_distance(country[2], "C99")


def test_a_repeated_unit_is_refused(country):
    values, errors, context = country
    with pytest.raises(InputError, match="Кто уже умеет: единицы: код повторяется: C01"):
        better_peers(pd.concat([values, values[:1]]), errors, context, "C02")
