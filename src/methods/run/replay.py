"""A finished report recomputed from its passport: is it the same, and if not, what differs and what may be the cause.

The report itself is not touched: the run goes into a temporary folder.
"""

from __future__ import annotations

import csv
import io
import itertools
import json
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from methods.data import editions, publication, sources
from methods.errors import EnvironmentFault, UsageError
from methods.index.consistency import FOLDER_NAME
from methods.report import formats, frames
from methods.report.applicability import reason_not_applicable
from methods.report.results import ENGLISH
from methods.run import JOBS, manifest, runner
from methods.run.parameters import declared
from methods.run.translation import translation

SCHEMA = "zvezda-manifest-1"
PERIOD = re.compile(r"(?<!\d)\d{4}(?:-(?:Q[1-4]|\d\d))?(?!\d)")   # in the name of a folder: 2024, 2024-Q1, 2024-03
LARGEST = 16_000_000   # bytes; a passport has some ten thousand
DIGEST = re.compile(r"[0-9a-f]{64}")
SHOWN = 50             # differences in words
TEXT = 80              # characters of a value in words
ABSENT = "нет"
WORD = (".docx", ".dotx")   # of the inputs only the template of the Word file is one


@dataclass(frozen=True)
class Difference:
    """One thing that is not as it was."""

    kind: str
    place: str
    before: str
    after: str

    def __str__(self) -> str:
        return f"{self.kind} | {self.place} | было {self.before} | стало {self.after}"


@dataclass(frozen=True)
class Replay:
    """A report beside its repetition."""

    files: int                        # compared
    causes: tuple[Difference, ...]    # code, notebooks, packages that are not those of the report
    results: tuple[Difference, ...]   # what came out otherwise

    @property
    def equal(self) -> bool:
        """Whether every file of the report is the same."""
        return not self.results

    def text(self) -> str:
        """The verdict, what differs, and what is otherwise than in the first run."""
        head = (f"Отчёт воспроизведён: файлов {self.files}, все совпали." if self.equal else
                f"Отчёт не воспроизведён: файлов {self.files}, различий {len(self.results)}.")
        parts = [head, *_listed(self.results)]
        if self.causes:
            parts += ["С тех пор изменилось" + (":" if self.equal else " (возможные причины):"), *_listed(self.causes)]
        elif not self.equal:
            parts.append("Исходные данные, тетради, код и версии пакетов те же.")
        return "\n".join(parts)


@dataclass(frozen=True)
class Passport:
    """What `manifest.json` says of a report; every name in it was looked at."""

    path: Path
    edition: str
    period: str
    parameters: dict[str, object]           # «job.name» -> value, with the defaults of that time
    given: frozenset[str]                   # of them those that were passed to the notebooks
    inputs: dict[str, str]                  # path from the root -> sha256; so the next three
    notebooks: dict[str, str]
    described: dict[str, str] | None        # pieces of each source.yml; None as in the next
    modules: dict[str, str] | None          # None: a passport of an earlier version of the program
    outputs: dict[str, str]                 # path from the report's folder -> sha256
    executed: dict[str, str] | None
    versions: dict[str, str | None]
    code: Mapping[str, object]

    @property
    def folder(self) -> Path:
        """Where the report lies."""
        return self.path.parent


