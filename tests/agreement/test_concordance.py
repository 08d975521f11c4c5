"""Agreement of two measurements: published numbers, what shifts and scales do, how often the interval holds."""

import numpy as np
import pandas as pd
import pytest

from methods.agreement.concordance import association, concordance
from methods.errors import InputError


@pytest.fixture(scope="module")
def peak_flow(root):
    """Bland, Altman (1986), Lancet i, table 1: 17 subjects, first readings of the Wright and the mini meter, l/min."""
    return pd.read_csv(root / "tests" / "reference" / "bland_altman_pefr.csv", index_col="subject")


@pytest.fixture(scope="module")
def epir(root):
    """25 pairs whose epi.ccc output is printed, see tests/reference/README.md."""
    return pd.read_csv(root / "tests" / "reference" / "epir_ccc.csv")


def pairs(seed, n=30, r=0.8):
    """Correlated marks and shares with labels."""
    rng = np.random.default_rng(seed)
    x = rng.normal(0.7, 0.1, n)
    y = 0.5 + r * (x - 0.7) + rng.normal(0, 0.05, n)
    labels = [f"C{i:02d}" for i in range(n)]
    return pd.Series(x, labels, name="опрос"), pd.Series(y, labels, name="чек-лист")


def test_peak_flow_meters_as_published_by_bland_and_altman(peak_flow):
    """Paper, p. 308: mean difference -2.1, SD 38.8, r .94; CCC and the last digits recomputed independently."""
    result = concordance(peak_flow["wright"], peak_flow["mini"])
    assert result.n == 17
    assert result.bias == pytest.approx(-2.12, abs=0.005)
    assert result.limits == pytest.approx((-78.1, 73.9), abs=0.05)  # bias -+ 1.96 x 38.77
    assert np.diff(result.limits)[0] / (2 * 1.96) == pytest.approx(38.77, abs=0.005)
    assert np.diff(result.bias_interval)[0] / 2 / 2.1199 == pytest.approx(9.40, abs=0.005)  # t(16), SE of the mean
    assert result.pearson == pytest.approx(0.943, abs=0.0005)
    assert result.ccc == pytest.approx(0.9427, abs=5e-5)


def test_interval_of_the_concordance_as_printed_by_epir(epir):
    """epiR 1.0-15, epi.ccc(method1, method2, ci = "z-transform"): .9461401 (.8857455, .9750329), s.shift 1.08911."""
    result = concordance(epir["method1"], epir["method2"])
    assert result.ccc == pytest.approx(0.9461401, abs=5e-8)
    assert result.ccc_interval == pytest.approx((0.8857455, 0.9750329), abs=5e-8)
    assert 1 / result.scale_shift == pytest.approx(1.08911, abs=5e-6)        # epiR: y to x
    assert -result.location_shift == pytest.approx(-0.1038458, abs=5e-8)     # epiR: y - x


def test_marks_that_rank_alike_and_do_not_agree():
    """Five centres of the domain notes: Pearson .983, yet concordance .146 and bias +.20, limits .004 to .396."""
    survey = pd.Series([0.92, 0.88, 0.95, 0.90, 0.85])
    checklist = pd.Series([0.75, 0.60, 0.90, 0.70, 0.55])
    result = concordance(survey, checklist)
    assert result.pearson == pytest.approx(0.983, abs=0.0005)
    assert result.spearman == pytest.approx(1)
    assert result.ccc == pytest.approx(0.146, abs=0.0005)
    assert result.bias == pytest.approx(0.20)
    assert result.limits == pytest.approx((0.004, 0.396), abs=0.0005)


@pytest.mark.parametrize("seed", range(3))
def test_concordance_is_one_for_identical_measurements_only(seed):
    x, _ = pairs(seed)
    assert concordance(x, x).ccc == pytest.approx(1)
    for other in (x + 0.01, x * 1.01, x.where(x.index != "C07", x + 0.01)):
        assert concordance(x, other).ccc < 1 - 1e-6


@pytest.mark.parametrize("seed", range(3))
def test_concordance_is_the_correlation_times_what_the_shifts_leave_and_never_more(seed):
    x, y = pairs(seed)
    result = concordance(x, y)
    accuracy = 2 / (result.scale_shift + 1 / result.scale_shift + result.location_shift**2)
    assert result.ccc == pytest.approx(result.pearson * accuracy)
    assert abs(result.ccc) < abs(result.pearson)
    assert result.ccc_interval[0] < result.ccc < result.ccc_interval[1]


@pytest.mark.parametrize("seed", range(3))
def test_a_common_change_of_scale_changes_no_coefficient(seed):
    x, y = pairs(seed)
    before, after = concordance(x, y), concordance(100 * x - 7, 100 * y - 7)
    for name in ("pearson", "pearson_interval", "spearman", "ccc", "ccc_interval", "scale_shift", "location_shift"):
        assert getattr(after, name) == pytest.approx(getattr(before, name))
    for name in ("bias", "bias_interval", "limits"):
        assert getattr(after, name) == pytest.approx(100 * np.array(getattr(before, name)))


@pytest.mark.parametrize("seed", range(3))
def test_a_shift_of_one_side_costs_concordance_but_no_correlation(seed):
    x, y = pairs(seed)
    y = y - y.mean() + x.mean()
    results = [concordance(x, y + shift) for shift in (0, 0.05, 0.1, 0.3)]
    assert [each.bias for each in results] == pytest.approx([0, -0.05, -0.1, -0.3], abs=1e-12)
    assert [each.pearson for each in results] == pytest.approx([results[0].pearson] * 4)
    assert (np.diff([each.ccc for each in results]) < 0).all()


