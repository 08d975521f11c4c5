"""A panel's weights: means and medians, Dirichlet fit against a general optimiser, intervals, influence, refusals."""

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.optimize import minimize
from scipy.special import psi

from methods.errors import EditionError, InputError, NotPublishable, UsageError
from methods.weights.panel import (
    AT_ONCE_AHP,
    bootstrap_interval,
    checked_panel,
    dirichlet_fit,
    dirichlet_interval,
    elicitation_advice,
    leave_one_expert_out,
    pooled,
    voices,
)

CODES = ["Д", "П", "М", "А"]
WAYS = ["arithmetic", "geometric", "median"]


def panel(seed, experts=7, precision=30.0, mean=(0.4, 0.3, 0.2, 0.1)):
    rng = np.random.default_rng(seed)
    weights = np.clip(rng.dirichlet(np.array(mean) * precision, experts), 1e-6, None)
    return pd.DataFrame(weights / weights.sum(axis=1, keepdims=True), [f"Э{i:02d}" for i in range(experts)],
                        CODES[:len(mean)])


def mixed(table, seed):
    return table.sample(frac=1, random_state=seed).sample(frac=1, axis=1, random_state=seed)


SAME = pd.DataFrame([[0.4, 0.3, 0.2, 0.1]] * 3, list("абв"), CODES)


# --- pooling ---------------------------------------------------------------------------------------------------------

def test_pooled_weights_in_plain_numbers():
    table = pd.DataFrame([[0.5, 0.3, 0.2], [0.2, 0.6, 0.2], [0.1, 0.1, 0.8]], list("абв"), ["Д", "П", "М"])
    assert pooled(table).to_list() == pytest.approx([0.8/3, 1/3, 1.2/3])
    roots = np.cbrt([0.01, 0.018, 0.032])
    assert pooled(table, "geometric").to_list() == pytest.approx((roots / roots.sum()).tolist())
    assert pooled(table, "median").to_list() == pytest.approx([2/7, 3/7, 2/7])  # medians .2, .3, .2 sum to .7
    voice = pd.Series({"в": 0.5, "а": 0.5, "б": 0.0})
    assert pooled(table, importance=voice).to_list() == pytest.approx([0.3, 0.2, 0.5])
    roots = np.sqrt([0.05, 0.03, 0.16])
    assert pooled(table, "geometric", voice).to_list() == pytest.approx((roots / roots.sum()).tolist())


@pytest.mark.parametrize("how", WAYS)
@pytest.mark.parametrize("seed", range(3))
def test_pooled_weights_sum_to_one_and_do_not_see_any_order(how, seed):
    table = panel(seed)
    once, twice = pooled(table, how), pooled(mixed(table, seed), how)
    assert once.sum() == pytest.approx(1)
    assert once.index.to_list() == CODES
    assert twice.index.equals(mixed(table, seed).columns)
    assert twice[CODES].to_list() == once.to_list()  # to the last digit
    pd.testing.assert_series_equal(pooled(SAME, how), SAME.loc["а"].rename("weight"))


def test_voices_are_matched_by_name():
    table = panel(1, experts=3)
    voice = pd.Series({"Э02": 0.7, "Э00": 0.2, "Э01": 0.1})
    assert pooled(table, importance=voice).to_list() == pytest.approx(
        (0.2 * table.loc["Э00"] + 0.1 * table.loc["Э01"] + 0.7 * table.loc["Э02"]).to_list())
    assert voices(["б", "а"], pd.Series({"б": 0.75, "а": 0.25})).to_dict() == {"а": 0.25, "б": 0.75}
    with pytest.raises(InputError, match=r"Веса голосов экспертов: наборы кодов различаются\. Нет: Э02; лишние: —\."):
        pooled(table, importance=voice.drop("Э02"))
    with pytest.raises(InputError, match=r"Сумма весов должна быть равна 1"):
        pooled(table, importance=voice * 2)


def test_a_zero_has_no_geometric_mean_and_medians_may_vanish():
    sharp = pd.DataFrame(np.eye(4), list("абвг"), CODES)
    assert pooled(sharp).to_list() == [0.25] * 4
    with pytest.raises(EditionError, match=r"у эксперта нулевой вес, он обнулил бы вес для всех\. Возьмите среднее "
                                           r"арифметическое или медиану\.$"):
        pooled(sharp, "geometric")
    with pytest.raises(NotPublishable, match=r"Медиана весов равна 0 у всех элементов"):
        pooled(sharp, "median")


