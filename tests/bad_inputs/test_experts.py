"""Every row EXP of the catalogue: one change of good files of judgements, one message at the right address.

The good set is what a panel sends about the demonstration Star: comparisons of the groups in squares, comparisons
inside groups as lists, points, swings, ratings, places, categories, best and worst. It gives no message at all.
"""

import datetime
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook

from methods.data.editions import load_edition, parse_edition
from methods.data.intake.experts import check_experts, read_experts
from methods.data.intake.files import recognise
from methods.data.intake.folder import check_folder
from methods.data.templates import write_templates
from methods.errors import NotPublishable
from methods.problem_texts import TEXTS
from methods.problems import Protocol, Rejected
from methods.weights import ahp, direct

ROOT = Path(__file__).parents[2]
STAR = load_edition(ROOT, "star-2022")
GROUPS = STAR.children("index")
W, N = "warning", "note"

# -- the good set ------------------------------------------------------------------------------------------------------

UPPER = {  # row × column: how many times the row is more important; below the diagonal the reciprocals
    "Э1": {"Д": (2, 3, 4, 5), "П": (2, 2, 3), "М": (1, 2), "А": (2,)},
    "Э2": {"Д": (3, 3, 5, 7), "П": (1, 2, 3), "М": (2, 3), "А": (2,)},
    "Э3": {"Д": (1, 2, 3, 3), "П": (2, 3, 3), "М": (1, 2), "А": (1,)},
}


def reciprocal_text(value):
    return f"1/{value}" if value != 1 else "1"


def square(experts=UPPER, codes=GROUPS):
    """Rows of a file of squares, cells as text. The first expert stands in rows 2 to 6, columns C to G."""
    rows = []
    for expert, upper in experts.items():
        cells = {(code, code): "1" for code in codes}
        for place, one in enumerate(codes):
            for other, value in zip(codes[place + 1:], upper.get(one, ()), strict=True):
                cells[one, other], cells[other, one] = str(value), reciprocal_text(value)
        rows += [{"эксперт": expert, "код": one, **{other: cells[one, other] for other in codes}} for one in codes]
    return rows


def listed(expert, *triples):
    return [{"эксперт": expert, "важнее": more, "чем": less, "во сколько раз": times} for more, less, times in triples]


def values(column, answers):
    return [{"эксперт": expert, "код": code, column: value}
            for expert, given in answers.items() for code, value in given.items()]


def best_worst(expert, best, worst, to_others, to_worst):
    return [{"эксперт": expert, "лучший": best, "худший": worst, "сравнение": series,
             **dict(zip(GROUPS, map(str, row), strict=True))}
            for series, row in (("лучший к остальным", to_others), ("остальные к худшему", to_worst))]


def good():
    """File -> rows; row 2 is the first."""
    return {
        "пары.xlsx": square(),
        "список.xlsx": [*listed("Э1", ("Д1", "Д2", "3"), ("Д1", "Д3", "5"), ("Д2", "Д3", "2"), ("А1", "А2", "9")),
                        *listed("Э2", ("Д2", "Д1", "1/3"), ("Д1", "Д3", "4"), ("Д2", "Д3", "1"), ("А2", "А1", "7"))],
        "баллы.xlsx": values("баллы", {
            "Э1": {"Д": 30, "П": 25, "М": 20, "А": 15, "К": 10, "К1": 40, "К2": 30, "К3": 20, "К4": 10},
            "Э2": {"Д": 20, "П": 20, "М": 20, "А": 20, "К": 20, "К1": 25.5, "К2": 24.5, "К3": 50, "К4": 0}}),
        "размах.xlsx": values("размах", {"Э1": {"П1": 100, "П2": 50, "П3": 0}, "Э2": {"П1": 70, "П2": 100, "П3": 100}}),
        "оценки.xlsx": values("оценка", {"Э1": {"К1": 10, "К2": 20, "К3": 40, "К4": 300},
                                         "Э2": {"К1": 90, "К2": 10, "К3": 15, "К4": 10}}),
        "места.xlsx": values("место", {"Э1": {"Д": 1, "П": 2, "М": 3, "А": 4, "К": 5},
                                       "Э2": {"Д": 2, "П": 1, "М": 3, "А": 4.5, "К": 4.5}}),
        "категории.xlsx": values("категория", {"Э1": {"К1": "нужен", "К2": "нужен", "К3": "лишний", "К4": "нужен"},
                                               "Э2": {"К1": "нужен", "К2": "лишний", "К3": "лишний", "К4": "нужен"}}),
        "лучший.xlsx": [*best_worst("Э1", "Д", "К", (1, 2, 3, 4, 8), (8, 4, 3, 2, 1)),
                        *best_worst("Э2", "П", "А", (2, 1, 3, 6, 4), (3, 6, 2, 1, 2))],
    }


SHEET = {"пары.xlsx": "Парные сравнения"}


def written(files, folder):
    """The files as a person saves them in Excel: texts in cells of the format «Text», numbers and dates as such."""
    paths = []
    for name, rows in files.items():
        book = Workbook()
        sheet = book.active
        sheet.title = SHEET.get(name, "Ответы")
        headers = list(rows[0])
        sheet.append(headers)
        for number, row in enumerate(rows, 2):
            for column, header in enumerate(headers, 1):
                sheet.cell(number, column, row.get(header))
        folder.mkdir(exist_ok=True)
        book.save(folder / name)
        paths.append(folder / name)
    return paths


