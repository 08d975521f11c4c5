"""Counting marks by group and question: the inner loop of survey estimation at scale, compiled on first use.

One row of a questionnaire adds one to a field of a 64-bit word for every question: six fields of ten bits hold the
counts of a five-point scale and of open answers. The words of a group lie side by side, so a row costs a few vector
instructions; before a field can overflow, the group's words are emptied into the histogram.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import NamedTuple

import numpy as np

BLOCK = 1 << 14      # rows at a time: their packed marks stay in the second-level cache
MOST_LEVELS = 15     # marks on a scale: a field needs four bits at least


def count_marks(groups: np.ndarray, marks: Sequence[np.ndarray], counts: np.ndarray, threads: int = 2) -> None:
    """Add the marks of some rows to the histogram.

    Parameters
    ----------
    groups : int32 array, shape (rows,)
        Group number, 0 to n groups - 1.
    marks : sequence of uint8 arrays, each of shape (rows,)
        1 to `levels`, 0 where there is no answer. Not checked here.
    counts : int64 array, shape (groups, questions, levels + 1)
        Changed in place.
    threads : int
        The counts do not depend on it.

    Examples
    --------
    >>> counts = np.zeros((2, 2, 4), np.int64)
    >>> q1, q2 = np.array([1, 3, 0], np.uint8), np.array([2, 2, 3], np.uint8)
    >>> count_marks(np.array([0, 0, 1], np.int32), [q1, q2], counts)
    >>> counts.tolist()
    [[[0, 1, 0, 1], [0, 0, 2, 0]], [[1, 0, 0, 0], [0, 0, 0, 1]]]
    """
    rows = len(groups)
    edges = np.linspace(0, rows, max(1, min(threads, rows // BLOCK)) + 1).astype(int)
    spans = [slice(start, stop) for start, stop in itertools.pairwise(edges)]
    own = [np.zeros_like(counts) for _ in spans]
    if len(spans) == 1:
        _count_span(groups, marks, own[0])
    else:
        with ThreadPoolExecutor(len(spans)) as pool:
            for done in [pool.submit(_count_span, groups[span], [column[span] for column in marks], part)
                         for span, part in zip(spans, own, strict=True)]:
                done.result()
    for part in own:
        counts += part


class Kernels(NamedTuple):
    """The compiled functions."""

    pack: Callable
    tally: Callable
    empty: Callable


@cache
def kernels() -> Kernels:
    """Compile once and keep the machine code beside this file (or in the user's cache, if the folder is read-only).

    Loading numba takes a second that only those pay who count millions of answers.
    """
    import numba

    compiled = numba.njit(nogil=True, cache=True)
    return Kernels(compiled(_pack), compiled(_tally), compiled(_empty))


def _count_span(groups: np.ndarray, marks: Sequence[np.ndarray], counts: np.ndarray) -> None:
    n, questions, fields = counts.shape
    bits = 64 // fields
    words = -(-questions // 4)                                # four marks in a word
    blank = np.zeros(len(groups), np.uint8)                   # makes the last word whole
    columns = [*marks, *[blank] * (4 * words - questions)]
    packed, rows = np.empty((words, BLOCK), np.uint32), np.empty((BLOCK, words), np.uint32)
    sums, seen = np.zeros((n, 4 * words), np.uint64), np.zeros(n, np.int64)
    pack, tally, empty = kernels()
    for start in range(0, len(groups), BLOCK):
        part = slice(start, start + BLOCK)
        size = len(groups[part])
        for word in range(words):
            pack(*[column[part] for column in columns[4 * word:4 * word + 4]], np.uint32(bits), packed[word])
        tally(groups[part], packed, rows, size, sums, seen, counts, bits)
    empty(sums, seen, counts, bits)


def _pack(a, b, c, d, bits, out):
    """Four marks as the bytes of one word, each times the width of a field: how far to shift a one."""
    for i in range(len(a)):
        out[i] = bits * (np.uint32(a[i]) | (np.uint32(b[i]) << np.uint32(8)) | (np.uint32(c[i]) << np.uint32(16))
                         | (np.uint32(d[i]) << np.uint32(24)))


def _tally(groups, packed, rows, size, sums, seen, counts, bits):
    words = packed.shape[0]
    for i in range(size):
        for word in range(words):
            rows[i, word] = packed[word, i]
    shifts = rows.view(np.uint8)
    questions, most = sums.shape[1], (1 << bits) - 1
    mask = np.uint64(most)
    for i in range(size):
        group = groups[i]
        for question in range(questions):
            sums[group, question] += np.uint64(1) << np.uint64(shifts[i, question])
        seen[group] += 1
        if seen[group] == most:                               # a field may be full
            for question in range(counts.shape[1]):
                for field in range(counts.shape[2]):
                    count = (sums[group, question] >> np.uint64(bits * field)) & mask
                    counts[group, question, field] += np.int64(count)
            for question in range(questions):
                sums[group, question] = 0
            seen[group] = 0


def _empty(sums, seen, counts, bits):
    mask = np.uint64((1 << bits) - 1)
    for group in range(counts.shape[0]):
        if seen[group]:
            for question in range(counts.shape[1]):
                for field in range(counts.shape[2]):
                    count = (sums[group, question] >> np.uint64(bits * field)) & mask
                    counts[group, question, field] += np.int64(count)
