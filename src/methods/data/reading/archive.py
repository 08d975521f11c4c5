"""A workbook as a zip of XML, looked through before openpyxl loads it: is it safe, whole, and how far does it reach?

Sizes come from the zip's directory, so a bomb is refused before anything is unpacked; while parts are streamed the
bytes are counted again. The XML parser stops at the first DOCTYPE, before any entity exists. On the way the same
pass collects what openpyxl does not tell in its fast mode: hidden rows, merged cells, formulas without a value.
"""

from __future__ import annotations

import posixpath
import re
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO
from urllib.parse import unquote
from xml.parsers.expat import ExpatError, ParserCreate
from zipfile import BadZipFile, ZipFile, ZipInfo

from defusedxml import ElementTree
from openpyxl.utils import get_column_letter
from openpyxl.utils.cell import column_index_from_string, range_boundaries

from methods.data.reading.grid import SheetFacts
from methods.data.reading.report import Refused
from methods.data.reading.spec import Limits

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
LINK = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
END = b"PK\x05\x06"  # signature of the zip's last record
CHUNK = 1 << 16
SHEETS = "xl/worksheets/"
FAULTS = (BadZipFile, zlib.error, ExpatError, ElementTree.ParseError, EOFError, KeyError, ValueError, struct.error,
          NotImplementedError)
EMPTY = re.compile(rb'<c r="[A-Z]{1,3}\d{1,7}" s="\d{1,5}"/>')  # a formatted cell with nothing in it
OTHER_BOOK = re.compile(r"(?<![\w\])])\[(\d+)\]")  # [1]Лист1!A1, but not Table1[2024]


@dataclass(frozen=True)
class Package:
    """What was found in a workbook's parts."""

    facts: dict[str, SheetFacts]  # sheet name -> facts
    links: list[str]              # names of other workbooks, in the order of [1], [2] …


def open_zip(path: Path, limits: Limits) -> ZipFile:
    """The archive, if its directory is of a reasonable size: Python reads the whole of it at once."""
    size = path.stat().st_size
    with path.open("rb") as stream:
        stream.seek(max(0, size - CHUNK - 22))  # a comment of 64 KB may follow the record
        tail = stream.read()
    at = tail.rfind(END)
    if at < 0 or len(tail) < at + 22:
        raise BadZipFile("no end of the directory")
    directory = struct.unpack_from("<L", tail, at + 12)[0]
    if directory > limits.directory_bytes:
        raise Refused("XLS-20", size=directory, limit=limits.directory_bytes, ratio="–", most=limits.ratio)
    return ZipFile(path)


def examine(path: Path, limits: Limits) -> Package:
    """Refuse what is dangerous or damaged; tell the facts of every sheet."""
    try:
        with open_zip(path, limits) as archive:
            for part in archive.infolist():
                _size(part, limits)
            _total(sum(part.file_size for part in archive.infolist()), path, limits)
            parts = sorted(archive.infolist(), key=lambda part: part.filename.startswith(SHEETS))
            facts, names, links = {}, None, []
            for part in parts:
                if part.filename.startswith(SHEETS) and names is None:  # whatever names the sheets is safe by now
                    names, links = _names(archive)
                found = _look_through(archive, part, limits, (names or {}).get(part.filename))
                if found is not None:
                    facts[part.filename] = found
            if not names:
                raise BadZipFile("no sheets")
            return Package({name: facts[part] for part, name in names.items() if part in facts}, links)
    except FAULTS as fault:
        raise Refused("XLS-22", reason=str(fault)[:80]) from fault
    except RuntimeError as fault:  # zipfile: «encrypted, password required for extraction»
        raise Refused("XLS-22", reason=str(fault)[:80]) from fault


def _size(part: ZipInfo, limits: Limits) -> None:
    ratio = part.file_size / max(part.compress_size, 1)
    sheet = part.filename.startswith(SHEETS)
    if (part.file_size > limits.ratio_from and ratio > limits.ratio) or (
            part.file_size > limits.part_bytes and not sheet):
        raise Refused("XLS-20", size=part.file_size, ratio=f"{ratio:.0f}", most=limits.ratio,
                      limit=limits.unpacked_bytes if sheet else limits.part_bytes)


