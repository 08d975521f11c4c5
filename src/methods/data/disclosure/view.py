"""What may leave: cells that rest on too few answers are hidden, and so is what they could be computed from."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from methods.data.disclosure.linear import Cell, ranges
from methods.data.disclosure.model import COMBINED, GRADE, REGION, Model, model
from methods.errors import DisclosureError
from methods.index.edition import INDEX, Edition
from methods.index.rank import rank
from methods.index.rounding import half_up, round_half_up
from methods.index.score import Scores

THRESHOLD = 10      # answers; below it a cell is hidden
LEAST_PART = 3      # answers; a combined value with a smaller part in it is half somebody's own opinion
PROTECTION = 0.10   # of the answer scale: a hidden mean must stay uncertain by at least this much
MARGIN = 1.02       # the judge asks a little more than promised: rounding of other tables may still shave something
PRIMARY, SECONDARY = "primary", "secondary"
HIDDEN_WORD = "скрыто"
WHY = {PRIMARY: "ответов меньше порога", SECONDARY: "иначе скрытое значение можно вычислить"}

# What a reader loses when a cell is hidden, from least to most; the selection always gives up the least.
LOSS = {"clientele": 1, "group": 2, "region": 5, "index": 6, "grade": 8}


@dataclass(frozen=True, eq=False)
class Published:
    """Tables that may leave: a hidden cell is NaN and has its reason. Reasons and ranges are for the office only."""

    scores: pd.DataFrame    # units x (rank, grade, eligible, index, index:clientele, groups), as Scores.published
    regions: pd.DataFrame   # regions x (units, mean, half_width, mean_grade)
    overall: float          # mean index of all ranked units
    reasons: pd.DataFrame   # one row a hidden cell: unit, element, part, reason, n
    protected: pd.DataFrame  # every cell below the threshold: n, low and high that an attacker can prove, need
    threshold: int
    protection: float
    cells: pd.DataFrame = field(repr=False)  # what was published: intervals by cell, for the attack
    n: pd.Series = field(repr=False)         # cells, shown and hidden: answers behind them
    advice: dict[Cell, Cell] = field(default_factory=dict)  # secret cell that is still open -> what to hide for it

    @property
    def counts(self) -> pd.Series:
        """Numbers of hidden cells by reason and kind."""
        kind = [_kind(cell) for cell in self.reasons.index]
        return self.reasons.groupby(["reason", kind]).size().rename_axis(["reason", "kind"])

    @property
    def shown(self) -> pd.Series:
        """Units whose index may be shown, and with it everything made from it: place, interval, relative index."""
        return self.scores["index"].notna()

    def hide(self, table: pd.DataFrame | pd.Series) -> pd.DataFrame | pd.Series:
        """The same table with gaps for the units whose index is hidden: for anything made from the index."""
        return table.where(self.shown.reindex(table.index, fill_value=False), axis=0) if table.ndim == 2 else \
            table.where(self.shown.reindex(table.index, fill_value=False))

    def in_words(self) -> pd.DataFrame:
        """The scores for readers: «скрыто» in hidden cells, whatever the reason; «—» stays for what never was."""
        table = self.scores.astype(object).where(self.scores.notna(), None)
        for unit, element, part in self.reasons.index:
            column = _column(element, part)
            if unit in table.index and column in table:
                table.loc[unit, column] = HIDDEN_WORD
                if column == INDEX:
                    table.loc[unit, "rank"] = HIDDEN_WORD
        return table

    def stop(self) -> None:
        """Raise if a cell below the threshold can still be computed: names cells, never values."""
        open_ = self.protected[self.protected["high"] - self.protected["low"] < self.protected["need"]]
        if len(open_):
            lines = [f"  {_named(cell)} | скройте ещё: {_named(self.advice[cell]) if cell in self.advice else '—'}"
                     for cell in open_.index[:20]]
            more = [f"  … и ещё {len(open_) - 20}"] if len(open_) > 20 else []
            raise DisclosureError("\n".join([
                f"Публикация остановлена: скрытые ячейки можно вычислить по остальным, их {len(open_)} "
                f"(правило: меньше {self.threshold} ответов не публикуется).", *lines, *more]))

    def record(self, regions: pd.Series | None = None) -> pd.DataFrame:
        """What leaves, cell by cell, for the comparison with other publications (`differencing`).

        Returns
        -------
        DataFrame, indexed by unit (or region), element, part
            `value` and `half` (what the printed number stands for: value ± half), `n`, all three NaN where the cell is
            hidden; `region` of the unit. Grades tell bands, not numbers, and are left out.
        """
        shown = self.cells[self.cells.index.get_level_values("part") != GRADE]
        table = pd.DataFrame({"value": (shown["low"] + shown["high"]) / 2, "half": (shown["high"] - shown["low"]) / 2,
                              "n": self.n.reindex(shown.index)})
        hidden = self.reasons.index[self.reasons.index.get_level_values("part") != GRADE]
        table = table.reindex(table.index.append(hidden.difference(table.index)))
        home = pd.Series(dtype=str) if regions is None else regions
        return table.assign(region=[home.get(cell[0], None) for cell in table.index]).sort_index()


def published_view(scores: Scores, measurements: pd.DataFrame, edition: Edition, threshold: int = THRESHOLD, *,
                   regions: pd.Series | None = None, protection: float = PROTECTION,
                   secondary: bool = True) -> Published:
    """Everything of one edition and period that may be published.

    Parameters
    ----------
    scores, measurements, edition
        As `score` made and got them.
    threshold : int
        A value resting on fewer answers is hidden (primary suppression).
    regions : Series, optional
        Region of every unit (`measured.units["region"]`): their means are published too.
    protection : float
        Share of the answer scale by which a hidden mean must stay uncertain; never less than one mark of one
        respondent, 1 / (n x steps).
    secondary : bool
        False leaves computable cells open: only for showing what the attack then finds.

    Returns
    -------
    Published
        Places are given anew among the units whose index is shown, so that gaps in the numbering tell nothing.
    """
    taken = model(scores, measurements, edition, regions)
    shown = _candidates(scores, edition, taken)
    secret = _secret(taken, threshold)
    below = set(secret)
    reasons = {cell: PRIMARY for cell in shown.index if cell in below}
    shown = shown.drop(index=list(reasons))
    need = _need(taken, secret, protection)
    if secondary and len(secret):
        if taken.exact:
            shown, found = _protect(taken, shown, secret, need)
        else:
            shown, found = _withdraw(shown, secret, regions)
        reasons |= dict.fromkeys(found, SECONDARY)
    return _tables(scores, edition, regions, taken, shown, reasons, secret, need, threshold, protection)


def _candidates(scores: Scores, edition: Edition, taken: Model) -> pd.DataFrame:
    """All cells of the report with the interval that each printed number stands for."""
    cells = taken.value.index
    part = cells.get_level_values("part")
    element = cells.get_level_values("element")
    printed = taken.value[(element == INDEX) | (part == COMBINED)]
    rounded = round_half_up(printed, edition.publication.decimals)
    half = 0.5 * 10.0 ** -edition.publication.decimals
    table = pd.DataFrame({"low": rounded - half, "high": rounded + half})
    if edition.grades is not None:
        graded = scores.grade.dropna()
        table = table.drop(index=[cell for cell in table.index if cell[2] == GRADE and cell[0] not in graded.index])
        bands = [_band(scores, edition, unit, grade) for unit, grade in graded.items()]
        table.loc[[(unit, INDEX, GRADE) for unit in graded.index], ["low", "high"]] = np.array(bands).reshape(-1, 2)
    return table


def _band(scores: Scores, edition: Edition, unit: str, grade: float) -> tuple[float, float]:
    """What a published grade tells of the index, in points."""
    rule = edition.grades
    peer = "all" if rule.within == "all" else str(scores.eligible_groups[unit])
    cuts = [-np.inf, *scores.cut_offs.get(peer, ()), np.inf]
    if grade == 0:
        return -np.inf, rule.floor
    shift = 0.0 if rule.decimals is None else 0.5 * 10.0 ** -rule.decimals * (1 if rule.edge == "lower" else -1)
    return cuts[int(grade) - 1] + shift, cuts[int(grade)] + shift


def _secret(taken: Model, threshold: int) -> list[Cell]:
    """Cells of primary suppression, published or not: too few answers, or a part of a mean too small."""
    part = taken.n.index.get_level_values("part")
    unit_cell = ~part.isin([REGION, GRADE])
    own = unit_cell & (taken.n.to_numpy() < threshold)
    half = (part == COMBINED) & (taken.least_part.reindex(taken.n.index).to_numpy() < min(LEAST_PART, threshold))
    return list(taken.n.index[(own | half) & (taken.weight.reindex(taken.n.index).to_numpy() > 0)])


def _need(taken: Model, secret: list[Cell], protection: float) -> pd.Series:
    """Width in points that a secret cell must keep."""
    index = taken.value.index[taken.value.index.get_indexer(secret)] if secret else taken.value.index[:0]
    n = taken.n.reindex(index).clip(lower=1)
    share = np.maximum(protection, 1 / (n * taken.steps))
    return (share * taken.weight.reindex(index)).rename("need")


def _protect(taken: Model, shown: pd.DataFrame, secret: list[Cell],
             need: pd.Series) -> tuple[pd.DataFrame, list[Cell]]:
    """Hide more until no secret cell is tighter than it needs: greedy by least loss, the programme is the judge.

    First unit by unit, then with the regions' means. A unit whose index is shown needs no second look: its region's
    mean tells nothing new about it but dust of rounding, for which there is `MARGIN`.
    """
    # Without asking the programme: beside a hidden clientele and a shown mean the other one is the trap itself.
    secret_units = {cell[0] for cell in secret if cell[1] == INDEX and cell[2] != COMBINED}
    hidden = [cell for cell in shown.index if _kind(cell) == "clientele" and cell[0] in secret_units]
    shown = shown.drop(index=hidden)
    regional = shown.index.get_level_values("part") == REGION
    own, means = shown[~regional], shown[regional]
    own, gone = _hide_until_safe(taken, own, means.iloc[:0], secret, need)
    hidden += gone
    closed = {cell[0] for cell in [*hidden, *secret] if cell[1:] == (INDEX, COMBINED)}
    lost = {cell for cell in secret if cell[0] in closed}
    own, gone = _hide_until_safe(taken, own, means, [cell for cell in secret if cell in lost], need)
    means = means.drop(index=[cell for cell in gone if cell in means.index])
    return pd.concat([own.drop(index=[cell for cell in gone if cell in own.index]), means]), hidden + gone


def _hide_until_safe(taken: Model, own: pd.DataFrame, means: pd.DataFrame, secret: list[Cell],
                     need: pd.Series) -> tuple[pd.DataFrame, list[Cell]]:
    shown, hidden, watch = pd.concat([own, means]), [], list(secret)
    while watch:
        enough = need * MARGIN
        found = ranges(taken.system, shown, watch, enough)
        width = found.table["high"] - found.table["low"]
        short = width / enough.reindex(width.index)
        open_ = short[short < 1]
        if open_.empty:
            break
        chosen = set()
        for _, group in open_.groupby(open_.index.get_level_values("unit")):
            low_level = [cell for cell in group.index if cell[1] != INDEX]
            for cell in low_level or [group.idxmin()]:  # hiding for the groups may be enough for the index too
                holding = [holder for holder in found.binding[cell] if holder in shown.index]
                if holding:  # otherwise nature itself is that tight: nothing published is to blame
                    chosen.add(min(holding, key=lambda cell: (LOSS[_kind(cell)], taken.n.get(cell, 0), cell)))
        if not chosen:
            break
        hidden += sorted(chosen)
        shown = shown.drop(index=sorted(chosen))
        touched = set(found.block[open_.index])  # what is hidden changes nothing outside the block
        watch = [cell for cell in watch if found.block[cell] in touched]
    return shown[shown.index.get_level_values("part") != REGION], hidden


def _withdraw(shown: pd.DataFrame, secret: list[Cell],
              regions: pd.Series | None) -> tuple[pd.DataFrame, list[Cell]]:
    """Where nothing can be proved (a recipe that is not linear), a unit with a secret cell shows nothing at all."""
    units = {cell[0] for cell in secret}
    homes = set(regions.reindex(sorted(units)).dropna().astype(str)) if regions is not None else set()
    gone = [cell for cell in shown.index if (cell[0] in homes if cell[2] == REGION else cell[0] in units)]
    return shown.drop(index=gone), gone


def _tables(scores: Scores, edition: Edition, regions: pd.Series | None, taken: Model, shown: pd.DataFrame,
            reasons: dict[Cell, str], secret: list[Cell], need: pd.Series, threshold: int,
            protection: float) -> Published:
    table = scores.published(edition)
    for unit, element, part in reasons:
        if part != REGION:
            table.loc[unit, _column(element, part)] = np.nan
    known = table[INDEX].notna() & scores.eligible.reindex(table.index)
    table["rank"] = rank(scores.index.reindex(table.index).where(known), edition.ranking.ties)
    # Sorted by place a table would tell between which scores a hidden one lies; the hidden stand last, by code.
    table = table.sort_index().sort_values("rank", kind="stable", na_position="last")
    why = pd.DataFrame({"reason": list(reasons.values())},
                       index=pd.MultiIndex.from_tuples(list(reasons), names=["unit", "element", "part"])
                       if reasons else taken.value.index[:0])
    why["n"] = taken.n.reindex(why.index)
    binding: dict[Cell, list[Cell]] = {}
    if secret and taken.exact:
        closed = set(table.index[table[INDEX].isna()])
        own = shown[shown.index.get_level_values("part") != REGION]
        parts = [  # a region's mean tells something only where an index is hidden
            ranges(taken.system, own, [cell for cell in secret if cell[0] not in closed], need),
            ranges(taken.system, shown, [cell for cell in secret if cell[0] in closed], need)]
        proved = pd.concat([part.table for part in parts])
        binding = {cell: holders for part in parts for cell, holders in part.binding.items()}
    else:
        proved = pd.DataFrame({"low": -np.inf, "high": np.inf}, index=need.index)
    audit = pd.DataFrame({"n": taken.n.reindex(proved.index), "low": proved["low"], "high": proved["high"],
                          "need": need.reindex(proved.index)})
    by_region = _regions(scores, edition, regions, shown, table)
    return Published(table, by_region, _overall(scores, edition, table, by_region, need), why, audit, threshold,
                     protection, shown, taken.n, _advice(audit, binding))


def _advice(audit: pd.DataFrame, binding: dict[Cell, list[Cell]]) -> dict[Cell, Cell]:
    """For every secret cell that is still open the published cell whose hiding costs a reader the least."""
    open_ = audit.index[audit["high"] - audit["low"] < audit["need"]]
    return {cell: min(binding[cell], key=lambda holder: (LOSS[_kind(holder)], holder))
            for cell in open_ if binding.get(cell)}


def _named(cell: Cell) -> str:
    return " × ".join(filter(None, cell))


def _overall(scores: Scores, edition: Edition, table: pd.DataFrame, by_region: pd.DataFrame, need: pd.Series) -> float:
    """Mean of all ranked units, unless it is the last number missing for one region's (or one unit's) hidden mean.

    Rounding helps: over 1 197 units half a hundredth is 6 points of the sum. In a small country it does not.
    """
    rule, ranked = edition.publication, scores.index[scores.rank.notna()]
    hidden = int(table.loc[ranked.index, INDEX].isna().sum())
    gaps = int(by_region["mean"].isna().sum()) if len(by_region) else hidden
    wide = len(ranked) * 10.0 ** -rule.decimals > need.max() if len(need) else True
    if hidden and gaps == 1 and not wide:
        return float("nan")
    return half_up(float(ranked.mean() * rule.multiplier), rule.decimals)


def _regions(scores: Scores, edition: Edition, regions: pd.Series | None, shown: pd.DataFrame,
             table: pd.DataFrame) -> pd.DataFrame:
    """Means by region; spread and mean grade only where every member is shown: two members' mean and spread are both
    members."""
    columns = ["units", "mean", "half_width", "mean_grade"]
    if regions is None:
        return pd.DataFrame(columns=columns)
    rule = edition.publication
    ranked = scores.index[scores.rank.notna()] * rule.multiplier
    home = regions.reindex(ranked.index).dropna().astype(str)
    grouped = ranked[home.index].groupby(home)
    open_ = table[INDEX].notna().reindex(home.index).groupby(home).all()
    graded = table["grade"].reindex(home.index)
    whole = (graded.notna() | scores.grade.reindex(home.index).isna()).groupby(home).all()
    mean_shown = pd.Series({region: (region, INDEX, REGION) in shown.index for region in open_.index})
    made = pd.DataFrame({
        "units": grouped.size(), "mean": round_half_up(grouped.mean(), rule.decimals).where(mean_shown),
        "half_width": round_half_up(1.96 * grouped.sem(), rule.decimals).where(open_),
        "mean_grade": round_half_up(graded.groupby(home).mean(), 2).where(whole)})
    return made[columns].rename_axis("region")


def _kind(cell: Cell) -> str:
    _, element, part = cell
    if part == REGION:
        return "region"
    if part == GRADE:
        return "grade"
    if part != COMBINED:
        return "clientele"
    return "index" if element == INDEX else "group"


def _column(element: str, part: str) -> str:
    if part == GRADE:
        return "grade"
    return element if part == COMBINED else f"{element}:{part}"


def by_kind(cells: list[Cell]) -> Counter:
    """How many cells of each kind: clientele, group, index, grade, region.

    >>> by_kind([("C01", "index", "employers"), ("C01", "index", "")])
    Counter({'clientele': 1, 'index': 1})
    """
    return Counter(_kind(cell) for cell in cells)
