"""Agreement of two raters: published examples, independent programs, degenerate data, words of the refusals."""

import numpy as np
import pandas as pd
import pytest
from peers import ANXIETY
from scipy import stats
from statsmodels.stats import inter_rater

from methods.agreement.kappa import cohen_kappa, grade_agreement
from methods.errors import InputError, NotPublishable

# Example of SAS in the tests of statsmodels: 19 units, three categories.
SAS = [[0, 4, 1], [0, 8, 0], [0, 1, 5]]
# Abstractors of the manual of irrCAC: 100 units.
ABSTRACTORS = [[13, 0, 0], [0, 20, 7], [0, 4, 56]]


def ratings_of(table, labels=None):
    """Two raters whose contingency table this is."""
    labels = labels or range(len(table))
    cells = [(a, b) for i, a in enumerate(labels) for j, b in enumerate(labels) for _ in range(table[i][j])]
    index = [f"u{number:03d}" for number in range(len(cells))]
    return (pd.Series([a for a, _ in cells], index, name="опрос"),
            pd.Series([b for _, b in cells], index, name="чек-лист"))


@pytest.mark.parametrize(("weights", "printed"), [
    (None, [0.4842, 0.1380, 0.2137, 0.7547, 3.2626, 0.0011]),
    ("linear", [0.4701, 0.1457, 0.1845, 0.7558, 3.2971, 0.0010]),
])
def test_kappa_as_printed_by_sas(weights, printed, oracle):
    x, y = ratings_of(SAS)
    found = cohen_kappa(x, y, weights, interval="asymptotic")
    oracle("Каппа Коэна, простая и взвешенная: ошибка, интервал, z, p", "SAS (тесты statsmodels)",
           [found.value, found.se, *found.interval, found.z, found.p], printed, 5e-5)


def test_kappa_of_the_abstractors_of_irrcac(oracle):
    found = cohen_kappa(*ratings_of(ABSTRACTORS, ["внематочная", "маточная", "нет"]), interval="asymptotic")
    oracle("Каппа Коэна", "irrCAC, kappa2.table(cont3x3abstractors)", [found.value, found.se], [0.7964094, 0.05891072],
           5e-8)
    assert found.agreement == pytest.approx(0.89)


def test_kappas_printed_by_irr(oracle):
    """github.com/dwoll/RExRepos, interRaterICC: irr::kappa2 on 100 units; pyirr repeats irr on anxiety."""
    plain = cohen_kappa(*ratings_of([[53, 5, 2], [11, 14, 5], [1, 6, 3]]))
    equal = cohen_kappa(*ratings_of([[5, 8, 1, 2, 4, 2], [3, 5, 3, 5, 5, 0], [1, 2, 6, 11, 2, 1], [0, 1, 5, 4, 3, 3],
                                     [0, 0, 1, 2, 5, 2], [0, 0, 1, 2, 1, 4]]), "linear")
    squared = cohen_kappa(ANXIETY["rater1"], ANXIETY["rater2"], "quadratic")
    oracle("Каппа Коэна с весами", "irr, kappa2: unweighted, equal, squared", [plain.value, equal.value, squared.value],
           [0.429, 0.316, 0.297], 5e-4)
    oracle("Каппа Коэна с весами: z", "irr, kappa2: unweighted, equal, squared", [plain.z, equal.z, squared.z],
           [5.46, 5.38, 1.34], 5e-3)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("weights", [None, "linear", "quadratic"])
def test_kappa_is_that_of_statsmodels(seed, weights, oracle):
    table = np.random.default_rng(seed).integers(0, 9, (4, 4)) + 5 * np.eye(4, dtype=int)
    found = cohen_kappa(*ratings_of(table), weights, interval="asymptotic")
    peer = inter_rater.cohens_kappa(table, wt=weights)
    oracle("Каппа Коэна: значение, ошибки, интервал", "statsmodels, cohens_kappa",
           [found.value, found.se, found.value / found.z, *found.interval],
           [peer.kappa, peer.std_kappa, peer.std_kappa0, peer.kappa_low, peer.kappa_upp], 1e-10)


def test_given_weights_stand_for_the_named_ones():
    x, y = ratings_of(SAS, [1, 2, 3])
    named = cohen_kappa(x, y, "quadratic")
    given = cohen_kappa(x, y, named.weights.loc[[3, 1, 2], [2, 3, 1]])
    assert (given.value, *given.interval, given.se) == pytest.approx((named.value, *named.interval, named.se))


