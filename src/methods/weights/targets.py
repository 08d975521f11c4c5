"""Weights that give every element the importance that was stated for it.

A weight is not an importance: an element that varies more, or that others repeat, decides more than its weight says.
Here the question is turned round: given the shares of importance, which weights bring them about, none below 0, within
bounds, at every level of a tree? Either the shares are reached within a tolerance, or the answer is a refusal with its
reason; weights on the way to a target are never handed out as weights.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import linprog, minimize

from methods import checks
from methods.errors import EditionError, InputError, NotPublishable
from methods.index.aggregate import arithmetic
from methods.index.importance import (
    Kind,
    Resampled,
    curve,
    effective_number,
    explained,
    importances,
    resamples,
    share_of_importance,
)

Array = NDArray[np.float64]
Gaps = Literal["complete", "reweight"]
Bounds = float | pd.Series

TOLERANCE = 0.005      # of a share of importance
EXACT = 1e-7           # error at which no further start is tried
ON_BOUND = 1e-6        # distance from a bound at which a weight counts as lying on it
MOST_ITERATIONS = 300
MOST_ROUNDS = 20       # of choosing the smoothness of the curves anew
FIXED_STARTS = 3       # the closed form, weights of equal spread, the targets themselves
RANDOM_STARTS = 4


@dataclass(frozen=True, eq=False)
class TargetedWeights:
    """Weights of the members of one parent, and how near they bring the shares of importance to their targets."""

    weights: pd.Series       # members, sum 1
    target: pd.Series        # members: stated shares of importance, sum 1
    share: pd.Series         # members: shares of importance under these weights, sum 1
    importance: pd.Series    # members: squared correlation or correlation ratio with the parent's score
    lower: pd.Series         # members
    upper: pd.Series
    contrary: tuple[Hashable, ...]   # members whose correlation with the score is negative
    kind: Kind
    n: int                   # units the shares rest on
    tolerance: float
    iterations: int          # of the search that was taken; 0: closed form
    last_change: float       # of a weight, in the last iteration
    at_limit: bool           # the search was stopped, not finished
    unbeatable: float        # no weights within the bounds have a smaller error; 0 if nothing is proven

    @property
    def error(self) -> float:
        """Largest difference of a share from its target."""
        return float((self.share - self.target).abs().max())

    @property
    def converged(self) -> bool:
        """Whether every share is within the tolerance and no member pulls against the score."""
        return self.error <= self.tolerance and not self.contrary

    @property
    def on_bound(self) -> pd.Series:
        """Members whose weight lies on a bound of theirs, with the bound."""
        low, high = ((self.weights - bound).abs() <= ON_BOUND for bound in (self.lower, self.upper))
        return self.lower.where(low, self.upper)[low | high & (self.upper < 1)].rename("bound")

    def warnings(self) -> tuple[str, ...]:
        """Sentences for the report: weights on a bound, of which the data would want more or less."""
        return tuple(f"Вес {member} лежит на границе {bound:g}: без неё он был бы иным, заданная доля влияния "
                     "достигнута только в пределах допуска." for member, bound in self.on_bound.items())

    def table(self) -> pd.DataFrame:
        """Members x (weight, target, share, importance, on_bound)."""
        return pd.DataFrame({"weight": self.weights, "target": self.target, "share": self.share,
                             "importance": self.importance,
                             "on_bound": self.weights.index.isin(self.on_bound.index)})


@dataclass(frozen=True, eq=False)
class Calibration:
    """Targeted weights of a whole tree, and the scores they give."""

    parents: dict[Hashable, TargetedWeights]   # bottom-up, the root last
    scores: pd.DataFrame                       # units x parents

    @property
    def converged(self) -> bool:
        """Whether every parent reached its targets."""
        return all(found.converged for found in self.parents.values())

    def effective_weights(self) -> pd.Series:
        """Weight of every leaf in the root's score, the product of weights on the way up; they sum to 1."""
        found = dict(self.parents[list(self.parents)[-1]].weights)
        while inner := [element for element in found if element in self.parents]:
            share = found.pop(inner[0])
            found |= (self.parents[inner[0]].weights * share).to_dict()
        return pd.Series(found, name="weight")

    def table(self) -> pd.DataFrame:
        """(parent, member) x (weight, target, share, importance, on_bound)."""
        return pd.concat({parent: found.table() for parent, found in self.parents.items()}, names=["parent", "member"])


@dataclass(frozen=True, eq=False)
class CalibrationDraws:
    """Targeted weights in resampled data."""

    weights: Resampled   # (parent, member)
    missed: pd.Series    # parents: share of resamples in which the targets cannot be reached; the nearest weights count


# --- one parent -----------------------------------------------------------------------------------------------------

