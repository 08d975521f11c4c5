"""Effective importance: nominal halves that are not halves, and weights that make importances equal."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from scipy.interpolate import make_smoothing_spline

from methods.errors import InputError, NotPublishable
from methods.index.importance import (
    Resampled,
    correlation_ratio,
    effective_side_shares,
    equalising_mix,
    hidden_weights,
    importance_interval,
    importances,
    linear_importance,
    reliability_mix,
    resample,
    share_of_importance,
)


def exactly(covariance, n=60, seed=0):
    """Data whose sample covariance matrix (n - 1 below) is the given one to rounding error."""
    k = len(covariance)
    raw = np.random.default_rng(seed).normal(size=(n, k))
    raw -= raw.mean(axis=0)
    white = raw @ np.linalg.inv(np.linalg.cholesky(np.cov(raw.T))).T
    return white @ np.linalg.cholesky(np.asarray(covariance, dtype=float)).T


def test_half_and_half_is_11_and_89_per_cent_when_checklists_spread_four_times_as_widely():
    """Analytic: sd .05 and .20, r = .3. Shares (.05^2 + .003)/(.05^2 + 2 x .003 + .20^2) = .1134 and .8866."""
    data = exactly([[0.05**2, 0.3 * 0.05 * 0.2], [0.3 * 0.05 * 0.2, 0.2**2]])
    sides = pd.DataFrame(data, columns=["subjective", "objective"])
    assert [*sides.std(), sides.corr().iloc[0, 1]] == pytest.approx([0.05, 0.2, 0.3])
    shares = effective_side_shares(sides, pd.Series({"subjective": 0.5, "objective": 0.5}))
    assert shares.to_dict() == pytest.approx({"subjective": 0.0055 / 0.0485, "objective": 0.043 / 0.0485}, abs=1e-9)
    assert shares.round(3).to_dict() == {"subjective": 0.113, "objective": 0.887}


@pytest.mark.parametrize("mix", [0.2, 0.5, 0.9])
@pytest.mark.parametrize("seed", range(3))
def test_side_shares_sum_to_one_match_by_label_and_ignore_incomplete_rows(mix, seed):
    sides = pd.DataFrame(np.random.default_rng(seed).uniform(size=(20, 2)), columns=["subjective", "objective"])
    nominal = pd.Series({"objective": 1 - mix, "subjective": mix})
    shares = effective_side_shares(sides, nominal)
    assert shares.sum() == pytest.approx(1)
    pd.testing.assert_series_equal(effective_side_shares(sides[["objective", "subjective"]], nominal)[shares.index],
                                   shares)
    longer = pd.concat([sides, pd.DataFrame({"subjective": [0.5, None], "objective": [None, 0.1]}, dtype=float)])
    pd.testing.assert_series_equal(effective_side_shares(longer, nominal), shares)


def test_side_shares_equal_the_mix_when_the_sides_spread_alike():
    sides = pd.DataFrame(exactly([[1, 0.4], [0.4, 1]]), columns=["subjective", "objective"])
    shares = effective_side_shares(sides, pd.Series({"subjective": 0.5, "objective": 0.5}))
    assert shares.to_dict() == pytest.approx({"subjective": 0.5, "objective": 0.5})


def test_side_shares_refuse_a_mix_of_other_sides():
    with pytest.raises(InputError, match=r"Стороны показателя и их доли: наборы кодов различаются. Нет: b; лишние: a"):
        effective_side_shares(pd.DataFrame({"a": [1.0, 2]}), pd.Series({"b": 1.0}))


CORRELATED = [[1, 0.8, 0.1], [0.8, 1, 0.1], [0.1, 0.1, 1]]


@pytest.mark.parametrize(("weights", "by_covariance", "by_correlation"), [
    # rows of S times equal weights: 1.9 1.9 1.2, hence shares of the variance .38 .38 .24, and r^2 as 3.61 3.61 1.44
    ([1 / 3, 1 / 3, 1 / 3], [0.38, 0.38, 0.24], [0.41686, 0.41686, 0.16628]),
    # w in proportion to the row sums of S^-1: every indicator has the same covariance and correlation with the index
    ([9 / 34, 9 / 34, 16 / 34], [9 / 34, 9 / 34, 16 / 34], [1 / 3, 1 / 3, 1 / 3]),
])
def test_equal_weights_are_not_equal_importances_for_correlated_indicators(weights, by_covariance, by_correlation):
    """After Paruolo, Saisana, Saltelli (2013), analytic: r12 = .8, the others .1, all indicators standardised."""
    indicators = pd.DataFrame(exactly(CORRELATED), columns=list("abc"))
    nominal = pd.Series(weights, index=indicators.columns)
    index = (indicators * nominal).sum(axis=1)
    shares = share_of_importance(linear_importance(indicators, index))
    assert shares.to_list() == pytest.approx(by_correlation, abs=5e-6)
    assert effective_side_shares(indicators, nominal).to_list() == pytest.approx(by_covariance, abs=1e-9)


@pytest.mark.parametrize("seed", range(3))
def test_linear_importance_is_the_r_squared_of_a_regression_on_one_indicator(seed):
    """Peer: least squares by numpy."""
    rng = np.random.default_rng(seed)
    indicators = pd.DataFrame(rng.uniform(size=(25, 3)), columns=list("abc"))
    index = indicators.mean(axis=1) + rng.normal(0, 0.05, 25)
    for code, importance in linear_importance(indicators, index).items():
        design = np.column_stack([np.ones(25), indicators[code]])
        residual = index - design @ np.linalg.lstsq(design, index, rcond=None)[0]
        assert importance == pytest.approx(1 - residual @ residual / ((index - index.mean()) ** 2).sum())


def test_importance_has_no_value_for_an_indicator_that_does_not_vary():
    indicators = pd.DataFrame({"still": [0.5, 0.5, 0.5], "moves": [0.1, 0.2, 0.4]})
    importance = linear_importance(indicators, indicators.mean(axis=1))
    assert np.isnan(importance["still"])
    assert importance["moves"] == pytest.approx(1)
    assert importance.index.to_list() == ["still", "moves"]


def test_importance_is_matched_by_unit_and_leaves_gaps_out():
    indicators = pd.DataFrame({"a": [0.1, 0.5, 0.3, np.nan]}, index=list("wxyz"))
    index = pd.Series({"z": 9.0, "y": 0.3, "x": 0.5, "w": 0.1})
    assert linear_importance(indicators, index)["a"] == pytest.approx(1)


def test_importance_refuses_an_index_of_other_units():
    with pytest.raises(InputError, match=r"Показатели и индекс: наборы кодов различаются. Нет: q; лишние: w"):
        linear_importance(pd.DataFrame({"a": [1.0]}, index=["w"]), pd.Series({"q": 1.0}))


# --- non-linear importance ------------------------------------------------------------------------------------------

def ishigami(n, seed):
    """Sobol' test function: y = sin x1 + 7 sin^2 x2 + .1 x3^4 sin x1 on [-pi; pi]^3."""
    x = pd.DataFrame(np.random.default_rng(seed).uniform(-np.pi, np.pi, (n, 3)), columns=["x1", "x2", "x3"])
    return x, np.sin(x["x1"]) + 7 * np.sin(x["x2"]) ** 2 + 0.1 * x["x3"] ** 4 * np.sin(x["x1"])


