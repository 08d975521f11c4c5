"""Other weights of groups in the reader's hands: a block of the page that needs no server.

A job keeps the published scores of groups with their errors (`group_scores`), the page carries them, and `page.js`
does the last step of the recipe anew: index, places with intervals, grades. In Word and PDF one sentence stands there.

Only what is published is carried, as it is published, so the block tells nothing that the tables hide.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape

import numpy as np
import pandas as pd

from methods import checks
from methods.agreement.interviews import index_errors, questionnaire_points
from methods.agreement.multitrait import error_covariance, mean_correlation
from methods.errors import InputError, NotPublishable
from methods.index.aggregate import coverage
from methods.index.edition import INDEX, Edition
from methods.index.rounding import round_half_up
from methods.index.score import Scores, element_score, reweighted_index
from methods.report.results import Results
from methods.weights.bench import adopted_weights
from methods.weights.effect import member_weights

WHAT = "Другие веса групп"
EXPONENTS = {"arithmetic": 1.0, "geometric": 0.0, "harmonic": -1.0}   # every mean as a power mean
TRIALS = 3          # sets of weights on which the last step alone must give the index of the whole recipe
FEWEST_UNITS = 3
TABLE, COMMON = "group_scores", "group_common_error"   # keys under which a job keeps what the block needs


@dataclass(frozen=True, eq=False)
class GroupErrors:
    """What the sampling of respondents leaves in the scores of groups, in published points."""

    se: pd.DataFrame   # units x groups: standard errors
    common: float      # correlation of the errors of two groups of one unit, 0 to 1


@dataclass(frozen=True)
class WeightsBlock:
    """A block of the page; a notebook shows it. `data` is JSON for `page.js`."""

    data: str = field(repr=False)

    def _repr_html_(self) -> str:
        return (f'<div class="what-if" data-weights="{escape(self.data)}"><p class="without-script">Другие веса групп '
                "можно попробовать на странице отчёта (файл HTML) в браузере, где включён JavaScript: места единиц с "
                "опубликованными баллами групп пересчитываются сразу, каждое со своим интервалом.</p></div>")


def group_errors(answers: pd.DataFrame, edition: Edition) -> GroupErrors:
    r"""Standard errors of the groups' scores and their common correlation.

    A group's error is that of an index in which it has all the weight (`agreement.interviews.index_errors`). The same
    people answered about all groups; for the mean covariance matrix :math:`\Sigma_c` of the groups' errors in a
    clientele of share :math:`\pi_c`

    .. math:: \rho = \frac{1}{\sum_c \pi_c} \sum_c \pi_c
              \frac{\sum_{g \ne h} \Sigma_{c,gh}}{\sum_{g \ne h} \sqrt{\Sigma_{c,gg} \Sigma_{c,hh}}}

    not below 0 and not above 1.

    Parameters
    ----------
    answers : DataFrame, shape (questionnaires, columns)
        `unit`, `clientele` and a column of marks for every question.

    Returns
    -------
    GroupErrors
        Zero error for a group of which nobody is asked, and for a unit that nobody answered about.

    Raises
    ------
    NotPublishable
        Indicators are normalised after the sides are combined, or nothing is asked.
    """
    groups = edition.children(INDEX)
    shares = {code: clientele.share for code, clientele in edition.clienteles.items()}
    points, errors = {}, {}
    for group in groups:
        own = questionnaire_points(answers, edition, group)
        if len(own):   # nobody is asked about some groups
            points[group] = own["points"]
            errors[group] = index_errors(own, shares)["se"]
    table = pd.DataFrame(points)
    clienteles = answers["clientele"].reindex(table.index)
    found = [(shares.get(view, 1.0), mean_correlation(error_covariance(table[clienteles == view],
                                                                       answers["unit"].reindex(table.index))))
             for view in sorted(clienteles.unique())]
    known = [(share, rho) for share, rho in found if np.isfinite(rho)]
    common = sum(share * rho for share, rho in known) / sum(share for share, _ in known) if known else 0.0
    return GroupErrors(pd.DataFrame(errors).reindex(columns=groups).fillna(0.0).sort_index(),
                       float(np.clip(common, 0.0, 1.0)))


def group_scores(scores: Scores, published: pd.DataFrame, titles: pd.Series, edition: Edition,
                 errors: GroupErrors | None = None) -> pd.DataFrame:
    """What the block needs of every unit: published scores of its groups and their errors.

    A unit takes part if its index is published, none of its groups' scores is hidden, it stays in the ranking under
    any weights of groups, and its groups' scores alone give its index (clienteles that miss different groups do not).

    Parameters
    ----------
    scores : Scores
        Of `methods.index.score.score`.
    published : DataFrame
        `Published.scores`: what may be shown, NaN where hidden.
    titles : Series, by unit
        Names of units.
    errors : GroupErrors, optional
        None where nothing is known of errors.

    Returns
    -------
    DataFrame, units x (Название, group, …, group ±, …)
        In the order of codes; groups by code, in published points.

    Raises
    ------
    NotPublishable
        The index is not made of groups, is a sum whose weights change nothing or a mean that the page does not count,
        or fewer than 3 units take part.
    """
    groups, how = edition.children(INDEX), edition.aggregation_of(INDEX).method
    if len(groups) < 2 or not set(groups) <= set(edition.groups):
        raise NotPublishable(f"{WHAT}: в редакции {edition.version} индекс составлен не из групп, двигать нечего.")
    if how == "sum":
        raise NotPublishable(f"{WHAT}: в редакции {edition.version} индекс — сумма баллов, от весов он не зависит.")
    if how not in (*EXPONENTS, "power"):
        raise NotPublishable(f"{WHAT}: в редакции {edition.version} индекс сведён способом «{how}», а страница считает "
                             "только степенные средние.")
    own, shown = scores.elements[groups], published[[INDEX, *groups]].reindex(scores.elements.index)
    hidden = (own.notna() & shown[groups].isna()).any(axis=1)
    open_ = scores.eligible & shown[INDEX].notna() & ~hidden & _always_eligible(scores, edition)
    open_ &= _made_of_groups(scores, edition, groups)
    units = open_.index[open_].sort_values()
    if len(units) < FEWEST_UNITS:
        raise NotPublishable(f"{WHAT}: нужно не меньше {FEWEST_UNITS} единиц, чей индекс выводится из опубликованных "
                             f"баллов групп, найдено {len(units)}.")
    table = pd.concat([titles.reindex(units).fillna(units.to_series()).rename("Название"), shown.loc[units, groups]],
                      axis=1)
    if errors is not None:
        rounded = round_half_up(errors.se.reindex(index=units, columns=groups).fillna(0.0),
                                edition.publication.decimals)
        table = table.join(rounded.where(table[groups].notna()).rename(columns=_error_column))
    return table.rename_axis("Код")


def answers_behind(n: pd.Series, edition: Edition) -> pd.DataFrame:
    """Answers behind the columns of `group_scores`, from the answers behind cells (unit, element, part)."""
    whole = n[n.index.get_level_values("part") == ""].droplevel("part").unstack("element")
    own = whole.reindex(columns=edition.children(INDEX))
    return own.join(own.rename(columns=_error_column))


def block(table: pd.DataFrame, edition: Edition, common: float = 0.0) -> WeightsBlock:
    """The block of a table of `group_scores`.

    Parameters
    ----------
    common : float
        Correlation of the errors of two groups of one unit, 0 to 1.

    Raises
    ------
    InputError
        A group has no column, or the correlation is not one.
    """
    groups, how, gaps = edition.children(INDEX), edition.aggregation_of(INDEX), edition.missing_of(INDEX)
    if absent := [code for code in groups if code not in table]:
        raise InputError(f"{WHAT}: в таблице баллов нет столбцов: {', '.join(absent)}. Выполните задачу sensitivity "
                         "заново.")
    if not 0 <= common <= 1:
        raise InputError(f"{WHAT}: корреляция ошибок групп должна лежать от 0 до 1, найдено {common:g}.")
    exponent = EXPONENTS.get(how.method, how.exponent)
    if exponent != 1:
        checks.positive(table[groups], WHAT)
    ordered = table.sort_index()
    errors = ordered.reindex(columns=[_error_column(code) for code in groups])
    rule, weights = edition.grades, adopted_weights(edition)
    fixed = rule is not None and rule.method == "bands" and rule.within == "all"
    record = {
        "adopted": [float(weights[code]) for code in groups],
        "common": common,
        "complete": gaps.rule == "complete",
        "coverage": gaps.min_coverage,
        "decimals": edition.publication.decimals,
        "errors": _rows(errors) if errors.notna().any(axis=None) else None,
        "exponent": exponent,
        "graded": rule is not None,
        "grades": {"title": rule.title[:1].upper() + rule.title[1:], "cut_offs": list(rule.cut_offs),
                   "edge": rule.edge, "decimals": rule.decimals, "floor": rule.floor} if fixed else None,
        "groups": [[code, edition.element_title(code)] for code in groups],
        "mark": edition.mark,
        "scores": _rows(ordered[groups]),
        "ties": edition.ranking.ties,
        "unit": {"title": edition.unit.title[:1].upper() + edition.unit.title[1:], "few": edition.unit.few,
                 "many": edition.unit.many},
        "units": [[str(code), str(title)] for code, title in ordered["Название"].items()],
    }
    return WeightsBlock(json.dumps(record, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False))


def kept(job: Results, edition: Edition) -> Sequence[WeightsBlock]:
    """The block of what a job kept, or nothing if it kept nothing: for the annual report, which computes nothing."""
    if TABLE not in job.tables:
        return []
    common = job.numbers[COMMON].value if COMMON in job.numbers else 0.0
    return [block(job.tables[TABLE].frame, edition, common)]


def _error_column(code: str) -> str:
    return f"{code} ±"


def _rows(table: pd.DataFrame) -> list[list[float | None]]:
    """Numbers as JSON has them: nothing is null."""
    return [[None if np.isnan(value) else float(value) for value in row] for row in table.to_numpy(dtype=float)]


def _always_eligible(scores: Scores, edition: Edition) -> pd.Series:
    """Whether enough of every group is known: coverage under any weights of groups is a mean of the groups' own."""
    weights, there = edition.effective_weights(), scores.normalised
    covered = pd.DataFrame({group: coverage(there[leaves], weights[leaves]) if weights[leaves].sum() > 0 else 0.0
                            for group in edition.children(INDEX)
                            for leaves in [[leaf for leaf in edition.leaves(group) if leaf in there]]},
                           index=there.index)
    return (covered >= edition.eligibility.min_coverage - checks.SUM_TOLERANCE).all(axis=1)


def _made_of_groups(scores: Scores, edition: Edition, groups: Sequence[str]) -> pd.Series:
    """Whether the groups' scores give the index of the whole recipe, tried on the adopted weights and some others."""
    others = np.random.default_rng(0).dirichlet(np.ones(len(groups)), TRIALS)
    same = pd.Series(True, index=scores.elements.index)
    for weights in [adopted_weights(edition)[list(groups)], *(pd.Series(row, index=groups) for row in others)]:
        whole = reweighted_index(scores, edition, member_weights(edition, weights))
        last = element_score(scores.elements[list(groups)], INDEX, edition, weights)
        same &= ((whole - last).abs() <= checks.SUM_TOLERANCE * whole.abs().max()) | (whole.isna() & last.isna())
    return same
