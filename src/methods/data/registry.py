"""The registry of centres: who exists on a date, under which names, in which region, and what a key in a file means.

Keys are joined by id only. A name, another spelling, a number instead of text or the id of a merged centre is brought
to an id here, and every such step is put into the protocol.
"""

from __future__ import annotations

import datetime
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from methods.data import sources
from methods.problems import Place, Problem, Protocol

# Headers of the files, the same as in the demonstration data and in the templates.
CENTRE, TITLE, REGION, REGION_TITLE, YEAR = "центр", "название", "регион", "название_региона", "год"
START, END, SUCCESSOR, ALIASES = "действует_с", "действует_по", "преемник", "синонимы"
EXAMPLE = "ПРИМЕР"          # key of a template's example row
MOSCOW = "Europe/Moscow"    # zone of a region that the table of regions does not know
LISTED = 20                 # names listed in one message
FEW = 5                     # regions named of those that sent nothing: of a single region's folder that is all but one

# Latin capitals and small letters that look like Cyrillic ones.
LOOKALIKES = dict(zip("ABCEHKMOPTXYaceopxyu", "АВСЕНКМОРТХУасеорхуи", strict=True))
_QUOTES = dict.fromkeys(map(ord, "«»„“”‟\"'`’‘"), None)
_SPACES = re.compile(r"[\s\u00a0\u2007\u202f\u200b]+")
_NUMBER_SIGN = re.compile(r"(?:№|\bn[o°º]?\.?)\s*(?=\d)")


# -- addresses and cells -----------------------------------------------------------------------------------------------

def place(frame: pd.DataFrame, row: object = None, column: str | None = None) -> Place:
    """Address in a frame as the reader left it: Excel's row number as index; file, sheet and letters in `attrs`."""
    return Place(frame.attrs.get("file", "таблица"), frame.attrs.get("sheet"), None if row is None else int(row),
                 column, frame.attrs.get("letters", {}).get(column))


def listed(names: Iterable[object], limit: int = LISTED) -> str:
    """The first names, with an ellipsis if there are more."""
    names = [str(name) for name in names]
    return ", ".join(names[:limit]) + (", …" if len(names) > limit else "")


def nearest_codes(code: str, valid: Iterable[str], most: int = 4) -> list[str]:
    """Valid codes that may have been meant: of numbers the nearest ones, of other codes those of like spelling.

    >>> nearest_codes("84", ["01", "77", "83", "86", "87"], 2), nearest_codes("Р9", ["Р1", "Т2"], 1)
    (['83', '86'], ['Р1'])
    """
    valid = list(valid)
    if code.isdecimal():
        numbers = [known for known in valid if known.isdecimal()]
        return sorted(sorted(numbers, key=lambda known: abs(int(known) - int(code)))[:most])
    return sorted(get_close_matches(code, valid, n=most, cutoff=0.5))


def cell_text(value: object) -> str:
    """A cell as the text of a code: a whole number without its point, a gap as nothing.

    >>> [cell_text(value) for value in (1001.0, " 01 ", None, True)]
    ['1001', '01', '', 'True']
    """
    if value is None or value is pd.NA or (isinstance(value, float) and value != value):
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return _SPACES.sub(" ", str(value)).strip()


def plain_name(name: str) -> str:
    """What is left of a name once spaces, quotes, ё/е, №/N and case are not told apart. NFC: NFKC would break «№».

    >>> plain_name('ЦЗН  «Ёлка» № 2') == plain_name('цзн "Елка" N2')
    True
    """
    text = unicodedata.normalize("NFC", name).translate(_QUOTES).casefold().replace("ё", "е")
    return _SPACES.sub(" ", _NUMBER_SIGN.sub("№", text)).strip()


