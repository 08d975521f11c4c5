"""The two sides of an edition as tables: clienteles brought together by their shares."""

import json

import numpy as np
import pandas as pd
import pytest

from methods.agreement.sides import element_values, side_values, weighted_sides
from methods.data.editions import parse_edition
from methods.index.score import score

COLUMN = {"measure": "column", "table": "t", "column": "x"}
BOTH = {"subjective": COLUMN, "objective": COLUMN}


def edition(share=None, **changes):
    """Indicators k and m have two sides, p one; a share asks for two clienteles."""
    clienteles = {} if share is None else {"citizens": {"title": "г", "value": "Г", "share": share},
                                           "employers": {"title": "р", "value": "Р", "share": 1 - share}}
    content = {
        "version": "sides", "title": "Пробная", "status": "candidate", "in_force": {"start": "2026-01-01"},
        "legal_basis": ["нет"], "decision": "0000", "unit": {"title": "ц", "one": "ц", "few": "ц", "many": "ц"},
        "data": {"dataset": "d", "periods": ["2026"], "units": {"file": "u.csv", "unit": "u", "title": "t"},
                 "tables": {"t": {"file": "t.csv", "unit": "u"}}},
        "clienteles": clienteles, "groups": {"G": {"title": "G"}},
        "indicators": {"k": {"title": "k", "group": "G", "sides": BOTH},
                       "m": {"title": "m", "group": "G", "sides": BOTH},
                       "p": {"title": "p", "sides": {"objective": COLUMN}}},
        "weights": {"index": "equal", "G": "equal"}, "normalisation": {"method": "none"},
        "aggregation": {"default": {"method": "arithmetic"}}, "missing": {"default": {"rule": "reweight"}},
        "publication": {"decimals": 2}, **changes}
    return parse_edition(json.dumps(content, ensure_ascii=False))


def rows(*cells):
    frame = pd.DataFrame(cells, columns=["unit", "indicator", "side", "clientele", "value"])
    return frame.assign(se=np.nan, n=1.0)


DATA = rows(
    ("C1", "k", "subjective", "citizens", 0.9), ("C1", "k", "subjective", "employers", 0.5),
    ("C1", "k", "objective", "", 0.7),
    ("C2", "k", "subjective", "citizens", 0.6), ("C2", "k", "subjective", "employers", np.nan),
    ("C2", "k", "objective", "", 0.2),
    ("C1", "m", "subjective", "employers", 0.4), ("C1", "m", "objective", "", 0.1), ("C2", "m", "objective", "", 0.3),
    ("C1", "p", "objective", "", 0.8), ("C2", "p", "objective", "", 1.0))


@pytest.mark.parametrize("share", [0.5, 0.8])
def test_marks_of_the_clienteles_are_averaged_by_their_shares_over_those_that_answered(share):
    """By hand: C1 k = s x .9 + (1 - s) x .5; C2 k and C1 m were answered by one clientele; C2 m by none."""
    values = side_values(DATA, edition(share), "subjective")
    assert list(values) == ["k", "m"]
    assert values["k"].to_dict() == pytest.approx({"C1": share * 0.9 + (1 - share) * 0.5, "C2": 0.6})
    assert values["m"].to_dict() == pytest.approx({"C1": 0.4, "C2": np.nan}, nan_ok=True)


def test_the_objective_side_is_taken_as_it_is_and_one_sided_indicators_stay_out():
    values = side_values(DATA, edition(0.5), "objective")
    assert values.to_dict() == {"k": {"C1": 0.7, "C2": 0.2}, "m": {"C1": 0.1, "C2": 0.3}}


def test_without_clienteles_the_marks_are_taken_as_they_are_in_any_order_of_rows():
    data = DATA[DATA["clientele"] != "employers"].assign(clientele="").sample(frac=1, random_state=0)
    values = side_values(data, edition(), "subjective")
    assert values["k"].to_dict() == {"C1": 0.9, "C2": 0.6}
    assert values["m"].isna().all()


def test_values_of_an_element_are_those_of_ranked_units_only():
    """C2 has no marks for m, hence no m; under full coverage only C1 is ranked. By hand: k .8, m .4, G .6."""
    data = rows(("C1", "k", "subjective", "", 0.9), ("C1", "k", "objective", "", 0.7),
                ("C1", "m", "subjective", "", 0.5),
                ("C1", "m", "objective", "", 0.3), ("C1", "p", "objective", "", 0.2),
                ("C2", "k", "subjective", "", 0.6),
                ("C2", "k", "objective", "", 0.4), ("C2", "m", "objective", "", 0.3), ("C2", "p", "objective", "", 0.1))
    scores = score(data, edition(eligibility={"min_coverage": 1.0}))
    assert scores.rank.notna().to_dict() == {"C1": True, "C2": False}
    for code, expected in {"k": 0.8, "m": 0.4, "G": 0.6, "p": 0.2}.items():
        values = element_values(scores, code)
        assert values.name == code
        assert values.to_dict() == pytest.approx({"C1": expected, "C2": np.nan}, nan_ok=True)


def test_weighted_sides_keep_one_sided_indicators_and_the_stated_mix():
    """As `importance.hidden_weights` takes them: p is measured by the checklist alone, its whole weight is there."""
    cells = rows(("u1", "k", "subjective", "", 0.4), ("u1", "k", "objective", "", 0.8),
                 ("u1", "p", "objective", "", 1.0), ("u2", "k", "subjective", "", 0.6),
                 ("u2", "m", "objective", "", 0.2))
    values, mix = weighted_sides(cells, edition(), pd.Index(["u2", "u1"]))
    assert values.index.to_list() == ["u2", "u1"]
    assert values[("k", "subjective")].to_dict() == {"u2": 0.6, "u1": 0.4}
    assert values[("p", "objective")].isna().to_dict() == {"u2": True, "u1": False}
    assert mix.loc["p"].to_dict() == {"subjective": 0, "objective": 1}
    assert mix.loc["k"].to_dict() == {"subjective": 0.5, "objective": 0.5}


def test_weighted_sides_bring_clienteles_together_by_their_shares():
    cells = rows(("u1", "k", "subjective", "citizens", 0.4), ("u1", "k", "subjective", "employers", 0.8),
                 ("u2", "k", "subjective", "citizens", 0.5), ("u1", "k", "objective", "", 1.0))
    values, _ = weighted_sides(cells, edition(share=0.75), pd.Index(["u1", "u2"]))
    assert values[("k", "subjective")].to_dict() == pytest.approx({"u1": 0.5, "u2": 0.5})


def test_sides_without_a_common_scale_have_no_hidden_weight():
    values, mix = weighted_sides(rows(("u1", "k", "objective", "", 0.4)),
                                 edition(normalisation={"method": "z-score"}), pd.Index(["u1"]))
    assert values.shape == (1, 0)
    assert mix.empty
