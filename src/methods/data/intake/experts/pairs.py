"""Checks of one answer in pairs: every comparison, the two cells of a pair, gaps, contradictions; a reciprocal matrix.

`ahp.reciprocal` refuses a faulty matrix as a whole. Here each fault has its cell, a value off the scale goes before a
product that is not 1, and of a list one cell a pair is enough.
"""

from __future__ import annotations

import itertools
import math

import pandas as pd
from scipy.sparse.csgraph import connected_components

from methods.data.intake.experts.cells import SAME, as_ratio
from methods.data.intake.experts.record import Answer, Cell, Record
from methods.data.reading.report import NOTHING, Phrase
from methods.errors import NotPublishable
from methods.weights import ahp

REFUSED_RATIO = 0.20  # OECD/JRC (2008), Handbook, p. 97: «.2 is often cited»; between it and 0.10 a warning
LARGEST = max(ahp.RANDOM_INDICES["saaty"].values)  # elements with a random index


def checked_pairs(answer: Answer, record: Record) -> pd.DataFrame | None:
    """A clean reciprocal matrix, or None with every fault told; then its gaps and its consistency."""
    codes = record.sets[answer.element]
    sound = [_judgement(answer, *pair, record) for pair in answer.cells]
    agree = [_reciprocal(answer, *pair, record) for pair in itertools.combinations(codes, 2)]
    if not (answer.sound and all(sound) and all(agree)):
        return None
    square = _square(answer, codes)
    clean = ahp.reciprocal(square, answer.expert)
    _replaced(answer, square, clean, record)
    matrix = clean.matrix
    matrix.attrs = {"expert": answer.expert, "file": answer.place.file, "sheet": answer.place.sheet}
    if _connected(answer, matrix, record):
        _consistent(answer, matrix, record)
    return matrix


# -- cells -------------------------------------------------------------------------------------------------------------

def _judgement(answer: Answer, one: str, other: str, record: Record) -> bool:
    """Whether one cell may be a judgement."""
    cell = answer.cells[one, other]
    details = {"expert": answer.expert, "row": one, "column": other}
    if not cell.sound:
        return False
    if one == other:
        if not abs(cell.value - 1) <= SAME:
            record.tell("EXP-03", cell.place, cell.text or "—", **details)
            return False
    elif cell.value <= 0:
        record.tell("EXP-04", cell.place, cell.text, **details)
        return False
    elif not math.isnan(cell.value) and not _on_scale(cell):
        back = answer.cells.get((other, one))
        if not (back and cell.value < 1 and back.value > ahp.SCALE and _product_fits(cell, back)):  # told there
            record.tell("EXP-05", cell.place, cell.text, **details, low=as_ratio(1 / ahp.SCALE), high=f"{ahp.SCALE:g}")
        return False
    elif answer.mirrored and math.isnan(cell.value):
        record.lacks(cell.place, answer.expert, f"пусто: {one} × {other}", f"empty: {one} × {other}")
        return False
    return True


def _reciprocal(answer: Answer, one: str, other: str, record: Record) -> bool:
    """Whether the two cells of a pair say the same; faults of one of them are told before."""
    there, back = answer.cells.get((one, other)), answer.cells.get((other, one))
    if there is None or back is None or not (there.sound and back.sound):
        return True
    empty = [math.isnan(cell.value) for cell in (there, back)]
    if all(empty):
        return True
    if any(empty):
        (row, column), lost, full = ((one, other), there, back) if empty[0] else ((other, one), back, there)
        record.lacks(lost.place, answer.expert, f"пусто: {row} × {column}, напротив {full.text}",
                     f"empty: {row} × {column}, opposite {full.text}")
        return False
    if not (_on_scale(there) and _on_scale(back)) or _product_fits(there, back):
        return True
    record.tell("EXP-01", back.place, back.text, expert=answer.expert, row=other, column=one, back=back.text,
                there=there.text, first=f"{there.place.letter}{there.place.row}", limit=ahp.RECIPROCITY,
                product=f"{there.value * back.value:.3g}")
    return False


def _on_scale(cell: Cell) -> bool:
    return (1 - ahp.RECIPROCITY) / ahp.SCALE <= cell.value <= ahp.SCALE * (1 + SAME)  # 0.11 stands for 1/9


def _product_fits(cell: Cell, back: Cell) -> bool:
    return abs(cell.value * back.value - 1) <= ahp.RECIPROCITY + SAME


# -- the matrix --------------------------------------------------------------------------------------------------------