def lookalike(code: str, known: Iterable[str]) -> tuple[str, int, str] | None:
    """The Latin letter that keeps a code from being a known Cyrillic one: letter, position from 1, the code meant.

    >>> lookalike("K1.2", ["К1.1", "К1.2"])
    ('K', 1, 'К1.2')
    """
    found = [(letter, position) for position, letter in enumerate(code, 1) if letter in LOOKALIKES]
    meant = "".join(LOOKALIKES.get(letter, letter) for letter in code)
    return (*found[0], meant) if found and meant in set(known) else None


def local_day(moment: object, zone: datetime.tzinfo | None = None) -> pd.Timestamp:
    """Day of a moment where it happened: one with a zone (UTC) goes to the region's own clock, a plain day stays.

    >>> local_day("2024-12-31T15:30:00Z", ZoneInfo("Asia/Vladivostok")).date().isoformat()
    '2025-01-01'
    """
    if isinstance(moment, str):
        form = "%d.%m.%Y" if "." in moment[:6] else "ISO8601"
        stamp = pd.to_datetime(moment.strip(), errors="coerce", format=form)
    else:
        stamp = pd.Timestamp(moment) if isinstance(moment, datetime.date | np.datetime64) else pd.NaT
    if pd.isna(stamp):
        return pd.NaT
    return (stamp if stamp.tzinfo is None else stamp.tz_convert(zone).tz_localize(None)).normalize()


def read_days(frame: pd.DataFrame, column: str, protocol: Protocol) -> pd.Series:
    """A column of dates; the reader has typed it already, in frames made otherwise each wrong cell is an error."""
    if pd.api.types.is_datetime64_dtype(frame[column]):
        return frame[column].dt.normalize()
    days = frame[column].map(local_day).astype("datetime64[us]")
    told_unreadable(frame, column, days, protocol)
    return days


def told_unreadable(frame: pd.DataFrame, column: str, days: pd.Series, protocol: Protocol) -> None:
    """An error for every cell that holds something, but no date."""
    for row in frame.index[days.isna() & (frame[column].map(cell_text) != "") & frame[column].notna()]:
        protocol.add(Problem("XLS-15", place(frame, row, column), cell_text(frame.loc[row, column])[:60],
                             {"example": "31.12.2024", "count": 1}))


def without_examples(frame: pd.DataFrame, protocol: Protocol) -> pd.DataFrame:
    """The frame without the example rows of a template, each of which is noted."""
    column = next((name for name in ("анкета", CENTRE, "эксперт", "регион") if name in frame.columns), None)
    if column is None:
        return frame
    example = frame[column].map(cell_text).str.upper().str.startswith(EXAMPLE)
    for row in frame.index[example]:
        protocol.add(Problem("TPL-01", place(frame, row, column), EXAMPLE, severity="note"))
    return frame[~example]


def composed(frame: pd.DataFrame, protocol: Protocol) -> pd.DataFrame:
    """Text cells with every letter as one character (files from macOS have «й» as two); counted by column."""
    frame = frame.copy()
    for column in frame.columns:
        if pd.api.types.is_numeric_dtype(frame[column]) or pd.api.types.is_datetime64_any_dtype(frame[column]):
            continue
        split = {value: unicodedata.normalize("NFC", value) for value in frame[column].dropna().unique()
                 if isinstance(value, str) and not unicodedata.is_normalized("NFC", value)}
        if split:
            rows = frame.index[frame[column].isin(list(split))]
            protocol.add(Problem("REF-05", place(frame, rows[0], column), split[frame.loc[rows[0], column]],
                                 {"count": len(rows)}, "note"))
            frame[column] = frame[column].map(lambda value, split=split: split.get(value, value))
    return frame


# -- regions -----------------------------------------------------------------------------------------------------------

def read_regions(root: Path) -> pd.DataFrame:
    """Subjects of the federation by code: title, zone, validity of the code (data/raw/regions)."""
    path = sources.verified(sources.read_source(root, "regions"), "timezones.csv")
    frame = pd.read_csv(path, sep=";", dtype=str, keep_default_na=False, encoding="utf-8").set_index("код")
    dates = {name: pd.to_datetime(frame[name], format="%Y-%m-%d", errors="coerce") for name in (START, END)}
    return pd.DataFrame({"title": frame["название"], "zone": frame["зона"], **dates})


