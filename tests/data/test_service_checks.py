"""Do rows become services and services become units as the method paper says?"""

import numpy as np
import pandas as pd
import pytest

from methods.data.service_checks import collapse_rows, unit_share
from methods.errors import InputError

NAN = np.nan
ROWS = pd.DataFrame({"unit": ["A", "A", "A", "B", "B"], "service": ["s", "s", "t", "s", "s"]})
LEVEL = pd.Series(["Central", "Central", "Local", "Local", "Local"])
CHECKS = pd.DataFrame({"online": [1.0, 0.0, 1.0, 0.0, 1.0], "eid": [NAN, 0.5, NAN, 0.0, NAN]})


@pytest.mark.parametrize(("rule", "online"), [
    ("best", [1, 1, 1]), ("mean", [0.5, 1, 0.5]), ({"Central": "best", "Local": "mean"}, [1, 1, 0.5]),
    ({"Local": "best"}, [0.5, 1, 1]),  # a level without a rule takes the mean
])
def test_rows_of_a_service_collapse_by_the_rule(rule, online):
    found = collapse_rows(CHECKS, ROWS, rule, LEVEL)
    assert found.index.to_list() == [("A", "s"), ("A", "t"), ("B", "s")]
    assert found["online"].to_list() == online


@pytest.mark.parametrize("rule", ["best", "mean"])
def test_an_unanswered_check_is_left_out_not_failed(rule):
    eid = collapse_rows(CHECKS, ROWS, rule)["eid"]
    assert eid["A", "s"] == 0.5
    assert np.isnan(eid["A", "t"])
    assert eid["B", "s"] == 0


def services(**checks):
    index = pd.MultiIndex.from_tuples([("A", "s"), ("A", "t"), ("A", "u"), ("B", "s")], names=["unit", "service"])
    return pd.DataFrame(checks, index=index)


def test_the_weight_of_an_unanswered_check_goes_to_the_others():
    """A: s = (.5*1 + .25*0)/.75 = 2/3, t = 1, u has no check at all; B = .25*1 + .5*0 + .25*1 = .5."""
    table = services(a=[0.0, NAN, NAN, 1.0], b=[1.0, 1.0, NAN, 0.0], c=[NAN, NAN, NAN, 1.0])
    found = unit_share(table, pd.Series({"a": 0.25, "b": 0.5, "c": 0.25}))
    assert found.loc["A"].to_dict() == pytest.approx({"value": (2 / 3 + 1) / 2, "n": 2})
    assert found.loc["B"].to_dict() == {"value": 0.5, "n": 1}


def test_weights_meet_checks_by_name():
    table = services(a=[1.0, 1, 1, 1], b=[0.0, 0, 0, 0])
    assert unit_share(table, pd.Series({"b": 0.9, "a": 0.1}))["value"].to_dict() == pytest.approx({"A": 0.1, "B": 0.1})


def test_a_unit_without_any_answer_has_no_value():
    found = unit_share(services(a=[NAN, NAN, NAN, 1.0]), pd.Series({"a": 1.0}))
    assert np.isnan(found.loc["A", "value"])
    assert found["n"].to_dict() == {"A": 0, "B": 1}


def test_the_share_of_a_service_is_rounded_half_up_before_the_mean():
    """.125, .375 and 0 become .13, .38 and 0: mean .17 instead of .1667; numpy would round to .12."""
    table = services(a=[0.125, 0.375, 0.0, 0.115])
    found = unit_share(table, pd.Series({"a": 1.0}), decimals=2)["value"]
    assert found.to_dict() == pytest.approx({"A": 0.17, "B": 0.12}, abs=1e-12)


def test_strata_weigh_kinds_not_services():
    """Two transactional services (1, 0) and one informational (0): .8 * .5 + .2 * 0, not 1/3."""
    table = services(a=[1.0, 0.0, 0.0, 1.0])
    kinds = pd.Series(["T", "T", "I", "I"], index=table.index)
    found = unit_share(table, pd.Series({"a": 1.0}), strata=kinds, shares={"T": 0.8, "I": 0.2})["value"]
    assert found["A"] == pytest.approx(0.4)
    assert found["B"] == 1  # only informational: its share grows to the whole


def test_a_kind_of_service_without_a_share_is_named():
    table = services(a=[1.0, 0.0, 0.0, 1.0])
    kinds = pd.Series(["T", "T", "X", "X"], index=table.index)
    with pytest.raises(InputError, match="X"):
        unit_share(table, pd.Series({"a": 1.0}), strata=kinds, shares={"T": 0.8, "I": 0.2})
