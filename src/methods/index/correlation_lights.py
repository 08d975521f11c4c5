"""Correlation traffic lights of an audit: which links of the index repeat, are silent or run contrary to its framework.

An index says by its tree what belongs together. Correlations say whether the data agree: an indicator should go with
its own group and with the index, and no two should say the same twice.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from methods import checks
from methods.errors import InputError

REDUNDANT, SILENT, CONTRARY, COHERENT = "повтор", "молчит", "против", "согласован"
SILENT_BELOW = 0.3       # COINr, plot_corr and get_combinations; Cohen (1988): less is a weak link
REDUNDANT_FROM = 0.92    # COINr, get_combinations, as in audits of the Joint Research Centre
LEVEL = 0.05             # of the two-sided test that a correlation is 0; COINr, get_corr
FEWEST = 3               # pairs: two always lie on a line


@dataclass(frozen=True, eq=False)
class Correlations:
    """Correlations of the columns of one table with those of another; NaN where a column does not vary."""

    r: pd.DataFrame
    p: pd.DataFrame   # two-sided, of no correlation
    n: pd.DataFrame   # units with both values

    def lights(self, silent: float = SILENT_BELOW, redundant: float = REDUNDANT_FROM,
               level: float = LEVEL) -> pd.DataFrame:
        """A word for every link, by the same labels: one of the four, empty where there is no correlation.

        `CONTRARY`: below 0 and significantly so; `SILENT`: below `silent` or not told from 0; `REDUNDANT`: from
        `redundant` on; `COHERENT`: the rest.
        """
        if not 0 <= silent < redundant <= 1:
            raise InputError("Светофор корреляций: границы должны быть 0 ≤ «молчит» < «повтор» ≤ 1, заданы "
                             f"{silent:g} и {redundant:g}.")
        r, significant = self.r.to_numpy(), (self.p < level).to_numpy()
        words = np.select([np.isnan(r), (r < 0) & significant, (r < silent) | ~significant, r >= redundant],
                          ["", CONTRARY, SILENT, REDUNDANT], COHERENT)
        return pd.DataFrame(words, self.r.index, self.r.columns)


def correlations(rows: pd.DataFrame, columns: pd.DataFrame | None = None) -> Correlations:
    r"""Pearson correlations over the units that have both values, with the test of no correlation.

    .. math:: t = r \sqrt{\frac{n - 2}{1 - r^2}} \sim t_{n - 2}

    Parameters
    ----------
    rows, columns : DataFrame, shape (units, ...)
        Higher is better in both; units are matched by label. None: rows with rows, the diagonal left empty.

    Returns
    -------
    Correlations
        Tables of the columns of `rows` by those of `columns`; NaN below 3 pairs.

    References
    ----------
    Becker, Caperna, Del Sorbo, Norlen, Papadimitriou, Saisana (2022), COINr: An R package for developing composite
    indicators, doi:10.21105/joss.04567; functions `get_corr` and `plot_corr`.

    Examples
    --------
    >>> x = pd.DataFrame({"a": [1.0, 2, 3, 4, 5, 6], "twin": [1.0, 2, 3, 4, 5, 7], "odd": [6.0, 4, 5, 2, 3, 1]})
    >>> found = correlations(x)
    >>> found.r.round(2).loc["a"].to_dict(), found.lights().loc["a"].to_dict()
    ({'a': nan, 'twin': 0.99, 'odd': -0.89}, {'a': '', 'twin': 'повтор', 'odd': 'против'})
    """
    what, alone = "Корреляции", columns is None
    columns = rows if columns is None else columns
    for table in (rows, columns):
        checks.unique(table.index, f"{what}: единицы")
        checks.unique(table.columns, f"{what}: столбцы")
    checks.same_labels(rows.index, columns.index, f"{what}: единицы")
    order = rows.index[np.argsort(rows.index.astype(str), kind="stable")]
    left, right = rows.loc[order].astype(float), columns.loc[order].astype(float)
    width = left.shape[1]
    together = pd.concat([left, right], axis=1).set_axis(range(width + right.shape[1]), axis=1)
    r = together.corr(min_periods=FEWEST).iloc[:width, width:].to_numpy(copy=True)
    n = left.notna().astype(int).to_numpy().T @ right.notna().astype(int).to_numpy()
    if alone:
        np.fill_diagonal(r, np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):   # of exactly 1: t is infinite and p is 0
        t = np.abs(r) * np.sqrt((n - 2) / np.clip(1 - r**2, 0.0, None))
        p = 2 * stats.t.sf(t, n - 2)
    return Correlations(*(pd.DataFrame(table, rows.columns, columns.columns) for table in (r, p, n)))


def flagged_pairs(found: Correlations, lights: pd.DataFrame, *words: str) -> pd.DataFrame:
    """Every pair of a square table once that got one of the words: `first`, `second`, `r`, `light`, strongest first.

    >>> x = pd.DataFrame({"a": [1.0, 2, 3, 4, 5, 6], "twin": [1.0, 2, 3, 4, 5, 7], "odd": [6.0, 4, 5, 2, 3, 1]})
    >>> found = correlations(x)
    >>> flagged_pairs(found, found.lights(), REDUNDANT)[["first", "second", "light"]].to_numpy().tolist()
    [['a', 'twin', 'повтор']]
    """
    checks.same_labels(found.r.index, found.r.columns, "Пары показателей")
    lights = lights.loc[found.r.index, found.r.index]
    rows, columns = np.triu_indices(len(found.r), 1)
    table = pd.DataFrame({"first": found.r.index[rows], "second": found.r.index[columns],
                          "r": found.r[found.r.index].to_numpy()[rows, columns],
                          "light": lights.to_numpy()[rows, columns]})
    table = table[table["light"].isin(words)]
    return table.iloc[np.argsort(-table["r"].abs().to_numpy(), kind="stable")].reset_index(drop=True)
