"""Agreement of several raters: published examples, independent programs, degenerate data, words of the refusals."""

import numpy as np
import pandas as pd
import pytest
from peers import LEVELS, peer_ratings
from scipy import stats
from statsmodels.stats import inter_rater

from methods.agreement.kappa import cohen_kappa
from methods.agreement.raters import fleiss_kappa, gwet_ac1, krippendorff_alpha
from methods.errors import InputError, NotPublishable

# Fleiss (1971), table 1: 30 patients, six psychiatrists each, five diagnoses; as in irr (R).
DIAGNOSES = pd.DataFrame([[int(c) for c in row] for row in (
    "444444", "222555", "233335", "555555", "222444", "113333", "333355", "113334", "114444", "555555", "144444",
    "124444", "222333", "144444", "224445", "333335", "111455", "111112", "224444", "133555", "555555", "244444",
    "224555", "114444", "144445", "222224", "111155", "224444", "133333", "555555")])
# English Wikipedia, Fleiss' kappa: 10 units, 14 raters, counts by category.
WIKIPEDIA = [[0, 0, 0, 0, 14], [0, 2, 6, 4, 2], [0, 0, 3, 5, 6], [0, 3, 9, 2, 0], [2, 2, 8, 1, 1], [7, 7, 0, 0, 0],
             [3, 2, 6, 3, 0], [2, 5, 3, 2, 2], [6, 5, 2, 1, 0], [0, 2, 2, 3, 7]]
# Krippendorff, Computing Krippendorff's alpha-reliability (2011), example C; cac.raw4raters of irrCAC.
FOUR_RATERS = pd.DataFrame([[float(c) if c != "-" else np.nan for c in row] for row in (
    "11-1", "2232", "3333", "3333", "2222", "1234", "4444", "1121", "2222", "-555", "--11", "--3-")],
    columns=["э1", "э2", "э3", "э4"])
# The example of the package krippendorff (fast-krippendorff, sample.py): 15 units, three raters.
THREE_RATERS = pd.DataFrame({
    "A": [np.nan] * 5 + [3, 4, 1, 2, 1, 1, 3, 3, np.nan, 3],
    "B": [1, np.nan, 2, 1, 3, 3, 4, 3, *[np.nan] * 7],
    "C": [np.nan, np.nan, 2, 1, 3, 4, 4, np.nan, 2, 1, 1, 3, 3, np.nan, 4]})


def raters_of(counts):
    """Ratings whose counts by unit and category these are; which rater gave which does not matter."""
    return pd.DataFrame([np.repeat(np.arange(len(row)), row) for row in counts])


# Fleiss' kappa and AC1.

def test_fleiss_1971_and_wikipedia(oracle):
    found = fleiss_kappa(DIAGNOSES)
    oracle("Каппа Флейса", "Fleiss (1971), 30 диагнозов; irr, kappam.fleiss", found.value, 0.4302445, 5e-8)
    oracle("Каппа Флейса: проверка", "irr, kappam.fleiss: z", stats.norm.isf(found.p / 2), 17.7, 0.05)
    oracle("Каппа Флейса", "Википедия, 10 единиц и 14 оценок", fleiss_kappa(raters_of(WIKIPEDIA)).value, 0.210, 5e-4)
    assert found.categories["share"].sum() == pytest.approx(1)


def test_fleiss_kappa_of_each_category_is_that_of_two_categories():
    """Fleiss (1971), section on agreement in one category: all others merged."""
    found = fleiss_kappa(DIAGNOSES).categories
    for category in found.index:
        merged = fleiss_kappa((category == DIAGNOSES).astype(int))
        assert found.loc[category, "kappa"] == pytest.approx(merged.value)


@pytest.mark.parametrize("seed", range(5))
def test_fleiss_kappa_is_that_of_statsmodels(seed, oracle):
    ratings = peer_ratings(2 * seed)
    oracle("Каппа Флейса, случайные таблицы", "statsmodels, fleiss_kappa", fleiss_kappa(ratings).value,
           inter_rater.fleiss_kappa(inter_rater.aggregate_raters(ratings)[0]), 1e-10)