def linear_solution(covariance: pd.DataFrame, target: pd.Series) -> pd.Series:
    r"""Weights under which squared correlations with the weighted sum stand to each other as the targets.

    .. math:: r_j = \frac{(\Sigma w)_j}{s_j \sqrt{w^\top \Sigma w}}, \qquad
              r_j^2 \propto t_j \iff w \propto \Sigma^{-1} (s \circ \sqrt{t})

    The only solution with positive correlations. Its weights sum to 1 but may be negative: then no weights that are
    not reach the targets exactly (`weights_for_targets` says how near one can get).

    Parameters
    ----------
    covariance : DataFrame, shape (k, k)
        Of the members; regular.
    target : Series, shape (k,)
        Shares of importance, not negative, sum 1.

    References
    ----------
    Paruolo, Saisana, Saltelli (2013), JRSS-A 176(3), 609-634, doi:10.1111/j.1467-985X.2012.01059.x, ask how far the
    map from weights to importances can be inverted; Becker, Saisana, Paruolo, Vandecasteele (2017), Ecological
    Indicators 80, 12-22, doi:10.1016/j.ecolind.2017.03.056, invert it by search. The closed form follows from the
    first equation: only the direction of :math:`\Sigma w` matters.

    Examples
    --------
    Three standardised indicators, r12 = .8, the others .1: the lonely one has to weigh nearly twice as much.

    >>> r = pd.DataFrame([[1, .8, .1], [.8, 1, .1], [.1, .1, 1]], index=list("abc"), columns=list("abc"))
    >>> linear_solution(r, pd.Series(1 / 3, index=list("abc"))).round(4).to_dict()
    {'a': 0.2647, 'b': 0.2647, 'c': 0.4706}
    """
    checks.same_labels(covariance.index, covariance.columns, "Матрица ковариаций")
    members = covariance.columns
    goal = _targets(target, members, "Матрица ковариаций")
    found = _closed_form(covariance.loc[members].to_numpy(float), goal)
    if found is None:
        raise NotPublishable(f"Показатели линейно зависимы ({', '.join(map(str, members))}): веса по заданным долям "
                             "влияния не определены. Уберите повторяющийся показатель.")
    return pd.Series(found, index=members, name="weight")


def weights_for_targets(values: pd.DataFrame, target: pd.Series, *, lower: Bounds = 0.0, upper: Bounds = 1.0,
                        kind: Kind = "linear", gaps: Gaps = "complete", tolerance: float = TOLERANCE,
                        name: Hashable = "балл") -> TargetedWeights:
    r"""Weights of one weighted arithmetic mean whose shares of importance are the stated ones, or a refusal.

    .. math:: \min_w \max_j \Bigl| \frac{S_j(w)}{\sum_l S_l(w)} - t_j \Bigr|, \qquad
              l_j \le w_j \le u_j, \quad \sum_j w_j = 1

    S is the squared correlation of a member with the score, with its sign (a member that pulls against the score has
    a negative share), or the correlation ratio. Linear targets without gaps are solved in closed form where that lies
    within the bounds; otherwise the minimum is searched by sequential quadratic programming with exact derivatives
    from several starts. Curves keep their smoothness during a search and choose it anew after it, until they agree.

    Parameters
    ----------
    values : DataFrame, shape (n units, k members)
        Normalised values, higher is better, every member on the scale on which it is averaged.
    target : Series, shape (k,)
        Shares of importance by member, not negative, sum 1.
    lower, upper : float or Series by member
        Bounds of the weights.
    kind : {"linear", "nonlinear"}
        Importance as in `methods.index.importance.importances`.
    gaps : {"complete", "reweight"}
        `complete`: units without a gap. `reweight`: every unit, its score the mean over the members it has, weights
        rescaled as in `methods.index.aggregate`; a member's importance is taken over the units that have it.
    tolerance : float
        Largest difference of a share from its target.
    name : label
        Of the parent, for messages.

    Raises
    ------
    NotPublishable
        The targets cannot be reached: which, how near, what stands in the way.
    EditionError
        Bounds that no weights meet.
    InputError
        Targets that are not shares; a member that does not vary.

    References
    ----------
    Becker, Saisana, Paruolo, Vandecasteele (2017), Weights and importance in composite indicators: closing the gap,
    Ecological Indicators 80, 12-22. doi:10.1016/j.ecolind.2017.03.056

    Examples
    --------
    The checklist varies four times as much; equal weights would leave the survey a share of 1/17.

    >>> x = pd.DataFrame({"survey": [0.85, 0.95, 0.85, 0.95], "checklist": [0.4, 0.4, 0.8, 0.8]})
    >>> weights_for_targets(x, pd.Series({"survey": 0.5, "checklist": 0.5})).weights.round(3).to_dict()
    {'survey': 0.8, 'checklist': 0.2}
    """
    found = nearest_weights(values, target, lower=lower, upper=upper, kind=kind, gaps=gaps, tolerance=tolerance,
                            name=name)
    if not found.converged:
        raise NotPublishable(_refusal(found, values, gaps, name))
    return found


