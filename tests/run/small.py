"""A project that is reported in seconds, for the tests of faults and for benchmarks/random_kills.py.

Its notebooks read the file `fault` in the project's root: what happens to a run is said there and not in the command,
so that the same command can be repeated once the fault is gone.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import shutil
import sys
import threading
import zipfile
from pathlib import Path

import nbformat
from nbformat import v4

from methods.data import editions, sources
from methods.run import JOBS

EDITION, PERIOD = "small", "2024"
SOURCES = Path(editions.__file__).parents[2]   # of the package `methods`
FAULT = "fault"
ONE = threading.Lock()   # the environment belongs to the whole process

TEXT = """\
version: small
title: Малая методика
status: candidate
in_force: {start: 2023-01-01}
legal_basis: [Приказ]
decision: 0001-small
unit: {title: центр, one: центр, few: центра, many: центров}
data:
  dataset: small
  periods: ["2023", "2024"]
  units: {file: units.csv, unit: код, title: имя}
  tables: {numbers: {file: "numbers_{period}.csv", unit: код}}
indicators:
  Д1: {title: Быстрота, direction: 1, sides: {objective: {measure: column, table: numbers, column: а}}}
weights: {index: equal}
normalisation: {method: none}
aggregation: {default: {method: arithmetic}}
missing: {default: {rule: complete}}
publication: {decimals: 2}
"""
CENTRES = tuple(f"Ц{number:02}" for number in range(1, 13))

PARAMETERS = """\
edition = "small"   # редакция
period = "2024"     # период
draws = 500         # число розыгрышей
spread = 0.25       # разброс
publish = False     # публиковать
region = "77"       # регион
centres = ["Ц01"]   # центры
scale = {"низ": 0}  # шкала
seed = 0            # зерно"""

WORK = """\
import os
from pathlib import Path
place = Path(os.environ["ZVEZDA_ROOT"]) / "fault"
fault = place.read_text("utf-8") if place.exists() else ""
exec(fault)"""

# Without methods.data, which takes seconds to load: what is tried here is the run and not the measuring.
SAVE = """\
import csv
import pandas as pd
from matplotlib.figure import Figure
from methods.report.results import Results
with open(place.parent / "data/raw/small" / f"numbers_{{period}}.csv", encoding="utf-8") as stream:
    values = pd.Series({{row["код"]: float(row["а"]) for row in csv.DictReader(stream)}})
results = Results({job!r}, edition, period)
results.number("mean", values.mean(), "Средний балл", decimals=2)
picture = Figure(figsize=(3, 2))
picture.subplots().plot(values.to_numpy())
results.figure("scores", picture, "Рис. Баллы центров")
results.table("scores", pd.DataFrame({{"балл": values}}), "Таблица. Баллы центров", decimals=2)
results.write();"""

READ = """\
from methods.report.results import Results
results = Results.read(os.environ["ZVEZDA_OUTPUT"], "sensitivity")
results.tables["scores"]"""


def build(root: Path) -> Path:
    """Edition, data and notebooks under `root`."""
    raw = root / sources.RAW / "small"
    (root / editions.FOLDER).mkdir(parents=True)
    raw.mkdir()
    (root / editions.FOLDER / f"{EDITION}.yaml").write_text(TEXT, "utf-8")
    tables = {"units.csv": "код,имя\n" + "".join(f"{code},Центр {code}\n" for code in CENTRES)}
    for year in (2023, PERIOD):
        rows = (f"{code},{(7 * place + int(year)) % 12 / 12}\n" for place, code in enumerate(CENTRES))
        tables[f"numbers_{year}.csv"] = "код,а\n" + "".join(rows)
    for name, text in tables.items():
        (raw / name).write_text(text, "utf-8")
    describe(root)
    (root / "notebooks").mkdir()
    for job, name in JOBS.items():
        cells = [v4.new_markdown_cell(f"# Тетрадь задачи {job}"),
                 v4.new_code_cell(PARAMETERS, metadata={"tags": ["parameters"]}),
                 v4.new_markdown_cell("## Расчёт"), v4.new_code_cell(WORK),
                 v4.new_code_cell(READ if job == "report" else SAVE.format(job=job))]
        nbformat.write(v4.new_notebook(cells=cells), root / "notebooks" / f"{name}.ipynb")
    return root


