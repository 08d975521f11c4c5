"""The jobs and the annual report: chooses notebooks, passes parameters, keeps what was run. It calculates nothing."""

from __future__ import annotations

import os
import re
import shutil
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from methods.errors import EnvironmentFault, UsageError
from methods.index.consistency import FOLDER_NAME
from methods.report import results
from methods.report.render import to_html
from methods.run import JOBS, kernel, manifest
from methods.run.lock import locked
from methods.run.parameters import Parameter, checked, declared

WINDOWS_DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
OWN_NAMES = ("draft",)   # a folder beside the periods

Say = Callable[[str], None]
Inputs = Iterable[Path] | Callable[[], Iterable[Path]]


@dataclass(frozen=True)
class Run:
    """One executed notebook."""

    job: str
    notebook: Path
    html: Path | None
    parameters: dict          # all, with the defaults filled in
    seconds: float
    notes: list[str] = field(default_factory=list)
    reason: str | None = None   # why it was not run: not applicable to this edition
    given: dict = field(default_factory=dict)   # of the parameters those that were passed


def run_job(job: str, edition: str, period: str, parameters: Mapping[str, object] | None = None,
            root: Path | str = ".", *, timeout: float | None = None, say: Say = print) -> Run:
    """Execute one job into the drafts, `reports/<edition>/draft/<period>/`; finished reports are not touched.

    Parameters
    ----------
    job : str
        A key of `JOBS`; `report` reads the drafts of the other four.
    edition, period : str
        Passed to the notebook under these names.
    parameters : mapping
        Other parameters; texts, as `-p name=value` gives them, are converted to the type of the default.
    root : path
        The project's folder, with `notebooks`.
    timeout : float, optional
        Seconds for the notebook; past it `TimeLimit`.
    say : callable
        Receives the lines of progress.
    """
    root = Path(root).resolve()
    plan = _plan([job], edition, period, parameters or {}, root)
    folder = _folder(root / "reports", edition, "draft", _safe(period, "период"))
    with locked(folder.with_name(f".{folder.name}.lock")):
        folder.mkdir(parents=True, exist_ok=True)
        return _execute(plan[job], folder, root, timeout, say)


def run_report(edition: str, period: str, root: Path | str = ".", parameters: Mapping[str, object] | None = None, *,
               inputs: Inputs = (), applicable: Callable[[str, str], str | None] = lambda job, edition: None,
               formats: Callable[[Path], object] = lambda notebook: None,
               release: Callable[[Path, Path], None] = lambda folder, final: None,
               workers: int | None = None, timeout: float | None = None, say: Say = print,
               reports: Path | None = None) -> Path:
    """Execute the four jobs and the annual report into `reports/<edition>/<period>/`; return that folder.

    Everything is prepared in `<period>.partial` beside it and swapped in whole at the end: after a failure the
    previous report is as it was, and the partial folder stays to be read.

    Parameters
    ----------
    parameters : mapping
        `name` goes to every notebook that declares it, `job.name` to one.
    inputs : paths, or a function that returns them
        Files and folders, absolute or from the root, whose hashes go into the manifest; changed while the jobs ran:
        `EnvironmentFault`.
    applicable : callable
        `applicable(job, edition)` gives the Russian reason why a job does not apply to the edition, or None.
    formats : callable
        `formats(notebook)` writes the executed annual report in other formats beside it.
    release : callable
        `release(folder, final)` looks at the finished folder before it takes the place of `final`; it raises
        `DisclosureError` if the report may not leave.
    workers : int, optional
        Jobs at a time, each in a kernel of its own; by default 2, on a machine with one processor 1.
    timeout : float, optional
        Seconds for each notebook.
    reports : path, optional
        Where reports are kept instead of the project's `reports`; absolute.
    """
    root = Path(root).resolve()
    plan = _plan(JOBS, edition, period, parameters or {}, root)
    final = _folder(reports or root / "reports", edition, _safe(period, "период"))
    partial, previous = final.with_name(f"{final.name}.partial"), final.with_name(f"{final.name}.previous")
    with locked(final.with_name(f".{final.name}.lock")):
        _recover(final, previous)
        shutil.rmtree(partial, ignore_errors=True)   # what a failed or killed run left
        try:
            partial.mkdir(parents=True)
        except OSError as error:
            raise EnvironmentFault(f"Не удалось создать папку {partial}: {error}. Закройте файлы из неё, проверьте "
                                   "права и место на диске.") from error
        started, before = datetime.now().astimezone(), _hashes(inputs, root)
        runs = _run_jobs(plan, partial, root, timeout, say, lambda job: applicable(job, edition),
                         workers or min(2, os.cpu_count() or 1))
        results.merge(partial)
        runs["report"] = _execute(plan["report"], partial, root, timeout, say)
        formats(runs["report"].notebook)
        manifest.unchanged(before, _hashes(inputs, root))
        release(partial, final)
        _write_manifest(partial, edition, period, root, started, before, runs)
        _swap(partial, final, previous)
    if reports is None:
        say(f"Отчёт готов: {final}")
    return final


