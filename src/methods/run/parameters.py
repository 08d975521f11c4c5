"""Parameters of a notebook, checked before a kernel starts. Values are data, never code.

papermill itself only logs an unknown name and runs on with the default, takes «1_000» for a number and «false» for a
text that counts as true; its own reader of the parameters cell skips a line whose comment holds «=».
"""

from __future__ import annotations

import ast
import builtins
import json
import keyword
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import nbformat
import numpy as np

from methods.errors import NotebookError, UsageError
from methods.index.consistency import closest, difference

TYPES = {bool: "true или false", int: "целое число", float: "число", str: "текст", list: "список", dict: "словарь"}
WHOLE = re.compile(r"[+-]?[0-9]{1,300}")   # Python refuses to read thousands of digits
DECIMAL = re.compile(r"[+-]?[0-9]+([.,][0-9]+)?([eE][+-]?[0-9]+)?")


@dataclass(frozen=True)
class Parameter:
    """One line of the parameters cell: `draws = 1000   # сколько розыгрышей`."""

    name: str
    default: object
    help: str = ""

    def __str__(self) -> str:
        return f"{self.name} = {self.default!r}" + (f" — {self.help}" if self.help else "")


def declared(notebook: Path) -> dict[str, Parameter]:
    """Parameters of a notebook with their defaults, in order. Reads the cell, runs nothing."""
    cells = nbformat.read(notebook, as_version=4).cells
    tagged = [cell for cell in cells if "parameters" in cell.metadata.get("tags", ())]
    if len(tagged) != 1 or any("injected-parameters" in cell.metadata.get("tags", ()) for cell in cells):
        raise NotebookError(f"Блокнот {notebook.name}: нужна ровно одна ячейка с меткой «parameters» и ни одной "
                            f"«injected-parameters», найдено: {len(tagged)}. Возьмите исходный блокнот, не результат.")
    return _assigned(tagged[0].source, notebook.name)


def passed(executed: Path) -> dict[str, object]:
    """Values that an executed notebook was run with: its defaults, and what was injected over them."""
    cells = nbformat.read(executed, as_version=4).cells
    tagged = [cell for tag in ("parameters", "injected-parameters") for cell in cells
              if tag in cell.metadata.get("tags", ())]
    return {name: line.default for cell in tagged for name, line in _assigned(cell.source, executed.name).items()}


def _assigned(source: str, notebook: str) -> dict[str, Parameter]:
    """What the lines of a cell of parameters assign."""
    found = {}
    try:
        for node in ast.parse(source).body:
            (target,) = [node.target] if isinstance(node, ast.AnnAssign) else node.targets
            comment = source.splitlines()[node.end_lineno - 1].encode()[node.end_col_offset:].decode()
            found[target.id] = Parameter(target.id, ast.literal_eval(node.value), comment.strip().lstrip("# "))
    except (SyntaxError, ValueError, AttributeError) as error:
        raise NotebookError(f"Блокнот {notebook}: в ячейке параметров допустимы только строки «имя = значение», "
                            f"а значение — только число, текст, true/false, список ({error}).") from None
    return found


def checked(given: Mapping[str, object], parameters: Mapping[str, Parameter], where: str) -> tuple[dict, list[str]]:
    """Values of the types of the defaults, and notes on what was understood in a special way.

    Parameters
    ----------
    given : mapping
        Name to value; a text from the command line is converted, strictly, to the type of the default.
    parameters : mapping
        What the notebook declares (`declared`).
    where : str
        The notebook's name, for messages.

    Examples
    --------
    >>> known = {p.name: p for p in [Parameter("draws", 500), Parameter("spread", 0.25), Parameter("region", "77")]}
    >>> checked({"draws": "1000", "spread": "0,5", "region": "01"}, known, "03_rank_sensitivity")
    ({'draws': 1000, 'spread': 0.5, 'region': '01'}, ['spread: «0,5» прочитано как 0.5'])
    >>> checked({"drows": 10}, known, "03_rank_sensitivity")
    Traceback (most recent call last):
    ...
    methods.errors.UsageError: параметр drows | неизвестен в блокноте 03_rank_sensitivity | похоже на «draws»
      допустимо: draws, spread, region
    """
    values, notes, problems = {}, [], []
    for name, value in given.items():
        if name not in parameters:
            near = closest(name, parameters)
            problems.append(f"параметр {_shown(name)} | неизвестен в блокноте {where}"
                            + ("" if _usable(name) else " | недопустимое имя")
                            + (f" | похоже на «{near}»{difference(name, near)}" if near else "")
                            + f"\n  допустимо: {', '.join(parameters) or 'параметров нет'}")
            continue
        try:
            values[name] = convert(value, parameters[name].default)
            if name == "seed" and isinstance(values[name], int) and values[name] < 0:
                raise ValueError("целое число не меньше 0")
        except ValueError as error:
            problems.append(f"параметр {name} | значение {_shown(value)} | допустимо: {error} | по умолчанию: "
                            f"{parameters[name].default!r}")
            continue
        if isinstance(value, str) and isinstance(values[name], float) and "," in value:
            notes.append(f"{name}: «{value}» прочитано как {values[name]!r}")
    if problems:
        raise UsageError("\n".join(problems))
    return values, notes


