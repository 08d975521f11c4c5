"""Compiled search of `attainable_places`. Imported on first use only, since loading numba takes a second."""

from __future__ import annotations

import numba
import numpy as np

DEEPEST = 250  # cuts of one simplex, one inside another


@numba.njit(nogil=True, cache=True)
def _admit(corner_values, dust, kept):
    """Sort rivals by what is known of them over a simplex: returns how many are ahead all over it; `kept` (count last)
    lists those that are ahead only somewhere."""
    ahead, count = 0, 0
    for b in range(corner_values.shape[0]):
        least, most = corner_values[b, 0], corner_values[b, 0]
        for corner in range(1, corner_values.shape[1]):
            value = corner_values[b, corner]
            least, most = min(least, value), max(most, value)
        if least > dust:
            ahead += 1
        elif most > dust:
            kept[count] = b
            count += 1
    kept[-1] = count
    return ahead


@numba.njit(nogil=True, cache=True)
def _cut(leads, corners, dust):
    """The edge to cut, where most rivals change sides (the longer the better), and where: at the change that is nearest
    to the middle. The edge (0, 0) if nobody changes sides.

    Cut there, the simplex falls into two with fewer changes each, so that the search ends, ties or not.
    """
    k, best, one, other = corners.shape[0], 0.0, 0, 0
    for i in range(k):
        for j in range(i):
            changes, length = 0, 0.0
            for b in range(leads.shape[0]):
                changes += (leads[b, i] > dust and leads[b, j] < -dust) or (leads[b, i] < -dust and leads[b, j] > dust)
            for element in range(corners.shape[1]):
                length += (corners[i, element] - corners[j, element]) ** 2
            if changes * np.sqrt(length) > best:
                best, one, other = changes * np.sqrt(length), i, j
    share = 2.0
    for b in range(leads.shape[0]):
        if (leads[b, one] > dust and leads[b, other] < -dust) or (leads[b, one] < -dust and leads[b, other] > dust):
            part = leads[b, one] / (leads[b, one] - leads[b, other])
            if abs(part - 0.5) < abs(share - 0.5):
                share = part
    return one, other, share


@numba.njit(nogil=True, cache=True)
def search(leads, vertices, simplices, start, worst, dust, nodes, attained):
    """Fewest (or most) rivals ahead over all weights, by branch and bound on simplices.

    A lead is linear in the weights, so over a simplex it lies between its values at the corners: who leads at all of
    them leads everywhere, and the values at a new corner on an edge are means of two old ones.

    Parameters: `leads` rivals x vertices (rival minus unit); `start`: a count attained somewhere. `attained` is
    overwritten by weights of a better count. Returns the best count attained and a bound that no weights beat: equal,
    unless `nodes` simplices were not enough.
    """
    rivals, k = leads.shape[0], simplices.shape[1]
    values = np.empty((DEEPEST + 1, rivals, k))
    corners = np.empty((DEEPEST + 1, k, vertices.shape[1]))
    middles, new_corners = np.empty((DEEPEST + 1, rivals)), np.empty((DEEPEST + 1, vertices.shape[1]))
    kept = np.empty(rivals + 1, np.int64)
    size, ahead = np.zeros(DEEPEST + 1, np.int64), np.zeros(DEEPEST + 1, np.int64)
    visited = np.zeros(DEEPEST + 1, np.int64)
    keep_first, keep_second = np.zeros(DEEPEST + 1, np.int64), np.zeros(DEEPEST + 1, np.int64)
    best, bound, used = start, start, 0
    for simplex in simplices:
        ahead[0] = _admit(leads[:, simplex], dust, kept)
        size[0] = kept[-1]
        for b in range(size[0]):
            for corner in range(k):
                values[0, b, corner] = leads[kept[b], simplex[corner]]
        for corner in range(k):
            corners[0, corner] = vertices[simplex[corner]]
        level, visited[0] = 0, 0
        while level >= 0:
            if visited[level] == 0:
                limit = ahead[level] + size[level] if worst else ahead[level]
                if (limit <= best) if worst else (limit >= best):
                    level -= 1
                    continue
                if used >= nodes or level == DEEPEST:
                    bound = max(bound, limit) if worst else min(bound, limit)
                    level -= 1
                    continue
                used += 1
                part = values[level, :size[level]]
                one, other, share = _cut(part, corners[level], dust)
                if one == other:
                    # no side is changed inside: the fewest lead at a corner, all of them seen before; inside all do
                    if worst:
                        best = limit
                        for element in range(vertices.shape[1]):
                            attained[element] = corners[level, :, element].mean()
                    level -= 1
                    continue
                middle = corners[level, one] + share * (corners[level, other] - corners[level, one])
                count, at_one, at_other = ahead[level], 0, 0
                for b in range(size[level]):
                    middles[level, b] = part[b, one] + share * (part[b, other] - part[b, one])
                    count += middles[level, b] > dust
                    at_one += part[b, one] > dust
                    at_other += part[b, other] > dust
                if (count > best) if worst else (count < best):
                    best = count
                    attained[:] = middle
                new_corners[level] = middle
                # first the part whose old corner looks better
                first = (at_one >= at_other) if worst else (at_one <= at_other)
                keep_first[level], keep_second[level] = (one, other) if first else (other, one)
            elif visited[level] == 2:
                level -= 1
                continue
            new = keep_second[level] if visited[level] == 0 else keep_first[level]
            visited[level] += 1
            below = level + 1
            part = values[level, :size[level]]
            ahead[below], count = ahead[level], 0
            for b in range(size[level]):
                least = most = middles[level, b]
                for corner in range(k):
                    if corner != new:
                        least, most = min(least, part[b, corner]), max(most, part[b, corner])
                if least > dust:
                    ahead[below] += 1
                elif most > dust:
                    values[below, count] = part[b]
                    values[below, count, new] = middles[level, b]
                    count += 1
            size[below], visited[below] = count, 0
            corners[below] = corners[level]
            corners[below, new] = new_corners[level]
            level = below
    bound = max(bound, best) if worst else min(bound, best)
    return best, bound