def test_main_effects_of_the_ishigami_function(oracle):
    """Ishigami, Homma (1990), analytic: S = .3139 .4424 0. One sample of 5000: a standard error of about .01."""
    x, y = ishigami(5000, seed=1)
    oracle("нелинейная важность, correlation_ratio", "функция Исигами, точные главные эффекты",
           importances(x, y, "nonlinear"), pd.Series({"x1": 0.3139, "x2": 0.4424, "x3": 0.0}), 0.02)
    assert linear_importance(x, y)["x2"] < 0.01  # two humps: no straight line sees them


def counted(n, values, seed):
    """A checklist X of N with ties, and an index that jumps where all requirements are met."""
    rng = np.random.default_rng(seed)
    x = pd.Series(np.round(values * rng.beta(4, 1.5, n)) / values, name="X/N")
    return x, 2.0 * (x > 0.9) + x + pd.Series(rng.normal(0, 0.5, n))


def by_scipy(x, y):
    """The same criterion with scipy's smoothing spline through the weighted means of the ties, penalty by penalty."""
    means, count = y.groupby(x).mean(), y.groupby(x).count()
    t = means.index.to_numpy()
    t = (t - t[0]) / (t[-1] - t[0])
    within = float(((y - x.map(means)) ** 2).sum())

    def at(penalty):
        def fit(values):
            return make_smoothing_spline(t, values, w=count.to_numpy(float), lam=penalty)(t)
        residual = within + float(count @ (means - fit(means.to_numpy())) ** 2)
        freedom = sum(fit(unit)[place] for place, unit in enumerate(np.eye(len(t))))
        ratio = 1 - residual / (len(y) - freedom) / (((y - y.mean()) ** 2).sum() / (len(y) - 2))
        return residual / (len(y) - 1.4 * freedom) ** 2, ratio

    coarse = np.geomspace(1e-6, 1e4, 41)
    best = int(np.clip(np.argmin([at(penalty)[0] for penalty in coarse]), 1, 39))
    return min(at(penalty) for penalty in np.geomspace(coarse[best - 1], coarse[best + 1], 60))[1]


