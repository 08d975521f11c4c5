"""A tiny project: six notebooks whose behaviour is chosen by the parameter `mode`."""

import nbformat
import pytest
from nbformat import v4

from methods.run.runner import JOBS

PARAMETERS = """\
edition = "demo"
period = "2024"
mode = "good"     # что делать; mode = "error" — ошибка
draws = 500       # число розыгрышей
spread = 0.25
publish = False
region = "77"
centres = ["Ц1", "Ц2"]
seed = 0"""

WORK = """\
import os, sys, time
from methods import errors
if mode == "error":
    raise ZeroDivisionError("деление на ноль\\nв строке 14")
if mode == "ours":
    raise errors.NotPublishable("Процедура не сошлась за 50 шагов.")
if mode == "die":
    os._exit(1)
if mode == "sleep":
    time.sleep(60)"""

SAVE = """\
from methods.report.results import Results
results = Results({job!r}, edition, period)
results.number("draws", draws, "Розыгрышей")
results.write()
print(sys.executable, os.getcwd(), os.environ["ZVEZDA_ROOT"], os.environ["PYTHONHASHSEED"], sep="\\n")"""


@pytest.fixture
def project(tmp_path):
    """The root of the project, under a name that is hard on paths."""
    root = tmp_path / "проект {2024} с пробелом"
    (root / "notebooks").mkdir(parents=True)
    for job, name in JOBS.items():
        cells = [v4.new_markdown_cell(f"# Блокнот {name}"),
                 v4.new_code_cell(PARAMETERS, metadata={"tags": ["parameters"]}),
                 v4.new_markdown_cell("## Расчёт"), v4.new_code_cell(WORK)]
        if job != "report":
            cells.append(v4.new_code_cell(SAVE.format(job=job)))
        # A kernelspec that nobody has: the interpreter that runs us must be used all the same.
        notebook = v4.new_notebook(cells=cells, metadata={"kernelspec": {"name": "no-such", "display_name": "no-such"}})
        nbformat.write(notebook, root / "notebooks" / f"{name}.ipynb")
    return root
