"""Compiled loops of `placing`: places of all units in many draws, and what is counted of them.

Imported on first use only, since loading numba takes a second. Scores are draws x units. A draw is sorted in two passes
of a radix sort over cells a fraction of the usual distance between neighbours wide, then by insertion, which moves the
few that share a cell. Every number depends on its own draw only, and sums run in one order without fused operations:
the size of a block, the number of threads and the processor change nothing.
"""

from __future__ import annotations

import math

import numba
import numpy as np

_compiled = numba.njit(nogil=True, cache=True)
_plain = numba.njit(nogil=True, cache=True, error_model="numpy")  # no test for a division by zero inside loops

TILE = 128           # units turned at a time from draws x units into units x draws: whole lines of the cache
STRIP = 128          # units at a time: their values stay in the first-level cache from draw to draw
SPARE_BITS = 7       # 32 cells a unit
PATIENCE = 8         # moves a unit by insertion; past it (a few far outliers squeeze the others together) sort afresh
NEAR = 1.01e-11      # of the score or of 1: only neighbours that close can be equal to 12 digits
NUMBER_BITS = np.uint32(21)                 # of a unit's number: beside them a digit of 11 bits fits into a word
NUMBER_MASK = np.uint32((1 << 21) - 1)
MIN, AVERAGE, MAX, DENSE = range(4)


@_compiled
def weighted_sums(weights, values, room):
    """Draws x members times members x units, summed in the order of members, into the first rows of `room`."""
    draws, members = weights.shape
    units = values.shape[1]
    sums = room[:draws]
    sums[:] = 0.0
    whole = members - members % 4
    for start in range(0, units, STRIP):
        stop = min(start + STRIP, units)
        for draw in range(draws):
            row = sums[draw, start:stop]
            for j in range(0, whole, 4):
                w0, w1, w2, w3 = weights[draw, j], weights[draw, j + 1], weights[draw, j + 2], weights[draw, j + 3]
                x0, x1, x2, x3 = (values[j, start:stop], values[j + 1, start:stop], values[j + 2, start:stop],
                                  values[j + 3, start:stop])
                for i in range(stop - start):
                    row[i] = row[i] + w0 * x0[i] + w1 * x1[i] + w2 * x2[i] + w3 * x3[i]
            for j in range(whole, members):
                w, x = weights[draw, j], values[j, start:stop]
                for i in range(stop - start):
                    row[i] += w * x[i]
    return sums


@_compiled
def dustless(value):
    """A number cut to 12 significant digits and 12 decimals, as `methods.index.rank` does before it compares."""
    if abs(value) < 1e-13:
        return 0.0
    scale = 10.0 ** (11.0 - math.floor(math.log10(abs(value))))
    return np.rint(np.rint(value * scale) / scale * 1e12) / 1e12


@_compiled
def _tied(higher, lower):
    return higher - lower <= NEAR * max(abs(lower), 1.0) and dustless(higher) == dustless(lower)


@_plain
def _sort(x, size, order, cell, first, low_digit, high_digit):
    """Numbers of x[:size] from the highest down into `order`; whether any two neighbours may be equal to 12 digits."""
    lowest, highest = _ends(x, size)
    near = NEAR * max(abs(lowest), abs(highest), 1.0)
    low_bits = np.uint32(math.log2(len(low_digit)) + 0.5)
    scale = (len(low_digit) * len(high_digit) - 1) / (highest - lowest) if highest > lowest else 0.0
    for i in range(size):
        cell[i] = np.uint32(np.int32((highest - x[i]) * scale))
    mask = np.uint32(len(low_digit) - 1)
    low_digit[:] = 0
    high_digit[:] = 0
    for i in range(size):
        low_digit[cell[i] & mask] += np.uint32(1)
        high_digit[cell[i] >> low_bits] += np.uint32(1)
    low_start = high_start = np.uint32(0)
    for digit in range(len(low_digit)):
        low_count, high_count = low_digit[digit], high_digit[digit]
        low_digit[digit], high_digit[digit] = low_start, high_start
        low_start += low_count
        high_start += high_count
    for i in range(size):
        digit = cell[i] & mask
        place = low_digit[digit]
        low_digit[digit] = place + np.uint32(1)
        first[place] = (cell[i] >> low_bits) << NUMBER_BITS | np.uint32(i)
    for j in range(size):
        digit = first[j] >> NUMBER_BITS
        place = high_digit[digit]
        high_digit[digit] = place + np.uint32(1)
        order[place] = first[j] & NUMBER_MASK
    return _insert(x, size, order, near)


@_plain
def _ends(x, size):
    """Least and largest of x[:size]: four chains of comparisons, since each waits for the one before it."""
    low0 = low1 = low2 = low3 = np.inf
    high0 = high1 = high2 = high3 = -np.inf
    whole = size - size % 4
    for i in range(0, whole, 4):
        x0, x1, x2, x3 = x[i], x[i + 1], x[i + 2], x[i + 3]
        low0, low1, low2, low3 = min(low0, x0), min(low1, x1), min(low2, x2), min(low3, x3)
        high0, high1, high2, high3 = max(high0, x0), max(high1, x1), max(high2, x2), max(high3, x3)
    for i in range(whole, size):
        low0, high0 = min(low0, x[i]), max(high0, x[i])
    return min(min(low0, low1), min(low2, low3)), max(max(high0, high1), max(high2, high3))


