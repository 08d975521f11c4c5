"""What each factor draws, from which law, and in which words it refuses; random streams of the noise."""

import json

import numpy as np
import pandas as pd
import pytest
from made_editions import FLAT, NAN, content_of, make, table, values
from scipy import stats

from methods.errors import InputError
from methods.index.edition import INDEX, Aggregation, Edition, Missing, Normalisation
from methods.sensitivity.engine import Experiment
from methods.sensitivity.factors import (
    AggregationChoice,
    ChecklistError,
    IndicatorLeftOut,
    MissingChoice,
    MixShift,
    NormalisationChoice,
    SamplingError,
    WeightDirichlet,
    WeightNoise,
    WeightPolytope,
    Winsorisation,
    choice,
    from_record,
    to_record,
)
from methods.sensitivity.noise import misjudged, stream, usable_errors

GEOMETRIC, ARITHMETIC = Aggregation(method="geometric"), Aggregation(method="arithmetic")
MIN_MAX, Z_SCORE = Normalisation(method="min-max"), Normalisation(method="z-score")
REWEIGHT, COMPLETE = Missing(rule="reweight"), Missing(rule="complete")
FOUR = {"A": 0.4, "B": 0.3, "C": 0.2, "D": 0.1}
WIDE = make(dict.fromkeys(FOUR, INDEX), {"index": FOUR})


def drawn(factor, draws=4000, edition=WIDE, seed=0, parent=INDEX):
    """Weights of the index's members in the draws of a factor."""
    experiment = Experiment(table(values(12, "ABCD")), edition, [factor])
    u = np.random.default_rng(seed).random((draws, len(experiment.columns)))
    made = experiment.draws(u, seed).weights[parent]
    return pd.DataFrame(made, columns=experiment.parents[parent].index)


# --- laws -------------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("spread", [0.1, 0.25, 1.0])
def test_perturbed_weights_sum_to_one_stay_within_the_spread_and_use_it(spread):
    weights = drawn(WeightNoise(spread))
    assert weights.sum(axis=1).to_numpy() == pytest.approx(1)
    ratio = (weights["A"] / weights["B"]) / (0.4 / 0.3)
    most = (1 + spread) / (1 - spread) if spread < 1 else np.inf
    assert ratio.max() <= most
    assert ratio.min() >= 1 / most
    if spread < 1:
        assert ratio.max() > 0.85 * most


def test_dirichlet_weights_have_the_moments_of_their_law(oracle):
    """Mean a/s, variance a(s - a)/(s^2(s + 1)); 20,000 draws: three standard errors of the mean are .003."""
    alpha = {"A": 4.0, "B": 2.0, "C": 1.0, "D": 0.5}
    weights = drawn(WeightDirichlet(alpha), 20_000)
    law = stats.dirichlet(list(alpha.values()))
    oracle("веса по Дирихле: средние", "scipy.stats.dirichlet", weights.mean(), law.mean(), 0.004)
    oracle("веса по Дирихле: дисперсии", "scipy.stats.dirichlet", weights.var(), law.var(), 0.001)
    for code, a in alpha.items():
        assert stats.kstest(weights[code], stats.beta(a, 7.5 - a).cdf).pvalue > 1e-3


@pytest.mark.parametrize("bounds", [
    {"A": (0.2, 0.5), "B": (0.1, 0.4), "C": (0.1, 0.4), "D": (0.05, 0.3)},   # the box without a side
    {"A": (0.1, 1), "B": (0.1, 1), "C": (0.1, 1), "D": (0, 1)},              # a simplex above the lower bounds
    {"A": (0, 0.3), "B": (0, 0.3), "C": (0, 0.3), "D": (0, 0.3)},            # a simplex below the upper bounds
    {"A": (0.25, 0.25), "B": (0.1, 0.6), "C": (0.1, 0.6), "D": (0, 1)}])     # one weight is fixed
def test_weights_spread_evenly_over_a_polytope(bounds):
    """Against plain rejection from the whole simplex: the same means and the same distribution of every weight."""
    weights = drawn(WeightPolytope(bounds), 3000)
    assert weights.sum(axis=1).to_numpy() == pytest.approx(1)
    for code, (low, high) in bounds.items():
        assert weights[code].between(low - 1e-12, high + 1e-12).all()
    draw, free = np.random.default_rng(5), [code for code, (low, high) in bounds.items() if low < high]
    left = 1 - sum(low for low, high in bounds.values() if low == high)
    tried = pd.DataFrame(left * draw.dirichlet(np.ones(len(free)), 600_000), columns=free)
    inside = np.all([tried[code].between(*bounds[code]) for code in free], axis=0)
    assert inside.sum() > 500
    for code in free:
        assert stats.ks_2samp(weights[code], tried.loc[inside, code]).pvalue > 1e-3