def found(files, folder, edition=STAR, **options):
    protocol = Protocol()
    return protocol, check_experts(written(files, folder), edition, folder, protocol, **options)


def changed(change):
    """The files that a change leaves different from the good set; beside a new file the squares, which it repeats."""
    before, after = good(), change(good())
    different = {name for name, rows in after.items() if as_pairs(rows) != as_pairs(before.get(name, []))}
    if different - set(before):
        different.add("пары.xlsx")
    return {name: after[name] for name in after if name in different}


def as_pairs(rows):
    """Rows with the order of their columns."""
    return [list(row.items()) for row in rows]


# -- changes -----------------------------------------------------------------------------------------------------------

def cells(file, *changes):
    """Write values: (row as Excel numbers it, column, value)."""
    def change(files):
        for row, column, value in changes:
            assert column in files[file][row - 2]
            files[file][row - 2][column] = value
        return files
    return change


def without(file, *rows):
    def change(files):
        files[file] = [row for number, row in enumerate(files[file], 2) if number not in rows]
        return files
    return change


def appended(file, *rows):
    def change(files):
        files[file] = files[file] + [dict(row) for row in rows]
        return files
    return change


def renamed(file, old, new):
    def change(files):
        files[file] = [{new if header == old else header: cell for header, cell in row.items()} for row in files[file]]
        return files
    return change


def dropped(file, column):
    def change(files):
        files[file] = [{header: cell for header, cell in row.items() if header != column} for row in files[file]]
        return files
    return change


def only(file, rows):
    """The file with other rows altogether."""
    def change(files):
        files[file] = rows
        return files
    return change


def reordered(file):
    def change(files):
        columns = ["эксперт", "код", *reversed(GROUPS)]
        files[file] = [{column: row[column] for column in columns} for row in files[file]]
        return files
    return change


def both(*changes):
    def change(files):
        for one in changes:
            files = one(files)
        return files
    return change


def equal_places(files):
    for row in files["места.xlsx"]:
        row["место"] = 1
    return files


def one_category(files):
    for row in files["категории.xlsx"]:
        row["категория"] = "нужен"
    return files


# -- rows of the catalogue ---------------------------------------------------------------------------------------------

@dataclass
class Case:
    code: str
    file: str
    row: int | None
    column: str | None
    change: Callable
    shown: tuple[str, ...] = ()       # what must stand in the message, in both languages
    hidden: tuple[str, ...] = ()      # what must not
    severity: str = "error"
    exit_code: int = 4
    value: object = None
    options: dict = field(default_factory=dict)


PAIRS, LIST, POINTS, PLACES, BEST = "пары.xlsx", "список.xlsx", "баллы.xlsx", "места.xlsx", "лучший.xlsx"
MARCH = datetime.datetime(2026, 3, 1)  # what Excel makes of 1/3
Э1, Э2 = "Э1", "Э2"

# Three groups of Э1 in a circle: Д is more important than П, П than М, М than Д.
CIRCLE = cells(PAIRS, (2, "М", "1/2"), (4, "Д", "2"))
WIDE_CIRCLE = cells(PAIRS, (2, "М", "1/5"), (4, "Д", "5"))

CASES = [
    Case("EXP-01", PAIRS, 3, "Д", cells(PAIRS, (3, "Д", "0,8")),
         (Э1, "П × Д = 0,8", "D2", "произведение 1.6|product 1.6"), value="0,8"),
    Case("EXP-02", PAIRS, 4, "Д", cells(PAIRS, (4, "Д", 0.33)), (Э1, "М × Д", "1/3", "2%"), severity=N, value="0.33"),
    Case("EXP-03", PAIRS, 4, "М", cells(PAIRS, (4, "М", "2")), (Э1, "М × М"), value="2"),
    Case("EXP-04", PAIRS, 3, "Д", cells(PAIRS, (3, "Д", "0")), (Э1, "П × Д"), value="0"),
    Case("EXP-05", PAIRS, 2, "П", cells(PAIRS, (2, "П", "12"), (3, "Д", "1/12")), (Э1, "Д × П", "1/9", "9"),
         value="12"),
    Case("EXP-06", PAIRS, 4, "Д", cells(PAIRS, (4, "Д", MARCH)),
         ("Excel превратил 1/3 в дату|Excel turned 1/3 into a date",), value="01.03.2026"),
    Case("EXP-07", PAIRS, 2, "код", without(PAIRS, 6), (Э1, "сейчас 4 × 5, нет строк: К|now 4 × 5, missing rows: К")),
    Case("EXP-08", PAIRS, 1, "K", renamed(PAIRS, "К", "K"), ("K", "позиции 1, нужно «К»|position 1, should be «К»"),
         value="K"),
    Case("EXP-09", PAIRS, 2, "М", CIRCLE,
         (Э1, "CR = 0.116", "0.10", "0.20", "Саати (1980)", "А × М = 1, М × Д = 2, А × Д = 1/4", "А × Д = 2",
          "Д × М = 3 (CR станет 0.006)|Д × М = 3 (CR becomes 0.006)"), severity=W, value="1/2"),
    Case("EXP-11", LIST, None, None, without(LIST, 9), ("Адресность", Э1, "не определена|not defined"), severity=W,
         exit_code=10, value=Э1),
    Case("EXP-12", PLACES, None, None, equal_places, ("Индекс", "различий нет, W не определён|W is not defined"),
         exit_code=10),
    Case("EXP-13", "категории.xlsx", None, None, one_category,
         ("каппа не определена; доля согласия 100 %|kappa is not defined; share of agreement 100 %",), severity=W,
         exit_code=10, value="нужен"),
    Case("EXP-14", PAIRS, 17, "эксперт", appended(PAIRS, *square({"Э1": UPPER["Э2"]})),
         (Э1, "5", "строка 2|row 2", "строка 17|row 17"), value=Э1),
    Case("EXP-15", PLACES, 3, "место", cells(PLACES, (4, "место", 2)), (Э1, "2 → 2.5"), severity=N, value="2"),
    Case("EXP-16", POINTS, 2, "баллы", cells(POINTS, (2, "баллы", 25)), (Э1, "95", "100", "Индекс"), value="95"),
    Case("EXP-17", POINTS, 2, "баллы", cells(POINTS, (2, "баллы", 40), (6, "баллы", None)),
         (Э1, "80%", "не учитывается|left out"), severity=W, value="80%"),
]

