"""Words and tables of the weight bench: what the sources say against the adopted weights, who would move, a draft.

Every sentence is made from numbers that were computed elsewhere; nothing here is a formula.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

import pandas as pd

from methods.index.edition import INDEX, Edition
from methods.index.rounding import rounded_weights
from methods.report.narrative import as_said, counted, listed, of_units, quoted, units
from methods.report.results import spell
from methods.weights import ahp, panel
from methods.weights.bench import ADOPTED, EXPERT_FORMS, KINDS, RATIO_FORMS, Bench, adopted_weights
from methods.weights.drivers import Drivers
from methods.weights.effect import member_weights

Title = Callable[[str], str]


class Priorities(Protocol):
    """What the text says of a poll: `methods.data.polls.Priorities`."""

    voters: int
    order: tuple[str, ...]
    unsure: tuple[tuple[str, str], ...]


PEOPLE = ("experts", "clients")  # kinds whose bands can speak against an adopted weight
LIKE_MINDED = 0.875       # S* above which Goepel's scale says «very high»: experts of one mind
SIDE = {-1: "занижен", 0: "внутри", 1: "завышен"}


def percent(share: float, decimals: int | None = 1) -> str:
    """A share in per cent, with its sign.

    >>> percent(0.256)
    '25,6\\xa0%'
    """
    return f"{spell(100 * share, decimals)}\u00a0%"


def span(low: float, high: float) -> str:
    """Two shares as a range in per cent.

    >>> span(0.085, 0.131)
    '8,5–13,1\\xa0%'
    """
    return f"{spell(100 * low, 1)}–{spell(100 * high, 1)}\u00a0%"


# --- what the weights do ----------------------------------------------------------------------------------------------

def importance_text(table: pd.DataFrame, title: Title) -> str:
    """Which elements weigh more or less than stated, beyond what chance explains.

    `table`: elements x (weight, importance, low, high), shares.
    """
    stronger = table.index[table["low"] > table["weight"]]
    weaker = table.index[table["high"] < table["weight"]]

    def words(codes: pd.Index) -> str:
        return listed([f"«{title(code)}» (вес {percent(table.loc[code, 'weight'])}, влияние "
                       f"{percent(table.loc[code, 'importance'])}, интервал "
                       f"{span(table.loc[code, 'low'], table.loc[code, 'high'])})" for code in codes])

    if not len(stronger) and not len(weaker):
        return ("Веса значат то, что написано: вес каждого элемента лежит внутри интервала его доли влияния, "
                "расхождения объясняются случайностью.")
    said = []
    if len(stronger):
        said.append(f"Влияют сильнее, чем назначено: {words(stronger)}.")
    if len(weaker):
        said.append(f"Влияют слабее, чем назначено: {words(weaker)}.")
    return " ".join(said)


def hidden_table(hidden: pd.DataFrame, nominal: pd.DataFrame, edition: Edition) -> pd.DataFrame:
    """Nominal and effective share of the survey in every indicator, group and the index, per cent."""
    table = pd.DataFrame({
        "Название": [edition.element_title(code) for code in hidden.index],
        "Опрос по методике, %": 100 * nominal["subjective"],
        "Опрос на деле, %": 100 * hidden["subjective"],
        "Чек-лист на деле, %": 100 * hidden["objective"]}, index=hidden.index)
    return table.rename(index={INDEX: "—"}).rename_axis("Код")


# --- what people say --------------------------------------------------------------------------------------------------

def experts_table(matrices: Mapping[str, pd.DataFrame], weights: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Every expert of the children of the index: consistency, like-minded group, what changes without this voice."""
    rows = {}
    for form, table in weights.items():
        how = "geometric" if form in RATIO_FORMS else "arithmetic"
        several = len(table) > 1
        cluster = ahp.expert_clusters(table, LIKE_MINDED) if several else pd.Series(1, table.index)
        change = panel.leave_one_expert_out(table, how).change if several else pd.Series(float("nan"), table.index)
        for expert, own in table.iterrows():
            ratio = ahp.consistency(matrices[expert], expert).ratio if form == "pairs" else float("nan")
            rows[EXPERT_FORMS[form].removeprefix("эксперты: "), expert] = {
                "Важнее всего": own.idxmax(), "Его вес, %": 100 * own.max(), "CR": ratio,
                "Единомышленники": cluster[expert], "Без него вес изменится, п. п.": 100 * change[expert]}
    return pd.DataFrame(rows).T.rename_axis(["Как спрошен", "Эксперт"]).infer_objects()


