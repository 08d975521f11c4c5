"""The map of correlations with its traffic lights."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from methods.index.correlation_lights import COHERENT, CONTRARY, REDUNDANT, SILENT
from methods.report.figures.style import (
    INK,
    LETTER,
    LINE_HEIGHT,
    ORANGE,
    SERIES,
    SHADES,
    SHAPES,
    TEXT,
    WIDTH,
    on_shade,
    wrapped,
)
from methods.report.results import spelled

SHORT = 5   # letters of a column label that needs no number instead
NARROW_MINUS = "–"   # an en dash: the true minus makes neighbours touch in a map of twenty columns
# A shape, a colour, and is it filled: the three lights are told apart without colour.
LIGHTS = {REDUNDANT: ("s", INK, True), SILENT: ("o", INK, False), CONTRARY: ("v", ORANGE, True)}


def correlation_map(table: pd.DataFrame, lights: pd.DataFrame | None = None) -> Figure:
    """Correlations as shades with numbers in hundredths; traffic lights are marks, each kind of its own shape.

    The shade follows the strength of the link and the sign stands in the number: the map is read in grey. A table with
    the same rows and columns is drawn by its lower triangle, with the lights in the upper one; in any other table a
    light stands beside its number. Columns with long titles are numbered when they are the rows once more.

    Parameters
    ----------
    table : DataFrame
        Correlations between -1 and 1; NaN where there is none.
    lights : DataFrame, optional
        A word for every pair, by the same labels, as `index.correlation_lights` gives; nothing is drawn for the
        coherent and the empty ones. Words that it does not know get shapes of their own.
    """
    square = list(table.index) == list(table.columns)
    marks = _marks(table, lights)
    kinds = _kinds(marks)
    figure, axes = _cells(table, square)
    values = table.to_numpy(dtype=float, copy=True)
    if square:
        values[np.triu_indices(len(table))] = np.nan
    axes.imshow(np.abs(values), cmap=SHADES, vmin=0, vmax=1, aspect="auto")
    for row, column in zip(*np.nonzero(~np.isnan(values)), strict=True):
        lit = not square and marks.iat[row, column] in kinds
        number = spelled(100 * values[row, column], 0).replace("−", NARROW_MINUS)
        axes.text(column - (0.18 if lit else 0), row, number, ha="center", va="center", fontsize=TEXT,
                  color=on_shade(abs(values[row, column])))
    for kind, (shape, colour, filled) in kinds.items():
        rows, columns = _places(marks, kind, square)
        light = [on_shade(abs(values[row, column])) if colour == INK and not square else colour
                 for row, column in zip(rows, columns, strict=True)]
        axes.scatter(columns + (0 if square else 0.27), rows, s=44, marker=shape, edgecolors=light, linewidths=1.3,
                     facecolors=light if filled else "none", zorder=3)
    if kinds:
        handles = [Line2D([], [], marker=shape, color=colour, markersize=7, markeredgewidth=1.3, linestyle="none",
                          markerfacecolor=colour if filled else "none") for shape, colour, filled in kinds.values()]
        axes.legend(handles, list(kinds), loc="lower left", bbox_to_anchor=(0, 1), ncols=4, frameon=False,
                    fontsize=TEXT, handletextpad=0.2)
    return figure


def _marks(table: pd.DataFrame, lights: pd.DataFrame | None) -> pd.DataFrame:
    if lights is None:
        return pd.DataFrame("", table.index, table.columns)
    return lights.reindex(index=table.index, columns=table.columns).astype(object).where(lambda own: own.notna(), "")


def _kinds(marks: pd.DataFrame) -> dict[str, tuple[str, str, bool]]:
    """Words that are drawn, with their shapes: those of `LIGHTS` in its order, then others by the alphabet."""
    found = set(marks.to_numpy().ravel()) - {"", COHERENT}
    kinds = {kind: look for kind, look in LIGHTS.items() if kind in found}
    others = zip(sorted(found - set(LIGHTS)), SHAPES[1:2] + SHAPES[3:], SERIES[2:], strict=False)
    return kinds | {kind: (shape, colour, True) for kind, shape, colour in others}


def _cells(table: pd.DataFrame, square: bool) -> tuple[Figure, plt.Axes]:
    """Empty cells with their labels: as wide as the numbers need, as high as the wrapped titles need."""
    rows, columns = table.shape
    numbered = square and max((len(str(label)) for label in table.columns), default=0) > SHORT
    names = [f"{number}. {label}" if numbered else str(label) for number, label in enumerate(table.index, 1)]
    names = wrapped(names, 22 if columns > 10 else 32)
    heads = [str(number) for number in range(1, columns + 1)] if numbered else wrapped(table.columns, 12)
    lines = max((name.count("\n") + 1 for name in names), default=1)
    upright = not numbered and columns > 5 and max(map(len, map(str, table.columns)), default=0) > SHORT
    above = LINE_HEIGHT * max((head.count("\n") + 1 for head in heads), default=1) if not upright else 1.1
    widest = max((len(line) for name in names for line in name.split("\n")), default=0)
    side = min((WIDTH - LETTER * widest - 0.3) / max(columns, 1), 0.5 if square else 0.9)
    figure, axes = plt.subplots(figsize=(side * columns + LETTER * widest + 0.3,
                                         max(0.3, LINE_HEIGHT * lines + 0.06) * rows + above + 0.75),
                                layout="constrained")
    axes.set_xticks(range(columns), heads, fontsize=TEXT, rotation=90 if upright else 0)
    axes.set_yticks(range(rows), names, fontsize=TEXT)
    axes.set_xticks(np.arange(columns + 1) - 0.5, minor=True)
    axes.set_yticks(np.arange(rows + 1) - 0.5, minor=True)
    axes.grid(visible=False)
    axes.grid(which="minor", color="#E3E8ED", linewidth=0.8)
    axes.tick_params(which="both", length=0)
    axes.set_xlabel("Корреляция, сотые доли")
    return figure, axes


def _places(marks: pd.DataFrame, kind: str, square: bool) -> tuple[np.ndarray, np.ndarray]:
    """Rows and columns of the marks of a kind; in a square table every pair once, above the diagonal."""
    rows, columns = np.nonzero((marks == kind).to_numpy())
    if not square:
        return rows, columns
    pairs = sorted({(min(pair), max(pair)) for pair in zip(rows.tolist(), columns.tolist(), strict=True)
                    if pair[0] != pair[1]})
    return tuple(np.array(pairs, dtype=int).reshape(-1, 2).T)
