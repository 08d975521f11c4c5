"""Weights from the data alone: published examples, plain loops as peers, units of measure, refusals."""

import math

import numpy as np
import pandas as pd
import pytest

from methods.errors import InputError
from methods.index.normalise import min_max
from methods.weights.data_driven import critic, entropy, equal, standard_deviation

SOURCES = [entropy, standard_deviation, critic]
# Tus, Aytac Adali (2019), Opsearch 56, 528-538, doi:10.1007/s12597-019-00371-6: five programs x six criteria, the first
# a cost. The matrix as in the tests of the Python package crispyn.
PROGRAMS = pd.DataFrame([[5000, 3, 3, 4, 3, 2], [680, 5, 3, 2, 2, 1], [2000, 3, 2, 3, 4, 3], [600, 4, 3, 1, 2, 2],
                         [800, 2, 4, 3, 3, 4]], columns=["c1", "c2", "c3", "c4", "c5", "c6"], dtype=float)


def scaled(seed, n=12, k=5):
    """Values on [0; 1] that reach both ends, as the bench hands them over."""
    rng = np.random.default_rng(seed)
    return pd.DataFrame(rng.beta(2, rng.uniform(1, 4, k), (n, k)), columns=list("abcde")[:k]).apply(min_max)


@pytest.mark.parametrize(("direction", "weights"), [
    (1, [0.157, 0.249, 0.168, 0.121, 0.154, 0.151]),   # as published: the cost taken for a benefit
    (-1, [0.184, 0.213, 0.142, 0.158, 0.168, 0.134]),  # the cost turned round first, recomputed independently
])
def test_critic_weights_of_tus_and_adali_2019(direction, weights):
    values = PROGRAMS.apply(min_max)
    values["c1"] = min_max(PROGRAMS["c1"], direction)
    assert critic(values).to_list() == pytest.approx(weights, abs=5e-4)


def test_critic_weights_of_the_four_criteria_example_of_jmcdm():
    """Satman and others, JMcDM (Julia), its test of CRITIC; the third criterion is a cost. There: information
    C_j in full, weights within 1e-4."""
    raw = pd.DataFrame([[12.9918, 0.7264, -1.1009, 1.598139592], [4.1201, 5.8824, 3.4483, 1.021563567],
                        [4.1039, 0.0, -0.5076, 0.984469444]], columns=list("abcd"))
    values = pd.DataFrame({code: min_max(raw[code], -1 if code == "c" else 1) for code in raw})
    information = np.array([1.0380664664796384, 2.572718248762683, 1.5316754449023655, 1.005800182228836])
    np.testing.assert_allclose(critic(values), information / information.sum(), rtol=1e-12)
    assert critic(values).to_list() == pytest.approx([0.16883925, 0.418444976, 0.249124763, 0.163591012], abs=5e-6)


def test_entropy_weights_of_the_eight_criteria_example_of_jmcdm():
    """The same source, its test of the entropy weights; tolerance there 1e-4."""
    values = pd.DataFrame(dict(enumerate([
        [2, 4, 3, 5, 4, 3], [1, 1, 2, 1, 2, 2], [4, 5, 6, 5, 5, 6], [7, 6, 6, 7, 6, 6], [6, 7, 5, 6, 7, 6],
        [6, 7, 6, 7, 7, 6], [7, 6, 8, 7, 6, 6], [3000, 3500, 4000, 3000, 3000, 3500]])), dtype=float)
    printed = [0.2996736, 0.4413673, 0.0700909, 0.0212382, 0.0490229, 0.0230804, 0.0477633, 0.0477633]
    assert entropy(values).to_list() == pytest.approx(printed, abs=1e-6)


def test_entropy_weights_of_xu_2004():
    """Xu (2004), EJOR 156(2), 530-532, numbers as in the tests of the Python package objective-weights-mcda."""
    values = pd.DataFrame([[30, 30, 38, 29], [19, 54, 86, 29], [19, 15, 85, 28.9], [68, 70, 60, 29]],
                          columns=list("abcd"))
    assert entropy(values).to_list() == pytest.approx([0.4630, 0.3992, 0.1378, 0.0000], abs=5e-5)


def test_standard_deviation_weights_of_a_published_example():
    """Worked example in the manual of objective-weights-mcda; a ratio of deviations, so n or n - 1 is no matter."""
    values = pd.DataFrame([[0.619, 0.449, 0.447], [0.862, 0.466, 0.006], [0.458, 0.698, 0.771], [0.777, 0.631, 0.491],
                           [0.567, 0.992, 0.968]], columns=list("abc"))
    assert standard_deviation(values).to_list() == pytest.approx([0.2173, 0.2945, 0.4882], abs=5e-5)


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


@pytest.mark.parametrize(("source", "loops"), [
    (entropy, entropy_by_loops), (standard_deviation, deviation_by_loops), (critic, critic_by_loops)])
@pytest.mark.parametrize("seed", range(5))
def test_weights_agree_with_the_formula_written_in_plain_loops(source, loops, seed):
    values = scaled(seed)
    assert source(values).to_list() == pytest.approx(loops(values), rel=1e-12)


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("seed", range(3))
def test_weights_sum_to_one_keep_codes_and_do_not_see_the_order_of_rows_or_columns(source, seed):
    values = scaled(seed)
    weights = source(values)
    assert weights.sum() == pytest.approx(1)
    assert (weights >= 0).all()
    shuffled = values.sample(frac=1, random_state=seed).sample(frac=1, axis=1, random_state=seed)
    assert source(shuffled).index.equals(shuffled.columns)
    pd.testing.assert_series_equal(source(shuffled)[weights.index], weights)


@pytest.mark.parametrize("seed", range(3))
def test_entropy_weights_do_not_see_units_of_measure(seed):
    values = scaled(seed)
    pd.testing.assert_series_equal(entropy(values * [1, 10, 100, 0.01, 7]), entropy(values))


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


@pytest.mark.parametrize(("source", "title"), [
    (entropy, "Веса по энтропии"), (standard_deviation, "Веса по разбросу"), (critic, "Веса CRITIC")])
@pytest.mark.parametrize("gap", [np.nan, np.inf])
def test_a_gap_is_refused_with_its_place(source, title, gap):
    values = scaled(1)
    values.loc[[3, 5], ["b", "d"]] = gap
    with pytest.raises(InputError) as error:
        source(values)
    assert str(error.value) == f"{title}: пропущено значений 4, первые: 3 × b; 3 × d; 5 × b; 5 × d."


@pytest.mark.parametrize(("source", "words"), [
    (entropy, "веса по энтропии не определены"), (standard_deviation, "веса по разбросу не определены"),
    (critic, "Показатель a: во всех единицах одно значение")])
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