def nearest_weights(values: pd.DataFrame, target: pd.Series, *, lower: Bounds = 0.0, upper: Bounds = 1.0,
                    kind: Kind = "linear", gaps: Gaps = "complete", tolerance: float = TOLERANCE,
                    name: Hashable = "балл") -> TargetedWeights:
    """As `weights_for_targets`, but what comes nearest is returned even where the targets are missed.

    For study, not for publication: look at `converged` and `error`.

    >>> x = pd.DataFrame({"a": [1.0, 2, 3, 4, 5], "twin": [1.1, 2, 3, 4, 4.9], "b": [1.0, 3, 0, 2, 1]})
    >>> found = nearest_weights(x, pd.Series({"a": 0.8, "twin": 0.1, "b": 0.1}))
    >>> found.converged, round(found.error, 2), found.on_bound.to_dict()
    (False, 0.35, {'twin': 0.0})
    """
    members = values.columns
    checks.unique(members, f"Доли влияния, «{name}»: показатели")
    checks.unique(values.index, f"Доли влияния, «{name}»: единицы")
    goal, low, high = _targets(target, members, name), _bound(lower, members), _bound(upper, members)
    _bounds_meet(low, high, members, name)
    order, rows = (np.argsort(labels.astype(str), kind="stable") for labels in (members, values.index))
    back = np.argsort(order)                                    # the search must not see the order of labels
    table = _rows(values.iloc[rows, order], gaps, name)
    solved = _solve(table.to_numpy(float), goal[order], low[order], high[order], kind, tolerance)
    weights = pd.Series(solved.weights[back], index=members, name="weight")

    # What was reached is measured by the public formulas, not by what the search believes.
    score = arithmetic(table, weights)
    scored = table[score.notna()]
    importance = importances(scored, score.dropna(), kind)[members]
    against = scored.corrwith(score.dropna())[members] < 0
    share = share_of_importance(importance)
    signed = share.where(~against, -share) if kind == "linear" else share
    series = {key: pd.Series(part, index=members) for key, part in
              (("target", goal), ("lower", low), ("upper", high))}
    error = float((signed - series["target"]).abs().max())
    proven = 0.0
    if error > tolerance and kind == "linear" and not table.isna().to_numpy().any():
        proven = _unbeatable(np.cov(table.to_numpy(float).T), goal[order], low[order], high[order], error)
    return TargetedWeights(
        weights=weights, target=series["target"].rename("target"), share=signed.rename("share"),
        importance=importance.rename("importance"), lower=series["lower"], upper=series["upper"],
        contrary=tuple(members[against & (goal > 0)]), kind=kind, n=len(table), tolerance=tolerance,
        iterations=solved.iterations, last_change=solved.last_change, at_limit=solved.at_limit, unbeatable=proven)


# --- a tree ---------------------------------------------------------------------------------------------------------

def calibrate(leaves: pd.DataFrame, tree: Mapping[Hashable, pd.Series],
              targets: Mapping[Hashable, pd.Series] | None = None, *, lower: Bounds = 0.0, upper: Bounds = 1.0,
              kind: Kind = "linear", gaps: Gaps = "complete", tolerance: float = TOLERANCE,
              rescale: Mapping[Hashable, Callable[[pd.Series], pd.Series]] | None = None,
              refuse: bool = True) -> Calibration:
    """Targeted weights at every level, bottom-up: a parent's score is made with its new weights before the level above.

    Parameters
    ----------
    leaves : DataFrame, shape (n units, leaves)
        Normalised indicators.
    tree : mapping of parent to Series of nominal weights by member
        Members are leaves or other parents; one parent, the root, is nobody's member.
    targets : mapping of parent to Series of shares by member
        None, or a parent left out: the nominal weights themselves, so that a weight means what readers take it for.
    lower, upper : float or Series by member
        Bounds of weights, by the member's label in the whole tree.
    rescale : mapping of parent to function of a Series
        What is done to a parent's score before the level above, such as `normalise.z_score`.
    refuse : bool
        Raise if a parent misses its targets. False: for study only, see `Calibration.converged`.

    Raises
    ------
    NotPublishable
        Targets out of reach, all parents in one message.
    InputError
        A tree that is no tree; labels that do not match.

    Examples
    --------
    >>> x = pd.DataFrame({"Д1": [0.1, 0.2, 0.3, 0.4, 0.3], "Д2": [0.1, 0.9, 0.1, 0.9, 0.5],
    ...                   "П1": [0.6, 0.2, 0.1, 0.9, 0.9]})
    >>> tree = {"Д": pd.Series({"Д1": 0.5, "Д2": 0.5}), "index": pd.Series({"Д": 0.5, "П1": 0.5})}
    >>> calibrate(x, tree).effective_weights().round(3).to_dict()
    {'П1': 0.285, 'Д1': 0.557, 'Д2': 0.159}
    """
    parents, table, refusals = {}, leaves.copy(), []
    _known(targets, tree, "Доли влияния: группы")
    _known(rescale, tree, "Нормирование групп")
    members = [member for nominal in tree.values() for member in nominal.index]
    for bound in (lower, upper):
        _known(list(bound.index) if isinstance(bound, pd.Series) else None, members, "Границы весов")
    for parent, nominal in _bottom_up(tree, leaves.columns):
        goal = (targets or {}).get(parent, nominal)
        checks.same_labels(goal.index, nominal.index, f"Доли влияния, «{parent}»")
        values = table[list(nominal.index)]
        found = nearest_weights(values, goal, lower=_part(lower, nominal.index, 0.0),
                                upper=_part(upper, nominal.index, 1.0), kind=kind, gaps=gaps, tolerance=tolerance,
                                name=parent)
        if refuse and not found.converged:
            refusals.append(_refusal(found, values, gaps, parent))
        parents[parent] = found
        score = values @ found.weights if gaps == "complete" else arithmetic(values, found.weights)  # a gap stays one
        table[parent] = rescale[parent](score.rename(parent)) if parent in (rescale or {}) else score
    if refusals:
        raise NotPublishable("\n\n".join(refusals))
    return Calibration(parents, table[list(parents)])


