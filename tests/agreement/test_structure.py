"""Between and within, levels, ceilings, clienteles: published designs, peers, how often tests and intervals hold."""

import io
import itertools

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from scipy import stats
from statsmodels.genmod.generalized_estimating_equations import GEE
from statsmodels.stats.contingency_tables import StratifiedTable

from methods.agreement.structure import (
    LEVELS,
    _category,
    between_within,
    ceiling,
    differential_functioning,
    mantel,
    multilevel,
)
from methods.errors import InputError, NotPublishable

# R psych, data set withinBetween (after Pedhazur 1997, p. 677): 16 cases in four groups.
PEDHAZUR = pd.read_csv(io.StringIO("""
Group,V1,V2,V3,V4,V5,V6,V7,V8,V9
A,1,3,4,8,10,11,9,11,12
A,2,1,3,9,8,10,10,9,11
A,3,4,2,10,11,9,11,12,10
A,4,2,1,11,9,8,12,10,9
B,2,4,5,6,8,9,8,10,11
B,3,2,4,7,6,8,9,8,10
B,4,5,3,8,9,7,10,11,9
B,5,3,2,9,7,6,11,9,8
C,3,5,6,9,11,12,7,9,10
C,4,3,5,10,9,11,8,7,9
C,5,6,4,11,12,10,9,10,8
C,6,4,3,12,10,9,10,8,7
D,4,6,7,7,9,10,6,8,9
D,5,4,6,8,7,9,7,6,8
D,6,7,5,9,10,8,8,9,7
D,7,5,4,10,8,7,9,7,6"""))
# Agresti (2002), Categorical Data Analysis, table 7.8: income x job satisfaction, women and men.
JOBS = [[[1, 3, 11, 2], [2, 3, 17, 3], [0, 1, 8, 5], [0, 2, 4, 2]],
        [[1, 1, 2, 1], [0, 3, 5, 1], [0, 0, 7, 3], [0, 1, 9, 6]]]


def country(seed, regions=12, slope=(0.3, -0.4), family="normal", sizes=None):
    """Checklist, survey and region of centres: the link within regions and between them may differ."""
    rng = np.random.default_rng(seed)
    size = rng.integers(3, 12, regions) if sizes is None else np.asarray(sizes)
    region = np.repeat(np.arange(len(size)), size)
    high, low = rng.normal(size=len(size))[region], rng.normal(size=len(region))
    x = high + low
    y = slope[1] * high + rng.normal(size=len(size))[region] + slope[0] * low + rng.normal(size=len(region))
    if family == "ceiling":
        x, y = stats.norm.cdf(x / 2**0.5) ** (1 / 6), stats.norm.cdf(y / 2**0.5) ** (1 / 3)
    labels = [f"C{i:03d}" for i in range(len(region))]
    return (pd.Series(x, labels, name="чек-лист"), pd.Series(y, labels, name="опрос"),
            pd.Series([f"R{number:02d}" for number in region], labels))


def respondents(seed, centres=40, asked=(20, 8), questions=8, impact=-0.3, strange=0.0, steeper=0.0):
    """Marks 1-5 near the ceiling of two clienteles; halo, centres, and what the clienteles differ in."""
    rng = np.random.default_rng(seed)
    centre = np.repeat(np.arange(centres), sum(asked))
    employer = np.tile(np.repeat([0.0, 1.0], asked), centres)
    seen = rng.normal(0, 0.4, (centres, 1)) + rng.normal(0, 0.3, (centres, questions))
    level = 0.67 * rng.normal(size=(len(centre), 1)) + impact * employer[:, None]
    latent = (seen[centre] + employer[:, None] * rng.normal(0, 0.3, (centres, questions))[centre] + level
              + 0.74 * rng.normal(size=(len(centre), questions)))
    latent[:, 0] += employer * (strange + steeper * level[:, 0])
    marks = 1.0 + sum((latent - step > -0.9).astype(float) for step in (-1.2, -0.8, -0.3, 0.4))
    marks[rng.random(marks.shape) < 0.06] = np.nan
    return (pd.DataFrame(marks, columns=[f"В{i}" for i in range(questions)]),
            pd.Series(np.where(employer > 0, "Р", "С")), pd.Series(centre))


# Between and within.

