"""Threads, processes and a Dask cluster make the same draws; a worker that is killed loses nothing."""

import sys
from functools import partial
from pathlib import Path

import pandas as pd
import pytest

from methods.errors import EnvironmentFault, UsageError
from methods.run import cluster
from methods.sensitivity.design import CHUNK, Design
from methods.sensitivity.engine import Experiment
from methods.sensitivity.factors import SamplingError, WeightNoise
from methods.sensitivity.uncertainty import rank_uncertainty

sys.path.insert(0, str(Path(__file__).parent))  # pytest imports test files by path
sys.path.insert(0, str(Path(__file__).parents[1] / "sensitivity"))
from falling import always_killed, killed_once, wrong
from made_editions import make, table, values

DESIGN = Design(6 * CHUNK + 50, "sobol", 1)


@pytest.fixture(scope="module")
def experiment():
    edition = make(dict.fromkeys("ABC", "index"), {"index": {"A": 0.5, "B": 0.3, "C": 0.2}}, surveyed="A")
    measured = pd.concat([table(values(10, "A"), 0.05, side="subjective"), table(values(10, "BC", seed=2))])
    return Experiment(measured, edition, [WeightNoise(), SamplingError()])


def same(one, other):
    pd.testing.assert_frame_equal(one.counts, other.counts)
    pd.testing.assert_frame_equal(one.central_weights, other.central_weights, rtol=0, atol=0)
    pd.testing.assert_frame_equal(one.shift, other.shift, rtol=0, atol=0)
    pd.testing.assert_series_equal(one.mean_shift, other.mean_shift, rtol=0, atol=0)


TASKS = [range(start, start + 3) for start in range(0, 30, 3)]
SUMS = sorted(sum(task) for task in TASKS)


@pytest.mark.parametrize("workers", [1, 2, 4])
def test_threads_give_what_one_thread_gives(experiment, workers):
    same(rank_uncertainty(experiment, DESIGN), rank_uncertainty(experiment, DESIGN, pool=cluster.Threads(workers)))


@pytest.mark.slow
def test_processes_give_what_one_thread_gives(experiment):
    same(rank_uncertainty(experiment, DESIGN), rank_uncertainty(experiment, DESIGN, pool=cluster.Processes(2)))


def test_a_killed_process_loses_nothing(tmp_path):
    work = partial(killed_once, tmp_path / "mark")
    assert sorted(cluster.Processes(2).map(work, TASKS)) == SUMS
    assert (tmp_path / "mark").exists()


def test_processes_that_fall_every_time_are_given_up():
    with pytest.raises(EnvironmentFault, match=r"прерваны 4 раза подряд, не сделано частей: 1 из 1\. Чаще"):
        list(cluster.Processes(1).map(always_killed, TASKS[:1]))


@pytest.mark.parametrize("pool", [cluster.Threads(2), cluster.Processes(1)])
def test_a_mistake_of_the_work_itself_is_passed_on(pool):
    with pytest.raises(UsageError, match="часть 0"):
        list(pool.map(wrong, TASKS))


def test_threads_have_no_more_results_in_hand_than_workers():
    started = []

    def work(task):
        started.append(task[0])
        return sum(task)
    made = cluster.Threads(2).map(work, TASKS)
    first = next(made)
    assert first == 3
    assert len(started) <= 3
    assert sorted([first, *made]) == SUMS


@pytest.mark.parametrize("workers", [0, -2])
def test_nobody_to_work(workers):
    for kind in (cluster.Threads, cluster.Processes):
        with pytest.raises(UsageError, match=f"не меньше 1, задано {workers}"):
            kind(workers)


def test_options_of_the_command():
    assert isinstance(cluster.pool(3), cluster.Threads)
    assert cluster.pool(3).workers == 3


# --- Dask -------------------------------------------------------------------------------------------------------------

def test_without_distributed_it_is_said_how_to_install_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(EnvironmentFault, match=r"нужен пакет distributed.*pip install distributed; или") as caught:
        cluster.pool(1, "tcp://127.0.0.1:1")
    assert caught.value.exit_code == 9


@pytest.fixture
def dask():
    """A cluster of this machine with two workers, processes of their own; skipped where distributed is not there."""
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as local:
        yield local.scheduler_address


@pytest.mark.filterwarnings("default")
def test_a_dask_cluster_gives_what_one_thread_gives(experiment, dask):
    pool = cluster.pool(1, dask)
    assert pool.workers == 2
    same(rank_uncertainty(experiment, DESIGN), rank_uncertainty(experiment, DESIGN, pool=pool))


@pytest.mark.filterwarnings("default")
def test_a_killed_worker_of_a_cluster_loses_nothing(dask, tmp_path):
    assert sorted(cluster.Cluster(dask).map(partial(killed_once, tmp_path / "mark"), TASKS)) == SUMS
    assert (tmp_path / "mark").exists()


@pytest.mark.filterwarnings("default")
def test_a_cluster_that_does_not_answer(monkeypatch):
    pytest.importorskip("distributed")
    monkeypatch.setattr(cluster, "WAIT", 0.5)
    with pytest.raises(EnvironmentFault, match=r"Кластер tcp://127.0.0.1:9 не отвечает.*Проверьте адрес"):
        cluster.Cluster("tcp://127.0.0.1:9")
