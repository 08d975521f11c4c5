"""Critical values of pairwise comparisons: plain loops over all pairs, what order and units change, refusals."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from methods.errors import InputError, UsageError
from methods.sensitivity import pairwise
from methods.sensitivity.pairwise import (
    CorrelatedErrors,
    IndependentErrors,
    ReplicatedErrors,
    compare,
    shrunk_covariance,
)

N = 14


def labels(n=N):
    return [f"C{i:02d}" for i in range(n)]


def estimates(seed, n=N):
    return pd.Series(np.random.default_rng(seed).normal(0, 1, n).round(1), labels(n))


def independent(seed, n=N, degrees=None):
    return IndependentErrors(pd.Series(np.random.default_rng(seed + 100).uniform(0.05, 0.6, n), labels(n)), degrees)


def correlated(seed, n=N, degrees=None):
    root = np.random.default_rng(seed + 200).normal(0, 0.2, (n, n + 2))
    return CorrelatedErrors(pd.DataFrame(root @ root.T + 0.02, labels(n), labels(n)), degrees)


def replicated(seed, n=N, count=99, normal=False):
    rng = np.random.default_rng(seed + 300)
    noise = rng.exponential(0.3, (count, n)) + rng.normal(0, 0.2, (count, 1))
    return ReplicatedErrors(pd.DataFrame(noise, columns=labels(n)), normal)


def deviation(comparisons, table, one, other, variances, draw=None):
    """Standard deviation of the difference of two units, as it would be estimated in a draw."""
    if draw is not None and comparisons.factors.size:
        factor = comparisons.factors[table, draw]
        return np.sqrt(((factor[one] - factor[other]) ** 2).sum())
    if comparisons.dense:
        return 1 / comparisons.inverse[table, one, other]
    return np.sqrt(variances[one] + variances[other])


def by_plain_loops(comparisons, side, coverage, stepdown, members):
    """One family: all hypotheses «k is not better than j» about the members, studentised maxima, quantile, again."""
    count, draws, n = comparisons.noise.shape
    family = [(table, j, k) for table in range(count) for j in members for k in range(n) if j != k and side != "high"]
    family += [(table, k, j) for table in range(count) for j in members for k in range(n) if j != k and side != "low"]
    while True:
        largest = np.zeros(draws)
        for table, behind, ahead in family:
            for draw in range(draws):
                variances = comparisons.spreads[table, min(draw, comparisons.spreads.shape[1] - 1)]
                lead = comparisons.noise[table, draw, ahead] - comparisons.noise[table, draw, behind]
                largest[draw] = max(largest[draw],
                                    lead / deviation(comparisons, table, ahead, behind, variances, draw))
        critical = np.sort(largest)[int(np.ceil((draws + 1) * coverage - 1e-9)) - 1]
        left = [(table, j, k) for table, j, k in family
                if comparisons.estimates[table, k] - comparisons.estimates[table, j]
                <= critical * deviation(comparisons, table, j, k, comparisons.variances[table])]
        if not stepdown or len(left) == len(family) or not left:
            return critical
        family = left


MAKERS = {
    "independent": independent,
    "few answers": lambda seed: independent(seed, degrees=pd.Series(np.arange(3, 3 + N), labels())),
    "correlated": correlated,
    "few clusters": lambda seed: correlated(seed, degrees=7.0),
    "replicated": replicated,
    "normal replicated": lambda seed: replicated(seed, count=30, normal=True),
}


@pytest.mark.parametrize("side", ["both", "low", "high"])
@pytest.mark.parametrize("errors", MAKERS)
def test_critical_values_are_those_of_plain_loops(errors, side):
    comparisons = compare([estimates(1)], [MAKERS[errors](1)], coverage=0.9, draws=59, seed=0)
    assert comparisons.dense == (errors not in ("independent", "few answers"))
    for stepdown in (False, True):
        own = comparisons.critical(side, 0.9, stepdown, None)
        for j in (0, 5, N - 1):
            assert own.iloc[j] == pytest.approx(by_plain_loops(comparisons, side, 0.9, stepdown, [j]), rel=1e-12)
        for members in ([2, 7, 11], list(range(N))):
            joint = comparisons.critical(side, 0.9, stepdown, list(comparisons.units[members]))
            assert joint.iloc[0] == pytest.approx(by_plain_loops(comparisons, side, 0.9, stepdown, members), rel=1e-12)


@pytest.mark.parametrize("errors", ["independent", "few answers", "correlated", "few clusters", "replicated"])
def test_two_years_make_one_family(errors):
    comparisons = compare([estimates(1), estimates(2)], [MAKERS[errors](1), MAKERS[errors](2)], coverage=0.9, draws=39,
                          seed=0)
    for stepdown in (False, True):
        own = comparisons.critical("both", 0.9, stepdown, None)
        assert own.iloc[3] == pytest.approx(by_plain_loops(comparisons, "both", 0.9, stepdown, [3]), rel=1e-12)
        joint = comparisons.critical("both", 0.9, stepdown, list(comparisons.units))
        assert joint.iloc[0] == pytest.approx(by_plain_loops(comparisons, "both", 0.9, stepdown, range(N)), rel=1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_many_units_as_a_matrix_of_all_pairs(seed):
    """More units than a block of the compiled loops holds; standard errors repeat, as do estimates."""
    n = 150
    rng = np.random.default_rng(seed)
    values = pd.Series(rng.normal(0, 1, n).round(2), labels(n))
    errors = IndependentErrors(pd.Series(rng.choice([0.05, 0.1, 0.1, 0.3], n), labels(n)))
    comparisons = compare([values], [errors], coverage=0.95, draws=199, seed=seed)
    spread = np.sqrt(comparisons.variances[0][:, None] + comparisons.variances[0])
    maxima = np.stack([(np.abs(z[:, None] - z) / spread).max(axis=1) for z in comparisons.noise[0]])
    ours = comparisons.critical("both", 0.95, False, None).to_numpy()
    np.testing.assert_allclose(ours, np.sort(maxima, axis=0)[189], rtol=1e-12)     # 190th of 199
    far = (comparisons.estimates[0] - comparisons.estimates[0][:, None]) / spread
    better, worse = comparisons.rejected(pd.Series(ours, comparisons.units), "both")
    np.testing.assert_array_equal(better[0], (far > ours[:, None]).sum(axis=1))
    np.testing.assert_array_equal(worse[0], (far < -ours[:, None]).sum(axis=1))


def test_three_equal_normal_errors_make_the_studentised_range(oracle):
    """With equal standard errors the largest studentised difference is Tukey's range over the root of 2."""
    values = pd.Series(0.0, labels(6))
    errors = IndependentErrors(pd.Series(2.0, labels(6)))
    found = compare([values], [errors], coverage=0.95, draws=200_000, seed=0).critical("both", 0.95, False,
                                                                                       labels(6)).iloc[0]
    tukey = stats.studentized_range.ppf(0.95, 6, np.inf) / np.sqrt(2)
    # 95 % quantile of 200,000 draws: standard error sqrt(.05 x .95 / 200,000) / density (.14) = .0035
    oracle("критическое значение попарных сравнений, равные ошибки", "размах Тьюки, scipy.stats.studentized_range",
           [found], [tukey], 0.011)