MORE = [
    Case("EXP-01", LIST, 10, "во сколько раз", appended(LIST, *listed(Э1, ("Д2", "Д1", "1"))),
         (Э1, "Д2 × Д1 = 1", "D2", "3"), value="1"),
    Case("EXP-02", LIST, 6, "во сколько раз", cells(LIST, (6, "во сколько раз", "0.33")), (Э2, "Д2 × Д1", "1/3"),
         severity=N, value="0.33"),
    Case("EXP-02", PAIRS, 15, "Д", cells(PAIRS, (6, "Д", "0,2"), (15, "Д", "0,33"), (16, "Д", "0,34")),
         ("Э3", "1/3", "таких ячеек: 2|such cells: 2"), severity=N, value="0,33"),
    Case("EXP-03", PAIRS, 4, "М", cells(PAIRS, (4, "М", None)), (Э1, "М × М"), value="—"),
    Case("EXP-03", LIST, 10, "во сколько раз", appended(LIST, *listed(Э1, ("Д2", "Д2", "3"))), (Э1, "Д2 × Д2"),
         value="3"),
    Case("EXP-03", BEST, 2, "Д", cells(BEST, (2, "Д", "2")), (Э1, "Д × Д"), value="2"),
    Case("EXP-04", PAIRS, 3, "Д", cells(PAIRS, (3, "Д", "-1/2")), (Э1, "П × Д"), value="-1/2"),
    Case("EXP-04", LIST, 2, "во сколько раз", cells(LIST, (2, "во сколько раз", "0")), (Э1, "Д1 × Д2"), value="0"),
    Case("EXP-05", PAIRS, 2, "П", cells(PAIRS, (2, "П", "12")), (Э1, "Д × П"), value="12"),
    Case("EXP-05", PAIRS, 3, "Д", cells(PAIRS, (3, "Д", "0,05")), (Э1, "П × Д", "1/9"), value="0,05"),
    Case("EXP-05", LIST, 2, "во сколько раз", cells(LIST, (2, "во сколько раз", "1/10")), (Э1, "Д1 × Д2"),
         value="1/10"),
    Case("EXP-05", BEST, 2, "П", cells(BEST, (2, "П", "1/2")), (Э1, "Д × П", "1", "9"), value="1/2"),
    Case("EXP-06", PAIRS, 4, "Д", cells(PAIRS, (4, "Д", datetime.datetime(2026, 1, 3))), ("1/3",), value="03.01.2026"),
    Case("EXP-06", PAIRS, 4, "Д", cells(PAIRS, (4, "Д", "01.мар")), ("1/3",), value="01.мар"),
    Case("EXP-06", PAIRS, 4, "Д", cells(PAIRS, (4, "Д", "3-Jan")), ("1/3",), value="3-Jan"),
    Case("EXP-06", LIST, 2, "во сколько раз", cells(LIST, (2, "во сколько раз", MARCH)), ("1/3",), value="01.03.2026"),
    Case("EXP-06", POINTS, 2, "баллы", cells(POINTS, (2, "баллы", datetime.datetime(2026, 5, 30))), ("30.5",),
         value="30.05.2026"),
    Case("EXP-07", PAIRS, 1, None, dropped(PAIRS, "К"), ("5 × 4, нет столбцов: К|5 × 4, missing columns: К",)),
    Case("EXP-07", PAIRS, 3, "Д", cells(PAIRS, (3, "Д", None)), (Э1, "П × Д, напротив 2|П × Д, opposite 2")),
    Case("EXP-07", PAIRS, 2, "код", cells(PAIRS, *[(2, code, None) for code in GROUPS[1:]],
                                          *[(row, "Д", None) for row in (3, 4, 5, 6)]), (Э1, "{Д}; {П, М, А, К}")),
    Case("EXP-07", LIST, 2, "во сколько раз", cells(LIST, (2, "во сколько раз", None)), (Э1, "Д1 × Д2")),
    Case("EXP-07", BEST, 2, "лучший", without(BEST, 3), (Э1, "остальные к худшему")),
    Case("EXP-07", BEST, 2, "П", cells(BEST, (2, "П", None)), (Э1, "лучший к остальным")),
    Case("EXP-07", BEST, 1, None, dropped(BEST, "П"), ("П",)),
    Case("EXP-08", PAIRS, 2, "код", reordered(PAIRS), ("3", "star-2022"), severity=N, value="Д"),
    Case("EXP-08", PAIRS, 3, "код", cells(PAIRS, (3, "код", "П9")), ("П9", "П"), value="П9"),
    Case("EXP-08", PAIRS, 1, "Добро", renamed(PAIRS, "Д", "Добро"), ("Добро", "—"), value="Добро"),
    Case("EXP-08", PAIRS, 3, "код", cells(PAIRS, (3, "код", "п")), ("похоже на: П|similar: П",), value="п"),
    Case("EXP-08", POINTS, 2, "код", cells(POINTS, (2, "код", "Д33")), ("Д33", "Д3"), value="Д33"),
    Case("EXP-08", LIST, 2, "чем", cells(LIST, (2, "чем", "D2")), ("D2",), value="D2"),
    Case("EXP-08", BEST, 3, "худший", cells(BEST, (3, "худший", "Х")), ("Х",), value="Х"),
    Case("EXP-09", PAIRS, 2, "М", WIDE_CIRCLE, (Э1, "CR = 0.272", "М × Д = 5", "А × Д = 5", "Д × М = 3"),
         value="1/5"),
    Case("EXP-09", LIST, 3, "во сколько раз", cells(LIST, (3, "во сколько раз", "1/5")), (Э1, "Д1 × Д3"), value="1/5"),
    Case("EXP-11", PAIRS, None, None, only(PAIRS, square({Э1: UPPER[Э1]})), ("Индекс", Э1), severity=W, exit_code=10,
         value=Э1),
    Case("EXP-11", BEST, None, None, without(BEST, 4, 5), ("Индекс", Э1), severity=W, exit_code=10, value=Э1),
    Case("EXP-14", PAIRS, 17, "эксперт", appended(PAIRS, square()[0]), (Э1, "строка 2|row 2"), value=Э1),
    Case("EXP-14", POINTS, 20, "эксперт", appended(POINTS, {"эксперт": Э1, "код": "Д", "баллы": 1}), (Э1,), value=Э1),
    Case("EXP-14", LIST, 10, "эксперт", appended(LIST, *listed(Э1, ("Д1", "Д2", "4"))), (Э1,), value=Э1),
    Case("EXP-14", BEST, 6, "эксперт", appended(BEST, *best_worst(Э1, "Д", "К", (1, 2, 3, 4, 8), (8, 4, 3, 2, 1))),
         (Э1, "2"), value=Э1),
    Case("EXP-14", "пары_2.xlsx", 2, "код", only("пары_2.xlsx", square({Э1: UPPER[Э1]})), (Э1, "пары.xlsx"), value=Э1),
    Case("EXP-14", "список_2.xlsx", 2, "во сколько раз", only("список_2.xlsx", listed(Э1, ("Д", "П", "2"))),
         (Э1, "пары.xlsx"), value=Э1),
    Case("EXP-15", PLACES, 4, "место", cells(PLACES, (5, "место", 3)), (Э1, "3 → 3.5"), severity=N, value="3"),
    Case("EXP-15", PLACES, 3, "место", cells(PLACES, (6, "место", 4), (5, "место", 3), (4, "место", 2)),
         (Э1, "2 → 2.5; 3 → 4; 4 → 5"), severity=N, value="2"),
    Case("EXP-15", PLACES, 6, "место", cells(PLACES, (4, "место", 2), (5, "место", 2), (6, "место", 4)),
         (Э1, "1, 2, 2, 2, 4", "1, 2, 2, 2, 5"), value="4"),
    Case("EXP-15", PLACES, 2, "место", cells(PLACES, (2, "место", 2)), (Э1, "2, 2, 3, 4, 5", "1, 1, 3, 4, 5")),
    Case("EXP-16", POINTS, 16, "баллы", cells(POINTS, (19, "баллы", 1)), (Э2, "101", "Внешний комфорт"), value="101"),
    Case("EXP-17", PAIRS, 2, "код", cells(PAIRS, (2, "К", None), (6, "Д", None)), (Э1, "90%", "Bozóki"), severity=W,
         value="90%"),
    Case("EXP-17", LIST, 2, "во сколько раз", without(LIST, 4), (Э1, "67%"), severity=W, value="67%"),
    Case("EXP-17", POINTS, 2, "баллы", both(cells(POINTS, (2, "баллы", 40)), without(POINTS, 6)), (Э1, "80%"),
         severity=W, value="80%"),
    Case("EXP-17", POINTS, 2, "баллы", cells(POINTS, (2, "баллы", 40), (6, "баллы", None)),
         (Э1, "80%", "дополняется по тем|completed by those"), severity=W, value="80%", options={"partial": "panel"}),
    Case("EXP-17", POINTS, 2, "баллы", cells(POINTS, (2, "баллы", 40), (6, "баллы", None)), (Э1, "80%"), value="80%",
         options={"partial": "refuse"}),
    Case("EXP-17", PLACES, 2, "место", without(PLACES, 6), (Э1, "80%"), severity=W, value="80%"),
    Case("EXP-17", "категории.xlsx", 2, "категория", cells("категории.xlsx", (2, "категория", None)), (Э1, "75%"),
         severity=W, value="75%"),
    *[Case("EXP-18", PAIRS, 2, "эксперт", cells(PAIRS, *[(row, "эксперт", name) for row in range(2, 7)]), ("***",),
           (name,))
      for name in ("Иванова", "Петров Пётр Петрович", "А. П. Сидоров", "ann.p@mail.ru", "89001234567",
                   "112-233-445 95", "эксперт Анна")],
    Case("EXP-18", "***.xlsx", None, None, only("Иванова Анна Петровна.xlsx", square({"Э9": UPPER[Э1]})), ("***",),
         ("Иванова", "Анна")),
    Case("EXP-19", LIST, 2, "чем", cells(LIST, (2, "чем", "П1")), (Э1, "Д1", "П1"), value="П1"),
    Case("EXP-19", BEST, 2, "худший", cells(BEST, (2, "худший", "К1")), (Э1, "К1"), value="К1"),
    Case("EXP-21", POINTS, 2, "баллы", cells(POINTS, (2, "баллы", -5)), (Э1, "0", "100"), value="-5"),
    Case("EXP-21", "размах.xlsx", 3, "размах", cells("размах.xlsx", (3, "размах", 150)), (Э1, "0", "100"), value="150"),
    Case("EXP-21", "оценки.xlsx", 2, "оценка", cells("оценки.xlsx", (2, "оценка", 5)), (Э1, "10"), value="5"),
    Case("EXP-21", PLACES, 2, "место", cells(PLACES, (2, "место", 6)), (Э1, "1", "5"), value="6"),
    Case("EXP-22", PAIRS, 3, "Д", cells(PAIRS, (3, "Д", "вдвое")), (Э1, "1/3"), value="вдвое"),
    Case("EXP-22", POINTS, 2, "баллы", cells(POINTS, (2, "баллы", "30%")), (Э1,), value="30%"),
    Case("EXP-23", "размах.xlsx", 2, "размах", cells("размах.xlsx", (2, "размах", 90)), (Э1, "100", "90", "П1"),
         value="90"),
    Case("EXP-23", "оценки.xlsx", 2, "оценка", cells("оценки.xlsx", (2, "оценка", 15)), (Э1, "10", "15", "К1"),
         value="15"),
    Case("EXP-24", BEST, 2, "П", cells(BEST, (2, "П", "7")), (Э1, "0.2958", "Д × П = 7, П × К = 4, Д × К = 8"),
         severity=W, value="7"),
    Case("EXP-25", BEST, 3, "Д", cells(BEST, (3, "Д", "7")), (Э1, "8", "7"), value="7"),
    Case("EXP-25", BEST, 2, "лучший", cells(BEST, (2, "худший", "Д"), (3, "худший", "Д"), (3, "Д", "1")), (Э1,),
         value="Д"),
    Case("EXP-25", BEST, 3, "лучший", cells(BEST, (3, "лучший", "П")), (Э1, "«Д»", "«П»"), value="П"),
    Case("EXP-25", BEST, 2, "К", cells(BEST, (2, "К", "1"), (3, "Д", "1")), (Э1, "«Д»", "«К»"), value="1"),
    Case("EXP-26", PAIRS, 12, "код", cells(PAIRS, *[(row, "эксперт", "A1") for row in range(7, 12)],
                                           *[(row, "эксперт", "А1") for row in range(12, 17)]), ("A1", "А1"),
         value="А1"),
    Case("REF-11", PAIRS, 3, "эксперт", cells(PAIRS, (3, "эксперт", None))),
    Case("REF-11", POINTS, 3, "код", cells(POINTS, (3, "код", None))),
    Case("REF-11", LIST, 3, "чем", cells(LIST, (3, "чем", None))),
    Case("EXP-08", POINTS, 2, "группа", lambda files: {**files, POINTS: [{"группа": "Х", **row} if number == 0 else
                                                                         {"группа": None, **row}
                                                                         for number, row in enumerate(files[POINTS])]},
         ("Х",), value="Х"),
    Case("EXP-08", POINTS, 2, "код", lambda files: {**files, POINTS: [{**row, "группа": "К" if number == 0 else None}
                                                                      for number, row in enumerate(files[POINTS])]},
         ("Д",), value="Д"),
]


