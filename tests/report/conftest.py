"""A small executed report that has everything: for the tests of its formats."""

from __future__ import annotations

import struct
import sys
import zlib
from pathlib import Path

import nbformat
import pandas as pd
import pytest
from nbformat import v4

from methods.report import document
from methods.report.results import Figure, Table

sys.path.insert(0, str(Path(__file__).parent))   # of `made_boards`: pytest imports test files by path

WORDS = r"""# Годовой отчёт

Связь $S_j = r^2(x_j, I)$, **жирный**, *курсив*, `a.csv`, [источник](https://example.org/doc), [выше](#главное),
[опасная](javascript:alert(1)).

> Данные вымышлены.
>
> Второе.

## Главное

Строка с «кавычками», \# и \* и @ и $ 5.

Сумма

$$\sum_{j=1}^{k} w_j \left(\frac{x_j}{N}\right)$$

равна единице.

* первый
    1. внутри
* второй

## 1. Места &lt;и&gt; их надёжность
"""


def png(width: int, height: int) -> bytes:
    """A grey picture at 150 dots an inch."""
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    rows = (b"\0" + b"\x80" * width) * height
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
            + chunk(b"pHYs", struct.pack(">IIB", 5906, 5906, 1)) + chunk(b"IDAT", zlib.compress(rows))
            + chunk(b"IEND", b""))


@pytest.fixture(scope="session")
def notebook(tmp_path_factory) -> Path:
    """An executed notebook with words, formulas, tables, a picture, warnings and a hidden cell."""
    places = pd.DataFrame({"Центр": ["=1+1", "Центр «Север»", "+7 912"], "Балл": [12345.67, -0.5, float("nan")],
                           "Год": [2024, 2024, 2023], "Доля": ["48,5\xa0%", "1,0\xa0%", "—"]},
                          index=pd.Index(["01-021", "01-022", "77-001"], name="Код"))
    levels = pd.DataFrame({("Было", "единиц"): [1, 2], ("Стало", "единиц"): [3, 4]},
                          index=pd.Index(["1 звезда", "2 звезды"], name="Уровень"))

    def shown(part: object) -> nbformat.NotebookNode:
        return v4.new_output("display_data", {"text/html": part._repr_html_(), "text/plain": "запасной текст"})

    outputs = [shown(Table(places, "Места (демонстрация)", {"Балл": 1})),
               shown(Table(levels, "Уровни (демонстрация)")),
               shown(Figure(png(1200, 600), "Места центров (демонстрация)", "Места центров: точки и отрезки")),
               v4.new_output("display_data", {"text/html": pd.DataFrame({"а": [1]}).to_html(), "text/plain": "а"}),
               v4.new_output("stream", name="stderr", text="FutureWarning"),
               v4.new_output("display_data", {"text/markdown": "## Как повторить\n\n```\npython run.py report\n```"})]
    made = v4.new_notebook(cells=[
        v4.new_markdown_cell("<!-- Отчёт ничего не вычисляет. --><script>alert(1)</script>"),
        v4.new_markdown_cell(WORDS), v4.new_code_cell("import methods", outputs=outputs, execution_count=1),
        v4.new_code_cell("x", metadata={"tags": ["remove-cell"]},
                         outputs=[v4.new_output("stream", name="stdout", text="спрятано")])])
    path = tmp_path_factory.mktemp("report") / "annual_report.ipynb"
    nbformat.write(made, path)
    return path


@pytest.fixture(scope="session")
def report(notebook) -> document.Document:
    """The parts of that notebook."""
    return document.read(notebook, issued="2024-12-31")
