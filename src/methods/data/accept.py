"""Taking files of regions and of experts into the raw data: checked, copied whole, described in the passport.

Raw data are written once. Accepting a period again needs to be asked for, and what was there before is kept aside.
"""

from __future__ import annotations

import datetime
import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from methods.data import sources
from methods.data.evidence import EXPERTS
from methods.data.intake.experts import check_experts
from methods.data.intake.folder import check_folder
from methods.data.reading import collect
from methods.errors import EnvironmentFault, UsageError
from methods.files import write_atomic
from methods.index.edition import Edition
from methods.problems import Language, Protocol


@dataclass(frozen=True)
class Accepted:
    """What was taken in."""

    folder: Path
    files: tuple[str, ...]
    kept_aside: Path | None  # what the folder held before
    protocol: Protocol


def accept(path: Path, edition: Edition, root: Path, period: str, *, absent: Sequence[str] = (), replace: bool = False,
           strict: bool = False, language: Language | None = None) -> Accepted:
    """Check a folder of files from the regions and copy it into the edition's data set.

    Parameters
    ----------
    path : Path
        Folder with the files as they came.
    absent : sequence of str
        Codes of regions that sent nothing; the passport keeps them, and every report on the period says so.
    replace : bool
        Take the place of files that were accepted for the period before; those are moved aside, not deleted.

    Raises
    ------
    UsageError
        The edition takes no files from regions, the period is not among its periods, or it was accepted already.
    Rejected
        The files break rules: nothing was copied.
    """
    if edition.data.regions is None:
        raise UsageError(f"Редакция {edition.version} не берёт файлов регионов: в ней нет ключа data.regions.")
    if period not in edition.data.periods:
        raise UsageError(f"Периода «{period}» нет в редакции {edition.version}. Есть: "
                         f"{', '.join(edition.data.periods)}.")
    name = edition.data.regions.replace("{period}", period)
    _not_taken_yet(root, edition, name, replace)
    protocol = Protocol()
    check_folder(path, edition, root, protocol, period=period, allow_missing=absent)
    protocol.stop(language, strict=strict)
    return _taken(sorted(collect(path, Protocol(), root)), root, edition, name, protocol, period, absent)


def accept_experts(path: Path, edition: Edition, root: Path, *, replace: bool = False, strict: bool = False,
                   language: Language | None = None) -> Accepted:
    """Check experts' files and copy them into the folder `experts` of the edition's data set.

    Raises
    ------
    UsageError
        No file of the folder holds judgements, or experts' files were accepted already.
    Rejected
        The files break rules: nothing was copied.
    """
    _not_taken_yet(root, edition, EXPERTS, replace)
    protocol = Protocol()
    files = sorted(collect(path, protocol, root))
    said = check_experts(files, edition, root, protocol)
    protocol.stop(language, strict=strict)
    if not any(judged.names for judged in said.values()):
        raise UsageError(f"В папке {path} нет суждений экспертов: ни в одном файле нет столбца «эксперт».")
    return _taken(files, root, edition, EXPERTS, protocol)


def _not_taken_yet(root: Path, edition: Edition, name: str, replace: bool) -> None:
    target = root / sources.RAW / edition.data.dataset / name
    if target.exists() and not replace:
        raise UsageError(f"Файлы уже приняты: {target}. Исходные данные пишутся один раз; чтобы принять "
                         "исправленные, добавьте --replace: прежние останутся рядом.")


def _taken(files: Sequence[Path], root: Path, edition: Edition, name: str, protocol: Protocol, period: str = "",
           absent: Sequence[str] = ()) -> Accepted:
    """The files copied into a folder of the data set, described in the passport and kept out of git."""
    dataset = root / sources.RAW / edition.data.dataset
    target, partial = dataset / name, dataset / f".{name}.partial"
    aside = None
    try:
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        for file in files:
            shutil.copyfile(file, partial / file.name)
        if target.exists():
            aside = dataset / f"{name}.прежние-{datetime.datetime.now():%Y-%m-%d-%H%M%S}"
            target.rename(aside)
        partial.rename(target)
    except OSError as error:
        shutil.rmtree(partial, ignore_errors=True)
        if aside is not None and not target.exists():
            aside.rename(target)
        raise EnvironmentFault(f"Не удалось скопировать файлы в {target}: {error.strerror or error}. Ничего не "
                               "принято. Проверьте место на диске, права и не открыты ли файлы.") from error
    hashes = {f"{name}/{file.name}": sources.sha256(target / file.name) for file in files}
    passport = dataset / "source.yml"
    text = passport.read_text(encoding="utf-8") if passport.is_file() else _passport(edition)
    write_atomic(passport, _described(text, name, hashes, period, absent).encode("utf-8"))
    _kept_out_of_git(dataset, name)
    return Accepted(target, tuple(file.name for file in files), aside, protocol)


def _passport(edition: Edition) -> str:
    """A passport to begin with; people complete it."""
    lines = {"title": f"Файлы регионов: {edition.title}", "producer": "регионы",
             "date": datetime.date.today().isoformat(), "licence": "для служебного пользования"}
    return "\n".join(f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in lines.items()) + "\nfiles:\n"


def _described(text: str, folder: str, hashes: dict[str, str], period: str, absent: Sequence[str]) -> str:
    """The passport with the folder's files described anew; everything else in it stays as it is written."""
    text = _replaced(text, "files", f"{folder}/", [
        f"{json.dumps(name, ensure_ascii=False)}: {digest}" for name, digest in sorted(hashes.items())])
    if not period:
        return text
    return _replaced(text, "absent", period, [f"{json.dumps(period)}: {json.dumps(list(absent))}"] if absent else [])


def _replaced(text: str, key: str, start: str, entries: list[str]) -> str:
    """YAML text whose mapping `key` has the entries that begin with `start` replaced by others; made if need be."""
    lines = text.splitlines()
    at = next((number for number, line in enumerate(lines) if line.startswith(f"{key}:")), None)
    if at is None:
        if not entries:
            return text
        lines, at = [*lines, f"{key}:"], len(lines)
    end = next((number for number in range(at + 1, len(lines)) if not lines[number].startswith(" ")), len(lines))
    kept = [line for line in lines[at + 1:end] if not line.strip().lstrip("\"'").startswith(start)]
    own = [f"  {entry}" for entry in entries]
    return "\n".join([*lines[:at], *([f"{key}:"] if own or kept else []), *own, *kept, *lines[end:]]) + "\n"


def _kept_out_of_git(dataset: Path, folder: str) -> None:
    """Answers of people must not get into a repository by chance."""
    path = dataset / ".gitignore"
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    wanted = [line for line in (f"/{folder}/", f"/{folder}.*/") if line not in lines]
    if wanted:
        write_atomic(path, ("\n".join([*lines, *wanted]) + "\n").encode("utf-8"))