def test_ways_of_pooling_are_known():
    with pytest.raises(UsageError, match=r"«mode» неизвестно\. Есть: arithmetic, geometric, median\."):
        pooled(SAME, "mode")
    with pytest.raises(UsageError, match=r"Медиана голоса экспертов не взвешивает"):
        pooled(SAME, "median", pd.Series(1/3, list("абв")))


# --- the table -------------------------------------------------------------------------------------------------------

def test_all_faults_of_a_panel_come_at_once():
    table = panel(0, experts=4).astype(object)
    table.loc["Э00"] = [0.5, 0.3, 0.1, 0.05]
    table.loc["Э01"] = [0.7, 0.4, 0.1, -0.2]
    table.loc["Э02", ["П", "А"]] = [np.nan, "много"]
    with pytest.raises(EditionError) as error:
        checked_panel(table)
    assert str(error.value) == (
        "Веса экспертов: эксперт «Э00»: сумма весов 0.95, должна быть 1; эксперт «Э01»: отрицательный вес А = -0.2; "
        "эксперт «Э02»: нет числа у П, А. Исправьте ответы экспертов.")


def test_an_expert_twice_is_an_error_with_both_rows():
    """EXP-14: no double vote, by whichever formula."""
    twice = pd.concat([panel(0), panel(1).head(1)])
    for formula in (pooled, dirichlet_fit, bootstrap_interval, leave_one_expert_out):
        with pytest.raises(EditionError, match=r"эксперт «Э00» повторяется \(строки 1, 8\)"):
            formula(twice)
    with pytest.raises(EditionError, match=r"код «Д» повторяется \(столбцы 1, 5\)"):
        pooled(pd.concat([panel(0), panel(0)[["Д"]]], axis=1))
    with pytest.raises(EditionError, match=r"таблица пуста"):
        pooled(pd.DataFrame())


# --- Dirichlet -------------------------------------------------------------------------------------------------------

def by_general_optimiser(table):
    """Peer: the likelihood of scipy.stats, maximised over log alpha without derivatives of ours."""
    rows = table.to_numpy()

    def loss(log_alpha):
        return -sum(stats.dirichlet.logpdf(row / row.sum(), np.exp(log_alpha)) for row in rows)
    start = np.log(table.mean().to_numpy() * 10)
    found = minimize(loss, start, method="BFGS", options={"gtol": 1e-7})
    found = minimize(loss, found.x, method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-12, "maxfev": 4000})
    return np.exp(found.x), -found.fun


@pytest.mark.parametrize(("precision", "experts"), [(2.0, 9), (30.0, 7), (400.0, 5), (30.0, 2)])
def test_dirichlet_fit_is_the_maximum_that_a_general_optimiser_finds(precision, experts, oracle):
    table = panel(3, experts, precision)
    fit = dirichlet_fit(table)
    alpha, likelihood = by_general_optimiser(table)
    oracle("логарифмы параметров Дирихле, максимум правдоподобия", "scipy.optimize по scipy.stats.dirichlet.logpdf",
           np.log(fit.alpha), np.log(alpha), 2e-5)
    assert fit.log_likelihood == pytest.approx(likelihood, abs=1e-7)
    assert fit.log_likelihood >= likelihood - 1e-9
    assert fit.precision == pytest.approx(fit.alpha.sum())
    assert fit.mean.sum() == pytest.approx(1)
    assert (fit.experts, fit.zeros) == (experts, 0)


def test_dirichlet_fit_of_two_parts_is_that_of_the_beta_distribution(oracle):
    share = stats.beta(6, 4).rvs(40, random_state=1)
    table = pd.DataFrame({"Д": share, "П": 1 - share}, [f"Э{i:02d}" for i in range(40)])
    a, b, *_ = stats.beta.fit(share, floc=0, fscale=1)
    oracle("параметры бета-распределения, максимум правдоподобия", "scipy.stats.beta.fit", dirichlet_fit(table).alpha,
           [a, b], 1e-3)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.floats(-1, 7), st.integers(2, 12))
