"""Checklists to objective values: X of N fulfilled requirements, all or nothing, or points."""

from __future__ import annotations

from typing import Literal

import pandas as pd

Rule = Literal["share", "all", "points"]


def requirement_scores(marks: pd.DataFrame, rule: Rule = "share") -> pd.DataFrame:
    r"""Objective value of one indicator for every unit from its requirements.

    .. math:: X/N = \sum_r s_r / \sum_r m_r

    over the requirements that apply to the unit; `all` gives 1 only if every applicable one is fully met (the portal's
    `q1 && q2`); `points` gives the sum of scores.

    Parameters
    ----------
    marks : DataFrame
        One row a unit x requirement: `unit`, `score` (NaN: does not apply) and `maximum`, the score of full marks.
    rule : {"share", "all", "points"}

    Returns
    -------
    DataFrame, indexed by unit
        `value` and `n`, the number of applicable requirements; no value where none applies.

    Examples
    --------
    Four of five requirements met: .8 as a share, 0 as all or nothing.

    >>> marks = pd.DataFrame({"unit": "C01", "score": [1, 1, 1, 1, 0.0], "maximum": 1.0})
    >>> [requirement_scores(marks, rule).loc["C01", "value"].item() for rule in ("share", "all", "points")]
    [0.8, 0.0, 4.0]
    """
    applicable = marks[marks["score"].notna()]
    by_unit = applicable.groupby("unit")
    score, maximum, n = by_unit["score"].sum(), by_unit["maximum"].sum(), by_unit.size()
    if rule == "share":
        value = score / maximum
    elif rule == "all":
        value = (applicable["score"] >= applicable["maximum"]).groupby(applicable["unit"]).all().astype(float)
    else:
        value = score
    everyone = pd.Index(marks["unit"].unique(), name="unit")
    return pd.DataFrame({"value": value, "n": n}).reindex(everyone).fillna({"n": 0})


def count_scores(counts: pd.DataFrame, rule: Rule = "share") -> pd.DataFrame:
    """Objective value of one indicator for every unit from its counts: X fulfilled of N set requirements.

    Parameters
    ----------
    counts : DataFrame
        One row a unit (or a unit and item): `unit`, `fulfilled`, `set`.
    rule : {"share", "all", "points"}
        As in `requirement_scores`.

    Returns
    -------
    DataFrame, indexed by unit
        `value` and `n`, the number of requirements set; no value where it is 0.

    Examples
    --------
    >>> counts = pd.DataFrame({"unit": ["C01", "C02"], "fulfilled": [4, 0], "set": [5, 0]})
    >>> count_scores(counts)["value"].to_dict()
    {'C01': 0.8, 'C02': nan}
    """
    sums = counts.groupby("unit")[["fulfilled", "set"]].sum()
    value = {"share": sums["fulfilled"] / sums["set"], "points": sums["fulfilled"],
             "all": (sums["fulfilled"] >= sums["set"]).astype(float)}[rule]
    return pd.DataFrame({"value": value.where(sums["set"] > 0), "n": sums["set"]})
