"""Measures, rules, quadrants, centres to inspect: neighbours as peers, planted kinds, calibration, refusals."""

import json
import re
import string
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import stats

from methods.agreement import verdict
from methods.agreement.concordance import concordance, corrected_concordance
from methods.agreement.correlation import disattenuated, reliability
from methods.agreement.verdict import (
    MEASURES,
    QUADRANTS,
    RULES,
    centres_to_inspect,
    measures,
    quadrants,
    side_tables,
    verdicts,
)
from methods.data.demonstration import generate
from methods.data.demonstration.catalogue import AGREED, BIAS, COARSE, NO_LINK, NO_SURVEY, NOISE, PROFILES, SCALE
from methods.data.editions import load_edition, parse_edition
from methods.errors import EditionError, InputError, NotPublishable

EXPECTED = {AGREED: verdict.KEEP, BIAS: verdict.INSPECT, SCALE: verdict.WEIGH, NO_LINK: verdict.REWRITE,
            COARSE: verdict.REFINE, NOISE: verdict.ENLARGE, NO_SURVEY: verdict.COLLECT}
GOOD = {"units": 300, "checklist_commonest": 0.4, "survey_commonest": 0.1, "reliability": 0.8, "levels": 9,
        "spread_ratio": 0.7, "location_shift_low": 0.1, "true_correlation_high": 0.8, "true_correlation_low": 0.5}


def two_sides(seed, n=200, of=8, asked=40):
    """One indicator's tables: survey with known errors, checklist X of N, about the same quality."""
    rng = np.random.default_rng(seed)
    quality, units = rng.normal(size=n), [f"C{i:03d}" for i in range(n)]
    se = rng.uniform(0.02, 0.05, n)
    columns = {"survey": np.clip(0.85 + 0.06 * quality + rng.normal(0, se), 0, 1), "error": se,
               "respondents": rng.poisson(asked, n), "checklist": rng.binomial(of, stats.norm.cdf(1 + quality)) / of,
               "requirements": of}
    return {name: pd.DataFrame({"Д1": values}, units) for name, values in columns.items()}


