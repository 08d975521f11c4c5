"""Pick-freeze designs: two sets of points that exchange the columns of a factor, and resampling of what they give.

Sobol indices and Shapley effects are made of the same parts: base points A and B of the unit cube, runs of the model
at points that take some factors from B and the others from A, means of products of these runs. The bootstrap draws base
points with all their runs, so that a resample is a row of counts and all resampled means are one matrix product.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Literal

import numpy as np
import pandas as pd
from scipy.stats import qmc

from methods import checks
from methods.errors import InputError, UsageError

MOST_MEMORY = 4e9        # bytes of the runs that have to be kept
LEAST_SHARE = 0.5        # of base points with a value in all their runs, below which an output gets no indices
MOST_CONSTANT = 0.05     # share of resamples in which an output may not vary
CONSTANT = "не меняется ни в одной точке плана"
FAILED = "модель не дала значения больше чем в половине точек плана"
RARE = "меняется слишком редко: в части повторных выборок одно значение"

Model = Callable[[np.ndarray], np.ndarray]   # points x coordinates -> points x outputs
DesignKind = Literal["sobol", "random"]


def columns_of(factors: Mapping[str, Sequence[int]], *, apart: bool = False) -> dict[str, np.ndarray]:
    """Factor -> its coordinates, sorted by name, so that the order in which factors were stated changes nothing.

    Parameters
    ----------
    factors : mapping of a name to numbers of columns
        A factor and the group it belongs to may both be there.
    apart : bool
        Every coordinate has to belong to one factor.
    """
    if not factors:
        raise InputError("Не задан ни один источник неопределённости: назовите хотя бы один и его координаты.")
    found = {name: np.asarray(factors[name]) for name in sorted(factors)}
    for name, columns in found.items():
        if columns.size == 0 or columns.ndim != 1 or columns.dtype.kind not in "iu" or columns.min() < 0 \
                or len(np.unique(columns)) < len(columns):
            raise InputError(f"Источник «{name}»: координаты — разные целые номера столбцов от 0, хотя бы один; задано "
                             f"{list(factors[name])}.")
    taken: dict[int, str] = {}
    for name, columns in found.items() if apart else ():
        for column in columns.tolist():
            if column in taken:
                raise InputError(f"Координата {column} есть и у «{taken[column]}», и у «{name}»: доли источников не "
                                 "сложатся в целое. Оставьте её одному из них.")
            taken[column] = name
    loose = sorted(set(range(max(taken, default=-1) + 1)) - set(taken))
    if loose:
        raise InputError(f"Координаты без источника: {', '.join(map(str, loose))}. Назовите, чьи они: без этого доли "
                         "не сложатся в целое.")
    return found


def group_factors(factors: Mapping[str, Sequence[int]], groups: Mapping[str, Sequence[str]]) -> dict[str, list[int]]:
    """Factors joined into groups; those that no group names stay by themselves.

    The index of a group is not the sum of the indices of its members: it also counts what they do together.

    >>> group_factors({"weights": [0, 1], "mix": [2], "sampling": [3]}, {"methodology": ["weights", "mix"]})
    {'methodology': [0, 1, 2], 'sampling': [3]}
    """
    members = pd.Index([name for group in groups.values() for name in group])
    checks.unique(members, "Группы источников")
    foreign = members.difference(pd.Index(list(factors)))
    if len(foreign):
        raise InputError(f"Группы источников: нет источника {', '.join(foreign)}; есть: {', '.join(factors)}.")
    alone = [name for name in factors if name not in members]
    doubled = sorted(set(groups).intersection(alone))
    if doubled:
        raise InputError(f"Группы источников: имя «{doubled[0]}» есть и у группы, и у источника вне групп.")
    joined = {name: sorted({column for one in group for column in factors[one]}) for name, group in groups.items()}
    return {**joined, **{name: list(factors[name]) for name in alone}}


def reasonable(base: int, design: str, resamples: int, confidence: float, seed: int) -> None:
    """Raise `UsageError` for parameters out of their range."""
    if design not in ("sobol", "random"):
        raise UsageError(f"План «{design}» неизвестен: допустимы sobol и random.")
    if base < 8 or (design == "sobol" and base & (base - 1)):
        raise UsageError("Базовых точек должно быть не меньше 8, для плана sobol — степень двойки; "
                         f"задано base={base}.")
    if not 0 < confidence < 1 or seed < 0:
        raise UsageError("confidence — между 0 и 1, seed — не меньше 0; "
                         f"задано confidence={confidence:g}, seed={seed}.")
    fewest = int(np.ceil(2 / (1 - confidence) - 1e-9))
    if resamples < fewest:
        raise UsageError(f"Повторных выборок {resamples}: интервал, накрывающий {100 * confidence:g} %, по ним не "
                         f"определён, нужно не меньше {fewest}.")


def base_points(coordinates: int, base: int, design: DesignKind, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """The two sets of base points A and B, each base x coordinates; scrambled Sobol points or random ones.

    Columns of one sequence go to A and B by turns, so that the two values a coordinate may take are neighbours in it.
    With halves, which are usual, some of these pairs fill their square unevenly at a few hundred points: on Sobol's G
    errors were up to four times as large, and 95 % intervals held in .82 (benchmarks/variance_based.py).

    References
    ----------
    Both sets from one sequence: Saltelli and others (2010). doi:10.1016/j.cpc.2009.09.018
    """
    stream = np.random.default_rng(np.random.SeedSequence(seed).spawn(2)[0])
    both = (qmc.Sobol(2 * coordinates, scramble=True, rng=stream).random(base) if design == "sobol"
            else stream.random((base, 2 * coordinates)))
    return both[:, ::2], both[:, 1::2]


def exchanged(a: np.ndarray, b: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Points of A with the given columns from B."""
    points = a.copy()
    points[:, columns] = b[:, columns]
    return points


