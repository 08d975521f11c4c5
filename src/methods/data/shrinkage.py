"""Shrinkage of small centres towards the mean of all: a named option beside the plain survey mean.

The plain mean stays the published value unless an edition says otherwise: a shrunken value is closer to the truth on
average over the centres, not for every one of them, and pulls an outstanding small centre to the middle.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from scipy import optimize, stats

from methods.errors import InputError

Between = Literal["moment", "reml"]
FEWEST = 4  # with three centres or fewer the factor (k - 3)/(k - 1) leaves nothing to shrink


@dataclass(frozen=True, eq=False)
class Shrunken:
    """Values of one question and clientele drawn towards their common mean."""

    table: pd.DataFrame       # centres x (value, se, shrinkage: the share of the common mean in the value)
    common: float             # the common mean
    between_variance: float   # variance of the true values over the centres; 0 if the data show none

    def intervals(self, coverage: float = 0.95) -> pd.DataFrame:
        """Morris intervals: hold the true value in at least `coverage` of the centres, on average over them."""
        half = stats.norm.ppf((1 + coverage) / 2) * self.table["se"]
        return pd.DataFrame({"low": self.table["value"] - half, "high": self.table["value"] + half})


def between_variance(values: pd.Series, errors: pd.Series, method: Between = "reml") -> float:
    r"""Variance A of the true values, the sampling variances :math:`\psi_i` being known.

    .. math:: y_i = \mu + u_i + e_i, \quad u_i \sim N(0, A), \quad e_i \sim N(0, \psi_i), \quad w_i = 1/(\psi_i + A)

    `moment` solves :math:`\sum w_i (y_i - \hat\mu)^2 = k - 1`; `reml` maximises the restricted likelihood
    :math:`-\tfrac12 [\sum \ln(\psi_i + A) + \ln \sum w_i + \sum w_i (y_i - \hat\mu)^2]`. Both give 0 where the values
    differ by no more than their errors explain.

    Parameters
    ----------
    values, errors : Series, shape (k,)
        Estimates and their standard errors, above 0, no gaps.

    References
    ----------
    Fay, Herriot (1979), JASA 74, 269-277, eq. 2.10. doi:10.2307/2286322. Rao, Molina (2015), Small Area Estimation,
    2nd ed., sections 6.1.2 and 6.2.1.

    Examples
    --------
    Coaching in eight schools (Rubin 1981): the effects differ less than their errors.

    >>> effects = pd.Series([28.0, 8, -3, 7, -1, 1, 18, 12])
    >>> between_variance(effects, pd.Series([15.0, 10, 16, 11, 9, 11, 10, 18]))
    0.0
    """
    y, psi = values.to_numpy(float), errors.to_numpy(float) ** 2

    def fit(a: float) -> tuple[np.ndarray, float]:
        w = 1 / (psi + a)
        return w, float(w @ (y - (w @ y) / w.sum()) ** 2)

    def excess(a: float) -> float:
        return fit(a)[1] - (len(y) - 1)

    def deviance(a: float) -> float:
        w, residual = fit(a)
        return float(-np.log(w).sum() + np.log(w.sum()) + residual)

    top = float(((y - y.mean()) ** 2).sum() + psi.max())                      # at A = top the residual is below 1
    if method == "moment":
        return 0.0 if excess(0) <= 0 else float(optimize.brentq(excess, 0, top, xtol=1e-12 * top, rtol=1e-12))
    # The likelihood may have two humps: look at a grid of all magnitudes first, then between the neighbours.
    grid = np.concatenate([[0.0], np.geomspace(float(psi.min()) * 1e-4, top, 60)])
    best = int(np.argmin([deviance(a) for a in grid]))
    low, high = grid[max(best - 1, 0)], grid[min(best + 1, len(grid) - 1)]
    found = optimize.minimize_scalar(deviance, bounds=(low, high), method="bounded", options={"xatol": 1e-9 * high}).x
    return 0.0 if deviance(0.0) <= deviance(found) else float(found)


def shrink(values: pd.Series, errors: pd.Series, method: Between = "reml") -> Shrunken:
    r"""Empirical-Bayes values of one question: each drawn to the common mean by the share of noise in it.

    .. math:: B_i = \frac{k - 3}{k - 1} \frac{\psi_i}{\psi_i + \hat A}, \quad
              \hat\theta_i = (1 - B_i) y_i + B_i \hat\mu, \quad r_i = k w_i / \sum w

    .. math:: s_i^2 = \psi_i \Bigl(1 - \frac{k - r_i}{k} B_i\Bigr) + v_i (y_i - \hat\mu)^2, \quad
              v_i = \frac{2}{k - 3} B_i^2 \frac{\bar\psi + \hat A}{\psi_i + \hat A}

    The factor (k - 3)/(k - 1) makes up for A being estimated: even at A = 0 a centre keeps a little of its own value,
    and no standard error becomes 0.

    Parameters
    ----------
    values : Series, shape (k centres,)
        Plain means of one question and clientele; centres without a value or an error stay without.
    errors : Series, shape (k,)
        Standard errors, above 0. Errors of small centres are themselves noisy, and 0 where all answers are equal:
        use `pooled_errors`.
    method : {"reml", "moment"}
        Estimate of the between variance, see `between_variance`.

    Raises
    ------
    InputError
        Fewer than four centres, or a standard error that is not above 0.

    References
    ----------
    Morris (1983), Parametric Empirical Bayes Inference, JASA 78, 47-55, sections 1 and 5. doi:10.2307/2287098

    Examples
    --------
    Two small centres, four large: the small ones move more.

    >>> values = pd.Series([0.80, 0.98, 0.86, 0.94, 0.91, 0.90], index=["C01", "C02", "C03", "C04", "C05", "C06"])
    >>> errors = pd.Series([0.05, 0.05, 0.01, 0.01, 0.01, 0.01], index=values.index)
    >>> found = shrink(values, errors)
    >>> found.table.round(3).loc[["C01", "C02", "C03"]].T.to_dict("list")
    {'C01': [0.839, 0.046, 0.388], 'C02': [0.949, 0.044, 0.388], 'C03': [0.862, 0.01, 0.041]}
    """
    known = values.notna() & errors.notna()
    y, psi = values[known], errors[known] ** 2
    k = len(y)
    if k < FEWEST:
        raise InputError(f"Сглаживание малых центров: нужно не меньше {FEWEST} центров с оценкой и ошибкой, есть {k}.\n"
                         "Оставьте простые средние.")
    if (psi <= 0).any():
        places = ", ".join(map(str, psi.index[psi <= 0][:5]))
        raise InputError(f"Сглаживание малых центров: ошибка среднего должна быть больше 0, иначе у: {places}.\n"
                         "Возьмите ошибки по общему разбросу: pooled_errors.")
    a = between_variance(y, errors[known], method)
    w = 1 / (psi + a)
    common = float((w * y).sum() / w.sum())
    b = (k - 3) / (k - 1) * psi * w                                           # B_i
    r = k * w / w.sum()
    v = 2 / (k - 3) * b ** 2 * ((w * psi).sum() / w.sum() + a) * w
    table = pd.DataFrame({
        "value": (1 - b) * y + b * common,
        "se": np.sqrt(psi * (1 - (k - r) / k * b) + v * (y - common) ** 2),
        "shrinkage": b})
    return Shrunken(table.reindex(values.index), common, a)


def pooled_errors(estimates: pd.DataFrame) -> pd.Series:
    r"""Standard errors from the spread of answers pooled over the centres: :math:`s_p \sqrt{(1 - f_i)/n_{eff,i}}`.

    A centre's own error is noisy when n is small and, at the top of the scale, small exactly where the value is high;
    shrinking with it would favour centres that were lucky.

    Parameters
    ----------
    estimates : DataFrame, shape (centres, columns of `methods.data.survey.design_estimates`)
        One question and clientele.

    Examples
    --------
    >>> pooled_errors(pd.DataFrame({"se": [0.0, 0.02], "n_effective": [10.0, 91.0], "fraction": [0.0, 0.0]},
    ...                            index=["C01", "C02"])).round(4).to_dict()
    {'C01': 0.0575, 'C02': 0.0191}
    """
    factor = (1 - estimates["fraction"]) / estimates["n_effective"]
    spread = (estimates["se"] ** 2 / factor).where(factor > 0)
    degrees = (estimates["n_effective"] - 1).where(spread.notna(), 0.0)
    return np.sqrt((degrees * spread).sum() / degrees.sum() * factor).rename("se")


def shrink_estimates(estimates: pd.DataFrame, by: str | list[str] | None = None,
                     method: Between = "reml") -> pd.DataFrame:
    """The table of `design_estimates` with shrunken values, errors and the shrinkage factor; each `by` on its own.

    Centres in which all clients answered have nothing to shrink and stay as they are, with shrinkage 0.

    Parameters
    ----------
    estimates : DataFrame, shape (groups, columns of `design_estimates`)
        One question; with several clienteles name that level in `by`: clienteles are never pooled.

    Returns
    -------
    DataFrame, as given
        `value` and `se` are shrunken, `plain` is the mean that they replace, `shrinkage` from 0 (plain) to 1.
    """
    parts = [estimates] if by is None else [part for _, part in estimates.groupby(by, sort=False)]
    done = []
    for part in parts:
        sampled = part["fraction"] < 1
        found = shrink(part["value"].where(sampled), pooled_errors(part), method).table
        whole = part["value"].notna() & ~sampled
        done.append(part.assign(
            value=found["value"].mask(whole, part["value"]), se=found["se"].mask(whole, part["se"]),
            plain=part["value"], shrinkage=found["shrinkage"].mask(whole, 0.0)))
    return pd.concat(done).reindex(estimates.index)
