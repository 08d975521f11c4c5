"""Weights that reach stated importances: closed form, bounds, trees, real indices, refusals, how certain they are."""

from itertools import product

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import root

from methods.data.demonstration import ASKED, INDICATORS, SEEKER, generate
from methods.data.store import scored
from methods.errors import EditionError, InputError, NotPublishable
from methods.index.aggregate import arithmetic
from methods.index.edition import INDEX
from methods.index.importance import importances, share_of_importance
from methods.index.normalise import z_score
from methods.weights.targets import (
    TOLERANCE,
    calibrate,
    calibrate_leaves,
    calibration_draws,
    linear_solution,
    nearest_weights,
    weights_for_targets,
)

CORRELATED = pd.DataFrame([[1, 0.8, 0.1], [0.8, 1, 0.1], [0.1, 0.1, 1]], index=list("abc"), columns=list("abc"))


def exactly(covariance, n=60, seed=0):
    """Data whose sample covariance matrix is the given one to rounding error."""
    raw = np.random.default_rng(seed).normal(size=(n, len(covariance)))
    raw -= raw.mean(axis=0)
    white = raw @ np.linalg.inv(np.linalg.cholesky(np.cov(raw.T))).T
    values = white @ np.linalg.cholesky(covariance.to_numpy(float)).T
    return pd.DataFrame(values, index=[f"C{number:03d}" for number in range(n)], columns=covariance.columns)


def members(seed, n=80, k=5, bend=False):
    """Positively related members of unequal spread."""
    rng = np.random.default_rng(seed)
    x = (rng.normal(size=(n, 1)) + 1.5 * rng.normal(size=(n, k))) * rng.uniform(0.5, 2, k)
    if bend:
        x = np.exp(x / 3)
    return pd.DataFrame(x, index=[f"C{number:03d}" for number in range(n)], columns=list("abcdefgh")[:k])


def equal(codes):
    return pd.Series(1 / len(codes), index=list(codes))


def measured_shares(values, weights, kind="linear"):
    return share_of_importance(importances(values, arithmetic(values, weights), kind))


# --- one parent -----------------------------------------------------------------------------------------------------

def test_three_indicators_of_equal_importance(oracle):
    """Analytic, after Paruolo, Saisana, Saltelli (2013): r12 = .8, the others .1; w = rows of S^-1: 9/34 9/34 16/34."""
    found = [linear_solution(CORRELATED, equal("abc")), weights_for_targets(exactly(CORRELATED), equal("abc")).weights]
    oracle("веса по долям влияния, linear_solution и weights_for_targets", "аналитически: r12 = 0,8, прочие 0,1",
           found, [[0.2647, 0.2647, 0.4706]] * 2, 5e-5)
    shares = measured_shares(exactly(CORRELATED), linear_solution(CORRELATED, equal("abc")))
    assert shares.to_list() == pytest.approx([1 / 3] * 3)


def by_root_finding(values, target):
    """r_j^2 / sum r^2 = t_j as written, by scipy's root finder from equal weights."""
    s = values.cov().to_numpy()

    def equations(w):
        r2 = (s @ w) ** 2 / np.diag(s) / (w @ s @ w)
        return np.append((r2 / r2.sum() - target.to_numpy())[:-1], w.sum() - 1)

    return root(equations, np.full(len(target), 1 / len(target))).x


def test_the_closed_form_is_the_root_of_the_equations_of_importance(oracle):
    found, roots = [], []
    for seed in range(5):
        values = members(seed)
        target = pd.Series(np.random.default_rng(seed).dirichlet(100 * np.ones(5)), index=values.columns)
        solved = weights_for_targets(values, target)
        assert (solved.iterations, solved.error) == (0, pytest.approx(0, abs=1e-12))
        found.append(solved.weights)
        roots.append(by_root_finding(values, target))
    oracle("веса по долям влияния, weights_for_targets", "scipy root на исходных уравнениях", found, roots, 1e-7)


