"""Random streams of a draw, standard errors fit for drawing, and the law of a misjudged checklist.

A factor that needs many random numbers at once (an error for every centre and question) has a single coordinate in the
design. That coordinate names the stream the numbers come from: equal coordinates mean equal errors, so that designs for
variance-based analysis can swap the whole factor at once.
"""

from __future__ import annotations

import zlib

import numpy as np
import pandas as pd
from scipy import stats

BITS = 53  # of a double on [0; 1)


def stream(seed: int, name: str, coordinate: float) -> np.random.Generator:
    """The generator that belongs to a coordinate of a factor: the same three always give the same numbers.

    >>> stream(0, "sampling", 0.25).random() == stream(0, "sampling", 0.25).random()
    True
    """
    key = [seed, zlib.crc32(name.encode()), int(coordinate * 2**BITS)]
    return np.random.default_rng(np.random.SeedSequence(key))


def usable_errors(measurements: pd.DataFrame) -> pd.Series:
    """Standard errors fit for drawing: unknown and zero ones replaced by the question's pooled spread over root n.

    Nine answers "5" have a sample spread of zero, which says that nine are few, not that the centre is known exactly.

    >>> usable_errors(pd.DataFrame({"indicator": "Д1", "side": "subjective", "clientele": "",
    ...                             "se": [0.1, 0.0], "n": [16, 4]})).to_list()
    [0.1, 0.2]
    """
    error, n = measurements["se"].astype(float), measurements["n"].astype(float)
    question = [measurements[key] for key in ("indicator", "side", "clientele")]
    known = n.where(error > 0)
    variance = (error**2 * n * known).groupby(question).transform("sum") / known.groupby(question).transform("sum")
    return error.where(error > 0, np.sqrt(variance / n.where(n > 0)))


def misjudged(fulfilled: int, required: int, rate: float) -> np.ndarray:
    r"""Cumulative law of the number of requirements that a fallible inspector finds fulfilled.

    .. math:: \tilde X = X - B(X, e) + B(N - X, e)

    Every requirement is misjudged independently with the same probability, whichever its true state.

    Parameters
    ----------
    fulfilled, required : int
        X and N.
    rate : float
        e, 0 to 1.

    Returns
    -------
    array, shape (N + 1,)
        P(found at most 0), ..., P(found at most N).

    Examples
    --------
    One requirement of one is missed with probability e:

    >>> misjudged(1, 1, 0.1).round(3).tolist()
    [0.1, 1.0]
    """
    kept = stats.binom.pmf(np.arange(fulfilled + 1), fulfilled, 1 - rate)
    added = stats.binom.pmf(np.arange(required - fulfilled + 1), required - fulfilled, rate)
    law = np.minimum(np.cumsum(np.convolve(kept, added)), 1.0)
    law[-1] = 1.0  # not a rounding error less: nobody finds more requirements fulfilled than there are
    return law
