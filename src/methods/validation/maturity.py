"""Published examples of levels: tests of items, scalograms, accuracy of levels, transitions, linked editions."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd

from methods.maturity.bridging import uniform_quantile, uniform_rank
from methods.maturity.classification import hanson_brennan, livingston_lewis
from methods.maturity.differential_functioning import mantel_haenszel
from methods.maturity.item_response import two_parameter
from methods.maturity.levels import jenks, self_against_external
from methods.maturity.rasch import rasch
from methods.maturity.scalogram import scalogram
from methods.maturity.transitions import transition_matrix
from methods.validation.check import Found, check
from methods.validation.published import Published

LSAT6, LSAT7 = "LSAT, раздел 6 (Bock, Lieberman, 1970)", "LSAT, раздел 7 (Bock, Lieberman, 1970)"
ACT = "BBClassify 1.0.0, файл act288m программы BB-CLASS"
LAST = "пять знаков программы, последний — её подбора"


def _lsat6(book: Published) -> pd.DataFrame:
    patterns = book.table("lsat6", None)
    return patterns.loc[patterns.index.repeat(patterns["n"])].drop(columns="n").reset_index(drop=True)


@check(f"{LSAT7}; girth 0.8.0", "модель Раша, условное правдоподобие: трудности", within=1e-4,
       because="программа останавливает подбор раньше")
def girth_lsat7(book: Published) -> Found:
    """1,000 persons, five items."""
    return rasch(book.table("lsat7", None)).items["difficulty"]


@check(f"{LSAT6}; girth 0.8.0", "модель Раша, условное правдоподобие: трудности", within=1e-4,
       because="программа останавливает подбор раньше")
def girth_lsat6(book: Published) -> Found:
    """1,000 persons, five items."""
    return rasch(_lsat6(book)).items["difficulty"]


@check(f"{LSAT7}; R mirt 1.45.5", "двухпараметрическая модель: логарифм правдоподобия")
def mirt_lsat7(book: Published) -> Found:
    """mirt(LSAT7, 1)."""
    return {"logLik": two_parameter(book.table("lsat7", None)).log_likelihood}


@check(f"{LSAT6}; R ltm", "двухпараметрическая модель: логарифм правдоподобия")
def ltm_lsat6(book: Published) -> Found:
    """ltm(LSAT ~ z1)."""
    return {"logLik": two_parameter(_lsat6(book)).log_likelihood}


@check(f"{LSAT6}; R ltm", "двухпараметрическая модель: различающая сила и трудность", within=0.003,
       because="программы интегрируют по разным узлам")
def ltm_lsat6_items(book: Published) -> Found:
    """ltm(LSAT ~ z1)."""
    fit = two_parameter(_lsat6(book))
    difficulty = fit.steps["difficulty"].droplevel(1) if fit.steps.index.nlevels > 1 else fit.steps["difficulty"]
    return pd.DataFrame({"discrimination": fit.items["discrimination"], "difficulty": difficulty})


@check("R mantelhaen.test, UCBAdmissions (Bickel и др., 1975)",
       "Мантель — Хензель: общее отношение шансов, статистика, p")
def berkeley_1975(book: Published) -> Found:
    """Six departments as strata."""
    rows = book.table("berkeley", None)
    rows = rows.loc[rows.index.repeat(rows["n"])].reset_index(drop=True)
    # with a mark for each department passed, and one for the refused, the total is the number of the department
    marks = pd.DataFrame({f"above {k}": (rows["department"] > k).astype(int) for k in range(1, 6)})
    marks = marks.assign(admitted=rows["admitted"], refused=1 - rows["admitted"])
    found = mantel_haenszel(marks, rows["sex"], "women", purify=False).items.loc["admitted"]
    return {"odds ratio": found["odds_ratio"], "statistic": found["chi2"], "p": found["p"]}


@check("Калифорнийский университет в Нортридже, SOC 497L", "шкалограмма Гуттмана: воспроизводимость, шкалируемость")
def northridge_scalogram(book: Published) -> Found:
    """Ten respondents in their printed order, five questions; Cornell technique."""
    marks = book.table("northridge")
    found = scalogram(marks, position=pd.Series(range(len(marks), 0, -1), marks.index))
    cornell = found.techniques.loc["cornell"]
    return {"minimal": found.minimal_reproducibility, "reproducibility": cornell["reproducibility"],
            "improvement": cornell["improvement"], "scalability": cornell["scalability"]}


def _act(book: Published) -> pd.Series:
    counts = book.table("act288m", None)
    return pd.Series(np.repeat(counts["score"].to_numpy(float), counts["persons"]))


def _tables(confusion: pd.DataFrame, repeated: pd.DataFrame | None = None, kappa: float | None = None) -> Found:
    cells = {f"true {row} found {column}": value for row, line in enumerate(confusion.to_numpy(), 1)
             for column, value in enumerate(line, 1)}
    if repeated is not None:
        cells |= {f"first {row} second {column}": value for row, line in enumerate(repeated.to_numpy(), 1)
                  for column, value in enumerate(line, 1)} | {"kappa": kappa}
    return cells


@check(ACT, "Ливингстон — Льюис: три уровня, верные и ошибочные решения, повторные решения, каппа", within=1.1e-5,
       because=LAST)
def act_livingston_lewis(book: Published) -> Found:
    """151,050 persons, scores 0-40."""
    found = livingston_lewis(_act(book), 0.873, [22, 24], lowest=0, highest=40)
    return _tables(found.confusion, found.repeated, found.kappa)


@check(ACT, "Хэнсон — Бреннан: верные и ошибочные решения", within=6e-6, because=LAST)
def act_hanson_brennan(book: Published) -> Found:
    """The same scores, one border."""
    return _tables(hanson_brennan(_act(book), 40, [24]).confusion)


@check("Kolen, Brennan (2014), разд. 2.5", "эквипроцентильная связь теста из четырёх заданий")
def kolen_brennan_2014(book: Published) -> Found:
    """Equivalents of the scores 0-4."""
    counts = book.table("kolen_brennan", None)
    x, y = (np.repeat(counts["score"].to_numpy(float), counts[form]) for form in ("x", "y"))
    scores = counts["score"].to_numpy(float)
    return pd.Series(uniform_quantile(y, uniform_rank(x, scores, 1), 1), counts["score"])


@check("Kolen, Brennan (2004), табл. 2.5, ACT Mathematics; числа из тестов Equate.jl",
       "эквипроцентильная связь: среднее и разброс")
def kolen_brennan_2004(book: Published) -> Found:
    """Form X on the scale of form Y, over those who took X."""
    counts = book.table("act_mathematics", None)
    x, y = (np.repeat(counts["score"].to_numpy(float), counts[form]) for form in ("x", "y"))
    linked = uniform_quantile(y, uniform_rank(x, counts["score"].to_numpy(float), 1), 1)[x.astype(int)]
    return {"mean": linked.mean(), "sd": linked.std()}


def _moved(row: list[int]) -> tuple[pd.Series, pd.Series]:
    """Levels before (all 1) and after that give these counts."""
    after = pd.Series(np.repeat(np.arange(1.0, len(row) + 1), row))
    return pd.Series(1.0, after.index), after


@check("Newcombe (1998), табл. I, способы 3 и 5", "интервалы доли: Уилсон и Клоппер — Пирсон, четыре примера")
def newcombe_1998(book: Published) -> Found:
    """81 of 263, 15 of 148, 0 of 20, 1 of 29."""
    found = {}
    for (of, n), name in itertools.product(((81, 263), (15, 148), (0, 20), (1, 29)), ("wilson", "clopper-pearson")):
        made = transition_matrix(*_moved([of, n - of]), 2, intervals=name)
        found |= {f"{of} of {n} {name} low": made.low.loc[1, 1], f"{of} of {n} {name} high": made.high.loc[1, 1]}
    return found


@check("Sison, Glaz (1995), пример 1, по Goodman (1965)", "совместные интервалы семи долей")
def sison_glaz_1995(book: Published) -> Found:
    """467 units."""
    made = transition_matrix(*_moved([56, 72, 73, 59, 62, 87, 58]), 7, intervals="goodman")
    return pd.DataFrame({"low": made.low.loc[1], "high": made.high.loc[1]})


@check("Пакет jenkspy, README", "естественные границы уровней (Fisher, Jenks)")
def jenkspy_readme(book: Published) -> Found:
    """Twelve scores, three levels: the largest score of each."""
    scores = book.table("jenkspy", None)["score"]
    return scores.groupby(jenks(scores, 3).grade.astype(int)).max()


@check("Lane, HyperStat Online", "критерий знаков: 7 из 8, одна сторона")
def lane_sign_test(book: Published) -> Found:
    """Half of our two-sided probability."""
    own = pd.DataFrame({"q": [1.0] * 7 + [0.0]})
    found = self_against_external(own, 1 - own, pd.Series({"q": 1.0}), pd.Series({"q": "all"}))
    return {"p": found.loc["all", "sign_p"] / 2}


CHECKS = [girth_lsat7, girth_lsat6, mirt_lsat7, ltm_lsat6, ltm_lsat6_items, berkeley_1975, northridge_scalogram,
          act_livingston_lewis, act_hanson_brennan, kolen_brennan_2014, kolen_brennan_2004, newcombe_1998,
          sison_glaz_1995, jenkspy_readme, lane_sign_test]