def calibrate_leaves(leaves: pd.DataFrame, tree: Mapping[Hashable, pd.Series], target: pd.Series | None = None, *,
                     lower: Bounds = 0.0, upper: Bounds = 1.0, kind: Kind = "linear", gaps: Gaps = "complete",
                     tolerance: float = TOLERANCE) -> tuple[TargetedWeights, dict[Hashable, pd.Series]]:
    """Weights of all leaves at once, so that their shares of importance in the root's score are the stated ones.

    Parameters
    ----------
    tree
        As for `calibrate`; scores of parents enter the level above as they are.
    target : Series by leaf
        None: the nominal weights in the whole index.

    Returns
    -------
    TargetedWeights, dict of parent to Series
        Weights of the leaves in the root's score; the same as weights by member at every level.

    Examples
    --------
    >>> x = pd.DataFrame({"Д1": [0.1, 0.2, 0.3, 0.4, 0.3], "Д2": [0.1, 0.9, 0.1, 0.9, 0.5],
    ...                   "П1": [0.6, 0.2, 0.1, 0.9, 0.9]})
    >>> tree = {"Д": pd.Series({"Д1": 0.5, "Д2": 0.5}), "index": pd.Series({"Д": 0.6, "П1": 0.4})}
    >>> found, by_parent = calibrate_leaves(x, tree)
    >>> by_parent["index"].round(3).to_dict()
    {'Д': 0.711, 'П1': 0.289}
    """
    levels = dict(_bottom_up(tree, leaves.columns))
    root = list(levels)[-1]

    def below(element: Hashable) -> list[Hashable]:
        if element not in levels:
            return [element]
        return [leaf for child in levels[element].index for leaf in below(child)]

    if target is None:
        spread = dict(levels[root])
        while inner := [element for element in spread if element in levels]:
            share = spread.pop(inner[0])
            spread |= (levels[inner[0]] * share).to_dict()
        target = pd.Series(spread)
    found = weights_for_targets(leaves[below(root)], target, lower=lower, upper=upper, kind=kind, gaps=gaps,
                                tolerance=tolerance, name=root)
    by_parent = {}
    for parent, nominal in levels.items():
        sums = pd.Series({child: found.weights[below(child)].sum() for child in nominal.index})
        if not sums.sum() > 0:
            raise NotPublishable(f"Доли влияния, «{root}»: все веса внутри «{parent}» равны 0, делить их внутри группы "
                                 "нечем. Задайте нижнюю границу больше 0.")
        by_parent[parent] = (sums / sums.sum()).rename("weight")
    return found, by_parent


def calibration_draws(leaves: pd.DataFrame, tree: Mapping[Hashable, pd.Series],
                      targets: Mapping[Hashable, pd.Series] | None = None, *, draws: int = 1000, seed: int = 0,
                      clusters: pd.Series | None = None, lower: Bounds = 0.0, upper: Bounds = 1.0,
                      kind: Kind = "linear", gaps: Gaps = "complete", tolerance: float = TOLERANCE,
                      rescale: Mapping[Hashable, Callable[[pd.Series], pd.Series]] | None = None) -> CalibrationDraws:
    """How certain the weights of `calibrate` are: the whole tree calibrated anew in resampled units.

    Parameters
    ----------
    clusters : Series by unit
        Units that are drawn together. Centres of a region share its conditions and some requirements: give the region.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> x = pd.DataFrame(rng.normal(size=(60, 2)) * [1, 3], columns=["a", "b"], index=[f"C{i:02d}" for i in range(60)])
    >>> drawn = calibration_draws(x, {"index": pd.Series({"a": 0.5, "b": 0.5})}, draws=200)
    >>> drawn.weights.interval().round(2).loc[("index", "a")].to_dict()
    {'estimate': 0.75, 'low': 0.7, 'high': 0.8}
    """
    adopted = calibrate(leaves, tree, targets, lower=lower, upper=upper, kind=kind, gaps=gaps, tolerance=tolerance,
                        rescale=rescale)
    estimate = adopted.table()["weight"]
    drawn = []
    for rows in resamples(leaves.index, draws, seed, clusters):
        columns = {leaf: values for leaf, values in zip(leaves.columns, leaves.to_numpy(float)[rows].T, strict=True)}
        try:
            drawn.append(_calibrated_anew(columns, adopted, gaps, rescale or {}))
        except (InputError, NotPublishable):  # a few units drawn many times: a member does not vary
            continue
    if len(drawn) < 0.95 * draws:
        raise NotPublishable(f"Интервалы весов не определены: веса посчитались только в {len(drawn)} повторных "
                             f"выборках из {draws}. Единиц слишком мало или они почти одинаковы.")
    sizes = np.ones(len(leaves)) if clusters is None else clusters.value_counts().to_numpy()
    weights = pd.DataFrame([np.concatenate([weights for weights, _ in draw]) for draw in drawn], columns=estimate.index)
    missed = np.mean([[error > tolerance for _, error in draw] for draw in drawn], axis=0)
    return CalibrationDraws(Resampled(estimate, weights, effective_number(sizes), seed),
                            pd.Series(missed, index=pd.Index(list(adopted.parents), name="parent"), name="missed"))


