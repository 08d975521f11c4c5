"""Colours that carry meaning keep apart in grey and to readers who see no red or no green."""

from itertools import combinations, pairwise

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from methods.report.figures.correlations import LIGHTS
from methods.report.figures.style import BLUE, DARK, FAINT, GREY, INK, MIDDLE, ORANGE, SERIES, SHADES, SHAPES, on_shade

# Machado, Oliveira, Fernandes (2009), doi:10.1109/TVCG.2009.113, table 1, severity 1.0; for linear RGB.
MACHADO = {
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
}
SEEN_BY = {"all": np.eye(3), **{name: np.array(matrix) for name, matrix in MACHADO.items()}}
# IEC 61966-2-1: linear sRGB to CIE XYZ, white of D65.
XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])

readers = pytest.mark.parametrize("reader", SEEN_BY)


def linear(colour, reader="all"):
    srgb = np.array(to_rgb(colour))
    light = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    return (SEEN_BY[reader] @ light).clip(0, 1)


def lab(colour, reader="all"):
    """CIE L*a*b* as the reader sees it."""
    ratio = XYZ @ linear(colour, reader) / XYZ.sum(axis=1)
    x, y, z = np.where(ratio > (6 / 29) ** 3, np.cbrt(ratio), ratio / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def lightness(colour, reader="all"):
    return lab(colour, reader)[0]


def contrast(one, two):
    """WCAG 2.2, contrast ratio."""
    light, dark = sorted(((XYZ[1] @ linear(colour)) for colour in (one, two)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize(("colour", "expected"), [("white", 100.0), ("black", 0.0), ("#777777", 50.03), ("red", 53.24)])
def test_lightness_is_that_of_cie(oracle, colour, expected):
    oracle("светлота L* цвета sRGB", "CIE 15:2004 для D65, пересчитано по IEC 61966-2-1", lightness(colour), expected,
           0.01)


@pytest.mark.parametrize("reader", MACHADO)
def test_greys_look_the_same_to_everybody(reader):
    assert np.array(MACHADO[reader]).sum(axis=1) == pytest.approx(np.ones(3), abs=1e-5)
    assert lab("#808080", reader) == pytest.approx(lab("#808080"), abs=0.01)


@readers
def test_main_colours_keep_apart_in_lightness(reader):
    steps = [lightness(colour, reader) for colour in (INK, BLUE, ORANGE, GREY, "white")]
    assert min(late - early for early, late in pairwise(steps)) >= 10


@readers
def test_kinds_keep_apart_in_lightness_and_in_shape(reader):
    values = sorted(lightness(colour, reader) for colour in SERIES)
    assert min(np.diff(values)) >= 7
    assert len(set(SHAPES)) == len(SERIES)


@readers
def test_shades_grow_evenly_darker(reader):
    values = np.array([lightness(SHADES(share), reader) for share in np.linspace(0, 1, 21)])
    assert (np.diff(values) < 0).all()
    assert values[0] - values[-1] >= 70
    straight = np.linspace(values[0], values[-1], 21)
    assert np.abs(values - straight).max() <= 6


@readers
def test_lights_keep_apart_from_the_page_and_from_each_other(reader):
    looks = {(colour, filled) for _, colour, filled in LIGHTS.values()}
    colours = {colour for colour, _ in looks}
    for one, two in combinations([*colours, "white"], 2):
        assert np.linalg.norm(lab(one, reader) - lab(two, reader)) >= 30


@pytest.mark.parametrize("share", np.linspace(0, 1, 41))
def test_numbers_are_read_on_every_shade(share):
    assert contrast(on_shade(share), SHADES(share)) >= 4
    assert on_shade(share) == ("white" if share > MIDDLE else DARK)


def test_words_are_read_on_the_page():
    assert min(contrast(colour, "white") for colour in (INK, FAINT)) >= 4.5
    assert min(contrast(colour, "white") for colour in (BLUE, ORANGE)) >= 3   # marks and lines: WCAG 1.4.11
