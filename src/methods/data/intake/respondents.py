"""Survey microdata: one file on its own, then all files of a run together.

Nothing is removed: doubtful records are marked, so that results with and without them can be shown.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from methods.checks import DUST
from methods.data.intake.codebook import Answer, read_answer
from methods.data.intake.personal import without_personal
from methods.data.intake.remarks import check_comments
from methods.data.reading.report import shown
from methods.data.registry import (
    CENTRE,
    REGION,
    Registry,
    cell_text,
    check_coverage,
    check_year,
    composed,
    listed,
    local_day,
    lookalike,
    matched,
    period_days,
    place,
    told_unreadable,
    without_examples,
)
from methods.index.edition import Codebook, Edition, Survey
from methods.problems import Problem, Protocol

RESPONDENT, CLIENTELE, DATE, WEIGHT, STRATUM, OVERALL = "анкета", "клиентела", "дата", "вес", "страта", "общая"
MOMENT = "время_utc"  # moment of the answer as electronic forms export it; the region's clock makes a day of it
BLOCK = "в_блоке"   # added: the record stands in a run of identical ones
MIN_REVERSED = 30   # fewer records say nothing about a reversed question
REVERSED_AT = -0.2  # correlation with the other questions below which a scale looks reversed


def questions(edition: Edition) -> dict[str, tuple[int, int]]:
    """Columns with marks and their scales; the overall mark shares the first scale."""
    found = {side.question: side.scale for indicator in edition.indicators.values()
             for side in indicator.sides.values() if isinstance(side, Survey)}
    return {**found, OVERALL: next(iter(found.values()))} if found else {}


def check_survey(frame: pd.DataFrame, edition: Edition, registry: Registry, protocol: Protocol, *, period: str,
                 clientele: str | None = None,
                 today: datetime.date | None = None) -> pd.DataFrame:
    """Clean answers of one file.

    Parameters
    ----------
    clientele : str, optional
        Key of the only clientele whose questionnaire this file is.
    today : date, optional
        No answer is later; the day of the run by default.

    Returns
    -------
    DataFrame
        The columns of the file: ids in `центр`, keys of the edition in `клиентела`, local days in `дата`, marks as
        numbers with NaN for no answer, comments masked; `в_блоке` marks records of a run of identical ones.
    """
    codebook = edition.codebook
    frame = composed(without_personal(without_examples(frame, protocol), protocol), protocol)
    check_year(frame, period, protocol)
    clean = frame.copy()
    clean[CENTRE] = matched(frame, registry, protocol, period)
    regions = clean[CENTRE].map(registry.region_of)
    _check_regions(frame, clean, regions, protocol)
    if edition.clienteles and CLIENTELE in frame:
        clean[CLIENTELE] = _clienteles(frame, edition, protocol, clientele)
    if RESPONDENT in frame:
        clean[RESPONDENT] = frame[RESPONDENT].map(cell_text)
        _check_respondents(frame, clean[RESPONDENT], protocol)
    for column in [column for column in (DATE, MOMENT) if column in frame]:
        days = _local_days(frame, column, regions, registry, protocol)
        _check_dates(frame, column, days, codebook, period, today or datetime.date.today(), protocol)
        clean[DATE] = days.fillna(clean[DATE]) if column == MOMENT and DATE in frame else days
    scales = {question: scale for question, scale in questions(edition).items() if question in frame}
    for question, marks in _marks(frame, scales, regions, codebook, protocol).items():
        clean[question] = marks
    if WEIGHT in frame:
        clean[WEIGHT] = _weights(frame, codebook, protocol)
    if STRATUM in frame:
        clean[STRATUM] = frame[STRATUM].map(cell_text)
    clean[BLOCK] = _blocks(frame, clean, list(scales), codebook, protocol)
    for column in codebook.comments:
        if column in frame:
            clean[column] = check_comments(frame, column, protocol)
    return clean


def check_surveys(frames: Sequence[pd.DataFrame], edition: Edition, registry: Registry, protocol: Protocol, *,
                  period: str, allow_missing: Iterable[str] = ()) -> pd.DataFrame:
    """All clean files of a run together: what only shows across files and centres. Returns them as one table."""
    codebook = edition.codebook
    if not frames:
        return pd.DataFrame()
    together = pd.concat(frames, keys=range(len(frames)), names=["file", "row"])
    scales = [question for question in questions(edition) if question in together]
    _check_across_files(frames, together, protocol)
    _check_strata(frames, together, codebook, protocol)
    _check_centres(frames, together, scales, edition, protocol)
    _check_directions(frames, together, scales, edition, registry, protocol)
    check_coverage(frames, registry, protocol, period, allow_missing)
    return together


# -- keys of a record --------------------------------------------------------------------------------------------------

def _check_regions(frame: pd.DataFrame, clean: pd.DataFrame, owners: pd.Series, protocol: Protocol) -> None:
    """A centre answers in its own region's rows only."""
    if REGION not in frame:
        return
    stated = frame[REGION].map(cell_text).str.zfill(2)
    for row in frame.index[owners.notna() & (stated != "00") & (stated != owners)]:
        protocol.add(Problem("SRV-09", place(frame, row, CENTRE), frame.loc[row, CENTRE], {
            "centre": clean.loc[row, CENTRE], "owner": owners[row], "region": stated[row]}))