def test_design_of_pedhazur_with_links_of_one_zero_and_minus_one(oracle):
    """Both correlations were set to 1, 0 or -1; all combinations but (1, 1) occur among the 36 pairs."""
    names = PEDHAZUR.columns[1:]
    found = [between_within(PEDHAZUR[a], PEDHAZUR[b], PEDHAZUR["Group"]) for a, b in itertools.combinations(names, 2)]
    levels = [(each.between, each.within) for each in found]
    oracle("корреляции между группами и внутри групп заданного набора", "R psych, набор withinBetween: 1, 0 и −1",
           levels, np.round(levels), 1e-12)
    combinations = set(itertools.product((-1.0, 0.0, 1.0), repeat=2)) - {(1.0, 1.0)}
    assert {tuple(np.round(pair) + 0.0) for pair in levels} == combinations


@pytest.mark.parametrize("seed", range(4))
def test_the_parts_add_up_exactly(oracle, seed):
    x, y, region = country(seed)
    found = between_within(x, y, region)
    parts = found.sums.loc["between"] + found.sums.loc["within"]
    oracle("межгрупповая и внутригрупповая ковариации складываются в полную", "тождество дисперсионного анализа",
           parts, np.cov(x, y, ddof=0)[[0, 1, 0], [0, 1, 1]], 1e-12)
    eta = np.sqrt([found.share_x, found.share_y])
    robinson = eta.prod() * found.between + np.sqrt(1 - eta**2).prod() * found.within
    oracle("корреляция единиц из межгрупповой и внутригрупповой", "Robinson (1950), тождество", robinson,
           np.corrcoef(x, y)[0, 1], 1e-12)


@pytest.mark.parametrize("seed", range(3))
def test_slopes_behind_the_correlations_agree_with_least_squares(oracle, seed):
    x, y, region = country(seed)
    data = pd.DataFrame({"x": x, "y": y, "region": region})
    within = smf.ols("y ~ x + C(region)", data).fit()
    size = data.groupby("region").size()
    means = data.groupby("region")[["x", "y"]].mean()
    between = smf.wls("y ~ x", means, weights=size).fit()
    found = between_within(x, y, region)
    parts = found.sums["covariance"] / found.sums["variance_x"]
    oracle("наклоны внутри групп и между ними", "statsmodels: OLS с регионами и WLS средних",
           parts[["within", "between"]], [within.params["x"], between.params["x"]], 1e-10)
    t = within.tvalues["x"]
    oracle("корреляция внутри групп, n − g − 1 степеней свободы", "statsmodels: частная корреляция из t",
           found.within, t / np.sqrt(t**2 + within.df_resid), 1e-10)
    assert within.df_resid == found.n - found.groups - 1


def test_jackknife_agrees_with_leaving_regions_out_one_by_one():
    x, y, region = country(5)
    found = between_within(x, y, region)
    for name in ("between", "within"):
        z = np.arctanh([getattr(between_within(x[region != out], y[region != out], region[region != out]), name)
                        for out in region.unique()])
        g = len(z)
        added = z.mean() - z
        error = np.sqrt((g - 1) / g * (added**2).sum())
        freedom = min(g - 2, 2 / (2 / (g - 1) + max(stats.kurtosis(added, bias=False), 0) / g))
        half = stats.t.ppf(0.975, freedom) * error
        expected = np.tanh(np.arctanh(getattr(found, name)) + np.array([-half, half]))
        assert getattr(found, f"{name}_interval") == pytest.approx(tuple(expected))


def test_fisher_intervals_by_hand():
    x, y, region = country(6)
    found = between_within(x, y, region, interval="fisher")
    for value, interval, df in ((found.within, found.within_interval, found.n - found.groups - 2),
                                (found.between, found.between_interval, found.groups - 3)):
        half = 1.959963984540054 / df**0.5
        assert interval == pytest.approx(tuple(np.tanh(np.arctanh(value) + np.array([-half, half]))))


def test_simpsons_paradox_is_flagged_only_where_both_intervals_leave_out_zero():
    assert between_within(*country(1, 30, (0.9, -3.0))).reversal
    assert between_within(*country(1, 30, (-0.9, 3.0))).reversal
    assert not between_within(*country(1, 30, (0.9, 3.0))).reversal
    assert not between_within(*country(1, 30, (0.9, 0.0))).reversal


@pytest.mark.parametrize("seed", range(3))
def test_order_units_and_scale_do_not_matter(seed):
    x, y, region = country(seed)
    before = between_within(x, y, region)
    after = between_within(100 * x.sample(frac=1, random_state=seed) - 7, 3 * y, region.sample(frac=1, random_state=1))
    for name in ("total", "between", "within", "between_interval", "within_interval", "share_x"):
        assert getattr(after, name) == pytest.approx(getattr(before, name), rel=1e-9)


def test_gaps_are_left_out_and_counted():
    x, y, region = country(2)
    x.iloc[3], y = np.nan, y.drop(y.index[5])
    found = between_within(x, y, region)
    assert (found.n, found.dropped) == (len(region) - 2, 2)
    assert found.within == pytest.approx(between_within(x.drop(x.index[[3, 5]]), y, region).within)


