"""What moved the scores: an exact split of every unit's change into causes, and last year in this year's terms.

Two sets of scores differ because the units work otherwise or because the methodology counts otherwise. Every cause is a
factor with an old and a new state, and the scores can be calculated in any mixture of states. The effect of a factor is
its Shapley value: what it adds, averaged over all orders in which the factors may change. Effects sum to the change
exactly, nothing is left over, and the answer does not depend on an order that somebody chose. With two factors of a
weighted sum this is Bennet's indicator of 1920.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import factorial
from typing import Literal

import numpy as np
import pandas as pd

from methods import checks
from methods.errors import InputError, ZvezdaError
from methods.index.edition import INDEX, Aggregation, Edition, Eligibility, Indicator, Missing
from methods.index.score import EVERYONE, Scores, indicator_values, score

State = Literal["old", "new"]
States = Mapping[str, State]
MOST_FACTORS = 12  # 4,096 mixtures of states
GRADE = "grade"
TITLES = {
    "performance": "работа единиц", "composition": "состав единиц", "requirements": "перечень требований",
    "indicators": "состав показателей", "weights": "веса", "sides": "доли сторон и клиентел",
    "normalisation": "нормирование", "aggregation": "сведение", "missing": "правила пропусков",
    "eligibility": "условия включения", "cut_offs": "границы уровней",
}


# -- the engine --------------------------------------------------------------------------------------------------------

@dataclass(frozen=True, eq=False)
class Decomposition:
    """Every unit's change as a sum of effects, one a factor."""

    effects: pd.DataFrame      # units with both values x factors; NaN for `undefined` units
    before: pd.Series          # all units with a value before
    after: pd.Series
    undefined: pd.Series       # unit -> the first mixture in which it has no value, so that its effects are not defined

    @property
    def change(self) -> pd.Series:
        """After less before, of the units with both values."""
        return (self.after.reindex(self.effects.index) - self.before.reindex(self.effects.index)).rename("change")

    @property
    def entered(self) -> pd.Index:
        """Units with a value after only."""
        return self.after.index.difference(self.before.index)

    @property
    def left(self) -> pd.Index:
        """Units with a value before only."""
        return self.before.index.difference(self.after.index)

    @property
    def largest(self) -> pd.Series:
        """The factor that moved the unit most, up or down; empty where nothing moved it or effects are not defined.

        Effects that differ by binary dust count as equal; of equal ones the first in the order of the factors.
        """
        size = self.effects.abs().fillna(0.0)
        top = size.max(axis=1)
        dust = checks.DUST * np.maximum(1.0, self.before.reindex(size.index).abs())
        moved = size.ge(top - dust, axis=0).idxmax(axis=1)
        return moved.where(top > dust, "").rename("largest")

    def summary(self) -> pd.DataFrame:
        """One row a unit: before, the effects, after, change and the largest effect's name."""
        units = self.effects.index
        return pd.concat([self.before.reindex(units).rename("before"), self.effects,
                          self.after.reindex(units).rename("after"), self.change, self.largest], axis=1)

    def average(self) -> pd.Series:
        r"""Change of the mean over all units: mean effects of those that stayed, and what entering and leaving did.

        .. math:: \bar v_1 - \bar v_0 = \sum_j \bar\phi_j
                  + \frac{n_E}{n_1} (\bar v_{1,E} - \bar v_{1,C}) + \frac{n_X}{n_0} (\bar v_{0,C} - \bar v_{0,X})

        C stayed, E entered, X left. Entrants add if they stand above those that stayed, leavers if they stood below.

        References
        ----------
        Melitz, Polanec (2015), Dynamic Olley-Pakes productivity decomposition with entry and exit, eq. 6.
        doi:10.1111/1756-2171.12114

        Raises
        ------
        InputError
            If no unit stayed, or some unit's effects are not defined.
        """
        stayed = self.effects.index
        if stayed.empty:
            raise InputError("Изменение среднего: нет ни одной единицы с обоими значениями.")
        if len(self.undefined):
            raise InputError(f"Изменение среднего: вклады не определены у единиц: {_listed(self.undefined.index)}. "
                             "Сначала восполните их показатели или исключите эти единицы.")
        entered, left = self.after[self.entered], self.before[self.left]
        terms = self.effects.mean().to_dict()
        terms["entered"] = float((entered - self.after[stayed].mean()).sum() / len(self.after))
        terms["left"] = float((self.before[stayed].mean() - left).sum() / len(self.before))
        return pd.Series(terms, name="effect")


