"""A published result beside ours: how far apart, and whether that is within what the source printed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from methods import checks

ARITHMETIC = 1e-9  # of the size of a number: floating arithmetic of another program, however many digits it prints
DUST = 1e-12       # a difference of exactly half a digit may look larger by this


def half_of_last_digit(printed: str) -> float:
    """Largest difference at which a number may have been printed so; a whole number has to be met exactly.

    Parameters
    ----------
    printed : str
        A number as its source prints it, with a decimal point. Beyond nine digits the arithmetic of the two programs
        decides, not the print: the difference allowed is then 1e-9 of the number (of 1 if it is smaller).

    Examples
    --------
    >>> half_of_last_digit("0.17"), half_of_last_digit("-12.30"), half_of_last_digit("13"), half_of_last_digit("2.5e-3")
    (0.005, 0.005, 1e-09, 5e-05)
    """
    figure, _, power = printed.strip().lower().partition("e")
    decimals = len(figure.partition(".")[2]) - int(power or 0)
    least = ARITHMETIC if abs(float(printed)) <= 1 or "." not in figure else ARITHMETIC * abs(float(printed))
    return max(0.5 * 10.0**-decimals, least) if "." in figure else least


@dataclass(frozen=True, eq=False)
class Comparison:
    """One published result recomputed. The tables are matched by label.

    Parameters
    ----------
    source, what : str
        In Russian: who published it and where; which result it is.
    found : Series
        Our numbers by label.
    published : Series
        Texts as the source prints them, by the same labels; an empty one says that nothing was published there, and
        then there must be no number of ours either.
    within : float, optional
        Allowed difference, where the source is less exact than what it prints; by default half of the last digit.
    because : str
        Why the allowed difference is not half of the last digit.
    """

    source: str
    what: str
    found: pd.Series
    published: pd.Series
    within: float | None = None
    because: str = ""

    def __post_init__(self) -> None:
        """Both sides must name the same cells."""
        checks.same_labels(self.published.index, self.found.index, f"{self.source}, {self.what}")

    @property
    def table(self) -> pd.DataFrame:
        """Published cells: `found`, `published`, `difference` (infinite where one side is empty), `allowed`."""
        said = self.published[self.published.str.strip() != ""]
        numbers = said.astype(float)
        found = self.found.astype(float)
        allowed = said.map(half_of_last_digit) if self.within is None else pd.Series(self.within, said.index)
        silent = found.index.difference(said.index)
        extra = found[silent].dropna()
        differences = (found[said.index] - numbers).abs().fillna(np.inf)
        return pd.concat([
            pd.DataFrame({"found": found[said.index], "published": numbers, "difference": differences,
                          "allowed": allowed.astype(float)}),
            pd.DataFrame({"found": extra, "published": np.nan, "difference": np.inf, "allowed": 0.0})])

    @property
    def cells(self) -> int:
        """How many published cells were compared."""
        return len(self.table)

    @property
    def worst(self) -> pd.Series:
        """The cell that comes nearest to breaking its allowance, or breaks it most; its label is the name."""
        table = self.table
        return table.loc[(table["difference"] / table["allowed"].clip(lower=DUST)).idxmax()]

    @property
    def holds(self) -> bool:
        """Whether every cell is within what is allowed; nothing compared is not a success."""
        table = self.table
        return bool(len(table)) and bool((table["difference"] <= table["allowed"] * (1 + ARITHMETIC) + DUST).all())


def labelled(values: pd.Series | pd.DataFrame | Mapping[str, float]) -> pd.Series:
    """Numbers under labels of one line: a table is laid out row by row.

    >>> labelled(pd.DataFrame({"вес": [0.4], "балл": [7.0]}, index=["Ц1"])).to_dict()
    {'Ц1 вес': 0.4, 'Ц1 балл': 7.0}
    """
    if isinstance(values, Mapping):
        values = pd.Series(values, dtype=float)
    if isinstance(values, pd.DataFrame):
        values = pd.Series(values.to_numpy().ravel(), pd.MultiIndex.from_product([values.index, values.columns]))
    names = [" ".join(map(str, label)) if isinstance(label, tuple) else str(label) for label in values.index]
    return pd.Series(values.to_numpy(), pd.Index(names))
