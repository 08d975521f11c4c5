"""Words, tables and rules of the statistical audit: is the index one that a statistician would sign.

The order of the audits of the Joint Research Centre: data, coherence, weights, added value, robustness, frontier,
recommendations. Every threshold has its source (`Thresholds.table`); every sentence is made from numbers that were
computed elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from methods.agreement.internal_consistency import CronbachAlpha, cronbach_alpha
from methods.agreement.verdict import Rule
from methods.errors import InputError, NotPublishable
from methods.index.added_value import OF_UNITS, PLACES, AddedValue
from methods.index.correlation_lights import (
    COHERENT,
    CONTRARY,
    LEVEL,
    REDUNDANT,
    REDUNDANT_FROM,
    SILENT,
    SILENT_BELOW,
    Correlations,
    correlations,
    flagged_pairs,
)
from methods.index.coverage import COVERAGE, DataCoverage
from methods.index.dimensionality import (
    ONE_DIMENSION,
    PrincipalComponents,
    parallel_analysis,
    principal_components,
)
from methods.index.edition import INDEX, Edition
from methods.index.normalise import min_max
from methods.index.score import Scores
from methods.report.narrative import as_said, counted, listed, of_units, plural, quoted, units
from methods.report.results import spell
from methods.report.weighing import percent
from methods.sensitivity.one_at_a_time import JOINT, Alternative, OneAtATime
from methods.sensitivity.outliers import KURTOSIS, SKEWNESS
from methods.weights.bench import members
from methods.weights.benefit_of_doubt import BenefitOfDoubt, benefit_of_doubt

Title = Callable[[str], str]

ENOUGH_ALPHA = 0.7     # Nunnally (1978)
LOW_SHARE, HIGH_SHARE = 0.5, 2.0   # of its weight: what an element may make of a unit's score under its own weights
IMBALANCE = 2.0        # times that importance may differ from weight; a convention of this audit
STRAY = "ближе к чужой группе"
UNSPREAD = ("none", "goalposts")   # normalisations in which one extreme value does not squeeze the others
NAN = float("nan")


@dataclass(frozen=True)
class Thresholds:
    """What the audit takes for too little or too much."""

    coverage: float = COVERAGE
    skewness: float = SKEWNESS
    kurtosis: float = KURTOSIS
    component: float = ONE_DIMENSION
    alpha: float = ENOUGH_ALPHA
    silent: float = SILENT_BELOW
    redundant: float = REDUNDANT_FROM
    level: float = LEVEL
    imbalance: float = IMBALANCE
    apart: int = PLACES

    def table(self) -> pd.DataFrame:
        """Every threshold with the question that it answers and its source."""
        rows = [
            ("Охват", "значений у единицы или показателя не меньше", percent(self.coverage, 0),
             "Объединённый исследовательский центр Еврокомиссии (JRC), COIN Tool, частые вопросы"),
            ("Выбросы", "асимметрия по модулю больше", spell(self.skewness), "JRC, COIN Tool; COINr, check_SkewKurt"),
            ("Выбросы", "и эксцесс больше", spell(self.kurtosis), "JRC, COIN Tool; COINr, check_SkewKurt"),
            ("Одна ось", "доля первой компоненты не меньше", percent(self.component, 0),
             "COINr (ветка cimentadaj), get_combinations"),
            ("Одна ось", "альфа Кронбаха не меньше", spell(self.alpha), "Nunnally (1978), Psychometric Theory, с. 245"),
            ("Связь", f"«{SILENT}», если меньше", spell(self.silent),
             "COINr, plot_corr; Cohen (1988): слабее — меньше десятой части общей дисперсии"),
            ("Связь", f"«{REDUNDANT}», если не меньше", spell(self.redundant),
             "COINr (ветка cimentadaj), get_combinations"),
            ("Связь", f"«{CONTRARY}», если меньше нуля, а p меньше", spell(self.level), "COINr, get_corr"),
            ("Влияние", "отличается от веса больше чем во столько раз", spell(self.imbalance),
             "мера — Paruolo, Saisana, Saltelli (2013); кратность — договорённость этой тетради"),
            ("Добавленная ценность", "места расходятся не меньше чем на", spell(self.apart),
             f"JRC, аудиты Глобального инновационного индекса: {PLACES} мест из {OF_UNITS}, в пересчёте на число "
             "единиц"),
            ("Граница", "доля элемента в балле единицы, в его весах", f"{spell(LOW_SHARE)}–{spell(HIGH_SHARE)}",
             "договорённость этой тетради и тетради о весах"),
        ]
        return pd.DataFrame(rows, columns=["Проверка", "Граница", "Значение", "Источник"],
                            index=pd.RangeIndex(1, len(rows) + 1, name="№"))


# --- data -------------------------------------------------------------------------------------------------------------

def groups_of(edition: Edition, present: pd.Index) -> dict[str, list[str]]:
    """Groups right below the index with the indicators in them that are present; none in an edition without groups."""
    found = {group: [code for code in edition.leaves(group) if code in present]
             for group in edition.children(INDEX) if group in edition.groups}
    return {group: codes for group, codes in found.items() if codes}


def coverage_table(found: DataCoverage, ranked: pd.Index, edition: Edition, thresholds: Thresholds) -> pd.DataFrame:
    """By group and overall: mean coverage, units that lack too much, and how many of these are ranked all the same."""
    shares = pd.concat([found.units.rename(INDEX), found.groups], axis=1)
    short = shares < thresholds.coverage
    table = pd.DataFrame({
        "Название": [edition.element_title(code) for code in shares],
        "Охват в среднем, %": 100 * shares.mean(),
        "Единиц ниже порога": short.sum(),
        "Из них в рейтинге": short.loc[short.index.isin(ranked)].sum()})
    return table.rename(index={INDEX: "—"}).rename_axis("Код")


def coverage_text(found: DataCoverage, ranked: pd.Index, edition: Edition, thresholds: Thresholds) -> str:
    """Who and what lacks too much."""
    least = percent(thresholds.coverage, 0)
    whole = found.units.mean()
    said = f"Есть {percent(whole)} значений. "
    short = found.short_units(thresholds.coverage)
    if not len(short):
        said += f"У каждой единицы не меньше {least} показателей."
    else:
        among = int(short.isin(ranked).sum())
        said += (f"Меньше {least} показателей — у {of_units(len(short), edition.unit)} из "
                 f"{spell(len(found.units))}, из них в рейтинге {spell(among)}.")
    bare = found.short_indicators(thresholds.coverage)
    if len(bare):
        said += (f" Показателей, которые есть меньше чем у {least} единиц, — {spell(len(bare))} из "
                 f"{spell(len(found.indicators))}: {quoted([edition.element_title(code) for code in bare])}.")
    else:
        said += f" Каждый показатель есть не меньше чем у {least} единиц."
    return said


SCREEN = {"n": "Значений", "skewness": "Асимметрия", "kurtosis": "Эксцесс"}


def depends_on_spread(code: str, edition: Edition) -> bool:
    """Whether an extreme value of the indicator moves the normalised values of the other units."""
    return edition.normalisation_of(code).method not in UNSPREAD


def outliers_table(screen: pd.DataFrame, edition: Edition) -> pd.DataFrame:
    """`outlier_screen` with titles and the cure in words."""
    table = screen[list(SCREEN)].rename(columns=SCREEN)
    table.insert(0, "Показатель", [edition.element_title(code) for code in screen.index])
    table["Что делать"] = [_cure(screen.loc[code], depends_on_spread(code, edition)) for code in screen.index]
    return table.rename_axis("Код")


OUTLIERS_DECIMALS = {"Значений": 0, "Асимметрия": 2, "Эксцесс": 2}


def _cure(row: pd.Series, squeezes: bool) -> str:
    if row["distinct"] < 2:
        return "исключить: одно значение у всех"
    if not row["outlying"]:
        return "ничего"
    if not squeezes:
        return "проверить крайние значения; шкала от них не зависит"
    if row["cured"]:
        moved = int(row["moved"])
        return f"сдвинуть {counted(moved, 'крайнее значение', 'крайних значения', 'крайних значений')}"
    return "сдвиг не лечит: взять логарифм или опорные точки"


def outliers_text(screen: pd.DataFrame, edition: Edition, thresholds: Thresholds) -> str:
    """How many indicators are outlying, how many would have to be treated."""
    title, outlying = edition.element_title, screen.index[screen["outlying"]]
    still = screen.index[screen["distinct"] < 2]
    said = (f"Выбросы по обоим признакам (асимметрия по модулю больше {spell(thresholds.skewness)}, эксцесс больше "
            f"{spell(thresholds.kurtosis)}) ")
    if len(outlying):
        said += (f"— у {counted(len(outlying), 'показателя', 'показателей', 'показателей')} из {spell(len(screen))}: "
                 f"{quoted([title(code) for code in outlying])}.")
        squeezed = [code for code in outlying if depends_on_spread(code, edition)]
        said += (f" Сжимают остальных, и их нужно обработать, {spell(len(squeezed))}." if squeezed else
                 " Шкала этих показателей не зависит от разброса, поэтому остальных они не сжимают: обработка не "
                 "обязательна, крайние значения стоит проверить.")
    else:
        said += "не найдены."
    if len(still):
        said += f" Одно значение у всех единиц: {quoted([title(code) for code in still])}."
    return said


# --- coherence: one axis ----------------------------------------------------------------------------------------------

@dataclass(frozen=True, eq=False)
class Axis:
    """Whether the members of one element point one way."""

    parent: str
    members: int
    components: PrincipalComponents | None
    by_chance: int                 # components above chance by parallel analysis
    alpha: CronbachAlpha | None
    why: str = ""                  # what could not be computed

    @property
    def one(self) -> bool:
        """Exactly one component is more than chance, and no loading on it is negative."""
        return self.components is not None and self.by_chance == 1 and not len(self.components.against)


def axes(scores: Scores, edition: Edition, *, draws: int = 1000, seed: int = 0) -> list[Axis]:
    """Every group and the index: components and alpha of the elements that they are made of, over ranked units."""
    return [_axis(parent, members(scores, edition, parent), draws, seed) for parent in [*edition.groups, INDEX]]


def _axis(parent: str, values: pd.DataFrame, draws: int, seed: int) -> Axis:
    k = values.shape[1]
    if k < 2:
        return Axis(parent, k, None, 0, None, "состоит из одного элемента")
    try:
        found = principal_components(values)
        bounds = parallel_analysis(found.n, k, draws=draws, seed=seed)
        gaps = "pairwise" if values.isna().to_numpy().any() else "listwise"
        return Axis(parent, k, found, found.above_chance(bounds), cronbach_alpha(values.apply(_standard), gaps=gaps))
    except (InputError, NotPublishable) as reason:
        return Axis(parent, k, None, 0, None, str(reason))


def _standard(values: pd.Series) -> pd.Series:
    """Alpha of standardised items: points of different sizes must not speak louder."""
    return (values - values.mean()) / values.std()


def axes_table(found: Sequence[Axis], edition: Edition) -> pd.DataFrame:
    """Components and alpha by element."""
    rows = {}
    for axis in found:
        part, alpha = axis.components, axis.alpha
        rows[axis.parent] = {
            "Название": edition.element_title(axis.parent), "Элементов": axis.members,
            "Единиц": NAN if part is None else part.n,
            "Первая компонента, %": NAN if part is None else 100 * part.shares.iloc[0],
            "Собственных чисел больше 1": NAN if part is None else part.above_one,
            "Компонент сверх случайных": NAN if part is None else axis.by_chance,
            "Нагрузки против": "—" if part is None else ", ".join(map(str, part.against)) or "нет",
            "Альфа": NAN if alpha is None else alpha.alpha,
            "Альфа от": NAN if alpha is None else alpha.interval[0],
            "Альфа до": NAN if alpha is None else alpha.interval[1]}
    return pd.DataFrame.from_dict(rows, orient="index").rename(index={INDEX: "—"}).rename_axis("Код")


AXES_DECIMALS = {"Элементов": 0, "Единиц": 0, "Первая компонента, %": 1, "Собственных чисел больше 1": 0,
                 "Компонент сверх случайных": 0, "Альфа": 2, "Альфа от": 2, "Альфа до": 2}


def axes_text(found: Sequence[Axis], edition: Edition, thresholds: Thresholds) -> str:
    """Which groups measure one thing, and the index."""
    title = edition.element_title
    groups = [axis for axis in found if axis.parent != INDEX]
    whole = next(axis for axis in found if axis.parent == INDEX)
    tried = [axis for axis in groups if axis.components is not None]
    said = []
    if tried:
        one = [axis for axis in tried if axis.one]
        said.append(f"Об одном (сверх случайных ровно одна компонента, нагрузки одного знака) "
                    f"{plural(len(one), 'говорит', 'говорят', 'говорят')} "
                    f"{counted(len(one), 'группа', 'группы', 'групп')} из {spell(len(tried))} проверенных.")
        several = [axis for axis in tried if not axis.one]
        if several:
            shown = listed([f"«{title(axis.parent)}» ({_components(axis)})" for axis in several])
            said.append(f"Не об одном: {shown}.")
        loose = [axis for axis in one if axis.components.shares.iloc[0] < thresholds.component]
        if loose:
            shown = listed([f"«{title(axis.parent)}» ({percent(axis.components.shares.iloc[0], 0)})"
                            for axis in loose])
            said.append(f"Об одном, но связаны слабо — первая компонента меньше {percent(thresholds.component, 0)}: "
                        f"{shown}.")
        weak = [axis for axis in tried if axis.alpha is not None and axis.alpha.alpha < thresholds.alpha]
        if weak:
            shown = listed([f"«{title(axis.parent)}» ({spell(axis.alpha.alpha, 2)})" for axis in weak])
            said.append(f"Альфа ниже {spell(thresholds.alpha)}: {shown}.")
    single = [axis for axis in groups if axis.members < 2]
    if single:
        said.append(f"Из одного показателя состоят группы: {quoted([title(axis.parent) for axis in single])}; "
                    "проверять в них нечего.")
    lost = [axis for axis in groups if axis.members > 1 and axis.components is None]
    if lost:
        said.append(f"Не посчитано: {quoted([title(axis.parent) for axis in lost])}: полных строк мало или показатель "
                    "не меняется.")
    if whole.components is None:
        said.append("Для индекса компоненты не посчитаны.")
    else:
        part = whole.components
        said.append(f"В индексе первая компонента держит {percent(part.shares.iloc[0], 0)} разброса "
                    f"{counted(whole.members, 'элемента', 'элементов', 'элементов')}, сверх случайных — "
                    f"{counted(whole.by_chance, 'компонента', 'компоненты', 'компонент')}.")
        if len(part.against):
            said.append(f"Против остальных в индексе идут: {quoted([title(code) for code in part.against])}.")
    return " ".join(said)


def _components(axis: Axis) -> str:
    """Why an element does not point one way."""
    if len(axis.components.against):
        return f"против остальных {listed([str(code) for code in axis.components.against])}"
    if not axis.by_chance:
        return "показатели не связаны"
    return f"сверх случайных {counted(axis.by_chance, 'компонента', 'компоненты', 'компонент')}"


# --- coherence: correlation traffic lights ----------------------------------------------------------------------------

@dataclass(frozen=True, eq=False)
class Links:
    """How every indicator goes with the groups and the index, and every two of them with each other."""

    upward: Correlations     # indicators x (groups, index)
    lights: pd.DataFrame     # the same cells: words where there is something to say
    own: pd.Series           # by indicator: its group below the index; NaN if it has none or is alone in it
    pairs: pd.DataFrame      # first, second, r, light: indicators of one group, or all repeats
    among: Correlations      # indicators with indicators
    groups: Correlations     # groups with groups and the index

    @property
    def pair_lights(self) -> pd.DataFrame:
        """Indicators by indicators: the words of `pairs`."""
        table = pd.DataFrame("", self.among.r.index, self.among.r.columns)
        for pair in self.pairs.itertuples():
            table.loc[pair.first, pair.second] = table.loc[pair.second, pair.first] = pair.light
        return table

    @property
    def with_own(self) -> pd.Series:
        """Correlation of each indicator with its own group."""
        return _picked(self.upward.r, self.own)


def picture(found: Links, most: int = 60) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Correlations and lights for the map: indicators by groups and the index; without groups indicators by each other.

    Of more than `most` indicators only those with a light are drawn.
    """
    names = {INDEX: "Индекс"}
    if found.upward.r.shape[1] > 1:
        lit = (found.lights != "").any(axis=1)
        rows = found.lights.index if len(lit) <= most else found.lights.index[lit]
        return found.upward.r.loc[rows].rename(columns=names), found.lights.loc[rows].rename(columns=names)
    codes = [*found.among.r.index, INDEX]
    table, lights = (square.reindex(index=codes, columns=codes) for square in (found.among.r, found.pair_lights))
    table[INDEX], lights[INDEX] = found.upward.r[INDEX], found.lights[INDEX]
    table.loc[INDEX], lights.loc[INDEX] = table[INDEX], lights[INDEX]
    return table.rename(index=names, columns=names), lights.rename(index=names, columns=names)


