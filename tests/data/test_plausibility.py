"""Plausibility signals: formulas against hand calculation, calibration without manipulation, power with it."""

from unittest import mock

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from methods.data import plausibility as pl
from methods.data.demonstration import ASKED, generate
from methods.data.demonstration import parameters as par
from methods.data.plausibility import nulls
from methods.data.plausibility.signal import q_values, simes
from methods.errors import InputError

END = pd.Timestamp("2024-12-31")
OWN = [code for code, shared in zip(par.CODES, par.SHARED, strict=True) if not shared]
PER_CENTRE = ("straight_lining", "duplicate_blocks", "bursts", "checklist_rise", "survey_against_peers")
LEVEL = 0.10


def honest(seed):
    """The demonstration country without manipulation."""
    with mock.patch.multiple(par, GAMED_EACH=float("inf"), STRAIGHT_EACH=float("inf")):
        return generate(seed)


def respondents(country, year="2024"):
    frame = country.answers[year].set_index("анкета")
    who = pd.DataFrame({"unit": frame["центр"], "clientele": frame["клиентела"], "day": frame["дата"],
                        "number": frame.index}, index=frame.index)
    return frame[[*ASKED, "общая"]].astype("Float64").astype(float), who


def checklist(country, year="2024"):
    return country.checklist[year].set_index("центр")[OWN].astype("Float64").astype(float)


def shuffled(table, seed=1):
    return table.sample(frac=1, random_state=seed)


def check(country, order=lambda table: table):
    """All six signals; `order` may shuffle the rows of every table on the way in."""
    registry = order(country.registry.set_index("центр"))
    region = registry["регион"]
    (marks, who), (marks0, who0) = respondents(country), respondents(country, "2023")
    marks, who, marks0, who0 = order(marks), order(who), order(marks0), order(who0)
    asked = marks[list(ASKED)]
    level, level0 = pl.survey_levels(asked, who), pl.survey_levels(marks0[list(ASKED)], who0)
    now, before = order(checklist(country)), order(checklist(country, "2023"))
    signals = [pl.straight_lining(asked, who), pl.duplicate_blocks(marks, who),
               pl.bursts(who, END, opened=registry["действует_с"]),
               pl.checklist_rise(before, now, order(level0), order(level), region),
               pl.survey_against_peers(order(level), now.mean(axis=1), level["n"], region),
               pl.complete_regions(now, region)]
    return {signal.code: signal for signal in signals}


@pytest.fixture(scope="module")
def country():
    return generate()


@pytest.fixture(scope="module")
def signals(country):
    return check(country)


@pytest.fixture(scope="module")
def clean():
    """Three countries without manipulation: p-values by signal, entries of the combined list."""
    results = [check(honest(seed)) for seed in range(3)]
    p = {code: pd.concat([result[code].table["p_value"] for result in results]).dropna() for code in results[0]}
    return p, [len(pl.worth_a_look(list(result.values()), LEVEL).units) for result in results]


# --- calibration and power ------------------------------------------------------------------------------------------

@pytest.mark.parametrize("code", ["straight_lining", "bursts", "checklist_rise", "survey_against_peers"])
def test_where_nobody_manipulates_one_p_value_in_twenty_is_below_a_twentieth(clean, code):
    assert 0.03 <= (clean[0][code] < 0.05).mean() <= 0.06
    assert (clean[0][code] < 0.01).mean() <= 0.015


def test_duplicates_are_a_bound_and_hence_mild(clean):
    assert (clean[0]["duplicate_blocks"] < 0.05).mean() < 0.02      # most honest centres have no block: p = 1


def test_regions_are_not_anti_conservative(clean):
    assert (clean[0]["complete_regions"] < 0.05).mean() <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / (3 * 89))


def test_combined_list_of_honest_countries_is_all_but_empty(clean):
    assert sum(clean[1]) <= 0.001 * 3 * (1197 + 89)     # the rate over many seeds: benchmarks/plausibility_power.py


def test_all_centres_of_straight_fives_in_december_are_found_by_each_of_their_signals(country, signals):
    planted = set(country.truth.centres.index[country.truth.centres["накручен_опрос"]])
    for code in ("straight_lining", "duplicate_blocks", "bursts"):
        assert planted <= set(signals[code].below(LEVEL).index), code
    assert set(signals["bursts"].below(LEVEL).index) == planted


