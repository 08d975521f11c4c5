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


def weighted_sides(measurements: pd.DataFrame, edition: Edition, units: pd.Index) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Values of all sides of all indicators and the shares of the sides, as `importance.hidden_weights` takes them.

    Empty if no indicator has two sides, or if indicators are normalised after the sides are combined: then the sides
    have no common scale.

    Returns
    -------
    DataFrame, units x (indicator, side); DataFrame, indicators x sides
    """
    plain = all(edition.normalisation_of(code).method == "none" and edition.indicators[code].direction == 1
                for code in edition.indicators)
    if not edition.two_sided or not plain:
        return pd.DataFrame(index=units), pd.DataFrame(columns=["subjective", "objective"])
    shares = {EVERYONE: 1.0, **{code: clientele.share for code, clientele in edition.clienteles.items()}}
    part = measurements[measurements["value"].notna()]
    part = part.assign(share=part["clientele"].map(shares))
    sums = part.assign(product=part["value"] * part["share"]).groupby(["unit", "indicator", "side"])[
        ["product", "share"]].sum()
    values = (sums["product"] / sums["share"]).unstack(["indicator", "side"])
    mix = pd.DataFrame({code: edition.indicators[code].side_mix() for code in edition.indicators}).T
    return values.reindex(units), mix.reindex(columns=["subjective", "objective"]).fillna(0.0)


def element_values(scores: Scores, code: str) -> pd.Series:
    """Score of a group or normalised value of an indicator, higher is better, of ranked units."""
    table = scores.elements if code in scores.elements else scores.normalised
    return table[code].where(scores.rank.notna()).rename(code)
