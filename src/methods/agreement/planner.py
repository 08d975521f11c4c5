"""How many answers a centre needs, and where a fixed number of interviews helps most.

Precision, reliability and the risk of a wrong star are the same number of answers seen from three sides. `sd` is always
the standard deviation of one answer inside a centre, in the units of the value (marks, or shares of the scale);
`design_effect` is how many times the variance exceeds that of a simple random sample (Kish), 1 if it does not.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from scipy import special, stats

from methods import checks
from methods.agreement.correlation import normal_quantile
from methods.agreement.random_intercept import needed_size, spearman_brown
from methods.errors import InputError

Rule = Literal["neyman", "equal_precision", "grades"]
WORTHLESS = 1e-12  # stars that a further interview saves: below it, it is given to the least precise centre
NAN = float("nan")


@dataclass(frozen=True, eq=False)
class Allocation:
    """A fixed number of interviews divided among the centres: no other whole numbers are better by the rule."""

    table: pd.DataFrame   # centre -> n, error (standard error of its mean), half_width; by "grades" also stars_off
    rule: str
    objective: float      # what the rule makes least: sum of weighted variances, largest error, expected stars off
    total: int
    confidence: float


def half_width(sd: float, n: float, design_effect: float = 1.0, confidence: float = 0.95,
               population: float = np.inf) -> float:
    r"""Half of the interval of a centre's mean.

    .. math:: z_{\alpha/2} \sqrt{\mathrm{deff} \cdot s^2 \, (1/n - 1/N)}

    Parameters
    ----------
    sd : float
        Of one answer inside the centre.
    n : float
        Answers, above 0 and not above the population.
    population : float
        Clients the centre has; infinite if not stated.

    References
    ----------
    Cochran (1977), Sampling Techniques, section 2.6; Kish (1965), Survey Sampling, section 8.2, for the design effect.

    Examples
    --------
    >>> [round(half_width(1.0, n), 2) for n in (30, 50, 100, 200, 400)]
    [0.36, 0.28, 0.2, 0.14, 0.1]
    """
    _inputs("Полуширина интервала", sd=sd, design_effect=design_effect, confidence=confidence)
    if not 0 < n <= population:
        raise InputError(f"Полуширина интервала: ответов должно быть больше 0 и не больше числа клиентов, найдено "
                         f"{n:g} из {population:g}.")
    return float(normal_quantile(confidence) * sd * np.sqrt(design_effect * (1 / n - 1 / population)))


def answers_for_half_width(sd: float, width: float, design_effect: float = 1.0, confidence: float = 0.95,
                           population: float = np.inf) -> int:
    r"""Answers needed for a half-width: the inverse of `half_width`, rounded up.

    .. math:: n = \frac{n_0}{1 + n_0/N}, \quad n_0 = \mathrm{deff} \, (z_{\alpha/2} s / h)^2

    References
    ----------
    Cochran (1977), Sampling Techniques, section 4.6.

    Examples
    --------
    >>> answers_for_half_width(1.0, 0.2), answers_for_half_width(1.0, 0.2, population=120)
    (97, 54)
    """
    _inputs("Число ответов для полуширины", sd=sd, width=width, design_effect=design_effect, confidence=confidence)
    simple = design_effect * (normal_quantile(confidence) * sd / width) ** 2
    return _up(simple / (1 + simple / population))


def answers_to_separate(gap: float, sd: float, design_effect: float = 1.0, confidence: float = 0.95,
                        power: float = 0.8, against: Literal["centre", "cut_off"] = "centre") -> int:
    r"""Answers a centre needs for a difference of true values to be found significant with the stated power.

    .. math:: n = 2 \, \mathrm{deff} \Bigl(\frac{(z_{1-\alpha/2} + z_{1-\beta}) s}{\Delta}\Bigr)^2, \qquad
              n = \mathrm{deff} \Bigl(\frac{(z_{1-\alpha} + z_{1-\beta}) s}{\Delta}\Bigr)^2

    The first is for two centres `gap` apart, each with n answers, two-sided. The second is for one centre `gap` from a
    border of grades (tiers), one-sided: is it really beyond. Centres in the middle of neighbouring grades are one
    band apart and half a band from the border.

    Parameters
    ----------
    gap, sd : float
        In the same units, above 0.
    confidence, power : float
        1 - alpha and 1 - beta, between 0 and 1.

    References
    ----------
    Fleiss, Levin, Paik (2003), Statistical Methods for Rates and Proportions, chapter 4, doi:10.1002/0471445428; Cohen
    (1988), Statistical Power Analysis, chapter 2.

    Examples
    --------
    >>> answers_to_separate(0.5, 1.0), answers_to_separate(0.25, 1.0, against="cut_off")
    (63, 99)
    """
    what = "Число ответов, чтобы различить"
    _inputs(what, gap=gap, sd=sd, design_effect=design_effect, confidence=confidence, power=power)
    if against not in ("centre", "cut_off"):
        raise InputError(f"{what}: неизвестно «{against}», допустимы centre и cut_off.")
    two = against == "centre"
    z = stats.norm.ppf((1 + confidence) / 2 if two else confidence) + stats.norm.ppf(power)
    return max(_up((2 if two else 1) * design_effect * (z * sd / gap) ** 2), 1)


def reliability_of_mean(between_variance: float, sd: float, n: float, design_effect: float = 1.0) -> float:
    r"""Share of true differences in the variance of centres' means of n answers, Spearman-Brown.

    .. math:: \frac{\tau^2}{\tau^2 + \mathrm{deff} \, s^2 / n}

    Parameters
    ----------
    between_variance : float
        Of the true values of centres, :math:`\tau^2`.

    References
    ----------
    Spearman (1910), Brown (1910); Bliese (2000), ICC(2).

    Examples
    --------
    >>> [round(reliability_of_mean(0.04, 1.0, n), 2) for n in (25, 50, 100, 200, 400)]
    [0.5, 0.67, 0.8, 0.89, 0.94]
    """
    _inputs("Надёжность среднего", between_variance=between_variance, sd=sd, n=n, design_effect=design_effect)
    return spearman_brown(between_variance / (between_variance + design_effect * sd**2), n)


def answers_for_reliability(between_variance: float, sd: float, reliability: float, design_effect: float = 1.0) -> int:
    r"""Answers a centre needs for a reliability of its mean: the inverse of `reliability_of_mean`, rounded up.

    .. math:: n = \frac{\rho}{1-\rho} \cdot \frac{\mathrm{deff} \, s^2}{\tau^2}

    >>> answers_for_reliability(0.04, 1.0, 0.7)
    59
    """
    _inputs("Число ответов для надёжности", between_variance=between_variance, sd=sd, design_effect=design_effect)
    return max(_up(needed_size(between_variance / (between_variance + design_effect * sd**2), reliability)), 1)


def wrong_grade(scores: pd.Series, cut_offs: Sequence[float], errors: pd.Series | float) -> pd.DataFrame:
    r"""Probability that a centre gets another grade than that of its true score.

    .. math:: P = 1 - \Phi\Bigl(\frac{u - \theta}{e}\Bigr) + \Phi\Bigl(\frac{l - \theta}{e}\Bigr)

    where [l, u) is the band of the true score and e the standard error of the measured one.

    Parameters
    ----------
    scores : Series, shape (centres,)
        True scores to plan for; NaN stays NaN.
    cut_offs : ascending numbers
        Borders; a score equal to one belongs to the upper grade.
    errors : Series or float
        Standard errors, 0 or more, matched by label.

    Returns
    -------
    DataFrame, indexed as `scores`
        `grade` (1 is the lowest), `lower` and `higher` (probability of a grade below or above it) and `wrong`.

    References
    ----------
    Rudner (2001), Computing the expected proportions of misclassified examinees, doi:10.7275/an9m-2035

    Examples
    --------
    >>> wrong_grade(pd.Series({"C01": 0.5, "C02": 2.0}), [0.0], 0.5)["wrong"].round(4).to_dict()
    {'C01': 0.1587, 'C02': 0.0}
    """
    what = "Вероятность неверной звезды"
    checks.unique(scores.index, f"{what}: центры")
    cuts = _cuts(cut_offs, what)
    e = _by_centre(errors, scores.index, f"{what}: ошибка", least=0)
    theta = scores.to_numpy(dtype=float)
    grade = np.searchsorted(cuts, theta, side="right")
    edges = np.r_[-np.inf, cuts, np.inf]
    with np.errstate(divide="ignore", invalid="ignore"):
        below = np.where(e > 0, stats.norm.cdf((edges[grade] - theta) / e), 0.0)
        above = np.where(e > 0, stats.norm.sf((edges[np.minimum(grade + 1, len(cuts) + 1)] - theta) / e), 0.0)
    table = pd.DataFrame({"grade": grade + 1.0, "lower": below, "higher": above, "wrong": below + above},
                         index=scores.index)
    table.loc[~np.isfinite(theta)] = NAN
    return table


def sample_sizes(sizes: Iterable[int], sd: float, between_variance: float, distance: float,
                 design_effect: float = 1.0, confidence: float = 0.95, power: float = 0.8) -> pd.DataFrame:
    """What n answers a centre give: one row for each n.

    Parameters
    ----------
    distance : float
        From the true value to the nearest border of grades, for the probability of a wrong star.

    Returns
    -------
    DataFrame, indexed by n
        `half_width`, `reliability`, `gap` (the least difference of two centres found with the stated power) and `wrong`
        (probability of the wrong side of the border).

    Examples
    --------
    >>> sample_sizes([50, 200], sd=1.0, between_variance=0.04, distance=0.1).round(3).to_dict("index")[200]
    {'half_width': 0.139, 'reliability': 0.889, 'gap': 0.28, 'wrong': 0.079}
    """
    _inputs("Размеры выборки", sd=sd, between_variance=between_variance, distance=distance,
            design_effect=design_effect, confidence=confidence, power=power)
    z = normal_quantile(confidence) + stats.norm.ppf(power)
    rows = {}
    for n in sizes:
        half = half_width(sd, n, design_effect, confidence)
        error = sd * np.sqrt(design_effect / n)
        rows[n] = {"half_width": half,
                   "reliability": reliability_of_mean(between_variance, sd, n, design_effect),
                   "gap": float(z * error * 2**0.5), "wrong": float(stats.norm.sf(distance / error))}
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("n")


def allocate(total: int, sd: pd.Series, rule: Rule = "neyman", *, population: pd.Series | None = None,
             minimum: int | pd.Series = 2, importance: pd.Series | None = None, scores: pd.Series | None = None,
             score_errors: pd.Series | float = 0.0, cut_offs: Sequence[float] | None = None, share: float = 1.0,
             design_effect: float = 1.0, confidence: float = 0.95) -> Allocation:
    r"""Divide a fixed number of interviews among centres.

    `neyman` makes the variance of a weighted sum of means least, `equal_precision` the largest error of a centre, and
    `grades` the expected number of stars by which centres are graded wrongly:

    .. math:: \min \sum_i W_i^2 s_i^2 \Bigl(\frac1{n_i} - \frac1{N_i}\Bigr), \qquad
              \min \max_i s_i^2 \Bigl(\frac1{n_i} - \frac1{N_i}\Bigr), \qquad
              \min \sum_i \sum_c 2 T\Bigl(\frac{c - m_i}{\sqrt{\tau_i^2 + e_i^2}}, \frac{e_i}{\tau_i}\Bigr), \;
              e_i = \pi s_i \sqrt{\mathrm{deff} / n_i}

    subject to :math:`\sum n_i = n` and :math:`n_{\min} \le n_i \le N_i`. T is Owen's function: the c-th term is the
    probability that true score (normal about last year's :math:`m_i` with error :math:`\tau_i`) and measured score lie
    on different sides of the border c. Centres near a border get more; one known to be on it (:math:`\tau_i = 0`) gets
    the minimum, for no number of answers would settle it.

    All three gain less and less from each further interview, so that giving them one by one to the centre that gains
    most is exact in whole numbers: no rounding is needed and the total is kept.

    Parameters
    ----------
    total : int
        Interviews.
    sd : Series, shape (centres,)
        Of one answer inside each centre, above 0. All other series are matched to it by label.
    population : Series, optional
        Clients of each centre: an upper bound, and the finite-population correction of the first two rules.
    minimum : int or Series
        Answers everyone gets, 1 or more (2 for a standard error to exist).
    importance : Series, optional
        W of `neyman`; by default the population, or 1. Its power between 0 and 1 is Bankier's power allocation.
    scores, score_errors, cut_offs :
        Of `grades`: last year's scores, what is unknown of this year's true scores (standard deviation), borders.
    share : float
        Of `grades`: weight of the survey in the score, above 0; the rest of the score is known.

    Raises
    ------
    InputError
        Fewer interviews than the minima need, or more than there are clients.

    References
    ----------
    Neyman (1934), doi:10.2307/2342192. Wright (2017), Exact optimal sample allocation: more efficient than Neyman,
    algorithm III, doi:10.1016/j.spl.2017.04.026. Bankier (1988), Power allocations, The American Statistician 42,
    174-177.
    Owen (1956), Tables for computing bivariate normal probabilities, doi:10.1214/aoms/1177728074, for T.

    Examples
    --------
    Wright (2017): three strata of 47, 61 and 41 with standard deviations 10, 6 and 4.

    >>> strata = ["A", "B", "C"]
    >>> sd, population = pd.Series([10.0, 6, 4], strata), pd.Series([47, 61, 41], strata)
    >>> allocate(10, sd, population=population, minimum=pd.Series([1, 2, 3], strata)).table["n"].to_dict()
    {'A': 4, 'B': 3, 'C': 3}
    """
    what = "Распределение интервью"
    _inputs(what, design_effect=design_effect, confidence=confidence, share=share)
    checks.unique(sd.index, f"{what}: центры")
    if sd.empty:
        raise InputError(f"{what}: не указано ни одного центра.")
    order = np.argsort(sd.index.astype(str), kind="stable")
    centres = sd.index[order]
    s = _by_centre(sd, centres, f"{what}: стандартное отклонение ответа", above=0)
    most = np.full(len(centres), np.inf)
    if population is not None:
        most = np.floor(_by_centre(population, centres, f"{what}: число клиентов", least=1))
    least = np.ceil(_by_centre(minimum, centres, f"{what}: наименьшее число ответов", least=1))
    _feasible(total, least, most, centres, what)
    if rule == "neyman":
        w = np.where(np.isfinite(most), most, 1.0) if importance is None else _by_centre(
            importance, centres, f"{what}: важность", least=0)
        priority, value = _neyman(w * s, most)
    elif rule == "equal_precision":
        priority, value = _equal_precision(s * design_effect**0.5, most)
    elif rule == "grades":
        if scores is None or cut_offs is None:
            raise InputError(f"{what}: правилу grades нужны баллы прошлого года (scores) и границы звёзд (cut_offs).")
        priority, value = _grades(
            share * s * design_effect**0.5, _by_centre(scores, centres, f"{what}: балл"),
            _by_centre(score_errors, centres, f"{what}: неопределённость балла", least=0), _cuts(cut_offs, what))
    else:
        raise InputError(f"{what}: правило «{rule}» неизвестно, допустимы neyman, equal_precision и grades.")
    fewest, cap = least.astype(np.int64), np.minimum(most, total).astype(np.int64)
    n = _greedy(int(total), priority, fewest, cap, WORTHLESS if rule == "grades" else 0.0)
    if n.sum() < total:                                            # the rule cares no more: to the largest error
        n = _greedy(int(total), _equal_precision(s, most)[0], n, cap)
    parts = value(n)
    error = s * np.sqrt(design_effect * np.maximum(1 / n - 1 / most, 0))
    table = pd.DataFrame({"n": n, "error": error, "half_width": normal_quantile(confidence) * error}, index=centres)
    if rule == "grades":
        table["stars_off"] = parts
    objective = parts.max() ** 0.5 if rule == "equal_precision" else parts.sum()
    return Allocation(table.loc[sd.index], rule, float(objective), int(total), confidence)


# Rules: what one more interview is worth to each centre, and what is made least.

_Rule = tuple[Callable[[np.ndarray], np.ndarray], Callable[[np.ndarray], np.ndarray]]


def _neyman(weighted: np.ndarray, most: np.ndarray) -> _Rule:
    return (lambda n: weighted**2 / (n * (n + 1.0)),
            lambda n: weighted**2 * np.maximum(1 / n - 1 / most, 0))


def _equal_precision(s: np.ndarray, most: np.ndarray) -> _Rule:
    def variance(n: np.ndarray) -> np.ndarray:
        return s**2 * np.maximum(1 / n - 1 / most, 0)

    return variance, variance                      # the next interview belongs to whoever has the largest error


def _grades(s: np.ndarray, scores: np.ndarray, unknown: np.ndarray, cuts: np.ndarray) -> _Rule:
    away = cuts - scores[:, None]

    def stars_off(n: np.ndarray) -> np.ndarray:
        error = (s / np.sqrt(n))[:, None]
        spread = np.sqrt(unknown[:, None] ** 2 + error**2)
        with np.errstate(divide="ignore"):
            return (2 * special.owens_t(away / spread, error / unknown[:, None])).sum(axis=1)

    return lambda n: stars_off(n) - stars_off(n + 1), stars_off


def _greedy(total: int, priority: Callable[[np.ndarray], np.ndarray], least: np.ndarray, most: np.ndarray,
            worthless: float = 0.0) -> np.ndarray:
    """One interview after another to the highest priority, as long as it is above `worthless`.

    Most are given at once, to all centres above a threshold of the priority; the rest, at the threshold, one by one.
    """
    def up_to(threshold: float) -> np.ndarray:
        """The least numbers at which no further interview is worth the threshold: bisection, centre by centre."""
        low, high = least.copy(), most.copy()
        while (low < high).any():
            middle = (low + high) // 2
            worth = priority(middle) >= threshold
            low, high = np.where(worth & (low < high), middle + 1, low), np.where(worth, high, middle)
        return low

    n, first = least.copy(), float(priority(least).max())
    if first <= worthless:
        return n
    dear, cheap = np.log(first) + 1, np.log(max(worthless, 1e-300))
    everything = up_to(np.exp(cheap))
    if everything.sum() <= total:
        return everything
    for _ in range(60):
        middle = (dear + cheap) / 2
        found = up_to(np.exp(middle))
        if found.sum() <= total:
            dear, n = middle, found
        else:
            cheap = middle
    worth = priority(n)
    queue = [(-float(worth[i]), i) for i in np.flatnonzero(n < most)]
    heapq.heapify(queue)
    for _ in range(total - int(n.sum())):
        _, i = heapq.heappop(queue)
        n[i] += 1
        if n[i] < most[i]:
            heapq.heappush(queue, (-float(priority(n)[i]), i))
    return n


# What must hold of the data.

_WORDS = {"sd": "стандартное отклонение ответа", "width": "полуширина", "gap": "различие", "design_effect":
          "эффект дизайна", "between_variance": "дисперсия между центрами", "n": "число ответов", "distance":
          "расстояние до границы", "share": "доля опроса в балле", "confidence": "доверие", "power": "мощность"}


def _inputs(what: str, **numbers: float) -> None:
    for name, value in numbers.items():
        if name in ("confidence", "power"):
            if not 0 < value < 1:
                raise InputError(f"{what}: {_WORDS[name]} — число больше 0 и меньше 1, найдено {value:g}.")
        elif not 0 < value < np.inf:
            raise InputError(f"{what}: {_WORDS[name]} — число больше 0, найдено {value:g}.")


def _by_centre(values: pd.Series | float, centres: pd.Index, what: str, least: float = -np.inf,
               above: float = -np.inf) -> np.ndarray:
    if not isinstance(values, pd.Series):
        values = pd.Series(float(values), centres)
    checks.unique(values.index, what)
    found = values.reindex(centres).to_numpy(dtype=float, na_value=NAN)
    wrong = ~(np.isfinite(found) & (found >= least) & (found > above))
    if wrong.any():
        rule = f" больше {above:g}" if above > -np.inf else f" не меньше {least:g}" if least > -np.inf else ""
        raise InputError(f"{what} — число{rule}, иначе у центров: {', '.join(map(str, centres[wrong][:5]))} "
                         f"(всего {int(wrong.sum())}).")
    return found


def _cuts(cut_offs: Sequence[float], what: str) -> np.ndarray:
    cuts = np.asarray(cut_offs, dtype=float)
    if not len(cuts) or not (np.diff(cuts) > 0).all() or not np.isfinite(cuts).all():
        raise InputError(f"{what}: границы звёзд — возрастающие числа, найдено: "
                         f"{', '.join(f'{cut:g}' for cut in cuts) or 'ни одной'}.")
    return cuts


def _feasible(total: int, least: np.ndarray, most: np.ndarray, centres: pd.Index, what: str) -> None:
    if total != int(total) or total < 1:
        raise InputError(f"{what}: число интервью — целое больше 0, найдено {total:g}.")
    few = least > most
    if few.any():
        raise InputError(f"{what}: клиентов меньше наименьшего числа ответов у центров: "
                         f"{', '.join(map(str, centres[few][:5]))} (всего {int(few.sum())}). Снизьте минимум.")
    if least.sum() > total:
        raise InputError(f"{what}: на наименьшие числа ответов нужно {int(least.sum())} интервью, есть {int(total)}. "
                         "Снизьте минимум или добавьте интервью.")
    if most.sum() < total:
        raise InputError(f"{what}: интервью {int(total)}, а клиентов всего {int(most.sum())}. Уменьшите число "
                         "интервью.")


def _up(n: float) -> int:
    """Rounded up, but not for dust of binary products."""
    return int(np.ceil(n * (1 - checks.DUST)))
