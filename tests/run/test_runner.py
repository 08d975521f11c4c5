"""Runs: with real kernels (each costs a second or two) where the kernel matters, with a stand-in elsewhere."""

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest

from methods.errors import EnvironmentFault, KernelDied, NotebookError, NotPublishable, TimeLimit, UsageError
from methods.report.results import Results
from methods.run import kernel
from methods.run.runner import JOBS, run_job, run_report

SOURCES = Path(kernel.SOURCES)
quiet = lambda line: None  # noqa: E731


@pytest.fixture
def without_kernels(monkeypatch):
    """A stand-in for the kernel: copies the notebook, saves one number; fails when `mode` says so."""
    def execute(source, target, parameters, *_, **__):
        if parameters.get("mode") == "error":
            shutil.copy(source, target.with_name(f"{target.stem}.partial.ipynb"))
            raise NotebookError("ячейка не выполнена")
        shutil.copy(source, target)
        job = {name: job for job, name in JOBS.items()}[source.stem]
        if job != "report":
            results = Results(job, parameters["edition"], parameters["period"], target.parent)
            results.number("draws", parameters.get("draws", 500), "Розыгрышей")
            results.write()
    monkeypatch.setattr(kernel, "execute", execute)


def test_job_runs_in_our_interpreter_and_leaves_no_partial(project):
    lines = []
    run = run_job("weights", "demo", "2024", {"draws": "1000", "spread": "0,5"}, project, say=lines.append)
    folder = project / "reports" / "demo" / "draft" / "2024"
    assert run.notebook == folder / "01_calibrate_weights.ipynb"
    assert run.parameters["draws"] == 1000
    assert run.parameters["region"] == "77"
    assert Results.read(folder, "weights").numbers["draws"].value == 1000
    notebook = nbformat.read(run.notebook, as_version=4)
    printed = notebook.cells[-1].outputs[-1].text.splitlines()
    assert printed == [sys.executable, f"{folder}.partial", str(project), "0"]
    assert not any(output.get("name") == "stderr" for cell in notebook.cells for output in cell.get("outputs", ()))
    assert str(project) not in json.dumps(notebook.metadata, ensure_ascii=False)
    assert sorted(path.name for path in folder.iterdir()) == [
        "01_calibrate_weights.html", "01_calibrate_weights.ipynb", "weights.json"]
    assert lines[0] == "weights: spread: «0,5» прочитано как 0.5"
    assert "готово за" in lines[-1]


@pytest.mark.parametrize(("mode", "error", "words"), [
    ("error", NotebookError, r"(?s)Блокнот 01_calibrate_weights, ячейка \[3\], раздел «Расчёт»: "
                             r"ZeroDivisionError: в строке 14.*01_calibrate_weights\.partial\.ipynb"),
    ("ours", NotPublishable, r"^Процедура не сошлась за 50 шагов\.$"),
    ("die", KernelDied, r"ячейка \[3\], раздел «Расчёт»: вычислительный процесс внезапно остановился"),
    ("sleep", TimeLimit, "не уложился в 3 с"),
])
def test_failure_is_told_in_words_and_the_partial_notebook_stays(project, mode, error, words):
    folder = project / "reports" / "demo" / "draft" / "2024"
    folder.mkdir(parents=True)
    (folder / "01_calibrate_weights.ipynb").write_text("прежний результат", "utf-8")
    with pytest.raises(error, match=words) as caught:
        run_job("weights", "demo", "2024", {"mode": mode}, project, timeout=3 if mode == "sleep" else 60, say=quiet)
    assert type(caught.value) is error
    assert "Traceback" not in str(caught.value)
    assert (folder / "01_calibrate_weights.ipynb").read_text("utf-8") == "прежний результат"
    assert [path.name for path in folder.iterdir()] == ["01_calibrate_weights.ipynb"]
    text = (folder.with_name("2024.partial") / "01_calibrate_weights.partial.ipynb").read_text("utf-8")
    assert "An Exception was encountered" not in text
    assert list(folder.parent.glob(".*")) == []   # the lock is released


def test_report_is_complete_and_has_a_passport(project):
    (project / "edition.yml").write_text("weights: 1", "utf-8")
    reason = "в редакции нет раздела зрелости"
    folder = run_report("demo", "2024", project, {"draws": 700, "sensitivity.draws": "900"}, inputs=["edition.yml"],
                        applicable=lambda job, edition: reason if job in ("maturity", "agreement") else None, say=quiet)
    assert folder == project / "reports" / "demo" / "2024"
    assert [path.name for path in folder.parent.iterdir()] == ["2024"]
    assert (folder / "annual_report.html").is_file()
    assert (folder / "annual_report.ipynb").is_file()
    merged = json.loads((folder / "results.json").read_text("utf-8"))["jobs"]
    assert merged["weights"]["numbers"]["draws"]["value"] == 700
    assert merged["sensitivity"]["numbers"]["draws"]["value"] == 900
    assert merged["maturity"]["not_applicable"] == reason
    passport = json.loads((folder / "manifest.json").read_text("utf-8"))
    assert list(passport["inputs"]) == ["edition.yml"]
    assert len(passport["notebooks"]) == len(JOBS)
    assert passport["jobs"]["sensitivity"]["parameters"]["draws"] == 900
    assert passport["jobs"]["weights"]["seconds"] > 0
    assert passport["seeds"]["weights"] == 0
    assert passport["jobs"]["maturity"]["not_applicable"] == reason
    assert passport["versions"]["pandas"]
    assert passport["command"]
    assert passport["code"] is None
    assert passport["started"] <= passport["finished"]
    assert "weights.json" in passport["outputs"]