def people_text(edition: Edition, experts: Mapping[str, pd.DataFrame], moved_by: Mapping[str, Drivers],
                silent: Mapping[str, str], poll: Priorities | None, question: str) -> str:
    """Who was asked about importance: experts, clients through their questionnaires, subscribers of a channel.

    `silent`: clienteles whose questionnaires say nothing, with the reason.
    """
    def clientele(view: str) -> str:
        return edition.clienteles[view].title if view else "клиенты"

    said = [experts_text(experts, edition.element_title) if experts else "Суждений экспертов нет."]
    if moved_by:
        asked = listed([f"{clientele(view)} {spell(own.n)}" for view, own in moved_by.items()])
        kept = min(own.complete for own in moved_by.values())
        said.append(f"Полных анкет с общей оценкой: {asked} (не меньше {percent(kept)} анкет клиентуры).")
    elif not silent:
        said.append("Анкет с общей оценкой нет.")
    said += [f"По анкетам ({clientele(view)}) не сказать, что движет общей оценкой: {as_said(reason)}"
             for view, reason in silent.items()]
    if poll is not None:
        unsure = listed([f"{one} — {other}" for one, other in poll.unsure]) if poll.unsure else "никакие"
        said.append(f"В опросе канала «{as_said(question)}» {counted(poll.voters, 'голос', 'голоса', 'голосов')}: "
                    f"порядок {', '.join(poll.order)}; случай мог переставить пары: {unsure}.")
    return " ".join(said)


def experts_text(weights: Mapping[str, pd.DataFrame], title: Title) -> str:
    """How many experts, how far they agree, and on what they part."""
    said = []
    for form, table in weights.items():
        if len(table) < 2:
            said.append(f"{EXPERT_FORMS[form].capitalize()}: эксперт один.")
            continue
        agreed = ahp.consensus(table)
        clusters = ahp.expert_clusters(table, LIKE_MINDED)
        sizes = clusters.value_counts().sort_index()
        sentence = (f"{EXPERT_FORMS[form].capitalize()} — {counted(len(table), 'человек', 'человека', 'человек')}, "
                    f"согласие {agreed.band} (S* = {spell(agreed.value, 2)}).")
        if len(sizes) > 1:
            first, second = (table[clusters == number].mean() for number in (1, 2))
            parted = (first - second).abs().idxmax()
            held = " и ".join(spell(int(size)) for size in sizes)
            sentence += (f" И всё же мнений {spell(len(sizes))}, за ними стоят {held} человек. Сильнее всего "
                         f"расходятся о группе «{title(parted)}»: {percent(first[parted])} против "
                         f"{percent(second[parted])}. Среднее разных мнений не есть мнение ни одной из сторон.")
        else:
            spread = table.max() - table.min()
            parted = spread.idxmax()
            sentence += (f" Сильнее всего расходятся о группе «{title(parted)}»: от {percent(table[parted].min())} до "
                         f"{percent(table[parted].max())}.")
        said.append(sentence)
    return " ".join(said)


# --- all sources against the adopted weights --------------------------------------------------------------------------

def sources_table(bench: Bench) -> pd.DataFrame:
    """Weights by source in per cent, with the kind of source, sources in the order of the bench."""
    table = (100 * bench.weights.T).add_suffix(", %")
    table.insert(0, "Чьё это", bench.kinds.map(KINDS))
    return table.rename_axis("Источник")


def bands_table(bench: Bench, title: Title) -> pd.DataFrame:
    """(element, source) x (kind, weight, low, high) for the picture; the adopted weights are left to its line."""
    rows = {(title(code), source.name): {
        "kind": KINDS[source.kind], "weight": source.weights[code],
        "low": float("nan") if source.low is None else source.low[code],
        "high": float("nan") if source.high is None else source.high[code]}
        for code in bench.weights.index for source in bench.sources if source.name != ADOPTED}
    return pd.DataFrame(rows).T.infer_objects().rename_axis(["element", "source"])


