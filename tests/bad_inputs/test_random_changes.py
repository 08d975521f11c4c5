"""Any cell replaced by anything: the result stays, or the reader is told where and why: no silence, no traceback.

The good set is what five centres of two regions send, as CSV and as workbooks. A change is a cell (headers too), a
value from the catalogue's lists, and how it is written. Values that are legitimate where they were put are no faults:
they are named by plain rules of their own below, not by the code under test.

2 x 30 changes here, 2 x 500 with `python run.py test -m slow tests/bad_inputs/test_random_changes.py`.
"""

import csv
import io
import re
from collections import Counter

import numpy as np
import openpyxl
import pandas as pd
import pytest

from methods.data import editions
from methods.data.intake import check_folder
from methods.data.received import Received
from methods.index.edition import Checklist, Survey
from methods.problems import Protocol

PERIOD = "2024"
CENTRES = ["01-001", "01-002", "01-003", "02-001", "02-002"]
ANSWERS = 12  # of each centre and clientele
VALUES = [
    "", " ", "\u00a0", "NA", "None", "null", "nan", "-", "—", "н/д", "нет данных", "хз", "?", "0", "6", "7", "10",
    "98", "99", "-1", "4,5", "4.5", "4,0", "05", "5 ", "\u00a05", "５", "Пять", "пять", "5 (отлично)", "отлично", "1e5",
    "1E400", "inf", "1 234,5", "1,234", "50%", "0,5", "0.7", "3/5", "#ДЕЛ/0!", "#Н/Д", "#N/A", "#REF!", "=1+1",
    "=cmd|' /C calc'!A0", "+7 912 345-67-89", "@SUM(1)", "<script>alert(1)</script>", "$x_1$", "31.02.2024",
    "2024-02-30", "01.02.2024", "2024-02-01", "45292", "2023-12-31", "2025-01-01", "2099-01-01", "ИСТИНА", "ЛОЖЬ", "+",
    "✓", "да", "нет", "Да ", "yes", "неприменимо", "н/п", "частично", "Итого", "Всего", "Среднее", "ПРИМЕР", "\x00",
    "\x0b", "пол\x07ный", 'a"b', "a;b", "a,b", "строка\nвторая", "я" * 6000, "й" * 600, "и\u0306", "01-001", "01-002",
    " 01-001 ", "01‑001", "1-1", "1001", "01-999", "02-001", "99-001", "С", "C", "Р", "P", "р", "X", "соискатели",
    "работодатели", "С1", "Д1", "Д1.1", "D1", "центр", "Центр ", "общая", "фио", "👍", "\u200b", "\ufeff",
    "00000000000000000001", "9" * 20, "1234567890123456", "True", "1.0", "01", "02", "1", "2", "03", "3", "4", "5",
    "100", "год", "Анна Петровна Иванова",
]


@pytest.fixture(scope="module")
def edition(root):
    return editions.load_edition(root, "star-2022")


@pytest.fixture(scope="module")
def good(root):
    """Rows of every file, header first."""
    raw = root / "data/raw/star_demonstration"
    files = {}
    for name in ("registry.csv", "2024/answers.csv", "2024/checklist.csv"):
        frame = pd.read_csv(raw / name, sep=";", dtype=str, keep_default_na=False)
        frame = frame[frame["центр"].isin(CENTRES)]
        if "клиентела" in frame:
            frame = frame.groupby(["центр", "клиентела"]).head(ANSWERS)
        files[name.rsplit("/", 1)[-1].removesuffix(".csv")] = [list(frame.columns), *frame.values.tolist()]
    return files


def write(files, folder, form, raw_cell=None):
    """All files of a set; `raw_cell` (file, row, column) is written without quotes."""
    folder.mkdir(exist_ok=True)
    for name, rows in files.items():
        if form == "xlsx":
            book = openpyxl.Workbook(write_only=True)
            sheet = book.create_sheet("Лист1")
            for row in rows:
                sheet.append([_cell(sheet, value) for value in row])
            book.save(folder / f"{name}.xlsx")
            continue
        stream = io.StringIO(newline="")
        writer = csv.writer(stream, delimiter=";", lineterminator="\n")
        for number, row in enumerate(rows):
            if raw_cell and raw_cell[:2] == (name, number):
                stream.write(";".join(row) + "\n")
            else:
                writer.writerow(row)
        (folder / f"{name}.csv").write_text(stream.getvalue(), encoding="utf-8")


def _cell(sheet, value):
    """Text of a workbook as text, whole numbers as numbers: what a region's workbook holds."""
    text = re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f]", lambda sign: f"_x{ord(sign[0]):04X}_", value)
    cell = openpyxl.cell.WriteOnlyCell(sheet, value=None)
    if re.fullmatch(r"[1-9]\d{0,5}|0", text):
        cell.value = int(text)
    else:
        cell._value, cell.data_type = (text, "s") if text else (None, "n")
    return cell


