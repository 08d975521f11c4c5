"""What the pictures of levels, of change and of regions are drawn from, and the words under them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from methods import checks
from methods.index.change import Decomposition
from methods.index.edition import Edition
from methods.maturity.classification import level_probabilities
from methods.report import maturing
from methods.report.narrative import as_said, counted
from methods.report.results import spell
from methods.report.weighing import percent

TOTAL = "Индекс"
MIDDLE = 0.8   # share of units between the ends that a star shows


@dataclass(frozen=True, eq=False)
class Star:
    """Means of the groups and where the middle of the units lies, published points."""

    mean: pd.Series
    low: pd.Series
    high: pd.Series
    limits: tuple[float, float]


def star_of_groups(groups: pd.DataFrame, edition: Edition, rays: tuple[int, int]) -> Star | None:
    """The star of all units; None where the scale has no ends or there are fewer or more groups than a star has rays.

    Parameters
    ----------
    groups : DataFrame, units x codes of groups
        Published points, NaN where hidden.
    rays : (fewest, most)
    """
    limits = None if edition.is_flat else maturing.limits(edition, None)
    if limits is None or not rays[0] <= groups.shape[1] <= rays[1]:
        return None
    tail = (1 - MIDDLE) / 2
    named = groups.rename(columns=edition.element_title)
    return Star(named.mean(), named.quantile(tail), named.quantile(1 - tail), limits)


@dataclass(frozen=True, eq=False)
class Profile:
    """Levels that the units would have by the index and by each group alone, a row each."""

    shares: pd.DataFrame   # rows x names of levels
    mean: pd.Series        # level of the mean score
    certainty: pd.Series   # mean probability that the level of a unit is right; NaN where the error is not known


def group_errors(edition: Edition, answers: pd.DataFrame | None) -> pd.DataFrame:
    """Standard error that the sampling of clients leaves in the score of every group, published points.

    No column where the group has no questions or errors are not known.
    """
    found = {group: maturing.survey_errors(edition, answers, group) for group in edition.groups}
    return pd.DataFrame({group: error for group, error in found.items() if error is not None and len(error)})


def level_profile(values: pd.DataFrame, edition: Edition, cuts: Sequence[float], borders: Sequence[float],
                  names: Sequence[str], errors: pd.DataFrame | None = None) -> Profile:
    """Shares of units by level, row by row, under the borders of the index.

    Parameters
    ----------
    values : DataFrame, units x rows of the profile
        Published points, no gaps.
    cuts, borders : ascending numbers
        Borders that the rule gave, and those with the floor (`maturing.borders`).
    names : names of all levels between the borders
    errors : DataFrame, optional
        Standard errors of the values, by the same labels; what it lacks is not known.
    """
    def level(points: pd.Series) -> pd.Series:
        return maturing.graded(points, edition, cuts) + len(borders) - len(cuts)   # «без уровня» is the first
    grades = values.apply(level)
    shares = pd.DataFrame({row: own.value_counts(normalize=True).reindex(range(1, len(names) + 1), fill_value=0.0)
                           for row, own in grades.items()}).T.set_axis(list(names), axis=1)
    certainty = pd.Series(np.nan, values.columns)
    for row in values.columns.intersection(errors.columns if errors is not None else []):
        known = errors[row].reindex(values.index).dropna()
        if len(known):
            chances = level_probabilities(values.loc[known.index, row], known, borders)
            certainty[row] = maturing.own_chance(chances, grades[row]).mean()
    return Profile(shares, level(values.mean()).map(lambda number: names[int(number) - 1]), certainty)


def profile_text(found: Profile) -> str:
    """Which group would give the highest level most and least often, and where levels are least sure."""
    groups = found.shares.drop(index=TOTAL, errors="ignore")
    top = groups.columns[-1]
    strong, weak = groups[top].idxmax(), groups[top].idxmin()
    said = (f"Уровень «{as_said(top)}» по одному направлению чаще всего был бы у направления «{strong}» "
            f"({percent(groups.loc[strong, top], 0)} единиц), реже всего — «{weak}» "
            f"({percent(groups.loc[weak, top], 0)}).")
    known = found.certainty.dropna()
    if len(known):
        least = known.idxmin()
        said += (f" Уверенность — вероятность, что уровень единицы верен при ошибке опроса; меньше всего она в строке "
                 f"«{least}»: {percent(known[least], 0)}.")
    return said


def change_parts(found: Decomposition, average: pd.Series, edition: Edition) -> pd.Series:
    """What the change of the mean is made of, published points: causes at those that stayed, who came, who left.

    Parameters
    ----------
    average : Series
        Of `index.change.average_change` over all units. What it gives to those that stayed and the causes do not
        explain (units whose change is not split) is a part of its own.
    """
    scale = edition.publication.multiplier
    parts = maturing.mean_effects(found, edition)
    rest = pd.Series({"Оставшиеся, без разложения": scale * average["performance"] - parts.sum(),
                      "Пришедшие": scale * average["entered"], "Выбывшие": scale * average["left"]})
    return pd.concat([parts, rest[rest.abs() > checks.DUST * max(1.0, abs(scale))]])


def interval_ends(regions: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """Ends of the interval of every region's mean; `regions` as in the published view."""
    return regions["mean"] - regions["half_width"], regions["mean"] + regions["half_width"]