def test_what_does_not_vary_is_undefined_and_says_so():
    region = pd.Series(list("AABBCCDDEE"))
    flat = pd.Series([1.0, 1, 2, 2, 3, 3, 4, 4, 5, 5])
    found = between_within(flat, pd.Series(np.arange(10.0)), region)
    assert np.isnan(found.within)
    assert found.why == "внутри групп: разброса нет, корреляция не определена"
    few = between_within(*country(0, sizes=[4, 4, 4]))
    assert np.isnan(few.between_interval).all()
    assert few.why == "групп меньше 5: интервалы складного ножа не определены"


@pytest.mark.parametrize(("change", "error", "words"), [
    (lambda x, y, r: (x, y, r.where(r.index != "C003")), InputError,
     "Связь между группами и внутри групп: не указана группа единиц: C003 (всего 1)."),
    (lambda x, y, r: (x.where(x.index != "C004", np.inf), y, r), InputError,
     "Связь между группами и внутри групп: значение должно быть конечным, найдена бесконечность: C004 × x."),
    (lambda x, y, r: (x, y, r.map(lambda _: "R")), NotPublishable,
     "Связь между группами и внутри групп: нужно не меньше 3 групп, в некоторых — две единицы и больше; найдено групп "
     "1, единиц 40."),
    (lambda x, y, r: (x, y.rename(lambda code: f"{code}!"), r), NotPublishable,
     "Связь между группами и внутри групп: нет ни одной единицы со всеми значениями. Проверьте, одинаковы ли коды "
     "единиц."),
    (lambda x, y, r: (pd.concat([x, x.head(1)]), y, r), InputError,
     "Связь между группами и внутри групп: x: код повторяется: C000 (всего 1)."),
])
def test_refusals_in_words(change, error, words):
    with pytest.raises(error) as raised:
        between_within(*change(*country(3, sizes=[10] * 4)))
    assert str(raised.value) == words


def test_unknown_interval_and_confidence_are_refused_in_words():
    with pytest.raises(InputError, match="интервал «бутстреп» неизвестен, допустимы jackknife и fisher"):
        between_within(*country(3), interval="бутстреп")
    with pytest.raises(InputError, match="доверие интервала должно быть больше 0 и меньше 1, найдено 95"):
        between_within(*country(3), confidence=95)


@pytest.mark.slow
@pytest.mark.parametrize(("family", "least"), [("normal", 0.92), ("ceiling", 0.90)])
def test_jackknife_intervals_hold_about_95_times_of_100(family, least):
    """400 countries of 40 regions; the truth from one of 20,000. Standard error of the share: 1.1 points."""
    truth = between_within(*country(99, 20_000, family=family))
    held = np.zeros(2)
    for seed in range(400):
        found = between_within(*country(seed, 40, family=family))
        held += [found.between_interval[0] < truth.between < found.between_interval[1],
                 found.within_interval[0] < truth.within < found.within_interval[1]]
    assert (held / 400 >= least).all()
    assert (held / 400 <= 0.985).all()


# Levels.

@pytest.mark.parametrize("seed", range(3))
def test_multilevel_model_agrees_with_mixedlm(oracle, seed):
    checklist, survey, region = country(seed, 15)
    size = pd.Series(np.random.default_rng(seed).uniform(5, 90, len(region)), region.index)
    data = pd.DataFrame({"y": survey, "x": checklist, "log_size": np.log(size), "region": region})
    data["mean"] = data.groupby("region")["x"].transform("mean")
    data["apart"] = data["x"] - data["mean"]
    peer, context = (smf.mixedlm(formula, data, groups="region").fit(reml=True, method="bfgs", gtol=1e-9)
                     for formula in ("y ~ apart + mean + log_size", "y ~ x + mean + log_size"))
    found = multilevel(survey, checklist, size, region)
    theirs = [*peer.fe_params[["apart", "mean"]], context.fe_params["mean"], peer.fe_params["log_size"]]
    oracle("наклоны многоуровневой модели", "statsmodels MixedLM, REML",
           found.effects.loc[["within", "between", "contextual", "log_size"], "estimate"], theirs, 2e-5)
    same = (data["region"].to_numpy()[:, None] == data["region"].to_numpy()).astype(float)
    inverse = np.linalg.inv(float(peer.cov_re.iloc[0, 0]) * same + peer.scale * np.eye(len(data)))
    errors = [np.sqrt(np.diag(np.linalg.inv(x.T @ inverse @ x))) for x in (peer.model.exog, context.model.exog)]
    oracle("ошибки наклонов многоуровневой модели", "обобщённые наименьшие квадраты при дисперсиях MixedLM",
           found.effects.loc[["within", "between", "contextual", "log_size"], "se"],
           [*errors[0][1:3], errors[1][2], errors[0][3]], 2e-5)
    oracle("компоненты дисперсии многоуровневой модели", "statsmodels MixedLM, REML",
           [found.between_variance, found.within_variance], [float(peer.cov_re.iloc[0, 0]), peer.scale], 2e-4)


