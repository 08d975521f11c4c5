"""Items one by one: how hard, how telling, whether they stand on the right level, and what to do with them.

Reliability of the whole set (alpha, omega, alpha without an item) is in `agreement.internal_consistency`; models are in
`rasch` and `item_response`, the staircase in `scalogram`, groups of units in `differential_functioning`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from methods import checks
from methods.errors import InputError
from methods.maturity.inputs import answers_of, draws_of, levels_of, marks_of, within_unit
from methods.maturity.scalogram import WEAK

KELLEY = 0.27  # share of units in the upper and in the lower group that shows differences best (Kelley 1939)
NAN = float("nan")


# -- classical statistics ----------------------------------------------------------------------------------------------

def item_statistics(answers: pd.DataFrame, highest: pd.Series | None = None, tail: float = KELLEY) -> pd.DataFrame:
    r"""Difficulty, discrimination and item-rest correlation of every item.

    .. math:: p_j = \bar x_j / h_j, \qquad D_j = (\bar x_j^{upper} - \bar x_j^{lower}) / h_j, \qquad
              r_j = \operatorname{corr}\bigl(x_j, \textstyle\sum_{l \ne j} x_l / h_l\bigr)

    Parameters
    ----------
    answers : DataFrame, shape (n units, k items)
        From 0 to the highest step (0/1 for requirements); NaN no answer. With blanks the rest is the mean share of the
        points of the items answered.
    highest : Series, shape (k,), optional
        Highest step of every item; 1 by default.
    tail : float
        Share of units in the upper and in the lower group, by total. Units of the total at the edge of a group belong
        to it in part, so the order of rows does not matter.

    Returns
    -------
    DataFrame, indexed by item
        `n` answers, `share` of the points reached (the classical difficulty index: high is easy), `difficulty`
        (1 - share), `sd`, `discrimination` D in [-1; 1] and `item_rest`; the last two are NaN for an item that does not
        vary.

    References
    ----------
    Kelley (1939), The selection of upper and lower groups for the validation of test items. doi:10.1037/h0057123. Lord,
    Novick (1968), Statistical Theories of Mental Test Scores, 15.3-15.5

    Examples
    --------
    >>> marks = pd.DataFrame([[1, 1, 1], [1, 1, 0], [1, 0, 0], [0, 0, 1]], columns=["2.1", "2.2", "3.1"])
    >>> item_statistics(marks)[["share", "item_rest"]].round(2).to_dict("index")["2.2"]
    {'share': 0.5, 'item_rest': 0.58}
    """
    what = "Статистика требований"
    if not 0 < tail <= 0.5:
        raise InputError(f"{what}: доля крайних групп должна быть больше 0 и не больше 0,5, сейчас {tail:g}.")
    table = answers_of(answers, what, gaps=True)
    top = _highest(table, highest, what)
    share = table / top
    total = share.mean(axis=1)
    upper, lower = _extreme(total, tail), _extreme(-total, tail)
    rows = {}
    for code in answers:
        own = share[code].dropna()
        rest = share.loc[own.index].drop(columns=code).mean(axis=1)
        both = own[rest.notna()]
        varies = _varies(both) and _varies(rest[both.index])
        rows[code] = {"n": len(own), "share": own.mean(), "difficulty": 1 - own.mean(),
                      "sd": table[code].std(ddof=1),
                      "discrimination": _weighted(own, upper) - _weighted(own, lower) if _varies(own) else NAN,
                      "item_rest": float(np.corrcoef(both, rest[both.index])[0, 1]) if varies else NAN}
    return pd.DataFrame.from_dict(rows, orient="index").astype({"n": int}).rename_axis("item")


# -- declared and empirical order --------------------------------------------------------------------------------------

@dataclass(frozen=True, eq=False)
class RequirementOrder:
    """Declared levels of requirements against how often they are met."""

    requirements: pd.DataFrame   # level, share, low, high, empirical_level, support, out_of_order
    pairs: pd.DataFrame          # lower, higher: pairs in which the lower level is met by fewer, with p and q
    tau: float                   # Kendall's tau-b of declared level and difficulty: 1, if harder is always higher
    tau_interval: tuple[float, float]
    n: int
    draws: int
    seed: int
    confidence: float


def requirement_order(marks: pd.DataFrame, level_of: pd.Series, *, draws: int = 1000, seed: int = 0,
                      confidence: float = 0.95, level: float = 0.05) -> RequirementOrder:
    r"""Which requirements stand on a level where the data do not put them.

    Requirements are laid out from the most to the least often met; every level takes as many of them as it has
    declared: that is the empirical level. Of requirements met equally often the one declared lower stands first. The
    bootstrap over units says how sure a move is; an exact sign test compares every pair whose order is turned round:

    .. math:: b = \#\{x_{low} = 1, x_{high} = 0\}, \quad c = \#\{x_{low} = 0, x_{high} = 1\}, \quad
              p = P(\mathrm{Bin}(b + c, \tfrac12) \ge c)

    Parameters
    ----------
    marks : DataFrame, shape (n units, k requirements)
        1 met, 0 not, NaN no answer; a pair is compared over units that answered both.
    level_of : Series, shape (k,)
        Declared level, whole numbers from 1.
    draws, seed, confidence
        Bootstrap over units; percentile intervals of shares and tau.
    level : float
        Of false discoveries among the pairs (Benjamini-Hochberg over all pairs of different levels).

    Returns
    -------
    RequirementOrder
        `requirements`: `support` is the share of draws in which the requirement does not stand on its declared level in
        the direction of the move (0 where the levels agree); `out_of_order` if it is at least `confidence`. `pairs`:
        only those turned round, the largest difference first; `significant` if q is at most `level`.

    References
    ----------
    Dixon, Mood (1946), The statistical sign test. doi:10.1080/01621459.1946.10501898. The order of difficulties as the
    test of a staged model: Mokken (1971), A Theory and Procedure of Scale Analysis, section 4.2

    Examples
    --------
    A requirement of the second level that hardly anybody meets, though most meet those of the third:

    >>> marks = pd.DataFrame({"2.1": [1] * 9 + [0], "2.2": [1] + [0] * 9, "3.1": [1] * 6 + [0] * 4})
    >>> found = requirement_order(marks, pd.Series({"2.1": 2, "2.2": 2, "3.1": 3}))
    >>> found.requirements["empirical_level"].to_dict(), found.pairs[["lower", "higher"]].to_numpy().tolist()
    ({'2.1': 2, '2.2': 3, '3.1': 2}, [['2.2', '3.1']])
    """
    what = "Порядок требований"
    draws_of(draws, seed, what)
    within_unit(confidence, "доверительная вероятность", what)
    within_unit(level, "уровень ложных находок", what)
    table = marks_of(marks, what, gaps=True)
    silent = [str(code) for code in table if table[code].isna().all()]
    if silent:
        raise InputError(f"{what}: нет ни одного ответа по требованиям: {', '.join(silent[:10])}.")
    codes = sorted(table.columns, key=str)
    declared = levels_of(level_of, pd.Index(codes), what).to_numpy()
    x = table[codes].to_numpy()
    share = np.nanmean(x, axis=0)
    empirical = _empirical(share, declared)
    shares = _resampled_shares(x, draws, np.random.default_rng(seed))
    moved = np.array([_empirical(np.where(np.isnan(own), share, own), declared) for own in shares])
    up = empirical > declared
    support = np.where(empirical == declared, 0.0,
                       np.where(up, moved > declared, moved < declared).mean(axis=0))
    tail = [(1 - confidence) / 2, (1 + confidence) / 2]
    low, high = np.nanquantile(shares, tail, axis=0)
    found = pd.DataFrame({"level": declared, "share": share, "low": low, "high": high, "empirical_level": empirical,
                          "support": support, "out_of_order": support >= confidence}, index=codes)
    taus = [_tau(np.where(np.isnan(own), share, own), declared) for own in shares]
    ends = np.nanquantile(taus, tail) if np.isfinite(taus).any() else (NAN, NAN)
    return RequirementOrder(found.loc[marks.columns].rename_axis("requirement"), _turned(table[codes], declared, level),
                            _tau(share, declared), (float(ends[0]), float(ends[1])), len(table), draws, seed,
                            confidence)


# -- what to do --------------------------------------------------------------------------------------------------------

@dataclass(frozen=True)
class AdviceRules:
    """Where an item becomes doubtful. The defaults are customary; a methodology may set its own."""

    extreme_share: float = 0.95      # met by more, or by fewer than the rest of 1: tells nothing
    least_item_rest: float = 0.20    # Ebel, Frisbie (1991): below it an item is poor
    turned_item_rest: float = -0.10  # below it an item is not only poor but turned round
    least_scalability: float = WEAK  # Mokken (1971): below it an item is no part of the scale
    largest_correlation: float = 0.90  # of two items: they ask the same
    move_support: float = 0.95       # share of bootstrap draws that put it on another level
    least_information: float = 0.01  # share of the whole set's information


DROP, SPLIT, MOVE, MERGE, REWRITE = "drop", "split", "move", "merge", "rewrite"
REASONS = {
    "constant": (DROP, "исполнили все или никто: единицы не различаются"),
    "extreme": (DROP, "исполнили почти все или почти никто"),
    "negative": (REWRITE, "чем выше остальное, тем реже исполняется: проверить смысл и направление"),
    "weak": (DROP, "слабо связано с остальными"),
    "unscalable": (DROP, "не входит в лестницу: коэффициент Лёвингера ниже порога"),
    "redundant": (MERGE, "повторяет другое требование"),
    "uninformative": (DROP, "почти ничего не добавляет к точности"),
    "out_of_order": (MOVE, "исполняется чаще или реже, чем положено его уровню"),
    "differential": (SPLIT, "при равной зрелости исполняется в одних группах регионов чаще, чем в других"),
}


def advice(statistics: pd.DataFrame, *, correlations: pd.DataFrame | None = None,
           scalability: pd.Series | None = None, order: pd.DataFrame | None = None,
           functioning: pd.DataFrame | None = None, information: pd.Series | None = None,
           rules: AdviceRules | None = None) -> pd.DataFrame:
    """Which items to drop, split, move, merge or rewrite, each with its reason as a code and a number.

    It is a list of doubts, not a decision: an item may be kept for its meaning, a hard one so that there is somewhere
    to grow. One row an item and reason; an item without doubts has no row.

    Parameters
    ----------
    statistics : DataFrame
        Of `item_statistics`.
    correlations : DataFrame, items x items, optional
        Of the answers; of a pair that repeats itself the item with the lower item-rest correlation is named.
    scalability : Series, optional
        H of items: `loevinger(...).items["h"]`.
    order : DataFrame, optional
        `requirement_order(...).requirements`.
    functioning : DataFrame, optional
        `items` of a `DifferentialFunctioning`; class C is a reason.
    information : Series, optional
        Information of every item, summed over the levels that matter.

    Returns
    -------
    DataFrame
        `item`, `action` (drop, split, move, merge, rewrite), `reason` (code; words in `REASONS`), `value`, `threshold`,
        `detail` (level to move to, the twin of a pair), items in the order of `statistics`.

    References
    ----------
    Ebel, Frisbie (1991), Essentials of Educational Measurement, 5th ed., chapter 13. Mokken (1971), A Theory and
    Procedure of Scale Analysis, section 5.1

    Examples
    --------
    >>> marks = pd.DataFrame({"2.1": [1, 1, 1, 1, 1, 0], "2.2": [1, 1, 1, 1, 0, 0], "3.1": [1, 1, 0, 0, 0, 0],
    ...                       "3.2": [1, 1, 1, 1, 1, 1]})
    >>> advice(item_statistics(marks))[["item", "action", "reason"]].to_numpy().tolist()
    [['3.2', 'drop', 'constant']]
    """
    rules = rules or AdviceRules()
    rows: list[tuple] = []

    def doubt(item: object, reason: str, value: float, threshold: float, detail: str = "") -> None:
        rows.append((item, REASONS[reason][0], reason, value, threshold, detail))
    twins = _twins(correlations, statistics["item_rest"], rules.largest_correlation)
    for item, own in statistics.iterrows():
        if not own["sd"] > 0:
            doubt(item, "constant", own["share"], NAN)
            continue
        if max(own["share"], 1 - own["share"]) > rules.extreme_share:
            doubt(item, "extreme", own["share"], rules.extreme_share)
        if own["item_rest"] < rules.turned_item_rest:
            doubt(item, "negative", own["item_rest"], rules.turned_item_rest)
        elif own["item_rest"] < rules.least_item_rest:
            doubt(item, "weak", own["item_rest"], rules.least_item_rest)
        if scalability is not None and scalability.get(item, NAN) < rules.least_scalability:
            doubt(item, "unscalable", scalability[item], rules.least_scalability)
        if item in twins:
            doubt(item, "redundant", twins[item][1], rules.largest_correlation, str(twins[item][0]))
        if information is not None:
            part = information.get(item, NAN) / information.sum()
            if part < rules.least_information:
                doubt(item, "uninformative", part, rules.least_information)
        if order is not None and item in order.index and order.loc[item, "support"] >= rules.move_support:
            doubt(item, "out_of_order", order.loc[item, "support"], rules.move_support,
                  f"{order.loc[item, 'level']}→{order.loc[item, 'empirical_level']}")
        if functioning is not None and item in functioning.index and functioning.loc[item, "class"] == "C":
            doubt(item, "differential", functioning.loc[item, "q"], NAN, str(functioning.loc[item].get("hardest", "")))
    return pd.DataFrame(rows, columns=["item", "action", "reason", "value", "threshold", "detail"])


# -- steps -------------------------------------------------------------------------------------------------------------

def _highest(table: pd.DataFrame, highest: pd.Series | None, what: str) -> pd.Series:
    top = pd.Series(1.0, table.columns) if highest is None else highest
    checks.same_labels(table.columns, top.index, f"{what}: требования и их высшие ступени")
    top = top[table.columns].astype(float)
    wrong = (table < 0) | (table > top) | ~(top > 0)
    if wrong.to_numpy().any():
        unit, code = wrong.stack()[lambda cell: cell].index[0]
        raise InputError(f"{what}: ответ вне шкалы: {unit} × {code} = {table.loc[unit, code]:g}, допустимо "
                         f"0–{top[code]:g}.")
    return top


def _varies(values: pd.Series) -> bool:
    return bool(len(values) > 1 and values.max() - values.min() > checks.DUST)


def _extreme(total: pd.Series, tail: float) -> pd.Series:
    """Weights of units in the group with the largest totals: 1 inside, a part for those at its edge."""
    known = total.dropna().round(12)
    wanted = tail * len(known)
    edge = known.sort_values(ascending=False).iloc[int(np.ceil(wanted)) - 1]
    above, at = (known > edge).sum(), (known == edge).sum()
    return pd.Series(np.where(known > edge, 1.0, np.where(known == edge, (wanted - above) / at, 0.0)), known.index)


def _weighted(values: pd.Series, weights: pd.Series) -> float:
    own = weights.reindex(values.index).fillna(0.0)
    return float((values * own).sum() / own.sum()) if own.sum() > 0 else NAN


def _empirical(share: np.ndarray, declared: np.ndarray) -> np.ndarray:
    """Levels by the order of shares, as many requirements to a level as declared; ties keep their declared order."""
    order = np.lexsort((declared, -share.round(12)))
    levels = np.empty(len(share), dtype=int)
    levels[order] = np.sort(declared)
    return levels


def _resampled_shares(x: np.ndarray, draws: int, rng: np.random.Generator) -> np.ndarray:
    """Shares met in bootstrap samples of units: draws x requirements; NaN where nobody drawn had answered."""
    counts = rng.multinomial(len(x), np.full(len(x), 1 / len(x)), size=draws).astype(float)
    answered = counts @ (~np.isnan(x))
    return np.divide(counts @ np.nan_to_num(x), answered, out=np.full(answered.shape, np.nan), where=answered > 0)


def _tau(share: np.ndarray, declared: np.ndarray) -> float:
    if len(np.unique(declared)) < 2 or len(np.unique(share.round(12))) < 2:
        return NAN
    return float(stats.kendalltau(declared, -share.round(12)).statistic)


def _turned(table: pd.DataFrame, declared: np.ndarray, level: float) -> pd.DataFrame:
    """Pairs of different levels in which the lower one is met by fewer units, with the exact sign test of all pairs."""
    rows = []
    for i in range(len(declared)):
        for j in range(len(declared)):
            if declared[i] < declared[j]:
                both = table.iloc[:, [i, j]].dropna().to_numpy()
                low_only = int(((both[:, 0] == 1) & (both[:, 1] == 0)).sum())
                high_only = int(((both[:, 0] == 0) & (both[:, 1] == 1)).sum())
                p = float(stats.binom.sf(high_only - 1, low_only + high_only, 0.5))
                rows.append((table.columns[i], table.columns[j], declared[i], declared[j], low_only, high_only,
                             (high_only - low_only) / len(both) if len(both) else NAN, p))
    pairs = pd.DataFrame(rows, columns=["lower", "higher", "lower_level", "higher_level", "lower_only", "higher_only",
                                        "difference", "p"])
    pairs["q"] = stats.false_discovery_control(pairs["p"]) if len(pairs) else []
    pairs["significant"] = pairs["q"] <= level
    turned = pairs[pairs["higher_only"] > pairs["lower_only"]]
    return turned.sort_values("difference", ascending=False, kind="stable").reset_index(drop=True)


def _twins(correlations: pd.DataFrame | None, item_rest: pd.Series, limit: float) -> dict[object, tuple[object, float]]:
    """Item that repeats another one -> that other one and their correlation."""
    if correlations is None:
        return {}
    found: dict[object, tuple[object, float]] = {}
    names = sorted(correlations.columns.intersection(item_rest.index), key=str)
    for place, one in enumerate(names):
        for other in names[place + 1:]:
            r = correlations.loc[one, other]
            if r > limit:
                weaker, stronger = (one, other) if item_rest[one] < item_rest[other] - checks.DUST else (other, one)
                if weaker not in found or found[weaker][1] < r:
                    found[weaker] = (stronger, float(r))
    return found
