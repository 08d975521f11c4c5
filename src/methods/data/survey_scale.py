"""Means of many questions of a large Parquet file by group, in one pass and in memory that does not grow with it.

The file is read in batches; all that is kept is a histogram of marks by group and question. Mean, standard error and
top-2-box follow from the histogram exactly. Unweighted answers only: weights go through `survey.design_estimates`.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd

from methods.data.counting import MOST_LEVELS, count_marks
from methods.errors import EnvironmentFault, InputError
from methods.index.normalise import points_of_marks

BATCH = 1 << 18      # rows at a time


def histogram_estimates(counts: pd.DataFrame, scale: tuple[int, int],
                        treatment: Literal["mean", "top-2-box"] = "mean", min_answers: int = 1) -> pd.DataFrame:
    r"""Estimates on [0; 1] from counts of marks: the same numbers as `survey.survey_estimates` gives for the answers.

    .. math:: \bar y = \sum_m c_m y_m / n, \quad s^2 = \sum_m c_m (y_m - \bar y)^2 / (n - 1), \quad se = s / \sqrt n

    Parameters
    ----------
    counts : DataFrame, shape (groups and questions, marks)
        How often each mark of the scale was given; columns from the worst mark to the best.

    Returns
    -------
    DataFrame, indexed as `counts`
        `value`, `se` (NaN for one answer), `n`.

    Examples
    --------
    >>> counts = pd.DataFrame([[0, 0, 0, 1, 2]], index=["C01"], columns=[1, 2, 3, 4, 5])
    >>> histogram_estimates(counts, (1, 5)).round(4).loc["C01"].to_dict()
    {'value': 0.9167, 'se': 0.0833, 'n': 3.0}
    """
    low, high = scale
    marks = np.arange(low, high + 1)
    points = points_of_marks(pd.Series(marks), scale, treatment).to_numpy()
    c = counts[marks].to_numpy(float)
    n = c.sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = c @ points / n
        variance = (c * (points - mean[:, None]) ** 2).sum(axis=1) / (n - 1)
        se = np.sqrt(variance / n)
    table = pd.DataFrame({"value": mean, "se": np.where(n > 1, se, np.nan), "n": n.astype(int)}, counts.index)
    table.loc[table["n"] < min_answers, ["value", "se"]] = np.nan
    return table


def parquet_counts(path: Path, keys: Sequence[str], questions: Sequence[str], scale: tuple[int, int], *,
                   missing: Sequence[int] = (), batch: int = BATCH) -> pd.DataFrame:
    """Counts of marks by group and question of a Parquet file of any length.

    While one batch is counted the next is read, so the memory is that of two batches and the histogram.

    Parameters
    ----------
    path : Path
        Rows are questionnaires.
    keys : sequence of str
        Columns to group by (unit, clientele): text or whole numbers.
    questions : sequence of str
        Columns of marks: whole numbers of the scale, empty where the question was left open.
    missing : sequence of int
        Marks that stand for no answer, e.g. 99.

    Returns
    -------
    DataFrame, shape (groups x questions, marks + 1)
        Index: the keys and `question`, sorted by the keys; columns: "open", then the marks of the scale.

    Raises
    ------
    InputError
        A column is not there, a mark is outside the scale or not whole, a key is empty.
    EnvironmentFault
        The package pyarrow is not installed.
    """
    low, high = scale
    if not 1 <= high - low < MOST_LEVELS:
        raise InputError(f"Шкала {low}–{high}: верх должен быть больше низа, оценок не больше {MOST_LEVELS}.")
    parquet = _pyarrow("pyarrow.parquet")
    with parquet.ParquetFile(path, read_dictionary=list(keys), pre_buffer=False) as file:
        absent = [column for column in [*keys, *questions] if column not in file.schema_arrow.names]
        if absent:
            raise InputError(f"{Path(path).name}: нет столбцов {', '.join(absent)}. "
                             f"Есть: {', '.join(file.schema_arrow.names[:40])}.")
        numbers: dict[tuple, int] = {}                                        # group -> its number
        levels = high - low + 1
        counts = np.zeros((0, len(questions), levels + 1), np.int64)
        batches = file.iter_batches(batch, columns=[*keys, *questions])
        row = 0
        with ThreadPoolExecutor(1) as reader:
            ahead = reader.submit(next, batches, None)
            while (part := ahead.result()) is not None:
                ahead = reader.submit(next, batches, None)
                groups = _group_numbers(part, keys, numbers, path, row)
                marks = [_codes(part.column(question), question, scale, missing, path, row) for question in questions]
                counts = np.pad(counts, [(0, len(numbers) - len(counts)), (0, 0), (0, 0)])
                count_marks(groups, marks, counts)
                row += len(part)
    if not row:
        raise InputError(f"{Path(path).name}: в таблице нет ни одной анкеты. Проверьте файл.")
    labels = pd.MultiIndex.from_tuples([(*group, question) for group in numbers for question in questions],
                                       names=[*keys, "question"])
    table = pd.DataFrame(counts.reshape(len(labels), levels + 1), labels, ["open", *range(low, high + 1)])
    return table.sort_index(level=list(keys), sort_remaining=False, kind="stable")


def parquet_estimates(path: Path, keys: Sequence[str], questions: Sequence[str], scale: tuple[int, int],
                      treatment: Literal["mean", "top-2-box"] = "mean", *, min_answers: int = 1,
                      missing: Sequence[int] = ()) -> pd.DataFrame:
    """Estimates of many questions by group from a Parquet file: `parquet_counts`, then `histogram_estimates`.

    Returns
    -------
    DataFrame, indexed by the keys and `question`
        `value`, `se`, `n`, `item_nonresponse`.
    """
    counts = parquet_counts(path, keys, questions, scale, missing=missing)
    table = histogram_estimates(counts, scale, treatment, min_answers)
    return table.assign(item_nonresponse=counts["open"] / counts.sum(axis=1))


def _pyarrow(module: str):
    """Import on first use: only those who send Parquet need the package."""
    import importlib
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise EnvironmentFault("Для чтения Parquet нужен пакет pyarrow, он не установлен.\n"
                               "Установите его: pip install pyarrow — или сохраните таблицу как CSV.") from error


def _group_numbers(part, keys: Sequence[str], numbers: dict[tuple, int], path: Path, row: int) -> np.ndarray:
    """Number of each row's group; groups not met before get the next numbers in `numbers`."""
    columns = []
    for key in keys:
        column = part.column(key)
        if column.null_count:
            first = int(np.argmax(np.asarray(column.is_null())))
            raise InputError(f"{Path(path).name} | строка {row + first + 1} | столбец «{key}» | пусто\n"
                             f"  правило: код должен быть в каждой анкете (пусто в {column.null_count}) | заполните")
        coded = column if hasattr(column, "dictionary") else column.dictionary_encode()
        columns.append((coded.indices.to_numpy(zero_copy_only=False), coded.dictionary.to_pylist()))
    joint = columns[0][0].astype(np.intp)
    for codes, values in columns[1:]:
        joint = joint * len(values) + codes
    sizes = [len(values) for _, values in columns]
    here = np.zeros(int(np.prod(sizes)), np.intp)
    present = np.flatnonzero(np.bincount(joint, minlength=len(here)))
    labels = zip(*([values[at] for at in parts]
                   for parts, (_, values) in zip(np.unravel_index(present, sizes), columns, strict=True)), strict=True)
    here[present] = [numbers.setdefault(group, len(numbers)) for group in labels]
    return here[joint].astype(np.int32)


