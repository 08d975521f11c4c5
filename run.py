"""One command for everything: make the environment, then do what was asked.

    python run.py report ...    set up on the first call, then `zvezda report ...`
    python run.py test          every check of the project

Only the standard library is used, because this file runs before anything is installed. It also has to be
readable by an old Python (3.6 and later), or its message about the version would never be seen: no newer syntax.
"""
import sys

OLDEST, TOO_NEW = (3, 11), (3, 14)  # the same bounds as requires-python in pyproject.toml
SETUP_FAILED, INTERRUPTED = 9, 130  # exit codes of our own; every other code comes from the command that was run


def version_complaint(version):
    """Say in Russian what is wrong with this Python version, or return None."""
    if OLDEST <= tuple(version[:2]) < TOO_NEW:
        return None
    return (
        "Нужен Python 3.11, 3.12 или 3.13, а команда запущена в Python {}.{}.\n"
        "Что сделать: установите Python 3.12 и повторите команду, назвав его прямо:\n"
        "    Windows:  py -3.12 run.py ...\n"
        "    Linux:    python3.12 run.py ..."
    ).format(*version[:2])


if __name__ == "__main__" and version_complaint(sys.version_info):
    print(version_complaint(sys.version_info), file=sys.stderr)
    sys.exit(SETUP_FAILED)

import contextlib  # noqa: E402  (the version check must come first)
import hashlib  # noqa: E402
import importlib.util  # noqa: E402
import json  # noqa: E402
import os  # noqa: E402
import shutil  # noqa: E402
import subprocess  # noqa: E402
import time  # noqa: E402
from pathlib import Path  # noqa: E402

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
STAMP = VENV / "zvezda-setup.json"
LOCK = ROOT / ".venv.lock"
WHEELHOUSE = ROOT / "wheelhouse"
LOCK_PATIENCE = 30 * 60  # seconds to wait for another set-up

HELP = """\
Рабочая среда методолога «Звезда». Команды (вместо python на Linux обычно python3):

    python run.py report ...    посчитать индекс и собрать отчёт
    python run.py lab           открыть тетради в JupyterLab на русском языке
    python run.py test          проверить весь проект: стиль, связи модулей, тесты, тетради
    python run.py wheelhouse    скачать все пакеты в папку wheelhouse для работы без интернета
    python run.py --help        все команды программы zvezda

Первый запуск готовит среду в папке .venv: одна-пять минут. Следующие запуски начинаются сразу.
"""

TOUR = ROOT / "tools" / "lab" / "tour.json"
TOUR_PLUGIN, FIRST_NOTEBOOK = "jupyterlab-tour:user-tours", "notebooks/01_calibrate_weights.ipynb"

# JupyterLab in Russian, no calls to the network for news or updates, pages rather than their source, and a notebook
# that changes on disk only when somebody saves it: reports are made from these same files.
LAB_SETTINGS = {
    "@jupyterlab/translation-extension:plugin": {"locale": "ru_RU"},
    "@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False},
    "@jupyterlab/docmanager-extension:plugin": {
        "autosave": False, "defaultViewers": {"markdown": "Markdown Preview"}},
}
# Tours in English; a button in English that would start another server.
LAB_DISABLED = ("jupyterlab-tour:default-tours", "jupyterlab-tour:notebook-tours",
                "@voila-dashboards/jupyterlab-preview")

# The function rather than the console script: that one is an unsigned .exe on Windows, which antivirus rules
# of an organisation may block. -P keeps files of the current folder from hiding installed modules.
CALL_ZVEZDA = "import sys; sys.argv[0] = 'zvezda'; from methods.cli import main; sys.exit(main())"
CALL_IMPORT_LINTER = "from importlinter.cli import lint_imports_command as main; main()"


class SetupError(Exception):
    """The environment cannot be made; the message tells the methodologist what to do."""


def say(text):
    """Print at once, so that our lines and those of the child processes keep their order."""
    print(text, flush=True)


# --- commands -------------------------------------------------------------------------------------------------

