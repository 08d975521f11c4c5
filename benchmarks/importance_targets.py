"""Weights for stated importances on two real indices: ours beside an imitation of COINr's get_opt_weights.

    OMP_NUM_THREADS=1 .venv/bin/python benchmarks/importance_targets.py [--repeats 5]

Targets: the nominal weights of every parent (Becker and others 2017). Data: CMS hospital stars of 2021 (4,536
hospitals, 48 measures in five groups; no hospital has all measures, so a score is the mean over those present; the five
groups also on the 3,046 hospitals that have all of them) and COINr's own ASEM (51 countries, 49 indicators, eleven
parents).

The imitation does what get_opt_weights of COINr 1.1 does: Nelder-Mead on the logarithm of the mean squared difference
of shares from targets, from the targets as start, with R's first simplex and R's rule of stopping at reltol = .1, 500
evaluations, no bounds; beside it the same with R's own default, reltol = 1.5e-8. It gets our linear measure (shares of
r^2; COINr takes shares of r) and a compiled score instead of a rebuilt coin, so that only the search differs. Both are
given the scores of the level below as ours made them. Milliseconds are of the processor.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import scipy
from scipy.optimize import minimize

from methods.data.store import scored
from methods.index.aggregate import arithmetic
from methods.index.edition import INDEX
from methods.index.importance import importances, share_of_importance
from methods.index.normalise import z_score
from methods.weights.targets import Calibration, TargetedWeights, calibrate, nearest_weights

ROOT = Path(__file__).resolve().parents[1]
COINR, DEFAULT = 0.1, 1.5e-8  # reltol of get_opt_weights and of R's optim


def hospitals() -> tuple[pd.DataFrame, dict[str, pd.Series], dict[str, Callable]]:
    """Normalised measures, the tree with nominal weights, groups put on z-scores as the edition says."""
    edition, _, scores = scored("cms-2021", root=ROOT)
    tree = {}
    for parent in [*edition.bottom_up(), INDEX]:
        weights = edition.weights_of(parent)
        weights = weights[[code for code in weights.index if code in scores.normalised or code in edition.groups]]
        tree[parent] = weights / weights.sum()
    return scores.normalised, tree, dict.fromkeys(edition.groups, z_score)


def asem() -> tuple[pd.DataFrame, dict[str, pd.Series]]:
    """COINr's normalised indicators and its tree."""
    folder = ROOT / "tests" / "reference" / "asem"
    values = pd.read_csv(folder / "step_normalised.csv", index_col="UnitCode", keep_default_na=False)
    table = pd.read_csv(folder / "ASEM_iMeta.csv", index_col="iCode")
    table = table[table["Type"].isin(["Indicator", "Aggregate"]) & table["Parent"].notna()]
    tree = {parent: own["Weight"] / own["Weight"].sum() for parent, own in table.groupby("Parent")}
    return values[table.index[table["Type"] == "Indicator"]], tree


def nelder_mead(values: pd.DataFrame, target: pd.Series, reltol: float) -> pd.Series:
    """Weights as COINr searches them; they may be negative, and nothing says whether the targets were met."""
    x, there = np.nan_to_num(values.to_numpy(float)), values.notna().to_numpy()
    goal = target[values.columns].to_numpy()

    def loss(weights: np.ndarray) -> float:
        weights = weights / weights.sum()
        with np.errstate(divide="ignore", invalid="ignore"):
            score = x @ weights / (there @ weights)
        known = there & np.isfinite(score)[:, None]
        filled = np.where(np.isfinite(score), score, 0.0)
        n = known.sum(axis=0)
        product = (known * x).T @ filled - (known * x).sum(axis=0) * (known.T @ filled) / n
        r2 = product**2 / (((known * x**2).sum(axis=0) - (known * x).sum(axis=0) ** 2 / n)
                           * (known.T @ filled**2 - (known.T @ filled) ** 2 / n))
        return float(np.log(max(((goal - r2 / r2.sum()) ** 2).sum() / len(goal), 1e-300)))

    step = 0.1 * np.abs(goal).max()
    simplex = np.vstack([goal, goal + step * np.eye(len(goal))])
    start = loss(goal)
    found = minimize(loss, goal, method="Nelder-Mead", options={
        "initial_simplex": simplex, "fatol": reltol * (abs(start) + reltol), "xatol": np.inf, "maxfev": 500}).x
    return pd.Series(found / found.sum(), index=values.columns)


