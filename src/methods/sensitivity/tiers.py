"""Tiers: groups of units that the errors do not let us tell apart."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from methods.sensitivity.dominance import levels
from methods.sensitivity.pairwise import DRAWS, Errors, compare


@dataclass(frozen=True, eq=False)
class Tiers:
    """Tier 1 holds all units that nobody is certainly better than, tier 2 those that only tier 1 certainly is, ..."""

    table: pd.DataFrame     # by unit: tier, lowest (the tier counted from below), better, worse (numbers of rivals)
    better: pd.DataFrame    # units x units: the row is certainly better than the column
    count: int              # of tiers
    critical: float
    coverage: float
    draws: int
    seed: int


def tiers(estimates: pd.Series, errors: Errors, *, coverage: float = 0.95, stepdown: bool = True, draws: int = DRAWS,
          seed: int = 0) -> Tiers:
    r"""The fewest tiers that part every two units of which one is certainly better.

    .. math:: t_j = 1 + \max\{t_k : \hat\theta_k - \hat\theta_j > c\,s_{jk}\}, \quad
              t_j = 1 \text{ if there is no such } k

    With the stated probability no statement «certainly better» is false (simultaneous critical value of `rank_sets`).
    The relation is transitive: standard deviations of differences obey the triangle inequality. Therefore two units of
    one tier are never told apart; each unit of tier t is certainly worse than one of tier t - 1; there is no division
    into fewer tiers with the first property (Mirsky's theorem). The rule has no starting point and no order of merging,
    so the answer depends on nothing but the estimates and their errors.

    Not everybody in a higher tier is certainly better than everybody below it: the tier is the best that the errors
    allow. `lowest` is the worst: tiers counted from below. A unit whose two tiers differ floats between them, most
    often because its estimate is vague.

    Parameters
    ----------
    estimates, errors, coverage, stepdown, draws, seed
        As for `rank_sets`.

    References
    ----------
    Mirsky (1971), A dual of Dilworth's decomposition theorem, American Mathematical Monthly 78(8):876-877,
    doi:10.2307/2316481. The critical value: Mogstad, Romano, Shaikh, Wilhelm (2024), doi:10.1093/restud/rdad006

    Examples
    --------
    >>> from methods.sensitivity.pairwise import IndependentErrors
    >>> score = pd.Series({"C01": 0.90, "C02": 0.74, "C03": 0.72, "C04": 0.40})
    >>> tiers(score, IndependentErrors(pd.Series(0.03, score.index))).table["tier"].to_dict()
    {'C01': 1, 'C02': 2, 'C03': 2, 'C04': 3}
    """
    comparisons = compare([estimates], [errors], coverage=coverage, draws=draws, seed=seed)
    everyone = list(estimates.index)
    critical = float(comparisons.critical("both", coverage, stepdown, everyone).iloc[0])
    better = comparisons.better(critical).loc[everyone, everyone]
    above, below = levels(better), levels(better.T)
    count = int(above.max())
    table = pd.DataFrame({"tier": above, "lowest": count + 1 - below, "better": better.sum(),
                          "worse": better.sum(axis=1)})
    return Tiers(table, better, count, critical, coverage, comparisons.noise.shape[1], seed)
