"""Words and tables of the check of levels: how sure they are, what other rules give, which questions work, what moved.

Every sentence is made from numbers that were computed elsewhere; nothing here is a formula.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from methods import checks
from methods.agreement.internal_consistency import CronbachAlpha, Omega, cronbach_alpha
from methods.agreement.interviews import index_errors, questionnaire_points
from methods.errors import NotPublishable
from methods.index.change import ComparableTerms, Decomposition, bennet
from methods.index.edition import INDEX, Edition
from methods.index.grade import bands
from methods.index.score import Scores
from methods.maturity.bridging import BridgedSeries, Link
from methods.maturity.classification import Classification, level_probabilities, livingston_lewis, rudner
from methods.maturity.item_response import ItemResponse, graded_response
from methods.maturity.items import DROP, MERGE, MOVE, REASONS, REWRITE, SPLIT, RequirementOrder
from methods.maturity.levels import distribution
from methods.maturity.scalogram import ACCEPTED_REPRODUCIBILITY, MEDIUM, STRONG, WEAK, Loevinger, Scalogram
from methods.maturity.transitions import Progress, Transitions
from methods.report.differing import PARTS, TOLD, cause_title, differences
from methods.report.narrative import as_said, counted, listed, of_units, units
from methods.report.results import spell
from methods.report.weighing import percent

Title = Callable[[str], str]

NO_LEVEL = "без уровня"
ENOUGH_UNITS = 30      # units below which statistics of questions are guesses
PRIOR = 0.5            # sd of the log of discriminations
THETA = np.linspace(-3, 3, 61)
SURE = 0.8             # probability of the own level from which on a level counts as sure
LEAST_RELIABLE = 0.7   # reliability enough where groups are compared: Nunnally (1978)
REGION_CONFIDENCE = 0.95   # of the mean of a region: 1.96 standard errors, data.disclosure.view
DETECTED = 0.05        # p-value below which a change is more than a return to the mean


# --- how sure a level is ----------------------------------------------------------------------------------------------

@dataclass(frozen=True, eq=False)
class Trust:
    """How far the levels of one period can be trusted."""

    found: Classification
    chances: pd.DataFrame   # units x levels 1 .. L, from the unit's score and its error
    error: float            # median standard error of a score, published points
    source: str             # where the error comes from, in words


def borders(edition: Edition, cuts: Sequence[float], labels: Sequence[str]) -> tuple[list[float], list[str]]:
    """All borders of a scale and the names between them: a floor below the first level is a border too."""
    floor = edition.grades.floor if edition.grades else None
    return ([*cuts], [*labels]) if floor is None else ([floor, *cuts], [NO_LEVEL, *labels])


def survey_errors(edition: Edition, answers: pd.DataFrame | None, element: str = INDEX) -> pd.Series | None:
    """Standard error that the sampling of clients leaves in every index or score of a group, in published points.

    None if it is not known.
    """
    if answers is None:
        return None
    try:
        points = questionnaire_points(answers, edition, element)
    except NotPublishable:
        return None
    return index_errors(points, {code: own.share for code, own in edition.clienteles.items()})["se"]


def consistency(parts: pd.DataFrame) -> CronbachAlpha | None:
    """Alpha of what the score is made of; parts that do not vary and units without any are left out.

    None where there are fewer than two parts or three units.
    """
    known = parts.dropna(how="all")
    varying = known.loc[:, known.max() - known.min() > checks.DUST]
    if varying.shape[1] < 2 or len(known) < 3:
        return None
    return cronbach_alpha(varying, gaps="pairwise" if varying.isna().to_numpy().any() else "listwise")


def alphas(*found: CronbachAlpha | None) -> tuple[float, ...]:
    """Values of several alphas; NaN for one that could not be had."""
    return tuple(float("nan") if one is None else one.alpha for one in found)


def parts_of(scores: Scores, edition: Edition, points: pd.DataFrame | None, highest: pd.Series | None) -> pd.DataFrame:
    """What the index is made of: points of questions where they are summed, else shares of their scales; without
    questions normalised indicators times their weights."""
    if points is None:
        weights = edition.effective_weights().drop(list(scores.dropped))
        return scores.normalised * weights[list(scores.normalised)]
    return points if edition.aggregation_of(INDEX).method == "sum" else points / highest


def graded(points: pd.Series, edition: Edition, cuts: Sequence[float]) -> pd.Series:
    """Levels of other scores by the edition's own rule and the borders that it gave."""
    rule = edition.grades
    if rule is None or rule.method != "bands":
        return bands(points, cuts).grade
    return bands(points, cuts, edge=rule.edge, decimals=rule.decimals, floor=rule.floor).grade


