"""Write docs/readings.md: how far every other reading of the presentation moves the demonstration Star.

    python tools/readings.py

The presentation of 2022 leaves much open. Each reading that star-2022 did not take is built here as an edition in
memory, scored on the demonstration data of 2024 and compared with the adopted one. The rows are also put into the
decision records that quote them, so that no number of theirs is typed by hand.
"""
from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import pandas as pd

from methods.data import editions, sources, store
from methods.data.intake.respondents import DATE
from methods.data.received import Received, receive
from methods.index.consistency import faults
from methods.index.edition import Edition, Survey
from methods.index.rank import mean_rank_shift, rank
from methods.index.relative import relative_index
from methods.index.score import Scores, score
from methods.report.results import NO_DATA, spell
from methods.weights.rank_order import rank_order_centroid, rank_reciprocal, rank_sum

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "readings.md"
DECISIONS = ROOT / "docs" / "decisions"
VERSION, PERIOD, BASE = "star-2022", "2024", "2023"
FAR = 10  # places
COLUMNS = ("| № | чтение | сравнено | средний сдвиг места | сдвиг больше 10 мест | сменили звезду |\n"
           "|---|---|---|---|---|---|")
HEAD = """\
# Другие чтения презентации: сколько мест и звёзд они сдвигают

Составлено командой `python tools/readings.py`; не правьте руками. Презентация 2022 года допускает разные чтения; в
star-2022 взято одно, причины — в решениях. Каждая строка — другое чтение: редакция построена в памяти, посчитана по
демонстрационным данным за 2024 год и сравнена с принятой. Данные вымышлены: размер сдвига говорит, о чём спорить
прежде, а не что случилось бы с настоящими центрами.

«Сравнено» — единицы, у которых место есть при обоих чтениях; сдвиг — по модулю. Прочерк — звёзд нет. Мерка для сдвига —
одна выборочная ошибка опроса: тетрадь 1, «Что стало бы с местами и уровнями».
"""


@dataclass(frozen=True, eq=False)
class Outcome:
    """Places by a reading, and grades where it gives them."""

    places: pd.Series
    grades: pd.Series | None = None


@dataclass(frozen=True, eq=False)
class Star:
    """The adopted edition and all that the readings are made of."""

    edition: Edition
    root: Path
    tables: dict[tuple[str, ...], pd.DataFrame] = field(default_factory=dict)  # measured sides, each made once

    @cached_property
    def received(self) -> Received:
        """Files of the regions, read and checked once."""
        source = sources.read_source(self.root, self.edition.data.dataset)
        return receive(self.root, self.edition, PERIOD, source, lambda name: sources.verified(source, name))

    @cached_property
    def measured(self) -> pd.DataFrame:
        """Measurements of the adopted reading."""
        return self.measurements(self.edition)

    @cached_property
    def scores(self) -> Scores:
        """Scores of the adopted reading."""
        return score(self.measured, self.edition)

    @cached_property
    def earlier(self) -> Scores:
        """Scores of the base year."""
        return score(store.prepare(self.root, self.edition, BASE).measurements, self.edition)

    def measurements(self, edition: Edition, received: Received | None = None) -> pd.DataFrame:
        """Every side of every indicator as an edition asks for it."""
        given = replace(received or self.received, edition=edition)
        parts = []
        for code, indicator in edition.indicators.items():
            for side, how in indicator.sides.items():
                key = (code, side, how.model_dump_json(), *edition.clienteles, str(received))
                if key not in self.tables:
                    made = given.survey(how) if isinstance(how, Survey) else given.checklist(code, how)
                    self.tables[key] = made.assign(indicator=code, side=side)
                parts.append(self.tables[key])
        table = pd.concat(parts, ignore_index=True)
        return table[table["unit"].isin(self.received.units.index) & table["value"].notna()]

    def outcome(self, edition: Edition, measurements: pd.DataFrame | None = None) -> Outcome:
        """Places and grades by another edition."""
        scores = score(self.measurements(edition) if measurements is None else measurements, edition)
        return Outcome(scores.rank, scores.grade)


@dataclass(frozen=True)
class Reading:
    """A reading that was not taken; by default it is compared with the adopted places and stars."""

    title: str
    made: Callable[[Star], Outcome]
    against: Callable[[Star], Outcome] = lambda star: Outcome(star.scores.rank, star.scores.grade)


