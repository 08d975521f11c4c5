"""Analytic hierarchy process: weights from pairwise comparisons, their consistency, several experts together.

A matrix of judgements is a square table with the same labels on rows and columns; a_ij says how many times row i is
more important than column j (the row, not the column: transposed, the weights turn upside down). A pair that was not
compared is empty in both cells. Every formula cleans its matrix by `reciprocal` first and so refuses a faulty one; call
`reciprocal` yourself to see what it replaced. Judgements beyond the scale 1/9 to 9 are refused where they come from
experts; the weights of a matrix do not ask, since a completed matrix may go beyond.
"""

from __future__ import annotations

import datetime
import itertools
import math
import numbers
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from scipy.cluster import hierarchy
from scipy.sparse.csgraph import connected_components
from scipy.spatial.distance import squareform

from methods.errors import EditionError, NotPublishable, UsageError
from methods.weights.panel import checked_panel, pooled, voices

SCALE = 9.0             # Saaty's scale: 1/9 to 9
RECIPROCITY = 0.02      # how far a_ij x a_ji may be from 1: room for 0.33 and 0.14
ACCEPTABLE_RATIO = 0.10
ITERATIONS = 200        # of the completion; a few are usual


@dataclass(frozen=True)
class RandomIndex:
    """Mean consistency index of random matrices by their size, with the name of the table."""

    name: str
    values: Mapping[int, float]


# Printed tables differ by how many random matrices were drawn. Checked against the copies in AHPy (Donegan-Dodd, Saaty
# 2005), the R package AHPWR (Saaty 1980) and two open implementations of Alonso-Lamata.
RANDOM_INDICES = {
    "saaty": RandomIndex("Саати (1980)", dict(enumerate(
        [0.58, 0.90, 1.12, 1.24, 1.32, 1.41, 1.45, 1.49, 1.51, 1.48, 1.56, 1.57, 1.59], 3))),
    "saaty_2005": RandomIndex("Саати (2005)", dict(enumerate(
        [0.52, 0.89, 1.11, 1.25, 1.35, 1.40, 1.45, 1.49, 1.52, 1.54, 1.56, 1.58, 1.59], 3))),
    "donegan_dodd": RandomIndex("Донеган и Додд (1991)", dict(enumerate(
        [0.4914, 0.8286, 1.0591, 1.1797, 1.2519, 1.3171, 1.3733, 1.4055, 1.4213, 1.4497, 1.4643, 1.4822, 1.4969, 1.5078,
         1.5153, 1.5262, 1.5313, 1.5371], 3))),
    "alonso_lamata": RandomIndex("Алонсо и Ламата (2006)", dict(enumerate(
        [0.5245, 0.8815, 1.1086, 1.2479, 1.3417, 1.4056, 1.4499, 1.4854, 1.5141, 1.5365, 1.5551, 1.5713, 1.5838], 3))),
}

# Values of the geometric consistency index at CR = 0.10 (Aguarón, Moreno-Jiménez 2003): n = 3, n = 4, more.
GEOMETRIC_LIMITS = (0.31, 0.35, 0.37)


@dataclass(frozen=True)
class Replacement:
    """A judgement that was replaced by the exact reciprocal of its counterpart."""

    row: str
    column: str
    found: float
    exact: float


@dataclass(frozen=True, eq=False)
class Judgements:
    """One expert's matrix after the check."""

    matrix: pd.DataFrame                  # exactly reciprocal; NaN where a pair was not compared
    replaced: tuple[Replacement, ...]     # cells changed by more than rounding of the last digit
    reordered: bool                       # columns stood in another order than rows


def reciprocal(judgements: pd.DataFrame, expert: str | None = None, *, scale: float | None = SCALE) -> Judgements:
    """The matrix checked and cleaned: columns in the order of rows, a_ji exactly 1 / a_ij.

    Of two cells whose product is within 2 % of 1, the one above 1 is kept: 0.33 beside 3 becomes 1/3.

    Parameters
    ----------
    judgements : DataFrame, shape (n, n)
        The same labels on rows and columns, in any order; NaN in both cells of a pair that was not compared.
    expert : str, optional
        Who is named in errors; `judgements.attrs["expert"]` by default.
    scale : float or None
        Largest allowed judgement; None for matrices that were made by a formula.

    Raises
    ------
    EditionError
        All faults of the matrix at once: rows or columns missing or repeated, the diagonal, cells that are no positive
        numbers (dates too: spreadsheets turn 1/3 into one), off the scale, filled on one side only, not reciprocal.

    Examples
    --------
    >>> table = pd.DataFrame([[1, 3], [0.33, 1]], index=["Д", "П"], columns=["Д", "П"])
    >>> reciprocal(table).replaced
    (Replacement(row='П', column='Д', found=0.33, exact=0.3333333333333333),)
    """
    faults = _label_faults(judgements)
    if judgements.index.is_unique and judgements.columns.is_unique:  # else a cell has no one place
        labels = [label for label in judgements.index if label in judgements.columns]
        faults += _cell_faults(judgements.loc[labels, labels], scale)
    if faults:
        raise EditionError(f"{_who(judgements, expert)}: ошибок в матрице парных сравнений {len(faults)}.\n"
                           + "\n".join(f"{number}. {fault}" for number, fault in enumerate(faults, 1)))
    square = judgements[judgements.index].map(lambda cell: _number(cell)[0]).astype(float)
    a, replaced = square.to_numpy(copy=True), []
    np.fill_diagonal(a, 1.0)
    for i, j in itertools.combinations(range(len(a)), 2):
        if a[i, j] < a[j, i]:
            i, j = j, i
        exact = 1 / a[i, j]
        if abs(a[j, i] - exact) > 1e-9 * exact:
            replaced.append(Replacement(str(square.index[j]), str(square.index[i]), float(a[j, i]), float(exact)))
        a[j, i] = exact
    return Judgements(pd.DataFrame(a, square.index, square.index), tuple(replaced),
                      not judgements.index.equals(judgements.columns))


