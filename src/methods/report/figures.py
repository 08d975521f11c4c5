"""Figures of the notebooks: one function a picture, data in, matplotlib figure out. Nothing is computed here."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.colors import LinearSegmentedColormap, PowerNorm
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from methods.agreement.verdict import QUADRANTS

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


def weight_bands(table: pd.DataFrame, adopted: pd.Series) -> Figure:
    """Weights by source with their bands, one panel an element; the adopted weight is the line through all panels.

    `table`: (element, source) x (kind, weight, low, high), shares; NaN ends where a source has no band.
    """
    elements = list(adopted.index)
    sources = table.xs(elements[0], level=0).index
    kinds = table.xs(elements[0], level=0)["kind"]
    palette = dict(zip(kinds.unique(), sns.color_palette("colorblind", kinds.nunique()), strict=True))
    figure, panels = plt.subplots(1, len(elements), figsize=(9.2, 0.3 * len(sources) + 1.3), sharey=True,
                                  layout="constrained", squeeze=False)
    rows = np.arange(len(sources))
    widest = 100 * max(table["high"].max(skipna=True), table["weight"].max())
    for element, axes in zip(elements, panels[0], strict=True):
        own = 100 * table.xs(element, level=0).loc[sources, ["weight", "low", "high"]]
        axes.axvline(100 * adopted[element], color=INK, linewidth=1.2, linestyle="--")
        for row, source in enumerate(sources):
            colour = palette[kinds[source]]
            axes.hlines(row, own.loc[source, "low"], own.loc[source, "high"], color=colour, linewidth=4, alpha=0.35)
            axes.plot(own.loc[source, "weight"], row, "o", color=colour, markersize=6)
        axes.set(xlim=(0, 1.05 * widest), ylim=(len(sources) - 0.5, -0.5), xlabel="%")
        axes.set_title(textwrap.fill(element, 16), fontsize=10)
        axes.grid(axis="y", visible=False)
        _comma(axes, "x")
    panels[0][0].set_yticks(rows, sources, fontsize=9.5)
    return figure


def distances(table: pd.DataFrame) -> Figure:
    """Share of the weight that would change hands between sources, %, as a map with numbers."""
    size = 0.42 * len(table) + 2.6
    figure, axes = plt.subplots(figsize=(min(size + 1.2, 9.2), size), layout="constrained")
    sns.heatmap(100 * table, annot=True, fmt=".0f", cmap="Blues", cbar=False, ax=axes, linewidths=0.6,
                annot_kws={"size": 8.5})
    axes.tick_params(axis="x", rotation=60, labelsize=9)
    for label in axes.get_xticklabels():
        label.set_ha("right")
        label.set_rotation_mode("anchor")
    axes.tick_params(axis="y", labelsize=9)
    axes.set(xlabel="", ylabel="")
    return figure


def frontier(costs: pd.DataFrame, efficient: pd.Series, chosen: str, labels: dict[str, str]) -> Figure:
    """Candidates by two costs, less is better; those that nothing beats are filled, the chosen one is named."""
    across, up = list(labels)
    figure, axes = plt.subplots(figsize=(8, 4), layout="constrained")
    axes.plot(costs.loc[~efficient, across], costs.loc[~efficient, up], "o", color=GREY, markersize=4.5, alpha=0.6,
              label="есть вариант лучше во всём")
    axes.plot(costs.loc[efficient, across], costs.loc[efficient, up], "o", color=BLUE, markersize=6,
              label="ни один не лучше во всём")
    axes.plot(costs.loc[chosen, across], costs.loc[chosen, up], "*", color=ORANGE, markersize=17,
              markeredgecolor="white", label="проект")
    axes.set(xlabel=labels[across], ylabel=labels[up])
    axes.set_xlim(left=min(0.0, costs[across].min()))
    _comma(axes)
    _legend_above(axes, 3)
    return figure


def weight_against_importance(table: pd.DataFrame) -> Figure:
    """Nominal weight and effective importance of each element: a bar, and a dot with its interval."""
    figure, axes, rows = _rows(table.index, "%")
    axes.barh(rows, 100 * table["weight"], color="#D6E3EF", height=0.66, label="вес по методике")
    axes.hlines(rows, 100 * table["low"], 100 * table["high"], color=ORANGE, linewidth=4, alpha=0.4)
    axes.plot(100 * table["importance"], rows, "D", color=ORANGE, markersize=7,
              label="доля влияния на индекс, интервал 95 %")
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


def observed_and_true(table: pd.DataFrame) -> Figure:
    """Correlation of the sides as seen, and without the survey's error with its interval; unbounded ones are cut."""
    figure, axes, rows = _rows(table.index, "Корреляция опроса и чек-листа")
    known = table["true_correlation"].notna().to_numpy()
    low, high = (table[f"true_correlation_{end}"].clip(-1, 1).fillna(0.0) for end in ("low", "high"))
    axes.hlines(rows[known], low[known], high[known], color=ORANGE, linewidth=4, alpha=0.4)
    axes.plot(table["true_correlation"].clip(-1, 1)[known], rows[known], "D", color=ORANGE, markersize=6,
              label="без ошибки опроса, интервал 95 %")
    axes.plot(table["correlation"], rows, "o", color=BLUE, markersize=6, label="видимая")
    axes.axvline(0, color=INK, linewidth=1)
    axes.set_xlim(-1.02, 1.02)
    _legend_above(axes)
    return figure


