"""The result of a plausibility check, and the combined list of what is worth a look."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from methods.errors import InputError

CAVEAT = "Это повод посмотреть, а не вывод о нарушении: у каждого признака бывают добросовестные причины."


@dataclass(frozen=True, eq=False)      # tables inside: compare with pandas.testing, not with ==
class Signal:
    """One check of all units; the table has a row a unit, also where there were too few data (p is missing there)."""

    code: str            # short name, the same from year to year
    title: str           # what is looked at, in Russian
    null: str            # what the p-value assumes, in Russian
    honest_causes: str   # what else can bring the signal about, in Russian
    advice: str          # what to look at, in Russian
    about: str           # «центр» or «регион»: what a row is
    table: pd.DataFrame  # by unit: statistic, p_value, q_value, reason, then what the reason is made of

    def below(self, level: float) -> pd.DataFrame:
        """Rows with q not above the level, the least probable first: false-discovery control within this signal."""
        chosen = self.table[self.table["q_value"] <= level].sort_values("p_value", kind="stable")
        return chosen.assign(reason=self.worded().reindex(chosen.index))

    def worded(self) -> pd.Series:
        """By unit: the fact and what to look at; for units that stand out, the others have nothing to be looked at."""
        return self.table["reason"] + " " + self.advice


@dataclass(frozen=True, eq=False)
class WorthALook:
    """Units that stand out over all signals together."""

    level: float         # expected share of false entries in `units` at most
    units: pd.DataFrame  # by (about, unit): p_value over the signals, q_value, signals, reasons
    tested: int          # how many units were tested
    caveat: str = CAVEAT

    def conclusion(self) -> str:
        """One Russian paragraph: how many, at which level, and what that does not mean."""
        share = number(100 * self.level, 0)
        if self.units.empty:
            return (f"Проверено центров и регионов: {self.tested}. Отклонений, которые нельзя объяснить случаем, нет "
                    f"(доля ложных сигналов не выше {share} %). Это не доказывает, что данные безупречны.")
        return (f"Проверено центров и регионов: {self.tested}, стоит посмотреть: {len(self.units)}. Доля ложных среди "
                f"них ожидается не выше {share} %. {self.caveat}")


def number(value: float, digits: int = 1) -> str:
    """A number for a Russian sentence.

    >>> number(0.256, 2), number(12.0, 0)
    ('0,26', '12')
    """
    return f"{value:.{digits}f}".replace(".", ",")


def q_values(p_values: pd.Series) -> pd.Series:
    r"""Benjamini-Hochberg q: the least level of false discoveries at which the row would be on the list.

    .. math:: q_{(i)} = \min_{j \ge i} \frac{m}{j} p_{(j)}

    Parameters
    ----------
    p_values : Series, shape (n,)
        Gaps are rows that were not tested: they stay gaps and do not count in m.

    References
    ----------
    Benjamini, Hochberg (1995), doi:10.1111/j.2517-6161.1995.tb02031.x, eq. 1

    Examples
    --------
    >>> q_values(pd.Series({"C01": 0.01, "C02": 0.04, "C03": None, "C04": 0.03})).round(3).to_dict()
    {'C01': 0.03, 'C02': 0.04, 'C03': nan, 'C04': 0.04}
    """
    tested = p_values.dropna()
    q = pd.Series(stats.false_discovery_control(tested) if len(tested) else [], index=tested.index, dtype=float)
    return q.reindex(p_values.index)


def simes(p_values: pd.DataFrame) -> pd.Series:
    r"""One p-value of a unit from those of its signals.

    .. math:: p = \min_j \frac{k}{j} p_{(j)}

    over the k signals that could be tested; valid for independent and for positively dependent signals.

    Parameters
    ----------
    p_values : DataFrame, shape (units, signals)

    References
    ----------
    Simes (1986), doi:10.1093/biomet/73.3.751; Sarkar (1998), doi:10.1214/aos/1028144846 for positive dependence.

    Examples
    --------
    >>> p = pd.DataFrame({"bursts": [0.01, 0.5], "rise": [0.02, None]}, index=["C01", "C02"])
    >>> simes(p).to_dict()
    {'C01': 0.02, 'C02': 0.5}
    """
    ordered = np.sort(p_values.to_numpy(dtype=float), axis=1)                # gaps last
    k = np.isfinite(ordered).sum(axis=1, keepdims=True)
    scaled = np.where(np.isfinite(ordered), ordered * k / np.arange(1, ordered.shape[1] + 1), np.inf)
    least = scaled.min(axis=1)
    return pd.Series(np.where(np.isfinite(least), np.minimum(least, 1.0), np.nan), index=p_values.index)


def worth_a_look(signals: Sequence[Signal], level: float = 0.10) -> WorthALook:
    """Units that stand out over all signals, with false-discovery control, and by which signals they do.

    First the units: Simes' p over the signals of a unit, Benjamini-Hochberg over all centres and regions together, so
    that among the listed units at most `level` are expected to be false. Then, within each of the R listed units, its
    signals at the level that is left, `level` R / m: a listed unit is not charged with all of its signals.

    References
    ----------
    Benjamini, Bogomolov (2014), Selective inference on multiple families of hypotheses, doi:10.1111/rssb.12028

    Examples
    --------
    >>> def signal(code, p):
    ...     table = pd.DataFrame({"p_value": pd.Series(p), "reason": "Причина " + code + "."})
    ...     return Signal(code, code, "", "", "Посмотрите.", "центр", table)
    >>> found = worth_a_look([signal("a", {"C01": 1e-6, "C02": 0.7}), signal("b", {"C01": 0.8, "C02": 0.4})])
    >>> found.units[["signals", "reasons"]].to_dict("index")
    {('центр', 'C01'): {'signals': 'a', 'reasons': 'Причина a. Посмотрите.'}}
    """
    if not signals:
        raise InputError("Сводный список: не передано ни одного признака. Передайте хотя бы один.")
    if not 0 < level < 1:
        raise InputError(f"Допустимая доля ложных сигналов — число между 0 и 1, сейчас {level:g}. Задайте, "
                         "например, 0,1.")
    if len({signal.code for signal in signals}) < len(signals):
        raise InputError("Сводный список: один признак передан дважды. Оставьте каждый по одному разу.")

    def side_by_side(columns: list[pd.Series]) -> pd.DataFrame:
        keyed = [column.set_axis(pd.MultiIndex.from_product([[signal.about], column.index], names=["about", "unit"]))
                 for signal, column in zip(signals, columns, strict=True)]
        return pd.concat(keyed, axis=1, sort=True, keys=[signal.code for signal in signals])

    p = side_by_side([signal.table["p_value"] for signal in signals])
    reasons = side_by_side([signal.worded() for signal in signals])
    p_unit = simes(p).dropna()
    q_unit = q_values(p_unit)
    listed = q_unit.index[q_unit <= level]
    inner = level * len(listed) / max(len(p_unit), 1)
    rows = {}
    for unit in listed:
        q = q_values(p.loc[unit])
        # Simes' p of a listed unit is not above `inner`, so at least one of its signals is below it.
        named = p.loc[unit][q <= inner * (1 + 1e-12)].sort_values(kind="stable").index
        rows[unit] = {"p_value": p_unit[unit], "q_value": q_unit[unit], "signals": ", ".join(named),
                      "reasons": " ".join(reasons.loc[unit, named])}
    columns = ["p_value", "q_value", "signals", "reasons"]
    units = pd.DataFrame.from_dict(rows, orient="index", columns=columns) if rows else pd.DataFrame(columns=columns)
    if rows:
        units.index = pd.MultiIndex.from_tuples(list(rows), names=["about", "unit"])
    return WorthALook(level, units.sort_values("p_value", kind="stable"), len(p_unit))
