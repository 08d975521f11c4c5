"""Alpha, halves and omega: published examples, independent programs, identities, words of the refusals."""

import itertools

import numpy as np
import pandas as pd
import pytest
from peers import peer_marks
from statsmodels.multivariate.factor import Factor

from methods.agreement.internal_consistency import cronbach_alpha, omega, split_half
from methods.errors import InputError, NotPublishable

# Answers 0/1 of 12 people to 11 questions, four gaps; manual of pingouin (after real-statistics.com).
ANSWERS = pd.DataFrame([[float(c) if c != "-" else np.nan for c in row] for row in (
    "11111111111", "11111111010", "-011-111100", "11101101100", "11111000100", "01-01111000", "11110010000",
    "11111000000", "01011000010", "10010100-00", "11100000000", "10010000000")])
# Revelle (An introduction to psychometric theory, ch. 7, table 7.5): three clusters of indicators.
CLUSTERS = [0] * 6 + [1] * 4 + [2] * 2


def with_correlations(r, n=200):
    """Data whose sample correlations are exactly r, columns of different spread."""
    z = np.random.default_rng(7).normal(size=(n, len(r)))
    z = np.linalg.qr(z - z.mean(axis=0))[0] * np.sqrt(n - 1)
    return pd.DataFrame(z @ np.linalg.cholesky(r).T, columns=[f"x{i:02d}" for i in range(len(r))])


def revelle():
    r = np.full((12, 12), 0.2)
    for cluster, inside in enumerate([0.5, 0.6, 0.7]):
        members = np.flatnonzero(np.array(CLUSTERS) == cluster)
        r[np.ix_(members, members)] = inside
    np.fill_diagonal(r, 1)
    return with_correlations(r)


# Cronbach's alpha.

def test_alpha_of_the_manual_of_pingouin(oracle):
    pairwise, listwise = (cronbach_alpha(ANSWERS, gaps=gaps, interval="feldt") for gaps in ("pairwise", "listwise"))
    oracle("Альфа Кронбаха с пропусками, попарно", "pingouin / psych: cronbach_wide_missing", pairwise.alpha,
           0.732660835214447, 1e-12)
    oracle("Альфа Кронбаха, полные строки", "pingouin / psych: cronbach_wide_missing", listwise.alpha,
           0.8016949152542373, 1e-12)
    filled = cronbach_alpha(ANSWERS.fillna(ANSWERS.median()), interval="feldt")
    oracle("Интервал Фелдта", "pingouin, пропуски заполнены медианой", [filled.alpha, *filled.interval],
           [0.7380191693290734, 0.447, 0.911], 5e-4)
    assert (pairwise.n, pairwise.dropped, listwise.n, listwise.dropped) == (10, 0, 9, 3)
    assert pairwise.why == "ковариации попарные, наименьшее число строк в паре — 10"


def test_hundred_tables_agree_with_pingouin(root, oracle):
    """With gaps, both ways of leaving them out. See peers.py."""
    peers = pd.read_csv(root / "tests" / "reference" / "peers_reliability.csv", index_col="seed")
    ways = ["pairwise", "listwise"]
    ours = [[cronbach_alpha(peer_marks(seed), gaps=gaps).alpha for gaps in ways] for seed in peers.index]
    assert len(peers) == 100
    oracle("Альфа Кронбаха: 100 таблиц с пропусками", "pingouin 0.7, cronbach_alpha, pairwise и listwise", ours,
           peers[ways].to_numpy(), 1e-12)


def test_alpha_of_the_technology_achievement_index(root, oracle):
    """OECD/JRC Handbook (2008), table 11; item-total correlations agree within .006 only."""
    tai = pd.read_csv(root / "tests" / "reference" / "tai.csv", index_col=0)
    found = cronbach_alpha((tai - tai.mean()) / tai.std())
    oracle("Альфа Кронбаха индекса TAI", "OECD/JRC (2008), табл. 11", found.alpha, 0.70, 0.005)
    oracle("Альфа без показателя, индекс TAI", "OECD/JRC (2008), табл. 11", found.items["alpha_if_dropped"],
           [0.704, 0.645, 0.636, 0.774, 0.603, 0.624, 0.662, 0.706], 0.002)
    oracle("Корреляция показателя с суммой остальных, индекс TAI", "OECD/JRC (2008), табл. 11 (пересчитано)",
           found.items["item_total"], [0.261, 0.527, 0.566, -0.108, 0.701, 0.614, 0.451, 0.249], 0.01)


