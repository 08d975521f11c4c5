"""Where the agreement of survey and checklist comes from: between or within regions, levels, ceilings, clienteles.

Survey and checklist may go together because whole regions are good at both, or because centres of one region differ in
both; the two links need not even have the same sign. Marks at the ceiling leave little to differ, and a question may
mean another thing to job seekers than to employers. Each function here takes one of these apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from scipy import stats

from methods import checks
from methods.agreement.correlation import NOWHERE, Interval, half_width, normal_quantile, student_quantile
from methods.agreement.inputs import confident, numbers
from methods.agreement.random_intercept import random_intercept
from methods.errors import InputError, NotPublishable

FEWEST_GROUPS = 3
FEWEST_JACKKNIFE = 5      # groups: below it a jackknife interval says nothing
FEWEST_CLUSTERS = 10      # centres with answers of both clienteles
MODERATE, LARGE = 0.17, 0.25  # |standardised mean difference| / sd: categories B and C of polytomous questions
SIGNIFICANT = 0.05
LEVELS = 20               # strata of the matching level
NAN = float("nan")


@dataclass(frozen=True, eq=False)
class BetweenWithin:
    """One correlation taken apart into that of the groups' means and that inside the groups."""

    total: float               # correlation of units, groups ignored
    between: float             # of the groups' means, each weighing as many units as it has
    within: float              # of deviations from the group's means, pooled
    between_interval: Interval
    within_interval: Interval
    share_x: float             # of the variance of x that lies between the groups (correlation ratio squared)
    share_y: float
    sums: pd.DataFrame         # total, between, within -> variance_x, variance_y, covariance; the last two sum to total
    reversal: bool             # both intervals leave out 0 on opposite sides: Simpson's paradox
    n: int
    groups: int
    dropped: int               # units left out for a gap
    confidence: float
    why: str = ""


@dataclass(frozen=True, eq=False)
class Multilevel:
    """Survey on checklist, inside regions and between them, at the same size of the centre."""

    effects: pd.DataFrame      # within, between, contextual, log_size -> estimate, se, df, low, high, p
    between_variance: float    # of the regions' levels that the checklist and the size leave
    within_variance: float
    icc: float                 # share of the first in both
    n: int
    regions: int
    dropped: int
    confidence: float
    why: str = ""


