"""Is every committed notebook what a reader and the runner expect? See style.md, section 6."""

import ast
import io
import re
import tokenize
from itertools import pairwise
from pathlib import Path

import nbformat
import pytest

from methods import run

NOTEBOOKS = sorted((Path(__file__).resolve().parents[2] / "notebooks").glob("*.ipynb"))
JOBS = [path for path in NOTEBOOKS if path.stem in run.JOBS.values() and path.stem != run.JOBS["report"]]
COMPARED = "NBVAL_CHECK_OUTPUT"

each = pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
each_job = pytest.mark.parametrize("notebook", JOBS, ids=lambda path: path.stem)


def cells(notebook, kind=None):
    return [cell for cell in nbformat.read(notebook, as_version=4).cells if kind in (None, cell.cell_type)]


def tree(cell):
    """The cell's code; magics such as %matplotlib do not belong in our notebooks and fail to parse."""
    return ast.parse(cell.source)


def parameters(notebook):
    tagged = [cell for cell in cells(notebook) if "parameters" in cell.metadata.get("tags", [])]
    assert len(tagged) == 1, f"cells tagged parameters: {len(tagged)}"
    return tagged[0]


def test_the_notebook_of_every_job_is_there():
    assert list(run.JOBS.values()) == ["01_calibrate_weights", "02_check_agreement", "03_rank_sensitivity",
                                       "04_iterate_maturity", "statistical_audit", "annual_report"]
    assert set(run.JOBS.values()) <= {path.stem for path in NOTEBOOKS}


@each
def test_notebook_is_valid(notebook):
    nbformat.validate(nbformat.read(notebook, as_version=4))


@each
def test_every_code_cell_is_plain_python(notebook):
    for cell in cells(notebook, "code"):
        tree(cell)


@each
def test_parameters_are_one_cell_of_literals_each_with_a_comment(notebook):
    cell = parameters(notebook)
    assert cell.cell_type == "code"
    lines = [line for line in cell.source.splitlines() if line.strip()]
    assert lines
    for line in lines:
        statement, = ast.parse(line).body or [None]
        assert isinstance(statement, ast.Assign), line
        assert [type(target) for target in statement.targets] == [ast.Name], line
        value = ast.literal_eval(statement.value)
        assert isinstance(value, str | int | float | bool), line
        tokens = tokenize.generate_tokens(io.StringIO(line).readline)
        comments = [token.string for token in tokens if token.type == tokenize.COMMENT]
        assert comments, f"no comment: {line}"
        assert len(comments[0].strip("# ")) > 3, f"empty comment: {line}"


@each
def test_nothing_before_the_parameters_uses_them(notebook):
    """Papermill puts the values right below that cell; an earlier cell would not see them."""
    cell = parameters(notebook)
    names = {target.id for statement in tree(cell).body for target in statement.targets}
    for earlier in cells(notebook, "code"):
        if earlier.source == cell.source:
            break
        used = {node.id for node in ast.walk(tree(earlier)) if isinstance(node, ast.Name)}
        assert not used & names


@each_job
def test_every_job_compares_some_output(notebook):
    """Otherwise nbval only asks whether the cells run."""
    assert any(COMPARED in cell.source for cell in cells(notebook, "code"))


@each
def test_compared_cells_have_an_output_and_a_number(notebook):
    """With output and number both cleared nbval compares nothing and passes."""
    for cell in cells(notebook, "code"):
        if COMPARED in cell.source:
            text = "".join(output.get("text", "") or "".join(output.get("data", {}).get("text/plain", ""))
                           for output in cell.outputs)
            assert text.strip(), cell.source
            assert isinstance(cell.execution_count, int), cell.source


@each
def test_compared_outputs_hold_no_error_and_no_address_in_memory(notebook):
    for cell in cells(notebook, "code"):
        for output in cell.outputs:
            assert output.output_type != "error"
            assert not re.search(r"0x[0-9a-f]{6,}", str(output)), cell.source


@each
def test_all_other_cells_are_cleared(notebook):
    for cell in cells(notebook, "code"):
        if COMPARED not in cell.source:
            assert cell.outputs == [], cell.source
            assert cell.execution_count is None, cell.source


@each
def test_compared_cells_are_numbered_in_their_order(notebook):
    counts = [cell.execution_count for cell in cells(notebook, "code") if COMPARED in cell.source]
    assert None not in counts
    assert counts == sorted(counts)


@each_job
def test_the_first_cell_is_the_question_under_one_heading(notebook):
    first = cells(notebook)[0]
    assert first.cell_type == "markdown"
    assert re.match(r"# \d\. .+\?", first.source), first.source.splitlines()[0]
    headings = [line for cell in cells(notebook, "markdown") for line in cell.source.splitlines() if re.match(r"# ",
                                                                                                              line)]
    assert len(headings) == 1
    assert "**Вопрос.**" in first.source
    assert "**Решение, которое от этого зависит.**" in first.source


@each_job
def test_headings_do_not_skip_a_level(notebook):
    levels = [len(found[1]) for cell in cells(notebook, "markdown") for line in cell.source.splitlines()
              if (found := re.match(r"(#+) ", line))]
    assert all(below <= above + 1 for above, below in pairwise(levels))


@each_job
def test_the_last_cell_builds_the_conclusion_from_variables(notebook):
    last = cells(notebook)[-1]
    assert last.cell_type == "code"
    code = tree(last)
    shown = code.body[-1]
    assert isinstance(shown, ast.Expr)
    assert isinstance(shown.value, ast.Call)
    assert "Вывод" in ast.unparse(shown), "the last expression shows the conclusion"
    filled = [node for node in ast.walk(code) if isinstance(node, ast.FormattedValue)]
    assert filled
    assert all(not isinstance(node.value, ast.Constant) for node in filled)


@each
def test_no_cell_defines_a_long_function(notebook):
    for cell in cells(notebook, "code"):
        for node in ast.walk(tree(cell)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                assert node.end_lineno - node.lineno + 1 <= 3, f"move {node.name} to src/methods"


@each
def test_no_absolute_paths(notebook):
    """Neither in texts of the code nor in outputs."""
    absolute = re.compile(r"""(?:^|[\s"'(=])(?:/(?:home|root|work|tmp|usr|Users|mnt|opt|var|media|srv|etc)\b|[A-Za-z]:[\\/](?!/)|file://|~/)""")
    for cell in cells(notebook):
        found = absolute.search(cell.source) or absolute.search(str(cell.get("outputs", "")))
        assert not found, found and found[0]


@each
def test_no_personal_traces_in_the_metadata(notebook):
    """Kernel and language only: no widget state, no paths, no papermill record of somebody's run."""
    assert set(nbformat.read(notebook, as_version=4).metadata) <= {"kernelspec", "language_info"}


@each
def test_cell_ids_are_unique(notebook):
    ids = [cell.id for cell in cells(notebook)]
    assert len(set(ids)) == len(ids)
