"""Rules that turn answers and scores into levels, cut-offs between levels, and tables that count them.

Two families of rules are in use: a threshold on the average (a strong side makes up for a weak one) and the gate (a
level needs all of its own requirements, or every dimension, and all levels below it). They part exactly for uneven
units. Levels are whole numbers, 1 the lowest; 0 means that not even the first one is earned; NaN: no level is known.

A score equal to a border belongs to the upper level. Both are compared after rounding to 9 decimals, so that a 0.7
which a binary sum left at 0.6999999999999999 is 0.7 on every processor.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from scipy import stats

from methods import checks
from methods.errors import InputError, NotPublishable
from methods.index.grade import Grades, bands
from methods.index.rounding import dustless

Blanks = Literal["zero", "exclude", "refuse"]
Interval = tuple[float, float]
COMPARED = 9  # decimals that decide on which side of a border a score lies
NAN = float("nan")


# -- scores with gaps --------------------------------------------------------------------------------------------------

def score_with_blanks(answers: pd.DataFrame, highest: pd.Series, blanks: Blanks) -> pd.Series:
    r"""Share of the points within reach, under a stated rule for questions that were left blank.

    .. math:: \text{zero: } \frac{\sum_{i \in A} a_i}{\sum_{i} h_i}, \qquad
              \text{exclude: } \frac{\sum_{i \in A} a_i}{\sum_{i \in A} h_i}, \qquad A = \text{answered}

    The rule decides near a border, so it belongs to the methodology. `zero` punishes a blank as the worst answer;
    `exclude` lets a unit gain by leaving out what it does badly; `refuse` takes complete answers only.

    Parameters
    ----------
    answers : DataFrame, shape (n units, k questions)
        From 0 to the question's highest step; NaN where there is no answer.
    highest : Series, shape (k,)
        Highest step of every question, above 0.
    blanks : {"zero", "exclude", "refuse"}

    Returns
    -------
    Series, shape (n,)
        In [0; 1]. A unit that answered nothing has no score (NaN) under either rule: silence is not the worst result.

    Raises
    ------
    InputError
        Under `refuse`, naming the first blanks.

    Examples
    --------
    Eight questions of 0 to 3, one without an answer: 13 of 24 points or 13 of 21.

    >>> answers = pd.DataFrame([[3, 2, None, 1, 0, 3, 2, 2]], index=["Регион"], dtype=float)
    >>> highest = pd.Series(3.0, index=answers.columns)
    >>> score_with_blanks(answers, highest, "zero").round(3).to_dict()
    {'Регион': 0.542}
    >>> score_with_blanks(answers, highest, "exclude").round(3).to_dict()
    {'Регион': 0.619}
    """
    top = _highest(answers, highest)
    _known_rule(blanks)
    if blanks == "refuse":
        _refuse_blanks(answers)
    answered = answers.notna()
    within_reach = (answered * top).sum(axis=1) if blanks == "exclude" else top.sum()
    return (answers.sum(axis=1) / within_reach).where(answered.any(axis=1)).rename("score")


def dimension_scores(answers: pd.DataFrame, highest: pd.Series, dimension_of: pd.Series,
                     blanks: Blanks) -> pd.DataFrame:
    """`score_with_blanks` of every dimension on its own questions.

    Parameters
    ----------
    dimension_of : Series, shape (k,)
        Dimension of every question.

    Returns
    -------
    DataFrame, shape (n units, dimensions)
        Dimensions in the order in which they occur in `dimension_of`.

    Examples
    --------
    >>> answers = pd.DataFrame({"1.1": [3.0], "1.2": [1.0], "2.1": [None]}, index=["Регион"], dtype=float)
    >>> dimension_of = pd.Series({"1.1": "стратегия", "1.2": "стратегия", "2.1": "данные"})
    >>> dimension_scores(answers, pd.Series(3.0, answers.columns), dimension_of, "zero").round(3).to_dict("records")
    [{'стратегия': 0.667, 'данные': nan}]
    """
    checks.same_labels(dimension_of.index, answers.columns, "Направления вопросов")
    if dimension_of.isna().any():
        raise InputError(f"Нет направления у вопросов: {_listed(dimension_of.index[dimension_of.isna()])}.")
    return pd.DataFrame({name: score_with_blanks(answers[codes], highest[codes], blanks)
                         for name, codes in _members(dimension_of).items()}, index=answers.index)


# -- levels ------------------------------------------------------------------------------------------------------------

def average_level(scores: pd.DataFrame, cut_offs: Sequence[float], weights: pd.Series | None = None) -> pd.Series:
    """Level of the mean of dimension scores: a threshold on an average.

    Parameters
    ----------
    scores : DataFrame, shape (n units, dimensions)
        On the scale of the cut-offs; a unit with a gap has no level: gaps of answers are for `score_with_blanks`.
    cut_offs : ascending numbers
        A score equal to a border belongs to the upper level.
    weights : Series, shape (dimensions,), optional
        Sum 1; equal by default.

    Examples
    --------
    >>> average_level(pd.DataFrame({"strategy": [0.9], "data": [0.3]}), [0.25, 0.5, 0.75]).to_list()
    [3.0]
    """
    return _graded(_average(scores, weights), cut_offs)


def weakest_dimension(scores: pd.DataFrame, cut_offs: Sequence[float]) -> pd.Series:
    """Level of the weakest dimension: the gate rule on dimension scores.

    Parameters
    ----------
    scores : DataFrame, shape (n units, dimensions)
        On the scale of the cut-offs; a unit with a gap has no level, since the gap may be the weakest.
    cut_offs : ascending numbers
        A score equal to a border belongs to the upper level.

    Examples
    --------
    An uneven unit: on average (.60) the third level of four, by its weakest side the second.

    >>> weakest_dimension(pd.DataFrame({"strategy": [0.9], "data": [0.3]}), [0.25, 0.5, 0.75]).to_list()
    [2.0]
    """
    return _dimension_levels(scores, cut_offs).min(axis=1, skipna=False).rename("level")


def gate_level(met: pd.DataFrame, level_of: pd.Series, share: float = 1.0, blanks: Blanks = "zero") -> pd.Series:
    r"""Highest level whose requirements are met, and those of all levels below it.

    .. math:: L_u = \max\{l : \min_{m \le l} s_{um} \ge s\}, \quad s_{um} = \text{share of level } m \text{ met by } u

    Parameters
    ----------
    met : DataFrame, shape (n units, k requirements)
        1 met, 0 not met, NaN no answer.
    level_of : Series, shape (k,)
        Level that a requirement belongs to: whole numbers without a gap. If they start at 2, everybody has level 1; if
        at 1, a unit below it has level 0.
    share : float
        Share of a level's requirements that is enough, in (0; 1]; all of them by default.
    blanks : {"zero", "exclude", "refuse"}
        `zero`: not met; `exclude`: left out of the share (a level without any answer is not reached); `refuse`: error.

    Returns
    -------
    Series, shape (n,)
        NaN for a unit without any answer.

    References
    ----------
    The staged rule of CMMI: CMMI Product Team (2010), CMMI for Development 1.3, CMU/SEI-2010-TR-033, chapter 3.

    Examples
    --------
    Two requirements on each of levels 2 and 3; one of level 2 is open, so level 3 does not count.

    >>> level_of = pd.Series({"2.1": 2, "2.2": 2, "3.1": 3, "3.2": 3})
    >>> met = pd.DataFrame([[1, 0, 1, 1], [1, 1, 1, 0]], index=["R1", "R2"], columns=level_of.index)
    >>> gate_level(met, level_of).to_dict(), gate_level(met, level_of, share=0.5).to_dict()
    ({'R1': 1.0, 'R2': 2.0}, {'R1': 3.0, 'R2': 3.0})
    """
    reached = _reached(met, level_of, share, blanks)
    level = reached.columns[0] - 1.0 + reached.cumprod(axis=1).sum(axis=1)
    return level.where(met.notna().any(axis=1)).rename("level")


def both_rules(scores: pd.DataFrame, cut_offs: Sequence[float], *, weights: pd.Series | None = None,
               met: pd.DataFrame | None = None, level_of: pd.Series | None = None, share: float = 1.0,
               blanks: Blanks = "zero") -> pd.DataFrame:
    """Levels by the average and by the gate side by side: where they differ and what makes them differ.

    Parameters
    ----------
    scores : DataFrame, shape (n units, dimensions)
        As in `average_level`.
    met, level_of, share, blanks
        As in `gate_level`. Without `met` the gate is that of `weakest_dimension`.

    Returns
    -------
    DataFrame, shape (n units, 5)
        `average` score, `average_level`, `gate_level`, `difference` (average less gate) and `held_by`. Where the gate
        is lower, `held_by` names what keeps the unit from the level of its average: requirements not met on those
        levels in between that are not reached, or dimensions below. Where the average is lower: dimensions that draw
        it down.

    Examples
    --------
    >>> scores = pd.DataFrame({"strategy": [0.9, 0.6], "data": [0.3, 0.6]}, index=["uneven", "even"])
    >>> both_rules(scores, [0.25, 0.5, 0.75])[["average_level", "gate_level", "held_by"]].to_dict("index")["uneven"]
    {'average_level': 3.0, 'gate_level': 2.0, 'held_by': 'data'}
    """
    checks.unique(scores.index, "Единицы")
    if (met is None) != (level_of is None):
        raise InputError("Правило всех требований: нужны и отметки требований, и их уровни, задано одно из двух.")
    average, by_dimension = _average(scores, weights), _dimension_levels(scores, cut_offs)
    if met is None or level_of is None:
        gate, shut = by_dimension.min(axis=1, skipna=False), None
    else:
        checks.same_labels(scores.index, met.index, "Единицы двух правил")
        gate, shut = gate_level(met, level_of, share, blanks), ~_reached(met, level_of, share, blanks)
        if shut.columns[-1] > len(cut_offs) + 1:
            raise InputError(f"Правила для разных шкал: уровень требования {shut.columns[-1]}, а границ "
                             f"{len(cut_offs)} (уровней {len(cut_offs) + 1}). Задайте обоим правилам одну шкалу.")
    table = pd.DataFrame({"average": average, "average_level": _graded(average, cut_offs), "gate_level": gate})
    table["difference"] = table["average_level"] - table["gate_level"]

    def held_by(unit: object) -> str:
        low, high = sorted(table.loc[unit, ["average_level", "gate_level"]])
        if not low < high:
            return ""
        if shut is None or table.loc[unit, "difference"] < 0:
            return _listed(name for name in scores if by_dimension.loc[unit, name] < high)
        between = [level for level in shut if low < level <= high and shut.loc[unit, level]]
        return _listed(code for code in met if level_of[code] in between and met.loc[unit, code] != 1)
    table["held_by"] = [held_by(unit) for unit in table.index]
    return table


def skipped_steps(met: pd.DataFrame, level_of: pd.Series, gap: int = 2) -> pd.DataFrame:
    """Requirements that are not met although higher ones are: a step of the staircase was skipped.

    A requirement counts as skipped if one that lies `gap` levels higher or more is met, or if some higher level is met
    as a whole. Neighbouring levels overlap while a unit is on its way, so one requirement of the next level is no skip.

    Parameters
    ----------
    met : DataFrame, shape (n units, k requirements)
        1 met, 0 not met, NaN no answer (which skips nothing).
    level_of : Series, shape (k,)
        As in `gate_level`.

    Returns
    -------
    DataFrame
        One row a unit and requirement: `unit`, `requirement`, its `level`, the highest level `above` with something met
        and the requirements `met` there that make it a skip.

    Examples
    --------
    >>> level_of = pd.Series({"2.1": 2, "3.1": 3, "4.1": 4})
    >>> skipped_steps(pd.DataFrame([[0, 0, 1]], index=["R1"], columns=level_of.index), level_of).to_dict("records")[0]
    {'unit': 'R1', 'requirement': '2.1', 'level': 2, 'above': 4, 'met': '4.1'}
    """
    if gap < 1:
        raise InputError(f"Пропущенные ступени: разрыв уровней — целое число от 1, сейчас {gap}.")
    marks, level_of = _staircase(met, level_of)
    level_of = level_of.sort_values(kind="stable")  # lowest levels first, then as in the table
    codes, levels, marks = level_of.index, level_of.to_numpy(), marks[level_of.index]
    whole = (marks == 1).T.groupby(level_of).transform("all").T.to_numpy()  # is all of a requirement's level met?
    rows = []
    for unit, own, of_whole in zip(marks.index, marks.to_numpy(), whole, strict=True):
        for place in np.flatnonzero(own == 0):
            higher = (levels >= levels[place] + gap) | ((levels > levels[place]) & of_whole)
            if (higher & (own == 1)).any():
                above = levels[higher & (own == 1)].max()
                rows.append((unit, codes[place], levels[place], above, _listed(codes[(own == 1) & (levels == above)])))
    return pd.DataFrame(rows, columns=["unit", "requirement", "level", "above", "met"])


# -- two assessors -----------------------------------------------------------------------------------------------------

def self_against_external(own: pd.DataFrame, external: pd.DataFrame, highest: pd.Series, dimension_of: pd.Series,
                          confidence: float = 0.95) -> pd.DataFrame:
    r"""How much higher units assess themselves than others do, dimension by dimension.

    .. math:: g_u = \frac1{|Q_u|} \sum_{q \in Q_u} \frac{a_{uq} - b_{uq}}{h_q}, \qquad
              \bar g \pm t_{n-1} \, s_g / \sqrt n

    :math:`Q_u`: questions of the dimension that both answered, so no rule for blanks is needed.

    Parameters
    ----------
    own, external : DataFrame, shape (units, k questions)
        Answers from 0 to the highest step, matched by label; units with one assessment only are left out.
    highest, dimension_of : Series, shape (k,)
        Highest step and dimension of every question. Give all questions one dimension for the whole questionnaire.

    Returns
    -------
    DataFrame, one row a dimension
        `units` with both; mean `gap` in shares of the scale with its Student interval (`low`, `high`; NaN where there
        is one unit or all gaps are equal); `equal`: share of answers that agree exactly, of `answers` pairs; units
        that put themselves `higher` or `lower`; `sign_p`: two-sided exact sign test of higher against lower (ties left
        out; NaN if there is nothing but ties).

    References
    ----------
    Dixon, Mood (1946), The statistical sign test. doi:10.1080/01621459.1946.10501898

    Examples
    --------
    >>> own = pd.DataFrame({"1.1": [3, 2, 3], "1.2": [2, 2, 1]}, index=["R1", "R2", "R3"], dtype=float)
    >>> external = pd.DataFrame({"1.1": [2, 2, 1], "1.2": [2, 1, 1]}, index=["R1", "R2", "R3"], dtype=float)
    >>> table = self_against_external(own, external, pd.Series(3.0, own.columns), pd.Series("всё", own.columns))
    >>> table.loc["всё", ["units", "gap", "equal", "higher"]].astype(float).round(3).to_list()
    [3.0, 0.222, 0.5, 3.0]
    """
    for one in (external.columns, dimension_of.index):
        checks.same_labels(own.columns, one, "Вопросы двух оценок")
    _confidence(confidence)
    for table in (own, external):
        checks.unique(table.index, "Оценки")
    top, _ = _highest(own, highest), _highest(external, highest)
    units = sorted(own.index.intersection(external.index), key=str)
    apart = own.loc[units] - external.loc[units, own.columns]
    if not apart.notna().to_numpy().any():
        raise InputError("Самооценка и внешняя оценка: нет ни одного вопроса с обоими ответами у одной единицы.")
    return pd.DataFrame({name: _gap(apart[codes], top[codes], confidence)
                         for name, codes in _members(dimension_of).items()}).T.rename_axis("dimension")


def _gap(apart: pd.DataFrame, top: pd.Series, confidence: float) -> dict[str, float]:
    gap = (apart / top).mean(axis=1).dropna()
    gap = gap.where(gap.abs() > checks.DUST, 0)  # thirds that cancel are a tie, whatever their binary sum
    n, spread = len(gap), gap.std(ddof=1)
    half = NAN
    if n > 1 and spread > checks.DUST:
        half = stats.t.ppf((1 + confidence) / 2, n - 1) * spread / n**0.5
    higher, lower = int((gap > 0).sum()), int((gap < 0).sum())
    pairs = apart.notna().to_numpy().sum()
    return {"units": n, "gap": gap.mean(), "low": gap.mean() - half, "high": gap.mean() + half,
            "equal": (apart == 0).to_numpy().sum() / pairs if pairs else NAN, "answers": pairs, "higher": higher,
            "lower": lower, "sign_p": stats.binomtest(higher, higher + lower).pvalue if higher + lower else NAN}


# -- cut-offs ----------------------------------------------------------------------------------------------------------

def jenks(scores: pd.Series, count: int) -> Grades:
    r"""Grades by natural breaks: the division of sorted scores with the smallest sum of squares within grades.

    .. math:: \min \sum_{g=1}^{k} \sum_{u \in g} (x_u - \bar x_g)^2

    Fisher's dynamic programme finds the global optimum, where `index.grade.k_means` may stop at a local one. Equal
    scores are never parted. Borders lie half-way between neighbouring grades.

    Parameters
    ----------
    scores : Series
        Higher is better; at least `count` different values.
    count : int
        Number of grades.

    References
    ----------
    Fisher (1958), On grouping for maximum homogeneity. doi:10.1080/01621459.1958.10501479. Jenks (1977), Optimal data
    classification for choropleth maps.

    Examples
    --------
    >>> result = jenks(pd.Series([1.3, 7.1, 7.3, 2.3, 3.9, 4.1, 7.8, 1.2, 4.3, 7.3, 5.0, 4.3]), 3)
    >>> result.grade.astype(int).to_list(), result.cut_offs.round(2).tolist()
    ([1, 3, 3, 1, 2, 2, 3, 1, 2, 3, 2, 2], [3.1, 6.05])
    """
    known = dustless(scores).dropna()
    values, sizes = np.unique(known, return_counts=True)
    if count < 1 or len(values) < count:
        raise InputError(f"Естественные границы: различных баллов {len(values)}, число уровней {count}. "
                         f"Уровней должно быть от 1 до {len(values)}.")
    first = _optimal_starts(values, sizes, count)
    numbers = np.searchsorted(values[first], known, side="right").astype(float)
    grade = pd.Series(numbers, index=known.index, name="grade").reindex(scores.index)
    return Grades(grade, (values[first[1:]] + values[first[1:] - 1]) / 2, known.groupby(numbers).mean().to_numpy())


def goodness_of_variance_fit(scores: pd.Series, grade: pd.Series) -> float:
    """Share of the sum of squares that lies between grades: 1 if all units of a grade have one score.

    References
    ----------
    Jenks, Caspall (1971), Error on choroplethic maps. doi:10.1111/j.1467-8306.1971.tb00779.x

    >>> goodness_of_variance_fit(pd.Series([1.0, 2.0, 9.0, 10.0]), pd.Series([1.0, 1.0, 2.0, 2.0])).__round__(4)
    0.9846
    """
    both = pd.concat([scores.rename("score"), grade.rename("grade")], axis=1).dropna()
    checks.varies(both["score"].rename("балл"))
    within = both["score"] - both.groupby("grade")["score"].transform("mean")
    return float(1 - (within**2).sum() / ((both["score"] - both["score"].mean())**2).sum())


def _optimal_starts(values: np.ndarray, sizes: np.ndarray, count: int) -> np.ndarray:
    """Position of the first value of every class of the best division of ascending values."""
    centred = values - np.average(values, weights=sizes)  # sums of squares lose no digits to a large mean
    weight, total, square = (np.concatenate([[0.0], np.cumsum(part)])
                             for part in (sizes, sizes * centred, sizes * centred**2))

    def within(start: np.ndarray | int, end: np.ndarray | int) -> np.ndarray:
        """Sum of squares of values start .. end - 1 about their mean."""
        spread = square[end] - square[start] - (total[end] - total[start])**2 / (weight[end] - weight[start])
        return np.maximum(spread, 0)

    n = len(values)
    best = within(0, np.arange(1, n + 1))             # of the first j + 1 values in one class
    starts = np.zeros((count, n), dtype=int)
    for classes in range(1, count):
        fewer, best = best, np.full(n, np.inf)
        for last in range(classes, n):
            start = np.arange(classes, last + 1)
            cost = fewer[start - 1] + within(start, last + 1)
            starts[classes, last], best[last] = start[cost.argmin()], cost.min()
    first = [n]
    for classes in range(count - 1, -1, -1):
        first.append(starts[classes, first[-1] - 1])
    return np.array(first[:0:-1])


@dataclass(frozen=True, eq=False)
class CutScore:
    """What a panel expects of a unit that just reaches a level."""

    cut: float              # points
    share: float            # of the points within reach: a cut-off for `score_with_blanks`
    standard_error: float   # of the cut, over judges
    interval: Interval      # Student's, at `confidence`
    judges: pd.Series       # cut of every judge, points
    items: pd.DataFrame     # by question: mean and sd over judges
    confidence: float


def angoff(expected: pd.DataFrame, highest: pd.Series | None = None, confidence: float = 0.95) -> CutScore:
    r"""Cut-off by a panel: what judges expect a unit that just reaches the level to score on every question.

    .. math:: c_j = \sum_i p_{ji}, \qquad c = \frac1J \sum_j c_j, \qquad
              \mathrm{SE} = \sqrt{\frac{\sum_j (c_j - c)^2}{J (J - 1)}}

    Parameters
    ----------
    expected : DataFrame, shape (J judges, k questions)
        Probability that the borderline unit meets a requirement, or its expected points on a question, from 0 to the
        highest step; no gaps.
    highest : Series, shape (k,), optional
        Highest step of every question; 1 by default.

    Raises
    ------
    NotPublishable
        With one judge: the error over judges is not defined.

    References
    ----------
    Angoff (1971), Scales, norms, and equivalent scores, in Thorndike (ed.), Educational Measurement, 2nd ed., 514-515.
    Graded questions: Hambleton, Plake (1995), Using an extended Angoff procedure to set standards on complex
    performance assessments, Applied Measurement in Education 8:41-55.

    Examples
    --------
    >>> panel = pd.DataFrame({"2.1": [0.6, 0.8], "2.2": [0.5, 0.7]}, index=["Иванова", "Петров"])
    >>> result = angoff(panel)
    >>> round(result.cut, 2), round(result.standard_error, 2), round(result.share, 2)
    (1.3, 0.2, 0.65)
    """
    checks.unique(expected.index, "Панель: судьи")
    checks.complete(expected, "Панель")
    _confidence(confidence)
    top = _highest(expected, pd.Series(1.0, expected.columns) if highest is None else highest)
    if len(expected) < 2:
        raise NotPublishable(f"Панель: судей {len(expected)}, ошибка границы по судьям не определена. "
                             "Нужно не меньше 2 судей.")
    table = expected.loc[sorted(expected.index, key=str)]
    judges = table.sum(axis=1).rename("cut")
    cut, error = float(judges.mean()), float(judges.std(ddof=1) / len(judges)**0.5)
    half = float(stats.t.ppf((1 + confidence) / 2, len(judges) - 1)) * error
    return CutScore(cut, cut / float(top.sum()), error, (cut - half, cut + half), judges[expected.index],
                    pd.DataFrame({"mean": table.mean(), "sd": table.std(ddof=1)}), confidence)


# -- counts ------------------------------------------------------------------------------------------------------------

def distribution(levels: pd.Series, count: int) -> pd.Series:
    """How many units stand at each of `count` levels, including empty ones and 0 (no level earned) if it occurs.

    >>> distribution(pd.Series([1.0, 1.0, 3.0, float("nan")]), 4).to_dict()
    {1: 2, 2: 0, 3: 1, 4: 0}
    """
    known = _within(levels, count)
    first = 0 if (known == 0).any() else 1
    return known.value_counts().reindex(range(first, count + 1), fill_value=0).rename("units")


def cross_table(before: pd.Series, after: pd.Series, count: int) -> pd.DataFrame:
    """Units by level under two rules, editions or years: rows before, columns after; only units that have both.

    >>> table = cross_table(pd.Series({"A": 1.0, "B": 2.0}), pd.Series({"B": 2.0, "A": 2.0}), 2)
    >>> table.loc[1, 2].item(), int(table.to_numpy().sum())
    (1, 2)
    """
    for levels, what in ((before, "Уровни до"), (after, "Уровни после")):
        checks.unique(levels.index, what)
    both = pd.concat([_within(before, count).rename("before"), _within(after, count).rename("after")], axis=1).dropna()
    both = both.astype(int)
    labels = range(1 if not (both == 0).to_numpy().any() else 0, count + 1)
    return pd.crosstab(both["before"], both["after"]).reindex(index=labels, columns=labels, fill_value=0)


def _within(levels: pd.Series, count: int) -> pd.Series:
    """Known levels as whole numbers; one that the scale does not have is an error, not a unit lost from the table."""
    known = levels.dropna()
    wrong = known[~known.between(0, count) | (known % 1 != 0)]
    if len(wrong):
        raise InputError(f"Уровень вне 0–{count}: {', '.join(f'{level:g}' for level in sorted(set(wrong)))}.")
    return known.astype(int)


# -- preconditions and shared steps ------------------------------------------------------------------------------------

def _graded(scores: pd.Series, cut_offs: Sequence[float]) -> pd.Series:
    return bands(scores.round(COMPARED), np.round(np.asarray(cut_offs, dtype=float), COMPARED)).grade.rename("level")


def _dimension_levels(scores: pd.DataFrame, cut_offs: Sequence[float]) -> pd.DataFrame:
    return scores.apply(lambda column: _graded(column, cut_offs))


def _average(scores: pd.DataFrame, weights: pd.Series | None) -> pd.Series:
    if weights is None:
        return scores.mean(axis=1, skipna=False)
    checks.same_labels(weights.index, scores.columns, "Веса направлений")
    checks.weights_sum_to_one(weights)
    return (scores * weights[scores.columns]).sum(axis=1, skipna=False)


def _reached(met: pd.DataFrame, level_of: pd.Series, share: float, blanks: Blanks) -> pd.DataFrame:
    """Whether each level's own requirements are met, levels ascending."""
    marks, level_of = _staircase(met, level_of)
    _known_rule(blanks)
    if not 0 < share <= 1:
        raise InputError(f"Доля требований уровня должна быть больше 0 и не больше 1, сейчас {share:g}.")
    if blanks == "refuse":
        _refuse_blanks(marks)
    marks = marks if blanks == "exclude" else marks.fillna(0)
    done = pd.DataFrame({level: marks[codes].mean(axis=1) for level, codes in sorted(_members(level_of).items())})
    return done.round(COMPARED) >= round(share, COMPARED)