@pytest.mark.parametrize("kind", ["linear", "nonlinear"])
@pytest.mark.parametrize("seed", range(3))
def test_shares_are_reached_as_the_public_formulas_measure_them(kind, seed):
    values = members(seed, bend=kind == "nonlinear")
    target = pd.Series({"e": 0.3, "d": 0.2, "c": 0.2, "b": 0.15, "a": 0.15})   # by label, in another order
    found = weights_for_targets(values, target, kind=kind)
    shares = measured_shares(values, found.weights, kind)
    assert (shares - target[shares.index]).abs().max() <= TOLERANCE
    pd.testing.assert_series_equal(found.share, shares, check_names=False)
    assert found.weights.sum() == pytest.approx(1)
    assert (found.weights >= 0).all()
    assert found.converged


@pytest.mark.parametrize("kind", ["linear", "nonlinear"])
def test_weights_do_not_see_the_order_of_rows_or_columns(kind):
    values, target = members(1, bend=True), pd.Series([0.3, 0.2, 0.2, 0.15, 0.15], index=list("abcde"))
    one = weights_for_targets(values, target, kind=kind)
    other = weights_for_targets(values.sample(frac=1, random_state=1).sample(frac=1, axis=1, random_state=2),
                                target.sample(frac=1, random_state=3), kind=kind)
    pd.testing.assert_series_equal(other.weights[one.weights.index], one.weights)


@pytest.mark.parametrize("factor", [0.01, 7])
def test_a_member_in_larger_units_gets_a_smaller_weight_and_nothing_else_changes(factor):
    values = members(2)
    one = weights_for_targets(values, equal("abcde")).weights
    other = weights_for_targets(values.assign(b=values["b"] * factor), equal("abcde")).weights
    expected = one.where(one.index != "b", one / factor)
    pd.testing.assert_series_equal(other, expected / expected.sum())


def test_equal_importance_of_uncorrelated_members_means_weights_of_one_over_the_spread():
    values = exactly(pd.DataFrame(np.diag([1.0, 4, 16]), index=list("abc"), columns=list("abc")))
    assert weights_for_targets(values, equal("abc")).weights.to_list() == pytest.approx([4 / 7, 2 / 7, 1 / 7])


def test_a_target_of_nothing_asks_for_no_correlation_and_not_for_no_weight():
    target = pd.Series({"a": 0.5, "b": 0.5, "c": 0.0})
    found = weights_for_targets(exactly(CORRELATED.where(CORRELATED != 0.1, -0.1)), target)
    assert found.share["c"] == pytest.approx(0, abs=1e-12)
    assert found.weights["c"] == pytest.approx(0.2 / 2.2)     # as much as the others pull it down
    with pytest.raises(NotPublishable, match=r"Доля c в этих границах не меньше 0\.0061 при любых весах, задано 0\.0"):
        weights_for_targets(exactly(CORRELATED), target)


def best_on_a_grid(values, target, low, high, step=0.005):
    """Brute force over all weights of three members on a grid within the bounds."""
    s, best = values.cov().to_numpy(), np.inf
    for first, second in product(np.arange(0, 1 + step / 2, step), repeat=2):
        w = np.array([first, second, 1 - first - second])
        if (w >= low - 1e-9).all() and (w <= high + 1e-9).all():
            r = (s @ w) / np.sqrt(np.diag(s) * (w @ s @ w))
            best = min(best, np.abs(r * np.abs(r) / (r**2).sum() - target).max())
    return best


@pytest.mark.parametrize(("target", "lower", "upper"), [
    ([1 / 3, 1 / 3, 1 / 3], 0.0, 0.4), ([0.8, 0.1, 0.1], 0.0, 1.0), ([0.1, 0.6, 0.3], 0.2, 0.5)])
