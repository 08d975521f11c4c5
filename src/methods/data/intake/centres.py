"""The registry as a file: keys, regions, validity dates, successors."""

from __future__ import annotations

import itertools
import re
from difflib import get_close_matches

import pandas as pd

from methods.data.intake.personal import without_personal
from methods.data.intake.remarks import check_names
from methods.data.registry import (
    ALIASES,
    CENTRE,
    END,
    LOOKALIKES,
    REGION,
    START,
    SUCCESSOR,
    TITLE,
    Registry,
    aliases,
    cell_text,
    check_year,
    composed,
    dates_text,
    lookalike,
    nearest_codes,
    period_days,
    place,
    plain_name,
    read_days,
    without_examples,
)
from methods.problems import Problem, Protocol

_TEXT = (CENTRE, TITLE, REGION, SUCCESSOR, ALIASES)
_LATIN, _CYRILLIC = re.compile("[A-Za-z]"), re.compile("[А-Яа-яЁё]")


def check_registry(frame: pd.DataFrame, protocol: Protocol, *, period: str,
                   regions: pd.DataFrame | None = None) -> Registry:
    """Registry of centres from its table.

    Parameters
    ----------
    frame : DataFrame
        One row a centre (or a centre and a span of dates, if it was renamed).
    period : str
        The year of the run; region codes have to be valid in it.
    regions : DataFrame, optional
        Valid region codes (`registry.read_regions`); without it any code is taken, as in invented data.
    """
    frame = composed(without_personal(without_examples(frame, protocol), protocol), protocol)
    check_year(frame, period, protocol)
    check_names(frame, TITLE, protocol)
    clean = _typed(frame, protocol)
    clean = _keyed(frame, clean, protocol)
    _regions(frame, clean, regions, period, protocol)
    doubled = _repeats(frame, clean, protocol)
    clean = clean.drop(index=doubled)
    clean, merged = _respelt(frame, clean, protocol)
    _successors(frame, clean, protocol)
    return Registry(clean, regions, merged)


def _typed(frame: pd.DataFrame, protocol: Protocol) -> pd.DataFrame:
    clean = frame.copy()
    for column in _TEXT:
        clean[column] = frame[column].map(cell_text) if column in frame else ""
    for column in (START, END):  # typed even where the column is missing, so that dates compare with dates
        clean[column] = read_days(frame, column, protocol) if column in frame else pd.Series(
            pd.NaT, index=frame.index, dtype="datetime64[us]")
    one_digit = clean[REGION].str.fullmatch(r"\d")  # Excel made a number of «01»
    if one_digit.any():
        rows = clean.index[one_digit]
        protocol.add(Problem("REF-10", place(frame, rows[0], REGION), clean.loc[rows[0], REGION],
                             {"kept": "0" + clean.loc[rows[0], REGION], "count": len(rows)}, "note"))
        clean.loc[rows, REGION] = "0" + clean.loc[rows, REGION]
    return clean


def _keyed(frame: pd.DataFrame, clean: pd.DataFrame, protocol: Protocol) -> pd.DataFrame:
    """Rows with a key; a Latin letter inside a Cyrillic code is an error."""
    for column in (CENTRE, REGION):
        for row in clean.index[clean[column] == ""]:
            protocol.add(Problem("REF-11", place(frame, row, column)))
    for row, code in clean[CENTRE].items():
        if _LATIN.search(code) and _CYRILLIC.search(code):
            meant = "".join(LOOKALIKES.get(letter, letter) for letter in code)
            if twin := lookalike(code, [meant]):
                letter, position, meant = twin
                protocol.add(Problem("REF-04", place(frame, row, CENTRE), code,
                                     {"character": letter, "position": position, "meant": meant}))
    return clean[clean[CENTRE] != ""]


def _regions(frame: pd.DataFrame, clean: pd.DataFrame, regions: pd.DataFrame | None, period: str,
             protocol: Protocol) -> None:
    if regions is None:
        return
    start, end = map(pd.Timestamp, period_days(period))
    live = (regions[START].isna() | (regions[START] <= end)) & (regions[END].isna() | (regions[END] >= start))
    valid = regions.index[live]
    for row in clean.index[~clean[REGION].isin(valid) & (clean[REGION] != "")]:
        code = clean.loc[row, REGION]
        known = code in regions.index
        validity = f"{regions.loc[code, 'title']} {dates_text(*regions.loc[code, [START, END]])}" if known else "—"
        protocol.add(Problem("REF-09", place(frame, row, REGION), code, {
            "period": period, "validity": validity, "nearest": ", ".join(nearest_codes(code, valid)) or "—",
            "count": len(valid)}))