def test_gradient_of_the_likelihood_vanishes_at_the_fit(seed, log_precision, experts):
    """Expected logarithms equal observed ones: psi(alpha_k) - psi(sum alpha) = mean of ln w_k (Minka)."""
    table = panel(seed, experts, 10**log_precision)
    fit = dirichlet_fit(table)
    assert (fit.alpha > 0).all()
    np.testing.assert_allclose(psi(fit.alpha) - psi(fit.precision), np.log(table).mean(), atol=1e-9)


@pytest.mark.parametrize("seed", range(3))
def test_dirichlet_fit_does_not_see_any_order(seed):
    table = panel(seed)
    once, twice = dirichlet_fit(table), dirichlet_fit(mixed(table, seed))
    assert twice.alpha.index.equals(mixed(table, seed).columns)
    np.testing.assert_allclose(twice.alpha[CODES], once.alpha, rtol=1e-12)


def test_parameters_of_a_large_panel_are_recovered():
    """2,000 simulated experts: precision 50 within 4 standard errors of 50 / sqrt(2000 x 3 / 2), means within 4 of
    sqrt(m(1 - m) / 51 / 2000)."""
    mean = np.array([0.4, 0.3, 0.2, 0.1])
    fit = dirichlet_fit(panel(5, experts=2000, precision=50.0))
    assert fit.precision == pytest.approx(50, abs=4 * 50 / (2000 * 3 / 2) ** 0.5)
    assert (np.abs(fit.mean - mean) < 4 * np.sqrt(mean * (1 - mean) / 51 / 2000)).all()


def test_the_nearer_the_experts_the_larger_the_precision():
    fits = [dirichlet_fit(panel(2, precision=precision)).precision for precision in (1, 10, 100, 1000, 1e5)]
    assert np.diff(fits).min() > 0


def test_zeros_are_replaced_and_counted():
    """Multiplicative replacement: (0, .6, .3, .1) becomes (.005, .597, .2985, .0995)."""
    table = panel(4)
    table.loc["Э03"] = [0.0, 0.6, 0.3, 0.1]
    replaced = table.copy()
    replaced.loc["Э03"] = [0.005, 0.597, 0.2985, 0.0995]
    fit, expected = dirichlet_fit(table), dirichlet_fit(replaced)
    assert (fit.zeros, expected.zeros) == (1, 0)
    np.testing.assert_allclose(fit.alpha, expected.alpha, rtol=1e-10)
    assert dirichlet_fit(table, zero=0.02).precision > fit.precision  # less far out, less spread
    with pytest.raises(UsageError, match=r"Замена нулевого веса должна быть внутри \(0; 1/4\), задано 0\.3\."):
        dirichlet_fit(table, zero=0.3)


@pytest.mark.parametrize(("formula", "what"), [
    (dirichlet_fit, "Распределение Дирихле"), (bootstrap_interval, "Интервал по экспертам")])
def test_one_expert_and_identical_experts_have_no_spread(formula, what):
    """EXP-11, STA-13: no interval [x; x]."""
    with pytest.raises(NotPublishable) as error:
        formula(SAME.head(1))
    assert str(error.value) == f"{what}: эксперт один («а»), разброс не определён. Нужно не меньше двух."
    with pytest.raises(NotPublishable) as error:
        formula(SAME)
    assert str(error.value) == (f"{what}: все эксперты (3) дали одинаковые веса, точность бесконечна, "
                                "интервал не определён.")


def test_one_code_has_no_distribution():
    with pytest.raises(NotPublishable):
        dirichlet_fit(pd.DataFrame({"Д": [1.0, 1.0]}, list("аб")))


def test_dirichlet_interval_holds_the_stated_share_of_experts():
    """20,000 draws from the fit: share inside within 4 standard errors, sqrt(.9 x .1 / 20,000) each."""
    fit = dirichlet_fit(panel(1))
    interval = dirichlet_interval(fit, 0.90)
    drawn = np.random.default_rng(0).dirichlet(fit.alpha.to_numpy(), 20_000)
    inside = ((drawn >= interval["low"].to_numpy()) & (drawn <= interval["high"].to_numpy())).mean(axis=0)
    assert np.abs(inside - 0.9).max() < 4 * (0.9 * 0.1 / 20_000) ** 0.5
    pd.testing.assert_series_equal(interval["mean"], fit.mean.rename("mean"))
    wider = dirichlet_interval(fit, 0.99)
    assert (wider["low"] < interval["low"]).all()
    assert (wider["high"] > interval["high"]).all()
    with pytest.raises(UsageError, match=r"внутри \(0; 1\), задано 1\."):
        dirichlet_interval(fit, 1.0)


