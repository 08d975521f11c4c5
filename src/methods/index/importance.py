"""Nominal weights against effective importance: what an element was meant to weigh, and what it does weigh.

Importance of an indicator in an index, linear (squared correlation) and non-linear (correlation ratio), with
intervals; the hidden weight of the two sides inside (S + X/N)/2, and the mixes that cure it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats
from scipy.interpolate import CubicSpline

from methods import checks
from methods.errors import InputError, NotPublishable
from methods.index.edition import INDEX

Kind = Literal["linear", "nonlinear"]
Array = NDArray[np.float64]

KNOTS = 10           # an X of N with N up to 9 has a knot at each of its values
FEWEST_UNITS = 10    # for a curve
PENALTIES = 240      # tried between the straight line and the curve through all knots
# Kim, Gu (2004): each degree of freedom counts 1.4 times, plain generalised cross-validation follows noise too often.
DEAR_FREEDOM = 1.4
FEWEST_DRAWS = 100
QUANTILE = "weibull"  # p(B + 1)-th of B draws: other definitions make an interval of few draws too narrow
CERTAIN = 1 - 1e-12  # of a correlation: beyond it Fisher's z has no value


def linear_importance(indicators: pd.DataFrame, index: pd.Series) -> pd.Series:
    r"""Squared correlation of each indicator with the index: the share of the index's variance it accounts for alone.

    .. math:: S_j = r(x_j, y)^2

    Parameters
    ----------
    indicators : DataFrame, shape (n units, k indicators)
        Normalised values; pairs with a gap are left out.
    index : Series, shape (n units,)
        Matched by label.

    Returns
    -------
    Series, shape (k,)
        Between 0 and 1; the values need not sum to 1, since correlated indicators share their importance. NaN for an
        indicator that does not vary.

    References
    ----------
    Paruolo, Saisana, Saltelli (2013), Ratings and rankings: voodoo or science? JRSS-A 176(3), 609-634, eq. 6.
    doi:10.1111/j.1467-985X.2012.01059.x

    Examples
    --------
    Equal weights do not make equal importances: the indicator that varies more dominates.

    >>> indicators = pd.DataFrame({"calm": [0.4, 0.6, 0.4, 0.6], "wild": [0.0, 0.0, 1.0, 1.0]})
    >>> linear_importance(indicators, indicators.mean(axis=1)).round(3).to_dict()
    {'calm': 0.038, 'wild': 0.962}
    """
    checks.same_labels(indicators.index, index.index, "Показатели и индекс")
    moving = indicators.loc[:, indicators.nunique() > 1]
    return moving.corrwith(index).pow(2).reindex(indicators.columns).rename("importance")


def share_of_importance(importance: pd.Series) -> pd.Series:
    """Importances rescaled to sum to 1, comparable with weights.

    >>> share_of_importance(pd.Series({"a": 0.6, "b": 0.2})).round(4).to_dict()
    {'a': 0.75, 'b': 0.25}
    """
    return importance / importance.sum()


# --- non-linear importance ------------------------------------------------------------------------------------------

@dataclass(frozen=True, eq=False)
class Curve:
    """Curves of one indicator, ready to be fitted to any score of the same units (Demmler-Reinsch basis)."""

    basis: Array     # units x functions: orthonormal, centred, smooth to rough; the first is the straight line
    kept: Array      # candidates x functions: what penalties leave of each, from the line to the roughest curve
    freedom: Array   # candidates: effective degrees of freedom


def curve(values: Array, kind: Kind = "nonlinear") -> Curve:
    """Natural cubic splines of one indicator, centred and rotated so that roughness is a sum of squares.

    Knots lie evenly among the distinct values, at most `KNOTS`, so ties do no harm: with few distinct values every
    one of them is a knot, and the roughest curve runs through the mean of each group. Of kind `linear`: the line only.
    """
    n, x = len(values), (values - values.min()) / np.ptp(values)
    distinct = np.unique(np.round(x, 9))                               # values that binary sums part are one
    line = x - x.mean()
    line = line / np.linalg.norm(line)
    number = min(KNOTS, len(distinct), n // 3)
    if kind == "linear" or number < 3:
        return Curve(line[:, None], np.ones((1, 1)), np.array([2.0]))
    knots = distinct[np.round(np.linspace(0, len(distinct) - 1, number)).astype(int)]
    cardinal = CubicSpline(knots, np.eye(number), bc_type="natural")  # 1 at its own knot, 0 at the others
    gap, second = np.diff(knots), cardinal(knots, 2)
    left, right = second[:-1], second[1:]                              # the second derivative is linear between knots
    bending = np.einsum("i,ij,ik->jk", gap / 3, left, left) + np.einsum("i,ij,ik->jk", gap / 3, right, right)
    mixed = np.einsum("i,ij,ik->jk", gap / 6, left, right)
    bending = bending + mixed + mixed.T
    functions = cardinal(x)
    u, size, v = np.linalg.svd(functions - functions.mean(axis=0), full_matrices=False)
    u, to_knots = u[:, :-1], v[:-1] / size[:-1, None]                  # the last one is the constant, lost by centring
    roughness, turn = np.linalg.eigh(to_knots @ bending @ to_knots.T)
    basis, bent = u @ turn, roughness[1:]
    basis[:, 0] = line                                                 # of roughness 0
    penalty = np.geomspace(1e3 / bent[0], 1e-3 / bent[-1], PENALTIES)[:, None]
    kept = np.vstack([np.zeros_like(bent), 1 / (1 + penalty * bent), np.ones_like(bent)])
    kept = np.column_stack([np.ones(len(kept)), kept])
    return Curve(basis, kept, 1 + kept.sum(axis=1))


def explained(shares: Array, curve: Curve, n: int) -> tuple[float, int]:
    """Correlation ratio from the shares of variance along the curve's functions, and which candidate was taken."""
    left = np.clip(1 - curve.kept * (2 - curve.kept) @ shares, 0.0, None)   # residual over total sum of squares
    chosen = int(np.argmin(left / (n - DEAR_FREEDOM * curve.freedom) ** 2))
    return float(1 - (n - 2) / (n - curve.freedom[chosen]) * left[chosen]), chosen