def _clienteles(frame: pd.DataFrame, edition: Edition, protocol: Protocol, expected: str | None) -> pd.Series:
    """Keys of the clienteles; a Latin C for a Cyrillic С is told apart from a wrong word."""
    values = frame[CLIENTELE].map(cell_text)
    known = {word.casefold(): key for key, one in edition.clienteles.items() for word in (one.value, one.title)}
    keys = values.str.casefold().map(known)
    marks = [one.value for one in edition.clienteles.values()]
    for value in values[keys.isna()].drop_duplicates():
        twin = lookalike(value, marks)
        if twin:
            letter, position, meant = twin
            protocol.add(Problem("REF-04", place(frame, frame.index[values == value][0], CLIENTELE), value,
                                 {"character": letter, "position": position, "meant": meant}))
            keys[values == value] = known[meant.casefold()]
    allowed = marks if expected is None else [edition.clienteles[expected].value]
    wrong = keys.isna() if expected is None else keys != expected
    for value in values[wrong].drop_duplicates():
        rows = frame.index[wrong & (values == value)]
        protocol.add(Problem("SRV-10", place(frame, rows[0], CLIENTELE), value or "—", {
            "allowed": ", ".join(allowed), "count": len(rows), "rows": listed(rows)}))
    return keys


def _check_respondents(frame: pd.DataFrame, ids: pd.Series, protocol: Protocol) -> None:
    for row in ids.index[ids == ""]:
        protocol.add(Problem("REF-11", place(frame, row, RESPONDENT)))
    named = ids[ids != ""]
    first = dict(zip(named[::-1], named.index[::-1], strict=True))
    for row in named.index[named.duplicated()]:
        protocol.add(Problem("SRV-07", place(frame, row, RESPONDENT), ids[row],
                             {"first": first[ids[row]], "second": row}))


# -- dates -------------------------------------------------------------------------------------------------------------

def _local_days(frame: pd.DataFrame, column: str, regions: pd.Series, registry: Registry,
                protocol: Protocol) -> pd.Series:
    dates = frame[column]
    if column == MOMENT:
        dates = pd.to_datetime(dates, utc=True, errors="coerce", format="ISO8601").astype(object)
    if isinstance(dates.dtype, np.dtype) and dates.dtype.kind == "M":  # days without a zone are local already
        return dates.dt.normalize()
    days = pd.Series(pd.NaT, index=dates.index, dtype="datetime64[us]")
    for region, part in dates.groupby(regions.fillna(""), sort=True):
        zone = registry.zone(region or None)
        by_value = {value: local_day(value, zone) for value in part.dropna().unique()}
        days[part.index] = part.map(by_value).astype("datetime64[us]")
        written = part.dropna().map(lambda value: local_day(value, datetime.UTC))
        moved = written.index[written != days[written.index]]
        if len(moved):
            protocol.add(Problem("SRV-12", place(frame, moved[0], column), frame.loc[moved[0], column], {
                "zone": zone.key, "local": days[moved[0]].date(), "count": len(moved)}, "note"))
    told_unreadable(frame, column, days, protocol)
    return days


