"""Intraclass correlations: published examples, independent programs, what limits and degenerate data give, words."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from peers import ANXIETY, ICC_FORMS, peer_marks
from scipy import stats

from methods.agreement.intraclass import _generalised, _JudgeForm, intraclass_correlation
from methods.agreement.variance_ratio import GroupSums
from methods.errors import InputError, NotPublishable

FORMS = ["ICC(1,1)", "ICC(2,1)", "ICC(3,1)", "ICC(1,k)", "ICC(2,k)", "ICC(3,k)"]
# Shrout, Fleiss (1979), table 2: six targets, four judges. doi:10.1037/0033-2909.86.2.420
SHROUT_FLEISS = pd.DataFrame([[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]],
                             columns=list("ABCD"))
# Wines and judges of the manual of pingouin (after real-statistics.com).
WINES = pd.DataFrame({"A": [1, 1, 3, 6, 6, 7, 8, 9], "B": [2, 3, 8, 4, 5, 5, 7, 9], "C": [0, 3, 1, 3, 5, 6, 7, 9],
                      "D": [1, 2, 4, 3, 6, 2, 9, 8]})


def test_six_forms_of_shrout_and_fleiss_1979(oracle):
    table = intraclass_correlation(SHROUT_FLEISS).table
    oracle("Внутриклассовая корреляция, шесть форм", "Shrout, Fleiss (1979), табл. 4", table["value"][FORMS],
           [0.17, 0.29, 0.71, 0.44, 0.62, 0.91], 0.005)
    oracle("Внутриклассовая корреляция: интервалы", "psych 1.x, ICC(ratings): нижние границы, та же таблица",
           table["low"][FORMS], [-0.133, 0.019, 0.342, -0.884, 0.071, 0.676], 0.0006)
    oracle("Внутриклассовая корреляция: интервалы", "psych 1.x, ICC(ratings): верхние границы, та же таблица",
           table["high"][FORMS], [0.72, 0.76, 0.95, 0.91, 0.93, 0.99], 0.0051)
    oracle("Внутриклассовая корреляция: F", "psych 1.x, ICC(ratings), та же таблица",
           table.loc[["ICC(1,1)", "ICC(2,1)"], "F"], [1.8, 11.0], 0.05)
    oracle("Внутриклассовая корреляция: p", "psych 1.x, ICC(ratings), та же таблица",
           table.loc[["ICC(1,1)", "ICC(2,1)"], "p"], [0.16477, 0.00013], 5e-6)
    assert table.loc["ICC(1,1)", ["df1", "df2"]].to_list() == [5, 18]
    assert table.loc["ICC(3,1)", ["df1", "df2"]].to_list() == [5, 15]


def test_agreement_of_the_anxiety_ratings_as_printed_by_irr(oracle):
    found = intraclass_correlation(ANXIETY, interval="f")
    low, high = found.table.loc["ICC(2,1)", ["low", "high"]]
    oracle("ICC(A,1) с интервалом Саттертуэйта", "irr, icc(anxiety, twoway, agreement)", [found["ICC(A,1)"], low, high],
           [0.198, -0.039, 0.494], 0.0005)


def test_wines_of_the_manual_of_pingouin(oracle):
    table = intraclass_correlation(WINES).table
    oracle("Внутриклассовая корреляция: вина", "pingouin 0.7, intraclass_corr, шесть форм", table["value"][FORMS],
           [0.728, 0.728, 0.729, 0.914, 0.914, 0.915], 0.0005)
    oracle("Внутриклассовая корреляция: вина, интервалы", "pingouin 0.7, intraclass_corr, шесть форм",
           table[["low", "high"]].loc[FORMS].to_numpy().ravel(),
           [0.43, 0.93, 0.43, 0.93, 0.43, 0.93, 0.75, 0.98, 0.75, 0.98, 0.75, 0.98], 0.0051)


def test_hundred_tables_agree_with_pingouin(root, oracle):
    """Values and 95 % intervals of the six forms on complete rows. See peers.py."""
    peers = pd.read_csv(root / "tests" / "reference" / "peers_reliability.csv", index_col="seed")
    tables = {seed: intraclass_correlation(peer_marks(seed).dropna(), interval="f").table.set_axis(ICC_FORMS)
              for seed in peers.index}
    ours = pd.DataFrame({seed: {**table["value"], **{f"{form} {end}": table.loc[form, end] for form in ICC_FORMS
                                                     for end in ("low", "high")}} for seed, table in tables.items()}).T
    assert len(peers) == 100
    oracle("Внутриклассовая корреляция: 100 таблиц с повторами, полные строки", "pingouin 0.7, intraclass_corr",
           ours[ICC_FORMS].to_numpy(), peers[ICC_FORMS].to_numpy(), 1e-9)
    bounds = [f"{form} {end}" for form in ICC_FORMS for end in ("low", "high")]
    # of set 27 pingouin gives ICC(A,k) from 7.73 to .89: Spearman and Brown's formula past its pole; ours is -inf
    past = (27, "ICC(A,k) low")
    assert peers.loc[past] > peers.loc[27, "ICC(A,k) high"]
    assert ours.loc[past] == -np.inf
    ours.loc[past] = peers.loc[past]
    oracle("Интервалы внутриклассовой корреляции: 100 таблиц", "pingouin 0.7, intraclass_corr, 95 %",
           ours[bounds].to_numpy(), peers[bounds].to_numpy(), 1e-9)


@pytest.mark.parametrize("seed", [0, 3])
def test_gaps_give_the_variances_of_statsmodels_mixed_model(seed, oracle):
    rng = np.random.default_rng(seed)
    marks = 3 + rng.normal(size=(18, 1)) + 0.6 * rng.normal(size=4) + rng.normal(size=(18, 4))
    marks[rng.random((18, 4)) < 0.2] = np.nan
    found = intraclass_correlation(pd.DataFrame(marks))
    long = pd.DataFrame(marks).stack().dropna().rename_axis(["target", "judge"]).rename("y").reset_index()
    fit = sm.MixedLM.from_formula("y ~ 1", long, groups=np.ones(len(long)), re_formula="0", vc_formula={
        "target": "0 + C(target)", "judge": "0 + C(judge)"}).fit()
    theirs = dict(zip(fit.model.exog_vc.names, fit.vcomp, strict=True))
    oracle("Дисперсии двухфакторной модели с пропусками", "statsmodels, MixedLM (REML, перекрёстные факторы)",
           found.components[["targets", "judges", "residual"]], [theirs["target"], theirs["judge"], fit.scale], 1e-4)
    assert found.method == "reml"
    assert found.per_target == pytest.approx(stats.hmean(np.isfinite(marks).sum(axis=1)))


@pytest.mark.parametrize("seed", range(3))
def test_wald_interval_with_gaps_is_where_the_f_test_of_the_full_covariance_turns(seed):
    """ICC(C,1): at the ends of the interval the generalised least-squares F, judges fixed, is the F quantile."""
    rng = np.random.default_rng(seed)
    marks = rng.normal(size=(9, 1)) + rng.normal(size=3) + rng.normal(size=(9, 3))
    marks[rng.random((9, 3)) < 0.2] = np.nan
    table = intraclass_correlation(pd.DataFrame(marks), interval="f").table
    target, judge = np.nonzero(np.isfinite(marks))
    y, x, z = marks[target, judge], np.eye(3)[judge], np.eye(9)[target]

    def residual(v):
        inverse = np.linalg.inv(v)
        e = y - x @ np.linalg.solve(x.T @ inverse @ x, x.T @ inverse @ y)
        return e @ inverse @ e

    both = np.column_stack([x, z])
    inside = y - both @ np.linalg.lstsq(both, y, rcond=None)[0]
    df2 = len(y) - np.linalg.matrix_rank(both)
    df1 = len(y) - 3 - df2
    assert table.loc["ICC(3,1)", ["df1", "df2"]].to_list() == [df1, df2]
    for end, p in (("low", 0.975), ("high", 0.025)):
        icc = table.loc["ICC(3,1)", end]
        form = residual(np.eye(len(y)) + icc / (1 - icc) * z @ z.T) - inside @ inside
        assert form / df1 / (inside @ inside / df2) == pytest.approx(stats.f.ppf(p, df1, df2), rel=1e-6)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("interval", ["f", "jackknife"])
def test_icc_does_not_see_order_scale_or_level(seed, interval):
    marks = peer_marks(seed)
    found = intraclass_correlation(marks, interval=interval).table.drop(columns="question")
    shuffled = marks.sample(frac=1, random_state=seed).sample(frac=1, axis=1, random_state=seed)
    for other in (shuffled, marks * 20, marks - 100, 6 - marks):
        table = intraclass_correlation(other, interval=interval).table.drop(columns="question")
        pd.testing.assert_frame_equal(table, found, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("seed", [1, 2, 5])
def test_consistency_does_not_see_the_strictness_of_judges_and_agreement_pays_for_it(seed):
    marks = peer_marks(seed).dropna()
    strict = marks.sub(np.arange(marks.shape[1]) * 1.5, axis=1)
    before, after = intraclass_correlation(marks), intraclass_correlation(strict)
    pd.testing.assert_series_equal(before.table.loc["ICC(3,1)", ["value", "low", "high"]],
                                   after.table.loc["ICC(3,1)", ["value", "low", "high"]])
    assert after["ICC(A,1)"] < before["ICC(A,1)"]


def test_rows_and_columns_without_marks_change_nothing():
    marks = peer_marks(4)
    wide = marks.assign(nobody=np.nan)
    wide.loc["нет оценок"] = np.nan
    found = intraclass_correlation(wide)
    pd.testing.assert_frame_equal(found.table, intraclass_correlation(marks).table)
    assert (found.targets, found.judges, found.gaps) == (*marks.shape, 0)


def test_one_missing_mark_moves_the_values_little():
    """The estimates with gaps continue those of the complete table."""
    rng = np.random.default_rng(11)
    marks = pd.DataFrame(rng.normal(size=(60, 1)) + 0.5 * rng.normal(size=4) + rng.normal(size=(60, 4)))
    holed = marks.copy()
    holed.iloc[3, 1] = np.nan
    for interval in ("f", "jackknife"):
        one, other = (intraclass_correlation(each, interval=interval).table for each in (marks, holed))
        assert (one["value"] - other["value"]).abs().max() < 0.02
        assert (one.loc[["ICC(1,1)", "ICC(3,1)"], ["low", "high"]]
                - other.loc[["ICC(1,1)", "ICC(3,1)"], ["low", "high"]]).abs().to_numpy().max() < 0.03


@pytest.mark.parametrize("seed", range(3))
def test_jackknife_of_consistency_is_the_brute_force_one(seed):
    """ln(MSR/MSE) with every target left out in turn, Student's quantile at Satterthwaite's degrees of freedom."""
    marks = np.round(np.random.default_rng(seed).normal(size=(24, 1)) + np.random.default_rng(seed + 50).normal(
        size=(24, 3)), 1)

    def log_f(x):
        n, k = x.shape
        row, column = x.mean(axis=1, keepdims=True), x.mean(axis=0, keepdims=True)
        mse = ((x - row - column + x.mean()) ** 2).sum() / ((n - 1) * (k - 1))
        return np.log(k * ((row - x.mean()) ** 2).sum() / (n - 1) / mse)

    without = np.array([log_f(np.delete(marks, i, axis=0)) for i in range(24)])
    added = without.mean() - without
    error = np.sqrt(23 / 24 * (added**2).sum())
    low, high = intraclass_correlation(pd.DataFrame(marks)).table.loc["ICC(3,1)", ["low", "high"]]
    ends = [np.log(1 + 3 * icc / (1 - icc)) for icc in (low, high)]
    assert np.mean(ends) == pytest.approx(log_f(marks))
    assert stats.t.ppf(0.975, 22) <= np.diff(ends)[0] / 2 / error <= stats.t.ppf(0.975, 4)


def test_negative_variances_are_kept_and_explained():
    """Judges who contradict one another: targets differ less than chance would have it (STA-19)."""
    marks = pd.DataFrame({"A": [1, 2, 3, 4, 5], "B": [5, 4, 3, 2, 1], "C": [3, 1, 5, 2, 4]})
    found = intraclass_correlation(marks)
    assert found["ICC(C,1)"] < 0
    assert found.components["targets"] < 0
    assert "оценка дисперсии между объектами отрицательна" in found.why
    assert "оценка дисперсии между экспертами отрицательна" in found.why
    holed = marks.astype(float)
    holed.iloc[0, 2] = np.nan
    again = intraclass_correlation(holed)
    assert again.components["targets"] < 0
    assert again.method == "henderson"
    assert "дисперсии между объектами отрицательна" in again.why


def test_judges_who_differ_by_a_constant_agree_perfectly_in_order_only():
    marks = pd.DataFrame({"A": [1.0, 2, 4, 5], "B": [2.0, 3, 5, 6]})
    found = intraclass_correlation(marks)
    assert found["ICC(C,1)"] == 1
    assert 0 < found["ICC(A,1)"] < 1
    assert found.table["low"].isna().all()
    assert found.why == "эксперты расходятся лишь на постоянную: остаточной дисперсии нет, интервалы не определены"
    assert intraclass_correlation(marks.assign(B=marks["A"]))["ICC(2,1)"] == 1


def test_all_differences_at_one_target_leave_the_normal_interval():
    found = intraclass_correlation(pd.DataFrame({"A": [3.0] * 24 + [5], "B": [3.0] * 24 + [1]}))
    assert found.interval == "f"
    assert "все расхождения — у одного объекта: интервал складного ножа не определён, взят нормальный" in found.why


def test_forms_carry_their_questions_and_both_names():
    found = intraclass_correlation(SHROUT_FLEISS)
    assert found["ICC(A,k)"] == found["ICC(2,k)"]
    assert found.table.loc["ICC(2,1)", "question"] == "Эксперты взаимозаменяемы: даст ли другой эксперт то же число?"
    assert "среднее по 4 экспертам" in found.table.loc["ICC(1,k)", "question"]
    with pytest.raises(InputError, match=r"нет формы «ICC\(4,1\)»; есть ICC\(1,1\)"):
        found["ICC(4,1)"]


@pytest.mark.parametrize(("marks", "error", "words"), [
    ({"A": [1, 2, 3]}, NotPublishable, "найдено объектов 3, экспертов 1: согласованность не определена"),
    ({"A": [1, 2], "B": [2, 1]}, NotPublishable, "не меньше 3 объектов и 2 экспертов с оценками, найдено объектов 2"),
    ({"A": [4, 4, 4], "B": [4, 4, 4]}, NotPublishable, "все оценки равны 4, различий нет"),
    ({"A": [1, 2, 3], "B": list("абв")}, InputError, "нужны числа, не числа в столбцах: B"),
    ({"A": [1, 2, 3], "B": [1, np.inf, 3]}, InputError, "найдена бесконечность: 1 × B"),
    ({"A": [1, 2, 3, np.nan, np.nan, np.nan], "B": [2, 2, 3, np.nan, np.nan, np.nan],
      "C": [np.nan] * 3 + [1, 2, 2], "D": [np.nan] * 3 + [1, 3, 2]}, InputError, "Отдельно от остальных: C, D"),
    ({"A": [1, 2, np.nan], "B": [np.nan, 2, 3]}, NotPublishable, "для остаточной дисперсии ничего не остаётся"),
    ({"A": [1, 2, 4, 5], "B": [2, 3, 5, np.nan]}, NotPublishable, "с пропусками остаточная дисперсия равна 0"),
])
def test_what_icc_cannot_use_is_refused_in_words(marks, error, words):
    with pytest.raises(error) as raised:
        intraclass_correlation(pd.DataFrame(marks))
    assert words in str(raised.value)
    assert str(raised.value).startswith("Внутриклассовая корреляция: ")


def test_wrong_options_and_repeated_labels_are_refused():
    with pytest.raises(InputError, match="неизвестно «exact», допустимо: auto, f, jackknife"):
        intraclass_correlation(SHROUT_FLEISS, interval="exact")
    with pytest.raises(InputError, match="больше 0 и меньше 1, найдено 95"):
        intraclass_correlation(SHROUT_FLEISS, confidence=95)
    with pytest.raises(InputError, match="эксперты: код повторяется: A"):
        intraclass_correlation(SHROUT_FLEISS.set_axis(list("AABC"), axis=1))


@pytest.mark.parametrize("interval", ["f", "jackknife"])
@pytest.mark.parametrize("gap", [False, True])
def test_every_interval_grows_with_the_confidence(interval, gap):
    marks = pd.DataFrame(np.random.default_rng(30).normal(size=(25, 1)) + np.random.default_rng(31).normal(
        size=(25, 3)))
    if gap:
        marks.iloc[4, 1] = np.nan
    narrow, wide = (intraclass_correlation(marks, confidence, interval) for confidence in (0.5, 0.95))
    for one, other in zip(narrow.table.itertuples(), wide.table.itertuples(), strict=True):
        assert other.low < one.low < one.value < one.high < other.high
    assert (narrow.confidence, narrow.interval, narrow.gaps) == (0.5, interval, int(gap))
    assert list(narrow.table) == ["mcgraw_wong", "question", "value", "low", "high", "F", "df1", "df2", "p"]
    assert list(narrow.table.index) == FORMS
    assert narrow.table["mcgraw_wong"].to_list() == ["ICC(1)", "ICC(A,1)", "ICC(C,1)", "ICC(k)", "ICC(A,k)", "ICC(C,k)"]


def test_components_are_labelled_and_questions_are_questions():
    found = intraclass_correlation(SHROUT_FLEISS)
    assert set(found.components.index) == {"targets", "judges", "residual", "targets_oneway", "within_oneway"}
    assert (found.targets, found.judges, found.per_target, found.method) == (6, 4, 4, "anova")
    assert found.table["question"].str.fullmatch(r"(У каждого объекта свои эксперты|Эксперты взаимозаменяемы|"
                                                 r"Эксперты постоянны): [^A-ZА-Я{}]+\?").all()


@pytest.mark.parametrize("confidence", [0.5, 0.95])
def test_generalised_interval_of_agreement_is_that_of_drawn_variances(confidence):
    """On a complete table the laws are in closed form: s2 = SSE/chi2, SSC/(1 + n lv) and SSR/(1 + k lu) = s2 chi2.

    400,000 draws: the standard error of an end is below .002, the grid of quantiles adds some thousandths.
    """
    rng = np.random.default_rng(32)
    marks = rng.normal(size=(12, 1)) + 0.7 * rng.normal(size=4) + rng.normal(size=(12, 4))
    low, high = _generalised(GroupSums.crossed(marks), _JudgeForm.of(marks), confidence, None)
    row, column = marks.mean(axis=1, keepdims=True), marks.mean(axis=0, keepdims=True)
    sse = ((marks - row - column + marks.mean()) ** 2).sum()
    ssr, ssc = 4 * ((row - marks.mean()) ** 2).sum(), 12 * ((column - marks.mean()) ** 2).sum()
    residual = sse / rng.chisquare(33, 400_000)
    judges = np.maximum((ssc / (residual * rng.chisquare(3, 400_000)) - 1) / 12, 0)
    targets = (ssr / (residual * rng.chisquare(11, 400_000)) - 1) / 4
    drawn = targets / (targets + judges + 1)
    ends = np.quantile(drawn, [(1 - confidence) / 2, (1 + confidence) / 2])
    assert (low, high) == pytest.approx(tuple(ends), abs=0.008)