def limits(edition: Edition, highest: pd.Series | None) -> tuple[float, float] | None:
    """Smallest and largest index that is possible, in published points; None where the scale has no ends."""
    multiplier = edition.publication.multiplier
    if edition.aggregation_of(INDEX).method == "sum":
        return None if highest is None else (0.0, multiplier * float(highest.sum()))
    return (0.0, multiplier) if edition.normalisation.method in ("none", "min-max", "goalposts") else None


def trust(scores: pd.Series, cuts: Sequence[float], *, errors: pd.Series | None = None,
          alpha: CronbachAlpha | None = None, ends: tuple[float, float] | None = None) -> Trust:
    """Accuracy of levels from the errors of the scores, or else from the reliability of what they are made of.

    Parameters
    ----------
    scores : Series
        Published points of the units that may be shown.

    Raises
    ------
    NotPublishable
        Neither is known, or the model does not suit the scores.
    """
    if errors is not None:
        known = scores[scores.index.isin(errors.index)].dropna()
        own = errors[known.index]
        return Trust(rudner(known, own, cuts), level_probabilities(known, own, cuts), float(own.median()),
                     "выборочная ошибка опроса (Раднер); ошибки проверяющих в ней нет")
    if alpha is None or ends is None:
        raise NotPublishable("Ошибка балла неизвестна: нет ни ошибок опроса, ни шкалы с известными концами. "
                             "Надёжность уровней не оценивается.")
    known = scores.dropna()
    error = float(known.std(ddof=1) * max(1 - alpha.alpha, 0.0) ** 0.5)
    return Trust(livingston_lewis(known, alpha.alpha, cuts, lowest=ends[0], highest=ends[1]),
                 level_probabilities(known, error, cuts), error,
                 f"согласованность частей балла, альфа {spell(alpha.alpha, 2)} (Ливингстон — Льюис)")


def own_chance(chances: pd.DataFrame, levels: pd.Series) -> pd.Series:
    """Probability of the level that a unit was given; `levels`: its columns in `chances`."""
    place = chances.columns.get_indexer(levels[chances.index].astype(int))
    return pd.Series(chances.to_numpy()[np.arange(len(chances)), place], chances.index, name="own")


TRUST = {"assigned": "Присвоено, %", "true": "По модели истинно, %", "right": "Из присвоенных верно, %",
         "again": "Повторилось бы, %"}


def trust_table(found: Trust, names: Sequence[str]) -> pd.DataFrame:
    """By level: how many were put there, truly are there, belong there and would be put there again."""
    table = 100 * found.found.levels()[list(TRUST)].rename(columns=TRUST)
    return table.set_axis(pd.Index(names, name="Уровень"))


def trust_text(found: Trust, own: pd.Series, names: Sequence[str], edition: Edition) -> str:
    """How many levels are right, how many would come back, and where it is worst."""
    c = found.found
    by_border = c.borders()["accuracy"]
    worst = int(by_border.to_numpy().argmin())
    said = (f"Источник ошибки: {found.source}; ошибка балла в середине ряда "
            f"{spell(found.error, min(edition.publication.decimals + 1, 3))}. На своём истинном "
            f"уровне {percent(c.accuracy, 0)} единиц (точность): завышен {percent(c.too_high, 0)}, занижен "
            f"{percent(c.too_low, 0)}. При повторном измерении тот же уровень получили бы {percent(c.consistency, 0)} "
            f"(согласованность)")
    said += "." if np.isnan(c.kappa) else f", сверх случая — каппа {spell(c.kappa, 2)}."
    if len(by_border) > 1:
        said += (f" Слабее всего граница «{as_said(names[worst])}» — «{as_said(names[worst + 1])}»: не по ту сторону "
                 f"{percent(1 - by_border.iloc[worst], 0)}.")
    unsure = int((own < SURE).sum())
    return said + (f" Уровень под вопросом (вероятность меньше {percent(SURE, 0)}) у "
                   f"{of_units(unsure, edition.unit)} из {spell(len(own))}.")


def chances_table(chances: pd.DataFrame, own: pd.Series, scores: pd.Series, titles: pd.Series,
                  names: Sequence[str]) -> pd.DataFrame:
    """Probability of every level, %, the least sure units first."""
    table = (100 * chances).set_axis([f"{name}, %" for name in names], axis=1).round(0)
    table.insert(0, "Название", titles.reindex(table.index))
    table.insert(1, "Балл", scores[table.index])
    return table.loc[own.sort_values(kind="stable").index].rename_axis("Код")


# --- other rules ------------------------------------------------------------------------------------------------------

