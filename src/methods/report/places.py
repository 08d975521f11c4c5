"""The table of places that people read: place with its interval, index, clienteles, grade; what is hidden is a dash."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from methods.index.edition import INDEX, Edition
from methods.report.narrative import of_units
from methods.report.results import spell


def places_table(published: pd.DataFrame, intervals: pd.DataFrame, units: pd.DataFrame, edition: Edition,
                 grade_shares: pd.DataFrame) -> pd.DataFrame:
    """All units in the order of their published places; those without one come last, by code.

    Parameters
    ----------
    published : DataFrame
        `Published.scores`: rank, grade, index, `index:<clientele>`, rounded, NaN where hidden.
    intervals : DataFrame
        `low` and `high` place of the units that have one.
    units : DataFrame
        title and, where there are regions, region.
    grade_shares : DataFrame, units x grades
        Share of draws at each grade; empty without grades.
    """
    table = pd.DataFrame({"Название": units["title"].reindex(published.index)})
    if "region" in units:
        table["Регион"] = units["region"].reindex(published.index).fillna("—")
    table["Место"] = published["rank"]
    table["Место с"], table["Место по"] = intervals["low"], intervals["high"]
    table["Индекс"] = published[INDEX]
    for code, title in clientele_columns(edition).items():
        table[title] = published[f"{INDEX}:{code}"]
    if edition.grades:
        table[edition.grades.title.capitalize()] = published["grade"]
        table["Уровень тот же, %"] = 100 * grade_kept(published["grade"], grade_shares)
    return table.rename_axis("Код")


def decimals_of(edition: Edition) -> dict[str, int]:
    """Digits after the comma of every column of the table of places."""
    scores = dict.fromkeys(["Индекс", *clientele_columns(edition).values()], edition.publication.decimals)
    grades = {edition.grades.title.capitalize(): 0, "Уровень тот же, %": 0} if edition.grades else {}
    return {"Место": 0, "Место с": 0, "Место по": 0, **scores, **grades}


def answers_behind(n: pd.Series, edition: Edition) -> pd.DataFrame:
    """Answers behind the columns of the table of places, from the answers behind cells (unit, element, part)."""
    parts = {"": "Индекс", **clientele_columns(edition)}
    own = n[n.index.get_level_values("element") == INDEX]
    return own.droplevel("element").unstack("part").reindex(columns=list(parts)).set_axis(list(parts.values()), axis=1)


def grade_kept(grades: pd.Series, shares: pd.DataFrame) -> pd.Series:
    """Share of draws in which a unit keeps its grade."""
    own = grades.reindex(shares.index).dropna().astype(int)
    return pd.Series({unit: shares.loc[unit, grade] for unit, grade in own.items()}, index=own.index, dtype=float)


def what_is_hidden(published: pd.DataFrame, ranked: int, edition: Edition) -> str:
    """A paragraph on the dashes of the table, or nothing if there are none."""
    closed = ranked - int(published["rank"].notna().sum())
    columns = [int(published[f"{INDEX}:{code}"].isna().sum()) for code in edition.clienteles]
    if not closed and not any(columns):
        return ""
    said = [f"Прочерк значит «скрыто»: за числом меньше {spell(edition.disclosure.threshold)} ответов или его "
            "можно было бы вычислить по остальным."]
    if closed:
        said.append(f"Индекс и место скрыты у {of_units(closed, edition.unit)}; места даны среди остальных.")
    if any(columns):
        said.append(f"Индексы клиентур скрыты у {of_units(max(columns), edition.unit)}: по сводному и одному из них "
                    "нашёлся бы другой.")
    return " ".join(said)


def clientele_columns(edition: Edition) -> Mapping[str, str]:
    """Headers of the clienteles' indices."""
    return {code: clientele.title.capitalize() for code, clientele in edition.clienteles.items()}