def _calibrated_anew(columns: dict[Hashable, Array], adopted: Calibration, gaps: Gaps,
                     rescale: Mapping[Hashable, Callable[[pd.Series], pd.Series]]) -> list[tuple[Array, float]]:
    """Nearest weights of every parent, in the order of its members, and their errors, for the same targets."""
    found = []
    for parent, goal in adopted.parents.items():
        order = np.argsort(goal.weights.index.astype(str), kind="stable")
        values = np.column_stack([columns[member] for member in goal.weights.index[order]])
        there = ~np.isnan(values)
        counted = values[there.all(axis=1) if gaps == "complete" else there.any(axis=1)]
        known = ~np.isnan(counted)
        least, most = np.where(known, counted, np.inf).min(axis=0), np.where(known, counted, -np.inf).max(axis=0)
        if known.sum(axis=0).min() < len(order) + 2 or not (least < most).all():
            raise NotPublishable(f"Доли влияния, «{parent}»: в повторной выборке показатель не различает единиц.")
        solved = _solve(counted, *(side.to_numpy()[order] for side in (goal.target, goal.lower, goal.upper)), goal.kind,
                        goal.tolerance, random_starts=0)
        found.append((solved.weights[np.argsort(order)], solved.error))
        if gaps == "complete":
            score = values @ solved.weights
        else:
            present = there @ solved.weights
            score = np.where(there, values, 0.0) @ solved.weights / np.where(present > 0, present, np.nan)
        columns[parent] = rescale[parent](pd.Series(score, name=parent)).to_numpy() if parent in rescale else score
    return found


# --- what must hold -------------------------------------------------------------------------------------------------

def _targets(target: pd.Series, members: pd.Index, name: Hashable) -> Array:
    what = f"Доли влияния, «{name}»"
    checks.same_labels(target.index, members, what)
    wrong = ~np.isfinite(target) | (target < 0)
    if wrong.any():
        raise InputError(f"{what}: доля влияния — число не меньше 0, найдено: "
                         f"{', '.join(f'{member} = {target[member]:g}' for member in target.index[wrong])}.")
    if abs(target.sum() - 1) > checks.SUM_TOLERANCE:
        raise InputError(f"{what}: сумма долей влияния должна быть равна 1, сейчас {target.sum():.10g}. "
                         "Разделите каждую на их сумму.")
    return target[members].to_numpy(float)


def _known(named: Iterable[Hashable] | None, known: Iterable[Hashable], what: str) -> None:
    """Raise if a label is named that nothing bears: a misspelt bound must not be passed over."""
    strange = pd.Index(list(named or [])).difference(pd.Index(list(known)))
    if len(strange):
        raise InputError(f"{what}: в дереве нет: {', '.join(map(str, strange))}.")


def _bound(bound: Bounds, members: pd.Index) -> Array:
    if isinstance(bound, pd.Series):
        checks.same_labels(bound.index, members, "Границы весов")
        return bound[members].to_numpy(float)
    return np.full(len(members), float(bound))


def _part(bound: Bounds, members: pd.Index, default: float) -> Bounds:
    return bound.reindex(members).fillna(default) if isinstance(bound, pd.Series) else bound


def _bounds_meet(low: Array, high: Array, members: pd.Index, name: Hashable) -> None:
    crossed = ~((low >= 0) & (low <= high) & np.isfinite(high))
    if crossed.any():
        first = int(np.flatnonzero(crossed)[0])
        raise EditionError(f"Границы весов, «{name}»: должно быть 0 ≤ нижняя ≤ верхняя, у {members[first]} — "
                           f"{low[first]:g} и {high[first]:g}.")
    if low.sum() > 1 + checks.SUM_TOLERANCE or high.sum() < 1 - checks.SUM_TOLERANCE:
        raise EditionError(f"Границы весов, «{name}»: сумма нижних {low.sum():.6g} должна быть не больше 1, сумма "
                           f"верхних {high.sum():.6g} — не меньше 1; таких весов нет. Раздвиньте границы.")


def _rows(values: pd.DataFrame, gaps: Gaps, name: Hashable) -> pd.DataFrame:
    """Units that count, each member varying among them."""
    known = values.notna()
    table = values[known.all(axis=1) if gaps == "complete" else known.any(axis=1)]
    number = int(table.notna().sum().min()) if len(table) else 0
    if number < values.shape[1] + 2:
        rarest = known.sum().idxmin()
        counted = "без пропусков" if gaps == "complete" else "с самым редким из них"
        raise NotPublishable(
            f"Доли влияния, «{name}»: показателей {values.shape[1]}, единиц {counted} {number}; единиц нужно хотя бы "
            f"на 2 больше. Реже всех есть {rarest}: у {known[rarest].sum()} единиц из {len(values)}. Уберите его или "
            "считайте по имеющимся (gaps=\"reweight\").")
    for member in table:
        checks.varies(table[member])
    return table


