"""Is the estimate of a question the mean that a textbook gives, with its standard error?"""

import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.proportion import proportion_confint
from statsmodels.stats.weightstats import DescrStatsW

from methods.data.survey import survey_estimates


@pytest.fixture
def answers():
    """40 marks of 1-5 of two centres and two clienteles, a tenth left open."""
    draw = np.random.default_rng(7)
    marks = pd.Series(draw.choice([1, 2, 3, 4, 5], 40, p=[0.15, 0.15, 0.2, 0.2, 0.3]).astype(float))
    marks[draw.random(40) < 0.1] = np.nan
    groups = pd.DataFrame({"unit": np.where(np.arange(40) % 3 == 0, "Ц1", "Ц2"),
                           "clientele": np.where(np.arange(40) % 2 == 0, "seekers", "employers")})
    return marks, groups


KEYS = [("Ц1", "seekers"), ("Ц1", "employers"), ("Ц2", "seekers"), ("Ц2", "employers")]


def of(answers, key):
    marks, groups = answers
    return marks[(groups["unit"] == key[0]) & (groups["clientele"] == key[1])].dropna()


@pytest.mark.parametrize("key", KEYS)
def test_mean_and_standard_error_agree_with_statsmodels(answers, key):
    found = survey_estimates(*answers, (1, 5)).loc[key]
    stated = DescrStatsW((of(answers, key) - 1) / 4)
    assert found["value"] == pytest.approx(stated.mean, abs=1e-14)
    assert found["se"] == pytest.approx(stated.std_mean, abs=1e-14)
    assert found["n"] == stated.nobs


@pytest.mark.parametrize("key", KEYS)
def test_top_2_box_is_the_share_of_fours_and_fives(answers, key):
    found = survey_estimates(*answers, (1, 5), "top-2-box").loc[key]
    marks = of(answers, key)
    share = marks.isin([4, 5]).mean()
    assert 0 < share < 1
    assert found["value"] == pytest.approx(share)
    assert found["se"] == pytest.approx(np.sqrt(share * (1 - share) / (len(marks) - 1)))
    low, high = proportion_confint(marks.isin([4, 5]).sum(), len(marks), 0.3173, method="normal")
    assert found["se"] == pytest.approx((high - low) / 2 * np.sqrt(len(marks) / (len(marks) - 1)), rel=1e-3)


def test_clienteles_are_never_pooled(answers):
    found = survey_estimates(*answers, (1, 5))
    assert set(found.index) == set(KEYS)
    assert found["n"].sum() == answers[0].notna().sum()


@pytest.mark.parametrize(("scale", "mark", "value"),
                         [((1, 5), 1, 0), ((1, 5), 5, 1), ((1, 5), 3, 0.5), ((1, 10), 10, 1),
                                                      ((0, 10), 2, 0.2)])
def test_the_scale_is_laid_on_0_to_1(scale, mark, value):
    found = survey_estimates(pd.Series([float(mark)] * 2), pd.DataFrame({"unit": ["Ц1"] * 2}), scale)
    assert found.loc["Ц1"].to_dict() == {"value": value, "se": 0, "n": 2}


def test_one_answer_has_a_value_but_no_standard_error():
    found = survey_estimates(pd.Series([4.0]), pd.DataFrame({"unit": ["Ц1"]}), (1, 5)).loc["Ц1"]
    assert found["value"] == 0.75
    assert np.isnan(found["se"])


@pytest.mark.parametrize(("least", "kept"), [(1, True), (3, True), (4, False)])
def test_too_few_answers_give_no_value_but_their_number(least, kept):
    marks = pd.Series([5.0, 4.0, 3.0, np.nan])  # an open answer is no answer
    found = survey_estimates(marks, pd.DataFrame({"unit": ["Ц1"] * 4}), (1, 5), min_answers=least).loc["Ц1"]
    assert found["n"] == 3
    assert found[["value", "se"]].notna().to_list() == [kept, kept]


def test_a_question_that_all_left_open_has_no_value():
    found = survey_estimates(pd.Series([np.nan, np.nan]), pd.DataFrame({"unit": ["Ц1"] * 2}), (1, 5),
                             "top-2-box").loc["Ц1"]
    assert np.isnan(found["value"])
    assert found["n"] == 0


def test_marks_and_groups_meet_by_label(answers):
    marks, groups = answers
    shuffled = groups.sample(frac=1, random_state=1)
    pd.testing.assert_frame_equal(survey_estimates(marks, shuffled, (1, 5)), survey_estimates(marks, groups, (1, 5)))
