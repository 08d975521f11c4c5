"""What other weights would do: who moves, how far, over which star, and which element moved them."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from methods import checks
from methods.errors import InputError, NotPublishable
from methods.index.edition import INDEX, Edition
from methods.index.importance import linear_importance, share_of_importance
from methods.index.rank import mean_rank_shift, rank
from methods.index.score import EVERYONE, Scores, combine_views, reweighted, reweighted_index
from methods.weights.compromise import distance


def member_weights(edition: Edition, weights: pd.Series) -> pd.Series:
    """Weights of the index's members from weights of its children.

    The same, unless the edition is flat: then a child's weight is spread over its indicators as the adopted weights
    are inside it.
    """
    if not edition.is_flat:
        return weights
    checks.same_labels(weights.index, pd.Index(edition.children(INDEX)), "Веса верхнего уровня")
    own = edition.effective_weights()
    return pd.concat([own[leaves] / own[leaves].sum() * weights[child]
                      for child in weights.index for leaves in [edition.leaves(child)]])


def effect_on_places(scores: Scores, edition: Edition, sets: pd.DataFrame) -> pd.DataFrame:
    """Places and grades under every weight set against the adopted ones.

    Parameters
    ----------
    sets : DataFrame, shape (children of the index, sources)
        Every column sums to 1.

    Returns
    -------
    DataFrame, sources x (mean_shift, largest_shift, spearman, moved_grade)
        Shifts in places (Saisana et al. 2005, eq. 3), correlation with the adopted places, share of graded units whose
        grade changes (NaN without grades).
    """
    rows = {}
    for source in sets:
        found = moves(scores, reweighted(scores, edition, member_weights(edition, sets[source])), edition)
        graded = found[["grade", "new_grade"]].notna().all(axis=1)
        rows[source] = {
            "mean_shift": mean_rank_shift(found["place"], found["new_place"]),
            "largest_shift": found["shift"].abs().max(),
            "spearman": found["place"].corr(found["new_place"], method="spearman"),
            "moved_grade": (found["grade"] != found["new_grade"])[graded].mean() if graded.any() else float("nan")}
    return pd.DataFrame(rows, index=["mean_shift", "largest_shift", "spearman", "moved_grade"]).T.rename_axis("source")


def moves(scores: Scores, other: Scores, edition: Edition, among: pd.Index | None = None) -> pd.DataFrame:
    """Places and grades of the units ranked both times: units x (place, new_place, shift, grade, new_grade).

    `shift` is the number of places gained: above 0 the unit rises. With `among` places are those among the given units
    alone, as a table that leaves the others out must show them.
    """
    both = scores.rank.notna() & other.rank.notna()
    if among is not None:
        both &= scores.rank.index.isin(among)
    old, new = (made.rank[both] if among is None else rank(made.index[both], edition.ranking.ties)
                for made in (scores, other))
    return pd.DataFrame({"place": old, "new_place": new, "shift": old - new, "grade": scores.grade[both],
                         "new_grade": other.grade[both]})


def moves_by(found: pd.DataFrame, category: pd.Series) -> pd.DataFrame:
    """Winners and losers by category: how many units, their mean shift, what share of them rises and falls.

    Parameters
    ----------
    found : DataFrame
        Of `moves`.
    category : Series by unit
        Region, size, kind of clientele; units without a category are left out.

    Returns
    -------
    DataFrame, categories x (units, mean_shift, rise, fall, grade_up, grade_down)
        The greatest mean gain first.

    Examples
    --------
    >>> found = pd.DataFrame({"shift": [3.0, 1.0, -4.0], "grade": [1, 2, 2], "new_grade": [2, 2, 1]}, index=list("abc"))
    >>> moves_by(found, pd.Series({"a": "Север", "b": "Север", "c": "Юг"}))[["units", "mean_shift", "grade_up"]]
           units  mean_shift  grade_up
    Север      2         2.0         1
    Юг         1        -4.0         0
    """
    checks.unique(category.index, "Категории единиц")
    group = found.groupby(category.reindex(found.index), observed=True)
    table = pd.DataFrame({
        "units": group.size(), "mean_shift": group["shift"].mean(),
        "rise": group["shift"].agg(lambda shift: (shift > 0).mean()),
        "fall": group["shift"].agg(lambda shift: (shift < 0).mean()),
        "grade_up": group.apply(lambda part: int((part["new_grade"] > part["grade"]).sum())),
        "grade_down": group.apply(lambda part: int((part["new_grade"] < part["grade"]).sum()))})
    return table.sort_values("mean_shift", ascending=False, kind="stable").rename_axis(None)


def shifts_by_clientele(scores: Scores, other: Scores, edition: Edition) -> pd.DataFrame:
    """How far places move in the ranking that each clientele alone would give: clienteles x (units, mean_shift).

    `mean_shift` is absolute: in a ranking the gains and the losses of places cancel.
    """
    rows = {}
    for clientele in edition.clienteles:
        both = scores.rank.notna() & scores.by_clientele[clientele][INDEX].notna()
        old, new = (rank(made.by_clientele[clientele][INDEX][both], edition.ranking.ties) for made in (scores, other))
        rows[clientele] = {"units": int(both.sum()), "mean_shift": mean_rank_shift(old, new)}
    return pd.DataFrame(rows, index=["units", "mean_shift"]).T


def reasons(scores: Scores, edition: Edition, weights: pd.Series) -> pd.DataFrame:
    r"""Why a unit's index changes more or less than the average one: what each element of the index adds.

    .. math:: \Delta_i - \bar\Delta = \sum_g \Bigl(\Delta w_{ig}\, x_{ig} - \overline{\Delta w_{g} x_{g}}\Bigr)

    :math:`w_{ig}` is the weight that the unit's element really has: where a unit lacks one, the others share its
    weight. A unit gains where it is better than others in what now weighs more.

    Parameters
    ----------
    weights : Series by child of the index
        The other weights.

    Returns
    -------
    DataFrame, ranked units x children of the index
        In published points; a row sums to the change of the unit's index less the mean change.

    Raises
    ------
    NotPublishable
        The index is no weighted arithmetic mean: its change is not a sum over elements.

    Examples
    --------
    See tests/weights/test_effect.py.
    """
    how = edition.aggregation_of(INDEX)
    if how.method != "arithmetic":
        raise NotPublishable(f"Причины сдвигов по группам: индекс сведён средним «{how.method}», изменение не "
                             "раскладывается в сумму по группам.")
    old, new = edition.weights_of(INDEX), member_weights(edition, weights)
    checks.same_labels(new.index, old.index, "Веса верхнего уровня")
    views = scores.by_clientele or {EVERYONE: pd.concat([scores.normalised, scores.elements], axis=1)}
    tables = {}
    for view, table in views.items():
        members = [member for member in old.index if member in table]
        values = table[members]
        effective = [(values.notna() * own[members]).pipe(lambda there: there.div(there.sum(axis=1), axis=0))
                     for own in (old, new)]
        change = ((effective[1] - effective[0]) * values).fillna(0.0)
        tables[view] = change.where(table[INDEX].notna())
    change = combine_views(tables, edition)[scores.rank.notna()] * edition.publication.multiplier
    if edition.is_flat:
        change = pd.DataFrame({child: change[[leaf for leaf in edition.leaves(child) if leaf in change]].sum(axis=1)
                               for child in weights.index})
    return change - change.mean()


def costs(scores: Scores, edition: Edition, candidates: pd.DataFrame, experts: pd.Series | None = None) -> pd.DataFrame:
    r"""What each candidate costs: how far places move, how far weights are from what they do, and from the experts.

    Parameters
    ----------
    candidates : DataFrame, shape (candidates, children of the index)
        Rows sum to 1.
    experts : Series by child
        Their pooled weights. None: nobody was asked, the measure is left out.

    Returns
    -------
    DataFrame, candidates x (shift, mismatch, dissent)
        Less is better. `shift`: mean shift from the adopted places. `mismatch`: share of the weight that would have to
        change hands for the weights to equal the shares of importance they have (linear). `dissent`: the same against
        the experts' weights.
    """
    values = pd.concat([scores.elements, scores.normalised], axis=1)[list(candidates.columns)]
    rows = {}
    for name, weights in candidates.iterrows():
        index = reweighted_index(scores, edition, member_weights(edition, weights)).where(scores.rank.notna())
        known = index.notna() & values.notna().all(axis=1)
        share = share_of_importance(linear_importance(values[known], index[known]).fillna(0.0))
        rows[name] = {"shift": mean_rank_shift(scores.rank[index.notna()], rank(index.dropna(), edition.ranking.ties)),
                      "mismatch": distance(weights, share)}
        if experts is not None:
            rows[name]["dissent"] = distance(weights, experts)
    return pd.DataFrame(rows).T.rename_axis(candidates.index.name)


def by_size(n: pd.Series, labels: Mapping[int, str] | None = None) -> pd.Series:
    """Units in four equal groups by the number of answers behind them: a category for `moves_by`.

    >>> by_size(pd.Series({"a": 10, "b": 20, "c": 30, "d": 400})).to_dict()
    {'a': 'до 18 ответов', 'b': '18–25 ответов', 'c': '25–122 ответов', 'd': 'больше 122 ответов'}
    """
    known = n.dropna()
    if known.nunique() < 4:
        raise InputError(f"Единицы по числу ответов: различных чисел {known.nunique()}, на четыре группы не делится.")
    cuts = known.quantile([0.25, 0.5, 0.75]).round().astype(int).to_list()
    words = [f"до {cuts[0]} ответов", f"{cuts[0]}–{cuts[1]} ответов", f"{cuts[1]}–{cuts[2]} ответов",
             f"больше {cuts[2]} ответов"]
    return pd.cut(known, [-float("inf"), *cuts, float("inf")], labels=words)