# --- bootstrap -------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("how", WAYS)
def test_bootstrap_interval_repeats_with_its_seed_and_does_not_see_any_order(how):
    table = panel(6)
    once = bootstrap_interval(table, how, draws=300, seed=0)
    pd.testing.assert_frame_equal(bootstrap_interval(table, how, draws=300, seed=0), once)
    pd.testing.assert_frame_equal(bootstrap_interval(mixed(table, 1), how, draws=300, seed=0).loc[CODES], once)
    assert not bootstrap_interval(table, how, draws=300, seed=1).equals(once)
    assert once.columns.to_list() == ["low", "pooled", "high"]
    pd.testing.assert_series_equal(once["pooled"], pooled(table, how).rename("pooled"))
    assert (once["low"] <= once["pooled"]).all()
    assert (once["pooled"] <= once["high"]).all()


def test_bootstrap_interval_of_three_experts_against_all_their_samples():
    """Peer: all 27 samples with repeats are equally likely; the bounds are quantiles of the 27 means."""
    table = panel(7, experts=3)
    rows = table.to_numpy()
    means = np.array([rows[list(chosen)].mean(axis=0) for chosen in itertools.product(range(3), repeat=3)])
    found = bootstrap_interval(table, confidence=0.80, draws=20_000, seed=2)
    for place, code in enumerate(CODES):
        # the exact distribution has ten steps: the sampled quantile is one of them, at the stated share
        assert np.abs(means[:, place] - found.loc[code, "low"]).min() < 1e-12
        below = (means[:, place] <= found.loc[code, "low"] + 1e-12).mean()
        assert (means[:, place] < found.loc[code, "low"] - 1e-12).mean() <= 0.10 <= below


def test_bootstrap_interval_is_as_wide_as_the_standard_error_says():
    """60 experts, arithmetic mean: 95 % interval of width 2 x 1.96 s / sqrt(60), within 10 %."""
    table = panel(8, experts=60)
    found = bootstrap_interval(table, draws=4000, seed=3)
    expected = 2 * 1.96 * table.std(ddof=0) / 60**0.5
    np.testing.assert_allclose(found["high"] - found["low"], expected, rtol=0.10)


@pytest.mark.parametrize(("options", "words"), [
    ({"draws": 0}, r"Розыгрышей должно быть не меньше 100, seed — не меньше 0; задано draws=0, seed=0\."),
    ({"seed": -1}, r"задано draws=2000, seed=-1"),
    ({"confidence": 0.0}, r"Доверительная вероятность должна быть внутри \(0; 1\), задано 0\."),
    ({"how": "mode"}, r"«mode» неизвестно"),
])
def test_parameters_of_the_bootstrap_are_checked(options, words):
    with pytest.raises(UsageError, match=words):
        bootstrap_interval(panel(0), **options)


# --- influence -------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("how", WAYS)
def test_influence_is_the_change_without_the_expert(how):
    table = panel(9)
    found = leave_one_expert_out(table, how)
    for expert in table.index:
        without = pooled(table.drop(index=expert), how)
        pd.testing.assert_series_equal(found.without.loc[expert], without, check_names=False)
        change = (without - pooled(table, how)).abs()
        assert found.change[expert] == pytest.approx(change.max())
        assert found.code[expert] == change.idxmax()
    assert found.moves_most == found.change.idxmax()
    again = leave_one_expert_out(mixed(table, 4), how)
    assert again.moves_most == found.moves_most
    pd.testing.assert_series_equal(again.change[table.index], found.change)
    assert again.without.columns.equals(mixed(table, 4).columns)