def _total(size: int, path: Path, limits: Limits) -> None:
    if size > limits.unpacked_bytes:
        raise Refused("XLS-20", size=size, limit=limits.unpacked_bytes,
                      ratio=f"{size / max(path.stat().st_size, 1):.0f}", most=limits.ratio)


def _look_through(archive: ZipFile, part: ZipInfo, limits: Limits, name: str | None) -> SheetFacts | None:
    """Stream one part through the parser, if it is XML; facts, if it is a sheet."""
    with archive.open(part) as stream:
        head = stream.read(CHUNK)
        if not head.lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n\x00").startswith(b"<"):
            return None
        sheet = _Sheet(part.filename, name, limits)
        try:
            _feed(sheet.parser, head, stream, part, limits)
        except ExpatError:
            if part.filename.endswith(".vml"):  # notes of old Excel: HTML inside, and openpyxl does not read them
                return None
            raise
        return sheet.facts if sheet.seen else None


def _feed(parser: object, chunk: bytes, stream: BinaryIO, part: ZipInfo, limits: Limits) -> None:
    count = 0
    while chunk:
        count += len(chunk)
        if count > limits.unpacked_bytes:  # the directory lied
            raise Refused("XLS-20", size=count, limit=limits.unpacked_bytes,
                          ratio=f"{count / max(part.compress_size, 1):.0f}", most=limits.ratio)
        # Millions of formatted empty cells are dropped here, ten times faster than the parser would pass them over;
        # one that is cut by the end of the chunk goes to the parser.
        parser.Parse(EMPTY.sub(b"", chunk) if part.filename.startswith(SHEETS) else chunk)
        chunk = stream.read(CHUNK)
    parser.Parse(b"", True)


