"""Places of units in many draws, as `methods.index.rank` gives them: the compiled loops behind a plain call."""

from __future__ import annotations

import numpy as np

from methods.errors import InputError
from methods.index.rank import Ties

TIES: tuple[Ties, ...] = ("min", "average", "max", "dense")  # in the order of the compiled loops' numbers
MOST_UNITS = 1 << 21  # a unit's number and a digit of its score share a word


def kernels():
    """Compiled loops, imported on first use: loading numba takes a second."""
    from methods.sensitivity import placing_kernels
    return placing_kernels


def step(ties: Ties) -> int:
    """Halves of a place from one class to the next: mean places of ties may be halves."""
    return 1 if ties == "average" else 2


def class_count(units: int, ties: Ties) -> int:
    """How many different places there may be."""
    return 2 * units - 1 if ties == "average" else units


def place(scores: np.ndarray, ties: Ties, classes: np.ndarray, nowhere: int, weights: np.ndarray, firsts: np.ndarray,
          sums: np.ndarray) -> None:
    """Give every unit (column) of every draw (row) the class of its place; count who is first.

    Parameters
    ----------
    scores : array, shape (draws, units)
        Higher is better; NaN is no score.
    classes : whole numbers of the same shape
        Changed in place: class c stands for place 1 + c * `step` / 2, `nowhere` for none.
    weights : int64 array, shape (draws, weights)
        Whole numbers, so that their sums are exact in any order.
    firsts, sums : int64 arrays, shapes (units,) and (units, weights)
        Added to: draws in which nobody is better than the unit, and the weights of these draws.
    """
    if scores.shape[1] > MOST_UNITS:
        raise InputError(f"Единиц {scores.shape[1]}, а места считаются не больше чем для {MOST_UNITS}.")
    rows = np.ascontiguousarray(scores, dtype=float)
    kernels().place(rows, TIES.index(ties), nowhere, weights, classes, firsts, sums)


def places(scores: np.ndarray, ties: Ties = "min") -> np.ndarray:
    """Places of units (columns) in draws (rows), 1 the best; NaN where there is no score.

    >>> places(np.array([[0.7, 0.9, 0.1 + 0.6, np.nan]])).tolist()
    [[2.0, 1.0, 2.0, nan]]
    """
    draws, units = scores.shape
    nowhere, classes = class_count(units, ties), np.empty(scores.shape, dtype=np.int32)
    nothing = (np.zeros(shape, dtype=np.int64) for shape in ((draws, 0), units, (units, 0)))
    place(scores, ties, classes, nowhere, *nothing)
    return np.where(classes == nowhere, np.nan, 1 + classes * (step(ties) / 2))
