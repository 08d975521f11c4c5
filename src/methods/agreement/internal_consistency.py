"""How reliable is the sum of a set of indicators: Cronbach's alpha, halves, McDonald's omega and its factor models."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from math import comb
from typing import Literal

import numpy as np
import pandas as pd
from scipy import optimize, stats
from statsmodels.multivariate.factor import Factor

from methods import checks
from methods.agreement.correlation import NOWHERE, Interval
from methods.agreement.inputs import FEWEST, confident, numbers, one_of
from methods.agreement.random_intercept import spearman_brown
from methods.agreement.variance_ratio import FEWEST_JACKKNIFE, GroupSums, crossed_jackknife_law, share
from methods.errors import InputError, NotPublishable

ALL_SPLITS = 100_000      # halves of 20 indicators: 92,378
LEAST_UNIQUENESS = 0.005  # a smaller unique variance is a Heywood case


@dataclass(frozen=True, eq=False)
class CronbachAlpha:
    """Internal consistency of a set of indicators and what each of them does to it."""

    alpha: float
    interval: Interval
    items: pd.DataFrame     # indicator -> mean, sd, item_total (corrected), alpha_if_dropped
    n: int                  # respondents (or centres) used; pairwise: the fewest in a pair
    dropped: int            # left out for a gap (listwise)
    method: str             # of the interval: "feldt" or "jackknife"
    confidence: float
    why: str = ""


@dataclass(frozen=True, eq=False)
class SplitHalf:
    """Reliability from halves of a set of indicators."""

    splits: pd.DataFrame       # split -> guttman, spearman_brown
    lambda4: float             # the largest Guttman value: Guttman's lambda-4
    best: tuple[str, ...]      # the half that gives it (the other half is the rest)
    exhaustive: bool           # all splits, or a random choice
    seed: int

    def summary(self) -> pd.DataFrame:
        """Mean, quartiles and extremes over the splits."""
        return self.splits.describe(percentiles=[0.05, 0.25, 0.5, 0.75, 0.95])


@dataclass(frozen=True, eq=False)
class Omega:
    """McDonald's omega: reliability of the sum of indicators under a factor model."""

    total: float               # share of all common factors in the variance of the sum
    hierarchical: float        # share of the general factor
    common_share: float        # explained common variance: general / all common
    loadings: pd.DataFrame     # indicator -> general, one column a group factor, uniqueness; standardised
    structure: str             # "one", "three" or "groups"
    n: int
    dropped: int
    why: str = ""


