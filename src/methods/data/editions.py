"""Reading editions: strict YAML with line numbers, all faults at once, adopted files held to their recorded hash."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from methods.errors import EditionError, UsageError
from methods.index.consistency import Fault, KeyPath, faults, nearest, remarks
from methods.index.edition import Edition

FOLDER = Path("data") / "raw" / "methodology"
RECORD = "adopted.json"  # version -> sha256 of the adopted file


def available(root: Path) -> list[str]:
    """Versions of the editions of a project, in the order of their names."""
    return sorted(path.stem for path in (root / FOLDER).glob("*.yaml"))


def edition_path(root: Path, version: str) -> Path:
    """Where the edition's file lies; an unknown version is a wrong parameter."""
    known = available(root)
    if version not in known:
        raise UsageError(f"Редакции «{version}» нет.{nearest(version, known)}\n"
                         f"Есть: {', '.join(known) or 'ни одной'} (папка {FOLDER.as_posix()}).")
    return root / FOLDER / f"{version}.yaml"


def load_edition(root: Path, version: str) -> Edition:
    """Edition of that version, checked; an adopted file that was changed is refused.

    Remarks on it join its notes, so that the reader of every notebook and of the report meets them.
    """
    path = edition_path(root, version)
    edition = read_edition(path)
    if edition.version != version:
        raise EditionError(f"{path.name}: version «{edition.version}» не совпадает с именем файла "
                           f"(периоды: {', '.join(edition.data.periods)}). Исправьте version или имя файла.")
    if edition.status != "candidate":
        _unchanged(path, root / FOLDER / RECORD, edition)
    return edition.model_copy(update={"notes": (*edition.notes, *remarks(edition))})


def read_edition(path: Path) -> Edition:
    """Edition of any file, without the check of its recorded hash."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise EditionError(f"{path.name}: файл не в UTF-8 (байт {error.start}). "
                           "Сохраните его в кодировке UTF-8.") from None
    return parse_edition(text, path.name)


def parse_edition(text: str, name: str = "редакция") -> Edition:
    """Edition from YAML text.

    Raises
    ------
    EditionError
        Naming every fault: `file | line:column | key path | what is wrong`. Hints on how to mend it are its notes.
    """
    positions: dict[KeyPath, tuple[int, int]] = {}
    found: list[Fault] = []
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        content = _plain(node, (), positions, found, set())
        strict = json.dumps(content, ensure_ascii=False)
    except RecursionError:
        raise EditionError(f"{name} | 1:1 | {_TOO_DEEP}") from None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise EditionError(f"{name} | {line}:1 | недопустимый символ с кодом {ord(str(error.character)[:1] or ' ')}: "
                           "удалите его") from None
    except yaml.MarkedYAMLError as error:
        if spaces := _odd_spaces(text):  # they mislead the parser: its own complaint would lead astray
            raise EditionError("\n".join(f"{name} | {line}" for line in spaces)) from None
        mark = error.problem_mark or error.context_mark
        place = f"{mark.line + 1}:{mark.column + 1}" if mark else "?"
        raise EditionError(f"{name} | {place} | файл не разбирается как YAML: {_in_russian(error.problem)}") from None
    if not isinstance(content, dict):
        raise _with_hints(f"{name} | 1:1 | редакция должна быть набором «ключ: значение»", _odd_spaces(text))
    edition = None
    try:
        edition = Edition.model_validate_json(strict)
    except ValidationError as error:
        found += _faults(error.errors(include_url=False), content)
    if edition is not None:
        found += faults(edition)
    if found:
        raise _with_hints("\n".join(_line(name, fault, positions) for fault in found),
                          [*(fault.hint for fault in found if fault.hint), *_odd_spaces(text), *_split_decimals(text)])
    return edition


def record_adopted(root: Path, version: str) -> str:
    """Write the file's hash into the record; an already recorded version with another hash is refused."""
    path, record = edition_path(root, version), root / FOLDER / RECORD
    known = json.loads(record.read_text(encoding="utf-8")) if record.exists() else {}
    digest = _digest(path)
    if known.get(version, digest) != digest:
        raise EditionError(f"{path.name}: редакция уже принята и неизменна. Дайте новой редакции новое имя.")
    record.write_text(json.dumps({**known, version: digest}, indent=2, sort_keys=True) + "\n", encoding="utf-8",
                      newline="\n")
    return digest


