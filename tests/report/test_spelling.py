"""The Russian that users read: every word known to the dictionary or a term of the field, and tidy typography."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import nbformat
import pymorphy3
import pytest
import yaml

CYRILLIC = "[А-Яа-яЁё]"
HYPHENED = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
CODE = re.compile(r"```.+?```|`[^`\n]*`|\$\$.+?\$\$|\$[^$\n]+\$|\]\([^)\s]*\)|https?://\S+|<[^>\n]+>", re.DOTALL)
PATTERNS = {"compile", "sub", "fullmatch", "search", "match", "findall", "maketrans"}   # calls that take no words
HOLE = "\x00"   # where a value goes into an f-string, or code stood


@pytest.fixture(scope="module")
def texts(root) -> list[tuple[str, str]]:
    """Every Russian text with its place; code, formulas and addresses are holes."""
    read = [(place, CODE.sub(HOLE, text)) for place, text in [
        *_modules(root), *_notebooks(root), *_documents(root), *_editions(root), *_tour(root)]]
    return [(place, text) for place, text in read if re.search(CYRILLIC, text)]


def _modules(root: Path) -> Iterator[tuple[str, str]]:
    for path in sorted((root / "src" / "methods").rglob("*.py")):
        yield from ((f"{path.name}:{line}", text) for line, text in _strings(path.read_text("utf-8")))


def _notebooks(root: Path) -> Iterator[tuple[str, str]]:
    for path in sorted((root / "notebooks").glob("*.ipynb")):
        for number, cell in enumerate(nbformat.read(path, as_version=4).cells, 1):
            place = f"{path.name}, ячейка {number}"
            if cell.cell_type == "markdown":
                yield place, cell.source
            else:
                yield from ((place, text) for _, text in _strings(cell.source))
                yield from ((place, text) for text in re.findall(r"(?:^|  )# (.+)$", cell.source, re.MULTILINE))


def _documents(root: Path) -> Iterator[tuple[str, str]]:
    for path in [root / "README.ru.md", root / "notebooks" / "README.md", *sorted((root / "docs").rglob("*.md"))]:
        for number, line in enumerate(re.sub(r"```.+?```", lambda block: re.sub(r"[^\n]", " ", block[0]),
                                             path.read_text("utf-8"), flags=re.DOTALL).splitlines(), 1):
            yield f"{path.name}:{number}", re.sub(r"\s*\|\s*", " | ", line).strip()


def _editions(root: Path) -> Iterator[tuple[str, str]]:
    def texts(value: object) -> Iterator[str]:
        if isinstance(value, str):
            yield value
        elif isinstance(value, dict):
            yield from (text for own in value.values() for text in texts(own))
        elif isinstance(value, list):
            yield from (text for own in value for text in texts(own))
    for path in sorted((root / "data" / "raw" / "methodology").glob("*.yaml")):
        yield from ((path.name, text) for text in texts(yaml.safe_load(path.read_text("utf-8"))))


def _tour(root: Path) -> Iterator[tuple[str, str]]:
    for step in json.loads((root / "tools" / "lab" / "tour.json").read_text("utf-8"))["steps"]:
        yield from ((step["title"], line) for line in (step["title"], *step["content"].splitlines()))


def _strings(source: str) -> Iterator[tuple[int, str]]:
    """Texts of a module, with a hole where a value comes in; no docstrings, patterns of search, lists of letters."""
    tree, skipped = ast.parse(source), set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node, clean=False):
            skipped.add(node.body[0].value)
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") in PATTERNS:
            skipped.update(inner for given in node.args for inner in ast.walk(given))
        if isinstance(node, ast.JoinedStr):
            skipped.update(part for part in node.values if isinstance(part, ast.Constant))
    for node in ast.walk(tree):
        if node in skipped:
            continue
        if isinstance(node, ast.JoinedStr):
            text = "".join(part.value if isinstance(part, ast.Constant) else HOLE for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            text = node.value
        else:
            continue
        if not _letters(text):
            yield node.lineno, text


def _letters(text: str) -> bool:
    """A pattern of search, an alphabet, signs of which hardly one stands twice: no words."""
    pattern = re.search(r"[а-яА-Я]-[а-яА-Я]\]|\[[а-я]+\]|\(\?|\\b|[а-я]\|[а-я]", text)
    twice = len(text) - len(set(text))
    return bool(pattern) or (" " not in text.strip() and twice < len(text) // 5 and len(text) > 11)


@cache
def _dictionary() -> pymorphy3.MorphAnalyzer:
    return pymorphy3.MorphAnalyzer(lang="ru")


def _unknown(text: str) -> set[str]:
    """Words of a text that the dictionary does not know; abbreviations in capitals and codes are not words."""
    whole = re.sub(rf"[\w-]*{HOLE}[\w-]*", " ", text.replace("\u0301", ""))   # a hole in a word: «{number}-й»
    parts = {part for word in HYPHENED.findall(whole) if not _known(word.lower()) for part in word.split("-")}
    words = {part for part in parts if re.search(CYRILLIC, part) and len(part) > 1 and not part.isupper()
             and part[0] not in "ьъ"}
    return {word.lower() for word in words if not _known(word.lower())}


@cache
def _known(word: str) -> bool:
    return _dictionary().word_is_known(word)


def test_every_word_is_in_the_dictionary_or_a_term(texts, root):
    terms = (root / "tests" / "report" / "words.txt").read_text("utf-8").split()
    assert terms == sorted(set(terms))
    unknown: dict[str, str] = {}
    for place, text in texts:
        for word in _unknown(text):
            unknown.setdefault(word, place)
    assert {word: place for word, place in unknown.items() if word not in terms} == {}
    assert [word for word in terms if word not in unknown] == []   # a term that nobody uses any longer


@pytest.mark.parametrize(("rule", "pattern"), [
    ("letters that only look Russian", rf"[A-Za-z]{CYRILLIC}|{CYRILLIC}[A-Za-z]"),
    ("quotation marks are «»", rf"\"{CYRILLIC}|{CYRILLIC}\"|[“”„]"),
    ("one space between words", r"(?<=[^\s|])  +(?=[^\s|])"),
    ("a dash, not a hyphen, between words", rf"(?<=[{CYRILLIC[1:-1]}»)%\d]) - (?=[{CYRILLIC[1:-1]}«(\d])"),
    ("a space before per cent", r"(?<!\.)\d%"),
    ("no space before a full stop or a comma", rf"{CYRILLIC} [,.;:!?](?=\s|$)"),
    ("decimal comma", r"(?<![\w./=])(?<![A-Za-z] )0\.\d"),
    ("a range has a dash", r"(?<![\w.-])\d+-\d+ ?%"),
])
def test_typography(texts, rule, pattern):
    assert [(place, text[max(found.start() - 30, 0):found.end() + 30]) for place, text in texts
            for found in re.finditer(pattern, text)] == [], rule
