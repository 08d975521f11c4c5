"""Where published numbers are kept: `data/raw/published`, one passport for all, every file held to its sha256."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pandas as pd

from methods.data import sources, store
from methods.errors import InputError
from methods.index.edition import Edition
from methods.index.score import Scores

DATASET = "published"
PRINTED = "printed.csv"  # check, label, printed


@dataclass(frozen=True)
class Published:
    """The published numbers of a project and the data they were made from."""

    root: Path

    def table(self, name: str, index: str | int | None = 0) -> pd.DataFrame:
        """An input table of `data/raw/published` by its name without `.csv`; the first column labels the rows."""
        return pd.read_csv(sources.verified(self._source, f"{name}.csv"), index_col=index, keep_default_na=False,
                           na_values=[""])

    def texts(self, dataset: str, file: str) -> pd.DataFrame:
        """A published table of another data set with every cell as its text; an empty one stays empty."""
        path = sources.verified(sources.read_source(self.root, dataset), file)
        return pd.read_csv(path, dtype=str, keep_default_na=False)

    def printed(self, check: str) -> pd.Series:
        """What a source prints, as text by label.

        Raises
        ------
        InputError
            If nothing is kept under that name.
        """
        own = self._printed[self._printed["check"] == check]
        if own.empty:
            raise InputError(f"{DATASET}/{PRINTED}: нет строк проверки «{check}». Добавьте напечатанные числа "
                             "(столбцы check, label, printed) и sha256 файла в source.yml.")
        return own.set_index("label")["printed"]

    def scores(self, version: str, period: str) -> tuple[Edition, Scores]:
        """An edition of the project and its scores from raw data."""
        edition, _, scores = store.scored(version, period, self.root)
        return edition, scores

    @cached_property
    def _source(self) -> sources.Source:
        return sources.read_source(self.root, DATASET)

    @cached_property
    def _printed(self) -> pd.DataFrame:
        return pd.read_csv(sources.verified(self._source, PRINTED), dtype=str, keep_default_na=False)
