"""Smallest changes of weights: the TAI, linear programmes for every pair, proofs of optimality, bounds, refusals."""

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linprog

from methods.errors import EditionError, InputError, UsageError
from methods.sensitivity.thresholds import (
    group_scores,
    leaf_weights,
    smallest_crossing,
    smallest_swap,
    swap_distances,
)
from methods.sensitivity.weight_space import weight_box

NORMS = ["L1", "L2", "Linf"]


@pytest.fixture(scope="module")
def equal(tai_scaled):
    return pd.Series(1 / 8, tai_scaled.columns)


def by_linear_programme(d, w, low, high, norm):
    """Smallest L1 or Linf norm of a shift with d (w + shift) <= 0, or inf where d w' < 0 is out of reach.

    Variables: the shift and t, the bound of its elements.
    """
    k = len(d)
    if linprog(d, None, None, np.ones((1, k)), [1.0], [*zip(low, high, strict=True)]).fun >= -1e-9:
        return np.inf
    sizes = k if norm == "L1" else 1
    spread = np.eye(k) if norm == "L1" else np.ones((k, 1))
    above = np.vstack([np.hstack([np.eye(k), -spread]), np.hstack([-np.eye(k), -spread]),
                       np.append(d, np.zeros(sizes))[None]])
    solved = linprog(np.append(np.zeros(k), np.ones(sizes)), above, np.append(np.zeros(2 * k), -d @ w),
                     np.append(np.ones(k), np.zeros(sizes))[None], [0.0],
                     [*zip(low - w, high - w, strict=True), *[(0, None)] * sizes])
    return solved.fun


def test_smallest_swaps_of_the_handbook_index(tai_scaled, equal, oracle):
    pairs = {("Finland", "USA"): 0.0350, ("USA", "Sweden"): 0.1779, ("Sweden", "Japan"): 0.0102,
             ("UK", "Singapore"): 0.0250, ("Singapore", "Canada"): 0.0202, ("Canada", "Australia"): 0.0036,
             ("Hungary", "Slovenia"): 0.0374}
    found = [smallest_swap(tai_scaled, equal, *pair).distance for pair in pairs]
    oracle("наименьшее изменение весов, L1, семь пар стран TAI", "линейное программирование; пересчитано",
           found, list(pairs.values()), 0.00005)
    closed = []
    for one, other in pairs:                # while no weight has to fall below 0
        d = tai_scaled.loc[one] - tai_scaled.loc[other]
        closed.append(2 * abs(d.mean()) / (d.max() - d.min()))
    oracle("наименьшее изменение весов, L1, замкнутая формула", "2 · разрыв / (max d − min d); пересчитано",
           found, closed, 1e-12)


@pytest.mark.parametrize("norm", ["L1", "Linf"])
@pytest.mark.parametrize("bounds", ["not negative", "half to double"])
def test_every_pair_of_the_handbook_by_a_linear_programme(tai_scaled, equal, oracle, norm, bounds):
    box = None if bounds == "not negative" else weight_box(tai_scaled.columns, equal / 2, equal * 2)
    low, high = (np.full(8, bound) for bound in ((0, 1) if box is None else (1 / 16, 1 / 4)))
    table = swap_distances(tai_scaled, equal, norm=norm, box=box, pairs="all")
    differences = (tai_scaled.loc[table["ahead"]].to_numpy() - tai_scaled.loc[table["behind"]].to_numpy())
    peer = [by_linear_programme(d, equal.to_numpy(), low, high, norm) for d in differences]
    possible = np.isfinite(peer)
    assert len(table) == 253
    np.testing.assert_array_equal(np.isfinite(table["distance"]), possible)
    assert 0 < (~possible).sum() < 253
    oracle(f"наименьшее изменение весов, {norm}, все пары стран TAI", "scipy.optimize.linprog (HiGHS) для каждой пары",
           table["distance"][possible], np.array(peer)[possible], 1e-9)


def test_pairs_that_no_weights_swap_are_those_of_dominance(tai_scaled, equal, oracle):
    table = swap_distances(tai_scaled, equal, pairs="all")
    oracle("TAI: пар с доминированием по Парето", "перебор; пересчитано", [np.isinf(table["distance"]).sum()], [30], 0)
    for row in table[np.isinf(table["distance"])].itertuples():
        assert (tai_scaled.loc[row.ahead] >= tai_scaled.loc[row.behind]).all()


