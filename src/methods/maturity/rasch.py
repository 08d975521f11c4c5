"""The Rasch model: difficulties of requirements that do not depend on which units were asked.

Given how many requirements a unit meets, the model leaves nothing of the unit in the probability of which ones. So the
difficulties are estimated without any assumption about the spread of the units (conditional maximum likelihood).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import optimize, sparse, stats

from methods import checks
from methods.errors import InputError, NotPublishable
from methods.maturity.inputs import marks_of

MOST_REQUIREMENTS = 300    # beyond it the symmetric functions outgrow double precision
LARGEST_GRADIENT = 1e-5    # of the log-likelihood, in units met: what counts as converged
STEP = 1e-4                # of the differences that give the information


@dataclass(frozen=True, eq=False)
class Rasch:
    """Difficulties in logits, their mean 0, and what a number of requirements met is worth on that scale."""

    items: pd.DataFrame       # requirement -> difficulty, se, share (met), n (answers)
    log_likelihood: float     # conditional
    informative: int          # units that met some of their requirements but not all
    n: int

    def abilities(self) -> pd.DataFrame:
        r"""Level of a unit for every number of requirements met: Warm's weighted likelihood, finite at both ends.

        .. math:: r - \sum_j P_j(\theta) + \frac{J(\theta)}{2 I(\theta)} = 0, \quad
                  I = \sum_j P_j (1 - P_j), \quad J = \sum_j P_j (1 - P_j)(1 - 2 P_j)

        Returns
        -------
        DataFrame, indexed by the number met (0 .. k)
            `theta` in logits and its standard error :math:`1/\sqrt{I}`.

        References
        ----------
        Warm (1989), Weighted likelihood estimation of ability in item response theory, eq. 10. doi:10.1007/BF02294627
        """
        difficulty = self.items["difficulty"].to_numpy()

        def moments(theta: float) -> tuple[float, float, float]:
            p = 1 / (1 + np.exp(difficulty - theta))
            return p.sum(), (p * (1 - p)).sum(), (p * (1 - p) * (1 - 2 * p)).sum()

        def equation(theta: float, met: int) -> float:
            expected, information, third = moments(theta)
            return met - expected + third / (2 * information)
        span = (difficulty.min() - 30, difficulty.max() + 30)
        theta = [optimize.brentq(equation, *span, args=(met,), xtol=1e-12) for met in range(len(difficulty) + 1)]
        return pd.DataFrame({"theta": theta, "se": [moments(level)[1] ** -0.5 for level in theta]},
                            index=pd.RangeIndex(len(difficulty) + 1, name="met"))


def rasch(marks: pd.DataFrame) -> Rasch:
    r"""Difficulties by conditional maximum likelihood.

    .. math:: P(x_{uj} = 1) = \frac{e^{\theta_u - \beta_j}}{1 + e^{\theta_u - \beta_j}}, \qquad
              \ln L_c = -\sum_j s_j \beta_j - \sum_r n_r \ln \gamma_r(e^{-\beta}), \qquad \sum_j \beta_j = 0

    :math:`s_j`: how many units met requirement j; :math:`n_r`: how many met r of them; :math:`\gamma_r`: the elementary
    symmetric function of order r. Blanks: a unit counts on the requirements that it answered.

    Parameters
    ----------
    marks : DataFrame, shape (n units, k requirements)
        1 met, 0 not, NaN no answer. At most 300 requirements.

    Returns
    -------
    Rasch
        Standard errors from the observed information.

    Raises
    ------
    NotPublishable
        If the likelihood has no maximum: some set of requirements was never failed by a unit that met one outside it
        (all met or none met is the simplest case). The set is named.

    References
    ----------
    Andersen (1972), The numerical solution of a set of conditional estimation equations, Journal of the Royal
    Statistical Society B 34:42-54. Fischer (1981), On the existence and uniqueness of maximum-likelihood estimates in
    the Rasch model, theorem 2. doi:10.1007/BF02293919

    Examples
    --------
    >>> marks = pd.DataFrame([[1, 0, 0]] * 6 + [[0, 1, 0]] * 3 + [[0, 0, 1]] + [[1, 1, 0]] * 6 + [[1, 0, 1]] * 3
    ...                      + [[0, 1, 1]] * 2, columns=["2.1", "2.2", "3.1"])
    >>> rasch(marks).items["difficulty"].round(2).to_dict()
    {'2.1': -0.67, '2.2': -0.04, '3.1': 0.71}
    """
    what = "Модель Раша"
    table = marks_of(marks, what, gaps=True)
    codes = sorted(table.columns, key=str)
    x = table[codes].to_numpy()
    if len(codes) > MOST_REQUIREMENTS:
        raise InputError(f"{what}: требований не больше {MOST_REQUIREMENTS}, найдено {len(codes)}. Оцените группы "
                         "требований по отдельности.")
    _estimable(x, codes, what)
    blocks = list(_blocks(x))

    def loss(free: np.ndarray) -> tuple[float, np.ndarray]:
        value, gradient = _conditional(np.append(free, -free.sum()), blocks)
        return -value, -(gradient[:-1] - gradient[-1])
    share = np.nanmean(x, axis=0)
    start = np.clip(-np.log(share / (1 - share)), -5, 5) if ((share > 0) & (share < 1)).all() else np.zeros(len(codes))
    found = optimize.minimize(loss, (start - start.mean())[:-1], jac=True, method="BFGS",
                              options={"gtol": LARGEST_GRADIENT / 10, "maxiter": 1000})
    if not np.abs(found.jac).max() <= LARGEST_GRADIENT:
        raise NotPublishable(f"{what}: оценивание не сошлось (шагов {found.nit}, наибольшая производная "
                             f"{np.abs(found.jac).max():.2g}). Нужно больше единиц или меньше требований.")
    difficulty = np.append(found.x, -found.x.sum())
    informative = sum(int(counts[1:-1].sum()) for _, _, counts in blocks)
    items = pd.DataFrame({"difficulty": difficulty, "se": _errors(found.x, loss), "share": share,
                          "n": (~np.isnan(x)).sum(axis=0)}, index=codes).loc[marks.columns]
    return Rasch(items, -float(found.fun), informative, len(x))


@dataclass(frozen=True, eq=False)
class Andersen:
    """Are the difficulties the same in all groups of units?"""

    statistic: float
    freedom: int
    p_value: float
    difficulties: pd.DataFrame   # requirement -> group: difficulty (mean 0 over the requirements compared)
    left_out: tuple[str, ...]    # requirements that some group cannot estimate


def andersen_test(marks: pd.DataFrame, group: pd.Series | None = None) -> Andersen:
    r"""Andersen's likelihood-ratio test of the Rasch model between groups of units.

    .. math:: LR = 2 \Bigl( \sum_g \ln L_c^{(g)} - \ln L_c \Bigr) \sim \chi^2_{(G - 1)(k - 1)}

    Parameters
    ----------
    marks : DataFrame
        As in `rasch`.
    group : Series, by unit, optional
        Federal district, size, year; by default units that met up to the median number of requirements and the others
        (then the test asks whether the requirements discriminate alike).

    Raises
    ------
    NotPublishable
        If fewer than two groups or requirements are left: requirements that all or none of a group met are left out.

    References
    ----------
    Andersen (1973), A goodness of fit test for the Rasch model. doi:10.1007/BF02291180

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> marks = pd.DataFrame(rng.normal(size=(300, 1)) + rng.logistic(size=(300, 4)) > [-1, 0, 0, 1]).astype(int)
    >>> round(andersen_test(marks).p_value, 2) > 0.05
    True
    """
    what = "Критерий Андерсена"
    table = marks_of(marks, what, gaps=True)
    if group is None:
        met = table.mean(axis=1)
        group = (met > met.median()).map({False: "до медианы", True: "выше медианы"})
    checks.same_labels(table.index, group.index, f"{what}: единицы и их группы")
    if group.isna().any():
        raise InputError(f"{what}: не указана группа единиц: {', '.join(map(str, group.index[group.isna()][:5]))}.")
    parts = {name: table.loc[group[table.index] == name] for name in sorted(group.unique(), key=str)}
    kept = [code for code in table if all(0 < part[code].mean() < 1 for part in parts.values())]
    if len(parts) < 2 or len(kept) < 2:
        raise NotPublishable(f"{what}: нужно не меньше двух групп и двух требований, которые в каждой группе исполнены "
                             f"не всеми и не никем; групп {len(parts)}, требований {len(kept)}.")
    fits = {name: rasch(part[kept]) for name, part in parts.items()}
    statistic = 2 * (sum(fit.log_likelihood for fit in fits.values()) - rasch(table[kept]).log_likelihood)
    freedom = (len(parts) - 1) * (len(kept) - 1)
    return Andersen(statistic, freedom, float(stats.chi2.sf(statistic, freedom)),
                    pd.DataFrame({name: fit.items["difficulty"] for name, fit in fits.items()}),
                    tuple(code for code in table if code not in kept))


# -- the conditional likelihood ----------------------------------------------------------------------------------------

def symmetric_functions(values: np.ndarray) -> np.ndarray:
    r"""Elementary symmetric functions :math:`\gamma_0 \ldots \gamma_k`: coefficients of :math:`\prod_j (1 + v_j t)`.

    Sums of positive terms only, so nothing cancels (Fischer's summation algorithm).

    >>> symmetric_functions(np.array([1.0, 2.0, 3.0])).tolist()
    [1.0, 6.0, 11.0, 6.0]
    """
    gamma = np.zeros(len(values) + 1)
    gamma[0] = 1
    for place, value in enumerate(values, start=1):
        gamma[1:place + 1] += value * gamma[:place]
    return gamma


Block = tuple[np.ndarray, np.ndarray, np.ndarray]


def _blocks(x: np.ndarray) -> Iterator[Block]:
    """Units that answered the same requirements: which ones, how often each was met, how many units met r of them."""
    answered = ~np.isnan(x)
    for pattern in np.unique(answered, axis=0):
        rows = x[(answered == pattern).all(axis=1)][:, pattern]
        if rows.shape[1]:
            yield np.flatnonzero(pattern), rows.sum(axis=0), np.bincount(rows.sum(axis=1).astype(int),
                                                                         minlength=rows.shape[1] + 1)


def _conditional(difficulty: np.ndarray, blocks: list[Block]) -> tuple[float, np.ndarray]:
    """Log-likelihood and its gradient."""
    value, gradient = 0.0, np.zeros(len(difficulty))
    for places, met, counts in blocks:
        easiness = np.exp(-difficulty[places])
        gamma = symmetric_functions(easiness)
        some = np.flatnonzero(counts[1:]) + 1                    # nobody is told apart by having met none
        value -= difficulty[places] @ met + counts[some] @ np.log(gamma[some])
        expected = (easiness[:, None] * _without(easiness)[:, some - 1] / gamma[some]) @ counts[some]
        gradient[places] -= met - expected
    return value, gradient


def _without(easiness: np.ndarray) -> np.ndarray:
    """Symmetric functions of all values but one, row by row, from those to its left and to its right."""
    k = len(easiness)
    left, right = np.zeros((k + 1, k + 1)), np.zeros((k + 1, k + 1))
    left[0, 0] = right[k, 0] = 1
    for j in range(k):
        left[j + 1] = left[j]
        left[j + 1, 1:] += easiness[j] * left[j, :-1]
    for j in range(k - 1, -1, -1):
        right[j] = right[j + 1]
        right[j, 1:] += easiness[j] * right[j + 1, :-1]
    return np.array([np.convolve(left[j, :j + 1], right[j + 1, :k - j]) for j in range(k)])


def _errors(free: np.ndarray, loss: object) -> np.ndarray:
    """Standard errors from the observed information: differences of the gradient."""
    shifts = STEP * np.eye(len(free))
    information = np.array([(loss(free + shift)[1] - loss(free - shift)[1]) / (2 * STEP) for shift in shifts])
    variance = np.linalg.inv((information + information.T) / 2)
    return np.sqrt(np.append(np.diag(variance), variance.sum()))


def _estimable(x: np.ndarray, codes: list, what: str) -> None:
    """Raise unless every requirement was met by some unit that failed another one, and so on round all of them."""
    answered = np.nan_to_num(x)
    above = (answered == 1).T.astype(float) @ (x == 0)           # i met, j failed, by how many units
    count, part = sparse.csgraph.connected_components(sparse.csr_matrix(above > 0), connection="strong")
    if count > 1:
        size = np.bincount(part)
        smallest = min(range(count), key=lambda number: (size[number], np.flatnonzero(part == number)[0]))
        names = [str(code) for code, own in zip(codes, part, strict=True) if own == smallest]
        raise NotPublishable(
            f"{what}: трудность не имеет конечной оценки у требований: {', '.join(names[:10])} (всего {len(names)}): "
            "нет единиц, исполнивших их и не исполнивших другие, или наоборот (например, исполнили все или никто). "
            "Исключите их.")