def read_passport(path: Path) -> Passport:
    """The passport of a report, refused if it names anything outside the project or the report.

    Raises
    ------
    UsageError
        Not a passport, or one with a path that leads elsewhere, a name that is no folder's, a digest that is none.
    """
    record = _loaded(path)
    if record.get("schema") != SCHEMA:
        raise _refused(path, "schema", record.get("schema"), f"«{SCHEMA}»")
    for key in ("edition", "period"):
        if not isinstance(record.get(key), str) or not FOLDER_NAME.fullmatch(record[key]):
            raise _refused(path, key, record.get(key), "имя из букв, цифр, «.», «-», «_»")
    jobs = record.get("jobs")
    if not isinstance(jobs, dict) or set(jobs) != set(JOBS):
        raise _refused(path, "jobs", sorted(jobs) if isinstance(jobs, dict) else jobs, ", ".join(JOBS))
    parameters, given = {}, set()
    for job, entry in jobs.items():
        own = entry.get("parameters") if isinstance(entry, dict) else None
        if not isinstance(own, dict):
            raise _refused(path, f"jobs.{job}.parameters", own, "набор «имя: значение»")
        parameters |= {f"{job}.{name}": value for name, value in own.items() if name not in ("edition", "period")}
        passed = entry.get("given", [])
        if not isinstance(passed, list):
            raise _refused(path, f"jobs.{job}.given", passed, "список имён")
        given |= {f"{job}.{name}" for name in own if name in passed}
    hashes = {key: _digests(path, key, record.get(key)) for key in ("inputs", "notebooks", "outputs")}
    later = {key: _digests(path, key, record[key]) if key in record else None
             for key in ("described", "modules", "executed")}
    told = {key: record.get(key) or {} for key in ("versions", "code")}
    for key, value in told.items():
        if not isinstance(value, dict):
            raise _refused(path, key, value, "набор «имя: версия»")
    return Passport(path.resolve(), record["edition"], record["period"], parameters, frozenset(given),
                    **hashes, **later, **told)


def replay(path: Path, root: Path, *, template: Path | None = None, timeout: float | None = None,
           say: Callable[[str], None] = print) -> Replay:
    """Recompute the report of the passport `path` with the data, notebooks and code of the project `root`.

    Parameters
    ----------
    template : path, optional
        The Word template of the report, if it had one that lies outside the project.
    timeout : float, optional
        Seconds for each notebook.
    say : callable
        Receives the causes that are seen beforehand and the lines of progress.

    Raises
    ------
    EnvironmentFault
        An input is missing or is not the one of the report: other data give another report. All are named.
    UsageError
        The passport is damaged or hostile, or asks for a parameter that the notebooks no longer have.
    """
    passport = read_passport(path)
    files = inputs_unchanged(passport, root, template)
    word = next((file for name, file in files.items() if name.lower().endswith(WORD)), None)
    causes = tuple(changed_since(passport, root))
    for cause in causes[:SHOWN]:
        say(f"Не так, как тогда: {cause}")
    edition = editions.load_edition(root, passport.edition)
    for period in dict.fromkeys([passport.period, edition.base_period or passport.period]):
        publication.published(edition.version, period, root)  # before the kernels, which would all begin to make it
    issued = sources.read_source(root, edition.data.dataset).date
    with tempfile.TemporaryDirectory(prefix="zvezda-replay-", ignore_cleanup_errors=True) as made:
        again = runner.run_report(
            passport.edition, passport.period, root, to_pass(passport, root),
            inputs=list(files.values()), applicable=lambda job, _: reason_not_applicable(job, edition),
            formats=lambda notebook: formats.write(
                notebook, runner.report_title(passport.edition, passport.period), issued, word),
            english=translation(root, edition, passport.period, issued, word)
            if any(name.startswith(f"{ENGLISH}/") for name in passport.outputs) else None,
            timeout=timeout, say=say, reports=Path(made).resolve())
        return compared(passport, again, causes)


def to_pass(passport: Passport, root: Path) -> dict[str, object]:
    """Parameters to give to the notebooks: those given then, and those whose default is another one now.

    The others are left to the notebook, as they were then: what was passed stands in a cell of the report.
    """
    chosen = {}
    for job, name in JOBS.items():
        now = declared(root / "notebooks" / f"{name}.ipynb")
        for key, value in passport.parameters.items():
            own = key.removeprefix(f"{job}.")
            if own != key and (key in passport.given or own not in now or now[own].default != value):
                chosen[key] = value
    return chosen


