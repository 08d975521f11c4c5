"""The two sides of an edition's indicators as tables, ready to be compared."""

from __future__ import annotations

import pandas as pd

from methods.index.edition import Edition, Side
from methods.index.score import EVERYONE, Scores


def side_values(measurements: pd.DataFrame, edition: Edition, side: Side) -> pd.DataFrame:
    """Values of one side of the two-sided indicators: units x indicators.

    Where clienteles were asked apart, the value is their mean by the edition's shares, over those that answered.
    """
    part = measurements[(measurements["side"] == side) & measurements["indicator"].isin(edition.two_sided)]
    if part.empty:
        return pd.DataFrame(index=pd.Index([], name="unit"), columns=edition.two_sided, dtype=float)
    shares = {EVERYONE: 1.0, **{code: clientele.share for code, clientele in edition.clienteles.items()}}
    part = part[part["value"].notna()].assign(share=lambda frame: frame["clientele"].map(shares))
    part = part.assign(product=part["value"] * part["share"])
    sums = part.groupby(["unit", "indicator"])[["product", "share"]].sum()
    values = (sums["product"] / sums["share"]).unstack("indicator")
    return values.reindex(columns=edition.two_sided)


def element_values(scores: Scores, code: str) -> pd.Series:
    """Score of a group or normalised value of an indicator, higher is better, of ranked units."""
    table = scores.elements if code in scores.elements else scores.normalised
    return table[code].where(scores.rank.notna()).rename(code)