def eigenvector_weights(matrix: pd.DataFrame, expert: str | None = None) -> pd.Series:
    r"""Saaty's weights, the principal right eigenvector: :math:`A w = \lambda_{max} w,\ \sum_i w_i = 1`.

    Parameters
    ----------
    matrix : DataFrame, shape (n, n)
        Judgements without gaps (for a gap, `complete` first).

    Returns
    -------
    Series, shape (n,)
        By label, sum 1.

    References
    ----------
    Saaty (1980), The Analytic Hierarchy Process. Saaty (1987), doi:10.1016/0270-0255(87)90473-8

    Examples
    --------
    Twice as important as, and four times:

    >>> table = pd.DataFrame([[1, 2, 4], [1/2, 1, 2], [1/4, 1/2, 1]], index=list("ДПМ"), columns=list("ДПМ"))
    >>> eigenvector_weights(table).round(4).to_dict()
    {'Д': 0.5714, 'П': 0.2857, 'М': 0.1429}
    """
    full = _without_gaps(matrix, expert)
    return pd.Series(_perron(full.to_numpy())[1], full.index, name="weight")


def geometric_mean_weights(matrix: pd.DataFrame, expert: str | None = None) -> pd.Series:
    r"""Row geometric means, :math:`w_i \propto \prod_j a_{ij}^{1/n}`: the logarithmic least squares solution.

    Unlike the eigenvector, transposing the matrix gives exactly the reciprocal weights, and the weights of a group's
    geometric mean matrix are the geometric mean of its members' weights.

    References
    ----------
    Crawford, Williams (1985), A note on the analysis of subjective judgment matrices.
    doi:10.1016/0022-2496(85)90002-1

    Examples
    --------
    >>> table = pd.DataFrame([[1, 2, 4], [1/2, 1, 2], [1/4, 1/2, 1]], index=list("ДПМ"), columns=list("ДПМ"))
    >>> geometric_mean_weights(table).round(4).to_dict()
    {'Д': 0.5714, 'П': 0.2857, 'М': 0.1429}
    """
    full = _without_gaps(matrix, expert)
    means = np.exp(np.log(full).mean(axis=1))
    return (means / means.sum()).rename("weight")


@dataclass(frozen=True, eq=False)
class Completion:
    """A matrix with its gaps filled."""

    matrix: pd.DataFrame     # complete and reciprocal
    filled: pd.Series        # (row, column) of every missing pair -> the value that was put there
    lambda_max: float


def complete(matrix: pd.DataFrame, expert: str | None = None, *,
             method: Literal["eigenvector", "geometric"] = "eigenvector", scale: float | None = SCALE) -> Completion:
    r"""Missing comparisons filled so that the matrix is as consistent as it can be.

    .. math:: \text{eigenvector: } \min_{x > 0} \lambda_{max}(A(x)); \qquad
              \text{geometric: } \min_w \sum_{(i,j)\ known} (\ln a_{ij} - \ln w_i + \ln w_j)^2, \ x_{ij} = w_i / w_j

    In logarithms of the missing values the largest eigenvalue is convex, strictly so if the known comparisons connect
    all elements; it is minimised with its analytic gradient and Hessian. The second problem is linear in :math:`\ln w`:
    the Laplacian of the graph of comparisons.

    Parameters
    ----------
    matrix : DataFrame, shape (n, n)
        Judgements, NaN in both cells of a missing pair.
    method : {"eigenvector", "geometric"}
        The completion that belongs to `eigenvector_weights` or to `geometric_mean_weights`.
    scale : float or None
        Largest judgement allowed in `matrix`; the values filled in may be larger.

    Raises
    ------
    EditionError
        The comparisons fall apart into groups that were never compared with each other: named.

    References
    ----------
    Bozóki, Fülöp, Rónyai (2010), On optimal completion of incomplete pairwise comparison matrices, sections 3 to 5.
    doi:10.1016/j.mcm.2010.02.047

    Examples
    --------
    >>> table = pd.DataFrame([[1, 2, np.nan], [1/2, 1, 3], [np.nan, 1/3, 1]], index=list("ДПМ"), columns=list("ДПМ"))
    >>> complete(table).filled.round(6).to_dict()
    {('Д', 'М'): 6.0}
    """
    if method not in ("eigenvector", "geometric"):
        raise UsageError(f"Дополнение матрицы: «{method}» неизвестно. Есть: eigenvector, geometric.")
    known = reciprocal(matrix, expert, scale=scale).matrix
    a, labels = known.to_numpy(copy=True), known.index
    _connected(known, _who(matrix, expert))
    pairs = np.argwhere(np.triu(np.isnan(a)))
    rows, columns = pairs[:, 0], pairs[:, 1]
    log_weights = _log_least_squares(a)[0]
    missing = log_weights[rows] - log_weights[columns]
    if method == "eigenvector" and len(pairs):
        missing = _most_consistent(a, rows, columns, missing)
    a[rows, columns], a[columns, rows] = np.exp(missing), np.exp(-missing)
    filled = pd.Series(np.exp(missing), pd.MultiIndex.from_arrays([labels[rows], labels[columns]]), name="filled")
    return Completion(pd.DataFrame(a, labels, labels), filled, _perron(a)[0])


