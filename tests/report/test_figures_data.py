"""What the pictures of notebook 04 are drawn from: the star, the profile of levels, parts of a change, the regions."""

import numpy as np
import pandas as pd
import pytest

from methods.agreement.interviews import index_errors, questionnaire_points
from methods.data.editions import load_edition
from methods.data.registry import read_regions, read_tiles
from methods.index.change import Decomposition, average_change
from methods.report import figures, maturing, picturing

# Subjects that have a common border on the ground, from the west to the east and the south.
NEIGHBOURS = {
    "51": "10", "10": "29 35 47", "78": "47", "47": "53 60 35", "53": "60 69", "60": "67", "35": "76 44",
    "29": "11 83", "83": "11 89", "11": "43 59 86 89", "69": "67 50", "76": "37 50", "37": "33", "33": "50",
    "50": "77 62 40 71", "40": "67 32 71", "32": "57", "57": "46", "71": "48", "48": "68 36", "46": "31",
    "31": "36", "68": "58", "58": "13", "13": "52 21", "52": "12 43 44 37 33", "12": "16", "21": "16 12",
    "16": "63", "63": "73 56", "73": "58", "02": "56 74 16", "18": "43 59 16 02", "66": "74 72", "74": "45",
    "45": "72", "72": "86 55 89", "86": "89", "55": "54", "54": "70 42 22", "22": "04 42", "04": "17 42 19",
    "42": "19", "19": "17", "24": "38 42 19 14 89 86 70", "38": "03", "03": "75", "75": "28", "28": "14 79",
    "79": "27", "27": "25 28 49", "49": "87 41 14", "87": "41", "34": "64 36 08 30", "08": "30",
    "61": "36 94 23 93", "94": "93", "93": "90", "90": "95", "95": "91", "91": "92", "23": "01 26",
    "26": "20 08", "20": "05", "15": "06 26 20", "09": "07 26 23", "07": "15 26", "59": "66 02 43",
    "14": "38 75 27", "36": "46", "64": "56 73 63 58 68", "05": "08 26", "06": "20", "17": "38 03 24",
    "62": "13 68", "56": "74 16",
}
PAIRS = [(one, two) for one, near in NEIGHBOURS.items() for two in near.split()]


@pytest.fixture(scope="module")
def layout(root):
    return read_tiles(root)


@pytest.fixture(scope="module")
def edition(root):
    return load_edition(root, "star-2022")


@pytest.fixture(scope="module")
def answers(edition):
    """Marks 1 to 5 of twenty clients of each kind in three centres."""
    rng = np.random.default_rng(0)
    asked = [side.question for side in edition.questions.values()]
    marks = pd.DataFrame(rng.integers(1, 6, (120, len(asked))), columns=asked).astype("Int8")
    return marks.assign(unit=np.repeat(["A", "B", "C"], 40), clientele=np.tile(list(edition.clienteles), 60))


# --- tiles ------------------------------------------------------------------------------------------------------------

def test_every_subject_in_force_has_one_tile(root, layout):
    subjects = read_regions(root)
    assert set(layout["code"]) == set(subjects.index[subjects["действует_по"].isna()])
    assert set(layout.index) == set(subjects.loc[layout["code"], "title"])
    assert len(layout) == 89
    assert not layout.duplicated(["column", "row"]).any()
    assert layout[["column", "row"]].min().to_list() == [1, 1]


def test_neighbours_on_the_ground_are_near_on_the_map(layout):
    """Most touch, side by side or corner to corner; 89 squares cannot keep every border, but none is torn far apart."""
    place = layout.set_index("code")[["column", "row"]]
    apart = {pair: int((place.loc[pair[0]] - place.loc[pair[1]]).abs().max()) for pair in PAIRS}
    assert max(apart.values()) <= 4, max(apart, key=apart.get)
    assert np.mean([steps == 1 for steps in apart.values()]) >= 0.85   # 130 of 152 borders


def test_map_of_the_country_draws(layout):
    figures.use_theme()
    values = pd.Series(np.linspace(80, 95, 89), layout.index)
    figure = figures.tile_grid_map(values, layout, "Средний индекс")
    assert {text.get_text() for text in figure.axes[0].texts} >= set(layout["code"])


# --- the star and the profile -----------------------------------------------------------------------------------------

def test_star_of_all_units(edition):
    groups = pd.DataFrame(np.arange(55.0).reshape(11, 5), columns=list(edition.groups))
    found = picturing.star_of_groups(groups, edition, figures.RAYS)
    first = edition.element_title(next(iter(edition.groups)))
    assert [found.low[first], found.mean[first], found.high[first]] == pytest.approx([5, 25, 45])   # 10 % cut
    assert found.limits == (0, 100)