def correlation_ratio(indicator: pd.Series, index: pd.Series) -> float:
    r"""Main effect of an indicator: the share of the index's variance that a curve in the indicator accounts for.

    .. math:: S_j = V[E(y \mid x_j)] / V(y), \qquad
              \hat S_j = 1 - \frac{RSS / (n - \nu)}{TSS / (n - 2)}

    The curve is a natural cubic spline of at most 10 knots under a penalty on its second derivative; generalised
    cross-validation chooses the penalty, :math:`RSS / (n - 1.4\,\nu)^2` being least, :math:`\nu` the effective degrees
    of freedom (2 for a straight line). Dividing by what is left of n pays for the bends, so that a straight relation
    gives the squared correlation exactly, and since the line is among the candidates, the result never lies below
    it: :math:`r^2 \le \hat S_j \le 1`.

    One estimator serves marks and checklists. With few distinct values (X of N) the roughest candidate runs through
    the mean of every group; there the formula is :math:`\epsilon^2`, the ratio of variances between groups corrected
    for small samples, up to n - 2 in place of n - 1. Smoothing between neighbouring X makes the error smaller than
    that of :math:`\epsilon^2` in small samples (5 to 10 % at n = 30) and equal to it in large ones.

    Parameters
    ----------
    indicator, index : Series
        Matched by label; pairs with a gap are left out. At least 10 pairs.

    Returns
    -------
    float
        Between 0 and 1. NaN if the indicator does not vary.

    Raises
    ------
    InputError
        Too few pairs, or an index that does not vary.

    References
    ----------
    Paruolo, Saisana, Saltelli (2013), JRSS-A 176(3), 609-634. doi:10.1111/j.1467-985X.2012.01059.x
    Kim, Gu (2004), Smoothing spline Gaussian regression: more scalable computation via efficient approximation, JRSS-B
    66(2), 337-356, advise the factor.

    Examples
    --------
    A U-shaped relation: no correlation at all, yet the indicator decides everything.

    >>> x = pd.Series(range(-10, 11), dtype=float)
    >>> round(float(linear_importance(x.to_frame("x"), x**2)["x"]), 3), round(correlation_ratio(x, x**2), 3)
    (0.0, 1.0)
    """
    checks.same_labels(indicator.index, index.index, "Показатель и индекс")
    pairs = pd.concat([indicator.rename("x"), index.rename("y")], axis=1).dropna()
    x, y = (pairs[name].to_numpy(float) for name in ("x", "y"))
    if len(pairs) < FEWEST_UNITS:
        raise InputError(f"Нелинейная важность показателя {indicator.name}: нужно не меньше {FEWEST_UNITS} единиц "
                         f"со значениями показателя и индекса, есть {len(pairs)}. Возьмите линейную важность.")
    if not np.ptp(y) > checks.DUST * np.abs(y).max():
        raise InputError(f"Нелинейная важность показателя {indicator.name}: индекс одинаков у всех {len(y)} единиц, "
                         "делить нечего. Проверьте, какие единицы взяты.")
    return _main_effect(x, y)


