"""5 million questionnaires x 20 questions to means with standard errors: ours against pandas, on the same file.

    .venv/bin/python benchmarks/survey_means.py [--rows 5000000] [--repeats 7]

Every measurement runs in a process of its own, which times the work and reports its peak memory; our runs and theirs
alternate, so that a busy machine slows both alike. Processor time (all threads together) stands beside wall time: it
is what remains comparable when others use the machine. Two comparisons:

aggregation   the table is in memory, groups are whole numbers; pandas has the table as it comes from Parquet
              (marks with gaps are float64), ours has uint8 codes
file          from the Parquet file to the labelled table, groups are text
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np
import pandas as pd
import psutil

UNITS, QUESTIONS = 2000, 20
NAMES = [f"q{number:02d}" for number in range(1, QUESTIONS + 1)]
SHARES = [0.04, 0.02, 0.02, 0.05, 0.17, 0.70]                     # open, 1, 2, 3, 4, 5


def make(path: Path, rows: int) -> None:
    """Random rows in no order, a file in row groups of 500,000."""
    import pyarrow as pa
    import pyarrow.parquet as pq
    draw = np.random.default_rng(20)
    titles = np.array([f"Ц{number:04d}" for number in range(UNITS)])
    schema = pa.schema([("unit", pa.string()), *((name, pa.uint8()) for name in NAMES)])
    with pq.ParquetWriter(path, schema) as writer:
        for start in range(0, rows, 500_000):
            size = min(500_000, rows - start)
            marks = [draw.choice(6, size, p=SHARES).astype(np.uint8) for _ in NAMES]
            writer.write_table(pa.table([pa.array(titles[draw.integers(0, UNITS, size)]),
                                         *(pa.array(mark, mask=mark == 0) for mark in marks)], schema=schema))


def in_memory(path: Path) -> tuple[pd.DataFrame, np.ndarray, list[np.ndarray]]:
    """The table for pandas, and the same as group numbers and codes."""
    table = pd.read_parquet(path)
    numbers, _ = pd.factorize(table["unit"], sort=True)
    codes = [table[name].fillna(0).to_numpy().astype(np.uint8) for name in NAMES]
    return table.assign(unit=numbers), numbers.astype(np.int32), codes


def ours_aggregation(data):
    from methods.data.counting import count_marks
    from methods.data.survey_scale import histogram_estimates
    _, numbers, codes = data
    counts = np.zeros((UNITS, QUESTIONS, 6), np.int64)
    count_marks(numbers, codes, counts)
    return histogram_estimates(pd.DataFrame(counts.reshape(-1, 6), columns=range(6)), (1, 5))


def ours_file(path):
    from methods.data.survey_scale import parquet_estimates
    return parquet_estimates(path, ["unit"], NAMES, (1, 5))


# name: (needs the table in memory, function)
WORK = {
    "aggregation/ours": (True, ours_aggregation),
    "aggregation/pandas mean": (True, lambda data: data[0].groupby("unit").mean()),
    "aggregation/pandas mean, std, count": (True, lambda data: data[0].groupby("unit").agg(["mean", "std", "count"])),
    "file/ours": (False, ours_file),
    "file/pandas mean": (False, lambda path: pd.read_parquet(path).groupby("unit").mean()),
    "file/pandas mean, std, count": (
        False, lambda path: pd.read_parquet(path).groupby("unit").agg(["mean", "std", "count"])),
}


class Peak(threading.Thread):
    """Largest resident memory of this process while the work runs, sampled every 5 ms."""

    def __init__(self):
        super().__init__(daemon=True)
        self.process, self.done = psutil.Process(), threading.Event()
        self.before = self.most = self.process.memory_info().rss

    def run(self):
        while not self.done.wait(0.005):
            self.most = max(self.most, self.process.memory_info().rss)


def one(name: str, path: Path) -> dict[str, float]:
    """One measurement, in this process. In memory the best of three: the first run warms up caches for either side."""
    import pyarrow.parquet  # noqa: F401 - imported by both sides beforehand, so that nobody pays for it

    import methods.data.survey_scale  # noqa: F401
    loaded, work = WORK[name]
    data = in_memory(path) if loaded else path
    peak, times = Peak(), []
    peak.start()
    for _ in range(3 if loaded else 1):
        start, processor = time.perf_counter(), time.process_time()
        work(data)
        times.append((time.perf_counter() - start, time.process_time() - processor))
    peak.done.set()
    peak.join()
    seconds, processor = (min(column) for column in zip(*times, strict=True))
    return {"seconds": seconds, "processor": processor, "megabytes": (peak.most - peak.before) / 2 ** 20}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        print(json.dumps(one(options.one[0], Path(options.one[1]))))
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "answers.parquet"
        make(path, options.rows)
        print(f"{options.rows:,} questionnaires x {QUESTIONS} questions, {UNITS} units, file "
              f"{path.stat().st_size / 2 ** 20:.0f} MB; cores {os.cpu_count()}, load {os.getloadavg()[0]:.1f}, "
              f"numpy {np.__version__}, pandas {pd.__version__}; medians of {options.repeats} interleaved runs\n")
        runs: dict[str, list[dict]] = {name: [] for name in WORK}
        for _ in range(options.repeats):
            for name in WORK:
                answer = subprocess.run([sys.executable, __file__, "--one", name, str(path)], check=True,
                                        capture_output=True, text=True).stdout
                runs[name].append(json.loads(answer))
    print(f"{'':40}{'wall, s':>9}{'(least-most)':>15}{'ratio':>8}{'processor, s':>14}{'ratio':>8}{'added MB':>10}")
    for name, found in runs.items():
        mine = runs[name.split("/")[0] + "/ours"]
        line = f"{name:40}"
        for measure in ("seconds", "processor"):
            values = [run[measure] for run in found]
            ratio = statistics.median(run[measure] / own[measure] for run, own in zip(found, mine, strict=True))
            spread = f"({min(values):.2f}-{max(values):.2f})" if measure == "seconds" else ""
            line += f"{statistics.median(values):9.3f}{spread:>15}{ratio:7.1f}x" if spread else (
                f"{statistics.median(values):14.3f}{ratio:7.1f}x")
        print(f"{line}{statistics.median(run['megabytes'] for run in found):10.0f}")


if __name__ == "__main__":
    main()
