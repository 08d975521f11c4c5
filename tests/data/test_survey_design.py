"""Do weights, strata, finite populations, intervals and shrinkage give the numbers that textbooks and R give?"""

from itertools import combinations, product

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import stats
from statsmodels.stats.meta_analysis import combine_effects
from statsmodels.stats.proportion import proportion_confint
from statsmodels.stats.weightstats import DescrStatsW

from methods.data.shrinkage import between_variance, pooled_errors, shrink, shrink_estimates
from methods.data.survey import design_estimates, score_intervals, survey_estimates
from methods.data.survey_scale import histogram_estimates
from methods.errors import InputError


def one_unit(count):
    return pd.DataFrame({"unit": ["Ц1"] * count})


# --- estimates -------------------------------------------------------------------------------------------------------

@pytest.fixture
def fpc():
    """The data set `fpc` of the R package survey (Lumley), printed in its reference manual with the results below."""
    return pd.DataFrame({"stratum": [1] * 5 + [2] * 3, "weight": [3.0] * 5 + [4.0] * 3,
                         "x": [2.8, 4.1, 6.8, 6.8, 9.2, 3.7, 6.6, 4.2]})


@pytest.mark.parametrize(("population", "se"), [
    (None, 0.7413),                                                  # svymean(~x, withoutfpc)
    (pd.Series({("Ц1", 1): 15, ("Ц1", 2): 12}), 0.616)])             # svymean(~x, withfpc), printed to 3 digits
def test_weighted_stratified_mean_is_that_of_the_r_package_survey(fpc, population, se):
    found = design_estimates(fpc["x"], one_unit(8), (0, 10), weights=fpc["weight"], strata=fpc["stratum"],
                             population=population).loc["Ц1"]
    assert 10 * found["value"] == pytest.approx(5.4481, abs=5e-5)
    assert 10 * found["se"] == pytest.approx(se, abs=5e-5 if population is None else 5e-4)


def test_mean_squared_error_of_all_samples_is_what_the_standard_errors_say():
    """All 70 samples of 4 of 8: the variance estimate is unbiased without replacement, so its mean is exact."""
    clients = [1, 5, 5, 4, 5, 2, 5, 5]
    found = [design_estimates(pd.Series(sample, dtype=float), one_unit(4), (1, 5),
                              population=pd.Series({"Ц1": 8})).loc["Ц1"] for sample in combinations(clients, 4)]
    values = np.array([row["value"] for row in found])
    assert values.mean() == pytest.approx((np.mean(clients) - 1) / 4)
    assert np.mean([row["se"] ** 2 for row in found]) == pytest.approx(values.var(), rel=1e-12)


def test_the_same_within_strata():
    """All 10 x 6 samples of 3 of 5 and 2 of 4, weighted by the inverse of their chances."""
    strata = pd.Series([1, 1, 1, 2, 2])
    weights = strata.map({1: 5 / 3, 2: 4 / 2})
    found = [design_estimates(pd.Series([*first, *second], dtype=float), one_unit(5), (1, 5), weights=weights,
                              strata=strata, population=pd.Series({("Ц1", 1): 5, ("Ц1", 2): 4})).loc["Ц1"]
             for first, second in product(combinations([1, 5, 4, 5, 3], 3), combinations([2, 5, 5, 4], 2))]
    values = np.array([row["value"] for row in found])
    assert values.mean() == pytest.approx((34 / 9 - 1) / 4)
    assert np.mean([row["se"] ** 2 for row in found]) == pytest.approx(values.var(), rel=1e-12)
    assert found[0]["fraction"] == pytest.approx(5 / 9)


@pytest.fixture
def survey():
    """200 marks of two centres and two clienteles with weights, a tenth left open."""
    draw = np.random.default_rng(11)
    marks = pd.Series(draw.choice([1, 2, 3, 4, 5], 200, p=[0.05, 0.05, 0.1, 0.2, 0.6]).astype(float))
    marks[draw.random(200) < 0.1] = np.nan
    groups = pd.DataFrame({"unit": draw.choice(["Ц1", "Ц2"], 200), "clientele": draw.choice(["s", "e"], 200)})
    return marks, groups, pd.Series(draw.uniform(1, 5, 200))


