"""Is a rise of places real: confidence sets for the change of a unit's place between two years."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from methods.index.rank import rank
from methods.sensitivity.pairwise import DRAWS, Errors, compare


@dataclass(frozen=True, eq=False)
class RankChanges:
    """By how many places units rose (positive) or fell, and between what numbers the true change lies."""

    table: pd.DataFrame     # by unit: before, after, rise, low, high, verdict («rise», «fall» or "")
    critical: pd.Series
    coverage: float
    simultaneous: bool
    stepdown: bool
    draws: int
    seed: int


def rank_changes(before: pd.Series, after: pd.Series, errors_before: Errors, errors_after: Errors, *,
                 correlation: float | pd.Series = 0.0, coverage: float = 0.95, simultaneous: bool = True,
                 stepdown: bool = True, draws: int = DRAWS, seed: int = 0) -> RankChanges:
    r"""Confidence sets for changes of places; a change is real where its set leaves out zero.

    Places of both years are held at once by one critical value for the comparisons of both; the change then lies
    between the differences of their ends (projection):

    .. math:: r_j^{\text{before}} - r_j^{\text{after}} \in
              [L_j^{\text{before}} - U_j^{\text{after}},\; U_j^{\text{before}} - L_j^{\text{after}}]

    What it controls: with simultaneous sets the probability that any unit's verdict «rise» or «fall» is false, however
    many units there are and whatever their true places, is at most :math:`1 - \text{coverage}`. With marginal sets that
    holds for each unit alone. It is conservative: a place says how a unit stands to its rivals, and a unit that cannot
    be parted from many of them cannot be shown to have moved. Whether its own value changed is another question, asked
    by the difference of the two estimates.

    Parameters
    ----------
    before, after : Series, shape (n units,)
        Estimates of the same units: places are given among units that took part in both years.
    errors_before, errors_after : errors of one and the same kind
        Replicates of both years are matched by row: the same resample of clusters in both.
    correlation : float or Series by unit
        Of a unit's two errors; 0 for samples drawn anew, above 0 for a panel of respondents.

    Raises
    ------
    InputError, UsageError
        As `rank_sets`; also where the years have different units.

    References
    ----------
    Mogstad, Romano, Shaikh, Wilhelm (2024), doi:10.1093/restud/rdad006: the sets; their projection is ours, as theirs
    for the tau best.

    Examples
    --------
    >>> from methods.sensitivity.pairwise import IndependentErrors
    >>> old = pd.Series({"C01": 0.90, "C02": 0.74, "C03": 0.72, "C04": 0.40})
    >>> new = pd.Series({"C01": 0.91, "C02": 0.74, "C03": 0.73, "C04": 0.98})
    >>> errors = IndependentErrors(pd.Series(0.01, old.index))
    >>> table = rank_changes(old, new, errors, errors).table
    >>> table.loc[["C02", "C04"], ["rise", "low", "high", "verdict"]].to_numpy().tolist()
    [[-1, -2, 0, ''], [3, 3, 3, 'rise']]
    """
    comparisons = compare([before, after], [errors_before, errors_after], coverage=coverage, draws=draws, seed=seed,
                          correlation=correlation)
    units = before.index
    critical = comparisons.critical("both", coverage, stepdown, list(units) if simultaneous else None)[units]
    better, worse = comparisons.rejected(critical, "both")
    low, high = better + 1, len(units) - worse
    places = [rank(estimates)[units].astype(int) for estimates in (before, after)]
    table = pd.DataFrame({"before": places[0], "after": places[1], "rise": places[0] - places[1],
                          "low": low[0] - high[1], "high": high[0] - low[1]}, index=units)
    table["verdict"] = np.select([table["low"] > 0, table["high"] < 0], ["rise", "fall"], "")
    return RankChanges(table, critical, coverage, simultaneous, stepdown, comparisons.noise.shape[1], seed)
