"""Requirements against the survey: least squares as a peer, planted effects, false discoveries, refusals."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import stats

from methods.agreement.items import requirement_effects
from methods.errors import InputError, NotPublishable

CODES = ["Д1.1", "Д1.2", "Д1.3", "М2.1", "М2.2"]
INDICATOR = pd.Series(["Д1", "Д1", "Д1", "М2", "М2"], CODES)


def country(seed, regions=30, effect=None, gaps=0.0):
    """Survey, marks, indicators, regions, sizes: regions differ, the requirements of an indicator go together."""
    rng = np.random.default_rng(seed)
    number = np.repeat(np.arange(regions), rng.integers(4, 14, regions))
    centres = [f"C{i:03d}" for i in range(len(number))]
    quality = rng.normal(0, 0.7, regions)[number, None] + rng.normal(size=(len(number), 2))
    latent = quality[:, [0, 0, 0, 1, 1]] + rng.normal(size=(len(number), 5))
    marks = pd.DataFrame((latent > [-1.2, -0.5, 0.3, -0.5, 0.5]).astype(float), centres, CODES)
    size = pd.Series(np.exp(rng.normal(3.5, 0.5, len(number))), centres)
    level = 0.9 + rng.normal(0, 0.02, regions)[number] + 0.01 * np.log(size.to_numpy())
    survey = pd.DataFrame({code: level + rng.normal(0, 0.03, len(number)) for code in ("Д1", "М2")}, centres)
    for code, value in (effect or {}).items():
        survey[INDICATOR[code]] += value * marks[code]
    marks = marks.mask(rng.random(marks.shape) < gaps)
    return survey, marks, INDICATOR, pd.Series([f"R{n:02d}" for n in number], centres), size


def clustered(y, x, region):
    """statsmodels on deviations from the regions' means; its correction counts an absorbed level for nothing."""
    inside = pd.concat([y.rename("y"), x], axis=1)
    inside = inside - inside.groupby(region).transform("mean")
    codes = pd.factorize(region)[0]
    peer = sm.OLS(inside["y"], inside.drop(columns="y")).fit(cov_type="cluster", cov_kwds={"groups": codes})
    half = stats.t.ppf(0.975, codes.max()) * peer.bse.iloc[0]
    return [peer.params.iloc[0], peer.params.iloc[0] - half, peer.params.iloc[0] + half]


@pytest.mark.parametrize("seed", range(3))
def test_effects_agree_with_least_squares_clustered_by_region(oracle, seed):
    survey, marks, indicator, region, size = country(seed, effect={"Д1.2": 0.02})
    found = requirement_effects(survey, marks, indicator, region, size)
    log_size = np.log(size).rename("size")
    for code in CODES:
        y, others = survey[indicator[code]], [other for other in CODES
                                              if other != code and indicator[other] == indicator[code]]
        oracle("разность оценок при исполненном и неисполненном требовании",
               "statsmodels OLS на отклонениях от региона, ошибки по регионам",
               found.loc[code, ["effect", "low", "high"]],
               clustered(y, pd.concat([marks[code], log_size], axis=1), region), 1e-12)
        oracle("та же разность при данных остальных требованиях",
               "statsmodels OLS на отклонениях от региона, ошибки по регионам",
               found.loc[code, ["rest_effect", "rest_low", "rest_high"]],
               clustered(y, pd.concat([marks[code], log_size, marks[others]], axis=1), region), 1e-12)
        assert found.loc[code, "correlation"] == pytest.approx(stats.pointbiserialr(marks[code], y).statistic)
    assert found["q"].to_list() == pytest.approx(stats.false_discovery_control(found["p"]))
    assert not found["ridge"].any()


def test_the_effect_is_that_with_a_dummy_for_every_region():
    survey, marks, indicator, region, size = country(4)
    x = pd.concat([marks["Д1.1"], np.log(size), pd.get_dummies(region).astype(float)], axis=1)
    expected = np.linalg.lstsq(x.to_numpy(), survey["Д1"].to_numpy(), rcond=None)[0][0]
    assert requirement_effects(survey, marks, indicator, region, size).loc["Д1.1", "effect"] == pytest.approx(expected)


def test_the_rest_tells_the_requirement_that_works_from_its_companions():
    """Д1.3 works; the others go along with it, but add nothing once it is given."""
    found = requirement_effects(*country(5, regions=80, effect={"Д1.3": 0.05, "М2.1": -0.05}))
    assert found["verdict"].to_dict() == {"Д1.1": "клиенты замечают", "Д1.2": "клиенты замечают",
                                          "Д1.3": "клиенты замечают", "М2.1": "связь обратная",
                                          "М2.2": "связь обратная"}
    assert (found["rest_q"] < 0.05).to_dict() == {"Д1.1": False, "Д1.2": False, "Д1.3": True, "М2.1": True,
                                                  "М2.2": False}
    assert found.loc["Д1.3", "rest_low"] < 0.05 < found.loc["Д1.3", "rest_high"]