def test_weighted_mean_and_error_agree_with_statsmodels(survey):
    marks, groups, weights = survey
    found = design_estimates(marks, groups, (1, 5), weights=weights)
    for key, row in found.iterrows():
        mine = (groups["unit"] == key[0]) & (groups["clientele"] == key[1]) & marks.notna()
        points, w = (marks[mine] - 1) / 4, weights[mine]
        assert row["value"] == pytest.approx(DescrStatsW(points, w).mean, rel=1e-13)
        # Robust error of a weighted regression on a constant, small-sample factor n/(n - 1): the linearised one.
        robust = sm.WLS(points, np.ones(len(points)), weights=w).fit(cov_type="HC1")
        assert row["se"] == pytest.approx(float(robust.bse.iloc[0]), rel=1e-12)
        assert row["n_effective"] == pytest.approx(w.sum() ** 2 / (w ** 2).sum())
        assert row["design_effect"] == pytest.approx(1 + w.var(ddof=0) / w.mean() ** 2)   # Kish: 1 + cv^2


@pytest.mark.parametrize("treatment", ["mean", "top-2-box"])
def test_equal_weights_are_the_plain_estimate(survey, treatment):
    marks, groups, _ = survey
    plain = survey_estimates(marks, groups, (1, 5), treatment)
    found = design_estimates(marks, groups, (1, 5), treatment, weights=pd.Series(2.5, marks.index))
    pd.testing.assert_frame_equal(found[["value", "se", "n"]], plain, rtol=1e-12)
    assert found["design_effect"].to_numpy() == pytest.approx(1)
    assert (found["fraction"] == 0).all()


def test_only_ratios_of_weights_matter_and_order_of_rows_does_not(survey):
    marks, groups, weights = survey
    usual = design_estimates(marks, groups, (1, 5), weights=weights)
    pd.testing.assert_frame_equal(design_estimates(marks, groups, (1, 5), weights=weights * 1000), usual)
    order = marks.sample(frac=1, random_state=3).index
    pd.testing.assert_frame_equal(design_estimates(marks[order], groups, (1, 5), weights=weights), usual)


def test_marks_on_another_scale_give_the_same_estimate(survey):
    marks, groups, weights = survey
    pd.testing.assert_frame_equal(design_estimates(marks * 2 + 3, groups, (5, 13), weights=weights),
                                  design_estimates(marks, groups, (1, 5), weights=weights))


def test_a_census_has_no_sampling_error():
    found = design_estimates(pd.Series([5.0, 4, 1]), one_unit(3), (1, 5), population=pd.Series({"Ц1": 3})).loc["Ц1"]
    assert (found["se"], found["fraction"]) == (0, 1)
    single = design_estimates(pd.Series([5.0]), one_unit(1), (1, 5), population=pd.Series({"Ц1": 1})).loc["Ц1"]
    assert single["se"] == 0


def test_half_the_population_halves_the_variance():
    marks = pd.Series([5.0, 4, 1, 5])
    without, half = (design_estimates(marks, one_unit(4), (1, 5), population=sizes).loc["Ц1", "se"]
                     for sizes in (None, pd.Series({"Ц1": 8})))
    assert half == pytest.approx(without * np.sqrt(0.5))


@pytest.mark.parametrize("marks", [[5.0, 4.0, 3.0], [5.0, 4.0, 3.0, np.nan]])
def test_a_stratum_without_a_known_spread_leaves_the_error_unknown(marks):
    strata = pd.Series([1, 1, 2, 3][:len(marks)])
    found = design_estimates(pd.Series(marks), one_unit(len(marks)), (1, 5), strata=strata).loc["Ц1"]
    assert found["value"] == 0.75
    assert np.isnan(found["se"])


def test_a_stratum_in_which_nobody_answered_leaves_the_error_unknown():
    sizes = pd.Series({("Ц1", 1): 9, ("Ц1", 2): 9, ("Ц2", 1): 9})
    marks, groups = pd.Series([5.0, 4, 5, 4]), pd.DataFrame({"unit": ["Ц1", "Ц1", "Ц2", "Ц2"]})
    found = design_estimates(marks, groups, (1, 5), strata=pd.Series([1] * 4), population=sizes)
    assert found["se"].isna().to_dict() == {"Ц1": True, "Ц2": False}
    assert found["fraction"].to_dict() == pytest.approx({"Ц1": 2 / 18, "Ц2": 2 / 9})