def between_within(x: pd.Series, y: pd.Series, groups: pd.Series, confidence: float = 0.95,
                   interval: Literal["jackknife", "fisher"] = "jackknife") -> BetweenWithin:
    r"""Ecological and individual correlation: of the groups' means, and pooled inside the groups.

    .. math:: r = \eta_x \eta_y r_B + \sqrt{1 - \eta_x^2} \sqrt{1 - \eta_y^2} \, r_W, \quad
              \eta_x^2 = \frac{\sum_j n_j (\bar x_j - \bar x)^2}{\sum_{ij} (x_{ij} - \bar x)^2}

    The identity is exact because the means weigh by their number of units. Neither of :math:`r_B` and :math:`r_W`
    follows from the other.

    Parameters
    ----------
    x, y : Series, shape (units,)
        Two measurements, matched by label; pairs with a gap are left out and counted.
    groups : Series, shape (units,)
        Group of every unit (a centre's region). At least 3 groups, some with two units or more.
    interval : "jackknife" or "fisher"
        Both on the scale of z. The jackknife leaves out one group after another (from 5 groups on). Fisher's is for
        normal pairs: a pooled correlation has n - g - 1 degrees of freedom, hence :math:`1/\sqrt{n - g - 2}` as the
        error of z; that of the means is :math:`1/\sqrt{g - 3}`, and takes groups for equally large.

    Raises
    ------
    InputError
        Units without a group (named), repeated labels, infinity.
    NotPublishable
        Too few groups, or no spread inside them.

    References
    ----------
    Robinson (1950), Ecological correlations and the behavior of individuals, doi:10.2307/2087176. Snijders, Bosker
    (2012), Multilevel Analysis, section 3.6.

    Examples
    --------
    Inside every region the link is perfect, and the means go the other way:

    >>> labels = list("abcdefghi")
    >>> x = pd.Series([1.0, 2, 3, 2, 3, 4, 3, 4, 5], labels)
    >>> y = pd.Series([7.0, 8, 9, 5, 6, 7, 3, 4, 5], labels)
    >>> found = between_within(x, y, pd.Series(list("AAABBBCCC"), labels))
    >>> round(found.total, 3), round(found.between, 3), round(found.within, 3)
    (-0.316, -1.0, 1.0)
    """
    what = "Связь между группами и внутри групп"
    confident(confidence, what)
    if interval not in ("jackknife", "fisher"):
        raise InputError(f"{what}: интервал «{interval}» неизвестен, допустимы jackknife и fisher.")
    table, codes, dropped = _matched({"x": x, "y": y}, groups, what)
    n, g = len(table), int(codes.max()) + 1
    if g < FEWEST_GROUPS or n == g:
        raise NotPublishable(f"{what}: нужно не меньше {FEWEST_GROUPS} групп, в некоторых — две единицы и больше; "
                             f"найдено групп {g}, единиц {n}.")
    deviations = table.to_numpy() - table.to_numpy().mean(axis=0)
    size = np.bincount(codes).astype(float)
    means = np.column_stack([np.bincount(codes, column) for column in deviations.T]) / size[:, None]
    inside = deviations - means[codes]
    pairs = [(0, 0), (1, 1), (0, 1)]
    within_by = np.column_stack([np.bincount(codes, inside[:, i] * inside[:, j]) for i, j in pairs])
    between_by = np.column_stack([size * means[:, i] * means[:, j] for i, j in pairs])
    total_sums = np.array([(deviations[:, i] * deviations[:, j]).sum() for i, j in pairs])
    within_sums, between_sums = within_by.sum(axis=0), between_by.sum(axis=0)
    total, between, within = (_product_moment(part, total_sums) for part in (total_sums, between_sums, within_sums))
    notes = [f"{words}: разброса нет, корреляция не определена"
             for value, words in ((between, "между группами"), (within, "внутри групп")) if np.isnan(value)]
    if interval == "fisher":
        intervals = (_fisher(between, g - 3, confidence), _fisher(within, n - g - 2, confidence))
    elif g < FEWEST_JACKKNIFE:
        intervals = (NOWHERE, NOWHERE)
        notes.append(f"групп меньше {FEWEST_JACKKNIFE}: интервалы складного ножа не определены")
    else:
        lost = np.column_stack([size * means[:, i] for i in (0, 1)])          # the grand mean moves without a group
        shift = np.column_stack([lost[:, i] * lost[:, j] for i, j in pairs]) / (n - size)[:, None]
        intervals = (_jackknife(between, between_sums - between_by - shift, total_sums, confidence),
                     _jackknife(within, within_sums - within_by, total_sums, confidence))
    sums = pd.DataFrame([total_sums, between_sums, within_sums], index=["total", "between", "within"],
                        columns=["variance_x", "variance_y", "covariance"]) / n
    (b_low, b_high), (w_low, w_high) = intervals
    return BetweenWithin(total, between, within, *intervals, _ratio(between_sums[0], total_sums[0]),
                         _ratio(between_sums[1], total_sums[1]), sums,
                         bool((b_high < 0 < w_low) or (w_high < 0 < b_low)), n, g, dropped, confidence,
                         "; ".join(notes))


