"""What an answer may look like: words for marks, codes of «no answer», reversed questions, limits."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from methods.data.registry import cell_text

FIVE_POINTS = {
    "один": 1, "два": 2, "три": 3, "четыре": 4, "пять": 5, "отлично": 5, "хорошо": 4, "удовлетворительно": 3,
    "плохо": 2, "очень плохо": 1, "5 (отлично)": 5, "4 (хорошо)": 4, "3 (удовлетворительно)": 3, "2 (плохо)": 2,
    "1 (очень плохо)": 1,
}
YES = {"да": 1.0, "нет": 0.0}


@dataclass(frozen=True)
class Codebook:
    """Rules of the questionnaire that the edition does not state."""

    words: Mapping[str, float] = field(default_factory=lambda: {**FIVE_POINTS, **YES})  # small letters -> mark
    no_answer: frozenset[str] = frozenset({"98", "99", "затрудняюсь ответить", "нет ответа", "отказ"})
    gaps: frozenset[str] = frozenset({"", "-", "—", "н/д", "нет данных"})
    reversed_questions: frozenset[str] = frozenset()   # 1 is the best mark
    field_period: tuple[datetime.date, datetime.date] | None = None  # None: the period of the run
    weight_ratio: float = 20.0                         # the largest weight over the smallest
    strata: tuple[str, ...] = ()                       # strata of the post-stratification
    min_n: int = 10                                    # fewer records are not published
    block: int = 10                                    # so many identical records in a row are a block
    ten_point_share: float = 0.2                       # so many answers above the scale: another scale was used
    comments: tuple[str, ...] = ("комментарий",)


class Answer(NamedTuple):
    """One distinct cell of a question: what kind of answer it is, and its mark."""

    kind: str     # mark, gap, word, no_answer, unlisted (98, 99), outside, fraction, unknown
    mark: float = float("nan")


def read_answer(cell: object, scale: tuple[int, int], codebook: Codebook) -> Answer:
    """A cell of a question column as an answer.

    >>> read_answer("Пять ", (1, 5), Codebook()), read_answer("4,5", (1, 5), Codebook()).kind
    (Answer(kind='word', mark=5.0), 'fraction')
    """
    text = cell_text(cell).casefold()
    if text in codebook.gaps:
        return Answer("gap")
    low, high = scale
    if text in codebook.no_answer and not _on_scale(text, scale):
        return Answer("no_answer")
    number = _number(text)
    if number is None:
        mark = codebook.words.get(text)
        return Answer("unknown") if mark is None or not low <= mark <= high else Answer("word", float(mark))
    if not low <= number <= high:
        return Answer("unlisted" if number in (97, 98, 99) else "outside", number)
    return Answer("mark", number) if number.is_integer() else Answer("fraction", number)


def _on_scale(text: str, scale: tuple[int, int]) -> bool:
    number = _number(text)
    return number is not None and scale[0] <= number <= scale[1]


def _number(text: str) -> float | None:
    try:
        return float(text.replace(",", "."))
    except ValueError:
        return None
