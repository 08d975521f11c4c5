"""Rounding for publication: half away from zero in decimals, blind to binary dust."""

from decimal import ROUND_HALF_UP, Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from methods.index.rounding import dustless, half_up, round_half_up

STEADY = settings(derandomize=True, database=None, deadline=None, max_examples=400)


@pytest.mark.parametrize(("value", "decimals", "expected"), [
    (93.115, 2, 93.12),               # the binary value lies below: 93.1149999999999948
    ((93.46 + 92.77) / 2, 2, 93.12),  # Sevastopol, second quarter of 2025, as published
    (93.11499999999998, 2, 93.12),    # its lower neighbour: the dust of a sum
    (93.1149, 2, 93.11),              # not dust: a digit
    (0.125, 2, 0.13), (0.135, 2, 0.14), (2.675, 2, 2.68), (1.005, 2, 1.01),
    (0.5, 0, 1), (1.5, 0, 2), (2.5, 0, 3),
    (-0.125, 2, -0.13), (-2.5, 0, -3), (-93.115, 2, -93.12),
    (0.0, 2, 0.0), (100.0, 0, 100.0), (7.0, 6, 7.0),
    (123456789.125, 2, 123456789.13), (999999.9999996, 6, 1000000.0),
    (1e-15, 2, 0.0), (0.0049999999999999, 2, 0.01),
])
def test_published_digits(value, decimals, expected):
    assert half_up(value, decimals) == expected


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_what_is_no_number_stays_what_it_was(value):
    np.testing.assert_equal(half_up(value), value)


@STEADY
@given(units=st.integers(-10**11, 10**11), places=st.integers(0, 6), decimals=st.integers(0, 6))
def test_agrees_with_decimal_arithmetic_on_everything_written_with_up_to_12_digits(units, places, decimals):
    written = Decimal(units).scaleb(-places)
    expected = written.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)
    assert half_up(float(written), decimals) == float(expected)


@STEADY
@given(parts=st.lists(st.integers(0, 10_000), min_size=2, max_size=40))
def test_a_mean_of_published_figures_is_rounded_as_on_paper(parts):
    """Shares with two digits averaged in binary, and the same average in exact decimals."""
    binary = sum(part / 100 for part in parts) / len(parts)
    exact = sum(Decimal(part) for part in parts) / Decimal(100) / Decimal(len(parts))
    assert half_up(binary, 2) == float(exact.quantize(Decimal("0.01"), rounding=ROUND_HALF_UP))


@STEADY
@given(value=st.floats(-1e6, 1e6), decimals=st.integers(0, 4))
def test_rounding_moves_by_half_a_unit_at_most_and_twice_is_once(value, decimals):
    rounded = half_up(value, decimals)
    assert abs(rounded - value) <= 0.5 * 10.0**-decimals * (1 + 1e-6)
    assert half_up(rounded, decimals) == rounded
    assert half_up(-value, decimals) == -rounded


def test_a_huge_number_keeps_its_own_digits():
    assert half_up(1234567890123.45, 2) == 1234567890123.45


def test_a_number_beyond_28_digits_does_not_break_the_table():
    assert half_up(1e30, 2) == 1e30


def test_nothing_is_published_as_minus_zero():
    assert str(half_up(-0.001, 2)) == "0.0"


def test_a_table_is_rounded_cell_by_cell_with_its_labels():
    table = pd.DataFrame({"x": [0.125, np.nan], "y": [-0.125, 93.115]}, index=["A", "B"])
    expected = pd.DataFrame({"x": [0.13, np.nan], "y": [-0.13, 93.12]}, index=["A", "B"])
    pd.testing.assert_frame_equal(round_half_up(table, 2), expected)


@pytest.mark.parametrize("scale", [1e-9, 1e-3, 1.0, 1e4, 1e9])
def test_dust_is_cut_and_digits_are_kept_on_any_scale(scale):
    values = dustless(pd.Series({"dusty": (0.1 + 0.2) * scale, "clean": 0.3 * scale, "other": 0.30000000001 * scale}))
    assert values["dusty"] == values["clean"]
    assert values["other"] > values["clean"]


def test_cutting_dust_keeps_labels_gaps_zero_and_infinity():
    values = pd.Series({"a": 0.0, "b": np.nan, "c": -0.1 - 0.2, "d": np.inf}, name="score")
    pd.testing.assert_series_equal(
        dustless(values), pd.Series({"a": 0.0, "b": np.nan, "c": -0.3, "d": np.inf}, name="score"))
