"""How far levels can be trusted: closed forms, BBClassify, simulated second measurements, refusals."""

import itertools

import numpy as np
import pandas as pd
import pytest
from scipy import integrate, stats

from methods.errors import InputError, NotPublishable
from methods.maturity.classification import (
    BetaBinomial,
    _beta_binomial,
    effective_test_length,
    fit_beta_binomial,
    hanson_brennan,
    level_probabilities,
    livingston_lewis,
    lords_k,
    rudner,
)

# ACT scores 0 .. 40 of 151,050 persons, the example data of Brennan's BB-CLASS (file act288m), as kept with BBClassify
ACT = [0, 23, 98, 384, 986, 2161, 3722, 5623, 7533, 8817, 9597, 9809, 9674, 8971, 8033, 7384, 6758, 6004, 5463, 4896,
       4367, 4083, 3651, 3333, 3191, 2899, 2644, 2597, 2287, 2197, 1967, 1874, 1710, 1581, 1503, 1349, 1181, 994, 827,
       585, 294]


@pytest.fixture(scope="module")
def act():
    return pd.Series(np.repeat(np.arange(41.0), ACT))


@pytest.fixture(scope="module")
def made():
    """The example in the docstrings of BBClassify: 250 persons x 100 items, and alpha of the items."""
    rng = np.random.RandomState(1234)
    share = rng.beta(6, 4, 250) * 0.7 + 0.15
    items = np.array([rng.binomial(1, p, 100) for p in share])
    total = pd.Series(items.sum(axis=1).astype(float))
    return total, 100 / 99 * (1 - items.var(axis=0, ddof=1).sum() / total.var())


# -- normal errors of known size ---------------------------------------------------------------------------------------

def test_one_error_above_the_border(oracle):
    found = level_probabilities(pd.Series({"R": 0.55}), 0.05, [0.5])
    oracle("вероятность уровня: балл на одну ошибку выше границы", "решение в замкнутом виде, Φ(1)",
           found.loc["R", 2], 0.8413, 5e-5)


@pytest.mark.parametrize("seed", range(5))
def test_probabilities_are_areas_under_the_normal_curve(seed):
    rng = np.random.default_rng(seed)
    scores = pd.Series(rng.uniform(0, 1, 6), list("ABCDEF"))
    errors = pd.Series(rng.uniform(0.02, 0.2, 6), list("FEDCBA"))
    cuts = [0.3, 0.5, 0.8]
    found = level_probabilities(scores, errors, cuts)
    assert found.sum(axis=1).to_numpy() == pytest.approx(1)
    edges = [-np.inf, *cuts, np.inf]
    for unit, row in found.iterrows():
        for level, p in row.items():
            area = integrate.quad(stats.norm(scores[unit], errors[unit]).pdf, max(edges[level - 1], -3),
                                  min(edges[level], 4), points=[scores[unit]] if level else None)[0]
            assert p == pytest.approx(area, abs=1e-7)


def test_without_error_the_level_is_certain_and_a_border_belongs_to_the_upper_one():
    found = level_probabilities(pd.Series({"A": 0.7, "B": 0.6999999999999999, "C": 0.69, "D": np.nan}), 0.0, [0.4, 0.7])
    assert found.loc["A"].to_list() == found.loc["B"].to_list() == [0, 0, 1]
    assert found.loc["C"].to_list() == [0, 1, 0]
    assert found.loc["D"].isna().all()


def test_rudner_by_hand(oracle):
    """Three units, two levels: 2, 1 and 2 errors of .05 from the border."""
    found = rudner(pd.Series({"A": 0.40, "B": 0.55, "C": 0.60, "gap": np.nan}), 0.05, [0.5])
    assert (found.method, found.n) == ("rudner", 3)
    p = stats.norm.cdf([2, 1, 2])
    oracle("Раднер: точность и повторяемость", "решение в замкнутом виде", [found.accuracy, found.consistency],
           [p.mean(), (p**2 + (1 - p) ** 2).mean()], 1e-12)
    assert found.too_high == pytest.approx((1 - p[1:]).sum() / 3)
    assert found.too_low == pytest.approx((1 - p[0]) / 3)
    assert found.n == 3