def test_correlation_ratio_by_the_smoothing_spline_of_scipy(oracle):
    data = [counted(n, values, seed) for n, values, seed in ((60, 8, 0), (60, 8, 1), (400, 6, 2))]
    oracle("нелинейная важность, correlation_ratio", "scipy make_smoothing_spline по средним групп, перебор штрафа",
           [correlation_ratio(x, y) for x, y in data], [by_scipy(x, y) for x, y in data], 5e-4)  # two penalty grids


def test_a_jump_between_few_values_gives_the_ratio_between_groups():
    """Many units, three values of X: the curve runs through the group means and the ratio is eta^2 nearly."""
    rng = np.random.default_rng(0)
    x = pd.Series(rng.integers(0, 3, 3000) / 2)
    y = x.map({0.0: 0.0, 0.5: 3.0, 1.0: 0.5}) + pd.Series(rng.normal(size=3000))
    eta = ((y.groupby(x).transform("mean") - y.mean()) ** 2).sum() / ((y - y.mean()) ** 2).sum()
    assert correlation_ratio(x, y) == pytest.approx(eta, abs=1e-3)  # epsilon^2 takes 2/3000 off


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("n", [30, 200])
def test_correlation_ratio_lies_between_r_squared_and_one(seed, n):
    rng = np.random.default_rng(seed)
    x = pd.DataFrame({"marks": rng.normal(size=n), "X/N": np.round(5 * rng.uniform(size=n)) / 5,
                      "yes/no": rng.integers(0, 2, n).astype(float)})
    y = x.sum(axis=1) + rng.normal(0, rng.choice([0, 0.1, 1, 10]), n)
    ratio, straight = importances(x, y, "nonlinear"), linear_importance(x, y)
    assert (ratio >= straight - 1e-12).all()
    assert (ratio <= 1 + 1e-12).all()
    assert ratio["yes/no"] == pytest.approx(straight["yes/no"])