# --- editions ----------------------------------------------------------------------------------------------------

def revised(edition: Edition, **parts: object) -> Edition:
    """The edition with some of its top keys written anew, checked as a file would be."""
    content = edition.model_dump(mode="json", by_alias=True, exclude_unset=True) | parts
    made = Edition.model_validate(content, strict=False)
    if found := faults(made):
        raise ValueError("; ".join(fault.message for fault in found))
    return made


def with_indicators(edition: Edition, change: Callable[[str, dict], dict | None], **parts: object) -> Edition:
    """The edition with every indicator passed through `change`; None leaves it out, its siblings take the weight."""
    content = edition.model_dump(mode="json", by_alias=True, exclude_unset=True)["indicators"]
    changed = {code: change(code, indicator) for code, indicator in content.items()}
    return revised(edition, indicators={code: one for code, one in changed.items() if one is not None}, **parts)


def without(edition: Edition, *codes: str) -> Edition:
    """The edition without some indicators."""
    return with_indicators(edition, lambda code, indicator: None if code in codes else indicator)


def survey_alone(edition: Edition, *codes: str) -> Edition:
    """The edition in which some indicators are what clients say and nothing else."""
    return with_indicators(edition, lambda code, indicator: indicator if code not in codes else indicator | {
        "sides": {"subjective": indicator["sides"]["subjective"]}})


def with_side(edition: Edition, side: str, **keys: object) -> Edition:
    """The edition with other keys of one side of all indicators that have it."""
    return with_indicators(edition, lambda code, one: one if side not in one["sides"] else one | {
        "sides": one["sides"] | {side: one["sides"][side] | keys}})


def weight_on_checklist(edition: Edition) -> Edition:
    r"""Readings Б and В, :math:`\sum_j (S_j + w_j X_j/N_j)`, as shares of their largest value.

    The survey counts with weight 1 and the checklist with :math:`w_j`, so an indicator weighs :math:`1 + w_j` and its
    survey has the share :math:`1/(1 + w_j)` in it. The factor 1/2 of Б moves no place.
    """
    nominal = edition.effective_weights()
    own = nominal + pd.Series({code: float("subjective" in one.sides) for code, one in edition.indicators.items()})
    return with_indicators(edition, lambda code, indicator: indicator if len(indicator["sides"]) == 1 else indicator | {
        "mix": {"subjective": 1 / own[code], "objective": nominal[code] / own[code]}},
        weights={"index": (own / own.sum()).to_dict()})


def ordered_inside(edition: Edition) -> dict[str, object]:
    """Centroid weights of the groups by priority and of the indicators by their place in the list."""
    weights = {group: rank_order_centroid(edition.children(group)).to_dict() for group in edition.groups}
    return {"index": rank_order_centroid(edition.priorities).to_dict()} | weights


def graded(edition: Edition, **keys: object) -> Edition:
    """The edition with other rules of the stars."""
    kept = {"title": edition.grades.title, "labels": list(edition.grades.labels)}
    return revised(edition, grades=kept | keys)


# --- measurements ------------------------------------------------------------------------------------------------

def one_for_the_region(star: Star, *codes: str) -> pd.DataFrame:
    """Measurements in which some indicators have the region's mean at all its centres."""
    table, region = star.measured, star.received.units["region"]
    keys = [table["unit"].map(region), *(table[key] for key in ("indicator", "side", "clientele"))]
    return table.assign(value=table["value"].where(~table["indicator"].isin(codes),
                                                   table.groupby(keys)["value"].transform("mean")))


def asked_since(star: Star, day: str) -> pd.DataFrame:
    """Measurements whose survey begins on a day of the year."""
    intake = star.received.intake
    late = intake.surveys[pd.to_datetime(intake.surveys[DATE]) >= f"{PERIOD}-{day}"]
    return star.measurements(star.edition, replace(star.received, intake=replace(intake, surveys=late)))


def regions(star: Star, *, by_answers: bool) -> Outcome:
    """Places of the regions by the mean of their centres, plain or by the number of questionnaires."""
    index, region = star.scores.index[star.scores.rank.notna()], star.received.units["region"]
    weight = star.received.answers["unit"].value_counts().reindex(index.index) if by_answers else index.notna() * 1
    region = region[index.index]
    return Outcome(rank((index * weight).groupby(region).sum() / weight.groupby(region).sum()))