def test_the_odd_one_out_moves_the_mean_most_and_the_median_little():
    table = pd.DataFrame([[0.5, 0.3, 0.2]] * 4 + [[0.1, 0.1, 0.8]], list("абвгд"), ["Д", "П", "М"])
    found = leave_one_expert_out(table)
    assert (found.moves_most, found.code["д"]) == ("д", "М")
    assert found.change["д"] == pytest.approx(0.12)  # .32 with, .2 without
    assert leave_one_expert_out(table, "median").change.max() == pytest.approx(0, abs=1e-12)


def test_a_louder_voice_has_more_influence():
    table = panel(10, experts=3)
    voice = pd.Series({"Э00": 0.8, "Э01": 0.1, "Э02": 0.1})
    found = leave_one_expert_out(table, importance=voice)
    expected = (0.5 * table.loc["Э01"] + 0.5 * table.loc["Э02"])
    pd.testing.assert_series_equal(found.without.loc["Э00"], expected, check_names=False)
    with pytest.raises(NotPublishable, match=r"весь голос у одного \(«Э00»\)"):
        leave_one_expert_out(table, importance=pd.Series({"Э00": 1.0, "Э01": 0.0, "Э02": 0.0}))
    with pytest.raises(NotPublishable, match=r"Влияние эксперта не определено: эксперт один \(«Э00»\)\."):
        leave_one_expert_out(table.head(1))


# --- how to ask ------------------------------------------------------------------------------------------------------

def test_advice_for_the_star_asks_groups_first():
    assert elicitation_advice({"Индекс": 5, "Д": 3, "П": 3, "М": 8, "А": 2, "К": 4}) == [
        "Спрашивайте сверху вниз: сначала «Индекс» (5), затем внутри: «Д» (3), «П» (3), «М» (8), «А» (2), «К» (4)."]


def test_advice_warns_of_twenty_at_once():
    assert elicitation_advice({"Индекс": 20}) == [
        "Спрашивайте один раз: «Индекс» (20).",
        "«Индекс»: 20 элементов за один раз — больше 8, ответы станут несогласованными (попарных сравнений 190). "
        "Разбейте набор на группы: сначала веса групп, затем веса внутри группы."]
    assert len(elicitation_advice({"Индекс": 9})) == 2
    assert len(elicitation_advice({"Индекс": 9}, at_once=AT_ONCE_AHP)) == 1


def test_advice_passes_over_a_single_element():
    assert elicitation_advice({"Индекс": 2, "Д": 1, "П": 3}) == [
        "Спрашивайте сверху вниз: сначала «Индекс» (2), затем внутри: «П» (3).",
        "«Д»: элемент один, его вес внутри набора равен 1, спрашивать не нужно."]
    with pytest.raises(UsageError, match=r"«Д»: элементов 0, должно быть не меньше 1\."):
        elicitation_advice({"Д": 0})
    with pytest.raises(UsageError, match=r"Нечего взвешивать"):
        elicitation_advice({})


@pytest.mark.parametrize("zero", [0.0, 1 / 3, 0.5, -0.01])
def test_what_stands_for_a_zero_is_less_than_an_equal_weight(zero):
    panel = pd.DataFrame({"Д": [0.5, 0.6, 0.4], "П": [0.3, 0.2, 0.4], "М": [0.2, 0.2, 0.2]}, index=list("абв"))
    with pytest.raises(UsageError) as error:
        dirichlet_fit(panel, zero=zero)
    assert str(error.value) == f"Замена нулевого веса должна быть внутри (0; 1/3), задано {zero:g}."
    assert dirichlet_fit(panel, zero=0.3).precision == pytest.approx(dirichlet_fit(panel).precision)  # no zeros here


def test_tables_come_out_in_one_order_for_numbered_experts_and_codes():
    table = pd.DataFrame([[0.5, 0.3, 0.2], [0.2, 0.5, 0.3]], index=[10, 9], columns=[3, "2", 1])
    found = checked_panel(table)
    assert list(map(str, found.index)) == ["10", "9"]
    assert list(map(str, found.columns)) == ["1", "2", "3"]
    assert found.loc[9].to_list() == [0.3, 0.5, 0.2]
    weights = pooled(table)
    assert (weights.name, list(weights.index)) == ("weight", [3, "2", 1])
    assert weights.to_list() == pytest.approx([0.35, 0.4, 0.25])
