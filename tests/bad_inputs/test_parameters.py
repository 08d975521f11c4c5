"""Catalogue of bad inputs, section 12: is every slip in the words of the command told before a kernel starts?"""

import ast
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbformat import v4
from papermill.translators import PythonTranslator

from methods import cli
from methods.data import editions, sources
from methods.errors import NotebookError
from methods.run import kernel, runner
from methods.run.parameters import declared
from methods.run.runner import JOBS, run_job

EDITION = """\
version: good-2024
title: Малая методика
status: candidate
in_force: {start: 2024-01-01}
legal_basis: [Приказ 1]
decision: 0001-good
unit: {title: центр, one: центр, few: центра, many: центров}
data:
  dataset: good
  periods: ["2023", "2024"]
  units: {file: units.csv, unit: код, title: имя}
  tables: {numbers: {file: "numbers.csv", unit: код}}
indicators:
  Д1: {title: Один, direction: 1, sides: {objective: {measure: column, table: numbers, column: а}}}
  Д2: {title: Два, direction: 1, sides: {objective: {measure: column, table: numbers, column: б}}}
weights: {index: equal}
normalisation: {method: none}
aggregation: {default: {method: arithmetic}}
missing: {default: {rule: complete}}
publication: {decimals: 2}
"""
TABLES = {"units.csv": "код,имя\n01,Первый\n02,Второй\n03,Третий\n", "numbers.csv": "код,а,б\n01,1,2\n02,3,4\n03,2,2\n"}
PARAMETERS = """\
edition = "good-2024"  # редакция
period = "2024"        # период
draws = 500            # число розыгрышей
spread = 0.25          # разброс
publish = False        # публиковать
region = "77"          # регион
centres = ["Ц1"]       # центры
seed = 0               # зерно"""
SHOW = """\
import json, os
from pathlib import Path
Path(os.environ["ZVEZDA_OUTPUT"], "sensitivity.json").write_text("{}")
print(json.dumps([region, draws, spread, publish]))"""
NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project with five small notebooks, under a name that is hard on paths."""
    root = tmp_path / "проект {2024} с {пробелом"
    raw = root / sources.RAW / "good"
    (root / editions.FOLDER).mkdir(parents=True)
    (root / editions.FOLDER / "good-2024.yaml").write_text(EDITION, encoding="utf-8")
    raw.mkdir()
    for name, text in TABLES.items():
        (raw / name).write_text(text, encoding="utf-8")
    hashes = "".join(f"  {name}: {sources.sha256(raw / name)}\n" for name in TABLES)
    (raw / "source.yml").write_text(f"title: Н\nproducer: М\ndate: '2024-01-01'\nlicence: CC0\nfiles:\n{hashes}",
                                    encoding="utf-8")
    (root / "notebooks").mkdir()
    for name in JOBS.values():
        cells = [v4.new_code_cell(PARAMETERS, metadata={"tags": ["parameters"]}), v4.new_code_cell(SHOW)]
        nbformat.write(v4.new_notebook(cells=cells), root / "notebooks" / f"{name}.ipynb")
    monkeypatch.delenv("ZVEZDA_ROOT", raising=False)
    monkeypatch.chdir(root)
    return root


@pytest.fixture
def command(project, monkeypatch, capsys):
    """Run the command: exit code, complaints, and the parameters that a kernel would have been given."""
    given = []

    def execute(source, target, parameters, *_, **__):
        given.append(parameters)
        shutil.copy(source, target)
        (target.parent / "sensitivity.json").write_text("{}", encoding="utf-8")
    monkeypatch.setattr(kernel, "execute", execute)
    monkeypatch.setattr(runner, "to_html", lambda *_, **__: None)

    def run(*words):
        given.clear()
        code = cli.main(list(words))
        out, err = capsys.readouterr()
        assert "Traceback" not in out + err
        if code:
            assert not given
            assert not list(project.glob("reports/**/*.ipynb"))
        return code, out, err, given[0] if given else None
    return run


SENSITIVITY = ("run", "sensitivity", "-e", "good-2024")


def with_p(*texts):
    return (*SENSITIVITY, *(word for text in texts for word in ("-p", text)))


def period(written):
    return ("run", "sensitivity", "-e", "good-2024", "--period", written)


REFUSED = {
    "PAR-01": (with_p("regoin=01"), ["параметр regoin", "неизвестен в блокноте 03_rank_sensitivity",
                                     "похоже на «region»", "edition, period, draws, spread, publish, region"]),
    "PAR-01 homoglyph": (with_p("sееd=1"), ["похоже на «seed»", "Символ 2: «е» — кириллица"]),
    "PAR-02": (with_p("x\nimport os\nos.mkdir('touched')\ny=1"), ["неизвестен", "недопустимое имя"]),
    "PAR-02 value": (with_p("x=1\nimport os"), ["параметр x", "неизвестен"]),
    "PAR-03 class": (with_p("class=1"), ["параметр class", "недопустимое имя"]),
    "PAR-03 print": (with_p("print=1"), ["параметр print", "недопустимое имя"]),
    "PAR-05": (with_p("publish=нет"), ["параметр publish", "нет", "true или false"]),
    **{f"PAR-06 {text}": (with_p(f"draws={text}"), ["параметр draws", text, "целое число"])
       for text in ("1_000", "1e3", "1000.0")},
    **{f"PAR-07 {text}": (with_p(f"spread={text}"), ["параметр spread", text, "число", "по умолчанию: 0.25"])
       for text in ("nan", "inf", "-inf", "1e999")},
    **{f"PAR-09 {text}": (period(text), [f"Периода «{text}» нет в редакции good-2024", "Есть: 2023, 2024"])
       for text in ("24", "2014", "2099", "2023/24")},
    "PAR-11 period": (period("../../x"), ["Периода «../../x» нет"]),
    "PAR-11 edition": (("run", "sensitivity", "-e", "../../x"), ["Редакции «../../x» нет"]),
    "PAR-12": (period("{x}"), ["Периода «{x}» нет"]),
    "PAR-13 input": (("score", "-e", "good-2024", "--out", "data/raw/good/numbers.csv"),
                     ["data/raw/good/numbers.csv", "папка исходных данных"]),
    "PAR-13 input by force": (("score", "-e", "good-2024", "--out", "data/raw/good/numbers.csv", "--force"),
                              ["папка исходных данных"]),
    "PAR-13 exists": (("score", "-e", "good-2024", "--out", "notebooks/annual_report.ipynb"),
                      ["файл уже есть", "--force"]),
    **{f"PAR-14 {address}": (("score", "-e", "good-2024", "--out", address), ["сетевой адрес", "только файл на диске"])
       for address in ("http://example.org/x.csv", "s3://bucket/x.csv")},
    "PAR-14 edition": (("score", "-e", "http://example.org/x"), ["Редакции «http://example.org/x» нет"]),
    "PAR-18": (with_p("draws=1", "draws=2"), ["-p draws", "задан дважды: 1 и 2"]),
    "PAR-19 dash": ((*SENSITIVITY, "–p", "draws=5"), ["«–p»", "не дефис", "похоже на «-p»"]),
    "PAR-19 long dash": (("score", "—edition", "good-2024"), ["«—edition»", "похоже на «--edition»"]),
    "PAR-19 letter": ((*SENSITIVITY, "-р", "draws=5"), ["-р", "«-p»", "Символ 2: «р» — кириллица"]),
    "PAR-19 word": (("score", "--editiоn", "good-2024"), ["«--edition»", "Символ 8: «о» — кириллица"]),
    "PAR-22 minus": (with_p("seed=-1"), ["параметр seed", "-1", "целое число не меньше 0"]),
    "PAR-22 fraction": (with_p("seed=1.5"), ["параметр seed", "1.5", "целое число"]),
    "PAR-22 text": (with_p("seed=семь"), ["параметр seed", "семь", "целое число"]),
}


@pytest.mark.parametrize("code", REFUSED)
def test_one_slip_is_refused_before_a_kernel_starts(command, project, code):
    words, told = REFUSED[code]
    before = {path: path.read_bytes() for path in project.rglob("*") if path.is_file()}
    found, out, err, _ = command(*words)
    assert (found, out) == (2, "")
    for part in told:
        assert part in err
    after = {path: path.read_bytes() for path in project.rglob("*") if path.is_file()}
    assert {path: content for path, content in after.items() if "processed" not in path.parts} == before


HARD = 'a "б" \'в\'\n"""\\n\\ ☂ 𝒵 {x} $y %z'
TAKEN = {
    "PAR-04": ("region=01", "region", "01"),
    "PAR-05 false": ("publish=false", "publish", False),
    "PAR-06 whole": ("draws=1000", "draws", 1000),
    "PAR-08": ("spread=0,5", "spread", 0.5),
    "PAR-10": (f"region={HARD}", "region", HARD),
    "PAR-12 value": ("region={x}", "region", "{x}"),
    "PAR-22 zero": ("seed=0", "seed", 0),
}


