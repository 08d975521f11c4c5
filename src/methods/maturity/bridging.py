"""Scores of a former edition in terms of a later one, by way of a period in which both were calculated.

A new edition moves scores without anybody having changed. If one period is scored by both editions, the scores of the
same units link the scales, and former periods can be told on the new scale. A linked score is an estimate: it has an
interval, a flag, and no place in a published table of the period it comes from. What cannot be linked is said, not
guessed: editions that order the units otherwise measure something else (`Link.uncertainty_removed`).

`transitions.bridge_levels` maps levels by a table that somebody decides; here scores are linked by data.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import pandas as pd
from scipy import special

from methods import checks
from methods.errors import InputError, NotPublishable
from methods.maturity.inputs import FEWEST_UNITS, draws_of, within_unit

Method = Literal["mean", "linear", "equipercentile", "kernel"]
FEWEST_FOR_SHAPE = 20     # units below which the shape of a distribution says nothing about the link
ENOUGH = 0.5              # of the uncertainty that a useful link removes (Dorans 2004): correlation of .866
GRID = 129                # nodes on which a kernel distribution is turned round
ITERATIONS = 8
NARROWEST = 0.1           # bandwidth in deviations of the scores: below it the distribution is steps, not a curve
TINY = 1e-290
COLUMNS = ("unit", "period", "edition", "score")


@dataclass(frozen=True, eq=False)
class Link:
    """How scores of one edition translate into those of another."""

    method: Method
    pairs: pd.DataFrame      # units of the overlap: old, new
    correlation: float       # of the two
    step: float | None       # of discrete scores
    bandwidths: tuple[float, float] | None  # kernel: old, new
    confidence: float
    draws: int
    seed: int

    @property
    def uncertainty_removed(self) -> float:
        r"""By how much knowing the old score narrows the new one, :math:`1 - \sqrt{1 - r^2}`.

        Below .5 a linked score says more about the group than about a unit.

        References
        ----------
        Dorans (2004), Equating, concordance, and expectation, Applied Psychological Measurement 28:227-246
        """
        return float(1 - np.sqrt(max(1 - self.correlation**2, 0.0)))

    @property
    def reliable(self) -> bool:
        """Whether linked scores of single units are worth showing."""
        return self.uncertainty_removed >= ENOUGH

    def at(self, scores: pd.Series) -> pd.DataFrame:
        """Old scores on the new scale.

        Parameters
        ----------
        scores : Series
            Of the old edition, from any period; gaps stay.

        Returns
        -------
        DataFrame
            `linked`, `se`, `low`, `high` (bootstrap over the units of the overlap: the error of the link, not of the
            score), `outside`: the score lies beyond those of the overlap, so the link was drawn on.
        """
        known = _finite(scores, "Связь редакций")
        table = _summary(self.replicates(known.to_numpy()[None, :]), known.index, self.confidence)
        beyond = (scores < self.pairs["old"].min()) | (scores > self.pairs["old"].max())
        return table.reindex(scores.index).assign(outside=beyond)

    def replicates(self, scores: np.ndarray, place: int = 0) -> np.ndarray:
        """Linked scores in the estimate (row 0) and in every bootstrap sample: (draws + 1) x scores.

        Parameters
        ----------
        scores : array, shape (1 or draws + 1, m)
            A row for every sample, or one for all.
        place : int
            Of the link in a chain, so that links of one seed have samples of their own.
        """
        old, new = self.pairs["old"].to_numpy(), self.pairs["new"].to_numpy()
        n = len(old)
        rng = np.random.default_rng(np.random.SeedSequence([self.seed, place]))
        samples = np.vstack([np.arange(n), rng.integers(0, n, (self.draws, n))])
        rows = np.broadcast_to(scores, (self.draws + 1, scores.shape[1]))
        return np.array([self._linked(old[own], new[own], row) for own, row in zip(samples, rows, strict=True)])

    def _linked(self, old: np.ndarray, new: np.ndarray, scores: np.ndarray) -> np.ndarray:
        if self.method == "mean":
            return scores + new.mean() - old.mean()
        slope = new.std() / old.std() if old.std() > checks.DUST * np.abs(old).max() else np.nan
        if self.method == "linear" or not slope > 0:
            return new.mean() + slope * (scores - old.mean())
        if self.method == "kernel":
            widths = self.bandwidths or (rule_of_thumb(old), rule_of_thumb(new))
            return kernel_quantile(new, kernel_position(old, scores, widths[0]), widths[1])
        inside = np.clip(scores, old.min(), old.max())
        rank, quantile = (mid_rank, mid_quantile) if self.step is None else (uniform_rank, uniform_quantile)
        extra = () if self.step is None else (self.step,)
        return quantile(new, rank(old, inside, *extra), *extra) + slope * (scores - inside)


def link(old: pd.Series, new: pd.Series, method: Method = "linear", *, step: float | None = None,
         bandwidths: tuple[float, float] | None = None, confidence: float = 0.95, draws: int = 1000,
         seed: int = 0) -> Link:
    r"""Link two editions by the units that both scored in one period (a single-group design).

    .. math:: \text{mean: } e(x) = x + \bar y - \bar x, \qquad
              \text{linear: } e(x) = \bar y + \frac{s_y}{s_x}(x - \bar x), \qquad
              \text{equipercentile: } e(x) = G^{-1}(F(x))

    All are symmetric: linking back gives the score again. A regression is not, and would pull linked scores to the
    mean.

    Parameters
    ----------
    old, new : Series
        Scores of the overlap period by both editions, matched by label; only units with both count.
    method : {"mean", "linear", "equipercentile", "kernel"}
        `equipercentile` takes F and G as broken lines through the shares at the middle of every score, and goes on with
        the slope of the linear link beyond the scores of the overlap; `kernel` smooths them by normal kernels that keep
        mean and variance, at the price of a bias near the end of a bounded scale that its intervals do not hold. Both
        need 20 units.
    step : float, optional
        For `equipercentile` with discrete scores (0, 1, 2 ... points): their distance. Every score is then spread
        evenly over its step, the classical percentile ranks.
    bandwidths : pair of float, optional
        Of the kernel, old and new, at least a tenth of the deviation of the scores; by default `rule_of_thumb`. Large
        ones give the linear link.
    confidence, draws, seed
        Bootstrap over units, percentile intervals: with 89 units those of 95 % hold in 92-93 %.

    Raises
    ------
    InputError
        Unknown method, discrete scores off their grid.
    NotPublishable
        Too few units, one score for all, or editions that do not agree at all (correlation not above 0).

    References
    ----------
    Kolen, Brennan (2014), Test Equating, Scaling, and Linking, 3rd ed., sections 2.2-2.5.
    doi:10.1007/978-1-4939-0317-7. von Davier, Holland, Thayer (2004), The Kernel Method of Test Equating, chapter 4

    Examples
    --------
    >>> old = pd.Series([10.0, 20.0, 30.0, 40.0], index=list("ABCD"))
    >>> found = link(old, 0.5 * old + 3)
    >>> found.at(pd.Series({"A": 12.0}))["linked"].round(6).to_dict()
    {'A': 9.0}
    """
    what = "Связь редакций"
    if method not in get_args(Method):
        raise InputError(f"{what}: способ «{method}» неизвестен, допустимы: {', '.join(get_args(Method))}.")
    draws_of(draws, seed, what)
    within_unit(confidence, "доверительная вероятность", what)
    pairs = pd.DataFrame({"old": _finite(old, what), "new": _finite(new, what)}).dropna()
    pairs = pairs.loc[sorted(pairs.index, key=str)].rename_axis("unit")
    fewest = FEWEST_FOR_SHAPE if method in ("equipercentile", "kernel") else FEWEST_UNITS
    if len(pairs) < fewest:
        raise NotPublishable(f"{what}: для способа {method} нужно не меньше {fewest} единиц с баллами обеих редакций, "
                             f"найдено {len(pairs)}.")
    for name, side in (("прежней", "old"), ("новой", "new")):
        if not pairs[side].std() > checks.DUST * pairs[side].abs().max():
            raise NotPublishable(f"{what}: по {name} редакции у всех единиц один балл, связать шкалы нельзя.")
    r = float(np.corrcoef(pairs["old"], pairs["new"])[0, 1])
    if not r > 0:
        raise NotPublishable(f"{what}: баллы редакций не согласованы (корреляция {r:.2f}), они измеряют разное.")
    if step is not None:
        _on_grid(pairs, step, method, what)
    if bandwidths is not None:
        narrowest = NARROWEST * pairs.std(ddof=0).to_numpy()
        if method != "kernel" or not (np.array(bandwidths) >= narrowest).all():
            raise InputError(f"{what}: ширина окна нужна только способу kernel и должна быть не меньше "
                             f"{NARROWEST:g} разброса баллов ({narrowest[0]:.3g} и {narrowest[1]:.3g}), сейчас: "
                             f"{', '.join(f'{width:g}' for width in bandwidths)}.")
    return Link(method, pairs, r, step, bandwidths, confidence, draws, seed)


# -- a series ----------------------------------------------------------------------------------------------------------

@dataclass(frozen=True, eq=False)
class BridgedSeries:
    """A series of scores on the scale of one edition, with its breaks."""

    table: pd.DataFrame   # unit, period, edition, published, value, se, low, high, bridged, outside, series_break
    means: pd.DataFrame   # period -> editions, units, published, value, se, low, high, bridged, series_break
    target: str
    links: tuple[tuple[str, str], ...]   # used, in the order of the chain
    confidence: float


def bridged_series(scores: pd.DataFrame, links: Mapping[tuple[str, str], Link], target: str) -> BridgedSeries:
    """All periods on the scale of one edition.

    Parameters
    ----------
    scores : DataFrame
        Columns `unit`, `period`, `edition`, `score`: as published. A unit may have two rows in an overlap period; the
        edition nearer to the target stands for it.
    links : mapping
        (edition, edition) -> `link` from the first to the second; chains are found. All with one number of draws and
        one confidence.
    target : str
        Edition on whose scale the series is told.

    Returns
    -------
    BridgedSeries
        Intervals hold the error of the links only; scores of the target have none. `series_break`: the edition is not
        that of the unit's former period, so a change there rests on the link. Means compare whoever is there: see
        `index.change.average_change` for units that came or left.

    Raises
    ------
    InputError
        Repeated rows, a missing column, an edition that no chain of links leads from.

    Examples
    --------
    >>> rows = [(u, p, e, s) for u, p, e, s in [("A", "2024", "2022", 40.0), ("B", "2024", "2022", 60.0),
    ...         ("A", "2025", "2026", 4.5), ("B", "2025", "2026", 6.0)]]
    >>> overlap = pd.Series([40.0, 50.0, 60.0, 70.0])
    >>> made = bridged_series(pd.DataFrame(rows, columns=["unit", "period", "edition", "score"]),
    ...                       {("2022", "2026"): link(overlap, overlap / 10)}, "2026")
    >>> made.table[["unit", "period", "value", "series_break"]].round(6).to_numpy().tolist()
    [['A', '2024', 4.0, False], ['A', '2025', 4.5, True], ['B', '2024', 6.0, False], ['B', '2025', 6.0, True]]
    """
    what = "Сомкнутый ряд"
    rows = _rows(scores, what)
    if len({(each.draws, each.confidence) for each in links.values()}) > 1:
        raise InputError(f"{what}: у связей разное число повторных выборок или разная доверительная вероятность.")
    chains = {edition: _chain(edition, target, links) for edition in rows["edition"].unique()}
    lost = sorted(edition for edition, chain in chains.items() if chain is None)
    if lost:
        periods = rows.loc[rows["edition"].isin(lost), "period"].unique()
        raise InputError(f"{what}: от редакций {', '.join(lost)} (периоды: {', '.join(map(str, periods))}) нет связей "
                         f"к редакции {target}. Свяжите их через период, посчитанный по обеим.")
    rows = rows.assign(distance=rows["edition"].map(lambda edition: len(chains[edition])))
    rows = rows.sort_values(["unit", "period", "distance"], kind="stable").drop_duplicates(["unit", "period"])
    rows = rows.reset_index(drop=True)
    confidence = next(iter(links.values())).confidence if links else 0.95
    values, outside = _chained(rows, chains, links)
    table = rows[["unit", "period", "edition"]].assign(published=rows["score"])
    table = table.join(_summary(values, table.index, confidence).rename(columns={"linked": "value"}))
    former = table.groupby("unit")["edition"].shift()
    table = table.assign(bridged=rows["distance"] > 0, outside=outside,
                         series_break=former.notna() & (former != table["edition"]))
    used = sorted({pair for edition in table["edition"].unique() for pair in chains[edition]})
    return BridgedSeries(table, _means(table, values, confidence), target, tuple(used), confidence)


# -- distributions and their inverses ----------------------------------------------------------------------------------

def mid_rank(sample: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """Share of a sample below a score plus half of those at it, in between by a broken line.

    >>> mid_rank(np.array([1.0, 2.0, 2.0, 4.0]), np.array([2.0, 3.0])).tolist()
    [0.5, 0.6875]
    """
    return np.interp(scores, *_mid_points(sample))


def mid_quantile(sample: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """Inverse of `mid_rank`, from the smallest score to the largest."""
    values, shares_at = _mid_points(sample)
    return np.interp(shares, shares_at, values)


def uniform_rank(sample: np.ndarray, scores: np.ndarray, step: float) -> np.ndarray:
    """Percentile rank (0 to 1) of discrete scores, each spread evenly over its step (Kolen, Brennan, eq. 2.14).

    >>> uniform_rank(np.repeat([0, 1, 2, 3, 4], [2, 3, 2, 2, 1]), np.arange(5.0), 1).round(12).tolist()
    [0.1, 0.35, 0.6, 0.8, 0.95]
    """
    edges, share = _edges(sample, step)
    return np.interp(scores, edges, share)


def uniform_quantile(sample: np.ndarray, shares: np.ndarray, step: float) -> np.ndarray:
    """Inverse of `uniform_rank` (Kolen, Brennan, section 2.5.2); in a gap of scores its middle.

    >>> y = np.repeat([0, 1, 2, 3, 4], [1, 2, 2, 3, 2])
    >>> uniform_quantile(y, np.array([0.1, 0.35, 0.6, 0.8, 0.95]), 1).round(4).tolist()
    [0.5, 1.75, 2.8333, 3.5, 4.25]
    """
    edges, share = _edges(sample, step)
    p = shares.round(12)
    ends = []
    for side in ("left", "right"):
        place = np.clip(np.searchsorted(share, p, side=side), 1, len(share) - 1)
        rise = share[place] - share[place - 1]
        part = np.divide(p - share[place - 1], rise, out=np.zeros_like(p), where=rise > 0)
        ends.append(edges[place - 1] + part * step)
    return (ends[0] + ends[1]) / 2


def rule_of_thumb(sample: np.ndarray) -> float:
    r"""Kernel bandwidth :math:`9 s / \sqrt{100 n^{2/5} - 81}`: Silverman's before `kernel_position` shrinks it.

    References
    ----------
    Andersson, von Davier (2014), Improving the bandwidth selection in kernel equating, Journal of Educational
    Measurement 51:223-238
    """
    return float(9 * sample.std() / np.sqrt(100 * len(sample) ** 0.4 - 81))


def kernel_position(sample: np.ndarray, scores: np.ndarray, bandwidth: float) -> np.ndarray:
    r"""Normal quantile of the kernel-smoothed distribution at a score, :math:`\Phi^{-1}(F_h(x))`.

    .. math:: F_h(x) = \frac1n \sum_j \Phi\Bigl(\frac{x - a x_j - (1 - a) \bar x}{a h}\Bigr), \qquad
              a^2 = \frac{s^2}{s^2 + h^2}
    """
    centres, width = _kernels(sample, bandwidth)
    return _position((scores[:, None] - centres) / width)


def kernel_quantile(sample: np.ndarray, positions: np.ndarray, bandwidth: float) -> np.ndarray:
    """Inverse of `kernel_position`: a grid, then Newton's method kept between the nodes of the grid."""
    centres, width = _kernels(sample, bandwidth)
    grid = np.linspace(centres.min() - 8 * width, centres.max() + 8 * width, GRID)
    at = _position((grid[:, None] - centres) / width)
    place = np.searchsorted(at, positions)
    low, high = (np.concatenate([[-np.inf], grid, [np.inf]])[place + shift] for shift in (0, 1))
    found = np.interp(positions, at, grid) + width * (positions - np.clip(positions, at[0], at[-1]))
    for _ in range(ITERATIONS):
        z = (found[:, None] - centres) / width
        reached = _position(z)
        if np.abs(reached - positions).max(initial=0.0) < checks.DUST:
            break
        slope = np.exp((reached[:, None] ** 2 - z**2) / 2).mean(axis=1) / width  # d position / d score
        low, high = np.where(reached < positions, found, low), np.where(reached > positions, found, high)
        move = np.divide(positions - reached, slope, out=np.full_like(found, np.inf), where=slope > TINY)
        between = np.where(np.isfinite(low) & np.isfinite(high), (low + high) / 2, found)
        found = np.where((found + move >= low) & (found + move <= high), found + move, between)
    return found


