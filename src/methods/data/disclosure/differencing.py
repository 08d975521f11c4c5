"""Two publications side by side: what their difference tells about the few respondents by whom they differ."""

from __future__ import annotations

import numpy as np
import pandas as pd

APPEARED = "скрыта в одной публикации и показана в другой"
ISOLATED = "разность двух публикаций — ответы немногих"


def differencing(before: pd.DataFrame, after: pd.DataFrame, threshold: int = 10, *,
                 same_respondents: bool = True) -> pd.DataFrame:
    r"""Cells whose two published values isolate a group of fewer than `threshold` respondents.

    When the second publication rests on the first one's answers and :math:`d = n_2 - n_1` more (or fewer),

    .. math:: \bar x_d = (n_2 \bar x_2 - n_1 \bar x_1) / d \;\pm\; (n_1 h_1 + n_2 h_2) / |d|

    with :math:`h` half a unit of the last printed digit. Two editions of one period, a corrected report, a region
    with and without a merged centre are such pairs; two periods with different respondents are not.

    Parameters
    ----------
    before, after : DataFrame, indexed by cell (any labels: unit, element, clientele; or region)
        `value` (NaN where hidden), `n` (answers behind it) and, optionally, `half`, half a unit of its last digit
        (0 if absent: printed exactly).
    threshold : int
    same_respondents : bool
        False for two different periods: then only a change of the hidden set matters, and it does not.

    Returns
    -------
    DataFrame, indexed by cell
        `isolated` (number of respondents), `low` and `high` (what their mean must be), `why`. Values are for the
        office: never print this table into a report.

    Examples
    --------
    June: 40 answers, mean .90. July: three late answers more, mean .88. The three people said .613:

    >>> june = pd.DataFrame({"value": [0.90], "n": [40]}, index=["C01"])
    >>> july = pd.DataFrame({"value": [0.88], "n": [43]}, index=["C01"])
    >>> differencing(june, july).round(3).iloc[0].to_dict()
    {'isolated': 3, 'low': 0.613, 'high': 0.613, 'why': 'разность двух публикаций — ответы немногих'}
    """
    both = before.index.intersection(after.index)
    first, second = before.loc[both], after.loc[both]
    columns = ["isolated", "low", "high", "why"]
    if not same_respondents:
        return pd.DataFrame(columns=columns)
    d = second["n"] - first["n"]
    sums = [table["n"] * table["value"] for table in (first, second)]
    dust = sum(table["n"] * table.get("half", 0.0) for table in (first, second))
    size = d.abs().replace(0, np.nan)
    middle = (sums[1] - sums[0]) / d.replace(0, np.nan)
    isolated = pd.DataFrame({"isolated": size, "low": middle - dust / size, "high": middle + dust / size,
                             "why": ISOLATED}, index=both)
    isolated = isolated[size.lt(threshold) & middle.notna()]
    few = np.minimum(first["n"], second["n"]).lt(threshold)
    once = first["value"].isna() ^ second["value"].isna()
    value, half = (pd.concat([one, two], axis=1).max(axis=1) for one, two in (
        (first["value"], second["value"]),
        tuple(table["half"] if "half" in table else pd.Series(0.0, both) for table in (first, second))))
    # The same few people, hidden here and shown there: the other report still lies on somebody's desk.
    appeared = pd.DataFrame({"isolated": np.minimum(first["n"], second["n"]), "low": value - half,
                             "high": value + half, "why": APPEARED}, index=both)[once & few]
    found = pd.concat([isolated, appeared]) if len(isolated) or len(appeared) else pd.DataFrame(columns=columns)
    return found.astype({"isolated": int}) if len(found) else found
