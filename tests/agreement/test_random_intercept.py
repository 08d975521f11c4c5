"""Reliability of means of groups and the random intercept: printed fits, the full covariance, boundaries, words."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import stats

from methods.agreement.correlation import half_width
from methods.agreement.random_intercept import group_mean_reliability, needed_size, random_intercept, spearman_brown
from methods.errors import InputError, NotPublishable

# Davies, Goldsmith (1972), table 6.1, and Box, Tiao (1973), table 5.1.4; data sets Dyestuff and Dyestuff2 of lme4.
DYESTUFF = pd.Series(
    [1545, 1440, 1440, 1520, 1580, 1540, 1555, 1490, 1560, 1495, 1595, 1550, 1605, 1510, 1560, 1445, 1440, 1595, 1465,
     1545, 1595, 1630, 1515, 1635, 1625, 1520, 1455, 1450, 1480, 1445], dtype=float)
DYESTUFF_2 = pd.Series(
    [7.298, 3.846, 2.434, 9.566, 7.990, 5.220, 6.556, 0.608, 11.788, -0.892, 0.110, 10.386, 13.434, 5.510, 8.166, 2.212,
     4.852, 7.092, 9.288, 4.980, 0.282, 9.014, 4.458, 9.446, 7.198, 1.722, 4.782, 8.106, 0.758, 3.758])
BATCH = pd.Series(np.repeat(list("ABCDEF"), 5))


def nested(seed, groups=25, between=0.6):
    """Answers in groups of 1-30, with labels."""
    rng = np.random.default_rng(seed)
    size = rng.integers(1, 31, groups)
    group = np.repeat([f"C{i:03d}" for i in range(groups)], size)
    values = 4 + between * rng.normal(size=groups).repeat(size) + rng.normal(size=size.sum())
    labels = [f"r{i}" for i in range(len(group))]
    return pd.Series(values, labels, name="оценка"), pd.Series(group, labels, name="центр")


def dense_reml(y, x, group, ratio):
    """Restricted log-likelihood from the full covariance matrix, no sums by group."""
    z = pd.get_dummies(group).to_numpy(float)
    v = np.eye(len(y)) + ratio * z @ z.T
    inverse = np.linalg.inv(v)
    information = x.T @ inverse @ x
    residual = y - x @ np.linalg.solve(information, x.T @ inverse @ y)
    free = len(y) - x.shape[1]
    square = residual @ inverse @ residual
    return -0.5 * (free * (np.log(2 * np.pi * square / free) + 1) + np.linalg.slogdet(v)[1]
                   + np.linalg.slogdet(information)[1])


# Random intercept.

def test_dyestuff_of_lme4(oracle):
    """REML of Dyestuff as printed by lme4 and MixedModels.jl (Yield ~ 1 + (1 | Batch))."""
    found = random_intercept(DYESTUFF, BATCH)
    oracle("Случайный уровень группы: дисперсии", "lme4 / MixedModels.jl, Dyestuff (REML)",
           [found.between, found.within], [1764.0506, 2451.2499], 1e-3)
    oracle("Случайный уровень группы: среднее и ошибка", "lme4 / MixedModels.jl, Dyestuff (REML)",
           found.effects.loc["(intercept)", ["estimate", "se"]], [1527.5, 19.3834], 5e-5)
    oracle("Случайный уровень группы: правдоподобие", "MixedModels.jl, Dyestuff: критерий REML / −2",
           found.log_likelihood, -319.65427684225216 / 2, 1e-9)
    oracle("Случайный уровень группы: предсказания", "lme4, Dyestuff, ranef", found.group_effects["effect"],
           [-17.6068514, 0.3912634, 28.5622255, -23.0845384, 56.7331877, -44.9952868], 1e-3)


def test_dyestuff_2_lies_on_the_boundary(oracle):
    found = random_intercept(DYESTUFF_2, BATCH)
    assert (found.between, found.icc) == (0, 0)
    assert (found.group_effects["effect"] == 0).all()
    assert found.why.startswith("дисперсия между группами оценена нулём, на границе области")
    oracle("Случайный уровень группы на границе", "MixedModels.jl, Dyestuff2: среднее и остаточное sd (ML)",
           [found.mean, np.sqrt(found.within * 29 / 30)], [5.6656, 3.653231351374652], 1e-6)
    assert group_mean_reliability(DYESTUFF_2, BATCH).icc < 0        # the same data, sign not hidden


@pytest.mark.parametrize("seed", range(4))
def test_random_intercept_is_that_of_statsmodels(seed, oracle):
    rng = np.random.default_rng(seed)
    values, groups = nested(seed, groups=12)
    x = pd.DataFrame({"чек-лист": rng.uniform(0, 1, len(values)), "размер": rng.integers(20, 900, len(values))},
                     index=values.index) if seed % 2 else None
    design = np.ones((len(values), 1)) if x is None else sm.add_constant(x.to_numpy(float))
    found = random_intercept(values, groups, x)
    fit = sm.MixedLM(values.to_numpy(), design, groups=groups.to_numpy()).fit()
    oracle("Случайный уровень группы с признаками: коэффициенты и дисперсии", "statsmodels, MixedLM (REML)",
           [*found.effects["estimate"], found.between, found.within],
           [*fit.fe_params, fit.cov_re[0, 0], fit.scale], 5e-4)
    oracle("Случайный уровень группы с признаками: правдоподобие", "statsmodels, MixedLM (REML)", found.log_likelihood,
           fit.llf, 1e-6)
    theirs = pd.Series({group: effect.iloc[0] if isinstance(effect, pd.Series) else effect[0]
                        for group, effect in fit.random_effects.items()})
    oracle("Случайный уровень группы: предсказания уровней", "statsmodels, MixedLM (REML)",
           found.group_effects["effect"], theirs, 5e-4)


@pytest.mark.parametrize("seed", range(3))
def test_likelihood_is_that_of_the_full_covariance_and_nothing_beats_it(seed):
    values, groups = nested(seed, groups=7)
    x = np.column_stack([np.ones(len(values)), np.random.default_rng(seed).normal(size=(len(values), 2)) * [1, 40]])
    found = random_intercept(values, groups, pd.DataFrame(x[:, 1:], index=values.index, columns=["a", "b"]))
    at = found.between / found.within
    best = dense_reml(values.to_numpy(), x, groups, at)
    assert found.log_likelihood == pytest.approx(best, abs=1e-8)
    for other in (0, at / 3, at * 0.98, at * 1.02, at * 3, 50):
        assert dense_reml(values.to_numpy(), x, groups, other) < best
    inverse = np.linalg.inv(np.eye(len(values)) + at * (groups.to_numpy()[:, None] == groups.to_numpy()))
    covariance = found.within * np.linalg.inv(x.T @ inverse @ x)
    assert found.effects["se"].to_numpy() == pytest.approx(np.sqrt(np.diag(covariance)), rel=1e-6)


def test_random_intercept_matches_labels_and_counts_what_it_left_out():
    values, groups = nested(5)
    x = pd.Series(np.random.default_rng(5).normal(size=len(values)), values.index, name="x")
    found = random_intercept(values, groups.sample(frac=1, random_state=1), x.sample(frac=1, random_state=2))
    shuffled = random_intercept(values.sample(frac=1, random_state=3), groups, x)
    pd.testing.assert_frame_equal(found.effects, shuffled.effects)
    pd.testing.assert_frame_equal(found.group_effects, shuffled.group_effects)
    holed = x.copy()
    holed.iloc[:3] = np.nan
    assert (random_intercept(values, groups, holed).dropped, found.dropped) == (3, 0)
    assert random_intercept(values, groups, x.rename(None)).effects.index.to_list() == ["(intercept)", "covariate"]
    scaled = random_intercept(values, groups, 1000 * x + 7).effects
    assert scaled.loc["x", ["z", "p"]].to_list() == pytest.approx(found.effects.loc["x", ["z", "p"]].to_list())


def test_groups_apart_by_a_million_times_their_spread_keep_their_digits():
    """The likelihood is far out on the scale of the ratio; the within variance is that of the deviations."""
    rng = np.random.default_rng(4)
    values = 1000 + 10 * np.arange(8).repeat(5) + 1e-6 * rng.normal(size=40)
    group = pd.Series(list("ABCDEFGH")).repeat(5).reset_index(drop=True)
    found = random_intercept(pd.Series(values), group)
    apart = values.reshape(8, 5) - values.reshape(8, 5).mean(axis=1, keepdims=True)
    assert found.within == pytest.approx((apart**2).sum() / 32, rel=1e-4)
    assert found.between == pytest.approx(np.var(10 * np.arange(8), ddof=1), rel=1e-6)
    low, high = group_mean_reliability(pd.Series(values), group).icc_interval
    assert 1 - 1e-11 < low < high <= 1


def test_covariates_that_repeat_each_other_are_named():
    values, groups = nested(6)
    x = pd.DataFrame({"а": np.arange(len(values)), "б": 2.0 * np.arange(len(values)) + 1}, index=values.index)
    with pytest.raises(InputError, match="признак б не меняется или повторяет предыдущие"):
        random_intercept(values, groups, x)
    with pytest.raises(InputError, match="признак с не меняется"):
        random_intercept(values, groups, pd.Series(1.0, values.index, name="с"))


@pytest.mark.parametrize(("values", "groups", "error", "words"), [
    ([1.0, 2, 3, 4], ["A", "A", "B", None], InputError, "не указана группа единиц: 3 (всего 1)"),
    ([1.0, 2, 3, 4], list("AABB"), NotPublishable, "нужно не меньше 3 групп и больше единиц, чем групп"),
    ([1.0, 2, 3], list("ABC"), NotPublishable, "найдено групп 3, единиц 3, признаков 0"),
    ([1.0, 1, 2, 3], list("AABC"), NotPublishable, "внутри групп все значения равны"),
    (list("абвг"), list("AABC"), InputError, "нужны числа"),
])
@pytest.mark.parametrize("function", [group_mean_reliability, random_intercept])
def test_what_has_no_groups_is_refused_in_words(function, values, groups, error, words):
    with pytest.raises(error) as raised:
        function(pd.Series(values, name="оценка"), pd.Series(groups))
    assert words in str(raised.value)


# Reliability of the means of groups.

def test_reliability_of_a_centres_mean_at_its_number_of_answers(oracle):
    """Between variance .04, standard deviation inside 1: domain notes, analytic."""
    icc = 0.04 / 1.04
    oracle("Надёжность среднего по n ответам", "формула Спирмена — Брауна, межгрупповая дисперсия .04, sd 1",
           [spearman_brown(icc, n) for n in (25, 50, 100, 200, 400)], [0.50, 0.67, 0.80, 0.89, 0.94], 0.005)
    for n in (1, 25, 400):
        assert needed_size(icc, spearman_brown(icc, n)) == pytest.approx(n)
    assert needed_size(-0.1, 0.8) == np.inf
    assert spearman_brown(-0.6, 3) == -np.inf
    assert np.isnan(spearman_brown(np.nan, 3))
    assert np.isnan(needed_size(np.nan, 0.5))
    with pytest.raises(InputError, match="Требуемая надёжность должна быть больше 0 и меньше 1, задано 1"):
        needed_size(icc, 1)


@pytest.mark.parametrize("seed", range(3))
def test_f_interval_of_unequal_groups_is_where_walds_test_turns(seed):
    values, groups = nested(seed, groups=8)
    found = group_mean_reliability(values, groups, interval="f")
    size, mean = values.groupby(groups).size(), values.groupby(groups).mean()
    inside = ((values - groups.map(mean)) ** 2).sum() / found.df2
    for icc, p in zip(found.icc_interval, (0.975, 0.025), strict=True):
        w = size / (1 + size * icc / (1 - icc))
        f = (w * (mean - (w * mean).sum() / w.sum()) ** 2).sum() / (len(size) - 1) / inside
        assert f == pytest.approx(stats.f.ppf(p, found.df1, found.df2), rel=1e-6)


def test_reliability_at_and_answers_needed_undo_each_other():
    found = group_mean_reliability(*nested(1))
    at = found.at(30)
    assert at["low"] < at["value"] < at["high"]
    assert found.needed(at["value"])["value"] == pytest.approx(30)
    assert found.needed(at["low"])["high"] == pytest.approx(30)
    own = found.groups.iloc[4]
    assert own["reliability"] == pytest.approx(found.at(own["n"])["value"])
    assert found.between / (found.between + found.within) == pytest.approx(found.icc)


@pytest.mark.parametrize("interval", ["f", "jackknife"])
def test_group_reliability_ignores_order_gaps_and_units_of_measure(interval):
    values, groups = nested(2)
    found = group_mean_reliability(values, groups, interval=interval)
    holed = pd.concat([values, pd.Series({"x": np.nan})])
    labels = pd.concat([groups, pd.Series({"x": "C000"})]).sample(frac=1, random_state=3)
    other = group_mean_reliability(10 * holed + 3, labels, interval=interval)
    assert other.icc == pytest.approx(found.icc)
    assert other.icc_interval == pytest.approx(found.icc_interval)
    assert other.within == pytest.approx(100 * found.within)
    pd.testing.assert_frame_equal(other.groups.drop(columns="mean"), found.groups.drop(columns="mean"),
                                  check_names=False)


def test_groups_that_differ_less_than_by_chance_have_a_negative_icc_with_words():
    """Marks arranged so that the means are nearly equal."""
    values = pd.Series([1.0, 5, 3, 2, 4, 3, 1, 5, 3.1, 2, 4])
    found = group_mean_reliability(values, pd.Series(list("AAABBBCCCDD")))
    assert found.icc < 0
    assert found.between < 0
    assert found.why.startswith("оценка дисперсии между группами отрицательна")
    assert found.needed(0.8)["value"] == np.inf


def test_all_differences_in_one_group_leave_the_normal_interval():
    values = pd.Series([1.0, 5, 1, 5, *([3] * 40)])
    groups = pd.Series(["A"] * 4 + [f"B{i:02d}" for i in range(20) for _ in range(2)])
    found = group_mean_reliability(values, groups)
    assert found.interval == "f"
    assert "интервал складного ножа не определён, взят нормальный" in found.why


def test_jackknife_interval_of_equal_groups_by_hand():
    """The logarithm of F without each group in turn; 1 + n lambda is F, so its interval is F's."""
    rng = np.random.default_rng(8)
    n, g = 6, 25
    level, spread = (np.repeat(each, n) for each in (rng.normal(3, 0.7, g), rng.uniform(0.5, 2, g)))
    y = pd.Series(level + spread * rng.normal(size=n * g))
    groups = pd.Series(np.repeat([f"G{i:02d}" for i in range(g)], n))
    table = y.groupby(groups).agg(["mean", "var"])

    def f(own):
        return n * own["mean"].var() / own["var"].mean()
    without = np.log([f(table.drop(group)) for group in table.index])
    half = half_width(without.mean() - without, 0.95)
    found = group_mean_reliability(y, groups, interval="jackknife")
    low, high = ((f(table) * np.exp(way * half) - 1) / n for way in (-1, 1))
    assert found.icc_interval == pytest.approx((low / (1 + low), high / (1 + high)))
    assert found.groups["n"].dtype.kind == "i"


