"""One choice of the methodology changed at a time, and all of them at once: how far the places move.

Unlike in the experiment of draws (`engine`) nothing is random here: every choice is given its other usual answer. What
cannot be changed (there are no gaps, values are not above 0) is told in words.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from methods import checks
from methods.errors import EditionError, InputError, NotPublishable
from methods.index.edition import INDEX, Aggregation, Edition, Missing, Normalisation
from methods.index.rank import rank
from methods.index.score import EVERYONE, Scores, aggregate, combine_views, indicator_values, normalise
from methods.sensitivity.outliers import MOST_MOVED, treat_outliers

JOINT = "joint"


@dataclass(frozen=True)
class Alternative:
    """The other answer to one question of the methodology."""

    title: str                   # in Russian
    changes: Mapping[str, object]  # keys of the edition that are other
    most_moved: int = 0          # values of an indicator that may be Winsorised before normalisation


@dataclass(frozen=True, eq=False)
class OneAtATime:
    """Places under every alternative; the last one may be all of them together (`JOINT`)."""

    adopted: pd.Series        # by unit: adopted place
    places: pd.DataFrame      # units x alternatives: place under it; NaN: no score then
    refused: dict[str, str]   # alternative -> why it cannot be tried
    together: tuple[str, ...]  # alternatives that make up the joint one

    def shifts(self) -> pd.DataFrame:
        """Units x alternatives: places lost under it (below 0: gained)."""
        return self.places.sub(self.adopted, axis=0)

    def summary(self, apart: int = 1) -> pd.DataFrame:
        """By alternative: mean and largest absolute shift, share of units at least `apart` places off, units lost."""
        size = self.shifts().abs()
        known = size.notna()
        return pd.DataFrame({"mean_shift": size.mean(), "largest_shift": size.max(),
                             "apart": (size >= apart).sum() / known.sum(), "lost": (~known).sum()})


def usual_alternatives(edition: Edition, most_moved: int = MOST_MOVED) -> dict[str, Alternative]:
    """What audits change, by name: weights, aggregation, normalisation (twice), outliers, gaps.

    Weights become equal at every level; the index becomes a geometric mean of what it is made of, or an arithmetic one
    if it is geometric; normalisation goes to min-max on [1; 100], where a geometric mean exists (from min-max to
    z-scores), and to places; indicators that have a normalisation of their own keep it. Where the methodology already
    has that answer, there is no such alternative.

    References
    ----------
    Saisana, Saltelli, Tarantola (2005), JRSS-A 168(2), 307-323, doi:10.1111/j.1467-985X.2005.00350.x. OECD/JRC (2008),
    Handbook on Constructing Composite Indicators, step 7.
    """
    adopted, scale, gaps = edition.aggregation_of(INDEX), edition.normalisation, edition.missing_of(INDEX)
    found = {}
    equal = equal_weights(edition)
    if adopted.method != "sum" and equal is not None:
        found["weights"] = Alternative("равные веса на каждом уровне", {"weights": equal})
    geometric = adopted.method == "geometric"
    mean = Aggregation(method="arithmetic" if geometric else "geometric")
    found["aggregation"] = Alternative(
        f"индекс — среднее {'арифметическое' if geometric else 'геометрическое'}",
        {"aggregation": {**edition.aggregation, INDEX: mean}})
    common = (Normalisation(method="z-score") if scale.method == "min-max" else
              Normalisation(method="min-max", lower=1, upper=100))
    found["normalisation"] = Alternative(
        f"нормирование: {'стандартизация' if common.method == 'z-score' else 'минимум — максимум'}",
        {"normalisation": common})
    if scale.method != "rank":
        found["places"] = Alternative("вместо значений — места по показателям",
                                      {"normalisation": Normalisation(method="rank")})
    found["outliers"] = Alternative(f"выбросы сдвинуты, не больше {most_moved} у показателя", {}, most_moved)
    complete = gaps.rule == "complete"
    found["missing"] = Alternative(
        "пропуски: веса делятся между имеющимися" if complete else "пропуски: без любого значения балла нет",
        {"missing": {"default": Missing(rule="reweight" if complete else "complete")}})
    return found


def equal_weights(edition: Edition) -> dict[str, object] | None:
    """Weights of the edition's tree that are equal at every level; None if they are so already."""
    weights = {INDEX: dict.fromkeys(edition.members(INDEX), 1.0)} if edition.is_flat else {}
    other = edition.model_copy(update={"weights": weights}).effective_weights()
    return None if (other - edition.effective_weights()).abs().max() < checks.SUM_TOLERANCE else weights


