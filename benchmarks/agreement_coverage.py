"""How often the intervals of the agreement formulas hold the truth: normal pairs, ceiling with ties, shares X of N.

`python benchmarks/agreement_coverage.py [--repeats 2000]` prints the tables of docs/agreement_intervals.md.

Every cell draws that many sets of 20, 85 or 1,200 units from a population whose truth is known and asks the public
functions for their 95 % interval. The standard error of a cell is 0.5 points at 2,000 repetitions.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from functools import cache

import numpy as np
import pandas as pd
from scipy import stats

from methods.agreement import concordance as agree
from methods.agreement import correlation as corr
from methods.agreement import regression as reg
from methods.errors import NotPublishable

SIZES = (20, 85, 1200)
FAMILIES = {"normal": "нормальные", "ceiling": "потолок", "X/3": "X из 3", "X/8": "X из 8"}
LARGE = 1_000_000  # units of the samples that stand for a population
Draw = tuple[np.ndarray, ...]


# Populations

def linked(shape: tuple[int, ...], rng: np.random.Generator) -> Draw:
    """Two uniform variables with a normal copula, r = .65."""
    first = rng.normal(size=shape)
    return stats.norm.cdf(first), stats.norm.cdf(0.65 * first + (1 - 0.65**2) ** 0.5 * rng.normal(size=shape))


def pairs(family: str, n: int, rng: np.random.Generator) -> Draw:
    """Survey and checklist of the same centres; the survey is J-shaped except in the normal family."""
    u, v = linked((n,), rng)
    if family == "normal":
        return stats.norm.ppf(u), stats.norm.ppf(v)
    if family == "ceiling":
        return np.round(20 * u ** (1 / 6)) / 20, np.round(10 * v ** (1 / 3)) / 10
    of = int(family[2:])
    return np.round(u ** (1 / 6), 2), rng.binomial(of, v ** (1 / 4)) / of


def with_errors(family: str, n: int, rng: np.random.Generator) -> Draw:
    """x, y, their error variances as a survey would estimate them, and the true values."""
    u, v = linked((n,), rng)
    if family == "normal":
        true_x, true_y = stats.norm.ppf(u), 0.3 + stats.norm.ppf(v)
        x_error, y_error = rng.choice([0.2, 0.4, 0.6], size=n), rng.choice([0.15, 0.25, 0.35], size=n)
        return (true_x + rng.normal(size=n) * x_error**0.5, true_y + rng.normal(size=n) * y_error**0.5,
                x_error, y_error, true_x, true_y)
    true_x, true_y = u ** (1 / 6), v ** (1 / 3)
    asked = rng.choice([20, 40, 80], size=n)
    listed = rng.choice([10, 20, 40], size=n) if family == "ceiling" else np.full(n, int(family[2:]))
    x, y = rng.binomial(asked, true_x) / asked, rng.binomial(listed, true_y) / listed
    return x, y, x * (1 - x) / (asked - 1), y * (1 - y) / (listed - 1), true_x, true_y


def alike(family: str, n: int, rng: np.random.Generator) -> Draw:
    """Two measurements with errors alike: on the line y = .1 + 1.2 x if normal, else exchangeable, so on y = x."""
    if family == "normal":
        true = rng.normal(size=n)
        return true + 0.4 * rng.normal(size=n), 0.1 + 1.2 * (true + 0.4 * rng.normal(size=n))
    if family == "ceiling":
        true = rng.normal(size=n)
        x, y = (np.round(20 * stats.norm.cdf((true + 0.5 * rng.normal(size=n)) / 1.25**0.5) ** (1 / 5)) / 20
                for _ in range(2))
        return x, y
    of, true = int(family[2:]), rng.beta(4, 1.2, size=n)
    return rng.binomial(of, true) / of, rng.binomial(of, true) / of


def on_a_line(family: str, n: int, rng: np.random.Generator) -> Draw:
    """Nothing but errors of known variance takes the units off y = .1 + 1.2 x (normal) or y = x."""
    if family == "normal":
        true = rng.normal(size=n)
        x_error, y_error = rng.choice([0.05, 0.2, 0.5], size=n), rng.choice([0.05, 0.2, 0.4], size=n)
        return (true + rng.normal(size=n) * x_error**0.5, 0.1 + 1.2 * true + rng.normal(size=n) * y_error**0.5, x_error,
                y_error)
    true = np.clip(rng.beta(4, 1.2, size=n), 0.02, 0.98)
    asked = rng.choice([20, 40, 80], size=n)
    listed = asked if family == "ceiling" else np.full(n, int(family[2:]))
    spread = true * (1 - true)
    return rng.binomial(asked, true) / asked, rng.binomial(listed, true) / listed, spread / asked, spread / listed


# What is asked of one set, and what is true in the population

def of_pairs(x: pd.Series, y: pd.Series) -> Iterator[tuple[str, corr.Interval]]:
    """Intervals of the correlations and of the concordance."""
    for name, measure, textbook, words in (
            ("Пирсон", corr.pearson, "fisher", "Фишер"), ("Спирмен", corr.spearman, "bonett_wright", "Бонетт — Райт"),
            ("Кендалл", corr.kendall, "fieller", "Филлер")):
        yield f"{name}: складной нож", measure(x, y).interval
        yield f"{name}: {words}", measure(x, y, interval=textbook).interval
    for kind, words in (("jackknife", "складной нож"), ("normal", "для нормальных")):
        result = agree.concordance(x, y, intervals=kind)
        if kind == "jackknife":
            yield "смещение: t", result.bias_interval
            yield "u: складной нож", result.location_shift_interval
        yield f"предел снизу: {words}", result.lower_limit_interval
        yield f"предел сверху: {words}", result.upper_limit_interval
        yield f"CCC: {words}", result.ccc_interval
        yield f"v: {words}", result.scale_shift_interval
        yield f"наклон разности: {words}", result.proportional_bias_interval


@cache
def truth_of_pairs(family: str) -> dict[str, float]:
    """By the large sample; the first word of an interval's name is the key."""
    rng = np.random.default_rng(1)
    found: dict[str, list[float]] = {}
    for _ in range(4):
        x, y = pairs(family, LARGE, rng)
        sums = corr.moments(_matched(x, y))
        spread = float(np.std(x - y))
        for key, value in (
                ("Пирсон", corr.product_moment(sums)), ("CCC", agree.lins_coefficient(sums)),
                ("смещение", np.mean(x - y)), ("v", agree.scale_ratio(sums)), ("u", agree.location_ratio(sums)),
                ("наклон разности", agree.slope_on_mean(sums)), ("Спирмен", stats.spearmanr(x, y).statistic),
                ("Кендалл", stats.kendalltau(x, y).statistic),
                ("предел снизу", np.mean(x - y) - agree.LIMIT * spread),
                ("предел сверху", np.mean(x - y) + agree.LIMIT * spread)):
            found.setdefault(key, []).append(float(value))
    return {key: float(np.mean(values)) for key, values in found.items()}


