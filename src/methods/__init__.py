"""Composite indices for methodologists: the formulas, the data rooms and the runner of the workbench."""

import os

# openpyxl takes lxml where it finds it (python-docx brings it): other bytes, and without defusedxml's refusals.
os.environ.setdefault("OPENPYXL_LXML", "False")
