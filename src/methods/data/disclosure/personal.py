"""Personal data in free text: found by form, replaced by a mark before the text reaches a message, log or report."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

HIDDEN = "***"
SHORTEST = 3  # letters; a shorter personal value («5», «да») stands in every second sentence

_INVISIBLE = {"\u200b", "\u200c", "\u200d", "\u2060", "\ufeff", "\u00ad"}
_WORD = "[А-ЯЁ][а-яё]+(?:-[А-ЯЁ][а-яё]+)?"
_GAP = r"[ \t\u00a0\u202f]"
_PATRONYMIC = (r"[а-яё]{2,}(?:(?:[оеё]вич|ьич)(?:а|у|ем|е)?|(?:[оеё]в|ич|инич)н(?:а|ы|е|у|ой|ою)"
               r"|(?:кузьм|фом|лук|ильин|никит|сав)ич(?:а|у|ом|ем|е)?)")
_SURNAME = r"(?:[а-яё]+(?:[оеё]в|[иы]н|ск(?:ий|ой)|цк(?:ий|ой)|енко|[кч]ук|[яа]н|дзе|швили|ко)" \
           r"(?:а|у|ым|ой|е|ому|ого|им|ем|ю)?|[а-яё]+(?:ская|цкая|скую|скому|ского|ским))"
# Stems of the most usual first names: with a surname beside them they are a person, alone they are not.
_NAMES = ("александр|алексе|алён|ален|алин|алис|анастаси|анатоли|андре|анн|антон|арте|артём|богдан|борис|вадим|"
          "валентин|валери|василис|васили|вер|веронник|вероник|виктор|виктори|виталий|витали|владимир|владислав|вячеслав|галин|"
          "геннади|георги|глеб|григори|дарь|данил|даниил|денис|диан|дмитри|евгени|егор|екатерин|елен|елизавет|жанн|зо|"
          "иван|игор|иль|ин|инн|ирин|карин|кирилл|константин|ксени|ларис|лев|леонид|лид|лиди|любов|людмил|майя|максим|"
          "маргарит|марин|мари|марь|матве|михаил|надежд|натали|наталь|никит|никола|нин|оксан|олег|олес|ольг|павел|павл|"
          "пётр|петр|полин|раис|регин|рената|ринат|роман|руслан|рустам|светлан|семён|семен|серге|софи|софь|станислав|"
          "степан|тамар|тать|тимофе|тимур|ульян|фёдор|федор|эдуард|эльвир|юли|юри|яков|ян|яросла|ярослав")
_NAME = rf"(?:{_NAMES})(?:а|я|ь|й|ей|ии|ия|ий|ья|у|ю|ы|и|е|ем|ой|ом|ём|ью|ьи|ье|ьей|ией|ию|ию)?"


_PATTERNS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("почта", re.compile(r"[\w.+%-]+\s?(?:@|\(at\)|\[at\])\s?[\w-]+(?:\.[\w-]+)*\.[a-zа-яё]{2,}", re.IGNORECASE)),
    ("снилс", re.compile(r"(?<!\d)\d{3}-\d{3}-\d{3}[ \u00a0-]\d{2}(?!\d)")),
    ("снилс", re.compile(r"снилс\w*\W{0,12}\d[\d \u00a0-]{9,14}\d", re.IGNORECASE)),
    ("паспорт", re.compile(r"паспорт\w*(?:\s+(?:рф|гражданина|серии|серия|номер|№))*\W{0,6}\d{2}\s?\d{2}"
                           r"(?:\s*(?:№|номер|N))?\s?\d{6}(?!\d)", re.IGNORECASE)),
    ("паспорт", re.compile(r"серия\s*\d{2}\s?\d{2},?\s*(?:номер|№|N)?\s*\d{6}(?!\d)", re.IGNORECASE)),
    ("паспорт", re.compile(r"(?<![\d-])\d{2} ?\d{2} (?:№ ?)?\d{6}(?![\d-])")),
    ("телефон", re.compile(r"(?<![\d.,])(?:\+\s?7|\b8|\b7)[\s\u00a0(.-]{0,3}\d{3}[\s\u00a0).-]{0,3}\d{3}"
                           r"[\s\u00a0.-]{0,2}\d{2}[\s\u00a0.-]{0,2}\d{2}(?!\d)")),
    ("телефон", re.compile(r"\(\d{3,5}\)\s?\d{1,3}[- ]?\d{2}[- ]?\d{2}(?!\d)")),
    ("телефон", re.compile(r"(?:тел\w*|звон\w*|моб\w*|сот\w*|whatsapp|ватсап\w*)\.?\W{0,3}\d{1,3}(?:[- ]?\d{2}){2}"
                           r"(?!\d)", re.IGNORECASE)),
    ("телефон", re.compile(r"(?<![\d.,])9\d{2}[ -]\d{3}[ -]\d{2}[ -]?\d{2}(?!\d)")),
    ("аккаунт", re.compile(r"(?<![\w@.])@[A-Za-z]\w{4,}|(?:t\.me|vk\.com|wa\.me)/[\w.]+")),
    ("дата рождения", re.compile(r"(?:дата рождения|родил(?:ся|ась)|г\.\s?р\.)\W{0,4}\d{1,2}[./]\d{1,2}[./]\d{2,4}"
                                 r"|\d{1,2}[./]\d{1,2}[./]\d{4}\s?(?:г\.\s?р\.|года рождения)", re.IGNORECASE)),
    ("адрес", re.compile(rf"(?:ул|пр-т|пер|просп)\.\s?{_WORD}[^.;\n]{{0,30}}?,?\s?д\.?\s?\d+\w?[^.;\n]{{0,12}}?,?\s?"
                         r"кв\.?\s?\d+", re.IGNORECASE)),
    ("имя", re.compile(rf"(?:{_WORD}{_GAP}+)?{_WORD}{_GAP}+(?=[А-ЯЁ])(?i:{_PATRONYMIC})(?!\w)"
                       rf"(?:{_GAP}+(?=[А-ЯЁ])(?i:{_SURNAME})(?!\w))?")),
    ("имя", re.compile(rf"(?i:(?<!\w){_SURNAME}{_GAP}+{_NAME}{_GAP}+{_PATRONYMIC}(?!\w))")),
    ("имя", re.compile(rf"(?i:(?<!\w){_NAME}{_GAP}+{_PATRONYMIC}(?!\w))")),
    ("имя", re.compile(rf"(?<![\w.]){_WORD}{_GAP}?{_GAP}?[А-ЯЁ]\.{_GAP}?[А-ЯЁ]\.")),
    ("имя", re.compile(rf"(?<![\w.])[А-ЯЁ]\.{_GAP}?[А-ЯЁ]\.{_GAP}?{_WORD}")),
    ("имя", re.compile(rf"(?<!\w)(?=[А-ЯЁ])(?i:{_NAME}){_GAP}+(?=[А-ЯЁ])(?i:{_SURNAME})(?!\w)")),
    ("имя", re.compile(rf"(?<!\w)(?=[А-ЯЁ])(?i:{_SURNAME}){_GAP}+(?=[А-ЯЁ])(?i:{_NAME})(?!\w)")),
    ("имя", re.compile(rf"(?i:(?<!\w)[a-z]+{_GAP}+[a-z]+{_GAP}+[a-z]{{2,}}(?:ovich|evich|ovna|evna|ichna)(?!\w))")),
)
_ELEVEN = re.compile(r"(?<![\d.,-])\d{11}(?![\d-])")
_TWELVE = re.compile(r"(?<![\d.,-])\d{12}(?![\d-])")
_CARD = re.compile(r"(?<![\d-])\d{4}[ -]?\d{4}[ -]?\d{4}[ -]?\d{4}(?![\d-])")


@dataclass(frozen=True, order=True)
class Marker:
    """A place in a text that looks like personal data."""

    start: int
    end: int
    kind: str


def find_personal(text: str, values: Iterable[str] = ()) -> list[Marker]:
    """Places that look like personal data, in order, without overlaps.

    Parameters
    ----------
    text : str
    values : iterable of str
        Known personal values (from columns marked `personal`): found wherever they stand as whole words.

    Examples
    --------
    >>> [marker.kind for marker in find_personal("Звонить Ивановой Анне Петровне, 8 (912) 345-67-89")]
    ['имя', 'телефон']
    >>> find_personal("Приказ № 352 от 12.07.2024: индекс вырос с 86,83 до 93,12 у 1 197 центров")
    []
    """
    plain, place = _plain(text)
    found: list[Marker] = []
    for value in sorted({_plain(str(value))[0].strip() for value in values}, key=len, reverse=True):
        if len(value) >= SHORTEST:
            words = r"\s+".join(re.escape(word) for word in value.split())
            found += _all(re.compile(rf"(?<!\w){words}(?!\w)", re.IGNORECASE), plain, "значение")
    for kind, pattern in _PATTERNS:
        found += _all(pattern, plain, kind)
    found += [marker for marker in _all(_ELEVEN, plain, "снилс") if snils(plain[marker.start:marker.end])]
    found += [marker for marker in _all(_TWELVE, plain, "инн") if _inn(plain[marker.start:marker.end])]
    found += [marker for marker in _all(_CARD, plain, "карта") if _luhn(plain[marker.start:marker.end])]
    apart: list[Marker] = []
    for marker in sorted(found, key=lambda marker: (marker.start, -marker.end)):
        if apart and marker.start < apart[-1].end:
            apart[-1] = Marker(apart[-1].start, max(apart[-1].end, marker.end), apart[-1].kind)
        else:
            apart.append(marker)
    return [Marker(place[marker.start], place[marker.end - 1] + 1, marker.kind) for marker in apart]


def masked(text: str, values: Iterable[str] = ()) -> str:
    """The text with everything that looks personal replaced by `***`.

    >>> masked("Пишите на anna.petrova@example.ru или +7 912 345-67-89")
    'Пишите на *** или ***'
    >>> masked("СНИЛС 112-233-445 95, сотрудник Сидоров П. К.")
    '***, сотрудник ***'
    >>> masked("строка 14: значение Пупкинсон", values=["Пупкинсон"])
    'строка 14: значение ***'
    """
    parts, last = [], 0
    for marker in find_personal(text, values):
        parts += [text[last:marker.start], HIDDEN]
        last = marker.end
    return "".join(parts) + text[last:]


def snils(digits: str) -> bool:
    """Whether eleven digits are a SNILS: the last two are the weighted sum of the first nine, modulo 101.

    Постановление Правления ПФР 192п (2006), приложение 1. The published example is 112-233-445 95:

    >>> snils("11223344595"), snils("11223344596")
    (True, False)
    """
    numbers = [int(sign) for sign in digits if sign.isdigit()]
    if len(numbers) != 11 or len(set(numbers)) == 1:
        return False
    total = sum(number * weight for number, weight in zip(numbers[:9], range(9, 0, -1), strict=True)) % 101
    return total % 100 == 10 * numbers[9] + numbers[10]


def _inn(digits: str) -> bool:
    numbers = [int(sign) for sign in digits]
    weights = [7, 2, 4, 10, 3, 5, 9, 4, 6, 8]
    first = sum(n * w for n, w in zip(numbers, weights, strict=False)) % 11 % 10
    second = sum(n * w for n, w in zip(numbers, [3, *weights], strict=False)) % 11 % 10
    return [first, second] == numbers[10:] and len(set(numbers)) > 1


def _luhn(text: str) -> bool:
    numbers = [int(sign) for sign in text if sign.isdigit()]
    doubled = sum(sum(divmod(2 * number, 10)) for number in numbers[-2::-2])
    return len(set(numbers)) > 1 and (sum(numbers[-1::-2]) + doubled) % 10 == 0


def _all(pattern: re.Pattern[str], text: str, kind: str) -> list[Marker]:
    return [Marker(match.start(), match.end(), kind) for match in pattern.finditer(text)]


def _plain(text: str) -> tuple[str, list[int]]:
    """The text without invisible signs and in usual forms of digits and letters, and where each sign came from."""
    signs, place = [], []
    for i, sign in enumerate(text):
        if sign in _INVISIBLE:
            continue
        usual = unicodedata.normalize("NFKC", sign)
        usual = "-" if sign in "‐‑‒–—−" else usual
        signs.append(usual if len(usual) == 1 else sign)
        place.append(i)
    return "".join(signs), place
