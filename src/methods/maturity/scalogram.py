"""Do requirements form a staircase: Guttman's reproducibility and scalability, Loevinger's coefficients H.

Both ask whether a unit that meets a hard requirement meets the easy ones as well. Guttman counts the answers that a
perfect staircase would have otherwise; Loevinger compares the errors of pairs with those that chance would make, so
that a requirement met by nearly everybody does not look like part of a scale.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from methods import checks
from methods.errors import NotPublishable
from methods.maturity.inputs import answers_of, draws_of, marks_of, within_unit

ACCEPTED_REPRODUCIBILITY, ACCEPTED_SCALABILITY = 0.90, 0.60  # Guttman (1950); Menzel (1953)
WEAK, MEDIUM, STRONG = 0.3, 0.4, 0.5                           # Mokken (1971), p. 185


@dataclass(frozen=True, eq=False)
class Scalogram:
    """How nearly the marks form a perfect staircase."""

    techniques: pd.DataFrame   # technique -> errors, reproducibility, improvement, scalability
    minimal_reproducibility: float   # what the shares of the requirements alone would give
    item_errors: pd.Series     # requirement -> errors by Goodenough and Edwards
    unit_errors: pd.Series     # unit -> the same
    order: tuple[str, ...]     # requirements from the most to the least often met
    n: int                     # units
    answers: int               # units x requirements


def scalogram(marks: pd.DataFrame, position: pd.Series | None = None) -> Scalogram:
    r"""Guttman's coefficient of reproducibility by three ways of counting errors, and the coefficient of scalability.

    .. math:: CR = 1 - \frac{E}{n k}, \quad MMR = \frac1k \sum_j \max(p_j, 1 - p_j), \quad
              CS = \frac{CR - MMR}{1 - MMR}

    * `goodenough_edwards`: answers that differ from the pattern which a unit with that many requirements met would have
      on a perfect staircase; an exchange of two answers is two errors;
    * `cornell`: for every requirement the cut between units, in their order, that leaves the fewest answers on the
      wrong side; units of one place are not parted;
    * `nearest`: the fewest answers that must be changed for the unit to fit some step of the staircase.

    Customary: CR from .90 and CS from .60 on. CR alone says little, since it cannot be below MMR.

    Parameters
    ----------
    marks : DataFrame, shape (n units, k requirements)
        1 met, 0 not; no blanks.
    position : Series, shape (n,), optional
        For `cornell`: place of the unit on the scalogram board, higher is better; the number of requirements met by
        default.

    Returns
    -------
    Scalogram
        Nothing depends on the order of rows or columns: of requirements met equally often a unit is given the benefit
        of the doubt.

    Raises
    ------
    NotPublishable
        If every requirement is met by all or by none: then CS is not defined.

    References
    ----------
    Guttman (1947), The Cornell technique for scale and intensity analysis, Educational and Psychological Measurement
    7:247-279. doi:10.1177/001316444700700204. Edwards (1957), Techniques of Attitude Scale Construction, chapter 7.
    Menzel (1953), A new coefficient for scalogram analysis, Public Opinion Quarterly 17:268-280. doi:10.1086/266460

    Examples
    --------
    The last unit skipped the easiest step:

    >>> marks = pd.DataFrame([[1, 1, 1], [1, 1, 0], [1, 0, 0], [0, 1, 1]], columns=["2.1", "2.2", "3.1"])
    >>> found = scalogram(marks)
    >>> found.techniques["errors"].to_dict(), round(found.minimal_reproducibility, 3)
    ({'goodenough_edwards': 2, 'cornell': 2, 'nearest': 1}, 0.667)
    """
    what = "Шкалограмма Гуттмана"
    table = marks_of(marks, what)
    share = table.mean()
    modal = float(np.maximum(share, 1 - share).mean())
    if 1 - modal <= checks.DUST:
        raise NotPublishable(f"{what}: каждое требование исполнили либо все, либо никто; шкала не определена.")
    place = table.sum(axis=1) if position is None else _place(position, table.index, what)
    by_total = (table - _perfect(table, share)).abs()
    errors = {"goodenough_edwards": int(by_total.to_numpy().sum()), "cornell": _cornell(table, place),
              "nearest": int(_nearest(table, share).sum())}
    techniques = pd.DataFrame({"errors": errors})
    techniques["reproducibility"] = 1 - techniques["errors"] / table.size
    techniques["improvement"] = techniques["reproducibility"] - modal
    techniques["scalability"] = techniques["improvement"] / (1 - modal)
    order = sorted(table, key=lambda code: (-round(share[code], 12), str(code)))
    return Scalogram(techniques, modal, by_total.sum()[marks.columns].astype(int),
                     by_total.sum(axis=1)[marks.index].astype(int), tuple(order), len(table), table.size)


@dataclass(frozen=True, eq=False)
class Loevinger:
    """Coefficients H with bootstrap intervals: 1 a perfect staircase, 0 what independent items would give."""

    scale: pd.Series          # h, low, high
    items: pd.DataFrame       # item -> h, low, high, verdict
    pairs: pd.DataFrame       # items x items; NaN on the diagonal and where the pair has no spread
    excluded: tuple[str, ...]  # items with one answer only
    n: int
    confidence: float
    draws: int
    seed: int


def loevinger(answers: pd.DataFrame, *, draws: int = 1000, seed: int = 0, confidence: float = 0.95) -> Loevinger:
    r"""Loevinger's H of pairs, items and the whole scale, for dichotomous or graded items.

    .. math:: H_{ij} = 1 - \frac{F_{ij}}{E_{ij}} = \frac{c_{ij}}{c^{max}_{ij}}, \quad
              H_i = \frac{\sum_{j \ne i} c_{ij}}{\sum_{j \ne i} c^{max}_{ij}}, \quad
              H = \frac{\sum_{i < j} c_{ij}}{\sum_{i < j} c^{max}_{ij}}

    F: errors of the pair (the harder met, the easier not), E: those expected of independent items; c: covariance, and
    the largest one that the two margins allow, that of both columns sorted.

    Customary (Mokken): a scale from .3 on, weak below .4, medium below .5, then strong; an item below .3 does not
    belong to it.

    Parameters
    ----------
    answers : DataFrame, shape (n units, k items)
        Ordered whole steps (0/1 for requirements), more is better; no blanks.
    draws, seed
        Bootstrap over units; percentile intervals.

    Raises
    ------
    NotPublishable
        If fewer than two items have different answers.

    References
    ----------
    Loevinger (1948), The technique of homogeneous tests, Psychological Bulletin 45:507-530. doi:10.1037/h0055827.
    Mokken (1971), A Theory and Procedure of Scale Analysis, section 5.1. Sijtsma, Molenaar (2002), Introduction to
    Nonparametric Item Response Theory, chapter 4. Graded: Molenaar (1991), A weighted Loevinger
    H-coefficient extending Mokken scaling to multicategory items, Kwantitatieve Methoden 37:97-117

    Examples
    --------
    100 units, requirements met by 20 and by 60. Chance would have 8 of the 20 fail the easier one; only 2 do.

    >>> marks = pd.DataFrame({"hard": [1] * 20 + [0] * 80, "easy": [0] * 2 + [1] * 60 + [0] * 38})
    >>> loevinger(marks).scale["h"].round(2).item()
    0.75
    """
    what = "Коэффициент Лёвингера"
    draws_of(draws, seed, what)
    within_unit(confidence, "доверительная вероятность", what)
    table = answers_of(answers, what)
    constant = [code for code in table if table[code].nunique() == 1]
    kept = table.drop(columns=constant)
    kept = kept[sorted(kept.columns, key=str)]
    if kept.shape[1] < 2:
        raise NotPublishable(f"{what}: нужно не меньше 2 требований, по которым единицы различаются, найдено "
                             f"{kept.shape[1]}.")
    x = kept.to_numpy()
    pairs, items, scale = _coefficients(x)
    rng = np.random.default_rng(seed)
    with np.errstate(invalid="ignore", divide="ignore"):  # a draw in which an item lost its spread
        drawn = [_coefficients(x[rng.integers(0, len(x), len(x))])[1:] for _ in range(draws)]
    tail = [(1 - confidence) / 2, (1 + confidence) / 2]
    (item_low, item_high), (low, high) = (np.nanquantile([draw[part] for draw in drawn], tail, axis=0)
                                          for part in (0, 1))
    found = pd.DataFrame({"h": items, "low": item_low, "high": item_high}, index=kept.columns)
    found["verdict"] = found["h"].map(_verdict)
    order = [code for code in answers if code in kept]
    frame = pd.DataFrame(pairs, kept.columns, kept.columns)
    return Loevinger(pd.Series({"h": scale, "low": low, "high": high}), found.loc[order], frame.loc[order, order],
                     tuple(constant), len(table), confidence, draws, seed)


# -- errors ------------------------------------------------------------------------------------------------------------

def _perfect(table: pd.DataFrame, share: pd.Series) -> pd.DataFrame:
    """The staircase pattern of every unit's total; among equally easy requirements its own ones first."""
    rank = np.empty(table.shape, dtype=int)
    easy = np.broadcast_to(-share.round(12).to_numpy(), table.shape)
    order = np.lexsort((1 - table.to_numpy(), easy), axis=1)
    np.put_along_axis(rank, order, np.broadcast_to(np.arange(table.shape[1]), table.shape), axis=1)
    return (pd.DataFrame(rank, table.index, table.columns).lt(table.sum(axis=1), axis=0)).astype(float)