def shares_by_rule(variants: Mapping[str, pd.Series], names: Sequence[str]) -> pd.DataFrame:
    """Share of units at every level under every rule; levels that nobody has under any are left out."""
    count = len(names) - 1
    shares = pd.DataFrame({name: distribution(grade, count).reindex(range(count + 1), fill_value=0)
                           / grade.notna().sum() for name, grade in variants.items()}).T
    return shares.set_axis(list(names), axis=1).loc[:, lambda table: table.sum() > 0]


CHANGED = {"moved": "Сменили бы уровень, %", "up": "Выше", "down": "Ниже"}
CHANGED_DECIMALS = {"Сменили бы уровень, %": 1, "Выше": 0, "Ниже": 0}


def rule_changes(variants: Mapping[str, pd.Series]) -> pd.DataFrame:
    """Every rule against the first one: share of units that would change their level, and which way."""
    first, *others = variants
    rows = {}
    for name in others:
        pair = pd.concat([variants[first].rename("first"), variants[name].rename("other")], axis=1).dropna()
        up, down = int((pair["other"] > pair["first"]).sum()), int((pair["other"] < pair["first"]).sum())
        rows[name] = {"moved": (up + down) / len(pair) if len(pair) else np.nan, "up": up, "down": down}
    return pd.DataFrame.from_dict(rows, orient="index", columns=list(CHANGED)).rename_axis("Правило")


def rules_text(changes: pd.DataFrame, first: str) -> str:
    """Which rule would move most."""
    if changes.empty:
        return "Других правил к этой шкале не приложить."
    most, least = changes["moved"].idxmax(), changes["moved"].idxmin()
    said = (f"Против правила «{first}» сильнее всего уровни меняет «{most}»: сменили бы "
            f"{percent(changes.loc[most, 'moved'])} единиц, выше стали бы {spell(int(changes.loc[most, 'up']))}, ниже "
            f"— {spell(int(changes.loc[most, 'down']))}.")
    return said if most == least else said + f" Ближе всего «{least}»: {percent(changes.loc[least, 'moved'])}."


def movers_table(variants: Mapping[str, pd.Series], titles: pd.Series, names: Sequence[str],
                 held_by: pd.Series | None = None) -> pd.DataFrame:
    """Units that some rule would move, by level under every rule; those with the widest spread first."""
    table = pd.DataFrame(variants)
    spread = table.max(axis=1) - table.min(axis=1)
    table = table.loc[spread[spread > 0].sort_values(ascending=False, kind="stable").index]
    words = table.apply(lambda column: column.map(lambda level: "—" if np.isnan(level) else names[int(level)]))
    words.insert(0, "Название", titles.reindex(words.index))
    if held_by is not None:
        words["Что держит"] = held_by.reindex(words.index).fillna("")
    return words.rename_axis("Код")


def gate_text(rules: pd.DataFrame, title: Title, edition: Edition) -> str:
    """Whom the gate keeps below the level of the average, and by which requirements."""
    below = rules[rules["difference"] > 0]
    above = int((rules["difference"] < 0).sum())
    said = (f"Порог по среднему и правило всех требований расходятся у "
            f"{of_units(len(below) + above, edition.unit)} из {spell(int(rules['difference'].notna().sum()))}: по всем "
            f"требованиям ниже {spell(len(below))}, выше {spell(above)}.")
    held = below["held_by"].str.split(", ").explode().value_counts()
    if len(held):
        said += " Чаще всего держат: " + "; ".join(
            f"«{as_said(title(code))}» — {units(int(count), edition.unit)}"
            for code, count in held.head(3).items()) + "."
    return said


# --- questions --------------------------------------------------------------------------------------------------------

ACTIONS = {DROP: "убрать", SPLIT: "разделить по группам", MOVE: "перенести", MERGE: "объединить", REWRITE: "переписать"}
QUESTIONS = {"share": "Доля баллов, %", "discrimination": "Различающая сила", "item_rest": "Связь с остальными",
             "h": "H Лёвингера", "alpha_if_dropped": "Альфа без него"}
QUESTIONS_DECIMALS = {"Доля баллов, %": 0, **{name: 2 for key, name in QUESTIONS.items() if key != "share"},
                      "Альфа без него": 3}


def questions_table(statistics: pd.DataFrame, titles: pd.Series, alpha: CronbachAlpha | None,
                    scale: Loevinger | None) -> pd.DataFrame:
    """One row a question, in the order asked."""
    table = statistics[["share", "discrimination", "item_rest"]].copy()
    table["share"] *= 100
    table["h"] = np.nan if scale is None else scale.items["h"].reindex(table.index)
    table["alpha_if_dropped"] = np.nan if alpha is None else alpha.items["alpha_if_dropped"].reindex(table.index)
    table = table[list(QUESTIONS)].rename(columns=QUESTIONS)
    if not (titles.astype(str) == titles.index.astype(str)).all():
        table.insert(0, "Вопрос", titles[table.index])
    return table.rename_axis("Код")


