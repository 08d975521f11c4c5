"""Kendall's W: published examples, independent programs, ties, words of the refusals."""

import numpy as np
import pandas as pd
import pytest
from peers import ANXIETY, peer_ratings
from scipy import stats

from methods.agreement.rankings import kendall_w
from methods.errors import InputError, NotPublishable

# Four judges and ten projects, scribd.com/document/659863121; S = 1048.
PROJECTS = pd.DataFrame([[1, 2, 3, 4], [3, 1, 2, 2], [4, 4, 1, 3], [5, 5, 5, 1], [2, 6, 7, 6], [8, 3, 4, 7],
                         [6, 8, 6, 5], [7, 7, 8, 9], [10, 10, 9, 8], [9, 9, 10, 10]], columns=list("ABCD"))


def test_concordance_of_four_judges_on_ten_projects(oracle):
    found = kendall_w(PROJECTS)
    oracle("Коэффициент конкордации Кендалла", "4 судьи, 10 проектов (scribd 659863121), S = 1048", found.w, 0.794,
           5e-4)
    assert found.w == pytest.approx(12 * 1048 / (16 * 990))
    assert (found.why, found.df) == ("", 9)


def test_concordance_of_the_anxiety_ratings(oracle):
    found = kendall_w(ANXIETY, "marks")
    oracle("Коэффициент конкордации с поправкой на повторы: W и p", "irr, kendall(anxiety, TRUE)", [found.w, found.p],
           [0.5397, 0.0429], 5e-5)
    oracle("Коэффициент конкордации с поправкой на повторы: хи-квадрат", "irr, kendall(anxiety, TRUE)", found.chi2,
           30.8, 0.05)
    uncorrected = 12 * ((found.ranks.sum(axis=1) - 31.5) ** 2).sum() / (9 * (8000 - 20))
    oracle("Коэффициент конкордации без поправки", "irr, kendall(anxiety)", uncorrected, 0.5019, 5e-5)
    three = pd.DataFrame({"a": [1, 6, 3, 2, 5, 4], "b": [1, 5, 6, 2, 4, 3], "c": [2, 3, 6, 5, 4, 1]})
    oracle("Коэффициент конкордации: W, хи-квадрат, p", "irr, kendall: 3 эксперта, 6 объектов",
           [kendall_w(three).w, kendall_w(three).chi2, kendall_w(three).p], [0.568, 8.52, 0.13], 0.005)


def test_hundred_tables_agree_with_pingouin(root, oracle):
    """With ties, gaps filled by 3. See peers.py."""
    peers = pd.read_csv(root / "tests" / "reference" / "peers_categorical.csv", index_col="seed")
    ours = [kendall_w(peer_ratings(seed).fillna(3), "marks", draws=1).w for seed in peers.index]
    assert len(peers) == 100
    oracle("Коэффициент конкордации Кендалла: 100 таблиц с повторами", "pingouin 0.7, friedman", ours,
           peers["W"].to_numpy(), 1e-10)


@pytest.mark.parametrize("seed", range(4))
def test_concordance_is_friedmans_statistic_and_the_mean_spearman(seed):
    marks = peer_ratings(2 * seed)
    found = kendall_w(marks, "marks", draws=99)
    n, m = marks.shape
    assert found.chi2 == pytest.approx(stats.friedmanchisquare(*marks.to_numpy()).statistic)
    assert found.spearman == pytest.approx(marks.corr("spearman").to_numpy()[np.triu_indices(m, 1)].mean())
    untied = pd.DataFrame(np.random.default_rng(seed).normal(size=(n, m)))
    other = kendall_w(untied, "marks", draws=99)
    assert other.spearman == pytest.approx((m * other.w - 1) / (m - 1))


def test_limits_of_concordance():
    same = pd.DataFrame({expert: [1, 2, 3, 4] for expert in "абв"})
    found = kendall_w(same)
    assert (found.w, found.spearman, found.F, found.p_f) == (pytest.approx(1), pytest.approx(1), np.inf, 0)
    assert found.mean_ranks.to_list() == [1, 2, 3, 4]
    assert kendall_w(pd.DataFrame({"а": [1, 2, 3, 4], "б": [4, 3, 2, 1]})).w == pytest.approx(0)
    best_first = kendall_w(pd.DataFrame({"а": [9, 5, 1], "б": [8, 2, 1]}), "marks")
    assert best_first.mean_ranks.to_list() == [1, 2, 3]


