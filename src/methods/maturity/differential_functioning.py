"""Do items work alike in different groups of units of one level: Mantel-Haenszel and logistic regression.

A requirement that regions of one group meet more often than equally mature regions of another measures something else
besides maturity: it is clear to some and not to others, or it can be met only where conditions allow it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from scipy import special, stats
from statsmodels.stats.contingency_tables import StratifiedTable

from methods import checks
from methods.errors import InputError, NotPublishable
from methods.maturity.inputs import marks_of, within_unit

DELTA = -2.35                        # Educational Testing Service: from log odds to its scale of difficulty
MODERATE, LARGE = 1.0, 1.5           # |delta|
MODERATE_R2, LARGE_R2 = 0.035, 0.070  # Jodoin, Gierl (2001)
NEGLIGIBLE, MIDDLE, BIG = "A", "B", "C"
ROUNDS = 10                          # of purification, at most
MOST_STEPS = 50                      # of Newton's method
NAN = float("nan")


@dataclass(frozen=True, eq=False)
class DifferentialFunctioning:
    """Verdict on every item, and the items that the units were matched on in the end."""

    items: pd.DataFrame         # item -> statistics, p, q, class A/B/C, why (where nothing could be calculated)
    anchors: tuple[str, ...]
    groups: pd.Series           # group -> units
    rounds: int                 # of purification; 0: none was asked for
    level: float                # of false discoveries


def mantel_haenszel(marks: pd.DataFrame, group: pd.Series, focal: str, *, level: float = 0.05,
                    purify: bool = True) -> DifferentialFunctioning:
    r"""Odds of meeting a requirement in one group against the others, among units of one total.

    .. math:: \hat\alpha = \frac{\sum_s A_s D_s / N_s}{\sum_s B_s C_s / N_s}, \qquad
              \Delta = -2.35 \ln \hat\alpha, \qquad
              \chi^2 = \frac{(|\sum A_s - \sum E(A_s)| - \tfrac12)^2}{\sum \operatorname{Var}(A_s)}

    A, B: reference units that met the requirement or did not; C, D: focal ones; s: total over the anchors and the item
    itself. A negative :math:`\Delta` is against the focal group. Class C: :math:`|\Delta| \ge 1.5` and significantly
    above 1; A: below 1 or not significantly different from 0; B: the rest.

    Parameters
    ----------
    marks : DataFrame, shape (n units, k requirements)
        1 met, 0 not; no blanks.
    group : Series, by unit
        Group of every unit.
    focal : str
        The group asked about; all others together are the reference.
    level : float
        Of false discoveries over the requirements (Benjamini-Hochberg) at which a difference counts.
    purify : bool
        Match on requirements that were not found to differ, and repeat until those do not change.

    Returns
    -------
    DifferentialFunctioning
        `odds_ratio`, `delta`, `se` (of delta), `chi2`, `p`, `q`, `class`, `strata` used, `why`.

    Raises
    ------
    NotPublishable
        Fewer than 5 units in the focal group or in the reference.

    References
    ----------
    Holland, Thayer (1988), Differential item performance and the Mantel-Haenszel procedure, in Wainer, Braun (eds.),
    Test Validity, 129-145. Zieky (1993), Practical questions in the use of DIF statistics, in Holland, Wainer (eds.),
    Differential Item Functioning, 337-347 (classes). Candell, Drasgow (1988), An iterative procedure for linking
    metrics and assessing item bias (purification). doi:10.1177/014662168801200304

    Examples
    --------
    >>> rng = np.random.default_rng(3)
    >>> south = np.arange(400) % 2
    >>> easy = rng.normal(size=(400, 1)) - np.linspace(-1, 1, 8) + rng.logistic(size=(400, 8))
    >>> easy[:, 4] -= 1.5 * south
    >>> marks = pd.DataFrame(easy > 0, columns=list("abcdefgh")).astype(int)
    >>> found = mantel_haenszel(marks, pd.Series(south).map({0: "север", 1: "юг"}), "юг").items
    >>> found.loc[found["class"] == "C"].index.to_list(), bool(found.loc["e", "delta"] < 0)
    (['e'], True)
    """
    what = "Мантель — Хензель"
    table, names = _groups(marks, group, what, level)
    if focal not in set(names):
        raise InputError(f"{what}: группы «{focal}» нет, есть: {_listed(sorted(set(names), key=str))}.")
    inside = (names == focal).to_numpy()
    _enough(pd.Series(np.where(inside, str(focal), "остальные")), what)

    def test(item: object, total: np.ndarray) -> dict[str, object]:
        return _matched_odds(table[item].to_numpy(), total, inside)
    return _purified(table, names, marks.columns, test, level, purify, _delta_class)


def logistic_regression(marks: pd.DataFrame, group: pd.Series, *, level: float = 0.05, purify: bool = True,
                        kind: Literal["uniform", "any"] = "any") -> DifferentialFunctioning:
    r"""Two or more groups compared by logistic regression on the total, the group and their product.

    .. math:: \operatorname{logit} P(x = 1) = \beta_0 + \beta_1 T + \gamma_g + \delta_g T

    Likelihood ratios: `uniform` against the total alone (one group finds it easier at all levels, G - 1 degrees of
    freedom), `crossing` for the product (easier at some levels only), `any` for both. The effect is what they add to
    Nagelkerke's :math:`R^2`: A below .035, B below .070, then C; without a significant test A.

    Parameters
    ----------
    marks, group, level, purify
        As in `mantel_haenszel`; all groups are compared with each other.
    kind : {"uniform", "any"}
        Which test decides.

    Returns
    -------
    DifferentialFunctioning
        `uniform_p`, `crossing_p`, `p` (of the deciding test), `q`, `r2` (added), `class`, `easiest`, `hardest` group
        (by :math:`\gamma_g` of the uniform model), `why`.

    References
    ----------
    Swaminathan, Rogers (1990), Detecting differential item functioning using logistic regression procedures.
    doi:10.1111/j.1745-3984.1990.tb00754.x. Jodoin, Gierl (2001), Evaluating type I error and power rates using an
    effect size measure with the logistic regression procedure, Applied Measurement in Education 14:329-349.
    Nagelkerke (1991), A note on a general definition of the coefficient of determination. doi:10.1093/biomet/78.3.691

    Examples
    --------
    >>> rng = np.random.default_rng(3)
    >>> district = pd.Series(np.arange(600) % 3).map({0: "север", 1: "юг", 2: "восток"})
    >>> easy = rng.normal(size=(600, 1)) - np.linspace(-1, 1, 8) + rng.logistic(size=(600, 8))
    >>> easy[:, 4] -= 2 * (district == "юг")
    >>> found = logistic_regression(pd.DataFrame(easy > 0, columns=list("abcdefgh")).astype(int), district).items
    >>> found.loc[found["class"] != "A", "hardest"].to_dict()
    {'e': 'юг'}
    """
    what = "Логистическая регрессия"
    if kind not in ("uniform", "any"):
        raise InputError(f"{what}: проверка «{kind}» неизвестна, допустимы uniform и any.")
    table, names = _groups(marks, group, what, level)
    _enough(names, what)
    dummies = pd.get_dummies(names, dtype=float)[sorted(set(names), key=str)]

    def test(item: object, total: np.ndarray) -> dict[str, object]:
        return _nested_models(table[item].to_numpy(), total, dummies, kind)
    return _purified(table, names, marks.columns, test, level, purify, _r2_class)


# -- one item ----------------------------------------------------------------------------------------------------------

def _matched_odds(met: np.ndarray, total: np.ndarray, inside: np.ndarray) -> dict[str, object]:
    empty = {"odds_ratio": NAN, "delta": NAN, "se": NAN, "chi2": NAN, "p": NAN, "strata": 0}
    tables = []
    for value in np.unique(total):
        here = total == value
        cells = np.array([[(here & (inside == who) & (met == mark)).sum() for mark in (1, 0)] for who in (False, True)])
        if (cells.sum(axis=0) > 0).all() and (cells.sum(axis=1) > 0).all():  # else the stratum compares nothing
            tables.append(cells.astype(float))
    if not tables:
        return {**empty, "why": "нет единиц с одинаковой суммой из обеих групп, отвечающих по-разному"}
    cells = np.array(tables)
    above, below = ((cells[:, 0, i] * cells[:, 1, 1 - i] / cells.sum(axis=(1, 2))).sum() for i in (0, 1))
    pooled = StratifiedTable(tables)
    tested = pooled.test_null_odds(correction=True)
    found = {**empty, "chi2": float(tested.statistic), "p": float(tested.pvalue), "strata": len(tables), "why": ""}
    if not (above > 0 and below > 0):
        return {**found, "why": "отношение шансов бесконечно: различие полное"}
    return {**found, "odds_ratio": float(pooled.oddsratio_pooled), "delta": DELTA * float(pooled.logodds_pooled),
            "se": abs(DELTA) * float(pooled.logodds_pooled_se)}


def _nested_models(met: np.ndarray, total: np.ndarray, dummies: pd.DataFrame,
                   kind: str) -> dict[str, object]:
    empty = {"uniform_p": NAN, "crossing_p": NAN, "p": NAN, "r2": NAN, "easiest": "", "hardest": ""}
    if not total.std() > 0:
        return {**empty, "why": "сумма по остальным требованиям одинакова у всех единиц"}
    t = (total - total.mean()) / total.std()
    one, extra = np.ones(len(t)), dummies.to_numpy()[:, 1:]
    designs = [one[:, None], np.column_stack([one, t]), np.column_stack([one, t, extra]),
               np.column_stack([one, t, extra, extra * t[:, None]])]
    fits = [_logit(met, design) for design in designs]
    if any(fit is None for fit in fits):
        return {**empty, "why": "разделение: при данной сумме и группе ответ предсказан точно, оценки бесконечны"}
    null, matched, uniform, full = (fit[0] for fit in fits)
    df = extra.shape[1]
    tests = {"uniform": (uniform, df), "any": (full, 2 * df)}
    chosen, freedom = tests[kind]
    effects = pd.Series(np.append(0.0, fits[2][1][2:]), dummies.columns)
    return {"uniform_p": float(stats.chi2.sf(2 * (uniform - matched), df)),
            "crossing_p": float(stats.chi2.sf(2 * (full - uniform), df)),
            "p": float(stats.chi2.sf(2 * (chosen - matched), freedom)),
            "r2": _nagelkerke(chosen, null, len(t)) - _nagelkerke(matched, null, len(t)),
            "easiest": effects.idxmax(), "hardest": effects.idxmin(), "why": ""}


def _logit(y: np.ndarray, design: np.ndarray) -> tuple[float, np.ndarray] | None:
    """Largest log-likelihood and coefficients; nothing where they are infinite."""
    beta = np.zeros(design.shape[1])
    for _ in range(MOST_STEPS):
        p = special.expit(design @ beta)
        gradient = design.T @ (y - p)
        information = (design * (p * (1 - p))[:, None]).T @ design
        if np.linalg.cond(information) > 1e12 or np.abs(beta).max() > 30:
            return None
        step = np.linalg.solve(information, gradient)
        beta = beta + step / max(1.0, np.abs(step).max() / 5)
        if np.abs(step).max() < 1e-10:
            eta = design @ beta
            return float(y @ eta - np.logaddexp(0, eta).sum()), beta
    return None


def _nagelkerke(loglik: float, null: float, n: int) -> float:
    return float((1 - np.exp(2 * (null - loglik) / n)) / (1 - np.exp(2 * null / n)))


# -- all items ---------------------------------------------------------------------------------------------------------

def _purified(table: pd.DataFrame, names: pd.Series, order: pd.Index, test: Callable[[object, np.ndarray], dict],
              level: float, purify: bool,
              classify: Callable[[pd.DataFrame, float], pd.Series]) -> DifferentialFunctioning:
    anchors, rounds, seen = list(table), 0, set()
    while True:
        sums = table[anchors].sum(axis=1)
        rows = {item: test(item, (sums if item in anchors else sums + table[item]).to_numpy()) for item in table}
        found = pd.DataFrame.from_dict(rows, orient="index")
        known = found["p"].dropna()
        found["q"] = pd.Series(stats.false_discovery_control(known) if len(known) else [], known.index,
                               dtype=float).reindex(found.index)
        found["class"] = classify(found, level)
        clean = [item for item in table if not found.loc[item, "q"] <= level]
        if not purify or clean == anchors or tuple(clean) in seen or rounds == ROUNDS or len(clean) < 2:
            break
        seen.add(tuple(clean))
        anchors, rounds = clean, rounds + 1
    return DifferentialFunctioning(found.loc[order], tuple(item for item in order if item in anchors),
                                   names.value_counts().sort_index(key=lambda own: own.map(str)).rename("units"),
                                   rounds, level)


def _delta_class(found: pd.DataFrame, level: float) -> pd.Series:
    size = found["delta"].abs().where(found["delta"].notna(), np.inf).where(found["p"].notna())
    sure = found["q"] <= level
    above_one = (size - MODERATE) / found["se"].fillna(np.inf) > stats.norm.ppf(1 - level)
    above_one |= np.isinf(size)
    return pd.Series(np.select([found["p"].isna(), ~sure | (size < MODERATE), (size >= LARGE) & above_one],
                               ["", NEGLIGIBLE, BIG], MIDDLE), found.index)


def _r2_class(found: pd.DataFrame, level: float) -> pd.Series:
    sure = found["q"] <= level
    return pd.Series(np.select([found["p"].isna(), ~sure | (found["r2"] < MODERATE_R2), found["r2"] < LARGE_R2],
                               ["", NEGLIGIBLE, MIDDLE], BIG), found.index)


# -- preconditions -----------------------------------------------------------------------------------------------------

def _groups(marks: pd.DataFrame, group: pd.Series, what: str, level: float) -> tuple[pd.DataFrame, pd.Series]:
    within_unit(level, "уровень ложных находок", what)
    table = marks_of(marks, what)
    checks.same_labels(table.index, group.index, f"{what}: единицы и их группы")
    if group.isna().any():
        raise InputError(f"{what}: не указана группа единиц: {_listed(group.index[group.isna()][:5])}.")
    return table[sorted(table.columns, key=str)], group[table.index]


def _enough(names: pd.Series, what: str, fewest: int = 5) -> None:
    sizes = names.value_counts()
    if len(sizes) < 2 or sizes.min() < fewest:
        raise NotPublishable(f"{what}: нужно не меньше двух групп по {fewest} единиц, найдено: "
                             f"{_listed(f'{name} — {size}' for name, size in sizes.items())}. Объедините группы.")


def _listed(names: object) -> str:
    return ", ".join(map(str, names))
