"""Respondents in centres, centres in regions: how much of the variance lies between, how reliable is a mean.

One random intercept of the group, fitted by restricted maximum likelihood over sums by group.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from scipy import stats

from methods import checks
from methods.agreement.correlation import Interval
from methods.agreement.inputs import FEWEST, confident, numbers, one_of
from methods.agreement.variance_ratio import FEWEST_JACKKNIFE, GroupSums, jackknife_law, share
from methods.errors import InputError, NotPublishable


@dataclass(frozen=True, eq=False)
class RandomIntercept:
    """Linear model with a random intercept of the group, fitted by restricted maximum likelihood."""

    effects: pd.DataFrame         # (intercept) and covariates -> estimate, se, z, p
    between: float                # variance of the intercepts, 0 at the boundary
    within: float                 # residual variance
    icc: float                    # between / (between + within)
    log_likelihood: float         # restricted
    group_effects: pd.DataFrame   # group -> n, effect (BLUP), se (of prediction, variances taken as known), shrinkage
    n: int
    dropped: int                  # units left out for a gap
    why: str = ""

    @property
    def mean(self) -> float:
        """The fixed intercept: mean over the groups if there are no covariates."""
        return float(self.effects.loc["(intercept)", "estimate"])


@dataclass(frozen=True, eq=False)
class GroupReliability:
    """How reliable are the means of groups (centres) of respondents."""

    icc: float                # ICC(1): share of the variance of one answer that lies between the groups
    icc_interval: Interval
    between: float            # variance of the true means; negative where the means differ less than by chance
    within: float             # variance of the answers in a group
    F: float                  # of no differences between the groups
    df1: float
    df2: float
    p: float
    groups: pd.DataFrame      # group -> n, mean, reliability, low, high
    interval: str             # "f" or "jackknife"
    confidence: float
    why: str = ""

    def at(self, n: float) -> pd.Series:
        """Reliability of a mean of `n` answers: value, low, high."""
        low, high = self.icc_interval
        return pd.Series({"value": spearman_brown(self.icc, n), "low": spearman_brown(low, n),
                          "high": spearman_brown(high, n)})

    def needed(self, reliability: float) -> pd.Series:
        """Answers a group needs for the stated reliability: value, low (optimistic), high; inf if none suffice."""
        low, high = self.icc_interval
        return pd.Series({"value": needed_size(self.icc, reliability), "low": needed_size(high, reliability),
                          "high": needed_size(low, reliability)})


def random_intercept(values: pd.Series, groups: pd.Series,
                     covariates: pd.DataFrame | pd.Series | None = None) -> RandomIntercept:
    r"""Restricted maximum likelihood of a linear model with a random intercept, in closed form over sums by group.

    .. math:: y = X\beta + Zu + e, \quad u \sim N(0, \lambda\sigma^2 I), \; e \sim N(0, \sigma^2 I), \quad
              V = I + \lambda Z Z', \; V^{-1} = I - \oplus_i \frac{\lambda}{1 + \lambda n_i} 1 1'

    .. math:: -2\ell(\lambda) = (N - p)\Bigl[\ln\frac{2\pi\,r(\lambda)}{N - p} + 1\Bigr] + \sum_i \ln(1 + \lambda n_i)
              + \ln|X'V^{-1}X|, \quad \hat u_i = \frac{\lambda n_i}{1 + \lambda n_i}(\bar y_i - \bar x_i'\hat\beta)

    The rows enter through sums by group only: after one pass over them the fit costs what the number of groups does.

    Parameters
    ----------
    values : Series, shape (units,)
        The response; units with a gap in any of the three are left out and counted.
    groups : Series, shape (units,)
        Group of each unit (a centre's region), matched by label. At least 3 groups, some with two units or more.
    covariates : Series or DataFrame, shape (units,) or (units, q), optional
        Fixed effects beside the intercept.

    Raises
    ------
    InputError
        Units without a group or without covariates, a covariate that does not vary or repeats the others.
    NotPublishable
        Too few groups or units, or no residual variance.

    References
    ----------
    Patterson, Thompson (1971), Recovery of inter-block information, doi:10.1093/biomet/58.3.545. Searle, Casella,
    McCulloch (1992), Variance Components, sections 6.6 and 7.2, doi:10.1002/9780470316856.

    Examples
    --------
    >>> marks = pd.Series([1.0, 2, 3, 4, 5, 9, 2, 1], index=list("abcdefgh"))
    >>> region = pd.Series(["Б", "Б", "А", "А", "А", "А", "Б", "В"], index=marks.index)
    >>> found = random_intercept(marks, region)
    >>> round(found.mean, 3), round(found.between, 3), round(found.within, 3)
    (2.914, 3.879, 4.166)
    """
    what = "Модель со случайным уровнем группы"
    y, codes, names, fixed, dropped = _grouped(values, groups, covariates, what)
    centre, scale = fixed.mean(axis=0), fixed.std(axis=0)
    titles = _titles(covariates)
    x = np.column_stack([np.ones(len(y)), (fixed - centre) / np.where(scale > 0, scale, 1)])
    _independent(x, titles, what)
    shift = y.mean()
    sums = GroupSums.of(y - shift, x, codes)
    ratio, within = sums.reml()
    residual, log_det, beta = (part[0] for part in sums.fit(np.array([ratio])))
    covariance = within * np.linalg.inv(sums.information(ratio))
    back = np.diag([1.0, *1 / scale])                                   # to the covariates' own units
    back[0, 1:] = -centre / scale
    estimate, covariance = back @ beta + np.eye(len(beta))[0] * shift, back @ covariance @ back.T
    error = np.sqrt(np.diag(covariance))
    effects = pd.DataFrame({"estimate": estimate, "se": error, "z": estimate / error,
                            "p": 2 * stats.norm.sf(np.abs(estimate / error))}, index=["(intercept)", *titles])
    free = sums.rows - len(beta)
    log_likelihood = -0.5 * (free * (np.log(2 * np.pi * residual / free) + 1) + np.log1p(ratio * sums.size).sum()
                             + log_det + 2 * np.log(scale).sum())
    kept = ratio * sums.size / (1 + ratio * sums.size)
    group_effects = pd.DataFrame({
        "n": sums.size.astype(int), "effect": kept * (sums.y - sums.x @ beta) / sums.size,
        "se": np.sqrt(ratio * within * (1 - kept)), "shrinkage": 1 - kept}, index=names)
    why = "" if ratio > 0 else (
        "дисперсия между группами оценена нулём, на границе области: средние групп различаются не больше, чем "
        "ожидается от различий внутри групп; эффекты групп равны 0")
    return RandomIntercept(effects, ratio * within, within, share(ratio), float(log_likelihood), group_effects,
                           len(y), dropped, why)


def group_mean_reliability(values: pd.Series, groups: pd.Series, confidence: float = 0.95,
                           interval: Literal["auto", "f", "jackknife"] = "auto") -> GroupReliability:
    r"""ICC(1) of answers nested in groups, and how reliable the mean of each group is at its own number of answers.

    .. math:: y_{ij} = \mu + u_i + e_{ij}, \quad \rho = \frac{\sigma_u^2}{\sigma_u^2 + \sigma_e^2}, \quad
              \rho_i = \frac{n_i \rho}{1 + (n_i - 1)\rho}

    Variances by restricted maximum likelihood; where that would put the between variance at 0, by Henderson's method 3
    (ANOVA), which does not hide how far below the chance differences the differences of the groups are.
    Intervals: `f` inverts Wald's test, which is exact for normal answers whatever the sizes of the groups and is
    Searle's with equal ones; `jackknife` leaves groups out in turn; `auto` takes it from 20 groups on.

    Parameters
    ----------
    values : Series, shape (respondents,)
        Marks; gaps are left out.
    groups : Series, shape (respondents,)
        Group of each respondent, matched by label. At least 3 groups, some with two answers or more.

    Raises
    ------
    InputError
        Respondents without a group, text among the marks.
    NotPublishable
        Too few groups, no group with two answers, all marks equal.

    References
    ----------
    Bliese (2000), in Klein, Kozlowski, Multilevel Theory, 349-381. Harville, Fenech (1985), Biometrics 41, 137-152.
    Searle (1971), Linear Models, p. 414. Arvesen (1969), Jackknifing U-statistics, doi:10.1214/aoms/1177697287.

    Examples
    --------
    >>> marks = pd.Series([3.0, 4, 3, 5, 5, 4, 2, 3, 3])
    >>> found = group_mean_reliability(marks, pd.Series(list("AAABBCCCC")))
    >>> found.groups["n"].to_dict(), round(found.icc, 3), round(float(found.at(20)["value"]), 3)
    ({'A': 3, 'B': 2, 'C': 4}, 0.676, 0.977)
    """
    what = "Надёжность средних"
    confident(confidence, what)
    one_of(interval, ("auto", "f", "jackknife"), what)
    y, codes, names, _, _ = _grouped(values, groups, None, what)
    sums = GroupSums.of(y - y.mean(), np.ones((len(y), 1)), codes)
    ratio, within = sums.signed()
    jackknife = interval == "jackknife" or (interval == "auto" and len(names) >= FEWEST_JACKKNIFE)
    bounds, kind = sums.wald_interval(confidence), "f"
    notes = []
    if ratio < 0:
        notes.append("оценка дисперсии между группами отрицательна: средние групп различаются меньше, чем ожидается от "
                     "случайных различий ответов; это значит, что различия групп не обнаружены")
    if jackknife:
        means = sums.y / sums.size
        scatter = np.bincount(codes, (y - y.mean() - means[codes]) ** 2, minlength=len(names))
        law = jackknife_law(sums, means, scatter, ratio, confidence)
        if np.isfinite(law.half):
            bounds, kind = law.interval, "jackknife"
        else:
            notes.append("все различия ответов — в одной группе: интервал складного ножа не определён, взят нормальный")
    icc = share(ratio)
    low, high = (share(bound) for bound in bounds)
    table = pd.DataFrame({"n": sums.size.astype(int), "mean": sums.y / sums.size + y.mean()}, index=names)
    for name, single in (("reliability", icc), ("low", low), ("high", high)):
        table[name] = [spearman_brown(single, size) for size in sums.size]
    return GroupReliability(icc, (low, high), ratio * within, within, *sums.f_test(), table, kind, confidence,
                            "; ".join(notes))


def spearman_brown(single: float, n: float) -> float:
    r"""Reliability of a mean of `n` parallel measurements, :math:`n\rho / (1 + (n - 1)\rho)`.

    Spearman (1910), Brown (1910). -inf where a negative `single` leaves the formula without meaning.

    >>> [round(spearman_brown(0.04 / 1.04, n), 2) for n in (25, 50, 100, 200, 400)]
    [0.5, 0.67, 0.8, 0.89, 0.94]
    """
    under = 1 + (n - 1) * single
    if np.isnan(under):
        return np.nan
    return float(n * single / under) if under > 0 else float("-inf")


def needed_size(single: float, reliability: float) -> float:
    r"""Measurements needed for a stated reliability of their mean, :math:`\rho_n (1 - \rho) / (\rho (1 - \rho_n))`.

    A real number; round it up. inf where the single measurement has no reliability at all.

    >>> round(needed_size(0.04 / 1.04, 0.8), 6)
    100.0
    """
    if not 0 < reliability < 1:
        raise InputError(f"Требуемая надёжность должна быть больше 0 и меньше 1, задано {reliability:g}.")
    if np.isnan(single):
        return np.nan
    return float(reliability * (1 - single) / (single * (1 - reliability))) if single > 0 else float("inf")


# What must hold of the data.

def _grouped(values: pd.Series, groups: pd.Series, covariates: pd.DataFrame | pd.Series | None,
             what: str) -> tuple[np.ndarray, np.ndarray, pd.Index, np.ndarray, int]:
    """Rows without gaps: response, group numbers, group names, covariates, number of rows left out."""
    for labels, name in ((values.index, "значения"), (groups.index, "группы")):
        checks.unique(labels, f"{what}: {name}")
    y = numbers(values, what)
    group = groups if groups.index is values.index else groups.reindex(values.index)
    alone = values.index[np.isfinite(y) & group.isna().to_numpy()]
    if len(alone):
        raise InputError(f"{what}: не указана группа единиц: {', '.join(map(str, alone[:5]))} (всего {len(alone)}).")
    fixed, known = np.empty((len(y), 0)), np.isfinite(y)
    if covariates is not None:
        checks.unique(covariates.index, f"{what}: признаки")
        if isinstance(covariates, pd.DataFrame):
            checks.unique(covariates.columns, f"{what}: признаки")
        fixed = numbers(covariates.reindex(values.index), what).reshape(len(y), -1)
        known = known & np.isfinite(fixed).all(axis=1)
    y, fixed, dropped = y[known], fixed[known], int((~known).sum())
    codes, names = pd.factorize(group[known], sort=True)
    if len(names) < FEWEST or len(y) <= len(names) + fixed.shape[1]:
        raise NotPublishable(f"{what}: нужно не меньше {FEWEST} групп и больше единиц, чем групп и признаков вместе; "
                             f"найдено групп {len(names)}, единиц {len(y)}, признаков {fixed.shape[1]}.")
    inside = y - (np.bincount(codes, y) / np.bincount(codes))[codes]
    if np.abs(inside).max() <= checks.DUST * max(np.abs(y).max(), 1e-300):
        raise NotPublishable(f"{what}: внутри групп все значения равны, дисперсия внутри групп не оценивается.")
    return y, codes, pd.Index(names, name=groups.name), fixed, dropped


def _titles(covariates: pd.DataFrame | pd.Series | None) -> list[str]:
    """Names of the covariates."""
    if isinstance(covariates, pd.DataFrame):
        return list(covariates.columns)
    return [] if covariates is None else ["covariate" if covariates.name is None else covariates.name]


def _independent(x: np.ndarray, titles: list[str], what: str) -> None:
    """Raise unless the columns of the design are linearly independent, naming the first that is not."""
    for number, title in enumerate(titles, start=1):
        rest = x[:, number] - x[:, :number] @ np.linalg.lstsq(x[:, :number], x[:, number], rcond=None)[0]
        if not (rest**2).sum() > 1e-10 * len(x):
            raise InputError(f"{what}: признак {title} не меняется или повторяет предыдущие. Уберите его.")