def multilevel(survey: pd.Series, checklist: pd.Series, size: pd.Series, region: pd.Series,
               confidence: float = 0.95) -> Multilevel:
    r"""Survey on checklist in a random-intercept model: slope inside regions, between regions, and their difference.

    .. math:: y_{ij} = \gamma_0 + \gamma_W (x_{ij} - \bar x_j) + \gamma_B \bar x_j + \gamma_S \ln \mathrm{size}_{ij}
              + u_j + e_{ij}, \qquad \gamma_C = \gamma_B - \gamma_W

    The contextual effect :math:`\gamma_C` is what the region's mean adds for a centre whose own checklist is given
    (Mundlak): 0 if a fulfilled requirement moves clients alike wherever it differs. Restricted maximum likelihood.

    Parameters
    ----------
    survey, checklist : Series, shape (centres,)
        One value by centre, matched by label; gaps are left out.
    size : Series, shape (centres,)
        Above 0: clients, staff, questionnaires.
    region : Series, shape (centres,)
        At least 5 regions, some with two centres or more.
    confidence : float
        Of Student's intervals: n - 4 degrees of freedom inside regions, g - 2 for what only regions tell.

    Raises
    ------
    InputError
        A size that is not above 0, centres without a region, a checklist that does not vary inside or between regions.
    NotPublishable
        Too few regions.

    References
    ----------
    Mundlak (1978), On the pooling of time series and cross section data, doi:10.2307/1913646. Snijders, Bosker (2012),
    Multilevel Analysis, sections 4.6 and 6.1.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> centres = [f"C{i:03d}" for i in range(200)]
    >>> region = pd.Series([f"R{i // 10:02d}" for i in range(200)], centres)
    >>> checklist = pd.Series(rng.uniform(0.5, 1, 200), centres)
    >>> noise = pd.Series(rng.normal(0, 0.02, 200), centres)
    >>> size = pd.Series(rng.uniform(10, 90, 200), centres)
    >>> found = multilevel(0.7 + 0.2 * checklist + noise, checklist, size, region)
    >>> found.effects["estimate"].round(2).to_dict()
    {'within': 0.19, 'between': 0.17, 'contextual': -0.03, 'log_size': -0.0}
    """
    what = "Многоуровневая модель"
    confident(confidence, what)
    table, codes, dropped = _matched({"survey": survey, "checklist": checklist, "size": size}, region, what)
    small = table.index[table["size"] <= 0]
    if len(small):
        raise InputError(f"{what}: размер центра должен быть больше 0, иначе логарифма нет: "
                         f"{', '.join(map(str, small[:5]))} (всего {len(small)}).")
    n, g = len(table), int(codes.max()) + 1
    if g < FEWEST_JACKKNIFE:
        raise NotPublishable(f"{what}: нужно не меньше {FEWEST_JACKKNIFE} регионов, найдено {g}.")
    groups = pd.Series(codes, index=table.index)
    means = table["checklist"].groupby(groups).transform("mean")
    apart = table["checklist"] - means
    for part, words in ((apart, "внутри регионов"), (means - means.mean(), "между регионами")):
        if part.abs().max() <= checks.DUST * table["checklist"].abs().max():
            raise InputError(f"{what}: чек-лист не различается {words}, наклоны не разделить.")
    log_size = np.log(table["size"])
    levels = pd.DataFrame({"within": apart, "between": means, "log_size": log_size})
    fit = random_intercept(table["survey"], groups, levels)
    context = random_intercept(table["survey"], groups, pd.DataFrame(
        {"within": table["checklist"], "contextual": means, "log_size": log_size}))
    effects = pd.concat([fit.effects.loc[["within", "between"], ["estimate", "se"]],
                         context.effects.loc[["contextual"], ["estimate", "se"]],
                         fit.effects.loc[["log_size"], ["estimate", "se"]]]).rename_axis("effect")
    effects["df"] = [n - 4, g - 2, g - 2, n - 4]
    half = effects["se"] * [student_quantile(confidence, df) for df in effects["df"]]
    effects["low"], effects["high"] = effects["estimate"] - half, effects["estimate"] + half
    effects["p"] = 2 * stats.t.sf((effects["estimate"] / effects["se"]).abs(), effects["df"])
    return Multilevel(effects, fit.between, fit.within, fit.icc, n, g, dropped, confidence, fit.why)