@pytest.mark.parametrize("bounds", ["not negative", "half to double"])
def test_nearest_weights_in_the_euclidean_norm_are_proved_to_be_so(tai_scaled, equal, bounds):
    """w' is the projection of w on a convex set when (w - w')(v - w') <= 0 for all v of it: a linear programme."""
    codes = tai_scaled.columns
    box = weight_box(codes) if bounds == "not negative" else weight_box(codes, equal / 2, equal * 2)
    proved = 0
    for one, other in list(itertools.combinations(tai_scaled.index, 2))[::3]:
        change = smallest_swap(tai_scaled, equal, one, other, norm="L2", box=box)
        if not change.possible:
            continue
        d = tai_scaled.loc[one] - tai_scaled.loc[other]
        d = d if d.mean() >= 0 else -d
        assert d @ change.weights <= 1e-12
        towards = -change.shift
        best = linprog(-towards, d.to_numpy()[None], [0.0], np.ones((1, 8)), [1.0],
                       list(zip(box.low, box.high, strict=True)))
        assert -best.fun <= towards @ change.weights + 1e-9
        proved += 1
    assert proved > 30


@pytest.mark.parametrize("norm", NORMS)
def test_the_weights_found_are_admissible_and_level_the_two(tai_scaled, equal, norm):
    box = weight_box(tai_scaled.columns, 0.05, 0.3)
    for one, other in itertools.pairwise(tai_scaled.index):
        change = smallest_swap(tai_scaled, equal, one, other, norm=norm, box=box)
        assert box.contains(change.weights)
        pd.testing.assert_series_equal(change.weights - equal, change.shift, check_names=False)
        size = {"L1": change.shift.abs().sum(), "L2": (change.shift**2).sum() ** 0.5,
                "Linf": change.shift.abs().max()}[norm]
        if change.possible:
            assert size == pytest.approx(change.distance, rel=1e-12)
            assert (tai_scaled.loc[one] - tai_scaled.loc[other]) @ change.weights == pytest.approx(0, abs=1e-12)
        else:
            assert size == 0


@pytest.mark.parametrize("norm", NORMS)
def test_a_step_past_the_weights_found_swaps_the_two(tai_scaled, equal, norm):
    change = smallest_swap(tai_scaled, equal, "Canada", "Australia", norm=norm)
    further = equal + 1.001 * change.shift
    nearer = equal + 0.999 * change.shift
    ahead = tai_scaled.loc["Canada"] - tai_scaled.loc["Australia"]
    assert ahead @ equal > 0
    assert ahead @ nearer > 0 > ahead @ further


@given(seed=st.integers(0, 10_000), k=st.integers(2, 7))
def test_norms_stand_in_their_order_and_the_programme_agrees(seed, k):
    """Linf <= L2 <= L1 for any vector, hence for the smallest ones; L1 and Linf as the linear programmes say."""
    rng = np.random.default_rng(seed)
    values = pd.DataFrame(rng.integers(0, 5, (2, k)) / 4, index=["A", "B"], columns=[f"i{j}" for j in range(k)])
    w = pd.Series(rng.dirichlet(np.ones(k)), values.columns)
    low, high = w * rng.uniform(0, 1, k), np.minimum(1, w + rng.uniform(0, 0.5, k))
    box = weight_box(values.columns, low, high)
    distances = {norm: smallest_swap(values, w, "A", "B", norm=norm, box=box).distance for norm in NORMS}
    assert distances["Linf"] <= distances["L2"] * (1 + 1e-9) + 1e-12
    assert distances["L2"] <= distances["L1"] * (1 + 1e-9) + 1e-12
    d = (values.loc["A"] - values.loc["B"]).to_numpy()
    d = d if d @ w >= 0 else -d
    for norm in ("L1", "Linf"):
        peer = by_linear_programme(d, w.to_numpy(), low.to_numpy(), high.to_numpy(), norm)
        assert distances[norm] == pytest.approx(peer, abs=1e-8)


@pytest.mark.parametrize("norm", NORMS)
def test_crossing_a_cut_off_is_a_swap_with_a_unit_that_has_it_everywhere(tai_scaled, equal, norm):
    scores = tai_scaled @ equal
    with_line = pd.concat([tai_scaled, pd.DataFrame(0.6, ["line"], tai_scaled.columns)])
    for unit in tai_scaled.index[::4]:
        crossing = smallest_crossing(tai_scaled, equal, unit, 0.6, norm=norm)
        swap = smallest_swap(with_line, equal, unit, "line", norm=norm)
        assert crossing.distance == pytest.approx(swap.distance, rel=1e-9)
        if crossing.possible:
            assert tai_scaled.loc[unit] @ crossing.weights == pytest.approx(0.6, abs=1e-12)
    assert (scores > 0.6).any()
    assert (scores < 0.6).any()


