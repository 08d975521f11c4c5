"""Answers of a maturity model: a step for every question of every region, by the region itself and by others.

The methodology's list of questions says what may be answered: which steps, which words stand for them, to which level a
requirement belongs, from which step on it is met, whether a document is demanded. A word or a Roman numeral is a step
only if that list says so; nothing is guessed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pandas as pd
from openpyxl.utils import get_column_letter

from methods.data.intake.files import QUESTION, TITLES, Seen
from methods.data.intake.personal import is_personal, without_personal
from methods.data.intake.requirements import EVIDENCE, LEVEL, meant_code, read_mark
from methods.data.reading.reader import name_of, read_file
from methods.data.reading.report import Phrase, shown
from methods.data.reading.spec import MISSING, ColumnSpec, TableSpec
from methods.data.registry import (
    END,
    REGION,
    START,
    TITLE,
    YEAR,
    Registry,
    cell_text,
    check_year,
    composed,
    dates_text,
    listed,
    lookalike,
    nearest_codes,
    period_days,
    place,
    plain_name,
    report_absent,
    without_examples,
)
from methods.errors import EditionError
from methods.maturity.levels import Blanks, skipped_steps
from methods.maturity.transitions import Bridge, bridge_levels, falls
from methods.problems import HIDDEN, Place, Problem, Protocol

# Headers of the answers, the same as in the template, and of the list of questions.
ANSWER, ASSESSOR = "ответ", "оценщик"
DIMENSION, SCALE, WORDS, ENOUGH, ORDER = "направление", "шкала", "слова", "зачёт", "порядок"
OWN, EXTERNAL = "само", "внешний"
ASSESSORS = {OWN: OWN, "самооценка": OWN, EXTERNAL: EXTERNAL, "внешняя": EXTERNAL, "внешняя оценка": EXTERNAL}
YES_NO = "да/нет"
GAPS = ("", *MISSING)
RULES: dict[Blanks, Phrase] = {
    "zero": Phrase("пропуск считается низшей ступенью", "a blank counts as the lowest step"),
    "exclude": Phrase("пропуск в балл не входит", "a blank is left out of the score"),
    "refuse": Phrase("нужны все ответы", "all answers are needed")}
NO_MAPPING = Phrase("не задано", "none given")

_NUMBER = re.compile(r"\d+(?:[.,]\d+)?", re.ASCII)
_RANGE = re.compile(r"(\d+)\s*(?:\.\.\.?|…|-|–|—)\s*(\d+)", re.ASCII)


def _columns(codes: Sequence[str], required: Sequence[str], optional: Sequence[str]) -> tuple[ColumnSpec, ...]:
    return tuple(ColumnSpec(name, "code" if name in codes else "text", name in required, fill_down=name == REGION)
                 for name in (*required, *optional))


ANSWERS = TableSpec(TITLES["maturity"], _columns(
    (REGION, QUESTION, YEAR), (REGION, QUESTION, ANSWER, ASSESSOR), (EVIDENCE, YEAR)), key=(REGION, QUESTION))
QUESTIONS = TableSpec("вопросы о зрелости", _columns(
    (QUESTION,), (QUESTION, DIMENSION, SCALE), (TITLE, LEVEL, WORDS, ENOUGH, EVIDENCE, ORDER)), key=(QUESTION,))


# -- the list of questions ---------------------------------------------------------------------------------------------

@dataclass(frozen=True)
class Question:
    """What the methodology asks and which answers it takes."""

    code: str
    dimension: str
    steps: tuple[float, ...]            # ascending
    yes_no: bool = False                # answered by «да» (1) and «нет» (0)
    level: int | None = None            # that it is a requirement of, for the gate rule
    enough: float = 1.0                 # from this step on the requirement is met
    words: Mapping[str, float] = field(default_factory=dict)  # in small letters -> step
    evidence: str = ""                  # document demanded for anything above the lowest step

    @property
    def allowed(self) -> str:
        """The answers as a message lists them."""
        return "да, нет" if self.yes_no else ", ".join(map(_shown, self.steps))

    def read(self, cell: object) -> tuple[str, float]:
        """What a cell says: kind (step, word, gap, unknown) and step.

        >>> question = Question("1.1", "стратегия", (0.0, 1.0, 2.0, 3.0), words={"высокий": 3.0})
        >>> [question.read(cell)[0] for cell in ("2", "Высокий ", "–", "III", "3,5")]
        ['step', 'word', 'gap', 'unknown', 'unknown']
        """
        text = cell_text(cell).casefold()
        if text in GAPS:
            return "gap", float("nan")
        if text in self.words:
            return "word", self.words[text]
        if self.yes_no:
            kind, mark = read_mark(cell)
            return ("step", mark) if kind in ("yes", "no") else ("unknown", float("nan"))
        step = _number(text)
        return ("step", step) if step in self.steps else ("unknown", float("nan"))


def question_list(items: pd.DataFrame) -> dict[str, Question]:
    """Questions of the methodology in the order asked, by code.

    Parameters
    ----------
    items : DataFrame
        `вопрос`, `направление`, `шкала` («0..3», «0; 1; 2», «да/нет»); if needed `уровень` (of the requirement),
        `зачёт` (step from which it is met; the highest by default), `слова` («высокий = 3; средний = 2»),
        `подтверждение` (document demanded), `порядок`.

    Raises
    ------
    EditionError
        All faults at once: the list belongs to the methodology, not to the regions.
    """
    if missing := [name for name in QUESTIONS.required if name not in items]:
        raise EditionError(f"Перечень вопросов: нет столбцов: {', '.join(missing)}.")
    texts = {name: items[name].map(cell_text) if name in items else pd.Series("", items.index)
             for name in (QUESTION, DIMENSION, SCALE, LEVEL, ENOUGH, WORDS, EVIDENCE, ORDER)}
    rows = pd.DataFrame(texts)
    order = pd.to_numeric(rows[ORDER].str.replace(",", "."), errors="coerce")
    rows = rows.loc[order.sort_values(kind="stable", na_position="last").index]
    faults: list[str] = []
    found: dict[str, Question] = {}
    for row, line in rows.iterrows():
        if line[QUESTION] in found:
            faults.append(f"вопрос {line[QUESTION]} повторяется (строка {row})")
        elif question := _question(line, row, faults):
            found[question.code] = question
    levels = {question.level for question in found.values() if question.level is not None}
    if levels and (absent := sorted(set(range(min(levels), max(levels) + 1)) - levels)):
        faults.append(f"уровни требований идут подряд, нет ни одного вопроса уровня {', '.join(map(str, absent))}")
    if not found and not faults:
        faults.append("нет ни одного вопроса")
    if faults:
        raise EditionError(f"Перечень вопросов: {'; '.join(faults)}. Исправьте файл методики.")
    return found


def question_table(items: pd.DataFrame) -> pd.DataFrame:
    """What the formulas of `methods.maturity` ask of the list of questions.

    Returns
    -------
    DataFrame
        By question: `dimension`, `level` (NaN: no requirement), `highest` and `enough` in points above the lowest step,
        as `answer_table` has them.
    """
    found = question_list(items)
    return pd.DataFrame({code: {"dimension": one.dimension, "level": one.level, "highest": one.steps[-1] - one.steps[0],
                                "enough": one.enough - one.steps[0]} for code, one in found.items()}).T.astype(
        {"level": float, "highest": float, "enough": float})


def answer_table(clean: pd.DataFrame, items: pd.DataFrame, assessor: str = OWN) -> pd.DataFrame:
    """Clean answers of one assessor as regions x questions, in points above the lowest step; NaN: no answer.

    Every question of the methodology has its column, so that what nobody answered is seen by the rule for blanks.
    """
    found = question_list(items)
    own = clean[clean[ASSESSOR] == assessor]
    table = own.pivot(index=REGION, columns=QUESTION, values=ANSWER).reindex(columns=list(found))
    return (table - pd.Series({code: one.steps[0] for code, one in found.items()})).rename_axis(columns=QUESTION)


def requirements_met(answers: pd.DataFrame, items: pd.DataFrame) -> pd.DataFrame:
    """Requirements among the questions as met (1), not met (0) or not answered (NaN), from `answer_table`."""
    table = question_table(items)
    codes = table.index[table["level"].notna()]
    return (answers[codes] >= table.loc[codes, "enough"]).astype(float).where(answers[codes].notna())


def _question(line: pd.Series, row: object, faults: list[str]) -> Question | None:
    """One line of the list; its faults go to the others."""
    code, before = line[QUESTION], len(faults)
    where = f"строка {row}, вопрос {code or '—'}"
    steps = _steps(line[SCALE])
    if not code or not line[DIMENSION]:
        faults.append(f"{where}: пусто «{QUESTION if not code else DIMENSION}»")
    if len(steps) < 2 or list(steps) != sorted(set(steps)):
        faults.append(f"{where}: шкала «{line[SCALE]}» — не меньше двух ступеней по возрастанию: 0..3, 0; 1; 2 или "
                      f"{YES_NO}")
        return None
    if line[LEVEL] and not (line[LEVEL].isdecimal() and int(line[LEVEL]) > 0):
        faults.append(f"{where}: уровень «{line[LEVEL]}» — целое число от 1")
    enough = steps[-1] if not line[ENOUGH] else _number(line[ENOUGH])
    if enough not in steps[1:]:
        faults.append(f"{where}: зачёт «{line[ENOUGH]}» — одна из ступеней выше низшей: "
                      f"{', '.join(map(_shown, steps[1:]))}")
    words = dict(_words(line[WORDS]))
    wrong = [word for word, step in words.items() if step not in steps or not word or _number(word) is not None]
    if wrong:
        faults.append(f"{where}: слово «{wrong[0]}» — запишите «слово = ступень», ступень из шкалы")
    if len(faults) > before:
        return None
    return Question(code, line[DIMENSION], steps, line[SCALE].casefold().replace(" ", "") == YES_NO,
                    int(line[LEVEL]) if line[LEVEL] else None, enough, words, line[EVIDENCE])


def _steps(text: str) -> tuple[float, ...]:
    """Steps of a scale; nothing if the text is none.

    >>> _steps("0..3"), _steps("0; 0,5; 1"), _steps("да/нет"), _steps("как получится")
    ((0.0, 1.0, 2.0, 3.0), (0.0, 0.5, 1.0), (0.0, 1.0), ())
    """
    if text.casefold().replace(" ", "") == YES_NO:
        return 0.0, 1.0
    if ends := _RANGE.fullmatch(text):
        return tuple(float(step) for step in range(int(ends[1]), int(ends[2]) + 1))
    numbers = [_number(part.strip()) for part in text.split(";" if ";" in text else ",")]
    return () if None in numbers else tuple(numbers)


def _words(text: str) -> Iterator[tuple[str, float | None]]:
    for part in filter(str.strip, text.split(";")):
        word, _, step = part.rpartition("=")
        yield word.strip().casefold(), _number(step.strip())


def _number(text: str) -> float | None:
    return float(text.replace(",", ".")) if _NUMBER.fullmatch(text) else None


def _shown(step: float) -> str:
    return f"{step:g}".replace(".", ",")


# -- answers -----------------------------------------------------------------------------------------------------------

def read_maturity(path: Path, seen: Seen, protocol: Protocol, root: Path) -> pd.DataFrame | None:
    """A recognised file of answers as a typed frame; every personal column is an error and stays unread.

    None if the file as a whole was refused or has not all columns, which the protocol tells.
    """
    personal = {position: name for position, name in enumerate(seen.headers, 1) if is_personal(name)}
    frame = read_file(path, replace(ANSWERS, extra=tuple(personal.values())), protocol, root)
    sheet = None if frame is None else frame.attrs.get("sheet")
    for position, name in personal.items():
        protocol.add(Problem("SRV-19", Place(name_of(path, root), sheet, None, name, get_column_letter(position)),
                             HIDDEN, personal=True))
    return frame if frame is not None and set(ANSWERS.required) <= set(frame) else None


def check_maturity(frame: pd.DataFrame, items: pd.DataFrame, protocol: Protocol, *, period: str,
                   regions: pd.DataFrame | None = None, registry: Registry | None = None,
                   blanks: Blanks = "zero") -> pd.DataFrame:
    """Clean answers of one file.

    Parameters
    ----------
    frame : DataFrame
        As the reader leaves it: `регион`, `вопрос`, `ответ`, `оценщик`, and if there are any `подтверждение`, `год`.
    items : DataFrame
        See `question_list`.
    regions : DataFrame, optional
        Valid region codes (`registry.read_regions`); without it those of `registry`, without both any code is taken.
    blanks : {"zero", "exclude", "refuse"}
        The methodology's rule for blanks: under `refuse` a missing answer is an error, otherwise a warning.

    Returns
    -------
    DataFrame
        `регион`, `вопрос`, `оценщик` (само, внешний) and `ответ` as a number, NaN where the cell is empty or wrong; one
        row a region, question and assessor; index: Excel's row numbers.
    """
    questions = question_list(items)
    frame = composed(without_personal(without_examples(frame, protocol), protocol), protocol)
    check_year(frame, period, protocol)
    clean = pd.DataFrame({
        REGION: _regions(frame, period, regions, registry, protocol),
        QUESTION: _codes(frame, list(questions), protocol),
        ASSESSOR: _assessors(frame, protocol)}, index=frame.index)
    clean[ANSWER], wrong = _answers(frame, clean[QUESTION], questions, protocol)
    known = clean.dropna(subset=[REGION, QUESTION, ASSESSOR])
    known = _once(frame, known, protocol)
    strange = clean[clean[QUESTION].isna()].groupby([REGION, ASSESSOR]).size()
    _check_complete(frame, known, list(questions), wrong, strange, blanks, protocol)
    _check_evidence(frame, known, questions, protocol)
    _check_steps(frame, known, questions, protocol)
    known.attrs = dict(frame.attrs)
    return known


def check_maturity_files(frames: Sequence[pd.DataFrame], items: pd.DataFrame, protocol: Protocol, *, period: str,
                         regions: pd.DataFrame | None = None, registry: Registry | None = None,
                         blanks: Blanks = "zero", allow_missing: Iterable[str] = ()) -> pd.DataFrame:
    """Clean answers of all files of a run as one table.

    A region that answered in two files is told with both places; one of the registry without any answers is an error
    unless `allow_missing` names it: a result for the country says on how many regions it rests.
    """
    parts = [check_maturity(frame, items, protocol, period=period, regions=regions, registry=registry, blanks=blanks)
             for frame in frames]
    seen: dict[tuple[str, ...], tuple[pd.DataFrame, object]] = {}
    kept = []
    for part in parts:
        keys = dict(zip(part.index, part[[REGION, QUESTION, ASSESSOR]].itertuples(index=False, name=None), strict=True))
        again = [row for row, key in keys.items() if key in seen]
        for row in again:
            first, first_row = seen[keys[row]]
            protocol.add(_repeat(part, row, keys[row], f"{first.attrs.get('file', 'таблица')}, {first_row}",
                                 (first.loc[first_row, ANSWER], part.loc[row, ANSWER])))
        seen.update({key: (part, row) for row, key in keys.items() if key not in seen})
        kept.append(part.drop(index=again))
    if registry is not None and frames:
        _check_regions_present(frames[0], {key[0] for key in seen}, registry, period, allow_missing, protocol)
    together = pd.concat(kept, ignore_index=True) if kept else pd.DataFrame(
        columns=[REGION, QUESTION, ASSESSOR, ANSWER])
    return together.astype({ANSWER: float})


def _regions(frame: pd.DataFrame, period: str, regions: pd.DataFrame | None, registry: Registry | None,
             protocol: Protocol) -> pd.Series:
    """Codes of regions, None where there is none."""
    codes = frame[REGION].map(cell_text)
    short = codes.str.fullmatch(r"\d")  # Excel made a number of «01»
    if short.any():
        row = codes.index[short][0]
        protocol.add(Problem("REF-10", place(frame, row, REGION), codes[row],
                             {"kept": f"0{codes[row]}", "count": int(short.sum())}, "note"))
        codes[short] = "0" + codes[short]
    if regions is None and registry is None:
        meant = {code: code or None for code in codes.unique()}
    else:
        titles, valid = _valid_regions(period, regions, registry)
        meant = {code: _region(frame, codes.index[codes == code][0], code, valid, titles, period, protocol)
                 for code in codes.unique() if code}
    for row in codes.index[codes == ""]:
        protocol.add(Problem("REF-11", place(frame, row, REGION)))
    return codes.map(meant).astype(object).where(lambda found: found.notna(), None)


def _valid_regions(period: str, regions: pd.DataFrame | None,
                   registry: Registry | None) -> tuple[dict[str, str], list[str]]:
    """What every known code stands for, with its validity, and the codes valid in the period."""
    if regions is None:
        titles = {code: registry.region_title(code) for code in sorted(set(registry.region_of.values()))}
        return titles, list(titles)
    start, end = map(pd.Timestamp, period_days(period))
    live = (regions[START].isna() | (regions[START] <= end)) & (regions[END].isna() | (regions[END] >= start))
    spans = {code: f"{row['title']} {dates_text(row[START], row[END])}" for code, row in regions.iterrows()}
    return {code: row["title"] if live[code] else spans[code] for code, row in regions.iterrows()}, list(
        regions.index[live])


def _region(frame: pd.DataFrame, row: object, code: str, valid: list[str], titles: dict[str, str], period: str,
            protocol: Protocol) -> str | None:
    if code in valid:
        return code
    where = place(frame, row, REGION)
    if twin := lookalike(code, valid):
        letter, position, meant = twin
        protocol.add(Problem("REF-04", where, code, {"character": letter, "position": position, "meant": meant}))
        return meant
    named = [f"{title} — {known}" for known, title in titles.items() if plain_name(title) == plain_name(code)]
    protocol.add(Problem("REF-09", where, shown(code), {
        "period": period, "validity": titles.get(code, next(iter(named), "—")),
        "nearest": ", ".join(nearest_codes(code, valid)) or "—", "count": len(valid)}))
    return None


def _codes(frame: pd.DataFrame, known: list[str], protocol: Protocol) -> pd.Series:
    """Codes of questions, None where there is none; a Latin letter is named and the meaning kept."""
    codes = frame[QUESTION].map(cell_text)
    return pd.Series([meant_code(place(frame, row, QUESTION), code, known, protocol, "MAT-12")
                      for row, code in codes.items()], codes.index, dtype=object)


def _assessors(frame: pd.DataFrame, protocol: Protocol) -> pd.Series:
    words = frame[ASSESSOR].map(cell_text)
    found = words.str.casefold().map(ASSESSORS)
    for row in words.index[found.isna()]:
        protocol.add(Problem("MAT-16", place(frame, row, ASSESSOR), shown(words[row]) or "—",
                             {"allowed": f"{OWN}, {EXTERNAL}"}))
    return found


def _answers(frame: pd.DataFrame, codes: pd.Series, questions: dict[str, Question],
             protocol: Protocol) -> tuple[pd.Series, pd.Series]:
    """Steps of all rows, and whether a cell holds something that is none."""
    read = {row: questions[code].read(cell) for row, code, cell in zip(frame.index, codes, frame[ANSWER], strict=True)
            if code is not None}
    taken: dict[tuple[str, str], list[object]] = {}
    for row, (kind, _) in read.items():
        if kind == "unknown":
            protocol.add(_not_a_step(frame, [row], questions[codes[row]], None))
        elif kind == "word":
            taken.setdefault((codes[row], cell_text(frame.loc[row, ANSWER]).casefold()), []).append(row)
    for (code, _), rows in taken.items():
        protocol.add(_not_a_step(frame, rows, questions[code], read[rows[0]][1]))
    steps = pd.Series({row: step for row, (_, step) in read.items()}, dtype=float).reindex(frame.index)
    wrong = pd.Series({row: kind == "unknown" for row, (kind, _) in read.items()}, dtype=object).reindex(
        frame.index, fill_value=False)
    return steps, wrong.astype(bool)


def _not_a_step(frame: pd.DataFrame, rows: list[object], question: Question, step: float | None) -> Problem:
    """An answer that is no step: an error, or a note if the list of questions knows the word."""
    return Problem("MAT-07", place(frame, rows[0], ANSWER), shown(cell_text(frame.loc[rows[0], ANSWER])), {
        "question": question.code, "allowed": question.allowed, "count": len(rows),
        "step": "—" if step is None else _shown(step)}, "error" if step is None else "note")


def _once(frame: pd.DataFrame, known: pd.DataFrame, protocol: Protocol) -> pd.DataFrame:
    """The first row of every region, question and assessor."""
    doubled = known.duplicated([REGION, QUESTION, ASSESSOR])
    first = {key: row for row, key in zip(known.index[~doubled], known.loc[~doubled, [
        REGION, QUESTION, ASSESSOR]].itertuples(index=False, name=None), strict=True)}
    for row in known.index[doubled]:
        key = tuple(known.loc[row, [REGION, QUESTION, ASSESSOR]])
        protocol.add(_repeat(frame, row, key, str(first[key]),
                             (known.loc[first[key], ANSWER], known.loc[row, ANSWER])))
    return known[~doubled].copy()


def _repeat(frame: pd.DataFrame, row: object, key: tuple[str, ...], first: str, steps: tuple[float, ...]) -> Problem:
    region, question, assessor = key
    return Problem("MAT-13", place(frame, row, QUESTION), question, {
        "question": question, "region": region, "assessor": assessor, "first": first, "second": row,
        "answers": " | ".join("—" if pd.isna(step) else _shown(step) for step in steps)})


def _check_complete(frame: pd.DataFrame, known: pd.DataFrame, wanted: list[str], wrong: pd.Series,
                    strange: pd.Series, blanks: Blanks, protocol: Protocol) -> None:
    """Every question is answered. A misspelt code or a wrong answer is one fault, not also a missing answer."""
    for (region, assessor), part in known.groupby([REGION, ASSESSOR], sort=False):
        empty = set(part.loc[part[ANSWER].isna() & ~wrong[part.index], QUESTION])
        absent = set(wanted) - set(part[QUESTION])
        if len(absent) > strange.get((region, assessor), 0):
            empty |= absent
        if empty:
            protocol.add(Problem("MAT-14", place(frame, part.index[0], REGION), region, {
                "region": region, "assessor": assessor, "names": listed(code for code in wanted if code in empty),
                "count": len(empty), "rule": RULES[blanks]}, "error" if blanks == "refuse" else "warning"))


def _check_evidence(frame: pd.DataFrame, known: pd.DataFrame, questions: dict[str, Question],
                    protocol: Protocol) -> None:
    """Anything above the lowest step has its document, where the methodology demands one."""
    shown_papers = frame[EVIDENCE].map(cell_text) if EVIDENCE in frame else pd.Series("", frame.index)
    claimed = [bool(questions[code].evidence) and answer > questions[code].steps[0]
               for code, answer in zip(known[QUESTION], known[ANSWER], strict=True)]
    bare = known[pd.Series(claimed, known.index, dtype=bool) & shown_papers[known.index].isin(GAPS)]
    for (region, assessor), part in bare.groupby([REGION, ASSESSOR], sort=False):
        protocol.add(Problem("MAT-15", place(frame, part.index[0], EVIDENCE if EVIDENCE in frame else ANSWER), None, {
            "region": region, "assessor": assessor, "names": listed(part[QUESTION]), "count": len(part),
            "document": questions[part[QUESTION].iloc[0]].evidence}, "warning"))


def _check_steps(frame: pd.DataFrame, known: pd.DataFrame, questions: dict[str, Question], protocol: Protocol) -> None:
    """Higher requirements rest on lower ones: a step that was skipped is told with its region and requirement."""
    level_of = pd.Series({code: one.level for code, one in questions.items() if one.level is not None}, dtype=int)
    enough = pd.Series({code: questions[code].enough for code in level_of.index}, dtype=float)
    steps = known[known[QUESTION].isin(level_of.index)]
    for assessor, part in steps.groupby(ASSESSOR, sort=False):
        table = part.pivot(index=REGION, columns=QUESTION, values=ANSWER).reindex(columns=level_of.index)
        rows = dict(zip(part[[REGION, QUESTION]].itertuples(index=False, name=None), part.index, strict=True))
        met = (table >= enough).astype(float).where(table.notna())
        for skip in skipped_steps(met, level_of).itertuples():
            row = rows[skip.unit, skip.requirement]
            protocol.add(Problem("MAT-09", place(frame, row, ANSWER), shown(cell_text(frame.loc[row, ANSWER])), {
                "region": skip.unit, "assessor": assessor, "requirement": skip.requirement, "level": skip.level,
                "above": skip.above, "met": skip.met, "limit": skip.level - 1}, "warning"))


def _check_regions_present(frame: pd.DataFrame, present: set[str], registry: Registry, period: str,
                           allow_missing: Iterable[str], protocol: Protocol) -> None:
    centres = registry.valid(*period_days(period)).groupby(REGION).size()
    report_absent(centres[~centres.index.isin(present)], registry, place(frame, None, REGION), protocol, allow_missing)


# -- levels of two periods ---------------------------------------------------------------------------------------------

def check_level_change(before: pd.Series, after: pd.Series, protocol: Protocol, *, old: str, new: str,
                       counts: tuple[int, int], mapping: Mapping[int, int] | None = None) -> Bridge | None:
    """Levels before on the scale of those after; a changed scale and every fall of two levels or more are told.

    Parameters
    ----------
    before, after : Series
        Levels by region.
    old, new : str
        What the levels are of: editions or years.
    counts : tuple of int
        Numbers of levels before and after.
    mapping : mapping, optional
        See `transitions.bridge_levels`.

    Returns
    -------
    Bridge or None
        None if the number of levels changed and no mapping is given: such levels are not compared.
    """
    where = Place(f"{old} → {new}")
    if counts[0] == counts[1] and mapping is None:
        bridge = bridge_levels(before, *counts)
    else:
        bridge = bridge_levels(before, *counts, mapping) if mapping is not None else None
        words = NO_MAPPING if bridge is None else Phrase(bridge.words, bridge.words)
        protocol.add(Problem("MAT-10", where, f"{counts[0]} → {counts[1]}", {
            "old": old, "new": new, "before": counts[0], "after": counts[1], "mapping": words},
            "error" if bridge is None else "warning", EditionError.exit_code))
    if bridge is not None:
        for region, row in falls(bridge.levels, after).iterrows():
            protocol.add(Problem("MAT-11", where, f"{row['before']} → {row['after']}", {
                "region": region, "before": row["before"], "after": row["after"], "fall": row["fall"]}, "warning"))
    return bridge
