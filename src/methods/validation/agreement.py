"""Published examples of agreement: raters, rankings, two measurements, groups, sizes of samples."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
from scipy import stats

from methods.agreement.concordance import LIMIT, concordance
from methods.agreement.correlation import spearman
from methods.agreement.internal_consistency import cronbach_alpha, omega
from methods.agreement.intraclass import intraclass_correlation
from methods.agreement.kappa import cohen_kappa
from methods.agreement.planner import allocate
from methods.agreement.random_intercept import random_intercept
from methods.agreement.rankings import kendall_w
from methods.agreement.raters import fleiss_kappa, gwet_ac1, krippendorff_alpha
from methods.agreement.regression import deming, passing_bablok, york
from methods.agreement.structure import between_within, mantel
from methods.validation.check import Found, check
from methods.validation.published import Published

LEVELS = ("nominal", "ordinal", "interval", "ratio")
ANXIETY = "R irr, данные anxiety"
MCR = "R mcr 1.3, проверки TD15 и TD20"


# -- judges and raters -------------------------------------------------------------------------------------------------

@check("Shrout, Fleiss (1979), табл. 4", "внутриклассовая корреляция, шесть форм")
def shrout_fleiss_1979(book: Published) -> Found:
    """Six targets, four judges."""
    return intraclass_correlation(book.table("shrout_fleiss", None)).table["value"]


@check("R psych, ICC(ratings), данные Shrout, Fleiss", "нижние границы интервалов", within=6e-4,
       because="программа печатает две границы с разным числом знаков")
def psych_icc_low(book: Published) -> Found:
    """95 %."""
    return intraclass_correlation(book.table("shrout_fleiss", None)).table["low"]


@check("Руководство pingouin 0.7, вина", "внутриклассовая корреляция, шесть форм")
def pingouin_wines(book: Published) -> Found:
    """Eight wines, four judges."""
    return intraclass_correlation(book.table("wines", None)).table["value"]


@check(ANXIETY, "ICC(A,1) с интервалом")
def irr_icc(book: Published) -> Found:
    """icc(anxiety, "twoway", "agreement")."""
    found = intraclass_correlation(book.table("anxiety", None), interval="f").table.loc["ICC(2,1)"]
    return found[["value", "low", "high"]].astype(float)


@check(ANXIETY, "конкордация Кендалла с поправкой на повторы: W и p")
def irr_kendall(book: Published) -> Found:
    """kendall(anxiety, TRUE)."""
    found = kendall_w(book.table("anxiety", None), "marks")
    return {"W": found.w, "p": found.p}


@check(ANXIETY, "каппа Коэна с квадратичными весами: значение и z")
def irr_kappa(book: Published) -> Found:
    """kappa2(anxiety[, 1:2], "squared")."""
    marks = book.table("anxiety", None)
    found = cohen_kappa(marks["rater1"], marks["rater2"], "quadratic")
    return {"kappa": found.value, "z": found.z}


@check("Четыре судьи, десять проектов (scribd 659863121)", "коэффициент конкордации Кендалла")
def kendall_projects(book: Published) -> Found:
    """S = 1048."""
    return {"W": kendall_w(book.table("projects", None)).w}


def _two_raters(counts: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """Two raters whose contingency table this is."""
    cells = [(a, b) for a, row in enumerate(counts.to_numpy()) for b, n in enumerate(row) for _ in range(n)]
    return tuple(map(pd.Series, zip(*cells, strict=True)))


@check("SAS, пример в тестах statsmodels", "каппа Коэна, простая и взвешенная: ошибка, интервал, z, p")
def sas_kappa(book: Published) -> Found:
    """19 units, three categories."""
    found = {"simple": cohen_kappa(*_two_raters(book.table("sas_kappa", None)), interval="asymptotic"),
             "weighted": cohen_kappa(*_two_raters(book.table("sas_kappa", None)), "linear", interval="asymptotic")}
    return pd.DataFrame({name: {"kappa": each.value, "se": each.se, "low": each.interval[0],
                                "high": each.interval[1], "z": each.z, "p": each.p} for name, each in found.items()})


@check("R irrCAC, cont3x3abstractors", "каппа Коэна и её ошибка")
def irrcac_kappa(book: Published) -> Found:
    """100 units."""
    found = cohen_kappa(*_two_raters(book.table("abstractors", None)), interval="asymptotic")
    return {"kappa": found.value, "se": found.se}


def _many_raters(counts: pd.DataFrame) -> pd.DataFrame:
    """Ratings whose counts by unit and category these are; which rater gave which does not matter."""
    return pd.DataFrame([np.repeat(np.arange(counts.shape[1]), row) for row in counts.to_numpy()])


@check("Fleiss (1971), 30 диагнозов; R irr", "каппа Флейса")
def fleiss_1971(book: Published) -> Found:
    """Six psychiatrists, five diagnoses."""
    return {"kappa": fleiss_kappa(book.table("diagnoses", None)).value}


@check("Википедия, каппа Флейса", "каппа Флейса, 10 единиц и 14 оценок")
def fleiss_wikipedia(book: Published) -> Found:
    """Five categories."""
    return {"kappa": fleiss_kappa(_many_raters(book.table("fleiss_wikipedia", None))).value}


@check("R irrCAC, distrib.6raters", "каппа Флейса и AC1 Гвета с ошибками")
def irrcac_raters(book: Published) -> Found:
    """15 patients, six physicians."""
    ratings = _many_raters(book.table("distrib_6raters", None))
    return pd.DataFrame({name: {"value": found.value, "se": found.se} for name, found in {
        "Fleiss": fleiss_kappa(ratings), "AC1": gwet_ac1(ratings)}.items()})


@check("R irrCAC, cac.raw4raters", "AC1 Гвета с пропусками: значение, ошибка, p, ожидаемое")
def irrcac_gaps(book: Published) -> Found:
    """Twelve units, four raters."""
    found = gwet_ac1(book.table("four_raters", None), interval="asymptotic")
    return {"AC1": found.value, "se": found.se, "p": found.p, "expected": found.expected}


@check("Krippendorff (2011), пример C; R irr", "альфа Криппендорфа, четыре уровня измерения")
def krippendorff_2011(book: Published) -> Found:
    """Twelve units, four raters, gaps."""
    return {level: krippendorff_alpha(book.table("four_raters", None), level).value for level in LEVELS}


@check("Пакет krippendorff (fast-krippendorff), пример", "альфа Криппендорфа, номинальная и интервальная")
def fast_krippendorff(book: Published) -> Found:
    """Fifteen units, three raters."""
    return {level: krippendorff_alpha(book.table("three_raters", None), level).value
            for level in ("nominal", "interval")}


# -- scales ------------------------------------------------------------------------------------------------------------

@check("Руководство pingouin, cronbach_wide_missing", "альфа Кронбаха с пропусками, попарно и по полным строкам")
def pingouin_alpha(book: Published) -> Found:
    """Twelve people, eleven questions."""
    answers = book.table("answers", None)
    return {gaps: cronbach_alpha(answers, gaps=gaps).alpha for gaps in ("pairwise", "listwise")}


@check("Revelle, табл. 7.5; R psych, omega", "омега общая и иерархическая")
def revelle_omega(book: Published) -> Found:
    """Any data of exactly these correlations."""
    r = book.table("revelle")
    z = np.random.default_rng(7).normal(size=(200, len(r)))
    z = np.linalg.qr(z - z.mean(axis=0))[0] * np.sqrt(len(z) - 1)
    found = omega(pd.DataFrame(z @ np.linalg.cholesky(r).T, columns=r.columns), "three")
    return {"total": found.total, "hierarchical": found.hierarchical}


# -- two measurements --------------------------------------------------------------------------------------------------

@check("Bland, Altman (1986), с. 308", "пиковый поток: смещение, разброс разностей")
def bland_altman_1986(book: Published) -> Found:
    """17 subjects, two meters."""
    flow = book.table("bland_altman_pefr")
    found = concordance(flow["wright"], flow["mini"])
    return {"bias": found.bias, "sd": (found.limits[1] - found.limits[0]) / (2 * LIMIT)}


@check("Bland, Altman (1986), с. 308", "пиковый поток: корреляция")
def bland_altman_correlation(book: Published) -> Found:
    """Of the same readings."""
    flow = book.table("bland_altman_pefr")
    return {"r": concordance(flow["wright"], flow["mini"]).pearson}


@check("R epiR 1.0-15, epi.ccc", "коэффициент Лина с интервалом")
def epir_ccc(book: Published) -> Found:
    """25 pairs, z-transform."""
    pairs = book.table("epir_ccc", None)
    found = concordance(pairs["method1"], pairs["method2"], intervals="normal")
    return {"ccc": found.ccc, "low": found.ccc_interval[0], "high": found.ccc_interval[1]}


@check("R statpsych, ci.spear", "корреляция Спирмена с интервалом Бонетта — Райта")
def statpsych_spearman(book: Published) -> Found:
    """Fifteen pairs, one tie."""
    scores = book.table("statpsych", None).astype(float)
    found = spearman(scores["x"], scores["y"], interval="bonett_wright")
    return {"r": found.value, "low": found.interval[0], "high": found.interval[1]}


def _sides(book: Published, name: str) -> tuple[pd.Series, pd.Series]:
    pairs = book.table("method_comparison", None).query("data == @name").reset_index(drop=True)
    return pairs["x"], pairs["y"]


@check(f"{MCR} (AnalyzeIT)", "регрессия Деминга и складной нож Линнета", within=1e-6,
       because="интервал восстановлен по t из ошибки")
def mcr_deming(book: Published) -> Found:
    """Two data sets of 50 pairs, two ratios of error variances; the intervals by t with 48 degrees of freedom."""
    found = {}
    for name, ratio in itertools.product(("TD15", "TD20"), (1.0, 1.21)):
        line = deming(*_sides(book, name), error_ratio=ratio)
        for what, value, error in (("slope", line.slope, line.slope_error),
                                   ("intercept", line.intercept, line.intercept_error)):
            half = stats.t.ppf(0.975, 48) * error
            found |= {f"{name} {ratio} {what}": value, f"{name} {ratio} {what} low": value - half,
                      f"{name} {ratio} {what} high": value + half}
    return found


@check("NCSS, глава 303, по проверкам R SimplyAgree", "регрессия Деминга с ошибками складного ножа")
def ncss_deming(book: Published) -> Found:
    """Ten pairs, ratio of variances 4."""
    line = deming(*_sides(book, "NCSS 303"), error_ratio=4)
    return {"intercept": line.intercept, "slope": line.slope, "intercept se": line.intercept_error,
            "slope se": line.slope_error}


@check(f"{MCR} (Calanas)", "классическая прямая Пассинга — Баблока с интервалами")
def mcr_passing_bablok(book: Published) -> Found:
    """Two data sets of 50 pairs."""
    found = {}
    for name in ("TD15", "TD20"):
        line = passing_bablok(*_sides(book, name), equivariant=False)
        for what in ("slope", "intercept"):
            low, high = getattr(line, f"{what}_interval")
            found |= {f"{name} {what}": getattr(line, what), f"{name} {what} low": low, f"{name} {what} high": high}
    return found


@check("R deming 1.4 и NCSS по R MethComp", "прямые Пассинга — Баблока трёх примеров")
def deming_package(book: Published) -> Found:
    """Sen's data, six points, NCSS; the classical line."""
    lines = {name: passing_bablok(*_sides(book, name), equivariant=False) for name in ("Sen", "six", "NCSS")}
    return pd.DataFrame({name: {"intercept": line.intercept, "slope": line.slope} for name, line in lines.items()})


