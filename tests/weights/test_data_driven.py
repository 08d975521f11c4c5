"""Weights from the data alone: published examples, plain loops as peers, units of measure, refusals."""

import math

import numpy as np
import pandas as pd
import pytest

from methods.errors import InputError
from methods.index.normalise import min_max
from methods.weights.data_driven import critic, entropy, equal, merec, standard_deviation

SOURCES = [entropy, standard_deviation, critic, merec]
TITLES = {entropy: "Веса по энтропии", standard_deviation: "Веса по разбросу", critic: "Веса CRITIC",
          merec: "Веса MEREC"}
# Tus, Aytac Adali (2019), Opsearch 56, 528-538, doi:10.1007/s12597-019-00371-6: five programs x six criteria, the first
# a cost. The matrix as in the tests of the Python package crispyn.
PROGRAMS = pd.DataFrame([[5000, 3, 3, 4, 3, 2], [680, 5, 3, 2, 2, 1], [2000, 3, 2, 3, 4, 3], [600, 4, 3, 1, 2, 2],
                         [800, 2, 4, 3, 3, 4]], columns=["c1", "c2", "c3", "c4", "c5", "c6"], dtype=float)


def scaled(seed, n=12, k=5):
    """Values on [0; 1] that reach both ends, as the bench hands them over."""
    rng = np.random.default_rng(seed)
    return pd.DataFrame(rng.beta(2, rng.uniform(1, 4, k), (n, k)), columns=list("abcde")[:k]).apply(min_max)


def above_zero(seed):
    """The same for MEREC, which takes logarithms."""
    return scaled(seed) * 0.9 + 0.1


@pytest.fixture
def tai(root):
    """Handbook, Table A.2: 23 countries, 8 indicators."""
    return pd.read_csv(root / "tests" / "reference" / "tai.csv", index_col=0)


def test_critic_weights_of_tus_and_adali_2019(oracle):
    """As published the cost is taken for a benefit; turned round first, the weights differ by up to .036."""
    values = PROGRAMS.apply(min_max)
    oracle("веса CRITIC, пять программ (стоимость принята за выгоду, как в статье)", "Tuş, Adalı (2019)",
           critic(values), [0.157, 0.249, 0.168, 0.121, 0.154, 0.151], 5e-4)
    values["c1"] = min_max(PROGRAMS["c1"], -1)
    oracle("веса CRITIC, пять программ (стоимость перевёрнута)", "данные Tuş, Adalı (2019), пересчитано независимо",
           critic(values), [0.184, 0.213, 0.142, 0.158, 0.168, 0.134], 5e-4)


def test_critic_weights_of_the_four_criteria_example_of_jmcdm(oracle):
    """Satman and others, JMcDM (Julia), its test of CRITIC; the third criterion is a cost. There: information
    C_j in full, weights within 1e-4."""
    raw = pd.DataFrame([[12.9918, 0.7264, -1.1009, 1.598139592], [4.1201, 5.8824, 3.4483, 1.021563567],
                        [4.1039, 0.0, -0.5076, 0.984469444]], columns=list("abcd"))
    values = pd.DataFrame({code: min_max(raw[code], -1 if code == "c" else 1) for code in raw})
    information = np.array([1.0380664664796384, 2.572718248762683, 1.5316754449023655, 1.005800182228836])
    oracle("веса CRITIC, четыре критерия", "JMcDM (Julia), количества информации", critic(values),
           information / information.sum(), 1e-12)
    oracle("веса CRITIC, четыре критерия, напечатанные веса", "JMcDM (Julia)", critic(values),
           [0.16883925, 0.418444976, 0.249124763, 0.163591012], 5e-6)


def test_entropy_weights_of_the_eight_criteria_example_of_jmcdm(oracle):
    """The same source, its test of the entropy weights; tolerance there 1e-4."""
    values = pd.DataFrame(dict(enumerate([
        [2, 4, 3, 5, 4, 3], [1, 1, 2, 1, 2, 2], [4, 5, 6, 5, 5, 6], [7, 6, 6, 7, 6, 6], [6, 7, 5, 6, 7, 6],
        [6, 7, 6, 7, 7, 6], [7, 6, 8, 7, 6, 6], [3000, 3500, 4000, 3000, 3000, 3500]])), dtype=float)
    printed = [0.2996736, 0.4413673, 0.0700909, 0.0212382, 0.0490229, 0.0230804, 0.0477633, 0.0477633]
    oracle("веса по энтропии, восемь критериев", "JMcDM (Julia)", entropy(values), printed, 1e-6)


