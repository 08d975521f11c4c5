"""Factor weights: the Handbook's tables, the package factor_analyzer and R as peers, what must hold, refusals."""

import numpy as np
import pandas as pd
import pytest

from methods.errors import EditionError, InputError, NotPublishable
from methods.weights import factor as module
from methods.weights.factor import adequacy, factor_weights

# R's data set ability.cov (Smith, Stanley 1983, doi:10.1016/0160-2896(83)90010-7): 6 tests, 112 persons.
ABILITY = pd.DataFrame([
    [24.641, 5.991, 33.520, 6.023, 20.755, 29.701], [5.991, 6.700, 18.137, 1.782, 4.936, 7.204],
    [33.520, 18.137, 149.831, 19.424, 31.430, 50.753], [6.023, 1.782, 19.424, 12.711, 4.757, 9.075],
    [20.755, 4.936, 31.430, 4.757, 52.604, 66.762], [29.701, 7.204, 50.753, 9.075, 66.762, 135.292]],
    columns=["general", "picture", "blocks", "maze", "reading", "vocab"])


def with_covariances(covariances, n):
    """A table whose covariances are exactly these: only they enter a factor analysis."""
    draw = np.random.default_rng(1).normal(size=(n, len(covariances)))
    orthogonal = np.linalg.qr(draw - draw.mean(axis=0))[0] * np.sqrt(n - 1)
    return pd.DataFrame(orthogonal @ np.linalg.cholesky(covariances).T, columns=covariances.columns)


def two_groups(seed, n=80, noise=(0.3, 0.5, 0.7, 0.4, 0.6)):
    draw = np.random.default_rng(seed)
    shared = draw.normal(size=(n, 2))[:, [0, 0, 0, 1, 1]]
    return pd.DataFrame(shared + draw.normal(size=(n, 5)) * noise, columns=list("abcde"),
                        index=[f"C{i:02d}" for i in range(n)])


@pytest.fixture
def tai(root):
    """Handbook, Table A.2: 23 countries, 8 indicators."""
    return pd.read_csv(root / "tests" / "reference" / "tai.csv", index_col=0)


@pytest.fixture
def ability():
    return with_covariances(ABILITY, 112)


def test_eigenvalues_of_the_handbooks_table_16(oracle, tai):
    explained = factor_weights(tai, factors=4).explained
    oracle("факторный анализ: собственные числа TAI", "Руководство ОЭСР/JRC (2008), табл. 16",
           explained["eigenvalue"], [3.3, 1.7, 1.0, .9, .5, .3, .2, .1], 0.06)
    oracle("факторный анализ: доли дисперсии TAI, %", "Руководство ОЭСР/JRC (2008), табл. 16",
           100 * explained["share"], [41.9, 21.8, 12.3, 11.1, 6.0, 3.7, 2.2, 0.9], 0.12)
    assert explained["cumulative"].iloc[-1] == pytest.approx(1)


def test_rotated_loadings_of_the_handbooks_table_17(oracle, tai):
    """Printed from data of more digits than Table A.2 has. Our factors are in the order of the variance explained: the
    Handbook's 1, 4, 2, 3. The signs of whole factors are free; the largest loading is positive there as here."""
    printed = pd.DataFrame([
        [.07, .97, .06, .06], [.13, .07, -.07, .93], [.79, -.21, .21, .42], [-.64, .56, -.04, .36],
        [.37, .17, .38, .68], [.82, -.04, .25, .35], [.88, .23, -.09, .09], [.08, .04, .96, .04]],
        index=tai.columns, columns=[1, 3, 4, 2])
    result = factor_weights(tai, factors=4)
    oracle("факторный анализ: нагрузки TAI после варимакса", "Руководство ОЭСР/JRC (2008), табл. 17",
           result.loadings, printed[result.loadings.columns], 0.015)
    oracle("факторный анализ: доли факторов TAI", "Руководство ОЭСР/JRC (2008), табл. 17",
           result.variance / result.variance.sum(), [.38, .25, .20, .17], 0.006)


def test_weights_of_the_handbooks_table_18(oracle, tai):
    """Tech exports load -.64 on the first factor and .56 on another: the table's .07 follows from the first, though the
    text puts them into the second group (which would give .057). The column for maximum likelihood has no match: with
    four factors the likelihood has no proper maximum on Table A.2 (see the Heywood case below)."""
    result = factor_weights(tai, factors=4)
    printed = pd.Series([.17, .15, .11, .07, .08, .12, .14, .16], index=tai.columns)
    oracle("факторный анализ: веса TAI, главные компоненты", "Руководство ОЭСР/JRC (2008), табл. 18",
           result.weights, printed, 0.0055)
    assert list(result.contrary) == ["EXP"]
    assert result.factor.groupby(result.factor).groups.keys() == {1, 2, 3, 4}


