"""Who makes the draws of an experiment: threads, processes of this machine, or a Dask cluster.

All of them make the same chunks, so their results are the same to the last digit. The work of a process that was killed
is done again by another one.
"""

from __future__ import annotations

import itertools
import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack

from methods.errors import EnvironmentFault, UsageError

MOST_FALLS = 3      # times that the processes may fall one after another, with nothing done
WAIT = 60           # seconds for a cluster to answer and to show its first worker
AT_ONCE = 2         # tasks of a cluster's worker in flight: results wait in memory, not in the queue

Work = Callable[[Sequence[int]], object]


class Threads:
    """Threads of this process: compiled loops run side by side, and the data are shared.

    >>> sorted(Threads(2).map(sum, [range(3), range(4), range(5)]))
    [3, 6, 10]
    """

    def __init__(self, workers: int) -> None:
        self.workers = _some(workers)

    def map(self, work: Work, tasks: Sequence[Sequence[int]]) -> Iterator:
        """Results of the tasks in their order; a few at a time, so that they do not pile up."""
        with ThreadPoolExecutor(self.workers) as pool:
            waiting, rest = [], iter(tasks)
            for task in itertools.islice(rest, self.workers):
                waiting.append(pool.submit(work, task))
            while waiting:
                yield waiting.pop(0).result()
                waiting += [pool.submit(work, task) for task in itertools.islice(rest, 1)]


class Processes:
    """Processes of this machine: for draws that spend their time in Python. Each has its own copy of the data."""

    def __init__(self, workers: int) -> None:
        self.workers = _some(workers)

    def map(self, work: Work, tasks: Sequence[Sequence[int]]) -> Iterator:
        """Results of the tasks as they come. Tasks of a process that was killed go to new ones."""
        left, falls = dict(enumerate(tasks)), 0
        while left:
            before = len(left)
            try:
                # started afresh: a copy of a process with threads may never wake up
                with ProcessPoolExecutor(self.workers, multiprocessing.get_context("spawn"), _remember,
                                         (work,)) as pool:
                    numbers = {pool.submit(_do, task): number for number, task in left.items()}
                    for done in as_completed(numbers):
                        result = done.result()
                        del left[numbers[done]]
                        yield result
            except BrokenProcessPool:
                falls = falls + 1 if len(left) == before else 1
                if falls > MOST_FALLS:
                    raise EnvironmentFault(
                        f"Рабочие процессы прерваны {falls} раза подряд, не сделано частей: {len(left)} из "
                        f"{len(tasks)}. Чаще всего не хватает памяти: возьмите меньше работников.") from None


class Cluster:
    """A Dask cluster at an address, `tcp://host:8786`. Work of a worker that was killed goes to the others."""

    def __init__(self, address: str) -> None:
        self.address = address
        with ExitStack() as stack:
            client = stack.enter_context(self._client())
            try:
                client.wait_for_workers(1, timeout=WAIT)
            except TimeoutError:
                raise EnvironmentFault(f"На кластере {address} нет ни одного работника. Запустите: dask worker "
                                       f"{address}") from None
            self.workers = len(client.scheduler_info(n_workers=-1)["workers"])

    def map(self, work: Work, tasks: Sequence[Sequence[int]]) -> Iterator:
        """Results of the tasks as they come."""
        with self._client() as client:
            from distributed import KilledWorker
            from distributed import as_completed as completed
            shared, rest = client.scatter(work, broadcast=True, hash=False), iter(tasks)

            def submit(count: int) -> list:
                return [client.submit(_call, shared, task, pure=False) for task in itertools.islice(rest, count)]
            running = completed(submit(AT_ONCE * self.workers), loop=client.loop)
            try:
                for done in running:
                    yield done.result()
                    running.update(submit(1))
            except KilledWorker as error:
                raise EnvironmentFault(f"Кластер {self.address}: одна и та же часть несколько раз обрывала работников "
                                       f"({error}). Чаще всего им не хватает памяти.") from None

    def _client(self):
        try:
            from distributed import Client
        except ImportError:
            raise EnvironmentFault("Для расчёта на кластере нужен пакет distributed, он не входит в обычную установку. "
                                   "Установите его здесь и на всех машинах кластера: pip install distributed; или "
                                   "считайте без --cluster.") from None
        try:
            return Client(self.address, timeout=WAIT, set_as_default=False)
        except (OSError, ValueError) as error:
            raise EnvironmentFault(f"Кластер {self.address} не отвечает: {error}. Проверьте адрес (tcp://машина:8786) "
                                   "и запущен ли dask scheduler.") from None


def pool(workers: int = 1, cluster: str = "") -> Threads | Cluster:
    """The pool that the command's options ask for: a cluster, if an address is given, else threads."""
    return Cluster(cluster) if cluster else Threads(workers)


def _some(workers: int) -> int:
    if workers < 1:
        raise UsageError(f"Работников должно быть не меньше 1, задано {workers}.")
    return workers


_work: Work | None = None  # of a worker process: sent once, not with every task


def _remember(work: Work) -> None:
    global _work
    _work = work


def _do(task: Sequence[int]) -> object:
    return _work(task)


def _call(work: Work, task: Sequence[int]) -> object:
    return work(task)