class _Sheet:
    """Handlers of the XML parser. A million formatted rows pass here: an empty cell costs one short call."""

    def __init__(self, part: str, name: str | None, limits: Limits) -> None:
        self.part, self.name, self.limits, self.facts, self.seen = part, name, limits, SheetFacts(), False
        self.row = self.column = self.covered = 0
        self.cell: dict[str, str] = {}      # attributes of the cell, looked into only if it is filled
        self.formula: list[str] | None = None
        self.shared_key: str | None = None
        self.shared: dict[str, str] = {}    # text of a shared formula by its number
        self.columns: dict[str, int] = {}
        self.starts: dict[str, Callable[[dict], None]] = {
            f"{MAIN} row": self.start_row, f"{MAIN} c": self.start_cell, f"{MAIN} v": self.start_value,
            f"{MAIN} is": self.fill, f"{MAIN} f": self.start_formula, f"{MAIN} mergeCell": self.merge,
            f"{MAIN} col": self.start_column}
        self.parser = ParserCreate(namespace_separator=" ")
        self.parser.buffer_text = True
        self.parser.StartDoctypeDeclHandler = self.doctype
        self.parser.StartElementHandler = self.root

    def doctype(self, name: str, *_: object) -> None:
        raise Refused("XLS-21", sheet=self.name, part=self.part, found=f"<!DOCTYPE {name[:40]}>")

    def root(self, name: str, attributes: dict) -> None:
        """The root tells whether the part is a sheet; other parts are only parsed for DOCTYPE and wholeness."""
        self.seen = name == f"{MAIN} worksheet"
        self.parser.StartElementHandler = self.start if self.seen else None

    def start(self, name: str, attributes: dict) -> None:
        if name in self.starts:
            self.starts[name](attributes)

    def start_row(self, attributes: dict) -> None:
        row = int(attributes.get("r", self.row + 1))
        if row <= self.row:  # openpyxl would lose such a row without a word
            raise ValueError(f"row {row} after row {self.row}")
        self.row, self.column, self.cell, self.facts.formatted_row = row, 0, {}, row
        if attributes.get("hidden") in ("1", "true"):
            self.facts.hidden_rows.add(row)

    def start_cell(self, attributes: dict) -> None:
        if "r" not in attributes:  # then a cell stands next to the one before
            attributes["r"] = f"{get_column_letter(self.locate() + 1)}{self.row}"
        self.cell = attributes

    def locate(self) -> int:
        """Column of the present cell; its row must be the row it stands in."""
        if not self.cell:
            return 0
        letters = self.cell["r"].rstrip("0123456789")
        if self.cell["r"] != f"{letters}{self.row}":
            raise ValueError(f"cell {self.cell['r']} in row {self.row}")
        if letters not in self.columns:
            self.columns[letters] = column_index_from_string(letters)
        return self.columns[letters]

    def start_value(self, attributes: dict) -> None:
        if self.cell.get("t") == "str":  # "" is a text that a formula gave
            self.fill()
        self.parser.CharacterDataHandler, self.parser.EndElementHandler = self.fill, self.end_value

    def end_value(self, name: str) -> None:
        self.parser.CharacterDataHandler = self.parser.EndElementHandler = None

    def fill(self, *_: object) -> None:
        """The cell has a value: the sheet reaches so far."""
        self.reach()
        self.facts.unvalued.discard((self.row, self.column))

    def reach(self) -> None:
        self.column = self.locate()
        if self.row > self.limits.rows or self.column > self.limits.columns:
            raise Refused("XLS-19", sheet=self.name, row=self.row, value=self.cell["r"], rows=self.limits.rows,
                          columns=self.limits.columns)
        self.facts.last_row = self.row
        self.facts.last_column = max(self.facts.last_column, self.column)

    def start_formula(self, attributes: dict) -> None:
        self.reach()
        self.facts.unvalued.add((self.row, self.column))  # until a value follows
        self.formula = []
        self.shared_key = attributes.get("si") if attributes.get("t") == "shared" else None
        self.parser.CharacterDataHandler, self.parser.EndElementHandler = self.formula.append, self.end_formula

    def end_formula(self, name: str) -> None:
        self.parser.CharacterDataHandler = self.parser.EndElementHandler = None
        text = "".join(self.formula)
        if self.shared_key is not None:  # the text stands once, at the first cell that shares it
            text = self.shared.setdefault(self.shared_key, text)
        if found := OTHER_BOOK.search(text):
            self.facts.linked[self.row, self.column] = int(found[1])

    def merge(self, attributes: dict) -> None:
        """A merged range; together they cannot cover more than the sheet, unless someone wants to keep us busy."""
        left, top, right, bottom = bounds = range_boundaries(attributes["ref"])
        if None in bounds:
            raise ValueError(f"merged cells {attributes['ref']}")
        self.covered += (max(0, min(right, self.facts.last_column) - left + 1)
                         * max(0, min(bottom, self.facts.last_row) - top + 1))
        if self.covered > self.facts.last_column * self.facts.last_row:
            raise ValueError("merged cells overlap")
        self.facts.merged[attributes["ref"]] = bounds

    def start_column(self, attributes: dict) -> None:
        if attributes.get("hidden") in ("1", "true"):
            self.facts.hidden_columns.append((int(attributes["min"]), int(attributes["max"])))


def _names(archive: ZipFile) -> tuple[dict[str, str], list[str]]:
    """Sheets by their parts, and names of other workbooks: the workbook's own part says which is which."""
    targets = _targets(archive, "_rels/.rels")
    workbook = next(target for target in targets.values() if PurePosixPath(target).name == "workbook.xml")
    targets = _targets(archive, _relations(workbook))
    root = ElementTree.fromstring(archive.read(workbook))
    sheets = {targets.get(sheet.get(f"{{{LINK}}}id"), ""): sheet.get("name") for sheet in root.iter(f"{{{MAIN}}}sheet")}
    links = []
    for reference in root.iter(f"{{{MAIN}}}externalReference"):
        part = targets[reference.get(f"{{{LINK}}}id")]
        other = next(iter(_targets(archive, _relations(part)).values()), part)
        links.append(re.split(r"[/\\]", unquote(other))[-1])
    return sheets, links


def _relations(part: str) -> str:
    folder, name = posixpath.split(part)
    return posixpath.join(folder, "_rels", f"{name}.rels")


def _targets(archive: ZipFile, relations: str) -> dict[str, str]:
    """Identifier -> part of a file of relations; addresses outside the workbook stay as they are."""
    folder = posixpath.dirname(posixpath.dirname(relations))
    found = {}
    for relation in ElementTree.fromstring(archive.read(relations)):
        target = relation.get("Target", "")
        if relation.get("TargetMode") != "External":
            target = posixpath.normpath(posixpath.join("/", folder, target)).lstrip("/")
        found[relation.get("Id")] = target
    return found
