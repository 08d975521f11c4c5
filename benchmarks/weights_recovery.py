"""Do the intervals of driver analysis and of targeted weights hold the truth? 200 invented countries.

    OMP_NUM_THREADS=1 .venv/bin/python benchmarks/weights_recovery.py [--sets 200] [--pool 400] [--draws 400]

Every set is a demonstration country of its own (methods.data.demonstration, 1,200 centres, one year, no manipulation).
What is true:

`mark_regression`  the planted weights of the overall mark (truth/drivers.csv), known exactly
`shapley`, `owen`  what the same formula gives in the population: the moments of `pool` further countries, pooled (no
                   closed form exists: marks are cut at four steps and complete questionnaires only are taken)
`coefficient`      (least squares, standardised) the same, and beside it the planted weights, which it misses
weights            of equal importance inside each group and of the five groups in the index: what `calibrate` gives on
                   the pooled centres; the intervals resample regions, whose centres share conditions and requirements

Printed: mean over sets of the share of true values inside their own 95 % intervals (with its standard error over
sets, which are independent), the worst and the best single value, and the share of sets whose joint 95 % band holds
all values at once.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator

import numpy as np
import pandas as pd

from methods.data.demonstration import ASKED, CLIENTELES, INDICATORS, SEEKER, Demonstration, generate
from methods.index.edition import INDEX
from methods.index.importance import Resampled
from methods.weights.drivers import (
    CrossProducts,
    cross_products,
    drivers,
    least_squares,
    mark_regression,
    shapley_r2,
)
from methods.weights.targets import calibrate, calibration_draws

YEAR, OVERALL, POOL_FROM = "2023", "общая", 100_000
GROUPS = pd.Series({code: code[0] for code in ASKED})
STAR = {**{group: pd.Series(1 / sum(code[0] == group for code in INDICATORS),
                            index=[code for code in INDICATORS if code[0] == group]) for group in "ДПМАК"},
        INDEX: pd.Series(0.2, index=list("ДПМАК"))}


def questionnaires(country: Demonstration, who: str) -> tuple[pd.DataFrame, pd.Series, pd.Series]:
    """Marks, overall mark and centre of one clientele."""
    sheets = country.answers[YEAR].set_index("анкета")
    own = sheets[sheets["клиентела"] == who]
    return own[list(ASKED)], own[OVERALL], own["центр"]


def indicators(country: Demonstration) -> tuple[pd.DataFrame, pd.Series]:
    """(S + X/N)/2 by centre with job seekers' marks, and the centres' regions."""
    marks, _, centre = questionnaires(country, SEEKER)
    survey = ((marks.astype("Float64").astype(float) - 1) / 4).groupby(centre.to_numpy()).mean()
    lists = country.checklist[YEAR].set_index("центр").astype("Float64").astype(float)
    checked = lists.T.groupby(lambda code: code.split(".")[0]).mean().T
    values = pd.DataFrame({code: (survey[code] + checked[code]) / 2 if code in survey else checked[code]
                           for code in INDICATORS})
    return values, country.registry.set_index("центр")["регион"].reindex(values.index)


def population(pool: int) -> tuple[dict[str, pd.DataFrame], pd.Series]:
    """Pooled covariances of the complete questionnaires by clientele; weights of equal importance of all centres."""
    sums, tables = dict.fromkeys(CLIENTELES, 0), []
    for seed in range(POOL_FROM, POOL_FROM + pool):
        country = generate(seed=seed, years=(YEAR,))
        for who in CLIENTELES:
            sums[who] = sums[who] + cross_products(*questionnaires(country, who), gaps="complete").sums.sum(axis=0)
        tables.append(indicators(country)[0])
    covariances = {who: CrossProducts(pd.Index(ASKED), OVERALL, pd.Index(["все"]), total[None], 1.0).covariance()
                   for who, total in sums.items()}
    return covariances, calibrate(pd.concat(tables, ignore_index=True), STAR).table()["weight"]


def correlations(covariance: pd.DataFrame) -> pd.DataFrame:
    """Of a labelled covariance matrix."""
    spread = np.sqrt(np.diag(covariance))
    return covariance / np.outer(spread, spread)


def one_set(seed: int, covariances: dict[str, pd.DataFrame], weights: pd.Series,
            draws: int) -> Iterator[tuple[str, Resampled, pd.Series]]:
    """Every measure of one country: its name, what was found, what is true."""
    country = generate(seed=seed, years=(YEAR,))
    for who in CLIENTELES:
        sheets = questionnaires(country, who)
        planted, r = country.truth.drivers.loc[list(ASKED), who], covariances[who]
        found = mark_regression(*sheets, gaps="complete", draws=draws, seed=seed).coefficients
        yield f"{who}: mark_regression", found, planted
        data = cross_products(*sheets, gaps="complete")
        linear = drivers(data, draws=draws, seed=seed).measures
        yield f"{who}: shapley", linear["shapley"], shapley_r2(r, OVERALL)
        yield f"{who}: owen", drivers(data, GROUPS, draws=draws, seed=seed).measures["shapley"], shapley_r2(
            r, OVERALL, GROUPS)
        yield f"{who}: coefficient", linear["coefficient"], least_squares(correlations(r), OVERALL)
        spread = pd.Series(np.sqrt(np.diag(data.covariance())), index=[*ASKED, OVERALL])
        yield (f"{who}: coefficient против заложенных весов", linear["coefficient"],
               planted * spread[list(ASKED)] / spread[OVERALL])
    values, region = indicators(country)
    found = calibration_draws(values, STAR, draws=draws, seed=seed, clusters=region).weights
    yield "веса равной важности", found, weights


def main() -> None:
    """Print the table of coverage."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--sets", type=int, default=200)
    parser.add_argument("--pool", type=int, default=400)
    parser.add_argument("--draws", type=int, default=400)
    options = parser.parse_args()
    start = time.perf_counter()
    covariances, weights = population(options.pool)
    inside: dict[str, list[np.ndarray]] = {}
    jointly: dict[str, list[bool]] = {}
    for seed in range(options.sets):
        for name, found, true in one_set(seed, covariances, weights, options.draws):
            one, all_of_it = found.interval(), found.band()
            true = true[one.index]
            inside.setdefault(name, []).append(((one["low"] <= true) & (true <= one["high"])).to_numpy())
            jointly.setdefault(name, []).append(bool(((all_of_it["low"] <= true) & (true <= all_of_it["high"])).all()))
    print(f"наборов {options.sets}, в генеральной совокупности {options.pool} стран, выборок {options.draws}, "
          f"{(time.perf_counter() - start) / 60:.0f} мин")
    print("| что | величин | внутри своих интервалов, % | ± | худшая, % | лучшая, % | все сразу в общей полосе, % |\n"
          "|---|---|---|---|---|---|---|")
    for name, rows in inside.items():
        table = np.array(rows)
        by_value, error = 100 * table.mean(axis=0), 100 * table.mean(axis=1).std(ddof=1) / len(table) ** 0.5
        print(f"| {name} | {table.shape[1]} | {by_value.mean():.1f} | {error:.1f} | {by_value.min():.1f} | "
              f"{by_value.max():.1f} | {100 * np.mean(jointly[name]):.1f} |")


if __name__ == "__main__":
    main()
