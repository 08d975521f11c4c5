"""`zvezda what-if`: one notebook as a page of this machine alone, and the draft that the page saves."""

from __future__ import annotations

import os
import secrets
import socket
import tempfile
from collections.abc import Callable
from pathlib import Path

from methods.data import candidates
from methods.data.editions import edition_path
from methods.errors import EnvironmentFault, UsageError
from methods.index.edition import Edition
from methods.report import what_if as page
from methods.sensitivity.what_if import Choice, Outcome

NOTEBOOK = Path("notebooks") / "what_if.ipynb"
LOOPBACK = "127.0.0.1"
LOCAL_HOSTS = r"^(127\.0\.0\.1|localhost)$"   # names under which a browser of this machine asks; no others are answered
PAGE = Path(__file__).with_name("what_if_page")
IDLE = 600          # seconds without a page after which its kernel is closed
SOURCES = Path(__file__).resolve().parents[2]


def draft_folder(root: Path, version: str, period: str) -> Path:
    """Where the page saves: beside the drafts of the notebooks."""
    return root / "reports" / version / "draft" / period / "what_if"


def saver(root: Path, edition: Edition, period: str) -> Callable[[Choice, Outcome], str]:
    """What the page's button does: `candidate.yml` and `decision.md`, as notebook 1 writes them."""
    folder, version = draft_folder(root, edition.version, period), f"{edition.version}-what-if"

    def save(choice: Choice, outcome: Outcome) -> str:
        changes = page.other_changes(edition, choice)
        if choice.weights:
            changes = {"weights": candidates.written_weights(edition, choice.weights), **changes}
        if not changes:
            raise UsageError("Проект не записан: он совпадал бы с принятой методикой. Сначала что-нибудь измените.")
        written = candidates.write_revision(folder, root, edition, changes, version,
                                            page.decision_text(outcome, edition, version, period))
        place = written[0].relative_to(root).as_posix()
        return (f"Записано: {place}, рядом черновик решения {written[1].name}. Сравнить: "
                f"zvezda diff {edition.version} {place}. Принять: заполните места «<…>» и выполните "
                f"zvezda adopt {place}.")
    return save


def serve(root: Path, version: str, period: str, *, port: int = 0, browser: bool = True,
          say: Callable[[str], None] = print) -> None:
    """Serve the page until Ctrl+C.

    Only a browser of this machine that knows the token of the printed address gets anything: the server listens on
    127.0.0.1, answers no other host name (a foreign site could point its own name here) and serves no other notebook
    or file. Nothing on the page comes from another host.

    Parameters
    ----------
    port : int
        0: any free one.

    Raises
    ------
    EnvironmentFault
        The port is taken.
    """
    edition_path(root, version)
    from methods.run.what_if_server import Server  # loads Jupyter's server, two seconds

    port = _free(port)
    with tempfile.TemporaryDirectory(prefix="zvezda-what-if-", ignore_cleanup_errors=True) as private:
        folder = Path(private)
        os.environ.update(_environment(root, folder))
        notebook = _parameterised(root / NOTEBOOK, folder, version, period)
        token = secrets.token_urlsafe(24)
        say(f"Откройте: http://{LOOPBACK}:{port}/?token={token}\nЗакончить: Ctrl+C.")
        Server.run(notebook, port=port, token=token, browser=browser)


def _free(port: int) -> int:
    """The port itself or, for 0, one that nobody listens on."""
    try:
        with socket.socket() as probe:
            if os.name != "nt":   # else the port of a page just closed would count as taken for a minute
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((LOOPBACK, port))
            return probe.getsockname()[1]
    except OSError:
        raise EnvironmentFault(f"Порт {port} занят другой программой. Назовите другой ключом --port или уберите ключ: "
                               "свободный найдётся сам.") from None


def _environment(root: Path, private: Path) -> dict[str, str]:
    """For the server and its kernels: our page, our packages, nobody's own settings."""
    return {
        "ZVEZDA_ROOT": str(root), "PYTHONUTF8": "1", "PYTHONHASHSEED": "0", "OMP_NUM_THREADS": "1",
        "PYTHONPATH": os.pathsep.join(filter(None, [str(SOURCES), os.environ.get("PYTHONPATH")])),
        "JUPYTER_PATH": str(PAGE), "JUPYTER_PREFER_ENV_PATH": "1", "JUPYTER_NO_CONFIG": "1",
        "JUPYTER_DATA_DIR": str(private / "data"), "JUPYTER_CONFIG_DIR": str(private / "config"),
        "JUPYTER_RUNTIME_DIR": str(private / "runtime"), "IPYTHONDIR": str(private / "ipython"),
    }


def _parameterised(source: Path, folder: Path, version: str, period: str) -> Path:
    """A copy of the notebook for this edition and period, alone in its folder."""
    import nbformat
    from papermill.parameterize import parameterize_notebook

    notebook = nbformat.read(source, as_version=4)
    notebook.metadata.papermill = {}   # where papermill keeps a record, and tags that it asks every cell for
    for cell in notebook.cells:
        cell.metadata.setdefault("tags", [])
    notebook = parameterize_notebook(notebook, {"edition": version, "period": period})
    target = folder / "page" / source.name
    target.parent.mkdir()
    nbformat.write(notebook, target)
    return target