def inputs_unchanged(passport: Passport, root: Path, template: Path | None = None) -> dict[str, Path]:
    """Files of the inputs by their names; raises unless each is there and is the one that the report was made from.

    The passport of a data set (`source.yml`) may have grown: see `passport_apart`.
    """
    files, hint = {}, ""
    wrong: list[Difference] = []
    for name, digest in passport.inputs.items():
        files[name] = _inside(root, name, passport.path, "inputs")
        if name.startswith(manifest.OUTSIDE):
            files[name] = template or files[name]
            hint = "" if template else " | шаблон Word лежит вне проекта: назовите его ключом --template"
        found = sources.sha256(files[name]) if files[name].is_file() else ABSENT
        if found == digest:
            continue
        pieces = passport_apart(passport, name, root) if found != ABSENT else None
        wrong += [Difference("исходный файл", name, digest[:12], found[:12])] if pieces is None else pieces
    if wrong:
        raise EnvironmentFault("\n".join([
            f"Пересчитать отчёт нельзя: исходные данные не те, различий {len(wrong)}.", *_listed(wrong),
            "  правило: sha256 каждого файла должен быть тем, что записан в manifest.json | верните файлы или "
            f"постройте новый отчёт: zvezda report{hint}"]))
    return files


def passport_apart(passport: Passport, name: str, root: Path) -> list[Difference] | None:
    """Where the passport of a data set says something else of what the report rests on; None: cannot be told.

    `accept` describes every new year in the same file. Compared is what the set says of itself and every entry that
    was there; entries of later periods are of no matter, and neither are new ones beside the folders. A new file in a
    folder that stood there before is, since folders are read whole.
    """
    folder = PurePosixPath(name).parent
    now = manifest.described([name], root)
    if not now or name not in (passport.described or {}):
        return None
    before = {piece: digest for piece, digest in passport.described.items() if folder in PurePosixPath(piece).parents}
    return [difference for difference in _digests_apart("запись в source.yml", before, now)
            if not _later(difference.place, passport.period)
            and (difference.place in before or PurePosixPath(difference.place).parent != folder)]


def changed_since(passport: Passport, root: Path) -> Iterator[Difference]:
    """Code, notebooks and packages that are not those of the report; passports of data that have grown since."""
    for name, digest in passport.inputs.items():
        if name in (passport.described or {}) and (found := sources.sha256(root / name)) != digest:
            yield Difference("паспорт данных дополнен, записи этого отчёта прежние", name, digest[:12], found[:12])
    now = manifest.fingerprints([Path("notebooks") / f"{name}.ipynb" for name in JOBS.values()], root)
    yield from _digests_apart("тетрадь", passport.notebooks, now)
    if passport.modules is not None:
        yield from _digests_apart("код", passport.modules, manifest.modules())
    else:
        here = manifest.code_state(root) or {}
        for state, words in ((passport.code, "тогда"), (here, "сейчас")):
            if state.get("dirty"):
                yield Difference("код", f"правки вне git {words}", "неизвестно какие", "неизвестно какие")
        if passport.code.get("commit") != here.get("commit"):
            yield Difference("код", "git", _short(passport.code.get("commit")), _short(here.get("commit")))
    here = manifest.versions()
    for name in sorted(passport.versions.keys() & here.keys()):
        if passport.versions[name] != here[name]:
            yield Difference("версия", name, _short(passport.versions[name]), _short(here[name]))


def compared(passport: Passport, again: Path, causes: tuple[Difference, ...] = ()) -> Replay:
    """The report beside its repetition in the folder `again`, file by file.

    What the report says is taken from its passport; its own files only tell in words where they part.
    """
    outputs = manifest.fingerprints([again], again)
    outputs.pop("manifest.json", None)
    executed = manifest.executed(again.glob("*.ipynb"))
    results: list[Difference] = []
    for name in sorted(passport.outputs.keys() | outputs.keys()):
        before, after = passport.outputs.get(name), outputs.get(name)
        old = _inside(passport.folder, name, passport.path, "outputs")
        if before and old.is_file() and sources.sha256(old) != before:
            results.append(Difference("файл отчёта изменён после расчёта", name, before[:12], sources.sha256(old)[:12]))
            continue
        if before is None or after is None:
            results.append(Difference("файл", name, *("есть" if side else ABSENT for side in (before, after))))
        elif name in executed:   # not the English ones: they hold nothing of one run only
            results += _notebooks_apart(passport, name, executed[name], old, again / name)
        elif before != after:
            results += _files_apart(name, old, again / name) or [Difference(_kind(name), name, before[:12], after[:12])]
    return Replay(len(passport.outputs.keys() | outputs.keys()), causes, tuple(_once(results)))


