"""May a report leave: nothing in it, alone or beside an earlier one, may give away what few people said.

Nor may its prose print a number that is not among the results.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import nbformat
import numpy as np
import pandas as pd

from methods.data import editions, waves
from methods.data.disclosure import differencing, find_personal
from methods.data.disclosure.model import REGION
from methods.data.disclosure.quotation import fingerprints, quotes
from methods.errors import DisclosureError
from methods.index.edition import Edition
from methods.report import chapters, document, office, prose
from methods.report.results import Results

JOB, TABLE = "sensitivity", "published"  # the job that keeps the table of all published cells, and its key
CELL = ["unit", "element", "part"]
SHOWN = 20

_TAG = re.compile(r"<[^>]+>")


def earlier_reports(reports: Path, final: Path, period: str, dataset: str) -> list[Path]:
    """Folders of finished reports on the same data and period: the one to be replaced and those of other editions."""
    found = []
    for manifest in sorted(reports.glob(f"*/{period}/manifest.json")):
        if f"data/raw/{dataset}/source.yml" in json.loads(manifest.read_text("utf-8")).get("inputs", {}):
            found.append(manifest.parent)
    return sorted(found, key=lambda folder: folder != final)


def compared(folder: Path, earlier: Iterable[Path], threshold: int) -> None:
    """Raise if a cell of the new report and the same cell of an earlier one isolate the answers of a few."""
    after = _cells(folder)
    if after is None:
        return
    for other in earlier:
        before = _cells(other)
        if before is None:
            continue
        found = [*differencing(before, after, threshold).index, *_left_alone(before, after)]
        if found:
            lines = [f"  {' × '.join(filter(None, cell))}" for cell in found[:SHOWN]]
            raise DisclosureError("\n".join([
                "Публикация остановлена: вместе с прежним отчётом новый выдаёт ответы немногих "
                f"(меньше {threshold}), ячеек: {len(found)}.",
                f"  прежний отчёт: {other}, таблица {JOB}-{TABLE}.csv; новый: {folder}", *lines,
                "  правило: разность двух публикаций не должна оставлять меньше порога ответов | если прежний отчёт "
                "никому не передавали, повторите с ключом --ignore-previous; иначе оставьте прежние значения ячеек"]))


def nothing_personal(folder: Path, comments: np.ndarray | None, allowed: Iterable[str]) -> None:
    """Raise if a text, a table or an output of a notebook holds personal data or a client's own words.

    Parameters
    ----------
    comments : array, optional
        Fingerprints of what clients wrote (`disclosure.quotation.fingerprints`).
    allowed : texts
        Public texts that may look like either: names of centres, of regions, of the edition.
    """
    texts_clean(_texts(folder), comments, allowed)


def texts_clean(texts: Iterable[tuple[str, str]], comments: np.ndarray | None, allowed: Iterable[str]) -> None:
    """The same for texts with their places, of papers that are not notebooks."""
    public = list(allowed)
    known, open_ = set(public), fingerprints(public)
    found = []
    for place, text in texts:
        if text in known:
            continue
        kinds = [marker.kind for marker in find_personal(text)]
        if comments is not None and len(comments) and quotes(text, comments, open_):
            kinds.append("слова клиента")
        if kinds:
            found.append(f"  {place} | {', '.join(dict.fromkeys(kinds))}")
        else:
            known.add(text)  # the formats say the same again
    if found:
        more = [f"  … и ещё {len(found) - SHOWN}"] if len(found) > SHOWN else []
        raise DisclosureError("\n".join([
            f"Публикация остановлена: в отчёте есть личные сведения или слова клиентов, мест: {len(found)}.",
            *found[:SHOWN], *more, "  правило: личные данные и ответы не публикуются | уберите их из тетради или "
            "из названий в реестре"]))


def names_of(units: pd.DataFrame) -> list[str]:
    """Titles of units and of their regions, as far as they are known.

    >>> names_of(pd.DataFrame({"title": ["ЦЗН 1", "ЦЗН 2"], "region": ["Тверь", None]}))
    ['ЦЗН 1', 'Тверь', 'ЦЗН 2']
    """
    return list(units[[column for column in ("title", "region") if column in units]].stack().dropna().unique())


def names_with_numbers(root: Path, edition: Edition, period: str, units: pd.DataFrame) -> set[str]:
    """Names and reservations of the editions that a report speaks of, of its units and regions, if they hold digits."""
    told = {edition.version, *waves.overlaps(root, edition),
            *(wave.version for wave in waves.waves(root, edition, period))}
    said = set().union(*(chapters.words_of(editions.load_edition(root, version)) for version in told))
    said.update(units.index.astype(str), names_of(units))
    return {name for name in said if any(sign.isdecimal() for sign in name)}


def numbers_kept(folder: Path, names: Iterable[str]) -> None:
    """Raise if the prose of a report prints a number that its results do not hold: somebody typed it by hand.

    Parameters
    ----------
    names : texts
        Titles, periods and reservations whose numbers are not results: of the editions, of units and regions.
    """
    names = list(names)
    jobs = [Results.read(folder, record["job"]) for path in sorted(folder.glob("*.json"))
            if "job" in (record := json.loads(path.read_text("utf-8")))]
    found = [lost for job in jobs for lost in job.unfound(names)]
    said = sorted({text for job in jobs for _, text in job.said()}, key=len, reverse=True)
    for path in sorted(folder.glob("*.ipynb")):
        for number, cell in enumerate(nbformat.read(path, as_version=4).cells, 1):
            shown = [cell.source] if cell.cell_type == "markdown" else [
                output.data["text/markdown"] for output in cell.outputs if "text/markdown" in output.get("data", {})]
            for text in shown:
                for known in said:   # looked at above
                    text = text.replace(known, "")
                found += prose.typed(f"{path.name}, ячейка {number}", text, names)
    prose.stop(found)


def _cells(folder: Path) -> pd.DataFrame | None:
    results = Results.read(folder, JOB, absent_ok=True)
    if TABLE not in results.tables:
        return None
    cells = results.tables[TABLE].frame.set_index(CELL)
    return cells.fillna({"n": 0})  # of a hidden cell nobody outside knows: it counts as resting on a few


def _left_alone(before: pd.DataFrame, after: pd.DataFrame) -> list[tuple[str, str, str]]:
    """Regions whose mean is shown in both, over units that differ by hidden ones: the difference is their index."""
    found = []
    both = before.index[before["value"].notna()].intersection(after.index[after["value"].notna()])
    members = [table["region"].dropna().groupby(table["region"].dropna()).groups for table in (before, after)]
    for cell in both[both.get_level_values("part") == REGION]:
        one, other = ({unit for unit, element, part in groups.get(cell[0], ()) if (element, part) == ("index", "")}
                      for groups in members)
        hidden = [unit for unit in one ^ other
                  if not any((unit, "index", "") in table.index and pd.notna(table.loc[(unit, "index", ""), "value"])
                             for table in (before, after))]
        if hidden:
            found.append(cell)
    return found


def _texts(folder: Path) -> Iterator[tuple[str, str]]:
    """Everything in words that a report says, with its place; numbers and pictures cannot quote."""
    for path in sorted(folder.glob("*.json")):
        record = json.loads(path.read_text("utf-8"))
        if "job" not in record:
            continue
        job = Results.read(folder, record["job"])
        yield from ((f"{path.name}, текст «{key}»", text) for key, text in job.texts.items())
        for key, table in job.tables.items():
            frame = table.frame.reset_index() if table.frame.index.name else table.frame
            for column in frame.columns:
                for row, cell in enumerate(frame[column], 2):  # as Excel numbers them
                    if isinstance(cell, str) and len(cell) > 3:
                        yield f"таблица {record['job']}-{key}.csv | строка {row} | столбец «{column}»", cell
    for path in sorted([*folder.glob("*.docx"), *folder.glob("*.xlsx")]):
        yield from ((path.name, text) for text in office.texts(path) if len(text) > 3)
    for path in sorted(folder.glob("*.pdf")):  # its letters are numbers of glyphs; it is set from these parts
        if not path.with_suffix(".ipynb").is_file():
            raise DisclosureError(f"Публикация остановлена: нельзя проверить {path.name}: рядом нет тетради "
                                  f"{path.stem}.ipynb, из которой он сделан. Уберите файл и повторите.")
        report = document.read(path.with_suffix(".ipynb"))
        yield from ((path.name, text) for part in report.parts for text in document.said(part) if len(text) > 3)
    for path in sorted(folder.glob("*.ipynb")):
        for number, cell in enumerate(nbformat.read(path, as_version=4).cells, 1):
            for output in cell.get("outputs", ()):
                data = output.get("data", {})
                said = [output.get("text", ""), *output.get("traceback", ()), data.get("text/plain", ""),
                        data.get("text/markdown", "")]
                text = "\n".join(part if isinstance(part, str) else "".join(part) for part in said)
                for line in _TAG.sub(" ", text).splitlines():
                    if len(line) > 3:
                        yield f"{path.name}, ячейка {number}", line
