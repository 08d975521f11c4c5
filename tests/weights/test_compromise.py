"""Compromise: projection against a quadratic programme, the frontier against its definition, words of refusals."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize

from methods.errors import EditionError, InputError, UsageError
from methods.weights.compromise import (
    blend,
    candidates,
    check_bounds,
    distance,
    distances,
    frontier,
    read_bounds,
    within_bounds,
)

CODES = list("ДПМАК")


def weights(seed, k=5):
    return pd.Series(np.random.default_rng(seed).dirichlet(np.ones(k)), CODES[:k])


def bounds(seed, k=5):
    rng = np.random.default_rng(seed)
    centre = rng.dirichlet(3 * np.ones(k))
    return (pd.Series(np.clip(centre - rng.uniform(0, 0.15, k), 0, 1), CODES[:k]),
            pd.Series(np.clip(centre + rng.uniform(0, 0.15, k), 0, 1), CODES[:k]))


@pytest.mark.parametrize("seed", range(30))
def test_projection_is_the_least_squares_solution(seed, oracle):
    w, (low, high) = weights(seed), bounds(seed + 100)
    found = within_bounds(w, low, high)
    peer = minimize(lambda x: ((x - w.to_numpy()) ** 2).sum(), x0=(low + high).to_numpy() / 2, method="SLSQP",
                    jac=lambda x: 2 * (x - w.to_numpy()), bounds=list(zip(low, high, strict=True)),
                    constraints={"type": "eq", "fun": lambda x: x.sum() - 1}, options={"ftol": 1e-15, "maxiter": 500})
    assert peer.success
    oracle("ближайшие веса в границах", "scipy.optimize.minimize (SLSQP), 30 случайных задач", found, peer.x, 1e-6)
    assert found.sum() == pytest.approx(1, abs=1e-12)
    assert (found >= low - 1e-12).all()
    assert (found <= high + 1e-12).all()


@given(st.lists(st.floats(0, 1), min_size=2, max_size=6))
def test_weights_within_their_bounds_stay(raw):
    total = sum(raw)
    if total <= 1e-3:
        return
    w = pd.Series(raw) / total
    found = within_bounds(w, pd.Series(0.0, w.index), pd.Series(1.0, w.index))
    assert found.to_numpy() == pytest.approx(w.to_numpy(), abs=1e-9)


def test_bounds_are_matched_by_label():
    w, (low, high) = weights(3), bounds(4)
    found = within_bounds(w, low, high)
    mixed = within_bounds(w[::-1], low.sample(frac=1, random_state=0), high.sample(frac=1, random_state=1))
    pd.testing.assert_series_equal(found, mixed[found.index])


def test_bounds_that_leave_one_point():
    low = pd.Series({"Д": 0.5, "П": 0.3, "М": 0.2})
    assert within_bounds(pd.Series({"Д": 0.1, "П": 0.1, "М": 0.8}), low, low).to_dict() == pytest.approx(low.to_dict())


@pytest.mark.parametrize(("low", "high", "words"), [
    ({"Д": 0.6, "П": 0.5}, {"Д": 0.7, "П": 0.8}, "сумма нижних 1.1 больше 1 (сумма верхних 1.5)"),
    ({"Д": 0.1, "П": 0.1}, {"Д": 0.3, "П": 0.5}, "сумма верхних 0.8 меньше 1 (сумма нижних 0.2)"),
    ({"Д": 0.6, "П": 0.1}, {"Д": 0.5, "П": 0.9}, "нарушено: Д: 0.6–0.5"),
    ({"Д": -0.1, "П": 0.1}, {"Д": 0.5, "П": 0.9}, "нарушено: Д: -0.1–0.5"),
])
def test_bounds_that_cannot_be_met(low, high, words):
    with pytest.raises(EditionError) as error:
        check_bounds(pd.Series(low), pd.Series(high))
    assert words in str(error.value)
    assert error.value.exit_code == 4


def test_blend_refuses_what_is_no_trust():
    sets = pd.DataFrame({"a": [0.5, 0.5], "b": [0.9, 0.1]}, index=["Д", "П"])
    with pytest.raises(InputError, match=r"Нет источников весов: c\. Есть: a, b"):
        blend(sets, pd.Series({"a": 1.0, "c": 1.0}))
    for trust in ({"a": -1.0, "b": 2.0}, {"a": 0.0, "b": 0.0}, {"a": np.nan, "b": 1.0}):
        with pytest.raises(InputError, match="не меньше 0, не все нули"):
            blend(sets, pd.Series(trust))


@pytest.mark.parametrize("seed", range(5))
def test_a_blend_lies_between_its_sources(seed):
    sets = pd.DataFrame({source: weights(10 * seed + place) for place, source in enumerate("abc")})
    found = blend(sets, pd.Series({"a": 1.0, "b": 2.0, "c": 0.5}))
    assert found.sum() == pytest.approx(1)
    assert (found <= sets.max(axis=1) + 1e-12).all()
    assert (found >= sets.min(axis=1) - 1e-12).all()


def test_mixes_of_three_sources_in_quarters():
    sets = pd.DataFrame({source: weights(place) for place, source in enumerate("abc")})
    found = candidates(sets, steps=4)
    # 3 sources; 3 pairs x 3 splits; one triple x 3 splits
    assert len(found) == 3 + 9 + 3
    assert found.sum(axis=1).to_numpy() == pytest.approx(1)
    assert found.loc["a 25 % + b 75 %"].to_numpy() == pytest.approx(0.25 * sets["a"] + 0.75 * sets["b"])
    low, high = pd.Series(0.1, CODES), pd.Series(0.4, CODES)
    inside = candidates(sets, lower=low, upper=high)
    assert inside.min().min() >= 0.1 - 1e-12
    assert inside.max().max() <= 0.4 + 1e-12
    with pytest.raises(UsageError, match="steps=0"):
        candidates(sets, steps=0)


@pytest.mark.parametrize("seed", range(5))
def test_the_frontier_by_its_definition(seed):
    """Peer: every pair compared in plain loops."""
    rng = np.random.default_rng(seed)
    costs = pd.DataFrame(rng.integers(0, 6, (40, 3)).astype(float), [f"v{i}" for i in range(40)], list("abc"))
    table = pd.DataFrame(rng.dirichlet(np.ones(5), 40), costs.index, CODES)
    found = frontier(table, costs.sample(frac=1, random_state=0))
    for label, cost in costs.iterrows():
        beaten = any((other <= cost).all() and (other < cost).any() for _, other in costs.iterrows())
        assert found.efficient[label] == (not beaten)
    assert found.efficient[found.nearest]
    shown = found.shown(6)
    assert len(shown) == min(6, int(found.efficient.sum()))
    assert set(shown.index) <= set(found.efficient.index[found.efficient])
    assert found.nearest in shown.index


def test_distance_is_a_distance():
    one, two, three = (weights(seed) for seed in range(3))
    assert distance(one, one) == 0
    assert distance(one, two) == pytest.approx(distance(two, one[::-1]))
    assert distance(one, three) <= distance(one, two) + distance(two, three) + 1e-12
    assert distance(pd.Series({"Д": 1.0, "П": 0.0}), pd.Series({"Д": 0.0, "П": 1.0})) == 1
    table = distances(pd.DataFrame({"a": one, "b": two}))
    assert table.loc["a", "b"] == pytest.approx(distance(one, two))
    assert table.loc["a", "a"] == 0


@pytest.mark.parametrize(("text", "low", "high"), [
    ("", {}, {}),
    ("Д 0,1–0,3", {"Д": 0.1}, {"Д": 0.3}),
    ("Д: 0.1-0.3; К=  ,05—.1;", {"Д": 0.1, "К": 0.05}, {"Д": 0.3, "К": 0.1}),
])
def test_bounds_as_a_person_writes_them(text, low, high):
    lower, upper = read_bounds(text, CODES)
    assert lower.to_dict() == dict.fromkeys(CODES, 0.0) | low
    assert upper.to_dict() == dict.fromkeys(CODES, 1.0) | high


@pytest.mark.parametrize("text", ["Д 0,1", "Ж 0,1–0,2", "Д 0,1–0,2; Д 0,1–0,3", "Д 10%–20%", "Д 0,1 до 0,2"])
def test_bounds_that_cannot_be_read_are_quoted(text):
    with pytest.raises(UsageError, match="не разобрано") as error:
        read_bounds(text, CODES)
    assert f"«{text.split('; ')[-1]}»" in str(error.value)
    assert "Коды: Д, П, М, А, К" in str(error.value)


def test_bounds_read_are_checked():
    with pytest.raises(EditionError, match=r"сумма нижних 1\.2 больше 1"):
        read_bounds("Д 0,6–0,7; П 0,6-0,7", CODES)


def test_trust_need_not_sum_to_one():
    sets = pd.DataFrame({"a": [0.5, 0.5], "b": [0.9, 0.1]}, index=["Д", "П"])
    assert blend(sets, pd.Series({"a": 0.3, "b": 0.1})).to_dict() == pytest.approx({"Д": 0.6, "П": 0.4})
    assert blend(sets, pd.Series({"a": 30.0, "b": 10.0})).to_dict() == pytest.approx({"Д": 0.6, "П": 0.4})


def test_one_of_the_bounds_of_mixes_is_enough():
    sets = pd.DataFrame({"a": [0.9, 0.1], "b": [0.4, 0.6]}, index=["Д", "П"])
    free = candidates(sets, steps=2)
    assert free["Д"].to_dict() == pytest.approx({"a": 0.9, "b": 0.4, "a 50 % + b 50 %": 0.65})
    above = candidates(sets, steps=2, upper=pd.Series({"Д": 0.7, "П": 1.0}))
    assert above["Д"].to_dict() == pytest.approx({"a": 0.7, "b": 0.4, "a 50 % + b 50 %": 0.65})
    below = candidates(sets, steps=2, lower=pd.Series({"Д": 0.5, "П": 0.0}))
    assert below["Д"].to_dict() == pytest.approx({"a": 0.9, "b": 0.5, "a 50 % + b 50 %": 0.65})


@pytest.mark.parametrize("bound", ["lower", "upper"])
def test_bounds_that_sum_to_one_are_the_weights(bound):
    one = pd.Series([0.5, 0.25, 0.125, 0.125], list("абвг"))
    free = pd.Series(0.0 if bound == "upper" else 1.0, one.index)
    low, high = (one, free) if bound == "lower" else (free, one)
    found = within_bounds(pd.Series(0.25, one.index), low, high)
    assert found.to_dict() == pytest.approx(one.to_dict())
    assert found.name == "weight"


def test_a_blend_is_named_and_only_sources_that_are_trusted_are_looked_at():
    sets = pd.DataFrame({"a": [0.5, 0.5], "b": [0.9, 0.1], "broken": [0.9, 0.9]}, index=["Д", "П"])
    found = blend(sets, pd.Series({"b": 1.0, "a": 3.0}))
    assert (found.name, found.to_dict()) == ("weight", pytest.approx({"Д": 0.6, "П": 0.4}))
    with pytest.raises(InputError, match="Сумма весов"):
        blend(sets, pd.Series({"broken": 1.0, "a": 3.0}))
    with pytest.raises(InputError) as raised:
        blend(sets, pd.Series({"a": -1.0, "b": 2.0}))
    assert str(raised.value) == "Доверие к источникам — числа не меньше 0, не все нули; сейчас: a -1, b 2."


def test_the_nearest_has_the_least_distance_to_the_best_of_every_measure():
    """Scaled by the range of the frontier alone: v3 is beaten, though its range would change the answer."""
    costs = pd.DataFrame({"a": [0.0, 4, 10, 10], "b": [1.0, 0.5, 0, 9]}, [f"v{i}" for i in range(4)])
    found = frontier(pd.DataFrame({"Д": [0.1, 0.2, 0.3, 0.4]}, costs.index), costs)
    assert found.efficient.to_dict() == {"v0": True, "v1": True, "v2": True, "v3": False}
    assert (found.efficient.name, found.nearest) == ("efficient", "v1")     # distances 1, (.4^2 + .5^2)^.5, 1
    assert list(found.shown()) == ["Д", "a", "b"]
    assert list(found.shown().index) == ["v0", "v2", "v1"]
    assert list(found.shown(2).index) == ["v0", "v2"]


def test_candidates_shown_are_spread_over_the_frontier():
    """On a straight frontier of eleven: the ends, the middle, then the quarters, each the farthest from the others."""
    costs = pd.DataFrame({"a": np.linspace(0, 1, 11), "b": np.linspace(1, 0, 11)}, [f"v{i:02d}" for i in range(11)])
    found = frontier(pd.DataFrame({"Д": np.linspace(0, 1, 11)}, costs.index), costs)
    assert found.nearest == "v05"
    assert list(found.shown(3).index) == ["v00", "v10", "v05"]
    assert set(found.shown(5).index) == {"v00", "v10", "v05", "v02", "v07"}
    assert len(found.shown()) == 8
    assert len(found.shown(50)) == 11


@pytest.mark.parametrize(("call", "words"), [
    (lambda w: frontier(pd.DataFrame({"Д": [1.0]}, ["a"]), pd.DataFrame({"x": [1.0]}, ["b"])),
     "Варианты весов и их цена: наборы кодов различаются."),
    (lambda w: frontier(pd.DataFrame({"Д": [1.0]}, ["a"]), pd.DataFrame({"x": [np.nan]}, ["a"])),
     "Цена вариантов весов: пропущено значений 1"),
    (lambda w: within_bounds(w, pd.Series(0.0, CODES[:4]), pd.Series(1.0, CODES[:4])),
     "Веса и границы: наборы кодов различаются."),
    (lambda w: check_bounds(pd.Series(0.0, CODES), pd.Series(1.0, CODES[:4])),
     "Границы весов: наборы кодов различаются."),
    (lambda w: distance(w, w.drop("Д")), "Веса: наборы кодов различаются."),
    (lambda w: distance(w.to_frame().T, w.drop("Д")), "Веса: наборы кодов различаются."),
    (lambda w: candidates(pd.DataFrame({"a": w}), steps=0), "steps=0: шагов смеси — не меньше 1.")])
def test_refusals_begin_with_what_is_wrong(call, words):
    with pytest.raises((InputError, UsageError)) as raised:
        call(weights(0))
    assert str(raised.value).startswith(words)


def test_bounds_that_touch_are_bounds():
    one = pd.Series({"Д": 0.4, "П": 0.6})
    check_bounds(one, one)
    check_bounds(one, pd.Series({"Д": 0.4, "П": 1.0}))
    check_bounds(pd.Series({"Д": 0.0, "П": 0.6}), one)
    with pytest.raises(EditionError) as raised:
        check_bounds(pd.Series({"Д": 0.1, "П": 0.1}), pd.Series({"Д": 0.3, "П": 0.5}))
    assert str(raised.value) == ("Границы весов нельзя выполнить: сумма верхних 0.8 меньше 1 (сумма нижних 0.2).\n"
                                 "Увеличьте верхние границы.")
    with pytest.raises(EditionError) as raised:
        check_bounds(pd.Series({"Д": 0.5, "П": 0.1}), pd.Series({"Д": 0.4, "П": 1.1}))
    assert str(raised.value) == ("Границы весов — от 0 до 1, нижняя не больше верхней; нарушено: Д: 0.5–0.4; "
                                 "П: 0.1–1.1.")


def test_one_step_mixes_nothing_and_two_sources_in_halves_make_one_mix():
    sets = pd.DataFrame({source: weights(place) for place, source in enumerate("abcd")})
    alone = candidates(sets, steps=1)
    assert (alone.index.name, list(alone.index), list(alone)) == ("candidate", list("abcd"), CODES)
    assert len(candidates(sets, steps=2)) == 4 + 6
    thirds = candidates(sets, steps=3)
    assert len(thirds) == 4 + 6 * 2 + 4
    assert "a 33,3 % + b 33,3 % + c 33,3 %" in thirds.index
    twins = candidates(pd.DataFrame({"a": sets["a"], "b": sets["a"]}), steps=2)
    assert list(twins.index) == ["a"]
