import base64
import re
from itertools import pairwise

import nbformat
import pandas as pd
import pytest
from bs4 import BeautifulSoup
from nbformat import v4

from methods.report.render import SCRIPT, fingerprint, to_html
from methods.report.results import Table

PIXEL = base64.b64encode(bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360606060000000050001a5f6"
    "45400000000049454e44ae426082")).decode()
TEXT = r"""# Калибровка весов

Индекс $I = \sum_j w_j x_j$, доля $x<1$. Цена 5 $ и 6 $, код `$x$`, от 6$ до 7$, знак \$100.

$$k = \frac{1}{2}\left(S + \frac{X}{N}\right)$$

\begin{align} a &= b \\ c &= d \end{align}

```python
price = "$$5$$"
```

## Данные <i>2024</i>

## Данные <i>2024</i>

### Подробно

| Показатель | Вес |
|---|---|
| $x_1$ | 0,25 |

![картинка](https://example.org/a.png) <img src="http://example.org/b.png">
<script>alert(1)</script> <a href="https://example.org/doc" onclick="x()">источник</a>
"""


def _html(data):
    return v4.new_output("display_data", {"text/html": data, "text/plain": "запасной текст"})


@pytest.fixture
def page(tmp_path):
    """Renders a notebook that has everything; gives the soup and the text."""
    wide = pd.DataFrame([[12345.6] * 12], index=pd.Index(["Центр занятости населения города Энска"], name="Центр"),
                        columns=[f"Показатель {i}" for i in range(12)])
    outputs = [
        _html(Table(wide, "Таблица 1. Баллы", 1)._repr_html_()), _html(wide._repr_html_()),
        _html(wide.style.background_gradient(axis=None).set_uuid("u").to_html()),
        _html('<div onload="x()"><script src="https://cdn.example.org/x.js"></script><iframe src="//e.org"></iframe>'
              '<link href="https://e.org/a.css"><style>@import "https://e.org/b.css"</style>'
              '<p style="background:url(https://e.org/c.png)">остаётся</p></div>'),
        v4.new_output("display_data", {"image/png": PIXEL}),
        v4.new_output("display_data", {"image/png": PIXEL}, metadata={"image/png": {"alt": "график < 5"}}),
        v4.new_output("display_data", {"text/markdown": "## Вывод\n\nДоля $p$ мала"}),
        v4.new_output("display_data", {"text/latex": r"$\displaystyle x^2$", "text/plain": "x**2"}),
        v4.new_output("display_data", {"application/javascript": "alert(1)", "text/plain": "<текст>"}),
        v4.new_output("stream", name="stderr", text="Предупреждение: <мало данных>"),
        v4.new_output("stream", name="stdout", text="строка & \x1b[31mцвет\x1b[0m"),
    ]
    notebook = v4.new_notebook(cells=[
        v4.new_markdown_cell(TEXT), v4.new_code_cell("draws = 1", metadata={"tags": ["injected-parameters"]}),
        v4.new_code_cell('print("<b>$a$</b>")', outputs=outputs, execution_count=1),
        v4.new_code_cell("hidden", metadata={"tags": ["remove-cell"]})])
    nbformat.write(notebook, tmp_path / "a.ipynb")

    def render(**options):
        text = to_html(tmp_path / "a.ipynb", tmp_path / "a.html", **options).read_text("utf-8")
        return BeautifulSoup(text, "html.parser"), text
    return render


@pytest.mark.parametrize("hide_code", [True, False])
def test_page_runs_only_our_script_and_fetches_nothing(page, hide_code):
    soup, _ = page(hide_code=hide_code)
    assert not soup.find_all(["iframe", "link", "object", "embed"])
    (script,) = soup.find_all("script")
    assert script.string == SCRIPT.read_text("utf-8")
    assert not script.attrs
    rules = soup.find("meta", attrs={"http-equiv": True})["content"].split("; ")
    policy = dict(rule.split(maxsplit=1) for rule in rules)
    assert policy == {"default-src": "'none'", "base-uri": "'none'", "form-action": "'none'", "img-src": "data:",
                      "style-src": "'unsafe-inline'", "script-src": f"'{fingerprint(script.string)}'"}
    soup.script.decompose()
    for tag in soup.find_all(True):
        for name, value in tag.attrs.items():
            assert not name.startswith("on")
            assert name not in ("src", "srcset", "data", "action") or str(value).startswith("data:")
    text = str(soup)
    assert "@import" not in text
    assert "url(" not in text
    assert soup.find("a", href="https://example.org/doc").get_text() == "источник"   # a link to follow may stay
    assert "[рисунок недоступен: картинка]" in text
    assert "остаётся" in text
    assert "alert" not in text


def test_formulas_are_mathml_and_dollars_in_text_stay(page):
    soup, _ = page()
    assert len(soup.find_all("math")) == 7
    assert len(soup.find_all("math", display="block")) == 2
    for tag in soup.find_all(["math", "style", "code", "pre"]):
        tag.decompose()
    rest = soup.get_text()
    assert "Цена 5 $ и 6 $, код , от 6$ до 7$, знак $100" in rest
    assert not re.search(r"\\[a-z]+|\$\w*[_^=<]", rest)