def check(case, folder):
    protocol, _ = found(changed(case.change), folder, **case.options)
    assert {problem.code for problem in protocol.problems} == {case.code}, protocol.text()
    assert {problem.severity for problem in protocol.problems} == {case.severity}, protocol.text()
    assert len(protocol.problems) == 1, protocol.text()
    problem = protocol.problems[0]
    place = problem.place
    assert place.file == case.file
    assert (place.row, place.column) == (case.row, case.column), protocol.text()
    assert case.file == "***.xlsx" or place.sheet == SHEET.get(case.file, "Ответы")
    if case.column is not None:
        assert place.letter
    if case.value is not None:
        assert problem.value == case.value
    for number, language in enumerate(("ru", "en")):
        text = protocol.text(language=language)
        wanted = [part.split("|")[number] if "|" in part else part for part in case.shown]
        assert all(part in text for part in wanted), text
        assert not any(part in text for part in case.hidden), text
        assert not re.search(r"\{[a-z_:]+\}", text)
    if case.severity == "error":
        with pytest.raises(Rejected) as refused:
            protocol.stop()
        assert refused.value.exit_code == case.exit_code
    else:
        protocol.stop()
        if case.severity == W:
            with pytest.raises(Rejected) as refused:
                protocol.stop(strict=True)
            assert refused.value.exit_code == case.exit_code
    return protocol


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.code)
def test_row_of_the_catalogue(case, tmp_path):
    check(case, tmp_path)