def _check_dates(frame: pd.DataFrame, column: str, days: pd.Series, codebook: Codebook, period: str,
                 today: datetime.date, protocol: Protocol) -> None:
    start, end = period_days(period)
    if (stated := codebook.field_period) is not None:
        start, end = stated.start, stated.end or end
    outside = days.notna() & ~days.between(pd.Timestamp(start), pd.Timestamp(min(end, today)))
    for row in days.index[outside]:
        protocol.add(Problem("SRV-11", place(frame, row, column), days[row].date(),
                             {"start": start, "end": end, "today": today}))


# -- answers -----------------------------------------------------------------------------------------------------------

def _marks(frame: pd.DataFrame, scales: dict[str, tuple[int, int]], regions: pd.Series, codebook: Codebook,
           protocol: Protocol) -> dict[str, pd.Series]:
    """Marks of every question. Every distinct cell is read once, so that millions of rows cost little."""
    answers = {question: {cell: read_answer(cell, scale, codebook) for cell in frame[question].drop_duplicates()}
               for question, scale in scales.items()}
    kinds = pd.DataFrame({question: _looked_up(frame[question], found, "kind") for question, found in answers.items()},
                         index=frame.index)
    numbers = {question: _looked_up(frame[question], found, "mark").astype(float)
               for question, found in answers.items()}
    other_scale = _check_scales(frame, scales, kinds, numbers, regions, codebook, protocol)
    marks = {}
    for question, scale in scales.items():
        _report_answers(frame, question, scale, kinds[question].mask(other_scale, "mark"), numbers[question],
                        codebook, protocol)
        kept = numbers[question].where(kinds[question].isin(["mark", "word"]) | other_scale)
        marks[question] = sum(scale) - kept if question in codebook.reversed_questions else kept
        if len(frame) and kinds[question].isin(["gap", "no_answer"]).all() and question != OVERALL:
            protocol.add(Problem("SRV-18", place(frame, None, question), question, {"question": question}))
    return marks


def _looked_up(cells: pd.Series, found: dict[object, Answer], part: str) -> pd.Series:
    table = {cell: getattr(answer, part) for cell, answer in found.items() if cell == cell and cell is not None}
    empty = "gap" if part == "kind" else float("nan")
    values = cells.map(table)
    return values.where(cells.notna(), empty)


def _check_scales(frame: pd.DataFrame, scales: dict[str, tuple[int, int]], kinds: pd.DataFrame,
                  numbers: dict[str, pd.Series], regions: pd.Series, codebook: Codebook,
                  protocol: Protocol) -> pd.Series:
    """Rows of regions that used a longer scale: one message a region instead of one a cell."""
    strange = pd.Series(False, index=frame.index)
    if not scales:
        return strange
    above = pd.DataFrame({question: (kinds[question] == "outside") & numbers[question].between(scale[1] + 1, 10)
                          for question, scale in scales.items()})
    given = kinds.isin(["mark", "word", "outside", "fraction"])
    by_region = pd.DataFrame({"above": above.sum(axis=1), "given": given.sum(axis=1)}).groupby(
        regions.fillna("")).sum()
    share = by_region["above"] / by_region["given"].where(by_region["given"] > 0)
    for region in share.index[(share >= codebook.ten_point_share) & (by_region["above"] >= codebook.block)]:
        here = regions.fillna("") == region
        question = above[here].any().idxmax()
        row = above.index[here & above[question]][0]
        low, high = scales[question]
        protocol.add(Problem("SRV-05", place(frame, row, question), frame.loc[row, question], {
            "low": low, "high": high, "region": region or "—", "share": share[region]}))
        strange |= here
    return strange


