"""Every row REF, SRV, CHK of the catalogue: one change of a good small data set, one message at the right address.

The good set has 3 regions, 8 centres, both clienteles, 6 indicators, and gives no message at all. Frames are built as
the reader leaves them: Excel's row numbers as index; file, sheet and letters in `attrs`.
"""

import datetime
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from openpyxl.utils import get_column_letter

from methods.data.editions import parse_edition
from methods.data.intake import Given, check_tables, compare_automatic
from methods.data.intake.years import check_comparison, check_edition_period, check_one_edition
from methods.data.registry import Registry, read_regions, report_absent
from methods.problem_texts import TEXTS
from methods.problems import Place, Protocol, Rejected

ROOT = Path(__file__).parents[2]
TODAY = datetime.date(2025, 2, 1)
INDICATORS = ("Д1", "Д2", "П1", "М1", "А1", "К1")
PER_INDICATOR = 3
CENTRES = {"0101": "01", "0102": "01", "0103": "01", "2501": "25", "2502": "25", "2503": "25", "7701": "77",
           "7702": "77"}
REGIONS = {"01": "Республика Адыгея", "25": "Приморский край", "77": "Москва"}
CODEBOOK = {"strata": ("город", "село")}
REGISTRY, ANSWERS, COUNTS, MARKS = "реестр.xlsx", "ответы.xlsx", "чек-лист.xlsx", "отметки.xlsx"

_INDICATOR = """
  {code}:
    title: Показатель {code}
    sides:
      subjective: {{measure: survey, table: answers, question: {code}, scale: [1, 5]}}
      objective: {{measure: checklist, table: checklist}}"""
EDITION = """version: test-2024
title: Малая редакция
status: demonstration
in_force: {start: 2024-01-01, end: 2024-12-31}
legal_basis: [проверка]
decision: нет
unit: {title: центр, one: центр, few: центра, many: центров}
data:
  dataset: test
  periods: ["2024"]
  units: {file: registry.csv, unit: центр, title: название, region: название_региона, separator: ";"}
  tables:
    answers: {file: "answers_{period}.csv", unit: центр, separator: ";", clientele: клиентела}
    checklist: {file: "checklist_{period}.csv", unit: центр, separator: ";", register: requirements.csv,
                register_requirement: требование, register_item: показатель}
clienteles:
  seekers: {title: соискатели, value: С, share: 1/2}
  employers: {title: работодатели, value: Р, share: 1/2}
indicators:""" + "".join(_INDICATOR.format(code=code) for code in INDICATORS) + """
weights: {index: equal}
normalisation: {method: none}
aggregation: {default: {method: arithmetic}}
missing: {default: {rule: complete}}
publication: {multiplier: 100, decimals: 2}
"""


def edition(*changes):
    text = EDITION
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return parse_edition(text, "test-2024.yaml")


# -- the good set ------------------------------------------------------------------------------------------------------

def as_read(rows, file, sheet):
    frame = pd.DataFrame(rows)
    frame.index = pd.RangeIndex(2, 2 + len(frame), name="row")
    return addressed(frame, file, sheet)


def addressed(frame, file, sheet):
    frame.attrs = {"file": file, "sheet": sheet,
                   "letters": {column: get_column_letter(place) for place, column in enumerate(frame.columns, 1)}}
    return frame


def registry():
    return as_read([{
        "центр": code, "название": f"ЦЗН «Ёлка» № {code}, Майкоп", "регион": region,
        "название_региона": REGIONS[region],
        "действует_с": pd.Timestamp("2022-01-01"), "действует_по": pd.NaT, "преемник": "", "синонимы": ""}
        for code, region in CENTRES.items()], REGISTRY, "Реестр")


def requirements():
    return as_read([{
        "требование": f"{code}.{place}", "показатель": code, "название": f"Требование {code}.{place}",
        "уровень": "ТЦЗН", "подтверждение": "приказ", "неприменимо": "да" if code == "К1" else "нет"}
        for code in INDICATORS for place in range(1, PER_INDICATOR + 1)], "требования.xlsx", "Требования")


def survey():
    """12 records a centre and clientele; marks of a record share a level, so that all questions rise together."""
    draw = np.random.default_rng(7)
    rows = []
    for code, region in CENTRES.items():
        for clientele in "СР":
            for _ in range(12):
                marks = np.clip(draw.integers(2, 6) + draw.integers(-1, 2, size=len(INDICATORS)), 1, 5)
                number = len(rows) + 1
                rows.append({
                    "анкета": str(number), "центр": code, "регион": region, "год": "2024", "клиентела": clientele,
                    "дата": pd.Timestamp("2024-01-01") + pd.Timedelta(days=number), "вес": 1.0 + number % 3,
                    "страта": "город" if number % 2 else "село",
                    **dict(zip(INDICATORS, map(str, marks), strict=True)), "комментарий": "спасибо - всё хорошо"})
    return as_read(rows, ANSWERS, "Ответы")


