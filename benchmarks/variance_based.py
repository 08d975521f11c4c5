"""Sobol indices of the places of 2,000 centres with bootstrap intervals: all at once against SALib one by one.

    .venv/bin/python benchmarks/variance_based.py [--centres 2000] [--base 512] [--sample 20] [--repeats 5]
    .venv/bin/python benchmarks/variance_based.py --errors [--seeds 200]      errors of estimators and designs
    .venv/bin/python benchmarks/variance_based.py --coverage [--seeds 500]    how often 95 % intervals hold

The comparison needs SALib (MIT), which the project does not: make an environment with it and let it see the project,

    python3 -m venv peers && peers/bin/pip install SALib && PYTHONPATH=src peers/bin/python benchmarks/variance_based.py

The model: 2,000 centres x 20 indicators, weights +-25 % in five groups of indicators, arithmetic or geometric mean: 6
factors and 21 coordinates; the outputs are places. Both sides get the same stored runs, the same number of resamples
and one thread; the model's own time is shown apart. Ours is the whole of `sobol_indices` without the model: indices,
percentile intervals and the disagreement of resamples for all centres. Theirs is
`analyze.sobol.analyze` for a sample of centres, other ones in every run, scaled up to all. Runs alternate; ratios are
taken run by run.
"""

from __future__ import annotations

import argparse
import itertools
import os
import statistics
import time

for threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(threads, "1")

import numpy as np  # noqa: E402 (after the number of threads)
import scipy  # noqa: E402
from scipy.stats import qmc  # noqa: E402

from methods.sensitivity import pick_freeze, variance_based  # noqa: E402
from methods.sensitivity.shapley_effects import shapley_effects  # noqa: E402
from methods.sensitivity.variance_based import sobol_indices  # noqa: E402

STEEPNESS = np.array([0, 1, 4.5, 9, 99, 99, 99, 99])
SLOPES = np.array([1.0, 2, 3, 4])


def ishigami(u: np.ndarray) -> np.ndarray:
    x = np.pi * (2 * u - 1)
    return (np.sin(x[:, 0]) + 7 * np.sin(x[:, 1])**2 + 0.1 * x[:, 2]**4 * np.sin(x[:, 0]))[:, None]


def sobol_g(u: np.ndarray) -> np.ndarray:
    return ((np.abs(4 * u - 2) + STEEPNESS) / (1 + STEEPNESS)).prod(axis=1)[:, None]


def linear(u: np.ndarray) -> np.ndarray:
    return (u @ SLOPES)[:, None]


def exact() -> dict[str, tuple]:
    """Model, first-order and total indices, Shapley effects."""
    part = 1 / (3 * (1 + STEEPNESS)**2)
    variance = np.prod(1 + part) - 1
    shapley = np.zeros(8)
    for size in range(1, 9):
        for subset in itertools.combinations(range(8), size):
            shapley[list(subset)] += part[list(subset)].prod() / size
    share = SLOPES**2 / 30
    return {"Ishigami": (ishigami, [0.31390519, 0.44241114, 0], [0.55758886, 0.44241114, 0.24368366],
                         [0.43574702, 0.44241114, 0.12184183]),
            "G": (sobol_g, part / variance, part * np.prod(1 + part) / (1 + part) / variance, shapley / variance),
            "linear": (linear, share, share, share)}


def timed(work):
    """What it returns, wall and processor seconds."""
    wall, processor = time.perf_counter(), time.process_time()
    found = work()
    return found, time.perf_counter() - wall, time.process_time() - processor


def places_of_centres(centres: int):
    """The model and its factors."""
    values = np.random.default_rng(20).uniform(0.2, 1, (centres, 20))
    logarithms = np.log(values)

    def model(u):
        weights = 1 + 0.5 * (u[:, :20] - 0.5)
        weights /= weights.sum(axis=1, keepdims=True)
        exponent = np.round(u[:, 20])[:, None]  # arithmetic or geometric
        scores = exponent * (weights @ values.T) + (1 - exponent) * np.exp(weights @ logarithms.T)
        places = np.empty_like(scores)
        np.put_along_axis(places, np.argsort(-scores, axis=1), np.arange(1.0, centres + 1)[None], axis=1)
        return places
    return model, {**{f"group {g}": list(range(4 * g, 4 * g + 4)) for g in range(5)}, "aggregation": [20]}