@check("York и др. (2004), данные Пирсона с весами Йорка", "регрессия Йорка: наклон, сдвиг и их ошибки")
def york_2004(book: Published) -> Found:
    """Ten points."""
    points = book.table("pearson_york", None)
    line = york(points["x"], points["y"], 1 / points["x_weight"], 1 / points["y_weight"])
    return {"slope": line.slope, "intercept": line.intercept, "slope se": line.slope_error,
            "intercept se": line.intercept_error}


# -- groups ------------------------------------------------------------------------------------------------------------

@check("R lme4 и MixedModels.jl, данные Dyestuff", "дисперсии, среднее и его ошибка (REML)", within=1e-3,
       because="программы останавливают подбор по-разному")
def lme4_dyestuff(book: Published) -> Found:
    """Six batches of five."""
    data = book.table("dyestuff", None)
    found = random_intercept(data["yield"].astype(float), data["batch"])
    return {"between": found.between, "within": found.within,
            "mean": found.effects.loc["(intercept)", "estimate"], "se": found.effects.loc["(intercept)", "se"]}


@check("R psych, withinBetween (по Pedhazur, 1997)", "корреляции между группами и внутри групп, 36 пар")
def pedhazur_1997(book: Published) -> Found:
    """Set to 1, 0 or -1 on purpose."""
    data = book.table("within_between", None)
    found = {f"{a} {b}": between_within(data[a], data[b], data["Group"])
             for a, b in itertools.combinations(data.columns[1:], 2)}
    return pd.DataFrame({pair: {"between": each.between, "within": each.within} for pair, each in found.items()}).T


