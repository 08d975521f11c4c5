"""Experts' files in, judgements by element out: what the rest of the program calls."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from methods.data.intake.experts.forms import read_answers
from methods.data.intake.experts.panel import Experts, judgements_on
from methods.data.intake.experts.record import Record, asked
from methods.data.intake.experts.sheets import read_sheets
from methods.data.intake.files import recognise
from methods.data.reading import collect
from methods.errors import UsageError
from methods.index.edition import INDEX, Edition
from methods.problems import Protocol
from methods.weights.direct import Partial


def read_experts(source: Path | Sequence[Path], edition: Edition, root: Path, protocol: Protocol, *,
                 element: str = INDEX, partial: Partial = "leave_out") -> Experts:
    """Read and check experts' files; the judgements on the members of one element.

    Parameters
    ----------
    source : Path or sequence of Path
        A folder, of which the files with a column «эксперт» are taken; a file or several.
    protocol : Protocol
        Takes every error, doubt and automatic correction, also of the judgements on other elements.
    element : str
        "index" for its children (the groups), or the code of a group for what is inside.
    partial : {"leave_out", "panel", "refuse"}
        What will be done with experts who rated a part (`direct`): a warning says so; "refuse" makes it an error.

    Returns
    -------
    Experts
        Empty if nobody judged the element. Bad content raises nothing: ask `protocol.stop()`.
    """
    sets = asked(edition)
    if element not in sets:
        raise UsageError(f"Элемент «{element}»: взвешивать нечего. Есть: {', '.join(sets)}.")
    if isinstance(source, Path):
        source = [source] if source.is_file() else _of_experts(source, edition, root, protocol)
    return check_experts(source, edition, root, protocol, partial=partial)[element]


def check_experts(files: Iterable[Path], edition: Edition, root: Path, protocol: Protocol, *,
                  partial: Partial = "leave_out") -> dict[str, Experts]:
    """Read and check experts' files; judgements by element, an empty set for one that nobody judged."""
    record = Record(edition, protocol, partial)
    for path in files:
        for sheet in read_sheets(path, root, record):
            for answer in read_answers(sheet, record):
                record.keep(answer)
    return {element: judgements_on(element, record) for element in record.sets}


def _of_experts(folder: Path, edition: Edition, root: Path, protocol: Protocol) -> list[Path]:
    """Files of a folder that hold judgements; what cannot be opened is told, files of other kinds are not ours."""
    files = []
    for path in collect(folder, protocol, root):
        own = Protocol()
        seen = recognise(path, edition, (), own, root)
        if seen is not None and seen.kind == "experts":
            files.append(path)
        for problem in own.problems:
            if problem.code != "FLD-01":
                protocol.add(problem)
    return files
