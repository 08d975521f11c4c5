"""Levels and scores of two periods: published intervals, real waves, does the test of progress hold its level."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from methods.data import editions, sources
from methods.data.measure import measure
from methods.errors import InputError, NotPublishable
from methods.index.score import score
from methods.maturity.levels import cross_table
from methods.maturity.transitions import (
    bridge_levels,
    falls,
    real_progress,
    regression_to_mean,
    reliabilities,
    transition_matrix,
)

# -- transitions -------------------------------------------------------------------------------------------------------


def moved(*rows):
    """Levels before and after that give these counts."""
    pairs = [(old, new) for old, row in enumerate(rows, 1) for new, count in enumerate(row, 1) for _ in range(count)]
    table = pd.DataFrame(pairs, columns=["before", "after"], index=[f"R{place}" for place in range(len(pairs))])
    return table["before"].astype(float), table["after"].astype(float)


NEWCOMBE = [(81, 263, (0.2553, 0.3662), (0.2527, 0.3676)), (15, 148, (0.0624, 0.1605), (0.0578, 0.1617)),
            (0, 20, (0.0, 0.1611), (0.0, 0.1684)), (1, 29, (0.0061, 0.1718), (0.0009, 0.1776))]


@pytest.mark.parametrize(("stayed", "n", "wilson", "exact"), NEWCOMBE)
def test_intervals_of_a_share_as_published_by_newcombe(oracle, stayed, n, wilson, exact):
    levels = moved([stayed, n - stayed])
    one, other = (transition_matrix(*levels, 2, intervals=name) for name in ("wilson", "clopper-pearson"))
    oracle("доля перехода: интервал Уилсона", "Newcombe (1998), таблица I, способ 3",
           [one.low.loc[1, 1], one.high.loc[1, 1]], wilson, 5e-5)
    oracle("доля перехода: интервал Клоппера — Пирсона", "Newcombe (1998), таблица I, способ 5",
           [other.low.loc[1, 1], other.high.loc[1, 1]], exact, 5e-5)


def test_simultaneous_intervals_of_a_row_as_published_by_sison_and_glaz(oracle):
    found = transition_matrix(*moved([56, 72, 73, 59, 62, 87, 58]), 7, intervals="goodman")
    oracle("доли переходов строки вместе: интервалы Гудмана", "Sison, Glaz (1995), пример 1, столбец Goodman (1965)",
           [found.low.loc[1], found.high.loc[1]], [[.085, .115, .116, .091, .096, .143, .089],
                                                   [.166, .204, .207, .173, .181, .239, .171]], 5e-4)


def test_goodmans_intervals_are_wider_than_wilsons_cell_by_cell():
    levels = moved([8, 3, 1], [2, 9, 4], [0, 1, 6])
    joint, single = transition_matrix(*levels, 3, intervals="goodman"), transition_matrix(*levels, 3)
    inside = (joint.counts > 0).to_numpy()
    assert ((joint.low < single.low).to_numpy() | ~inside).all()
    assert (joint.high > single.high).to_numpy().all()
    pd.testing.assert_frame_equal(joint.directions, single.directions)


def test_shares_counts_and_directions_by_hand():
    found = transition_matrix(*moved([2, 1, 1], [0, 3, 1], [1, 1, 0]), 3)
    assert found.counts.to_numpy().tolist() == [[2, 1, 1], [0, 3, 1], [1, 1, 0]]
    assert found.shares.to_numpy().tolist() == [[.5, .25, .25], [0, .75, .25], [.5, .5, 0]]
    assert found.directions["units"].to_dict() == {"up": 3, "same": 5, "down": 2}
    assert found.directions["share"].to_list() == [.3, .5, .2]
    assert ((found.low <= found.shares) & (found.shares <= found.high)).all(axis=None)


def test_units_are_matched_by_label_and_the_others_counted():
    before, after = pd.Series({"A": 1.0, "B": 2.0, "C": 1.0, "D": np.nan}), pd.Series({"E": 1.0, "C": np.nan, "A": 2.0,
                                                                                       "B": 2.0})
    found = transition_matrix(before, after, 2)
    assert found.counts.to_numpy().tolist() == [[0, 1], [0, 1]]
    assert (found.only_before, found.only_after) == (1, 1)
    other = transition_matrix(before[::-1], after[::-1], 2)
    pd.testing.assert_frame_equal(other.high, found.high)


@pytest.mark.parametrize("intervals", ["wilson", "clopper-pearson", "goodman"])
def test_an_empty_row_is_unknown_and_an_end_of_the_scale_has_no_dust(intervals):
    found = transition_matrix(*moved([0, 5], [0, 0]), 2, intervals=intervals)
    assert found.shares.loc[2].isna().all()
    assert found.low.loc[2].isna().all()
    assert (found.low.loc[1, 1], found.high.loc[1, 2]) == (0, 1)
    assert transition_matrix(pd.Series({"A": 1.0}), pd.Series({"B": 1.0}), 2).directions["share"].isna().all()


@pytest.mark.parametrize(("options", "words"), [
    ({"intervals": "wald"}, "Интервалы «wald» неизвестны: допустимы wilson, clopper-pearson, goodman"),
    ({"confidence": 95}, "Доверительная вероятность должна быть между 0 и 1, сейчас 95"),
    ({"count": 1}, "Уровень вне 0–1: 2")])
def test_transitions_that_cannot_be_counted_are_refused(options, words):
    with pytest.raises(InputError, match=words):
        transition_matrix(*moved([1, 1], [1, 1]), **{"count": 2, **options})


@pytest.mark.slow
@pytest.mark.parametrize("intervals", ["wilson", "clopper-pearson", "goodman"])
def test_intervals_hold_their_confidence(intervals):
    """1000 rows of 30 units and 4 levels; four standard errors of the share held at 95 % are .028. Wilson's holds it on
    average over cells, the others at least."""
    rng = np.random.default_rng(20261101)
    share = np.array([0.1, 0.5, 0.3, 0.1])
    held = []
    for counts in rng.multinomial(30, share, size=1000):
        found = transition_matrix(*moved(counts), 4, intervals=intervals)
        cells = (found.low.loc[1].to_numpy() <= share) & (share <= found.high.loc[1].to_numpy())
        held.append(cells.all() if intervals == "goodman" else cells.mean())
    assert np.mean(held) >= 0.95 - 0.028
    if intervals == "wilson":
        assert np.mean(held) <= 0.95 + 0.028


# -- falls and scales --------------------------------------------------------------------------------------------------

def test_falls_of_two_levels_with_both_values_the_longest_first():
    before = pd.Series({"A": 4.0, "B": 3.0, "C": 4.0, "D": 2.0, "E": 4.0})
    after = pd.Series({"E": 3.0, "D": 4.0, "C": 1.0, "B": 1.0, "A": np.nan})
    found = falls(before, after)
    assert list(found.itertuples(name=None)) == [("C", 4, 1, 3), ("B", 3, 1, 2)]
    assert list(falls(before, after, least=1).index) == ["C", "B", "E"]
    with pytest.raises(InputError, match="Падение считается от 1 уровня, сейчас 0"):
        falls(before, after, least=0)


def test_a_bridge_takes_levels_over_and_names_what_it_cannot_tell():
    bridge = bridge_levels(pd.Series({"A": 0.0, "B": 1.0, "C": 3.0, "D": np.nan}), 4, 5, {1: 1, 2: 2, 3: 2, 4: 5})
    assert bridge.levels.fillna(-1).to_dict() == {"A": 0, "B": 1, "C": 2, "D": -1}
    assert (bridge.merged, bridge.unreached, bridge.words) == ((2,), (3, 4), "1→1, 2→2, 3→2, 4→5")


def test_one_number_of_levels_needs_no_mapping():
    levels = pd.Series({"A": 2.0, "B": np.nan})
    bridge = bridge_levels(levels, 3, 3)
    pd.testing.assert_series_equal(bridge.levels, levels)
    assert (bridge.merged, bridge.unreached) == ((), ())


@pytest.mark.parametrize(("counts", "mapping", "words"), [
    ((4, 5), None, "Число уровней изменилось: было 4, стало 5. Задайте соответствие прежних уровней новым"),
    ((3, 2), {1: 1, 2: 2}, "прежние уровни — 1–3; не названы: 3; лишние: —"),
    ((2, 2), {1: 1, 2: 2, 3: 2}, "не названы: —; лишние: 3"),
    ((2, 3), {1: 1, 2: 4}, "2→4, а новые уровни — 1–3"),
    ((3, 3), {1: 2, 2: 1, 3: 3}, "меняет порядок: 1→2, но 2→1"),
    ((1, 3), {1: 1}, "Уровень вне 0–1: A = 2")])
def test_a_bridge_that_leads_nowhere_is_refused(counts, mapping, words):
    with pytest.raises(InputError, match=words):
        bridge_levels(pd.Series({"A": 2.0}), *counts, mapping)


# -- return to the mean ------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("reliability", [0.3, 0.5, 0.8])
def test_mean_return_of_those_below_a_border_is_the_formula_of_barnett(oracle, reliability):
    """Mean 60, standard deviation 15, picked below 40, as in the paper's example; scores are normal quantiles."""
    scores = pd.Series(60 + 15 * stats.norm.ppf((np.arange(200_001) + 0.5) / 200_001))
    z = (60 - 40) / 15
    published = (1 - reliability) * 15**2 / 15 * stats.norm.pdf(z) / stats.norm.sf(z)
    found = regression_to_mean(scores, reliability)[scores < 40].mean()
    oracle("ожидаемый возврат к среднему отобранных ниже границы",
           "Barnett, van der Pols, Dobson (2005), формула 1; пересчитано: среднее 60, СКО 15, граница 40",
           found, published, 2e-3)


