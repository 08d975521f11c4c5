"""A panel of experts: their weights pooled, how far they spread, who moves the result.

Everywhere `weights` is a table of experts (rows) by codes (columns); every row is complete, not negative and sums to 1.
Experts are matched by name: neither their order nor that of the codes changes a result.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from scipy import stats
from scipy.special import gammaln, polygamma, psi

from methods import checks
from methods.errors import EditionError, NotPublishable, UsageError

Pooling = Literal["arithmetic", "geometric", "median"]
ITERATIONS = 1000
SAME = 1e-6      # weights that differ by less are the same answer
FEWEST_DRAWS = 100
AT_ONCE = 8      # elements people can weigh against each other in one go; budget allocation fails above about ten
AT_ONCE_AHP = 9  # the same in pairs


def checked_panel(weights: pd.DataFrame) -> pd.DataFrame:
    """The table itself with experts and codes sorted; raise if it is not a table of weights.

    Sorted, because sums over experts must not depend on the order of rows even in the last digit.

    Raises
    ------
    EditionError
        All faults at once: an expert twice, a code twice, a gap, a negative weight, a row that does not sum to 1.
    """
    if weights.empty:
        raise EditionError("Веса экспертов: таблица пуста, нужна хотя бы одна строка (эксперт) и один столбец (код).")
    faults = repeated_labels(weights.index, "эксперт", "строки") + repeated_labels(weights.columns, "код", "столбцы")
    if not faults:
        values = weights.apply(pd.to_numeric, errors="coerce").astype(float)
        for expert, row in values.iterrows():
            gaps = row.index[~np.isfinite(row)]
            if len(gaps):
                faults.append(f"эксперт «{expert}»: нет числа у {', '.join(map(str, gaps))}")
            elif (row < 0).any():
                code = row.idxmin()
                faults.append(f"эксперт «{expert}»: отрицательный вес {code} = {row[code]:.6g}")
            elif abs(row.sum() - 1) > checks.SUM_TOLERANCE:
                faults.append(f"эксперт «{expert}»: сумма весов {row.sum():.10g}, должна быть 1")
    if faults:
        raise EditionError("Веса экспертов: " + "; ".join(faults) + ". Исправьте ответы экспертов.")
    return values.loc[sorted(values.index, key=str), sorted(values.columns, key=str)]


def repeated_labels(labels: pd.Index, what: str, where: str) -> list[str]:
    """Words for every label that occurs more than once, with its places counted from 1.

    >>> repeated_labels(pd.Index(["Иванова", "Петров", "Иванова"]), "эксперт", "строки")
    ['эксперт «Иванова» повторяется (строки 1, 3)']
    """
    return [f"{what} «{label}» повторяется ({where} "
            f"{', '.join(str(place + 1) for place in np.flatnonzero(labels == label))})"
            for label in labels[labels.duplicated()].unique()]


def voices(experts: Sequence[str] | pd.Index, importance: pd.Series | None = None) -> pd.Series:
    """How much each expert's voice counts, sum 1, sorted by name; equal voices by default.

    >>> voices(["Петров", "Иванова"]).to_dict()
    {'Иванова': 0.5, 'Петров': 0.5}
    """
    order = sorted(experts, key=str)
    if importance is None:
        return pd.Series(1 / len(order), order, name="voice")
    checks.same_labels(importance.index, pd.Index(order), "Веса голосов экспертов")
    checks.weights_sum_to_one(importance)
    return importance[order].astype(float).rename("voice")


def pooled(weights: pd.DataFrame, how: Pooling = "arithmetic", importance: pd.Series | None = None) -> pd.Series:
    r"""One set of weights out of the experts' weights.

    .. math:: \text{arithmetic: } w_j = \sum_e v_e w_{ej}; \quad
              \text{geometric: } w_j \propto \prod_e w_{ej}^{v_e}; \quad
              \text{median: } w_j \propto \operatorname{med}_e w_{ej}

    The geometric and the median are rescaled to sum 1. The median of an odd opinion moves least, the geometric mean
    treats "twice" and "half" as equal distances.

    Parameters
    ----------
    weights : DataFrame, shape (n experts, k codes)
        Rows sum to 1. No zeros for the geometric mean.
    how : {"arithmetic", "geometric", "median"}
    importance : Series, shape (n,), optional
        Weight of each expert's voice, sum 1; equal by default. Not for the median.

    Returns
    -------
    Series, shape (k,)
        In the order of the columns, sum 1.

    References
    ----------
    Forman, Peniwati (1998), Aggregating individual judgments and priorities with the analytic hierarchy process.
    doi:10.1016/S0377-2217(97)00244-0

    Examples
    --------
    >>> panel = pd.DataFrame({"Д": [0.5, 0.8], "П": [0.5, 0.2]}, index=["Иванова", "Петров"])
    >>> pooled(panel).round(4).to_dict()
    {'Д': 0.65, 'П': 0.35}
    >>> pooled(panel, "geometric").round(4).to_dict()
    {'Д': 0.6667, 'П': 0.3333}
    """
    table = checked_panel(weights)
    _pooling(how, importance)
    voice = voices(table.index, importance).to_numpy()
    return pd.Series(_pool(table.to_numpy()[None], how, voice[None])[0], table.columns, name="weight")[weights.columns]


@dataclass(frozen=True, eq=False)
class DirichletFit:
    """Dirichlet distribution of the experts' weights."""

    alpha: pd.Series        # by code
    mean: pd.Series         # alpha / precision: by code, sum 1
    precision: float        # sum of alpha: the larger, the closer the experts are to each other
    log_likelihood: float
    experts: int
    zeros: int              # weights of zero that were replaced, see `dirichlet_fit`