def zvezda_command(words):
    """The `zvezda` command with these words."""
    return [str(PYTHON), "-P", "-c", CALL_ZVEZDA, *words]


def lab_command(words):
    """JupyterLab over the project folder, opened at the page that leads through the notebooks."""
    return [str(PYTHON), "-m", "jupyterlab", "--ServerApp.root_dir=" + str(ROOT),
            "--LabApp.default_url=/lab/tree/notebooks/README.md", *words]


def test_commands(words):
    """Every check as (title, command), pytest last; with extra words only pytest, which gets them."""
    # One file stays in one worker (loadfile): the cells of a notebook share a kernel.
    pytest = [str(PYTHON), "-m", "pytest", "-n", "2", "--dist", "loadfile"]
    if any(ROOT.glob("notebooks/*.ipynb")):
        pytest += ["--nbval-lax", "--nbval-current-env"]
    if words:
        return [("тесты", pytest + words)]
    return [
        ("стиль кода", [str(PYTHON), "-m", "ruff", "check", "."]),
        ("связи модулей", [str(PYTHON), "-c", CALL_IMPORT_LINTER, "--no-logo"]),
        ("тесты и тетради", pytest),
    ]


def install_commands(offline):
    """The pip calls of the set-up as (title, command)."""
    pip = [str(PYTHON), "-m", "pip", "install", "-qq"]
    if offline:
        pip += ["--no-index", "--find-links", str(WHEELHOUSE)]
    where = "из папки wheelhouse" if offline else "из сети"
    return [
        (f"пакеты {where}: одна-пять минут",
         [*pip, "--only-binary", ":all:", "--require-hashes", "-r", str(ROOT / "requirements.txt")]),
        # A separate call, because pip refuses an editable project among hashed requirements.
        # No build isolation: the backend is already here, locked, and the network may be absent.
        ("сам проект: несколько секунд", [*pip, "--no-deps", "--no-build-isolation", "-e", str(ROOT)]),
    ]


