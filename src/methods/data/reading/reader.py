"""One file -> one table: everything that is wrong with it goes to the protocol, nothing is raised for bad content."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import yaml

from methods.data.reading.kinds import kind_of
from methods.data.reading.parquet import read_parquet
from methods.data.reading.report import Refused, Report
from methods.data.reading.spec import Limits, TableSpec
from methods.data.reading.table import build
from methods.data.reading.text import read_text
from methods.data.reading.workbook import read_workbook
from methods.errors import EnvironmentFault
from methods.problems import Protocol

LIMITS = Limits()


def read_file(path: Path, spec: TableSpec, protocol: Protocol, root: Path, *, limits: Limits = LIMITS,
              sha256: str | None = None) -> pd.DataFrame | None:
    """Read one CSV, XLSX or Parquet file strictly.

    Parameters
    ----------
    path : Path
        The file.
    spec : TableSpec
        What the table must look like.
    protocol : Protocol
        Takes every error, doubt and automatic correction.
    root : Path
        Top folder of the project: addresses are told from there.
    limits : Limits
        Sizes past which a file is refused unread.
    sha256 : str, optional
        Hash of a Parquet file; by default as `source.yml` beside the file describes it.

    Returns
    -------
    DataFrame or None
        Columns by the names of `spec`, typed; index: row numbers as Excel shows them; `attrs`: file, sheet,
        header_row, letters of the columns. Faulty cells are missing in it, so use it only if the protocol has no
        errors, or to look for further ones. None if the file as a whole was refused.
    """
    report = Report(name_of(path, root), protocol)
    try:
        match kind_of(path, limits):
            case "text":
                grid = read_text(path, spec, report, limits)
            case "workbook":
                grid = read_workbook(path, spec, report, limits)
            case _:
                grid = read_parquet(path, spec, report, limits, sha256 or _described(path))
        return build(grid, spec, report, limits)
    except Refused as refusal:
        report.sheet = refusal.found.pop("sheet", report.sheet)
        report.add(refusal.code, **refusal.found)
        return None
    except OSError as fault:
        raise EnvironmentFault(f"Файл {report.file} не удалось открыть: {fault.strerror or fault}. Проверьте права и "
                               "не открыт ли он в другой программе.") from fault


def name_of(path: Path, root: Path) -> str:
    """A path as messages show it: from the project's folder."""
    path, root = path.resolve(), root.resolve()
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else path.as_posix()


def _described(path: Path) -> str | None:
    """The file's hash in `source.yml` of its folder, if there is one."""
    source = path.with_name("source.yml")
    if not source.is_file():
        return None
    files = (yaml.safe_load(source.read_text(encoding="utf-8")) or {}).get("files") or {}
    return str(files[path.name]) if path.name in files else None