def test_rudner_agrees_with_simulated_true_and_second_scores():
    """Scores taken for true ones; two measurements of each, 4,000 times 200 units; 4 standard errors are .0015."""
    rng = np.random.default_rng(1)
    scores = pd.Series(rng.normal(0.5, 0.15, 200))
    errors = pd.Series(rng.uniform(0.02, 0.1, 200))
    cuts = [0.35, 0.5, 0.65]
    found = rudner(scores, errors, cuts)
    level = np.searchsorted(cuts, scores, side="right")
    one, other = (np.searchsorted(cuts, scores.to_numpy() + errors.to_numpy() * rng.normal(size=(4000, 200)),
                                  side="right") for _ in range(2))
    assert found.accuracy == pytest.approx((one == level).mean(), abs=0.0015)
    assert found.consistency == pytest.approx((one == other).mean(), abs=0.0015)
    expected = (one == other).mean()
    chance = sum((one == each).mean() * (other == each).mean() for each in range(4))
    assert found.kappa == pytest.approx((expected - chance) / (1 - chance), abs=0.004)


def test_rudner_does_not_see_the_order_and_sums_to_one():
    rng = np.random.default_rng(2)
    scores, errors = pd.Series(rng.uniform(size=40)), pd.Series(rng.uniform(0.01, 0.2, 40))
    plain = rudner(scores, errors, [0.3, 0.6])
    turned = rudner(scores.sample(frac=1, random_state=1), errors.sample(frac=1, random_state=2), [0.3, 0.6])
    pd.testing.assert_frame_equal(turned.confusion, plain.confusion)
    for table in (plain.confusion, plain.repeated):
        assert table.to_numpy().sum() == pytest.approx(1)
    assert plain.accuracy + plain.too_high + plain.too_low == pytest.approx(1)


def test_smaller_errors_make_better_classifications():
    scores = pd.Series(np.random.default_rng(3).uniform(size=60))
    accuracy = [rudner(scores, error, [0.3, 0.6]).accuracy for error in (0.2, 0.1, 0.05, 0.01, 0.0)]
    assert accuracy == sorted(accuracy)
    assert accuracy[-1] == 1


# -- strong true-score models ------------------------------------------------------------------------------------------

def test_hanson_brennan_on_act_scores(oracle, act):
    found = hanson_brennan(act, 40, [24])
    model = found.model
    assert (found.method, found.n) == ("hanson-brennan", len(act))
    oracle("Хэнсон — Бреннан: бета-распределение истинных долей (ACT)", "BBClassify 1.0.0, файл act288m",
           [model.alpha, model.beta, model.lowest, model.highest], [0.52378, 1.62569, 0.22317, 1], 5e-6)
    oracle("Хэнсон — Бреннан: верные и ошибочные решения (ACT)", "BBClassify 1.0.0, файл act288m",
           found.confusion.to_numpy().T, [[0.78247, 0.01778], [0.03795, 0.16180]], 6e-6)
    oracle("Хэнсон — Бреннан: повторные решения и каппа (ACT)", "BBClassify 1.0.0, файл act288m",
           [*found.repeated.to_numpy().ravel(), found.kappa], [0.76127, 0.03898, 0.03898, 0.16076, 0.75612], 1.1e-5)
    assert model.moments == 3


def test_livingston_lewis_on_act_scores(oracle, act):
    """Their cut-points 23 and 25 are places of the first scores of a level counted from 1."""
    found = livingston_lewis(act, 0.873, [22, 24], lowest=0, highest=40)
    assert found.model.items == 40
    oracle("Ливингстон — Льюис: три уровня, верные и ошибочные решения (ACT)", "BBClassify 1.0.0, файл act288m",
           found.confusion, [[0.73124, 0.02566, 0.01802], [0.01452, 0.01105, 0.01992], [0.00674, 0.01104, 0.16180]],
           6e-6)
    oracle("Ливингстон — Льюис: три уровня, повторные решения и каппа (ACT)", "BBClassify 1.0.0, файл act288m",
           [*found.repeated.to_numpy().ravel(), found.kappa],
           [0.70700, 0.02297, 0.02253, 0.02297, 0.00834, 0.01645, 0.02253, 0.01645, 0.16076, 0.68358], 1.1e-5)
    rows = found.levels()
    oracle("Ливингстон — Льюис: чувствительность уровней (ACT)", "BBClassify 1.0.0, файл act288m", rows["found"],
           [0.94362, 0.24283, 0.90098], 1.5e-5)


def test_livingston_lewis_on_made_data(oracle, made):
    total, alpha = made
    found = livingston_lewis(total, alpha, [50, 75], lowest=0, highest=100)
    model = found.model
    oracle("Ливингстон — Льюис: эффективная длина", "BBClassify 1.0.0, пример документации",
           effective_test_length(total.mean(), total.var(), alpha, 0, 100), 99.96892140618861, 1e-9)
    oracle("Ливингстон — Льюис: бета-распределение по четырём моментам", "BBClassify 1.0.0, пример документации",
           [model.alpha, model.beta, model.lowest, model.highest],
           [3.877386083988672, 3.9727308136649238, 0.2681195709670965, 0.8706384086828665], 1e-9)
    oracle("Ливингстон — Льюис: точность и повторяемость", "BBClassify 1.0.0, пример документации",
           [found.accuracy, found.consistency], [0.8438848734448846, 0.7811757067805466], 1e-7)


