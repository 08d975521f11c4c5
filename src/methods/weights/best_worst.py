"""Best-worst method: weights from comparisons with the most and the least important element only.

Two rows of answers instead of a whole matrix: how many times the best is more important than each element (best to
others), and how many times each is more important than the worst (others to worst). 2n - 3 comparisons.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import optimize

from methods.errors import EditionError, NotPublishable

SCALE = 9  # comparisons from 1 to 9

# Liang, Brunelli, Rezaei (2020), table 3: largest acceptable input-based ratio by the comparison of the best with the
# worst (rows) and the number of elements 3 to 9. Read in three independent open implementations, which agree in all
# cells (the article itself was not at hand); two more agree in the row 9 and in the column 5.
INPUT_LIMITS = {
    2: (0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0),
    3: (0.1667, 0.1667, 0.1667, 0.1667, 0.1667, 0.1667, 0.1667),
    4: (0.1121, 0.1529, 0.1898, 0.2206, 0.2527, 0.2577, 0.2683),
    5: (0.1354, 0.1994, 0.2306, 0.2546, 0.2716, 0.2844, 0.2960),
    6: (0.1330, 0.1990, 0.2643, 0.3044, 0.3144, 0.3221, 0.3262),
    7: (0.1294, 0.2457, 0.2819, 0.3029, 0.3144, 0.3251, 0.3403),
    8: (0.1309, 0.2521, 0.2958, 0.3154, 0.3408, 0.3620, 0.3657),
    9: (0.1359, 0.2681, 0.3062, 0.3337, 0.3517, 0.3620, 0.3662),
}


@dataclass(frozen=True, eq=False)
class BestWorst:
    """Weights of one expert by the best-worst method, and how consistent the answers are."""

    best: str
    worst: str
    weights: pd.Series                              # linear model; sum 1
    xi_linear: float                                # its largest deviation, in units of weight
    intervals: pd.DataFrame                         # codes x (low, centre, high): all optima of the minimax model
    xi: float                                       # its largest deviation of a ratio from its comparison
    output_ratio: float                             # xi / consistency_index
    consistency_index: float                        # xi of the most contradictory answers with this a_BW
    input_ratio: float                              # CR^I, from the answers alone
    input_limit: float | None                       # its limit; None where none is published
    most_inconsistent: str | None                   # the element whose two comparisons contradict a_BW most
    ordinal_violations: tuple[tuple[str, str], ...]  # pairs that the two rows of answers order differently

    @property
    def acceptable(self) -> bool | None:
        """Input-based ratio within its limit; None if there is no published limit."""
        return None if self.input_limit is None else self.input_ratio <= self.input_limit + 1e-9


def best_worst(best_to_others: pd.Series, others_to_worst: pd.Series, best: str, worst: str,
               expert: str | None = None) -> BestWorst:
    """Everything the best-worst method says of one expert's answers.

    Parameters
    ----------
    best_to_others : Series, shape (n,)
        How many times `best` is more important than each element: 1 to 9, 1 for itself.
    others_to_worst : Series, shape (n,)
        How many times each element is more important than `worst`: 1 to 9, 1 for itself. Matched by label.
    best, worst : str
        The two reference elements.
    expert : str, optional
        Who is named in errors.

    Raises
    ------
    EditionError
        All faults of the answers at once.

    References
    ----------
    Rezaei (2015), doi:10.1016/j.omega.2014.11.009; Rezaei (2016), doi:10.1016/j.omega.2015.12.001. Consistency: Liang,
    Brunelli, Rezaei (2020), doi:10.1016/j.omega.2019.102175

    Examples
    --------
    >>> result = best_worst(pd.Series({"Д": 1, "П": 2, "М": 8}), pd.Series({"Д": 8, "П": 5, "М": 1}), "Д", "М")
    >>> result.weights.round(4).to_dict()
    {'Д': 0.6071, 'П': 0.3214, 'М': 0.0714}
    >>> round(result.xi, 2), round(result.input_ratio, 4), result.input_limit, result.acceptable
    (0.26, 0.0357, 0.1309, True)
    """
    answers = _answers(best_to_others, others_to_worst, best, worst, expert)
    weights, xi_linear = _linear(answers, best, worst)
    xi, intervals = _minimax(answers, best, worst)
    scale = float(answers.at[worst, "best"])
    index = consistency_index(scale)
    local = input_ratios(answers["best"], answers["worst"], best, worst, expert)
    largest = float(local.max())
    order = best_to_others.index
    return BestWorst(
        best, worst, weights[order], xi_linear, intervals.loc[order], xi, xi / index if index else 0.0, index, largest,
        input_limit(scale, len(answers)), str(local.round(12).idxmax()) if largest else None,
        ordinal_violations(answers["best"], answers["worst"], best, worst, expert))


def best_worst_weights(best_to_others: pd.Series, others_to_worst: pd.Series, best: str, worst: str,
                       expert: str | None = None) -> pd.Series:
    r"""Weights of the linear model, solved exactly as a linear programme.

    .. math:: \min \xi \quad \text{with } |w_B - a_{Bj} w_j| \le \xi,\ |w_j - a_{jW} w_W| \le \xi,\ \sum_j w_j = 1

    Returns
    -------
    Series, shape (n,)
        By code in the order of `best_to_others`, sum 1.

    References
    ----------
    Rezaei (2016), Best-worst multi-criteria decision-making method: some properties and a linear model, section 4.
    doi:10.1016/j.omega.2015.12.001

    Examples
    --------
    Consistent answers give back their ratios:

    >>> best_worst_weights(pd.Series({"Д": 1, "П": 2, "М": 4}), pd.Series({"Д": 4, "П": 2, "М": 1}), "Д", "М").round(
    ...     4).to_dict()
    {'Д': 0.5714, 'П': 0.2857, 'М': 0.1429}
    """
    answers = _answers(best_to_others, others_to_worst, best, worst, expert)
    return _linear(answers, best, worst)[0][best_to_others.index]


def best_worst_intervals(best_to_others: pd.Series, others_to_worst: pd.Series, best: str, worst: str,
                         expert: str | None = None) -> tuple[pd.DataFrame, float]:
    r"""All optimal weights of the original minimax model: the least and the greatest weight of every element.

    .. math:: \min_w \max_j \{|w_B / w_j - a_{Bj}|,\ |w_j / w_W - a_{jW}|\}

    With more than three elements many weights share the smallest deviation :math:`\xi^*`. At it the ratio
    :math:`w_B / w_W` is fixed and every other :math:`w_j / w_W` ranges over its own interval, so that both are known in
    closed form: no search, no rounding of a solver.

    Returns
    -------
    DataFrame, codes x (low, centre, high)
        The centres need not sum to 1.
    float
        :math:`\xi^*`.

    References
    ----------
    Rezaei (2015), model 2; Rezaei (2016), models 3 and 4 (the bounds), doi:10.1016/j.omega.2015.12.001

    Examples
    --------
    >>> to_others, to_worst = pd.Series({"Д": 1, "П": 2, "М": 8}), pd.Series({"Д": 8, "П": 5, "М": 1})
    >>> table, xi = best_worst_intervals(to_others, to_worst, "Д", "М")
    >>> table["centre"].round(3).to_dict(), round(xi, 3)
    ({'Д': 0.59, 'П': 0.339, 'М': 0.071}, 0.258)
    """
    xi, intervals = _minimax(_answers(best_to_others, others_to_worst, best, worst, expert), best, worst)
    return intervals.loc[best_to_others.index], xi


def consistency_index(best_to_worst: float) -> float:
    r"""Deviation :math:`\xi` of the most contradictory answers with a given a_BW: the scale of the output-based ratio.

    .. math:: (a_{BW} - \xi)^2 = a_{BW} + \xi \ \Rightarrow\ \xi = (1 + 2 a_{BW} - \sqrt{1 + 8 a_{BW}}) / 2

    (Rezaei 2015, table 1.) At a_BW = 2 and with four elements or more, answers (2, 2) and (1, 1) together reach
    :math:`\xi = 0.5` instead of 0.44, so that the ratio may slightly exceed 1 there.

    >>> [round(consistency_index(scale), 2) for scale in range(1, 10)]
    [0.0, 0.44, 1.0, 1.63, 2.3, 3.0, 3.73, 4.47, 5.23]
    """
    return (1 + 2 * best_to_worst - math.sqrt(1 + 8 * best_to_worst)) / 2


def input_ratios(best_to_others: pd.Series, others_to_worst: pd.Series, best: str, worst: str,
                 expert: str | None = None) -> pd.Series:
    r"""Input-based consistency ratio of every element; the largest is the expert's.

    .. math:: CR^I_j = \frac{|a_{Bj} a_{jW} - a_{BW}|}{a_{BW}^2 - a_{BW}}

    0 to 1: seen at once, before any weights, while the expert is still at the table.

    References
    ----------
    Liang, Brunelli, Rezaei (2020), Consistency issues in the best worst method: measurements and thresholds.
    doi:10.1016/j.omega.2019.102175

    Examples
    --------
    >>> to_others, to_worst = pd.Series({"Д": 1, "П": 2, "М": 8}), pd.Series({"Д": 8, "П": 5, "М": 1})
    >>> input_ratios(to_others, to_worst, "Д", "М").round(4).to_dict()
    {'Д': 0.0, 'П': 0.0357, 'М': 0.0}
    """
    answers = _answers(best_to_others, others_to_worst, best, worst, expert)
    scale = answers.at[worst, "best"]
    ratio = (answers["best"] * answers["worst"] - scale).abs() / (scale**2 - scale if scale > 1 else 1)
    return ratio[best_to_others.index].rename("input_ratio")


def input_limit(best_to_worst: float, n: int) -> float | None:
    """Largest acceptable input-based ratio; None where the authors give none (other scales, more than 9 elements).

    With one or two elements, or the best equal to the worst, there is nothing to contradict: 0.

    >>> input_limit(8, 5), input_limit(7.5, 5)
    (0.2958, None)
    """
    if n <= 2 or best_to_worst == 1:
        return 0.0
    row = INPUT_LIMITS.get(int(best_to_worst)) if float(best_to_worst).is_integer() else None
    return row[n - 3] if row and n <= 9 else None


def ordinal_violations(best_to_others: pd.Series, others_to_worst: pd.Series, best: str, worst: str,
                       expert: str | None = None) -> tuple[tuple[str, str], ...]:
    """Pairs of elements that the two rows of answers put in different orders.

    Consistent: i farther from the best than j, and nearer to the worst; or equal in both rows. A tie in one row only
    counts as a violation.

    References
    ----------
    Liang, Brunelli, Rezaei (2020), section on ordinal consistency, doi:10.1016/j.omega.2019.102175

    Examples
    --------
    П is nearer to the best than М, yet М is farther from the worst than П:

    >>> ordinal_violations(pd.Series({"Д": 1, "П": 2, "М": 3, "А": 9}), pd.Series({"Д": 9, "П": 4, "М": 5, "А": 1}),
    ...                    "Д", "А")
    (('М', 'П'),)
    """
    answers = _answers(best_to_others, others_to_worst, best, worst, expert)
    found, rows = [], list(answers.itertuples())
    for place, one in enumerate(rows):
        for other in rows[place + 1:]:
            if np.sign(one.best - other.best) != np.sign(other.worst - one.worst):
                found.append((str(one.Index), str(other.Index)))
    return tuple(found)


def _answers(best_to_others: pd.Series, others_to_worst: pd.Series, best: str, worst: str,
             expert: str | None) -> pd.DataFrame:
    """Both rows of answers side by side, codes sorted; all faults at once."""
    faults = []
    rows = {"лучший к остальным": best_to_others, "остальные к худшему": others_to_worst}
    for title, row in rows.items():
        faults += [f"{title}: «{code}» повторяется" for code in row.index[row.index.duplicated()].unique()]
    for title, absent in (("лучший к остальным", others_to_worst.index.difference(best_to_others.index)),
                          ("остальные к худшему", best_to_others.index.difference(others_to_worst.index))):
        if len(absent):
            faults.append(f"{title}: нет ответа о {', '.join(map(str, absent))}")
    for code, title in ((best, "лучший"), (worst, "худший")):
        if not all(code in row.index for row in rows.values()):
            faults.append(f"{title} элемент «{code}» не найден среди ответов")
    if not faults:
        faults += _value_faults(best_to_others, others_to_worst, best, worst)
    if faults:
        who = f"Эксперт «{expert}»" if expert else "Метод лучшего и худшего"
        raise EditionError(f"{who}: ошибок в сравнениях с лучшим и худшим {len(faults)}.\n"
                           + "\n".join(f"{number}. {fault}." for number, fault in enumerate(faults, 1)))
    table = pd.DataFrame({"best": best_to_others.astype(float), "worst": others_to_worst.astype(float)})
    return table.loc[sorted(table.index, key=str)]


def _value_faults(best_to_others: pd.Series, others_to_worst: pd.Series, best: str, worst: str) -> list[str]:
    faults = []
    for pattern, row in ((f"«{best}» к «{{}}»", best_to_others), (f"«{{}}» к «{worst}»", others_to_worst)):
        values = pd.to_numeric(row, errors="coerce")
        faults += [f"{pattern.format(code)}: " + ("нет ответа" if pd.isna(row[code]) else f"«{row[code]}»" if pd.isna(
            values[code]) else f"{values[code]:g}") + f", нужно число от 1 до {SCALE}"
            for code in row.index[~values.between(1, SCALE)]]
    if faults:
        return faults
    there, back, scale = best_to_others, others_to_worst, best_to_others[worst]
    if there[best] != 1:
        faults.append(f"лучший «{best}» сравнен сам с собой: {there[best]:g}, должно быть 1")
    if back[worst] != 1:
        faults.append(f"худший «{worst}» сравнен сам с собой: {back[worst]:g}, должно быть 1")
    if scale != back[best]:
        faults.append(f"«{best}» к «{worst}»: {scale:g} в одной строке и {back[best]:g} в другой, "
                      "должно быть одно число")
    if best == worst and len(there) > 1:
        faults.append(f"лучший и худший — один элемент «{best}»: назовите разные")
    elif scale == 1 and (there.gt(1).any() or back.gt(1).any()):
        faults.append(f"«{best}» и «{worst}» равны (1), а другие сравнения больше 1: лучший и худший названы неверно")
    return faults


def _linear(answers: pd.DataFrame, best: str, worst: str) -> tuple[pd.Series, float]:
    n = len(answers)
    if n == 1:
        return pd.Series(1.0, answers.index, name="weight"), 0.0
    unit = pd.DataFrame(np.eye(n), answers.index, answers.index)
    from_best = unit.loc[best].to_numpy() - answers["best"].to_numpy()[:, None] * unit.to_numpy()
    from_worst = unit.to_numpy() - answers["worst"].to_numpy()[:, None] * unit.loc[worst].to_numpy()
    deviations = np.vstack([from_best, -from_best, from_worst, -from_worst])
    solution = optimize.linprog(
        np.r_[np.zeros(n), 1], A_ub=np.column_stack([deviations, -np.ones(len(deviations))]),
        b_ub=np.zeros(len(deviations)), A_eq=[np.r_[np.ones(n), 0]], b_eq=[1], bounds=(0, None), method="highs")
    if solution.status != 0:
        raise NotPublishable(f"Метод лучшего и худшего: задача не решена ({solution.message}).")
    weights = pd.Series(solution.x[:n], answers.index, name="weight")
    return weights / weights.sum(), float(solution.x[n])


def _minimax(answers: pd.DataFrame, best: str, worst: str) -> tuple[float, pd.DataFrame]:
    """The smallest deviation and the weights that share it.

    With r = w_B / w_W and v = w_j / w_W every element j asks for |r / v - a| <= xi and |v - b| <= xi, that is for r
    between (a - xi)(b - xi) and (a + xi)(b + xi); so does a_BW, with a_BW - xi and a_BW + xi. The smallest xi with a
    common r is the largest of those that two such demands force upon each other.
    """
    others = answers.drop(index={best, worst})
    a, b, scale = others["best"].to_numpy(), others["worst"].to_numpy(), float(answers.at[worst, "best"])
    excess, half = a * b - scale, (a + b + 1) / 2
    against_scale = np.abs(half - np.sqrt(half**2 - excess))     # (a -+ xi)(b -+ xi) = a_BW +- xi
    against_each_other = np.subtract.outer(a * b, a * b) / np.add.outer(a + b, a + b)  # (a-xi)(b-xi) = (a'+xi)(b'+xi)
    xi = float(np.max(np.r_[0.0, against_scale, against_each_other.ravel()]))
    lowest = np.max(np.r_[scale - xi, np.clip(a - xi, 0, None) * np.clip(b - xi, 0, None)])
    highest = np.min(np.r_[scale + xi, (a + xi) * (b + xi)])
    ratio = (lowest + highest) / 2                               # both ends meet at the smallest xi
    low, high = pd.Series(1.0, answers.index), pd.Series(1.0, answers.index)  # w_j / w_W
    if best != worst:
        low[best] = high[best] = ratio
    reach = np.divide(ratio, a - xi, out=np.full(len(a), np.inf), where=a > xi)
    low[others.index] = np.maximum(b - xi, ratio / (a + xi))
    high[others.index] = np.minimum(b + xi, reach)
    least, most = low / (low + high.sum() - high), high / (high + low.sum() - low)
    most = most.clip(lower=least)                                # equal up to rounding where only one weight is left
    return xi, pd.DataFrame({"low": least, "centre": (least + most) / 2, "high": most})
