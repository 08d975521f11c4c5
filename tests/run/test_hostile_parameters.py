"""Hostile and odd parameters by command line, by YAML and by API: nothing runs as code, nothing changes its type.

Each is refused with Russian words and its exit code, or taken with exactly the declared type; what was taken is put
into a cell as papermill writes it, the cell is run, and the value must come back. Code among the values would leave
the file `canary` behind.
"""

import datetime
import decimal
import enum
import fractions
import json
import re
import sys
from pathlib import Path

import nbformat
import numpy as np
import pandas as pd
import pytest
from nbformat import v4
from papermill.translators import PythonTranslator

from methods import cli
from methods.data import editions
from methods.errors import EditionError, UsageError
from methods.report.results import Results
from methods.run import kernel, runner
from methods.run.parameters import TYPES, checked, declared

sys.path.insert(0, str(Path(__file__).parent))  # pytest imports test files by path
import small

RUSSIAN = re.compile("[а-яё]{3}")
CODE = "__import__('pathlib').Path('canary').touch()"
RUN = ("run", "sensitivity", "-e", "small")


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return small.build(tmp_path_factory.mktemp("проект"))


@pytest.fixture
def project(root, monkeypatch):
    monkeypatch.setenv("ZVEZDA_ROOT", str(root))
    monkeypatch.chdir(root)
    yield root
    assert not list(root.rglob("*canary*"))


@pytest.fixture
def given(project, monkeypatch):
    """What the kernel would be given; and the cell, as papermill writes it, gives the same back."""
    seen = []

    def execute(source, target, parameters, *_, **__):
        names = {}
        exec(PythonTranslator.codify(parameters), names)
        for name, value in parameters.items():
            assert same(names[name], value)
        cell = v4.new_code_cell(PythonTranslator.codify(parameters))
        nbformat.write(v4.new_notebook(cells=[cell], metadata={"papermill": {"parameters": parameters}}), target)
        assert same(nbformat.read(target, as_version=4).metadata["papermill"]["parameters"], parameters)
        Results("sensitivity", "small", "2024", target.parent).write()
        seen.append(parameters)
    monkeypatch.setattr(kernel, "execute", execute)
    monkeypatch.setattr(runner, "to_html", lambda *_, **__: None)
    return seen


@pytest.fixture
def command(given, capsys):
    def run(*words):
        given.clear()
        code = cli.main(list(words))
        out, err = capsys.readouterr()
        assert "Traceback" not in out + err
        assert "Внутренняя ошибка" not in err
        if code:
            assert not given
            assert RUSSIAN.search(err)
        return code, err
    return run


def same(one, other):
    """Equal and of the same types, however deep."""
    if isinstance(other, dict):
        return isinstance(one, dict) and set(one) == set(other) and all(same(one[key], other[key]) for key in other)
    if isinstance(other, list):
        return isinstance(one, list) and len(one) == len(other) and all(map(same, one, other))
    return type(one) is type(other) and one == other and str(one) == str(other)   # -0.0 is not 0.0


# -- values on the command line ----------------------------------------------------------------------------------------

# Text as it is typed -> what it is as a number; a text parameter takes every one of them as it stands.
TEXTS = {
    **dict.fromkeys([
        "", " ", "'", '"', "'''", '"""', "\\", "\\\\", 'a"b', "a'b", "\n", "a\nb", "\r\n", "\t", "\u2028", "\u2029",
        "\x85", "\x0b", "\x1b[31m", "\u202e", "\u200b", "\ufeff", "{", "}", "{draws}", "{0}", "%s", "%(draws)s",
        "$HOME",
        "`id`", "$(touch canary)", "; touch canary", "| touch canary", CODE, f'"; {CODE}; "', f"'; {CODE}; '",
        f"\n{CODE}\n", f"{{{CODE}}}", f'""" + {CODE} + """', f"\\\"; {CODE} #", "!touch canary", "!rm -rf .",
        "%run canary",
        "%%bash\ntouch canary", "%system touch canary", "?", "None", "null", "~", "да", "нет", "yes", "no", "on", "off",
        "True", "False", "TRUE", "1_000", "0x10", "0o10", "0b1", "nan", "NaN", "inf", "-inf", "Infinity", "1.5.2",
        "1,2,3",
        "1 000", "1\u00a0000", "٣", "１２", "²", "½", "1e", "e3", "--1", "1-", "1:30", "2024-01-01",
        "31.12.2024", "50%",
        "1j", "5L", "1e999", "1e-999", "9" * 5000, "[1, 2", "[1,]", "{'а': 1}", '{"а": 1, "а": 2}', "[NaN]", "[1e999]",
        "[Infinity]", "(1, 2)", "[" * 5000 + "]" * 5000, "я" * 20_000, "😀", "a" * 100_000, "!!python/object:x", "&a",
        "*a",
        "../..", "/etc/passwd", "CON", "\\\\server\\share"]),
    "1": {"draws": 1, "spread": 1.0, "seed": 1}, "0": {"draws": 0, "spread": 0.0, "seed": 0},
    "-3": {"draws": -3, "spread": -3.0}, "01": {"draws": 1, "spread": 1.0, "seed": 1},
    "+5": {"draws": 5, "spread": 5.0, "seed": 5}, " 7 ": {"draws": 7, "spread": 7.0, "seed": 7},
    "1e3": {"spread": 1000.0}, "1000.0": {"spread": 1000.0}, "0.5": {"spread": 0.5}, "1,5": {"spread": 1.5},
    "true": {"publish": True}, "false": {"publish": False}, "[]": {"centres": []},
    '["Ц1", 1, 1.0, true, null]': {"centres": ["Ц1", 1, 1.0, True, None]}, "{}": {"scale": {}},
    json.dumps([CODE]): {"centres": [CODE]}, json.dumps({f"'{CODE}": f'"{CODE}'}): {"scale": {f"'{CODE}": f'"{CODE}'}},
}
TYPED = {"draws": int, "spread": float, "publish": bool, "centres": list, "scale": dict, "seed": int}


