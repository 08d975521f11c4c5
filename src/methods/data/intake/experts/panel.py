"""Checks of all experts together, and what is left of them: judgements on one element, ready for the formulas."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from methods.data.intake.experts.extremes import BestWorstAnswers, checked_extremes
from methods.data.intake.experts.layout import Form
from methods.data.intake.experts.pairs import checked_pairs
from methods.data.intake.experts.record import Answer, Record
from methods.data.intake.experts.values import checked_categories, checked_values
from methods.data.reading.report import Phrase
from methods.errors import NotPublishable
from methods.problems import Place
from methods.weights import panel

CHECKS = {"pairs": checked_pairs, "points": checked_values, "swings": checked_values, "ratings": checked_values,
          "rankings": checked_values, "categories": checked_categories, "best_worst": checked_extremes}


@dataclass(frozen=True, eq=False)
class Experts:
    """Judgements on the members of one element, ready for the formulas of `methods.weights` and `methods.agreement`.

    An expert stands in the forms that he filled in, experts in the order of the files, codes in that of the edition.
    Fit for calculation only if the protocol holds no error.
    """

    element: str
    codes: tuple[str, ...]
    matrices: dict[str, pd.DataFrame]     # codes x codes, exactly reciprocal; NaN: not compared. For `ahp`
    points: pd.DataFrame                  # experts x codes, NaN: not rated. For `direct.budget_allocation`
    swings: pd.DataFrame                  # the same for `direct.swing_weights`
    ratings: pd.DataFrame                 # the same for `direct.smart_weights`
    rankings: pd.DataFrame                # places, 1 is the most important; equal ones share the mean place. Turned
    categories: pd.DataFrame              # round (.T) for `categorical.kendall_w`, and words for `fleiss_kappa`
    best_worst: dict[str, BestWorstAnswers]
    places: Mapping[tuple[Form, str], Place]  # (form, expert) -> where the answer begins

    @property
    def names(self) -> tuple[str, ...]:
        """Codes of all experts, whatever form they filled in."""
        return tuple(dict.fromkeys(expert for _, expert in self.places))


def judgements_on(element: str, record: Record) -> Experts:
    """Clean answers on the members of an element; every fault is told, of one answer and of all together."""
    by_form: dict[Form, list[Answer]] = {}
    for (other, form, _), answer in record.answers.items():
        if other == element:
            by_form.setdefault(form, []).append(answer)
    clean: dict[Form, dict[str, object]] = {form: {} for form in CHECKS}
    places: dict[tuple[Form, str], Place] = {}
    for form, answers in by_form.items():
        for answer in answers:
            if (checked := CHECKS[form](answer, record)) is not None:
                clean[form][answer.expert], places[form, answer.expert] = checked, answer.place
        _together(element, form, answers, clean[form], record)
    codes = record.sets[element]
    tables = {form: pd.DataFrame(clean[form], index=list(codes)).T.rename_axis("expert")
              for form in ("points", "swings", "ratings", "rankings", "categories")}
    numbers = {form: table.astype(float) for form, table in tables.items() if form != "categories"}
    numbers["rankings"] = numbers["rankings"].rank(axis=1)
    return Experts(element, codes, clean["pairs"], **numbers, categories=tables["categories"],
                   best_worst=clean["best_worst"], places=places)


def _together(element: str, form: Form, answers: Sequence[Answer], clean: Mapping[str, object],
              record: Record) -> None:
    """What only shows in all answers of one form: one expert, no differences, too many elements at once."""
    title, where = record.edition.element_title(element), Place(answers[0].place.file, answers[0].place.sheet)
    count = len(record.sets[element])
    _at_once(title, where, form, count, record)
    if form in record.lost:
        return  # of what is left nothing should be concluded
    if len(answers) == 1 and count > 1:
        record.tell("EXP-11", where, answers[0].expert, "warning", NotPublishable.exit_code, element=title,
                    expert=answers[0].expert)
    if len(clean) < len(answers):
        return
    match form:
        case "points" | "swings" | "ratings":
            _somebody_rated_all(title, where, clean, record)
        case "categories":
            _one_category(title, where, clean, record)
        case "rankings":
            _ties(title, where, answers, clean, record)


def _at_once(title: str, where: Place, form: Form, count: int, record: Record) -> None:
    """More elements than people can weigh against each other in one go."""
    limit = panel.AT_ONCE_AHP if form in ("pairs", "best_worst") else panel.AT_ONCE
    if count > limit:
        advice = " ".join(panel.elicitation_advice({title: count}, limit)[1:])
        record.tell("WPL-01", where, count, "warning", advice=Phrase(advice, (
            f"«{title}»: {count} elements at once, more than {limit}: answers become inconsistent. Divide the set into "
            "groups: weights of the groups first, then weights inside each")), count=count, limit=limit)


def _somebody_rated_all(title: str, where: Place, clean: Mapping[str, pd.Series], record: Record) -> None:
    """Weights need one expert who rated everything: by him the others are completed."""
    if not any(row.notna().all() for row in clean.values()):
        most = max(row.notna().mean() for row in clean.values())
        record.tell("EXP-20", where, f"{most:.0%}", element=title, share=most)


def _one_category(title: str, where: Place, clean: Mapping[str, pd.Series], record: Record) -> None:
    """The same word from all experts for all elements: kappa is not defined."""
    words = {word for row in clean.values() for word in row}
    if len(clean) > 1 and len(words) == 1 and None not in words:
        record.tell("EXP-13", where, words.pop(), "warning", NotPublishable.exit_code, element=title, count=len(clean))


def _ties(title: str, where: Place, answers: Sequence[Answer], clean: Mapping[str, pd.Series], record: Record) -> None:
    """Equal places: in all rankings of all experts nothing is left to agree on; elsewhere they share the mean place."""
    if len(clean) > 1 and all(row.nunique() == 1 and len(row) > 1 for row in clean.values()):
        record.tell("EXP-12", where, None, exit_code=NotPublishable.exit_code, element=title, count=len(clean))
        return
    for answer in answers:
        row = clean[answer.expert]
        shared = row.rank()
        moved = row.index[row.notna() & (row != shared)]
        if len(moved):
            cell = answer.cells[moved[0]]
            places = "; ".join(f"{place:g} → {shared[row == place].iloc[0]:g}" for place in sorted(set(row[moved])))
            record.tell("EXP-15", cell.place, cell.text, "note", expert=answer.expert,
                        what=Phrase(f"равные места заменены средним: {places}",
                                    f"equal places became their mean: {places}"),
                        remedy=Phrase("исправлять не нужно", "nothing to do"))