def _square(answer: Answer, codes: tuple[str, ...]) -> pd.DataFrame:
    """The cells as a matrix; of a list the other side of each pair too, 0.33 read as its nearest grade, 1/3."""
    square = pd.DataFrame(math.nan, codes, codes)
    for (one, other), cell in answer.cells.items():
        value = cell.value
        if answer.mirrored and value < 1 - SAME:
            grade = round(1 / value)
            value = 1 / grade if abs(value * grade - 1) <= ahp.RECIPROCITY + SAME else value
        square.at[one, other] = value
        if answer.mirrored and (other, one) not in answer.cells:
            square.at[other, one] = 1 / value
    for code in codes:
        square.at[code, code] = 1.0
    return square


def _replaced(answer: Answer, square: pd.DataFrame, clean: ahp.Judgements, record: Record) -> None:
    """Rounded judgements that were taken for exact ones, by `_square` or by the formula: one note an expert."""
    pairs = [pair for pair, cell in answer.cells.items() if abs(cell.value / square.at[pair] - 1) > SAME]
    pairs += [(change.row, change.column) for change in clean.replaced]
    if pairs:
        row, column = pairs[0]
        cell = answer.cells[row, column]
        record.tell("EXP-02", cell.place, cell.text, "note", expert=answer.expert, row=row, column=column,
                    exact=as_ratio(clean.matrix.at[row, column]), limit=ahp.RECIPROCITY, count=len(pairs))


def _connected(answer: Answer, matrix: pd.DataFrame, record: Record) -> bool:
    """Whether the comparisons join all elements, so that missing pairs can be completed; those are told."""
    count, part = connected_components(matrix.notna().to_numpy(), directed=False)
    if count > 1:
        parts = "; ".join("{" + ", ".join(matrix.index[part == number]) + "}" for number in range(count))
        record.lacks(answer.place, answer.expert, f"нет сравнений между частями: {parts}",
                     f"no comparisons between the parts: {parts}")
        return False
    pairs = len(matrix) * (len(matrix) - 1) // 2
    known = pairs - int(matrix.isna().to_numpy().sum()) // 2
    if known < pairs:
        record.rates_part(answer, known / pairs, Phrase(
            "пропущенные пары дополняются по остальным (Bozóki, Fülöp, Rónyai 2010)",
            "missing pairs are completed from the others (Bozóki, Fülöp, Rónyai 2010)"))
    return True


def _consistent(answer: Answer, matrix: pd.DataFrame, record: Record) -> None:
    """How far the judgements contradict each other, where that can be said."""
    if len(matrix) > LARGEST:
        record.tell("WPL-02", answer.place, len(matrix), "warning", expert=answer.expert, count=len(matrix),
                    limit=LARGEST)
        return
    try:
        found = ahp.consistency(matrix, answer.expert)
    except NotPublishable:
        record.tell("EXP-27", answer.place, exit_code=NotPublishable.exit_code, expert=answer.expert)
        return
    if not found.acceptable:
        _inconsistent(answer, found, record)


def _inconsistent(answer: Answer, found: ahp.Consistency, record: Record) -> None:
    """The ratio with its limit, the worst triple with what would repair it; the address is that of the judgement whose
    change helps most, which need not be one of the triple."""
    triple, repair, helps = "—", "—", NOTHING
    suspect: tuple[str, ...] = ()
    if found.worst_triple is not None:  # with gaps a circle of four may contradict itself, and no triple does
        (i, j, k), (ij, jk, ki) = found.worst_triple.labels, found.worst_triple.repairs
        triple = ", ".join(f"{row} × {column} = {as_ratio(given)}" for row, column, given in (
            (i, j, ij.found), (j, k, jk.found), (i, k, 1 / ki.found)))
        repair, suspect = f"{i} × {k} = {as_ratio(1 / ki.proposed)}", (i, k)
    if (change := found.most_helpful) is not None:
        suspect = (change.row, change.column)
        helps = Phrase(*(f"{change.row} × {change.column} = {as_ratio(change.proposed)} (CR {becomes} "
                         f"{found.ratio_after:.3f})" for becomes in ("станет", "becomes")))
    cell = answer.cells.get(suspect) or answer.cells.get(suspect[::-1])  # a list has one of the two
    record.tell("EXP-09", cell.place if cell else answer.place, cell.text if cell else None,
                "warning" if found.ratio <= REFUSED_RATIO else "error", expert=answer.expert,
                ratio=f"{found.ratio:.3f}", limit=f"{ahp.ACCEPTABLE_RATIO:.2f}", refused=f"{REFUSED_RATIO:.2f}",
                index=found.random_index_name, triple=triple, repair=repair, change=helps)
