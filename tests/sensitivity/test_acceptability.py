"""SMAA-2: analytic cases, a grid of weights, convexity, errors of values, ties, order, refusals."""

import itertools

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from methods.errors import InputError, UsageError
from methods.sensitivity import acceptability as module
from methods.sensitivity.acceptability import acceptability
from methods.sensitivity.weight_space import weight_box

DRAWS = 20_000
WITHIN = 0.011      # three standard errors of a share from 20,000 draws


@pytest.fixture(scope="module")
def two():
    return pd.DataFrame({"first": [1, 0.25], "second": [0, 0.75]}, index=["A", "B"])


def test_two_criteria(two, oracle):
    """A is ahead where w1 > 1/2: half of all weights, on average (.75, .25)."""
    result = acceptability(two, draws=DRAWS)
    oracle("SMAA-2: два критерия, доли мест и центральные веса", "аналитически; пересчитано",
           [*result.places.loc["A"], *result.central_weights.loc["A"], *result.central_weights.loc["B"]],
           [0.5, 0.5, 0.75, 0.25, 0.25, 0.75], WITHIN)
    assert result.confidence.to_list() == [1.0, 1.0]
    bounded = acceptability(two, weight_box(two.columns, pd.Series({"first": 0.3, "second": 0.4}), 1.0), draws=DRAWS)
    oracle("SMAA-2: два критерия, границы весов .3–.6", "аналитически; пересчитано",
           [bounded.places.loc["A", 1], bounded.central_weights.loc["A", "first"]], [1 / 3, 0.55], WITHIN)


@pytest.mark.parametrize("k", [3, 5])
def test_specialists_have_the_centroid_weights(k, oracle):
    """Unit j has only criterion j: first where w_j is largest. Its central weight there is the first of the rank order
    centroid, the rest is shared equally (Barron, Barrett, 1996)."""
    names = [f"i{j}" for j in range(k)]
    result = acceptability(pd.DataFrame(np.eye(k), names, names), draws=DRAWS)
    centroid = (1 / np.arange(1, k + 1)).sum() / k
    expected = np.where(np.eye(k) > 0, centroid, (1 - centroid) / (k - 1))
    oracle(f"SMAA-2: узкие специалисты, {k} критериев", "центроид порядка, Barron, Barrett (1996)",
           np.concatenate([result.central_weights.to_numpy().ravel(), result.places.to_numpy().ravel()]),
           np.concatenate([expected.ravel(), np.full(k * k, 1 / k)]), 2 * WITHIN)


@pytest.mark.parametrize("bounds", [(0.0, 1.0), (0.2, 0.5)])
def test_shares_by_a_grid_of_weights(oracle, bounds):
    """All triples of whole percents, by counting; a grid of 1/100 leaves an error of about its step."""
    rng = np.random.default_rng(0)
    values = pd.DataFrame(rng.random((6, 3)), [f"C{i}" for i in range(6)], list("abc"))
    grid = np.array([(i, j, 300 - i - j) for i, j in itertools.product(range(301), repeat=2) if i + j <= 300]) / 300
    grid = grid[((grid >= bounds[0]) & (grid <= bounds[1])).all(axis=1)]
    places = stats.rankdata(-grid @ values.T.to_numpy(), axis=1)
    counted = np.stack([(places == place).mean(axis=0) for place in range(1, 7)], axis=1)
    result = acceptability(values, weight_box(values.columns, *bounds), draws=DRAWS)
    low, high = (f"{bound:g}".replace(".", ",") for bound in bounds)
    oracle(f"SMAA-2: доли мест шести единиц, веса {low}–{high}", "сетка весов, перебор; пересчитано", result.places,
           counted, 2 * WITHIN)
    for unit, row in result.central_weights.dropna().iterrows():
        own = places[:, values.index.get_loc(unit)] == 1
        if own.mean() > 0.05:
            np.testing.assert_allclose(row, grid[own].mean(axis=0), atol=0.02)


def test_central_weights_make_their_unit_first_without_errors():
    """Favourable weights form a convex set: their mean belongs to it."""
    rng = np.random.default_rng(1)
    values = pd.DataFrame(rng.random((40, 5)), [f"C{i:02d}" for i in range(40)])
    result = acceptability(values, draws=5000)
    ever = result.places[1] > 0
    assert 1 < ever.sum() < 40
    assert (result.confidence[ever] == 1).all()
    assert result.confidence[~ever].isna().all()
    assert result.central_weights[~ever].isna().all(axis=None)
    np.testing.assert_allclose(result.central_weights[ever].sum(axis=1), 1)
    np.testing.assert_allclose(result.places.sum(axis=1), 1)
    np.testing.assert_allclose(result.places.sum(), 1)


