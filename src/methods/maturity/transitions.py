"""Levels and scores of two periods: who moved where, whether the scales are the same, and whether progress is real.

Three things look like progress and are none: a changed number of levels, a small row of the transition matrix, and the
return to the mean of units that were picked by an extreme first score. Each has its function here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from scipy import stats
from statsmodels.stats.proportion import multinomial_proportions_confint, proportion_confint

from methods import checks
from methods.errors import InputError, NotPublishable
from methods.maturity.levels import Interval, cross_table

Intervals = Literal["wilson", "clopper-pearson", "goodman"]
FEWEST = 3  # units without which a reliability or an error of a mean says nothing
_PROPORTION = {"wilson": "wilson", "clopper-pearson": "beta"}


# -- transitions -------------------------------------------------------------------------------------------------------

@dataclass(frozen=True, eq=False)
class Transitions:
    """Units by level before (rows) and after (columns); shares and their intervals are within rows."""

    counts: pd.DataFrame
    shares: pd.DataFrame       # rows sum to 1; NaN in a row where nobody stood
    low: pd.DataFrame          # intervals of the shares
    high: pd.DataFrame
    directions: pd.DataFrame   # up, same, down: units, share of all, low, high (Wilson or Clopper-Pearson)
    only_before: int           # units without a level after
    only_after: int
    intervals: Intervals
    confidence: float


def transition_matrix(before: pd.Series, after: pd.Series, count: int, *, intervals: Intervals = "wilson",
                      confidence: float = 0.95) -> Transitions:
    r"""Shares of the units of every level that went to every level, with intervals.

    .. math:: \hat p_{lm} = n_{lm} / n_{l\cdot}

    Parameters
    ----------
    before, after : Series
        Levels 1 .. count (0: none earned; NaN: unknown), matched by label, on one scale: see `bridge_levels`.
    intervals : {"wilson", "clopper-pearson", "goodman"}
        Wilson holds the stated confidence on average, Clopper-Pearson at least, both cell by cell; Goodman for all
        cells of a row together. `directions` has one cell a line; with Goodman its lines are Wilson's.

    References
    ----------
    Anderson, Goodman (1957), Statistical inference about Markov chains, eq. 2.8. doi:10.1214/aoms/1177707039.
    Newcombe (1998), Two-sided confidence intervals for the single proportion, Statistics in Medicine 17:857-872,
    methods 3 and 5. Goodman (1965), On simultaneous confidence intervals for multinomial proportions, Technometrics
    7:247-254.

    Examples
    --------
    >>> before = pd.Series({"A": 1.0, "B": 1.0, "C": 1.0, "D": 2.0})
    >>> found = transition_matrix(before, before.replace({1.0: 2.0}), 2)
    >>> found.shares.loc[1].to_list(), found.low.loc[1].round(3).to_list(), found.directions["units"].to_dict()
    ([0.0, 1.0], [0.0, 0.439], {'up': 3, 'same': 1, 'down': 0})
    """
    if intervals not in ("wilson", "clopper-pearson", "goodman"):
        raise InputError(f"Интервалы «{intervals}» неизвестны: допустимы wilson, clopper-pearson, goodman.")
    _confidence(confidence)
    counts = cross_table(before, after, count)
    total = counts.sum(axis=1)
    bounds = {level: _bounds(row.to_numpy(), int(total[level]), intervals, confidence)
              for level, row in counts.iterrows()}
    low, high = (pd.DataFrame({level: pair[side] for level, pair in bounds.items()}, index=counts.columns).T
                 for side in (0, 1))
    known_before, known_after = (set(levels.dropna().index) for levels in (before, after))
    return Transitions(counts, counts.div(total.where(total > 0), axis=0), low.rename_axis("before"),
                       high.rename_axis("before"), _directions(counts, intervals, confidence),
                       len(known_before - known_after), len(known_after - known_before), intervals, confidence)


def falls(before: pd.Series, after: pd.Series, least: int = 2) -> pd.DataFrame:
    """Units whose level fell by `least` steps or more, the longest falls first.

    >>> falls(pd.Series({"A": 4.0, "B": 3.0}), pd.Series({"A": 2.0, "B": 2.0})).to_dict("index")
    {'A': {'before': 4, 'after': 2, 'fall': 2}}
    """
    if least < 1:
        raise InputError(f"Падение считается от 1 уровня, сейчас {least}.")
    both = _pairs(before, after, "Уровни").astype(int)
    both["fall"] = both["before"] - both["after"]
    return both[both["fall"] >= least].sort_values("fall", ascending=False, kind="stable")


def _directions(counts: pd.DataFrame, intervals: Intervals, confidence: float) -> pd.DataFrame:
    cells, n = counts.to_numpy(), int(counts.to_numpy().sum())
    units = np.array([np.triu(cells, 1).sum(), np.trace(cells), np.tril(cells, -1).sum()])
    low, high = _bounds(units, n, "clopper-pearson" if intervals == "clopper-pearson" else "wilson", confidence)
    share = units / n if n else np.full(3, np.nan)
    return pd.DataFrame({"units": units, "share": share, "low": low, "high": high}, index=["up", "same", "down"])


def _bounds(units: np.ndarray, n: int, intervals: Intervals, confidence: float) -> tuple[np.ndarray, np.ndarray]:
    """Intervals of shares of n; the whole row is unknown where nobody stood."""
    if n == 0:
        return np.full(len(units), np.nan), np.full(len(units), np.nan)
    if intervals == "goodman":
        low, high = multinomial_proportions_confint(units, 1 - confidence, method="goodman").T
    else:
        low, high = proportion_confint(units, n, 1 - confidence, method=_PROPORTION[intervals])
    return np.where(units == 0, 0.0, low), np.where(units == n, 1.0, high)  # no dust at the ends of the scale


# -- scales ------------------------------------------------------------------------------------------------------------

@dataclass(frozen=True, eq=False)
class Bridge:
    """Former levels in terms of a new scale."""

    levels: pd.Series            # units
    mapping: dict[int, int]      # former level -> new level
    merged: tuple[int, ...]      # new levels that several former ones lead to: moves between those are not seen
    unreached: tuple[int, ...]   # new levels that no former one leads to: to stand there is no progress by itself

    @property
    def words(self) -> str:
        """The mapping as it has to be told beside every comparison.

        >>> bridge_levels(pd.Series([1.0]), 3, 2, {1: 1, 2: 2, 3: 2}).words
        '1→1, 2→2, 3→2'
        """
        return ", ".join(f"{old}→{new}" for old, new in self.mapping.items())


def bridge_levels(before: pd.Series, count_before: int, count_after: int,
                  mapping: Mapping[int, int] | None = None) -> Bridge:
    """Levels of a former scale on the new one, so that a change of the scale is not taken for a change of the units.

    Parameters
    ----------
    before : Series
        Levels 1 .. count_before, 0 (none earned, stays 0) or NaN.
    mapping : mapping, optional
        New level of every former one; a higher former level never leads to a lower new one. Needed if the numbers of
        levels differ; otherwise every level leads to itself.

    Raises
    ------
    InputError
        Without a mapping between scales of different length; with one that leaves a level out, leads off the new scale
        or turns the order round.

    Examples
    --------
    >>> bridge = bridge_levels(pd.Series({"A": 2.0, "B": 4.0}), 4, 5, {1: 1, 2: 2, 3: 4, 4: 5})
    >>> bridge.levels.to_dict(), bridge.unreached
    ({'A': 2.0, 'B': 5.0}, (3,))
    """
    former = range(1, count_before + 1)
    if mapping is None:
        if count_before != count_after:
            raise InputError(f"Число уровней изменилось: было {count_before}, стало {count_after}. Задайте "
                             "соответствие прежних уровней новым: без него смена шкалы выглядит как рост.")
        mapping = {level: level for level in former}
    absent, strange = [level for level in former if level not in mapping], sorted(set(mapping) - set(former))
    if absent or strange:
        raise InputError(f"Соответствие уровней: прежние уровни — 1–{count_before}; не названы: "
                         f"{', '.join(map(str, absent)) or '—'}; лишние: {', '.join(map(str, strange)) or '—'}.")
    ordered = {level: mapping[level] for level in former}
    for old, new in ordered.items():
        if new not in range(1, count_after + 1):
            raise InputError(f"Соответствие уровней: {old}→{new}, а новые уровни — 1–{count_after}.")
        if old > 1 and new < ordered[old - 1]:
            raise InputError(f"Соответствие уровней меняет порядок: {old - 1}→{ordered[old - 1]}, но {old}→{new}.")
    wrong = before.dropna()[~before.dropna().isin([0, *former])]
    if len(wrong):
        raise InputError(f"Уровень вне 0–{count_before}: {wrong.index[0]} = {wrong.iloc[0]:g}.")
    targets = list(ordered.values())
    return Bridge(before.map({0: 0.0, **{old: float(new) for old, new in ordered.items()}}), ordered,
                  tuple(sorted({new for new in targets if targets.count(new) > 1})),
                  tuple(level for level in range(1, count_after + 1) if level not in targets))


# -- progress ----------------------------------------------------------------------------------------------------------

@dataclass(frozen=True, eq=False)
class Progress:
    """Change of a group's mean score, beside what its return to the mean alone would have brought."""

    n: int                  # units with both scores
    group: int              # of them in the group
    change: float           # mean change of the group
    expected: float         # of it, by return to the mean
    beyond: float           # change - expected
    standard_error: float   # of `beyond`
    interval: Interval      # Student's, at `confidence`
    p_value: float          # two-sided, of no change beyond
    reliability: float      # mean over the group
    confidence: float
    units: pd.DataFrame     # of the group: before, after, expected_after, beyond, z


