"""Numbers that a text prints: which they are, what stands behind each, and whether somebody typed it by hand.

`results.spell` writes numbers into sentences and notes each of them here. When a job keeps a text, `behind` finds the
noted number for every numeral of it; the results keep these values beside the words. `unfound` reads the results
again: a numeral whose value was not kept, or does not round to what is printed, was typed by hand.

What this cannot see: numbers in words («две группы»), names that hold numbers, years in citations, formulas, and a
right number in a wrong sentence. Cells of tables are results themselves and are not looked at.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from methods.errors import NotPublishable
from methods.index.rounding import half_up

Value = float | int | None

REMEMBERED = 1000   # noted numbers that no text has taken; a text prints far fewer
CONTEXT = 16        # characters on either side that make a sentence the same sentence
SHOWN = 20

# What a reader does not take for a number of the report: formulas, code, addresses of files and pages.
_NOT_WORDS = re.compile(
    r"<!--.+?-->|\$\$.+?\$\$|\$[^$\n]+\$|```.+?```|`[^`\n]*`|\]\([^)\s]*\)|https?://\S+|doi:\S+", re.DOTALL)
_CODE = re.compile(
    r"[^\W\d][\w./-]*\d[\w./-]*"             # Д1, gtmi-2022, k2
    r"|\d+(?:[.:]\d+){2,}"                   # 31.12.2024
    r"|\d+-\d[\w-]*|\d+[^\W\d_][\w-]*")      # 01-021, 3D
_SIGN = r"(?:(?<![\w)\]%])[−-])?"
_NUMERAL = re.compile(rf"{_SIGN}\d{{1,3}}(?:\u202f\d{{3}})+(?!\d)(?:,\d+)?|{_SIGN}\d+(?:[.,]\d+)?")
_NUMBERED = re.compile(r"^(?:#+ |\s*)\d+(?:\.\d+)*\. ", re.MULTILINE)   # headings and items of lists
_CITED = re.compile(r"(?:[^\W\d_][\w’'-]*|[и&]\s+др\.|et al\.)(?:,\s+|\s+\()(?:1[6-9]|20)\d\d[a-z]?\b")
_PLACE = re.compile(r"\b(?:глав|раздел|приложени|тетрад)[а-яё]*[\s\u00a0]+\d+", re.IGNORECASE)
_SURNAME = re.compile(r"[A-ZА-ЯЁ]|[и&]\s+др\.|et al\.")


@dataclass(frozen=True)
class Numeral:
    """A number as a text prints it, and where."""

    text: str
    start: int

    @property
    def end(self) -> int:
        """Where it ends."""
        return self.start + len(self.text)

    @property
    def decimals(self) -> int:
        """How many digits stand after the comma."""
        return len(re.split("[.,]", self.text)[1]) if re.search("[.,]", self.text) else 0

    @property
    def value(self) -> float:
        """What it says."""
        return float(self.text.replace("\u202f", "").replace("−", "-").replace(",", "."))

    def says(self, value: Value) -> bool:
        """Whether the value, rounded half up to the digits that are printed, is what is printed.

        >>> [Numeral("12,3", 0).says(value) for value in (12.25, 12.349, 12.35, None)]
        [True, True, False, False]
        """
        return value is not None and half_up(float(value), self.decimals) == half_up(self.value, self.decimals)


@dataclass(frozen=True)
class Unfound:
    """A numeral with nothing behind it."""

    place: str      # «weights, текст «effect»»
    numeral: str
    sentence: str

    def __str__(self) -> str:
        return f"  {self.place} | {self.numeral} | «{self.sentence}»"


_noted: deque[tuple[str, Value]] = deque(maxlen=REMEMBERED)


def note(shown: str, value: float | int) -> str:
    """Remember a number and how it was spelled; returns the spelling."""
    _noted.append((shown, value))
    return shown


def numerals(text: str) -> list[Numeral]:
    """Numbers of a text in their order; codes, dates, formulas and addresses hold none.

    >>> [each.text for each in numerals("С 12 по 15, −0,5, 12\\u202f345 (Д1, 01-021, `a2`), 2-й, 8,5–13 %, $x^2$")]
    ['12', '15', '−0,5', '12\\u202f345', '2', '8,5', '13']
    """
    words = _blank(_CODE, _blank(_NOT_WORDS, text))
    return [Numeral(match[0], match.start()) for match in _NUMERAL.finditer(words)]


def behind(text: str, earlier: Iterable[tuple[str, Sequence[Value]]] = ()) -> list[Value]:
    """The number behind every numeral of a text, in their order; None where none was noted.

    A numeral takes the last noted number with its spelling, and nobody takes that number again. A sentence that an
    earlier text says in the same words has the numbers of that text.

    Parameters
    ----------
    earlier : pairs (text, numbers behind it)
        Texts that this one may repeat.

    Examples
    --------
    >>> first = f"Устойчивы места {note('84096', 84096)} центров."
    >>> behind(first), behind(first), behind(f"Вывод. {first}", [(first, [84096])])
    ([84096], [None], [84096])
    """
    said = [(other, {(each.start, each.text): value for each, value in zip(numerals(other), values, strict=False)})
            for other, values in earlier]
    return [_taken(each.text) if (known := _repeated(text, each, said)) is None else known for each in numerals(text)]


def _repeated(text: str, each: Numeral, said: Iterable[tuple[str, Mapping[tuple[int, str], Value]]]) -> Value:
    """The number behind the same numeral of an earlier text that this one repeats, whole or in part."""
    for other, values in said:
        place = text.find(other)
        inside = 0 <= place <= each.start < place + len(other)
        if inside and (known := values.get((each.start - place, each.text))) is not None:
            return known
    for left, right in ((CONTEXT, CONTEXT), (2 * CONTEXT, 0), (0, 2 * CONTEXT)):   # a repeated sentence has other ends
        low = max(each.start - left, 0)
        words = text[low:each.end + right]
        if len(words) < len(each.text) + CONTEXT:
            continue
        for other, values in said:
            place = other.find(words)
            if place >= 0 and (known := values.get((place + each.start - low, each.text))) is not None:
                return known
    return None


def _taken(shown: str) -> Value:
    """The last number noted with this spelling, which is forgotten."""
    for pair in reversed(_noted):
        if pair[0] == shown:
            _noted.remove(pair)
            return pair[1]
    return None


def unfound(place: str, text: str, values: Sequence[Value], names: Iterable[str] = ()) -> list[Unfound]:
    """Numerals of a text that nothing stands behind.

    Parameters
    ----------
    values : sequence
        What `behind` found when the text was made.
    names : texts
        Names and quotations whose numbers are not of the report: titles, editions, periods, units. A name that is but
        a number of up to three digits counts only in quotation marks, or it would excuse every such number.

    Examples
    --------
    >>> said = "В 2024 году 12,3 % и 7 (Saaty, 1980)."
    >>> [found.numeral for found in unfound("текст", said, [None, 12.345, None], ["2024"])]
    ['7']
    """
    read = numerals(text)
    padded = [*values, *[None] * (len(read) - len(values))]
    lost = [each for each, value in zip(read, padded, strict=False) if not each.says(value)]
    excused = _spans(text, names) if lost else []   # an index has thousands of names
    return [Unfound(place, each.text, sentence(text, each)) for each in lost
            if not any(low <= each.start and each.end <= high for low, high in excused)]


def typed(place: str, text: str, names: Iterable[str] = ()) -> list[Unfound]:
    """Numerals of a hand-written text, except numbers of headings and lists and constants cited in their sentence.

    >>> [lost.numeral for lost in typed("тетрадь", "## 1. Места\\n\\nХорошо до 0,10 (Saaty, 1980). Центров 84.")]
    ['84']
    """
    text = _blank(_NUMBERED, text)
    return [lost for lost in unfound(place, text, (), names)
            if not any(_SURNAME.match(match[0]) for match in _CITED.finditer(lost.sentence))]


def stop(found: Sequence[Unfound]) -> None:
    """Raise if a number of the prose is not in the results."""
    if found:
        more = [f"  … и ещё {len(found) - SHOWN}"] if len(found) > SHOWN else []
        raise NotPublishable("\n".join([
            f"Публикация остановлена: в тексте есть числа, которых нет среди результатов: {len(found)}.",
            *map(str, found[:SHOWN]), *more,
            "  правило: число в тексте берётся из расчёта | напишите его через spell(…) или percent(…) из переменной"]))


def sentence(text: str, numeral: Numeral) -> str:
    """The words around a numeral, up to the ends of its sentence."""
    low = max(text.rfind(stop, 0, numeral.start) for stop in (". ", "! ", "? ", "\n"))
    ends = [end for stop in (". ", "! ", "? ", "\n") if (end := text.find(stop, numeral.end)) >= 0]
    return text[low + 1:min(ends, default=len(text) - 1) + 1].strip()


def _spans(text: str, names: Iterable[str]) -> list[tuple[int, int]]:
    """Stretches of a text that are citations, numbers of chapters or names."""
    spans = [match.span() for match in _CITED.finditer(text) if _SURNAME.match(match[0])]
    spans += [match.span() for match in _PLACE.finditer(text)]
    for name in names:
        if name in text and any(sign.isdecimal() for sign in name):
            bare = re.escape(name)
            whole = rf"«{bare}»" if re.fullmatch(r"\d{1,3}", name) else rf"(?<![\w,.\u202f]){bare}(?![\w\u202f]|,\d)"
            spans += [match.span() for match in re.finditer(whole, text)]
    return spans


def _blank(pattern: re.Pattern, text: str) -> str:
    """The text with what matches replaced by spaces, so that places stay."""
    return pattern.sub(lambda match: " " * len(match[0]), text)