def links(scores: Scores, edition: Edition, thresholds: Thresholds) -> Links:
    """Correlations of ranked units and their lights.

    The lights of an indicator concern its own group and the index; in another group only a link that is stronger than
    that with its own is marked.
    """
    ranked = scores.rank.notna()
    values = scores.normalised.loc[ranked]
    groups = groups_of(edition, values.columns)
    home = {code: group for group, codes in groups.items() for code in codes if len(codes) > 1}
    own = pd.Series(home, dtype=object).reindex(values.columns)
    above = scores.elements.loc[ranked, [*groups, INDEX]]
    upward, among = correlations(values, above), correlations(values)
    found = upward.lights(thresholds.silent, thresholds.redundant, thresholds.level)
    lights = pd.DataFrame("", found.index, found.columns)
    lights[INDEX] = found[INDEX].where(found[INDEX] != COHERENT, "")
    for code, group in own.dropna().items():
        word = found.loc[code, group]
        lights.loc[code, group] = word if word in (SILENT, CONTRARY) else ""
        others = upward.r.loc[code, [other for other in groups if other != group]]
        lights.loc[code, others.index[others > upward.r.loc[code, group]]] = STRAY
    return Links(upward, lights, own, _pairs(among, groups, thresholds), among, correlations(above))


def _picked(table: pd.DataFrame, columns: pd.Series) -> pd.Series:
    """Of every row the cell in the column named for it."""
    return pd.Series({row: NAN if pd.isna(column) else table.loc[row, column] for row, column in columns.items()},
                     dtype=float)


