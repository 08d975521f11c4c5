"""Checks of one best-worst answer: both rows of comparisons, what they say of each other, their consistency."""

from __future__ import annotations

import math
from typing import NamedTuple

import pandas as pd

from methods.data.intake.experts.cells import SAME
from methods.data.intake.experts.layout import BEST, TO_OTHERS, TO_WORST, WORST
from methods.data.intake.experts.record import Answer, Record
from methods.weights import best_worst


class BestWorstAnswers(NamedTuple):
    """One expert's answers in the order of the arguments of `best_worst.best_worst`."""

    best_to_others: pd.Series
    others_to_worst: pd.Series
    best: str
    worst: str


def checked_extremes(answer: Answer, record: Record) -> BestWorstAnswers | None:
    """Both rows of answers, or None with every fault told; then their consistency."""
    sound = [_comparison(answer, title, code, record) for title, code in answer.cells]
    if not (answer.sound and all(sound)):
        return None
    to_others, to_worst = (pd.Series({code: answer.cells[title, code].value for code in record.sets[answer.element]})
                           for title in (TO_OTHERS, TO_WORST))
    answers = BestWorstAnswers(to_others, to_worst, answer.extremes[BEST], answer.extremes[WORST])
    if not _agree(answer, answers, record):
        return None
    _consistent(answer, answers, record)
    return answers


def _comparison(answer: Answer, title: str, code: str, record: Record) -> bool:
    """Whether one cell may be a comparison with the best or with the worst."""
    cell = answer.cells[title, code]
    row, column = (answer.extremes[BEST], code) if title == TO_OTHERS else (code, answer.extremes[WORST])
    details = {"expert": answer.expert, "row": row, "column": column}
    if not cell.sound:
        return False
    if math.isnan(cell.value):
        record.lacks(cell.place, answer.expert, f"пусто: {title}, {code}", f"empty: {title}, {code}")
        return False
    if not 1 <= cell.value <= best_worst.SCALE:
        record.tell("EXP-05", cell.place, cell.text, **details, low="1", high=f"{best_worst.SCALE}")
        return False
    if row == column and cell.value != 1:
        record.tell("EXP-03", cell.place, cell.text, **details)
        return False
    return True


def _agree(answer: Answer, answers: BestWorstAnswers, record: Record) -> bool:
    """Whether both rows say one thing of the best and the worst."""
    to_others, to_worst, best, worst = answers
    there, back = answer.cells[TO_OTHERS, worst], answer.cells[TO_WORST, best]
    if best == worst and len(to_others) > 1:
        record.contradicts(answer.place, answer.expert, best, "лучший и худший — один элемент",
                           "best and worst are one element")
    elif there.value != back.value:
        record.contradicts(back.place, answer.expert, back.text,
                           f"«{best}» к «{worst}»: {there.text} в одной строке, {back.text} в другой",
                           f"«{best}» to «{worst}»: {there.text} in one row, {back.text} in the other")
    elif there.value == 1 and (to_others.gt(1).any() or to_worst.gt(1).any()):
        record.contradicts(there.place, answer.expert, there.text,
                           f"«{best}» и «{worst}» равны, а другие сравнения больше 1",
                           f"«{best}» and «{worst}» are equal, other comparisons are above 1")
    else:
        return True
    return False


def _consistent(answer: Answer, answers: BestWorstAnswers, record: Record) -> None:
    """A warning if the input-based consistency ratio is above its limit, with the code that contradicts most."""
    to_others, _, best, worst = answers
    ratios = best_worst.input_ratios(*answers, answer.expert)
    limit = best_worst.input_limit(to_others[worst], len(to_others))
    if limit is None or ratios.max() <= limit + SAME:
        return
    code = str(ratios.round(12).idxmax())
    one, other = answer.cells[TO_OTHERS, code], answer.cells[TO_WORST, code]
    record.tell("EXP-24", one.place, one.text, "warning", expert=answer.expert, ratio=f"{ratios.max():.3f}",
                limit=f"{limit:.4f}", judgements=f"{best} × {code} = {one.text}, {code} × {worst} = {other.text}, "
                f"{best} × {worst} = {to_others[worst]:g}")
