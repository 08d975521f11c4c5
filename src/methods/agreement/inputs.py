"""What must hold of the options and the tables of this room: each check raises in words that say where."""

from __future__ import annotations

import numpy as np
import pandas as pd

from methods.errors import InputError

FEWEST = 3  # objects, units, groups: two cannot show a spread that could be checked


def confident(confidence: float, what: str) -> None:
    """Raise unless the confidence of the intervals lies between 0 and 1.

    >>> confident(95, "Каппа Коэна")
    Traceback (most recent call last):
    ...
    methods.errors.InputError: Каппа Коэна: доверие интервала должно быть больше 0 и меньше 1, найдено 95.
    """
    if not 0 < confidence < 1:
        raise InputError(f"{what}: доверие интервала должно быть больше 0 и меньше 1, найдено {confidence}.")


def one_of(given: object, allowed: tuple[str, ...], what: str) -> None:
    """Raise unless an option is among the allowed ones."""
    if given not in allowed:
        raise InputError(f"{what}: неизвестно «{given}», допустимо: {', '.join(allowed)}.")


def numbers(table: pd.DataFrame | pd.Series, what: str) -> np.ndarray:
    """Floats, NaN for a gap; raises on text and infinity, naming the place."""
    columns = {table.name: table} if isinstance(table, pd.Series) else dict(table.items())
    text = [name for name, column in columns.items() if not pd.api.types.is_numeric_dtype(column)]
    if text:
        raise InputError(f"{what}: нужны числа, не числа в столбцах: {', '.join(map(str, text[:10]))}.")
    found = table.to_numpy(dtype=float, na_value=np.nan)
    if np.isinf(found).any():
        place = [axis[where[0]] for axis, where in zip(table.axes, np.nonzero(np.isinf(found)), strict=True)]
        raise InputError(f"{what}: значение должно быть конечным, найдена бесконечность: "
                         f"{' × '.join(map(str, place))}.")
    return found