def _staircase(met: pd.DataFrame, level_of: pd.Series) -> tuple[pd.DataFrame, pd.Series]:
    """Marks (1, 0 or NaN) and levels of their columns (whole numbers without a gap), once both have been proved."""
    checks.unique(met.index, "Единицы")
    checks.same_labels(met.columns, level_of.index, "Требования")
    wrong = met.notna() & ~met.isin([0, 1])
    if wrong.to_numpy().any():
        unit, code = wrong.stack()[lambda cell: cell].index[0]
        raise InputError(f"Отметка требования — 1 (исполнено), 0 (нет) или пропуск, найдено {met.loc[unit, code]!s} "
                         f"({unit} × {code}).")
    whole = pd.to_numeric(level_of, errors="coerce")
    odd = level_of.index[~(whole >= 1) | (whole % 1 != 0)]
    if len(odd):
        raise InputError(f"Уровень требования — целое число от 1: {odd[0]} = {level_of[odd[0]]}.")
    absent = sorted(set(range(int(whole.min()), int(whole.max()) + 1)) - set(whole.astype(int)))
    if absent:
        raise InputError(f"Уровни требований идут подряд; нет ни одного требования уровня {_listed(absent)}. "
                         "Добавьте требования или перенумеруйте уровни.")
    return met.astype(float), whole[met.columns].astype(int)