def counts():
    """X and N; every indicator differs within every region. Row 2 is centre 0101, indicator Д1, 3 of 3."""
    return as_read([{
        "центр": code, "показатель": indicator, "исполнено": str(PER_INDICATOR - (place + number) % 2),
        "задано": str(PER_INDICATOR), "дата_проверки": pd.Timestamp("2024-06-01"), "год": "2024"}
        for number, code in enumerate(CENTRES) for place, indicator in enumerate(INDICATORS)], COUNTS, "Чек-лист")


def marks():
    """A mark for every requirement, in agreement with `counts`. Row 2 is centre 0101, requirement Д1.1, «да»."""
    return as_read([{
        "центр": code, "требование": f"{indicator}.{item}",
        "отметка": "нет" if item == PER_INDICATOR and (place + number) % 2 else "да",
        "подтверждение": "приказ 1", "уровень": "ТЦЗН", "дата_проверки": pd.Timestamp("2024-06-01")}
        for number, code in enumerate(CENTRES) for place, indicator in enumerate(INDICATORS)
        for item in range(1, PER_INDICATOR + 1)], MARKS, "Отметки")


def wide():
    """The same marks with requirements as columns, as in the demonstration data: 1, 0, empty for «неприменимо»."""
    table = marks().pivot(index="центр", columns="требование", values="отметка").map({"да": "1", "нет": "0"}.get)
    table = table[[code for code in requirements()["требование"]]]
    return as_read(table.reset_index().rename_axis(columns=None).to_dict("records"), "столбцами.csv", None)


def good(*checklists):
    return Given(registry(), requirements(), [survey()], list(checklists))


def found(given, codebook=CODEBOOK, **options):
    protocol = Protocol()
    options = {"regions": read_regions(ROOT), "today": TODAY, **options}
    ours = edition()
    ours = ours.model_copy(update={"codebook": ours.codebook.model_copy(update=codebook)})
    intake = check_tables(given, ours, protocol, **options)
    return protocol, intake


# -- changes -----------------------------------------------------------------------------------------------------------

def tables(given):
    return {frame.attrs["file"]: frame for frame in (given.registry, *given.surveys, *given.checklists)}


def cells(file, rows, **values):
    """Write values into rows (a number, a list or a condition on the frame)."""
    def change(given):
        frame = tables(given)[file]
        chosen = frame.index[rows(frame)] if callable(rows) else [rows] if isinstance(rows, int) else rows
        for column, value in values.items():
            if not isinstance(value, pd.Timestamp | float):
                frame[column] = frame[column].astype(object)
            frame.loc[chosen, column] = value
        return given
    return change


def replaced(file, make):
    """Put another frame in the place of a file's."""
    def change(given):
        frame = tables(given)[file]
        new = addressed(make(frame.copy()), file, frame.attrs["sheet"])
        if file == REGISTRY:
            given.registry = new
        given.surveys = [new if one is frame else one for one in given.surveys]
        given.checklists = [new if one is frame else one for one in given.checklists]
        return given
    return change


def without(file, condition):
    return replaced(file, lambda frame: frame[~condition(frame)])


def appended(file, row, times=1, **values):
    """Repeat a row at the end."""
    def make(frame):
        copies = [frame.loc[row].to_dict() | {key: value(number) if callable(value) else value
                                              for key, value in values.items()} for number in range(times)]
        more = pd.DataFrame(copies, index=range(frame.index[-1] + 1, frame.index[-1] + 1 + times)).astype(frame.dtypes)
        return pd.concat([frame, more])
    return replaced(file, make)


def with_column(file, column, value):
    return replaced(file, lambda frame: frame.assign(**{column: value}))


def doubled_scale(frame):
    moscow = frame["регион"] == "77"
    for code in INDICATORS:
        frame[code] = frame[code].where(~moscow, (frame[code].astype(int) * 2).astype(str))
    return frame


def moments(frame):
    """One answer of Vladivostok, 1 January 01:30 by its clock, exported as UTC."""
    row = frame.index[frame["регион"] == "25"][0]
    return frame.assign(время_utc=pd.Series({row: "2023-12-31T15:30:00Z"}, dtype=object).reindex(frame.index))