def test_swapped_sides_turn_bias_and_shifts_over_and_keep_the_coefficients():
    x, y = pairs(4)
    one, other = concordance(x, y), concordance(y, x)
    assert (other.bias, other.limits) == (pytest.approx(-one.bias), pytest.approx((-one.limits[1], -one.limits[0])))
    assert (other.scale_shift, other.location_shift) == pytest.approx((1 / one.scale_shift, -one.location_shift))
    assert (other.ccc, other.pearson) == pytest.approx((one.ccc, one.pearson))
    assert other.ccc_interval == pytest.approx(one.ccc_interval)


def test_opposite_measurements_have_the_negative_concordance():
    x, y = pairs(5)
    y = y - y.mean() + x.mean()
    turned = 2 * y.mean() - y
    assert concordance(x, turned).ccc == pytest.approx(-concordance(x, y).ccc)
    assert concordance(x, turned).ccc_interval == pytest.approx(tuple(-end for end in concordance(x,
                                                                                                  y).ccc_interval[::-1]))


@pytest.mark.parametrize(("rho", "scale", "shift"), [
    (0.9, 1.0, 0.0), (0.6, 1.0, 0.5), (0.9, 1.5, 0.0), (0.6, 0.7, 1.0)])
def test_lins_interval_holds_the_true_concordance_about_95_times_of_100(rho, scale, shift):
    """Simulation: 400 samples of 50 bivariate normal pairs with known concordance."""
    true = 2 * rho * scale / (1 + scale**2 + shift**2)
    rng = np.random.default_rng(20260401)
    draws = rng.multivariate_normal([0, shift], [[1, rho * scale], [rho * scale, scale**2]], size=(400, 50))
    held = 0
    for sample in draws:
        low, high = concordance(pd.Series(sample[:, 0]), pd.Series(sample[:, 1])).ccc_interval
        held += low <= true <= high
    assert 0.90 <= held / 400 <= 0.99


@pytest.mark.parametrize("confidence", [0.5, 0.9, 0.99])
def test_intervals_grow_with_the_confidence_and_say_it(confidence):
    x, y = pairs(6)
    narrow, wide = concordance(x, y, confidence), concordance(x, y, 0.999)
    assert narrow.confidence == confidence
    for name in ("bias_interval", "pearson_interval", "ccc_interval"):
        assert getattr(wide, name)[0] < getattr(narrow, name)[0] < getattr(narrow, name)[1] < getattr(wide, name)[1]
    assert narrow.limits == wide.limits  # limits of agreement are about units, not about confidence


def test_pearson_interval_is_fishers():
    """By hand: z = atanh r, plus or minus 1.959964/sqrt(n - 3)."""
    x, y = pairs(7)
    r = np.corrcoef(x, y)[0, 1]
    z, half = np.arctanh(r), 1.959963984540054 / np.sqrt(len(x) - 3)
    for result in (association(x, y), concordance(x, y)):
        assert result.pearson_interval == pytest.approx((np.tanh(z - half), np.tanh(z + half)))


def test_no_interval_where_the_asymptotic_variance_has_no_value():
    x, _ = pairs(8)
    assert np.isnan(concordance(x, 2 * x).ccc_interval).all()


@pytest.mark.parametrize("measure", [association, concordance])
def test_pairs_are_matched_by_label_and_incomplete_ones_left_out(measure):
    x, y = pairs(9)
    expected = measure(x, y)
    strangers = pd.concat([y.sample(frac=1, random_state=1), pd.Series({"C98": 0.9})]).rename("чек-лист")
    result = measure(pd.concat([x, pd.Series({"C99": 0.1, "C98": np.nan})]).rename("опрос"), strangers)
    assert result.n == 30
    assert (result.pearson, result.spearman) == pytest.approx((expected.pearson, expected.spearman))
    by_position = measure(x, pd.Series(y.sample(frac=1, random_state=1).to_numpy(), index=x.index))
    assert by_position.pearson != pytest.approx(expected.pearson)


@pytest.mark.parametrize("measure", [association, concordance])
@pytest.mark.parametrize(("x", "y", "words"), [
    ([1, 2, 3, None], [1, 2, 4, 5],
     "Согласованность опрос и чек-лист: нужно не меньше 4 единиц с обеими оценками, найдено 3."),
    ([2, 2, 2, 2], [1, 2, 4, 5], "Согласованность опрос и чек-лист: «опрос» одинакова у всех 4 единиц."),
    ([1, 2, 3, 4], [5, 5, 5, 5], "Согласованность опрос и чек-лист: «чек-лист» одинакова у всех 4 единиц."),
])
def test_what_cannot_be_compared_is_refused_in_words(measure, x, y, words):
    with pytest.raises(InputError) as error:
        measure(pd.Series(x, dtype=float, name="опрос"), pd.Series(y, dtype=float, name="чек-лист"))
    assert str(error.value) == words


@pytest.mark.parametrize("labels", [list("dbcae"), list("abcda")])
def test_a_unit_that_occurs_twice_is_refused_in_words(labels):
    with pytest.raises(InputError):
        concordance(pd.Series([1.0, 2, 3, 4, 5], list("abcda")), pd.Series([1.0, 2, 4, 3, 6], labels))
