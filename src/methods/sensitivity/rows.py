"""Steps of the recipe on many draws at once: arrays of draws x units, NaN where a unit has no value.

Normalisations and means are those of `methods.index`, written for rows; what the recipe would refuse is marked by draw
with the reason, so that one impossible draw does not stop the others.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
from scipy import stats

from methods.checks import DUST
from methods.errors import InputError, ZvezdaError
from methods.index.edition import Aggregation, Normalisation
from methods.index.normalise import NORMALISATIONS

Rows = np.ndarray      # draws x units; one row, if it is the same in all draws
Wrong = np.ndarray     # bool, by row


def normalise_rows(values: Rows, rule: Normalisation, direction: int, units: pd.Index, code: str,
                   ) -> tuple[Rows, Wrong, str]:
    """Normalised values, the rows where the rule has no meaning, and why it has none.

    A method without a version for rows goes through the recipe's own function, row by row.
    """
    if np.isnan(values).all():  # never asked of this clientele
        return values, np.zeros(len(values), dtype=bool), ""
    why = f"нормирование {rule.method} показателя {code} не определено"
    if rule.method not in _NORMALISATIONS:
        return *_row_by_row(values, rule, direction, units, code), why
    try:
        return *_NORMALISATIONS[rule.method](values, direction, units, **rule.parameters()), why
    except InputError as error:  # of the recipe's own function, which cannot name the indicator when it works on rows
        raise InputError(f"Показатель {code}, нормирование {rule.method}: {error}") from error


def _row_by_row(values: Rows, rule: Normalisation, direction: int, units: pd.Index, code: str) -> tuple[Rows, Wrong]:
    made, wrong = np.full(values.shape, np.nan), np.zeros(len(values), dtype=bool)
    for row, one in enumerate(values):
        try:
            made[row] = NORMALISATIONS[rule.method](pd.Series(one, units, name=code), direction, **rule.parameters())
        except ZvezdaError:
            wrong[row] = True
    return made, wrong


def _none(values: Rows, direction: int, units: pd.Index) -> tuple[Rows, Wrong]:
    if direction != 1:
        raise InputError("без нормирования допустимо только направление 1")
    return values, np.zeros(len(values), dtype=bool)


def _goalposts(values: Rows, direction: int, units: pd.Index, **posts: float) -> tuple[Rows, Wrong]:
    flat = NORMALISATIONS["goalposts"](pd.Series(values.ravel()), direction, **posts)  # units do not touch one another
    return flat.to_numpy().reshape(values.shape), np.zeros(len(values), dtype=bool)


def _min_max(values: Rows, direction: int, units: pd.Index, lower: float = 0.0, upper: float = 1.0,
             ) -> tuple[Rows, Wrong]:
    low, spread, flat = _spread(values)
    share = (values - low) / spread
    return lower + (upper - lower) * (share if direction == 1 else 1 - share), flat


def _z_score(values: Rows, direction: int, units: pd.Index, mean: float = 0.0, sd: float = 1.0) -> tuple[Rows, Wrong]:
    flat = _spread(values)[2]
    n = (~np.isnan(values)).sum(axis=1, keepdims=True)
    deviation = values - np.nansum(values, axis=1, keepdims=True) / n
    s = np.sqrt(np.nansum(deviation**2, axis=1, keepdims=True) / np.maximum(n - 1, 1))
    return mean + sd * direction * deviation / np.where(s > 0, s, 1.0), flat


def _ranks(values: Rows, direction: int, units: pd.Index, method: str = "average") -> tuple[Rows, Wrong]:
    places = stats.rankdata(direction * values, method=method, axis=1, nan_policy="omit")
    return places, np.zeros(len(values), dtype=bool)


def _borda(values: Rows, direction: int, units: pd.Index) -> tuple[Rows, Wrong]:
    places, wrong = _ranks(values, direction, units)
    return places - 1, wrong


def _percentile(values: Rows, direction: int, units: pd.Index) -> tuple[Rows, Wrong]:
    places, wrong = _ranks(values, direction, units, "max")
    return 100 * places / (~np.isnan(values)).sum(axis=1, keepdims=True), wrong


def _distance(values: Rows, direction: int, units: pd.Index, reference: str | float = "best") -> tuple[Rows, Wrong]:
    wrong = (values <= 0).any(axis=1)
    if reference == "best":
        extreme = np.fmax if direction == 1 else np.fmin
        level = extreme.reduce(values, axis=1, keepdims=True)
    elif reference == "mean":
        level = np.nansum(values, axis=1, keepdims=True) / (~np.isnan(values)).sum(axis=1, keepdims=True)
    elif isinstance(reference, str):
        if reference not in units:
            raise InputError(f"единицы-эталона «{reference}» нет в данных")
        level = values[:, [units.get_loc(reference)]]
    else:
        level = np.full((len(values), 1), float(reference))
    wrong = wrong | ~(level > 0)[:, 0]
    with np.errstate(divide="ignore", invalid="ignore"):
        return values / level if direction == 1 else level / values, wrong


def _spread(values: Rows) -> tuple[np.ndarray, np.ndarray, Wrong]:
    """Lowest value and range of every row (1 where there is none), and rows without a range."""
    low = np.fmin.reduce(values, axis=1, keepdims=True)
    spread = np.fmax.reduce(values, axis=1, keepdims=True) - low
    flat = ~(spread > DUST * np.fmax.reduce(np.abs(values), axis=1, keepdims=True))
    return low, np.where(flat, 1.0, spread), flat[:, 0]


_NORMALISATIONS: dict[str, Callable[..., tuple[Rows, Wrong]]] = {
    "none": _none, "min-max": _min_max, "z-score": _z_score, "goalposts": _goalposts, "rank": _ranks, "borda": _borda,
    "percentile": _percentile, "distance-to-reference": _distance,
}


def transformation(rule: Aggregation) -> tuple[Callable[[Rows], Rows], Callable[[Rows], Rows], bool]:
    """There, back, and whether values must be positive: a quasi-arithmetic mean is the arithmetic one in between.

    >>> there, back, positive = transformation(Aggregation(method="harmonic"))
    >>> round(float(back(0.5 * there(np.array(1.0)) + 0.5 * there(np.array(0.5)))), 4), positive
    (0.6667, True)
    """
    if rule.method in ("arithmetic", "sum"):
        return _same, _same, False
    if rule.method == "geometric" or rule.exponent == 0:
        return np.log, np.exp, True
    exponent = -1.0 if rule.method == "harmonic" else rule.exponent
    return lambda x: x**exponent, lambda y: y ** (1 / exponent), True


def _same(values: Rows) -> Rows:
    return values
