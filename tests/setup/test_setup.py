"""The set-up: run.py, the locked requirements, environment.yml, and that no file names a package registry."""

import ast
import importlib.util
import json
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import jsonschema
import pytest
import yaml
from jupyter_core.paths import ENV_CONFIG_PATH
from jupyterlab.commands import get_app_dir
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

PYTHONS = ("3.11", "3.12", "3.13")
PLATFORMS = {
    "Windows": {"os_name": "nt", "sys_platform": "win32", "platform_system": "Windows"},
    "Linux": {"os_name": "posix", "sys_platform": "linux", "platform_system": "Linux"},
    "macOS": {"os_name": "posix", "sys_platform": "darwin", "platform_system": "Darwin"},
}


@pytest.fixture(scope="module")
def pyproject(root):
    return tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))


def load_run(folder):
    """The run.py of a folder as a module of its own."""
    spec = importlib.util.spec_from_file_location("run_under_test", folder / "run.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def run(root, tmp_path):
    """run.py of a copy of the project whose path has spaces and Cyrillic letters; every child process is faked.

    `run.calls` collects the commands; the fake makes the interpreter that `python -m venv` would have made.
    """
    folder = tmp_path / "Мои документы" / "Звезда 2026"
    folder.mkdir(parents=True)
    (folder / "tools" / "lab").mkdir(parents=True)
    for name in ("run.py", "requirements.txt", "pyproject.toml", "tools/lab/tour.json"):
        shutil.copy(root / name, folder / name)
    module = load_run(folder)
    module.calls, module.exit_codes = [], {}

    def call(command, cwd=None):
        module.calls.append((command, cwd))
        if "venv" in command:
            module.PYTHON.parent.mkdir(parents=True)
            module.PYTHON.touch()
        if "download" in command:
            (folder / "wheelhouse.partial").mkdir()
            (folder / "wheelhouse.partial" / "a.whl").touch()
        return next((code for word, code in module.exit_codes.items() if word in command), 0)

    module.call = call
    return module


def pins(path, python="3.12", platform="Linux"):
    """Name -> version for the lines of a requirements file that hold on this Python and platform."""
    environment = {"python_version": python, "python_full_version": python + ".1", "implementation_name": "cpython",
                   "platform_python_implementation": "CPython", "platform_machine": "x86_64", "extra": "",
                   **PLATFORMS[platform]}
    found = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line[:1].isalnum():
            continue
        requirement = Requirement(line.rstrip("\\"))
        if requirement.marker is None or requirement.marker.evaluate(environment):
            (specifier,) = requirement.specifier
            assert specifier.operator == "=="
            name = canonicalize_name(requirement.name)
            assert name not in found, f"{name} is pinned twice on Python {python}, {platform}"
            found[name] = specifier.version
    return found


# --- the locked versions ---------------------------------------------------------------------------------------

@pytest.mark.parametrize("platform", PLATFORMS)
@pytest.mark.parametrize("python", PYTHONS)
def test_every_direct_dependency_is_pinned_inside_its_bounds(root, pyproject, python, platform):
    locked = pins(root / "requirements.txt", python, platform)
    direct = pyproject["project"]["dependencies"] + pyproject["dependency-groups"]["dev"]
    for requirement in map(Requirement, direct + pyproject["build-system"]["requires"]):
        assert requirement.specifier.contains(locked[canonicalize_name(requirement.name)]), requirement


def test_the_packages_that_the_customer_fixed_are_direct_dependencies(pyproject):
    direct = {canonicalize_name(Requirement(line).name) for line in pyproject["project"]["dependencies"]}
    assert {"jupyterlab", "pandas", "scipy", "statsmodels", "seaborn", "papermill", "nbval"} <= direct


def test_one_lock_serves_old_and_new_python(root):
    """NumPy 2.5 needs Python 3.12: the lock has to fork there, and nowhere leave a Python without NumPy."""
    versions = {python: pins(root / "requirements.txt", python)["numpy"] for python in PYTHONS}
    assert versions["3.11"].startswith("2.4.")
    assert versions["3.12"] == versions["3.13"] != versions["3.11"]


def test_windows_gets_its_own_packages(root):
    assert {"pywinpty", "colorama"} <= pins(root / "requirements.txt", platform="Windows").keys()
    assert "pywinpty" not in pins(root / "requirements.txt", platform="Linux")


def test_every_pin_has_a_hash(root):
    text = (root / "requirements.txt").read_text(encoding="utf-8").replace("\\\n", "")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    assert len(lines) > 100
    assert [line for line in lines if not re.search(r"--hash=sha256:[0-9a-f]{64}", line)] == []


def test_our_code_imports_only_packages_that_pyproject_names(root, pyproject):
    """A package that merely comes along with another one may go away with it."""
    named = [*pyproject["project"]["dependencies"], *pyproject["project"]["optional-dependencies"]["cluster"]]
    direct = {canonicalize_name(Requirement(line).name) for line in named}
    # where the import has another name than the package
    distribution = {"bs4": "beautifulsoup4", "docx": "python-docx", "yaml": "pyyaml"}
    for path in (root / "src").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            modules = ([alias.name for alias in node.names] if isinstance(node, ast.Import)
                       else [node.module] if isinstance(node, ast.ImportFrom) and not node.level else [])
            for top in {module.split(".")[0] for module in modules} - {"methods"} - sys.stdlib_module_names:
                assert canonicalize_name(distribution.get(top, top)) in direct, f"{path}: {top}"


# --- environment.yml -------------------------------------------------------------------------------------------

@pytest.fixture(scope="module")
def conda(root):
    return yaml.safe_load((root / "environment.yml").read_text(encoding="utf-8"))


def test_conda_python_lies_inside_requires_python(conda, pyproject):
    (pin,) = [line for line in conda["dependencies"] if str(line).startswith("python=")]
    version = pin.removeprefix("python=")
    assert version in PYTHONS
    assert version in SpecifierSet(pyproject["project"]["requires-python"])


def test_conda_takes_nothing_from_the_channel_that_needs_a_licence(conda):
    assert conda["channels"] == ["conda-forge", "nodefaults"]


def test_conda_pip_part_gives_the_versions_of_the_lock(root, conda):
    """Replayed as pip reads it: a file of pins without hashes, then the project itself beside it."""
    (part,) = [entry["pip"] for entry in conda["dependencies"] if isinstance(entry, dict)]
    file, project = part
    assert project == "-e ."
    path = root / file.removeprefix("-r ")
    assert "--hash" not in path.read_text(encoding="utf-8")  # pip refuses `-e .` as soon as one line has a hash
    for platform in PLATFORMS:
        assert pins(path, "3.12", platform) == pins(root / "requirements.txt", "3.12", platform)


# --- no registry is named --------------------------------------------------------------------------------------

def test_no_file_names_a_package_registry(root):
    """Where packages come from is the user's setting. The needles are put together so as not to be found here."""
    dot = re.escape(".")
    needles = re.compile("|".join([
        "pypi" + dot + "org", "files" + dot + "pythonhosted", "anaconda" + dot + "org", "conda" + dot + "anaconda",
        "/opt/" + "pypi", "https?://[^ ]*/" + r"simple\b", "npmjs" + dot + "org", "--index" + "-url",
    ]).encode())
    listed = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
                            cwd=root, capture_output=True)
    if listed.returncode != 0:
        pytest.skip("not a git checkout")
    paths = [root / name for name in listed.stdout.decode().split("\0") if name]
    assert root / "run.py" in paths
    # A file of data can be large and names no registry: 5 MB is far above any text of ours.
    small = [path for path in paths if path.is_file() and path.stat().st_size < 5_000_000]
    # tools/lock.py has to name the uv option that keeps addresses out; that option is no address.
    allowed = ("--no-emit-" + "index-url").encode()
    assert [str(path) for path in small if needles.search(path.read_bytes().replace(allowed, b""))] == []