def quadrant_map(table: pd.DataFrame, survey_cut: float, checklist_cut: float) -> Figure:
    """Units by checklist and survey, the four quadrants named with their counts; the borders are lines."""
    figure, axes = plt.subplots(figsize=(8, 5.4), layout="constrained")
    colours = dict(zip(QUADRANTS, (GREY, ORANGE, BLUE, GREY), strict=True))
    for name, part in table.groupby("quadrant"):
        axes.plot(100 * part["checklist"], 100 * part["survey"], "o", color=colours[name], markersize=4, alpha=0.55,
                  markeredgewidth=0)
    axes.axvline(100 * checklist_cut, color=INK, linewidth=1)
    axes.axhline(100 * survey_cut, color=INK, linewidth=1)
    counts = table["quadrant"].value_counts()
    for name, x, y in zip(QUADRANTS, (0.99, 0.99, 0.01, 0.01), (0.98, 0.02, 0.98, 0.02), strict=True):
        axes.text(x, y, f"{name}: {counts.get(name, 0)}", transform=axes.transAxes, fontsize=10,
                  ha="right" if x > 0.5 else "left", va="top" if y > 0.5 else "bottom",
                  bbox={"facecolor": "white", "alpha": 0.8, "edgecolor": "none", "pad": 2})
    axes.set(xlabel="Чек-лист, % исполненного", ylabel="Опрос, % шкалы")
    _comma(axes)
    return figure


def acceptability_map(table: pd.DataFrame) -> Figure:
    """Shares of draws by adopted place (rows) and place drawn (columns), darker is more; readable in grey."""
    figure, axes = plt.subplots(figsize=(6.6, 5.6), layout="constrained")
    image = axes.imshow(100 * table.to_numpy(), cmap=LinearSegmentedColormap.from_list("draws", ["white", BLUE, INK]),
                        norm=PowerNorm(0.6, vmin=0), aspect="equal")
    ticks = np.unique(np.linspace(0, len(table) - 1, 6).round().astype(int))
    axes.set_xticks(ticks, [str(table.columns[tick]) for tick in ticks])
    axes.set_yticks(ticks, [str(table.index[tick]) for tick in ticks])
    axes.set(xlabel="Место в розыгрыше, от", ylabel="Принятое место, от")
    axes.grid(visible=False)
    bar = figure.colorbar(image, ax=axes, shrink=0.8)
    bar.set_label("% розыгрышей")
    bar.ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}".replace(".", ",")))
    return figure