def dirichlet_fit(weights: pd.DataFrame, zero: float = 0.005) -> DirichletFit:
    r"""Maximum likelihood Dirichlet distribution of experts' weights, by Newton's method.

    .. math:: \ell(\alpha) = N \Big[ \ln\Gamma(\textstyle\sum_k \alpha_k) - \sum_k \ln\Gamma(\alpha_k)
              + \sum_k (\alpha_k - 1)\, \overline{\ln w_k} \Big]

    The likelihood is concave; its Hessian is a diagonal plus a constant, so a step costs O(k). A step that
    leaves the positive values or loses likelihood is halved.

    A weight of zero has no likelihood. It is taken for "less than one point of a hundred": replaced by `zero`, and the
    other weights of that expert are multiplied by one common factor, so that their ratios stay.

    Parameters
    ----------
    weights : DataFrame, shape (N experts, k codes)
        Rows sum to 1, k at least 2.
    zero : float
        What stands for a weight of zero, above 0 and below 1/k; half a point of a hundred by default.

    Raises
    ------
    NotPublishable
        Fewer than two experts; the same weights from all of them (infinite precision).

    References
    ----------
    Minka (2000, revised 2012), Estimating a Dirichlet distribution, section 1.
    Multiplicative replacement of zeros: Martín-Fernández, Barceló-Vidal, Pawlowsky-Glahn (2003), Dealing with zeros and
    missing values in compositional data sets using nonparametric imputation. doi:10.1023/A:1023866030544

    Examples
    --------
    >>> panel = pd.DataFrame({"Д": [0.5, 0.6, 0.4], "П": [0.3, 0.2, 0.4], "М": [0.2, 0.2, 0.2]}, index=list("АБВ"))
    >>> fit = dirichlet_fit(panel)
    >>> fit.mean.round(3).to_dict(), round(fit.precision, 1)
    ({'Д': 0.498, 'П': 0.295, 'М': 0.207}, 54.7)
    """
    table = _spread_out(checked_panel(weights), "Распределение Дирихле")
    n, k = table.shape
    if k < 2:
        raise NotPublishable("Распределение Дирихле: один элемент всегда весит 1, распределять нечего.")
    if not 0 < zero < 1 / k:
        raise UsageError(f"Замена нулевого веса должна быть внутри (0; 1/{k}), задано {zero:g}.")
    zeros = table == 0
    table = table.mul(1 - zero * zeros.sum(axis=1), axis=0).mask(zeros, zero)
    mean_log = np.log(table).mean().to_numpy()
    alpha = _moments(table)
    for _ in range(ITERATIONS):
        gradient = psi(alpha.sum()) - psi(alpha) + mean_log
        curvature, common = -polygamma(1, alpha), polygamma(1, alpha.sum())  # Hessian: diag(curvature) + common
        shift = (gradient / curvature).sum() / (1 / common + (1 / curvature).sum())
        step = -(gradient - shift) / curvature
        floor = _mean_likelihood(alpha, mean_log) - 1e-12 * (1 + abs(gammaln(alpha.sum())))  # less is rounding noise
        while (alpha + step <= 0).any() or _mean_likelihood(alpha + step, mean_log) < floor:
            step = step / 2
        alpha = alpha + step
        if np.abs(step / alpha).max() < max(1e-11, 1e-15 * alpha.sum()):  # the digammas of large values cancel
            break
    else:
        raise NotPublishable(f"Распределение Дирихле: подгонка не сошлась за {ITERATIONS} шагов, последнее "
                             f"изменение {np.abs(step / alpha).max():.2g}. Используйте bootstrap_interval.")
    parameters = pd.Series(alpha, table.columns, name="alpha")[weights.columns]
    return DirichletFit(parameters, (parameters / parameters.sum()).rename("weight"), float(alpha.sum()),
                        float(n * _mean_likelihood(alpha, mean_log)), n, int(zeros.to_numpy().sum()))


