"""What a source prints allows: digits, whole numbers, gaps, labels; a check that fails tells it in its own row."""

import math

import numpy as np
import pandas as pd
import pytest

from methods.errors import InputError
from methods.validation.check import check, outcome
from methods.validation.comparison import Comparison, half_of_last_digit, labelled


def compare(found, printed, **options):
    return Comparison("Источник", "что", pd.Series(found, dtype=float), pd.Series(printed, dtype=str), **options)


@pytest.mark.parametrize(("printed", "allowed"), [
    ("0.17", 0.005), ("-0.17", 0.005), ("0.170", 0.0005), ("12.5", 0.05), ("1.5e-3", 5e-5), ("1.50E2", 0.5),
    ("13", 1e-9), ("0", 1e-9), ("0.123456789012345", 1e-9), ("1829.15146461355", 1.82915146461355e-6)])
def test_half_of_the_last_digit(printed, allowed):
    assert half_of_last_digit(printed) == pytest.approx(allowed, rel=1e-12)


@pytest.mark.parametrize(("found", "printed", "holds"), [
    (0.1749, "0.17", True), (0.1751, "0.17", False), (0.165, "0.17", True), (0.1649, "0.17", False),
    (12 + 1e-10, "12", True), (12.4, "12", False), (-2.12, "-2.1", True), (2.12, "-2.1", False)])
def test_what_rounds_to_the_printed_number_holds_and_nothing_else(found, printed, holds):
    assert compare({"a": found}, {"a": printed}).holds == holds


def test_the_cell_nearest_to_its_own_allowance_is_shown():
    """.04 of .05 is nearer than .004 of .005 is not; digits differ from cell to cell."""
    made = compare({"a": 1.04, "b": 1.004, "c": 7}, {"a": "1.0", "b": "1.0000", "c": "7"})
    assert made.worst.name == "b"
    assert made.cells == 3
    assert not made.holds
    assert compare({"a": 1.04, "b": 1.00001}, {"a": "1.0", "b": "1.0000"}).worst.name == "a"


def test_numbers_are_matched_by_label():
    made = compare({"a": 1, "b": 2, "c": 3}, {"c": "3", "a": "1", "b": "2"})
    assert made.holds
    assert made.table["difference"].max() == 0


def test_a_number_where_nothing_was_published_and_the_other_way_round_is_a_difference():
    assert compare({"a": 1, "b": np.nan}, {"a": "1", "b": ""}).holds
    extra = compare({"a": 1, "b": 2}, {"a": "1", "b": ""})
    assert not extra.holds
    assert (extra.worst.name, extra.worst["difference"]) == ("b", np.inf)
    absent = compare({"a": 1, "b": np.nan}, {"a": "1", "b": "2"})
    assert not absent.holds
    assert absent.worst.name == "b"


def test_a_stated_allowance_takes_the_place_of_the_last_digit():
    assert compare({"a": 1.3}, {"a": "1.0"}, within=0.3).holds
    assert not compare({"a": 1.3}, {"a": "1.0"}, within=0.29).holds
    assert not compare({"a": 1.001}, {"a": "1.00"}, within=0.0).holds


def test_nothing_compared_is_no_success():
    made = compare({}, {})
    assert (made.cells, made.holds) == (0, False)
    assert not compare({"a": np.nan}, {"a": ""}).holds


@pytest.mark.parametrize(("found", "words"), [
    ({"a": 1}, "Источник, что: наборы кодов различаются. Нет: —; лишние: b."),
    ({"a": 1, "b": 2, "c": 3}, "Источник, что: наборы кодов различаются. Нет: c; лишние: —.")])
def test_other_cells_than_published_are_refused(found, words):
    with pytest.raises(InputError) as error:
        compare(found, {"a": "1", "b": "2"})
    assert str(error.value) == words


def test_tables_are_laid_out_under_both_labels():
    table = pd.DataFrame({"x": [1.0, 2], "y": [3.0, 4]}, index=[1, 2])
    assert labelled(table).to_dict() == {"1 x": 1, "1 y": 3, "2 x": 2, "2 y": 4}
    assert labelled(pd.Series([5.0], pd.MultiIndex.from_tuples([("c", "d")]))).to_dict() == {"c d": 5}
    assert labelled({"a": 1}).to_dict() == {"a": 1}


class Book:
    """Published numbers of one check."""

    def printed(self, name):
        return pd.Series({"a": "0.50"})


def test_a_check_that_holds():
    @check("Статья", "доля")
    def half(book):
        return {"a": 0.502}

    found = outcome(half, Book())
    assert (found.holds, found.cells, found.worst, found.fault) == (True, 1, "a", "")
    assert (found.difference, found.allowed) == pytest.approx((0.002, 0.005))


@pytest.mark.parametrize(("error", "fault"), [
    (InputError("Нет файла."), "Нет файла."),
    (ZeroDivisionError("деление на ноль"), "ZeroDivisionError: деление на ноль")])
def test_whatever_goes_wrong_in_a_check_is_told_in_its_row(error, fault):
    @check("Статья", "доля")
    def broken(book):
        raise error

    found = outcome(broken, Book())
    assert (found.holds, found.cells, found.fault) == (False, 0, fault)
    assert math.isnan(found.difference)


def test_a_check_without_a_single_published_number_is_told():
    @check("Статья", "доля")
    def empty(book):
        return {"a": np.nan}, pd.Series({"a": ""})

    assert outcome(empty, Book()).fault == "сравнивать нечего"