def test_entropy_weights_of_xu_2004(oracle):
    """Xu (2004), EJOR 156(2), 530-532, numbers as in the tests of the Python package objective-weights-mcda."""
    values = pd.DataFrame([[30, 30, 38, 29], [19, 54, 86, 29], [19, 15, 85, 28.9], [68, 70, 60, 29]],
                          columns=list("abcd"))
    oracle("веса по энтропии, четыре критерия", "Xu (2004)", entropy(values), [0.4630, 0.3992, 0.1378, 0.0000], 5e-5)


def test_entropy_weights_of_elsayed_2017(oracle):
    """Elsayed, Dawood, Karthikeyan (2017), Int. J. Eng. Trends Technol. 46(2), 60-66, as in the tests of pymcdm."""
    values = pd.DataFrame([
        [7, 312, 1891, 6613, 163], [72, 88, 728, 941804, 1078], [10, 252, 2594, 3466, 117471],
        [10, 145, 980, 2371, 86329], [65, 54, 350, 501, 29897], [29, 48, 380, 912, 34051],
        [7, 476, 3300, 78470, 2212], [70, 87, 650, 733, 819000], [4, 86, 591, 3015, 103],
        [12, 79, 579, 3240, 96098], [21, 45, 261, 1253, 453], [1, 72, 530, 4333, 0.104800]], columns=list("abcde"))
    oracle("веса по энтропии, двенадцать единиц", "Elsayed и др. (2017), по тестам pymcdm", entropy(values),
           [0.104991, 0.069124, 0.071373, 0.449937, 0.304575], 5e-7)


def test_standard_deviation_weights_of_a_published_example(oracle):
    """Worked example in the manual of objective-weights-mcda; a ratio of deviations, so n or n - 1 is no matter."""
    values = pd.DataFrame([[0.619, 0.449, 0.447], [0.862, 0.466, 0.006], [0.458, 0.698, 0.771], [0.777, 0.631, 0.491],
                           [0.567, 0.992, 0.968]], columns=list("abc"))
    oracle("веса по разбросу, пять единиц", "руководство objective-weights-mcda", standard_deviation(values),
           [0.2173, 0.2945, 0.4882], 5e-5)


def test_standard_deviation_weights_of_jahan_and_edwards_2013(oracle):
    """Jahan, Edwards (2013), Materials & Design 49, 1000-1008, as in the tests of pymcdm."""
    values = pd.DataFrame([[0, 0, 0], [0.39, 0.3, 0.77], [0.17, 0.36, 0.8], [0.35, 0.29, 0.93], [0.3, 0.4, 0.94],
                           [0.84, 0.71, 1], [1, 1, 0.99]], columns=list("abc"))
    oracle("веса по разбросу, семь материалов", "Jahan, Edwards (2013), по тестам pymcdm", standard_deviation(values),
           [0.35, 0.31, 0.34], 0.005)


def test_merec_weights_of_keshavarz_ghorabaee_2021(oracle):
    """The paper's illustrative example: two benefits, two costs (turned round as 1/x). Four digits in the paper, all of
    them in the tests of JMcDM (Scala edition)."""
    values = pd.DataFrame([[450, 8000, 54, 145], [10, 9100, 2, 160], [100, 8200, 31, 153], [220, 9300, 1, 162],
                           [5, 8400, 23, 158]], columns=list("abcd"), dtype=float)
    values[["c", "d"]] = 1 / values[["c", "d"]]
    oracle("веса MEREC, пять единиц", "Keshavarz-Ghorabaee и др. (2021)", merec(values),
           [0.5752, 0.0141, 0.4016, 0.0091], 5e-5)
    oracle("веса MEREC, пять единиц, все знаки", "mcdm-scalajs, тест примера из статьи", merec(values),
           [0.5752216672093823, 0.01409659116846726, 0.40156136388773117, 0.009120377734419302], 1e-12)