def first(file, column, value):
    frame = {REGISTRY: registry, ANSWERS: survey, COUNTS: counts, MARKS: marks}[file]()
    return int(frame.index[frame[column] == value][0])


def both(*changes):
    def change(given):
        for one in changes:
            given = one(given)
        return given
    return change


# -- rows of the catalogue ---------------------------------------------------------------------------------------------

@dataclass
class Case:
    code: str
    file: str
    row: int | None
    column: str | None
    change: Callable | None = None
    shown: tuple[str, ...] = ()       # what must stand in the message, in both languages
    hidden: tuple[str, ...] = ()      # what must not
    severity: str = "error"
    exit_code: int = 3
    checklists: Callable = counts
    options: dict = field(default_factory=dict)
    run: Callable | None = None       # instead of `change`: rows that concern the run, not a table
    repaired: Callable | None = None  # another repair than undoing the change

    def protocol(self):
        if self.run is not None:
            protocol = Protocol()
            self.run(protocol)
            return protocol
        made = self.checklists()
        return found(self.change(good(*(made if isinstance(made, list) else [made]))), **self.options)[0]


W, N = "warning", "note"
TITLE = "ЦЗН «Ёлка» № 0101, Майкоп"
EDITION_FILE = "test-2024.yaml"
VLADIVOSTOK = first(ANSWERS, "регион", "25")
OTHER = (("version: test-2024", "version: test-2024-bis"),)
FEWER = (("  К1:\n", "  К9:\n"),)
SEEKERS_0101 = lambda frame: (frame["центр"] == "0101") & (frame["клиентела"] == "С")  # noqa: E731

