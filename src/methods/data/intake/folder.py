"""A folder of files from the regions: kinds by headers, reading, checks of each table and of all together."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pandas as pd

from methods.data import sources
from methods.data.intake.centres import check_registry
from methods.data.intake.experts import check_experts
from methods.data.intake.files import REQUIREMENTS, read_table, recognise
from methods.data.intake.maturity import QUESTIONS, check_maturity_files, read_maturity
from methods.data.intake.requirements import (
    INDICATOR,
    REQUIREMENT,
    check_checklist,
    check_checklists,
    requirement_marks,
)
from methods.data.intake.respondents import check_survey, check_surveys
from methods.data.intake.years import check_edition_period
from methods.data.reading import collect, read_file
from methods.data.reading.reader import name_of
from methods.data.registry import CENTRE, Registry, place, read_regions
from methods.index.edition import Edition
from methods.problems import Place, Problem, Protocol


@dataclass
class Given:
    """Typed tables of one run, as the reader left them."""

    registry: pd.DataFrame
    requirements: pd.DataFrame  # требование, показатель, название, уровень, подтверждение, неприменимо
    surveys: list[pd.DataFrame] = field(default_factory=list)
    checklists: list[pd.DataFrame] = field(default_factory=list)


@dataclass(frozen=True, eq=False)
class Intake:
    """Clean tables of one run; fit for calculation only if the protocol holds no error."""

    registry: Registry | None  # None: nothing of centres was sent
    surveys: pd.DataFrame     # all files, index (file, row)
    checklists: pd.DataFrame  # центр, показатель, исполнено, задано
    marks: pd.DataFrame       # центр, требование, показатель, отметка: of the checklists by requirement
    protocol: Protocol
    maturity: pd.DataFrame | None = None  # answers about the maturity of regions


def check_tables(given: Given, edition: Edition, protocol: Protocol, *, period: str = "",
                 regions: pd.DataFrame | None = None, allow_missing: Sequence[str] = (), cross_year: bool = False,
                 today: datetime.date | None = None) -> Intake:
    """All checks of a run on tables that are read already.

    Parameters
    ----------
    period : str
        Period of the data; the edition's last one by default.
    regions : DataFrame, optional
        Valid region codes and zones; None for invented regions, where any code is taken.
    allow_missing : sequence of str
        Codes of regions whose data may be absent.
    """
    period = period or edition.data.periods[-1]
    check_edition_period(edition, period, protocol, cross_year=cross_year)
    registry = check_registry(given.registry, protocol, period=period, regions=regions)
    surveys = [check_survey(frame, edition, registry, protocol, period=period, today=today,
                            clientele=clientele_of(frame.attrs.get("file", ""), edition)) for frame in given.surveys]
    checklists = [check_checklist(frame, edition, registry, protocol, requirements=given.requirements, period=period)
                  for frame in given.checklists]
    # a file of which nothing was left (an untouched template) has said so already
    surveys, checklists = ([frame for frame in frames if CENTRE in frame] for frames in (surveys, checklists))
    return Intake(
        registry,
        check_surveys(surveys, edition, registry, protocol, period=period, allow_missing=allow_missing),
        check_checklists(checklists, registry, protocol, period=period, allow_missing=allow_missing),
        requirement_marks(checklists), protocol)


def clientele_of(file: str, edition: Edition) -> str | None:
    """The clientele that a file's name speaks of («ответы_работодатели.xlsx»), if it names exactly one."""
    named = [key for key, one in edition.clienteles.items() if one.title[:-1].casefold() in Path(file).name.casefold()]
    return named[0] if len(named) == 1 else None


