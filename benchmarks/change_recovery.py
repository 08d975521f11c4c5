"""Is a planted cause of change found, to the last digit: pairs of years in which we know what was changed.

    python benchmarks/change_recovery.py [--pairs 500] [--units 20] [--seed 0]

Every pair has an old and a new edition (three groups of three indicators) and one to five causes, drawn at random:
the units work otherwise, weights, an indicator added, goalposts, a geometric mean, borders of grades. What each of them
did is calculated a second time, without the code under test: plain numpy, all orders in which the causes may come.
"""

from __future__ import annotations

import argparse
import itertools
import json
import time
from math import factorial

import numpy as np
import pandas as pd

from methods.data.editions import parse_edition
from methods.index.change import GRADE, score_change
from methods.index.edition import INDEX, Edition
from methods.index.score import MEASUREMENT_COLUMNS

GROUPS = {"g": ["a1", "a2", "a3"], "h": ["b1", "b2", "b3"], "i": ["c1", "c2", "c3"]}
ADDED = "a4"  # in the first group
CAUSES = ("performance", "weights", "indicators", "normalisation", "aggregation", "cut_offs")
SIDES = {"objective": {"measure": "column", "table": "t", "column": "x"}}


class Rules:
    """Everything an edition of this benchmark may differ in, as plain numbers."""

    def __init__(self, rng: np.random.Generator, members: dict[str, list[str]]) -> None:
        self.members = members
        self.weights = {group: dict(zip(own, rng.dirichlet(np.full(len(own), 3.0)), strict=True))
                        for group, own in members.items()}
        self.weights[INDEX] = dict(zip(members, rng.dirichlet(np.full(len(members), 3.0)), strict=True))
        self.posts = (float(rng.uniform(-0.4, -0.1)), float(rng.uniform(1.1, 1.5)))
        self.method = "arithmetic"
        self.cut_offs = sorted(float(cut) for cut in rng.uniform(0.35, 0.75, 3))

    def edition(self, name: str) -> Edition:
        """The same as an edition, through the door that files go through."""
        indicators = {code: {"title": code, "group": group, "sides": SIDES} for group, own in self.members.items()
                      for code in own}
        content = {
            "version": name, "title": name, "status": "candidate", "in_force": {"start": "2026-01-01"},
            "legal_basis": ["нет"], "decision": "0000", "unit": {"title": "ц", "one": "ц", "few": "ц", "many": "ц"},
            "data": {"dataset": "d", "periods": ["2026"], "units": {"file": "u.csv", "unit": "u", "title": "t"},
                     "tables": {"t": {"file": "t.csv", "unit": "u"}}},
            "groups": {group: {"title": group} for group in self.members}, "indicators": indicators,
            "weights": self.weights,
            "normalisation": {"method": "goalposts", "low": self.posts[0], "high": self.posts[1], "cap": False},
            "aggregation": {"default": {"method": "arithmetic"}, INDEX: {"method": self.method}},
            "missing": {"default": {"rule": "complete"}}, "publication": {"decimals": 2},
            "grades": {"title": "звёзды", "labels": list("1234"), "method": "bands", "cut_offs": self.cut_offs}}
        return parse_edition(json.dumps(content, ensure_ascii=False))


def planted(rng: np.random.Generator, units: int) -> tuple[Rules, Rules, pd.DataFrame, pd.DataFrame, list[str]]:
    """Two editions and two years that differ in the causes named."""
    causes = [cause for cause in CAUSES if rng.random() < 0.5] or [str(rng.choice(CAUSES))]
    if len(causes) > 5:
        causes.remove("cut_offs")
    members = {group: list(own) for group, own in GROUPS.items()}
    old = Rules(rng, members)
    more = {**members, "g": [*members["g"], ADDED]} if "indicators" in causes else members
    new = Rules(rng, more)
    if "weights" not in causes:  # the old proportions; a new member takes its own share
        taken = new.weights["g"].get(ADDED, 0.0)
        new.weights = {**old.weights, "g": {code: (1 - taken) * share for code, share in old.weights["g"].items()}}
        if taken:
            new.weights["g"][ADDED] = taken
    if "normalisation" not in causes:
        new.posts = old.posts
    if "cut_offs" not in causes:
        new.cut_offs = old.cut_offs
    if "aggregation" in causes:
        new.method = "geometric"
    names = [f"C{i:03d}" for i in range(units)]
    first = pd.DataFrame(rng.uniform(0.1, 0.9, (units, 10)), names, [*itertools.chain(*members.values()), ADDED])
    second = first + rng.normal(0.02, 0.05, first.shape) if "performance" in causes else first.copy()
    return old, new, first, second, causes


