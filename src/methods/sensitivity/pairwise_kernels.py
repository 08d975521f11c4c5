"""Compiled loops of `pairwise`: the largest of all studentised differences between a unit and its rivals.

Imported on first use only, since loading numba takes a second. Units come sorted by standard error, draws are rows.

With independent errors the rival that maximises (z_k - z_j) / sqrt(v_j + v_k) lies on the concave majorant of the
points (v_k, z_k): wherever the ratio is positive, its level lines z = z_j + c sqrt(v_j + v) are concave in v, so that a
point under a chord of two others is never the highest. Some ten points are left of two thousand, and nothing is lost.
"""

from __future__ import annotations

import numba
import numpy as np

BLOCK = 32   # units whose common bound is tried before the units themselves; draws that share a row of deviations
CHUNK = 256  # units at a time: their numbers stay in the first-level cache
_compiled = numba.njit(nogil=True, cache=True)
_ordered = numba.njit(nogil=True, cache=True, fastmath={"nnan", "nsz"})  # no NaN gets here: maxima may be vectorised


@_compiled
def _majorant(z, v, order, sign, front):
    """Corners of the concave majorant of (v, sign z) from its lowest v to its highest z; returns how many."""
    size = 0
    for place in range(len(order)):
        k = order[place]
        height = sign * z[k]
        if size and height <= sign * z[front[size - 1]]:
            continue
        if size and v[k] == v[front[size - 1]]:
            size -= 1
        while size >= 2:
            a, b = front[size - 2], front[size - 1]
            if (v[b] - v[a]) * (height - sign * z[a]) < sign * (z[b] - z[a]) * (v[k] - v[a]):
                break
            size -= 1
        front[size] = k
        size += 1
    return size


@_ordered
def _raise(heights, errors, z, v, sign, best, lead, variance):
    """Lift every unit's squared maximum by some rivals.

    Squares of leads and variances are compared crosswise, and divided once: a division takes as long as all the rest.
    """
    for start in range(0, len(z), CHUNK):
        own, spread, found = z[start:start + CHUNK], v[start:start + CHUNK], best[start:start + CHUNK]
        for j in range(len(own)):
            lead[j], variance[j] = found[j], 1.0
        for rival in range(len(heights)):
            height, error = heights[rival], errors[rival]
            for j in range(len(own)):
                difference = max(height - sign * own[j], 0.0)
                square, other = difference * difference, spread[j] + error
                larger = square * variance[j] > lead[j] * other
                lead[j] = square if larger else lead[j]
                variance[j] = other if larger else variance[j]
        for j in range(len(own)):
            found[j] = lead[j] / variance[j]


@_compiled
def independent_maxima(z, v, order, ahead, behind, best):
    """Squares of the unrestricted maxima, draws x units, into `best` (zeros before).

    `v` and `order` have one row, or one a draw; `ahead`: rivals may lie above the unit, `behind`: below it.
    """
    n = z.shape[1]
    front, heights, errors = np.empty(n, np.int64), np.empty(n), np.empty(n)
    lead, variance = np.empty(CHUNK), np.empty(CHUNK)
    for r in range(z.shape[0]):
        row = min(r, v.shape[0] - 1)
        for sign, wanted in ((1.0, ahead), (-1.0, behind)):
            if wanted:
                size = _majorant(z[r], v[row], order[row], sign, front)
                for corner in range(size):
                    heights[corner], errors[corner] = sign * z[r, front[corner]], v[row, front[corner]]
                _raise(heights[:size], errors[:size], z[r], v[row], sign, best[r], lead, variance)


@_ordered
def _extremes(z, inverse, own):
    high, low = 0.0, 0.0
    for k in range(len(z)):
        value = (z[k] - own) * inverse[k]
        high = max(high, value)
        low = min(low, value)
    return high, -low


