"""Do several raters put the same units into the same categories: Fleiss' kappa, Gwet's AC1, Krippendorff's alpha.

The raters need not be the same for all units. The default intervals leave out units in turn, as in `agreement.kappa`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from scipy import stats

from methods import checks
from methods.agreement.correlation import NO_SPREAD, NOWHERE, Interval, student_quantile
from methods.agreement.inputs import FEWEST, confident, one_of
from methods.agreement.kappa import jackknife_interval, no_disagreement_interval, ordered_categories
from methods.errors import InputError, NotPublishable

BATCH = 256  # resamples at a time: memory does not grow with their number

Level = Literal["nominal", "ordinal", "interval", "ratio"]


@dataclass(frozen=True, eq=False)
class ManyRaters:
    """Agreement of several raters beyond chance: Fleiss' kappa or Gwet's AC1; NaN where undefined, `why` says why."""

    value: float
    interval: Interval
    se: float                   # Gwet's, of sampling of units
    p: float                    # of no agreement beyond chance
    agreement: float            # share of agreeing pairs of ratings, mean over units
    expected: float
    categories: pd.DataFrame    # category -> share, kappa (agreement on this category against all others)
    n: int                      # units with a rating
    raters: int
    single: int                 # units with one rating only: they count in the shares of categories
    method: str
    confidence: float
    why: str = ""


@dataclass(frozen=True, eq=False)
class KrippendorffAlpha:
    """Krippendorff's alpha; NaN where it is undefined, and `why` says why."""

    value: float
    interval: Interval
    observed: float      # mean disagreement within units
    expected: float      # mean disagreement of any two ratings
    level: str
    n: int               # units with two ratings or more
    ratings: int         # ratings of these units
    single: int          # units left out: they have one rating only
    raters: int
    method: str
    confidence: float
    draws: int           # of the bootstrap, 0 with the jackknife
    seed: int
    why: str = ""        # undefined values; raters who rated only some units


def fleiss_kappa(ratings: pd.DataFrame, categories: Sequence | None = None, confidence: float = 0.95,
                 interval: Literal["jackknife", "asymptotic"] = "jackknife") -> ManyRaters:
    r"""Fleiss' kappa: agreement of several raters who need not be the same for all units.

    .. math:: \kappa = \frac{p_a - p_e}{1 - p_e}, \quad p_e = \sum_k \pi_k^2, \quad
              p_a = \operatorname{mean}_i \frac{\sum_k r_{ik}(r_{ik} - 1)}{r_i(r_i - 1)}, \quad
              \pi_k = \operatorname{mean}_i \frac{r_{ik}}{r_i}

    With r_i ratings of unit i, of which r_ik in category k; gaps are allowed (Gwet's generalisation). The test of no
    agreement uses Fleiss, Nee and Landis's variance, and is NaN where units have different numbers of ratings.

    Parameters
    ----------
    ratings : DataFrame, shape (n units, raters)
        Categories, NaN for a rating not given. At least 3 units with two ratings.
    interval : {"jackknife", "asymptotic"}
        Units left out in turn; or Student's with Gwet's standard error, as irrCAC prints it.

    References
    ----------
    Fleiss (1971), doi:10.1037/h0031619. Fleiss, Nee, Landis (1979), doi:10.1037/0033-2909.86.5.974. Gwet (2021), Large-
    sample variance of Fleiss generalized kappa, doi:10.1177/0013164420973080.

    Examples
    --------
    >>> marks = pd.DataFrame({"э1": [1, 2, 2, 3], "э2": [1, 2, 3, 3], "э3": [1, 2, 2, 3]})
    >>> round(fleiss_kappa(marks).value, 3)
    0.745
    """
    return _many_raters(ratings, categories, confidence, interval, ac1=False)


def gwet_ac1(ratings: pd.DataFrame, categories: Sequence | None = None, confidence: float = 0.95,
             interval: Literal["jackknife", "asymptotic"] = "jackknife") -> ManyRaters:
    r"""Gwet's AC1: agreement beyond chance that stays defined where nearly all units are in one category.

    .. math:: \gamma = \frac{p_a - p_e}{1 - p_e}, \quad p_e = \frac{1}{q - 1} \sum_k \pi_k (1 - \pi_k)

    as in `fleiss_kappa`, with q categories, the possible ones that nobody used among them: give `categories`.

    References
    ----------
    Gwet (2008), Computing inter-rater reliability and its variance in the presence of high agreement,
    doi:10.1348/000711006X126600.

    Examples
    --------
    >>> marks = pd.DataFrame({"э1": [1, 1, 1, 1], "э2": [1, 1, 1, 2]})
    >>> round(gwet_ac1(marks).value, 2), round(fleiss_kappa(marks).value, 2)
    (0.68, -0.14)
    """
    return _many_raters(ratings, categories, confidence, interval, ac1=True)