# --- run.py: what it is made of --------------------------------------------------------------------------------

def test_run_py_can_be_read_by_an_old_python(root):
    """Otherwise a user of Python 3.6 sees a SyntaxError in place of the advice."""
    tree = ast.parse((root / "run.py").read_text(encoding="utf-8"), feature_version=(3, 6))
    futures = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module == "__future__"]
    assert futures == []  # feature_version does not notice `annotations`, which 3.6 lacks


def test_run_py_uses_only_the_standard_library(root):
    tree = ast.parse((root / "run.py").read_text(encoding="utf-8"))
    modules = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    modules |= {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert modules
    assert {module.split(".")[0] for module in modules} <= sys.stdlib_module_names


def test_run_py_never_asks_a_shell(root):
    tree = ast.parse((root / "run.py").read_text(encoding="utf-8"))
    assert "shell" not in {keyword.arg for node in ast.walk(tree) if isinstance(node, ast.Call)
                           for keyword in node.keywords}
    assert "system" not in {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}


def test_run_py_accepts_the_pythons_of_pyproject(run, pyproject):
    supported = SpecifierSet(pyproject["project"]["requires-python"])
    for minor in range(6, 20):
        assert (run.version_complaint((3, minor, 0)) is None) == (f"3.{minor}" in supported)


def test_old_python_is_told_which_version_is_needed(run):
    complaint = run.version_complaint((3, 9, 18))
    assert "Нужен Python 3.11, 3.12 или 3.13" in complaint
    assert "запущена в Python 3.9" in complaint
    assert "Что сделать" in complaint


# --- run.py: the set-up ----------------------------------------------------------------------------------------

def test_no_words_print_help_and_set_nothing_up(run, capsys):
    assert run.main([]) == 0
    shown = capsys.readouterr().out
    for command in ("report", "lab", "test", "wheelhouse"):
        assert f"python run.py {command}" in shown
    assert run.calls == []


def test_first_call_makes_everything_and_the_second_starts_at_once(run, capsys):
    assert run.main(["report", "--year", "2026"]) == 0
    venv, packages, project, zvezda = [command for command, _ in run.calls]
    assert venv == [sys.executable, "-m", "venv", str(run.VENV)]
    assert packages[-3:] == ["--require-hashes", "-r", str(run.ROOT / "requirements.txt")]
    assert "--no-index" not in packages
    assert project[-4:] == ["--no-deps", "--no-build-isolation", "-e", str(run.ROOT)]
    assert zvezda[0] == str(run.PYTHON)
    assert zvezda[-3:] == ["report", "--year", "2026"]
    assert "Готовлю среду" in capsys.readouterr().out

    run.calls.clear()
    run.main(["report"])
    assert [command for command, _ in run.calls] == [run.zvezda_command(["report"])]
    assert capsys.readouterr().out == ""


def test_zvezda_runs_in_the_folder_of_the_user_and_the_checks_in_the_project(run):
    run.main(["report"])
    assert run.calls[-1][1] is None
    run.main(["test"])
    assert run.calls[-1][1] == str(run.ROOT)


def test_a_wheelhouse_is_used_in_place_of_the_network(run):
    run.WHEELHOUSE.mkdir()
    run.main(["report"])
    for command, _ in run.calls[1:3]:
        assert "--no-index" in command
        assert command[command.index("--find-links") + 1] == str(run.WHEELHOUSE)


def test_jupyterlab_speaks_russian_and_stays_offline(run):
    run.main(["lab"])
    overrides = json.loads((run.VENV / "share/jupyter/lab/settings/overrides.json").read_text(encoding="utf-8"))
    assert overrides["@jupyterlab/translation-extension:plugin"] == {"locale": "ru_RU"}
    assert overrides["@jupyterlab/apputils-extension:notification"]["fetchNews"] == "false"
    assert overrides["@jupyterlab/docmanager-extension:plugin"]["autosave"] is False   # reports use these notebooks
    assert run.calls[-1][0][1:3] == ["-m", "jupyterlab"]


def test_jupyterlab_opens_at_the_page_that_leads_through_every_notebook(run, root):
    (start,) = [word.partition("=/lab/tree/")[2] for word in run.lab_command([]) if "default_url" in word]
    rows = re.findall(r"(?m)^\| \[[^]]+\]\(([^)]+)\) \|", (root / start).read_text(encoding="utf-8"))
    notebooks = sorted(path.name for path in (root / "notebooks").glob("*.ipynb"))
    assert sorted(rows) == notebooks
    assert rows[:4] == notebooks[:4]   # the four jobs in order
    assert (root / run.FIRST_NOTEBOOK).name == rows[0]


def test_the_environment_has_the_settings_where_jupyterlab_looks_for_them(run):
    settings, page_config, _ = run.lab_files()
    assert Path(sys.prefix, settings).parent == Path(get_app_dir()) / "settings"
    assert str(Path(sys.prefix, page_config).parents[1]) in ENV_CONFIG_PATH


def test_a_changed_tour_reaches_an_environment_that_is_already_there(run):
    run.main(["lab"])
    run.calls.clear()
    run.TOUR.write_text(run.TOUR.read_text(encoding="utf-8").replace("Рабочая среда", "Иная среда"), encoding="utf-8")
    run.main(["lab"])
    assert [command for command, _ in run.calls] == [run.lab_command([])]   # and nothing is installed
    assert "Иная среда" in (run.VENV / "share/jupyter/lab/settings/overrides.json").read_text(encoding="utf-8")


def test_the_installed_jupyterlab_accepts_every_setting(run):
    """It says nothing of a setting that it does not understand: it goes on without it, in English."""
    share = Path(get_app_dir()).parent
    for plugin, values in run.lab_files()["share/jupyter/lab/settings/overrides.json"].items():
        package, name = plugin.split(":")
        places = (share / "lab" / "schemas" / package, share / "labextensions" / package / "schemas" / package)
        (schema,) = [place / f"{name}.json" for place in places if (place / f"{name}.json").is_file()]
        schema = json.loads(schema.read_text(encoding="utf-8"))
        assert values.keys() <= schema["properties"].keys()
        jsonschema.validate(values, {**schema, "required": []})


def test_the_tour_is_numbered_and_has_no_button_in_english(run):
    files = run.lab_files()
    (tour,) = files["share/jupyter/lab/settings/overrides.json"][run.TOUR_PLUGIN]["tours"]
    numbers = [step["title"].partition(". ")[0] for step in tour["steps"]]
    assert numbers == [f"{number} из {len(numbers)}" for number in range(1, len(numbers) + 1)]
    assert set(tour["options"]["locale"]) == {"back", "close", "last", "next", "open", "skip"}
    assert all(re.fullmatch("[А-Я][а-я]+", word) for word in tour["options"]["locale"].values())
    assert tour["options"]["showProgress"] is False   # «Next (Step 1 of 8)»: that one cannot be translated
    # The extension's own tours and its offer, a note that goes away by itself, are off.
    disabled = files["etc/jupyter/labconfig/page_config.json"]["disabledExtensions"]
    assert disabled["jupyterlab-tour:default-tours"]
    assert files["etc/jupyter/serverconfig/jupyterlabtourplugin.json"] == {
        "state": [{"id": f"{run.TOUR_PLUGIN}:{tour['id']}", "version": 0}]}


@pytest.mark.parametrize("name", ["requirements.txt", "pyproject.toml"])
def test_changed_requirements_are_installed_over_the_same_environment(run, name):
    run.main(["report"])
    run.calls.clear()
    (run.ROOT / name).write_text("# changed\n", encoding="utf-8")
    run.main(["report"])
    assert [" ".join(command).count("pip install") for command, _ in run.calls] == [1, 1, 0]


@pytest.mark.parametrize("changed", ["python", "folder"])
def test_another_python_or_a_moved_folder_makes_the_environment_anew(run, changed):
    run.main(["report"])
    stamp = json.loads(run.STAMP.read_text(encoding="utf-8"))
    stamp["place"][1 if changed == "python" else 2] = {"python": "3.10", "folder": "/прежняя папка"}[changed]
    run.STAMP.write_text(json.dumps(stamp), encoding="utf-8")
    (run.VENV / "leftover").touch()
    run.main(["report"])
    assert not (run.VENV / "leftover").exists()
    assert run.stamp_found() == run.stamp_now()


def test_failed_pip_leaves_no_stamp_and_the_set_up_is_repeated_from_nothing(run, capsys):
    run.exit_codes["--require-hashes"] = 1
    assert run.main(["report"]) == 9
    assert "python run.py wheelhouse" in capsys.readouterr().err
    assert not run.STAMP.exists()
    assert not run.LOCK.exists()

    run.exit_codes.clear()
    run.calls.clear()
    assert run.main(["report"]) == 0
    assert "venv" in run.calls[0][0]


def test_ctrl_c_during_the_set_up_leaves_neither_lock_nor_stamp(run, capsys, monkeypatch):
    def interrupted(command, cwd=None):
        raise KeyboardInterrupt

    monkeypatch.setattr(run, "call", interrupted)
    assert run.main(["report"]) == 130
    assert "прервана" in capsys.readouterr().err
    assert not run.STAMP.exists()
    assert not run.LOCK.exists()


def test_python_without_venv_is_told_what_to_install(run, capsys, monkeypatch):
    monkeypatch.setattr(run.importlib.util, "find_spec", lambda name: None)
    assert run.main(["report"]) == 9
    assert "apt install python3-venv" in capsys.readouterr().err
    assert run.calls == []


def test_second_set_up_waits_for_the_first_and_then_has_nothing_to_do(run, capsys, monkeypatch):
    run.set_up(offline=False)
    finished = run.STAMP.read_text(encoding="utf-8")
    run.STAMP.unlink()
    run.LOCK.touch()
    run.calls.clear()

    def first_set_up_ends(seconds):
        run.STAMP.write_text(finished, encoding="utf-8")
        run.LOCK.unlink()

    monkeypatch.setattr(run.time, "sleep", first_set_up_ends)
    run.set_up(offline=False)
    assert run.calls == []
    assert f"удалите файл {run.LOCK}" in capsys.readouterr().out


def test_a_stale_lock_is_named_in_the_end(run, capsys):
    run.LOCK.touch()
    run.LOCK_PATIENCE = -1
    assert run.main(["report"]) == 9
    assert f"удалите файл {run.LOCK}" in capsys.readouterr().err


def test_new_wheelhouse_is_made_from_the_network_even_if_an_old_one_is_there(run):
    run.WHEELHOUSE.mkdir()
    (run.WHEELHOUSE / "old.whl").touch()
    assert run.main(["wheelhouse"]) == 0
    assert not any("--no-index" in command for command, _ in run.calls)
    assert [file.name for file in run.WHEELHOUSE.iterdir()] == ["a.whl"]


def test_failed_download_leaves_the_old_wheelhouse(run):
    run.WHEELHOUSE.mkdir()
    run.exit_codes["download"] = 1
    assert run.main(["wheelhouse"]) == 9
    assert run.WHEELHOUSE.is_dir()


# --- run.py: the commands --------------------------------------------------------------------------------------

def test_exit_code_of_the_child_comes_through(run):
    run.exit_codes["report"] = 4
    assert run.main(["report"]) == 4


def test_the_test_command_stops_at_the_first_failing_tool(run):
    run.exit_codes["ruff"] = 3
    assert run.main(["test"]) == 3
    assert "ruff" in run.calls[-1][0]


def test_pytest_comes_last_and_once(run):
    run.main(["test"])
    tools = [command[2] for command, _ in run.calls[3:]]
    assert tools == ["ruff", run.CALL_IMPORT_LINTER, "pytest"]


def test_notebooks_are_tested_in_the_same_run_if_there_are_any(run, pyproject):
    assert "--nbval-lax" not in run.test_commands([])[-1][1]
    (run.ROOT / "notebooks").mkdir()
    (run.ROOT / "notebooks" / "01.ipynb").touch()
    command = run.test_commands([])[-1][1]
    assert {"--nbval-lax", "--nbval-current-env"} < set(command)
    assert "notebooks" in pyproject["tool"]["pytest"]["ini_options"]["testpaths"]
    assert command[command.index("--dist") + 1] == "loadfile"  # cells of one notebook share a kernel


def test_extra_words_go_to_pytest_alone(run):
    ((_, command),) = run.test_commands(["-k", "edition"])
    assert command[2] == "pytest"
    assert command[-2:] == ["-k", "edition"]


def test_children_speak_utf_8_and_keep_the_settings_of_the_user(run, monkeypatch):
    monkeypatch.setenv("PIP_CERT", "/etc/ca.pem")
    monkeypatch.delenv("PYTHONWARNINGS", raising=False)
    environment = run.child_environment()
    assert environment["PYTHONUTF8"] == "1"
    assert environment["PIP_CERT"] == "/etc/ca.pem"
    assert "PYTHONWARNINGS" not in environment  # with `error` nbconvert hangs on Windows


def test_a_real_child_gets_its_words_unchanged_and_returns_its_code(root, tmp_path):
    run = load_run(root)
    told = tmp_path / "с пробелом.txt"
    code = ("import sys; from pathlib import Path; "
            "Path(sys.argv[1]).write_text(sys.argv[2], encoding='utf-8'); sys.exit(7)")
    assert run.call([sys.executable, "-c", code, str(told), "район «Север» & $HOME"]) == 7
    assert told.read_text(encoding="utf-8") == "район «Север» & $HOME"


# --- version control -------------------------------------------------------------------------------------------

def test_git_does_not_touch_the_bytes_of_raw_data(root):
    asked = subprocess.run(["git", "check-attr", "text", "data/raw/x/данные.csv", "run.py"],
                           cwd=root, capture_output=True)
    if asked.returncode != 0:
        pytest.skip("not a git checkout")
    raw, code = asked.stdout.decode().splitlines()
    assert raw.endswith(": unset")
    assert code.endswith(": auto")