def largest_miss(values: pd.DataFrame, weights: pd.Series, target: pd.Series, kind: str) -> float:
    """Largest difference of a share from its target, by the public formulas."""
    score = arithmetic(values, weights)
    scored_units = values[score.notna()]
    share = share_of_importance(importances(scored_units, score.dropna(), kind))
    return float((share - target).abs().max())


def timed(work: Callable[[], object], repeats: int) -> tuple[object, float]:
    """Result and median milliseconds of the processor: what stays comparable on a machine that others use."""
    times = []
    for _ in range(repeats):
        start = time.process_time()
        result = work()
        times.append(1000 * (time.process_time() - start))
    return result, statistics.median(times)


def verdict(found: TargetedWeights) -> str:
    """Reached, or what prevents it."""
    said = "достигнуто" if found.converged else "отказ"
    if len(found.on_bound):
        said += "; на границе: " + ", ".join(f"{member} = {bound:g}" for member, bound in found.on_bound.items())
    if found.contrary:
        said += f"; против балла: {', '.join(map(str, found.contrary))}"
    return said + (f"; меньше {found.unbeatable:.4f} не бывает" if found.unbeatable else "")


def compare(title: str, values: pd.DataFrame, tree: dict[str, pd.Series], gaps: str, rescale: dict[str, Callable],
            repeats: int) -> None:
    """Print one line a parent for both kinds of importance."""
    columns = ["родитель", "элементов", "единиц", "важность", "наши веса, мс", "расхождение", "как COINr, мс",
               "расхождение", "reltol 1,5e-8, мс", "расхождение", "наименьший вес", "итог у нас"]
    print(f"\n{title}\n| {' | '.join(columns)} |\n|{'---|' * len(columns)}")
    for kind in ("linear", "nonlinear"):
        def whole(kind: str = kind) -> Calibration:
            return calibrate(values, tree, kind=kind, gaps=gaps, rescale=rescale, refuse=False)

        made, together = timed(whole, 3)
        table = values.join(made.scores)
        for parent, found in made.parents.items():
            own = table[list(found.weights.index)].dropna(how="any" if gaps == "complete" else "all")
            target = tree[parent]
            again, ours = timed(lambda own=own, target=target, kind=kind: nearest_weights(
                own, target, kind=kind, gaps=gaps), repeats)
            cells = [parent, own.shape[1], again.n, kind, f"{ours:.1f}", f"{again.error:.5f}"]
            for reltol in (COINR, DEFAULT):
                theirs, wall = timed(lambda own=own, target=target, reltol=reltol: nelder_mead(own, target, reltol),
                                     repeats)
                cells += [f"{wall:.1f}", f"{largest_miss(own, theirs, target, kind):.4f}"]
            print(f"| {' | '.join(map(str, cells))} | {theirs.min():.3f} | {verdict(again)} |", flush=True)
        print(f"Все уровни разом, {kind}: {together:.0f} мс")


def main() -> None:
    """Print the conditions and the tables."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--repeats", type=int, default=5)
    repeats = parser.parse_args().repeats
    print(f"numpy {np.__version__}, scipy {scipy.__version__}, pandas {pd.__version__}, потоков BLAS: "
          f"{os.environ.get('OMP_NUM_THREADS', 'не ограничено')}, загрузка {os.getloadavg()[0]:.1f}")
    measures, tree, rescale = hospitals()
    compare("CMS 2021, все уровни, веса делятся между имеющимися", measures, tree, "reweight", rescale, repeats)
    means = {group: arithmetic(measures[list(tree[group].index)], tree[group]) for group in rescale}
    groups = pd.DataFrame({group: z_score(mean.rename(group)) for group, mean in means.items()})
    compare("CMS 2021, пять групп с принятыми весами внутри, больницы со всеми группами", groups,
            {INDEX: tree[INDEX]}, "complete", {}, repeats)
    compare("ASEM, все уровни", *asem(), "complete", {}, repeats)


if __name__ == "__main__":
    main()
