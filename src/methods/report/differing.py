"""What two editions say differently, in words and tables, and what that moved.

The comparison goes through every key that an edition can have, so a change that nobody thought of is shown as well.
Effects on scores are those of `index.change`; nothing here is a formula.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pandas as pd

from methods.index.change import TITLES, Decomposition
from methods.index.edition import INDEX, Edition, Part
from methods.index.score import Scores
from methods.report.chapters import AGGREGATION, GRADING, MISSING, NORMALISATION, STATUS
from methods.report.narrative import counted, listed, of_units, units
from methods.report.results import NO_DATA, spell

PARTS = {
    "title": "Название", "status": "Статус", "in_force": "Срок действия", "legal_basis": "Основания",
    "decision": "Решение", "based_on": "Из какой редакции сделана", "notes": "Оговорки", "unit": "Единица оценки",
    "data": "Данные", "clienteles": "Клиентуры", "groups": "Группы", "codebook": "Правила анкеты",
    "estimation": "Оценивание", "indicators": "Показатели", "left_out": "Вопросы, которые не считаются",
    "min_units": "Наименьшее число единиц у показателя",
    "weights": "Веса", "normalisation": "Нормирование", "aggregation": "Сведение", "missing": "Правила пропусков",
    "sides": "Неполные стороны", "eligibility": "Условия включения", "ranking": "Места", "publication": "Публикация",
    "disclosure": "Защита ответов", "grades": "Уровни", "priorities": "Порядок приоритетов",
    "base_period": "Базовый период", "uncertainty": "Источники неопределённости", "pairs": "Пары для сверки",
    "verdict_rules": "Правила вердиктов",
}
# Parts that cannot move a score, a place or a grade.
TOLD = ("title", "status", "in_force", "legal_basis", "decision", "based_on", "notes", "unit", "disclosure",
        "priorities", "base_period", "uncertainty", "pairs", "verdict_rules")
COLLECTIONS = ("groups", "indicators", "clienteles")
LISTS = ("notes", "legal_basis", "left_out")   # of which only what differs is shown
KEYS = {"title": "название", "method": "способ", "cut_offs": "границы", "labels": "названия уровней",
        "edge": "чей балл на границе", "decimals": "знаков", "floor": "без уровня не выше", "group": "группа",
        "parent": "вышестоящая группа", "direction": "направление", "sides": "измерения", "mix": "доли сторон",
        "share": "доля", "start": "с", "end": "по", "periods": "периоды", "dataset": "набор", "rule": "правило",
        "min_coverage": "наименьшая доля весов", "default": "общее", "multiplier": "множитель", "scale": "шкала",
        "source": "источник", "subjective": "опрос", "objective": "объективные данные", "normalisation": "нормирование",
        "low": "нижняя опора", "high": "верхняя опора", "exponent": "показатель степени", "trim": "отсечение",
        "within": "среди кого", "measure": "вид", "items": "коды требований", "threshold": "порог",
        "value": "обозначение", "min_groups": "наименьшее число групп", "min_indicators": "показателей в группе",
        "ties": "равные баллы",
        "question": "вопрос", "treatment": "обработка", "min_answers": "наименьшее число ответов", "table": "таблица"}
WORDS = {**STATUS, **AGGREGATION, **NORMALISATION, **MISSING, **GRADING, "equal": "поровну"}
COLUMNS = {"part": "Что", "where": "Где", "before": "Было", "after": "Стало"}


# --- what the files say -----------------------------------------------------------------------------------------------

def differences(old: Edition, new: Edition) -> pd.DataFrame:
    """Every key in which the editions differ: part (key of the edition), where, before, after, in Russian words.

    Weights are compared as they work: `equal` and five weights of 0.2 are one thing.
    """
    rows = [(part, *row) for part in Edition.model_fields if part != "version"
            for row in (_weights(old, new) if part == "weights" else _part(part, old, new))]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _weights(old: Edition, new: Edition) -> Iterator[tuple[str, str, str]]:
    """Members of every parent that both editions have and whose weights differ, in per cent."""
    if old.is_flat != new.is_flat:
        yield "устройство", *("сразу по всем показателям" if own.is_flat else "по уровням" for own in (old, new))
    for parent in [INDEX, *(code for code in new.groups if code in old.groups)]:
        before, after = (own.weights_of(parent) if own.members(parent) else pd.Series(dtype=float)
                         for own in (old, new))
        for code in [*after.index, *before.index.difference(after.index, sort=False)]:
            own = [_weight(weights, code) for weights in (before, after)]
            if own[0] != own[1]:
                whole = new if code in new.indicators or code in new.groups else old
                yield f"{_quoted(new, parent)}: {_quoted(whole, code)}", *own


def _weight(weights: pd.Series, code: str) -> str:
    return f"{spell(100 * weights[code], 2)}\u00a0%" if code in weights.index else NO_DATA


def _part(part: str, old: Edition, new: Edition) -> Iterator[tuple[str, str, str]]:
    before, after = getattr(old, part), getattr(new, part)
    if part in LISTS:
        before, after = (tuple(text for text in own if text not in other)
                         for own, other in ((before, after), (after, before)))
    if part in COLLECTIONS:
        for code in [*after, *(code for code in before if code not in after)]:
            if code not in before or code not in after:
                own = [f"{table[code].title} ({code})" if code in table else NO_DATA for table in (before, after)]
                yield ("добавлено" if code in after else "исключено"), *own
        both = [code for code in after if code in before]
        yield from (row for code in both for row in _leaves(f"«{after[code].title}»", before[code], after[code]))
    else:
        yield from _leaves("", before, after)


def _leaves(where: str, before: object, after: object) -> Iterator[tuple[str, str, str]]:
    """Paths below a key at which the two values differ."""
    left, right = (value.model_dump(mode="json") if isinstance(value, Part) else value for value in (before, after))
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        for key in [*right, *(key for key in left if key not in right)]:
            own = KEYS.get(str(key), str(key))
            yield from _leaves(f"{where}, {own}" if where else own, left.get(key), right.get(key))
    elif _in_words(left) != _in_words(right):
        yield where or NO_DATA, _in_words(left), _in_words(right)


def _in_words(value: object) -> str:
    """A value of an edition as people read it.

    >>> _in_words([60.0, 70.5]), _in_words(True), _in_words({"method": "min-max"})
    ('60; 70,5', 'да', 'способ: минимум — максимум')
    """
    value = value.model_dump(mode="json") if isinstance(value, Part) else value
    if value is None or value in ((), [], {}):
        return NO_DATA
    if isinstance(value, bool):
        return "да" if value else "нет"
    if isinstance(value, Mapping):
        return "; ".join(f"{KEYS.get(str(key), str(key))}: {_in_words(own)}" for key, own in value.items()
                         if own is not None)
    if isinstance(value, list | tuple):
        return "; ".join(map(_in_words, value))
    return WORDS.get(value, value) if isinstance(value, str) else spell(value)


def _quoted(edition: Edition, code: str) -> str:
    return "индекс" if code == INDEX else f"«{edition.element_title(code)}»"


def table(found: pd.DataFrame) -> pd.DataFrame:
    """The differences for readers."""
    return found.assign(part=found["part"].map(PARTS)).rename(columns=COLUMNS)


def summary(found: pd.DataFrame, old: Edition, new: Edition) -> str:
    """How much differs, and whether any of it can move a score."""
    names = f"{old.version} → {new.version}"
    if found.empty:
        return f"{names}: редакции отличаются только именем."
    counts = found["part"].value_counts()
    moving, told = ([f"{PARTS[part].lower()} ({spell(int(counts[part]))})" for part in PARTS
                     if part in counts.index and (part in TOLD) == quiet] for quiet in (False, True))
    said = [f"{names}: {counted(len(found), 'отличие', 'отличия', 'отличий')}."]
    said.append(f"Результат могут изменить: {listed(moving, 20)}." if moving else
                "Ни одно не может изменить баллы, места и уровни.")
    return " ".join([*said, *([f"Для сведения: {listed(told, 20)}."] if told else [])])


# --- what that moved --------------------------------------------------------------------------------------------------

@dataclass(frozen=True, eq=False)
class Moves:
    """Places and grades of the units that both sides rank."""

    places: pd.Series          # rise: place before less place after
    grades: pd.Series | None   # after less before; None where the scales of grades differ or one side has none
    entered: int
    left: int


def moves(before: Scores, after: Scores, old: Edition, new: Edition) -> Moves:
    """How units that both sides rank moved; their places are given anew among themselves."""
    first, second = before.rank.dropna(), after.rank.dropna()
    both = first.index.intersection(second.index)
    ranks = [own[both].rank(method="min") for own in (first, second)]
    same_scale = old.grades is not None and new.grades is not None and len(old.grades.labels) == len(new.grades.labels)
    grades = (after.grade[both] - before.grade[both]).dropna() if same_scale else None
    return Moves((ranks[0] - ranks[1]).rename("rise"), grades, len(second) - len(both), len(first) - len(both))


def moves_text(found: Moves, edition: Edition, periods: tuple[str, str]) -> str:
    """Who moved, and what may have moved them."""
    n = len(found.places)
    if not n:
        return "Общих единиц у редакций нет: сравнивать места не у кого."
    shift = found.places.abs()
    said = [f"На одних и тех же данных ({periods[0]}), так что различия — целиком от методики:"
            if periods[0] == periods[1] else
            f"Данные разные ({periods[0]} и {periods[1]}), поэтому различия — и от методики, и от работы единиц:"]
    said.append(f"из {of_units(n, edition.unit)}, имеющих место там и там, его сменили "
                f"{spell(int((shift > 0).sum()))}, в среднем на {spell(shift.mean(), 1)}, самое большее на "
                f"{spell(int(shift.max()))}.")
    if found.grades is not None:
        up, down = int((found.grades > 0).sum()), int((found.grades < 0).sum())
        said.append(f"Уровень выше у {of_units(up, edition.unit)}, ниже у {of_units(down, edition.unit)}, тот же у "
                    f"{of_units(len(found.grades) - up - down, edition.unit)}.")
    else:
        said.append("Уровни не сравниваются: их шкалы различаются или у одной из редакций уровней нет.")
    if found.entered or found.left:
        said.append(f"Прибавилось: {units(found.entered, edition.unit)}; выбыло: {units(found.left, edition.unit)}.")
    return " ".join(said)


CAUSES = {"mean": "Средний вклад", "size": "Средний размер вклада", "largest": "Главная причина, единиц"}


def causes_table(found: Decomposition, edition: Edition) -> pd.DataFrame:
    """What moved the scores, in published points: mean effect, mean size of the effect, whom it moved most."""
    effects = edition.publication.multiplier * found.effects.drop(index=found.undefined.index)
    leads = found.largest[effects.index].value_counts()
    rows = pd.DataFrame({"mean": effects.mean(), "size": effects.abs().mean(),
                         "largest": leads.reindex(effects.columns, fill_value=0)})
    names = [cause_title(code, edition) for code in rows.index]
    return rows.set_axis(names).rename(columns=CAUSES).rename_axis("Причина")


def units_table(found: Decomposition, edition: Edition) -> pd.DataFrame:
    """Every unit's score before and after, what each cause added, and the cause that moved it most, most moved first.

    Published points. Contributions add up to the change; empty where a mixture of the editions gives the unit no score.
    """
    scale, units = edition.publication.multiplier, found.effects.index
    effects = (scale * found.effects).rename(columns=lambda code: cause_title(code, edition))
    table = pd.concat([(scale * found.before[units]).rename("Было"), effects,
                       (scale * found.after[units]).rename("Стало"), (scale * found.change).rename("Изменение"),
                       found.largest.map(lambda code: cause_title(code, edition) if code else "").rename("Главная")],
                      axis=1).rename_axis("Код")
    return table.loc[found.change.abs().sort_values(ascending=False, kind="stable").index]


def cause_title(factor: str, edition: Edition) -> str:
    """A cause of change in words, its group by title.

    >>> cause_title("weights", None)
    'веса'
    """
    head, _, group = factor.partition(":")
    return f"работа, «{edition.element_title(group)}»" if group else TITLES.get(head, head)


def causes_text(found: Decomposition, edition: Edition) -> str:
    """The sum of effects, so that the reader can add it up."""
    known = found.effects.drop(index=found.undefined.index)
    if known.empty:
        return "Ни у одной единицы нет балла по обе стороны: раскладывать нечего."
    scale, places = edition.publication.multiplier, edition.publication.decimals
    mean = scale * known.mean()
    parts = [f"{cause_title(code, edition)} {spell(value, places)}" for code, value in mean.items()]
    lost = f" У {of_units(len(found.undefined), edition.unit)} вклад не определён: нет показателя в одной из смесей " \
           "правил." if len(found.undefined) else ""
    return (f"Балл изменился в среднем на {spell(mean.sum(), places)}: {'; '.join(parts)}. Вклады (значения Шепли) "
            f"складываются в изменение каждой единицы точно.{lost}")