def _bottom_up(tree: Mapping[Hashable, pd.Series], leaves: pd.Index) -> Iterator[tuple[Hashable, pd.Series]]:
    """Parents with their nominal weights, every one after all parents below it, the root last."""
    owners: dict[Hashable, Hashable] = {}
    for parent, nominal in tree.items():
        checks.unique(nominal.index, f"Дерево, «{parent}»")
        if parent in leaves:
            raise InputError(f"Дерево: «{parent}» — и группа, и столбец таблицы показателей. Уберите столбец.")
        for member in nominal.index:
            if member in owners:
                raise InputError(f"Дерево: {member} стоит и под «{owners[member]}», и под «{parent}».")
            if member not in tree and member not in leaves:
                raise InputError(f"Дерево, «{parent}»: {member} — не группа и не столбец таблицы показателей.")
            owners[member] = parent
    roots = [parent for parent in tree if parent not in owners]
    done: list[Hashable] = []

    def visit(parent: Hashable) -> None:
        for member in tree[parent].index:
            if member in tree:
                visit(member)
        done.append(parent)

    if len(roots) == 1:
        visit(roots[0])
    if len(roots) != 1 or len(done) != len(tree):
        raise InputError(f"Дерево: вершина должна быть одна и без замкнутых цепочек, вершин найдено {len(roots)}: "
                         f"{', '.join(map(str, roots)) or '—'}.")
    for parent in done:
        yield parent, tree[parent]


# --- the search -----------------------------------------------------------------------------------------------------

@dataclass(frozen=True)
class _Solved:
    weights: Array
    error: float
    iterations: int = 0
    last_change: float = 0.0
    at_limit: bool = False


class _Shares:
    """Shares of importance as a function of the weights, with derivatives."""

    def __init__(self, x: Array, kind: Kind) -> None:
        self.there = ~np.isnan(x)
        self.n, self.linear, self.whole = self.there.sum(axis=0), kind == "linear", bool(self.there.all())
        self.curves = [curve(column[known], kind) for column, known in zip(x.T, self.there.T, strict=True)]
        self.x, k = np.where(self.there, x, 0.0), x.shape[1]
        width = max(each.kept.shape[1] for each in self.curves)
        basis = np.zeros((len(x), k, width))          # functions of all members side by side, 0 where a unit lacks one
        for member, each in enumerate(self.curves):
            basis[self.there[:, member], member, :each.kept.shape[1]] = each.basis
        self.basis, self.shape = basis.reshape(len(x), -1), (k, width)
        if self.whole:                                # the score is linear in the weights: small matrices say it all
            centred = x - x.mean(axis=0)
            self.along, self.gram = (self.basis.T @ centred).reshape(k, width, k), centred.T @ centred
        self.kept, self.factor, self.choice = np.zeros(self.shape), np.ones(k), [0] * k

    def _parts(self, w: Array) -> tuple[Array, Array, Array, Array]:
        """Projections of the score on the functions and its sum of squares over a member's units; derivatives."""
        if self.whole:
            product = self.gram @ w
            return (self.along @ w, np.full(len(w), w @ product), self.along,
                    np.broadcast_to(2 * product, (len(w), len(w))))
        present = self.there @ w
        safe = np.where(present > 0, present, 1.0)    # only members of weight 0: no score, and no say
        score = np.where(present > 0, self.x @ w / safe, 0.0)
        slope = self.there * (self.x - score[:, None]) * (present > 0)[:, None] / safe[:, None]
        counted = self.there & (present > 0)[:, None]
        mean = counted.T @ score / counted.sum(axis=0)
        total = counted.T @ score**2 - counted.sum(axis=0) * mean**2
        total_slope = 2 * ((counted * score[:, None]).T @ slope - mean[:, None] * (counted.T @ slope))
        return ((self.basis.T @ score).reshape(self.shape), total,
                (self.basis.T @ slope).reshape(*self.shape, -1), total_slope)

    def choose(self, w: Array) -> list[int]:
        """Let every curve choose its smoothness for the score of these weights."""
        along, total = self._parts(w)[:2]
        for member, each in enumerate(self.curves):
            width = each.kept.shape[1]
            _, chosen = explained(along[member, :width] ** 2 / total[member], each, int(self.n[member]))
            self.kept[member, :width] = each.kept[chosen] * (2 - each.kept[chosen])
            self.factor[member] = (self.n[member] - 2) / (self.n[member] - each.freedom[chosen])
            self.choice[member] = chosen
        return list(self.choice)

    def __call__(self, w: Array) -> tuple[Array, Array]:
        """Shares of importance and their derivatives: members, members x weights."""
        along, total, along_slope, total_slope = self._parts(w)
        part = (self.kept * along**2).sum(axis=1) / total
        importance = 1 - self.factor + self.factor * part
        slope = self.factor[:, None] / total[:, None] * (
            2 * np.einsum("jp,jp,jpk->jk", self.kept, along, along_slope) - part[:, None] * total_slope)
        sign = np.where(along[:, 0] < 0, -1.0, 1.0) if self.linear else np.ones(len(w))
        share = sign * importance / importance.sum()
        return share, (sign[:, None] * slope - share[:, None] * slope.sum(axis=0)) / importance.sum()