def shapley(values: Callable[[States], pd.Series], factors: Sequence[str]) -> Decomposition:
    r"""Exact split of every unit's change over factors, whatever the recipe between them.

    .. math:: \phi_j = \sum_{S \subseteq F \setminus \{j\}} \frac{|S|!\,(k - |S| - 1)!}{k!}
              \bigl( v(S \cup \{j\}) - v(S) \bigr), \qquad \sum_j \phi_j = v(F) - v(\emptyset)

    Parameters
    ----------
    values : callable
        From the state of every factor ("old" or "new") to values by unit. Called for all 2^k mixtures, so it must know
        what an old value under a new rule is; see `score_change` for scores of two editions.
    factors : sequence of k codes, 1 to 12

    Returns
    -------
    Decomposition
        Units in the order of their labels. A unit without a value in some mixture has no effects and is named in
        `undefined`; one with a value before or after only stands in `left` or `entered`.

    References
    ----------
    Shapley (1953), A value for n-person games. Shorrocks (2013), Decomposition procedures for distributional analysis,
    Journal of Economic Inequality 11:99-126, section 3. doi:10.1007/s10888-011-9214-z

    Examples
    --------
    A product: the price doubles, the quantity triples.

    >>> price, quantity = {"old": 1.0, "new": 2.0}, {"old": 1.0, "new": 3.0}
    >>> split = shapley(lambda state: pd.Series({"A": price[state["price"]] * quantity[state["quantity"]]}),
    ...                 ["price", "quantity"])
    >>> split.effects.loc["A"].to_dict(), split.change["A"].item()
    ({'price': 2.0, 'quantity': 3.0}, 5.0)
    """
    checks.unique(pd.Index(factors), "Причины изменения")
    k = len(factors)
    if not 1 <= k <= MOST_FACTORS:
        raise InputError(f"Причины изменения: нужно от 1 до {MOST_FACTORS}, задано {k} (расчётов 2^{k}). "
                         "Объедините причины.")
    columns = [values(_states(mask, factors)) for mask in range(2**k)]
    for column in columns:
        checks.unique(column.index, "Причины изменения: единицы")
    table = pd.DataFrame(dict(enumerate(columns))).astype(float)
    table = table.loc[sorted(table.index, key=str)]
    before, after = (table[mask].dropna() for mask in (0, 2**k - 1))
    both = table.loc[table.index.isin(before.index) & table.index.isin(after.index)]
    gaps = both.isna()
    undefined = pd.Series({unit: _mixture(_states(int(np.flatnonzero(row)[0]), factors))
                           for unit, row in zip(both.index, gaps.to_numpy(), strict=True) if row.any()}, dtype=object)
    v = both.to_numpy().T
    masks = np.arange(2**k)
    size = np.array([mask.bit_count() for mask in range(2**k)])
    share = np.array([factorial(s) * factorial(k - s - 1) / factorial(k) for s in range(k)])
    effects = {}
    for place, factor in enumerate(factors):
        without = masks[(masks >> place) & 1 == 0]
        effects[factor] = share[size[without]] @ (v[without | (1 << place)] - v[without])
    return Decomposition(pd.DataFrame(effects, index=both.index), before.rename("before"), after.rename("after"),
                         undefined.rename("undefined"))


@dataclass(frozen=True, eq=False)
class Bennet:
    """Change of a weighted sum by element: of its values and of its weights."""

    performance: pd.DataFrame  # units x elements
    weights: pd.DataFrame      # units x elements

    def summary(self) -> pd.DataFrame:
        """One row a unit: effect of the values, effect of the weights, change."""
        table = pd.DataFrame({"performance": self.performance.sum(axis=1), "weights": self.weights.sum(axis=1)})
        return table.assign(change=table.sum(axis=1))