def test_two_units_with_few_answers_have_the_critical_value_of_their_t(oracle):
    """Differences of two means whose variances are both estimated with f degrees: the ratio's law by quadrature.

    (Z1 - Z2) / sqrt(s1 + s2) given equal true variances is t with 2f degrees of freedom.
    """
    values = pd.Series([0.0, 0.0], ["A", "B"])
    errors = IndependentErrors(pd.Series(1.0, values.index), degrees=4.0)
    found = compare([values], [errors], coverage=0.95, draws=200_000, seed=0).critical("both", 0.95, False, None)
    oracle("критическое значение при малом числе ответов", "t с 2f степенями свободы, scipy.stats.t",
           found.iloc[:1], [stats.t.ppf(0.975, 8)], 0.025)


def test_a_covariance_from_few_clusters_has_the_critical_value_of_t(oracle):
    """The variance of a difference, estimated from 8 clusters that saw both units, has 7 degrees of freedom."""
    covariance = pd.DataFrame([[1.0, 0.6], [0.6, 2.0]], ["A", "B"], ["A", "B"])
    found = compare([pd.Series(0.0, ["A", "B"])], [CorrelatedErrors(covariance, degrees=7.0)], coverage=0.95,
                    draws=100_000, seed=0).critical("both", 0.95, False, None)
    # standard error: sqrt(.05 x .95 / 100,000) / density of |t| there (.07) = .010
    oracle("критическое значение при немногих кластерах", "t с f степенями свободы, scipy.stats.t",
           found.iloc[:1], [stats.t.ppf(0.975, 7)], 0.03)


