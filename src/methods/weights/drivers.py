r"""Drivers of overall satisfaction: which questions move the mark «в целом», one clientele at a time.

Everything linear rests on cross-products by cluster (centre or region), so that 60,000 questionnaires are read once
and a bootstrap over clusters is a sum of small matrices. Four answers to one question, side by side:

`shapley_r2`                  share of the explained variance (LMG, or Owen's value where questions form groups)
`nonnegative_least_squares`   coefficients that may serve as weights: none below 0
`ridge`                       coefficients held back where questions repeat each other
`mark_regression`             coefficients of what the respondent thinks, before it is rounded to a mark that ends at 5
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from math import comb
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import nnls
from scipy.special import log_ndtr

from methods import checks
from methods.errors import InputError, NotPublishable
from methods.index.importance import FEWEST_DRAWS, Resampled, effective_number

Array = NDArray[np.float64]
Gaps = Literal["refuse", "complete"]

MOST_EXACT = 20        # questions: 2^20 regressions take a second, beyond that orderings are drawn
EXACT_IN_DRAWS = 11    # questions: beyond that, resampled values follow a fixed set of orderings
ROTATED = 5            # orderings of that set, each with all its rotations and their reverses
STRONG_VIF = 10.0      # of Belsley, Kuh, Welsch (1980) and common practice
STRONG_CORRELATION = 0.9
MOST_STEPS = 100       # of Newton's method; ten are usual
CERTAIN = 1e-6         # mean -log probability of the overall marks: below it they follow from the others exactly
SINGULAR = 1e-10       # share of a question's variance that the other questions leave


# --- formulas on a covariance matrix --------------------------------------------------------------------------------

def shapley_r2(covariance: pd.DataFrame, target: Hashable, groups: pd.Series | None = None) -> pd.Series:
    r"""R² divided among questions: the rise a question brings, averaged over all orders in which questions can enter.

    .. math:: \phi_j = \sum_{T \subseteq K \setminus j} \frac{|T|!\,(k - |T| - 1)!}{k!}
              \,[R^2(T \cup j) - R^2(T)], \qquad \sum_j \phi_j = R^2

    With `groups`, Owen's value: groups enter in all orders and a group's questions one after another, so the questions
    of a group share what the group brings, and a long group gains nothing from its length.

    Parameters
    ----------
    covariance : DataFrame, shape (k + 1, k + 1)
        Covariances or correlations of the questions and of the target.
    target : label
        The overall mark.
    groups : Series, shape (k,)
        Group of each question. None: Shapley's value, known as LMG; at most 20 questions.

    Returns
    -------
    Series, shape (k,)
        Not negative (Shapley), sum R².

    References
    ----------
    Lindeman, Merenda, Gold (1980), Introduction to Bivariate and Multivariate Analysis, p. 119. Grömping (2007), The
    American Statistician 61(2), 139-147, doi:10.1198/000313007X188252. Huettner, Sunder (2012), Electronic
    Journal of Statistics 6, 1239-1250, doi:10.1214/12-EJS710

    Examples
    --------
    Two questions, r12 = .5, correlations with the overall mark .6 and .4, by hand: (.36 + .28/.75 - .16)/2 = .2867

    >>> r = pd.DataFrame([[1, .5, .6], [.5, 1, .4], [.6, .4, 1]], index=["a", "b", "y"], columns=["a", "b", "y"])
    >>> shapley_r2(r, "y").round(4).to_dict()
    {'a': 0.2867, 'b': 0.0867}
    """
    matrix, labels = _ordered(covariance, target)
    if groups is None:
        if len(labels) > MOST_EXACT:
            raise InputError(f"Разложение R² по всем порядкам: вопросов {len(labels)}, точный счёт — до {MOST_EXACT}. "
                             "Задайте группы вопросов (groups) или возьмите sampled_shapley_r2.")
        found = _shapley(_explained(_correlations(matrix[None])))
    else:
        found = _owen(_correlations(matrix[None]), _blocks(groups, labels))
    return pd.Series(found[0], index=labels, name="r2")


def sampled_shapley_r2(covariance: pd.DataFrame, target: Hashable, *, orderings: int = 1000,
                       seed: int = 0) -> pd.DataFrame:
    """`shapley_r2` from random orders with standard errors, for more questions than can be reckoned exactly.

    Every order comes with its reverse: a question that came first comes last, which steadies the mean.

    Parameters
    ----------
    orderings : int
        Pairs of orders, at least 2.

    Returns
    -------
    DataFrame, shape (k, 2)
        `r2` and `se`, the standard error from the drawing of orders alone.

    Examples
    --------
    >>> r = pd.DataFrame([[1, .5, .6], [.5, 1, .4], [.6, .4, 1]], index=["a", "b", "y"], columns=["a", "b", "y"])
    >>> sampled_shapley_r2(r, "y", orderings=10).round(4).loc["a"].to_dict()
    {'r2': 0.2867, 'se': 0.0}
    """
    if orderings < 2:
        raise InputError(f"Разложение R² по случайным порядкам: пар порядков должно быть не меньше 2, "
                         f"задано {orderings}.")
    matrix, labels = _ordered(covariance, target)
    by_label = np.argsort(labels.astype(str), kind="stable")
    drawn = np.array([_rises(_correlations(matrix[None]), pair)[0] for pair in _orders(by_label, orderings, seed)])
    return pd.DataFrame({"r2": drawn.mean(axis=0), "se": drawn.std(axis=0, ddof=1) / orderings**0.5}, index=labels)


def least_squares(covariance: pd.DataFrame, target: Hashable) -> pd.Series:
    r"""Coefficients of the linear regression of the target on all questions, :math:`\Sigma_{xx}^{-1} \sigma_{xy}`.

    Of a correlation matrix: standardised coefficients. Raises `NotPublishable` if the questions are linearly dependent.

    >>> r = pd.DataFrame([[1, .5, .6], [.5, 1, .4], [.6, .4, 1]], index=["a", "b", "y"], columns=["a", "b", "y"])
    >>> least_squares(r, "y").round(4).to_dict()
    {'a': 0.5333, 'b': 0.1333}
    """
    matrix, labels = _ordered(covariance, target)
    _independent(matrix[:-1, :-1], labels)
    return pd.Series(np.linalg.solve(matrix[:-1, :-1], matrix[:-1, -1]), index=labels, name="coefficient")


def nonnegative_least_squares(covariance: pd.DataFrame, target: Hashable) -> pd.Series:
    r"""Coefficients under :math:`b \ge 0`: the nearest regression whose coefficients can serve as weights.

    .. math:: \min_{b \ge 0} \; b^\top \Sigma_{xx} b - 2\, b^\top \sigma_{xy}

    Of a correlation matrix: standardised coefficients. The solution is unique if no question is a combination of the
    others (`NotPublishable` otherwise).

    References
    ----------
    Lawson, Hanson (1995), Solving Least Squares Problems, chapter 23. doi:10.1137/1.9781611971217

    Examples
    --------
    The second question has a negative coefficient only because it repeats the first:

    >>> r = pd.DataFrame([[1, .8, .6], [.8, 1, .4], [.6, .4, 1]], index=["a", "b", "y"], columns=["a", "b", "y"])
    >>> least_squares(r, "y").round(3).to_dict(), nonnegative_least_squares(r, "y").round(3).to_dict()
    ({'a': 0.778, 'b': -0.222}, {'a': 0.6, 'b': 0.0})
    """
    matrix, labels = _ordered(covariance, target)
    _independent(matrix[:-1, :-1], labels)
    return pd.Series(_nonnegative(matrix[None])[0], index=labels, name="coefficient")


def ridge(covariance: pd.DataFrame, target: Hashable, n: int, penalty: float | None = None) -> pd.Series:
    r"""Ridge coefficients: shrunken most in the directions in which questions repeat each other.

    .. math:: b = (R_{xx} + \lambda I)^{-1} r_{xy}, \qquad
              GCV(\lambda) = \frac{1 - R^2_\lambda}{(1 - \nu_\lambda / n)^2}, \quad
              \nu_\lambda = 1 + \sum_j \frac{d_j}{d_j + \lambda}

    Parameters
    ----------
    covariance : DataFrame, shape (k + 1, k + 1)
        The penalty acts on standardised questions; the coefficients are given in the units of the matrix (standardised
        for correlations).
    n : int
        Questionnaires behind the matrix.
    penalty : float, not below 0
        None: chosen by generalised cross-validation from 0 and 120 values between 1e-6 and 1e2.

    Returns
    -------
    Series, shape (k,)
        `attrs["penalty"]` keeps the penalty.

    References
    ----------
    Golub, Heath, Wahba (1979), Technometrics 21(2), 215-223. doi:10.1080/00401706.1979.10489751

    Examples
    --------
    Two questions that repeat each other share what plain regression gives to one of them:

    >>> r = pd.DataFrame([[1, .95, .6], [.95, 1, .5], [.6, .5, 1]], index=["a", "b", "y"], columns=["a", "b", "y"])
    >>> least_squares(r, "y").round(2).to_dict(), ridge(r, "y", n=30, penalty=0.5).round(2).to_dict()
    ({'a': 1.28, 'b': -0.72}, {'a': 0.32, 'b': 0.13})
    """
    matrix, labels = _ordered(covariance, target)
    if n <= len(labels) + 1:
        raise _too_few(n, len(labels))
    coefficients, chosen = _ridge(matrix[None], np.array([float(n)]), penalty)
    found = pd.Series(coefficients[0], index=labels, name="coefficient")
    found.attrs["penalty"] = float(chosen[0])
    return found


def variance_inflation(covariance: pd.DataFrame) -> pd.Series:
    r"""Variance inflation factors of the questions, :math:`1/(1 - R_j^2)`: the diagonal of :math:`R^{-1}`.

    Infinite for questions that are combinations of the others. Above 10 a coefficient says little by itself.

    >>> r = pd.DataFrame([[1, .8, 0], [.8, 1, 0], [0, 0, 1]], index=list("abc"), columns=list("abc"))
    >>> variance_inflation(r).round(3).to_dict()
    {'a': 2.778, 'b': 2.778, 'c': 1.0}
    """
    checks.same_labels(covariance.index, covariance.columns, "Матрица ковариаций")
    r = _correlations(covariance.loc[covariance.columns].to_numpy(float))
    values, vectors = np.linalg.eigh(r)
    null = values <= SINGULAR * len(r)
    dependent = (vectors[:, null] ** 2).sum(axis=1) > 1e-8
    factors = (vectors[:, ~null] ** 2 / values[~null]).sum(axis=1)
    return pd.Series(np.where(dependent, np.inf, factors), index=covariance.columns, name="vif")


# --- questionnaires -------------------------------------------------------------------------------------------------

@dataclass(frozen=True, eq=False)
class CrossProducts:
    """Sums of products of one clientele's complete questionnaires, cluster by cluster."""

    questions: pd.Index
    target: Hashable
    clusters: pd.Index    # sorted
    sums: Array           # clusters x (1, questions, target) x (1, questions, target)
    complete: float       # share of questionnaires without an open answer

    @property
    def n(self) -> int:
        """Complete questionnaires."""
        return round(self.sums[:, 0, 0].sum())

    def covariance(self) -> pd.DataFrame:
        """Covariances of the questions and of the target over all questionnaires (n below)."""
        labels = [*self.questions, self.target]
        return pd.DataFrame(_covariances(self.sums.sum(axis=0)[None])[1][0], index=labels, columns=labels)


