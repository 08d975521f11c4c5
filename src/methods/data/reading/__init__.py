"""The strict reader of tabular files made by hand: nothing is guessed, nothing is repaired without a word."""

from methods.data.reading.folder import collect
from methods.data.reading.reader import read_file
from methods.data.reading.spec import ColumnSpec, Limits, TableSpec

__all__ = ["ColumnSpec", "Limits", "TableSpec", "collect", "read_file"]