@pytest.mark.parametrize("errors", MAKERS)
def test_nothing_depends_on_the_order_of_rows(errors):
    values, made = estimates(3), MAKERS[errors](3)
    turned = values.sample(frac=1, random_state=1)
    if errors in ("independent", "few answers"):
        degrees = made.degrees if made.degrees is None else made.degrees[turned.index[::-1]]
        other = IndependentErrors(made.se[turned.index], degrees)
    elif errors in ("correlated", "few clusters"):
        other = CorrelatedErrors(made.covariance.loc[turned.index, turned.index[::-1]], made.degrees)
    else:
        other = ReplicatedErrors(made.replicates.sample(frac=1, random_state=2)[turned.index], made.normal)
    found = [compare([v], [e], coverage=0.9, draws=99, seed=0).critical("both", 0.9, True, None)
             for v, e in ((values, made), (turned, other))]
    pd.testing.assert_series_equal(*found, check_exact=True)


@pytest.mark.parametrize("errors", MAKERS)
def test_nothing_depends_on_the_unit_of_measure(errors):
    values, made = estimates(3), MAKERS[errors](3)
    if errors in ("independent", "few answers"):
        other = IndependentErrors(made.se * 1000, made.degrees)
    elif errors in ("correlated", "few clusters"):
        other = CorrelatedErrors(made.covariance * 1e6, made.degrees)
    else:
        other = ReplicatedErrors(made.replicates * 1000 + 5, made.normal)
    found = [compare([v], [e], coverage=0.9, draws=99, seed=0).critical("both", 0.9, True, None)
             for v, e in ((values, made), (values * 1000 + 5, other))]
    pd.testing.assert_series_equal(*found, rtol=1e-9)


def test_an_error_common_to_all_parts_nobody_less():
    """What shifts all units alike leaves no trace in differences."""
    values, made = estimates(4), correlated(4)
    shifted = CorrelatedErrors(made.covariance + 3.0)
    # other eigenvectors, other draws: the same law, so 95 % quantiles of 20,000 draws agree to some hundredths
    found = [compare([values], [e], coverage=0.95, draws=20_000, seed=0).critical("both", 0.95, False, None)
             for e in (made, shifted)]
    pd.testing.assert_series_equal(*found, atol=0.06, rtol=0)


def test_a_full_covariance_without_correlations_is_independence():
    values, errors = estimates(5), independent(5)
    full = CorrelatedErrors(pd.DataFrame(np.diag(errors.se**2), labels(), labels()))
    found = [compare([values], [e], coverage=0.95, draws=20_000, seed=0).critical("both", 0.95, True, None)
             for e in (errors, full)]
    pd.testing.assert_series_equal(found[0][values.index], found[1][values.index], atol=0.06, rtol=0)


def test_two_years_of_one_panel_move_together():
    values, errors = estimates(6), independent(6)
    together = compare([values, values], [errors, errors], coverage=0.9, draws=99, seed=0, correlation=1.0)
    np.testing.assert_allclose(together.noise[0], together.noise[1], rtol=1e-12)
    half = compare([values, values], [errors, errors], coverage=0.9, draws=20_000, seed=0,
                   correlation=pd.Series(np.linspace(-0.9, 0.9, N), labels()))
    rho = [np.corrcoef(half.noise[:, :, half.units.get_loc(unit)])[0, 1] for unit in labels()]
    np.testing.assert_allclose(rho, np.linspace(-0.9, 0.9, N), atol=0.03)     # standard error .007


def test_seed_zero_and_one_differ():
    values, errors = estimates(7), independent(7)
    found = [compare([values], [errors], coverage=0.95, draws=199, seed=seed).critical("both", 0.95, False, None).sum()
             for seed in (0, 0, 1)]
    assert found[0] == found[1] != found[2]


