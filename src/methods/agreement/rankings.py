"""Do experts rank objects alike: Kendall's coefficient of concordance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from scipy import stats

from methods import checks
from methods.agreement.inputs import FEWEST, one_of
from methods.errors import InputError, NotPublishable

BATCH = 256  # shuffles at a time: memory does not grow with their number


@dataclass(frozen=True, eq=False)
class KendallW:
    """Concordance of rankings, from 0 (none) to 1 (the same order)."""

    w: float
    chi2: float
    df: int
    p: float                  # of chi-square
    F: float                  # for few experts or objects better than chi-square
    df1: float
    df2: float
    p_f: float
    p_permutation: float      # share of random rankings at least as concordant
    draws: int
    seed: int
    spearman: float           # mean Spearman correlation over pairs of experts
    ranks: pd.DataFrame       # objects x experts: ranks used, ties as means
    mean_ranks: pd.Series     # object -> mean rank, 1 is the best
    why: str = ""             # whose ranks were turned into mean ranks


def kendall_w(rankings: pd.DataFrame, kind: Literal["ranks", "marks"] = "ranks", draws: int = 9999,
              seed: int = 0) -> KendallW:
    r"""Kendall's coefficient of concordance of the experts' rankings, corrected for ties.

    .. math:: W = \frac{12 \sum_i (R_i - \bar R)^2}{m^2 (n^3 - n) - m \sum_j T_j}, \quad
              T_j = \sum_g (t_g^3 - t_g), \quad \chi^2_{n-1} = m(n - 1)W, \quad F = \frac{(m - 1)W}{1 - W}

    R_i the sum of ranks of object i over m experts, t_g the sizes of the ties of expert j; F has n - 1 - 2/m and m - 1
    times as many degrees of freedom. The permutation test shuffles the ranks of every expert.

    Parameters
    ----------
    rankings : DataFrame, shape (n objects, m experts)
        Places from 1 (best) to n, or, with `kind` "marks", any numbers, the greater the better. Places with ties or
        gaps (1, 2, 2, 4 or 1, 2, 2, 3) become mean ranks (1, 2.5, 2.5, 4), and `why` names the experts. At least 3
        objects.
    draws, seed : int
        Of the permutation test.

    Raises
    ------
    InputError
        An expert who left out objects, places outside 1..n, an expert or an object that occurs twice.
    NotPublishable
        One expert, fewer than 3 objects, or no expert who tells objects apart.

    References
    ----------
    Kendall, Babington Smith (1939), doi:10.1214/aoms/1177732186. Kendall (1948), Rank Correlation Methods, ch. 6-7.
    Legendre (2005), doi:10.1198/108571105X46642, on the tests.

    Examples
    --------
    >>> places = pd.DataFrame({"э1": [1, 2, 3, 4], "э2": [1, 3, 2, 4], "э3": [1, 2, 2, 4]}, index=list("ДПМА"))
    >>> found = kendall_w(places)
    >>> round(found.w, 3), found.why
    (0.931, 'места пересчитаны в средние: э3')
    """
    what = "Коэффициент конкордации Кендалла"
    one_of(kind, ("ranks", "marks"), what)
    if draws < 1 or seed < 0:
        raise InputError(f"{what}: перестановок должно быть не меньше 1, seed — не меньше 0; задано draws={draws}, "
                         f"seed={seed}.")
    table = _rankings(rankings, kind, what)
    n, m = table.shape
    ranks = table.rank(method="average", ascending=kind == "ranks")
    ties = ranks.apply(lambda column: (column.value_counts() ** 3 - column.value_counts()).sum())
    full = m**2 * (n**3 - n) - m * ties.sum()
    if not full > 0:
        raise NotPublishable(f"{what}: все эксперты поставили всем объектам равные места: различий нет, "
                             "W не определён.")
    notes = []
    changed = [str(expert) for expert in ranks if not ranks[expert].equals(table[expert])]
    if kind == "ranks" and changed:
        notes.append(f"места пересчитаны в средние: {', '.join(changed)}")
    equal = [str(expert) for expert in ranks if ranks[expert].nunique() == 1]
    if equal:
        notes.append(f"не различает объекты: {', '.join(equal)}")
    sums = ranks.sum(axis=1)
    w = float(12 * ((sums - sums.mean()) ** 2).sum() / full)
    df1 = n - 1 - 2 / m
    f = (m - 1) * w / (1 - w) if w < 1 - checks.DUST else float("inf")
    return KendallW(
        w, m * (n - 1) * w, n - 1, float(stats.chi2.sf(m * (n - 1) * w, n - 1)), float(f), df1, (m - 1) * df1,
        float(stats.f.sf(f, df1, (m - 1) * df1)), _permutation_p(ranks, draws, seed), draws, seed,
        _mean_spearman(ranks), ranks, (sums / m).rename("mean_rank"), "; ".join(notes))


# The ranks and what follows from them.

def _rankings(rankings: pd.DataFrame, kind: str, what: str) -> pd.DataFrame:
    """Places or marks that every expert gave to every object."""
    checks.unique(rankings.index, f"{what}: объекты")
    checks.unique(rankings.columns, f"{what}: эксперты")
    text = [str(expert) for expert in rankings if not pd.api.types.is_numeric_dtype(rankings[expert])]
    if text:
        raise InputError(f"{what}: нужны числа, не числа у экспертов: {', '.join(text[:10])}.")
    n, m = rankings.shape
    if m < 2:
        raise NotPublishable(f"{what}: эксперт один, согласованность не определена. Нужно не меньше двух экспертов.")
    if n < FEWEST:
        raise NotPublishable(f"{what}: нужно не меньше {FEWEST} объектов, найдено {n}: согласованность не определена.")
    table = rankings.astype(float)
    for expert in table:
        left_out = table.index[~np.isfinite(table[expert])]
        if len(left_out):
            raise InputError(
                f"{what}: каждый эксперт должен расставить все {n} объектов; {expert} пропустил {len(left_out)}: "
                f"{', '.join(map(str, left_out[:5]))}. Уберите эксперта или объекты, либо возьмите krippendorff_alpha "
                "(level=\"ordinal\"): она допускает пропуски.")
        if kind == "ranks" and not table[expert].between(1, n).all():
            wrong = table[expert][~table[expert].between(1, n)]
            raise InputError(
                f"{what}: места должны быть от 1 до {n} (объектов: {n}), у эксперта {expert} место {wrong.iloc[0]:g} "
                f"({wrong.index[0]}). Исправьте места; если это баллы, задайте kind=\"marks\".")
    return table


def _permutation_p(ranks: pd.DataFrame, draws: int, seed: int) -> float:
    """Share of random rankings, the data among them, whose sums of ranks spread at least as much."""
    ordered = ranks.loc[sorted(ranks.index, key=str), sorted(ranks.columns, key=str)].to_numpy()
    rng = np.random.default_rng(seed)
    centred = ordered - ordered.mean(axis=0)
    seen, at_least = (centred.sum(axis=1) ** 2).sum(), 0
    for start in range(0, draws, BATCH):
        shuffled = rng.permuted(np.repeat(centred[None], min(BATCH, draws - start), axis=0), axis=1)
        at_least += int(((shuffled.sum(axis=2) ** 2).sum(axis=1) >= seen * (1 - 1e-9)).sum())
    return (at_least + 1) / (draws + 1)


def _mean_spearman(ranks: pd.DataFrame) -> float:
    """Over the pairs of experts who both tell objects apart."""
    able = ranks.loc[:, ranks.nunique() > 1]
    if able.shape[1] < 2:
        return np.nan
    return float(np.corrcoef(able.to_numpy().T)[np.triu_indices(able.shape[1], 1)].mean())
