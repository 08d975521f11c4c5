"""Monte-Carlo uncertainty of places with every draw kept: respondents' sampling error, weights and the mix of sides.

For tables of some hundred units and some thousand draws, whose places may be given anew among some of the units.
`methods.sensitivity.uncertainty` keeps counts instead and takes any factor and any number of draws.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from methods.errors import InputError, UsageError
from methods.index.edition import Edition
from methods.sensitivity import placing
from methods.sensitivity.design import Design
from methods.sensitivity.engine import Experiment
from methods.sensitivity.factors import Factor, MixShift, SamplingError, WeightNoise
from methods.sensitivity.noise import usable_errors
from methods.sensitivity.uncertainty import MOST_FAILED, enough, refuse_failures

MOST_MEMORY = 4e9       # bytes of the result: places are kept draw by draw
PLACES_A_SECOND = 5e5   # with sampling errors, on one core of an office machine: to say how long it would take


@dataclass(frozen=True, eq=False)
class RankStability:
    """Places of ranked units over draws of what we are not sure of (1 is the best)."""

    ranks: pd.DataFrame          # draws (those that did not fail) x ranked units
    adopted: pd.Series           # ranked units: place under the adopted methodology and the measured values
    grade_shares: pd.DataFrame   # ranked units x grades: share of draws, at the adopted cut-offs; empty without grades
    seed: int
    spread: float                # relative half-width of the weights' noise
    mix_spread: float            # absolute half-width of the survey's share
    sampling: bool               # whether respondents' sampling error was drawn
    failed: dict[str, tuple[int, int]] = field(default_factory=dict)  # reason -> how many, number of the first one

    def summary(self, coverage: float = 0.90) -> pd.DataFrame:
        """One row a unit: adopted place, median place, interval holding at least `coverage` of the draws.

        Raises `UsageError` if there are too few draws for any of them to lie outside the interval.
        """
        tail = (1 - coverage) / 2
        enough(len(self.ranks), coverage)
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
                   mix_spread: float = 0.0, sampling: bool = True, common: float = 0.0, seed: int = 0) -> RankStability:
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
    common : float
        Correlation of the sampling errors of different questions that the same people answered, see `SamplingError`.

    Raises
    ------
    UsageError
        A parameter out of its range.
    InputError
        A factor that cannot act: no two-sided indicator for `mix_spread`; nothing varied at all.
    NotPublishable
        Too many draws that the recipe would refuse, such as a geometric mean of a zero.

    References
    ----------
    Saisana, Saltelli, Tarantola (2005), JRSS-A 168(2), 307-323. doi:10.1111/j.1467-985X.2005.00350.x
    """
    _in_range(edition, draws, spread, mix_spread, seed)
    sampling = sampling and bool((usable_errors(measurements) > 0).any())
    factors: list[Factor] = [WeightNoise(spread)] * (spread > 0) + [SamplingError(common)] * sampling
    factors += [MixShift(mix_spread)] * (mix_spread > 0)
    if not factors:
        raise InputError("Ни один источник неопределённости не задан: spread = 0, mix_spread = 0, ошибки опроса нет.")
    _affordable(draws, measurements["unit"].nunique())
    experiment, design = Experiment(measurements, edition, factors), Design(draws, "random", seed)
    ranks = np.empty((draws, len(experiment.ranked)), dtype=np.float32)  # halves of whole numbers are exact in it
    grades = np.zeros((len(experiment.ranked), len(edition.grades.labels) + 1 if edition.grades else 0), dtype=np.int32)
    why = np.full(draws, "", dtype=object)
    for first, points in design.points(experiment.columns):
        for rows, scores, reasons in experiment.blocks(experiment.draws(points, seed), seed):
            ranks[first + rows] = placing.places(scores, edition.ranking.ties)
            why[first + rows] = reasons
            if edition.grades:
                placing.kernels().count_grades(np.ascontiguousarray(scores), experiment.grade_borders, grades)
    good = why == ""
    failed = {reason: (int((why == reason).sum()), int((why == reason).argmax())) for reason in sorted({*why[~good]})}
    refuse_failures(int(good.sum()), failed, MOST_FAILED)
    shares = pd.DataFrame() if edition.grades is None else pd.DataFrame(
        grades / good.sum(), index=experiment.ranked, columns=range(grades.shape[1]))
    return RankStability(pd.DataFrame(ranks, columns=experiment.ranked)[good], experiment.adopted, shares, seed, spread,
                         mix_spread, sampling, failed)


def _in_range(edition: Edition, draws: int, spread: float, mix_spread: float, seed: int) -> None:
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


def _affordable(draws: int, units: int) -> None:
    """Raise before the start if the places of all draws would not fit into memory."""
    needed, most = 4.0 * draws * units, int(MOST_MEMORY / (4 * max(units, 1)))
    if draws > most:
        hours = draws * units / PLACES_A_SECOND / 3600
        raise UsageError(f"draws={draws}: для {units} единиц понадобится {needed / 1e9:,.0f} ГБ памяти и около "
                         f"{hours:,.0f} ч. Предел — {most:,} розыгрышей.".replace(",", "\u202f"))
