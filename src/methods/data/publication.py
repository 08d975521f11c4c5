"""What of an edition and period may leave the office; kept under `data/processed`, since the control costs seconds.

Everything that a report says of single units comes from here, never from the scores themselves.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from multiprocessing import get_context
from pathlib import Path

import pandas as pd

from methods.data import editions, sources, store
from methods.data.disclosure import Published, published_view
from methods.files import folder_whole
from methods.index.score import score

TABLES = ("scores", "regions", "reasons", "protected", "cells")
PARTS = "published"  # folder beside the measurements of the period
RECORD = "record.json"


def published(version: str, period: str = "", root: Path | None = None) -> Published:
    """The protected tables of an edition and period, made once for the same data and rules.

    Raises
    ------
    DisclosureError
        A hidden cell can still be computed from the others.
    """
    root = root or store.project_root()
    edition = editions.load_edition(root, version)
    period = store.resolve_period(edition, period)
    measured = store.prepare(root, edition, period)
    folder = _folder(root, version, period)
    stamp = _stamp(root / store.PROCESSED / edition.version / period)
    kept = _read(folder, stamp)
    if kept is not None:
        kept.stop()
        return kept
    made = published_view(score(measured.measurements, edition), measured.measurements, edition,
                          edition.disclosure.threshold, protection=edition.disclosure.protection,
                          regions=measured.units.get("region"))
    made.stop()
    _write(folder, made, stamp)
    return made


def ready(version: str, periods: Sequence[str], root: Path) -> None:
    """Make the protected tables of several periods, so that `published` only reads them; raises as it does.

    Periods of which nothing is kept are made at the same time, each in a process of its own.
    """
    new = [period for period in periods if not _kept(_folder(root, version, period))]
    processes = min(len(new), os.cpu_count() or 1)
    if processes > 1:
        with (suppress(BrokenProcessPool),   # killed, most often for want of memory, which one at a time may have
              ProcessPoolExecutor(processes, get_context("spawn")) as pool):
            for made in [pool.submit(_make, version, period, root) for period in new]:
                made.result()
    for period in periods:
        published(version, period, root)


def _make(version: str, period: str, root: Path) -> None:
    """In a process of its own: the tables stay on the disk, they are not sent back."""
    published(version, period, root)


def _kept(folder: Path) -> bool:
    """Whether there is a record; what is wrong with an impossible name will be told when it is read."""
    try:
        return (folder / RECORD).is_file()
    except OSError:
        return False


def _folder(root: Path, version: str, period: str) -> Path:
    return root / store.PROCESSED / version / f"{period}-{PARTS}"


def _stamp(processed: Path) -> str:
    """Changes with the measurements, with the edition and with the code that scores and protects."""
    package = Path(__file__).parents[1]
    code = [*sorted((package / "data" / "disclosure").glob("*.py")), *sorted((package / "index").glob("*.py"))]
    parts = [(processed / store.ORIGIN).read_text("utf-8"), *(path.read_text("utf-8") for path in code)]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _read(folder: Path, stamp: str) -> Published | None:
    try:
        record = json.loads((folder / RECORD).read_text("utf-8"))
        if record["stamp"] != stamp or any(sources.sha256(folder / name) != digest
                                           for name, digest in record["tables"].items()):
            return None
        tables = {name: pd.read_parquet(folder / f"{name}.parquet") for name in TABLES}
        return Published(**tables, overall=record["overall"], threshold=record["threshold"],
                         protection=record["protection"], n=pd.read_parquet(folder / "n.parquet")["n"])
    except (OSError, ValueError, KeyError, TypeError):  # absent or damaged: made anew
        return None


def _write(folder: Path, made: Published, stamp: str) -> None:
    with folder_whole(folder) as partial:
        for name in TABLES:
            getattr(made, name).to_parquet(partial / f"{name}.parquet")
        made.n.to_frame("n").to_parquet(partial / "n.parquet")
        hashes = {path.name: sources.sha256(path) for path in sorted(partial.iterdir())}
        record = {"stamp": stamp, "overall": made.overall, "threshold": made.threshold, "protection": made.protection,
                  "tables": hashes}
        (partial / RECORD).write_text(json.dumps(record, indent=1, sort_keys=True) + "\n", encoding="utf-8",
                                      newline="\n")
