"""Shared fixtures of the bench's tests: a small edition of three groups and measurements for it."""

import json

import numpy as np
import pandas as pd
import pytest

from methods.data.editions import parse_edition

GROUPS = {"А": ["а1", "а2", "а3"], "Б": ["б1"], "В": ["в1", "в2"]}
LEAVES = [leaf for leaves in GROUPS.values() for leaf in leaves]
NESTED = {"index": {"А": 0.5, "Б": 0.2, "В": 0.3}, "А": "equal", "Б": "equal", "В": {"в1": 0.25, "в2": 0.75}}
FLAT = {"index": {"а1": 0.5 / 3, "а2": 0.5 / 3, "а3": 0.5 / 3, "б1": 0.2, "в1": 0.075, "в2": 0.225}}


@pytest.fixture(scope="session")
def nested():
    """Weights of a hierarchy: the groups' own and those inside groups."""
    return NESTED


@pytest.fixture(params=["nested", "flat"])
def weights(request):
    """The same effective weights in a hierarchy and in a flat list."""
    return {"nested": NESTED, "flat": FLAT}[request.param]


@pytest.fixture(scope="session")
def make_edition():
    """An edition of 3 groups and 6 indicators with the given weights."""
    return edition


@pytest.fixture(scope="session")
def make_measurements():
    """Measurements of that edition's indicators, drawn, with gaps on request."""
    return measurements


def edition(weights, **changes):
    content = {
        "version": "bench", "title": "Пробная", "status": "candidate", "in_force": {"start": "2026-01-01"},
        "legal_basis": ["нет"], "decision": "0000", "unit": {"title": "ц", "one": "ц", "few": "ц", "many": "ц"},
        "data": {"dataset": "d", "periods": ["2026"], "units": {"file": "u.csv", "unit": "u", "title": "t"},
                 "tables": {"t": {"file": "t.csv", "unit": "u"}}},
        "groups": {code: {"title": code} for code in GROUPS},
        "indicators": {leaf: {"title": leaf, "group": code,
                              "sides": {"objective": {"measure": "column", "table": "t", "column": "x"}}}
                       for code, leaves in GROUPS.items() for leaf in leaves},
        "weights": weights, "normalisation": {"method": "none"}, "aggregation": {"default": {"method": "arithmetic"}},
        "missing": {"default": {"rule": "reweight"}}, "publication": {"decimals": 2}, **changes}
    return parse_edition(json.dumps(content, ensure_ascii=False))


def measurements(seed=0, units=15, gaps=()):
    values = pd.DataFrame(np.random.default_rng(seed).uniform(0.1, 1, (units, len(LEAVES))), columns=LEAVES,
                          index=[f"C{i:02d}" for i in range(units)])
    for unit, leaves in gaps:
        values.loc[unit, leaves] = np.nan
    long = values.rename_axis("unit").reset_index().melt("unit", var_name="indicator").dropna()
    return long.assign(side="objective", clientele="", se=np.nan, n=1.0)
