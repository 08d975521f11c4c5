"""The page of `zvezda what-if`: sliders on one side, places, movers and a small chart on the other.

What is shown comes from `methods.sensitivity.what_if`; here are widgets, words and HTML. Places are shown with their
intervals only, and of the units only those whose numbers the choice would not give away.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from html import escape

import ipywidgets as widgets
import numpy as np
import pandas as pd

from methods.errors import InputError, ZvezdaError
from methods.index.edition import INDEX, Aggregation, Edition
from methods.index.rounding import rounded_shares, rounded_weights
from methods.report import differing
from methods.report.chapters import AGGREGATION
from methods.report.narrative import counted, of_units, units
from methods.report.results import NO_DATA, spell
from methods.sensitivity.what_if import COVERAGE, SPREAD, Choice, Outcome, WhatIf, changed_edition

PAUSE = 0.04        # seconds of rest after which a moved slider is answered: events in between are one event
ROWS = 50           # of the ranking at a time: a browser draws them at once
MOVERS = 5          # named in each direction
MEANS = ("arithmetic", "geometric", "harmonic")   # offered beside the adopted one
STEP = 0.5          # of a weight's slider, points
ORDERS = {"По новому месту": "place", "Кто поднялся": "up", "Кто опустился": "down", "По названию": "title"}


@dataclass(frozen=True, eq=False)
class Visible:
    """Units that may be named, by what a choice changes: less of them where more of their numbers would show."""

    index: pd.Index        # the index is published
    groups: pd.Index       # so are all groups: other weights of the groups tell nothing new
    indicators: pd.Index   # and every answer of the survey rests on enough people

    def under(self, choice: Choice) -> pd.Index:
        """Whom the page may name under a choice."""
        return self.indicators if choice.inside else self.groups if choice.index else self.index


def visible_units(published: pd.DataFrame, hidden: pd.MultiIndex, measurements: pd.DataFrame,
                  edition: Edition) -> Visible:
    """Who may be named: the reader could otherwise find a hidden number by moving the sliders.

    Parameters
    ----------
    published : DataFrame
        `Published.scores`.
    hidden : MultiIndex (unit, element, part)
        Hidden cells, the index of `Published.reasons`.
    measurements : DataFrame
        As for `methods.index.score.score`; `n` of the survey's values is compared with the edition's threshold.
    """
    shown = published.index[published[INDEX].notna() & published["eligible"].astype(bool)]
    cells = hidden.to_frame(index=False)
    of_groups = cells.loc[cells["element"].isin(edition.groups) & cells["part"].eq(""), "unit"]
    groups = shown[~shown.isin(of_groups)]
    few = measurements["side"].eq("subjective") & (measurements["n"] < edition.disclosure.threshold)
    few &= measurements["value"].notna()
    return Visible(shown, groups, groups[~groups.isin(measurements.loc[few, "unit"])])


# --- words and tables -------------------------------------------------------------------------------------------------

def interval_text(what_if: WhatIf) -> str:
    """What the intervals of places cover, and what they do not."""
    share = f"{spell(100 * COVERAGE, 0)}\u00a0% из {spell(what_if.draws)} розыгрышей"
    if what_if.doubt == "sampling":
        return (f"Интервал места накрывает {share} ошибки опроса: другие клиенты тех же "
                "единиц при выбранных весах. Ошибок проверяющих и спора о весах в нём нет: их показывает тетрадь 3.")
    return (f"Ошибка данных не измерена, поэтому интервал места накрывает {share} весов "
            f"верхнего уровня в пределах ±{spell(100 * SPREAD, 0)}\u00a0% от выбранных.")


def summary_text(outcome: Outcome, edition: Edition) -> str:
    """How far places move, how many of the moves chance would not make, how many grades change."""
    table = outcome.table
    known = table[["place", "new_place"]].notna().all(axis=1)
    moved, apart = int((table["shift"][known] != 0).sum()), int(outcome.apart.sum())
    gone = int(table["place"].notna().sum() - known.sum())
    if not moved and not outcome.regraded and not gone:
        return f"Никто не сдвинулся: места и уровни те же у всех, {units(int(known.sum()), edition.unit)}."
    shift = float(outcome.mean_shift)
    typical = counted(int(shift), "место", "места", "мест") if shift == int(shift) else f"{spell(shift, 1)}\u00a0места"
    said = [f"Место изменилось у {of_units(moved, edition.unit)} из {spell(int(known.sum()))}, в среднем на "
            f"{typical}."]
    said.append(f"Дальше, чем мог бы случай (интервалы до и после не пересекаются): {units(apart, edition.unit)}.")
    if edition.grades and len(outcome.graded):
        share = 100 * outcome.regraded / len(outcome.graded)
        said.append(f"Уровень ({edition.grades.title}) изменился у {of_units(outcome.regraded, edition.unit)} "
                    f"({spell(share, 1)}\u00a0%).")
    if gone:
        said.append(f"Выпали из рейтинга: {units(gone, edition.unit)}.")
    return " ".join(said)


def naming_text(named: int, total: int, edition: Edition) -> str:
    """Why the table names fewer units than have a place, or nothing."""
    if named == total:
        return ""
    return (f"Названы {units(named, edition.unit)} из {spell(total)}: у остальных выбранные настройки выдали бы числа, "
            "за которыми мало ответов. В рейтинге они участвуют.")


def ranking_rows(outcome: Outcome, names: pd.DataFrame, named: pd.Index, order: str = "place", words: str = "",
                 ) -> pd.DataFrame:
    """Rows of the ranking in the asked order: the outcome's columns with title and region, of named units only.

    Parameters
    ----------
    names : DataFrame
        title and, where there are regions, region, by unit.
    order : {"place", "up", "down", "title"}
    words : str
        Keep the units whose title, region or code holds these words, letter case aside.
    """
    table = outcome.table.loc[outcome.table.index.isin(named)]
    if not {"key", "text"} <= {*names}:
        names = findable(names)
    table = table.join(names[["title", "region", "key", "text"]])
    if words.strip():
        table = table[table["text"].str.contains(_plain(words.strip()), regex=False)]
    table = table.assign(code=table.index.astype(str))
    first = {"place": ("new_place", True), "up": ("shift", False), "down": ("shift", True), "title": ("key", True)}
    column, ascending = first[order]
    return table.sort_values([column, "new_place", "key", "code"], ascending=[ascending, True, True, True],
                             kind="stable").drop(columns=["key", "text", "code"])


def findable(names: pd.DataFrame) -> pd.DataFrame:
    """Titles and regions with what they are ordered and found by, made once."""
    title = names["title"].fillna("").astype(str)
    region = names["region"].fillna("").astype(str) if "region" in names else pd.Series("", names.index)
    text = title + " " + region + " " + names.index.astype(str)
    return pd.DataFrame({"title": title, "region": region, "key": title.map(_plain), "text": text.map(_plain)})


def ranking_html(rows: pd.DataFrame, edition: Edition) -> str:
    """The ranking as a table: place before and after with its interval, shift, grade."""
    grades = f"<th scope=col>{escape(edition.grades.title.capitalize())}</th>" if edition.grades else ""
    body = "".join(
        f"<tr><td class=num>{spell(row.place)} → <b>{spell(row.new_place)}</b></td>"
        f"<td class=num>{spell(row.low)}–{spell(row.high)}</td>{_shift(row.shift)}"
        f"<th scope=row>{escape(row.title)}<small>{escape(row.region)}</small></th>"
        f"{_grade(row, edition) if edition.grades else ''}</tr>" for row in rows.itertuples())
    if not body:
        return "<p class=what-if-none>Никого не нашлось: измените слова поиска.</p>"
    return (f"<table class=what-if-table><caption class=what-if-hidden>Рейтинг {escape(edition.mark)}</caption>"
            "<thead><tr><th scope=col>Место</th><th scope=col>Интервал</th><th scope=col>Сдвиг</th>"
            f"<th scope=col>{escape(edition.unit.title.capitalize())}</th>{grades}</tr></thead>"
            f"<tbody>{body}</tbody></table>")


def movers_html(rows: pd.DataFrame, most: int = MOVERS) -> str:
    """Who rises and who falls most, with the new interval of the place."""
    parts = []
    for title, own in (("Выше всех поднялись", rows[rows["shift"] > 0].nlargest(most, "shift")),
                       ("Ниже всех опустились", rows[rows["shift"] < 0].nsmallest(most, "shift"))):
        lines = "".join(f"<li>{escape(row.title)}: {spell(row.place)} → {spell(row.new_place)} "
                        f"<small>({spell(row.low)}–{spell(row.high)})</small></li>" for row in own.itertuples())
        parts.append(f"<div><h3>{title}</h3>" + (f"<ul>{lines}</ul>" if lines else "<p>Никто.</p>") + "</div>")
    return f"<div class=what-if-movers>{''.join(parts)}</div>"


def shifts_svg(shift: pd.Series, most: int = 21) -> str:
    """Histogram of the shifts of places: at most so many bars, the middle one around no shift, all of whole places."""
    known = shift.dropna().to_numpy()
    furthest = int(np.ceil(np.abs(known).max())) if len(known) else 0
    wide = 1   # places in a bar: odd, so that no shift is in the middle of one
    while furthest > most // 2 * wide + wide // 2:
        wide += 2
    side = max(1, int(np.ceil((furthest - wide // 2) / wide)))
    counts = np.histogram(known, (np.arange(-side, side + 2) - 0.5) * wide)[0]
    top, width, height = max(int(counts.max()), 1), 420, 110
    bar = width / len(counts)
    bars = "".join(
        f"<rect x='{number * bar + 1:.1f}' y='{12 + height * (1 - count / top):.1f}' width='{bar - 2:.1f}' "
        f"height='{height * count / top:.1f}' class='{('fall', 'same', 'rise')[1 + int(np.sign(number - side))]}'/>"
        for number, count in enumerate(counts) if count)
    near = "на месте" if wide == 1 else f"не дальше {counted(wide // 2, 'места', 'мест', 'мест')} от принятого"
    said = f"Сдвиги мест: {near} остались {spell(int(counts[side]))} из {spell(len(known))}"
    edge = spell(side * wide + wide // 2)
    ends = (0, "start", f"ниже на {edge}"), (width / 2, "middle", "то же место"), (width, "end", f"выше на {edge}")
    text = "".join(f"<text x='{x:.0f}' y='{height + 28}' text-anchor='{anchor}'>{words}</text>"
                   for x, anchor, words in ends)
    return (f"<figure><svg viewBox='0 0 {width} {height + 34}' role='img' aria-label='{escape(said)}'>"
            f"<line x1='0' x2='{width}' y1='{height + 12}' y2='{height + 12}'/>{bars}{text}</svg>"
            f"<figcaption>{escape(said)}.</figcaption></figure>")


def _shift(shift: float) -> str:
    if np.isnan(shift):
        return f"<td class=num>{NO_DATA}</td>"
    kind, sign = ("rise", "▲ ") if shift > 0 else ("fall", "▼ ") if shift < 0 else ("", "")
    return f"<td class='num {kind}'>{sign}{spell(abs(shift)) if shift else '0'}</td>"


def _grade(row: object, edition: Edition) -> str:
    old, new = (edition.grades.labels[int(number) - 1] if number >= 1 else "ниже первого" if number == 0 else NO_DATA
                for number in (row.grade, row.new_grade))
    return f"<td>{escape(new)}</td>" if old == new else f"<td class=moved>{escape(old)} → <b>{escape(new)}</b></td>"


def _plain(text: str) -> str:
    """For finding and ordering: letter case aside, «ё» as «е»."""
    return text.casefold().replace("ё", "е")


# --- a choice as a draft ----------------------------------------------------------------------------------------------

def other_changes(edition: Edition, choice: Choice) -> dict[str, object]:
    """Top keys of the edition that a choice changes besides the weights, as plain values for the file."""
    both = edition, changed_edition(edition, choice)
    old, new = (each.model_dump(mode="json", exclude_unset=True) for each in both)
    return {key: new[key] for key in ("indicators", "aggregation", "grades") if new.get(key) != old.get(key)}


def decision_text(outcome: Outcome, adopted: Edition, name: str, period: str) -> str:
    """Draft of the record for `zvezda adopt`: numbers are filled in, people's part is left open as «<…>»."""
    found = differing.table(differing.differences(adopted, outcome.edition))
    rows = "\n".join(f"| {row[0]} | {row[1]} | {row[2]} | {row[3]} |" for row in found.itertuples(index=False))
    return f"""# Что, если: редакция {name}

Статус: проект, подготовлен на странице `zvezda what-if` по данным {period} на основе редакции {adopted.version}.

**Вопрос.** Изменить ли методику так, как показано ниже?

**Варианты.** Оставить редакцию {adopted.version}; принять этот проект.

**Решение.** <…>

| что | где | было | станет |
|---|---|---|---|
{rows}

**Почему.** <…>

**Последствия.** {summary_text(outcome, adopted)}

**Кто решил и когда.** <…>

**Пересмотреть, если** <…>
"""