def run(model: Model, points: np.ndarray, outputs: int | None = None) -> np.ndarray:
    """Outputs of the model, points x outputs; what is not finite becomes NaN, a failed run."""
    values = np.asarray(model(points), dtype=float)
    if values.ndim != 2 or len(values) != len(points) or outputs not in (None, values.shape[1]):
        raise InputError(f"Модель должна вернуть таблицу {len(points)} × {outputs or 'число результатов'}, получено "
                         f"{' × '.join(map(str, values.shape)) or 'одно число'}.")
    return values if np.isfinite(values).all() else np.where(np.isfinite(values), values, np.nan)


def labels_of(outputs: pd.Index | Sequence[str] | None, count: int) -> pd.Index:
    """Labels of the outputs, numbers by default."""
    labels = pd.RangeIndex(count) if outputs is None else pd.Index(outputs)
    checks.unique(labels, "Результаты модели")
    if len(labels) != count:
        raise InputError(f"Результаты модели: имён {len(labels)}, а столбцов модель вернула {count}.")
    return labels


def affordable(kept: float, base: int, outputs: int) -> None:
    """Raise before the runs that would not fit into memory."""
    if kept > MOST_MEMORY:
        raise UsageError(f"base={base}, результатов {outputs}: понадобится {kept / 1e9:.1f} ГБ памяти, предел — "
                         f"{MOST_MEMORY / 1e9:.0f} ГБ. Уменьшите base или разберите результаты по частям.")


def resampling_counts(base: int, resamples: int, seed: int) -> np.ndarray:
    """How often every base point occurs in every resample: base x resamples, columns sum to base."""
    stream = np.random.default_rng(np.random.SeedSequence(seed).spawn(2)[1])
    drawn = stream.integers(base, size=(resamples, base)) + base * np.arange(resamples)[:, None]
    counts = np.bincount(drawn.ravel(), minlength=resamples * base).reshape(resamples, base)
    return np.ascontiguousarray(counts.T, dtype=np.float32)


def resampled(products: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Sums of products in every resample: (..., base, outputs) -> (..., outputs, resamples).

    Single precision: products of standardised runs, whose sums are read to three digits.
    """
    return np.matmul(products.swapaxes(-1, -2), counts)


def percentiles(values: np.ndarray, confidence: float) -> tuple[np.ndarray, np.ndarray]:
    """Ends of the percentile interval along the last axis, which is sorted in place; NaN are left out."""
    values.sort(axis=-1)
    last = values.shape[-1] - 1 - np.isnan(values).sum(axis=-1)
    return tuple(_quantile(values, last, tail) for tail in ((1 - confidence) / 2, (1 + confidence) / 2))


def _quantile(ordered: np.ndarray, last: np.ndarray, share: float) -> np.ndarray:
    """Linear interpolation between order statistics, as `numpy.quantile` does."""
    place = share * np.maximum(last, 0)
    below = np.floor(place).astype(int)
    above = np.minimum(below + 1, np.maximum(last, 0))
    low, high = (np.take_along_axis(ordered, at[..., None], axis=-1)[..., 0].astype(float) for at in (below, above))
    return low + (place - below) * (high - low)