def _highest(answers: pd.DataFrame, highest: pd.Series) -> pd.Series:
    """Highest steps in the order of the questions, once answers have been held against them."""
    checks.same_labels(answers.columns, highest.index, "Вопросы и их высшие ступени")
    top = highest[answers.columns].astype(float)
    if not (np.isfinite(top) & (top > 0)).all():
        code = top.index[~(np.isfinite(top) & (top > 0))][0]
        raise InputError(f"Высшая ступень вопроса должна быть больше 0: {code} = {top[code]:g}.")
    wrong = (answers < 0) | (answers > top)
    if wrong.to_numpy().any():
        unit, code = wrong.stack()[lambda cell: cell].index[0]
        raise InputError(f"Ответ вне шкалы: {unit} × {code} = {answers.loc[unit, code]:g}, допустимо 0–{top[code]:g}.")
    return top


def _refuse_blanks(answers: pd.DataFrame) -> None:
    gaps = answers.isna().stack()
    places = [f"{unit} × {code}" for unit, code in gaps[gaps].index]
    if places:
        raise InputError(f"Правило пропусков refuse: нет ответа у {'; '.join(places[:5])} (всего {len(places)}). "
                         "Заполните ответы или задайте правило zero либо exclude.")


def _known_rule(blanks: str) -> None:
    if blanks not in ("zero", "exclude", "refuse"):
        raise InputError(f"Правило пропусков «{blanks}» неизвестно: допустимы zero, exclude, refuse.")


def _confidence(confidence: float) -> None:
    if not 0 < confidence < 1:
        raise InputError(f"Доверительная вероятность должна быть между 0 и 1, сейчас {confidence:g}.")


def _members(group_of: pd.Series) -> dict[object, list[object]]:
    """Codes by what they belong to, in the order of first occurrence."""
    return {name: list(codes) for name, codes in group_of.groupby(group_of, sort=False).groups.items()}


def _listed(names: object) -> str:
    return ", ".join(map(str, names))
