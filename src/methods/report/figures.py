"""Figures of the notebooks: one function a picture, data in, matplotlib figure out. Nothing is computed here."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

INK, BLUE, ORANGE, GREY = "#22303C", "#2B6CA3", "#C7622B", "#9AA5B1"
FEW_UNITS = 45  # more rows than this cannot carry labels: a ribbon is drawn instead


def use_theme() -> None:
    """One look everywhere; DejaVu Sans ships with matplotlib, so Windows and Linux draw the same letters."""
    sns.set_theme(context="notebook", style="whitegrid", font="DejaVu Sans", rc={
        "axes.edgecolor": GREY, "axes.labelcolor": INK, "text.color": INK, "xtick.color": INK, "ytick.color": INK,
        "grid.color": "#E3E8ED", "axes.spines.top": False, "axes.spines.right": False, "axes.titlelocation": "left",
        "axes.titlesize": 12, "axes.titleweight": "bold", "figure.dpi": 100,
        "text.parse_math": False})  # a centre called «$5» is no formula


def _comma(axis_of: plt.Axes, which: str = "xy") -> None:
    """Decimal comma and a true minus on the axes."""
    def text(value: float, _: int) -> str:
        return f"{value:.10g}".replace(".", ",").replace("-", "−")
    for letter in which:
        getattr(axis_of, f"{letter}axis").set_major_formatter(FuncFormatter(text))


def _rows(labels: Sequence[str], xlabel: str, width: int = 42) -> tuple[Figure, plt.Axes, np.ndarray]:
    """Axes with one labelled row an item, the first on top; rows are as high as the longest wrapped label needs."""
    wrapped = [textwrap.fill(str(label), width) for label in labels]
    lines = max(label.count("\n") + 1 for label in wrapped)
    figure, axes = plt.subplots(figsize=(8, (0.16 + 0.2 * lines) * len(wrapped) + 1.1), layout="constrained")
    rows = np.arange(len(wrapped))
    axes.set_yticks(rows, wrapped, fontsize=10)
    axes.set_ylim(len(wrapped) - 0.5, -0.5)
    axes.set_xlabel(xlabel)
    axes.grid(axis="y", visible=False)
    _comma(axes, "x")
    return figure, axes, rows


def _legend_above(axes: plt.Axes, columns: int = 4) -> None:
    """The legend over the picture, where it takes no width from the rows."""
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=columns, frameon=False, fontsize=10, borderaxespad=0.2,
                handletextpad=0.4, columnspacing=1.4)


def score_distribution(scores: pd.Series, cut_offs: Sequence[float], scale: str, noun: str) -> Figure:
    """Histogram of index scores with the borders of grades."""
    figure, axes = plt.subplots(figsize=(8, 3.4), layout="constrained")
    axes.hist(scores.dropna(), bins=40, color=BLUE, edgecolor="white", linewidth=0.6)
    for cut in cut_offs:
        axes.axvline(cut, color=ORANGE, linewidth=1.4, linestyle="--")
    axes.set(xlabel=f"Индекс, {scale}" if scale else "Индекс", ylabel=f"Число {noun}")
    axes.grid(axis="x", visible=False)
    _comma(axes)
    return figure


def weights_by_source(weights: pd.DataFrame, adopted: str) -> Figure:
    """Weights of elements (rows) by source (columns): one mark a source, the adopted one as a bar."""
    figure, axes, rows = _rows(weights.index, "Вес, %")
    axes.barh(rows, 100 * weights[adopted], color="#D6E3EF", height=0.72, label=adopted)
    others = [column for column in weights if column != adopted]
    markers = "osD^vPXph"
    for place, (source, colour) in enumerate(zip(others, sns.color_palette("colorblind", len(others)), strict=True)):
        axes.plot(100 * weights[source], rows, markers[place % len(markers)], color=colour, markersize=7.5,
                  label=source, markeredgecolor="white", markeredgewidth=0.5)
    axes.set_xlim(left=0)
    _legend_above(axes, 3)
    return figure


def weight_against_importance(table: pd.DataFrame) -> Figure:
    """Nominal weight and effective importance of each element: two dots joined by a line."""
    figure, axes, rows = _rows(table.index, "%")
    axes.hlines(rows, 100 * table["weight"], 100 * table["importance"], color=GREY, linewidth=1.6)
    axes.plot(100 * table["weight"], rows, "o", color=BLUE, markersize=8, label="вес по методике")
    axes.plot(100 * table["importance"], rows, "D", color=ORANGE, markersize=7, label="доля влияния на индекс")
    axes.set_xlim(left=0)
    _legend_above(axes)
    return figure


def bias_with_limits(table: pd.DataFrame) -> Figure:
    """Bland-Altman in rows: mean difference survey minus checklist, its interval, and the limits of agreement."""
    figure, axes, rows = _rows(table.index, "Разность: опрос минус объективная оценка")
    axes.hlines(rows, table["limit_low"], table["limit_high"], color=GREY, linewidth=2, label="95 % разностей")
    axes.hlines(rows, table["bias_low"], table["bias_high"], color=ORANGE, linewidth=5)
    axes.plot(table["bias"], rows, "o", color=ORANGE, markersize=6, label="средняя разность")
    axes.axvline(0, color=INK, linewidth=1)
    _legend_above(axes)
    return figure


def correlations_with_intervals(table: pd.DataFrame) -> Figure:
    """Correlations in rows with their intervals."""
    figure, axes, rows = _rows(table.index, "Корреляция")
    axes.hlines(rows, table["low"], table["high"], color=BLUE, linewidth=3, alpha=0.5)
    axes.plot(table["pearson"], rows, "o", color=BLUE, markersize=7, label="Пирсон, интервал 95 %")
    axes.plot(table["spearman"], rows, "D", color=ORANGE, markersize=6, label="Спирмен")
    axes.axvline(0, color=INK, linewidth=1)
    _legend_above(axes)
    return figure


def rank_intervals(summary: pd.DataFrame, titles: pd.Series) -> Figure:
    """Adopted place and the interval of places; few units get a named row each, many a ribbon."""
    ordered = summary.sort_values("adopted", kind="stable")
    if len(ordered) > FEW_UNITS:
        figure, axes = plt.subplots(figsize=(8, 4.6), layout="constrained")
        place = np.arange(1, len(ordered) + 1)
        axes.fill_between(place, ordered["low"], ordered["high"], color=BLUE, alpha=0.28, linewidth=0,
                          label="интервал мест")
        axes.plot(place, ordered["adopted"], color=ORANGE, linewidth=1.6, label="принятое место")
        axes.set(xlabel="По порядку принятых мест", ylabel="Место")
        axes.invert_yaxis()
        axes.legend(loc="upper right", frameon=False)
        return figure
    figure, axes, rows = _rows(titles.reindex(ordered.index), "Место")
    axes.hlines(rows, ordered["low"], ordered["high"], color=BLUE, linewidth=4, alpha=0.45, label="интервал мест")
    axes.plot(ordered["adopted"], rows, "o", color=ORANGE, markersize=5.5, label="принятое место")
    _legend_above(axes)
    return figure


def stacked_shares(shares: pd.DataFrame, label: str) -> Figure:
    """Shares of ordered grades in rows that sum to 1."""
    figure, axes, rows = _rows(shares.index, label)
    left = np.zeros(len(shares))
    for grade, colour in zip(shares, sns.color_palette("viridis", shares.shape[1]), strict=True):
        width = 100 * shares[grade].to_numpy()
        axes.barh(rows, width, left=left, color=colour, label=str(grade), height=0.7)
        left = left + width
    axes.set_xlim(0, 100)
    _legend_above(axes, 6)
    return figure