def _with_hints(message: str, hints: Iterable[str]) -> EditionError:
    """The error with its hints as notes: they are about the whole file, its message has one line a fault."""
    error = EditionError(message)
    for hint in dict.fromkeys(hints):
        error.add_note(f"Подсказка: {hint}")
    return error


def _unchanged(path: Path, record: Path, edition: Edition) -> None:
    known = json.loads(record.read_text(encoding="utf-8")) if record.exists() else {}
    if path.stem not in known:
        raise EditionError(f"{path.name}: редакция не записана как принятая. "
                           f"Запишите её: zvezda adopt {path.stem}, или поставьте status: candidate.")
    if known[path.stem] != (digest := _digest(path)):
        raise EditionError(f"{path.name}: принятая редакция изменена после принятия (не сошлась контрольная сумма: "
                           f"принята {known[path.stem]}, сейчас {digest}; решение {edition.decision}, действует с "
                           f"{edition.in_force.start}). "
                           "Верните файл, а изменения оформите новой редакцией с новым именем.")


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


# -- YAML: positions of keys, and only the scalars of YAML 1.2 -------------------------------------------------------
# PyYAML reads YAML 1.1, where `no`, `on`, 1:30 and 2024-01-01 are not text. Here only true, false, null and decimal
# numbers are special; a code such as 01 stays text.

_NUMBER = re.compile(r"[-+]?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?")
_IMPLIED = {f"tag:yaml.org,2002:{kind}" for kind in (   # what PyYAML takes a node for that has no tag of its own
    "map", "seq", "str", "int", "float", "bool", "null", "timestamp", "merge", "value")}
_LONGEST_WHOLE = 300  # digits; Python refuses to read thousands of them
_SPECIAL = {"true": True, "false": False, "null": None, "~": None, "": None}


def _scalar(node: yaml.ScalarNode) -> Any:
    if node.style is not None:  # quoted or block text is text
        return node.value
    if node.value in _SPECIAL:
        return _SPECIAL[node.value]
    if _NUMBER.fullmatch(node.value):
        whole = not re.search("[.eE]", node.value) and len(node.value) < _LONGEST_WHOLE
        return int(node.value) if whole else float(node.value)
    return node.value


def _plain(node: yaml.Node | None, path: KeyPath, positions: dict[KeyPath, tuple[int, int]], found: list[Fault],
           seen: set[int]) -> Any:
    """Plain Python value of a node; remembers where each key stands, reports doubled keys, references and tags."""
    if node is None:
        return None
    positions.setdefault(path, (node.start_mark.line + 1, node.start_mark.column + 1))
    if id(node) in seen:
        found.append(Fault(path, "ссылки YAML (& и *) в редакции не допускаются: напишите значение целиком"))
        return None
    seen.add(id(node))
    if node.tag not in _IMPLIED:
        found.append(Fault(path, f"метка типа «{node.tag}» не допускается"))
        return None
    if isinstance(node, yaml.SequenceNode):
        return [_plain(child, (*path, place), positions, found, seen) for place, child in enumerate(node.value)]
    if isinstance(node, yaml.ScalarNode):
        return _scalar(node)
    content: dict[str, Any] = {}
    for key_node, value_node in node.value:
        key = key_node.value if isinstance(key_node, yaml.ScalarNode) else "?"
        here = (*path, key)
        place = (key_node.start_mark.line + 1, key_node.start_mark.column + 1)
        if key in content:
            found.append(Fault((*here, _SECOND), f"ключ «{key}» повторяется (впервые в строке {positions[here][0]})"))
            positions[*here, _SECOND] = place
            continue
        positions[here] = place
        content[key] = _plain(value_node, here, positions, found, seen)
    return content


