"""Processed data: measurements kept under `data/processed`, rebuilt whenever anything they came from has changed."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from methods import checks
from methods.data import editions, sources
from methods.data.measure import Measured, measure
from methods.errors import UsageError
from methods.files import folder_whole
from methods.index.degenerate import cautions, ratable
from methods.index.edition import Edition
from methods.index.score import Scores, score
from methods.problems import Remark

PROCESSED = Path("data") / "processed"
MEASUREMENTS, UNITS, ORIGIN = "measurements.csv", "units.csv", "origin.json"
# Of the regions' files, if there are any.
PROTOCOL, ANSWERS, MARKS, COMMENTS = "protocol.txt", "answers.parquet", "marks.parquet", "comments.npy"


def project_root() -> Path:
    """Top folder of the project: `ZVEZDA_ROOT` if set, else the nearest folder above with `data/raw/methodology`."""
    stated = os.environ.get("ZVEZDA_ROOT")
    places = [Path(stated)] if stated else [Path.cwd(), *Path.cwd().parents]
    for place in places:
        if (place / editions.FOLDER).is_dir():
            return place.resolve()
    raise UsageError(f"Не найдена папка проекта: ни здесь ({Path.cwd()}), ни выше нет {editions.FOLDER.as_posix()}. "
                     "Запустите команду из папки проекта.")


def resolve_period(edition: Edition, period: str) -> str:
    """The period asked for, or the edition's latest one if none was."""
    return period or edition.data.periods[-1]


def prepare(root: Path, edition: Edition, period: str) -> Measured:
    """Measurements of a period, from `data/processed` if nothing has changed since they were made."""
    folder = root / PROCESSED / edition.version / period
    stamp = _stamp(edition)
    kept = _read(root, folder, stamp)
    if kept is not None:
        return kept
    made = measure(root, edition, period)
    sources.still(root, made.files)
    _write(folder, made, stamp)
    return made


def scored(version: str, period: str = "", root: Path | None = None) -> tuple[Edition, Measured, Scores]:
    """Edition, measurements and scores by the edition's name: what every notebook starts from."""
    root = root or project_root()
    edition = editions.load_edition(root, version)
    measured = prepare(root, edition, resolve_period(edition, period))
    scores = score(measured.measurements, edition)
    ratable(scores, edition)
    told = cautions(scores, edition)
    return edition, replace(measured, notes=(*measured.notes, *told)), scores


def inputs(root: Path, edition: Edition, measured: Measured) -> dict[str, str]:
    """Everything a result rests on: path from the project's root -> sha256."""
    path = editions.FOLDER / f"{edition.version}.yaml"
    return {path.as_posix(): sources.sha256(root / path), **measured.files}


def _stamp(edition: Edition) -> str:
    """Changes with the edition's content or with the code that measures: this room and what lies below it."""
    package = Path(__file__).parents[1]
    code = [*sorted((package / "data").rglob("*.py")), *sorted((package / "index").glob("*.py")),
            *sorted(package.glob("problem*.py")), Path(checks.__file__)]
    parts = [edition.model_dump_json(), importlib.metadata.version("pandas"),
             *(path.read_text("utf-8") for path in code)]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _read(root: Path, folder: Path, stamp: str) -> Measured | None:
    try:
        origin = json.loads((folder / ORIGIN).read_text(encoding="utf-8"))
        origin = {key: origin[key] for key in ("stamp", "files", "notes", "remarks", "tables")}
    except (OSError, ValueError, KeyError, TypeError):  # absent or damaged: made anew
        return None
    fresh = origin["stamp"] == stamp and all(
        (root / name).is_file() and sources.sha256(root / name) == digest for name, digest in origin["files"].items())
    whole = all((folder / name).is_file() and sources.sha256(folder / name) == digest
                for name, digest in origin["tables"].items())
    if not (fresh and whole):
        return None
    text = {"unit": str, "indicator": str, "side": str, "clientele": str}
    options = {"keep_default_na": False, "na_values": {"value": "", "se": "", "n": ""}}
    measurements = pd.read_csv(folder / MEASUREMENTS, dtype=text, **options)
    units = pd.read_csv(folder / UNITS, dtype=str, keep_default_na=False, na_values={"region": [""]}).set_index("unit")
    answers, marks = (pd.read_parquet(folder / name) if name in origin["tables"] else None for name in (ANSWERS, MARKS))
    protocol = (folder / PROTOCOL).read_text(encoding="utf-8") if PROTOCOL in origin["tables"] else ""
    comments = np.load(folder / COMMENTS) if COMMENTS in origin["tables"] else None
    return Measured(measurements, units, origin["files"], tuple(origin["notes"]),
                    tuple(Remark(*remark) for remark in origin["remarks"]), protocol, answers, comments, marks)


def _write(folder: Path, made: Measured, stamp: str) -> None:
    with folder_whole(folder) as partial:
        made.measurements.to_csv(partial / MEASUREMENTS, index=False, lineterminator="\n")
        made.units.to_csv(partial / UNITS, lineterminator="\n")
        if made.answers is not None:
            made.answers.to_parquet(partial / ANSWERS, index=False)
            made.marks.to_parquet(partial / MARKS, index=False)
            np.save(partial / COMMENTS, made.comments)
            (partial / PROTOCOL).write_text(made.protocol, encoding="utf-8", newline="\n")
        tables = {path.name: sources.sha256(path) for path in sorted(partial.iterdir())}
        origin = {"stamp": stamp, "files": made.files, "notes": list(made.notes),
                  "remarks": [list(remark) for remark in made.remarks], "tables": tables}
        (partial / ORIGIN).write_text(json.dumps(origin, ensure_ascii=False, indent=2, sort_keys=True) + "\n",
                                      encoding="utf-8", newline="\n")