def dirichlet_interval(fit: DirichletFit, confidence: float = 0.90) -> pd.DataFrame:
    r"""Where one more expert's weights would lie: quantiles of the marginal Beta distributions.

    .. math:: w_k \sim Beta(\alpha_k,\ \textstyle\sum_l \alpha_l - \alpha_k)

    The spread of opinions, not the error of their mean (for that, `bootstrap_interval`).

    Returns
    -------
    DataFrame, codes x (low, mean, high)

    Examples
    --------
    >>> flat = DirichletFit(pd.Series({"Д": 1.0, "П": 1.0}), pd.Series({"Д": 0.5, "П": 0.5}), 2.0, 0.0, 2, 0)
    >>> dirichlet_interval(flat).round(3).loc["Д"].to_list()
    [0.05, 0.5, 0.95]
    """
    tail = (1 - _level(confidence)) / 2
    marginal = stats.beta(fit.alpha, fit.precision - fit.alpha)
    return pd.DataFrame({"low": marginal.ppf(tail), "mean": fit.mean, "high": marginal.ppf(1 - tail)}, fit.alpha.index)


def bootstrap_interval(weights: pd.DataFrame, how: Pooling = "arithmetic", *, confidence: float = 0.95,
                       draws: int = 2000, seed: int = 0) -> pd.DataFrame:
    """Percentile interval of the pooled weights when other experts of the same kind had been asked.

    Experts are drawn with replacement. With few of them (under ten, say) the interval is rather too narrow.

    Parameters
    ----------
    weights : DataFrame, shape (n experts, k codes)
        Rows sum to 1; n at least 2.
    confidence : float
        Inside (0; 1).
    draws : int
        At least 100.
    seed : int
        0 or more.

    Returns
    -------
    DataFrame, codes x (low, pooled, high)

    Raises
    ------
    NotPublishable
        Fewer than two experts; the same weights from all of them.

    Examples
    --------
    >>> panel = pd.DataFrame({"Д": [0.5, 0.6, 0.4], "П": [0.5, 0.4, 0.6]}, index=["Иванова", "Петров", "Сидоров"])
    >>> bootstrap_interval(panel, draws=1000, seed=1).round(2).loc["Д"].to_list()
    [0.4, 0.5, 0.6]
    """
    if draws < FEWEST_DRAWS or seed < 0:
        raise UsageError(f"Розыгрышей должно быть не меньше {FEWEST_DRAWS}, seed — не меньше 0; "
                         f"задано draws={draws}, seed={seed}.")
    _pooling(how, None)
    tail = (1 - _level(confidence)) / 2
    table = _spread_out(checked_panel(weights), "Интервал по экспертам")
    n = len(table)
    chosen = np.random.default_rng(seed).integers(n, size=(draws, n))
    drawn = pd.DataFrame(_pool(table.to_numpy()[chosen], how, np.full((draws, n), 1 / n)), columns=table.columns)
    return pd.DataFrame({"low": drawn.quantile(tail), "pooled": pooled(weights, how),
                         "high": drawn.quantile(1 - tail)}).loc[weights.columns]


