"""Staircases of requirements: published scalograms, Loevinger's H by counting errors, limits, refusals."""

import itertools

import numpy as np
import pandas as pd
import pytest

from methods.errors import InputError, NotPublishable
from methods.maturity.scalogram import loevinger, scalogram


def board(*rows):
    """Units of a scalogram as strings of marks: columns Q1, Q2 ..."""
    return pd.DataFrame([[int(mark) for mark in row] for row in rows], index=[f"R{i:03d}" for i in range(len(rows))],
                        columns=[f"Q{i}" for i in range(1, len(rows[0]) + 1)])


def random_marks(seed, n=60, k=6, strength=1.5):
    rng = np.random.default_rng(seed)
    latent = strength * rng.normal(size=(n, 1)) - np.linspace(-1.5, 1.5, k) + rng.logistic(size=(n, k))
    return pd.DataFrame((latent > 0).astype(int), [f"R{i:03d}" for i in range(n)], list("abcdefgh")[:k])


# -- Guttman -----------------------------------------------------------------------------------------------------------

def test_cornell_technique_of_a_published_board(oracle):
    """Ten respondents in their printed order, five questions: five errors in fifty answers."""
    marks = board("11111", "11111", "11111", "11110", "10101", "11001", "10110", "11000", "00000", "00000")
    found = scalogram(marks, position=pd.Series(range(10, 0, -1), marks.index))
    cornell = found.techniques.loc["cornell"]
    oracle("шкалограмма: минимальная воспроизводимость, воспроизводимость, прирост, шкалируемость",
           "California State University Northridge, SOC 497L, Example of a Guttman Scale Analysis",
           [found.minimal_reproducibility, cornell["reproducibility"], cornell["improvement"], cornell["scalability"]],
           [0.60, 0.90, 0.30, 0.75], 1e-12)
    assert cornell["errors"] == 5


def test_errors_of_mixed_types_counted_once_each(oracle):
    """150 respondents, three items; mixed types 10, 5, 4, 2 times, each one change away from a scale type."""
    scale_types = ["000"] * 30 + ["001"] * 33 + ["011"] * 33 + ["111"] * 33
    mixed = ["110"] * 10 + ["101"] * 5 + ["010"] * 4 + ["100"] * 2
    found = scalogram(board(*scale_types, *mixed))
    oracle("воспроизводимость при 21 ошибке в 450 ответах",
           "Social Research Methods (srmdc.net), гл. 7, табл. 7.4; чистые типы распределены нами",
           found.techniques.loc["nearest", "reproducibility"], 1 - 21 / 450, 1e-12)


def nearest_by_trying(marks):
    """Fewest changes of a unit to any step, over every order of requirements that the shares allow."""
    share = marks.mean().round(12)
    orders = [order for order in itertools.permutations(marks)
              if all(share[a] >= share[b] for a, b in itertools.pairwise(order))]
    total = 0
    for _, row in marks.iterrows():
        total += min(sum(row[code] != (place < step) for place, code in enumerate(order))
                     for order in orders for step in range(len(order) + 1))
    return total


def by_total_by_trying(marks):
    """Goodenough and Edwards: the step of the unit's own total, ties between requirements in its favour."""
    share = marks.mean().round(12)
    orders = [order for order in itertools.permutations(marks)
              if all(share[a] >= share[b] for a, b in itertools.pairwise(order))]
    return sum(min(sum(row[code] != (place < row.sum()) for place, code in enumerate(order)) for order in orders)
               for _, row in marks.iterrows())


@pytest.mark.parametrize("seed", range(6))
def test_errors_agree_with_trying_every_order_of_equally_easy_requirements(seed):
    marks = random_marks(seed, n=8, k=5)
    found = scalogram(marks).techniques["errors"]
    assert found["nearest"] == nearest_by_trying(marks)
    assert found["goodenough_edwards"] == by_total_by_trying(marks)


def test_a_perfect_staircase_has_no_errors_and_says_the_order():
    found = scalogram(board("111", "111", "110", "100", "100", "000"))
    assert found.techniques["errors"].to_list() == [0, 0, 0]
    assert found.techniques["scalability"].to_list() == [1, 1, 1]
    assert found.order == ("Q1", "Q2", "Q3")
    assert found.unit_errors.sum() == found.item_errors.sum() == 0


