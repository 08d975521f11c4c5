"""What is counted of the draws: whole numbers only, so that parts made anywhere add up to the same in any order.

The memory of a tally does not grow with the number of draws. Draws that have failed are counted by reason and take no
part in anything else.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, fields

import numpy as np

from methods.index.rank import Ties
from methods.sensitivity import placing
from methods.sensitivity.design import CHUNK, Design
from methods.sensitivity.engine import Experiment

PLACES = 1 << 22         # places of a batch of draws that are counted together
WEIGHT = 1 << 30         # a weight of 1 as a whole number
SHIFT = 1 << 20          # a mean shift of one place as a whole number
FINEST = 64              # bins of the mean shift in a place
MOST_BINS = 1 << 17


@dataclass(frozen=True)
class Layout:
    """What a tally counts and how large it is."""

    units: int
    ties: Ties
    halvings: int            # a bin of places is 2 to this power of classes (`placing.class_count`)
    weights: int             # weights that are drawn
    grades: int              # 0: there are none
    compared: tuple[int, ...] = ()  # units among which it is counted who is ahead

    @property
    def bins(self) -> int:
        """Columns of the counts of places, besides the last one, of draws without a place."""
        return -(-placing.class_count(self.units, self.ties) >> self.halvings)

    @property
    def shift_bins(self) -> int:
        """Bins of the mean shift, from 0 to the number of units."""
        return min(FINEST * self.units, MOST_BINS)

    @property
    def bytes(self) -> float:
        """Memory of one tally."""
        return (4.0 * self.units * (self.bins + 1 + self.grades + 1) + 4.0 * len(self.compared) ** 2
                + 8.0 * (self.units * (3 + self.weights) + self.shift_bins))


@dataclass(eq=False)
class Tally:
    """Counts over some draws; `+` joins two."""

    places: np.ndarray        # units x (bins, no place)
    firsts: np.ndarray        # units: nobody is better
    weights: np.ndarray       # units x weights: sums over the draws in which the unit is first
    moved: np.ndarray         # units: absolute shifts from the adopted place, in halves of a place
    drift: np.ndarray         # units: the same with signs
    grades: np.ndarray        # units x grades, 0 the lowest
    ahead: np.ndarray         # compared x compared: the row has a better place
    shifts: np.ndarray        # bins of the mean shift of a draw
    shift_sum: int = 0        # of mean shifts
    least_shift: float = np.inf
    most_shift: float = -np.inf
    draws: int = 0            # that did not fail
    failed: dict[str, tuple[int, int]] = field(default_factory=dict)  # reason -> how many, number of the first one

    @classmethod
    def empty(cls, layout: Layout) -> Tally:
        """Nothing counted yet."""
        units, compared = layout.units, len(layout.compared)
        return cls(
            places=np.zeros((units, layout.bins + 1), dtype=np.int32),
            firsts=np.zeros(units, dtype=np.int64), weights=np.zeros((units, layout.weights), dtype=np.int64),
            moved=np.zeros(units, dtype=np.int64), drift=np.zeros(units, dtype=np.int64),
            grades=np.zeros((units, layout.grades + 1 if layout.grades else 0), dtype=np.int32),
            ahead=np.zeros((compared, compared), dtype=np.int32), shifts=np.zeros(layout.shift_bins, dtype=np.int64))

    def __iadd__(self, other: Tally) -> Tally:
        for each in fields(self):
            mine, theirs = getattr(self, each.name), getattr(other, each.name)
            if isinstance(mine, np.ndarray):
                mine += theirs
        self.shift_sum, self.draws = self.shift_sum + other.shift_sum, self.draws + other.draws
        self.least_shift = min(self.least_shift, other.least_shift)
        self.most_shift = max(self.most_shift, other.most_shift)
        for reason, (times, first) in other.failed.items():
            self._fail(reason, times, first)
        return self

    def _fail(self, reason: str, times: int, first: int) -> None:
        before, earliest = self.failed.get(reason, (0, first))
        self.failed[reason] = before + times, min(earliest, first)


def count(experiment: Experiment, design: Design, layout: Layout, chunks: Iterable[int]) -> Tally:
    """Make some chunks of the design and count them."""
    tally, adopted = Tally.empty(layout), np.round(2 * experiment.adopted.to_numpy()).astype(np.int32)
    borders = experiment.grade_borders
    batch = max(1, min(CHUNK, PLACES // layout.units))
    nowhere = layout.bins << layout.halvings
    classes = np.empty((batch, layout.units), dtype=np.int16 if nowhere < 2**15 else np.int32)
    filled = 0
    for first, points in design.points(experiment.columns, chunks):
        drawn = experiment.draws(points, design.seed)
        weights = np.round(WEIGHT * experiment.drawn_weights(drawn)).astype(np.int64)
        for rows, scores, reasons in experiment.blocks(drawn, design.seed):
            good = reasons == ""
            if not good.all():
                for reason in np.unique(reasons[~good].astype(str)):
                    wrong = rows[reasons == reason]
                    tally._fail(reason, len(wrong), first + int(wrong.min()))
                rows, scores = rows[good], scores[good]
            if layout.grades:
                placing.kernels().count_grades(np.ascontiguousarray(scores), borders, tally.grades)
            for start in range(0, len(rows), batch):
                part, own = scores[start:start + batch], weights[rows[start:start + batch]]
                if filled + len(part) > batch:
                    _add(tally, layout, classes[:filled], nowhere, adopted)
                    filled = 0
                placing.place(part, layout.ties, classes[filled:filled + len(part)], nowhere, own, tally.firsts,
                              tally.weights)
                filled += len(part)
    _add(tally, layout, classes[:filled], nowhere, adopted)
    return tally


def _add(tally: Tally, layout: Layout, classes: np.ndarray, nowhere: int, adopted: np.ndarray) -> None:
    """Count the places of a batch of draws."""
    kernels, draws = placing.kernels(), len(classes)
    if not draws:
        return
    kernels.count(classes, np.uint32(layout.halvings), tally.places)
    total, placed = np.zeros(draws, dtype=np.int64), np.zeros(draws, dtype=np.int64)
    kernels.moves(classes, nowhere, placing.step(layout.ties), adopted, tally.moved, tally.drift, total, placed)
    mean = total / (2 * np.maximum(placed, 1))
    bins = np.minimum((mean * (layout.shift_bins / layout.units)).astype(int), layout.shift_bins - 1)
    np.add.at(tally.shifts, bins, 1)
    tally.shift_sum += int(np.round(SHIFT * mean).astype(np.int64).sum())
    tally.least_shift, tally.most_shift = min(tally.least_shift, mean.min()), max(tally.most_shift, mean.max())
    tally.draws += draws
    if layout.compared:
        kernels.count_ahead(np.ascontiguousarray(classes[:, list(layout.compared)].T), tally.ahead)