def _later(piece: str, period: str) -> bool:
    """Whether an entry of a data set's passport lies in the folder of a later period."""
    return any(found > period and not found.startswith(period)   # a quarter of the year is not later than the year
               for found in PERIOD.findall(PurePosixPath(piece).parent.name))


def _loaded(path: Path) -> dict:
    if path.stat().st_size > LARGEST:
        raise _refused(path, "файл", f"{path.stat().st_size} байт", f"не больше {LARGEST} байт")
    try:
        record = json.loads(path.read_text("utf-8"))
    except (ValueError, RecursionError):
        record = None
    if not isinstance(record, dict):
        raise UsageError(f"{path} | не паспорт отчёта: не разбирается как JSON | допустимо: manifest.json из папки "
                         "готового отчёта reports/РЕДАКЦИЯ/ПЕРИОД")
    return record


def _refused(path: Path, key: str, found: object, allowed: str) -> UsageError:
    shown = found if isinstance(found, str) and found.isprintable() else json.dumps(found, ensure_ascii=True)
    return UsageError(f"{path.name} | {key} | найдено {shown[:TEXT]} | допустимо: {allowed}")


def _digests(path: Path, key: str, found: object) -> dict[str, str]:
    if not isinstance(found, dict):
        raise _refused(path, key, found, "набор «путь: sha256»")
    for name, digest in found.items():
        parts = PurePosixPath(name).parts
        if (not parts or name.startswith("/") or ".." in parts or re.search(r"[\\:\x00-\x1f]", name)
                or PurePosixPath(name).as_posix() != name):
            raise _refused(path, key, name, "путь внутри папки, без «..», «\\» и имени диска")
        if not isinstance(digest, str) or not DIGEST.fullmatch(digest):
            raise _refused(path, f"{key} {name}", digest, "sha256: 64 шестнадцатеричных знака")
    return dict(found)


def _inside(folder: Path, name: str, path: Path, key: str) -> Path:
    """The file of that name; a link that leads out of the folder is refused."""
    file = folder / name
    if not file.resolve().is_relative_to(folder.resolve()):
        raise _refused(path, key, name, f"ссылка не должна вести за папку {folder.name}")
    return file


