"""Models whose indices are known, shared by the tests of variance-based analysis."""

import numpy as np

STEEPNESS = np.array([0, 1, 4.5, 9, 99, 99, 99, 99])
SLOPES = np.array([1.0, 2, 3, 4])


def ishigami(u):
    """Ishigami, Homma (1990) with a = 7, b = .1."""
    x = np.pi * (2 * u - 1)
    return (np.sin(x[:, 0]) + 7 * np.sin(x[:, 1])**2 + 0.1 * x[:, 2]**4 * np.sin(x[:, 0]))[:, None]


def sobol_g(u):
    """Sobol's G function."""
    return ((np.abs(4 * u - 2) + STEEPNESS) / (1 + STEEPNESS)).prod(axis=1)[:, None]


def linear(u):
    """A weighted sum."""
    return (u @ SLOPES)[:, None]


def named(count):
    """Factors x1, x2, ... of one coordinate each."""
    return {f"x{number + 1}": [number] for number in range(count)}
