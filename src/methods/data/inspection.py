"""Whose data are worth a look: the plausibility signals of an edition and period, from the files the regions sent.

The list names centres and is for the office: a report says how many were checked and how many stand out, never who.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from scipy import stats

from methods.agreement.verdict import ABOVE, BELOW, centres_to_inspect, side_tables
from methods.data import editions, store
from methods.data.intake import requirement_list
from methods.data.intake.requirements import LEVEL, REQUIREMENT
from methods.data.measure import Measured
from methods.data.plausibility import (
    Signal,
    bursts,
    checklist_rise,
    complete_regions,
    duplicate_blocks,
    straight_lining,
    survey_against_peers,
    survey_levels,
)
from methods.data.registry import period_days
from methods.errors import InputError, NotPublishable
from methods.index.edition import Edition
from methods.problems import Protocol

MANAGING = "УЦЗН"  # level of requirements that are checked once for all centres of a region


def signals(version: str, period: str = "", root: Path | None = None) -> list[Signal]:
    """All signals that the data allow: those on the change of checklists need the period before.

    Raises
    ------
    InputError
        The edition has no answers of single respondents.
    """
    root = root or store.project_root()
    edition = editions.load_edition(root, version)
    period = store.resolve_period(edition, period)
    now = store.prepare(root, edition, period)
    if now.answers is None or "day" not in now.answers:
        raise InputError(f"Редакция {version}: признаки правдоподобия смотрят на анкеты с датами, а в данных за "
                         f"{period} их нет (ключ data.regions, столбец «дата»).")
    own = _requirements_of_centres(edition, root)
    region, checklist, level = _region(now), _checklist(now, own), _levels(now, edition)
    who = now.answers[["unit", "clientele", "day", "number"]]
    marks = now.answers[_asked(now)]
    found = [straight_lining(marks, who), duplicate_blocks(marks, who),
             bursts(who, pd.Timestamp(period_days(period)[1]), opened=_opened(now))]
    place = edition.data.periods.index(period)
    if place:
        before = store.prepare(root, edition, edition.data.periods[place - 1])
        found.append(checklist_rise(_checklist(before, own), checklist, _levels(before, edition), level, region))
    return [*found, survey_against_peers(level, checklist.mean(axis=1), level["n"], region),
            complete_regions(checklist, region)]


def against_checklist(measured: Measured, edition: Edition, level: float = 0.10) -> pd.DataFrame:
    """Centres whose survey of one indicator is far from what its checklist and the region let expect.

    False discoveries are controlled over all centres and indicators together.

    Returns
    -------
    DataFrame, (indicator, unit) x (survey, checklist, expected, difference, p, q, side)
        All that could be tested; `side` is empty where q is above the level.
    """
    sides = side_tables(measured.measurements, {code: own.share for code, own in edition.clienteles.items()})
    region, tested = measured.units.get("region"), {}
    for code in edition.two_sided:
        try:
            tested[code] = centres_to_inspect(sides.survey[code], sides.error[code], sides.effective[code],
                                              sides.checklist[code], region, level=level)
        except NotPublishable:  # too few centres for this indicator
            continue
    if not tested:
        return pd.DataFrame(columns=["survey", "checklist", "expected", "difference", "p", "q", "side"])
    found = pd.concat(tested, names=["indicator", "unit"]).dropna(subset=["p"])
    found["q"] = stats.false_discovery_control(found["p"])
    above = found["difference"] > 0
    found["side"] = np.where(found["q"] > level, "", np.where(above, ABOVE, BELOW))
    return found.drop(columns="t").sort_values("p", kind="stable")


def _requirements_of_centres(edition: Edition, root: Path) -> set[str]:
    """Requirements that are checked centre by centre: what a region has once tells nothing of its centres."""
    table = requirement_list(edition, root, Protocol())
    shared = table[LEVEL].eq(MANAGING) if LEVEL in table else pd.Series(False, table.index)
    return set(table.loc[~shared, REQUIREMENT])


def _asked(measured: Measured) -> list[str]:
    return [column for column in measured.answers if column not in ("unit", "clientele", "day", "number")]


def _levels(measured: Measured, edition: Edition) -> pd.DataFrame:
    scale = next(side.scale for indicator in edition.indicators.values() for side in indicator.sides.values()
                 if side.measure == "survey")
    return survey_levels(measured.answers[_asked(measured)], measured.answers[["unit", "clientele"]], scale)


def _checklist(measured: Measured, own: set[str]) -> pd.DataFrame:
    marks = measured.marks[measured.marks["requirement"].isin(own)]
    return marks.pivot(index="unit", columns="requirement", values="mark").astype(float)


def _region(measured: Measured) -> pd.Series:
    return measured.units["region"]


def _opened(measured: Measured) -> pd.Series:
    return pd.to_datetime(measured.units["opened"].replace("", np.nan))