def test_principal_component_weights_agree_with_factor_analyzer(oracle, tai, ability):
    """factor_analyzer 0.5.1: FactorAnalyzer(m, method="principal", rotation="varimax", rotation_kwargs={"tol": 1e-14,
    "max_iter": 100000}); largest squared loading of an indicator over the sum of these."""
    theirs = {"TAI": [0.164876, 0.151786, 0.10922, 0.073936, 0.084616, 0.116391, 0.136212, 0.162963],
              "ability": [0.093109, 0.149592, 0.187943, 0.116332, 0.230413, 0.222611]}
    ours = [factor_weights(tai, factors=4).weights, factor_weights(ability, factors=2).weights]
    oracle("факторный анализ: веса, главные компоненты и варимакс", "factor_analyzer 0.5.1, TAI и ability.cov",
           np.concatenate(ours), np.concatenate(list(theirs.values())), 1e-6)


def test_maximum_likelihood_weights_agree_with_factor_analyzer(oracle, tai, ability):
    """The same call with method="ml", two factors each."""
    theirs = {"TAI": [0.069701, 0.073719, 0.210575, 0.192172, 0.126309, 0.197888, 0.107317, 0.022319],
              "ability": [0.092671, 0.121725, 0.233023, 0.068951, 0.288919, 0.194712]}
    ours = [factor_weights(values, factors=2, extraction="ml").weights for values in (tai, ability)]
    oracle("факторный анализ: веса, наибольшее правдоподобие и варимакс", "factor_analyzer 0.5.1, TAI и ability.cov",
           np.concatenate(ours), np.concatenate(list(theirs.values())), 2e-5)


def test_maximum_likelihood_of_a_known_structure(oracle):
    """R: r = 0.4; cm = r^abs(outer(0:5, 0:5, "-")); factanal(covmat = cm, factors = 2), as kept in the tests of
    statsmodels. Uniquenesses do not depend on the rotation."""
    distance = np.abs(np.subtract.outer(np.arange(6), np.arange(6)))
    values = with_covariances(pd.DataFrame(0.4 ** distance, columns=list("abcdef")), 100)
    loadings = factor_weights(values, factors=2, extraction="ml").loadings
    oracle("факторный анализ: собственная дисперсия показателей", "R factanal, по тестам statsmodels",
           1 - (loadings**2).sum(axis=1), [0.782, 0.367, 0.696, 0.696, 0.367, 0.782], 0.001)


def test_adequacy_agrees_with_factor_analyzer(oracle, tai, ability):
    """factor_analyzer 0.5.1: calculate_kmo, calculate_bartlett_sphericity."""
    found = {name: adequacy(values) for name, values in {"tai": tai, "ability": ability}.items()}
    oracle("KMO, общий и по показателям", "factor_analyzer 0.5.1, TAI и ability.cov",
           np.concatenate([np.append(each.kmo_by_indicator, each.kmo) for each in found.values()]),
           [0.25997191, 0.34927024, 0.68251736, 0.37582842, 0.51981033, 0.59310003, 0.5261763, 0.55649506,
            0.50056722527, 0.84902011, 0.73316749, 0.74616428, 0.73165726, 0.66622011, 0.68683927, 0.73207470287], 1e-8)
    oracle("критерий сферичности Бартлетта", "factor_analyzer 0.5.1, TAI и ability.cov",
           [each.chi_squared for each in found.values()], [85.93076297523224, 268.3537653065146], 1e-9)
    assert found["tai"].p_value == pytest.approx(8.460601185390656e-08, rel=1e-9)
    assert (found["tai"].degrees_of_freedom, found["ability"].degrees_of_freedom) == (28, 15)


def test_kmo_of_equal_correlations_by_hand():
    """All correlations r: partial correlations are r/(1 + (k - 2) r), so KMO = 1/(1 + 1/(1 + (k - 2) r)^2)."""
    k, r = 5, 0.6
    values = with_covariances(pd.DataFrame(np.full((k, k), r) + (1 - r) * np.eye(k)), 50)
    expected = 1 / (1 + (1 + (k - 2) * r) ** -2)
    assert adequacy(values).kmo == pytest.approx(expected)
    assert adequacy(values).kmo_by_indicator.to_list() == pytest.approx([expected] * k)


