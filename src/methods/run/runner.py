"""The jobs and the annual report: chooses notebooks, passes parameters, keeps what was run. It calculates nothing."""

from __future__ import annotations

import os
import re
import shutil
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from methods.errors import EnvironmentFault, NotebookError, UsageError
from methods.files import put_back, put_in_place
from methods.index.consistency import FOLDER_NAME
from methods.report import results
from methods.report.render import to_html
from methods.run import JOBS, kernel, manifest
from methods.run.lock import locked
from methods.run.parameters import Parameter, checked, declared

WINDOWS_DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
OWN_NAMES = re.compile(r"draft|.*\.(partial|previous)", re.IGNORECASE)   # folders beside the periods
LONGEST_NAME = 120   # bytes; names of the folders around it are a little longer, and 255 is the most
PARTS = ("tables", "figures", results.ENGLISH)   # folders that all jobs share
FIRST_YEAR = 1980   # of the clock: ZIP, in which they are kept, knows no earlier one
GLANCE = 0.5    # seconds between looks at the kernels; also how soon Windows lets Ctrl+C through
STOPS = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP", "SIGBREAK") if hasattr(signal, name)]

Say = Callable[[str], None]
Inputs = Iterable[Path] | Callable[[], Iterable[Path]]
Translate = Callable[[Path, list[Path]], object]   # folder, its executed notebooks


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
            root: Path | str = ".", *, english: Translate | None = None, timeout: float | None = None,
            say: Say = print) -> Run:
    """Execute one job into the drafts, `reports/<edition>/draft/<period>/`; finished reports are not touched.

    The job works in a copy of the drafts, `<period>.partial` beside them, which takes their place at the end.

    Parameters
    ----------
    job : str
        A key of `JOBS`; `report` reads the drafts of the others.
    edition, period : str
        Passed to the notebook under these names.
    parameters : mapping
        Other parameters; texts, as `-p name=value` gives them, are converted to the type of the default.
    root : path
        The project's folder, with `notebooks`.
    english : callable, optional
        `english(folder, notebooks)` writes them in English beside; then every picture is drawn in both languages.
    timeout : float, optional
        Seconds for the notebook; past it `TimeLimit`.
    say : callable
        Receives the lines of progress.
    """
    root = Path(root).resolve()
    plan = _plan([job], edition, period, parameters or {}, root)
    final = _folder(root / "reports", edition, "draft", _safe(period, "период"))
    with _alone(final) as (partial, previous):
        _copy_draft(final, partial, job)
        (run,) = _run_jobs({job: plan[job]}, partial, root, timeout, say, lambda job: None, 1,
                           english is not None).values()
        if english is not None:
            english(partial, [run.notebook])
        _swap(partial, final, previous, keep=True)
    return replace(run, notebook=final / run.notebook.name, html=final / run.html.name)


