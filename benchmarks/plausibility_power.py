"""Plausibility signals against known truth: calibration without manipulation, power with it, speed.

`python benchmarks/plausibility_power.py [--seeds 40]` prints the tables that docs/plausibility.md quotes.
"""

from __future__ import annotations

import argparse
import time
from unittest import mock

import pandas as pd

from methods.data import plausibility as pl
from methods.data.demonstration import ASKED, Demonstration, generate
from methods.data.demonstration import parameters as par

PLANTED = {"завышен_чек_лист": "завышенный чек-лист", "накручен_опрос": "накрученный опрос"}


def honest(seed: int, **size: int) -> Demonstration:
    """The demonstration country without a single manipulating centre."""
    with mock.patch.multiple(par, GAMED_EACH=float("inf"), STRAIGHT_EACH=float("inf")):
        return generate(seed, **size)


def respondents(answers: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Marks (the overall one last) and the table of respondents."""
    frame = answers.set_index("анкета")
    who = pd.DataFrame({"unit": frame["центр"], "clientele": frame["клиентела"], "day": frame["дата"],
                        "number": frame.index}, index=frame.index)
    return frame[[*ASKED, "общая"]].astype("Float64").astype(float), who


def check(country: Demonstration) -> list[pl.Signal]:
    """All six signals of the last year."""
    before, now = list(country.answers)[-2:]
    registry = country.registry.set_index("центр")
    own = [code for code, shared in zip(par.CODES, par.SHARED, strict=True) if not shared]
    lists = {year: country.checklist[year].set_index("центр")[own].astype("Float64").astype(float)
             for year in (before, now)}
    marks, who = respondents(country.answers[now])
    asked = marks[list(ASKED)]
    marks_before, who_before = respondents(country.answers[before])
    level, level_before = pl.survey_levels(asked, who), pl.survey_levels(marks_before[list(ASKED)], who_before)
    end = pd.Timestamp(f"{now}-12-31")
    return [pl.straight_lining(asked, who), pl.duplicate_blocks(marks, who),
            pl.bursts(who, end, opened=registry["действует_с"]),
            pl.checklist_rise(lists[before], lists[now], level_before, level, registry["регион"]),
            pl.survey_against_peers(level, lists[now].mean(axis=1), level["n"], registry["регион"]),
            pl.complete_regions(lists[now], registry["регион"])]


def calibration(seeds: range, level: float, **size: int) -> tuple[pd.DataFrame, float]:
    """Share of p-values below .05, .01, .001 where nobody manipulates; how often the combined list is not empty."""
    rows, listed = [], 0
    for seed in seeds:
        signals = check(honest(seed, **size))
        for signal in signals:
            p = signal.table["p_value"].dropna()
            rows.append({"signal": signal.code, "tested": len(p), "<.05": (p < .05).mean(), "<.01": (p < .01).mean(),
                         "<.001": (p < .001).mean(), "any q<level": float((signal.table["q_value"] <= level).any())})
        listed += not pl.worth_a_look(signals, level).units.empty
    return pd.DataFrame(rows).groupby("signal", sort=False).mean(), listed / len(seeds)


def power(country: Demonstration, level: float) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Found of planted, and false ones, by signal and on the combined list; and the false entries of that list."""
    truth = country.truth.centres
    signals = check(country)
    combined = pl.worth_a_look(signals, level)
    found = {signal.code: list(signal.below(level).index) for signal in signals}
    found["all together"] = [unit for about, unit in combined.units.index if about == "центр"]
    rows = {code: {**{title: f"{int(truth[column].reindex(units, fill_value=False).sum())} / {int(truth[column].sum())}"
                      for column, title in PLANTED.items()},
                   "ложных": int((~truth[list(PLANTED)].any(axis=1).reindex(units, fill_value=False)).sum())}
            for code, units in found.items()}
    rows["all together"]["ложных"] += sum(about == "регион" for about, _ in combined.units.index)
    guilty = truth[list(PLANTED)].any(axis=1)
    false = combined.units[[not (about == "центр" and guilty[unit]) for about, unit in combined.units.index]]
    return pd.DataFrame.from_dict(rows, orient="index"), false


def average_power(seeds: range, level: float) -> pd.DataFrame:
    """By seed: planted found by the combined list, and the share of false entries."""
    rows = []
    for seed in seeds:
        country = generate(seed)
        truth = country.truth.centres
        units = pl.worth_a_look(check(country), level).units
        centres = [unit for about, unit in units.index if about == "центр"]
        right = truth.loc[centres, list(PLANTED)]
        rows.append({"seed": seed, **{title: right[column].sum() / truth[column].sum()
                                      for column, title in PLANTED.items()},
                     "listed": len(units), "false share": 1 - right.any(axis=1).sum() / max(len(units), 1)
                     if len(units) else 0.0})
    return pd.DataFrame(rows).set_index("seed")


def extra_plants(seeds: range, level: float) -> pd.DataFrame:
    """What the demonstration does not plant: a block of equal records (of 5, 10, 20), and a region all met.

    In an honest country one centre of a usual size gets the block in a row, days as they were; then a small, a usual
    and a large region is filled in, one at a time. How many of the plants their signal finds.
    """
    found: dict[str, list[bool]] = {}
    for seed in seeds:
        country = honest(seed)
        marks, who = respondents(list(country.answers.values())[-1])
        of = who["unit"].value_counts()
        centre = of.index[(of >= 45) & (of <= 55)].sort_values()[seed % 20]
        rows = who.index[who["unit"] == centre]
        rows = rows[who.loc[rows, "clientele"].eq(who["clientele"].mode()[0])]
        flawed = rows[marks.loc[rows].min(axis=1) < 5]               # a record that is not all fives
        for size in (5, 10, 20):
            padded, start = marks.copy(), min(rows.get_loc(flawed[0]), len(rows) - size)
            padded.loc[rows[start:start + size]] = marks.loc[flawed[0]].to_numpy()
            table = pl.duplicate_blocks(padded, who).below(level)
            found.setdefault(f"block of {size} in a row", []).append(centre in table.index)
        registry = country.registry.set_index("центр")
        own = [code for code, shared in zip(par.CODES, par.SHARED, strict=True) if not shared]
        checklist = list(country.checklist.values())[-1].set_index("центр")[own].astype("Float64").astype(float)
        home = registry["регион"].reindex(checklist.index)
        count = home.value_counts()
        for title, low, high in (("2-4", 2, 4), ("8-14", 8, 14), ("20+", 20, 99)):
            chosen = count.index[count.between(low, high)].sort_values()
            if chosen.empty:
                continue
            filled = checklist.copy()
            inside = filled.loc[home == chosen[seed % len(chosen)]]
            filled.loc[inside.index] = inside.where(inside.isna(), 1.0)
            table = pl.complete_regions(filled, home).below(level)
            found.setdefault(f"region all met, {title} centres", []).append(chosen[seed % len(chosen)] in table.index)
    return pd.DataFrame({"found": pd.Series({name: sum(hits) for name, hits in found.items()}),
                         "planted": pd.Series({name: len(hits) for name, hits in found.items()})})


def speed(country: Demonstration) -> pd.Series:
    """Seconds of the three signals of the questionnaires on one year of the default country; best of three."""
    marks, who = respondents(list(country.answers.values())[-1])
    asked, end = marks[list(ASKED)], pd.Timestamp("2024-12-31")
    jobs = {"straight_lining": lambda: pl.straight_lining(asked, who), "bursts": lambda: pl.bursts(who, end),
            "duplicate_blocks": lambda: pl.duplicate_blocks(marks, who)}
    seconds = {}
    for name, job in jobs.items():
        times = []
        for _ in range(3):
            start = time.perf_counter()
            job()
            times.append(time.perf_counter() - start)
        seconds[name] = min(times)
    return pd.Series({**seconds, "together": sum(seconds.values())}, name="seconds")


def main() -> None:
    """Print all tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=40, help="countries without manipulation")
    parser.add_argument("--level", type=float, default=0.10, help="false-discovery level")
    options = parser.parse_args()
    pd.set_option("display.width", 200, "display.max_columns", 20, "display.max_colwidth", 160)
    country = generate()
    print("Speed, s, 60 000 answers x 19 questions\n", speed(country).round(2).to_string(), sep="")
    table, false = power(country, options.level)
    print(f"\nDefault demonstration (seed 2022), level {options.level}\n", table.to_string(), sep="")
    print("\nFalse entries of the combined list\n", false.to_string() if len(false) else "none", sep="")
    by_seed = average_power(range(100, 100 + max(options.seeds // 2, 1)), options.level)
    print("\nOther seeds with manipulation: planted found and false share\n", by_seed.round(3).to_string(),
          "\nmean\n", by_seed.mean().round(3).to_string(), sep="")
    print("\nFurther plants\n", extra_plants(range(10), options.level).to_string(), sep="")
    table, listed = calibration(range(options.seeds), options.level)
    print(f"\nNo manipulation, {options.seeds} seeds: mean share of p-values below\n", table.round(4).to_string(),
          sep="")
    print(f"Combined list not empty (its false-discovery rate): {listed:.3f}")


if __name__ == "__main__":
    main()