def cronbach_alpha(items: pd.DataFrame, confidence: float = 0.95, *,
                   interval: Literal["auto", "feldt", "jackknife"] = "auto",
                   gaps: Literal["listwise", "pairwise"] = "listwise") -> CronbachAlpha:
    r"""Cronbach's alpha with an interval, item-total correlations and alpha without each indicator.

    .. math:: \alpha = \frac{k}{k - 1}\Bigl(1 - \frac{\sum_j s_j^2}{s_T^2}\Bigr) = ICC(C,k), \qquad
              1 - (1 - \alpha) F_{.975} \le \alpha \le 1 - (1 - \alpha) F_{.025}, \; F \sim F_{n-1,\,(n-1)(k-1)}

    Feldt's interval (right) is exact for normal, parallel indicators and holds in 78-82 % for marks at the ceiling;
    the jackknife of :math:`\ln(1 - \alpha)` needs no distribution. `auto` takes the jackknife from 20 rows on.

    Parameters
    ----------
    items : DataFrame, shape (n respondents or centres, k indicators)
        All directions turned alike; normalise first if the units differ. At least 3 rows and 2 varying indicators.
    gaps : {"listwise", "pairwise"}
        Leave out rows with a gap, or take each covariance over the rows that have both (then the interval is Feldt's at
        the smallest number of rows in a pair).

    Raises
    ------
    NotPublishable
        One indicator, too few rows, or an indicator that does not vary (named).

    References
    ----------
    Cronbach (1951), doi:10.1007/BF02310555. Feldt, Woodruff, Salih (1987), doi:10.1177/014662168701100107.
    Maydeu-Olivares, Coffman, Hartmann (2007), doi:10.1037/1082-989X.12.2.157, on intervals without a distribution.

    Examples
    --------
    >>> marks = pd.DataFrame({"a": [1, 2, 3, 4, 5], "b": [2, 1, 4, 3, 5], "c": [1, 3, 2, 5, 4]})
    >>> found = cronbach_alpha(marks)
    >>> round(found.alpha, 3), found.items["alpha_if_dropped"].round(3).to_dict()
    (0.838, {'a': 0.462, 'b': 0.889, 'c': 0.889})
    """
    what = "Альфа Кронбаха"
    confident(confidence, what)
    one_of(interval, ("auto", "feldt", "jackknife"), what)
    one_of(gaps, ("listwise", "pairwise"), what)
    values, n, dropped = _items(items, what, gaps)
    holes = bool(values.isna().to_numpy().any())
    if holes and interval == "jackknife":
        raise InputError(f"{what}: интервал складного ножа считается по полным строкам. Задайте gaps=\"listwise\" или "
                         "interval=\"feldt\".")
    covariance = values.cov()
    alpha, k, notes = _alpha(covariance.to_numpy(), what), values.shape[1], []
    low, high = (1 - (1 - alpha) * stats.f.ppf(p, n - 1, (n - 1) * (k - 1))
                 for p in ((1 + confidence) / 2, (1 - confidence) / 2))
    method = "feldt"
    if 1 - alpha <= checks.DUST:
        low, high = NOWHERE
        notes.append("показатели повторяют друг друга: расхождений нет, интервал не определён")
    elif not holes and (interval == "jackknife" or (interval == "auto" and n >= FEWEST_JACKKNIFE)):
        marks = values.to_numpy()
        law = crossed_jackknife_law(marks, GroupSums.crossed(marks), alpha / (1 - alpha) / k, confidence)
        if np.isfinite(law.half):
            (low, high), method = (spearman_brown(share(bound), k) for bound in law.interval), "jackknife"
        else:
            notes.append("все расхождения показателей — в одной строке: интервал складного ножа не определён, взят "
                         "интервал Фелдта")
    if alpha < 0:
        notes.append("альфа отрицательна: показатели в среднем связаны обратно; проверьте их направления")
    if holes:
        notes.append(f"ковариации попарные, наименьшее число строк в паре — {n}")
    statistics = _item_statistics(values, covariance, what)
    return CronbachAlpha(alpha, (float(low), float(high)), statistics, n, dropped, method, confidence, "; ".join(notes))