def test_the_contextual_effect_is_the_difference_of_the_slopes():
    checklist, survey, region = country(4, 20)
    found = multilevel(survey, checklist, pd.Series(10.0, region.index) + np.arange(len(region)), region).effects
    assert found.loc["between", "estimate"] - found.loc["within", "estimate"] == pytest.approx(
        found.loc["contextual", "estimate"], rel=1e-6)
    assert found["df"].to_dict() == {"within": len(region) - 4, "between": 18, "contextual": 18,
                                     "log_size": len(region) - 4}
    for row in found.itertuples():
        half = stats.t.ppf(0.975, row.df) * row.se
        assert (row.low, row.high) == pytest.approx((row.estimate - half, row.estimate + half))


@pytest.mark.slow
def test_intervals_of_the_slopes_hold_about_95_times_of_100():
    """300 countries of 25 regions with slopes .3 and -.4 (contextual -.7). Standard error of the share: 1.3 points."""
    held = np.zeros(3)
    for seed in range(300):
        rng = np.random.default_rng(seed)
        region = np.repeat(np.arange(25), rng.integers(3, 12, 25))
        high, low = rng.normal(size=25)[region], rng.normal(size=len(region))
        low = low - pd.Series(low).groupby(region).transform("mean").to_numpy()
        y = -0.4 * high + 0.7 * rng.normal(size=25)[region] + 0.3 * low + rng.normal(size=len(region))
        table = pd.DataFrame({"x": high + low, "y": y, "region": region, "size": rng.uniform(5, 90, len(region))})
        found = multilevel(table["y"], table["x"], table["size"], table["region"]).effects
        truth = pd.Series({"within": 0.3, "between": -0.4, "contextual": -0.7})
        held += [found.loc[name, "low"] < value < found.loc[name, "high"] for name, value in truth.items()]
    assert (held / 300 >= 0.91).all()
    assert (held / 300 <= 0.99).all()


@pytest.mark.parametrize(("change", "error", "words"), [
    (lambda s, c, z, r: (s, c, z.where(z.index != "C002", 0.0), r), InputError,
     "Многоуровневая модель: размер центра должен быть больше 0, иначе логарифма нет: C002 (всего 1)."),
    (lambda s, c, z, r: (s, c * 0 + 1, z, r), InputError,
     "Многоуровневая модель: чек-лист не различается внутри регионов, наклоны не разделить."),
    (lambda s, c, z, r: (s, c - c.groupby(r).transform("mean"), z, r), InputError,
     "Многоуровневая модель: чек-лист не различается между регионами, наклоны не разделить."),
    (lambda s, c, z, r: (s, c, z, r.where(r < "R02", "R02")), NotPublishable,
     "Многоуровневая модель: нужно не меньше 5 регионов, найдено 3."),
])
def test_refusals_of_the_multilevel_model_in_words(change, error, words):
    checklist, survey, region = country(3)
    size = pd.Series(np.linspace(10, 90, len(region)), region.index)
    with pytest.raises(error) as raised:
        multilevel(*change(survey, checklist, size, region))
    assert str(raised.value) == words


# Ceiling.

def test_ceiling_by_hand_and_by_scipy(oracle):
    marks, who, _ = respondents(0)
    found = ceiling(marks, (1, 5), who)
    employers = marks.loc[who == "Р", "В2"].dropna()
    share = (employers - 1) / 4
    row = found.loc[("Р", "В2")]
    assert row["n"] == len(employers)
    assert row["best"] == pytest.approx((employers == 5).mean())
    assert row["worst"] == pytest.approx((employers == 1).mean())
    oracle("асимметрия оценок", "scipy.stats.skew с поправкой", row["skewness"], stats.skew(employers, bias=False),
           1e-10)
    oracle("доля наибольшей дисперсии при этом среднем", "Bhatia, Davis (2000); пересчитано",
           row["room"], share.var(ddof=0) / (share.mean() * (1 - share.mean())), 1e-12)
    assert list(found.index.names) == ["clientele", "question"]
    pd.testing.assert_frame_equal(found, ceiling(marks.sample(frac=1, random_state=1), (1, 5), who))


