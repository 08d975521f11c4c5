"""One thing or several: principal components of what is averaged, and how many of them are more than chance.

An arithmetic mean of indicators presumes that they point one way. The first component should then hold most of their
variance, with loadings of one sign, and no second one should stand out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from methods import checks
from methods.errors import InputError, NotPublishable

FEWEST = 3            # units
ONE_DIMENSION = 0.65  # share of the first component; COINr, get_combinations
DRAWS = 1000
QUANTILE = 0.95       # of eigenvalues by chance: Glorfeld (1995); Horn (1965) took the mean


@dataclass(frozen=True, eq=False)
class PrincipalComponents:
    """Components of a correlation matrix, the largest first."""

    eigenvalues: pd.Series   # by component from 1, sum k
    loadings: pd.DataFrame   # members x components: correlation of a member with a component
    n: int                   # units without a gap
    dropped: int             # units left out for a gap

    @property
    def shares(self) -> pd.Series:
        """Share of the variance that each component holds."""
        return self.eigenvalues / self.eigenvalues.sum()

    @property
    def above_one(self) -> int:
        """Kaiser's number of components: eigenvalues above 1."""
        return int((self.eigenvalues > 1 + checks.SUM_TOLERANCE).sum())

    @property
    def against(self) -> pd.Index:
        """Members that load on the first component against the others."""
        return self.loadings.index[self.loadings[1] < 0]

    def above_chance(self, bounds: pd.Series) -> int:
        """Leading components larger than what `parallel_analysis` allows to chance, the last of them above its bound.

        Only as far as the first that is not: later ones get what that one leaves.
        """
        larger = (self.eigenvalues > bounds.reindex(self.eigenvalues.index)).to_numpy()
        return len(larger) if larger.all() else int(np.argmin(larger))


def principal_components(values: pd.DataFrame) -> PrincipalComponents:
    r"""Principal components of correlations, :math:`R = A A^\top`, with loadings :math:`A = V \Lambda^{1/2}`.

    Signs are chosen so that the loadings of every component sum to no less than 0.

    Parameters
    ----------
    values : DataFrame, shape (n units, k members)
        Indicators of a group, or groups of an index; higher is better. Units with a gap are left out and counted.

    Raises
    ------
    NotPublishable
        Fewer than 2 members or 3 complete units, or a member that does not vary (named).

    References
    ----------
    OECD/JRC (2008), Handbook on Constructing Composite Indicators, step 4 and Table 16. Jolliffe (2002), Principal
    Component Analysis, section 2.3. doi:10.1007/b98835

    Examples
    --------
    >>> values = pd.DataFrame({"a": [1, 2, 3, 4, 5, 6.0], "b": [2, 1, 3, 4, 6, 5.0], "odd": [6, 5, 4, 2, 3, 1.0]})
    >>> found = principal_components(values)
    >>> found.shares.round(3).to_list(), list(found.against), found.above_one
    ([0.912, 0.078, 0.01], ['odd'], 1)
    """
    what = "Главные компоненты"
    checks.unique(values.index, f"{what}: единицы")
    checks.unique(values.columns, f"{what}: показатели")
    known = values.dropna().astype(float)
    n, k = known.shape
    if k < 2 or n < FEWEST:
        raise NotPublishable(f"{what}: нужно не меньше 2 показателей и {FEWEST} единиц без пропусков, показателей {k}, "
                             f"таких единиц {n}.")
    for code in known:
        checks.varies(known[code], NotPublishable)
    names = sorted(known.columns, key=str)   # neither order of the table moves a digit
    r = known.loc[known.index[np.argsort(known.index.astype(str), kind="stable")], names].corr()
    roots, vectors = np.linalg.eigh(r.to_numpy())
    roots, vectors = roots[::-1].clip(0), vectors[:, ::-1]
    loadings = vectors * np.sqrt(roots)
    loadings = loadings * np.where(loadings.sum(axis=0) < 0, -1, 1)
    number = pd.RangeIndex(1, k + 1, name="component")
    return PrincipalComponents(pd.Series(roots, number, name="eigenvalue"),
                               pd.DataFrame(loadings, names, number).loc[list(values.columns)], n, len(values) - n)


def parallel_analysis(n: int, k: int, *, draws: int = DRAWS, quantile: float = QUANTILE, seed: int = 0) -> pd.Series:
    r"""Eigenvalues that k unrelated normal indicators of n units would show, by component: Horn's parallel analysis.

    Correlations of such a sample are those of a Wishart matrix with n - 1 degrees of freedom, drawn by its triangular
    root (Bartlett's decomposition): the cost does not depend on n.

    Parameters
    ----------
    n, k : int
        Units and indicators; n at least 3, k at least 1.
    draws : int
        At least 100.
    quantile : float
        Of the eigenvalues drawn, 0 to 1.

    Returns
    -------
    Series, by component from 1
        A component counts if its eigenvalue is larger.

    References
    ----------
    Horn (1965), A rationale and test for the number of factors in factor analysis, Psychometrika 30, 179-185,
    doi:10.1007/BF02289447. Glorfeld (1995), An improvement on Horn's parallel analysis methodology,
    doi:10.1177/0013164495055003002, for the quantile. Anderson (2003), An Introduction to Multivariate Statistical
    Analysis, section 7.2, for the decomposition.

    Examples
    --------
    Two indicators of 100 units correlate at .197 or more by chance once in twenty times:

    >>> parallel_analysis(100, 2, draws=4000).round(2).to_list()
    [1.2, 0.99]
    """
    if n < FEWEST or k < 1 or draws < 100 or not 0 < quantile < 1:
        raise InputError(f"Параллельный анализ: нужно не меньше {FEWEST} единиц, 1 показателя и 100 розыгрышей, "
                         f"квантиль между 0 и 1; задано {n}, {k}, {draws} и {quantile:g}.")
    rng = np.random.default_rng(seed)
    if n > k:
        root = np.tril(rng.normal(size=(draws, k, k)), -1)
        root[:, np.arange(k), np.arange(k)] = np.sqrt(rng.chisquare(n - 1 - np.arange(k), size=(draws, k)))
    else:                                     # singular: the sample itself is drawn
        sample = rng.normal(size=(draws, k, n))
        root = sample - sample.mean(axis=2, keepdims=True)
    root = root / np.sqrt((root**2).sum(axis=2, keepdims=True))
    roots = np.linalg.eigvalsh(root @ root.transpose(0, 2, 1))[:, ::-1]
    return pd.Series(np.quantile(roots, quantile, axis=0), pd.RangeIndex(1, k + 1, name="component"), name="eigenvalue")
