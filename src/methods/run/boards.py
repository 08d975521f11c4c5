"""What profiles are cut from: all regions or all units side by side, nothing in it but what may leave the office.

The finished report gives places with their intervals and the parameters of its draws; the published view gives scores.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from methods.data import publication, sources, store
from methods.data.disclosure.indicators import shown_indicators
from methods.data.disclosure.model import survey_sides
from methods.data.disclosure.view import Published
from methods.data.measure import Measured
from methods.data.practices import practices
from methods.data.shared_errors import common_error
from methods.errors import UsageError
from methods.index.change import bennet, score_change
from methods.index.edition import INDEX, Edition
from methods.index.group_change import group_changes
from methods.index.score import EVERYONE, Scores, score
from methods.report import document
from methods.report.differing import cause_title
from methods.report.maturing import survey_errors
from methods.report.profile import Board, candidates
from methods.report.results import Results
from methods.run.manifest import OUTSIDE
from methods.sensitivity.averages import DrawnAverages, drawn_averages
from methods.sensitivity.design import Design
from methods.sensitivity.engine import Experiment
from methods.sensitivity.noise import usable_errors
from methods.sensitivity.standard import factors_of

MOST_DRAWS = 2000    # whose scores are kept at a time; the report's own places may rest on more
PASSPORT = "manifest.json"
PLACES = "places"    # table of the job `sensitivity`
HIDDEN_GROUPS = "скрытые и неполные группы"
DUST = 1e-9          # of the index: sums in another order


@dataclass(frozen=True)
class Finished:
    """A finished report, as its passport names it."""

    folder: Path
    digest: str                    # sha256 of the passport, by which a profile names its report
    parameters: dict[str, Any]     # of the job `sensitivity`


def finished(root: Path, edition: Edition, period: str) -> Finished:
    """The finished report of an edition and period, refused unless it rests on the data and the edition of today.

    Raises
    ------
    UsageError
        There is no report, it is damaged, or it was made from other files: which ones.
    """
    again = f"zvezda report --edition {edition.version} --period {period}"
    folder = root / "reports" / edition.version / period
    path = folder / PASSPORT
    if not path.is_file():
        raise UsageError(f"Профили делаются по готовому отчёту, а его нет: {path.relative_to(root).as_posix()}. "
                         f"Сначала выполните: {again}")
    content = path.read_bytes()
    try:
        record = json.loads(content)
        inputs, parameters = dict(record["inputs"]), dict(record["jobs"]["sensitivity"]["parameters"])
    except (ValueError, KeyError, TypeError):
        raise UsageError(f"{path.relative_to(root).as_posix()}: паспорт отчёта не читается. Сделайте отчёт заново: "
                         f"{again}") from None
    changed = [name for name, digest in inputs.items() if not name.startswith(OUTSIDE)
               and (not (root / name).is_file() or sources.sha256(root / name) != digest)]
    if changed:
        raise UsageError(f"Готовый отчёт сделан по другим файлам: {', '.join(changed[:5])} (всего {len(changed)}). "
                         f"Профили разошлись бы с ним. Сделайте отчёт заново: {again}")
    return Finished(folder, hashlib.sha256(content).hexdigest(), parameters)


@dataclass(frozen=True, eq=False)
class Earlier:
    """The period before."""

    period: str
    view: Published
    errors: pd.Series | None      # of the index by survey
    effects: pd.DataFrame         # units x causes: what moved the index since, unrounded


@dataclass(frozen=True, eq=False)
class Evidence:
    """Everything of one edition and period that the boards are made from, secret values among it."""

    root: Path
    edition: Edition
    period: str
    report: Finished
    measured: Measured
    scores: Scores
    view: Published
    places: pd.DataFrame   # of the report: units x its columns
    coverage: float
    drawn: DrawnAverages | None   # of units, and of their regions
    errors: pd.Series | None      # of the index by survey
    earlier: Earlier | None


def collect(root: Path, edition: Edition, period: str, report: Finished) -> Evidence:
    """Read and compute what all profiles share, once."""
    measured = store.prepare(root, edition, period)
    scores, view = score(measured.measurements, edition), publication.published(edition.version, period, root)
    places = Results.read(report.folder, "sensitivity").tables[PLACES].frame
    before = [own for own in edition.data.periods if own < period]
    earlier = None
    if before:
        then = store.prepare(root, edition, before[-1])
        earlier = Earlier(before[-1], publication.published(edition.version, before[-1], root),
                          survey_errors(edition, then.answers), _effects(then, measured, scores, edition))
    return Evidence(root, edition, period, report, measured, scores, view, places,
                    float(report.parameters.get("coverage", 0.9)), _drawn(edition, measured, view, report.parameters),
                    survey_errors(edition, measured.answers), earlier)


def region_codes(units: pd.DataFrame) -> pd.Series:
    """A short code for every region: what the codes of its units have before the hyphen, if that is its own; else its
    name, fit for a folder.

    >>> units = pd.DataFrame({"region": ["Регион 01", "Регион 01", "AL"]}, index=["01-001", "01-002", "010001"])
    >>> region_codes(units).to_dict()
    {'AL': 'AL', 'Регион 01': '01'}
    """
    home = units["region"].dropna()
    head = pd.Series(home.index.astype(str), home.index).str.extract(r"^(\w+)-", expand=False)
    heads = head.groupby(home).agg(lambda own: own.iloc[0] if own.notna().all() and own.nunique() == 1 else None)
    alone = heads.notna() & ~heads.duplicated(keep=False)
    names = pd.Series(heads.index, heads.index).str.replace(r"[^\w.-]+", "-", regex=True).str.strip("-.")
    codes = heads.where(alone, names)
    if codes.duplicated().any():
        numbers = (codes.groupby(codes).cumcount() + 1).astype(str)
        codes = codes.where(~codes.duplicated(keep=False), codes + "-" + numbers)
    return codes.rename("code")


def board(evidence: Evidence, kind: Literal["region", "unit"]) -> Board:
    """All regions or all units side by side.

    Raises
    ------
    UsageError
        Regions of an edition whose units belong to none.
    """
    edition, view, units = evidence.edition, evidence.view, evidence.measured.units
    if kind == "region" and ("region" not in units or units["region"].isna().all()):
        raise UsageError(f"В редакции {edition.version} нет регионов: у единиц ({edition.unit.many}) они не указаны. "
                         "Профиль одной единицы: --unit КОД.")
    ranked = evidence.scores.rank.index[evidence.scores.rank.notna()]
    own = pd.Series(ranked, ranked) if kind == "unit" else units["region"].reindex(ranked).dropna()
    own = own[own.index.isin(ranked)].rename("home")
    subjects = pd.Index(sorted(own.unique()), name="subject")
    titles = units["title"].reindex(subjects) if kind == "unit" else pd.Series(subjects, subjects)
    codes = pd.Series(subjects, subjects) if kind == "unit" else region_codes(units).reindex(subjects)
    unit_errors = _group_errors(evidence).reindex(ranked)
    groups, group_errors, known_in = _means(view.scores.reindex(ranked)[list(edition.groups)], unit_errors, own,
                                            subjects)
    values, errors = _indicator_values(evidence)
    indicators, indicator_errors, _ = _means(values.reindex(ranked), errors.reindex(ranked), own, subjects)
    shown = view.scores.reindex(ranked)
    country = pd.concat([shown[list(edition.groups)].mean(), values.reindex(ranked).mean()])
    country[INDEX] = view.overall
    members = _unit_scores(evidence).assign(home=own, title=units["title"])
    members["candidate"] = candidates(members, shown[list(edition.groups)], unit_errors, country)
    change, causes, previous = _changes(evidence, own, subjects)
    context, circumstances = _context(evidence, own, subjects, kind, groups)
    return Board(
        edition, evidence.period, kind, titles, codes.astype(str),
        _unit_scores(evidence).reindex(subjects) if kind == "unit" else _region_scores(evidence, subjects),
        groups, group_errors, known_in, indicators, indicator_errors, country, context, circumstances, change, causes,
        previous, members, practices(evidence.root, edition), _origin(evidence, kind),
        document.day(sources.read_source(evidence.root, edition.data.dataset).date), evidence.coverage)


# -- scores and their doubt --------------------------------------------------------------------------------------------

def _drawn(edition: Edition, measured: Measured, view: Published, parameters: dict[str, Any]) -> DrawnAverages | None:
    """The draws of the report again, for what it does not keep: intervals of scores and places of regions."""
    keys = ("spread", "mix_spread", "checklist_error")
    factors = factors_of(edition, measured.measurements, common=common_error(measured, edition),
                         left_out=bool(parameters.get("left_out")) or not edition.two_sided,
                         **{key: parameters[key] for key in keys if key in parameters})
    if not factors:
        return None
    experiment = Experiment(measured.measurements, edition, factors)
    design = Design(min(int(parameters.get("draws", MOST_DRAWS)), MOST_DRAWS), parameters.get("design", "random"),
                    int(parameters.get("seed", 0)))
    home = measured.units["region"] if "region" in measured.units else pd.Series(edition.version, measured.units.index)
    among = view.regions.index[view.regions["mean"].notna()] if len(view.regions) else None
    return drawn_averages(experiment, design, home.rename("region"), among=among,
                          coverage=float(parameters.get("coverage", 0.9)))


def _unit_scores(evidence: Evidence) -> pd.DataFrame:
    """Published scores and places of units with the ends of their intervals."""
    shown, scale = evidence.view.scores, evidence.edition.publication.multiplier
    table = pd.DataFrame({"value": shown[INDEX], "place": shown["rank"], "grade": shown["grade"]})
    ends = evidence.places.reindex(table.index)
    table["first"], table["last"] = ends["Место с"], ends["Место по"]
    for name in ("low", "high"):
        drawn = np.nan if evidence.drawn is None else scale * evidence.drawn.units[name].reindex(table.index)
        table[name] = drawn
    return evidence.view.hide(table)


def _region_scores(evidence: Evidence, subjects: pd.Index) -> pd.DataFrame:
    shown, scale = evidence.view.regions.reindex(subjects), evidence.edition.publication.multiplier
    table = pd.DataFrame({"value": shown["mean"]})
    drawn = None if evidence.drawn is None else evidence.drawn.sets.reindex(subjects)
    table["place"] = table["value"].rank(method="min", ascending=False) if drawn is None else drawn["place"]
    for name, factor in (("low", scale), ("high", scale), ("first", 1), ("last", 1)):
        table[name] = np.nan if drawn is None else factor * drawn[name]
    return table.where(table["value"].notna(), np.nan)


def _means(values: pd.DataFrame, errors: pd.DataFrame, own: pd.Series,
           subjects: pd.Index) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Means over the units whose value may be shown, their standard errors, and over how many units."""
    errors = errors.reindex(index=values.index, columns=values.columns).where(values.notna())
    mean, count = values.groupby(own).mean(), values.notna().groupby(own).sum()
    squares = (errors**2).groupby(own).sum(min_count=1)
    squares = squares.where(errors.notna().groupby(own).sum() == count)   # one unknown error leaves all unknown
    return tuple(table.reindex(subjects) for table in (mean, np.sqrt(squares) / count.where(count > 0), count))


