"""Who already does better: units of a like context that are ahead on one indicator by more than the error of both."""

from __future__ import annotations

import numpy as np
import pandas as pd

from methods import checks
from methods.errors import InputError

NEAREST = 0.25     # share of the units that count as the same context
CERTAIN = 1.96     # standard errors of the difference: 95 %, two-sided
HALF = 0.5         # of the standard deviation between units: a difference worth naming where errors are unknown


def context_distance(context: pd.DataFrame, unit: str) -> pd.Series:
    r"""How far the circumstances of every unit lie from those of one, :math:`d_k = \sqrt{\frac1p \sum_f
    (z_{kf} - z_{if})^2}`, each circumstance in its own standard deviations.

    Parameters
    ----------
    context : DataFrame, shape (n units, p circumstances)
        Size, mix of clients and the like; numbers. A gap leaves the circumstance out of that pair; a circumstance that
        is equal everywhere tells nobody apart.
    unit : label
        The one to compare with.

    Returns
    -------
    Series, shape (n,)
        0 for the unit itself and without any circumstance; NaN where two units share no known one.

    Examples
    --------
    >>> context = pd.DataFrame({"clients": [100.0, 110.0, 900.0]}, index=["C01", "C02", "C03"])
    >>> context_distance(context, "C01").round(2).to_dict()
    {'C01': 0.0, 'C02': 0.02, 'C03': 1.74}
    """
    checks.unique(context.index, "Условия работы: единицы")
    if unit not in context.index:
        raise InputError(f"Условия работы: единицы {unit} нет в таблице условий ({len(context)} единиц). "
                         "Проверьте код.")
    spread = context.std(ddof=1)
    used = list(spread.index[spread > checks.DUST * context.abs().max()])
    if not used:
        return pd.Series(0.0, context.index, name="distance")
    z = context[used] / spread[used]
    return np.sqrt(((z - z.loc[unit]) ** 2).mean(axis=1)).rename("distance")


def better_peers(values: pd.Series, errors: pd.Series, context: pd.DataFrame, unit: str, *, nearest: float = NEAREST,
                 certain: float = CERTAIN, most: int = 3) -> pd.DataFrame:
    r"""Units of the same context that are better by more than the uncertainty of the difference, nearest first.

    .. math:: x_k - x_i > c \sqrt{s_k^2 + s_i^2}, \qquad d_k \le d_{(m)}, \quad m = \lceil q\,(n - 1) \rceil

    Where a standard error is unknown (a checklist has none), the difference must reach half a standard deviation of the
    values instead.

    Parameters
    ----------
    values : Series, shape (n units,)
        Of the indicator, higher is better; NaN takes no part.
    errors : Series by unit
        Standard errors of the values, in their unit; NaN unknown.
    context : DataFrame, units x circumstances
        As for `context_distance`.
    unit : label
        The unit that looks for an example.
    nearest : float
        Share of the other units with a value that make up its context, above 0 to 1.
    certain : float
        How many standard errors of the difference it must exceed.
    most : int
        How many to name.

    Returns
    -------
    DataFrame, indexed by unit
        `value`, `difference`, `needed` (what the difference had to exceed), `distance`; ordered by distance, then by
        label. Empty if nobody near is better for certain.

    References
    ----------
    Goldstein, Spiegelhalter (1996), League tables and their limitations: statistical issues in comparisons of
    institutional performance, JRSS-A 159(3):385-443, section 3.4 (two units are told apart by the error of their
    difference). doi:10.2307/2983325
    Norman, Sloan, Wyrwich (2003), Interpretation of changes in health-related quality of life: the remarkable
    universality of half a standard deviation, Medical Care 41(5):582-592. doi:10.1097/01.MLR.0000062554.74615.4C

    Examples
    --------
    Far away, too near in value, better in the same circumstances:

    >>> values = pd.Series({"C01": 0.60, "C02": 0.64, "C03": 0.80, "C04": 0.95, "C05": 0.5})
    >>> clients = pd.DataFrame({"clients": [100.0, 105.0, 120.0, 900.0, 950.0]}, index=values.index)
    >>> found = better_peers(values, pd.Series(0.05, values.index), clients, "C01", nearest=0.5)
    >>> found["difference"].round(2).to_dict()
    {'C03': 0.2}
    """
    if not 0 < nearest <= 1:
        raise InputError(f"Кто уже умеет: доля ближайших должна быть больше 0 и не больше 1, задано {nearest:g}.")
    checks.unique(values.index, "Кто уже умеет: единицы")
    known = values.dropna().sort_index()
    if unit not in known.index:
        raise InputError(f"Кто уже умеет: у единицы {unit} нет значения показателя {values.name or ''}.".rstrip())
    missing = known.index.difference(context.index)
    if len(missing):
        raise InputError(f"Кто уже умеет: условия работы неизвестны у единиц: {', '.join(map(str, missing[:5]))} "
                         f"(всего {len(missing)}). Дополните таблицу условий или уберите эти единицы.")
    distance = context_distance(context.loc[known.index], unit).drop(unit).dropna()
    room = distance.nsmallest(int(np.ceil(nearest * len(distance)))).max() if len(distance) else np.nan
    error = np.hypot(errors.reindex(known.index), errors.get(unit, np.nan)).astype(float)
    needed = (certain * error).fillna(HALF * known.std(ddof=1) if len(known) > 1 else np.inf)
    table = pd.DataFrame({"value": known, "difference": known - known[unit], "needed": needed, "distance": distance})
    found = table[(table["distance"] <= room) & (table["difference"] > table["needed"])]
    return found.sort_values("distance", kind="stable").head(most).rename_axis(values.index.name)