@pytest.mark.parametrize("seed", range(3))
def test_item_statistics_by_leaving_columns_out(seed):
    marks = peer_marks(seed + 20).dropna()
    found = cronbach_alpha(marks)
    for code in marks:
        rest = marks.drop(columns=code)
        assert found.items.loc[code, "item_total"] == pytest.approx(marks[code].corr(rest.sum(axis=1)))
        if marks.shape[1] > 2:
            assert found.items.loc[code, "alpha_if_dropped"] == pytest.approx(cronbach_alpha(rest).alpha)
    assert found.items["mean"].to_dict() == pytest.approx(marks.mean().to_dict())
    assert found.items["sd"].to_dict() == pytest.approx(marks.std().to_dict())
    shuffled = cronbach_alpha(marks.sample(frac=1, axis=1, random_state=seed).sample(frac=1, random_state=seed))
    pd.testing.assert_frame_equal(shuffled.items.loc[found.items.index], found.items)


def test_alpha_of_opposed_indicators_is_negative_with_words():
    found = cronbach_alpha(pd.DataFrame({"a": [1, 2, 3, 4, 5.0], "b": [5, 4, 3, 1, 2.0]}))
    assert found.alpha < 0
    assert found.why == "альфа отрицательна: показатели в среднем связаны обратно; проверьте их направления"
    assert found.items["alpha_if_dropped"].isna().all()


def test_interval_of_alpha_says_which_it_is():
    marks = pd.DataFrame(np.random.default_rng(0).normal(size=(20, 4)))
    assert cronbach_alpha(marks).method == "jackknife"
    assert cronbach_alpha(marks.iloc[:19]).method == "feldt"
    lone = pd.DataFrame({"a": [3.0] * 24 + [5, 4], "b": [3.0] * 24 + [1, 4]})
    assert "взят интервал Фелдта" in cronbach_alpha(lone).why
    twins = cronbach_alpha(pd.DataFrame({"a": [1.0, 2, 4], "b": [2.0, 3, 5]}))
    assert twins.alpha == pytest.approx(1)
    assert np.isnan(twins.interval).all()
    assert twins.why == "показатели повторяют друг друга: расхождений нет, интервал не определён"


# Halves.

@pytest.mark.parametrize("seed", range(3))
def test_mean_of_guttmans_halves_is_alpha_and_the_best_is_lambda_4(seed):
    """Cronbach (1951): over all splits of an even number of indicators."""
    marks = pd.DataFrame(np.random.default_rng(seed).normal(size=(30, 6)) + np.random.default_rng(seed + 9).normal(
        size=(30, 1)), columns=list("abcdef"))
    found = split_half(marks)
    assert found.exhaustive
    assert len(found.splits) == 10
    assert found.splits["guttman"].mean() == pytest.approx(cronbach_alpha(marks).alpha)
    one, other = marks[list(found.best)].sum(axis=1), marks.drop(columns=list(found.best)).sum(axis=1)
    assert found.lambda4 == pytest.approx(4 * one.cov(other) / (one + other).var())
    row = found.splits.loc[found.splits["guttman"].idxmax()]
    assert row["spearman_brown"] == pytest.approx(2 * one.corr(other) / (1 + one.corr(other)))
    assert found.summary().loc["max", "guttman"] == found.lambda4
    shuffled = split_half(marks[list("fbdace")])
    pd.testing.assert_frame_equal(shuffled.splits, found.splits)


def test_every_split_of_an_odd_number_is_tried_once():
    marks = pd.DataFrame(np.random.default_rng(1).normal(size=(15, 5)) + np.random.default_rng(2).normal(size=(15, 1)),
                         columns=list("abcde"))
    by_hand = []
    for half in itertools.combinations("abcde", 2):
        one, other = marks[list(half)].sum(axis=1), marks.drop(columns=list(half)).sum(axis=1)
        by_hand.append(4 * one.cov(other) / (one + other).var())
    assert sorted(split_half(marks).splits["guttman"]) == pytest.approx(sorted(by_hand))


def test_many_indicators_are_split_at_random_by_the_seed():
    marks = pd.DataFrame(np.random.default_rng(3).normal(size=(40, 24)) + np.random.default_rng(4).normal(size=(40, 1)),
                         columns=[f"i{j:02d}" for j in range(24)])
    found, again, other = (split_half(marks, splits=300, seed=seed) for seed in (0, 0, 1))
    assert not found.exhaustive
    pd.testing.assert_frame_equal(found.splits, again.splits)
    pd.testing.assert_frame_equal(split_half(marks[marks.columns[::-1]], splits=300).splits, found.splits)
    assert not found.splits.equals(other.splits)
    assert found.splits["guttman"].mean() == pytest.approx(cronbach_alpha(marks).alpha, abs=0.01)
    with pytest.raises(InputError, match="разбиений должно быть не меньше 1"):
        split_half(marks, splits=0)