def scale_text(alpha: CronbachAlpha | None, whole: Omega | None, scale: Loevinger | None,
               staircase: Scalogram | None) -> str:
    """Do the questions measure one thing, and do they form a staircase."""
    said = []
    if alpha is not None:
        enough = "достаточно для сравнения групп" if alpha.alpha >= LEAST_RELIABLE else "мало"
        said.append(f"Согласованность: альфа {spell(alpha.alpha, 2)} ({percent(alpha.confidence, 0)}: "
                    f"{spell(alpha.interval[0], 2)}–"
                    f"{spell(alpha.interval[1], 2)}), {enough}.")
    if whole is not None:
        said.append(f"Омега {spell(whole.total, 2)}, из неё общий фактор {spell(whole.hierarchical, 2)}.")
    if scale is not None:
        h = scale.scale
        said.append(f"Лестница: H Лёвингера {spell(h['h'], 2)} ({percent(scale.confidence, 0)}: {spell(h['low'], 2)}–"
                    f"{spell(h['high'], 2)}) — {_strength(h['h'])}.")
    if staircase is not None:
        row = staircase.techniques.loc["goodenough_edwards"]
        enough = "не ниже" if row["reproducibility"] >= ACCEPTED_REPRODUCIBILITY else "ниже"
        said.append(f"Воспроизводимость Гуттмана {spell(row['reproducibility'], 2)} ({enough} принятых "
                    f"{spell(ACCEPTED_REPRODUCIBILITY, 2)}); одни частоты дали бы "
                    f"{spell(staircase.minimal_reproducibility, 2)}.")
    return " ".join(said) or "Согласованность не определена: вопросы не различают единиц."


def _strength(h: float) -> str:
    """Mokken's words for H."""
    return ("не лестница" if h < WEAK else "слабая лестница" if h < MEDIUM else "средняя лестница" if h < STRONG
            else "крепкая лестница")


def advice_table(found: pd.DataFrame, titles: pd.Series) -> pd.DataFrame:
    """Doubts about questions, one row a question: what to do, and every reason with its number."""
    rows = {}
    for item, own in found.groupby("item", sort=False):
        reasons = [f"{REASONS[row.reason][1]} ({' '.join(filter(None, [row.detail, spell(row.value, 2)]))})"
                   for row in own.itertuples()]
        rows[item] = {"Вопрос": titles[item], "Что сделать": ", ".join(ACTIONS[one] for one in own["action"].unique()),
                      "Почему": "; ".join(reasons)}
    table = pd.DataFrame.from_dict(rows, orient="index", columns=["Вопрос", "Что сделать", "Почему"])
    if (table["Вопрос"].astype(str) == table.index.astype(str)).all():
        table = table.drop(columns="Вопрос")
    return table.rename_axis("Код")


def doubts_sentence(found: pd.DataFrame, asked: int) -> str:
    """How many questions are doubtful and what to do with them."""
    doubtful = found["item"].nunique()
    if not doubtful:
        return f"Сомнений нет ни об одном из {counted(asked, 'вопроса', 'вопросов', 'вопросов')}."
    kinds = "; ".join(f"{ACTIONS[action]} — {as_said(listed([str(item) for item in own.unique()], 6))}"
                      for action, own in found.groupby("action", sort=False)["item"])
    return f"Сомнения есть о {spell(doubtful)} из {counted(asked, 'вопроса', 'вопросов', 'вопросов')}: {kinds}."


def advice_text(found: pd.DataFrame, asked: int, count: int = ENOUGH_UNITS) -> str:
    """The doubts, and what they are worth; `count`: of the units that answered."""
    if found.empty:
        return doubts_sentence(found, asked)
    return (f"{doubts_sentence(found, asked)} Это повод решать, а не решение: трудный вопрос может быть нужен, чтобы "
            "было куда расти."
            + ("" if count >= ENOUGH_UNITS else f" Единиц всего {spell(count)}: это догадки."))


def order_text(found: RequirementOrder, titles: pd.Series) -> str:
    """Do harder requirements stand on higher levels."""
    out = found.requirements[found.requirements["out_of_order"]]
    said = (f"Объявленный уровень требования и трудность связаны: тау Кендалла {spell(found.tau, 2)} "
            f"({percent(found.confidence, 0)}: "
            f"{spell(found.tau_interval[0], 2)}–{spell(found.tau_interval[1], 2)}).")
    if out.empty:
        return said + " Требований, которые уверенно стоят не на своём уровне, нет."
    moves = "; ".join(f"«{as_said(titles[code])}» ({as_said(code)}) — с {spell(int(row['level']))}-го на "
                      f"{spell(int(row['empirical_level']))}-й"
                      for code, row in out.iterrows())
    return said + f" Не на своём уровне: {moves}."


