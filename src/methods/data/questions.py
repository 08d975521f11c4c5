"""Answers question by question, where an edition has them: what the item statistics of maturity work on.

Three kinds of data know single answers: a table with a row a unit and question (odm-2023, maturity-2022), the marks of
requirements that regions sent (star-2022), and neither (an index that begins with ready-made numbers).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from methods.data import sources, tables
from methods.data.checklist import requirement_scores
from methods.data.intake.files import QUESTION
from methods.data.intake.maturity import QUESTIONS, question_table
from methods.data.measure import Measured
from methods.data.reading.reader import read_file
from methods.data.registry import TITLE
from methods.index.edition import REGIONS, Checklist, Edition, Table
from methods.problems import Protocol


@dataclass(frozen=True, eq=False)
class Answers:
    """Answers of one edition and period, matched by the codes of units and questions."""

    points: pd.DataFrame        # units x questions: 0 .. highest, NaN no answer
    highest: pd.Series          # by question
    indicator_of: pd.Series     # by question
    level_of: pd.Series         # level that a question is a requirement of, NaN where the list gives none
    enough: pd.Series           # points from which on a requirement is met
    titles: pd.Series           # by question; the code where the data have no words
    second: pd.DataFrame | None = None   # the same questions by another assessor, who does not decide the score

    @property
    def met(self) -> pd.DataFrame:
        """1 met, 0 not met, NaN no answer: units x questions."""
        return (self.points >= self.enough).astype(float).where(self.points.notna())

    def of(self, units: pd.Index) -> Answers:
        """The same of some units only."""
        second = None if self.second is None else self.second.loc[self.second.index.intersection(units)]
        return Answers(self.points.loc[self.points.index.intersection(units)], self.highest, self.indicator_of,
                       self.level_of, self.enough, self.titles, second)


def answers(root: Path, edition: Edition, measured: Measured, period: str) -> Answers | None:
    """Single answers behind the checklists of an edition; None if the data begin with ready-made numbers.

    A question without points to win is left out: nobody can be told apart by it. The second assessment is that of a
    table with questions which no indicator refers to.
    """
    used = {code: how for code, indicator in edition.indicators.items() for how in indicator.sides.values()
            if isinstance(how, Checklist)}
    if any(how.table == REGIONS for how in used.values()) and measured.marks is not None:
        return _of_marks(measured.marks, list(edition.indicators))
    long = {name: rule for name, rule in edition.data.tables.items() if rule.requirement is not None}
    asked = {how.table for how in used.values()} & set(long)
    if not asked:
        return None
    frame = pd.concat([_long(root, edition, long[name], period) for name in sorted(asked)])
    item_of = {item: code for code, how in used.items() if how.table in asked for item in how.items or (code,)}
    counted = frame["item"].isin(item_of) & ~frame["question"].isin(edition.left_out)
    frame = frame[counted].assign(indicator=lambda rows: rows["item"].map(item_of))
    place = {code: number for number, code in enumerate(edition.indicators)}
    first = frame.drop_duplicates("question").assign(place=lambda rows: rows["indicator"].map(place))
    order = first.sort_values(["place", "question"], key=_natural)["question"]
    highest = frame.groupby("question")["maximum"].max()
    codes = [code for code in order if highest[code] > 0]
    rest = sorted(set(long) - asked)
    second = _wide(_long(root, edition, long[rest[0]], period)).reindex(columns=codes) if rest else None
    listed = _list(root, edition)
    own = {"level_of": pd.Series(np.nan, codes), "enough": highest[codes], "titles": pd.Series(codes, codes)} \
        if listed is None else {"level_of": listed["level"].reindex(codes),
                                "enough": listed["enough"].reindex(codes).fillna(highest[codes]),
                                "titles": listed[TITLE].reindex(codes).fillna(pd.Series(codes, codes))}
    indicator_of = first.set_index("question")["indicator"]
    return Answers(_wide(frame).reindex(columns=codes), highest[codes], indicator_of[codes], second=second, **own)


def recounted(asked: Answers, edition: Edition, measurements: pd.DataFrame, *, points: pd.DataFrame | None = None,
              dropped: Sequence[object] = ()) -> pd.DataFrame:
    """Measurements with the checklists counted anew: without some questions, or by another assessor's points.

    An indicator all of whose questions are dropped keeps them: an index without an indicator is another index, and
    that is for an edition to say.
    """
    points, gone = asked.points if points is None else points, set(dropped)
    indicator = measurements["indicator"]
    parts = []
    for code in dict.fromkeys(asked.indicator_of):
        own = [question for question in points if asked.indicator_of[question] == code]
        kept = [question for question in own if question not in gone] or own
        if points is asked.points and kept == own:
            continue
        long = points[kept].rename_axis("unit").rename_axis("question", axis=1).stack(future_stack=True).rename("score")
        long = long.reset_index().assign(maximum=lambda rows: rows["question"].map(asked.highest))
        made = requirement_scores(long, edition.indicators[code].sides["objective"].rule)
        rows = measurements[indicator.eq(code) & measurements["side"].eq("objective")].set_index("unit")
        made = made.reindex(rows.index)
        parts.append(rows.assign(value=made["value"], n=made["n"]).reset_index())
    anew = pd.concat(parts, ignore_index=True)[list(measurements)] if parts else measurements.iloc[:0]
    replaced = indicator.isin(anew["indicator"]) & measurements["side"].eq("objective")
    return pd.concat([measurements[~replaced], anew], ignore_index=True) if parts else measurements


def _of_marks(marks: pd.DataFrame, indicators: list[str]) -> Answers:
    """Requirements of the regions' checklists: met or not."""
    indicator_of = marks.drop_duplicates("requirement").set_index("requirement")["indicator"]
    place = {code: number for number, code in enumerate(indicators)}
    codes = sorted(indicator_of.index, key=lambda code: (place[indicator_of[code]], _padded(code)))
    points = marks.pivot(index="unit", columns="requirement", values="mark").astype(float)[codes]
    one = pd.Series(1.0, codes)
    return Answers(points, one, indicator_of[codes], pd.Series(np.nan, codes), one, pd.Series(codes, codes))


