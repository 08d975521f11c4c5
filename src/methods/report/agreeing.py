"""Words and tables of the check of agreement: noise, regions, halo, requirements, verdicts, answers needed.

Every sentence is made from numbers that were computed elsewhere; nothing here is a formula.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from methods.agreement import items, verdict
from methods.agreement.interviews import WANTED
from methods.agreement.multitrait import METHODS, Halo, MultitraitMultimethod
from methods.agreement.planner import Allocation
from methods.agreement.structure import BetweenWithin, Multilevel
from methods.agreement.verdict import Quadrants
from methods.index.edition import Edition
from methods.report.narrative import counted, listed, of_units, quoted, units
from methods.report.results import spell
from methods.report.weighing import percent, span

Title = Callable[[str], str]

WEAK, STRONG = 0.4, 0.6     # words for a correlation: Evans (1996), Straightforward Statistics, p. 146
POOR = 0.4                  # reliability below it is poor: Cicchetti (1994)
LIMITS = 0.95               # of normal differences lie inside Bland-Altman limits
CERTAIN = 0.9               # probability of a quadrant from which on it counts as certain
STEP = 10                   # points of the checklist at which the survey's slope is told
POWER = 0.8                 # of telling a grade from its border: planner.answers_to_separate


def _indicators(count: int) -> str:
    return counted(count, "показателя", "показателей", "показателей")


# --- two numbers about one thing ------------------------------------------------------------------------------------

SIDES = {"title": "Показатель", "bias": "Смещение", "limit_low": "Предел снизу", "limit_high": "Предел сверху",
         "pearson": "Пирсон", "ccc": "CCC", "scale_shift": "Отношение разбросов"}


def sides_table(pairs: Mapping[str, object], title: Title) -> pd.DataFrame:
    """One row an indicator: mean difference, limits of agreement, correlation, concordance, with intervals."""
    rows = {code: {"title": title(code), "n": pair.n, "bias": pair.bias, "bias_low": pair.bias_interval[0],
                   "bias_high": pair.bias_interval[1], "limit_low": pair.limits[0], "limit_high": pair.limits[1],
                   "pearson": pair.pearson, "spearman": pair.spearman, "ccc": pair.ccc,
                   "ccc_low": pair.ccc_interval[0], "ccc_high": pair.ccc_interval[1], "scale_shift": pair.scale_shift}
            for code, pair in pairs.items()}
    return pd.DataFrame(rows).T.infer_objects().rename_axis("code")


def bias_sentence(table: pd.DataFrame) -> str:
    """At how many indicators the survey is higher or lower than the checklist for certain."""
    higher, lower = int((table["bias_low"] > 0).sum()), int((table["bias_high"] < 0).sum())
    return (f"Опрос выше чек-листа, чем объяснил бы случай, у {spell(higher)} из {_indicators(len(table))}, ниже — у "
            f"{spell(lower)}.")


def sides_text(table: pd.DataFrame, title: Title) -> str:
    """How far the two numbers are from each other, over all indicators."""
    widest = table["bias"].astype(float).abs().idxmax()
    return (f"{bias_sentence(table)} Дальше всего расходится «{title(widest)}»: в среднем на "
            f"{spell(100 * table.loc[widest, 'bias'], 1)} п.\u00a0п. Сами числа совпадают плохо: CCC в середине ряда "
            f"{spell(table['ccc'].median(), 2)}, корреляция {spell(table['pearson'].median(), 2)}.")


# --- noise ----------------------------------------------------------------------------------------------------------

ENOUGH = f"Нужно ответов для {str(WANTED).replace('.', ',')}"
NOISE = {"respondents": "Ответов на единицу", "reliability": "Надёжность опроса", "reliability_low": "от",
         "reliability_high": "до", "correlation": "Видимая связь", "true_correlation": "Связь без ошибки опроса",
         "true_correlation_low": "от ", "true_correlation_high": "до ", "respondents_needed": ENOUGH}


NOISE_DECIMALS = {name: 2 for name in NOISE.values()} | {"Ответов на единицу": 0, ENOUGH: 0}


def noise_table(measured: pd.DataFrame, title: Title) -> pd.DataFrame:
    """Reliability at the present number of answers, the link with and without the survey's error."""
    table = measured[list(NOISE)].rename(columns=NOISE)
    for column in ("Ответов на единицу", ENOUGH):
        table[column] = np.ceil(table[column])
    table.insert(0, "Показатель", [title(code) for code in table.index])
    return table.rename_axis("Код")


