"""Tables as files for people: XLSX, CSV, HTML, JSON in which a region's comment is text and nothing else.

A comment `=HYPERLINK(…)` becomes a live formula in the usual writers, `<img onerror>` runs in a reader's browser and
`[x](javascript:…)` in a Markdown cell. Here text stays text in every format, numbers stay numbers, and what had to be
changed is told in the notes.

Source: OWASP, CSV Injection (owasp.org/www-community/attacks/CSV_Injection); ECMA-376, part 1, 18.3.1.4 (cell types).
"""

from __future__ import annotations

import datetime
import io
import json
import math
import numbers
import os
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font

from methods.errors import UsageError
from methods.files import write_atomic
from methods.index.rounding import half_up

CELL_LIMIT = 32_767       # UTF-16 units in one cell of Excel
ROW_LIMIT = 1_048_576     # with the header
COLUMN_LIMIT = 16_384
SHEET_LIMIT = 31
STARTS = "=+-@"           # what a spreadsheet takes for the start of a formula, after NFKC
DELIMITER = ";"

_SHORTER = {"автономный округ": "АО", "автономная область": "АО", "область": "обл.", "Республика": "Респ.",
            "муниципальный": "мун.", "городской округ": "ГО", "центр занятости населения": "ЦЗН"}
_NO_SHEET, _NO_FILE = re.compile(r"[\[\]:*?/\\]"), re.compile(r'[<>:"/\\|?*]')
_RESERVED = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\..*)?")
# A comma file opened with the other separator: a formula may begin after any separator inside a text.
_INNER = re.compile(r"([,;|\t][\s\"']*)([=+\-@＝＋－＠﹢﹣﹦﹫−])")
_PLAIN = re.compile(r"[\w .,%()«»№…–—-]", re.ASCII)


@dataclass
class Notes:
    """What was changed in the texts on the way, in Russian; for the protocol of a run."""

    lines: list[str] = field(default_factory=list)

    def add(self, place: str, what: str) -> None:
        """Keep one change; values never stand in it."""
        self.lines.append(f"{place}: {what}")


@dataclass(frozen=True)
class Export:
    """The bytes of a file and what was changed to make it."""

    content: bytes = field(repr=False)
    notes: tuple[str, ...] = ()

    def write(self, path: str | os.PathLike) -> Path:
        """Write whole or not at all."""
        return write_atomic(Path(path), self.content)


def to_csv(frame: pd.DataFrame, decimals: int | Mapping | None = None) -> Export:
    """CSV that Excel set up for Russian opens without a dialogue: `;`, decimal comma, byte order mark.

    A text that would start a formula gets an apostrophe in front; numbers are left alone, so -1,5 is a number.

    >>> frame = pd.DataFrame({"балл": [-1.5], "отзыв": ["=1+1"], "телефон": ["+7 912 000-00-00"]}, index=["Ц1"])
    >>> print(to_csv(frame.rename_axis("код")).content.decode("utf-8-sig"), end="")
    "код";"балл";"отзыв";"телефон"
    "Ц1";-1,5;"'=1+1";"'+7 912 000-00-00"
    """
    notes, rows = Notes(), []
    header, body = _grid(frame, decimals, notes)
    for row in [header, *body]:
        rows.append([_csv_cell(value) for value in row])
    stream = io.StringIO(newline="")
    stream.writelines(DELIMITER.join(row) + "\n" for row in rows)
    return Export(stream.getvalue().encode("utf-8-sig"), tuple(notes.lines))


def to_xlsx(tables: Mapping[str, pd.DataFrame], decimals: int | Mapping | None = None) -> Export:
    """Workbook with one sheet a table; every text is stored as a string with the mark «this is text»."""
    for title, frame in tables.items():
        if len(frame) + 1 > ROW_LIMIT or frame.shape[1] + frame.index.nlevels > COLUMN_LIMIT:
            raise UsageError(f"Таблица «{title}»: строк {len(frame)}, столбцов {frame.shape[1]}; в лист Excel входит "
                             f"{ROW_LIMIT} строк и {COLUMN_LIMIT} столбцов. Сохраните в CSV или Parquet.")
    notes, book = Notes(), Workbook(write_only=True)
    for name, (title, frame) in zip(sheet_names(list(tables)), tables.items(), strict=True):
        if name != title:
            notes.add(f"лист «{name}»", "имя приведено к правилам Excel")
        sheet = book.create_sheet(name)
        sheet.freeze_panes = "A2"
        header, body = _grid(frame, decimals, notes)
        sheet.append([_xlsx_cell(sheet, value, bold=True) for value in header])
        for row in body:
            sheet.append([_xlsx_cell(sheet, value) for value in row])
    if not tables:
        book.create_sheet("Лист")
    stream = io.BytesIO()
    book.save(stream)
    return Export(stream.getvalue(), tuple(notes.lines))


