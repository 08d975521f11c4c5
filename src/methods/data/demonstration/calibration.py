"""From promised moments to latent scales: which location and spread give a wanted mean and sd between centres.

Both sides are probit models. A mark exceeds the step m when location + spread * quality + noise > STEPS[m]; a
requirement is met when location + spread * quality + noise > its difficulty. Quality and noise are standard normal,
so the moments are one-dimensional integrals (Gauss-Hermite) and two equations give the two unknowns.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import root
from scipy.special import ndtr

Array = NDArray[np.float64]

# Steps of the marks 2, 3, 4, 5. The first two lie close together: a bump at 1, the foot of the letter J.
STEPS = np.array([-2.05, -1.81, -1.40, -0.84])
HARDEST = 1.3  # difficulties run from -HARDEST to +HARDEST, in sd of the noise of one requirement

_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(61)
_WEIGHTS = _WEIGHTS / _WEIGHTS.sum()


class Latent(NamedTuple):
    """Latent value of a centre: location + spread * quality."""

    location: float
    spread: float


def expected_survey(latent: Array) -> Array:
    r"""True S of a centre, :math:`S = E(\text{mark} - 1)/4 = \frac14\sum_m \Phi(\text{latent} - \text{step}_m)`."""
    return sum(ndtr(latent - step) for step in STEPS) / len(STEPS)


def difficulties(number: int) -> Array:
    """Evenly spaced difficulties of the requirements of one indicator, from easy to hard."""
    return np.linspace(-HARDEST, HARDEST, number)


@cache
def survey_latent(mean: float, sd: float) -> Latent:
    """Latent scale on which the true S of centres has this mean and sd."""

    def moments(latent: Latent) -> tuple[float, float]:
        values = expected_survey(latent.location + latent.spread * _NODES)
        centre = _WEIGHTS @ values
        return float(centre), float(np.sqrt(_WEIGHTS @ (values - centre) ** 2))

    return _solve(moments, (mean, sd), start=(0.2, 5 * sd))


@cache
def checklist_latent(mean: float, sd: float, number: int) -> Latent:
    r"""Latent scale on which X/N has this mean and sd: :math:`\mathrm{Var}\,E(X/N|q) + E\,\mathrm{Var}(X/N|q)`."""

    def moments(latent: Latent) -> tuple[float, float]:
        met = ndtr((latent.location + latent.spread * _NODES)[:, None] - difficulties(number))
        values = met.mean(axis=1)
        centre = _WEIGHTS @ values
        within = _WEIGHTS @ (met * (1 - met)).sum(axis=1) / number**2
        return float(centre), float(np.sqrt(_WEIGHTS @ (values - centre) ** 2 + within))

    return _solve(moments, (mean, sd), start=(2.0, 1.0))


def _solve(moments: Callable[[Latent], tuple[float, float]], wanted: tuple[float, float],
           start: tuple[float, float]) -> Latent:
    solution = root(lambda x: np.subtract(moments(Latent(x[0], x[1])), wanted), start)
    if not solution.success:  # a fault of the catalogue, not of the user's data
        raise ArithmeticError(f"No probit scale has mean {wanted[0]} and sd {wanted[1]}: {solution.message}")
    # Rounded, so that another version of the solver gives the same bytes.
    return Latent(round(float(solution.x[0]), 6), round(abs(float(solution.x[1])), 6))