def _codes(column, question: str, scale: tuple[int, int], missing: Sequence[int], path: Path, row: int) -> np.ndarray:
    """Marks as 1, 2, ... from the worst, 0 for no answer; any other mark is an error with its row."""
    low, high = scale
    compute, arrow = _pyarrow("pyarrow.compute"), _pyarrow("pyarrow")
    if arrow.types.is_null(column.type):                                      # the question was never answered
        return np.zeros(len(column), np.uint8)
    if not (arrow.types.is_integer(column.type) or arrow.types.is_floating(column.type)):
        raise InputError(f"{Path(path).name} | столбец «{question}» | тип {column.type}\n"
                         "  правило: оценки — целые числа | сохраните столбец как число")
    if arrow.types.is_floating(column.type):                                  # pandas makes marks with gaps floats
        column = compute.if_else(compute.is_nan(column), None, column)
    for mark in missing:
        column = compute.if_else(compute.equal(column, arrow.scalar(mark, column.type)), None, column)
    if low < 1 and str(column.type).startswith("uint"):
        column = column.cast(arrow.int64())                                   # low - 1 has to fit
    # The worst mark minus one stands for a gap, so that one subtraction gives the codes.
    values = column.fill_null(low - 1).to_numpy(zero_copy_only=False)
    if low != 1:
        values = values - (low - 1)
    codes = values if values.dtype == np.uint8 else values.clip(0, 255).astype(np.uint8)
    answers = len(codes) - column.null_count
    # A mark just below the scale looks like a gap: the number of answers gives it away.
    if codes.max(initial=0) > high - low + 1 or np.count_nonzero(codes) != answers or (
            codes is not values and not np.array_equal(codes, values)):
        values = np.where(np.asarray(column.is_valid()), values + float(low - 1), np.nan)
        wrong = ~np.isnan(values) & ~((values >= low) & (values <= high) & (values == np.floor(values)))
        first = int(np.argmax(wrong))
        raise InputError(f"{Path(path).name} | строка {row + first + 1} | столбец «{question}» | "
                         f"значение {values[first]:g}\n  правило: целое от {low} до {high} или пусто "
                         f"(в этой части файла нарушений {int(wrong.sum())}) | исправьте оценку или шкалу в редакции")
    return codes
