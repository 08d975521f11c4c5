"""What must hold of marks and answers before a formula about items looks at them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from methods import checks
from methods.errors import InputError, NotPublishable

FEWEST_UNITS = 3  # below it no statistic of an item has an error


def marks_of(marks: pd.DataFrame, what: str, *, gaps: bool = False) -> pd.DataFrame:
    """Dichotomous marks as floats, rows in the order of their labels: sums must not depend on the order of rows.

    Parameters
    ----------
    marks : DataFrame, shape (units, requirements)
        1 met, 0 not met, NaN no answer.
    gaps : bool
        Whether blanks are allowed.

    Raises
    ------
    InputError
        Another mark, repeated labels, a blank where none is allowed.
    NotPublishable
        Fewer than 3 units or 2 requirements.

    >>> marks_of(pd.DataFrame({"2.1": [1, 0, 1], "3.1": [0, 0, 1]}, index=["C", "A", "B"]), "Шкала").index.to_list()
    ['A', 'B', 'C']
    """
    table = answers_of(marks, what, gaps=gaps)
    wrong = table.notna() & ~table.isin([0, 1])
    if wrong.to_numpy().any():
        unit, code = wrong.stack()[lambda cell: cell].index[0]
        raise InputError(f"{what}: отметка требования — 1 (исполнено), 0 (нет) или пропуск, найдено "
                         f"{table.loc[unit, code]:g} ({unit} × {code}).")
    return table


def answers_of(answers: pd.DataFrame, what: str, *, gaps: bool = False) -> pd.DataFrame:
    """Graded answers as floats under the same conditions as `marks_of`: any finite numbers, more is better."""
    checks.unique(answers.index, f"{what}: единицы")
    checks.unique(answers.columns, f"{what}: требования")
    text = [str(code) for code, column in answers.items()
            if not (pd.api.types.is_numeric_dtype(column) or column.isna().all())]
    if text:
        raise InputError(f"{what}: нужны числа, не числа в столбцах: {', '.join(text[:10])}.")
    table = answers.astype(float).loc[sorted(answers.index, key=str)]
    if np.isinf(table.to_numpy()).any():
        unit, code = np.isinf(table).stack()[lambda cell: cell].index[0]
        raise InputError(f"{what}: ответ должен быть конечным числом: {unit} × {code}.")
    if not gaps:
        checks.complete(table, what)
    if len(table) < FEWEST_UNITS or table.shape[1] < 2:
        raise NotPublishable(f"{what}: нужно не меньше {FEWEST_UNITS} единиц и 2 требований, найдено единиц "
                             f"{len(table)}, требований {table.shape[1]}.")
    return table


def levels_of(level_of: pd.Series, codes: pd.Index, what: str) -> pd.Series:
    """Declared level of every requirement as whole numbers, in the order of the codes."""
    checks.same_labels(codes, level_of.index, f"{what}: требования и их уровни")
    whole = pd.to_numeric(level_of, errors="coerce")
    odd = level_of.index[~(whole >= 1) | (whole % 1 != 0)]
    if len(odd):
        raise InputError(f"{what}: уровень требования — целое число от 1: {odd[0]} = {level_of[odd[0]]}.")
    return whole[codes].astype(int)


def within_unit(value: float, name: str, what: str) -> None:
    """Raise unless the value lies strictly between 0 and 1."""
    if not 0 < value < 1:
        raise InputError(f"{what}: {name} — число больше 0 и меньше 1, сейчас {value:g}.")


def draws_of(draws: int, seed: int, what: str) -> None:
    """Raise unless the number of bootstrap draws and the seed make sense."""
    if draws < 100:
        raise InputError(f"{what}: повторных выборок должно быть не меньше 100, сейчас {draws}.")
    if seed < 0:
        raise InputError(f"{what}: seed — целое число от 0, сейчас {seed}.")


def ascending(cut_offs: object, what: str) -> np.ndarray:
    """Cut-offs between levels as an ascending array of at least one finite number."""
    cuts = np.asarray(cut_offs, dtype=float)
    if cuts.ndim != 1 or not len(cuts) or not np.isfinite(cuts).all() or not (np.diff(cuts) > 0).all():
        raise InputError(f"{what}: границы уровней — возрастающие числа, хотя бы одно, сейчас: "
                         f"{', '.join(f'{cut:g}' for cut in np.atleast_1d(cuts)) or '—'}.")
    return cuts