def test_what_all_or_none_fulfil_gets_a_word_and_no_number():
    survey, marks, indicator, region, size = country(6)
    marks["Д1.1"], marks["М2.2"], marks["М2.1"] = 1.0, 0.0, np.r_[np.zeros(len(marks) - 9), np.ones(9)]
    found = requirement_effects(survey, marks, indicator, region, size)
    assert found["verdict"].to_dict() == {"Д1.1": "не различает", "Д1.2": "связи не видно", "Д1.3": "связи не видно",
                                          "М2.1": "мало центров", "М2.2": "не различает"}
    assert found.loc[["Д1.1", "М2.1", "М2.2"], ["effect", "low", "p", "q", "rest_effect"]].isna().all(axis=None)
    assert found.loc["Д1.1", "share"] == 1


def test_a_requirement_checked_once_a_region_is_compared_between_regions():
    survey, marks, indicator, region, size = country(7)
    number = region.str[1:].astype(int)
    marks["Д1.2"] = (number % 2).astype(float)
    survey["Д1"] += 0.06 * marks["Д1.2"]
    found = requirement_effects(survey, marks, indicator, region, size)
    assert found["scope"].to_dict() == {"Д1.1": "внутри регионов", "Д1.2": "между регионами", "Д1.3": "внутри регионов",
                                        "М2.1": "внутри регионов", "М2.2": "внутри регионов"}
    x = sm.add_constant(pd.concat([marks["Д1.2"], np.log(size)], axis=1))
    codes = pd.factorize(region)[0]
    peer = sm.OLS(survey["Д1"], x).fit(cov_type="cluster", cov_kwds={"groups": codes})
    assert found.loc["Д1.2", "effect"] == pytest.approx(peer.params["Д1.2"])
    n = len(x)
    error = peer.bse["Д1.2"] * np.sqrt((n - 3) / (n - 2))                # the mean taken off is not counted
    assert found.loc["Д1.2", "high"] - found.loc["Д1.2", "effect"] == pytest.approx(
        stats.t.ppf(0.975, codes.max()) * error)


def test_twins_share_the_effect_by_ridge_and_say_so():
    survey, marks, indicator, region, size = country(8, effect={"Д1.1": 0.05})
    marks["Д1.2"] = marks["Д1.1"]
    found = requirement_effects(survey, marks, indicator, region, size)
    assert found["ridge"].to_dict() == {"Д1.1": True, "Д1.2": True, "Д1.3": True, "М2.1": False, "М2.2": False}
    assert found.loc["Д1.1", "rest_effect"] == pytest.approx(found.loc["Д1.2", "rest_effect"])
    assert 0.01 < found.loc["Д1.1", "rest_effect"] < 0.03


def test_where_it_does_not_apply_a_centre_does_not_count_but_its_other_marks_do():
    survey, marks, indicator, region, size = country(9, gaps=0.2)
    found = requirement_effects(survey, marks, indicator, region, size)
    assert found["n"].to_list() == marks.notna().sum().to_list()
    known = marks["М2.1"].notna()
    other = marks.loc[known, "М2.2"]
    x = pd.concat([marks.loc[known, "М2.1"], np.log(size[known]).rename("size"), other.fillna(other.mean()),
                   other.isna().astype(float).rename("absent")], axis=1)
    assert found.loc["М2.1", ["rest_effect", "rest_low", "rest_high"]].to_list() == pytest.approx(
        clustered(survey.loc[known, "М2"], x, region[known]))


def test_order_of_rows_and_columns_does_not_matter():
    survey, marks, indicator, region, size = country(10, gaps=0.1)
    before = requirement_effects(survey, marks, indicator, region, size)
    mixed = marks.sample(frac=1, random_state=2)[CODES[::-1]]
    after = requirement_effects(survey.sample(frac=1, random_state=1), mixed, indicator[::-1], region[::-1],
                                size.sample(frac=1, random_state=3))
    pd.testing.assert_frame_equal(after.loc[before.index], before)


def test_requirements_of_indicators_without_a_survey_are_left_out():
    survey, *rest = country(11)
    assert list(requirement_effects(survey[["М2"]], *rest).index) == ["М2.1", "М2.2"]


@pytest.mark.slow
def test_tests_hold_their_level_and_intervals_the_effect():
    """200 countries of 30 regions; one of five requirements works. Standard errors of the shares: .8 and 1.5 points."""
    false, held = [], []
    for seed in range(200):
        found = requirement_effects(*country(seed, effect={"М2.2": 0.02}))
        false += list(found.loc[["Д1.1", "Д1.2", "Д1.3"], "p"] < 0.05)
        held.append(found.loc["М2.2", "rest_low"] < 0.02 < found.loc["М2.2", "rest_high"])
    assert 0.025 <= np.mean(false) <= 0.08
    assert 0.90 <= np.mean(held) <= 0.99