@_compiled
def correlated_maxima(z, inverse, ahead, behind, best):
    """The same for any covariance; `inverse`: 1 / standard deviation of every difference, 0 on the diagonal."""
    draws, n = z.shape
    for start in range(0, draws, BLOCK):
        for j in range(n):
            for r in range(start, min(start + BLOCK, draws)):
                high, low = _extremes(z[r], inverse[j], z[r, j])
                if ahead:
                    best[r, j] = max(best[r, j], high * high)
                if behind:
                    best[r, j] = max(best[r, j], low * low)


@_compiled
def block_bounds(z, v, tops, bottoms, least):
    """Highest noise of every block of units, highest of its negative, and smallest variance."""
    for r in range(z.shape[0]):
        row = min(r, v.shape[0] - 1)
        for b in range(tops.shape[1]):
            part = slice(b * BLOCK, (b + 1) * BLOCK)
            tops[r, b], bottoms[r, b] = z[r, part].max(), -z[r, part].min()
            if r == row:
                least[row, b] = v[row, part].min()


@_compiled
def _open_independent(j, sign, c, estimates, variances, z, v, tops, least, found):
    """Square of the largest difference over the rivals that are not rejected, if above `found`; one direction."""
    n, own, error = len(z), sign * z[j], v[j]
    for b in range(len(tops)):
        lead = tops[b] - own
        if lead <= 0 or lead * lead <= found * (error + least[b]):
            continue
        for k in range(b * BLOCK, min((b + 1) * BLOCK, n)):
            lead = sign * z[k] - own
            if lead > 0 and lead * lead > found * (error + v[k]):
                distance = sign * (estimates[k] - estimates[j])
                if distance <= 0 or distance * distance <= c * c * (variances[j] + variances[k]):
                    found = lead * lead / (error + v[k])
    return found


@_compiled
def _open_correlated(j, sign, c, estimates, z, inverse, factor, found):
    """The same for any covariance; one that is estimated anew in each draw comes as its factor, units x degrees."""
    own = sign * z[j]
    for k in range(len(z)):
        lead = sign * z[k] - own
        if lead > 0:
            if factor.shape[1]:
                variance = 0.0
                for d in range(factor.shape[1]):
                    variance += (factor[j, d] - factor[k, d]) ** 2
                value = lead * lead / variance
            else:
                value = (lead * inverse[k]) ** 2
            if value > found and sign * (estimates[k] - estimates[j]) * inverse[k] <= c:
                found = value
    return found


@_compiled
def _open_maximum(r, j, c, ahead, behind, found, estimates, variances, z, v, tops, bottoms, least, inverse, factors,
                  dense):
    """Of all tables that the family spans."""
    for t in range(len(z)):
        row = min(r, v.shape[1] - 1)
        if ahead:
            if dense:
                found = _open_correlated(j, 1.0, c, estimates[t], z[t, r], inverse[t, j], factors[t, r], found)
            else:
                found = _open_independent(j, 1.0, c, estimates[t], variances[t], z[t, r], v[t, row], tops[t, r],
                                          least[t, row], found)
        if behind:
            if dense:
                found = _open_correlated(j, -1.0, c, estimates[t], z[t, r], inverse[t, j], factors[t, r], found)
            else:
                found = _open_independent(j, -1.0, c, estimates[t], variances[t], z[t, r], v[t, row], bottoms[t, r],
                                          least[t, row], found)
    return found


@_compiled
def _rejected(j, c, ahead, behind, estimates, variances, inverse, dense):
    """How many of a unit's hypotheses a critical value rejects."""
    count = 0
    for t in range(len(estimates)):
        for k in range(estimates.shape[1]):
            distance = estimates[t, k] - estimates[t, j]
            far = (abs(distance) * inverse[t, j, k] > c if dense
                   else distance * distance > c * c * (variances[t, j] + variances[t, k]))
            if far and ((distance > 0 and ahead) or (distance < 0 and behind)):
                count += 1
    return count


@_compiled
def _keep_largest(heap, value):
    """Put a value in place of the least one of a heap; returns the least one after that."""
    place = 0
    while 2 * place + 1 < len(heap):
        below = 2 * place + 1
        if below + 1 < len(heap) and heap[below + 1] < heap[below]:
            below += 1
        if heap[below] >= value:
            break
        heap[place] = heap[below]
        place = below
    heap[place] = value
    return heap[0]