def _pairs(among: Correlations, groups: Mapping[str, Sequence[str]], thresholds: Thresholds) -> pd.DataFrame:
    """Pairs that repeat each other anywhere, and pairs of one group (or of an index without groups) that run apart."""
    found = flagged_pairs(among, among.lights(thresholds.silent, thresholds.redundant, thresholds.level), REDUNDANT,
                          CONTRARY)
    home = {code: group for group, codes in groups.items() for code in codes}
    together = [home.get(one) == home.get(other) for one, other in zip(found["first"], found["second"], strict=True)]
    return found[(found["light"] == REDUNDANT) | pd.Series(together, found.index, dtype=bool)].reset_index(drop=True)


def links_table(found: Links, edition: Edition) -> pd.DataFrame:
    """Indicators with their group, the index and the strongest of the other groups; lights in words."""
    groups = [code for code in found.upward.r if code != INDEX]
    rows = {}
    for code in found.upward.r.index:
        own = found.own[code]
        others = found.upward.r.loc[code, [group for group in groups if group != own]].dropna()
        words = dict.fromkeys(word for word in found.lights.loc[code] if word)
        rows[code] = {"Показатель": edition.element_title(code), "Со своей группой": found.with_own[code],
                      "С другой, наибольшая": others.max() if len(others) else NAN,
                      "С какой": others.idxmax() if len(others) else "—",
                      "С индексом": found.upward.r.loc[code, INDEX], "Огонь": ", ".join(words) or COHERENT}
    table = pd.DataFrame.from_dict(rows, orient="index").rename_axis("Код")
    return table if groups else table.drop(columns=["Со своей группой", "С другой, наибольшая", "С какой"])


