"""Keys of respondents: matched by label, coded by content, so that the order of the rows means nothing."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from methods import checks
from methods.errors import InputError

Array = NDArray[np.float64]


def codes(table: Array | NDArray[np.intp]) -> NDArray[np.intp]:
    """One whole number a distinct row, column by column: quicker than comparing whole rows."""
    code = np.zeros(len(table), dtype=np.int64)
    for column in np.asarray(table).T:
        values = pd.factorize(column, sort=True)[0]      # sorted: codes must not depend on the order of the rows
        code = pd.factorize(code * (values.max(initial=0) + 1) + values, sort=True)[0]
    return code


def in_order(numbers: pd.Series) -> NDArray[np.intp]:
    """Rank of the questionnaire numbers: as numbers if all are, else as text."""
    plain = pd.to_numeric(numbers, errors="coerce")
    return pd.factorize(numbers if plain.isna().any() else plain, sort=True)[0]


def floats(marks: pd.DataFrame) -> Array:
    """Marks as floats with NaN, also from the columns of whole numbers with gaps."""
    return marks.to_numpy(dtype=float, na_value=np.nan)


def has(who: pd.DataFrame, columns: list[str]) -> None:
    """Raise if a column is missing or has empty cells."""
    absent = [column for column in columns if column not in who]
    if absent:
        raise InputError(f"В таблице респондентов нет столбца «{absent[0]}». Нужны: {', '.join(columns)}.")
    empty = [column for column in columns if who[column].isna().any()]
    if empty:
        raise InputError(f"В таблице респондентов есть пустые ячейки в столбце «{empty[0]}»: "
                         f"{int(who[empty[0]].isna().sum())}. Заполните или уберите эти строки.")


def matched(marks: pd.DataFrame, who: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    """The respondents in the order of the marks."""
    has(who, columns)
    if not marks.index.equals(who.index):
        checks.same_labels(marks.index, who.index, "Оценки и респонденты")
        return who.loc[marks.index]
    return who
