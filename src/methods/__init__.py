"""Composite indices for methodologists: the formulas, the data rooms and the runner of the workbench."""
