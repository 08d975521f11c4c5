"""Weights from factor analysis, as in the OECD/JRC Handbook. They follow the correlations, not the importance.

Loadings of the first principal component as weights (`first_component_weights`, what the R package COINr offers) are
left out on purpose: a loading has a sign, so a weight may come out negative and reward a unit for being worse, and the
axis stands for a part of the variance only (42 % in the Handbook's example).
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats
from statsmodels.multivariate.factor import Factor
from statsmodels.multivariate.factor_rotation import rotate_factors

from methods import checks
from methods.errors import EditionError, InputError, NotPublishable

LEAST_KMO = 0.5            # below it Kaiser calls the correlations unacceptable for factor analysis
SIGNIFICANCE = 0.05        # of Bartlett's test
LEAST_UNIQUENESS = 0.005   # below it a Heywood case; R's factanal stops there
SINGULAR = 1e-10           # smallest eigenvalue of a correlation matrix that still has an inverse


@dataclass(frozen=True, eq=False)
class Adequacy:
    """Do the indicators correlate enough to look for common factors."""

    kmo: float                     # Kaiser-Meyer-Olkin measure, 0 to 1
    kmo_by_indicator: pd.Series
    chi_squared: float             # Bartlett's test of sphericity
    degrees_of_freedom: int
    p_value: float
    n: int

    @property
    def adequate(self) -> bool:
        """KMO not below .5 and sphericity rejected at 5 %."""
        return self.kmo >= LEAST_KMO and self.p_value <= SIGNIFICANCE


@dataclass(frozen=True, eq=False)
class FactorWeights:
    """Weights and every table that leads to them."""

    weights: pd.Series       # by indicator: not negative, sum 1
    loadings: pd.DataFrame   # indicators x factors after varimax; every factor's largest loading is positive
    factor: pd.Series        # by indicator: the factor on which it loads most
    variance: pd.Series      # by factor after rotation: sum of squared loadings («Expl.Var»), falling
    eigenvalues: pd.Series   # of the correlation matrix, falling
    adequacy: Adequacy
    extraction: str          # "pc" or "ml"

    @property
    def explained(self) -> pd.DataFrame:
        """Eigenvalue, its share of the variance and the cumulative share, one row a component (Table 16)."""
        share = self.eigenvalues / self.eigenvalues.sum()
        return pd.DataFrame({"eigenvalue": self.eigenvalues, "share": share, "cumulative": share.cumsum()})

    @property
    def scaled_squares(self) -> pd.DataFrame:
        """Squared loadings that sum to 1 in every factor (Table 17): weights inside the intermediate composites."""
        return self.loadings**2 / self.variance

    @property
    def contrary(self) -> pd.Index:
        """Indicators that load negatively on their own factor: it falls when they rise, and the square hides it."""
        own = self.loadings.stack().loc[pd.MultiIndex.from_arrays([self.factor.index, self.factor])]
        return self.factor.index[own.to_numpy() < 0]


def adequacy(values: pd.DataFrame) -> Adequacy:
    r"""Kaiser-Meyer-Olkin measure of sampling adequacy and Bartlett's test that all correlations are 0.

    .. math:: KMO = \frac{\sum_{j \ne l} r_{jl}^2}{\sum_{j \ne l} r_{jl}^2 + \sum_{j \ne l} a_{jl}^2}, \qquad
              \chi^2_{k(k-1)/2} = -\Bigl(n - 1 - \frac{2k + 5}{6}\Bigr) \ln |R|

    :math:`a_{jl}` is the partial correlation of two indicators given all others. Where indicators share factors, it is
    small and KMO close to 1.

    Parameters
    ----------
    values : DataFrame, shape (n units, k indicators)
        No gaps, every indicator varies; k is at least 3 and n is above k. No indicator follows from the others.

    References
    ----------
    Kaiser, Rice (1974), Little Jiffy, Mark IV, doi:10.1177/001316447403400115. Bartlett (1951), The effect of
    standardization on a chi-squared approximation in factor analysis, doi:10.1093/biomet/38.3-4.337

    Examples
    --------
    >>> values = pd.DataFrame({"a": [1, 2, 3, 4, 5, 6, 7], "b": [2, 3, 1, 4, 7, 6, 5], "c": [3, 1, 2, 6, 4, 5, 7]})
    >>> result = adequacy(values)
    >>> round(result.kmo, 3), round(result.chi_squared, 2), result.degrees_of_freedom, round(result.p_value, 3)
    (0.657, 7.46, 3, 0.059)
    """
    n, k = values.shape
    r = _correlations(values)
    inverse = np.linalg.inv(r)
    partial = inverse / np.sqrt(np.outer(np.diag(inverse), np.diag(inverse)))  # up to its sign
    r2, a2 = r.to_numpy() ** 2 * (1 - np.eye(k)), partial**2 * (1 - np.eye(k))
    degrees = k * (k - 1) // 2
    chi_squared = -(n - 1 - (2 * k + 5) / 6) * np.linalg.slogdet(r)[1]
    return Adequacy(float(r2.sum() / (r2.sum() + a2.sum())),
                    pd.Series(r2.sum(axis=0) / (r2.sum(axis=0) + a2.sum(axis=0)), index=r.index, name="kmo"),
                    float(chi_squared), degrees, float(stats.chi2.sf(chi_squared, degrees)), n)


def factor_weights(values: pd.DataFrame, *, factors: int | None = None, least_share: float | None = None,
                   extraction: str = "pc") -> FactorWeights:
    r"""Weights from rotated factor loadings (Nicoletti and others 2000; Handbook, section 6.1).

    An indicator belongs to the factor on which it loads most; there its weight is the squared loading, scaled to sum 1
    over the factor, and factors count by the variance they explain. The two scalings cancel, so that

    .. math:: w_j = \frac{\max_f a_{jf}^2}{\sum_l \max_f a_{lf}^2}

    In the Handbook's words such weighting "intervenes only to correct for overlapping information" and is no measure of
    importance. Two cautions: an indicator that runs against its factor (`contrary`) weighs like one that runs with it;
    and a factor counts by its variance, so a near copy of an indicator keeps a full weight (in CRITIC they share one).

    Parameters
    ----------
    values : DataFrame, shape (n units, k indicators)
        Directions already turned, any units of measure (correlations are analysed), no gaps; n > k > 2.
    factors : int, optional
        How many to keep. If neither this nor `least_share` is given, those with an eigenvalue above 1 (Kaiser).
    least_share : float, optional
        Keep the fewest components that together explain at least this share of the variance, 0 to 1.
    extraction : {"pc", "ml"}
        Principal components, or maximum likelihood factors (statsmodels). Both are rotated by varimax with Kaiser's
        normalisation.

    Raises
    ------
    NotPublishable
        If the indicators hardly correlate (KMO below .5, or sphericity not rejected at 5 %), if the likelihood or the
        rotation does not converge, or if an indicator keeps no variance of its own (Heywood case).

    References
    ----------
    OECD/JRC (2008), Handbook on Constructing Composite Indicators, pp. 89-91 and Tables 16-18. Nicoletti, Scarpetta,
    Boylaud (2000), Summary indicators of product market regulation, OECD Economics Working Paper 226,
    doi:10.1787/215182844604. Kaiser (1958), The varimax criterion, doi:10.1007/BF02289233

    Examples
    --------
    Three indicators of one thing and two of another; c, the poorest mark of the first, weighs least:

    >>> draw = np.random.default_rng(0).normal(size=(60, 7))
    >>> shared = np.column_stack([draw[:, [0, 0, 0]], draw[:, [1, 1]]])
    >>> values = pd.DataFrame(shared + draw[:, 2:] * [0.3, 0.6, 0.9, 0.5, 0.5], columns=list("abcde"))
    >>> result = factor_weights(values)
    >>> result.factor.to_dict()
    {'a': 1, 'b': 1, 'c': 1, 'd': 2, 'e': 2}
    >>> result.weights.round(3).to_dict()
    {'a': 0.207, 'b': 0.205, 'c': 0.172, 'd': 0.209, 'e': 0.207}
    """
    fit = adequacy(values)
    if not fit.adequate:
        raise NotPublishable(
            f"Веса по факторному анализу: показатели слишком слабо связаны между собой: KMO = {fit.kmo:.3f} (нужно не "
            f"меньше {LEAST_KMO:g}), критерий Бартлетта p = {fit.p_value:.3g} (нужно не больше {SIGNIFICANCE:g}), "
            f"единиц {fit.n}. Такие веса лишь поправляют на пересечение показателей; где связи нет, их не из чего "
            "оценить. Возьмите равные или экспертные веса.")
    r = _correlations(values)
    eigenvalues, vectors = (part[..., ::-1] for part in np.linalg.eigh(r))
    m = _number_of_factors(eigenvalues, factors, least_share)
    components = vectors[:, :m] * np.sqrt(eigenvalues[:m])
    if extraction == "pc":
        loadings = components
    elif extraction == "ml":
        loadings = _maximum_likelihood(r, components)
    else:
        raise EditionError(f"Выделение факторов: «{extraction}» не известно. Допустимо: pc, ml.")
    loadings = _varimax(loadings)
    variance = (loadings**2).sum(axis=0)
    order = np.argsort(-variance, kind="stable")
    largest = loadings[np.abs(loadings).argmax(axis=0), np.arange(m)]
    numbers = pd.RangeIndex(1, m + 1, name="factor")
    table = pd.DataFrame((loadings * np.sign(largest))[:, order], index=r.index, columns=numbers)
    own = (table**2).max(axis=1)
    return FactorWeights(
        weights=(own / own.sum()).rename("weight"), loadings=table,
        factor=(table**2).idxmax(axis=1).rename("factor"), variance=pd.Series(variance[order], index=numbers),
        eigenvalues=pd.Series(eigenvalues, index=pd.RangeIndex(1, len(eigenvalues) + 1, name="component")),
        adequacy=fit, extraction=extraction)


def _correlations(values: pd.DataFrame) -> pd.DataFrame:
    what = "Веса по факторному анализу"
    n, k = values.shape
    checks.unique(values.index, f"{what}: единицы")
    checks.unique(values.columns, f"{what}: показатели")
    checks.complete(values, what)
    if k < 3 or n <= k:
        raise InputError(f"{what}: нужно не меньше 3 показателей и единиц больше, чем показателей; показателей {k}, "
                         f"единиц {n}.")
    for code in values:
        checks.varies(values[code])
    r = values.corr()
    if np.linalg.eigvalsh(r)[0] < SINGULAR:
        one, other = np.unravel_index(np.argmax(np.abs(np.triu(r, 1))), r.shape)
        raise InputError(f"{what}: один из показателей полностью следует из других. Теснее всего связаны "
                         f"{r.index[one]} и {r.index[other]}: r = {r.iloc[one, other]:.4f}. Исключите лишний.")
    return r


def _number_of_factors(eigenvalues: np.ndarray, factors: int | None, least_share: float | None) -> int:
    if factors is not None and least_share is not None:
        raise EditionError("Число факторов: заданы и factors, и least_share. Оставьте что-то одно.")
    if factors is not None:
        if not 1 <= factors < len(eigenvalues):
            raise EditionError(f"Число факторов: должно быть от 1 до {len(eigenvalues) - 1}, задано {factors}.")
        return factors
    if least_share is not None:
        if not 0 < least_share < 1:
            raise EditionError("Число факторов: доля дисперсии должна быть больше 0 и меньше 1, задано "
                               f"{least_share:g}.")
        share = np.cumsum(eigenvalues) / eigenvalues.sum()
        return int(np.searchsorted(share, least_share - checks.SUM_TOLERANCE)) + 1
    return int((eigenvalues > 1).sum())


def _maximum_likelihood(r: pd.DataFrame, components: np.ndarray) -> np.ndarray:
    """Unrotated loadings by statsmodels, from the components as a start, so that nothing is drawn at random."""
    k, m = components.shape
    if (k - m) ** 2 < k + m:
        raise EditionError(f"Метод максимального правдоподобия: {m} факторов слишком много для {k} показателей, "
                           "параметров больше, чем корреляций.")
    model = Factor(corr=r.to_numpy(), n_factor=m, method="ml")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what they say is looked at below, and in Russian
        model.fit(start=(components, (1 - (components**2).sum(axis=1)).clip(LEAST_UNIQUENESS)),
                  opt={"gtol": 1e-7, "maxiter": 5000})
    what, remedy = "Метод максимального правдоподобия", "Возьмите меньше факторов или главные компоненты (pc)."
    least, gradient = int(np.argmin(model.uniqueness)), np.abs(model.mle_retvals.jac).max()
    if model.uniqueness[least] < LEAST_UNIQUENESS:
        raise NotPublishable(f"{what}: у показателя {r.index[least]} не остаётся собственной дисперсии "
                             f"({model.uniqueness[least]:.2g}, случай Хейвуда), факторов {m}. {remedy}")
    if not gradient <= 1e-5:
        raise NotPublishable(f"{what} не сошёлся: факторов {m}, шагов {model.mle_retvals.nit}, градиент {gradient:.2g} "
                             f"(нужно не больше 1e-5). {remedy}")
    return model.loadings


def _varimax(loadings: np.ndarray) -> np.ndarray:
    """Varimax with rows scaled to length 1 (Kaiser). At the maximum L'(L^3 - L diag(L'L)/k) is symmetric."""
    if loadings.shape[1] == 1:
        return loadings
    length = np.sqrt((loadings**2).sum(axis=1, keepdims=True))
    rotated, _ = rotate_factors(loadings / length, "varimax", max_tries=5000, tol=1e-7)
    slope = rotated.T @ (rotated**3 - rotated * (rotated**2).mean(axis=0))
    asymmetry = np.abs(slope - slope.T).max()
    if not asymmetry <= 1e-5:
        raise NotPublishable(f"Вращение варимакс не сошлось: факторов {loadings.shape[1]}, отклонение {asymmetry:.2g} "
                             "(нужно не больше 1e-5). Возьмите другое число факторов.")
    return rotated * length