ASSESSORS = {"units": "Единиц", "gap": "Самооценка выше на, % шкалы", "low": "от", "high": "до",
             "equal": "Ответов совпало, %", "higher": "Выше себя", "lower": "Ниже себя"}
ASSESSORS_DECIMALS = {name: 0 for name in ASSESSORS.values()} | {ASSESSORS[key]: 1 for key in (
    "gap", "low", "high", "equal")}


def assessors_table(found: pd.DataFrame) -> pd.DataFrame:
    """Self-assessment against the external one, by dimension."""
    table = found[list(ASSESSORS)].astype(float).copy()
    table[["gap", "low", "high", "equal"]] *= 100
    return table.rename(columns=ASSESSORS).rename_axis("Направление")


def assessors_text(found: pd.DataFrame, moved: pd.Series, edition: Edition) -> str:
    """By how much units flatter themselves, and what that does to levels.

    `moved`: level by self-assessment less level by the external one.
    """
    widest = found["gap"].astype(float).idxmax()
    up, down = int((moved > 0).sum()), int((moved < 0).sum())
    return (f"Самооценка выше внешней в среднем на {percent(found['gap'].mean(), 1)} шкалы, больше всего по "
            f"направлению «{widest}» ({percent(found.loc[widest, 'gap'], 1)}). По самооценке уровень был бы выше у "
            f"{of_units(up, edition.unit)}, ниже у {of_units(down, edition.unit)} из "
            f"{spell(int(moved.notna().sum()))}.")


def information(shares: pd.DataFrame, dimension_of: pd.Series) -> tuple[pd.Series, ItemResponse | None]:
    """What every question tells over the units that there are: its information, averaged over the normal law.

    One graded model where there are more units than questions, else one for every dimension, and then there is no
    common scale to look at levels on (None). Discriminations are drawn to 1 by a prior: few units tell little of them.
    """
    codes = [code for code in shares if shares[code].max() - shares[code].min() > checks.DUST]
    together = len(shares) > len(codes)
    blocks = [codes] if together else [[code for code in own if code in codes] for own in
                                       dimension_of.groupby(dimension_of, sort=False).groups.values()]
    models = [graded_response(shares[block], prior=PRIOR) for block in blocks if len(block) > 1]
    told = [model.information(THETA).drop(columns="total").mul(np.exp(-THETA**2 / 2), axis=0).sum()
            / np.exp(-THETA**2 / 2).sum() for model in models]
    if not told:
        raise NotPublishable("Модель ступенчатых ответов: вопросы не различают единиц.")
    return pd.concat(told).rename("information"), models[0] if together else None


@dataclass(frozen=True, eq=False)
class Revision:
    """What leaving questions out would do."""

    dropped: tuple[str, ...]
    alpha: tuple[float, float]   # before, after
    places: pd.Series            # place before less place after
    rank_correlation: float
    levels: pd.Series            # level after less level before


def revision(scores: pd.Series, revised: pd.Series, levels: tuple[pd.Series, pd.Series], dropped: Sequence[str],
             alpha: tuple[float, float]) -> Revision:
    """Places and levels with all questions and without some."""
    ranks = [own.rank(ascending=False, method="min") for own in (scores, revised)]
    return Revision(tuple(dropped), alpha, ranks[0] - ranks[1],
                    float(scores.corr(revised, method="spearman")), (levels[1] - levels[0]).dropna())


def revision_text(found: Revision, edition: Edition) -> str:
    """What the index would lose without its least telling questions."""
    n, up, down = len(found.dropped), int((found.levels > 0).sum()), int((found.levels < 0).sum())
    return (f"Без {counted(n, 'вопроса', 'вопросов', 'вопросов')}, которые говорят меньше всего "
            f"({as_said(listed(list(found.dropped), 12))}), альфа {spell(found.alpha[0], 3)} → "
            f"{spell(found.alpha[1], 3)}, корреляция мест {spell(found.rank_correlation, 3)}, наибольший сдвиг места "
            f"{spell(int(found.places.abs().max()))}; уровень при тех же границах выше у "
            f"{of_units(up, edition.unit)}, ниже у {of_units(down, edition.unit)}.")