def _long(root: Path, edition: Edition, rule: Table, period: str) -> pd.DataFrame:
    """Rows of a table of answers: unit, question, item, score, maximum."""
    source = sources.read_source(root, edition.data.dataset)
    frame = tables.read_table(sources.verified(source, rule.file.replace("{period}", period)), rule, period)
    frame = frame[~frame[rule.unit].isin(rule.ignore_units)]
    words = tables.required(frame, [rule.unit, rule.requirement, rule.item]).set_axis(["unit", "question", "item"],
                                                                                        axis=1)
    score, maximum = (tables.numbers(frame, column, rule, low=0) for column in (rule.score, rule.maximum))
    return words.assign(score=score.where(maximum.notna()), maximum=maximum)


def _wide(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.pivot(index="unit", columns="question", values="score").sort_index()


def _list(root: Path, edition: Edition) -> pd.DataFrame | None:
    """The list of questions, if the edition names one: level, enough, title by question."""
    if edition.data.questions is None:
        return None
    path = sources.verified(sources.read_source(root, edition.data.dataset), edition.data.questions)
    protocol = Protocol()
    items = read_file(path, QUESTIONS, protocol, root)
    protocol.stop()
    titles = items.set_index(QUESTION)[TITLE] if TITLE in items else pd.Series(dtype=object)
    return question_table(items).assign(**{TITLE: titles})


def _natural(column: pd.Series) -> pd.Series:
    """Codes in the order in which people count: 2 before 10."""
    return column.map(_padded) if not pd.api.types.is_numeric_dtype(column) else column


def _padded(code: object) -> str:
    """A code whose numbers sort as numbers.

    >>> sorted(["11a.2", "2", "11a.10"], key=_padded)
    ['2', '11a.2', '11a.10']
    """
    parts, digits = [], ""
    for sign in f"{code} ":
        if sign.isdecimal():
            digits += sign
            continue
        parts.append(digits.zfill(6) if digits else "")
        parts.append(sign)
        digits = ""
    return "".join(parts)