def test_halves_without_spread_are_refused():
    with pytest.raises(NotPublishable) as raised:
        split_half(pd.DataFrame({"a": [1, 2, 3], "b": [3, 2, 1], "c": [1, 3, 2], "d": [3, 1, 2]}))
    assert str(raised.value) == ("Надёжность по половинам: сумма показателей одной из половин не меняется, надёжность "
                                 "не определена. Проверьте направления показателей.")
    with pytest.raises(NotPublishable, match="сумма показателей не меняется, альфа не определена"):
        cronbach_alpha(pd.DataFrame({"a": [1, 2, 3], "b": [3, 2, 1]}))


# McDonald's omega.

@pytest.mark.parametrize("structure", ["three", dict(zip([f"x{i:02d}" for i in range(12)], CLUSTERS, strict=True))])
def test_omega_of_revelles_three_clusters(structure, oracle):
    """Revelle, ch. 7, table 7.5; psych::omega prints hierarchical .54, total .90, loadings .45 .55 .63."""
    found = omega(revelle(), structure)
    oracle("Омега общая и иерархическая", "psych, omega: пример Revelle, табл. 7.5", [found.total, found.hierarchical],
           [0.90, 0.54], 0.005)
    oracle("Нагрузки общего и групповых факторов", "psych, omega: пример Revelle, табл. 7.5",
           [found.loadings.loc["x00", "general"], *np.sort(found.loadings.iloc[[0, 6], 1:-1].max(axis=1))],
           [0.45, 0.55, 0.63], 0.005)
    assert found.loadings["uniqueness"].iloc[[0, 6, 10]].to_list() == pytest.approx([0.5, 0.4, 0.3], abs=1e-3)
    assert found.total > cronbach_alpha(revelle()).alpha > found.hierarchical


def test_bifactor_loadings_are_those_of_semopy(oracle):
    """semopy 2.3.11: g =~ x0 + ... + x9; a =~ x0 + x1 + x2; b =~ x3 + ... + x6; c =~ x7 + x8 + x9, all covariances of
    factors 0; Model.fit(obj="MLW"), inspect(std_est=True), computed in an environment of its own."""
    rng = np.random.default_rng(2026)
    general, group, of = rng.normal(size=(400, 1)), rng.normal(size=(400, 3)), [0, 0, 0, 1, 1, 1, 1, 2, 2, 2]
    g = np.array([0.7, 0.6, 0.5, 0.6, 0.7, 0.5, 0.6, 0.5, 0.6, 0.7])
    f = np.array([0.4, 0.5, 0.5, 0.5, 0.4, 0.6, 0.3, 0.5, 0.4, 0.4])
    marks = general * g + group[:, of] * f + rng.normal(size=(400, 10)) * np.sqrt(1 - g**2 - f**2)
    found = omega(pd.DataFrame(marks, columns=[f"x{i}" for i in range(10)]), {f"x{i}": "abc"[of[i]] for i in range(10)})
    oracle("Бифакторная модель: нагрузки", "semopy 2.3.11, метод MLW",
           [*found.loadings["general"], *found.loadings[["a", "b", "c"]].max(axis=1)],
           [0.734107, 0.574797, 0.533833, 0.594800, 0.749233, 0.582552, 0.596885, 0.458615, 0.605180, 0.672188,
            0.414379, 0.498657, 0.485579, 0.391238, 0.334470, 0.542412, 0.285379, 0.547204, 0.526972, 0.452878], 5e-4)


def test_one_factor_is_that_of_statsmodels(oracle):
    rng = np.random.default_rng(8)
    marks = pd.DataFrame(rng.normal(size=(150, 1)) * rng.uniform(0.4, 0.9, 6) + 0.6 * rng.normal(size=(150, 6)),
                         columns=list("abcdef"))
    found = omega(marks)
    start = Factor(corr=marks.corr().to_numpy(), n_factor=1, method="pa").fit()
    theirs = Factor(corr=marks.corr().to_numpy(), n_factor=1, method="ml").fit(
        start=(start.loadings, start.uniqueness), opt={"gtol": 1e-7})
    oracle("Однофакторная модель: нагрузки", "statsmodels, Factor (ml)", found.loadings["general"],
           np.abs(theirs.loadings[:, 0]), 1e-4)
    s, u = marks.std().to_numpy(), theirs.uniqueness
    assert found.total == pytest.approx(1 - (s**2 * u).sum() / marks.sum(axis=1).var(), abs=1e-4)