def cross_products(marks: pd.DataFrame, overall: pd.Series, clusters: pd.Series,
                   gaps: Gaps = "refuse") -> CrossProducts:
    """Read the questionnaires of one clientele once.

    Parameters
    ----------
    marks : DataFrame, shape (respondents, k questions)
    overall, clusters : Series by respondent
        The overall mark; the centre (or the region, where centres of a region are alike). Matched by label.
    gaps : {"refuse", "complete"}
        What to do with open answers: refuse, or take complete questionnaires only and state their share. Complete
        questionnaires give the right answer if skipping a question has nothing to do with the overall mark.

    Raises
    ------
    InputError
        An open answer under `refuse`; a question everybody answered alike.
    NotPublishable
        Not more questionnaires than coefficients; fewer than two clusters.
    """
    joint, owner, complete = _answers(marks, overall, clusters, gaps)
    order = np.argsort(owner, kind="stable")
    names, starts = np.unique(owner[order], return_index=True)
    table = np.column_stack([np.ones(len(joint)), joint.to_numpy(float)])[order]
    sums = np.array([part.T @ part for part in np.split(table, starts[1:])])
    return CrossProducts(joint.columns[:-1], joint.columns[-1], pd.Index(names), sums, complete)


@dataclass(frozen=True, eq=False)
class Drivers:
    """What moves the overall mark of one clientele, by several measures, each with its resampled values."""

    measures: dict[str, Resampled]   # by the names of MEASURES
    r2: float
    n: int                           # complete questionnaires
    complete: float                  # their share
    clusters: int
    vif: pd.Series                   # questions
    condition: float                 # of the standardised questions: largest over smallest singular value
    collinear: pd.DataFrame          # pairs: question, other, correlation, vif (the larger of the two)
    penalty: float                   # of the ridge regression
    owen: bool                       # questions were grouped: `shapley` holds Owen's values
    seed: int

    def table(self, confidence: float = 0.95) -> pd.DataFrame:
        """Questions x (measure, (estimate, low, high))."""
        return pd.concat({name: found.interval(confidence) for name, found in self.measures.items()}, axis=1)

    def weights(self, measure: str = "shapley") -> pd.Series:
        """A measure as weights: what lies below 0 is cut off, the rest sums to 1."""
        kept = self.measures[measure].estimate.clip(lower=0)
        if not kept.sum() > 0:
            raise NotPublishable(f"Веса по мере {measure}: ни один вопрос не связан с общей оценкой положительно.")
        return (kept / kept.sum()).rename("weight")

    def warnings(self) -> tuple[str, ...]:
        """Sentences for the report: questions that repeat each other, questionnaires left out."""
        said = [f"Вопросы {pair.question} и {pair.other} повторяют друг друга: корреляция {pair.correlation:.2f}, "
                f"VIF {pair.vif:.1f}; вес между ними разделён ненадёжно." for pair in self.collinear.itertuples()]
        if self.complete < 1:
            said.append(f"Взяты только полностью заполненные анкеты: {self.n}, это {self.complete:.1%} всех.")
        return tuple(said)


