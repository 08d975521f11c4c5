"""Linked editions: published equipercentile examples, closed forms, symmetry, intervals, broken series, refusals."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from methods.errors import InputError, NotPublishable
from methods.maturity.bridging import (
    bridged_series,
    kernel_position,
    kernel_quantile,
    link,
    mid_quantile,
    mid_rank,
    rule_of_thumb,
    uniform_quantile,
    uniform_rank,
)

METHODS = ["mean", "linear", "equipercentile", "kernel"]
# ACT Mathematics, scores 0 .. 40, two forms (Kolen, Brennan 2004, table 2.5; numbers as in R equate, data ACTmath)
FORM_X = [0, 1, 1, 3, 9, 18, 59, 67, 91, 144, 149, 192, 192, 192, 201, 204, 217, 181, 184, 170, 201, 147, 163, 147, 140,
          147, 126, 113, 100, 106, 107, 91, 83, 73, 72, 75, 50, 37, 38, 23, 15]
FORM_Y = [0, 1, 3, 13, 42, 59, 95, 131, 158, 161, 194, 164, 166, 197, 177, 158, 169, 132, 158, 151, 134, 137, 122, 110,
          116, 132, 104, 104, 114, 97, 107, 88, 80, 79, 70, 61, 48, 47, 29, 32, 12]


def editions(seed, n=89, noise=0.25):
    """The same units by two editions: one on 0-100, one on 0-5 and skewed."""
    rng = np.random.default_rng(seed)
    level = rng.normal(size=n)
    units = [f"R{i:02d}" for i in range(n)]
    old = pd.Series(50 + 10 * (level + noise * rng.normal(size=n)), units)
    new = pd.Series(5 * stats.norm.cdf(0.8 * level + 0.5 + noise * rng.normal(size=n)), units)
    return old, new


# -- published examples ------------------------------------------------------------------------------------------------

def test_equipercentile_equivalents_of_a_four_item_test(oracle):
    """Kolen, Brennan (2014), section 2.5, the hypothetical four-item test, and a percentile rank from its table."""
    x, y = np.repeat(np.arange(5.0), [2, 3, 2, 2, 1]), np.repeat(np.arange(5.0), [1, 2, 2, 3, 2])
    rank = uniform_rank(x, np.arange(5.0), 1)
    oracle("эквипроцентильная связь: процентильные ранги теста из четырёх заданий", "Kolen, Brennan (2014), табл. 2.2",
           100 * rank, [10, 35, 60, 80, 95], 1e-9)
    oracle("эквипроцентильная связь: тест из четырёх заданий", "Kolen, Brennan (2014), разд. 2.5",
           uniform_quantile(y, rank, 1), [0.50, 1.75, 2.8333, 3.50, 4.25], 5e-5)


def test_moments_of_linked_act_scores(oracle):
    """Form X on the scale of form Y; moments over those who took X."""
    x, y = np.repeat(np.arange(41.0), FORM_X), np.repeat(np.arange(41.0), FORM_Y)
    linked = uniform_quantile(y, uniform_rank(x, np.arange(41.0), 1), 1)[x.astype(int)]
    oracle("эквипроцентильная связь: среднее и разброс (ACT Mathematics)",
           "Kolen, Brennan (2004), данные табл. 2.5; числа из тестов Equate.jl", [linked.mean(), linked.std()],
           [18.9799, 8.9352], 5e-5)
    line = y.mean() + y.std() / x.std() * (x - x.mean())
    oracle("линейная связь: среднее и разброс (ACT Mathematics)",
           "Kolen, Brennan (2004), с. 50", [line.mean(), line.std(), x.mean(), x.std()],
           [18.9798, 8.9393, 19.8524, 8.2116], 7e-5)


# -- closed forms ------------------------------------------------------------------------------------------------------

def test_the_linear_link_by_hand(oracle):
    old, new = pd.Series([10.0, 20.0, 30.0], list("ABC")), pd.Series([2.0, 1.0, 3.0], list("ABC"))
    found = link(old, new).at(pd.Series({"A": 10.0, "D": 40.0}))
    oracle("линейная связь двух редакций", "решение в замкнутом виде", found["linked"], [1.0, 4.0], 1e-12)
    assert found["outside"].to_list() == [False, True]
    mean = link(old, new, "mean").at(pd.Series({"A": 10.0}))
    assert mean["linked"].item() == pytest.approx(-8)


@pytest.mark.parametrize("method", METHODS)
def test_an_edition_that_only_changes_the_unit_is_linked_exactly(method):
    old, _ = editions(1)
    found = link(old, 0.05 * old + 1 if method != "mean" else old + 1, method, draws=100).at(old)
    expected = 0.05 * old + 1 if method != "mean" else old + 1
    assert (found["linked"] - expected).abs().max() < 1e-9
    assert found["se"].max() < 1e-9
    assert not found["outside"].any()


def test_a_curved_change_of_scale_is_followed_by_the_equipercentile_link_only():
    """The new edition is a monotone function of the old: ranks tell it exactly, a line does not."""
    old, _ = editions(2)
    new = np.exp(old / 20)
    assert (link(old, new, "equipercentile", draws=100).at(old)["linked"] - new).abs().max() < 1e-9
    assert (link(old, new, "linear", draws=100).at(old)["linked"] - new).abs().max() > 1


@pytest.mark.parametrize("method", METHODS)
def test_linking_back_gives_the_score_again(method):
    old, new = editions(3)
    there = link(old, new, method, draws=100).at(old)["linked"]
    back = link(new, old, method, draws=100).at(there)["linked"]
    assert (back - old).abs().max() < 1e-9


def test_wide_kernels_give_the_linear_link_and_narrow_ones_the_steps():
    old, new = editions(4)
    line, steps = (link(old, new, method, draws=100).at(old)["linked"] for method in ("linear", "equipercentile"))
    wide = link(old, new, "kernel", bandwidths=(1e4, 1e3), draws=100).at(old)["linked"]
    assert (wide - line).abs().max() < 1e-4
    narrow = link(old, new, "kernel", bandwidths=(0.11 * old.std(), 0.11 * new.std()), draws=100).at(old)["linked"]
    assert (narrow - steps).abs().mean() < 0.25 * (line - steps).abs().mean()


def test_a_score_far_out_is_linked_by_the_tails():
    """A hundred deviations from everybody: the kernels' own tails, in proportion to their widths."""
    old, new = editions(4)
    far = link(old, new, "kernel", draws=100).at(pd.Series([-1000.0, -990.0, 1100.0]))
    assert np.isfinite(far.to_numpy(dtype=float)).all()
    assert far["outside"].all()
    slope = new.std() / old.std()
    assert far["linked"].diff().iloc[1] == pytest.approx(10 * slope, rel=0.05)