@pytest.mark.parametrize("text", TEXTS, ids=lambda text: ascii(text)[:40])
def test_value_on_the_command_line(command, given, text):
    expected = TEXTS[text] or {}
    code, err = command(*RUN, *(word for name in ("region", *expected) for word in ("-p", f"{name}={text}")))
    assert code == 0, err
    assert same(given[0]["region"], text)
    for name, value in expected.items():
        assert type(value) is TYPED[name]
        assert same(given[0][name], value)
    others = TYPED.keys() - expected.keys()
    code, err = command(*RUN, *(word for name in others for word in ("-p", f"{name}={text}")))
    assert code == 2
    for name in others:   # all of them are told at once
        assert re.search(rf"параметр {name} \| значение .* \| допустимо: .*({TYPES[TYPED[name]]}|конечны)", err)


@pytest.mark.parametrize("text", [chr(0xdcff), f"a{chr(0xd800)}b", chr(0xd83d) + "x"], ids=ascii)
def test_half_of_a_character_is_refused(command, text):
    """Bytes of an argument that are not UTF-8 come as such halves; the notebook could not be written."""
    code, err = command(*RUN, "-p", f"region={text}")
    assert code == 2
    assert "допустимо: текст без повреждённых символов" in err


# -- names -------------------------------------------------------------------------------------------------------------

NAMES = ["class", "print", "None", "True", "lambda", "__builtins__", "__import__", "__name__", "__class__", "self",
         "get_ipython",
         "_", "x", "0", "1x", "draws ", " draws", "DRAWS", "dr aws", "draws\n", "draws\u200b", "ｄraws", "drаws",
         "draws;x",
         "draws.x", "sensitivity.", ".draws", "sensitivity.sensitivity.draws", "sensitivity.__class__",
         "report.draws.x",
         "weights.draws", "draws[0]", "draws:int", "x\nimport os", f"x;{CODE};y", f"{CODE}#", "{draws}", "%run",
         "!touch canary",
         "../draws", "и" * 10_000, "\x1b[31m", "\u202e", "-p", "--", "edition", "period"]


@pytest.mark.parametrize("name", NAMES, ids=lambda name: ascii(name)[:40])
def test_name_on_the_command_line_and_by_api(command, project, name):
    code, err = command(*RUN, "-p", f"{name}=1")
    assert code == 2
    assert "\x1b" not in err
    assert len(err) < 1000
    with pytest.raises(UsageError, match=r"неизвестен в блокноте|задаётся самой командой"):
        runner.run_job("sensitivity", "small", "2024", {name: 1}, project)


@pytest.mark.parametrize("text", ["=", "=1", "draws", "draws:1", "draws 1"])
def test_what_is_no_pair(command, text):
    code, err = command(*RUN, "-p", text)
    assert code == 2
    assert "ожидается имя=значение" in err


# -- edition, period, file names ---------------------------------------------------------------------------------------

