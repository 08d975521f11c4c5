"""A figure drawn once more with English words: the same numbers, marks and colours."""

from __future__ import annotations

import io
import textwrap
from collections.abc import Callable, Sequence
from functools import cache

import matplotlib.figure
from matplotlib.text import Text
from matplotlib.ticker import Formatter

from methods.report.english.catalogue import Catalogue, catalogue, numbers

NARROWEST = 12   # signs of a line in a label of several lines


class _Said(Formatter):
    """Labels of an axis put into English: matplotlib makes them anew each time it draws."""

    def __init__(self, russian: Formatter, said: Callable[[str], str]) -> None:
        self.russian, self.said = russian, said

    def set_axis(self, axis: object) -> None:
        super().set_axis(axis)
        self.russian.set_axis(axis)

    def __call__(self, x: float, pos: int | None = None) -> str:
        return self.said(self.russian(x, pos))

    def format_ticks(self, values: Sequence[float]) -> list[str]:
        return [self.said(label) for label in self.russian.format_ticks(values)]

    def get_offset(self) -> str:
        return self.said(self.russian.get_offset())


def redrawn(figure: matplotlib.figure.Figure, dpi: int) -> bytes:
    """PNG of the figure in English; the figure is left so.

    >>> import matplotlib.pyplot as plt
    >>> figure, axes = plt.subplots()
    >>> _ = axes.set_xlabel("Место"), axes.barh([0], [0.5]), axes.set_yticks([0], ["Индекс"])
    >>> redrawn(figure, 50)[:4], axes.get_xlabel(), axes.get_yticklabels()[0].get_text()
    (b'\\x89PNG', 'Rank', 'Index')
    >>> plt.close(figure)
    """
    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            for formatter, replace in ((axis.get_major_formatter(), axis.set_major_formatter),
                                       (axis.get_minor_formatter(), axis.set_minor_formatter)):
                if not isinstance(formatter, _Said):   # axes may share theirs
                    replace(_Said(formatter, label))
    for text in figure.findobj(Text):
        text.set_text(label(text.get_text()))
    stream = io.BytesIO()
    figure.savefig(stream, format="png", dpi=dpi, bbox_inches="tight", metadata={"Software": None})
    return stream.getvalue()


def label(russian: str) -> str:
    """Words of a picture; those that stood in several lines stand in lines of the same length."""
    if not russian.strip():
        return russian
    *lines, last = russian.split("\n")
    if lines and not any(sign.isalpha() for sign in last):   # a value below its name
        return "\n".join([label("\n".join(lines)), numbers(last)])
    english = _catalogue().text(russian)
    width = max(NARROWEST, *map(len, [*lines, last]))
    return textwrap.fill(english, width, break_long_words=False) if lines else english


def untranslated() -> str:
    """Words of the pictures drawn so far that nobody has translated, one a line."""
    return "".join(f"{piece}\n" for piece in sorted(_catalogue().missing))


@cache
def _catalogue() -> Catalogue:
    return catalogue()
