"""Full rank acceptability of 2,000 units x 20 indicators by Monte-Carlo: ours against a pandas loop over draws.

    .venv/bin/python benchmarks/rank_acceptability.py [--draws 50000] [--repeats 5] [--parts ratio compile ...]

ratio     the same weights (+-25 % at both levels) for both; ours and the loop alternate, so that a busy machine slows
          both alike. The loop makes the weights from uniform numbers that it is given, multiplies, ranks and counts,
          once with all outcomes of ours (counts of places, shifts, who is first, mean weights), once with the counts of
          places alone. It makes fewer draws, since its time of a draw does not depend on them; before anything is
          timed, both count the same draws and must agree
compile   first call with an empty cache of machine code, and with a full one, each in a process of its own
million   1,000,000 draws beside 10,000: seconds, largest memory
growth    500 to 100,000 units: time of one more draw (the tables of counts are not made anew) and its slope
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial

import numpy as np
import pandas as pd
import psutil

INDICATORS, GROUPS = 20, 5
CODES = [f"q{number:02d}" for number in range(1, INDICATORS + 1)]


def edition():
    """Five groups of four indicators, equal weights, no normalisation."""
    from methods.data.editions import parse_edition
    groups = [f"g{number}" for number in range(1, GROUPS + 1)]
    return parse_edition(json.dumps({
        "version": "made", "title": "-", "status": "candidate", "in_force": {"start": "2026-01-01"},
        "legal_basis": ["-"], "decision": "-", "unit": dict.fromkeys(("title", "one", "few", "many"), "-"),
        "data": {"dataset": "d", "periods": ["2026"], "units": {"file": "f", "unit": "u", "title": "t"},
                 "tables": {"t": {"file": "f", "unit": "u"}}},
        "groups": {group: {"title": group} for group in groups},
        "indicators": {code: {"title": code, "group": groups[place // (INDICATORS // GROUPS)],
                              "sides": {"objective": {"measure": "column", "table": "t", "column": code}}}
                       for place, code in enumerate(CODES)},
        "weights": dict.fromkeys(("index", *groups), "equal"), "normalisation": {"method": "none"},
        "aggregation": {"default": {"method": "arithmetic"}}, "missing": {"default": {"rule": "complete"}},
        "publication": {}}))


def table(units: int) -> pd.DataFrame:
    """Shares that a common quality and noise of equal size make."""
    draw = np.random.default_rng(7)
    values = 1 / (1 + np.exp(-draw.normal(size=(units, 1)) - draw.normal(size=(units, INDICATORS))))
    return pd.DataFrame(values, columns=CODES, index=pd.Index([f"u{n:06d}" for n in range(units)], name="unit"))


def experiment(units: int):
    from methods.sensitivity.engine import Experiment
    from methods.sensitivity.factors import WeightNoise
    long = table(units).rename_axis(columns="indicator").stack().rename("value").reset_index()
    measured = long.assign(side="objective", clientele="", se=np.nan, n=np.nan)
    return Experiment(measured, edition(), [WeightNoise(0.25)])


def ours(made, draws: int, workers: int = 1):
    from methods.run.cluster import Threads
    from methods.sensitivity.design import Design
    from methods.sensitivity.uncertainty import rank_uncertainty
    return rank_uncertainty(made, Design(draws, "random", 0), pool=Threads(workers))


def loop(values: pd.DataFrame, points: np.ndarray, adopted: pd.Series, everything: bool) -> dict:
    """What a user would write: a draw at a time, with pandas."""
    n, rows = len(values), np.arange(len(values))
    counts, first, drift, moved = np.zeros((n, n), np.int32), np.zeros(n), np.zeros(n), np.zeros(n)
    central, shifts = np.zeros((n, INDICATORS)), []
    for u in points:
        noisy = 1 + 0.25 * (2 * u - 1)
        groups, inside = noisy[-GROUPS:], noisy[:-GROUPS].reshape(GROUPS, -1)  # in the order of the names
        weights = (groups / groups.sum())[:, None] * (inside / inside.sum(axis=1, keepdims=True))
        places = (values @ weights.ravel()).rank(ascending=False, method="min")
        counts[rows, places.to_numpy().astype(int) - 1] += 1
        if everything:
            shift = places - adopted
            drift += shift
            moved += shift.abs()
            shifts.append(shift.abs().mean())
            best = (places == 1).to_numpy()
            first += best
            central[best] += weights.ravel()
    return {"counts": counts, "first": first, "moved": moved, "shifts": shifts}


def drawn(made, draws: int) -> np.ndarray:
    """The uniform numbers of the first draws, for the loop."""
    from methods.sensitivity.design import Design
    return np.concatenate([points for _, points in Design(draws, "random", 0).points(made.columns)])


def clock(work: Callable[[], object]) -> tuple[float, float]:
    """Wall and processor seconds."""
    start, processor = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - start, time.process_time() - processor


def ratio(units: int, draws: int, repeats: int, few: int) -> None:
    made, values = experiment(units), table(units)
    adopted = values.mean(axis=1).rank(ascending=False, method="min")
    points = drawn(made, few)
    check, plain = ours(made, few), loop(values, points, adopted, everything=True)
    assert (check.counts.to_numpy() == plain["counts"]).all(), "counts differ"
    assert np.allclose(check.first * few, plain["first"]), "firsts differ"
    assert np.allclose(check.shift["absolute"] * few, plain["moved"]), "shifts differ"
    work = {"ours, 1 thread": (lambda: ours(made, draws), draws),
            "ours, 2 threads": (lambda: ours(made, draws, 2), draws),
            "loop, all outcomes": (lambda: loop(values, points, adopted, True), few),
            "loop, counts alone": (lambda: loop(values, points, adopted, False), few)}
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in work}
    for _ in range(repeats):
        for name, (run, count) in work.items():
            times[name].append(tuple(1e6 * seconds / count for seconds in clock(run)))
    print(f"{units} units: microseconds a draw, medians of {repeats} interleaved runs of {draws} draws (loop: {few})")
    print(f"{'':22}{'wall':>9}{'least':>9}{'processor':>11}" + "".join(f"{name[6:]:>22}" for name in list(work)[2:]))
    for name, found in times.items():
        wall, processor = (statistics.median(column) for column in zip(*found, strict=True))
        ratios = ""
        if name.startswith("ours"):
            for other in list(work)[2:]:
                pairs = [(theirs[0] / mine[0], theirs[1] / mine[1])
                         for theirs, mine in zip(times[other], found, strict=True)]
                ratios += "{:>13.1f}x /{:>6.1f}x".format(*(statistics.median(column)
                                                          for column in zip(*pairs, strict=True)))
        print(f"{name:22}{wall:9.1f}{min(found)[0]:9.1f}{processor:11.1f}{ratios}")
    print("(ratios: wall / processor)\n")


def compilation() -> None:
    with tempfile.TemporaryDirectory() as cache:
        for what in ("empty cache of machine code", "full cache"):
            start = time.perf_counter()
            answer = subprocess.run([sys.executable, __file__, "--one", "first"], check=True, capture_output=True,
                                    text=True, env={**os.environ, "NUMBA_CACHE_DIR": cache}).stdout
            print(f"{what}: first call {float(answer):.2f} s, whole process {time.perf_counter() - start:.2f} s")
    print()


def first() -> None:
    made = experiment(100)
    print(clock(lambda: ours(made, 100))[0])


def million(units: int) -> None:
    for draws in (10_000, 100_000, 1_000_000):
        for workers in (1, 2):
            print(subprocess.run([sys.executable, __file__, "--one", f"{units},{draws},{workers}"], check=True,
                                 capture_output=True, text=True).stdout, end="")
    print()


def one(units: int, draws: int, workers: int) -> None:
    made = experiment(units)
    ours(made, 1024)
    before = psutil.Process().memory_info().rss
    wall, processor = clock(lambda: ours(made, draws, workers))
    import resource
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(f"{units} units, {draws:,} draws, {workers} threads: {wall:.1f} s wall, {processor:.1f} s processor, largest "
          f"memory {most / 2**20:.0f} MB, of it before {before / 2**20:.0f} MB")


def growth(repeats: int) -> None:
    sizes, found = (500, 1000, 2000, 5000, 10_000, 20_000, 50_000, 100_000), []
    for units in sizes:
        made, draws = experiment(units), max(512, 8_000_000 // units)
        result = ours(made, 64)
        times = {count: [min(column) for column in zip(*(clock(partial(ours, made, count)) for _ in range(repeats)),
                                                       strict=True)] for count in (draws, 3 * draws)}
        wall, processor = ((more - less) / (2 * draws)
                           for less, more in zip(times[draws], times[3 * draws], strict=True))
        found.append(processor)
        slope = "" if len(found) < 2 else (
            f", slope {np.log(found[-1] / found[-2]) / np.log(units / sizes[len(found) - 2]):.2f}")
        print(f"{units:7,} units: {1e6 * wall:9.1f} us a draw (processor {1e6 * processor:9.1f}), "
              f"{1e9 * processor / units:5.1f} ns a place, {result.block} places in a column{slope}", flush=True)
    line = np.polyfit(np.log(sizes), np.log(found), 1)
    print(f"slope over all: {line[0]:.2f}\n")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--units", type=int, default=2000)
    parser.add_argument("--draws", type=int, default=50_000)
    parser.add_argument("--loop", type=int, default=500)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--parts", nargs="+", default=["ratio", "compile", "million", "growth"])
    parser.add_argument("--one", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one == "first":
        first()
    elif options.one:
        one(*map(int, options.one.split(",")))
    else:
        print(f"cores {os.cpu_count()}, load {os.getloadavg()[0]:.1f}, numpy {np.__version__}, pandas "
              f"{pd.__version__}\n")
        parts = {"ratio": lambda: ratio(options.units, options.draws, options.repeats, options.loop),
                 "compile": compilation, "million": lambda: million(options.units),
                 "growth": lambda: growth(min(options.repeats, 3))}
        for part in options.parts:
            parts[part]()


if __name__ == "__main__":
    main()
