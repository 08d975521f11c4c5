"""Random-intercept model and intraclass correlations: ours against statsmodels MixedLM and pingouin, on the same data.

    .venv/bin/python benchmarks/reliability.py [--repeats 7]

Our runs and theirs alternate in one process, so that a busy machine slows both alike; ratios are medians over the
pairs, of processor time (all threads) and of wall time. Results are compared before anything is timed. pingouin (GPL)
is no dependency: where it is not installed, its rows are skipped and the benchmark says so; to see them, run it with
the Python of an environment of its own, PYTHONPATH=src.
"""

from __future__ import annotations

import argparse
import statistics
import time
import warnings
from collections.abc import Callable

import numpy as np
import pandas as pd
import statsmodels.api as sm

from methods.agreement.concordance import concordance
from methods.agreement.intraclass import intraclass_correlation
from methods.agreement.random_intercept import random_intercept

CENTRES, REGIONS, INDICATORS, RESPONDENTS = 2000, 85, 20, 100


def country(seed: int, rows_each: int = 1) -> tuple[pd.Series, pd.Series, pd.DataFrame]:
    """Values, groups (regions of centres, or centres of respondents) and two covariates."""
    rng = np.random.default_rng(seed)
    groups = REGIONS if rows_each == 1 else CENTRES
    group = rng.integers(0, groups, CENTRES * rows_each)
    labels = pd.Index([f"u{number:06d}" for number in range(len(group))])
    x = rng.normal(size=(len(group), 2))
    values = 0.3 * rng.normal(size=groups)[group] + x @ [0.2, -0.1] + rng.normal(size=len(group))
    return (pd.Series(values, labels), pd.Series([f"g{number:04d}" for number in group], labels),
            pd.DataFrame(x, labels, columns=["a", "b"]))


def mixed_lm(values: pd.Series, groups: pd.Series, covariates: pd.DataFrame | None = None) -> tuple[float, float]:
    """Between and within variance by statsmodels."""
    design = np.ones((len(values), 1)) if covariates is None else sm.add_constant(covariates.to_numpy())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fit = sm.MixedLM(values.to_numpy(), design, groups=groups.to_numpy()).fit()
    return float(fit.cov_re[0, 0]), float(fit.scale)


def ours(values: pd.Series, groups: pd.Series, covariates: pd.DataFrame | None = None) -> tuple[float, float]:
    """The same by sums over groups."""
    found = random_intercept(values, groups, covariates)
    return found.between, found.within


def pingouin_icc(long: pd.DataFrame) -> np.ndarray:
    """Six intraclass correlations by pingouin."""
    import pingouin
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pingouin.intraclass_corr(long, "target", "judge", "mark")["ICC"].to_numpy()


def both_sides(survey: pd.DataFrame, checklist: pd.DataFrame, groups: pd.Series) -> None:
    """Reliability of 20 indicators: random intercept of the region, six ICC and the CCC of the two sides."""
    for code in survey:
        random_intercept(survey[code], groups)
        intraclass_correlation(pd.DataFrame({"survey": survey[code], "checklist": checklist[code]}))
        concordance(survey[code].rename("survey"), checklist[code].rename("checklist"))


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """Wall and processor seconds."""
    wall, processor = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - wall, time.process_time() - processor


def compare(title: str, one: Callable[[], object], other: Callable[[], object], repeats: int) -> str:
    """A row of the table: medians of interleaved runs."""
    np.testing.assert_allclose(one(), other(), rtol=2e-3)
    runs = [(timed(one), timed(other)) for _ in range(repeats)]
    wall, processor = ([(a[part], b[part]) for a, b in runs] for part in (0, 1))
    cells = [f"{1000 * statistics.median(a for a, _ in wall):.1f}",
             f"{1000 * statistics.median(b for _, b in wall):.0f}",
             f"{statistics.median(b / a for a, b in wall):.0f}x",
             f"{statistics.median(b / max(a, 1e-6) for a, b in processor):.0f}x"]
    return f"| {title} | " + " | ".join(cells) + " |"


def main() -> None:
    """Run and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=7)
    repeats = parser.parse_args().repeats
    print("| work | ours, ms | theirs, ms | ratio, wall | ratio, processor |\n|---|---|---|---|---|")
    values, groups, covariates = country(1)
    print(compare(f"{CENTRES:,} centres in {REGIONS} regions, MixedLM", lambda: ours(values, groups),
                  lambda: mixed_lm(values, groups), repeats))
    print(compare("the same with two covariates, MixedLM", lambda: ours(values, groups, covariates),
                  lambda: mixed_lm(values, groups, covariates), repeats))
    answers, centres, _ = country(2, RESPONDENTS)
    print(compare(f"{len(answers):,} respondents in {CENTRES:,} centres, MixedLM", lambda: ours(answers, centres),
                  lambda: mixed_lm(answers, centres), min(repeats, 3)))
    try:
        import pingouin
        rng = np.random.default_rng(3)
        for targets in (60, 600):
            marks = pd.DataFrame(rng.normal(size=(targets, 1)) + rng.normal(size=(targets, 4)))
            long = marks.stack().rename_axis(["target", "judge"]).rename("mark").reset_index()
            print(compare(
                f"six ICC with intervals, {targets} targets x 4 judges, pingouin {pingouin.__version__}",
                lambda marks=marks: intraclass_correlation(marks, interval="f").table["value"].to_numpy(),
                lambda long=long: pingouin_icc(long), min(repeats, 3)))
    except ImportError:
        print("\npingouin is not installed here: its rows are skipped.")
    rng = np.random.default_rng(4)
    codes = [f"q{number:02d}" for number in range(INDICATORS)]
    true = rng.normal(size=(CENTRES, INDICATORS))
    survey, checklist = (pd.DataFrame(true + rng.normal(size=true.shape), values.index, codes) for _ in range(2))
    runs = [timed(lambda: both_sides(survey, checklist, groups)) for _ in range(repeats)]
    print(f"\nRandom intercept, six ICC and CCC with intervals, {CENTRES:,} centres x {INDICATORS} indicators "
          f"together: {statistics.median(wall for wall, _ in runs):.2f} s wall, "
          f"{statistics.median(processor for _, processor in runs):.2f} s processor.")


if __name__ == "__main__":
    main()