def _main_effect(x: Array, y: Array) -> float:
    if not np.ptp(x) > checks.DUST * np.abs(x).max():
        return float("nan")
    fitted, deviation = curve(x), y - y.mean()
    return explained((fitted.basis.T @ deviation) ** 2 / (deviation @ deviation), fitted, len(x))[0]


def importances(values: pd.DataFrame, index: pd.Series, kind: Kind = "linear") -> pd.Series:
    """Importance of every indicator in the index, by label: `linear_importance` or `correlation_ratio`.

    >>> x = pd.DataFrame({"a": range(20), "b": [0.0, 1.0] * 10})
    >>> importances(x, x["a"] + 2 * x["b"], "nonlinear").round(3).to_dict()
    {'a': 0.972, 'b': 0.064}
    """
    if kind == "linear":
        return linear_importance(values, index)
    return pd.Series({code: correlation_ratio(values[code], index) for code in values}, name="importance", dtype=float)


# --- resampling of units -------------------------------------------------------------------------------------------

def resamples(units: pd.Index, draws: int, seed: int, clusters: pd.Series | None = None) -> Iterator[NDArray[np.intp]]:
    """Positions of units drawn with replacement, as many times as asked; the order of the units changes nothing.

    Parameters
    ----------
    clusters : Series by unit
        Units of one cluster (centres of one region) are drawn together. None: every unit by itself.
    """
    if draws < FEWEST_DRAWS:
        raise InputError(f"Интервал по повторным выборкам: нужно не меньше {FEWEST_DRAWS} выборок, задано {draws}. "
                         "Для публикации берите не меньше 1000.")
    checks.unique(units, "Повторные выборки: единицы")
    names = pd.Index(units).astype(str)
    if clusters is None:
        blocks = [np.array([place]) for place in np.argsort(names, kind="stable")]
    else:
        checks.same_labels(units, clusters.index, "Единицы и их кластеры")
        owner = clusters.reindex(units).astype(str).to_numpy()
        order = np.lexsort([names, owner])
        blocks = np.split(order, np.flatnonzero(owner[order][1:] != owner[order][:-1]) + 1)
    if len(blocks) < 2:
        raise NotPublishable(f"Интервал не определён: повторные выборки берут из {len(blocks)} "
                             "(единиц или кластеров), нужно хотя бы 2.")
    rng = np.random.default_rng(seed)
    for _ in range(draws):
        chosen = rng.integers(len(blocks), size=len(blocks))
        yield np.concatenate([blocks[place] for place in chosen])


