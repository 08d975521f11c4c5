"""What designs of exchanged columns share: whose coordinates are whose, base points, runs; words of the refusals."""

import numpy as np
import pytest

from methods.errors import InputError, UsageError
from methods.sensitivity.pick_freeze import base_points, columns_of, exchanged, group_factors, reasonable, run


def test_factors_are_sorted_by_name_and_keep_their_coordinates():
    found = columns_of({"b": [2, 0], "a": (1,)}, apart=True)
    assert {name: columns.tolist() for name, columns in found.items()} == {"a": [1], "b": [2, 0]}
    assert list(found) == ["a", "b"]
    shared = columns_of({"a": [1], "group": [1, 3]})           # a factor beside its group; column 0 and 2 are nobody's
    assert {name: columns.tolist() for name, columns in shared.items()} == {"a": [1], "group": [1, 3]}


@pytest.mark.parametrize(("factors", "apart", "words"), [
    ({}, False, "Не задан ни один источник неопределённости: назовите хотя бы один и его координаты."),
    ({"a": []}, False, "Источник «a»: координаты — разные целые номера столбцов от 0, хотя бы один; задано []."),
    ({"a": [0.5]}, False, "Источник «a»: координаты — разные целые номера столбцов от 0, хотя бы один; задано [0.5]."),
    ({"a": [-1]}, False, "Источник «a»: координаты — разные целые номера столбцов от 0, хотя бы один; задано [-1]."),
    ({"a": [1, 1]}, False, "Источник «a»: координаты — разные целые номера столбцов от 0, хотя бы один; задано "
                           "[1, 1]."),
    ({"a": [0, 1], "b": [1]}, True, "Координата 1 есть и у «a», и у «b»: доли источников не сложатся в целое. Оставьте "
                                    "её одному из них."),
    ({"a": [0], "b": [3]}, True, "Координаты без источника: 1, 2. Назовите, чьи они: без этого доли не сложатся в "
                                 "целое."),
    ({"a": [1]}, True, "Координаты без источника: 0. Назовите, чьи они: без этого доли не сложатся в целое.")])
def test_coordinates_that_do_not_fit_are_named(factors, apart, words):
    with pytest.raises(InputError) as raised:
        columns_of(factors, apart=apart)
    assert str(raised.value) == words


@pytest.mark.parametrize(("groups", "words"), [
    ({"g": ["a"], "h": ["a"]}, "Группы источников: код повторяется: a (всего 1)."),
    ({"g": ["a", "x"]}, "Группы источников: нет источника x; есть: a, b."),
    ({"b": ["a"]}, "Группы источников: имя «b» есть и у группы, и у источника вне групп.")])
def test_groups_that_do_not_fit_are_named(groups, words):
    with pytest.raises(InputError) as raised:
        group_factors({"a": [0], "b": [1]}, groups)
    assert str(raised.value) == words


def test_a_group_may_bear_the_name_of_its_member_and_joins_shared_coordinates_once():
    assert group_factors({"a": [2, 0], "b": [0, 1], "c": [3]}, {"a": ["a", "b"]}) == {"a": [0, 1, 2], "c": [3]}


def test_the_least_that_is_reasonable_passes():
    reasonable(8, "sobol", 40, 0.95, 0)
    reasonable(9, "random", 4, 0.5, 0)
    for base, design, resamples, confidence, seed in ((7, "random", 40, 0.95, 0), (12, "sobol", 40, 0.95, 0),
                                                      (8, "sobol", 39, 0.95, 0), (8, "sobol", 40, 0.0, 0),
                                                      (8, "sobol", 40, 1.0, 0), (8, "sobol", 40, 0.95, -1),
                                                      (8, "grid", 40, 0.95, 0), (9, "random", 3, 0.5, 0)):
        with pytest.raises(UsageError):
            reasonable(base, design, resamples, confidence, seed)


@pytest.mark.parametrize("design", ["sobol", "random"])
def test_base_points_are_two_different_sets_that_repeat_by_their_seed(design):
    a, b = base_points(3, 64, design, 0)
    assert a.shape == b.shape == (64, 3)
    assert len(np.unique(np.concatenate([a, b], axis=1))) == 64 * 6
    again, other = base_points(3, 64, design, 0), base_points(3, 64, design, 1)
    np.testing.assert_array_equal(a, again[0])
    np.testing.assert_array_equal(b, again[1])
    assert not np.isclose(a, other[0]).any()
    if design == "sobol":                                       # of 64 Sobol points every 64th of a side holds one
        for column in np.concatenate([a, b], axis=1).T:
            assert np.sort((64 * column).astype(int)).tolist() == list(range(64))


def test_exchanged_columns_come_from_the_other_set_and_change_neither():
    a, b = np.zeros((4, 3)), np.ones((4, 3))
    assert exchanged(a, b, np.array([0, 2])).tolist() == [[1, 0, 1]] * 4
    assert (a.sum(), b.sum()) == (0, 12)


def test_a_run_that_is_not_finite_has_failed_and_others_stay():
    values = np.array([[1.0, np.inf], [np.nan, 2.0]])
    found = run(lambda _: values, np.zeros((2, 3)))
    assert found[0, 0] == 1
    assert found[1, 1] == 2
    assert np.isnan([found[0, 1], found[1, 0]]).all()
    assert run(lambda points: points[:, :1].astype(int), np.ones((2, 3)), outputs=1).dtype == float


@pytest.mark.parametrize(("made", "outputs", "words"), [
    (np.zeros(2), None, "Модель должна вернуть таблицу 2 × число результатов, получено 2."),
    (np.zeros((3, 1)), None, "Модель должна вернуть таблицу 2 × число результатов, получено 3 × 1."),
    (np.zeros((2, 2)), 1, "Модель должна вернуть таблицу 2 × 1, получено 2 × 2."),
    (np.float64(1), None, "Модель должна вернуть таблицу 2 × число результатов, получено одно число.")])
def test_a_model_of_another_shape_is_refused(made, outputs, words):
    with pytest.raises(InputError) as raised:
        run(lambda _: made, np.zeros((2, 3)), outputs)
    assert str(raised.value) == words