MEASURES = ("shapley", "coefficient", "nonnegative", "ridge")


def drivers(data: CrossProducts, groups: pd.Series | None = None, *, draws: int = 1000, seed: int = 0) -> Drivers:
    """Measures of importance of every question for the overall mark, with a bootstrap over clusters.

    Parameters
    ----------
    data : CrossProducts
        Of one clientele, see `cross_products`. Several years or regions may be given apart and compared.
    groups : Series by question
        For Owen's value in place of Shapley's.
    draws : int
        At least 100; 1000 for publication.

    Returns
    -------
    Drivers
        `measures`: `shapley` (shares of R² that sum to R²), `coefficient` (standardised, least squares),
        `nonnegative` and `ridge` (standardised). Beyond 11 questions and without groups the resampled Shapley values
        move as those of a fixed set of orderings do (1 % more variance); the estimate itself is exact.

    Raises
    ------
    NotPublishable
        Linearly dependent questions, or an interval that the data cannot give.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> x = pd.DataFrame(rng.normal(size=(400, 2)), columns=["Д1", "П1"])
    >>> y = (0.2 * x["Д1"] + 0.4 * x["П1"] + rng.normal(0, 0.4, 400)).rename("общая")
    >>> found = drivers(cross_products(x, y, pd.Series(np.arange(400) // 10)), draws=200)
    >>> found.table()["shapley"].round(2).loc["П1"].to_dict()
    {'estimate': 0.54, 'low': 0.46, 'high': 0.61}
    """
    if draws < FEWEST_DRAWS:
        raise InputError(f"Движущие вопросы: повторных выборок должно быть не меньше {FEWEST_DRAWS}, задано {draws}. "
                         "Для публикации берите не меньше 1000.")
    size, covariance = _covariances(data.sums.sum(axis=0)[None])
    correlation = _correlations(covariance)
    labels = data.questions
    _independent(correlation[0, :-1, :-1], labels)
    drawn = _drawn_correlations(data.sums, draws, seed)
    blocks = None if groups is None else _blocks(groups, labels)
    ridged, penalty = _ridge(correlation, size)
    estimates = {"shapley": _owen(correlation, blocks) if blocks else _shapley(_explained(correlation)),
                 "coefficient": _solve(correlation), "nonnegative": _nonnegative(correlation), "ridge": ridged}
    resampled = {"shapley": _drawn_shapley(correlation, drawn, estimates["shapley"], blocks, labels, seed),
                 "coefficient": _solve(drawn), "nonnegative": _nonnegative(drawn),
                 "ridge": _ridge(drawn, np.full(len(drawn), size[0]))[0]}
    effective = effective_number(data.sums[:, 0, 0])
    measures = {name: Resampled(pd.Series(estimates[name][0], index=labels, name=name),
                                pd.DataFrame(resampled[name], columns=labels), effective, seed) for name in MEASURES}
    table = pd.DataFrame(correlation[0, :-1, :-1], index=labels, columns=labels)
    vif = variance_inflation(table)
    spectrum = np.linalg.eigvalsh(table.to_numpy())
    return Drivers(measures=measures, r2=float(estimates["shapley"].sum()), n=data.n, complete=data.complete,
                   clusters=len(data.clusters), vif=vif, condition=float((spectrum[-1] / spectrum[0]) ** 0.5),
                   collinear=_collinear_pairs(table, vif), penalty=float(penalty[0]), owen=blocks is not None,
                   seed=seed)