@pytest.mark.parametrize(("change", "error", "words"), [
    (lambda s, m, i, r, z: (s, m.replace(0, 2), i, r, z), InputError,
     "Требования и оценки клиентов: отметка должна быть 1 (исполнено), 0 (нет) или пустой, найдено 2 "),
    (lambda s, m, i, r, z: (s, m, i.drop("Д1.2"), r, z), InputError,
     "Требования и оценки клиентов: не указан показатель требований: Д1.2 (всего 1)."),
    (lambda s, m, i, r, z: (s, m, i, r.drop("C004"), z), InputError,
     "Требования и оценки клиентов: не указан регион центров: C004 (всего 1)."),
    (lambda s, m, i, r, z: (s, m, i, r, z.where(z.index != "C005", 0)), InputError,
     "Требования и оценки клиентов: размер центра должен быть числом больше 0: C005 (всего 1)."),
    (lambda s, m, i, r, z: (s.rename(columns=str.lower), m, i, r, z), NotPublishable,
     "Требования и оценки клиентов: ни одно требование не относится к показателям опроса (д1, м2). Проверьте коды "
     "показателей."),
    (lambda s, m, i, r, z: (s.assign(Д1="0.9"), m, i, r, z), InputError,
     "Требования и оценки клиентов: нужны числа, не числа в столбцах (опрос): Д1."),
    (lambda s, m, i, r, z: (s.replace(s.loc["C001", "Д1"], np.inf), m, i, r, z), InputError,
     "Требования и оценки клиентов: значение должно быть конечным, найдена бесконечность: C001 × Д1."),
    (lambda s, m, i, r, z: (pd.concat([s, s.head(1)]), m, i, r, z), InputError,
     "Требования и оценки клиентов: центры (опрос): код повторяется: C000 (всего 1)."),
    (lambda s, m, i, r, z: (s, m, i, r, z, 0), InputError,
     "Требования и оценки клиентов: уровень ложных находок должен быть больше 0 и меньше 1, найдено 0."),
])
def test_refusals_in_words(change, error, words):
    with pytest.raises(error) as raised:
        requirement_effects(*change(*country(0)))
    assert str(raised.value).startswith(words)


def test_the_table_has_its_columns_and_every_requirement_under_its_indicator():
    found = requirement_effects(*country(12))
    assert found.index.name == "requirement"
    assert list(found) == ["indicator", "n", "share", "scope", "effect", "low", "high", "p", "q", "correlation",
                           "rest_effect", "rest_low", "rest_high", "rest_p", "rest_q", "ridge", "verdict"]
    assert found["indicator"].to_dict() == INDICATOR.to_dict()


def test_confidence_and_level_do_what_they_say():
    data = country(13, effect={"Д1.2": 0.01})
    narrow, wide = (requirement_effects(*data, confidence=confidence) for confidence in (0.5, 0.99))
    for part in ("", "rest_"):
        assert (wide[f"{part}low"] < narrow[f"{part}low"]).all()
        assert (narrow[f"{part}high"] < wide[f"{part}high"]).all()
    groups = data[3].nunique()
    ratio = (wide["high"] - wide["effect"]) / (narrow["high"] - narrow["effect"])
    assert ratio.to_list() == pytest.approx([stats.t.ppf(0.995, groups - 1) / stats.t.ppf(0.75, groups - 1)] * 5)
    q = narrow.loc["Д1.2", "q"]
    verdicts = [requirement_effects(*data, level=level).loc["Д1.2", "verdict"] for level in (q * 0.99, q, q * 1.01)]
    assert verdicts == ["связи не видно", "клиенты замечают", "клиенты замечают"]
    for options, words in (({"level": 1}, "уровень ложных находок должен"), ({"confidence": 0}, "доверие интервала "
                                                                             "должно")):
        value = next(iter(options.values()))
        with pytest.raises(InputError) as raised:
            requirement_effects(*data, **options)
        assert str(raised.value) == f"Требования и оценки клиентов: {words} быть больше 0 и меньше 1, найдено {value}."


def test_discoveries_are_counted_over_requirements_that_were_tested():
    """Benjamini, Hochberg by hand: a requirement without p takes no part, of the others each gets its own q."""
    survey, marks, indicator, region, size = country(14, effect={"Д1.3": 0.02})
    marks["М2.1"], marks["Д1.2"] = 1.0, np.nan
    found = requirement_effects(survey, marks, indicator, region, size)
    assert found["q"].isna().to_dict() == {"Д1.1": False, "Д1.2": True, "Д1.3": False, "М2.1": True, "М2.2": False}
    for p, q in (("p", "q"), ("rest_p", "rest_q")):
        tested = found[p].dropna().sort_values()
        by_hand = (tested * 3 / np.arange(1, 4))[::-1].cummin()
        assert found[q].dropna().to_dict() == pytest.approx(by_hand.to_dict())
    assert (found.loc["Д1.2", "n"], found.loc["Д1.2", "verdict"]) == (0, "мало центров")
    assert np.isnan(found.loc["Д1.2", "share"])
    assert found.loc["М2.1", "verdict"] == "не различает"