def test_bounds_are_matched_by_name_not_by_order():
    bounds = {"A": (0.4, 0.5), "B": (0.25, 0.35), "C": (0.1, 0.3), "D": (0.0, 0.15)}
    turned = drawn(WeightPolytope(dict(reversed(bounds.items()))), 50)
    pd.testing.assert_frame_equal(turned, drawn(WeightPolytope(bounds), 50))


def test_alternatives_are_equally_likely_and_the_ends_belong_to_the_outer_ones():
    numbers = choice(np.linspace(0, 1, 30_001), list("abc"))
    assert np.bincount(numbers).tolist() == [10_000, 10_000, 10_001]
    assert choice(np.array([0.0, 1.0]), list("abc")).tolist() == [0, 2]


@pytest.mark.parametrize(("fulfilled", "required", "rate"), [(0, 5, 0.1), (5, 5, 0.1), (3, 8, 0.25), (1, 1, 0.5)])
def test_the_law_of_misjudged_requirements_is_that_of_two_binomials(fulfilled, required, rate):
    """By enumeration of both numbers of mistakes."""
    law = np.zeros(required + 1)
    for missed in range(fulfilled + 1):
        for imagined in range(required - fulfilled + 1):
            law[fulfilled - missed + imagined] += (stats.binom.pmf(missed, fulfilled, rate)
                                                   * stats.binom.pmf(imagined, required - fulfilled, rate))
    np.testing.assert_allclose(misjudged(fulfilled, required, rate), law.cumsum(), rtol=0, atol=1e-14)


def test_streams_differ_by_seed_factor_and_coordinate_and_repeat():
    one = stream(0, "sampling", 0.25).random(4)
    np.testing.assert_array_equal(one, stream(0, "sampling", 0.25).random(4))
    for other in (stream(1, "sampling", 0.25), stream(0, "checklist", 0.25), stream(0, "sampling", 0.25 + 2**-53)):
        assert not np.isclose(other.random(4), one).any()


def test_standard_errors_of_zero_and_unknown_take_the_pooled_spread():
    """Known: se .1 of 16 answers and .2 of 4, spreads .4 and .4; pooled .4, so .4/sqrt(n) stands in."""
    measured = pd.DataFrame({"indicator": "A", "side": "subjective", "clientele": "", "se": [0.1, 0.2, 0.0, NAN, 0.0],
                             "n": [16, 4, 64, 1, 0]})
    assert usable_errors(measured).to_list() == pytest.approx([0.1, 0.2, 0.05, 0.4, NAN], nan_ok=True)


def test_pooled_spread_does_not_mix_questions():
    measured = pd.DataFrame({"indicator": ["A", "A", "B", "B"], "side": "subjective", "clientele": "",
                             "se": [0.1, 0.0, 0.3, 0.0], "n": [4, 4, 4, 4]})
    assert usable_errors(measured).to_list() == pytest.approx([0.1, 0.1, 0.3, 0.3])


# --- what cannot act --------------------------------------------------------------------------------------------------

ONE = make({"A": "G", "B": INDEX}, {"index": {"G": 0.5, "B": 0.5}, "G": "equal"})


