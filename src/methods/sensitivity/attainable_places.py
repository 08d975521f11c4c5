"""The best and the worst place that a unit can have under any admissible weights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.optimize import Bounds, LinearConstraint, milp

from methods import checks
from methods.errors import InputError, UsageError
from methods.sensitivity.weight_space import MOST_SPLIT, WeightBox, aligned, greatest, simplices, weight_box

NODES = 20_000        # of the search for one unit
STRICTLY = 1e-9       # by how much a rival has to lead in the integer programme; far below its own tolerance of 1e-6


@dataclass(frozen=True, eq=False)
class AttainablePlaces:
    """Places attained by admissible weights, and proof that none goes further (1 is the best)."""

    table: pd.DataFrame            # by unit: best, worst, best_bound, worst_bound; a bound equal to its place: exact
    best_weights: pd.DataFrame     # units x elements: weights under which the unit has its best place
    worst_weights: pd.DataFrame
    method: str                    # «branch and bound» or «integer programme»

    @property
    def exact(self) -> pd.Series:
        """Whether both places are proved; where not, the truth lies between a place and its bound."""
        table = self.table
        return ((table["best"] == table["best_bound"]) & (table["worst"] == table["worst_bound"])).rename("exact")


def attainable_places(values: pd.DataFrame, box: WeightBox | None = None, *, units: Sequence[str] | None = None,
                      nodes: int = NODES) -> AttainablePlaces:
    r"""Best and worst place of each unit over a polytope of weights.

    .. math:: \min_{w}\; \text{or}\; \max_{w}\; 1 + \#\Bigl\{b : \sum_j w_j (x_{bj} - x_{aj}) > 0\Bigr\}, \quad
              \sum_j w_j = 1, \; l_j \le w_j \le u_j

    Every place told was attained by weights that are given with it and under which it was counted again. What no
    weights can beat is told beside it; the two are equal, and the place exact, unless the search was cut short.

    Up to six weights that can change: branch and bound, the polytope cut into simplices where rivals change sides. For
    2,000 units x 5 groups 15-50 milliseconds a unit within +-25 % of the weights; without bounds up to 200, and groups
    that are not correlated leave a third of the units unproved at the default `nodes`. More weights: a mixed integer
    programme a unit (HiGHS), some seconds for 200 units x 20 indicators; its own tolerance of 1e-6 may leave a place
    unproved where leads are that small.

    Parameters
    ----------
    values : DataFrame, shape (n units, k elements)
        Higher is better, no gaps; for a geometric mean the logarithms. Columns are what may be weighed anew: groups or
        indicators.
    box : WeightBox, optional
        Default: all weights that are not negative.
    units : list of labels, optional
        Only these, among all.
    nodes : int
        Most parts of the polytope that are looked at for each end of one unit's range. 0: only bounds by pairs and what
        the corners of the polytope attain.

    References
    ----------
    Kadziński, Greco, Słowiński (2012), Extreme ranking analysis in robust ordinal regression, Omega 40(4):488-501,
    doi:10.1016/j.omega.2011.09.003: the integer programme.

    Examples
    --------
    >>> values = pd.DataFrame({"a": [1.0, 0.25, 0.3], "b": [0.0, 0.75, 0.2]}, index=["C01", "C02", "C03"])
    >>> attainable_places(values).table[["best", "worst"]].to_numpy().tolist()
    [[1, 3], [1, 3], [2, 3]]
    """
    box = box or weight_box(values.columns)
    if nodes < 0:
        raise UsageError(f"nodes не меньше 0, задано {nodes}.")
    # The order inside is that of labels, never that of the table.
    codes = pd.Index(sorted(box.low.index, key=str))
    box = WeightBox(box.low[codes], box.high[codes])
    chosen = values.index if units is None else pd.Index(units)
    strangers = chosen.difference(values.index)
    if len(strangers) or chosen.has_duplicates:
        raise InputError("Достижимые места запрошены для единиц, которых нет среди значений или которые названы "
                         f"дважды: {', '.join(map(str, strangers.union(chosen[chosen.duplicated()])))}.")
    aligned(values, box)
    table = values.loc[sorted(values.index, key=str), codes].astype(float)
    search = _Branches(table, box, nodes) if len(box.free) <= MOST_SPLIT else _Programmes(table, box, nodes)
    ends = [[search(row, worst) for row in table.index.get_indexer(chosen)] for worst in (False, True)]
    places = {name: [found[part] for found in ends[end]] for part, names in enumerate((("best", "worst"),
              ("best_bound", "worst_bound"))) for end, name in enumerate(names)}
    weights = [pd.DataFrame(np.reshape([found[2] for found in end], (len(chosen), len(codes))), chosen, codes)
               for end in ends]
    return AttainablePlaces(pd.DataFrame(places, index=chosen, dtype=int), *weights, search.method)


class _Search:
    """What both searches share: leads of all rivals over one unit, and the count of those ahead."""

    def __init__(self, table: pd.DataFrame, box: WeightBox, nodes: int) -> None:
        self.x, self.box, self.nodes = table.to_numpy(), box, nodes
        self.dust = checks.DUST * max(1.0, float(np.abs(self.x).max()))

    def leads(self, unit: int) -> np.ndarray:
        """Rivals minus unit; the unit itself is a rival that is never ahead."""
        return self.x - self.x[unit]

    def count(self, leads: np.ndarray, weights: np.ndarray) -> int:
        """How many rivals are ahead."""
        return int((leads @ weights > self.dust).sum())


class _Branches(_Search):
    method = "branch and bound"

    def __init__(self, table: pd.DataFrame, box: WeightBox, nodes: int) -> None:
        super().__init__(table, box, nodes)
        self.vertices, self.simplices = simplices(box)
        centres = self.vertices[self.simplices].mean(axis=1)
        self.points = np.vstack([self.vertices, centres])
        self.scores = self.x @ self.points.T               # units x points: where every search starts

    def __call__(self, unit: int, worst: bool) -> tuple[int, int, np.ndarray]:
        """Place, its bound, weights that attain the place."""
        from methods.sensitivity import place_kernels as kernels

        counts = (self.scores - self.scores[unit] > self.dust).sum(axis=0)
        start = int(counts.argmax() if worst else counts.argmin())
        weights = self.points[start].copy()
        at_vertices = self.scores[:, :len(self.vertices)] - self.scores[unit, :len(self.vertices)]
        _, bound = kernels.search(at_vertices, self.vertices, self.simplices, int(counts[start]), worst, self.dust,
                                  self.nodes, weights)
        # the values at cuts and a product with the same weights differ by rounding: what counts is the place itself
        return 1 + self.count(self.leads(unit), weights), 1 + bound, weights


class _Programmes(_Search):
    method = "integer programme"

    def __call__(self, unit: int, worst: bool) -> tuple[int, int, np.ndarray]:
        """Place, its bound, weights that attain the place."""
        leads = self.leads(unit)
        most, least = greatest(leads, self.box), -greatest(-leads, self.box)
        ahead = int((least > self.dust).sum())
        open_ = (most > self.dust) & (least <= self.dust)
        middle = self._inside()
        if not open_.any() or not self.nodes:
            place = 1 + self.count(leads, middle)
            return place, 1 + ahead + (int(open_.sum()) if worst else 0), middle
        found, bound = self._solve(leads[open_], most[open_], least[open_], worst)
        weights = max((w for w in (found, middle) if w is not None),
                      key=lambda w: self.count(leads, w) * (1 if worst else -1))
        place = 1 + self.count(leads, weights)
        limit = 1 + ahead + bound
        return place, max(place, limit) if worst else min(place, limit), weights

    def _inside(self) -> np.ndarray:
        """A point of the box: as far from every lower bound, in proportion, as from the upper one."""
        low, room = self.box.low.to_numpy(), (self.box.high - self.box.low).to_numpy()
        return low + room * ((1 - low.sum()) / room.sum() if room.sum() > 0 else 0)

    def _solve(self, leads: np.ndarray, most: np.ndarray, least: np.ndarray, worst: bool) -> tuple[np.ndarray | None,
                                                                                                 int]:
        """z_b = 1 where rival b may be ahead (best place) or has to be (worst)."""
        rivals, k = leads.shape
        if worst:    # lead >= least + z (strictly - least)
            rows = LinearConstraint(np.hstack([leads, np.diag(least - STRICTLY)]), lb=least)
        else:        # lead <= most z
            rows = LinearConstraint(np.hstack([leads, -np.diag(most)]), ub=0.0)
        one = LinearConstraint(np.append(np.ones(k), np.zeros(rivals))[None, :], 1, 1)
        sign = -1 if worst else 1
        solved = milp(np.append(np.zeros(k), np.full(rivals, sign)), constraints=[rows, one],
                      integrality=np.append(np.zeros(k), np.ones(rivals)), options={"node_limit": self.nodes},
                      bounds=Bounds(np.append(self.box.low, np.zeros(rivals)), np.append(self.box.high,
                                                                                         np.ones(rivals))))
        bound = solved.mip_dual_bound
        if bound is None or not np.isfinite(bound):
            bound = -rivals if worst else 0
        proved = int(np.floor(-bound + 1e-6) if worst else np.ceil(bound - 1e-6))
        if solved.x is None:
            return None, proved
        weights = np.clip(solved.x[:k], self.box.low, self.box.high)
        return weights / weights.sum(), proved