CASES = [
    Case("REF-01", REGISTRY, 10, "центр", appended(REGISTRY, 2), ("0101", "2", "10")),
    Case("REF-02", REGISTRY, 10, "центр", appended(REGISTRY, 2, название="Другой"), ("0101", "2", "10", "название")),
    Case("REF-03", ANSWERS, 2, "центр", cells(ANSWERS, 2, центр='ЦЗН\u00a0"Елка"  N 0101, Майкоп'),
         (TITLE, '"Елка"  N'), severity=W),
    Case("REF-04", COUNTS, 7, "показатель", cells(COUNTS, 7, показатель="K1"), ("K1", "1", "К1")),
    Case("REF-05", REGISTRY, 2, "название", cells(REGISTRY, 2, название=unicodedata.normalize("NFD", TITLE)),
         (TITLE, "1"), severity=N),
    Case("REF-06", ANSWERS, 2, "центр", cells(ANSWERS, [2, 3], центр="0109"), ("0109", "010")),
    Case("REF-07", ANSWERS, None, "центр", without(ANSWERS, lambda frame: frame["центр"] == "0103"), ("0103", "1"),
         severity=W),
    Case("REF-08", ANSWERS, None, "центр", without(ANSWERS, lambda frame: frame["регион"] == "77"),
         ("77 (", "Москва", "1", "--allow-missing 77", "--absent 77")),
    Case("REF-09", REGISTRY, 9, "регион", both(cells(REGISTRY, 9, регион="84"),
                                             replaced(ANSWERS, lambda frame: frame.drop(columns="регион"))),
         ("84", "Таймырский", "2006-12-31", "83, 86, 87")),
    Case("REF-10", ANSWERS, 2, "центр", replaced(ANSWERS, lambda frame: frame.assign(центр=frame["центр"].astype(int))),
         ("101", "0101", "192"), severity=N),
    Case("REF-11", ANSWERS, 2, "центр", cells(ANSWERS, 2, центр="")),
    Case("REF-12", ANSWERS, 2, "год", cells(ANSWERS, [2, 5], год="2022"), ("2022", "2024", "2, 5")),
    Case("REF-13", EDITION_FILE, None, None, shown=("test-2024", "2023", "--cross-year"), exit_code=4,
         run=lambda protocol: check_edition_period(edition(), "2023", protocol)),
    Case("REF-14", "b.yaml", None, None, shown=("a.yaml", "b.yaml", "2024-01-01–2024-12-31"), exit_code=4,
         run=lambda protocol: check_one_edition({"a.yaml": edition(), "b.yaml": edition(*OTHER)}, "2024", protocol)),
    Case("REF-15", REGISTRY, 10, "действует_с",
         appended(REGISTRY, 2, название="Кадровый центр", действует_с=pd.Timestamp("2024-07-01")),
         ("2022-01-01–…", "2024-07-01–…", "2", "10")),
    Case("REF-16", EDITION_FILE, None, None, shown=("Д1, Д2, П1, М1, А1", "К1", "К9"), severity=W,
         run=lambda protocol: check_comparison(edition(*FEWER, *OTHER), edition(), protocol)),

    Case("SRV-01", ANSWERS, 2, "Д1", cells(ANSWERS, 2, Д1="6"), ("6", "Д1", "5")),
    Case("SRV-02", ANSWERS, 2, "Д1", cells(ANSWERS, 2, Д1="4,5"), ("4,5", "Д1")),
    Case("SRV-03", ANSWERS, 2, "Д1", cells(ANSWERS, 2, Д1="превосходно"), ("превосходно",),
         repaired=cells(ANSWERS, 2, Д1="4")),
    Case("SRV-04", ANSWERS, 2, "Д1", cells(ANSWERS, [2, 3], Д1="99"), ("99", "2"), severity=N),
    Case("SRV-05", ANSWERS, None, None, replaced(ANSWERS, doubled_scale), ("77", "%", "5")),
    Case("SRV-06", ANSWERS, None, "Д1", replaced(ANSWERS, lambda frame: frame.assign(
        Д1=(6 - frame["Д1"].astype(int)).astype(str))), ("Д1", "-0.", "192"), severity=W),
    Case("SRV-07", ANSWERS, 3, "анкета", cells(ANSWERS, 3, анкета="1"), ("1", "2", "3")),
    Case("SRV-08", ANSWERS, 194, "анкета", appended(ANSWERS, 2, 40, анкета=lambda number: f"x{number}"),
         ("40", "194–233", "0101", "62%"), severity=W),
    Case("SRV-09", ANSWERS, 2, "центр", cells(ANSWERS, 2, регион="25"), ("0101", "01", "25")),
    Case("SRV-10", ANSWERS, 2, "клиентела", cells(ANSWERS, [2, 3], клиентела="П"), ("П", "С, Р", "2, 3")),
    Case("SRV-11", ANSWERS, 2, "дата", cells(ANSWERS, 2, дата=pd.Timestamp("2025-01-10")),
         ("2025-01-10", "2024-01-01", "2024-12-31")),
    Case("SRV-12", ANSWERS, VLADIVOSTOK, "время_utc", replaced(ANSWERS, moments),
         ("2023-12-31T15:30:00Z", "Asia/Vladivostok", "2024-01-01"), severity=N),
    Case("SRV-13", ANSWERS, 2, "вес", cells(ANSWERS, 2, вес=-1.0), ("-1", "20")),
    Case("SRV-14", ANSWERS, None, "страта", cells(ANSWERS, lambda frame: frame["страта"] == "село", страта="город"),
         ("село",)),
    Case("SRV-15", ANSWERS, 2, "центр", cells(ANSWERS, lambda frame: frame["центр"] == "0101",
                                            **dict.fromkeys(INDICATORS, "")), ("0101",), severity=W),
    Case("SRV-16", ANSWERS, 2, "центр", without(ANSWERS, lambda frame: SEEKERS_0101(frame) & (frame.index > 6)),
         ("0101", "соискатели", "n < 10"), severity=W),
    Case("SRV-17", ANSWERS, 2, "центр", cells(ANSWERS, SEEKERS_0101, **dict.fromkeys(INDICATORS, "5")),
         ("0101",), severity=W),
    Case("SRV-18", ANSWERS, None, "Д1", cells(ANSWERS, lambda frame: frame.index > 0, Д1=""), ("Д1",)),
    Case("SRV-19", ANSWERS, None, "ФИО респондента", with_column(ANSWERS, "ФИО респондента", "Иванова Анна"), ("***",),
         ("Иванова",)),
    Case("SRV-20", ANSWERS, 2, "комментарий", cells(ANSWERS, 2, комментарий="звоните +7 (900) 123-45-67"),
         ("***",), ("900", "звоните"), severity=W),
    Case("SRV-21", ANSWERS, 2, "комментарий", cells(ANSWERS, 2, комментарий="=cmd|' /C calc'!A0"), ("***", "1"),
         ("calc",), severity=N),
    Case("SRV-22", ANSWERS, 2, "комментарий", cells(ANSWERS, 2, комментарий="<img src=x onerror=alert(1)>"),
         ("***", "1"), ("alert",), severity=N),
    Case("SRV-23", ANSWERS, 2, "комментарий", cells(ANSWERS, 2, комментарий="цена $5, окно_1 | *"), ("***", "1"),
         ("цена",), severity=N),

    Case("CHK-01", COUNTS, 2, "исполнено", cells(COUNTS, 2, исполнено="9"), ("9", "N = 3")),
    Case("CHK-02", COUNTS, 2, "задано", cells(COUNTS, 2, исполнено="0", задано="0"), ("0", "Д1")),
    Case("CHK-03", COUNTS, 2, "исполнено", cells(COUNTS, 2, задано="0"), ("X = 3", "N = 0")),
    Case("CHK-04", COUNTS, 2, "исполнено", cells(COUNTS, 2, исполнено="-1"), ("-1",)),
    Case("CHK-05", COUNTS, 2, "исполнено", cells(COUNTS, 2, исполнено="2,5"), ("2,5",)),
    Case("CHK-06", COUNTS, 2, "исполнено", cells(COUNTS, 2, исполнено=""), ("N = 3",)),
    Case("CHK-07", COUNTS, 2, "задано", cells(COUNTS, 2, задано=""), ("X = 3",)),
    Case("CHK-08", COUNTS, 2, "задано", cells(COUNTS, 2, задано="4"), ("4", "test-2024: 3", "Д1")),
    Case("CHK-09", COUNTS, 2, "исполнено", cells(COUNTS, 2, исполнено="0,6"), ("0,6", "3")),
    Case("CHK-10", MARKS, 2, "отметка", cells(MARKS, 2, отметка="хз"), ("хз", "да", "✓"), checklists=marks),
    Case("CHK-11", MARKS, 2, "требование", cells(MARKS, 2, требование="Д1.9"), ("Д1.9", "Д1.", "test-2024"),
         checklists=marks),
    Case("CHK-12", MARKS, 3, "центр", without(MARKS, lambda frame: frame.index == 2), ("0101", "Д1.1"),
         checklists=marks),
    Case("CHK-13", MARKS, 146, "требование", appended(MARKS, 2), ("Д1.1", "0101", "2", "146"), checklists=marks),
    Case("CHK-14", MARKS, 2, "центр", cells(MARKS, lambda frame: frame["центр"] == "0101", отметка="неприменимо"),
         ("0101",), severity=W, checklists=marks),
    Case("CHK-15", COUNTS, None, "показатель",
         cells(COUNTS, lambda frame: frame["центр"].str.startswith("01") & (frame["показатель"] == "Д1"),
               исполнено="3"),
         ("Д1", "01", "3"), severity=W),
    Case("CHK-16", COUNTS, 2, "дата_проверки", cells(COUNTS, 2, дата_проверки=pd.Timestamp("2023-12-31")),
         ("2023-12-31", "2024-01-01", "2024-12-31")),
    Case("CHK-17", COUNTS, 2, "исполнено", cells(COUNTS, 2, исполнено="2"), ("0101", "Д1", "-1"), severity=W,
         checklists=lambda: [counts(), marks()]),
]