_SECOND = "(повтор)"  # path of a doubled key, so that its own line is named


# -- slips of YAML explained -----------------------------------------------------------------------------------------

_TOO_DEEP = "слишком большая вложенность скобок или списков"
_PARSER = {  # how the parser's complaint begins -> what to do
    "mapping values are not allowed": "второе двоеточие в строке или лишний отступ; значение с двоеточием возьмите в "
                                      "кавычки",
    "found character '\\t'": "табуляция в отступе; замените её пробелами",
    "found character": "с этого знака значение начинаться не может; возьмите его в кавычки",
    "could not find expected ':'": "после ключа нет двоеточия с пробелом",
    "but found another document": "в файле два документа (строка ---); оставьте один",
    "expected ',' or ']'": "не закрыта скобка [ или между значениями нет запятой",
    "expected ',' or '}'": "не закрыта скобка { или между значениями нет запятой",
    "expected <block end>": "отступ не такой, как у соседних ключей, или выше не закрыта кавычка",
    "found unexpected end of stream": "не закрыта кавычка",
    "sequence entries are not allowed": "список с дефисами начните с новой строки",
    "found unknown escape character": "обратная черта в двойных кавычках — особый знак; возьмите одинарные кавычки",
    "expected alphabetic or numeric": "значение начинается с & или *; возьмите его в кавычки",
    "found undefined alias": "ссылки YAML (& и *) не допускаются; напишите значение целиком",
    "found duplicate anchor": "ссылки YAML (& и *) не допускаются; напишите значение целиком",
    "expected URI": "значение начинается с !; возьмите его в кавычки",
    "expected chomping": "значение начинается с > или |; возьмите его в кавычки",
}
_ODD_SPACE = "[\u00a0\u1680\u2000-\u200b\u202f\u205f\u3000\ufeff]"


def _in_russian(problem: str | None) -> str:
    return next((words for start, words in _PARSER.items() if (problem or "").startswith(start)),
                "проверьте отступы, кавычки и скобки в этой строке и выше")


def _odd_spaces(text: str) -> list[str]:
    """Where a no-break or another odd space stands after a key's colon or in an indent: to YAML it is a letter."""
    found = re.finditer(rf"(?m)(?:^|[{{,]|- ) *[^\s:{{}}\[\],\"'#]+:({_ODD_SPACE})|^ *({_ODD_SPACE})", text)
    return [f"{_place(text, match.start(match.lastindex))} | после двоеточия или в отступе не обычный пробел, а знак "
            f"U+{ord(match[match.lastindex]):04X} (неразрывный и подобные); замените его обычным" for match in found]


def _split_decimals(text: str) -> list[str]:
    """Lists such as `[0,5, 1,5]`, which hold twice as many numbers as was meant."""
    hints = []
    for match in re.finditer(r"\[ *\d+,\d+(?:, +\d+,\d+)+ *\]", text):
        numbers = re.findall(r"(\d+),(\d+)", match[0])
        hints.append(f"{_place(text, match.start())} | {match[0]}: чисел {2 * len(numbers)} вместо {len(numbers)}; "
                     f"десятичный знак — точка: [{', '.join('.'.join(parts) for parts in numbers)}]")
    return hints


def _place(text: str, at: int) -> str:
    """`line:column` of a character, both counted from 1."""
    return f"{text.count(chr(10), 0, at) + 1}:{at - text.rfind(chr(10), 0, at)}"


# -- pydantic's complaints in Russian --------------------------------------------------------------------------------

