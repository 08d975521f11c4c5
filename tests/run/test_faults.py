"""Every fault of a run: the previous result stays, nothing looks finished that is not, the exit code tells the kind of
fault, and the same command works once the fault is gone.

Each fault comes five times, at other moments or in other shapes; the first of them in every run of the tests, all with
`python run.py test -m "slow or not slow" tests/run/test_faults.py`. The table of faults is docs/faults.md.
"""

import contextlib
import datetime
import hashlib
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import nbformat
import pandas as pd
import psutil
import pytest
from nbformat import v4

from methods import cli
from methods.data import editions, publication, sources, store
from methods.report import exports, formats
from methods.run import kernel, lock, runner

sys.path.insert(0, str(Path(__file__).parent))  # pytest imports test files by path
import small

FIVE = [pytest.param(turn, marks=pytest.mark.slow if turn else ()) for turn in range(5)]
five = pytest.mark.parametrize("turn", FIVE)
REPORT, JOB, SCORE = ("report", "-e", "small"), ("run", "sensitivity", "-e", "small"), ("score", "-e", "small")
posix = pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
as_root = pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0 or not sys.platform.startswith("linux"),
                             reason="mounting needs root on Linux")


def hashes(folder):
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(folder.rglob("*")) if path.is_file() and not small.unfinished(path.relative_to(folder))}