def to_html(frame: pd.DataFrame, title: str = "", decimals: int | Mapping | None = None) -> Export:
    """A table as an HTML fragment: no script, no link, no style from outside, nothing for Markdown or MathJax.

    >>> to_html(pd.DataFrame({"а": ["<b>$x$</b>"]}, index=["Ц1"])).content.decode().count("<b>")
    0
    """
    notes = Notes()
    header, body = _grid(frame, decimals, notes)
    caption = f"<caption>{_html(clean(title, 'заголовок', notes))}</caption>" if title else ""
    head = "".join(f"<th>{_html(_shown(value))}</th>" for value in header)
    lines = "\n".join("<tr>" + "".join(f"<td>{_html(_shown(value))}</td>" for value in row) + "</tr>" for row in body)
    # The classes keep MathJax out: between dollars it would read a centre's name as a formula.
    made = (f'<table class="tex2jax_ignore mathjax_ignore">{caption}\n<thead><tr>{head}</tr></thead>\n'
            f"<tbody>\n{lines}\n</tbody></table>\n")
    return Export(made.encode("utf-8"), tuple(notes.lines))


def to_json(frame: pd.DataFrame, title: str = "", decimals: int | Mapping | None = None) -> Export:
    """Strict JSON that is safe inside a page too: `<`, `>`, `&` are written as escapes and read back as themselves."""
    notes = Notes()
    header, body = _grid(frame, decimals, notes)
    plain = [[value.isoformat() if isinstance(value, datetime.date) else value for value in row] for row in body]
    text = json.dumps({"title": clean(title, "заголовок", notes), "columns": header, "rows": plain},
                      ensure_ascii=False, indent=1, allow_nan=False)
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return Export((text + "\n").encode("utf-8"), tuple(notes.lines))


def sheet_names(titles: list[str]) -> list[str]:
    """Sheet names that Excel accepts: cleaned, at most 31 characters, different whatever the case.

    >>> sheet_names(["Ханты-Мансийский автономный округ — Югра", "a/b", "A?B", ""])
    ['Ханты-Мансийский АО — Югра', 'a b', 'A B (2)', 'Лист']
    """
    taken: set[str] = set()
    names = []
    for title in titles:
        name = _tidy(_NO_SHEET.sub(" ", title)).strip("'")
        if len(name) > SHEET_LIMIT:
            for long, short in _SHORTER.items():
                name = re.sub(long, short, name, flags=re.IGNORECASE)
        name = name if name and name.lower() not in {"history", "журнал"} else (f"{name} 1" if name else "Лист")
        names.append(_different(name, SHEET_LIMIT, taken))
    return names


def file_names(titles: list[str], suffix: str = "") -> list[str]:
    """File names that every system accepts: no separators, no reserved names, no trailing dot, no two alike.

    >>> file_names(["CON", "Центр № 1.", "а/б", "А:Б"], ".csv")
    ['_CON.csv', 'Центр № 1.csv', 'а_б.csv', 'А_Б (2).csv']
    """
    taken: set[str] = set()
    names = []
    for title in titles:
        name = _tidy(_NO_FILE.sub("_", title)).rstrip(". ").lstrip(".") or "таблица"
        name = f"_{name}" if _RESERVED.fullmatch(name) else name
        names.append(_different(name, 100 - len(suffix), taken) + suffix)
    return names


def is_formula_like(text: str) -> bool:
    """Whether a spreadsheet could take the text for a formula.

    >>> [is_formula_like(text) for text in ("=1", "\\t=1", " ＝1", "−1", "1=1", "")]
    [True, True, True, True, False, False]
    """
    bare = unicodedata.normalize("NFKC", text).replace("−", "-").lstrip()
    return bare.startswith(tuple(STARTS)) or text[:1] in {"\t", "\r", "\n"}


def guarded(text: str) -> str:
    """The text with an apostrophe wherever a spreadsheet could begin to read a formula, whatever its separator.

    >>> guarded("=1+1"), guarded("текст;=1+1"), guarded("−"), guarded("обычный")
    ("'=1+1", "текст;'=1+1", '−', 'обычный')
    """
    if text in ("-", "−", "–", "—"):
        return text  # a dash alone is «нет данных»
    safe = _INNER.sub(r"\1'\2", text)
    return f"'{safe}" if is_formula_like(text) else safe


