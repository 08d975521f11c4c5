"""Attack on the published tables: everything public goes into one system, every suppressed cell is bounded by it.

    python benchmarks/attack_published_tables.py [--edition star-2022] [--threshold 10] [--protection 0.1] [--reports]

The attacker knows the methodology, the checklists X/N, which cells are hidden and all printed numbers of both years
with their rounding: places, index, clienteles, groups, grades, regional means, the year-on-year index. What would be
known to somebody who had the level of every unit by its weakest group is told as a warning: no report prints it. With
--reports the numbers are read from the CSV files of the finished reports (make them first: zvezda report --period ...).
Exit code 1 if the protected tables give anything away, or if the unprotected ones do not (then the attack has no
teeth).
"""

from __future__ import annotations

import argparse
import itertools
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import sparse

from methods.data import store
from methods.data.disclosure import PROTECTION, THRESHOLD, Published, System, published_view, ranges
from methods.data.disclosure.linear import labels
from methods.data.disclosure.model import COMBINED, GRADE, REGION, Model, model
from methods.index.edition import INDEX, Edition
from methods.index.rounding import half_up, round_half_up
from methods.index.score import Scores

RELATIVE = "relative"
DECIMALS = 2  # of the relative index


def attack(models: dict[str, Model], views: dict[str, Published]) -> pd.DataFrame:
    """Range of every secret cell of all periods together: low, high, need, n, weight."""
    system, published = _joined(models, views)
    secret = pd.concat({period: view.protected[["n", "need"]] for period, view in views.items()})
    secret.index = labels((_tag(period, unit), element, part) for period, unit, element, part in secret.index)
    # A shown index is known to half a hundredth whatever its region's mean says; those units are bounded on their own,
    # and only where an index is hidden do the regions' means enter. The first is exact but for that dust.
    closed = {cell[0] for cell in secret.index if (cell[0], INDEX, COMBINED) not in published.index}
    own = published[published.index.get_level_values("part") != REGION]
    open_cells = [cell for cell in secret.index if cell[0] not in closed]
    closed_cells = [cell for cell in secret.index if cell[0] in closed]
    found = pd.concat([ranges(system, own, open_cells).table, ranges(system, published, closed_cells).table])
    weight = pd.Series(abs(system.rows).sum(axis=1), index=system.cells)
    return secret.assign(low=found["low"], high=found["high"], weight=weight.reindex(secret.index),
                         value=_truth(models).reindex(secret.index))


def weakest_levels(scores: Scores, edition: Edition) -> pd.DataFrame:
    """What a level by the weakest group tells of a unit's groups, in points: not below `low`, the least not above
    `high`."""
    groups = round_half_up(scores.elements[edition.children(INDEX)] * edition.publication.multiplier, 9)
    cuts = np.array([-np.inf, *scores.cut_offs["all"], np.inf])
    level = np.searchsorted(cuts[1:-1], groups.min(axis=1), side="right")
    known = groups.notna().all(axis=1)
    return pd.DataFrame({"low": cuts[level], "high": cuts[level + 1]}, index=groups.index)[known]


def attack_with_levels(taken: Model, view: Published, levels: pd.DataFrame, groups: list[str]) -> pd.DataFrame:
    """The attack on one period by somebody who also knows every unit's weakest level.

    «Some group lies below the border» is no linear condition: each group in turn is taken for the weakest, and what
    can be proved is what holds in all cases together.
    """
    secret = list(view.protected.index)
    told = view.cells[view.cells.index.get_level_values("part") != REGION]
    floor = pd.DataFrame([(max(levels.loc[unit, "low"], -1e9), np.inf, (unit, group, COMBINED))
                          for unit in levels.index for group in groups], columns=["low", "high", "cell"])
    floor = floor.set_index(labels(floor["cell"]))[["low", "high"]]
    told = _both(told, floor[floor.index.isin(taken.system.cells)])
    proved = ranges(taken.system, told, [cell for cell in floor.index if cell in taken.system.cells]).table
    cases = []
    for weakest in groups:
        cell = labels((unit, weakest, COMBINED) for unit in levels.index)
        possible = proved["low"].reindex(cell).to_numpy() <= levels["high"].to_numpy()
        cap = pd.DataFrame({"low": -np.inf, "high": levels["high"].to_numpy()}, index=cell)[possible]
        units = set(levels.index[possible]) | (set(taken.value.index.get_level_values("unit")) - set(levels.index))
        cases.append(ranges(taken.system, _both(told, cap), [target for target in secret if target[0] in units]).table)
    together = pd.concat(cases).groupby(level=[0, 1, 2]).agg({"low": "min", "high": "max"})
    return view.protected[["n", "need"]].assign(
        low=together["low"], high=together["high"], weight=taken.weight.reindex(view.protected.index),
        value=taken.value.reindex(view.protected.index))