def test_reliability_of_each_unit_comes_from_its_error():
    """By hand: variance 100, mean squared error 25, so 75 of true variance; errors 3 and 7 of 29 on average here."""
    scores = pd.Series({"A": 40.0, "B": 50.0, "C": 60.0})
    assert reliabilities(scores, pd.Series(5.0, scores.index)).to_list() == [0.75] * 3
    errors = pd.Series({"C": 1.0, "A": 7.0, "B": 5.0})  # squares 1, 49, 25: mean 25
    assert reliabilities(scores, errors).to_dict() == pytest.approx({"A": 75 / 124, "B": 75 / 100, "C": 75 / 76})
    assert regression_to_mean(scores, reliabilities(scores, errors))["A"] == pytest.approx((1 - 75 / 124) * 10)


@pytest.mark.parametrize(("call", "error", "words"), [
    (lambda x: reliabilities(x, pd.Series(20.0, x.index)), NotPublishable,
     "Ошибки измерения объясняют весь разброс баллов: дисперсия 100, средний квадрат ошибки 400"),
    (lambda x: reliabilities(x, pd.Series([1.0, -1, 1], x.index)), InputError, "не может быть отрицательной: B = -1"),
    (lambda x: reliabilities(x, pd.Series([1.0, None, 1], x.index)), InputError, "Ошибки баллов: пропущено значений 1"),
    (lambda x: regression_to_mean(x, 1.2), InputError, "больше 0 и не больше 1, найдено 1.2"),
    (lambda x: regression_to_mean(x, 0), InputError, "больше 0 и не больше 1, найдено 0"),
    (lambda x: regression_to_mean(x, pd.Series([0.5, 2, 0.5], x.index)), InputError, "найдено 2"),
    (lambda x: real_progress(x, x + 1), InputError, "Задайте одно из двух: надёжность первых баллов или их"),
    (lambda x: real_progress(x, x + 1, reliability=1.0), NotPublishable, "разброса нет, интервал не определён"),
    (lambda x: real_progress(x, x + 1, reliability=0.8, group=["A"]), NotPublishable,
     "единиц с обоими баллами 3, из них в группе 1. Нужно не меньше 3 и 2"),
    (lambda x: real_progress(x * 0, x, reliability=0.8), InputError, "Показатель первый балл: во всех единицах одно"),
    (lambda x: real_progress(x, x + 1, before_error=pd.Series({"A": 1.0})), InputError,
     "Ошибки до: пропущено значений 2")])