def test_room_is_one_for_marks_at_the_ends_only_and_undefined_without_differences():
    marks = pd.DataFrame({"концы": [1.0, 5, 5, 5], "все лучшие": [5.0] * 4, "середина": [2.0, 3, 3, 4],
                          "пусто": [np.nan] * 4})
    found = ceiling(marks, (1, 5))
    assert found["room"].round(9).to_dict() == pytest.approx(
        {"концы": 1.0, "все лучшие": np.nan, "середина": 0.125, "пусто": np.nan}, nan_ok=True)
    assert np.isnan(found.loc["все лучшие", "skewness"])
    assert found.loc["все лучшие", "best"] == 1


@pytest.mark.parametrize("seed", range(20))
def test_room_is_never_above_one(seed):
    rng = np.random.default_rng(seed)
    found = ceiling(pd.DataFrame(rng.choice([1.0, 2, 3, 4, 5], size=(6, 5), p=rng.dirichlet(np.ones(5)))), (1, 5))
    assert (found["room"].dropna() <= 1 + 1e-12).all()


@pytest.mark.parametrize(("marks", "scale", "words"), [
    ({"Д1": [5.0, 6.0]}, (1, 5), "Потолок шкалы: оценка вне шкалы от 1 до 5: 6 (1 × Д1)."),
    ({"Д1": [5.0, 4.0]}, (5, 1), "Потолок шкалы: худшая оценка должна быть меньше лучшей, задано 5 и 1."),
    ({"Д1": ["5", "4"]}, (1, 5), "Потолок шкалы: нужны числа, не числа в столбцах: Д1."),
    ({"Д1": [5.0, np.inf]}, (1, 5), "Потолок шкалы: значение должно быть конечным, найдена бесконечность: 1 × Д1."),
])
def test_refusals_of_the_ceiling_in_words(marks, scale, words):
    with pytest.raises(InputError) as raised:
        ceiling(pd.DataFrame(marks), scale)
    assert str(raised.value) == words


def test_a_respondent_without_a_clientele_is_named():
    marks, who, _ = respondents(0)
    with pytest.raises(InputError, match=r"клиентела: не указана у респондентов: 7 \(всего 1\)"):
        ceiling(marks, (1, 5), who.drop(7))


# Clienteles.

def test_mantels_chi_square_of_job_satisfaction_in_agresti(oracle):
    rows = [(k, u, v) for k, table in enumerate(JOBS) for u, line in zip((3, 10, 20, 35), table, strict=True)
            for v, n in zip((1, 3, 4, 5), line, strict=True) for _ in range(n)]
    strata, income, satisfaction = (np.array(column) for column in zip(*rows, strict=True))
    statistic, p = mantel(satisfaction.astype(float), income.astype(float), strata)
    oracle("хи-квадрат Мантеля: доход и удовлетворённость работой", "Agresti (2002), 7.5.3: 6,1563, p = 0,0131",
           [statistic, p], [6.1563, 0.0131], 5e-5)


@pytest.mark.parametrize("seed", range(3))
def test_mantels_chi_square_of_two_marks_agrees_with_statsmodels(oracle, seed):
    rng = np.random.default_rng(seed)
    strata, x = rng.integers(0, 5, 400), rng.integers(0, 2, 400)
    y = rng.random(400) < 0.4 + 0.1 * x
    tables = [pd.crosstab(x[strata == k], y[strata == k]).to_numpy() for k in range(5)]
    oracle("хи-квадрат Мантеля — Хензеля", "statsmodels StratifiedTable без поправки на непрерывность",
           mantel(y.astype(float), x.astype(float), strata)[0],
           StratifiedTable(tables).test_null_odds(correction=False).statistic, 1e-9)


@pytest.mark.parametrize("seed", range(3))
def test_cluster_robust_score_agrees_with_gee_and_the_interaction_with_least_squares(oracle, seed):
    marks, who, centre = respondents(seed, strange=-0.2)
    level = pd.Series(np.random.default_rng(seed).integers(0, 6, len(who)).astype(float))
    found = differential_functioning(marks[["В0"]], who, centre, level).loc["В0"]
    used = marks["В0"].notna().to_numpy()
    y, g, k, c = (np.asarray(column)[used] for column in (marks["В0"], (who == "Р").astype(float), level, centre))
    dummies = (k[:, None] == np.arange(6)).astype(float)
    null = GEE(y, dummies, groups=c).fit()
    score = GEE(y, np.column_stack([dummies, g]), groups=c).compare_score_test(null)["statistic"]
    oracle("оценочный критерий различия, устойчивый к группировке по центрам", "statsmodels GEE.compare_score_test",
           found["chi_square"], score * 39 / 40, 1e-8)
    data = pd.DataFrame({"y": y, "g": g, "k": k, "moved": g * (k - k.mean()) / k.std()})
    clustered = {"groups": c, "use_correction": False}
    peer = smf.ols("y ~ C(k) + g + moved", data).fit(cov_type="cluster", cov_kwds=clustered)
    oracle("изменение различия с уровнем", "statsmodels OLS с ошибками по центрам",
           [found["interaction"], found["p_interaction"]],
           [peer.params["moved"], 2 * stats.norm.sf(abs(peer.tvalues["moved"]) * (39 / 40) ** 0.5)], 1e-8)


