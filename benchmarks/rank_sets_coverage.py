"""How often confidence sets for places hold, and how wide they are beside those of csranks.

    .venv/bin/python benchmarks/rank_sets_coverage.py [--repeats 1000] [--peer 100] [--seed 0] [--only WORD]

Every case draws its own truth once and the data anew in every repetition. Printed, in %: repetitions in which all
simultaneous sets hold; marginal sets that hold, for the unit where they do so least and on average; mean widths.
A 95 % coverage has a standard error of .7 points in 1,000 repetitions; the least of many units lies lower by chance.

csranks: its algorithm (Mogstad, Romano, Shaikh, Wilhelm, 2024) on the same data for the first `--peer` repetitions,
written here in numpy: normal draws with the estimated covariance, new in every step, interpolated quantile. R itself is
not needed. tests/sensitivity/test_rank_sets.py compares with numbers from R.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import numpy as np
import pandas as pd

from methods.sensitivity.pairwise import CorrelatedErrors, Errors, IndependentErrors, ReplicatedErrors
from methods.sensitivity.rank_sets import rank_sets

DRAWS = 1000
Sample = Callable[[np.random.Generator], tuple[np.ndarray, Errors, np.ndarray]]    # estimates, errors, covariance


def labels(n: int) -> list[str]:
    return [f"C{i:03d}" for i in range(n)]


def truths(n: int) -> dict[str, np.ndarray]:
    """Distinct values; five values that n/5 units share; nobody differs."""
    distinct = np.sort(np.random.default_rng(1).normal(0, 1, n))
    return {"distinct": distinct, "ties": np.repeat(np.linspace(-1, 1, 5), n // 5), "all equal": np.zeros(n)}


def known_errors(truth: np.ndarray) -> Sample:
    se = np.random.default_rng(2).uniform(0.05, 0.4, len(truth))

    def draw(rng):
        return truth + se * rng.standard_normal(len(truth)), IndependentErrors(pd.Series(se, labels(len(se)))), np.diag(
            se**2)
    return draw


def answers(truth: np.ndarray, count: int, marks: str, degrees: bool) -> Sample:
    """Means of `count` answers a unit, their standard errors from the same answers."""
    n = len(truth)

    def draw(rng):
        if marks == "normal":
            seen = truth + rng.standard_normal((count, n)) * np.linspace(0.5, 1.5, n)
        else:                                  # a five-point scale at its ceiling: 40-95 % fives
            seen = np.clip(np.ceil(5.3 + truth * 0.8 + 1.2 * (0.8 - rng.exponential(1, (count, n)))), 1, 5)
        se = seen.std(axis=0, ddof=1) / np.sqrt(count)
        pooled = np.sqrt((se**2).mean())
        se = np.where(se > 0, se, pooled)      # all answers alike: the pooled spread, as usable_errors does
        known = IndependentErrors(pd.Series(se, labels(n)), count - 1 if degrees else None)
        return seen.mean(axis=0), known, np.diag(se**2)
    return draw


def common_error(truth: np.ndarray, kind: str) -> Sample:
    """Errors of five inspectors, each with a fifth of the units, and of respondents."""
    n = len(truth)
    inspectors = np.kron(np.eye(5), np.ones((n // 5, 1)))
    root = np.hstack([0.3 * inspectors, 0.15 * np.eye(n)])
    covariance = root @ root.T

    def draw(rng):
        seen = truth + root @ rng.standard_normal(root.shape[1])
        if kind == "known":
            return seen, CorrelatedErrors(pd.DataFrame(covariance, labels(n), labels(n))), covariance
        replicates = rng.standard_normal((500, root.shape[1])) @ root.T
        table = pd.DataFrame(replicates, columns=labels(n))
        return seen, ReplicatedErrors(table, normal=kind == "multiplier"), np.cov(replicates.T)
    return draw


def clusters(truth: np.ndarray, count: int, degrees: bool) -> Sample:
    """All units seen by the same `count` experts: the covariance of the means is estimated from them."""
    n = len(truth)

    def draw(rng):
        marks = truth + rng.standard_normal((count, 1)) + 0.8 * rng.standard_normal((count, n))
        covariance = np.cov(marks.T) / count
        known = CorrelatedErrors(pd.DataFrame(covariance, labels(n), labels(n)), count - 1 if degrees else None)
        return marks.mean(axis=0), known, covariance
    return draw


def true_means(truth: np.ndarray, sample: str) -> np.ndarray:
    """What the estimates estimate: for the five-point scale the mean of clipped marks, by one long run."""
    if sample != "ceiling":
        return truth
    levels, where = np.unique(truth, return_inverse=True)
    noise = 1.2 * (0.8 - np.random.default_rng(3).exponential(1, 2_000_000))
    return np.array([np.clip(np.ceil(5.3 + level * 0.8 + noise), 1, 5).mean() for level in levels])[where]


def cases() -> dict[str, tuple[np.ndarray, Sample]]:
    found: dict[str, tuple[np.ndarray, Sample]] = {}
    for n in (20, 85):
        for name, truth in truths(n).items():
            found[f"{n}, {name}, known errors"] = (truth, known_errors(truth))
    for name in ("distinct", "all equal"):
        truth = truths(20)[name]
        for count in (5, 10, 30):
            for degrees in (False, True):
                found[f"20, {name}, {count} answers, {'degrees' if degrees else 'as if known'}"] = (
                    truth, answers(truth, count, "normal", degrees))
        for count in (10, 30, 100):
            found[f"20, {name}, {count} answers at the ceiling, degrees"] = (
                true_means(truth, "ceiling"), answers(truth, count, "ceiling", True))
        for kind in ("known", "replicates", "multiplier"):
            found[f"20, {name}, common errors, {kind}"] = (truth, common_error(truth, kind))
        for degrees in (False, True):
            found[f"20, {name}, 12 experts, {'degrees' if degrees else 'as if known'}"] = (
                truth, clusters(truth, 12, degrees))
    found["85, all equal, 30 experts, degrees"] = (truths(85)["all equal"], clusters(truths(85)["all equal"], 30, True))
    return found


def csranks(estimates: np.ndarray, covariance: np.ndarray, members: list[int], rng: np.random.Generator,
            coverage: float = 0.95, draws: int = 1000) -> tuple[np.ndarray, np.ndarray]:
    """Ends of the sets of `members`, step-down, two-sided; see the module's docstring."""
    n = len(estimates)
    values, vectors = np.linalg.eigh(covariance)
    root = vectors * np.sqrt(np.maximum(values, 0))
    spread = np.sqrt(np.maximum(np.diag(covariance)[:, None] + np.diag(covariance) - 2 * covariance, 1e-300))
    open_ = np.zeros((n, n), dtype=bool)                     # [k, j]: «k is not better than j» is to be tested
    open_[members] = open_[:, members] = True
    np.fill_diagonal(open_, False)
    rejected = np.zeros((n, n), dtype=bool)
    while True:
        ahead, behind = np.nonzero(open_)
        z = rng.standard_normal((draws, n)) @ root.T
        largest = ((z[:, ahead] - z[:, behind]) / spread[ahead, behind]).max(axis=1)
        critical = np.quantile(largest, coverage)
        new = open_ & (estimates[:, None] - estimates > critical * spread)
        if not new.any():
            break
        rejected |= new
        open_ &= ~new
        if not open_.any():
            break
    return 1 + rejected[:, members].sum(axis=0), n - rejected[members].sum(axis=1)


