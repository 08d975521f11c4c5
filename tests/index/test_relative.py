"""The index of change: 100 is the unit's own base level."""

import numpy as np
import pandas as pd

from methods.index.relative import relative_index


def test_a_unit_at_its_base_level_stands_at_100_whatever_the_level():
    base = pd.Series({"A": 0.31, "B": 0.95})
    assert relative_index(base, base).to_dict() == {"A": 100.0, "B": 100.0}


def test_change_is_counted_from_the_units_own_base_matched_by_label():
    """By hand: 0.84 / 0.80 = 105 %, 0.63 / 0.70 = 90 %."""
    result = relative_index(pd.Series({"A": 0.84, "B": 0.63}), pd.Series({"B": 0.70, "A": 0.80}))
    assert result.round(9).to_dict() == {"A": 105.0, "B": 90.0}


def test_no_positive_base_no_relative_index():
    current = pd.Series({"new": 0.7, "zero": 0.7, "negative": 0.7, "gap": 0.7, "gone": np.nan, "kept": 0.7})
    base = pd.Series({"zero": 0.0, "negative": -0.2, "gap": np.nan, "gone": 0.5, "kept": 0.7, "closed": 0.4})
    result = relative_index(current, base)
    assert result.dropna().to_dict() == {"kept": 100.0}
    assert result.index.equals(current.index)
