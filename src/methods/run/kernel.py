"""Executing one notebook by papermill, with the failures told in our own words."""

from __future__ import annotations

import logging
import os
import re
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import nbformat
import papermill
import psutil
from ipykernel.kernelspec import get_kernel_dict
from jupyter_client import AsyncKernelManager
from jupyter_client.kernelspec import KernelSpec
from jupyter_core.utils import ensure_event_loop
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from papermill.exceptions import PapermillExecutionError
from traitlets import Dict
from traitlets.config import Config

from methods import errors
from methods.data.disclosure import masked
from methods.errors import EnvironmentFault, KernelDied, NotebookError, TimeLimit, ZvezdaError

START_LIMIT = 120   # seconds; a first start under an antivirus takes most of a minute
WAIT_KILLED = 10    # seconds
DISK = re.compile(r"\[Errno (5|13|27|28|30|36|122)\]")   # fault, rights, size, space, read-only, long name, quota
LEFT = "ячейка завершила тетрадь раньше конца (sys.exit)"
FALLEN = "thread.txt"   # where a kernel notes the exception that ended one of its threads
# A thread's exception ends the thread only: the cell that waits for its result finds nothing and goes on.
# And a kernel that is told to end while it still answers may complain of that on the screen, through tornado.
WATCH = """\
import logging
import threading
from pathlib import Path


def _watched(failure, usual=threading.excepthook, place=Path({place!r})):
    usual(failure)
    if failure.exc_type is not SystemExit and not place.exists():
        place.write_text(f"{{failure.exc_type.__name__}}: {{failure.exc_value}}", "utf-8")


threading.excepthook = _watched
logging.getLogger("tornado").setLevel(logging.CRITICAL)
del _watched, logging, threading, Path
"""
SOURCES = Path(__file__).resolve().parents[2]   # the folder of the package `methods` that runs

# papermill and nbclient report failures twice, in English; ours come as exceptions.
logging.getLogger("papermill").addHandler(logging.NullHandler())
logging.getLogger("papermill").propagate = False


class Kernel(AsyncKernelManager):
    """A kernel of the interpreter that runs us, whatever kernelspecs the user has registered."""

    environment = Dict().tag(config=True)

    @property
    def kernel_spec(self) -> KernelSpec:
        # nbclient ends a kernel by an interrupt, of which the kernel complains on the screen
        own = {name: value.replace("$", "$$") for name, value in self.environment.items()}   # Jupyter fills in $HOME
        return KernelSpec(**get_kernel_dict(extra_arguments=["--log-level=CRITICAL"]), env=own)


def kill_all(output: Path) -> None:
    """Kill the kernels that this process started for the folder: after Ctrl+C nobody waits for them."""
    for child in psutil.Process().children():
        with suppress(psutil.Error):
            if child.environ().get("ZVEZDA_OUTPUT") == str(output):
                child.kill()


def kill_orphans(output: Path) -> None:
    """Kill the kernels for the folder whose own process was killed: they must not write into the next run.

    Only the holder of the folder's lock may call it. Jupyter's kernels notice it themselves, but a second later.
    """
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            if process.pid != os.getpid() and process.environ().get("ZVEZDA_OUTPUT") == str(output):
                process.kill()
                process.wait(WAIT_KILLED)


