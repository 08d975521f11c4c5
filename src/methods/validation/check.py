"""A check: a function that recomputes one published result, with the words for its row of the table."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from methods.errors import ZvezdaError
from methods.validation.comparison import Comparison, labelled
from methods.validation.published import Published

Found = pd.Series | pd.DataFrame | dict[str, float]


@dataclass(frozen=True)
class Check:
    """Recomputes one published result; called with the published numbers, gives the comparison.

    The function returns what it found, to be compared with its rows of `printed.csv`, or both sides as a pair.
    """

    source: str
    what: str
    function: Callable[[Published], Found | tuple[Found, pd.Series]]
    within: float | None = None
    because: str = ""

    @property
    def name(self) -> str:
        """Under which its numbers are kept."""
        return self.function.__name__

    def __call__(self, book: Published) -> Comparison:
        """Ours and theirs."""
        found = self.function(book)
        found, printed = found if isinstance(found, tuple) else (found, book.printed(self.name))
        return Comparison(self.source, self.what, labelled(found), labelled(printed), self.within, self.because)


@dataclass(frozen=True)
class Outcome:
    """One row of the table."""

    source: str
    what: str
    cells: int
    difference: float   # of the cell nearest to its allowance, or furthest beyond it
    allowed: float      # of that cell
    worst: str          # its label
    because: str
    holds: bool
    seconds: float
    fault: str = ""     # why there is no comparison at all


def check(source: str, what: str, within: float | None = None, because: str = "") -> Callable[[Callable], Check]:
    """Decorator that makes a check of a function."""
    return lambda function: Check(source, what, function, within, because)


def outcome(carried_out: Check, book: Published) -> Outcome:
    """The check carried out; whatever goes wrong in it is told in its own row and does not stop the others."""
    clock = time.perf_counter()
    try:
        made = carried_out(book)
        worst = made.worst if made.cells else None
        fault = "" if made.cells else "сравнивать нечего"
    except ZvezdaError as error:
        made, fault = None, str(error)
    except Exception as error:  # of a formula or a library: the row must say so, the other rows must still be made
        made, fault = None, f"{type(error).__name__}: {error}"
    seconds, words = time.perf_counter() - clock, (carried_out.source, carried_out.what)
    if fault:
        nothing = float("nan")
        return Outcome(*words, 0, nothing, nothing, "", carried_out.because, False, seconds, fault)
    return Outcome(*words, made.cells, float(worst["difference"]), float(worst["allowed"]), str(worst.name),
                   carried_out.because, made.holds, seconds)