def of_errors(x: pd.Series, y: pd.Series, x_error: pd.Series,
              y_error: pd.Series) -> Iterator[tuple[str, corr.Interval]]:
    """Intervals of what takes the known errors off."""
    yield "надёжность: складной нож", corr.reliability(x, x_error).interval
    yield "корреляция без ошибок: Филлер", corr.disattenuated(x, y, x_error, y_error).interval
    yield "CCC без ошибок: Филлер", agree.corrected_concordance(x, y, x_error, y_error).ccc_interval
    line = reg.errors_in_variables(x, y, x_error)
    yield "наклон с ошибкой в x: Филлер", line.slope_interval
    yield "сдвиг с ошибкой в x: складной нож", line.intercept_interval


@cache
def truth_of_errors(family: str) -> dict[str, float]:
    """Moments of the true values."""
    x, y, _, _, true_x, true_y = with_errors(family, 4 * LARGE, np.random.default_rng(2))
    true = corr.moments(_matched(true_x, true_y))
    slope = float(true.cov / true.var_x)
    return {"надёжность": float(true.var_x / np.var(x)), "корреляция без ошибок": float(corr.product_moment(true)),
            "CCC без ошибок": float(agree.lins_coefficient(true)), "наклон с ошибкой в x": slope,
            "сдвиг с ошибкой в x": float(np.mean(y) - slope * np.mean(true_x))}


def of_lines(x: pd.Series, y: pd.Series) -> Iterator[tuple[str, corr.Interval]]:
    """Intervals of the lines that need no error variances; ranks of many units only where they make sense."""
    normal = y.nunique() == len(y)
    line = reg.deming(x, y, 1 / 1.44 if normal else 1.0)
    yield "наклон Деминга: складной нож", line.slope_interval
    yield "сдвиг Деминга: складной нож", line.intercept_interval
    yield "повторяемость: складной нож", agree.repeatability(x, y).interval
    if normal or len(x) <= 85:
        ranks = reg.passing_bablok(x, y)
        yield "наклон Пассинга — Баблока: эквивариантный", ranks.slope_interval
        yield "сдвиг Пассинга — Баблока: эквивариантный", ranks.intercept_interval
        yield "наклон Пассинга — Баблока: классический", reg.passing_bablok(x, y, equivariant=False).slope_interval


@cache
def truth_of_lines(family: str) -> dict[str, float]:
    """The line that the units were put on."""
    x, y = alike(family, LARGE, np.random.default_rng(3))
    slope, intercept = (1.2, 0.1) if family == "normal" else (1.0, 0.0)
    return {"наклон Деминга": slope, "сдвиг Деминга": intercept, "наклон Пассинга — Баблока": slope,
            "сдвиг Пассинга — Баблока": intercept,
            "повторяемость": float(agree.LIMIT * np.sqrt(np.mean((x - y) ** 2)))}


def of_york(x: pd.Series, y: pd.Series, x_error: pd.Series, y_error: pd.Series) -> Iterator[tuple[str, corr.Interval]]:
    """York's line; beside the jackknife what his own standard errors promise."""
    try:
        line = reg.york(x, y, x_error, y_error)
    except NotPublishable:  # did not converge
        line = reg.WeightedLine(np.nan, np.nan, corr.NOWHERE, corr.NOWHERE, np.nan, np.nan, len(x), 0, 0, 0.95)
    yield "наклон Йорка: складной нож", line.slope_interval
    yield "сдвиг Йорка: складной нож", line.intercept_interval
    half = 1.959964 * line.slope_error
    yield "наклон Йорка: по его ошибке", (line.slope - half, line.slope + half)