def test_non_response_by_question_and_by_person():
    found = design_estimates(pd.Series([5.0, 4, np.nan, 5]), one_unit(4), (1, 5), approached=pd.Series({"Ц1": 10}))
    assert found.loc["Ц1", ["item_nonresponse", "unit_nonresponse"]].to_list() == [0.25, 0.6]


def test_too_few_answers_give_no_value_but_their_number():
    found = design_estimates(pd.Series([5.0, 4, np.nan]), one_unit(3), (1, 5), min_answers=3).loc["Ц1"]
    assert found[["value", "se"]].isna().all()
    assert found["n"] == 2


@pytest.mark.parametrize("bad", [0.0, -1.0, np.nan, np.inf])
def test_a_weight_that_is_not_above_zero_is_refused_with_its_row(bad):
    with pytest.raises(InputError, match=r"числами больше 0, нарушений 1: строка 7"):
        design_estimates(pd.Series([5.0, 4], index=[3, 7]), one_unit(2).set_index(pd.Index([3, 7])), (1, 5),
                         weights=pd.Series([1.0, bad], index=[3, 7]))


def test_weights_too_unequal_are_refused_within_a_group_only():
    marks, groups = pd.Series([5.0, 4, 5, 4]), pd.DataFrame({"unit": ["Ц1", "Ц1", "Ц2", "Ц2"]})
    design_estimates(marks, groups, (1, 5), weights=pd.Series([1.0, 2, 500, 900]))
    with pytest.raises(InputError, match=r"более чем в 100 раз\.\nГруппа Ц2: строка 3, вес 900; наименьший 2"):
        design_estimates(marks, groups, (1, 5), weights=pd.Series([1.0, 2, 2, 900]))
    design_estimates(marks, groups, (1, 5), weights=pd.Series([1.0, 2, 2, 900]), weight_ratio=1000)


@pytest.mark.parametrize("sizes", [{"Ц2": 9}, {"Ц1": 1}, {"Ц1": np.nan}])
def test_a_group_without_a_size_or_larger_than_it_is_refused(sizes):
    with pytest.raises(InputError, match=r"Численность должна быть задана.*Ц1: численность"):
        design_estimates(pd.Series([5.0, 4]), one_unit(2), (1, 5), population=pd.Series(sizes))


# --- intervals -------------------------------------------------------------------------------------------------------

J_SHAPED = np.array([0.02, 0.02, 0.05, 0.16, 0.75])   # mean 4.6
MARKS = np.arange(1, 6)


def table(value, se, n, fraction=0.0):
    return pd.DataFrame({"value": value, "se": se, "n": n, "n_effective": np.asarray(n, float), "fraction": fraction})


@pytest.mark.parametrize(("best", "count"), [(27, 30), (30, 30), (0, 12), (81, 100)])
def test_interval_of_a_share_is_wilsons(best, count):
    share = best / count
    found = score_intervals(table([share], [np.sqrt(share * (1 - share) / (count - 1))], [count]), "top-2-box")
    assert found.iloc[0].to_list() == pytest.approx(proportion_confint(best, count, method="wilson"), abs=1e-12)


def test_with_many_answers_the_interval_is_the_plain_one():
    found = score_intervals(table([0.9], [0.0005], [10 ** 6])).iloc[0]
    assert found.to_list() == pytest.approx([0.9 - 1.96 * 0.0005, 0.9 + 1.96 * 0.0005], abs=1e-5)


def test_interval_stays_on_the_scale_and_has_a_length_where_all_marks_are_the_best():
    found = score_intervals(table([1.0, 0.9, np.nan], [0.0, 0.03, np.nan], [10, 30, 0]))
    assert found.loc[0, "high"] == 1
    assert 0.5 < found.loc[0, "low"] < 0.95
    assert found.loc[2].isna().all()
    alone = score_intervals(table([1.0], [0.0], [10])).iloc[0]                # nothing to borrow from: the widest
    assert alone["low"] < found.loc[0, "low"]