@pytest.mark.parametrize("case", MORE, ids=[f"{case.code}-{place}" for place, case in enumerate(MORE)])
def test_other_faces(case, tmp_path):
    check(case, tmp_path)


def test_every_row_once():
    """EXP-10 is the row without a message."""
    wanted = [f"EXP-{number:02}" for number in range(1, 18) if number != 10]
    assert [case.code for case in CASES] == wanted


@pytest.mark.parametrize("change", [
    without(LIST, 2, 3, 4, 6, 7, 8),                                        # two codes
    only(LIST, [*listed(Э1, ("А1", "А2", "1/9")), *listed(Э2, ("А1", "А2", "9"))]),
], ids=["EXP-10 two codes", "EXP-10 opposite opinions"])
def test_nothing_contradicts_itself_between_two_codes(change, tmp_path):
    """EXP-10: the random index of two elements is 0; CR = 0 and no division by it."""
    protocol, experts = found(changed(change), tmp_path)
    assert protocol.problems == []
    assert [ahp.consistency(matrix).ratio for matrix in experts["А"].matrices.values()] == [0, 0]


def test_good_set_gives_no_message(tmp_path):
    protocol, experts = found(good(), tmp_path)
    assert protocol.text() == ""
    assert list(experts) == ["index", *GROUPS]
    assert list(experts["index"].matrices) == ["Э1", "Э2", "Э3"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.code)
