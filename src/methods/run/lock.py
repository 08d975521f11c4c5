"""One run at a time in a folder: two runs must not mix their files."""

from __future__ import annotations

import glob
import json
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

import psutil

from methods.errors import EnvironmentFault

try:
    import fcntl
except ImportError:   # Windows
    fcntl = None

PROC = Path("/proc")   # Linux tells there of its processes


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
    for left in path.parent.glob(f"{glob.escape(path.name)}.*.new"):   # by runs that were killed
        left.unlink(missing_ok=True)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


class _Owner(dict):
    """Who holds the lock. When the process was born tells it from a later process with the same number."""

    @classmethod
    def current(cls) -> _Owner:
        return cls(pid=os.getpid(), host=socket.gethostname(), born=_born(os.getpid()),
                   started=datetime.now().astimezone().isoformat(timespec="seconds"))

    @classmethod
    def parse(cls, content: str) -> _Owner | None:
        try:
            owner = cls(json.loads(content))
        except ValueError:
            return None
        return owner if {"pid", "host", "born", "started"} <= owner.keys() else None

    def alive(self) -> bool:
        if self["host"] != socket.gethostname():
            return True
        try:
            return _born(self["pid"]) == self["born"]
        except psutil.NoSuchProcess:
            return False
        except psutil.AccessDenied:
            return True


def _born(pid: int) -> str:
    """When a process was started, in words that a change of the system's clock leaves as they are.

    Linux counts from the start of the machine; psutil turns that into a date by the clock of the moment.
    """
    boot = PROC / "sys/kernel/random/boot_id"
    if not boot.is_file():
        return str(psutil.Process(pid).create_time())
    try:
        told = (PROC / str(pid) / "stat").read_text("utf-8", "replace")
    except (FileNotFoundError, ProcessLookupError):
        raise (psutil.AccessDenied if psutil.pid_exists(pid) else psutil.NoSuchProcess)(pid) from None
    ticks = told.rpartition(")")[2].split()[19]   # field 22, proc_pid_stat(5); the name in brackets may hold anything
    return f"{boot.read_text('utf-8').strip()} {ticks}"


def _create(path: Path, owner: _Owner) -> bool:
    """Make the lock file whole, so that a run killed here leaves none without a name; False when it exists already."""
    mine = path.with_name(f"{path.name}.{os.getpid()}-{threading.get_ident()}.new")
    content = json.dumps(owner, ensure_ascii=False)
    try:
        mine.write_text(content, "utf-8")
        try:
            os.link(mine, path)
        except (FileExistsError, FileNotFoundError):   # the second: whoever holds the lock has just tidied up
            return False
        except OSError:   # a file system without links
            return _create_plainly(path, content)
    finally:
        mine.unlink(missing_ok=True)
    return True


def _create_plainly(path: Path, content: str) -> bool:
    try:
        with path.open("x", encoding="utf-8") as stream:
            stream.write(content)
    except FileExistsError:
        return False
    except OSError:
        path.unlink(missing_ok=True)
        raise
    return True


def _discard(path: Path, stale: str) -> None:
    """Remove a stale lock, unless another run has taken it over meanwhile.

    Whoever removes it holds it by the system's own lock, which ends with the process: nobody else can remove it between
    the last look and the removal, and a lock made since then is another file.
    """
    if fcntl is None:
        _discard_by_name(path, stale)
        return
    with suppress(FileNotFoundError), path.open("r+", encoding="utf-8") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX)
        except OSError:   # a file system without them
            _discard_by_name(path, stale)
            return
        if os.path.samestat(os.fstat(stream.fileno()), path.stat()) and stream.read() == stale:
            path.unlink()


def _discard_by_name(path: Path, stale: str) -> None:
    """The same without locks of the system: for a moment the lock of the run that came first may be missing."""
    grave = path.with_name(f"{path.name}.{os.getpid()}-{threading.get_ident()}.stale")
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
