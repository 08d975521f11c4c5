"""Profiles of regions and units beside a finished report: written in parallel, put in place whole or not at all."""

from __future__ import annotations

import functools
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Literal

import pandas as pd

from methods.data import editions, store
from methods.errors import UsageError
from methods.files import put_back, put_in_place, write_atomic
from methods.index.consistency import nearest
from methods.report import pdf, profile, single_page, word
from methods.report.document import Document, said
from methods.report.exports import Export
from methods.run import boards
from methods.run.lock import locked

FOLDERS = {"region": "regions", "unit": "units"}
NAME = "profile"
STAMP = "report.sha256"     # of the report that the profiles in the folder were made by
SUFFIXES: dict[str, Callable[[Document], Export]] = {
    ".html": single_page.to_html, ".docx": functools.partial(word.to_docx, compact=True),
    ".pdf": functools.partial(pdf.to_pdf, compact=True)}

Kind = Literal["region", "unit"]
Say = Callable[[str], None]
Texts = Iterator[tuple[str, str]]   # place, text


def make(version: str, period: str, root: Path, *, regions: Sequence[str] = (), units: Sequence[str] = (),
         all_regions: bool = False, workers: int | None = None, say: Say = print,
         checked: Callable[[Texts, boards.Evidence], None] = lambda texts, evidence: None) -> list[Path]:
    """Write profiles into `reports/<edition>/<period>/regions/<code>` (and `units/<code>`): HTML, DOCX and PDF.

    Everything is prepared in `regions.partial` beside it, together with the profiles that were made by the same report
    before, and swapped in whole: after a failure the previous profiles are as they were. The bytes do not depend on the
    number of workers.

    Parameters
    ----------
    regions : codes or names
    units : codes
    all_regions : bool
        Every region; the profiles of earlier calls are all replaced.
    workers : int, optional
        Processes; by default 2, on a machine with one processor 1.
    checked : callable
        `checked(texts, evidence)` looks at all that the profiles say, with its place, and raises `DisclosureError` if
        it may not leave.

    Returns
    -------
    list of paths
        The lists of profiles, `index.html` of each folder.

    Raises
    ------
    UsageError
        No finished report, one made from other files, an unknown code, an edition without regions.
    """
    edition = editions.load_edition(root, version)
    period = store.resolve_period(edition, period)
    report = boards.finished(root, edition, period)
    say("Профили: собираю общее для всех …")
    evidence = boards.collect(root, edition, period, report)
    asked: dict[Kind, Sequence[str]] = {"region": regions, "unit": units}
    done = []
    for kind, codes in asked.items():
        if not codes and not (kind == "region" and all_regions):
            continue
        board = boards.board(evidence, kind)
        chosen = list(board.titles.index) if kind == "region" and all_regions else [
            _subject(code, board) for code in codes]
        done.append(_folder(board, list(dict.fromkeys(chosen)), report, workers or min(2, os.cpu_count() or 1), say,
                            lambda texts: checked(texts, evidence), anew=kind == "region" and all_regions))
    return done


def _folder(board: profile.Board, subjects: list[str], report: boards.Finished, workers: int, say: Say,
            checked: Callable[[Texts], None], *, anew: bool) -> Path:
    """All profiles of one kind, prepared aside and swapped in."""
    final = report.folder / FOLDERS[board.kind]
    partial, previous = final.with_name(f"{final.name}.partial"), final.with_name(f"{final.name}.previous")
    with locked(final.with_name(f".{final.name}.lock")):
        put_back(final, previous)
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        kept = [] if anew else _kept(final, partial, board, report.digest)
        _write_all(board, subjects, partial, workers, say, checked)
        listed = [subject for subject in board.titles.index if subject in {*kept, *subjects}]
        contents = profile.contents(board, listed, lambda code, suffix: f"{code}/{NAME}{suffix}")
        single_page.to_html(contents).write(partial / "index.html")
        write_atomic(partial / STAMP, f"{report.digest}\n".encode())
        put_in_place(partial, final, previous)
    return final / "index.html"


def _kept(final: Path, partial: Path, board: profile.Board, digest: str) -> list[str]:
    """Copy profiles that the same report made before; those of another one would stand beside them as if equal."""
    stamp = final / STAMP
    if not stamp.is_file() or stamp.read_text("utf-8").strip() != digest:
        return []
    found = [subject for subject, code in board.codes.items() if (final / code / f"{NAME}.html").is_file()]
    for subject in found:
        shutil.copytree(final / board.codes[subject], partial / board.codes[subject])
    return found


def _write_all(board: profile.Board, subjects: list[str], folder: Path, workers: int, say: Say,
               checked: Callable[[Texts], None]) -> None:
    texts: list[tuple[str, str]] = []
    total = len(subjects)
    if workers == 1 or total == 1:
        _begin(board, folder)
        made = map(_write, subjects)
        for number, own in enumerate(made, 1):
            texts += own
            _progress(say, number, total)
    else:
        context = get_context("spawn")   # the same on every system; a fork would copy the threads of numba
        with ProcessPoolExecutor(min(workers, total), context, _begin, (board, folder)) as pool:
            try:
                for number, own in enumerate(pool.map(_write, subjects), 1):
                    texts += own
                    _progress(say, number, total)
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise
    checked(iter(texts))


_shared: dict[str, object] = {}   # of a worker: what it was started with


def _begin(board: profile.Board, folder: Path) -> None:
    from methods.report import figures

    figures.use_theme()
    _shared.update(board=board, folder=folder)


def _write(subject: str) -> list[tuple[str, str]]:
    """Write the profile of one region or unit; give back what it says, with its place."""
    board, folder = _shared["board"], _shared["folder"]
    document = profile.compose(board, subject)
    target = folder / board.codes[subject]
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    for suffix, written in SUFFIXES.items():
        written(document).write(target / f"{NAME}{suffix}")
    return [(f"профиль {board.codes[subject]}", text) for part in document.parts for text in said(part)]


def _progress(say: Say, number: int, total: int) -> None:
    if number == total or number % 10 == 0:
        say(f"Профили: {number} из {total}")


def _subject(code: str, board: profile.Board) -> str:
    """The region or unit that a code (or a region's name) means."""
    by_code = pd.Series(board.codes.index, board.codes)
    if code in by_code.index:
        return by_code[code]
    if code in board.titles.index:
        return code
    what = "региона" if board.kind == "region" else f"единицы ({board.edition.unit.one})"
    known = [*by_code.index, *(board.titles if board.kind == "region" else ())]
    raise UsageError(f"Нет {what} с кодом «{code}» в рейтинге редакции {board.edition.version} за {board.period}."
                     f"{nearest(code, known)} Всего их {len(by_code)}, первые: {', '.join(by_code.index[:5])}.")