def reliabilities(scores: pd.Series, errors: pd.Series) -> pd.Series:
    r"""Share of true differences in every unit's score, from its standard error.

    .. math:: \tau^2 = s^2 - \overline{v}, \qquad \rho_u = \tau^2 / (\tau^2 + v_u), \qquad v_u = \mathrm{SE}_u^2

    Raises
    ------
    NotPublishable
        If errors of measurement alone explain the spread of the scores.

    References
    ----------
    The method of moments of Fay, Herriot (1979), doi:10.1080/01621459.1979.10482505, for a common mean.

    >>> reliabilities(pd.Series([1.0, 2.0, 3.0]), pd.Series([0.5, 0.5, 0.5])).to_list()
    [0.75, 0.75, 0.75]
    """
    checks.same_labels(errors.index, scores.index, "Ошибки баллов")
    checks.complete(scores, "Баллы")
    checks.complete(errors, "Ошибки баллов")
    if (errors < 0).any():
        raise InputError(f"Ошибка балла не может быть отрицательной: {errors.idxmin()} = {errors.min():g}.")
    v = (errors[scores.index] ** 2).rename("reliability")
    between = scores.var(ddof=1) - v.mean()
    if not between > checks.DUST * scores.var(ddof=1):
        raise NotPublishable(f"Ошибки измерения объясняют весь разброс баллов: дисперсия {scores.var(ddof=1):.4g}, "
                             f"средний квадрат ошибки {v.mean():.4g}. Истинных различий не видно, ожидаемое изменение "
                             "не определено.")
    return between / (between + v)