def with_one(series, label, value):
    return series.where(series.index != label, value)


def bad_covariance(change):
    table = correlated(0).covariance
    return CorrelatedErrors(change(table.copy()))


def asymmetric(table):
    table.iloc[0, 1] += 0.5
    return table


def negative(table):
    return table - 0.9 * np.diag(np.diag(table))


def twin(table):
    table.loc["C01"] = table.loc["C00"].to_numpy()
    table["C01"] = table["C00"].to_numpy()
    return table


@pytest.mark.parametrize(("errors", "words"), [
    (IndependentErrors(with_one(independent(0).se, "C03", 0.0)), "больше 0.*C03.*usable_errors"),
    (IndependentErrors(with_one(independent(0).se, "C03", np.nan)), "C03 она равна 0 или неизвестна"),
    (IndependentErrors(independent(0).se * 0), "C00, C01, C02, C03, C04 и ещё 9"),
    (IndependentErrors(independent(0).se.drop("C03")), "Стандартные ошибки и оценки.*Нет: C03"),
    (IndependentErrors(independent(0).se, 0.0), "не меньше 1.*Исключите единицы с одним ответом"),
    (IndependentErrors(independent(0).se, pd.Series(5.0, labels()[1:])), "Степени свободы и оценки.*C00"),
    (IndependentErrors(independent(0).se, with_one(pd.Series(5.0, labels()), "C02", np.nan)), "C02"),
    (CorrelatedErrors(correlated(0).covariance.drop(columns="C01")), "Ковариация и оценки.*C01"),
    (CorrelatedErrors(correlated(0).covariance.mask(np.eye(N) > 0)), "Ковариация: пропущено"),
    (bad_covariance(asymmetric), "симметричной"),
    (bad_covariance(negative), "не положительно определена.*собственное число -"),
    (bad_covariance(twin), "C00 и C01 совпадают"),
    (CorrelatedErrors(correlated(0).covariance, degrees=0.5), "Степеней свободы"),
    (ReplicatedErrors(replicated(0).replicates.drop(columns="C05")), "Повторные выборки и оценки.*C05"),
    (ReplicatedErrors(replicated(0).replicates.mask(replicated(0).replicates > 1)), "Повторные выборки: пропущено"),
    (ReplicatedErrors(replicated(0).replicates.iloc[:1], normal=True), "не меньше 2, найдено 1"),
    (ReplicatedErrors(pd.concat([replicated(0).replicates] * 2)), "код повторяется"),
])
def test_errors_that_are_none_are_refused_in_words(errors, words):
    with pytest.raises(InputError, match=f"(?s){words}"):
        compare([estimates(0)], [errors], coverage=0.95, draws=199, seed=0)


def test_estimates_with_gaps_repeats_or_alone_are_refused():
    with pytest.raises(InputError, match=r"Оценки: пропущено значений 1.*C03"):
        compare([with_one(estimates(0), "C03", np.nan)], [independent(0)], coverage=0.95, draws=199, seed=0)
    with pytest.raises(InputError, match="код повторяется: C00"):
        compare([pd.concat([estimates(0), estimates(0).iloc[:1]])], [independent(0)], coverage=0.95, draws=199, seed=0)
    with pytest.raises(InputError, match="не меньше 2 единиц, найдено 1"):
        compare([estimates(0).iloc[:1]], [independent(0)], coverage=0.95, draws=199, seed=0)


def test_years_that_do_not_fit_are_refused():
    values, one, other = estimates(0), independent(0), correlated(0)
    with pytest.raises(InputError, match="заданы одинаково"):
        compare([values, values], [one, other], coverage=0.95, draws=199, seed=0)
    with pytest.raises(InputError, match=r"Оценки: наборы кодов различаются. Нет: C00"):
        compare([values, values.iloc[1:]], [one, one], coverage=0.95, draws=199, seed=0)
    with pytest.raises(InputError, match=r"Степени свободы ковариаций двух лет.*найдено 0, 7"):
        compare([values, values], [other, correlated(0, degrees=7)], coverage=0.95, draws=199, seed=0)
    with pytest.raises(InputError, match="только для независимых ошибок"):
        compare([values, values], [other, other], coverage=0.95, draws=199, seed=0, correlation=0.5)
    with pytest.raises(InputError, match=r"от −1 до 1, задано 1.5"):
        compare([values, values], [one, one], coverage=0.95, draws=199, seed=0, correlation=1.5)
    with pytest.raises(InputError, match="Корреляции и оценки"):
        compare([values, values], [one, one], coverage=0.95, draws=199, seed=0, correlation=pd.Series(0.5, ["C00"]))
    later = ReplicatedErrors(replicated(0).replicates.rename(index=lambda row: row + 1))
    with pytest.raises(InputError, match="строка к строке"):
        compare([values, values], [replicated(0), later], coverage=0.95, draws=199, seed=0)