# --- the page ---------------------------------------------------------------------------------------------------------

@dataclass
class _Slider:
    """A weight: its slider in points, what it adopted exactly, and the share that it comes to."""

    adopted: float
    slider: widgets.FloatSlider
    share: widgets.HTML

    @property
    def points(self) -> float:
        """Points; those adopted keep all their digits until the slider is moved."""
        return self.adopted if abs(self.slider.value - on_step(self.adopted)) < 1e-9 else self.slider.value


def on_step(points: float) -> float:
    """Where a slider stands for a weight: a browser moves any other value to the nearest step, and tells it as a move.

    >>> on_step(100 / 3)
    33.5
    """
    return STEP * round(points / STEP)


@dataclass
class _Controls:
    """Every control that a choice is read from."""

    weights: dict[str, dict[str, _Slider]] = field(default_factory=dict)   # element -> member -> slider
    survey: widgets.FloatSlider | None = None
    means: dict[str, widgets.Dropdown] = field(default_factory=dict)       # `index` or `inside`
    cuts: list[widgets.FloatSlider] = field(default_factory=list)

    def all(self) -> list[widgets.ValueWidget]:
        """All of them."""
        sliders = [each.slider for own in self.weights.values() for each in own.values()]
        return [*sliders, *([self.survey] if self.survey else []), *self.means.values(), *self.cuts]