def _report_answers(frame: pd.DataFrame, question: str, scale: tuple[int, int], kinds: pd.Series, numbers: pd.Series,
                    codebook: Codebook, protocol: Protocol) -> None:
    details = {"low": scale[0], "high": scale[1], "question": question,
               "known": ", ".join(sorted(codebook.no_answer)) or "—"}
    for kind, code in (("outside", "SRV-01"), ("fraction", "SRV-02"), ("unlisted", "SRV-04"), ("unknown", "SRV-03")):
        for row in kinds.index[kinds == kind]:
            protocol.add(Problem(code, place(frame, row, question), shown(frame.loc[row, question]),
                                 {**details, "count": 1, "mark": "—"}))
    for kind, code in (("word", "SRV-03"), ("no_answer", "SRV-04")):
        cells = frame[question].where(kinds == kind)
        for value in cells.dropna().drop_duplicates():
            rows = frame.index[cells == value]
            protocol.add(Problem(code, place(frame, rows[0], question), value, {
                **details, "count": len(rows), "mark": f"{numbers[rows[0]]:g}"}, "note"))


def _weights(frame: pd.DataFrame, codebook: Codebook, protocol: Protocol) -> pd.Series:
    weights = pd.to_numeric(frame[WEIGHT].map(lambda cell: cell_text(cell).replace(",", ".")), errors="coerce")
    positive = weights.where(np.isfinite(weights) & (weights > 0))
    for row in weights.index[positive.isna()]:
        protocol.add(Problem("SRV-13", place(frame, row, WEIGHT), cell_text(frame.loc[row, WEIGHT]) or "—",
                             {"limit": codebook.weight_ratio, "ratio": "—"}))
    ratio = positive.max() / positive.min()
    if ratio > codebook.weight_ratio:
        row = positive.idxmax()
        protocol.add(Problem("SRV-13", place(frame, row, WEIGHT), frame.loc[row, WEIGHT],
                             {"limit": codebook.weight_ratio, "ratio": f"{ratio:.4g}"}))
    return positive


def _blocks(frame: pd.DataFrame, clean: pd.DataFrame, scales: list[str], codebook: Codebook,
            protocol: Protocol) -> pd.Series:
    """Runs of records that are equal in everything but the number of the questionnaire."""
    compared = clean.drop(columns=[column for column in (RESPONDENT,) if column in clean]).reset_index(drop=True)
    before = compared.shift()
    same = ((compared == before) | (compared.isna() & before.isna())).all(axis=1)
    run = (~same).cumsum()
    long = run.map(run.value_counts()) >= codebook.block
    long &= compared[scales].notna().any(axis=1) if scales else False
    inside = pd.Series(long.to_numpy(dtype=bool), index=frame.index)
    for _, places in run[long].groupby(run[long]).groups.items():
        rows = frame.index[places]
        centre = clean.loc[rows[0], CENTRE]
        of_centre = clean[clean[CENTRE] == centre]
        rest = of_centre.drop(index=rows)
        column = RESPONDENT if RESPONDENT in frame else CENTRE
        protocol.add(Problem("SRV-08", place(frame, rows[0], column), len(rows), {
            "count": len(rows), "first": rows[0], "last": rows[-1], "centre": centre,
            "share": len(rows) / max(len(of_centre), 1), "mean_with": of_centre[scales].stack().mean(),
            "mean_without": rest[scales].stack().mean()}, "warning"))
    return inside


# -- all files together ------------------------------------------------------------------------------------------------

def _where(frames: Sequence[pd.DataFrame], key: tuple[int, object], column: str | None):
    return place(frames[key[0]], key[1], column)


def _check_across_files(frames: Sequence[pd.DataFrame], together: pd.DataFrame, protocol: Protocol) -> None:
    """One respondent of one centre in two files; numbers of different centres may coincide."""
    if RESPONDENT not in together or len(frames) < 2:
        return
    named = together.loc[together[RESPONDENT] != "", [RESPONDENT, CENTRE]]
    doubled = named[named.duplicated(keep=False)]
    for (respondent, _), keys in doubled.groupby([RESPONDENT, CENTRE], sort=False).groups.items():
        first = keys[0]
        for other in [key for key in keys[1:] if key[0] != first[0]]:
            protocol.add(Problem("SRV-07", _where(frames, other, RESPONDENT), respondent, {
                "first": f"{frames[first[0]].attrs.get('file', '')}: {first[1]}", "second": other[1]}))