# Second faces of the same rows: N beside 3, other wrong values, other forms of a file.
MORE = [
    Case("REF-03", REGISTRY, 10, "название", appended(REGISTRY, 2, центр="0199", название=TITLE.replace("№ ", "N")),
         (TITLE,), severity=W),
    Case("REF-04", ANSWERS, 2, "клиентела", cells(ANSWERS, 2, клиентела="C"), ("C", "1")),
    Case("REF-04", "столбцами.csv", None, "K1.1",
         lambda given: replaced("столбцами.csv", lambda frame: frame.rename(columns={"К1.1": "K1.1"}))(given),
         ("K1.1", "К1.1"), checklists=wide),
    Case("REF-06", REGISTRY, 2, "преемник",
         cells(REGISTRY, 2, преемник="0909", действует_по=pd.Timestamp("2025-12-31")), ("0909",)),
    Case("REF-08", ANSWERS, None, "центр", without(ANSWERS, lambda frame: frame["регион"] == "77"), ("77",), severity=W,
         options={"allow_missing": ["77"]}),
    Case("REF-09", REGISTRY, 9, "регион", both(cells(REGISTRY, 9, регион="00"), replaced(
        ANSWERS, lambda frame: frame.drop(columns="регион"))), ("00",)),
    Case("REF-10", REGISTRY, 2, "регион", cells(REGISTRY, [2, 3, 4], регион="1"), ("1", "01", "3"), severity=N),
    Case("REF-13", EDITION_FILE, None, None, shown=("2023",), severity=W, exit_code=4,
         run=lambda protocol: check_edition_period(edition(), "2023", protocol, cross_year=True)),
    Case("REF-15", REGISTRY, 2, "действует_с", cells(REGISTRY, 3, преемник="0101"), ("0102", "0101")),
    Case("REF-17", ANSWERS, first(ANSWERS, "центр", "0102"), "центр",
         cells(REGISTRY, 3, преемник="0103", действует_по=pd.Timestamp("2024-06-30")),
         ("0102", "0103", "2024-06-30"), severity=W, checklists=list),
    Case("REF-18", ANSWERS, first(ANSWERS, "центр", "0102"), "центр",
         cells(REGISTRY, 3, действует_по=pd.Timestamp("2023-12-31")), ("0102", "2024", "2022-01-01–2023-12-31"),
         checklists=list),
    Case("REF-19", COUNTS, first(COUNTS, "центр", "0102"), "центр",
         both(cells(REGISTRY, 3, преемник="0101", действует_по=pd.Timestamp("2024-06-30")),
              cells(COUNTS, [2, 4, 6], исполнено="2"), without(ANSWERS, lambda frame: frame["центр"] == "0102")),
         ("0102", "0101", "2024-06-30"), severity=W),
    Case("SRV-01", ANSWERS, 2, "Д1", cells(ANSWERS, 2, Д1=0), ("0",)),
    Case("SRV-03", ANSWERS, 2, "Д1", cells(ANSWERS, 2, Д1="Пять "), ("5",), severity=N),
    Case("SRV-03", ANSWERS, 2, "Д1", cells(ANSWERS, 2, Д1="5 (отлично)"), ("5 (отлично)",), severity=N),
    Case("SRV-04", ANSWERS, 2, "Д1", cells(ANSWERS, 2, Д1="99"), ("99",),
         options={"codebook": {**CODEBOOK, "no_answer": ()}}),
    Case("SRV-11", ANSWERS, 62, "дата", cells(ANSWERS, 2, Д1="5"), ("2024-03-02", "2024-03-01"),
         options={"today": datetime.date(2024, 3, 1)}),
    Case("SRV-13", ANSWERS, 2, "вес", cells(ANSWERS, 2, вес=0.0), ("0", "20")),
    Case("SRV-13", ANSWERS, 2, "вес", cells(ANSWERS, 2, вес=float("nan")), ("—", "20")),
    Case("SRV-13", ANSWERS, 2, "вес", cells(ANSWERS, 2, вес=50.0), ("50", "20")),
    *[Case("SRV-21", ANSWERS, 2, "комментарий", cells(ANSWERS, 2, комментарий=text), ("***",), severity=N)
      for text in ('=HYPERLINK("http://x","y")', "+7 лет ждал", "-1", "@x")],
    *[Case("SRV-22", ANSWERS, 2, "комментарий", cells(ANSWERS, 2, комментарий=text), ("***",), severity=N)
      for text in ("<script>x</script>", "[x](javascript:alert)")],
    *[Case("SRV-20", ANSWERS, 2, "комментарий", cells(ANSWERS, 2, комментарий=text), ("***",), severity=W)
      for text in ("ann.p@mail.ru", "консультант Петрова Анна Ивановна", "спасибо Сидорову П. И.", "112-233-445 95")],
    *[Case("SRV-19", ANSWERS, None, header, with_column(ANSWERS, header, "секрет"), ("***",), ("секрет",))
      for header in ("Телефон", "СНИЛС", "e-mail", "Эл. почта")],
    Case("CHK-02", COUNTS, 7, "задано", cells(COUNTS, 7, исполнено="0", задано="0"), ("К1",), severity=N),
    Case("CHK-02", MARKS, 2, "отметка", cells(MARKS, 2, отметка="неприменимо"), ("Д1.1",), checklists=marks),
    Case("CHK-05", MARKS, 2, "отметка", cells(MARKS, 2, отметка="частично"), ("частично",), checklists=marks),
    Case("CHK-09", COUNTS, 2, "исполнено", cells(COUNTS, 2, исполнено="60%"), ("60%",)),
    *[Case("CHK-10", MARKS, 2, "отметка", cells(MARKS, 2, отметка=text), (text.strip(),), severity=N, checklists=marks)
      for text in ("Да", "yes", "ИСТИНА", "+", "✓")],
    Case("CHK-11", COUNTS, 2, "показатель", cells(COUNTS, 2, показатель="Д9"), ("Д9",)),
    Case("CHK-12", COUNTS, 3, "центр", without(COUNTS, lambda frame: frame.index == 2), ("0101", "Д1")),
    Case("CHK-12", MARKS, 2, "отметка", cells(MARKS, 2, отметка=""), ("0101", "Д1.1"), checklists=marks),
    Case("CHK-13", COUNTS, 50, "показатель", appended(COUNTS, 2), ("Д1", "2", "50")),
    Case("CHK-15", COUNTS, None, "показатель", cells(COUNTS, lambda frame: frame["показатель"] == "Д1", исполнено="3"),
         ("Д1", "01, 25, 77", "8"), severity=W),
    Case("CHK-18", MARKS, 2, "подтверждение", cells(MARKS, 2, подтверждение=""), ("приказ", "1"), severity=W,
         checklists=marks),
    Case("CHK-19", MARKS, 2, "уровень", cells(MARKS, 2, уровень="УЦЗН"), ("УЦЗН", "ТЦЗН"), checklists=marks),
    Case("REF-02", "столбцами.csv", 10, "центр", appended("столбцами.csv", 2, **{"Д1.1": "0"}), ("0101", "Д1.1"),
         checklists=wide),
    Case("TPL-01", ANSWERS, 194, "анкета", appended(ANSWERS, 2, анкета="ПРИМЕР"), (), severity=N),
]


