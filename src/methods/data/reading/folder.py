"""The files of a folder that are to be read; what lies there besides is told, never read and never lost silently."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from fnmatch import fnmatch
from pathlib import Path

from methods.data.reading.kinds import SUFFIXES
from methods.data.reading.reader import name_of
from methods.data.reading.report import Report
from methods.data.reading.spec import normal
from methods.problems import Protocol

LEFTOVERS = ("~$*", ".*", "thumbs.db", "desktop.ini")  # of Excel, macOS, Windows
OWN = ("source.yml", "readme.md")
EXPECTED = tuple(f"*{suffix}" for suffix in SUFFIXES)
COPY = re.compile(r"^(копия|copy of)\s+|\s*\(\d+\)$|\s*[-–—]?\s*(копия|copy)(\s*\(?\d+\)?)?$")


def collect(folder: Path, protocol: Protocol, root: Path, *, expected: Sequence[str] = EXPECTED) -> list[Path]:
    """Files of a folder by name, without leftovers, copies and strangers.

    Parameters
    ----------
    folder : Path
        The folder; folders in it are strangers too.
    protocol : Protocol
        Takes a note of each leftover and an error of each copy and stranger.
    root : Path
        Top folder of the project.
    expected : sequence of str
        Names or patterns (`region_??.xlsx`) of the files that belong there.
    """
    found: dict[str, list[Path]] = {}
    for path in sorted(folder.iterdir()):
        report, name = Report(name_of(path, root), protocol), path.name.casefold()
        if any(fnmatch(name, pattern) for pattern in LEFTOVERS):
            report.add("XLS-24", "note", value=path.name)
        elif path.is_file() and name not in OWN:
            found.setdefault(_original(path), []).append(path)
        elif name not in OWN:
            report.add("BIG-02", value=path.name, expected=", ".join(expected[:10]))
    files = []
    for original, same in found.items():
        first = min(same, key=lambda path: len(path.name))
        for path in same:
            report = Report(name_of(path, root), protocol)
            if path != first or normal(path.stem) != original:
                report.add("XLS-25", value=path.name, second=_described(path),
                           first=_described(first) if path != first else "–")
            elif any(fnmatch(normal(path.name), normal(pattern)) for pattern in expected):
                files.append(path)
            else:
                report.add("BIG-02", value=path.name, expected=", ".join(expected[:10]))
    return sorted(files)


def _original(path: Path) -> str:
    """The name without «(1)», «копия» and the ending: files that agree in it are one region twice."""
    name = normal(path.stem)
    while (shorter := COPY.sub("", name)) != name:
        name = shorter
    return name


def _described(path: Path) -> str:
    facts = path.stat()
    return f"{path.name} ({facts.st_size} B, {datetime.fromtimestamp(facts.st_mtime):%d.%m.%Y %H:%M})"