def against_adopted(bench: Bench, title: Title) -> pd.DataFrame:
    """Adopted weight of each element beside the bands of those who were asked: -1 too low, 0 inside, 1 too high."""
    people = [source.name for source in bench.sources if source.kind in PEOPLE and source.low is not None]
    outside = bench.adopted_outside()[people]
    table = pd.DataFrame({"Название": [title(code) for code in outside.index],
                          "Принято, %": 100 * bench.weights[ADOPTED]}, index=outside.index)
    for name in people:
        table[f"{name}: полоса"] = [span(bench.low.loc[code, name], bench.high.loc[code, name])
                                    for code in outside.index]
    agreed = pd.Series(0, outside.index)
    if people:
        agreed = outside.min(axis=1).where(outside.min(axis=1) == outside.max(axis=1), 0)
    table["Принятый вес"] = agreed.map(SIDE)
    return table.rename_axis("Код")


def against_text(table: pd.DataFrame, title: Title) -> str:
    """Which adopted weights everybody who was asked would change, and in which direction."""
    asked = [column.removesuffix(": полоса") for column in table if column.endswith(": полоса")]
    if not asked:
        return ("Никого не спрашивали: ни экспертов, ни клиентов. Остаются правила и данные, а они не знают, что "
                "важно; сами по себе основанием менять веса они не служат.")
    who = f"{listed(asked)}"
    high, low = (table.index[table["Принятый вес"] == side] for side in ("завышен", "занижен"))
    if not len(high) and not len(low):
        return f"Согласного возражения нет: ни один принятый вес не лежит вне всех полос сразу ({who})."
    said = []
    if len(high):
        said.append(f"завышены {quoted([title(code) for code in high])}")
    if len(low):
        said.append(f"занижены {quoted([title(code) for code in low])}")
    return f"Все, кого спросили ({who}), говорят одно: {', '.join(said)}."


def refused_table(bench: Bench) -> pd.DataFrame:
    """Sources that cannot speak, and why."""
    return pd.DataFrame({"Почему": bench.refused}).rename_axis("Источник")


# --- what would change ------------------------------------------------------------------------------------------------

EFFECT = {"mean_shift": "Средний сдвиг места", "largest_shift": "Наибольший сдвиг",
          "spearman": "Корреляция мест (Спирмен)", "moved_grade": "Сменили бы уровень, %"}
EFFECT_DECIMALS = {"Средний сдвиг места": 1, "Наибольший сдвиг": 0, "Корреляция мест (Спирмен)": 3,
                   "Сменили бы уровень, %": 1}


def effect_table(effect: pd.DataFrame) -> pd.DataFrame:
    """`effect_on_places` with Russian headers; no column of grades where there are none."""
    table = effect.assign(moved_grade=100 * effect["moved_grade"]).drop(index=ADOPTED, errors="ignore")
    table = table.rename(columns=EFFECT).rename_axis("Источник весов")
    return table.drop(columns=EFFECT["moved_grade"]) if table[EFFECT["moved_grade"]].isna().all() else table


def effect_text(effect: pd.DataFrame, noise: float, edition: Edition, ranked: int) -> str:
    """The largest effect among the sources, beside the shift that answers of other clients alone would make."""
    moving = effect.drop(index=ADOPTED, errors="ignore")
    if not (moving["mean_shift"] > 0).any():
        return "Ни один источник не меняет ни одного места."
    name = moving["mean_shift"].idxmax()
    row = moving.loc[name]
    said = (f"Сильнее всего места меняет источник «{name}»: в среднем на {spell(row['mean_shift'], 1)} из "
            f"{spell(ranked)}, наибольший сдвиг {spell(row['largest_shift'], 0)}")
    if pd.notna(row["moved_grade"]):
        said += f", уровень сменили бы {percent(row['moved_grade'])} {edition.unit.many}"
    if pd.isna(noise):
        return said + "."
    louder = int((moving["mean_shift"] > noise).sum())
    return (f"{said}. Для сравнения: одна выборочная ошибка опроса сдвигает место в среднем на {spell(noise, 1)}; "
            f"сильнее этого места меняют {spell(louder)} из "
            f"{counted(len(moving), 'источника', 'источников', 'источников')}.")


MOVES = {"units": "Единиц", "mean_shift": "Средний сдвиг вверх", "rise": "Поднялись бы, %", "fall": "Опустились бы, %",
         "grade_up": "Уровень выше", "grade_down": "Уровень ниже"}


def moves_table(found: pd.DataFrame, name: str, edition: Edition) -> pd.DataFrame:
    """`moves_by` with Russian headers."""
    table = found.assign(rise=100 * found["rise"], fall=100 * found["fall"]).rename(columns=MOVES).rename_axis(name)
    return table if edition.grades else table.drop(columns=[MOVES["grade_up"], MOVES["grade_down"]])