def check(case):
    protocol = case.protocol()
    assert {problem.code for problem in protocol.problems} == {case.code}, protocol.text()
    assert {problem.severity for problem in protocol.problems} == {case.severity}, protocol.text()
    problem = protocol.problems[0]
    place = problem.place
    assert place.file == case.file
    if case.row is not None:
        assert place.row == case.row
    if case.column is not None:
        assert place.column == case.column
        assert place.letter
    for language in ("ru", "en"):
        text = protocol.text(language=language)
        assert all(part in text for part in case.shown), text
        assert not any(part in text for part in case.hidden), text
        assert "{" not in text
    if case.severity == "error":
        with pytest.raises(Rejected) as refused:
            protocol.stop()
        assert refused.value.exit_code == case.exit_code
    else:
        protocol.stop()
    return protocol


@pytest.mark.parametrize("case", CASES, ids=[case.code for case in CASES])
def test_row_of_the_catalogue(case):
    check(case)


@pytest.mark.parametrize("case", MORE, ids=[f"{case.code}-{place}" for place, case in enumerate(MORE)])
def test_other_faces(case):
    check(case)


def test_every_row_once():
    wanted = [f"{group}-{number:02}" for group, last in (("REF", 16), ("SRV", 23), ("CHK", 17))
              for number in range(1, last + 1)]
    assert [case.code for case in CASES] == wanted


