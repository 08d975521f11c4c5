"""The passport of a run: what went in, with which code and parameters, when. `manifest.json` lies beside the report."""

from __future__ import annotations

import hashlib
import platform
import subprocess
from collections.abc import Iterable, Mapping
from importlib import metadata
from pathlib import Path

from methods.errors import EnvironmentFault

PACKAGES = ("numpy", "scipy", "pandas", "statsmodels", "matplotlib", "seaborn", "papermill", "nbclient", "nbconvert",
            "ipykernel")


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


def code_state(root: Path) -> dict[str, str | bool] | None:
    """The git commit and whether files differ from it; None outside a repository or without git."""
    commit, status = _git(root, "rev-parse", "HEAD"), _git(root, "status", "--porcelain")
    return None if commit is None or status is None else {"commit": commit, "dirty": bool(status)}


def _git(root: Path, *command: str) -> str | None:
    try:
        done = subprocess.run(["git", "-C", str(root), *command], capture_output=True, encoding="utf-8",
                              errors="replace", timeout=30, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()


def _name(path: Path, root: Path) -> str:
    path, root = path.resolve(), root.resolve()
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else path.as_posix()