def test_gaps_and_standard_errors_of_irrcac(oracle):
    """cac.raw4raters, printed to five digits: coefficient, standard error, p; agreement and chance."""
    fleiss, ac1 = (function(FOUR_RATERS, interval="asymptotic") for function in (fleiss_kappa, gwet_ac1))
    oracle("Каппа Флейса с пропусками: ошибка Гвета", "irrCAC, fleiss.kappa.raw(cac.raw4raters)",
           [fleiss.value, fleiss.se, fleiss.agreement, fleiss.expected, fleiss.interval[0]],
           [0.76117, 0.15302, 0.8181818, 0.2387153, 0.424], 5e-4)
    oracle("AC1 Гвета с пропусками", "irrCAC, gwet.ac1.raw(cac.raw4raters)",
           [ac1.value, ac1.se, ac1.p, ac1.expected], [0.77544, 0.14295, 0.000208721, 0.1903212], 5e-6)
    assert (fleiss.n, fleiss.single, fleiss.raters) == (12, 1, 4)
    assert np.isnan(fleiss.p)
    counts = [[0, 0, 0, 6, 0], [0, 3, 0, 0, 3], [0, 1, 4, 0, 1], [0, 0, 0, 0, 6], [0, 3, 0, 3, 0], [2, 0, 4, 0, 0],
              [0, 0, 4, 0, 2], [2, 0, 3, 1, 0], [2, 0, 0, 4, 0], [0, 0, 0, 0, 6], [1, 0, 0, 5, 0], [1, 1, 0, 4, 0],
              [0, 3, 3, 0, 0], [1, 0, 0, 5, 0], [0, 2, 0, 3, 1]]
    fleiss, ac1 = (function(raters_of(counts)) for function in (fleiss_kappa, gwet_ac1))
    oracle("Каппа Флейса и AC1: 15 пациентов, 6 врачей", "irrCAC, distrib.6raters",
           [fleiss.value, fleiss.se, ac1.value, ac1.se], [0.4139265, 0.08119291, 0.4448007, 0.08418757], 5e-8)


@pytest.mark.parametrize("function", [fleiss_kappa, gwet_ac1])
@pytest.mark.parametrize("seed", [0, 1, 4])
def test_jackknife_of_several_raters_is_the_brute_force_one(function, seed):
    ratings = peer_ratings(seed)
    found = function(ratings, range(1, 6))
    without = np.array([function(ratings.drop(index=unit), range(1, 6)).value for unit in ratings.index])
    error = np.sqrt((len(without) - 1) / len(without) * ((without - without.mean()) ** 2).sum())
    half = (found.interval[1] - found.interval[0]) / 2 if found.interval[1] < 1 else found.value - found.interval[0]
    assert stats.t.ppf(0.975, len(without) - 2) * 0.999 <= half / error <= stats.t.ppf(0.975, 3)


# Krippendorff's alpha.

def test_krippendorffs_examples(oracle):
    oracle("Альфа Криппендорфа: номинальная и интервальная", "пример пакета krippendorff (fast-krippendorff)",
           [krippendorff_alpha(THREE_RATERS, level).value for level in ("nominal", "interval")], [0.691, 0.811], 5e-4)
    oracle("Альфа Криппендорфа, четыре уровня", "Krippendorff (2011), пример C; irr, kripp.alpha",
           [krippendorff_alpha(FOUR_RATERS, level).value for level in LEVELS], [0.743, 0.815, 0.849, 0.797], 5e-4)


def test_hundred_tables_agree_with_the_package_krippendorff(root, oracle):
    """Four levels, half of the tables with gaps. See peers.py."""
    peers = pd.read_csv(root / "tests" / "reference" / "peers_categorical.csv", index_col="seed")
    ours = [[krippendorff_alpha(peer_ratings(seed), level).value for level in LEVELS] for seed in peers.index]
    assert len(peers) == 100
    oracle("Альфа Криппендорфа: 100 таблиц с пропусками и повторами", "krippendorff 0.9, alpha, четыре уровня", ours,
           peers[LEVELS].to_numpy(), 1e-10)