def describe(root: Path) -> None:
    """The passport of the data with the hashes of the files as they are now."""
    raw = root / sources.RAW / "small"
    hashes = "".join(f"  {path.name}: {hashlib.sha256(path.read_bytes()).hexdigest()}\n"
                     for path in sorted(raw.glob("*.csv")))
    (raw / "source.yml").write_text(f"title: Малый набор\nproducer: Мы\ndate: '2024-12-31'\nlicence: CC0\nfiles:\n"
                                    f"{hashes}", "utf-8")


def command(*words: str, whole: bool = True) -> list[str]:
    """The command `zvezda` with these words, of the package that is being tested; not `whole`: with one job only."""
    return [sys.executable, *(["-P", "-m", "methods.cli"] if whole else [__file__]), *words]


def environment(root: Path, **more: str) -> dict[str, str]:
    """The environment of that command."""
    return os.environ | {"ZVEZDA_ROOT": str(root), "PYTHONPATH": str(SOURCES), "PYTHONUTF8": "1"} | more


# -- the same with fewer kernels, and without any ----------------------------------------------------------------------

def few(job: str, _edition: object) -> str | None:
    """One job beside the report: each costs a kernel."""
    return None if job in ("sensitivity", "report") else "в этой проверке не нужна"


def execute(source: Path, target: Path, parameters: dict, root: Path, *_: object, **__: object) -> None:
    """A stand-in for the kernel: runs the cells in this process and leaves a copy without outputs."""
    names: dict[str, object] = {}
    with ONE:
        os.environ |= {"ZVEZDA_ROOT": str(root), "ZVEZDA_OUTPUT": str(target.parent)}
        try:
            for cell in nbformat.read(source, as_version=4).cells:
                if cell.cell_type == "code":
                    exec(cell.source, names)
                    names |= parameters
        finally:
            del os.environ["ZVEZDA_OUTPUT"]
    shutil.copy(source, target)


# -- are the files whole -----------------------------------------------------------------------------------------------

def cut(folder: Path) -> list[str]:
    """Files that do not parse as what their names say; hidden ones do not pass for results and are left out."""
    return [str(path.relative_to(folder)) for path in sorted(folder.rglob("*"))
            if path.is_file() and not any(part.startswith(".") for part in path.relative_to(folder).parts)
            and not _whole(path)]


def _whole(path: Path) -> bool:
    content = path.read_bytes()
    try:
        match path.suffix:
            case ".json":
                json.loads(content)
            case ".ipynb":
                nbformat.validate(nbformat.reads(content.decode(), as_version=4))
            case ".csv":
                rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=";"))
                return content.endswith(b"\n") and len({len(row) for row in rows}) == 1
            case ".png":
                return content.startswith(b"\x89PNG\r\n\x1a\n") and content.endswith(b"IEND\xaeB`\x82")
            case ".xlsx" | ".docx":
                with zipfile.ZipFile(path) as book:
                    return book.testzip() is None and "[Content_Types].xml" in book.namelist()
            case ".pdf":
                return content.startswith(b"%PDF-") and content.rstrip().endswith(b"%%EOF")
            case ".html":
                return content.rstrip().endswith(b"</html>")
            case _:
                return False   # nobody said what it should be
    except (ValueError, zipfile.BadZipFile, nbformat.ValidationError):
        return False
    return True


def unfinished(path: Path) -> bool:
    """Whether the name of a file or of a folder above it says that it is no result."""
    return any(".partial" in part or part.startswith(".") for part in path.parts)


if __name__ == "__main__":
    from methods import cli

    cli.reason_not_applicable = few
    sys.exit(cli.main())