def test_no_star_without_a_scale_with_ends(edition, root):
    assert picturing.star_of_groups(pd.DataFrame(1.0, [0], list(edition.groups)), edition, (6, 12)) is None
    summed = load_edition(root, "odm-2023")   # an index of summed points, which groups share unequally
    assert picturing.star_of_groups(pd.DataFrame(1.0, [0], list(summed.groups)), summed, figures.RAYS) is None


def test_error_of_a_group_is_that_of_its_own_questions(edition, answers):
    """By hand: the mean points of the group's questions, its variance over the questionnaires of a unit."""
    found = picturing.group_errors(edition, answers)
    assert set(found) <= set(edition.groups)
    group = "К"
    inside = [code for code in edition.questions if edition.indicators[code].group == group]
    others = [side.question for code, side in edition.questions.items() if code not in inside]
    points = questionnaire_points(answers.assign(**dict.fromkeys(others, pd.NA)), edition)
    weights = edition.effective_weights()
    mix = {code: edition.indicators[code].side_mix()["subjective"] for code in edition.questions}
    whole = sum(weights[code] * mix[code] for code in edition.questions)
    points["points"] /= whole   # mean points of the answers, 0 .. 100
    shares = {code: own.share for code, own in edition.clienteles.items()}
    own = index_errors(points, shares)["se"]
    survey = (sum(weights[code] * mix[code] for code in inside)
              / sum(weights[code] for code, indicator in edition.indicators.items() if indicator.group == group))
    pd.testing.assert_series_equal(found[group], own * survey, check_names=False)
    assert 0 < survey <= 1


def test_group_errors_without_answers(edition):
    assert picturing.group_errors(edition, None).empty


def test_profile_counts_levels_by_each_row(edition):
    cuts = [60.0, 70.0, 80.0, 90.0]
    borders, names = maturing.borders(edition, cuts, list(edition.grades.labels))
    values = pd.DataFrame({picturing.TOTAL: [95.0, 95, 85, 72], "Комфорт": [50.0, 65, 85, 99]}, index=list("абвг"))
    errors = pd.DataFrame({picturing.TOTAL: [0.0, 0, 0, 0]}, index=list("абвг"))
    found = picturing.level_profile(values, edition, cuts, borders, names, errors)
    assert found.shares.sum(axis=1).to_list() == [1, 1]
    assert found.shares.loc[picturing.TOTAL, names[-1]] == 0.5
    assert found.mean.to_dict() == {picturing.TOTAL: names[-2], "Комфорт": names[-3]}   # means 86.75 and 74.75
    assert found.certainty[picturing.TOTAL] == 1   # no error: sure
    assert np.isnan(found.certainty["Комфорт"])    # error not known
    turned = picturing.level_profile(values.iloc[::-1], edition, cuts, borders, names, errors)
    pd.testing.assert_frame_equal(turned.shares, found.shares)


def test_words_of_the_profile():
    shares = pd.DataFrame([[0.5, 0.5], [0.2, 0.8], [0.7, 0.3]], [picturing.TOTAL, "Комфорт", "Польза"], ["один", "два"])
    found = picturing.Profile(shares, pd.Series(dtype=str), pd.Series({"Комфорт": 0.914, "Польза": np.nan}))
    assert picturing.profile_text(found) == (
        "Уровень «два» по одному направлению чаще всего был бы у направления «Комфорт» (80 % единиц), реже всего — "
        "«Польза» (30 %). Уверенность — вероятность, что уровень единицы верен при ошибке опроса; меньше всего она в "
        "строке «Комфорт»: 91 %.").replace(" %", "\u00a0%")


# --- change and regions -----------------------------------------------------------------------------------------------

def test_parts_of_a_change_add_up_to_the_change_of_the_mean(edition):
    before = pd.Series({"A": 0.8, "B": 0.6, "C": 0.4, "D": 0.5})
    after = pd.Series({"A": 0.85, "B": 0.6, "D": 0.7, "E": 0.9})
    effects = pd.DataFrame({"performance:Д": [0.03, -0.02], "performance:К": [0.02, 0.02]}, index=["A", "B"])
    split = Decomposition(effects, before, after, pd.Series(dtype=object))   # D could not be split
    parts = picturing.change_parts(split, average_change(before, after), edition)
    assert parts.sum() == pytest.approx(100 * (after.mean() - before.mean()))
    assert list(parts.index[2:]) == ["Оставшиеся, без разложения", "Пришедшие", "Выбывшие"]
    figures.use_theme()
    figures.waterfall(parts, 100 * before.mean(), 100 * after.mean(), "Индекс")


def test_words_of_the_regions():
    regions = pd.DataFrame({"mean": [90.0, 80, 85, 86, np.nan], "half_width": [1, 1, 1, np.nan, np.nan]})
    assert picturing.regions_text(regions, 85.0).replace("\u00a0", " ") == (
        "Весь интервал выше среднего (85) у 1 региона, ниже — у 1 региона. Про 2 региона сказать, что они отличаются "
        "от среднего, нельзя: интервал его накрывает или скрыт. Среднее скрыто: 1 регион.")