def one_at_a_time(measurements: pd.DataFrame, edition: Edition, scores: Scores,
                  alternatives: Mapping[str, Alternative], among: pd.Index | None = None) -> OneAtATime:
    r"""Places under every alternative by itself, and under all that can be tried together.

    .. math:: \bar R_S = \frac1n \sum_i |R_i^{adopted} - R_i^{alternative}|

    The joint one takes the alternatives in their order, passing over those that change what an earlier one has changed
    or cannot be tried beside the earlier ones. Who is ranked is decided by the adopted methodology.

    Parameters
    ----------
    measurements, edition, scores
        As `methods.index.score.score` got and made them.
    alternatives : mapping of name to Alternative
    among : Index, optional
        Units among which places are given; all ranked ones by default. All units take part in normalisation.

    References
    ----------
    Saisana, Saltelli, Tarantola (2005), eq. 3, for the mean shift.

    Examples
    --------
    tests/sensitivity/test_one_at_a_time.py repeats the places of editions that state the alternative themselves.
    """
    ranked = scores.rank.dropna().index
    units = ranked if among is None else ranked[ranked.isin(among)]
    if units.empty:
        raise InputError("Выборы по одному: ранжировать некого, ни у одной из названных единиц нет места.")
    views = {view: indicator_values(measurements, edition, view, scores.rank.index).drop(columns=list(scores.dropped))
             for view in list(edition.clienteles) or [EVERYONE]}
    adopted = rank(scores.index[units], edition.ranking.ties)
    tables, refused = {}, {}
    for name, alternative in alternatives.items():
        try:
            tables[name] = _places(views, edition, alternative.changes, alternative.most_moved, units)
        except (InputError, EditionError, NotPublishable) as reason:
            refused[name] = str(reason)
    changes, most_moved, together, joint = {}, 0, [], None
    for name in tables:
        alternative = alternatives[name]
        if changes.keys() & alternative.changes.keys():
            continue
        beside = {**changes, **alternative.changes}, most_moved or alternative.most_moved
        try:
            joint = _places(views, edition, *beside, units)
        except (InputError, EditionError, NotPublishable):
            continue
        (changes, most_moved), together = beside, [*together, name]
    if len(together) > 1:
        tables[JOINT] = joint
    return OneAtATime(adopted, pd.DataFrame(tables, index=units), refused, tuple(together))


def _places(views: dict[str, pd.DataFrame], edition: Edition, changes: Mapping[str, object], most_moved: int,
            units: pd.Index) -> pd.Series:
    other = edition.model_copy(update=dict(changes))
    if "missing" in changes and not any(table.isna().to_numpy().any() for table in views.values()):
        raise InputError("пропусков нет")
    treated = views if not most_moved else {
        view: table.apply(treat_outliers, most=most_moved) for view, table in views.items()}
    if most_moved and not changes and all(treated[view].equals(table) for view, table in views.items()):
        raise InputError("выбросов нет")
    try:
        elements = {view: aggregate(normalise(table, other), other) for view, table in treated.items()}
    except NotPublishable:     # its words name a unit and its value, which may be nobody's business
        raise NotPublishable("не определено: есть значения не больше 0") from None
    index = combine_views({view: table[[INDEX]] for view, table in elements.items()}, other)[INDEX]
    if index[units].isna().all():
        raise NotPublishable("балла не остаётся ни у кого")
    return rank(index[units], edition.ranking.ties)