@dataclass(frozen=True)
class Change:
    """A judgement that could be another one."""

    row: str
    column: str
    found: float
    proposed: float


@dataclass(frozen=True)
class Triple:
    """Three judgements that contradict each other: a_ij x a_jk should be a_ik."""

    labels: tuple[str, str, str]               # i, j, k, turned so that the product is above 1
    product: float                             # a_ij x a_jk x a_ki; 1 if consistent
    repairs: tuple[Change, Change, Change]     # what each judgement would be if the other two hold


@dataclass(frozen=True)
class Consistency:
    """How far one expert's judgements contradict each other."""

    size: int
    missing: int                       # pairs that were not compared
    spare: int                         # comparisons beyond the n - 1 that weights need: without any, nothing to check
    lambda_max: float
    consistency_index: float           # (lambda_max - n) / (n - 1)
    random_index: float
    random_index_name: str
    ratio: float                       # CR; 0 for one or two elements
    geometric_index: float             # GCI: variance of the logarithmic errors
    geometric_limit: float             # GCI that corresponds to CR = 0.10; infinite for one or two elements
    worst_triple: Triple | None        # None if no three elements contradict each other
    most_helpful: Change | None        # the one change, to a grade 1/9 ... 9, that lowers GCI most; None if none does
    ratio_after: float                 # CR after it; the same CR without it

    @property
    def acceptable(self) -> bool:
        """CR is not above 0.10."""
        return self.ratio <= ACCEPTABLE_RATIO

    def remark(self, expert: str | None = None) -> str:
        """What to tell the expert (Russian): the ratio, the limit, the worst triple, the best single change."""
        who = f"Эксперт «{expert}»: " if expert else ""
        if self.size > 2 and not self.spare:
            return f"{who}сравнений ровно {self.size - 1}, согласованность проверить нечем."
        lines = [f"{who}отношение согласованности CR = {self.ratio:.3f} "
                 f"({'не больше' if self.acceptable else 'больше'} {ACCEPTABLE_RATIO:.2f}; "
                 f"случайный индекс — {self.random_index_name})."]
        if not self.acceptable and self.worst_triple:
            i, j, k = self.worst_triple.labels
            ij, jk, ki = self.worst_triple.repairs
            lines.append(f"Самая противоречивая тройка: {i} × {j} = {_grade(ij.found)}, {j} × {k} = "
                         f"{_grade(jk.found)}, а {i} × {k} = {_grade(1 / ki.found)} вместо "
                         f"{_grade(ij.found * jk.found)}.")
        if not self.acceptable and self.most_helpful:
            change = self.most_helpful
            lines.append(f"Сильнее всего помогла бы одна правка: {change.row} × {change.column} = "
                         f"{_grade(change.proposed)} вместо {_grade(change.found)}, CR станет {self.ratio_after:.3f}. "
                         "Спросите эксперта, не исправляйте за него.")
        return "\n".join(lines)


