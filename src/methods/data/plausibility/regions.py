"""Signals in the checklists of whole regions: everything met everywhere, requirements that tell nothing apart."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import logit

from methods import checks
from methods.data.plausibility import nulls
from methods.data.plausibility.signal import Signal, number, q_values
from methods.errors import InputError

Array = NDArray[np.float64]


def complete_regions(checklist: pd.DataFrame, region: pd.Series) -> Signal:
    r"""Regions where nearly everything is met everywhere, beyond the spread between regions and centres.

    .. math:: X_r \sim \mathrm{Bin}(N_r, \pi_r), \qquad
              \operatorname{logit}\pi_r \sim N(m_r,\; \tau_r^2 + \tau_c^2/n_r), \qquad p = P(X \ge x)

    over all centres and requirements of the region; :math:`\tau_c^2` from the centres within regions,
    :math:`m_r` between the typical centre (one centre) and the typical average of centres (many).

    Parameters
    ----------
    checklist : DataFrame, units x requirements
        1 met, 0 not, NaN not applicable. Leave out what is checked once a region.
    region : Series, by unit

    Returns
    -------
    Signal
        `statistic` is the share met; `everywhere` the number of requirements met by all centres of the region.

    References
    ----------
    The tail of `nulls.count_tail` with the spread of a mean of centres; fewer than 20 regions are only described.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> region = pd.Series([f"R{i // 5:02d}" for i in range(150)], [f"C{i:03d}" for i in range(150)])
    >>> checklist = pd.DataFrame((rng.random((150, 30)) < 0.85).astype(float), region.index)
    >>> checklist.loc[region == "R04"] = 1.0
    >>> complete_regions(checklist, region).below(0.05)[["all_met", "centres"]].to_dict("index")
    {'R04': {'all_met': True, 'centres': 5}}
    """
    checks.unique(checklist.index, "Чек-лист")
    values = pd.DataFrame(checklist.to_numpy(dtype=float, na_value=np.nan), checklist.index, checklist.columns)
    home = region.reindex(values.index)
    if home.isna().any():
        raise InputError(f"Нет региона у центров: {', '.join(map(str, home.index[home.isna()][:10]))}. "
                         "Дополните справочник.")
    met, of = values.sum(axis=1), values.notna().sum(axis=1).astype(float)
    odds, error = nulls.log_odds(met, of)
    centres = home.groupby(home).size()
    inside = (odds - odds.groupby(home).transform("mean")) * np.sqrt((centres / (centres - 1).clip(lower=1))[home]
                                                                     .to_numpy())
    shared = home.map(centres) > 1
    within = nulls.between_variance(inside[shared], error[shared]) if shared.any() else 1e-6
    x, n = met.groupby(home).sum(), of.groupby(home).sum()
    middle = odds.median()
    average = float(logit(nulls.mean_share(pd.Series([middle]), np.sqrt([within]))).iloc[0])
    location = middle + (average - middle) * (1 - 1 / centres)

    def tail(shift: float, spread: float, fineness: int = 15) -> Array:
        return nulls.mid_p(*nulls.count_tail(x.to_numpy(), n.to_numpy(), location.to_numpy() + shift,
                                             np.sqrt(spread**2 + within / centres.to_numpy()), fineness))

    if len(x) < nulls.FEWEST_UNITS:
        p, expected = pd.Series(np.nan, index=x.index), pd.Series(np.nan, index=x.index)
    else:
        shift, spread = nulls.calibrated(tail)
        p = pd.Series(tail(shift, spread, 61), index=x.index)
        expected = nulls.mean_share(location + shift, np.sqrt(spread**2 + within / centres))
    everywhere = (values.groupby(home).min() == 1).sum(axis=1)
    table = pd.DataFrame({"statistic": x / n, "p_value": p, "q_value": q_values(p), "expected": expected,
                          "everywhere": everywhere, "requirements": values.groupby(home).count().gt(0).sum(axis=1),
                          "all_met": x == n, "centres": centres}).rename_axis("region")
    table.insert(3, "reason", [
        f"Исполнено {number(100 * row.statistic, 2)} % требований по всем центрам региона ({row.centres}) при "
        f"ожидаемых {number(100 * row.expected)} %; у всех центров сразу исполнены {row.everywhere} из "
        f"{row.requirements}." if np.isfinite(row.p_value)
        else f"Регионов меньше {nulls.FEWEST_UNITS}: не проверялось." for row in table.itertuples()])
    return Signal(
        "complete_regions", "В регионе исполнено почти всё и у всех",
        "доля исполненных требований региона отличается от других не больше, чем у большинства регионов с таким числом "
        "центров",
        "региональная программа, единый проверяющий с мягкими правилами, регион — участник пилота",
        "Стоит посмотреть, кто и как проверял.", "регион", table)


def without_differences(checklist: pd.DataFrame) -> pd.Series:
    """Requirements with one mark in all centres (CHK-15): they weigh in the index but tell nothing apart.

    Returns
    -------
    Series, by requirement
        The mark that all centres have; requirements that apply nowhere are left out.

    Examples
    --------
    >>> without_differences(pd.DataFrame({"Д1.1": [1, 1, None], "Д1.2": [1, 0, 1]})).to_dict()
    {'Д1.1': 1.0}
    """
    values = pd.DataFrame(checklist.to_numpy(dtype=float, na_value=np.nan), checklist.index, checklist.columns)
    return values.max()[values.nunique() == 1].rename("mark")