@pytest.mark.parametrize("level", LEVELS)
def test_jackknife_of_alpha_is_the_brute_force_one(level):
    found = krippendorff_alpha(FOUR_RATERS, level)
    paired = FOUR_RATERS[FOUR_RATERS.notna().sum(axis=1) >= 2]
    without = np.array([krippendorff_alpha(paired.drop(index=unit), level).value for unit in paired.index])
    error = np.sqrt(10 / 11 * ((without - without.mean()) ** 2).sum())
    assert (found.value - found.interval[0]) / error >= stats.t.ppf(0.975, 9)
    assert (found.n, found.single, found.ratings, found.raters) == (11, 1, 40, 4)


def test_bootstrap_of_alpha_repeats_by_its_seed_and_is_near_the_jackknife():
    ratings = pd.concat([peer_ratings(seed).iloc[:, :3] for seed in range(12)], ignore_index=True)
    one, again, other = (krippendorff_alpha(ratings, interval="bootstrap", seed=seed) for seed in (0, 0, 1))
    assert one.interval == again.interval
    assert one.interval != other.interval
    assert (one.method, one.draws, one.seed) == ("bootstrap", 1000, 0)
    shuffled = krippendorff_alpha(ratings.sample(frac=1, random_state=4), interval="bootstrap")
    assert shuffled.interval == pytest.approx(one.interval)
    jackknife = krippendorff_alpha(ratings)
    assert jackknife.draws == 0
    assert one.interval == pytest.approx(jackknife.interval, abs=0.02)


def test_alpha_is_kappa_and_correlation_in_their_limits():
    """Nominal with two raters and many units: Scott's pi; interval: the intraclass correlation; levels by meaning."""
    rng = np.random.default_rng(2)
    latent = rng.normal(size=(3000, 1)) + rng.normal(size=(3000, 2))
    ratings = pd.DataFrame(np.clip(np.round(latent + 3), 1, 5))
    assert krippendorff_alpha(ratings, "nominal").value == pytest.approx(fleiss_kappa(ratings).value, abs=5e-4)
    words = ratings.replace({1: "а", 2: "б", 3: "в", 4: "г", 5: "д"})
    for level, same in zip(LEVELS, (words, ratings**3, ratings * 7 + 2, ratings * 7), strict=True):
        assert krippendorff_alpha(same, level).value == pytest.approx(krippendorff_alpha(ratings, level).value)


def test_raters_who_rated_a_part_are_named():
    """EXP-17: share answered and what was done."""
    assert krippendorff_alpha(FOUR_RATERS).why == (
        "оценили не всё: э1 — 9 из 12, э2 — 10 из 12, э3 — 11 из 12, э4 — 11 из 12; каждая пара оценок одной единицы "
        "учтена")
    assert krippendorff_alpha(DIAGNOSES).why == ""


@pytest.mark.parametrize(("ratings", "options", "error", "words"), [
    ({"э1": [1, 2, 3]}, {}, NotPublishable, "нужно не меньше двух экспертов с оценками, найдено 1: согласованность не"),
    ({"э1": [1, 2, None], "э2": [2, 1, 3]}, {}, NotPublishable, "не меньше 3 единиц с двумя оценками, найдено 2"),
    ({"э1": list("абв"), "э2": list("абв")}, {"level": "ordinal"}, InputError, "на уровне ordinal нужны числа"),
    ({"э1": [1, -2, 3], "э2": [1, 2, 3]}, {"level": "ratio"}, InputError, "должны быть не меньше 0, найдено -2"),
    ({"э1": [1, np.inf, 3], "э2": [1, 2, 3]}, {}, InputError, "найдена бесконечность"),
    ({"э1": [1, 2, 3], "э2": [1, 2, 3]}, {"draws": 0}, InputError, "повторов должно быть не меньше 1"),
    ({"э1": [1, 2, 3], "э2": [1, 2, 3]}, {"level": "metric"}, InputError, "неизвестно «metric», допустимо: nominal"),
])
def test_what_alpha_cannot_use_is_refused_in_words(ratings, options, error, words):
    with pytest.raises(error) as raised:
        krippendorff_alpha(pd.DataFrame(ratings), **options)
    assert words in str(raised.value)