def pairs_table(found: Links, edition: Edition) -> pd.DataFrame:
    """Pairs of indicators that repeat each other or run contrary inside one group."""
    named = found.pairs.assign(first=[f"{code}. {edition.element_title(code)}" for code in found.pairs["first"]],
                               second=[f"{code}. {edition.element_title(code)}" for code in found.pairs["second"]])
    table = named.set_axis(["Первый", "Второй", "Связь", "Огонь"], axis=1)
    return table.set_index(pd.RangeIndex(1, len(table) + 1, name="№"))


def links_text(found: Links, edition: Edition) -> str:
    """How many lights are on, and which indicators are concerned."""
    title, said = edition.element_title, []
    with_own = pd.Series({code: "" if pd.isna(group) else found.lights.loc[code, group]
                          for code, group in found.own.items()}, dtype=object)
    if found.own.notna().any():
        said.append(f"Со своей группой согласованы {spell(int((with_own[found.own.notna()] == '').sum()))} из "
                    f"{counted(int(found.own.notna().sum()), 'показателя', 'показателей', 'показателей')}.")
        said += _lit(with_own, {SILENT: "Молчат в своей группе", CONTRARY: "Идут против своей группы"}, title)
        stray = found.lights.index[(found.lights == STRAY).any(axis=1)]
        if len(stray):
            said.append(f"Теснее связаны с чужой группой, чем со своей: {quoted([title(code) for code in stray])}.")
    said += _lit(found.lights[INDEX], {SILENT: "Молчат в индексе", CONTRARY: "Идут против индекса",
                                       REDUNDANT: "Повторяют индекс"}, title)
    if not said or not (found.lights[INDEX] != "").any():
        said.append("С индексом согласованы все показатели.")
    counts = found.pairs["light"].value_counts()
    repeats, contrary = int(counts.get(REDUNDANT, 0)), int(counts.get(CONTRARY, 0))
    said.append(f"Пар, которые повторяют друг друга, — {spell(repeats)}; пар одной группы, которые идут врозь, — "
                f"{spell(contrary)}.")
    return " ".join(said)