class Page:
    """The page: `display(page.view)` in a notebook.

    Parameters
    ----------
    what_if : WhatIf
        Places among the published units.
    names : DataFrame
        title and region by unit.
    visible : Visible
        Who may be named.
    save : function of a choice and its outcome
        Writes the draft and returns the sentence that says where.
    """

    def __init__(self, what_if: WhatIf, names: pd.DataFrame, visible: Visible,
                 save: Callable[[Choice, Outcome], str]) -> None:
        self.what_if, self.edition, self.names = what_if, what_if.edition, findable(names.reindex(what_if.among))
        self.visible, self._save = visible, save
        self.controls, self._resting, self._first, self._timer = _Controls(), False, 0, None
        self.message, self.summary, self.table = (widgets.HTML() for _ in range(3))
        self.outcome, self.named = what_if.outcome(Choice()), visible.index
        self.view = self._built()
        self._home = {control: control.value for control in self.controls.all()}
        for control in self.controls.all():
            control.observe(self._moved, "value")
        self.redraw()

    # -- what is chosen ------------------------------------------------------------------------------------------------

    def choice(self) -> Choice:
        """The choice that the controls stand for; what nobody touched stays exactly as adopted."""
        controls, edition = self.controls, self.edition
        weights = {element: self._shares(element) for element, own in controls.weights.items()
                   if any(each.points != each.adopted for each in own.values())}
        means: dict[str, Aggregation] = {}
        for where, dropdown in controls.means.items():
            if dropdown.value:
                parents = [INDEX] if where == INDEX else [*edition.groups]
                means |= {parent: Aggregation(method=dropdown.value) for parent in parents}
        survey = controls.survey if controls.survey is not None and self._is_moved(controls.survey) else None
        cuts = tuple(each.value if self._is_moved(each) else own
                     for each, own in zip(controls.cuts, edition.grades.cut_offs, strict=True)) if controls.cuts else ()
        return Choice(weights, None if survey is None else survey.value / 100,
                      means, cuts if cuts and cuts != tuple(edition.grades.cut_offs) else None)

    def _is_moved(self, slider: widgets.FloatSlider) -> bool:
        """Whether somebody moved it: a browser puts a value onto the nearest step of its own accord."""
        return abs(slider.value - self._home[slider]) > slider.step / 2 * (1 + 1e-9)

    def _shares(self, element: str) -> pd.Series:
        points = pd.Series({member: each.points for member, each in self.controls.weights[element].items()})
        if not points.sum() > 0:
            title = "верхнего уровня" if element == INDEX else f"внутри группы «{self.edition.element_title(element)}»"
            raise InputError(f"Все веса {title} равны нулю: поднимите хотя бы один.")
        return rounded_weights(points / points.sum())

    # -- what happens --------------------------------------------------------------------------------------------------

    def _moved(self, _: object) -> None:
        """Answer after a short rest, so that a dragged slider does not queue up a redraw for every pixel."""
        if self._resting:
            return
        self._first = 0
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:   # no kernel around: a test
            self.redraw()
            return
        if self._timer is not None:
            self._timer.cancel()
        self._timer = loop.call_later(PAUSE, self.redraw)

    def redraw(self) -> None:
        """Everything anew under the present choice; where it has no meaning, why it has none."""
        try:
            choice = self.choice()
            self.outcome = self.what_if.outcome(choice)
        except ZvezdaError as refusal:
            self.message.value = (f"<p role=alert class=what-if-refusal>{escape(str(refusal))} "
                                  "Ниже — прежний расчёт.</p>")
            return
        self.message.value = ""
        for element, own in self.controls.weights.items():
            shares = rounded_shares(100 * self.outcome.edition.weights_of(element), 1)
            for member, each in own.items():
                each.share.value = f"{spell(shares[member], 1)}\u00a0%"
        self.named = self.visible.under(choice)
        rows = ranking_rows(self.outcome, self.names, self.named)
        naming = naming_text(len(rows), len(self.outcome.table), self.edition)
        self.summary.value = (
            f"<div aria-live=polite><p>{escape(summary_text(self.outcome, self.edition))}</p>"
            f"{shifts_svg(self.outcome.table['shift'])}{movers_html(rows)}"
            f"<p><small>{escape(naming)} {escape(interval_text(self.what_if))}</small></p></div>")
        self._show_rows(rows=None if self.search.value or self.order.value != "place" else rows)

    def _show_rows(self, _: object = None, rows: pd.DataFrame | None = None) -> None:
        if rows is None:
            rows = ranking_rows(self.outcome, self.names, self.named, self.order.value, self.search.value)
        self._first = max(0, min(self._first, ROWS * ((len(rows) - 1) // ROWS)))
        part = rows.iloc[self._first:self._first + ROWS]
        last = self._first + len(part)
        self.table.value = ranking_html(part, self.edition)
        self.where.value = f"{spell(self._first + 1)}–{spell(last)} из {spell(len(rows))}" if len(part) else ""
        self.back.disabled, self.forward.disabled = self._first == 0, last >= len(rows)

    def _turn(self, by: int) -> None:
        self._first += by
        self._show_rows()

    def _searched(self, _: object) -> None:
        self._first = 0
        self._show_rows()

    def reset(self, _: object = None) -> None:
        """All controls as adopted."""
        self._resting = True
        for control, value in self._home.items():
            control.value = value
        self._resting = False
        self._first = 0
        self.redraw()
        self.saved.value = ""

    def save(self, _: object = None) -> None:
        """Write the choice as a draft, or say why it cannot be."""
        try:
            choice = self.choice()
            said, kind = self._save(choice, self.what_if.outcome(choice)), "what-if-saved"
        except ZvezdaError as refusal:
            said, kind = str(refusal), "what-if-refusal"
        self.saved.value = f"<p role=status class={kind}>{escape(said)}</p>"

    # -- how it is built -----------------------------------------------------------------------------------------------

    def _built(self) -> widgets.Box:
        edition = self.edition
        mark = f"<p class=what-if-mark>{escape(edition.mark)}</p>" if edition.mark else ""
        notes = "".join(f"<p><small>{escape(note)}</small></p>" for note in edition.notes)
        head = widgets.HTML(f"<h1>Что, если?</h1><p>{escape(edition.title)}</p>{mark}{notes}")
        top = [self._weight_row(INDEX, member) for member in edition.members(INDEX)] if self._weighs(INDEX) else [
            widgets.HTML("<p>Баллы складываются: весов на верхнем уровне нет.</p>")]
        panel = [_heading("Веса групп" if edition.groups else "Веса показателей"), *top, *self._folded(),
                 *self._survey(), *self._means(), *self._cut_offs()]
        reset, save = widgets.Button(description="Вернуть принятые"), widgets.Button(
            description="Сохранить как проект", button_style="primary")
        reset.on_click(self.reset)
        save.on_click(self.save)
        self.saved = widgets.HTML()
        panel += [_classed(widgets.HBox([reset, save]), "what-if-buttons"), self.saved]
        self.order = widgets.Dropdown(options=list(ORDERS.items()), description="Порядок")
        self.search = widgets.Text(description="Найти", placeholder="название, регион или код", continuous_update=True)
        self.back, self.forward = widgets.Button(description="← Назад"), widgets.Button(description="Дальше →")
        self.where = widgets.HTML()
        self.back.on_click(lambda _: self._turn(-ROWS))
        self.forward.on_click(lambda _: self._turn(ROWS))
        self.order.observe(self._searched, "value")
        self.search.observe(self._searched, "value")
        found = [self.message, _heading("Что изменится"), self.summary, _heading("Рейтинг"),
                 _classed(widgets.HBox([self.order, self.search]), "what-if-find"), self.table,
                 _classed(widgets.HBox([self.back, self.where, self.forward]), "what-if-turn")]
        body = _classed(widgets.Box([_classed(widgets.VBox(panel), "what-if-panel"),
                                     _classed(widgets.VBox(found), "what-if-found")]), "what-if-body")
        return _classed(widgets.VBox([head, body]), "what-if")

    def _weighs(self, element: str) -> bool:
        """Whether the weights of an element's members can change anything: a sum of points has none."""
        return len(self.edition.members(element)) > 1 and self.edition.aggregation_of(element).method != "sum"

    def _weight_row(self, element: str, member: str) -> widgets.Widget:
        adopted = 100 * float(self.edition.weights_of(element)[member])
        slider = widgets.FloatSlider(value=on_step(adopted), min=0, max=100, step=STEP, readout=False)
        each = _Slider(adopted, slider, _classed(widgets.HTML(), "what-if-share"))
        self.controls.weights.setdefault(element, {})[member] = each
        return _row(self.edition.element_title(member), slider, each.share)

    def _folded(self) -> list[widgets.Widget]:
        """A button a group that unfolds the weights inside it."""
        if self.edition.is_flat:
            return []
        made = []
        for group in self.edition.groups:
            if self._weighs(group):
                title = self.edition.element_title(group)
                rows = widgets.VBox([self._weight_row(group, member) for member in self.edition.members(group)])
                made.append(_fold(f"Внутри группы «{title}»", rows))
        return made

    def _survey(self) -> list[widgets.Widget]:
        edition = self.edition
        if not edition.two_sided:
            return []
        mixes = {edition.indicators[code].side_mix()["subjective"] for code in edition.two_sided}
        open_end = STEP if edition.sides.missing == "available" else 0.0
        slider = widgets.FloatSlider(value=100 * sum(mixes) / len(mixes), min=open_end, max=100 - open_end, step=STEP,
                                     readout=False)
        self.controls.survey, share = slider, _classed(widgets.HTML(), "what-if-share")

        def say(_: object = None) -> None:
            share.value = f"{spell(slider.value, 1)}\u00a0%"
        slider.observe(say, "value")
        say()
        rows = [_heading("Опрос и чек-лист"), _row("Доля опроса в показателе", slider, share)]
        if len(mixes) > 1:
            rows.append(widgets.HTML("<p><small>Сейчас доли разные; сдвинутый ползунок их уравняет.</small></p>"))
        return rows

    def _means(self) -> list[widgets.Widget]:
        edition = self.edition
        levels = {INDEX: ("Группы в индекс" if edition.groups else "Показатели в индекс", [INDEX])}
        if edition.groups and not edition.is_flat:
            levels["inside"] = ("Показатели в группы", list(edition.groups))
        rows = [_heading("Как сводятся баллы")]
        for where, (title, parents) in levels.items():
            adopted = {edition.aggregation_of(parent).method for parent in parents}
            named = AGGREGATION[next(iter(adopted))] if len(adopted) == 1 else "по-разному"
            offered = [(AGGREGATION[method], method) for method in MEANS if adopted != {method}]
            self.controls.means[where] = widgets.Dropdown(options=[(f"как принято: {named}", ""), *offered],
                                                          description=title)
            rows.append(self.controls.means[where])
        return rows

    def _cut_offs(self) -> list[widgets.Widget]:
        grades, points = self.edition.grades, self.edition.publication.multiplier * self.what_if.adopted.index.dropna()
        if grades is None:
            return []
        if grades.cut_offs is None:
            return [_heading("Границы уровней"),
                    widgets.HTML("<p><small>Границы находит сама методика по баллам: двигать нечего.</small></p>")]
        low, high = min(points.min(), *grades.cut_offs), max(points.max(), *grades.cut_offs)
        step = float(10.0 ** np.floor(np.log10((high - low) / 100)))
        room = 20 * step   # beyond the scores too: a border may be moved past everybody
        low, high = np.floor((low - room) / step) * step, np.ceil((high + room) / step) * step
        rows = [_heading(f"Границы: {grades.title}")]
        for title, cut in zip(grades.labels[1:], grades.cut_offs, strict=True):
            slider = widgets.FloatSlider(value=cut, min=float(low), max=float(high), step=step, readout=False)
            shown = _classed(widgets.HTML(), "what-if-share")
            digits = max(0, -int(np.floor(np.log10(step))))

            def say(_: object = None, slider: widgets.FloatSlider = slider, shown: widgets.HTML = shown,
                    digits: int = digits) -> None:
                shown.value = spell(slider.value, digits)
            slider.observe(say, "value")
            say()
            self.controls.cuts.append(slider)
            rows.append(_row(f"Граница «{title}»", slider, shown))
        return rows


def _heading(text: str) -> widgets.HTML:
    return widgets.HTML(f"<h2>{escape(text)}</h2>")


def _row(title: str, control: widgets.Widget, share: widgets.HTML) -> widgets.Widget:
    name = _classed(widgets.HTML(escape(title)), "what-if-name")
    return _classed(widgets.HBox([name, control, share]), "what-if-row")


def _fold(title: str, content: widgets.Box) -> widgets.Widget:
    """A button that shows and hides the content: a button, since an accordion cannot be opened from the keyboard."""
    button = _classed(widgets.ToggleButton(description=f"▸ {title}"), "what-if-fold")

    def turn(change: Mapping[str, object]) -> None:
        content.layout.display = "" if change["new"] else "none"
        button.description = f"{'▾' if change['new'] else '▸'} {title}"
    content.layout.display = "none"
    button.observe(turn, "value")
    return widgets.VBox([button, content])


def _classed(widget: widgets.DOMWidget, name: str) -> widgets.DOMWidget:
    widget.add_class(name)
    return widget
