"""From a calibration to an edition: a candidate file beside the report, then, once people have decided, an adopted one.

A candidate is the text of the edition it comes from with only the changed keys written anew, so that a methodologist
reads the difference of two files and nothing else. Adoption is the only way back into the raw data.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import yaml

from methods.data import editions
from methods.errors import EditionError, UsageError
from methods.files import write_atomic
from methods.index.consistency import FOLDER_NAME
from methods.index.edition import Edition
from methods.index.rounding import rounded_weights

DECISIONS = Path("docs") / "decisions"

_NUMBERED = re.compile(r"(\d{4})-.*\.md")


@dataclass(frozen=True)
class Adopted:
    """What an adoption wrote."""

    edition: Path
    decision: Path | None
    sha256: str


def candidate_text(text: str, changes: Mapping[str, object]) -> str:
    """The text of an edition with some of its top keys written anew; comments and all other keys stay as they are.

    Parameters
    ----------
    text : str
        YAML of the edition.
    changes : mapping
        Top key to its new value; a key that is not there is added after `decision`.

    Examples
    --------
    >>> adopted = "version: a   # имя\\ndecision: нет\\nweights:\\n  index: equal\\n\\n# дальше\\nnotes: []\\n"
    >>> print(candidate_text(adopted,
    ...                      {"version": "b", "weights": {"index": {"Д": 0.6, "П": 0.4}}, "based_on": "a"}))
    version: b   # имя
    decision: нет
    based_on: a
    weights:
      index: {Д: 0.6, П: 0.4}
    <BLANKLINE>
    # дальше
    notes: []
    <BLANKLINE>
    """
    node = yaml.compose(text, Loader=yaml.SafeLoader)
    values = {key.value: value for key, value in node.value}
    keys = {key.value: key for key, _ in node.value}
    pieces: list[tuple[int, int, str]] = []
    for key, value in changes.items():
        if key in values:
            pieces.append((keys[key].start_mark.index, _end(values[key]), _written(key, value)))
    added = [_written(key, value) for key, value in changes.items() if key not in values]
    if added:
        anchor = values.get("decision", values["version"])
        line_end = text.find("\n", _end(anchor))
        pieces.append((line_end, line_end, "\n" + "\n".join(added)))
    for start, end, new in sorted(pieces, reverse=True):
        text = text[:start] + new + text[end:]
    return text


def written_weights(edition: Edition, weights: Mapping[str, pd.Series]) -> dict[str, object]:
    """The section `weights` of an edition with the weights of some parents replaced, rounded so that they sum to 1.

    Parameters
    ----------
    weights : mapping
        Parent (`index` or a group) to the weights of its members.
    """
    section: dict[str, object] = {parent: stated if isinstance(stated, str) else dict(stated)
                                  for parent, stated in edition.weights.items()}
    for parent, own in weights.items():
        members = edition.members(parent)
        section[parent] = rounded_weights(own[members]).to_dict()
    return section


def write_revision(folder: Path, root: Path, edition: Edition, changes: Mapping[str, object], version: str,
                   decision: str) -> tuple[Path, Path]:
    """`candidate.yml` and `decision.md` in the folder: what people read, change and adopt.

    Parameters
    ----------
    changes : mapping
        Top key of the edition to its new value (`grades`, `left_out`, `weights`).
    version : str
        Name that the new edition would have.
    decision : str
        Draft of the decision record, Markdown.

    Raises
    ------
    EditionError
        The candidate does not hold together (bounds, sums, codes).
    """
    source = editions.edition_path(root, edition.version).read_text(encoding="utf-8-sig")
    text = candidate_text(source, {"version": version, "status": "candidate", "decision": "decision.md",
                                   "based_on": edition.version, **changes})
    editions.parse_edition(text, "candidate.yml")
    return (write_atomic(folder / "candidate.yml", text.encode("utf-8")),
            write_atomic(folder / "decision.md", decision.encode("utf-8")))


def write_candidate(folder: Path, root: Path, edition: Edition, weights: Mapping[str, pd.Series], version: str,
                    decision: str) -> tuple[Path, Path]:
    """A candidate with other weights of some parents: `written_weights`, then `write_revision`."""
    return write_revision(folder, root, edition, {"weights": written_weights(edition, weights)}, version, decision)


def adopt_candidate(path: Path, root: Path, *, decision: Path | None = None, version: str | None = None) -> Adopted:
    """Make an edition of a candidate: checked, named, with its decision record, and from then on unchangeable.

    Parameters
    ----------
    path : Path
        The candidate file.
    decision : Path, optional
        The record; by default `decision.md` beside the candidate. It gets the next number in docs/decisions.
    version : str, optional
        Name of the new edition; by default the one in the file.

    Raises
    ------
    UsageError
        The name is taken or no name of a file, or there is no record.
    EditionError
        The candidate is not in order, or its record still has gaps («…») to be filled in by people.
    """
    text = path.read_text(encoding="utf-8-sig")
    candidate = editions.parse_edition(text, path.name)
    version = version or candidate.version
    if not FOLDER_NAME.fullmatch(version):
        raise UsageError(f"Имя редакции «{version}» не годится для файла; допустимы буквы, цифры, «.», «-», «_».")
    target = root / editions.FOLDER / f"{version}.yaml"
    if target.exists():
        raise UsageError(f"Редакция {version} уже есть. Дайте новой другое имя: --as ИМЯ.")
    record = decision or path.with_name("decision.md")
    if not record.is_file():
        raise UsageError(f"Нет записи решения: {record}. Напишите её (образец — decision.md рядом с проектом редакции) "
                         "и назовите ключом --decision.")
    words = record.read_text(encoding="utf-8")
    if "<…>" in words:
        raise EditionError(f"{record.name}: в записи решения остались места для людей, «<…>». Впишите, кто и почему "
                           "решил, затем повторите.")
    number = 1 + max((int(found[1]) for file in (root / DECISIONS).glob("*.md") if (found := _NUMBERED.fullmatch(
        file.name))), default=0)
    name = f"{number:04d}-{version}"
    base = editions.load_edition(root, candidate.based_on) if candidate.based_on else None
    status = "demonstration" if base is not None and base.status == "demonstration" else "adopted"
    text = candidate_text(text, {"version": version, "status": status, "decision": name})
    editions.parse_edition(text, target.name)
    said = _recorded(words, candidate.version, version, number, datetime.date.today())
    kept = write_atomic(root / DECISIONS / f"{name}.md", said.encode("utf-8"))
    write_atomic(target, text.encode("utf-8"))
    return Adopted(target, kept, editions.record_adopted(root, version))


def _recorded(words: str, draft: str, version: str, number: int, day: datetime.date) -> str:
    """A draft as a record: its number, the edition's own name in the heading, and that it was accepted, and when.

    A status that people wrote themselves stays as it is.
    """
    own_name = rf"(?<![\w.-]){re.escape(draft)}(?![\w-]|\.\w)"

    def heading(found: re.Match[str]) -> str:
        named = re.sub(own_name, lambda _: version, found[0])
        return re.sub(r"^# (\d{4}\. )?", f"# {number:04d}. ", named)

    words = re.sub(r"^# .*\n", heading, words, count=1)
    accepted = f"Статус: принято {day.isoformat()} для редакции {version}"
    return re.sub(r"(?m)^Статус: проект(, )?", lambda found: accepted + ("; проект " if found[1] else ""), words,
                  count=1)


def _end(node: yaml.Node) -> int:
    """Where the last word of a value ends: the node's own end runs on over comments to the next key."""
    if isinstance(node, yaml.ScalarNode) or not node.value or node.flow_style:
        return node.end_mark.index
    last = node.value[-1]
    return _end(last[1] if isinstance(last, tuple) else last)


def _written(key: str, value: object) -> str:
    """A top key and its value: nested maps a line each, their own maps in braces."""
    if not isinstance(value, dict):
        return f"{key}: {_scalar(value)}"
    lines = [f"{key}:"]
    for name, inner in value.items():
        shown = "{" + ", ".join(f"{_scalar(code)}: {_scalar(number)}" for code, number in inner.items()) + "}" \
            if isinstance(inner, dict) else _scalar(inner)
        lines.append(f"  {_scalar(name)}: {shown}")
    return "\n".join(lines)


def _scalar(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.10g}"
    # as the member of a list: inside braces a comma in a text has to be quoted
    text = yaml.safe_dump([value], allow_unicode=True, default_flow_style=True, width=1_000_000, sort_keys=False)
    return text.strip()[1:-1]
