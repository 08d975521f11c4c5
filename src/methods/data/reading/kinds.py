"""What a file really is, by its first bytes: names lie."""

from __future__ import annotations

from pathlib import Path
from typing import Literal
from zipfile import BadZipFile

from methods.data.reading.archive import open_zip
from methods.data.reading.report import BYTES, Phrase, Refused
from methods.data.reading.spec import Limits

Kind = Literal["text", "workbook", "parquet"]
SUFFIXES: dict[str, Kind] = {".csv": "text", ".txt": "text", ".tsv": "text", ".xlsx": "workbook", ".parquet": "parquet"}
NAMES = {"text": "CSV", "workbook": "XLSX", "parquet": "Parquet"}
OLD = {".xls": "XLS", ".xlsb": "XLSB", ".ods": "ODS", ".xlsm": "XLSM"}
ACCEPTED = "CSV, XLSX, Parquet"
OLE = bytes.fromhex("D0CF11E0A1B11AE1")
PASSWORD = Phrase("файл защищён паролем", "the file is protected by a password")
MACROS = Phrase("в файле макросы", "the file holds macros")
REMOVE_PASSWORD = Phrase("снимите пароль", "remove the password")
SAVE_AS = Phrase("сохраните как «Книга Excel (.xlsx)»", "save as “Excel workbook (.xlsx)”")
CONTROL_SHARE = 0.05  # past this a “text” is none


def kind_of(path: Path, limits: Limits) -> Kind:
    """The kind of a file that may be read; everything else is refused with the reason."""
    size = path.stat().st_size
    if size > limits.file_bytes:
        raise Refused("BIG-01", size=size, limit=limits.file_bytes, unit=BYTES)
    suffix = path.suffix.casefold()
    expected = SUFFIXES.get(suffix)
    if size == 0:
        raise Refused("XLS-22", reason="0 B") if expected != "text" else Refused("TXT-21", lines=0)
    found = _found(path, limits) or NAMES.get(expected) or OLD.get(suffix, "?")
    if found == "password":
        raise Refused("XLS-23", accepted=ACCEPTED, reason=PASSWORD, remedy=REMOVE_PASSWORD)
    if found == "macros" or (suffix == ".xlsm" and found == "XLSX"):
        raise Refused("XLS-23", accepted=ACCEPTED, reason=MACROS, remedy=SAVE_AS)
    if found in OLD.values() and OLD.get(suffix) == found:
        raise Refused("XLS-23", accepted=ACCEPTED, reason=Phrase(f"это файл {found}", f"this is a file of {found}"),
                      remedy=SAVE_AS)
    if expected is None or found != NAMES[expected]:
        raise Refused("TXT-26", suffix=suffix or "–", kind=found, accepted=ACCEPTED)
    return expected


def _found(path: Path, limits: Limits) -> str | None:
    """The kind by the content; None if a damaged file of whatever kind its name says."""
    with path.open("rb") as stream:
        head = stream.read(8192)
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if head.startswith(b"PK\x03\x04"):
        return _zip(path, limits)
    if head.startswith(OLE):
        content = path.read_bytes()
        return "password" if "EncryptedPackage".encode("utf-16-le") in content else "XLS"
    if head.startswith(b"PAR1"):
        return "Parquet"
    if start.startswith((b"<!doctype html", b"<html", b"<table", b"<head", b"<meta")):
        return "HTML"
    if start.startswith(b"<?xml"):
        return "HTML" if b"<html" in start else "XML"
    return "CSV" if _textual(head) else None if path.suffix.casefold() != ".csv" else "?"


def _zip(path: Path, limits: Limits) -> str | None:
    try:
        with open_zip(path, limits) as archive:
            names = archive.namelist()
            if "mimetype" in names:
                return "ODS" if b"spreadsheet" in archive.read("mimetype")[:100] else "ZIP"
    except (BadZipFile, ValueError, EOFError, RuntimeError, NotImplementedError):
        return OLD.get(path.suffix.casefold(), "XLSX")  # damaged: told later
    if any(name.lower().endswith("vbaproject.bin") for name in names):
        return "macros"
    if "xl/workbook.bin" in names:
        return "XLSB"
    if any(name.startswith("xl/") for name in names):
        return "XLSX"
    return "DOCX" if any(name.startswith("word/") for name in names) else "ZIP"


def _textual(head: bytes) -> bool:
    """Whether the bytes may be text: UTF-16 is half zeros, other texts have next to no control bytes."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")) or looks_utf16(head):
        return True
    control = sum(byte < 32 and byte not in b"\t\r\n" for byte in head)
    return control <= max(CONTROL_SHARE * len(head), 3)


def looks_utf16(head: bytes) -> str | None:
    """UTF-16 without its mark: the high bytes of Latin and Cyrillic letters are 0 and 4.

    >>> looks_utf16("Код;Балл\\n".encode("utf-16-le"))
    'utf-16-le'
    """
    for name, high in (("utf-16-le", head[1::2]), ("utf-16-be", head[::2])):
        if len(high) >= 4 and b"\x00" in high and sum(byte in (0, 4) for byte in high) > 0.9 * len(high):
            return name
    return None