def test_within_bounds_no_weights_come_nearer(target, lower, upper):
    values = exactly(CORRELATED)
    found = nearest_weights(values, pd.Series(target, index=list("abc")), lower=lower, upper=upper)
    best = best_on_a_grid(values, np.array(target), lower, upper)
    assert found.error <= best + 1e-9
    assert found.error >= best - 0.01               # the grid's step
    assert found.unbeatable <= found.error
    assert (found.weights >= lower - 1e-9).all()
    assert (found.weights <= upper + 1e-9).all()


def test_what_is_proven_out_of_reach_is_never_reached_on_a_grid():
    values, target = exactly(CORRELATED), pd.Series({"a": 0.8, "b": 0.1, "c": 0.1})
    found = nearest_weights(values, target)
    assert TOLERANCE < found.unbeatable <= best_on_a_grid(values, target.to_numpy(), 0.0, 1.0)


def test_a_weight_on_its_bound_is_warned_of():
    values = exactly(CORRELATED)
    exact = weights_for_targets(values, equal("abc")).weights
    found = weights_for_targets(values, equal("abc"), upper=pd.Series({"a": 1.0, "b": 1.0, "c": exact["c"] - 0.002}))
    assert found.on_bound.to_dict() == {"c": pytest.approx(exact["c"] - 0.002)}
    assert found.warnings() == ("Вес c лежит на границе 0.468588: без неё он был бы иным, заданная доля влияния "
                                "достигнута только в пределах допуска.",)
    assert found.table()["on_bound"].to_dict() == {"a": False, "b": False, "c": True}
    assert 0 < found.error <= TOLERANCE
    assert weights_for_targets(values, equal("abc")).warnings() == ()


def test_targets_out_of_reach_are_refused_with_what_was_reached_and_what_stands_in_the_way():
    with pytest.raises(NotPublishable) as error:
        weights_for_targets(exactly(CORRELATED), pd.Series({"a": 0.8, "b": 0.1, "c": 0.1}), name="Д")
    found = nearest_weights(exactly(CORRELATED), pd.Series({"a": 0.8, "b": 0.1, "c": 0.1}))
    said = str(error.value).split("\n")
    assert said[0] == (f"Доли влияния, «Д»: заданные доли не достигнуты, наибольшее расхождение {found.error:.4f} при "
                       "допуске 0.005 (показателей 3, единиц 60).")
    assert said[1] == (f"Цель → достигнуто: a 0.8000 → {found.share['a']:.4f}; b 0.1000 → {found.share['b']:.4f}.")
    assert said[2] == "Мешает граница: вес b = 0: и при нём доля b больше заданной, показатель повторяет остальные."
    assert "Доля a в этих границах не больше 0.6061 при любых весах, задано 0.8000." in said
    assert f"Расхождения меньше {found.unbeatable:.4f} в этих границах не бывает (доказано линейными задачами)." in said
    assert said[-1].startswith(f"Итераций {found.iterations}, последнее изменение веса ")
    assert said[-1].endswith(" Веса не публикуются: раздвиньте границы, измените доли или состав показателей.")


def test_a_member_that_pulls_against_the_score_is_named():
    covariance = pd.DataFrame([[1, -0.6, -0.6], [-0.6, 1, 0.5], [-0.6, 0.5, 1]], index=list("abc"), columns=list("abc"))
    with pytest.raises(NotPublishable, match=r"Отрицательно связаны с баллом: a\."):
        weights_for_targets(exactly(covariance), pd.Series({"a": 0.2, "b": 0.4, "c": 0.4}), upper=pd.Series(
            {"a": 0.2, "b": 1.0, "c": 1.0}))
    free = weights_for_targets(exactly(covariance), pd.Series({"a": 0.2, "b": 0.4, "c": 0.4}))
    assert free.weights["a"] > 0.4          # enough weight turns the correlation round


