"""Benefit of the doubt: every unit is judged under the weights that favour it most.

n linear programmes, one a unit, solved exactly and together. Their optima are proved by duality, not trusted: see
`largest_gap` of the result.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.optimize import linprog

from methods import checks
from methods.errors import EditionError, InputError, NotPublishable

Bounds = tuple[float | pd.Series, float | pd.Series]

GAP = 1e-9          # a solution counts as the optimum if it is proved to lie this close to it
WORST_GAP = 1e-6    # what HiGHS may leave (its own tolerances are 1e-7); beyond it nothing is given out
VIOLATION = 1e-11   # a constraint counts as broken beyond this; rows are scaled to a bound of 1
PIVOT = 1e-10       # smaller pivots, in proportion to their row, are noise
LEAD = 1000.0       # a unit that can lead every rival a thousandfold need not lead further
BLOCK = 1000        # units solved at once
SMALL_PRODUCT = 250_000  # multiplications; OpenBLAS takes several threads from 262,144 on


@dataclass(frozen=True, eq=False)
class BenefitOfDoubt:
    """Scores under the most favourable weights, and what they rest on.

    A unit on the frontier mostly has many sets of weights under which nobody beats it. Given are those under which its
    lead over the best other unit is largest (Andersen, Petersen 1993). Nothing depends on the order of the table.
    """

    scores: pd.Series       # by unit, 0 to 1; 1: nobody does better under the unit's own weights
    weights: pd.DataFrame   # units x indicators, for the values as they were given; the best score under them is 1
    shares: pd.DataFrame    # units x indicators: what part of the unit's score the indicator makes; NaN at score 0
    peers: pd.DataFrame     # unit, peer, intensity: who binds under the unit's weights; intensities sum to its score
    fallbacks: int          # units that had to be given to HiGHS
    largest_gap: float      # proved: no score is further than this from its optimum, no share from its bounds

    @property
    def frontier(self) -> pd.Index:
        """Units that nobody beats under their own weights: score 1."""
        return self.scores.index[self.scores == 1]


def benefit_of_doubt(values: pd.DataFrame, *, pie_shares: Bounds | None = None,
                     weight_shares: Bounds | None = None) -> BenefitOfDoubt:
    r"""Composite score of each unit under its own most favourable weights.

    .. math:: CI_i = \max_{w \ge 0} \sum_k w_k y_{ik} \quad\text{subject to}\quad
              \sum_k w_k y_{jk} \le 1 \;\text{ for every unit } j

    Without bounds a unit may put all its weight on one indicator, and with many indicators most units reach 1. Bounds
    on shares keep every indicator in the score:

    .. math:: l_k \le \frac{w_k y_{ik}}{\sum_m w_m y_{im}} \le u_k \;\text{(pie shares)} \quad\text{or}\quad
              l_k \le \frac{w_k}{\sum_m w_m} \le u_k \;\text{(weight shares)}

    Scores without bounds and with pie shares do not see units of measure; weight shares need indicators on one scale.

    Parameters
    ----------
    values : DataFrame, shape (n units, k indicators)
        Higher is better, not below 0, no gaps.
    pie_shares : (lower, upper), optional
        Bounds from 0 to 1 on the part of a unit's own score that an indicator makes: numbers for all indicators or
        Series by indicator. Units need values above 0 where the lower bound is above 0: else only score 0 is left.
    weight_shares : (lower, upper), optional
        Bounds on the part of the sum of weights, as in the Handbook's Table 19.

    Raises
    ------
    EditionError
        If the bounds cannot be met: the lower ones sum to more than 1, or the upper ones to less.
    NotPublishable
        If neither the own method nor HiGHS comes within 1e-6 of an optimum.

    Notes
    -----
    The dual simplex method on a block of units at once. A rival enters a unit's programme when it is found to beat the
    unit, and the search is first among those who entered somewhere (the frame). Every solution is set against all
    units in the end; what its dual solution does not prove optimal within 1e-9 is solved again by HiGHS.

    References
    ----------
    Cherchye, Moesen, Rogge, Van Puyenbroeck (2007), An introduction to 'benefit of the doubt' composite indicators,
    Social Indicators Research 82:111-145, doi:10.1007/s11205-006-9029-7. OECD/JRC (2008), Handbook on Constructing
    Composite Indicators, pp. 92-94. Andersen, Petersen (1993), A procedure for ranking efficient units in data
    envelopment analysis, doi:10.1287/mnsc.39.10.1261

    Examples
    --------
    C is the best in neither, yet nobody beats it when both count; D finds no weights under which B and C stay below it:

    >>> values = pd.DataFrame({"speed": [10, 1, 8, 6], "care": [1, 10, 7, 7]}, index=list("ABCD"), dtype=float)
    >>> result = benefit_of_doubt(values)
    >>> result.scores.round(3).to_dict()
    {'A': 1.0, 'B': 1.0, 'C': 1.0, 'D': 0.918}
    >>> result.peers[result.peers["unit"] == "D"].round(3).to_dict("records")
    [{'unit': 'D', 'peer': 'C', 'intensity': 0.726}, {'unit': 'D', 'peer': 'B', 'intensity': 0.192}]

    Every indicator has to make at least a third of the score:

    >>> benefit_of_doubt(values, pie_shares=(1/3, 1)).scores.round(3).to_dict()
    {'A': 0.294, 'B': 0.294, 'C': 1.0, 'D': 0.9}
    """
    _positive_table(values)
    lower, upper = _bounds(values.columns, pie_shares, weight_shares)
    if pie_shares is not None:
        _attainable(values, lower, upper)
    # Identical units are one rival. The order inside is that of labels and values, never that of the table.
    table = values.loc[sorted(values.index, key=str), sorted(values.columns, key=str)].astype(float)
    distinct, first, group = np.unique(table.to_numpy() + 0.0, axis=0, return_index=True, return_inverse=True)
    programmes = _programmes(distinct, lower[table.columns].to_numpy(), upper[table.columns].to_numpy(),
                             by_contribution=pie_shares is not None, by_weight=weight_shares is not None)
    optima, unproved = _solve(programmes, table.index[first])
    return _result(values, table, first, group.ravel(), optima, unproved, programmes.tops)


def _positive_table(values: pd.DataFrame) -> None:
    what = "Выгода от сомнения"
    checks.unique(values.index, f"{what}: единицы")
    checks.unique(values.columns, f"{what}: показатели")
    checks.complete(values, what)
    negative = values.lt(0)
    if negative.to_numpy().any():
        unit, code = negative.stack()[lambda cell: cell].index[0]
        raise InputError(f"{what}: значения должны быть не меньше 0, найдено {values.loc[unit, code]:.6g} "
                         f"({unit} × {code}). Нормируйте показатели, например на [0; 1].")
    if not values.to_numpy().any():
        raise InputError(f"{what}: нужна хотя бы одна единица со значением больше 0 "
                         f"(единиц {len(values)}, показателей {values.shape[1]}).")


def _bounds(codes: pd.Index, pie_shares: Bounds | None, weight_shares: Bounds | None) -> tuple[pd.Series, pd.Series]:
    """Lower and upper bound of the share of every indicator; (0, 1) where none is stated."""
    if pie_shares is not None and weight_shares is not None:
        raise EditionError("Границы долей: заданы и доли вклада, и доли весов. Оставьте что-то одно.")
    lower, upper = (pd.Series(bound, index=codes, dtype=float) if np.isscalar(bound) else bound.astype(float)
                    for bound in pie_shares or weight_shares or (0.0, 1.0))
    try:
        for bound in (lower, upper):
            checks.same_labels(bound.index, codes, "Границы долей")
    except InputError as error:  # the bounds are part of the methodology, not of the data
        raise EditionError(str(error)) from error
    lower, upper = lower[codes], upper[codes]
    wrong = ~(lower.ge(0) & upper.le(1) & lower.le(upper))  # gaps are wrong, too
    if wrong.any():
        code = wrong.idxmax()
        raise EditionError(f"Границы долей: должно быть 0 ≤ нижняя ≤ верхняя ≤ 1, показатель {code}: нижняя "
                           f"{lower[code]:g}, верхняя {upper[code]:g}.")
    if lower.sum() > 1 + checks.SUM_TOLERANCE or upper.sum() < 1 - checks.SUM_TOLERANCE:
        raise EditionError(f"Границы долей невыполнимы: сумма нижних {lower.sum():.6g} (должна быть не больше 1), "
                           f"сумма верхних {upper.sum():.6g} (должна быть не меньше 1), показателей {len(codes)}. "
                           "Уменьшите нижние или увеличьте верхние.")
    return lower, upper


def _attainable(values: pd.DataFrame, lower: pd.Series, upper: pd.Series) -> None:
    """An indicator with value 0 makes no part of the score; raise if the bounds on parts then leave only score 0."""
    zero = values.eq(0)
    impossible = zero & lower.gt(0)
    if impossible.to_numpy().any():
        unit, code = impossible.stack()[lambda cell: cell].index[0]
        raise InputError(f"Доли вклада: {unit} × {code} = 0, а доля показателя должна быть не меньше {lower[code]:g} "
                         f"(таких мест {int(impossible.to_numpy().sum())}): остаётся только балл 0. Задайте "
                         "нормирование с нижней границей больше 0, нижнюю границу доли 0 или доли весов "
                         "(weight_shares).")
    attainable = (~zero).mul(upper).sum(axis=1)
    if (attainable < 1 - checks.SUM_TOLERANCE).any():
        unit = attainable.idxmin()
        raise InputError(f"Доли вклада: единица {unit}: верхние границы показателей со значением больше 0 дают в сумме "
                         f"{attainable[unit]:.6g}, нужно не меньше 1: остаётся только балл 0. Увеличьте верхние "
                         "границы или задайте доли весов (weight_shares).")


@dataclass(frozen=True, eq=False)
class _Programmes:
    """One linear programme a unit: maximise c'x over the x that meet every row h'x <= b.

    Rows have numbers: 0 to n - 1 the units as rivals (b = 1), then k lower and k upper bounds of shares (b = 0), and
    last the mean of the leaders, which follows from the rivals and is where the method starts. In its own row a unit
    is divided by LEAD, so that it may lead: the optimum is then its score or, above 1, its lead over the best rival.
    """

    rivals: np.ndarray     # (n, k) values, columns divided by their maximum
    scale: np.ndarray      # (n, k) x = w * scale: contributions to the unit's own score, or weights
    objective: np.ndarray  # (n, k)
    per_share: np.ndarray  # (k,) the share of indicator k is per_share_k x_k / per_share'x
    lower: np.ndarray      # (k,)
    upper: np.ndarray      # (n, k)
    tops: np.ndarray       # (k,) the maxima
    leaders: np.ndarray    # units that are the best in some indicator

    def rows(self, units: np.ndarray, numbers: np.ndarray) -> np.ndarray:
        """Row `numbers[i]` of the programme of `units[i]`: (m, k)."""
        n, k = self.rivals.shape
        h = self.rivals[np.minimum(numbers, n - 1)]
        h[numbers == units] /= LEAD
        mean = numbers == n + 2 * k
        if mean.any():
            h[mean] = self.rivals[self.leaders].mean(axis=0)
            own = mean & np.isin(units, self.leaders)
            h[own] -= self.rivals[units[own]] * ((1 - 1 / LEAD) / len(self.leaders))
        h /= self.scale[units]
        for first, sign in ((n, 1), (n + k, -1)):
            m = np.flatnonzero((numbers >= first) & (numbers < first + k))
            code = numbers[m] - first
            bound = self.lower[code] if sign == 1 else self.upper[units[m], code]
            h[m] = sign * bound[:, None] * self.per_share
            h[m, code] -= sign * self.per_share[code]
        return h

    def is_bound(self, numbers: np.ndarray) -> np.ndarray:
        """Rows of share bounds have 0 on the right-hand side, all others 1."""
        n, k = self.rivals.shape
        return (numbers >= n) & (numbers < n + 2 * k)

    def best_rival(self, units: np.ndarray, x: np.ndarray, among: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Which of the rivals `among` has the largest h'x, and how large it is.

        A few units at a time: such products stay in the cache, and BLAS does not spread them over threads, whose
        waiting for each other costs more than they gain (five times more on a machine that does other work, too).
        """
        weights, rivals = x / self.scale[units], self.rivals[among].T
        place = np.full(len(self.rivals), -1)
        place[among] = np.arange(len(among))
        own = place[units]
        best, reach = np.empty(len(units), dtype=int), np.empty(len(units))
        step = max(8, SMALL_PRODUCT // rivals.size)
        for start in range(0, len(units), step):
            part = slice(start, start + step)
            products = weights[part] @ rivals
            known = np.flatnonzero(own[part] >= 0)
            products[known, own[part][known]] /= LEAD
            best[part] = products.argmax(axis=1)
            reach[part] = products[np.arange(len(products)), best[part]]
        return among[best], reach

    def worst_bound(self, units: np.ndarray, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Which share is furthest outside its bounds, as the row's number, and how far."""
        part = x * self.per_share
        total = part.sum(axis=1, keepdims=True)
        upper = self.upper[units]
        too_large = np.where(upper < 1, part - upper * total, -np.inf)  # a bound of 1 follows from the lower ones
        excess = np.hstack([self.lower * total - part, too_large])
        worst = excess.argmax(axis=1)
        size = np.abs(part).sum(axis=1) + np.finfo(float).tiny
        return len(self.rivals) + worst, excess[np.arange(len(units)), worst] / size


def _programmes(distinct: np.ndarray, lower: np.ndarray, upper: np.ndarray, *, by_contribution: bool,
                by_weight: bool) -> _Programmes:
    tops = distinct.max(axis=0)
    tops[tops == 0] = 1
    rivals = distinct / tops
    upper = np.broadcast_to(upper, rivals.shape)
    if by_contribution:
        upper = np.where(rivals > 0, upper, 0)
        scale, objective = np.where(rivals > 0, rivals, 1), np.ones_like(rivals)
    else:
        scale, objective = np.ones_like(rivals), rivals
    return _Programmes(rivals, scale, objective, 1 / tops if by_weight else np.ones(len(tops)), lower, upper, tops,
                       np.unique(rivals.argmax(axis=0)))


@dataclass(frozen=True, eq=False)
class _Bases:
    """Simplex bases of several units: k rows each, all met with equality at x."""

    units: np.ndarray        # (m,)
    active: np.ndarray       # (m, k) numbers of rows
    inverse: np.ndarray      # (m, k, k) of the matrix of these rows
    x: np.ndarray            # (m, k)
    multipliers: np.ndarray  # (m, k) of the rows: objective = multipliers @ rows; not negative

    def part(self, which: np.ndarray) -> _Bases:
        """Some of the units."""
        return _Bases(*(values[which] for values in vars(self).values()))

    @staticmethod
    def together(parts: list[_Bases]) -> _Bases:
        """All the parts in one."""
        return _Bases(*(np.concatenate(each) for each in zip(*(vars(part).values() for part in parts), strict=True)))

    def leaving(self, alpha: np.ndarray) -> np.ndarray:
        """Place of the row whose multiplier is the first to reach 0 as that of the new row grows; -1 if none does."""
        possible = alpha > PIVOT * np.abs(alpha).max(axis=1, keepdims=True)
        ratio = np.full(alpha.shape, np.inf)
        np.divide(self.multipliers.clip(min=0), alpha, out=ratio, where=possible)
        first = ratio <= ratio.min(axis=1, keepdims=True) * (1 + 1e-12)
        return np.where(possible.any(axis=1), np.where(first, alpha, -np.inf).argmax(axis=1), -1)  # ties: largest pivot

    def exchange(self, out: np.ndarray, numbers: np.ndarray, rows: np.ndarray, right: np.ndarray,
                 alpha: np.ndarray) -> None:
        """Put new rows, `alpha` of the old ones, in the places `out`."""
        m = np.arange(len(self.units))
        pivot = alpha[m, out]
        step = self.multipliers[m, out].clip(min=0) / pivot
        direction = self.inverse[m, :, out] / pivot[:, None]
        alpha[m, out] -= 1
        self.x[:] -= direction * (np.vecdot(rows, self.x) - right)[:, None]
        self.inverse[:] -= direction[:, :, None] * alpha[:, None, :]
        self.multipliers[:] -= step[:, None] * alpha
        self.multipliers[m, out] = step
        self.active[m, out] = numbers


def _first_bases(programmes: _Programmes, units: np.ndarray) -> _Bases:
    """The best x if the mean of the leaders were the only rival: a knapsack, filled in the order of gain.

    A ratio of two linear functions is maximal where objective - level * rival cannot be raised above 0 (Dinkelbach
    1967, doi:10.1287/mnsc.13.7.492). All shares but one then lie on a bound, so k rows are met with equality.
    """
    n, k = programmes.rivals.shape
    m = np.arange(len(units))
    rival = programmes.rows(units, np.full(len(units), n + 2 * k))
    gain, cost = programmes.objective[units] / programmes.per_share, rival / programmes.per_share
    level = np.zeros(len(units))
    for _ in range(50):
        # a hair below the level, and of equals the dearest first: an indicator of zeros, which gains and costs nothing,
        # would be as good otherwise
        order = np.lexsort((-cost, (1 - 1e-12) * level[:, None] * cost - gain), axis=1)
        room = np.take_along_axis(programmes.upper[units] - programmes.lower, order, axis=1)
        filled = np.cumsum(room, axis=1)
        last = np.minimum((filled < 1 - programmes.lower.sum() - checks.SUM_TOLERANCE).sum(axis=1), k - 1)
        at_upper = np.zeros((len(units), k), dtype=bool)
        np.put_along_axis(at_upper, order, np.arange(k) < last[:, None], axis=1)
        free = order[m, last]
        share = np.where(at_upper, programmes.upper[units], programmes.lower)
        share[m, free] += 1 - share.sum(axis=1)
        better = (gain * share).sum(axis=1) / (cost * share).sum(axis=1)
        if (better <= level * (1 + 1e-14)).all():
            break
        level = np.maximum(level, better)
    active = n + np.arange(k) + k * at_upper
    active[m, free] = n + 2 * k
    matrix = programmes.rows(np.repeat(units, k), active.ravel()).reshape(len(units), k, k)
    inverse = np.linalg.inv(matrix)
    return _Bases(units, active, inverse, inverse[m, :, free],
                  np.vecmat(programmes.objective[units], inverse))


def _solve_block(programmes: _Programmes, units: np.ndarray, frame: np.ndarray) -> tuple[_Bases, np.ndarray]:
    """Dual simplex for all `units` together: their last bases, and the frame with its new rivals.

    A step looks for the row that is broken most among the frame only, and at all units once the frame is satisfied.
    Bases where rounding allows no further step are handed over as they are: what is proved later does not hang on it.
    """
    n, k = programmes.rivals.shape
    bases = _first_bases(programmes, units)
    final = []
    for _ in range(100 + 20 * k):
        rival, reach = programmes.best_rival(bases.units, bases.x, frame)
        bound, excess = programmes.worst_bound(bases.units, bases.x)
        met = np.maximum(reach - 1, excess) <= VIOLATION
        numbers = np.where(reach - 1 >= excess, rival, bound)
        if met.any():
            numbers[met], reach = programmes.best_rival(bases.units[met], bases.x[met], np.arange(n))
            met[met] = reach - 1 <= VIOLATION
            final.append(bases.part(met))
            bases, numbers = bases.part(~met), numbers[~met]
            frame = np.union1d(frame, numbers[numbers < n])
        if not len(bases.units):
            break
        rows = programmes.rows(bases.units, numbers)
        alpha = np.vecmat(rows, bases.inverse)
        out = bases.leaving(alpha)
        stuck = out < 0
        if stuck.any():
            final.append(bases.part(stuck))
            bases = bases.part(~stuck)
            rows, alpha, out, numbers = (each[~stuck] for each in (rows, alpha, out, numbers))
        bases.exchange(out, numbers, rows, ~programmes.is_bound(numbers), alpha)
    return _Bases.together([*final, bases]), frame


@dataclass(frozen=True, eq=False)
class _Optima:
    """Solutions of some units, each with the distance from its optimum that duality leaves possible."""

    units: np.ndarray    # (m,)
    scores: np.ndarray   # (m,)
    weights: np.ndarray  # (m, k) for values divided by their maxima
    gaps: np.ndarray     # (m,)
    peers: pd.DataFrame  # unit, peer, intensity: dual values of the rivals


def _optima(programmes: _Programmes, units: np.ndarray, x: np.ndarray, bound: np.ndarray, uncovered: np.ndarray,
            peers: pd.DataFrame) -> _Optima:
    """Scores at x and their proof: multipliers that are not negative bound the score from above (weak duality).

    The `bound` (m,) holds if the multiplied rows cover the objective; what is left `uncovered` (m, k) is added, as no
    x_k exceeds 1 (columns are divided by their maxima). A unit that nobody beats is its own peer.
    """
    x = x.clip(min=0)
    _, reach = programmes.best_rival(units, x, np.arange(len(programmes.rivals)))
    own = (programmes.objective[units] * x).sum(axis=1)
    leading = own >= reach * (1 - GAP)
    best = np.where(leading, own, reach).clip(min=np.finfo(float).tiny)
    scores, weights = own / best, x / programmes.scale[units] / best[:, None]
    _, outside = programmes.worst_bound(units, x)
    upper = np.minimum(bound + uncovered.clip(min=0).sum(axis=1), 1)
    peers = pd.concat([peers[(peers["intensity"] > GAP) & ~peers["unit"].isin(units[leading])],
                       pd.DataFrame({"unit": units[leading], "peer": units[leading], "intensity": 1.0})])
    return _Optima(units, scores, weights, np.maximum(upper - scores, outside).clip(min=0), peers)


def _from_bases(programmes: _Programmes, bases: _Bases) -> _Optima:
    """Take the rounding of many pivots out of the final bases (one step of refinement) and prove the solutions."""
    n, k = programmes.rivals.shape
    objective, right = programmes.objective[bases.units], ~programmes.is_bound(bases.active)
    rows = programmes.rows(np.repeat(bases.units, k), bases.active.ravel()).reshape(-1, k, k)
    x = bases.x + np.matvec(bases.inverse, right - np.matvec(rows, bases.x))
    uncovered = objective - np.vecmat(bases.multipliers, rows)
    multipliers = (bases.multipliers + np.vecmat(uncovered, bases.inverse)).clip(min=0)
    rival = bases.active < n
    mean = bases.active == n + 2 * k
    peers = pd.concat([
        pd.DataFrame({"unit": bases.units[rival.nonzero()[0]], "peer": bases.active[rival],
                      "intensity": multipliers[rival]}),
        pd.DataFrame({"unit": np.repeat(bases.units[mean.any(axis=1)], len(programmes.leaders)),
                      "peer": np.tile(programmes.leaders, mean.sum()),
                      "intensity": np.repeat(multipliers[mean] / len(programmes.leaders), len(programmes.leaders))})])
    peers = peers.groupby(["unit", "peer"], as_index=False)["intensity"].sum()
    return _optima(programmes, bases.units, x, (multipliers * right).sum(axis=1),
                   objective - np.vecmat(multipliers, rows), peers)


def _by_highs(programmes: _Programmes, unit: int) -> _Optima | None:
    """The same programme by `scipy.optimize.linprog`; None if that fails."""
    n, k = programmes.rivals.shape
    numbers = np.r_[np.arange(n + k), n + k + np.flatnonzero(programmes.upper[unit] < 1)]
    rows, right = programmes.rows(np.full(len(numbers), unit), numbers), ~programmes.is_bound(numbers)
    rows[unit] *= LEAD
    found = linprog(-programmes.objective[unit], A_ub=rows, b_ub=right, method="highs")
    if not found.success:
        return None
    multipliers = np.clip(-found.ineqlin.marginals, 0, None)
    return _optima(programmes, np.array([unit]), found.x[None], multipliers[right].sum(keepdims=True),
                   (programmes.objective[unit] - multipliers @ rows)[None],
                   pd.DataFrame({"unit": unit, "peer": np.arange(n), "intensity": multipliers[:n]}))


def _solve(programmes: _Programmes, labels: pd.Index) -> tuple[_Optima, np.ndarray]:
    """All units in blocks, then one by one by HiGHS those whose optimum is not proved; which ones these were.

    A unit of zeros scores 0 under any weights, so it is given none.
    """
    n, k = programmes.rivals.shape
    scores, weights, gaps, peers = np.zeros(n), np.zeros((n, k)), np.full(n, np.inf), []

    def put(found: _Optima, which: np.ndarray) -> None:
        scores[found.units[which]], weights[found.units[which]] = found.scores[which], found.weights[which]
        gaps[found.units[which]] = found.gaps[which]
        peers.append(found.peers[found.peers["unit"].isin(found.units[which])])

    some = programmes.rivals.any(axis=1)
    gaps[~some] = 0
    frame = programmes.leaders
    for units in np.array_split(np.flatnonzero(some), -(-some.sum() // BLOCK)):
        bases, frame = _solve_block(programmes, units, frame)
        found = _from_bases(programmes, bases)
        put(found, found.gaps <= GAP)
    unproved = np.flatnonzero(np.isinf(gaps))
    for unit in unproved:
        found = _by_highs(programmes, unit)
        if found is None or not found.gaps[0] <= WORST_GAP:
            raise NotPublishable(f"Выгода от сомнения: балл единицы {labels[unit]} не найден с точностью "
                                 f"{WORST_GAP:g}. Проверьте, нет ли показателей, значения которых отличаются в "
                                 "миллионы раз.")
        put(found, np.array([True]))
    return _Optima(np.arange(n), scores, weights, gaps, pd.concat(peers)), unproved


def _result(values: pd.DataFrame, table: pd.DataFrame, first: np.ndarray, group: np.ndarray, optima: _Optima,
            unproved: np.ndarray, tops: np.ndarray) -> BenefitOfDoubt:
    """Back from distinct rows to the units of the table, in its order."""
    scores = pd.Series(optima.scores[group], index=table.index, name="score")[values.index]
    weights = pd.DataFrame((optima.weights / tops)[group], index=table.index, columns=table.columns)
    weights = weights.loc[values.index, values.columns]
    units = pd.DataFrame({"label": table.index, "unit": group, "place": values.index.get_indexer(table.index)})
    peers = units.merge(optima.peers, on="unit")
    peers = peers.sort_values(["place", "intensity", "peer"], ascending=[True, False, True])
    itself = peers["unit"] == peers["peer"]
    peers = pd.DataFrame({"unit": peers["label"],
                          "peer": peers["label"].where(itself, table.index[first[peers["peer"]]]),
                          "intensity": peers["intensity"]}).reset_index(drop=True)
    return BenefitOfDoubt(scores, weights, (weights * values).div(scores.where(scores > 0), axis=0), peers,
                          fallbacks=int(np.isin(group, unproved).sum()), largest_gap=float(optima.gaps.max()))
