"""The tile-grid map: every region is a tile of the same size, so that a large empty one does not outshout the rest."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle

from methods.errors import InputError
from methods.report.figures.style import FAINT, HATCH, INK, LINE, SHADES, TEXT, WIDTH, comma, on_shade
from methods.report.results import spelled

SIDE = 0.93      # of a tile; the rest is the gap
FEWEST = 9       # columns of the narrowest map, so that tiles of a few regions do not become posters
SHORT = 4        # letters of a label that fits into a tile
UP, DOWN = "интервал выше среднего", "интервал ниже среднего"


def tile_grid_map(values: pd.Series, layout: pd.DataFrame, unit: str, *, low: pd.Series | None = None,
                  high: pd.Series | None = None, mean: float | None = None, decimals: int = 1) -> Figure:
    """Regions as tiles with their codes and values, darker is more; hidden values are hatched.

    A region whose whole interval lies on one side of the mean has a triangle: of the others the map cannot say that
    they differ from the mean.

    Parameters
    ----------
    values : Series
        By region; NaN is hidden. Regions of the layout that are not named here have an empty tile.
    layout : DataFrame, indexed by region
        `column` and `row` of the tile, whole numbers growing to the right and down, no two regions in one place;
        `code`, optional, is what stands in the tile instead of the label.
    unit : str
        What the scale shows.
    low, high : Series, optional
        Ends of the interval of every value; NaN where not known.
    mean : float, optional
        What the intervals are compared with.

    Raises
    ------
    InputError
        A region without a tile, or two in one.
    """
    _check(values, layout)
    tiles = layout.assign(column=layout["column"] - layout["column"].min(), row=layout["row"] - layout["row"].min(),
                          code=layout["code"] if "code" in layout else layout.index.astype(str))
    columns, rows = int(tiles["column"].max()) + 1, int(tiles["row"].max()) + 1
    known = values.dropna().astype(float)
    scale = _scale(known)
    figure, axes = plt.subplots(figsize=(WIDTH, WIDTH / max(columns, FEWEST) * rows + 0.95), layout="constrained")
    axes.set(xlim=(-0.05, max(columns, FEWEST) + 0.05), ylim=(rows + 0.05, -0.05), aspect="equal")
    axes.axis("off")
    for region, tile in tiles.iterrows():
        _tile(axes, tile, values[region] if region in values.index else "", scale, decimals)
    sides = _sides(known, low, high, mean)
    for region, side in sides.items():
        axes.plot(tiles.loc[region, "column"] + 0.8, tiles.loc[region, "row"] + 0.22, "^" if side == UP else "v",
                  markersize=5.5, color=on_shade(scale(known[region])), markeredgewidth=0)
    _key(figure, axes, unit, scale, [HATCH if values.isna().any() else "",
                                     "empty" if len(tiles.index.difference(values.index)) else "", *sides.unique()])
    return figure


def tiles_in_order(regions: pd.Index, across: int = 12) -> pd.DataFrame:
    """Tiles row by row in the order of the labels: for regions that the map of the country does not have.

    A short label stands in its tile, longer ones are numbered.

    >>> tiles_in_order(pd.Index(["Регион 02", "Регион 01", "Регион 03"]), across=2)
              code  column  row
    Регион 01   01       0    0
    Регион 02   02       1    0
    Регион 03   03       0    1
    """
    labels = sorted(map(str, regions))
    place = np.arange(len(labels))
    numbers = [f"{number:0{max(2, len(str(len(labels))))}d}" for number in place + 1]
    short = max(map(len, labels), default=0) <= SHORT
    return pd.DataFrame({"code": labels if short else numbers, "column": place % across, "row": place // across},
                        index=labels)


def _check(values: pd.Series, layout: pd.DataFrame) -> None:
    stray = values.index.difference(layout.index)
    if len(stray):
        raise InputError(f"Региона «{stray[0]}» нет на карте из плиток. Проверьте название или дополните "
                         "data/raw/regions/tiles.csv.")
    twice = layout.index[layout.duplicated(["column", "row"], keep=False)]
    if len(twice):
        raise InputError(f"На карте из плиток в одном месте стоят «{twice[0]}» и «{twice[1]}». "
                         "Дайте каждому региону свои столбец и строку.")


def _scale(known: pd.Series) -> Normalize:
    """From the smallest value to the largest; equal values stand in the middle."""
    if known.empty:
        return Normalize(0, 1)
    least, most = float(known.min()), float(known.max())
    return Normalize(least, most) if most > least else Normalize(least - 1, most + 1)


def _tile(axes: plt.Axes, tile: pd.Series, value: object, scale: Normalize, decimals: int) -> None:
    left, top = tile["column"] + (1 - SIDE) / 2, tile["row"] + (1 - SIDE) / 2
    absent = isinstance(value, str)
    shown = not absent and not pd.isna(value)
    axes.add_patch(Rectangle((left, top), SIDE, SIDE, facecolor=SHADES(scale(value)) if shown else "white",
                             edgecolor=LINE, linewidth=0.6, hatch=None if shown or absent else HATCH))
    if shown:
        colour = on_shade(scale(value))
        axes.text(left + 0.09, top + 0.07, tile["code"], ha="left", va="top", fontsize=TEXT, color=colour)
        axes.text(left + SIDE / 2, top + SIDE - 0.07, spelled(value, decimals), ha="center", va="bottom",
                  fontsize=TEXT, color=colour)
    else:
        axes.text(left + SIDE / 2, top + SIDE / 2, tile["code"], ha="center", va="center", fontsize=TEXT,
                  color=FAINT, bbox=None if absent else {"facecolor": "white", "edgecolor": "none", "pad": 1.2})


def _sides(known: pd.Series, low: pd.Series | None, high: pd.Series | None, mean: float | None) -> pd.Series:
    """Regions whose interval does not hold the mean, and on which side it lies."""
    if low is None or high is None or mean is None:
        return pd.Series(dtype=str)
    side = pd.Series("", known.index)
    side[low.reindex(known.index) > mean] = UP
    side[high.reindex(known.index) < mean] = DOWN
    return side[side != ""]


def _key(figure: Figure, axes: plt.Axes, unit: str, scale: Normalize, used: list[str]) -> None:
    bar = figure.colorbar(ScalarMappable(scale, SHADES), ax=axes, orientation="horizontal", shrink=0.36, aspect=22,
                          pad=0.015, anchor=(0.0, 1.0), panchor=(0.0, 0.0))
    bar.set_label(unit, fontsize=TEXT)
    bar.outline.set_visible(False)
    comma(bar.ax, "x")
    marks = {HATCH: Patch(facecolor="white", edgecolor=LINE, hatch=HATCH, label="скрыто"),
             "empty": Patch(facecolor="white", edgecolor=LINE, label="нет данных"),
             UP: Line2D([], [], marker="^", color=INK, linestyle="none", markersize=6, label=UP),
             DOWN: Line2D([], [], marker="v", color=INK, linestyle="none", markersize=6, label=DOWN)}
    tiles, sides = ([mark for name, mark in marks.items() if name in used and name in own]
                    for own in ((HATCH, "empty"), (UP, DOWN)))
    shown = [*tiles, *[Line2D([], [], linestyle="none", label=" ")] * max(0, len(sides) - len(tiles)), *sides]
    if shown:   # a column for tiles, a column for triangles
        bar.ax.legend(handles=shown, loc="upper left", bbox_to_anchor=(1.06, 2.2), ncols=2, frameon=False,
                      fontsize=TEXT, handletextpad=0.5, columnspacing=1.2)