def test_permutation_p_is_exact_in_a_small_case():
    """Two experts, three objects: 1 of 6 orders gives W = 1; random shuffles of both find it."""
    found = kendall_w(pd.DataFrame({"а": [1, 2, 3], "б": [1, 2, 3]}), draws=20_000)
    assert found.p_permutation == pytest.approx(1 / 6, abs=4 * np.sqrt(5 / 36 / 20_000))


def test_permutation_test_repeats_by_its_seed_and_ignores_the_order():
    found = kendall_w(ANXIETY, "marks", draws=500)
    again = kendall_w(ANXIETY.sample(frac=1, random_state=1)[["rater3", "rater1", "rater2"]], "marks", draws=500)
    assert again.p_permutation == found.p_permutation
    assert again.w == pytest.approx(found.w)
    assert kendall_w(ANXIETY, "marks", draws=500, seed=1).p_permutation != found.p_permutation
    assert found.p_permutation == pytest.approx(found.p_f, abs=0.03)


@pytest.mark.parametrize("given", [[1, 2, 2, 4], [1, 2, 2, 3], [1, 3, 3, 4]])
def test_places_with_ties_or_gaps_become_mean_ranks_with_a_note(given):
    """EXP-15."""
    found = kendall_w(pd.DataFrame({"э1": [1, 2, 3, 4], "э2": given}, index=list("абвг")))
    assert found.ranks["э2"].to_list() == [1, 2.5, 2.5, 4]
    assert found.why == "места пересчитаны в средние: э2"
    already = kendall_w(pd.DataFrame({"э1": [1, 2, 3, 4], "э2": [1, 2.5, 2.5, 4]}, index=list("абвг")))
    assert already.why == ""
    assert already.w == found.w


def test_an_expert_who_tells_nothing_apart_is_named_and_all_such_are_refused():
    """EXP-12: equal ranks to all."""
    found = kendall_w(pd.DataFrame({"э1": [1, 2, 3], "э2": [2, 2, 2], "э3": [1, 2, 3]}))
    assert found.why == "не различает объекты: э2"
    assert found.spearman == 1
    assert np.isnan(kendall_w(pd.DataFrame({"э1": [1, 2, 3], "э2": [2, 2, 2]})).spearman)
    with pytest.raises(NotPublishable, match="всем объектам равные места: различий нет, W не определён"):
        kendall_w(pd.DataFrame({"э1": [2, 2, 2], "э2": [2, 2, 2]}))


@pytest.mark.parametrize(("rankings", "options", "error", "words"), [
    ({"э1": [1, 2, 3]}, {}, NotPublishable, "эксперт один, согласованность не определена"),                  # EXP-11
    ({"э1": [1, 2], "э2": [2, 1]}, {}, NotPublishable, "нужно не меньше 3 объектов, найдено 2"),
    ({"э1": [1, 2, 3], "э2": [1, None, 2]}, {}, InputError, "э2 пропустил 1: 1. Уберите эксперта или объекты"),
    ({"э1": [1, 2, 3], "э2": [5, 2, 12]}, {}, InputError, "от 1 до 3 (объектов: 3), у эксперта э2 место 5 (0)"),
    ({"э1": [1, 2, 3], "э2": list("абв")}, {}, InputError, "нужны числа, не числа у экспертов: э2"),
    ({"э1": [1, 2, 3], "э2": [1, 2, 3]}, {"kind": "scores"}, InputError, "неизвестно «scores», допустимо: ranks"),
    ({"э1": [1, 2, 3], "э2": [1, 2, 3]}, {"draws": 0}, InputError, "перестановок должно быть не меньше 1"),
])
def test_what_is_no_ranking_is_refused_in_words(rankings, options, error, words):
    with pytest.raises(error) as raised:
        kendall_w(pd.DataFrame(rankings), **options)
    assert words in str(raised.value)
    with pytest.raises(InputError, match="эксперты: код повторяется: A"):
        kendall_w(PROJECTS.set_axis(list("ABAD"), axis=1))