@pytest.mark.parametrize("seed", range(4))
def test_scalogram_does_not_see_the_order_of_rows_or_columns(seed):
    marks = random_marks(seed)
    plain = scalogram(marks)
    turned = scalogram(marks.sample(frac=1, random_state=seed).sample(frac=1, axis=1, random_state=seed))
    pd.testing.assert_frame_equal(turned.techniques, plain.techniques)
    pd.testing.assert_series_equal(turned.item_errors[plain.item_errors.index], plain.item_errors)
    assert turned.order == plain.order


def test_reproducibility_is_never_below_what_the_shares_give_by_the_cornell_technique():
    for seed in range(20):
        found = scalogram(random_marks(seed, strength=0.0))
        assert found.techniques.loc["cornell", "improvement"] >= -1e-12


def test_errors_of_units_and_of_requirements_are_the_same_errors():
    found = scalogram(random_marks(3))
    assert found.unit_errors.sum() == found.item_errors.sum() == found.techniques.loc["goodenough_edwards", "errors"]


@pytest.mark.parametrize(("marks", "position", "error", "words"), [
    (board("11", "11", "11"), None, NotPublishable,
     "Шкалограмма Гуттмана: каждое требование исполнили либо все, либо никто; шкала не определена."),
    (board("11", "10"), None, NotPublishable,
     "Шкалограмма Гуттмана: нужно не меньше 3 единиц и 2 требований, найдено единиц 2, требований 2."),
    (board("12", "10", "00"), None, InputError,
     "Шкалограмма Гуттмана: отметка требования — 1 (исполнено), 0 (нет) или пропуск, найдено 2 (R000 × Q2)."),
    (board("11", "10", "00").astype(float).replace(0.0, np.nan), None, InputError,
     "Шкалограмма Гуттмана: пропущено значений 3, первые: R001 × Q2; R002 × Q1; R002 × Q2."),
    (board("11", "10", "00"), pd.Series({"R000": 1.0, "R001": 2.0}), InputError,
     "Шкалограмма Гуттмана: места единиц: наборы кодов различаются. Нет: —; лишние: R002.")])
def test_scalogram_refuses(marks, position, error, words):
    with pytest.raises(error) as raised:
        scalogram(marks, position)
    assert str(raised.value) == words


# -- Loevinger ---------------------------------------------------------------------------------------------------------

def test_h_of_a_published_pair(oracle):
    """Shares .2 and .6 of 100: 8 errors expected, 2 found."""
    marks = pd.DataFrame({"hard": [1] * 20 + [0] * 80, "easy": [0] * 2 + [1] * 60 + [0] * 38})
    found = loevinger(marks, draws=100)
    oracle("коэффициент Лёвингера пары", "пример лекции о шкалах Моккена (hitpages.com/doc/4510222735376384)",
           [found.scale["h"], found.pairs.loc["hard", "easy"], found.items.loc["hard", "h"]], [0.75] * 3, 1e-12)


def guttman_errors(x, y):
    """Weighted Guttman errors found and expected of a pair of graded items (Molenaar 1991): for every cell the pairs
    of item steps passed in the wrong order."""
    steps = [(share, which, step) for which, item in enumerate((x, y))
             for step in range(1, int(item.max()) + 1) for share in [(item >= step).mean()]]
    steps.sort(key=lambda each: (-each[0], each[1], each[2]))

    def weight(a, b):
        passed = [(a if which == 0 else b) >= step for _, which, step in steps]
        return sum(passed[j] and not passed[i] for i in range(len(passed)) for j in range(i + 1, len(passed)))
    found = sum(weight(a, b) for a, b in zip(x, y, strict=True))
    expected = sum(weight(a, b) for a in x for b in y) / len(x)
    return found, expected


