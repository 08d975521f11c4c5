"""What if: the index under other weights, shares of the survey, means and borders, soon enough to be played with.

The scores are those of `methods.index.score.score` with the edition changed: its own functions make them, and only what
a choice touches is made anew. The draws behind the intervals of places are made once, then carried through each choice.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal

import numpy as np
import pandas as pd

from methods import checks
from methods.checks import SUM_TOLERANCE
from methods.errors import InputError, NotPublishable
from methods.index.edition import INDEX, Aggregation, Edition
from methods.index.rank import mean_rank_shift, rank
from methods.index.score import (
    EVERYONE,
    Scores,
    combine_views,
    element_score,
    normalise,
    reweighted,
    score,
)
from methods.sensitivity import placing
from methods.sensitivity.measured import Key, Measured
from methods.sensitivity.rows import Rows, normalise_rows, transformation
from methods.sensitivity.uncertainty import EPSILON, MOST_FAILED, enough

DRAWS = 200      # of the interval: more would not fit into the time in which a moved slider still feels direct
COVERAGE = 0.90  # share of the draws that an interval holds
SPREAD = 0.25    # relative half-width of the noise of weights, where no error was measured


@dataclass(frozen=True)
class Choice:
    """What is tried instead of what the edition says; what is not named stays as adopted."""

    weights: Mapping[str, pd.Series] = field(default_factory=dict)          # element -> by member, sum 1
    survey: float | None = None                                             # its share in all two-sided indicators
    aggregation: Mapping[str, Aggregation] = field(default_factory=dict)    # element -> mean
    cut_offs: tuple[float, ...] | None = None                               # of grades by bands, published scale

    @property
    def inside(self) -> bool:
        """Whether the scores of groups change, not only what is made of them."""
        return self.survey is not None or bool({*self.weights, *self.aggregation} - {INDEX})

    @property
    def index(self) -> bool:
        """Whether the index changes, not only what its grades are called."""
        return self.inside or bool(self.weights) or bool(self.aggregation)


def changed_edition(edition: Edition, choice: Choice) -> Edition:
    """The edition with the choice written into it, as it would be adopted.

    Raises
    ------
    InputError
        Weights that do not sum to 1 or name other members; a share outside 0 to 1, or one where the edition has no
        two-sided indicator; borders that do not rise, or an edition whose borders come from the data.
    """
    changes: dict[str, object] = {}
    if choice.weights:
        for element, own in choice.weights.items():
            title = edition.element_title(element)
            checks.same_labels(own.index, pd.Index(edition.members(element)), f"Веса «{title}»")
            checks.weights_sum_to_one(own)
        changes["weights"] = {**edition.weights, **{element: own[edition.members(element)].to_dict()
                                                    for element, own in choice.weights.items()}}
    if choice.survey is not None:
        changes["indicators"] = _mixed(edition, choice.survey)
    if choice.aggregation:
        changes["aggregation"] = {**edition.aggregation, **choice.aggregation}
    if choice.cut_offs is not None:
        changes["grades"] = _graded(edition, choice.cut_offs)
    return edition.model_copy(update=changes) if changes else edition


def _mixed(edition: Edition, survey: float) -> dict[str, object]:
    if not edition.two_sided:
        raise InputError("Долю опроса менять не в чем: в редакции нет показателей с двумя сторонами.")
    open_end = edition.sides.missing == "available"  # who has one side only would then lose or gain a value
    if not (0 < survey < 1 if open_end else 0 <= survey <= 1):
        raise InputError(f"Доля опроса — от 0 до 1{', не включая концов' if open_end else ''}, задано {survey:g}.")
    mix = {"subjective": survey, "objective": 1 - survey}
    return {code: indicator.model_copy(update={"mix": mix}) if code in edition.two_sided else indicator
            for code, indicator in edition.indicators.items()}


def _graded(edition: Edition, cut_offs: tuple[float, ...]) -> object:
    if edition.grades is None or edition.grades.cut_offs is None:
        raise InputError("Границы уровней не заданы числами в редакции: менять нечего.")
    if len(cut_offs) != len(edition.grades.cut_offs):
        raise InputError(f"Границ уровней должно быть {len(edition.grades.cut_offs)}, задано {len(cut_offs)}.")
    floor = -np.inf if edition.grades.floor is None else edition.grades.floor
    if any(low >= high for low, high in itertools.pairwise((floor, *cut_offs))):
        shown = ", ".join(f"{cut:g}" for cut in cut_offs)
        least = "" if edition.grades.floor is None else f" и быть больше {floor:g}: не выше этого уровня нет"
        raise InputError(f"Границы уровней должны возрастать{least}; сейчас: {shown}. Поправьте границы.")
    return edition.grades.model_copy(update={"cut_offs": cut_offs})


@dataclass(frozen=True, eq=False)
class Outcome:
    """What a choice does. Places are those among the units that may be shown."""

    edition: Edition       # with the choice in it
    scores: Scores         # of all units under that edition
    table: pd.DataFrame    # units x (place, old_low, old_high, new_place, low, high, shift, grade, new_grade)

    @cached_property
    def mean_shift(self) -> float:
        """Mean absolute shift of places (Saisana et al. 2005, eq. 3)."""
        return mean_rank_shift(self.table["place"], self.table["new_place"])

    @cached_property
    def graded(self) -> pd.DataFrame:
        """Units with a grade before and after."""
        return self.table[self.table[["grade", "new_grade"]].notna().all(axis=1)]

    @cached_property
    def regraded(self) -> int:
        """How many units change their grade."""
        return int((self.graded["grade"] != self.graded["new_grade"]).sum())

    @cached_property
    def apart(self) -> pd.Series:
        """Units whose intervals before and after have no place in common: moved further than chance would."""
        table = self.table
        return (table["low"] > table["old_high"]) | (table["high"] < table["old_low"])


class WhatIf:
    r"""An edition and its measurements, ready for any number of choices.

    Parameters
    ----------
    measurements : DataFrame
        As for `methods.index.score.score`.
    edition : Edition
        The adopted methodology.
    among : Index, optional
        Units among which places are given, for instance those that are published; all ranked ones by default.
    common : float
        Correlation of the sampling errors of different questions, see `SamplingError`.
    draws, seed : int
        Of the intervals; 20 draws or more.

    Notes
    -----
    An interval holds 90 % of the draws of what `doubt` names: the sampling error of the survey where it was measured
    (`SamplingError`), else weights of the index drawn around the chosen ones,

    .. math:: w'_j = w_j (1 + \delta_j) / \sum_l w_l (1 + \delta_l), \quad \delta_j \sim U(-.25, .25)

    Who is ranked is decided by the choice, not by the draw.

    References
    ----------
    Saisana, Saltelli, Tarantola (2005), JRSS-A 168(2), 307-323. doi:10.1111/j.1467-985X.2005.00350.x
    """

    def __init__(self, measurements: pd.DataFrame, edition: Edition, *, among: pd.Index | None = None,
                 common: float = 0.0, draws: int = DRAWS, seed: int = 0) -> None:
        enough(draws, COVERAGE)
        self.edition, self.draws, self.adopted = edition, draws, score(measurements, edition)
        self.units = self.adopted.rank.index
        ranked = self.units[self.adopted.rank.notna()]
        self.among = ranked if among is None else ranked[ranked.isin(among)]
        if self.among.empty:
            raise InputError("Ранжировать некого: ни у одной из названных единиц нет места в рейтинге.")
        self._columns = self.units.get_indexer(self.among)
        self.views = list(edition.clienteles) or [EVERYONE]
        self.codes = [code for code in sorted(edition.indicators) if code not in self.adopted.dropped]
        self._measured = Measured(measurements, edition, self.units, list(edition.indicators))
        draw = np.random.default_rng(seed)
        self._drawn: dict[tuple[str, str, str], Rows] = {}
        self._delta: pd.DataFrame | None = None
        if self._measured.error:
            noisy = self._measured.with_sampling_errors(draw.random(draws), seed, common)
            self._drawn = {key: rows.astype(np.float32) for key, rows in noisy.items()}
        else:
            members = sorted(edition.members(INDEX))
            self._delta = pd.DataFrame(draw.uniform(-SPREAD, SPREAD, (draws, len(members))), columns=members)
        self._kept: dict[object, tuple[object, object]] = {}
        self._home: pd.DataFrame | None = None
        self._home = self.outcome(Choice()).table

    @property
    def doubt(self) -> Literal["sampling", "weights"]:
        """What the intervals of places cover: the survey's sampling error or ±25 % of the weights of the index."""
        return "sampling" if self._delta is None else "weights"

    def outcome(self, choice: Choice) -> Outcome:
        """Scores, places with their intervals and grades under a choice.

        Raises
        ------
        InputError
            As `changed_edition`.
        NotPublishable
            A mean that the values do not suit, such as a geometric one of zeros.
        """
        changed = changed_edition(self.edition, choice)
        made = self._scores(changed, choice.survey)
        ranked = self.among[made.rank[self.among].notna()]
        table = pd.DataFrame({"new_place": rank(made.index[ranked], self.edition.ranking.ties),
                              "new_grade": made.grade[ranked]}, index=self.among)
        table.loc[ranked, ["low", "high"]] = self._intervals(changed, choice.survey, ranked)
        if self._home is None:
            table = table.assign(place=table["new_place"], grade=table["new_grade"], old_low=table["low"],
                                 old_high=table["high"])
        else:
            table[["place", "grade", "old_low", "old_high"]] = self._home[["place", "grade", "old_low", "old_high"]]
        table["shift"] = table["place"] - table["new_place"]
        return Outcome(changed, made, table[["place", "old_low", "old_high", "new_place", "low", "high", "shift",
                                             "grade", "new_grade"]].rename_axis("unit"))

    # -- scores, by the recipe's own functions -------------------------------------------------------------------------

    def _scores(self, changed: Edition, survey: float | None) -> Scores:
        indicators, normalised = self._once("normalised", survey, lambda: self._normalised(changed, survey))
        tables = {}
        for view in self.views:
            table = normalised[view].copy(deep=False)
            for parent in changed.bottom_up():
                table[parent] = self._once(("score", view, parent), self._signature(parent, changed, survey),
                                           lambda table=table, parent=parent: element_score(table, parent, changed))
            table[INDEX] = np.nan  # made by `reweighted`
            tables[view] = table
        elements = {view: table[[*self.edition.groups, INDEX]] for view, table in tables.items()}
        together = self._once("together", survey, lambda: (combine_views(indicators, changed),
                                                           combine_views(normalised, changed)))
        known = replace(self.adopted, indicators=together[0], normalised=together[1],
                        elements=combine_views(elements, changed),
                        by_clientele=tables if self.edition.clienteles else {})
        return reweighted(known, changed, changed.weights_of(INDEX))

    def _normalised(self, changed: Edition, survey: float | None) -> tuple[dict, dict]:
        """Indicators as every clientele sees them, on their own scales and on the common one."""
        dropped, indicators = [*self.adopted.dropped], {}
        for view in self.views:
            indicators[view] = pd.DataFrame({code: self._combined(view, code, changed, self._measured.value)[0]
                                             for code in changed.indicators}, self.units)
        return indicators, {view: normalise(table.drop(columns=dropped), changed) for view, table in indicators.items()}

    def _signature(self, parent: str, changed: Edition, survey: float | None) -> tuple:
        """What the score of an element depends on, in a choice."""
        weights, below = changed.weights_of(parent), [child for child in changed.children(parent)
                                                      if child in changed.groups]
        return (survey, tuple(weights.items()), changed.aggregation_of(parent),
                *(self._signature(child, changed, survey) for child in below))

    def _once(self, what: object, signature: object, make: Callable[[], object]) -> object:
        """Made anew only when its signature is not the last one: a moved slider touches one element."""
        if what not in self._kept or self._kept[what][0] != signature:
            self._kept[what] = signature, make()
        return self._kept[what][1]

    # -- intervals: all draws at once ----------------------------------------------------------------------------------

    def _intervals(self, changed: Edition, survey: float | None, ranked: pd.Index) -> np.ndarray:
        """Lowest and highest place of the interval, ranked units x 2."""
        columns = self.among.get_indexer(ranked)
        with np.errstate(all="ignore"):  # what has no meaning is marked as failed
            views = [self._element_rows(view, INDEX, changed, survey) for view in self.views]
            failed = np.logical_or.reduce(np.broadcast_arrays(*[wrong for _, wrong in views]))
            index = views[0][0][:, columns]
            if self.edition.clienteles:
                shares = [self.edition.clienteles[view].share * ~np.isnan(rows[:1, columns])
                          for view, (rows, _) in zip(self.views, views, strict=True)]
                index = sum(share * np.nan_to_num(rows[:, columns])
                            for share, (rows, _) in zip(shares, views, strict=True)) / sum(shares)
        if failed.mean() > MOST_FAILED:
            raise NotPublishable(f"Интервалы мест не определены: не удалось розыгрышей {int(failed.sum())} из "
                                 f"{len(failed)}, значения не подходят выбранному среднему. Выберите арифметическое.")
        places = placing.places(index[~failed] if failed.any() else index, self.edition.ranking.ties).astype(np.float32)
        last, tail = len(places) - 1, (1 - COVERAGE) / 2
        ends = [int(np.floor(tail * last + EPSILON)), int(np.ceil((1 - tail) * last - EPSILON))]
        return np.partition(np.ascontiguousarray(places.T), ends, axis=1)[:, ends]

    def _element_rows(self, view: str, parent: str, changed: Edition, survey: float | None,
                      ) -> tuple[Rows, np.ndarray]:
        """An element as one clientele sees it, draws x units (the index: of those shown), and which draws failed."""
        return self._once(("rows", view, parent), self._signature(parent, changed, survey),
                          lambda: self._mean_rows(view, parent, changed, survey))

    def _mean_rows(self, view: str, parent: str, changed: Edition, survey: float | None) -> tuple[Rows, np.ndarray]:
        """Weighted mean of the members present: gaps are the same in all draws, so are the weights of a unit."""
        rule, gaps = changed.aggregation_of(parent), changed.missing_of(parent)
        weights = changed.weights_of(parent).sort_index()
        weights = weights[[member for member in weights.index if member in self.codes or member in changed.groups]]
        share = (weights / weights.sum()).to_numpy()[:, None]
        made = [self._member_rows(view, member, changed, survey) for member in weights.index]
        rows = [values[:, self._columns] if parent == INDEX else values for values, _ in made]
        failed = [wrong for _, wrong in made]
        there, back, positive = transformation(rule)
        present = np.stack([~np.isnan(values[0]) for values in rows])
        if positive:
            failed += [(values <= 0).any(axis=1) for values in rows]
        size = np.float32(1)
        if rule.method == "power":  # taken out first: a large power of it would overflow
            size = np.fmax.reduce([np.fmax.reduce(values, axis=0) for values in rows])
        rows = [there(np.where(known, values / size, 1.0)) for values, known in zip(rows, present, strict=True)]
        covered = (share * present).sum(axis=0)
        whole = gaps.rule == "complete" or rule.method == "sum"
        known = (covered >= (1.0 if whole else gaps.min_coverage) - SUM_TOLERANCE) & (covered > 0)
        share = present if rule.method == "sum" else share * present  # a sum of points has no weights
        if parent == INDEX and self._delta is not None:
            noise = 1 + self._delta[weights.index].to_numpy()
            noise /= noise @ (weights / weights.sum()).to_numpy()[:, None]
            noise, share = noise.astype(np.float32), share.astype(np.float32)
            total = noise @ (share * np.concatenate(rows).astype(np.float32))
            total = total if rule.method == "sum" else total / (noise @ share)
        else:
            share = share if rule.method == "sum" else share / np.where(covered > 0, covered, 1.0)
            total = sum(own.astype(values.dtype) * values for own, values in zip(share, rows, strict=True))
        mean = np.where(known, back(total) * size, np.nan)
        own = changed.groups[parent].normalisation if parent != INDEX else None
        if own is not None:
            mean, wrong, _ = normalise_rows(mean, own, 1, self.units, parent)
            failed.append(wrong)
        return mean, np.logical_or.reduce(np.broadcast_arrays(*failed))

    def _member_rows(self, view: str, member: str, changed: Edition, survey: float | None) -> tuple[Rows, np.ndarray]:
        if member in changed.groups and member not in self.codes:
            return self._element_rows(view, member, changed, survey)
        return self._once(("leaf", view, member), survey if member in changed.two_sided else None,
                          lambda: self._leaf_rows(view, member, changed))

    def _leaf_rows(self, view: str, code: str, changed: Edition) -> tuple[Rows, np.ndarray]:
        values = self._combined(view, code, changed, {**self._measured.value, **self._drawn})
        rule = changed.normalisation_of(code)
        made, wrong, _ = normalise_rows(values, rule, changed.indicators[code].direction, self.units, code)
        return made, wrong

    def _combined(self, view: str, code: str, changed: Edition, values: Mapping[Key, Rows]) -> Rows:
        """One indicator as a clientele sees it: `methods.index.score.combine_sides` on arrays."""
        sides = [(share, self._seen(view, code, side, values))
                 for side, share in changed.indicators[code].side_mix().items()]
        if len(sides) == 1:
            return sides[0][1]
        (share, one), (other_share, other) = sides
        both = share * one + other_share * other
        if changed.sides.missing == "missing":
            return both
        return np.where(np.isnan(both), np.where(np.isnan(one), other, one), both)

    def _seen(self, view: str, code: str, side: str, values: Mapping[Key, Rows]) -> Rows:
        """The clientele's own value, and where it has none the one measured for everyone."""
        found = [np.atleast_2d(values[key]) for key in dict.fromkeys([(code, side, view), (code, side, EVERYONE)])
                 if key in values]
        if not found:
            return np.full((1, len(self.units)), np.nan)
        return found[0] if len(found) == 1 else np.where(np.isnan(found[0]), found[1], found[0])