@pytest.mark.parametrize("checklists", [[counts], [marks], [wide], [counts, marks], [counts, wide]],
                         ids=["counts", "marks", "wide", "counts and marks", "counts and wide"])
def test_good_set_gives_no_message(checklists):
    protocol, intake = found(good(*(make() for make in checklists)))
    assert protocol.text() == ""
    assert intake.checklists.set_index(["центр", "показатель"]).loc[("0101", "Д2")].tolist() == [2, 3]
    assert len(intake.surveys) == 192


@pytest.mark.parametrize("case", [case for case in CASES if case.change], ids=lambda case: case.code)
def test_repaired_row_passes(case):
    """The files as sent back: the change undone (or another repair named), nothing is left to say."""
    made = case.checklists()
    given = good(*(made if isinstance(made, list) else [made]))
    protocol, _ = found(case.repaired(given) if case.repaired else given, **case.options)
    assert protocol.problems == []


@pytest.mark.parametrize("code", [code for code in TEXTS if code[:4] in ("REF-", "SRV-", "CHK-", "TPL-", "FLD-")])
def test_words_in_both_languages(code):
    assert all(rule and remedy for rule, remedy in (TEXTS[code]["ru"], TEXTS[code]["en"]))


def test_the_folder_of_one_region_begins_with_its_own_faults():
    """The other regions are one line, the last; a row with a wrong code names the nearest codes, not all 89."""
    change = both(without(ANSWERS, lambda frame: frame["регион"] != "01"), cells(ANSWERS, 5, Д1="6"))
    protocol, _ = found(change(good(counts())))
    lines = [line for line in protocol.text(["error"]).splitlines() if line.startswith("ОШИБКА")]
    assert [line[7:13] for line in lines] == ["SRV-01", "REF-08"]
    last = protocol.text(["error"]).splitlines()[-1]
    assert "нет регионов: 25 (Приморский край), 77 (Москва) (всего 2, центров в них: 5)" in last
    assert "в папке одного региона так и должно быть" in last


