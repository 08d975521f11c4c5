"""Preconditions of the formulas: each raises `InputError` in words that say where and what to do."""

from __future__ import annotations

import numpy as np
import pandas as pd

from methods.errors import InputError, NotPublishable, ZvezdaError

# Far below any published digit, far above the rounding noise of sums over thousands of terms.
SUM_TOLERANCE = 1e-9
DUST = 1e-12  # of the size of the values: a difference below it comes from binary sums, not from the data


def weights_sum_to_one(weights: pd.Series) -> None:
    """Raise unless the weights are finite, not negative and sum to 1.

    >>> weights_sum_to_one(pd.Series({"Д1": 0.5, "Д2": 0.5}))
    >>> weights_sum_to_one(pd.Series({"Д1": 0.5, "Д2": 0.4}))
    Traceback (most recent call last):
    ...
    methods.errors.InputError: Сумма весов должна быть равна 1, сейчас 0.9 (элементов: 2).
    Наибольший вес: Д1 = 0.5. Исправьте веса или разделите каждый на их сумму.
    """
    if not np.isfinite(weights).all():
        raise InputError(f"Вес не задан или не число: {', '.join(map(str, weights.index[~np.isfinite(weights)]))}.")
    if (weights < 0).any():
        raise InputError(f"Вес не может быть отрицательным: {', '.join(map(str, weights.index[weights < 0]))}.")
    if abs(weights.sum() - 1) > SUM_TOLERANCE:
        raise InputError(
            f"Сумма весов должна быть равна 1, сейчас {weights.sum():.10g} (элементов: {len(weights)}).\n"
            f"Наибольший вес: {weights.idxmax()} = {weights.max():.10g}. "
            "Исправьте веса или разделите каждый на их сумму.")


def same_labels(given: pd.Index, expected: pd.Index, what: str) -> None:
    """Raise unless both label sets are equal and without repeats: values are matched by label, never by position.

    `what` is told to lack labels of `expected` and to have others than those.
    """
    for labels in (given, expected):
        if labels.has_duplicates:
            raise InputError(f"{what}: код повторяется: {', '.join(map(str, labels[labels.duplicated()].unique()))}.")
    missing, extra = expected.difference(given), given.difference(expected)
    if len(missing) or len(extra):
        raise InputError(
            f"{what}: наборы кодов различаются. Нет: {', '.join(map(str, missing)) or '—'}; "
            f"лишние: {', '.join(map(str, extra)) or '—'}.")


def unique(labels: pd.Index, what: str) -> None:
    """Raise if a label occurs twice."""
    if labels.has_duplicates:
        repeated = labels[labels.duplicated()].unique()
        raise InputError(f"{what}: код повторяется: {', '.join(map(str, repeated[:20]))} (всего {len(repeated)}).")


def complete(values: pd.DataFrame | pd.Series, what: str = "Таблица") -> None:
    """Raise if a value is missing or not finite, naming the first places."""
    frame = values.to_frame() if isinstance(values, pd.Series) else values
    gaps = ~np.isfinite(frame)
    if gaps.to_numpy().any():
        places = [f"{row} × {column}" for row, column in gaps.stack()[lambda cell: cell].index[:5]]
        raise InputError(f"{what}: пропущено значений {int(gaps.to_numpy().sum())}, первые: {'; '.join(places)}.")


def positive(values: pd.DataFrame, what: str) -> None:
    """Raise if a value is not above zero (gaps are let through): a geometric or harmonic mean has no meaning there.

    `NotPublishable`, since the data are what they are: it is the mean that does not suit them.
    """
    wrong = values.le(0)
    if wrong.to_numpy().any():
        row, column = wrong.stack()[lambda cell: cell].index[0]
        raise NotPublishable(
            f"{what}: значения должны быть больше 0, найдено {values.loc[row, column]:.6g} ({row} × {column}). "
            "Задайте нормирование с нижней границей больше 0 или арифметическое среднее.")


def varies(values: pd.Series, error: type[ZvezdaError] = InputError) -> None:
    """Raise if all present values are equal: such an indicator cannot be put on a scale made of its own spread.

    `error` is whose fault it is: of the data, or (`EditionError`) of a methodology that asks for such a scale.
    """
    spread, size = values.max() - values.min(), values.abs().max()
    if not spread > DUST * size:  # all gaps: NaN, no spread either
        raise error(
            f"Показатель {values.name}: во всех единицах одно значение, нормирование по разбросу не определено. "
            "Задайте опорные точки (goalposts) или исключите показатель.")