def test_interval_of_a_census_is_a_point():
    assert score_intervals(table([0.9, 0.8], [0.0, 0.02], [10, 40], [1.0, 0.0])).loc[0].to_list() == [0.9, 0.9]


def test_pooling_is_within_the_levels_named():
    both = pd.concat({"s": table([0.9, 0.8], [0.03, 0.04], [30, 30]), "e": table([0.7, 0.9], [0.09, 0.05], [30, 30])},
                     names=["clientele", "unit"])
    found = score_intervals(both, by="clientele")
    pd.testing.assert_frame_equal(found.loc["s"], score_intervals(both.loc["s"]))
    assert not found.equals(score_intervals(both))


def surveys(n, seed, count, centres=100):
    """Counts of marks of many surveys of 100 centres each, and the centres' laws, scattered around the J-shaped one."""
    draw = np.random.default_rng(seed)
    laws = draw.dirichlet(60 * J_SHAPED, size=count * centres)                # centre means: 4.6, sd .11
    index = pd.MultiIndex.from_product([range(count), range(centres)], names=["survey", "unit"])
    return pd.DataFrame(draw.multinomial(n, laws), index, MARKS), laws


def mean(laws):
    return (laws @ MARKS - 1) / 4


def covered(intervals, truth):
    return float(((intervals["low"] <= truth) & (truth <= intervals["high"])).mean())


def design_columns(counts, treatment="mean"):
    found = histogram_estimates(counts, (1, 5), treatment)
    return found.assign(n_effective=found["n"].astype(float), fraction=0.0)


@pytest.mark.parametrize("n", [30, 100, 400])
def test_intervals_of_centre_means_cover_94_to_96_percent(n):
    counts, laws = surveys(n, seed=n, count=300)
    assert 0.94 <= covered(score_intervals(design_columns(counts), by="survey"), mean(laws)) <= 0.96


@pytest.mark.parametrize("n", [30, 100, 400])
def test_intervals_cover_94_to_96_percent_where_all_centres_are_alike(n):
    counts = pd.DataFrame(np.random.default_rng(n).multinomial(n, J_SHAPED, 30_000), columns=MARKS)
    assert 0.94 <= covered(score_intervals(design_columns(counts)), mean(J_SHAPED)) <= 0.96


@pytest.mark.parametrize("n", [30, 100, 400])
def test_intervals_cover_alike_in_low_and_high_centres(n):
    counts, laws = surveys(n, seed=n, count=300)
    found, third = score_intervals(design_columns(counts), by="survey"), pd.qcut(mean(laws), 3, labels=False)
    for which in range(3):
        assert 0.935 <= covered(found[third == which], mean(laws[third == which])) <= 0.965


@pytest.mark.parametrize("n", [30, 100, 400])
def test_intervals_of_centre_shares_cover_94_to_96_percent(n):
    counts, laws = surveys(n, seed=n, count=300)
    found = score_intervals(design_columns(counts, "top-2-box"), "top-2-box")
    assert 0.94 <= covered(found, laws[:, 3:].sum(axis=1)) <= 0.961           # Wilson is a little cautious at n = 30


# What else was tried: the table of docs/survey_intervals.md.

def plain_t(counts):
    found = histogram_estimates(counts, (1, 5))
    half = stats.t.ppf(0.975, found["n"] - 1) * found["se"]
    return pd.DataFrame({"low": found["value"] - half, "high": found["value"] + half})


def logit_t(counts):
    found = histogram_estimates(counts, (1, 5))
    y = found["value"].where(found["value"] < 1)
    half = stats.t.ppf(0.975, found["n"] - 1) * found["se"] / (y * (1 - y))
    logit = np.log(y / (1 - y))
    return pd.DataFrame({"low": 1 / (1 + np.exp(half - logit)), "high": 1 / (1 + np.exp(-half - logit))}).fillna(1)


def pooled_t(counts):
    found = design_columns(counts)
    columns = found.groupby(level="survey")[["se", "n_effective", "fraction"]]
    half = 1.96 * pd.concat([pooled_errors(part) for _, part in columns])
    return pd.DataFrame({"low": found["value"] - half, "high": found["value"] + half})