def with_gaps(seed=3):
    values = members(seed, n=200)
    rng = np.random.default_rng(seed)
    return values.mask(rng.random(values.shape) < [0.1, 0.3, 0.0, 0.5, 0.2]).dropna(how="all")


@pytest.mark.parametrize("kind", ["linear", "nonlinear"])
def test_with_gaps_the_shares_are_those_of_scores_over_present_members(kind):
    values = with_gaps()
    found = weights_for_targets(values, equal("abcde"), kind=kind, gaps="reweight")
    shares = measured_shares(values, found.weights, kind)        # pairs of a member and the reweighted mean
    assert found.n == len(values)
    assert shares.to_list() == pytest.approx([0.2] * 5, abs=TOLERANCE)
    whole = weights_for_targets(values, equal("abcde"), kind=kind)
    assert whole.n == values.notna().all(axis=1).sum()
    same = weights_for_targets(values.dropna(), equal("abcde"), kind=kind)
    pd.testing.assert_series_equal(whole.weights, same.weights)


@pytest.mark.parametrize(("change", "kind", "words"), [
    (dict(target=pd.Series({"a": 0.5, "b": 0.5})), InputError,
     "Доли влияния, «балл»: наборы кодов различаются. Нет: c; лишние: —."),
    (dict(target=pd.Series({"a": 0.5, "b": 0.6, "c": -0.1})), InputError,
     "Доли влияния, «балл»: доля влияния — число не меньше 0, найдено: c = -0.1."),
    (dict(target=pd.Series({"a": 0.5, "b": 0.5, "c": 0.5})), InputError,
     "Доли влияния, «балл»: сумма долей влияния должна быть равна 1, сейчас 1.5. Разделите каждую на их сумму."),
    (dict(lower=0.4), EditionError,
     "Границы весов, «балл»: сумма нижних 1.2 должна быть не больше 1, сумма верхних 3 — не меньше 1; таких весов нет. "
     "Раздвиньте границы."),
    (dict(upper=0.3), EditionError,
     "Границы весов, «балл»: сумма нижних 0 должна быть не больше 1, сумма верхних 0.9 — не меньше 1; таких весов нет. "
     "Раздвиньте границы."),
    (dict(lower=pd.Series({"a": 0.3, "b": 0.0, "c": 0.0}), upper=pd.Series({"a": 0.2, "b": 1.0, "c": 1.0})),
     EditionError, "Границы весов, «балл»: должно быть 0 ≤ нижняя ≤ верхняя, у a — 0.3 и 0.2."),
    (dict(lower=pd.Series({"a": 0.3})), InputError,
     "Границы весов: наборы кодов различаются. Нет: b, c; лишние: —."),
    (dict(values=exactly(CORRELATED).assign(b=1.0)), InputError,
     "Показатель b: во всех единицах одно значение, нормирование по разбросу не определено. Задайте опорные точки "
     "(goalposts) или исключите показатель."),
    (dict(values=exactly(CORRELATED).mask(np.arange(60)[:, None] + np.array([0, 0, 1]) > 3)), NotPublishable,
     "Доли влияния, «балл»: показателей 3, единиц без пропусков 3; единиц нужно хотя бы на 2 больше. Реже всех есть c: "
     "у 3 единиц из 60. Уберите его или считайте по имеющимся (gaps=\"reweight\")."),
])
def test_what_cannot_be_asked_is_refused_in_words(change, kind, words):
    with pytest.raises(kind) as error:
        weights_for_targets(**{"values": exactly(CORRELATED), "target": equal("abc"), **change})
    assert str(error.value) == words


def test_repeated_indicators_have_no_closed_form():
    r = pd.DataFrame([[1.0, 1], [1, 1]], index=["a", "b"], columns=["a", "b"])
    with pytest.raises(NotPublishable) as error:
        linear_solution(r, equal("ab"))
    assert str(error.value) == ("Показатели линейно зависимы (a, b): веса по заданным долям влияния не определены. "
                                "Уберите повторяющийся показатель.")