def test_a_kernel_keeps_mean_and_variance_and_is_its_own_inverse():
    sample = editions(5)[1].to_numpy()
    h = rule_of_thumb(sample)
    grid = np.linspace(sample.mean() - 12 * sample.std(), sample.mean() + 12 * sample.std(), 200_001)
    density = np.gradient(stats.norm.cdf(kernel_position(sample, grid, h)), grid)
    mean = np.trapezoid(grid * density, grid)
    assert mean == pytest.approx(sample.mean(), abs=1e-5)
    assert np.trapezoid((grid - mean) ** 2 * density, grid) == pytest.approx(sample.var(), rel=1e-4)
    scores = np.linspace(-3, 9, 50)
    assert kernel_quantile(sample, kernel_position(sample, scores, h), h) == pytest.approx(scores, abs=1e-9)


def test_ranks_and_quantiles_are_inverses_between_the_ends():
    sample = np.array([1.0, 2.0, 2.0, 5.0, 5.0, 5.0, 8.0])
    scores = np.linspace(1, 8, 30)
    assert mid_quantile(sample, mid_rank(sample, scores)) == pytest.approx(scores)
    grid = np.linspace(0.5, 2.4, 10)
    assert uniform_quantile(sample, uniform_rank(sample, grid, 1), 1) == pytest.approx(grid)
    assert uniform_quantile(sample, np.array([3 / 7]), 1) == pytest.approx(3.5)  # the gap from 2.5 to 4.5: its middle


# -- errors ------------------------------------------------------------------------------------------------------------

