"""Best and worst attainable places: corners of the arrangement of hyperplanes by brute force, two methods, refusals."""

import itertools

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import linprog

from methods.errors import InputError, UsageError
from methods.index.rank import rank
from methods.sensitivity import attainable_places as module
from methods.sensitivity.attainable_places import AttainablePlaces, attainable_places
from methods.sensitivity.weight_space import necessarily_ahead, uniform_weights, weight_box

EPS = 1e-9


@pytest.fixture(scope="module")
def tai_groups(tai_scaled):
    """Its four dimensions: creation, recent innovations, old innovations, skills."""
    return pd.DataFrame({name: tai_scaled[list(pair)].mean(axis=1) for name, pair in {
        "creation": ("PAT", "ROY"), "recent": ("NET", "EXP"), "old": ("TEL", "ELE"), "skills": ("SCH", "UNI")}.items()})


def table(seed, n, k):
    rng = np.random.default_rng(seed)
    return pd.DataFrame(rng.random((n, k)), [f"C{i:02d}" for i in range(n)], [f"i{j}" for j in range(k)])


def by_brute_force(values, box, unit):
    """Best and worst place from all corners that hyperplanes «rival b level with the unit» and bounds make.

    The number of rivals strictly ahead is least at a corner. It is greatest next to one, where of the rivals that are
    level there as many as can be are put ahead at once: all of them, if some direction does so (a linear programme).
    """
    d = (values - values.loc[unit]).drop(unit).to_numpy()
    low, high = box.low.to_numpy(), box.high.to_numpy()
    k = d.shape[1]
    planes = np.vstack([d, np.eye(k), np.eye(k)])
    sides = np.concatenate([np.zeros(len(d)), low, high])
    best, worst = len(d), 0
    for chosen in _batches(len(planes), k - 1):
        systems = np.concatenate([planes[chosen], np.ones((len(chosen), 1, k))], axis=1)
        right = np.column_stack([sides[chosen], np.ones(len(chosen))])
        regular = np.abs(np.linalg.det(systems)) > 1e-10
        corners = np.linalg.solve(systems[regular], right[regular][..., None])[..., 0]
        corners = corners[((corners >= low - EPS) & (corners <= high + EPS)).all(axis=1)]
        leads = corners @ d.T
        best = min(best, int((leads > EPS).sum(axis=1).min(initial=best)))
        for w, lead in zip(corners, leads, strict=True):
            if (lead > -EPS).sum() > worst:
                worst = max(worst, int((lead > EPS).sum()) + _ahead_nearby(d[np.abs(lead) <= EPS], w, low, high))
    return 1 + best, 1 + worst


def _batches(planes, size):
    combinations = itertools.combinations(range(planes), size)
    while chunk := list(itertools.islice(combinations, 50_000)):
        yield np.array(chunk)


def _ahead_nearby(level, w, low, high):
    """How many of the rivals that are level at w can be put ahead by one step into the box; subsets, largest first."""
    k = level.shape[1]
    bounds = [(0 if w[j] <= low[j] + EPS else -1, 0 if w[j] >= high[j] - EPS else 1) for j in range(k)]
    for size in range(len(level), 0, -1):
        for chosen in itertools.combinations(range(len(level)), size):
            rows = np.column_stack([-level[list(chosen)], np.ones(size)])        # d step >= t, t as large as it goes
            found = linprog(np.append(np.zeros(k), -1), rows, np.zeros(size), np.append(np.ones(k), 0)[None], [0.0],
                            [*bounds, (None, 1)])
            if -found.fun > 1e-7:
                return size
    return 0


BOXES = {
    "not negative": lambda values: weight_box(values.columns),
    "half to double": lambda values: weight_box(values.columns, 0.5 / values.shape[1], 2 / values.shape[1]),
    "+-25 %": lambda values: weight_box(values.columns, 0.75 / values.shape[1], 1.25 / values.shape[1]),
}


@pytest.mark.parametrize("bounds", BOXES)
def test_places_of_the_handbook_index_by_brute_force(tai_groups, oracle, bounds):
    box = BOXES[bounds](tai_groups)
    found = attainable_places(tai_groups, box)
    assert found.exact.all()
    assert found.method == "branch and bound"
    peer = [by_brute_force(tai_groups, box, unit) for unit in tai_groups.index]
    oracle(f"лучшее и худшее место TAI при весах четырёх групп, {bounds}",
           "перебор всех вершин разбиения гиперплоскостями; пересчитано", found.table[["best", "worst"]], peer, 0)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(("n", "k"), [(15, 2), (14, 3), (9, 5)])