def _closed_form(covariance: Array, target: Array) -> Array | None:
    spread = np.sqrt(np.diag(covariance))
    correlation = covariance / np.outer(spread, spread)
    if np.linalg.eigvalsh(correlation)[0] < 1e-10:
        return None
    scaled = np.linalg.solve(correlation, np.sqrt(target))
    weights = scaled / spread
    return weights / weights.sum() if abs(weights.sum()) > 1e-10 * np.abs(weights).sum() else None


def _solve(x: Array, target: Array, low: Array, high: Array, kind: Kind, tolerance: float,
           random_starts: int = RANDOM_STARTS) -> _Solved:
    """Weights whose largest difference of a share from its target is least."""
    k = len(target)
    if k == 1:
        return _Solved(np.ones(1), 0.0)
    whole = not np.isnan(x).any()
    filled = x if whole else np.where(np.isnan(x), np.nanmean(x, axis=0), x)
    closed = _closed_form(np.cov(filled.T), target)
    if (closed is not None and kind == "linear" and whole
            and (closed >= low - 1e-12).all() and (closed <= high + 1e-12).all()):
        return _Solved(np.clip(closed, low, high), 0.0)
    shares = _Shares(x, kind)
    best = None
    for start in _starts(closed, filled.std(axis=0), target, low, high, random_starts):
        found = _descend(shares, target, low, high, start)
        if best is None or found.error < best.error:
            best = found
        if best.error <= (tolerance if random_starts == 0 else EXACT):
            break
    return best


def _starts(closed: Array | None, spread: Array, target: Array, low: Array, high: Array,
            random: int) -> Iterator[Array]:
    """Where a search begins: FIXED_STARTS of them, then random ones, always the same."""
    even = _onto_bounds(1 / spread / (1 / spread).sum(), low, high)
    if closed is not None:
        yield 0.98 * _onto_bounds(closed, low, high) + 0.02 * even      # off the bounds, where units may have no score
    yield even
    yield _onto_bounds(target, low, high)
    for draw in np.random.default_rng(0).dirichlet(np.ones(len(target)), size=random):
        yield _onto_bounds(draw, low, high)


def _descend(shares: _Shares, target: Array, low: Array, high: Array, start: Array) -> _Solved:
    """Sequential quadratic programming from one start; curves choose their smoothness between searches."""
    choice, weights, iterations = shares.choose(start), start, 0
    best = _Solved(start, float(np.abs(shares(start)[0] - target).max()))
    for _ in range(MOST_ROUNDS):
        weights, steps, last_change, at_limit = _least_largest(shares, target, low, high, weights)
        iterations += steps
        chosen = shares.choose(weights)
        error = float(np.abs(shares(weights)[0] - target).max())
        if error <= best.error:
            best = _Solved(weights, error, iterations, last_change, at_limit)
        if chosen == choice:
            break
        choice = chosen
    return best


def _least_largest(shares: _Shares, target: Array, low: Array, high: Array,
                   start: Array) -> tuple[Array, int, float, bool]:
    """Minimise e under |share - target| <= e, the weights within their bounds and summing to 1."""
    k = len(target)
    path = [start]

    def slack(v: Array) -> Array:
        difference = shares(v[:-1])[0] - target
        return np.concatenate([v[-1] - difference, v[-1] + difference])

    def slack_slope(v: Array) -> Array:
        slope = shares(v[:-1])[1]
        return np.column_stack([np.concatenate([-slope, slope]), np.ones(2 * k)])

    one, last = np.append(np.ones(k), 0.0), np.append(np.zeros(k), 1.0)
    found = minimize(
        lambda v: v[-1], np.append(start, np.abs(shares(start)[0] - target).max()), jac=lambda v: last, method="SLSQP",
        bounds=[*zip(low, high, strict=True), (0.0, 2.0)], callback=lambda v: path.append(v[:-1].copy()),
        constraints=[{"type": "ineq", "fun": slack, "jac": slack_slope},
                     {"type": "eq", "fun": lambda v: v @ one - 1, "jac": lambda v: one}],
        options={"maxiter": MOST_ITERATIONS, "ftol": 1e-12})
    weights = found.x[:-1] if np.isfinite(found.x).all() else path[-1]
    weights = _onto_bounds(weights, low, high)
    change = float(np.abs(path[-1] - path[-2]).max()) if len(path) > 1 else 0.0
    return weights, int(found.nit), change, found.status == 9


def _onto_bounds(weights: Array, low: Array, high: Array) -> Array:
    """Nearest weights within the bounds that sum to 1 (Euclidean): a common shift, cut off at the bounds."""
    shifts = np.sort(np.concatenate([low - weights, high - weights]))     # between these the sum is linear
    sums = np.clip(weights + shifts[:, None], low, high).sum(axis=1)
    found = np.clip(weights + np.interp(1.0, sums, shifts), low, high)
    return found / found.sum()