def ceiling(marks: pd.DataFrame, scale: tuple[float, float], clientele: pd.Series | None = None) -> pd.DataFrame:
    r"""How much of the scale clients use: share of best marks, skewness, and the variance that is left.

    .. math:: \mathrm{room} = \frac{s^2}{(u - \bar m)(\bar m - l)} \in [0; 1]

    The denominator is the largest variance that marks of this mean can have: everybody at one of the two ends. At the
    ceiling it is small itself, so a small spread there does not by itself mean that clients agree.

    Parameters
    ----------
    marks : DataFrame, shape (respondents, questions)
        Marks on the scale; gaps are left out.
    scale : (float, float)
        Worst and best mark, l and u.
    clientele : Series, shape (respondents,), optional
        Rows are given for every clientele apart.

    Returns
    -------
    DataFrame, indexed by question (and clientele)
        `n`, `mean` on [0; 1], `best` and `worst` (shares of the end marks), `skewness`, `variance` (over n, on [0; 1])
        and `room`. NaN where marks do not vary or there are none: a question whose marks are all the best has no room.

    References
    ----------
    Bhatia, Davis (2000), A better bound on the variance, doi:10.1080/00029890.2000.12005203. McHorney, Tarlov (1995),
    Individual-patient monitoring in clinical practice, Quality of Life Research 4, 293-307, take more than 15 % of best
    marks for a ceiling.

    Examples
    --------
    >>> marks = pd.DataFrame({"Д1": [5.0, 5, 5, 1], "К4": [5.0, 4, 4, None]})
    >>> ceiling(marks, (1, 5)).round(3)[["n", "mean", "best", "room"]].to_numpy().tolist()
    [[4.0, 0.75, 0.75, 1.0], [3.0, 0.833, 0.333, 0.1]]
    """
    what = "Потолок шкалы"
    low, high = scale
    if not low < high:
        raise InputError(f"{what}: худшая оценка должна быть меньше лучшей, задано {low:g} и {high:g}.")
    values = _answers(marks, what)
    outside = (values < low) | (values > high)
    if outside.to_numpy().any():
        row, question = outside.stack()[lambda cell: cell].index[0]
        raise InputError(f"{what}: оценка вне шкалы от {low:g} до {high:g}: {values.loc[row, question]:g} "
                         f"({row} × {question}).")
    if clientele is None:
        return _ceiling(values, low, high).rename_axis("question")
    groups = _labelled(clientele, values.index, f"{what}: клиентела")
    parts = {name: _ceiling(values[(groups == name).to_numpy()], low, high)
             for name in sorted(groups.unique(), key=str)}
    return pd.concat(parts, names=["clientele", "question"])