def _lit(lights: pd.Series, words: Mapping[str, str], title: Title) -> Iterator[str]:
    for light, phrase in words.items():
        codes = lights.index[lights == light]
        if len(codes):
            yield f"{phrase}: {quoted([title(code) for code in codes])}."


def groups_text(found: Links, edition: Edition, thresholds: Thresholds) -> str:
    """How groups go with each other and with the index."""
    codes = [code for code in found.groups.r if code != INDEX]
    if len(codes) < 2:
        return "Групп меньше двух: сверять их между собой нечего."
    lights = found.groups.lights(thresholds.silent, thresholds.redundant, thresholds.level)
    between, r = lights.loc[codes, codes], found.groups.r.loc[codes, codes]
    upper = np.triu_indices(len(codes), 1)
    counts = pd.Series(between.to_numpy()[upper]).value_counts()
    whole = found.groups.r.loc[codes, INDEX]
    said = (f"Между собой группы связаны от {spell(float(np.nanmin(r)), 2)} до {spell(float(np.nanmax(r)), 2)}, с "
            f"индексом — от {spell(whole.min(), 2)} («{edition.element_title(whole.idxmin())}») до "
            f"{spell(whole.max(), 2)} («{edition.element_title(whole.idxmax())}»).")
    for word, phrase in ((REDUNDANT, "повторяют друг друга"), (SILENT, "почти не связаны"), (CONTRARY, "идут врозь")):
        number = int(counts.get(word, 0))
        if number:
            said += f" Пар групп, которые {phrase}, — {spell(number)}."
    return said


# --- weights ----------------------------------------------------------------------------------------------------------

def influence_table(importance: pd.DataFrame, weights: pd.Series, edition: Edition) -> pd.DataFrame:
    """Weight of every indicator in the index beside its share of importance with the interval, per cent."""
    weights = weights[importance.index]
    table = pd.DataFrame({
        "Показатель": [edition.element_title(code) for code in importance.index],
        "Вес, %": 100 * weights / weights.sum(), "Доля влияния, %": 100 * importance["share"],
        "От": 100 * importance["share_low"], "До": 100 * importance["share_high"]}, index=importance.index)
    table["Влияние к весу"] = table["Доля влияния, %"] / table["Вес, %"].where(table["Вес, %"] > 0)
    return table.rename_axis("Код")


INFLUENCE_DECIMALS = {"Вес, %": 1, "Доля влияния, %": 1, "От": 1, "До": 1, "Влияние к весу": 2}


def influence_text(table: pd.DataFrame, thresholds: Thresholds, edition: Edition) -> str:
    """Which indicators do much more or much less than their weight says, beyond chance."""
    times = _times(thresholds.imbalance)
    loud = table.index[table["От"] > thresholds.imbalance * table["Вес, %"]]
    quiet = table.index[table["До"] < table["Вес, %"] / thresholds.imbalance]
    if not len(loud) and not len(quiet):
        return f"Ни у одного показателя доля влияния не отличается от веса наверняка больше чем в {times}."

    def words(codes: pd.Index) -> str:
        return listed([f"«{edition.element_title(code)}» (вес {spell(table.loc[code, 'Вес, %'], 1)}\u00a0%, влияние "
                       f"{spell(table.loc[code, 'Доля влияния, %'], 1)}\u00a0%)" for code in codes])
    said = []
    if len(loud):
        said.append(f"Влияют больше чем в {times} сильнее веса: {words(loud)}.")
    if len(quiet):
        said.append(f"Влияют больше чем в {times} слабее веса: {words(quiet)}.")
    return " ".join(said)


def _times(ratio: float) -> str:
    whole = float(ratio).is_integer()
    return counted(int(ratio), "раз", "раза", "раз") if whole else f"{spell(ratio)}\u00a0раза"


