"""The recipe: from measurements to indicators, groups, index, places and grades, as an edition says.

measurements -> sides combined -> screened -> normalised -> groups bottom-up -> index -> places -> grades

Two clienteles go through the recipe separately to the end; the combined value of every element is the mean of
theirs. Nothing is rounded on the way: rounding belongs to publication.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import pandas as pd

from methods import checks
from methods.errors import InputError
from methods.index import grade as grading
from methods.index.aggregate import AGGREGATIONS, coverage
from methods.index.edition import INDEX, Edition, Grading
from methods.index.normalise import NORMALISATIONS
from methods.index.rank import rank
from methods.index.rounding import round_half_up

MEASUREMENT_COLUMNS = ("unit", "indicator", "side", "clientele", "value", "se", "n")
EVERYONE = ""  # clientele of a measurement that does not depend on who was asked


@dataclass(frozen=True, eq=False)
class Scores:
    """Everything the recipe makes for one edition and period. Rows are units in one common order."""

    indicators: pd.DataFrame   # units x indicators: combined values on the indicators' own scales
    normalised: pd.DataFrame   # units x indicators: after normalisation, higher is better
    elements: pd.DataFrame     # units x (groups and index): scores, unrounded
    eligible: pd.Series        # units: may be ranked
    eligible_groups: pd.Series  # units: how many groups count
    rank: pd.Series            # units: 1 the best; NaN if not eligible or without a score
    grade: pd.Series           # units: 1 the lowest; NaN without a grade
    cut_offs: dict[str, list[float]]           # peer group -> scores that part grades, as published
    dropped: tuple[str, ...] = ()              # indicators screened out
    # clientele -> units x (normalised indicators, groups, index)
    by_clientele: dict[str, pd.DataFrame] = field(default_factory=dict)

    @property
    def index(self) -> pd.Series:
        """Scores of the index, unrounded."""
        return self.elements[INDEX]

    def published(self, edition: Edition) -> pd.DataFrame:
        """The table people read: place, grade, index, clienteles, groups, rounded half up as the edition says."""
        rule = edition.publication
        parts = {"rank": self.rank, "grade": self.grade, "eligible": self.eligible}
        scores = {INDEX: self.index, **{f"{INDEX}:{code}": table[INDEX] for code, table in self.by_clientele.items()},
                  **{code: self.elements[code] for code in edition.groups}}
        rounded = round_half_up(pd.DataFrame(scores) * rule.multiplier, rule.decimals)
        return pd.concat([pd.DataFrame(parts), rounded], axis=1).sort_values(
            ["rank"], kind="stable", na_position="last")


def score(measurements: pd.DataFrame, edition: Edition) -> Scores:
    """Scores, places and grades of all units.

    Parameters
    ----------
    measurements : DataFrame
        One row a unit x indicator x side x clientele with columns `unit`, `indicator`, `side`, `clientele`
        (empty where it does not matter), `value`, `se`, `n`. Values lie on the indicator's own scale; survey and
        requirement shares on [0; 1].
    edition : Edition
        The methodology.

    Returns
    -------
    Scores
        Units in the order of their codes.

    Raises
    ------
    InputError
        Doubled measurements, an indicator that the edition does not know, an indicator nobody has.

    Examples
    --------
    The seed's formula by hand: S = .90, X/N = 6/8, so k = (.90 + .75)/2 = .825; see tests/index/test_score.py.
    """
    _known(measurements, edition)
    units = pd.Index(sorted(measurements["unit"].unique()), name="unit")
    views = list(edition.clienteles) or [EVERYONE]
    indicators = {view: indicator_values(measurements, edition, view, units) for view in views}
    dropped = _screened_out(indicators, edition)
    normalised = {view: normalise(table.drop(columns=dropped), edition) for view, table in indicators.items()}
    elements = {view: aggregate(table, edition) for view, table in normalised.items()}

    combined = combine_views(elements, edition)
    together = combine_views(normalised, edition)
    counted = _eligible_groups(together, edition)
    eligible = _eligible(together, counted, edition) & combined[INDEX].notna()
    ranked = combined[INDEX].where(eligible)
    grade, cut_offs = grades(ranked, counted, edition)
    return Scores(
        indicators=combine_views(indicators, edition), normalised=together, elements=combined, eligible=eligible,
        eligible_groups=counted, rank=rank(ranked, edition.ranking.ties), grade=grade, cut_offs=cut_offs,
        dropped=tuple(dropped), by_clientele={view: pd.concat([normalised[view], elements[view]], axis=1)
                                              for view in edition.clienteles})


def combine_sides(sides: pd.DataFrame, mix: pd.Series, *, available: bool = False) -> pd.Series:
    r"""Combined value of one indicator, :math:`k = \sum_s m_s x_s`; with halves this is the seed's (S + X/N)/2.

    Parameters
    ----------
    sides : DataFrame, shape (n units, sides)
        Values of one indicator by side.
    mix : Series, shape (sides,)
        Shares of the sides, summing to 1.
    available : bool
        What a unit gets when a side is missing: the other side's value, or (default) no value, since a mean of two
        things and one of them alone are not comparable.

    Examples
    --------
    >>> sides = pd.DataFrame({"subjective": [0.90, None], "objective": [6 / 8, 0.5]}, index=["C01", "C02"])
    >>> half = pd.Series({"subjective": 0.5, "objective": 0.5})
    >>> combine_sides(sides, half).to_dict()
    {'C01': 0.825, 'C02': nan}
    >>> combine_sides(sides, half, available=True)["C02"]
    np.float64(0.5)
    """
    checks.same_labels(sides.columns, mix.index, "Стороны показателя и их доли")
    checks.weights_sum_to_one(mix)
    value = AGGREGATIONS["arithmetic"](sides, mix)
    return value if available else value.where(sides.notna().all(axis=1))


def indicator_values(measurements: pd.DataFrame, edition: Edition, clientele: str, units: pd.Index) -> pd.DataFrame:
    """Combined indicator values as one clientele sees them: units x indicators."""
    seen = measurements[measurements["clientele"].isin([clientele, EVERYONE])]
    wide = seen.pivot(index="unit", columns=["indicator", "side"], values="value").reindex(units)
    available = edition.sides.missing == "available"
    columns = {}
    for code, indicator in edition.indicators.items():
        mix = pd.Series(indicator.side_mix())
        sides = pd.DataFrame({side: wide[code, side] if (code, side) in wide.columns else float("nan")
                              for side in mix.index},
                             index=units, dtype=float)
        columns[code] = combine_sides(sides, mix, available=available)
    return pd.DataFrame(columns, index=units)


def normalise(values: pd.DataFrame, edition: Edition) -> pd.DataFrame:
    """Every indicator on the common scale, higher is better."""
    columns = {}
    for code in values:
        rule = edition.normalisation_of(code)
        if values[code].isna().all():  # never asked of this clientele
            columns[code] = values[code]
            continue
        columns[code] = NORMALISATIONS[rule.method](
            values[code], edition.indicators[code].direction, **rule.parameters())
    return pd.DataFrame(columns, index=values.index)


def aggregate(normalised: pd.DataFrame, edition: Edition) -> pd.DataFrame:
    """Scores of groups, bottom-up, and of the index: units x (groups in the file's order, index)."""
    table = normalised.copy()
    for parent in [*edition.bottom_up(), INDEX]:
        table[parent] = element_score(table, parent, edition)
    return table[[*edition.groups, INDEX]]


def element_score(table: pd.DataFrame, parent: str, edition: Edition, weights: pd.Series | None = None) -> pd.Series:
    """Score of one element from its members, by the edition's aggregation and missing-data rule.

    Parameters
    ----------
    table : DataFrame, shape (n units, members and any others)
        Members that are not there were screened out; the others share their weight.
    weights : Series by member
        None: those of the edition.
    """
    weights = edition.weights_of(parent) if weights is None else weights
    weights = weights[[member for member in weights.index if member in table]]
    if weights.empty:
        raise InputError(f"В группе «{parent}» не осталось показателей: значения есть меньше чем у "
                         f"{edition.min_units} единиц.")
    weights = weights / weights.sum()
    values, how, gaps = table[list(weights.index)], edition.aggregation_of(parent), edition.missing_of(parent)
    extra = {} if how.exponent is None else {"exponent": how.exponent}
    result = AGGREGATIONS[how.method](values, weights, **extra)
    needed = 1.0 if gaps.rule == "complete" else gaps.min_coverage
    result = result.where(coverage(values, weights) >= needed - checks.SUM_TOLERANCE)
    own = edition.groups[parent].normalisation if parent != INDEX else None
    return result if own is None else NORMALISATIONS[own.method](result.rename(parent), **own.parameters())


def reweighted(scores: Scores, edition: Edition, weights: pd.Series) -> Scores:
    """The same scores with other weights for the members of the index: only the last step of the recipe is done anew.

    Equal to `score(measurements, edition.reweighted(weights))`, many times sooner.

    Parameters
    ----------
    weights : Series by member of the index
        Sum 1; in a flat edition the members are the indicators.
    """
    changed = edition.reweighted(weights)
    tables = _rescored_views(scores, changed, {INDEX: changed.weights_of(INDEX)})
    combined = combine_views({view: table[[*edition.groups, INDEX]] for view, table in tables.items()}, edition)
    # what a unit must have to be ranked is judged by the weights too
    eligible = _eligible(scores.normalised, scores.eligible_groups, changed) & combined[INDEX].notna()
    ranked = combined[INDEX].where(eligible)
    grade, cut_offs = grades(ranked, scores.eligible_groups, changed)
    return replace(scores, elements=combined, eligible=eligible, rank=rank(ranked, edition.ranking.ties), grade=grade,
                   cut_offs=cut_offs, by_clientele=tables if scores.by_clientele else {})


def reweighted_index(scores: Scores, edition: Edition, weights: pd.Series) -> pd.Series:
    """The index alone under other weights, of all units that then have one: for trying hundreds of weights."""
    changed = edition.reweighted(weights)
    return index_with(scores, changed, {INDEX: changed.weights_of(INDEX)})


def index_with(scores: Scores, edition: Edition, weights: Mapping[str, pd.Series]) -> pd.Series:
    """The index alone with other weights for the members of some elements: these and what lies above are scored anew.

    Parameters
    ----------
    weights : mapping of element to Series by member
        Members left out of a Series take no part; elements left out of the mapping keep their own weights.
    """
    tables = _rescored_views(scores, edition, weights)
    return combine_views({view: table[[INDEX]] for view, table in tables.items()}, edition)[INDEX]


def _rescored_views(scores: Scores, edition: Edition, weights: Mapping[str, pd.Series]) -> dict[str, pd.DataFrame]:
    """Normalised indicators, groups and the index as each clientele sees them, the touched elements scored anew."""
    touched = {INDEX}
    for element in weights:
        while element != INDEX:
            touched.add(element)
            element = edition.groups[element].parent
    parents = [parent for parent in [*edition.bottom_up(), INDEX] if parent in touched]
    tables = {}
    for view, table in _views(scores).items():
        table = table.copy()
        for parent in parents:
            if len(weights.get(parent, [INDEX])):   # nothing is left of a group whose only member is left out
                table[parent] = element_score(table, parent, edition, weights.get(parent))
        tables[view] = table
    return tables


def _views(scores: Scores) -> dict[str, pd.DataFrame]:
    return scores.by_clientele or {EVERYONE: pd.concat([scores.normalised, scores.elements], axis=1)}


def grades(scores: pd.Series, eligible_groups: pd.Series, edition: Edition) -> tuple[pd.Series, dict[str, list[float]]]:
    """Grades of ranked units within their peer groups, and the cut-offs in published units."""
    rule = edition.grades
    empty = pd.Series(float("nan"), index=scores.index, name="grade")
    if rule is None:
        return empty, {}
    published = scores * edition.publication.multiplier
    peers = eligible_groups if rule.within == "eligible-groups" else pd.Series(0, index=scores.index)
    parts, cut_offs = [empty], {}
    for peer, members in published.dropna().groupby(peers[published.notna()]):
        made = _grade(members, rule)
        parts.append(made.grade)
        cut_offs["all" if rule.within == "all" else str(peer)] = [float(cut) for cut in made.cut_offs]
    known = pd.concat(parts[1:]) if parts[1:] else empty.dropna()
    return known.reindex(scores.index).rename("grade"), cut_offs


def _grade(scores: pd.Series, rule: Grading) -> grading.Grades:
    if rule.method == "bands":
        return grading.bands(scores, rule.cut_offs, edge=rule.edge, decimals=rule.decimals, floor=rule.floor)
    if rule.method == "quantiles":
        return grading.quantiles(scores, len(rule.labels))
    return grading.k_means(scores, len(rule.labels), trim=rule.trim)


def _known(measurements: pd.DataFrame, edition: Edition) -> None:
    key = ["unit", "indicator", "side", "clientele"]
    absent = [column for column in MEASUREMENT_COLUMNS if column not in measurements]
    if absent:
        raise InputError(f"В таблице измерений нет столбцов: {', '.join(absent)}.")
    doubled = measurements[measurements.duplicated(key, keep=False)]
    if len(doubled):
        first = doubled.iloc[0]
        raise InputError(f"Измерение повторяется: {' × '.join(str(first[column]) for column in key)} "
                         f"(всего повторов: {len(doubled)}).")
    for column, known in (("side", {"subjective", "objective"}), ("clientele", {EVERYONE, *edition.clienteles})):
        strange = measurements.loc[~measurements[column].isin(known), column]
        if len(strange):
            raise InputError(f"В таблице измерений {column} «{strange.iloc[0]}» (строк {len(strange)}); "
                             f"редакция {edition.version} знает: {', '.join(sorted(known - {EVERYONE}))}.")
    whose = measurements.groupby(key[:3])["clientele"].agg(["min", "size"])
    both = whose.index[(whose["min"] == EVERYONE) & (whose["size"] > 1)]
    if len(both):
        raise InputError(f"Измерение {' × '.join(both[0])} есть и для всех, и для отдельной клиентуры "
                         f"(всего таких {len(both)}).")
    stranger = set(measurements["indicator"]) - set(edition.indicators)
    if stranger:
        raise InputError(f"В данных есть показатели, которых нет в редакции {edition.version}: "
                         f"{', '.join(sorted(stranger))}.")


def _screened_out(indicators: dict[str, pd.DataFrame], edition: Edition) -> list[str]:
    present = pd.concat([table.notna() for table in indicators.values()]).groupby(level=0).any().sum()
    dropped = [code for code in edition.indicators if present[code] < max(edition.min_units, 0)]
    nobody = [code for code in edition.indicators if present[code] == 0 and code not in dropped]
    if nobody:
        raise InputError(f"По показателям нет ни одного значения: {', '.join(nobody)}.")
    return dropped


def combine_views(tables: dict[str, pd.DataFrame], edition: Edition) -> pd.DataFrame:
    """Mean of the clienteles' values by their shares; a unit heard by one clientele only keeps that one's value."""
    if not edition.clienteles:
        return tables[EVERYONE]
    first = next(iter(tables.values()))
    shares = {view: edition.clienteles[view].share for view in tables}
    weight = sum(table.notna() * shares[view] for view, table in tables.items())
    summed = sum(table.fillna(0) * shares[view] for view, table in tables.items())
    return (summed / weight.where(weight > 0))[first.columns]


def _eligible_groups(normalised: pd.DataFrame, edition: Edition) -> pd.Series:
    counts = _group_counts(normalised, edition)
    return (counts >= edition.eligibility.min_indicators).sum(axis=1).rename("eligible_groups")


def _eligible(normalised: pd.DataFrame, counted: pd.Series, edition: Edition) -> pd.Series:
    rule = edition.eligibility
    weights = edition.effective_weights()[list(normalised)]
    eligible = (counted >= rule.min_groups) & (
        coverage(normalised, weights) >= rule.min_coverage - checks.SUM_TOLERANCE)
    if rule.one_of:
        counts = _group_counts(normalised, edition)[list(rule.one_of)]
        eligible &= (counts >= rule.min_indicators).any(axis=1)
    return eligible.rename("eligible")


def _group_counts(normalised: pd.DataFrame, edition: Edition) -> pd.DataFrame:
    """How many indicators of each group a unit has."""
    present = normalised.notna()
    return pd.DataFrame({code: present[[leaf for leaf in edition.leaves(code) if leaf in present]].sum(axis=1)
                         for code in edition.groups}, index=normalised.index)