def noise_text(measured: pd.DataFrame, title: Title) -> str:
    """What the survey's error hides."""
    known = measured[measured["reliability"].notna()]
    if known.empty:
        return "Ошибка опроса неизвестна, поэтому его надёжность не определена."
    poor = known.index[known["reliability"] < POOR]
    said = (f"Надёжность опроса — доля различий единиц, которая не случайна. В середине ряда она "
            f"{spell(known['reliability'].median(), 2)} при {spell(known['respondents'].median(), 0)} ответах на "
            f"единицу; ниже {spell(POOR)} она у {spell(len(poor))} из {_indicators(len(known))}")
    said += f": {quoted([title(code) for code in poor])}." if len(poor) else "."
    usable = known.index.difference(poor, sort=False)
    both = known.loc[usable, ["correlation", "true_correlation"]].dropna()
    if len(both):
        said += (f" У остальных шум опроса занижает связь: видимая корреляция в середине ряда "
                 f"{spell(both['correlation'].median(), 2)}, без ошибки опроса "
                 f"{spell(both['true_correlation'].median(), 2)}.")
    return said


# --- regions, halo, scale -------------------------------------------------------------------------------------------

REGIONS = {"title": "Показатель", "total": "Все вместе", "within": "Внутри регионов", "within_low": "от",
           "within_high": "до", "between": "Между регионами", "between_low": "от ", "between_high": "до "}


def regions_table(found: Mapping[str, BetweenWithin], title: Title) -> pd.DataFrame:
    """Correlation of the sides inside regions and of the regions' means, one row an indicator or a pair."""
    rows = {code: {"title": title(code), "total": own.total, "within": own.within,
                   "within_low": own.within_interval[0], "within_high": own.within_interval[1], "between": own.between,
                   "between_low": own.between_interval[0], "between_high": own.between_interval[1]}
            for code, own in found.items()}
    return pd.DataFrame(rows).T.infer_objects()[list(REGIONS)].rename(columns=REGIONS).rename_axis("Код")


def regions_text(found: Mapping[str, BetweenWithin], title: Title) -> str:
    """Is the link a link of units, or of the regions they are in."""
    reversed_ = [title(code) for code, own in found.items() if own.reversal]
    only_between = [title(code) for code, own in found.items()
                    if own.between_interval[0] > 0 and not own.within_interval[0] > 0]
    inside = sum(own.within_interval[0] > 0 for own in found.values())
    said = (f"Внутри регионов стороны связаны сверх случая у {spell(inside)} из "
            f"{counted(len(found), 'сравнения', 'сравнений', 'сравнений')}.")
    if only_between:
        said += (f" Только между регионами — {quoted(only_between)}: лучше оценён регион, а не единица, и сравнивать "
                 "по такому показателю единицы одного региона нельзя.")
    said += (f" Знак внутри и между регионами разный (парадокс Симпсона): {quoted(reversed_)}." if reversed_
             else " Парадокса Симпсона — разных знаков внутри и между регионами — нет.")
    return said


def multilevel_text(found: Multilevel, edition: Edition) -> str:
    """Slopes of the mean survey on the mean checklist."""
    within, context = found.effects.loc["within"], found.effects.loc["contextual"]
    size = found.effects.loc["log_size"]
    said = (f"По всем показателям сразу: чек-лист выше на {spell(STEP)} п.\u00a0п. — опрос того же региона выше на "
            f"{spell(STEP * within['estimate'], 2)} п.\u00a0п. (от {spell(STEP * within['low'], 2)} до "
            f"{spell(STEP * within['high'], 2)}).")
    said += (" Сам регион сверх этого ничего заметного не добавляет" if context["low"] <= 0 <= context["high"] else
             " Регион, где чек-лист в среднем выше на столько же, добавляет ещё "
             f"{spell(STEP * context['estimate'], 2)} п.\u00a0п.")
    doubled = spell(100 * np.log(2) * size["estimate"], 2)
    silent = size["low"] <= 0 <= size["high"]
    said += "; размер единицы не виден." if silent else f"; вдвое больше ответов — оценка иная на {doubled} п.\u00a0п."
    return said + (f" Из того, что чек-лист не объясняет, на регионы приходится {percent(found.icc)} "
                   f"({units(found.n, edition.unit)}, регионов {spell(found.regions)}).")


COMPONENTS = {"general": "Общее у всех показателей и сторон", "trait": "Показатель (обе стороны)",
              "method": "Ореол стороны", "error": "Своё у одной стороны одного показателя"}


def components_table(found: MultitraitMultimethod) -> pd.DataFrame:
    """Shares of the variance of one measurement: what is common, what belongs to the trait, to the method."""
    table = pd.DataFrame({COMPONENTS[name]: 100 * found.components[name] for name in COMPONENTS})
    return table.rename_axis("Сторона").T.rename_axis("Из чего состоит различие единиц, %")