ESCAPES = ["../../canary", "..", ".", "/tmp/canary", "C:\\canary", "\\\\server\\share\\canary", "CON", "nul.txt",
           "COM1", "draft",
           "2024/../../canary", "2024\\..\\canary", "2024\x00", "2024\n", "2024 ", " 2024", "2024.", "~", "~root",
           "$HOME",
           "{period}", "%s", "file:///tmp/canary", "http://example.org/canary", "*", "?", "a" * 300, "\ud800",
           "2024\u202e",
           "٢٠٢٤", "２０２４"]


@pytest.mark.parametrize("name", ESCAPES, ids=ascii)
def test_name_of_an_edition_or_a_period(command, project, name):
    for words in ((*RUN, "--period", name), ("run", "sensitivity", "-e", name), ("report", "-e", name),
                  ("score", "-e", "small", "--period", name)):
        code, err = command(*words)
        assert code == 2
        assert re.search("Редакции «.*» нет|Периода «.*» нет", err, re.DOTALL)
    if name not in ("~", "~root", "٢٠٢٤", "２０２４"):   # one folder's name, if an odd one
        with pytest.raises(UsageError, match="выход за папку reports запрещён"):
            runner.run_job("sensitivity", name, "2024", root=project)
    assert not (project / "reports").exists() or {path.name for path in (project / "reports").iterdir()} <= {"small"}


@pytest.mark.parametrize(("out", "code"), [
    ("http://example.org/x.csv", 2), ("s3://bucket/x.csv", 2), ("file:///tmp/canary.csv", 2),
    ("data/raw/x.csv", 2), ("notebooks/../data/raw/small/numbers_2024.csv", 2), ("data/raw/small/numbers_2024.csv", 2),
    (".", 2), ("/dev/full", 2), ("я" * 300 + ".csv", 9), ("нет/" * 2000 + "x.csv", 9)],
    ids=lambda value: ascii(value)[:40])
def test_where_a_table_may_not_go(command, project, out, code):
    before = {path: path.read_bytes() for path in (project / "data" / "raw").rglob("*") if path.is_file()}
    assert command("score", "-e", "small", "--out", out)[0] == code
    assert {path: path.read_bytes() for path in (project / "data" / "raw").rglob("*") if path.is_file()} == before


# -- by API ------------------------------------------------------------------------------------------------------------

class Sly(str):
    def __repr__(self):
        return CODE

    def __str__(self):
        return CODE


class Number(enum.IntEnum):
    ONE = 1


class Code:
    item = staticmethod(lambda: Path("canary").touch())

    def __repr__(self):
        return CODE


def deep(levels):
    made = []
    for _ in range(levels):
        made = [made]
    return made


def looped():
    made = []
    made.append(made)
    return made


API = [("draws", True), ("draws", 1.0), ("draws", np.float64(2)), ("draws", np.bool_(True)), ("draws", Number.ONE),
       ("draws", decimal.Decimal(1)), ("draws", fractions.Fraction(1, 2)), ("draws", None), ("draws", b"1"),
       ("draws", [1]),
       ("draws", np.array([5])), ("draws", pd.Series([5])), ("draws", 10**5000), ("draws", Code()), ("draws", Sly("1")),
       ("spread", False), ("spread", 2**53 + 1), ("spread", 10**400), ("spread", float("nan")),
       ("spread", -float("inf")),
       ("spread", 1j), ("spread", np.float64("nan")), ("spread", pd.NA), ("publish", 1), ("publish", 0), ("publish",
       "1"),
       ("publish", None), ("region", 77), ("region", None), ("region", b"77"), ("region", Sly("77")),
       ("region", Path("77")),
       ("region", datetime.date(2024, 1, 1)), ("region", "\ud800"), ("centres", ("Ц1",)), ("centres", {"Ц1"}),
       ("centres", [{1: "а"}]), ("centres", [("Ц1",)]), ("centres", [np.int64(1)]), ("centres", [Sly("Ц1")]),
       ("centres", [datetime.date(2024, 1, 1)]), ("centres", [Code()]), ("centres", [float("inf")]),
       ("centres", ["\udcff"]),
       ("centres", deep(5000)), ("centres", looped()), ("centres", {"а": 1}), ("scale", [1]), ("scale", {None: 1}),
       ("scale", {True: 1}), ("scale", {"а": {1.5: 2}}), ("seed", -1), ("seed", np.int64(-1))]
API_TAKEN = [("draws", np.int64(7), 7), ("spread", 1, 1.0), ("spread", np.float64(0.5), 0.5),
             ("spread", np.int64(2), 2.0),
             ("publish", np.bool_(True), True), ("region", np.str_("01"), "01"), ("spread", -0.0, -0.0),
             ("centres", [1, 1.0, True, None, "x"], [1, 1.0, True, None, "x"]),
             ("scale", {"а": {"б": [CODE]}}, {"а": {"б": [CODE]}}), ("draws", 2**62, 2**62)]