def _both(one: pd.DataFrame, other: pd.DataFrame) -> pd.DataFrame:
    """Intervals that satisfy both tables."""
    made = pd.concat([one, other]).groupby(level=[0, 1, 2]).agg({"low": "max", "high": "min"})
    return made.set_index(labels(made.index))


def from_report(folder: Path, view: Published, edition: Edition) -> Published:
    """The same view with the cells that the files of a finished report tell, and nothing else.

    Raises if a file shows a number that the table of published cells does not: a way round the control.
    """
    def table(name: str) -> pd.DataFrame:
        return pd.read_csv(folder / "tables" / f"{name}.csv", sep=";", decimal=",", encoding="utf-8-sig",
                           dtype={"unit": str, "Код": str, "Регион": str}, keep_default_na=False, na_values=[""])
    cells = table("sensitivity-published")
    cells["part"] = cells["part"].fillna("")
    shown = cells.dropna(subset=["value"]).set_index(["unit", "element", "part"])
    told = pd.DataFrame({"low": shown["value"] - shown["half"], "high": shown["value"] + shown["half"]})
    told.index = labels(told.index)
    places = table("sensitivity-places").set_index("Код")
    columns = {"Индекс": COMBINED, **{one.title.capitalize(): code for code, one in edition.clienteles.items()}}
    for column, part in columns.items():
        printed = places[column].dropna()
        known = shown["value"].reindex(labels((unit, INDEX, part) for unit in printed.index))
        assert np.allclose(known, printed), f"{column}: a number that is no published cell"
    regions = table("maturity-regions").set_index("Регион")["Средний индекс"].dropna()
    known = shown["value"].reindex(labels((region, INDEX, REGION) for region in regions.index))
    assert np.allclose(known, regions), "a region's mean that is no published cell"
    grades = view.cells[view.cells.index.get_level_values("part") == GRADE]
    starred = places[edition.grades.title.capitalize()].dropna().index
    assert set(starred) == set(grades.index.get_level_values("unit")), "a grade that is no published cell"
    return replace(view, cells=pd.concat([told, grades]))


def recovered(found: pd.DataFrame, steps: int) -> dict[str, int]:
    """How many secret cells are known too well, by three measures."""
    width = found["high"] - found["low"]
    mark = found["weight"] / (found["n"].clip(lower=1) * steps)   # one mark of one respondent moves the cell by this
    wrong = (found["value"] < found["low"] - 1e-4) | (found["value"] > found["high"] + 1e-4)
    return {"within half a step of its own resolution (one mark of one respondent)": int((width < mark).sum()),
            "within the protection interval": int((width < found["need"]).sum()),
            "bounds that miss the truth (the attack itself is wrong)": int(wrong.sum())}


def _joined(models: dict[str, Model], views: dict[str, Published]) -> tuple[System, pd.DataFrame]:
    """The systems of all periods side by side, tied by the published year-on-year index."""
    parts = [taken.system for taken in models.values()]
    cells = [(_tag(period, cell[0]), *cell[1:]) for period, taken in models.items() for cell in taken.system.cells]
    rows = sparse.block_diag([part.rows for part in parts], format="csr")
    constant = np.concatenate([part.constant for part in parts])
    published = pd.concat({period: view.cells for period, view in views.items()})
    published.index = labels((_tag(period, unit), element, part) for period, unit, element, part in published.index)
    position = {cell: i for i, cell in enumerate(cells)}
    extra, shifts, names, bounds = [], [], [], []
    periods = list(models)
    for base, now in itertools.pairwise(periods):
        shown = views[base].shown.index[views[base].shown].intersection(views[now].shown.index[views[now].shown])
        for unit in shown:
            top, bottom = ((_tag(period, unit), INDEX, COMBINED) for period in (now, base))
            ratio = models[now].value[(unit, INDEX, COMBINED)] / models[base].value[(unit, INDEX, COMBINED)]
            printed = half_up(100 * ratio, DECIMALS)
            for sign, edge in (("low", printed - 0.5 * 10.0 ** -DECIMALS), ("high", printed + 0.5 * 10.0 ** -DECIMALS)):
                a, b = position[top], position[bottom]
                extra.append(rows[[a]] - rows[[b]] * (edge / 100))
                shifts.append(constant[a] - constant[b] * edge / 100)
                names.append((f"{unit}", INDEX, f"{RELATIVE}-{sign}-{now}"))
                bounds.append((0.0, np.inf) if sign == "low" else (-np.inf, 0.0))
    if extra:
        rows = sparse.vstack([rows, *extra], format="csr")
        constant = np.concatenate([constant, shifts])
        cells += names
        published = pd.concat([published, pd.DataFrame(bounds, columns=["low", "high"], index=labels(names))])
    return System(labels(cells), sparse.csr_array(rows), constant, np.concatenate([part.low for part in parts]),
                  np.concatenate([part.high for part in parts])), published


