"""Disclosure control: what a report may show when its numbers rest on few answers.

`published_view` hides what is too small and what would give it away; `differencing` compares two publications;
`masked` takes personal data out of free text. The rule and its reasons: docs/disclosure.md.
"""

from methods.data.disclosure.differencing import differencing
from methods.data.disclosure.linear import System, ranges
from methods.data.disclosure.model import Model, answers_behind, harmonic_n, model
from methods.data.disclosure.personal import Marker, find_personal, masked, snils
from methods.data.disclosure.view import (
    PROTECTION,
    THRESHOLD,
    Published,
    published_view,
)

__all__ = [
    "PROTECTION", "THRESHOLD", "Marker", "Model", "Published", "System", "answers_behind",
    "differencing",
    "find_personal", "harmonic_n", "masked", "model", "published_view", "ranges", "snils",
]
