"""Russian sentence patterns with their English, and how a text is put together from those that fit."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import chain
from pathlib import Path

import yaml

FOLDER = Path(__file__).parent
CYRILLIC = re.compile(r"[А-Яа-яЁё]")
# A number as `results.spell` prints it; in a pattern `{n1}`.
NUMBER = r"[+−-]?\d+(?:\u202f\d{3})*(?:[.,]\d+)?(?:e[−-]\d+)?|[+−-]?∞|—"
_SPELLED = re.compile(r"(?<![\w.,])(\d{1,3}(?:\u202f\d{3})+|\d+)(?:,(\d+))?(?=e[−-]\d|(?!\w|,\d|\.\d))"
                      r"([ \u202f\xa0]%)?")
_SIGNS = str.maketrans({"«": "“", "»": "”", "№": "No."})
_CODE = re.compile(r"[А-ЯЁ](?:\d+(?:\.\d+)*)?")   # of a group, an indicator, a requirement, an expert
_LATIN = str.maketrans("АБВГДЕЖЗИКЛМНОПРСТУФХЦЭЮЯ", "ABVGDEJZIKLMNOPRSTUFHCEUY")
_HOLE = re.compile(r"\{(n?\d+)(?::([^{}]*))?\}")
_WORD = re.compile(r"[А-Яа-яЁё]+")
_BREAK = re.compile(r"(?<=[.!?…:;])(?:\*\*|[*»)])*\s+(?=\S)")   # a sentence may end here
_JOINTS = (("; ", "; "), (" — ", " — "), (", ", ", "), (" и ещё ", " and "), (" и ", " and "), (": ", ": "),
           (" / ", " / "), (" → ", " → "), (" · ", " · "), (" × ", " × "), (" + ", " + "), (" | ", " | "))
_WRAPPED = (("«", "»", "“", "”"), ("**", "**", "**", "**"), ("*", "*", "*", "*"), ("`", "`", "`", "`"),
            ("(", ")", "(", ")"))
_MOST = 8      # pieces of a paragraph that one pattern may cover
_DEEPEST = 8   # holes inside holes
_LOOSE = 4     # signs outside of holes: a pattern with fewer is tried after lists and brackets
_ENOUGH = 12   # signs that a pattern must name itself to be used where not all that fills it is known
_SHORT = 25    # signs: anything shorter is no sentence


@dataclass(frozen=True)
class _Pattern:
    russian: re.Pattern
    english: str
    literal: str   # words that a text must have: looked for before the expression is tried
    fixed: int     # signs outside of holes: the more, the more exact


class Catalogue:
    r"""Russian patterns with their English.

    Parameters
    ----------
    patterns : mapping
        Russian text -> English text. `{n1:centre|centres}` chooses a form by the number in `{n1}`.
    forms : iterable of str
        Forms of one Russian word, apart by spaces; a pattern with one of them covers all.
    names : iterable of str
        What keeps its Russian name: titles of an edition and units that have no English one.

    Examples
    --------
    >>> catalogue = Catalogue({"Место изменят {n1} центр из {n2}: {1}.": "{n1} of {n2} {n2:centre|centres} move: {1}.",
    ...                        "Открытость": "Openness"}, ["центр центра центров", "изменит изменят"], ["Север"])
    >>> catalogue.text("Место изменит 1\xa0центр из 1\u202f200: «Открытость», Север и Юг.")
    '1 of 1,200 centres move: “Openness”, Север and Юг.'
    >>> catalogue.missing
    {'Юг': 1}
    """

    def __init__(self, patterns: Mapping[str, str], forms: Iterable[str] = (), names: Iterable[str] = ()) -> None:
        self.missing: dict[str, int] = {}   # what no pattern covers, and how often it was met
        self._names = {_spaced(name) for name in names}
        spaced = {_spaced(russian): english for russian, english in patterns.items()}
        self._exact = {russian: english for russian, english in spaced.items() if "{" not in russian}
        self._patterns = _compiled_all(tuple(spaced.items()), tuple(forms))
        self._known: dict[str, str | None] = {}
        self._busy: set[str] = set()
        self._cut = False

    def text(self, russian: str) -> str:
        """A paragraph, a heading, a cell in English; what no pattern covers is left as it is and noted."""
        russian = russian.strip("\n")
        if not CYRILLIC.search(russian):
            return numbers(russian)
        before, after = re.match(r"\s*", russian)[0], re.search(r"\s*$", russian)[0]
        return before + self._sentences(_spaced(russian).strip()) + after

    def covers(self, russian: str) -> bool:
        """Whether every word of the text has its English."""
        noted, self.missing = self.missing, {}
        self.text(russian)
        found, self.missing = not self.missing, noted
        return found

    def _sentences(self, text: str) -> str:
        if (whole := self._phrase(text)) is not None:
            return whole
        pieces = _pieces(text)
        said, first = [], 0
        while first < len(pieces):
            runs = [(last, " ".join(pieces[first:last]))
                    for last in range(min(len(pieces), first + _MOST), first, -1)]
            whole = ((last, self._phrase(run)) for last, run in runs)
            filled = ((last, self._with_gaps(run)) for last, run in runs)
            last, english = next(((last, known) for last, known in chain(whole, filled) if known is not None),
                                 (first + 1, None))
            english = self._halves(pieces[first]) if english is None else english
            said.append(english)
            first = last
        return " ".join(said)

    def _with_gaps(self, text: str) -> str | None:
        """A sentence whose pattern is known, although not all that fills it is."""
        for pattern in self._patterns:
            if pattern.fixed >= _ENOUGH and pattern.literal in text and (found := pattern.russian.fullmatch(text)):
                return _filled(pattern.english, {
                    name: known if (known := self._phrase(own)) is not None else self._halves(own)
                    for name, own in found.groupdict().items()})
        return None

    def _halves(self, text: str) -> str:
        """What is known of a piece that is not known whole; the rest stays Russian and is noted."""
        for left, right, opening, closing in _WRAPPED:
            if inner := _inside(text, left, right):
                return opening + self._halves(inner) + closing
        for russian, english in _JOINTS[:5]:
            if (parts := _split(text, russian)) and any(self._phrase(part) is not None for part in parts):
                return english.join(known if (known := self._phrase(part)) is not None else self._halves(part)
                                    for part in parts)
        self.missing[text] = self.missing.get(text, 0) + 1
        return text

    def _phrase(self, text: str, depth: int = 0) -> str | None:
        """A phrase that is known whole, or None."""
        if not CYRILLIC.search(text):
            return numbers(text)
        if text in self._busy or depth > _DEEPEST:   # a pattern that is a single hole comes back to itself
            self._cut = True
            return None
        if text in self._known:
            return self._known[text]
        before, self._cut = self._cut, False
        self._busy.add(text)
        found = self._translated(text, depth)
        self._busy.discard(text)
        if found is not None or not self._cut or not depth:   # a search cut short may yet succeed from elsewhere
            self._known[text] = found
        self._cut = self._cut or before
        return found

    def _translated(self, text: str, depth: int) -> str | None:
        if text in self._exact:
            return self._exact[text]
        if _CODE.fullmatch(text):
            return text.translate(_LATIN)
        found = (self._by_pattern(text, depth) or self._composed(text, depth)
                 or self._by_pattern(text, depth, loose=True) or self._recased(text, depth))
        return text if found is None and text in self._names else found

    def _composed(self, text: str, depth: int) -> str | None:
        """Words in quotation marks, in brackets, in a list."""
        for left, right, opening, closing in _WRAPPED:
            if inner := _inside(text, left, right):
                known = self._phrase(inner, depth + 1)
                if left == "«" and known is not None:   # quotation marks inside quotation marks
                    known = known.replace("“", "‘").replace("”", "’")
                return None if known is None else opening + known + closing
        if bracketed := re.fullmatch(r"(.+) \(([^()]*|[^()]*\([^()]*\)[^()]*)\)", text):
            outer, inner = (self._phrase(part, depth + 1) for part in bracketed.groups())
            if outer is not None and inner is not None:
                return f"{outer} ({inner})"
        for russian, english in _JOINTS:
            if parts := _split(text, russian):
                known = [self._phrase(part, depth + 1) for part in parts]
                if None not in known:
                    more = " more" if russian == " и ещё " else ""
                    return english.join(known) + more
        if text[-1] in ".:;!?" and (known := self._phrase(text[:-1], depth + 1)) is not None:
            return known + text[-1]
        return None

    def _recased(self, text: str, depth: int) -> str | None:
        """A phrase at the beginning of a sentence, or a sentence whose full stop is left out."""
        first, stopped = text[0], f"{text}."
        if stopped in self._exact or (len(text) > _SHORT and depth <= _DEEPEST):
            known = self._exact.get(stopped) or self._by_pattern(stopped, depth)
            if known is not None:
                return known.removesuffix(".")
        known = self._exact.get((first.lower() if first.isupper() else first.upper()) + text[1:])
        if known is None:
            return None
        return (known[0].upper() if first.isupper() else known[0].lower()) + known[1:]

    def _by_pattern(self, text: str, depth: int, *, loose: bool = False) -> str | None:
        """By the most exact pattern that fits; `loose` are those that are hardly more than holes: «{1} {n2}»."""
        for pattern in self._patterns:
            if ((pattern.fixed < _LOOSE) == loose and pattern.literal in text
                    and (found := pattern.russian.fullmatch(text))):
                holes = {name: self._phrase(own, depth + 1) for name, own in found.groupdict().items()}
                if None not in holes.values():
                    return _filled(pattern.english, holes)
        return None


@cache
def entries() -> tuple[dict[str, str], tuple[str, ...]]:
    """All patterns of the catalogue and the forms of Russian words, read once."""
    patterns: dict[str, str] = {}
    for path in sorted(FOLDER.glob("*.yml")):
        if path.stem != "forms":
            patterns |= yaml.load(path.read_text("utf-8"), Loader=yaml.CSafeLoader)
    forms = yaml.load((FOLDER / "forms.yml").read_text("utf-8"), Loader=yaml.CSafeLoader)
    return patterns, tuple(forms)


def catalogue(names: Iterable[str] = ()) -> Catalogue:
    """The catalogue of the report; `names` are those of the edition and of its units."""
    patterns, forms = entries()
    return Catalogue(patterns, forms, names)


def numbers(text: str) -> str:
    r"""Numbers and quotation marks as English prints them: decimal point, thousands by commas, no space before «%».

    >>> numbers("−12\u202f345,68"), numbers("48,5\xa0%"), numbers("01.02.2024; 1,5–2,25; 0,05, 7")
    ('−12,345.68', '48.5%', '01.02.2024; 1.5–2.25; 0.05, 7')
    """
    def rewritten(found: re.Match) -> str:
        whole, part, percent = found.groups()
        grouped = re.sub(r"[\u202f\xa0 ]", ",", whole)
        return grouped + (f".{part}" if part else "") + ("%" if percent else "")
    return _SPELLED.sub(rewritten, text).translate(_SIGNS)


def _pieces(text: str) -> list[str]:
    """Where sentences may end; a pattern joins again what an abbreviation has parted."""
    cut, pieces = 0, []
    for found in _BREAK.finditer(text):
        pieces.append(text[cut:found.end()].rstrip())
        cut = found.end()
    return [*pieces, text[cut:]]


def _split(text: str, joint: str) -> list[str]:
    """Parts of a list, unless the joint stands inside quotation marks or brackets."""
    if joint not in text:
        return []
    parts: list[str] = []
    for piece in text.split(joint):
        if parts and (parts[-1].count("«") > parts[-1].count("»") or parts[-1].count("(") > parts[-1].count(")")):
            parts[-1] += joint + piece
        else:
            parts.append(piece)
    return parts if len(parts) > 1 and all(parts) else []


def _inside(text: str, left: str, right: str) -> str:
    """What stands inside a pair of signs that encloses the whole text, or nothing."""
    inner = text[len(left):len(text) - len(right)]
    if not (inner and text.startswith(left) and text.endswith(right)):
        return ""
    if left == right:
        return "" if left in inner else inner
    depth = 0
    for sign in inner:
        depth += (sign == left) - (sign == right)
        if depth < 0:   # closed before the end: «А» и «Б»
            return ""
    return inner


@cache
def _compiled_all(patterns: tuple[tuple[str, str], ...], forms: tuple[str, ...]) -> list[_Pattern]:
    """Patterns as expressions, the most exact first; made once for all notebooks."""
    alternatives = {word: group for group in map(str.split, forms) for word in group}
    made = [_compiled(russian, english, alternatives) for russian, english in patterns
            if "{" in russian or any(word in alternatives for word in _WORD.findall(russian))]
    return sorted(made, key=lambda pattern: -pattern.fixed)


def _compiled(russian: str, english: str, alternatives: Mapping[str, list[str]]) -> _Pattern:
    made, literals, cut, worded = "", [""], 0, 0
    for hole in [*_HOLE.finditer(russian), None]:
        fixed = russian[cut:hole.start() if hole else len(russian)]
        at = 0
        for word in _WORD.finditer(fixed):
            if word[0] in alternatives:
                made += re.escape(fixed[at:word.start()]) + f"(?:{'|'.join(alternatives[word[0]])})"
                literals += [fixed[at:word.start()], ""]
                worded += len(word[0])
                at = word.end()
        made += re.escape(fixed[at:])
        literals += [fixed[at:], ""]
        if hole:
            number = hole[1].startswith("n")
            made += f"(?P<h{hole[1]}>{NUMBER if number else '.+?'})"
            cut = hole.end()
    return _Pattern(re.compile(made), english, max(literals, key=len), worded + sum(map(len, literals)))


def _filled(english: str, holes: Mapping[str, str]) -> str:
    def filled(hole: re.Match) -> str:
        value, choices = holes[f"h{hole[1]}"], hole[2]
        if choices is None:
            return value
        one, many = choices.split("|")
        return one if value == "1" else many
    return re.sub(r"(?<=[\d.]) %", "%", _HOLE.sub(filled, english))


def _spaced(text: str) -> str:
    """One line, with common spaces; those between thousands stay as they are, words broken to fit are whole again."""
    whole = re.sub(r"(?<=[а-яё])-\s*\n(?=[а-яё])|(?<=[а-яё])- (?!и |или )(?=[а-яё])", "", text)
    return re.sub(r"[ \xa0\n\t]+", " ", whole)