# --- marks that are rounded and end at 5 ----------------------------------------------------------------------------

@dataclass(frozen=True, eq=False)
class MarkRegression:
    """What a respondent thinks in general as a weighted sum of marks, seen through the rounding of the overall mark."""

    coefficients: Resampled   # per mark of a question; marks of one scale: weights, if they sum to about 1
    intercept: float
    sd: float                 # of what the questions do not explain, in marks
    n: int
    complete: float
    clusters: int
    iterations: int

    def weights(self) -> pd.Series:
        """Coefficients as weights: what lies below 0 is cut off, the rest sums to 1."""
        kept = self.coefficients.estimate.clip(lower=0)
        return (kept / kept.sum()).rename("weight")


def mark_regression(marks: pd.DataFrame, overall: pd.Series, clusters: pd.Series, scale: tuple[int, int] = (1, 5), *,
                    gaps: Gaps = "refuse", draws: int = 1000, seed: int = 0) -> MarkRegression:
    r"""Normal regression with a grouped dependent variable: coefficients free of the ceiling of the scale.

    .. math:: y^* = a + b^\top x + \sigma \varepsilon, \quad \varepsilon \sim N(0, 1), \qquad
              y = m \iff m - \tfrac12 < y^* \le m + \tfrac12

    where the lowest mark has no lower end and the highest no upper one. Where four marks in five are a five, least
    squares takes the ceiling for indifference and understates what matters (see benchmarks/README.md); this does not.
    The likelihood is concave in :math:`(a, b, 1)/\sigma` (Olsen) and solved by Newton's method.

    Parameters
    ----------
    marks, overall, clusters, gaps
        As for `cross_products`; the overall mark is a whole number on the scale.
    scale : (int, int)
        Lowest and highest overall mark; at least three marks, with two the spread cannot be told.
    draws : int
        Of the score bootstrap over clusters (each cluster's contribution counts as often as it is drawn), at least
        100.

    Raises
    ------
    InputError
        As `cross_products`; an overall mark off the scale.
    NotPublishable
        Newton's method did not converge, for instance because the overall mark is the same everywhere.

    References
    ----------
    Stewart (1983), On least squares estimation when the dependent variable is grouped, Review of Economic Studies
    50(4), 737-753. Olsen (1978), Note on the uniqueness of the maximum likelihood estimator for the tobit model,
    Econometrica 46(5), 1211-1215, doi:10.2307/1911445. Kline, Santos (2012), A score based approach to wild bootstrap
    inference, Journal of Econometric Methods 1(1), 23-41, doi:10.1515/2156-6674.1006

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> x = pd.DataFrame(rng.integers(1, 6, size=(900, 2)), columns=["Д1", "П1"])
    >>> y = (0.3 * x["Д1"] + 0.7 * x["П1"] + rng.normal(0, 0.3, 900)).round().clip(1, 5).rename("общая")
    >>> found = mark_regression(x, y, pd.Series(np.arange(900) // 20))
    >>> found.coefficients.interval().round(2).loc["П1"].to_dict()
    {'estimate': 0.69, 'low': 0.68, 'high': 0.72}
    """
    if draws < FEWEST_DRAWS:
        raise InputError(f"Регрессия общей оценки: повторных выборок должно быть не меньше {FEWEST_DRAWS}, "
                         f"задано {draws}. Для публикации берите не меньше 1000.")
    if scale[1] - scale[0] < 2:
        raise InputError(f"Регрессия общей оценки: на шкале должно быть не меньше трёх оценок, задано от {scale[0]} до "
                         f"{scale[1]}.")
    joint, owner, complete = _answers(marks, overall, clusters, gaps)
    labels, y = joint.columns[:-1], joint.iloc[:, -1].to_numpy(float)
    off = (y != np.round(y)) | (y < scale[0]) | (y > scale[1])
    if off.any():
        raise InputError(f"Регрессия общей оценки: оценка «{joint.columns[-1]}» — целое число от {scale[0]} до "
                         f"{scale[1]}, у анкеты {joint.index[off][0]} — {y[off][0]:g} (всего таких {int(off.sum())}).")
    middle = joint.iloc[:, :-1].mean()
    x = np.column_stack([np.ones(len(y)), joint.iloc[:, :-1] - middle])
    _independent(np.cov(x[:, 1:].T, ddof=0).reshape(len(labels), -1), labels)
    theta, scores, information, iterations = _newton(x, y, scale, joint.columns[-1])
    names, code = np.unique(owner, return_inverse=True)
    by_cluster = np.zeros((len(names), scores.shape[1]))
    np.add.at(by_cluster, code, scores)
    drawn = theta + (_counts(len(names), draws, seed) - 1) @ by_cluster @ np.linalg.inv(information)
    estimate = pd.Series(theta[1:-1] / theta[-1], index=labels, name="coefficient")
    resampled = Resampled(estimate, pd.DataFrame(drawn[:, 1:-1] / drawn[:, -1:], columns=labels),
                          effective_number(np.bincount(code)), seed)
    return MarkRegression(resampled, float(theta[0] / theta[-1] - estimate @ middle), float(1 / theta[-1]), len(y),
                          complete, len(names), iterations)


