"""Do two raters put the same units into the same categories: Cohen's kappa, plain and weighted, and two gradings.

Kappa compares the disagreement seen with the one that chance would give. Its textbook interval holds too seldom in
small samples (20 units: 88-90 % instead of 95; 72-88 % where three quarters of them are in one category), so the
default interval leaves out units in turn (jackknife); how often each holds is told in docs/agreement_intervals.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from methods import checks
from methods.agreement.correlation import NO_SPREAD, NOWHERE, Interval, half_width, normal_quantile
from methods.agreement.inputs import FEWEST, confident, one_of
from methods.errors import InputError, NotPublishable

Weights = Literal["linear", "quadratic"] | pd.DataFrame | None


@dataclass(frozen=True, eq=False)
class Kappa:
    """Cohen's kappa of two raters; NaN where it is undefined, and `why` says why."""

    value: float
    interval: Interval
    se: float                # asymptotic (Fleiss, Cohen, Everitt 1969)
    z: float                 # of no agreement beyond chance
    p: float
    agreement: float         # share of units in the same category
    observed: float          # weighted agreement seen
    expected: float          # weighted agreement by chance
    table: pd.DataFrame      # counts: first rater's categories x second rater's
    weights: pd.DataFrame    # agreement weights, 1 on the diagonal
    n: int                   # units rated by both
    only_x: int
    only_y: int
    method: str              # of the interval
    confidence: float
    why: str = ""            # undefined values, categories without units


@dataclass(frozen=True, eq=False)
class GradeAgreement:
    """Two gradings of the same units (stars, levels)."""

    exact: float               # share with the same grade
    exact_interval: Interval
    within_one: float          # share that differs by one grade at most
    within_one_interval: Interval
    higher: float              # share graded higher by the first
    lower: float
    kappa: Kappa               # weighted
    table: pd.DataFrame        # counts: first grades x second grades
    n: int
    only_x: int
    only_y: int
    confidence: float
    why: str = ""


def cohen_kappa(x: pd.Series, y: pd.Series, weights: Weights = None, categories: Sequence | None = None,
                confidence: float = 0.95, interval: Literal["jackknife", "asymptotic"] = "jackknife") -> Kappa:
    r"""Cohen's kappa, plain or weighted, of two ratings of the same units.

    .. math:: \kappa = \frac{p_o - p_e}{1 - p_e}, \quad p_o = \sum_{ij} w_{ij} p_{ij}, \quad
              p_e = \sum_{ij} w_{ij} p_{i\cdot} p_{\cdot j}, \quad
              w_{ij} = 1 - \frac{|c_i - c_j|^q}{\max |c_k - c_l|^q}

    q = 1 for linear and 2 for quadratic weights, c the categories themselves if they are numbers, otherwise their
    places in the order. `asymptotic` is the interval of SAS and statsmodels, with the standard error of Fleiss, Cohen
    and Everitt; `jackknife` leaves out units in turn and takes Student's quantile.

    Parameters
    ----------
    x, y : Series, shape (units,)
        Categories, matched by label; units with one rating are left out and counted. At least 3 with both.
    weights : None, "linear", "quadratic" or DataFrame
        A table of agreement weights, categories x categories, from 0 to 1, 1 on the diagonal.
    categories : sequence, optional
        All categories in their order; must be given for text with weights. By default those that occur.

    Raises
    ------
    InputError
        A rating outside the categories, text with weights but without an order, weights that do not fit.
    NotPublishable
        Fewer than 3 units with both ratings.

    References
    ----------
    Cohen (1960), doi:10.1177/001316446002000104; (1968), doi:10.1037/h0026256. Fleiss, Cohen, Everitt (1969), Large
    sample standard errors of kappa and weighted kappa, doi:10.1037/h0028106.

    Examples
    --------
    >>> one = pd.Series([1, 2, 2, 3, 3, 1], index=list("abcdef"))
    >>> other = pd.Series([1, 2, 3, 3, 3, 1], index=list("abcdef"))
    >>> found = cohen_kappa(one, other, "linear")
    >>> round(found.value, 3), round(found.agreement, 3), found.n
    (0.824, 0.833, 6)
    """
    what = "Каппа Коэна"
    confident(confidence, what)
    one_of(interval, ("jackknife", "asymptotic"), what)
    table, only_x, only_y = _cross(x, y, categories, weights is not None, what)
    w = _agreement_weights(table.index, weights, what)
    n, counts = int(table.to_numpy().sum()), table.to_numpy(dtype=float)
    agreement = float(np.trace(counts) / n)
    observed, expected = _weighted_agreement(counts, w)
    notes = _empty_categories(table, x, y)
    known = dict(agreement=agreement, observed=observed, expected=expected, table=table,
                 weights=pd.DataFrame(w, index=table.index, columns=table.index), n=n, only_x=only_x, only_y=only_y,
                 method=interval, confidence=confidence)
    if 1 - expected <= checks.DUST:
        only = table.index[counts.sum(axis=1) > 0][0]
        notes.insert(0, f"каппа не определена: обе стороны поставили всем {n} единицам «{only}»; доля согласия 100 %")
        return Kappa(np.nan, NOWHERE, np.nan, np.nan, np.nan, **known, why="; ".join(notes))
    value = (observed - expected) / (1 - expected)
    se, se_null = _fleiss_cohen_everitt(counts, w, value, expected)
    if 1 - observed <= checks.DUST:
        bounds = no_disagreement_interval(n, 1 - expected, confidence)
        notes.append(f"расхождений нет: нижняя граница — по правилу для нуля событий из {n}")
    elif interval == "asymptotic":
        half = normal_quantile(confidence) * se
        bounds = (value - half, min(value + half, 1.0))
    else:
        cells = np.argwhere(counts > 0)
        times = counts[tuple(cells.T)].astype(int)
        without = np.repeat(counts[None], len(cells), axis=0)
        without[np.arange(len(cells)), cells[:, 0], cells[:, 1]] -= 1
        bounds = jackknife_interval(value, _kappas(without, w), confidence, times)
        if np.isnan(bounds).any():
            notes.append(NO_SPREAD)
    z = value / se_null if se_null > 0 else np.nan
    return Kappa(float(value), (float(bounds[0]), float(bounds[1])), se, float(z), float(2 * stats.norm.sf(abs(z))),
                 **known, why="; ".join(notes))