@pytest.mark.parametrize(("factor", "words"), [
    (SamplingError(),
     "Выборочную ошибку разыграть нельзя: ни у одного измерения нет стандартной ошибки (se). Уберите этот источник "
     "или задайте se."),
    (ChecklistError(0.1),
     "Ошибку проверяющего разыграть нельзя: нужен чек-лист с правилом share, целым числом исполненных требований и их"
     " общим числом (столбец n). Нет у показателей: A, B."),
    (ChecklistError(0.0), "Доля ошибок проверяющего должна быть больше 0 и не больше 0,5, задано 0."),
    (ChecklistError(0.6), "Доля ошибок проверяющего должна быть больше 0 и не больше 0,5, задано 0.6."),
    (MixShift(0.1),
     "Доля опроса не может меняться: в редакции нет показателей с двумя сторонами. Уберите этот источник."),
    (Winsorisation(),
     "Винзоризация ничего не меняет: ни у одного показателя нет выбросов (|асимметрия| больше 2 и эксцесс больше "
     "3.5). Уберите этот источник."),
    (Winsorisation((1,)), "Винзоризация: нужны хотя бы два разных варианта, задано 1."),
    (WeightNoise(0.0), "Разброс весов должен быть больше 0 и не больше 1, задано 0."),
    (WeightNoise(1.5), "Разброс весов должен быть больше 0 и не больше 1, задано 1.5."),
    (WeightNoise(0.1, ("G",)), "Веса элемента «G» не могут меняться: в нём один показатель."),
    (WeightNoise(0.1, ("X",)), "Разброс весов: элемента «X» нет среди тех, из которых складывается индекс: G, index."),
    (WeightDirichlet({"A": 1.0}, "G"), "Веса элемента «G» не могут меняться: в нём один показатель."),
    (WeightDirichlet({"G": 1.0}), "Веса по Дирихле, «index»: наборы кодов различаются. Нет: B; лишние: —."),
    (WeightDirichlet({"G": 1.0, "B": 0.01}),
     "Веса по Дирихле: концентрация должна быть числом не меньше 0.05, у «B» 0.01."),
    (WeightPolytope({"G": (0.2, 0.8)}), "Границы весов, «index»: наборы кодов различаются. Нет: B; лишние: —."),
    (WeightPolytope({"G": (0.8, 0.2), "B": (0, 1)}),
     "Границы веса должны лежать между 0 и 1, нижняя не выше верхней; у «G» 0.8…0.2."),
    (WeightPolytope({"G": (0.5, 0.6), "B": (0.5, 0.6)}),
     "Границы весов элемента «index» не оставляют выбора: сумма нижних 1, верхних 1.2; должно быть меньше и больше 1,"
     " и хотя бы два веса свободны."),
    (WeightPolytope({"G": (0.5, 0.5), "B": (0.1, 0.8)}),
     "Границы весов элемента «index» не оставляют выбора: сумма нижних 0.6, верхних 1.3; должно быть меньше и больше "
     "1, и хотя бы два веса свободны."),
    (NormalisationChoice((MIN_MAX, MIN_MAX)), "Нормирование: нужны хотя бы два разных варианта, задано 2."),
    (NormalisationChoice((MIN_MAX, Z_SCORE), "X"), "Нормирование не может меняться: X ни к чему не применяется."),
    (AggregationChoice((ARITHMETIC,)), "Агрегирование: нужны хотя бы два разных варианта, задано 1."),
    (AggregationChoice((ARITHMETIC, GEOMETRIC), "G"),
     "Агрегирование не может меняться: G не применяется ни к одному элементу индекса, где хотя бы два показателя."),
    (MissingChoice((REWEIGHT, COMPLETE)), "Правило пропусков ничего не меняет: в элементах «G, index» пропусков нет."),
    (MissingChoice((REWEIGHT,)), "Правило пропусков: нужны хотя бы два разных варианта, задано 1."),
    (IndicatorLeftOut(("X",)), "Исключить нельзя: показателей X нет среди тех, что участвуют в индексе."),
])
def test_a_factor_that_cannot_act_says_why(factor, words):
    with pytest.raises(InputError) as caught:
        Experiment(table(values(12, "AB")), ONE, [factor])
    assert str(caught.value) == words


def test_more_that_cannot_act():
    alone = make({"A": INDEX}, {"index": {"A": 1}})
    with pytest.raises(InputError, match="Исключать нечего: в индексе один показатель"):
        Experiment(table(values(6, "A")), alone, [IndicatorLeftOut()])
    with pytest.raises(InputError, match="Веса не могут меняться: в каждом элементе индекса только один показатель"):
        Experiment(table(values(6, "A")), alone, [WeightNoise()])
    two_sided = make({"A": INDEX, "B": INDEX}, {"index": "equal"}, two_sided="A")
    measured = pd.concat([table(values(6, "A"), 0.1, side="subjective"), table(values(6, "AB"))])
    with pytest.raises(InputError, match=r"больше 0 и не больше 0.5, наименьшей доли стороны в редакции; задано 0\.6"):
        Experiment(measured, two_sided, [MixShift(0.6)])
    content = content_of(FLAT)
    content["indicators"]["B"]["direction"], content["normalisation"] = -1, {"method": "min-max"}
    turned = Edition.model_validate_json(json.dumps(content))
    with pytest.raises(InputError, match="none не переворачивает шкалу, а показатели направлены вниз: B"):
        Experiment(table(values()), turned, [NormalisationChoice((MIN_MAX, Normalisation(method="none")))])
    narrow = {f"Q{n}": (0.099, 0.1015) for n in range(9)} | {"Q9": (0.1, 0.1001)}
    many = make(dict.fromkeys(narrow, INDEX), {"index": "equal"})
    frame = pd.DataFrame(np.random.default_rng(0).random((5, 10)), columns=list(narrow), index=list("abcde"))
    assert Experiment(table(frame), many, [WeightPolytope(narrow)]).groups == {"weights:index": [0]}