def test_who_stands_on_a_cut_off_has_reached_it():
    values = pd.DataFrame({"a": [0.7], "b": [0.5]}, index=["C01"])
    w = pd.Series({"a": 0.5, "b": 0.5})
    assert smallest_crossing(values, w, "C01", 0.6).distance == 0                    # the slightest step takes it down
    assert smallest_crossing(values, w, "C01", 0.5).distance == np.inf               # it may touch it, never fall below
    assert smallest_crossing(values, w, "C01", 0.7).distance == pytest.approx(1.0)   # touching it from below is enough
    assert smallest_crossing(values, w, "C01", 0.71).distance == np.inf


def test_units_that_are_level_need_no_change():
    values = pd.DataFrame({"a": [0.7, 0.5], "b": [0.5, 0.7]}, index=["C01", "C02"])
    change = smallest_swap(values, pd.Series({"a": 0.5, "b": 0.5}), "C01", "C02")
    assert change.distance == 0
    assert change.possible
    same = pd.DataFrame(0.5, index=["C01", "C02"], columns=["a", "b"])
    assert not smallest_swap(same, pd.Series({"a": 0.5, "b": 0.5}), "C01", "C02").possible


@pytest.mark.parametrize("norm", NORMS)
def test_nothing_depends_on_order_or_direction(tai_scaled, equal, norm):
    turned = tai_scaled.sample(frac=1, random_state=1)[tai_scaled.columns[::-1]]
    w = pd.Series(np.arange(1, 9) / 36, tai_scaled.columns)
    here = swap_distances(tai_scaled, w, norm=norm, pairs="all")
    there = swap_distances(turned, w.sample(frac=1, random_state=2), norm=norm, pairs="all")
    pd.testing.assert_frame_equal(here, there, atol=1e-10)
    one, other = (smallest_swap(tai_scaled, w, *pair, norm=norm) for pair in (("Japan", "USA"), ("USA", "Japan")))
    pd.testing.assert_series_equal(one.weights, other.weights)


@pytest.mark.parametrize("norm", NORMS)
def test_distances_do_not_depend_on_the_scale_of_values(tai_scaled, equal, norm):
    here, there = (swap_distances(table, equal, norm=norm)["distance"] for table in (tai_scaled, 100 * tai_scaled + 7))
    np.testing.assert_allclose(here, there, rtol=1e-7)


def test_neighbours_are_those_of_the_ranking(tai_scaled, equal):
    table = swap_distances(tai_scaled, equal)
    order = (tai_scaled @ equal).sort_values(ascending=False).index
    assert list(zip(table["ahead"], table["behind"], strict=True)) == list(itertools.pairwise(order))
    assert (table["gap"] > 0).all()


def test_changes_at_the_top_level_and_at_every_leaf():
    """At the top level only two groups can change; leaves can do no worse, since they can do the same."""
    rng = np.random.default_rng(3)
    groups = pd.Series({"a1": "A", "a2": "A", "b1": "B", "b2": "B", "b3": "B"})
    values = pd.DataFrame(rng.random((2, 5)), index=["C01", "C02"], columns=groups.index)
    within = pd.Series({"a1": 0.3, "a2": 0.7, "b1": 0.2, "b2": 0.2, "b3": 0.6})
    top = pd.Series({"A": 0.4, "B": 0.6})
    leaves = leaf_weights(top, within, groups)
    scores = group_scores(values, within, groups)
    pd.testing.assert_series_equal(values @ leaves, scores @ top, check_names=False)
    for norm in NORMS:
        by_group = smallest_swap(scores, top, "C01", "C02", norm=norm)
        by_leaf = smallest_swap(values, leaves, "C01", "C02", norm=norm)
        # a change of groups in L1 is that of the leaves it brings about; in the other norms these are smaller still
        assert by_leaf.distance <= by_group.distance + 1e-12
    d = scores.loc["C01"] - scores.loc["C02"]
    assert d["A"] * d["B"] < 0
    level = d["B"] / (d["B"] - d["A"])
    assert smallest_swap(scores, top, "C01", "C02").distance == pytest.approx(2 * abs(level - 0.4))