@dataclass(frozen=True, eq=False)
class Resampled:
    """An estimate and what it came to in resampled data, by label."""

    estimate: pd.Series
    draws: pd.DataFrame   # draws x labels of the estimate
    effective: float      # how many equal independent blocks the resampled ones are worth
    seed: int

    def interval(self, confidence: float = 0.95) -> pd.DataFrame:
        r"""Expanded percentile interval of each value by itself: `estimate`, `low`, `high`.

        .. math:: \alpha'/2 = \Phi\bigl(\sqrt{G/(G - 1)}\; t_{\alpha/2,\,G-1}\bigr), \qquad
                  G = (\textstyle\sum n_g)^2 / \sum n_g^2

        Plain percentiles are too narrow for few or unequal blocks (regions): they take the spread of the sample for
        that of the population.

        References
        ----------
        Hesterberg (2015), What teachers should know about the bootstrap, The American Statistician 69(4), 371-386,
        expanded percentile interval. doi:10.1080/00031305.2015.1089789
        """
        tail = self._widened((1 - confidence) / 2)
        low, high = np.quantile(self.draws[self.estimate.index], [tail, 1 - tail], axis=0, method=QUANTILE)
        return pd.DataFrame({"estimate": self.estimate, "low": low, "high": high})

    def band(self, confidence: float = 0.95) -> pd.DataFrame:
        r"""Intervals that hold all values at once: :math:`\hat\theta_j \mp q\,s_j`, q from :math:`\max_j |t_j|`."""
        spread = self.draws.std(ddof=1)
        moving = spread.index[spread > 0]
        largest = ((self.draws[moving] - self.estimate[moving]) / spread[moving]).abs().max(axis=1)
        tail = self._widened(float(stats.norm.sf(np.quantile(largest, confidence, method=QUANTILE))))
        half = (-stats.norm.ppf(tail) * spread)[self.estimate.index]
        return pd.DataFrame({"estimate": self.estimate, "low": self.estimate - half, "high": self.estimate + half})

    def _widened(self, tail: float) -> float:
        return float(stats.norm.cdf((self.effective / (self.effective - 1)) ** 0.5
                                    * stats.t.ppf(tail, self.effective - 1)))


def effective_number(sizes: NDArray) -> float:
    r"""Kish's number of equal blocks that blocks of these sizes are worth: :math:`(\sum n_g)^2 / \sum n_g^2`.

    >>> round(effective_number(np.array([10, 10, 40])), 6)
    2.0
    """
    sizes = np.asarray(sizes, dtype=float)
    return float(sizes.sum() ** 2 / (sizes**2).sum())


def resample(table: pd.DataFrame, statistic: Callable[[pd.DataFrame], pd.Series], *, draws: int = 1000, seed: int = 0,
             clusters: pd.Series | None = None) -> Resampled:
    """Bootstrap over units of anything computed from a table of units: `statistic` takes the table, returns a Series.

    Parameters
    ----------
    table : DataFrame, shape (n units, ...)
    draws : int
        At least 100; 1000 for publication.
    clusters : Series by unit
        Units that are drawn together, such as the centres of a region. None: every unit by itself.

    Raises
    ------
    NotPublishable
        The statistic is undefined in more than one resample in twenty, there are fewer than two units to draw, or all
        units are alike.

    Examples
    --------
    >>> sides = pd.DataFrame({"subjective": [0.80, 0.85, 0.90, 0.95], "objective": [0.4, 0.7, 0.5, 0.9]})
    >>> resample(sides, equalising_mix, draws=200).interval().round(2).loc["subjective"].to_dict()
    {'estimate': 0.77, 'low': 0.5, 'high': 0.89}
    """
    if len(table.drop_duplicates()) == 1 < len(table):
        raise NotPublishable(f"Интервал не определён: все {len(table)} единиц одинаковы, повторные выборки не "
                             "отличаются от данных.")
    estimate, drawn = statistic(table), []
    for rows in resamples(table.index, draws, seed, clusters):
        try:
            drawn.append(statistic(table.iloc[rows].reset_index(drop=True)))
        except (InputError, NotPublishable):  # a few units drawn many times: nothing varies
            continue
    if len(drawn) < 0.95 * draws:
        raise NotPublishable(f"Интервал не определён: величина посчиталась только в {len(drawn)} повторных выборках "
                             f"из {draws}. Единиц слишком мало или они почти одинаковы.")
    sizes = np.ones(len(table)) if clusters is None else clusters.value_counts().to_numpy()
    return Resampled(estimate, pd.DataFrame(drawn).reset_index(drop=True), effective_number(sizes), seed)