@pytest.mark.parametrize(("name", "value"), API, ids=[f"{name}-{place}" for place, (name, _) in enumerate(API)])
def test_value_by_api_refused(project, given, name, value):
    with pytest.raises(UsageError, match=f"параметр {name} .*допустимо: ") as caught:
        runner.run_job("sensitivity", "small", "2024", {name: value}, project)
    assert caught.value.exit_code == 2
    assert not given


@pytest.mark.parametrize(("name", "value", "taken"), API_TAKEN)
def test_value_by_api_taken(project, given, name, value, taken):
    runner.run_job("sensitivity", "small", "2024", {name: value}, project, say=lambda line: None)
    assert same(given[0][name], taken)


def test_all_hostile_texts_at_once_through_a_real_kernel(project, capsys):
    """They go through the notebook's file, the kernel and back."""
    texts = [text for text in TEXTS if len(text) < 1000]
    path = project / "notebooks" / "03_rank_sensitivity.ipynb"
    good = path.read_bytes()
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[-1].source = (
        "import json\nfrom pathlib import Path\nhere = Path(os.environ['ZVEZDA_OUTPUT'])\n"
        "(here / 'sensitivity.json').write_text(json.dumps([centres, scale, region]))")
    nbformat.write(notebook, path)
    try:
        done = runner.run_job("sensitivity", "small", "2024", {
            "centres": texts, "scale": dict.fromkeys(texts, CODE), "region": "".join(texts)}, project)
    finally:
        path.write_bytes(good)
    assert json.loads((done.notebook.parent / "sensitivity.json").read_text("utf-8")) == [
        texts, dict.fromkeys(texts, CODE), "".join(texts)]


# -- by YAML -----------------------------------------------------------------------------------------------------------

# What stands after `title:` -> the text that it is, or None: refused.
YAML_TEXTS = {
    "yes": "yes", "no": "no", "on": "on", "off": "off", "Yes": "Yes", "y": "y", "TRUE": "TRUE", "да": "да",
    "010": "010", "0x10": "0x10",
    "0o17": "0o17", "1_000": "1_000", "1:30": "1:30", "2024-01-01": "2024-01-01", ".5": ".5", ".nan": ".nan",
    ".inf": ".inf", "1e": "1e",
    "1,5": "1,5", '"true"': "true", '"5"': "5", "'null'": "null",
    '"\\n\\u2028"': "\n\u2028", f'"{CODE}"': CODE, "=": "=", "<<": "<<",
    "true": None, "false": None, "null": None, "~": None, "": None, "5": None, "1.5": None, "1e3": None, "-0": None,
    "[а]": None,
    "{а: б}": None, "!!str 5": None, "!!int '5'": "5", "!!binary aGVsbG8=": None, "!!set {а}": None,
    "!!omap [а: б]": None,
    "!!timestamp 2024-01-01": "2024-01-01", "!own а": None, "!!python/name:os.system": None, "!!python/none": None,
    "!!python/object/apply:os.system ['touch canary']": None, "!!python/object/new:os.system ['touch canary']": None,
    "!!python/module:canary": None, "!<tag:yaml.org,2002:python/object/apply:os.system> ['touch canary']": None,
    "&a Имя": "Имя", "*a": None, '"\\ud800"': None, '"\\0"': "\x00", "а\x00": None, "\x07": None, "а: б": None,
    "а #б": "а",
    "|\n  а\n  б\n": "а\nб\n", ">\n  а\n  б\n": "а б\n", "[" * 3000: None, "x" * 100_000: "x" * 100_000, "@а": None,
    "`а`": None, "%а": None,
}
# What stands for a weight of `{Д1: …, Д2: 0.5}`: the number, or None.
YAML_NUMBERS = {
    "0.5": 0.5, "1/2": 0.5, "5e-1": 0.5, "+0.5": 0.5, "'0.5'": None, "0,5": None, "50%": None, ".5": None, "0_5": None,
    "0x1": None, "1:30": None,
    "true": None, "null": None, "~": None, "": None, "nan": None, ".nan": None, ".inf": None, "1e999": None,
    "-0.5": None, "5": None,
    "1/0": None, "١/٢": None, "٠.٥": None, "1/" + "9" * 5000: None, "9" * 5000: None, "[0.5]": None, "{а: 0.5}": None,
    "0.5 0.5": None,
    "!!float 0.5": 0.5, "!!python/float '0.5'": None, CODE: None, "2024-01-01": None, "no": None,
    "0.5\n  index: {Д1: 1}": None,
}