def _grid(frame: pd.DataFrame, decimals: int | Mapping | None, notes: Notes) -> tuple[list, list[list]]:
    """Header and rows of plain values: None, bool, int, float, date or clean text."""
    depth = frame.index.nlevels
    bare = isinstance(frame.index, pd.RangeIndex) and frame.index.name is None
    header = [] if bare else [clean("" if name is None else str(name), f"заголовок {i + 1}", notes)
                              for i, name in enumerate(frame.index.names)]
    header += [clean(" · ".join(map(str, label)) if isinstance(label, tuple) else str(label),
                     f"заголовок {depth * (not bare) + i + 1}", notes) for i, label in enumerate(frame.columns)]
    places = [None] * (0 if bare else depth) + [
        decimals.get(label) if isinstance(decimals, Mapping) else decimals for label in frame.columns]
    columns = [] if bare else [list(frame.index.get_level_values(level)) for level in range(depth)]
    columns += [list(frame.iloc[:, i]) for i in range(frame.shape[1])]
    return header, [[_value(column[row], places[i], f"строка {row + 2}, столбец {i + 1}", notes)
                     for i, column in enumerate(columns)] for row in range(len(frame))]


def _value(value: object, decimals: int | None, place: str, notes: Notes) -> object:
    if isinstance(value, str):
        return clean(value, place, notes)
    if value is None or pd.isna(value):
        return None
    if pd.api.types.is_bool(value):
        return "да" if value else "нет"
    if isinstance(value, numbers.Integral):
        return int(value)
    if isinstance(value, numbers.Real):
        if not math.isfinite(value):
            notes.add(place, "бесконечность не записана")
            return None
        # Digits past the printed ones leave with the file and undo the disclosure control: cut, not only formatted.
        return float(value) if decimals is None else half_up(float(value), decimals)
    if isinstance(value, datetime.datetime):
        return value.replace(tzinfo=None)
    if isinstance(value, datetime.date):
        return value
    return clean(str(value), place, notes)


def clean(text: str, place: str, notes: Notes) -> str:
    """Text without signs that break files or hide other signs; at most as long as a cell holds."""
    spaced = re.sub(r"\r\n|[\t\r\n\x0b\x0c\x85\u2028\u2029]", " ", text)
    kept = "".join(sign for sign in spaced if unicodedata.category(sign) not in {"Cc", "Cf", "Cs", "Cn"}
                   or sign == "\u00ad")
    if len(kept) != len(spaced):
        codes = sorted({f"U+{ord(sign):04X}" for sign in spaced if sign not in kept})
        notes.add(place, f"удалены управляющие знаки ({', '.join(codes[:5])})")
    if spaced != text.replace("\r\n", " "):
        notes.add(place, "перевод строки или табуляция заменены пробелом")
    if len(kept.encode("utf-16-le")) // 2 > CELL_LIMIT:
        kept = _cut(kept, CELL_LIMIT)
        notes.add(place, f"текст длиннее {CELL_LIMIT} знаков, обрезан")
    return kept


def _csv_cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return '"' + guarded(value).replace('"', '""') + '"'
    if isinstance(value, float):
        return repr(value).replace(".", ",")
    return value.isoformat() if isinstance(value, datetime.date) else str(value)


def _xlsx_cell(sheet: object, value: object, bold: bool = False) -> WriteOnlyCell:
    cell = WriteOnlyCell(sheet, value=None if isinstance(value, str) else value)
    if isinstance(value, str):
        cell._value, cell.data_type = value, "s"   # the setter would take «=…» for a formula
        if is_formula_like(value):
            cell.quotePrefix = True                # stays text after the reader edits the cell
    if bold:
        cell.font = Font(bold=True)
    return cell


def _shown(value: object) -> str:
    if value is None:
        return "—"
    if isinstance(value, float):
        return f"{value:.12g}".replace(".", ",").replace("-", "−")
    return value.isoformat() if isinstance(value, datetime.date) else str(value)


def _html(text: str) -> str:
    """Every sign that means something to HTML, Markdown or TeX as a numeric entity."""
    return "".join(sign if ord(sign) > 127 or (sign != "_" and _PLAIN.fullmatch(sign)) else f"&#{ord(sign)};"
                   for sign in text)


def _tidy(name: str) -> str:
    """One line without control signs and doubled spaces."""
    kept = "".join(" " if unicodedata.category(sign) in {"Cc", "Zl", "Zp"} else sign for sign in name
                   if unicodedata.category(sign) not in {"Cf", "Cs", "Cn"})
    return re.sub(r"\s+", " ", kept).strip()


def _cut(text: str, limit: int) -> str:
    """At most `limit` UTF-16 units, the last of them an ellipsis if anything was lost."""
    if len(text.encode("utf-16-le")) // 2 <= limit:
        return text
    return text.encode("utf-16-le")[:2 * (limit - 1)].decode("utf-16-le", "ignore") + "…"


def _different(name: str, limit: int, taken: set[str]) -> str:
    made, number = _cut(name, limit), 1
    while made.casefold() in taken:
        number += 1
        tail = f" ({number})"
        made = _cut(name, limit - len(tail)) + tail
    taken.add(made.casefold())
    return made