# --- added value ------------------------------------------------------------------------------------------------------

ADDED = {"apart": "Места расходятся, % единиц", "mean_shift": "Среднее расхождение мест",
         "spearman": "Корреляция мест (Спирмен)", "units": "Единиц"}
ADDED_DECIMALS = {ADDED["apart"]: 1, ADDED["mean_shift"]: 1, ADDED["spearman"]: 2, ADDED["units"]: 0}


def added_value_table(found: AddedValue, edition: Edition, apart: int) -> pd.DataFrame:
    """By element: how far places by it alone are from those by the index."""
    table = found.summary(apart)
    table = table.assign(apart=100 * table["apart"]).rename(columns=ADDED)
    table.insert(0, "Название", [edition.element_title(code) for code in table.index])
    return table.rename_axis("Код")


def added_value_text(found: AddedValue, edition: Edition, apart: int) -> str:
    """Whether some element alone would do."""
    table, title = found.summary(apart), edition.element_title
    nearest, farthest = table["apart"].idxmin(), table["apart"].idxmax()
    where = counted(apart, "позицию", "позиции", "позиций")
    if len(table) < 2:
        return f"Индекс состоит из одного элемента «{title(nearest)}»: сверх него он ничего не говорит."
    any_ = found.apart_from_any(apart)
    return (f"Не меньше чем на {where} место по индексу расходится с местом хотя бы по одному элементу у "
            f"{percent(any_)} единиц. Ближе всех к индексу «{title(nearest)}»: так расходятся с ним места "
            f"{percent(table.loc[nearest, 'apart'])} единиц; дальше всех «{title(farthest)}» "
            f"({percent(table.loc[farthest, 'apart'])}). Чем таких единиц больше, тем больше индекс добавляет к этому "
            "элементу.")


# --- robustness -------------------------------------------------------------------------------------------------------

ONE = {"mean_shift": "Средний сдвиг места", "largest_shift": "Наибольший сдвиг", "apart": "Сдвинулись далеко, %",
       "lost": "Осталось без балла"}
ONE_DECIMALS = {ONE["mean_shift"]: 1, ONE["largest_shift"]: 0, ONE["apart"]: 1, ONE["lost"]: 0}


def choices_table(found: OneAtATime, alternatives: Mapping[str, Alternative], apart: int) -> pd.DataFrame:
    """One row a choice that was changed; those that could not be have the reason."""
    table = found.summary(apart)
    table = table.assign(apart=100 * table["apart"]).rename(columns=ONE)
    joint = "; ".join(alternatives[name].title for name in found.together)
    table.insert(0, "Что изменено", [f"вместе: {joint}" if name == JOINT else alternatives[name].title
                                     for name in table.index])
    refused = pd.DataFrame({"Что изменено": [f"{alternatives[name].title} — {reason}"
                                             for name, reason in found.refused.items()]}, index=list(found.refused))
    whole = pd.concat([table, refused]) if len(refused) else table
    order = [name for name in [*alternatives, JOINT] if name in whole.index]
    return whole.loc[order].set_index("Что изменено")


def choices_text(found: OneAtATime, alternatives: Mapping[str, Alternative]) -> str:
    """Which choice matters most, and what all of them do together."""
    shift = found.summary()["mean_shift"].drop(JOINT, errors="ignore")
    if shift.empty:
        return "Ни один выбор методики нельзя изменить на другой обычный."
    if not shift.max() > 0:
        return "Ни один другой обычный выбор не сдвигает ни одного места."
    most, least = shift.idxmax(), shift.idxmin()
    said = (f"Выборов, изменённых по одному, — {spell(len(shift))}. Сильнее всего места сдвигает "
            f"«{as_said(alternatives[most].title)}»: в среднем на {spell(shift[most], 1)} из "
            f"{spell(len(found.adopted))}")
    said += ("." if len(shift) < 2 else
             f"; слабее всего — «{as_said(alternatives[least].title)}» ({spell(shift[least], 1)}).")
    if JOINT in found.places:
        joint = found.summary().loc[JOINT, "mean_shift"]
        said += (f" Вместе {counted(len(found.together), 'выбор', 'выбора', 'выборов')} "
                 f"{plural(len(found.together), 'сдвигает', 'сдвигают', 'сдвигают')} место в среднем на "
                 f"{spell(joint, 1)}.")
    return said


# --- frontier ---------------------------------------------------------------------------------------------------------

def doubt(values: pd.DataFrame, weights: pd.Series) -> BenefitOfDoubt:
    """Benefit of the doubt where every element makes between half and double its weight of a unit's score.

    On [0.01; 1], so that the worst unit of an element has something to give a share of.
    """
    low, high = LOW_SHARE * weights, (HIGH_SHARE * weights).clip(upper=1)
    return benefit_of_doubt(0.01 + 0.99 * values.apply(min_max), pie_shares=(low, high))


FRONTIER = {0.25: "Лучшая четверть, не больше", 0.5: "Половина, не больше", 0.75: "Три четверти, не больше"}


def frontier_table(distance: pd.DataFrame, edition: Edition) -> pd.DataFrame:
    """By element: quartiles of the way that units have before them, per cent."""
    table = (100 * distance.quantile(list(FRONTIER))).T.rename(columns=FRONTIER)
    table.insert(0, "Название", [edition.element_title(code) for code in distance])
    return table.rename_axis("Код")


