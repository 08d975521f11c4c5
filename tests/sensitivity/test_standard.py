"""Factors of an edition: the usual ones that can act, or its own; and errors of questions that go together."""

import json

import numpy as np
import pandas as pd
import pytest

from methods.data import store
from methods.data.editions import load_edition, parse_edition
from methods.data.shared_errors import common_error
from methods.errors import InputError
from methods.index.edition import INDEX
from methods.sensitivity.engine import Experiment
from methods.sensitivity.factors import ChecklistError, IndicatorLeftOut, MixShift, SamplingError, WeightNoise
from methods.sensitivity.standard import factors_of


@pytest.fixture(scope="module")
def star(root):
    return load_edition(root, "star-2022")


@pytest.fixture(scope="module")
def measured(root, star):
    return store.prepare(root, star, "2024")


def test_the_usual_factors_of_the_star(star, measured):
    found = factors_of(star, measured.measurements, spread=0.2, mix_spread=0.9, checklist_error=0.03, common=0.26)
    assert found[0] == WeightNoise(0.2, (INDEX,))
    assert found[1] == WeightNoise(0.2, tuple("ДПМАК"))
    assert SamplingError(0.26) in found
    assert MixShift(0.5) in found                          # cut at the smaller side's share
    checklists = next(factor for factor in found if isinstance(factor, ChecklistError))
    assert set(checklists.indicators) == set(star.indicators)
    assert Experiment(measured.measurements, star, found).factors
    assert IndicatorLeftOut() in factors_of(star, measured.measurements, left_out=True)
    assert factors_of(star, measured.measurements, spread=0, mix_spread=0, checklist_error=0) == [SamplingError(0.0)]


def test_an_edition_may_name_its_own(star, measured):
    content = json.loads(star.model_dump_json(by_alias=True, exclude_none=True))
    content["uncertainty"] = [{"factor": "WeightDirichlet", "parent": "index",
                               "concentrations": dict.fromkeys("ДПМАК", 20.0)}, {"factor": "MixShift", "spread": 0.05}]
    own = parse_edition(json.dumps(content, ensure_ascii=False))
    found = factors_of(own, measured.measurements, spread=0.9)
    assert [factor.name for factor in found] == ["weights:index", "mix"]
    content["uncertainty"] = [{"factor": "Weather"}]
    with pytest.raises(InputError, match="«Weather» неизвестен"):
        factors_of(parse_edition(json.dumps(content, ensure_ascii=False)), measured.measurements)


# --- errors that go together ------------------------------------------------------------------------------------------

def test_common_error_against_a_plain_loop(star, measured):
    """Peer: covariances of mean marks by unit in a loop over units, one clientele after the other."""
    found = common_error(measured, star)
    asked = [indicator.sides["subjective"].question for indicator in star.indicators.values()
             if "subjective" in indicator.sides]
    rhos = []
    for view in star.clienteles:
        own = measured.answers[measured.answers["clientele"] == view]
        total, used = np.zeros((len(asked),) * 2), np.zeros((len(asked),) * 2)
        for _, part in list(own.groupby("unit")):
            marks = part[asked].astype("Float64").astype(float).to_numpy()
            if len(marks) < 2:
                continue
            table = pd.DataFrame(marks)
            there = table.notna().astype(float)
            n = (there.T @ there).to_numpy()
            covariance = table.cov(min_periods=2).to_numpy()
            with np.errstate(divide="ignore", invalid="ignore"):
                term = covariance * n / np.outer(np.diag(n), np.diag(n))
            good = np.isfinite(term) & (n >= 2)
            total[good] += term[good]
            used += good
        mean = total / used
        apart = ~np.eye(len(asked), dtype=bool)
        scale = np.sqrt(np.outer(np.diag(mean), np.diag(mean)))
        rhos.append((star.clienteles[view].share, mean[apart].sum() / scale[apart].sum()))
    assert found == pytest.approx(sum(share * rho for share, rho in rhos) / sum(share for share, _ in rhos), abs=1e-10)
    assert 0.1 < found < 0.5


def test_no_questionnaires_no_common_error(root):
    real = load_edition(root, "cms-2021")
    assert common_error(store.prepare(root, real, "2021"), real) == 0.0


def test_common_errors_widen_the_index_and_leave_each_question_alone(star, measured):
    """By the law of a sum: (1 - rho) of the sum of squares and rho of the square of the sum; one question stays."""
    u = np.random.default_rng(0).random((400, 1))
    apart, together = (Experiment(measured.measurements, star, [SamplingError(common)]) for common in (0.0, 0.26))
    spread = [np.nanstd(experiment.index(u, 0)[0], axis=0) for experiment in (apart, together)]
    weights = star.effective_weights()
    parts = {(code, view): weights[code] * star.indicators[code].side_mix()["subjective"] * own.share
             * together.measured.error[code, "subjective", view]
             for view, own in star.clienteles.items() for code in star.indicators
             if (code, "subjective", view) in together.measured.error}
    free, bound = 0.0, 0.0
    for view in star.clienteles:
        own = np.array([part for (_, whose), part in parts.items() if whose == view])
        free = free + (own**2).sum(axis=0)
        bound = bound + 0.74 * (own**2).sum(axis=0) + 0.26 * own.sum(axis=0) ** 2
    grown = pd.Series(np.sqrt(bound / free), together.units)[together.ranked]
    assert np.median(spread[1] / spread[0]) == pytest.approx(grown.median(), rel=0.02)
    one = together.measured.with_sampling_errors(u[:, 0], 0, 0.26)
    key = next(key for key in one if key[0] == "Д1" and key[1] == "subjective")
    asked = ~np.isnan(one[key]).any(axis=0)
    asked[asked] = one[key][:, asked].min(axis=0) > 0     # nowhere cut at the worst mark
    ratio = one[key][:, asked].std(axis=0) / together.measured.error[key][asked]
    assert np.median(ratio) == pytest.approx(1, abs=0.02)


@pytest.mark.parametrize("common", [-0.1, 1.0])
def test_a_correlation_out_of_range_is_refused(star, measured, common):
    with pytest.raises(InputError, match="Корреляция ошибок разных вопросов — от 0 до 1"):
        Experiment(measured.measurements, star, [SamplingError(common)])