def importance_interval(values: pd.DataFrame, index: pd.Series, kind: Kind = "linear", *, draws: int = 1000,
                        confidence: float = 0.95, seed: int = 0, clusters: pd.Series | None = None) -> pd.DataFrame:
    r"""Importances and their shares with bootstrap intervals over units.

    .. math:: z = \operatorname{artanh} \sqrt{S}, \qquad S \in \tanh^2 (\hat z \mp z_{1-\alpha/2}\, s_z)

    with :math:`s_z` the standard deviation of z over resampled units; for the linear kind z carries the sign of the
    correlation, as Fisher's does, and the shares get plain :math:`\mp z_{1-\alpha/2}\,s`. Percentiles of resampled
    importances would be biased: a curve follows units that are drawn twice.

    Parameters
    ----------
    values, index
        As for `importances`.
    clusters : Series by unit
        Units that are drawn together, such as the centres of a region.

    Returns
    -------
    DataFrame, shape (k, 6)
        `importance`, `low`, `high`, `share`, `share_low`, `share_high`, all within 0 and 1; the interval is NaN where
        the importance is, and where an indicator is constant in more than one resample in ten.

    Examples
    --------
    >>> x = pd.DataFrame({"a": np.arange(40.0), "b": [0.0, 1.0] * 20})
    >>> importance_interval(x, x["a"] + 10 * x["b"], draws=200).round(2).loc["b"].to_dict()
    {'importance': 0.19, 'low': 0.03, 'high': 0.41, 'share': 0.18, 'share_low': 0.03, 'share_high': 0.33}
    """
    checks.same_labels(values.index, index.index, "Показатели и индекс")
    importance = importances(values, index, kind)
    x, y, drawn = values.to_numpy(float), index.reindex(values.index).to_numpy(float), []
    for rows in resamples(values.index, draws, seed, clusters):
        drawn.append([_strength(column, y[rows], kind) for column in x[rows].T])
    strengths = pd.DataFrame(drawn, columns=values.columns)
    known = (strengths.count() >= 0.9 * draws) & importance.notna()
    quantile = float(stats.norm.ppf((1 + confidence) / 2))
    half = quantile * np.arctanh(strengths.clip(-CERTAIN, CERTAIN)).std(ddof=1)
    half_share = quantile * (strengths**2).div((strengths**2).sum(axis=1), axis=0).std(ddof=1)
    z, share = np.arctanh(np.sqrt(importance.clip(upper=CERTAIN))), share_of_importance(importance)
    return pd.DataFrame({
        "importance": importance, "low": (np.tanh((z - half).clip(lower=0)) ** 2).where(known),
        "high": (np.tanh(z + half) ** 2).where(known), "share": share,
        "share_low": (share - half_share).clip(lower=0).where(known),
        "share_high": (share + half_share).clip(upper=1).where(known)}).loc[importance.index]


def _strength(x: Array, y: Array, kind: Kind) -> float:
    """Root of the importance, with the sign of the correlation if linear; NaN where there is none."""
    both = ~(np.isnan(x) | np.isnan(y))
    x, y = x[both], y[both]
    if len(x) < (3 if kind == "linear" else FEWEST_UNITS) or np.ptp(x) == 0 or np.ptp(y) == 0:
        return float("nan")
    if kind == "nonlinear":
        return _main_effect(x, y) ** 0.5
    x, y = x - x.mean(), y - y.mean()
    return float(x @ y / ((x @ x) * (y @ y)) ** 0.5)


# --- the two sides --------------------------------------------------------------------------------------------------

def effective_side_shares(sides: pd.DataFrame, mix: pd.Series) -> pd.Series:
    r"""Share of an indicator's variance that each side brings: :math:`cov(m_s x_s, k) / var(k)`, summing to 1.

    With equal mix the side that varies more decides the places, whatever the nominal half and half says.

    Parameters
    ----------
    sides : DataFrame, shape (n units, sides)
        Values of one indicator by side, on one scale; incomplete rows are left out.
    mix : Series, shape (sides,)
        Nominal shares of the sides.

    Examples
    --------
    Checklists spread four times as widely as marks; uncorrelated here, so the shares are 1/17 and 16/17:

    >>> sides = pd.DataFrame({"subjective": [0.85, 0.95, 0.85, 0.95], "objective": [0.4, 0.4, 0.8, 0.8]})
    >>> effective_side_shares(sides, pd.Series({"subjective": 0.5, "objective": 0.5})).round(3).to_dict()
    {'subjective': 0.059, 'objective': 0.941}
    """
    checks.same_labels(sides.columns, mix.index, "Стороны показателя и их доли")
    parts = sides.dropna() * mix[sides.columns]
    combined = parts.sum(axis=1)
    return parts.apply(lambda part: part.cov(combined)) / combined.var()