def _digests_apart(kind: str, before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[Difference]:
    for name in sorted(before.keys() | after.keys()):
        if before.get(name) != after.get(name):
            yield Difference(kind, name, before.get(name, ABSENT)[:12], after.get(name, ABSENT)[:12])


def _notebooks_apart(passport: Passport, name: str, digest: str, old: Path, new: Path) -> list[Difference]:
    """Cells whose results differ; without the old file only that some do."""
    if passport.executed is not None and passport.executed.get(name) == digest:
        return []
    if not old.is_file():
        before = "неизвестно" if passport.executed is None else passport.executed.get(name, ABSENT)[:12]
        return [Difference("результаты тетради", name, before, digest[:12])]
    cells = list(itertools.zip_longest(manifest.said(old), manifest.said(new), fillvalue=("", "")))
    edited = [str(number) for number, (before, after) in enumerate(cells, 1) if before[0] != after[0]]
    place = f"{name}, ячейки с кодом {', '.join(edited)}"
    found = [Difference("тексты ячеек", place, "прежние", "другие")] if edited else []
    return found + [Difference("результаты тетради", f"{name}, ячейка с кодом {number}",
                               *_first_apart(before[1], after[1]))
                    for number, (before, after) in enumerate(cells, 1)
                    if before[1] != after[1] and str(number) not in edited]


def _files_apart(name: str, old: Path, new: Path) -> list[Difference]:
    """In words, if the old file is there and its kind can be told in words."""
    if not old.is_file():
        return []
    if name == "results.json":
        return list(_results_apart(json.loads(old.read_text("utf-8")), json.loads(new.read_text("utf-8"))))
    if name.startswith("tables/") and name.endswith(".csv"):
        return list(_tables_apart(name, old, new))
    return []


def _results_apart(before: dict, after: dict) -> Iterator[Difference]:
    """Numbers and texts of the jobs; tables and figures have files of their own."""
    jobs = [record.get("jobs", {}) for record in (before, after)]
    for job in sorted(jobs[0].keys() | jobs[1].keys()):
        one, other = (side.get(job, {}) for side in jobs)
        for part, kind in (("numbers", "число"), ("texts", "текст")):
            old, new = one.get(part, {}), other.get(part, {})
            for key in sorted(old.keys() | new.keys()):
                if old.get(key) != new.get(key):
                    values = [side.get(key, ABSENT) for side in (old, new)]
                    shown = [value["value"] if isinstance(value, dict) else value for value in values]
                    words = _first_apart(*map(str, shown)) if part == "texts" else [_short(value) for value in shown]
                    title = next((value["title"] for value in values if isinstance(value, dict)), "")
                    yield Difference(kind, f"{job}.{key}" + (f" «{title}»" if title else ""), *words)
        if one.get("not_applicable") != other.get("not_applicable"):
            reasons = (_short(side.get("not_applicable")) for side in (one, other))
            yield Difference("задача не применяется", job, *reasons)


def _tables_apart(name: str, old: Path, new: Path) -> Iterator[Difference]:
    before, after = ([*csv.reader(io.StringIO(path.read_text("utf-8-sig"), newline=""), delimiter=frames.DELIMITER)]
                     for path in (old, new))
    if before[:1] != after[:1] or len(before) != len(after):
        yield Difference("таблица", name, f"строк {len(before) - 1}", f"строк {len(after) - 1}")
        return
    for one, other in zip(before[1:], after[1:], strict=True):
        for column, old_cell, new_cell in zip(before[0], one, other, strict=True):
            if old_cell != new_cell:
                yield Difference("таблица", f"{name}, строка «{one[0]}», столбец «{column}»",
                                 _short(old_cell), _short(new_cell))


def _kind(name: str) -> str:
    kinds = {".html": "страница", ".pdf": "PDF", ".docx": "Word", ".xlsx": "Excel", ".png": "рисунок",
             ".csv": "таблица", ".json": "результаты задачи"}
    return kinds.get(PurePosixPath(name).suffix, "файл")


def _once(results: list[Difference]) -> list[Difference]:
    """Without the files of single jobs where their numbers are told already."""
    told = {difference.place.partition(".")[0] for difference in results if difference.kind in ("число", "текст")}
    return [each for each in results
            if each.kind != "результаты задачи" or PurePosixPath(each.place).stem not in told]


def _first_apart(before: str, after: str) -> tuple[str, str]:
    """Both texts from a little before the place where they part."""
    common = sum(1 for _ in itertools.takewhile(lambda pair: pair[0] == pair[1], zip(before, after, strict=False)))
    start = max(0, common - 20)
    return tuple(("…" if start else "") + _short(text[start:]) for text in (before, after))


def _short(value: object) -> str:
    text = ABSENT if value is None else str(value)
    text = " ".join(text.split())
    return text if len(text) <= TEXT else text[:TEXT] + "…"


def _listed(differences: Sequence[Difference]) -> list[str]:
    lines = [f"  {each}" for each in differences[:SHOWN]]
    return lines + ([f"  … и ещё {len(differences) - SHOWN}"] if len(differences) > SHOWN else [])