def consistency(matrix: pd.DataFrame, expert: str | None = None, *, random_index: str = "saaty",
                scale: float | None = SCALE) -> Consistency:
    r"""Consistency of a matrix of judgements and where it fails.

    .. math:: CI = \frac{\lambda_{max} - n}{n - 1}, \quad CR = CI / RI_n; \qquad
              GCI = \frac{2}{(n - 1)(n - 2)} \sum_{i<j} \ln^2 \frac{a_{ij} w_j}{w_i}

    A matrix with m missing pairs is completed first (`complete`). A random matrix with gaps is easier to complete
    consistently, so its random index is :math:`RI_n (1 - 2m / ((n - 1)(n - 2)))`; its GCI divides by the number of
    comparisons above the n - 1 needed.

    The change that helps most is found exactly among all known pairs and grades 1/9 ... 9 for GCI: the judgement whose
    value differs most from what all the others say of that pair.

    Parameters
    ----------
    matrix : DataFrame, shape (n, n)
        Judgements, NaN in both cells of a missing pair.
    random_index : {"saaty", "saaty_2005", "donegan_dodd", "alonso_lamata"}
        The result names the table. Up to n = 15 (20 for "donegan_dodd").
    scale : float or None
        Largest judgement allowed in `matrix`.

    References
    ----------
    Saaty (1980). Donegan, Dodd (1991), doi:10.1016/0895-7177(91)90098-R. Alonso, Lamata (2006),
    doi:10.1142/S0218488506004114. GCI: Aguarón, Moreno-Jiménez (2003), doi:10.1016/S0377-2217(02)00255-2.
    Missing pairs: Ágoston, Csató (2022), Inconsistency thresholds for incomplete pairwise comparison matrices, eq. 3.
    arXiv:2102.10558

    Examples
    --------
    Д is 3 times П, П is 3 times М, yet М is twice Д:

    >>> table = pd.DataFrame([[1, 3, 1/2], [1/3, 1, 3], [2, 1/3, 1]], index=list("ДПМ"), columns=list("ДПМ"))
    >>> result = consistency(table)
    >>> round(result.ratio, 2), result.random_index_name, result.worst_triple.labels, round(result.worst_triple.product)
    (0.86, 'Саати (1980)', ('Д', 'П', 'М'), 18)
    """
    known = reciprocal(matrix, expert, scale=scale).matrix.rename(index=str, columns=str)
    known = known.loc[sorted(known.index), sorted(known.index)]  # among equals the first by name, in whatever order
    n, missing = len(known), int(known.isna().to_numpy().sum()) // 2
    spare = n * (n - 1) // 2 - missing - (n - 1)
    mean_index, name = _random_index(random_index, n, missing)
    filled = complete(known, expert or matrix.attrs.get("expert"), scale=None)
    index = max(0.0, (filled.lambda_max - n) / (n - 1)) if n > 2 else 0.0
    ratio = after = index / mean_index if mean_index else 0.0
    squares, helpful = _errors(known)
    if helpful:
        changed = known.copy()
        changed.loc[helpful.row, helpful.column] = helpful.proposed
        changed.loc[helpful.column, helpful.row] = 1 / helpful.proposed
        after = max(0.0, (complete(changed, scale=None).lambda_max - n) / (n - 1) / mean_index)
    return Consistency(
        size=n, missing=missing, spare=spare, lambda_max=filled.lambda_max, consistency_index=index,
        random_index=mean_index, random_index_name=name, ratio=ratio,
        geometric_index=squares / spare if spare else 0.0,
        geometric_limit=GEOMETRIC_LIMITS[min(n, 5) - 3] if n > 2 else math.inf,
        worst_triple=_worst_triple(known), most_helpful=helpful, ratio_after=after)


def aggregate_judgements(matrices: Mapping[str, pd.DataFrame], importance: pd.Series | None = None, *,
                         scale: float | None = SCALE) -> pd.DataFrame:
    r"""One matrix of a group (AIJ): weighted geometric means of its members' judgements.

    .. math:: a_{ij} = \prod_e (a_{ij}^{(e)})^{v_e / \sum_e v_e}, \quad e \text{ over those who compared } i, j

    The only mean that keeps the group's matrix reciprocal. For groups that act as one; experts who stand for different
    interests are better joined by `aggregate_priorities`.

    Parameters
    ----------
    matrices : mapping of expert to DataFrame
        The same labels in all.
    importance : Series by expert, optional
        Weight of each voice, sum 1; equal by default.
    scale : float or None
        Largest judgement allowed.

    Returns
    -------
    DataFrame, shape (n, n)
        In the order of the first matrix; NaN for a pair that nobody compared.

    References
    ----------
    Aczél, Saaty (1983), Procedures for synthesizing ratio judgements. doi:10.1016/0022-2496(83)90028-7. Forman,
    Peniwati (1998), doi:10.1016/S0377-2217(97)00244-0

    Examples
    --------
    >>> def says(value):
    ...     return pd.DataFrame([[1, value], [1 / value, 1]], index=["Д", "П"], columns=["Д", "П"])
    >>> aggregate_judgements({"Иванова": says(2), "Петров": says(8)}).round(4).loc["Д"].to_dict()
    {'Д': 1.0, 'П': 4.0}
    """
    clean = _group(matrices, scale)
    voice = voices(list(clean), importance)
    labels = next(iter(clean.values())).index
    logs = np.array([np.log(clean[expert].loc[labels, labels].to_numpy()) for expert in voice.index])
    weight = voice.to_numpy()[:, None, None] * ~np.isnan(logs)
    with np.errstate(invalid="ignore"):  # 0/0 where nobody compared a pair: NaN is the answer
        mean = np.nansum(weight * logs, axis=0) / weight.sum(axis=0)
    return pd.DataFrame(np.exp((mean - mean.T) / 2), labels, labels)


