"""Bring the notebooks into the state in which they are committed: no outputs but those that nbval compares.

    python tools/refresh_notebooks.py            all notebooks
    python tools/refresh_notebooks.py 03         those whose name starts so

A cell with `# NBVAL_CHECK_OUTPUT` keeps its output and number: without both, nbval compares nothing and passes. Read
the diff before committing: a changed output is a changed result.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import nbformat

from methods.run import JOBS, kernel

ROOT = Path(__file__).resolve().parents[1]
CHECKED = "# NBVAL_CHECK_OUTPUT"


def refresh(path: Path, folder: Path) -> None:
    """Execute the notebook with its default parameters and keep only what is compared."""
    executed = folder / path.name
    kernel.execute(path, executed, {}, ROOT)
    outputs = {cell.id: cell for cell in nbformat.read(executed, as_version=4).cells}
    notebook = nbformat.read(path, as_version=4)
    number = 0
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        cell.outputs, cell.execution_count = [], None
        if CHECKED in cell.source:
            number += 1
            cell.outputs, cell.execution_count = outputs[cell.id].outputs, number
            for output in cell.outputs:
                if "execution_count" in output:
                    output.execution_count = number
    nbformat.write(notebook, path)


def main(words: list[str]) -> None:
    """Refresh the notebooks whose names start with one of the words; the report comes last and reads the others."""
    with tempfile.TemporaryDirectory() as folder:
        for path in (ROOT / "notebooks" / f"{name}.ipynb" for name in JOBS.values()):
            if not words or any(path.name.startswith(word) for word in words):
                print(path.name, flush=True)
                refresh(path, Path(folder))


if __name__ == "__main__":
    os.chdir(ROOT)
    main(sys.argv[1:])