def _newton(x: Array, y: Array, scale: tuple[int, int], name: Hashable) -> tuple[Array, Array, Array, int]:
    """Olsen's parameters (a, b, 1)/sigma, the scores of the respondents, the information, iterations."""
    low, high = np.where(y > scale[0], y - 0.5, -np.inf), np.where(y < scale[1], y + 0.5, np.inf)
    start = np.linalg.lstsq(x, y, rcond=None)[0]
    theta = np.append(start, 1.0) / max(float((y - x @ start).std()), 0.1)
    value, scores, information = _grouped_likelihood(theta, x, low, high)
    for iteration in range(1, MOST_STEPS + 1):
        step = np.linalg.lstsq(information, scores.sum(axis=0), rcond=None)[0]  # singular where the mark is certain
        # Newton's decrement: twice what the likelihood can still rise by.
        decrement = float(step @ scores.sum(axis=0))
        if -value < CERTAIN * len(y):
            break
        if decrement < 1e-10:
            return theta, scores, information, iteration
        for length in 0.5 ** np.arange(20):
            if (theta + length * step)[-1] > 0:
                tried = _grouped_likelihood(theta + length * step, x, low, high)
                if tried[0] >= value:
                    break
        else:
            break
        theta, (value, scores, information) = theta + length * step, tried
    raise NotPublishable(f"Регрессия общей оценки «{name}» не сошлась: шагов {iteration}, последний запас "
                         f"правдоподобия {decrement:.2g} при допуске 1e-10, остаток {1 / theta[-1]:.3g} оценки. Чаще "
                         "всего общая оценка почти всегда одна и та же или в точности следует из остальных.")