def bennet(before: pd.DataFrame, after: pd.DataFrame, weights_before: pd.Series, weights_after: pd.Series) -> Bennet:
    r"""Bennet's split of the change of a weighted mean into values and weights, element by element.

    .. math:: \sum_j (w^1_j x^1_j - w^0_j x^0_j) = \sum_j \tfrac{w^0_j + w^1_j}{2} (x^1_j - x^0_j)
              + \sum_j \tfrac{x^0_j + x^1_j}{2} (w^1_j - w^0_j)

    An element that only one side has enters with weight 0 on the other and with the value that is known, so all of it
    is an effect of the weights. Where the weights of both sides sum to 1, a constant added to all values moves effects
    of weights between elements but not their sum.

    Parameters
    ----------
    before, after : DataFrame, shape (units, elements)
        Normalised values of one scale; units with both rows are compared. No gaps.
    weights_before, weights_after : Series, shape (elements,)
        Each sums to 1 over the elements of its side.

    References
    ----------
    Bennet (1920), The theory of measurement of changes in cost of living, Journal of the Royal Statistical Society
    83:455-462. Diewert (2005), Index number theory using differences rather than ratios, section 4.
    doi:10.1111/j.1536-7150.2005.00365.x

    Examples
    --------
    Half of the weight, and more than all of the growth: weights .5/.5 become .7/.3 while the first indicator grows.

    >>> split = bennet(pd.DataFrame({"a": [2.0], "b": [4.0]}), pd.DataFrame({"a": [3.0], "b": [4.0]}),
    ...                pd.Series({"a": 0.5, "b": 0.5}), pd.Series({"a": 0.7, "b": 0.3}))
    >>> split.summary().round(10).to_dict("records")
    [{'performance': 0.6, 'weights': -0.3, 'change': 0.3}]
    """
    for table, weights, when in ((before, weights_before, "до"), (after, weights_after, "после")):
        checks.same_labels(table.columns, weights.index, f"Разложение Беннета, {when}: показатели и веса")
        checks.unique(table.index, f"Разложение Беннета, {when}: единицы")
        checks.weights_sum_to_one(weights)
        checks.complete(table, f"Разложение Беннета, {when}")
    units = sorted(before.index.intersection(after.index), key=str)
    if not units:
        raise InputError("Разложение Беннета: нет ни одной единицы с обоими значениями.")
    elements = [*before.columns, *after.columns.difference(before.columns, sort=False)]
    x0, x1 = before.reindex(index=units, columns=elements), after.reindex(index=units, columns=elements)
    x0, x1 = x0.fillna(x1), x1.fillna(x0)
    w0, w1 = (weights.reindex(elements, fill_value=0.0) for weights in (weights_before, weights_after))
    return Bennet((x1 - x0) * (w0 + w1) / 2, (x0 + x1) / 2 * (w1 - w0))


# -- an average and who it is taken over -------------------------------------------------------------------------------

