"""What the checks found, as a table: for the screen, Markdown, HTML and JSON."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import pandas as pd

from methods.report.exports import to_html
from methods.report.results import dump
from methods.validation.check import Outcome

COLUMNS = ["источник", "что", "сверено чисел", "расхождение", "допуск", "вывод"]
SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
SCHEMA = "zvezda-validation-1"
TITLE = "Опубликованные результаты, пересчитанные заново"

HEAD = f"""\
# {TITLE}

Таблицу записывает `zvezda validate --markdown docs/validation.md --force`: каждая строка пересчитана из данных
`data/raw` и сверена с тем, что напечатал источник. Проверить самому: `zvezda validate` (код 0 — сошлось всё).

«Допуск» — половина последнего напечатанного знака; целые числа должны совпасть точно; у программ, которые печатают
больше девяти знаков, — 10⁻⁹. Где допуск другой, под таблицей сказано почему. «Расхождение» — у того числа, которое
ближе всего к своему допуску. Числа и данные: `data/raw/published` (источник каждого файла — в `source.yml`) и наборы
опубликованных индексов рядом.
"""


def verdict(found: Sequence[Outcome]) -> str:
    """In one line: how many sources, comparisons and numbers, and how many do not hold."""
    broken = sum(not each.holds for each in found)
    counted = (f"Источников {len({each.source for each in found})}, сверок {len(found)}, чисел "
               f"{sum(each.cells for each in found)}")
    return f"{counted}: всё сошлось." if not broken else f"{counted}; не сошлось сверок: {broken}."


def table(found: Sequence[Outcome]) -> pd.DataFrame:
    """One row a comparison, in the words and digits of the document."""
    rows = [[each.source, each.what, each.cells, digit(each.difference), digit(each.allowed), conclusion(each)]
            for each in found]
    return pd.DataFrame(rows, columns=COLUMNS)


def text(found: Sequence[Outcome]) -> str:
    """For the screen: a line a comparison."""
    lines = [f"{'ok ' if each.holds else 'НЕТ'} {each.source} | {each.what} | {each.cells} | {digit(each.difference)} "
             f"при допуске {digit(each.allowed)}" + ("" if each.holds else f" | {conclusion(each)}") for each in found]
    return "\n".join([*lines, verdict(found)])


def markdown(found: Mapping[str, Sequence[Outcome]]) -> str:
    """The page docs/validation.md, a section a room."""
    parts = [HEAD, f"\n{verdict([each for outcomes in found.values() for each in outcomes])}\n"]
    for room, outcomes in found.items():
        rows = [f"| {' | '.join(str(cell).replace('|', '/') for cell in row)} |"
                for row in table(outcomes).itertuples(index=False)]
        reasons = dict.fromkeys(f"* {each.source}, {each.what}: {digit(each.allowed)} — {each.because}."
                                for each in outcomes if each.because)
        parts.append("\n".join([f"\n## {room}\n", f"| {' | '.join(COLUMNS)} |", "|---" * len(COLUMNS) + "|", *rows,
                                *(["", "Допуск не по последнему знаку:", "", *reasons] if reasons else [])]) + "\n")
    return "".join(parts)


def html(found: Sequence[Outcome]) -> bytes:
    """A page that needs nothing else."""
    body = to_html(table(found), TITLE).content.decode("utf-8")
    style = ("body{font:15px/1.4 sans-serif;margin:2em;max-width:80em}table{border-collapse:collapse}"
             "caption{text-align:left;font-size:1.3em;margin-bottom:1em}th,td{text-align:left;padding:.3em .8em;"
             "border-bottom:1px solid #ccc;vertical-align:top}")
    return ('<!DOCTYPE html>\n<html lang="ru"><head><meta charset="utf-8"><title>zvezda validate</title>'
            f"<style>{style}</style></head>\n<body>\n{body}<p>{verdict(found)}</p>\n</body></html>\n").encode()


def json_record(found: Sequence[Outcome]) -> bytes:
    """For other programs: numbers in full; null where nothing could be compared."""
    rows = [{"source": each.source, "what": each.what, "cells": each.cells, "difference": _finite(each.difference),
             "allowed": _finite(each.allowed), "worst": each.worst, "because": each.because, "holds": each.holds,
             "fault": each.fault, "seconds": round(each.seconds, 3)} for each in found]
    return dump({"schema": SCHEMA, "holds": all(each.holds for each in found),
                 "sources": len({each.source for each in found}), "comparisons": rows})


def conclusion(each: Outcome) -> str:
    """Whether it holds, and if not, where or why."""
    if each.fault:
        return f"не сверено: {' '.join(each.fault.split())}"
    return "сошлось" if each.holds else f"не сошлось: {each.worst}"


def digit(value: float) -> str:
    """One significant digit, as a Russian reader writes it.

    >>> digit(0.00034), digit(3e-7), digit(2e-16), digit(0), digit(0.96), digit(float("inf"))
    ('0,0003', '3·10⁻⁷', '< 10⁻¹²', '0', '1', '∞')
    """
    if not math.isfinite(value):
        return "—" if math.isnan(value) else "∞"
    if value == 0:
        return "0"
    if value < 1e-12:
        return "< 10⁻¹²"
    figure, power = f"{value:.0e}".split("e")
    if int(power) >= -5:
        return f"{float(figure) * 10 ** int(power):.{max(0, -int(power))}f}".replace(".", ",")
    return f"{figure}·10{str(int(power)).translate(SUPERSCRIPT)}"


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
