"""Measured values as arrays over units, with the errors that may be drawn for them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from methods.index.edition import Edition
from methods.index.score import EVERYONE
from methods.sensitivity.factors import ChecklistError, SamplingError
from methods.sensitivity.noise import misjudged, stream, usable_errors
from methods.sensitivity.rows import Rows

Key = tuple[str, str, str]  # indicator, side, clientele


class Measured:
    """What was measured, of the indicators that take part.

    Parameters
    ----------
    measurements : DataFrame
        As for `methods.index.score.score`.
    units, codes
        Rows and indicators, in their order.
    """

    def __init__(self, measurements: pd.DataFrame, edition: Edition, units: pd.Index, codes: Sequence[str]) -> None:
        self.edition, self.units = edition, units
        self.value: dict[Key, np.ndarray] = {}
        self.error: dict[Key, np.ndarray] = {}     # standard errors, where there are any
        self.required: dict[Key, np.ndarray] = {}  # N of checklists whose X and N are known
        drawable = measurements.assign(se=usable_errors(measurements)).set_index("unit")
        for key, part in drawable.groupby(["indicator", "side", "clientele"]):
            if key[0] not in codes:
                continue
            part = part.reindex(units)
            value, error, n = (part[name].to_numpy(dtype=float) for name in ("value", "se", "n"))
            self.value[key] = value
            if np.nan_to_num(error).any():
                self.error[key] = np.nan_to_num(error)
            if self._counts_requirements(key, value, n):
                self.required[key] = n

    def _counts_requirements(self, key: Key, value: np.ndarray, n: np.ndarray) -> bool:
        """Whether the values are X of N with X and N known."""
        how, known = self.edition.indicators[key[0]].sides[key[1]], ~np.isnan(value)
        if how.measure != "checklist" or how.rule != "share" or np.isnan(n[known]).any():
            return False
        whole = np.round(value[known] * n[known])
        return bool((n[known] == np.round(n[known])).all() and np.allclose(whole, value[known] * n[known], atol=1e-6))

    def keys(self, view: str, code: str) -> list[Key]:
        """Measurements that make an indicator as a clientele sees it."""
        return [key for key in self.value if key[0] == code and key[2] in (view, EVERYONE)]

    def combined(self, view: str, code: str, values: dict[Key, Rows], shift: np.ndarray) -> Rows:
        """One indicator as a clientele sees it: sides combined, with the survey's share shifted."""
        mix = self.edition.indicators[code].side_mix()
        sides = {side: self._seen(view, code, side, values) for side in mix}
        if len(sides) == 1:
            return next(iter(sides.values()))
        survey = np.clip(mix["subjective"] + shift, 0, 1)[:, None]
        both = survey * sides["subjective"] + (1 - survey) * sides["objective"]
        if self.edition.sides.missing == "missing":
            return both
        one = np.where(np.isnan(sides["subjective"]), sides["objective"], sides["subjective"])
        return np.where(np.isnan(both), one, both)

    def _seen(self, view: str, code: str, side: str, values: dict[Key, Rows]) -> Rows:
        """The clientele's own value, and where it has none the one measured for everyone."""
        found = [np.atleast_2d(values[code, side, whose]) for whose in dict.fromkeys((view, EVERYONE))
                 if (code, side, whose) in values]
        if not found:
            return np.full((1, len(self.units)), np.nan)
        return found[0] if len(found) == 1 else np.where(np.isnan(found[0]), found[1], found[0])

    def slip_laws(self, factor: ChecklistError | None) -> dict[Key, list[tuple[np.ndarray, np.ndarray, float]]]:
        """Checklist -> (units, cumulative law, N) for every different pair of X and N."""
        laws = {}
        if factor is None:
            return laws
        for key, n in self.required.items():
            if factor.indicators and key[0] not in factor.indicators:
                continue
            pairs = np.stack([np.round(self.value[key] * n), n])
            different = np.unique(pairs[:, ~np.isnan(pairs[0])], axis=1).T
            laws[key] = [(np.flatnonzero((pairs == pair[:, None]).all(axis=0)),
                          misjudged(*pair.astype(int), factor.rate), pair[1]) for pair in different]
        return laws

    def with_sampling_errors(self, coordinates: np.ndarray, seed: int, common: float = 0.0) -> dict[Key, Rows]:
        """Values of measurements that have standard errors, one draw a coordinate: draws x units.

        `common`: correlation of the errors of different questions that the same people answered.
        """
        values: dict[Key, Rows] = {}
        keys, views = sorted(self.error), sorted({key[2] for key in self.error})
        size = (len(coordinates), len(keys) + (len(views) if common else 0), len(self.units))
        noise = np.empty(size)  # of every question, then what all questions of a clientele share
        for row, coordinate in zip(noise, coordinates, strict=True):
            stream(seed, SamplingError.name, coordinate).standard_normal(out=row)
        for number, key in enumerate(keys):
            asked, own = self.edition.indicators[key[0]].sides[key[1]].measure == "survey", noise[:, number]
            if asked and common:
                own = common**0.5 * noise[:, len(keys) + views.index(key[2])] + (1 - common) ** 0.5 * own
            values[key] = self.value[key] + self.error[key] * own
            if asked:
                np.maximum(values[key], 0.0, out=values[key])  # a mark below the worst one cannot be averaged
        return values

    def misjudged(self, coordinates: np.ndarray, laws: dict[Key, list[tuple[np.ndarray, np.ndarray, float]]], seed: int,
                  ) -> dict[Key, Rows]:
        """Values of checklists with inspectors' errors, one draw a coordinate: draws x units."""
        values: dict[Key, Rows] = {}
        keys, tries = sorted(laws), np.empty((len(coordinates), len(laws), len(self.units)))
        for row, coordinate in zip(tries, coordinates, strict=True):
            stream(seed, ChecklistError.name, coordinate).random(out=row)
        for number, key in enumerate(keys):
            found = np.full((len(tries), len(self.units)), np.nan)
            for units, law, n in laws[key]:
                found[:, units] = np.searchsorted(law, tries[:, number][:, units], side="right") / n
            values[key] = found
        return values
