"""How often do the 95 % intervals of experts' agreement and of reliability hold the truth.

    .venv/bin/python benchmarks/reliability_coverage.py [--repeats 1000] [--seed 0]

Prints the last table of docs/agreement_intervals.md, in Russian. Samples come from two populations whose coefficients
are known by quadrature:

normal    latent normal values; grades 1-5 with shares .1 .2 .4 .2 .1
ceiling   the same latent values cut into marks 1-5 with shares .02 .02 .05 .17 .74, as clients give them

`repeats` samples of 20 and of 85 objects, a quarter of it of 1,200; tables with gaps a fifth of these numbers. The
binomial error of a share of 95 % is .7 points with 1,000 samples, 1.4 with 250, 1.5 with 200, 3.1 with 50.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd
from scipy import stats

from methods.agreement.internal_consistency import cronbach_alpha
from methods.agreement.intraclass import intraclass_correlation
from methods.agreement.kappa import cohen_kappa, grade_agreement
from methods.agreement.random_intercept import group_mean_reliability, spearman_brown
from methods.agreement.raters import fleiss_kappa, gwet_ac1, krippendorff_alpha

SIZES = (20, 85, 1200)
SHARES = {"нормальные": np.array([0.1, 0.2, 0.4, 0.2, 0.1]), "у потолка": np.array([0.02, 0.02, 0.05, 0.17, 0.74])}
JUDGES, INDICATORS, RESPONDENTS = 4, 5, 30
STRICTNESS = 0.3          # standard deviation of judges' levels, in marks
ICC, BETWEEN = 0.5, 0.04  # latent: of a mark, of a respondent's answer (between centres, inside variance 1)
KAPPA = 0.7               # latent correlation of two raters
GRADES = np.arange(1.0, 6.0)

Found = Iterator[tuple[str, str, tuple[float, float], float]]  # coefficient, interval, its ends, the truth


def pair_law(share: float, shares: np.ndarray) -> np.ndarray:
    """Probabilities of the grades of two marks whose latent values correlate `share`."""
    cuts = np.concatenate([[-40.0], stats.norm.ppf(np.cumsum(shares)[:-1]), [40.0]])
    nodes, weights = np.polynomial.hermite_e.hermegauss(120)
    given = np.diff(stats.norm.cdf((cuts[:, None] - np.sqrt(share) * nodes) / np.sqrt(1 - share)), axis=0)
    return (given * (weights / weights.sum())) @ given.T


def correlation(share: float, kind: str) -> float:
    """Intraclass correlation of marks whose latent values have `share`."""
    if kind == "нормальные":
        return share
    p = pair_law(share, SHARES[kind])
    centred = GRADES - p.sum(axis=1) @ GRADES
    return float(centred @ p @ centred / (p.sum(axis=1) @ centred**2))


def variance(kind: str) -> float:
    """Of one mark; the normal marks have variance 1."""
    return 1.0 if kind == "нормальные" else float(SHARES[kind] @ GRADES**2 - (SHARES[kind] @ GRADES) ** 2)


def cut(latent: np.ndarray, kind: str) -> np.ndarray:
    """Marks at the ceiling, or the latent values themselves."""
    return latent if kind == "нормальные" else grades(latent, kind)


def grades(latent: np.ndarray, kind: str) -> np.ndarray:
    """Grades 1-5."""
    return GRADES[np.searchsorted(stats.norm.ppf(np.cumsum(SHARES[kind])[:-1]), latent)]


def related(rng: np.random.Generator, n: int, k: int, share: float) -> np.ndarray:
    """Latent values of k marks of n objects, correlated `share`, variance 1."""
    return np.sqrt(share) * rng.normal(size=(n, 1)) + np.sqrt(1 - share) * rng.normal(size=(n, k))


def marks(rng: np.random.Generator, n: int, kind: str) -> Found:
    """Intraclass correlations of a complete table and Cronbach's alpha."""
    icc, whole = correlation(ICC, kind), variance(kind)
    own = cut(related(rng, n, JUDGES, ICC), kind)
    judged = pd.DataFrame(own + STRICTNESS * rng.normal(size=JUDGES))
    for how in ("f", "jackknife"):
        table = intraclass_correlation(judged, interval=how).table
        yield "ICC(C,1), 4 эксперта", how, table.loc["ICC(3,1)", ["low", "high"]], icc
        yield "ICC(A,1), 4 эксперта", how, table.loc["ICC(2,1)", ["low", "high"]], icc * whole / (whole + STRICTNESS**2)
        yield ("ICC(1,1), 4 оценки", how, group_mean_reliability(
            pd.Series(own.ravel()), pd.Series(np.arange(n).repeat(JUDGES)), interval=how).icc_interval, icc)
    items = pd.DataFrame(cut(related(rng, n, INDICATORS, ICC), kind))
    while (items.nunique() < 2).any():  # alpha refuses an indicator without spread: 1 of 80 samples of 20 at ceiling
        items = pd.DataFrame(cut(related(rng, n, INDICATORS, ICC), kind))
    for how in ("feldt", "jackknife"):
        yield "альфа Кронбаха, 5 показателей", how, cronbach_alpha(items, interval=how).interval, spearman_brown(icc, 5)