def child_environment():
    """Our environment for the children: UTF-8 everywhere, and pip never turned towards the user's folder.

    ZVEZDA_ROOT makes the command find this project from whichever folder it was called.
    """
    ours = {"PYTHONUTF8": "1", "PIP_USER": "0", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    return {"ZVEZDA_ROOT": str(ROOT), **os.environ, **ours}


def call(command, cwd=None):
    """Run a command and return its exit code."""
    child, interrupted = subprocess.Popen(command, cwd=cwd, env=child_environment()), False
    while child.returncode is None:
        try:
            child.wait()
        except KeyboardInterrupt:
            interrupted = True  # the child has got Ctrl+C too: it tidies up, or asks (JupyterLab does); wait for it
    if interrupted and child.returncode != 0:
        raise KeyboardInterrupt
    # A child ended by a signal has a negative code here; give the number that a shell would give.
    return child.returncode if child.returncode >= 0 else 128 - child.returncode


# --- set-up ---------------------------------------------------------------------------------------------------

def stamp_now():
    """What the environment depends on. `place` decides whether it can be kept, `inputs` whether it is current."""
    inputs = hashlib.sha256()
    for name in ("requirements.txt", "pyproject.toml"):
        inputs.update((ROOT / name).read_bytes())
    place = [sys.platform, "{}.{}".format(*sys.version_info[:2]), str(ROOT)]
    return {"place": place, "inputs": inputs.hexdigest()}


def stamp_found():
    """The stamp of a finished set-up, or None."""
    try:
        return json.loads(STAMP.read_text(encoding="utf-8")) if PYTHON.exists() else None
    except (OSError, ValueError):
        return None


@contextlib.contextmanager
def only_one():
    """Let one set-up work at a time; the others wait for the lock file to go."""
    started, told = time.monotonic(), False
    while True:
        try:
            descriptor = os.open(str(LOCK), os.O_CREAT | os.O_EXCL | os.O_WRONLY)
            break
        except FileExistsError:
            if not told:
                say("Среду сейчас готовит другой запуск, жду его окончания.\n"
                    f"Если другого запуска нет (например, его прервали), удалите файл {LOCK}")
                told = True
            if time.monotonic() - started > LOCK_PATIENCE:
                raise SetupError(f"Другой запуск не закончил готовить среду за {LOCK_PATIENCE // 60} мин.\n"
                                 f"Что сделать: удалите файл {LOCK} и повторите команду.") from None
            time.sleep(0.5)
    try:
        os.close(descriptor)
        yield
    finally:
        with contextlib.suppress(FileNotFoundError):
            LOCK.unlink()


def set_up(offline):
    """Make .venv or bring it up to date. Instant when the stamp fits."""
    if stamp_found() == stamp_now():
        return
    with only_one():
        wanted, found = stamp_now(), stamp_found()
        if found == wanted:  # another process has just done it
            return
        say("Готовлю среду в папке .venv, это нужно один раз.")
        if found and found["place"] == wanted["place"]:
            STAMP.unlink()  # from here until the end the set-up counts as unfinished
        else:
            make_venv()
        for title, command in install_commands(offline):
            say(f"  {title} …")
            if call(command) != 0:
                raise SetupError(pip_advice(offline))
        unfinished = STAMP.with_suffix(".partial")
        unfinished.write_text(json.dumps(wanted), encoding="utf-8")
        unfinished.replace(STAMP)
        say("Среда готова.")


def lab_files():
    """What JupyterLab reads when it starts: file of the environment -> content."""
    tour = json.loads(TOUR.read_text(encoding="utf-8"))
    everywhere = tour.pop("every_step")
    tour["steps"] = [{**everywhere, **step} for step in tour["steps"]]
    command = {"id": "{}:{}".format(TOUR_PLUGIN, tour["id"])}
    # A button in the top bar opens the first notebook and starts the tour there. The extension's own offer, a note that
    # goes away by itself and says «ты», is left out: the tour counts as seen.
    both = {"commands": ["docmanager:open", "jupyterlab-tour:launch"], "args": {"path": FIRST_NOTEBOOK, **command}}
    button = {"name": "zvezda-tour", "label": tour["label"], "command": "apputils:run-all-enabled", "args": both,
              "rank": 60}
    taken = [{**command, "version": 0}]
    return {
        "share/jupyter/lab/settings/overrides.json": {
            **LAB_SETTINGS, TOUR_PLUGIN: {"tours": [tour]},
            "@jupyterlab/application-extension:top-bar": {"toolbar": [button]},
            "@jupyterlab/notebook-extension:panel": {"toolbar": [{"name": "jupyterlab-tour", "disabled": True}]}},
        "etc/jupyter/labconfig/page_config.json": {"disabledExtensions": dict.fromkeys(LAB_DISABLED, True)},
        "etc/jupyter/serverconfig/jupyterlabtourplugin.json": {"state": taken},
    }


def configure_lab():
    """Give the environment the settings of this project. At every start: their text changes without any package."""
    for name, content in lab_files().items():
        file, text = VENV / name, json.dumps(content, ensure_ascii=False, indent=2).encode("utf-8")
        if not file.exists() or file.read_bytes() != text:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(text)


def make_venv():
    """An empty virtual environment in place of whatever is there: unfinished, moved or of another Python."""
    if not (importlib.util.find_spec("venv") and importlib.util.find_spec("ensurepip")):
        raise SetupError("В этом Python нет модулей venv и ensurepip, без них среду не создать.\n"
                         "Что сделать: на Debian и Ubuntu выполните  sudo apt install python3-venv\n"
                         "и повторите команду; на Windows установите Python с галочкой pip.")
    say("  пустая среда: несколько секунд …")
    if VENV.exists():
        shutil.rmtree(str(VENV))
    if call([sys.executable, "-m", "venv", str(VENV)]) != 0:
        raise SetupError(f"Не удалось создать среду в папке {VENV}, причина указана выше.\n"
                         "Что сделать: на Debian и Ubuntu выполните  sudo apt install python3-venv\n"
                         "Проверьте также место на диске и право записи в эту папку.")


def pip_advice(offline):
    """What to do after pip has failed."""
    if offline:
        return ("Пакеты не установились из папки wheelhouse, причина указана выше.\n"
                "Папка должна быть собрана из этой же версии проекта, на такой же системе и той же версии Python.\n"
                "Что сделать: соберите её заново там, где есть сеть (python run.py wheelhouse), и замените целиком,\n"
                "или удалите папку wheelhouse, если сеть есть здесь.")
    return ("Пакеты не установились, причина указана выше.\n"
            "Что сделать, если нет сети: на компьютере с сетью, такой же системой и той же версией Python выполните\n"
            "    python run.py wheelhouse\n"
            f"и скопируйте папку wheelhouse сюда: {ROOT}\n"
            "Если сеть есть: проверьте адрес зеркала и сертификат в настройках pip (python -m pip config list)\n"
            "и место на диске (нужен 1 ГБ). На Windows нужен 64-разрядный Python и путь к проекту короче 80 знаков.")


def make_wheelhouse():
    """Download every locked package, the build backend among them, for a computer without a network."""
    fresh = ROOT / "wheelhouse.partial"  # an interrupted download must not pass for a wheelhouse
    shutil.rmtree(str(fresh), ignore_errors=True)
    say("Скачиваю пакеты: одна-пять минут, около 170 МБ …")
    if call([str(PYTHON), "-m", "pip", "download", "-qq", "--only-binary", ":all:", "--require-hashes",
             "-r", str(ROOT / "requirements.txt"), "--dest", str(fresh)]) != 0:
        raise SetupError(pip_advice(offline=False))
    if WHEELHOUSE.exists():
        shutil.rmtree(str(WHEELHOUSE))
    fresh.replace(WHEELHOUSE)
    files = list(WHEELHOUSE.iterdir())
    size = sum(file.stat().st_size for file in files) / 1e6
    say(f"Готово: {WHEELHOUSE}, файлов {len(files)}, {size:.0f} МБ.\n"
        "Перенесите папку проекта вместе с wheelhouse (без .venv) на компьютер с такой же системой\n"
        f"и Python {sys.version_info[0]}.{sys.version_info[1]}; дальше команды те же, сеть не нужна.")
    return 0


def main(words):
    """Do what the words ask for and return the exit code."""
    if not words:
        say(HELP)
        return 0
    word, rest = words[0], words[1:]
    try:
        # The wheelhouse is made anew where there is a network; the old one must not serve as its source.
        set_up(offline=WHEELHOUSE.is_dir() and word != "wheelhouse")
        if word == "wheelhouse":
            return make_wheelhouse()
        if word == "lab":
            configure_lab()
    except KeyboardInterrupt:
        print("Подготовка среды прервана; следующий запуск начнёт её заново.", file=sys.stderr, flush=True)
        return INTERRUPTED
    except SetupError as error:
        print(error, file=sys.stderr, flush=True)
        return SETUP_FAILED
    except OSError as error:  # a folder that may not be written to, a full disk, a file held open on Windows
        print(f"Не удалось подготовить среду: {error}.\n"
              f"Что сделать: закройте JupyterLab и другие окна проекта, проверьте место на диске\n"
              f"и право записи в папку {ROOT}, затем повторите команду.", file=sys.stderr, flush=True)
        return SETUP_FAILED
    if word == "test":
        for title, command in test_commands(rest):
            say(f"Проверка: {title}")
            code = call(command, cwd=str(ROOT))
            if code != 0:
                break
        return code
    if word == "lab":
        return call(lab_command(rest), cwd=str(ROOT))
    return call(zvezda_command(words))  # in the user's folder: their paths are relative to it


if __name__ == "__main__":
    for stream in (sys.stdout, sys.stderr):  # a redirected Windows console is not UTF-8 otherwise
        stream.reconfigure(encoding="utf-8", errors="replace")
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