def test_no_permutation_p_is_smaller_than_one_over_all_that_were_looked_at():
    """Six experts who agree on ten objects: no shuffle comes near, the data themselves are the one of 201."""
    found = kendall_w(pd.DataFrame({expert: range(1, 11) for expert in "абвгде"}), draws=200)
    assert found.p_permutation == pytest.approx(1 / 201)
    assert found.mean_ranks.name == "mean_rank"


def test_the_whole_of_the_result_by_hand():
    """F and its degrees of freedom; labels of the ranks; what the permutations were made with."""
    marks = pd.DataFrame({"э1": [5.0, 3, 4, 1], "э2": [4.0, 4, 5, 1], "э3": [5.0, 2, 3, 1]}, index=list("абвг"))
    found = kendall_w(marks, "marks", draws=99, seed=4)
    assert found.ranks.loc["а"].to_list() == [1, 2.5, 1]
    assert (list(found.ranks.index), list(found.ranks)) == (list("абвг"), ["э1", "э2", "э3"])
    assert found.mean_ranks.to_dict() == pytest.approx(found.ranks.mean(axis=1).to_dict())
    assert (found.df, found.df1, found.df2, found.draws, found.seed) == (3, 3 - 2 / 3, 2 * (3 - 2 / 3), 99, 4)
    assert found.chi2 == pytest.approx(3 * 3 * found.w)
    assert pytest.approx(2 * found.w / (1 - found.w)) == found.F
    assert found.p == pytest.approx(stats.chi2.sf(found.chi2, 3))
    assert found.p_f == pytest.approx(stats.f.sf(found.F, found.df1, found.df2))
    assert found.why == ""


@pytest.mark.parametrize(("table", "options", "words"), [
    ({"э1": [1, 2, 3], "э2": [1, 2, 3]}, {"kind": "scores"}, "неизвестно «scores», допустимо: ranks, marks."),
    ({"э1": [1, 2, 3], "э2": list("абв")}, {}, "нужны числа, не числа у экспертов: э2."),
    ({f"э{number:02d}": list("абв") for number in range(12)}, {},
     "нужны числа, не числа у экспертов: э00, э01, э02, э03, э04, э05, э06, э07, э08, э09."),
    ({"э1": range(1, 9), "э2": [1, 2, *[None] * 6]}, {},
     "каждый эксперт должен расставить все 8 объектов; э2 пропустил 6: 2, 3, 4, 5, 6. Уберите эксперта или объекты, "
     "либо возьмите krippendorff_alpha (level=\"ordinal\"): она допускает пропуски."),
    ({"э1": [1, 2, 3], "э2": [0, 2, 3]}, {},
     "места должны быть от 1 до 3 (объектов: 3), у эксперта э2 место 0 (0). Исправьте места; если это баллы, задайте "
     "kind=\"marks\"."),
    ({"э1": [1, 2, 3], "э2": [1, 2, 3]}, {"seed": -1},
     "перестановок должно быть не меньше 1, seed — не меньше 0; задано draws=9999, seed=-1.")])
def test_refusals_in_words_under_the_name_of_the_coefficient(table, options, words):
    with pytest.raises(InputError) as raised:
        kendall_w(pd.DataFrame(table), **options)
    assert str(raised.value) == f"Коэффициент конкордации Кендалла: {words}"


def test_numbered_experts_and_objects_are_permuted_in_one_order():
    """As text: 9 and 10 in either order of columns and rows give the same shuffles."""
    rng = np.random.default_rng(8)
    marks = pd.DataFrame(rng.normal(size=(5, 3)), [11, 9, "2", 10, 1], [10, "9", 2])
    found = kendall_w(marks, "marks", draws=200)
    turned = kendall_w(marks.iloc[::-1, ::-1], "marks", draws=200)
    assert found.p_permutation == turned.p_permutation