# -- steps -------------------------------------------------------------------------------------------------------------

def _mid_points(sample: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    values, counts = np.unique(sample, return_counts=True)
    return values, (np.cumsum(counts) - counts / 2) / len(sample)


def _edges(sample: np.ndarray, step: float) -> tuple[np.ndarray, np.ndarray]:
    """Borders of the steps from the lowest score to the highest, and the share below each."""
    place = np.rint((sample - sample.min()) / step).astype(int)
    counts = np.bincount(place)
    edges = sample.min() + (np.arange(len(counts) + 1) - 0.5) * step
    return edges, np.concatenate([[0.0], np.cumsum(counts) / len(sample)]).round(12)


def _position(z: np.ndarray) -> np.ndarray:
    """Normal quantile of a mean of normal distributions, from the tail in which it lies."""
    below, above = special.ndtr(z).mean(axis=1), special.ndtr(-z).mean(axis=1)
    found = np.where(below < above, special.ndtri(below), -special.ndtri(above))
    lost = np.flatnonzero(np.minimum(below, above) < TINY)     # scores so far out that only logarithms tell
    side = np.where(below[lost] < above[lost], 1.0, -1.0)
    logs = special.logsumexp(special.log_ndtr(side[:, None] * z[lost]), axis=1) - np.log(z.shape[1])
    found[lost] = side * special.ndtri_exp(logs)
    return found


def _kernels(sample: np.ndarray, bandwidth: float) -> tuple[np.ndarray, float]:
    variance = sample.var()
    a = np.sqrt(variance / (variance + bandwidth**2))
    return a * sample + (1 - a) * sample.mean(), a * bandwidth


def _summary(values: np.ndarray, index: pd.Index, confidence: float) -> pd.DataFrame:
    """Estimate (row 0), bootstrap error and percentile interval of every column."""
    drawn = values[1:]
    low, high = np.nanquantile(drawn, [(1 - confidence) / 2, (1 + confidence) / 2], axis=0)
    return pd.DataFrame({"linked": values[0], "se": np.nanstd(drawn - values[0], axis=0, ddof=1), "low": low,
                         "high": high}, index)


def _chain(edition: str, target: str, links: Mapping[tuple[str, str], Link]) -> list[tuple[str, str]] | None:
    """The shortest chain of links, of equal ones the first by name."""
    reached: dict[str, list[tuple[str, str]]] = {edition: []}
    while target not in reached:
        new = {pair[1]: [*reached[pair[0]], pair] for pair in sorted(links, reverse=True)
               if pair[0] in reached and pair[1] not in reached}
        if not new:
            return None
        reached |= new
    return reached[target]


def _chained(rows: pd.DataFrame, chains: Mapping[str, list], links: Mapping[tuple[str, str], Link]
             ) -> tuple[np.ndarray, np.ndarray]:
    draws = next(iter(links.values())).draws if links else 100
    places = {pair: number for number, pair in enumerate(sorted(links))}
    values = np.broadcast_to(rows["score"].to_numpy(), (draws + 1, len(rows))).copy()
    outside = np.zeros(len(rows), dtype=bool)
    for edition, own in rows.groupby("edition"):
        part = values[:, own.index]
        for pair in chains[edition]:
            span = links[pair].pairs["old"]
            outside[own.index] |= (part[0] < span.min()) | (part[0] > span.max())
            part = links[pair].replicates(part, place=places[pair])
        values[:, own.index] = part
    return values, outside


def _means(table: pd.DataFrame, values: np.ndarray, confidence: float) -> pd.DataFrame:
    parts = []
    for period, own in table.groupby("period"):
        mean = values[:, own.index].mean(axis=1, keepdims=True)
        found = _summary(mean, pd.Index([period]), confidence).rename(columns={"linked": "value"})
        parts.append(found.assign(editions=", ".join(sorted(own["edition"].unique())), units=len(own),
                                  published=own["published"].mean(), bridged=own["bridged"].any(),
                                  series_break=own["series_break"].any()))
    order = ["editions", "units", "published", "value", "se", "low", "high", "bridged", "series_break"]
    return pd.concat(parts)[order].rename_axis("period")


# -- preconditions -----------------------------------------------------------------------------------------------------

def _finite(scores: pd.Series, what: str) -> pd.Series:
    checks.unique(scores.index, f"{what}: единицы")
    if not pd.api.types.is_numeric_dtype(scores):
        raise InputError(f"{what}: баллы должны быть числами.")
    if np.isinf(scores).any():
        raise InputError(f"{what}: балл должен быть конечным числом: {scores.index[np.isinf(scores)][0]}.")
    return scores.dropna().astype(float)


def _on_grid(pairs: pd.DataFrame, step: float, method: str, what: str) -> None:
    if method != "equipercentile" or not step > 0:
        raise InputError(f"{what}: шаг баллов нужен только способу equipercentile и должен быть больше 0, сейчас "
                         f"{step:g}.")
    for side in pairs:
        off = (pairs[side] - pairs[side].min()) / step
        wrong = pairs.index[(off - off.round()).abs() > checks.SUM_TOLERANCE * np.maximum(off.abs(), 1)]
        if len(wrong):
            raise InputError(f"{what}: балл {pairs.loc[wrong[0], side]:g} ({wrong[0]}) не лежит на сетке с шагом "
                             f"{step:g}. Уберите шаг: тогда баллы считаются непрерывными.")


def _rows(scores: pd.DataFrame, what: str) -> pd.DataFrame:
    absent = [column for column in COLUMNS if column not in scores]
    if absent:
        raise InputError(f"{what}: нет столбцов: {', '.join(absent)}.")
    rows = scores[list(COLUMNS)].dropna(subset="score")
    rows = rows.assign(score=rows["score"].astype(float))
    doubled = rows[rows.duplicated(list(COLUMNS[:3]))]
    if len(doubled):
        raise InputError(f"{what}: балл повторяется: {' × '.join(map(str, doubled.iloc[0][list(COLUMNS[:3])]))} "
                         f"(всего {len(doubled)}).")
    if rows.empty:
        raise InputError(f"{what}: нет ни одного балла.")
    return rows