# --- trees ----------------------------------------------------------------------------------------------------------

def small_tree():
    leaves = members(5, n=100)
    tree = {"index": pd.Series({"Д": 0.5, "e": 0.2, "П": 0.3}), "Д": pd.Series({"a": 0.7, "b": 0.3}),
            "П": pd.Series({"c": 0.5, "d": 0.5})}
    return leaves, tree


@pytest.mark.parametrize("kind", ["linear", "nonlinear"])
def test_every_level_of_a_tree_has_the_importance_of_its_nominal_weights(kind):
    leaves, tree = small_tree()
    found = calibrate(leaves, tree, kind=kind)
    assert list(found.parents) == ["Д", "П", "index"]
    scores = {code: leaves[list(tree[code].index)] @ found.parents[code].weights for code in ("Д", "П")}
    top = pd.DataFrame({**scores, "e": leaves["e"]})[list(tree["index"].index)]
    for parent, values in (("Д", leaves[["a", "b"]]), ("П", leaves[["c", "d"]]), ("index", top)):
        shares = measured_shares(values, found.parents[parent].weights, kind)
        assert shares.to_dict() == pytest.approx(tree[parent].to_dict(), abs=TOLERANCE)
    effective = found.effective_weights()
    assert effective.sum() == pytest.approx(1)
    pd.testing.assert_series_equal(leaves @ effective[leaves.columns], found.scores["index"], check_names=False)
    assert found.table().index.names == ["parent", "member"]
    assert found.converged


def test_targets_may_be_stated_for_some_parents_and_scores_rescaled_on_the_way():
    leaves, tree = small_tree()
    wanted = {"index": pd.Series({"П": 0.2, "Д": 0.2, "e": 0.6})}
    found = calibrate(leaves, tree, wanted)
    assert found.parents["index"].share.to_dict() == pytest.approx(wanted["index"].to_dict())
    assert found.parents["Д"].share.to_dict() == pytest.approx(tree["Д"].to_dict())
    rescaled = calibrate(leaves, tree, wanted, rescale={"Д": z_score})
    spread = found.scores["Д"].std()
    ratio = rescaled.parents["index"].weights / found.parents["index"].weights
    assert ratio["Д"] / ratio["e"] == pytest.approx(spread)      # the score got smaller units by its spread


def test_all_leaves_at_once_reach_their_shares_of_the_whole_index():
    leaves, tree = small_tree()
    found, by_parent = calibrate_leaves(leaves, tree)
    assert found.target.to_dict() == pytest.approx({"a": 0.35, "b": 0.15, "c": 0.15, "d": 0.15, "e": 0.2})
    groups = {code: leaves[list(tree[code].index)] @ by_parent[code] for code in ("Д", "П")}
    index = (pd.DataFrame({**groups, "e": leaves["e"]}) * by_parent["index"]).sum(axis=1)
    shares = share_of_importance(importances(leaves, index))
    assert shares.to_dict() == pytest.approx(found.target.to_dict())
    with pytest.raises(NotPublishable, match=r"^Доли влияния, «index»: все веса внутри «П» равны 0"):
        calibrate_leaves(leaves, tree, found.target, upper=pd.Series({"a": 1.0, "b": 1, "c": 0, "d": 0, "e": 1}),
                         tolerance=1.0)


@pytest.mark.parametrize(("tree", "words"), [
    ({"Д": equal("ab"), "П": equal("bc")}, "Дерево: b стоит и под «Д», и под «П»."),
    ({"Д": equal("ax")}, "Дерево, «Д»: x — не группа и не столбец таблицы показателей."),
    ({"Д": equal("ab"), "П": equal("cd")},
     "Дерево: вершина должна быть одна и без замкнутых цепочек, вершин найдено 2: Д, П."),
    ({"Д": equal(["a", "П"]), "П": equal(["b", "Д"])},
     "Дерево: вершина должна быть одна и без замкнутых цепочек, вершин найдено 0: —."),
    ({"Д": equal(["a", "a"])}, "Дерево, «Д»: код повторяется: a (всего 1)."),
    ({"Д": equal("ab"), "c": equal(["Д", "d"])},
     "Дерево: «c» — и группа, и столбец таблицы показателей. Уберите столбец."),
])
def test_a_tree_that_is_no_tree_is_refused_in_words(tree, words):
    with pytest.raises(InputError) as error:
        calibrate(members(0), tree)
    assert str(error.value) == words