def test_filled_checklists_rank_high_and_some_are_found(country, signals):
    planted = country.truth.centres["завышен_чек_лист"]
    table = signals["checklist_rise"].table
    ranks = table["p_value"].rank()[planted.reindex(table.index)]
    assert len(ranks) == 15
    assert ranks.median() <= 0.03 * len(table)      # by chance the median would be at one half
    found = signals["checklist_rise"].below(LEVEL).index
    assert planted[found].sum() >= 4
    assert (~planted[found]).sum() <= 2


def test_combined_list_finds_both_kinds_at_the_stated_level(country, signals):
    look = pl.worth_a_look(list(signals.values()), LEVEL)
    truth = country.truth.centres
    centres = [unit for about, unit in look.units.index if about == "центр"]
    guilty = truth[["завышен_чек_лист", "накручен_опрос"]].any(axis=1)
    assert truth.loc[centres, "накручен_опрос"].sum() == 5
    assert truth.loc[centres, "завышен_чек_лист"].sum() >= 4
    assert (~guilty[centres]).sum() + sum(about == "регион" for about, _ in look.units.index) <= 1
    assert (look.units["q_value"] <= LEVEL).all()
    assert look.units["signals"].ne("").all()


@pytest.mark.slow
def test_false_discovery_rate_of_honest_countries_is_at_the_level():
    listed = [len(pl.worth_a_look(list(check(honest(seed)).values()), LEVEL).units) > 0 for seed in range(40)]
    assert stats.binomtest(sum(listed), len(listed), LEVEL, alternative="greater").pvalue > 0.05


# --- what must not matter, what must --------------------------------------------------------------------------------

def test_order_of_rows_does_not_matter(country, signals):
    for code, signal in check(country, shuffled).items():
        expected = signals[code].table
        pd.testing.assert_frame_equal(signal.table.sort_index(), expected.sort_index(), rtol=1e-9, atol=1e-12)


def test_inputs_are_left_as_they_were(country):
    marks, who = respondents(country)
    kept = marks.copy(), who.copy()
    pl.duplicate_blocks(marks, who)
    pl.straight_lining(marks, who)
    pl.bursts(who, END)
    pd.testing.assert_frame_equal(marks, kept[0])
    pd.testing.assert_frame_equal(who, kept[1])


def test_honest_fives_at_the_ceiling_are_no_signal():
    """Every centre at .85 straight fives: the share is high, the excess is nil."""
    rng = np.random.default_rng(3)
    marks = pd.DataFrame(rng.integers(3, 6, size=(3000, 8)).astype(float))
    marks[rng.random(3000) < 0.85] = 5.0
    who = pd.DataFrame({"unit": np.repeat([f"C{i:02d}" for i in range(60)], 50), "clientele": "s"})
    assert pl.straight_lining(marks, who).below(LEVEL).empty


def test_a_centre_of_nothing_but_fives_does_not_excuse_itself(country):
    marks, who = respondents(country)
    asked = marks[list(ASKED)].copy()
    asked.loc[who["unit"] == "10-003"] = 5.0
    assert "10-003" in pl.straight_lining(asked, who).below(0.01).index
    level = pl.survey_levels(asked, who)
    assert level.loc["10-003", "se"] == pytest.approx(0, abs=0.01)
    peers = pl.survey_against_peers(level, checklist(country).mean(axis=1), level["n"],
                                    country.registry.set_index("центр")["регион"])
    assert 0 < peers.table.loc["10-003", "statistic"] < 15      # no division by a spread that is not there


def test_forty_identical_records_in_a_row_are_found_on_any_days(country):
    """SRV-08: padding in the order of entry, whatever the dates."""
    marks, who = respondents(country)
    rows = who.index[(who["unit"] == "01-004") & (who["clientele"] == "соискатель")][:20]
    marks.loc[rows] = marks.loc[rows[3]].to_numpy()
    row = pl.duplicate_blocks(marks, who).below(0.01).loc["01-004"]
    assert row["statistic"] == 20
    assert "подряд" in row["reason"]
    assert "01-004" not in pl.duplicate_blocks(marks, who.drop(columns="number")).below(0.01).index


def test_a_burst_of_the_whole_country_is_no_signal(country):
    _, who = respondents(country)
    late = np.random.default_rng(0).random(len(who)) < 0.3
    who["day"] = who["day"].where(~late, pd.Timestamp("2024-12-30"))
    planted = country.truth.centres["накручен_опрос"]
    found = pl.bursts(who, END).below(LEVEL).index
    assert not (~planted[found]).sum() > 1