def _truth(models: dict[str, Model]) -> pd.Series:
    return pd.concat([taken.value.set_axis(labels((_tag(period, cell[0]), *cell[1:]) for cell in taken.value.index))
                      for period, taken in models.items()])


def _tag(period: str, unit: str) -> str:
    return f"{unit}@{period}"


def guess(found: pd.DataFrame, models: dict[str, Model], views: dict[str, Published]) -> pd.DataFrame:
    """Not proof but guess: how near a regression on the shown index comes to the hidden index of employers.

    In shares of the answer scale: spread of the hidden values, and what remains of it when the combined index is
    known. A linear programme cannot see this; the reader of the documentation should.
    """
    lines = {}
    for period, taken in models.items():
        hidden = views[period].reasons
        mine = [cell for cell in hidden.index if cell[1] == INDEX and cell[2] not in (COMBINED, REGION, "grade")
                and cell in views[period].protected.index and views[period].shown.get(cell[0], False)]
        both = [(cell[0], INDEX, COMBINED) for cell in mine]

        def share(cells: list, taken: Model = taken) -> np.ndarray:
            at = taken.system.cells.get_indexer(labels(cells))
            return (taken.value.iloc[at].to_numpy() - taken.system.constant[at]) / taken.weight.iloc[at].to_numpy()
        x, y = share(both), share(mine)
        slope, cut = np.polyfit(x, y, 1)
        lines[period] = {"cells": len(mine), "spread": y.std(), "left": (y - slope * x - cut).std()}
    return pd.DataFrame(lines).T


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--edition", default="star-2022")
    parser.add_argument("--threshold", type=int, default=THRESHOLD)
    parser.add_argument("--protection", type=float, default=PROTECTION)
    parser.add_argument("--reports", action="store_true", help="attack the files of the finished reports")
    given = parser.parse_args()
    start, models, seen = time.perf_counter(), {}, {"with": {}, "without": {}}
    levels = {}
    edition = store.editions.load_edition(store.project_root(), given.edition)
    for period in edition.data.periods:
        edition, measured, scores = store.scored(given.edition, period)
        regions = measured.units.get("region")
        models[period] = model(scores, measured.measurements, edition, regions)
        for name, secondary in (("without", False), ("with", True)):
            begun = time.perf_counter()
            seen[name][period] = published_view(scores, measured.measurements, edition, given.threshold,
                                                regions=regions, protection=given.protection, secondary=secondary)
            took = time.perf_counter() - begun
        levels[period] = weakest_levels(scores, edition)
        if given.reports:
            folder = store.project_root() / "reports" / edition.version / period
            seen["with"][period] = from_report(folder, seen["with"][period], edition)
            print(f"\n{folder}: {len(seen['with'][period].cells)} published cells in the files")
        view = seen["with"][period]
        ranked = int(scores.rank.notna().sum())
        print(f"\n{period}: units {ranked}, index shown {int(view.shown.sum())}, secret cells {len(view.protected)}, "
              f"selection {took:.0f} s")
        print(view.counts.to_string())
    failed = 0
    for name, title in (("without", "primary suppression only"), ("with", "primary and secondary suppression")):
        begun = time.perf_counter()
        found = attack(models, seen[name])
        print(f"\nAttack on {title}: {len(found)} suppressed cells, {time.perf_counter() - begun:.0f} s")
        width = 100 * (found["high"] - found["low"]) / found["weight"]
        counts = recovered(found, min(taken.steps for taken in models.values()))
        for what, count in counts.items():
            print(f"  {count:6d} recovered {what}" if "miss" not in what else f"  {count:6d} {what}")
        print(f"  width left, % of the answer scale: least {width.min():.2f}, median {width.median():.1f}")
        whole = (found["high"] - found["low"] < found["weight"] / models[edition.data.periods[0]].steps).sum()
        print(f"  not counted as recovered: mean mark known to better than ±0.5 of a mark: {whole}")
        total = sum(counts.values())
        failed |= (total > 0) if name == "with" else (total == 0)
    steps = min(taken.steps for taken in models.values())
    for period, taken in models.items():
        found_more = attack_with_levels(taken, seen["with"][period], levels[period], edition.children(INDEX))
        counts = recovered(found_more, steps)
        print(f"\n{period}, by somebody who also knows every unit's level by its weakest group:")
        print("\n".join(f"  {count:6d} {what}" for what, count in counts.items()))
    print("  (not printed in the reports: such tables are made of units whose groups are shown)")
    print("\nGuess by regression on the shown index (share of the answer scale, standard deviation):")
    print(guess(found, models, seen["with"]).round(4).to_string())
    print(f"\n{'FAILED' if failed else 'OK: 0 recovered'}; {time.perf_counter() - start:.0f} s")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
