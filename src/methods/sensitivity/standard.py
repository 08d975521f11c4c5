"""What is uncertain about an edition: its own list of factors, or the usual ones."""

from __future__ import annotations

import pandas as pd

from methods.index.edition import INDEX, Edition
from methods.sensitivity.factors import (
    ChecklistError,
    Factor,
    IndicatorLeftOut,
    MixShift,
    SamplingError,
    WeightNoise,
    from_record,
)
from methods.sensitivity.noise import usable_errors


def factors_of(edition: Edition, measurements: pd.DataFrame, *, spread: float = 0.25, mix_spread: float = 0.1,
               checklist_error: float = 0.02, common: float = 0.0, left_out: bool = False) -> list[Factor]:
    """Factors of the edition (`uncertainty`), or the usual ones that can act on it.

    Parameters
    ----------
    spread : float
        Of weights, those of the index's children apart from those inside groups; 0: weights are certain.
    mix_spread : float
        Of the survey's share in two-sided indicators, cut at the smaller side's share.
    checklist_error : float
        Share of requirements that an inspector misjudges; acts where X and N are known.
    common : float
        Correlation of the sampling errors of different questions (`SamplingError`).
    left_out : bool
        Whether an indicator is left out at random or none.
    """
    if edition.uncertainty:
        return [from_record(record) for record in edition.uncertainty]
    many = [parent for parent in ([INDEX] if edition.is_flat else [*edition.bottom_up(), INDEX])
            if len(edition.weights_of(parent)) > 1]
    inside = tuple(parent for parent in many if parent != INDEX)
    found: list[Factor] = []
    if spread > 0:
        found += [WeightNoise(spread, (INDEX,))] * (INDEX in many) + [WeightNoise(spread, inside)] * bool(inside)
    if (usable_errors(measurements) > 0).any():
        found.append(SamplingError(common))
    if mix_spread > 0 and edition.two_sided:
        room = min(min(edition.indicators[code].side_mix().values()) for code in edition.two_sided)
        found += [MixShift(min(mix_spread, room))] * (room > 0)
    counted = {(code, side) for code, indicator in edition.indicators.items()
               for side, how in indicator.sides.items() if how.measure == "checklist" and how.rule == "share"}
    if checklist_error > 0 and counted and measurements.loc[measurements["side"] == "objective", "n"].notna().any():
        found.append(ChecklistError(checklist_error, tuple(sorted({code for code, _ in counted}))))
    return found + [IndicatorLeftOut()] * left_out