def centres(seed, n=120, regions=10, beyond=0.05, asked=60, ceiling=False):
    """Survey, its error, answers, checklist and region where nobody stands out."""
    rng = np.random.default_rng(seed)
    labels = [f"C{i:03d}" for i in range(n)]
    region = rng.integers(0, regions, n)
    checklist = rng.binomial(8, rng.beta(6, 2, n)) / 8
    level = 0.3 + 0.9 * checklist + rng.normal(0, 0.15, regions)[region] + rng.normal(0, 3 * beyond, n)
    answers = rng.integers(asked // 2, 2 * asked, n)
    if ceiling:
        marks = [np.searchsorted([-2.05, -1.81, -1.40, -0.84], at - 0.6 + rng.normal(size=size)) / 4
                 for at, size in zip(level, answers, strict=True)]
        survey, error = np.array([m.mean() for m in marks]), np.array([m.std(ddof=1) / len(m)**0.5 for m in marks])
    else:
        error = np.full(n, 0.3) / answers**0.5
        survey = np.sin(0.8 + 0.1 * level + rng.normal(0, 0.03, n)) ** 2 + rng.normal(0, error) * 0.5
    return [pd.Series(column, labels) for column in (survey, error, answers, checklist, [f"R{i}" for i in region])]


# Tables of both sides.

def measurement_rows():
    return pd.DataFrame([
        ("C01", "Д1", "subjective", "С", 0.9, 0.03, 40), ("C01", "Д1", "subjective", "Р", 0.8, 0.04, 9),
        ("C01", "Д1", "objective", "", 0.75, np.nan, 8), ("C02", "Д1", "subjective", "С", 0.7, np.nan, 1),
        ("C02", "Д1", "objective", "", 0.5, np.nan, 8), ("C02", "П2", "objective", "", 0.5, np.nan, 4),
        ("C03", "Д1", "subjective", "С", np.nan, np.nan, 2)],
        columns=["unit", "indicator", "side", "clientele", "value", "se", "n"])


def test_clienteles_are_joined_by_their_shares_over_those_that_answered():
    found = side_tables(measurement_rows(), {"С": 0.8, "Р": 0.2})
    assert found.survey.loc["C01", "Д1"] == pytest.approx(0.8 * 0.9 + 0.2 * 0.8)
    assert found.error.loc["C01", "Д1"] == pytest.approx(np.hypot(0.8 * 0.03, 0.2 * 0.04))
    assert found.respondents.loc["C01", "Д1"] == 49
    assert found.effective.loc["C01", "Д1"] == pytest.approx(1 / (0.64 / 40 + 0.04 / 9))
    assert found.survey.loc["C02", "Д1"] == pytest.approx(0.7)
    assert found.error.loc["C02", "Д1"] == pytest.approx((0.03**2 * 40) ** 0.5)   # pooled variance of one answer
    assert list(found.survey.index) == ["C01", "C02"]
    assert found.survey["П2"].isna().all()
    assert found.requirements["П2"].to_dict() == {"C01": pytest.approx(np.nan, nan_ok=True), "C02": 4}


def test_what_cannot_be_joined_is_refused_in_words():
    rows = measurement_rows()
    with pytest.raises(InputError, match=r"Стороны показателей: не указана доля клиентур: Р\."):
        side_tables(rows, {"С": 1.0})
    with pytest.raises(InputError, match="доля клиентуры — число больше 0, найдено: С = 1, Р = 0"):
        side_tables(rows, {"С": 1.0, "Р": 0.0})
    with pytest.raises(InputError, match=r"измерение повторяется: C01 × Д1 \(subjective, «С»; всего 1\)"):
        side_tables(pd.concat([rows, rows.head(1)]), {"С": 0.5, "Р": 0.5})


# Measures.

@pytest.mark.parametrize("seed", range(3))
def test_measures_are_those_of_the_neighbours(seed):
    tables = two_sides(seed)
    found = measures(**tables).loc["Д1"]
    s, o, variance = tables["survey"]["Д1"], tables["checklist"]["Д1"], tables["error"]["Д1"] ** 2
    agreement, corrected = concordance(s, o), disattenuated(s, o, variance)
    assert found[["bias", "bias_low", "bias_high", "correlation", "ccc"]].to_list() == pytest.approx(
        [agreement.bias, *agreement.bias_interval, agreement.pearson, agreement.ccc])
    assert found[["true_correlation", "true_correlation_low", "true_correlation_high"]].to_list() == pytest.approx(
        [corrected.value, *corrected.interval])
    reliable = reliability(s, variance)
    assert found[["reliability", "reliability_low", "reliability_high"]].to_list() == pytest.approx(
        [reliable.value, *reliable.interval])
    assert found["true_ccc"] == pytest.approx(corrected_concordance(s, o, variance).ccc)
    spreads = s.std(ddof=0) * o.std(ddof=0)                              # Lin divides by n
    assert found["location_shift"] == pytest.approx(abs(s.mean() - o.mean()) / np.sqrt(spreads))
    low, high = agreement.location_shift_interval
    assert found["location_shift_low"] == pytest.approx(max(low, -high, 0))


@pytest.mark.parametrize("seed", range(3))
def test_shares_and_weights_do_what_they_say(seed):
    tables = two_sides(seed)
    found = measures(**tables).loc["Д1"]
    s, o = tables["survey"]["Д1"], tables["checklist"]["Д1"]
    half = (s + o) / 2
    assert found["survey_share"] == pytest.approx(np.cov(s / 2, half)[0, 1] / half.var())
    w = found["balanced_weight"]
    weighted = w * s + (1 - w) * o
    assert np.cov(w * s, weighted)[0, 1] == pytest.approx(np.cov((1 - w) * o, weighted)[0, 1])
    assert found["survey_room"] == pytest.approx(s.var(ddof=0) / (s.mean() * (1 - s.mean())))
    assert found[["levels", "step", "requirements", "distinct"]].to_list() == [9, 1 / 8, 8, o.nunique()]
    assert found["checklist_best"] == (o == 1).mean()


def test_effective_share_of_two_uneven_sides(oracle):
    """Standard deviations .05 and .20, correlation .3: the announced half of the survey is 11.3 %."""
    rng = np.random.default_rng(0)
    z = rng.normal(size=(500, 2))
    z = np.linalg.solve(np.linalg.cholesky(np.cov((z - z.mean(axis=0)).T)), (z - z.mean(axis=0)).T)
    s, o = 0.8 + 0.05 * z[0], 0.6 + 0.2 * (0.3 * z[0] + 0.91**0.5 * z[1])
    tables = two_sides(0, 500)
    tables |= {"survey": pd.DataFrame({"Д1": s}, tables["error"].index),
               "checklist": pd.DataFrame({"Д1": o}, tables["error"].index).clip(lower=0)}
    o = tables["checklist"]["Д1"]
    expected = (0.0025 + np.cov(s, o)[0, 1]) / (0.0025 + o.var() + 2 * np.cov(s, o)[0, 1])
    assert measures(**tables).loc["Д1", "survey_share"] == pytest.approx(expected)
    oracle("доля опроса в полусумме при разбросах 0,05 и 0,20 и связи 0,3", "тождество ковариаций: 0,1134; пересчитано",
           (0.05**2 + 0.3 * 0.05 * 0.2) / (0.05**2 + 0.2**2 + 2 * 0.3 * 0.05 * 0.2), 0.1134, 5e-5)


def test_checklist_reliability_is_kr21_for_lists_of_one_length(oracle):
    """Kuder-Richardson formula 21 with the variance over n - 1: k/(k-1) (1 - M(k-M)/(k s^2)), up to terms of 1/n."""
    tables = two_sides(3, 4000, of=6)
    x = tables["checklist"]["Д1"] * 6
    kr21 = 6 / 5 * (1 - x.mean() * (6 - x.mean()) / (6 * x.var(ddof=0)))
    oracle("надёжность чек-листа по Лорду", "формула Кьюдера — Ричардсона 21; пересчитано",
           measures(**tables).loc["Д1", "checklist_reliability"], kr21, 1e-3)


def test_reliability_weight_makes_the_error_least():
    """In units of the true spread, by trying all weights."""
    found = measures(**two_sides(4)).loc["Д1"]
    errors = [(1 - found[name]) / found[name] for name in ("reliability", "checklist_reliability")]
    grid = np.linspace(0, 1, 10_001)
    best = grid[np.argmin(grid**2 * errors[0] + (1 - grid) ** 2 * errors[1])]
    assert found["reliability_weight"] == pytest.approx(best, abs=1e-4)


def test_needed_respondents_reach_the_wanted_reliability():
    found = measures(**two_sides(5)).loc["Д1"]
    times = found["respondents_needed"] / found["respondents"]
    rho = found["reliability"]
    assert times * rho / (1 + (times - 1) * rho) == pytest.approx(0.7)


def test_columns_are_the_described_ones_and_rows_are_matched_by_label():
    tables = two_sides(6)
    before = measures(**tables)
    assert list(before.columns) == list(MEASURES)
    mixed = {name: table.sample(frac=1, random_state=i) for i, (name, table) in enumerate(tables.items())}
    pd.testing.assert_frame_equal(measures(**mixed), before)


def test_what_is_missing_leaves_gaps_not_guesses():
    tables = two_sides(7)
    only = measures(**{**tables, "survey": tables["survey"].rename(columns={"Д1": "Д9"})})
    assert only["units"].to_dict() == {"Д1": 0, "Д9": 0}
    assert only[["bias", "reliability", "levels"]].isna().all(axis=None)
    without = measures(**{**tables, "error": tables["error"] * np.nan}).loc["Д1"]
    assert without[["reliability", "true_correlation", "respondents_needed"]].isna().all()
    assert np.isfinite(without["bias"])
    flat = measures(**{**tables, "checklist": tables["checklist"] * 0 + 1}).loc["Д1"]
    assert flat["checklist_commonest"] == 1
    assert flat[["correlation", "spread_ratio", "checklist_reliability"]].isna().all()


def test_a_missing_error_is_taken_from_the_pooled_variance_of_an_answer():
    tables = two_sides(8)
    tables["error"].iloc[3] = np.nan
    full = tables["error"].copy()
    pooled = (tables["error"]["Д1"] ** 2 * tables["respondents"]["Д1"]).mean()
    full.iloc[3] = (pooled / tables["respondents"]["Д1"].iloc[3]) ** 0.5
    pd.testing.assert_frame_equal(measures(**tables), measures(**{**tables, "error": full}))


def test_negative_values_are_refused_with_their_place():
    tables = two_sides(9)
    tables["error"].loc["C004", "Д1"] = -0.1
    with pytest.raises(InputError, match=r"Измерения согласия, ошибка опроса: значение не меньше 0, найдено -0.1 "
                                         r"\(C004 × Д1\)"):
        measures(**tables)


# Rules.

@pytest.mark.parametrize(("change", "action", "rule"), [
    ({}, verdict.KEEP, 12),
    ({"units": 19}, verdict.COLLECT, 1),
    ({"checklist_commonest": 0.95}, verdict.DROP, 2),
    ({"survey_commonest": 0.99}, verdict.DROP, 3),
    ({"reliability": 0.19}, verdict.ENLARGE, 4),
    ({"reliability": -0.2, "true_correlation_high": np.nan}, verdict.ENLARGE, 4),
    ({"levels": 4}, verdict.REFINE, 5),
    ({"spread_ratio": 0.2, "location_shift_low": 1.0}, verdict.WEIGH, 6),
    ({"location_shift_low": 0.5}, verdict.INSPECT, 7),
    ({"true_correlation_high": 0.29}, verdict.REWRITE, 8),
    ({"true_correlation_low": -0.1}, verdict.COLLECT, 9),
    ({"spread_ratio": 0.2}, verdict.WEIGH, 10),
    ({"reliability": 0.39}, verdict.WEIGH, 11),
    ({"reliability": np.nan}, verdict.UNDECIDED, 4),
    ({"true_correlation_high": np.nan}, verdict.UNDECIDED, 8),
    ({"true_correlation_high": np.inf, "true_correlation_low": -np.inf}, verdict.COLLECT, 9),
])
def test_default_rules_in_their_order(change, action, rule):
    row = pd.DataFrame([{**dict.fromkeys(MEASURES, 0.5), **GOOD, **change}], index=["Д1"])
    found = verdicts(row).loc["Д1"]
    assert (found["action"], found["rule"]) == (action, rule)
    assert found["source"] == RULES[rule - 1].source


def test_every_default_rule_names_measures_and_a_source():
    for rule in RULES:
        fields = {field for _, field, _, _ in string.Formatter().parse(rule.reason) if field}
        assert {field.removeprefix("above_").removeprefix("below_") for field in fields} <= set(MEASURES)
        assert rule.source
        assert rule.action in {verdict.KEEP, verdict.WEIGH, verdict.REWRITE, verdict.REFINE, verdict.ENLARGE,
                               verdict.INSPECT, verdict.DROP, verdict.COLLECT}


def test_reasons_have_their_numbers_in_russian():
    row = pd.DataFrame([{**dict.fromkeys(MEASURES, 0.5), **GOOD, "location_shift_low": 0.8, "location_shift": 1.215,
                         "bias": -0.104}], index=["М2"])
    assert verdicts(row).loc["М2", "reason"] == (
        "уровни расходятся на −0,10 (опрос минус чек-лист), это 1,22 стандартного отклонения, больше 0,50: проверить, "
        "о том ли требования и не завышен ли чек-лист")
    row = row.assign(reliability=0.1, respondents=43.5, respondents_needed=np.inf)
    assert verdicts(row).loc["М2", "reason"] == (
        "надёжность опроса 0,10 при 43,5 ответах на единицу, ниже 0,20: различия единиц почти целиком случайны; для "
        "надёжности 0,7 ответов на единицу нужно: ∞")
    undecided = verdicts(row.assign(reliability=np.nan)).loc["М2", "reason"]
    assert undecided == "не вычислено: надёжность опроса при нынешнем числе ответов"


@pytest.mark.parametrize(("rules", "error", "words"), [
    ((), EditionError, "Правила вердиктов: нужно хотя бы одно правило, найдено 0."),
    (RULES[:-1], EditionError,
     "Правила вердиктов, правило 11 («взвесить стороны»): условия должны быть у всех правил, кроме последнего; у "
     "последнего их нет, чтобы решение было всегда."),
    (RULES[-1:] * 2, EditionError,
     "Правила вердиктов, правило 1 («складывать поровну»): условия должны быть у всех правил, кроме последнего; у "
     "последнего их нет, чтобы решение было всегда."),
    ((replace(RULES[0], when={"units": (None, None)}), RULES[-1]), EditionError,
     "Правила вердиктов, правило 1 («собрать больше единиц»): у меры «units» не задана ни одна граница."),
    ((replace(RULES[0], when={"units": (5, 5)}), RULES[-1]), EditionError,
     "Правила вердиктов, правило 1 («собрать больше единиц»): у меры «units» нижняя граница 5 не меньше верхней 5."),
    ((replace(RULES[0], reason="мало: {unit}"), RULES[-1]), EditionError,
     "Правила вердиктов, правило 1 («собрать больше единиц»): в тексте причины нет такой меры или границы: unit."),
    ((replace(RULES[0], reason="мало: {units"), RULES[-1]), EditionError,
     "Правила вердиктов, правило 1 («собрать больше единиц»): в тексте причины не сходятся скобки"),
])
def test_faulty_rules_are_refused_in_words(rules, error, words):
    with pytest.raises(error) as raised:
        verdicts(pd.DataFrame([dict.fromkeys(MEASURES, 0.5)], index=["Д1"]), rules)
    assert str(raised.value).startswith(words)


def test_a_measure_that_is_not_there_is_named():
    with pytest.raises(InputError, match=r"меры «units» нет среди столбцов\. Есть: bias"):
        verdicts(pd.DataFrame({"bias": [0.1]}, index=["Д1"]))


def test_planted_kinds_of_a_country_are_recognised():
    """Six kinds, 19 indicators, a country of 600 centres; 20 whole countries: benchmarks/verdict_recovery.py."""
    country = generate(3, centres=600, regions=45, years=("2023",))
    answers = country.answers["2023"].rename(columns={"центр": "unit", "клиентела": "clientele"})
    codes = [code for code, profile in PROFILES.items() if profile.kind != NO_SURVEY]
    marks = (answers[codes].astype("Float64").astype(float) - 1) / 4
    by = marks.groupby([answers["unit"], answers["clientele"]])
    stacked = {name: table.stack().rename(name) for name, table in (
        ("value", by.mean()), ("se", by.std() / np.sqrt(by.count())), ("n", by.count()))}
    survey = pd.concat(stacked, axis=1).rename_axis(["unit", "clientele", "indicator"]).reset_index()
    checks = country.checklist["2023"].set_index("центр").astype("Float64").astype(float).rename_axis("unit")
    of = checks.columns.str.split(".").str[0]
    objective = pd.concat({"value": checks.T.groupby(of).mean().T.stack(), "n": checks.T.groupby(of).count().T.stack()},
                          axis=1).rename_axis(["unit", "indicator"]).reset_index()
    rows = pd.concat([survey.assign(side="subjective"), objective.assign(side="objective", clientele="")])
    tables = side_tables(rows, dict.fromkeys(answers["clientele"].unique(), 0.5))
    found = verdicts(measures(tables.survey, tables.error, tables.respondents, tables.checklist, tables.requirements))
    expected = pd.Series({code: EXPECTED[profile.kind] for code, profile in PROFILES.items()})
    assert (found["action"] == expected[found.index]).sum() >= 19


# Quadrants.

def test_quadrants_by_medians_and_by_stated_cuts():
    rng = np.random.default_rng(0)
    survey, checklist = (pd.Series(rng.random(41), [f"C{i:02d}" for i in range(41)]) for _ in range(2))
    found = quadrants(survey, checklist.sample(frac=1, random_state=1), 0.05)
    assert (found.survey_cut, found.checklist_cut) == (survey.median(), checklist.median())
    liked, fulfils = survey >= survey.median(), checklist >= checklist.median()
    assert found.table["quadrant"].value_counts()[QUADRANTS[0]] == (liked & fulfils).sum()
    stated = quadrants(survey, checklist, 0.05, survey_cut=0.2, checklist_cut=0.9)
    assert (stated.table["quadrant"] == QUADRANTS[2]).sum() == ((survey >= 0.2) & (checklist < 0.9)).sum()
    assert found.table[list(QUADRANTS)].sum(axis=1).to_list() == pytest.approx([1] * 41)
    assert found.expected.sum() == pytest.approx(41)


def test_flat_probabilities_by_hand():
    labels = list("abc")
    found = quadrants(pd.Series([0.9, 0.8, 0.7], labels), pd.Series([1.0, 0.0, 1.0], labels), 0.1, survey_cut=0.8,
                      checklist_cut=0.5, prior="flat").table
    assert found.loc["a", QUADRANTS[0]] == pytest.approx(stats.norm.cdf(1))
    assert found.loc["b", QUADRANTS[2]] == pytest.approx(0.5)
    assert found.loc["c", "probability"] == pytest.approx(stats.norm.cdf(1))
    exact = quadrants(pd.Series([0.9, 0.8, 0.7], labels), pd.Series([1.0, 0.0, 1.0], labels), 0.0, survey_cut=0.8,
                      checklist_cut=0.5).table
    assert exact["probability"].to_list() == [1, 1, 1]


@pytest.mark.slow
def test_probabilities_come_true_as_often_as_stated():
    """100 countries of 200 units: in each band of stated probability the share that is so; standard error below .02
    where a band has 500 units. The flat prior is too sure."""
    stated, true = {"normal": [], "flat": []}, []
    for seed in range(100):
        rng = np.random.default_rng(seed)
        units = pd.RangeIndex(200)
        theta = pd.Series(rng.normal(0.8, 0.05, 200), units)
        se = pd.Series(rng.uniform(0.03, 0.07, 200), units)
        survey, checklist = theta + rng.normal(0, se), pd.Series(rng.random(200), units)
        true.append((theta >= 0.82).to_numpy())
        for prior, chances in stated.items():
            table = quadrants(survey, checklist, se, survey_cut=0.82, checklist_cut=0.5, prior=prior).table
            chances.append((table[QUADRANTS[0]] + table[QUADRANTS[2]]).to_numpy())
    gaps = {}
    for prior, chances in stated.items():
        bands = pd.cut(np.concatenate(chances), np.linspace(0, 1, 11))
        table = pd.DataFrame({"said": np.concatenate(chances), "so": np.concatenate(true)})
        mean, size = (getattr(table.groupby(bands, observed=True), name)() for name in ("mean", "size"))
        gaps[prior] = (mean["said"] - mean["so"]).abs()[size >= 500].max()
    assert gaps["normal"] < 0.05
    assert gaps["flat"] > 0.1


@pytest.mark.parametrize(("call", "error", "words"), [
    (lambda s, o: quadrants(s, o, -0.1), InputError,
     "Четыре группы единиц: ошибка опроса — число не меньше 0, иначе у: a, b, c (всего 3)."),
    (lambda s, o: quadrants(s, o.head(2), 0.1), NotPublishable,
     "Четыре группы единиц: нужно не меньше 3 единиц с обеими сторонами, найдено 2. Проверьте, одинаковы ли коды "
     "единиц."),
    (lambda s, o: quadrants(s, o, 0.1, prior="none"), InputError,
     "Четыре группы единиц: неизвестно «none», допустимы normal и flat."),
])
def test_refusals_of_quadrants_in_words(call, error, words):
    with pytest.raises(error) as raised:
        call(pd.Series([0.9, 0.8, 0.7], list("abc")), pd.Series([1.0, 0.0, 1.0], list("abc")))
    assert str(raised.value) == words


# Centres to inspect.

@pytest.mark.parametrize("seed", range(3))
def test_statistic_agrees_with_deleted_residuals_of_weighted_least_squares(oracle, seed):
    survey, error, answers, checklist, region = centres(seed)
    found = centres_to_inspect(survey, error, answers, checklist, region)
    y = 2 * np.arcsin(np.sqrt(survey))
    sampling = (answers * error**2).sum() / (survey * (1 - survey)).sum() / answers
    x = pd.get_dummies(region).astype(float).assign(checklist=checklist)

    def peer(beyond):
        return sm.WLS(y, x, weights=1 / (beyond + sampling)).fit()

    low, high = 0.0, 1.0
    for _ in range(100):                                     # the variance at which chi-square equals its df
        middle = (low + high) / 2
        fit = peer(middle)
        low, high = (middle, high) if (fit.wresid**2).sum() > fit.df_resid else (low, middle)
    influence = sm.OLS(fit.model.wendog, fit.model.wexog).fit().get_influence()
    oracle("отклонение центра от ожидаемого по чек-листу и региону",
           "statsmodels, удалённые стьюдентизированные остатки", found["t"], influence.resid_studentized_external, 1e-5)
    p = 2 * stats.t.sf(found["t"].abs(), len(y) - x.shape[1] - 1)
    assert found["q"].to_list() == pytest.approx(stats.false_discovery_control(p))


def test_expected_is_what_the_others_let_expect():
    """Whatever a centre's own survey is, it has next to no part in what is expected of it."""
    survey, error, answers, checklist, _ = centres(5)
    found = centres_to_inspect(survey, error, answers, checklist)
    assert found["difference"].to_list() == pytest.approx((found["survey"] - found["expected"]).to_list())
    assert (np.sign(found["t"]) == np.sign(found["difference"])).all()
    moved = survey.copy()
    moved["C010"] = 0.5
    again = centres_to_inspect(moved, error, answers, checklist)
    assert again.loc["C010", "expected"] == pytest.approx(found.loc["C010", "expected"], abs=0.005)


def test_planted_centres_are_found_both_ways_and_few_others():
    survey, error, answers, checklist, region = centres(6, n=300, regions=20)
    survey["C020"], survey["C030"] = 0.99, 0.25
    found = centres_to_inspect(survey, error, answers, checklist, region)
    assert found.loc[["C020", "C030"], "side"].to_list() == ["выше ожидаемого", "ниже ожидаемого"]
    assert (found["side"] != "").sum() <= 4
    assert ((found["q"] <= 0.1) == (found["side"] != "")).all()


def test_a_centre_alone_in_its_region_is_not_tested_and_order_does_not_matter():
    survey, error, answers, checklist, region = centres(7)
    region["C003"] = "R99"
    found = centres_to_inspect(survey, error, answers, checklist, region)
    assert found.loc["C003", ["expected", "t", "p", "q"]].isna().all()
    assert found.loc["C003", "side"] == ""
    mixed = centres_to_inspect(survey.sample(frac=1, random_state=1), error[::-1], answers, checklist[::-1],
                               region.sample(frac=1, random_state=2))
    assert list(found.index) == list(survey.index)
    pd.testing.assert_frame_equal(mixed.loc[found.index], found)


def test_a_checklist_alike_everywhere_leaves_the_region_only():
    survey, error, answers, checklist, region = centres(8)
    found = centres_to_inspect(survey, error, answers, checklist * 0 + 0.5, region)
    assert np.isfinite(found["t"]).all()


@pytest.mark.slow
@pytest.mark.parametrize("ceiling", [False, True])
def test_p_values_of_countries_where_nobody_stands_out(ceiling):
    """200 countries of 120 centres, 24,000 tests: standard error of the share below .05 is .14 points, of that below
    .001 .02 points; a list at 10 % should be empty in nine of ten (standard error 2.1 points)."""
    p, listed = [], 0
    for seed in range(200):
        found = centres_to_inspect(*centres(seed, ceiling=ceiling))
        p.append(found["p"].dropna())
        listed += (found["side"] != "").any()
    p = pd.concat(p)
    assert 0.044 <= (p < 0.05).mean() <= 0.058
    assert (p < 0.001).mean() <= 0.003
    assert listed / 200 <= 0.17


@pytest.mark.parametrize(("change", "error", "words"), [
    (lambda s, e, n, o, r: (s.head(15), e, n, o, r), NotPublishable,
     "Центры для проверки: нужно не меньше 20 центров и больше, чем регионов, найдено центров 15, регионов 8; опрос не "
     "у всех наибольший."),
    (lambda s, e, n, o, r: (s.where(s.index != "C002", 1.2), e, n, o, r), InputError,
     "Центры для проверки: опрос — число от 0 до 1, ответов больше 0, иначе у: C002 (всего 1)."),
    (lambda s, e, n, o, r: (s, e, n.drop("C004"), o, r), InputError,
     "Центры для проверки: опрос — число от 0 до 1, ответов больше 0, иначе у: C004 (всего 1)."),
    (lambda s, e, n, o, r: (s, e, n, o, r.drop("C005")), InputError,
     "Центры для проверки: не указан регион: C005 (всего 1)."),
    (lambda s, e, n, o, r: (s, e, n, o, r, 1.0), InputError,
     "Центры для проверки: уровень ложных находок должен быть больше 0 и меньше 1, найдено 1.0."),
])
def test_refusals_of_the_list_in_words(change, error, words):
    with pytest.raises(error) as raised:
        centres_to_inspect(*change(*centres(0)))
    assert str(raised.value) == words


def test_an_edition_may_carry_its_own_rules(root):
    """The default ones without the key; with it, its own in their order, thresholds filled into the reason."""
    star = load_edition(root, "star-2022")
    assert verdict.rules_of(star) is RULES
    content = json.loads(star.model_dump_json(by_alias=True, exclude_none=True))
    content["verdict_rules"] = [
        {"when": {"reliability": {"below": 0.7}}, "action": "опросить больше",
         "reason": "надёжность {reliability} ниже {below_reliability}", "source": "решение 0099"},
        {"action": "складывать", "reason": "разность {bias}", "source": "решение 0099"}]
    own = verdict.rules_of(parse_edition(json.dumps(content, ensure_ascii=False)))
    row = pd.DataFrame([GOOD | {"bias": 0.1}, GOOD | {"reliability": 0.5, "bias": 0.1}], index=["Д1", "Д2"])
    found = verdicts(row, own)
    assert found["action"].to_dict() == {"Д1": "складывать", "Д2": "опросить больше"}
    assert found.loc["Д2", "reason"] == "надёжность 0,50 ниже 0,70"


@pytest.mark.parametrize(("bounds", "words"), [
    ({}, "нужна хотя бы одна граница"), ({"least": 0.7, "below": 0.3}, "least .* должно быть меньше below")])
def test_rules_of_an_edition_are_checked_where_they_stand(root, bounds, words):
    content = json.loads(load_edition(root, "star-2022").model_dump_json(by_alias=True, exclude_none=True))
    content["verdict_rules"] = [{"when": {"reliability": bounds}, "action": "а", "reason": "б", "source": "в"}]
    with pytest.raises(EditionError, match=words) as error:
        parse_edition(json.dumps(content, ensure_ascii=False))
    assert "verdict_rules.0.when.reliability" in str(error.value)


def test_normal_probabilities_by_hand():
    """Scores are drawn to their mean by tau / (tau + se^2); tau is what the errors leave of their spread."""
    units = list("abcdef")
    survey = pd.Series([0.60, 0.70, 0.75, 0.82, 0.90, 0.97], units)
    error = pd.Series([0.02, 0.08, 0.05, 0.03, 0.10, 0.01], units)
    checklist = pd.Series([0.9, 0.2, 0.9, 0.2, 0.9, 0.2], units)
    found = quadrants(survey, checklist, error, survey_cut=0.8, checklist_cut=0.5)
    tau = survey.var() - (error**2).mean()
    kept = tau / (tau + error**2)
    liked = stats.norm.cdf((survey.mean() + kept * (survey - survey.mean()) - 0.8) / (np.sqrt(kept) * error))
    assert found.table[QUADRANTS[0]].to_numpy() == pytest.approx(np.where(checklist > 0.5, liked, 0))
    assert found.table[list(QUADRANTS)].sum(axis=1).to_numpy() == pytest.approx(1)


def test_a_checklist_of_chance_alone_gets_no_weight_and_confidence_goes_into_the_intervals():
    data = two_sides(11)
    chance = pd.DataFrame({"Д1": np.random.default_rng(4).binomial(8, 0.6, 200) / 8}, data["checklist"].index)
    found = measures(**{**data, "checklist": chance}).loc["Д1"]
    assert found["checklist_reliability"] < 0 < found["reliability"]
    assert found["reliability_weight"] == 1
    narrow, wide = (measures(**data, confidence=confidence).loc["Д1"] for confidence in (0.8, 0.99))
    for name in ("reliability", "true_correlation", "bias"):
        assert wide[f"{name}_low"] < narrow[f"{name}_low"] < narrow[f"{name}_high"] < wide[f"{name}_high"]


NAMES = {"Лина", "N", "1/N", "+", "—"}


def test_words_of_measures_actions_and_quadrants_are_small_russian_phrases():
    """They stand inside sentences of reports."""
    actions = (verdict.KEEP, verdict.WEIGH, verdict.REWRITE, verdict.REFINE, verdict.ENLARGE, verdict.INSPECT,
               verdict.DROP, verdict.COLLECT, verdict.UNDECIDED)
    phrases = [*verdict.MEASURES.values(), *actions, *verdict.QUADRANTS, verdict.ABOVE, verdict.BELOW]
    assert len(set(phrases)) == len(phrases)
    for phrase in phrases:
        assert all(word.strip(",;«»").islower() or word.strip(",") in NAMES or word[0].isdigit()
                   for word in phrase.split()), phrase
        assert re.match(r"^[а-я]", phrase), phrase
        assert not re.search(r"[X;:.]$", phrase), phrase
    assert set(actions) == {"складывать поровну", "взвесить стороны", "переписать требования", "дополнить перечень",
                            "увеличить выборку", "разобрать разницу уровней", "исключить как неразличающий",
                            "собрать больше единиц", "не решено"}


def test_reasons_of_rules_begin_small_end_open_and_carry_no_stray_letters():
    """A reason is put behind the action and gets its full stop there."""
    for rule in verdict.RULES:
        assert re.match(r"^[а-я]", rule.reason), rule.reason
        assert not rule.reason.endswith((".", "X", " ")), rule.reason
        assert rule.reason == re.sub(r"XX|  ", "", rule.reason)
        plain = re.sub(r"\{\w+\}", "", rule.reason)
        assert all(not word.isupper() for word in re.findall(r"[А-Яа-я]{2,}", plain)), rule.reason
        assert not re.search(r"XX", rule.source)
