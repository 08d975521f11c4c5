"""Text files: which encoding, which separator, which rows; every guess is proved by the headers or refused."""

from __future__ import annotations

import codecs
import csv
import io
import re
from pathlib import Path

from charset_normalizer import from_bytes
from tqdm import tqdm

from methods.data.reading.grid import Grid
from methods.data.reading.header import recognised
from methods.data.reading.kinds import looks_utf16
from methods.data.reading.report import ROWS, Phrase, Refused, Report
from methods.data.reading.spec import Limits, TableSpec, normal

SEPARATORS = (";", ",", "\t")
CODEPAGES = ("cp1251", "cp866", "koi8_r", "mac_cyrillic")
# Seen as -> in truth: a file read in a wrong encoding once and saved in UTF-8.
MISREAD = (("cp1251", "cp866"), ("cp1251", "koi8_r"), ("koi8_r", "cp1251"), ("cp866", "cp1251"), ("cp1251", "utf-8"),
           ("latin-1", "cp1251"), ("latin-1", "utf-8"), ("cp866", "utf-8"), ("mac_cyrillic", "cp1251"))
HEAD = 8192  # characters in which the header is looked for
COMMA = Phrase("десятичная запятая", "decimal comma")
POINT = Phrase("десятичная точка", "decimal point")


def read_text(path: Path, spec: TableSpec, report: Report, limits: Limits) -> Grid:
    """The rows of a text file as texts, numbered as Excel would number them."""
    text, encoding = _decoded(path.read_bytes(), spec)
    if not text.strip("\ufeff \t\r\n"):
        raise Refused("TXT-21", lines=0)
    separator = _separator(text, spec, limits)
    rows = _records(text, separator, path.name, limits)
    if breaks := sum("\n" in field or "\r" in field for _, fields in rows for field in fields):
        report.add("TXT-11", "note", count=breaks)
    if note := {"cp1251": "TXT-01", "utf-16": "TXT-04", "utf-8-sig": "TXT-27"}.get(encoding):
        comma = re.search(r"\d,\d", text) is not None and separator != ","
        report.add(note, "note", encoding=encoding, separator=_name(separator), decimal=COMMA if comma else POINT)
    _other_separator(rows, separator, spec)
    return Grid(rows, text=True)