def test_repaired_row_passes(case, tmp_path):
    """The same file sent again as it should be: nothing is left to say."""
    spoilt = changed(case.change)
    assert found(spoilt, tmp_path)[0].problems
    protocol, _ = found({name: good().get(name, spoilt[name]) for name in spoilt if name in good()}, tmp_path)
    assert protocol.problems == []


@pytest.mark.parametrize("case", [case for case in [*CASES, *MORE] if case.row and case.row > 1 and case.code in (
    "EXP-01", "EXP-02", "EXP-03", "EXP-04", "EXP-06", "EXP-09", "EXP-16", "EXP-21", "EXP-22", "EXP-23", "EXP-24",
    "EXP-25") and case.file in good()], ids=lambda case: f"{case.code}-{case.file}-{case.row}{case.column}")
def test_what_the_message_points_at_is_what_has_to_be_mended(case, tmp_path):
    """Putting the right value into the cell at the address, and nowhere else, leaves nothing to say."""
    spoilt = changed(case.change)
    (problem,) = found(spoilt, tmp_path, **case.options)[0].problems
    row, right = problem.place.row - 2, good()[case.file]
    if row < len(right):
        spoilt[case.file][row][problem.place.column] = right[row][problem.place.column]
    else:
        spoilt[case.file] = spoilt[case.file][:len(right)]  # a row too many
    left = found(spoilt, tmp_path, **case.options)[0]
    several = sum(one != other for one, other in zip(spoilt[case.file], right, strict=True))
    assert left.problems == [] or several, left.text()


SECOND = [  # faults of another expert: rows 7 to 11
    ("EXP-01", cells(PAIRS, (8, "Д", "0,8"))), ("EXP-02", cells(PAIRS, (9, "Д", "0,33"))),
    ("EXP-03", cells(PAIRS, (9, "М", "2"))), ("EXP-04", cells(PAIRS, (8, "Д", "0"))),
    ("EXP-05", cells(PAIRS, (8, "Д", "12"))), ("EXP-06", cells(PAIRS, (8, "Д", MARCH))),
    ("EXP-07", without(PAIRS, 11)), ("EXP-22", cells(PAIRS, (8, "Д", "x")))]
CELLS = [case for case in CASES if case.file == PAIRS and case.code in (
    "EXP-01", "EXP-02", "EXP-03", "EXP-04", "EXP-05", "EXP-06", "EXP-09")]


@pytest.mark.parametrize(("code", "second"), SECOND, ids=[code for code, _ in SECOND])
@pytest.mark.parametrize("case", CELLS[::2], ids=lambda case: case.code)
def test_faults_of_two_experts_are_both_told(case, code, second, tmp_path):
    protocol, _ = found(changed(both(case.change, second)), tmp_path)
    assert sorted(problem.code for problem in protocol.problems) == sorted([case.code, code]), protocol.text()


@pytest.mark.parametrize("other", [case for case in CASES if case.file != PAIRS], ids=lambda case: case.code)
@pytest.mark.parametrize("case", [CASES[5]], ids=lambda case: case.code)
def test_faults_of_two_files_are_both_told(case, other, tmp_path):
    protocol, _ = found(changed(both(case.change, other.change)), tmp_path)
    assert sorted(problem.code for problem in protocol.problems) == sorted([case.code, other.code]), protocol.text()


def test_two_slips_of_one_expert_are_two_messages(tmp_path):
    change = cells(PAIRS, (2, "П", "12"), (4, "М", "2"), (5, "К", "-1"), (6, "Д", "впятеро"))
    protocol, experts = found(changed(change), tmp_path)
    assert [(problem.code, problem.place.row, problem.place.letter) for problem in protocol.of("error")] == [
        ("EXP-05", 2, "D"), ("EXP-03", 4, "E"), ("EXP-04", 5, "G"), ("EXP-22", 6, "C")]
    assert list(experts["index"].matrices) == ["Э2", "Э3"]


# -- names of people ---------------------------------------------------------------------------------------------------

def test_a_name_is_in_no_message_and_in_no_result(tmp_path):
    rows = square({"Иванова А. П.": UPPER[Э1], "Э2": UPPER[Э2]})
    rows[1]["Д"] = "0"  # a further fault of the same expert must not tell the name either
    protocol, experts = found({PAIRS: rows}, tmp_path)
    assert [(problem.code, problem.value) for problem in protocol.problems] == [("EXP-18", "***"), ("EXP-04", "0")]
    for language in ("ru", "en"):
        assert "Иванова" not in protocol.text(language=language)
    assert "Иванова А. П." not in experts["index"].names


