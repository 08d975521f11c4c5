"""Catalogue of bad inputs, section 13: what must not leave, and what must leave whole and readable.

Every row is one change of a good report, table or name; the good one passes.
"""

import io
import os
import zipfile
from pathlib import Path

import matplotlib.pyplot as plt
import nbformat
import numpy as np
import openpyxl
import pandas as pd
import pytest
from bs4 import BeautifulSoup
from nbformat import v4

from methods.data.disclosure import published_view
from methods.data.disclosure.quotation import fingerprints
from methods.data.editions import parse_edition
from methods.errors import DisclosureError, EnvironmentFault, UsageError
from methods.files import write_atomic
from methods.index.score import MEASUREMENT_COLUMNS, score
from methods.report import exports, figures
from methods.report.render import SCRIPT, to_html
from methods.report.results import Results
from methods.run import release
from methods.run.lock import locked

UGRA = "Ханты-Мансийский автономный округ — Югра"
AWKWARD = "ЦЗН «$5 & <b>100 %</b> _x_ $x_1$»"
COMMENT = "Ждала три часа, никто даже не вышел и не извинился"

EDITION = parse_edition("""\
version: small
title: Малая методика
status: candidate
in_force: {start: 2024-01-01}
legal_basis: [Приказ 01]
decision: 0001-small
unit: {title: центр, one: центр, few: центра, many: центров}
data:
  dataset: small
  periods: ["2024"]
  units: {file: units.csv, unit: код, title: имя}
  tables: {answers: {file: answers.csv, unit: код, clientele: кто}}
clienteles:
  seekers: {title: соискатели, value: С, share: 1/2}
  employers: {title: работодатели, value: Р, share: 1/2}
indicators:
  Д1: {title: а, sides: {subjective: {measure: survey, table: answers, question: Д1, scale: [1, 5]}}}
  П1: {title: б, sides: {subjective: {measure: survey, table: answers, question: П1, scale: [1, 5]}}}
weights: {index: equal}
normalisation: {method: none}
aggregation: {default: {method: arithmetic}}
missing: {default: {rule: complete}}
publication: {multiplier: 100, decimals: 2}
""")


def measured(**employers):
    """Four centres with 40 seekers each and 20 employers, or as many as said."""
    rows = []
    for place, unit in enumerate(("Ц1", "Ц2", "Ц3", "Ц4")):
        for clientele, n in (("seekers", 40), ("employers", employers.get(unit, 20))):
            for code in ("Д1", "П1"):
                value = 0.5 + 0.05 * place + (0.03 if clientele == "seekers" else 0) + (0.01 if code == "Д1" else 0)
                rows.append((unit, code, "subjective", clientele, value, 0.02, float(n)))
    return pd.DataFrame(rows, columns=list(MEASUREMENT_COLUMNS))


def view(frame, **options):
    return published_view(score(frame, EDITION), frame, EDITION, regions=pd.Series(
        {"Ц1": "Север", "Ц2": "Север", "Ц3": "Юг", "Ц4": "Юг"}), **options)


def report(folder, record=None, text="Индекс вырос.", output="среднее 0.87"):
    """A finished folder of one job with its notebook."""
    results = Results("sensitivity", "small", "2024", folder)
    results.text("conclusion", text)
    results.table("places", pd.DataFrame({"Название": ["ЦЗН Первый"], "Индекс": [53.5]}, index=["Ц1"]), "Места")
    if record is not None:
        results.table("published", record.reset_index(), "Опубликованные ячейки")
    results.write()
    cell = v4.new_code_cell("print()", outputs=[v4.new_output("stream", name="stdout", text=output)])
    nbformat.write(v4.new_notebook(cells=[cell]), folder / "03_rank_sensitivity.ipynb")
    return folder


# -- names -------------------------------------------------------------------------------------------------------------