def read_tiles(root: Path) -> pd.DataFrame:
    """Tiles of the map of subjects in force, by title: code, column and row from 1 (data/raw/regions/tiles.csv)."""
    path = sources.verified(sources.read_source(root, "regions"), "tiles.csv")
    tiles = pd.read_csv(path, sep=";", dtype={"код": str}, encoding="utf-8").set_axis(["code", "column", "row"], axis=1)
    tiles["title"] = read_regions(root)["title"].reindex(tiles["code"]).to_numpy()
    return tiles.set_index("title")


def dates_text(start: object, end: object) -> str:
    """Validity in figures, open ends as an ellipsis."""
    return "–".join("…" if pd.isna(day) else pd.Timestamp(day).date().isoformat() for day in (start, end))


def period_days(period: str) -> tuple[datetime.date, datetime.date]:
    """First and last day of a period: a year, a quarter «2024-Q1» or a month «2024-03».

    >>> [day.isoformat() for day in period_days("2024-Q1")]
    ['2024-01-01', '2024-03-31']
    """
    span = pd.Period(period)
    return span.start_time.date(), span.end_time.date()


# -- centres -----------------------------------------------------------------------------------------------------------

@dataclass(frozen=True)
class Found:
    """What a key of a file turned out to be."""

    centre: str | None  # id in the registry, None if there is none
    how: str            # id, number, alias, spelling, lookalike, unknown, empty
    kept: str = ""      # the spelling of the registry


@dataclass(frozen=True, eq=False)
class Registry:
    """Centres with validity dates, as `check_registry` left them."""

    centres: pd.DataFrame                  # headers above; ids and regions are text, dates are dates
    regions: pd.DataFrame | None = None    # by code: title, zone, validity; None for invented regions
    merged: Mapping[str, str] | None = None  # ids that are only another spelling -> the id that was kept

    @cached_property
    def ids(self) -> set[str]:
        """All ids that ever were valid."""
        return set(self.centres[CENTRE])

    @cached_property
    def names(self) -> dict[str, tuple[str, str]]:
        """Every spelling that leads to one centre only: comparison form -> (id, spelling of the registry)."""
        found: dict[str, tuple[str, str]] = {}
        doubtful: set[str] = set()
        for _, row in self.centres.iterrows():
            for name in (row[CENTRE], row[TITLE], *aliases(row)):
                form = plain_name(name)
                if form and found.setdefault(form, (row[CENTRE], name))[0] != row[CENTRE]:
                    doubtful.add(form)
        found.update({plain_name(old): (new, new) for old, new in (self.merged or {}).items()})
        return {form: known for form, known in found.items() if form not in doubtful}

    @cached_property
    def unpadded(self) -> dict[str, str]:
        """Ids of digits without their leading zeros, where that leaves no doubt."""
        digits = [code for code in self.ids if code.isdigit()]
        short = pd.Series(digits, index=[code.lstrip("0") for code in digits], dtype=object)
        return short[~short.index.duplicated(keep=False)].to_dict()

    def find(self, key: object) -> Found:
        """The centre that a key of a file means, and how it was recognised."""
        text = cell_text(key)
        if not text:
            return Found(None, "empty")
        if text in self.ids:
            return Found(text, "id" if key == text else "spelling" if isinstance(key, str) else "number", text)
        if text.isdigit() and text.lstrip("0") in self.unpadded:
            centre = self.unpadded[text.lstrip("0")]
            return Found(centre, "number", centre)
        if twin := lookalike(text, self.ids):
            return Found(None, "lookalike", twin[2])
        if plain_name(text) in self.names:
            centre, kept = self.names[plain_name(text)]
            return Found(centre, "alias" if key == kept else "spelling", kept)
        return Found(None, "unknown")

    def valid(self, start: datetime.date, end: datetime.date) -> pd.DataFrame:
        """Centres valid at least one day of a span; of a renamed one the latest row."""
        begun = self.centres[START].isna() | (self.centres[START] <= pd.Timestamp(end))
        alive = self.centres[END].isna() | (self.centres[END] >= pd.Timestamp(start))
        chosen = self.centres[begun & alive].sort_values(START, kind="stable", na_position="first")
        return chosen.drop_duplicates(CENTRE, keep="last").sort_index()

    @cached_property
    def last(self) -> dict[str, dict[str, object]]:
        """The latest row of every centre."""
        rows = self.centres.sort_values(START, kind="stable", na_position="first")
        return dict(zip(rows[CENTRE], rows.to_dict("records"), strict=True))

    def heir(self, centre: str, day: datetime.date) -> str | None:
        """The centre that answers for this one on a day: itself or the end of the chain of successors."""
        seen: set[str] = set()
        while centre in self.ids and centre not in seen:
            seen.add(centre)
            row = self.last[centre]
            if pd.isna(row[END]) or row[END] >= pd.Timestamp(day):
                return centre
            centre = row.get(SUCCESSOR, "")
        return None

    @cached_property
    def region_of(self) -> dict[str, str]:
        """Region of every centre, by its latest row."""
        return {centre: row[REGION] for centre, row in self.last.items()}

    def region_title(self, region: str) -> str:
        """Name of a region, from the table of regions or from the registry."""
        if self.regions is not None and region in self.regions.index:
            return self.regions.loc[region, "title"]
        rows = self.centres[self.centres[REGION] == region]
        return rows[REGION_TITLE].iloc[0] if REGION_TITLE in rows and len(rows) else region

    def zone(self, region: str | None) -> ZoneInfo:
        """Local time zone of a region."""
        known = self.regions is not None and region in self.regions.index
        return ZoneInfo(self.regions.loc[region, "zone"] if known else MOSCOW)