def decision_draft(edition: Edition, period: str, name: str, found: Revision, advised: pd.DataFrame) -> str:
    """Draft of the record for `zvezda adopt`: numbers are filled in, people's part is left open as «<…>»."""
    rows = "\n".join(f"- {code}: {advised.loc[code, 'Почему'] if code in advised.index else 'говорит меньше других'}"
                     for code in found.dropped)
    return f"""# Вопросы: редакция {name}

Статус: проект, подготовлен тетрадью 4 по данным {period} на основе редакции {edition.version}.

**Вопрос.** Считать ли дальше вопросы, которые почти ничего не говорят?

**Варианты.** Оставить все; не считать перечисленные (ключ `left_out`); переписать их.

{rows}

**Решение.** <…>

**Последствия.** {revision_text(found, edition)}

**Кто решил и когда.** <…>

**Пересмотреть, если** <…>
"""


def information_text(table: pd.DataFrame, names: Sequence[str], titles: pd.Series) -> str:
    """Where on the scale the questions tell most and least (table of `level_information`)."""
    inside = table[table.index.str.startswith("level")]
    most, least = int(inside["information"].to_numpy().argmax()), int(inside["information"].to_numpy().argmin())
    if most == least:
        return "Вопросы различают все уровни одинаково."
    return (f"По модели ступенчатых ответов вопросы точнее всего различают на уровне «{as_said(names[most])}» "
            f"(ошибка "
            f"{spell(inside['se'].iloc[most], 2)} стандартного отклонения зрелости), хуже всего на уровне "
            f"«{as_said(names[least])}» ({spell(inside['se'].iloc[least], 2)}); там больше других говорит вопрос "
            f"«{as_said(titles[inside['best'].iloc[least]])}».")


def split_by_group(before: Scores, after: Scores, edition: Edition) -> Decomposition | None:
    """Change of the index by group of the top level, both periods under one edition with a weighted mean on top.

    Bennet's split: weight times change of the group. Only units with all groups in both periods are split, and only
    where the split is exact (a clientele that is there in one period only makes a mean of other people). None where
    the index is not a mean of groups.
    """
    groups = edition.children(INDEX)
    if edition.is_flat or edition.aggregation_of(INDEX).method != "arithmetic":
        return None
    weights = edition.weights_of(INDEX)[groups]
    tables = [pd.concat([each.elements, each.normalised], axis=1).reindex(columns=groups).dropna()
              for each in (before, after)]
    if any(table.empty for table in tables) or not len(tables[0].index.intersection(tables[1].index)):
        return None
    effects = bennet(*tables, weights, weights).performance
    change = after.index.reindex(effects.index) - before.index.reindex(effects.index)
    exact = (effects.sum(axis=1) - change).abs() <= checks.SUM_TOLERANCE
    return Decomposition(effects[exact].add_prefix("performance:"), before.index.dropna(), after.index.dropna(),
                         pd.Series(dtype=object))


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


# --- waves ------------------------------------------------------------------------------------------------------------

def transitions_table(found: Transitions, names: Sequence[str], pair: tuple[str, str]) -> pd.DataFrame:
    """Units by level before (rows) and after (columns), with the row's share that kept its level and its interval."""
    labels = [names[level] for level in found.counts.index]
    table = found.counts.set_axis(pd.Index(labels, name=f"{pair[0]} ↓ {pair[1]} →"), axis=0).set_axis(labels, axis=1)
    kept = {name: np.diag(100 * part) for name, part in (("Остались, %", found.shares), ("от", found.low),
                                                         ("до", found.high))}
    return table.rename_axis(None, axis=1).assign(**kept)


TRANSITIONS_DECIMALS = {"Остались, %": 0, "от": 0, "до": 0}


def transitions_text(found: Transitions, fell: int, pair: tuple[str, str], edition: Edition) -> str:
    """How many went up, stayed and went down."""
    d = found.directions
    total = int(d["units"].sum())
    bounds = {way: f"{percent(row['share'], 0)}, {percent(found.confidence, 0)}: {percent(row['low'], 0)}–"
                   f"{percent(row['high'], 0)}"
              for way, row in d.iterrows()}
    said = (f"С {pair[0]} по {pair[1]} из {of_units(total, edition.unit)} поднялись "
            f"{spell(int(d.loc['up', 'units']))} ({bounds['up']}), опустились {spell(int(d.loc['down', 'units']))} "
            f"({bounds['down']}).")
    return said + (f" На два уровня и больше упали {spell(fell)}: стоит проверить." if fell else
                   " Падений на два уровня нет.")


PROGRESS = {"n": "Единиц", "change": "Изменение", "expected": "Дал бы возврат к среднему", "beyond": "Сверх возврата",
            "low": "от", "high": "до", "p": "p"}