def _grouped_likelihood(theta: Array, x: Array, low: Array, high: Array) -> tuple[float, Array, Array]:
    """Log-likelihood of the intervals, its gradient by respondent, minus its second derivatives."""
    centre = x @ theta[:-1]
    lower, upper = theta[-1] * low - centre, theta[-1] * high - centre
    # Differences of probabilities are taken in the lower tail, where they keep their digits.
    turned = lower > 0
    near, far = np.where(turned, -lower, upper), np.where(turned, -upper, lower)
    log_near, log_far = log_ndtr(near), log_ndtr(far)
    log_p = log_near + np.log1p(-np.exp(np.minimum(log_far - log_near, -1e-300)))
    with np.errstate(over="ignore", invalid="ignore"):
        at_low = np.where(np.isfinite(lower), np.exp(-0.5 * lower**2 - log_p), 0.0) / (2 * np.pi) ** 0.5
        at_high = np.where(np.isfinite(upper), np.exp(-0.5 * upper**2 - log_p), 0.0) / (2 * np.pi) ** 0.5
    finite_low, finite_high = (np.where(np.isfinite(edge), edge, 0.0) for edge in (low, high))
    z_low, z_high = (np.where(np.isfinite(z), z, 0.0) for z in (lower, upper))
    # Derivatives by the two ends z, then by (centre, 1/sigma): z = edge / sigma - centre.
    h_high, h_low = z_high * at_high + at_high**2, at_low**2 - z_low * at_low
    mixed = at_high * at_low
    by_centre = at_low - at_high
    by_scale = finite_high * at_high - finite_low * at_low
    cc = h_high + h_low - 2 * mixed
    cs = -(finite_high * h_high + finite_low * h_low - mixed * (finite_high + finite_low))
    ss = finite_high**2 * h_high + finite_low**2 * h_low - 2 * mixed * finite_high * finite_low
    scores = np.column_stack([x * by_centre[:, None], by_scale])
    information = np.empty((x.shape[1] + 1,) * 2)
    information[:-1, :-1] = x.T @ (x * cc[:, None])
    information[-1, :-1] = information[:-1, -1] = x.T @ cs
    information[-1, -1] = ss.sum()
    return float(log_p.sum()), scores, information


# --- arrays: everything below works on a stack of matrices at once ---------------------------------------------------

def _answers(marks: pd.DataFrame, overall: pd.Series, clusters: pd.Series,
             gaps: Gaps) -> tuple[pd.DataFrame, NDArray, float]:
    """Complete questionnaires with the overall mark last, their clusters, their share; in order of their labels."""
    what = f"Движущие вопросы, общая оценка «{overall.name}»"
    checks.same_labels(marks.index, overall.index, f"{what}: анкеты")
    checks.same_labels(marks.index, clusters.index, f"{what}: кластеры")
    checks.unique(marks.columns, f"{what}: вопросы")
    target = overall.name if overall.name is not None else "overall"
    if target in marks.columns:
        raise InputError(f"{what}: она же стоит среди вопросов. Уберите её из вопросов.")
    order = marks.index.astype(str).argsort()
    joint = pd.concat([marks, overall.rename(target)], axis=1).astype("Float64").astype(float).iloc[order]
    owner = clusters.reindex(joint.index)
    if owner.isna().any():
        raise InputError(f"{what}: у анкеты {owner.index[owner.isna()][0]} не указан центр "
                         f"(всего таких {int(owner.isna().sum())}).")
    whole = np.isfinite(joint).all(axis=1)
    if not whole.all() and gaps == "refuse":
        row = joint.index[~whole][0]
        holes = ", ".join(map(str, joint.columns[~np.isfinite(joint.loc[row])]))
        raise InputError(f"{what}: пропущены ответы в {int((~whole).sum())} анкетах из {len(joint)}, первая — {row} "
                         f"({holes}). Возьмите только полные анкеты (gaps=\"complete\") и назовите их долю.")
    joint, owner = joint[whole], owner[whole].astype(str).to_numpy()
    if len(joint) <= joint.shape[1]:
        raise _too_few(len(joint), joint.shape[1] - 1)
    flat = joint.columns[joint.nunique() < 2]
    if len(flat):
        raise InputError(f"{what}: все {len(joint)} анкет отвечают одинаково: {', '.join(map(str, flat))}. "
                         "Уберите этот вопрос.")
    if len(np.unique(owner)) < 2:
        raise NotPublishable(f"{what}: интервал не определён, все анкеты из одного кластера ({owner[0]}).")
    return joint, owner, float(whole.mean())


def _too_few(n: int, questions: int) -> NotPublishable:
    return NotPublishable(f"Движущие вопросы: анкет {n}, коэффициентов {questions + 1}; анкет должно быть больше. "
                          "Объедините годы или возьмите меньше вопросов.")