def test_bootstrap_errors_of_the_linear_link_are_those_of_normal_theory(oracle):
    """sigma_y^2 (1 - r) (2 + (1 + r) z^2) / n for pairs from a normal law; 2,000 draws."""
    rng = np.random.default_rng(6)
    n, r = 3000, 0.8
    old = pd.Series(rng.normal(size=n))
    new = r * old + (1 - r**2) ** 0.5 * pd.Series(rng.normal(size=n))
    z = pd.Series([-2.0, 0.0, 1.0])
    found = link(old, new, draws=2000).at(z * old.std() + old.mean())
    theory = new.std() * ((1 - r) * (2 + (1 + r) * z**2) / n) ** 0.5
    oracle("ошибка линейной связи: бутстреп к теории", "Kolen, Brennan (2014), разд. 7.3, нормальный случай; выведено",
           found["se"] / theory, [1, 1, 1], 0.09)


@pytest.mark.slow
@pytest.mark.parametrize(("method", "skewed", "samples"), [("linear", True, 300), ("equipercentile", True, 300),
                                                           ("kernel", False, 100)])
def test_intervals_hold_the_link_of_the_population(method, skewed, samples):
    """Samples of 89 units, points at the quartiles. Percentile intervals of 95 % hold in 92-93 % (1,000 samples of the
    linear link), so 3 points and 3.5 standard errors are allowed. The kernel is tried where smoothing has no bias: with
    the skewed edition its intervals held the truth 74 times of 100 at the upper quartile."""
    def sample(seed, n=89):
        old, new = editions(seed, n)
        noise = pd.Series(np.random.default_rng(seed + 5000).normal(size=n), old.index)
        return old, new if skewed else 0.3 * old + noise
    truth = link(*sample(0, n=200_000), "equipercentile" if method == "equipercentile" else "linear", draws=100)
    points = pd.Series([43.0, 50.0, 57.0])
    true = truth._linked(truth.pairs["old"].to_numpy(), truth.pairs["new"].to_numpy(), points.to_numpy())
    inside = np.zeros(3)
    for seed in range(samples):
        found = link(*sample(seed + 1), method, draws=300).at(points)
        inside += (found["low"] <= true).to_numpy() & (true <= found["high"]).to_numpy()
    assert (np.abs(inside / samples - 0.95) < 0.03 + 3.5 * (0.95 * 0.05 / samples) ** 0.5).all()


@pytest.mark.parametrize("method", METHODS)
def test_links_repeat_by_seed_and_do_not_see_the_order(method):
    old, new = editions(7, n=40)
    plain = link(old, new, method, draws=100, seed=0).at(old)
    turned = link(old.sample(frac=1, random_state=1), new.sample(frac=1, random_state=2), method, draws=100,
                  seed=0).at(old.sample(frac=1, random_state=3))
    pd.testing.assert_frame_equal(turned.loc[plain.index], plain)
    assert not link(old, new, method, draws=100, seed=1).at(old)["low"].equals(plain["low"])
    assert (plain["low"] <= plain["high"]).all()


def test_gaps_stay_and_only_units_of_both_editions_count():
    old, new = editions(8)
    found = link(old, new.iloc[10:].reindex([*new.index[10:], "новая"]), draws=100)
    assert len(found.pairs) == 79
    made = found.at(pd.Series({"A": np.nan, "B": 50.0}))
    assert made.loc["A", ["linked", "se", "low", "high"]].isna().all()
    assert not made.loc["A", "outside"]


def test_a_weak_link_says_so():
    strong, weak = link(*editions(9, noise=0.1), draws=100), link(*editions(9, noise=1.0), draws=100)
    assert strong.reliable
    assert not weak.reliable
    assert strong.uncertainty_removed == pytest.approx(1 - (1 - strong.correlation**2) ** 0.5)


# -- series ------------------------------------------------------------------------------------------------------------