def _check_strata(frames: Sequence[pd.DataFrame], together: pd.DataFrame, codebook: Codebook,
                  protocol: Protocol) -> None:
    if STRATUM not in together:
        return
    for stratum in codebook.strata:
        if not (together[STRATUM] == stratum).any():
            protocol.add(Problem("SRV-14", place(frames[0], None, STRATUM), stratum, {"stratum": stratum}))
    strange = together.index[~together[STRATUM].isin(codebook.strata)] if codebook.strata else []
    for key in strange:
        protocol.add(Problem("SRV-03", _where(frames, key, STRATUM), together.loc[key, STRATUM] or "—",
                             {"count": 1, "mark": "—"}))


def _check_centres(frames: Sequence[pd.DataFrame], together: pd.DataFrame, scales: list[str], edition: Edition,
                   protocol: Protocol) -> None:
    """Centres without answers, with too few records, or with one and the same answer everywhere."""
    marks = together[scales]
    answered = marks.notna().any(axis=1)
    by_centre = answered.groupby(together[CENTRE]).sum()
    rows = dict(zip(together[CENTRE][::-1], together.index[::-1], strict=True))  # the first row of each
    for centre in by_centre.index[by_centre == 0]:
        protocol.add(Problem("SRV-15", _where(frames, rows[centre], CENTRE), centre, {"centre": centre}, "warning"))
    clientele = together[CLIENTELE] if edition.clienteles and CLIENTELE in together else pd.Series("", together.index)
    keys = [clientele, together[CENTRE]]
    cells = pd.DataFrame({"n": answered.groupby(keys).sum(), "low": marks.min(axis=1).groupby(keys).min(),
                          "high": marks.max(axis=1).groupby(keys).max()})
    first = together.index.to_series().groupby(keys).first()
    limit = edition.disclosure.threshold
    few, flat = cells["n"].between(1, limit - 1), (cells["n"] >= limit) & (cells["low"] == cells["high"])
    for code, found in (("SRV-16", cells[few]), ("SRV-17", cells[flat])):
        for key, part in found.groupby(level=0):  # one line a clientele: hundreds of small centres are usual
            centres = part.index.get_level_values(1)
            title = edition.clienteles[key].title if key else "—"
            protocol.add(Problem(code, _where(frames, first[part.index[0]], CENTRE), centres[0], {
                "centres": listed(centres), "count": len(centres), "clientele": title, "limit": limit}, "warning"))


def _check_directions(frames: Sequence[pd.DataFrame], together: pd.DataFrame, scales: list[str], edition: Edition,
                      registry: Registry, protocol: Protocol) -> None:
    """Questions that fall when the others rise, in the whole run or, failing that, in one region."""
    tops = questions(edition)
    regions = together[CENTRE].map(registry.region_of)
    asked = [question for question in scales if question != OVERALL]
    for question in asked:
        rest = together[[other for other in asked if other != question]].mean(axis=1)
        pairs = pd.DataFrame({"one": together[question], "rest": rest, "region": regions}).dropna(
            subset=["one", "rest"])
        everywhere = _reversed(pairs.assign(region=""), 2)
        # Regions are many, hence a stricter bound there: chance alone would reverse some question in some region.
        found = everywhere.set_axis([listed(sorted(regions.dropna().unique()), 5)] * len(everywhere)) \
            if len(everywhere) else _reversed(pairs, 4)
        for where, r in found.items():
            protocol.add(Problem("SRV-06", place(frames[0], None, question), f"{r:.2f}", {
                "question": question, "high": tops[question][1], "r": r, "n": len(pairs), "where": where}, "warning"))


def _reversed(pairs: pd.DataFrame, errors: float) -> pd.Series:
    """Correlation with the other questions where it is clearly negative: below 0 by so many standard errors."""
    group = pairs["region"]
    n = pairs.groupby(group)["one"].transform("size")
    x, y = (pairs[side] - pairs.groupby(group)[side].transform("mean") for side in ("one", "rest"))
    size, xx, yy, xy = (part.groupby(group).agg(how) for part, how in (
        (n, "first"), (x * x, "sum"), (y * y, "sum"), (x * y, "sum")))
    varied = (size >= MIN_REVERSED) & (xx > DUST * size) & (yy > DUST * size)
    r = (xy / np.sqrt(xx * yy))[varied]
    return r[(r < REVERSED_AT) & (r < -errors / np.sqrt(size[varied]))]