def test_what_tells_nothing_of_progress_is_refused(call, error, words):
    with pytest.raises(error, match=words):
        call(pd.Series({"A": 40.0, "B": 50.0, "C": 60.0}))


def waves(rng, n=85, drift=3.0, errors=6.0, shift=0.0, picked=0.25, skewed=False):
    """True scores of mean 50 and standard deviation 10 that drift by chance, measured twice; the lowest are picked and
    rise by `shift`."""
    true = 40 + 10 * rng.exponential(1, n) if skewed else rng.normal(50, 10, n)
    error = np.full(n, errors) if np.isscalar(errors) else rng.uniform(*errors, n)
    labels = [f"R{place:03}" for place in range(n)]
    before = pd.Series(true + error * rng.normal(size=n), labels)
    after = pd.Series(true + drift * rng.normal(size=n) + error * rng.normal(size=n), labels)
    group = before.nsmallest(max(2, round(n * picked))).index
    after[group] += shift
    return before, after, pd.Series(error, labels), group


def rejected(pairs, seed, *, known=False, **design):
    """Share of pairs of waves where the test at 5 % finds progress, and where the plain paired test does."""
    rng = np.random.default_rng(seed)
    ours = plain = 0
    for _ in range(pairs):
        before, after, error, group = waves(rng, **design)
        given = {"reliability": 100 / (100 + float((error**2).mean()))} if known else {"before_error": error}
        ours += real_progress(before, after, group=group, **given).p_value < 0.05
        plain += stats.ttest_rel(after[group], before[group]).pvalue < 0.05
    return ours / pairs, plain / pairs


