"""Does an edition hold together: do codes lead somewhere, do weights sum to 1, is the tree a tree?

Every fault is found at once and names the place in the file, so that a methodologist mends all in one go.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches

from methods.checks import SUM_TOLERANCE
from methods.index.edition import INDEX, Checklist, Checks, Edition, Survey, Table

KeyPath = tuple[str | int, ...]  # keys of the file from its root down


@dataclass(frozen=True)
class Fault:
    """One broken rule and where in the file: a path of keys."""

    path: KeyPath
    message: str


def nearest(word: str, known: Iterable[str]) -> str:
    """A hint «возможно, …» with the most similar known word, or nothing.

    >>> nearest("arithmetik", ["arithmetic", "geometric"])
    ' Возможно, имелось в виду «arithmetic».'
    """
    close = get_close_matches(word, list(known), n=1)
    return f" Возможно, имелось в виду «{close[0]}»." if close else ""


def faults(edition: Edition) -> list[Fault]:
    """All faults of an edition that its field types alone cannot see."""
    found = [*_references(edition), *_cycles(edition)]
    if found:  # a tree that is none cannot be walked any further
        return found
    return [*_tree(edition), *_weights(edition), *_directions(edition), *_measures(edition)]


def _references(edition: Edition) -> Iterator[Fault]:
    groups, indicators = set(edition.groups), set(edition.indicators)
    for code in groups & indicators | ({INDEX} & (groups | indicators)):
        yield Fault(("groups" if code in groups else "indicators", code),
                    f"код «{code}» занят; коды должны различаться")
    for code, indicator in edition.indicators.items():
        if indicator.group != INDEX and indicator.group not in groups:
            yield Fault(("indicators", code, "group"),
                        f"нет группы «{indicator.group}».{nearest(indicator.group, groups)}")
        for side, measure in indicator.sides.items():
            if measure.table not in edition.data.tables:
                yield Fault(("indicators", code, "sides", side, "table"),
                            f"нет таблицы «{measure.table}».{nearest(measure.table, edition.data.tables)}")
    for code, group in edition.groups.items():
        if group.parent != INDEX and group.parent not in groups:
            yield Fault(("groups", code, "parent"), f"нет группы «{group.parent}».{nearest(group.parent, groups)}")
    parents = groups | {INDEX}
    for section in ("weights", "aggregation", "missing"):
        for code in getattr(edition, section):
            if code not in parents and not (code == "default" and section != "weights"):
                yield Fault((section, code), f"нет группы «{code}».{nearest(code, parents)}")
        if section != "weights" and "default" not in getattr(edition, section):
            yield Fault((section,), "нет общего правила default")
    for place, code in enumerate(edition.eligibility.one_of):
        if code not in groups:
            yield Fault(("eligibility", "one_of", place), f"нет группы «{code}».{nearest(code, groups)}")
    for place, pair in enumerate(edition.pairs):
        for side in ("subjective", "objective"):
            if getattr(pair, side) not in groups | indicators:
                yield Fault(("pairs", place, side), f"нет показателя или группы «{getattr(pair, side)}»."
                                                    f"{nearest(getattr(pair, side), groups | indicators)}")
    for place, code in enumerate(edition.priorities):
        if code not in groups | indicators:
            yield Fault(("priorities", place), f"нет группы «{code}».{nearest(code, groups | indicators)}")
    if edition.base_period is not None and edition.base_period not in edition.data.periods:
        yield Fault(("base_period",), f"периода «{edition.base_period}» нет в data.periods")


def _cycles(edition: Edition) -> Iterator[Fault]:
    for code in edition.groups:
        seen, here = [code], edition.groups[code].parent
        while here in edition.groups and here not in seen:
            seen.append(here)
            here = edition.groups[here].parent
        if here == code:
            yield Fault(("groups", code, "parent"), f"группы вложены по кругу: {' → '.join([*seen, code])}")


def _tree(edition: Edition) -> Iterator[Fault]:
    for code in edition.groups:
        if not edition.children(code):
            yield Fault(("groups", code), "в группе нет показателей")


def _weights(edition: Edition) -> Iterator[Fault]:
    top = edition.children(INDEX)
    if edition.priorities and sorted(edition.priorities) != sorted(top):
        yield Fault(("priorities",), f"порядок приоритетов должен назвать по одному разу: {', '.join(top)}")
    if INDEX not in edition.weights:
        yield Fault(("weights",), "нет весов верхнего уровня: ключ index")
        return
    for parent in [INDEX, *edition.groups]:
        stated = edition.weights.get(parent)
        if edition.is_flat and parent != INDEX:
            if stated is not None:
                yield Fault(("weights", parent), "веса уже заданы для показателей по всему индексу (ключ index)")
            continue
        members = edition.members(parent)
        if stated is None:
            if len(members) > 1:
                yield Fault(("weights",), f"не заданы веса внутри «{parent}»: перечислите их или напишите equal")
            continue
        if stated == "equal":
            continue
        for code in stated:
            if code not in members:
                yield Fault(("weights", parent, code), f"«{code}» не входит в «{parent}».{nearest(code, members)}")
        absent = [code for code in members if code not in stated]
        if absent:
            yield Fault(("weights", parent), f"нет веса для: {', '.join(absent)}")
        total = sum(stated.values())
        if abs(total - 1) > SUM_TOLERANCE:
            yield Fault(("weights", parent),
                        f"сумма весов должна быть 1, сейчас {total:.10g} (отличие {total - 1:+.3g})")


def _directions(edition: Edition) -> Iterator[Fault]:
    for code, indicator in edition.indicators.items():
        if indicator.direction == -1 and edition.normalisation_of(code).method == "none":
            yield Fault(("indicators", code, "direction"),
                        "направление −1 без нормирования: задайте normalisation, которое переворачивает шкалу")
        if indicator.direction == -1 and len(indicator.sides) == 2:
            yield Fault(("indicators", code, "direction"), "показатель с двумя сторонами должен иметь направление 1")


def _measures(edition: Edition) -> Iterator[Fault]:
    for code, indicator in edition.indicators.items():
        for side, measure in indicator.sides.items():
            table = edition.data.tables[measure.table]
            path = ("indicators", code, "sides", side, "table")
            if isinstance(measure, Survey) and edition.clienteles and table.clientele is None:
                yield Fault(path, f"у таблицы «{measure.table}» не указан столбец clientele, а клиентуры заданы")
            if isinstance(measure, Checklist):
                yield from (Fault(path, f"таблица «{measure.table}»: {lack}") for lack in _checklist_lacks(table))
            if isinstance(measure, Checks):
                yield from (Fault(path[:-1], lack) for lack in _checks_lacks(measure, table))
    if edition.clienteles:
        total = sum(clientele.share for clientele in edition.clienteles.values())
        if abs(total - 1) > SUM_TOLERANCE:
            yield Fault(("clienteles",), f"сумма долей клиентур должна быть 1, сейчас {total:g}")


def _checklist_lacks(table: Table) -> Iterator[str]:
    wide, long = table.register_file is not None, table.requirement is not None
    if wide == long:
        yield "задайте либо register (требования столбцами), либо requirement (длинный вид)"
    elif wide and None in (table.register_requirement, table.register_item):
        yield "нужны register_requirement и register_item"
    elif long and None in (table.score, table.maximum, table.item):
        yield "нужны score, maximum и item"


def _checks_lacks(measure: Checks, table: Table) -> Iterator[str]:
    if isinstance(measure.collapse, dict) and table.level is None:
        yield "collapse зависит от уровня, а у таблицы нет столбца level"
    if measure.strata is not None and table.stratum is None:
        yield "заданы strata, а у таблицы нет столбца stratum"
    for title, shares in (("strata", (measure.strata or {}).values()),
                          ("weight", [check.weight for check in measure.checks])):
        stated = [share for share in shares if share is not None]
        if stated and (len(stated) != len(list(shares)) or abs(sum(stated) - 1) > SUM_TOLERANCE):
            yield f"доли {title} должны быть заданы все и в сумме давать 1"