def differential_functioning(marks: pd.DataFrame, clientele: pd.Series, centre: pd.Series,
                             matching: pd.Series | None = None, focal: str | None = None,
                             confidence: float = 0.95, levels: int = LEVELS) -> pd.DataFrame:
    r"""Does a question work differently for two clienteles of the same overall level.

    Respondents are put into strata k of the matching level. The mean difference of the focal clientele (F) from the
    reference one (R) is standardised to the levels of the focal one,

    .. math:: \mathrm{SMD} = \sum_k \frac{n_{Fk}}{n_F} (\bar y_{Fk} - \bar y_{Rk}),

    and tested by Mantel's score :math:`T = \sum_k \sum_i (g_i - \bar g_k)(y_i - \bar y_k)`, g being 1 for F. Mantel's
    own variance takes respondents for independent (`mantel`); as they sit in centres, `chi_square` divides
    :math:`T^2` by the sum of squares of the centres' parts of T instead (a cluster-robust score test). The same score
    multiplied by the level is the test of non-uniform functioning: does the difference change with the level.

    Categories (ETS): A — not significant (q above .05) or |SMD| up to .17 sd of the question, B — up to .25, C — more;
    the sign says whom the question favours, plus the focal clientele.

    Parameters
    ----------
    marks : DataFrame, shape (respondents, questions)
        Marks; gaps are left out question by question.
    clientele : Series, shape (respondents,)
        Exactly two values.
    centre : Series, shape (respondents,)
        Where the respondent was asked: the cluster. At least 10 centres.
    matching : Series, shape (respondents,), optional
        Overall level. By default the mean of the respondent's marks, the question itself included, in two steps: the
        questions that come out as C are left out of the level of the others (NAEP's refinement).
    focal : str, optional
        The clientele in question; by default the smaller one.
    levels : int
        At most so many strata, made of about equal numbers of respondents; equal levels stay together.

    Returns
    -------
    DataFrame, indexed by question
        `n_focal`, `n_reference`, `smd` with `low` and `high`, `sd` (of all marks of the question), `effect` (smd/sd),
        `chi_square`, `p`, `q` (Benjamini-Hochberg over the questions), `mantel`, `interaction` (change of the
        difference by one standard deviation of the level), `p_interaction`, `q_interaction`, `category`. NaN and an
        empty category where no stratum holds both clienteles.

    References
    ----------
    Mantel (1963), Chi-square tests with one degree of freedom, doi:10.1080/01621459.1963.10500879. Dorans, Schmitt
    (1991), Constructed response and differential item functioning, ETS Research Report 91-47. Zwick, Thayer, Mazzeo
    (1997), Describing and categorizing DIF in polytomous items, GRE Board Report 93-10P, for the categories. Begg
    (1999), Analyzing k (2 x 2) tables under cluster sampling, doi:10.1111/j.0006-341X.1999.00302.x.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> level, employer = rng.normal(size=2000), rng.random(2000) < 0.3
    >>> marks = pd.DataFrame({f"В{i}": level + rng.normal(size=2000) for i in range(8)})
    >>> marks["В0"] -= 0.8 * employer
    >>> clientele, centre = pd.Series(np.where(employer, "Р", "С")), pd.Series(np.arange(2000) % 50)
    >>> found = differential_functioning(marks, clientele, centre)
    >>> found["category"].to_dict() == {"В0": "C-", **{f"В{i}": "A" for i in range(1, 8)}}
    True
    """
    what = "Работа вопросов у двух клиентур"
    confident(confidence, what)
    values = _answers(marks, what)
    who = _labelled(clientele, values.index, f"{what}: клиентела")
    where = _labelled(centre, values.index, f"{what}: центр")
    both = sorted(who.unique(), key=str)
    if len(both) != 2:
        raise InputError(f"{what}: нужно ровно две клиентуры, найдено {len(both)}: {', '.join(map(str, both[:5]))}.")
    if focal is None:
        focal = min(both, key=lambda name: (int((who == name).sum()), str(name)))
    elif focal not in both:
        raise InputError(f"{what}: клиентуры «{focal}» нет, есть {', '.join(map(str, both))}.")
    clusters = pd.factorize(where, sort=True)[0]
    if clusters.max() + 1 < FEWEST_CLUSTERS:
        raise NotPublishable(f"{what}: ответы сгруппированы по центрам, нужно не меньше {FEWEST_CLUSTERS} центров, "
                             f"найдено {clusters.max() + 1}.")
    focus = (who == focal).to_numpy().astype(float)
    if matching is not None:
        checks.unique(matching.index, f"{what}: уровень")
        given = _Matching.of(matching.reindex(values.index).astype(float).to_numpy(), levels)
        return _functioning(values, dict.fromkeys(values, given), focus, clusters, confidence)
    table = values.to_numpy()
    overall = _Matching.of(_level(table), levels)
    first = _functioning(values, dict.fromkeys(values, overall), focus, clusters, confidence)
    strange = first["category"].str.startswith("C").to_numpy()
    if not strange.any() or strange.sum() > table.shape[1] - 3:               # too few questions left to match by
        return first
    others = _Matching.of(_level(table[:, ~strange]), levels)
    own = {code: _Matching.of(_level(table[:, ~strange | (values.columns == code)]), levels) if odd else others
           for code, odd in zip(values, strange, strict=True)}
    return _functioning(values, own, focus, clusters, confidence)


