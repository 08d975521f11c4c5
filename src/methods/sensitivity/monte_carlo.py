"""Monte-Carlo uncertainty of places: respondents' sampling error, weights and the mix of sides, drawn together.

Every draw re-computes the whole index. Factors have their own random streams, spawned from one seed by name, so that
switching one factor on does not change the draws of another; units and codes are sorted first, so that the order of
rows changes nothing.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy import stats

from methods.checks import SUM_TOLERANCE
from methods.errors import InputError, UsageError
from methods.index.edition import INDEX, Edition
from methods.index.grade import bands
from methods.index.normalise import NORMALISATIONS
from methods.index.score import EVERYONE, Scores, score

BATCH = 100  # draws at a time: the memory of a run does not grow with the number of draws, only its result does
MOST_MEMORY = 4e9       # bytes of the result: places are kept draw by draw
PLACES_A_SECOND = 2e5   # on one core of an office machine, to say beforehand how long it would take
ENOUGH = 1000           # draws for a publication; an interval of fewer is a draft


@dataclass(frozen=True, eq=False)
class RankStability:
    """Places of ranked units over draws of what we are not sure of (1 is the best)."""

    ranks: pd.DataFrame          # draws x ranked units
    adopted: pd.Series           # ranked units: place under the adopted methodology and the measured values
    grade_shares: pd.DataFrame   # ranked units x grades: share of draws, at the adopted cut-offs; empty without grades
    seed: int
    spread: float                # relative half-width of the weights' noise
    mix_spread: float            # absolute half-width of the survey's share
    sampling: bool               # whether respondents' sampling error was drawn

    def summary(self, coverage: float = 0.90) -> pd.DataFrame:
        """One row a unit: adopted place, median place, interval holding at least `coverage` of the draws.

        Raises `UsageError` if there are too few draws for any of them to lie outside the interval.
        """
        tail = (1 - coverage) / 2
        fewest = 2 if coverage == 1 else round(np.ceil(1 / tail - 1e-9))
        if len(self.ranks) < fewest:
            raise UsageError(f"Розыгрышей {len(self.ranks)}: интервал, накрывающий {100 * coverage:g} %, по ним не "
                             f"определён, нужно не меньше {fewest}; для публикации не меньше {ENOUGH}.")
        table = pd.DataFrame({
            "adopted": self.adopted, "median": self.ranks.median(),
            "low": self.ranks.quantile(tail, interpolation="lower"),
            "high": self.ranks.quantile(1 - tail, interpolation="higher")})
        return table.assign(width=table["high"] - table["low"]).sort_values("adopted", kind="stable")

    def among(self, units: pd.Index, ties: str = "min") -> RankStability:
        """The same draws with places given among some of the units only: the others are not published."""
        chosen = self.ranks.columns[self.ranks.columns.isin(units)]
        places = self.ranks[chosen].rank(axis=1, method=ties)
        shares = self.grade_shares if self.grade_shares.empty else self.grade_shares.loc[chosen]
        return replace(self, ranks=places, adopted=self.adopted[chosen].rank(method=ties), grade_shares=shares)

    def share_of_top(self, k: int) -> pd.Series:
        """Share of draws in which a unit is among the first `k`."""
        return (self.ranks <= k).mean().rename("share")

    def mean_shift(self) -> pd.Series:
        """Mean absolute shift of places in every draw (Saisana et al. 2005, eq. 3)."""
        return (self.ranks - self.adopted).abs().mean(axis=1).rename("mean_shift")


def rank_stability(measurements: pd.DataFrame, edition: Edition, *, draws: int = 500, spread: float = 0.25,
                   mix_spread: float = 0.0, sampling: bool = True, seed: int = 0) -> RankStability:
    r"""Places over draws of weights, mix of sides and survey values.

    .. math:: w'_j = w_j(1 + \delta_j) / \sum_l w_l(1 + \delta_l),\ \delta_j \sim U(-s, s); \quad
              S' = S + se(S)\,\varepsilon,\ \varepsilon \sim N(0, 1); \quad m' \sim U(m - t, m + t)

    Weights are drawn at every level of the tree. Survey values get normal noise with the standard errors of the
    measurements; where a standard error is unknown or zero (all answers alike), the pooled spread of that question
    over all units stands in. Units that are not eligible stay out of every ranking.

    Parameters
    ----------
    measurements : DataFrame
        As for `methods.index.score.score`.
    draws : int
        1 or more.
    spread : float
        s, 0 to 1; .25 is usual in audits of the Joint Research Centre.
    mix_spread : float
        t, the same shift for all two-sided indicators, at most the smaller side's share.

    Raises
    ------
    UsageError
        A parameter out of its range.
    InputError
        A factor that cannot act: no two-sided indicator for `mix_spread`; nothing varied at all.

    References
    ----------
    Saisana, Saltelli, Tarantola (2005), JRSS-A 168(2), 307-323. doi:10.1111/j.1467-985X.2005.00350.x
    """
    if draws < 1 or seed < 0 or not 0 <= spread <= 1:
        raise UsageError("Розыгрышей должно быть не меньше 1, spread — от 0 до 1, seed — не меньше 0; "
                         f"задано draws={draws}, spread={spread:g}, seed={seed}.")
    if mix_spread and not edition.two_sided:
        raise InputError("Доля опроса не может меняться: в редакции нет показателей с двумя сторонами. "
                         "Задайте mix_spread = 0.")
    room = min((min(edition.indicators[code].side_mix().values()) for code in edition.two_sided), default=0.0)
    if not 0 <= mix_spread <= room:
        raise UsageError(f"mix_spread — от 0 до {room:g}, наименьшей доли стороны в редакции; "
                         f"задано mix_spread={mix_spread:g}.")
    adopted = score(measurements, edition)
    _affordable(draws, int(adopted.rank.notna().sum()))
    sampling = sampling and bool(measurements["se"].notna().any())
    if not (spread or mix_spread or sampling):
        raise InputError("Ни один источник неопределённости не задан: spread = 0, mix_spread = 0, ошибки опроса нет.")
    index = _Index(measurements, edition, adopted)
    ranked = adopted.rank.dropna().index
    rows = adopted.rank.index.get_indexer(ranked)
    streams = _Streams(seed)
    ranks = np.empty((draws, len(ranked)), dtype=np.float32)  # halves of whole numbers are exact in it
    grade_counts = np.zeros((len(ranked), len(edition.grades.labels) + 1)) if edition.grades else None
    for start in range(0, draws, BATCH):
        size = min(BATCH, draws - start)
        values = index.draw(size, streams, spread, mix_spread, sampling)[rows]
        ranks[start:start + size] = stats.rankdata(-np.round(values, 12), method=edition.ranking.ties, axis=0).T
        if grade_counts is not None:
            grade_counts += _grade_counts(values, adopted, ranked, edition)
    shares = pd.DataFrame() if grade_counts is None else pd.DataFrame(
        grade_counts / draws, index=ranked, columns=range(grade_counts.shape[1]))
    return RankStability(pd.DataFrame(ranks, columns=ranked), adopted.rank[ranked], shares, seed, spread, mix_spread,
                         sampling)


def usable_errors(measurements: pd.DataFrame) -> pd.Series:
    """Standard errors fit for drawing: unknown and zero ones replaced by the question's pooled spread over root n.

    Nine answers "5" have a sample spread of zero, which says that nine are few, not that the centre is known exactly.

    >>> usable_errors(pd.DataFrame({"indicator": "Д1", "side": "subjective", "clientele": "",
    ...                             "se": [0.1, 0.0], "n": [16, 4]})).to_list()
    [0.1, 0.2]
    """
    error, n = measurements["se"].astype(float), measurements["n"].astype(float)
    question = [measurements[key] for key in ("indicator", "side", "clientele")]
    known = n.where(error > 0)
    variance = (error**2 * n * known).groupby(question).transform("sum") / known.groupby(question).transform("sum")
    return error.where(error > 0, np.sqrt(variance / n.where(n > 0)))


def _affordable(draws: int, units: int) -> None:
    """Raise before the start if the places of all draws would not fit into memory."""
    needed, most = 4.0 * draws * units, int(MOST_MEMORY / (4 * max(units, 1)))
    if draws > most:
        hours = draws * units / PLACES_A_SECOND / 3600
        raise UsageError(f"draws={draws}: для {units} единиц понадобится {needed / 1e9:,.0f} ГБ памяти и около "
                         f"{hours:,.0f} ч. Предел — {most:,} розыгрышей.".replace(",", "\u202f"))


class _Streams:
    """One random stream a purpose, all from one seed: adding a purpose moves no other, and batches join seamlessly."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.open: dict[str, np.random.Generator] = {}

    def __getitem__(self, name: str) -> np.random.Generator:
        if name not in self.open:
            self.open[name] = np.random.default_rng(np.random.SeedSequence([self.seed, zlib.crc32(name.encode())]))
        return self.open[name]