@dataclass(frozen=True, eq=False)
class ExpertInfluence:
    """What the pooled weights would be without each expert."""

    without: pd.DataFrame    # experts x codes: pooled weights of all the others
    change: pd.Series        # experts: largest change of a weight, absolute
    code: pd.Series          # experts: the code whose weight changes most
    moves_most: str          # the expert whose absence changes the weights most; the first by name among equals


def leave_one_expert_out(weights: pd.DataFrame, how: Pooling = "arithmetic",
                         importance: pd.Series | None = None) -> ExpertInfluence:
    """Pooled weights without each expert in turn: does one voice make the result?

    Parameters
    ----------
    weights, how, importance
        As for `pooled`; the voices of those who remain are rescaled to sum 1.

    Raises
    ------
    NotPublishable
        Fewer than two experts.

    Examples
    --------
    >>> panel = pd.DataFrame({"Д": [0.5, 0.5, 0.8], "П": [0.5, 0.5, 0.2]}, index=["Иванова", "Петров", "Сидоров"])
    >>> influence = leave_one_expert_out(panel)
    >>> influence.moves_most, influence.change.round(2).to_dict()
    ('Сидоров', {'Иванова': 0.05, 'Петров': 0.05, 'Сидоров': 0.1})
    """
    table = checked_panel(weights)
    if len(table) < 2:
        raise NotPublishable(f"Влияние эксперта не определено: эксперт один («{table.index[0]}»).")
    _pooling(how, importance)
    voice = voices(table.index, importance)
    if (voice == 1).any():
        raise NotPublishable(f"Влияние эксперта не определено: весь голос у одного («{voice.idxmax()}»).")
    everyone = pooled(table, how, importance)
    rows = {}
    for expert in table.index:
        others = voice.drop(expert)
        rows[expert] = pooled(table.drop(index=expert), how, None if how == "median" else others / others.sum())
    without = pd.DataFrame(rows).T
    distance = (without - everyone).abs()
    change = distance.max(axis=1)
    first = change.index[np.argmax(change.round(12))]
    return ExpertInfluence(without.loc[weights.index, weights.columns], change[weights.index].rename("change"),
                           distance.round(12).idxmax(axis=1)[weights.index].rename("code"), str(first))