def test_two_names_in_two_files_are_two_people(tmp_path):
    files = {name: square({person: UPPER[Э1]}) for name, person in (("а.xlsx", "Иванова"), ("б.xlsx", "Петров"))}
    protocol, _ = found(files, tmp_path)
    assert [problem.code for problem in protocol.problems] == ["EXP-18", "EXP-18"]


@pytest.mark.parametrize("code", ["1", "Э1", "E-07", "Эксперт 12", "эксперт № 3", "А", "регион_16"])
def test_codes_are_no_names(code, tmp_path):
    protocol, experts = found({PAIRS: square({code: UPPER[Э1], "z9": UPPER[Э2]})}, tmp_path)
    assert protocol.problems == []
    assert experts["index"].names == (code, "z9")


def test_a_completion_that_does_not_converge_stops_the_run_in_words(tmp_path, monkeypatch):
    def fail(*_, **__):
        raise NotPublishable("не сошлось")
    monkeypatch.setattr(ahp, "consistency", fail)
    protocol, _ = found({PAIRS: square({Э1: UPPER[Э1], Э2: UPPER[Э2]})}, tmp_path)
    assert {problem.code for problem in protocol.problems} == {"EXP-27"}
    with pytest.raises(Rejected) as refused:
        protocol.stop()
    assert refused.value.exit_code == 10


def test_a_name_of_a_sheet_is_refused_unseen(tmp_path):
    (path,) = written({PAIRS: square()}, tmp_path)
    book = load_workbook(path)
    book.active.title = "Петров Пётр Ильич"
    book.save(path)
    protocol = Protocol()
    check_experts([path], STAR, tmp_path, protocol)
    assert [(problem.code, problem.place.sheet) for problem in protocol.problems] == [("EXP-18", "***")]
    assert "Петров" not in protocol.text()


@pytest.mark.parametrize(("name", "shown"), [
    ("Иванова Анна Петровна.csv", "***.csv"), ("анкета_Иванова_Анна_Петровна.csv", "***.csv"),
    ("Сидоров П.К..csv", "***.csv"), ("Петров-Иван.csv", "***.csv"), ("прочее.csv", "прочее.csv"),
    ("ответы_центров_2026.csv", "ответы_центров_2026.csv"), ("ЦЗН-Нижний-Новгород.csv", "ЦЗН-Нижний-Новгород.csv")])
def test_a_file_of_no_kind_named_after_a_person_is_told_unseen(name, shown, tmp_path):
    """FLD-01 shows the file as it is called, unless it is called like a person."""
    path = tmp_path / "регион_16" / name
    path.parent.mkdir()
    path.write_text("кто;код\n1;Д\n", encoding="utf-8")
    protocol = Protocol()
    assert recognise(path, STAR, (), protocol, tmp_path) is None
    assert [(problem.code, problem.place.file) for problem in protocol.problems] == [("FLD-01", f"регион_16/{shown}")]
    for language in ("ru", "en"):
        assert shown in protocol.text(language=language)
        assert name == shown or path.stem not in protocol.text(language=language)


def test_a_personal_column_is_refused_unread(tmp_path):
    rows = [{**row, "ФИО": "Иванова Анна"} for row in good()[POINTS]]
    protocol, _ = found({POINTS: rows}, tmp_path)
    assert [(problem.code, problem.place.column, problem.value) for problem in protocol.problems] == [
        ("SRV-19", "ФИО", "***")]
    assert "Анна" not in protocol.text()


# -- too many elements at once -----------------------------------------------------------------------------------------

def wide(count):
    indicators = "".join(f"""
  И{number}:
    title: Показатель {number}
    sides: {{objective: {{measure: column, table: numbers, column: "И{number}"}}}}""" for number in range(1, count + 1))
    return parse_edition(f"""version: wide
title: Широкая редакция
status: candidate
in_force: {{start: 2024-01-01}}
legal_basis: [проверка]
decision: нет
unit: {{title: центр, one: центр, few: центра, many: центров}}
data:
  dataset: wide
  periods: ["2024"]
  units: {{file: units.csv, unit: код, title: имя}}
  tables: {{numbers: {{file: numbers.csv, unit: код}}}}
indicators:{indicators}
weights: {{index: equal}}
normalisation: {{method: none}}
aggregation: {{default: {{method: arithmetic}}}}
missing: {{default: {{rule: complete}}}}
publication: {{multiplier: 1, decimals: 2}}
""", "wide.yaml")


@pytest.mark.parametrize(("form", "count", "code"), [
    ("баллы", 8, None), ("баллы", 9, "WPL-01"), ("пары", 9, None), ("пары", 10, "WPL-01")])
def test_more_elements_than_people_weigh_at_once(form, count, code, tmp_path):
    edition = wide(count)
    codes = edition.children("index")
    if form == "пары":
        equal = {one: [1] * (count - place) for place, one in enumerate(codes, 1)}
        files = {PAIRS: square({Э1: equal, Э2: equal}, codes)}
    else:
        files = {POINTS: values("баллы", {expert: {one: 100 if one == codes[0] else 0 for one in codes}
                                          for expert in (Э1, Э2)})}
    protocol, _ = found(files, tmp_path, edition)
    assert [problem.code for problem in protocol.problems] == ([code] if code else []), protocol.text()
    if code:
        assert f"«Индекс»: {count} элементов за один раз" in protocol.text()
        assert f"{count} elements at once" in protocol.text(language="en")
        assert protocol.of("warning")