def _ordered(covariance: pd.DataFrame, target: Hashable) -> tuple[Array, pd.Index]:
    """The matrix with the target last, and the labels of the questions."""
    checks.same_labels(covariance.index, covariance.columns, "Матрица ковариаций")
    if target not in covariance.columns:
        raise InputError(f"Матрица ковариаций: в ней нет общей оценки «{target}».")
    checks.complete(covariance, "Матрица ковариаций")
    labels = covariance.columns.drop(target)
    matrix = covariance.loc[[*labels, target], [*labels, target]].to_numpy(float)
    still = np.diag(matrix) <= 0
    if still.any():
        raise InputError(f"Матрица ковариаций: дисперсия должна быть больше 0: "
                         f"{', '.join(map(str, np.array([*labels, target], dtype=object)[still]))}.")
    return matrix, labels


def _independent(covariance: Array, labels: pd.Index) -> None:
    factors = variance_inflation(pd.DataFrame(covariance, index=labels, columns=labels))
    endless = factors.index[np.isinf(factors)]
    if len(endless):
        raise NotPublishable(f"Вопросы линейно зависимы: {', '.join(map(str, endless))}; веса между ними не "
                             "определены. Оставьте один из них или сложите их в один.")


def _collinear_pairs(correlation: pd.DataFrame, vif: pd.Series) -> pd.DataFrame:
    """Pairs that correlate strongly, and every question of a large VIF with the one it repeats most."""
    size = correlation.abs().mask(np.eye(len(vif), dtype=bool), 0.0)
    named = [(one, other) for place, one in enumerate(vif.index) for other in vif.index[place + 1:]
             if size.loc[one, other] >= STRONG_CORRELATION
             or (vif[one] >= STRONG_VIF and size.loc[one].idxmax() == other)
             or (vif[other] >= STRONG_VIF and size.loc[other].idxmax() == one)]
    return pd.DataFrame([(one, other, correlation.loc[one, other], max(vif[one], vif[other])) for one, other in named],
                        columns=["question", "other", "correlation", "vif"])


def _covariances(sums: Array) -> tuple[Array, Array]:
    n = sums[:, 0, 0]
    mean = sums[:, 0, 1:] / n[:, None]
    return n, sums[:, 1:, 1:] / n[:, None, None] - mean[:, :, None] * mean[:, None, :]


def _correlations(covariance: Array) -> Array:
    spread = np.sqrt(np.diagonal(covariance, axis1=-2, axis2=-1))
    return covariance / (spread[..., :, None] * spread[..., None, :])


def _counts(clusters: int, draws: int, seed: int) -> NDArray[np.int64]:
    """How often each cluster is drawn: draws x clusters."""
    return np.random.default_rng(seed).multinomial(clusters, np.full(clusters, 1 / clusters), size=draws)


def _drawn_correlations(sums: Array, draws: int, seed: int) -> Array:
    flat = _counts(len(sums), draws, seed).astype(float) @ sums.reshape(len(sums), -1)
    covariance = _covariances(flat.reshape(draws, *sums.shape[1:]))[1]
    usable = (np.diagonal(covariance, axis1=1, axis2=2) > 0).all(axis=1)
    correlation = _correlations(covariance[usable])
    regular = np.linalg.eigvalsh(correlation[:, :-1, :-1])[:, 0] > SINGULAR
    if regular.sum() < 0.95 * draws:
        raise NotPublishable(f"Интервал не определён: только в {int(regular.sum())} повторных выборках из {draws} "
                             "вопросы различимы. Анкет или центров слишком мало.")
    return correlation[regular]


def _solve(matrix: Array) -> Array:
    return np.linalg.solve(matrix[:, :-1, :-1], matrix[:, :-1, -1:])[..., 0]


def _nonnegative(matrix: Array) -> Array:
    root = np.linalg.cholesky(matrix[:, :-1, :-1])
    right = np.linalg.solve(root, matrix[:, :-1, -1:])[..., 0]
    return np.array([nnls(one.T, side)[0] for one, side in zip(root, right, strict=True)])