def _indicator_values(evidence: Evidence) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Values of indicators that may be shown, on the common scale in published points, and their survey errors."""
    edition, scale = evidence.edition, evidence.edition.publication.multiplier
    shown = shown_indicators(evidence.measured.measurements, edition, evidence.view)
    values = scale * evidence.scores.normalised.reindex(index=shown.index)
    values = values.where(shown[list(values)])
    errors = pd.DataFrame(np.nan, values.index, values.columns)
    parts = _survey_errors(evidence)
    together = np.sqrt(sum(part**2 for part in parts))
    for code in together:
        if code in values and edition.normalisation_of(code).method == "none":
            errors[code] = scale * together[code].reindex(values.index)
    return values, errors.where(errors > 0)


def _group_errors(evidence: Evidence) -> pd.DataFrame:
    r"""Standard errors of groups in points: errors of one clientele's questions go together by a common correlation.

    .. math:: s_{gv}^2 = (1 - \rho) \sum_j w_j^2 s_{jv}^2 + \rho \Bigl(\sum_j w_j s_{jv}\Bigr)^2
    """
    edition, scale = evidence.edition, evidence.edition.publication.multiplier
    units = evidence.view.scores.index.sort_values()
    made = pd.DataFrame(np.nan, units, list(edition.groups))
    linear = all(edition.aggregation_of(code).method == "arithmetic" for code in edition.groups)
    if not linear or evidence.measured.answers is None or edition.is_flat:
        return made
    rho, parts = common_error(evidence.measured, edition), _survey_errors(evidence)
    weights = edition.effective_weights()
    for group in edition.groups:
        codes = edition.leaves(group)
        if any(edition.normalisation_of(code).method != "none" for code in codes):
            continue
        own = weights[codes] / weights[codes].sum()
        weighted = [part.reindex(index=units, columns=codes).fillna(0.0) * own for part in parts]
        made[group] = scale * np.sqrt(sum((1 - rho) * (part**2).sum(axis=1) + rho * part.sum(axis=1) ** 2
                                          for part in weighted))
    return made.where(made > 0)


def _survey_errors(evidence: Evidence) -> list[pd.DataFrame]:
    """By clientele: its part in the error of every combined value, units x indicators; 0 where it did not answer.

    The value of a unit is the mean of the clienteles that answered, by their shares (`score.combine_views`).
    """
    edition, measurements = evidence.edition, evidence.measured.measurements
    asked = survey_sides(edition)
    rows = measurements.assign(se=usable_errors(measurements))
    rows = rows[rows["indicator"].isin(asked) & rows["side"].eq("subjective") & rows["value"].notna()]
    mix = pd.Series({code: edition.indicators[code].side_mix()[side] for code, side in asked.items()}, dtype=float)
    units = pd.Index(sorted(rows["unit"].unique()), name="unit")
    tables = [(edition.clienteles[view].share if edition.clienteles else 1.0,
               rows[rows["clientele"] == view].pivot(index="unit", columns="indicator", values="se")
               .reindex(index=units, columns=mix.index)) for view in list(edition.clienteles) or [EVERYONE]]
    present = sum(share * table.notna() for share, table in tables)
    return [(share * table * mix / present.where(present > 0)).fillna(0.0) for share, table in tables]


# -- change and context ------------------------------------------------------------------------------------------------

def _effects(then: Measured, now: Measured, scores: Scores, edition: Edition) -> pd.DataFrame:
    """What each group's work moved the index by, units x `performance:<group>`.

    Where the index of a unit is the weighted mean of its groups in both periods, the Shapley value is Bennet's term,
    the group's weight times its change: no mixture has to be scored.
    """
    weights = edition.weights_of(INDEX)
    if edition.is_flat or edition.aggregation_of(INDEX).method != "arithmetic" or not set(weights.index) <= set(
            edition.groups):
        return score_change(then.measurements, edition, now.measurements, edition, performance_by_group=True).effects
    sides = [score(then.measurements, edition).elements, scores.elements]
    units = sides[0].index.intersection(sides[1].index)
    plain = pd.concat([(side.loc[units, list(weights.index)] @ weights - side.loc[units, INDEX]).abs() < DUST
                       for side in sides], axis=1).all(axis=1)
    tables = [side.loc[units[plain], list(weights.index)] for side in sides]
    return bennet(*tables, weights, weights).performance.add_prefix("performance:")


def _changes(evidence: Evidence, own: pd.Series, subjects: pd.Index) -> tuple[pd.DataFrame, pd.DataFrame, str]:
    """Change of the published index over units shown in both periods, and the groups' part in it.

    The part of a group that is hidden in either period, or of a unit that lacks one, goes into one heap, so that
    everything here can be added up from published numbers.
    """
    columns = ["start", "end", "error", "units"]
    if evidence.earlier is None:
        return pd.DataFrame(columns=columns), pd.DataFrame(), ""
    edition, before, after, errors = evidence.edition, evidence.earlier.view, evidence.view, evidence.earlier.errors
    both = own.index[before.scores[INDEX].reindex(own.index).notna() & after.scores[INDEX].reindex(own.index).notna()]
    effects = edition.publication.multiplier * evidence.earlier.effects.reindex(both)
    causes = pd.DataFrame(index=both)
    for factor in effects:
        group = factor.partition(":")[2]
        part = effects[factor].fillna(0.0)
        if group:
            known = [side.scores[group].reindex(both).notna() for side in (before, after)]
            part = part.where(known[0] & known[1], 0.0)
        causes[edition.groups[group].title if group else cause_title(factor, edition)] = part
    first, second = (side.scores[INDEX].reindex(both) for side in (before, after))
    causes[HIDDEN_GROUPS] = second - first - causes.sum(axis=1)
    home = own[both]
    known = [pd.Series(dtype=float) if side is None else side for side in (errors, evidence.errors)]
    names = {"before": "start", "after": "end", "se": "error"}
    change = group_changes(first, second, home, *known).rename(columns=names)
    causes = causes.groupby(home).mean()
    return change.reindex(subjects).dropna(subset=["start"])[columns], causes, evidence.earlier.period


def _context(evidence: Evidence, own: pd.Series, subjects: pd.Index, kind: str,
             groups: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """Circumstances by which units are alike: size and mix of clients; where nothing is known, the profile itself."""
    answers, edition = evidence.measured.answers, evidence.edition
    columns, said = {}, []
    if kind == "region":
        columns["units"] = np.log(own.groupby(own).size().astype(float))
        said.append(f"число единиц ({edition.unit.many})")
    if answers is not None:
        home = answers["unit"].map(own)
        per_unit = home.value_counts() / own.value_counts()
        columns["clients"] = np.log(per_unit)
        said.append("число ответивших на единицу" if kind == "region" else "число ответивших")
        for code in list(edition.clienteles)[1:]:
            columns[code] = (answers["clientele"] == code).groupby(home).mean()
            said.append(f"доля клиентуры «{edition.clienteles[code].title}»")
    if kind == "unit" and edition.grades is not None and edition.grades.within == "eligible-groups":
        columns["eligible"] = evidence.scores.eligible_groups.astype(float)
        said.append("число засчитанных групп показателей")
    if not columns:
        profile = groups if len(groups.columns) else pd.DataFrame(index=subjects)
        return profile, "об условиях ничего не известно, поэтому взято сходство баллов групп"
    return pd.DataFrame(columns).reindex(subjects), ", ".join(said)


def _origin(evidence: Evidence, kind: str) -> tuple[str, ...]:
    again = f"zvezda report --edition {evidence.edition.version} --period {evidence.period}"
    source = sources.read_source(evidence.root, evidence.edition.data.dataset)
    name = (evidence.report.folder / PASSPORT).relative_to(evidence.root).as_posix()
    return (f"Редакция {evidence.edition.version}, период {evidence.period}; данные: {source.title}, {source.date}.",
            f"Отчёт, из которого взяты места и правила розыгрыша: {name}, sha256 {evidence.report.digest[:16]}….",
            f"Повторить: {again}, затем {again} {'--all-regions' if kind == 'region' else '--unit КОД'}.")