@pytest.mark.parametrize("code", TAKEN)
def test_taken_as_it_was_meant(command, code):
    text, name, value = TAKEN[code]
    found, out, err, given = command(*with_p(text))
    assert (found, err) == (0, "")
    assert given[name] == value
    assert type(given[name]) is type(value)
    assert ("spread: «0,5» прочитано как 0.5" in out) == (code == "PAR-08")


def test_par_10_the_cell_that_papermill_writes_gives_the_value_back():
    names = {}
    exec(PythonTranslator.codify({"region": HARD}), names)
    assert names["region"] == HARD


@pytest.mark.parametrize("name", ["../../x", "/tmp/x", "..", "a/b", "C:\\x", "con", "draft"])
def test_par_11_no_name_leads_out_of_reports(command, project, name):
    for edition, when in ((name, "2024"), ("good-2024", name)):
        with pytest.raises(runner.UsageError, match="выход за папку reports запрещён"):
            run_job("sensitivity", edition, when, root=project)
    assert not (project / "reports").exists()


@pytest.mark.parametrize("link", ["reports/good-2024", "reports/good-2024/draft", "reports/good-2024/draft/2024"])
def test_par_11_a_link_out_of_reports(command, project, tmp_path, link):
    (tmp_path / "elsewhere").mkdir()
    (project / link).parent.mkdir(parents=True)
    try:
        (project / link).symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    except OSError:
        pytest.skip("this system lets nobody make links")
    found, _, err, _ = command(*SENSITIVITY)
    assert found == 2
    assert "выход за папку reports запрещён" in err
    assert not list((tmp_path / "elsewhere").iterdir())
    (project / link).unlink()
    assert command(*SENSITIVITY)[0] == 0


