"""Item response models with discriminations: two-parameter for requirements, graded response for questions with steps.

The level of a unit is a standard normal variable; it is integrated out (marginal maximum likelihood), so items are
estimated without estimating units first. The graded response model with one step is the two-parameter model, and both
go through the same lines here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd
from scipy import optimize, special

from methods import checks
from methods.errors import InputError, NotPublishable
from methods.maturity.inputs import answers_of, ascending, marks_of

NODES = 301              # of Gauss-Hermite: 0.18 apart, close enough for discriminations of 6 and more
NO_WEIGHT = 1e-17        # nodes that weigh less are left out, about two thirds of them
MOST_ITERATIONS = 5000
CONVERGED = 1e-7         # largest change of a parameter between two iterations
LARGEST_DISCRIMINATION = 15.0  # beyond it the item is a step function: the data set it no bound
STEP = 1e-4
REACH = 8.0              # logits either side within which a score is turned into a level
TINY = 1e-300


@dataclass(frozen=True, eq=False)
class ItemResponse:
    """Discriminations and difficulties on the scale where units are standard normal."""

    items: pd.DataFrame       # item -> discrimination, se, n, lowest, highest (answer)
    steps: pd.DataFrame       # item, step (answer from which on) -> difficulty, se, intercept
    log_likelihood: float     # marginal
    iterations: int
    prior: float | None       # sd of the log of discriminations, if one was assumed
    n: int

    def probabilities(self, item: object, theta: Sequence[float]) -> pd.DataFrame:
        """Probability of every answer to an item: levels (rows) x answers."""
        answers = [self.items.loc[item, "lowest"], *self.steps.loc[item].index]
        return pd.DataFrame(self._categories(item, np.asarray(theta, dtype=float)).T,
                            index=pd.Index(theta, name="theta"), columns=answers)

    def information(self, theta: Sequence[float]) -> pd.DataFrame:
        r"""Fisher information of every item and of the whole set: levels (rows) x (items, `total`).

        .. math:: I_j(\theta) = \sum_c \frac{P_{jc}'(\theta)^2}{P_{jc}(\theta)}; \quad
                  \text{two answers: } a_j^2 P_j (1 - P_j); \qquad \mathrm{SE}(\theta) = 1/\sqrt{\textstyle\sum_j I_j}

        References
        ----------
        Samejima (1969), Estimation of latent ability using a response pattern of graded scores, Psychometrika
        Monograph 17, section 6. Birnbaum (1968), in Lord, Novick, Statistical Theories of Mental Test Scores, 20.4
        """
        levels = np.asarray(theta, dtype=float)
        columns = {}
        for item in self.items.index:
            logits = self._logits(item, levels)
            slope = self.items.loc[item, "discrimination"] * np.diff(_density(logits), axis=0)
            columns[item] = (slope**2 / np.maximum(_chances(logits), TINY)).sum(axis=0)
        table = pd.DataFrame(columns, index=pd.Index(theta, name="theta"))
        return table.assign(total=table.sum(axis=1))

    def expected_score(self, theta: Sequence[float]) -> pd.Series:
        """Expected sum of answers at a level (test characteristic curve)."""
        levels = np.asarray(theta, dtype=float)
        total = sum(self._categories(item, levels).T @ np.array([self.items.loc[item, "lowest"],
                                                                *self.steps.loc[item].index], dtype=float)
                    for item in self.items.index)
        return pd.Series(total, index=pd.Index(theta, name="theta"), name="expected_score")

    def level_of_score(self, score: float) -> float:
        """The level at which the expected sum of answers equals a score: where a cut-off lies on the scale.

        Raises `InputError` if no level within ±8 has it, or if the curve does not rise (negative discriminations).
        """
        if (self.items["discrimination"] < 0).any():
            names = self.items.index[self.items["discrimination"] < 0]
            raise InputError(f"Балл нельзя перевести в уровень: отрицательная различающая сила у {_listed(names)}. "
                             "Исключите или переверните эти вопросы.")
        low, high = self.expected_score([-REACH, REACH])
        if not low < score < high:
            raise InputError(f"Балл {score:g} вне достижимых: ожидаемая сумма лежит между {low:.4g} и {high:.4g}.")
        return float(optimize.brentq(lambda theta: self.expected_score([theta]).iloc[0] - score, -REACH, REACH,
                                     xtol=1e-10))

    def level_information(self, cut_scores: Sequence[float]) -> pd.DataFrame:
        """What the set tells at every border between levels and, on average, inside every level.

        Parameters
        ----------
        cut_scores : ascending sums of answers
            Borders between levels.

        Returns
        -------
        DataFrame
            Rows `level 1`, `border 1|2`, `level 2` ...: `score` and `theta` of the border, `information` (inside a
            level: its mean over the normal law of units there), `se` of a level, `units`: expected share of units,
            `best`: the item that tells most there.
        """
        cuts = ascending(cut_scores, "Информация по уровням")
        borders = [self.level_of_score(cut) for cut in cuts]
        edges = [-np.inf, *borders, np.inf]
        rows = {}
        for level in range(1, len(edges)):
            low, high = edges[level - 1], edges[level]
            share = special.ndtr([low, high])
            inside = special.ndtri(share[0] + (share[1] - share[0]) * (np.arange(200) + 0.5) / 200)
            rows[f"level {level}"] = {"score": np.nan, "theta": np.nan, "units": share[1] - share[0],
                                      **self._told(inside)}
            if level <= len(borders):
                rows[f"border {level}|{level + 1}"] = {"score": cuts[level - 1], "theta": high, "units": np.nan,
                                                       **self._told([high])}
        return pd.DataFrame.from_dict(rows, orient="index")

    def scores(self, answers: pd.DataFrame) -> pd.DataFrame:
        """Level of every unit: mean and standard deviation of its posterior law (expected a posteriori).

        Parameters
        ----------
        answers : DataFrame
            With the items of the model; blanks allowed, a unit without any answer has the prior's mean 0 and sd 1.

        References
        ----------
        Bock, Mislevy (1982), Adaptive EAP estimation of ability in a microcomputer environment.
        doi:10.1177/014662168200600405
        """
        checks.same_labels(self.items.index, answers.columns, "Уровни единиц: вопросы модели и ответов")
        theta, weight = _quadrature()
        loglik = np.zeros((len(answers), len(theta)))
        for item in self.items.index:
            values = [self.items.loc[item, "lowest"], *self.steps.loc[item].index]
            known = answers[item].dropna()
            strange = known[~known.isin(values)]
            if len(strange):
                raise InputError(f"Уровни единиц: ответа {strange.iloc[0]:g} ({strange.index[0]} × {item}) не было, "
                                 f"когда оценивалась модель; были: {_listed(f'{value:g}' for value in values)}.")
            p = np.log(np.maximum(self._categories(item, theta), TINY))
            place = answers[item].map({value: number for number, value in enumerate(values)})
            loglik[place.notna()] += p[place.dropna().astype(int)]
        posterior = special.softmax(loglik + np.log(weight), axis=1)
        mean = posterior @ theta
        return pd.DataFrame({"theta": mean, "se": np.sqrt(np.maximum(posterior @ theta**2 - mean**2, 0))},
                            index=answers.index)

    def _logits(self, item: object, theta: np.ndarray) -> np.ndarray:
        return _step_logits(self.items.loc[item, "discrimination"], self.steps.loc[item, "intercept"].to_numpy(), theta)

    def _categories(self, item: object, theta: np.ndarray) -> np.ndarray:
        return _chances(self._logits(item, theta))

    def _told(self, theta: Sequence[float]) -> dict[str, object]:
        mean = self.information(theta).mean()
        return {"information": mean["total"], "se": mean["total"] ** -0.5, "best": mean.drop("total").idxmax()}


def two_parameter(marks: pd.DataFrame, prior: float | None = None) -> ItemResponse:
    r"""Two-parameter logistic model by marginal maximum likelihood (EM over Gauss-Hermite nodes).

    .. math:: P_j(\theta) = \frac{1}{1 + e^{-(a_j \theta + d_j)}}, \qquad b_j = -d_j / a_j, \qquad
              \ln L = \sum_u \ln \int \prod_j P_j^{x_{uj}} (1 - P_j)^{1 - x_{uj}} \varphi(\theta) \, d\theta

    With fewer than some 200 units discriminations scatter widely; give a prior then, or use `rasch`.

    Parameters
    ----------
    marks : DataFrame, shape (n units, k requirements)
        1 met, 0 not, NaN no answer (taken to be blank at random).
    prior : float, optional
        Standard deviation of a normal prior of :math:`\ln a` about 0 (.5 is customary): the mode of the posterior is
        found instead, and a is positive.

    Raises
    ------
    NotPublishable
        A requirement met by all or by none; a discrimination without bound; no convergence.

    References
    ----------
    Bock, Aitkin (1981), Marginal maximum likelihood estimation of item parameters: application of an EM algorithm.
    doi:10.1007/BF02293801. Prior: Mislevy (1986), Bayes modal estimation in item response models.
    doi:10.1007/BF02293979

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> level = rng.normal(size=(2000, 1))
    >>> marks = pd.DataFrame(1.5 * level - [-1.5, 0, 1.5] + rng.logistic(size=(2000, 3)) > 0).astype(int)
    >>> two_parameter(marks).steps["difficulty"].round(1).to_list()
    [-1.0, 0.1, 1.0]
    """
    return _fit(marks_of(marks, "Двухпараметрическая модель", gaps=True), marks.columns, prior,
                "Двухпараметрическая модель")


def graded_response(answers: pd.DataFrame, prior: float | None = None) -> ItemResponse:
    r"""Samejima's graded response model by marginal maximum likelihood.

    .. math:: P(x_{uj} \ge c \mid \theta) = \frac{1}{1 + e^{-a_j (\theta - b_{jc})}}, \qquad
              b_{j1} < b_{j2} < \ldots

    Steps are the answers that occur: one that nobody gave cannot be placed and has no row.

    Parameters
    ----------
    answers : DataFrame, shape (n units, k questions)
        Ordered steps, more is better, NaN no answer; questions may differ in the number of steps.
    prior : float, optional
        As in `two_parameter`.

    References
    ----------
    Samejima (1969), Estimation of latent ability using a response pattern of graded scores, Psychometrika Monograph 17

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> level = 2 * rng.normal(size=(3000, 1)) + rng.logistic(size=(3000, 4))
    >>> answers = pd.DataFrame((level > -2).astype(int) + (level > 2), columns=list("abcd"))
    >>> graded_response(answers).steps.loc["a", "difficulty"].round(1).to_list()
    [-1.0, 1.0]
    """
    return _fit(answers_of(answers, "Модель ступенчатых ответов", gaps=True), answers.columns, prior,
                "Модель ступенчатых ответов")


# -- estimation --------------------------------------------------------------------------------------------------------

@dataclass(frozen=True, eq=False)
class _Data:
    """Different response patterns with how often they occur, as numbers of answers (-1: blank)."""

    patterns: np.ndarray       # patterns x items
    counts: np.ndarray         # patterns
    values: list[np.ndarray]   # item -> answers that occur, ascending

    @classmethod
    def of(cls, table: pd.DataFrame) -> _Data:
        values = [np.unique(table[item].dropna()) for item in table]
        coded = np.column_stack([np.where(table[item].isna(), -1, np.searchsorted(own, table[item]))
                                 for item, own in zip(table, values, strict=True)])
        patterns, counts = np.unique(coded, axis=0, return_counts=True)
        return cls(patterns, counts.astype(float), values)


def _fit(table: pd.DataFrame, order: pd.Index, prior: float | None, what: str) -> ItemResponse:
    if prior is not None and not prior > 0:
        raise InputError(f"{what}: разброс априорного распределения должен быть больше 0, сейчас {prior:g}.")
    table = table[sorted(table.columns, key=str)]
    same = [str(code) for code in table if table[code].nunique() < 2]
    if same:
        raise NotPublishable(f"{what}: одинаковый ответ у всех единиц: {_listed(same[:10])} (всего {len(same)}). "
                             "Исключите эти требования: положение на шкале у них не определено.")
    data = _Data.of(table)
    theta, weight = _quadrature()
    slopes, intercepts = _start(data)
    slopes = slopes if prior is None else np.abs(slopes)
    iterations, moved = 0, np.inf
    while moved > CONVERGED:
        iterations += 1
        if iterations > MOST_ITERATIONS:
            raise NotPublishable(f"{what}: оценивание не сошлось за {MOST_ITERATIONS} шагов. Нужно больше единиц или "
                                 "априорное распределение (prior=0.5).")
        posterior, _ = _posterior(data, slopes, intercepts, theta, weight)
        moved = 0.0
        for j in range(len(slopes)):
            new = _scoring_step(slopes[j], intercepts[j], _expected(data, posterior, j), theta, prior)
            moved = max(moved, float(np.abs(new - np.append(slopes[j], intercepts[j])).max()))
            slopes[j], intercepts[j] = new[0], new[1:]
            if abs(slopes[j]) > LARGEST_DISCRIMINATION:
                raise NotPublishable(f"{what}: различающая сила требования {table.columns[j]} растёт без предела: оно "
                                     f"почти безошибочно делит единицы ({len(table)}). Задайте априорное распределение "
                                     "(prior=0.5) или исключите его.")
    turn = -1.0 if slopes.sum() < 0 else 1.0                   # the scale has no direction of its own
    slopes = slopes * turn
    covariance = _covariance(data, slopes, intercepts, theta, weight, prior)
    return _result(table, order, data, slopes, intercepts, covariance, iterations, prior,
                   _posterior(data, slopes, intercepts, theta, weight)[1])


def _result(table: pd.DataFrame, order: pd.Index, data: _Data, slopes: np.ndarray, intercepts: list[np.ndarray],
            covariance: list[np.ndarray], iterations: int, prior: float | None, loglik: float) -> ItemResponse:
    items, steps = {}, []
    for j, code in enumerate(table):
        a, d, own = slopes[j], intercepts[j], covariance[j]
        items[code] = {"discrimination": a, "se": own[0, 0] ** 0.5, "n": int(table[code].notna().sum()),
                       "lowest": data.values[j][0], "highest": data.values[j][-1]}
        for place, value in enumerate(data.values[j][1:], start=1):
            slope = np.array([d[place - 1] / a**2, -1 / a])    # of b = -d/a
            part = own[np.ix_([0, place], [0, place])]
            steps.append((code, value, -d[place - 1] / a, float(slope @ part @ slope) ** 0.5, d[place - 1]))
    frame = pd.DataFrame(steps, columns=["item", "step", "difficulty", "se", "intercept"]).set_index(["item", "step"])
    place = {code: number for number, code in enumerate(order)}
    frame = frame.sort_index(level="item", key=lambda codes: codes.map(place), sort_remaining=False, kind="stable")
    return ItemResponse(pd.DataFrame.from_dict(items, orient="index").loc[order], frame, loglik, iterations, prior,
                        len(table))


@cache
def _quadrature() -> tuple[np.ndarray, np.ndarray]:
    """Nodes and weights of the standard normal law."""
    nodes, weight = np.polynomial.hermite_e.hermegauss(NODES)
    kept = weight > NO_WEIGHT * weight.max()
    return nodes[kept], weight[kept] / weight[kept].sum()


def _start(data: _Data) -> tuple[np.ndarray, list[np.ndarray]]:
    """Slopes by the sign of the link with the other items, intercepts from the shares."""
    known = data.patterns >= 0
    top = np.array([len(own) - 1 for own in data.values], dtype=float)
    level = np.where(known, data.patterns / top, np.nan)
    mean = np.nansum(level * data.counts[:, None], axis=0) / (known * data.counts[:, None]).sum(axis=0)
    apart = np.where(known, level - mean, 0.0)
    link = [(data.counts * apart[:, j] * (apart.sum(axis=1) - apart[:, j])).sum() for j in range(apart.shape[1])]
    intercepts = []
    for j, own in enumerate(data.values):
        seen = known[:, j]
        share = np.array([(data.counts[seen] * (data.patterns[seen, j] >= step)).sum() for step in range(1, len(own))])
        intercepts.append(special.logit(share / data.counts[seen].sum()) * 1.2)
    return np.where(np.array(link) < 0, -1.0, 1.0), intercepts


def _step_logits(slope: float, intercept: np.ndarray, theta: np.ndarray) -> np.ndarray:
    """Logit of P(answer >= step) at every level, steps 0 (certain) .. m + 1 (impossible)."""
    inner = slope * theta + intercept[:, None]
    return np.vstack([np.full(len(theta), np.inf), inner, np.full(len(theta), -np.inf)])


def _chances(logits: np.ndarray) -> np.ndarray:
    """P(answer = step): differences of neighbouring probabilities, without their loss of digits near 1."""
    upper, lower = logits[:-1], logits[1:]
    return special.expit(upper) * special.expit(-lower) * -np.expm1(lower - upper)


def _density(logits: np.ndarray) -> np.ndarray:
    """Derivative of the probability of each step by its logit."""
    return special.expit(logits) * special.expit(-logits)


def _posterior(data: _Data, slopes: np.ndarray, intercepts: list[np.ndarray], theta: np.ndarray,
               weight: np.ndarray) -> tuple[np.ndarray, float]:
    """Posterior weights of the nodes for every pattern, times its count; marginal log-likelihood."""
    logs = np.tile(np.log(weight), (len(data.patterns), 1))
    for j, own in enumerate(data.patterns.T):
        p = np.log(np.maximum(_chances(_step_logits(slopes[j], intercepts[j], theta)), TINY))
        logs[own >= 0] += p[own[own >= 0]]
    marginal = special.logsumexp(logs, axis=1)
    return np.exp(logs - marginal[:, None]) * data.counts[:, None], float(data.counts @ marginal)


def _expected(data: _Data, posterior: np.ndarray, j: int) -> np.ndarray:
    """Expected number of units with every answer to an item at every node."""
    own = data.patterns[:, j]
    return np.array([posterior[own == answer].sum(axis=0) for answer in range(len(data.values[j]))])


def _score_and_information(slope: float, intercept: np.ndarray, counts: np.ndarray,
                           theta: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
    """Of one item given the expected counts: log-likelihood, its gradient and the expected information."""
    m = len(intercept)
    if not (np.diff(intercept) < 0).all():                     # steps out of order: no model
        return -np.inf, np.zeros(m + 1), np.eye(m + 1)
    logits = _step_logits(slope, intercept, theta)
    p, density = np.maximum(_chances(logits), TINY), _density(logits)[1:-1]
    slopes = np.zeros((m + 1, m + 1, len(theta)))              # d P_c / d parameter
    for step in range(m):
        slopes[1 + step, step] = -density[step]
        slopes[1 + step, step + 1] = density[step]
    slopes[0] = slopes[1:].sum(axis=0) * theta
    gradient = (slopes * (counts / p)).sum(axis=(1, 2))
    information = np.einsum("acq,bcq,cq->ab", slopes, slopes, counts.sum(axis=0) / p)
    return float((counts * np.log(p)).sum()), gradient, information


def _scoring_step(slope: float, intercept: np.ndarray, counts: np.ndarray, theta: np.ndarray,
                  prior: float | None) -> np.ndarray:
    """One step of Fisher scoring, halved until the objective does not fall."""
    now = np.append(slope, intercept)
    value, gradient, information = _score_and_information(slope, intercept, counts, theta)
    extra = _log_prior(slope, prior)
    step = np.linalg.solve(information + np.diag([extra[2]] + [0.0] * len(intercept)) + 1e-9 * np.eye(len(now)),
                           gradient + np.append(extra[1], np.zeros(len(intercept))))
    for halving in range(40):
        new = now + step / 2**halving
        if prior is None or new[0] > 0:
            reached = _score_and_information(new[0], new[1:], counts, theta)[0] + _log_prior(new[0], prior)[0]
            if reached >= value + extra[0] - 1e-12 * abs(value):
                return new
    return now


def _log_prior(slope: float, prior: float | None) -> tuple[float, float, float]:
    """Log density of a slope whose logarithm is normal about 0, its derivative and a bound of the curvature.

    The density is that of the logarithm: the mode is then the same whether a or ln a is estimated.
    """
    if prior is None:
        return 0.0, 0.0, 0.0
    slope = abs(slope)
    return -np.log(slope) ** 2 / (2 * prior**2), -np.log(slope) / (prior**2 * slope), 1 / (prior * slope) ** 2


def _covariance(data: _Data, slopes: np.ndarray, intercepts: list[np.ndarray], theta: np.ndarray, weight: np.ndarray,
                prior: float | None) -> list[np.ndarray]:
    """Item by item, from the inverse of the observed information: differences of the exact gradient."""
    sizes = [1 + len(own) for own in intercepts]
    ends = np.cumsum(sizes)
    centre = np.concatenate([np.append(a, d) for a, d in zip(slopes, intercepts, strict=True)])

    def gradient(parameters: np.ndarray) -> np.ndarray:
        parts = np.split(parameters, ends[:-1])
        a, d = np.array([part[0] for part in parts]), [part[1:] for part in parts]
        posterior, _ = _posterior(data, a, d, theta, weight)
        found = []
        for j in range(len(a)):
            own = _score_and_information(a[j], d[j], _expected(data, posterior, j), theta)[1].copy()
            own[0] += _log_prior(a[j], prior)[1]
            found.append(own)
        return np.concatenate(found)
    shifts = STEP * np.eye(len(centre))
    hessian = np.array([(gradient(centre + shift) - gradient(centre - shift)) / (2 * STEP) for shift in shifts])
    information = -(hessian + hessian.T) / 2
    values = np.linalg.eigvalsh(information)
    if not values[0] > 1e-10 * values[-1]:
        return [np.full((size, size), np.nan) for size in sizes]
    inverse = np.linalg.inv(information)
    return [inverse[end - size:end, end - size:end] for size, end in zip(sizes, ends, strict=True)]


def _listed(names: object) -> str:
    return ", ".join(map(str, names))