_TYPES = {
    "string_type": "ожидается текст", "int_type": "ожидается целое число", "float_type": "ожидается число",
    "bool_type": "ожидается true или false", "dict_type": "ожидается набор «ключ: значение»",
    "tuple_type": "ожидается список", "model_type": "ожидается набор «ключ: значение»",
    "model_attributes_type": "ожидается набор «ключ: значение»", "int_from_float": "ожидается целое число",
    "date_type": "ожидается дата ГГГГ-ММ-ДД", "date_from_datetime_parsing": "ожидается дата ГГГГ-ММ-ДД",
    "date_parsing": "ожидается дата ГГГГ-ММ-ДД", "date_from_datetime_inexact": "ожидается дата ГГГГ-ММ-ДД",
    "finite_number": "ожидается конечное число",
    "too_short": "значений меньше, чем нужно", "too_long": "значений больше, чем нужно",
    "string_too_short": "текст не должен быть пустым", "string_too_long": "текст слишком длинный",
    "string_pattern_mismatch": "в коде не должно быть пробелов и косой черты",
    "string_unicode": "в тексте есть недопустимый символ (половина пары \\ud800–\\udfff)",
}


def _faults(details: list[dict[str, Any]], content: Any) -> list[Fault]:
    """Pydantic's errors as faults, without those that only say that another form was not used either."""
    said = []
    for detail in details:
        kind, given = detail["type"], detail["input"]
        other_form = (kind == "literal_error" and isinstance(given, dict)) or (
            kind == "dict_type" and isinstance(given, str))
        if not other_form:
            said.append((detail, _as_fault(detail, content)))
    paths = [fault.path for _, fault in said]

    def explained(path: KeyPath) -> bool:  # a list is "too short" because its items are wrong
        return any(other[:len(path)] == path != other for other in paths)
    return [fault for detail, fault in said if detail["type"] != "too_short" or not explained(fault.path)]


def _as_fault(detail: dict[str, Any], content: Any) -> Fault:
    """One pydantic error as a fault: its path as keys of the file, its rule in Russian."""
    kind, given = detail["type"], detail["input"]
    path = _keys(detail["loc"], content, absent=kind == "missing")
    shown = f"найдено {json.dumps(given, ensure_ascii=False)[:60]}"
    if kind == "extra_forbidden":
        return Fault(path, f"неизвестный ключ «{path[-1]}».{nearest(str(path[-1]), _known_keys(path[:-1]))}")
    if kind == "missing":
        return Fault(path, f"не хватает ключа «{path[-1]}»")
    if kind in ("literal_error", "union_tag_invalid", "enum"):
        allowed = detail["ctx"].get("expected") or detail["ctx"].get("expected_tags", "")
        options = re.findall(r"'([^']+)'", allowed) or allowed.replace(" or ", ", ").split(", ")
        return Fault(path, f"{shown}; допустимо: {', '.join(options)}.{nearest(str(given), options)}")
    if kind == "union_tag_not_found":
        return Fault(path, "не хватает ключа «measure» (вид измерения)")
    if kind in ("json_invalid", "string_unicode"):  # about the text as a whole
        return Fault(path, _TOO_DEEP if kind == "json_invalid" else _TYPES[kind])
    if kind == "value_error":
        return Fault(path, str(detail["ctx"]["error"]), _borders(given) if path == ("grades",) else "")
    limits = {"greater_than_equal": ("ge", "не меньше"), "less_than_equal": ("le", "не больше"),
              "greater_than": ("gt", "больше"), "less_than": ("lt", "меньше")}
    if kind in limits:
        key, words = limits[kind]
        return Fault(path, f"{shown}; должно быть {words} {detail['ctx'][key]:g}", _per_cent(path, content))
    hint = ""
    if kind == "float_type" and isinstance(given, str) and re.fullmatch(r"[-+]?\d+,\d+", given):
        hint = "; десятичный знак в редакции — точка"
    if kind == "float_type" and isinstance(given, str) and (share := re.fullmatch(r"(\d+(?:\.\d+)?) *%", given)):
        hint = f"; проценты запишите долей: {float(share[1]) / 100:g}"
    if kind == "string_type" and isinstance(given, int | float):
        hint = "; возьмите значение в кавычки"
    quoted = kind in ("float_type", "int_type") and isinstance(given, str) and _NUMBER.fullmatch(given)
    return Fault(path, f"{_TYPES.get(kind, 'значение не подходит')}, {shown}{hint}",
                 f"{'.'.join(map(str, path))}: число в кавычках — это текст; уберите кавычки" if quoted else "")