@_plain
def _insert(x, size, order, near):
    """Put right what shares a cell; whether any two neighbours are nearer than `near`."""
    found, moves, before = False, 0, np.inf
    for place in range(size):
        i = order[place]
        value = x[i]
        if value <= before:
            found |= before - value <= near
            before = value
            continue
        hole = place
        while hole > 0 and x[order[hole - 1]] < value:
            order[hole] = order[hole - 1]
            hole -= 1
        order[hole] = i
        found |= value - x[order[hole + 1]] <= near
        if hole > 0:
            found |= x[order[hole - 1]] - value <= near
        moves += place - hole
        if moves > PATIENCE * size:
            order[:size] = np.argsort(-x[:size])
            return True
    return found


@_plain
def place(scores, ties, nowhere, fixed, classes, firsts, sums):
    """Places of all units: class c stands for place c + 1, with mean places of ties for place c / 2 + 1.

    `classes` (draws x units) gets them, `nowhere` where there is no score; `firsts` counts by unit the draws in which
    nobody is better, and `sums` adds up the draw's weights `fixed` (draws x weights, whole numbers) over them.
    """
    draws, units = scores.shape
    digits = min(1 << int((math.log2(units) + SPARE_BITS + 1) / 2), 2048)
    some, everyone, numbers = np.empty(units), np.arange(units), np.empty(units, np.int64)
    order, first, cell = np.empty(units, np.uint32), np.empty(units, np.uint32), np.empty(units, np.uint32)
    low_digit, high_digit = np.empty(digits, np.uint32), np.empty(digits, np.uint32)
    step = 2 if ties == AVERAGE else 1
    for draw in range(draws):
        mine = classes[draw]
        size = _placed(scores[draw], nowhere, some, numbers, mine)
        if size == 0:
            continue
        x, who = (scores[draw], everyone) if size == units else (some, numbers)
        last = 1
        if _sort(x, size, order, cell, first, low_digit, high_digit):
            last = _share(x, size, order, who, ties, mine)
        elif size == units:
            for j in range(size):
                mine[order[j]] = j * step
        else:
            for j in range(size):
                mine[who[order[j]]] = j * step
        for j in range(last):  # who is first
            i = who[order[j]]
            firsts[i] += 1
            for weight in range(fixed.shape[1]):
                sums[i, weight] += fixed[draw, weight]


@_plain
def _placed(scores, nowhere, some, numbers, classes):
    """How many units have a score; unless all do, their scores into `some` and their numbers into `numbers`."""
    size = 0
    for i in range(len(scores)):
        size += scores[i] == scores[i]
    if size == len(scores):
        return size
    size = 0
    for i in range(len(scores)):
        if scores[i] == scores[i]:
            some[size], numbers[size] = scores[i], i
            size += 1
        else:
            classes[i] = nowhere
    return size


@_plain
def _share(x, size, order, numbers, ties, classes):
    """Places where scores may be equal, by the rule of ties; how many units share the first."""
    start = group = first = 0
    while start < size:
        stop = start + 1
        while stop < size and _tied(x[order[stop - 1]], x[order[stop]]):
            stop += 1
        if start == 0:
            first = stop
        if ties == MIN:
            number = start
        elif ties == MAX:
            number = stop - 1
        elif ties == AVERAGE:
            number = start + stop - 1
        else:
            number = group
        for j in range(start, stop):
            classes[numbers[order[j]]] = number
        start, group = stop, group + 1
    return first


@_compiled
def count(classes, shift, counts):
    """Add places (draws x units) to the counts (units x bins); a bin is 2 to the power of `shift` classes."""
    draws, units = classes.shape
    turned = np.empty((TILE, draws + 32), classes.dtype)  # not a power of two: lines must not fall on one another
    for start in range(0, units, TILE):
        stop = min(start + TILE, units)
        for draw in range(draws):
            for i in range(start, stop):
                turned[i - start, draw] = classes[draw, i]
        for i in range(start, stop):
            row, mine = counts[i], turned[i - start]
            for draw in range(draws):
                row[np.uint32(mine[draw]) >> shift] += 1


@_compiled
def moves(classes, nowhere, step, adopted, moved, drift, total, placed):
    """Add shifts from the adopted places; places are doubled, to stay whole: class c is c * step + 2.

    `moved` and `drift` add up absolute and signed shifts by unit, `total` and `placed` absolute shifts and units with a
    place by draw.
    """
    draws, units = classes.shape
    for draw in range(draws):
        whole, there = np.int64(0), np.int64(0)
        for i in range(units):
            known = classes[draw, i] != nowhere
            shift = np.int32(classes[draw, i] * step + 2 - adopted[i]) if known else np.int32(0)
            drift[i] += shift
            moved[i] += abs(shift)
            whole += abs(shift)
            there += known
        total[draw] += whole
        placed[draw] += there


@_compiled
def count_grades(scores, thresholds, counts):
    """Add the grades of units: how many of a unit's thresholds its score reaches."""
    draws, units = scores.shape
    for draw in range(draws):
        for i in range(units):
            if scores[draw, i] == scores[draw, i]:
                grade = 0
                for step in range(thresholds.shape[1]):
                    grade += scores[draw, i] >= thresholds[i, step]
                counts[i, grade] += 1


@_compiled
def count_ahead(places, ahead):
    """Add the draws in which the row's unit has a better place than the column's; `places` are units x draws."""
    units, draws = places.shape
    for i in range(units):
        mine = places[i]
        for j in range(units):
            other = places[j]
            times = np.int32(0)
            for draw in range(draws):
                times += np.int32(mine[draw] < other[draw])
            ahead[i, j] += times