def krippendorff_alpha(ratings: pd.DataFrame, level: Level = "ordinal", confidence: float = 0.95,
                       interval: Literal["jackknife", "bootstrap"] = "jackknife", draws: int = 1000,
                       seed: int = 0) -> KrippendorffAlpha:
    r"""Krippendorff's alpha for any number of raters, with gaps, on four levels of measurement.

    .. math:: \alpha = 1 - \frac{D_o}{D_e}, \quad
              D_o = \frac{1}{N} \sum_u \frac{1}{m_u - 1} \sum_{c,k} n_{uc} n_{uk} \delta^2_{ck}, \quad
              D_e = \frac{1}{N(N - 1)} \sum_{c,k} n_c n_k \delta^2_{ck}

    with :math:`\delta^2` 0 or 1 for equal or different (nominal), :math:`(R_c - R_k)^2` of mean ranks over all ratings
    (ordinal), :math:`(c - k)^2` (interval), :math:`((c - k)/(c + k))^2` (ratio).

    Parameters
    ----------
    ratings : DataFrame, shape (n units, raters)
        Numbers, or any labels on the nominal level; NaN for a rating not given. At least 3 units with two ratings.
    interval : {"jackknife", "bootstrap"}
        Units left out in turn with Student's quantile; or units drawn anew, the percentile interval of Zapf and others.
    draws, seed : int
        Of the bootstrap.

    References
    ----------
    Krippendorff (2019), Content Analysis, 4th ed., ch. 12. Hayes, Krippendorff (2007), doi:10.1080/19312450709336664.
    Zapf, Castell, Morawietz, Karch (2016), doi:10.1186/s12874-016-0200-9.

    Examples
    --------
    >>> marks = pd.DataFrame({"э1": [1, 2, 3, 3, 2, None], "э2": [1, 2, 3, 3, 2, 1], "э3": [None, 3, 3, 3, 2, 2]})
    >>> round(krippendorff_alpha(marks).value, 3), round(krippendorff_alpha(marks, "nominal").value, 3)
    (0.8, 0.63)
    """
    what = "Альфа Криппендорфа"
    confident(confidence, what)
    one_of(interval, ("jackknife", "bootstrap"), what)
    one_of(level, ("nominal", "ordinal", "interval", "ratio"), what)
    if draws < 1 or seed < 0:
        raise InputError(f"{what}: повторов должно быть не меньше 1, seed — не меньше 0; задано draws={draws}, "
                         f"seed={seed}.")
    counts, values, raters = _counts(ratings, None, what)
    if level != "nominal" and not pd.api.types.is_numeric_dtype(values):
        raise InputError(f"{what}: на уровне {level} нужны числа, найдены: {', '.join(map(str, values[:5]))}. Замените "
                         "оценки местами в порядке или задайте level=\"nominal\".")
    if level == "ratio" and (values < 0).any():
        raise InputError(f"{what}: на уровне ratio оценки должны быть не меньше 0, найдено {values.min():g}.")
    single = int((counts.sum(axis=1) == 1).sum())
    counts = counts[counts.sum(axis=1) >= 2]
    if len(counts) < FEWEST:
        raise NotPublishable(f"{what}: нужно не меньше {FEWEST} единиц с двумя оценками, найдено {len(counts)}: "
                             "согласованность не определена.")
    notes = _partial_raters(ratings)
    patterns, times = np.unique(counts, axis=0, return_counts=True)    # units rated alike are resampled together
    disagreement = _disagreement(patterns, values, level)
    observed, expected = (float(part[0]) for part in disagreement(times[None].astype(float)))
    known = dict(level=level, n=len(counts), ratings=int(counts.sum()), single=single, raters=raters, method=interval,
                 confidence=confidence, draws=draws if interval == "bootstrap" else 0, seed=seed)
    if not expected > 0:
        only = values[counts.sum(axis=0) > 0][0]
        notes.insert(0, f"альфа не определена: все оценки равны «{only}»; доля согласия 100 %")
        return KrippendorffAlpha(np.nan, NOWHERE, observed, expected, **known, why="; ".join(notes))
    value, rng = 1 - observed / expected, np.random.default_rng(seed)

    def without(rows: np.ndarray) -> np.ndarray:
        weights = np.repeat(times[None].astype(float), len(rows), axis=0)
        weights[np.arange(len(rows)), rows] -= 1
        return weights

    def drawn_anew(rows: np.ndarray) -> np.ndarray:
        return rng.multinomial(len(counts), times / len(counts), len(rows)).astype(float)

    if observed <= checks.DUST * expected:
        bounds = NOWHERE
        notes.append("расхождений нет: интервал по этим данным не определён")
    elif interval == "jackknife":
        bounds = jackknife_interval(value, _in_batches(disagreement, len(times), without), confidence, times)
        if np.isnan(bounds).any():
            notes.append(NO_SPREAD)
    else:
        drawn = _in_batches(disagreement, draws, drawn_anew)
        bounds = np.nanquantile(drawn, [(1 - confidence) / 2, (1 + confidence) / 2])
    return KrippendorffAlpha(float(value), (float(bounds[0]), float(bounds[1])), observed, expected, **known,
                             why="; ".join(notes))


