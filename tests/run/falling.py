"""Work that kills its process, for test_cluster.py: apart, so that a new process starts quickly."""

import os
import signal

from methods.errors import UsageError


def kill_myself():
    os.kill(os.getpid(), signal.SIGTERM if os.name == "nt" else signal.SIGKILL)


def killed_once(mark, task):
    """The sum of a task; whoever is the first to come to the task that starts with 3 is killed."""
    if task[0] == 3:
        try:
            mark.touch(exist_ok=False)
        except FileExistsError:
            pass
        else:
            kill_myself()
    return sum(task)


def always_killed(task):
    kill_myself()


def wrong(task):
    raise UsageError(f"часть {task[0]}")
