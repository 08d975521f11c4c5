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
        "axes.titlesize": 12, "axes.titleweight": "bold", "figure.dpi": 100})


def _comma(axis_of: plt.Axes, which: str = "xy") -> None:
    """Decimal comma and a true minus on the axes."""
    def text(value: float, _: int) -> str:
        return f"{value:.10g}".replace(".", ",").replace("-", "−")
    for letter in which:
        getattr(axis_of, f"{letter}axis").set_major_formatter(FuncFormatter(text))


def _wrapped(titles: Sequence[str], width: int = 44) -> list[str]:
    return [textwrap.shorten(title, 2 * width, placeholder="…") if len(title) <= width
            else "\n".join(textwrap.wrap(title, width)[:2]) for title in titles]


def score_distribution(scores: pd.Series, cut_offs: Sequence[float], scale: str, noun: str) -> Figure:
    """Histogram of index scores with the borders of grades."""
    figure, axes = plt.subplots(figsize=(8, 3.4))
    axes.hist(scores.dropna(), bins=40, color=BLUE, edgecolor="white", linewidth=0.6)
    for cut in cut_offs:
        axes.axvline(cut, color=ORANGE, linewidth=1.4, linestyle="--")
    axes.set(xlabel=f"Индекс, {scale}" if scale else "Индекс", ylabel=f"Число {noun}")
    axes.grid(axis="x", visible=False)
    _comma(axes)
    return figure


def weights_by_source(weights: pd.DataFrame, adopted: str) -> Figure:
    """Weights of elements (rows) by source (columns): one dot a source, the adopted one as a bar."""
    figure, axes = plt.subplots(figsize=(8, max(2.6, 0.36 * len(weights) + 1.4)))
    rows = np.arange(len(weights))
    axes.barh(rows, 100 * weights[adopted], color="#D6E3EF", height=0.72, label=adopted)
    others = [column for column in weights if column != adopted]
    markers = "osD^vPXph"
    for place, (source, colour) in enumerate(zip(others, sns.color_palette("colorblind", len(others)), strict=True)):
        axes.plot(100 * weights[source], rows, markers[place % len(markers)], color=colour, markersize=7.5,
                  label=source, markeredgecolor="white", markeredgewidth=0.5)
    axes.set_yticks(rows, _wrapped(list(map(str, weights.index))))
    axes.invert_yaxis()
    axes.set_xlim(left=0)
    axes.set_xlabel("Вес, %")
    axes.grid(axis="y", visible=False)
    axes.legend(loc="upper left", bbox_to_anchor=(1.01, 1), frameon=False)
    _comma(axes, "x")
    return figure


def weight_against_importance(table: pd.DataFrame) -> Figure:
    """Nominal weight and effective importance of each element: two dots joined by a line."""
    figure, axes = plt.subplots(figsize=(8, max(2.4, 0.33 * len(table) + 1.2)))
    rows = np.arange(len(table))
    axes.hlines(rows, 100 * table["weight"], 100 * table["importance"], color=GREY, linewidth=1.6)
    axes.plot(100 * table["weight"], rows, "o", color=BLUE, markersize=8, label="вес по методике")
    axes.plot(100 * table["importance"], rows, "D", color=ORANGE, markersize=7, label="доля влияния на индекс")
    axes.set_yticks(rows, _wrapped(list(map(str, table.index))))
    axes.invert_yaxis()
    axes.set_xlim(left=0)
    axes.set_xlabel("%")
    axes.grid(axis="y", visible=False)
    axes.legend(loc="upper left", bbox_to_anchor=(1.01, 1), frameon=False)
    _comma(axes, "x")
    return figure


