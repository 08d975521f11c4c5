"""What a table must look like: its columns, their types and limits, and how big a file may be. Nothing is read here."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from difflib import get_close_matches
from typing import Literal

Type = Literal["code", "text", "number", "whole", "share", "date", "mark", "flag"]
Rule = Literal["number", "whole", "range", "category", "codebook", "pattern"]

MISSING = ("-", "–", "—", "н/д", "нет данных")  # what regions write for «нет значения»; an empty cell is one too
YES = ("да", "yes", "истина", "true", "+", "✓", "1")
NO = ("нет", "no", "ложь", "false", "0")


@dataclass(frozen=True)
class ColumnSpec:
    """One column: how it is headed, what its cells may hold."""

    name: str                       # header, and the name of the column in the frame
    type: Type = "text"
    required: bool = True           # the column must stand in the file
    aliases: tuple[str, ...] = ()   # other headers for the same column
    pattern: str | None = None      # of the whole text of a code
    low: float | date | None = None
    high: float | date | None = None
    missing: tuple[str, ...] = MISSING
    fill_down: bool = False         # merged cells belong to every row they cover
    personal: bool = False          # no value of the column in any message
    categories: tuple[str, ...] = ()                                   # the only values allowed
    codebook: Mapping[str, object] = field(default_factory=dict)       # word in the file -> value; None: no answer
    dates: tuple[str, ...] = ("%d.%m.%Y",)                             # the only formats of dates written as text
    longest: int | None = None      # characters in a cell; None: 5000 in a text, 500 elsewhere
    codes: Mapping[Rule, str] = field(default_factory=dict)            # a narrower code of the catalogue for a rule

    @property
    def headers(self) -> tuple[str, ...]:
        """Every header under which the column is known."""
        return (self.name, *self.aliases)

    @property
    def limit(self) -> int:
        """The longest text that a cell may hold."""
        return self.longest if self.longest is not None else 5000 if self.type == "text" else 500


@dataclass(frozen=True)
class TableSpec:
    """A table: its columns, and where in a workbook it stands."""

    kind: str                       # «чек-лист», «опрос»: what the table is called in messages
    columns: tuple[ColumnSpec, ...]
    key: tuple[str, ...] = ()       # columns that identify a row
    sheet: str | None = None        # None: the only visible sheet with these columns
    extra: tuple[str, ...] = ()     # further headers that may stand there and are not read
    separator: Literal[";", ",", "\t"] | None = None  # None: found by the header

    def __post_init__(self) -> None:
        names = [column.name for column in self.columns]
        unknown = set(self.key) - set(names)
        if unknown or len(set(names)) < len(names):
            raise ValueError(f"TableSpec «{self.kind}»: columns must differ and include the key, not {names}")

    @property
    def required(self) -> tuple[str, ...]:
        """Names of the columns that must be there."""
        return tuple(column.name for column in self.columns if column.required)

    @property
    def personal(self) -> bool:
        """Whether any column is personal, so that no unrecognised row may be quoted."""
        return any(column.personal for column in self.columns)


@dataclass(frozen=True)
class Limits:
    """How big a file may be. Everything past these is refused before it is unpacked or parsed."""

    rows: int = 100_000             # of a workbook
    columns: int = 500
    text_rows: int = 2_000_000      # of a text or Parquet file
    header_rows: int = 20           # the header is looked for in so many rows
    file_bytes: int = 300_000_000
    unpacked_bytes: int = 400_000_000   # of all parts of a workbook together
    part_bytes: int = 100_000_000       # of one part that is not a sheet: openpyxl keeps those in memory
    ratio: int = 200                    # unpacked to packed; asked only of parts past `ratio_from`
    ratio_from: int = 10_000_000
    directory_bytes: int = 1_000_000    # the zip's list of parts


def normal(text: str) -> str:
    """The form in which headers and words are compared: case, spaces, ё and composed letters do not matter.

    >>> normal(" Центр\\u00a0 Занятости ")
    'центр занятости'
    """
    text = unicodedata.normalize("NFC", text).casefold().replace("ё", "е")
    return re.sub(r"[\s\ufeff\u200b]+", " ", text).strip()


def nearest(word: str, known: tuple[str, ...] | list[str]) -> str | None:
    """The most similar known word, if any is similar.

    >>> nearest("Исполненно", ["Код", "Исполнено"])
    'Исполнено'
    """
    forms = {normal(name): name for name in known}
    close = get_close_matches(normal(word), forms, n=1)
    return forms[close[0]] if close else None
