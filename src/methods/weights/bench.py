"""The bench: weight sets from different sources for the top level of one edition, and what each does to places.

Weights are compared at the top level only (groups, or indicators where there are no groups): people can weigh five
things against each other, not twenty, and data-driven sources need few, complete columns. Below it the adopted
weights stay.
"""

from __future__ import annotations

import pandas as pd

from methods.errors import InputError
from methods.index.edition import INDEX, Edition
from methods.index.normalise import min_max
from methods.index.rank import mean_rank_shift
from methods.index.score import Scores, score
from methods.weights import data_driven, elicited

ADOPTED = "принятые"


def top_level(scores: Scores, edition: Edition) -> pd.DataFrame:
    """Scores of the index's children, ranked units with all of them present: units x children."""
    together = pd.concat([scores.elements, scores.normalised], axis=1)[edition.children(INDEX)]
    return together[scores.rank.notna()].dropna()


def weight_sets(scores: Scores, edition: Edition) -> pd.DataFrame:
    """Weights of the index's children by source: children x sources, every column sums to 1.

    Data-driven sources look at min-max values of the ranked units that have all children. Sources from an order of
    priorities appear only if the edition states one.
    """
    children = edition.children(INDEX)
    weights = edition.effective_weights()
    sets = {ADOPTED: pd.Series({child: weights[edition.leaves(child)].sum() for child in children}),
            "равные": data_driven.equal(children),
            "по числу показателей": pd.Series({child: len(edition.leaves(child)) for child in children})
            / len(edition.indicators)}
    if edition.priorities:
        sets["порядок: центроид"] = elicited.rank_order_centroid(edition.priorities)
        sets["порядок: сумма мест"] = elicited.rank_sum(edition.priorities)
        sets["порядок: обратные места"] = elicited.rank_reciprocal(edition.priorities)
    values = top_level(scores, edition)
    if len(values) < len(children) + 2:
        raise InputError(f"Веса по данным: единиц со всеми группами {len(values)}, "
                         f"нужно не меньше {len(children) + 2}.")
    scaled = values.apply(min_max)
    sets["энтропия"] = data_driven.entropy(scaled)
    sets["разброс"] = data_driven.standard_deviation(scaled)
    sets["CRITIC"] = data_driven.critic(scaled)
    return pd.DataFrame({source: weights[children] for source, weights in sets.items()})


def effect_on_places(measurements: pd.DataFrame, edition: Edition, sets: pd.DataFrame) -> pd.DataFrame:
    """What each weight set would do, beside the adopted one: sources x (shifts of places, grades that change).

    Returns
    -------
    DataFrame
        `mean_shift`, `largest_shift` in places, `spearman` with the adopted places, `moved_grade`: share of graded
        units whose grade changes (NaN without grades).
    """
    adopted = score(measurements, edition)
    rows = {}
    for source in sets:
        if source == ADOPTED:
            continue
        weights = sets[source]
        if edition.is_flat:  # spread a child's weight over its indicators as the adopted weights do
            own = edition.effective_weights()
            weights = pd.concat([own[leaves] / own[leaves].sum() * weights[child]
                                 for child in sets.index for leaves in [edition.leaves(child)]])
        other = score(measurements, edition.reweighted(weights))
        graded = adopted.grade.notna() & other.grade.notna()
        rows[source] = {
            "mean_shift": mean_rank_shift(adopted.rank, other.rank),
            "largest_shift": (adopted.rank - other.rank).abs().max(),
            "spearman": adopted.rank.corr(other.rank, method="spearman"),
            "moved_grade": (adopted.grade != other.grade)[graded].mean() if graded.any() else float("nan")}
    return pd.DataFrame(rows).T