def test_random_tables_by_brute_force(seed, n, k):
    values = table(seed, n, k)
    for bounds in BOXES.values():
        box = bounds(values)
        units = list(values.index[:4])
        found = attainable_places(values, box, units=units)
        assert found.exact.all()
        assert found.table[["best", "worst"]].to_numpy().tolist() == [list(by_brute_force(values, box, unit))
                                                                      for unit in units]


@pytest.mark.parametrize("seed", range(4))
def test_coarse_marks_with_many_ties_by_brute_force(seed):
    """Marks 0, 1, 2: hyperplanes meet in the corners of the simplex, equal units, rivals that can only draw level."""
    rng = np.random.default_rng(seed)
    values = pd.DataFrame(rng.integers(0, 3, (9, 3)) / 2, [f"C{i}" for i in range(9)], list("abc"))
    for bounds in ("not negative", "half to double"):
        box = BOXES[bounds](values)
        found = attainable_places(values, box)
        assert found.exact.all()
        assert found.table[["best", "worst"]].to_numpy().tolist() == [list(by_brute_force(values, box, unit))
                                                                      for unit in values.index]


@pytest.mark.parametrize("bounds", BOXES)
def test_the_integer_programme_agrees_with_the_search(tai_groups, oracle, monkeypatch, bounds):
    box = BOXES[bounds](tai_groups)
    search = attainable_places(tai_groups, box)
    monkeypatch.setattr(module, "MOST_SPLIT", 0)
    programme = attainable_places(tai_groups, box)
    assert programme.method == "integer programme"
    oracle(f"лучшее и худшее место: ветви и границы против MILP, {bounds}", "scipy.optimize.milp (HiGHS)",
           search.table[["best", "worst"]], programme.table[["best", "worst"]], 0)
    assert programme.exact.all()


def test_eight_weights_of_the_handbook_index(tai_scaled):
    """Too many for simplices. No draw of weights goes beyond the places found; some reach both ends."""
    found = attainable_places(tai_scaled, weight_box(tai_scaled.columns, 0.75 / 8, 1.25 / 8))
    assert found.method == "integer programme"
    assert found.exact.all()
    drawn = uniform_weights(weight_box(tai_scaled.columns, 0.75 / 8, 1.25 / 8), 5000)
    places = (tai_scaled @ drawn.T).rank(ascending=False, method="min")
    assert (places.min(axis=1) >= found.table["best"]).all()
    assert (places.max(axis=1) <= found.table["worst"]).all()
    assert ((places.min(axis=1) == found.table["best"]) & (places.max(axis=1) == found.table["worst"])).sum() >= 5


@pytest.mark.slow
def test_eight_weights_by_brute_force(tai_scaled):
    """Two million corners a country: Singapore's places under weights of +-25 %."""
    box = weight_box(tai_scaled.columns, 0.75 / 8, 1.25 / 8)
    rivals = necessarily_ahead(tai_scaled, box)
    # those who are always ahead or always behind only add to the count
    fixed = int(rivals["Singapore"].sum())
    near = tai_scaled.index[~(rivals["Singapore"] | rivals.loc["Singapore"])]
    best, worst = by_brute_force(tai_scaled.loc[near], box, "Singapore")
    found = attainable_places(tai_scaled, box, units=["Singapore"]).table.loc["Singapore"]
    assert (found["best"], found["worst"]) == (fixed + best, fixed + worst)


@pytest.mark.parametrize("k", [4, 8])
def test_the_weights_given_are_admissible_and_attain_the_places(k):
    values = table(5, 30, k)
    box = BOXES["half to double"](values)
    found = attainable_places(values, box, units=list(values.index[:6]))
    for unit in found.table.index:
        for end in ("best", "worst"):
            weights = getattr(found, f"{end}_weights").loc[unit]
            assert box.contains(weights)
            assert rank(values @ weights)[unit] == found.table.loc[unit, end]


@pytest.mark.parametrize("k", [3, 5, 8])
def test_a_search_cut_short_tells_what_it_knows(k):
    values = table(6, 40, k)
    units = list(values.index[:8])
    whole = attainable_places(values, units=units)
    for nodes in (0, 3):
        short = attainable_places(values, units=units, nodes=nodes)
        assert (short.table["best_bound"] <= whole.table["best"]).all()
        assert (whole.table["best"] <= short.table["best"]).all()
        assert (short.table["worst"] <= whole.table["worst"]).all()
        assert (whole.table["worst"] <= short.table["worst_bound"]).all()
        assert nodes or not short.exact.all()


def test_equal_units_share_their_places():
    values = pd.DataFrame({"a": [0.5, 0.5, 0.1], "b": [0.5, 0.5, 0.9]}, index=["C01", "C02", "C03"])
    assert attainable_places(values).table[["best", "worst"]].to_numpy().tolist() == [[1, 2], [1, 2], [1, 3]]