def bootstrap_t(counts, replicates=999):
    draw = np.random.default_rng(0)
    found = histogram_estimates(counts, (1, 5))
    low, high = np.empty(len(counts)), np.empty(len(counts))
    for row, (marks, (y, se, n)) in enumerate(zip(counts.to_numpy(), found.to_numpy(), strict=True)):
        drawn = pd.DataFrame(draw.multinomial(int(n), marks / n, replicates), columns=MARKS)
        again = histogram_estimates(drawn, (1, 5))
        with np.errstate(divide="ignore", invalid="ignore"):
            t = ((again["value"] - y) / again["se"]).replace([np.inf, -np.inf], np.nan)
        t = np.where(t.isna(), 0.0 if se == 0 else np.inf, t)                 # a replicate of the best marks only
        top = np.quantile(t, 0.975, method="lower")
        low[row] = y - top * se if np.isfinite(top) else 0.0
        high[row] = y - np.quantile(t, 0.025, method="lower") * se
    return pd.DataFrame({"low": low, "high": high}, counts.index).clip(0, 1)


def score(counts):
    return score_intervals(design_columns(counts), by="survey")


def own_score(counts):
    found = design_columns(counts)
    y, bernoulli = found["value"], found["value"] * (1 - found["value"])
    k = stats.t.ppf(0.975, found["n"] - 1) ** 2 * (found["se"] ** 2 / bernoulli.where(bernoulli > 0)).fillna(0)
    centre, half = (y + k / 2) / (1 + k), np.sqrt(k * bernoulli + k ** 2 / 4) / (1 + k)
    return pd.DataFrame({"low": centre - half, "high": centre + half})


TRIED = {plain_t: 200, pooled_t: 200, logit_t: 200, bootstrap_t: 20, own_score: 200, score: 200}   # surveys of each


def tried_table():
    """Rows: ways; columns: coverage in per cent at n = 30, 100, 400 and mean length in marks."""
    rows = {}
    for way, count in TRIED.items():
        for n in (30, 100, 400):
            counts, laws = surveys(n, seed=n + 1, count=count)
            found = way(counts)
            rows.setdefault(way.__name__, []).extend(
                [100 * covered(found, mean(laws)), 4 * float((found["high"] - found["low"]).mean())])
    return pd.DataFrame(rows, index=["30", "length 30", "100", "length 100", "400", "length 400"]).T


ODD = {"only 1 and 5": [0.1, 0, 0, 0, 0.9], "many 4": [0.005, 0.01, 0.04, 0.27, 0.675],
       "mean 4.8": [0.01, 0.01, 0.02, 0.09, 0.87], "mean 4.9": [0.005, 0.005, 0.01, 0.045, 0.935]}


def odd_table(count=10_000):
    """Coverage in per cent in a centre whose law is not that of the other 19: rows: its law, columns: n."""
    rows = {}
    for name, law in ODD.items():
        for n in (30, 100, 400):
            draw = np.random.default_rng(n)
            counts, _ = surveys(n, seed=n, count=count, centres=20)
            counts.iloc[::20] = draw.multinomial(n, law, count)
            found = score_intervals(design_columns(counts), by="survey").iloc[::20]
            rows.setdefault(name, []).append(100 * covered(found, mean(np.array(law))))
    return pd.DataFrame(rows, index=[30, 100, 400]).T


def stated(root, name):
    """Numbers of the row of the document in which `name` stands in back quotes."""
    text = (root / "docs/survey_intervals.md").read_text(encoding="utf-8")
    line = next(line for line in text.splitlines() if line.startswith("|") and f"`{name}`" in line)
    return [float(cell.strip().replace(",", ".")) for cell in line.split("|")[3:-1]]


@pytest.mark.slow
def test_an_odd_centre_is_covered_as_the_document_says(root):
    for name, row in odd_table().iterrows():
        assert stated(root, name) == pytest.approx(row.to_list(), abs=0.06), name


@pytest.mark.slow
def test_other_ways_cover_what_the_document_says(root):
    for way, row in tried_table().iterrows():
        assert stated(root, way) == pytest.approx(row.to_list(), abs=0.06), way


