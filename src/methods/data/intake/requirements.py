"""Checklists: X of N by indicator, or a mark for every requirement, against the requirement list of the edition.

Three forms come in and are told apart by their headers: counts (показатель, исполнено, задано), marks one a row
(требование, отметка), marks one a column (headers are codes of requirements; an empty cell: does not apply).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import Literal, NamedTuple

import pandas as pd

from methods.data.intake.personal import without_personal
from methods.data.reading.report import shown
from methods.data.registry import (
    CENTRE,
    REGION,
    YEAR,
    Registry,
    cell_text,
    check_coverage,
    check_year,
    composed,
    listed,
    lookalike,
    matched,
    period_days,
    place,
    read_days,
    without_examples,
)
from methods.index.edition import Checklist, Edition
from methods.problems import Place, Problem, Protocol

REQUIREMENT, INDICATOR, LEVEL = "требование", "показатель", "уровень"
EVIDENCE, OPTIONAL = "подтверждение", "неприменимо"
FULFILLED, SET, AUTOMATIC = "исполнено", "задано", "исполнено_авто"
MARK, CHECKED = "отметка", "дата_проверки"
SERVICE = (CENTRE, REGION, "название", "название_региона", YEAR, CHECKED, LEVEL, EVIDENCE, "комментарий")

YES = ("да", "1", "yes", "истина", "true", "+", "✓", "✔")
NO = ("нет", "0", "no", "ложь", "false")
NOT_APPLICABLE = ("неприменимо", "не применимо", "н/п")
USUAL = ("да", "нет", "неприменимо", "1", "0")  # taken without a note
PARTLY = ("частично", "0.5", "0,5")
Form = Literal["counts", "long", "wide"]


def form_of(frame: pd.DataFrame) -> Form:
    """Which of the three forms a checklist has."""
    if FULFILLED in frame or SET in frame:
        return "counts"
    return "long" if REQUIREMENT in frame else "wide"


class Lists(NamedTuple):
    """What the edition demands: from the file of requirements."""

    version: str
    indicator: dict[str, str]         # requirement -> indicator
    level: dict[str, str]             # requirement -> УЦЗН or ТЦЗН, where stated
    evidence: dict[str, str]          # requirement -> document, where stated
    optional: frozenset[str]          # requirements that may not apply to a centre

    def least_and_most(self, indicator: str) -> tuple[int, int]:
        """How many requirements an indicator may have at a centre."""
        own = [code for code, group in self.indicator.items() if group == indicator]
        return len(own) - len(self.optional.intersection(own)), len(own)


def requirement_lists(requirements: pd.DataFrame, edition: Edition) -> Lists:
    """The list of requirements of the edition's checklist indicators; without a column `неприменимо` all may be."""
    items = {item for code, indicator in edition.indicators.items() for side in indicator.sides.values()
             if isinstance(side, Checklist) for item in (side.items or (code,))}
    table = requirements[requirements[INDICATOR].isin(items)].set_index(REQUIREMENT)
    texts = {column: {code: cell_text(value) for code, value in table[column].items() if cell_text(value)}
             for column in (LEVEL, EVIDENCE, OPTIONAL) if column in table}
    optional = table.index if OPTIONAL not in table else [
        code for code, value in texts[OPTIONAL].items() if value.casefold() in YES]
    return Lists(edition.version, table[INDICATOR].to_dict(), texts.get(LEVEL, {}), texts.get(EVIDENCE, {}),
                 frozenset(optional))


def check_checklist(frame: pd.DataFrame, edition: Edition, registry: Registry, protocol: Protocol, *,
                    requirements: pd.DataFrame, period: str) -> pd.DataFrame:
    """Clean checklist of one file, its form in `attrs["form"]`.

    Returns
    -------
    DataFrame
        `counts`: центр, показатель, исполнено, задано as numbers. Otherwise one row a centre and requirement: центр,
        требование, показатель, отметка (1, 0; NaN: does not apply).
    """
    frame = composed(without_personal(without_examples(frame, protocol), protocol), protocol)
    check_year(frame, period, protocol)
    lists = requirement_lists(requirements, edition)
    centres = matched(frame, registry, protocol, period, pooled=False)
    _check_days(frame, period, protocol)
    form = form_of(frame)
    check = {"counts": _counts, "long": _long, "wide": _wide}[form]
    clean = check(frame, centres, lists, protocol)
    clean.attrs = {**frame.attrs, "form": form}
    return clean