def test_distance_of_numeric_categories_is_their_difference_not_their_place():
    """Grade 3 does not occur: 2 and 4 are still two apart."""
    x, y = pd.Series([1, 2, 4, 5, 2, 4]), pd.Series([1, 4, 2, 5, 2, 4])
    assert cohen_kappa(x, y, "linear").value == pytest.approx(cohen_kappa(x, y, "linear", [1, 2, 3, 4, 5]).value)
    words = x.map({1: "а", 2: "б", 4: "в", 5: "г"}), y.map({1: "а", 2: "б", 4: "в", 5: "г"})
    assert cohen_kappa(*words, "linear", list("абвг")).value > cohen_kappa(x, y, "linear").value


@pytest.mark.parametrize("weights", [None, "linear", "quadratic"])
def test_jackknife_of_kappa_is_the_brute_force_one(weights):
    x, y = ratings_of(SAS)
    found = cohen_kappa(x, y, weights)
    without = np.array([cohen_kappa(x.drop(u), y.drop(u), weights, [0, 1, 2]).value for u in x.index])
    error = np.sqrt((len(x) - 1) / len(x) * ((without - without.mean()) ** 2).sum())
    assert stats.t.ppf(0.975, len(x) - 2) * 0.999 <= (found.value - found.interval[0]) / error <= stats.t.ppf(0.975, 3)
    assert found.interval[1] == pytest.approx(min(2 * found.value - found.interval[0], 1))


@pytest.mark.parametrize("seed", range(3))
def test_kappa_matches_labels_and_does_not_see_order_or_names(seed):
    x, y = ratings_of(ABSTRACTORS)
    found = cohen_kappa(x, y, "linear")
    more = pd.concat([y.sample(frac=1, random_state=seed), pd.Series({"z": 1, "w": 2})])
    other = cohen_kappa(pd.concat([x, pd.Series({"v": 0, "w": np.nan})]), more, "linear")
    assert (other.value, *other.interval) == pytest.approx((found.value, *found.interval))
    assert (other.n, other.only_x, other.only_y) == (100, 1, 2)
    swapped = cohen_kappa(y, x, "linear")
    assert (swapped.value, swapped.se) == pytest.approx((found.value, found.se))
    assert cohen_kappa(5 - x, 5 - y, "linear").value == pytest.approx(found.value)


def test_everybody_in_one_category_leaves_kappa_undefined_with_words():
    """EXP-13: full agreement on one category."""
    x = pd.Series(["да"] * 5, name="э1")
    found = cohen_kappa(x, x.rename("э2"), categories=["да", "нет"])
    assert np.isnan(found.value)
    assert np.isnan(found.interval).all()
    assert found.agreement == 1
    assert found.why.startswith("каппа не определена: обе стороны поставили всем 5 единицам «да»; доля согласия 100 %")


def test_full_agreement_on_several_categories_still_has_a_lower_bound():
    """No disagreement among n units: its true share may be 1 - .025^(1/n) (Clopper, Pearson)."""
    x = pd.Series([1, 2, 3, 2, 1, 3, 2, 1])
    found = cohen_kappa(x, x)
    assert (found.value, found.interval[1]) == (1, 1)
    assert found.interval[0] == pytest.approx(1 - stats.beta.ppf(0.975, 1, 8) / (1 - found.expected))
    assert "расхождений нет" in found.why


def test_categories_that_one_side_never_used_are_named():
    """STA-20: a row or a column of zeros."""
    x, y = ratings_of(SAS)
    assert cohen_kappa(x, y, categories=[0, 1, 2, 3]).why == (
        "у «опрос» нет ни одной единицы в категориях: 3; у «чек-лист» нет ни одной единицы в категориях: 0, 3")
    assert cohen_kappa(x.rename(None), y).why == "у «чек-лист» нет ни одной единицы в категориях: 0"
    assert cohen_kappa(x, y.rename(None)).why == "у второй стороны нет ни одной единицы в категориях: 0"


def test_one_deviating_unit_leaves_no_jackknife_interval():
    x = pd.Series([1] * 9 + [2])
    found = cohen_kappa(x, x.where(x.index != 9, 1))
    assert found.value == 0
    assert np.isnan(found.interval).all()
    assert "интервал не определён: без одной единицы нет разброса" in found.why