def check_folder(path: Path, edition: Edition, root: Path, protocol: Protocol, *, period: str = "",
                 allow_missing: Sequence[str] = ()) -> Intake | None:
    """Read and check a folder (or one file): what stands behind `zvezda check PATH --edition E`.

    Returns
    -------
    Intake or None
        Clean tables; None if there is no registry to check them against, or nothing but experts' judgements. Bad
        content raises nothing: ask `protocol.stop()`.
    """
    requirements = requirement_list(edition, root, protocol)
    codes = list(requirements[REQUIREMENT])
    given: dict[str, list[pd.DataFrame]] = {}
    judged, answered = [], []
    for file in collect(path, protocol, root) if path.is_dir() else [path]:
        seen = recognise(file, edition, codes, protocol, root)
        if seen is not None and seen.kind == "experts":
            judged.append(file)
        elif seen is not None and seen.kind == "maturity":
            answered.append(read_maturity(file, seen, protocol, root))
        if seen is None or seen.kind in ("experts", "maturity"):  # those have readers of their own
            continue
        frame = read_table(file, seen, edition, codes, protocol, root)
        if frame is not None and CENTRE in frame:
            given.setdefault(seen.kind, []).append(frame)
    check_experts(judged, edition, root, protocol)
    regions = None if edition.status == "demonstration" else read_regions(root)  # invented regions have no codes
    maturity = _maturity([frame for frame in answered if frame is not None], edition, root, protocol, regions,
                         period or edition.data.periods[-1], allow_missing)
    if (judged or answered) and not given:  # nothing of the centres: no registry is needed
        return None if maturity is None else Intake(None, pd.DataFrame(), pd.DataFrame(), pd.DataFrame(), protocol,
                                                    maturity)
    registry = _registry(given.get("registry", []), edition, root, protocol)
    if registry is None:
        return None
    tables = Given(registry, requirements, given.get("survey", []),
                   [frame for kind in ("counts", "long", "wide") for frame in given.get(kind, [])])
    intake = check_tables(tables, edition, protocol, period=period, regions=regions, allow_missing=allow_missing)
    return replace(intake, maturity=maturity)


def _maturity(frames: list[pd.DataFrame], edition: Edition, root: Path, protocol: Protocol,
              regions: pd.DataFrame | None, period: str, allow_missing: Sequence[str]) -> pd.DataFrame | None:
    """Checked answers about maturity: region, question, assessor, value; None if there are none to check."""
    if not frames:
        return None
    if edition.data.questions is None:
        protocol.add(Problem("FLD-04", place(frames[0]), None, {"version": edition.version}, "warning"))
        return None
    items = read_file(root / sources.RAW / edition.data.dataset / edition.data.questions, QUESTIONS, protocol, root)
    if items is None:
        return None
    return check_maturity_files(frames, items, protocol, period=period, regions=regions, blanks=edition.data.blanks,
                                allow_missing=allow_missing)


def requirement_list(edition: Edition, root: Path, protocol: Protocol) -> pd.DataFrame:
    """The requirement list that the edition's checklist names; empty if it has none."""
    files = {name for name in (edition.data.requirements,
                               *(table.register_file for table in edition.data.tables.values())) if name}
    for name in sorted(files):
        frame = read_file(root / sources.RAW / edition.data.dataset / name, REQUIREMENTS, protocol, root)
        if frame is not None:
            return frame
    return pd.DataFrame(columns=[REQUIREMENT, INDICATOR])


def _registry(found: list[pd.DataFrame], edition: Edition, root: Path, protocol: Protocol) -> pd.DataFrame | None:
    """The folder's registry, or else that of the edition's data set."""
    for extra in found[1:]:
        protocol.add(Problem("FLD-03", place(extra), None, {"first": found[0].attrs["file"]}))
    if found:
        return found[0]
    path = root / sources.RAW / edition.data.dataset / edition.data.units.file
    protocol.add(Problem("FLD-02", Place(name_of(path, root)), None, {"dataset": edition.data.dataset}, "note"))
    seen = recognise(path, edition, [], protocol, root)
    return read_table(path, seen, edition, [], protocol, root) if seen and seen.kind == "registry" else None