def why_text(found: pd.DataFrame, reasons: pd.DataFrame, change: pd.Series, title: Title, edition: Edition,
             most: int = 50) -> str:
    """What moves those who rise most and those who fall most: the element that adds most to either.

    `change`: new weight less the adopted one, by element.
    """
    order = found["shift"].sort_values(kind="stable")
    down, up = order.index[:most][order[:most] < 0], order.index[-most:][order[-most:] > 0]
    if not len(down) or not len(up):
        return "Ни одна единица не сдвинулась бы."
    rising, falling = reasons.loc[up].mean(), reasons.loc[down].mean()
    gain, loss = rising.idxmax(), falling.idxmin()

    def because(code: str, better: bool) -> str:
        grows = bool(change[code] > 0)
        return f"вес {'растёт' if grows else 'падает'}, а балл у них {'выше' if grows == better else 'ниже'} среднего"
    return (f"{units(len(up), edition.unit)}, которые поднялись бы больше всех, обязаны этим прежде всего "
            f"группе «{title(gain)}»: {because(gain, True)} (в среднем {spell(rising[gain], 2)} пункта индекса). "
            f"Опустились бы больше всех {units(len(down), edition.unit)}, прежде всего из-за группы «{title(loss)}»: "
            f"{because(loss, False)} ({spell(falling[loss], 2)}).")


# --- the draft --------------------------------------------------------------------------------------------------------

def grades_text(found: pd.DataFrame, edition: Edition) -> str:
    """How many units change their grade under the candidate."""
    if edition.grades is None:
        return ""
    graded = found[["grade", "new_grade"]].notna().all(axis=1)
    up = int((found["new_grade"] > found["grade"])[graded].sum())
    down = int((found["new_grade"] < found["grade"])[graded].sum())
    return f"Уровень повысился бы у {of_units(up, edition.unit)}, понизился бы у {of_units(down, edition.unit)}."


def decision_draft(edition: Edition, period: str, name: str, weights: pd.Series, costs: pd.DataFrame, chosen: str,
                   findings: Mapping[str, str]) -> str:
    """Draft of the record for `zvezda adopt`: numbers are filled in, people's part is left open as «<…>».

    The new weights are those that the file of the candidate holds, rounded once.
    """
    held = rounded_weights(member_weights(edition, weights)[edition.members(INDEX)])
    new = adopted_weights(edition.reweighted(held))
    rows = "\n".join(f"| {edition.element_title(code)} ({code}) | {percent(old, 2)} | {percent(new[code], 2)} |"
                     for code, old in adopted_weights(edition).items())
    options = "\n".join(
        f"- {label}: сдвиг мест в среднем {spell(row['shift'], 1)}"
        + (f", расхождение с экспертами {percent(row['dissent'])}" if "dissent" in row else "")
        + f", вес и влияние расходятся на {percent(row['mismatch'])}" for label, row in costs.iterrows())
    found = "\n\n".join(f"**{key}.** {text}" for key, text in findings.items() if text)
    return f"""# Веса: редакция {name}

Статус: проект, подготовлен тетрадью 1 по данным {period} на основе редакции {edition.version}.

**Вопрос.** Оставить веса верхнего уровня или изменить их?

**Варианты.**

{options}

**Решение.** <…>

Предложен вариант «{chosen}»:

| элемент | было | станет |
|---|---|---|
{rows}

**Почему.** <…>

{found}

**Кто решил и когда.** <…>

**Пересмотреть, если** <…>
"""


def movers_table(found: pd.DataFrame, names: pd.Series, most: int = 10) -> pd.DataFrame:
    """Those who would rise and fall most, with both places."""
    order = found.sort_values("shift", kind="stable", ascending=False)
    chosen = pd.concat([order[order["shift"] > 0].head(most), order[order["shift"] < 0].tail(most)])
    return pd.DataFrame({"Название": names.reindex(chosen.index), "Место": chosen["place"],
                         "Стало бы": chosen["new_place"], "Сдвиг": chosen["shift"]},
                        index=chosen.index).rename_axis("Код")


def units_left(found: pd.DataFrame, edition: Edition) -> str:
    """How many units stay on their places."""
    return f"На своём месте остались бы {units(int((found['shift'] == 0).sum()), edition.unit)}."