def test_standardised_mean_difference_by_loops():
    marks, who, centre = respondents(3)
    level = pd.Series(np.random.default_rng(3).integers(0, 5, len(who)).astype(float))
    expected = 0.0
    y = marks["В1"]
    focal = (who == "Р") & y.notna()
    for k in range(5):
        here = level == k
        expected += (focal & here).sum() / focal.sum() * (
            y[focal & here].mean() - y[(who == "С") & here].mean())
    found = differential_functioning(marks, who, centre, level).loc["В1"]
    assert found["smd"] == pytest.approx(expected)
    assert found["effect"] == pytest.approx(expected / y.std())
    assert (found["n_focal"], found["n_reference"]) == (focal.sum(), ((who == "С") & y.notna()).sum())


def test_a_planted_question_is_category_c_and_spoils_no_other():
    marks, who, centre = respondents(1, centres=80, strange=-0.6)
    found = differential_functioning(marks, who, centre)
    assert found["category"].to_dict() == {"В0": "C-", **{f"В{i}": "A" for i in range(1, 8)}}
    turned = differential_functioning(marks, who, centre, focal="С")
    assert turned.loc["В0", "category"] == "C+"
    assert turned.loc["В0", "chi_square"] == pytest.approx(found.loc["В0", "chi_square"])


def test_order_of_rows_and_questions_does_not_matter():
    marks, who, centre = respondents(2)
    mixed = differential_functioning(marks.sample(frac=1, random_state=0).sample(frac=1, axis=1, random_state=0),
                                     who.sample(frac=1, random_state=1), centre)
    pd.testing.assert_frame_equal(mixed.loc[marks.columns], differential_functioning(marks, who, centre))


def test_a_question_that_one_clientele_never_answered_has_no_category():
    marks, who, centre = respondents(2)
    marks.loc[who == "Р", "В3"] = np.nan
    found = differential_functioning(marks, who, centre)
    assert found.loc["В3", "category"] == ""
    assert np.isnan(found.loc["В3", "smd"])
    assert found["q"].drop("В3").notna().all()