def split_half(items: pd.DataFrame, splits: int = 10_000, seed: int = 0) -> SplitHalf:
    r"""Split-half reliability over all splits into halves, or over `splits` random ones if there are more than 100,000.

    .. math:: \lambda_4 = \frac{4 \operatorname{cov}(A, B)}{\operatorname{var}(A + B)}, \qquad
              r_{SB} = \frac{2 r_{AB}}{1 + r_{AB}}

    With an even number of indicators the mean of Guttman's value over all splits is Cronbach's alpha. An odd number is
    split into halves that differ by one indicator.

    Parameters
    ----------
    items : DataFrame, shape (n respondents or centres, k indicators)
        Rows with a gap are left out. At least 3 rows and 2 indicators, each varying.

    References
    ----------
    Guttman (1945), A basis for analyzing test-retest reliability, doi:10.1007/BF02288892. Cronbach (1951), section II,
    doi:10.1007/BF02310555.

    Examples
    --------
    >>> marks = pd.DataFrame({"a": [1, 2, 3, 4, 5], "b": [2, 1, 4, 3, 5], "c": [1, 3, 2, 5, 4], "d": [1, 2, 4, 3, 5]})
    >>> found = split_half(marks)
    >>> len(found.splits), round(found.lambda4, 3), found.best, round(float(found.splits["guttman"].mean()), 3)
    (3, 0.968, ('a', 'd'), 0.903)
    """
    what = "Надёжность по половинам"
    if splits < 1 or seed < 0:
        raise InputError(f"{what}: разбиений должно быть не меньше 1, seed — не меньше 0; задано splits={splits}, "
                         f"seed={seed}.")
    values, _, _ = _items(items, what, "listwise")
    values = values[sorted(values.columns, key=str)]
    k = values.shape[1]
    count = comb(k, k // 2) // (2 if k % 2 == 0 else 1)
    if count <= ALL_SPLITS:
        halves = [half for half in combinations(range(k), k // 2) if k % 2 or 0 in half]
    else:
        rng = np.random.default_rng(seed)
        halves = [np.sort(rng.permutation(k)[: k // 2]) for _ in range(splits)]
    side = np.full((len(halves), k), -1.0)
    side[np.arange(len(halves))[:, None], np.array(halves)] = 1.0
    covariance = values.cov().to_numpy()
    total, apart = covariance.sum(), ((side @ covariance) * side).sum(axis=1)  # variances of A + B and of A - B
    first = (1 + side) / 2
    a = ((first @ covariance) * first).sum(axis=1)
    shared = (total - apart) / 4                                               # cov(A, B)
    b = total - a - 2 * shared
    if not (total > 0 and (a > 0).all() and (b > 0).all()):
        raise NotPublishable(f"{what}: сумма показателей одной из половин не меняется, надёжность не определена. "
                             "Проверьте направления показателей.")
    with np.errstate(divide="ignore"):  # halves that are exact opposites: -inf
        r = shared / np.sqrt(a * b)
        frame = pd.DataFrame({"guttman": 1 - apart / total, "spearman_brown": 2 * r / (1 + r)})
    best = int(frame["guttman"].to_numpy().argmax())
    return SplitHalf(frame, float(frame["guttman"].max()), tuple(values.columns[list(halves[best])]),
                     count <= ALL_SPLITS, seed)


def omega(items: pd.DataFrame, structure: Literal["one", "three"] | Mapping[str, str] = "one") -> Omega:
    r"""McDonald's omega of the sum of indicators: share of its variance that common factors explain.

    .. math:: \omega_t = 1 - \frac{\sum_j s_j^2 u_j^2}{s_T^2}, \qquad
              \omega_h = \frac{(\sum_j s_j g_j)^2}{s_T^2}

    with general loadings :math:`g` and uniquenesses :math:`u^2` of the standardised indicators. A high total beside a
    low hierarchical omega says that the sum is reliable but measures several things.

    Parameters
    ----------
    items : DataFrame, shape (n respondents or centres, k indicators)
        Rows with a gap are left out; more rows than indicators.
    structure : "one", "three" or a mapping of indicators to groups
        One general factor by maximum likelihood; three oblique factors (principal axes, oblimin) with a
        Schmid-Leiman general factor above them; or a bifactor model by maximum likelihood, a general factor and one for
        each group of two indicators or more (in a group of two their loadings are equal).

    Raises
    ------
    InputError
        A mapping that does not cover the indicators.
    NotPublishable
        Too few rows or indicators, an indicator that does not vary, factors that were not found.

    References
    ----------
    McDonald (1999), Test Theory, ch. 6. Zinbarg, Revelle, Yovel, Li (2005), doi:10.1007/s11336-003-0974-7. Schmid,
    Leiman (1957), doi:10.1007/BF02289209.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> common = rng.normal(size=(500, 1))
    >>> marks = pd.DataFrame(0.8 * common + 0.6 * rng.normal(size=(500, 4)), columns=list("abcd"))
    >>> found = omega(marks)                                           # true value: .877
    >>> round(found.total, 3), found.loadings["general"].round(2).to_list()
    (0.883, [0.81, 0.82, 0.82, 0.79])
    """
    what = "Омега Макдональда"
    values, n, dropped = _items(items, what, "listwise")
    k = values.shape[1]
    if n <= k:
        raise NotPublishable(f"{what}: строк должно быть больше, чем показателей: строк {n}, показателей {k}.")
    if k < 3:
        raise NotPublishable(f"{what}: нужно не меньше трёх показателей, найдено {k}. Возьмите альфу Кронбаха.")
    values = values[sorted(values.columns, key=str)]                    # the search starts where the labels say
    r = values.corr().to_numpy()
    name, titles = "one", []
    if isinstance(structure, Mapping):
        name, (titles, loadings) = "groups", _bifactor(r, list(values.columns), structure, what)
    elif structure == "three":
        name, titles, loadings = "three", ["group_1", "group_2", "group_3"], _schmid_leiman(r, what)
    else:
        one_of(structure, ("one", "three"), what)
        loadings = _maximum_likelihood(r, np.ones((k, 1), dtype=int), what)
    loadings = loadings * np.where(loadings.sum(axis=0) < 0, -1, 1)
    uniqueness = 1 - (loadings**2).sum(axis=1)
    s = values.std().to_numpy()
    variance = s @ r @ s
    heywood = values.columns[uniqueness <= LEAST_UNIQUENESS * 1.01]
    why = "" if heywood.empty else (f"случай Хейвуда: собственная дисперсия у нуля ({', '.join(map(str, heywood))}); "
                                    "омега ненадёжна, нужны другая структура или больше строк")
    table = pd.DataFrame(np.column_stack([loadings, uniqueness]), index=values.columns,
                         columns=["general", *titles, "uniqueness"]).loc[items.columns]
    return Omega(float(1 - s**2 @ uniqueness / variance), float((s @ loadings[:, 0]) ** 2 / variance),
                 float((loadings[:, 0] ** 2).sum() / (loadings**2).sum()), table, name, n, dropped, why)


# Alpha.

def _alpha(covariance: np.ndarray, what: str) -> float:
    """From the covariances of the indicators."""
    k, total = len(covariance), covariance.sum()
    if not total > checks.DUST * np.trace(covariance):
        raise NotPublishable(f"{what}: сумма показателей не меняется, альфа не определена. Проверьте направления.")
    return float(k / (k - 1) * (1 - np.trace(covariance) / total))


def _item_statistics(values: pd.DataFrame, covariance: pd.DataFrame, what: str) -> pd.DataFrame:
    """What each indicator does to the sum: correlation with the others and alpha without it."""
    c = covariance.to_numpy()
    own, row, total = np.diag(c), c.sum(axis=1), c.sum()
    rest = total - 2 * row + own                                                # variance of the sum of the others
    with np.errstate(divide="ignore", invalid="ignore"):
        item_total = np.where(rest > checks.DUST * total, (row - own) / np.sqrt(own * np.abs(rest)), np.nan)
    dropped = []
    for number in range(len(c)):
        others = np.delete(np.delete(c, number, 0), number, 1)
        usable = len(c) > 2 and others.sum() > checks.DUST * np.trace(others)
        dropped.append(_alpha(others, what) if usable else np.nan)
    return pd.DataFrame({"mean": values.mean(), "sd": values.std(), "item_total": item_total,
                         "alpha_if_dropped": dropped}, index=values.columns)


# Factor models of standardised indicators.

def _maximum_likelihood(r: np.ndarray, pattern: np.ndarray, what: str) -> np.ndarray:
    """Loadings, indicators x orthogonal factors; entries of the pattern: 0 none, 1 free, 2 equal within the column."""
    k, factors = pattern.shape
    cells = [(row, column) for row, column in zip(*np.nonzero(pattern == 1), strict=True)]
    tied = [column for column in range(factors) if (pattern[:, column] == 2).any()]
    place = np.zeros((k * factors, len(cells) + len(tied)))                     # loadings = place @ parameters
    for number, (row, column) in enumerate(cells):
        place[row * factors + column, number] = 1
    for number, column in enumerate(tied, start=len(cells)):
        place[np.flatnonzero(pattern[:, column] == 2) * factors + column, number] = 1

    def discrepancy(parameters: np.ndarray) -> tuple[float, np.ndarray]:
        loadings = (place @ parameters[k:]).reshape(k, factors)
        sigma = loadings @ loadings.T + np.diag(parameters[:k])
        inverse = np.linalg.inv(sigma)
        gradient = inverse - inverse @ r @ inverse
        return (np.linalg.slogdet(sigma)[1] + np.trace(r @ inverse),
                np.concatenate([np.diag(gradient), place.T @ (2 * gradient @ loadings).ravel()]))

    first = np.abs(np.linalg.eigh(r)[1][:, -1]) * np.sqrt(np.linalg.eigvalsh(r)[-1])
    guess = np.where(pattern > 0, 0.4, 0.0)
    guess[:, 0] = np.clip(first, 0.2, 0.9) * (0.8 if factors > 1 else 1.0)
    start = np.concatenate([np.clip(1 - (guess**2).sum(axis=1), 0.1, 0.9), np.linalg.pinv(place) @ guess.ravel()])
    limits = [(LEAST_UNIQUENESS, None)] * k + [(None, None)] * place.shape[1]
    found = optimize.minimize(discrepancy, start, jac=True, method="L-BFGS-B", bounds=limits,
                              options={"maxiter": 5000, "maxfun": 20000, "ftol": 1e-15, "gtol": 1e-9})
    free = found.x[:k] > LEAST_UNIQUENESS
    if np.abs(found.jac[np.concatenate([free, np.ones(place.shape[1], dtype=bool)])]).max() > 1e-4:
        raise NotPublishable(f"{what}: факторная модель не сошлась. Нужна более простая структура или больше строк.")
    return (place @ found.x[k:]).reshape(k, factors)


def _bifactor(r: np.ndarray, items: list[str], groups: Mapping[str, str],
              what: str) -> tuple[list[str], np.ndarray]:
    """Names of the group factors and loadings: the general factor first."""
    checks.same_labels(pd.Index(list(groups)), pd.Index(items), f"{what}: группы показателей")
    members = pd.Series(dict(groups))[items]
    counts = members.value_counts()
    titles = sorted(counts.index[counts >= 2], key=str)
    if len(titles) < 3:
        raise NotPublishable(
            f"{what}: общую часть отделяют от групповых не меньше трёх групп по два показателя и больше, таких групп "
            f"{len(titles)} ({', '.join(map(str, titles)) or '—'}). Возьмите structure=\"one\".")
    pattern = np.ones((len(items), len(titles) + 1), dtype=int)
    for number, title in enumerate(titles, start=1):
        pattern[:, number] = np.where(members == title, 2 if counts[title] == 2 else 1, 0)
    return [str(title) for title in titles], _maximum_likelihood(r, pattern, what)


def _schmid_leiman(r: np.ndarray, what: str) -> np.ndarray:
    """General and three group loadings: principal axes, oblimin, a second-order factor (Schmid, Leiman 1957)."""
    if len(r) < 6:
        raise NotPublishable(f"{what}: для трёх факторов нужно не меньше шести показателей, найдено {len(r)}.")
    try:
        with np.errstate(divide="ignore", invalid="ignore"):                    # indicators that repeat each other
            found = Factor(corr=r, n_factor=3, method="pa").fit(maxiter=2000, tol=1e-8)
        found.rotate("oblimin")
    except (ValueError, np.linalg.LinAlgError) as error:
        raise NotPublishable(f"{what}: три фактора не найдены ({error}). Возьмите structure=\"one\" или группы."
                             ) from error
    sign = np.where(found.loadings.sum(axis=0) < 0, -1.0, 1.0)
    loadings = found.loadings * sign
    between = found.rotation_matrix.T @ found.rotation_matrix * np.outer(sign, sign)
    one, two, three = between[1, 2], between[0, 2], between[0, 1]
    squares = np.array([two * three / one, one * three / two, one * two / three]) if one * two * three > 0 else None
    if squares is None or (squares >= 1).any() or (1 - found.communality <= 0).any():
        raise NotPublishable(
            f"{what}: у трёх факторов нет общего (их корреляции: {one:.2f}, {two:.2f}, {three:.2f}), иерархическая "
            "омега не определена. Возьмите structure=\"one\" или группы.")
    order = np.argsort(-(loadings**2).sum(axis=0), kind="stable")
    general, loadings = np.sqrt(squares)[order], loadings[:, order]
    return np.column_stack([loadings @ general, loadings * np.sqrt(1 - general**2)])


# What must hold of the indicators.

def _items(items: pd.DataFrame, what: str, gaps: str) -> tuple[pd.DataFrame, int, int]:
    """Rows that can be used, their number (pairwise: the fewest in a pair), rows left out."""
    checks.unique(items.index, f"{what}: строки")
    checks.unique(items.columns, f"{what}: показатели")
    values = pd.DataFrame(numbers(items, what), index=items.index, columns=items.columns)
    if values.shape[1] < 2:
        raise NotPublishable(f"{what}: нужно не меньше двух показателей, найдено {values.shape[1]}.")
    kept = values.dropna(how="any" if gaps == "listwise" else "all")
    present = kept.notna().astype(int)
    n = len(kept) if gaps == "listwise" else int((present.T @ present).to_numpy().min())
    if n < FEWEST:
        raise NotPublishable(f"{what}: нужно не меньше {FEWEST} строк, где есть "
                             f"{'все показатели' if gaps == 'listwise' else 'оба показателя любой пары'}, найдено {n}.")
    for code in kept:
        if not kept[code].max() - kept[code].min() > checks.DUST * kept[code].abs().max():
            raise NotPublishable(f"{what}: показатель {code} одинаков во всех {int(kept[code].count())} строках. "
                                 "Исключите его.")
    return kept, n, len(values) - len(kept)
