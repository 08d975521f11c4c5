"""Files of Word and Excel as what they are: zip archives of XML."""

from __future__ import annotations

import io
import os
import re
import zipfile
from collections.abc import Iterator
from datetime import date

from defusedxml.ElementTree import fromstring

_DATES = re.compile(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*(</dcterms:)")
_WORDS = re.compile(r"(word|xl|docProps)/.*\.xml")
_TOGETHER = ("p", "si", "is", "sheet", "definedName", "docPr")   # elements that hold one text, in pieces or whole
_SAID = ("descr", "title", "name")                               # attributes with words: alt texts, names of sheets


def repacked(content: bytes, issued: date) -> bytes:
    """The archive with one date in every place, so that equal contents are equal bytes whenever they are written.

    Parameters
    ----------
    content : bytes
        A DOCX or XLSX file.
    issued : date
        Stands for the time of creation and of the last change; not before 1980, where the dates of zip begin.
    """
    stream = io.BytesIO()
    moment = f"{issued:%Y-%m-%d}T00:00:00Z".encode()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as new:
        for name in sorted(old.namelist(), key=lambda name: (name != "[Content_Types].xml", name)):   # it comes first
            info = zipfile.ZipInfo(name, (issued.year, issued.month, issued.day, 0, 0, 0))
            info.compress_type, info.create_system = zipfile.ZIP_DEFLATED, 3   # not the system that wrote it
            part = old.read(name)
            new.writestr(info, _DATES.sub(rb"\g<1>" + moment + rb"\2", part) if name == "docProps/core.xml" else part)
    return stream.getvalue()


def texts(path: str | os.PathLike) -> Iterator[str]:
    """Everything in words in a DOCX or XLSX file: paragraphs, cells, alt texts, names of sheets, properties."""
    with zipfile.ZipFile(path) as archive:
        for name in sorted(archive.namelist()):
            if not _WORDS.fullmatch(name):
                continue
            for element in fromstring(archive.read(name)).iter():
                tag = element.tag.rpartition("}")[2]
                if tag in _TOGETHER or name.startswith("docProps/"):
                    said = "".join(element.itertext()) if tag in _TOGETHER else element.text or ""
                    yield from filter(None, [said.strip(), *(element.get(key, "").strip() for key in _SAID)])
