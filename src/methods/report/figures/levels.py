"""Pictures of levels: distribution, certainty, questions, transitions."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from methods.errors import InputError
from methods.report.figures.style import (
    BLUE,
    FAINT,
    INK,
    LETTER,
    LINE,
    ORANGE,
    SHADES,
    TEXT,
    WIDTH,
    comma,
    labelled_rows,
    legend_above,
    on_shade,
    spread,
    wrapped,
)
from methods.report.results import NO_DATA, spelled

NARROW = 6   # % of the width: a narrower piece has no room for its number


def stacked_shares(shares: pd.DataFrame, label: str) -> Figure:
    """Shares of ordered grades in rows that sum to 1; the darker, the higher the grade."""
    figure, axes, rows = labelled_rows(shares.index, label, width=26)
    left = np.zeros(len(shares))
    for place, grade in zip(np.linspace(0.08, 0.92, shares.shape[1]), shares, strict=True):
        width = 100 * shares[grade].to_numpy(dtype=float)
        axes.barh(rows, width, left=left, color=SHADES(place), label=str(grade), height=0.7, edgecolor=LINE,
                  linewidth=0.6)
        for row, start, own in zip(rows, left, width, strict=True):
            if own >= NARROW:
                axes.text(start + own / 2, row, spelled(own, 0), ha="center", va="center", fontsize=TEXT,
                          color=on_shade(place))
        left = left + np.nan_to_num(width)
    axes.set_xlim(0, 100)
    axes.grid(visible=False)
    legend_above(axes, 6)
    return figure


def level_certainty(scores: pd.Series, own: pd.Series, cuts: Sequence[float], scale: str) -> Figure:
    """Probability of the level that a unit was given, by its score: it dips at every border."""
    figure, axes = plt.subplots(figsize=(WIDTH, 3.3), layout="constrained")
    for cut in cuts:
        axes.axvline(cut, color=ORANGE, linewidth=1.4, linestyle="--")
    axes.plot(scores[own.index], 100 * own, "o", color=BLUE, markersize=4, alpha=0.5, markeredgewidth=0)
    axes.set(xlabel=f"Индекс, {scale}" if scale else "Индекс", ylabel="Вероятность своего уровня, %", ylim=(0, 103))
    comma(axes)
    return figure


def questions_map(statistics: pd.DataFrame, doubtful: Sequence[object], most: int = 14) -> Figure:
    """Questions by how easy they are and how they go with the rest; those with a doubt are named, most telling first.

    Names of many doubtful questions would cover each other: only those that go worst with the rest have theirs, in a
    column beside the picture.
    """
    figure, axes = plt.subplots(figsize=(WIDTH, 4.2), layout="constrained")
    marked = statistics.index.isin(list(doubtful))
    for own, colour, shape, label in ((~marked, BLUE, "o", "без сомнений"), (marked, ORANGE, "D", "есть сомнение")):
        axes.plot(100 * statistics.loc[own, "share"], statistics.loc[own, "item_rest"], shape, color=colour,
                  markersize=5.5, alpha=0.75, markeredgewidth=0, label=label)
    axes.axhline(0, color=INK, linewidth=1)
    axes.set(xlabel="Доля полученных баллов, % (правее — легче)", ylabel="Связь с остальными вопросами")
    comma(axes)
    legend_above(axes)
    named = statistics[marked].dropna(subset=["item_rest"]).nsmallest(most, "item_rest")
    bottom, top = axes.get_ylim()
    across = axes.get_xlim()
    heights = spread(named["item_rest"].to_numpy(), 0.052 * (top - bottom), bottom, top)
    for (label, own), height in zip(named.iterrows(), heights, strict=True):
        axes.annotate(str(label), (100 * own["share"], own["item_rest"]), xytext=(1.03, height),
                      textcoords=axes.get_yaxis_transform(), va="center", fontsize=TEXT, annotation_clip=False,
                      arrowprops={"arrowstyle": "-", "color": LINE, "linewidth": 0.7, "shrinkA": 1, "shrinkB": 3})
    axes.set(xlim=across, ylim=(bottom, top))
    return figure


def transition_maps(shares: dict[str, pd.DataFrame], names: Sequence[str]) -> Figure:
    """Shares of every level (rows) that went to every level (columns), %, one panel a pair of waves."""
    count = max(len(table) for table in shares.values())
    beside = LETTER * max(map(len, names)) + 0.5
    each = min(max(LETTER * max(map(len, names)), 0.7), (WIDTH - beside) / (count * len(shares)))   # inches of a column
    figure, panels = plt.subplots(1, len(shares), figsize=(each * count * len(shares) + beside, 0.42 * count + 1.3),
                                  layout="constrained", squeeze=False, sharey=True)
    for (title, table), axes in zip(shares.items(), panels[0], strict=True):
        axes.imshow(100 * table.to_numpy(dtype=float), cmap=SHADES, vmin=0, vmax=100, aspect="auto")
        for row, column in np.ndindex(table.shape):
            share = table.iat[row, column]
            axes.text(column, row, spelled(100 * share, 0), ha="center", va="center", fontsize=TEXT,
                      color=INK if np.isnan(share) else on_shade(share))
        labels = [names[level] for level in table.index]
        axes.set_xticks(range(len(labels)), wrapped(labels, int(each / LETTER)))
        axes.set_yticks(range(len(labels)), labels)
        axes.set_title(title, fontsize=11)
        axes.grid(visible=False)
        axes.tick_params(length=0)
        axes.set_xlabel("стало")
    panels[0][0].set_ylabel("было")
    return figure


def maturity_profile(shares: pd.DataFrame, levels: pd.Series | None = None, certainty: pd.Series | None = None, *,
                     label: str = "Доля, %") -> Figure:
    """Profile of levels: a row a dimension or a region, a cell a level, darker is more; the given level is framed.

    Parameters
    ----------
    shares : DataFrame, rows x levels
        Shares of units at the level, or its probability, in [0; 1]; the columns go from the lowest level. A row of NaN
        is hidden and shows dashes.
    levels : Series, optional
        Level given to the row, one of the columns; rows without one have no frame.
    certainty : Series, optional
        How sure the levels of the row are, in [0; 1], %, written at its end; a dash where it is not known.
    label : str
        What the cells show.

    Raises
    ------
    InputError
        A level that is not among the columns.
    """
    given = pd.Series(dtype=object) if levels is None else levels.reindex(shares.index).dropna()
    for row, level in given.items():
        if level not in shares.columns:
            raise InputError(f"Уровня «{level}» (строка «{row}») нет среди столбцов профиля: "
                             f"{', '.join(map(str, shares.columns))}. Проверьте названия уровней.")
    figure, axes, rows = labelled_rows(shares.index, label, width=30)
    axes.imshow(100 * shares.to_numpy(dtype=float), cmap=SHADES, vmin=0, vmax=100, aspect="auto")
    for row, column in np.ndindex(shares.shape):
        share = shares.iat[row, column]
        axes.text(column, row, spelled(100 * share, 0), ha="center", va="center", fontsize=TEXT,
                  color=INK if np.isnan(share) else on_shade(share))
    for row, level in given.items():
        left, top = shares.columns.get_loc(level) - 0.46, shares.index.get_loc(row) - 0.42
        axes.add_patch(Rectangle((left, top), 0.92, 0.84, fill=False, edgecolor=ORANGE, linewidth=2.6))
    if certainty is not None and certainty.notna().any():
        beside = axes.get_yaxis_transform()
        axes.text(1.02, -0.6, "уверенность", transform=beside, va="bottom", fontsize=TEXT, color=FAINT)
        for row, sure in zip(rows, certainty.reindex(shares.index), strict=True):
            axes.text(1.02, row, f"{spelled(100 * sure, 0)}\u00a0%" if pd.notna(sure) else NO_DATA, transform=beside,
                      va="center", fontsize=TEXT)
    axes.set_xticks(range(shares.shape[1]), wrapped(shares.columns, max(7, 40 // max(shares.shape[1], 1))))
    axes.xaxis.set_ticks_position("top")
    axes.tick_params(length=0)
    axes.grid(visible=False)
    return figure