def mantel(y: np.ndarray, x: np.ndarray, strata: np.ndarray) -> tuple[float, float]:
    r"""Mantel's chi-square with one degree of freedom: scores `y` and `x` associated over all strata?

    .. math:: M^2 = \frac{\bigl[\sum_k \sum_i (x_i - \bar x_k)(y_i - \bar y_k)\bigr]^2}
              {\sum_k (n_k - 1) \, s_{xk}^2 s_{yk}^2}

    Parameters
    ----------
    y, x : arrays, shape (n,)
        Scores of ordered categories; `x` is 0 or 1 for two groups.
    strata : integer array, shape (n,)
        From 0.

    Returns
    -------
    (float, float)
        Statistic and p; NaN where nothing varies.

    References
    ----------
    Mantel (1963), eq. 4, doi:10.1080/01621459.1963.10500879. Agresti (2002), Categorical Data Analysis, section 7.5.3.

    Examples
    --------
    >>> y, x = np.array([1.0, 2, 3, 3, 1, 1, 2, 3]), np.array([0.0, 0, 1, 1, 0, 1, 0, 1])
    >>> round(mantel(y, x, np.array([0, 0, 0, 0, 1, 1, 1, 1]))[0], 3)
    2.182
    """
    size = np.bincount(strata).astype(float)
    a, b = _centred(y, strata, size), _centred(x, strata, size)
    squares = np.bincount(strata, a**2) * np.bincount(strata, b**2)
    variance = (squares[size > 1] / (size[size > 1] - 1)).sum()
    if not variance > 0:
        return NAN, NAN
    statistic = float((a * b).sum() ** 2 / variance)
    return statistic, float(stats.chi2.sf(statistic, 1))


# Parts.

def _ceiling(values: pd.DataFrame, low: float, high: float) -> pd.DataFrame:
    share = (values - low) / (high - low)
    mean, variance = share.mean(), share.var(ddof=0)
    varies = variance > checks.DUST
    table = pd.DataFrame({"n": values.count(), "mean": mean, "best": values.eq(high).sum() / values.count(),
                          "worst": values.eq(low).sum() / values.count(),
                          "skewness": share.skew().where(varies), "variance": variance})
    return table.assign(room=(variance / (mean * (1 - mean)).where(varies)))


def _level(table: np.ndarray) -> np.ndarray:
    """Mean of the marks given; NaN where there are none."""
    given = np.isfinite(table)
    with np.errstate(invalid="ignore"):
        return np.where(given, table, 0.0).sum(axis=1) / given.sum(axis=1)


@dataclass(frozen=True, eq=False)
class _Matching:
    """Overall level of the respondents and the number of its stratum; NaN and -1 where there is no level."""

    level: np.ndarray
    strata: np.ndarray

    @classmethod
    def of(cls, level: np.ndarray, levels: int) -> _Matching:
        """About equally large parts of the ordered levels; equal levels are never parted."""
        known, strata = np.isfinite(level), np.full(len(level), -1)
        _, codes, counts = np.unique(np.round(level[known], 9), return_inverse=True, return_counts=True)
        middle = (np.cumsum(counts) - counts / 2) / max(known.sum(), 1)       # place of each value in the order
        strata[known] = np.floor(middle * levels).astype(int)[codes]
        return cls(level, strata)


def _functioning(values: pd.DataFrame, matching: dict[str, _Matching], focus: np.ndarray, clusters: np.ndarray,
                 confidence: float) -> pd.DataFrame:
    rows = {code: _question(values[code].to_numpy(), matching[code], focus, clusters, confidence) for code in values}
    table = pd.DataFrame.from_dict(rows, orient="index").rename_axis("question")
    for p, q in (("p", "q"), ("p_interaction", "q_interaction")):
        tested = table[p].dropna()
        table[q] = pd.Series(stats.false_discovery_control(tested) if len(tested) else [], index=tested.index,
                             dtype=float).reindex(table.index)
    table["category"] = [_category(row.effect, row.q) for row in table.itertuples()]
    return table[["n_focal", "n_reference", "smd", "low", "high", "sd", "effect", "chi_square", "p", "q", "mantel",
                  "interaction", "p_interaction", "q_interaction", "category"]]