def test_correlation_ratio_of_straight_relations_is_r_squared_within_sampling_error():
    """60 samples of 100 with r^2 = .5 have a standard error of .063 each; the curves may add a little, not more."""
    rng, excess = np.random.default_rng(3), []
    for _ in range(60):
        x = pd.Series(rng.normal(size=100), name="x")
        y = x + rng.normal(size=100)
        excess.append(correlation_ratio(x, y) - linear_importance(x.to_frame(), y)["x"])
    assert np.median(excess) < 1e-3
    assert np.mean(excess) < 0.012


@pytest.mark.parametrize("seed", range(3))
def test_correlation_ratio_does_not_see_units_of_measure_direction_or_order(seed):
    x, y = counted(80, 7, seed)
    before = correlation_ratio(x, y)
    assert correlation_ratio(100 - 7 * x, 3 - 0.01 * y) == pytest.approx(before)
    assert correlation_ratio(x.sample(frac=1, random_state=seed), y) == pytest.approx(before)
    assert correlation_ratio(x, y.sample(frac=1, random_state=seed)) == pytest.approx(before)


def test_values_that_only_binary_sums_part_are_one_value():
    x, y = counted(60, 6, 4)
    assert correlation_ratio(x + 1e-13 * np.arange(60), y) == pytest.approx(correlation_ratio(x, y), abs=1e-9)


def test_correlation_ratio_of_a_perfect_curve_is_one_and_of_no_relation_near_zero():
    x = pd.Series(np.linspace(-1, 1, 101))
    assert correlation_ratio(x, x**2) == pytest.approx(1, abs=1e-3)
    noise = pd.Series(np.random.default_rng(0).normal(size=3000))
    assert 0 <= correlation_ratio(pd.Series(np.random.default_rng(1).normal(size=3000)), noise) < 0.005


def test_correlation_ratio_leaves_gaps_out_and_has_no_value_for_a_still_indicator():
    x, y = counted(60, 6, 5)
    longer = pd.concat([x, pd.Series({98: np.nan, 99: 0.4})])
    assert correlation_ratio(longer, pd.concat([y, pd.Series({98: 1.0, 99: np.nan})])) == pytest.approx(
        correlation_ratio(x, y))
    assert np.isnan(correlation_ratio(pd.Series(0.5, index=y.index), y))


@pytest.mark.parametrize(("x", "y", "words"), [
    (np.arange(9), np.arange(9), "Нелинейная важность показателя Д1: нужно не меньше 10 единиц со значениями "
     "показателя и индекса, есть 9. Возьмите линейную важность."),
    (np.arange(12), np.full(12, 0.3), "Нелинейная важность показателя Д1: индекс одинаков у всех 12 единиц, делить "
     "нечего. Проверьте, какие единицы взяты."),
])
def test_correlation_ratio_refuses_in_words(x, y, words):
    with pytest.raises(InputError) as error:
        correlation_ratio(pd.Series(x, dtype=float, name="Д1"), pd.Series(y, dtype=float))
    assert str(error.value) == words


# --- resampling -----------------------------------------------------------------------------------------------------

def table_of_units(n=40, seed=0):
    rng = np.random.default_rng(seed)
    x = pd.DataFrame(rng.normal(size=(n, 2)), columns=["a", "b"], index=[f"C{i:02d}" for i in range(n)])
    return x, x["a"] + 0.5 * x["b"]


@pytest.mark.parametrize("kind", ["linear", "nonlinear"])
def test_importance_intervals_do_not_see_the_order_of_units_or_columns(kind):
    x, y = table_of_units()
    one = importance_interval(x, y, kind, draws=100, seed=0)
    other = importance_interval(x.sample(frac=1, random_state=1)[["b", "a"]], y.sample(frac=1, random_state=2), kind,
                                draws=100, seed=0)
    pd.testing.assert_frame_equal(one, other.loc[["a", "b"]])
    assert not importance_interval(x, y, kind, draws=100, seed=1).equals(one)
    assert (one["low"] < one["importance"]).all()
    assert (one["importance"] < one["high"]).all()
    assert one["share"].sum() == pytest.approx(1)


