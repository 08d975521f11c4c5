"""The polytope of weights: bounds, extreme leads, corners, simplices, uniform draws, who is ahead; refusals."""

import itertools
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from scipy.optimize import linprog

from methods.errors import EditionError, InputError, UsageError
from methods.sensitivity.weight_space import (
    greatest,
    necessarily_ahead,
    possibly_ahead,
    simplices,
    uniform_weights,
    vertices,
    weight_box,
)

BOXES = {
    "simplex": (0.0, 1.0),
    "upper bounds": (0.0, 0.4),
    "both bounds": (0.1, 0.35),
    "around adopted": ([0.15, 0.15, 0.225, 0.225], [0.25, 0.25, 0.375, 0.375]),
    "one fixed": ([0.2, 0.1, 0.1, 0.1], [0.2, 0.7, 0.7, 0.7]),
    "narrow beside wide": ([0.0, 0.3, 0.3, 0.0], [0.9, 0.301, 0.301, 0.9]),
    "order of sides": ([0.4, 0.0, 0.0, 0.0], [1.0, 0.2, 0.2, 0.2]),
}


def box_of(name, k=4):
    codes = pd.Index([f"i{j}" for j in range(k)])
    low, high = (bound if np.isscalar(bound) else pd.Series(bound, codes) for bound in BOXES[name])
    return weight_box(codes, low, high)


def volume(low, high):
    """Of the box on the plane of sum 1, up to one factor for all boxes: inclusion and exclusion of the upper bounds."""
    left, room, k = 1 - np.sum(low), np.subtract(high, low), len(low)
    return sum((-1) ** len(chosen) * max(left - sum(chosen), 0.0) ** (k - 1)
               for size in range(k + 1) for chosen in itertools.combinations(room, size))


@pytest.mark.parametrize("name", BOXES)
def test_bounds_are_attained_once_they_are_tight(name):
    box = box_of(name)
    for code in box.low.index:
        position = np.eye(4)[box.low.index.get_loc(code)]
        least, most = (linprog(sign * position, None, None, np.ones((1, 4)), [1.0],
                               list(zip(box.low, box.high, strict=True))).fun for sign in (1, -1))
        assert (least, -most) == pytest.approx((box.low[code], box.high[code]), abs=1e-12)


@given(seed=st.integers(0, 10_000), k=st.integers(1, 8))
def test_the_greatest_lead_is_that_of_the_linear_programme(seed, k):
    rng = np.random.default_rng(seed)
    adopted = rng.dirichlet(np.ones(k))
    codes = pd.Index([f"i{j}" for j in range(k)])
    box = weight_box(codes, pd.Series(adopted * rng.uniform(0, 1, k), codes),
                     pd.Series(np.minimum(1, adopted * rng.uniform(1, 3, k)), codes))
    d = rng.integers(-3, 4, (4, k)) / 4
    found = greatest(d, box)
    for row, value in zip(d, found, strict=True):
        peer = linprog(-row, None, None, np.ones((1, k)), [1.0], list(zip(box.low, box.high, strict=True)))
        assert value == pytest.approx(-peer.fun, abs=1e-9)


@pytest.mark.parametrize("name", BOXES)
def test_corners_are_all_there(name):
    """Every linear function has its greatest value at one of them, and each of them belongs to the box."""
    box = box_of(name)
    corners = vertices(box)
    assert all(box.contains(pd.Series(corner, box.low.index)) for corner in corners)
    assert len(np.unique(corners.round(9), axis=0)) == len(corners)
    d = np.random.default_rng(0).normal(size=(200, 4))
    np.testing.assert_allclose((d @ corners.T).max(axis=1), greatest(d, box), atol=1e-12)


def test_corners_of_the_simplex_and_of_its_cube_like_parts():
    assert sorted(vertices(weight_box(pd.Index(list("abc")))).tolist()) == [[0, 0, 1], [0, 1, 0], [1, 0, 0]]
    assert len(vertices(weight_box(pd.Index(list("abc")), high=0.5))) == 3
    assert len(vertices(weight_box(pd.Index(list("abc")), high=0.6))) == 6
    assert vertices(weight_box(pd.Index(["only"]))).tolist() == [[1.0]]


@pytest.mark.parametrize("k", [3, 4, 5, 6])
@pytest.mark.parametrize("spread", [None, 0.1, 0.25, 0.5])
def test_simplices_fill_the_polytope(k, spread):
    """Volumes by determinants against inclusion and exclusion; +-25 % of equal weights has corners on one sphere."""
    codes = pd.Index([f"i{j}" for j in range(k)])
    for adopted in (np.full(k, 1 / k), np.arange(1, k + 1) / (k * (k + 1) / 2)):
        w = pd.Series(adopted, codes)
        box = weight_box(codes) if spread is None else weight_box(codes, w * (1 - spread), w * (1 + spread))
        corners, parts = simplices(box)
        edges = corners[parts][:, 1:, :-1] - corners[parts][:, :1, :-1]
        assert np.abs(np.linalg.det(edges)).sum() == pytest.approx(volume(box.low, box.high), rel=1e-9)