def _question(y: np.ndarray, matching: _Matching, focus: np.ndarray, clusters: np.ndarray,
              confidence: float) -> dict[str, float]:
    """Statistics of one question over the strata that hold both clienteles."""
    known = np.isfinite(y) & (matching.strata >= 0)
    sd = float(y[known].std(ddof=1)) if known.sum() > 1 else NAN
    size = np.bincount(matching.strata[known], minlength=1)
    of_focal = np.bincount(matching.strata[known], focus[known], minlength=1)
    used = known & ((of_focal > 0) & (of_focal < size))[matching.strata]
    y, g, level, cluster = y[used], focus[used], matching.level[used], clusters[used]
    counts = {"n_focal": int(g.sum()), "n_reference": int((1 - g).sum()), "sd": sd}
    found = dict.fromkeys(("smd", "low", "high", "effect", "chi_square", "p", "mantel", "interaction",
                           "p_interaction"), NAN)
    if not len(y) or not sd > 0:
        return {**found, **counts}
    strata = np.unique(matching.strata[used], return_inverse=True)[1]
    size = np.bincount(strata).astype(float)
    a, b = _centred(y, strata, size), _centred(g, strata, size)               # y_i - mean y_k, g_i - mean g_k
    groups = len(np.unique(cluster))
    inflate = groups / max(groups - 1, 1)
    robust = inflate * (np.bincount(cluster, a * b) ** 2).sum()
    if robust > 0:
        found["chi_square"] = float((a * b).sum() ** 2 / robust)
        found["p"] = float(stats.chi2.sf(found["chi_square"], 1))
    found["mantel"] = mantel(y, g, strata)[0]
    found |= _standardised(y, g, strata, cluster, inflate, confidence)
    found["effect"] = found["smd"] / sd
    of_stratum = (np.bincount(strata, level) / size)[strata]
    found |= _interaction(a, b, of_stratum - of_stratum.mean(), cluster, inflate)
    return {**found, **counts}


def _standardised(y: np.ndarray, g: np.ndarray, strata: np.ndarray, cluster: np.ndarray, inflate: float,
                  confidence: float) -> dict[str, float]:
    """Standardised mean difference with an interval from the centres' parts of its linearised error."""
    focal, rest = np.bincount(strata, g), np.bincount(strata, 1 - g)
    mean_focal, mean_rest = np.bincount(strata, g * y) / focal, np.bincount(strata, (1 - g) * y) / rest
    weight, apart = focal / focal.sum(), mean_focal - mean_rest
    smd = float((weight * apart).sum())
    part = np.where(g > 0, (y - mean_focal[strata] + apart[strata] - smd) / focal.sum(),
                    -weight[strata] * (y - mean_rest[strata]) / rest[strata])
    half = normal_quantile(confidence) * float(np.sqrt(inflate * (np.bincount(cluster, part) ** 2).sum()))
    return {"smd": smd, "low": smd - half, "high": smd + half}


def _interaction(a: np.ndarray, b: np.ndarray, level: np.ndarray, cluster: np.ndarray,
                 inflate: float) -> dict[str, float]:
    """Change of the difference with the level: regression on the clientele and its product with the level."""
    spread, squares_b = level.std(), (b**2).sum()
    nothing = {"interaction": NAN, "p_interaction": NAN}
    if not spread > 0:
        return nothing
    product = b * level / spread
    product = product - b * (b * product).sum() / squares_b
    squares = (product**2).sum()
    if not squares > checks.DUST * squares_b:
        return nothing
    slope = float((product * a).sum() / squares)
    rest = a - b * (b * a).sum() / squares_b - slope * product
    error = float(np.sqrt(inflate * (np.bincount(cluster, product * rest) ** 2).sum())) / squares
    return {"interaction": slope, "p_interaction": float(2 * stats.norm.sf(abs(slope) / error)) if error > 0 else NAN}


def _category(effect: float, q: float) -> str:
    if np.isnan(effect) or np.isnan(q):
        return ""
    sign = "+" if effect > 0 else "-"
    if q > SIGNIFICANT or abs(effect) <= MODERATE:
        return "A"
    return f"{'B' if abs(effect) <= LARGE else 'C'}{sign}"


