"""Averages over sets of units (a region and its centres) in the same draws that shake the units' places."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from methods.errors import InputError
from methods.index.rank import rank
from methods.sensitivity.design import Design
from methods.sensitivity.engine import Experiment
from methods.sensitivity.uncertainty import enough

MOST_VALUES = 50_000_000   # units x draws kept at a time: 400 MB


@dataclass(frozen=True, eq=False)
class DrawnAverages:
    """Scores of units and of sets of them over the draws; ends of intervals that hold `coverage` of the draws."""

    units: pd.DataFrame   # units: adopted score, low, high, on the scale of the index
    sets: pd.DataFrame    # sets: score (mean of its units), low, high, place, first, last (1 is the best), units
    draws: int            # that did not fail
    coverage: float


def drawn_averages(experiment: Experiment, design: Design, members: pd.Series, *, among: pd.Index | None = None,
                   coverage: float = 0.90) -> DrawnAverages:
    r"""Means of the units of every set in every draw, and places of the sets by them.

    .. math:: \bar I_g^{(r)} = \frac{1}{n_g} \sum_{i \in g} I_i^{(r)}, \qquad
              \operatorname{place}_g^{(r)} = 1 + \#\{h : \bar I_h^{(r)} > \bar I_g^{(r)}\}

    What moves all units of a set together (weights, the survey's share) stays in its mean; the sampling errors of
    different units do not, so a set is known better than its units.

    Intervals of scores are the spread of the draws around the adopted score, their median moved there: an inspector's
    error lowers every checklist that is nearly full, in all draws alike, and that is no doubt about one unit. Places do
    not feel what moves everybody.

    Parameters
    ----------
    experiment, design
        As for `rank_uncertainty`; the same seed gives the same draws.
    members : Series
        Set of every unit; units without one, or that the experiment does not rank, take no part.
    among : Index, optional
        Sets among which places are given (those that are published); all by default. The others have no place.
    coverage : float
        Share of draws that an interval holds; its ends are draws.

    Raises
    ------
    InputError
        No ranked unit belongs to a set.
    UsageError
        Too few draws for the coverage.

    References
    ----------
    Saisana, Saltelli, Tarantola (2005), JRSS-A 168(2), 307-323. doi:10.1111/j.1467-985X.2005.00350.x
    """
    home = members.reindex(experiment.ranked).dropna()
    labels = pd.Index(sorted(home.unique()), name=members.name)
    if labels.empty:
        raise InputError("Средние по группам единиц: ни одна единица рейтинга не отнесена ни к одной группе. "
                         "Проверьте столбец с группами.")
    if design.draws * len(experiment.ranked) > MOST_VALUES:
        raise InputError(f"Средние по группам единиц: {design.draws} розыгрышей × {len(experiment.ranked)} единиц не "
                         f"поместятся в память. Возьмите не больше {MOST_VALUES // len(experiment.ranked)} розыгрышей.")
    enough(design.draws, coverage)
    drawn = np.concatenate([experiment.index(points, design.seed)[0]
                            for _, points in design.points(experiment.columns)])
    drawn = drawn[~np.isnan(drawn).all(axis=1)]                              # failed draws
    belongs = pd.get_dummies(home).reindex(index=experiment.ranked, columns=labels, fill_value=False).to_numpy(float)
    known = ~np.isnan(drawn)
    means = np.nan_to_num(drawn) @ belongs / (known @ belongs)
    placed = np.isin(labels, labels if among is None else among)
    places = np.full(means.shape, np.nan)
    places[:, placed] = rankdata(-means[:, placed], method="min", axis=1)
    adopted = experiment.adopted_index.groupby(home).mean().reindex(labels)
    sets = pd.DataFrame({"score": adopted, **_ends(_around(means, adopted), coverage, ("low", "high")),
                         "place": rank(adopted.where(placed)), **_ends(places, coverage, ("first", "last")),
                         "units": home.groupby(home).size().reindex(labels)}, index=labels)
    around = _around(drawn, experiment.adopted_index)
    units = pd.DataFrame({"score": experiment.adopted_index, **_ends(around, coverage, ("low", "high"))},
                         index=experiment.ranked)
    return DrawnAverages(units, sets, len(drawn), coverage)


def _around(values: np.ndarray, adopted: pd.Series) -> np.ndarray:
    """The draws moved so that their median is the adopted score."""
    there = ~np.isnan(values).all(axis=0)
    moved = np.full(values.shape, np.nan)
    moved[:, there] = values[:, there] - np.nanmedian(values[:, there], axis=0) + adopted.to_numpy()[there]
    return moved


def _ends(values: np.ndarray, coverage: float, names: tuple[str, str]) -> dict[str, np.ndarray]:
    """Draws below and above which the same small share of the draws lies; NaN for a column without values."""
    tail = (1 - coverage) / 2
    found = {}
    for name, share, side in zip(names, (tail, 1 - tail), ("lower", "higher"), strict=True):
        found[name] = np.full(values.shape[1], np.nan)
        there = ~np.isnan(values).all(axis=0)
        found[name][there] = np.nanquantile(values[:, there], share, axis=0, method=side)
    return found