def _apart(regions: pd.DataFrame, mean: float) -> tuple[int, int]:
    """How many regions are above and below the mean for certain."""
    low, high = interval_ends(regions)
    return int((low > mean).sum()), int((high < mean).sum())


def apart_sentence(regions: pd.DataFrame, mean: float) -> str:
    """How many regions differ from the mean for certain."""
    above, below = _apart(regions, mean)
    words = ("региона", "регионов", "регионов")
    return f"Весь интервал выше среднего ({spell(mean)}) у {counted(above, *words)}, ниже — у {counted(below, *words)}."


def regions_text(regions: pd.DataFrame, mean: float) -> str:
    """How many regions differ from the mean for certain, of how many it cannot be said, how many are hidden."""
    hidden = int(regions["mean"].isna().sum())
    silent = len(regions) - hidden - sum(_apart(regions, mean))
    words = ("регион", "региона", "регионов")
    return (f"{apart_sentence(regions, mean)} Про {counted(silent, *words)} сказать, что они "
            "отличаются от среднего, нельзя: интервал его накрывает или скрыт. Среднее скрыто: "
            f"{counted(hidden, *words)}.")


REGION_CHANGES = {"units": "Единиц", "before": "Было", "after": "Стало", "change": "Изменение", "low": "от",
                  "high": "до", "verdict": "Доказано"}
VERDICTS = {1.0: "рост", -1.0: "падение", 0.0: "нет"}


def region_changes_table(found: pd.DataFrame) -> pd.DataFrame:
    """Changes of regions' means for readers: the certain ones first, the largest on top."""
    order = found.assign(sure=found["verdict"].abs().fillna(-1), size=found["change"].abs()).sort_values(
        ["sure", "size"], ascending=False, kind="stable").index
    table = found.loc[order, list(REGION_CHANGES)].rename(columns=REGION_CHANGES).rename_axis("Регион")
    return table.assign(Доказано=table["Доказано"].map(VERDICTS).fillna("ошибка неизвестна"))


def proved_sentence(found: pd.DataFrame, when: tuple[str, str]) -> str:
    """In how many regions the mean rose or fell for certain."""
    rose, fell = int((found["verdict"] == 1).sum()), int((found["verdict"] == -1).sum())
    return (f"С {when[0]} по {when[1]} у одних и тех же единиц средний индекс вырос доказанно в "
            f"{counted(rose, 'регионе', 'регионах', 'регионах')}, упал доказанно в {spell(fell)} из "
            f"{spell(len(found))}.")


def region_changes_text(found: pd.DataFrame, when: tuple[str, str], level: float) -> str:
    """In how many regions the mean rose or fell for certain, and of how many it cannot be said."""
    return (f"{proved_sentence(found, when)} У остальных изменение могла сделать одна ошибка опроса. С поправкой на "
            f"число регионов (Holm, 1979): вероятность назвать хоть один зря — не больше {percent(level, 0)}. Интервал "
            "«от — до» — для каждого региона отдельно.")