def frontier_text(distance: pd.DataFrame, found: BenefitOfDoubt | None, index: pd.Series, edition: Edition) -> str:
    """Where the way to the best is longest, and what the most favourable weights would give."""
    middle, title = distance.median(), edition.element_title
    said = (f"Дальше всего от лучших единица в середине ряда по «{title(middle.idxmax())}»: ей осталось "
            f"{percent(middle.max(), 0)} пути от худшего значения к лучшему; ближе всего — по "
            f"«{title(middle.idxmin())}» ({percent(middle.min(), 0)}).")
    if found is None:
        return said
    spearman = found.scores.corr(index.reindex(found.scores.index), method="spearman")
    return (f"{said} Если каждой единице дать самые выгодные для неё веса (от половины до двух принятых долей), на "
            f"границе {plural(len(found.frontier), 'окажется', 'окажутся', 'окажется')} "
            f"{units(len(found.frontier), edition.unit)} из {spell(len(found.scores))}, в середине "
            f"ряда балл — {percent(found.scores.median(), 0)} от лучшего при своих весах; корреляция мест с принятыми "
            f"{spell(spearman, 2)}. Чем она ближе к единице, тем меньше спор о весах меняет порядок.")


# --- recommendations --------------------------------------------------------------------------------------------------

KEPT = "оставить"


def indicator_measures(coverage: DataCoverage, screen: pd.DataFrame, found: Links, influence: pd.DataFrame,
                       edition: Edition) -> pd.DataFrame:
    """What recommendations rest on: one row an indicator; NaN where a question does not arise."""
    codes = screen.index
    table = screen[["distinct", "kurtosis"]].assign(
        coverage=100 * coverage.indicators[codes], skewness=screen["skewness"].abs(),
        squeezes=[float(depends_on_spread(code, edition)) for code in codes])
    links = pd.DataFrame({"group": found.with_own, "group_p": _picked(found.upward.p, found.own),
                          "index": found.upward.r[INDEX], "index_p": found.upward.p[INDEX]})
    links["home"] = [edition.element_title(group) if pd.notna(group) else "" for group in found.own]
    groups = found.upward.r.drop(columns=INDEX)
    others = groups.mask(groups.columns.to_numpy() == found.own.to_numpy(dtype=object)[:, None])
    links["other"] = others.max(axis=1)
    links["other_title"] = [edition.element_title(row.idxmax()) if row.notna().any() else ""
                            for _, row in others.iterrows()]
    links["stray"] = links["other"] - links["group"]
    among = found.among.r
    links["twin"] = among.max(axis=1)
    links["twin_title"] = [edition.element_title(row.idxmax()) if row.notna().any() else ""
                           for _, row in among.iterrows()]
    pull = influence[["Вес, %", "Доля влияния, %", "От", "До"]].set_axis(["weight", "share", "low", "high"], axis=1)
    pull["least_times"], pull["most_times"] = pull["low"] / pull["weight"], pull["high"] / pull["weight"]
    return table.join(links).join(pull.where(pull["weight"] > 0)).rename_axis("indicator")


DECIMALS = {"distinct": 0, "coverage": 0, "weight": 1, "share": 1, "low": 1, "high": 1, "group_p": 3, "index_p": 3}


def rules(thresholds: Thresholds) -> dict[str, tuple[Rule, ...]]:
    """Questions of the audit about one indicator; of each question the first rule that holds speaks."""
    t, outlying = thresholds, {"skewness": (thresholds.skewness, None), "kurtosis": (thresholds.kurtosis, None)}
    coinr = "COINr: plot_corr, get_corr"
    return {
        "Данные": (
            Rule({"distinct": (None, 2)}, "исключить как неразличающий", "одно значение у всех единиц",
                 "без разброса показатель никого не различает"),
            Rule({"coverage": (None, 100 * t.coverage)}, "собрать данные",
                 "значение есть у {coverage} % единиц, нужно не меньше {below_coverage} %", "JRC, COIN Tool"),
            Rule({**outlying, "squeezes": (1, None)}, "обработать выбросы",
                 "асимметрия {skewness}, эксцесс {kurtosis}: крайние значения сжимают остальных",
                 "JRC, COIN Tool; COINr, check_SkewKurt"),
            Rule(outlying, "проверить крайние значения",
                 "асимметрия {skewness}, эксцесс {kurtosis}; шкала от разброса не зависит",
                 "JRC, COIN Tool; COINr, check_SkewKurt")),
        "Своя группа": (
            Rule({"group": (None, 0), "group_p": (None, t.level)}, "проверить направление и смысл",
                 "идёт против своей группы «{home}»: связь {group}", coinr),
            Rule({"group": (None, t.silent)}, "пересмотреть место в группе",
                 "молчит в своей группе «{home}»: связь {group}, нужно хотя бы {below_group}",
                 f"{coinr}; Cohen (1988)"),
            Rule({"group_p": (t.level, None)}, "пересмотреть место в группе",
                 "связь со своей группой «{home}» не доказана: {group}, p = {group_p}", coinr),
            Rule({"stray": (0, None)}, "объяснить или перенести",
                 "с группой «{other_title}» связан теснее ({other}), чем со своей ({group})",
                 "Руководство ОЭСР/JRC (2008), шаг 4: показатели группы говорят об одном")),
        "Индекс": (
            Rule({"index": (None, 0), "index_p": (None, t.level)}, "проверить направление и смысл",
                 "идёт против индекса: связь {index}", coinr),
            Rule({"index": (None, t.silent)}, "пересмотреть место в индексе",
                 "молчит в индексе: связь {index}, нужно хотя бы {below_index}", f"{coinr}; Cohen (1988)"),
            Rule({"index_p": (t.level, None)}, "пересмотреть место в индексе",
                 "связь с индексом не доказана: {index}, p = {index_p}", coinr)),
        "Повторы": (
            Rule({"twin": (t.redundant, None)}, "объединить или оставить один",
                 "повторяет «{twin_title}»: связь {twin}", "COINr (ветка cimentadaj), get_combinations"),),
        "Вес": (
            Rule({"most_times": (None, 1 / t.imbalance)}, "сверить вес с влиянием",
                 "вес {weight} %, а влияет на {share} % (от {low} до {high})",
                 "Paruolo, Saisana, Saltelli (2013), doi:10.1111/j.1467-985X.2012.01059.x"),
            Rule({"least_times": (t.imbalance, None)}, "сверить вес с влиянием",
                 "вес {weight} %, а влияет на {share} % (от {low} до {high})",
                 "Paruolo, Saisana, Saltelli (2013), doi:10.1111/j.1467-985X.2012.01059.x")),
    }


