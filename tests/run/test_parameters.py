"""Parameters are refused or converted before any kernel starts (bad_inputs, PAR-01 … PAR-22)."""

import nbformat
import numpy as np
import pytest
from nbformat import v4

from methods.errors import NotebookError, UsageError
from methods.run.parameters import checked, convert, declared, passed
from methods.run.runner import run_job


@pytest.fixture
def known(project):
    return declared(project / "notebooks" / "03_rank_sensitivity.ipynb")


def test_declared_reads_types_defaults_and_help(known):
    assert list(known) == ["edition", "period", "mode", "draws", "spread", "publish", "region", "centres", "seed"]
    assert known["draws"].default == 500
    assert known["draws"].help == "число розыгрышей"
    assert known["mode"].default == "good"   # papermill's own reader loses this line: two «=» in it


def test_an_executed_notebook_tells_what_it_was_run_with(tmp_path):
    cells = [v4.new_code_cell('edition = "a"\ndraws = 2000  # розыгрышей\ncluster = ""  # адрес\nseed = 0', metadata={
        "tags": ["parameters"]}), v4.new_code_cell("draws = 500", metadata={"tags": ["injected-parameters"]})]
    nbformat.write(v4.new_notebook(cells=cells), tmp_path / "03_rank_sensitivity.ipynb")
    assert list(passed(tmp_path / "03_rank_sensitivity.ipynb").items()) == [
        ("edition", "a"), ("draws", 500), ("cluster", ""), ("seed", 0)]


@pytest.mark.parametrize(("name", "value", "expected"), [
    ("draws", "1000", 1000), ("draws", "-3", -3), ("draws", np.int64(7), 7),
    ("spread", "0,5", 0.5), ("spread", "0.5", 0.5), ("spread", "1e-3", 1e-3), ("spread", 1, 1.0),
    ("publish", "true", True), ("publish", "false", False), ("publish", np.bool_(True), True),
    ("region", "01", "01"), ("region", 'a"\n"""\\ ☂ Центр', 'a"\n"""\\ ☂ Центр'),
    ("centres", '["Ц3"]', ["Ц3"]), ("seed", "0", 0),
])
def test_values_take_the_type_of_the_default(known, name, value, expected):
    values, _ = checked({name: value}, known, "03")
    assert values[name] == expected
    assert type(values[name]) is type(expected)


@pytest.mark.parametrize(("name", "value", "allowed"), [
    ("draws", "1_000", "целое число"), ("draws", "1e3", "целое число"), ("draws", "1000.0", "целое число"),
    ("draws", True, "целое число"), ("draws", 1.5, "целое число"), ("draws", "много", "целое число"),
    ("spread", "nan", "число"), ("spread", float("nan"), "конечное число"), ("spread", float("inf"), "конечное число"),
    ("spread", "1e999", "конечное число"), ("spread", "1,2,3", "число"), ("spread", False, "число"),
    ("publish", "да", "true или false"), ("publish", 1, "true или false"),
    ("region", 77, "текст"), ("centres", "Ц1,Ц2", "список"), ("centres", [float("nan")], "конечные"),
    ("seed", "-1", "не меньше 0"), ("seed", "1.5", "целое число"),
])
def test_wrong_values_are_refused_with_what_is_allowed(known, name, value, allowed):
    with pytest.raises(UsageError, match=rf"параметр {name} .*допустимо: .*{allowed}"):
        checked({name: value}, known, "03")


def test_decimal_comma_is_noted(known):
    assert checked({"spread": "0,5"}, known, "03")[1] == ["spread: «0,5» прочитано как 0.5"]


def test_all_problems_are_told_at_once(known):
    with pytest.raises(UsageError, match=r"(?s)draws.*spread"):
        checked({"draws": "x", "spread": "y"}, known, "03")


@pytest.mark.parametrize("name", ["regoin", "x=1\nimport os", "class", "print"])
def test_unknown_name_is_refused_before_a_kernel_starts(project, name, monkeypatch):
    monkeypatch.setattr("methods.run.kernel.execute", lambda *_: pytest.fail("a kernel was started"))
    with pytest.raises(UsageError, match="неизвестен") as caught:
        run_job("weights", "demo", "2024", {name: "1"}, project)
    assert ("похоже на «region»" in str(caught.value)) == (name == "regoin")
    assert not (project / "reports").exists()


def test_a_default_computed_from_another_is_a_defect_of_the_notebook(project):
    _set_cell(project, "year = 2024\npath = f'data/{year}.csv'")
    with pytest.raises(NotebookError, match="только строки «имя = значение»"):
        declared(project / "notebooks" / "01_calibrate_weights.ipynb")


def test_an_executed_copy_is_not_a_source(project):
    _set_cell(project, "year = 2024", tags=["parameters", "injected-parameters"])
    with pytest.raises(NotebookError, match="injected-parameters"):
        declared(project / "notebooks" / "01_calibrate_weights.ipynb")


def test_open_type_takes_plain_values_only():
    assert convert("текст", None) == "текст"
    assert convert(None, None) is None
    with pytest.raises(ValueError, match="простое значение"):
        convert(object(), None)


def _set_cell(project, source, tags=("parameters",)):
    path = project / "notebooks" / "01_calibrate_weights.ipynb"
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[1].source, notebook.cells[1].metadata["tags"] = source, list(tags)
    nbformat.write(notebook, path)