# All three.

def test_everybody_in_one_category_leaves_the_coefficients_undefined_with_words():
    """EXP-13: full agreement on one category."""
    ones = pd.DataFrame({"a": [1] * 4, "b": [1] * 4})
    fleiss, alpha = fleiss_kappa(ones, categories=[1, 2]), krippendorff_alpha(ones)
    assert np.isnan([fleiss.value, alpha.value]).all()
    assert fleiss.why == "коэффициент не определён: все оценки — «1»; доля согласия 100 %"
    assert alpha.why == "альфа не определена: все оценки равны «1»; доля согласия 100 %"
    assert gwet_ac1(ones, categories=[1, 2]).value == 1
    assert "задать в categories" in gwet_ac1(ones).why


def test_full_agreement_on_several_categories():
    """Fleiss' kappa has the lower bound of Cohen's; for alpha the data give none."""
    x = pd.Series([1, 2, 3, 2, 1, 3, 2, 1])
    ratings = pd.DataFrame({"a": x, "b": x})
    assert fleiss_kappa(ratings).interval == pytest.approx(cohen_kappa(x, x).interval)
    assert np.isnan(krippendorff_alpha(ratings).interval).all()


def test_one_deviating_unit_leaves_no_jackknife_interval():
    ratings = pd.DataFrame({"э1": [1] * 9 + [2], "э2": [1] * 10})
    for found in (fleiss_kappa(ratings), krippendorff_alpha(ratings)):
        assert np.isnan(found.interval).all()
        assert found.why == "интервал не определён: без одной единицы нет разброса"
    assert np.isfinite(gwet_ac1(ratings).interval).all()


@pytest.mark.parametrize("function", [fleiss_kappa, gwet_ac1, krippendorff_alpha])
def test_coefficients_do_not_see_the_order_of_units_or_raters(function):
    ratings = peer_ratings(7)
    found = function(ratings)
    shuffled = function(ratings.sample(frac=1, random_state=1).sample(frac=1, axis=1, random_state=2))
    assert (shuffled.value, *shuffled.interval) == pytest.approx((found.value, *found.interval))
    moved = ratings.copy()                                      # which rater gave which rating does not matter
    moved[:] = np.sort(ratings.to_numpy(), axis=1)
    assert function(moved).value == pytest.approx(found.value)


@pytest.mark.parametrize("function", [fleiss_kappa, gwet_ac1, krippendorff_alpha])
def test_too_few_pairs_and_an_expert_who_occurs_twice_are_refused(function):
    """EXP-14 (twice)."""
    with pytest.raises(NotPublishable, match="не меньше 3 единиц с двумя оценками, найдено 2: согласованность не"):
        function(pd.DataFrame({"э1": [1, 2, None], "э2": [2, 1, 3]}))
    with pytest.raises(InputError, match="эксперты: код повторяется: э1"):
        function(FOUR_RATERS.set_axis(["э1", "э2", "э1", "э4"], axis=1))


@pytest.mark.slow
def test_default_intervals_hold_the_truth():
    """500 samples of 85 units with grades 1-5 from normal latent values correlated .7; population values by quadrature
    (two raters) and from 400,000 units. 95 % +- 3 binomial errors of .0097."""
    rng = np.random.default_rng(20260501)
    cuts = stats.norm.ppf(np.cumsum([0.1, 0.2, 0.4, 0.2]))

    def sample(n):
        latent = np.sqrt(0.7) * rng.normal(size=(n, 1)) + np.sqrt(0.3) * rng.normal(size=(n, 4))
        return pd.DataFrame(np.searchsorted(cuts, latent) + 1.0)

    def all_four(ratings):
        return {"kappa": cohen_kappa(ratings[0], ratings[1], "quadratic"), "fleiss": fleiss_kappa(ratings),
                "ac1": gwet_ac1(ratings), "alpha": krippendorff_alpha(ratings)}

    truth = {name: found.value for name, found in all_four(sample(400_000)).items()}
    held = dict.fromkeys(truth, 0)
    for _ in range(500):
        for name, found in all_four(sample(85)).items():
            held[name] += found.interval[0] <= truth[name] <= found.interval[1]
    assert all(0.92 <= count / 500 <= 0.98 for count in held.values()), held


