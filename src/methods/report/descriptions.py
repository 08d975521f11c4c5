"""What a picture shows, in words, for those who do not see it: read from the picture, so that it cannot say otherwise.

Kind of picture, what is on the axes, what the signs mean, and the ends: who is first, who is last, where the map is
darkest.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from methods.report.narrative import as_said
from methods.report.results import spell

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure

PANELS, LABELS = 8, 16   # of more the first are told


def described(figure: Figure) -> str:
    """A description of a matplotlib figure in Russian.

    >>> import matplotlib.pyplot as plt
    >>> figure, axes = plt.subplots()
    >>> _ = axes.barh([0, 1], [30, 12]), axes.set_yticks([0, 1], ["Доверие", "Польза"]), axes.set(xlabel="%")
    >>> print(described(figure).replace(". ", ".\\n"))
    Горизонтальные столбцы, строк 2.
    По горизонтали: %, от 0 до 31,5.
    Больше всего — «Доверие» (30), меньше всего — «Польза» (12).
    >>> plt.close(figure)
    """
    panels = [axes for axes in figure.axes if axes.get_label() != "<colorbar>" and axes.has_data()]
    if not panels:
        return " ".join(["Рисунок с надписями:", *(_quoted(text.get_text()) for text in figure.texts)])
    first, rows = panels[0], _labels(panels[0].yaxis)   # panels share their rows
    said = [_kind(first)]
    if len(panels) > 1:
        said.append(f"Частей {spell(len(panels))}.")
    said += [_axis("По горизонтали", first, first.xaxis, first.get_xlim()),
             _axis("По вертикали", first, first.yaxis, first.get_ylim()), _signs(first)]
    said += [_ends(axes, rows, alone=len(panels) == 1) for axes in panels[:PANELS]]
    return " ".join(filter(None, said))


def _kind(axes: Axes) -> str:
    """What sort of picture it is, and how large."""
    values, bars, points = _map(axes), _bars(axes), _points(axes)
    rows, intervals = _labels(axes.yaxis), bool(axes.collections)
    if values is not None:
        return f"Карта цветом: строк {spell(values.shape[0])}, столбцов {spell(values.shape[1])}."
    if bars and rows:
        sort = ("Горизонтальные столбцы" if len(bars) == 1 else "Составные столбцы" if _stacked(bars) else
                "Столбцы рядом")
        return f"{sort}{' с отрезками интервалов' if intervals else ''}, строк {spell(len(rows))}."
    if bars:
        return f"Столбцы, числом {spell(len(bars[0][1]))}."
    if rows and points:
        return f"Точки{' с отрезками интервалов' if intervals else ''} по строкам, строк {spell(len(rows))}."
    if points:
        return f"Облако точек, числом {spell(sum(len(x) for x, _ in points))}."
    return "Линия с полосой." if intervals else "Линии." if axes.lines else "Фигуры с надписями."


def _axis(which: str, axes: Axes, axis: Axis, ends: tuple[float, float]) -> str:
    """What is on an axis, and from where to where."""
    name = _quoted(axis.get_label_text())
    if not name:
        return ""
    if _labels(axis) or _map(axes) is not None:
        return f"{which}: {name.removesuffix(', от')}."
    return f"{which}: {name}, от {_short(min(ends))} до {_short(max(ends))}."


def _signs(axes: Axes) -> str:
    """The legend."""
    named = [name for name in axes.get_legend_handles_labels()[1] if not name.startswith("_")]
    return f"Обозначено: {'; '.join(map(_quoted, named))}." if len(named) > 1 else ""


def _ends(axes: Axes, rows: list[str], alone: bool) -> str:
    """The largest and the smallest, by name; of one panel among several only from where to where."""
    values, bars, points = _map(axes), _bars(axes), _points(axes)
    title = _quoted(axes.get_title("left") or axes.get_title())
    where = f"«{title}»: " if title and not alone else ""
    if values is not None:
        return _darkest(values, rows, _labels(axes.xaxis), where)
    if rows and len(bars) > 1 and _stacked(bars):
        shares = "; ".join(f"{_quoted(name)} — {_short(widths[0])}" for name, widths in bars if widths[0] > 0)
        return f"«{_quoted(rows[0])}»: {shares}."
    if rows and (points or bars):
        series = _by_row(points, len(rows)) if points else bars[0][1]
        return _extremes(series, rows if alone else [], where)
    if bars:
        top = max(axes.patches, key=lambda bar: bar.get_height())
        return f"Выше всего столбец у {_short(top.get_x() + top.get_width() / 2)}: {_short(top.get_height())}."
    if points and not axes.texts:
        y = np.concatenate([own for _, own in points])
        known = y[np.isfinite(y)]
        return f"Точки лежат по вертикали от {_short(known.min())} до {_short(known.max())}." if len(known) else ""
    band = next((own.get_paths()[0].vertices for own in axes.collections if own.get_paths()), None)
    if band is not None and axes.lines:
        edges = [band[band[:, 0] == x, 1] for x in np.unique(band[:, 0])]
        return f"Ширина полосы в середине ряда {_short(float(np.median([edge.max() - edge.min() for edge in edges])))}."
    told = [text.get_text() for text in axes.texts if text.get_text().strip()]
    return f"Подписано: {'; '.join(map(_quoted, told[:LABELS]))}." if told else ""


def _extremes(values: np.ndarray, rows: list[str], where: str) -> str:
    known = np.flatnonzero(np.isfinite(values))
    if not len(known):
        return ""
    top, bottom = known[np.argmax(values[known])], known[np.argmin(values[known])]
    if not rows:
        return f"{where}от {_short(values[bottom])} до {_short(values[top])}."
    if top == bottom:
        return f"«{_quoted(rows[top])}»: {_short(values[top])}."
    return (f"Больше всего — «{_quoted(rows[top])}» ({_short(values[top])}), меньше всего — «{_quoted(rows[bottom])}» "
            f"({_short(values[bottom])}).")


def _darkest(values: np.ndarray, rows: list[str], columns: list[str], where: str) -> str:
    """The largest cell; on a map of things against themselves, off the diagonal."""
    shown = values.astype(float).copy()
    if shown.shape[0] == shown.shape[1] and rows == columns and len(shown) > 1:
        np.fill_diagonal(shown, np.nan)
    if not np.isfinite(shown).any():
        return ""
    i, j = np.unravel_index(np.nanargmax(shown), shown.shape)
    named = (len(rows), len(columns)) == shown.shape
    place = (f"«{_quoted(rows[i])}» и «{_quoted(columns[j])}»" if named else
             f"строка {spell(int(i) + 1)}, столбец {spell(int(j) + 1)}")
    return f"{where}{'наибольшее' if where else 'Наибольшее'} значение {_short(shown[i, j])}: {place}."


def _map(axes: Axes) -> np.ndarray | None:
    """Values of a picture whose cells are coloured."""
    from matplotlib.collections import QuadMesh
    if axes.images:
        return np.ma.filled(np.ma.asarray(axes.images[0].get_array(), dtype=float), np.nan)
    mesh = next((own for own in axes.collections if isinstance(own, QuadMesh)), None)
    if mesh is None:
        return None
    values = np.ma.filled(np.ma.asarray(mesh.get_array(), dtype=float), np.nan)
    return values if values.ndim == 2 else values.reshape(mesh.get_coordinates().shape[0] - 1, -1)


def _bars(axes: Axes) -> list[tuple[str, np.ndarray]]:
    """Series of bars: name and lengths."""
    found = []
    for own in axes.containers:
        if getattr(own, "patches", None):
            across = getattr(own, "orientation", "vertical") == "horizontal"
            lengths = np.array([bar.get_width() if across else bar.get_height() for bar in own.patches])
            found.append((_line(str(own.get_label())), lengths))
    return found


def _stacked(bars: list[tuple[str, np.ndarray]]) -> bool:
    """Whether series lie one behind another, in rows of one number of bars that sum to a whole."""
    return len({len(lengths) for _, lengths in bars}) == 1 and np.allclose(sum(own for _, own in bars), 100)


def _points(axes: Axes) -> list[tuple[np.ndarray, np.ndarray]]:
    """Series of points, x and y; lines without markers are none."""
    return [(np.asarray(line.get_xdata(), float), np.asarray(line.get_ydata(), float)) for line in axes.lines
            if line.get_marker() not in ("None", "none", "", " ", None) and len(line.get_xdata())]


def _by_row(points: list[tuple[np.ndarray, np.ndarray]], count: int) -> np.ndarray:
    """The value of the first point in every row."""
    values = np.full(count, np.nan)
    for x, y in points:
        for row, value in zip(np.round(y).astype(int), x, strict=True):
            if 0 <= row < count and np.isnan(values[row]):
                values[row] = value
    return values


def _labels(axis: Axis) -> list[str]:
    """Names of the rows or columns; none where the axis has a scale."""
    from matplotlib.ticker import FixedLocator
    if not isinstance(axis.get_major_locator(), FixedLocator):
        return []
    names = [_line(label.get_text()) for label in axis.get_ticklabels()]
    return names if any(sign.isalpha() for name in names for sign in name) else []


def _short(value: float) -> str:
    """A number to three digits, without idle noughts."""
    return spell(round(float(value)) if abs(value) >= 100 else float(f"{round(value, 6):.3g}") + 0.0)


def _quoted(text: str) -> str:
    """Words of the picture; numbers in them are kept as they stand."""
    return as_said(_line(text))


def _line(text: str) -> str:
    """One line without a full stop at the end; words that were broken to fit are whole again."""
    return re.sub(r"(?<=[а-яё])- (?!и |или )(?=[а-яё])", "", " ".join(text.split())).rstrip(".")