def test_hanson_brennan_on_made_data(oracle, made):
    """BBClassify 1.0.0 leaves a term with Lord's k out of the moments (recursion of factorial moments, Hanson 1991),
    hence .0003; the next test does without them."""
    total, alpha = made
    found = hanson_brennan(total, 100, [50, 75], alpha)
    oracle("k Лорда", "BBClassify 1.0.0, пример документации", found.model.lords_k, -0.015544127802040899, 1e-11)
    oracle("Хэнсон — Бреннан: точность и повторяемость (там в моментах потерян член с k)",
           "BBClassify 1.0.0, пример документации", [found.accuracy, found.consistency],
           [0.8440449341145049, 0.7814787747625881], 4e-4)


def compound(x, n, p, k):
    """Lord's two-term approximation of the compound binomial."""
    pmf = stats.binom.pmf
    return pmf(x, n, p) - k * p * (1 - p) * (pmf(x, n - 2, p) - 2 * pmf(x - 1, n - 2, p) + pmf(x - 2, n - 2, p))


@pytest.mark.parametrize(("law", "k"), [((3.0, 2.0, 0.1, 0.95), 0.0), ((3.0, 2.0, 0.1, 0.95), 1.5),
                                        ((2.0, 4.0, 0.0, 0.8), 0.8)])
def test_the_model_is_found_again_and_its_areas_are_right(oracle, law, k):
    """Numbers met in exactly the shares that a known model gives; areas by Simpson's rule on a fine grid."""
    a, b, low, high = law
    n, x = 20, np.arange(21)
    starts, edges = [0, 9, 14, n + 1], [low, 9 / n, 14 / n, high]

    def area(function, start, end):
        p = np.linspace(start, end, 1001)
        return integrate.simpson(function(p) * stats.beta.pdf(p, a, b, low, high - low), x=p)
    share = np.array([sum(area(lambda p, v=v: compound(v, n, p, k), *part) for part in itertools.pairwise(edges))
                      for v in x])
    met = np.repeat(x.astype(float), np.rint(share * 4_000_000).astype(int))
    fitted = fit_beta_binomial(met, n, k, "Проверка")
    assert [fitted.alpha, fitted.beta, fitted.lowest, fitted.highest] == pytest.approx(law, rel=0.02, abs=0.005)
    reliability = None
    if k:  # the one from which this k follows
        mean, variance = met.mean(), met.var(ddof=1)
        most = mean * (n - mean)
        reliability = (n * variance - most + 2 * k * most / n) / (variance * (n - 1 + 2 * k / n))
        assert lords_k(mean, variance, n, reliability) == pytest.approx(k)
    found = hanson_brennan(pd.Series(met), n, [9, 14], reliability)
    levels = [lambda p, i=i: sum(compound(v, n, p, k) for v in range(starts[i], starts[i + 1])) for i in range(3)]
    confusion = [[area(level, edges[i], edges[i + 1]) for level in levels] for i in range(3)]
    repeated = [[sum(area(lambda p, s=s, t=t: s(p) * t(p), edges[i], edges[i + 1]) for i in range(3)) for t in levels]
                for s in levels]
    oracle("Хэнсон — Бреннан: площади под бета-распределением, в том числе с k Лорда",
           "формула Симпсона по заданной модели, пересчитано", [found.confusion, found.repeated],
           [confusion, repeated], 5e-4)


def test_both_models_agree_where_they_are_the_same(act):
    """Livingston and Lewis with the length of the test is Hanson and Brennan with k = 0."""
    one = hanson_brennan(act, 40, [15, 24])
    other = livingston_lewis(act, 0.873, [15, 24], lowest=0, highest=40)
    pd.testing.assert_frame_equal(one.confusion, other.confusion)


def test_units_of_the_score_are_of_no_matter(made):
    total, alpha = made
    one = livingston_lewis(total, alpha, [50, 75], lowest=0, highest=100)
    other = livingston_lewis(total / 100 * 3 + 1, alpha, [2.5, 3.25], lowest=1, highest=4)
    pd.testing.assert_frame_equal(one.confusion, other.confusion, rtol=1e-7)


