"""Benefit of the doubt for 2,000 units x 20 indicators: all programmes together against `linprog` one by one.

    .venv/bin/python benchmarks/benefit_of_doubt.py [--units 2000] [--indicators 20] [--sample 40] [--repeats 5]

Ours is the whole of `benefit_of_doubt`, from the table to labelled scores, weights, shares and peers, with the proof of
every optimum. Theirs is `scipy.optimize.linprog` (HiGHS), one programme a unit with all units as constraints, scores
only. A run of theirs solves a sample of units, spread evenly over the table and another one every time; the time is
scaled up to all (`--sample 2000` solves them all). Runs alternate, so that a busy machine slows both alike; ratios are
taken run by run. Processor time (all threads together) stands beside wall time: it is what remains comparable when
others use the machine.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time

import numpy as np
import pandas as pd
import scipy
from scipy.optimize import linprog
from scipy.special import ndtr

from methods.weights.benefit_of_doubt import benefit_of_doubt

DATA = {
    "independent": lambda draw, shape: draw.uniform(size=shape),
    "lognormal": lambda draw, shape: draw.lognormal(0, 0.5, shape),
    "correlated": lambda draw, shape: ndtr((draw.normal(size=(shape[0], 1)) + draw.normal(size=shape)) / 2 ** 0.5),
}
BOUNDS = {"no bounds": {}, "pie shares 2-15 %": {"pie_shares": (0.02, 0.15)},
          "weight shares 2-15 %": {"weight_shares": (0.02, 0.15)}}


def theirs(values: np.ndarray, unit: int, kind: str | None = None, bounds: tuple[float, float] = (0, 1)) -> float:
    """The score of one unit."""
    own, k = values[unit], values.shape[1]
    rows, right = values, np.ones(len(values))
    if kind:
        size = own if kind == "pie_shares" else np.ones(k)
        rows = np.vstack([values, bounds[0] * size - np.diag(size), np.diag(size) - bounds[1] * size])
        right = np.append(right, np.zeros(2 * k))
    return -linprog(-own, A_ub=rows, b_ub=right, method="highs").fun


def timed(work):
    """What it returns, wall and processor seconds."""
    wall, processor = time.perf_counter(), time.process_time()
    found = work()
    return found, time.perf_counter() - wall, time.process_time() - processor


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--units", type=int, default=2000)
    parser.add_argument("--indicators", type=int, default=20)
    parser.add_argument("--sample", type=int, default=40)
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    shape, times = (options.units, options.indicators), options.units / options.sample
    print(f"{shape[0]:,} units x {shape[1]} indicators; HiGHS on {options.sample} units a run; cores {os.cpu_count()}, "
          f"load {os.getloadavg()[0]:.1f}, numpy {np.__version__}, scipy {scipy.__version__}; medians of "
          f"{options.repeats} interleaved runs\n")
    print(f"{'':36}{'ours, s':>9}{'(least-most)':>15}{'theirs, s':>11}{'ratio':>8}{'processor':>11}{'frontier':>10}"
          f"{'fall-backs':>12}{'largest gap':>13}{'difference':>12}")
    for name, make in DATA.items():
        table = pd.DataFrame(make(np.random.default_rng(20), shape))
        values = table.to_numpy()
        benefit_of_doubt(table.iloc[:50])  # what is imported or cached at the first call is paid here
        for title, bounds in BOUNDS.items():
            walls, ratios, processors, differences = [], [], [], []
            for run in range(options.repeats):
                result, wall, processor = timed(lambda table=table, bounds=bounds: benefit_of_doubt(table, **bounds))
                sample = (np.arange(options.sample) * times + run * times / options.repeats).astype(int)
                scores, their_wall, their_processor = timed(lambda values=values, bounds=bounds, sample=sample: [
                    theirs(values, unit, *next(iter(bounds.items()), ())) for unit in sample])
                walls.append((wall, their_wall * times))
                ratios.append(their_wall * times / wall)
                processors.append(their_processor * times / processor)
                differences.append(np.abs(result.scores.to_numpy()[sample] - scores).max())
            ours, other = zip(*walls, strict=True)
            spread = f"({min(ours):.2f}-{max(ours):.2f})"
            print(f"{name + ', ' + title:36}{statistics.median(ours):9.3f}{spread:>15}{statistics.median(other):11.1f}"
                  f"{statistics.median(ratios):7.0f}x{statistics.median(processors):10.0f}x{len(result.frontier):10}"
                  f"{result.fallbacks:12}{result.largest_gap:13.1e}{max(differences):12.1e}", flush=True)


if __name__ == "__main__":
    main()