def growth(star: Star, edition: Edition) -> Outcome:
    """Places by growth since the base year, this year's index by an edition of its own."""
    now = star.scores if edition is star.edition else score(star.measured, edition)
    both = star.scores.rank.dropna().index.intersection(star.earlier.rank.dropna().index)
    return Outcome(rank(now.index[both] - star.earlier.index[both]))


# --- the readings, by the decision that weighs them --------------------------------------------------------------

def reading(title: str, change: Callable[[Edition], Edition]) -> Reading:
    """A reading that is another edition."""
    return Reading(title, lambda star: star.outcome(change(star.edition)))


def weighted(title: str, weights: Callable[[Edition], dict[str, object]]) -> Reading:
    """A reading that is other weights."""
    return reading(title, lambda edition: revised(edition, weights=weights(edition)))


READINGS: dict[str, list[Reading]] = {
    "0002": [reading("чтения Б и В: вес стоит только при X/N", weight_on_checklist)],
    "0003": [weighted("равные веса 20 показателей", lambda edition: {
        "index": dict.fromkeys(edition.indicators, 1 / len(edition.indicators))})],
    "0004": [
        reading("доли клиентур 80 и 20 %, как анкет в пилоте", lambda edition: revised(edition, clienteles={
            code: one.model_dump() | {"share": share}
            for (code, one), share in zip(edition.clienteles.items(), (0.8, 0.2), strict=True)})),
        reading("все анкеты вместе, один индекс", lambda edition: revised(edition, clienteles={})),
    ],
    "0012": [Reading("изменение за год (индекс к 2023 году) вместо уровня", lambda star: Outcome(rank(relative_index(
        star.scores.index[star.scores.rank.notna()], star.earlier.index[star.earlier.rank.notna()]))))],
    "0013": [Reading(
        "место по приросту: 2024 год по весам суммы мест, 2023 год по равным",
        lambda star: growth(star, revised(star.edition, weights=dict(star.edition.weights) | {
            "index": rank_sum(star.edition.priorities).to_dict()})),
        lambda star: growth(star, star.edition))],
    "0014": [
        *(weighted(f"веса групп по порядку: {title}", lambda edition, surrogate=surrogate: dict(edition.weights) | {
            "index": surrogate(edition.priorities).to_dict()})
          for title, surrogate in (("центроид", rank_order_centroid), ("сумма мест", rank_sum),
                                   ("обратные места", rank_reciprocal))),
        weighted("веса групп и показателей внутри групп по порядку: центроид", ordered_inside),
    ],
    "0015": [
        reading("нет опроса — ноль: П2 весит вдвое меньше", lambda edition: with_indicators(
            edition, lambda code, indicator: indicator if len(indicator["sides"]) == 2 else indicator | {
                "normalisation": {"method": "goalposts", "low": 0, "high": 2}})),
        reading("П2 исключён", lambda edition: without(edition, "П2")),
        reading("у центра нет одной стороны — берётся другая", lambda edition: revised(
            edition, sides={"missing": "available"})),
    ],
    "0016": [
        reading("S = средняя / 5: наихудшая оценка даёт 0,2", lambda edition: with_side(
            edition, "subjective", scale=[0, 5])),
        reading("S = доля оценок 4 и 5", lambda edition: with_side(edition, "subjective", treatment="top-2-box")),
    ],
    "0017": [reading("1, только если исполнены все требования", lambda edition: with_side(
        edition, "objective", rule="all"))],
    "0018": [
        Reading("сайт и контакт-центр (М2, М4): одно значение на регион",
                lambda star: star.outcome(star.edition, one_for_the_region(star, "М2", "М4"))),
        reading("сайт и контакт-центр (М2, М4) исключены", lambda edition: without(edition, "М2", "М4")),
        reading("исключены также вакансии и транспорт (П2, К3)", lambda edition: without(
            edition, "М2", "М4", "П2", "К3")),
    ],
    "0019": [reading("К2 и П1 — только опрос", lambda edition: survey_alone(edition, "К2", "П1"))],
    "0020": [reading("группы сводит среднее геометрическое", lambda edition: revised(edition, aggregation={
        "default": {"method": "arithmetic"}, "index": {"method": "geometric"}}))],
    "0021": [Reading("регионы: центры по числу анкет вместо простого среднего",
                     lambda star: regions(star, by_answers=True), lambda star: regions(star, by_answers=False))],
    "0022": [
        reading("без порога: звезда с нуля", lambda edition: graded(
            edition, method="bands", cut_offs=[60, 70, 80, 90], edge="lower", decimals=1)),
        reading("равные пятые шкалы: 20, 40, 60, 80", lambda edition: graded(
            edition, method="bands", cut_offs=[20, 40, 60, 80], edge="lower", decimals=1)),
        reading("равные пятые центров", lambda edition: graded(edition, method="quantiles")),
        reading("k-средних, как у больниц CMS", lambda edition: graded(edition, method="k-means")),
    ],
    "0023": [
        Reading("анкеты второго полугодия", lambda star: star.outcome(star.edition, asked_since(star, "07-01"))),
        Reading("анкеты четвёртого квартала", lambda star: star.outcome(star.edition, asked_since(star, "10-01"))),
    ],
}