def halo_text(found: MultitraitMultimethod, respondents: Halo | None) -> str:
    """Convergent and discriminant validity in words."""
    survey, checklist = METHODS
    trait, method = found.components.loc[survey, "trait"], found.components.loc[survey, "method"]
    said = (f"В оценке клиента самому показателю принадлежит {percent(trait)} различий между единицами, ореолу опроса "
            f"(довольный ставит высоко всё) — {percent(method)}; у чек-листа ореол "
            f"{percent(found.components.loc[checklist, 'method'])}.")
    second, third = found.criteria["share"].iloc[1:3]
    said += (f" Показатель связан сам с собой теснее, чем с чужими другой стороны, в {percent(second)} сравнений, и "
             f"теснее, чем с чужими той же стороны, — в {percent(third)} (Campbell, Fiske, 1959).")
    if found.left_out:
        said += f" Не вошли, слишком шумны: {listed(list(found.left_out))}."
    if respondents is not None:
        said += (f" У одного человека одно общее впечатление объясняет {percent(respondents.share)} его оценок.")
    return said


def scale_text(ceiling: pd.DataFrame, functioning: pd.DataFrame | None, title: Title, edition: Edition) -> str:
    """Is there room on the scale, and do the questions work alike for both clienteles."""
    best = ceiling["best"]
    code = best.idxmax()
    who = ""
    if isinstance(code, tuple):
        view, code = code
        who = f" ({edition.clienteles[view].title})"
    said = (f"Наивысшую оценку ставят {span(best.min(), best.max())} ответивших, чаще всего о "
            f"«{title(code)}»{who}: шкала у потолка, различать единицы остаётся остальным.")
    if functioning is None:
        return said
    strange = functioning.index[functioning["category"].str.startswith(("B", "C"))]
    return said + (f" Вопросы о {quoted([title(each) for each in strange])} разные клиентуры при том же общем уровне "
                   "понимают по-разному: их ответы на эти вопросы не сравнивают."
                   if len(strange) else " При том же общем уровне обе клиентуры отвечают на все вопросы одинаково "
                                        "(различия ничтожны, категория A).")


# --- requirements ---------------------------------------------------------------------------------------------------

REQUIREMENTS = {"indicator": "Показатель", "n": "Единиц", "share": "Исполнено, %", "effect": "Разность опроса, п. п.",
                "low": "от", "high": "до", "verdict": "Вывод"}
REQUIREMENT_DECIMALS = {"Единиц": 0, "Исполнено, %": 1, "Разность опроса, п. п.": 2, "от": 2, "до": 2}


def requirements_table(found: pd.DataFrame) -> pd.DataFrame:
    """`requirement_effects` in per cent and points."""
    table = found.assign(**{name: 100 * found[name] for name in ("share", "effect", "low", "high")})
    return table[list(REQUIREMENTS)].rename(columns=REQUIREMENTS).rename_axis("Требование")


def requirements_text(found: pd.DataFrame, title: Title) -> str:
    """Which requirements clients notice, and which indicators have none of them."""
    counts = found["verdict"].value_counts()
    noticed, against = (int(counts.get(name, 0)) for name in (items.NOTICED, items.OPPOSITE))
    flat = int(counts.get(items.ALIKE, 0)) + int(counts.get(items.FEW, 0))
    asked = found.groupby("indicator")["verdict"]
    deaf = [code for code, own in asked if items.NOTICED not in set(own) and items.NONE in set(own)]
    of = counted(len(found), "требования", "требований", "требований")
    said = (f"Клиенты замечают {spell(noticed)} из {of}: где требование исполнено, оценка того же региона выше сверх "
            f"случая. О {spell(flat)} сказать нечего: их исполняют почти все или почти никто.")
    if against:
        said += f" У {spell(against)} связь обратная."
    if deaf:
        said += (f" Ни одного заметного требования нет у {_indicators(len(deaf))}: "
                 f"{quoted([title(code) for code in deaf])}.")
    return said + " Это разность, а не причина: исполнивший может быть лучше и в том, чего никто не проверяет."


# --- verdicts -------------------------------------------------------------------------------------------------------

def verdicts_table(found: pd.DataFrame, title: Title) -> pd.DataFrame:
    """What to do with each indicator, and why."""
    return pd.DataFrame({"Показатель": [title(code) for code in found.index], "Что делать": found["action"],
                         "Почему": found["reason"].str[:1].str.upper() + found["reason"].str[1:]},
                        index=found.index).rename_axis("Код")


def kept_sentence(found: pd.DataFrame) -> str:
    """Of which indicators the sides may be added in equal parts."""
    kept = list(found.index[found["action"] == verdict.KEEP])
    return (f"Складывать стороны поровну можно у {spell(len(kept))} из {_indicators(len(found))}"
            + (f" ({listed(kept, 20)})." if kept else "."))