def average_change(before: pd.Series, after: pd.Series, weights_before: pd.Series | None = None,
                   weights_after: pd.Series | None = None) -> pd.Series:
    r"""Change of a (weighted) mean over units: their work, their shares, and who entered and left.

    .. math:: \Delta = \underbrace{\sum_{C} \bar s_u \, \Delta v_u}_{\text{performance}}
              + \underbrace{\sum_{C} \bar v_u \, \Delta s_u}_{\text{shares}}
              + \underbrace{S_{1E} (V_{1E} - V_{1C})}_{\text{entered}}
              + \underbrace{S_{0X} (V_{0C} - V_{0X})}_{\text{left}}

    s: shares within the units that stayed (C), bars: means of both periods; S, V: joint share and mean of a set.

    Parameters
    ----------
    before, after : Series
        Values by unit, no gaps.
    weights_before, weights_after : Series, optional
        Above 0 (clients of a centre), of the same units; equal by default.

    Returns
    -------
    Series
        `performance`, `shares`, `entered`, `left`, `change`.

    References
    ----------
    Diewert, Fox (2010), On measuring the contribution of entering and exiting firms to aggregate productivity growth,
    in Diewert and others (eds.), Price and Productivity Measurement 6, chapter 3. Melitz, Polanec (2015),
    doi:10.1111/1756-2171.12114

    Examples
    --------
    Nobody got better; a weak centre was closed:

    >>> average_change(pd.Series({"A": 0.8, "B": 0.6, "C": 0.4}), pd.Series({"A": 0.8, "B": 0.6})).round(10).to_dict()
    {'performance': 0.0, 'shares': 0.0, 'entered': 0.0, 'left': 0.1, 'change': 0.1}
    """
    what = "Изменение среднего"
    s = []
    for values, weights, when in ((before, weights_before, "до"), (after, weights_after, "после")):
        checks.unique(values.index, f"{what}, {when}")
        checks.complete(values, f"{what}, {when}")
        weights = pd.Series(1.0, values.index) if weights is None else weights
        checks.same_labels(values.index, weights.index, f"{what}, {when}: значения и веса единиц")
        wrong = weights.index[~(np.isfinite(weights) & (weights > 0))]
        if len(wrong):
            raise InputError(f"{what}, {when}: вес единицы должен быть больше 0: {wrong[0]} = {weights[wrong[0]]:g}.")
        s.append(weights[sorted(weights.index, key=str)] / weights.sum())
    stayed = [unit for unit in s[0].index if unit in s[1].index]
    if not stayed:
        raise InputError(f"{what}: нет ни одной единицы с обоими значениями.")
    v0, v1 = before[stayed], after[stayed]
    s0, s1 = (own[stayed] / own[stayed].sum() for own in s)
    entered, left = s[1].drop(stayed), s[0].drop(stayed)
    terms = {"performance": ((s0 + s1) / 2 * (v1 - v0)).sum(), "shares": ((v0 + v1) / 2 * (s1 - s0)).sum(),
             "entered": (entered * (after[entered.index] - (s1 * v1).sum())).sum(),
             "left": (left * ((s0 * v0).sum() - before[left.index])).sum()}
    return pd.Series({name: float(term) for name, term in terms.items()} | {"change": float(sum(terms.values()))},
                     name="effect")


# -- scores of two editions --------------------------------------------------------------------------------------------

def score_change(before: pd.DataFrame, old: Edition, after: pd.DataFrame, new: Edition, *, outcome: str = INDEX,
                 before_by_new_list: pd.DataFrame | None = None, after_by_old_list: pd.DataFrame | None = None,
                 performance_by_group: bool = False) -> Decomposition:
    """What moved the scores (or grades) between two years, two editions or both.

    Only factors in which the two sides differ are asked about: `performance` (the measurements), `composition` (which
    units are measured: matters where the scale is made of the units), `requirements` (the list that X of N is counted
    by), `indicators` (their set and groups), `weights`, `sides` (mix of survey and checklist, shares of clienteles),
    `normalisation` (with directions), `aggregation`, `missing`, and for grades `eligibility` and `cut_offs`; `TITLES`
    has their Russian names.

    What a mixture means where one side knows nothing:

    * an indicator that only one edition has keeps the value of the period in which it was measured and that edition's
      normalisation and sides, so it has no effect of performance, only of the set;
    * weights are relative: below a parent, members that both editions have keep the proportions of the weights'
      edition, a member that it does not have keeps its proportion to them in the other one;
    * a unit measured in one period only has that period's values.

    Parameters
    ----------
    before, after : DataFrame
        Measurements of the two periods, as `score` takes them.
    old, new : Edition
        The edition of each. The same one twice: only performance (and composition) can have moved the scores.
    outcome : str
        The index, the code of a group that both editions have, or "grade".
    before_by_new_list, after_by_old_list : DataFrame, optional
        The same measurements counted by the other edition's list of requirements. Both or none: without them a change
        of the list is part of `performance`.
    performance_by_group : bool
        Split `performance` by group of the top level: factors `performance:CODE`.

    Returns
    -------
    Decomposition
        `before` and `after` are what `score` gives for each side.

    Raises
    ------
    InputError
        Editions with different clienteles (their values cannot be turned into each other), measurements of indicators
        that neither edition knows, a group or grades that one edition lacks.

    Examples
    --------
    See tests/index/test_change.py: there every factor's effect is calculated by hand.
    """
    if (before_by_new_list is None) != (after_by_old_list is None):
        raise InputError("Разложение: нужны оба пересчёта по перечню требований другой редакции или ни одного.")
    _comparable(old, new, outcome)
    tables = {("old", "old"): before, ("new", "new"): after}
    if before_by_new_list is not None:
        tables |= {("old", "new"): before_by_new_list, ("new", "old"): after_by_old_list}
    measured = _Measurements.of(tables, old, new)
    factors = [*measured.factors(performance_by_group), *_methodology_factors(old, new, outcome)]

    def values(states: States) -> pd.Series:
        edition = hybrid(old, new, states)
        try:
            return _outcome(score(measured.table(states, edition), edition), outcome)
        except ZvezdaError as error:
            raise type(error)(f"Разложение не посчитано, {_mixture(states)}. {error}") from error
    return shapley(values, factors or ["performance"])