def test_a_logarithm_may_not_leave_the_scale_of_the_normalisation():
    frame = values(20, "ABC")
    frame.loc["U03", "A"] = 50.0
    posts = content_of(FLAT) | {"normalisation": {"method": "goalposts", "low": 0, "high": 60}}
    edition = Edition.model_validate_json(json.dumps(posts))
    with pytest.raises(InputError, match=r"Логарифм \(otherwise = log\) меняет шкалу показателя.*A, B, C"):
        Experiment(table(frame), edition, [Winsorisation((0, 1), otherwise="log")])
    assert Experiment(table(frame), edition, [Winsorisation((0, 1))]).groups == {"winsorisation": [0]}


def test_a_checklist_that_is_a_bare_share_has_no_requirements_to_misjudge():
    edition = make({"A": INDEX, "B": INDEX}, {"index": "equal"}, checked="AB")
    measured = table(pd.DataFrame({"A": [0.75, 0.5], "B": [0.3, 0.6]}, ["U0", "U1"]), n=4)  # .3 of 4 is not whole
    assert Experiment(measured, edition, [ChecklistError(0.1)]).setting.checklists == {"A"}
    with pytest.raises(InputError, match="Нет у показателей: B"):
        Experiment(measured, edition, [ChecklistError(0.1, ("B",))])


# --- records ----------------------------------------------------------------------------------------------------------

EACH = [SamplingError(), ChecklistError(0.05, ("A", "B")), MixShift(0.1), Winsorisation((1, 2, 3), "log"),
        WeightNoise(0.25, ("G",)), WeightDirichlet({"A": 1.0, "B": 2.0}, "G"),
        WeightPolytope({"A": (0.2, 0.5), "B": (0.5, 0.8)}, "G"), NormalisationChoice((MIN_MAX, Z_SCORE), "A"),
        AggregationChoice((ARITHMETIC, Aggregation(method="power", exponent=2))), MissingChoice((REWEIGHT, COMPLETE)),
        IndicatorLeftOut(("A",))]


@pytest.mark.parametrize("factor", EACH, ids=lambda factor: type(factor).__name__)
def test_a_record_is_plain_and_makes_the_factor_again(factor):
    again = from_record(json.loads(json.dumps(to_record(factor))))
    assert again == factor
    assert (again.name, again.title) == (factor.name, factor.title)
    assert any("а" <= letter <= "я" for letter in factor.title)


def test_records_that_are_none():
    with pytest.raises(InputError, match="Источник неопределённости «Luck» неизвестен; есть: SamplingError"):
        from_record({"factor": "Luck"})
    with pytest.raises(InputError, match="Источник MixShift: лишние ключи sprd"):
        from_record({"factor": "MixShift", "sprd": 0.1})


def test_names_and_titles_of_all_factors():
    """Names are keys of protocols, of random streams and of the columns of a design; titles stand in reports."""
    power, low = Aggregation(method="power", exponent=0.5), Missing(rule="reweight", min_coverage=0.6)
    more = [*EACH, WeightNoise(), NormalisationChoice((MIN_MAX, Z_SCORE)), AggregationChoice((GEOMETRIC, power), "G"),
            MissingChoice((low, COMPLETE), "G"), IndicatorLeftOut(), WeightNoise(0.1, ("G", "index"))]
    assert [(factor.name, factor.title) for factor in more] == [
        ("sampling", "выборочная ошибка опроса"),
        ("checklist", "ошибка проверяющего 5 % требований"),
        ("mix", "доля опроса ±10 п. п."),
        ("winsorisation", "винзоризация: не больше 1, 2, 3 значений"),
        ("weights:G", "веса ±25 % (G)"),
        ("weights:G", "веса «G» по распределению Дирихле"),
        ("weights:G", "веса «G» в заданных границах"),
        ("normalisation:A", "нормирование показателя A: min-max, z-score"),
        ("aggregation", "агрегирование: arithmetic, power 2"),
        ("missing", "пропуски: reweight, complete"),
        ("left-out", "исключён один показатель (A) или ни одного"),
        ("weights", "веса ±25 %"),
        ("normalisation", "нормирование: min-max, z-score"),
        ("aggregation:G", "агрегирование «G»: geometric, power 0.5"),
        ("missing:G", "пропуски «G»: reweight от 60 %, complete"),
        ("left-out", "исключён один показатель (любой) или ни одного"),
        ("weights:G:index", "веса ±10 % (G, index)")]