def convert(value: object, default: object) -> object:
    """The value in the type of the default; `ValueError` says what is allowed.

    >>> convert("true", False), convert("-3", 0), convert(2, 0.5), convert('["Д1"]', [])
    (True, -3, 2.0, ['Д1'])
    >>> convert(True, 5)
    Traceback (most recent call last):
    ...
    ValueError: целое число
    """
    value = value.item() if isinstance(value, np.generic) else value   # papermill's JSON has no numpy scalars
    kind = type(default)
    allowed = ValueError(TYPES.get(kind, "простое значение"))
    if default is None:   # the notebook leaves the type open
        if not isinstance(value, str | int | float | bool | list | dict | None):
            raise allowed
    elif type(value) is str and kind is not str:
        value = _from_text(value.strip(), kind, allowed)
    elif kind is float and type(value) is int:
        value = _exact(value, allowed)
    elif type(value) is not kind:
        raise allowed
    _kept_whole(value)
    return value


def _from_text(text: str, kind: type, allowed: ValueError) -> object:
    if kind is bool and text in ("true", "false"):
        return text == "true"
    if kind is int and WHOLE.fullmatch(text):
        return int(text)
    if kind is float and DECIMAL.fullmatch(text):
        value = float(text.replace(",", "."))
        if value == 0 and re.search("[1-9]", re.split("[eE]", text)[0]):   # too small for a double
            raise allowed
        return value
    if kind in (list, dict):
        try:
            value = json.loads(text, object_pairs_hook=_each_key_once)
        except (ValueError, RecursionError):
            raise allowed from None
        if type(value) is kind:
            return value
    raise allowed


def _each_key_once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    if len(dict(pairs)) < len(pairs):   # JSON would take the last one without a word
        raise ValueError
    return dict(pairs)


def _exact(value: int, allowed: ValueError) -> float:
    """A whole number as a double that is equal to it."""
    try:
        if float(value) == value:
            return float(value)
    except OverflowError:
        pass
    raise allowed


def _kept_whole(value: object) -> None:
    """Raise unless the value comes back from the notebook's JSON equal and of the same types, however deep."""
    try:
        same = _typed(json.loads(json.dumps(value, allow_nan=False))) == _typed(value)
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError:
        raise ValueError("текст без повреждённых символов") from None
    except (TypeError, ValueError, RecursionError):
        same = False
    if not same:
        finite = isinstance(value, float) and not math.isfinite(value)
        raise ValueError("конечное число" if finite else "конечные числа и тексты")


def _typed(value: object) -> object:
    """The value with the type of each of its parts: 1, 1.0 and True are equal to Python."""
    if type(value) is list:
        return [_typed(part) for part in value]
    if type(value) is dict:
        return {(type(key), key): _typed(part) for key, part in value.items()}
    return type(value), value


def _usable(name: str) -> bool:
    """Whether a notebook could have such a parameter at all: neither code nor a word of Python's own."""
    return name.isidentifier() and not keyword.iskeyword(name) and not hasattr(builtins, name)


def _shown(value: object) -> str:
    """The value on one line, short and without characters that would spoil the screen."""
    try:
        text = value if isinstance(value, str) else " ".join(repr(value).split())
    except (ValueError, RecursionError):   # thousands of digits or of brackets
        return f"{type(value).__name__}, слишком большое"
    text = text if text.isprintable() else repr(text)
    return text if len(text) <= 80 else text[:80] + "…"