def test_document_is_russian_titled_and_has_contents(page):
    soup, _ = page()
    assert soup.html["lang"] == "ru"
    assert soup.title.get_text() == "Калибровка весов"
    assert page(title="Отчёт <2024>")[0].title.get_text() == "Отчёт <2024>"
    links = soup.select("nav a")
    assert [link.get_text() for link in links] == ["Данные 2024", "Данные 2024", "Подробно", "Вывод"]
    ids = [link["href"][1:] for link in links]
    assert len(set(ids)) == 4
    assert all(soup.find(id=anchor).name in ("h2", "h3") for anchor in ids)
    assert "¶" not in soup.get_text()
    assert soup.h1.find_next_sibling("nav")


def test_reader_may_skip_to_the_text_whatever_the_headings_are(tmp_path):
    nbformat.write(v4.new_notebook(cells=[v4.new_markdown_cell("# Отчёт\n\n## Page text\n\n## Page text")]),
                   tmp_path / "a.ipynb")
    soup = BeautifulSoup(to_html(tmp_path / "a.ipynb", tmp_path / "a.html").read_text("utf-8"), "html.parser")
    skip = soup.body.find(True)
    assert skip.name == "a"
    assert skip["href"] == f"#{soup.main['id']}"
    assert skip.get_text() == "Перейти к тексту"
    ids = [tag["id"] for tag in soup.find_all(id=True)]
    assert ids == ["page-text", "отчёт", "page-text-2", "page-text-3"]


def test_headings_of_the_notebooks_go_down_one_level_at_a_time(root):
    """A title, then sections; none skips a level: a screen reader walks by them."""
    for path in sorted((root / "notebooks").glob("*.ipynb")):
        words = [cell.source for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "markdown"]
        levels = [len(mark) for mark in re.findall(r"^(#{1,6}) ", "\n".join(words), flags=re.MULTILINE)]
        if path.stem == "annual_report":
            levels.insert(0, 1)   # its title names the edition: chapters.heading
        assert levels[0] == 1, path.name
        assert levels.count(1) == 1, path.name
        assert all(below <= above + 1 for above, below in pairwise(levels)), path.name


def test_code_is_absent_from_a_report_and_folded_in_a_job(page):
    report, job = page()[0], page(hide_code=False)[0]
    assert not report.select("details.code")
    assert "Предупреждение" not in report.get_text()
    assert [summary.get_text() for summary in job.select("details.code summary")] == [
        "Параметры запуска", "Код", "Сообщения программы"]
    assert job.select("details.code code")[1].get_text() == 'print("<b>$a$</b>")'
    assert "Предупреждение: <мало данных>" in job.get_text()
    assert "hidden" not in job.get_text()


def test_pictures_speak(page):
    alts = [image["alt"] for image in page()[0].find_all("img")]
    assert alts == ["Рисунок: Подробно", "график < 5"]


def test_tables_scroll_in_their_own_box_with_numbers_to_the_right(page):
    soup, _ = page()
    assert all("table" in table.parent["class"] for table in soup.find_all("table"))
    ours = soup.find("caption", string="Таблица 1. Баллы").find_parent("table")
    assert ours.parent["aria-label"] == "Таблица 1. Баллы"
    assert "wide" in ours.parent["class"]
    assert len(ours.select("thead tr")) == 1
    assert ours.thead.th.get_text() == "Центр"
    assert len(ours.select("tbody td.num")) == 12
    assert ours.tbody.td.get_text() == "12\u202f345,6"
    assert "long" in ours.tbody.th["class"]
    assert all(not table.has_attr("border") for table in soup.find_all("table"))
    colours = "".join(style.get_text() for style in soup.find_all("style")[1:])
    assert "background-color" in colours   # the Styler's


def test_bad_formula_costs_a_warning_not_the_report(tmp_path, monkeypatch):
    def fail(*_, **__):
        raise RuntimeError("плохо")
    monkeypatch.setattr("methods.report.render.mathml", fail)
    nbformat.write(v4.new_notebook(cells=[v4.new_markdown_cell("$a<b$")]), tmp_path / "a.ipynb")
    with pytest.warns(UserWarning, match="Формула не разобрана"):
        text = to_html(tmp_path / "a.ipynb", tmp_path / "a.html").read_text("utf-8")
    assert '<code class="bad-formula">a&lt;b</code>' in text


def test_our_script_may_stand_inside_a_page():
    script = SCRIPT.read_text("utf-8")
    assert "</script" not in script.lower()
    assert "<!--" not in script
    assert "innerHTML" not in script   # texts only: nothing of a name becomes markup
    assert not re.search(r"fetch\(|XMLHttpRequest|WebSocket|import\(|https?:|\beval\b|new Function", script)


def test_equal_notebooks_give_equal_bytes(page):
    assert page()[1] == page()[1]