def test_units_with_a_single_rating_are_counted():
    """Two units that one expert rated, three that two did, one that all did."""
    ratings = pd.DataFrame({"э1": [1, 2, 1, 2, 1, 2], "э2": [None, None, 1, 2, 2, 2], "э3": [None] * 5 + [1]},
                           dtype=float)
    assert [function(ratings).single for function in (fleiss_kappa, gwet_ac1, krippendorff_alpha)] == [2, 2, 2]


@pytest.mark.parametrize(("function", "name"), [(fleiss_kappa, "Каппа Флейса"), (gwet_ac1, "AC1 Гвета")])
def test_messages_name_the_coefficient(function, name):
    with pytest.raises(NotPublishable, match=f"^{name}: нужно не меньше 3 единиц"):
        function(pd.DataFrame({"э1": [1, 2, None], "э2": [2, 1, 3]}))


@pytest.mark.parametrize("function", [fleiss_kappa, gwet_ac1])
@pytest.mark.parametrize("interval", ["jackknife", "asymptotic"])
def test_intervals_of_kappas_grow_with_the_confidence(function, interval):
    narrow, wide = (function(FOUR_RATERS, confidence=confidence, interval=interval) for confidence in (0.5, 0.9))
    assert wide.interval[0] < narrow.interval[0] < narrow.value < narrow.interval[1] <= wide.interval[1]
    assert (narrow.confidence, narrow.method) == (0.5, interval)
    assert (narrow.se, narrow.p) == pytest.approx((wide.se, wide.p), nan_ok=True)


@pytest.mark.parametrize("interval", ["jackknife", "bootstrap"])
def test_intervals_of_alpha_grow_with_the_confidence_and_say_how_they_were_made(interval):
    narrow, wide = (krippendorff_alpha(FOUR_RATERS, confidence=confidence, interval=interval, draws=400, seed=2)
                    for confidence in (0.5, 0.9))
    assert wide.interval[0] < narrow.interval[0] < narrow.interval[1] <= wide.interval[1]
    assert (narrow.confidence, narrow.method, narrow.seed, narrow.level) == (0.5, interval, 2, "ordinal")
    assert narrow.draws == (400 if interval == "bootstrap" else 0)
    assert (narrow.n, narrow.single, narrow.raters) == (11, 1, 4)
    assert narrow.ratings == int(FOUR_RATERS.notna().sum().sum()) - 1
    assert 1 - narrow.observed / narrow.expected == pytest.approx(narrow.value)


def test_bootstrap_of_alpha_is_the_percentile_interval_of_units_drawn_anew():
    """300 own resamples of units against 4,000 of the function: an end of theirs has a standard error of about .02."""
    rng, rows = np.random.default_rng(5), FOUR_RATERS[FOUR_RATERS.notna().sum(axis=1) >= 2]
    drawn = []
    for _ in range(300):
        sample = rows.iloc[rng.integers(0, len(rows), len(rows))].reset_index(drop=True)
        drawn.append(krippendorff_alpha(sample, "nominal").value)
    found = krippendorff_alpha(FOUR_RATERS, "nominal", 0.8, "bootstrap", draws=4000)
    assert found.interval == pytest.approx(tuple(np.nanquantile(drawn, [0.1, 0.9])), abs=0.05)