def report_title(edition: str, period: str) -> str:
    """Title of the annual report in every format."""
    return f"Годовой отчёт {edition}, {period}"


@dataclass(frozen=True)
class _Planned:
    job: str
    source: Path
    given: dict
    known: dict[str, Parameter]
    notes: list[str]


def _plan(jobs: Iterable[str], edition: str, period: str, parameters: Mapping[str, object],
          root: Path) -> dict[str, _Planned]:
    """Check every notebook and every parameter before the first kernel starts."""
    _safe(edition, "редакция"), _safe(period, "период")
    sources = {}
    for job in jobs:
        if job not in JOBS:
            raise UsageError(f"задача {job!r} | неизвестна | допустимо: {', '.join(JOBS)}")
        sources[job] = root / "notebooks" / f"{JOBS[job]}.ipynb"
        if not sources[job].is_file():
            raise UsageError(f"Нет блокнота {sources[job]}. Запустите команду из папки проекта.")
    known = {job: declared(source) for job, source in sources.items()}
    shares, chosen = _shares(parameters, known)
    plan = {}
    for job, source in sources.items():
        # In an order of their own: the cell with them must not depend on the order of the command's words.
        given = {"edition": edition, "period": period} | dict(sorted(shares[job].items()))
        values, notes = checked(given, known[job], source.stem)
        plan[job] = _Planned(job, source, values, known[job], notes + chosen[job])
    return plan


def _shares(parameters: Mapping[str, object],
            known: Mapping[str, Mapping[str, Parameter]]) -> tuple[dict[str, dict], dict[str, list[str]]]:
    """Each notebook's part of the parameters, and notes on those given twice.

    An unknown name goes to every notebook, which then refuses it.
    """
    shares: dict[str, dict] = {job: {} for job in known}
    notes: dict[str, list[str]] = {job: [] for job in known}
    for name, value in sorted(parameters.items(), key=lambda item: "." in item[0]):   # `job.name` wins over `name`
        job, dot, own = name.partition(".")
        if name in ("edition", "period"):
            raise UsageError(f"параметр {name} | задаётся самой командой, не через -p")
        if dot and job in known:
            if own in shares[job]:
                notes[job].append(f"{own}: взято {name}={value}, а не общее {own}={shares[job][own]}")
            shares[job][own] = value
        else:
            for job in [job for job in known if name in known[job]] or known:
                shares[job][name] = value
    return shares, notes


def _execute(planned: _Planned, folder: Path, root: Path, timeout: float | None, say: Say) -> Run:
    """One notebook and its page."""
    target = folder / planned.source.name
    clock = time.perf_counter()
    for note in planned.notes:
        say(f"{planned.job}: {note}")
    say(f"{planned.job}: {planned.source.stem} …")
    kernel.execute(planned.source, target, planned.given, root, timeout, line=list(JOBS).index(planned.job))
    html = target.with_suffix(".html")
    title = report_title(planned.given["edition"], planned.given["period"]) if planned.job == "report" else None
    to_html(target, html, title=title, hide_code=planned.job == "report")
    seconds = time.perf_counter() - clock
    say(f"{planned.job}: готово за {seconds:.1f} с".replace(".", ","))
    effective = {name: parameter.default for name, parameter in planned.known.items()} | planned.given
    return Run(planned.job, target, html, effective, round(seconds, 2), planned.notes, given=planned.given)