def test_messages_name_the_formula():
    values, groups = pd.Series([1.0, 2.0, 3.0]), pd.Series(["a", "b", "c"])
    for formula, name in ((random_intercept, "Модель со случайным уровнем группы"),
                          (group_mean_reliability, "Надёжность средних")):
        with pytest.raises((InputError, NotPublishable), match=f"^{name}"):
            formula(values, groups)


def test_tables_are_labelled_and_intervals_grow_with_the_confidence():
    values, groups = nested(40)
    model = random_intercept(values, groups)
    assert list(model.effects) == ["estimate", "se", "z", "p"]
    assert list(model.effects.index) == ["(intercept)"]
    assert list(model.group_effects) == ["n", "effect", "se", "shrinkage"]
    assert model.group_effects["n"].to_dict() == groups.value_counts().to_dict()
    assert model.group_effects["n"].dtype.kind == "i"
    assert (model.n, model.dropped, model.why) == (len(values), 0, "")
    ratio = model.between / model.within
    n = model.group_effects["n"]
    assert model.group_effects["shrinkage"].to_dict() == pytest.approx((1 / (1 + ratio * n)).to_dict())
    assert model.effects["p"].item() == pytest.approx(2 * stats.norm.sf(abs(model.effects["z"].item())))
    for interval in ("f", "jackknife"):
        narrow, wide = (group_mean_reliability(values, groups, confidence, interval) for confidence in (0.5, 0.95))
        (low, high), (lowest, highest) = narrow.icc_interval, wide.icc_interval
        assert lowest < low < narrow.icc < high < highest
        assert list(narrow.groups) == ["n", "mean", "reliability", "low", "high"]
        assert narrow.groups["mean"].to_dict() == pytest.approx(values.groupby(groups).mean().to_dict())
        assert ((narrow.groups["low"] < narrow.groups["reliability"])
                & (narrow.groups["reliability"] < narrow.groups["high"])).all()
        assert (narrow.confidence, narrow.interval) == (0.5, interval)
        for name in ("at", "needed"):
            assert list(getattr(narrow, name)(0.7 if name == "needed" else 30).index) == ["value", "low", "high"]


@pytest.mark.parametrize(("change", "words"), [
    (lambda y, g, x: (pd.concat([y, y.head(1)]), g, x), "Модель со случайным уровнем группы: "),
    (lambda y, g, x: (y, pd.concat([g, g.head(1)]), x), "Модель со случайным уровнем группы: "),
    (lambda y, g, x: (y, g, pd.concat([x, x.head(1)])),
     "Модель со случайным уровнем группы: признаки: код повторяется: r0 (всего 1).")])
def test_units_that_occur_twice_are_named(change, words):
    y, g = nested(41)
    x = pd.DataFrame({"x": np.random.default_rng(41).normal(size=len(y))}, y.index)
    with pytest.raises(InputError) as raised:
        random_intercept(*change(y, g, x))
    assert str(raised.value).startswith(words)
    assert str(raised.value).endswith("код повторяется: r0 (всего 1).")
