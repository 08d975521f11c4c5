"""The star: one ray a group, its length is the value."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Polygon

from methods.errors import InputError
from methods.report.figures.style import BLUE, INK, LINE, ORANGE, TEXT, wrapped
from methods.report.results import spelled

RAYS = (3, 12)    # titles of more would cover each other
SHOULDER = 0.36   # of the longest ray, where neighbours touch: all rays are equally wide, so area follows length
RINGS = (0.25, 0.5, 0.75, 1.0)
MEAN = {"color": ORANGE, "linewidth": 3.4, "solid_capstyle": "butt"}
INTERVAL = {"color": INK, "linewidth": 1.5, "solid_capstyle": "butt"}


def star(values: pd.Series, reference: pd.Series | None = None, limits: tuple[float, float] = (0, 1), *,
         low: pd.Series | None = None, high: pd.Series | None = None, decimals: int | None = None,
         names: Sequence[str] = ("значение", "среднее по стране", "интервал")) -> Figure:
    """A star with one ray a value: length from `limits`, a mark across the ray where the reference is.

    Rays are equally wide, so that the area of a ray grows with its value and not with its square. The order of rays is
    the order of `values`, clockwise from the top. A hidden value (NaN) leaves the outline of a ray and a dash.

    Parameters
    ----------
    values : Series
        From 3 to 12 values by title of the group, inside `limits`.
    reference, low, high : Series, optional
        What to compare with, and the ends of the interval of each value; by the same labels, NaN where not known.
    limits : (low, high)
        Values at the centre and at the end of a full ray.
    decimals : int, optional
        Digits of the written values; by default 2 up to a range of 1, else 1.
    names : three texts
        How the legend calls the value, the reference and the interval.

    Raises
    ------
    InputError
        Too few or too many rays, a repeated title, a value outside the limits.
    """
    bottom, top = limits
    table = pd.DataFrame({name: pd.Series(np.nan, values.index) if one is None else one.reindex(values.index)
                          for name, one in (("value", values), ("mean", reference), ("low", low), ("high", high))},
                         dtype=float) if values.index.is_unique else pd.DataFrame({"value": values})
    _check(table, bottom, top)
    decimals = decimals if decimals is not None else 2 if top - bottom <= 1 else 1
    lengths, shown = (table - bottom) / (top - bottom), table.notna()
    half = np.pi / len(table)
    figure, axes = plt.subplots(figsize=(5.8, 4.9), layout="constrained")
    _rings(axes)
    for number, label in enumerate(table.index):
        own, angle = lengths.loc[label], np.pi / 2 - 2 * half * number
        axes.add_patch(Polygon(_ray(1.0, angle, half), facecolor="none", edgecolor=LINE, linewidth=0.9, linestyle=":"))
        if shown.loc[label, "value"]:
            axes.add_patch(Polygon(_ray(own["value"], angle, half), facecolor=BLUE, edgecolor="white", linewidth=1.2))
        if shown.loc[label, ["low", "high"]].all():
            _interval(axes, own["low"], own["high"], angle)
        if shown.loc[label, "mean"]:
            axes.plot(*_across(own["mean"], angle, 0.11), **MEAN, zorder=5)
        _title(axes, angle, label, table.loc[label], decimals)
    used = [True, shown["mean"].any(), (shown["low"] & shown["high"]).any()]
    marks = [Patch(facecolor=BLUE), Line2D([], [], **MEAN), Line2D([], [], **INTERVAL)]
    words = [names[0], f"{names[1]} (в скобках)", names[2]]
    figure.legend([mark for mark, wanted in zip(marks, used, strict=True) if wanted],
                  [word for word, wanted in zip(words, used, strict=True) if wanted], loc="outside upper center",
                  ncols=3, frameon=False, fontsize=TEXT, handlelength=1.4, columnspacing=1.4)
    return figure


def _check(table: pd.DataFrame, bottom: float, top: float) -> None:
    if not RAYS[0] <= len(table) <= RAYS[1]:
        raise InputError(f"У звезды от {RAYS[0]} до {RAYS[1]} лучей, сейчас {len(table)}. Покажите значения таблицей.")
    if not table.index.is_unique:
        raise InputError(f"Лучи звезды названы одинаково: «{table.index[table.index.duplicated()][0]}». "
                         "Дайте группам разные названия.")
    for column in ("value", "mean"):
        outside = table.index[(table[column] < bottom) | (table[column] > top)]
        if len(outside):
            raise InputError(f"Значение луча «{outside[0]}» — {spelled(table.loc[outside[0], column])}, а шкала звезды "
                             f"от {spelled(bottom)} до {spelled(top)}. Проверьте limits.")


def _rings(axes: plt.Axes) -> None:
    circle = np.linspace(0, 2 * np.pi, 181)
    for radius in RINGS:
        axes.plot(radius * np.cos(circle), radius * np.sin(circle), color="#E3E8ED", linewidth=0.8, zorder=0)
    axes.set(xlim=(-1.9, 1.9), ylim=(-1.4, 1.4), aspect="equal")
    axes.axis("off")


def _at(radius: float, angle: float) -> np.ndarray:
    return radius * np.array([np.cos(angle), np.sin(angle)])


def _ray(length: float, angle: float, half: float) -> list[np.ndarray]:
    """Corners of a ray: the centre, one shoulder, the tip, the other shoulder."""
    return [_at(0, angle), _at(SHOULDER, angle - half), _at(length, angle), _at(SHOULDER, angle + half)]


def _across(radius: float, angle: float, half: float) -> np.ndarray:
    """A short line across a ray: its x and its y."""
    return np.column_stack([_at(radius, angle) + _at(side, angle + np.pi / 2) for side in (-half, half)])


def _interval(axes: plt.Axes, low: float, high: float, angle: float) -> None:
    """A line with caps, on a white one that keeps it apart from the ray."""
    along = np.column_stack([_at(low, angle), _at(high, angle)])
    axes.plot(*along, color="white", linewidth=3.4, zorder=3, solid_capstyle="butt")
    axes.plot(*along, **INTERVAL, zorder=4)
    for end in (low, high):
        axes.plot(*_across(end, angle, 0.04), **INTERVAL, zorder=4)


def _title(axes: plt.Axes, angle: float, label: object, own: pd.Series, decimals: int) -> None:
    """Name and value at the end of the ray, turned away from the star."""
    x, y = _at(1.09, angle)
    side = "center" if abs(x) < 0.1 else "left" if x > 0 else "right"
    level = "bottom" if y > 0.9 else "top" if y < -0.75 else "center"
    value = spelled(own["value"], decimals)
    if pd.notna(own["mean"]):
        value += f" ({spelled(own['mean'], decimals)})"
    axes.text(x, y, "\n".join([*wrapped([label], 15), value]), ha=side, va=level, fontsize=TEXT, linespacing=1.1)
