"""Pictures of places: scores, rank intervals, acceptability, causes of doubt."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.colors import PowerNorm
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from methods.report.figures.style import BLUE, ORANGE, PALE, SHADES, WIDTH, comma, labelled_rows, legend_above

FEW_UNITS = 36   # more rows than this do not fit on a page with their labels: a ribbon is drawn instead
LONG_LIST = 18   # longer lists get wider labels, so that most of them take one line


def score_distribution(scores: pd.Series, cut_offs: Sequence[float], scale: str, noun: str) -> Figure:
    """Histogram of index scores with the borders of grades."""
    figure, axes = plt.subplots(figsize=(WIDTH, 3.3), layout="constrained")
    axes.hist(scores.dropna(), bins=40, color=BLUE, edgecolor="white", linewidth=0.6)
    for cut in cut_offs:
        axes.axvline(cut, color=ORANGE, linewidth=1.4, linestyle="--")
    axes.set(xlabel=f"Индекс, {scale}" if scale else "Индекс", ylabel=f"Число {noun}")
    axes.grid(axis="x", visible=False)
    comma(axes)
    return figure


def rank_intervals(summary: pd.DataFrame, titles: pd.Series) -> Figure:
    """Adopted place and the interval of places; few units get a named row each, many a ribbon."""
    ordered = summary.sort_values("adopted", kind="stable")
    if len(ordered) > FEW_UNITS:
        figure, axes = plt.subplots(figsize=(WIDTH, 4.4), layout="constrained")
        place = np.arange(1, len(ordered) + 1)
        axes.fill_between(place, ordered["low"], ordered["high"], color=BLUE, alpha=0.28, linewidth=0,
                          label="интервал мест")
        axes.plot(place, ordered["adopted"], color=ORANGE, linewidth=1.6, label="принятое место")
        worst = float(np.nanmax(ordered[["high", "adopted"]].to_numpy()))
        ticks = [1, *(tick for tick in MaxNLocator(6).tick_values(1, worst) if 1 < tick <= worst)]
        axes.set(xlabel="По порядку принятых мест", ylabel="Место", xticks=ticks, yticks=ticks, xlim=(1, len(ordered)),
                 ylim=(worst, 1))
        comma(axes)
        axes.legend(loc="upper right", frameon=False)
        return figure
    figure, axes, rows = labelled_rows(titles.reindex(ordered.index), "Место",
                                       width=50 if len(ordered) > LONG_LIST else 38)
    axes.hlines(rows, ordered["low"], ordered["high"], color=BLUE, linewidth=4, alpha=0.45, label="интервал мест")
    axes.plot(ordered["adopted"], rows, "o", color=ORANGE, markersize=5.5, label="принятое место")
    legend_above(axes)
    return figure


def acceptability_map(table: pd.DataFrame) -> Figure:
    """Shares of draws by adopted place (rows) and place drawn (columns), darker is more; readable in grey."""
    figure, axes = plt.subplots(figsize=(6.4, 5.2), layout="constrained")
    image = axes.imshow(100 * table.to_numpy(), cmap=SHADES,
                        norm=PowerNorm(0.6, vmin=0), aspect="equal")
    ticks = np.unique(np.linspace(0, len(table) - 1, 6).round().astype(int))
    axes.set_xticks(ticks, [str(table.columns[tick]) for tick in ticks])
    axes.set_yticks(ticks, [str(table.index[tick]) for tick in ticks])
    axes.set(xlabel="Место в розыгрыше, от", ylabel="Принятое место, от")
    axes.grid(visible=False)
    bar = figure.colorbar(image, ax=axes, shrink=0.8)
    bar.set_label("% розыгрышей")
    comma(bar.ax, "y")
    bar.outline.set_visible(False)
    return figure


def causes(table: pd.DataFrame) -> Figure:
    """Shares of doubt by source with their intervals, the largest on top."""
    figure, axes, rows = labelled_rows(table.index, "% дисперсии среднего сдвига мест")
    axes.barh(rows, table["effect"], color=PALE, height=0.66, label="доля источника (Шепли)")
    axes.hlines(rows, table["low"], table["high"], color=BLUE, linewidth=4, alpha=0.6, label="интервал 95 %")
    axes.set_xlim(left=0)
    legend_above(axes)
    return figure
