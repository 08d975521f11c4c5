"""Free text: masked where it names people, kept as text where it looks like a formula, code or markup."""

from __future__ import annotations

import re

import pandas as pd

from methods.data.intake.personal import masked
from methods.data.registry import place
from methods.problems import Problem, Protocol

_FORMULA = re.compile(r"^\s*[=+\-@]\s*\S|^[\t\r]")
_HTML = re.compile(r"<\s*/?\s*[a-z!][^>]*>?|javascript\s*:|data\s*:\s*text/html|&#x?\d|\bon\w+\s*=", re.IGNORECASE)
_MARKUP = re.compile(r"[$*_|`]")
LOOKS = {"SRV-21": _FORMULA, "SRV-22": _HTML, "SRV-23": _MARKUP}


def look(text: str) -> str | None:
    """Code of what a text looks like, or None for plain words.

    >>> [look(text) for text in ("=1+1", "<script>", "цена $5", "спасибо - всё хорошо")]
    ['SRV-21', 'SRV-22', 'SRV-23', None]
    """
    return next((code for code, pattern in LOOKS.items() if pattern.search(text)), None)


def check_comments(frame: pd.DataFrame, column: str, protocol: Protocol) -> pd.Series:
    """Comments fit for every output: personal traces masked; what looks active is counted and stays text."""
    texts = frame[column].map(lambda text: text if isinstance(text, str) else "")
    clean = texts.map(masked)
    for row in frame.index[clean != texts]:
        protocol.add(Problem("SRV-20", place(frame, row, column), "", severity="warning", personal=True))
    _looks(frame, column, texts, protocol, personal=True)
    return clean


def check_names(frame: pd.DataFrame, column: str, protocol: Protocol) -> None:
    """Names that look like formulas, code or markup: they stay text in every output."""
    texts = frame[column].map(lambda text: text if isinstance(text, str) else "")
    _looks(frame, column, texts, protocol, personal=False)


def _looks(frame: pd.DataFrame, column: str, texts: pd.Series, protocol: Protocol, *, personal: bool) -> None:
    kinds = texts.map(look)
    for code in LOOKS:
        rows = frame.index[kinds == code]
        if len(rows):
            protocol.add(Problem(code, place(frame, rows[0], column), texts[rows[0]], {"count": len(rows)}, "note",
                                 personal=personal))