def test_for_all_units_the_test_is_students_for_pairs(oracle):
    before, after, error, _ = waves(np.random.default_rng(1))
    expected = stats.ttest_rel(after, before)
    low, high = expected.confidence_interval()
    for given in ({"reliability": 0.7}, {"before_error": error}):
        found = real_progress(before, after, **given)
        oracle("рост всех единиц: изменение, p, интервал", "scipy, ttest_rel",
               [found.beyond, found.p_value, *found.interval], [(after - before).mean(), expected.pvalue, low, high],
               1e-12)
        assert found.expected == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("known", [True, False])
def test_error_of_the_change_beyond_is_that_of_the_jackknife(oracle, known):
    """100 units, the lowest quarter; each unit left out once, the group keeping its members."""
    before, after, error, group = waves(np.random.default_rng(2), n=100, errors=(3.0, 9.0))

    def beyond(units):
        given = {"reliability": 0.72} if known else {"before_error": error[units]}
        return real_progress(before[units], after[units], group=group, **given)
    parts = np.array([beyond(before.index.drop(unit)).beyond for unit in before.index])
    jackknife = np.sqrt(99 / 100 * ((parts - parts.mean()) ** 2).sum())
    oracle("ошибка роста сверх возврата к среднему, отношение", "складной нож по 100 единицам",
           beyond(before.index).standard_error / jackknife, 1, 0.05)


def test_change_expected_and_beyond_by_hand():
    """Mean 50; with reliability .68 A (20) is expected to gain .32 of 30 and B (30) .32 of 20 points."""
    before = pd.Series({"A": 20.0, "B": 30.0, "C": 50.0, "D": 60.0, "E": 70.0, "F": 70.0})
    after = pd.Series({"F": 66.0, "E": 64.0, "D": 61.0, "C": 48.0, "B": 36.0, "A": 28.0, "G": 1.0})
    found = real_progress(before, after, reliability=0.68, group=["B", "A"])
    assert (found.n, found.group) == (6, 2)
    assert (found.change, found.expected, found.beyond) == pytest.approx((7, (9.6 + 6.4) / 2, -1))
    assert found.units["expected_after"].to_list() == pytest.approx([29.6, 36.4])
    prediction = np.sqrt(before.var() * (1 - 0.68**2))  # Lord and Novick: standard error of prediction
    assert found.units["z"].to_list() == pytest.approx([-1.6 / prediction, -0.4 / prediction])
    assert found.interval[0] < -1 < found.interval[1]


def test_errors_after_serve_the_units_only():
    before, after, error, group = waves(np.random.default_rng(3))
    one = real_progress(before, after, before_error=error, group=group)
    other = real_progress(before, after, before_error=error, after_error=error * 3, group=group)
    assert one.p_value == other.p_value
    assert (one.units["z"].abs() > other.units["z"].abs()).all()


@pytest.mark.parametrize("seed", range(3))
def test_progress_does_not_depend_on_order_or_unit_of_the_scale(seed):
    before, after, error, group = waves(np.random.default_rng(seed))
    found = real_progress(before, after, before_error=error, group=group)
    shuffled = real_progress(before.sample(frac=1, random_state=seed), after[::-1], before_error=error[::-1],
                             group=group[::-1])
    assert (shuffled.beyond, shuffled.standard_error) == (found.beyond, found.standard_error)
    scaled = real_progress(before * 100 - 7, after * 100 - 7, before_error=error * 100, group=group)
    assert (scaled.p_value, scaled.beyond) == pytest.approx((found.p_value, found.beyond * 100))