def test_test_of_no_agreement_by_fleiss_nee_and_landis_with_three_ratings():
    """1979, eq. 12, in plain sums; p is two-sided. Not defined for different numbers of ratings."""
    ratings = pd.DataFrame(np.random.default_rng(6).integers(0, 3, (20, 3)))
    found = fleiss_kappa(ratings)
    shares = ratings.stack().value_counts(normalize=True)
    spread = (shares * (1 - shares)).sum()
    cubes = (shares * (1 - shares) * (1 - 2 * shares)).sum()
    variance = 2 * (spread**2 - cubes) / (20 * 3 * 2 * spread**2)
    assert found.p == pytest.approx(2 * stats.norm.sf(abs(found.value) / variance**0.5))
    assert np.isnan(fleiss_kappa(FOUR_RATERS).p)
    ac1 = gwet_ac1(ratings)
    assert ac1.p == pytest.approx(2 * stats.t.sf(abs(ac1.value) / ac1.se, 19))


def test_categories_are_labelled_and_the_possible_ones_count_for_ac1_only():
    ratings = pd.DataFrame({"э1": [1, 2, 1, 2, 1], "э2": [1, 2, 2, 2, 1]})
    for function in (fleiss_kappa, gwet_ac1):
        found = function(ratings, [1, 2, 3])
        assert list(found.categories.index) == [1, 2, 3]
        assert list(found.categories) == ["share", "kappa"]
        assert found.categories["share"].to_list() == pytest.approx([0.5, 0.5, 0])
        assert np.isnan(found.categories.loc[3, "kappa"])
        assert (found.n, found.raters, found.single, found.why) == (5, 2, 0, "")
        assert found.agreement == pytest.approx(0.8)
    assert fleiss_kappa(ratings, [1, 2, 3]).value == fleiss_kappa(ratings).value
    assert gwet_ac1(ratings, [1, 2, 3]).value > gwet_ac1(ratings).value
    assert gwet_ac1(ratings, [1, 2, 3]).expected == pytest.approx(0.5 / 2)


@pytest.mark.parametrize(("call", "words"), [
    (lambda: fleiss_kappa(FOUR_RATERS, confidence=95), "Каппа Флейса: доверие интервала должно быть"),
    (lambda: gwet_ac1(FOUR_RATERS, interval="normal"), "AC1 Гвета: неизвестно «normal», допустимо: jackknife, "
                                                       "asymptotic."),
    (lambda: krippendorff_alpha(FOUR_RATERS, confidence=95), "Альфа Криппендорфа: доверие интервала должно быть"),
    (lambda: krippendorff_alpha(FOUR_RATERS, interval="normal"), "Альфа Криппендорфа: неизвестно «normal», допустимо: "
                                                                 "jackknife, bootstrap."),
    (lambda: krippendorff_alpha(FOUR_RATERS, draws=0),
     "Альфа Криппендорфа: повторов должно быть не меньше 1, seed — не меньше 0; задано draws=0, seed=0."),
    (lambda: krippendorff_alpha(-FOUR_RATERS, "ratio"), "Альфа Криппендорфа: на уровне ratio оценки должны быть не "
                                                        "меньше 0, найдено -5."),
    (lambda: gwet_ac1(FOUR_RATERS.set_axis(list("абва"), axis=1)),
     "AC1 Гвета: эксперты: код повторяется: а (всего 1)."),
    (lambda: fleiss_kappa(FOUR_RATERS.rename(index={1: 0})), "Каппа Флейса: единицы: код повторяется: 0 (всего 1).")])
def test_refusals_begin_with_the_name_of_the_coefficient(call, words):
    with pytest.raises(InputError) as raised:
        call()
    assert str(raised.value).startswith(words)


def test_six_raters_of_a_part_are_told_as_five_and_one_more():
    ratings = pd.DataFrame({f"э{number}": [1, 2, 1, 2, None] for number in range(6)} | {"все": [1, 2, 1, 2, 2]})
    ratings.iloc[0, 0] = None
    assert fleiss_kappa(ratings).categories["share"].sum() == pytest.approx(1)
    assert krippendorff_alpha(ratings).why.startswith(
        "оценили не всё: э0 — 3 из 5, э1 — 4 из 5, э2 — 4 из 5, э3 — 4 из 5, э4 — 4 из 5 и ещё 1; каждая пара оценок "
        "одной единицы учтена")