def aliases(row: pd.Series) -> list[str]:
    """Other names of a centre, parted by `;` or `|` in the cell."""
    return [name.strip() for name in re.split(r"[;|]", cell_text(row.get(ALIASES))) if name.strip()]


# -- keys of a data file -----------------------------------------------------------------------------------------------

def matched(frame: pd.DataFrame, registry: Registry, protocol: Protocol, period: str, column: str = CENTRE, *,
            pooled: bool = True) -> pd.Series:
    """Ids of the centres that a key column names (None where there is none); every doubt goes into the protocol.

    Data of a merged centre go to its successor; if they cannot be pooled (checklists), only where it has none itself.
    """
    keys = frame[column]
    found = {key: registry.find(key) for key in keys.drop_duplicates()}
    how, centre = keys.map(lambda key: _known(found, key).how), keys.map(lambda key: _known(found, key).centre)
    for row in frame.index[how == "empty"]:
        protocol.add(Problem("REF-11", place(frame, row, column)))
    if (how == "number").any():
        row = frame.index[how == "number"][0]
        protocol.add(Problem("REF-10", place(frame, row, column), keys[row],
                             {"kept": centre[row], "count": int((how == "number").sum())}, "note"))
    for key, what in found.items():
        if what.how in ("lookalike", "spelling"):
            _report_spelling(frame, frame.index[keys == key], column, key, what, registry, protocol)
    unknown = list(dict.fromkeys(map(cell_text, keys[how == "unknown"])))
    if unknown:
        near = get_close_matches(unknown[0], [*registry.ids, *registry.centres[TITLE]], n=1, cutoff=0.5)
        protocol.add(Problem("REF-06", place(frame, frame.index[how == "unknown"][0], column), unknown[0],
                             {"names": listed(unknown), "count": len(unknown), "nearest": near[0] if near else "—"}))
    return _inherited(frame, centre, registry, protocol, period, column, pooled)


def _known(found: Mapping[object, Found], key: object) -> Found:
    return found[key] if key == key and key is not None else Found(None, "empty")


