"""SMAA-2: what weights would have to be for a unit to be first, and how often it has which place."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats
from scipy.special import log_ndtr

from methods import checks
from methods.errors import InputError, UsageError
from methods.sensitivity.weight_space import WORK, WeightBox, aligned, uniform_weights, weight_box

MOST_MEMORY = 4e9     # bytes: counts are units x places
GRID = np.linspace(-7, 7, 561)   # standard deviations; beyond are 3e-12 of the normal law


@dataclass(frozen=True, eq=False)
class Acceptability:
    """Acceptability indices, central weights and confidence factors of all units."""

    places: pd.DataFrame            # units x places 1..n: share of draws; rows sum to 1
    central_weights: pd.DataFrame   # units x elements: mean weights of the draws in which the unit is first; NaN: never
    confidence: pd.Series           # by unit: chance to be first under its central weights; NaN: never first
    draws: int
    seed: int

    def holistic(self, meta_weights: pd.Series) -> pd.Series:
        r"""Holistic acceptability :math:`a_i = \sum_r \alpha_r b_i^r`.

        Parameters
        ----------
        meta_weights : Series by place 1..n
            :math:`\alpha_r`, not increasing; the choice is the analyst's, and the order of units depends on it.
        """
        checks.same_labels(meta_weights.index, self.places.columns, "Метавеса и места")
        ordered = meta_weights[self.places.columns]
        if (ordered.diff() > 0).any() or not np.isfinite(ordered).all():
            raise InputError("Метавеса мест не должны расти: первое место не может стоить меньше второго.")
        return (self.places @ ordered).rename("holistic")


def acceptability(values: pd.DataFrame, box: WeightBox | None = None, *, se: pd.DataFrame | None = None,
                  draws: int = 10_000, seed: int = 0) -> Acceptability:
    r"""Stochastic multicriteria acceptability analysis over a polytope of weights.

    .. math:: b_i^r = P\{\operatorname{rank}_i(\xi, w) = r\}, \quad w_i^c = E\{w \mid \operatorname{rank}_i = 1\}, \quad
              p_i^c = P\{\operatorname{rank}_i(\xi, w_i^c) = 1\}

    w being uniform over the polytope (`uniform_weights`), :math:`\xi` the values with independent normal errors. Given
    w, a score's error is normal with variance :math:`\sum_j w_j^2 se_{ij}^2` and is drawn at once. Confidence factors
    are integrated, not drawn. Without errors they are 1 for whoever is ever first: favourable weights form a convex
    set.

    Parameters
    ----------
    values : DataFrame, shape (n units, k elements)
        Higher is better, no gaps; for a geometric mean the logarithms.
    box : WeightBox, optional
        Default: all weights that are not negative.
    se : DataFrame, same labels, optional
        Standard errors of the values, 0 or more; 0 for what is known exactly.
    draws : int
        A share b has a standard error of :math:`\sqrt{b(1 - b)/draws}`, at most .005 by default.

    Notes
    -----
    Equal scores share the better place, so with equal units the columns of `places` need not sum to 1.

    References
    ----------
    Lahdelma, Salminen (2001), SMAA-2: stochastic multicriteria acceptability analysis for group decision making,
    Operations Research 49(3):444-454, doi:10.1287/opre.49.3.444.11220

    Examples
    --------
    A is first where its own criterion weighs more than half:

    >>> values = pd.DataFrame({"first": [1, 0.25], "second": [0, 0.75]}, index=["A", "B"])
    >>> result = acceptability(values)
    >>> result.places.round(2).loc["A"].to_dict(), result.central_weights.round(2).loc["A"].to_dict()
    ({1: 0.5, 2: 0.5}, {'first': 0.75, 'second': 0.25})
    """
    box = box or weight_box(values.columns)
    codes, units = (pd.Index(sorted(labels, key=str)) for labels in (box.low.index, values.index))
    aligned(values, box)
    _affordable(len(units))
    x = values.loc[units, codes].to_numpy(dtype=float)
    variance = _variances(values, se, units, codes)
    weights = uniform_weights(box, draws, seed)[codes].to_numpy()
    rng = np.random.default_rng(np.random.SeedSequence(seed).spawn(1)[0])    # apart from the stream of the weights
    n, dust = len(units), checks.DUST * max(1.0, float(np.abs(x).max()))
    counts, sums = np.zeros(n * n, dtype=np.int64), np.zeros(x.shape)
    size = max(1, WORK // n)
    for start in range(0, draws, size):
        w = weights[start:start + size]
        scores = w @ x.T
        if variance is not None:
            scores += rng.standard_normal(scores.shape) * np.sqrt(w**2 @ variance.T)
        steps = np.round(scores / (10 * dust))                               # sums equal but for rounding are equal
        places = stats.rankdata(-steps, method="min", axis=1).astype(np.int64)
        counts += np.bincount((places - 1 + n * np.arange(n)).ravel(), minlength=n * n)
        sums += (places == 1).T.astype(float) @ w
    counts = counts.reshape(n, n)
    first = counts[:, 0]
    with np.errstate(invalid="ignore"):
        central = sums / first[:, None]                                      # NaN for those who are never first
    confidence = [_chance_to_be_first(x @ w, None if variance is None else np.sqrt(variance @ w**2), unit, dust)
                  if first[unit] else np.nan for unit, w in enumerate(central)]
    return Acceptability(
        pd.DataFrame(counts / draws, units, range(1, n + 1)).loc[values.index],
        pd.DataFrame(central, units, codes).loc[values.index, values.columns],
        pd.Series(confidence, units, name="confidence")[values.index], draws, seed)


def _affordable(n: int) -> None:
    needed = 24.0 * n * n
    if needed > MOST_MEMORY:
        raise UsageError(f"Доли мест {n} единиц заняли бы около {needed / 1e9:.0f} ГБ памяти "
                         f"(предел {MOST_MEMORY / 1e9:.0f} ГБ). Оставьте единицы, места которых нужны.")


def _variances(values: pd.DataFrame, se: pd.DataFrame | None, units: pd.Index, codes: pd.Index) -> np.ndarray | None:
    if se is None:
        return None
    checks.same_labels(se.index, values.index, "Стандартные ошибки и значения: единицы")
    checks.same_labels(se.columns, values.columns, "Стандартные ошибки и значения: показатели")
    checks.complete(se, "Стандартные ошибки")
    if (se < 0).any(axis=None):
        row, column = se.lt(0).stack()[lambda cell: cell].index[0]
        raise InputError(f"Стандартная ошибка не может быть меньше 0, найдено {se.loc[row, column]:g} "
                         f"({row} × {column}).")
    return se.loc[units, codes].to_numpy(dtype=float) ** 2


def _chance_to_be_first(means: np.ndarray, spreads: np.ndarray | None, unit: int, dust: float) -> float:
    r"""P(no rival's score is above the unit's): :math:`\int \varphi(z) \prod_b \Phi((m + s z - m_b)/s_b)\,dz`."""
    if spreads is None:
        return float(means[unit] >= means.max() - 10 * dust)
    lead, rivals = means[unit] - means, np.arange(len(means)) != unit
    rivals &= lead < GRID[-1] * (spreads + spreads[unit]) + 10 * dust        # the others are never ahead
    sure, vague = rivals & (spreads <= dust), rivals & (spreads > dust)
    if spreads[unit] <= dust:
        return float((lead[sure] >= -10 * dust).all() * np.exp(log_ndtr(lead[vague] / spreads[vague]).sum()))
    # rivals without an error only set the least z
    least = max((-lead[sure] / spreads[unit]).max(initial=GRID[0]), GRID[0])
    if least >= GRID[-1]:
        return 0.0
    z = np.linspace(least, GRID[-1], len(GRID))
    chances = log_ndtr((lead[vague] + np.outer(z, spreads[[unit]])) / spreads[vague]).sum(axis=1)
    return float(np.trapezoid(stats.norm.pdf(z) * np.exp(chances), z))
