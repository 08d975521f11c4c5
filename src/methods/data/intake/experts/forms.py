"""Rows into answers: each form of a table says in its own way what an expert thinks of the members of an element."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence

from methods.data.intake.experts.cells import as_typed, day_and_month, read_judgement
from methods.data.intake.experts.layout import (
    BEST,
    CODE,
    GROUP,
    LESS,
    MORE,
    NEEDED,
    SERIES,
    SERVICE,
    TIMES,
    TO_OTHERS,
    TO_WORST,
    VALUES,
    WORST,
    Form,
    Layout,
    layout_of,
)
from methods.data.intake.experts.record import Answer, Cell, Record
from methods.data.intake.experts.sheets import Sheet
from methods.data.intake.files import EXPERT
from methods.data.reading.report import Phrase
from methods.data.registry import listed

Known = Mapping[int, Sequence[str]]                      # row -> the codes that it may name
Blocks = dict[tuple[str, str], dict[Hashable, int]]      # (expert, element) -> what a row speaks of -> the row


def read_answers(sheet: Sheet, record: Record) -> list[Answer]:
    """The answers of a sheet; none of an empty one (an untouched template) or without its columns: that is told."""
    layout = layout_of(sheet.frame.columns)
    if sheet.frame.empty or not NEEDED[layout] <= set(sheet.frame.columns):
        return []
    return FORMS[layout](sheet, _known(sheet, record), record)


# -- what the forms share ----------------------------------------------------------------------------------------------

def _known(sheet: Sheet, record: Record) -> Known:
    """The codes that each row may name: of the element in its column «группа» or in the name of the sheet, or all."""
    known = {}
    for row in sheet.frame.index:
        name = sheet.text(row, GROUP)
        stated = record.element(name) if name else sheet.element
        if name and stated is None:
            stated = record.code(sheet.place(row, GROUP), name, tuple(record.sets))
        known[row] = record.sets[stated] if stated else tuple(record.parent)
    return known


def _code(sheet: Sheet, row: int, column: str, known: Known, record: Record) -> str | None:
    """The code in a cell; None if there is none, with the reason told once."""
    if (row, column) in sheet.told:
        return None
    return record.code(sheet.place(row, column), sheet.text(row, column), known[row])


def _cell(sheet: Sheet, row: int, column: str, expert: str, record: Record) -> Cell:
    """A cell as a number; one that is none is told."""
    text, where, told = sheet.text(row, column), sheet.place(row, column), (row, column) in sheet.told
    if not text or told:
        return Cell(math.nan, text, where, not told)
    value = read_judgement(text)
    if value is not None:
        return Cell(value, text, where)
    if date := day_and_month(text):
        record.tell("EXP-06", where, text, typed=as_typed(date, column))
    else:
        record.tell("EXP-22", where, text[:60], expert=expert)
    return Cell(math.nan, text, where, False)


def _blocks(sheet: Sheet, forms: Iterable[Form], about: Callable[[int, str], tuple[str, Hashable] | None],
            record: Record) -> tuple[Blocks, Counter[str]]:
    """Rows by expert, element and what they speak of; and how many rows of an expert (or of nobody) are not understood.

    `about` says the element and the subject of a row, or None with the reason told. A second row on the same is left
    out and told, one message an expert.
    """
    blocks: Blocks = {}
    repeated: dict[str, list[tuple[int, int]]] = {}
    strange: Counter[str] = Counter()
    for row, expert in sheet.frame[EXPERT].items():
        if (subject := about(row, expert)) is None:
            strange[expert] += 1
            continue
        first = blocks.setdefault((expert, subject[0]), {}).setdefault(subject[1], row)
        if first != row:
            repeated.setdefault(expert, []).append((row, first))
    for expert, rows in repeated.items():
        again, first = (sheet.place(row, EXPERT) for row in rows[0])
        record.twice(expert, again, first, len(rows))
    if strange or sheet.unnamed:
        record.lost.update(forms)
        strange.update(dict.fromkeys({expert for expert, _ in blocks}, sheet.unnamed))  # nobody's row may be anyone's
    return blocks, strange


def _about_code(sheet: Sheet, known: Known, record: Record) -> Callable[[int, str], tuple[str, str] | None]:
    """Rows that speak of the code in their column «код»."""
    def about(row: int, expert: str) -> tuple[str, str] | None:
        code = _code(sheet, row, CODE, known, record)
        return None if code is None else (record.parent[code], code)
    return about


def _code_columns(sheet: Sheet, record: Record) -> tuple[dict[str, str], int]:
    """Code -> column of a form with a column a code, and how many headers mean no code."""
    found, unknown = {}, 0
    known = record.sets[sheet.element] if sheet.element else tuple(record.parent)
    for column in sheet.frame.columns:
        if column in SERVICE:
            continue
        code = record.code(sheet.header(column), column, known)
        if code is None:
            unknown += 1
        else:
            found.setdefault(code, column)
    return found, unknown


def _missing_columns(sheet: Sheet, blocks: Blocks, columns: Mapping[str, str], unknown: int,
                     record: Record) -> set[str]:
    """Elements of which a code has no column, told once a sheet; a misspelt header is one fault, not two."""
    incomplete = set()
    for element in dict.fromkeys(element for _, element in blocks):
        codes = record.sets[element]
        missing = [code for code in codes if code not in columns]
        if missing:
            incomplete.add(element)
        if len(missing) > unknown:
            size, names = f"{len(codes)} × {len(codes) - len(missing)}", listed(missing)
            record.lacks(sheet.header(), "*", f"сейчас {size}, нет столбцов: {names}",
                         f"now {size}, missing columns: {names}")
    return incomplete


# -- forms -------------------------------------------------------------------------------------------------------------

def _values(sheet: Sheet, known: Known, record: Record) -> list[Answer]:
    """One value a code: points, swings, ratings, places, categories."""
    columns = [name for name in VALUES if name in sheet.frame]
    blocks, strange = _blocks(sheet, map(VALUES.get, columns), _about_code(sheet, known, record), record)
    answers = []
    for column in columns:
        for (expert, element), rows in blocks.items():
            answer = Answer(expert, element, VALUES[column], sheet.place(min(rows.values()), column),
                            sound=not strange[expert])
            for code, row in rows.items():
                answer.cells[code] = (
                    Cell(math.nan, sheet.text(row, column), sheet.place(row, column))
                    if answer.form == "categories" else _cell(sheet, row, column, expert, record))
            answers.append(answer)
    return answers


def _listed_pairs(sheet: Sheet, known: Known, record: Record) -> list[Answer]:
    """Comparisons one a row: what is more important, than what, how many times."""
    def about(row: int, expert: str) -> tuple[str, tuple[str, str]] | None:
        more, less = (_code(sheet, row, column, known, record) for column in (MORE, LESS))
        if more is None or less is None:
            return None
        if record.parent[more] != record.parent[less]:
            record.mixes(sheet.place(row, LESS), expert, less, more, less)
            return None
        return record.parent[more], (more, less)

    blocks, strange = _blocks(sheet, ["pairs"], about, record)
    return [Answer(expert, element, "pairs", sheet.place(min(rows.values()), TIMES), mirrored=True,
                   sound=not strange[expert],
                   cells={pair: _cell(sheet, row, TIMES, expert, record) for pair, row in rows.items()})
            for (expert, element), rows in blocks.items()]


def _squares(sheet: Sheet, known: Known, record: Record) -> list[Answer]:
    """A square an expert: rows and columns are codes, a cell says how many times the row is more important."""
    columns, unknown = _code_columns(sheet, record)
    blocks, strange = _blocks(sheet, ["pairs"], _about_code(sheet, known, record), record)
    incomplete = _missing_columns(sheet, blocks, columns, unknown, record)
    answers, turned = [], []
    for (expert, element), rows in blocks.items():
        codes = [code for code in record.sets[element] if code in columns]
        absent = [code for code in codes if code not in rows]
        first = min(rows.values())
        answer = Answer(expert, element, "pairs", sheet.place(first, CODE),
                        sound=not absent and element not in incomplete)
        if len(absent) > strange[expert]:
            size, names = f"{len(rows)} × {len(codes)}", listed(absent)
            record.lacks(answer.place, expert, f"сейчас {size}, нет строк: {names}",
                         f"now {size}, missing rows: {names}")
        answer.cells = {(one, other): _cell(sheet, rows[one], columns[other], expert, record)
                        for one in codes if one in rows for other in codes}
        _nothing_beside(sheet, expert, rows, [columns[code] for code in columns if code not in record.sets[element]],
                        record)
        if [code for code in columns if code in rows] != [code for code in rows if code in columns]:
            turned.append(first)
        answers.append(answer)
    if turned:
        found = Phrase(f"порядок строк и столбцов разный, экспертов: {len(turned)}; сопоставлено по кодам",
                       f"rows and columns stand in different orders, experts: {len(turned)}; matched by code")
        record.tell("EXP-08", sheet.place(turned[0], CODE), sheet.frame.at[turned[0], CODE], "note", found=found,
                    version=record.edition.version, remedy=Phrase("исправлять не нужно", "nothing to do"))
    return answers


def _nothing_beside(sheet: Sheet, expert: str, rows: Mapping[str, int], strangers: Sequence[str],
                    record: Record) -> None:
    """Cells in columns of another element stay empty: a group is not compared with what is inside another."""
    filled = [(code, row, column) for code, row in rows.items() for column in strangers if sheet.text(row, column)]
    if filled:
        code, row, column = filled[0]
        record.mixes(sheet.place(row, column), expert, sheet.text(row, column), code, column, len(filled))


def _best_worst(sheet: Sheet, known: Known, record: Record) -> list[Answer]:
    """For every expert (and element) two rows of comparisons: with the best, with the worst."""
    named: dict[int, dict[str, str | None]] = {}

    def about(row: int, expert: str) -> tuple[str, str] | None:
        best, worst = (_code(sheet, row, header, known, record) for header in (BEST, WORST))
        named[row] = {BEST: best, WORST: worst}
        elements = {record.parent[code] for code in (best, worst) if code}
        series = sheet.text(row, SERIES)
        if len(elements) == 2:
            record.mixes(sheet.place(row, WORST), expert, worst, best, worst)
        if not series and (row, SERIES) not in sheet.told:
            record.tell("REF-11", sheet.place(row, SERIES))
        return (elements.pop(), series) if len(elements) == 1 and series else None

    columns, unknown = _code_columns(sheet, record)
    blocks, strange = _blocks(sheet, ["best_worst"], about, record)
    incomplete = _missing_columns(sheet, blocks, columns, unknown, record)
    answers = []
    for (expert, element), rows in blocks.items():
        first = min(rows.values())
        answer = Answer(expert, element, "best_worst", sheet.place(first, BEST), extremes=named[first],
                        sound=element not in incomplete and None not in named[first].values())
        for title in (TO_OTHERS, TO_WORST):
            if title in rows:
                answer.cells |= {(title, code): _cell(sheet, rows[title], columns[code], expert, record)
                                 for code in record.sets[element] if code in columns}
                answer.sound &= _named_alike(sheet, answer, rows[title], named[rows[title]], record)
                continue
            answer.sound = False
            if not strange[expert]:
                record.lacks(answer.place, expert, f"нет строки «{title}»", f"missing row: «{title}»")
        answers.append(answer)
    return answers


def _named_alike(sheet: Sheet, answer: Answer, row: int, named: Mapping[str, str | None], record: Record) -> bool:
    """Whether a row names the same best and worst as the first one; a name that was not understood is told before."""
    if None in named.values():
        return True
    other = [header for header in (BEST, WORST) if named[header] != answer.extremes[header]]
    for header in other:
        said, first = named[header], answer.extremes[header]
        record.contradicts(sheet.place(row, header), answer.expert, said,
                           f"{header} в одной строке «{first}», в другой «{said}»",
                           f"{'best' if header == BEST else 'worst'} is «{first}» in one row and «{said}» in the other")
    return not other


FORMS: dict[Layout, Callable[[Sheet, Known, Record], list[Answer]]] = {
    "squares": _squares, "list": _listed_pairs, "values": _values, "best_worst": _best_worst}