@pytest.mark.parametrize(("seed", "steps"), [(0, 1), (1, 1), (2, 1), (3, 2), (4, 3), (5, 3)])
def test_h_agrees_with_counted_guttman_errors(oracle, seed, steps):
    rng = np.random.default_rng(seed)
    latent = 1.2 * rng.normal(size=(40, 1)) + rng.logistic(size=(40, 4)) - np.linspace(-0.6, 0.6, 4)
    answers = pd.DataFrame(sum((latent > cut).astype(int) for cut in np.linspace(-1, 1, steps)), columns=list("abcd"))
    found = loevinger(answers, draws=100)
    errors = {pair: guttman_errors(answers[pair[0]], answers[pair[1]]) for pair in itertools.combinations("abcd", 2)}
    theirs = [1 - sum(f for f, _ in errors.values()) / sum(e for _, e in errors.values())]
    for code in "abcd":
        own = [both for pair, both in errors.items() if code in pair]
        theirs.append(1 - sum(f for f, _ in own) / sum(e for _, e in own))
    theirs += [1 - f / e for f, e in errors.values()]
    oracle("коэффициенты Лёвингера шкалы, требований и пар (в том числе со ступенями)",
           "счёт ошибок Гуттмана по Молинару (1991), пересчитано",
           [found.scale["h"], *found.items["h"], *(found.pairs.loc[pair] for pair in errors)], theirs, 1e-10)


def test_h_is_one_on_a_staircase_and_near_zero_for_independent_requirements():
    assert loevinger(board("111", "110", "100", "000"), draws=100).scale["h"] == pytest.approx(1)
    rng = np.random.default_rng(0)
    loose = pd.DataFrame(rng.random((4000, 5)) < [0.2, 0.4, 0.5, 0.6, 0.8]).astype(int)
    assert abs(loevinger(loose, draws=100).scale["h"]) < 0.05


def test_verdicts_and_a_constant_requirement():
    marks = random_marks(1, n=300, strength=3.0).assign(all_met=1)
    rng = np.random.default_rng(2)
    marks["noise"] = rng.integers(0, 2, len(marks))
    found = loevinger(marks, draws=200)
    assert found.excluded == ("all_met",)
    assert found.items.loc["noise", "verdict"] == "вне шкалы"
    assert set(found.items["verdict"]) <= {"вне шкалы", "слабая", "средняя", "сильная"}
    assert list(found.items.index) == [code for code in marks if code != "all_met"]


def test_bootstrap_repeats_by_seed_and_does_not_see_the_order():
    marks = random_marks(5)
    plain = loevinger(marks, draws=200, seed=0)
    turned = loevinger(marks.sample(frac=1, random_state=1)[list("fcbade")], draws=200, seed=0)
    pd.testing.assert_frame_equal(turned.items.loc[plain.items.index], plain.items)
    assert not loevinger(marks, draws=200, seed=1).items["low"].equals(plain.items["low"])
    assert (plain.items["low"] < plain.items["h"]).all()
    assert (plain.items["h"] < plain.items["high"]).all()


@pytest.mark.slow
def test_bootstrap_intervals_of_the_scale_hold():
    """300 samples of 150 units: 95 % within 3.5 standard errors (4.4 points)."""
    truth = loevinger(random_marks(99, n=200_000), draws=100).scale["h"]
    inside = sum(found["low"] <= truth <= found["high"]
                 for found in (loevinger(random_marks(seed, n=150), draws=300).scale for seed in range(300)))
    assert abs(inside / 300 - 0.95) < 0.044


@pytest.mark.parametrize(("options", "error", "words"), [
    ({"draws": 10}, InputError, "Коэффициент Лёвингера: повторных выборок должно быть не меньше 100, сейчас 10."),
    ({"seed": -1}, InputError, "Коэффициент Лёвингера: seed — целое число от 0, сейчас -1."),
    ({"confidence": 95}, InputError,
     "Коэффициент Лёвингера: доверительная вероятность — число больше 0 и меньше 1, сейчас 95."),
    ({"answers": board("10", "11", "10")}, NotPublishable,
     "Коэффициент Лёвингера: нужно не меньше 2 требований, по которым единицы различаются, найдено 1.")])
def test_loevinger_refuses(options, error, words):
    with pytest.raises(error) as raised:
        loevinger(**({"answers": random_marks(0)} | options))
    assert str(raised.value) == words
