"""Dominance, levels and the Hasse diagram: plain loops, the TAI, degenerate tables, refusals."""

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from methods.errors import InputError
from methods.sensitivity.dominance import dominance, hasse_edges, levels, pareto_levels


def table(seed, n=20, k=3, marks=5):
    return pd.DataFrame(np.random.default_rng(seed).integers(0, marks, (n, k)), [f"C{i:02d}" for i in range(n)])


def test_dominance_pairs_of_the_handbook(root, oracle):
    tai = pd.read_csv(root / "tests" / "reference" / "tai.csv", index_col="country")
    oracle("доминирование по Парето, TAI: число пар", "перебор 253 пар; пересчитано", [dominance(tai).to_numpy().sum()],
           [30], 0)


@given(seed=st.integers(0, 10_000), k=st.integers(1, 4))
def test_dominance_by_plain_loops(seed, k):
    values = table(seed, n=8, k=k, marks=3)
    found = dominance(values)
    for one, other in itertools.product(values.index, repeat=2):
        a, b = values.loc[one].to_list(), values.loc[other].to_list()
        expected = all(x >= y for x, y in zip(a, b, strict=True)) and a != b
        assert found.loc[one, other] == expected


@given(seed=st.integers(0, 10_000))
def test_levels_are_fronts_taken_off_one_by_one(seed):
    values = table(seed)
    left, front, expected = values, 1, {}
    while len(left):
        better = dominance(left)
        for unit in left.index[~better.any()]:
            expected[unit] = front
        left, front = left.loc[better.any()], front + 1
    assert pareto_levels(values).to_dict() == expected


@given(seed=st.integers(0, 10_000))
def test_the_lines_of_the_diagram_are_the_fewest_that_tell_all(seed):
    better = dominance(table(seed))
    edges = hasse_edges(better)
    direct = pd.DataFrame(False, better.index, better.columns)
    for row in edges.itertuples():
        direct.loc[row.better, row.worse] = True
    reached = direct.to_numpy()
    for _ in range(len(reached)):
        reached = reached | (reached.astype(int) @ direct.to_numpy().astype(int) > 0)
    np.testing.assert_array_equal(reached, better)                   # what follows from the lines is the relation
    for row in edges.itertuples():                                   # and no line follows from two others
        assert not (better.loc[row.better] & better[row.worse]).any()


def test_levels_of_a_relation_that_is_not_transitive():
    """A beats B, B beats C, A and C were never compared: three levels all the same."""
    better = pd.DataFrame(False, list("ABC"), list("ABC"))
    better.loc["A", "B"] = better.loc["B", "C"] = True
    assert levels(better).to_dict() == {"A": 1, "B": 2, "C": 3}
    with pytest.raises(InputError, match="A лучше C только через других"):
        hasse_edges(better)


def test_nothing_depends_on_order_or_monotone_scales():
    values = table(1)
    turned = values.sample(frac=1, random_state=1)[[2, 0, 1]]
    pd.testing.assert_series_equal(pareto_levels(values), pareto_levels(np.exp(turned)).loc[values.index])
    pd.testing.assert_frame_equal(hasse_edges(dominance(values)), hasse_edges(dominance(turned)))
    shuffled_columns = dominance(values)[values.index[::-1]]
    pd.testing.assert_series_equal(levels(shuffled_columns), pareto_levels(values))


def test_equal_units_do_not_dominate_each_other():
    values = pd.DataFrame(1.0, list("ABC"), ["x", "y"])
    assert not dominance(values).any(axis=None)
    assert (pareto_levels(values) == 1).all()
    assert hasse_edges(dominance(values)).empty
    assert list(hasse_edges(dominance(values)).columns) == ["better", "worse"]


def test_wrong_tables_are_refused():
    values = table(0)
    with pytest.raises(InputError, match="Доминирование: пропущено значений"):
        pareto_levels(values.astype(float).mask(values == 0))
    with pytest.raises(InputError, match="Доминирование: единицы: код повторяется: C00"):
        dominance(pd.concat([values, values.iloc[:1]]))
    with pytest.raises(InputError, match=r"таблица пуста \(единиц 20, показателей 0\)"):
        dominance(values.iloc[:, :0])
    circle = pd.DataFrame(False, list("ABC"), list("ABC"))
    circle.loc["A", "B"] = circle.loc["B", "C"] = circle.loc["C", "A"] = True
    with pytest.raises(InputError, match="замкнуто в круг: A, B, C"):
        levels(circle)
    with pytest.raises(InputError, match="Отношение «лучше»: наборы кодов различаются"):
        levels(circle.drop(columns="A"))
