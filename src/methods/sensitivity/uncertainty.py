"""Uncertainty analysis: how sure the places are, over the draws of an experiment.

Only counts are kept, so that a million draws need no more memory than a thousand; where they are made changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

import numpy as np
import pandas as pd

from methods.errors import InputError, NotPublishable, UsageError
from methods.index.edition import Edition
from methods.index.rank import Ties
from methods.sensitivity import placing
from methods.sensitivity.design import Design
from methods.sensitivity.engine import Experiment
from methods.sensitivity.factors import Factor, from_record, to_record
from methods.sensitivity.tally import SHIFT, WEIGHT, Layout, Tally, count

MOST_MEMORY = 4e9     # bytes of all tallies together
MOST_DRAWS = 2**31 - 1
PLACES_A_SECOND = 5e5   # with sampling errors, on one core of an office machine: to say how long it would take
FULL = 5000           # units up to which every place is counted apart
COARSE = 1e8          # bytes of the counts of places beyond that
MOST_COMPARED = 3000  # units among which it can be counted who is ahead
MOST_FAILED = 0.05    # share of draws
PARTS = 8             # of the work for each of several workers: whoever is faster takes more of them
ENOUGH = 1000         # draws for a publication; an interval of fewer is a draft
ROWS = 256            # units at a time, when counts are read
EPSILON = 1e-9        # of an order statistic's number: .05 x 20 must be 1


class Pool(Protocol):
    """Who makes the draws, see `methods.run.cluster`."""

    workers: int

    def map(self, work: Callable[[Sequence[int]], Tally], tasks: Sequence[Sequence[int]]) -> Iterable[Tally]:
        """Results of the tasks in any order."""


class OneByOne:
    """Here and now, one task after another."""

    workers = 1

    def map(self, work: Callable[[Sequence[int]], Tally], tasks: Sequence[Sequence[int]]) -> Iterator[Tally]:
        """Results in the order of the tasks."""
        return map(work, tasks)


@dataclass(frozen=True, eq=False)
class RankUncertainty:
    """Places of ranked units over the draws of what we are not sure of (1 is the best)."""

    adopted: pd.Series            # ranked units: place under the adopted methodology and the measured values
    counts: pd.DataFrame          # units x places (the first of a block): in how many draws
    block: int                    # places in a column of `counts`
    ties: Ties                    # what equal scores get
    draws: int                    # that did not fail
    failed: pd.DataFrame          # reason -> draws, first (number of the first such draw)
    shift: pd.DataFrame           # units x (expected, absolute): mean shift from the adopted place, signed and not
    mean_shift: pd.Series         # over draws of the mean absolute shift: mean, least, quantiles, most
    grade_shares: pd.DataFrame    # units x grades, 0 the lowest: share of draws, adopted cut-offs; empty without grades
    first: pd.Series              # units: share of draws in which nobody is better
    central_weights: pd.DataFrame  # units x (element, member): mean weights of those draws; NaN for one never first
    ahead: pd.DataFrame           # compared x compared: share of draws in which the row has a better place; or empty
    protocol: dict[str, Any]      # design and factors, from which all this can be made again

    @property
    def acceptability(self) -> pd.DataFrame:
        r"""Rank acceptability indices :math:`b_i^r`: share of draws in which unit i has place r (or a block from r)."""
        return self.counts / self.draws

    @property
    def placed(self) -> pd.Series:
        """Share of draws in which a unit has a place: a missing-data rule may take it away."""
        return (self.counts.sum(axis=1) / self.draws).rename("placed")

    def summary(self, coverage: float = 0.90) -> pd.DataFrame:
        """One row a unit: adopted place, median place, interval holding at least `coverage` of the draws with a place.

        Where places are counted in blocks, the ends are those of blocks and the median is the middle of its block.
        Raises `UsageError` if there are too few draws for any of them to lie outside the interval.
        """
        tail = (1 - coverage) / 2
        enough(self.draws, coverage)
        n = self.counts.sum(axis=1).to_numpy()
        first, wide = self.counts.columns.to_numpy(dtype=float), 0.0
        if self.block > 1:
            wide = self.block - (0.5 if self.ties == "average" else 1.0)
        half = np.maximum(n - 1, 0)
        where = {"low": np.floor(tail * half + EPSILON), "one": half // 2, "other": -(-half // 2),
                 "high": np.ceil((1 - tail) * half - EPSILON)}
        found = {name: np.where(n > 0, first[at], np.nan) for name, at in _order_statistics(self.counts, where).items()}
        last = float(len(self.adopted))
        table = pd.DataFrame({
            "adopted": self.adopted, "median": np.minimum((found["one"] + found["other"] + wide) / 2, last),
            "low": found["low"], "high": np.minimum(found["high"] + wide, last)}, index=self.adopted.index)
        return table.assign(width=table["high"] - table["low"]).sort_values("adopted", kind="stable")

    def share_of_top(self, k: int) -> pd.Series:
        """Share of draws in which a unit is among the first `k`."""
        if k < 1 or (k < len(self.adopted) and (k % self.block or (self.block > 1 and self.ties == "average"))):
            raise UsageError(f"Доля первых k: задано k={k}, места подсчитаны по {self.block}. Нужно k не меньше 1, "
                             f"кратное {self.block}; для мест-средних (ties: average) — подсчёт по одному (block=1).")
        inside = self.counts.columns[self.counts.columns <= k]
        return (self.counts[inside].sum(axis=1) / self.draws).rename("share")


def _order_statistics(counts: pd.DataFrame, numbers: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Columns in which the draws of these numbers lie, counted from 0 in ascending order of places."""
    found = {name: np.empty(len(counts), dtype=int) for name in numbers}
    for start in range(0, len(counts), ROWS):
        rows = slice(start, start + ROWS)
        below = counts.to_numpy()[rows].cumsum(axis=1, dtype=np.int64)
        for name, number in numbers.items():
            found[name][rows] = (below <= number[rows, None]).sum(axis=1).clip(max=below.shape[1] - 1)
    return found


