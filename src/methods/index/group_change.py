"""Mean change of the units of every group (a region), and which changes are more than the noise of the estimates."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats
from statsmodels.stats.multitest import multipletests

from methods import checks
from methods.errors import InputError


def group_changes(before: pd.Series, after: pd.Series, groups: pd.Series, before_error: pd.Series,
                  after_error: pd.Series, *, level: float = 0.05) -> pd.DataFrame:
    r"""Mean change of the units that have a score in both periods, by group.

    .. math:: \Delta_g = \frac{1}{n_g} \sum_{i \in g} (y_i - x_i), \quad
              se(\Delta_g) = \frac{1}{n_g} \sqrt{\sum_{i \in g} \left(se^2(x_i) + se^2(y_i)\right)}

    The units of a group are all that there are, not a sample of units: the only noise is that of their scores. Errors
    of different units and of two years are independent, as those of different respondents are. The p values are
    adjusted for the number of groups (Holm, 1979): the probability that any group at all is named by chance is at most
    `level`.

    Parameters
    ----------
    before, after : Series, by unit
        Scores of two periods, NaN for none.
    groups : Series, by unit
        The group of every unit.
    before_error, after_error : Series, by unit
        Standard errors of the scores, 0 or more; a group with a unit whose error is not known gets none itself.
    level : float
        Of the whole family of groups, between 0 and 1.

    Returns
    -------
    DataFrame, groups in their order x (units, before, after, change, se, low, high, p_value, verdict)
        Means of the units in both periods. `low` and `high` are ends of the interval of each group alone, of coverage
        1 - level; `verdict` is 1 for a rise, -1 for a fall, 0 where neither is certain, NaN without a standard error.

    References
    ----------
    Holm (1979), A simple sequentially rejective multiple test procedure, Scandinavian Journal of Statistics 6(2),
    65-70.

    Examples
    --------
    >>> units = ["a", "b", "c", "d"]
    >>> before, after = pd.Series([50.0, 60, 70, 80], units), pd.Series([53.0, 63, 71, 80], units)
    >>> error, home = pd.Series(0.5, units), pd.Series(["П", "П", "Р", "Р"], units)
    >>> found = group_changes(before, after, home, error, error)
    >>> found[["units", "change", "se", "low", "high", "verdict"]].round(2).values.tolist()
    [[2.0, 3.0, 0.5, 2.02, 3.98, 1.0], [2.0, 0.5, 0.5, -0.48, 1.48, 0.0]]
    """
    if not 0 < level < 1:
        raise InputError(f"Изменение по группам: уровень проверки — больше 0 и меньше 1, задано {level:g}.")
    for name, labels in (("Баллы первого периода", before), ("Баллы второго периода", after), ("Группы", groups)):
        checks.unique(labels.index, f"Изменение по группам. {name}")
    table = pd.DataFrame({"before": before, "after": after, "group": groups}).dropna()
    squares = before_error.reindex(table.index) ** 2 + after_error.reindex(table.index) ** 2
    found = table.groupby("group", sort=True)[["before", "after"]].mean()
    found.insert(0, "units", table.groupby("group").size())
    known = squares.groupby(table["group"])
    found["change"] = found["after"] - found["before"]
    found["se"] = np.sqrt(known.sum()).where(known.count() == found["units"]) / found["units"]
    half = stats.norm.isf(level / 2) * found["se"]
    found["low"], found["high"] = found["change"] - half, found["change"] + half
    with np.errstate(divide="ignore", invalid="ignore"):
        alone = pd.Series(2 * stats.norm.sf(np.abs(found["change"] / found["se"])), found.index).dropna()
    adjusted = multipletests(alone, method="holm")[1] if len(alone) else alone
    found["p_value"] = pd.Series(adjusted, alone.index).reindex(found.index)
    sure = found["p_value"] <= level
    found["verdict"] = np.sign(found["change"]).where(sure, 0.0).where(found["p_value"].notna())
    return found