# Counts by unit.

def _counts(ratings: pd.DataFrame, categories: Sequence | None, what: str) -> tuple[np.ndarray, pd.Index, int]:
    """How many raters put each unit into each category (units without ratings left out), categories, raters."""
    checks.unique(ratings.index, f"{what}: единицы")
    checks.unique(ratings.columns, f"{what}: эксперты")
    raters = int(ratings.notna().any().sum())
    if raters < 2:
        raise NotPublishable(f"{what}: нужно не меньше двух экспертов с оценками, найдено {raters}: согласованность не "
                             "определена.")
    order = ordered_categories([ratings[column] for column in ratings], categories, False, what)
    if pd.api.types.is_numeric_dtype(order) and not np.isfinite(order.to_numpy(dtype=float)).all():
        raise InputError(f"{what}: оценка должна быть конечным числом, найдена бесконечность.")
    counts = np.zeros((len(ratings), len(order)))
    for column in ratings:
        place = order.get_indexer(ratings[column])
        given = ratings[column].notna().to_numpy()
        np.add.at(counts, (np.flatnonzero(given), place[given]), 1)
    return counts[counts.sum(axis=1) > 0], order, raters


def _partial_raters(ratings: pd.DataFrame) -> list[str]:
    """Who rated only some of the units that anybody rated (EXP-17)."""
    rated = ratings[ratings.notna().any(axis=1)]
    given = rated.notna().sum()
    partial = [f"{rater} — {count} из {len(rated)}" for rater, count in given.items() if count < len(rated)]
    if not partial:
        return []
    more = f" и ещё {len(partial) - 5}" if len(partial) > 5 else ""
    return [f"оценили не всё: {', '.join(partial[:5])}{more}; каждая пара оценок одной единицы учтена"]


# Fleiss' kappa and AC1.

def _many_raters(ratings: pd.DataFrame, categories: Sequence | None, confidence: float, interval: str,
                 ac1: bool) -> ManyRaters:
    """AC1 or Fleiss' kappa: they differ in how likely chance agrees with a rating in each category, `by_chance`."""
    what = "AC1 Гвета" if ac1 else "Каппа Флейса"
    confident(confidence, what)
    one_of(interval, ("jackknife", "asymptotic"), what)
    counts, order, raters = _counts(ratings, categories, what)
    n, q, r = len(counts), len(order), counts.sum(axis=1)
    paired = r >= 2
    if paired.sum() < FEWEST:
        raise NotPublishable(f"{what}: нужно не меньше {FEWEST} единиц с двумя оценками, найдено {int(paired.sum())}: "
                             "согласованность не определена.")

    def by_chance(shares: np.ndarray) -> np.ndarray:
        return (1 - shares) / (q - 1) if ac1 else shares

    agree = np.where(paired, (counts * (counts - 1)).sum(axis=1) / np.where(paired, r * (r - 1), 1), 0.0)
    own = counts / r[:, None]
    shares, seen = own.mean(axis=0), float(agree.sum() / paired.sum())
    expected = float((shares * by_chance(shares)).sum()) if q > 1 else 1.0
    known = dict(agreement=seen, expected=expected, categories=_by_category(counts[paired], shares, order), n=n,
                 raters=raters, single=int((~paired).sum()), method=interval, confidence=confidence)
    if 1 - expected <= checks.DUST:
        why = f"коэффициент не определён: все оценки — «{order[shares > 0][0]}»; доля согласия 100 %"
        more = "; AC1 определён, если задать в categories и категории, которых никто не поставил" if ac1 else ""
        return ManyRaters(np.nan, NOWHERE, np.nan, np.nan, **known, why=why + more)
    value = (seen - expected) / (1 - expected)
    unit = n / paired.sum() * (agree - expected * paired) - 2 * (1 - value) * (own @ by_chance(shares) - expected)
    se = float(np.sqrt(((unit / (1 - expected) - value) ** 2).sum() / (n * (n - 1))))
    notes = []
    if 1 - seen <= checks.DUST:
        bounds = no_disagreement_interval(int(paired.sum()), 1 - expected, confidence)
        notes.append(f"расхождений нет: нижняя граница — по правилу для нуля событий из {int(paired.sum())}")
    elif interval == "asymptotic":
        half = student_quantile(confidence, n - 1) * se
        bounds = (value - half, min(value + half, 1.0))
    else:
        others = (n * shares - own) / (n - 1)
        left, rest = (others * by_chance(others)).sum(axis=1), (agree.sum() - agree) / (paired.sum() - paired)
        without = (rest - left) / np.where(1 - left > checks.DUST, 1 - left, np.nan)
        bounds = jackknife_interval(value, without, confidence)
        if np.isnan(bounds).any():
            notes.append(NO_SPREAD)
    if not ac1:
        p = _fleiss_nee_landis(value, r, shares)
    else:
        p = 0.0 if se == 0 else float(2 * stats.t.sf(abs(value) / se, n - 1))
    return ManyRaters(value, (float(bounds[0]), float(bounds[1])), se, p, **known, why="; ".join(notes))


