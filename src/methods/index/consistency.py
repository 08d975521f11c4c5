"""Does an edition hold together: do codes lead somewhere, do weights sum to 1, is the tree a tree?

Every fault is found at once and names the place in the file, so that a methodologist mends all in one go.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches

from methods.checks import SUM_TOLERANCE
from methods.index.edition import INDEX, REGIONS, Checklist, Checks, Column, Edition, Normalisation, Survey, Table

KeyPath = tuple[str | int, ...]  # keys of the file from its root down

# One name of a folder: letters, digits, dots and dashes, so that nothing leads out of it.
FOLDER_NAME = re.compile(r"[\w][\w.\-]*(?<!\.)")
# Cyrillic letters and the Latin ones of the same look; characters that are not seen at all.
TWINS = dict(zip("АВЕЅІЈКМНОРСТУХасеіјѕорсух", "ABESIJKMHOPCTYXaceijsopcyx", strict=True))
UNSEEN = "\u00ad\u200b\u200c\u200d\u2060\ufeff"
_LOOK = str.maketrans({**TWINS, **dict.fromkeys(UNSEEN)})


@dataclass(frozen=True)
class Fault:
    """One broken rule and where in the file: a path of keys."""

    path: KeyPath
    message: str
    hint: str = ""  # how to mend it, when that takes more than the rule itself


def closest(word: str, known: Iterable[str]) -> str | None:
    """The known word that looks the same, or else the most similar one.

    >>> closest("C1", ["С1", "С2"])  # Latin C, known are Cyrillic
    'С1'
    """
    words = list(known)
    same = [other for other in words if other != word and other.translate(_LOOK) == word.translate(_LOOK)]
    return next(iter(same or get_close_matches(word, words, n=1)), None)


def difference(word: str, other: str) -> str:
    """Where two words differ that look the same; nothing for words that look different.

    >>> difference("C1", "С1")
    ' Символ 1: «C» — латиница, а в «С1» там «С» — кириллица.'
    """
    if word == other or word.translate(_LOOK) != other.translate(_LOOK):
        return ""
    for place, letter in enumerate(word):
        if letter in UNSEEN:
            return f" Символ {place + 1}: невидимый знак U+{ord(letter):04X}, удалите его."
        if letter != (there := other[place:place + 1]):
            return f" Символ {place + 1}: {_script(letter)}, а в «{other}» там {_script(there)}."
    return f" В «{other}» есть ещё невидимый знак, удалите его там."


def _script(letter: str) -> str:
    if letter in TWINS:
        return f"«{letter}» — кириллица"
    return f"«{letter}» — латиница" if letter in TWINS.values() else "невидимый знак"


def nearest(word: str, known: Iterable[str]) -> str:
    """A hint «возможно, …» with the most similar known word, or nothing.

    >>> nearest("arithmetik", ["arithmetic", "geometric"])
    ' Возможно, имелось в виду «arithmetic».'
    """
    close = closest(word, known)
    return f" Возможно, имелось в виду «{close}».{difference(word, close)}" if close else ""


def faults(edition: Edition) -> list[Fault]:
    """All faults of an edition that its field types alone cannot see."""
    found = [*_references(edition), *_twins(edition), *_cycles(edition)]
    if found:  # a tree that is none cannot be walked any further
        return found
    return [*_tree(edition), *_weights(edition), *_directions(edition), *_normalisations(edition),
            *_means(edition), *_measures(edition), *_grades(edition)]


def remarks(edition: Edition) -> list[str]:
    """What is allowed and yet must be seen by whoever reads the results, in Russian."""
    return [*_weights_at_a_limit(edition), *_left_out(edition)]


def _weights_at_a_limit(edition: Edition) -> Iterator[str]:
    for parent in [INDEX] if edition.is_flat else [INDEX, *edition.groups]:
        weights = edition.weights_of(parent)
        whole = "индекс" if parent == INDEX else f"«{parent}»"
        idle = [code for code, weight in weights.items() if weight == 0]
        if len(idle) == len(weights) - 1 and idle:
            only = next(code for code in weights.index if code not in idle)
            yield f"Вес «{only}» равен 1, остальные — 0: {whole} определяет один «{only}»."
        elif idle:
            what = "показатель не влияет" if len(idle) == 1 else "показатели не влияют"
            yield f"Вес 0 у {', '.join(idle)}: {what} на {whole}."


def _left_out(edition: Edition) -> Iterator[str]:
    if edition.groups and (bare := [code for code in edition.children(INDEX) if code in edition.indicators]):
        yield f"Без группы, прямо под индексом: {', '.join(bare)}. Проверьте ключ group."
    if edition.status == "candidate":  # a survey or a checklist is better the higher; of a number nobody can know
        assumed = [code for code, indicator in edition.indicators.items()
                   if "direction" not in indicator.model_fields_set
                   and any(isinstance(measure, Column) for measure in indicator.sides.values())]
        if assumed:
            yield f"Направление (direction) не указано, принято «чем больше, тем лучше»: {', '.join(assumed)}."


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
            if edition.left_out and measure.table == REGIONS and isinstance(measure, Checklist):
                yield Fault(("left_out",), f"чек-лист показателя «{code}» приходит из файлов регионов: требование "
                                           "исключают из перечня (data.requirements), а не ключом left_out")
            if measure.table == REGIONS and isinstance(measure, (Survey, Checklist)):
                if edition.data.regions is None:
                    yield Fault(("data",), f"показатель «{code}» берётся из файлов регионов: укажите их папку, "
                                           "ключ regions")
            elif measure.table not in edition.data.tables:
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
    for place, period in enumerate(edition.data.periods):
        if not FOLDER_NAME.fullmatch(period):
            yield Fault(("data", "periods", place), f"период «{period}» не годится для имени папки; допустимы буквы, "
                                                    "цифры, «.», «-», «_»")
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
    if REGIONS in edition.data.tables:
        yield Fault(("data", "tables", REGIONS), f"код таблицы «{REGIONS}» занят: он означает файлы регионов")
    if edition.data.requirements is None and any(
            isinstance(measure, Checklist) and measure.table == REGIONS
            for indicator in edition.indicators.values() for measure in indicator.sides.values()):
        yield Fault(("data",), "чек-листам регионов нужен перечень требований: ключ requirements")
    if edition.base_period is not None and edition.base_period not in edition.data.periods:
        yield Fault(("base_period",), f"периода «{edition.base_period}» нет в data.periods")


def _twins(edition: Edition) -> Iterator[Fault]:
    """Different codes that look the same: С1 in Cyrillic and C1 in Latin letters."""
    for codes in ([("groups", code) for code in edition.groups] + [("indicators", code) for code in edition.indicators],
                  [("data", "tables", code) for code in edition.data.tables],
                  [("clienteles", code) for code in edition.clienteles]):
        first: dict[str, str] = {}
        for path in codes:
            other = first.setdefault(path[-1].translate(_LOOK), path[-1])
            if other != path[-1]:
                yield Fault(path, f"код «{path[-1]}» не отличить на вид от «{other}».{difference(path[-1], other)}")


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
                        f"сумма весов должна быть 1, сейчас {total:.10g} (отличие {total - 1:+.3g})",
                        hint="weights." + parent + ": " + ", ".join(f"{c} = {w:.10g}" for c, w in stated.items()))


def _directions(edition: Edition) -> Iterator[Fault]:
    for code, indicator in edition.indicators.items():
        if indicator.direction == -1 and edition.normalisation_of(code).method == "none":
            yield Fault(("indicators", code, "direction"),
                        "направление −1 без нормирования: задайте normalisation, которое переворачивает шкалу")
        if indicator.direction == -1 and len(indicator.sides) == 2:
            yield Fault(("indicators", code, "direction"), "показатель с двумя сторонами должен иметь направление 1")


def _normalisations(edition: Edition) -> Iterator[Fault]:
    own = [((section, code, "normalisation"), part.normalisation) for section in ("groups", "indicators")
           for code, part in getattr(edition, section).items() if part.normalisation is not None]
    for path, rule in [(("normalisation",), edition.normalisation), *own]:
        lower, upper = _scale(rule)
        if lower >= upper:
            yield Fault(path, f"низ новой шкалы lower ({lower:g}) должен быть меньше верха upper ({upper:g}): "
                              "рейтинг перевернулся бы")
        if rule.sd is not None and rule.sd <= 0:
            yield Fault(path, f"sd ({rule.sd:g}) должно быть больше 0: рейтинг перевернулся бы")


def _scale(rule: Normalisation) -> tuple[float, float]:
    """Ends of the new scale; those left out are 0 and 1."""
    return 0.0 if rule.lower is None else rule.lower, 1.0 if rule.upper is None else rule.upper


def _means(edition: Edition) -> Iterator[Fault]:
    """Means of positive values only: under min-max the worst unit gets exactly the lower end."""
    for parent in [INDEX, *edition.groups]:
        if edition.aggregation_of(parent).method not in ("geometric", "harmonic", "power"):
            continue
        for code in edition.members(parent):
            rule = edition.normalisation_of(code) if code in edition.indicators else edition.groups[code].normalisation
            if rule is not None and rule.method == "min-max" and (low := _scale(rule)[0]) <= 0:
                yield Fault(("aggregation", parent if parent in edition.aggregation else "default"),
                            f"«{parent}»: среднее {edition.aggregation_of(parent).method} требует значений больше 0, а "
                            f"худшая единица по «{code}» получит {low:g}; задайте lower больше 0 или arithmetic")


def _grades(edition: Edition) -> Iterator[Fault]:
    rule = edition.grades
    if rule is None:
        return
    for place, label in enumerate(rule.labels):
        if label in rule.labels[:place]:
            yield Fault(("grades", "labels", place), f"название уровня «{label}» повторяется")
    ends = _ends(edition, INDEX)
    if rule.cut_offs is None or ends is None:
        return
    low, high = (end * edition.publication.multiplier for end in ends)
    first, last = rule.cut_offs[0], rule.cut_offs[-1]
    if first < low or last > high or last <= low + (high - low) / 100:
        yield Fault(("grades", "cut_offs"), f"границы {first:g}–{last:g} не подходят к баллам {low:g}–{high:g} "
                                            "(publication.multiplier): одни в процентах, другие в долях?")


def _ends(edition: Edition, code: str) -> tuple[float, float] | None:
    """Least and greatest possible score of an element; None where the data alone decide."""
    if code in edition.indicators:
        rule = edition.normalisation_of(code)
    else:
        rule = edition.groups[code].normalisation if code in edition.groups else None
    if rule is not None and rule.method != "none":
        bounded = rule.method == "min-max" or (rule.method == "goalposts" and rule.cap is not False)
        return _scale(rule) if bounded else None
    if code in edition.indicators:
        counted = [measure for measure in edition.indicators[code].sides.values()
                   if isinstance(measure, Column) or (isinstance(measure, Checklist) and measure.rule == "points")]
        return None if counted else (0.0, 1.0)
    parts = [_ends(edition, member) for member in edition.members(code)]
    if edition.aggregation_of(code).method == "sum" or not parts or None in parts:
        return None
    return min(low for low, _ in parts), max(high for _, high in parts)


def _measures(edition: Edition) -> Iterator[Fault]:
    for code, indicator in edition.indicators.items():
        for side, measure in indicator.sides.items():
            if measure.table == REGIONS:
                continue
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