def test_misspelt_labels_are_not_passed_over():
    leaves, tree = small_tree()
    with pytest.raises(InputError, match=r"^Доли влияния: группы: в дереве нет: K\.$"):
        calibrate(leaves, tree, {"K": equal("ab")})
    with pytest.raises(InputError, match=r"^Границы весов: в дереве нет: x\.$"):
        calibrate(leaves, tree, lower=pd.Series({"x": 0.1}))
    with pytest.raises(InputError, match=r"^Доли влияния, «Д»: наборы кодов различаются"):
        calibrate(leaves, tree, {"Д": equal("ac")})
    bounded = calibrate(leaves, tree, lower=pd.Series({"e": 0.05}))
    assert bounded.parents["index"].lower.to_dict() == {"Д": 0.0, "e": 0.05, "П": 0.0}


# --- how certain ----------------------------------------------------------------------------------------------------

def test_draws_of_a_pair_are_those_of_one_over_the_spread():
    """Two members of equal target: w = 1/s, whatever their correlation. The same resamples, drawn by hand."""
    values = members(6, n=50, k=2)
    found = calibration_draws(values, {"index": equal("ab")}, draws=100, seed=0)
    rng, by_hand = np.random.default_rng(0), []
    for _ in range(100):
        drawn = 1 / values.iloc[rng.integers(50, size=50)].std()
        by_hand.append((drawn / drawn.sum())["a"])
    assert found.weights.draws["index", "a"].to_numpy() == pytest.approx(np.array(by_hand))
    assert found.missed.to_dict() == {"index": 0.0}
    assert (found.weights.effective, found.weights.seed) == (50, 0)


@pytest.mark.parametrize("gaps", ["complete", "reweight"])
def test_draws_of_a_tree_do_not_see_the_order_of_labels(gaps):
    leaves, tree = small_tree()
    leaves = leaves.mask(np.random.default_rng(1).random(leaves.shape) < 0.05)
    one = calibration_draws(leaves, tree, draws=100, gaps=gaps).weights.interval()
    other = calibration_draws(leaves.sample(frac=1, random_state=1).iloc[:, ::-1],
                              {parent: tree[parent].iloc[::-1] for parent in ["Д", "index", "П"]}, draws=100,
                              gaps=gaps).weights.interval()
    pd.testing.assert_frame_equal(other.loc[one.index], one)
    assert (one["low"] < one["high"]).all()


def test_draws_differ_by_seed_and_zero_is_one():
    leaves, tree = small_tree()
    found = [calibration_draws(leaves, tree, draws=100, seed=seed).weights.draws for seed in (0, 0, 1)]
    pd.testing.assert_frame_equal(found[0], found[1])
    assert not found[0].equals(found[2])


def test_draws_say_how_often_the_targets_would_be_missed():
    values = exactly(CORRELATED, n=40)
    limit = linear_solution(CORRELATED, equal("abc"))["c"]
    found = calibration_draws(values, {"index": equal("abc")}, draws=100, upper=pd.Series({"c": limit + 1e-6}))
    assert 0.1 < found.missed["index"] < 0.9
    assert found.weights.draws["index", "c"].max() <= limit + 1e-5