def test_consistency_beyond_the_random_index_is_said_to_be_unchecked(tmp_path):
    edition = wide(16)
    codes = edition.children("index")
    equal = {one: [1] * (16 - place) for place, one in enumerate(codes, 1)}
    rows = square({Э1: equal, Э2: equal}, codes)
    protocol, _ = found({PAIRS: rows}, tmp_path, edition)
    assert [problem.code for problem in protocol.of("warning")] == ["WPL-01", "WPL-02", "WPL-02"]
    assert "до 15 элементов" in protocol.text()


# -- what only several answers show ------------------------------------------------------------------------------------

def test_nobody_rated_everything(tmp_path):
    change = cells(POINTS, (6, "баллы", None), (2, "баллы", 40), (15, "баллы", None), (11, "баллы", 40))
    protocol, experts = found(changed(change), tmp_path)
    assert [problem.code for problem in protocol.of("error")] == ["EXP-20"]
    assert [problem.code for problem in protocol.of("warning")] == ["EXP-17", "EXP-17"]
    with pytest.raises(direct.EditionError, match="никто не оценил все элементы"):  # the formula would say so, later
        direct.budget_allocation(experts["index"].points)


def test_one_expert_with_equal_places_is_no_degenerate_panel(tmp_path):
    change = cells(PLACES, *[(row, "место", 1) for row in range(2, 7)])
    protocol, experts = found(changed(change), tmp_path)
    assert [(problem.code, problem.severity) for problem in protocol.problems] == [("EXP-15", N)]
    assert experts["index"].rankings.loc[Э1].tolist() == [3] * 5


def test_faults_make_no_lonely_expert(tmp_path):
    """Of two experts one has a fault: the other is not «one expert», and nobody says that agreement is undefined."""
    protocol, experts = found(changed(cells("размах.xlsx", (2, "размах", "много"))), tmp_path)
    assert [problem.code for problem in protocol.problems] == ["EXP-22"]
    assert list(experts["П"].swings.index) == [Э2]


# -- folders, templates ------------------------------------------------------------------------------------------------

def test_a_folder_of_judgements_is_checked_by_the_command(tmp_path):
    written(changed(CASES[0].change), tmp_path)
    protocol = Protocol()
    assert check_folder(tmp_path, STAR, ROOT, protocol) is None
    assert [problem.code for problem in protocol.problems] == ["EXP-01"]


def test_files_of_other_kinds_are_left_to_their_readers(tmp_path):
    written(good(), tmp_path)
    (tmp_path / "реестр.csv").write_text("центр;название;регион;действует_с\n0101;ЦЗН;01;\n", encoding="utf-8")
    (tmp_path / "столбцами.csv").write_text("центр;Д1.1\n0101;1\n", encoding="utf-8")
    protocol = Protocol()
    experts = read_experts(tmp_path, STAR, ROOT, protocol)
    assert protocol.problems == []
    assert experts.names == ("Э1", "Э2", "Э3")


def test_a_damaged_file_is_not_lost(tmp_path):
    written(good(), tmp_path)
    (tmp_path / "пары.xlsx").write_bytes(b"PK\x03\x04 broken")
    protocol = Protocol()
    assert "Э3" not in read_experts(tmp_path, STAR, ROOT, protocol).names
    assert [(problem.code, Path(problem.place.file).name) for problem in protocol.problems] == [("XLS-22", "пары.xlsx")]


def test_a_file_without_experts_is_told_when_it_is_named(tmp_path):
    path = tmp_path / "прочее.csv"
    path.write_text("кто;код\nЭ1;Д\n", encoding="utf-8")
    protocol = Protocol()
    read_experts([path], STAR, tmp_path, protocol)
    assert [problem.code for problem in protocol.problems] == ["FLD-01"]


def test_untouched_templates_say_nothing_but_that_they_are_examples(tmp_path):
    paths = [path for path in write_templates(STAR, tmp_path) if "эксперты" in path.name]
    protocol = Protocol()
    experts = check_experts(paths, STAR, tmp_path, protocol)
    assert len(paths) == 6
    assert [problem.code for problem in protocol.problems] == ["TPL-01"] * 6
    assert not any(panel.names for panel in experts.values())


FILLED = {"пары": PAIRS, "список_пар": LIST, "100_баллов": POINTS, "размах": "размах.xlsx", "места": PLACES,
          "лучший_худший": BEST}


@pytest.mark.parametrize("kind", FILLED)
def test_templates_filled_in_as_told_pass(kind, tmp_path):
    path = next(path for path in write_templates(STAR, tmp_path) if path.stem.endswith(f"эксперты_{kind}"))
    book = load_workbook(path)
    sheet = book.worksheets[0]
    headers = {cell.value: cell.column for cell in sheet[1]}
    sheet.delete_rows(2)
    for number, row in enumerate(good()[FILLED[kind]], 2):
        assert set(row) == set(headers)
        for header, value in row.items():
            sheet.cell(number, headers[header], value)
    book.save(path)
    protocol = Protocol()
    experts = check_experts([path], STAR, tmp_path, protocol)
    assert protocol.problems == []
    assert any(panel.names for panel in experts.values())


@pytest.mark.parametrize("code", [code for code in TEXTS if code[:4] in ("EXP-", "WPL-")])
def test_words_in_both_languages(code):
    assert all(rule and remedy for rule, remedy in (TEXTS[code]["ru"], TEXTS[code]["en"]))
