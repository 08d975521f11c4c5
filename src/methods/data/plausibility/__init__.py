"""Plausibility: centres and regions whose data are worth a look. A signal is a reason to look, never a verdict.

Each signal is a test of one stated null hypothesis for every centre (or region): `answers` reads the questionnaires,
`sides` the checklists beside the survey, `regions` the checklists of regions; `signal` holds the result and the
combined list with false-discovery control, `nulls` the formulas that the tests share, `keys` the keys of respondents.
Nothing here changes or removes an answer.
"""

from methods.data.plausibility.answers import bursts, duplicate_blocks, straight_lining
from methods.data.plausibility.regions import complete_regions, without_differences
from methods.data.plausibility.sides import checklist_rise, survey_against_peers, survey_levels
from methods.data.plausibility.signal import CAVEAT, Signal, WorthALook, worth_a_look

__all__ = ["CAVEAT", "Signal", "WorthALook", "bursts", "checklist_rise", "complete_regions", "duplicate_blocks",
           "straight_lining", "survey_against_peers", "survey_levels", "without_differences",
           "worth_a_look"]
