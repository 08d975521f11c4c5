"""What a cell of a question says under the edition's codebook: a mark, no answer, or nothing it knows."""

from __future__ import annotations

from typing import NamedTuple

from methods.data.registry import cell_text
from methods.index.edition import Codebook


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