def hybrid(old: Edition, new: Edition, states: States) -> Edition:
    """An edition with some parts of the old one and some of the new one.

    Parameters
    ----------
    states : mapping
        "old" or "new" for `indicators`, `weights`, `sides`, `normalisation`, `aggregation`, `missing`, `eligibility`,
        `cut_offs`; a factor left out is in the state of those named if they all agree, else new.

    Returns
    -------
    Edition
        For calculation only: it is not checked as a file would be. All states equal: that edition itself.
    """
    named = {states[part] for part in _PARTS if part in states}
    rest = named.pop() if len(named) == 1 else "new"
    source = {part: old if states.get(part, rest) == "old" else new for part in _PARTS}
    if all(edition is source["indicators"] for edition in source.values()):
        return source["indicators"]
    tree = source["indicators"]
    return tree.model_copy(update={
        "indicators": {code: _hybrid_indicator(code, source) for code in tree.indicators},
        "groups": {code: tree.groups[code].model_copy(update={
            "normalisation": _knowing(source["normalisation"], "groups", code, tree).groups[code].normalisation})
            for code in tree.groups},
        "weights": _hybrid_weights(tree, source["weights"]),
        "aggregation": _by_parent(tree, source["aggregation"], "aggregation", Edition.aggregation_of),
        "missing": _by_parent(tree, source["missing"], "missing", Edition.missing_of),
        "min_units": source["missing"].min_units, "sides": source["sides"].sides,
        "clienteles": source["sides"].clienteles, "eligibility": _hybrid_eligibility(tree, source["eligibility"]),
        "grades": source["cut_offs"].grades, "publication": source["cut_offs"].publication})


@dataclass(frozen=True, eq=False)
class ComparableTerms:
    """Last year's scores by this year's edition, beside what was published."""

    table: pd.DataFrame            # units: published and comparable score, place and grade before; the same after
    not_measured: tuple[str, ...]  # indicators of the new edition that last year did not measure: left out of both

    def changes(self) -> pd.DataFrame:
        """Change as published, of it by the methodology, and in comparable terms."""
        t = self.table
        return pd.DataFrame({"published": t["after"] - t["before"],
                             "methodology": t["before_comparable"] - t["before"] + t["after"] - t["after_comparable"],
                             "comparable": t["after_comparable"] - t["before_comparable"]})


def comparable_terms(before: pd.DataFrame, old: Edition, after: pd.DataFrame, new: Edition) -> ComparableTerms:
    """«Сопоставимый вид»: last year recomputed by this year's edition.

    Indicators of the new edition that were not measured last year are left out of both years (weights of the others are
    divided by their sum) and named; the year's published score keeps them.

    Parameters
    ----------
    before, after : DataFrame
        Measurements of the two periods, as `score` takes them; last year's counted by this year's list of requirements
        if there is such a count.

    Returns
    -------
    ComparableTerms
        Columns `before` (as published, by the old edition), `before_comparable`, `after_comparable`, `after`, each
        with `_rank` and `_grade`. Scores are unrounded, before multiplication for publication.

    Raises
    ------
    InputError
        If last year measured none of the new edition's indicators.
    """
    _known(before, after, old, new)
    units = pd.Index(sorted(before["unit"].unique()))
    have = pd.concat([indicator_values(before, new, view, units).notna().any()
                      for view in list(new.clienteles) or [EVERYONE]], axis=1).any(axis=1)
    absent = tuple(code for code in new.indicators if not have[code])
    if len(absent) == len(new.indicators):
        raise InputError(f"Сопоставимый вид: в прошлом периоде не измерен ни один показатель редакции {new.version}.")
    common = _without(new, absent) if absent else new
    made = {"before": score(_of(before, old), old), "before_comparable": score(_of(before, common), common),
            "after_comparable": score(_of(after, common), common), "after": score(_of(after, new), new)}
    columns = {}
    for name, scores in made.items():
        columns |= {name: scores.index, f"{name}_rank": scores.rank, f"{name}_grade": scores.grade}
    table = pd.DataFrame(columns)
    return ComparableTerms(table.loc[sorted(table.index, key=str)].rename_axis("unit"), absent)


