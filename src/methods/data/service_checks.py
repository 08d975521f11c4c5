"""Mystery-shopper checks to shares: rows of one service first, then services of one unit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import pandas as pd

from methods.errors import InputError
from methods.index.rounding import round_half_up

Collapse = Literal["best", "mean"]


def collapse_rows(checks: pd.DataFrame, keys: pd.DataFrame, rule: Collapse | Mapping[str, Collapse],
                  level: pd.Series | None = None) -> pd.DataFrame:
    """One row a service from its several rows (addresses), check by check; unanswered checks are left out.

    Parameters
    ----------
    checks : DataFrame, shape (rows, checks)
        Scores on [0; 1], NaN where a check was not relevant.
    keys : DataFrame, shape (rows, keys)
        What makes a service: unit, service.
    rule : {"best", "mean"} or mapping of level to rule
        One central site serves everybody, so its best address counts; of regional and local sites the citizen meets
        one, so their mean counts. A level without a rule takes the mean.
    level : Series, shape (rows,), optional
        Level of each row, needed when `rule` depends on it; a service has the level of its first row.

    Examples
    --------
    >>> checks = pd.DataFrame({"online": [1.0, 0.0, 1.0, 0.0]})
    >>> keys = pd.DataFrame({"unit": ["A", "A", "B", "B"]})
    >>> level = pd.Series(["Central", "Central", "Local", "Local"])
    >>> collapse_rows(checks, keys, {"Central": "best"}, level)["online"].to_dict()
    {'A': 1.0, 'B': 0.5}
    """
    groups = checks.groupby([keys[key] for key in keys])
    if isinstance(rule, str):
        return groups.max() if rule == "best" else groups.mean()
    rules = level.groupby([keys[key] for key in keys]).first().map(rule)
    return groups.max().where(rules.eq("best"), groups.mean())


def unit_share(services: pd.DataFrame, weights: pd.Series, *, decimals: int | None = None,
               strata: pd.Series | None = None, shares: Mapping[str, float] | None = None) -> pd.DataFrame:
    """Share of fulfilled checks of every unit: weighted mean of a service's checks, then mean over services.

    Parameters
    ----------
    services : DataFrame, shape (services, checks)
        Index with first level `unit`.
    weights : Series, shape (checks,)
        Shares of the checks, sum 1; the shares of unanswered ones go to the others.
    decimals : int, optional
        Round the service's share half up first.
    strata : Series, shape (services,), optional
        Kind of each service; with `shares` the unit's value is the mean over kinds by these shares.

    Returns
    -------
    DataFrame, indexed by unit
        `value` and `n`, the number of services with a share.

    Examples
    --------
    >>> services = pd.DataFrame({"a": [1.0, 0.0], "b": [None, 1.0]}, index=pd.MultiIndex.from_tuples(
    ...     [("AT", "register"), ("AT", "appeal")], names=["unit", "service"]))
    >>> unit_share(services, pd.Series({"a": 0.25, "b": 0.75})).loc["AT"].to_dict()
    {'value': 0.875, 'n': 2.0}
    """
    present = services.notna() * weights
    share = (services * weights).sum(axis=1) / present.sum(axis=1)  # 0/0: a service without any check has no share
    if decimals is not None:
        share = round_half_up(share, decimals)
    by_unit = share.groupby(level="unit")
    value = by_unit.mean()
    if strata is not None and shares is not None:
        unknown = sorted(set(strata.dropna()) - set(shares))
        if unknown:
            raise InputError(f"Виды услуг без доли в strata: {', '.join(unknown)}. Есть: {', '.join(shares)}.")
        kinds = share.groupby([share.index.get_level_values("unit"), strata]).mean().unstack()
        weight = kinds.notna() * pd.Series(shares)[kinds.columns]
        value = (kinds * weight).sum(axis=1) / weight.sum(axis=1)
    return pd.DataFrame({"value": value, "n": by_unit.count()}).rename_axis("unit")
