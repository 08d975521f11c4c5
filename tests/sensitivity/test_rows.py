"""Steps of the recipe for many draws at once: each row as the recipe's own function gives it, or why it gives none."""

import numpy as np
import pandas as pd
import pytest

from methods.errors import InputError, ZvezdaError
from methods.index.aggregate import AGGREGATIONS
from methods.index.edition import Aggregation, Normalisation
from methods.index.normalise import NORMALISATIONS
from methods.sensitivity import rows
from methods.sensitivity.rows import normalise_rows, transformation

UNITS = pd.Index([f"U{number}" for number in range(6)])
RULES = [{"method": "min-max"}, {"method": "min-max", "lower": 1, "upper": 100}, {"method": "z-score"},
         {"method": "z-score", "mean": 100, "sd": 10}, {"method": "goalposts", "low": 0.2, "high": 0.7},
         {"method": "goalposts", "low": 0.2, "high": 0.7, "lower": 1, "upper": 2}, {"method": "rank"},
         {"method": "borda"}, {"method": "percentile"}, {"method": "distance-to-reference"},
         {"method": "distance-to-reference", "reference": "mean"},
         {"method": "distance-to-reference", "reference": "U2"}, {"method": "distance-to-reference", "reference": 0.4},
         {"method": "none"}]
# Plain, with ties, with a gap in the unit of reference, without spread but for dust, with a value that is not positive.
DRAWS = np.array([[0.1, 0.5, 0.3, 0.9, 0.7, 0.2], [0.4, 0.4, 0.8, 0.8, 0.4, 0.6], [0.3, np.nan, 0.5, 0.1, np.nan, 0.9],
                  [0.3, 0.2, np.nan, 0.8, 0.5, 0.6], [0.3, 0.3, 0.3, 0.1 + 0.2, 0.3, 0.3],
                  [0.5, 0.0, 0.3, 0.9, 0.2, 0.4], [0.5, -0.1, 0.3, 0.9, 0.2, 0.4]])


def checked(rule, direction, values):
    """The rows of the fast way against the recipe's function, one by one."""
    made, wrong, why = normalise_rows(values, rule, direction, UNITS, "A")
    assert made.shape == values.shape
    assert why == f"нормирование {rule.method} показателя A не определено"
    for row, one in enumerate(values):
        try:
            expected = NORMALISATIONS[rule.method](pd.Series(one, UNITS, name="A"), direction, **rule.parameters())
        except ZvezdaError:
            assert wrong[row], row
            continue
        assert not wrong[row], row
        np.testing.assert_allclose(made[row], expected, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("direction", [1, -1])
@pytest.mark.parametrize("stated", RULES, ids=lambda stated: "-".join(map(str, stated.values())))
def test_every_row_is_as_the_recipe_gives_it_or_marked_where_it_refuses(stated, direction):
    rule = Normalisation(**stated)
    if rule.method == "none" and direction == -1:
        with pytest.raises(InputError) as raised:
            normalise_rows(DRAWS, rule, -1, UNITS, "A")
        assert str(raised.value) == ("Показатель A, нормирование none: без нормирования допустимо только направление 1")
        return
    checked(rule, direction, DRAWS)
    checked(rule, direction, DRAWS[:1])


@pytest.mark.parametrize("stated", RULES[:-1], ids=lambda stated: "-".join(map(str, stated.values())))
def test_a_method_without_a_version_for_rows_goes_row_by_row(monkeypatch, stated):
    """As for a normalisation that somebody adds to the recipe only."""
    rule = Normalisation(**stated)
    fast = normalise_rows(DRAWS, rule, -1, UNITS, "A")
    monkeypatch.setattr(rows, "_NORMALISATIONS", {})
    made, wrong, why = normalise_rows(DRAWS, rule, -1, UNITS, "A")
    np.testing.assert_array_equal(wrong, fast[1])
    np.testing.assert_allclose(made[~wrong], fast[0][~wrong], rtol=1e-12, atol=1e-14)
    assert np.isnan(made[wrong]).all()
    assert why == fast[2]


@pytest.mark.parametrize("stated", RULES)
def test_what_was_never_asked_of_a_clientele_stays_unknown_and_fails_nothing(stated):
    nothing = np.full((3, 6), np.nan)
    made, wrong, why = normalise_rows(nothing, Normalisation(**stated), 1, UNITS, "A")
    assert np.isnan(made).all()
    assert (wrong.tolist(), why) == ([False] * 3, "")


def test_a_unit_of_reference_that_is_not_there_is_refused_with_the_name_of_the_indicator():
    with pytest.raises(InputError) as raised:
        normalise_rows(DRAWS, Normalisation(method="distance-to-reference", reference="U9"), 1, UNITS, "A")
    assert str(raised.value) == ("Показатель A, нормирование distance-to-reference: единицы-эталона «U9» нет в данных")


@pytest.mark.parametrize("rule", [
    Aggregation(method="arithmetic"), Aggregation(method="geometric"), Aggregation(method="harmonic"),
    *(Aggregation(method="power", exponent=exponent) for exponent in (2, 0.5, 0, -0.5, -1))])
def test_every_mean_is_the_arithmetic_one_between_there_and_back(rule):
    values = np.random.default_rng(0).uniform(0.1, 1, (5, 4))
    weights = pd.Series([0.4, 0.3, 0.2, 0.1], list("abcd"))
    there, back, positive = transformation(rule)
    parameters = {} if rule.exponent is None else {"exponent": rule.exponent}
    expected = AGGREGATIONS[rule.method](pd.DataFrame(values, columns=weights.index), weights, **parameters)
    np.testing.assert_allclose(back(there(values) @ weights.to_numpy()), expected, rtol=1e-12)
    assert positive == (rule.method != "arithmetic")


def test_a_sum_changes_no_value_and_asks_for_no_sign():
    there, back, positive = transformation(Aggregation(method="sum"))
    values = np.array([-1.0, 0.0, 2.0])
    assert there(values).tolist() == back(values).tolist() == values.tolist()
    assert not positive