def execute(source: Path, target: Path, parameters: dict, root: Path, timeout: float | None = None,
            line: int = 0, english: bool = False) -> None:
    """Run the notebook `source` with the parameters and leave the executed copy at `target`.

    The kernel works in the folder of `target`. While it runs, and after a failure, the copy is called
    `<name>.partial.ipynb`: an unfinished run never looks like a result.

    Parameters
    ----------
    timeout : float, optional
        Seconds for the whole notebook, not for one cell.
    line : int
        Line of the screen for the progress bar, counted from the first; several notebooks run at a time.
    english : bool
        Whether every picture is drawn in English too.
    """
    partial = target.with_name(f"{target.stem}.partial.ipynb")
    deadline = None if timeout is None else time.monotonic() + timeout
    with (tempfile.TemporaryDirectory(prefix="zvezda-", ignore_cleanup_errors=True) as private, _event_loop()):
        startup = Path(private) / "profile_default" / "startup"
        startup.mkdir(parents=True)
        (startup / "00-watch.py").write_text(WATCH.format(place=str(Path(private) / FALLEN)), "utf-8")
        config = Config({"Kernel": {"environment": _environment(root, target.parent, Path(private), english),
                                    # without it ipykernel 7.4 warns in every run that the connection is not encrypted
                                    "transport_encryption": "auto"}})
        try:
            papermill.execute_notebook(
                _plain(source), _plain(partial), parameters, kernel_name="python3", language="python",
                progress_bar=_bar(source.stem, line), start_timeout=START_LIMIT, kernel_manager_class=Kernel,
                config=config,
                resources={"metadata": {"path": str(target.parent)}},
                timeout_func=lambda cell: None if deadline is None else max(1, round(deadline - time.monotonic())))
        except PapermillExecutionError as error:
            _translate_markers(partial)
            raise _cell_failure(error, partial) from None
        except CellTimeoutError:
            raise TimeLimit(f"{_place(partial)}: не уложился в {timeout:g} с. Увеличьте предел времени или уменьшите "
                            f"число розыгрышей.\nНезаконченный блокнот: {partial}") from None
        except DeadKernelError:
            raise KernelDied(f"{_place(partial)}: вычислительный процесс внезапно остановился — чаще всего не хватило "
                             f"памяти. Закройте другие программы или уменьшите число розыгрышей.\n"
                             f"Незаконченный блокнот: {partial}") from None
        except OSError as error:
            raise EnvironmentFault(f"Не удалось выполнить {source.name}: {error}. Проверьте место на диске и права "
                                   f"на папку {target.parent}.") from error
        except RuntimeError as error:
            if "ernel d" not in str(error):   # «Kernel died before replying», «Kernel didn't respond»
                raise
            raise KernelDied(f"Блокнот {source.stem}: вычислительный процесс не запустился ({error}). Чаще всего не "
                             "хватило памяти или повреждена среда: удалите папку .venv и повторите команду.") from None
        fallen = Path(private) / FALLEN
        _executed_whole(partial, fallen.read_text("utf-8") if fallen.exists() else "")
    _forget_paths(partial)
    os.replace(partial, target)


def _bar(title: str, line: int) -> dict[str, object]:
    """The progress bar of one notebook, for tqdm: cells done, on a terminal only, gone when the notebook is done."""
    return {"desc": title, "position": line, "leave": False, "disable": None, "unit": "яч.", "ncols": 78,
            "bar_format": "{desc:<24} {bar} {n_fmt} из {total_fmt} ячеек, {elapsed}"}


@contextmanager
def _event_loop() -> Iterator[None]:
    """Jupyter makes an event loop for every thread that runs notebooks and never closes it: do so in its place."""
    loop = ensure_event_loop(prefer_selector_loop=True)
    try:
        yield
    finally:
        if not loop.is_running():   # it runs when we are called from a notebook, and is not ours then
            loop.close()


def _environment(root: Path, output: Path, private: Path, english: bool = False) -> dict[str, str]:
    """What makes a kernel independent of the user's settings, and equal runs equal."""
    return {
        "ZVEZDA_ROOT": str(root), "ZVEZDA_OUTPUT": str(output), "ZVEZDA_ENGLISH": "1" if english else "",
        "PYTHONPATH": os.pathsep.join(filter(None, [str(SOURCES), os.environ.get("PYTHONPATH")])),
        "PYTHONUTF8": "1", "PYTHONHASHSEED": "0", "OMP_NUM_THREADS": "1", "JUPYTER_PREFER_ENV_PATH": "1",
        "MPLBACKEND": "module://matplotlib_inline.backend_inline", "IPYTHONDIR": str(private),
    }