def test_levels_and_borders_are_read_from_the_same_tables(act):
    found = livingston_lewis(act, 0.873, [22, 24], lowest=0, highest=40)
    rows, borders = found.levels(), found.borders()
    assert rows[["true", "assigned"]].sum().to_list() == pytest.approx([1, 1])
    assert rows.loc[3, "right"] == pytest.approx(found.confusion.loc[3, 3] / found.confusion[3].sum())
    assert rows.loc[2, "again"] == pytest.approx(found.repeated.loc[2, 2] / found.repeated.loc[2].sum())
    two = livingston_lewis(act, 0.873, [24], lowest=0, highest=40)
    assert borders.loc["2|3"].to_list() == pytest.approx(
        [two.accuracy, two.consistency, two.too_high, two.too_low], abs=1e-9)


def test_a_simulated_truth_is_estimated_within_its_error():
    """2,000 units of 25 requirements with known true shares and a second measurement; 3.5 standard errors are .04."""
    rng = np.random.default_rng(4)
    share = rng.beta(4, 3, 2000) * 0.8 + 0.1
    one, other = (pd.Series(rng.binomial(25, share).astype(float)) for _ in range(2))
    kr21 = 25 / 24 * (1 - one.mean() * (25 - one.mean()) / (25 * one.var()))
    level, again, true = (np.searchsorted([10, 17], each, side="right") for each in (one, other, share * 25))
    for found in (hanson_brennan(one, 25, [10, 17]), livingston_lewis(one, kr21, [10, 17], lowest=0, highest=25)):
        assert found.accuracy == pytest.approx((level == true).mean(), abs=0.04)
        assert found.consistency == pytest.approx((level == again).mean(), abs=0.04)


@pytest.mark.parametrize(("met", "items", "moments", "low", "high"), [
    ([4, 5, 14, 11, 14, 12, 12, 12, 12, 14, 10, 13, 14, 14, 6, 4, 0, 9, 9, 12, 7, 13, 3, 13, 11, 1, 14, 14, 12], 14, 4,
     None, None),
    ([1, 1, 2, 4, 1, 2, 1, 1, 11, 0, 3, 7], 13, 3, None, 1),
    ([6, 5, 4, 3, 3, 3, 3, 1, 4, 5, 1, 2, 3, 1, 1, 3, 5, 0, 2, 1, 8, 1, 3, 3, 1, 5, 3, 0, 6, 0, 6, 3, 4, 3, 0, 2], 9,
     3, 0, None),
    ([2, 3, 5, 2, 4, 5, 4, 2, 5, 2, 5, 4, 5, 4, 3, 3, 4], 5, 2, 0, 1)])
def test_a_bound_is_set_where_the_moments_ask_for_shares_outside_the_scale(met, items, moments, low, high):
    """As many moments of the fitted law as promised are those of the numbers met."""
    found = hanson_brennan(pd.Series(met, dtype=float), items, [items / 2])
    model, x = found.model, np.array(met, dtype=float)
    assert model.moments == moments
    assert low is None or model.lowest == low
    assert high is None or model.highest == high
    assert 0 <= model.lowest < model.highest <= 1
    law = stats.beta(model.alpha, model.beta, model.lowest, model.highest - model.lowest)
    for r in range(1, moments + 1):
        descending = np.prod([x - step for step in range(r)], axis=0).mean()
        assert law.moment(r) == pytest.approx(descending / np.prod([items - step for step in range(r)]), rel=1e-6)
    assert found.confusion.to_numpy().sum() == pytest.approx(1, abs=1e-9)


@pytest.mark.parametrize("seed", range(40))
def test_shares_of_any_sample_are_shares(seed):
    rng = np.random.default_rng(seed)
    items = int(rng.integers(4, 30))
    met = pd.Series(rng.binomial(items, rng.beta(*rng.uniform(0.4, 5, 2), int(rng.integers(15, 60)))).astype(float))
    found = hanson_brennan(met, items, [items / 3, items / 2])
    for table in (found.confusion, found.repeated):
        assert table.to_numpy().sum() == pytest.approx(1, abs=1e-9)
        assert (table.to_numpy() > -1e-10).all()