def run_report(edition: str, period: str, root: Path | str = ".", parameters: Mapping[str, object] | None = None, *,
               inputs: Inputs = (), applicable: Callable[[str, str], str | None] = lambda job, edition: None,
               formats: Callable[[Path], object] = lambda notebook: None, english: Translate | None = None,
               release: Callable[[Path, Path], None] = lambda folder, final: None,
               workers: int | None = None, timeout: float | None = None, say: Say = print,
               reports: Path | None = None) -> Path:
    """Execute all jobs and the annual report into `reports/<edition>/<period>/`; return that folder.

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
    english : callable, optional
        As in `run_job`.
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
    if (year := datetime.now().year) < FIRST_YEAR:
        raise EnvironmentFault(f"Часы компьютера показывают {year} год: файлы Word и Excel раньше {FIRST_YEAR} года не "
                               "записать. Поставьте верное время и повторите.")
    plan = _plan(JOBS, edition, period, parameters or {}, root)
    final = _folder(reports or root / "reports", edition, _safe(period, "период"))
    with _alone(final) as (partial, previous):
        started, before = datetime.now().astimezone(), _hashes(inputs, root)
        jobs = {job: planned for job, planned in plan.items() if job != "report"}
        runs = _run_jobs(jobs, partial, root, timeout, say, lambda job: applicable(job, edition),
                         workers or min(2, os.cpu_count() or 1), english is not None)
        runs |= _run_jobs({"report": plan["report"]}, partial, root, timeout, say, lambda job: None, 1)
        results.merge(partial)
        formats(runs["report"].notebook)
        if english is not None:
            english(partial, [run.notebook for run in runs.values() if run.reason is None])
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


def _execute(planned: _Planned, folder: Path, root: Path, timeout: float | None, say: Say, english: bool) -> Run:
    """One notebook and its page."""
    target = folder / planned.source.name
    clock = time.perf_counter()
    for note in planned.notes:
        say(f"{planned.job}: {note}")
    say(f"{planned.job}: {planned.source.stem} …")
    kernel.execute(planned.source, target, planned.given, root, timeout, line=list(JOBS).index(planned.job),
                   english=english)
    if planned.job != "report" and not (folder / f"{planned.job}.json").is_file():
        raise NotebookError(f"Тетрадь {planned.source.stem} выполнена, но результатов не сохранила: нет файла "
                            f"{planned.job}.json. Её последней ячейкой должно быть results.write().")
    html = target.with_suffix(".html")
    title = report_title(planned.given["edition"], planned.given["period"]) if planned.job == "report" else None
    to_html(target, html, title=title, hide_code=planned.job == "report")
    seconds = time.perf_counter() - clock
    say(f"{planned.job}: готово за {seconds:.1f} с".replace(".", ","))
    effective = {name: parameter.default for name, parameter in planned.known.items()} | planned.given
    return Run(planned.job, target, html, effective, round(seconds, 2), planned.notes, given=planned.given)


def _run_jobs(plan: Mapping[str, _Planned], folder: Path, root: Path, timeout: float | None, say: Say,
              reason_not: Callable[[str], str | None], workers: int, english: bool = False) -> dict[str, Run]:
    """Jobs that do not read each other. The first failure, or a signal, stops those that run or have not started."""
    def one(job: str) -> Run:
        if reason := reason_not(job):
            planned = plan[job]
            results.Results(job, planned.given["edition"], planned.given["period"], folder).missing(reason).write()
            say(f"{job}: не применяется — {reason}")
            return Run(job, planned.source, None, {}, 0.0, [], reason)
        return _execute(plan[job], folder, root, timeout, say, english)

    # Threads only wait: each job computes in the process of its kernel. Even a single one gets a thread, since in the
    # main one Jupyter would take the signals for itself.
    pool = ThreadPoolExecutor(workers)
    futures = {job: pool.submit(one, job) for job in plan}
    try:
        while True:
            done, waiting = wait(futures.values(), GLANCE, FIRST_EXCEPTION)
            for future in done:
                future.result()
            if not waiting:
                return {job: future.result() for job, future in futures.items()}
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        while not all(future.done() for future in futures.values()):   # a kernel may be about to start
            kernel.kill_all(folder)
            wait(futures.values(), GLANCE)
        raise
    finally:
        pool.shutdown()


@contextmanager
def _alone(final: Path) -> Iterator[tuple[Path, Path]]:
    """Work at what will become `final`, nobody else beside us: an empty partial folder and the name of the previous.

    What a killed run left is put right first: its kernels, its partial folder, a swap cut in the middle.
    """
    partial, previous = final.with_name(f"{final.name}.partial"), final.with_name(f"{final.name}.previous")
    try:
        with _told_to_stop(), locked(final.with_name(f".{final.name}.lock")):
            kernel.kill_orphans(partial)
            put_back(final, previous)
            shutil.rmtree(partial, ignore_errors=True)
            partial.mkdir(parents=True)
            yield partial, previous
    except OSError as error:
        where = f" {error.filename}" if error.filename else ""
        raise EnvironmentFault(f"Не удалось записать или прочитать{where}: {error.strerror or error}. Папка {partial}; "
                               f"{_free(final)}. Проверьте место на диске и права, закройте файлы из этой папки. "
                               "Прежний отчёт не тронут.") from error


def _free(folder: Path) -> str:
    there = next((path for path in folder.parents if path.is_dir()), None)
    return f"свободно {shutil.disk_usage(there).free // 2**20} МБ" if there else "папки нет"


@contextmanager
def _told_to_stop() -> Iterator[None]:
    """Let a request to end (SIGTERM, a closed terminal) tidy up as Ctrl+C does: the kernels go, then the lock."""
    def stop(number: int, _frame: object) -> None:
        raise SystemExit(128 + number)   # the code that a shell gives to a process ended by this signal

    if threading.current_thread() is not threading.main_thread():   # only there Python lets handlers be set
        yield
        return
    heard = [number for number in STOPS if signal.getsignal(number) not in (signal.SIG_IGN, None)]   # `nohup` ignores
    before = {number: signal.signal(number, stop) for number in heard}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _copy_draft(final: Path, partial: Path, job: str) -> None:
    """The drafts of the other jobs, which the report reads, and of this one, without what would say that it is done."""
    for path in sorted(final.iterdir()) if final.is_dir() else ():
        if path.is_dir() and path.name in PARTS:
            ignored = shutil.ignore_patterns(f"{job}-*", f"{JOBS[job]}.*", ".*")
            shutil.copytree(path, partial / path.name, ignore=ignored)
        elif path.is_file() and path.name != f"{job}.json" and path.stem != JOBS[job] and path.name[0] != ".":
            shutil.copy2(path, partial / path.name)


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
        "inputs": hashes, "described": manifest.described(hashes, root),
        "notebooks": manifest.fingerprints(notebooks, root), "jobs": jobs, "seeds": seeds,
        "versions": manifest.versions(), "code": manifest.code_state(root), "modules": manifest.modules(),
        "outputs": manifest.fingerprints([folder], folder), "executed": manifest.executed(folder.glob("*.ipynb")),
    }
    (folder / "manifest.json").write_bytes(results.dump(record))


def _swap(partial: Path, final: Path, previous: Path, *, keep: bool = False) -> None:
    """Put the new folder in the place of the old one, once its files are on the disk.

    With `keep` the old one's folders that the new one has not made itself go over to it.
    """
    _reach_the_disk(partial)
    for path in sorted(final.iterdir()) if keep and final.is_dir() else ():
        if path.is_dir() and not (partial / path.name).exists():
            shutil.copytree(path, partial / path.name)
    put_in_place(partial, final, previous)


def _reach_the_disk(folder: Path) -> None:
    """Wait until the files are on the disk: after a power cut the names must not point at empty files."""
    for path in folder.rglob("*"):
        if path.is_file():
            with path.open("rb+") as stream:
                os.fsync(stream.fileno())


def _folder(reports: Path, edition: str, *parts: str) -> Path:
    """A folder of the edition's reports; a link that leads out of `reports` is refused."""
    folder = reports.joinpath(_safe(edition, "редакция"), *parts)
    if not folder.resolve().is_relative_to(reports.resolve()):
        raise UsageError(f"папка {folder} | ссылка ведёт в {folder.resolve()}: выход за папку reports запрещён"
                         " | уберите ссылку")
    return folder


def _safe(name: str, what: str) -> str:
    name = str(name)
    if (not FOLDER_NAME.fullmatch(name) or WINDOWS_DEVICES.fullmatch(name) or OWN_NAMES.fullmatch(name)
            or len(name.encode("utf-8", "replace")) > LONGEST_NAME):
        shown = f"{name!r}" if len(name) <= LONGEST_NAME else f"{name[:LONGEST_NAME]!r}…"
        raise UsageError(f"{what} {shown} | не годится для имени папки: выход за папку reports запрещён"
                         f" | допустимо: буквы, цифры, «.», «-», «_», не длиннее {LONGEST_NAME} байт")
    return name