def regression_to_mean(before: pd.Series, reliability: float | pd.Series) -> pd.Series:
    r"""Expected change of every unit that has not changed, given its first score.

    .. math:: E[y_u - x_u \mid x_u] = (\rho_u - 1)(x_u - \bar x)

    Parameters
    ----------
    before : Series
        First scores of all units, not only of those that were picked: the mean is theirs.
    reliability : float or Series
        In (0; 1]: share of true differences in the variance of first scores.

    References
    ----------
    Barnett, van der Pols, Dobson (2005), Regression to the mean: what it is and how to deal with it.
    doi:10.1093/ije/dyh299. Kelley's formula: Lord, Novick (1968), Statistical Theories of Mental Test Scores, 3.7.

    Examples
    --------
    The lowest region gains and the highest loses, though nothing has changed:

    >>> regression_to_mean(pd.Series({"A": 20.0, "B": 40.0, "C": 90.0}), 0.8).round(6).to_dict()
    {'A': 6.0, 'B': 2.0, 'C': -8.0}
    """
    checks.complete(before, "Первые баллы")
    if isinstance(reliability, pd.Series):
        checks.same_labels(reliability.index, before.index, "Надёжность")
        reliability = reliability[before.index]
    inside = (np.asarray(reliability) > 0) & (np.asarray(reliability) <= 1)
    if not inside.all():
        raise InputError("Надёжность должна быть больше 0 и не больше 1, найдено "
                         f"{np.atleast_1d(reliability)[~np.atleast_1d(inside)][0]:g}.")
    return ((reliability - 1) * (before - before.mean())).rename("expected_change")


