"""Chapters of the annual report: what the edition says of itself, and the saved results of the jobs in their order.

Nothing is computed here: a chapter takes what a job kept, or says why there is nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Protocol

import pandas as pd
from IPython.display import Markdown

from methods.index.edition import INDEX, Edition
from methods.index.rounding import rounded_shares
from methods.report.narrative import counted
from methods.report.results import Figure, Results, Table, marked

STATUS = {"adopted": "принята", "candidate": "проект", "demonstration": "демонстрационная"}
AGGREGATION = {"arithmetic": "среднее арифметическое", "geometric": "среднее геометрическое",
               "harmonic": "среднее гармоническое", "power": "степенное среднее", "sum": "сумма баллов"}
NORMALISATION = {"none": "без нормирования", "min-max": "минимум — максимум", "z-score": "стандартизация",
                 "goalposts": "опорные точки", "rank": "места", "borda": "счёт Борда", "percentile": "процентили",
                 "distance-to-reference": "расстояние до эталона"}
MISSING = {"reweight": "веса делятся между имеющимися", "complete": "без любого значения балла нет"}
GRADING = {"bands": "постоянные границы", "quantiles": "равные доли (квантили)", "k-means": "k-средних"}


class Provenance(Protocol):
    """What the report says of a data set."""

    title: str
    producer: str
    date: str
    licence: str


def heading(edition: Edition, period: str) -> str:
    """Title of the report and the reservations that the reader must meet first."""
    notes = "\n>\n".join(f"> {note}" for note in edition.notes)
    mark = f"\n\n**Это {edition.mark}, а не официальный результат.**" if edition.mark else ""
    return f"# Годовой отчёт по методике\n\n**{edition.title}. Период {period}.**{mark}\n\n{notes}"


# What a reader of the report asks: the job that answers, the text of the answer, the chapter that says more.
QUESTIONS = {
    "Изменилась ли методика?": ("report", "changes", "Что изменилось и почему"),
    "Что показал индекс?": ("maturity", "answer", "Результаты"),
    "Чей рост доказан?": ("maturity", "growth", "Изменение по регионам"),
    "Можно ли верить местам?": ("sensitivity", "answer", "Надёжность мест"),
    "Менять ли веса?": ("weights", "answer", "Веса"),
    "Согласны ли клиенты и проверка?": ("agreement", "answer", "Согласованность опроса и объективных данных"),
    "Держится ли состав индекса?": ("audit", "answer", "Статистический аудит"),
    "Какие показатели исправить?": ("report", "advice", "Рекомендации по показателям"),
}


def summary(jobs: Mapping[str, Results]) -> str:
    """Questions of the reader with a short answer each, and where the rest is; `jobs` by name."""
    return "\n\n".join(f"**{question}** {jobs[job].reason or jobs[job].texts[answer]} Глава «{chapter}»."
                       for question, (job, answer, chapter) in QUESTIONS.items())


def parts(job: Results, *names: str) -> list[Markdown | Table | Figure]:
    """Kept parts of a job by name (`text:…`, `table:…`, `figure:…`); those it did not keep are passed over.

    A key that ends in `*` stands for all that begin so, in the order in which they were kept.
    """
    if job.reason is not None:
        return [Markdown(f"*Не применяется.* {job.reason}")]
    rooms = {"text": {key: Markdown(text) for key, text in job.texts.items()}, "table": job.tables,
             "figure": job.figures}
    found = []
    for name in names:
        kind, key = name.split(":")
        found += [part for kept, part in rooms[kind].items()
                  if (kept.startswith(key[:-1]) if key.endswith("*") else kept == key)]
    return found


def passport(edition: Edition, source: Provenance) -> Table:
    """Everything a reader must know of the methodology before the numbers, as a two-column table."""
    how, gaps = edition.aggregation_of(INDEX), edition.missing_of(INDEX)
    end = "по настоящее время" if edition.in_force.end is None else f"по {edition.in_force.end:%d.%m.%Y}"
    rows = {
        "Редакция": f"{edition.version} ({STATUS[edition.status]})",
        "Действует": f"с {edition.in_force.start:%d.%m.%Y} {end}",
        "Основание": "; ".join(edition.legal_basis),
        "Решение": edition.decision,
        "Единица оценки": edition.unit.title,
        "Состав": counted(len(edition.indicators), "показатель", "показателя", "показателей")
        + (f" в {counted(len(edition.groups), 'группе', 'группах', 'группах')}" if edition.groups else ""),
        "Клиентуры": ", ".join(clientele.title for clientele in edition.clienteles.values()) or "не разделяются",
        "Нормирование": NORMALISATION[edition.normalisation.method],
        "Сведение в индекс": AGGREGATION[how.method],
        "Пропуски": MISSING[gaps.rule],
        "Шкала": edition.publication.scale,
        "Уровни": "не заданы" if edition.grades is None else
        f"{edition.grades.title}: {', '.join(edition.grades.labels)}. {edition.grades.source}",
        "Данные": f"{source.title}; источник: {source.producer}, {_as_written(source.date)}",
        "Лицензия данных": source.licence,
    }
    return Table(pd.DataFrame({"Значение": rows}).rename_axis("Свойство"), marked("Паспорт редакции", edition.mark))


def _as_written(date: str) -> str:
    """A date of a data set, which may lack the day or the month, as people write it.

    >>> _as_written("2024-12-31"), _as_written("2021-04"), _as_written("2023")
    ('31.12.2024', '04.2021', '2023')
    """
    return ".".join(reversed(date.split("-")))


def words_of(edition: Edition) -> set[str]:
    """Everything that the edition itself says in words: names and reservations, which may hold numbers of their own."""
    def texts(value: object) -> Iterator[str]:
        if isinstance(value, str):
            yield value
        elif isinstance(value, Mapping):
            for key, own in value.items():
                yield from texts(key)
                yield from texts(own)
        elif isinstance(value, list | tuple):
            for own in value:
                yield from texts(own)
    return set(texts(edition.model_dump(mode="json")))


def weights_of_edition(edition: Edition) -> Table:
    """All indicators with group, sides and weight in the index."""
    weights = edition.effective_weights()
    sides = {"subjective": "опрос", "objective": "объективные данные"}
    frame = pd.DataFrame({
        "Показатель": [edition.indicators[code].title for code in weights.index],
        "Группа": [edition.element_title(edition.indicators[code].group) for code in weights.index],
        "Измерен": [" и ".join(sides[side] for side in edition.indicators[code].sides) for code in weights.index],
        "Вес, %": rounded_shares(100 * weights).to_numpy()}, index=weights.index.rename("Код"))
    return Table(frame, marked("Показатели и их веса в индексе", edition.mark), {"Вес, %": 2})