def series():
    """2023, 2024 by the first edition, 2024 to 2026 by the second, 2026 also by the third: units A .. Y."""
    rng = np.random.default_rng(10)
    units = [f"R{i:02d}" for i in range(25)]
    level = pd.DataFrame(rng.normal(size=(25, 4)) * 0.3 + rng.normal(size=(25, 1)), units,
                         ["2023", "2024", "2025", "2026"])
    scales = {"e1": lambda v: 50 + 10 * v, "e2": lambda v: 3 + 0.5 * v, "e3": lambda v: 100 - 0 * v + 20 * v}
    plan = [("2023", "e1"), ("2024", "e1"), ("2024", "e2"), ("2025", "e2"), ("2026", "e2"), ("2026", "e3")]
    rows = [(unit, period, edition, scales[edition](level.loc[unit, period])) for period, edition in plan
            for unit in units]
    table = pd.DataFrame(rows, columns=["unit", "period", "edition", "score"])

    def by(period, edition):
        own = table[(table["period"] == period) & (table["edition"] == edition)]
        return own.set_index("unit")["score"]
    links = {("e1", "e2"): link(by("2024", "e1"), by("2024", "e2"), draws=200),
             ("e2", "e3"): link(by("2026", "e2"), by("2026", "e3"), draws=200)}
    return table, links, 100 + 20 * level


def test_a_series_over_two_breaks_is_told_on_the_last_scale():
    table, links, truth = series()
    made = bridged_series(table, links, "e3")
    rows = made.table.set_index(["unit", "period"])
    assert len(rows) == 100
    assert (rows["value"] - truth.stack()).abs().max() < 1e-9  # the editions measure one thing: exact
    assert rows["edition"].unstack()[["2023", "2024", "2025", "2026"]].iloc[0].to_list() == ["e1", "e2", "e2", "e3"]
    assert rows["series_break"].unstack().iloc[0].to_list() == [False, True, False, True]
    assert rows["bridged"].unstack().iloc[0].to_list() == [True, True, True, False]
    assert made.links == (("e1", "e2"), ("e2", "e3"))
    assert made.means["value"].to_numpy() == pytest.approx(truth.mean().to_numpy())
    assert made.means["series_break"].to_list() == [False, True, False, True]
    assert made.means["editions"].to_list() == ["e1", "e2", "e2", "e3"]


def test_the_order_of_rows_of_a_series_is_of_no_matter():
    table, links, _ = series()
    one = bridged_series(table, links, "e3")
    other = bridged_series(table.sample(frac=1, random_state=1), dict(reversed(links.items())), "e3")
    pd.testing.assert_frame_equal(other.table, one.table)
    pd.testing.assert_frame_equal(other.means, one.means)


def test_scores_of_the_target_have_no_interval_and_linked_ones_have():
    old, new = editions(11)
    rows = [(unit, "2024", "2022", score) for unit, score in old.items()] + [
        (unit, "2025", "2026", score) for unit, score in new.items()]
    made = bridged_series(pd.DataFrame(rows, columns=["unit", "period", "edition", "score"]),
                          {("2022", "2026"): link(old, new, draws=200)}, "2026")
    own = made.table[~made.table["bridged"]]
    assert (own["low"] == own["value"]).all()
    assert (own["se"] == 0).all()
    assert (made.table.loc[made.table["bridged"], "se"] > 0).all()
    assert made.means.loc["2024", "se"] < made.table.loc[made.table["bridged"], "se"].mean()
    assert made.means.loc["2024", "published"] == pytest.approx(old.mean())
    assert made.means.loc["2024", "value"] == pytest.approx(new.mean())  # a linear link keeps the mean of the overlap


def test_a_series_of_one_edition_needs_no_links():
    rows = pd.DataFrame([("A", "2024", "e", 1.0), ("A", "2025", "e", 2.0)],
                        columns=["unit", "period", "edition", "score"])
    made = bridged_series(rows, {}, "e")
    assert made.table["value"].to_list() == [1, 2]
    assert not made.table["series_break"].any()
    assert made.links == ()


# -- refusals ----------------------------------------------------------------------------------------------------------

OLD, NEW = editions(0, n=40)