# --- shrinkage -------------------------------------------------------------------------------------------------------

@pytest.fixture
def bcg():
    """Log risk ratios of 13 trials of BCG vaccine, Colditz et al. (1994): the data set dat.bcg of metafor."""
    cases = pd.DataFrame([
        [4, 119, 11, 128], [6, 300, 29, 274], [3, 228, 11, 209], [62, 13536, 248, 12619], [33, 5036, 47, 5761],
        [180, 1361, 372, 1079], [8, 2537, 10, 619], [505, 87886, 499, 87892], [29, 7470, 45, 7232],
        [17, 1699, 65, 1600], [186, 50448, 141, 27197], [5, 2493, 3, 2338], [27, 16886, 29, 17825]],
        columns=["a", "b", "c", "d"], dtype=float)
    treated, control = cases["a"] + cases["b"], cases["c"] + cases["d"]
    effect = np.log(cases["a"] / treated / (cases["c"] / control))
    return effect, np.sqrt(1 / cases["a"] - 1 / treated + 1 / cases["c"] - 1 / control)


def test_reml_variance_and_common_mean_are_those_of_metafor(bcg):
    found = shrink(*bcg)                         # rma(yi, vi): tau^2 0.3132, estimate -0.7145
    assert found.between_variance == pytest.approx(0.3132, abs=5e-5)
    assert found.common == pytest.approx(-0.7145, abs=5e-5)


def test_moment_variance_is_the_iterated_one_of_statsmodels(bcg):
    effect, error = bcg
    stated = combine_effects(effect.to_numpy(), error.to_numpy() ** 2, method_re="iterated", atol=1e-12)
    assert between_variance(effect, error, "moment") == pytest.approx(stated.tau2, rel=1e-6)


@pytest.mark.parametrize("seed", range(5))
def test_reml_is_the_likelihood_of_contrasts(seed):
    """Independent of the formula: the density of k - 1 contrasts, which do not depend on the common mean."""
    draw = np.random.default_rng(seed)
    errors = pd.Series(draw.uniform(0.5, 2, 9))
    values = pd.Series(draw.normal(0, np.sqrt(errors ** 2 + 1.5)))
    contrasts = np.eye(9)[1:] - np.eye(9)[0]

    def likelihood(a):
        covariance = contrasts @ np.diag(errors ** 2 + a) @ contrasts.T
        return stats.multivariate_normal.logpdf(contrasts @ values, cov=covariance)

    found = between_variance(values, errors)
    assert likelihood(found) >= max(likelihood(a) for a in np.linspace(0, 3 * found + 1, 400)) - 1e-9


def test_batting_averages_are_shrunk_as_efron_and_morris_published():
    """Efron, Morris (1977), Stein's paradox in statistics: 18 players, 45 times at bat, shrinking factor .212."""
    hits = [18, 17, 16, 15, 14, 14, 13, 12, 11, 11, 10, 10, 10, 10, 10, 9, 8, 7]
    average = pd.Series(hits) / 45
    mean = average.mean()
    found = shrink(average, pd.Series(np.sqrt(mean * (1 - mean) / 45), average.index), "moment")
    assert 1 - found.table["shrinkage"].iloc[0] == pytest.approx(0.212, abs=0.002)
    assert found.table["value"].iloc[[0, -1]].to_list() == pytest.approx([0.294, 0.242], abs=0.001)  # Clemente, Alvis


@pytest.mark.parametrize("method", ["reml", "moment"])
def test_no_variance_between_centres(method):
    """Eight schools, Rubin (1981): between variance 0, common mean 7.7 (Gelman et al., BDA, section 5.5)."""
    effect = pd.Series([28.0, 8, -3, 7, -1, 1, 18, 12])
    found = shrink(effect, pd.Series([15.0, 10, 16, 11, 9, 11, 10, 18]), method)
    assert found.between_variance == 0
    assert found.common == pytest.approx(7.7, abs=0.05)
    assert found.table["shrinkage"].to_numpy() == pytest.approx(5 / 7)        # (k - 3)/(k - 1), not 1
    assert (found.table["se"] > 0).all()