def _unbeatable(covariance: Array, target: Array, low: Array, high: Array, reached: float) -> float:
    """Error that no weights within the bounds can beat, by bisection over linear programmes.

    Scaled so that the correlations have sum of squares 1, shares within e of the targets mean correlations between
    sqrt(t - e) and sqrt(t + e): linear in scaled weights. Leaving the scaling out makes the programme easier than the
    problem, so where it has no solution the problem has none.
    """
    k, spread = len(target), np.sqrt(np.diag(covariance))
    correlations, total = covariance / spread[:, None], np.ones((k, k))

    def possible(e: float) -> bool:
        edge = [np.sign(target + way * e) * np.sqrt(np.abs(target + way * e)) for way in (-1, 1)]
        rows = np.vstack([low[:, None] * total - np.eye(k), np.eye(k) - high[:, None] * total,
                          -correlations, correlations])
        sides = np.concatenate([np.zeros(2 * k), -edge[0], edge[1]])
        return linprog(np.zeros(k), A_ub=rows, b_ub=sides, bounds=(0, None)).status != 2

    down, up = 0.0, reached
    if possible(down):
        return 0.0
    for _ in range(15):
        middle = (down + up) / 2
        down, up = (down, middle) if possible(middle) else (middle, up)
    return down


# --- the refusal ----------------------------------------------------------------------------------------------------

def _refusal(found: TargetedWeights, values: pd.DataFrame, gaps: Gaps, name: Hashable) -> str:
    """Which shares were missed, how near one can get, what stands in the way."""
    missed = (found.share - found.target).abs().round(9).sort_values(ascending=False, kind="stable")
    worst = missed.index[missed > found.tolerance]
    said = [f"Доли влияния, «{name}»: заданные доли не достигнуты, наибольшее расхождение {found.error:.4f} при "
            f"допуске {found.tolerance:g} (показателей {len(found.weights)}, единиц {found.n})."]
    if len(worst):
        said.append("Цель → достигнуто: " + "; ".join(
            f"{member} {found.target[member]:.4f} → {found.share[member]:.4f}" for member in worst[:8]) + ".")
    for member, bound in found.on_bound.items():
        over = found.share[member] - found.target[member]
        why = "" if abs(over) <= found.tolerance or (over > 0) != (bound == found.lower[member]) else (
            f": и при нём доля {member} {'больше' if over > 0 else 'меньше'} заданной, "
            + ("показатель повторяет остальные" if over > 0 else "остальные расходятся с ним"))
        said.append(f"Мешает граница: вес {member} = {bound:g}{why}.")
    if found.contrary:
        said.append(f"Отрицательно связаны с баллом: {', '.join(map(str, found.contrary))}.")
    for member, (least, most) in _ranges(found, values, gaps, worst[:5]).items():
        side = f"не меньше {least:.4f}" if found.target[member] < least else f"не больше {most:.4f}"
        said.append(f"Доля {member} в этих границах {side} при любых весах, задано {found.target[member]:.4f}.")
    if found.unbeatable > found.tolerance:
        said.append(f"Расхождения меньше {found.unbeatable:.4f} в этих границах не бывает (доказано линейными "
                    "задачами).")
    else:
        said.append(f"Меньшего расхождения поиск из {FIXED_STARTS + RANDOM_STARTS} начальных точек не нашёл; что "
                    "его нет, не доказано.")
    said.append(f"Итераций {found.iterations}, последнее изменение веса {found.last_change:.1e}"
                + (", поиск остановлен на пределе итераций." if found.at_limit else ".")
                + " Веса не публикуются: раздвиньте границы, измените доли или состав показателей.")
    return "\n".join(said)


def _ranges(found: TargetedWeights, values: pd.DataFrame, gaps: Gaps,
            members: pd.Index) -> dict[Hashable, tuple[float, float]]:
    """Members whose target no weights within the bounds reach, even alone: smallest and largest share found."""
    order = np.argsort(found.weights.index.astype(str), kind="stable")
    labels = found.weights.index[order]
    shares = _Shares(_rows(values[list(labels)], gaps, "").to_numpy(float), found.kind)
    low, high = found.lower[labels].to_numpy(), found.upper[labels].to_numpy()
    one, out = np.ones(len(labels)), {}
    corners = [_onto_bounds(0.9 * corner + 0.1 / len(labels), low, high) for corner in np.eye(len(labels))]
    for member in members:
        place, reached = labels.get_loc(member), []
        for start in [found.weights[labels].to_numpy(), *corners]:
            shares.choose(start)
            reached.append(shares(start)[0][place])
            for way in (1, -1):
                tried = minimize(lambda w, way=way, place=place: way * shares(w)[0][place], start,
                                 jac=lambda w, way=way, place=place: way * shares(w)[1][place], method="SLSQP",
                                 bounds=list(zip(low, high, strict=True)),
                                 constraints={"type": "eq", "fun": lambda w: w.sum() - 1, "jac": lambda w: one}).x
                if np.isfinite(tried).all():
                    reached.append(shares(_onto_bounds(tried, low, high))[0][place])
        if not min(reached) - found.tolerance <= found.target[member] <= max(reached) + found.tolerance:
            out[member] = (min(reached), max(reached))
    return out