def _centred(values: np.ndarray, strata: np.ndarray, size: np.ndarray) -> np.ndarray:
    return values - (np.bincount(strata, values) / size)[strata]


def _product_moment(sums: np.ndarray, whole: np.ndarray) -> float:
    """Correlation from sums of squares x, y and products; NaN where one is dust of the whole."""
    if not (sums[:2] > checks.DUST * np.maximum(whole[:2], 1e-300)).all():
        return NAN
    return float(np.clip(sums[2] / np.sqrt(sums[0] * sums[1]), -1, 1))


def _fisher(r: float, df: float, confidence: float) -> Interval:
    if np.isnan(r) or abs(r) >= 1 - checks.DUST or df <= 0:
        return NOWHERE
    half = normal_quantile(confidence) / np.sqrt(df)
    return float(np.tanh(np.arctanh(r) - half)), float(np.tanh(np.arctanh(r) + half))


def _jackknife(r: float, without: np.ndarray, whole: np.ndarray, confidence: float) -> Interval:
    """On the scale of z, from the sums without each group."""
    if np.isnan(r) or abs(r) >= 1 - checks.DUST:
        return NOWHERE
    values = np.array([_product_moment(sums, whole) for sums in without])
    with np.errstate(divide="ignore", invalid="ignore"):
        z = np.arctanh(values)
    if not np.isfinite(z).all():
        return NOWHERE
    half = half_width(z.mean() - z, confidence)
    return float(np.tanh(np.arctanh(r) - half)), float(np.tanh(np.arctanh(r) + half))


def _ratio(part: float, whole: float) -> float:
    return float(part / whole) if whole > 0 else NAN


# What must hold of the data.

def _matched(columns: dict[str, pd.Series], groups: pd.Series, what: str) -> tuple[pd.DataFrame, np.ndarray, int]:
    """Complete rows in the order of their labels, numbers of their groups, how many were left out."""
    for name, series in columns.items():
        checks.unique(series.index, f"{what}: {name}")
    checks.unique(groups.index, f"{what}: группы")
    names = list(columns)
    common = columns[names[0]].index
    for series in columns.values():
        common = common.intersection(series.index, sort=False)
    table = pd.DataFrame({name: series.reindex(common).astype(float) for name, series in columns.items()})
    whole = table.dropna()
    infinite = ~np.isfinite(whole)
    if infinite.to_numpy().any():
        unit, name = infinite.stack()[lambda cell: cell].index[0]
        raise InputError(f"{what}: значение должно быть конечным, найдена бесконечность: {unit} × {name}.")
    known = groups.reindex(whole.index)
    alone = whole.index[known.isna()]
    if len(alone):
        raise InputError(f"{what}: не указана группа единиц: {', '.join(map(str, alone[:5]))} (всего {len(alone)}).")
    everyone = columns[names[0]].index
    for series in columns.values():
        everyone = everyone.union(series.index, sort=False)
    if whole.empty:
        raise NotPublishable(f"{what}: нет ни одной единицы со всеми значениями. Проверьте, одинаковы ли коды единиц.")
    ordered = whole.iloc[np.argsort(whole.index.astype(str), kind="stable")]
    return ordered, pd.factorize(known[ordered.index], sort=True)[0], len(everyone) - len(whole)


def _answers(marks: pd.DataFrame, what: str) -> pd.DataFrame:
    checks.unique(marks.index, f"{what}: респонденты")
    checks.unique(marks.columns, f"{what}: вопросы")
    return pd.DataFrame(numbers(marks, what), marks.index, marks.columns)


def _labelled(labels: pd.Series, rows: pd.Index, what: str) -> pd.Series:
    checks.unique(labels.index, what)
    found = labels.reindex(rows)
    if found.isna().any():
        missing = rows[found.isna()]
        raise InputError(f"{what}: не указана у респондентов: {', '.join(map(str, missing[:5]))} "
                         f"(всего {len(missing)}).")
    return found