# -- mixtures of states ------------------------------------------------------------------------------------------------

_PARTS = ("indicators", "weights", "sides", "normalisation", "aggregation", "missing", "eligibility", "cut_offs")


def _states(mask: int, factors: Sequence[str]) -> dict[str, State]:
    return {factor: "new" if mask >> place & 1 else "old" for place, factor in enumerate(factors)}


def _mixture(states: States) -> str:
    """In words: what of the mixture is new.

    >>> _mixture({"weights": "new", "performance:Д": "new", "missing": "old"})
    'новое: веса, работа единиц (Д); прежнее: правила пропусков'
    """
    named = {state: ", ".join(_title(factor) for factor, own in states.items() if own == state) or "—"
             for state in ("new", "old")}
    return f"новое: {named['new']}; прежнее: {named['old']}"


def _title(factor: str) -> str:
    head, _, group = factor.partition(":")
    return TITLES.get(head, head) + (f" ({group})" if group else "")


def _comparable(old: Edition, new: Edition, outcome: str) -> None:
    if set(old.clienteles) != set(new.clienteles):
        raise InputError(
            f"Разложение: клиентелы редакций различаются ({old.version}: {_listed(old.clienteles) or 'общая'}; "
            f"{new.version}: {_listed(new.clienteles) or 'общая'}), значения одной не выразить через другую. "
            "Сведите обе редакции к одним клиентелам.")
    if outcome == GRADE:
        lacking = [edition.version for edition in (old, new) if edition.grades is None]
        if lacking:
            raise InputError(f"Разложение уровней: в редакции {lacking[0]} уровней нет.")
    elif outcome != INDEX:
        for edition in (old, new):
            if outcome not in edition.groups:
                raise InputError(f"Разложение: группы «{outcome}» нет в редакции {edition.version}. "
                                 f"Есть: {_listed(edition.groups) or '—'}.")


def _outcome(scores: Scores, outcome: str) -> pd.Series:
    return scores.grade if outcome == GRADE else scores.elements[outcome]


def _methodology_factors(old: Edition, new: Edition, outcome: str) -> list[str]:
    """Parts in which the editions differ, as far as they matter for the outcome."""
    if old is new:
        return []
    both = [code for code in old.indicators if code in new.indicators]
    groups = [code for code in old.groups if code in new.groups]
    parents = [INDEX, *groups]

    def tree(edition: Edition) -> object:
        return ({code: indicator.group for code, indicator in edition.indicators.items()},
                {code: group.parent for code, group in edition.groups.items()})

    seen = {
        "indicators": tree,
        "weights": lambda e: [_resolved(tree_of, e) for tree_of in (old, new)],
        "sides": lambda e: ({code: e.indicators[code].side_mix() for code in both}, e.sides,
                            {code: clientele.share for code, clientele in e.clienteles.items()}),
        "normalisation": lambda e: ({code: (e.normalisation_of(code), e.indicators[code].direction) for code in both},
                                    {code: e.groups[code].normalisation for code in groups}),
        "aggregation": lambda e: {parent: e.aggregation_of(parent) for parent in parents},
        "missing": lambda e: ({parent: e.missing_of(parent) for parent in parents}, e.min_units),
    }
    if outcome == GRADE:
        seen |= {"eligibility": lambda e: e.eligibility,
                 "cut_offs": lambda e: (e.grades, e.publication.multiplier)}
    return [part for part, view in seen.items() if view(old) != view(new)]