def test_regions_drawn_whole_give_wider_intervals_when_their_centres_are_alike():
    rng = np.random.default_rng(4)
    region = pd.Series(np.repeat(np.arange(20), 10), index=[f"C{i:03d}" for i in range(200)])
    x = pd.DataFrame({"a": rng.normal(size=20)[region] + 0.1 * rng.normal(size=200), "b": rng.normal(size=200)},
                     index=region.index)
    y = x["a"] + x["b"]
    apart, together = (importance_interval(x, y, draws=200, clusters=clusters) for clusters in (None, region))
    assert (together["high"] - together["low"])["a"] > 1.5 * (apart["high"] - apart["low"])["a"]


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "bend"), [("linear", 0.0), ("nonlinear", 0.0), ("nonlinear", 0.5)])
def test_importance_intervals_hold_the_true_value_about_95_times_of_100(kind, bend):
    """200 samples of 100: y = x + bend x^2 + noise of variances 1, 2 bend^2, 1. Standard error of the coverage .015."""
    rng, true, held = np.random.default_rng(20260401), (1 + 2 * bend**2) / (2 + 2 * bend**2), 0
    for _ in range(200):
        x = rng.normal(size=100)
        y = pd.Series(x + bend * x**2 + rng.normal(size=100))
        row = importance_interval(pd.DataFrame({"a": x}), y, kind, draws=200).loc["a"]
        held += row["low"] <= true <= row["high"]
    assert 0.905 <= held / 200 <= 0.995


def test_an_expanded_percentile_interval_of_a_mean_is_students_interval():
    """Hesterberg (2015): for the mean of normal data the expanded interval is x -+ t s / sqrt n; 4000 draws."""
    values = pd.DataFrame({"x": np.random.default_rng(5).normal(size=12)})
    found = resample(values, lambda table: table.mean(), draws=4000, seed=1)
    low, high = stats.t.interval(0.95, 11, values["x"].mean(), values["x"].std() / 12**0.5)
    assert found.interval().loc["x", ["low", "high"]].to_list() == pytest.approx([low, high], abs=0.03)
    plain = found.draws["x"].quantile([0.025, 0.975])
    assert found.interval().loc["x", "low"] < plain[0.025]


def test_a_band_holds_all_values_at_once_and_is_wider_than_each_interval():
    x, _ = table_of_units(200)
    found = resample(x.assign(c=x["a"] * x["b"]), lambda table: table.mean(), draws=500)
    band, single = found.band(), found.interval()
    assert (band["low"] < single["low"]).all()
    assert (band["high"] > single["high"]).all()
    inside = ((found.draws >= band["low"]) & (found.draws <= band["high"])).all(axis=1).mean()
    assert 0.95 <= inside <= 0.97


def test_resampling_refuses_in_words():
    x, y = table_of_units()
    with pytest.raises(InputError) as error:
        importance_interval(x, y, draws=50)
    assert str(error.value) == ("Интервал по повторным выборкам: нужно не меньше 100 выборок, задано 50. Для "
                                "публикации берите не меньше 1000.")
    with pytest.raises(NotPublishable, match=r"^Интервал не определён: повторные выборки берут из 1 \(единиц или "
                                             r"кластеров\), нужно хотя бы 2\.$"):
        importance_interval(x, y, clusters=pd.Series("Р1", index=x.index))
    with pytest.raises(InputError, match=r"Единицы и их кластеры: наборы кодов различаются"):
        importance_interval(x, y, clusters=pd.Series("Р1", index=x.index[1:]))
    sides = pd.DataFrame({"subjective": [0.5] * 9 + [0.6], "objective": np.linspace(0, 1, 10)})
    with pytest.raises(NotPublishable, match=r"^Интервал не определён: величина посчиталась только в \d+ повторных "
                                             r"выборках из 200\. Единиц слишком мало или они почти одинаковы\.$"):
        resample(sides, equalising_mix, draws=200)


