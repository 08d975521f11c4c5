"""Checks of what the regions send: registry, survey answers, checklists; every table on its own, then all together.

Functions take typed frames as the reader leaves them (index: Excel's row numbers; `attrs`: file, sheet, letters) and
a `Protocol`; they return clean frames. They never raise on bad data: `protocol.stop()` does, once all is read.
"""

from methods.data.intake.centres import check_registry
from methods.data.intake.folder import Given, Intake, check_folder, check_tables, requirement_list
from methods.data.intake.requirements import check_checklist, check_checklists, compare_automatic
from methods.data.intake.respondents import check_survey, check_surveys
from methods.data.intake.years import check_comparison, check_edition_period, check_one_edition

__all__ = ["Given", "Intake", "check_checklist", "check_checklists", "check_comparison",
           "check_edition_period", "check_folder", "check_one_edition", "check_registry", "check_survey",
           "check_surveys", "check_tables", "compare_automatic", "requirement_list"]