def test_wrong_requests_are_refused(tai_scaled, equal):
    with pytest.raises(InputError, match="Единицы Atlantis нет среди значений"):
        smallest_swap(tai_scaled, equal, "Atlantis", "Japan")
    with pytest.raises(UsageError, match="norm=L3: допустимы L1, L2, Linf"):
        smallest_swap(tai_scaled, equal, "USA", "Japan", norm="L3")
    with pytest.raises(UsageError, match="pairs=some: допустимы neighbours и all"):
        swap_distances(tai_scaled, equal, pairs="some")
    with pytest.raises(InputError, match="Порог должен быть числом, задано nan"):
        smallest_crossing(tai_scaled, equal, "Japan", float("nan"))
    with pytest.raises(InputError, match="Сумма весов должна быть равна 1, сейчас 2"):
        smallest_swap(tai_scaled, equal * 2, "USA", "Japan")
    with pytest.raises(InputError, match="лишние: PAT"):
        smallest_swap(tai_scaled, equal.drop("PAT") * 8 / 7, "USA", "Japan")
    with pytest.raises(InputError, match="пропущено значений"):
        smallest_swap(tai_scaled.mask(tai_scaled > 0.99), equal, "USA", "Japan")


def test_adopted_weights_outside_the_bounds_are_refused(tai_scaled, equal):
    box = weight_box(tai_scaled.columns, high=pd.Series([0.1, *[1.0] * 7], tai_scaled.columns))
    with pytest.raises(InputError, match=r"вне своих границ: PAT = 0\.125 \(0–0\.1\)\. Задайте границы"):
        smallest_swap(tai_scaled, equal, "USA", "Japan", box=box)


def test_composition_of_groups_is_checked():
    groups, within = pd.Series({"a": "A", "b": "B"}), pd.Series({"a": 1.0, "b": 1.0})
    with pytest.raises(InputError, match="Веса групп и состав групп"):
        leaf_weights(pd.Series({"A": 1.0}), within, groups)
    with pytest.raises(InputError, match="Сумма весов"):
        leaf_weights(pd.Series({"A": 0.5, "B": 0.5}), pd.Series({"a": 0.9, "b": 1.0}), groups)
    values = pd.DataFrame({"a": [1.0], "b": [0.0]})
    with pytest.raises(InputError, match="Показатели и состав групп"):
        group_scores(values.rename(columns={"a": "c"}), within, groups)
    with pytest.raises(InputError, match="Сумма весов"):
        group_scores(values, pd.Series({"a": 0.9, "b": 1.0}), groups)


@pytest.mark.parametrize("norm", NORMS)
def test_a_change_tells_its_parts_under_their_names(norm):
    values = pd.DataFrame({"a": [1.0, 0.25], "b": [0.0, 0.75]}, index=["C01", "C02"])
    adopted = pd.Series({"a": 0.6, "b": 0.4})
    found = smallest_swap(values, adopted, "C01", "C02", norm=norm)
    assert found.norm == norm
    assert found.possible
    assert (found.weights.name, found.shift.name) == ("weight", "weight")
    assert found.weights.to_dict() == pytest.approx({"a": 0.5, "b": 0.5})
    assert found.shift.to_dict() == pytest.approx({"a": -0.1, "b": 0.1})
    assert found.distance == pytest.approx({"L1": 0.2, "L2": 0.02**0.5, "Linf": 0.1}[norm])
    never = smallest_swap(values.assign(b=[0.9, 0.0]), adopted, "C01", "C02", norm=norm)
    assert never.distance == np.inf
    assert not never.possible
    assert never.weights.to_dict() == adopted.to_dict()
    assert never.shift.to_dict() == {"a": 0, "b": 0}
    assert never.norm == norm


def test_who_is_level_already_needs_no_change_and_may_have_no_swap():
    """Level under all weights: no weights put one ahead. Level under the adopted ones only: the next step swaps."""
    values = pd.DataFrame({"a": [1.0, 0.0, 1.0], "b": [0.0, 1.0, 0.0]}, index=["C01", "C02", "C03"])
    half = pd.Series({"a": 0.5, "b": 0.5})
    for norm in NORMS:
        assert smallest_swap(values, half, "C01", "C02", norm=norm).distance == 0
        assert smallest_swap(values, half, "C01", "C03", norm=norm).distance == np.inf


def test_a_cut_off_at_the_edge_of_what_is_attainable():
    """The index of C01 is .6 of [0; 1]: all weight on a takes it up to 1, nothing above 1 nor below 0."""
    values, adopted = pd.DataFrame({"a": [1.0], "b": [0.0]}, index=["C01"]), pd.Series({"a": 0.6, "b": 0.4})
    for norm, distance in (("L1", 0.8), ("L2", 0.4 * 2**0.5), ("Linf", 0.4)):
        assert smallest_crossing(values, adopted, "C01", 1.0, norm=norm).distance == pytest.approx(distance)
        assert smallest_crossing(values, adopted, "C01", 1.0 + 1e-6, norm=norm).distance == np.inf
        assert smallest_crossing(values, adopted, "C01", 0.0, norm=norm).distance == np.inf
        assert smallest_crossing(values, adopted, "C01", 0.6, norm=norm).distance == pytest.approx(0)