def speed(centres: int, base: int, sample: int, repeats: int) -> None:
    try:
        from SALib.analyze import sobol
    except ImportError:
        print("SALib is not here; see the head of this file.")
        sobol = None
    model, factors = places_of_centres(centres)
    stored: dict[bytes, np.ndarray] = {}

    def recorded(u):
        key = u.tobytes()
        if key not in stored:
            stored[key] = model(u)
        return stored[key]
    _, model_wall, _ = timed(lambda: sobol_indices(recorded, factors, base=base, resamples=40))
    a, *mixed = list(stored.values())
    b, mixed = mixed[0], mixed[1:]
    order = np.stack([a, *mixed, b], axis=1)             # SALib: A, AB of every factor, B for a base point
    problem = {"num_vars": len(factors), "names": sorted(factors), "bounds": [[0, 1]] * len(factors)}
    print(f"{centres:,} centres, {len(factors)} factors, N = {base}, {len(stored) * base:,} runs of the model "
          f"{model_wall:.1f} s with a first analysis")
    for resamples in (100, 1000):
        ours, theirs, walls, processors, apart = [], [], [], [], 0.0
        for turn in range(repeats):
            result, wall, processor = timed(
                lambda resamples=resamples: sobol_indices(recorded, factors, base=base, resamples=resamples))
            ours.append(wall)
            if sobol is None:
                continue
            chosen = (np.arange(sample) * centres / sample + turn * centres / sample / repeats).astype(int)
            peer, their_wall, their_processor = timed(lambda chosen=chosen, resamples=resamples: [
                sobol.analyze(problem, order[:, :, centre].ravel(), calc_second_order=False, num_resamples=resamples,
                              seed=1) for centre in chosen])
            theirs.append(their_wall * centres / sample)
            walls.append(theirs[-1] / wall)
            processors.append(their_processor * centres / sample / processor)
            apart = max(apart, *(np.abs(each["ST"] - result.total[centre].to_numpy()).max()
                                 for each, centre in zip(peer, chosen, strict=True)))
        line = f"{resamples:5} resamples: ours {statistics.median(ours):.2f} s ({min(ours):.2f}-{max(ours):.2f})"
        if walls:
            line += (f", SALib {statistics.median(theirs):.0f} s, ratio {statistics.median(walls):.0f}x, processor "
                     f"{statistics.median(processors):.0f}x, totals differ by {apart:.0e}")
        print(line, flush=True)


