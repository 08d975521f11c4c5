"""Pictures of change between two periods: mean effects of causes, waterfall."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from methods.errors import InputError
from methods.report.figures.style import (
    BLUE,
    HATCH,
    INK,
    LINE,
    ORANGE,
    SERIES,
    TEXT,
    labelled_rows,
    legend_above,
)
from methods.report.results import signed, spelled


def mean_effects(tables: dict[str, pd.Series], unit: str) -> Figure:
    """Mean effect of every cause on the score, one colour a pair of waves; left of the line it lowered the score."""
    causes = list(dict.fromkeys(code for own in tables.values() for code in own.index))
    figure, axes, rows = labelled_rows(causes, unit)
    height = 0.7 / len(tables)
    for place, (name, own) in enumerate(tables.items()):
        effects = own.reindex(causes)
        bars = axes.barh(rows - 0.35 + height * (place + 0.5), effects.to_numpy(), height=height, label=name,
                         color=SERIES[place % len(SERIES)], hatch=HATCH if place % 2 else None, edgecolor="white",
                         linewidth=0)
        if len(tables) == 1:   # more bars in a row leave no room for numbers
            axes.bar_label(bars, [signed(value, 2) for value in effects], padding=3, fontsize=TEXT)
    axes.margins(x=0.14)
    axes.axvline(0, color=INK, linewidth=1)
    legend_above(axes)
    return figure


def waterfall(parts: pd.Series, start: float, end: float, unit: str, *, ends: Sequence[str] = ("было", "стало"),
              decimals: int = 2) -> Figure:
    """How the start became the end, one step a cause: to the right it raised the value, to the left lowered it.

    The axis does not start at zero, so the two ends are points and only the steps are bars.

    Parameters
    ----------
    parts : Series
        Contribution of every cause, in the order in which they are drawn.
    start, end : float
        Values before and after; the parts add up to their difference.
    unit : str
        What the axis shows.
    ends : two texts
        What the two values are called, for instance the years.

    Raises
    ------
    InputError
        A part is not known, or the parts do not add up.
    """
    if parts.isna().any():
        raise InputError(f"Вклад причины «{parts.index[parts.isna()][0]}» неизвестен: каскад не строится. "
                         "Стройте его только там, где открыты все вклады.")
    if not np.isclose(start + parts.sum(), end, rtol=0, atol=1e-6 * max(1.0, abs(start), abs(end))):
        raise InputError(f"Вклады причин в сумме дают {signed(parts.sum(), 6)}, а изменение равно "
                         f"{signed(end - start, 6)}. Добавьте недостающую причину.")
    figure, axes, rows = labelled_rows([ends[0], *parts.index, ends[1]], unit)
    levels = np.concatenate([[start], start + parts.cumsum().to_numpy(dtype=float)])
    room = max(float(np.ptp(levels)), 1e-9)
    for row, left, right in zip(rows[1:-1], levels, levels[1:], strict=False):
        raised = right >= left
        axes.barh(row, right - left, left=left, height=0.6, color=BLUE if raised else ORANGE, edgecolor="white",
                  linewidth=0, hatch=None if raised else HATCH)
        axes.text(max(left, right) + 0.02 * room, row, signed(right - left, decimals), va="center", fontsize=TEXT)
    axes.vlines(levels, rows[:-1], rows[1:], color=LINE, linewidth=1, zorder=0)   # from step to step
    axes.plot([start, end], rows[[0, -1]], "D", color=INK, markersize=8)
    for row, level in ((rows[0], start), (rows[-1], end)):
        axes.text(level + 0.03 * room, row, spelled(level, decimals), va="center", fontsize=TEXT, fontweight="bold")
    axes.set_xlim(levels.min() - 0.06 * room, levels.max() + 0.2 * room)
    return figure