def aggregate_priorities(matrices: Mapping[str, pd.DataFrame], importance: pd.Series | None = None, *,
                         mean: Literal["geometric", "arithmetic"] = "geometric",
                         weights: Callable[..., pd.Series] = eigenvector_weights,
                         scale: float | None = SCALE) -> pd.Series:
    """One set of weights of a group (AIP): each member's own weights, pooled.

    Parameters
    ----------
    matrices : mapping of expert to DataFrame
        The same labels in all; gaps are filled by `complete` first.
    importance : Series by expert, optional
        Weight of each voice, sum 1; equal by default.
    mean : {"geometric", "arithmetic"}
    weights : function
        `eigenvector_weights` or `geometric_mean_weights`.
    scale : float or None
        Largest judgement allowed.

    References
    ----------
    Forman, Peniwati (1998), doi:10.1016/S0377-2217(97)00244-0

    Examples
    --------
    >>> def says(value):
    ...     return pd.DataFrame([[1, value], [1 / value, 1]], index=["Д", "П"], columns=["Д", "П"])
    >>> aggregate_priorities({"Иванова": says(2), "Петров": says(8)}).round(4).to_dict()
    {'Д': 0.8, 'П': 0.2}
    """
    if mean not in ("geometric", "arithmetic"):
        raise UsageError(f"Объединение приоритетов: «{mean}» неизвестно. Есть: geometric, arithmetic.")
    method = "geometric" if weights is geometric_mean_weights else "eigenvector"
    table = pd.DataFrame({expert: weights(complete(matrix, expert, method=method, scale=None).matrix, expert)
                          for expert, matrix in _group(matrices, scale).items()}).T
    return pooled(table[next(iter(matrices.values())).index], mean, importance)


@dataclass(frozen=True)
class Consensus:
    """How much the weights of several experts overlap."""

    value: float     # S*: 1 for the same weights from all, 0 for opinions as opposed as the scale allows
    band: str        # in words
    experts: int
    alpha: float     # mean entropy of the experts' own weights
    gamma: float     # entropy of the mean weights; gamma - alpha is the entropy between experts


def consensus(weights: pd.DataFrame, scale: float = SCALE) -> Consensus:
    r"""Goepel's AHP group consensus, from Shannon entropies within (alpha) and between (beta) experts.

    .. math:: S^* = \frac{e^{-H_\beta} - e^{H_{\alpha,min} - \ln n}}{1 - e^{H_{\alpha,min} - \ln n}}, \quad
              H_\beta = H_\gamma - H_\alpha

    :math:`H_{\alpha,min}` is the entropy of one element M times as important as each of the others. Weights sharper
    than that (budget allocation with zeros) may give a value below 0.

    Parameters
    ----------
    weights : DataFrame, shape (k experts, n codes)
        Rows sum to 1; at least two of both.
    scale : float
        M, the largest judgement; above 1.

    Raises
    ------
    NotPublishable
        One expert or one code.

    References
    ----------
    Goepel (2013), Implementing the analytic hierarchy process as a standard method for multi-criteria decision making
    in corporate enterprises, ISAHP; simplified, and with bands, at bpmsg.com/tag/group-consensus (eq. 1.1 to 1.10).

    Examples
    --------
    >>> opposed = pd.DataFrame([[9, 1, 1], [1, 9, 1], [1, 1, 9]], index=list("ИПС"), columns=list("ДПМ")) / 11
    >>> abs(round(consensus(opposed).value, 9)), consensus(opposed).band
    (0.0, 'очень низкое')
    """
    table = checked_panel(weights)
    if not scale > 1:
        raise UsageError(f"Шкала согласия должна быть больше 1, задано {scale:g}.")
    if min(table.shape) < 2:
        raise NotPublishable(f"Согласие экспертов не определено: экспертов {len(table)}, элементов {table.shape[1]}; "
                             "нужно не меньше двух тех и других.")
    alpha, gamma = _entropy(table.to_numpy()).mean(), _entropy(table.mean().to_numpy())
    value = _relative_consensus(gamma - alpha, table.shape[1], scale)
    return Consensus(float(value), consensus_band(value), len(table), float(alpha), float(gamma))


def consensus_band(value: float) -> str:
    """S* in words: below 0.5, to 0.625, to 0.75, to 0.875, above (Goepel).

    >>> [consensus_band(value) for value in (0.4, 0.5, 0.7, 0.8, 0.9)]
    ['очень низкое', 'низкое', 'умеренное', 'высокое', 'очень высокое']
    """
    words = ["очень низкое", "низкое", "умеренное", "высокое", "очень высокое"]
    return words[int(np.searchsorted([0.5, 0.625, 0.75, 0.875], value, side="right"))]


