"""Rasch by conditional maximum likelihood: LSAT sections 6 and 7, brute force, properties, refusals."""

import itertools
from functools import cache

import numpy as np
import pandas as pd
import pytest
from scipy import optimize, special

from methods.errors import InputError, NotPublishable
from methods.maturity.rasch import MOST_REQUIREMENTS, andersen_test, rasch, symmetric_functions

# Bock, Lieberman (1970), Psychometrika 35:179-197, section 6 of the Law School Admission Test: answers 00000 .. 11111
LSAT6 = [3, 6, 2, 11, 1, 1, 3, 4, 1, 8, 0, 16, 0, 3, 2, 15, 10, 29, 14, 81, 3, 28, 15, 80, 16, 56, 21, 173, 11, 61, 28,
         298]


@pytest.fixture(scope="module")
def lsat7(root):
    """Section 7, 1,000 persons x 5 items."""
    return pd.read_csv(root / "tests" / "reference" / "lsat7.csv")


@pytest.fixture(scope="module")
def lsat6():
    patterns = list(itertools.product((0, 1), repeat=5))
    return pd.DataFrame(np.repeat(patterns, LSAT6, axis=0), columns=list("abcde"))


def simulated(seed, n=200, difficulties=(-1.5, -0.5, 0.0, 0.7, 1.4), slopes=1.0):
    rng = np.random.default_rng(seed)
    latent = slopes * rng.normal(size=(n, 1)) - np.array(difficulties) + rng.logistic(size=(n, len(difficulties)))
    return pd.DataFrame((latent > 0).astype(float), [f"R{i:03d}" for i in range(n)], list("abcdefgh")[:latent.shape[1]])


@cache
def with_total(k, total):
    """All patterns of k marks with that total."""
    return np.array([marks for marks in itertools.product((0, 1), repeat=k) if sum(marks) == total])


def conditional_loss(free, x):
    """Minus the conditional log-likelihood with every pattern of a total written out, unit by unit."""
    beta = np.append(free, -np.sum(free))
    loss = 0.0
    for row in x:
        seen = ~np.isnan(row)
        own, marks = beta[seen], row[seen]
        loss += marks @ own + special.logsumexp(-with_total(int(seen.sum()), int(marks.sum())) @ own)
    return loss


def by_brute_force(x):
    found = optimize.minimize(conditional_loss, np.zeros(x.shape[1] - 1), args=(x,), method="BFGS",
                              options={"gtol": 1e-7})
    return np.append(found.x, -found.x.sum()), -found.fun


def test_difficulties_of_lsat_7_and_6_agree_with_girth(oracle, lsat7, lsat6):
    """girth 0.8.0, rasch_conditional(answers.T), numpy 2.4.6."""
    oracle("модель Раша, условное правдоподобие: LSAT, раздел 7", "girth 0.8.0, rasch_conditional",
           rasch(lsat7).items["difficulty"], [-0.54151279, 0.53657193, -0.13357101, 0.8051691, -0.66665721], 1e-4)
    oracle("модель Раша, условное правдоподобие: LSAT, раздел 6", "girth 0.8.0, rasch_conditional",
           rasch(lsat6).items["difficulty"], [-1.25621977, 0.47495968, 1.23600631, 0.16841521, -0.62316142], 1e-4)


@pytest.mark.parametrize("blanks", [0.0, 0.15])
def test_difficulties_and_errors_agree_with_every_pattern_written_out(oracle, blanks):
    """Errors: inverse of the numerical second derivatives of the written-out likelihood."""
    marks = simulated(1, n=50)
    marks = marks.mask(np.random.default_rng(2).random(marks.shape) < blanks)
    x = marks.to_numpy()
    difficulty, loglik = by_brute_force(x)
    found = rasch(marks)
    oracle("модель Раша: трудности и правдоподобие, в том числе с пропусками", "перебор сочетаний ответов, пересчитано",
           [*found.items["difficulty"], found.log_likelihood], [*difficulty, loglik], 2e-5)
    free, step = difficulty[:-1], 1e-3
    hessian = np.array([[sum(sign_i * sign_j * conditional_loss(
        free + sign_i * step * np.eye(4)[i] + sign_j * step * np.eye(4)[j], x) for sign_i in (1, -1)
        for sign_j in (1, -1)) / (4 * step**2) for j in range(4)] for i in range(4)])
    variance = np.linalg.inv(hessian)
    errors = np.sqrt([*np.diag(variance), variance.sum()])
    assert found.items["se"].to_numpy() == pytest.approx(errors, rel=1e-3)


