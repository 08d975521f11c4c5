"""Does a text quote what clients wrote: runs of words compared by their hashes, so that no comment has to be kept."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable

import numpy as np

RUN = 5  # words in a row; fewer are common phrases

_WORD = re.compile(r"\w+")


def fingerprints(texts: Iterable[str], run: int = RUN) -> np.ndarray:
    """Hashes of all runs of words of the texts, sorted, without repeats.

    Case, punctuation and ё/е do not matter. A text shorter than a run gives nothing: «спасибо» is nobody's own words.
    """
    found = {_hash(words[i:i + run]) for text in texts for words in [_words(text)] for i in range(len(words) - run + 1)}
    return np.array(sorted(found), dtype=np.uint64)


def quotes(text: str, known: np.ndarray, allowed: np.ndarray | None = None, run: int = RUN) -> bool:
    """Whether a run of words of the text stands in the fingerprinted texts, but not in the allowed ones.

    >>> comments = fingerprints(["Ждала три часа, никто даже не вышел и не извинился."])
    >>> quotes("Клиентка пишет: «ждала три часа, никто даже не вышел»", comments)
    True
    >>> quotes("Клиенты ждали приёма в среднем три часа.", comments)
    False
    """
    own = fingerprints([text], run)
    same = np.intersect1d(own, known, assume_unique=True)
    return bool(len(same if allowed is None else np.setdiff1d(same, allowed, assume_unique=True)))


def _words(text: str) -> list[str]:
    plain = unicodedata.normalize("NFC", text).casefold().replace("ё", "е")
    return _WORD.findall(plain)


def _hash(words: list[str]) -> int:
    return int.from_bytes(hashlib.blake2b(" ".join(words).encode(), digest_size=8).digest(), "big")