def _borders(grades: dict[str, Any]) -> str:
    """Names of grades with the cut-offs between them."""
    labels, cut_offs = grades.get("labels") or (), grades.get("cut_offs") or ()
    steps = [f"{label} | {cut:g}" for label, cut in zip(labels, cut_offs, strict=False)]
    return f"уровни и границы между ними: {' | '.join([*steps, *labels[len(steps):]])}; " \
           f"уровней {len(labels)}, границ {len(cut_offs)}"


def _per_cent(path: KeyPath, content: Any) -> str:
    """A hint when the weights inside an element are written as per cent."""
    if path[:1] != ("weights",) or len(path) != 3:
        return ""
    weights = content["weights"][path[1]]
    if not all(type(weight) in (int, float) for weight in weights.values()) or abs(sum(weights.values()) - 100) > 1e-6:
        return ""
    shares = ", ".join(f"{code}: {weight / 100:.10g}" for code, weight in weights.items())
    return f"{path[0]}.{path[1]}: сумма 100 — похоже на проценты; запишите доли: {shares}"


def _keys(location: tuple[Any, ...], content: Any, *, absent: bool = False) -> KeyPath:
    """Pydantic's location without its own words (names of union members), which are not keys of the file.

    With `absent` the last step is a key that the file lacks.
    """
    path: list[str | int] = []
    here, tagged = content, False
    for place, step in enumerate(location):
        if path[-2:-1] == ["sides"] and isinstance(here, dict) and step == here.get("measure") and not tagged:
            tagged = True  # the kind of measurement, by which pydantic chose the form, not a key
        elif isinstance(here, dict) and (step in here or (absent and place == len(location) - 1)):
            path.append(step)
            here, tagged = here.get(step), False
        elif isinstance(here, list) and isinstance(step, int) and step < len(here):
            path.append(step)
            here = here[step]
    return tuple(path)


def _known_keys(path: KeyPath) -> list[str]:
    """Keys allowed at a place of the file, by walking the model's JSON schema."""
    schema = Edition.model_json_schema(by_alias=True)
    here = schema
    for step in path:
        options = [_resolve(option, schema) for option in _options(_resolve(here, schema))]
        here = next((deeper for option in options for deeper in [_deeper(option, step)] if deeper is not None), {})
    keys: list[str] = []
    for option in _options(_resolve(here, schema)):
        keys += _resolve(option, schema).get("properties", {})
    return keys


def _resolve(part: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    return schema["$defs"][part["$ref"].rsplit("/", 1)[1]] if "$ref" in part else part


def _options(part: dict[str, Any]) -> list[dict[str, Any]]:
    return part.get("anyOf") or part.get("oneOf") or [part]


def _deeper(part: dict[str, Any], step: str | int) -> dict[str, Any] | None:
    if isinstance(step, int):
        return part.get("items")
    if step in part.get("properties", {}):
        return part["properties"][step]
    deeper = next(iter(part.get("patternProperties", {}).values()), part.get("additionalProperties"))
    return deeper if isinstance(deeper, dict) else None


def _line(name: str, fault: Fault, positions: dict[KeyPath, tuple[int, int]]) -> str:
    """`file | line:column | key path | what is wrong`; a missing key is shown where its parent stands."""
    path = fault.path
    while path and path not in positions:
        path = path[:-1]
    line, column = positions.get(path, (1, 1))
    keys = ".".join(str(step) for step in fault.path if step != _SECOND) or "(весь файл)"
    return f"{name} | {line}:{column} | {keys} | {fault.message}"
