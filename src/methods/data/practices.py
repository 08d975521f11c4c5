"""The catalogue of practices by life situation: what to do about a weak indicator. Users extend it in Excel."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from methods.data import editions, sources
from methods.data.reading.reader import read_file
from methods.data.reading.spec import ColumnSpec, TableSpec
from methods.data.registry import cell_text, listed, lookalike, place
from methods.files import write_atomic
from methods.index.consistency import closest
from methods.index.edition import Edition
from methods.problems import Problem, Protocol

DATASET, FILE = "practices", "practices.csv"
CODE, SITUATION, EDITION, INDICATORS = "код", "жизненная_ситуация", "редакция", "показатели"
TITLE, ACTION, SIGN, STATUS, SOURCE = "название", "что_сделать", "как_понять_что_помогло", "статус", "источник"
EXAMPLE, TRIED = "пример", "проверено"
COLUMNS = (CODE, SITUATION, EDITION, INDICATORS, TITLE, ACTION, SIGN, STATUS, SOURCE)
LONGEST = 300   # characters of a cell: a profile has two pages
NAMES = {CODE: "code", SITUATION: "situation", TITLE: "title", ACTION: "action", SIGN: "sign", STATUS: "status",
         SOURCE: "source"}
PRACTICES = TableSpec("каталог практик", tuple(
    ColumnSpec(name, "code" if name == CODE else "text", categories=(EXAMPLE, TRIED) if name == STATUS else (),
               longest=LONGEST) for name in COLUMNS), key=(CODE,))


def practices(root: Path, edition: Edition) -> pd.DataFrame:
    """Practices of the catalogue that concern an edition, one row an indicator and practice.

    Returns
    -------
    DataFrame
        `indicator`, `code`, `situation`, `title`, `action`, `sign`, `status`, `source`: indicators in the edition's
        order, tried practices before examples, then by code. Empty if the catalogue knows nothing about the edition.

    Raises
    ------
    InputError
        The catalogue breaks its own rules: all faults at once, with their cells.
    """
    source = sources.read_source(root, DATASET)
    return of_edition(read_practices(sources.verified(source, FILE), root), edition)


def of_edition(table: pd.DataFrame, edition: Edition) -> pd.DataFrame:
    """The same of a catalogue that was read already."""
    place_of = {code: number for number, code in enumerate(edition.indicators)}
    own = table[table[EDITION].map(lambda names: edition.version in names)].explode(INDICATORS)
    own = own[own[INDICATORS].isin(place_of)]
    own = own.assign(place=own[INDICATORS].map(place_of), example=own[STATUS] != TRIED)
    own = own.sort_values(["place", "example", CODE], kind="stable")
    return own[[INDICATORS, *NAMES]].rename(columns={INDICATORS: "indicator", **NAMES}).reset_index(drop=True)


def read_practices(path: Path, root: Path) -> pd.DataFrame:
    """A catalogue, strictly read: codes of editions and of indicators as lists, every other cell as its text.

    Raises
    ------
    InputError
        An empty cell, a repeated code, an unknown edition or indicator (with the most similar one), a wrong status.
    """
    protocol = Protocol()
    frame = read_file(path, PRACTICES, protocol, root)
    protocol.stop()
    known = {version: set(editions.load_edition(root, version).indicators) for version in editions.available(root)}
    for name in COLUMNS:
        for row in frame.index[frame[name].map(cell_text) == ""]:
            protocol.add(Problem("PRC-01", place(frame, row, name), None, {"column": name}))
    for code, rows in frame.groupby(CODE).groups.items():
        for row in rows[1:]:
            protocol.add(Problem("PRC-02", place(frame, row, CODE), code, {"first": int(rows[0])}))
    frame[EDITION], frame[INDICATORS] = frame[EDITION].map(_codes), frame[INDICATORS].map(_codes)
    for row, line in frame.iterrows():
        for version in line[EDITION]:
            if version not in known:
                protocol.add(Problem("PRC-03", place(frame, row, EDITION), version, {
                    "known": listed(known), "nearest": closest(version, known) or "—"}))
        allowed = set().union(*(known.get(version, set()) for version in line[EDITION]))
        for code in line[INDICATORS] if allowed else ():
            if code not in allowed:
                protocol.add(_unknown(frame, row, code, allowed, line[EDITION]))
    protocol.stop()
    return frame.reset_index(drop=True)


def accept_practices(path: Path, root: Path) -> int:
    """Check a catalogue and put it in the place of the present one with its hash; return the number of practices."""
    table = read_practices(path, root)
    folder = root / sources.RAW / DATASET
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, delimiter=";", lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows([", ".join(cell) if isinstance(cell, list) else cell for cell in line]
                     for line in table[list(COLUMNS)].itertuples(index=False))
    passport = (folder / "source.yml").read_text("utf-8")
    written = write_atomic(folder / FILE, stream.getvalue().encode("utf-8-sig"))
    changed = re.sub(rf'("{re.escape(FILE)}": )[0-9a-f]{{64}}', rf"\g<1>{sources.sha256(written)}", passport)
    write_atomic(folder / "source.yml", changed.encode("utf-8"))
    return len(table)


def covered(table: pd.DataFrame, edition: Edition) -> Mapping[str, int]:
    """How many practices every indicator of the edition has."""
    counts = table["indicator"].value_counts()
    return {code: int(counts.get(code, 0)) for code in edition.indicators}


def _codes(cell: object) -> list[str]:
    """Codes of a cell, parted by commas or semicolons.

    >>> _codes("Д1, Д2;К3")
    ['Д1', 'Д2', 'К3']
    """
    return [code for code in (part.strip() for part in re.split("[,;]", cell_text(cell))) if code]


def _unknown(frame: pd.DataFrame, row: object, code: str, allowed: set[str], versions: list[str]) -> Problem:
    if latin := lookalike(code, allowed):
        character, position, meant = latin
        return Problem("REF-04", place(frame, row, INDICATORS), code,
                       {"character": character, "position": position, "meant": meant})
    alike = sorted(known for known in allowed if known[:1] == code[:1])
    return Problem("CHK-11", place(frame, row, INDICATORS), code, {
        "version": listed(versions), "nearest": closest(code, sorted(allowed)) or listed(alike, 8) or "—"})