def progress_table(found: Mapping[str, Progress], decimals: int) -> tuple[pd.DataFrame, dict[str, int]]:
    """Change of groups picked by their first score, and what of it a return to the mean would have brought."""
    rows = {name: {"n": len(own.units), "change": own.change, "expected": own.expected, "beyond": own.beyond,
                   "low": own.interval[0], "high": own.interval[1], "p": own.p_value} for name, own in found.items()}
    table = pd.DataFrame.from_dict(rows, orient="index").rename(columns=PROGRESS).rename_axis("Кто")
    return table, dict.fromkeys(table.columns, decimals) | {"Единиц": 0, "p": 3}


def progress_text(found: Mapping[str, Progress], decimals: int, pair: tuple[str, str]) -> str:
    """Is the change real: over all units, and of the weakest quarter."""
    return f"С {pair[0]} по {pair[1]} — " + "; ".join(
        f"{name}: изменение {spell(own.change, decimals)}, возврат к среднему дал бы {spell(own.expected, decimals)}, "
        f"{_verdict(own)}" for name, own in found.items()) + "."


def _verdict(own: Progress) -> str:
    """Whether a change is more than chance and a return to the mean."""
    if own.p_value >= DETECTED:
        return "большего не доказано"
    return f"{'рост' if own.beyond > 0 else 'спад'} сверх возврата и случая"


# --- causes -----------------------------------------------------------------------------------------------------------

def effects_table(found: Decomposition, edition: Edition, titles: pd.Series, open_: pd.Index) -> pd.DataFrame:
    """What moved every unit that may be shown, published points; the largest changes first."""
    rule = edition.publication
    table = found.summary().loc[found.effects.index.intersection(open_)]
    order = table["change"].abs().sort_values(ascending=False, kind="stable").index
    effects = [code for code in found.effects if found.effects[code].abs().max() > checks.DUST]
    shown = rule.multiplier * table.loc[order, ["before", *effects, "after", "change"]]
    names = {code: _capital(cause_title(code, edition)) for code in effects}
    shown = shown.rename(columns={"before": "Было", "after": "Стало", "change": "Изменение", **names}).round(
        rule.decimals)
    shown.insert(0, "Название", titles.reindex(shown.index))
    shown["Главная причина"] = [cause_title(code, edition) if code else "не менялся"
                                for code in table.loc[order, "largest"]]
    return shown.rename_axis("Код")


def mean_effects(found: Decomposition, edition: Edition) -> pd.Series:
    """Mean effect of every cause that moved anybody, published points."""
    known = found.effects.drop(index=found.undefined.index)
    known = known.loc[:, known.abs().max() > checks.DUST]
    mean = (edition.publication.multiplier * known.mean()).round(12)
    return mean.set_axis([_capital(cause_title(code, edition)) for code in mean.index])


def average_text(found: Decomposition, average: pd.Series, edition: Edition, pair: tuple[str, str]) -> str:
    """What moved the mean, in published points: those that stayed, by cause, and who came and left.

    `average`: of `index.change.average_change` over all units.
    """
    scale, places = edition.publication.multiplier, edition.publication.decimals
    effects = mean_effects(found, edition)
    order = effects.abs().sort_values(ascending=False, kind="stable").index
    parts = "; ".join(f"{name[:1].lower()}{name[1:]} {spell(effects[name], places)}" for name in order)
    said = (f"С {pair[0]} по {pair[1]} средний балл изменился на {spell(scale * average['change'], places)}: единицы, "
            f"которые были в оба периода, {spell(scale * average['performance'], places)}, пришедшие "
            f"{spell(scale * average['entered'], places)}, выбывшие {spell(scale * average['left'], places)}. У "
            f"оставшихся: {parts or 'ничего не изменилось'}.")
    lead = found.largest[found.largest != ""].value_counts()
    return said + (f" Чаще всего балл единицы двигает {cause_title(lead.index[0], edition)}: у "
                   f"{of_units(int(lead.iloc[0]), edition.unit)}." if len(lead) else "")


def comparable_text(found: ComparableTerms, edition: Edition, versions: tuple[str, str],
                    pair: tuple[str, str]) -> str:
    """Last period by this edition, beside what was published."""
    changes = edition.publication.multiplier * found.changes().dropna()
    places = edition.publication.decimals
    if versions[0] == versions[1]:
        return (f"С {pair[0]} по {pair[1]} редакция одна, {versions[1]}: опубликованное и есть сопоставимый вид.")
    said = (f"{pair[0]} год по редакции {versions[1]}: опубликованное изменение в среднем "
            f"{spell(changes['published'].mean(), places)}, в сопоставимом виде "
            f"{spell(changes['comparable'].mean(), places)}, методика — "
            f"{spell(changes['methodology'].mean(), places)}.")
    if (changes["methodology"].abs() <= 0.5 * 10**-places).all():
        said += " Правила счёта не менялись: методика не сдвинула ни одной единицы."
    if found.not_measured:
        said += f" Не измерялись в {pair[0]} году и оставлены вне сравнения: {listed(list(found.not_measured), 10)}."
    return said


