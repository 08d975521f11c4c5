"""Raw data sets: what `source.yml` says of each, and proof that the files are still those that were described."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from methods.errors import EnvironmentFault, InputError

RAW = Path("data") / "raw"
PASSPORT = "source.yml"   # of a data set, in its folder
REQUIRED = ("title", "producer", "date", "licence", "files")


@dataclass(frozen=True)
class Source:
    """Provenance of one data set under `data/raw`."""

    name: str
    folder: Path
    title: str
    producer: str
    date: str
    licence: str
    address: str
    changes: str
    sha256: dict[str, str]  # file name -> hash as described
    absent: dict[str, tuple[str, ...]]  # period -> codes of regions that sent nothing, as the passport admits


def read_source(root: Path, dataset: str) -> Source:
    """The data set's `source.yml`; every required key must be there."""
    folder = root / RAW / dataset
    path = folder / "source.yml"
    if not path.is_file():
        raise InputError(f"Нет файла {(RAW / dataset / 'source.yml').as_posix()}: у набора данных должен быть паспорт "
                         f"с ключами {', '.join(REQUIRED)}.")
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError):
        content = None
    if not isinstance(content, dict) or not isinstance(content.get("files") or {}, dict):
        raise InputError(f"{path.relative_to(root).as_posix()}: паспорт не разбирается; нужны ключи "
                         f"{', '.join(REQUIRED)}, files — набор «файл: sha256».")
    absent = [key for key in REQUIRED if not content.get(key)]
    if absent:
        raise InputError(f"{path.relative_to(root).as_posix()}: не хватает ключей {', '.join(absent)}.")
    return Source(name=dataset, folder=folder, title=content["title"], producer=content["producer"],
                  date=str(content["date"]), licence=content["licence"], address=content.get("address", ""),
                  changes=content.get("changes", ""), sha256=dict(content["files"]),
                  absent={str(period): tuple(map(str, codes))
                          for period, codes in (content.get("absent") or {}).items()})


def described(source: Source) -> dict[str, str]:
    """What the passport says, in pieces that can be compared one by one: name -> sha256.

    A file has its own hash; what the passport says of the whole set (under its own name) and the regions that sent
    nothing for a period (`<period>/absent`) have hashes of those words.
    """
    said: dict[str, Sequence[str]] = {
        PASSPORT: (source.title, source.producer, source.date, source.licence, source.address, source.changes),
        **{f"{period}/absent": codes for period, codes in source.absent.items()}}
    words = {name: hashlib.sha256("\0".join(texts).encode()).hexdigest() for name, texts in said.items()}
    return {**source.sha256, **words}


def verified(source: Source, file: str) -> Path:
    """Path of a file of the data set, once its bytes are shown to be those that `source.yml` describes."""
    path = source.folder / file
    if file not in source.sha256:
        raise InputError(f"Файл {file} не описан в {source.name}/source.yml: добавьте его и его sha256.")
    if not path.is_file():
        raise InputError(f"Нет файла {path.as_posix()}, описанного в source.yml набора {source.name}.")
    found = sha256(path)
    if found != source.sha256[file]:
        raise EnvironmentFault(
            f"Файл {path.as_posix()} изменился: sha256 {found[:12]}…, в source.yml {source.sha256[file][:12]}…\n"
            "Исходные данные пишутся один раз. Верните файл или опишите новые данные новым набором.")
    return path


def still(root: Path, files: Mapping[str, str]) -> None:
    """Raise if a file that was verified and read is not the same any more: what was read then may be neither."""
    changed = [name for name, digest in files.items()
               if not (root / name).is_file() or sha256(root / name) != digest]
    if changed:
        raise EnvironmentFault(f"Исходные файлы изменились, пока их читали: {', '.join(changed)}. Ничего не "
                               "посчитано. Верните файлы, не меняйте их до конца расчёта и повторите.")


def sha256(path: Path) -> str:
    """Hash of a file's bytes."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
