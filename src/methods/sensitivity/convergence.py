"""Are there enough base points: verdict on Sobol indices, on the screening of factors and on their order."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from methods.errors import InputError
from methods.sensitivity.variance_based import INSENSITIVE, SobolIndices

WIDTH = 0.05         # of an interval: the index is known well enough
PLACES = 1.0         # by which important factors may differ between resamples

_NAMES = {"first": "индексы первого порядка", "total": "полные индексы", "screening": "отсев слабых источников",
          "ranking": "порядок источников"}


@dataclass(frozen=True, eq=False)
class Convergence:
    """One row an output: widest intervals, disagreement of resamples on the order of factors, and what has settled.

    `first`, `total`: width of the widest interval; `screening`: of the total indices below .05; `ranking`: in places
    (`variance_based.rank_disagreement`). Columns `..._settled` say whether it is small enough.
    """

    table: pd.DataFrame
    base: int

    @property
    def settled(self) -> pd.Series:
        """Share of outputs in which each of the four has settled; outputs without indices are not counted."""
        return pd.Series({name: self.table[f"{name}_settled"].mean() for name in _NAMES}, name="settled")

    def words(self, output: object) -> str:
        """The verdict on one output, in Russian."""
        if output not in self.table.index:
            raise InputError(f"Результата «{output}» нет среди тех, у кого есть индексы: их {len(self.table)}.")
        row = self.table.loc[output]
        good = [_NAMES[name] for name in _NAMES if row[f"{name}_settled"]]
        poor = [self._excess(name, row[name]) for name in _NAMES if not row[f"{name}_settled"]]
        told = [f"Базовых точек {self.base}."]
        if good:
            told.append(f"Устоялись: {', '.join(good)}.")
        if poor:
            told.append(f"Не устоялись: {'; '.join(poor)}.")
            widest = row[["first", "total"]].max()
            if widest > WIDTH:
                told.append(f"Интервалы станут не шире {WIDTH:g} примерно с {self.enough(widest)} базовых точек.")
        return " ".join(told)

    def enough(self, width: float) -> int:
        """Base points, a power of two, with which an interval of that width would be narrow enough."""
        return int(2 ** np.ceil(np.log2(self.base * max(1.0, (width / WIDTH) ** 2))))

    @staticmethod
    def _excess(name: str, value: float) -> str:
        if name == "ranking":
            return f"{_NAMES[name]} (повторные выборки расходятся на {value:.1f} места, допустимо меньше {PLACES:g})"
        return f"{_NAMES[name]} (самый широкий интервал {value:.2f}, допустимо {WIDTH:g})"


def convergence(indices: SobolIndices) -> Convergence:
    """Verdict by the criteria of Sarrazin, Pianosi and Wagener, of which screening and ranking settle first.

    Parameters
    ----------
    indices : SobolIndices
        Outputs without indices (`why`) are left out.

    References
    ----------
    Sarrazin, Pianosi, Wagener (2016), Global sensitivity analysis of environmental models: convergence and validation,
    doi:10.1016/j.envsoft.2016.02.005. They look at one kind of index, here at both.

    Examples
    --------
    >>> from methods.sensitivity.variance_based import sobol_indices
    >>> two = sobol_indices(lambda u: u[:, [0]] + 0.2 * u[:, [1]], {"weights": [0], "mix": [1]}, outputs=["C1"])
    >>> convergence(two).settled.to_dict()
    {'first': 0.0, 'total': 0.0, 'screening': 1.0, 'ranking': 1.0}
    """
    known = indices.why.index[indices.why == ""]
    widths = {name: (getattr(indices, f"{name}_high") - getattr(indices, f"{name}_low"))[known]
              for name in ("first", "total")}
    weak = indices.total[known] < INSENSITIVE
    table = pd.DataFrame({
        "first": widths["first"].max(), "total": widths["total"].max(),
        "screening": widths["total"].where(weak, 0.0).max(), "ranking": indices.ranking[known]})
    for name in ("first", "total", "screening"):
        table[f"{name}_settled"] = table[name] <= WIDTH
    table["ranking_settled"] = table["ranking"] < PLACES
    return Convergence(table, indices.base)
