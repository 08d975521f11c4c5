"""What the regions sent for a period, as measurements: the same reading and checks as `zvezda check`, in every run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from methods.data import sources
from methods.data.checklist import count_scores
from methods.data.disclosure.quotation import fingerprints
from methods.data.intake.folder import Intake, check_folder
from methods.data.intake.requirements import FULFILLED, INDICATOR, SET
from methods.data.intake.respondents import CLIENTELE, DATE, RESPONDENT, STRATUM, WEIGHT, questions
from methods.data.plausibility.keys import in_order
from methods.data.reading import ColumnSpec, TableSpec, collect, read_file
from methods.data.registry import CENTRE, REGION, START, TITLE, period_days
from methods.data.shrinkage import shrink_estimates
from methods.data.survey import design_estimates, survey_estimates
from methods.errors import InputError
from methods.index.edition import Checklist, Edition, Survey
from methods.index.score import EVERYONE
from methods.problems import Protocol

CLIENTS = "клиентов"
POPULATION = TableSpec("численность клиентов", (
    ColumnSpec(CENTRE, "code"), ColumnSpec(CLIENTELE, "text", required=False),
    ColumnSpec(STRATUM, "text", required=False), ColumnSpec(CLIENTS, "whole", low=0)), key=(CENTRE,))


@dataclass(frozen=True, eq=False)
class Received:
    """Checked tables of the regions for one edition and period."""

    edition: Edition
    period: str
    intake: Intake
    sizes: pd.DataFrame | None  # clients by centre, clientele, stratum; None: no finite-population correction

    @cached_property
    def units(self) -> pd.DataFrame:
        """Centres that were open at least one day of the period and were not merged into another: title, region."""
        registry, days = self.intake.registry, period_days(self.period)
        centres = registry.valid(*days)
        own = centres[CENTRE].map(lambda code: registry.heir(code, days[1]) in (code, None))
        centres = centres[own]
        regions = {region: registry.region_title(region) for region in centres[REGION].unique()}
        return pd.DataFrame({"title": centres[TITLE].to_numpy(),
                             "region": [regions[region] for region in centres[REGION]],
                             "opened": centres[START].dt.strftime("%Y-%m-%d").fillna("").to_numpy()},
                            index=pd.Index(centres[CENTRE], name="unit")).sort_index()

    def survey(self, how: Survey) -> pd.DataFrame:
        """Estimates of one question: unit, clientele, value, se, n."""
        answers, rule = self.intake.surveys, self.edition.estimation
        if how.question not in answers:
            raise InputError(f"В файлах регионов за {self.period} нет вопроса «{how.question}». Пришлите ответы на "
                             "него или исправьте редакцию.")
        keys = pd.DataFrame({"unit": answers[CENTRE], "clientele": self._clienteles})
        marks = answers[how.question]
        if not rule.weights and self.sizes is None and rule.shrinkage == "none":
            return survey_estimates(marks, keys, how.scale, how.treatment, how.min_answers).reset_index()
        strata = answers[STRATUM] if STRATUM in answers and (rule.weights or self.sizes is not None) else None
        estimates = design_estimates(
            marks, keys, how.scale, how.treatment, weights=answers[WEIGHT] if rule.weights else None, strata=strata,
            population=None if self.sizes is None else self._population(strata is not None),
            min_answers=how.min_answers, weight_ratio=self.edition.codebook.weight_ratio)
        if rule.shrinkage != "none":
            estimates = shrink_estimates(estimates, "clientele", rule.shrinkage)
        return estimates[["value", "se", "n"]].reset_index()

    def checklist(self, code: str, how: Checklist) -> pd.DataFrame:
        """Fulfilment of one indicator's requirements: unit, clientele, value, se, n."""
        counts = self.intake.checklists
        chosen = counts[counts[INDICATOR].isin(how.items or (code,))]
        if chosen.empty:
            raise InputError(f"Показатель {code}: в чек-листах регионов за {self.period} нет показателей с кодами "
                             f"{', '.join(how.items or (code,))}.")
        plain = chosen.rename(columns={CENTRE: "unit", FULFILLED: "fulfilled", SET: "set"})
        return count_scores(plain, how.rule).reset_index().assign(clientele=EVERYONE, se=np.nan)

    @cached_property
    def answers(self) -> pd.DataFrame:
        """Marks of every respondent with unit, clientele, day and place in the order of questionnaires.

        The questionnaires' own numbers and the comments stay out.
        """
        table, asked = self.intake.surveys, questions(self.edition)
        order = in_order(table[RESPONDENT]) if RESPONDENT in table else np.arange(len(table))
        columns = {"unit": table[CENTRE], "clientele": self._clienteles, "number": pd.Series(order, table.index)}
        columns |= {"day": table[DATE]} if DATE in table else {}
        columns |= {question: table[question] for question in asked if question in table}
        return pd.DataFrame(columns).reset_index(drop=True)

    @cached_property
    def comments(self) -> np.ndarray:
        """Fingerprints of the clients' own words."""
        columns = [column for column in self.edition.codebook.comments if column in self.intake.surveys]
        return fingerprints(text for column in columns for text in self.intake.surveys[column] if isinstance(text, str))

    @cached_property
    def marks(self) -> pd.DataFrame:
        """Marks of every requirement that applies: unit, requirement, indicator, mark."""
        return self.intake.marks.set_axis(["unit", "requirement", "indicator", "mark"], axis=1)

    @cached_property
    def _clienteles(self) -> pd.Series:
        answers = self.intake.surveys
        return answers[CLIENTELE] if self.edition.clienteles and CLIENTELE in answers else pd.Series(
            EVERYONE, answers.index)

    def _population(self, stratified: bool) -> pd.Series:
        keys = ["unit", "clientele", *(["stratum"] if stratified else [])]
        return self.sizes.groupby(keys)["clients"].sum()