def edition(old, new):
    assert small.TEXT.count(old) == 1
    return small.TEXT.replace(old, new)


def refused(text):
    with pytest.raises(EditionError) as caught:
        editions.parse_edition(text, "small.yaml")
    assert caught.value.exit_code == 4
    assert RUSSIAN.search(str(caught.value))
    assert re.match(r"small\.yaml \| \d+:\d+ \| ", str(caught.value))
    return str(caught.value)


@pytest.mark.parametrize("written", YAML_TEXTS, ids=lambda text: ascii(text)[:40])
def test_text_of_an_edition(project, written):
    text = edition("title: Малая методика\n", f"title: {written}\n")
    if (expected := YAML_TEXTS[written]) is None:
        refused(text)
    else:
        assert same(editions.parse_edition(text).title, expected)


@pytest.mark.parametrize("written", YAML_NUMBERS, ids=lambda text: ascii(text)[:40])
def test_number_of_an_edition(project, written):
    two = small.TEXT.replace("weights: {index: equal}", f"weights:\n  index:\n    Д1: {written}\n    Д2: 0.5").replace(
        "weights:\n",
        "  Д2: {title: Полнота, direction: 1, sides: {objective: {measure: column, table: numbers, column: а}}}\n"
        "weights:\n")
    if (expected := YAML_NUMBERS[written]) is None:
        refused(two)
    else:
        assert same(editions.parse_edition(two).weights["index"]["Д1"], expected)


BOMB = "a: &a [x, x]\n" + "".join(f"{new}: &{new} [*{old}, *{old}, *{old}, *{old}, *{old}, *{old}, *{old}, *{old}]\n"
                                  for old, new in zip("abcdefghijklm", "bcdefghijklmn", strict=True))


YAML_STRUCTURES = [
    BOMB + small.TEXT, edition("version: small\n", "version: small\nversion: other\n"),
    edition("version: small\n", "version: small\n'version': other\n"),
    edition("version: small\n", "version: small\n? {а: б}\n: в\n"), edition("version: small\n",
    "? version\n: [small]\n"),
    edition("version: small\n", "<<: {version: small}\n"), edition("version: small\n",
    "base: &b {version: small}\n<<: *b\n"),
    edition("version: small\n", "version: small\n__class__: x\n"), edition("version: small\n",
    "version: small\ntrue: x\n"),
    edition("dataset: small", "dataset: ../../.."), edition("dataset: small", "dataset: /etc"),
    edition('"2024"]', '"../../canary"]'), edition('"2024"]', '"/tmp/canary"]'), edition('"2024"]', "2024]"),
    edition("decimals: 2", "decimals: 2.0"),
    edition("decimals: 2", 'decimals: "2"'), edition("decimals: 2", "decimals: true"), edition("decimals: 2",
    "decimals: 1e1"),
    "--- {}\n--- {}\n", "", "- список\n", "просто текст", "\ufeff\ufeff" + small.TEXT, small.TEXT.replace("  ", "\t"),
    "!!python/object/apply:os.system ['touch canary']\n",
    f"%TAG ! tag:yaml.org,2002:python/\n---\n{small.TEXT}x: !name:os.system a\n",
    "{" * 3000, "? " * 3000, "- " * 3000, "&a [*a]\n"]


@pytest.mark.parametrize("text", YAML_STRUCTURES, ids=lambda text: ascii(text)[:25])
def test_structure_of_an_edition(project, text):
    refused(text)


def test_the_small_edition_itself_is_good():
    assert editions.parse_edition(small.TEXT).version == "small"


def test_an_edition_cannot_be_read_or_adopted_from_elsewhere(command, project):
    for words in (["adopt", "../../x"], ["adopt", "/etc/passwd"], ["diff", "small", "../x"], ["score", "-e",
    "small/../small"]):
        code, err = command(*words)
        assert code == 2
        assert "нет" in err


# -- how many ----------------------------------------------------------------------------------------------------------

def test_how_many(root, record_property):
    """The promise is 60; names and values, each by its way."""
    known = declared(root / "notebooks" / "03_rank_sensitivity.ipynb")
    assert set(TYPED) | {"edition", "period", "region"} == set(known)
    assert checked({}, known, "03") == ({}, [])
    counts = {"command line": len(TEXTS) * (len(TYPED) + 1) + len(NAMES) + 4 * len(ESCAPES),
              "API": len(API) + len(API_TAKEN) + len(NAMES),
              "YAML": len(YAML_TEXTS) + len(YAML_NUMBERS) + len(YAML_STRUCTURES)}
    for way, count in counts.items():
        record_property(way, count)
        assert count >= 60
