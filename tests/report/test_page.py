"""The page of a report in a real browser: tables are sorted and searched, nothing overflows, nothing else runs."""

import nbformat
import pandas as pd
import pytest
from nbformat import v4

from methods.report.render import to_html
from methods.report.results import Table
from tests.chromium import Chromium

SIZES = ((360, 740), (768, 1024), (1280, 900))


@pytest.fixture(scope="module")
def browser():
    with Chromium() as started:
        yield started


def made(folder, *parts, words="# Отчёт\n\n## Таблицы"):
    shown = [v4.new_output("display_data", {"text/html": part if isinstance(part, str) else part._repr_html_(),
                                            "text/plain": "запасной текст"}) for part in parts]
    nbformat.write(v4.new_notebook(cells=[v4.new_markdown_cell(words),
                                          v4.new_code_cell("parts", outputs=shown, execution_count=1)]),
                   folder / "page.ipynb")
    return to_html(folder / "page.ipynb", folder / "page.html")


@pytest.fixture
def table(browser, tmp_path):
    """A page with a table of everything that a column may hold."""
    frame = pd.DataFrame({
        "Название": ["Ёлкино", "Ельня", "Жуковка", "ежевичный", "Центр 10", "Центр 9"],
        "Балл": [12345.5, -2.25, float("nan"), 7.0, 700.0, 0.0],
        "Доля": ["48,5\u00a0%", "9,1\u00a0%", "—", "100,0\u00a0%", "−3,0\u00a0%", "0,2\u00a0%"],
        "Место": ["12–15", "2–40", "7–9", "—", "1–1", "100–110"]}, index=pd.Index(list("абвгде"), name="Код"))
    browser.open(made(tmp_path, Table(frame, "Места", {"Балл": 2})).as_uri())
    return browser


def column(browser, position):
    return browser.evaluate(f"[...document.querySelectorAll('tbody tr')].map(row => row.cells[{position}].textContent)")


def click(browser, position):
    browser.evaluate(f"document.querySelectorAll('button.sort')[{position}].click()")


@pytest.mark.parametrize(("position", "upwards", "nothing"), [
    (0, "абвгде", ""),
    (1, "гбавед", ""),    # ежевичный, Ельня, Ёлкино, Жуковка, Центр 9, Центр 10
    (2, "бегда", "в"),    # −2,25; 0,00; 7,00; 700,00; 12 345,50; —
    (3, "дебаг", "в"),    # −3,0 %; 0,2 %; 9,1 %; 48,5 %; 100,0 %; —
    (4, "дбвае", "г")])   # 1–1; 2–40; 7–9; 12–15; 100–110; —
def test_columns_are_sorted_by_what_they_mean(table, position, upwards, nothing):
    """Numbers as numbers with comma, minus, thin space; intervals by their first number; nothing comes last."""
    click(table, position)
    assert "".join(column(table, 0)) == upwards + nothing
    click(table, position)
    assert "".join(column(table, 0)) == upwards[::-1] + nothing
    click(table, position)
    assert "".join(column(table, 0)) == "абвгде"


def test_a_column_is_sorted_from_the_keyboard_and_says_so(table):
    table.evaluate("document.querySelectorAll('button.sort')[2].focus()")
    said = "[...document.querySelectorAll('thead th')].map(cell => cell.getAttribute('aria-sort'))"
    assert table.evaluate(said) == [None] * 5
    table.press("Enter")
    assert table.evaluate(said) == [None, None, "ascending", None, None]
    table.press("Space")
    assert table.evaluate(said) == [None, None, "descending", None, None]
    click(table, 0)
    assert table.evaluate(said) == ["ascending", None, None, None, None]
    assert table.evaluate("document.activeElement.tagName") == "BUTTON"


def test_merged_cells_are_left_alone(browser, tmp_path):
    levels = pd.DataFrame({"x": range(14)}, index=pd.MultiIndex.from_product([["а", "б"], range(7)], names=["г", "н"]))
    heads = pd.DataFrame([range(4)] * 5, columns=pd.MultiIndex.from_product([["Было", "Стало"], ["n", "%"]]),
                         index=pd.Index(list("абвгд"), name="Код"))
    browser.open(made(tmp_path, Table(levels, "Строки"), Table(heads, "Столбцы")).as_uri())
    assert browser.evaluate("document.querySelectorAll('table')[0].querySelectorAll('button').length") == 0
    assert browser.evaluate("document.querySelectorAll('.find').length") == 0
    assert browser.evaluate("document.querySelectorAll('table')[0].querySelector('[rowspan]').rowSpan") == 7
    upper = "document.querySelectorAll('table')[1].tHead.rows[0]"
    assert browser.evaluate(f"{upper}.querySelectorAll('button').length") == 0


def test_a_sheet_of_properties_keeps_its_order(browser, tmp_path):
    passport = pd.DataFrame({"Значение": [f"слова {i}" for i in "абвгдежзиклмнопр"]},
                            index=pd.Index([f"Свойство {i}" for i in range(16)], name="Свойство"))
    browser.open(made(tmp_path, Table(passport, "Паспорт")).as_uri())
    assert browser.evaluate("document.querySelectorAll('button.sort, .find').length") == 0


