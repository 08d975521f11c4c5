"""A report killed at a random moment, then the same command: is any file cut, does the command work?

    nice -n 10 python benchmarks/random_kills.py [--kills 100] [--seed 0]

The small project of tests/run/small.py, real kernels, every format. The moment is uniform over the time that a whole
run takes; SIGKILL goes to the runner, to a kernel, or to all of them. After every kill the report that stood there has
to be whole, file by file as its passport says, and so has the one that the repeated command makes. Exit code 1 if not.
"""

from __future__ import annotations

import argparse
import collections
import contextlib
import hashlib
import json
import multiprocessing
import os
import platform
import random
import signal
import sys
import tempfile
import time
from pathlib import Path

import psutil

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "run"))
import small

VICTIMS = ("runner", "kernel", "all")
PRELOADED = ["methods.cli", "methods.run.release", "methods.run.runner", "methods.report.formats", "small"]
LIMIT = 900   # seconds for one run


def report(root: Path) -> None:
    """The command itself, in a process of its own."""
    from methods import cli

    with (root / "log.txt").open("w", encoding="utf-8") as log:
        for stream in (1, 2):
            os.dup2(log.fileno(), stream)
        os.environ |= small.environment(root)
        cli.reason_not_applicable = small.few
        sys.exit(cli.main(["report", "-e", small.EDITION]))


def main() -> int:
    """Kill, look, repeat; print the figures."""
    asked = argparse.ArgumentParser()
    asked.add_argument("--kills", type=int, default=100)
    asked.add_argument("--seed", type=int, default=0)
    asked = asked.parse_args()
    dice = random.Random(asked.seed)
    processes = multiprocessing.get_context("forkserver")   # a new process without the two seconds of imports
    processes.set_forkserver_preload(PRELOADED)
    clock, counts, cut, lost = time.perf_counter(), collections.Counter(), [], []
    with tempfile.TemporaryDirectory(prefix="zvezda-kills-", ignore_cleanup_errors=True) as folder:
        root = small.build(Path(folder) / "проект")
        (root / "reports").mkdir()
        takes = whole_run(processes, root, cut)
        while counts["kills"] < asked.kills:
            victim, moment = dice.choice(VICTIMS), dice.uniform(0, takes)
            if not killed(processes, root, victim, moment):
                counts["too late"] += 1   # the run was done, or had no kernel at that moment
                continue
            counts["kills"] += 1
            counts[f"kills of {victim}"] += 1
            counts[stage(root)] += 1
            cut += damaged(root)
            try:
                takes = whole_run(processes, root, cut)
                counts["repeated"] += 1
                print(f"\r{counts['kills']} of {asked.kills}, cut {len(cut)}", end="", file=sys.stderr, flush=True)
            except RuntimeError as error:
                lost.append(str(error))
        left = sorted(path.name for path in (root / "reports" / small.EDITION).iterdir())
    beside = ", ".join(name for name in left if name != small.PERIOD) or "nothing"
    print(f"kills {counts.pop('kills')}, repeated with success {counts.pop('repeated')}, cut files {len(cut)}, "
          f"left beside the report at the end: {beside}")
    for what, count in sorted(counts.items()):
        print(f"  {what}: {count}")
    print(f"{time.perf_counter() - clock:.0f} s, one whole run {takes:.1f} s, load {os.getloadavg()[0]:.1f}, "
          f"Python {platform.python_version()}, {platform.system()} {platform.release()}")
    print("\n".join([*cut, *lost]))
    return int(bool(cut or lost))


def whole_run(processes: multiprocessing.context.BaseContext, root: Path, cut: list[str]) -> float:
    """Seconds that the command takes; what it leaves has to be whole."""
    clock, process = time.perf_counter(), processes.Process(target=report, args=(root,))
    process.start()
    process.join(LIMIT)
    if process.exitcode != 0:
        process.kill()
        raise RuntimeError(f"exit code {process.exitcode}: {(root / 'log.txt').read_text('utf-8')[-500:]}")
    cut += damaged(root)
    return time.perf_counter() - clock


def killed(processes: multiprocessing.context.BaseContext, root: Path, victim: str, moment: float) -> bool:
    """Start the command, kill after `moment` seconds and wait for the end; False if there was nothing to kill."""
    process = processes.Process(target=report, args=(root,))
    process.start()
    time.sleep(moment)
    kernels = [] if process.exitcode is not None else [
        child for child in psutil.Process(process.pid).children(recursive=True)]
    done = process.exitcode is not None or (victim == "kernel" and not kernels)
    if not done:
        for pid in ([] if victim == "kernel" else [process.pid]) + [
                kernel.pid for kernel in ([] if victim == "runner" else kernels)]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
    process.join(LIMIT)
    return not done and process.exitcode != 0


def stage(root: Path) -> str:
    """How far the killed run had come, by what it left."""
    partial = root / "reports" / small.EDITION / f"{small.PERIOD}.partial"
    marks = {"manifest.json": "at the swap", "annual_report.html": "in the formats and the checks",
             "annual_report.partial.ipynb": "in the report's notebook",
             "03_rank_sensitivity.html": "between the notebooks",
             "sensitivity.json": "at the end of the job's notebook",
             "03_rank_sensitivity.partial.ipynb": "in the job's notebook"}
    return "stage: " + next((words for name, words in marks.items() if (partial / name).exists()),
                            "before the notebooks")


def damaged(root: Path) -> list[str]:
    """Files of the report that do not parse, or are not those of its passport."""
    final = root / "reports" / small.EDITION / small.PERIOD
    if not final.is_dir():   # between the two steps of the swap
        final = final.with_name(f"{small.PERIOD}.previous")
    outputs = json.loads((final / "manifest.json").read_text("utf-8"))["outputs"]
    wrong = [name for name, digest in outputs.items()
             if not (final / name).is_file() or hashlib.sha256((final / name).read_bytes()).hexdigest() != digest]
    return [f"{final.name}/{name}" for name in {*wrong, *small.cut(final)}]


if __name__ == "__main__":
    sys.exit(main())
