"""How many questionnaires an edition needs: one questionnaire on the scale of the index, and what more of them give."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from methods import checks
from methods.agreement.planner import (
    Allocation,
    allocate,
    answers_for_reliability,
    answers_to_separate,
    sample_sizes,
)
from methods.errors import InputError, NotPublishable
from methods.index.edition import INDEX, Edition
from methods.index.normalise import points_of_marks

WANTED = 0.7                              # reliability enough where groups are compared: Nunnally (1978)
SIZES = (10, 25, 50, 100, 200, 400)
FEWEST_UNITS = 3
PRIOR = 5.0  # degrees of freedom of the pooled variance beside a unit's own


@dataclass(frozen=True, eq=False)
class InterviewPlan:
    """What the present number of questionnaires gives, and what the same number or more could."""

    sd: float               # of one questionnaire inside a unit, in published points of the index
    between: float          # variance of the units' true survey part, in points squared
    design_effect: float    # of clienteles that weigh otherwise than they answer
    sizes: pd.DataFrame     # n -> half_width, reliability, gap, wrong
    needed: int             # questionnaires a unit for reliability .7
    separate: int           # to tell the middle of a grade from its border, power .8
    present: Allocation     # the questionnaires as they are
    best: Allocation        # as many, where they save most stars


def questionnaire_points(answers: pd.DataFrame, edition: Edition, element: str = INDEX) -> pd.DataFrame:
    r"""What every questionnaire adds to its unit's index, or to the score of a group, in published points.

    .. math:: y_r = M \sum_j w_j m_j \cdot \frac{\sum_{j \in A_r} w_j m_j \, p_{rj}}
                                               {\sum_{j \in A_r} w_j m_j}

    :math:`p_{rj}` are the points of the mark (`normalise.points_of_marks`), :math:`w_j` is the indicator's weight in
    the index, :math:`m_j` the survey's share in it, :math:`A_r` what was answered, M the multiplier of the published
    index.

    Parameters
    ----------
    answers : DataFrame, shape (questionnaires, columns)
        `unit`, `clientele` and a column of marks for every question.
    element : str
        The index, or a group: then the weights are those of its indicators in it.

    Returns
    -------
    DataFrame, questionnaires x (unit, clientele, points)
        Without those that answered nothing, so empty for a group of which nobody is asked.

    Raises
    ------
    NotPublishable
        Indicators are normalised after the sides are combined: a questionnaire has no place on the index's scale.
    """
    asked = edition.questions
    if not asked or any(edition.normalisation_of(code).method != "none" for code in asked):
        raise NotPublishable(f"План опроса: в редакции {edition.version} нет вопросов, чья оценка входит в индекс без "
                             "нормирования.")
    weights = edition.effective_weights()
    if element != INDEX:
        inside = weights[edition.leaves(element)]
        weights = (inside / inside.sum()).reindex(weights.index, fill_value=0.0)
    own = pd.Series({code: weights[code] * edition.indicators[code].side_mix()["subjective"] for code in asked})
    given = pd.DataFrame({
        code: points_of_marks(answers[side.question].astype("Float64").astype(float), side.scale, side.treatment)
        for code, side in asked.items()})
    there = given.notna().astype(float) @ own
    points = (given.fillna(0.0) @ own) / there.where(there > 0) * own.sum() * edition.publication.multiplier
    return answers[["unit", "clientele"]].assign(points=points).dropna(subset=["points"])


def index_errors(points: pd.DataFrame, shares: Mapping[str, float]) -> pd.DataFrame:
    r"""Standard error that the sampling of respondents leaves in each unit's index, and how many answers stand behind.

    .. math:: se_i^2 = \sum_c \pi_c^2 \, s_{ic}^2 / n_{ic} \Big/ \Bigl(\sum_c \pi_c\Bigr)^2

    over the clienteles that answered; :math:`s_{ic}^2` is the unit's own variance of a questionnaire, drawn to the
    pooled one by as many degrees of freedom as it lacks: :math:`((n-1) s_{ic}^2 + \nu s_c^2) / (n - 1 + \nu)` with
    :math:`\nu = 5`, so that three equal answers are not taken for certainty. What a questionnaire is counts for all
    its questions at once, so correlated errors need no assumption.

    Returns
    -------
    DataFrame, units x (se, n, degrees)
        se in published points; n is the effective number of questionnaires, degrees those of freedom of se.
    """
    cells = points.groupby(["unit", "clientele"])["points"].agg(["size", "var"])
    inside, own = cells["size"] - 1.0, cells["var"].fillna(0.0)
    pooled = ((own * inside).groupby(level="clientele").sum() / inside.groupby(level="clientele").sum())
    prior = pooled.reindex(cells.index.get_level_values("clientele")).to_numpy()
    variance = (inside * own + PRIOR * prior) / (inside + PRIOR)
    weight = _weights(cells.index, shares)
    parts = pd.DataFrame({"error": weight**2 * variance / cells["size"], "effective": weight**2 / cells["size"]})
    sums = parts.groupby(level="unit").sum(skipna=False)
    n = 1 / sums["effective"]
    return pd.DataFrame({"se": np.sqrt(sums["error"]), "n": n, "degrees": np.maximum(n - 1, 0) + PRIOR})


def _weights(cells: pd.MultiIndex, shares: Mapping[str, float]) -> pd.Series:
    """Weight of every clientele in its unit's survey, sum 1."""
    share = pd.Series([float(shares.get(view, 1.0)) for view in cells.get_level_values("clientele")], index=cells)
    return share / share.groupby(level="unit").transform("sum")