def test_out_01_long_name_of_a_sheet():
    made = exports.to_xlsx({UGRA: pd.DataFrame({"a": [1]})})
    (name,) = openpyxl.load_workbook(io.BytesIO(made.content)).sheetnames
    assert name == "Ханты-Мансийский АО — Югра"
    assert made.notes == ("лист «Ханты-Мансийский АО — Югра»: имя приведено к правилам Excel",)


def test_out_02_signs_that_sheets_and_files_do_not_allow():
    titles = ["а/б", "а:б", "CON", "центр.", "[x]*?"]
    made = exports.to_xlsx({title: pd.DataFrame({"a": [1]}) for title in titles})
    assert len(set(openpyxl.load_workbook(io.BytesIO(made.content)).sheetnames)) == len(titles)
    assert len(made.notes) >= 3
    names = exports.file_names(titles, ".csv")
    assert len({name.casefold() for name in names}) == len(titles)
    assert names[2] == "_CON.csv"
    assert not any(set(name) & set('/\\:*?"<>|[]') - set("[]") or name.endswith(" .csv") for name in names)


def test_out_03_text_longer_than_a_cell():
    made = exports.to_xlsx({"т": pd.DataFrame({"отзыв": ["коротко", "я" * 40_000]})})
    sheet = openpyxl.load_workbook(io.BytesIO(made.content))["т"]
    assert len(sheet["A3"].value) == exports.CELL_LIMIT
    assert made.notes == (f"строка 3, столбец 1: текст длиннее {exports.CELL_LIMIT} знаков, обрезан",)


def test_out_04_more_rows_than_a_sheet():
    good = pd.DataFrame(index=pd.RangeIndex(10), columns=["a"])
    assert exports.to_xlsx({"т": good}).notes == ()
    with pytest.raises(UsageError, match="CSV или Parquet") as caught:
        exports.to_xlsx({"т": pd.DataFrame(index=pd.RangeIndex(exports.ROW_LIMIT), columns=["a"])})
    assert caught.value.exit_code == 2


# -- few answers -------------------------------------------------------------------------------------------------------

def test_out_05_cell_with_few_answers(tmp_path):
    frame = pd.DataFrame({"Индекс": [87.31, 64.77], "Работодатели": [70.11, 93.46]}, index=["Ц1", "Ц2"])
    n = pd.DataFrame({"Работодатели": [30, 4]}, index=["Ц1", "Ц2"])
    results = Results("sensitivity", "small", "2024", tmp_path)
    results.table("good", frame, "Места", n=n.replace(4, 10))
    with pytest.raises(DisclosureError) as caught:
        results.table("places", frame, "Места", n=n)
    assert caught.value.exit_code == 5
    assert "таблица «Места» | строка Ц2 | столбец «Работодатели»" in str(caught.value)
    assert "меньше 10 ответов" in str(caught.value)
    assert "93" not in str(caught.value)
    assert "places" not in results.tables


def test_out_06_hidden_cell_beside_its_total():
    """Employers of Ц1 hidden, the combined index and the seekers' shown: 2 x combined - seekers."""
    view(measured(Ц1=4)).stop()
    with pytest.raises(DisclosureError) as caught:
        view(measured(Ц1=4), secondary=False).stop()
    assert caught.value.exit_code == 5
    assert "Ц1 × index × employers | скройте ещё: Ц1 × index × seekers" in str(caught.value)
    assert "50" not in str(caught.value).replace("меньше 10", "")


