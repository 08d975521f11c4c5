"""Pictures of weights: sources with their bands, distances, the frontier of candidates, weight against importance."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from methods.report.figures.style import (
    BLUE,
    GREY,
    INK,
    LETTER,
    LINE_HEIGHT,
    ORANGE,
    PALE,
    SERIES,
    SHADES,
    SHAPES,
    TEXT,
    WIDTH,
    comma,
    labelled_rows,
    legend_above,
    on_shade,
    wrapped,
)
from methods.report.results import spelled


def weight_bands(table: pd.DataFrame, adopted: pd.Series) -> Figure:
    """Weights by source with their bands, one panel an element; the adopted weight is the line through all panels.

    `table`: (element, source) x (kind, weight, low, high), shares; NaN ends where a source has no band. Kinds of
    sources have a shape and a colour each.
    """
    elements = list(adopted.index)
    kinds = table.xs(elements[0], level=0)["kind"]
    sources = kinds.index
    looks = {kind: (SERIES[(number + number // len(SHAPES)) % len(SERIES)], SHAPES[number % len(SHAPES)])
             for number, kind in enumerate(kinds.unique())}   # no two alike
    labels = wrapped(sources, 21)
    lines = max(label.count("\n") + 1 for label in labels)
    beside = LETTER * max(len(line) for label in labels for line in label.split("\n"))
    letters = max(8, int((WIDTH - beside) / len(elements) / LETTER) - 2)
    figure, panels = plt.subplots(1, len(elements), figsize=(WIDTH, (0.07 + LINE_HEIGHT * lines) * len(sources) + 1.8),
                                  sharey=True, layout="constrained", squeeze=False)
    widest = 100 * max(table["high"].max(skipna=True), table["weight"].max())
    for element, axes in zip(elements, panels[0], strict=True):
        own = 100 * table.xs(element, level=0).loc[sources, ["weight", "low", "high"]]
        axes.axvline(100 * adopted[element], color=INK, linewidth=1.2, linestyle="--")
        for row, source in enumerate(sources):
            colour, shape = looks[kinds[source]]
            axes.hlines(row, own.loc[source, "low"], own.loc[source, "high"], color=colour, linewidth=4, alpha=0.45)
            axes.plot(own.loc[source, "weight"], row, shape, color=colour, markersize=6, markeredgecolor=INK,
                      markeredgewidth=0.5)
        axes.set(xlim=(0, 1.05 * widest), ylim=(len(sources) - 0.5, -0.5), xlabel="%")
        axes.set_title("\n".join(wrapped([element], letters)), fontsize=TEXT, fontweight="normal")
        axes.grid(axis="y", visible=False)
        comma(axes, "x")
    panels[0][0].set_yticks(range(len(sources)), labels, fontsize=TEXT)
    handles = [Line2D([], [], marker=shape, color=colour, markeredgecolor=INK, markeredgewidth=0.5, linestyle="none")
               for colour, shape in looks.values()]
    figure.legend([*handles, Line2D([], [], color=INK, linewidth=1.2, linestyle="--")], [*looks, "принятый вес"],
                  loc="outside upper center", ncols=4, frameon=False, fontsize=TEXT, handletextpad=0.4)
    return figure


def distances(table: pd.DataFrame) -> Figure:
    """Share of the weight that would change hands between sources, %: every pair once, darker is farther."""
    values = 100 * table.to_numpy(dtype=float)
    values[np.triu_indices(len(table), 1)] = np.nan
    figure, axes = plt.subplots(figsize=(min(0.42 * len(table) + 2.4, WIDTH), 0.3 * len(table) + 1.7),
                                layout="constrained")
    farthest = max(float(np.nanmax(values, initial=0.0)), 1.0)
    axes.imshow(values, cmap=SHADES, vmin=0, vmax=farthest, aspect="auto")
    for row, column in zip(*np.nonzero(~np.isnan(values)), strict=True):
        axes.text(column, row, spelled(values[row, column], 0), ha="center", va="center", fontsize=TEXT,
                  color=on_shade(values[row, column] / farthest))
    axes.set_xticks(range(len(table)), [str(label) for label in table.columns], rotation=60, ha="right",
                    rotation_mode="anchor", fontsize=TEXT)
    axes.set_yticks(range(len(table)), [str(label) for label in table.index], fontsize=TEXT)
    axes.grid(visible=False)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    return figure


def frontier(costs: pd.DataFrame, efficient: pd.Series, chosen: str, labels: dict[str, str]) -> Figure:
    """Candidates by two costs, less is better; those that nothing beats are filled, the chosen one is named."""
    across, up = list(labels)
    figure, axes = plt.subplots(figsize=(WIDTH, 3.8), layout="constrained")
    axes.plot(costs.loc[~efficient, across], costs.loc[~efficient, up], "o", color=GREY, markersize=4.5, alpha=0.6,
              label="есть вариант лучше во всём")
    axes.plot(costs.loc[efficient, across], costs.loc[efficient, up], "o", color=BLUE, markersize=6,
              label="ни один не лучше во всём")
    axes.plot(costs.loc[chosen, across], costs.loc[chosen, up], "*", color=ORANGE, markersize=17,
              markeredgecolor="white", label="проект")
    axes.set(xlabel=labels[across], ylabel=labels[up])
    axes.set_xlim(left=min(0.0, costs[across].min()))
    comma(axes)
    legend_above(axes, 3)
    return figure


def weight_against_importance(table: pd.DataFrame) -> Figure:
    """Nominal weight and effective importance of each element: a bar, and a dot with its interval."""
    figure, axes, rows = labelled_rows(table.index, "Доля, %")
    axes.barh(rows, 100 * table["weight"], color=PALE, height=0.66, label="вес по методике")
    axes.hlines(rows, 100 * table["low"], 100 * table["high"], color=ORANGE, linewidth=4, alpha=0.5)
    axes.plot(100 * table["importance"], rows, "D", color=ORANGE, markersize=7,
              label="доля влияния на индекс, интервал 95 %")
    axes.set_xlim(left=0)
    legend_above(axes)
    return figure