@pytest.mark.parametrize("written", ["../../x", "2023/24", "..", "a b"])
def test_par_11_nor_a_period_of_the_edition(command, project, written):
    path = project / editions.FOLDER / "good-2024.yaml"
    path.write_text(EDITION.replace('"2023"', f'"{written}"'), encoding="utf-8")
    found, _, err, _ = command("score", "-e", "good-2024")
    assert found == 4
    assert f"good-2024.yaml | 10:13 | data.periods.0 | период «{written}» не годится для имени папки" in err


def test_par_13_a_file_is_replaced_only_when_asked(command, project):
    words = ("score", "-e", "good-2024", "--out", "баллы.csv")
    assert command(*words)[0] == 0
    (project / "баллы.csv").write_text("правлено рукой", encoding="utf-8")
    assert command(*words)[0] == 2
    assert (project / "баллы.csv").read_text(encoding="utf-8") == "правлено рукой"
    assert command(*words, "--force")[0] == 0
    assert (project / "баллы.csv").read_text(encoding="utf-8").startswith("unit,")


def test_par_18_the_more_special_one_wins_and_says_so(command):
    found, out, _, given = command(*with_p("sensitivity.draws=2", "draws=1"))
    assert (found, given["draws"]) == (0, 2)
    assert "draws: взято sensitivity.draws=2, а не общее draws=1" in out


# --- checks of the notebooks themselves -------------------------------------------------------------------------------

def spoilt(project, source, tags=("parameters",), *more):
    path = project / "notebooks" / "03_rank_sensitivity.ipynb"
    cells = [v4.new_code_cell(source, metadata={"tags": list(tags)}), *map(v4.new_code_cell, more)]
    nbformat.write(v4.new_notebook(cells=cells), path)
    return path