@pytest.mark.parametrize("method", ["reml", "moment"])
def test_shrinkage_does_not_depend_on_the_unit_and_the_origin(bcg, method):
    effect, error = bcg
    plain, other = shrink(effect, error, method), shrink(effect * 100 + 7, error * 100, method)
    assert other.table["shrinkage"].to_numpy() == pytest.approx(plain.table["shrinkage"].to_numpy(), rel=1e-5)
    assert other.table["value"].to_numpy() == pytest.approx(plain.table["value"].to_numpy() * 100 + 7, rel=1e-5)


def test_a_noisier_centre_moves_more_and_none_beyond_the_common_mean(bcg):
    found = shrink(*bcg)
    assert found.table["shrinkage"].rank().equals(bcg[1].rank())
    before, after = bcg[0] - found.common, found.table["value"] - found.common
    assert ((after / before > 0) & (after / before < 1)).all()


@pytest.mark.parametrize("between", [0.0, 0.02, 0.06])
@pytest.mark.parametrize("method", ["reml", "moment"])
def test_morris_intervals_cover_on_average_and_beat_the_plain_mean(between, method):
    draw = np.random.default_rng(5)
    errors = pd.Series(np.sqrt(0.045 / np.tile([10, 30, 100], 7)))
    hits, gain, plain = [], [], []
    for _ in range(150):
        truth = 0.9 + between * pd.Series(draw.normal(size=len(errors)))
        values = truth + errors * draw.normal(size=len(errors))
        found = shrink(values, errors, method)
        hits.append(covered(found.intervals(), truth))
        gain.append(((found.table["value"] - truth) ** 2).mean())
        plain.append(((values - truth) ** 2).mean())
    assert 0.94 <= np.mean(hits) <= (0.98 if between == 0.06 else 1)          # cautious where A is 0 or nearly so
    assert np.mean(gain) < np.mean(plain)


def test_centres_without_a_value_stay_without():
    values = pd.Series([0.9, np.nan, 0.8, 0.7, 0.95], index=list("абвгд"))
    found = shrink(values, pd.Series(0.05, values.index)).table
    assert found.isna().all(axis=1).to_list() == [False, True, False, False, False]


def test_too_few_centres_or_an_error_of_zero_are_refused():
    with pytest.raises(InputError, match="не меньше 4 центров с оценкой и ошибкой, есть 3"):
        shrink(pd.Series([0.9, 0.8, 0.7]), pd.Series([0.1, 0.1, 0.1]))
    with pytest.raises(InputError, match=r"больше 0, иначе у: Ц2.*\n.*pooled_errors"):
        shrink(pd.Series([0.9, 1, 0.7, 0.8], index=["Ц1", "Ц2", "Ц3", "Ц4"]),
               pd.Series([0.1, 0, 0.1, 0.1], index=["Ц1", "Ц2", "Ц3", "Ц4"]))


def test_estimates_are_shrunk_by_clientele_and_a_census_is_left_alone():
    draw = np.random.default_rng(2)
    size = 8 * 30
    marks = pd.Series(draw.choice(MARKS, size, p=J_SHAPED).astype(float))
    units = [f"Ц{i}" for i in range(8)]
    groups = pd.DataFrame({"unit": np.tile(units, 30), "clientele": np.repeat(["s", "e"], size // 2)})
    population = pd.Series(200, pd.MultiIndex.from_product([units, ["s", "e"]]))
    population[("Ц3", "s")] = 15
    plain = design_estimates(marks, groups, (1, 5), population=population)
    found = shrink_estimates(plain, "clientele")
    pd.testing.assert_series_equal(found["plain"], plain["value"], check_names=False)
    assert found.index.equals(plain.index)
    assert found.loc[("Ц3", "s"), ["shrinkage", "se"]].to_list() == [0, 0]
    assert found.loc[("Ц3", "s"), "value"] == plain.loc[("Ц3", "s"), "value"]
    employers = plain.xs("e", level="clientele")
    alone = shrink(employers["value"], pooled_errors(employers)).table
    assert found.xs("e", level="clientele")["value"].to_numpy() == pytest.approx(alone["value"].to_numpy())
