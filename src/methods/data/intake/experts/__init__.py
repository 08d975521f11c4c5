"""Experts' judgements: who compared or rated what, in which form; every fault at its cell, all faults at once.

A file holds one expert or many; a workbook may have a sheet for every expert or every group. Experts weigh the members
of one element against each other: the children of the index, then the children of every group. Which element a row
belongs to shows in its codes; a column «группа» or the name of the sheet may say it too and is then checked. An expert
is a code: a name of a person is refused unseen, in a cell, in the name of a file and in that of a sheet.

A file's way: `sheets` reads its tables as `layout` expects them, `forms` makes answers of their rows with the numbers
of `cells`, `record` keeps them and tells faults; `pairs`, `values` and `extremes` check every answer, `panel` all
together. `check` is the way in. The headers stand in the templates too.
"""

from methods.data.intake.experts.cells import as_ratio, read_judgement
from methods.data.intake.experts.check import check_experts, read_experts
from methods.data.intake.experts.extremes import BestWorstAnswers
from methods.data.intake.experts.layout import (
    BEST,
    CODE,
    LESS,
    MORE,
    PLACE,
    POINTS,
    SERIES,
    SWING,
    TIMES,
    TO_OTHERS,
    TO_WORST,
    WORST,
)
from methods.data.intake.experts.panel import Experts
from methods.data.intake.experts.record import asked

__all__ = ["BEST", "CODE", "LESS", "MORE", "PLACE", "POINTS", "SERIES", "SWING", "TIMES", "TO_OTHERS", "TO_WORST",
           "WORST", "BestWorstAnswers", "Experts", "as_ratio", "asked", "check_experts", "read_experts",
           "read_judgement"]