def test_without_errors_nothing_is_expected():
    before, after, error, group = waves(np.random.default_rng(4))
    found = real_progress(before, after, reliability=1.0, group=group)
    assert found.expected == 0
    assert found.beyond == pytest.approx(found.change)
    assert real_progress(before, after, before_error=error, group=group).expected > 0  # the lowest are expected to rise


def test_the_lowest_quarter_rises_without_progress_and_only_the_plain_test_believes_it():
    """100 pairs of waves of 85 regions without progress: four standard errors of the share rejected are .09."""
    ours, plain = rejected(100, 1)
    assert ours <= 0.05 + 0.09
    assert plain >= 0.3


@pytest.mark.slow
@pytest.mark.parametrize(("known", "design"), [
    (True, {}), (False, {}), (True, {"errors": (3.0, 9.0)}), (False, {"errors": (3.0, 9.0)}),
    (False, {"n": 40}), (False, {"picked": 0.5, "drift": 0.0}), (False, {"picked": 1.0}),
    (True, {"n": 300, "drift": 8.0})])
def test_the_test_of_progress_holds_its_level(known, design):
    """1000 pairs of waves without progress a design; 3.5 standard errors of the share rejected at 5 % are .024."""
    ours, _ = rejected(1000, 20261102, known=known, **design)
    assert abs(ours - 0.05) <= 0.024


@pytest.mark.slow
def test_planted_progress_is_found():
    """500 pairs; a rise by 5 points of the lowest quarter of 85 regions is found in more than half of them (error of
    the share .02), one by 8 nearly always."""
    assert 0.5 <= rejected(500, 20261103, shift=5.0)[0] <= 0.85
    assert rejected(500, 20261104, shift=8.0)[0] >= 0.9


@pytest.mark.slow
def test_strongly_skewed_true_scores_are_beyond_the_test():
    """As the docstring warns: exponential true scores, 500 pairs, error of the share .02."""
    assert 0.1 <= rejected(500, 20261105, skewed=True)[0] <= 0.35


# -- real waves --------------------------------------------------------------------------------------------------------

@pytest.fixture(scope="module")
def waves_of_gtmi(root):
    """Levels of the three waves by our engine, scores beside them."""
    found = {}
    for wave in ("2020", "2022", "2025"):
        edition = editions.load_edition(root, f"gtmi-{wave}")
        found[wave] = score(measure(root, edition, wave).measurements, edition)
    return found


@pytest.mark.parametrize(("old", "new"), [("2020", "2022"), ("2022", "2025"), ("2020", "2025")])
def test_transitions_of_gtmi_as_the_published_groups_give_them(root, oracle, waves_of_gtmi, old, new):
    table = pd.read_csv(sources.verified(sources.read_source(root, "gtmi"), "gtmi_2020_2022_2025.csv"),
                        keep_default_na=False, na_values=[""])
    groups = table.pivot(index="country_code", columns="year", values="grp")[[int(old), int(new)]].dropna()
    expected = pd.crosstab(groups[int(old)], groups[int(new)]).reindex(index=list("DCBA"), columns=list("DCBA"),
                                                                      fill_value=0)
    before, after = waves_of_gtmi[old].grade, waves_of_gtmi[new].grade
    found = transition_matrix(before, after, 4)
    oracle("матрица переходов GTMI: страны и доли", "группы A–D Всемирного банка, сосчитано pandas.crosstab",
           np.r_[found.counts.to_numpy().ravel(), found.shares.to_numpy().ravel()],
           np.r_[expected.to_numpy().ravel(), expected.div(expected.sum(axis=1), axis=0).to_numpy().ravel()], 1e-12)
    pd.testing.assert_frame_equal(found.counts, cross_table(before, after, 4))
    assert found.directions["units"].sum() == len(groups)
    fell = groups.apply(lambda column: column.map({"D": 1, "C": 2, "B": 3, "A": 4}))
    fell = fell.index[fell[int(old)] - fell[int(new)] >= 2]
    assert set(falls(before, after).index) == set(fell)