def check_checklists(frames: Sequence[pd.DataFrame], registry: Registry, protocol: Protocol, *, period: str,
                     allow_missing: Iterable[str] = ()) -> pd.DataFrame:
    """All clean checklists of a run: X and N by centre and indicator; X by requirements goes before X typed."""
    if not frames:
        return pd.DataFrame(columns=[CENTRE, INDICATOR, FULFILLED, SET])
    typed = [frame for frame in frames if frame.attrs["form"] == "counts"]
    automatic = [totals(frame) for frame in frames if frame.attrs["form"] != "counts"]
    for frame in typed if automatic else []:
        compare_automatic(frame, pd.concat(automatic), protocol)
    together = pd.concat([*automatic, *map(totals, typed)], ignore_index=True).dropna(subset=[CENTRE])
    together = together.drop_duplicates([CENTRE, INDICATOR], keep="first", ignore_index=True)
    _check_differences(frames[0], together, registry, protocol)
    check_coverage(frames, registry, protocol, period, allow_missing)
    return together


def requirement_marks(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Marks of all clean checklists by requirement, one row a centre and requirement that applies to it."""
    columns = [CENTRE, REQUIREMENT, INDICATOR, MARK]
    parts = [frame.loc[frame[MARK].notna(), columns] for frame in frames if frame.attrs["form"] != "counts"]
    together = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)
    return together.dropna(subset=[CENTRE]).drop_duplicates([CENTRE, REQUIREMENT], ignore_index=True)


def totals(clean: pd.DataFrame) -> pd.DataFrame:
    """X and N of every centre and indicator of a clean checklist."""
    if clean.attrs["form"] == "counts":
        return clean[[CENTRE, INDICATOR, FULFILLED, SET]]
    marks = clean.groupby([CENTRE, INDICATOR], sort=False)[MARK]
    return pd.DataFrame({FULFILLED: marks.sum(), SET: marks.count().astype(float)}).reset_index()


def compare_automatic(typed: pd.DataFrame, automatic: pd.DataFrame, protocol: Protocol) -> None:
    """X typed by hand against X counted from the requirements of the same centre and indicator."""
    counted = automatic.drop_duplicates([CENTRE, INDICATOR]).set_index([CENTRE, INDICATOR])[FULFILLED].to_dict()
    for row, line in typed.iterrows():
        x = counted.get((line[CENTRE], line[INDICATOR]))
        if x is not None and pd.notna(line[FULFILLED]) and x != line[FULFILLED]:
            protocol.add(_disagreement(typed, row, line[CENTRE], line[INDICATOR], line[FULFILLED], x))


def _disagreement(frame: pd.DataFrame, row: object, centre: str, indicator: str, typed: float, x: float) -> Problem:
    return Problem("CHK-17", place(frame, row, FULFILLED), f"{typed:g}", {
        "centre": centre, "indicator": indicator, "typed": f"{typed:g}", "automatic": f"{x:g}",
        "difference": f"{typed - x:+g}"}, "warning")


# -- what all forms share ----------------------------------------------------------------------------------------------

def _check_days(frame: pd.DataFrame, period: str, protocol: Protocol) -> None:
    if CHECKED not in frame:
        return
    start, end = period_days(period)
    days = read_days(frame, CHECKED, protocol)
    for row in days.index[days.notna() & ~days.between(pd.Timestamp(start), pd.Timestamp(end))]:
        protocol.add(Problem("CHK-16", place(frame, row, CHECKED), days[row].date(), {"start": start, "end": end}))


def meant_code(where: Place, code: str, known: Iterable[str], protocol: Protocol, unknown: str,
               **details: object) -> str | None:
    """The known code that is meant, if any; a Latin letter in it is named and what follows goes by the meaning.

    `unknown` is the problem (with its details) of a code that is none of the known ones.
    """
    known = list(known)
    if code in known:
        return code
    if not code:
        protocol.add(Problem("REF-11", where))
    elif twin := lookalike(code, known):
        letter, position, meant = twin
        protocol.add(Problem("REF-04", where, code, {"character": letter, "position": position, "meant": meant}))
        return meant
    else:
        near = get_close_matches(code, known, n=1, cutoff=0.4)
        protocol.add(Problem(unknown, where, shown(code), {**details, "nearest": near[0] if near else "—"}))
    return None


def _known_codes(frame: pd.DataFrame, column: str, known: Iterable[str], version: str,
                 protocol: Protocol) -> pd.Series:
    """The edition's codes that a column names; None where there is none."""
    known = list(known)
    quick = set(known)
    codes = frame[column].map(cell_text)
    return pd.Series([code if code in quick else meant_code(place(frame, row, column), code, known, protocol, "CHK-11",
                                                            version=version)
                      for row, code in codes.items()], index=frame.index, dtype=object)


def _check_complete(frame: pd.DataFrame, present: pd.DataFrame, column: str, wanted: Iterable[str],
                    strange: pd.Series, protocol: Protocol) -> None:
    """Every centre of the file has everything, once. `strange`: rows of each centre whose code is not known; a
    misspelt code is one fault, not also a missing one."""
    wanted = list(wanted)
    for (centre, code), rows in present.groupby([CENTRE, column], sort=False).groups.items():
        for row in rows[1:]:
            protocol.add(Problem("CHK-13", place(frame, row, column), code, {
                "requirement": code, "centre": centre, "first": rows[0], "second": row}))
    for centre, part in present.groupby(CENTRE, sort=False):
        absent = [code for code in wanted if code not in set(part[column])]
        if len(absent) > strange.get(centre, 0):
            protocol.add(Problem("CHK-12", place(frame, part.index[0], CENTRE), centre, {
                "centre": centre, "names": listed(absent), "count": len(absent)}))


def _check_differences(frame: pd.DataFrame, together: pd.DataFrame, registry: Registry, protocol: Protocol) -> None:
    """Indicators that are fulfilled everywhere: in the country, or else in a region of two centres and more."""
    full = together[together[SET] > 0].assign(full=lambda table: table[FULFILLED] == table[SET])
    full[REGION] = full[CENTRE].map(registry.region_of)
    column = INDICATOR if frame.attrs["form"] != "wide" else None
    for indicator, part in full.groupby(INDICATOR, sort=False):
        by_region = part.groupby(REGION)["full"].agg(["all", "size"])
        alike = by_region if part["full"].all() else by_region[by_region["all"] & (by_region["size"] > 1)]
        if len(alike) and len(part) > 1:
            protocol.add(Problem("CHK-15", place(frame, None, column), indicator, {
                "indicator": indicator, "where": listed(alike.index), "count": alike["size"].sum()}, "warning"))


# -- counts ------------------------------------------------------------------------------------------------------------

def _counts(frame: pd.DataFrame, centres: pd.Series, lists: Lists, protocol: Protocol) -> pd.DataFrame:
    indicators = list(dict.fromkeys(lists.indicator.values()))
    codes = _known_codes(frame, INDICATOR, indicators, lists.version, protocol)
    good = codes.notna()
    pairs = zip(frame.index, codes, frame[FULFILLED].map(cell_text), frame[SET].map(cell_text), strict=True)
    numbers = [_check_count(frame, row, code, x, n, lists, protocol) if code else (float("nan"), float("nan"))
               for row, code, x, n in pairs]
    clean = pd.DataFrame(numbers, columns=[FULFILLED, SET], index=frame.index)
    clean.insert(0, CENTRE, centres)
    clean.insert(1, INDICATOR, codes)
    clean = clean[good]
    _check_complete(frame, clean.dropna(subset=[CENTRE]), INDICATOR, indicators, centres[~good].value_counts(),
                    protocol)
    if AUTOMATIC in frame:
        automatic = pd.to_numeric(frame[AUTOMATIC].map(cell_text), errors="coerce")
        for row in clean.index[automatic[good].notna() & (automatic[good] != clean[FULFILLED])]:
            protocol.add(_disagreement(frame, row, clean.loc[row, CENTRE], codes[row], clean.loc[row, FULFILLED],
                                       automatic[row]))
    return clean


def _check_count(frame: pd.DataFrame, row: object, indicator: str, x_text: str, n_text: str, lists: Lists,
                 protocol: Protocol) -> tuple[float, float]:
    """X and N of one row as numbers; the first broken rule only, so that one slip is one message."""
    x, n = _number(x_text), _number(n_text)
    least, most = lists.least_and_most(indicator)
    code, column = _count_fault(x_text, x, n_text, n, least, most)
    if code:
        severity = "note" if code == "CHK-02" and least == 0 else "error"
        protocol.add(Problem(code, place(frame, row, column), (n_text if column == SET else x_text) or "—", {
            "x": x_text or "—", "n": n_text or "—", "indicator": indicator, "version": lists.version,
            "wanted": str(most) if least == most else f"{least}–{most}", "where": indicator}, severity))
    return x, n


def _count_fault(x_text: str, x: float, n_text: str, n: float, least: int, most: int) -> tuple[str | None, str]:
    rules = (
        (not x_text, "CHK-06", FULFILLED),
        (not n_text, "CHK-07", SET),
        (x_text.casefold() in ("частично",), "CHK-05", FULFILLED),
        ("%" in x_text or x != x or 0 < x < 1, "CHK-09", FULFILLED),
        (x < 0, "CHK-04", FULFILLED),
        (x % 1 != 0, "CHK-05", FULFILLED),
        (n == 0 and x > 0, "CHK-03", FULFILLED),
        (n == 0, "CHK-02", SET),
        (x > n, "CHK-01", FULFILLED),
        (not least <= n <= most or n % 1 != 0, "CHK-08", SET),
    )
    return next(((code, column) for broken, code, column in rules if broken), (None, FULFILLED))


def _number(text: str) -> float:
    try:
        return float(text.replace(",", ".").replace("−", "-"))
    except ValueError:
        return float("nan")


# -- marks -------------------------------------------------------------------------------------------------------------

def _long(frame: pd.DataFrame, centres: pd.Series, lists: Lists, protocol: Protocol) -> pd.DataFrame:
    codes = _known_codes(frame, REQUIREMENT, lists.indicator, lists.version, protocol)
    good = codes.notna()
    clean = pd.DataFrame({CENTRE: centres, REQUIREMENT: codes, INDICATOR: codes.map(lists.indicator),
                          "_column": MARK, "_cell": frame[MARK]}, index=frame.index)[good]
    for row in clean.index[clean["_cell"].map(cell_text) == ""]:
        protocol.add(Problem("CHK-12", place(frame, row, MARK), None, {
            "centre": clean.loc[row, CENTRE], "names": clean.loc[row, REQUIREMENT], "count": 1}))
    clean = _marked(frame, clean, lists, protocol)
    _check_complete(frame, clean.dropna(subset=[CENTRE]), REQUIREMENT, lists.indicator,
                    centres[~good].value_counts(), protocol)
    _check_evidence(frame, clean, lists, protocol)
    if LEVEL in frame:
        for row, code in clean[REQUIREMENT].items():
            stated = cell_text(frame.loc[row, LEVEL]).upper()
            if stated and code in lists.level and stated != lists.level[code].upper():
                protocol.add(Problem("CHK-19", place(frame, row, LEVEL), stated, {
                    "requirement": code, "wanted": lists.level[code]}))
    return clean


def _wide(frame: pd.DataFrame, centres: pd.Series, lists: Lists, protocol: Protocol) -> pd.DataFrame:
    columns = [column for column in frame.columns if column not in SERVICE]
    meant = {column: meant_code(place(frame, None, column), column, lists.indicator, protocol, "CHK-11",
                                version=lists.version)
             for column in columns}
    good = {column: code for column, code in meant.items() if code is not None}
    absent = [code for code in lists.indicator if code not in good.values()]
    if len(absent) > len(meant) - len(good):  # a miswritten header is one fault, not two
        protocol.add(Problem("CHK-12", place(frame), None, {
            "centre": "*", "names": listed(absent), "count": len(absent)}))
    doubled = centres[centres.notna() & centres.duplicated()]
    for row, centre in doubled.items():
        first = centres.index[centres == centre][0]
        one, other = frame.loc[first].map(cell_text), frame.loc[row].map(cell_text)
        differing = [column for column in frame.columns if column != CENTRE and one[column] != other[column]]
        protocol.add(Problem("REF-02" if differing else "REF-01", place(frame, row, CENTRE), centre, {
            "first": first, "second": row, "columns": listed(differing)}))
    parts = [pd.DataFrame({CENTRE: centres, REQUIREMENT: code, INDICATOR: lists.indicator[code], "_column": column,
                           "_cell": frame[column].where(frame[column].map(cell_text) != "", "неприменимо")})
             for column, code in good.items()]
    together = pd.concat(parts) if parts else pd.DataFrame(columns=[CENTRE, REQUIREMENT, INDICATOR, "_column", "_cell"])
    return _marked(frame, together[~together.index.isin(doubled.index)], lists, protocol)


def read_mark(cell: object) -> tuple[str, float]:
    """Kind and value of a mark: yes 1, no 0; gap, partly, unknown and «does not apply» without a value.

    >>> read_mark("ДА "), read_mark("н/п")[0], read_mark("хз")[0]
    (('yes', 1.0), 'not applicable', 'unknown')
    """
    text = cell_text(cell).casefold()
    for kind, words, value in (("yes", YES, 1.0), ("no", NO, 0.0), ("not applicable", NOT_APPLICABLE, float("nan")),
                               ("gap", ("",), float("nan")), ("partly", PARTLY, float("nan"))):
        if text in words:
            return kind, value
    return "unknown", float("nan")


def _marked(frame: pd.DataFrame, clean: pd.DataFrame, lists: Lists, protocol: Protocol) -> pd.DataFrame:
    """Marks as 1, 0 and NaN; every distinct cell is read once."""
    cells = clean["_cell"].map(lambda cell: cell if isinstance(cell, str) else cell_text(cell))
    read = {cell: read_mark(cell) for cell in cells.drop_duplicates()}
    kinds = cells.map({cell: kind for cell, (kind, _) in read.items()})
    found = clean.assign(**{MARK: cells.map({cell: value for cell, (_, value) in read.items()}).astype(float)})
    allowed = ", ".join([*YES, *NO, *NOT_APPLICABLE])
    spots = list(zip(clean.index, clean["_column"], cells, kinds, strict=True))
    for row, column, cell, kind in spots:
        if kind == "partly":
            protocol.add(Problem("CHK-05", place(frame, row, column), cell, {"n": 1}))
        elif kind == "unknown":
            protocol.add(Problem("CHK-10", place(frame, row, column), shown(cell),
                                 {"allowed": allowed, "count": 1, "mark": "—"}))
    for cell, (kind, value) in read.items():
        if kind in ("yes", "no", "not applicable") and cell not in USUAL:
            row, column = next(spot[:2] for spot in spots if spot[2] == cell)
            protocol.add(Problem("CHK-10", place(frame, row, column), cell, {
                "allowed": allowed, "count": int((cells == cell).sum()), "mark": "н/п" if value != value else
                f"{value:g}"}, "note"))
    _check_applicable(frame, found, kinds, lists, protocol)
    return found.drop(columns=["_column", "_cell"])


def _check_applicable(frame: pd.DataFrame, clean: pd.DataFrame, kinds: pd.Series, lists: Lists,
                      protocol: Protocol) -> None:
    """«Does not apply» where the methodology allows it; for everything at once the centre is not rated."""
    left_out = (kinds == "not applicable").to_numpy()
    share = pd.Series(left_out, dtype=float).groupby(clean[CENTRE].to_numpy()).mean()
    nothing = set(share.index[share == 1])
    for centre in sorted(nothing):
        row = clean.index[clean[CENTRE] == centre][0]
        protocol.add(Problem("CHK-14", place(frame, row, CENTRE), centre, {"centre": centre}, "warning"))
    wrong = left_out & ~clean[REQUIREMENT].isin(lists.optional).to_numpy() & ~clean[CENTRE].isin(nothing).to_numpy()
    for row, code, column in zip(clean.index[wrong], clean.loc[wrong, REQUIREMENT], clean.loc[wrong, "_column"],
                                 strict=True):
        protocol.add(Problem("CHK-02", place(frame, row, column), cell_text(frame.loc[row, column]) or "—",
                             {"where": code}))


def _check_evidence(frame: pd.DataFrame, clean: pd.DataFrame, lists: Lists, protocol: Protocol) -> None:
    """A requirement that is met has its document, where the list names one."""
    if EVIDENCE not in frame:
        return
    bare = clean.index[(clean[MARK] == 1) & clean[REQUIREMENT].isin(lists.evidence).to_numpy()
                       & (frame.loc[clean.index, EVIDENCE].map(cell_text) == "").to_numpy()]
    if len(bare):
        protocol.add(Problem("CHK-18", place(frame, bare[0], EVIDENCE), None, {
            "document": lists.evidence[clean.loc[bare[0], REQUIREMENT]], "count": len(bare)}, "warning"))
