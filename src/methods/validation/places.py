"""Published examples of what places rest on: variance shares of test functions, sets of places, shares of weights."""

from __future__ import annotations

import numpy as np
import pandas as pd

from methods.sensitivity.acceptability import acceptability
from methods.sensitivity.pairwise import IndependentErrors
from methods.sensitivity.rank_sets import rank_sets, tau_best
from methods.sensitivity.shapley_effects import shapley_effects
from methods.sensitivity.variance_based import sobol_indices
from methods.validation.check import Found, check
from methods.validation.published import Published

CSRANKS = "R csranks 1.2.2, PISA 2018, математика"
STEEPNESS = np.array([0, 1, 4.5, 9, 99, 99, 99, 99])
DRAWN = "оценка по розыгрышам: наибольшая ошибка за 50 запусков 0,003"


def ishigami(u: np.ndarray) -> np.ndarray:
    """Ishigami, Homma (1990) with a = 7, b = .1, of uniform numbers."""
    x = np.pi * (2 * u - 1)
    return (np.sin(x[:, 0]) + 7 * np.sin(x[:, 1])**2 + 0.1 * x[:, 2]**4 * np.sin(x[:, 0]))[:, None]


def sobol_g(u: np.ndarray) -> np.ndarray:
    """Sobol's G function."""
    return ((np.abs(4 * u - 2) + STEEPNESS) / (1 + STEEPNESS)).prod(axis=1)[:, None]


def _named(count: int) -> dict[str, list[int]]:
    return {f"x{number + 1}": [number] for number in range(count)}


@check("Ishigami, Homma (1990)", "индексы Соболя первого порядка и полные", within=0.004, because=DRAWN)
def ishigami_1990(book: Published) -> Found:
    """16,384 base points."""
    found = sobol_indices(ishigami, _named(3), base=16384)
    return pd.DataFrame({"first": found.first[0], "total": found.total[0]}, index=["x1", "x2", "x3"])


@check("Sobol (1993), функция G", "индексы Соболя первого порядка и полные", within=0.001,
       because="оценка по розыгрышам: наибольшая ошибка за 20 запусков 0,0008")
def sobol_1993(book: Published) -> Found:
    """The four factors that matter."""
    found = sobol_indices(sobol_g, _named(8), base=16384)
    return pd.DataFrame({"first": found.first[0], "total": found.total[0]}, index=list(_named(8))).iloc[:4]


@check("Owen (2014), по индексам функции Исигами", "эффекты Шепли", within=0.003,
       because="оценка по розыгрышам: наибольшая ошибка за 30 запусков 0,002")
def owen_2014(book: Published) -> Found:
    """All subsets of three factors."""
    return pd.Series(np.asarray(shapley_effects(ishigami, _named(3), base=4096).effects[0]), ["x1", "x2", "x3"])


def _pisa(book: Published) -> pd.DataFrame:
    return book.table("pisa2018_math_csranks")


def _ends(book: Published, kind: str) -> tuple[Found, pd.Series]:
    pisa = _pisa(book)
    found, printed = {}, {}
    for coverage in (95, 90, 75):
        sets = rank_sets(pisa["score"], IndependentErrors(pisa["se"]), coverage=coverage / 100,
                         simultaneous=kind == "simul").sets
        for end, column in (("L", "low"), ("U", "high")):
            found[f"{end} {coverage}"] = sets[column].reindex(pisa.index)
            printed[f"{end} {coverage}"] = pisa[f"{end}_{kind}{coverage}"].map(str)
    return pd.DataFrame(found), pd.DataFrame(printed)


ONE_PLACE = "соседнее место: пакет берёт квантиль по 1000 розыгрышей"


@check(CSRANKS, "доверительные множества мест по одной стране, 95, 90 и 75 %", within=1.0, because=ONE_PLACE)
def csranks_marginal(book: Published) -> tuple[Found, pd.Series]:
    """38 countries, both ends, step-down."""
    return _ends(book, "marg")


@check(CSRANKS, "совместные доверительные множества мест, 95, 90 и 75 %", within=1.0, because=ONE_PLACE)
def csranks_simultaneous(book: Published) -> tuple[Found, pd.Series]:
    """38 countries, both ends, step-down."""
    return _ends(book, "simul")


@check(CSRANKS, "множество пяти лучших: число стран при 95 и 90 %")
def csranks_best(book: Published) -> Found:
    """cstaubest, tau = 5."""
    pisa = _pisa(book)
    errors = IndependentErrors(pisa["se"])
    return {str(coverage): float(tau_best(pisa["score"], errors, 5, coverage=coverage / 100).sum())
            for coverage in (95, 90)}


@check("SMAA-2, два критерия: решение в замкнутом виде", "доли мест и центральные веса", within=0.011,
       because="три ошибки доли по 20 000 розыгрышей")
def smaa_two_criteria(book: Published) -> Found:
    """A is ahead of B where w1 > 1/2."""
    values = pd.DataFrame({"first": [1, 0.25], "second": [0, 0.75]}, index=["A", "B"])
    found = acceptability(values, draws=20_000)
    return {"first place A": found.places.loc["A", 1], "central A first": found.central_weights.loc["A", "first"],
            "central B first": found.central_weights.loc["B", "first"]}


CHECKS = [ishigami_1990, sobol_1993, owen_2014, csranks_marginal, csranks_simultaneous, csranks_best,
          smaa_two_criteria]
