"""What every kind of file becomes before its columns are known: numbered rows of cells."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, NamedTuple


class Broken(NamedTuple):
    """A cell that holds no value because of a fault; without a code the fault is reported elsewhere."""

    code: str | None = None
    value: str | None = None


class Styled(NamedTuple):
    """A number whose look in Excel says more than its value: `85%`, `01`, `1E+05`."""

    value: float
    look: Literal["percent", "padded", "scientific"]
    text: str  # as Excel shows it


@dataclass
class SheetFacts:
    """What the XML of a sheet says beyond the values; rows and columns count from 1."""

    last_row: int = 0          # with a value
    last_column: int = 0
    formatted_row: int = 0     # with anything at all, were it only a colour
    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: list[tuple[int, int]] = field(default_factory=list)    # first and last
    merged: dict[str, tuple[int, int, int, int]] = field(default_factory=dict)  # A2:A5 -> left, top, right, bottom
    unvalued: set[tuple[int, int]] = field(default_factory=set)            # formulas without a saved value
    linked: dict[tuple[int, int], int] = field(default_factory=dict)       # formulas -> number of the other workbook


@dataclass
class Grid:
    """Rows with something in them, numbered as Excel numbers them."""

    rows: list[tuple[int, list]]
    text: bool = False                                     # cells are texts, a row may have too few or too many
    facts: SheetFacts = field(default_factory=SheetFacts)
    links: list[str] = field(default_factory=list)         # names of other workbooks, in the order of `[1]`, `[2]`
    struck: set[tuple[int, int]] = field(default_factory=set)
    sheet: str | None = None


def blank(cell: object) -> bool:
    """Whether a cell shows nothing."""
    return cell is None or (isinstance(cell, str) and not cell.strip())
