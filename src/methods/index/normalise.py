"""Normalisation: indicators of different units and directions on one scale, higher is better.

Each function takes one indicator over all units and its direction (1: more is better, -1: less is better) and keeps
labels and gaps. Statistics are taken over the units present, so a normalised value depends on who else is in the
table, except under `none` and `goalposts`.

Source: OECD/JRC (2008), Handbook on Constructing Composite Indicators, step 5, pp. 83-88.
"""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from methods import checks
from methods.errors import EditionError, InputError


def none(values: pd.Series, direction: int = 1) -> pd.Series:
    """The value itself; only for indicators that already share a scale on which more is better.

    >>> none(pd.Series([0.2, 0.8], name="Д1")).to_list()
    [0.2, 0.8]
    """
    if direction != 1:
        raise InputError(f"Показатель {values.name}: без нормирования допустимо только направление 1. "
                         "Задайте нормирование, которое переворачивает шкалу, например goalposts.")
    return values.astype(float)


def points_of_marks(marks: pd.Series, scale: tuple[int, int], treatment: str = "mean") -> pd.Series:
    r"""Marks of a questionnaire as points from 0 to 1, whose mean is the value of the question; NaN stays.

    :math:`(a - l)/(u - l)` under `mean`; under `top-2-box` 1 for the two best marks, else 0.

    >>> marks = pd.Series([1.0, 4.0, 5.0])
    >>> points_of_marks(marks, (1, 5)).to_list(), points_of_marks(marks, (1, 5), "top-2-box").to_list()
    ([0.0, 0.75, 1.0], [0.0, 1.0, 1.0])
    """
    low, high = scale
    if treatment == "top-2-box":
        return (marks >= high - 1).astype(float).where(marks.notna())
    return (marks - low) / (high - low)


def min_max(values: pd.Series, direction: int = 1, lower: float = 0.0, upper: float = 1.0) -> pd.Series:
    r"""Worst unit at `lower`, best at `upper`: :math:`l + (u - l)(x - x_{min})/(x_{max} - x_{min})`.

    >>> min_max(pd.Series([10.0, 12.0, 20.0]), direction=-1, upper=100).to_list()
    [100.0, 80.0, 0.0]
    """
    checks.varies(values, EditionError)
    share = (values - values.min()) / (values.max() - values.min())
    return lower + (upper - lower) * (share if direction == 1 else 1 - share)


def z_score(values: pd.Series, direction: int = 1, mean: float = 0.0, sd: float = 1.0) -> pd.Series:
    r"""Distance from the mean in sample standard deviations: :math:`m + s\,d\,(x - \bar x)/s_x` (n - 1 below).

    >>> z_score(pd.Series([1.0, 2.0, 3.0]), direction=-1).to_list()
    [1.0, 0.0, -1.0]
    """
    checks.varies(values, EditionError)
    return mean + sd * direction * (values - values.mean()) / values.std(ddof=1)


def goalposts(values: pd.Series, direction: int = 1, *, low: float, high: float, lower: float = 0.0,
              upper: float = 1.0, cap: bool = True) -> pd.Series:
    r"""Fixed posts instead of the sample's extremes, as in the Human Development Index: comparable between years.

    With `cap`, values beyond a post stay at it. `low` < `high` are posts of the raw scale whatever the direction.

    >>> goalposts(pd.Series([52.0, 90.0]), low=20, high=85).round(4).to_list()
    [0.4923, 1.0]
    """
    if not low < high:
        raise InputError(f"Показатель {values.name}: нижняя опорная точка {low} должна быть меньше верхней {high}.")
    share = (values - low) / (high - low)
    if cap:
        share = share.clip(0, 1)
    return lower + (upper - lower) * (share if direction == 1 else 1 - share)


def rank(values: pd.Series, direction: int = 1) -> pd.Series:
    """Place counted from the worst, 1 to n; ties share their mean place.

    >>> rank(pd.Series([5.0, 7.0, 7.0])).to_list()
    [1.0, 2.5, 2.5]
    """
    return (values * direction).rank()


def borda(values: pd.Series, direction: int = 1) -> pd.Series:
    """Borda points: how many units it beats, a tie counting one half (0 to n - 1).

    >>> borda(pd.Series([5.0, 7.0, 7.0])).to_list()
    [0.0, 1.5, 1.5]
    """
    return rank(values, direction) - 1


def percentile(values: pd.Series, direction: int = 1) -> pd.Series:
    """Per cent of units that are not better than this one, (0, 100]; Handbook, Table 15.

    >>> percentile(pd.Series([10.0, 12.0, 9.4, 9.5])).to_list()
    [75.0, 100.0, 25.0, 50.0]
    """
    return 100 * (values * direction).rank(method="max", pct=True)


def distance_to_reference(values: pd.Series, direction: int = 1, reference: str | float = "best") -> pd.Series:
    """Ratio to a reference: the best unit, the mean, a named unit or a stated number; Handbook, Table 15.

    The ratio is turned over when less is better, so 1 always means "as good as the reference". Positive values only.

    >>> distance_to_reference(pd.Series([10.0, 12.0], index=["Finland", "USA"])).round(2).to_dict()
    {'Finland': 0.83, 'USA': 1.0}
    """
    checks.positive(values.to_frame(), "Расстояние до эталона")
    if reference == "best":
        level = values.max() if direction == 1 else values.min()
    elif reference == "mean":
        level = values.mean()
    elif isinstance(reference, str):
        if reference not in values.index:
            raise InputError(f"Показатель {values.name}: единицы-эталона «{reference}» нет в данных.")
        level = values[reference]
    else:
        level = reference
    if not level > 0:
        raise InputError(f"Показатель {values.name}: эталон должен быть больше 0, сейчас {level:g}.")
    return values / level if direction == 1 else level / values


NORMALISATIONS: dict[str, Callable[..., pd.Series]] = {
    "none": none, "min-max": min_max, "z-score": z_score, "goalposts": goalposts, "rank": rank, "borda": borda,
    "percentile": percentile, "distance-to-reference": distance_to_reference,
}