class Project:
    """The small project with a finished report and a finished draft, and the command."""

    def __init__(self, root, capsys):
        self.root, self.capsys = root, capsys
        self.reports = root / "reports"
        self.before = hashes(self.reports)

    def fault(self, code=""):
        """What the notebooks do; nothing by default."""
        (self.root / small.FAULT).write_text(code, "utf-8")

    def run(self, *words):
        """Exit code and complaints of the command in this process."""
        self.capsys.readouterr()
        code = cli.main(list(words))
        out, err = self.capsys.readouterr()
        assert "Traceback" not in out + err
        return code, err

    def fails(self, code, words, *command):
        found, err = self.run(*command)
        assert found == code, err
        assert words in err
        self.intact()
        return err

    def intact(self):
        """The previous results are there to the last bit, and nothing beside them looks like a result."""
        assert hashes(self.reports) == self.before
        assert small.cut(self.reports / "small" / "2024") == []
        assert not list(self.reports.rglob("*.partial/manifest.json"))

    def works(self, *command):
        """The same command succeeds, and leaves nothing beside its result."""
        code, err = self.run(*command)
        assert code == 0, err
        self.finished()

    def finished(self):
        assert sorted(path.name for path in (self.reports / "small").iterdir()) == ["2024", "draft"]
        assert [path.name for path in (self.reports / "small" / "draft").iterdir()] == ["2024"]
        assert small.cut(self.reports) == []
        assert (self.reports / "small" / "2024" / "manifest.json").is_file()


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """The project once reported with real kernels in every format; under a name that is hard on paths."""
    root = small.build(tmp_path_factory.mktemp("проект {2024} с 'пробелом'"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ZVEZDA_ROOT", str(root))
        patch.setattr(cli, "reason_not_applicable", small.few)
        for words in (JOB, REPORT):
            assert cli.main(list(words)) == 0
    return root


@pytest.fixture
def project(finished, tmp_path, monkeypatch, capsys):
    root = tmp_path / "проект {2024} с 'пробелом'"
    shutil.copytree(finished, root)
    monkeypatch.setenv("ZVEZDA_ROOT", str(root))
    monkeypatch.setattr(cli, "reason_not_applicable", small.few)
    return Project(root, capsys)


@pytest.fixture
def without_kernels(monkeypatch):
    """Cells run in this process, and of the formats only a stand-in is written."""
    monkeypatch.setattr(kernel, "execute", small.execute)
    monkeypatch.setattr(formats, "write", lambda notebook, *_: exports.to_xlsx(
        {"Лист": pd.DataFrame({"а": [1]})}).write(notebook.with_suffix(".xlsx")))


def by_turn(*choices):
    assert len(choices) == 5
    return choices


# -- inside a notebook, with real kernels ------------------------------------------------------------------------------

LIMIT = "import resource; now = int(open('/proc/self/statm').read().split()[0]) * resource.getpagesize()\n" \
        "resource.setrlimit(resource.RLIMIT_AS, (now + 2**26, -1))\n"
LATER = "import os, signal, threading\nthreading.Timer({}, os.kill, (os.getpid(), signal.SIGKILL)).start()\n" \
        "import time; time.sleep({})"
IN_A_CELL = {
    "an error": (6, "Расчёт", by_turn(
        "1 / 0", "raise KeyError('центр')", "open('нет.csv')", "class Own(Exception): pass\nraise Own('своя')",
        "import pandas as pd; pd.DataFrame({'а': [1]}).loc[7]")),
    "an exit": (6, "ячейка завершила тетрадь раньше конца (sys.exit)", by_turn(
        "import sys; sys.exit(0)", "import sys; sys.exit()", "raise SystemExit", "raise SystemExit(0)",
        "import sys; sys.exit(3)")),
    "a thread": (6, "ошибка в потоке: ", by_turn(
        "import threading; t = threading.Thread(target=lambda: 1 / 0); t.start(); t.join()",
        "import threading; threading.Timer(0.05, lambda: {}['нет']).start()",   # while a later cell runs
        "import threading\nfor _ in range(3): threading.Thread(target=int, args=('x',)).start()",
        "import threading; t = threading.Thread(target=lambda: open('нет')); t.start(); t.join()",
        "import threading; t = threading.Thread(target=exec, args=('raise MemoryError',)); t.start(); t.join()")),
    "a kernel killed": (7, "вычислительный процесс внезапно остановился", by_turn(
        "import os, signal; os.kill(os.getpid(), signal.SIGKILL)", *(LATER.format(wait, wait + 5)
                                                                   for wait in (0.01, 0.1, 0.5)),
        "import os; os._exit(0)")),
    "memory": (7, "Блокнот 03_rank_sensitivity", by_turn(
        LIMIT + "b = bytearray(2**30)", LIMIT + "import numpy as np; np.ones(2**28)",
        LIMIT + "l = [0] * 2**28", LIMIT + "s = 'а' * 2**30",
        "import os, signal; os.kill(os.getpid(), signal.SIGKILL)  # as the system does to whoever takes the most")),
}


@posix
@five
@pytest.mark.parametrize("kind", IN_A_CELL)
def test_fault_in_a_cell(project, kind, turn):
    code, words, shapes = IN_A_CELL[kind]
    project.fault(shapes[turn])
    project.fails(code, words, *JOB)
    left = [path for path in project.reports.rglob("*.ipynb") if "2024.partial" in path.parts]
    assert [path.name for path in left if path.name.startswith("03")] == ["03_rank_sensitivity.partial.ipynb"]
    project.fault()
    project.works(*JOB)


@five
def test_cell_time_out(project, turn):
    command = (*JOB, "--timeout", str(12 + turn))
    project.fault("import time\n" + by_turn(
        "time.sleep(600)", "while True: pass", "import threading; threading.Event().wait()",
        "import subprocess, sys; subprocess.run([sys.executable, '-c', 'import time; time.sleep(60)'])",
        "while True: time.sleep(0.001)")[turn])
    project.fails(8, f"не уложился в {12 + turn} с. Увеличьте предел времени", *command)
    project.fault()
    project.works(*JOB, "--timeout", "600")


@five
def test_error_in_a_cell_tagged_raises_exception(project, turn):
    """papermill goes on after it, as if all were well."""
    path = project.root / "notebooks" / "03_rank_sensitivity.ipynb"
    good = path.read_bytes()
    notebook = nbformat.read(path, as_version=4)
    error = by_turn("1 / 0", "raise KeyError('а')", "import нет_такого", "assert False", "int('x')")[turn]
    notebook.cells.insert(2 + turn % 3, v4.new_code_cell(error, metadata={"tags": ["raises-exception"]}))
    nbformat.write(notebook, path)
    project.fails(6, f"ячейка [{3 + (turn % 3 == 2)}]", *JOB)
    path.write_bytes(good)
    project.works(*JOB)


@five
def test_kernel_that_does_not_start(project, turn, monkeypatch, tmp_path):
    (tmp_path / "ipykernel_launcher.py").write_text(by_turn(
        "raise SystemExit(1)", "", "import нет_такого", "это не Python", "import os; os.abort()")[turn], "utf-8")
    with monkeypatch.context() as broken:
        broken.setenv("PYTHONPATH", str(tmp_path))
        project.fails(7, "вычислительный процесс не запустился", *JOB)
    project.works(*JOB)


def test_notebook_that_saves_nothing_is_no_result(project, without_kernels):
    path = project.root / "notebooks" / "03_rank_sensitivity.ipynb"
    good = path.read_bytes()
    path.write_text(path.read_text("utf-8").replace("results.write()", "pass"), "utf-8")
    for command in (JOB, REPORT):
        project.fails(6, "результатов не сохранила: нет файла sensitivity.json", *command)
    path.write_bytes(good)
    for command in (JOB, REPORT):
        code, err = project.run(*command)
        assert code == 0, err
    project.finished()


# -- signals to the runner, with real kernels --------------------------------------------------------------------------

MOMENTS = (".2024.lock", "2024.partial/03_rank_sensitivity.partial.ipynb", "2024.partial/tables/sensitivity-scores.csv",
           "2024.partial/annual_report.partial.ipynb", "2024.partial/annual_report.html")


def kernels_of(folder):
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if process.environ().get("ZVEZDA_OUTPUT", "").startswith(str(folder)):
                found.append(process)
    return found


@contextlib.contextmanager
def heard(number):
    """A child of a process that ignores a signal ignores it too: under `nohup`, or in the background of a script."""
    before = signal.getsignal(number)
    if before == signal.SIG_IGN:
        signal.signal(number, signal.SIG_DFL)
    try:
        yield
    finally:
        if before == signal.SIG_IGN:
            signal.signal(number, before)


def signalled(project, number, turn):
    """Start the report, send the signal a little after the turn's moment, return how it ended."""
    log = project.root / "log.txt"
    with log.open("w") as stream, heard(number):
        process = subprocess.Popen(small.command(*REPORT, whole=False), stdout=stream, stderr=stream,
                                   env=small.environment(project.root), start_new_session=True)
        moment, deadline = project.reports / "small" / MOMENTS[turn], time.monotonic() + 300
        while not moment.exists():
            assert process.poll() is None, log.read_text("utf-8")
            assert time.monotonic() < deadline
            time.sleep(0.005)
        time.sleep(random.Random(turn).uniform(0, 0.2))
        process.send_signal(number)
        process.wait(120)
    return process.returncode, log.read_text("utf-8")


@posix
@five
@pytest.mark.parametrize("name", ["SIGKILL", "SIGTERM", "SIGINT", pytest.param("SIGHUP", marks=pytest.mark.slow)])
def test_signal_to_the_runner(project, name, turn, request):
    number = getattr(signal, name)
    code, said = signalled(project, number, turn)
    # a killed process has no code of its own, only the number of the signal
    assert code == {"SIGKILL": -9, "SIGTERM": 143, "SIGINT": 130, "SIGHUP": 129}[name], said
    assert "Traceback" not in said
    project.intact()
    if name != "SIGKILL":
        assert not (project.reports / "small" / ".2024.lock").exists()
        assert kernels_of(project.reports) == []
    if not turn:   # the others make the report again by real kernels
        request.getfixturevalue("without_kernels")
    project.works(*REPORT)
    assert kernels_of(project.reports) == []


@posix
@five
def test_kernel_of_a_killed_runner_does_not_write_into_the_next_run(project, turn, without_kernels):
    partial = project.reports / "small" / "2024.partial"
    code = "import time; time.sleep(600)"
    orphan = subprocess.Popen([sys.executable, "-c", code], env=os.environ | {"ZVEZDA_OUTPUT": str(partial)})
    stranger = subprocess.Popen([sys.executable, "-c", code], env=os.environ | {"ZVEZDA_OUTPUT": f"{partial}{turn}"})
    try:
        while not kernels_of(f"{partial}{turn}") or len(kernels_of(partial)) < 2:   # past the start of Python
            time.sleep(0.01)
        project.works(*REPORT)
        assert orphan.wait(10) is not None
        assert stranger.poll() is None
    finally:
        for process in (orphan, stranger):
            process.kill()
            process.wait()


@five
@pytest.mark.parametrize("moved", ["out", "both", "in"])
def test_swap_cut_in_the_middle(project, moved, turn, without_kernels, monkeypatch):
    """Killed between the steps of the swap: the next run begins with the report that was good."""
    final = project.reports / "small" / by_turn("2024", "draft/2024", "2024", "draft/2024", "2024")[turn]
    command = JOB if "draft" in str(final) else REPORT
    if moved == "out":
        os.replace(final, final.with_name("2024.previous"))
    elif moved == "both":
        shutil.copytree(final, final.with_name("2024.previous"))
    shutil.copytree(final if final.exists() else final.with_name("2024.previous"), final.with_name("2024.partial"))
    project.fault("1 / 0")
    assert project.run(*command)[0] == 1   # the stand-in of the kernel does not translate errors
    project.intact()
    project.fault()
    project.works(*command)


# -- folders, files, disks ---------------------------------------------------------------------------------------------

@five
def test_two_runs_into_one_folder(project, turn, without_kernels):
    final = project.reports / "small" / by_turn("2024", "2024", "draft/2024", "2024", "draft/2024")[turn]
    command = JOB if "draft" in str(final) else REPORT
    code = ("import sys, time; from pathlib import Path; from methods.run.lock import locked\n"
            "with locked(Path(sys.argv[1])):\n    print('held', flush=True); time.sleep(600)")
    other = subprocess.Popen([sys.executable, "-c", code, str(final.with_name(".2024.lock"))], text=True,
                             env=small.environment(project.root), stdout=subprocess.PIPE)
    try:
        assert other.stdout.readline() == "held\n"
        project.fails(9, f"Папку занял другой запуск: процесс {other.pid} на компьютере", *command)
    finally:
        other.kill()
        other.communicate()
    project.works(*command)


@five
@pytest.mark.parametrize("meeting", range(10))
def test_of_many_at_once_one_holds_the_folder(tmp_path, turn, meeting):
    """Threads meet at the lock; a stale lock lies there already."""
    path = tmp_path / ".2024.lock"
    stale = {"pid": 4194300, "host": socket.gethostname(), "born": "", "started": ""}
    path.write_text(json.dumps(stale), "utf-8")
    start, inside, together, refused = threading.Barrier(4 + turn), [], [], []

    def contend():
        start.wait()
        try:
            with lock.locked(path):
                inside.append(1)
                together.append(len(inside))
                time.sleep(0.05)
                inside.pop()
        except lock.EnvironmentFault:
            refused.append(1)
    threads = [threading.Thread(target=contend) for _ in range(4 + turn)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(together) == {1}
    assert len(together) + len(refused) == 4 + turn
    assert not path.exists()


@five
def test_rerun_fails_where_a_good_result_stood(project, turn, without_kernels, monkeypatch):
    """Each job in its turn, and the formats after all of them."""
    jobs = by_turn("sensitivity", "maturity", "audit", "report", "formats")
    monkeypatch.setattr(cli, "reason_not_applicable", lambda job, edition: None)

    def fail(*_):
        raise cli.NotPublishable("так задумано")
    with monkeypatch.context() as patch:
        if jobs[turn] == "formats":
            patch.setattr(formats, "write", fail)
        else:
            patch.setattr(kernel, "execute", lambda source, *more, **named: (
                fail() if source.stem == runner.JOBS[jobs[turn]] else small.execute(source, *more, **named)))
        project.fails(10, "так задумано", *REPORT)
    project.works(*REPORT)


@five
def test_input_changed_between_steps(project, turn, without_kernels, monkeypatch):
    raw = project.root / sources.RAW / "small"
    numbers, passport, edition = (raw / "numbers_2024.csv", raw / "source.yml",
                                  project.root / editions.FOLDER / "small.yaml")
    file, change = by_turn(
        (numbers, lambda: numbers.write_text(numbers.read_text("utf-8") + "Ц13,0.5\n", "utf-8")),
        (edition, lambda: edition.write_text(edition.read_text("utf-8") + "# правка\n", "utf-8")),
        (passport, lambda: passport.write_text(passport.read_text("utf-8") + "# правка\n", "utf-8")),
        (numbers, numbers.unlink), (edition, edition.unlink))[turn]
    good = file.read_bytes()

    def execute(source, *more, **named):
        small.execute(source, *more, **named)
        if source.stem == "annual_report":   # the last step that reads
            change()
    with monkeypatch.context() as patch:
        patch.setattr(kernel, "execute", execute)
        project.fails(9, file.name, *REPORT)
    file.write_bytes(good)
    project.works(*REPORT)


@five
def test_input_changed_while_reading(project, turn, without_kernels, monkeypatch):
    """After the hash was taken and before the file is read: the numbers would not be those of the passport."""
    name = by_turn("numbers_2024.csv", "units.csv", "numbers_2024.csv", "units.csv", "numbers_2024.csv")[turn]
    file = project.root / sources.RAW / "small" / name
    good = file.read_bytes()
    taken = sources.verified

    def verified(source, asked):
        path = taken(source, asked)
        if asked == name:
            file.write_bytes(by_turn(good.replace(b"0.5\n", b"0.6\n"), good.replace("Центр".encode(), "Дом".encode()),
                                     good[:-3], good + "Ц01,Ещё один\n".encode(), good.replace(b".", b","))[turn])
        return path
    shutil.rmtree(project.root / store.PROCESSED)
    with monkeypatch.context() as patch:
        patch.setattr(sources, "verified", verified)
        code, err = project.run(*REPORT)
        assert code in ({9} if turn < 2 else {3, 9}), err   # what was torn may break a rule of data first
        assert name in err
    project.intact()
    assert not list((project.root / store.PROCESSED).rglob("origin.json"))   # nothing of it was kept
    file.write_bytes(good)
    project.works(*REPORT)


@five
@pytest.mark.parametrize("name", ["scores.parquet", "n.parquet"])
def test_damaged_parquet_is_made_anew(project, turn, name, without_kernels):
    folder = project.root / store.PROCESSED / "small" / f"2024-{publication.PARTS}"
    path = folder / name
    good = path.read_bytes()
    path.write_bytes(by_turn(good[:len(good) // 2], b"", good[:50] + bytes([good[50] ^ 1]) + good[51:],
                             b"PAR1" + bytes(100) + b"PAR1", good + b"x")[turn])
    project.works(*REPORT)
    assert path.read_bytes() == good
    assert small.cut(project.reports) == []


@five
def test_wrong_edition_for_the_year(project, turn, without_kernels):
    period = by_turn("2025", "2022", "24", "2024-2025", "год")[turn]
    err = project.fails(2, f"Периода «{period}» нет в редакции small.", *REPORT, "--period", period)
    assert "Есть: 2023, 2024" in err
    project.works(*REPORT)


# -- full and read-only disks ------------------------------------------------------------------------------------------

@contextlib.contextmanager
def small_disk(folder, kilobytes):
    """A file system of that size over the folder, with the folder's files in it."""
    kept = folder.with_name(f".{folder.name}.kept")
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copytree(folder, kept)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs", folder], check=True)
    try:
        shutil.copytree(kept, folder, dirs_exist_ok=True)
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)
        shutil.rmtree(kept)


@contextlib.contextmanager
def filled(folder, left):
    """A file that leaves so many kilobytes."""
    filler = folder / ".filler"
    free = shutil.disk_usage(folder).free - left * 1024
    with filler.open("wb") as stream:
        stream.write(bytes(max(0, free)))
    try:
        yield
    finally:
        filler.unlink()


@as_root
@five
def test_disk_full_while_a_notebook_and_a_report_are_written(project, turn):
    """A real file system of 2 MB; what is left is enough for none, a part, or nearly all of the files."""
    with small_disk(project.reports, 2048):
        with filled(project.reports, by_turn(4, 0, 16, 60, 110)[turn]):
            code, err = project.run(*REPORT)
            assert code == 9, err
            assert "No space left" in err
            project.intact()
        project.works(*REPORT)


@as_root
@five
@pytest.mark.parametrize("kind", ["CSV", "XLSX", "Parquet"])
def test_disk_full_while_a_table_is_written(project, turn, kind):
    out = project.root / "выгрузки"
    disk = {"CSV": out, "XLSX": out, "Parquet": project.root / store.PROCESSED}[kind]
    command = {"CSV": (*SCORE, "--out", str(out / "баллы.csv"), "--force"),
               "XLSX": ("diff", "small", "other", "--out", str(out / "различия.xlsx"), "--force"),
               "Parquet": REPORT}[kind]
    text = small.TEXT.replace("version: small", "version: other").replace("title: Быстрота", "title: Скорость")
    (project.root / editions.FOLDER / "other.yaml").write_text(text, "utf-8")
    if kind == "Parquet":
        shutil.rmtree(disk)
        left = by_turn(20, 8, 12, 28, 36)[turn]
    else:
        left = 0
    with small_disk(disk, 256 + 4 * turn):
        if kind != "Parquet":
            assert project.run(*command)[0] == 0
        before = hashes(disk)
        with filled(disk, left):
            code, err = project.run(*command)
            assert code == 9, err
            assert "No space left" in err
            assert {name: digest for name, digest in hashes(disk).items() if name in before} == before
            assert not [path for path in disk.rglob("*.partial")]
            assert not [path for path in disk.rglob("*.parquet")]
            project.intact()
        assert project.run(*command)[0] == 0
        assert kind == "Parquet" or small.cut(disk) == [] or kind == "CSV"


@five
@pytest.mark.parametrize("call", ["write", "fsync", "replace"])
def test_disk_full_at_the_very_call(project, turn, call, monkeypatch):
    """Without root: the call of the system itself says that there is no space."""
    out = project.root / "баллы.csv"
    command = (*SCORE, "--out", str(out), "--force")
    assert project.run(*command)[0] == 0
    before = out.read_bytes()
    number = by_turn(28, 122, 5, 27, 30)[turn]   # space, quota, input/output, file too large, read-only

    def fail(*_):
        raise OSError(number, os.strerror(number))
    with monkeypatch.context() as patch:
        if call == "write":
            patch.setattr("methods.files.open", fail, raising=False)   # hides the built-in one there
        else:
            patch.setattr(os, call, fail)
        project.fails(9, "Файл не записан", *command)
    assert out.read_bytes() == before
    assert not list(project.root.glob(".*"))
    assert project.run(*command)[0] == 0


@contextlib.contextmanager
def read_only(folder):
    if os.geteuid() == 0:   # to whom rights of files are nothing
        with small_disk(folder, 2048):
            subprocess.run(["mount", "-o", "remount,ro", folder], check=True)
            yield
    else:
        folders = [folder, *(path for path in folder.rglob("*") if path.is_dir())]
        for path in folders:
            path.chmod(0o555)
        try:
            yield
        finally:
            for path in folders:
                path.chmod(0o755)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="mounting or rights of POSIX")
@five
def test_read_only_folder(project, turn, without_kernels):
    out = project.root / "выгрузки"
    folder, command = by_turn(
        (project.reports, REPORT), (project.reports / "small", REPORT), (project.reports / "small" / "draft", JOB),
        (project.root / store.PROCESSED, SCORE), (out, (*SCORE, "--out", str(out / "баллы.csv"), "--force")))[turn]
    if folder == project.root / store.PROCESSED:
        shutil.rmtree(folder)
    with read_only(folder):
        code, err = project.run(*command)
        assert code == 9, err
        assert "Read-only" in err or "Permission" in err
        project.intact()
    assert project.run(*command)[0] == 0
    project.finished()


# -- paths -------------------------------------------------------------------------------------------------------------

@five
def test_hard_names_of_the_projects_folder(turn, tmp_path, monkeypatch, capsys, finished):
    name = by_turn("Отчёты (2024) — «Звезда»", "a%20b#c&d;e", "ёлка\u0301 🌟", "$HOME `ls` \"x\" {0} %s",
                   "-p *?[x]")[turn]
    if os.name == "nt":
        name = "".join(letter for letter in name if letter not in '"*?<>|')
    root = tmp_path / name
    shutil.copytree(finished, root)
    monkeypatch.setenv("ZVEZDA_ROOT", str(root))
    monkeypatch.setattr(cli, "reason_not_applicable", small.few)
    Project(root, capsys).works(*JOB)


@posix
@five
def test_very_long_path(turn, tmp_path, monkeypatch, capsys, finished):
    """Works, or ends with 9 and words; PATH_MAX of Linux is 4096 bytes."""
    wanted = by_turn(1000, 300, 2500, 4020, 4060)[turn]
    here = os.getcwd()
    try:   # step by step, since a path as long as that cannot be given at once
        os.chdir(tmp_path)
        length = len(str(tmp_path))
        while length + 2 < wanted:
            name = "д" * min(100, max(1, (wanted - length - 1) // 2))
            os.mkdir(name)
            os.chdir(name)
            length += 1 + 2 * len(name)
        root = Path(os.getcwd())
        for part in ("data", "notebooks", "reports"):
            subprocess.run(["cp", "-r", str(finished / part), "."], check=True)
        monkeypatch.setenv("ZVEZDA_ROOT", str(root))
        monkeypatch.setattr(cli, "reason_not_applicable", small.few)
        project = Project(Path("."), capsys)
        project.reports, project.before = Path("reports"), hashes(Path("reports"))
        code, err = project.run(*JOB)
        if wanted < 3000:
            assert code == 0, err
        else:
            assert code == 9, err
            assert "File name too long" in err
            project.intact()
    finally:
        os.chdir(here)
        subprocess.run(["rm", "-rf", *map(str, tmp_path.iterdir())], check=True)


# -- clocks ------------------------------------------------------------------------------------------------------------

# Between the C library and every process of the run, the kernels too; libfaketime would have to be installed.
CLOCK = """\
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>
static int (*real)(clockid_t, struct timespec *);
int clock_gettime(clockid_t clock, struct timespec *now) {
    if (!real) real = dlsym(RTLD_NEXT, "clock_gettime");
    int done = real(clock, now);
    if (clock == CLOCK_REALTIME) {
        double jump = atof(getenv("CLOCK_JUMP_AT"));
        if (now->tv_sec >= jump) now->tv_sec += atoll(getenv("CLOCK_STEP"));
        now->tv_sec += atoll(getenv("CLOCK_SHIFT"));
    }
    return done;
}
time_t time(time_t *place) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (place) *place = now.tv_sec;
    return now.tv_sec;
}
int gettimeofday(struct timeval *place, void *zone) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    place->tv_sec = now.tv_sec;
    place->tv_usec = now.tv_nsec / 1000;
    return 0;
}
"""
YEAR = 31_557_600   # seconds


@pytest.fixture(scope="module")
def clock(tmp_path_factory):
    """A library that shifts the clock of a process by CLOCK_SHIFT, and from CLOCK_JUMP_AT on by CLOCK_STEP more."""
    if not sys.platform.startswith("linux") or not shutil.which("cc"):
        pytest.skip("needs Linux and a compiler of C")
    folder = tmp_path_factory.mktemp("clock")
    (folder / "clock.c").write_text(CLOCK)
    subprocess.run(["cc", "-shared", "-fPIC", "-o", folder / "clock.so", folder / "clock.c", "-ldl"], check=True)
    return folder / "clock.so"


@five
def test_wrong_clock_and_new_year(project, turn, clock):
    """New Year a second after the start of the kernel, 1970, 2099, an hour and two years back on the way."""
    now = int(time.time())
    new_year = int(datetime.datetime(datetime.date.today().year + 1, 1, 1).timestamp())
    shift, step = by_turn((new_year - now - 6, 0), (3600 - now, 0), (74 * YEAR, 0), (0, -3600), (0, -2 * YEAR))[turn]
    environment = small.environment(project.root, LD_PRELOAD=str(clock), CLOCK_SHIFT=str(shift), CLOCK_STEP=str(step),
                                    CLOCK_JUMP_AT=str(now + 6))
    told = subprocess.run([sys.executable, "-c", "import time; print(time.time())"], env=environment,
                          capture_output=True, text=True, check=True)
    assert float(told.stdout) - now == pytest.approx(shift, abs=60)   # the injection works
    command = JOB if not turn else REPORT   # one kernel is quicker than two
    done = subprocess.run(small.command(*command, whole=False), env=environment, capture_output=True,
                          encoding="utf-8", timeout=600, check=False)
    if turn == 1:   # a computer whose battery is empty: Word and Excel files cannot be that old
        assert done.returncode == 9, done.stderr
        assert "Часы компьютера показывают 1970 год" in done.stderr
        project.intact()
        return
    assert done.returncode == 0, done.stderr
    project.finished()
    after = hashes(project.reports)
    assert after.keys() == project.before.keys()
    same = {name for name in after if not name.endswith((".ipynb", "manifest.json"))}   # these hold times
    assert {name: after[name] for name in same} == {name: project.before[name] for name in same}


# -- stale caches ------------------------------------------------------------------------------------------------------

@five
def test_stale_cache_after_a_code_change(project, turn, tmp_path):
    """A copy of the program with one line more does not take the tables that the program made before."""
    origin = project.root / store.PROCESSED / "small" / "2024" / store.ORIGIN
    assert project.run(*SCORE)[0] == 0
    before = origin.read_text("utf-8")
    assert project.run(*SCORE)[0] == 0
    assert origin.read_text("utf-8") == before   # unchanged code takes them
    shutil.copytree(Path(cli.__file__).parent, tmp_path / "methods", ignore=shutil.ignore_patterns("__pycache__"))
    file = by_turn("data/measure.py", "data/tables.py", "index/edition.py", "problems.py", "checks.py")[turn]
    with (tmp_path / "methods" / file).open("a", encoding="utf-8") as stream:
        stream.write("# правка\n")
    done = subprocess.run(small.command(*SCORE), env=small.environment(project.root, PYTHONPATH=str(tmp_path)),
                          capture_output=True, encoding="utf-8", timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(origin.read_text("utf-8"))["stamp"] != json.loads(before)["stamp"]
    project.finished()


# -- fonts -------------------------------------------------------------------------------------------------------------

@five
def test_missing_font(project, turn, monkeypatch, tmp_path):
    """Neither the system's fonts nor those that the user's settings ask for are needed."""
    settings = tmp_path / "matplotlibrc"
    settings.write_text("font.family: " + by_turn(
        "Нет такого", "PT Astra Serif", "serif\nfont.serif: Нет такого", "sans-serif\nfont.sans-serif: Нет такого",
        "Times New Roman, Нет такого")[turn] + "\n", "utf-8")
    (tmp_path / "fonts.conf").write_text('<?xml version="1.0"?><fontconfig></fontconfig>', "utf-8")
    with monkeypatch.context() as patch:
        patch.setenv("MATPLOTLIBRC", str(settings))
        patch.setenv("FONTCONFIG_FILE", str(tmp_path / "fonts.conf"))
        patch.setenv("HOME", str(tmp_path))
        project.works(*JOB)
        formats.write(project.reports / "small" / "2024" / "annual_report.ipynb", "Отчёт", "2024-12-31")
    made = (project.reports / "small" / "2024" / "annual_report.pdf").read_bytes()
    assert made.count(b"/FontFile") > 0   # embedded
    assert small.cut(project.reports) == []


# -- what the regions send ---------------------------------------------------------------------------------------------

@pytest.fixture
def sent(project, root):
    """Files of two regions as they would come, and the demonstration edition to check them by."""
    folder = project.root / "прислано"
    folder.mkdir()
    for name in ("registry.csv", "2024/answers.csv", "2024/checklist.csv"):
        frame = pd.read_csv(root / "data/raw/star_demonstration" / name, sep=";", dtype=str, keep_default_na=False)
        mine = frame["центр"].isin(["01-001", "01-002", "02-001", "02-002"])
        frame[mine].to_csv(folder / name.rsplit("/", 1)[-1], sep=";", index=False)
    for name in ("star-2022.yaml", editions.RECORD):
        shutil.copy(root / editions.FOLDER / name, project.root / editions.FOLDER)
    data = project.root / "data/raw/star_demonstration"
    data.mkdir()
    shutil.copy(root / "data/raw/star_demonstration/requirements.csv", data)
    (data / "source.yml").write_text("title: Н\nproducer: М\ndate: '2024'\nlicence: CC0\nfiles:\n  requirements.csv: "
                                     f"{sources.sha256(data / 'requirements.csv')}\n", "utf-8")
    shutil.copytree(root / "data/raw/regions", project.root / "data/raw/regions")
    return folder


@five
def test_region_file_missing_or_late(project, sent, turn):
    """Refused while a file or a region's part of it is not there; accepted and measured when it comes."""
    name, part, code, words = by_turn(
        ("answers.csv", "", 3, "нет вопроса «Д1»"), ("answers.csv", "02-", 3, "REF-08"),
        ("checklist.csv", "02-", 3, "нет регионов: 02"), ("checklist.csv", "", 3, "в чек-листах регионов за 2024 нет"),
        ("registry.csv", "", 9, "registry.csv"))[turn]
    file = sent / name
    good = file.read_bytes()
    if part:
        lines = good.decode().splitlines(keepends=True)
        file.write_bytes("".join(line for line in lines if f"{part}0" not in line).encode())
    else:
        file.unlink()
    command, measured = ("accept", str(sent), "-e", "star-2022", "--period", "2024"), ("score", "-e", "star-2022")
    found, err = project.run(*command)
    if found == 0:   # a whole kind of files may come later, but nothing is calculated without it
        found, err = project.run(*measured)
    assert found == code, err
    assert words in err
    project.intact()
    file.write_bytes(good)
    assert project.run(*command, "--replace")[0] == 0
    assert project.run(*measured)[0] == 0


@five
def test_accepted_file_gone(project, sent, turn):
    """A file that was accepted and is not there any more, or was replaced by a late one past `accept`."""
    assert project.run("accept", str(sent), "-e", "star-2022", "--period", "2024")[0] == 0
    name, late = by_turn(("answers.csv", False), ("checklist.csv", False), ("registry.csv", False),
                         ("answers.csv", True), ("checklist.csv", True))[turn]
    file = project.root / "data/raw/star_demonstration/2024" / name
    good = file.read_bytes()
    file.write_bytes(good + b"\n") if late else file.unlink()
    project.fails(9 if late else 3, name, "score", "-e", "star-2022")
    file.write_bytes(good)
    assert project.run("score", "-e", "star-2022")[0] == 0
