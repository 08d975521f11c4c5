"""Traits by two methods: analysis of variance and pandas as peers, planted loadings, gaps, refusals."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from methods.agreement.correlation import half_width
from methods.agreement.multitrait import error_covariance, halo, mean_correlation, multitrait_multimethod
from methods.errors import InputError, NotPublishable

TRAITS = ["Д1", "Д2", "М1", "А2", "К4"]
GENERAL, TRAIT, METHOD = 0.2, 0.3, (0.35, 0.1)  # planted shares of the variance; the rest is error


def two_methods(seed, units=300, traits=TRAITS):
    """Standardised measurements of the additive model with the planted shares."""
    rng = np.random.default_rng(seed)
    k = len(traits)
    common = GENERAL**0.5 * rng.normal(size=(units, 1)) + TRAIT**0.5 * rng.normal(size=(units, k))
    tables = []
    for share in METHOD:
        rest = (1 - GENERAL - TRAIT - share) ** 0.5
        own = share**0.5 * rng.normal(size=(units, 1)) + rest * rng.normal(size=(units, k))
        tables.append(pd.DataFrame(common + own, [f"C{i:03d}" for i in range(units)], traits))
    return tables


def answers(seed, centres=40, asked=12, questions=4):
    """Answers with a halo of the respondent, a level of the centre, and gaps."""
    rng = np.random.default_rng(seed)
    centre = np.repeat(np.arange(centres), rng.integers(asked - 5, asked + 5, centres))
    marks = (rng.normal(size=(centres, questions))[centre] + rng.normal(size=(len(centre), 1))
             + rng.normal(size=(len(centre), questions)))
    marks[rng.random(marks.shape) < 0.1] = np.nan
    return pd.DataFrame(marks, columns=TRAITS[:questions]), pd.Series(centre)


@pytest.mark.parametrize("seed", range(4))
def test_components_are_those_of_the_analysis_of_variance(oracle, seed):
    """Mean squares of standardised persons x traits x methods, solved as Kavanagh and others (1971) do."""
    survey, checklist = two_methods(seed, 60)
    x = np.stack([((table - table.mean()) / table.std()).to_numpy() for table in (survey, checklist)], axis=2)
    n, t, m = x.shape
    person, by_trait, by_method = x.mean(axis=(1, 2)), x.mean(axis=2), x.mean(axis=1)
    squares = {
        "p": t * m * (person**2).sum() / (n - 1),
        "pt": m * ((by_trait - person[:, None]) ** 2).sum() / ((n - 1) * (t - 1)),
        "pm": t * ((by_method - person[:, None]) ** 2).sum() / ((n - 1) * (m - 1)),
        "e": ((x - by_trait[:, :, None] - by_method[:, None, :] + person[:, None, None]) ** 2).sum()
        / ((n - 1) * (t - 1) * (m - 1))}
    expected = [(squares["p"] - squares["pt"] - squares["pm"] + squares["e"]) / (t * m),
                (squares["pt"] - squares["e"]) / m, (squares["pm"] - squares["e"]) / t, squares["e"]]
    found = multitrait_multimethod(survey, checklist).components
    oracle("доли общей части, показателя, метода и ошибки в дисперсии",
           "дисперсионный анализ объекты × показатели × методы (Kavanagh и др., 1971); пересчитано",
           found[["general", "trait", "method", "error"]].mean(), expected, 1e-12)


@pytest.mark.parametrize("seed", range(3))
def test_correlations_agree_with_pandas_gaps_or_not(oracle, seed):
    survey, checklist = two_methods(seed, 50)
    rng = np.random.default_rng(seed)
    survey, checklist = (table.mask(rng.random(table.shape) < 0.15) for table in (survey, checklist))
    together = pd.concat([survey, checklist], axis=1, keys=["опрос", "чек-лист"])
    found = multitrait_multimethod(survey, checklist)
    columns = together.columns[np.lexsort([together.columns.get_level_values(1).map(sorted(TRAITS).index),
                                           together.columns.get_level_values(0)])]
    oracle("матрица признаков и методов с пропусками", "pandas DataFrame.corr, попарно",
           found.correlations.to_numpy(), together[columns].corr().to_numpy(), 1e-12)
    assert list(found.correlations.columns) == list(columns)
    assert found.counts.loc[("опрос", "Д1"), ("чек-лист", "К4")] == (survey["Д1"].notna()
                                                                     & checklist["К4"].notna()).sum()


def test_shares_of_the_criteria_by_loops():
    survey, checklist = two_methods(7, 40)
    found = multitrait_multimethod(survey, checklist)
    r = found.correlations
    heteromethod, monomethod = [], []
    for one in TRAITS:
        own = r.loc[("опрос", one), ("чек-лист", one)]
        assert found.traits.loc[one, "convergent"] == own
        rivals = [[], [], []]
        for other in TRAITS:
            if other != one:
                rivals[0] += [r.loc[("опрос", one), ("чек-лист", other)], r.loc[("опрос", other), ("чек-лист", one)]]
                for number, method in enumerate(("опрос", "чек-лист"), start=1):
                    rivals[number].append(r.loc[(method, one), (method, other)])
        heteromethod += [own > rival for rival in rivals[0]]
        monomethod += [own > rival for rival in rivals[1] + rivals[2]]
        assert found.traits.loc[one, "above_чек-лист"] == np.mean([own > rival for rival in rivals[2]])
    assert found.criteria.loc[2, ["share", "comparisons"]].to_list() == [np.mean(heteromethod), len(heteromethod)]
    assert found.criteria.loc[3, ["share", "comparisons"]].to_list() == [np.mean(monomethod), len(monomethod)]
    assert found.criteria.loc[1, "share"] == (found.traits["low"] > 0).mean()


def test_pattern_of_triangles_is_the_mean_rank_correlation():
    survey, checklist = two_methods(8, 40)
    found = multitrait_multimethod(survey, checklist)
    r = found.correlations.to_numpy()
    upper = np.triu_indices(5, 1)
    across = r[:5, 5:]
    triangles = pd.DataFrame([r[:5, :5][upper], r[5:, 5:][upper], across[upper], across.T[upper]]).T
    mean = triangles.corr("spearman").to_numpy()[np.triu_indices(4, 1)].mean()
    assert found.criteria.loc[4, ["share", "comparisons"]].to_list() == [pytest.approx(mean), 6]


def test_two_traits_have_no_pattern():
    survey, checklist = two_methods(8, 40, TRAITS[:2])
    assert np.isnan(multitrait_multimethod(survey, checklist).criteria.loc[4, "share"])


def test_halo_of_a_method_is_what_it_adds_to_correlations_of_different_traits():
    found = multitrait_multimethod(*two_methods(9))
    summary = found.summary["value"]
    for name in ("опрос", "чек-лист"):
        assert summary[f"halo_{name}"] == pytest.approx(summary[f"inside_{name}"] - summary["other_traits"])
        assert summary[f"halo_{name}"] == pytest.approx(found.components.loc[name, "method"])
    shares = found.components[["general", "trait", "method", "error"]].sum(axis=1)
    assert shares.to_list() == pytest.approx([1, 1])


@pytest.mark.parametrize("groups", [False, True])
def test_jackknife_agrees_with_leaving_units_out_one_by_one(groups):
    survey, checklist = two_methods(10, 36)
    region = pd.Series(np.arange(36) % (12 if groups else 36), survey.index)
    found = multitrait_multimethod(survey, checklist, groups=region if groups else None)
    values = np.array([multitrait_multimethod(survey[region != out], checklist[region != out]).summary["value"]
                       for out in region.unique()])
    g = len(values)
    added = values.mean(axis=0) - values
    error = np.sqrt((g - 1) / g * (added**2).sum(axis=0))
    excess = stats.kurtosis(added, axis=0, bias=False)
    freedom = np.minimum(g - 2, 2 / (2 / (g - 1) + np.maximum(excess, 0) / g))
    half = stats.t.ppf(0.975, freedom) * error
    np.testing.assert_allclose(found.summary["high"] - found.summary["value"], half, rtol=1e-8)
    np.testing.assert_allclose(found.summary["value"] - found.summary["low"], half, rtol=1e-8)
    assert (found.components[["error_low", "method_low"]].to_numpy()
            < found.components[["error", "method"]].to_numpy()).all()


def test_order_of_rows_columns_and_scale_do_not_matter():
    survey, checklist = two_methods(11, 50)
    before = multitrait_multimethod(survey, checklist)
    after = multitrait_multimethod((100 * survey + 3).sample(frac=1, random_state=1)[TRAITS[::-1]],
                                   checklist.sample(frac=1, random_state=2).assign(лишний=1.0))
    pd.testing.assert_frame_equal(after.summary, before.summary)
    pd.testing.assert_frame_equal(after.traits, before.traits)


def test_known_errors_are_taken_off_and_unreliable_traits_are_named():
    """Errors that one respondent makes in all questions alike look like a halo until their covariances are known."""
    survey, checklist = two_methods(12, 4000)
    rng = np.random.default_rng(1012)
    noise = 0.8 * rng.normal(size=(4000, 1)) + 0.4 * rng.normal(size=(4000, 5))
    error = pd.DataFrame(0.64 * np.ones((5, 5)) + 0.16 * np.eye(5), TRAITS, TRAITS)
    noisy = survey + noise
    clean, raw, corrected = (multitrait_multimethod(table, checklist, survey_error=matrix)
                             for table, matrix in ((survey, None), (noisy, None), (noisy, error)))
    assert corrected.reliability["опрос"].to_list() == pytest.approx([1 / 1.8] * 5, abs=0.03)
    assert raw.components.loc["опрос", "method"] > clean.components.loc["опрос", "method"] + 0.05
    np.testing.assert_allclose(corrected.summary["value"], clean.summary["value"], atol=0.04)
    variances = multitrait_multimethod(noisy, checklist, survey_error=pd.Series(0.8, TRAITS))
    assert variances.components.loc["опрос", "method"] > clean.components.loc["опрос", "method"] + 0.2
    assert variances.summary.loc["validity", "value"] == pytest.approx(corrected.summary.loc["validity", "value"])
    noisy["А2"] = rng.normal(0, 0.9, 4000)
    left = multitrait_multimethod(noisy, checklist, survey_error=error)
    assert left.left_out == ("А2",)
    assert "А2" not in left.traits.index


def test_a_trait_that_does_not_vary_is_left_out():
    survey, checklist = two_methods(13, 40)
    found = multitrait_multimethod(survey.assign(К4=1.0), checklist)
    assert found.left_out == ("К4",)


@pytest.mark.slow
def test_intervals_hold_the_planted_shares_about_95_times_of_100():
    """300 samples of 150 units. Standard error of the share: 1.3 points; of a mean estimate: below .004."""
    truth = pd.DataFrame({"general": GENERAL, "trait": TRAIT, "method": METHOD,
                          "error": [1 - GENERAL - TRAIT - share for share in METHOD]}, index=["опрос", "чек-лист"])
    held, mean = 0.0, 0.0
    for seed in range(300):
        found = multitrait_multimethod(*two_methods(seed, 150)).components
        low, high = (found[[f"{name}_{end}" for name in truth]].to_numpy() for end in ("low", "high"))
        held = held + ((low < truth) & (truth < high))
        mean = mean + found[list(truth)]
    np.testing.assert_allclose(mean / 300, truth, atol=0.012)
    assert ((held / 300 > 0.91) & (held / 300 < 0.99)).to_numpy().all()


# Errors and halo of respondents.

def test_error_covariance_is_the_covariance_of_means_that_a_resampling_shows():
    """One centre of 40: its respondents are drawn anew 20,000 times; standard error of a variance: 1 %."""
    rng = np.random.default_rng(0)
    marks = rng.normal(size=(40, 1)) + rng.normal(size=(40, 3))
    draws = rng.integers(0, 40, size=(20_000, 40))
    means = marks[draws].mean(axis=1)
    found = error_covariance(pd.DataFrame(marks, columns=list("abc")), pd.Series(["C1"] * 40))
    np.testing.assert_allclose(found.to_numpy() * 39 / 40, np.cov(means.T), rtol=0.06)


@pytest.mark.parametrize("seed", range(3))
def test_error_covariance_by_loops_over_centres(seed):
    marks, centre = answers(seed)
    found = error_covariance(marks, centre)
    parts = []
    for number in centre.unique():
        part = marks[centre == number]
        both = part[["Д1", "М1"]].dropna()
        if len(both) > 1:
            parts.append(len(both) / (part["Д1"].count() * part["М1"].count()) * both.cov().loc["Д1", "М1"])
    assert found.loc["Д1", "М1"] == pytest.approx(np.mean(parts))
    own = marks["Д1"].groupby(centre).agg(["var", "count"])
    assert found.loc["Д1", "Д1"] == pytest.approx((own["var"] / own["count"]).mean())
    pd.testing.assert_frame_equal(error_covariance(marks.sample(frac=1, random_state=1), centre), found)


@pytest.mark.parametrize("seed", range(5))
def test_the_mean_correlation_keeps_the_variance_of_the_sum(seed):
    draws = np.random.default_rng(seed).normal(size=(30, 4)) @ np.diag([1, 2, 3, 4])
    whole = pd.DataFrame(np.cov(draws.T))
    deviations = np.sqrt(np.diag(whole))
    rho = mean_correlation(whole)
    alike = np.outer(deviations, deviations) * (rho + (1 - rho) * np.eye(4))
    assert alike.sum() == pytest.approx(whole.to_numpy().sum())
    whole.loc[0, 1] = whole.loc[1, 0] = np.nan   # a pair that nobody answered
    others = [(j, k) for j in range(4) for k in range(4) if j != k and {j, k} != {0, 1}]
    assert mean_correlation(whole) == pytest.approx(
        sum(whole.loc[pair] for pair in others) / sum(deviations[j] * deviations[k] for j, k in others))


def test_without_a_pair_there_is_no_mean_correlation():
    assert np.isnan(mean_correlation(pd.DataFrame([[1.0]])))
    assert np.isnan(mean_correlation(pd.DataFrame(np.diag([0.0, 0.0]))))


def test_halo_without_gaps_agrees_with_the_eigenvalues_of_within_centre_correlations(oracle):
    marks, centre = answers(1)
    marks = marks.fillna(0.0)
    inside = marks - marks.groupby(centre).transform("mean")
    found = halo(marks, centre)
    oracle("доля первой главной компоненты в оценках респондентов", "numpy.linalg.eigvalsh корреляций внутри центров",
           found.eigenvalues, np.sort(np.linalg.eigvalsh(inside.corr()))[::-1], 1e-12)
    assert found.share == pytest.approx(found.eigenvalues[0] / 4)
    assert (found.loadings**2).sum() == pytest.approx(found.eigenvalues[0])
    assert found.interval[0] < found.share < found.interval[1]


def test_halo_does_not_see_the_centres_nor_the_order():
    marks, centre = answers(2)
    levels = pd.DataFrame(np.random.default_rng(0).normal(0, 5, (40, 4)), columns=marks.columns).loc[centre]
    moved = marks + levels.to_numpy()
    assert halo(moved, centre).share == pytest.approx(halo(marks, centre).share)
    shuffled = halo(marks.sample(frac=1, random_state=0), centre)
    assert (shuffled.share, shuffled.interval) == (pytest.approx(halo(marks, centre).share),
                                                   pytest.approx(halo(marks, centre).interval))


def test_halo_of_independent_questions_is_near_one_kth():
    rng = np.random.default_rng(3)
    found = halo(pd.DataFrame(rng.normal(size=(4000, 5))), pd.Series(np.arange(4000) % 50))
    assert 0.2 < found.share < 0.23


@pytest.mark.slow
def test_interval_of_the_halo_holds_about_95_times_of_100():
    """300 surveys of 40 centres; the truth from one of 4,000. Standard error of the share: 1.3 points."""
    truth = halo(*answers(99, 4000)).share
    held = sum(low < truth < high for low, high in (halo(*answers(seed)).interval for seed in range(300)))
    assert 0.91 <= held / 300 <= 0.985


# Refusals.

@pytest.mark.parametrize(("change", "error", "words"), [
    (lambda s, c: (s[["Д1"]], c), InputError,
     "Матрица признаков и методов: нужно не меньше двух общих показателей, найдено 1: Д1. Проверьте коды столбцов."),
    (lambda s, c: (s.head(8), c.head(8)), NotPublishable,
     "Матрица признаков и методов: нужно не меньше 10 единиц, найдено 8."),
    (lambda s, c: (s.mask(s.notna(), 1.0), c), NotPublishable,
     "Матрица признаков и методов: показателей с надёжностью не ниже 0,2 по обоим методам меньше двух (ни одного)."),
    (lambda s, c: (s, c, pd.DataFrame(0.1, ["Д1"], ["Д1"])), InputError,
     "Матрица признаков и методов, ошибка (опрос): в матрице ковариаций нет показателей: А2, Д2, К4, М1."),
    (lambda s, c: (s.assign(Д1="5"), c), InputError,
     "Матрица признаков и методов, опрос: нужны числа, не числа в столбцах: Д1."),
    (lambda s, c: (s, c.replace(c.loc["C002", "М1"], np.inf)), InputError,
     "Матрица признаков и методов, чек-лист: значение должно быть конечным, найдена бесконечность: C002 × М1."),
    (lambda s, c: (s, c, None, None, pd.Series("R1", s.index)), NotPublishable,
     "Матрица признаков и методов: нужно не меньше 10 групп единиц, найдено 1."),
    (lambda s, c: (s, c, None, None, pd.Series("R1", s.index[1:])), InputError,
     "Матрица признаков и методов: не указана группа: C000 (всего 1)."),
])
def test_refusals_in_words(change, error, words):
    with pytest.raises(error) as raised:
        multitrait_multimethod(*change(*two_methods(0, 40)))
    assert str(raised.value) == words


@pytest.mark.parametrize(("change", "error", "words"), [
    (lambda m, c: (m[["Д1"]], c), InputError, "Ореол респондента: нужно не меньше двух вопросов, найдено 1."),
    (lambda m, c: (m, c % 4), NotPublishable, "Ореол респондента: нужно не меньше 10 центров, найдено 4."),
    (lambda m, c: (m.assign(Д2=5.0), c), NotPublishable,
     "Ореол респондента: внутри центров оценки не различаются: Д2. Уберите эти вопросы."),
])
def test_refusals_of_the_halo_in_words(change, error, words):
    with pytest.raises(error) as raised:
        halo(*change(*answers(0)))
    assert str(raised.value) == words


def test_a_respondent_without_a_centre_is_named():
    marks, centre = answers(0)
    with pytest.raises(InputError, match=r"не указан центр респондентов: 5 \(всего 1\)"):
        error_covariance(marks, centre.drop(5))


def test_intervals_of_convergent_correlations_agree_with_leaving_units_out_one_by_one():
    """On the scale of z."""
    survey, checklist = two_methods(21, 30)
    found = multitrait_multimethod(survey, checklist).traits
    left = pd.DataFrame([multitrait_multimethod(survey.drop(unit), checklist.drop(unit)).traits["convergent"]
                         for unit in survey.index])
    for trait in TRAITS:
        z = np.arctanh(left[trait].to_numpy())
        half = half_width(z.mean() - z, 0.95)
        centre = np.arctanh(found.loc[trait, "convergent"])
        assert found.loc[trait, ["low", "high"]].to_list() == pytest.approx(
            [np.tanh(centre - half), np.tanh(centre + half)])


# The whole of what is returned.

def test_tables_are_labelled_by_method_and_trait():
    found = multitrait_multimethod(*two_methods(22, 30), methods=("анкета", "аудит"), confidence=0.8)
    traits = sorted(TRAITS)
    labels = pd.MultiIndex.from_product([["анкета", "аудит"], traits], names=["method", "trait"])
    for table in (found.correlations, found.counts):
        pd.testing.assert_index_equal(table.index, labels)
        pd.testing.assert_index_equal(table.columns, labels)
    assert (found.counts == 30).all(axis=None)
    pd.testing.assert_index_equal(found.traits.index, pd.Index(traits, name="trait"))
    assert list(found.traits) == ["convergent", "low", "high", "above_other_traits", "above_анкета", "above_аудит"]
    assert list(found.summary.index) == ["validity", "other_traits", "inside_анкета", "inside_аудит", "halo_анкета",
                                         "halo_аудит"]
    assert list(found.summary) == ["value", "low", "high"]
    pd.testing.assert_index_equal(found.components.index, pd.Index(["анкета", "аудит"], name="method"))
    assert list(found.components) == [f"{name}{end}" for name in ("general", "trait", "method", "error")
                                      for end in ("", "_low", "_high")]
    pd.testing.assert_index_equal(found.criteria.index, pd.Index([1, 2, 3, 4], name="criterion"))
    assert list(found.criteria) == ["share", "comparisons", "words"]
    assert found.criteria["words"].str.startswith(("показатель, измеренный", "и теснее", "рисунок")).all()
    assert (list(found.reliability), list(found.reliability.index)) == (["анкета", "аудит"], traits)
    assert (found.reliability == 1).all(axis=None)
    assert (found.left_out, found.units, found.confidence, found.why) == ((), 30, 0.8, "")


def test_components_and_their_intervals_are_made_of_the_same_means():
    """Each end is the estimate and half a jackknife interval of the same combination of mean correlations."""
    survey, checklist = two_methods(23, 25)
    found = multitrait_multimethod(survey, checklist)
    left = [multitrait_multimethod(survey.drop(unit), checklist.drop(unit)).components for unit in survey.index]
    for method in ("опрос", "чек-лист"):
        for name in ("general", "trait", "method", "error"):
            without = np.array([each.loc[method, name] for each in left])
            half = half_width(without.mean() - without, 0.95)
            row = found.components.loc[method]
            assert [row[f"{name}_low"], row[f"{name}_high"]] == pytest.approx([row[name] - half, row[name] + half])


def test_every_interval_grows_with_the_confidence():
    data = two_methods(24, 40)
    narrow, wide = (multitrait_multimethod(*data, confidence=confidence) for confidence in (0.5, 0.99))
    for name in ("traits", "summary"):
        one, other = getattr(narrow, name), getattr(wide, name)
        assert ((other["low"] < one["low"]) & (one["high"] < other["high"])).all()
    for name in ("general", "trait", "method", "error"):
        assert (wide.components[f"{name}_low"] < narrow.components[f"{name}_low"]).all()
        assert (narrow.components[f"{name}_high"] < wide.components[f"{name}_high"]).all()
    narrow, wide = (halo(*answers(3), confidence=confidence) for confidence in (0.5, 0.99))
    assert wide.interval[0] < narrow.interval[0] < narrow.interval[1] < wide.interval[1]
    assert (narrow.confidence, wide.confidence) == (0.5, 0.99)
    with pytest.raises(InputError, match=r"^Матрица признаков и методов: доверие интервала должно быть больше 0"):
        multitrait_multimethod(*data, confidence=95)


def test_a_corrected_correlation_beyond_one_has_its_interval_on_the_plain_scale():
    survey, checklist = two_methods(25, 25, TRAITS[:3])
    checklist = 0.95 * survey + 0.05 * checklist
    error = 0.4 * survey.var()
    found = multitrait_multimethod(survey, checklist, survey_error=error).traits
    assert (found["convergent"] > 1).all()
    left = pd.DataFrame([multitrait_multimethod(survey.drop(unit), checklist.drop(unit), survey_error=error)
                         .traits["convergent"] for unit in survey.index])
    for trait in TRAITS[:3]:
        without = left[trait].to_numpy()
        half = half_width(without.mean() - without, 0.95)
        value = found.loc[trait, "convergent"]
        assert found.loc[trait, ["low", "high"]].to_list() == pytest.approx([value - half, value + half])


def test_errors_of_both_methods_are_taken_off_by_name():
    survey, checklist = two_methods(26, 200)
    of_survey, of_checklist = (pd.Series(np.linspace(*ends, 5), TRAITS) for ends in ((0.1, 0.3), (0.4, 0.2)))
    found = multitrait_multimethod(survey, checklist, of_survey.sample(frac=1, random_state=1), of_checklist[::-1])
    for name, table, error in (("опрос", survey, of_survey), ("чек-лист", checklist, of_checklist)):
        assert found.reliability[name].to_dict() == pytest.approx((1 - error / table.var()).to_dict())
    raw = multitrait_multimethod(survey, checklist)
    for trait in TRAITS:
        attenuated = raw.traits.loc[trait, "convergent"]
        assert found.traits.loc[trait, "convergent"] == pytest.approx(
            attenuated / np.sqrt(found.reliability.loc[trait].prod()))
    with pytest.raises(InputError) as raised:
        multitrait_multimethod(survey, checklist, None, of_checklist.mask(of_checklist.index == "М1"))
    assert str(raised.value) == "Матрица признаков и методов, ошибка (чек-лист): ковариация не задана: М1 × М1."


def test_units_seen_by_one_method_only_count_where_they_were_seen():
    survey, checklist = two_methods(27, 40)
    found = multitrait_multimethod(survey.iloc[:35], checklist.iloc[5:])
    assert found.units == 40
    assert found.counts.loc[("опрос", "Д1"), ("опрос", "Д2")] == 35
    assert found.counts.loc[("опрос", "Д1"), ("чек-лист", "Д1")] == 30
    both = multitrait_multimethod(survey.iloc[5:35], checklist.iloc[5:35])
    assert found.traits["convergent"].to_dict() == pytest.approx(both.traits["convergent"].to_dict())


def test_loadings_of_the_halo_are_correlations_with_the_component_and_its_interval_is_by_leaving_centres_out():
    marks, centre = answers(4, centres=15)
    marks = marks.fillna(0.0)
    found = halo(marks, centre)
    inside = marks - marks.groupby(centre).transform("mean")
    vector = np.linalg.eigh(inside.corr())[1][:, -1]
    component = (inside / inside.std()) @ (vector * np.sign(vector.sum()))
    assert found.loadings.to_dict() == pytest.approx({name: inside[name].corr(component) for name in marks})
    assert (found.loadings.name, found.n, found.groups) == ("loading", len(marks), 15)
    assert (np.diff(found.eigenvalues) <= 0).all()
    shares = np.array([halo(marks[centre != out], centre[centre != out]).share for out in range(15)])
    logit = np.log(shares / (1 - shares))
    half, middle = half_width(logit.mean() - logit, 0.95), np.log(found.share / (1 - found.share))
    assert found.interval == pytest.approx(tuple(1 / (1 + np.exp(-(middle + way * half))) for way in (-1, 1)))


def test_lists_of_what_is_missing_stop_and_tell_the_total():
    marks, centre = answers(5)
    for function, words in ((error_covariance, "Ковариация ошибок опроса: не указан центр респондентов: "),
                            (halo, "Ореол респондента: не указана группа: ")):
        with pytest.raises(InputError) as raised:
            function(marks, centre.drop(range(3, 10)))
        assert str(raised.value) == f"{words}3, 4, 5, 6, 7 (всего 7)."
