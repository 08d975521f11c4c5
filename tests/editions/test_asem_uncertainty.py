"""The uncertainty analysis of COINr's vignette on ASEM, expressed by factors.

Vignette «Sensitivity Analysis», R package COINr (Becker and others 2022, doi:10.21105/joss.04567): Winsorisation of 1-5
points, min-max to 1-100 or z-scores with mean 10 and standard deviation 2, weights +-25 % at every level, arithmetic or
geometric means. Its intervals are drawn at random and not printed as numbers, so that what can be compared is the
deterministic corner of the experiment; the rest is checked against our own recipe, draw by draw.
"""

import json

import numpy as np
import pandas as pd
import pytest

from methods.data.editions import parse_edition
from methods.index.edition import Aggregation, Edition, Normalisation
from methods.index.rank import rank
from methods.index.score import score
from methods.sensitivity.design import Design
from methods.sensitivity.engine import Experiment
from methods.sensitivity.factors import AggregationChoice, NormalisationChoice, WeightNoise, Winsorisation
from methods.sensitivity.outliers import treat_outliers
from methods.sensitivity.uncertainty import rank_uncertainty

SCALES = (Normalisation(method="min-max", lower=1.0, upper=100.0), Normalisation(method="z-score", mean=10.0, sd=2.0))
MEANS = (Aggregation(method="arithmetic"), Aggregation(method="geometric"))
POINTS = (1, 2, 3, 4, 5)


@pytest.fixture(scope="module")
def edition(root):
    return parse_edition((root / "tests" / "editions" / "asem.yaml").read_text("utf-8"))


@pytest.fixture(scope="module")
def imputed(root, edition):
    """51 countries x 49 indicators as COINr has them before it treats outliers."""
    frame = pd.read_csv(root / "tests" / "reference" / "asem" / "step_imputed.csv", index_col="UnitCode",
                        keep_default_na=False)
    return frame[list(edition.indicators)].astype(float)


def measurements(values):
    long = values.rename_axis(columns="indicator", index="unit").stack().rename("value").reset_index()
    return long.assign(side="objective", clientele="", se=np.nan, n=np.nan)


def vignette(imputed, edition, scales=SCALES):
    factors = [Winsorisation(POINTS, otherwise="log"), NormalisationChoice(scales), WeightNoise(0.25),
               AggregationChoice(MEANS)]
    return Experiment(measurements(imputed), edition, factors)


def test_the_corner_of_the_adopted_methodology_is_the_published_index(root, oracle, imputed, edition):
    """Up to five points (COINr allowed six and never needed the sixth), min-max to 0-100, equal weights, arithmetic."""
    scales = (Normalisation(method="min-max", lower=0.0, upper=100.0), SCALES[1])
    experiment = vignette(imputed, edition, scales)
    corner = np.full((1, len(experiment.columns)), 0.5)
    corner[0, experiment.groups["winsorisation"]] = 0.9
    corner[0, experiment.groups["normalisation"] + experiment.groups["aggregation"]] = 0.1
    folder = root / "tests" / "reference" / "asem"
    published, places = (pd.read_csv(folder / name, index_col="UnitCode", keep_default_na=False)["Index"]
                         for name in ("step_aggregated.csv", "results_ranks.csv"))
    found = pd.Series(experiment.index(corner)[0][0], experiment.ranked)
    oracle("опыт ASEM, угол принятой методики: индекс 51 страны", "R COINr, step_aggregated.csv", found,
           published.astype(float), 1e-10)
    assert rank(found).to_dict() == places.astype(float).to_dict()


def test_its_draws_are_those_of_the_recipe(imputed, edition):
    experiment = vignette(imputed, edition)
    u = np.random.default_rng(1).random((4, len(experiment.columns)))
    made, why = experiment.index(u)
    assert (why == "").all()
    coordinates = pd.DataFrame(u, columns=experiment.columns)
    for draw in range(4):
        treated = imputed.apply(treat_outliers, most=POINTS[int(5 * coordinates["winsorisation"].loc[draw])],
                                otherwise="log")
        weights = {}
        for parent in {name.split("/")[0] for name in coordinates["weights"]}:
            nominal = edition.weights_of(parent)
            own = coordinates["weights"].loc[draw, [f"{parent}/{member}" for member in nominal.index]].to_numpy()
            drawn = nominal * (1 + 0.25 * (2 * own - 1))
            weights[parent] = (drawn / drawn.sum()).to_dict()
        content = json.loads(edition.model_dump_json(by_alias=True, exclude_none=True)) | {
            "weights": weights,
            "normalisation": SCALES[int(2 * coordinates["normalisation"].loc[draw])].model_dump(exclude_none=True),
            "aggregation": {"default": {"method": MEANS[int(2 * coordinates["aggregation"].loc[draw])].method}}}
        stated = score(measurements(treated), Edition.model_validate_json(json.dumps(content))).index
        np.testing.assert_allclose(made[draw], stated[experiment.ranked], rtol=1e-12, atol=0)


@pytest.mark.parametrize("kind", ["random", "sobol"])
def test_500_draws_of_the_vignette(imputed, edition, kind):
    experiment = vignette(imputed, edition)
    found = rank_uncertainty(experiment, Design(500, kind))
    assert found.draws == 500
    assert len(found.counts) == 51
    summary = found.summary()
    assert (summary["low"] <= summary["median"]).all()
    assert (summary["median"] <= summary["high"]).all()
    assert agreement(summary) > 0.95
    assert set(experiment.groups) == {"winsorisation", "normalisation", "weights", "aggregation"}
    assert len(experiment.groups["weights"]) == 49 + 8 + 2


def agreement(summary):
    """Correlation of median and adopted places: the choices move countries, they do not shuffle them."""
    return summary["median"].corr(summary["adopted"])