@_compiled
def tail_ends(best, tail):
    """The `tail`-th largest value of every column; values are not negative."""
    draws, n = best.shape
    heaps, least = np.zeros((n, tail)), np.zeros(n)
    for r in range(draws):
        for j in range(n):
            if best[r, j] > least[j]:
                least[j] = _keep_largest(heaps[j], best[r, j])
    return least


@_compiled
def marginal_steps(critical, tail, best, ahead, behind, estimates, variances, z, v, tops, bottoms, least,
                   inverse, factors, dense):
    """Step-down of every unit's own family; `critical` are those of the first step, changed in place.

    Only draws among the `tail` largest matter, and a maximum over all rivals bounds the one over those not rejected:
    nearly all draws are passed over unseen.
    """
    draws, n = best.shape
    column, kept, likely = np.empty(draws), np.empty(tail), np.empty(draws, np.bool_)
    for j in range(n):
        before = 0
        for r in range(draws):
            column[r] = best[r, j]
        while True:
            c = critical[j]
            rejected = _rejected(j, c, ahead, behind, estimates, variances, inverse, dense)
            if rejected <= before:
                break
            before = rejected
            likely[:] = column >= c * c * (1 - 1e-12)
            kept[:] = 0.0
            smallest = 0.0
            for first in (True, False):              # the draws of the last tail give a bound for all the others
                for r in range(draws):
                    if likely[r] == first and column[r] > smallest:
                        value = _open_maximum(r, j, c, ahead, behind, smallest, estimates, variances, z, v, tops,
                                              bottoms, least, inverse, factors, dense)
                        column[r] = value            # bounds what the next step can find here
                        if value > smallest:
                            smallest = _keep_largest(kept, value)
            if smallest == 0:                        # nothing is left to test
                break
            critical[j] = np.sqrt(smallest)


@_compiled
def joint_steps(c, members, tail, best, ahead, behind, estimates, variances, z, v, tops, bottoms, least,
                inverse, factors, dense):
    """Step-down of one family of all members; returns the critical value."""
    draws = best.shape[0]
    kept, before = np.empty(tail), 0
    bound = np.zeros(draws)
    leader = np.zeros(draws, np.int64)
    for r in range(draws):
        for j in members:
            if best[r, j] > bound[r]:
                bound[r], leader[r] = best[r, j], j
    while True:
        rejected = 0
        for j in members:
            rejected += _rejected(j, c, ahead, behind, estimates, variances, inverse, dense)
        if rejected <= before:
            break
        before = rejected
        likely = c * c * (1 - 1e-12)
        kept[:] = 0.0
        smallest = 0.0
        for first in (True, False):
            for r in range(draws):
                if (bound[r] >= likely) == first and bound[r] > smallest:
                    value = _open_maximum(r, leader[r], c, ahead, behind, smallest, estimates, variances, z, v, tops,
                                          bottoms, least, inverse, factors, dense)
                    for j in members:
                        if best[r, j] > value:
                            value = _open_maximum(r, j, c, ahead, behind, value, estimates, variances, z, v, tops,
                                                  bottoms, least, inverse, factors, dense)
                    if value > smallest:
                        smallest = _keep_largest(kept, value)
        if smallest == 0:
            break
        c = np.sqrt(smallest)
    return c


@_compiled
def count_rejected(critical, ahead, behind, estimates, variances, inverse, dense, better, worse):
    """Rivals certainly better and certainly worse than every unit, tables x units, at the units' critical values."""
    for t in range(len(estimates)):
        for j in range(estimates.shape[1]):
            c = critical[j]
            for k in range(estimates.shape[1]):
                distance = estimates[t, k] - estimates[t, j]
                far = (abs(distance) * inverse[t, j, k] > c if dense
                       else distance * distance > c * c * (variances[t, j] + variances[t, k]))
                if far and distance > 0 and ahead:
                    better[t, j] += 1
                elif far and distance < 0 and behind:
                    worse[t, j] += 1
