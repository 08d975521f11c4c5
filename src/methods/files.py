"""Writing whole files and folders: what people read and what the jobs keep never lies half-written."""

from __future__ import annotations

import glob
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from methods.errors import EnvironmentFault


def write_atomic(path: Path, content: bytes) -> Path:
    """Put a file in place whole: a reader sees the old one or the new one, and a failure leaves no half behind."""
    stem = f".{path.name[:80]}."
    partial = path.with_name(f"{stem}{os.getpid()}.partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _sweep(path.parent, stem, ".partial")
        with open(partial, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(partial, path)
    except OSError as error:
        if path.parent.is_dir():
            partial.unlink(missing_ok=True)
        raise _not_written(f"Файл не записан: {path}", path, error, f"нужно {len(content)} байт, ") from None
    return path


@contextmanager
def folder_whole(folder: Path) -> Iterator[Path]:
    """A neighbouring folder to be filled, which takes the place of `folder` at the end of the block, or is gone.

    Of two processes that make the same folder the first wins: what they make must be equal.
    """
    stem = f".{folder.name}-"
    partial = None
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        _sweep(folder.parent, stem, "-*")
        partial = Path(tempfile.mkdtemp(prefix=f"{stem}{os.getpid()}-", dir=folder.parent))
        yield partial
        shutil.rmtree(folder, ignore_errors=True)
        try:
            partial.rename(folder)
        except OSError:
            if not folder.is_dir():
                raise
    except OSError as error:
        raise _not_written(f"Папка не записана: {folder}", folder, error) from None
    finally:
        if partial is not None:
            shutil.rmtree(partial, ignore_errors=True)


def put_in_place(partial: Path, final: Path, previous: Path) -> None:
    """Put a finished folder in the place of an old one, which stands at `previous` meanwhile and is then removed.

    A folder cannot be replaced in one step: what a kill between the two leaves is undone by `put_back`.
    """
    try:
        if final.exists():
            os.replace(final, previous)
        os.replace(partial, final)
    except OSError as error:   # on Windows: a file of the old folder is open, say, in Excel
        put_back(final, previous)
        raise EnvironmentFault(f"Не удалось заменить папку {final}: {error.strerror or error}. Прежняя не тронута.\n"
                               f"Закройте её файлы и повторите; новая готова: {partial}.") from error
    shutil.rmtree(previous, ignore_errors=True)


def put_back(final: Path, previous: Path) -> None:
    """Undo a swap that was cut in the middle: the previous folder is the good one."""
    if previous.exists() and not final.exists():
        os.replace(previous, final)
    shutil.rmtree(previous, ignore_errors=True)


def _sweep(folder: Path, before: str, after: str) -> None:
    """Remove what killed processes left half-written: names hold the number of the process."""
    for path in folder.glob(f"{glob.escape(before)}*{after}"):
        number = re.match(r"\d+", path.name.removeprefix(before))
        if number and not psutil.pid_exists(int(number[0])):
            shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)


def _not_written(what: str, path: Path, error: OSError, needed: str = "") -> EnvironmentFault:
    free = f"{shutil.disk_usage(path.parent).free // 2**20} МБ" if path.parent.is_dir() else "нет папки"
    return EnvironmentFault(f"{what} ({error.strerror or error}); {needed}свободно {free}. Закройте файл в других "
                            "программах, проверьте права и место.")