@check("Agresti (2002), табл. 7.8", "хи-квадрат Мантеля: доход и удовлетворённость работой")
def agresti_2002(book: Published) -> Found:
    """Two strata."""
    rows = book.table("agresti", None)
    rows = rows.loc[rows.index.repeat(rows["n"])]
    statistic, p = mantel(rows["satisfaction"].to_numpy(float), rows["income"].to_numpy(float),
                          pd.factorize(rows["stratum"])[0])
    return {"chi squared": statistic, "p": p}


@check("Wright (2017); R allocation 0.1", "точное распределение 10 интервью по трём слоям")
def wright_2017(book: Published) -> Found:
    """With bounds on every stratum."""
    strata = book.table("wright")
    return allocate(10, strata["sd"].astype(float), population=strata["most"], minimum=strata["least"],
                    importance=strata["population"]).table["n"].astype(float)


CHECKS = [shrout_fleiss_1979, psych_icc_low, pingouin_wines, irr_icc, irr_kendall, irr_kappa, kendall_projects,
          sas_kappa, irrcac_kappa, fleiss_1971, fleiss_wikipedia, irrcac_raters, irrcac_gaps, krippendorff_2011,
          fast_krippendorff, pingouin_alpha, revelle_omega, bland_altman_1986, bland_altman_correlation, epir_ccc,
          statpsych_spearman, mcr_deming, ncss_deming, mcr_passing_bablok, deming_package, york_2004, lme4_dyestuff,
          pedhazur_1997, agresti_2002, wright_2017]