def test_the_rise_of_the_lowest_countries_is_no_more_than_a_return_to_the_mean(waves_of_gtmi):
    """GTMI 2020 to 2022, were its reliability .9: the lowest quarter rose by .018 and would have returned by .032."""
    before, after = waves_of_gtmi["2020"].index, waves_of_gtmi["2022"].index
    group = before.nsmallest(len(before) // 4).index
    found = real_progress(before, after, reliability=0.9, group=group)
    assert found.n == len(before.index.intersection(after.dropna().index))
    assert found.change == pytest.approx(0.018, abs=0.0005)
    assert found.expected == pytest.approx(0.032, abs=0.0005)
    assert found.interval[1] > 0 > found.beyond
    assert found.change == pytest.approx((after - before)[group].mean())


def test_equal_falls_keep_the_order_of_the_units():
    """Forty units that fell by two among forty that fell by three: first these, then those, each as they stood."""
    units = [f"R{number:02d}" for number in range(80)]
    before = pd.Series(5.0, units)
    after = pd.Series(np.where(np.arange(80) % 2, 2.0, 3.0), units)
    found = falls(before, after)
    assert list(found.index) == units[1::2] + units[::2]
    assert found["fall"].to_list() == [3] * 40 + [2] * 40
    assert list(found) == ["before", "after", "fall"]
    assert {dtype.kind for dtype in found.dtypes} == {"i"}


@pytest.mark.parametrize("intervals", ["wilson", "clopper-pearson", "goodman"])
def test_tables_of_transitions_are_labelled_and_follow_the_confidence(intervals):
    levels = moved([8, 3, 1], [2, 9, 4], [0, 1, 6])
    narrow, wide = (transition_matrix(*levels, 3, intervals=intervals, confidence=confidence)
                    for confidence in (0.5, 0.99))
    for table in (narrow.counts, narrow.shares, narrow.low, narrow.high):
        assert (table.index.name, list(table.index), list(table.columns)) == ("before", [1, 2, 3], [1, 2, 3])
    assert list(narrow.directions.index) == ["up", "same", "down"]
    assert list(narrow.directions) == ["units", "share", "low", "high"]
    assert narrow.directions["units"].to_dict() == {"up": 8, "same": 23, "down": 3}
    inside = (narrow.counts > 0).to_numpy()
    assert (wide.low.to_numpy() < narrow.low.to_numpy())[inside].all()
    assert (narrow.high < wide.high).to_numpy().all()
    assert (wide.directions["low"] < narrow.directions["low"]).all()
    assert (narrow.directions["high"] < wide.directions["high"]).all()
    assert (narrow.intervals, narrow.confidence, wide.confidence) == (intervals, 0.5, 0.99)


@pytest.mark.parametrize(("call", "words"), [
    (lambda b, e: reliabilities(b, e.rename({"A": "X"})), "Ошибки баллов: наборы кодов различаются."),
    (lambda b, e: reliabilities(b.where(b > 20), e), "Баллы: пропущено значений 1"),
    (lambda b, e: reliabilities(b, e.where(b > 20)), "Ошибки баллов: пропущено значений 1"),
    (lambda b, e: reliabilities(b, -e), "Ошибка балла не может быть отрицательной: A = -1."),
    (lambda b, e: regression_to_mean(b.where(b > 20), 0.5), "Первые баллы: пропущено значений 1"),
    (lambda b, e: regression_to_mean(b, e.drop("A")), "Надёжность: наборы кодов различаются."),
    (lambda b, e: regression_to_mean(b, 0.0), "Надёжность должна быть больше 0 и не больше 1, найдено 0."),
    (lambda b, e: regression_to_mean(b, e * 1.5), "Надёжность должна быть больше 0 и не больше 1, найдено 1.5."),
])
def test_refusals_begin_with_what_is_wrong(call, words):
    with pytest.raises(InputError) as raised:
        call(pd.Series({"A": 20.0, "B": 40.0, "C": 90.0}), pd.Series(1.0, list("ABC")))
    assert str(raised.value).startswith(words)


def test_reliabilities_and_expected_changes_are_named_and_may_be_one():
    scores, errors = pd.Series([20.0, 40, 90], list("ABC")), pd.Series([2.0, 4, 8], list("ABC"))
    found = reliabilities(scores, errors[::-1])
    between = scores.var() - (errors**2).mean()
    assert found.to_dict() == pytest.approx((between / (between + errors**2)).to_dict())
    assert found.name == "reliability"
    expected = regression_to_mean(scores, found[::-1])
    assert expected.name == "expected_change"
    assert expected.to_dict() == pytest.approx(((found - 1) * (scores - 50)).to_dict())
    assert regression_to_mean(scores, 1.0).to_list() == [0, 0, 0]