def _run_jobs(plan: Mapping[str, _Planned], folder: Path, root: Path, timeout: float | None, say: Say,
              reason_not: Callable[[str], str | None], workers: int) -> dict[str, Run]:
    """The four jobs; they do not read each other. The first failure stops those that have not started."""
    def one(job: str) -> Run:
        if reason := reason_not(job):
            planned = plan[job]
            results.Results(job, planned.given["edition"], planned.given["period"], folder).missing(reason).write()
            say(f"{job}: не применяется — {reason}")
            return Run(job, planned.source, None, {}, 0.0, [], reason)
        return _execute(plan[job], folder, root, timeout, say)

    jobs = [job for job in plan if job != "report"]
    pool = ThreadPoolExecutor(workers)   # threads only wait: each job computes in the process of its kernel
    try:
        futures = {job: pool.submit(one, job) for job in jobs}
        for future in wait(futures.values(), return_when=FIRST_EXCEPTION).done:
            future.result()
        return {job: future.result() for job, future in futures.items()}
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        kernel.kill_all(folder)
        raise
    finally:
        pool.shutdown()


def _hashes(inputs: Inputs, root: Path) -> dict[str, str]:
    return manifest.fingerprints(inputs() if callable(inputs) else inputs, root)


def _write_manifest(folder: Path, edition: str, period: str, root: Path, started: datetime,
                    hashes: dict[str, str], runs: Mapping[str, Run]) -> None:
    jobs = {run.job: {"notebook": f"notebooks/{JOBS[run.job]}.ipynb", "parameters": run.parameters,
                      "given": sorted(run.given.keys() - {"edition", "period"}), "seconds": run.seconds,
                      "notes": run.notes, "not_applicable": run.reason}
            for run in runs.values()}
    seeds = {job: entry["parameters"]["seed"] for job, entry in jobs.items() if "seed" in entry["parameters"]}
    notebooks = [root / entry["notebook"] for entry in jobs.values()]
    record = {
        "schema": "zvezda-manifest-1", "edition": edition, "period": period, "command": sys.argv,
        "started": started.isoformat(timespec="seconds"),
        "finished": datetime.now().astimezone().isoformat(timespec="seconds"),
        "inputs": hashes, "notebooks": manifest.fingerprints(notebooks, root), "jobs": jobs, "seeds": seeds,
        "versions": manifest.versions(), "code": manifest.code_state(root), "modules": manifest.modules(),
        "outputs": manifest.fingerprints([folder], folder), "executed": manifest.executed(folder.glob("*.ipynb")),
    }
    (folder / "manifest.json").write_bytes(results.dump(record))


def _recover(final: Path, previous: Path) -> None:
    """Undo a swap that was cut in the middle: the previous report is the good one."""
    if previous.exists() and not final.exists():
        os.replace(previous, final)
    shutil.rmtree(previous, ignore_errors=True)


def _swap(partial: Path, final: Path, previous: Path) -> None:
    """Put the new report in the place of the old one. A folder cannot be replaced in one step, hence `_recover`."""
    try:
        if final.exists():
            os.replace(final, previous)
        os.replace(partial, final)
    except OSError as error:   # on Windows: a file of the old report is open, say, in Excel
        if not final.exists() and previous.exists():
            os.replace(previous, final)
        raise EnvironmentFault(f"Не удалось заменить прежний отчёт {final}: {error}.\nЗакройте его файлы и повторите; "
                               f"новый отчёт готов в папке {partial}.") from error
    shutil.rmtree(previous, ignore_errors=True)


def _folder(reports: Path, edition: str, *parts: str) -> Path:
    """A folder of the edition's reports; a link that leads out of `reports` is refused."""
    folder = reports.joinpath(_safe(edition, "редакция"), *parts)
    if not folder.resolve().is_relative_to(reports.resolve()):
        raise UsageError(f"папка {folder} | ссылка ведёт в {folder.resolve()}: выход за папку reports запрещён"
                         " | уберите ссылку")
    return folder


def _safe(name: str, what: str) -> str:
    name = str(name)
    if not FOLDER_NAME.fullmatch(name) or WINDOWS_DEVICES.fullmatch(name) or name in OWN_NAMES:
        raise UsageError(f"{what} {name!r} | не годится для имени папки: выход за папку reports запрещён"
                         " | допустимо: буквы, цифры, «.», «-», «_»")
    return name