@pytest.mark.parametrize("extraction", ["pc", "ml"])
def test_one_factor_of_equal_correlations_gives_equal_weights(extraction):
    values = with_covariances(pd.DataFrame(np.full((5, 5), 0.6) + 0.4 * np.eye(5), columns=list("abcde")), 50)
    result = factor_weights(values, extraction=extraction)
    assert result.weights.to_dict() == pytest.approx(dict.fromkeys("abcde", 0.2))
    size = 0.6 if extraction == "ml" else (1 + 4 * 0.6) / 5  # communality: of the model, of the first component
    assert (result.loadings[1] ** 2).to_list() == pytest.approx([size] * 5)


@pytest.mark.parametrize("extraction", ["pc", "ml"])
@pytest.mark.parametrize("seed", range(3))
def test_weights_and_tables_hang_together(extraction, seed):
    values = two_groups(seed)
    result = factor_weights(values, factors=2 if extraction == "pc" else 1, extraction=extraction)
    assert result.weights.sum() == pytest.approx(1)
    assert (result.weights >= 0).all()
    np.testing.assert_allclose(result.scaled_squares.sum(), 1)
    np.testing.assert_allclose(result.variance, (result.loadings**2).sum())
    by_handbook = pd.Series({code: result.scaled_squares.loc[code, own] * result.variance[own] / result.variance.sum()
                             for code, own in result.factor.items()})  # intermediate composites, then their weights
    np.testing.assert_allclose(result.weights, by_handbook / by_handbook.sum())
    assert result.variance.is_monotonic_decreasing
    assert (result.loadings.apply(lambda column: column[column.abs().idxmax()]) > 0).all()


@pytest.mark.parametrize("extraction", ["pc", "ml"])
@pytest.mark.parametrize("seed", range(3))
def test_weights_see_neither_order_nor_units_of_measure(extraction, seed):
    values, m = two_groups(seed), 2 if extraction == "pc" else 1
    result = factor_weights(values, factors=m, extraction=extraction)
    shuffled = values.sample(frac=1, random_state=seed).sample(frac=1, axis=1, random_state=seed)
    other = factor_weights(shuffled * 100 - 7, factors=m, extraction=extraction)
    assert list(other.weights.index) == list(shuffled.columns)
    np.testing.assert_allclose(other.weights[result.weights.index], result.weights, rtol=1e-4)
    np.testing.assert_allclose(other.loadings.loc[result.loadings.index], result.loadings, atol=1e-4)


def test_a_turned_indicator_keeps_its_weight_and_is_named():
    values = two_groups(4)
    result, turned = factor_weights(values), factor_weights(values.assign(c=-values["c"]))
    np.testing.assert_allclose(turned.weights, result.weights, rtol=1e-6)
    assert (list(result.contrary), list(turned.contrary)) == ([], ["c"])


def test_a_near_copy_keeps_a_full_weight():
    """The caution in the docstring: the factor grows by the copy."""
    values = two_groups(5)
    copied = values.assign(copy=values["a"] + 0.01 * np.random.default_rng(0).normal(size=len(values)))
    weights = factor_weights(copied, factors=2).weights
    assert weights["copy"] == pytest.approx(weights["a"], rel=0.01)
    assert weights["a"] + weights["copy"] > 1.5 * factor_weights(values, factors=2).weights["a"]


def test_how_many_factors(tai):
    """Table 16: eigenvalues 3.35 1.75 .98 .89; cumulative shares .42 .64 .76 .87."""
    def number(**choice):
        return len(factor_weights(tai, **choice).variance)
    assert number() == 2
    assert [number(least_share=share) for share in (0.4, 0.6, 0.7, 0.87, 0.99)] == [1, 2, 3, 4, 7]
    assert [number(factors=m) for m in range(1, 8)] == list(range(1, 8))


@pytest.mark.parametrize(("choice", "words"), [
    ({"factors": 0}, "Число факторов: должно быть от 1 до 7, задано 0."),
    ({"factors": 8}, "Число факторов: должно быть от 1 до 7, задано 8."),
    ({"least_share": 1.0}, "Число факторов: доля дисперсии должна быть больше 0 и меньше 1, задано 1."),
    ({"least_share": 60}, "Число факторов: доля дисперсии должна быть больше 0 и меньше 1, задано 60."),
    ({"factors": 2, "least_share": 0.6},
     "Число факторов: заданы и factors, и least_share. Оставьте что-то одно."),
    ({"extraction": "paf"}, "Выделение факторов: «paf» не известно. Допустимо: pc, ml."),
    ({"factors": 5, "extraction": "ml"},
     "Метод максимального правдоподобия: 5 факторов слишком много для 8 показателей, параметров больше, чем "
     "корреляций."),
])
def test_choices_that_cannot_be_made_are_refused_in_words(tai, choice, words):
    with pytest.raises(EditionError) as error:
        factor_weights(tai, **choice)
    assert str(error.value) == words


