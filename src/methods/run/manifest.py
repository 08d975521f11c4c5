"""The passport of a run: what went in, with which code and parameters, when. `manifest.json` lies beside the report."""

from __future__ import annotations

import hashlib
import json
import platform
import re
import subprocess
from collections.abc import Iterable, Mapping
from importlib import metadata
from pathlib import Path, PurePosixPath

import nbformat

from methods.data import sources
from methods.errors import EnvironmentFault

PACKAGES = ("numpy", "scipy", "pandas", "statsmodels", "matplotlib", "seaborn", "papermill", "nbclient", "nbconvert",
            "ipykernel", "numba", "pyarrow")
PACKAGE = Path(__file__).resolve().parents[1]
OUTSIDE = "outside-the-project/"
RESULT = ("output_type", "name", "text", "data", "ename", "evalue")
PICTURE = re.compile(r"[A-Za-z0-9+/]{200,}=*")   # base64


def fingerprints(paths: Iterable[Path], root: Path) -> dict[str, str]:
    """SHA-256 of every file (folders are walked), by its path from the root with `/` on every system.

    >>> import tempfile
    >>> root = Path(tempfile.mkdtemp())
    >>> _ = (root / "a.csv").write_bytes(b"x")
    >>> {name: digest[:8] for name, digest in fingerprints([root / "a.csv"], root).items()}
    {'a.csv': '2d711642'}
    """
    found: dict[str, str] = {}
    for path in paths:
        path = root / path
        if not path.exists():
            raise EnvironmentFault(f"Нет входного файла: {path}.")
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.is_file():
                with file.open("rb") as stream:
                    found[_name(file, root)] = hashlib.file_digest(stream, "sha256").hexdigest()
    return dict(sorted(found.items()))


def described(inputs: Iterable[str], root: Path) -> dict[str, str]:
    """What each `source.yml` among the inputs says, piece by piece, by paths from the root (`sources.described`).

    The file itself changes whenever a year is accepted; the pieces that a report of an earlier year rests on do not.
    """
    found: dict[str, str] = {}
    for path in map(PurePosixPath, inputs):
        if path.name == sources.PASSPORT and path.parent.parent == PurePosixPath(sources.RAW.as_posix()):
            pieces = sources.described(sources.read_source(root, path.parent.name))
            found |= {(path.parent / piece).as_posix(): digest for piece, digest in pieces.items()}
    return dict(sorted(found.items()))


def unchanged(before: Mapping[str, str], after: Mapping[str, str]) -> None:
    """Raise unless the inputs are the same after the run as before: else the parts of the report would not agree."""
    changed = sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
    if changed:
        raise EnvironmentFault(f"Входные данные изменились во время расчёта: {', '.join(changed)}.\n"
                               "Отчёт не заменён. Не меняйте файлы до конца расчёта и повторите.")


def versions() -> dict[str, str | None]:
    """Versions of Python, of the system and of the packages that numbers and pictures depend on."""
    found: dict[str, str | None] = {"python": platform.python_version(), "platform": platform.platform()}
    for package in PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            found[package] = None
    return found


def modules() -> dict[str, str]:
    """SHA-256 of every file of the package `methods` that runs: a commit says nothing about a copy that was changed."""
    files = [path for path in PACKAGE.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    return fingerprints(files, PACKAGE.parent)


def said(notebook: Path) -> list[tuple[str, str]]:
    """Source and results of every code cell: equal in every run, unlike the file with its times.

    A picture stands as its sha256.
    """
    cells = []
    for cell in nbformat.read(notebook, as_version=4).cells:
        if cell.cell_type == "code":
            given: list[dict] = []
            for output in cell.outputs:
                own = {key: output[key] for key in RESULT if key in output}
                if given and own["output_type"] == given[-1]["output_type"] == "stream" \
                        and own["name"] == given[-1]["name"]:   # how a stream is cut is a matter of time
                    given[-1]["text"] += own["text"]
                else:
                    given.append(own)
            cells.append((cell.source, PICTURE.sub(_as_digest, json.dumps(given, ensure_ascii=False, sort_keys=True))))
    return cells


def executed(notebooks: Iterable[Path]) -> dict[str, str]:
    """SHA-256 of what the cells of each executed notebook were and gave, by its name."""
    return {path.name: hashlib.sha256(json.dumps(said(path)).encode()).hexdigest() for path in sorted(notebooks)}


def code_state(root: Path) -> dict[str, str | bool] | None:
    """The git commit and whether files differ from it; None outside a repository or without git."""
    commit, status = _git(root, "rev-parse", "HEAD"), _git(root, "status", "--porcelain")
    return None if commit is None or status is None else {"commit": commit, "dirty": bool(status)}


def _as_digest(found: re.Match[str]) -> str:
    return f"sha256:{hashlib.sha256(found[0].encode()).hexdigest()[:12]}"


def _git(root: Path, *command: str) -> str | None:
    try:
        done = subprocess.run(["git", "-C", str(root), *command], capture_output=True, encoding="utf-8",
                              errors="replace", timeout=30, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()


def _name(path: Path, root: Path) -> str:
    path, root = path.resolve(), root.resolve()
    # of a file elsewhere, such as a Word template, the name only: the passport is published
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else f"{OUTSIDE}{path.name}"
