"""Winsorisation and logarithms against COINr on ASEM, moments against scipy, edges."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from methods.errors import InputError
from methods.sensitivity.outliers import moments, outlier_screen, treat_outliers, treat_rows


@pytest.fixture(scope="module")
def asem(root):
    """49 indicators before and after COINr's treatment, and what it did; see tests/reference/README.md."""
    folder = root / "tests" / "reference" / "asem"
    summary = pd.read_csv(folder / "treat_summary.csv", index_col="IndCode", keep_default_na=False)
    before, after = (pd.read_csv(folder / f"step_{step}.csv", index_col="UnitCode", keep_default_na=False)
                     for step in ("imputed", "treated"))
    return before[summary.index].astype(float), after[summary.index].astype(float), summary


def test_asem_is_treated_as_coinr_treats_it(asem, oracle):
    before, after, summary = asem
    treated = before.apply(treat_outliers, most=6, otherwise="log")
    oracle("обработка выбросов: винзоризация, логарифм (49 показателей ASEM)", "R COINr, Treat, step_treated.csv",
           treated / after.abs().max(), after / after.abs().max(), 1e-12)
    moved = (treated != before).sum()
    for code, done in summary["Treatment"].items():
        if done == "None":
            assert moved[code] == 0
        elif done.startswith("Winsorised"):
            assert moved[code] == int(done.split()[1])
        else:
            assert moved[code] > 40  # a logarithm moves all


def test_moments_are_those_of_scipy():
    rows = np.random.default_rng(0).lognormal(size=(20, 15))
    skewness, kurtosis = moments(rows)
    np.testing.assert_allclose(skewness, stats.skew(rows, axis=1, bias=False), rtol=1e-12)
    np.testing.assert_allclose(kurtosis, stats.kurtosis(rows, axis=1, bias=False), rtol=1e-11)


@pytest.mark.parametrize("row", [[1.0, 1, 1, 1, 1], [1.0, 2, 3]])
def test_without_spread_or_with_three_values_there_are_no_outliers(row):
    assert [moment.tolist() for moment in moments(np.array([row]))] == [[0], [0]]
    assert treat_outliers(pd.Series(row), 5, otherwise="log").to_list() == row


@pytest.mark.parametrize("sign", [1, -1])
def test_the_most_extreme_value_becomes_the_next_one_until_nothing_sticks_out(sign):
    """With 90 and 100 at 90 the skewness is still above 2; with both at 10 nothing is left to do."""
    values = sign * pd.Series([*range(1, 11), *range(1, 11), 90.0, 100])
    for most, stated in enumerate([(90, 100), (90, 90), (10, 10), (10, 10)]):
        assert treat_outliers(values, most).to_list() == [*values[:-2], *(sign * value for value in stated)]


def test_no_more_values_move_than_allowed_and_only_outliers_move():
    draw = np.random.default_rng(2)
    for _ in range(30):
        values = pd.Series(draw.pareto(1.2, 40))
        for most in range(6):
            treated = treat_outliers(values, most)
            assert (treated != values).sum() <= most
            assert treated.rank().le(values.rank().max()).all()
            assert (treated <= values).all()


def test_gaps_stay_and_labels_stay():
    values = pd.Series([1.0, np.nan, 2, 3, 4, 5, 6, 7, 8, 9, 100], index=list("abcdefghijk"), name="Д1")
    treated = treat_outliers(values, 1)
    assert treated.isna().to_list() == values.isna().to_list()
    assert (treated["k"], treated.name, treated.index.to_list()) == (9, "Д1", list("abcdefghijk"))
    mixed = values.sample(frac=1, random_state=0)
    pd.testing.assert_series_equal(treat_outliers(mixed, 1).sort_index(), treated)


def test_a_logarithm_keeps_the_order_and_takes_the_skewness_away():
    values = pd.Series(np.exp(np.linspace(0, 12, 60)))
    for sign in (1, -1):
        made = treat_outliers(sign * values, 1, otherwise="log")
        assert made.rank().equals((sign * values).rank())
        assert abs(stats.skew(made)) < abs(stats.skew(values)) / 2


def test_many_rows_are_treated_as_one_by_one():
    rows = np.random.default_rng(4).pareto(1.5, (25, 20))
    together = treat_rows(rows, 2, log=True)
    for row, made in zip(rows, together, strict=True):
        np.testing.assert_array_equal(made, treat_outliers(pd.Series(row), 2, otherwise="log"))


