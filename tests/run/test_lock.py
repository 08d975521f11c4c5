import json
import os
import socket
import subprocess
import sys

import psutil
import pytest

from methods.errors import EnvironmentFault
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
    owner = {"pid": os.getpid(), "host": socket.gethostname(), "process_started": psutil.Process().create_time(),
             "started": "2024-01-01T00:00:00+03:00"} | owner
    path.write_text(json.dumps(owner), "utf-8")


def test_lock_of_a_dead_process_is_taken_over(path):
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    _leave(path, pid=process.pid, process_started=0)
    with locked(path):
        assert json.loads(path.read_text("utf-8"))["pid"] == os.getpid()
    assert list(path.parent.iterdir()) == []


def test_lock_whose_process_number_was_given_anew_is_taken_over(path):
    _leave(path, process_started=psutil.Process().create_time() - 1000)
    with locked(path):
        pass


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