def _fleiss_nee_landis(kappa: float, r: np.ndarray, shares: np.ndarray) -> float:
    """Test of no agreement beyond chance (1979, eq. 12); needs as many ratings of every unit."""
    if np.ptp(r) > 0:
        return np.nan
    spread = shares * (1 - shares)
    variance = 2 / (len(r) * r[0] * (r[0] - 1)) * (1 - (spread * (1 - 2 * shares)).sum() / spread.sum() ** 2)
    return float(2 * stats.norm.sf(abs(kappa) / np.sqrt(variance)))


def _by_category(counts: np.ndarray, shares: np.ndarray, order: pd.Index) -> pd.DataFrame:
    """Share of each category and the kappa of this category against all others (Fleiss 1971, eq. 9-13)."""
    used, r = counts.sum(axis=0), counts.sum(axis=1, keepdims=True)
    p = used / used.sum()
    varies = (p > 0) & (p < 1)
    again = (counts * (counts - 1) / (r - 1)).sum(axis=0) / np.where(used > 0, used, 1)
    kappa = np.where(varies, (again - p) / np.where(varies, 1 - p, 1), np.nan)
    return pd.DataFrame({"share": shares, "kappa": kappa}, index=order)


# Krippendorff's alpha.

def _disagreement(patterns: np.ndarray, values: pd.Index,
                  level: str) -> Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]:
    """Function of weights of the patterns (samples x patterns): observed and expected disagreement of each sample."""
    m = patterns.sum(axis=1)

    def squares(at: np.ndarray) -> np.ndarray:                       # within units, positions (V,) or (V, samples)
        spread = m * (patterns @ at**2).T - (patterns @ at).T ** 2
        return 2 * spread / (m - 1)                                  # (patterns,) or (samples, patterns)

    def pooled(totals: np.ndarray, at: np.ndarray) -> np.ndarray:
        return 2 * (totals.sum(axis=1) * (totals * at**2).sum(axis=1) - (totals * at).sum(axis=1) ** 2)

    if level == "interval":
        position = values.to_numpy(dtype=float)
        position = position - position.mean()
    if level == "ratio":
        c = values.to_numpy(dtype=float)
        total = c[:, None] + c[None, :]
        metric = ((c[:, None] - c[None, :]) / np.where(total > 0, total, 1)) ** 2

    def both(weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        totals = weights @ patterns
        n = totals.sum(axis=1)
        if level == "nominal":
            inside, whole = weights @ ((m**2 - (patterns**2).sum(axis=1)) / (m - 1)), n**2 - (totals**2).sum(axis=1)
        elif level == "interval":
            inside, whole = weights @ squares(position), pooled(totals, position)
        elif level == "ratio":
            inside = weights @ (((patterns @ metric) * patterns).sum(axis=1) / (m - 1))
            whole = ((totals @ metric) * totals).sum(axis=1)
        else:
            rank = np.cumsum(totals, axis=1) - totals / 2
            inside, whole = (weights * squares(rank.T)).sum(axis=1), pooled(totals, rank)
        return inside / n, whole / (n * (n - 1))

    return both


def _in_batches(disagreement: Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]], count: int,
                weights: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """Alpha of `count` samples, given by their weights; NaN where a sample has no variation."""
    parts = []
    for start in range(0, count, BATCH):
        observed, expected = disagreement(weights(np.arange(start, min(start + BATCH, count))))
        parts.append(1 - observed / np.where(expected > 0, expected, np.nan))
    return np.concatenate(parts)
