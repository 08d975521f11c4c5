"""Distance to the frontier: the Handbook's min-max as a peer, properties, words of errors."""

import numpy as np
import pandas as pd
import pytest

from methods.errors import InputError
from methods.index.frontier import distance_to_frontier
from methods.index.normalise import distance_to_reference


def test_schooling_of_the_technology_index_is_the_handbooks_min_max(oracle, tai):
    """Handbook (2008), table 15: min-max of schooling, Finland .59, USA 1.00, Sweden .88, Japan .49."""
    found = 1 - distance_to_frontier(tai[["SCH"]])["SCH"]
    oracle("расстояние до лучшего: пройденный путь", "Руководство ОЭСР/JRC (2008), табл. 15",
           found[["Finland", "USA", "Sweden", "Japan"]], [0.59, 1.00, 0.88, 0.49], 0.005)


def test_to_zero_the_way_is_what_is_missing_to_the_reference():
    values = pd.DataFrame({"a": [2.0, 5, 8]})
    found = distance_to_frontier(values, worst=pd.Series({"a": 0.0}))["a"]
    pd.testing.assert_series_equal(1 - found, distance_to_reference(values["a"], reference="best"), check_names=False)


def test_unit_of_measure_and_zero_do_not_matter_and_gaps_stay():
    values = pd.DataFrame(np.random.default_rng(0).normal(size=(20, 3)), columns=list("abc"))
    values.iloc[3, 1] = np.nan
    found = distance_to_frontier(values)
    np.testing.assert_allclose(distance_to_frontier(7 * values - 3), found)
    assert found.isna().sum().to_dict() == {"a": 0, "b": 1, "c": 0}
    assert (found.min().to_list(), found.max().to_list()) == ([0] * 3, [1] * 3)


def test_ends_of_a_scale_are_matched_by_label():
    values = pd.DataFrame({"a": [0.5], "b": [0.5]})
    best, worst = pd.Series({"b": 2.0, "a": 1.0}), pd.Series({"b": 0.0, "a": 0.0})
    assert distance_to_frontier(values, best, worst).loc[0].to_dict() == {"a": 0.5, "b": 0.75}


def test_what_has_no_way_is_told():
    with pytest.raises(InputError) as error:
        distance_to_frontier(pd.DataFrame({"a": [0.1 + 0.2, 0.3], "b": [1.0, 2]}))
    assert str(error.value) == ("Расстояние до лучшего, «a»: лучшее значение должно быть больше худшего, сейчас 0.3 и "
                                "0.3. Исключите элемент или задайте концы шкалы.")
    with pytest.raises(InputError, match="наборы кодов различаются"):
        distance_to_frontier(pd.DataFrame({"a": [1.0, 2]}), pd.Series({"b": 3.0}))