def _resolved(tree: Edition, weights: Edition) -> dict[str, dict[str, float]]:
    """Numbers of `_hybrid_weights`, without binary dust, to see whether two editions weigh alike."""
    mixed = tree.model_copy(update={"weights": _hybrid_weights(tree, weights)})
    parents = [INDEX] if tree.is_flat else [INDEX, *tree.groups]
    return {parent: mixed.weights_of(parent).round(12).to_dict() for parent in parents if mixed.members(parent)}


def _knowing(first: Edition, where: str, code: str, other: Edition) -> Edition:
    """The first edition if it has the code, else the other."""
    return first if code in getattr(first, where) else other


def _hybrid_indicator(code: str, source: Mapping[str, Edition]) -> Indicator:
    tree = source["indicators"]
    scale, sides = (_knowing(source[part], "indicators", code, tree) for part in ("normalisation", "sides"))
    return tree.indicators[code].model_copy(update={
        "direction": scale.indicators[code].direction, "normalisation": scale.normalisation_of(code),
        "sides": sides.indicators[code].sides, "mix": sides.indicators[code].mix})


def _hybrid_weights(tree: Edition, weights: Edition) -> dict:
    """Weights of one edition on the tree of another."""
    if weights is tree:
        return dict(tree.weights)
    made = {}
    for parent in [INDEX] if tree.is_flat else [INDEX, *tree.groups]:
        own, given = tree.weights_of(parent), _weights_below(parent, tree, weights)
        common = given.index
        if given.sum() > 0 and own[common].sum() > 0:
            rest = own.drop(common) * given.sum() / own[common].sum()
            mixed = pd.concat([given, rest])[own.index]
            own = mixed / mixed.sum()
        made[parent] = own.to_dict()
    return made


def _weights_below(parent: str, tree: Edition, weights: Edition) -> pd.Series:
    """Weights of those members of a tree's parent that the other edition has there, in its own proportions."""
    members = tree.members(parent)
    if tree.is_flat == weights.is_flat:
        own = weights.weights_of(parent) if parent == INDEX or parent in weights.groups else pd.Series(dtype=float)
        return own[[member for member in members if member in own.index]]
    leaf = weights.effective_weights()
    known = {member: [code for code in tree.leaves(member) if code in leaf.index] for member in members}
    return pd.Series({member: leaf[codes].sum() for member, codes in known.items() if codes}, dtype=float)


def _by_parent(tree: Edition, source: Edition, what: str,
               rule: Callable[[Edition, str], Aggregation | Missing]) -> dict[str, Aggregation | Missing]:
    """A rule of every parent: the source's own, or the tree's where the source does not know the parent."""
    return {"default": getattr(source, what)["default"],
            **{parent: rule(source if parent == INDEX or parent in source.groups else tree, parent)
               for parent in [INDEX, *tree.groups]}}


def _hybrid_eligibility(tree: Edition, source: Edition) -> Eligibility:
    known = tuple(code for code in source.eligibility.one_of if code in tree.groups)
    return source.eligibility.model_copy(update={"one_of": known})


def _without(edition: Edition, absent: Sequence[str]) -> Edition:
    """The edition without some indicators, and without groups that are left empty."""
    indicators = {code: own for code, own in edition.indicators.items() if code not in absent}
    smaller = edition.model_copy(update={"indicators": indicators})
    groups = {code: own for code, own in edition.groups.items() if smaller.leaves(code)}
    smaller = smaller.model_copy(update={"groups": groups})
    weights = {}
    for parent, stated in edition.weights.items():
        if parent != INDEX and parent not in groups:
            continue
        left = stated if stated == "equal" else {code: w for code, w in stated.items() if code in groups
                                                 or code in indicators}
        total = 1.0 if left == "equal" else sum(left.values())
        if not total > 0:
            raise InputError(f"Сопоставимый вид: у «{edition.element_title(parent)}» не осталось показателей с весом "
                             f"(не измерены: {_listed(absent)}).")
        weights[parent] = left if left == "equal" else {code: w / total for code, w in left.items()}
    return smaller.model_copy(update={
        "weights": weights, "eligibility": _hybrid_eligibility(smaller, edition)})


