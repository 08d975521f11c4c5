"""Pairwise comparisons of estimates that have errors: critical values that hold for whole families of comparisons.

Sets for places, tiers and changes of places all rest on them: a rival is certainly better where the difference exceeds
the critical value times its standard error.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from methods import checks
from methods.errors import InputError, UsageError

Side = Literal["both", "low", "high"]
DRAWS = 2000          # Monte-Carlo error of a 95 % critical value: its true level is 95 % +- 0.5 points
MOST_MEMORY = 8e9     # bytes
SYMMETRY = 1e-9       # of the largest variance: what a covariance matrix may lack of symmetry or positive definiteness


@dataclass(frozen=True, eq=False)
class IndependentErrors:
    """Errors of different units are independent, as those of different respondents are.

    `degrees`: of freedom of each standard error, for a mean of n answers n - 1. Without them the standard errors count
    as known, which is right for some hundred answers a unit and promises too much for thirty.
    """

    se: pd.Series                                # by unit, above 0
    degrees: pd.Series | float | None = None     # by unit or for all, 1 or more


@dataclass(frozen=True, eq=False)
class CorrelatedErrors:
    """Errors with a full covariance: common inspectors, common weights, a normalisation that all units share.

    `degrees`: of freedom of the whole matrix, for example clusters - 1 (rounded down); without them it counts as known.
    Estimated from fewer clusters than there are units, the matrix lacks directions in which the estimates do vary; the
    draws then come from the matrix shrunk by `shrunk_covariance`, the comparisons stay those of the matrix itself.
    """

    covariance: pd.DataFrame                     # units x units, of the estimates (not of single answers)
    degrees: float | None = None


@dataclass(frozen=True, eq=False)
class ReplicatedErrors:
    """Bootstrap replicates of all estimates: each row was computed from one resample, as the estimates from the data.

    The distribution of differences is taken from the replicates themselves, skewness included. With `normal` they give
    the covariance only and the draws are normal (multiplier bootstrap): for few replicates. Jackknife and balanced
    half-sample replicates need their own scale factors and are no bootstrap: make a covariance of them.
    """

    replicates: pd.DataFrame                     # replicates x units
    normal: bool = False


Errors = IndependentErrors | CorrelatedErrors | ReplicatedErrors


@dataclass(frozen=True, eq=False)
class Comparisons:
    """Estimates of the same units in one or more tables (years), with draws of their noise, ready to be compared.

    Units are sorted (by standard error, then label), so that nothing depends on the order of rows.
    """

    units: pd.Index
    estimates: np.ndarray    # tables x units
    variances: np.ndarray    # tables x units; as estimated
    noise: np.ndarray        # tables x draws x units, expectation 0
    spreads: np.ndarray      # tables x draws (or 1) x units: the variances as they would be estimated in each draw
    inverse: np.ndarray      # tables x units x units: 1 / standard error of a difference; (tables, 0, 0) if independent
    factors: np.ndarray      # tables x draws x units x degrees: F, F F' the covariance as it would be estimated in the
    #                          draw; (tables, draws, 0, 0) if it counts as known

    @property
    def dense(self) -> bool:
        """Whether the errors of different units are correlated."""
        return self.inverse.shape[1] > 0

    def critical(self, side: Side, coverage: float, stepdown: bool, jointly: Sequence[str] | None) -> pd.Series:
        """Critical values by unit: each unit's own family, or one family of all units named in `jointly`.

        Maxima over rivals are not negative here; for a coverage of .5 or more that changes no quantile.
        """
        from methods.sensitivity import pairwise_kernels as kernels

        ahead, behind = side in ("both", "low"), side in ("both", "high")
        draws, n = self.noise.shape[1:]
        tail = draws + 1 - _order(draws, coverage)
        if jointly is not None and len(jointly) == n:
            ahead, behind = True, False          # every pair is seen once from below
        best = np.zeros((draws, n))
        for table in range(len(self.noise)):
            if self.factors.size:
                for draw, noise in enumerate(self.noise[table]):
                    inverse = _inverse(self.factors[table, draw] @ self.factors[table, draw].T)
                    kernels.correlated_maxima(noise[None], inverse, ahead, behind, best[draw:draw + 1])
            elif self.dense:
                kernels.correlated_maxima(self.noise[table], self.inverse[table], ahead, behind, best)
            else:
                order = np.argsort(self.spreads[table], axis=1, kind="stable")
                kernels.independent_maxima(self.noise[table], self.spreads[table], order, ahead, behind, best)
        if jointly is None:
            critical = np.sqrt(kernels.tail_ends(best, tail))
            if stepdown:
                kernels.marginal_steps(critical, tail, best, ahead, behind, *self._arguments(kernels))
            return pd.Series(critical, self.units, name="critical")
        members = self.units.get_indexer(pd.Index(jointly))
        largest = best[:, members].max(axis=1)
        c = float(np.sqrt(np.partition(largest, draws - tail)[draws - tail]))
        if stepdown:
            c = kernels.joint_steps(c, members, tail, best, ahead, behind, *self._arguments(kernels))
        return pd.Series(c, pd.Index(jointly), name="critical")

    def rejected(self, critical: pd.Series, side: Side) -> tuple[np.ndarray, np.ndarray]:
        """Numbers of rivals certainly better and certainly worse, tables x units, in the order of `critical`."""
        from methods.sensitivity import pairwise_kernels as kernels

        values = critical.reindex(self.units).fillna(np.inf).to_numpy()
        better, worse = np.zeros(self.estimates.shape, np.int64), np.zeros(self.estimates.shape, np.int64)
        kernels.count_rejected(values, side in ("both", "low"), side in ("both", "high"), self.estimates,
                               self.variances, self.inverse, self.dense, better, worse)
        rows = self.units.get_indexer(critical.index)
        return better[:, rows], worse[:, rows]

    def better(self, critical: float, table: int = 0) -> pd.DataFrame:
        """Which unit (row) is certainly better than which (column) at one critical value."""
        distance = self.estimates[table][:, None] - self.estimates[table][None, :]
        if self.dense:
            far = distance * self.inverse[table] > critical
        else:
            v = self.variances[table]
            far = (distance > 0) & (distance**2 > critical * critical * (v[:, None] + v[None, :]))
        return pd.DataFrame(far, self.units, self.units)

    def _arguments(self, kernels) -> tuple:
        """What the compiled steps need, with the bounds of blocks of units."""
        tables, draws, n = self.noise.shape
        blocks = 0 if self.dense else -(-n // kernels.BLOCK)
        tops, bottoms = np.empty((2, tables, draws, blocks))
        least = np.empty((tables, self.spreads.shape[1], blocks))
        if not self.dense:
            for table in range(tables):
                kernels.block_bounds(self.noise[table], self.spreads[table], tops[table], bottoms[table], least[table])
        return (self.estimates, self.variances, self.noise, self.spreads, tops, bottoms, least, self.inverse,
                self.factors, self.dense)


def compare(estimates: Sequence[pd.Series], errors: Sequence[Errors], *, coverage: float, draws: int, seed: int,
            correlation: float | pd.Series = 0.0) -> Comparisons:
    """Check estimates and errors of one or more tables of the same units, and draw the noise of all of them.

    `correlation`: of a unit's errors in two tables, for `IndependentErrors`.
    """
    _usable(coverage, draws, seed)
    labels = pd.Index(sorted(estimates[0].index, key=str))
    for table, error in zip(estimates, errors, strict=True):
        _labelled(table, error, labels)
    first = errors[0]
    if any(type(error) is not type(first) for error in errors):
        raise InputError("Ошибки двух лет должны быть заданы одинаково: обе независимые, обе ковариациями или обе "
                         "повторными выборками.")
    values = np.stack([table[labels].to_numpy(dtype=float) for table in estimates])
    if isinstance(first, IndependentErrors):
        return _independent(labels, values, errors, coverage, draws, seed, correlation)
    if not (np.isscalar(correlation) and correlation == 0):
        raise InputError("Корреляция ошибок двух лет задаётся только для независимых ошибок единиц "
                         "(IndependentErrors); повторные выборки связывают годы сами: строка к строке.")
    if isinstance(first, CorrelatedErrors):
        return _correlated(labels, values, errors, draws, seed)
    return _replicated(labels, values, errors, coverage, draws, seed)


def _order(draws: int, coverage: float) -> int:
    """Which of the sorted draws is the critical value, so that the level holds with the Monte-Carlo error included."""
    return int(np.ceil((draws + 1) * coverage - 1e-9))


def _usable(coverage: float, draws: int, seed: int) -> None:
    if not 0.5 <= coverage < 1 or seed < 0:
        raise UsageError(f"Доверительная вероятность — от 0,5 до 1 (не включая 1), seed — не меньше 0; задано "
                         f"coverage={coverage:g}, seed={seed}.")
    _enough(draws, coverage, "Розыгрышей")


def _enough(draws: int, coverage: float, what: str) -> None:
    if _order(draws, coverage) > draws:
        fewest = int(np.ceil(coverage / (1 - coverage) - 1e-9))
        raise UsageError(f"{what} {draws}: для доверительной вероятности {coverage:g} нужно не меньше {fewest}.")


def _affordable(units: int, draws: int, tables: int, dense: bool, degrees: int = 0) -> None:
    needed = 8.0 * tables * units * (3 * draws + draws * degrees + (3 * units if dense else 0))
    if needed > MOST_MEMORY:
        raise UsageError(f"Сравнение {units} единиц по {draws} розыгрышам заняло бы около {needed / 1e9:.0f} ГБ памяти "
                         f"(предел {MOST_MEMORY / 1e9:.0f} ГБ). Уменьшите draws"
                         f"{' или задайте независимые ошибки' if dense else ''}.")


def _labelled(estimates: pd.Series, errors: Errors, labels: pd.Index) -> None:
    checks.same_labels(estimates.index, labels, "Оценки")
    checks.complete(estimates.rename("оценка"), "Оценки")
    if len(labels) < 2:
        raise InputError(f"Чтобы сравнивать, нужно не меньше 2 единиц, найдено {len(labels)}.")
    if isinstance(errors, IndependentErrors):
        checks.same_labels(errors.se.index, labels, "Стандартные ошибки и оценки")
        wrong = errors.se.index[~(np.isfinite(errors.se.astype(float)) & (errors.se > 0))]
        if len(wrong):
            raise InputError(
                f"Стандартная ошибка должна быть больше 0, а у единиц {_named(wrong)} она равна 0 или неизвестна.\n"
                "Одинаковые ответы немногих людей не значат, что единица известна точно: подставьте общий разброс "
                "вопроса (sensitivity.noise.usable_errors) или исключите единицу.")
    elif isinstance(errors, CorrelatedErrors):
        for axis in (errors.covariance.index, errors.covariance.columns):
            checks.same_labels(axis, labels, "Ковариация и оценки")
        checks.complete(errors.covariance, "Ковариация")
    else:
        checks.same_labels(errors.replicates.columns, labels, "Повторные выборки и оценки")
        checks.unique(errors.replicates.index, "Повторные выборки: номера строк")
        checks.complete(errors.replicates, "Повторные выборки")


def _named(labels: pd.Index, most: int = 5) -> str:
    rest = f" и ещё {len(labels) - most}" if len(labels) > most else ""
    return ", ".join(sorted(map(str, labels))[:most]) + rest


def _independent(labels: pd.Index, values: np.ndarray, errors: Sequence[IndependentErrors], coverage: float, draws: int,
                 seed: int, correlation: float | pd.Series) -> Comparisons:
    _affordable(len(labels), draws, len(values), dense=False)
    se = np.stack([error.se[labels].to_numpy(dtype=float) for error in errors])
    degrees = [_degrees(error.degrees, labels) for error in errors]
    rho = _correlations(correlation, labels)
    rng = np.random.default_rng(seed)
    noise = rng.standard_normal((len(values), draws, len(labels)))
    if len(noise) == 2:
        noise[1] = rho * noise[0] + np.sqrt(1 - rho**2) * noise[1]
    order = np.argsort(se[0], kind="stable")     # on ties by label
    variances = se**2
    spreads = variances[:, None, :]
    if any(degree is not None for degree in degrees):
        spreads = np.stack([np.broadcast_to(v, (draws, len(labels))) if degree is None else
                            v * rng.chisquare(degree, (draws, len(labels))) / degree
                            for v, degree in zip(variances, degrees, strict=True)])
    # `take` returns contiguous tables: the loops are compiled for one layout only
    values, variances, noise, spreads = (np.take(table, order, axis=-1)
                                         for table in (values, variances, noise, spreads))
    noise *= np.sqrt(variances)[:, None, :]
    return Comparisons(labels[order], values, variances, noise, spreads, np.empty((len(values), 0, 0)),
                       np.empty((*noise.shape[:2], 0, 0)))


def _degrees(degrees: pd.Series | float | None, labels: pd.Index) -> np.ndarray | None:
    if degrees is None:
        return None
    if isinstance(degrees, pd.Series):
        checks.same_labels(degrees.index, labels, "Степени свободы и оценки")
        found = degrees[labels].astype(float)
    else:
        found = pd.Series(float(degrees), labels)
    few = found.index[~(np.isfinite(found) & (found >= 1))]
    if len(few):
        raise InputError(f"Степеней свободы (ответов минус 1) должно быть не меньше 1, у единиц {_named(few)} меньше "
                         "или не задано. Исключите единицы с одним ответом.")
    return found.to_numpy()


def _correlations(correlation: float | pd.Series, labels: pd.Index) -> np.ndarray:
    if isinstance(correlation, pd.Series):
        checks.same_labels(correlation.index, labels, "Корреляции и оценки")
        found = correlation[labels].to_numpy(dtype=float)
    else:
        found = np.full(len(labels), float(correlation))
    if not (np.abs(found) <= 1).all():
        raise InputError("Корреляция ошибок двух лет — от −1 до 1, задано "
                         f"{found[~(np.abs(found) <= 1)][0]:g}.")
    return found


def _correlated(labels: pd.Index, values: np.ndarray, errors: Sequence[CorrelatedErrors], draws: int,
                seed: int) -> Comparisons:
    degrees = {0 if error.degrees is None else int(_degrees(error.degrees, labels[:1])[0]) for error in errors}
    if len(degrees) > 1:
        raise InputError("Степени свободы ковариаций двух лет должны быть заданы одинаково, найдено "
                         f"{', '.join(map(str, sorted(degrees)))} (0 — не заданы).")
    (count,) = degrees
    _affordable(len(labels), draws, len(values), dense=True, degrees=count)
    rng = np.random.default_rng(seed)
    covariances = [error.covariance.loc[labels, labels].to_numpy(dtype=float) for error in errors]
    roots = [_root(shrunk_covariance(covariance, count) if count else covariance) for covariance in covariances]
    noise = np.stack([rng.standard_normal((draws, len(labels))) @ root.T for root in roots])
    factors = np.empty((len(values), draws, len(labels) if count else 0, count))
    if count:                                              # Wishart: what such a sample would estimate
        for table, root in enumerate(roots):
            for draw in range(draws):
                factors[table, draw] = root @ rng.standard_normal((len(labels), count)) / np.sqrt(count)
    return _dense(labels, values, noise, covariances, factors)


def shrunk_covariance(covariance: np.ndarray, degrees: int) -> np.ndarray:
    r"""What differences of units vary by, estimated with few degrees of freedom: shrunk towards equal correlations.

    .. math:: \hat\Sigma = D^{1/2} ((1 - \rho) R + \rho I) D^{1/2}, \quad
        \rho = \min\left(1, \frac{(1 - 2/p)\,\mathrm{tr} R^2 + p^2}{(n + 1 - 2/p)(\mathrm{tr} R^2 - p)}\right)

    R are the correlations, D the variances of the covariance without what all units share, which no difference of units
    contains; n are the degrees of freedom, p the units.

    Parameters
    ----------
    covariance : array, shape (p, p)
    degrees : int
        Of freedom, 1 or more.

    References
    ----------
    Chen, Wiesel, Eldar, Hero (2010), Shrinkage algorithms for MMSE covariance estimation, IEEE Transactions on Signal
    Processing 58(10), 5016-5029, eq. 23 (oracle approximating shrinkage). doi:10.1109/TSP.2010.2053029

    Examples
    --------
    >>> common = np.ones((3, 3)) + np.diag([1.0, 2.0, 3.0])
    >>> shrunk_covariance(common, 4).round(2).tolist()[0]
    [1.0, 0.0, 0.0]
    """
    size = len(covariance)
    centred = covariance - covariance.mean(axis=0) - covariance.mean(axis=1)[:, None] + covariance.mean()
    spread = np.sqrt(np.diag(centred))
    if not (spread > 0).all():               # a unit whose error is the mean of all errors: nothing to scale by
        return covariance
    correlations = centred / np.outer(spread, spread)
    squares = (correlations**2).sum()
    above, below = (1 - 2 / size) * squares + size**2, (degrees + 1 - 2 / size) * (squares - size)
    share = 1.0 if above >= below else above / below
    return ((1 - share) * correlations + share * np.eye(size)) * np.outer(spread, spread)


def _root(covariance: np.ndarray) -> np.ndarray:
    """A matrix whose square is the covariance, the signs of its columns fixed."""
    size = np.abs(covariance).max()
    if np.abs(covariance - covariance.T).max() > SYMMETRY * size:
        raise InputError("Ковариация должна быть симметричной: значения выше и ниже диагонали различаются.")
    eigenvalues, vectors = np.linalg.eigh((covariance + covariance.T) / 2)
    if eigenvalues[0] < -SYMMETRY * size * len(covariance):
        raise InputError(f"Ковариация не положительно определена: наименьшее собственное число {eigenvalues[0]:.3g}. "
                         "Проверьте, что это ковариация оценок, а не корреляции разных выборок.")
    return (vectors * np.sqrt(np.maximum(eigenvalues, 0))) @ vectors.T


def _replicated(labels: pd.Index, values: np.ndarray, errors: Sequence[ReplicatedErrors], coverage: float, draws: int,
                seed: int) -> Comparisons:
    tables = [error.replicates.sort_index()[labels] for error in errors]
    for table in tables[1:]:
        checks.same_labels(table.index, tables[0].index, "Повторные выборки двух лет (строка к строке)")
    centred = np.stack([table.to_numpy(dtype=float) for table in tables])
    centred -= centred.mean(axis=1, keepdims=True)
    count = centred.shape[1]
    if count < 2:
        raise InputError(f"Повторных выборок должно быть не меньше 2, найдено {count}.")
    covariances = [table.T @ table / (count - 1) for table in centred]
    if errors[0].normal:
        multipliers = np.random.default_rng(seed).standard_normal((draws, count))
        noise = multipliers @ centred / np.sqrt(count - 1)
    else:
        _enough(count, coverage, "Повторных выборок")
        noise = centred * np.sqrt(count / (count - 1))
    _affordable(len(labels), noise.shape[1], len(values), dense=True)
    return _dense(labels, values, noise, covariances, np.empty((*noise.shape[:2], 0, 0)))


def _dense(labels: pd.Index, values: np.ndarray, noise: np.ndarray, covariances: list[np.ndarray],
           factors: np.ndarray) -> Comparisons:
    for covariance in covariances:
        square = _squares(covariance)
        same = np.argwhere(square <= checks.DUST * np.diag(covariance).max())
        if len(same):
            one, other = labels[same[0]]
            raise InputError(f"Ошибки единиц {one} и {other} совпадают (дисперсия разности 0): сравнить их по этой "
                             "ковариации нельзя. Проверьте, не одна ли это единица дважды.")
    variances = np.stack([np.diag(covariance) for covariance in covariances])
    inverse = np.stack([_inverse(covariance) for covariance in covariances])
    return Comparisons(labels, values, variances, np.ascontiguousarray(noise), variances[:, None, :], inverse, factors)


def _squares(covariance: np.ndarray) -> np.ndarray:
    """Variances of all differences; inf for that of a unit from itself."""
    variances = np.diag(covariance)
    square = variances[:, None] + variances - covariance - covariance.T
    np.fill_diagonal(square, np.inf)
    return square


def _inverse(covariance: np.ndarray) -> np.ndarray:
    return 1 / np.sqrt(_squares(covariance))