@pytest.mark.parametrize(("x", "y", "options", "error", "words"), [
    ([1, 2, 3], [1, 2, None], {}, NotPublishable, "с обеими оценками, найдено 2. Только первая есть у 1"),
    (["а", "б", "в"], ["а", "б", "б"], {"weights": "linear"}, InputError, "веса требуют порядка категорий, а оценки —"),
    ([1, 2, 3], [1, 2, 7], {"categories": [1, 2, 3]}, InputError, "из списка категорий 1, 2, 3, найдены другие: 7"),
    ([1, 2, 3], [1, 2, 3], {"weights": "cubic"}, InputError, "неизвестно «cubic», допустимо: linear, quadratic"),
    ([1, 2, 3], [1, 2, 3], {"interval": "bca"}, InputError, "неизвестно «bca», допустимо: jackknife, asymptotic"),
    ([1, 2, 3], [1, 2, 3], {"confidence": 95}, InputError, "больше 0 и меньше 1, найдено 95"),
    ([1, 2, 3], [1, 2, 3], {"categories": [1, 2, 2, 3]}, InputError, "категории: код повторяется: 2"),
    ([1, 2, 3], [1, 2, 3], {"weights": pd.DataFrame(np.eye(2))}, InputError, "наборы кодов различаются. Нет: 2, 3"),
    ([0, 1, 2], [0, 1, 2], {"weights": pd.DataFrame(2 * np.eye(3))}, InputError, "веса согласия должны быть от 0 до 1"),
])
def test_what_kappa_cannot_use_is_refused_in_words(x, y, options, error, words):
    with pytest.raises(error) as raised:
        cohen_kappa(pd.Series(x, name="опрос"), pd.Series(y, name="чек-лист"), **options)
    assert words in str(raised.value)
    with pytest.raises(InputError, match="единицы «опрос»: код повторяется: а"):
        cohen_kappa(pd.Series([1, 2, 3], list("ааб"), name="опрос"), pd.Series([1, 2, 3], list("абв")))


def test_units_without_overlap_are_refused():
    with pytest.raises(NotPublishable, match=r"найдено 0\. Только первая есть у 3, только вторая — у 3\. Проверьте"):
        cohen_kappa(pd.Series([1, 2, 3]), pd.Series([1, 2, 3], list("абв")))


def test_star_grades_of_survey_and_checklist():
    """Shares by hand; Wilson's interval of 5 of 8."""
    survey = pd.Series([5, 5, 4, 4, 3, 3, 2, 5], index=list("abcdefgh"), name="опрос")
    checklist = pd.Series([5, 4, 4, 4, 3, 1, 2, 1], index=list("hgfedcba")[::-1], name="чек-лист")
    found = grade_agreement(survey, checklist, grades=[1, 2, 3, 4, 5])
    assert (found.exact, found.within_one, found.higher, found.lower) == (5 / 8, 6 / 8, 3 / 8, 0)
    z = stats.norm.ppf(0.975)
    middle, half = (5 + z**2 / 2) / (8 + z**2), z / (8 + z**2) * np.sqrt(5 * 3 / 8 + z**2 / 4)
    assert found.exact_interval == pytest.approx((middle - half, middle + half))
    assert found.kappa.value == cohen_kappa(survey, checklist, "quadratic", [1, 2, 3, 4, 5]).value
    assert found.table.loc[5].to_list() == [1, 0, 0, 1, 1]
    assert found.why == "у «опрос» нет ни одной единицы в категориях: 1"


def test_grades_in_words_need_their_order():
    grades = ["начальный", "развитый", "передовой"]
    one = pd.Series(["начальный", "развитый", "передовой", "развитый"])
    other = pd.Series(["развитый", "развитый", "начальный", "развитый"])
    found = grade_agreement(one, other, grades)
    assert (found.exact, found.within_one) == (0.5, 0.75)
    ordered = pd.CategoricalDtype(grades, ordered=True)
    assert grade_agreement(one.astype(ordered), other.astype(ordered)).kappa.value == found.kappa.value
    with pytest.raises(InputError, match="Задайте categories от худшей к лучшей"):
        grade_agreement(one, other)


def test_messages_name_the_coefficient():
    with pytest.raises(NotPublishable, match=r"^Каппа Коэна"):
        cohen_kappa(pd.Series([1.0, 2.0]), pd.Series([1.0, 2.0]))


