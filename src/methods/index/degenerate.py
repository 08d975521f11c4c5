"""Data that can be scored and yet say little: what stops a rating, and what its reader must be told."""

from __future__ import annotations

import numpy as np
import pandas as pd

from methods.errors import NotPublishable
from methods.index.edition import Edition
from methods.index.rounding import dustless
from methods.index.score import Scores

FEWEST_RANKED = 3  # «first of one» is no place, and of two units only one thing can be said


def ratable(scores: Scores, edition: Edition) -> None:
    """Raise unless there are units enough for a rating and every score is a number.

    Raises
    ------
    NotPublishable
        Fewer than three ranked units, or an infinite value: named with the unit and the indicator it came from.
    """
    endless = np.isinf(scores.indicators) | np.isinf(scores.normalised.reindex(columns=scores.indicators.columns))
    if endless.to_numpy().any():
        places = [f"{unit} × {code}" for unit, code in endless.stack()[lambda cell: cell].index[:5]]
        raise NotPublishable(f"Бесконечное значение, мест: {int(endless.to_numpy().sum())}, первые: "
                             f"{'; '.join(places)}. Рейтинг по нему не строится: исправьте данные или нормирование.")
    ranked = int(scores.rank.notna().sum())
    if ranked < FEWEST_RANKED:
        raise NotPublishable(f"Для рейтинга нужно не меньше {FEWEST_RANKED} единиц ({edition.unit.many}), есть "
                             f"{ranked}. Дождитесь данных остальных или смягчите eligibility в редакции.")


def cautions(scores: Scores, edition: Edition) -> list[str]:
    """What is allowed and yet must be seen by whoever reads the results, in Russian."""
    found = []
    ranked = dustless(scores.index[scores.rank.notna()])
    if len(ranked) and ranked.nunique() == 1:
        found.append(f"У всех {edition.unit.many} один и тот же балл: места равны по правилу «{edition.ranking.ties}», "
                     "порядок в таблице ничего не значит.")
    flat = [code for code in scores.normalised if scores.normalised[code].notna().sum() > 1
            and dustless(scores.normalised[code].dropna()).nunique() == 1]
    if flat:
        found.append(f"Не различают единицы, хотя имеют вес: {', '.join(flat)}.")
    if edition.grades is not None and edition.grades.method == "quantiles":
        sizes = scores.grade.dropna().value_counts().sort_index().astype(int)
        if len(sizes) < len(edition.grades.labels) or sizes.max() > sizes.min() + 1:
            shown = ", ".join(f"{edition.grades.labels[int(grade) - 1]} — {size}" for grade, size in sizes.items())
            found.append(f"Равных баллов так много, что уровни не равны по числу единиц: {shown}.")
    return found


def sides_apart(sides: dict[str, pd.Series]) -> str:
    """How many units have both measurements and how many only one, when that is not the same set; else nothing.

    >>> sides_apart({"опрос": pd.Series({"C1": 0.5, "C2": 0.6}), "чек-лист": pd.Series({"C2": 0.7, "C3": 0.8})})
    'Наборы единиц различаются: обе стороны у 1, только опрос у 1, только чек-лист у 1.'
    """
    (one, first), (other, second) = sides.items()
    known, also = set(first.dropna().index), set(second.dropna().index)
    if known == also:
        return ""
    return (f"Наборы единиц различаются: обе стороны у {len(known & also)}, только {one} у {len(known - also)}, "
            f"только {other} у {len(also - known)}.")
