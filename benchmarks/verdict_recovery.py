"""Do the verdicts recognise what was planted: other demonstration countries, both years, kinds against actions.

    python benchmarks/verdict_recovery.py [--seeds 20] [--centres 1200] [--regions 89]

Each country has 19 indicators with both sides and a planted kind of disagreement (data.demonstration.catalogue). The
rules are the default ones of agreement.verdict; no threshold was chosen on these countries.
"""

from __future__ import annotations

import argparse
import time

import pandas as pd

from methods.agreement import verdict
from methods.data.checklist import requirement_scores
from methods.data.demonstration import ASKED, CLIENTELES, INDICATORS, Demonstration, generate
from methods.data.demonstration import parameters as par
from methods.data.demonstration.catalogue import PROFILES
from methods.data.survey import survey_estimates
from methods.data.truth import EXPECTED

FEWEST_ANSWERS = 3  # as in the edition star-2022


def measurements(country: Demonstration, year: str) -> pd.DataFrame:
    """The long table that an edition makes of the files of the regions."""
    answers = country.answers[year].set_index("анкета")
    keys = answers[["центр", "клиентела"]].set_axis(["unit", "clientele"], axis=1)
    parts = [survey_estimates(answers[code].astype("Float64").astype(float), keys, (1, 5), "mean", FEWEST_ANSWERS)
             .reset_index().assign(indicator=code, side="subjective") for code in ASKED]
    marks = country.checklist[year].set_index("центр").astype("Float64").astype(float)
    for place, code in enumerate(INDICATORS):
        own = [name for name, item in zip(par.CODES, par.ITEM_OF, strict=True) if item == place]
        long = marks[own].melt(ignore_index=False, value_name="score").rename_axis("unit").reset_index()
        long = long.assign(maximum=1.0)[["unit", "score", "maximum"]]
        parts.append(requirement_scores(long).reset_index().assign(indicator=code, side="objective", clientele="",
                                                                   se=float("nan")))
    return pd.concat(parts, ignore_index=True)[["unit", "indicator", "side", "clientele", "value", "se", "n"]]


def decided(country: Demonstration, year: str) -> pd.DataFrame:
    """Kind, expected action and verdict of every indicator with both sides."""
    sides = verdict.side_tables(measurements(country, year), dict.fromkeys(CLIENTELES, 0.5))
    measured = verdict.measures(sides.survey, sides.error, sides.respondents, sides.checklist, sides.requirements)
    found = verdict.verdicts(measured.loc[list(ASKED)])
    found["kind"] = [PROFILES[code].kind for code in found.index]
    return found.assign(expected=found["kind"].map(EXPECTED))


def main() -> None:
    """Print the confusion matrix and the indicators that were not recognised."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--centres", type=int, default=1200)
    parser.add_argument("--regions", type=int, default=89)
    options = parser.parse_args()
    start, tables = time.perf_counter(), {}
    for seed in range(1, options.seeds + 1):
        country = generate(seed, centres=options.centres, regions=options.regions)
        for year in country.answers:
            tables[seed, year] = decided(country, year)
    together = pd.concat(tables, names=["seed", "year", "indicator"])
    hits = together["action"] == together["expected"]
    by_country = hits.groupby(["seed", "year"]).sum()
    print(pd.crosstab(together["kind"], together["action"]).to_string())
    print(f"\nRecognised: {hits.sum()} of {len(hits)} ({hits.mean():.1%}); in one country and year from "
          f"{by_country.min()} to {by_country.max()} of {len(ASKED)}.")
    missed = together[~hits]
    if len(missed):
        print(missed[["kind", "action", "reason"]].to_string())
    print(f"{options.seeds} countries of {options.centres} centres, {time.perf_counter() - start:.0f} s.")


if __name__ == "__main__":
    main()