# --- the two sides --------------------------------------------------------------------------------------------------

SIDES = ["subjective", "objective"]


def star_like(seed=0, n=50):
    """Three indicators in two groups; П2 has a checklist only."""
    rng = np.random.default_rng(seed)
    columns = pd.MultiIndex.from_product([["Д1", "Д2", "П2"], SIDES]).drop([("П2", "subjective")])
    sides = pd.DataFrame(rng.uniform(size=(n, len(columns))) * [0.1, 0.8, 0.2, 0.5, 0.6], columns=columns)
    mix = pd.DataFrame({"subjective": [0.5, 0.4, np.nan], "objective": [0.5, 0.6, 1]}, index=["Д1", "Д2", "П2"])
    weights = pd.Series({"П2": 0.3, "Д1": 0.35, "Д2": 0.35})
    return sides, mix, weights, pd.Series({"Д1": "Д", "Д2": "Д", "П2": "П"})


def test_the_sides_of_an_index_with_spreads_of_05_and_20(oracle):
    """Analytic: sd .05 and .20, r = .3, half and half, see above; group and index of one indicator repeat it."""
    data = exactly([[0.05**2, 0.3 * 0.05 * 0.2], [0.3 * 0.05 * 0.2, 0.2**2]])
    sides = pd.DataFrame(data, columns=pd.MultiIndex.from_product([["Д1"], SIDES]))
    found = hidden_weights(sides, pd.DataFrame(0.5, index=["Д1"], columns=SIDES), pd.Series({"Д1": 1.0}),
                           pd.Series({"Д1": "Д"}))
    assert found.hidden.index.to_list() == ["Д1", "Д", "index"]
    oracle("скрытый вес сторон, hidden_weights", "аналитически: разбросы 0,05 и 0,20, r = 0,3",
           found.hidden[SIDES], [[0.1134, 0.8866]] * 3, 5e-5)
    assert found.nominal.to_numpy() == pytest.approx(0.5)


@pytest.mark.parametrize("seed", range(3))
def test_hidden_weights_are_covariances_of_the_parts_with_the_element(seed):
    """Peer: the index made step by step with pandas, group by group."""
    sides, mix, weights, groups = star_like(seed)
    found = hidden_weights(sides, mix, weights, groups)
    k = pd.DataFrame({code: (sides[code] * mix.loc[code].dropna()).sum(axis=1) for code in mix.index})
    group = {"Д": (k["Д1"] + k["Д2"]) / 2, "П": k["П2"]}
    index = 0.7 * group["Д"] + 0.3 * group["П"]
    assert found.parts.loc["index", ("Д2", "objective")] == pytest.approx(
        (0.35 * 0.6 * sides["Д2", "objective"]).cov(index) / index.var())
    assert found.parts.loc["Д", ("Д1", "subjective")] == pytest.approx(
        (0.25 * sides["Д1", "subjective"]).cov(group["Д"]) / group["Д"].var())
    for code in ("Д1", "Д2"):
        pd.testing.assert_series_equal(found.hidden.loc[code], effective_side_shares(sides[code], mix.loc[code])[SIDES],
                                       check_names=False)
    assert found.hidden.index.to_list() == ["Д1", "Д2", "П2", "Д", "П", "index"]
    assert found.hidden.sum(axis=1).to_numpy() == pytest.approx(1)
    assert found.parts.sum(axis=1).to_numpy() == pytest.approx(1)
    assert found.nominal.sum(axis=1).to_numpy() == pytest.approx(1)
    assert found.hidden.loc["П2"].to_list() == [0, pytest.approx(1)]
    assert found.nominal.loc["index"].to_dict() == pytest.approx({"subjective": 0.7 * 0.45, "objective": 0.685})