def _repeats(frame: pd.DataFrame, clean: pd.DataFrame, protocol: Protocol) -> list[object]:
    """Rows of one centre may follow each other in time, never stand twice for one day."""
    doubled = []
    for _, part in clean[clean.duplicated(CENTRE, keep=False)].groupby(CENTRE, sort=False):
        for (first, one), (second, other) in itertools.combinations(part.iterrows(), 2):
            if not _overlap(one, other):
                continue
            differing = [column for column in clean.columns if not _same(one[column], other[column])]
            details = {"first": first, "second": second, "columns": ", ".join(differing)}
            where = place(frame, second, CENTRE)
            if not differing:
                protocol.add(Problem("REF-01", where, one[CENTRE], details))
            elif set(differing) & {START, END}:
                protocol.add(_crossing(frame, (first, one), (second, other)))
            else:
                protocol.add(Problem("REF-02", where, one[CENTRE], details))
            doubled.append(second)
    return list(dict.fromkeys(doubled))


def _crossing(frame: pd.DataFrame, one: tuple[object, pd.Series], other: tuple[object, pd.Series]) -> Problem:
    return Problem("REF-15", place(frame, other[0], START), other[1][CENTRE], {
        "first": one[1][CENTRE], "first_dates": dates_text(one[1][START], one[1][END]), "first_row": one[0],
        "second": other[1][CENTRE], "second_dates": dates_text(other[1][START], other[1][END]),
        "second_row": other[0]})


def _overlap(one: pd.Series, other: pd.Series) -> bool:
    return not _before(one, other) and not _before(other, one)


def _before(one: pd.Series, other: pd.Series) -> bool:
    return pd.notna(one[END]) and pd.notna(other[START]) and one[END] < other[START]


def _same(one: object, other: object) -> bool:
    return (pd.isna(one) and pd.isna(other)) or bool(one == other)


def _respelt(frame: pd.DataFrame, clean: pd.DataFrame, protocol: Protocol) -> tuple[pd.DataFrame, dict[str, str]]:
    """One centre under two ids whose names differ only in spelling: the first id is kept, the second leads to it."""
    merged: dict[str, str] = {}
    dropped: list[object] = []
    forms = clean[REGION] + "|" + clean[TITLE].map(plain_name)
    for _, rows in clean.groupby(forms, sort=False).groups.items():
        for first, second in itertools.combinations(rows, 2):
            one, other = clean.loc[first], clean.loc[second]
            respelt = frame.loc[first, TITLE] != frame.loc[second, TITLE]
            if one[CENTRE] == other[CENTRE] or not respelt or not _overlap(one, other) or second in dropped:
                continue
            if other[CENTRE] in (one[SUCCESSOR],) or one[CENTRE] in (other[SUCCESSOR],):
                continue  # a renamed centre says so itself
            merged[other[CENTRE]] = one[CENTRE]
            dropped.append(second)
            protocol.add(Problem("REF-03", place(frame, second, TITLE), frame.loc[second, TITLE], {
                "found": frame.loc[second, TITLE], "kept": frame.loc[first, TITLE], "count": 1}, "warning"))
    return clean.drop(index=dropped), merged


def _successors(frame: pd.DataFrame, clean: pd.DataFrame, protocol: Protocol) -> None:
    """A merged centre has a last day, a known successor, and is not alive beside the one that renamed it."""
    ids = clean[CENTRE].tolist()
    for row, centre in clean[clean[SUCCESSOR] != ""].iterrows():
        heirs = clean[clean[CENTRE] == centre[SUCCESSOR]]
        if heirs.empty:
            near = get_close_matches(centre[SUCCESSOR], ids, n=1)
            protocol.add(Problem("REF-06", place(frame, row, SUCCESSOR), centre[SUCCESSOR], {
                "names": centre[SUCCESSOR], "count": 1, "nearest": near[0] if near else "—"}))
            continue
        renamed = plain_name(centre[TITLE]) in {plain_name(name) for name in aliases(heirs.iloc[0])} | {
            plain_name(heirs.iloc[0][TITLE])}
        if pd.isna(centre[END]) or (renamed and _overlap(centre, heirs.iloc[0])):
            protocol.add(_crossing(frame, (row, centre), (heirs.index[0], heirs.iloc[0])))
