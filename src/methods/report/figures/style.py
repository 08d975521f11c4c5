"""One look for all pictures: colours that keep apart in grey, decimal commas, rows with long names.

The report puts pictures on a column of 16 cm. A picture `WIDTH` inches wide is scaled down to it, so that text of
`TEXT` points is read as 8 points there; nothing is written smaller.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
import seaborn as sns
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

WIDTH = 7.6   # inches
TEXT = 10.0   # points: 8.3 on a column of 16 cm
LINE_HEIGHT = 0.16   # inches of a line of text
LETTER = 0.085       # inches of a letter, on average
FEW_ROWS = 8         # more rows than this stand closer
VOWELS = frozenset("аеёиоуыэюяaeiouy")

# Lightness L* 19, 37, 59 and 76: apart in grey print and to colour-blind readers (tests/report/test_figures_style.py).
INK, BLUE, ORANGE, GREY = "#22303C", "#1F5A8C", "#D9702B", "#B4BEC8"
PALE = "#D6E3EF"    # bars that stand behind something else
FAINT = "#5B6875"   # words of second rank
LINE = "#9AA5B1"    # frames, axes
SERIES = (BLUE, ORANGE, "#8CC4B8", "#4A1F45", "#F0D877")   # kinds of things side by side
SHAPES = ("o", "D", "s", "^", "v")                         # the same kinds, told apart without colour
# Little to much: lightness falls evenly from 97 to 16, so that a grey copy keeps the order and the distances.
SHADES = LinearSegmentedColormap.from_list("shades", [(0, "#F3F6F9"), (0.28, "#9DBBD6"), (0.74, BLUE), (1, "#0F2A42")])
MIDDLE, DARK = 0.57, "#0B1117"   # beyond this share of `SHADES` white letters are the clearer ones, before it dark ones
HATCH = "////"


def use_theme() -> None:
    """One look everywhere; DejaVu Sans ships with matplotlib, so Windows and Linux draw the same letters."""
    sns.set_theme(context="notebook", style="whitegrid", font="DejaVu Sans", rc={
        "axes.edgecolor": LINE, "axes.labelcolor": INK, "text.color": INK, "xtick.color": INK,
        "ytick.color": INK, "grid.color": "#E3E8ED", "axes.spines.top": False, "axes.spines.right": False,
        "axes.titlelocation": "left", "axes.titlesize": 11, "axes.titleweight": "bold", "axes.labelsize": 10.5,
        "xtick.labelsize": TEXT, "ytick.labelsize": TEXT, "legend.fontsize": TEXT, "figure.dpi": 100,
        "text.parse_math": False})  # a centre called «$5» is no formula


def comma(axes: plt.Axes, which: str = "xy") -> None:
    """Decimal comma and a true minus on the axes."""
    def text(value: float, _: int) -> str:
        return f"{value:.10g}".replace(".", ",").replace("-", "−")
    for letter in which:
        getattr(axes, f"{letter}axis").set_major_formatter(FuncFormatter(text))


def wrapped(labels: Sequence[object], width: int) -> list[str]:
    """Labels broken into lines of at most `width` letters; a longer word is hyphenated after a vowel.

    >>> wrapped(["Адресность и персонализация"], 13)
    ['Адресность и\\nперсонализа-\\nция']
    """
    return [textwrap.fill(" ".join(_hyphenated(word, width) for word in str(label).split()), width,
                          break_on_hyphens=False) for label in labels]


def _hyphenated(word: str, width: int) -> str:
    """The word, with a hyphen and a gap where it has to be broken; two letters at least on either side."""
    if len(word) <= width:
        return word
    places = [place for place in range(2, min(width, len(word) - 1))
              if word[place - 1].lower() in VOWELS and word[place:place + 2].isalpha()
              and not set(word[place:place + 2].lower()) & set("ьъй")]
    if not places:
        return word   # it will be cut as it comes
    return f"{word[:places[-1]]}- {_hyphenated(word[places[-1]:], width)}"


def labelled_rows(labels: Sequence[object], xlabel: str, width: int = 38) -> tuple[Figure, plt.Axes, np.ndarray]:
    """Axes with one labelled row an item, the first on top; rows are as high as the longest wrapped label needs."""
    shown = wrapped(labels, width)
    lines = max((label.count("\n") + 1 for label in shown), default=1)
    each = (0.2 if len(shown) <= FEW_ROWS else 0.08) + LINE_HEIGHT * lines
    figure, axes = plt.subplots(figsize=(WIDTH, each * max(len(shown), 1) + 1.0), layout="constrained")
    rows = np.arange(len(shown))
    axes.set_yticks(rows, shown, fontsize=TEXT)
    axes.set_ylim(max(len(shown), 1) - 0.5, -0.5)
    axes.set_xlabel(xlabel)
    axes.grid(axis="y", visible=False)
    comma(axes, "x")
    return figure, axes, rows


def legend_above(axes: plt.Axes, columns: int = 4, **options: object) -> None:
    """The legend over the picture, where it takes no width from the rows."""
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=columns, frameon=False, fontsize=TEXT,
                borderaxespad=0.2, handletextpad=0.4, columnspacing=1.4, **options)


def spread(wanted: np.ndarray, least: float, low: float, high: float) -> np.ndarray:
    """Heights near the wanted ones, in their order, at least `least` apart, inside the limits as long as there is room.

    >>> spread(np.array([0.0, 0.1, 5.0]), 1, 0, 10).round(2).tolist()
    [0.0, 1.0, 5.0]
    """
    order = np.argsort(wanted, kind="stable")
    placed = np.array(wanted, dtype=float)[order]
    for place in range(1, len(placed)):
        placed[place] = max(placed[place], placed[place - 1] + least)
    over = np.arange(len(placed))[::-1] * least
    placed = np.maximum(np.minimum(placed, high - over), low + over[::-1])
    result = np.empty_like(placed)
    result[order] = placed
    return result


def on_shade(share: float) -> str:
    """Colour of a text that lies on `SHADES` at this share: dark on light, white on dark."""
    return "white" if share > MIDDLE else DARK