@pytest.mark.parametrize("law", [(0.08, 0.5), (0.3, 30.0), (1.0, 1.0), (3.9, 4.1), (60.0, 5.0), (831.0, 554.0)])
def test_areas_of_any_beta_law_are_right(law):
    """From U-shaped to nearly constant: the shares of true levels are differences of the beta distribution."""
    model = BetaBinomial(*law, lowest=0.1, highest=0.9, items=15, lords_k=0.0, moments=4)
    borders = np.array([0.12, 0.3, 0.5, 0.52, 0.7, 0.88])
    found = _beta_binomial(model, np.ceil(borders * 15), borders, "hanson-brennan", 100)
    true = np.diff([0, *stats.beta(*law, 0.1, 0.8).cdf(borders), 1])
    assert found.confusion.sum(axis=1).to_numpy() == pytest.approx(true, abs=2e-9)


def test_the_order_of_units_changes_nothing(made):
    total, alpha = made
    one, other = (livingston_lewis(each, alpha, [50], highest=100)
                  for each in (total, total.sample(frac=1, random_state=1)))
    pd.testing.assert_frame_equal(one.confusion, other.confusion, check_exact=True)


# -- refusals ----------------------------------------------------------------------------------------------------------

MET = pd.Series([2.0, 3, 4, 5, 5, 6, 7, 8, 9, 10], [f"R{i}" for i in range(10)])


@pytest.mark.parametrize(("call", "error", "words"), [
    (lambda: level_probabilities(MET, -1.0, [5]), InputError,
     "Вероятности уровней: стандартная ошибка — число не меньше 0: R0 = -1.0."),
    (lambda: level_probabilities(MET, MET.drop("R3"), [5]), InputError,
     "Вероятности уровней: единицы и их ошибки: наборы кодов различаются. Нет: —; лишние: R3."),
    (lambda: level_probabilities(MET, 1.0, [5, 5]), InputError,
     "Вероятности уровней: границы уровней — возрастающие числа, хотя бы одно, сейчас: 5, 5."),
    (lambda: level_probabilities(MET.replace(2.0, np.inf), 1.0, [5]), InputError,
     "Вероятности уровней: балл должен быть конечным числом: R0."),
    (lambda: rudner(MET.where(MET > 8), 1.0, [5]), NotPublishable,
     "Классификация по Раднеру: нужно не меньше 3 единиц с баллом, найдено 2."),
    (lambda: hanson_brennan(MET + 0.5, 11, [5]), InputError,
     "Классификация по Хэнсону — Бреннану: исполнено — целое число от 0 до 11, найдено 2.5 (R0)."),
    (lambda: hanson_brennan(MET, 8, [5]), InputError,
     "Классификация по Хэнсону — Бреннану: исполнено — целое число от 0 до 8, найдено 9 (R8)."),
    (lambda: hanson_brennan(MET, 3, [2]), InputError,
     "Классификация по Хэнсону — Бреннану: нужно не меньше 4 требований, сейчас 3."),
    (lambda: hanson_brennan(MET, 10, [0, 5]), InputError,
     "Классификация по Хэнсону — Бреннану: границы уровней должны лежать выше 0 и не выше 10, сейчас: 0, 5."),
    (lambda: hanson_brennan(MET * 0 + 5, 10, [5]), NotPublishable,
     "Классификация по Хэнсону — Бреннану: у всех единиц один балл, классификация не оценивается."),
    (lambda: hanson_brennan(MET.clip(4, 6), 10, [5]), NotPublishable,
     "Классификация по Хэнсону — Бреннану: баллы различаются не сильнее, чем от одних ошибок измерения"),
    (lambda: hanson_brennan(MET, 10, [5], 1.0), InputError,
     "k Лорда: надёжность — число больше 0 и меньше 1, сейчас 1."),
    (lambda: livingston_lewis(MET, 0.8, [5]), InputError,
     "Классификация по Ливингстону — Льюису: балл вне возможных 0–1: R0 = 2."),
    (lambda: livingston_lewis(MET, 0.8, [5], lowest=10, highest=10), InputError,
     "Классификация по Ливингстону — Льюису: наименьший возможный балл 10 должен быть меньше наибольшего 10."),
    (lambda: livingston_lewis(MET, 0.0, [5], highest=10), InputError,
     "Классификация по Ливингстону — Льюису: надёжность — число больше 0 и меньше 1, сейчас 0."),
    (lambda: livingston_lewis(MET.where(MET > 2), 0.8, [5], highest=10), InputError,
     "Классификация по Ливингстону — Льюису: пропущено значений 1, первые: R0 × 0."),
    (lambda: livingston_lewis(pd.Series([0.0, 0, 0, 1, 1, 1]), 0.1, [0.5]), NotPublishable,
     "Классификация по Ливингстону — Льюису: эффективная длина 0.8 меньше 4")])
def test_refusals(call, error, words):
    with pytest.raises(error) as raised:
        call()
    assert str(raised.value).startswith(words)