@pytest.mark.parametrize(("factor", "record"), [
    (SamplingError(0.3), {"factor": "SamplingError", "common": 0.3}),
    (Winsorisation(), {"factor": "Winsorisation", "points": [0, 1, 2, 3, 4, 5], "otherwise": "none", "skewness": 2.0,
                       "kurtosis": 3.5}),
    (WeightNoise(), {"factor": "WeightNoise", "spread": 0.25, "parents": []}),
    (WeightPolytope({"A": (0.2, 0.5)}), {"factor": "WeightPolytope", "bounds": {"A": [0.2, 0.5]}, "parent": "index"}),
    (AggregationChoice((GEOMETRIC,)), {"factor": "AggregationChoice", "alternatives": [{"method": "geometric"}],
                                       "parent": ""})])
def test_a_record_names_every_option(factor, record):
    assert to_record(factor) == record


@pytest.mark.parametrize("common", [-0.1, 1.0, 1.5])
def test_a_correlation_of_errors_that_is_none_is_refused(common):
    with pytest.raises(InputError) as raised:
        Experiment(table(values(6, "AB"), 0.1), ONE, [SamplingError(common)])
    assert str(raised.value) == f"Корреляция ошибок разных вопросов — от 0 до 1, задано {common:g}."


def test_two_sources_may_not_have_one_name_nor_draw_the_same_weights():
    measured, wide = table(values(12, "ABCD"), 0.1), WIDE
    with pytest.raises(InputError) as raised:
        Experiment(measured, wide, [SamplingError(), SamplingError(0.5)])
    assert str(raised.value) == "Источник неопределённости задан дважды: sampling."
    with pytest.raises(InputError) as raised:
        Experiment(measured, wide, [WeightNoise(0.1), WeightDirichlet(dict.fromkeys("ABCD", 1.0))])
    assert str(raised.value) == (
        "Веса элемента «index» разыгрывают сразу два источника: «веса ±10 %» и «веса «index» по распределению "
        "Дирихле». Оставьте один или разделите элементы (parents).")


@pytest.mark.parametrize(("least", "fits"), [(0.05, True), (0.049, False)])
def test_the_smallest_concentration_is_drawn(least, fits):
    concentrations = {"A": least, "B": 1.0, "C": 1.0, "D": 1.0}
    if fits:
        assert drawn(WeightDirichlet(concentrations), 200).sum(axis=1).to_numpy() == pytest.approx(1)
    else:
        with pytest.raises(InputError, match=r"концентрация должна быть числом не меньше 0\.05, у «A» 0\.049\.$"):
            drawn(WeightDirichlet(concentrations), 1)


def test_the_corner_of_the_design_where_all_shares_vanish_gives_equal_weights():
    experiment = Experiment(table(values(6, "ABCD")), WIDE, [WeightDirichlet(dict.fromkeys("ABCD", 2.0))])
    weights = experiment.draws(np.array([[0.0] * 4, [0.5] * 4, [0.0, 0.0, 0.5, 0.0]]), 0).weights[INDEX]
    assert weights.tolist() == [[0.25] * 4, pytest.approx([0.25] * 4), [0, 0, 1, 0]]


def test_the_shift_of_the_mix_is_symmetric_and_reaches_its_ends():
    assert MixShift(0.2).shift(np.array([[0.0], [0.5], [0.75], [1.0]])).tolist() == pytest.approx([-0.2, 0, 0.1, 0.2])


def test_a_narrow_polytope_is_hit_by_few_tries_of_the_best_proposal():
    """Corners of five-dimensional bodies: the proposal that is hit most often must be found, or nothing is drawn."""
    codes = [f"Q{number}" for number in range(6)]
    edition = make(dict.fromkeys(codes, INDEX), {"index": "equal"})
    frame = pd.DataFrame(np.random.default_rng(0).random((5, 6)), list("abcde"), codes)
    for low, high, kind in ((0.15, 1.0, "above"), (0.0, 0.18, "below"), (0.15, 0.18, "box")):
        factor = WeightPolytope(dict.fromkeys(codes, (low, high)))
        assert factor._proposal[0] == kind
        experiment = Experiment(table(frame), edition, [factor])
        weights = experiment.draws(np.random.default_rng(1).random((300, 1)), 0).weights[INDEX]
        assert ((weights >= low) & (weights <= high)).all()
        assert weights.mean(axis=0) == pytest.approx([1 / 6] * 6, abs=0.02)