# -- measurements ------------------------------------------------------------------------------------------------------

def _known(before: pd.DataFrame, after: pd.DataFrame, old: Edition, new: Edition) -> None:
    strange = (set(before["indicator"]) | set(after["indicator"])) - set(old.indicators) - set(new.indicators)
    if strange:
        raise InputError(f"В данных есть показатели, которых нет ни в редакции {old.version}, ни в {new.version}: "
                         f"{_listed(sorted(strange))}.")


def _of(measurements: pd.DataFrame, edition: Edition) -> pd.DataFrame:
    return measurements[measurements["indicator"].isin(edition.indicators)]


@dataclass(frozen=True, eq=False)
class _Measurements:
    """Measurements of both periods, by the list of requirements that they are counted by, and who knows what."""

    tables: dict[tuple[State, State], pd.DataFrame]   # (period, list)
    units: dict[State, pd.Index]                      # period -> units
    asked: dict[State, set[tuple[str, str]]]          # period -> (indicator, side) of its own edition
    group_of: dict[str, str]                          # indicator -> group of the top level, in the new edition if there

    @classmethod
    def of(cls, tables: dict[tuple[State, State], pd.DataFrame], old: Edition, new: Edition) -> _Measurements:
        for table in tables.values():
            _known(table, table, old, new)
        units: dict[State, pd.Index] = {}
        for (period, _), table in tables.items():
            own = pd.Index(table["unit"].unique())
            checks.same_labels(units.setdefault(period, own), own, "Пересчёт по другому перечню требований: единицы")
        asked: dict[State, set[tuple[str, str]]] = {
            period: {(code, side) for code, indicator in edition.indicators.items() for side in indicator.sides}
            for period, edition in (("old", old), ("new", new))}
        return cls(tables, units, asked, {**_top_groups(old), **_top_groups(new)})

    def factors(self, by_group: bool) -> list[str]:
        """Of the measurements: performance, who is measured, by which list."""
        first = self.tables["old", "old"]
        same = first is self.tables["new", "new"]
        groups = list(dict.fromkeys(self.group_of.values())) if by_group else []
        found = [] if same else [f"performance:{group}" for group in groups] or ["performance"]
        if set(self.units["old"]) != set(self.units["new"]):
            found.append("composition")
        if len(self.tables) == 4:
            found.append("requirements")
        return found

    def table(self, states: States, edition: Edition) -> pd.DataFrame:
        """The rows that a mixture of states is scored on."""
        counted = states.get("requirements")
        if all(states.get(f"performance:{group}", "new") == "new" for group in self.group_of.values()):
            parts = [self._rows(states.get("performance", "new"), counted, states, None)]
        else:
            parts = [self._rows(states[f"performance:{group}"], counted, states, group)
                     for group in dict.fromkeys(self.group_of.values())]
        return _of(pd.concat(parts, ignore_index=True), edition)

    def _rows(self, period: State, counted: State | None, states: States, group: str | None) -> pd.DataFrame:
        """Rows of one period (of one group's indicators), with what only the other period measured."""
        other: State = "new" if period == "old" else "old"
        own, strange = (self.tables[when, counted if counted is not None else when] for when in (period, other))
        if group is not None:
            own, strange = (rows[rows["indicator"].map(self.group_of) == group] for rows in (own, strange))
        known = self.asked[period] | set(zip(own["indicator"], own["side"], strict=True))
        lent = np.array([pair not in known for pair in zip(strange["indicator"], strange["side"], strict=True)], bool)
        if "composition" not in states:
            return pd.concat([own, strange[lent]])
        here, wanted = set(self.units[period]), set(self.units[states["composition"]])
        return pd.concat([own[own["unit"].isin(wanted)], strange[lent & strange["unit"].isin(here & wanted)],
                          strange[strange["unit"].isin(wanted - here)]])


def _top_groups(edition: Edition) -> dict[str, str]:
    """Group right below the index (the indicator itself, if it hangs there) of every indicator."""
    return {leaf: child for child in edition.children(INDEX) for leaf in edition.leaves(child)}


def _listed(names: object) -> str:
    return ", ".join(map(str, names))