@pytest.mark.parametrize("change", ["few more answers", "hidden before", "a hidden centre left"])
def test_out_07_two_reports_that_differ_by_a_few(tmp_path, change):
    homes = pd.Series({"Ц1": "Север", "Ц2": "Север", "Ц3": "Юг", "Ц4": "Юг"})
    first = view(measured()).record(homes)
    second = first.copy()
    if change == "few more answers":
        cell = ("Ц3", "index", "employers")
        second.loc[cell, ["value", "n"]] = [first.loc[cell, "value"] - 1, first.loc[cell, "n"] + 3]
    elif change == "hidden before":
        cell = ("Ц3", "index", "employers")
        first.loc[cell, ["value", "half", "n"]] = np.nan
    else:
        cell = ("Юг", "index", "region")
        first.loc[("Ц4", "index", ""), ["value", "half", "n"]] = np.nan
        second = second[second.index.get_level_values("unit") != "Ц4"]
        second.loc[cell, "value"] += 2
    old = report(tmp_path / "reports/small/2024", first)
    same = report(tmp_path / "новый тот же", first)
    release.compared(same, [old], 10)
    new = report(tmp_path / "новый", second)
    with pytest.raises(DisclosureError) as caught:
        release.compared(new, [old], 10)
    assert caught.value.exit_code == 5
    for words in (str(old), str(new), "sensitivity-published.csv", " × ".join(filter(None, cell)), "--ignore-previous"):
        assert words in str(caught.value)


def test_out_07_a_different_year_and_a_large_correction_pass(tmp_path):
    first = view(measured()).record()
    second = first.assign(n=first["n"] + 25, value=first["value"] + 1)
    release.compared(report(tmp_path / "b", second), [report(tmp_path / "a", first)], 10)


def test_out_08_share_of_three_people(tmp_path):
    results = Results("weights", "small", "2024", tmp_path)
    assert results.number("good", 33.3, "Довольны", "%", 1, n=30).value == 33.3
    with pytest.raises(DisclosureError, match="«Довольны»") as caught:
        results.number("share", 33.3, "Довольны", "%", 1, n=3)
    assert caught.value.exit_code == 5
    assert "33" not in str(caught.value)
    assert "стоит на 3 ответах" in str(caught.value)


def test_out_08_lowest_and_highest_of_a_small_group(tmp_path):
    table = pd.DataFrame({"наименьшая": [1.0, 2.0], "наибольшая": [5.0, 4.0]}, index=["Ц1", "Ц2"])
    n = pd.DataFrame(np.array([[40, 40], [3, 3]]), index=table.index, columns=table.columns)
    with pytest.raises(DisclosureError, match=r"строка Ц2 \| столбец «наименьшая»"):
        Results("weights", "small", "2024", tmp_path).table("range", table, "Размах оценок", n=n)


def test_out_08_words_of_a_client_in_the_text(tmp_path):
    comments = fingerprints([COMMENT, "спасибо, всё хорошо"])
    release.nothing_personal(report(tmp_path / "good"), comments, [])
    folder = report(tmp_path / "bad", text=f"Одна из клиенток пишет: «{COMMENT.lower()}».")
    with pytest.raises(DisclosureError) as caught:
        release.nothing_personal(folder, comments, [])
    assert caught.value.exit_code == 5
    assert "sensitivity.json, текст «conclusion» | слова клиента" in str(caught.value)
    assert "извинился" not in str(caught.value)


@pytest.mark.parametrize(("output", "kind"), [
    ("анкета 17: Иванова Анна Петровна, +7 912 345-67-89", "имя"), ("123-456-789 01, СНИЛС 112-233-445 95", "снилс")])
def test_out_09_rows_of_microdata_in_the_output_of_a_notebook(tmp_path, output, kind):
    folder = report(tmp_path, output=output)
    with pytest.raises(DisclosureError) as caught:
        release.nothing_personal(folder, None, [])
    assert caught.value.exit_code == 5
    assert "03_rank_sensitivity.ipynb, ячейка 1 |" in str(caught.value)
    assert kind in str(caught.value)
    assert "Анна" not in str(caught.value)
    assert "112" not in str(caught.value)


def test_out_09_name_of_a_centre_is_no_personal_data(tmp_path):
    folder = report(tmp_path, text="ЦЗН имени Иванова Ивана Петровича")
    release.nothing_personal(folder, None, ["ЦЗН имени Иванова Ивана Петровича"])
    with pytest.raises(DisclosureError):
        release.nothing_personal(folder, None, [])


