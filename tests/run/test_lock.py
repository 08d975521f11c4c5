import json
import os
import socket
import subprocess
import sys

import psutil
import pytest

from methods.errors import EnvironmentFault
from methods.run import lock
from methods.run.lock import locked


@pytest.fixture
def path(tmp_path):
    return tmp_path / "reports" / ".2024.lock"


def test_second_run_is_refused_and_told_who_holds_the_folder(path):
    with locked(path), pytest.raises(EnvironmentFault, match=f"процесс {os.getpid()} на компьютере"), locked(path):
        pass
    assert not path.exists()


def test_released_after_a_failure(path):
    with pytest.raises(ZeroDivisionError), locked(path):
        raise ZeroDivisionError
    assert not path.exists()


def _leave(path, **owner):
    path.parent.mkdir(parents=True, exist_ok=True)
    owner = {"pid": os.getpid(), "host": socket.gethostname(), "born": lock._born(os.getpid()),
             "started": "2024-01-01T00:00:00+03:00"} | owner
    path.write_text(json.dumps(owner), "utf-8")


def test_lock_of_a_dead_process_is_taken_over(path):
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    _leave(path, pid=process.pid)
    with locked(path):
        assert json.loads(path.read_text("utf-8"))["pid"] == os.getpid()
    assert list(path.parent.iterdir()) == []


def test_lock_whose_process_number_was_given_anew_is_taken_over(path):
    _leave(path, born="в прошлый раз")
    with locked(path):
        pass


def test_lock_is_of_the_living_whatever_the_clock_says(path, monkeypatch):
    """Linux: psutil computes the birth of a process from the clock of the moment."""
    _leave(path)
    monkeypatch.setattr(psutil.Process, "create_time", lambda *_: 0.0)
    if lock.PROC.is_dir():
        with pytest.raises(EnvironmentFault, match="занял другой запуск"), locked(path):
            pass


def test_elsewhere_than_on_linux_the_birth_is_what_psutil_says(path, monkeypatch, tmp_path):
    monkeypatch.setattr(lock, "PROC", tmp_path / "нет")
    assert lock._born(os.getpid()) == str(psutil.Process().create_time())
    _leave(path)
    with pytest.raises(EnvironmentFault, match="занял другой запуск"), locked(path):
        pass


@pytest.mark.parametrize("left", ["", '{"pid": 1, "ho'])
def test_a_run_killed_while_it_made_the_lock_leaves_nothing_that_locks(path, left):
    path.parent.mkdir()
    (path.parent / f"{path.name}.77.new").write_text(left, "utf-8")
    with locked(path):
        pass
    assert list(path.parent.iterdir()) == []


def test_without_links_the_lock_is_made_all_the_same(path, monkeypatch):
    monkeypatch.setattr(os, "link", lambda *_: (_ for _ in ()).throw(OSError(95, "Operation not supported")))
    with locked(path), pytest.raises(EnvironmentFault, match=f"процесс {os.getpid()}"), locked(path):
        pass
    assert list(path.parent.iterdir()) == []


def test_lock_of_another_host_is_respected(path):
    _leave(path, host="другой-компьютер", pid=1)
    with pytest.raises(EnvironmentFault, match="другой-компьютер"), locked(path):
        pass
    assert path.exists()


def test_unreadable_lock_is_respected(path):
    path.parent.mkdir(parents=True)
    path.write_text("", "utf-8")
    with pytest.raises(EnvironmentFault, match="удалите файл"), locked(path):
        pass


def test_a_lock_taken_over_since_the_look_is_left(path):
    """Another run removed the stale lock and made its own between our look and our removal."""
    _leave(path, born="в прошлый раз")
    stale = path.read_text("utf-8")
    path.unlink()
    _leave(path)
    for discard in (lock._discard, lock._discard_by_name):
        discard(path, stale)
        assert json.loads(path.read_text("utf-8"))["born"] == lock._born(os.getpid())
    lock._discard(path, path.read_text("utf-8"))
    assert not path.exists()
    lock._discard(path, stale)   # somebody else was sooner
