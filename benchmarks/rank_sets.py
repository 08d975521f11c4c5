"""Confidence sets for the places of 2,000 units: ours against numpy with all pairs in every draw.

    .venv/bin/python benchmarks/rank_sets.py [--units 2000] [--sample 20] [--repeats 5] [--growth]

Both do the same work: marginal two-sided sets of all units without step-down, 1,000 normal draws, independent errors.
Theirs is the plain loop: in each draw the matrix of all studentised differences and its largest element by row. A run
of theirs takes `--sample` of the draws, other ones each time, and is scaled up to 1,000; quantiles and counts are not
scaled. Runs alternate; wall and processor time. Before anything is timed, maxima, critical values and sets of both are
compared on the same draws.

Compile time is measured in a process of its own with an empty cache. `--growth` adds larger sets, step-down,
simultaneous sets and correlated errors.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable

import numpy as np
import pandas as pd

from methods.sensitivity.pairwise import CorrelatedErrors, IndependentErrors, compare
from methods.sensitivity.rank_sets import rank_sets

DRAWS, COVERAGE = 1000, 0.95
COMPILE = """
import time, numpy as np, pandas as pd
from methods.sensitivity.pairwise import IndependentErrors
from methods.sensitivity.rank_sets import rank_sets
values = pd.Series(np.arange(5.0), list("abcde"))
started = time.perf_counter()
rank_sets(values, IndependentErrors(pd.Series(0.1, values.index)))
print(time.perf_counter() - started)
"""


def data(n: int) -> tuple[pd.Series, pd.Series]:
    """Estimates like shares of a survey, standard errors from 30 to 300 answers."""
    rng = np.random.default_rng(20)
    names = [f"C{i:06d}" for i in range(n)]
    return pd.Series(rng.beta(8, 3, n), names), pd.Series(0.45 / np.sqrt(rng.uniform(30, 300, n)), names)


def maxima(noise: np.ndarray, se: np.ndarray) -> np.ndarray:
    """Largest studentised difference of every unit in every draw: draws x units."""
    spread = np.sqrt(se[:, None] ** 2 + se**2)
    return np.array([(np.abs(z[:, None] - z) / spread).max(axis=1) for z in noise])


def ends(values: np.ndarray, se: np.ndarray, critical: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    far = (values - values[:, None]) / np.sqrt(se[:, None] ** 2 + se**2)
    return 1 + (far > critical[:, None]).sum(axis=1), len(values) - (far < -critical[:, None]).sum(axis=1)


def same_results(n: int) -> None:
    values, se = data(n)
    comparisons = compare([values], [IndependentErrors(se)], coverage=COVERAGE, draws=199, seed=1)
    critical = comparisons.critical("both", COVERAGE, False, None)
    error = np.sqrt(comparisons.variances[0])
    theirs = np.sort(maxima(comparisons.noise[0], error), axis=0)[189]
    np.testing.assert_allclose(critical, theirs, rtol=1e-12)
    (better,), (worse,) = comparisons.rejected(critical, "both")
    low, high = ends(comparisons.estimates[0], error, theirs)
    assert (low == better + 1).all()
    assert (high == n - worse).all()
    print(f"the same critical values (to 1e-12) and sets on {n} units x 199 draws")


def timed(work: Callable[[], object]) -> tuple[float, float]:
    wall, processor = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - wall, time.process_time() - processor


def theirs(values: np.ndarray, se: np.ndarray, sample: int, seed: int) -> tuple[float, float]:
    """Time of the plain loop, its draws scaled up."""
    rng = np.random.default_rng(seed)
    loop = timed(lambda: maxima(rng.standard_normal((sample, len(se))) * se, se))
    largest = np.random.default_rng(0).gamma(9, 0.3, (DRAWS, len(se)))         # any will do for a quantile
    rest = timed(lambda: ends(values, se, np.quantile(largest, COVERAGE, axis=0)))
    return loop[0] * DRAWS / sample + rest[0], loop[1] * DRAWS / sample + rest[1]


def paired(n: int, sample: int, repeats: int) -> None:
    values, se = data(n)
    errors = IndependentErrors(se)
    rank_sets(values, errors, stepdown=False, draws=DRAWS)
    runs = []
    for seed in range(repeats):
        ours = timed(lambda seed=seed: rank_sets(values, errors, stepdown=False, draws=DRAWS, seed=seed))
        runs.append((*ours, *theirs(values.to_numpy(), se.to_numpy(), sample, seed)))
    wall, processor, their_wall, their_processor = (statistics.median(column) for column in zip(*runs, strict=True))
    ratios = [(run[2] / run[0], run[3] / run[1]) for run in runs]
    print(f"{n} units x {DRAWS} draws, medians of {repeats} interleaved runs\n"
          f"| | ours, s | numpy, s | ratio: median, least, most |\n|---|---|---|---|")
    for name, own, other, column in (("wall", wall, their_wall, 0), ("processor", processor, their_processor, 1)):
        found = sorted(ratio[column] for ratio in ratios)
        print(f"| {name} | {own:.3f} | {other:.1f} | {statistics.median(found):.0f}x, {found[0]:.0f}x, "
              f"{found[-1]:.0f}x |")


def compile_time() -> None:
    with tempfile.TemporaryDirectory() as folder:
        cold, warm = (float(subprocess.run([sys.executable, "-c", COMPILE], check=True, capture_output=True, text=True,
                                           env={**os.environ, "NUMBA_CACHE_DIR": folder}).stdout) for _ in range(2))
    print(f"first call in a process: compiling {cold:.1f} s, once a machine; from the cache {warm:.2f} s")


def growth() -> None:
    print("| units | work | processor, s |\n|---|---|---|")
    slopes: dict[str, list[tuple[int, float]]] = {}
    for n in (500, 1000, 2000, 4000, 8000):
        values, se = data(n)
        errors = IndependentErrors(se)
        few = IndependentErrors(se, degrees=29)
        work = {"marginal": lambda v=values, e=errors: rank_sets(v, e, stepdown=False, draws=DRAWS),
                "marginal, step-down": lambda v=values, e=errors: rank_sets(v, e, draws=DRAWS),
                "simultaneous": lambda v=values, e=errors: rank_sets(v, e, simultaneous=True, stepdown=False,
                                                                     draws=DRAWS),
                "simultaneous, step-down": lambda v=values, e=errors: rank_sets(v, e, simultaneous=True, draws=DRAWS)}
        if n <= 2000:
            root = np.sqrt(se.to_numpy())[:, None] * 0.1
            full = CorrelatedErrors(pd.DataFrame(np.diag(se**2) + root @ root.T, se.index, se.index))
            work["marginal, 29 degrees, step-down"] = lambda v=values, e=few: rank_sets(v, e, draws=DRAWS)
            work["simultaneous, correlated, step-down"] = lambda v=values, e=full: rank_sets(v, e, simultaneous=True,
                                                                                           draws=DRAWS)
        for name, call in work.items():
            call()
            spent = timed(call)[1]
            slopes.setdefault(name, []).append((n, spent))
            print(f"| {n} | {name} | {spent:.2f} |", flush=True)
    for name, points in slopes.items():
        sizes, spent = np.log(points).T
        print(f"slope of {name}: {np.polyfit(sizes, spent, 1)[0]:.2f}")


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--units", type=int, default=2000)
    options.add_argument("--sample", type=int, default=20)
    options.add_argument("--repeats", type=int, default=5)
    options.add_argument("--growth", action="store_true")
    chosen = options.parse_args()
    compile_time()
    same_results(chosen.units)
    paired(chosen.units, chosen.sample, chosen.repeats)
    if chosen.growth:
        growth()


if __name__ == "__main__":
    main()
