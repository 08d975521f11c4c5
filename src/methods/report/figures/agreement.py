"""Pictures of agreement: bias with its limits, correlations, quadrants."""

from __future__ import annotations

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure

from methods.agreement.verdict import QUADRANTS
from methods.report.figures.style import BLUE, GREY, INK, ORANGE, TEXT, WIDTH, comma, labelled_rows, legend_above


def bias_with_limits(table: pd.DataFrame) -> Figure:
    """Bland-Altman in rows: mean difference survey minus checklist, its interval, and the limits of agreement."""
    figure, axes, rows = labelled_rows(table.index, "Разность: опрос минус объективная оценка")
    axes.hlines(rows, table["limit_low"], table["limit_high"], color=GREY, linewidth=2, label="95 % разностей")
    axes.hlines(rows, table["bias_low"], table["bias_high"], color=ORANGE, linewidth=5)
    axes.plot(table["bias"], rows, "o", color=ORANGE, markersize=6, label="средняя разность")
    axes.axvline(0, color=INK, linewidth=1)
    legend_above(axes)
    return figure


def correlations_with_intervals(table: pd.DataFrame) -> Figure:
    """Correlations in rows with their intervals."""
    figure, axes, rows = labelled_rows(table.index, "Корреляция")
    axes.hlines(rows, table["low"], table["high"], color=BLUE, linewidth=3, alpha=0.5)
    axes.plot(table["pearson"], rows, "o", color=BLUE, markersize=7, label="Пирсон, интервал 95 %")
    axes.plot(table["spearman"], rows, "D", color=ORANGE, markersize=6, label="Спирмен")
    axes.axvline(0, color=INK, linewidth=1)
    legend_above(axes)
    return figure


def observed_and_true(table: pd.DataFrame) -> Figure:
    """Correlation of the sides as seen, and without the survey's error with its interval; unbounded ones are cut."""
    figure, axes, rows = labelled_rows(table.index, "Корреляция опроса и чек-листа")
    known = table["true_correlation"].notna().to_numpy()
    low, high = (table[f"true_correlation_{end}"].clip(-1, 1).fillna(0.0) for end in ("low", "high"))
    axes.hlines(rows[known], low[known], high[known], color=ORANGE, linewidth=4, alpha=0.5)
    axes.plot(table["true_correlation"].clip(-1, 1)[known], rows[known], "D", color=ORANGE, markersize=6,
              label="без ошибки опроса, интервал 95 %")
    axes.plot(table["correlation"], rows, "o", color=BLUE, markersize=6, label="видимая")
    axes.axvline(0, color=INK, linewidth=1)
    axes.set_xlim(-1.02, 1.02)
    legend_above(axes)
    return figure


def quadrant_map(table: pd.DataFrame, survey_cut: float, checklist_cut: float) -> Figure:
    """Units by checklist and survey, the four quadrants named with their counts; the borders are lines."""
    figure, axes = plt.subplots(figsize=(WIDTH, 5.0), layout="constrained")
    looks = dict(zip(QUADRANTS, ((GREY, "o"), (ORANGE, "D"), (BLUE, "s"), (GREY, "o")), strict=True))
    for name, part in table.groupby("quadrant"):
        axes.plot(100 * part["checklist"], 100 * part["survey"], looks[name][1], color=looks[name][0],
                  markersize=4, alpha=0.6, markeredgewidth=0)
    axes.axvline(100 * checklist_cut, color=INK, linewidth=1)
    axes.axhline(100 * survey_cut, color=INK, linewidth=1)
    counts = table["quadrant"].value_counts()
    for name, x, y in zip(QUADRANTS, (0.99, 0.99, 0.01, 0.01), (0.98, 0.02, 0.98, 0.02), strict=True):
        axes.text(x, y, f"{name}: {counts.get(name, 0)}", transform=axes.transAxes, fontsize=TEXT,
                  ha="right" if x > 0.5 else "left", va="top" if y > 0.5 else "bottom",
                  bbox={"facecolor": "white", "alpha": 0.85, "edgecolor": "none", "pad": 2})
    axes.set(xlabel="Чек-лист, % исполненного", ylabel="Опрос, % шкалы")
    comma(axes)
    return figure
