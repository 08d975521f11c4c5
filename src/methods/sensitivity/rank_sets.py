"""Confidence sets for places: between which places a unit lies, given the errors of all estimates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from methods.errors import InputError, UsageError
from methods.index.rank import rank
from methods.sensitivity.pairwise import DRAWS, Errors, Side, compare

SIDES = ("both", "low", "high")


@dataclass(frozen=True, eq=False)
class RankSets:
    """Places between which the true ones lie (1 is the best)."""

    sets: pd.DataFrame      # by unit: place (of the estimate, ties share the best), low, high; low <= place <= high
    critical: pd.Series     # by unit: how many standard errors of the difference part two units
    coverage: float
    simultaneous: bool      # all sets hold at once with the probability `coverage`, or each does
    side: Side
    stepdown: bool
    draws: int
    seed: int

    def width(self) -> pd.Series:
        """Number of places in every set; 1 is a place known for certain."""
        return (self.sets["high"] - self.sets["low"] + 1).rename("width")


def rank_sets(estimates: pd.Series, errors: Errors, *, coverage: float = 0.95, simultaneous: bool = False,
              side: Side = "both", stepdown: bool = True, units: Sequence[str] | None = None, draws: int = DRAWS,
              seed: int = 0) -> RankSets:
    r"""Confidence sets for the places of units.

    A rival is certainly better where :math:`\hat\theta_k - \hat\theta_j > c\,s_{jk}`, the critical value being the
    quantile of the largest studentised difference over the family of comparisons. The set of a unit is

    .. math:: R_j = \{\#\text{certainly better} + 1, \dots, n - \#\text{certainly worse}\}, \quad
              c = q_{1-\alpha}\Bigl(\max_{(j,k)}
              \frac{|Z_j - Z_k|}{s_{jk}}\Bigr), \quad s_{jk}^2 = \operatorname{var}(Z_j - Z_k)

    With step-down the comparisons already decided leave the family and :math:`c` is taken again until nothing new is
    rejected: sets get shorter, the level stays. Equal estimates are never parted; where true values are equal, a set
    holds all places that they share.

    Parameters
    ----------
    estimates : Series, shape (n units,)
        Higher is better, no gaps, at least 2 units.
    errors : IndependentErrors, CorrelatedErrors or ReplicatedErrors
        Of the estimates, by the same labels. Standard errors from few answers need their `degrees`.
    coverage : float
        .5 or more, below 1.
    simultaneous : bool
        Sets that hold for all units at once: for whoever reads the whole table. Without: for a reader who came with one
        unit in mind; among 85 such sets about four miss.
    side : {"both", "low", "high"}
        Which ends are bounded: "low" tells only at what place a unit is at best, "high" at worst; shorter on that side.
    units : list of labels, optional
        Sets for these units only, among all; simultaneous ones hold for them jointly and are shorter.
    draws : int
        Of the noise. Replicates stand for draws unless they are `normal`.

    Raises
    ------
    InputError
        A standard error is 0 or unknown, labels do not match, a covariance is none.
    UsageError
        A parameter out of its range, too few draws or replicates for the coverage, no memory for so many.

    Notes
    -----
    The critical value is the :math:`\lceil (R+1)(1-\alpha) \rceil`-th of R draws, so that the level includes the
    Monte-Carlo error. The R package csranks draws anew in every step; here the draws stay, so that no step contradicts
    another.

    References
    ----------
    Mogstad, Romano, Shaikh, Wilhelm (2024), Inference for ranks with applications to mobility across neighbourhoods and
    academic achievement across countries, Review of Economic Studies 91(1):476-518,
    doi:10.1093/restud/rdad006. Chetverikov, Mogstad, Morgen, Romano, Shaikh, Wilhelm (2024), csranks: an R package,
    arXiv:2401.15205. Romano, Wolf (2005), Exact and approximate stepdown methods for multiple hypothesis testing,
    doi:10.1198/016214504000000539

    Examples
    --------
    >>> from methods.sensitivity.pairwise import IndependentErrors
    >>> score = pd.Series({"C01": 0.90, "C02": 0.74, "C03": 0.72, "C04": 0.40})
    >>> result = rank_sets(score, IndependentErrors(pd.Series(0.03, score.index)))
    >>> result.sets.loc[["C01", "C02", "C04"]].to_dict("index")["C02"]
    {'place': 2, 'low': 2, 'high': 3}
    """
    if side not in SIDES:
        raise UsageError(f"side={side}: допустимы {', '.join(SIDES)}.")
    chosen = _chosen(units, estimates.index)
    comparisons = compare([estimates], [errors], coverage=coverage, draws=draws, seed=seed)
    critical = comparisons.critical(side, coverage, stepdown, list(chosen) if simultaneous else None)[chosen]
    (better,), (worse,) = comparisons.rejected(critical, side)
    sets = pd.DataFrame({"place": rank(estimates)[chosen].astype(int), "low": better + 1,
                         "high": len(estimates) - worse}, index=chosen)
    return RankSets(sets, critical, coverage, simultaneous, side, stepdown, comparisons.noise.shape[1], seed)


def tau_best(estimates: pd.Series, errors: Errors, tau: int, *, coverage: float = 0.95, stepdown: bool = True,
             draws: int = DRAWS, seed: int = 0) -> pd.Series:
    """Which units may be among the `tau` best: with the stated probability all that truly are, are marked.

    Units whose place is `tau` at best or better, by simultaneous one-sided bounds (projection).

    References
    ----------
    Mogstad, Romano, Shaikh, Wilhelm (2024), doi:10.1093/restud/rdad006: projection sets for the tau best.

    Examples
    --------
    >>> from methods.sensitivity.pairwise import IndependentErrors
    >>> score = pd.Series({"C01": 0.90, "C02": 0.74, "C03": 0.72, "C04": 0.40})
    >>> tau_best(score, IndependentErrors(pd.Series(0.03, score.index)), 2).to_dict()
    {'C01': True, 'C02': True, 'C03': True, 'C04': False}
    """
    _within(tau, len(estimates))
    found = rank_sets(estimates, errors, coverage=coverage, simultaneous=True, side="low", stepdown=stepdown,
                      draws=draws, seed=seed)
    return (found.sets["low"] <= tau).rename("tau_best")


def tau_worst(estimates: pd.Series, errors: Errors, tau: int, *, coverage: float = 0.95, stepdown: bool = True,
              draws: int = DRAWS, seed: int = 0) -> pd.Series:
    """Which units may be among the `tau` worst; see `tau_best`.

    >>> from methods.sensitivity.pairwise import IndependentErrors
    >>> score = pd.Series({"C01": 0.90, "C02": 0.74, "C03": 0.72, "C04": 0.40})
    >>> tau_worst(score, IndependentErrors(pd.Series(0.03, score.index)), 1).to_dict()
    {'C01': False, 'C02': False, 'C03': False, 'C04': True}
    """
    _within(tau, len(estimates))
    found = rank_sets(estimates, errors, coverage=coverage, simultaneous=True, side="high", stepdown=stepdown,
                      draws=draws, seed=seed)
    return (found.sets["high"] > len(estimates) - tau).rename("tau_worst")


def _within(tau: int, n: int) -> None:
    if not 1 <= tau <= n:
        raise UsageError(f"tau — от 1 до числа единиц ({n}), задано {tau}.")


def _chosen(units: Sequence[str] | None, labels: pd.Index) -> pd.Index:
    if units is None:
        return labels
    chosen = pd.Index(units, name=labels.name)
    strangers = chosen.difference(labels)
    if chosen.has_duplicates or len(strangers) or chosen.empty:
        raise InputError("Множества мест запрошены для единиц, которых нет среди оценок или которые названы дважды: "
                         f"{', '.join(map(str, strangers.union(chosen[chosen.duplicated()]))) or 'список пуст'}.")
    return chosen