def test_two_units_with_errors_and_fixed_weights(oracle):
    """P(A ahead) = Phi(difference / its standard deviation), as the share of draws and as the confidence factor."""
    values = pd.DataFrame({"a": [0.6, 0.5], "b": [0.3, 0.35]}, index=["A", "B"])
    se = pd.DataFrame({"a": [0.1, 0.2], "b": [0.05, 0.0]}, index=["A", "B"])
    fixed = weight_box(values.columns, pd.Series({"a": 0.6, "b": 0.4}), 1.0)
    result = acceptability(values, fixed, se=se, draws=DRAWS)
    difference = 0.6 * 0.1 - 0.4 * 0.05
    spread = np.sqrt(0.36 * (0.01 + 0.04) + 0.16 * 0.0025)
    expected = stats.norm.cdf(difference / spread)
    oracle("SMAA-2: доля первого места при ошибках значений", "нормальное распределение разности; пересчитано",
           [result.places.loc["A", 1]], [expected], WITHIN)
    oracle("SMAA-2: фактор доверия двух единиц", "нормальное распределение разности; пересчитано",
           result.confidence, [expected, 1 - expected], 1e-9)


def test_confidence_factors_by_simulation():
    """Six units, three criteria, one unit and one criterion known exactly; 200,000 draws, standard error .001."""
    rng = np.random.default_rng(2)
    names = [f"C{i}" for i in range(6)]
    values = pd.DataFrame(rng.random((6, 3)), names, list("abc"))
    se = pd.DataFrame(rng.uniform(0, 0.2, (6, 3)), names, list("abc")).assign(c=0.0)
    se.loc["C2"] = 0.0
    result = acceptability(values, se=se, draws=5000)
    ever = result.central_weights.dropna()
    assert len(ever) > 2
    for unit, weights in ever.iterrows():
        noise = rng.standard_normal((200_000, 6)) * np.sqrt((se**2) @ weights**2).to_numpy()
        scores = noise + (values @ weights).to_numpy()
        chance = (scores.argmax(axis=1) == names.index(unit)).mean()
        assert result.confidence[unit] == pytest.approx(chance, abs=0.005)


def test_errors_blur_what_weights_would_decide(two):
    sharp = acceptability(two, weight_box(two.columns, pd.Series({"first": 0.6, "second": 0.0}), 1.0), draws=2000)
    blurred = acceptability(two, weight_box(two.columns, pd.Series({"first": 0.6, "second": 0.0}), 1.0), draws=2000,
                            se=two * 0 + 0.5)
    assert sharp.places.loc["A", 1] == 1
    assert 0.5 < blurred.places.loc["A", 1] < 0.95
    none = acceptability(two, draws=2000, se=two * 0)
    pd.testing.assert_frame_equal(none.places, acceptability(two, draws=2000).places)
    assert (none.confidence == 1).all()


def test_equal_units_share_the_better_place():
    values = pd.DataFrame({"a": [0.5, 0.5, 0.1], "b": [0.7, 0.7, 0.2]}, index=["A", "B", "C"])
    result = acceptability(values, draws=100)
    assert result.places.to_numpy().tolist() == [[1, 0, 0], [1, 0, 0], [0, 0, 1]]


@pytest.mark.parametrize("noisy", [False, True])
def test_nothing_depends_on_order_or_the_size_of_blocks(monkeypatch, noisy):
    rng = np.random.default_rng(3)
    values = pd.DataFrame(rng.random((9, 3)), [f"C{i}" for i in range(9)], list("abc"))
    se = values * 0.1 if noisy else None
    here = acceptability(values, se=se, draws=500)
    monkeypatch.setattr(module, "WORK", 700)
    turned = acceptability(values.sample(frac=1, random_state=1)[list("cab")], se=se, draws=500)
    pd.testing.assert_frame_equal(here.places, turned.places.loc[values.index])
    pd.testing.assert_frame_equal(here.central_weights, turned.central_weights.loc[values.index, list("abc")])
    pd.testing.assert_series_equal(here.confidence, turned.confidence[values.index])
    assert list(turned.central_weights.columns) == list("cab")
    assert not here.places.equals(acceptability(values, se=se, draws=500, seed=1).places)


def test_holistic_acceptability(two):
    result = acceptability(two, draws=2000)
    assert result.holistic(pd.Series({1: 1.0, 2: 0.0})).to_dict() == result.places[1].to_dict()
    np.testing.assert_allclose(result.holistic(pd.Series({2: 0.3, 1: 0.3})), 0.3)
    with pytest.raises(InputError, match="не должны расти"):
        result.holistic(pd.Series({1: 0.0, 2: 1.0}))
    with pytest.raises(InputError, match=r"Метавеса и места.*Нет: 2"):
        result.holistic(pd.Series({1: 1.0}))


