"""Items that work unlike in groups: Berkeley admissions, statsmodels, planted differences, level of the tests."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import stats

from methods.errors import InputError, NotPublishable
from methods.maturity.differential_functioning import (
    _delta_class,
    _matched_odds,
    _r2_class,
    logistic_regression,
    mantel_haenszel,
)

# Bickel, Hammel, O'Connell (1975), admitted and rejected: men, women of six departments (R: UCBAdmissions)
BERKELEY = [((512, 313), (89, 19)), ((353, 207), (17, 8)), ((120, 205), (202, 391)), ((138, 279), (131, 244)),
            ((53, 138), (94, 299)), ((22, 351), (24, 317))]


def answers(seed, n=600, groups=("север", "юг"), shift=0.0, slope=None, k=8, apart=0.0):
    """Marks of a Rasch test; item e is harder by `shift` in the last group, its slope there `slope`; that group's level
    is `apart` higher."""
    rng = np.random.default_rng(seed)
    group = pd.Series(np.array(groups)[np.arange(n) % len(groups)], [f"R{i:03d}" for i in range(n)])
    last = (group == groups[-1]).to_numpy()
    level = rng.normal(size=n) + apart * last
    latent = level[:, None] - np.linspace(-1, 1, k)
    latent[:, 4] = np.where(last, (slope or 1) * level - np.linspace(-1, 1, k)[4] - shift, latent[:, 4])
    marks = pd.DataFrame((latent + rng.logistic(size=(n, k)) > 0).astype(int), group.index, list("abcdefghij")[:k])
    return marks, group


# -- Mantel-Haenszel ---------------------------------------------------------------------------------------------------

def test_odds_ratio_and_test_of_berkeley_admissions(oracle):
    met, stratum, focal = [], [], []
    for number, department in enumerate(BERKELEY):
        for who, (admitted, rejected) in enumerate(department):
            met += [1] * admitted + [0] * rejected
            stratum += [number] * (admitted + rejected)
            focal += [bool(who)] * (admitted + rejected)
    found = _matched_odds(np.array(met), np.array(stratum), np.array(focal))
    oracle("Мантель — Хензель: общее отношение шансов", "R, mantelhaen.test(UCBAdmissions)", found["odds_ratio"],
           0.9046968, 5e-8)
    oracle("Мантель — Хензель: статистика и p", "R, mantelhaen.test(UCBAdmissions)", [found["chi2"], found["p"]],
           [1.4269, 0.2323], 5e-5)
    low, high = np.exp((-found["delta"] + np.array([1, -1]) * -stats.norm.ppf(0.975) * found["se"]) / 2.35)
    oracle("Мантель — Хензель: интервал отношения шансов", "R, mantelhaen.test(UCBAdmissions)", [low, high],
           [0.7719074, 1.0603298], 5e-8)


def test_mantel_haenszel_by_loops():
    marks, group = answers(1, n=200, shift=0.5)
    found = mantel_haenszel(marks, group, "юг", purify=False).items
    total = marks.sum(axis=1)
    for item in marks:
        above = below = 0.0
        for value in total.unique():
            here = total == value
            a, b, c, d = (float((here & (group == name) & (marks[item] == mark)).sum())
                          for name in ("север", "юг") for mark in (1, 0))
            if min(a + b, c + d, a + c, b + d) > 0:
                above, below = above + a * d / (a + b + c + d), below + b * c / (a + b + c + d)
        assert found.loc[item, "odds_ratio"] == pytest.approx(above / below)
        assert found.loc[item, "delta"] == pytest.approx(-2.35 * np.log(above / below))


def test_a_planted_difference_is_found_and_the_others_are_the_anchors():
    marks, group = answers(2, n=1200, shift=1.2, apart=0.8)
    found = mantel_haenszel(marks, group, "юг")
    assert found.items["class"].to_dict() == {**dict.fromkeys("abcdfgh", "A"), "e": "C"}
    assert found.items.loc["e", "delta"] < -1.5
    assert found.anchors == tuple("abcdfgh")
    assert found.rounds >= 1
    assert found.groups.to_dict() == {"север": 600, "юг": 600}


def test_asking_about_the_other_group_turns_the_sign():
    marks, group = answers(3, shift=0.8)
    one, other = (mantel_haenszel(marks, group, name, purify=False).items for name in ("юг", "север"))
    pd.testing.assert_series_equal(one["delta"], -other["delta"])
    pd.testing.assert_series_equal(one["p"], other["p"])


@pytest.mark.parametrize("test", [lambda m, g: mantel_haenszel(m, g, "юг"), logistic_regression])
def test_the_order_of_units_and_items_is_of_no_matter(test):
    marks, group = answers(4, shift=1.0)
    plain = test(marks, group)
    turned = test(marks.sample(frac=1, random_state=0)[list("hgfedcba")], group.sample(frac=1, random_state=1))
    pd.testing.assert_frame_equal(turned.items.loc[plain.items.index], plain.items, check_dtype=False)
    assert set(turned.anchors) == set(plain.anchors)


def test_a_complete_difference_and_a_test_without_strata_are_told():
    marks, group = answers(5, n=40)
    marks["e"] = (group == "юг").astype(int)
    found = mantel_haenszel(marks, group, "юг", purify=False).items
    assert found.loc["e", "why"] == "отношение шансов бесконечно: различие полное"
    assert found.loc["e", "class"] == "C"
    apart = pd.DataFrame({"a": [1] * 6 + [0] * 6, "b": [1] * 6 + [0] * 6})
    lost = mantel_haenszel(apart, pd.Series(["север"] * 6 + ["юг"] * 6), "юг").items
    assert lost["why"].unique() == ["нет единиц с одинаковой суммой из обеих групп, отвечающих по-разному"]
    assert lost["class"].unique() == [""]


# -- logistic regression -----------------------------------------------------------------------------------------------

@pytest.mark.parametrize("kind", ["uniform", "any"])
def test_likelihood_ratios_agree_with_statsmodels(oracle, kind):
    marks, group = answers(6, n=300, groups=("восток", "север", "юг"), shift=0.7)
    found = logistic_regression(marks, group, purify=False, kind=kind).items
    total = marks.sum(axis=1)
    dummies = pd.get_dummies(group, dtype=float).iloc[:, 1:]
    ours, theirs = [], []
    for item in marks:
        base = pd.DataFrame({"one": 1.0, "total": (total - total.mean()) / total.std()})
        designs = [base[["one"]], base, base.join(dummies),
                   base.join(dummies).join(dummies.mul(base["total"], axis=0).add_suffix("×"))]
        loglik = [sm.Logit(marks[item], design).fit(disp=0, method="newton").llf for design in designs]
        full, df = (loglik[2], 2) if kind == "uniform" else (loglik[3], 4)
        n = len(marks)

        def r2(value, null=loglik[0], n=n):
            return (1 - np.exp(2 * (null - value) / n)) / (1 - np.exp(2 * null / n))
        ours += found.loc[item, ["uniform_p", "crossing_p", "p", "r2"]].to_list()
        theirs += [stats.chi2.sf(2 * (loglik[2] - loglik[1]), 2), stats.chi2.sf(2 * (loglik[3] - loglik[2]), 2),
                   stats.chi2.sf(2 * (full - loglik[1]), df), r2(full) - r2(loglik[1])]
    oracle("логистическая регрессия: отношения правдоподобия и прирост R² Нагелькерке",
           "statsmodels Logit, независимая реализация", ours, theirs, 1e-7)


def test_crossing_differences_are_found_by_the_product_only():
    marks, group = answers(7, n=3000, slope=-0.5)
    found = logistic_regression(marks, group).items
    assert found.loc["e", "crossing_p"] < 1e-6
    assert found.loc["e", "class"] != "A"
    assert (found["class"].drop("e") == "A").all()


def test_easiest_and_hardest_group_are_named():
    marks, group = answers(8, n=900, groups=("восток", "север", "юг"), shift=1.5)
    found = logistic_regression(marks, group).items
    assert found.loc["e", "hardest"] == "юг"
    assert found.loc["e", "q"] < 0.01


def test_separation_is_told():
    marks, group = answers(9, n=60)
    marks["e"] = (group == "юг").astype(int)
    found = logistic_regression(marks, group, purify=False).items
    assert found.loc["e", "why"].startswith("разделение: при данной сумме и группе ответ предсказан точно")
    assert found.loc["e", "class"] == ""


@pytest.mark.slow
@pytest.mark.parametrize("test", [lambda m, g: mantel_haenszel(m, g, "юг"), logistic_regression])
def test_false_findings_are_rare_even_if_groups_differ_in_level(test):
    """200 samples of 8 items without any difference, one group .5 higher. With every null true the false discovery rate
    is the chance of any finding: 5 % within 3.5 standard errors (5.4 points), upwards only."""
    any_found = sum((test(*answers(seed, n=400, apart=0.5)).items["q"] <= 0.05).any() for seed in range(200))
    assert any_found / 200 < 0.05 + 0.054


# -- refusals ----------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize(("call", "error", "words"), [
    (lambda m, g: mantel_haenszel(m, g, "запад"), InputError,
     "Мантель — Хензель: группы «запад» нет, есть: север, юг."),
    (lambda m, g: mantel_haenszel(m, g.drop("R000"), "юг"), InputError,
     "Мантель — Хензель: единицы и их группы: наборы кодов различаются. Нет: —; лишние: R000."),
    (lambda m, g: mantel_haenszel(m.astype(float).replace(0, np.nan), g, "юг"), InputError,
     "Мантель — Хензель: пропущено значений"),
    (lambda m, g: logistic_regression(m, g.where(g.index != "R003")), InputError,
     "Логистическая регрессия: не указана группа единиц: R003."),
    (lambda m, g: logistic_regression(m, g, kind="crossing"), InputError,
     "Логистическая регрессия: проверка «crossing» неизвестна, допустимы uniform и any."),
    (lambda m, g: logistic_regression(m, g, level=5), InputError,
     "Логистическая регрессия: уровень ложных находок — число больше 0 и меньше 1, сейчас 5."),
    (lambda m, g: logistic_regression(m.iloc[:10], g.iloc[:10].where(lambda _: np.arange(10) > 3, "восток")),
     NotPublishable, "Логистическая регрессия: нужно не меньше двух групп по 5 единиц, найдено: ")])
def test_questions_that_are_refused(call, error, words):
    with pytest.raises(error) as raised:
        call(*answers(0, n=60))
    assert str(raised.value).startswith(words)


# -- classes and labels ------------------------------------------------------------------------------------------------

@pytest.mark.parametrize(("delta", "se", "q", "p", "expected"), [
    (1.5, 0.01, 0.05, 0.01, "C"), (-1.5, 0.01, 0.05, 0.01, "C"), (1.49, 0.01, 0.01, 0.01, "B"),
    (1.5, 0.5, 0.01, 0.01, "B"), (1.0, 0.01, 0.05, 0.01, "B"), (0.99, 0.01, 0.01, 0.01, "A"),
    (3.0, 0.01, 0.051, 0.01, "A"), (np.nan, np.nan, 0.01, 0.01, "C"), (np.nan, np.nan, np.nan, np.nan, "")])
def test_classes_of_delta_begin_where_they_are_said_to(delta, se, q, p, expected):
    """C from 1.5 on and significantly above 1; B from 1 on; a complete difference is C; without a test no class."""
    found = pd.DataFrame({"delta": [delta], "se": [se], "q": [q], "p": [p]}, ["a"])
    assert _delta_class(found, 0.05).to_dict() == {"a": expected}


@pytest.mark.parametrize(("r2", "q", "p", "expected"), [
    (0.0349, 0.01, 0.01, "A"), (0.035, 0.05, 0.01, "B"), (0.0699, 0.01, 0.01, "B"), (0.07, 0.01, 0.01, "C"),
    (0.5, 0.051, 0.01, "A"), (np.nan, np.nan, np.nan, "")])
def test_classes_of_the_added_share_begin_where_they_are_said_to(r2, q, p, expected):
    assert _r2_class(pd.DataFrame({"r2": [r2], "q": [q], "p": [p]}, ["a"]), 0.05).to_dict() == {"a": expected}


def test_tables_are_labelled_whatever_was_found():
    marks, group = answers(20, n=200)
    marks["e"] = (group == "юг").astype(int)
    odds = mantel_haenszel(marks, group, "юг", purify=False)
    assert set(odds.items) == {"odds_ratio", "delta", "se", "chi2", "p", "strata", "why", "q", "class"}
    assert list(odds.items.index) == list(marks)
    assert odds.items.loc["e", ["odds_ratio", "delta", "se"]].isna().all()
    assert odds.items.loc["e", ["chi2", "p", "q"]].notna().all()
    assert (odds.items["strata"] > 0).all()
    assert (odds.anchors, odds.rounds, odds.level) == (tuple(marks), 0, 0.05)
    assert (odds.groups.name, odds.groups.to_dict()) == ("units", {"север": 100, "юг": 100})
    models = logistic_regression(marks, group, purify=False, level=0.01)
    assert set(models.items) == {"uniform_p", "crossing_p", "p", "r2", "easiest", "hardest", "why", "q", "class"}
    assert models.level == 0.01
    for found in (odds.items, models.items):
        known = found["p"].dropna()
        assert found["q"].dropna().to_dict() == pytest.approx(dict(zip(
            known.index, stats.false_discovery_control(known), strict=True)))
    apart = pd.DataFrame({"a": [1] * 6 + [0] * 6, "b": [1] * 6 + [0] * 6})
    lost = mantel_haenszel(apart, pd.Series(["север"] * 6 + ["юг"] * 6), "юг").items
    assert set(lost) == set(odds.items)
    assert (lost["strata"] == 0).all()
    assert lost[["odds_ratio", "delta", "se", "chi2", "p", "q"]].isna().all(axis=None)


@pytest.mark.parametrize(("call", "words"), [
    (lambda m, g: mantel_haenszel(m, g, "юг", level=1.0),
     "Мантель — Хензель: уровень ложных находок — число больше 0 и меньше 1, сейчас 1."),
    (lambda m, g: mantel_haenszel(m, g, "запад"), "Мантель — Хензель: группы «запад» нет, есть: север, юг."),
    (lambda m, g: mantel_haenszel(m.head(9), g.head(9), "юг"),
     "Мантель — Хензель: нужно не меньше двух групп по 5 единиц, найдено: остальные — 5, юг — 4. Объедините группы."),
    (lambda m, g: logistic_regression(m.head(9), g.head(9)),
     "Логистическая регрессия: нужно не меньше двух групп по 5 единиц, найдено: север — 5, юг — 4. Объедините группы."),
    (lambda m, g: logistic_regression(m, g, kind="both"),
     "Логистическая регрессия: проверка «both» неизвестна, допустимы uniform и any."),
    (lambda m, g: logistic_regression(m, g.mask(g.index < "R006")),
     "Логистическая регрессия: не указана группа единиц: R000, R001, R002, R003, R004.")])
def test_refusals_in_words(call, words):
    with pytest.raises((InputError, NotPublishable)) as raised:
        call(*answers(21, n=40))
    assert str(raised.value) == words


def test_five_units_a_group_are_enough():
    marks, group = answers(22, n=10)
    assert list(mantel_haenszel(marks, group, "юг", purify=False).items.index) == list(marks)


@pytest.mark.parametrize("test", [lambda m, g, p: mantel_haenszel(m, g, "юг", purify=p),
                                  lambda m, g, p: logistic_regression(m, g, purify=p)])
def test_anchors_are_purified_until_they_stay(test):
    """Nothing to purify: no further round. Otherwise the last anchors are those that were not found to differ."""
    marks, group = answers(23, n=400)
    plain = test(marks, group, True)
    assert not (plain.items["q"] <= 0.05).any()
    assert (plain.rounds, plain.anchors) == (0, tuple(marks))
    marks, group = answers(24, n=1200, shift=1.5)
    found = test(marks, group, True)
    assert found.rounds >= 1
    assert found.anchors == tuple(item for item in marks if not found.items.loc[item, "q"] <= 0.05)
    assert "e" not in found.anchors
    whole = test(marks, group, False)
    assert (whole.rounds, whole.anchors) == (0, tuple(marks))
    assert not whole.items["p"].equals(found.items["p"])