@pytest.mark.parametrize(("options", "words"), [
    ({"coverage": 0.4}, "coverage=0.4"),
    ({"coverage": 1.0}, "не включая 1"),
    ({"seed": -1}, "seed=-1"),
    ({"draws": 18}, "Розыгрышей 18: для доверительной вероятности 0.95 нужно не меньше 19"),
])
def test_parameters_out_of_their_range_are_refused(options, words):
    with pytest.raises(UsageError, match=words):
        compare([estimates(0)], [independent(0)], **{"coverage": 0.95, "draws": 19, "seed": 0, **options})


def test_few_replicates_are_refused_unless_they_are_normal():
    with pytest.raises(UsageError, match=r"Повторных выборок 18.*не меньше 19"):
        compare([estimates(0)], [replicated(0, count=18)], coverage=0.95, draws=199, seed=0)
    drawn = compare([estimates(0)], [replicated(0, count=18, normal=True)], coverage=0.95, draws=199, seed=0)
    assert drawn.noise.shape == (1, 199, N)


def test_what_does_not_fit_into_memory_is_refused_before_it_is_drawn(monkeypatch):
    monkeypatch.setattr(pairwise, "MOST_MEMORY", 1e4)
    with pytest.raises(UsageError, match=r"Сравнение 14 единиц по 199 розыгрышам.*Уменьшите draws\.$"):
        compare([estimates(0)], [independent(0)], coverage=0.95, draws=199, seed=0)
    with pytest.raises(UsageError, match="или задайте независимые ошибки"):
        compare([estimates(0)], [correlated(0)], coverage=0.95, draws=199, seed=0)


@pytest.mark.parametrize("degrees", [3, 40])
def test_shrinkage_by_the_formula_of_chen_and_others(degrees):
    """Eq. 23 in plain sums, after what all units share was taken off; five units."""
    root = np.random.default_rng(3).normal(size=(5, 7))
    covariance = root @ root.T + 2.0
    apart = np.eye(5) - 1 / 5
    centred = apart @ covariance @ apart
    correlations = centred / np.sqrt(np.outer(np.diag(centred), np.diag(centred)))
    trace = np.trace(correlations @ correlations)
    share = ((1 - 2 / 5) * trace + 5**2) / ((degrees + 1 - 2 / 5) * (trace - 5))
    assert (share < 1) == (degrees == 40)
    expected = (1 - min(share, 1)) * centred + min(share, 1) * np.diag(np.diag(centred))
    np.testing.assert_allclose(shrunk_covariance(covariance, degrees), expected, atol=1e-12)


@pytest.mark.parametrize("normal", [True, False])
def test_normal_replicates_stand_for_their_covariance(normal):
    """Critical values of 4,000 replicates and of their covariance; 3 % is six standard errors of such a quantile."""
    root = np.random.default_rng(5).normal(size=(6, 6))
    replicates = pd.DataFrame(np.random.default_rng(6).standard_normal((4000, 6)) @ root, columns=list("abcdef"))
    estimates = pd.Series(np.arange(6.0), list("abcdef"))
    found = [compare([estimates], [errors], coverage=0.9, draws=4000, seed=0).critical("both", 0.9, False, None)
             for errors in (ReplicatedErrors(replicates, normal=normal), CorrelatedErrors(replicates.cov()))]
    assert found[0].to_numpy() == pytest.approx(found[1].to_numpy(), rel=0.03)
    assert 1.5 < found[0].min() < found[0].max() < 4