def _nearest(table: pd.DataFrame, share: pd.Series) -> pd.Series:
    """Fewest changes that turn a unit's marks into some step of the staircase."""
    levels = np.unique(share.round(12))[::-1]
    blocks = [share.index[share.round(12) == level] for level in levels]
    met = np.column_stack([table[codes].sum(axis=1) for codes in blocks])
    open_ = np.array([len(codes) for codes in blocks]) - met
    # with the border inside a block, any of its marks fit: errors are the open ones below and the met ones above
    below, above = np.cumsum(open_, axis=1) - open_, met.sum(axis=1)[:, None] - np.cumsum(met, axis=1)
    return pd.Series((below + above).min(axis=1), table.index)


def _cornell(table: pd.DataFrame, place: pd.Series) -> int:
    """Errors on the wrong side of the best cut of every requirement."""
    groups = table.groupby(place.to_numpy()).agg(["sum", "count"])  # ascending places
    total = 0
    for code in table:
        met, size = groups[code]["sum"].to_numpy(), groups[code]["count"].to_numpy()
        met_below = np.concatenate([[0.0], np.cumsum(met)])
        open_above = np.concatenate([np.cumsum((size - met)[::-1])[::-1], [0.0]])
        total += int((met_below + open_above).min())
    return total


def _place(position: pd.Series, units: pd.Index, what: str) -> pd.Series:
    checks.same_labels(units, position.index, f"{what}: места единиц")
    checks.complete(position, f"{what}: места единиц")
    return position[units]


# -- covariances -------------------------------------------------------------------------------------------------------

def _coefficients(x: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    """H of pairs, items, scale."""
    off = ~np.eye(x.shape[1], dtype=bool)
    found, most = (np.cov(side, rowvar=False) * off for side in (x, np.sort(x, axis=0)))
    with np.errstate(invalid="ignore", divide="ignore"):
        pairs = np.where(off, found / most, np.nan)
        return pairs, found.sum(axis=0) / most.sum(axis=0), float(found.sum() / most.sum())


def _verdict(h: float) -> str:
    return "вне шкалы" if h < WEAK else "слабая" if h < MEDIUM else "средняя" if h < STRONG else "сильная"