def real_progress(before: pd.Series, after: pd.Series, *, reliability: float | None = None,
                  before_error: pd.Series | None = None, after_error: pd.Series | None = None,
                  group: Iterable[object] | None = None, confidence: float = 0.95) -> Progress:
    r"""Has a group that was picked by its first scores changed by more than its return to the mean?

    .. math:: D = \frac1m \sum_{u \in G} \bigl( y_u - \bar x - \rho_u (x_u - \bar x) \bigr)

    The error of `D` comes from its influence function: the scatter of the group about the expected scores, and the
    uncertainty of the mean and (if it is estimated here) of the reliability. For all units together the expected change
    is nil and the test is Student's for pairs.

    Right for groups picked by the first score only, or at random; a group with a mean of its own (one climate, one
    size) returns to that mean, so give its peers alone. Where every unit rises, the group's `beyond` contains that
    rise: look at all units as well. The expected change is linear in the first score, which is exact for normal true
    scores; with exponential ones a test at 5 % on the lowest quarter of 85 units rejected about 20 % of no progress.

    Parameters
    ----------
    before, after : Series
        Scores on one scale, matched by label; units without one of them are left out. At least 3 units, 2 in the group.
    reliability : float, optional
        Of first scores, in (0; 1], taken as known. Give this or `before_error`.
    before_error, after_error : Series, optional
        Standard errors of the scores. Those after serve the units' `z` only; the same as before by default.
    group : labels, optional
        All units by default.

    References
    ----------
    Barnett, van der Pols, Dobson (2005), doi:10.1093/ije/dyh299. `z` is the change beyond in units of the standard
    error of prediction: Lord, Novick (1968), section 3.8.

    Examples
    --------
    The two weakest regions gained 7 points on average, but 8 were to be expected:

    >>> before = pd.Series({"A": 20.0, "B": 30.0, "C": 50.0, "D": 60.0, "E": 70.0, "F": 70.0})
    >>> after = pd.Series({"A": 28.0, "B": 36.0, "C": 48.0, "D": 61.0, "E": 64.0, "F": 66.0})
    >>> found = real_progress(before, after, reliability=0.68, group=["A", "B"])
    >>> round(found.change, 2), round(found.expected, 2), round(found.beyond, 2)
    (7.0, 8.0, -1.0)
    """
    _confidence(confidence)
    if (reliability is None) == (before_error is None):
        raise InputError("Задайте одно из двух: надёжность первых баллов или их стандартные ошибки.")
    pairs = _pairs(before, after, "Баллы")
    n = len(pairs)
    inside = _inside(pairs.index, group)
    m = int(inside.sum())
    if n < FEWEST or m < 2:
        raise NotPublishable(f"Изменение не оценивается: единиц с обоими баллами {n}, из них в группе {m}. "
                             f"Нужно не меньше {FEWEST} и 2.")
    x, y = pairs["before"], pairs["after"]
    checks.varies(x.rename("первый балл"))
    deviation = x - x.mean()
    if before_error is None:
        rho = pd.Series(float(reliability), x.index)
        v = (1 - rho) * x.var(ddof=1)
        slope = 0.0                                       # of D on the estimated variance of true scores
    else:
        errors = _errors(before_error, x.index, "до")
        rho, v = reliabilities(x, errors), errors**2
        slope = -float((deviation * v / (x.var(ddof=1) - v.mean() + v) ** 2)[inside].mean())
    expected = regression_to_mean(x, rho)
    residual = y - x - expected
    beyond = float(residual[inside].mean())
    of_group = (residual - beyond).where(inside, 0) * n / m
    of_moments = -(1 - rho[inside]).mean() * deviation + slope * _centred(deviation**2 - v)
    error = float(((of_group * (m / (m - 1)) ** 0.5 + of_moments * (n / (n - 1)) ** 0.5) ** 2).sum() ** 0.5 / n)
    if not error > checks.DUST * max(x.abs().max(), y.abs().max()):
        raise NotPublishable("Отклонение от ожидаемого одинаково у всех единиц группы: разброса нет, интервал не "
                             "определён.")
    half = float(stats.t.ppf((1 + confidence) / 2, m - 1)) * error
    w = v if after_error is None else _errors(after_error, x.index, "после") ** 2
    table = pd.DataFrame({"before": x, "after": y, "expected_after": x + expected, "beyond": residual,
                          "z": residual / (rho * v + w).where(rho * v + w > 0) ** 0.5})
    return Progress(n, m, float((y - x)[inside].mean()), float(expected[inside].mean()), beyond, error,
                    (beyond - half, beyond + half), float(2 * stats.t.sf(abs(beyond) / error, m - 1)),
                    float(rho[inside].mean()), confidence, table[inside])


def _pairs(before: pd.Series, after: pd.Series, what: str) -> pd.DataFrame:
    """Both values of the units that have them, sorted: sums must not depend on the order of rows."""
    for values, side in ((before, "до"), (after, "после")):
        checks.unique(values.index, f"{what} {side}")
    both = pd.concat([before.rename("before"), after.rename("after")], axis=1).dropna().astype(float)
    return both.loc[sorted(both.index, key=str)]


def _inside(units: pd.Index, group: Iterable[object] | None) -> pd.Series:
    if group is None:
        return pd.Series(True, units)
    names = pd.Index(list(group))
    checks.unique(names, "Группа")
    return pd.Series(units.isin(names), units)


def _errors(errors: pd.Series, units: pd.Index, when: str) -> pd.Series:
    checks.unique(errors.index, f"Ошибки {when}")
    found = errors.reindex(units)
    checks.complete(found, f"Ошибки {when}")
    return found


def _centred(values: pd.Series) -> pd.Series:
    return values - values.mean()


def _confidence(confidence: float) -> None:
    if not 0 < confidence < 1:
        raise InputError(f"Доверительная вероятность должна быть между 0 и 1, сейчас {confidence:g}.")