def test_hidden_weights_do_not_see_the_order_of_labels_and_take_the_complete_units_of_each_element():
    sides, mix, weights, groups = star_like()
    found = hidden_weights(sides, mix, weights, groups)
    turned = hidden_weights(sides.sample(frac=1, random_state=1).iloc[:, ::-1], mix.iloc[::-1, ::-1],
                            weights.sample(frac=1, random_state=2), groups.iloc[::-1])
    pd.testing.assert_frame_equal(turned.hidden.loc[found.hidden.index, SIDES], found.hidden[SIDES])
    sides.loc[[0, 1], ("П2", "objective")] = np.nan
    assert hidden_weights(sides, mix, weights, groups).n.to_dict() == {
        "Д1": 50, "Д2": 50, "П2": 48, "Д": 50, "П": 48, "index": 48}


def test_hidden_weights_refuse_in_words():
    sides, mix, weights, groups = star_like()
    still = sides.copy()
    still["П2", "objective"] = 0.5
    with pytest.raises(InputError, match=r"^Скрытый вес сторон: в таблице нет столбцов: Д2 × objective \(всего 1\)\. "
                                         r"Дайте значения сторон или поставьте их долю 0\.$"):
        hidden_weights(sides.drop(columns=[("Д2", "objective")]), mix, weights, groups)
    with pytest.raises(InputError, match=r"Сумма весов должна быть равна 1, сейчас 0\.9"):
        hidden_weights(sides, mix.assign(objective=[0.4, 0.6, 1]), weights, groups)
    with pytest.raises(InputError, match=r"^Скрытый вес сторон, «П2»: единиц без пропусков 50, балл у них от 0\.5 до "
                                         r"0\.5; нужно не меньше 3 различающихся единиц\.$"):
        hidden_weights(still, mix, weights, groups)
    with pytest.raises(InputError, match="Показатели и группы: код повторяется: Д1"):
        hidden_weights(sides, mix, weights, groups.replace("П", "Д1"))


@pytest.mark.parametrize("seed", range(5))
def test_the_equalising_mix_makes_the_shares_of_variance_equal_whatever_the_correlation(seed):
    rng = np.random.default_rng(seed)
    r = rng.uniform(-0.9, 0.9)
    s, o = rng.uniform(0.01, 0.3, 2)
    sides = pd.DataFrame(exactly([[s**2, r * s * o], [r * s * o, o**2]], seed=seed), columns=SIDES)
    mix = equalising_mix(sides)
    assert mix["subjective"] == pytest.approx(o / (s + o))
    assert effective_side_shares(sides, mix).to_dict() == pytest.approx({"subjective": 0.5, "objective": 0.5})


def test_the_reliability_mix_has_the_least_error_variance():
    """Search over mixes: the error variance m^2 s_S^2 + (1 - m)^2 s_O^2 is least at precision weights."""
    variances = pd.Series({"objective": 0.05**2, "subjective": 0.03**2})
    mix = reliability_mix(variances)
    assert mix["subjective"] == pytest.approx(0.05**2 / (0.03**2 + 0.05**2))
    grid = np.linspace(0, 1, 100_001)
    least = grid[np.argmin(grid**2 * variances["subjective"] + (1 - grid) ** 2 * variances["objective"])]
    assert mix["subjective"] == pytest.approx(least, abs=1e-5)
    units = pd.DataFrame({"subjective": [0.0008, 0.0010, np.nan], "objective": [0.0020, 0.0030, 9.0]})
    assert reliability_mix(units).to_dict() == pytest.approx(mix.to_dict())
    assert resample(units.iloc[[0, 1] * 20].reset_index(drop=True), reliability_mix, draws=100).interval().loc[
        "subjective", "low"] < mix["subjective"]