def _ridge(matrix: Array, n: Array, penalty: float | None = None) -> tuple[Array, Array]:
    correlation = _correlations(matrix)
    values, vectors = np.linalg.eigh(correlation[:, :-1, :-1])
    values = values.clip(min=0)[:, None, :]                                        # draws x 1 x directions
    along = (correlation[:, None, :-1, -1] @ vectors)                              # draws x 1 x directions
    grid = np.array([penalty]) if penalty is not None else np.append(0.0, np.geomspace(1e-6, 1e2, 120))
    damped = values + grid[None, :, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        fitted = np.where(damped > SINGULAR, along / damped, 0.0)                  # draws x penalties x directions
        kept = np.where(damped > SINGULAR, values / damped, 0.0)
    if penalty is None:
        left = 1 - (fitted * along * (2 - kept)).sum(axis=2)
        best = np.argmin(left / (1 - (1 + kept.sum(axis=2)) / n[:, None]) ** 2, axis=1)
    else:
        best = np.zeros(len(matrix), dtype=int)
    standard = (vectors @ fitted[np.arange(len(matrix)), best][..., None])[..., 0]
    spread = np.sqrt(np.diagonal(matrix, axis1=1, axis2=2))
    return standard * spread[:, -1:] / spread[:, :-1], grid[best]


def _swept(state: Array) -> tuple[Array, Array]:
    """Covariances without the first question, and those it leaves after it is accounted for (Schur complement)."""
    pivot, row, rest = state[..., :1, :1], state[..., :1, 1:], state[..., 1:, 1:]
    with np.errstate(divide="ignore", invalid="ignore"):  # a question that the others already say adds nothing
        return rest, rest - np.where(pivot > SINGULAR, row / pivot, 0.0) * np.swapaxes(row, -1, -2)


def _explained(covariance: Array) -> Array:
    """Variance of the last variable explained by every subset of the others: stack x 2^k; the first is the highest bit.

    Questions enter one after another: the list of residual covariances doubles and each loses a row, so that all
    subsets together cost little more than their number.
    """
    state = covariance[:, None]
    while state.shape[-1] > 1:
        state = np.stack(_swept(state), axis=2).reshape(len(state), -1, *[state.shape[-1] - 1] * 2)
    return covariance[:, -1:, -1] - state[..., 0, 0]


def _shapley(values: Array) -> Array:
    """Shapley values of games given by the worth of every subset: stack x 2^k -> stack x k."""
    k = int(np.log2(values.shape[1]))
    cube = values.reshape(len(values), *(2,) * k)
    size = np.zeros((2,) * max(k - 1, 0), dtype=int)
    for axis in range(k - 1):
        size += np.arange(2).reshape([2 if place == axis else 1 for place in range(k - 1)])
    share = np.array([1 / (k * comb(k - 1, number)) for number in range(k)])[size]
    return np.stack([((cube.take(1, 1 + j) - cube.take(0, 1 + j)) * share).reshape(len(values), -1).sum(axis=1)
                     for j in range(k)], axis=1)


def _blocks(groups: pd.Series, labels: pd.Index) -> list[NDArray[np.intp]]:
    checks.same_labels(groups.index, labels, "Группы вопросов")
    owner = groups.reindex(labels)
    blocks = [np.flatnonzero((owner == name).to_numpy()) for name in owner.unique()]
    largest = max(len(block) for block in blocks)
    if len(blocks) + largest > MOST_EXACT:
        raise InputError(f"Группы вопросов: групп {len(blocks)}, в наибольшей {largest} вопросов; "
                         f"вместе должно быть не больше {MOST_EXACT}.")
    return blocks


def _owen(correlation: Array, blocks: list[NDArray[np.intp]]) -> Array:
    """Owen values: for every set of other groups already in, Shapley values inside the group that enters."""
    found, m = np.zeros((len(correlation), correlation.shape[1] - 1)), len(blocks)
    for block in blocks:
        others = [other for other in blocks if other is not block]
        for choice in range(2 ** (m - 1)):
            before = [other for bit, other in enumerate(others) if choice >> bit & 1]
            places = np.concatenate([*before, block, [correlation.shape[1] - 1]])
            left = correlation[:, places[:, None], places]
            for _ in range(len(places) - len(block) - 1):
                left = _swept(left)[1]
            found[:, block] += _shapley(_explained(left)) / (m * comb(m - 1, len(before)))
    return found


def _orders(by_label: NDArray[np.intp], pairs: int, seed: int) -> list[NDArray[np.intp]]:
    rng = np.random.default_rng(seed)
    return [by_label[rng.permutation(len(by_label))] for _ in range(pairs)]


def _rises(correlation: Array, order: NDArray[np.intp]) -> Array:
    """Rise of R² as questions enter in an order and in its reverse, the mean of both: stack x k."""
    found = np.empty((len(correlation), len(order)))
    total = np.zeros_like(found)
    for places in (order, order[::-1]):
        ordered = correlation[:, places[:, None], places]
        root = np.linalg.cholesky(ordered)
        found[:, places] = np.linalg.solve(root, correlation[:, places, -1:])[..., 0] ** 2
        total += found / 2
    return total


def _drawn_shapley(correlation: Array, drawn: Array, exact: Array, blocks: list[NDArray[np.intp]] | None,
                   labels: pd.Index, seed: int) -> Array:
    if blocks:
        return _owen(drawn, blocks)
    if len(labels) <= EXACT_IN_DRAWS:
        return np.concatenate([_shapley(_explained(part)) for part in np.array_split(drawn, max(len(drawn) // 50, 1))])
    # Rotations bring every question to every place: as good as twice as many random orderings.
    orders = [np.roll(order, places) for order in _orders(np.argsort(labels.astype(str), kind="stable"), ROTATED, seed)
              for places in range(len(labels))]
    both = np.concatenate([correlation, drawn])
    moved = sum(_rises(both, order) for order in orders) / len(orders)
    return np.maximum(exact + moved[1:] - moved[0], 0.0)