def test_planted_difficulties_are_found_whatever_the_spread_of_the_units():
    """2,000 units of a skewed law; five standard errors. Conditional estimates assume nothing about the units."""
    rng = np.random.default_rng(7)
    planted = np.linspace(-2, 2, 10)
    skewed = rng.exponential(2.0, size=(2000, 1)) - 1
    marks = pd.DataFrame((skewed - planted + rng.logistic(size=(2000, 10)) > 0).astype(int))
    found = rasch(marks).items
    assert ((found["difficulty"] - planted).abs() < 5 * found["se"]).all()
    assert found["se"].between(0.04, 0.12).all()


def test_order_of_units_and_requirements_is_of_no_matter():
    marks = simulated(3)
    plain = rasch(marks).items
    turned = rasch(marks.sample(frac=1, random_state=0)[list("edcba")]).items
    pd.testing.assert_frame_equal(turned.loc[plain.index], plain, rtol=1e-9)
    assert list(turned.index) == list("edcba")


def test_units_that_met_all_or_none_carry_no_information():
    marks = simulated(4)
    extreme = marks.sum(axis=1).isin([0, 5])
    found, without = rasch(marks), rasch(marks[~extreme])
    assert found.informative == without.informative == int((~extreme).sum())
    pd.testing.assert_series_equal(found.items["difficulty"], without.items["difficulty"], atol=1e-6)
    assert found.log_likelihood == pytest.approx(without.log_likelihood, abs=1e-8)


def test_fifty_requirements_do_not_lose_digits():
    rng = np.random.default_rng(5)
    planted = np.linspace(-3, 3, 50)
    found = rasch(pd.DataFrame((rng.normal(size=(600, 1)) - planted + rng.logistic(size=(600, 50)) > 0).astype(int)))
    assert ((found.items["difficulty"] - planted).abs() < 5 * found.items["se"]).all()
    assert found.items["difficulty"].sum() == pytest.approx(0, abs=1e-8)
    assert np.isfinite(found.items["se"]).all()


@pytest.mark.parametrize("seed", range(3))
def test_symmetric_functions_are_coefficients_of_a_polynomial(seed):
    values = np.random.default_rng(seed).uniform(0.1, 3, 9)
    assert symmetric_functions(values) == pytest.approx(np.poly(-values))


def test_levels_of_totals_maximise_the_weighted_likelihood(lsat7):
    """Warm: the likelihood times the root of the information; its maximum found by a bounded search."""
    found = rasch(lsat7)
    beta = found.items["difficulty"].to_numpy()

    def loss(theta, met):
        p = special.expit(theta - beta)
        return -(met * theta + np.log1p(-p).sum() + np.log((p * (1 - p)).sum()) / 2)
    table = found.abilities()
    for met, row in table.iterrows():
        best = optimize.minimize_scalar(loss, bounds=(-15, 15), args=(met,), method="bounded",
                                        options={"xatol": 1e-9}).x
        assert row["theta"] == pytest.approx(best, abs=1e-5)
    assert table["theta"].is_monotonic_increasing
    assert np.isfinite(table).all(axis=None)


# -- Andersen's test ---------------------------------------------------------------------------------------------------

