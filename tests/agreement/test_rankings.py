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