def test_weights_of_the_technology_achievement_index_agree_with_pymcdm(oracle, tai):
    """pymcdm 1.4.0: entropy_weights(x), merec_weights(x, numpy.ones(8)), and of min-max values s critic_weights(s),
    standard_deviation_weights(s)."""
    share = tai.apply(min_max)
    theirs = [
        [0.400072321, 0.317314603, 0.189015102, 0.040550822, 0.000366652, 0.001072501, 0.009260279, 0.04234772],
        [0.277184733, 0.210971853, 0.276450447, 0.126538565, 0.007886825, 0.01044639, 0.029389507, 0.061131679],
        [0.119948828, 0.1421469, 0.122474557, 0.159202817, 0.089817129, 0.090839749, 0.139376932, 0.136193087],
        [0.108801095, 0.155714557, 0.137676353, 0.113908885, 0.111572158, 0.105161358, 0.144407396, 0.122758197]]
    oracle("веса по энтропии, MEREC, CRITIC и разбросу: TAI", "pymcdm 1.4.0",
           [entropy(tai), merec(tai), critic(share), standard_deviation(share)], theirs, 5e-10)


def entropy_by_loops(values):
    n, divergence = len(values), []
    for code in values:
        total, e = sum(values[code]), 0.0
        for value in values[code]:
            if value > 0:
                e -= value / total * math.log(value / total) / math.log(n)
        divergence.append(1 - e)
    return [part / sum(divergence) for part in divergence]


def deviation_by_loops(values):
    means = {code: sum(values[code]) / len(values) for code in values}
    spread = [math.sqrt(sum((value - means[code]) ** 2 for value in values[code])) for code in values]
    return [part / sum(spread) for part in spread]


def critic_by_loops(values):
    def covariance(one, other):
        x, y = values[one].tolist(), values[other].tolist()
        mx, my = sum(x) / len(x), sum(y) / len(y)
        return sum((a - mx) * (b - my) for a, b in zip(x, y, strict=True)) / (len(x) - 1)
    information = []
    for one in values:
        s = math.sqrt(covariance(one, one))
        conflict = sum(1 - covariance(one, other) / (s * math.sqrt(covariance(other, other))) for other in values)
        information.append(s * conflict)
    return [part / sum(information) for part in information]


def merec_by_loops(values):
    """As the paper writes it: the unit's mark is calculated again without the indicator."""
    def mark(unit, without=None):
        parts = [abs(math.log(min(values[code]) / values[code][unit])) for code in values if code != without]
        return math.log(1 + sum(parts) / values.shape[1])
    effect = [sum(abs(mark(unit, code) - mark(unit)) for unit in values.index) for code in values]
    return [part / sum(effect) for part in effect]


@pytest.mark.parametrize(("source", "loops"), [
    (entropy, entropy_by_loops), (standard_deviation, deviation_by_loops), (critic, critic_by_loops),
    (merec, merec_by_loops)])
@pytest.mark.parametrize("seed", range(5))
def test_weights_agree_with_the_formula_written_in_plain_loops(source, loops, seed):
    values = above_zero(seed) if source is merec else scaled(seed)
    assert source(values).to_list() == pytest.approx(loops(values), rel=1e-12)


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("seed", range(3))
def test_weights_sum_to_one_keep_codes_and_do_not_see_the_order_of_rows_or_columns(source, seed):
    values = above_zero(seed) if source is merec else scaled(seed)
    weights = source(values)
    assert weights.sum() == pytest.approx(1)
    assert (weights >= 0).all()
    shuffled = values.sample(frac=1, random_state=seed).sample(frac=1, axis=1, random_state=seed)
    assert source(shuffled).index.equals(shuffled.columns)
    pd.testing.assert_series_equal(source(shuffled)[weights.index], weights)


@pytest.mark.parametrize("source", [entropy, merec])
@pytest.mark.parametrize("seed", range(3))
def test_entropy_and_merec_weights_do_not_see_units_of_measure(source, seed):
    values = above_zero(seed)
    pd.testing.assert_series_equal(source(values * [1, 10, 100, 0.01, 7]), source(values))


@pytest.mark.parametrize("source", [entropy, standard_deviation])
def test_nearly_even_columns_and_small_numbers_are_no_constants(source):
    """Values of 1e-9 or a spread of 1e-5 of the level are data; what binary sums leave of a constant is not."""
    tiny = scaled(0) * 1e-9
    pd.testing.assert_series_equal(source(tiny), source(scaled(0)))
    level = 1 + 1e-5 * scaled(1)
    assert source(level)["a"] > 0
    assert source(level.assign(dust=0.1 + 0.2))["dust"] == 0


@pytest.mark.parametrize("seed", range(3))
def test_critic_and_deviation_do_not_see_the_level(seed):
    values = scaled(seed)
    for source in (critic, standard_deviation):
        pd.testing.assert_series_equal(source(values.add([0, 1, 2, -3, 0.5])), source(values))