def grade_agreement(x: pd.Series, y: pd.Series, grades: Sequence | None = None,
                    weights: Weights = "quadratic", confidence: float = 0.95) -> GradeAgreement:
    """Do two gradings of the same units give the same grades: shares, weighted kappa and the table.

    Parameters
    ----------
    x, y : Series, shape (units,)
        Grades, matched by label; the greater, the better.
    grades : sequence, optional
        All grades from the worst to the best; must be given for text. One grade apart means one place apart in it, or
        one unit if the grades are numbers.

    References
    ----------
    Wilson (1927), doi:10.1080/01621459.1927.10502953, intervals of the shares; kappa as in `cohen_kappa`.

    Examples
    --------
    >>> survey = pd.Series([3, 4, 5, 5, 2], index=list("abcde"))
    >>> checklist = pd.Series([3, 5, 5, 3, 2], index=list("abcde"))
    >>> found = grade_agreement(survey, checklist, grades=[1, 2, 3, 4, 5])
    >>> found.exact, found.within_one, round(found.kappa.value, 3)
    (0.6, 0.8, 0.648)
    """
    kappa = cohen_kappa(x, y, weights, grades, confidence)
    counts, n = kappa.table.to_numpy(), kappa.n
    at = _positions(kappa.table.index)
    apart = at[:, None] - at[None, :]
    shares = {"exact": counts[apart == 0].sum(), "within_one": counts[np.abs(apart) <= 1].sum()}
    intervals = {f"{name}_interval": tuple(map(float, proportion_confint(count, n, 1 - confidence, "wilson")))
                 for name, count in shares.items()}
    return GradeAgreement(
        **{name: float(count / n) for name, count in shares.items()}, **intervals,
        higher=float(counts[apart > 0].sum() / n), lower=float(counts[apart < 0].sum() / n), kappa=kappa,
        table=kappa.table, n=n, only_x=kappa.only_x, only_y=kappa.only_y, confidence=confidence, why=kappa.why)


# Counts and weights.

def _cross(x: pd.Series, y: pd.Series, categories: Sequence | None, ordered: bool,
           what: str) -> tuple[pd.DataFrame, int, int]:
    """Contingency table of the units that have both ratings; numbers of units that have one."""
    for side in (x, y):
        checks.unique(side.index, f"{what}: единицы «{side.name}»")
    order = ordered_categories([x, y], categories, ordered, what)
    first, second = x.dropna(), y.dropna()
    common = first.index.intersection(second.index, sort=False)
    only_x, only_y = len(first) - len(common), len(second) - len(common)
    if len(common) < FEWEST:
        raise NotPublishable(
            f"{what}: нужно не меньше {FEWEST} единиц с обеими оценками, найдено {len(common)}. Только первая есть у "
            f"{only_x}, только вторая — у {only_y}. Проверьте, одинаковы ли коды единиц.")
    counts = np.zeros((len(order), len(order)), dtype=int)
    np.add.at(counts, (order.get_indexer(first[common]), order.get_indexer(second[common])), 1)
    return pd.DataFrame(counts, index=order, columns=order), only_x, only_y


