"""Survey answers to estimates: mean of one question by unit and clientele, with its standard error.

Answers of the two clienteles are never pooled: each has its own estimate and its own n.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd


def survey_estimates(marks: pd.Series, groups: pd.DataFrame, scale: tuple[int, int],
                     treatment: Literal["mean", "top-2-box"] = "mean", min_answers: int = 1) -> pd.DataFrame:
    r"""Estimate on [0; 1] of one question for every group of respondents.

    .. math:: S = (\bar m - l)/(u - l), \qquad se(S) = s_m / \sqrt n / (u - l)

    or, for `top-2-box`, the share of the two best marks with :math:`se = \sqrt{p(1-p)/(n-1)}`.

    Parameters
    ----------
    marks : Series, shape (respondents,)
        Marks on the scale; NaN where the question was left open.
    groups : DataFrame, shape (respondents, keys)
        What to group by: unit, clientele; matched by label.
    scale : (int, int)
        Worst and best mark.
    min_answers : int
        Groups with fewer answers get no value (but keep their n).

    Returns
    -------
    DataFrame, indexed by the keys
        `value`, `se` (NaN for one answer) and `n`, the number of answers.

    Examples
    --------
    Three marks 5, 5, 4 of 1-5 have mean 4.667, on [0; 1] .9167:

    >>> marks = pd.Series([5.0, 5.0, 4.0, 3.0])
    >>> groups = pd.DataFrame({"unit": ["C01", "C01", "C01", "C02"]})
    >>> survey_estimates(marks, groups, (1, 5)).round(4).loc["C01"].to_dict()
    {'value': 0.9167, 'se': 0.0833, 'n': 3.0}
    >>> survey_estimates(marks, groups, (1, 5), "top-2-box")["value"].to_dict()
    {'C01': 1.0, 'C02': 0.0}
    """
    low, high = scale
    if treatment == "mean":
        points = (marks - low) / (high - low)
    else:
        points = (marks >= high - 1).astype(float).where(marks.notna())
    answers = points.groupby([groups[key] for key in groups])
    n = answers.count()
    estimate = pd.DataFrame({"value": answers.mean(), "se": answers.std(ddof=1) / np.sqrt(n), "n": n})
    estimate.loc[estimate["n"] < min_answers, ["value", "se"]] = np.nan
    return estimate