def halves(coordinates: int, base: int, design: str, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """The usual way to make A and B of one sequence."""
    points = qmc.Sobol(2 * coordinates, scramble=True, rng=np.random.default_rng(seed)).random(base)
    return points[:, :coordinates], points[:, coordinates:]


def estimators(model, coordinates: int, design: str, seed: int) -> dict[str, np.ndarray]:
    """Other first-order estimators on the runs of ours."""
    a, b = pick_freeze.base_points(coordinates, 512, design, seed)
    runs = np.array([model(each)[:, 0] for each in (a, b, *(pick_freeze.exchanged(a, b, np.array([i]))
                                                           for i in range(coordinates)))])
    runs -= runs[:2].mean()
    a, b, ab = runs[0], runs[1], runs[2:]
    variance, middle = (runs[:2]**2).mean(), ((b + ab) / 2).mean(axis=1)
    return {"Saltelli": (b * (ab - a)).mean(axis=1) / variance,
            "Janon-Monod": ((b * ab).mean(axis=1) - middle**2) / (((b**2 + ab**2) / 2).mean(axis=1) - middle**2),
            "Jansen": 1 - ((b - ab)**2).mean(axis=1) / 2 / variance}


def errors(seeds: int) -> None:
    print(f"Root mean squared errors over {seeds} seeds, N = 512\n")
    ours = pick_freeze.base_points
    for name, (model, first, total, shapley) in exact().items():
        factors = {f"x{i}": [i] for i in range(len(first))}
        for design, way, points in (("random", "random", ours), ("sobol", "sobol, by turns", ours),
                                    ("sobol", "sobol, halves", halves)):
            pick_freeze.base_points = points
            found: dict[str, list] = {}
            for seed in range(seeds):
                result = sobol_indices(model, factors, design=design, resamples=40, seed=seed)
                rows = {"ours": result.first[0], "total": result.total[0],
                        **estimators(model, len(first), design, seed)}
                for key, row in rows.items():
                    found.setdefault(key, []).append(np.asarray(row) - (total if key == "total" else first))
            for key, rows in found.items():
                size = np.sqrt(np.mean(np.square(rows), axis=0))
                print(f"{name:9} {way:16} {key:12}", " ".join(f"{each:.4f}" for each in size), flush=True)
        pick_freeze.base_points = ours
        for method, cost in (("subsets", 2**len(first)), ("permutations", len(first) + 1)):
            for design in ("random", "sobol"):
                base = 2 ** int(np.log2(4096 / cost))
                rows = [shapley_effects(model, factors, base=base, method=method, design=design, resamples=40,
                                        seed=seed).effects[0] - shapley for seed in range(seeds)]
                size = np.sqrt(np.mean(np.square(rows), axis=0))
                print(f"{name:9} {design:16} Shapley, {method}, {base * cost} runs:",
                      " ".join(f"{each:.4f}" for each in size), flush=True)


def coverage(seeds: int) -> None:
    print(f"Share of {seeds} designs whose 95 % interval holds the true index, and mean width; 1,000 resamples")
    ours = pick_freeze.base_points
    for name, (model, first, total, shapley) in exact().items():
        factors = {f"x{i}": [i] for i in range(len(first))}
        for way, base in (("random", 128), ("random", 512), ("sobol", 128), ("sobol", 512), ("halves", 512)):
            pick_freeze.base_points = halves if way == "halves" else ours
            design, held, width = way.replace("halves", "sobol"), [], []
            for seed in range(seeds):
                result = sobol_indices(model, factors, base=base, design=design, seed=seed)
                effects = shapley_effects(model, factors, base=base // 4, design=design, seed=seed)
                ends = [(result.first_low, result.first_high, first), (result.total_low, result.total_high, total),
                        (effects.low, effects.high, shapley)]
                held.append([(low[0] <= true) & (true <= high[0]) for low, high, true in ends])
                width.append([high[0] - low[0] for low, high, true in ends])
            share, wide = np.mean(held, axis=0), np.mean(width, axis=0)
            for row, kind in enumerate(("first", "total", f"Shapley at {base // 4}")):
                print(f"{name:9} {way:7} N = {base:4} {kind:15}", " ".join(f"{each:.3f}" for each in share[row]),
                      "  width", " ".join(f"{each:.3f}" for each in wide[row]), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--errors", action="store_true")
    parser.add_argument("--coverage", action="store_true")
    parser.add_argument("--centres", type=int, default=2000)
    parser.add_argument("--base", type=int, default=512)
    parser.add_argument("--sample", type=int, default=20)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--seeds", type=int, default=0)
    options = parser.parse_args()
    print(f"cores {os.cpu_count()}, load {os.getloadavg()[0]:.1f}, numpy {np.__version__}, scipy {scipy.__version__}, "
          f"blocks of {variance_based.CELLS:,} sums")
    if options.errors:
        errors(options.seeds or 200)
    elif options.coverage:
        coverage(options.seeds or 500)
    else:
        speed(options.centres, options.base, options.sample, options.repeats)


if __name__ == "__main__":
    main()
