"""The numbers do not depend on threads, the order of rows, the hash seed, the locale or the time zone."""

import json
import random
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from methods.data import sources, store

sys.path.insert(0, str(Path(__file__).parent))  # pytest imports test files by path
import small

CLOSE = 1e-9
# Places of a real edition over draws of its weights, and the scores themselves; words: threads.
EXPERIMENT = """\
import json, sys
from methods.data import store
from methods.run.cluster import Threads
from methods.sensitivity.design import Design
from methods.sensitivity.engine import Experiment
from methods.sensitivity.factors import WeightNoise
from methods.sensitivity.uncertainty import rank_uncertainty
edition, measured, scores = store.scored("gtmi-2022")
drawn = rank_uncertainty(Experiment(measured.measurements, edition, [WeightNoise()]), Design(300, "sobol", 1),
                         pool=Threads(int(sys.argv[1])))
json.dump({"scores": scores.index.to_dict(), "places": scores.rank.to_dict(),
           "drawn": drawn.counts.to_dict()}, sys.stdout, ensure_ascii=True)
"""
VARIANTS = {
    "two threads": ("2", {"OMP_NUM_THREADS": "2", "NUMBA_NUM_THREADS": "2", "OPENBLAS_NUM_THREADS": "2"}),
    "hash seed": ("1", {"PYTHONHASHSEED": "1"}), "hash seed 2": ("1", {"PYTHONHASHSEED": "4294967295"}),
    "Russian locale": ("1", {"LC_ALL": "ru_RU.UTF-8", "LANG": "ru_RU.UTF-8"}), "C locale": ("1", {"LC_ALL": "C"}),
    "Kamchatka": ("1", {"TZ": "Asia/Kamchatka"}), "UTC": ("1", {"TZ": "UTC"}), "Apia": ("1", {"TZ": "Pacific/Apia"}),
}
TOGETHER = ("2", {name: value for _, own in reversed(VARIANTS.values()) for name, value in own.items()})


@pytest.fixture(scope="module")
def measured(root):
    def compute(threads, variables):
        environment = small.environment(root, PYTHONHASHSEED="0", TZ="Europe/Moscow", OMP_NUM_THREADS="1") | variables
        done = subprocess.run([sys.executable, "-c", EXPERIMENT, threads], env=environment, capture_output=True,
                              text=True, timeout=300, check=False)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)
    return compute


@pytest.fixture(scope="module")
def base(measured):
    return measured("1", {})


@pytest.mark.parametrize("variant", [pytest.param(name, marks=pytest.mark.slow) for name in VARIANTS] + ["together"])
def test_surroundings_of_the_process(base, measured, variant):
    found = measured(*(TOGETHER if variant == "together" else VARIANTS[variant]))
    assert found["places"] == base["places"]
    assert found["drawn"] == base["drawn"]
    assert found["scores"].keys() == base["scores"].keys()
    difference = (pd.Series(found["scores"]) - pd.Series(base["scores"])).abs()
    assert len(difference) == 198
    assert difference.max() <= CLOSE


@pytest.mark.parametrize("variables", [
    {"PYTHONHASHSEED": "1", "LC_ALL": "ru_RU.UTF-8", "TZ": "Asia/Kamchatka", "PYTHONIOENCODING": "cp1251"},
    pytest.param({"PYTHONHASHSEED": "2", "LC_ALL": "C", "TZ": "UTC"}, marks=pytest.mark.slow)])
def test_the_command_writes_the_same_bytes(tmp_path, variables):
    root = small.build(tmp_path / "проект")
    environment = small.environment(root, PYTHONHASHSEED="0")
    tables = [subprocess.run(small.command("score", "-e", "small"), env=environment | own, capture_output=True,
                             timeout=300, check=True).stdout for own in ({}, variables)]
    assert tables[0] == tables[1]
    assert tables[0].count(b"\n") == len(small.CENTRES) + 1


@pytest.mark.parametrize("seed", range(5))
def test_order_of_rows(tmp_path, seed):
    root = small.build(tmp_path)
    _, first, scores = store.scored("small", root=root)
    raw = root / sources.RAW / "small"
    for number, path in enumerate(sorted(raw.glob("*.csv"))):
        header, *rows = path.read_text("utf-8").splitlines(keepends=True)
        random.Random(10 * seed + number).shuffle(rows)
        path.write_text("".join([header, *rows]), "utf-8")
    small.describe(root)
    _, again, shuffled = store.scored("small", root=root)
    assert again.files != first.files   # other bytes were read
    pd.testing.assert_series_equal(shuffled.rank.sort_index(), scores.rank.sort_index())
    assert (shuffled.index - scores.index).abs().max() <= CLOSE