def test_replicates_give_the_covariance_and_the_noise_of_a_sample():
    """Variances over count - 1; the draws are the deviations, stretched so that their mean square is that variance."""
    made = replicated(8, count=40)
    values = estimates(8)
    comparisons = compare([values], [made], coverage=0.9, draws=199, seed=0)
    replicates = made.replicates[comparisons.units]
    np.testing.assert_allclose(comparisons.variances[0], replicates.var(), rtol=1e-12)
    centred = replicates - replicates.mean()
    np.testing.assert_allclose(np.sort(comparisons.noise[0], axis=0), np.sort(centred * (40 / 39) ** 0.5, axis=0),
                               rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose((comparisons.noise[0] ** 2).mean(axis=0), replicates.var(), rtol=1e-12)
    covariance = replicates.cov().to_numpy()
    apart = np.sqrt(np.diag(covariance)[:, None] + np.diag(covariance) - 2 * covariance)
    away = ~np.eye(N, dtype=bool)
    np.testing.assert_allclose(1 / comparisons.inverse[0][away], apart[away], rtol=1e-9)


@pytest.mark.parametrize("seed", range(3))
def test_normal_draws_have_the_covariance_stated(seed):
    """20,000 draws; an entry's standard error is at most .014 of the root of the product of the variances."""
    for made, covariance in ((correlated(seed), correlated(seed).covariance),
                             (replicated(seed, count=40, normal=True), replicated(seed, count=40).replicates.cov())):
        comparisons = compare([estimates(seed)], [made], coverage=0.9, draws=20_000, seed=seed)
        wanted = covariance.loc[comparisons.units, comparisons.units].to_numpy()
        scale = np.sqrt(np.outer(np.diag(wanted), np.diag(wanted)))
        np.testing.assert_allclose(np.cov(comparisons.noise[0].T) / scale, wanted / scale, atol=0.05)


def test_draws_of_few_clusters_estimate_the_covariance_without_bias():
    """F F' of a draw has the mean of the matrix that the draws come from, and as many degrees as stated."""
    made = correlated(9, degrees=30.0)
    comparisons = compare([estimates(9)], [made], coverage=0.9, draws=4000, seed=0)
    assert comparisons.factors.shape == (1, 4000, N, 30)
    mean = (comparisons.factors[0] @ comparisons.factors[0].transpose(0, 2, 1)).mean(axis=0)
    wanted = shrunk_covariance(made.covariance.loc[comparisons.units, comparisons.units].to_numpy(), 30)
    scale = np.sqrt(np.outer(np.diag(wanted), np.diag(wanted)))
    np.testing.assert_allclose(mean / scale, wanted / scale, atol=0.02)


@pytest.mark.parametrize(("units", "named"), [(5, "C00, C01, C02, C03, C04"), (6, "C00, C01, C02, C03, C04 и ещё 1")])
def test_five_units_are_named_and_the_others_counted(units, named):
    with pytest.raises(InputError) as raised:
        compare([estimates(0, units)], [IndependentErrors(pd.Series(0.0, labels(units)))], coverage=0.9, draws=99,
                seed=0)
    assert str(raised.value) == (
        f"Стандартная ошибка должна быть больше 0, а у единиц {named} она равна 0 или неизвестна.\nОдинаковые ответы "
        "немногих людей не значат, что единица известна точно: подставьте общий разброс вопроса "
        "(sensitivity.noise.usable_errors) или исключите единицу.")


@pytest.mark.parametrize(("errors", "fits"), [
    (independent(0), 8 * 14 * 3 * 199), (independent(0, degrees=5.0), 8 * 14 * 3 * 199),
    (correlated(0), 8 * 14 * (3 * 199 + 3 * 14)), (correlated(0, degrees=7.0), 8 * 14 * (3 * 199 + 199 * 7 + 3 * 14)),
    (replicated(0, count=199), 8 * 14 * (3 * 199 + 3 * 14))])
def test_memory_needed_grows_with_draws_degrees_and_pairs(monkeypatch, errors, fits):
    options = {"coverage": 0.9, "draws": 199, "seed": 0}
    monkeypatch.setattr(pairwise, "MOST_MEMORY", fits)
    compare([estimates(0)], [errors], **options)
    for tables, limit in ((1, fits - 1), (2, 2 * fits - 1)):
        monkeypatch.setattr(pairwise, "MOST_MEMORY", limit)
        with pytest.raises(UsageError, match=r"^Сравнение 14 единиц по 199 розыгрышам заняло бы около 0 ГБ памяти"):
            compare([estimates(0)] * tables, [errors] * tables, **options)


@pytest.mark.parametrize(("second", "options", "words"), [
    (correlated(0), {}, "Ошибки двух лет должны быть заданы одинаково: обе независимые, обе ковариациями или обе "
                        "повторными выборками."),
    (independent(0), {"correlation": -1.01}, "Корреляция ошибок двух лет — от −1 до 1, задано -1.01."),
    (independent(0, degrees=pd.Series(5.0, labels()).where(estimates(0).index != "C02", 0.9)), {},
     "Степеней свободы (ответов минус 1) должно быть не меньше 1, у единиц C02 меньше или не задано. Исключите единицы "
     "с одним ответом.")])
def test_years_that_do_not_fit_are_refused_in_words(second, options, words):
    with pytest.raises(InputError) as raised:
        compare([estimates(0)] * 2, [independent(0), second], coverage=0.95, draws=99, seed=0, **options)
    assert str(raised.value) == words


@pytest.mark.parametrize(("errors", "words"), [
    (bad_covariance(asymmetric), "Ковариация должна быть симметричной: значения выше и ниже диагонали различаются."),
    (ReplicatedErrors(replicated(0).replicates.iloc[:1], normal=True),
     "Повторных выборок должно быть не меньше 2, найдено 1.")])
def test_errors_that_are_none_are_refused_in_whole_sentences(errors, words):
    with pytest.raises(InputError) as raised:
        compare([estimates(0)], [errors], coverage=0.95, draws=99, seed=0)
    assert str(raised.value) == words


def test_correlations_of_minus_one_and_one_degree_of_freedom_are_allowed():
    made = independent(0, degrees=1.0)
    found = compare([estimates(0)] * 2, [made, made], coverage=0.5, draws=9, seed=0, correlation=-1.0)
    np.testing.assert_allclose(found.noise[0], -found.noise[1], rtol=1e-12)
    assert found.spreads.shape == (2, 9, N)


def test_who_is_certainly_better_is_told_of_every_table():
    """At one critical value: row above column by more than that many standard errors of the difference."""
    for made in (independent(9), correlated(9)):
        comparisons = compare([estimates(9), estimates(10)], [made, made], coverage=0.9, draws=99, seed=0)
        for place, values in enumerate((estimates(9), estimates(10))):
            found = comparisons.better(1.5, place)
            own = values[comparisons.units].to_numpy()
            if isinstance(made, IndependentErrors):
                variance = made.se[comparisons.units].to_numpy() ** 2
                spread = np.sqrt(variance[:, None] + variance)
            else:
                covariance = made.covariance.loc[comparisons.units, comparisons.units].to_numpy()
                spread = np.sqrt(np.maximum(np.diag(covariance)[:, None] + np.diag(covariance) - 2 * covariance, 0))
                spread += np.eye(N)
            np.testing.assert_array_equal(found, own[:, None] - own > 1.5 * spread)
            assert list(found.index) == list(found.columns) == list(comparisons.units)


def test_a_unit_whose_error_is_the_mean_of_all_errors_leaves_the_covariance_as_it_is():
    """C's error is half of A's and B's together: without the common part it does not vary, nothing to scale by."""
    root = np.array([[1.0, 0.0], [0.0, 2.0], [0.5, 1.0]])
    covariance = root @ root.T
    np.testing.assert_array_equal(shrunk_covariance(covariance, 5), covariance)


def test_one_negative_eigenvalue_is_enough_to_refuse_a_covariance():
    table = pd.DataFrame(np.eye(3), list("ABC"), list("ABC"))
    table.loc["A", "B"] = table.loc["B", "A"] = 1.5                      # eigenvalues -.5, 1, 2.5
    with pytest.raises(InputError) as raised:
        compare([pd.Series(0.0, list("ABC"))], [CorrelatedErrors(table)], coverage=0.9, draws=99, seed=0)
    assert str(raised.value) == ("Ковариация не положительно определена: наименьшее собственное число -0.5. Проверьте, "
                                 "что это ковариация оценок, а не корреляции разных выборок.")
