"""One run at a time in a folder: two runs must not mix their files."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import psutil

from methods.errors import EnvironmentFault


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock file `path` while the block runs.

    Raises `EnvironmentFault` when another run holds it. A lock whose process is gone (killed, power cut) is taken over;
    that can be known only on its own host, so a lock from another host is always respected.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    mine = _Owner.current()
    while not _create(path, mine):
        try:
            content = path.read_text("utf-8")
        except FileNotFoundError:   # released between the two calls
            continue
        owner = _Owner.parse(content)
        if owner is None or owner.alive():
            raise EnvironmentFault(_busy(path, owner))
        _discard(path, content)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


class _Owner(dict):
    """Who holds the lock. The process's start time tells it from a later process with the same number."""

    @classmethod
    def current(cls) -> _Owner:
        return cls(pid=os.getpid(), host=socket.gethostname(), process_started=psutil.Process().create_time(),
                   started=datetime.now().astimezone().isoformat(timespec="seconds"))

    @classmethod
    def parse(cls, content: str) -> _Owner | None:
        try:
            owner = cls(json.loads(content))
        except ValueError:
            return None
        return owner if {"pid", "host", "process_started", "started"} <= owner.keys() else None

    def alive(self) -> bool:
        if self["host"] != socket.gethostname():
            return True
        try:
            return abs(psutil.Process(self["pid"]).create_time() - self["process_started"]) < 1   # seconds
        except psutil.NoSuchProcess:
            return False
        except psutil.AccessDenied:
            return True


def _create(path: Path, owner: _Owner) -> bool:
    """Make the lock file; False when it exists already."""
    try:
        with path.open("x", encoding="utf-8") as stream:
            json.dump(owner, stream, ensure_ascii=False)
    except FileExistsError:
        return False
    return True


def _discard(path: Path, stale: str) -> None:
    """Remove a stale lock, unless another run has taken it over meanwhile."""
    grave = path.with_name(f"{path.name}.{os.getpid()}.stale")
    try:
        os.replace(path, grave)
    except FileNotFoundError:
        return
    if grave.read_text("utf-8") != stale:
        os.replace(grave, path)   # that was the lock of the run which came first: give it back
    else:
        grave.unlink()


def _busy(path: Path, owner: _Owner | None) -> str:
    holder = (f"процесс {owner['pid']} на компьютере {owner['host']}, начат {owner['started']}" if owner
              else "кем — прочитать не удалось")
    return (f"Папку занял другой запуск: {holder}.\n"
            f"Дождитесь его окончания. Если он точно не работает, удалите файл {path} и повторите.")