@pytest.mark.parametrize(("code", "source", "tags", "words"), [
    ("PAR-15", 'region = "77"\npath = f"data/{region}.csv"', ["parameters"], "только строки «имя = значение»"),
    ("PAR-16", PARAMETERS, ["parameters", "injected-parameters"], "injected-parameters"),
    ("PAR-17", PARAMETERS, [], "ровно одна ячейка с меткой «parameters»"),
], ids=lambda value: value if str(value).startswith("PAR") else "")
def test_a_spoilt_notebook_is_refused(command, project, code, source, tags, words):
    with pytest.raises(NotebookError, match=words):
        declared(spoilt(project, source, tags))
    found, _, err, _ = command(*SENSITIVITY)
    assert found == NotebookError.exit_code
    assert words in err


def set_again(path):
    """Parameters that a later cell sets to something else, so that what the user gives has no effect."""
    found = set()
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type == "code" and "parameters" not in cell.metadata.get("tags", ()):
            nodes = list(ast.walk(ast.parse(cell.source)))
            refined = {id(target) for node in nodes if isinstance(node, ast.Assign) for target in node.targets
                       if getattr(target, "id", None) in names(node.value, ast.Load)}   # period = period or latest
            found |= {name for node in nodes if id(node) not in refined for name in names(node, ast.Store, deep=False)}
    return found & set(declared(path))


def names(node, context, *, deep=True):
    return {part.id for part in (ast.walk(node) if deep else [node])
            if isinstance(part, ast.Name) and isinstance(part.ctx, context)}


@pytest.mark.parametrize(("cell", "found"), [
    ("draws = 10", {"draws"}), ("for seed in range(3): pass", {"seed"}), ("region, x = 1, 2", {"region"}),
    ("period = period or '2024'", set()), ("x = draws", set()),
])
def test_par_17_a_parameter_set_again_is_found(project, cell, found):
    assert set_again(spoilt(project, PARAMETERS, ["parameters"], cell)) == found


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_par_15_16_17_our_notebooks(notebook):
    assert declared(notebook)
    assert not set_again(notebook)


# --- the whole way, with a real kernel --------------------------------------------------------------------------------

def test_par_12_20_21_from_another_folder_under_another_locale(project):
    """Braces, spaces and Cyrillic in the path; called from a folder below; a terminal that is not UTF-8."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("LC_", "LANG", "PYTHON"))}
    # PYTHONUTF8 as run.py sets it: without it Python itself cannot start from a folder with Cyrillic in a C locale
    environment |= {"LC_ALL": "C", "PYTHONIOENCODING": "cp1251", "PYTHONPATH": str(kernel.SOURCES), "PYTHONUTF8": "1"}
    words = [*SENSITIVITY, "-p", "region=01", "-p", "spread=0,5"]
    done = subprocess.run([sys.executable, "-m", "methods.cli", *words], cwd=project / "notebooks", env=environment,
                          capture_output=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr.decode("cp1251")
    assert "прочитано как 0.5" in done.stdout.decode("cp1251")
    result = project / "reports/good-2024/draft/2024/03_rank_sensitivity.ipynb"
    assert nbformat.read(result, as_version=4).cells[-1].outputs[0].text == '["01", 500, 0.5, false]\n'


def test_par_21_scores_are_the_same_bytes_under_any_locale(project):
    tables = set()
    for encoding in ("utf-8", "cp1251", "ascii"):
        environment = os.environ | {"PYTHONIOENCODING": encoding, "PYTHONPATH": str(kernel.SOURCES)}
        done = subprocess.run([sys.executable, "-m", "methods.cli", "score", "-e", "good-2024"], cwd=project,
                              env=environment, capture_output=True, timeout=300, check=False)
        assert done.returncode == 0
        tables.add(done.stdout)
    table, = tables
    assert "Первый" in table.decode("utf-8")


def test_every_row_of_the_section_is_here():
    """Codes in the names of tests (`par_12_20`) and of rows (`PAR-12`)."""
    source = Path(__file__).read_text("utf-8").upper().replace("_", "-")
    told = {number for numbers in re.findall(r"\b(?:TEST-)?PAR((?:-\d\d)+)", source)
            for number in numbers[1:].split("-")}
    assert told == {f"{number:02}" for number in range(1, 23)}