def elicitation_advice(children: Mapping[str, int], at_once: int = AT_ONCE) -> list[str]:
    """How to ask the experts: order of the questions and sets too large to be weighed in one go (Russian).

    Parameters
    ----------
    children : mapping of name to number
        Every set whose elements are weighed against each other, the index itself first: its groups, then the
        indicators of every group.
    at_once : int
        The largest set that people weigh consistently: 8 by points, 9 in pairs (`AT_ONCE_AHP`).

    References
    ----------
    OECD/JRC (2008), Handbook on constructing composite indicators, section on weights: above about ten indicators the
    answers contradict each other. doi:10.1787/9789264043466-en

    Examples
    --------
    >>> for line in elicitation_advice({"Индекс": 5, "М": 8, "А": 2}):
    ...     print(line)
    Спрашивайте сверху вниз: сначала «Индекс» (5), затем внутри: «М» (8), «А» (2).
    """
    if not children:
        raise UsageError("Нечего взвешивать: назовите хотя бы один набор элементов.")
    for name, count in children.items():
        if count < 1:
            raise UsageError(f"«{name}»: элементов {count}, должно быть не меньше 1.")
    asked = {name: count for name, count in children.items() if count > 1}
    lines = []
    if asked:
        first, *rest = (f"«{name}» ({count})" for name, count in asked.items())
        lines.append(f"Спрашивайте сверху вниз: сначала {first}, затем внутри: {', '.join(rest)}." if rest
                     else f"Спрашивайте один раз: {first}.")
    lines += [f"«{name}»: {count} элементов за один раз — больше {at_once}, ответы станут несогласованными "
              f"(попарных сравнений {count * (count - 1) // 2}). Разбейте набор на группы: сначала веса групп, затем "
              "веса внутри группы." for name, count in asked.items() if count > at_once]
    lines += [f"«{name}»: элемент один, его вес внутри набора равен 1, спрашивать не нужно."
              for name, count in children.items() if count == 1]
    return lines


def _pooling(how: str, importance: pd.Series | None) -> None:
    if how not in ("arithmetic", "geometric", "median"):
        raise UsageError(f"Объединение весов: «{how}» неизвестно. Есть: arithmetic, geometric, median.")
    if how == "median" and importance is not None:
        raise UsageError("Медиана голоса экспертов не взвешивает: уберите importance или возьмите среднее.")


def _pool(tables: np.ndarray, how: str, voice: np.ndarray) -> np.ndarray:
    """Pool many tables at once: (draws, n, k) and voices (draws, n) -> (draws, k), rows sum to 1."""
    if how == "median":
        middle = np.median(tables, axis=1)
    elif how == "arithmetic":
        middle = np.einsum("dn,dnk->dk", voice, tables)
    else:
        if (tables == 0).any():
            raise EditionError("Среднее геометрическое: у эксперта нулевой вес, он обнулил бы вес для всех. "
                               "Возьмите среднее арифметическое или медиану.")
        middle = np.exp(np.einsum("dn,dnk->dk", voice, np.log(tables)))
    total = middle.sum(axis=1, keepdims=True)
    if (total == 0).any():
        raise NotPublishable("Медиана весов равна 0 у всех элементов: мнения несовместимы. Возьмите среднее.")
    return middle / total


def _spread_out(table: pd.DataFrame, what: str) -> pd.DataFrame:
    if len(table) < 2:
        raise NotPublishable(f"{what}: эксперт один («{table.index[0]}»), разброс не определён. Нужно не меньше двух.")
    if (table.max() - table.min()).max() < SAME:
        raise NotPublishable(f"{what}: все эксперты ({len(table)}) дали одинаковые веса, точность бесконечна, "
                             "интервал не определён.")
    return table


def _level(confidence: float) -> float:
    if not 0 < confidence < 1:
        raise UsageError(f"Доверительная вероятность должна быть внутри (0; 1), задано {confidence:g}.")
    return confidence


def _mean_likelihood(alpha: np.ndarray, mean_log: np.ndarray) -> float:
    return float(gammaln(alpha.sum()) - gammaln(alpha).sum() + ((alpha - 1) * mean_log).sum())


def _moments(table: pd.DataFrame) -> np.ndarray:
    """Start of the fit: the precision that the variances speak for, averaged over codes (moment matching)."""
    mean, variance = table.mean(), table.var(ddof=0)
    varying = variance > 0
    precision = (mean * (1 - mean))[varying] / variance[varying] - 1
    return (mean * max(float(np.exp(np.log(precision.clip(lower=1e-3)).mean())), 1e-3)).to_numpy()
