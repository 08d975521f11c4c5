"""A profile of two pages for a region or a single unit: where it stands, what changed, what to do, who already can.

Nothing is computed here but comparisons of what the board holds, and the board holds only what may leave.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

import numpy as np
import pandas as pd

from methods.index.edition import INDEX, Edition
from methods.index.peers import CERTAIN, HALF, better_peers
from methods.report.document import (
    Cell,
    Document,
    FigurePart,
    Heading,
    ListItem,
    ListItems,
    Paragraph,
    Part,
    TablePart,
    Text,
    Words,
    numbered,
)
from methods.report.narrative import listed, of_units
from methods.report.render import NUMERIC
from methods.report.results import DPI, NO_DATA, signed, spell

HIDDEN_WORD = "скрыто"
SHOWN = 3          # indicators on either side, practices and peers of each
TOP = 0.25         # share of the places that makes a candidate for the leaders' club
STAR, WATERFALL = (5.3, 4.4), (5.3, 4.0)   # inches: side by side they fill a page
RAYS = (3, 12)


@dataclass(frozen=True, eq=False)
class Board:
    """All regions (or all units) side by side, as they may be published: what profiles are cut from.

    Scores are in published points. NaN is a value that does not exist or is hidden.
    """

    edition: Edition
    period: str
    kind: Literal["region", "unit"]
    titles: pd.Series             # subject -> title
    codes: pd.Series              # subject -> code, the name of its folder
    scores: pd.DataFrame          # subjects x (value, low, high, place, first, last)
    groups: pd.DataFrame          # subjects x groups
    group_errors: pd.DataFrame    # standard errors; NaN unknown
    known_in: pd.DataFrame        # subjects x groups: units that the value rests on
    indicators: pd.DataFrame      # subjects x indicators, on the common scale
    indicator_errors: pd.DataFrame
    country: pd.Series            # index, groups and indicators -> mean
    context: pd.DataFrame         # subjects x circumstances
    circumstances: str            # what they are, in words
    change: pd.DataFrame          # subjects x (start, end, error, units); no rows without an earlier period
    causes: pd.DataFrame          # subjects x causes, points
    previous: str                 # the earlier period, or empty
    members: pd.DataFrame         # units: home, title, value, place, first, last, grade, candidate
    practices: pd.DataFrame       # one row an indicator and practice
    origin: tuple[str, ...]       # where the numbers come from
    issued: date
    coverage: float               # of the draws that an interval holds

    @property
    def mark(self) -> str:
        """Words that every title carries while the edition is not official."""
        return f" ({self.edition.mark})" if self.edition.mark else ""

    @property
    def decimals(self) -> int:
        """Digits of a published score."""
        return self.edition.publication.decimals


def compose(board: Board, subject: str) -> Document:
    """The profile of one region or unit."""
    parts = [part for chapter in (_opening, _pictures, _groups, _change, _indicators, _actions, _members, _limits,
                                  _origin) for part in chapter(board, subject)]
    return Document(f"{board.titles[subject]}: профиль, {board.edition.version}, {board.period}{board.mark}",
                    tuple(numbered(parts)), board.issued)


def contents(board: Board, subjects: Sequence[str], link: Callable[[str, str], str]) -> Document:
    """The list of profiles: score and place with their intervals, and where each profile lies.

    `link(code, suffix)` is the address of a profile's file.
    """
    table = board.scores.loc[list(subjects)].assign(title=board.titles, code=board.codes)
    table = table.sort_values(["place", "code"], kind="stable", na_position="last")
    rows = [[_link(row["title"], link(row["code"], ".html")), *_standing(row, board.decimals),
             (Text("DOCX", link=link(row["code"], ".docx")), Text(" "), Text("PDF", link=link(row["code"], ".pdf")))]
            for _, row in table.iterrows()]
    what = "регионов" if board.kind == "region" else board.edition.unit.many
    parts = [_heading(1, f"Профили {what}"), *_reservations(board),
             _paragraph(f"{board.edition.title}, период {board.period}. Профилей {spell(len(table))}. {_rule(board)}"),
             _table(f"Индекс и место с интервалами{board.mark}",
                    ["Профиль", "Индекс", "с", "по", "Место", "с", "по", "Файлы"], rows)]
    return Document(f"Профили: {board.edition.version}, {board.period}", tuple(numbered(parts)), board.issued)


# -- chapters ----------------------------------------------------------------------------------------------------------

def _opening(board: Board, subject: str) -> Iterator[Part]:
    row, unit = board.scores.loc[subject], board.edition.unit
    what = "региона" if board.kind == "region" else unit.title
    title = board.titles[subject]
    yield _heading(1, f"{title}: профиль" if board.kind == "unit" else f"{title}: профиль {what}")
    yield from _reservations(board)
    yield _paragraph(f"{board.edition.title}, период {board.period}.")
    others = int(board.scores["place"].notna().sum())
    country = board.country.get(INDEX, np.nan)
    if pd.isna(row["value"]):
        yield _paragraph(f"**Индекс и место скрыты**: за числом мало ответов или его можно было бы вычислить по "
                         f"остальным. В среднем по стране индекс {spell(country, board.decimals)}. Ниже — только то, "
                         "что опубликовано.")
        return
    said = f"**Индекс {spell(row['value'], board.decimals)}**"
    if pd.notna(row["low"]):
        said += f" (интервал {_span(row['low'], row['high'], board.decimals)})"
    if pd.notna(row["place"]):
        said += f", **место {spell(int(row['place']))} из {spell(others)}**"
        if pd.notna(row["first"]):
            said += f", **с {spell(int(row['first']))} по {spell(int(row['last']))}**"
    yield _paragraph(f"{said}. В среднем по стране {spell(country, board.decimals)}. {_rule(board)}")


def _pictures(board: Board, subject: str) -> Iterator[Part]:
    from methods.report import figures  # matplotlib: seconds that the list of profiles does not owe

    edition, title = board.edition, board.titles[subject]
    values, scale = board.groups.loc[subject], edition.publication.multiplier
    usual = board.country[list(values.index)]
    inside = pd.concat([values, usual]).dropna().between(0, scale).all()
    if RAYS[0] <= len(values) <= RAYS[1] and values.notna().any() and inside and _hundred(edition):
        named = [edition.groups[code].title for code in values.index]
        own, mean = (series.set_axis(named) for series in (values, usual))
        error = CERTAIN * board.group_errors.loc[subject].set_axis(named)
        drawn = figures.star(own, mean, (0, scale), low=(own - error).clip(0, scale), high=(own + error).clip(0, scale),
                             decimals=1)
        said = "; ".join(f"{name} {_or_hidden(own[name], 1)}, по стране {spell(mean[name], 1)}" for name in named)
        yield _figure(drawn, STAR, f"Группы показателей и среднее по стране{board.mark}", f"Звезда, {title}: {said}.")
    if subject not in board.change.index:
        return
    change, causes = board.change.loc[subject], board.causes.loc[subject]
    causes = causes[causes.abs() >= 0.5 * 10.0**-board.decimals]
    rest = change["end"] - change["start"] - causes.sum()
    if len(causes):
        causes.iloc[-1] += rest     # dust below the last digit
        drawn = figures.waterfall(causes, change["start"], change["end"], edition.publication.scale or "индекс",
                                  ends=(board.previous, board.period), decimals=board.decimals)
        said = "; ".join(f"{name} {signed(value, board.decimals)}" for name, value in causes.items())
        yield _figure(drawn, WATERFALL, f"Из чего сложилось изменение{board.mark}",
                      f"Каскад, {title}: {board.previous} — {spell(change['start'], board.decimals)}; {said}; "
                      f"{board.period} — {spell(change['end'], board.decimals)}.")


def _groups(board: Board, subject: str) -> Iterator[Part]:
    if board.groups.empty or not len(board.groups.columns):
        return
    rows, values = [], board.groups.loc[subject]
    for code, value in values.items():
        usual, error = board.country[code], board.group_errors.loc[subject, code]
        row = [board.edition.groups[code].title, _or_hidden(value, board.decimals),
               spell(CERTAIN * error, board.decimals), spell(usual, board.decimals),
               signed(value - usual, board.decimals)]
        rows.append([*row, spell(int(board.known_in.loc[subject, code]))] if board.kind == "region" else row)
    header = ["Группа", "Балл", "±", "По стране", "Разница"]
    of = _of_members(board, subject)
    yield _heading(2, "Группы показателей")
    yield _table(f"Баллы групп против среднего по стране{board.mark}",
                 [*header, f"По скольким из {spell(of)}"] if board.kind == "region" else header, rows)


def _change(board: Board, subject: str) -> Iterator[Part]:
    if not board.previous:
        return
    yield _heading(2, f"Что изменилось с {board.previous} года" if board.previous.isdigit() else
                   f"Что изменилось с периода {board.previous}")
    if subject not in board.change.index:
        yield _paragraph("Сравнить не с чем: индекс не опубликован за оба периода.")
        return
    change, causes = board.change.loc[subject], board.causes.loc[subject]
    moved, error = change["end"] - change["start"], CERTAIN * change["error"]
    size = signed(moved, board.decimals)
    if board.kind == "region":
        kept = int(change["units"])
        said = (f"У {of_units(kept, board.edition.unit)} региона, чей индекс опубликован за оба периода, средний "
                f"индекс изменился на {size}: было {spell(change['start'], board.decimals)}, стало "
                f"{spell(change['end'], board.decimals)}. ")
    else:
        said = (f"Индекс изменился на {size}: было {spell(change['start'], board.decimals)}, стало "
                f"{spell(change['end'], board.decimals)}. ")
    if pd.isna(error):
        said += "Ошибка опроса неизвестна, поэтому сказать, действительно ли изменение, нельзя. "
    elif abs(moved) > error:
        word = "Рост действителен" if moved > 0 else "Падение действительно"
        said += f"**{word}**: ошибка опроса такого не объясняет (± {spell(error, board.decimals)}, 95\u00a0%). "
    else:
        said += (f"**Изменение не доказано**: оно в пределах ошибки опроса (± {spell(error, board.decimals)}, "
                 "95\u00a0%). ")
    main = causes[causes.abs() >= 0.5 * 10.0**-board.decimals].sort_values(key=np.abs, ascending=False, kind="stable")
    if len(main):
        shown = listed([f"«{name}» {signed(value, board.decimals)}" for name, value in main.head(SHOWN).items()])
        said += f"Больше всего дали: {shown}; все вклады складываются в изменение точно."
    yield _paragraph(said.strip())


def _indicators(board: Board, subject: str) -> Iterator[Part]:
    weak, strong = extremes(board, subject)
    if not len(weak) and not len(strong):
        return
    yield _heading(2, "Сильные и слабые показатели")
    rows = []
    for code in [*strong, *weak]:
        value, usual = board.indicators.loc[subject, code], board.country[code]
        error = CERTAIN * board.indicator_errors.loc[subject, code]
        side = "сильный" if code in strong else "слабый"
        if abs(value - usual) <= error:
            side += ", в пределах погрешности"
        elif "subjective" not in board.edition.indicators[code].sides:
            side += ", опроса нет"
        rows.append([f"{code} {board.edition.indicators[code].title}", spell(value, board.decimals),
                     spell(error, board.decimals), spell(usual, board.decimals), signed(value - usual, board.decimals),
                     side])
    yield _table(f"Дальше всего от среднего по стране{board.mark}",
                 ["Показатель", "Значение", "±", "По стране", "Разница", "Какой"], rows)


def _actions(board: Board, subject: str) -> Iterator[Part]:
    weak, _ = extremes(board, subject)
    if not len(weak):
        return
    yield _heading(2, "Что делать и кто уже умеет")
    items = []
    for code in weak:
        own = board.practices[board.practices["indicator"] == code] if len(board.practices) else board.practices
        said = f"**{code} {board.edition.indicators[code].title}.** "
        if len(own):
            first = own.iloc[0]
            said += (f"Практика {first['code']} «{first['title']}» ({first['status']}; «{first['situation']}»): "
                     f"{_lower(first['action'])} Помогло, если: {_lower(first['sign'])} ")
        items.append(ListItem(_words(said + _peers_text(board, subject, code))))
    yield ListItems(tuple(items))
    if not len(board.practices):
        yield _paragraph("В каталоге практик записей для этой редакции нет: как их добавить, сказано в "
                         "docs/practices.md.")
    yield _paragraph(f"«Уже умеют» — лучше больше чем на погрешность разницы (95\u00a0%; где она неизвестна, на "
                     f"{spell(HALF)} стандартного отклонения) среди четверти ближайших по условиям: "
                     f"{board.circumstances}. Ближайшие первыми.", quote=True)


def _members(board: Board, subject: str) -> Iterator[Part]:
    if board.kind != "region":
        return
    unit, own = board.edition.unit, board.members[board.members["home"] == subject]
    shown = own[own["place"].notna()].sort_values("place", kind="stable")
    yield _heading(2, "Места внутри региона")
    graded = board.edition.grades is not None
    header = [unit.one.capitalize(), "Место", "с", "по", "Индекс",
              *([board.edition.grades.title.capitalize()] if graded else [])]
    rows = [[row["title"], *(spell(value, 0) for value in row[["place", "first", "last"]]),
             spell(row["value"], board.decimals), *([spell(row["grade"], 0)] if graded else [])]
            for _, row in shown.iterrows()]
    places = int(board.members["place"].notna().sum())
    if rows:
        yield _table(f"Места среди {of_units(places, unit)} страны{board.mark}", header, rows)
    if len(own) > len(shown):
        yield _paragraph(f"Индекс и место скрыты у {of_units(len(own) - len(shown), unit)} из {spell(len(own))}.")
    candidates = list(shown.loc[shown["candidate"], "title"])
    rule = (f"худший конец интервала места — в первой {_share_word(TOP)} мест, все группы опубликованы и ни одна не "
            "ниже среднего по стране больше чем на погрешность")
    yield _paragraph(f"**Кандидаты в клуб лидеров** ({rule}): {listed(candidates, 12) if candidates else 'нет'}.")


def _limits(board: Board, subject: str) -> Iterator[Part]:
    yield _heading(2, "Чего это число не говорит")
    said = ("Индекс не измеряет ни затраты, ни влияние на рынок труда, ни причины различий. Места с перекрывающимися "
            "интервалами не различены. ")
    if board.edition.questions:
        said += ("Опрос слышит только тех, кто ответил. Показатели и группы даны по тем, чьё значение опубликовано; "
                 f"«{HIDDEN_WORD}» значит: за числом мало ответов или его можно было бы вычислить по остальным. ± — "
                 "погрешность опроса (95\u00a0%), чек-лист считается точным.")
    yield _paragraph(said)


def _origin(board: Board, subject: str) -> Iterator[Part]:
    yield _heading(2, "Откуда числа")
    yield _paragraph(" ".join(board.origin))


# -- comparisons -------------------------------------------------------------------------------------------------------

def extremes(board: Board, subject: str, most: int = SHOWN) -> tuple[list[str], list[str]]:
    """Weakest and strongest indicators: below and above the country, farthest first in standard deviations of subjects.

    An indicator is never both, and one that is equal everywhere is neither.
    """
    spread = board.indicators.std(ddof=1)
    far = ((board.indicators.loc[subject] - board.country[list(board.indicators)]) / spread.where(spread > 0)).dropna()
    far = far.sort_values(kind="stable")
    return list(far.index[far < 0][:most]), list(far.index[far > 0][::-1][:most])


def candidates(members: pd.DataFrame, groups: pd.DataFrame, errors: pd.DataFrame, country: pd.Series,
               top: float = TOP) -> pd.Series:
    """Units that may join the leaders' club: even the worst end of the place is near the top, and no group is weak.

    Parameters
    ----------
    members : DataFrame by unit
        `last`: the worse end of the interval of places, NaN for units without a published place.
    groups, errors : DataFrame, units x groups
        Published scores, NaN hidden, and their standard errors, NaN unknown.
    country : Series
        Means of the groups.
    top : float
        Share of the places that counts as the top.
    """
    ranked = members["last"].notna()
    near = ranked & (members["last"] <= top * ranked.sum())
    groups, errors = groups.reindex(members.index), errors.reindex(members.index).fillna(0.0)
    low = (groups - country[list(groups)] < -CERTAIN * errors).any(axis=1)
    return (near & groups.notna().all(axis=1) & ~low).rename("candidate")


def _peers_text(board: Board, subject: str, code: str) -> str:
    values = board.indicators[code]
    known = values.dropna().index.intersection(board.context.index)
    if subject not in known:
        return ""
    found = better_peers(values[known], board.indicator_errors.loc[known, code], board.context.loc[known], subject,
                         most=SHOWN)
    if found.empty:
        return "Среди ближайших по условиям никто не лучше больше чем на погрешность."
    named = [f"{board.titles[peer]} (+{spell(difference, board.decimals)})"
             for peer, difference in found["difference"].items()]
    return f"Уже умеют: {', '.join(named)}."


def _of_members(board: Board, subject: str) -> int:
    return int((board.members["home"] == subject).sum()) if board.kind == "region" else 1


def _hundred(edition: Edition) -> bool:
    """Whether scores of groups lie between 0 and the multiplier, so that a ray has a full length."""
    return edition.normalisation.method in ("none", "min-max", "goalposts", "percentile") and \
        edition.aggregation_of(INDEX).method != "sum"


# -- words -------------------------------------------------------------------------------------------------------------

def _reservations(board: Board) -> Iterator[Part]:
    if board.edition.mark:
        notes = f" {' '.join(board.edition.notes)}" if board.edition.notes else ""
        yield Paragraph((Text(f"Это {board.edition.mark}, а не официальный результат.", bold=True), Text(notes)),
                        quote=True)


def _rule(board: Board) -> str:
    if board.scores["first"].notna().any() or board.scores["low"].notna().any():
        whom = "регионов, чьё среднее опубликовано" if board.kind == "region" else \
            f"{board.edition.unit.many}, чей индекс опубликован"
        return (f"Интервалы накрывают {spell(100 * board.coverage, 0)}\u00a0% розыгрышей (что разыграно, сказано в "
                f"отчёте); места — среди {whom}.")
    return "Интервалы неизвестны: неопределённость в редакции не описана."


def _standing(row: pd.Series, decimals: int) -> list[str]:
    if pd.isna(row["value"]):
        return [HIDDEN_WORD, *[NO_DATA] * 5]
    return [*(spell(row[name], decimals) for name in ("value", "low", "high")),
            *(spell(row[name], 0) for name in ("place", "first", "last"))]


def _or_hidden(value: float, decimals: int) -> str:
    return HIDDEN_WORD if pd.isna(value) else spell(value, decimals)


def _span(low: float, high: float, decimals: int) -> str:
    return f"{spell(low, decimals)}–{spell(high, decimals)}"


def _lower(sentence: str) -> str:
    """A sentence that goes on after a colon; an abbreviation keeps its capitals.

    >>> _lower("Растёт оценка."), _lower("СЗН отвечает.")
    ('растёт оценка.', 'СЗН отвечает.')
    """
    return sentence if sentence[:2].isupper() else sentence[:1].lower() + sentence[1:]


def _share_word(share: float) -> str:
    return "четверти" if share == 0.25 else f"доле {spell(100 * share)}\u00a0%"


def _words(text: str) -> Words:
    """Words in which `**…**` is bold.

    >>> [(part.text, part.bold) for part in _words("Индекс **90,1**.")]
    [('Индекс ', False), ('90,1', True), ('.', False)]
    """
    pieces = text.strip().split("**")
    return tuple(Text(piece, bold=bool(number % 2)) for number, piece in enumerate(pieces) if piece)


def _heading(level: int, text: str) -> Heading:
    anchor = "-".join("".join(sign if sign.isalnum() else " " for sign in text.lower()).split())
    return Heading(level, (Text(text),), anchor)


def _paragraph(text: str, quote: bool = False) -> Paragraph:
    return Paragraph(_words(text), quote)


def _link(text: str, address: str) -> Words:
    return (Text(text, link=address),)


def _table(title: str, header: Sequence[str], rows: Sequence[Sequence[str | Words]]) -> TablePart:
    body = [[(Text(cell),) if isinstance(cell, str) else cell for cell in row] for row in rows]
    numeric = [all(len(row[j]) == 1 and (NUMERIC.fullmatch(row[j][0].text) or row[j][0].text == HIDDEN_WORD)
                   for row in body) for j in range(len(header))]
    return TablePart(
        title, None, (tuple(Cell((Text(name),), label=True, numeric=numeric[j]) for j, name in enumerate(header)),),
        tuple(tuple(Cell(words, label=not j, numeric=numeric[j]) for j, words in enumerate(row)) for row in body))


def _figure(figure: object, size: tuple[float, float], caption: str, alt: str) -> FigurePart:
    import matplotlib.pyplot as plt

    figure.set_size_inches(*size)
    stream = io.BytesIO()
    figure.savefig(stream, format="png", dpi=DPI, bbox_inches="tight", metadata={"Software": None})
    plt.close(figure)
    return FigurePart(stream.getvalue(), caption, alt)
