"""Weights that experts state directly: points of a budget, swings, ratings.

Answers are a table of experts (rows) by codes (columns); an empty cell is an element that the expert did not rate. It
is never taken for 0: what happens to such experts is the caller's choice, `partial`, and the result says what was done.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from methods.errors import EditionError, UsageError
from methods.weights.panel import repeated_labels

Partial = Literal["leave_out", "panel", "refuse"]
SMART_LEAST = 10.0
SWING_MOST = 100.0
POINTS_TOLERANCE = 1e-6


@dataclass(frozen=True, eq=False)
class DirectWeights:
    """Weights of the experts and how much each of them answered."""

    weights: pd.DataFrame          # experts x codes, rows sum to 1; only experts who take part
    answered: pd.Series            # share of the codes that an expert rated, all experts
    partial: Partial               # what was done with the experts who rated only a part
    left_out: tuple[str, ...]      # experts without weights: they rated only a part

    @property
    def completed(self) -> tuple[str, ...]:
        """Experts whose unrated weights come from the panel."""
        return tuple(str(expert) for expert in self.weights.index if self.answered[expert] < 1)


def budget_allocation(points: pd.DataFrame, budget: float = 100.0, *, partial: Partial = "leave_out") -> DirectWeights:
    r"""Every expert gives out the same number of points: :math:`w_j = p_j / \sum_l p_l`.

    Parameters
    ----------
    points : DataFrame, shape (n experts, k codes)
        0 or more; 0 means "does not matter", an empty cell "not rated". What an expert gave out sums to `budget`.
    budget : float
        Above 0.
    partial : {"leave_out", "panel", "refuse"}
        Experts with empty cells: left out; completed by the panel (see `complete_from_panel`); an error.

    Raises
    ------
    EditionError
        All faults of all experts at once: no number, a negative one, a sum other than the budget, an expert twice. Or
        nobody rated everything.

    References
    ----------
    OECD/JRC (2008), Handbook on constructing composite indicators, section on participatory weights.
    doi:10.1787/9789264043466-en

    Examples
    --------
    >>> points = pd.DataFrame({"Д": [50, 60], "П": [30, 40], "М": [20, None]}, index=["Иванова", "Петров"])
    >>> result = budget_allocation(points)
    >>> result.weights.loc["Иванова"].to_dict(), result.left_out
    ({'Д': 0.5, 'П': 0.3, 'М': 0.2}, ('Петров',))
    """
    if not budget > 0:
        raise UsageError(f"Бюджет баллов должен быть больше 0, задано {budget:g}.")

    def fault(given: pd.Series) -> str | None:
        if abs(given.sum() - budget) > POINTS_TOLERANCE * budget:
            return f"роздано баллов {given.sum():.6g}, должно быть {budget:g}"
        return None

    return _direct(points, "Распределение баллов", fault, partial)


def swing_weights(swings: pd.DataFrame, *, partial: Partial = "leave_out") -> DirectWeights:
    r"""Swing weighting: how much the step from the worst to the best level of each element matters.

    .. math:: w_j = s_j / \sum_l s_l, \quad \max_l s_l = 100

    The most valuable step is 100, the others are judged against it. Weights from swings belong to the normalisation
    they were asked for: other goalposts, other swings.

    Parameters
    ----------
    swings : DataFrame, shape (n experts, k codes)
        0 to 100; each expert's largest is 100.
    partial : {"leave_out", "panel", "refuse"}
        As for `budget_allocation`.

    References
    ----------
    von Winterfeldt, Edwards (1986), Decision analysis and behavioral research, chapter 8.

    Examples
    --------
    >>> swings = pd.DataFrame({"Д": [100], "П": [60], "М": [40]}, index=["Иванова"])
    >>> swing_weights(swings).weights.loc["Иванова"].to_dict()
    {'Д': 0.5, 'П': 0.3, 'М': 0.2}
    """
    def fault(given: pd.Series) -> str | None:
        if abs(given.max() - SWING_MOST) > POINTS_TOLERANCE * SWING_MOST:
            return f"наибольший размах {given.max():.6g} ({given.idxmax()}), должен быть {SWING_MOST:g}"
        return None

    return _direct(swings, "Веса по размаху", fault, partial)


def smart_weights(ratings: pd.DataFrame, *, partial: Partial = "leave_out") -> DirectWeights:
    r"""SMART: the least important element is 10, every other is rated upwards from it; :math:`w_j = r_j / \sum_l r_l`.

    Parameters
    ----------
    ratings : DataFrame, shape (n experts, k codes)
        10 or more, each expert's smallest is 10, no upper end.
    partial : {"leave_out", "panel", "refuse"}
        As for `budget_allocation`.

    References
    ----------
    Edwards (1977), How to use multiattribute utility measurement for social decisionmaking, step 6.
    doi:10.1109/TSMC.1977.4309720

    Examples
    --------
    >>> ratings = pd.DataFrame({"Д": [50], "П": [30], "М": [20], "А": [10]}, index=["Иванова"])
    >>> smart_weights(ratings).weights.loc["Иванова"].round(4).to_dict()
    {'Д': 0.4545, 'П': 0.2727, 'М': 0.1818, 'А': 0.0909}
    """
    def fault(given: pd.Series) -> str | None:
        if abs(given.min() - SMART_LEAST) > POINTS_TOLERANCE * SMART_LEAST:
            return f"наименьшая оценка {given.min():.6g} ({given.idxmin()}), должна быть {SMART_LEAST:g}"
        return None

    return _direct(ratings, "Оценки SMART", fault, partial)


def complete_from_panel(stated: pd.DataFrame) -> pd.DataFrame:
    r"""Weights of the experts who rated a part, completed by those who rated everything.

    With the mean weights :math:`\bar w` of the complete experts, an expert who rated only the part A keeps the ratios
    inside A, shares them out over the weight that the panel gives to A, and takes the panel's weight of the rest:

    .. math:: w_j = \bar w_A \, p_j / \textstyle\sum_{l \in A} p_l \ (j \in A), \quad
              w_j = \bar w_j \ (j \notin A), \quad \bar w_A = \textstyle\sum_{l \in A} \bar w_l

    Parameters
    ----------
    stated : DataFrame, shape (n experts, k codes)
        0 or more; NaN where not rated; at least one row without NaN.

    Examples
    --------
    Петров rated two of three; the panel gives them .8 together:

    >>> stated = pd.DataFrame({"Д": [0.5, 3], "П": [0.3, 1], "М": [0.2, None]}, index=["Иванова", "Петров"])
    >>> complete_from_panel(stated).round(4).loc["Петров"].to_dict()
    {'Д': 0.6, 'П': 0.2, 'М': 0.2}
    """
    total = stated.sum(axis=1)
    if not (total > 0).all():
        raise EditionError(f"Ответы экспертов: эксперт «{total.idxmin()}» ничему не дал больше 0, отношений весов нет.")
    shares = stated.div(total, axis=0)
    full = shares.notna().all(axis=1)
    if not full.any():
        raise EditionError("Ответы экспертов: никто не оценил все элементы, дополнять неполные ответы не по чему. "
                           "Попросите хотя бы одного эксперта оценить всё.")
    panel = shares[full].sort_index(key=lambda labels: labels.map(str)).mean()
    rated = shares.notna()
    return shares.mul(rated.mul(panel).sum(axis=1), axis=0).where(rated, panel, axis=1)


def _direct(answers: pd.DataFrame, what: str, fault: Callable[[pd.Series], str | None],
            partial: Partial) -> DirectWeights:
    if partial not in ("leave_out", "panel", "refuse"):
        raise UsageError(f"{what}: правило «{partial}» неизвестно. Есть: leave_out, panel, refuse.")
    if answers.empty:
        raise EditionError(f"{what}: таблица пуста, нужна хотя бы одна строка (эксперт) и один столбец (код).")
    faults = repeated_labels(answers.index, "эксперт", "строки") + repeated_labels(answers.columns, "код", "столбцы")
    if faults:
        raise EditionError(f"{what}: {'; '.join(faults)}. Оставьте одну запись.")
    values = answers.apply(pd.to_numeric, errors="coerce").astype(float)
    for expert, row in values.iterrows():
        wrong = answers.loc[expert].notna() & ~np.isfinite(row) | (row < 0)
        given = row.dropna()
        if wrong.any():
            faults.append(f"эксперт «{expert}»: " + ", ".join(
                f"{code} = «{answers.at[expert, code]}»" for code in row.index[wrong]) + " — нужно число не меньше 0")
        elif given.empty:
            faults.append(f"эксперт «{expert}»: нет ни одного ответа")
        elif (found := fault(given)) is not None:
            faults.append(f"эксперт «{expert}»: {found}")
        elif partial == "refuse" and len(given) < len(row):
            faults.append(f"эксперт «{expert}»: не оценено {', '.join(map(str, row.index[row.isna()]))}")
    if faults:
        raise EditionError(f"{what}: ошибок {len(faults)}.\n" + "\n".join(
            f"{number}. {text}." for number, text in enumerate(faults, 1)))
    answered = values.notna().mean(axis=1).rename("answered")
    part = answered < 1
    if part.all():
        raise EditionError(f"{what}: никто не оценил все элементы (больше всех — «{answered.idxmax()}», "
                           f"{answered.max():.0%}). Попросите хотя бы одного эксперта оценить всё.")
    if partial == "panel":
        return DirectWeights(complete_from_panel(values), answered, partial, ())
    stated = values[~part]
    return DirectWeights(stated.div(stated.sum(axis=1), axis=0), answered, partial,
                         tuple(str(expert) for expert in answered.index[part]))
