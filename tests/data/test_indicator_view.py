"""Values of single indicators: what is let out tells nobody's answers, by a linear programme that knows all of it."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import linprog

from methods.data import editions
from methods.data.disclosure.indicators import _safe, shown_indicators

SHARES = np.array([0.5, 0.5])
THRESHOLD, PROTECTION = 10, 0.1


def safe(value, n, weights=None, shares=SHARES, linear=True):
    value, n = np.asarray(value, dtype=float), np.asarray(n, dtype=float)
    weights = np.full(len(value), 1 / len(value)) if weights is None else weights
    return _safe(value, n, shares, weights, np.full(len(value), 4), THRESHOLD, PROTECTION, linear)


def provable(value, weights, shown, goal, shares=SHARES):
    """Smallest and largest value of a linear function of the answers' means, for whoever knows what is shown."""
    k, v = value.shape
    c = value @ shares
    rows = [np.kron(np.eye(k)[j], shares) for j in np.flatnonzero(shown)] + [np.kron(weights, shares)]
    right = [*c[shown], weights @ c]
    ends = [linprog(sign * goal, A_eq=np.array(rows), b_eq=right, bounds=[(0, 1)] * (k * v)).fun * sign
            for sign in (1, -1)]
    return ends[1] - ends[0]


@pytest.mark.parametrize("seed", range(40))
def test_no_small_group_is_known_better_than_before(seed, oracle):
    rng = np.random.default_rng(seed)
    k = int(rng.integers(2, 7))
    value = rng.beta(8, 1.2, (k, 2)).round(3)
    n = np.column_stack([rng.integers(10, 40, k), rng.integers(3, 15, k)]).astype(float)
    weights = rng.dirichlet(np.ones(k) * 5)
    shown = safe(value, n, weights)
    few = n < THRESHOLD
    for j, v in zip(*np.nonzero(few), strict=True):
        width = provable(value, weights, shown, np.eye(2 * k)[2 * j + v])
        alone = provable(value, weights, np.zeros(k, dtype=bool), np.eye(2 * k)[2 * j + v])
        assert width >= min(max(PROTECTION, 1 / (4 * n[j, v])), alone) - 1e-6
    if few.any():
        group = np.kron(weights, [0.0, 1.0])
        before = provable(value, weights, np.zeros(k, dtype=bool), group)
        oracle("пределы оценки малой клиентуры после показа показателей",
               "линейная программа scipy.optimize.linprog, 40 наборов, пересчитано",
               provable(value, weights, shown, group), before, 1e-6)


def test_enough_answers_everywhere_hide_nothing():
    assert safe([[1.0, 1.0], [0.9, 1.0]], [[10, 10], [30, 12]]).tolist() == [True, True]


def test_a_ceiling_hides_its_question_and_one_more():
    shown = safe([[1.0, 1.0], [0.8, 0.7], [0.9, 0.6]], [[30, 5], [30, 5], [30, 5]])
    assert shown.tolist() == [False, True, False] or shown.tolist() == [False, False, True]
    assert shown.sum() == 1


def test_too_few_answers_altogether_are_not_shown():
    shown = safe([[0.7, 0.6]] * 4, [[5, 4], [30, 5], [30, 5], [30, 5]])
    assert not shown[0]
    assert shown.sum() == 2      # another one is held back, or the first could be computed


def test_a_clientele_of_two_is_not_shown():
    assert not safe([[0.7, 0.6]] * 3, [[30, 2], [30, 5], [30, 5]])[0]


def test_the_lower_half_of_the_scale_proves_nothing_and_shows_nothing():
    assert not safe([[0.4, 0.5], [0.9, 0.8], [0.9, 0.8]], [[30, 5]] * 3).any()


def test_a_recipe_that_is_no_weighted_sum_shows_nothing_of_small_clienteles():
    assert not safe([[0.7, 0.6]] * 3, [[30, 5]] * 3, linear=False).any()
    assert safe([[0.7, 0.6]] * 3, [[30, 15]] * 3, linear=False).all()


def test_one_question_alone_follows_its_group():
    assert safe([[0.7, 0.6]], [[30, 5]]).tolist() == [True]
    assert safe([[1.0, 1.0]], [[30, 5]]).tolist() == [False]


def test_only_published_groups_show_their_indicators_and_public_ones_always_are(root):
    edition = editions.load_edition(root, "star-2022")
    units = pd.Index(["01-001", "01-002"], name="unit")
    rows = [(unit, code, "subjective", view, 0.7, 20.0) for unit in units for code, indicator in
            edition.indicators.items() if "subjective" in indicator.sides for view in edition.clienteles]
    measurements = pd.DataFrame(rows, columns=["unit", "indicator", "side", "clientele", "value", "n"])
    scores = pd.DataFrame(70.0, units, ["index", *edition.groups])
    scores.loc["01-002", ["Д", "П"]] = np.nan
    view = SimpleNamespace(scores=scores, threshold=10, protection=0.1)
    shown = shown_indicators(measurements, edition, view)
    assert shown.loc["01-001"].all()
    assert list(shown.columns[~shown.loc["01-002"]]) == ["Д1", "Д2", "Д3", "П1", "П3"]   # П2 has no survey


def test_without_a_survey_everything_is_public(root):
    edition = editions.load_edition(root, "odm-2023")
    view = SimpleNamespace(scores=pd.DataFrame({"index": [1.0]}, index=["AL"]), threshold=10, protection=0.1)
    assert shown_indicators(pd.DataFrame(), edition, view).all().all()
