"""Parquet files: whole, of a known hash, and read only where pyarrow is installed."""

from __future__ import annotations

from datetime import date, time, timedelta
from decimal import Decimal
from math import isnan
from pathlib import Path

from methods.data.reading.grid import Grid
from methods.data.reading.report import ROWS, Phrase, Refused, Report
from methods.data.reading.spec import Limits, TableSpec
from methods.data.sources import sha256

MAGIC = b"PAR1"
CUT = Phrase("в конце нет подписи PAR1", "no PAR1 mark at the end")
UNKNOWN = Phrase("хеш не описан в source.yml", "no hash in source.yml")
CHANGED = Phrase("хеш не совпал", "the hash differs")
UNREADABLE = Phrase("не читается", "cannot be read")
NEEDS_PYARROW = Phrase("для Parquet нужен пакет pyarrow, он не установлен",
                       "Parquet needs the package pyarrow, which is not installed")
INSTALL = Phrase("установите pyarrow или сохраните таблицу в CSV", "install pyarrow or save the table as CSV")


def read_parquet(path: Path, spec: TableSpec, report: Report, limits: Limits, expected: str | None) -> Grid:
    """The rows of a Parquet file. A flipped byte changes a number without a word, hence the hash."""
    found = sha256(path)
    hashes = {"expected": expected[:12] if expected else "–", "found": found[:12]}
    with path.open("rb") as stream:
        stream.seek(-4, 2)
        if stream.read() != MAGIC:
            raise Refused("XLS-27", reason=CUT, **hashes)
    if expected and found != expected:
        raise Refused("XLS-27", reason=CHANGED, **hashes)
    try:
        from pyarrow import ArrowException, parquet
    except ImportError:
        raise Refused("XLS-23", accepted="CSV, XLSX", reason=NEEDS_PYARROW, remedy=INSTALL) from None
    try:
        file = parquet.ParquetFile(path, page_checksum_verification=True)
        size = sum(file.metadata.row_group(at).total_byte_size for at in range(file.metadata.num_row_groups))
        if size > limits.unpacked_bytes:
            raise Refused("XLS-20", size=size, limit=limits.unpacked_bytes, most=limits.ratio,
                          ratio=f"{size / path.stat().st_size:.0f}")
        if file.metadata.num_rows > limits.text_rows:
            raise Refused("BIG-01", size=file.metadata.num_rows, limit=limits.text_rows, unit=ROWS)
        table = file.read()
    except (ArrowException, OSError) as fault:
        raise Refused("XLS-27", reason=UNREADABLE, **hashes) from fault
    if not expected:
        report.add("XLS-27", "warning", reason=UNKNOWN, **hashes)
    columns = [column.to_pylist() for column in table.columns]
    rows = [(number, [_plain(cell) for cell in cells]) for number, cells in enumerate(zip(*columns, strict=True), 2)]
    return Grid([(1, list(table.column_names)), *rows])


def _plain(cell: object) -> object:
    """A value as a workbook could hold it; lists and the like become texts, which no column of numbers accepts."""
    if isinstance(cell, Decimal):
        return float(cell)
    if isinstance(cell, float) and isnan(cell):
        return None
    return cell if cell is None or isinstance(cell, (str, int, float, date, time, timedelta)) else str(cell)
