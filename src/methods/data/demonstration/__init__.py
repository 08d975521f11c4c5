"""Demonstration data of the Star with known truth: invented, seeded, never official.

`generate` draws a whole country: a registry of centres, a catalogue of 116 requirements, and for each year the
answers of clients and the checklist; `Truth` keeps what was planted, so that a method can be held against it.
The model and the moments it promises are stated in `model`, its constants in `parameters`; `files` writes the
folder.

>>> small = generate(seed=0, centres=30, regions=3)
>>> small.registry["центр"].iloc[0], len(small.requirements), sorted(small.answers)
('01-001', 116, ['2023', '2024'])
"""

from methods.data.demonstration.catalogue import ASKED, CLIENTELES, EMPLOYER, INDICATORS, SEEKER
from methods.data.demonstration.files import write
from methods.data.demonstration.model import generate
from methods.data.demonstration.tables import Demonstration, Truth

__all__ = ["ASKED", "CLIENTELES", "EMPLOYER", "INDICATORS", "SEEKER", "Demonstration", "Truth", "generate", "write"]