@pytest.mark.parametrize(("met", "verdict"), [(9, "мало центров"), (10, "связи не видно")])
def test_ten_centres_of_each_kind_are_enough(met, verdict):
    """Spread over regions; of those that fulfil it, and of those that do not."""
    survey, marks, indicator, region, size = country(15)
    first = region.drop_duplicates().index[:met]
    for own in (marks.index.isin(first).astype(float), 1.0 - marks.index.isin(first)):
        found = requirement_effects(survey, marks.assign(**{"М2.2": own}), indicator, region, size).loc["М2.2"]
        assert found["verdict"] == verdict
        assert found["share"] == pytest.approx(own.mean())


@pytest.mark.parametrize(("regions", "verdict"), [(4, "мало центров"), (5, "связи не видно")])
def test_five_regions_of_each_kind_are_enough(regions, verdict):
    """Where both kinds are found; or, checked once a region, of each kind, a region of a single centre among them."""
    survey, marks, indicator, region, size = country(16)
    number = region.str[1:].astype(int)
    inside = marks["М2.2"].where(number < regions, 0.0)
    inside[inside.groupby(region).head(1).index] = np.where(number.groupby(region).first() < regions, 1.0, 0.0)
    inside[inside.groupby(region).tail(1).index] = 0.0
    once = (number < regions).astype(float)
    alone = ~((number == 0) & region.duplicated())
    for own, rows in ((inside, survey.index), (once, survey.index[alone]), (1 - once, survey.index[alone])):
        found = requirement_effects(survey.loc[rows], marks.assign(**{"М2.2": own}), indicator, region, size)
        assert found.loc["М2.2", "verdict"] == verdict, own.name


def test_a_survey_that_gives_one_value_has_no_effects():
    survey, marks, indicator, region, size = country(17)
    found = requirement_effects(survey.assign(Д1=0.1 + 0.2), marks, indicator, region, size)
    assert found["verdict"].to_dict() == {"Д1.1": "мало центров", "Д1.2": "мало центров", "Д1.3": "мало центров",
                                          "М2.1": "связи не видно", "М2.2": "связи не видно"}


def test_lists_in_messages_stop_and_tell_the_total():
    survey, marks, indicator, region, size = country(18)
    with pytest.raises(InputError) as raised:
        requirement_effects(survey, marks, indicator, region.drop(region.index[:7]), size)
    assert str(raised.value) == ("Требования и оценки клиентов: не указан регион центров: C000, C001, C002, C003, C004 "
                                 "(всего 7).")
    with pytest.raises(InputError) as raised:
        requirement_effects(survey, marks, indicator, region, size.where(~size.index.isin(size.index[:7]), np.inf))
    assert str(raised.value) == ("Требования и оценки клиентов: размер центра должен быть числом больше 0: C000, C001, "
                                 "C002, C003, C004 (всего 7).")


@pytest.mark.parametrize("twins", [True, False])
def test_the_ridge_is_the_least_that_makes_the_condition_number_thirty(twins):
    """By the formula: columns of length 1 inside regions, k such that (l_max + k)/(l_min + k) = 30 squared, or none."""
    survey, marks, indicator, region, size = country(19, effect={"Д1.1": 0.05})
    marks["Д1.2"] = marks["Д1.1"].where(twins | (marks.index > "C003"), 1 - marks["Д1.1"])
    x = pd.concat([marks["Д1.1"], np.log(size).rename("size"), marks[["Д1.2", "Д1.3"]]], axis=1)
    x = x - x.groupby(region).transform("mean")
    y = survey["Д1"] - survey["Д1"].groupby(region).transform("mean")
    unit = (x / np.sqrt((x**2).sum())).to_numpy()
    values = np.linalg.eigvalsh(unit.T @ unit)
    assert (values[-1] / max(values[0], 1e-15) > 900) == twins
    k = (values[-1] - 900 * values[0]) / 899 if twins else 0.0
    beta = np.linalg.solve(unit.T @ unit + k * np.eye(4), unit.T @ y.to_numpy())
    found = requirement_effects(survey, marks, indicator, region, size).loc["Д1.1"]
    assert found["ridge"] == twins
    assert found["rest_effect"] == pytest.approx(beta[0] / np.sqrt((x["Д1.1"] ** 2).sum()))