def test_simplices_of_a_polytope_with_a_fixed_weight():
    corners, parts = simplices(box_of("one fixed"))
    assert parts.tolist() == [[0, 1, 2]]
    assert (corners[:, 0] == 0.2).all()
    corners, parts = simplices(weight_box(pd.Index(list("ab")), pd.Series({"a": 0.3, "b": 0.7}), 1.0))
    assert parts.tolist() == [[0]]
    assert corners.tolist() == [pytest.approx([0.3, 0.7])]


@pytest.mark.parametrize("name", [name for name in BOXES if name != "one fixed"])
def test_draws_are_uniform(name):
    """Each weight's distribution against the exact one, a quotient of volumes; 20,000 draws, Kolmogorov's test."""
    box = box_of(name)
    drawn = uniform_weights(box, 20_000, seed=0)
    np.testing.assert_allclose(drawn.sum(axis=1), 1, atol=1e-12)
    assert (drawn >= box.low - 1e-12).all(axis=None)
    assert (drawn <= box.high + 1e-12).all(axis=None)

    def below(code, t):
        return max(volume(box.low, box.high.where(box.high.index != code, t)), 0.0) / volume(box.low, box.high)

    for code in drawn:
        found = np.sort(drawn[code])[::50]
        exact = np.array([below(code, t) for t in found])
        steps = np.arange(len(found)) * 50 / 20_000
        assert np.abs(exact - steps).max() < 1.95 / math.sqrt(20_000) + 50 / 20_000      # level .001


def test_draws_with_fixed_weights_are_uniform_among_the_others():
    box = box_of("one fixed")
    drawn = uniform_weights(box, 20_000, seed=0)
    assert (drawn["i0"] == 0.2).all()
    free = (drawn[["i1", "i2", "i3"]] - 0.1) / 0.5                       # a flat Dirichlet distribution
    for code in free:
        assert stats.kstest(free[code], stats.beta(1, 2).cdf).pvalue > 0.001


@pytest.mark.parametrize("k", [2, 5, 20])
def test_draws_without_bounds_are_the_flat_dirichlet(k):
    drawn = uniform_weights(weight_box(pd.Index([f"i{j:02d}" for j in range(k)])), 20_000, seed=0)
    for code in (drawn.columns[0], drawn.columns[-1]):
        assert stats.kstest(drawn[code], stats.beta(1, k - 1).cdf).pvalue > 0.001
    if k > 2:
        share = drawn.iloc[:, 0] / drawn.iloc[:, :2].sum(axis=1)
        assert stats.kstest(share, "uniform").pvalue > 0.001


def test_draws_of_twenty_weights_around_adopted_ones():
    codes = pd.Index([f"i{j:02d}" for j in range(20)])
    w = pd.Series(np.arange(1, 21) / 210, codes)
    box = weight_box(codes, 0.75 * w, 1.25 * w)
    drawn = uniform_weights(box, 5000, seed=0)
    assert all(box.contains(row) for _, row in drawn.head(200).iterrows())
    # symmetric about the adopted weights; standard error .144 w / sqrt(5,000) = .002 w
    np.testing.assert_allclose(drawn.mean(), w, rtol=0.01)


def test_draws_in_a_corner_of_the_polytope():
    codes = pd.Index(list("abc"))
    point = weight_box(codes, pd.Series({"a": 0.5, "b": 0.3, "c": 0.2}), 1.0)
    assert (uniform_weights(point, 3) == [0.5, 0.3, 0.2]).all(axis=None)
    thin = weight_box(codes, pd.Series({"a": 0.5, "b": 0.3, "c": 0.2 - 1e-6}), 1.0)
    drawn = uniform_weights(thin, 2000)
    assert stats.kstest((drawn["a"] - 0.5) / 1e-6, stats.beta(1, 2).cdf).pvalue > 0.001


def test_draws_depend_on_labels_and_the_seed_only():
    box, turned = (weight_box(codes, pd.Series({"a": 0.1, "b": 0.2, "c": 0.0, "d": 0.0}), 0.6)
                   for codes in (pd.Index(list("abcd")), pd.Index(list("dbca"))))
    here, there = uniform_weights(box, 100), uniform_weights(turned, 100)
    assert list(there.columns) == list("dbca")
    pd.testing.assert_frame_equal(here, there[list("abcd")])
    assert not here.equals(uniform_weights(box, 100, seed=1))


def test_ahead_under_all_and_under_some_weights_by_the_corners():
    rng = np.random.default_rng(0)
    values = pd.DataFrame(rng.integers(0, 5, (12, 4)) / 4, [f"C{i:02d}" for i in range(12)],
                          [f"i{j}" for j in range(4)])
    for name in BOXES:
        box = box_of(name)
        leads = np.einsum("abj,vj->abv", values.to_numpy()[:, None] - values.to_numpy(), vertices(box))
        np.testing.assert_array_equal(necessarily_ahead(values, box), (leads > 1e-12).all(axis=2))
        np.testing.assert_array_equal(possibly_ahead(values, box), (leads > 1e-12).any(axis=2))