def test_omega_of_parallel_indicators_is_alpha():
    marks = with_correlations(np.full((5, 5), 0.4) + 0.6 * np.eye(5))
    found = omega(marks)
    alpha = cronbach_alpha(marks).alpha
    assert (found.total, found.hierarchical) == pytest.approx((alpha, alpha), abs=1e-6)
    assert alpha == pytest.approx(5 * 0.4 / (1 + 4 * 0.4))
    assert found.common_share == 1


def test_omega_does_not_see_the_order_of_columns_and_counts_rows_left_out():
    marks = revelle()
    holed = pd.concat([marks, pd.DataFrame({"x00": [1.0]})], ignore_index=True)
    found, shuffled = omega(marks, "three"), omega(holed[marks.columns[::-1]], "three")
    assert shuffled.dropped == 1
    assert (found.total, found.hierarchical) == pytest.approx((shuffled.total, shuffled.hierarchical))
    assert found.loadings.index.equals(marks.columns)


def test_a_heywood_case_is_told():
    r = np.array([[1, 0.9, 0.9, 0.2], [0.9, 1, 0.7, 0.2], [0.9, 0.7, 1, 0.2], [0.2, 0.2, 0.2, 1]])
    assert "случай Хейвуда: собственная дисперсия у нуля (x00)" in omega(with_correlations(r)).why


# What is refused.

@pytest.mark.parametrize(("function", "items", "error", "words"), [
    (cronbach_alpha, {"a": [1, 2, 3]}, NotPublishable, "нужно не меньше двух показателей, найдено 1"),
    (cronbach_alpha, {"a": [1, 2, 3], "b": [4, 4, 4]}, NotPublishable, "показатель b одинаков во всех 3 строках"),
    (split_half, {"a": [1, 2], "b": [4, 5]}, NotPublishable, "не меньше 3 строк, где есть все показатели, найдено 2"),
    (cronbach_alpha, {"a": [1, 2, 3], "b": list("абв")}, InputError, "не числа в столбцах: b"),
    (omega, {"a": [1, 2, 4], "b": [2, 1, 5], "c": [1, 5, 2]}, NotPublishable, "строк 3, показателей 3"),
    (omega, {"a": [1, 2, 4], "b": [2, 1, 5]}, NotPublishable, "не меньше трёх показателей, найдено 2"),
])
def test_sets_that_cannot_be_used_are_refused_in_words(function, items, error, words):
    with pytest.raises(error) as raised:
        function(pd.DataFrame(items))
    assert words in str(raised.value)


def test_structures_that_do_not_fit_are_refused_in_words():
    marks = revelle()
    with pytest.raises(NotPublishable, match=r"не меньше трёх групп по два показателя и больше, таких групп 2 \(A, B\)"
                       ):
        omega(marks, {code: "A" if code < "x06" else "B" for code in marks})
    with pytest.raises(InputError, match=r"наборы кодов различаются\. Нет: x11"):
        omega(marks, {code: "A" for code in marks.columns[:-1]})
    with pytest.raises(InputError, match="неизвестно «two», допустимо: one, three"):
        omega(marks, "two")
    with pytest.raises(NotPublishable, match="не меньше шести показателей, найдено 4"):
        omega(marks[["x00", "x01", "x06", "x10"]], "three")
    twice = marks.iloc[:, [0, 6, 10]]
    with pytest.raises(NotPublishable, match=r"три фактора не найдены|у трёх факторов нет общего"):
        omega(pd.concat([twice, twice.add_suffix("+")], axis=1), "three")
    apart = np.kron(np.eye(3), np.full((3, 3), 0.6)) + 0.4 * np.eye(9)
    apart[:3, 3:6] = apart[3:6, :3] = -0.2
    apart[:3, 6:] = apart[6:, :3] = apart[3:6, 6:] = apart[6:, 3:6] = 0.2
    with pytest.raises(NotPublishable, match="у трёх факторов нет общего"):
        omega(with_correlations(apart), "three")
    with pytest.raises(InputError, match="считается по полным строкам"):
        cronbach_alpha(ANSWERS, gaps="pairwise", interval="jackknife")


# The whole of what is returned.