def true_ends(truth: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    above = truth[:, None] < truth - 1e-9
    return 1 + above.sum(axis=1), len(truth) - above.sum(axis=0)


def run(truth: np.ndarray, sample: Sample, repeats: int, peer: int, seed: int) -> dict[str, float]:
    rng = np.random.default_rng(seed)
    low, high = true_ends(truth)
    n = len(truth)
    together, each, widths, theirs = [], np.zeros(n), {"simultaneous": [], "marginal": []}, {"simultaneous": [],
                                                                                         "marginal": []}
    for repeat in range(repeats):
        estimates, errors, covariance = sample(rng)
        table = pd.Series(estimates, labels(n))
        sets = {kind: rank_sets(table, errors, simultaneous=kind == "simultaneous", draws=DRAWS, seed=repeat).sets
                for kind in widths}
        holds = {kind: (found["low"] <= low) & (found["high"] >= high) for kind, found in sets.items()}
        together.append(holds["simultaneous"].all())
        each += holds["marginal"].to_numpy()
        if repeat < peer:
            for kind, found in sets.items():
                widths[kind].append((found["high"] - found["low"] + 1).mean())
            a, b = csranks(estimates, covariance, list(range(n)), rng)
            theirs["simultaneous"].append((b - a + 1).mean())
            ends = [csranks(estimates, covariance, [j], rng) for j in range(n)]
            theirs["marginal"].append(np.mean([b[0] - a[0] + 1 for a, b in ends]))
    each /= repeats
    return {"simultaneous": 100 * np.mean(together), "marginal, least": 100 * each.min(),
            "marginal, mean": 100 * each.mean(),
            **{f"width {kind}": np.mean(found or [np.nan]) for kind, found in widths.items()},
            **{f"csranks {kind}": np.mean(found or [np.nan]) for kind, found in theirs.items()}}


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--repeats", type=int, default=1000)
    options.add_argument("--peer", type=int, default=100)
    options.add_argument("--seed", type=int, default=0)
    options.add_argument("--only", default="")
    chosen = options.parse_args()
    print(f"coverage 95 %, {chosen.repeats} repetitions, {DRAWS} draws, widths over the first {chosen.peer}")
    print("| units, truth, errors | simultaneous | marginal: least, mean | width, simultaneous: ours, csranks "
          "| width, marginal: ours, csranks |")
    print("|---|---|---|---|---|")
    started = time.perf_counter()
    for name, (truth, sample) in cases().items():
        if chosen.only in name:
            found = run(truth, sample, chosen.repeats, min(chosen.peer, chosen.repeats), chosen.seed)
            print(f"| {name} | {found['simultaneous']:.1f} | {found['marginal, least']:.1f}, "
                  f"{found['marginal, mean']:.1f} | {found['width simultaneous']:.2f}, "
                  f"{found['csranks simultaneous']:.2f} | {found['width marginal']:.2f}, "
                  f"{found['csranks marginal']:.2f} |", flush=True)
    print(f"{time.perf_counter() - started:.0f} s")


if __name__ == "__main__":
    main()