def index_of(country):
    """Values of the 20 indicators by centre, (S + X/N)/2 with job seekers' marks, and the centres' regions."""
    sheets = country.answers["2023"]
    own = sheets[sheets["клиентела"] == SEEKER]
    marks = (own[list(ASKED)].astype("Float64").astype(float) - 1) / 4
    survey = marks.groupby(own["центр"].to_numpy()).mean()
    lists = country.checklist["2023"].set_index("центр").astype("Float64").astype(float)
    checked = lists.T.groupby(lambda code: code.split(".")[0]).mean().T
    values = pd.DataFrame({code: (survey[code] + checked[code]) / 2 if code in survey else checked[code]
                           for code in INDICATORS})
    return values, country.registry.set_index("центр")["регион"].reindex(values.index)


STAR = {**{group: equal([code for code in INDICATORS if code[0] == group]) for group in "ДПМАК"},
        INDEX: equal("ДПМАК")}


def test_the_star_of_the_demonstration_reaches_equal_importance_at_every_level():
    values, region = index_of(generate(seed=7, years=("2023",)))
    found = calibrate(values, STAR)
    assert max(parent.error for parent in found.parents.values()) < 1e-9
    nominal = measured_shares(values[["П1", "П2", "П3"]], STAR["П"])
    assert nominal.max() > 1.5 * nominal.min()           # equal weights are far from equal importances
    drawn = calibration_draws(values, STAR, draws=100, clusters=region)
    assert drawn.missed.max() == 0
    assert 50 < drawn.weights.effective < 89


@pytest.mark.slow
def test_intervals_of_weights_hold_the_weights_of_the_population_about_95_times_of_100():
    """Population: 60 countries pooled; 60 other countries x 25 weights, correlated within a country. The full run:
    benchmarks/weights_recovery.py."""
    size = {"centres": 600, "regions": 60, "years": ("2023",)}
    pooled = pd.concat([index_of(generate(seed=1000 + seed, **size))[0] for seed in range(60)], ignore_index=True)
    truth, inside = calibrate(pooled, STAR).table()["weight"], []
    for seed in range(60):
        values, region = index_of(generate(seed=seed, **size))
        interval = calibration_draws(values, STAR, draws=200, seed=seed, clusters=region).weights.interval()
        inside.append(((interval["low"] <= truth) & (truth <= interval["high"])).mean())
    assert 0.90 <= np.mean(inside) <= 0.98


# --- real indices ---------------------------------------------------------------------------------------------------

@pytest.fixture(scope="module")
def hospitals(root):
    """CMS 2021: normalised measures and the tree with nominal weights; gaps everywhere, weights go to those present."""
    edition, _, scores = scored("cms-2021", root=root)
    tree = {}
    for parent in [*edition.bottom_up(), INDEX]:
        weights = edition.weights_of(parent)
        weights = weights[[code for code in weights.index if code in scores.normalised or code in edition.groups]]
        tree[parent] = weights / weights.sum()
    return scores.normalised, tree


@pytest.fixture(scope="module")
def asem(root):
    """COINr's ASEM: 51 countries, 49 normalised indicators, eight pillars, two sub-indices, equal nominal weights."""
    folder = root / "tests" / "reference" / "asem"
    values = pd.read_csv(folder / "step_normalised.csv", index_col="UnitCode", keep_default_na=False)
    table = pd.read_csv(folder / "ASEM_iMeta.csv", index_col="iCode")
    table = table[table["Type"].isin(["Indicator", "Aggregate"]) & table["Parent"].notna()]
    tree = {parent: own["Weight"] / own["Weight"].sum() for parent, own in table.groupby("Parent")}
    return values[table.index[table["Type"] == "Indicator"]], tree