def enough(draws: int, coverage: float) -> None:
    """Raise if no draw could lie outside an interval of that coverage."""
    tail = (1 - coverage) / 2
    fewest = 2 if coverage == 1 else round(np.ceil(1 / tail - EPSILON))
    if draws < fewest:
        raise UsageError(f"Розыгрышей {draws}: интервал, накрывающий {100 * coverage:g} %, по ним не определён, нужно "
                         f"не меньше {fewest}; для публикации не меньше {ENOUGH}.")


def rank_uncertainty(experiment: Experiment, design: Design, *, block: int | None = None,
                     compared: pd.Index | None = None, pool: Pool | None = None,
                     most_failed: float = MOST_FAILED) -> RankUncertainty:
    """Make the draws of a design and count what places, grades and shifts they give.

    Parameters
    ----------
    experiment : Experiment
        The index as a function of its factors.
    design : Design
        Which draws.
    block : power of two, optional
        How many neighbouring places are counted together. By default 1 up to 5,000 units, and for more of them the
        least that keeps the counts within 100 MB: 4 places at 10,000 units, 512 at 100,000.
    compared : Index, optional
        Units among which to count who is ahead of whom, at most 3,000; nobody by default: it takes time.
    pool : Pool, optional
        Who makes the draws (`methods.run.cluster`); this thread by default. Results do not depend on it.
    most_failed : float
        Largest share of failed draws, 0 to 1.

    Raises
    ------
    UsageError
        Too many draws, or too little memory; said before the start.
    NotPublishable
        Too many draws failed: what remains is no longer the stated experiment.

    References
    ----------
    Saisana, Saltelli, Tarantola (2005), JRSS-A 168(2), 307-323. doi:10.1111/j.1467-985X.2005.00350.x
    Lahdelma, Salminen (2001), SMAA-2: stochastic multicriteria acceptability analysis for group decision making,
    Operations Research 49(3), 444-454. doi:10.1287/opre.49.3.444.11220 (acceptability indices, central weights)
    """
    pool = pool or OneByOne()
    layout = _layout(experiment, block, compared)
    _affordable(layout, design, pool.workers)
    part = -(-len(design.chunks) // (1 if isinstance(pool, OneByOne) else PARTS * pool.workers))
    work, total = partial(count, experiment, design, layout), Tally.empty(layout)
    for done in pool.map(work, [design.chunks[at:at + part] for at in range(0, len(design.chunks), part)]):
        total += done
    refuse_failures(total.draws, total.failed, most_failed)
    return _result(experiment, design, layout, total)


def from_protocol(measurements: pd.DataFrame, edition: Edition, protocol: Mapping[str, Any],
                  ) -> tuple[Experiment, Design]:
    """The experiment and the design that a protocol wrote down, on the same edition and measurements."""
    if protocol.get("edition") != edition.version:
        raise UsageError(f"Протокол сделан по редакции {protocol.get('edition')}, а задана {edition.version}.")
    among = None if protocol["among"] is None else pd.Index(protocol["among"])
    factors: list[Factor] = [from_record(record) for record in protocol["factors"]]
    return Experiment(measurements, edition, factors, among=among), Design.from_record(protocol["design"])


def _layout(experiment: Experiment, block: int | None, compared: pd.Index | None) -> Layout:
    units, ties = len(experiment.ranked), experiment.edition.ranking.ties
    if block is None:
        block = 1
        while units > FULL and 4.0 * units * (units / block) > COARSE:
            block *= 2
    if block < 1 or block & (block - 1):
        raise UsageError(f"Число мест, подсчитываемых вместе, должно быть степенью двойки, задано block={block}.")
    among = pd.Index([]) if compared is None else compared
    positions = experiment.ranked.get_indexer(among)
    if (positions < 0).any():
        raise InputError(f"Сравнивать нельзя, нет в рейтинге: {', '.join(map(str, among[positions < 0][:20]))}.")
    if len(among) > MOST_COMPARED:
        raise UsageError(f"Попарно сравнить можно не больше {MOST_COMPARED} единиц, задано {len(among)}. Назовите те, "
                         "что важны.")
    halves = 2 if ties == "average" and block > 1 else 1  # classes in a place; blocks of one place keep halves apart
    return Layout(units, ties, int(block * halves).bit_length() - 1, len(experiment.weight_columns),
                  len(experiment.edition.grades.labels) if experiment.edition.grades else 0,
                  tuple(positions.tolist()))


def _affordable(layout: Layout, design: Design, workers: int) -> None:
    """Raise before the start if the counts would not fit into memory or into their type."""
    needed = layout.bytes * (workers + 1)
    if design.draws > MOST_DRAWS:
        hours = MOST_DRAWS * layout.units / PLACES_A_SECOND / workers / 3600
        most, hours = (f"{number:,.0f}".replace(",", "\u202f") for number in (MOST_DRAWS, hours))
        raise UsageError(f"draws={design.draws}: предел — {most} розыгрышей; столько для {layout.units} единиц заняли "
                         f"бы около {hours} ч и {needed / 1e9:.1f} ГБ памяти".replace(".", ",") + ". Для публикации "
                         f"довольно {ENOUGH}.")
    if needed > MOST_MEMORY:
        raise UsageError(f"Для {layout.units} единиц счётчики мест займут {needed / 1e9:.1f} ГБ памяти (работников "
                         f"{workers}), предел {MOST_MEMORY / 1e9:g} ГБ. Подсчитывайте соседние места вместе (block=2, "
                         "4, 8, …), сравнивайте попарно меньше единиц или возьмите меньше работников.")


def refuse_failures(draws: int, failed: Mapping[str, tuple[int, int]], most_failed: float) -> None:
    """Raise if too many draws failed, naming the reasons: how many, and the number of the first one, beside `draws`."""
    lost = sum(times for times, _ in failed.values())
    if draws == 0 or lost > most_failed * (lost + draws):
        reasons = "; ".join(f"{reason} — {times} (первый № {first})"
                            for reason, (times, first) in sorted(failed.items()))
        raise NotPublishable(f"Не удалось розыгрышей: {lost} из {lost + draws}, допустимо {100 * most_failed:g} %. "
                             f"Причины: {reasons}. Уберите несовместимые варианты методики или задайте нормирование с "
                             "нижней границей больше 0.")


def _result(experiment: Experiment, design: Design, layout: Layout, total: Tally) -> RankUncertainty:
    units, draws = experiment.ranked, total.draws
    n = (draws - total.places[:, -1]).astype(float)
    halves = placing.step(layout.ties) << layout.halvings
    with np.errstate(invalid="ignore"):  # a unit without a place in any draw has no shift; one never first, no weights
        shift = pd.DataFrame({"expected": total.drift / 2 / n, "absolute": total.moved / 2 / n}, index=units)
        central = total.weights / WEIGHT / total.firsts[:, None].astype(float)
    compared = units[list(layout.compared)]
    failed = pd.DataFrame.from_dict(total.failed, orient="index", columns=["draws", "first"], dtype=int).sort_index()
    return RankUncertainty(
        adopted=experiment.adopted, block=max(1, halves // 2), ties=layout.ties,
        counts=pd.DataFrame(total.places[:, :-1], units, 1 + np.arange(layout.bins) * halves / 2, copy=False),
        draws=draws, failed=failed.rename_axis("reason"), shift=shift, mean_shift=_mean_shift(total, layout),
        grade_shares=(pd.DataFrame(total.grades / draws, units, range(layout.grades + 1)) if layout.grades
                      else pd.DataFrame()),
        first=pd.Series(total.firsts / draws, units, name="first"),
        central_weights=pd.DataFrame(central, units, experiment.weight_columns),
        ahead=pd.DataFrame(total.ahead / draws, compared, compared),
        protocol={"edition": experiment.edition.version, "design": design.record(),
                  "factors": [to_record(factor) for factor in experiment.factors],
                  "among": None if experiment.among is None else list(map(str, experiment.among))})


def _mean_shift(total: Tally, layout: Layout) -> pd.Series:
    """Mean absolute shift of places in a draw (Saisana et al. 2005, eq. 3): exact but for quantiles, which are known to
    a bin, 1/64 of a place up to 2,048 units."""
    edges = np.arange(1, layout.shift_bins + 1) * (layout.units / layout.shift_bins)
    below = total.shifts.cumsum()
    quantiles = {f"q{100 * share:g}": min(edges[np.searchsorted(below, share * total.draws)], total.most_shift)
                 for share in (0.05, 0.5, 0.95)}
    return pd.Series({"mean": total.shift_sum / SHIFT / total.draws, "least": total.least_shift, **quantiles,
                      "most": total.most_shift}, name="mean_shift")
