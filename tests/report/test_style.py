"""Colours of the page: the contrast of both schemes, computed from the style sheet itself."""

import re

import pytest

from methods.report.render import TEMPLATES

STYLE = (TEMPLATES / "zvezda" / "style.css").read_text("utf-8")
DARK = re.search(r"@media screen and \(prefers-color-scheme: dark\) \{\s*:root \{(.*?)\}\s*\}", STYLE, re.DOTALL)[1]
LIGHT = re.search(r":root \{(.*?)\}", STYLE, re.DOTALL)[1]
TEXT = 4.5     # WCAG 2.2, 1.4.3, level AA
DRAWN = 3.0    # WCAG 2.2, 1.4.11: the outline of a field, a slider


def colours(block):
    return dict(re.findall(r"--([a-z]+): (#[0-9a-f]{6})\b", block))


def luminance(colour):
    """WCAG 2.2, relative luminance."""
    parts = [int(colour[i:i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_contrast_is_that_of_wcag(oracle):
    oracle("Контраст цветов страницы", "WCAG 2.2: чёрный на белом 21 : 1", contrast("#000000", "#ffffff"), 21.0, 1e-12)
    # WebAIM Contrast Checker gives 4.54 for this pair
    oracle("Контраст цветов страницы", "WebAIM Contrast Checker: #767676 на белом 4,54 : 1",
           contrast("#767676", "#ffffff"), 4.54, 0.005)


@pytest.mark.parametrize("scheme", [colours(LIGHT), {**colours(LIGHT), **colours(DARK)}], ids=["light", "dark"])
@pytest.mark.parametrize("paper", ["paper", "tint"])
def test_words_can_be_read(scheme, paper):
    for ink in ("ink", "faint", "accent", "error"):
        assert contrast(scheme[ink], scheme[paper]) >= TEXT, (ink, paper, scheme[ink], scheme[paper])
    assert contrast(scheme["strong"], scheme[paper]) >= DRAWN, ("strong", paper)


def test_every_colour_is_named_so_that_none_escapes_the_test():
    rest = STYLE.replace(LIGHT, "").replace(DARK, "")
    assert not re.search(r"#[0-9a-fA-F]{3,8}\b|\brgb|\bhsl|:\s*(white|black|gr[ae]y)\b", rest)
    assert set(colours(DARK)) | {"card"} == set(colours(LIGHT))