def test_of_many_silent_regions_only_the_first_are_named_and_allowed_ones_are_told_apart():
    regions = [f"{number:02}" for number in range(1, 31)]
    frame = pd.DataFrame({"центр": [f"{region}-1" for region in regions], "название": "ЦЗН", "регион": regions,
                          "преемник": "", "название_региона": [f"Регион {region}" for region in regions],
                          "действует_с": pd.NaT, "действует_по": pd.NaT})
    protocol = Protocol()
    report_absent(pd.Series(1, regions), Registry(frame), Place("ответы.xlsx"), protocol, ["02", "30"])
    (error,), (warning,) = protocol.of("error"), protocol.of("warning")
    assert error.rule("ru").endswith("нет регионов: 01 (Регион 01), 03 (Регион 03), 04 (Регион 04), 05 (Регион 05), "
                                     "06 (Регион 06), … (всего 28, центров в них: 28)")
    assert warning.rule("ru").endswith("нет регионов: 02 (Регион 02), 30 (Регион 30) (всего 2, центров в них: 2)")


def test_two_faults_are_both_told():
    change = both(cells(ANSWERS, 2, Д1="6"), cells(ANSWERS, 5, центр=""), cells(COUNTS, 2, исполнено="9"))
    protocol, _ = found(change(good(counts())))
    assert sorted(problem.code for problem in protocol.problems) == ["CHK-01", "REF-11", "SRV-01"]


def test_nothing_is_changed_in_the_tables_given():
    given = both(cells(ANSWERS, 2, Д1="99"), cells(REGISTRY, 2, регион="1"))(good(counts()))
    before = [frame.copy() for frame in tables(given).values()]
    found(given)
    for old, new in zip(before, tables(given).values(), strict=True):
        pd.testing.assert_frame_equal(old, new)


def test_reversed_question_of_the_codebook_is_turned():
    upside_down = replaced(ANSWERS, lambda frame: frame.assign(Д1=(6 - frame["Д1"].astype(int)).astype(str)))
    protocol, intake = found(upside_down(good(counts())), {**CODEBOOK, "reversed_questions": ("Д1",)})
    assert protocol.problems == []
    assert intake.surveys["Д1"].tolist() == survey()["Д1"].astype(float).tolist()


def test_question_reversed_in_one_region_only():
    def turned(frame):
        here = frame["регион"] == "25"
        return frame.assign(Д1=frame["Д1"].where(~here, (6 - frame["Д1"].astype(int)).astype(str)))
    protocol, _ = found(replaced(ANSWERS, turned)(good(counts())))
    assert [(problem.code, problem.details["where"]) for problem in protocol.problems] == [("SRV-06", "25")]


def test_block_is_marked_and_kept():
    _, intake = found(appended(ANSWERS, 2, 40, анкета=lambda number: f"x{number}")(good(counts())))
    assert intake.surveys["в_блоке"].sum() == 40
    assert len(intake.surveys) == 232


def test_comments_leave_masked():
    _, intake = found(cells(ANSWERS, 2, комментарий="пишите ann.p@mail.ru")(good(counts())))
    assert intake.surveys["комментарий"].iloc[0] == "пишите ***"


def test_personal_column_is_not_copied():
    _, intake = found(with_column(ANSWERS, "СНИЛС", "112-233-445 95")(good(counts())))
    assert "СНИЛС" not in intake.surveys


def test_merged_centre_answers_for_its_successor():
    change = cells(REGISTRY, 3, преемник="0101", действует_по=pd.Timestamp("2024-06-30"))
    _, intake = found(change(Given(registry(), requirements(), [survey()], [])))
    assert "0102" not in set(intake.surveys["центр"])
    assert (intake.surveys["центр"] == "0101").sum() == 48


def test_one_respondent_in_two_files():
    twice = Given(registry(), requirements(), [survey(), addressed(survey().head(1), "копия.xlsx", "Ответы")], [])
    protocol, _ = found(twice)
    assert [(problem.code, problem.place.file, problem.place.row) for problem in protocol.problems] == [
        ("SRV-07", "копия.xlsx", 2)]


def test_file_of_one_clientele():
    given = Given(registry(), requirements(), [addressed(survey(), "работодатели.xlsx", "Ответы")], [])
    protocol, _ = found(given)
    assert [(problem.code, problem.value, problem.details["count"]) for problem in protocol.problems] == [
        ("SRV-10", "С", 96)]


def test_typed_against_automatic_directly():
    protocol = Protocol()
    typed = pd.DataFrame({"центр": ["Ц"], "показатель": ["Д1"], "исполнено": [3.0]}, index=[2])
    automatic = pd.DataFrame({"центр": ["Ц"], "показатель": ["Д1"], "исполнено": [2.0]})
    compare_automatic(typed, automatic, protocol)
    assert protocol.problems[0].details["difference"] == "+1"


def test_regions_table_has_89_subjects():
    regions = read_regions(ROOT)
    assert regions["действует_по"].isna().sum() == 89
    assert regions.index.is_unique