class _Index:
    """The recipe of an edition on arrays: units x draws at every element of the tree."""

    def __init__(self, measurements: pd.DataFrame, edition: Edition, adopted: Scores) -> None:
        self.edition = edition
        self.units = adopted.rank.index
        self.codes = [code for code in sorted(edition.indicators) if code not in adopted.dropped]
        self.views = list(edition.clienteles) or [EVERYONE]
        self.nominal = {parent: self._nominal(parent) for parent in [*edition.groups, INDEX]}
        self.measured: dict[tuple[str, str, str], tuple[np.ndarray, np.ndarray]] = {}
        drawable = measurements.assign(se=usable_errors(measurements)).set_index("unit")
        for key, part in drawable.groupby(["indicator", "side", "clientele"]):
            part = part.reindex(self.units)
            value, error = (part[name].to_numpy(dtype=float)[:, None] for name in ("value", "se"))
            self.measured[key] = (value, np.nan_to_num(error))

    def draw(self, size: int, streams: _Streams, spread: float, mix_spread: float, sampling: bool) -> np.ndarray:
        """Index of every unit in `size` draws: units x draws."""
        edition = self.edition
        weights = self.weights(size, streams, spread)
        shift = streams["mix"].uniform(-mix_spread, mix_spread, size) if mix_spread else np.zeros(size)
        drawn = self.values(size, streams, sampling)
        views = [self._tree(self._indicators(view, shift, drawn), weights) for view in self.views]
        if not edition.clienteles:
            return views[0]
        shares = np.array([edition.clienteles[view].share for view in self.views])[:, None, None]
        stacked = np.stack(views)
        present = ~np.isnan(stacked) * shares
        with np.errstate(invalid="ignore"):
            return np.nansum(stacked * shares, axis=0) / present.sum(axis=0)

    def _nominal(self, parent: str) -> pd.Series:
        weights = self.edition.weights_of(parent)
        weights = weights[[code for code in sorted(weights.index)
                           if code in self.codes or code in self.edition.groups]]
        return weights / weights.sum()

    def weights(self, size: int, streams: _Streams, spread: float) -> dict[str, dict[str, np.ndarray]]:
        """Noisy weights of every element's members in `size` draws, summing to 1 in each."""
        drawn = {}
        for parent, nominal in self.nominal.items():
            # a row a draw, so that batches of any size continue one another
            noise = streams[f"weights {parent}"].uniform(-spread, spread, (size, len(nominal)))
            noisy = nominal.to_numpy() * (1 + noise)
            drawn[parent] = dict(zip(nominal.index, (noisy / noisy.sum(axis=1, keepdims=True)).T, strict=True))
        return drawn

    def values(self, size: int, streams: _Streams, sampling: bool) -> dict[tuple[str, str, str], np.ndarray]:
        """Measured values, (indicator, side, clientele) -> units x draws (x 1, if there is no error to draw).

        Each measurement is drawn once: what was measured for everyone is the same for both clienteles.
        """
        drawn = {}
        for key, (value, error) in self.measured.items():
            drawn[key] = value
            if sampling and error.any():
                noise = streams[f"sampling {' '.join(key)}"].standard_normal((size, len(self.units))).T
                bounded = self.edition.indicators[key[0]].sides[key[1]].measure == "survey"
                drawn[key] = value + error * noise
                if bounded:  # a mark below the worst one cannot be averaged
                    drawn[key] = np.maximum(drawn[key], 0.0)
        return drawn

    def _indicators(self, view: str, shift: np.ndarray, drawn: dict[tuple[str, str, str], np.ndarray],
                    ) -> dict[str, np.ndarray]:
        """Normalised indicators as one clientele sees them: code -> units x draws (or x 1, if nothing varies)."""
        edition, table = self.edition, {}
        for code in self.codes:
            mix = edition.indicators[code].side_mix()
            sides = {side: self._seen(view, code, side, drawn) for side in sorted(mix)}
            table[code] = self._normalised(code, self._combined(sides, mix, shift))
        return table

    def _seen(self, view: str, code: str, side: str, drawn: dict[tuple[str, str, str], np.ndarray]) -> np.ndarray:
        """The clientele's own value, and where it has none the one measured for everyone."""
        found = [drawn[code, side, whose] for whose in dict.fromkeys((view, EVERYONE)) if (code, side, whose) in drawn]
        if not found:
            return np.full((len(self.units), 1), np.nan)
        return found[0] if len(found) == 1 else np.where(np.isnan(found[0]), found[1], found[0])

    def _combined(self, sides: dict[str, np.ndarray], mix: dict[str, float], shift: np.ndarray) -> np.ndarray:
        if len(sides) == 1:
            return next(iter(sides.values()))
        survey = np.clip(mix["subjective"] + shift, 0, 1)
        both = survey * sides["subjective"] + (1 - survey) * sides["objective"]
        if self.edition.sides.missing == "missing":
            return both
        one = np.where(np.isnan(sides["subjective"]), sides["objective"], sides["subjective"])
        return np.where(np.isnan(both), one, both)

    def _normalised(self, code: str, values: np.ndarray) -> np.ndarray:
        rule = self.edition.normalisation_of(code)
        if rule.method == "none":
            return values
        how, direction = NORMALISATIONS[rule.method], self.edition.indicators[code].direction
        columns = [how(pd.Series(column, index=self.units, name=code), direction, **rule.parameters())
                   for column in values.T]
        return np.stack(columns, axis=1)

    def _tree(self, table: dict[str, np.ndarray], weights: dict[str, dict[str, np.ndarray]]) -> np.ndarray:
        for parent in [*self.edition.bottom_up(), INDEX]:
            result = self._mean(parent, {code: table[code] for code in weights[parent]}, weights[parent])
            own = self.edition.groups[parent].normalisation if parent != INDEX else None
            if own is not None:
                how = NORMALISATIONS[own.method]
                result = np.stack([how(pd.Series(column, index=self.units, name=parent), **own.parameters())
                                   for column in result.T], axis=1)
            table = {**table, parent: result}
        return table[INDEX]

    def _mean(self, parent: str, values: dict[str, np.ndarray], weights: dict[str, np.ndarray]) -> np.ndarray:
        """Weighted mean over the members that are present, by the edition's aggregation and missing-data rule."""
        how, gaps = self.edition.aggregation_of(parent), self.edition.missing_of(parent)
        forward, back = _TRANSFORMS[how.method](how.exponent)
        if how.method == "sum":
            # a sum has no weights; noise scales the points of each member, the scales averaging 1
            return sum(values[code] * weight * len(weights) for code, weight in weights.items())
        summed, present, covered = 0.0, 0.0, 0.0
        needed = 1.0 if gaps.rule == "complete" else gaps.min_coverage
        with np.errstate(invalid="ignore", divide="ignore"):
            for code, weight in weights.items():
                there = ~np.isnan(values[code])
                summed = summed + weight * forward(np.where(there, values[code], 1.0)) * there
                present = present + weight * there
                # whether a unit has enough is judged by the adopted weights: noise must not drop it now and then
                covered = covered + self.nominal[parent][code] * there
            return np.where((covered >= needed - SUM_TOLERANCE) & (present > 0), back(summed / present), np.nan)