def causes(table: pd.DataFrame) -> Figure:
    """Shares of doubt by source with their intervals, the largest on top."""
    figure, axes, rows = _rows(table.index, "% дисперсии среднего сдвига мест")
    axes.barh(rows, table["effect"], color="#D6E3EF", height=0.66, label="доля источника (Шепли)")
    axes.hlines(rows, table["low"], table["high"], color=BLUE, linewidth=4, alpha=0.6, label="интервал 95 %")
    axes.set_xlim(left=0)
    _legend_above(axes)
    return figure


def level_certainty(scores: pd.Series, own: pd.Series, cuts: Sequence[float], scale: str) -> Figure:
    """Probability of the level that a unit was given, by its score: it dips at every border."""
    figure, axes = plt.subplots(figsize=(8, 3.4), layout="constrained")
    for cut in cuts:
        axes.axvline(cut, color=ORANGE, linewidth=1.2, linestyle="--")
    axes.plot(scores[own.index], 100 * own, "o", color=BLUE, markersize=4, alpha=0.5, markeredgewidth=0)
    axes.set(xlabel=f"Индекс, {scale}" if scale else "Индекс", ylabel="Вероятность своего уровня, %", ylim=(0, 103))
    _comma(axes)
    return figure


def questions_map(statistics: pd.DataFrame, doubtful: Sequence[object], most: int = 14) -> Figure:
    """Questions by how easy they are and how they go with the rest; those with a doubt are named, most telling first.

    Names of many doubtful questions would cover each other: only those that go worst with the rest have theirs.
    """
    figure, axes = plt.subplots(figsize=(8, 4.2), layout="constrained")
    marked = statistics.index.isin(list(doubtful))
    for own, colour, label in ((~marked, BLUE, "без сомнений"), (marked, ORANGE, "есть сомнение")):
        axes.plot(100 * statistics.loc[own, "share"], statistics.loc[own, "item_rest"], "o", color=colour,
                  markersize=6, alpha=0.7, markeredgewidth=0, label=label)
    named = statistics[marked].dropna(subset=["item_rest"]).nsmallest(most, "item_rest")
    for (share, rest), own in named.groupby([named["share"].round(2), named["item_rest"].round(2)]):
        axes.annotate(", ".join(map(str, own.index)), (100 * share, rest), xytext=(5, 3), textcoords="offset points",
                      fontsize=9)
    axes.axhline(0, color=INK, linewidth=1)
    axes.set(xlabel="Доля полученных баллов, % (правее — легче)", ylabel="Связь с остальными вопросами")
    _comma(axes)
    _legend_above(axes)
    return figure


def transition_maps(shares: dict[str, pd.DataFrame], names: Sequence[str]) -> Figure:
    """Shares of every level (rows) that went to every level (columns), %, one panel a pair of waves."""
    figure, panels = plt.subplots(1, len(shares), figsize=(min(4.6 * len(shares) + 1, 11), 0.5 * len(names) + 2),
                                  layout="constrained", squeeze=False, sharey=True)
    for (title, table), axes in zip(shares.items(), panels[0], strict=True):
        labels = [names[level] for level in table.index]
        sns.heatmap((100 * table).set_axis(labels).set_axis(labels, axis=1), annot=True, fmt=".0f", cmap="Blues",
                    cbar=False, ax=axes, linewidths=0.6, vmin=0, vmax=100)
        axes.set(xlabel="", ylabel="")
        axes.set_title(title, fontsize=11)
        axes.tick_params(axis="x", rotation=30 if max(map(len, labels)) > 6 else 0)
        axes.tick_params(axis="y", rotation=0)
    return figure


def mean_effects(tables: dict[str, pd.Series], unit: str) -> Figure:
    """Mean effect of every cause on the score, one colour a pair of waves; left of the line it lowered the score."""
    causes = list(dict.fromkeys(code for own in tables.values() for code in own.index))
    figure, axes, rows = _rows(causes, unit)
    height = 0.7 / len(tables)
    for place, (name, own) in enumerate(tables.items()):
        axes.barh(rows - 0.35 + height * (place + 0.5), own.reindex(causes).to_numpy(), height=height, label=name,
                  color=sns.color_palette("colorblind")[place])
    axes.axvline(0, color=INK, linewidth=1)
    _legend_above(axes)
    return figure