@pytest.mark.parametrize("interval", ["jackknife", "asymptotic"])
def test_the_interval_grows_with_the_confidence_and_the_parts_are_labelled(interval):
    x, y = ratings_of(SAS)
    narrow, wide = (cohen_kappa(x, y, "linear", confidence=confidence, interval=interval) for confidence in (0.5, 0.9))
    assert wide.interval[0] < narrow.interval[0] < narrow.value < narrow.interval[1] < wide.interval[1]
    assert (narrow.confidence, narrow.method, narrow.n) == (0.5, interval, len(x))
    assert narrow.why == "у «чек-лист» нет ни одной единицы в категориях: 0"
    pd.testing.assert_frame_equal(narrow.table, pd.crosstab(x, y).reindex(index=[0, 1, 2], columns=[0, 1, 2],
                                                                          fill_value=0),
                                  check_names=False)
    assert (list(narrow.weights.index), list(narrow.weights.columns)) == ([0, 1, 2], [0, 1, 2])
    assert narrow.weights.to_numpy().tolist() == [[1, 0.5, 0], [0.5, 1, 0.5], [0, 0.5, 1]]
    assert narrow.agreement == pytest.approx((x == y).mean())
    assert narrow.observed == pytest.approx(1 - (x - y).abs().mean() / 2)
    assert narrow.p == pytest.approx(2 * stats.norm.sf(abs(narrow.z)))


def test_an_asymptotic_interval_is_the_normal_one_and_ends_at_one():
    x, y = ratings_of(SAS)
    found = cohen_kappa(x, y, interval="asymptotic", confidence=0.9)
    half = stats.norm.ppf(0.95) * found.se
    assert found.interval == pytest.approx((found.value - half, min(found.value + half, 1)))
    near = pd.Series([0, 1] * 20)
    assert cohen_kappa(near, near.where(near.index > 0, 1), interval="asymptotic", confidence=0.999).interval[1] == 1


def test_shares_of_grades_have_wilsons_intervals():
    """Statsmodels' own at the stated confidence; the shares and the sides by hand."""
    x, y = pd.Series([1, 2, 3, 3, 2, 1, 4, 4]), pd.Series([1, 3, 3, 1, 1, 1, 2, 4])
    found = grade_agreement(x, y, confidence=0.8)
    assert (found.exact, found.within_one, found.higher, found.lower) == (4 / 8, 6 / 8, 3 / 8, 1 / 8)
    z = stats.norm.ppf(0.9)
    for share, interval in ((found.exact, found.exact_interval), (found.within_one, found.within_one_interval)):
        middle = (share + z**2 / 16) / (1 + z**2 / 8)
        half = z * np.sqrt(share * (1 - share) / 8 + z**2 / 256) / (1 + z**2 / 8)
        assert interval == pytest.approx((middle - half, middle + half))
    assert (found.n, found.only_x, found.only_y, found.confidence) == (8, 0, 0, 0.8)
    assert found.kappa.confidence == 0.8
    assert found.kappa.value == pytest.approx(cohen_kappa(x, y, "quadratic").value)


@pytest.mark.parametrize(("call", "words"), [
    (lambda x, y: cohen_kappa(x, y, confidence=95), "Каппа Коэна: доверие интервала должно быть больше 0"),
    (lambda x, y: cohen_kappa(x, y, interval="exact"), "Каппа Коэна: неизвестно «exact», допустимо: jackknife, "
                                                       "asymptotic."),
    (lambda x, y: cohen_kappa(x, y, "cubic"), "Каппа Коэна: неизвестно «cubic», допустимо: linear, quadratic."),
    (lambda x, y: cohen_kappa(x, y, categories=[0, 1, 1, 2]), "Каппа Коэна: категории: код повторяется: 1 (всего 1)."),
    (lambda x, y: cohen_kappa(x, y, categories=[0, 1]), "Каппа Коэна: оценки должны быть из списка категорий 0, 1, "
                                                        "найдены другие: 2."),
    (lambda x, y: cohen_kappa(pd.concat([x, x.head(1)]), y), "Каппа Коэна: единицы «опрос»: код повторяется: "),
    (lambda x, y: cohen_kappa(x, y, pd.DataFrame(np.eye(2))), "Каппа Коэна: веса: наборы кодов различаются."),
    (lambda x, y: cohen_kappa(x, y, pd.DataFrame(1.1 * np.eye(3) - 0.1)),
     "Каппа Коэна: веса согласия должны быть от 0 до 1, на диагонали 1; найдено от -0.1 до 1, на диагонали от 1."),
    (lambda x, y: cohen_kappa(x, y, pd.DataFrame(2 * np.eye(3))),
     "Каппа Коэна: веса согласия должны быть от 0 до 1, на диагонали 1; найдено от 0 до 2, на диагонали от 2.")])
def test_refusals_begin_with_the_name(call, words):
    with pytest.raises(InputError) as raised:
        call(*ratings_of(SAS))
    assert str(raised.value).startswith(words)