def measurements(values: pd.DataFrame, rules: Rules) -> pd.DataFrame:
    """The long table of the indicators that a year's edition asks about."""
    long = values[list(itertools.chain(*rules.members.values()))].rename_axis("unit").reset_index().melt(
        "unit", var_name="indicator")
    return long.assign(side="objective", clientele="", se=np.nan, n=1.0)[list(MEASUREMENT_COLUMNS)]


# -- the second calculation --------------------------------------------------------------------------------------------

def lent(tree: dict[str, float], source: dict[str, float]) -> dict[str, float]:
    """Weights of one edition on the members of another: common members in the source's proportions."""
    common = [code for code in tree if code in source]
    scale = sum(source[code] for code in common) / sum(tree[code] for code in common)
    mixed = {code: source.get(code, tree[code] * scale) for code in tree}
    return {code: share / sum(mixed.values()) for code, share in mixed.items()}


def outcome(new_causes: set[str], old: Rules, new: Rules, first: pd.DataFrame, second: pd.DataFrame,
            grades: bool) -> np.ndarray:
    """Scores (or grades) with the causes named in their new state, by arithmetic alone."""
    def side(cause: str) -> Rules:
        return new if cause in new_causes else old
    values, tree, weights = (second if "performance" in new_causes else first), side("indicators"), side("weights")
    low, high = side("normalisation").posts
    scaled = (values - low) / (high - low)
    scaled[ADDED] = (second[ADDED] - new.posts[0]) / (new.posts[1] - new.posts[0])  # known to the second year only
    own = {group: lent(tree.weights[group], weights.weights[group]) for group in tree.members}
    groups = np.array([sum(share * scaled[code] for code, share in own[group].items()) for group in own])
    top = np.array(list(lent(tree.weights[INDEX], weights.weights[INDEX]).values()))
    index = np.exp(top @ np.log(groups)) if side("aggregation").method == "geometric" else top @ groups
    return 1.0 + np.searchsorted(side("cut_offs").cut_offs, index, side="right") if grades else index


def by_orders(causes: list[str], *state: object, grades: bool) -> dict[str, np.ndarray]:
    """What each cause adds, averaged over all orders in which they may come."""
    known = {frozenset(done): outcome(set(done), *state, grades=grades)
             for size in range(len(causes) + 1) for done in itertools.combinations(causes, size)}
    effect = {cause: 0.0 for cause in causes}
    for order in itertools.permutations(causes):
        for place, cause in enumerate(order):
            effect[cause] += known[frozenset(order[:place + 1])] - known[frozenset(order[:place])]
    return {cause: total / factorial(len(causes)) for cause, total in effect.items()}


def main() -> None:
    """Print, cause by cause, how far the effects found are from those planted."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", type=int, default=500)
    parser.add_argument("--units", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    start, rows, unnamed = time.perf_counter(), [], 0
    for pair in range(options.pairs):
        state = planted(np.random.default_rng([options.seed, pair]), options.units)
        (old, new, first, second, causes), grades = state, "cut_offs" in state[4]
        split = score_change(measurements(first, old), old.edition("old"), measurements(second, new),
                             new.edition("new"), outcome=GRADE if grades else INDEX)
        residual = float((split.effects.sum(axis=1) - split.change).abs().max())
        unnamed += not set(split.effects.columns[split.effects.abs().max() > 1e-12]) <= set(causes)
        for cause, effect in by_orders(causes, old, new, first, second, grades=grades).items():
            rows.append((cause, float(np.abs(split.effects[cause] - effect).max()), float(np.abs(effect).mean()),
                         residual))
    table = pd.DataFrame(rows, columns=["cause", "difference", "size", "residual"]).groupby("cause", sort=False).agg(
        pairs=("difference", "size"), largest_difference=("difference", "max"), mean_effect=("size", "mean"),
        largest_residual=("residual", "max")).loc[[*CAUSES]]
    print(table.to_string(float_format=lambda value: f"{value:.2g}"))
    print(f"\n{options.pairs} pairs of years, {options.units} units each; pairs in which a cause that was not planted "
          f"got an effect: {unnamed}; {time.perf_counter() - start:.0f} s.")


if __name__ == "__main__":
    main()
