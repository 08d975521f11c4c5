"""What people said about importance: experts' judgements, a channel's poll, clients' questionnaires.

Evidence is no part of a methodology: it comes before the next edition and is kept in the data set of the present one,
in the folders `experts` and `polls`, its files described in `source.yml` like all raw data.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from methods.data import sources
from methods.data.intake.experts import Experts, check_experts
from methods.data.intake.respondents import OVERALL
from methods.data.measure import Measured
from methods.data.polls import Priorities, priorities, read_polls
from methods.errors import InputError, NotPublishable
from methods.index.edition import Edition
from methods.index.score import EVERYONE
from methods.problems import Protocol, Remark
from methods.weights.bench import experts_weights
from methods.weights.drivers import Drivers, cross_products, drivers

EXPERTS, POLLS = "experts", "polls"  # folders of a data set
CODES = "codes.csv"                  # of a poll: which answer stands for which element


@dataclass(frozen=True, eq=False)
class Evidence:
    """Judgements and votes beside an edition's data set; empty where there are none."""

    experts: dict[str, Experts]        # by element: "index" or a group
    poll: Priorities | None
    question: str                      # of the poll
    remarks: tuple[Remark, ...]        # doubts about experts' files, one line a code

    def weights(self, element: str) -> dict[str, pd.DataFrame]:
        """Experts' own weights for the children of an element, by form of the answers: experts x members."""
        said = self.experts.get(element)
        return {} if said is None else experts_weights(said.matrices, said.points, said.swings, said.ratings,
                                                       said.best_worst)


def evidence(root: Path, edition: Edition) -> Evidence:
    """Read and check everything people said about importance.

    Raises
    ------
    Rejected
        Experts' files break rules: all faults at their cells.
    EnvironmentFault
        A file that has changed since it was described.
    InputError
        A poll whose answers have no code.
    """
    source = sources.read_source(root, edition.data.dataset)
    files = {folder: list(_described(source, folder)) for folder in (EXPERTS, POLLS)}
    protocol = Protocol()
    experts = check_experts(files[EXPERTS], edition, root, protocol) if files[EXPERTS] else {}
    protocol.stop()
    poll, question = _poll(files[POLLS], edition)
    return Evidence({element: said for element, said in experts.items() if said.names}, poll, question,
                    tuple(protocol.summary()))


def client_drivers(measured: Measured, edition: Edition, *, draws: int,
                   seed: int) -> tuple[dict[str, Drivers], dict[str, str]]:
    """What moves the overall mark, by clientele, and why it cannot be said of the others.

    Both are empty where no overall mark was asked for. Groups of the edition are kept together (Owen values).
    """
    answers = measured.answers
    if answers is None or OVERALL not in answers:
        return {}, {}
    owner = {side.question: code for code, side in edition.questions.items()}
    groups = pd.Series({code: edition.indicators[code].group for code in owner.values()}) if edition.groups else None
    found, refused = {}, {}
    for view in edition.clienteles or [EVERYONE]:
        own = answers[answers["clientele"] == view] if edition.clienteles else answers
        try:
            forms = cross_products(own[list(owner)].rename(columns=owner), own[OVERALL], own["unit"], gaps="complete")
            found[view] = drivers(forms, groups, draws=draws, seed=seed)
        except (InputError, NotPublishable) as reason:
            refused[view] = str(reason)
    return found, refused


def answers_by_unit(measured: Measured) -> pd.Series | None:
    """Questionnaires of every unit, or the most answers to one question; None where nobody was asked."""
    if measured.answers is not None:
        return measured.answers.groupby("unit").size().rename("answers")
    asked = measured.measurements[measured.measurements["side"].eq("subjective") & measured.measurements["n"].notna()]
    return None if asked.empty else asked.groupby("unit")["n"].max().rename("answers")


def _described(source: sources.Source, folder: str) -> Iterator[Path]:
    """Files of a folder of the data set, each shown to be the one that the passport describes."""
    if (source.folder / folder).is_dir():
        for path in sorted((source.folder / folder).iterdir()):
            if path.is_file() and not path.name.startswith((".", "~$")):
                yield sources.verified(source, f"{folder}/{path.name}")


def _poll(files: list[Path], edition: Edition) -> tuple[Priorities | None, str]:
    """The only poll whose answers are codes of the edition, with its question."""
    exports = [path for path in files if path.suffix == ".json"]
    if not exports:
        return None, ""
    if len(exports) > 1:
        raise InputError(f"Выгрузок с опросами {len(exports)} ({', '.join(path.name for path in exports)}), нужна "
                         f"одна: в опросах могли участвовать одни и те же люди. Лишние уберите из папки {POLLS}.")
    table = next((path for path in files if path.name == CODES), None)
    if table is None:
        raise InputError(f"Нет файла {POLLS}/{CODES}: какой вариант опроса какому элементу отвечает. Столбцы: "
                         "вариант;код; пустой код — «затрудняюсь ответить».")
    codes = pd.read_csv(table, sep=";", dtype=str, keep_default_na=False)
    if list(codes.columns) != ["вариант", "код"]:
        raise InputError(f"{POLLS}/{CODES}: столбцы должны быть вариант;код, сейчас: {';'.join(codes.columns)}.")
    known = {*edition.groups, *edition.indicators, ""}
    strange = codes[~codes["код"].isin(known)]
    if len(strange):
        raise InputError(f"{POLLS}/{CODES} | строка {strange.index[0] + 2} | код «{strange['код'].iloc[0]}»: такого "
                         f"элемента нет в редакции {edition.version}.")
    one = read_polls(exports[0], {row["вариант"]: row["код"] or None for _, row in codes.iterrows()}).poll()
    return priorities(one.votes, one.voters), one.question