def outcome(folder, edition, root):
    """Messages and, if there is no error, everything that would be computed from the files."""
    protocol = Protocol()
    intake = check_folder(folder, edition, root, protocol, period=PERIOD)
    if protocol.of("error") or intake is None:
        return protocol, None
    received = Received(edition, PERIOD, intake, None)
    parts = []
    for code, indicator in edition.indicators.items():
        for side, how in indicator.sides.items():
            made = received.survey(how) if isinstance(how, Survey) else received.checklist(code, how) if isinstance(
                how, Checklist) else None
            parts.append(made.assign(code=code, side=side)[["unit", "clientele", "code", "side", "value", "se", "n"]])
    numbers = pd.concat(parts).sort_values(["unit", "clientele", "code", "side"], ignore_index=True)
    return protocol, (received.units, numbers)


def same(one, other):
    return all(left.equals(right) or (left.shape == right.shape and left.index.equals(right.index) and all(
        np.allclose(left[column], right[column], rtol=0, atol=1e-12, equal_nan=True)
        if left[column].dtype.kind == "f" else left[column].equals(right[column]) for column in left))
        for left, right in zip(one, other, strict=True))


def told(protocol):
    return Counter((problem.code, problem.severity, problem.text()) for problem in protocol.problems)


def legitimate(name, column, value, old):
    """Whether a careful person would take the value for a right one in its place (another answer, another name)."""
    plain = value.strip("\u00a0 ")
    if name == "answers":
        if column in ("анкета",):
            return plain != "" and plain.isprintable() and len(plain) < 100
        if column == "центр":
            return plain in CENTRES
        if column == "клиентела":
            return plain in ("С", "Р", "р", "соискатели", "работодатели")
        if column == "дата":
            return plain in ("01.02.2024", "2024-02-01")
        return bool(re.fullmatch(r"0*[1-5](?:[.,]0+)?", plain)) or plain in ("", "-", "—", "н/д", "нет данных")
    if name == "checklist":
        return plain in CENTRES if column == "центр" else plain in ("1", "0", "да", "нет", "", "неприменимо")
    if column == "название":
        return True
    if column in ("регион", "название_региона"):
        return plain != ""
    if column.startswith("действует"):
        return plain in ("", "01.02.2024", "2024-02-01", "2023-12-31", "2025-01-01", "2099-01-01")
    return plain in CENTRES


def run(good, edition, root, tmp_path, form, count, seed):
    """Outcomes of random changes by kind, and those that break the rule."""
    draw = np.random.default_rng(seed)
    folder = tmp_path / "набор"
    write(good, folder, form)
    first, base = outcome(folder, edition, root)
    assert base is not None, first.text()
    assert first.of("error") == []
    usual, kinds, wrong = told(first), Counter(), []
    names = list(good)
    for number in range(count):
        name = names[draw.integers(len(names))]
        row = int(draw.integers(len(good[name]))) if draw.random() > 0.03 else 0
        place = int(draw.integers(len(good[name][0])))
        value = VALUES[draw.integers(len(VALUES))]
        old = good[name][row][place]
        changed = {**good, name: [list(line) for line in good[name]]}
        changed[name][row][place] = value
        as_it_is = form == "csv" and draw.random() < 0.15
        write(changed, folder, form, (name, row) if as_it_is else None)
        what = f"{number}: {name}, строка {row + 1}, столбец {good[name][0][place]!r}: {old!r} -> {value[:40]!r}"
        try:
            protocol, made = outcome(folder, edition, root)
        except Exception as error:
            wrong.append(f"{what} | {type(error).__name__}: {error}")
            kinds["исключение"] += 1
            continue
        if made is None:
            kinds["ошибка с адресом"] += 1
            lost = [problem.text() for problem in protocol.of("error") if folder.name not in problem.place.file]
            if lost:
                wrong.append(f"{what} | ошибка не называет файл: {lost[0]}")
        elif same(made, base):
            kinds["тот же результат"] += 1
        elif told(protocol) - usual:
            kinds["предупреждение или заметка"] += 1
        elif row > 0 and legitimate(name, good[name][0][place], value, old):
            kinds["другое верное значение"] += 1
        else:
            kinds["молча"] += 1
            wrong.append(f"{what} | результат изменился молча")
    write(good, folder, form)
    return kinds, wrong


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_thirty_random_changes(good, edition, root, tmp_path, form):
    kinds, wrong = run(good, edition, root, tmp_path, form, 30, seed=2024)
    assert wrong == []
    assert kinds["ошибка с адресом"] > 10


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_thousand_random_changes(good, edition, root, tmp_path, form, capsys):
    kinds, wrong = run(good, edition, root, tmp_path, form, 500, seed=7)
    with capsys.disabled():
        print(f"\n{form}: {dict(kinds)}", *wrong, sep="\n")
    assert wrong == []