def test_indicators_that_do_not_correlate_get_no_factor_weights():
    values = pd.DataFrame(np.random.default_rng(3).normal(size=(40, 6)), columns=list("abcdef"))
    fit = adequacy(values)
    assert not fit.adequate
    with pytest.raises(NotPublishable) as error:
        factor_weights(values)
    assert error.value.exit_code == 10
    assert str(error.value) == (
        f"Веса по факторному анализу: показатели слишком слабо связаны между собой: KMO = {fit.kmo:.3f} (нужно не "
        f"меньше 0.5), критерий Бартлетта p = {fit.p_value:.3g} (нужно не больше 0.05), единиц 40. Такие веса лишь "
        "поправляют на пересечение показателей; где связи нет, их не из чего оценить. Возьмите равные или экспертные "
        "веса.")


def test_sphericity_is_rejected_in_one_of_twenty_tables_of_noise():
    """Simulation, 1,000 tables of 50 x 5 independent normals: 5 % within four standard errors, 4 sqrt(.05 .95/1000)."""
    draw = np.random.default_rng(7)
    rejected = np.mean([adequacy(pd.DataFrame(draw.normal(size=(50, 5)))).p_value <= 0.05 for _ in range(1000)])
    assert rejected == pytest.approx(0.05, abs=0.0276)


def test_a_heywood_case_is_not_given_out(tai):
    with pytest.raises(NotPublishable) as error:
        factor_weights(tai, factors=4, extraction="ml")
    assert str(error.value).startswith("Метод максимального правдоподобия: у показателя ")
    assert str(error.value).endswith("случай Хейвуда), факторов 4. Возьмите меньше факторов или главные компоненты "
                                     "(pc).")


def test_what_has_not_converged_is_not_given_out(monkeypatch, tai):
    from statsmodels.multivariate.factor import Factor
    fit = Factor.fit
    with monkeypatch.context() as patch:
        patch.setattr(Factor, "fit", lambda self, start, opt: fit(self, start=start, opt={"maxiter": 2}))
        with pytest.raises(NotPublishable, match=r"правдоподобия не сошёлся: факторов 2, шагов 2, градиент 0\.\d+ \("):
            factor_weights(tai, factors=2, extraction="ml")
    monkeypatch.setattr(module, "rotate_factors", lambda loadings, *arguments, **options: (loadings, None))
    with pytest.raises(NotPublishable, match=r"Вращение варимакс не сошлось: факторов 4, отклонение 0\.\d+ \(нужно не"):
        factor_weights(tai, factors=4)


@pytest.mark.parametrize(("change", "words"), [
    (lambda values: values.assign(b=values["b"].where(values.index != "C03")),
     "Веса по факторному анализу: пропущено значений 1, первые: C03 × b."),
    (lambda values: values[["a", "b"]],
     "Веса по факторному анализу: нужно не меньше 3 показателей и единиц больше, чем показателей; показателей 2, "
     "единиц 80."),
    (lambda values: values.iloc[:5],
     "Веса по факторному анализу: нужно не меньше 3 показателей и единиц больше, чем показателей; показателей 5, "
     "единиц 5."),
    (lambda values: values.assign(b=0.5),
     "Показатель b: во всех единицах одно значение, нормирование по разбросу не определено. Задайте опорные точки "
     "(goalposts) или исключите показатель."),
    (lambda values: values.assign(f=-2 * values["d"]),
     "Веса по факторному анализу: один из показателей полностью следует из других. Теснее всего связаны d и f: r = "
     "-1.0000. Исключите лишний."),
    (lambda values: values.rename(columns={"b": "a"}),
     "Веса по факторному анализу: показатели: код повторяется: a (всего 1)."),
    (lambda values: values.rename(index={"C01": "C00"}),
     "Веса по факторному анализу: единицы: код повторяется: C00 (всего 1)."),
])
def test_tables_that_cannot_be_analysed_are_refused_in_words(change, words):
    for formula in (adequacy, factor_weights):
        with pytest.raises(InputError) as error:
            formula(change(two_groups(6)))
        assert str(error.value) == words