def test_a_negative_number_of_points_is_refused():
    with pytest.raises(InputError, match="не меньше 0, задано -1"):
        treat_outliers(pd.Series([1.0, 2, 3, 4]), -1)


# The screen

def test_the_screen_says_what_coinrs_treatment_then_does(asem, oracle):
    before, _, summary = asem
    found = outlier_screen(before, 6)
    winsorised = summary["Treatment"].str.startswith("Winsorised")
    points = summary["Treatment"].str.extract(r"(\d+)")[0].astype(float)
    oracle("сколько значений нужно винзоризовать (49 показателей ASEM)", "R COINr, Treat, treat_summary.csv",
           found.loc[winsorised, "moved"], points[winsorised], 0)
    assert (found["outlying"] == (summary["Treatment"] != "None")).all()
    assert (found.loc[found["outlying"], "cured"] == winsorised[found["outlying"]]).all()


def test_the_screen_leaves_gaps_out_and_knows_what_does_not_vary():
    values = pd.DataFrame({"wild": [*range(1, 11), 30.0, 100, np.nan], "same": 3.0, "two": [1.0, 2] + [np.nan] * 11})
    found = outlier_screen(values)
    assert found["n"].to_dict() == {"wild": 12, "same": 13, "two": 2}
    assert found["distinct"].to_dict() == {"wild": 12, "same": 1, "two": 2}
    assert found["outlying"].to_dict() == {"wild": True, "same": False, "two": False}
    assert not outlier_screen(values, skewness=10).to_numpy()[:, 4].any()
    assert outlier_screen(values, 0).loc["wild", ["moved", "cured"]].to_list() == [0, False]


def test_five_values_may_be_moved_unless_stated_otherwise():
    """Six values far out, one after another: the usual limit leaves the sixth."""
    wild = pd.DataFrame({"wild": [*np.linspace(1, 2, 60), 30.0, 40, 50, 60, 70, 80]})
    needed = outlier_screen(wild, 60)["moved"].iloc[0]
    assert needed == 6
    assert outlier_screen(wild).loc["wild", ["moved", "cured"]].to_list() == [5, False]
    assert outlier_screen(wild, 6).loc["wild", ["moved", "cured"]].to_list() == [6, True]


def test_the_screen_has_its_columns_and_the_moments_of_scipy():
    values = pd.DataFrame({"wild": [*range(1, 11), 30.0, 100], "calm": range(12)})
    found = outlier_screen(values)
    assert list(found) == ["n", "distinct", "skewness", "kurtosis", "outlying", "moved", "cured"]
    pd.testing.assert_index_equal(found.index, pd.Index(["wild", "calm"], name="indicator"))
    assert found["skewness"].to_list() == pytest.approx([stats.skew(values[code], bias=False) for code in values])
    assert found["kurtosis"].to_list() == pytest.approx([stats.kurtosis(values[code], bias=False) for code in values])


@pytest.mark.parametrize("option", ["skewness", "kurtosis"])
def test_only_what_is_above_both_thresholds_is_outlying(option):
    values = pd.Series([*range(1, 11), 30.0, 100])
    level = float({"skewness": stats.skew, "kurtosis": stats.kurtosis}[option](values, bias=False))
    for limit, moves in ((level * 0.999, True), (level * 1.001, False)):
        assert treat_outliers(values, 2, **{option: limit}).equals(values) != moves
        assert outlier_screen(values.to_frame("a"), **{option: limit}).loc["a", "outlying"] == moves
        treated = treat_rows(values.to_numpy()[None], 2, log=False, **{option: limit})
        assert (treated != values.to_numpy()).any() == moves


def test_four_values_have_moments():
    rows = np.array([[1.0, 2, 3, 9]])
    assert moments(rows)[0].tolist() == pytest.approx(stats.skew(rows, axis=1, bias=False).tolist())
    assert moments(rows)[1].tolist() == pytest.approx(stats.kurtosis(rows, axis=1, bias=False).tolist())


@pytest.mark.parametrize("sign", [1, -1])
def test_the_logarithm_is_that_of_the_distance_from_the_end_and_one_per_cent(sign):
    values = sign * pd.Series([1.0, 2, 3, 4, 5, 1000, 50_000])
    far = (values - values.min()) if sign > 0 else (values.max() - values)
    expected = sign * np.log(far + 0.01 * 49_999)
    assert treat_outliers(values, 0, otherwise="log").to_list() == pytest.approx(expected.to_list())
    pd.testing.assert_series_equal(treat_outliers(values, 0), values)