def pairwise_consensus(weights: pd.DataFrame, scale: float = SCALE) -> pd.DataFrame:
    """S* of every two experts: experts x experts, 1 on the diagonal.

    >>> table = pd.DataFrame([[0.5, 0.5], [0.5, 0.5], [0.9, 0.1]], index=list("ИПС"), columns=list("ДП"))
    >>> pairwise_consensus(table).round(2).loc["И"].to_list()
    [1.0, 1.0, 0.69]
    """
    consensus(weights, scale)  # the same conditions hold
    table = weights.to_numpy(dtype=float)
    own = _entropy(table)
    between = _entropy((table[:, None] + table[None]) / 2) - (own[:, None] + own[None]) / 2
    return pd.DataFrame(_relative_consensus(between, table.shape[1], scale), weights.index, weights.index)


def expert_clusters(weights: pd.DataFrame, threshold: float = 0.75, scale: float = SCALE) -> pd.Series:
    """Groups of like-minded experts: any two of a group agree at least at `threshold` (complete linkage on S*).

    Parameters
    ----------
    weights : DataFrame, shape (k experts, n codes)
        Rows sum to 1.
    threshold : float
        Inside (0; 1]; 0.75 is where Goepel's scale says "high".

    Returns
    -------
    Series by expert
        Number of the group; 1 is the largest, equal sizes by the first name. Neither the order of rows nor that of
        columns changes it.

    Examples
    --------
    >>> table = pd.DataFrame([[0.6, 0.4], [0.1, 0.9], [0.7, 0.3]], index=["Иванова", "Петров", "Сидоров"],
    ...                      columns=["Д", "П"])
    >>> expert_clusters(table).to_dict()
    {'Иванова': 1, 'Петров': 2, 'Сидоров': 1}
    """
    if not 0 < threshold <= 1:
        raise UsageError(f"Порог согласия должен быть в (0; 1], задано {threshold:g}.")
    table = checked_panel(weights)
    distance = (1 - pairwise_consensus(table, scale)).to_numpy().round(12)
    tree = hierarchy.linkage(squareform(distance), method="complete")
    found = pd.Series(hierarchy.fcluster(tree, 1 - threshold + 1e-12, criterion="distance"), table.index)
    order = sorted(found.unique(), key=lambda number: -(found == number).sum())  # stable: equal sizes by the first name
    return found.map({number: place for place, number in enumerate(order, 1)})[weights.index].rename("cluster")


def _label_faults(judgements: pd.DataFrame) -> list[str]:
    rows, columns = judgements.index, judgements.columns
    if not len(rows) and not len(columns):
        return ["Матрица пуста: нужна хотя бы одна строка и один столбец."]
    faults = [f"{side} «{label}» повторяется." for side, labels in (("Строка", rows), ("Столбец", columns))
              for label in labels[labels.duplicated()].unique()]
    if len(rows) != len(columns):
        faults.append(f"Матрица должна быть квадратной, сейчас строк {len(rows)}, столбцов {len(columns)}.")
    for missing, side in ((columns.difference(rows), "строки"), (rows.difference(columns), "столбца")):
        if len(missing):
            faults.append(f"Нет {side}: {', '.join(map(str, missing))}. Названия строк и столбцов должны совпадать.")
    return faults


def _cell_faults(square: pd.DataFrame, scale: float | None) -> list[str]:
    faults, labels = [], list(square.index)
    numeric = {}
    for row, column in itertools.product(labels, labels):
        cell = square.at[row, column]
        value, fault = _number(cell)
        if fault is None and row == column and not abs(value - 1) <= 1e-9:
            fault = f"на диагонали должна быть 1, найдено {'пусто' if math.isnan(value) else f'{value:.6g}'}"
        if fault is None and value <= 0:
            fault = f"значение {value:.6g}, должно быть больше 0 (во сколько раз строка важнее столбца)"
        if fault is None and row != column:
            numeric[row, column] = value
        elif fault:
            faults.append(f"{row} × {column}: {fault}.")
    for one, other in itertools.combinations(labels, 2):
        if (one, other) not in numeric or (other, one) not in numeric:
            continue
        there, back = numeric[one, other], numeric[other, one]
        if math.isnan(there) and math.isnan(back):
            continue
        if math.isnan(there) or math.isnan(back):
            empty, full = ((one, other), (other, one)) if math.isnan(there) else ((other, one), (one, other))
            faults.append(f"{empty[0]} × {empty[1]}: пусто, а {full[0]} × {full[1]} = {numeric[full]:.6g}. "
                          "Заполните обе ячейки пары или оставьте пустыми обе.")
            continue
        if abs(there * back - 1) > RECIPROCITY + 1e-9:
            faults.append(f"{one} × {other} = {there:.6g}, {other} × {one} = {back:.6g}: произведение "
                          f"{there * back:.6g}, должно быть 1 (не дальше {RECIPROCITY:.0%}). Исправьте одну из ячеек.")
        elif scale is not None and max(there, back) > scale * (1 + 1e-9):
            row, column = (one, other) if there > back else (other, one)
            faults.append(f"{row} × {column} = {numeric[row, column]:.6g}: вне шкалы от 1/{scale:g} до {scale:g}.")
    return faults