# --- the table ---------------------------------------------------------------------------------------------------

def row(number: str, title: str, before: Outcome, after: Outcome) -> str:
    """One line: who is compared, mean shift, share of far shifts, grades changed."""
    pairs = pd.DataFrame({"before": before.places, "after": after.places}).dropna()
    far = ((pairs["after"] - pairs["before"]).abs() > FAR).mean()
    stars = NO_DATA
    if before.grades is not None and after.grades is not None:
        both = pd.DataFrame({"before": before.grades, "after": after.grades}).dropna()
        moved = both["before"] != both["after"]
        stars = f"{spell(int(moved.sum()))} ({spell(100 * moved.mean(), 1)} %)"
    return (f"| {number} | {title} | {spell(len(pairs))} | {spell(mean_rank_shift(pairs['before'], pairs['after']), 1)}"
            f" | {spell(100 * far, 1)} % | {stars} |")


def rows(root: Path = ROOT) -> dict[str, list[str]]:
    """Lines of the table by the number of the decision."""
    star = Star(editions.load_edition(root, VERSION), root)
    return {decision: [row(f"{decision}.{place}", one.title, one.against(star), one.made(star))
                       for place, one in enumerate(own, start=1)] for decision, own in READINGS.items()}


def page(made: dict[str, list[str]], titles: dict[str, tuple[str, str]]) -> str:
    """The whole document; `titles` leads from a decision's number to its file and heading."""
    parts = [HEAD]
    for decision, lines in made.items():
        name, title = titles[decision]
        parts.append("\n".join([f"\n## [{title}](decisions/{name})\n", COLUMNS, *lines]) + "\n")
    return "".join(parts)


def records(folder: Path = DECISIONS) -> dict[str, tuple[str, str]]:
    """Number of a decision -> its file and its heading."""
    return {path.name[:4]: (path.name, path.read_text(encoding="utf-8").partition("\n")[0].removeprefix("# "))
            for path in sorted(folder.glob("[0-9]*.md"))}


def quoting(text: str, lines: Iterable[str]) -> str:
    """A record with its quoted rows written anew.

    >>> quoting("до\\n| 0002.1 | давно | 1 |\\nпосле", ["| 0002.1 | теперь | 2 |"])
    'до\\n| 0002.1 | теперь | 2 |\\nпосле'
    """
    fresh = {line.split(" | ")[0]: line for line in lines}
    return re.sub(r"(?m)^(\| \d{4}\.\d+) \| .*$", lambda found: fresh[found[1]], text)


def main() -> None:
    """Write the page and the rows that the records quote."""
    made = rows()
    titles = records()
    PAGE.write_text(page(made, titles), encoding="utf-8", newline="\n")
    for decision, lines in made.items():
        path = DECISIONS / titles[decision][0]
        path.write_text(quoting(path.read_text(encoding="utf-8"), lines), encoding="utf-8", newline="\n")
    print(f"{PAGE.relative_to(ROOT)}: {sum(map(len, made.values()))}")


if __name__ == "__main__":
    sys.exit(main())
