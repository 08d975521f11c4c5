"""Every constant of the model in `model`, and the catalogue as arrays."""

from __future__ import annotations

import numpy as np

from methods.data.demonstration.calibration import difficulties
from methods.data.demonstration.catalogue import ASKED, EMPLOYER, INDICATORS, PROFILES, REQUIREMENTS, SEEKER

GROUPS = ("Д", "П", "М", "А", "К")
REGION, HALO, GROUP, OWN = 0.15, 0.30, 0.25, 0.30            # shares of the variance of quality; they sum to 1
PERSISTENCE = 0.85                                           # correlation of a centre's quality with the year before
PROGRESS = {"Д": .10, "П": .20, "М": .30, "А": .15, "К": .05}  # a year, in sd of quality  # fmt: skip
RESPONDENT_HALO = 0.45                                       # share of a respondent's variance common to all items
EMPLOYER_LINK = 0.5                                          # correlation of employers' s with job seekers' s
EMPLOYER_SHIFT = -0.02                                       # employers' true S less job seekers'
OVERALL_NOISE = 0.35                                         # sd, in marks
OVERALL_GAP = 0.01                                           # rate of empty overall marks
SMALL_SHARE, NOT_APPLICABLE = 0.25, 0.7                      # small centres; rate of gaps in their optional items
TYPICAL = {SEEKER: 37.0, EMPLOYER: 9.0}                      # questionnaires of the median centre
SIZE_SPREAD = {SEEKER: (0.38, 0.12), EMPLOYER: (0.40, 0.35)}   # sd of its logarithm: of the centre, of the year
SIZES = {SEEKER: (12, 150), EMPLOYER: (0, 40)}
GAMED_EACH, STRAIGHT_EACH, EVENT_EACH = 80, 240, 400         # one centre in so many
FILLED = 0.85                                                # how much a manipulating centre fills in

GROUP_OF = np.array([GROUPS.index(code[0]) for code in INDICATORS])
ASKED_PLACES = np.array([INDICATORS.index(code) for code in ASKED])
ITEM_OF = np.array([INDICATORS.index(r.indicator) for r in REQUIREMENTS])
BELONGS = (ITEM_OF[:, None] == np.arange(len(INDICATORS))).astype(float)   # requirements x indicators
SHARED = np.array([r.level == "УЦЗН" for r in REQUIREMENTS])
OPTIONAL = np.array([r.optional for r in REQUIREMENTS])
CODES = [r.code for r in REQUIREMENTS]
DIFFICULTY = np.concatenate([difficulties(int(number)) for number in BELONGS.sum(axis=0)])
LINK = np.nan_to_num([profile.link for profile in PROFILES.values()])
PROGRESS_OF = np.array([PROGRESS[code[0]] for code in INDICATORS])