# A weighted quasi-arithmetic mean is the arithmetic one between a transformation and its inverse.
_TRANSFORMS = {
    "arithmetic": lambda _: (lambda x: x, lambda y: y),
    "sum": lambda _: (lambda x: x, lambda y: y),
    "geometric": lambda _: (np.log, np.exp),
    "harmonic": lambda _: (lambda x: 1 / x, lambda y: 1 / y),
    "power": lambda p: (lambda x: x**p, lambda y: y ** (1 / p)) if p else (np.log, np.exp),
}


def _grade_counts(values: np.ndarray, adopted: Scores, ranked: pd.Index, edition: Edition) -> np.ndarray:
    """In how many draws each ranked unit has each grade, at the adopted cut-offs of its peer group."""
    rule = edition.grades
    counts = np.zeros((len(ranked), len(rule.labels) + 1))
    peers = adopted.eligible_groups[ranked].astype(str) if rule.within != "all" else pd.Series("all", index=ranked)
    options = {"edge": rule.edge, "decimals": rule.decimals, "floor": rule.floor} if rule.method == "bands" else {}
    if rule.method == "quantiles":
        options = {"edge": "lower"}
    for peer, cuts in adopted.cut_offs.items():
        rows = np.flatnonzero(peers == peer)
        for column in values[rows].T * edition.publication.multiplier:
            grade = bands(pd.Series(column), cuts, **options).grade.to_numpy(dtype=int)
            np.add.at(counts, (rows, grade), 1)
    return counts