def test_one_weight_leaves_one_place():
    values = pd.DataFrame({"a": [0.1, 0.9, 0.5]}, index=["C01", "C02", "C03"])
    assert attainable_places(values).table[["best", "worst"]].to_numpy().tolist() == [[3, 3], [1, 1], [2, 2]]
    fixed = weight_box(pd.Index(["a", "b"]), pd.Series({"a": 0.5, "b": 0.5}), 1.0)
    both = values.assign(b=[0.9, 0.0, 0.5])
    assert attainable_places(both, fixed).table[["best", "worst"]].to_numpy().tolist() == [[1, 1], [3, 3], [1, 1]]


@pytest.mark.parametrize("k", [4, 8])
def test_nothing_depends_on_order(k):
    values = table(7, 20, k)
    turned = values.sample(frac=1, random_state=1)[values.columns[::-1]]
    here, there = attainable_places(values), attainable_places(turned)
    pd.testing.assert_frame_equal(here.table, there.table.loc[values.index])
    pd.testing.assert_frame_equal(here.best_weights, there.best_weights.loc[values.index])
    assert list(there.table.index) == list(turned.index)


def test_five_hundred_units_are_searched_to_the_end():
    values = table(8, 500, 5)
    found = attainable_places(values, BOXES["half to double"](values), units=list(values.index[::50]))
    assert found.exact.all()
    assert (found.table["worst"] > found.table["best"]).all()


def test_wrong_requests_are_refused():
    values = table(0, 5, 3)
    with pytest.raises(InputError, match=r"нет среди значений.*: Atlantis"):
        attainable_places(values, units=["Atlantis"])
    with pytest.raises(InputError, match="дважды: C01"):
        attainable_places(values, units=["C01", "C01"])
    with pytest.raises(UsageError, match="nodes не меньше 0, задано -1"):
        attainable_places(values, nodes=-1)
    with pytest.raises(InputError, match="пропущено значений"):
        attainable_places(values.mask(values > 0.9))
    with pytest.raises(InputError, match="лишние: i2"):
        attainable_places(values, weight_box(pd.Index(["i0", "i1"])))


def test_places_are_exact_where_both_bounds_are_reached():
    table = pd.DataFrame({"best": [1, 1, 2], "worst": [3, 3, 3], "best_bound": [1, 1, 1], "worst_bound": [3, 4, 3]},
                         index=list("abc"))
    found = AttainablePlaces(table, pd.DataFrame(), pd.DataFrame(), "branch and bound").exact
    assert found.to_dict() == {"a": True, "b": False, "c": False}


@pytest.mark.parametrize("k", [4, 8])
def test_tables_of_a_search_are_labelled_and_its_weights_admissible_even_where_nothing_was_searched(k):
    values = table(9, 12, k)
    box = BOXES["half to double"](values)
    for nodes in (0, 5000):
        found = attainable_places(values, box, units=["C03", "C07"], nodes=nodes)
        assert list(found.table) == ["best", "worst", "best_bound", "worst_bound"]
        assert {dtype.kind for dtype in found.table.dtypes} == {"i"}
        for part in (found.table, found.best_weights, found.worst_weights, found.exact):
            assert list(part.index) == ["C03", "C07"]
        assert found.exact.name == "exact"
        for end in ("best", "worst"):
            weights = getattr(found, f"{end}_weights")
            assert list(weights) == list(values)
            assert weights.sum(axis=1).to_list() == pytest.approx([1, 1])
            for unit in weights.index:
                assert box.contains(weights.loc[unit])
                assert rank(values @ weights.loc[unit])[unit] == found.table.loc[unit, end]


def test_weights_between_the_bounds_are_as_far_from_both():
    """With eight weights and no search: l + t (u - l), the same t for all, sum 1."""
    values = table(10, 6, 8)
    low = pd.Series(np.linspace(0.02, 0.1, 8), values.columns)
    high = pd.Series(np.linspace(0.3, 0.2, 8), values.columns)
    found = attainable_places(values, weight_box(values.columns, low, high), nodes=0)
    share = (1 - low.sum()) / (high - low).sum()
    expected = low + share * (high - low)
    for weights in (found.best_weights, found.worst_weights):
        for unit in values.index:
            assert weights.loc[unit].to_dict() == pytest.approx(expected.to_dict())


def test_requests_are_refused_in_words():
    values = table(0, 5, 3)
    with pytest.raises(InputError) as raised:
        attainable_places(values, units=["C01", "Atlantis", "C01"])
    assert str(raised.value) == ("Достижимые места запрошены для единиц, которых нет среди значений или которые "
                                 "названы дважды: Atlantis, C01.")
    assert attainable_places(values, units=[]).table.empty
