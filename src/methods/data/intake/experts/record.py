"""The record of a reading: what every expert said, cell by cell, and the words for what is wrong with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import NamedTuple

from methods.data.intake.experts.layout import Form
from methods.data.reading.report import Phrase
from methods.data.reading.spec import nearest, normal
from methods.data.registry import LOOKALIKES, lookalike
from methods.errors import EditionError
from methods.index.edition import INDEX, Edition
from methods.problems import Place, Problem, Protocol, Severity
from methods.weights.direct import Partial


class Cell(NamedTuple):
    """A judgement where it stands."""

    value: float        # NaN: not given
    text: str
    place: Place
    sound: bool = True  # else its fault is told


@dataclass
class Answer:
    """What one expert said in one form about the members of one element."""

    expert: str
    element: str
    form: Form
    place: Place
    cells: dict = field(default_factory=dict)  # code, or pair of codes, or (row of answers, code) -> Cell
    sound: bool = True                         # else something of it could not be read, its fault told
    mirrored: bool = False                     # pairs: one of the two cells of a pair is enough
    extremes: dict[str, str | None] = field(default_factory=dict)  # лучший, худший -> code


def asked(edition: Edition) -> dict[str, tuple[str, ...]]:
    """What is weighed against what: every element with its children, the index first."""
    sets = {element: tuple(edition.children(element)) for element in (INDEX, *edition.groups)}
    return {element: codes for element, codes in sets.items() if codes}


class Record:
    """Answers of all files as they come, and what is needed to understand and to judge them."""

    def __init__(self, edition: Edition, protocol: Protocol, partial: Partial) -> None:
        self.edition, self.protocol, self.partial, self.sets = edition, protocol, partial, asked(edition)
        self.parent = {code: element for element, codes in self.sets.items() for code in codes}
        self.answers: dict[tuple[str, Form, str], Answer] = {}
        self.spellings: dict[str, str] = {}  # how a code looks -> the code as first written
        self.people: dict[str, str] = {}     # names that stand for codes -> what is shown instead
        self.lost: set[Form] = set()         # forms with rows that belong to nobody or to no element, their fault told

    def keep(self, answer: Answer) -> None:
        """Take an answer; the second one of the same expert is a double vote."""
        looks = "".join(LOOKALIKES.get(letter, letter) for letter in answer.expert).casefold()
        known = self.spellings.setdefault(looks, answer.expert)
        if known != answer.expert and answer.expert not in self.spellings:
            self.spellings[answer.expert] = known  # told once
            self.tell("EXP-26", answer.place, answer.expert, expert=answer.expert, known=known)
        first = self.answers.setdefault((answer.element, answer.form, answer.expert), answer)
        if first is not answer:
            self.twice(answer.expert, answer.place, first.place)

    def code(self, where: Place, text: str, known: Sequence[str]) -> str | None:
        """The code that is meant; a Latin letter in it is told and what follows goes by the meaning."""
        if text in known:
            return text
        if not text:
            self.tell("REF-11", where)
            return None
        if twin := lookalike(text, known):
            letter, position, meant = twin
            found = Phrase(f"латинская {letter} в позиции {position}, нужно «{meant}»",
                           f"Latin {letter} in position {position}, should be «{meant}»")
        else:
            meant = None
            near = nearest(text, list(known)) or next(iter(get_close_matches(text, known, n=1, cutoff=0.4)), "—")
            found = Phrase(f"такого нет, похоже на: {near}", f"not there, similar: {near}")
        self.tell("EXP-08", where, text, found=found, version=self.edition.version,
                  remedy=Phrase("исправьте код", "correct the code"))
        return meant

    def element(self, name: str) -> str | None:
        """The element that a name of a group or of a sheet means: its code or its title."""
        names = {normal(word): code for code in self.sets for word in (code, self.edition.element_title(code))}
        return names.get(normal(name))

    # -- words -----------------------------------------------------------------------------------------------------

    def tell(self, code: str, where: Place, value: object = None, severity: Severity = "error",
             exit_code: int = EditionError.exit_code, **details: object) -> None:
        """Put a problem into the protocol."""
        self.protocol.add(Problem(code, where, value, details, severity, exit_code))

    def lacks(self, where: Place, expert: str, ru: str, en: str) -> None:
        """Something of a set of comparisons is not there."""
        self.tell("EXP-07", where, None, expert=expert, what=Phrase(ru, en))

    def twice(self, expert: str, where: Place, first: Place, count: int = 1) -> None:
        """One expert, two records of the same."""
        self.tell("EXP-14", where, expert, expert=expert, count=count, first=Phrase(first.text("ru"), first.text("en")))

    def mixes(self, where: Place, expert: str, value: str, row: str, column: str, count: int = 1) -> None:
        """Members of two elements are compared with each other."""
        self.tell("EXP-19", where, value, expert=expert, row=row, column=column, count=count)

    def contradicts(self, where: Place, expert: str, value: object, ru: str, en: str) -> None:
        """The two rows of a best-worst answer do not agree."""
        self.tell("EXP-25", where, value, expert=expert, what=Phrase(ru, en))

    def rates_part(self, answer: Answer, share: float, how: Phrase) -> None:
        """An answer that leaves something out: what will be done with it, or an error if nothing may."""
        self.tell("EXP-17", answer.place, f"{share:.0%}", "error" if self.partial == "refuse" else "warning",
                  expert=answer.expert, share=share, how=how)