def _decoded(data: bytes, spec: TableSpec) -> tuple[str, str]:
    """Text and encoding: UTF-8 with or without its mark, UTF-16, cp1251; other code pages are named and refused."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _strict(data, "utf-16"), "utf-16"
    if wide := looks_utf16(data[:HEAD]):
        return _strict(data, wide), "utf-16"
    encoding = "utf-8-sig" if data.startswith(codecs.BOM_UTF8) else "utf-8"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        return _codepage(data, spec), "cp1251"
    _misread(text, spec)
    return text, encoding


def _strict(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as fault:
        before = data[:fault.start].decode(encoding, errors="ignore")
        raise Refused("TXT-05", line=before.count("\n") + 1, encoding=encoding) from fault


def _codepage(data: bytes, spec: TableSpec) -> str:
    """The text, if the file is cp1251 throughout."""
    _one_encoding(data)
    head = data[:HEAD]
    scores = {name: _evidence(head.decode(name, errors="replace"), spec) for name in CODEPAGES}
    guess = max(scores, key=scores.get)
    if scores[guess] == 0:  # no known header: the letters must tell
        best = from_bytes(data[:10 * HEAD], cp_isolation=list(CODEPAGES)).best()
        guess = best.encoding if best else "cp1251"
    if guess != "cp1251":
        raise Refused("TXT-02" if guess == "cp866" else "TXT-03", guess=guess,
                      value=_first_header(head.decode("cp1251", errors="replace"), spec))
    return _strict(data, "cp1251")


def _one_encoding(data: bytes) -> None:
    """Two files glued together: some lines are UTF-8 with Russian letters, others are not UTF-8 at all."""
    first: bool | None = None
    for number, line in enumerate(data.split(b"\n"), 1):
        if line.isascii():
            continue
        try:
            line.decode("utf-8")
            utf8 = True
        except UnicodeDecodeError:
            utf8 = False
        if first is not None and utf8 != first:
            raise Refused("TXT-05", line=number, encoding="UTF-8" if first else "cp1251")
        first = utf8


def _misread(text: str, spec: TableSpec) -> None:
    """Valid UTF-8 that holds letters of a wrong reading: no header is known, but one is after the reading is undone."""
    head = text[:HEAD]
    if head.isascii() or _evidence(head, spec):
        return
    for seen, truth in MISREAD:
        mended = head.encode(seen, errors="replace").decode(truth, errors="replace")
        if _evidence(mended, spec):
            raise Refused("TXT-02" if truth == "cp866" else "TXT-03", guess=f"{truth} → {seen}",
                          value=_first_header(head, spec))


def _evidence(text: str, spec: TableSpec) -> int:
    """How many Russian headers of the table stand in the text."""
    head = normal(text)
    return sum(normal(name) in head for column in spec.columns for name in column.headers if not name.isascii())


def _first_header(text: str, spec: TableSpec) -> str:
    """The first header that is not plain Latin, as the wrong reading shows it."""
    fields = re.split(r"[;,\t\r\n]", text)
    return next((field for field in fields if field and not field.isascii()), fields[0])


def _separator(text: str, spec: TableSpec, limits: Limits) -> str:
    """The separator under which most headers are known; a declared one must be it."""
    scores = {}
    for separator in SEPARATORS:
        head = csv.reader(io.StringIO(text[:10 * HEAD], newline=""), delimiter=separator)
        best = (0, 0)
        try:
            for fields, _ in zip(head, range(limits.header_rows), strict=False):
                best = max(best, (len(recognised(fields, spec)), len(fields)))
        except csv.Error:  # a stray quote: told with its line by _records
            pass
        scores[separator] = best
    found = max(SEPARATORS, key=lambda separator: scores[separator])
    if spec.separator and found != spec.separator and scores[found] > scores[spec.separator]:
        raise Refused("TXT-06", found=_name(found), expected=_name(spec.separator), row=1,
                      value=text.splitlines()[0].strip("\ufeff"))
    return spec.separator or found


def _other_separator(rows: list[tuple[int, list]], separator: str, spec: TableSpec) -> None:
    """The header is separated in one way and every row of data in another: `1;0,5` would give `1;0` and 5."""
    width, data = len(rows[0][1]), rows[1:]
    for other in SEPARATORS:
        if other != separator and width > 1 and data and all(
                other in fields[0] and separator.join(fields).count(other) == width - 1 for _, fields in data):
            number, fields = data[0]
            raise Refused("TXT-06", found=_name(other), expected=_name(separator), row=number,
                          value=separator.join(fields), personal=spec.personal)


def _name(separator: str) -> str:
    return "TAB" if separator == "\t" else separator


def _records(text: str, separator: str, name: str, limits: Limits) -> list[tuple[int, list[str]]]:
    """Records with their numbers; a quoted line break stays inside its record, as it does in Excel."""
    rows: list[tuple[int, list[str]]] = []
    known: dict[str, str] = {}  # answers repeat: one object for equal texts halves the memory
    usual = csv.field_size_limit(len(text) + 1)
    reader = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), delimiter=separator, strict=True)
    number, line = 0, 1
    try:
        for number, fields in enumerate(tqdm(reader, desc=name, unit=" строк", delay=5, mininterval=5), 1):
            if number > limits.text_rows:
                raise Refused("BIG-01", size=number, limit=limits.text_rows, unit=ROWS)
            if any("\n" in field and _swallowed(field, separator, rows) for field in fields):
                raise Refused("TXT-10", row=number, line=line)
            if any(field.strip() for field in fields):
                rows.append((number, [known.setdefault(field, field) for field in fields]))
            line = reader.line_num + 1
    except csv.Error as fault:
        raise Refused("TXT-10", row=number + 1, line=line) from fault
    finally:
        csv.field_size_limit(usual)
    return rows


def _swallowed(field: str, separator: str, rows: list[tuple[int, list[str]]]) -> bool:
    """Whether a quoted cell holds what looks like whole rows: its quote was closed by a later, stray one."""
    width = len(rows[0][1]) if rows else 0
    return width >= 3 and any(line.count(separator) >= width - 1 for line in field.splitlines()[1:])
