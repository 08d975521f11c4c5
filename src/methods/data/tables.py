"""Tables as text first, numbers only where a column was declared to hold them.

A reader that guesses types turns `01` into 1, `NA` into nothing and `1,234` into a thousandth. Here every cell is
text; a number is what parses as a number, a gap is what the edition lists as a mark for it, anything else is an
error with its file, row and column.
"""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pandas as pd
from openpyxl.utils import get_column_letter

from methods.errors import InputError, Problem, listing
from methods.index.consistency import nearest
from methods.index.edition import Table, UnitsTable

FIRST_ROW = 2  # the header stands in row 1, as in Excel


def read_table(path: Path, rule: Table | UnitsTable, period: str) -> pd.DataFrame:
    """Rows of a table as text, with the file's row numbers as index and the file's name in `attrs`."""
    header, *rows = _records(path, rule.separator)
    if len(set(header)) < len(header):
        doubled = next(name for name in header if header.count(name) > 1)
        letters = [get_column_letter(place) for place, name in enumerate(header, 1) if name == doubled]
        raise InputError(f"{path.name}: заголовок «{doubled}» повторяется (столбцы {', '.join(letters)}).")
    numbered = [(number, row) for number, row in enumerate(rows, FIRST_ROW) if row]  # a blank line keeps its number
    for number, row in numbered:
        if len(row) != len(header):
            raise InputError(f"{path.name} | строка {number} | полей {len(row)}, в заголовке {len(header)}: проверьте "
                             f"разделитель «{rule.separator}» и кавычки.")
    frame = pd.DataFrame([row for _, row in numbered], columns=header, dtype="str",
                         index=pd.Index([number for number, _ in numbered], name="row"))
    frame.attrs["file"] = path.name
    if frame.empty:
        raise InputError(f"{path.name}: нет строк данных.")
    for column, wanted in rule.where.items():
        _has(frame, [column])
        frame = frame[frame[column] == wanted.replace("{period}", period)]
        if frame.empty:
            raise InputError(f"{path.name}: нет строк, где «{column}» = {wanted.replace('{period}', period)}.")
    return frame


def _records(path: Path, separator: str) -> list[list[str]]:
    """Records of a CSV file as Excel counts them: a line break inside quotes does not begin a new one."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            records = list(csv.reader(stream, delimiter=separator, strict=True))
    except UnicodeDecodeError as error:
        raise InputError(f"{path.name}: файл не в UTF-8 (байт {error.start}). Сохраните его как «CSV UTF-8».") from None
    except csv.Error as error:
        raise InputError(f"{path.name}: файл не разбирается как CSV: {_CSV_FAULTS.get(str(error), error)}.") from None
    if not records or not records[0]:
        raise InputError(f"{path.name}: файл пуст.")
    return records


_CSV_FAULTS = {"unexpected end of data": "не закрыта кавычка"}


def required(frame: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    """The named columns, each of which must be there."""
    _has(frame, columns)
    return frame[columns]


def numbers(frame: pd.DataFrame, column: str, rule: Table, *, low: float = -np.inf, high: float = np.inf,
            whole: bool = False) -> pd.Series:
    """A column as numbers; gaps are the edition's marks for «нет значения». All wrong cells are listed at once.

    Parameters
    ----------
    low, high : float
        Closed range that every number must lie in.
    whole : bool
        Whether only whole numbers are allowed.
    """
    _has(frame, [column])
    text = frame[column].str.strip()
    gap = text.isin(rule.missing_marks) | (text == "")
    plain = text.str.replace(",", ".", regex=False) if rule.decimal == "," else text
    values = pd.to_numeric(plain.where(~gap), errors="coerce").astype(float)
    wrong = ~gap & ~(np.isfinite(values) & values.between(low, high) & ((values % 1 == 0) if whole else True))
    if wrong.any():
        kind = "целое число" if whole else "число"
        bounds = f" от {low:g} до {high:g}" if np.isfinite(low) and np.isfinite(high) else ""
        raise InputError(listing([
            Problem("NUM-01", place(frame, row, column), f"значение «{text[row]}»", f"{kind}{bounds} или пусто",
                    "исправьте ячейку; пометку «нет данных» внесите в missing_marks редакции")
            for row in text.index[wrong]]))
    return values


def place(frame: pd.DataFrame, row: int, column: str) -> str:
    """Address of a cell as the user finds it."""
    letter = get_column_letter(frame.columns.get_loc(column) + 1)
    return f"{frame.attrs.get('file', 'таблица')} | строка {row} | столбец «{column}» ({letter})"


def _has(frame: pd.DataFrame, columns: list[str]) -> None:
    absent = [column for column in columns if column not in frame.columns]
    if absent:
        raise InputError(f"{frame.attrs.get('file', 'таблица')}: нет столбца «{absent[0]}»."
                         f"{nearest(absent[0], frame.columns)}\nЕсть: {', '.join(map(str, frame.columns[:30]))}.")
