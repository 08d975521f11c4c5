"""Answers question by question: what is read, in which order, and that counting them anew gives the measurements."""

import numpy as np
import pandas as pd
import pytest

from methods.data import questions, store
from methods.data.questions import Answers, answers, recounted
from methods.index.score import score


def asked(root, version, period=""):
    edition, measured, scores = store.scored(version, period, root)
    return edition, measured, scores, answers(root, edition, measured, store.resolve_period(edition, period))


@pytest.fixture(scope="module")
def odm(root):
    return asked(root, "odm-2023")


@pytest.fixture(scope="module")
def maturity(root):
    return asked(root, "maturity-2022")


def test_points_of_all_questions_are_the_published_total(odm):
    edition, _, scores, own = odm
    assert own.points.shape == (35, 161)
    assert own.highest.sum() == 2540  # the largest total of the method paper
    pd.testing.assert_series_equal(own.points.sum(axis=1), scores.index, check_names=False)
    assert set(own.indicator_of) == set(edition.indicators)
    assert own.second is None
    assert own.level_of.isna().all()


def test_questions_stand_in_the_order_in_which_people_count(odm):
    codes = list(odm[3].points)
    assert codes.index("2") < codes.index("9a") < codes.index("10a")


def test_levels_titles_and_the_second_assessment_come_from_the_files(maturity):
    own = maturity[3]
    assert own.points.shape == (89, 24)
    assert own.level_of["С1.3"] == 4
    assert own.enough["С1.1"] == 1
    assert own.enough["С1.2"] == 2
    assert own.titles["Л1.1"] == "В регионе есть подготовленные эксперты"
    assert own.second.shape == (89, 24)
    assert own.second.notna().all(axis=None)
    assert own.met.loc["01"].isin([0, 1]).all()
    assert (own.met.isna() == own.points.isna()).all(axis=None)
    some = own.of(pd.Index(["01", "02", "нет"]))
    assert len(some.points) == len(some.second) == 2


def test_requirements_of_the_star_are_its_questions(root):
    edition, measured, _, own = asked(root, "star-2022", "2024")
    assert own.points.shape[1] == 116
    assert list(own.indicator_of.unique()) == list(edition.indicators)
    assert (own.points.isin([0, 1]) | own.points.isna()).all(axis=None)
    assert len(own.points) == measured.marks["unit"].nunique()


def test_an_index_of_ready_made_numbers_has_no_questions(root):
    assert asked(root, "gtmi-2022")[3] is None


@pytest.mark.parametrize("version", ["odm-2023", "maturity-2022", "star-2022"])
def test_answers_counted_anew_are_the_measurements(root, version):
    edition, measured, scores, own = asked(root, version)
    same = recounted(own, edition, measured.measurements)
    pd.testing.assert_frame_equal(same, measured.measurements)
    copy = recounted(own, edition, measured.measurements, points=own.points.copy())
    pd.testing.assert_series_equal(score(copy, edition).index, scores.index)


def test_a_dropped_question_takes_its_points_along(odm):
    edition, measured, scores, own = odm
    less = score(recounted(own, edition, measured.measurements, dropped=["1", "2"]), edition).index
    np.testing.assert_allclose(scores.index - less, own.points[["1", "2"]].sum(axis=1)[less.index], atol=1e-9)


def test_an_indicator_keeps_its_last_questions(odm):
    edition, measured, scores, own = odm
    all_of = [code for code in own.points if own.indicator_of[code] == "D3.4"]
    pd.testing.assert_series_equal(
        score(recounted(own, edition, measured.measurements, dropped=all_of), edition).index, scores.index)


def test_rows_and_columns_in_any_order(maturity):
    edition, measured, _, own = maturity
    mixed = Answers(own.points.sample(frac=1, random_state=1).sample(frac=1, axis=1, random_state=2), own.highest,
                    own.indicator_of, own.level_of, own.enough, own.titles)
    one, two = (score(recounted(each, edition, measured.measurements, dropped=["С1.1"]), edition).index
                for each in (own, mixed))
    pd.testing.assert_series_equal(one, two)


def test_two_digit_numbers_sort_as_numbers():
    assert sorted(["К1.10", "К1.2", "К1"], key=questions._padded) == ["К1", "К1.2", "К1.10"]