def _report_spelling(frame: pd.DataFrame, rows: pd.Index, column: str, key: object, what: Found, registry: Registry,
                     protocol: Protocol) -> None:
    where, count = place(frame, rows[0], column), {"count": len(rows)}
    if what.how == "lookalike":
        letter, position, meant = lookalike(cell_text(key), registry.ids)
        protocol.add(Problem("REF-04", where, key, {"character": letter, "position": position, "meant": meant}))
    else:
        protocol.add(Problem("REF-03", where, key, {"found": key, "kept": what.kept, **count}, "warning"))


def _inherited(frame: pd.DataFrame, centre: pd.Series, registry: Registry, protocol: Protocol, period: str,
               column: str, pooled: bool) -> pd.Series:
    """Centres that closed before the period's end give way to their successors; without one they are refused."""
    start, end = period_days(period)
    moved: dict[str, str | None] = {}
    valid = set(registry.valid(start, end)[CENTRE])
    for code in centre.dropna().unique():
        heir = registry.heir(code, end)
        if code in valid and heir in (code, None):  # open, or closed within the period without a successor
            continue
        row, first = registry.last[code], frame.index[centre == code][0]
        details = {"period": period, "dates": dates_text(row[START], row[END]), "successor": heir}
        lost = heir is None or heir == code
        replaced = not lost and not pooled and heir in set(centre)
        protocol.add(Problem("REF-18" if lost else "REF-19" if replaced else "REF-17", place(frame, first, column),
                             code, details, "error" if lost else "warning"))
        moved[code] = None if replaced else heir
    return centre.map(lambda code: moved.get(code, code)) if moved else centre


def check_year(frame: pd.DataFrame, period: str, protocol: Protocol) -> None:
    """The column «год», if there is one, holds the year of the run."""
    if YEAR not in frame.columns:
        return
    years = frame[YEAR].map(cell_text)
    for year in dict.fromkeys(years[(years != "") & (years != period[:4])]):
        rows = frame.index[years == year]
        protocol.add(Problem("REF-12", place(frame, rows[0], YEAR), year, {
            "found": year, "period": period, "rows": listed(rows, 5), "count": len(rows)}))


def report_absent(absent: pd.Series, registry: Registry, where: Place, protocol: Protocol,
                  allow_missing: Iterable[str] = ()) -> None:
    """Regions without data (code -> centres in it), in one line; those that may be absent in a line of their own.

    An allowed gap stays visible: a «federal» result on fewer regions has to say so.
    """
    allowed = absent.index.isin(list(allow_missing))
    for part, severity in ((absent[~allowed], "error"), (absent[allowed], "warning")):
        if len(part):
            named = [f"{region} ({registry.region_title(region)})" for region in part.index]
            protocol.add(Problem("REF-08", where, None, {
                "regions": listed(named, FEW if severity == "error" else LISTED), "count": len(part),
                "centres": int(part.sum()), "first": part.index[0]}, severity))


def check_coverage(frames: Iterable[pd.DataFrame], registry: Registry, protocol: Protocol, period: str,
                   allow_missing: Iterable[str] = ()) -> None:
    """Whether all regions and all their centres sent data of one kind. Frames are clean: keys are ids."""
    frames = list(frames)
    if not frames:
        return
    present = set().union(*(set(frame[CENTRE].dropna()) for frame in frames))
    wanted = registry.valid(*period_days(period))
    if wanted.empty:
        return
    wanted = wanted[wanted[CENTRE].map(lambda code: registry.heir(code, period_days(period)[1]) in (code, None))]
    silent = wanted[~wanted[CENTRE].isin(present)]
    absent = [region for region, part in wanted.groupby(REGION) if not part[CENTRE].isin(present).any()]
    where = place(frames[0], None, CENTRE)
    report_absent(wanted.groupby(REGION).size()[absent], registry, where, protocol, allow_missing)
    silent = silent[~silent[REGION].isin(absent)]
    if len(silent):
        protocol.add(Problem("REF-07", where, silent[CENTRE].iloc[0], {
            "names": listed(silent[CENTRE]), "count": len(silent)}, "warning"))
