"""Words around numbers: plural forms and lists, so that a sentence built from variables reads as one."""

from __future__ import annotations

from collections.abc import Sequence

from methods.index.edition import Unit
from methods.report.prose import note, numerals
from methods.report.results import spell


def plural(count: int, one: str, few: str, many: str) -> str:
    """The form of a noun that goes with a whole number.

    >>> [plural(n, "центр", "центра", "центров") for n in (1, 2, 5, 11, 21, 112)]
    ['центр', 'центра', 'центров', 'центров', 'центр', 'центров']
    """
    if count % 10 == 1 and count % 100 != 11:
        return one
    if count % 10 in (2, 3, 4) and count % 100 not in (12, 13, 14):
        return few
    return many


def counted(count: int, one: str, few: str, many: str) -> str:
    """A number with its noun.

    >>> counted(1202, "центр", "центра", "центров")
    '1\\u202f202\\xa0центра'
    """
    return f"{spell(count)}\u00a0{plural(count, one, few, many)}"


def units(count: int, unit: Unit) -> str:
    """A number of what the edition rates.

    >>> units(21, Unit(title="центр занятости", one="центр", few="центра", many="центров"))
    '21\\xa0центр'
    """
    return counted(count, unit.one, unit.few, unit.many)


def of_units(count: int, unit: Unit) -> str:
    """A number of what the edition rates in the genitive: after «у», «для», «из».

    >>> [of_units(n, Unit(title="центр занятости", one="центр", few="центра", many="центров")) for n in (21, 22)]
    ['21\\xa0центра', '22\\xa0центров']
    """
    return counted(count, unit.few, unit.many, unit.many)


def as_said(words: object) -> str:
    """Words of another room, a refusal or a note on the data: its numbers are kept as it says them.

    >>> as_said(ValueError("n = 2: не вычисляется"))
    'n = 2: не вычисляется'
    """
    text = str(words)
    for each in numerals(text):
        note(each.text, each.value)
    return text


def listed(items: Sequence[str], most: int = 5) -> str:
    """Items as a phrase; a long list is cut and says by how much.

    >>> listed(["Д1", "П2", "К3"]), listed(list("абвгдеж"), 3)
    ('Д1, П2 и К3', 'а, б, в и ещё 4')
    """
    if not items:
        return "нет"
    if len(items) > most:
        return f"{', '.join(items[:most])} и ещё {spell(len(items) - most)}"
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} и {items[-1]}"


def quoted(titles: Sequence[str], most: int = 5) -> str:
    """Titles in Russian quotation marks as a phrase.

    >>> quoted(["Открытость руководства"])
    '«Открытость руководства»'
    """
    return listed([f"«{title}»" for title in titles], most)