def test_a_centre_opened_in_december_is_no_burst(country):
    _, who = respondents(country)
    mine = who["unit"] == "20-002"
    who.loc[mine, "day"] = pd.Timestamp("2024-12-01") + pd.to_timedelta(np.arange(mine.sum()) % 31, unit="D")
    opened = pd.Series({"20-002": pd.Timestamp("2024-12-01")})
    assert pl.bursts(who, END).table.loc["20-002", "p_value"] < 1e-4
    assert pl.bursts(who, END, opened=opened).table.loc["20-002", "p_value"] > 0.05


def test_group_visits_widen_the_poisson():
    """Answers that come in fives on one day: without the dispersion every tenth centre would be a burst."""
    rng = np.random.default_rng(1)
    day = np.repeat(rng.integers(366, size=4000), 5)
    who = pd.DataFrame({"unit": np.repeat([f"C{i:03d}" for i in range(400)], 50),
                        "day": END - pd.to_timedelta(day, unit="D")})
    signal = pl.bursts(who, END)
    assert (signal.table["p_value"] < 0.05).mean() <= 0.06
    assert "рассеянием" in signal.null


def test_a_rise_that_clients_confirm_is_no_signal(country):
    region = country.registry.set_index("центр")["регион"]
    levels = [pl.survey_levels(marks[list(ASKED)], who)
              for marks, who in (respondents(country, "2023"), respondents(country))]
    before, now = checklist(country, "2023"), checklist(country)
    gamed = "05-020"
    assert pl.checklist_rise(before, now, *levels, region).table.loc[gamed, "p_value"] < 1e-3
    levels[1].loc[gamed, "value"] = 0.995
    assert pl.checklist_rise(before, now, *levels, region).table.loc[gamed, "p_value"] == 1


def test_a_region_with_everything_met_is_found(country):
    region = country.registry.set_index("центр")["регион"]
    values = checklist(country)
    inside = values.index[region.reindex(values.index) == "10"]
    values.loc[inside] = values.loc[inside].where(values.loc[inside].isna(), 1.0)
    table = pl.complete_regions(values, region).table
    assert table.loc["10", "all_met"]
    assert table.loc["10", "everywhere"] == table.loc["10", "requirements"]
    assert table["p_value"].idxmin() == "10"
    assert table.loc["10", "q_value"] <= LEVEL


def test_few_regions_are_described_but_not_judged(country):
    values = checklist(country)
    region = pd.Series("A", index=values.index)
    table = pl.complete_regions(values, region).table
    assert table["p_value"].isna().all()
    assert "не проверялось" in table["reason"].iloc[0]


# --- formulas -------------------------------------------------------------------------------------------------------

def test_regression_to_the_mean_in_the_textbook_form():
    """Bivariate normal with correlation .6: the mean change of those at x0 is (rho - 1)(x0 - mu)."""
    rng = np.random.default_rng(0)
    x0 = rng.standard_normal(400_000)
    x1 = 0.6 * x0 + 0.8 * rng.standard_normal(400_000)
    near = np.abs(x0 + 1.5) < 0.05
    expected = pl.sides.expected_change(pd.Series([-1.5]), 0.0, 0.6)[0]
    assert expected == pytest.approx(0.6)
    assert (x1 - x0)[near].mean() == pytest.approx(expected, abs=0.02)


def test_scan_has_the_chance_that_simulation_gives():
    rng = np.random.default_rng(0)
    draws = rng.poisson(0.4, size=(40_000, 14)).cumsum(axis=1).astype(float)
    p = nulls.scan_p(draws, np.tile(0.4 * np.arange(1, 15), (len(draws), 1)))
    for level in (0.2, 0.05, 0.01):
        reached = p[p <= level]
        # Discrete: p is exact at the values it takes, P(p <= p*) = p*.
        assert (p <= level).mean() == pytest.approx(reached.max(), abs=4 * np.sqrt(level / len(p)))


def test_scan_by_hand():
    """P(X1 <= 2, X1 + X2 <= 4) = .8966 for two Poisson of mean 1."""
    assert nulls.scan_p(np.array([[3.0, 3.0]]), np.array([[1.0, 2.0]]))[0] == pytest.approx(0.1034, abs=1e-4)


def test_count_tail_is_the_binomial_without_spread_and_wider_with_it():
    x, n = np.array([8.0]), np.array([10.0])
    at_least, above = nulls.count_tail(x, n, np.array([0.0]), np.array([0.0]))
    assert at_least[0] == pytest.approx(stats.binom.sf(7, 10, 0.5))
    assert above[0] == pytest.approx(stats.binom.sf(8, 10, 0.5))
    assert nulls.count_tail(x, n, np.array([0.0]), np.array([1.0]))[0][0] > at_least[0]