def answers(rng: np.random.Generator, n: int, kind: str) -> Found:
    """Respondents in centres of unequal size."""
    share = BETWEEN / (1 + BETWEEN)
    size = 1 + rng.poisson(rng.gamma(1.5, (RESPONDENTS - 1) / 1.5, n))
    centre = np.repeat(np.arange(n), size)
    latent = np.sqrt(share) * rng.normal(size=n)[centre] + np.sqrt(1 - share) * rng.normal(size=len(centre))
    values, groups = pd.Series(cut(latent, kind)), pd.Series(centre)
    for how in ("f", "jackknife"):
        yield ("ICC(1) ответов в центрах, в среднем 30", how,
               group_mean_reliability(values, groups, interval=how).icc_interval, correlation(share, kind))


def gaps(rng: np.random.Generator, n: int, kind: str) -> Found:
    """A quarter of the marks is missing."""
    icc, whole = correlation(ICC, kind), variance(kind)
    judged = cut(related(rng, n, JUDGES, ICC), kind) + STRICTNESS * rng.normal(size=JUDGES)
    judged[rng.random(judged.shape) < 0.25] = np.nan
    for how in ("f", "jackknife"):
        table = intraclass_correlation(pd.DataFrame(judged), interval=how).table
        yield "ICC(C,1), пропуски 25 %", how, table.loc["ICC(3,1)", ["low", "high"]], icc
        yield ("ICC(A,1), пропуски 25 %", how, table.loc["ICC(2,1)", ["low", "high"]],
               icc * whole / (whole + STRICTNESS**2))


def categories(rng: np.random.Generator, n: int, kind: str) -> Found:
    """Grades 1-5 by two and by four raters."""
    rated = pd.DataFrame(grades(related(rng, n, JUDGES, KAPPA), kind))
    p = pair_law(KAPPA, SHARES[kind])
    shares, apart = p.sum(axis=1), (GRADES[:, None] - GRADES) ** 2
    rank = np.cumsum(shares) - shares / 2
    seen = np.trace(p)
    truth = {"каппа Коэна": 1 - (1 - seen) / (1 - (shares**2).sum()),
             "каппа с квадратичными весами": 1 - (p * apart).sum() / (shares @ apart @ shares),
             "AC1, 4 эксперта": 1 - (1 - seen) / (1 - (shares * (1 - shares)).sum() / 4),
             "альфа Криппендорфа (порядковая), 4 эксперта":
                 1 - (p * (rank[:, None] - rank) ** 2).sum() / (shares @ (rank[:, None] - rank) ** 2 @ shares)}
    truth["каппа Флейса, 4 эксперта"] = truth["каппа Коэна"]
    ways: dict[str, tuple[tuple[str, str], Callable]] = {
        "каппа Коэна": (
            ("asymptotic", "jackknife"), lambda how: cohen_kappa(rated[0], rated[1], None, GRADES, interval=how)),
        "каппа с квадратичными весами": (
            ("asymptotic", "jackknife"),
            lambda how: cohen_kappa(rated[0], rated[1], "quadratic", GRADES, interval=how)),
        "каппа Флейса, 4 эксперта": (
            ("asymptotic", "jackknife"), lambda how: fleiss_kappa(rated, GRADES, interval=how)),
        "AC1, 4 эксперта": (("asymptotic", "jackknife"), lambda how: gwet_ac1(rated, GRADES, interval=how)),
        "альфа Криппендорфа (порядковая), 4 эксперта": (
            ("bootstrap", "jackknife"), lambda how: krippendorff_alpha(rated, interval=how, draws=400)),
    }
    for name, (kinds, how_found) in ways.items():
        for how in kinds:
            yield name, how, how_found(how).interval, truth[name]
    yield ("доля одинаковых оценок", "wilson", grade_agreement(rated[0], rated[1], GRADES).exact_interval, float(seen))


def main() -> None:
    """Run and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    started, held, tried, undefined = time.perf_counter(), {}, {}, {}
    for number, source in enumerate((marks, answers, gaps, categories)):
        for kind in SHARES:
            for n in SIZES:
                repeats = options.repeats // (1 if n < 1000 else 4) // (5 if source is gaps else 1)
                rng = np.random.default_rng([options.seed, number, n, list(SHARES).index(kind)])
                for _ in range(max(repeats, 1)):
                    for name, how, (low, high), truth in source(rng, n, kind):
                        key = (name, how, kind, n)
                        held[key] = held.get(key, 0) + bool(low <= truth <= high)
                        tried[key] = tried.get(key, 0) + 1
                        undefined[key] = undefined.get(key, 0) + bool(np.isnan(low))
    print(f"Повторов {options.repeats} (n = 1200: четверть; с пропусками: пятая часть), seed {options.seed}, "
          f"{(time.perf_counter() - started) / 60:.0f} мин. Покрытие 95-процентных интервалов, %; в скобках — в "
          "скольких выборках из 100 интервал не определён (они считаются промахом).\n")
    print("| коэффициент | интервал | данные | " + " | ".join(f"n = {n}" for n in SIZES) + " |")
    print("|---|---|---|" + "---|" * len(SIZES))
    for name, how, kind in dict.fromkeys(key[:3] for key in tried):
        cells = []
        for n in SIZES:
            key = (name, how, kind, n)
            lost = 100 * undefined[key] / tried[key]
            cells.append(f"{100 * held[key] / tried[key]:.1f}" + (f" ({lost:.1f})" if lost >= 0.05 else ""))
        print(f"| {name} | {how} | {kind} | " + " | ".join(cells).replace(".", ",") + " |")


if __name__ == "__main__":
    main()