def test_distances_of_neighbours_and_of_all_pairs_have_one_table():
    values = pd.DataFrame({"a": [0.9, 0.5, 0.5, 0.2], "b": [0.1, 0.6, 0.6, 0.2]}, index=["D", "C", "B", "A"])
    adopted = pd.Series({"a": 0.7, "b": 0.3})
    near, every = (swap_distances(values, adopted, pairs=pairs) for pairs in ("neighbours", "all"))
    assert list(near) == list(every) == ["ahead", "behind", "gap", "distance"]
    assert near[["ahead", "behind"]].to_numpy().tolist() == [["D", "B"], ["B", "C"], ["C", "A"]]
    assert every[["ahead", "behind"]].to_numpy().tolist() == [["D", "B"], ["D", "C"], ["D", "A"], ["B", "C"],
                                                              ["B", "A"], ["C", "A"]]
    scores = values @ adopted
    for _, row in every.iterrows():
        assert row["gap"] == pytest.approx(scores[row["ahead"]] - scores[row["behind"]])
        for norm in NORMS:
            table = swap_distances(values, adopted, norm=norm, pairs="all").set_index(["ahead", "behind"])
            assert table.loc[(row["ahead"], row["behind"]), "distance"] == smallest_swap(
                values, adopted, row["ahead"], row["behind"], norm=norm).distance


@pytest.mark.parametrize(("call", "error", "words"), [
    (lambda v, w: smallest_swap(v, w, "C01", "C02", norm="L3"), UsageError, "norm=L3: допустимы L1, L2, Linf."),
    (lambda v, w: swap_distances(v, w, pairs="some"), UsageError, "pairs=some: допустимы neighbours и all."),
    (lambda v, w: smallest_swap(v, w, "C01", "X"), InputError, "Единицы X нет среди значений."),
    (lambda v, w: smallest_crossing(v, w, "C01", np.inf), InputError, "Порог должен быть числом, задано inf."),
    (lambda v, w: smallest_swap(v, w, "C01", "C02", box=weight_box(w.index, 0.5, 0.5)), InputError,
     "Принятые веса вне своих границ: a = 0.6 (0.5–0.5), b = 0.4 (0.5–0.5). Задайте границы, которые их содержат."),
    (lambda v, w: smallest_swap(v, w, "C01", "C02", box=weight_box(pd.Index(["a", "c"]))), InputError,
     "Веса и их границы: наборы кодов различаются. Нет: c; лишние: b."),
    (lambda v, w: smallest_swap(v.set_axis(["C01", "C01"]), w, "C01", "C02"), InputError,
     "Значения и веса: единицы: код повторяется: C01 (всего 1)."),
    (lambda v, w: smallest_swap(v.iloc[:0], w, "C01", "C02"), InputError, "Значения и веса: нет ни одной единицы."),
])
def test_refusals_in_words(call, error, words):
    values = pd.DataFrame({"a": [1.0, 0.25], "b": [0.0, 0.75]}, index=["C01", "C02"])
    with pytest.raises(error) as raised:
        call(values, pd.Series({"a": 0.6, "b": 0.4}))
    assert str(raised.value) == words


def test_weights_of_a_tree_are_checked_at_both_levels():
    groups = pd.Series({"a": "G", "b": "G", "c": "H"})
    within, top = pd.Series({"a": 0.5, "b": 0.5, "c": 1.0}), pd.Series({"G": 0.6, "H": 0.4})
    assert leaf_weights(top, within, groups).name == "weight"
    for call, words in ((lambda: leaf_weights(top * 0.9, within, groups), "Сумма весов"),
                        (lambda: leaf_weights(top, within * 0.9, groups), "Сумма весов"),
                        (lambda: leaf_weights(top, within.drop("c"), groups), "^Веса внутри групп и состав групп: "),
                        (lambda: leaf_weights(top.drop("H"), within, groups), "^Веса групп и состав групп: "),
                        (lambda: group_scores(pd.DataFrame({"a": [1.0], "b": [1.0]}), within, groups),
                         "^Показатели и состав групп: "),
                        (lambda: group_scores(pd.DataFrame({"a": [1.0], "b": [np.nan], "c": [1.0]}), within, groups),
                         "^Показатели: пропущено значений 1"),
                        (lambda: group_scores(pd.DataFrame({"a": [1.0], "b": [1.0], "c": [1.0]}), within * 2, groups),
                         "Сумма весов")):
        with pytest.raises((InputError, EditionError), match=words):
            call()