def test_strata_are_not_more_than_stated_and_keep_equal_levels_together():
    marks, who, centre = respondents(2)
    twins = pd.Series(np.repeat([1.0, 2.0], len(who) // 2))
    few = differential_functioning(marks, who, centre, twins)
    many = differential_functioning(marks, who, centre, twins, levels=10 * LEVELS)
    pd.testing.assert_frame_equal(few, many)


@pytest.mark.parametrize(("change", "error", "words"), [
    (lambda m, w, c: (m, w.where(w.index > 0, "Х"), c), InputError,
     "Работа вопросов у двух клиентур: нужно ровно две клиентуры, найдено 3: Р, С, Х."),
    (lambda m, w, c: (m, w, c % 5), NotPublishable,
     "Работа вопросов у двух клиентур: ответы сгруппированы по центрам, нужно не меньше 10 центров, найдено 5."),
    (lambda m, w, c: (m, w, c.drop(9)), InputError,
     "Работа вопросов у двух клиентур: центр: не указана у респондентов: 9 (всего 1)."),
])
def test_refusals_of_differential_functioning_in_words(change, error, words):
    with pytest.raises(error) as raised:
        differential_functioning(*change(*respondents(0)))
    assert str(raised.value) == words


def test_unknown_focal_clientele_is_refused():
    with pytest.raises(InputError, match="клиентуры «бизнес» нет, есть Р, С"):
        differential_functioning(*respondents(0), focal="бизнес")


@pytest.mark.slow
def test_level_and_power_over_clustered_respondents():
    """150 surveys of 40 centres, 8 questions, employers lower by .3: 1200 tests without differences, standard error
    of the share .6 points if independent. Then a planted difference, and one that grows with the level."""
    plain, naive, slope = [], [], []
    for seed in range(150):
        found = differential_functioning(*respondents(seed))
        plain.append(found["p"] < 0.05)
        naive.append(stats.chi2.sf(found["mantel"], 1) < 0.05)
        slope.append(found["p_interaction"] < 0.05)
    assert 0.03 <= np.mean(plain) <= 0.07
    assert np.mean(naive) > np.mean(plain) + 0.01         # respondents of a centre are not independent
    assert 0.03 <= np.mean(slope) <= 0.08
    moved = [differential_functioning(*respondents(seed, strange=-0.5)).loc["В0"] for seed in range(40)]
    assert np.mean([row["q"] < 0.05 for row in moved]) > 0.95
    steeper = [differential_functioning(*respondents(seed, steeper=-1.0)).loc["В0"] for seed in range(40)]
    assert np.mean([row["q_interaction"] < 0.05 for row in steeper]) > 0.8


def test_interval_of_the_standardised_difference_by_loops_over_centres():
    """Two equal strata: what every centre adds to the error of the weighted difference, squared and summed."""
    marks, who, centre = respondents(5, centres=30)
    level = pd.Series(np.random.default_rng(5).integers(0, 2, len(who)).astype(float))
    y = marks["В1"]
    known = y.notna()
    focal = (who == "Р") & known
    rest = (who == "С") & known
    added = dict.fromkeys(centre.unique(), 0.0)
    apart = {k: y[focal & (level == k)].mean() - y[rest & (level == k)].mean() for k in (0, 1)}
    weight = {k: (focal & (level == k)).sum() / focal.sum() for k in (0, 1)}
    smd = sum(weight[k] * apart[k] for k in (0, 1))
    for i in y.index[known]:
        k = level[i]
        if focal[i]:
            added[centre[i]] += (y[i] - y[focal & (level == k)].mean() + apart[k] - smd) / focal.sum()
        else:
            added[centre[i]] -= weight[k] * (y[i] - y[rest & (level == k)].mean()) / (rest & (level == k)).sum()
    plain = 1.959964 * np.sqrt(sum(part**2 for part in added.values()))
    found = differential_functioning(marks, who, centre, level).loc["В1"]
    assert found["smd"] == pytest.approx(smd)
    half = (found["high"] - found["low"]) / 2
    assert half == pytest.approx(plain * np.sqrt(30 / 29), rel=1e-6)
    assert (found["low"] + found["high"]) / 2 == pytest.approx(smd)


# The whole of what is returned, and where categories begin.

@pytest.mark.parametrize(("effect", "q", "category"), [
    (0.17, 0.01, "A"), (0.171, 0.05, "B+"), (-0.25, 0.01, "B-"), (0.2501, 0.01, "C+"), (-0.3, 0.01, "C-"),
    (0.9, 0.051, "A"), (np.nan, 0.01, ""), (0.3, np.nan, "")])
def test_categories_begin_where_they_are_said_to(effect, q, category):
    assert _category(effect, q) == category


def test_tables_of_questions_are_labelled_and_tested_together():
    marks, who, centre = respondents(30)
    marks["В7"] = marks["В7"].where(who == "С")                 # never asked of the focal clientele
    found = differential_functioning(marks, who, centre)
    assert list(found) == ["n_focal", "n_reference", "smd", "low", "high", "sd", "effect", "chi_square", "p", "q",
                           "mantel", "interaction", "p_interaction", "q_interaction", "category"]
    assert (found.index.name, list(found.index)) == ("question", list(marks))
    for p, q in (("p", "q"), ("p_interaction", "q_interaction")):
        assert np.isnan(found.loc["В7", [p, q]].astype(float)).all()
        known = found[p].dropna()
        assert found[q].dropna().to_list() == pytest.approx(stats.false_discovery_control(known).tolist())
    assert (found["effect"].dropna() == (found["smd"] / found["sd"]).dropna()).all()
    assert found["sd"].to_dict() == pytest.approx(marks.std().to_dict())


def test_confidence_goes_into_the_intervals_of_differences_and_of_levels():
    data, checklist = respondents(31), country(31, 15)
    size = pd.Series(np.linspace(5, 90, len(checklist[2])), checklist[2].index)
    narrow, wide = (differential_functioning(*data, confidence=confidence) for confidence in (0.5, 0.99))
    assert ((wide["low"] < narrow["low"]) & (narrow["high"] < wide["high"])).all()
    ratio = ((wide["high"] - wide["smd"]) / (narrow["high"] - narrow["smd"])).to_list()
    assert ratio == pytest.approx([stats.norm.ppf(0.995) / stats.norm.ppf(0.75)] * 8)
    narrow, wide = (multilevel(checklist[1], checklist[0], size, checklist[2], confidence)
                    for confidence in (0.5, 0.99))
    assert ((wide.effects["low"] < narrow.effects["low"]) & (narrow.effects["high"] < wide.effects["high"])).all()
    assert (narrow.confidence, wide.confidence) == (0.5, 0.99)
    for interval in ("jackknife", "fisher"):
        narrow, wide = (between_within(*checklist, confidence, interval) for confidence in (0.5, 0.99))
        for name in ("between_interval", "within_interval"):
            one, other = getattr(narrow, name), getattr(wide, name)
            assert other[0] < one[0] < one[1] < other[1]
        assert (narrow.confidence, wide.confidence) == (0.5, 0.99)


def test_results_of_groups_and_levels_are_labelled_and_counted():
    checklist, survey, region = country(32, 15)
    size = pd.Series(np.linspace(5, 90, len(region)), region.index)
    found = multilevel(survey, checklist.where(checklist.index != "C003"), size, region)
    assert (list(found.effects), found.effects.index.name) == (["estimate", "se", "df", "low", "high", "p"], "effect")
    assert list(found.effects.index) == ["within", "between", "contextual", "log_size"]
    assert (found.n, found.regions, found.dropped) == (len(region) - 1, 15, 1)
    assert found.icc == pytest.approx(found.between_variance / (found.between_variance + found.within_variance))
    for row in found.effects.itertuples():
        assert row.p == pytest.approx(2 * stats.t.sf(abs(row.estimate / row.se), row.df))
    sums = between_within(checklist, survey, region).sums
    assert list(sums.index) == ["total", "between", "within"]
    assert list(sums) == ["variance_x", "variance_y", "covariance"]
    assert sums.loc["total"].to_list() == pytest.approx([checklist.var(ddof=0), survey.var(ddof=0),
                                                         np.cov(checklist, survey, ddof=0)[0, 1]])
    assert sums.loc["total"].to_list() == pytest.approx((sums.loc["between"] + sums.loc["within"]).to_list())


@pytest.mark.parametrize(("call", "words"), [
    (lambda x, y, g, z: multilevel(y, x, z, g, 95), "Многоуровневая модель: доверие интервала должно быть больше 0"),
    (lambda x, y, g, z: multilevel(y, x, z, g.drop(g.index[0])), "Многоуровневая модель: "),
    (lambda x, y, g, z: multilevel(y, x, pd.concat([z, z.head(1)]), g), "Многоуровневая модель"),
    (lambda x, y, g, z: between_within(x, y, g.drop(g.index[0])), "Связь между группами и внутри групп: "),
    (lambda x, y, g, z: between_within(x, y, g, 95), "Связь между группами и внутри групп: доверие интервала"),
    (lambda x, y, g, z: multilevel(y, x, z * 0, g),
     "Многоуровневая модель: размер центра должен быть больше 0, иначе логарифма нет: C000, C001, C002, C003, C004 "
     "(всего ")])
def test_messages_begin_with_the_name_of_the_measure(call, words):
    x, y, g = country(33, 15)
    with pytest.raises(InputError) as raised:
        call(x, y, g, pd.Series(10.0, g.index))
    assert str(raised.value).startswith(words)


def test_questions_that_come_out_strange_are_left_out_of_the_level_of_the_others():
    """The second step by hand: a level of the questions that were not C, and with itself for the one that was."""
    marks, who, centre = respondents(34, strange=-0.9)
    found = differential_functioning(marks, who, centre)
    assert found["category"].str.startswith("C").to_list() == [True] + [False] * 7
    columns = ["smd", "low", "high", "chi_square", "mantel", "interaction"]
    for code, level in (("В3", marks.drop(columns="В0").mean(axis=1)), ("В0", marks.mean(axis=1))):
        again = differential_functioning(marks, who, centre, level)
        assert found.loc[code, columns].to_list() == pytest.approx(again.loc[code, columns].to_list())


def test_ceiling_is_labelled_by_clientele_and_question():
    marks = pd.DataFrame({"Д1": [5.0, 5, 1, 3], "К4": [5.0, 4, 4, np.nan]})
    found = ceiling(marks, (1, 5), pd.Series(["Р", "С", "Р", "С"]))
    assert found.index.names == ["clientele", "question"]
    assert list(found.index) == [("Р", "Д1"), ("Р", "К4"), ("С", "Д1"), ("С", "К4")]
    assert list(found) == ["n", "mean", "best", "worst", "skewness", "variance", "room"]
    assert found.loc[("Р", "Д1"), ["n", "mean", "best", "worst", "variance", "room"]].to_list() == [2, 0.5, 0.5, 0.5,
                                                                                                     0.25, 1]
    assert found["best"].to_list() == [0.5, 0.5, 0.5, 0]
    assert found["worst"].to_list() == [0.5, 0, 0, 0]
