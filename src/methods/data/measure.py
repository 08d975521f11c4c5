"""Raw data to measurements: every indicator and side of an edition, for every unit of a period."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from methods.data import sources, tables
from methods.data.checklist import requirement_scores
from methods.data.received import Received, receive
from methods.data.service_checks import collapse_rows, unit_share
from methods.data.survey import survey_estimates
from methods.errors import InputError, UsageError
from methods.index.consistency import nearest
from methods.index.edition import REGIONS, Checklist, Checks, Column, Edition, Survey, Table
from methods.index.score import EVERYONE, MEASUREMENT_COLUMNS
from methods.problems import Remark


@dataclass(frozen=True, eq=False)
class Measured:
    """What the methods work on: one edition, one period."""

    measurements: pd.DataFrame  # unit, indicator, side, clientele, value, se, n
    units: pd.DataFrame         # by unit: title, region
    files: dict[str, str]       # raw files read -> sha256
    notes: tuple[str, ...] = () # what was noticed on the way, in Russian
    remarks: tuple[Remark, ...] = ()  # warnings and corrections of the regions' files, one line a code
    protocol: str = ""          # all of them with their addresses
    answers: pd.DataFrame | None = None  # respondents x (unit, clientele, day, marks): no free text, no number
    comments: np.ndarray | None = None   # fingerprints of what clients wrote, to find quotations; no words
    marks: pd.DataFrame | None = None    # unit, requirement, indicator, mark: 1 fulfilled, 0 not


@dataclass
class _Reader:
    """The data set of an edition; every file is verified and read once."""

    root: Path
    edition: Edition
    period: str
    source: sources.Source
    read: dict[str, pd.DataFrame] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    left_out: set[str] = field(default_factory=set)   # questions that were found and not counted

    def file(self, name: str) -> Path:
        name = name.replace("{period}", self.period)
        path = sources.verified(self.source, name)
        self.files[f"{sources.RAW.as_posix()}/{self.source.name}/{name}"] = self.source.sha256[name]
        return path

    @cached_property
    def received(self) -> Received:
        """What the regions sent, checked."""
        return receive(self.root, self.edition, self.period, self.source, self.file)

    def table(self, code: str) -> tuple[pd.DataFrame, Table]:
        rule = self.edition.data.tables[code]
        if code not in self.read:
            frame = tables.read_table(self.file(rule.file), rule, self.period)
            tables.required(frame, [rule.unit])
            self.read[code] = frame[~frame[rule.unit].isin(rule.ignore_units)]
        return self.read[code], rule

    def register(self, rule: Table) -> pd.DataFrame:
        """Which requirement belongs to which item: the list beside a checklist with requirements as columns."""
        key = f"register:{rule.register_file}"
        if key not in self.read:
            frame = tables.read_table(self.file(rule.register_file), Table(
                file=rule.register_file, unit=rule.register_requirement, separator=rule.separator), self.period)
            register = tables.required(frame, [rule.register_requirement, rule.register_item])
            _once(register[rule.register_requirement], f"{rule.register_file}: требование")
            self.read[key] = register
        return self.read[key]


def measure(root: Path, edition: Edition, period: str) -> Measured:
    """Read the raw data of a period and compute all measurements of an edition.

    Raises
    ------
    UsageError
        The edition has no such period.
    InputError, EnvironmentFault
        A file, column or cell breaks a stated rule, or a raw file is not the one described.
    """
    if period not in edition.data.periods:
        raise UsageError(f"Периода «{period}» нет в редакции {edition.version}."
                         f"{nearest(period, edition.data.periods)} Есть: {', '.join(edition.data.periods)}.")
    reader = _Reader(root, edition, period, sources.read_source(root, edition.data.dataset))
    units = _units(reader) if edition.data.regions is None else reader.received.units
    parts = []
    for code, indicator in edition.indicators.items():
        for side, how in indicator.sides.items():
            compute = {"column": _column, "survey": _survey, "checklist": _checklist, "checks": _checks}[how.measure]
            part = compute(reader, code, how).assign(indicator=code, side=side)
            parts.append(part)
    if unknown := [code for code in edition.left_out if code not in reader.left_out]:
        raise InputError(f"Ключ left_out: таких вопросов у показателей редакции {edition.version} нет: "
                         f"{', '.join(unknown[:20])}. Исправьте коды.")
    together = pd.concat(parts, ignore_index=True)[list(MEASUREMENT_COLUMNS)]
    strangers = sorted(set(together["unit"]) - set(units.index))
    if strangers:
        raise InputError(f"В данных есть единицы, которых нет в справочнике {edition.data.units.file} на {period}: "
                         f"{', '.join(strangers[:20])} (всего {len(strangers)}).")
    silent = sorted(set(units.index) - set(together.loc[together["value"].notna(), "unit"]))
    if silent:
        reader.notes.append(f"Нет данных по единицам справочника: {len(silent)}.")
    known = together[together["value"].notna() | together["n"].gt(0)]
    known = known.sort_values(["unit", "indicator", "side", "clientele"], kind="stable", ignore_index=True)
    if edition.data.regions is None:
        return Measured(known, units, reader.files, tuple(reader.notes))
    protocol = reader.received.intake.protocol
    notes = [f"Замечания к файлам регионов: {protocol.verdict()}"] if protocol.problems else []
    return Measured(known, units, reader.files, (*reader.notes, *notes), tuple(protocol.summary()), protocol.text(),
                    reader.received.answers, reader.received.comments, reader.received.marks)


def _units(reader: _Reader) -> pd.DataFrame:
    rule = reader.edition.data.units
    frame = tables.read_table(reader.file(rule.file), rule, reader.period)
    if rule.valid_from and rule.valid_to:
        tables.required(frame, [rule.valid_from, rule.valid_to])
        begun = frame[rule.valid_from].str[:4] <= reader.period[:4]  # ISO dates: the year decides
        ended = (frame[rule.valid_to] != "") & (frame[rule.valid_to].str[:4] < reader.period[:4])
        frame = frame[begun & ~ended]
    codes = tables.required(frame, [rule.unit])[rule.unit]
    _once(codes, f"{frame.attrs.get('file', rule.file)}: код единицы")
    named = frame if rule.title_file is None else tables.read_table(reader.file(rule.title_file), rule, reader.period)
    columns = {"title": rule.title, **({"region": rule.region} if rule.region else {})}
    _once(named[rule.unit] if rule.unit in named else tables.required(named, [rule.unit])[rule.unit],
          f"{named.attrs.get('file', rule.file)}: код единицы")
    details = tables.required(named, [rule.unit, *columns.values()]).set_index(rule.unit)
    units = pd.DataFrame({name: details[column] for name, column in columns.items()}).reindex(codes)
    units["title"] = units["title"].fillna(units.index.to_series())
    if "region" in units:
        units["region"] = units["region"].replace("", np.nan)
    return units.rename_axis("unit").sort_index()


def _column(reader: _Reader, code: str, how: Column) -> pd.DataFrame:
    frame, rule = reader.table(how.table)
    for column, wanted in how.where.items():
        frame = frame[tables.required(frame, [column])[column] == wanted]
    if frame.empty:
        raise InputError(f"Показатель {code}: в таблице {how.table} нет строк, где {how.where}.")
    optional = {"se": how.standard_error, "n": how.count}
    values = {"unit": frame[rule.unit], "value": tables.numbers(frame, how.column, rule) / how.divisor}
    for name, column in optional.items():
        values[name] = tables.numbers(frame, column, rule) if column else np.nan
    return pd.DataFrame(values).assign(clientele=EVERYONE)


def _survey(reader: _Reader, code: str, how: Survey) -> pd.DataFrame:
    if how.table == REGIONS:
        return reader.received.survey(how)
    frame, rule = reader.table(how.table)
    marks = tables.numbers(frame, how.question, rule, low=how.scale[0], high=how.scale[1], whole=True)
    keys = pd.DataFrame({"unit": frame[rule.unit], "clientele": EVERYONE})
    if rule.clientele is not None:
        by_value = {clientele.value: key for key, clientele in reader.edition.clienteles.items()}
        keys["clientele"] = frame[rule.clientele].map(by_value)
        strange = keys["clientele"].isna()
        if strange.any():
            row = strange.idxmax()
            raise InputError(f"{tables.place(frame, row, rule.clientele)} | значение «{frame.loc[row, rule.clientele]}»"
                             f"\n  правило: одно из {', '.join(by_value)} | исправьте ячейку или редакцию")
    return survey_estimates(marks, keys, how.scale, how.treatment, how.min_answers).reset_index()


def _checklist(reader: _Reader, code: str, how: Checklist) -> pd.DataFrame:
    if how.table == REGIONS:
        return reader.received.checklist(code, how)
    frame, rule = reader.table(how.table)
    items = how.items or (code,)
    if rule.requirement is not None:
        chosen = _counted(reader, frame[frame[rule.item].isin(items)], rule.requirement)
        marks = pd.DataFrame({"unit": chosen[rule.unit], "score": tables.numbers(chosen, rule.score, rule, low=0),
                              "maximum": tables.numbers(chosen, rule.maximum, rule, low=0)})
        unscored = marks["score"].notna() & marks["maximum"].isna()
        if unscored.any():
            where = ", ".join(f"{chosen.loc[row, rule.unit]} {chosen.loc[row, rule.requirement]}"
                              for row in unscored.index[unscored][:10])
            reader.notes.append(f"Балл без наибольшего не учтён (показатель {code}): {where}.")
        marks["score"] = marks["score"].where(marks["maximum"].notna())
        if chosen.duplicated([rule.unit, rule.requirement]).any():
            raise InputError(f"Чек-лист {rule.file}: требование повторяется у одной единицы (показатель {code}).")
    else:
        _once(frame[rule.unit], f"{rule.file}: единица")
        register = reader.register(rule)
        own = _counted(reader, register[register[rule.register_item].isin(items)], rule.register_requirement)
        columns = own[rule.register_requirement].tolist()
        marks = pd.concat([pd.DataFrame({
            "unit": frame[rule.unit], "score": tables.numbers(frame, column, rule, low=0, high=1, whole=True),
            "maximum": 1.0}) for column in columns], ignore_index=True) if columns else pd.DataFrame()
    if marks.empty:
        raise InputError(f"Показатель {code}: в чек-листе {rule.file} нет требований с кодами {', '.join(items)}.")
    over = marks[marks["score"] > marks["maximum"]]
    if len(over):
        first = over.iloc[0]
        raise InputError(f"Чек-лист {rule.file}: балл {first['score']:g} больше наибольшего {first['maximum']:g} "
                         f"(единица {first['unit']}, показатель {code}).")
    return requirement_scores(marks, how.rule).reset_index().assign(clientele=EVERYONE, se=np.nan)


def _counted(reader: _Reader, rows: pd.DataFrame, column: str) -> pd.DataFrame:
    """Rows of a checklist without the questions that the edition leaves out."""
    gone = rows[column].isin(reader.edition.left_out)
    reader.left_out.update(rows.loc[gone, column])
    return rows[~gone]


def _checks(reader: _Reader, code: str, how: Checks) -> pd.DataFrame:
    frame, rule = reader.table(how.table)
    if how.only_if is not None:
        frame = frame[_answers(frame, how.only_if, rule).eq(1)]
    scores, weights = {}, {}
    for place, check in enumerate(how.checks):
        best = pd.concat([_answers(frame, column, rule, check.maximum) for column in check.columns], axis=1).max(axis=1)
        scores[place] = best
        weights[place] = 1 / len(how.checks) if check.weight is None else check.weight
    keys = pd.DataFrame({"unit": frame[rule.unit]})
    if rule.object is not None:
        keys["object"] = frame[rule.object]
    level = frame[rule.level] if rule.level is not None else None
    services = collapse_rows(pd.DataFrame(scores), keys, how.collapse, level)
    strata = None
    if how.strata is not None:
        strata = frame[rule.stratum].groupby([keys[key] for key in keys]).first()
    result = unit_share(services, pd.Series(weights), decimals=how.object_decimals, strata=strata, shares=how.strata)
    return result.reset_index().assign(clientele=EVERYONE, se=np.nan)


def _once(codes: pd.Series, what: str) -> None:
    """Raise if a code occurs twice: counted twice, it would weigh twice."""
    doubled = codes[codes.duplicated(keep=False)]
    if len(doubled):
        first = doubled.iloc[0]
        rows = ", ".join(str(row) for row in doubled.index[doubled == first])
        raise InputError(f"{what} повторяется: {first} (строки {rows}; всего повторов {len(doubled)}).")


def _answers(frame: pd.DataFrame, column: str, rule: Table, maximum: float = 1.0) -> pd.Series:
    """Marks «да/нет» as 1 and 0, numbers divided by their maximum, gaps as NaN; any other mark is an error."""
    tables.required(frame, [column])
    text = frame[column].str.strip().str.lower()
    yes, no = (text.isin([mark.lower() for mark in marks]) for marks in (rule.yes, rule.no))
    plain = frame.assign(**{column: text.mask(yes, "1").mask(no, "0")})
    plain.attrs = frame.attrs
    lowered = rule.model_copy(update={"missing_marks": tuple(mark.lower() for mark in rule.missing_marks)})
    return tables.numbers(plain, column, lowered, low=0, high=maximum) / maximum