def test_every_result_is_labelled_and_says_how_it_was_made():
    marks = peer_marks(30).dropna()
    found = cronbach_alpha(marks, 0.8)
    assert list(found.items) == ["mean", "sd", "item_total", "alpha_if_dropped"]
    pd.testing.assert_index_equal(found.items.index, marks.columns)
    assert (found.n, found.dropped, found.confidence, found.why) == (len(marks), 0, 0.8, "")
    halves = split_half(revelle()[["x00", "x01", "x02", "x03"]], seed=7)
    assert list(halves.splits) == ["guttman", "spearman_brown"]
    assert (halves.seed, halves.exhaustive, len(halves.splits)) == (7, True, 3)
    assert list(halves.summary().index) == ["count", "mean", "std", "min", "5%", "25%", "50%", "75%", "95%", "max"]
    groups = {code: "ABC"[cluster] for code, cluster in zip(revelle(), CLUSTERS, strict=True)}
    for structure, name, titles in (("one", "one", []), ("three", "three", ["group_1", "group_2", "group_3"]),
                                    (groups, "groups", ["A", "B", "C"])):
        found = omega(revelle(), structure)
        assert list(found.loadings) == ["general", *titles, "uniqueness"]
        assert (found.structure, found.n, found.dropped, found.why) == (name, 200, 0, "")
        general, common = found.loadings["general"], found.loadings.drop(columns="uniqueness")
        assert found.common_share == pytest.approx((general**2).sum() / (common**2).to_numpy().sum())
        assert ((common**2).sum(axis=1) + found.loadings["uniqueness"]).to_list() == pytest.approx([1] * 12)
        assert (common.sum() > 0).all()


@pytest.mark.parametrize("interval", ["feldt", "jackknife"])
def test_interval_of_alpha_grows_with_the_confidence(interval):
    marks = pd.DataFrame(np.random.default_rng(9).normal(size=(30, 4)) + np.random.default_rng(10).normal(size=(30, 1)))
    narrow, wide = (cronbach_alpha(marks, confidence, interval=interval) for confidence in (0.5, 0.99))
    assert wide.interval[0] < narrow.interval[0] < narrow.alpha < narrow.interval[1] < wide.interval[1]
    assert {narrow.method, wide.method} == {interval}


def test_an_indicator_that_the_others_undo_has_no_correlation_with_their_sum():
    """b and c sum to a constant: neither the correlation of a with them nor alpha of the two is defined."""
    marks = pd.DataFrame({"a": [1.0, 2, 4, 3, 6], "b": [1.0, 3, 2, 5, 4], "c": [5.0, 3, 4, 1, 2]})
    found = cronbach_alpha(marks).items
    assert np.isnan(found.loc["a"].to_list()[2:]).all()
    assert found.loc[["b", "c"], "item_total"].notna().all()


def test_turned_indicators_turn_no_factor_over():
    """All indicators times -1: the same loadings, not negative ones."""
    marks = revelle()
    for structure in ("one", "three"):
        pd.testing.assert_frame_equal(omega(-marks, structure).loadings, omega(marks, structure).loadings, atol=1e-6)


@pytest.mark.parametrize(("call", "words"), [
    (lambda: cronbach_alpha(ANSWERS, 95),
     "Альфа Кронбаха: доверие интервала должно быть больше 0 и меньше 1, найдено 95."),
    (lambda: cronbach_alpha(ANSWERS, interval="normal"),
     "Альфа Кронбаха: неизвестно «normal», допустимо: auto, feldt, jackknife."),
    (lambda: cronbach_alpha(ANSWERS, gaps="zero"), "Альфа Кронбаха: неизвестно «zero», допустимо: listwise, pairwise."),
    (lambda: cronbach_alpha(ANSWERS.set_axis([0] * 12)), "Альфа Кронбаха: строки: код повторяется: 0 (всего 1)."),
    (lambda: cronbach_alpha(ANSWERS.set_axis([*range(10), 0], axis=1)),
     "Альфа Кронбаха: показатели: код повторяется: 0 (всего 1)."),
    (lambda: split_half(ANSWERS.rename(columns={1: 0})), "Надёжность по половинам: показатели: код повторяется: 0 "
                                                         "(всего 1)."),
    (lambda: split_half(ANSWERS, seed=-1), "Надёжность по половинам: разбиений должно быть не меньше 1, seed — не "
                                           "меньше 0; задано splits=10000, seed=-1."),
    (lambda: omega(ANSWERS.rename(columns={1: 0})), "Омега Макдональда: показатели: код повторяется: 0 (всего 1)."),
    (lambda: omega(ANSWERS[[0, 4, 5]], "two"), "Омега Макдональда: неизвестно «two», допустимо: one, three."),
])
def test_wrong_options_and_labels_are_refused_in_words(call, words):
    with pytest.raises((InputError, NotPublishable)) as raised:
        call()
    assert str(raised.value) == words


def test_one_split_is_enough_to_ask_for():
    marks = pd.DataFrame(np.random.default_rng(11).normal(size=(30, 22)), columns=[f"i{j:02d}" for j in range(22)])
    assert len(split_half(marks, splits=1).splits) == 1