@pytest.mark.parametrize(("call", "error", "words"), [
    (lambda: link(OLD, NEW, "regression"), InputError,
     "Связь редакций: способ «regression» неизвестен, допустимы: mean, linear, equipercentile, kernel."),
    (lambda: link(OLD, NEW, draws=10), InputError,
     "Связь редакций: повторных выборок должно быть не меньше 100, сейчас 10."),
    (lambda: link(OLD.iloc[:15], NEW, "kernel"), NotPublishable,
     "Связь редакций: для способа kernel нужно не меньше 20 единиц с баллами обеих редакций, найдено 15."),
    (lambda: link(OLD, NEW.rename(lambda unit: unit + "x")), NotPublishable,
     "Связь редакций: для способа linear нужно не меньше 3 единиц с баллами обеих редакций, найдено 0."),
    (lambda: link(OLD * 0 + 5, NEW), NotPublishable,
     "Связь редакций: по прежней редакции у всех единиц один балл, связать шкалы нельзя."),
    (lambda: link(OLD, NEW * 0), NotPublishable,
     "Связь редакций: по новой редакции у всех единиц один балл, связать шкалы нельзя."),
    (lambda: link(OLD, -NEW), NotPublishable, "Связь редакций: баллы редакций не согласованы (корреляция -0."),
    (lambda: link(OLD, NEW, "equipercentile", step=1.0), InputError, "Связь редакций: балл "),
    (lambda: link(OLD, NEW, "linear", step=1.0), InputError,
     "Связь редакций: шаг баллов нужен только способу equipercentile и должен быть больше 0, сейчас 1."),
    (lambda: link(OLD, NEW, "kernel", bandwidths=(0.0, 1.0)), InputError,
     "Связь редакций: ширина окна нужна только способу kernel и должна быть не меньше 0.1 разброса баллов ("),
    (lambda: link(OLD.rename({"R01": "R00"}), NEW), InputError,
     "Связь редакций: единицы: код повторяется: R00 (всего 1)."),
    (lambda: link(OLD.astype(str), NEW), InputError, "Связь редакций: баллы должны быть числами."),
    (lambda: link(OLD, NEW).at(pd.Series({"A": np.inf})), InputError,
     "Связь редакций: балл должен быть конечным числом: A.")])
def test_links_that_are_refused(call, error, words):
    with pytest.raises(error) as raised:
        call()
    assert str(raised.value).startswith(words)


@pytest.mark.parametrize(("change", "words"), [
    (lambda t, links: (t.drop(columns="period"), links), "Сомкнутый ряд: нет столбцов: period."),
    (lambda t, links: (pd.concat([t, t.iloc[:1]]), links),
     "Сомкнутый ряд: балл повторяется: R00 × 2023 × e1 (всего 1)."),
    (lambda t, links: (t, {("e2", "e3"): links["e2", "e3"]}),
     "Сомкнутый ряд: от редакций e1 (периоды: 2023, 2024) нет связей к редакции e3. Свяжите их через период, "
     "посчитанный по обеим."),
    (lambda t, links: (t, links | {("e1", "e3"): link(OLD, NEW, draws=100)}),
     "Сомкнутый ряд: у связей разное число повторных выборок или разная доверительная вероятность."),
    (lambda t, links: (t.assign(score=np.nan), links), "Сомкнутый ряд: нет ни одного балла.")])
def test_series_that_are_refused(change, words):
    table, links, _ = series()
    with pytest.raises(InputError) as error:
        bridged_series(*change(table, links), "e3")
    assert str(error.value) == words


def test_bandwidth_by_the_rule_of_thumb():
    """Andersson, von Davier (2014): 9 s over the root of 100 n^.4 - 81; 32 scores make n^.4 = 4."""
    sample = np.arange(32.0)
    assert rule_of_thumb(sample) == pytest.approx(9 * ((32**2 - 1) / 12) ** 0.5 / 319**0.5)


def test_a_grid_may_begin_anywhere():
    """Half points from 10.25 on lie on a grid of .5; a single point between them does not."""
    units = [f"C{i:02d}" for i in range(30)]
    old = pd.Series(10.25 + 0.5 * np.random.default_rng(1).integers(0, 8, 30), units)
    new = old + 10 + 0.5 * np.random.default_rng(2).integers(0, 2, 30)
    link(old, new, method="equipercentile", step=0.5)
    with pytest.raises(InputError, match=r"балл 10\.4 \(C05\) не лежит на сетке с шагом 0\.5"):
        link(old.where(old.index != "C05", 10.4), new, method="equipercentile", step=0.5)