def test_andersens_statistic_is_made_of_the_likelihoods_of_the_parts(lsat6):
    group = (lsat6.sum(axis=1) > lsat6.sum(axis=1).median()).map({True: "выше медианы", False: "до медианы"})
    named = lsat6.sum(axis=1).map(lambda met: "мало" if met <= 2 else "много")
    found = andersen_test(lsat6, named)
    parts = sum(rasch(lsat6[named == name]).log_likelihood for name in ("мало", "много"))
    assert found.statistic == pytest.approx(2 * (parts - rasch(lsat6).log_likelihood))
    assert found.freedom == 4
    assert found.left_out == ()
    assert found.p_value > 0.05      # LSAT-6 is known to fit the model
    assert list(found.difficulties) == ["мало", "много"]
    with pytest.raises(NotPublishable):   # nobody above the median of 4 failed anything
        andersen_test(lsat6, group)


def test_unequal_discriminations_and_unlike_groups_are_found():
    steep = andersen_test(simulated(1, n=800, slopes=np.array([0.3, 3, 0.3, 3, 0.3])))
    assert steep.p_value < 0.001
    marks = pd.concat([simulated(2), simulated(3, difficulties=(1.5, -0.5, 0.0, 0.7, -1.4)).add_prefix("N", axis=0)])
    region = pd.Series(["юг"] * 200 + ["север"] * 200, marks.index)
    found = andersen_test(marks, region.sample(frac=1, random_state=1))
    assert found.p_value < 1e-6
    assert found.difficulties.loc["a", "север"] > found.difficulties.loc["a", "юг"]


@pytest.mark.slow
def test_andersens_test_holds_its_level():
    """400 samples of the model in two groups of unlike level: 5 % within 3.5 standard errors (3.8 points)."""
    rejected = 0
    for seed in range(400):
        rng = np.random.default_rng(seed)
        level = rng.normal(size=(300, 1)) + np.repeat([0.0, 1.0], 150)[:, None]
        marks = pd.DataFrame((level - np.linspace(-1, 1, 6) + rng.logistic(size=(300, 6)) > 0).astype(int))
        rejected += andersen_test(marks, pd.Series(np.repeat(["A", "B"], 150))).p_value < 0.05
    assert abs(rejected / 400 - 0.05) < 0.038


# -- refusals ----------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize(("marks", "named"), [
    (simulated(0).assign(e=1.0), "e (всего 1)"),
    (simulated(0).assign(e=0.0), "e (всего 1)"),
    (pd.DataFrame([[1, 1, 0, 0], [1, 1, 1, 0], [0, 1, 0, 0], [1, 0, 0, 0], [1, 1, 0, 1]], columns=list("abcd")),
     "a, b (всего 2)")])
def test_requirements_without_a_finite_difficulty_are_named(marks, named):
    with pytest.raises(NotPublishable) as error:
        rasch(marks)
    assert str(error.value).startswith(f"Модель Раша: трудность не имеет конечной оценки у требований: {named}: нет "
                                       "единиц, исполнивших их и не исполнивших другие, или наоборот")


def test_too_many_requirements():
    wide = pd.DataFrame(np.zeros((4, MOST_REQUIREMENTS + 1)))
    with pytest.raises(InputError) as error:
        rasch(wide)
    assert str(error.value) == ("Модель Раша: требований не больше 300, найдено 301. Оцените группы требований по "
                                "отдельности.")


@pytest.mark.parametrize(("group", "error", "words"), [
    (pd.Series({"R000": "юг"}), InputError, "Критерий Андерсена: единицы и их группы: наборы кодов различаются."),
    (pd.Series("юг", simulated(0).index), NotPublishable,
     "Критерий Андерсена: нужно не меньше двух групп и двух требований"),
    (pd.Series(None, simulated(0).index, dtype=object), InputError,
     "Критерий Андерсена: не указана группа единиц: R000, R001, R002, R003, R004.")])
def test_andersen_refuses(group, error, words):
    with pytest.raises(error) as raised:
        andersen_test(simulated(0), group)
    assert words in str(raised.value)
