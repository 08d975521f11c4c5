"""Which values of single indicators may leave, once the indices and the scores of groups are out.

The published view (`view`) speaks of indices and groups. A profile also names indicators. Below a published group
they only say how a known sum is shared out among its questions, and this module lets out just as much of that as leaves
every answer of few people as uncertain as it was.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from methods.data.disclosure.model import survey_sides
from methods.data.disclosure.view import LEAST_PART, Published
from methods.index.edition import INDEX, Edition
from methods.index.score import EVERYONE


def shown_indicators(measurements: pd.DataFrame, edition: Edition, view: Published) -> pd.DataFrame:
    r"""Units x indicators: whether the combined value of the indicator may be shown.

    Let :math:`c_j = \sum_v \pi_v S_{jv}` be the survey part of an indicator over clienteles v with shares
    :math:`\pi_v`; the checklist X/N is public. Who knows :math:`c_j` knows of one clientele

    .. math:: S_{jv} \in \Bigl[\max\bigl(0, \tfrac{c_j - (1 - \pi_v)}{\pi_v}\bigr),
              \min\bigl(1, \tfrac{c_j}{\pi_v}\bigr)\Bigr]

    Where every :math:`c_j \ge \max(\pi_v, 1 - \pi_v)`, the length of this range is :math:`(1 - c_j)/\pi_v`: linear, so
    that over a group it averages to exactly what the published score of the group leaves. Showing indicators then tells
    nothing new about any clientele's group or index, even to somebody who knew all of them. Rules, per unit and group:

    1. an indicator without personal answers is public;
    2. the scores of all groups above it (without groups, the index) are published;
    3. if a clientele gave fewer answers than the threshold to some question of the group, the linear case must hold;
    4. it rests on `threshold` answers, on at least 3 of each clientele, and the mean of a clientele with fewer than
       `threshold` keeps a range of at least `protection` and of one step of one respondent, 1 / (n x steps);
    5. what is held back may be computed together from the group, so there are at least two such indicators and the
       range that their common sum leaves to each of them keeps rule 4; more are held back until it does.

    A recipe that is not a weighted sum proves nothing: there only groups without any small clientele are shown.
    """
    asked = survey_sides(edition)
    units = view.scores.index.sort_values()
    shown = pd.DataFrame(True, units, list(edition.indicators))
    if not asked:
        return shown
    linear = all(edition.normalisation_of(code).method == "none" for code in asked) and all(
        edition.aggregation_of(parent).method == "arithmetic" for parent in [*edition.groups, INDEX])
    views = list(edition.clienteles) or [EVERYONE]
    shares = np.array([edition.clienteles[own].share if edition.clienteles else 1.0 for own in views])
    rows = measurements[measurements["indicator"].isin(asked) & measurements["side"].eq("subjective")]
    wide = rows.pivot(index="unit", columns=["indicator", "clientele"], values=["value", "n"]).reindex(units)
    weights = edition.effective_weights() * pd.Series(
        {code: indicator.side_mix().get(asked.get(code, ""), 0.0) for code, indicator in edition.indicators.items()})
    for parent in dict.fromkeys(edition.indicators[code].group for code in asked):
        codes = [code for code in asked if edition.indicators[code].group == parent]
        above = _above(parent, edition)
        open_ = view.scores.reindex(units)[above].notna().all(axis=1).to_numpy()
        value, n = (np.stack([np.stack([_column(wide, name, code, own) for own in views], axis=1) for code in codes],
                             axis=1) for name in ("value", "n"))       # units x codes x clienteles
        steps = np.array([side.scale[1] - side.scale[0] for code in codes
                          for side in [edition.indicators[code].sides[asked[code]]]])
        weight = weights[codes].to_numpy()
        shown[codes] = [_safe(said, answers, shares, weight, steps, view.threshold, view.protection, linear) & out
                        for said, answers, out in zip(value, n, open_, strict=True)]
    return shown


def _safe(value: np.ndarray, n: np.ndarray, shares: np.ndarray, weights: np.ndarray, steps: np.ndarray, threshold: int,
          protection: float, linear: bool) -> np.ndarray:
    """Which of a group's questions may be shown for one unit; arrays are questions x clienteles."""
    there = np.isfinite(value)
    asked = there.any(axis=1)
    few = there & (np.nan_to_num(n) < threshold)
    if not few.any():
        return asked
    share = there * shares
    share = share / np.where(asked, share.sum(axis=1), 1.0)[:, None]
    c = (np.nan_to_num(value) * share).sum(axis=1)
    edge = np.maximum(share, 1 - share)
    if not linear or (few & (c[:, None] < edge)).any() or (~there & asked[:, None]).any():
        return np.zeros(len(value), dtype=bool)
    need = np.where(few, np.maximum(protection, 1 / (np.maximum(np.nan_to_num(n), 1) * steps[:, None])), 0.0)

    def short(spare: np.ndarray) -> np.ndarray:
        """Questions whose clienteles would be known too well if each kept `spare` of its survey part."""
        return (few & (spare[:, None] / share < need)).any(axis=1)

    held = asked & ((np.nansum(n, axis=1) < threshold) | (there & (n < min(LEAST_PART, threshold))).any(axis=1)
                    | short(1 - c))
    order = [j for j in np.argsort(c, kind="stable") if asked[j]]     # those with most room first
    while held.any():
        together = (weights * (1 - c))[held].sum() / np.where(held, weights, 1.0)
        if held.sum() > 1 and not (held & short(np.minimum(together, 1.0))).any():
            break
        more = next((j for j in order if not held[j]), None)
        if more is None:
            break
        held[more] = True
    return asked & ~held


def _above(group: str, edition: Edition) -> list[str]:
    """The groups over an indicator, or the index where there are none."""
    found = []
    while group != INDEX:
        found.append(group)
        group = edition.groups[group].parent
    return found or [INDEX]


def _column(wide: pd.DataFrame, name: str, code: str, view: str) -> np.ndarray:
    column = next(((name, code, own) for own in (view, EVERYONE) if (name, code, own) in wide.columns), None)
    return np.full(len(wide), np.nan) if column is None else wide[column].to_numpy(dtype=float)