def test_a_long_table_is_searched(browser, tmp_path):
    frame = pd.DataFrame({"Название": [f"Центр {i}" for i in range(12)] + ["Орёл северный"], "Место": range(1, 14)})
    browser.open(made(tmp_path, Table(frame, "Длинная"), Table(frame.head(12), "Короткая")).as_uri())
    assert browser.evaluate("document.querySelectorAll('.find').length") == 1
    shown = "[...document.querySelectorAll('table')[0].tBodies[0].rows].filter(row => !row.hidden).length"
    for words, found, said in (("ОРЕЛ", 1, "Найдено 1 из 13"), ("центр 11", 1, "Найдено 1 из 13"), ("", 13, ""),
                               ("нет такого", 0, "Найдено 0 из 13")):
        browser.evaluate(f"""(() => {{ const field = document.querySelector('.find input'); field.value = {words!r};
            field.dispatchEvent(new Event('input')); }})()""")
        assert browser.evaluate(shown) == found
        assert browser.evaluate("document.querySelector('.find output').textContent") == said
    assert browser.evaluate("document.querySelector('.find label').textContent.trim()") == "Найти в таблице"


def test_paper_shows_the_whole_table_without_controls(browser, tmp_path):
    frame = pd.DataFrame({"Название": [f"Центр {i}" for i in range(13)], "Место": range(13)})
    browser.open(made(tmp_path, Table(frame, "Длинная")).as_uri())
    browser.evaluate("""(() => { const field = document.querySelector('.find input'); field.value = 'нет такого';
        field.dispatchEvent(new Event('input')); })()""")
    browser.prefer(media="print")
    try:
        style = "getComputedStyle(document.querySelector('{}'){}).{}"
        assert browser.evaluate(style.format(".find", "", "display")) == "none"
        assert browser.evaluate(style.format(".skip", "", "display")) == "none"
        assert browser.evaluate(style.format("tbody tr", "", "display")) == "table-row"
        assert browser.evaluate(style.format("button.sort", ", '::after'", "content")) == "none"
    finally:
        browser.prefer()


def test_no_other_script_runs_even_if_one_gets_into_the_file(browser, tmp_path):
    page = made(tmp_path, "<p id='p'>слова</p><script>window.bad = 1</script><img src=x onerror='window.bad = 2'>")
    browser.open(page.as_uri())
    assert browser.evaluate("window.bad") is None
    assert browser.console == []
    text = page.read_text("utf-8")
    page.write_text(text.replace("</main>", "<script>window.bad = 3</script><img src='data:,' onerror='window.bad = 4'>"
                                 "<script src='https://example.org/x.js'></script></main>"), "utf-8")
    browser.open(page.as_uri())
    assert browser.evaluate("window.bad") is None
    assert any("Content Security Policy" in line for line in browser.console)
    assert browser.requests == [page.as_uri(), *browser.blocked]


def test_no_width_makes_the_page_scroll_sideways(browser, tmp_path):
    names = [f"Центр занятости населения города Энска № {i}" for i in range(15)]
    wide = pd.DataFrame([[12345.6] * 14] * 15, columns=[f"Показатель {i}" for i in range(14)],
                        index=pd.Index(names, name="Центр"))
    words = ("# Отчёт\n\n## Главное\n\n" + "Достопримечательность" * 5 + "\n\n$$\\sum_{j=1}^{k} w_j x_j + "
             + " + ".join(f"a_{{{i}}}" for i in range(40)) + "$$\n\n```\n" + "x" * 300 + "\n```\n\n## Ещё")
    heads = wide.iloc[:5].set_axis(pd.MultiIndex.from_product([["Было", "Стало"], range(7)]), axis=1)
    page = made(tmp_path, Table(wide, "Широкая таблица с длинным названием, которое не помещается в строку", 1),
                Table(heads, "Два ряда заголовков", 1), words=words)
    for width, height in SIZES:
        for scheme in ("light", "dark"):
            browser.resize(width, height)
            browser.prefer(scheme)
            browser.open(page.as_uri())
            assert browser.evaluate("document.documentElement.scrollWidth") == width
            assert browser.console == []
            assert browser.requests == [page.as_uri()]
    browser.resize(*SIZES[-1])
    browser.prefer()


def test_a_wide_picture_scrolls_in_its_own_box_on_a_phone(browser, tmp_path):
    picture = ('<figure><img src="data:image/svg+xml,%3Csvg xmlns=\'http://www.w3.org/2000/svg\' width=\'1200\' '
               'height=\'600\'/%3E" alt="места"><figcaption>Места</figcaption></figure>')
    page = made(tmp_path, picture)
    width = "document.querySelector('img').getBoundingClientRect().width"
    browser.resize(360, 740)
    browser.open(page.as_uri())
    assert browser.evaluate(width) == 512   # 32 rem: its words can be read
    assert browser.evaluate("document.documentElement.scrollWidth") == 360
    browser.resize(*SIZES[-1])
    assert browser.evaluate(width) == browser.evaluate("document.querySelector('figure').clientWidth")


def test_colours_follow_the_reader(browser, tmp_path):
    page = made(tmp_path, '<img src="data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAA=" alt="точка">')
    browser.open(page.as_uri())
    paper = "getComputedStyle(document.body).backgroundColor"
    card = "getComputedStyle(document.querySelector('img')).backgroundColor"
    assert browser.evaluate(paper) == "rgb(255, 255, 255)"
    browser.prefer("dark")
    assert browser.evaluate(paper) == "rgb(21, 24, 28)"
    assert browser.evaluate(card) == "rgb(255, 255, 255)"   # pictures are drawn for white paper
    browser.prefer("dark", media="print")
    assert browser.evaluate(paper) == "rgb(255, 255, 255)"
    browser.prefer()


def test_the_first_key_leads_past_the_contents(browser, tmp_path):
    browser.open(made(tmp_path, "<p>слова</p>", words="# Отчёт\n\n## Один\n\n## Два\n\n## Три").as_uri())
    browser.press("Tab")
    assert browser.evaluate("document.activeElement.textContent") == "Перейти к тексту"
    assert browser.evaluate("document.activeElement.getBoundingClientRect().left >= 0")
    browser.press("Enter")
    assert browser.evaluate("document.activeElement.id") == "page-text"
