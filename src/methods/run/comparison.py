"""Two editions side by side: what differs in them, whom that moved and why."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from methods.data.intake.maturity import check_level_change
from methods.data.waves import both_measured
from methods.index.change import score_change
from methods.index.edition import Edition
from methods.index.score import Scores, score
from methods.problems import Protocol
from methods.report import differing


@dataclass(frozen=True, eq=False)
class Comparison:
    """What is said of two editions, and the tables behind it by the name of their sheet."""

    said: tuple[str, ...]
    tables: dict[str, pd.DataFrame]


def compare_editions(root: Path, old: Edition, new: Edition) -> Comparison:
    """Differences of two editions and, where they read the same data, the places, levels and causes of change.

    They are compared on their latest common period, else each on its own latest one.
    """
    found = differing.differences(old, new)
    tables = {"Различия": differing.table(found)}
    said = [differing.summary(found, old, new),
            *(f"  {row[0]} | {row[1]} | {row[2]} → {row[3]}" for row in tables["Различия"].itertuples(index=False))]
    if old.data.dataset != new.data.dataset:
        return Comparison((*said, "Данные у редакций разные: места и уровни не сравниваются."), tables)
    common = [period for period in old.data.periods if period in new.data.periods]
    periods = (common[-1],) * 2 if common else (old.data.periods[-1], new.data.periods[-1])
    first, second = both_measured(root, old, new, periods)
    scores = score(first, old), score(second, new)
    lists = {} if periods[0] != periods[1] or first is second else {
        "before_by_new_list": second, "after_by_old_list": first}  # one period, counted by both lists
    split = score_change(first, old, second, new, **lists)
    said += [differing.moves_text(differing.moves(*scores, old, new), new, periods), differing.causes_text(split, new),
             *_levels(scores, (old, new), periods)]
    tables |= {"Причины": differing.causes_table(split, new).reset_index(),
               "По единицам": differing.units_table(split, new).reset_index()}
    return Comparison(tuple(said), tables)


def _levels(scores: tuple[Scores, Scores], of: tuple[Edition, Edition], periods: tuple[str, str]) -> list[str]:
    """Why levels cannot be compared, or who fell by two of them or more from one period to the next."""
    counts = [0 if edition.grades is None else len(edition.grades.labels) for edition in of]
    if not all(counts) or (periods[0] == periods[1] and counts[0] == counts[1]):
        return []
    names = [f"{edition.version}, {period}" for edition, period in zip(of, periods, strict=True)]
    protocol = Protocol()
    check_level_change(scores[0].grade, scores[1].grade, protocol, old=names[0], new=names[1], counts=tuple(counts))
    return [protocol.text()] if protocol.problems else []