def receive(root: Path, edition: Edition, period: str, source: sources.Source,
            file: Callable[[str], Path]) -> Received:
    """Read and check everything the regions sent for a period; any error stops the run.

    Parameters
    ----------
    source : Source
        Passport of the data set: every file of the folder is described there, and so are regions that sent nothing.
    file : callable
        Verifies a file of the data set, keeps its hash and returns its path.

    Raises
    ------
    Rejected
        The files break rules; the message lists all of them.
    InputError
        A file of the folder is not described in the passport, or the folder is empty.
    """
    folder = edition.data.regions.replace("{period}", period)
    listed = sorted(name for name in source.sha256 if Path(name).parent.as_posix() == folder)
    if not listed or not (source.folder / folder).is_dir():
        raise InputError(f"В {source.name}/source.yml не описано ни одного файла из папки {folder}. Примите файлы "
                         f"регионов за {period} командой zvezda accept.")
    present = {f"{folder}/{path.name}" for path in collect(source.folder / folder, Protocol(), root)}
    if strangers := sorted(present - set(listed)):
        raise InputError(f"Файлы не описаны в {source.name}/source.yml: {', '.join(strangers[:20])}. Примите их "
                         "(zvezda accept) или уберите из папки.")
    common = [name for name in (edition.data.requirements, edition.data.units.file) if name in source.sha256]
    for name in [*listed, *common]:
        file(name)
    protocol = Protocol()
    intake = check_folder(source.folder / folder, edition, root, protocol, period=period,
                          allow_missing=source.absent.get(period, ()))
    protocol.stop()
    if intake is None:
        raise InputError(f"Нет реестра центров: ни в папке {folder}, ни в файле {edition.data.units.file}.")
    sizes = None if edition.estimation.population is None else _sizes(
        file(edition.estimation.population.replace("{period}", period)), edition, root, protocol)
    protocol.stop()
    return Received(edition, period, intake, sizes)


def _sizes(path: Path, edition: Edition, root: Path, protocol: Protocol) -> pd.DataFrame | None:
    frame = read_file(path, POPULATION, protocol, root)
    if frame is None:
        return None
    keys = {word: key for key, one in edition.clienteles.items() for word in (one.value, one.title)}
    clientele = frame[CLIENTELE].map(keys) if CLIENTELE in frame else pd.Series(EVERYONE, frame.index)
    table = pd.DataFrame({"unit": frame[CENTRE], "clientele": clientele, "clients": frame[CLIENTS].astype(float)})
    return table.assign(stratum=frame[STRATUM]) if STRATUM in frame else table