def truth_of_york(family: str) -> dict[str, float]:
    """The line that the units were put on."""
    return {"наклон Йорка": 1.2 if family == "normal" else 1.0, "сдвиг Йорка": 0.1 if family == "normal" else 0.0}


def _matched(x: np.ndarray, y: np.ndarray) -> corr.Pairs:
    none = np.zeros(len(x))
    return corr.Pairs(x, y, none, none, np.arange(len(x)), 0, 0, ("x", "y"))


STUDIES: tuple[tuple[Callable, Callable, Callable], ...] = (
    (pairs, of_pairs, truth_of_pairs), (with_errors, of_errors, truth_of_errors), (alike, of_lines, truth_of_lines),
    (on_a_line, of_york, truth_of_york))


# Tables

def coverage(study: tuple[Callable, Callable, Callable], family: str, n: int, repeats: int) -> pd.DataFrame:
    """One cell for every interval of a study: how often it holds the truth, is undefined, is unbounded."""
    draw, ask, truth = study
    rng = np.random.default_rng(np.random.SeedSequence([n, list(FAMILIES).index(family)]))
    held: dict[str, list[float]] = {}
    for _ in range(repeats):
        sides = [pd.Series(side) for side in draw(family, n, rng)[:4]]
        for name, (low, high) in ask(*sides):
            true = truth(family)[name.split(":")[0]]
            dust = 1e-12 * abs(true)
            held.setdefault(name, []).append(np.nan if np.isnan(low) else float(low - dust <= true <= high + dust))
            held.setdefault(f"{name}|open", []).append(float(np.isinf(low) or np.isinf(high)))
    rows = {name: {"held": float(np.nanmean(hits)) if not np.isnan(hits).all() else np.nan,
                   "undefined": float(np.isnan(hits).mean()), "unbounded": float(np.mean(held[f"{name}|open"]))}
            for name, hits in held.items() if not name.endswith("|open")}
    return pd.DataFrame.from_dict(rows, orient="index")


def false_alarms(n: int, repeats: int) -> tuple[float, float]:
    """Shares of straight normal lines called crooked at 5 %: with our scale of the cusum and with the paper's."""
    rng, ours, paper = np.random.default_rng([n, 9]), 0, 0
    for _ in range(repeats):
        x, y = alike("normal", n, rng)
        line = reg.passing_bablok(pd.Series(x), pd.Series(y))
        residuals = y - line.intercept - line.slope * x
        above, below = (residuals > 1e-9).sum(), (residuals < -1e-9).sum()
        scores = (below / above) ** 0.5 * (residuals > 1e-9) - (above / below) ** 0.5 * (residuals < -1e-9)
        ours += line.linearity_p < 0.05
        paper += np.abs(np.cumsum(scores[np.argsort(line.slope * y + x)])).max() > 1.36 * (below + 1) ** 0.5
    return ours / repeats, paper / repeats


def _shown(cell: pd.Series) -> str:
    if np.isnan(cell["held"]):
        return "не опр."
    text = f"{100 * cell['held']:.1f}".replace(".", ",")
    if cell["undefined"] > 0.005:
        text += f" (не опр. {100 * cell['undefined']:.0f} %)"
    if cell["unbounded"] > 0.005:
        text += f" (∞ {100 * cell['unbounded']:.0f} %)"
    return f"**{text}**" if not 0.93 <= round(cell["held"], 3) <= 0.97 else text


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=2000)
    options = parser.parse_args()
    start, cells = time.perf_counter(), {}
    for study in STUDIES:
        for family in FAMILIES:
            for n in SIZES:
                for name, cell in coverage(study, family, n, options.repeats).iterrows():
                    cells.setdefault(name, {})[family, n] = _shown(cell)
    heads = [(family, n) for family in FAMILIES for n in SIZES]
    print("| интервал | " + " | ".join(f"{FAMILIES[family]}, {n}" for family, n in heads) + " |")
    print("|---" * (len(heads) + 1) + "|")
    for name, row in cells.items():
        print(f"| {name} | " + " | ".join(row.get(head, "—") for head in heads) + " |")
    print("\n| проверка прямой, ложных тревог при 5 %, % | " + " | ".join(map(str, SIZES)) + " |")
    print("|---" * (len(SIZES) + 1) + "|")
    alarms = [false_alarms(n, options.repeats if n < 1000 else options.repeats // 5) for n in SIZES]
    for words, at in (("по y + bx, масштаб √(l + L)", 0), ("как в статье: по by + x, масштаб √(L + 1)", 1)):
        print(f"| {words} | " + " | ".join(f"{100 * alarm[at]:.1f}".replace(".", ",") for alarm in alarms) + " |")
    print(f"\n{options.repeats} repetitions, {time.perf_counter() - start:.0f} s")


if __name__ == "__main__":
    main()