def bias_with_limits(table: pd.DataFrame) -> Figure:
    """Bland-Altman in rows: mean difference survey minus checklist, its interval, and the limits of agreement."""
    figure, axes = plt.subplots(figsize=(8, max(2.4, 0.33 * len(table) + 1.2)))
    rows = np.arange(len(table))
    axes.hlines(rows, table["limit_low"], table["limit_high"], color=GREY, linewidth=2, label="95 % разностей")
    axes.hlines(rows, table["bias_low"], table["bias_high"], color=ORANGE, linewidth=5)
    axes.plot(table["bias"], rows, "o", color=ORANGE, markersize=6, label="средняя разность")
    axes.axvline(0, color=INK, linewidth=1)
    axes.set_yticks(rows, _wrapped(list(map(str, table.index))))
    axes.invert_yaxis()
    axes.set_xlabel("Разность: опрос минус объективная оценка")
    axes.grid(axis="y", visible=False)
    axes.legend(loc="upper left", bbox_to_anchor=(1.01, 1), frameon=False)
    _comma(axes, "x")
    return figure


def correlations_with_intervals(table: pd.DataFrame) -> Figure:
    """Correlations in rows with their intervals."""
    figure, axes = plt.subplots(figsize=(8, max(2.2, 0.36 * len(table) + 1.2)))
    rows = np.arange(len(table))
    axes.hlines(rows, table["low"], table["high"], color=BLUE, linewidth=3, alpha=0.5)
    axes.plot(table["pearson"], rows, "o", color=BLUE, markersize=7, label="Пирсон, интервал 95 %")
    axes.plot(table["spearman"], rows, "D", color=ORANGE, markersize=6, label="Спирмен")
    axes.axvline(0, color=INK, linewidth=1)
    axes.set_yticks(rows, _wrapped(list(map(str, table.index))))
    axes.invert_yaxis()
    axes.set_xlabel("Корреляция")
    axes.grid(axis="y", visible=False)
    axes.legend(loc="upper left", bbox_to_anchor=(1.01, 1), frameon=False)
    _comma(axes, "x")
    return figure


def rank_intervals(summary: pd.DataFrame, titles: pd.Series) -> Figure:
    """Adopted place and the interval of places; few units get a named row each, many a ribbon."""
    ordered = summary.sort_values("adopted", kind="stable")
    if len(ordered) > FEW_UNITS:
        figure, axes = plt.subplots(figsize=(8, 4.6))
        place = np.arange(1, len(ordered) + 1)
        axes.fill_between(place, ordered["low"], ordered["high"], color=BLUE, alpha=0.28, linewidth=0,
                          label="интервал мест")
        axes.plot(place, ordered["adopted"], color=ORANGE, linewidth=1.6, label="принятое место")
        axes.set(xlabel="По порядку принятых мест", ylabel="Место")
        axes.invert_yaxis()
        axes.legend(loc="upper right", frameon=False)
        return figure
    figure, axes = plt.subplots(figsize=(8, 0.26 * len(ordered) + 1.2))
    rows = np.arange(len(ordered))
    axes.hlines(rows, ordered["low"], ordered["high"], color=BLUE, linewidth=4, alpha=0.45, label="интервал мест")
    axes.plot(ordered["adopted"], rows, "o", color=ORANGE, markersize=5.5, label="принятое место")
    axes.set_yticks(rows, titles.reindex(ordered.index))
    axes.invert_yaxis()
    axes.set_xlabel("Место")
    axes.grid(axis="y", visible=False)
    axes.legend(loc="upper right", frameon=False)
    return figure


def stacked_shares(shares: pd.DataFrame, label: str) -> Figure:
    """Shares of ordered grades in rows that sum to 1."""
    figure, axes = plt.subplots(figsize=(8, 0.42 * len(shares) + 1.5))
    left = np.zeros(len(shares))
    for grade, colour in zip(shares, sns.color_palette("viridis", shares.shape[1]), strict=True):
        width = 100 * shares[grade].to_numpy()
        axes.barh(np.arange(len(shares)), width, left=left, color=colour, label=str(grade), height=0.7)
        left = left + width
    axes.set_yticks(np.arange(len(shares)), _wrapped(list(map(str, shares.index))))
    axes.invert_yaxis()
    axes.set(xlabel=label, xlim=(0, 100))
    axes.grid(axis="y", visible=False)
    axes.legend(loc="upper left", bbox_to_anchor=(1.01, 1), frameon=False)
    _comma(axes, "x")
    return figure