@dataclass(frozen=True)
class Break:
    """Neighbouring waves that cannot be told apart from a change of the methodology."""

    versions: tuple[str, str]
    periods: tuple[str, str]
    what: str   # what the editions say differently, beside their periods


def breaks(steps: Sequence[tuple[Edition, Edition, tuple[str, str]]], linked: Sequence[tuple[str, str]]) -> list[Break]:
    """Where the series is broken: neighbouring waves under editions that count or collect otherwise, without a link.

    Parameters
    ----------
    steps : sequence of (edition before, edition after, (period before, period after))
    linked : sequence of (version, version)
        Editions that some period was scored by both.
    """
    found = []
    for old, new, periods in steps:
        if old.version == new.version or (old.version, new.version) in linked:
            continue
        rows = differences(old, new)
        rules = rows[~rows["part"].isin(TOLD) & ~((rows["part"] == "data") & (rows["where"] == "периоды"))]
        gone = [note for note in old.notes if note not in new.notes]
        fresh = [note for note in new.notes if note not in old.notes]
        parts = [PARTS[part].lower() for part in rules["part"].unique()]
        said = [f"Правила различаются: {listed(parts, 20)}."] if parts else []
        if _without_years(gone) != _without_years(fresh):
            said.append(f"Было: {' '.join(gone) or 'без оговорок.'} Стало: {' '.join(fresh) or 'без оговорок.'}")
        if said:
            found.append(Break((old.version, new.version), periods, " ".join(said)))
    return found


def breaks_text(found: Sequence[Break]) -> str:
    """Every break with what differs."""
    if not found:
        return ("Разрывов ряда нет: периоды посчитаны одной редакцией, одинаковыми правилами или связаны общим "
                "периодом.")
    return "\n\n".join(
        f"⚠ {own.periods[0]} → {own.periods[1]}: разрыв ряда. Общего периода у редакций {own.versions[0]} и "
        f"{own.versions[1]} нет, сомкнуть ряд не на чем: эту перемену не отличить от работы единиц. {own.what}"
        for own in found)


def breaks_sentence(found: Sequence[Break]) -> str:
    """Where the series is broken, in one sentence."""
    where = listed([f"{own.periods[0]} → {own.periods[1]}" for own in found], 10)
    return f"⚠ Ряд разорван ({where}): перемену методики там не отличить от работы."


def _without_years(notes: Sequence[str]) -> list[str]:
    return ["".join(sign for sign in note if not sign.isdecimal()) for note in notes]


def bridge_text(found: Link, series: BridgedSeries | None, versions: tuple[str, str], period: str) -> str:
    """How well the former edition's scores translate into this one's, and what the bridged series shows."""
    said = (f"Период {period} посчитан по обеим редакциям, {versions[0]} и {versions[1]}: корреляция "
            f"{spell(found.correlation, 3)}. Зная прежний балл, неопределённость нового можно снять на "
            f"{percent(found.uncertainty_removed, 0)}: связь {'годится' if found.reliable else 'не годится'} для "
            "отдельных единиц.")
    if series is not None:
        own = series.means[series.means["bridged"]]
        said += " Прежние периоды на новой шкале: " + "; ".join(
            f"{when} — {spell(row['value'], 2)} (связь: {spell(row['low'], 2)}–{spell(row['high'], 2)})"
            for when, row in own.iterrows()) + ". ⚠ На стыке — разрыв ряда."
    return said


def levels_sentence(counts: pd.Series, names: Sequence[str], edition: Edition) -> str:
    """The most frequent level."""
    top, total = counts.idxmax(), int(counts.sum())
    return (f"Чаще всего встречается «{as_said(names[top])}»: {percent(counts.max() / total)} "
            f"({units(int(counts.max()), edition.unit)} из {spell(total)}).")


def falls_table(found: pd.DataFrame, titles: pd.Series, names: Sequence[str]) -> pd.DataFrame:
    """Units that fell by two levels or more."""
    table = pd.DataFrame({"Название": titles.reindex(found.index), "Было": [names[level] for level in found["before"]],
                          "Стало": [names[level] for level in found["after"]]}, index=found.index)
    return table.rename_axis("Код")


def waves_text(steps: Sequence[tuple[str, str]]) -> str:
    """Which waves are compared."""
    if len(steps) < 2:
        return "Период один: переходы между уровнями и причины изменений не считаются."
    shown = listed([f"{period} ({version})" for version, period in steps], 10)
    return f"{counted(len(steps), 'волна', 'волны', 'волн')}: {shown}."


