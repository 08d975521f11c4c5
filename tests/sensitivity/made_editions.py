"""Editions and measurements made for the tests of this folder."""

import json

import numpy as np
import pandas as pd

from methods.data import editions
from methods.index.edition import INDEX
from methods.index.score import EVERYONE

NAN = np.nan
SURVEY = {"measure": "survey", "table": "t", "question": "q", "scale": [1, 5]}
COLUMN = {"measure": "column", "table": "t", "column": "c"}
CHECKLIST = {"measure": "checklist", "table": "t"}


def make(indicators, weights, *, two_sided=(), surveyed=(), checked=(), **settings):
    """An edition without files: indicator -> group (`index` for none), weights as in the file."""
    def sides(code):
        objective = CHECKLIST if code in checked else COLUMN
        if code in two_sided:
            return {"subjective": SURVEY, "objective": objective}
        return {"subjective": SURVEY} if code in surveyed else {"objective": objective}

    content = {
        "version": "made", "title": "Made in a test", "status": "candidate", "in_force": {"start": "2024-01-01"},
        "legal_basis": ["-"], "decision": "-", "unit": dict.fromkeys(("title", "one", "few", "many"), "u"),
        "data": {"dataset": "d", "periods": ["2024"], "units": {"file": "f", "unit": "u", "title": "t"},
                 "tables": {"t": {"file": "f", "unit": "u", "clientele": "w", "requirement": "r", "item": "i",
                                  "score": "s", "maximum": "m"}}},
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
    """Random values of units on [.1; 1]."""
    draw = np.random.default_rng(seed)
    frame = pd.DataFrame(draw.uniform(0.1, 1, (units, len(codes))), columns=list(codes),
                         index=[f"U{n:02}" for n in range(units)])
    return frame.mask(draw.random(frame.shape) < gaps)


def content_of(edition):
    """The edition as plain values, to be changed and parsed again."""
    return json.loads(edition.model_dump_json(by_alias=True, exclude_none=True))


FLAT = make({"A": INDEX, "B": INDEX, "C": INDEX}, {"index": {"A": 0.5, "B": 0.3, "C": 0.2}})
