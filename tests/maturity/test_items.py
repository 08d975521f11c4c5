"""Items one by one: published item statistics, order of requirements with planted misplacements, advice, refusals."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from methods.errors import InputError
from methods.maturity.differential_functioning import logistic_regression
from methods.maturity.items import REASONS, AdviceRules, advice, item_statistics, requirement_order
from methods.maturity.scalogram import loevinger


@pytest.fixture(scope="module")
def lsat7(root):
    """Bock, Lieberman (1970): 1,000 persons x 5 items."""
    return pd.read_csv(root / "tests" / "reference" / "lsat7.csv")


def marks(seed, n=120, difficulties=(-1.5, -0.8, 0.0, 0.8, 1.5), slope=1.5):
    rng = np.random.default_rng(seed)
    latent = slope * rng.normal(size=(n, 1)) - np.array(difficulties) + rng.logistic(size=(n, len(difficulties)))
    return pd.DataFrame((latent > 0).astype(float), [f"R{i:03d}" for i in range(n)],
                        ["1.1", "1.2", "2.1", "3.1", "3.2"][:len(difficulties)])


LEVELS = pd.Series({"1.1": 1, "1.2": 1, "2.1": 2, "3.1": 3, "3.2": 3})


# -- classical statistics ----------------------------------------------------------------------------------------------

def test_item_statistics_of_lsat_7(oracle, lsat7):
    found = item_statistics(lsat7)
    oracle("доля исполнивших и её разброс: LSAT, раздел 7", "mirt (R) 1.45.5, itemstats(LSAT7)",
           found[["share", "sd"]].loc[["Item.2", "Item.3", "Item.4", "Item.5"]],
           [[0.658, 0.475], [0.772, 0.420], [0.606, 0.489], [0.843, 0.364]], 5e-4)
    oracle("связь с остальными требованиями: LSAT, раздел 7", "mirt (R) 1.45.5, itemstats(LSAT7), total.r_if_rm",
           found["item_rest"], [0.246, 0.247, 0.313, 0.223, 0.175], 5e-4)


def test_discrimination_by_hand(oracle):
    """Ten units of totals 4 3 3 2 2 2 1 1 1 0 and groups of .27 x 10 = 2.7 units: the one with 4 and .85 of each with 3
    above; the one with 0 and a part 1.7/3 of each with 1 below."""
    table = pd.DataFrame([[1, 1, 1, 1], [1, 1, 1, 0], [1, 0, 1, 1], [1, 1, 0, 0], [1, 0, 0, 1], [0, 1, 1, 0],
                          [1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0, 1], [0, 0, 0, 0]], columns=list("abcd"))
    upper = np.array([1, 0.85, 0.85] + [0] * 7)
    lower = np.array([0] * 6 + [1.7 / 3] * 3 + [1])
    expected = [(table[code] * upper).sum() / 2.7 - (table[code] * lower).sum() / 2.7 for code in table]
    oracle("различающая способность по крайним группам (27 %)", "посчитано вручную",
           item_statistics(table)["discrimination"], expected, 1e-12)


def test_graded_answers_are_shares_of_their_highest_step():
    answers = pd.DataFrame({"a": [0, 1, 2, 3], "b": [0, 0, 1, 1], "c": [1, 0, 4, 2]})
    found = item_statistics(answers, pd.Series({"b": 1, "c": 4, "a": 3}))
    assert found["share"].to_dict() == {"a": 0.5, "b": 0.5, "c": 7 / 16}
    rest = answers["a"] / 3 + answers["b"]
    assert found.loc["c", "item_rest"] == pytest.approx(np.corrcoef(answers["c"], rest)[0, 1])
    assert found["difficulty"].to_dict() == {"a": 0.5, "b": 0.5, "c": 9 / 16}


def test_blanks_and_constant_items():
    table = marks(0)
    table.loc["R000", "1.1"] = np.nan
    found = item_statistics(table.assign(all_met=1.0))
    assert found["n"].to_list() == [119, 120, 120, 120, 120, 120]
    assert found.loc["all_met", ["discrimination", "item_rest"]].isna().all()
    assert found["discrimination"].drop("all_met").between(0, 1).all()


@pytest.mark.parametrize("seed", range(3))
def test_item_statistics_do_not_see_the_order(seed):
    table = marks(seed)
    turned = item_statistics(table.sample(frac=1, random_state=seed)[["3.1", "1.1", "3.2", "2.1", "1.2"]])
    pd.testing.assert_frame_equal(turned.loc[table.columns], item_statistics(table))


@pytest.mark.parametrize(("call", "words"), [
    (lambda: item_statistics(marks(0) * 2), "Статистика требований: ответ вне шкалы: R000 × "),
    (lambda: item_statistics(marks(0), pd.Series({"1.1": 1.0})),
     "Статистика требований: требования и их высшие ступени: наборы кодов различаются."),
    (lambda: item_statistics(marks(0), tail=0.6),
     "Статистика требований: доля крайних групп должна быть больше 0 и не больше 0,5, сейчас 0.6."),
    (lambda: item_statistics(marks(0).assign(**{"1.1": "да"})),
     "Статистика требований: нужны числа, не числа в столбцах: 1.1."),
    (lambda: item_statistics(marks(0).replace(1.0, np.inf)),
     "Статистика требований: ответ должен быть конечным числом: "),
    (lambda: item_statistics(marks(0).rename(index={"R001": "R000"})),
     "Статистика требований: единицы: код повторяется: R000 (всего 1)."),
    (lambda: item_statistics(marks(0).rename(columns={"1.1": "1.2"})),
     "Статистика требований: требования: код повторяется: 1.2 (всего 1).")])
def test_item_statistics_refuse(call, words):
    with pytest.raises(InputError) as error:
        call()
    assert str(error.value).startswith(words)


# -- declared and empirical order --------------------------------------------------------------------------------------

def test_a_planted_misplacement_is_found_and_nothing_else():
    """1.2 is as hard as the third level and 3.1 as easy as the first."""
    table = marks(1, n=400, difficulties=(-1.5, 1.2, 0.0, -1.2, 1.5))
    found = requirement_order(table, LEVELS, draws=500)
    assert found.requirements["out_of_order"].to_dict() == {"1.1": False, "1.2": True, "2.1": False, "3.1": True,
                                                            "3.2": False}
    assert found.requirements["empirical_level"].to_dict() == {"1.1": 1, "1.2": 3, "2.1": 2, "3.1": 1, "3.2": 3}
    assert found.pairs.iloc[0][["lower", "higher"]].to_list() == ["1.2", "3.1"]
    assert found.pairs.iloc[0]["significant"]
    assert found.tau_interval[0] <= found.tau <= found.tau_interval[1]


def test_a_right_order_has_no_pairs_turned_round():
    found = requirement_order(marks(2, n=500, difficulties=(-2, -1.8, 0, 1.5, 2)), LEVELS, draws=200)
    assert not found.requirements["out_of_order"].any()
    assert found.requirements["support"].to_list() == [0] * 5
    assert found.pairs.empty
    assert found.tau == pytest.approx(stats.kendalltau([1, 1, 2, 3, 3], [1, 2, 3, 4, 5]).statistic)


def test_pairs_agree_with_the_sign_test_of_scipy(oracle):
    table = marks(3, n=150, difficulties=(0.3, 0.5, 0.0, -0.2, 0.4))
    table.loc["R005":"R015", "2.1"] = np.nan
    found = requirement_order(table, LEVELS, draws=100)
    ours, theirs = [], []
    for _, pair in found.pairs.iterrows():
        both = table[[pair["lower"], pair["higher"]]].dropna()
        up = int((both.iloc[:, 1] > both.iloc[:, 0]).sum())
        down = int((both.iloc[:, 1] < both.iloc[:, 0]).sum())
        ours.append(pair["p"])
        theirs.append(stats.binomtest(up, up + down, alternative="greater").pvalue)
    oracle("знаковый критерий пары требований", "scipy.stats.binomtest, независимая реализация", ours, theirs, 1e-12)
    assert (found.pairs["q"] >= found.pairs["p"] - 1e-15).all()
    assert found.pairs["difference"].is_monotonic_decreasing


def test_order_does_not_depend_on_the_order_of_rows_and_columns_and_repeats_by_seed():
    table = marks(4, difficulties=(0.3, 0.5, 0.0, -0.2, 0.4))
    plain = requirement_order(table, LEVELS, draws=200, seed=0)
    turned = requirement_order(table.sample(frac=1, random_state=1)[["3.1", "1.1", "3.2", "2.1", "1.2"]],
                               LEVELS.sample(frac=1, random_state=2), draws=200, seed=0)
    pd.testing.assert_frame_equal(turned.requirements.loc[table.columns], plain.requirements)
    pd.testing.assert_frame_equal(turned.pairs, plain.pairs)
    assert (turned.tau, turned.tau_interval) == (plain.tau, plain.tau_interval)
    assert not requirement_order(table, LEVELS, draws=200, seed=1).requirements["low"].equals(
        plain.requirements["low"])


def test_requirements_met_equally_often_keep_their_declared_order():
    table = pd.DataFrame({"1.1": [1, 0, 1, 0], "1.2": [0, 1, 1, 0], "2.1": [1, 1, 0, 0]})
    found = requirement_order(table, LEVELS[["1.1", "1.2", "2.1"]], draws=100)
    assert found.requirements["empirical_level"].to_list() == [1, 1, 2]
    assert np.isnan(found.tau)


@pytest.mark.slow
def test_bootstrap_support_rarely_blames_a_requirement_that_stands_right():
    """100 samples of 90 units in which neighbours differ by .7 logits: named out of order in at most 3 % of 500."""
    named = sum(requirement_order(marks(seed, n=90, difficulties=(-1.4, -0.7, 0.0, 0.7, 1.4)), LEVELS, draws=200)
                .requirements["out_of_order"].sum() for seed in range(100))
    assert named / 500 < 0.03


@pytest.mark.parametrize(("options", "words"), [
    ({"level_of": LEVELS.drop("1.1")}, "Порядок требований: требования и их уровни: наборы кодов различаются."),
    ({"level_of": LEVELS.replace(3, 2.5)}, "Порядок требований: уровень требования — целое число от 1: 3.1 = 2.5."),
    ({"level_of": LEVELS.replace(1, 0)}, "Порядок требований: уровень требования — целое число от 1: 1.1 = 0."),
    ({"level": 0.0}, "Порядок требований: уровень ложных находок — число больше 0 и меньше 1, сейчас 0."),
    ({"draws": 5}, "Порядок требований: повторных выборок должно быть не меньше 100, сейчас 5."),
    ({"marks": marks(0).assign(**{"2.1": np.nan})}, "Порядок требований: нет ни одного ответа по требованиям: 2.1.")])
def test_requirement_order_refuses(options, words):
    with pytest.raises(InputError) as error:
        requirement_order(**({"marks": marks(0), "level_of": LEVELS} | options))
    assert str(error.value).startswith(words)


# -- advice ------------------------------------------------------------------------------------------------------------

def test_every_doubt_has_its_reason_and_number():
    """One planted fault an item: met by all, met by nearly all, turned round, noise, a twin, on a wrong level."""
    rng = np.random.default_rng(5)
    table = marks(5, n=400, difficulties=(-1.5, 1.2, 0.0, -1.2, 1.5))
    table["all"] = 1.0
    table["nearly"] = (rng.random(400) > 0.02).astype(float)
    table["noise"] = rng.integers(0, 2, 400).astype(float)
    table["turned"] = 1 - table["2.1"].where(rng.random(400) > 0.2, 1 - table["2.1"])
    table["twin"] = table["1.1"]
    levels = pd.concat([LEVELS, pd.Series({"all": 1, "nearly": 1, "noise": 2, "turned": 2, "twin": 1})])
    statistics = item_statistics(table)
    found = advice(statistics, correlations=table.drop(columns="all").corr(),
                   scalability=loevinger(table, draws=100).items["h"],
                   order=requirement_order(table, levels, draws=300).requirements)
    reasons = found.groupby("item")["reason"].agg(set).to_dict()
    assert reasons["all"] == {"constant"}
    assert "extreme" in reasons["nearly"]
    assert {"weak", "unscalable"} <= reasons["noise"]
    assert {"negative", "unscalable"} <= reasons["turned"]
    assert "out_of_order" in reasons["1.2"]
    twins = found[found["reason"] == "redundant"]
    assert len(twins) == 1
    assert {twins["item"].item(), twins["detail"].item()} == {"1.1", "twin"}
    assert (found["action"] == found["reason"].map(lambda reason: REASONS[reason][0])).all()
    moved = found[(found["item"] == "1.2") & (found["reason"] == "out_of_order")]
    assert moved["detail"].item().startswith("1→")
    assert list(dict.fromkeys(found["item"])) == [code for code in table if code in reasons]


def test_an_item_that_works_unlike_in_groups_is_to_be_split_and_one_without_information_dropped():
    rng = np.random.default_rng(3)
    district = pd.Series(np.arange(600) % 3).map({0: "север", 1: "юг", 2: "восток"})
    latent = rng.normal(size=(600, 1)) - np.linspace(-1, 1, 8) + rng.logistic(size=(600, 8))
    latent[:, 4] -= 3 * (district == "юг")
    table = pd.DataFrame(latent > 0, columns=list("abcdefgh")).astype(int)
    found = advice(item_statistics(table), functioning=logistic_regression(table, district).items,
                   information=pd.Series([1, 1, 1, 1, 1, 1, 1, 0.001], list("abcdefgh")),
                   rules=AdviceRules(least_item_rest=0.0))
    assert found[["item", "action", "reason", "detail"]].to_numpy().tolist() == [
        ["e", "split", "differential", "юг"], ["h", "drop", "uninformative", ""]]


def test_without_doubts_the_table_is_empty():
    found = advice(item_statistics(marks(6)))
    assert found.empty
    assert list(found) == ["item", "action", "reason", "value", "threshold", "detail"]


# -- exactly on a threshold --------------------------------------------------------------------------------------------

def one_item(**values):
    """Statistics of two items without doubts, the first changed."""
    sound = {"n": 100, "share": 0.5, "difficulty": 0.5, "sd": 0.5, "discrimination": 0.5, "item_rest": 0.5}
    return pd.DataFrame({"a": sound | values, "b": sound}).T


@pytest.mark.parametrize(("options", "reason", "value", "threshold", "detail"), [
    ({"statistics": one_item(sd=0.0, share=1.0)}, "constant", 1.0, np.nan, ""),
    ({"statistics": one_item(share=0.951)}, "extreme", 0.951, 0.95, ""),
    ({"statistics": one_item(share=0.049)}, "extreme", 0.049, 0.95, ""),
    ({"statistics": one_item(item_rest=-0.101)}, "negative", -0.101, -0.1, ""),
    ({"statistics": one_item(item_rest=-0.1)}, "weak", -0.1, 0.2, ""),
    ({"statistics": one_item(item_rest=0.199)}, "weak", 0.199, 0.2, ""),
    ({"scalability": pd.Series({"a": 0.299, "b": 0.3})}, "unscalable", 0.299, 0.3, ""),
    ({"information": pd.Series({"a": 0.99, "b": 99.01})}, "uninformative", 0.0099, 0.01, ""),
    ({"order": pd.DataFrame({"level": [1, 2], "empirical_level": [3, 1], "support": [0.95, 0.949]}, ["a", "b"])},
     "out_of_order", 0.95, 0.95, "1→3"),
    ({"functioning": pd.DataFrame({"class": ["C", "B"], "q": [0.01, 0.01], "hardest": ["юг", "юг"]}, ["a", "b"])},
     "differential", 0.01, np.nan, "юг"),
    ({"functioning": pd.DataFrame({"class": ["C", "A"], "q": [0.01, 0.01]}, ["a", "b"])}, "differential", 0.01, np.nan,
     ""),
    ({"correlations": pd.DataFrame([[1.0, 0.901], [0.901, 1.0]], ["a", "b"], ["a", "b"]),
      "statistics": one_item(item_rest=0.499)}, "redundant", 0.901, 0.9, "b")])
def test_a_doubt_begins_beyond_its_threshold(options, reason, value, threshold, detail):
    found = advice(**{"statistics": one_item()} | options)
    assert found["item"].to_list() == ["a"]
    row = found.iloc[0]
    assert (row["action"], row["reason"], row["detail"]) == (REASONS[reason][0], reason, detail)
    assert [row["value"], row["threshold"]] == pytest.approx([value, threshold], nan_ok=True)


def test_on_the_threshold_itself_there_is_no_doubt():
    found = advice(one_item(share=0.95, item_rest=0.2), scalability=pd.Series({"a": 0.3, "b": 0.3}),
                   information=pd.Series({"a": 1.0, "b": 99.0}),
                   order=pd.DataFrame({"level": [1], "empirical_level": [2], "support": [0.9499]}, ["a"]),
                   functioning=pd.DataFrame({"class": ["B"], "q": [0.01]}, ["a"]),
                   correlations=pd.DataFrame([[1.0, 0.9], [0.9, 1.0]], ["a", "b"], ["a", "b"]))
    assert found.empty
    assert advice(one_item(share=0.05)).empty


def test_a_methodology_may_set_every_threshold():
    rules = AdviceRules(0.8, 0.4, 0.1, 0.5, 0.7, 0.6, 0.2)
    found = advice(one_item(share=0.81, item_rest=0.39), scalability=pd.Series({"a": 0.49, "b": 0.5}),
                   information=pd.Series({"a": 0.19, "b": 0.81}),
                   order=pd.DataFrame({"level": [2], "empirical_level": [1], "support": [0.6]}, ["a"]),
                   correlations=pd.DataFrame([[1.0, 0.71], [0.71, 1.0]], ["a", "b"], ["a", "b"]), rules=rules)
    assert found[["reason", "threshold"]].to_numpy().tolist() == [
        ["extreme", 0.8], ["weak", 0.4], ["unscalable", 0.5], ["redundant", 0.7], ["uninformative", 0.2],
        ["out_of_order", 0.6]]
    assert advice(one_item(item_rest=0.09), rules=rules)["reason"].to_list() == ["negative"]


def test_of_three_that_repeat_one_another_the_strongest_stays_and_the_closest_twin_is_named():
    r = pd.DataFrame([[1.0, 0.95, 0.92], [0.95, 1.0, 0.97], [0.92, 0.97, 1.0]], list("abc"), list("abc"))
    statistics = pd.concat([one_item(), one_item().loc[["b"]].rename({"b": "c"})])
    statistics["item_rest"] = [0.4, 0.6, 0.5]
    found = advice(statistics, correlations=r)
    assert found[["item", "detail", "value"]].to_numpy().tolist() == [["a", "b", 0.95], ["c", "b", 0.97]]
    statistics["item_rest"] = 0.5
    assert advice(statistics, correlations=r)["item"].to_list() == ["b", "c"]   # alike: the later label is named


def test_actions_and_reasons_are_the_words_of_reports():
    assert {code: action for code, (action, _) in REASONS.items()} == {
        "constant": "drop", "extreme": "drop", "negative": "rewrite", "weak": "drop", "unscalable": "drop",
        "redundant": "merge", "uninformative": "drop", "out_of_order": "move", "differential": "split"}


def test_tables_of_statistics_and_order_are_labelled():
    table = marks(7)
    found = item_statistics(table)
    assert list(found) == ["n", "share", "difficulty", "sd", "discrimination", "item_rest"]
    pd.testing.assert_index_equal(found.index, pd.Index(list(table), name="item"))
    assert found["n"].dtype.kind == "i"
    order = requirement_order(marks(3, n=150, difficulties=(0.3, 0.5, 0.0, -0.2, 0.4)), LEVELS, draws=100, seed=3,
                              confidence=0.8)
    assert list(order.requirements) == ["level", "share", "low", "high", "empirical_level", "support", "out_of_order"]
    assert order.requirements.index.name == "requirement"
    assert order.requirements["level"].to_dict() == LEVELS.to_dict()
    assert list(order.pairs) == ["lower", "higher", "lower_level", "higher_level", "lower_only", "higher_only",
                                 "difference", "p", "q", "significant"]
    for _, pair in order.pairs.iterrows():
        assert (pair["lower_level"], pair["higher_level"]) == (LEVELS[pair["lower"]], LEVELS[pair["higher"]])
        assert pair["higher_only"] > pair["lower_only"]
        assert pair["significant"] == (pair["q"] <= 0.05)
    assert (order.n, order.draws, order.seed, order.confidence) == (150, 100, 3, 0.8)
    assert (order.requirements["out_of_order"] == (order.requirements["support"] >= 0.8)).all()


def test_shares_of_bootstrap_samples_have_the_interval_of_a_binomial():
    """500 draws of 400 units: an end of the interval has a standard error of .003."""
    table = marks(8, n=400)
    found = {confidence: requirement_order(table, LEVELS, draws=500, confidence=confidence).requirements
             for confidence in (0.8, 0.95)}
    for confidence, own in found.items():
        half = stats.norm.ppf((1 + confidence) / 2) * np.sqrt(own["share"] * (1 - own["share"]) / 400)
        np.testing.assert_allclose(own["low"], own["share"] - half, atol=0.012)
        np.testing.assert_allclose(own["high"], own["share"] + half, atol=0.012)


def test_the_groups_at_the_ends_may_be_as_large_as_stated():
    """Half above and half below: the difference of the shares in the two halves."""
    table = pd.DataFrame([[1, 1, 1], [1, 1, 0], [1, 0, 0], [0, 0, 0]], columns=list("abc"))
    assert item_statistics(table, tail=0.5)["discrimination"].to_dict() == {"a": 0.5, "b": 1.0, "c": 0.5}
    with pytest.raises(InputError, match="больше 0 и не больше 0,5, сейчас 0"):
        item_statistics(table, tail=0.0)


def test_an_answer_on_the_highest_step_and_at_nought_is_on_the_scale():
    answers = pd.DataFrame({"a": [0, 3, 1], "b": [0, 1, 1]})
    item_statistics(answers, pd.Series({"a": 3, "b": 1}))
    with pytest.raises(InputError) as raised:
        item_statistics(answers, pd.Series({"a": 2, "b": 1}))
    assert str(raised.value) == "Статистика требований: ответ вне шкалы: 1 × a = 3, допустимо 0–2."
    with pytest.raises(InputError, match="0 × b = 0, допустимо 0–0"):
        item_statistics(answers, pd.Series({"a": 3, "b": 0}))