@pytest.mark.parametrize(("call", "words"), [
    (lambda: equalising_mix(pd.DataFrame({"a": [1.0, 2], "b": [1.0, 2], "c": [1.0, 2]})),
     "Уравнивающая смесь: сторон должно быть две, дано 3: a, b, c."),
    (lambda: equalising_mix(pd.DataFrame({"a": [1.0, 2, None], "b": [1.0, 2, 3]})),
     "Уравнивающая смесь: единиц с обеими сторонами 2, нужно не меньше 3."),
    (lambda: equalising_mix(pd.DataFrame({"a": [1.0, 1, 1], "b": [1.0, 2, 3]})),
     "Показатель a: во всех единицах одно значение, нормирование по разбросу не определено. Задайте опорные точки "
     "(goalposts) или исключите показатель."),
    (lambda: reliability_mix(pd.Series({"subjective": 0.0, "objective": 0.1})),
     "Надёжностная смесь: дисперсия ошибки каждой стороны должна быть больше 0, найдено: subjective = 0."),
])
def test_mixes_refuse_in_words(call, words):
    with pytest.raises(InputError) as error:
        call()
    assert str(error.value) == words


def test_ten_units_are_enough_for_the_nonlinear_importance():
    x = pd.Series(np.arange(10.0), name="Д1")
    assert 0 < correlation_ratio(x, x**2) <= 1


@pytest.mark.parametrize(("kind", "enough"), [("linear", 3), ("nonlinear", 10)])
def test_resamples_without_units_enough_have_no_importance(kind, enough):
    """Three quarters of `few` are gaps: resamples hold fewer than `enough` of them too often for an interval."""
    x = pd.DataFrame({"full": np.arange(4.0 * enough)}).assign(few=lambda table: table["full"].where(
        table["full"] < enough))
    y = x["full"] ** 1.5
    found = importance_interval(x, y, kind, draws=100)
    assert np.isnan(found.loc["few", ["low", "high", "share_low", "share_high"]].to_numpy(float)).all()
    assert found.loc["few", "importance"] > 0
    assert found.loc["full", ["low", "high"]].notna().all()


def test_units_that_are_all_alike_have_no_interval():
    with pytest.raises(NotPublishable) as error:
        resample(pd.DataFrame({"subjective": [0.5] * 4, "objective": [0.7] * 4}), equalising_mix)
    assert str(error.value) == ("Интервал не определён: все 4 единиц одинаковы, повторные выборки не отличаются от "
                                "данных.")


def test_an_element_whose_indicators_weigh_nothing_has_no_hidden_weights():
    sides, mix, weights, groups = star_like()
    group = groups.iloc[-1]
    weights = weights.where(groups != group, 0.0)
    found = hidden_weights(sides, mix, weights / weights.sum(), groups)
    assert group not in found.hidden.index
    assert set(groups) - {group} <= set(found.hidden.index)
    assert found.n.name == "n"
    with pytest.raises(InputError, match="Веса показателей и доли сторон: наборы кодов различаются"):
        hidden_weights(sides, mix, weights.iloc[1:], groups)


def test_percentiles_are_widened_as_hesterberg_says():
    """Five blocks: the interval ends at Phi(sqrt(5/4) t(.025, 4)) = .0010 of the resamples, not at .025."""
    tail = stats.norm.cdf((5 / 4) ** 0.5 * stats.t.ppf(0.025, 4))
    assert tail == pytest.approx(0.00095, abs=1e-5)
    draws = pd.DataFrame({"a": np.linspace(0, 1, 20_001)})
    found = Resampled(pd.Series({"a": 0.5}), draws, effective=5, seed=0).interval()
    assert found.loc["a", ["low", "high"]].to_list() == pytest.approx([tail, 1 - tail], abs=1e-4)


def test_the_default_seed_is_zero():
    table, _ = table_of_units(20)
    plain, zero, one = (resample(table, lambda x: x.mean(), draws=100, **seed).draws for seed in (
        {}, {"seed": 0}, {"seed": 1}))
    pd.testing.assert_frame_equal(plain, zero)
    assert not plain.equals(one)
