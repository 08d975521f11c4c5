"""The index as a function of everything we are not sure of: points of the unit cube in, scores of units out.

measured values + errors -> sides combined -> outliers -> normalised -> groups bottom-up -> index

Every step is that of `methods.index.score`, on many draws at once. Who is ranked and which indicators take part is
decided by the adopted methodology, and by its weights whether a unit has enough data: noise must not drop a unit now
and then. A draw depends on its own point and on the seed only, so that it may be made anywhere and in any company.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

import numpy as np
import pandas as pd

from methods.checks import SUM_TOLERANCE
from methods.errors import InputError
from methods.index.edition import INDEX, Aggregation, Edition, Missing, Normalisation
from methods.index.rank import rank
from methods.index.score import EVERYONE, score
from methods.sensitivity import placing
from methods.sensitivity.factors import (
    AggregationChoice,
    ChecklistError,
    Factor,
    IndicatorLeftOut,
    MissingChoice,
    MixShift,
    NormalisationChoice,
    SamplingError,
    Setting,
    WeightFactor,
    Winsorisation,
    choice,
    unlike,
)
from methods.sensitivity.grade_borders import grade_borders
from methods.sensitivity.measured import Key, Measured
from methods.sensitivity.outliers import treat_rows
from methods.sensitivity.rows import Rows, normalise_rows, transformation

CELLS = 1 << 17   # units x draws at a time: a megabyte, so that the steps of a draw stay in the processor's cache
TO_THE_SCALE = ("min-max", "z-score", "rank", "borda", "percentile")  # normalisations that any scale may go into


@dataclass(frozen=True, eq=False)
class Draws:
    """What some draws have drawn; the methods they chose are in `choices`."""

    weights: dict[str, np.ndarray]    # element -> draws x members, sum 1
    nominal: dict[str, np.ndarray]    # the same without noise, by which it is judged whether a unit has enough data
    kept: dict[str, np.ndarray]       # the same: whether a member takes part
    shift: np.ndarray                 # of the survey's share
    errors: np.ndarray | None         # coordinate of the stream of sampling errors
    slips: np.ndarray | None          # coordinate of the stream of inspectors' errors
    choices: np.ndarray               # draws x categorical factors: number of the alternative

    def part(self, rows: np.ndarray | slice) -> Draws:
        """Some of the draws."""
        tables = {name: {parent: table[rows] for parent, table in getattr(self, name).items()}
                  for name in ("weights", "nominal", "kept")}
        return replace(self, **tables, shift=self.shift[rows], choices=self.choices[rows],
                       errors=None if self.errors is None else self.errors[rows],
                       slips=None if self.slips is None else self.slips[rows])


@dataclass(frozen=True)
class Methods:
    """The methods that some draws have chosen together."""

    points: int | None                           # Winsorisation; None: outliers are left alone
    normalisation: tuple[Normalisation, ...]     # by indicator
    aggregation: dict[str, Aggregation]
    missing: dict[str, Missing]


class Experiment:
    """An edition, its measurements and what is uncertain about them.

    Parameters
    ----------
    measurements : DataFrame
        As for `methods.index.score.score`.
    edition : Edition
        The adopted methodology.
    factors : sequence of Factor
        At least one; each of them must be able to act here.
    among : Index, optional
        Units among which places are given, for instance those that are published; all ranked ones by default. All units
        take part in normalisation in any case.

    Raises
    ------
    InputError
        A factor that cannot act, two factors that draw the same thing, or no unit to rank.

    References
    ----------
    Saisana, Saltelli, Tarantola (2005), Uncertainty and sensitivity analysis techniques as tools for the quality
    assessment of composite indicators, JRSS-A 168(2), 307-323. doi:10.1111/j.1467-985X.2005.00350.x
    """

    def __init__(self, measurements: pd.DataFrame, edition: Edition, factors: Sequence[Factor], *,
                 among: pd.Index | None = None) -> None:
        if not factors:
            raise InputError("Не задан ни один источник неопределённости.")
        self.measurements, self.edition = measurements, edition
        self.factors = tuple(sorted(factors, key=lambda factor: factor.name))
        adopted = score(measurements, edition)
        self.units = adopted.rank.index
        ranked = adopted.rank.dropna().index
        self.among = among
        self.ranked = ranked if among is None else ranked[ranked.isin(among)]
        if self.ranked.empty:
            raise InputError("Ранжировать некого: ни у одной из названных единиц нет места в рейтинге.")
        self.adopted_index = adopted.index[self.ranked]
        self.adopted = rank(self.adopted_index, edition.ranking.ties)
        self.cut_offs, self.eligible_groups = adopted.cut_offs, adopted.eligible_groups[self.ranked]
        self.codes = tuple(code for code in sorted(edition.indicators) if code not in adopted.dropped)
        self.views = list(edition.clienteles) or [EVERYONE]
        self.parents = {parent: self._nominal(parent) for parent in self._bottom_up()}
        self._rows = self.units.get_indexer(self.ranked)
        self.measured = Measured(measurements, edition, self.units, self.codes)
        self._bind()

    # -- what is there -------------------------------------------------------------------------------------------------

    @property
    def groups(self) -> dict[str, list[int]]:
        """Factor -> its coordinates, for variance-based analysis of whole factors."""
        names = self.columns.get_level_values("factor")
        return {factor.name: np.flatnonzero(names == factor.name).tolist() for factor in self.factors}

    @property
    def titles(self) -> dict[str, str]:
        """Factor -> what it is, in Russian."""
        return {factor.name: factor.title for factor in self.factors}

    @cached_property
    def grade_borders(self) -> np.ndarray:
        """The lowest score that earns each grade, ranked units x grades from 1 up; no columns without grades."""
        if self.edition.grades is None:
            return np.empty((len(self.ranked), 0))
        return grade_borders(self.edition, self.cut_offs, self.eligible_groups).to_numpy()

    @cached_property
    def weight_columns(self) -> pd.MultiIndex:
        """(element, member) of all weights that are drawn."""
        return pd.MultiIndex.from_tuples(
            [(parent, member) for factor in self.factors if isinstance(factor, WeightFactor)
             for parent in factor.acts_on(self.setting) for member in self.parents[parent].index],
            names=["element", "member"])

    def _bottom_up(self) -> list[str]:
        """Elements that the index is made of, every one after those below it."""
        if self.edition.is_flat:
            return [INDEX]
        return [*self.edition.bottom_up(), INDEX]

    def _nominal(self, parent: str) -> pd.Series:
        weights = self.edition.weights_of(parent).sort_index()
        weights = weights[[code for code in weights.index if code in self.codes or code in self.edition.groups]]
        return weights / weights.sum()

    def _bind(self) -> None:
        """Let every factor name its coordinates, or refuse."""
        adopted = {(view, code): self.measured.combined(view, code, self.measured.value, np.zeros(1))[0]
                   for view in self.views for code in self.codes}
        self.present = {cell: ~np.isnan(values) for cell, values in adopted.items()}
        complete = {parent: all(self._complete(parent, view) for view in self.views) for parent in self.parents}
        self.setting = Setting(
            edition=self.edition, codes=self.codes, weights=self.parents,
            gaps=frozenset(parent for parent in self.parents if not complete[parent]), errors=bool(self.measured.error),
            checklists=frozenset(code for code, _, _ in self.measured.required),
            values={cell: pd.Series(values, self.units) for cell, values in adopted.items()})
        elements = {factor.name: factor.elements(self.setting) for factor in self.factors}
        unlike(self.factors, self.setting)
        self.columns = pd.MultiIndex.from_tuples(
            [(name, element) for name, own in elements.items() for element in own], names=["factor", "element"])
        self._by_kind = {kind: next((factor for factor in self.factors if isinstance(factor, kind)), None)
                         for kind in (SamplingError, ChecklistError, MixShift, Winsorisation, IndicatorLeftOut)}
        self._categorical = [factor for factor in self.factors if isinstance(
            factor, Winsorisation | NormalisationChoice | AggregationChoice | MissingChoice)]
        self._logarithms_fit()
        self._laws = self.measured.slip_laws(self._by_kind[ChecklistError])
        self._varying = {(view, code): self._varies(view, code) for view in self.views for code in self.codes}
        self._fixed: dict[tuple, tuple[Rows, np.ndarray, str]] = {}
        for methods in self._all_methods():  # now, so that draws may be made by several threads
            for view, (code, rule) in itertools.product(self.views, zip(self.codes, methods.normalisation,
                                                                        strict=True)):
                key = view, code, methods.points, rule
                if not self._varying[view, code] and key not in self._fixed:
                    self._fixed[key] = self._normalised(*key, self.measured.value, np.zeros(1))
        self._linear: dict[tuple, np.ndarray | None] = {}

    def _complete(self, parent: str, view: str) -> bool:
        """Whether every unit has every member of an element, as a clientele sees them."""
        return all(self.present[view, leaf].all() for leaf in self.edition.leaves(parent) if leaf in self.codes)

    def _varies(self, view: str, code: str) -> bool:
        keys = self.measured.keys(view, code)
        noisy = self._by_kind[SamplingError] is not None and any(key in self.measured.error for key in keys)
        return noisy or any(key in self._laws for key in keys) or (
            self._by_kind[MixShift] is not None and code in self.edition.two_sided)

    def _logarithms_fit(self) -> None:
        factor = self._by_kind[Winsorisation]
        if factor is None or factor.otherwise == "none":
            return
        foreign = sorted({code for methods in self._all_methods()
                          for code, rule in zip(self.codes, methods.normalisation, strict=True)
                          if rule.method not in TO_THE_SCALE})
        if foreign:
            raise InputError("Логарифм (otherwise = log) меняет шкалу показателя, а нормирование рассчитано на "
                             f"исходную: {', '.join(foreign)}. Задайте otherwise = none или нормирование из "
                             f"{', '.join(TO_THE_SCALE)}.")

    # -- what is drawn -------------------------------------------------------------------------------------------------

    def draws(self, u: np.ndarray, seed: int) -> Draws:
        """What the points of the cube stand for."""
        at = self.groups
        count, weights = len(u), {}
        for factor in self.factors:
            if isinstance(factor, WeightFactor):
                weights |= factor.drawn(u[:, at[factor.name]], self.setting, seed)
        kept = self._kept(u, at)
        nominal = {}
        for parent, adopted in self.parents.items():
            nominal[parent] = _shares(np.broadcast_to(adopted.to_numpy(), (count, len(adopted))), kept[parent])
            weights[parent] = _shares(weights[parent], kept[parent]) if parent in weights else nominal[parent]
        mix, errors, slips = (self._by_kind[kind] for kind in (MixShift, SamplingError, ChecklistError))
        return Draws(
            weights=weights, nominal=nominal, kept=kept,
            shift=np.zeros(count) if mix is None else mix.shift(u[:, at[mix.name]]),
            errors=None if errors is None else u[:, at[errors.name][0]],
            slips=None if slips is None else u[:, at[slips.name][0]],
            choices=np.stack([choice(u[:, at[factor.name][0]], _options(factor)) for factor in self._categorical],
                             axis=1) if self._categorical else np.zeros((count, 0), dtype=int))

    def drawn_weights(self, drawn: Draws) -> np.ndarray:
        """Weights of the draws, as in `weight_columns`."""
        tables = [drawn.weights[parent] for parent in self.weight_columns.get_level_values("element").unique()]
        return np.concatenate(tables, axis=1) if tables else np.zeros((len(drawn.shift), 0))

    def _kept(self, u: np.ndarray, at: dict[str, list[int]]) -> dict[str, np.ndarray]:
        """Element -> draws x members: who takes part. An element without any member takes no part above."""
        factor, kept, empty = self._by_kind[IndicatorLeftOut], {}, {}
        candidates = [] if factor is None else list(factor.candidates(self.setting))
        out = choice(u[:, at[factor.name][0]], candidates) if candidates else np.full(len(u), -1)
        number = {member: place for place, member in enumerate(candidates)}
        everybody = np.ones(len(u), dtype=bool)
        for parent, adopted in self.parents.items():
            kept[parent] = np.stack([~empty[member] if member in empty else
                                     out != number[member] if member in number else everybody
                                     for member in adopted.index], axis=1)
            empty[parent] = ~kept[parent].any(axis=1)
        return kept

    def methods(self, choices: np.ndarray) -> Methods:
        """The methods that alternatives of the categorical factors, by number, stand for."""
        edition, points = self.edition, None
        normalisation = {code: edition.normalisation_of(code) for code in self.codes}
        aggregation = {parent: edition.aggregation_of(parent) for parent in self.parents}
        missing = {parent: edition.missing_of(parent) for parent in self.parents}
        for factor, number in zip(self._categorical, choices, strict=True):
            chosen = _options(factor)[number]
            if isinstance(factor, Winsorisation):
                points = chosen
                continue
            changed = (normalisation if isinstance(factor, NormalisationChoice) else
                       aggregation if isinstance(factor, AggregationChoice) else missing)
            changed |= dict.fromkeys(factor.acts_on(self.setting), chosen)
        return Methods(points, tuple(normalisation.values()), aggregation, missing)

    def _all_methods(self) -> Iterator[Methods]:
        """Every alternative of every factor at least once: all that fixed indicators can look like."""
        widths = [len(_options(factor)) for factor in self._categorical]
        shaping = [isinstance(factor, Winsorisation | NormalisationChoice) for factor in self._categorical]
        most = max(itertools.compress(widths, shaping), default=1)
        points = next((width for factor, width in zip(self._categorical, widths, strict=True)
                       if isinstance(factor, Winsorisation)), 1)
        for number, other in itertools.product(range(most), range(points)):
            yield self.methods(np.array([other if isinstance(factor, Winsorisation) else min(number, width - 1)
                                         for factor, width in zip(self._categorical, widths, strict=True)], dtype=int))

    # -- from points to scores -----------------------------------------------------------------------------------------

    def index(self, u: np.ndarray, seed: int = 0) -> tuple[Rows, np.ndarray]:
        """Index of ranked units in every draw, unrounded, and why a draw failed (empty text if it did not).

        Parameters
        ----------
        u : array, shape (draws, coordinates)
            Points of the unit cube, coordinates as in `columns`.
        seed : int
            Of the streams of sampling errors, inspectors' errors and polytopes.

        Returns
        -------
        array, shape (draws, ranked units); array of str, shape (draws,)
            NaN where the unit has no score, and in the whole of a failed draw: one that the recipe would refuse.
        """
        if u.ndim != 2 or u.shape[1] != len(self.columns) or not ((u >= 0) & (u <= 1)).all():
            raise InputError(f"Точки плана: нужна таблица с {len(self.columns)} координатами от 0 до 1, "
                             f"получено {u.shape}.")
        values, why = np.empty((len(u), len(self.ranked))), np.full(len(u), "", dtype=object)
        for rows, block, reasons in self.blocks(self.draws(u, seed), seed):
            values[rows], why[rows] = block, reasons
        return values, why

    def blocks(self, drawn: Draws, seed: int) -> Iterator[tuple[np.ndarray, Rows, np.ndarray]]:
        """`index` in blocks that fit into the processor's cache: numbers of the draws, their scores, reasons.

        The next block may be written over the scores of this one.
        """
        size, room = max(1, CELLS // len(self.units)), None
        combinations, of_draw = np.unique(drawn.choices, axis=0, return_inverse=True)
        for number, choices in enumerate(combinations):
            methods, rows = self.methods(choices), np.flatnonzero(of_draw.ravel() == number)
            own, linear = drawn if len(combinations) == 1 else drawn.part(rows), self._linear_values(methods)
            weights = None if linear is None else self._effective(own)
            for start in range(0, len(rows), size):
                part = slice(start, start + size)
                if linear is None:
                    yield rows[part], *self._block(own.part(part), methods, seed)
                else:
                    values, back = linear
                    if room is None:  # once: to ask the system for a megabyte a block costs as much as its sums
                        room = np.empty((min(size, len(drawn.shift)), len(self.units)))
                    scores = back(placing.kernels().weighted_sums(weights[part], values, room))
                    yield rows[part], self._among_ranked(scores), np.full(len(scores), "", dtype=object)

    def _among_ranked(self, values: Rows) -> Rows:
        return values[:, self._rows] if len(self._rows) < len(self.units) else values

    def model(self, outcome: Literal["place", "score", "grade", "shift"] = "place", units: pd.Index | None = None,
              seed: int = 0) -> Callable[[np.ndarray], np.ndarray]:
        """The experiment as a function for variance-based analysis of `groups` of coordinates.

        Parameters
        ----------
        outcome : {"place", "score", "grade", "shift"}
            Places, scores or grades (at the adopted cut-offs) of units, or the mean absolute shift of all places from
            the adopted ones (one column). The gap of a pair is the difference of two scores.
        units : Index, optional
            Ranked units in the order of the outputs; all of them by default.

        Returns
        -------
        function of an array (draws, coordinates), giving an array (draws, outputs)
            NaN in failed draws and where a unit has no place.
        """
        columns = slice(None) if units is None else self.ranked.get_indexer(units)
        if units is not None and (columns < 0).any():
            raise InputError(f"Нет в рейтинге: {', '.join(map(str, units[columns < 0]))}.")
        adopted = self.adopted.to_numpy()

        def run(u: np.ndarray) -> np.ndarray:
            scores, _ = self.index(u, seed)
            if outcome == "score":
                return scores[:, columns]
            if outcome == "grade":
                grades = (scores[:, :, None] >= self.grade_borders).sum(axis=2)
                return np.where(np.isnan(scores), np.nan, grades)[:, columns]
            places = placing.places(scores, self.edition.ranking.ties)
            if outcome == "place":
                return places[:, columns]
            known = ~np.isnan(places)
            moved = np.abs(np.where(known, places - adopted, 0)).sum(axis=1)
            return np.divide(moved, known.sum(axis=1), out=np.full(len(u), np.nan), where=known.any(axis=1))[:, None]
        return run

    def _block(self, drawn: Draws, methods: Methods, seed: int) -> tuple[Rows, np.ndarray]:
        why = np.full(len(drawn.shift), "", dtype=object)
        measured = self._drawn_values(drawn, seed)
        with np.errstate(all="ignore"):  # what has no meaning is marked in `why`
            views = [self._tree(view, drawn, methods, measured, why) for view in self.views]
            values = views[0]
            if self.edition.clienteles:
                shares = [self.edition.clienteles[view].share for view in self.views]
                weight = sum(share * ~np.isnan(table) for share, table in zip(shares, views, strict=True))
                values = sum(share * np.nan_to_num(table) for share, table in zip(shares, views, strict=True)) / weight
        values = self._among_ranked(np.array(np.broadcast_to(values, (len(why), len(self.units)))))
        _mark(why, np.isinf(values).any(axis=1), "бесконечный балл")
        values[why != ""] = np.nan
        return values, why

    def _drawn_values(self, drawn: Draws, seed: int) -> dict[Key, Rows]:
        """Measured values with their errors: units along a row, one row if nothing is drawn."""
        values: dict[Key, Rows] = {key: value[None] for key, value in self.measured.value.items()}
        if drawn.errors is not None:
            values |= self.measured.with_sampling_errors(drawn.errors, seed, self._by_kind[SamplingError].common)
        if drawn.slips is not None:
            values |= self.measured.misjudged(drawn.slips, self._laws, seed)
        return values

    def _normalised(self, view: str, code: str, points: int | None, rule: Normalisation, measured: dict[Key, Rows],
                    shift: np.ndarray) -> tuple[Rows, np.ndarray, str]:
        values = self._treated(view, code, points, self.measured.combined(view, code, measured, shift))
        return normalise_rows(values, rule, self.edition.indicators[code].direction, self.units, code)

    def _treated(self, view: str, code: str, points: int | None, values: Rows) -> Rows:
        if points is None:
            return values
        factor, there = self._by_kind[Winsorisation], self.present[view, code]
        treated = values.copy()
        treated[:, there] = treat_rows(values[:, there], points, log=factor.otherwise == "log",
                                       skewness=factor.skewness, kurtosis=factor.kurtosis)
        return treated

    def _tree(self, view: str, drawn: Draws, methods: Methods, measured: dict[Key, Rows], why: np.ndarray) -> Rows:
        """The index as one clientele sees it."""
        table: dict[str, Rows] = {}
        for parent, adopted in self.parents.items():
            for place, member in enumerate(adopted.index):
                if member in self.edition.indicators:
                    table[member], wrong, reason = self._leaf(view, member, drawn, methods, measured)
                    _mark(why, wrong & drawn.kept[parent][:, place], reason)
            table[parent] = self._mean(parent, view, table, drawn, methods, why)
            own = self.edition.groups[parent].normalisation if parent != INDEX else None
            if own is not None:
                table[parent], wrong, reason = normalise_rows(table[parent], own, 1, self.units, parent)
                _mark(why, wrong & drawn.kept[parent].any(axis=1), reason)
        return table[INDEX]

    def _leaf(self, view: str, code: str, drawn: Draws, methods: Methods, measured: dict[Key, Rows],
              ) -> tuple[Rows, np.ndarray, str]:
        rule = methods.normalisation[self.codes.index(code)]
        if self._varying[view, code]:
            return self._normalised(view, code, methods.points, rule, measured, drawn.shift)
        return self._fixed[view, code, methods.points, rule]

    def _mean(self, parent: str, view: str, table: dict[str, Rows], drawn: Draws, methods: Methods, why: np.ndarray,
              ) -> Rows:
        """Weighted mean of the members present, by the aggregation and the missing-data rule that were drawn."""
        rule, gaps, members = methods.aggregation[parent], methods.missing[parent], self.parents[parent].index
        there, back, positive = transformation(rule)
        weights, kept = drawn.weights[parent], drawn.kept[parent]
        if rule.method == "sum":  # has no weights: noise scales the points of a member
            weights = np.divide(weights, drawn.nominal[parent], out=np.zeros_like(weights), where=kept)
        size = _largest([table[member] for member in members]) if rule.method == "power" and rule.exponent else None
        complete = self._complete(parent, view)
        total, present, covered = 0.0, 0.0, 0.0
        for place, member in enumerate(members):
            values, weight = table[member], weights[:, [place]]
            if positive:
                bad = (values <= 0).any(axis=1)
                _mark(why, bad & kept[:, place], f"{_MEANS[rule.method]} в «{parent}»: значение не больше 0 ({member})")
                values = np.where(values > 0, values, np.where(np.isnan(values), np.nan, 1.0)) if bad.any() else values
            values = there(values if size is None else values / size)
            if complete:
                total = total + weight * values
                continue
            known = ~np.isnan(values)
            total = total + weight * np.where(known, values, 0.0)
            present = present + weight * known
            covered = covered + drawn.nominal[parent][:, [place]] * known
        size = 1.0 if size is None else size
        if complete:  # where all members are left out, any finite number will do: it weighs nothing above
            return np.where(kept.any(axis=1, keepdims=True), size * back(total), 1.0)
        needed = 1.0 if gaps.rule == "complete" or rule.method == "sum" else gaps.min_coverage
        mean = total if rule.method == "sum" else size * back(total / present)
        return np.where((covered >= needed - SUM_TOLERANCE) & (present > 0), mean, np.nan)

    # -- the short way: one weighted sum -------------------------------------------------------------------------------

    def _linear_values(self, methods: Methods) -> tuple[np.ndarray, Callable[[Rows], Rows]] | None:
        """Indicators x units, if the index of a draw is just their sum with the draw's weights, and the way back to the
        index; else nothing. Where all means are geometric (harmonic), these are logarithms (reciprocals)."""
        key = (methods.points, methods.normalisation, *(rule.method for rule in methods.aggregation.values()))
        if key not in self._linear:
            self._linear[key] = self._make_linear(methods)
        return self._linear[key]

    def _make_linear(self, methods: Methods) -> tuple[np.ndarray, Callable[[Rows], Rows]] | None:
        cells, means = list(itertools.product(self.views, self.codes)), {*methods.aggregation.values()}
        mean = next(iter(means))
        if (len(means) > 1 or mean.method not in ("arithmetic", "geometric", "harmonic")
                or any(self._varying[cell] or not self.present[cell].all() for cell in cells)
                or any(self.edition.groups[parent].normalisation for parent in self.parents if parent != INDEX)):
            return None
        there, back, positive = transformation(mean)
        if positive and len(self.views) > 1:
            return None
        shares = [self.edition.clienteles[view].share if self.edition.clienteles else 1.0 for view in self.views]
        rows = []
        for code, rule in zip(self.codes, methods.normalisation, strict=True):
            found = [self._fixed[view, code, methods.points, rule] for view in self.views]
            if any(wrong.any() or (positive and (values <= 0).any()) for values, wrong, _ in found):
                return None
            rows.append(sum(share * there(values[0]) for share, (values, _, _) in zip(shares, found, strict=True))
                        / sum(shares))
        return np.ascontiguousarray(rows), back

    def _effective(self, drawn: Draws) -> np.ndarray:
        """Weight of every indicator in the whole index, draws x indicators: the product of weights up the tree."""
        shares = {INDEX: np.ones(len(drawn.shift))}
        for parent in reversed(self.parents):
            for place, member in enumerate(self.parents[parent].index):
                shares[member] = shares[parent] * drawn.weights[parent][:, place]
        return np.stack([shares[code] for code in self.codes], axis=1)


_MEANS = {"geometric": "среднее геометрическое", "harmonic": "среднее гармоническое", "power": "степенное среднее"}


def _options(factor: Factor) -> tuple:
    return factor.points if isinstance(factor, Winsorisation) else factor.alternatives


def _shares(weights: np.ndarray, kept: np.ndarray) -> np.ndarray:
    """Weights of the members that take part, which sum to 1; zeros where none does."""
    left = np.where(kept, weights, 0.0)
    total = left.sum(axis=1, keepdims=True)
    return np.divide(left, total, out=np.zeros_like(left), where=total > 0)


def _largest(tables: list[Rows]) -> Rows:
    """Largest member of every unit: taken out first, since a large power of it would overflow."""
    largest = tables[0]
    for table in tables[1:]:
        largest = np.fmax(largest, table)
    return largest


def _mark(why: np.ndarray, wrong: np.ndarray, reason: str) -> None:
    """Keep the first reason of every draw that failed."""
    if wrong.any():
        why[np.broadcast_to(wrong, why.shape) & (why == "")] = reason