def test_a_twin_takes_half_of_its_brothers_critic_weight_only():
    """Adding a copy of a column raises nobody's conflict but the others'."""
    values = scaled(0, k=3)
    weights = critic(values.assign(twin=values["a"]))
    assert weights["twin"] == pytest.approx(weights["a"])
    assert weights["a"] < critic(values)["a"]


def test_equal_weights():
    assert equal(list("abcd")).to_dict() == dict.fromkeys("abcd", 0.25)


@pytest.mark.parametrize(("codes", "words"), [
    ([], "Равные веса: нужен хотя бы один элемент, список пуст."),
    (["a", "b", "a"], "Равные веса: код повторяется: a (всего 1).")])
def test_equal_weights_need_different_elements(codes, words):
    with pytest.raises(InputError) as error:
        equal(codes)
    assert str(error.value) == words


def test_an_indicator_that_is_equal_everywhere_has_no_merec_weight():
    values = above_zero(3)
    weights = merec(values.assign(same=0.4))
    assert weights["same"] == 0
    # the others are marked against one indicator more, so they do not simply keep their weights
    assert weights[values.columns].sum() == pytest.approx(1)


def test_merec_refuses_zero_and_names_it():
    with pytest.raises(InputError) as error:
        merec(pd.DataFrame({"a": [0.2, 0.4], "b": [0.3, 0.0]}, index=["C1", "C2"]))
    assert str(error.value) == ("Веса MEREC: значения должны быть больше 0 (от них берётся логарифм), найдено 0 "
                                "(C2 × b). Задайте нормирование с нижней границей больше 0.")


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize(("values", "found"), [
    (pd.DataFrame({"a": [0.5], "b": [0.3]}), "единиц 1, показателей 2"),
    (pd.DataFrame(index=["C1", "C2"]), "единиц 2, показателей 0")])
def test_one_unit_or_no_indicator_is_refused(source, values, found):
    with pytest.raises(InputError) as error:
        source(values)
    assert str(error.value) == (f"{TITLES[source]}: нужно не меньше 2 единиц и хотя бы один показатель, найдено "
                                f"{found}.")


@pytest.mark.parametrize("source", SOURCES)
def test_codes_that_repeat_are_refused(source):
    with pytest.raises(InputError) as error:
        source(above_zero(0).rename(columns={"b": "a"}))
    assert str(error.value) == f"{TITLES[source]}: показатели: код повторяется: a (всего 1)."
    with pytest.raises(InputError) as error:
        source(above_zero(0).rename(index={1: 0}))
    assert str(error.value) == f"{TITLES[source]}: единицы: код повторяется: 0 (всего 1)."


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("gap", [np.nan, np.inf])
def test_a_gap_is_refused_with_its_place(source, gap):
    values = scaled(1)
    values.loc[[3, 5], ["b", "d"]] = gap
    with pytest.raises(InputError) as error:
        source(values)
    assert str(error.value) == f"{TITLES[source]}: пропущено значений 4, первые: 3 × b; 3 × d; 5 × b; 5 × d."


@pytest.mark.parametrize(("source", "words"), [
    (entropy, "веса по энтропии не определены"), (standard_deviation, "веса по разбросу не определены"),
    (critic, "Показатель a: во всех единицах одно значение"), (merec, "веса по MEREC не определены")])
def test_columns_equal_everywhere_have_no_weights(source, words):
    with pytest.raises(InputError, match=words):
        source(pd.DataFrame({"a": [0.5, 0.5, 0.5], "b": [0.1, 0.1, 0.1]}))


def test_entropy_refuses_negative_values():
    with pytest.raises(InputError, match=r"Веса по энтропии: значения должны быть не меньше 0\. Нормируйте"):
        entropy(scaled(2) - 0.5)


def test_a_column_of_zeros_tells_nothing_and_weighs_nothing():
    assert entropy(pd.DataFrame({"zeros": [0.0, 0.0], "b": [0.2, 0.8]}))["zeros"] == pytest.approx(0)


def test_critic_says_that_the_columns_repeat_each_other():
    with pytest.raises(InputError) as error:
        critic(pd.DataFrame({"a": [0.0, 0.5, 1.0], "b": [0.0, 0.5, 1.0]}))
    assert "одинаковы у всех единиц" not in str(error.value)
