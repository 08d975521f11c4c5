"""Survey answers to estimates: mean of one question by unit and clientele, with its standard error.

Answers of the two clienteles are never pooled: each has its own estimate and its own n. `survey_estimates` is for
plain samples, `design_estimates` for weights, strata and known numbers of clients, `score_intervals` for intervals.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd
from scipy import stats

from methods.errors import InputError
from methods.index.normalise import points_of_marks

WEIGHT_RATIO = 100.0  # of the largest weight to the smallest in a group: above it one questionnaire decides the mean
BORROWED = 10         # answers that the pooled dispersion counts for: chosen by coverage, docs/survey_intervals.md


def survey_estimates(marks: pd.Series, groups: pd.DataFrame, scale: tuple[int, int],
                     treatment: Literal["mean", "top-2-box"] = "mean", min_answers: int = 1) -> pd.DataFrame:
    r"""Estimate on [0; 1] of one question for every group of respondents.

    .. math:: S = (\bar m - l)/(u - l), \qquad se(S) = s_m / \sqrt n / (u - l)

    or, for `top-2-box`, the share of the two best marks with :math:`se = \sqrt{p(1-p)/(n-1)}`.

    Parameters
    ----------
    marks : Series, shape (respondents,)
        Marks on the scale; NaN where the question was left open.
    groups : DataFrame, shape (respondents, keys)
        What to group by: unit, clientele; matched by label.
    scale : (int, int)
        Worst and best mark.
    min_answers : int
        Groups with fewer answers get no value (but keep their n).

    Returns
    -------
    DataFrame, indexed by the keys
        `value`, `se` (NaN for one answer) and `n`, the number of answers.

    Examples
    --------
    Three marks 5, 5, 4 of 1-5 have mean 4.667, on [0; 1] .9167:

    >>> marks = pd.Series([5.0, 5.0, 4.0, 3.0])
    >>> groups = pd.DataFrame({"unit": ["C01", "C01", "C01", "C02"]})
    >>> survey_estimates(marks, groups, (1, 5)).round(4).loc["C01"].to_dict()
    {'value': 0.9167, 'se': 0.0833, 'n': 3.0}
    >>> survey_estimates(marks, groups, (1, 5), "top-2-box")["value"].to_dict()
    {'C01': 1.0, 'C02': 0.0}
    """
    answers = points_of_marks(marks, scale, treatment).groupby([groups[key] for key in groups])
    n = answers.count()
    estimate = pd.DataFrame({"value": answers.mean(), "se": answers.std(ddof=1) / np.sqrt(n), "n": n})
    estimate.loc[estimate["n"] < min_answers, ["value", "se"]] = np.nan
    return estimate


def design_estimates(marks: pd.Series, groups: pd.DataFrame, scale: tuple[int, int],
                     treatment: Literal["mean", "top-2-box"] = "mean", *, weights: pd.Series | None = None,
                     strata: pd.Series | None = None, population: pd.Series | None = None,
                     approached: pd.Series | None = None, min_answers: int = 1,
                     weight_ratio: float = WEIGHT_RATIO) -> pd.DataFrame:
    r"""Design-based estimate on [0; 1] of one question for every group: weights, strata, finite population.

    Each group is a population of its own, sampled without replacement (within strata h, if given); the answers are
    the sample, so open answers are taken as missing at random within the group (and stratum).

    .. math:: \bar y = \sum w_i y_i / \sum w_i, \quad z_i = w_i (y_i - \bar y) / \sum w_i, \quad
              se^2 = \sum_h (1 - n_h/N_h) \frac{n_h}{n_h - 1} \sum_{i \in h} (z_i - \bar z_h)^2

    .. math:: n_{eff} = (\sum w_i)^2 / \sum w_i^2, \qquad deff = n / n_{eff}

    With equal weights, one stratum and no population sizes this is `survey_estimates`.

    Parameters
    ----------
    marks : Series, shape (respondents,)
        Marks on the scale, one row a returned questionnaire; NaN where the question was left open.
    groups : DataFrame, shape (respondents, keys)
        What to group by: unit, clientele; like all the series below, matched by label.
    scale : (int, int)
        Worst and best mark.
    weights : Series, shape (respondents,)
        Design weights above 0; only their ratios within a group matter. None: all equal.
    strata : Series, shape (respondents,)
        Stratum of each respondent within its group. None: the group is one stratum.
    population : Series, indexed by the keys (and the stratum, if there are strata)
        N, how many clients there were. None: no finite-population correction.
    approached : Series, indexed by the keys
        How many were asked; more than that cannot have answered. None: unit non-response is unknown.
    min_answers : int
        Groups with fewer answers get no value (but keep their n).
    weight_ratio : float
        Limit of the largest weight over the smallest within a group.

    Returns
    -------
    DataFrame, indexed by the keys
        `value`, `se` (NaN where a stratum has no answer, or one of many), `n` answers, `n_effective` and
        `design_effect` (Kish), `fraction` n/N (0 without population), `item_nonresponse` (of the
        questionnaires returned), `unit_nonresponse` (of the people approached).

    Raises
    ------
    InputError
        A weight that is not a number above 0, or weights too unequal; a group without a population size or with
        more answers than people.

    References
    ----------
    Särndal, Swensson, Wretman (1992), Model Assisted Survey Sampling, section 5.7.
    Kish (1992), Weighting for unequal Pi, J. Official Statistics 8, 183-200.

    Examples
    --------
    Three of four clients answered 5, 5, 4; the first stands for two. Mean (2 x 1 + 1 + .75)/4:

    >>> marks, weights = pd.Series([5.0, 5.0, 4.0, None]), pd.Series([2.0, 1.0, 1.0, 1.0])
    >>> groups = pd.DataFrame({"unit": ["C01"] * 4})
    >>> found = design_estimates(marks, groups, (1, 5), weights=weights, population=pd.Series({"C01": 4}))
    >>> found.loc["C01"].round(4).to_dict()  # doctest: +NORMALIZE_WHITESPACE
    {'value': 0.9375, 'se': 0.0358, 'n': 3.0, 'n_effective': 2.6667, 'design_effect': 1.125, 'fraction': 0.75,
     'item_nonresponse': 0.25, 'unit_nonresponse': nan}
    """
    groups = groups.reindex(marks.index)
    by = [groups[key] for key in groups]
    w = pd.Series(1.0, marks.index) if weights is None else weights.reindex(marks.index).astype(float)
    design_weights(w, groups, weight_ratio)
    y = points_of_marks(marks, scale, treatment)
    w = w.where(y.notna())                                                    # the answers are the sample
    total = w.groupby(by).transform("sum")
    mean = (w * y).groupby(by).transform("sum") / total
    z = w * (y - mean) / total                                                # linearised values
    cells = by if strata is None else [*by, strata.reindex(marks.index).rename("stratum")]
    n_h, variance_z = z.groupby(cells).count(), z.groupby(cells).var(ddof=1)
    if strata is not None and population is not None:                         # strata in which nobody answered
        population = population.set_axis(population.index.set_names(n_h.index.names))
        n_h = n_h.reindex(n_h.index.union(population.index), fill_value=0)
        variance_z = variance_z.reindex(n_h.index)
    size = pd.Series(np.inf, n_h.index) if population is None else _sizes(population, n_h)
    with np.errstate(divide="ignore", invalid="ignore"):
        variance_h = (1 - n_h / size) * n_h * variance_z                      # n/(n-1) sum of squares = n var
    variance_h = variance_h.mask(n_h == size, 0.0)                            # all answered
    keys = list(range(len(by)))
    n = y.groupby(by).count()
    kish = w.groupby(by).sum() ** 2 / (w ** 2).groupby(by).sum()
    returned = y.groupby(by).size()
    table = pd.DataFrame({
        "value": mean.groupby(by).first(),
        "se": np.sqrt(variance_h.groupby(level=keys).sum(skipna=False)).reindex(n.index),
        "n": n, "n_effective": kish, "design_effect": n / kish,
        "fraction": n / size.groupby(level=keys).sum().reindex(n.index),
        "item_nonresponse": 1 - n / returned,
        "unit_nonresponse": np.nan if approached is None else 1 - returned / _sizes(approached, returned)})
    table.loc[table["n"].eq(0), "se"] = np.nan
    table.loc[table["n"] < min_answers, ["value", "se"]] = np.nan
    return table


def design_weights(weights: pd.Series, groups: pd.DataFrame, ratio: float = WEIGHT_RATIO) -> None:
    """Raise unless every weight is a number above 0 and the weights of a group are within `ratio` of each other.

    >>> design_weights(pd.Series([1.0, 250.0]), pd.DataFrame({"unit": ["C01", "C01"]}))
    Traceback (most recent call last):
    ...
    methods.errors.InputError: Веса анкет: наибольший вес не должен превышать наименьший более чем в 100 раз.
    Группа C01: строка 1, вес 250; наименьший 1, отношение 250.
    Проверьте веса, усеките их или задайте другой предел.
    """
    wrong = ~(np.isfinite(weights) & (weights > 0))
    if wrong.any():
        rows = "; ".join(f"строка {row}: {weights[row]:g}" for row in weights.index[wrong][:5])
        raise InputError(f"Веса анкет должны быть числами больше 0, нарушений {int(wrong.sum())}: {rows}.\n"
                         "Исправьте веса или исключите эти анкеты.")
    grouped = weights.groupby([groups[key] for key in groups])
    span = grouped.max() / grouped.min()
    if (span > ratio).any():
        group = span.idxmax()
        row = grouped.idxmax()[group]
        name = ", ".join(map(str, group)) if isinstance(group, tuple) else group
        raise InputError(
            f"Веса анкет: наибольший вес не должен превышать наименьший более чем в {ratio:g} раз.\n"
            f"Группа {name}: строка {row}, вес {weights[row]:g}; наименьший {grouped.min()[group]:g}, "
            f"отношение {span[group]:g}.\nПроверьте веса, усеките их или задайте другой предел.")


def score_intervals(estimates: pd.DataFrame, treatment: Literal["mean", "top-2-box"] = "mean",
                    coverage: float = 0.95, by: str | list[str] | None = None) -> pd.DataFrame:
    r"""Intervals of the groups' values that keep their coverage for marks crowded at the top.

    All :math:`\mu` that a score test of the mean does not reject. The variance of an answer is taken as
    :math:`\varphi \mu (1 - \mu)` at the tested :math:`\mu`, so the interval stays within [0; 1], is longer towards
    the middle, and has a length even where all answers are equal:

    .. math:: (\bar y - \mu)^2 \le k\,\mu(1 - \mu), \quad k = t^2 \hat\varphi\,(1 - f)/n_{eff}
              \;\Rightarrow\; \frac{\bar y + k/2 \pm \sqrt{k \bar y (1 - \bar y) + k^2/4}}{1 + k}

    For `top-2-box` :math:`\varphi = 1` and this is Wilson's interval. For a mean :math:`\varphi` is the group's own
    ratio of variance to :math:`\bar y(1 - \bar y)`, mixed with the ratio pooled over the groups, which counts as 10
    answers. Plain :math:`\bar y \pm t\,se` covers 86-93 % of J-shaped marks at n = 30, see docs/survey_intervals.md.

    Parameters
    ----------
    estimates : DataFrame, shape (groups, columns of `design_estimates`)
        One question; other columns are ignored.
    coverage : float
        Above 0, below 1.
    by : str or list of str
        Index levels within which to pool, e.g. "clientele". None: over the whole table.

    Returns
    -------
    DataFrame, shape (groups, 2)
        `low`, `high` on [0; 1]; NaN where there is no value; the value itself where all clients answered.

    References
    ----------
    Wilson (1927), JASA 22, 209-212. doi:10.1080/01621459.1927.10502953. Dean, Pagano (2015), J. Surv. Stat.
    Methodol. 3(4), 484-503 compare it with the effective sample size put in.

    Examples
    --------
    Ten times the best mark does not prove that all clients are delighted:

    >>> estimates = pd.DataFrame({"value": [1.0, 0.9], "se": [0.0, 0.02], "n": [10, 100], "n_effective": [10.0, 100],
    ...                           "fraction": [0.0, 0.0]}, index=["C01", "C02"])
    >>> score_intervals(estimates).round(3).T.to_dict("list")
    {'C01': [0.82, 1.0], 'C02': [0.853, 0.933]}
    """
    y, n = estimates["value"], estimates["n_effective"]
    factor = (1 - estimates["fraction"]) / n                                  # variance of a mean / of an answer
    bernoulli = y * (1 - y)
    if treatment == "top-2-box":
        phi, t = 1.0, stats.norm.ppf((1 + coverage) / 2)
    else:
        variance = (estimates["se"] ** 2 / factor).where(factor > 0)
        degrees = (n - 1).where(variance.notna() & (bernoulli > 0), 0.0)      # nothing of its own: all answers equal
        labels = estimates.groupby(level=by).ngroup() if by else pd.Series(0, estimates.index)
        # Adding the square of the standard error makes y(1 - y) unbiased.
        above = (degrees * variance).fillna(0).groupby(labels).transform("sum")
        below = (degrees * (bernoulli + estimates["se"] ** 2)).fillna(0).groupby(labels).transform("sum")
        pooled = (above / below.where(below > 0)).fillna(1.0)                 # 1, the largest: only 0 and 1 occur
        own = (variance / bernoulli.where(bernoulli > 0)).fillna(0.0)
        phi = (degrees * own + BORROWED * pooled) / (degrees + BORROWED)
        t = stats.t.ppf((1 + coverage) / 2, degrees + BORROWED)
    k = t ** 2 * phi * factor
    centre, half = (y + k / 2) / (1 + k), np.sqrt(k * bernoulli + k ** 2 / 4) / (1 + k)
    return pd.DataFrame({"low": (centre - half).clip(0, 1), "high": (centre + half).clip(0, 1)})


def _sizes(stated: pd.Series, counted: pd.Series) -> pd.Series:
    """Sizes in the order of the groups; every group needs one, not below what was counted in it."""
    sizes = stated.reindex(counted.index).astype(float)
    wrong = ~(sizes >= counted)
    if wrong.any():
        places = "; ".join(f"{', '.join(map(str, place)) if isinstance(place, tuple) else place}: "
                           f"численность {sizes[place]:g}, анкет {counted[place]:g}"
                           for place in counted.index[wrong][:5])
        raise InputError(f"Численность должна быть задана для каждой группы и быть не меньше числа ответивших, "
                         f"нарушений {int(wrong.sum())}: {places}.\nИсправьте таблицу численности.")
    return sizes