def _number(cell: object) -> tuple[float, str | None]:
    """The cell as a float (NaN if empty) or what is wrong with it."""
    if cell is None or cell is pd.NA or cell is pd.NaT:
        return math.nan, None
    if isinstance(cell, datetime.date | np.datetime64):
        date = pd.Timestamp(cell)
        return math.nan, (f"дата {date:%d.%m.%Y}: Excel превратил дробь 1/{max(date.day, date.month)} в дату. Задайте "
                          "ячейке числовой формат и введите значение заново")
    if isinstance(cell, bool | np.bool_) or not isinstance(cell, numbers.Real):
        return math.nan, f"«{cell}» — не число"
    return (float(cell), None) if not math.isinf(cell) else (math.nan, "бесконечность — не суждение")


def _who(judgements: pd.DataFrame, expert: str | None) -> str:
    expert = expert or judgements.attrs.get("expert")
    return f"Эксперт «{expert}»" if expert else "Матрица суждений"


def _without_gaps(matrix: pd.DataFrame, expert: str | None) -> pd.DataFrame:
    clean = reciprocal(matrix, expert, scale=None).matrix
    gaps = [f"{clean.index[i]} × {clean.index[j]}" for i, j in np.argwhere(np.triu(clean.isna()))]
    if gaps:
        raise EditionError(f"{_who(matrix, expert)}: не сравнены пары ({len(gaps)}): {', '.join(gaps[:5])}. "
                           "Спросите эксперта или дополните матрицу: ahp.complete.")
    return clean


def _connected(known: pd.DataFrame, who: str) -> None:
    count, part = connected_components(known.notna().to_numpy(), directed=False)
    if count > 1:
        parts = ["{" + ", ".join(map(str, known.index[part == number])) + "}" for number in range(count)]
        raise EditionError(f"{who}: сравнения распадаются на части, между которыми нет ни одного суждения: "
                           f"{'; '.join(parts)}. Спросите хотя бы об одной паре между частями.")


def _perron(a: np.ndarray) -> tuple[float, np.ndarray]:
    """Largest eigenvalue and its positive vector with sum 1."""
    values, vectors = np.linalg.eig(a)
    first = int(np.argmax(values.real))
    vector = np.abs(vectors[:, first].real)
    return float(values[first].real), vector / vector.sum()


