"""Words and tables of the check of places: what was drawn, how sure a place is, where the doubt comes from.

Every sentence is made from numbers that were computed elsewhere; nothing here is a formula.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from methods.index.edition import INDEX, Edition
from methods.report.narrative import as_said, counted, listed, of_units, quoted, units
from methods.report.results import spell
from methods.report.weighing import percent
from methods.sensitivity.attainable_places import AttainablePlaces
from methods.sensitivity.leave_one_out import LeaveOneOut
from methods.sensitivity.rank_changes import RankChanges
from methods.sensitivity.rank_sets import RankSets
from methods.sensitivity.tiers import Tiers
from methods.sensitivity.uncertainty import RankUncertainty
from methods.sensitivity.variance_based import SobolIndices

Title = Callable[[str], str]

CELLS = 40         # blocks of places in the picture of acceptability
NEGLIGIBLE = 0.05  # of the variance: what may be left as it is
FRAGILE = 0.02     # of the whole weight: a swap that takes less is no difference in merit
STABLE = 0.05      # of the ranking: a place whose interval is no wider counts as stable
HELD = 0.8         # of the draws: a grade that is kept in fewer is in doubt


def factor_title(name: str, title: str, edition: Edition) -> str:
    """What is drawn, in words that name elements by title."""
    if not name.startswith("weights:"):
        return title
    parents = name.split(":")[1:]
    spread = title.split(" (")[0]
    if parents == [INDEX]:
        return f"{spread} верхнего уровня"
    return f"{spread} внутри групп" if len(parents) > 1 else f"{spread} внутри «{edition.element_title(parents[0])}»"


def factors_text(titles: Mapping[str, str], draws: int, seed: int, common: float) -> str:
    """What was drawn together, and how many times."""
    said = (f"Разыгрывались вместе: {listed([as_said(title) for title in titles.values()], 12)}; розыгрышей "
            f"{spell(draws)}, seed {spell(seed)}.")
    if common > 0:
        said += (f" Ошибки разных вопросов одного центра идут вместе (корреляция {spell(common, 2)}): на вопросы "
                 "отвечали одни и те же люди. Без этого интервалы были бы заметно уже истинных.")
    return said


def failed_text(found: RankUncertainty) -> str:
    """Draws that the methodology would have refused, by reason."""
    if found.failed.empty:
        return ""
    reasons = "; ".join(f"{reason} — {spell(int(row['draws']))}" for reason, row in found.failed.iterrows())
    return f"Не посчитаны и отброшены розыгрыши: {reasons}."


def acceptability_blocks(counts: pd.DataFrame, adopted: pd.Series, cells: int = CELLS) -> pd.DataFrame:
    """Share of draws by block of the adopted place (rows) and block of the place drawn (columns); rows sum to 1."""
    n = len(adopted)
    edges = np.unique(np.linspace(0, n, min(cells, n) + 1).round().astype(int))
    order = adopted.rank(method="first").astype(int) - 1
    rows = np.searchsorted(edges, order.to_numpy(), side="right") - 1
    columns = np.searchsorted(edges, counts.columns.to_numpy(dtype=float) - 1, side="right") - 1
    table = counts.T.groupby(columns).sum().T.groupby(rows).sum()
    table = table.reindex(index=range(len(edges) - 1), columns=range(len(edges) - 1), fill_value=0)
    table = table.div(table.sum(axis=1), axis=0)
    return table.set_axis(edges[:-1] + 1, axis=0).set_axis(edges[:-1] + 1, axis=1)


def places_text(found: RankUncertainty, summary: pd.DataFrame, coverage: float, edition: Edition) -> str:
    """How wide the intervals are, and who could be first."""
    typical = typical_width(summary)
    firsts = int((found.first > 0.01).sum())
    return (f"Интервал места в середине ряда охватывает {counted(typical, 'место', 'места', 'мест')} из "
            f"{spell(len(summary))} ({spell(100 * coverage)}\u00a0% розыгрышей). Первое место хотя бы в одном "
            f"розыгрыше из ста — у {of_units(firsts, edition.unit)}.")


def typical_width(summary: pd.DataFrame) -> int:
    """How many places the interval of a unit in the middle holds."""
    return int(summary["width"].median()) + 1


def steady(summary: pd.DataFrame) -> int:
    """How many units have a place that counts as stable."""
    return int((summary["width"] <= max(2, STABLE * len(summary))).sum())


def answer_text(summary: pd.DataFrame, kept: pd.Series | None, edition: Edition) -> str:
    """Whether a single place can be relied on, and whether a grade can.

    `kept`: share of the draws in which a unit keeps its grade; None where there are no grades.
    """
    held, typical = steady(summary), typical_width(summary)
    where = (f"интервал в середине ряда — {counted(typical, 'место', 'места', 'мест')} из {spell(len(summary))}, "
             f"устойчиво место у {of_units(held, edition.unit)}")
    if 2 * held >= len(summary):
        said = f"Большинству мест — да: {where}."
    else:
        said = f"Отдельному месту — нет: {where}. Место называют только вместе с интервалом."
    if kept is None:
        return said
    unsure = int((kept < HELD).sum())
    return (f"{said} Уровень ({edition.grades.title}) сохраняется в среднем в {percent(kept.mean())} розыгрышей, под "
            f"вопросом он у {of_units(unsure, edition.unit)}.")


# --- causes ---------------------------------------------------------------------------------------------------------

CAUSES = {"effect": "Доля сомнения (Шепли), %", "low": "от", "high": "до", "first": "Сам по себе, %",
          "total": "Со взаимодействиями, %", "leads": "Главный у стольких единиц"}


def causes_table(shapley: pd.DataFrame, sobol: SobolIndices, titles: Mapping[str, str]) -> pd.DataFrame:
    """Where the doubt of all places comes from, and whom each source troubles most."""
    shares = sobol.shares()
    table = pd.DataFrame({"effect": 100 * shapley["effect"], "low": 100 * shapley["low"], "high": 100 * shapley["high"],
                          "first": 100 * shares["first"], "total": 100 * shares["total"],
                          "leads": shares["leads"].astype(int)}).sort_values("effect", ascending=False, kind="stable")
    return table.set_axis([titles[name] for name in table.index]).rename(columns=CAUSES).rename_axis("Источник")


CAUSES_DECIMALS = {name: 1 for name in CAUSES.values()} | {CAUSES["leads"]: 0}


def causes_text(shapley: pd.DataFrame, sobol: SobolIndices, titles: Mapping[str, str], ranked: int) -> str:
    """Which source moves the ranking as a whole, and which one moves a single unit."""
    order = shapley["effect"].sort_values(ascending=False, kind="stable")
    top, shares = order.index[0], sobol.shares()
    lead = shares["leads"].idxmax()
    idle = [as_said(titles[name]) for name in order.index
            if shapley.loc[name, "high"] < NEGLIGIBLE and shares.loc[name, "total"] < NEGLIGIBLE]
    said = (f"Рейтинг в целом сильнее всего сдвигает источник «{as_said(titles[top])}»: "
            f"{percent(order.iloc[0], 0)} дисперсии среднего сдвига мест (от {percent(shapley.loc[top, 'low'], 0)} до "
            f"{percent(shapley.loc[top, 'high'], 0)}).")
    own = percent(shares.loc[lead, "first"], 0)
    who = "он же" if lead == top else f"другое — «{as_said(titles[lead])}»"
    said += (f" Место отдельной единицы чаще всего решает {who}: "
             f"главный у {spell(int(shares.loc[lead, 'leads']))} из {spell(ranked)}, {own} дисперсии мест сам по себе.")
    return said + (f" Пренебречь можно: {quoted(idle)}." if idle else "")


# --- inference ------------------------------------------------------------------------------------------------------

def sets_text(marginal: RankSets, joint: RankSets, tau: int, best: pd.Series, found: Tiers, edition: Edition) -> str:
    """What the survey alone leaves certain of places."""
    width = marginal.width()
    sizes = found.table["tier"].value_counts().sort_index()
    said = (f"Одна ошибка опроса: доверительное множество места отдельной единицы ({percent(marginal.coverage, 0)}) "
            f"в середине ряда — {counted(int(width.median()), 'место', 'места', 'мест')}, для всех единиц сразу — "
            f"{counted(int(joint.width().median()), 'место', 'места', 'мест')}. Среди {spell(tau)} лучших с "
            f"вероятностью {percent(marginal.coverage, 0)} могли бы оказаться {units(int(best.sum()), edition.unit)}.")
    if found.count == 1:
        return said + " Ни одна пара единиц опросом не различена: ярус один."
    shown = "; ".join(f"{spell(tier)}-й — {spell(int(size))}" for tier, size in sizes.items())
    return said + f" Неразличимые собраны в ярусы, их {spell(found.count)}: {shown}."


def changes_text(found: RankChanges, edition: Edition, years: tuple[str, str]) -> str:
    """Whose rise of places is real."""
    counts = found.table["verdict"].value_counts()
    rise, fall = int(counts.get("rise", 0)), int(counts.get("fall", 0))
    moved = found.table["rise"].abs()
    return (f"С {years[0]} по {years[1]} место менялось в среднем на {spell(moved.mean(), 0)}, но доказано "
            f"({percent(found.coverage, 0)}, для каждой единицы отдельно) повышение у {of_units(rise, edition.unit)} и "
            f"понижение у {of_units(fall, edition.unit)} из {spell(len(found.table))}: остальное могла сделать "
            "одна ошибка опроса.")


# --- weights --------------------------------------------------------------------------------------------------------

def attainable_text(found: AttainablePlaces, spread: float, edition: Edition) -> str:
    """Which places a change of weights within bounds can give."""
    width = found.table["worst_bound"] - found.table["best_bound"]
    sure = int((width == 0).sum())
    return (f"Если веса верхнего уровня менять в пределах ±{percent(spread, None)}, место в середине ряда может стать "
            f"любым в полосе шириной {counted(int(width.median()) + 1, 'место', 'места', 'мест')}; место "
            f"{of_units(sure, edition.unit)} никакие такие веса не меняют.")


def swaps_text(distances: pd.DataFrame, edition: Edition) -> str:
    """How much weight would have to move to swap neighbours."""
    moved = distances["distance"] / 2  # L1 counts what leaves one weight and what comes to another
    fragile = int((moved < FRAGILE).sum())
    return (f"Чтобы поменять местами двух соседей, в середине ряда хватает переложить "
            f"{percent(moved.median(), 2)} веса; меньше {percent(FRAGILE, 0)} — у "
            f"{counted(fragile, 'пары', 'пар', 'пар')} соседей из {spell(len(moved))}. Соседние места — не разница в "
            "качестве, пока не сказано иное.")


def swaps_table(distances: pd.DataFrame, names: pd.Series, multiplier: float, most: int = 10) -> pd.DataFrame:
    """First neighbours in the ranking: how little weight it takes to swap them."""
    head = distances.head(most)
    return pd.DataFrame({"Впереди": [names[unit] for unit in head["ahead"]],
                         "Следом": [names[unit] for unit in head["behind"]],
                         "Разница баллов": (multiplier * head["gap"]).to_numpy(),
                         "Сколько веса переложить, %": (100 * head["distance"] / 2).to_numpy()},
                        index=pd.Index(range(1, len(head) + 1), name="Место"))


LEFT_OUT = {"mean_shift": "Средний сдвиг места", "largest_rise": "Наибольший рост",
            "largest_fall": "Наибольшее падение", "moved": "Сдвинулись"}


def left_out_table(found: LeaveOneOut, title: Title) -> pd.DataFrame:
    """Places without each element in turn, the most influential first."""
    table = found.summary()[list(LEFT_OUT)].sort_values("mean_shift", ascending=False, kind="stable")
    table.insert(0, "Элемент", [title(code) for code in table.index])
    return table.rename(columns=LEFT_OUT).rename_axis("Код")


def left_out_text(found: LeaveOneOut, title: Title) -> str:
    """What the ranking owes to single elements."""
    shift = found.summary()["mean_shift"]
    most, least = shift.idxmax(), shift.idxmin()
    return (f"Сильнее всего рейтинг держится на «{title(most)}»: без него место меняется в среднем на "
            f"{spell(shift[most], 0)}; слабее всего — на «{title(least)}» ({spell(shift[least], 0)}).")