@dataclass(frozen=True, eq=False)
class HiddenWeights:
    """What the sides were meant to weigh in each element, and the share of its variance that they bring."""

    nominal: pd.DataFrame   # elements x sides; rows sum to 1
    hidden: pd.DataFrame    # elements x sides; rows sum to 1; below 0 for a side that pulls against the element
    parts: pd.DataFrame     # elements x (indicator, side): share of the element's variance; 0 outside the element
    n: pd.Series            # elements: units with every value


def hidden_weights(sides: pd.DataFrame, mix: pd.DataFrame, weights: pd.Series,
                   groups: pd.Series | None = None) -> HiddenWeights:
    r"""Survey against checklist in every indicator, every group and the index: nominal weights and shares of variance.

    .. math:: k_j = \sum_s m_{js} x_{js}, \quad g = \sum_{j \in g} w_j k_j / \sum_{j \in g} w_j, \quad
              h_{js} = cov(w_j m_{js} x_{js}, \sum_{l,t} w_l m_{lt} x_{lt}) / var(\sum_{l,t} w_l m_{lt} x_{lt})

    Parameters
    ----------
    sides : DataFrame, shape (n units, (indicator, side))
        Values on the common scale of the index, higher is better; two levels of columns. For every element the units
        without a gap in it are taken.
    mix : DataFrame, shape (k indicators, sides)
        Nominal shares of the sides, rows sum to 1; 0 or NaN for a side that an indicator does not have.
    weights : Series, shape (k,)
        Weights of the indicators in the whole index, arithmetic mean; sum 1.
    groups : Series, shape (k,)
        Group of each indicator. None: indicators and the index only.

    Raises
    ------
    InputError
        A side is missing from the table, shares do not sum to 1, an element has fewer than 3 complete units or does
        not vary.

    Examples
    --------
    Half and half by the rule; the checklist decides nearly all:

    >>> sides = pd.DataFrame({("Д1", "subjective"): [0.85, 0.95, 0.85, 0.95],
    ...                       ("Д1", "objective"): [0.4, 0.4, 0.8, 0.8]})
    >>> mix = pd.DataFrame({"subjective": [0.5], "objective": [0.5]}, index=["Д1"])
    >>> hidden_weights(sides, mix, pd.Series({"Д1": 1.0})).hidden.loc["index"].round(3).to_dict()
    {'subjective': 0.059, 'objective': 0.941}
    """
    checks.same_labels(weights.index, mix.index, "Веса показателей и доли сторон")
    checks.weights_sum_to_one(weights)
    for code in mix.index:
        checks.weights_sum_to_one(mix.loc[code].fillna(0.0).rename(code))
    present = mix.stack()
    present = present[present > 0]
    absent = present.index.difference(sides.columns)
    if len(absent):
        places = "; ".join(" × ".join(map(str, place)) for place in absent[:5])
        raise InputError(f"Скрытый вес сторон: в таблице нет столбцов: {places} (всего {len(absent)}). "
                         "Дайте значения сторон или поставьте их долю 0.")
    members = {code: [code] for code in mix.index}
    if groups is not None:
        checks.same_labels(weights.index, groups.index, "Веса показателей и группы")
        members |= {group: list(codes) for group, codes in groups.groupby(groups, sort=False).groups.items()}
    members[INDEX] = list(mix.index)
    checks.unique(pd.Index([*mix.index, *([] if groups is None else groups.unique()), INDEX]), "Показатели и группы")

    share = present * present.index.get_level_values(0).map(weights)  # w_j m_js
    rows, nominal, units = {}, {}, {}
    for element, codes in members.items():
        own = share[share.index.get_level_values(0).isin(codes)]
        if not own.sum() > 0:
            continue  # indicators of weight 0: the element has no score
        own = own / own.sum()
        values = sides[list(own.index)].dropna()
        score = values @ own.to_numpy()
        if len(values) < 3 or not score.std() > checks.DUST * score.abs().max():
            raise InputError(f"Скрытый вес сторон, «{element}»: единиц без пропусков {len(values)}, балл у них "
                             f"от {score.min():.6g} до {score.max():.6g}; нужно не меньше 3 различающихся единиц.")
        deviation = score - score.mean()
        rows[element] = own * (values.T @ deviation / (deviation @ deviation)).to_numpy()
        nominal[element], units[element] = own.groupby(level=1).sum(), len(values)
    parts = pd.DataFrame(rows).T.reindex(columns=present.index).fillna(0.0)
    return HiddenWeights(
        nominal=pd.DataFrame(nominal).T.reindex(columns=mix.columns).fillna(0.0),
        hidden=parts.T.groupby(level=1).sum().T.reindex(columns=mix.columns).fillna(0.0),
        parts=parts, n=pd.Series(units, name="n"))