def verdicts_text(found: pd.DataFrame) -> str:
    """Actions with the indicators they concern, the most frequent first."""
    groups = found.groupby("action", sort=False).groups
    others = sorted(((action, list(codes)) for action, codes in groups.items() if action != verdict.KEEP),
                    key=lambda pair: -len(pair[1]))
    if not others:
        return kept_sentence(found)
    return f"{kept_sentence(found)} Иначе: {'; '.join(f'{action} — {listed(codes, 20)}' for action, codes in others)}."


def confusion(found: pd.DataFrame, kinds: pd.Series, expected: Mapping[str, str]) -> tuple[pd.DataFrame, int]:
    """Planted kinds of disagreement against the actions found, and how many got the action that belongs to them."""
    kind = kinds.reindex(found.index)
    table = pd.crosstab(kind.rename("Заложено"), found["action"])
    order = [name for name in expected if name in table.index]
    columns = [expected[name] for name in order if expected[name] in table] + [
        action for action in table if action not in expected.values()]
    return table.loc[order, list(dict.fromkeys(columns))], int((kind.map(expected) == found["action"]).sum())


def quadrants_text(found: Quadrants, edition: Edition) -> str:
    """How many units fulfil and are liked, and how many only one of the two."""
    counts = found.table["quadrant"].value_counts()
    sure = (found.table["probability"] >= CERTAIN).groupby(found.table["quadrant"]).sum()

    def part(name: str) -> str:
        return (f"«{name}» — {of_units(int(counts.get(name, 0)), edition.unit)}, уверенно у "
                f"{spell(int(sure.get(name, 0)))}")
    return (f"Против медианы страны: {part(verdict.DISLIKED)}; {part(verdict.LIKED)}. Уверенно — значит, с "
            f"вероятностью не меньше {spell(CERTAIN)} при ошибке опроса; остальные у границы.")


# --- how many answers -----------------------------------------------------------------------------------------------

SIZES = {"half_width": "± балл индекса", "reliability": "Надёжность", "gap": "Различимая разность двух",
         "wrong": "Не та звезда, %"}


def sizes_table(found: pd.DataFrame) -> pd.DataFrame:
    """What so many answers a unit give."""
    return found.assign(wrong=100 * found["wrong"]).rename(columns=SIZES).rename_axis("Ответов на единицу")


def planner_text(present: Allocation, best: Allocation, needed: int, separate: int, edition: Edition) -> str:
    """What a better allocation of the same interviews would save, and what it takes to separate neighbouring grades."""
    saved = 1 - best.objective / present.objective if present.objective > 0 else 0.0
    n = best.table["n"]
    return (f"Сейчас ответов {spell(present.total)}, в среднем {spell(present.total / len(n), 0)} на единицу; "
            f"ожидаемое число неверно названных уровней из-за одной ошибки опроса — {spell(present.objective, 1)} на "
            f"{units(len(n), edition.unit)}. То же число ответов, отданное тем, кто у границы уровня, дало бы "
            f"{spell(best.objective, 1)}: меньше на {percent(saved, 0)}; у одних тогда было бы "
            f"{spell(int(n.min()))} ответов, у других {spell(int(n.max()))}. Для надёжности {spell(WANTED)} нужно "
            f"{spell(needed)} ответов на единицу, а чтобы с мощностью {percent(POWER, 0)} отличить середину уровня от "
            f"его границы — {spell(separate)}.")


# --- pairs of different indicators ----------------------------------------------------------------------------------

def strength(r: float) -> str:
    """A word for a correlation."""
    return "слабое" if abs(r) < WEAK else "умеренное" if abs(r) < STRONG else "сильное"


def pairs_sentence(linked: pd.DataFrame) -> str:
    """How alike the pairs order the units, in the middle and at the ends."""
    rho = linked["spearman"]
    return (f"По парам согласие {strength(rho.median())}: корреляция Спирмена в середине ряда "
            f"{spell(rho.median(), 2)}, от {spell(rho.min(), 2)} до {spell(rho.max(), 2)}.")


def pairs_text(linked: pd.DataFrame, together: Mapping[str, float]) -> str:
    """How far clients' marks and objective data order the units alike.

    `together`: Spearman's correlation of a survey group with its objective groups taken together, by title.
    """
    top = linked["spearman"].idxmax()
    silent = int(((linked["low"] <= 0) & (linked["high"] >= 0)).sum())
    said = (f"{pairs_sentence(linked)} Теснее всего связаны: "
            f"«{top}», общего там {percent(linked['spearman'].max() ** 2, 0)} дисперсии мест.")
    if silent:
        said += f" У {counted(silent, 'пары', 'пар', 'пар')} связь от случайной не отличается."
    for name, r in together.items():
        said += (f" {name} и все объективные группы вместе: {spell(r, 2)}, согласие {strength(r)} — знать одно почти "
                 f"не значит знать другое (общих {percent(r ** 2, 0)} дисперсии мест).")
    return said