def ordered_categories(sides: list[pd.Series], categories: Sequence | None, ordered: bool, what: str) -> pd.Index:
    """All categories in their order."""
    kind = sides[0].dtype
    if categories is None and isinstance(kind, pd.CategoricalDtype) and kind.ordered:
        categories = list(kind.categories) if all(side.dtype == kind for side in sides) else None
    seen = pd.Index(pd.unique(pd.concat([pd.Series(side.dropna().to_numpy()) for side in sides], ignore_index=True)))
    if categories is not None:
        order = pd.Index(categories)
        checks.unique(order, f"{what}: категории")
        outside = [value for value in seen if value not in order]
        if outside:
            raise InputError(f"{what}: оценки должны быть из списка категорий {', '.join(map(str, order))}, найдены "
                             f"другие: {', '.join(map(str, outside[:5]))}.")
        return order
    if _numeric(seen):
        return seen.sort_values()
    if ordered:
        raise InputError(f"{what}: веса требуют порядка категорий, а оценки — текст ({', '.join(map(str, seen[:5]))}). "
                         "Задайте categories от худшей к лучшей.")
    return pd.Index(sorted(seen, key=str))


def _empty_categories(table: pd.DataFrame, x: pd.Series, y: pd.Series) -> list[str]:
    """Rows and columns of zeros, named: a category that one side never uses (STA-20)."""
    notes = []
    for side, word, totals in ((x, "первой стороны", table.sum(axis=1)), (y, "второй стороны", table.sum(axis=0))):
        empty = totals.index[totals == 0]
        if len(empty):
            name = word if side.name is None else f"«{side.name}»"
            notes.append(f"у {name} нет ни одной единицы в категориях: {', '.join(map(str, empty))}")
    return notes


def _positions(categories: pd.Index) -> np.ndarray:
    """Numbers stand for themselves, other categories for their places in the order."""
    return categories.to_numpy(dtype=float) if _numeric(categories) else np.arange(len(categories), dtype=float)


def _numeric(categories: pd.Index) -> bool:
    """Numbers proper, whose differences mean something."""
    return pd.api.types.is_numeric_dtype(categories) and not pd.api.types.is_bool_dtype(categories)


def _agreement_weights(categories: pd.Index, weights: Weights, what: str) -> np.ndarray:
    """By categories, 1 on the diagonal."""
    if weights is None:
        return np.eye(len(categories))
    if isinstance(weights, pd.DataFrame):
        for labels in (weights.index, weights.columns):
            checks.same_labels(labels, categories, f"{what}: веса")
        given = weights.loc[categories, categories].to_numpy(dtype=float)
        if not ((given >= 0) & (given <= 1)).all() or not (np.diag(given) == 1).all():
            raise InputError(f"{what}: веса согласия должны быть от 0 до 1, на диагонали 1; найдено от {given.min():g} "
                             f"до {given.max():g}, на диагонали от {np.diag(given).min():g}.")
        return given
    one_of(weights, ("linear", "quadratic"), what)
    at = _positions(categories)
    apart = np.abs(at[:, None] - at[None, :]) ** (1 if weights == "linear" else 2)
    return 1 - apart / apart.max() if apart.max() > 0 else np.ones_like(apart)


def _weighted_agreement(counts: np.ndarray, w: np.ndarray) -> tuple[float, float]:
    """Seen and expected by chance."""
    p = counts / counts.sum()
    return float((w * p).sum()), float(p.sum(axis=1) @ w @ p.sum(axis=0))


def _kappas(tables: np.ndarray, w: np.ndarray) -> np.ndarray:
    """Kappa of each of several tables; NaN where chance explains all."""
    p = tables / tables.sum(axis=(1, 2), keepdims=True)
    expected = ((p.sum(axis=2) @ w) * p.sum(axis=1)).sum(axis=1)
    room = np.where(1 - expected > checks.DUST, 1 - expected, np.nan)
    return ((p * w).sum(axis=(1, 2)) - expected) / room


# Intervals.

def _fleiss_cohen_everitt(counts: np.ndarray, w: np.ndarray, kappa: float, expected: float) -> tuple[float, float]:
    """Standard error of kappa, and the one if there is no agreement beyond chance (1969, eq. 8 and 9)."""
    n, p = counts.sum(), counts / counts.sum()
    rows, columns = p.sum(axis=1), p.sum(axis=0)
    mean = (w @ columns)[:, None] + (rows @ w)[None, :]
    variance = (p * (w - mean * (1 - kappa)) ** 2).sum() - (kappa - expected * (1 - kappa)) ** 2
    null = (np.outer(rows, columns) * (w - mean) ** 2).sum() - expected**2
    return tuple(float(np.sqrt(max(part, 0.0) / n) / (1 - expected)) for part in (variance, null))


def no_disagreement_interval(n: int, chance: float, confidence: float) -> Interval:
    """No disagreement among n units: the share of disagreement may still be 1 - a^(1/n), a the tail of the interval."""
    return max(1 - (1 - ((1 - confidence) / 2) ** (1 / n)) / chance, -1.0), 1.0


def jackknife_interval(value: float, without: np.ndarray, confidence: float, times: np.ndarray | int = 1) -> Interval:
    """Interval of a coefficient that cannot exceed 1, from its values without each unit; units alike given once."""
    without = np.repeat(without, times)
    half = half_width(without.mean() - without, confidence)
    return value - half, min(value + half, 1.0) if np.isfinite(half) else np.nan