def findings(measured: pd.DataFrame, questions: Mapping[str, Sequence[Rule]]) -> pd.DataFrame:
    """Every question that has something to say of an indicator: `indicator`, `question`, `action`, `reason`, `source`.

    A rule whose measure is not defined for an indicator is passed over: the question does not arise.
    """
    rows = [(code, question, rule.action, _reason(rule, row), rule.source)
            for code, row in measured.iterrows() for question, own in questions.items()
            if (rule := next((rule for rule in own if _holds(rule, row)), None)) is not None]
    return pd.DataFrame(rows, columns=["indicator", "question", "action", "reason", "source"])


def _holds(rule: Rule, row: pd.Series) -> bool:
    """Every measure is known and within its bounds."""
    return all(pd.notna(row[name]) and (low is None or row[name] >= low) and (high is None or row[name] < high)
               for name, (low, high) in rule.when.items())


def _reason(rule: Rule, row: pd.Series) -> str:
    words = {name: value if isinstance(value, str) else spell(value, DECIMALS.get(name, 2))
             for name, value in row.items()}
    words |= {f"below_{name}": spell(high, DECIMALS.get(name, 2)) for name, (_, high) in rule.when.items()
              if high is not None}
    return rule.reason.format(**words)


def recommendations_table(found: pd.DataFrame, codes: Sequence[str], edition: Edition) -> pd.DataFrame:
    """Every indicator with what is to be done and why; those without findings are to be kept."""
    rows = {}
    for code in codes:
        own = found[found["indicator"] == code]
        rows[code] = {"Показатель": edition.element_title(code),
                      "Что делать": "; ".join(dict.fromkeys(own["action"])) or KEPT,
                      "Почему": "; ".join(own["reason"]) or "замечаний нет"}
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("Код")


def rules_table(questions: Mapping[str, Sequence[Rule]]) -> pd.DataFrame:
    """Rules with their sources, for the reader who wants to argue."""
    rows = [(question, number, rule.action, rule.source) for question, own in questions.items()
            for number, rule in enumerate(own, start=1)]
    return pd.DataFrame(rows, columns=["Вопрос", "№", "Что делать", "Источник"]).set_index(["Вопрос", "№"])


def recommendations_text(found: pd.DataFrame, codes: Sequence[str]) -> str:
    """How many indicators have findings, action by action."""
    concerned = found["indicator"].nunique()
    said = (f"Без замечаний {counted(len(codes) - concerned, 'показатель', 'показателя', 'показателей')} из "
            f"{spell(len(codes))}.")
    if not concerned:
        return said
    counts = found.drop_duplicates(["indicator", "action"])["action"].value_counts()
    counts = counts.iloc[np.lexsort([counts.index, -counts.to_numpy()])]
    shown = "; ".join(f"{action} — {spell(int(number))}" for action, number in counts.items())
    return (f"{said} Что делать с остальными (показателей): {shown}. Корреляция не доказывает вины показателя: "
            "решают люди, зная, что он измеряет.")


def coherence_text(found: Sequence[Axis], linked: Links) -> str:
    """Whether the groups are of one piece and the indicators with the index, in two numbers."""
    tried = [axis for axis in found if axis.parent != INDEX and axis.components is not None]
    silent = int(linked.lights[INDEX].isin([SILENT, CONTRARY]).sum())
    said = []
    if tried:
        one = sum(axis.one for axis in tried)
        groups = counted(one, "группа", "группы", "групп")
        said.append(f"Об одном {plural(one, 'говорит', 'говорят', 'говорят')} {groups} из {spell(len(tried))}.")
    lost = counted(silent, "показатель", "показателя", "показателей")
    said.append(f"С индексом не {plural(silent, 'связан', 'связаны', 'связаны')} {lost} из "
                f"{spell(len(linked.lights))}." if silent else
                f"С индексом связаны все показатели ({spell(len(linked.lights))}).")
    return " ".join(said)