def equalising_mix(sides: pd.DataFrame) -> pd.Series:
    r"""Mix at which both sides bring the same share of the variance, whatever their correlation.

    .. math:: m s_S = (1 - m) s_O \iff m = s_O / (s_S + s_O)

    The same formula serves one indicator and a whole index: then the columns are the weighted sums of all survey
    values and of all checklist values.

    Parameters
    ----------
    sides : DataFrame, shape (n units, 2 sides)
        On one scale; incomplete rows are left out.

    Returns
    -------
    Series, shape (2,)
        Shares of the sides, sum 1; what `effective_side_shares` and `score.combine_sides` take as `mix`.

    Examples
    --------
    >>> sides = pd.DataFrame({"subjective": [0.85, 0.95, 0.85, 0.95], "objective": [0.4, 0.4, 0.8, 0.8]})
    >>> equalising_mix(sides).round(3).to_dict()
    {'subjective': 0.8, 'objective': 0.2}
    """
    if sides.shape[1] != 2:
        raise InputError(f"Уравнивающая смесь: сторон должно быть две, дано {sides.shape[1]}: "
                         f"{', '.join(map(str, sides.columns))}.")
    values = sides.dropna()
    if len(values) < 3:
        raise InputError(f"Уравнивающая смесь: единиц с обеими сторонами {len(values)}, нужно не меньше 3.")
    for side in values:
        checks.varies(values[side])
    return _inverse(values.std(ddof=1))


def reliability_mix(error_variances: pd.DataFrame | pd.Series) -> pd.Series:
    r"""Mix with the least error variance, if both sides measure the same and err independently: precision weights.

    .. math:: m_s = \sigma_s^{-2} / \sum_t \sigma_t^{-2}, \qquad
              \text{two sides: } m_S = \sigma_O^2 / (\sigma_S^2 + \sigma_O^2)

    Parameters
    ----------
    error_variances : Series, shape (sides,), or DataFrame, shape (n units, sides)
        Squared standard errors on the common scale, above 0; of many units their mean over complete rows is taken.

    Returns
    -------
    Series, shape (sides,)
        Shares, sum 1.

    Examples
    --------
    A survey mean with standard error .02 against a checklist with .06:

    >>> reliability_mix(pd.Series({"subjective": 0.02**2, "objective": 0.06**2})).round(3).to_dict()
    {'subjective': 0.9, 'objective': 0.1}
    """
    variances = error_variances.dropna().mean() if isinstance(error_variances, pd.DataFrame) else error_variances
    checks.unique(variances.index, "Надёжностная смесь: стороны")
    wrong = ~(np.isfinite(variances) & (variances > 0))
    if wrong.any():
        places = ", ".join(f"{side} = {variances[side]:.6g}" for side in variances.index[wrong])
        raise InputError("Надёжностная смесь: дисперсия ошибки каждой стороны должна быть больше 0, "
                         f"найдено: {places}.")
    return _inverse(variances)


def _inverse(sizes: pd.Series) -> pd.Series:
    return (1 / sizes / (1 / sizes).sum()).rename("mix")