def test_q_values_of_benjamini_and_hochberg_1995():
    """Benjamini & Hochberg (1995), section 3.2: 15 p-values, four rejected at .05."""
    p = pd.Series([.0001, .0004, .0019, .0095, .0201, .0278, .0298, .0344, .0459, .3240, .4262, .5719, .6528, .7590, 1])
    assert (q_values(p) <= 0.05).sum() == 4


def test_simes_is_never_above_bonferroni():
    p = pd.DataFrame(np.random.default_rng(0).random((200, 5)))
    assert (simes(p) <= np.minimum(5 * p.min(axis=1), 1) + 1e-12).all()
    assert (simes(p) >= p.min(axis=1)).all()


# --- words ----------------------------------------------------------------------------------------------------------

def test_words_are_reasons_to_look_and_never_a_verdict(signals):
    look = pl.worth_a_look(list(signals.values()), LEVEL)
    words = " ".join([look.conclusion(), *look.units["reasons"],
                      *(f"{signal.title} {signal.null} {signal.honest_causes}" for signal in signals.values())]).lower()
    assert "повод посмотреть, а не вывод" in words
    assert look.units["reasons"].str.contains("Стоит посмотреть").all()
    for verdict in ("накрут", "фальсиф", "подделк", "обман", "мошен", "виновн", "приписк", "манипул"):
        assert verdict not in words
    for signal in signals.values():
        assert signal.null
        assert signal.honest_causes
        assert {"statistic", "p_value", "q_value", "reason"} <= set(signal.table)
        assert not signal.table["reason"].str.contains("nan|None|Стоит", regex=True).any()


def test_an_empty_list_does_not_promise_honesty():
    table = pd.DataFrame({"p_value": [0.6, 0.7], "reason": ""}, index=["C01", "C02"])
    look = pl.worth_a_look([pl.Signal("a", "а", "", "", "", "центр", table)])
    assert look.units.empty
    assert list(look.units.columns) == ["p_value", "q_value", "signals", "reasons"]
    assert "не доказывает" in look.conclusion()


def test_small_centres_are_not_tested(country):
    marks, who = respondents(country)
    few = who.index[who["unit"] == "01-001"][:5]
    rest = who.index[who["unit"] != "01-001"]
    rows = few.append(rest)
    for signal in (pl.straight_lining(marks.loc[rows, list(ASKED)], who.loc[rows]), pl.bursts(who.loc[rows], END),
                   pl.duplicate_blocks(marks.loc[rows], who.loc[rows])):
        assert np.isnan(signal.table.loc["01-001", "p_value"]), signal.code
        assert "не проверялось" in signal.table.loc["01-001", "reason"]


def one_centre(n=30):
    marks = pd.DataFrame(np.full((n, 3), 5.0))
    return marks, pd.DataFrame({"unit": "C01", "clientele": "s", "day": END}, index=marks.index)


@pytest.mark.parametrize(("call", "words"), [
    (lambda marks, who: pl.straight_lining(marks, who), "не меньше 20 центров"),
    (lambda marks, who: pl.duplicate_blocks(marks, who.drop(columns="day")), "нет столбца «day»"),
    (lambda marks, who: pl.straight_lining(marks, who.iloc[:-1]), "наборы кодов различаются"),
    (lambda marks, who: pl.bursts(who, pd.Timestamp("2024-12-30")), "позже конца периода \\(30.12.2024\\)"),
    (lambda marks, who: pl.bursts(who.assign(day=pd.NaT), END), "пустые ячейки в столбце «day»"),
    (lambda marks, who: pl.worth_a_look([]), "не передано ни одного признака"),
    (lambda marks, who: pl.worth_a_look([pl.bursts(who, END)], level=5), "между 0 и 1, сейчас 5"),
    (lambda marks, who: pl.worth_a_look([pl.bursts(who, END)] * 2), "передан дважды"),
    (lambda marks, who: pl.complete_regions(marks, pd.Series(dtype=str)), "Нет региона у центров: 0, 1"),
    (lambda marks, who: pl.checklist_rise(marks, marks.set_axis(list("abc"), axis=1), marks, marks, marks[0]),
     "не имеют общих требований"),
])
def test_unusable_input_is_refused_in_words(call, words):
    with pytest.raises(InputError, match=words):
        call(*one_centre())