# -- signs, network, disk ----------------------------------------------------------------------------------------------

def test_out_10_signs_in_the_name_of_a_centre(tmp_path):
    figures.use_theme()
    summary = pd.DataFrame({"adopted": [1.0, 2.0], "low": [1.0, 1.0], "high": [2.0, 2.0]}, index=["Ц1", "Ц2"])
    figure = figures.rank_intervals(summary, pd.Series({"Ц1": AWKWARD, "Ц2": "ЦЗН 2"}))
    assert AWKWARD.replace(" ", "") in "".join(label.get_text().replace("\n", "").replace(" ", "")
                                              for label in figure.axes[0].get_yticklabels())
    results = Results("weights", "small", "2024", tmp_path)
    results.figure("places", figure, f"Места: {AWKWARD}")
    table = results.table("t", pd.DataFrame({"Название": [AWKWARD]}, index=["Ц1"]), f"Таблица: {AWKWARD}")
    page = BeautifulSoup(table._repr_html_(), "html.parser")
    assert page.find("td").get_text() == AWKWARD
    assert page.find("b") is None
    plt.close("all")


def test_out_11_page_without_the_internet(tmp_path):
    nbformat.write(v4.new_notebook(cells=[v4.new_markdown_cell("# Отчёт\n\nФормула $k = (S + X/N)/2$.")]),
                   tmp_path / "t.ipynb")
    to_html(tmp_path / "t.ipynb", tmp_path / "t.html", title="Отчёт", hide_code=True)
    page = BeautifulSoup((tmp_path / "t.html").read_text("utf-8"), "html.parser")
    assert page.find("math") is not None
    assert [tag for tag in page.find_all(src=True) if not tag["src"].startswith("data:")] == []
    assert [tag for tag in page.find_all("link") if tag.get("href", "").startswith("http")] == []
    assert [(script.string, script.attrs) for script in page.find_all("script")] == [(SCRIPT.read_text("utf-8"), {})]


def test_out_12_full_disk(tmp_path, monkeypatch):
    path = write_atomic(tmp_path / "отчёт.html", b"good")

    def full(_):
        raise OSError(28, "No space left on device")
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(EnvironmentFault, match="нужно 3 байт, свободно") as caught:
        write_atomic(path, b"new")
    assert caught.value.exit_code == 9
    assert str(path) in str(caught.value)
    assert path.read_bytes() == b"good"
    assert [file.name for file in tmp_path.iterdir()] == ["отчёт.html"]


def test_out_12_no_right_to_write(tmp_path):
    (tmp_path / "файл").write_text("", encoding="utf-8")
    with pytest.raises(EnvironmentFault) as caught:  # a folder that cannot be made
        write_atomic(tmp_path / "файл" / "отчёт.html", b"new")
    assert caught.value.exit_code == 9
    assert "проверьте права и место" in str(caught.value)


def test_out_12_folder_used_by_another_run(tmp_path):
    with locked(tmp_path / ".lock"), pytest.raises(EnvironmentFault) as caught, locked(tmp_path / ".lock"):
        pass
    assert caught.value.exit_code == 9
    assert f"процесс {os.getpid()}" in str(caught.value)
    assert "начат 20" in str(caught.value)


def test_workbooks_are_zip_files_that_open(tmp_path):
    """The good table gives a workbook without a note, and Excel's own reader finds nothing to mend."""
    made = exports.to_xlsx({"Места": pd.DataFrame({"Индекс": [53.5]}, index=pd.Index(["Ц1"], name="код"))})
    assert made.notes == ()
    made.write(tmp_path / "t.xlsx")
    assert zipfile.ZipFile(tmp_path / "t.xlsx").testzip() is None
    assert Path(tmp_path / "t.xlsx").stat().st_size > 1000