def _log_least_squares(a: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Logarithms of the weights (mean 0) from the known cells, and the inverse Laplacian of the comparisons."""
    compared = ~np.isnan(a) & ~np.eye(len(a), dtype=bool)
    laplacian = np.diag(compared.sum(axis=1)) - compared.astype(float)
    inverse = np.linalg.pinv(laplacian, hermitian=True)
    return inverse @ np.log(np.where(compared, a, 1)).sum(axis=1), inverse


def _most_consistent(a: np.ndarray, rows: np.ndarray, columns: np.ndarray, start: np.ndarray) -> np.ndarray:
    """Logarithms x of the missing values that minimise the largest eigenvalue: Newton's method, steps halved if needed.

    With u and v the left and right vectors, uv = 1, D_k = dA/dx_k and S the group inverse of lambda I - A:
    gradient u D_k v, Hessian u (dD_k/dx_l + D_k S D_l + D_l S D_k) v.
    """
    n, count, x = len(a), np.arange(len(rows)), start

    def filled(x: np.ndarray) -> np.ndarray:
        full = a.copy()
        full[rows, columns], full[columns, rows] = np.exp(x), np.exp(-x)
        return full

    for _ in range(ITERATIONS):
        full = filled(x)
        largest, right = _perron(full)
        left = _perron(full.T)[1]
        left = left / (left @ right)
        up, down = left[rows] * np.exp(x) * right[columns], left[columns] * np.exp(-x) * right[rows]
        projector = np.outer(right, left)
        resolvent = np.linalg.inv(largest * np.eye(n) - full + projector) - projector  # S
        from_left, from_right = np.zeros((len(rows), n)), np.zeros((n, len(rows)))
        from_left[count, columns], from_left[count, rows] = left[rows] * np.exp(x), -left[columns] * np.exp(-x)
        from_right[rows, count], from_right[columns, count] = np.exp(x) * right[columns], -np.exp(-x) * right[rows]
        mixed = from_left @ resolvent @ from_right
        step = -np.linalg.solve(np.diag(up + down) + mixed + mixed.T, up - down)
        while _perron(filled(x + step))[0] > largest * (1 + 1e-13):  # a rise within rounding noise is none
            step = step / 2
        x = x + step
        if np.abs(step).max() < 1e-11:
            return x
    raise NotPublishable(f"Дополнение матрицы не сошлось за {ITERATIONS} шагов, последнее изменение "
                         f"{np.abs(step).max():.2g}. Используйте method=\"geometric\".")


def _random_index(table: str, n: int, missing: int) -> tuple[float, str]:
    if table not in RANDOM_INDICES:
        raise UsageError(f"Таблица случайных индексов «{table}» неизвестна. Есть: {', '.join(RANDOM_INDICES)}.")
    chosen = RANDOM_INDICES[table]
    if n <= 2:
        return 0.0, chosen.name
    if n not in chosen.values:
        raise EditionError(f"Случайный индекс {chosen.name} дан до n = {max(chosen.values)}, элементов {n}. "
                           "Разбейте набор на группы: столько попарных сравнений никто не даст согласованно.")
    share = 1 - 2 * missing / ((n - 1) * (n - 2))
    return chosen.values[n] * share, chosen.name + (f" с поправкой на пропуски ({missing})" if missing else "")


def _errors(known: pd.DataFrame) -> tuple[float, Change | None]:
    """Sum of squared logarithmic errors over known pairs, and the change to a grade that lowers it most."""
    a, n = known.to_numpy(), len(known)
    log_weights, inverse = _log_least_squares(a)
    rows, columns = np.nonzero(np.triu(~np.isnan(a), 1))
    judged, fitted = np.log(a[rows, columns]), log_weights[rows] - log_weights[columns]
    error = judged - fitted
    total = float((error**2).sum())
    leverage = inverse[rows, rows] + inverse[columns, columns] - 2 * inverse[rows, columns]
    checked = leverage < 1 - 1e-9  # else the pair hangs on this judgement alone
    if n < 3 or total < 1e-18 or not checked.any():
        return (total if total > 1e-18 else 0.0), None
    rows, columns, judged, error, leverage = (x[checked] for x in (rows, columns, judged, error, leverage))
    others = judged - error / (1 - leverage)                       # what all the other judgements say of the pair
    without = total - error**2 / (1 - leverage)                    # the sum of squares without the judgement
    grades = np.log(np.r_[1 / np.arange(SCALE, 1, -1), np.arange(1, SCALE + 1)])
    after = without[:, None] + (grades[None, :] - others[:, None]) ** 2 * (1 - leverage[:, None])
    pair, grade = np.unravel_index(np.argmin(after.round(12)), after.shape)
    if after[pair, grade] > total - 1e-9:
        return total, None
    i, j = rows[pair], columns[pair]
    change = Change(str(known.index[i]), str(known.index[j]), float(a[i, j]), float(np.exp(grades[grade])))
    return total, change


def _worst_triple(known: pd.DataFrame) -> Triple | None:
    a, labels = known.to_numpy(), list(known.index)
    logs = np.log(a)
    worst, where = 1e-9, None
    for i, j, k in itertools.combinations(range(len(labels)), 3):
        deviation = logs[i, j] + logs[j, k] + logs[k, i]
        if abs(deviation) > worst + 1e-9:  # NaN compares as False
            worst, where = abs(deviation), (i, j, k) if deviation > 0 else (i, k, j)
    if where is None:
        return None
    i, j, k = where
    names = [str(label) for label in labels]
    repairs = tuple(Change(names[p], names[q], float(a[p, q]), float(a[p, r] * a[r, q]))
                    for p, q, r in ((i, j, k), (j, k, i), (k, i, j)))
    return Triple((names[i], names[j], names[k]), float(np.exp(worst)), repairs)


def _grade(value: float) -> str:
    return f"{value:.3g}" if value >= 1 - 1e-9 else f"1/{1 / value:.3g}"


def _group(matrices: Mapping[str, pd.DataFrame], scale: float | None) -> dict[str, pd.DataFrame]:
    if not matrices:
        raise EditionError("Матрицы экспертов: нет ни одной.")
    clean = {str(expert): reciprocal(matrix, str(expert), scale=scale).matrix for expert, matrix in matrices.items()}
    first, *others = clean
    for expert in others:
        if set(clean[expert].index) != set(clean[first].index):
            missing = clean[first].index.difference(clean[expert].index)
            extra = clean[expert].index.difference(clean[first].index)
            raise EditionError(f"Эксперт «{expert}»: другие элементы, чем у эксперта «{first}». "
                               f"Нет: {', '.join(map(str, missing)) or '—'}; "
                               f"лишние: {', '.join(map(str, extra)) or '—'}.")
    return clean


def _entropy(shares: np.ndarray) -> np.ndarray:
    return -(shares * np.log(np.where(shares > 0, shares, 1))).sum(axis=-1)


def _relative_consensus(between: float | np.ndarray, n: int, scale: float) -> float | np.ndarray:
    sharpest = np.array([scale] + [1.0] * (n - 1)) / (n + scale - 1)  # one element M times as important as the others
    least = np.exp(_entropy(sharpest) - np.log(n))
    return (np.exp(-between) - least) / (1 - least)
