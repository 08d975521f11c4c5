"""The language of the page itself: headings of its contents, labels of captions, words of its script."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


def _same(text: str) -> str:
    return text


@dataclass(frozen=True)
class Language:
    """What a report is set in; the words of the notebook itself are translated before (`report.english`)."""

    code: str                                 # of ISO 639, as HTML and PDF write it
    region: str                               # of ISO 3166
    said: Callable[[str], str] = _same        # a Russian word of the page in this language
    source: Callable[[str], str] = _same      # a script or a style sheet with its words in this language
    decimal: str = ","                        # what parts the fraction from the whole

    @property
    def tag(self) -> str:
        """Language and country together, as Word and Excel write it.

        >>> RUSSIAN.tag
        'ru-RU'
        """
        return f"{self.code}-{self.region}"


RUSSIAN = Language("ru", "RU")