def _plain(path: Path) -> str:
    """papermill formats paths with `str.format`: braces in a folder's name must survive."""
    return str(path.resolve()).replace("{", "{{").replace("}", "}}")


def _cell_failure(error: PapermillExecutionError, partial: Path) -> ZvezdaError:
    """Our own exceptions keep their class and words; others become `NotebookError` that names the place."""
    ours = getattr(errors, error.ename, None)
    if isinstance(ours, type) and issubclass(ours, ZvezdaError):
        return ours(error.evalue)
    # What other people's code says may hold a row of answers.
    said = masked((error.evalue or "").strip())
    last = LEFT if error.ename == "SystemExit" else f"{error.ename}: {said.splitlines()[-1] if said else ''}"
    kind = NotebookError
    if error.ename in ("MemoryError", "_ArrayMemoryError"):
        kind = KernelDied
    elif DISK.search(error.evalue or ""):
        kind = EnvironmentFault
    return kind(f"{_place(partial)}: {last}\nНезаконченный блокнот с подробностями: {partial}")


def _executed_whole(partial: Path, fallen: str) -> None:
    """Raise unless every cell was executed to its end and no thread died: papermill takes `sys.exit(0)` for success."""
    more = f"\nНезаконченный блокнот с подробностями: {partial}"
    if fallen:
        raise NotebookError(f"Блокнот {partial.name.removesuffix('.partial.ipynb')}: ошибка в потоке: "
                            f"{masked(fallen)}{more}")
    for cell in nbformat.read(partial, as_version=4).cells:
        if cell.cell_type != "code" or not cell.source.strip():
            continue
        if _failed(cell):
            raise NotebookError(f"{_place(partial)}: {LEFT}.{more}")
        if cell.execution_count is None or cell.metadata.get("papermill", {}).get("status") != "completed":
            raise NotebookError(f"{_place(partial)}: выполнены не все ячейки.{more}")


def _failed(cell: nbformat.NotebookNode) -> bool:
    return any(output.output_type == "error" for output in cell.outputs)


def _place(partial: Path) -> str:
    """Where the run failed or stopped: notebook, cell as Jupyter numbers it, heading above it."""
    name = f"Блокнот {partial.name.removesuffix('.partial.ipynb')}"
    if not partial.is_file():
        return name
    heading = number = None
    found = name
    for cell in nbformat.read(partial, as_version=4).cells:
        if cell.cell_type == "markdown":
            heading = next((line.lstrip("# ") for line in reversed(cell.source.splitlines()) if line.startswith("#")),
                           heading)
        elif cell.cell_type == "code":
            number = (number or 0) + 1
            if not cell.metadata.get("papermill", {}).get("start_time"):
                break
            found = f"{name}, ячейка [{cell.execution_count or number}]" + (f", раздел «{heading}»" if heading else "")
            if _failed(cell):   # one tagged `raises-exception` lets the others run
                break
    return found


def _translate_markers(partial: Path) -> None:
    """papermill marks the failed cell in English; the reader of the notebook is not at home in it."""
    notebook = nbformat.read(partial, as_version=4)
    markers = [cell for cell in notebook.cells if "papermill-error-cell-tag" in cell.metadata.get("tags", ())]
    texts = ["**Расчёт прерван ошибкой.** [Перейти к ячейке](#papermill-error-cell)",
             '<span id="papermill-error-cell"></span>**Расчёт остановился на следующей ячейке:**']
    for cell, text in zip(markers, texts, strict=True):
        cell.source = text
    nbformat.write(notebook, partial)


def _forget_paths(partial: Path) -> None:
    """The executed copy is published: it must not tell the user's name and folders."""
    notebook = nbformat.read(partial, as_version=4)
    for key in ("input_path", "output_path", "environment_variables"):
        notebook.metadata.get("papermill", {}).pop(key, None)
    nbformat.write(notebook, partial)