def test_wrong_requests_are_refused(two, monkeypatch):
    with pytest.raises(InputError, match=r"не может быть меньше 0, найдено -0\.1 \(A × second\)"):
        acceptability(two, se=pd.DataFrame({"first": 0.1, "second": [-0.1, 0.1]}, index=["A", "B"]))
    with pytest.raises(InputError, match="Стандартные ошибки и значения: единицы"):
        acceptability(two, se=two.rename(index={"A": "C"}))
    with pytest.raises(InputError, match="Стандартные ошибки и значения: показатели"):
        acceptability(two, se=two[["first"]])
    with pytest.raises(InputError, match="Стандартные ошибки: пропущено"):
        acceptability(two, se=two.mask(two == 0))
    with pytest.raises(UsageError, match="draws=0"):
        acceptability(two, draws=0)
    with pytest.raises(InputError, match="Значения и веса: наборы кодов различаются"):
        acceptability(two, weight_box(pd.Index(["first"])))
    monkeypatch.setattr(module, "MOST_MEMORY", 50.0)
    with pytest.raises(UsageError, match="Доли мест 2 единиц заняли бы"):
        acceptability(two)


def test_tables_are_labelled_and_keep_the_order_asked_for(two):
    result = acceptability(two[::-1], draws=1, seed=3)
    assert (list(result.places.index), list(result.places)) == (["B", "A"], [1, 2])
    assert (list(result.central_weights.index), list(result.central_weights)) == (["B", "A"], ["first", "second"])
    assert result.confidence.name == "confidence"
    assert (result.draws, result.seed) == (1, 3)
    assert set(result.places.to_numpy().ravel()) == {0, 1}
    assert result.holistic(pd.Series({1: 1.0, 2: 0.5})).name == "holistic"


def test_errors_move_the_shares_by_their_own_stream_and_seed():
    """Errors of one standard deviation drown the values: every unit is first in a third of the draws."""
    values = pd.DataFrame({"a": [0.5, 0.5001, 0.4999], "b": [0.5, 0.4999, 0.5001]}, index=list("ABC"))
    result = acceptability(values, se=values * 0 + 1.0, draws=20_000)
    np.testing.assert_allclose(result.places, 1 / 3, atol=0.012)            # 3.5 standard errors of .0033
    np.testing.assert_allclose(result.confidence, 1 / 3, atol=2e-3)
    again, other = (acceptability(values, se=values * 0 + 1.0, draws=200, seed=seed).places for seed in (0, 1))
    assert not again.equals(other)
    pd.testing.assert_frame_equal(again, acceptability(values, se=values * 0 + 1.0, draws=200).places)


def test_a_unit_known_exactly_among_doubtful_rivals_and_a_doubtful_one_among_certain():
    """Fixed weights: products of normal probabilities, and one tail beyond the best certain rival."""
    values = pd.DataFrame({"a": [0.6, 0.55, 0.5], "b": [0.0, 0.0, 0.0]}, index=list("ABC"))
    fixed = weight_box(values.columns, pd.Series({"a": 1.0, "b": 0.0}), 1.0)
    exact = pd.DataFrame({"a": [0.0, 0.1, 0.2], "b": 0.0}, index=list("ABC"))
    found = acceptability(values, fixed, se=exact, draws=5000)
    assert found.confidence["A"] == pytest.approx(stats.norm.cdf(0.5) * stats.norm.cdf(0.5), abs=1e-9)
    doubtful = pd.DataFrame({"a": [0.1, 0.0, 0.0], "b": 0.0}, index=list("ABC"))
    found = acceptability(values, fixed, se=doubtful, draws=5000)
    assert found.confidence["A"] == pytest.approx(stats.norm.cdf(0.5), abs=1e-5)
    assert found.confidence["B"] == pytest.approx(stats.norm.cdf(-0.5), abs=1e-5)
    assert np.isnan(found.confidence["C"])


def test_memory_is_refused_with_the_numbers(two, monkeypatch):
    monkeypatch.setattr(module, "MOST_MEMORY", 24.0 * 4)
    acceptability(two, draws=10)
    monkeypatch.setattr(module, "MOST_MEMORY", 24.0 * 4 - 1)
    with pytest.raises(UsageError) as raised:
        acceptability(two, draws=10)
    assert str(raised.value) == ("Доли мест 2 единиц заняли бы около 0 ГБ памяти (предел 0 ГБ). Оставьте единицы, "
                                 "места которых нужны.")
