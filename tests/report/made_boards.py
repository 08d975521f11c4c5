"""A small country of regions and centres for the tests of profiles: nothing of it is a real result."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from methods.data import editions
from methods.index.edition import INDEX
from methods.report.profile import Board, candidates

REGIONS = [f"Регион {number:02}" for number in range(1, 13)]
CAUSES = ["Дружелюбие и партнёрство", "Минимизация усилий", "скрытые и неполные группы"]


def small_board(root: Path, kind: str = "region", seed: int = 0) -> Board:
    """Twelve regions with five centres each; the mean of «Регион 03» is hidden, its first centre too."""
    rng = np.random.default_rng(seed)
    edition = editions.load_edition(root, "star-2022")
    centres = pd.Index([f"{region[-2:]}-{number:03}" for region in REGIONS for number in range(1, 6)])
    home = pd.Series([region for region in REGIONS for _ in range(5)], centres)
    level = pd.Series(rng.normal(0, 4, 12), REGIONS)
    means = pd.Series(rng.uniform(75, 88, len(edition.indicators)), list(edition.indicators))
    indicators = pd.DataFrame(rng.normal(0, 3, (60, len(means))), centres, means.index) + means
    indicators = indicators.add(home.map(level), axis=0).clip(0, 100)
    indicators.loc["03-001", ["Д1", "Д2", "Д3"]] = np.nan
    groups = pd.DataFrame({code: indicators[edition.leaves(code)].mean(axis=1) for code in edition.groups})
    groups.loc["03-001", "Д"] = np.nan
    value = groups.mean(axis=1).where(centres != "03-001").round(2)
    place = value.rank(ascending=False, method="min")
    members = pd.DataFrame({"home": home, "title": "ЦЗН " + centres.to_series(), "value": value, "place": place,
                            "first": (place - 3).clip(lower=1), "last": (place + 4).clip(upper=59),
                            "grade": 4.0, "low": value - 1, "high": value + 1}, index=centres)
    country = pd.concat([groups.mean(), indicators.mean(), pd.Series({INDEX: value.mean()})])
    errors = pd.DataFrame(0.8, centres, list(groups))
    members["candidate"] = candidates(members, groups, errors, country)
    own = home if kind == "region" else pd.Series(centres, centres)
    subjects = pd.Index(sorted(own.unique()))
    scores = members[["value", "low", "high", "place", "first", "last"]]
    if kind == "region":
        mean = value.groupby(home).mean().where(pd.Series(subjects != "Регион 03", subjects)).round(2)
        rank = mean.rank(ascending=False, method="min")
        scores = pd.DataFrame({"value": mean, "low": mean - 0.5, "high": mean + 0.5, "place": rank,
                               "first": (rank - 1).clip(lower=1), "last": (rank + 1).clip(upper=11)})
    count = own.groupby(own).size()

    def averaged(table: pd.DataFrame) -> pd.DataFrame:
        return table.groupby(own).mean().reindex(subjects)

    causes = pd.DataFrame(rng.normal(0, 0.6, (len(subjects), 3)), subjects, CAUSES)
    end = scores["value"].fillna(80.0)
    change = pd.DataFrame({"start": end - causes.sum(axis=1), "end": end, "error": 0.4, "units": count})
    practices = pd.DataFrame({"indicator": list(edition.indicators), "code": "П01", "situation": "Ищу работу",
                              "title": "Проба", "action": "Сделать.", "sign": "Видно.", "status": "пример",
                              "source": "проверка"})
    return Board(
        edition, "2024", kind, members["title"] if kind == "unit" else pd.Series(subjects, subjects),
        pd.Series(subjects if kind == "unit" else [name[-2:] for name in subjects], subjects), scores, averaged(groups),
        averaged(errors) / np.sqrt(count).to_numpy()[:, None], groups.notna().groupby(own).sum(),
        averaged(indicators), averaged(pd.DataFrame(0.9, centres, list(indicators))), country,
        pd.DataFrame({"clients": rng.lognormal(3, 0.5, len(subjects))}, index=subjects), "число ответивших",
        change, causes, "2023", members, practices, ("Редакция star-2022, период 2024.",), date(2024, 12, 31), 0.9)