@pytest.mark.parametrize("kind", ["linear", "nonlinear"])
def test_every_level_of_the_hospital_stars_reaches_its_nominal_weights(hospitals, kind):
    """Measures missing at random places: importances of the scores that reweighting gives, 21 complete hospitals in
    one group would be too few. One weight, H_COMP_7 of Experience, lies on 0 and still within the tolerance."""
    values, tree = hospitals
    found = calibrate(values, tree, kind=kind, gaps="reweight",
                      rescale={parent: z_score for parent in tree if parent != INDEX})
    assert max(parent.error for parent in found.parents.values()) <= TOLERANCE
    assert found.parents["Experience"].on_bound.to_dict() == {"H_COMP_7_STAR_RATING": 0.0}
    assert all(parent.on_bound.empty for name, parent in found.parents.items() if name != "Experience")
    assert found.parents[INDEX].share.to_dict() == pytest.approx(tree[INDEX].to_dict(), abs=1e-6)


@pytest.mark.parametrize("kind", ["linear", "nonlinear"])
def test_complete_hospitals_reach_the_nominal_weights_of_the_five_groups(hospitals, kind):
    values, tree = hospitals
    groups = pd.DataFrame({group: z_score(arithmetic(values[list(tree[group].index)], tree[group]).rename(group))
                           for group in tree[INDEX].index})
    found = weights_for_targets(groups, tree[INDEX], kind=kind)
    assert found.n == 3046
    assert found.error < 1e-6
    nominal = measured_shares(groups.dropna(), tree[INDEX])
    assert (nominal - tree[INDEX]).abs().max() > 0.05


@pytest.mark.parametrize(("kind", "reached"), [
    ("linear", ["Instit", "P2P", "Environ", "SusEcFin", "Sust", "Index"]),
    ("nonlinear", ["Environ", "SusEcFin", "Sust", "Index"])])
def test_asem_reaches_its_nominal_weights_or_says_which_bound_prevents_it(asem, kind, reached):
    values, tree = asem
    found = calibrate(values, tree, kind=kind, refuse=False)
    assert [name for name, parent in found.parents.items() if parent.converged and parent.error < 1e-6] == [
        name for name in found.parents if name in reached]
    for name, parent in found.parents.items():
        if name not in reached:
            assert not parent.on_bound.empty                              # a lower bound of 0 on a member at least
            assert (parent.on_bound == 0).all()
            assert kind == "nonlinear" or parent.unbeatable > TOLERANCE   # proven: no weights at all


def test_the_refusal_of_asem_names_every_parent_and_its_bound(asem):
    values, tree = asem
    with pytest.raises(NotPublishable) as error:
        calibrate(values, tree)
    said = str(error.value).split("\n\n")
    refused = [text.split("»")[0].split("«")[1] for text in said]
    assert refused == ["Physical", "ConEcFin", "Political", "Conn", "Social"]
    assert all("Мешает граница: вес " in text for text in said)
    assert ("Мешает граница: вес IGOs = 0: и при нём доля IGOs больше заданной, показатель повторяет остальные."
            in said[2])


def test_draws_without_spread_are_left_out_and_too_many_of_them_refused():
    """A member that differs in one unit of ten does not vary in a resample without that unit: .9^10, one in three."""
    values = members(7, n=10, k=2).assign(c=np.eye(10)[0])
    with pytest.raises(NotPublishable, match=r"^Интервалы весов не определены: веса посчитались только в [567]\d "
                                             r"повторных выборках из 100\. Единиц слишком мало или они почти "
                                             r"одинаковы\.$"):
        calibration_draws(values, {"index": equal("abc")}, draws=100, targets={"index": pd.Series(
            {"a": 0.45, "b": 0.45, "c": 0.1})}, tolerance=0.2)


def test_a_group_of_one_has_the_weight_of_one_in_every_draw():
    tree = {"index": pd.Series({"Г": 0.4, "c": 0.3, "Н": 0.3}), "Г": equal("a"), "Н": equal("b")}
    found = calibration_draws(members(8, n=60, k=3), tree, draws=100)
    assert (found.weights.draws[["Г"]] == 1).all().all()
    assert found.missed.name == "missed"
    assert found.missed[["Г", "Н"]].to_list() == [0, 0]
