"""Coverage screen: counts by hand, order of the table, words of errors. COINr: tests/editions/test_asem_audit.py."""

import numpy as np
import pandas as pd
import pytest

from methods.errors import InputError
from methods.index.coverage import data_coverage

NAN = np.nan
VALUES = pd.DataFrame({"a": [1, 2, 3, NAN], "b": [1, NAN, NAN, NAN], "c": [1, 2, NAN, 4.0]}, index=["A", "B", "C", "D"])
GROUPS = {"first": ["a", "b"], "second": ["c"]}


def test_counts_by_hand():
    found = data_coverage(VALUES, GROUPS)
    assert found.indicators.to_dict() == {"a": 0.75, "b": 0.25, "c": 0.75}
    assert found.units.to_dict() == pytest.approx({"A": 1, "B": 2 / 3, "C": 1 / 3, "D": 1 / 3})
    assert found.groups.loc["B"].to_dict() == {"first": 0.5, "second": 1}
    assert found.short_indicators(0.65).to_list() == ["b"]
    assert found.short_units(0.65).to_list() == ["C", "D"]
    assert found.short_groups(0.65).to_dict() == {"first": 3, "second": 1}


def test_a_share_equal_to_the_border_is_enough():
    assert data_coverage(VALUES).short_units(1 / 3).empty
    assert data_coverage(VALUES).short_units(2 / 3).to_list() == ["C", "D"]


def test_the_order_of_the_table_changes_nothing():
    found, other = data_coverage(VALUES, GROUPS), data_coverage(VALUES.iloc[::-1, ::-1], GROUPS)
    pd.testing.assert_series_equal(other.units[VALUES.index], found.units)
    assert other.short_units().equals(found.short_units())


@pytest.mark.parametrize(("values", "groups", "words"), [
    (VALUES.iloc[:0], None, "Охват данными: таблица пуста (единиц 0, показателей 3)."),
    (VALUES, {"first": ["a", "z"]}, "Охват данными, группа «first»: нет показателей z."),
    (VALUES, {"first": []}, "Охват данными, группа «first»: нет показателей (пусто)."),
    (VALUES.set_axis(["A", "A", "B", "C"]), None, "Охват данными: единицы: код повторяется: A (всего 1).")])
def test_what_cannot_be_counted_is_told(values, groups, words):
    with pytest.raises(InputError) as error:
        data_coverage(values, groups)
    assert str(error.value) == words