def interview_plan(points: pd.DataFrame, shares: Mapping[str, float], scores: pd.Series, cut_offs: Sequence[float], *,
                   minimum: int = 10, sizes: Sequence[int] = SIZES) -> InterviewPlan:
    r"""Plan of the next year's survey from this year's questionnaires.

    The spread of a questionnaire inside units is pooled over them. Clienteles with shares :math:`\pi_c` and
    :math:`n_c` questionnaires make the design effect :math:`n \sum_c \pi_c^2 / n_c`, the median of the units.

    Parameters
    ----------
    points : DataFrame
        Of `questionnaire_points`.
    shares : mapping
        Clientele -> share; empty if clienteles are not kept apart.
    scores : Series, by unit
        Published points of the index, of the units to plan for.
    cut_offs : ascending numbers
        Borders of the grades, in published points.
    minimum : int
        Questionnaires everybody gets.

    Raises
    ------
    InputError
        Fewer than 3 units with a score and questionnaires.

    References
    ----------
    Kish (1965), Survey Sampling, section 8.2; `planner` for the rest.
    """
    what = "План опроса"
    own = points[points["unit"].isin(scores.dropna().index)]
    units = pd.Index(sorted(own["unit"].unique()), name="unit")
    if len(units) < FEWEST_UNITS:
        raise InputError(f"{what}: нужно не меньше {FEWEST_UNITS} единиц с баллом и анкетами, найдено {len(units)}.")
    cells = own.groupby(["unit", "clientele"])["points"].agg(["size", "mean", "var"])
    inside = cells["size"] - 1
    variance = float((cells["var"].fillna(0.0) * inside).sum() / inside.sum()) if inside.sum() > 0 else 0.0
    if not variance > checks.DUST:
        raise NotPublishable(f"{what}: внутри единиц анкеты не различаются, план не нужен.")
    weight = _weights(cells.index, shares)
    parts = pd.DataFrame({"n": cells["size"], "mean": weight * cells["mean"],
                          "error": weight**2 / cells["size"]}).groupby(level="unit").sum().loc[units]
    effect = float((parts["n"] * parts["error"]).median())
    between = max(float(parts["mean"].var() - variance * parts["error"].mean()), 0.0)
    sd, theta = variance**0.5, scores[units].astype(float)
    cuts = np.asarray(sorted(cut_offs), dtype=float)
    half_band = float(np.median(np.diff(cuts)) / 2) if len(cuts) > 1 else float((theta - cuts[0]).abs().median())
    distance = float(np.median(np.abs(theta.to_numpy()[:, None] - cuts).min(axis=1)))
    plan = {"scores": theta, "score_errors": np.sqrt(variance * parts["error"]), "cut_offs": cuts,
            "design_effect": max(effect, 1.0), "rule": "grades"}
    total, spread = int(parts["n"].sum()), pd.Series(sd, units)
    least = int(min(minimum, total // len(units)))
    between_known = between if between > 0 else checks.DUST
    return InterviewPlan(
        sd, between, plan["design_effect"],
        sample_sizes(sizes, sd, between_known, max(distance, checks.DUST), plan["design_effect"]),
        answers_for_reliability(between_known, sd, WANTED, plan["design_effect"]),
        answers_to_separate(half_band, sd, plan["design_effect"], against="cut_off"),
        allocate(total, spread, minimum=parts["n"].astype(int), **plan),
        allocate(total, spread, minimum=max(least, 1), **plan))