def test_ahead_does_not_depend_on_order_and_is_found_in_blocks(monkeypatch):
    rng = np.random.default_rng(1)
    values = pd.DataFrame(rng.random((15, 4)), [f"C{i:02d}" for i in range(15)], [f"i{j}" for j in range(4)])
    box = box_of("both bounds")
    whole = necessarily_ahead(values, box)
    turned = values.sample(frac=1, random_state=0)[["i2", "i0", "i3", "i1"]]
    monkeypatch.setattr("methods.sensitivity.weight_space.WORK", 200)
    pd.testing.assert_frame_equal(necessarily_ahead(turned, box).loc[values.index, values.index], whole)
    assert whole.any(axis=None)


@pytest.mark.parametrize(("low", "high", "words"), [
    (0.3, 1.0, r"нижние в сумме 1\.2 \(не больше 1\)"),
    (0.0, 0.2, r"верхние 0\.8 \(не меньше 1\)"),
    (0.5, 0.4, "у i0 задано 0.5 и 0.4"),
    (-0.1, 1.0, "у i0 задано -0.1 и 1"),
    (0.0, 1.5, "у i0 задано 0 и 1.5"),
    (float("nan"), 1.0, "у i0 задано nan и 1"),
])
def test_bounds_that_nothing_meets_are_refused(low, high, words):
    with pytest.raises(EditionError, match=words):
        weight_box(pd.Index(["i0", "i1", "i2", "i3"]), low, high)


def test_wrong_requests_are_refused():
    codes = pd.Index(["a", "b"])
    with pytest.raises(InputError, match="нет ни одного элемента"):
        weight_box(pd.Index([]))
    with pytest.raises(InputError, match="код повторяется: a"):
        weight_box(pd.Index(["a", "a"]))
    with pytest.raises(InputError, match="Границы весов: наборы кодов различаются"):
        weight_box(codes, pd.Series({"a": 0.1}))
    with pytest.raises(UsageError, match="draws=0, seed=0"):
        uniform_weights(weight_box(codes), 0)
    with pytest.raises(UsageError, match="seed=-1"):
        uniform_weights(weight_box(codes), 5, seed=-1)
    table = pd.DataFrame({"a": [0.1, np.nan], "b": 0.5}, index=["C01", "C02"])
    with pytest.raises(InputError, match="пропущено значений 1, первые: C02 × a"):
        necessarily_ahead(table, weight_box(codes))
    with pytest.raises(InputError, match="ни одной единицы"):
        possibly_ahead(table.iloc[:0], weight_box(codes))
    with pytest.raises(InputError, match="единицы: код повторяется: C01"):
        possibly_ahead(pd.concat([table.iloc[:1]] * 2), weight_box(codes))


def test_one_draw_with_seed_zero_is_a_draw_and_fewer_are_refused():
    box = box_of("both bounds")
    one = uniform_weights(box, 1)
    assert (len(one), list(one), one.index.to_list()) == (1, list(box.low.index), [0])
    assert one.sum(axis=1).to_list() == pytest.approx([1])
    pd.testing.assert_frame_equal(one, uniform_weights(box, 1, 0))
    assert not one.equals(uniform_weights(box, 1, 1))
    for draws, seed in ((0, 0), (1, -1)):
        with pytest.raises(UsageError) as raised:
            uniform_weights(box, draws, seed)
        assert str(raised.value) == (f"Розыгрышей не меньше 1, seed не меньше 0; задано draws={draws}, seed={seed}.")


@pytest.mark.parametrize("name", BOXES)
def test_every_draw_lies_in_the_box_and_the_density_is_even(name):
    """Along every free weight the law is that of plain rejection from the simplex: 4,000 draws, Kolmogorov-Smirnov."""
    box = box_of(name)
    drawn = uniform_weights(box, 4000, 2)
    assert drawn.sum(axis=1).to_numpy() == pytest.approx(1)
    assert ((drawn >= box.low - 1e-12) & (drawn <= box.high + 1e-12)).all(axis=None)
    free = [code for code in box.low.index if box.high[code] - box.low[code] > 0.01]
    rng = np.random.default_rng(3)
    rest = 1 - box.low[free].sum() - sum(box.low[code] for code in box.low.index if code not in free)
    tried = box.low[free].to_numpy() + rest * rng.dirichlet(np.ones(len(free)), 200_000)
    inside = tried[(tried <= box.high[free].to_numpy()).all(axis=1)]
    assert len(inside) > 500
    for place, code in enumerate(free):
        assert stats.ks_2samp(drawn[code], inside[:, place]).pvalue > 1e-4