def test_failed_report_leaves_the_previous_one(project, without_kernels):
    folder = run_report("demo", "2024", project, say=quiet)
    before = (folder / "results.json").read_bytes()
    with pytest.raises(NotebookError):
        run_report("demo", "2024", project, {"maturity.mode": "error", "draws": 1}, say=quiet)
    assert (folder / "results.json").read_bytes() == before
    partial = folder.with_name("2024.partial")
    assert (partial / "04_iterate_maturity.partial.ipynb").is_file()
    run_report("demo", "2024", project, {"draws": 1}, say=quiet)
    assert (folder / "results.json").read_bytes() != before
    assert [path.name for path in folder.parent.iterdir()] == ["2024"]


def test_drafts_of_other_jobs_and_folders_stay_and_own_leftovers_go(project, without_kernels, monkeypatch):
    folder = project / "reports" / "demo" / "draft" / "2024"
    for name in ("weights.json", "sensitivity.json", "what_if/candidate.yml", "questions/old.csv", "candidate.yml",
                 "tables/weights-old.csv", "tables/sensitivity-kept.csv", "figures/weights-old.png", ".left.partial"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("прежнее", "utf-8")
    before, execute = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}, kernel.execute
    with pytest.raises(NotebookError):
        run_job("weights", "demo", "2024", {"mode": "error"}, project, say=quiet)
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before

    def with_questions(source, target, *more, **named):
        execute(source, target, *more, **named)
        (target.parent / "questions").mkdir()
        (target.parent / "questions" / "new.csv").write_text("новое", "utf-8")
    monkeypatch.setattr(kernel, "execute", with_questions)
    run = run_job("weights", "demo", "2024", {}, project, say=quiet)
    assert run.html.is_file()
    assert sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()) == [
        "01_calibrate_weights.html", "01_calibrate_weights.ipynb", "candidate.yml", "questions/new.csv",
        "sensitivity.json", "tables/sensitivity-kept.csv", "weights.json", "what_if/candidate.yml"]
    assert Results.read(folder, "weights").numbers["draws"].value == 500


def test_killed_run_leaves_the_previous_report_and_the_next_takes_over(project, monkeypatch):
    folder = project / "reports" / "demo" / "2024"
    folder.mkdir(parents=True)
    (folder / "annual_report.html").write_text("прежний отчёт", "utf-8")
    call = f"run_report('demo', '2024', {str(project)!r}, {{'mode': 'sleep'}})"
    code = f"from methods.run.runner import run_report; {call}"
    environment = os.environ | {"PYTHONPATH": str(SOURCES), "PYTHONUTF8": "1"}
    process = subprocess.Popen([sys.executable, "-c", code], env=environment, stdout=subprocess.DEVNULL)
    partial = folder.with_name("2024.partial")
    deadline = time.monotonic() + 60
    while not list(partial.glob("*.partial.ipynb")) and time.monotonic() < deadline:
        time.sleep(0.1)
    with pytest.raises(EnvironmentFault, match=f"процесс {process.pid}"):
        run_report("demo", "2024", project, say=quiet)
    process.kill()
    process.wait()
    assert (folder / "annual_report.html").read_text("utf-8") == "прежний отчёт"
    monkeypatch.setattr(kernel, "execute", lambda *_, **__: (_ for _ in ()).throw(NotebookError("дальше не нужно")))
    with pytest.raises(NotebookError, match="дальше не нужно"):   # past the lock
        run_report("demo", "2024", project, say=quiet)
    assert (folder / "annual_report.html").read_text("utf-8") == "прежний отчёт"


def test_swap_cut_in_the_middle_is_undone(project, without_kernels):
    folder = run_report("demo", "2024", project, say=quiet)
    os.replace(folder, folder.with_name("2024.previous"))   # killed between the two renames
    with pytest.raises(NotebookError):
        run_report("demo", "2024", project, {"mode": "error"}, say=quiet)
    assert (folder / "results.json").is_file()


def test_input_changed_during_the_run_is_found(project, without_kernels):
    path = project / "data.csv"
    path.write_text("1")
    states = iter(["1", "2"])
    def inputs():
        path.write_text(next(states))
        return [path]
    with pytest.raises(EnvironmentFault, match=r"data\.csv"):
        run_report("demo", "2024", project, inputs=inputs, say=quiet)
    assert not (project / "reports" / "demo" / "2024").exists()


@pytest.mark.parametrize(("edition", "period"), [("../..", "2024"), ("demo", "/tmp"), ("demo", ".."), ("con", "2024"),
                                                 ("demo", "2024."), ("demo", "a\\b"), ("demo", "draft"), ("", "2024"),
                                                 ("demo", "2024.partial"), ("demo.previous", "2024"),
                                                 ("a" * 200, "2024")])
def test_names_that_lead_out_of_reports_are_refused(project, edition, period):
    with pytest.raises(UsageError, match="выход за папку reports"):
        run_report(edition, period, project)


@pytest.mark.parametrize(("parameters", "words"), [({"regoin": "1"}, "похоже на «region»"),
                                                   ({"weights.drows": "1"}, "похоже на «draws»"),
                                                   ({"period": "2023"}, "не через -p")])
def test_parameters_of_a_report_are_checked_before_anything_runs(project, parameters, words):
    with pytest.raises(UsageError, match=words):
        run_report("demo", "2024", project, parameters)
    assert not (project / "reports").exists()


def test_unknown_job_and_missing_notebook(project):
    with pytest.raises(UsageError, match="допустимо: weights"):
        run_job("wieghts", "demo", "2024", {}, project)
    (project / "notebooks" / "annual_report.ipynb").unlink()
    with pytest.raises(UsageError, match=r"annual_report\.ipynb"):
        run_report("demo", "2024", project)
