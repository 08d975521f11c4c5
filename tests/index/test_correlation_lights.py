"""Correlations and their lights against scipy and numpy; properties, edges, words. COINr: tests/editions."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from methods.errors import InputError
from methods.index.correlation_lights import (
    COHERENT,
    CONTRARY,
    REDUNDANT,
    SILENT,
    Correlations,
    correlations,
    flagged_pairs,
)


def tables(seed=0, n=40, gaps=0.2):
    draw = np.random.default_rng(seed)
    common = draw.normal(size=(n, 1))
    units = [f"U{i:02}" for i in range(n)]
    values = pd.DataFrame(common + draw.normal(size=(n, 5)), index=units, columns=list("abcde"))
    values = values.mask(draw.random(values.shape) < gaps)
    return values[["a", "b", "c"]], values[["d", "e"]]


@pytest.mark.parametrize("seed", range(3))
def test_values_and_tests_are_scipys(oracle, seed):
    rows, columns = tables(seed)
    found, peer = correlations(rows, columns), []
    for row in rows:
        for column in columns:
            both = pd.concat([rows[row], columns[column]], axis=1).dropna()
            own = stats.pearsonr(both[row], both[column])
            peer.append([own.statistic, own.pvalue, len(both)])
            assert found.n.loc[row, column] == len(both)
    oracle("корреляции с пропусками и их значимость", "scipy.stats.pearsonr",
           [found.r.to_numpy().ravel(), found.p.to_numpy().ravel()], np.array(peer)[:, :2].T, 1e-12)


def test_the_order_of_rows_and_columns_changes_no_digit():
    rows, columns = tables()
    found = correlations(rows, columns)
    other = correlations(rows.sample(frac=1, random_state=3)[["c", "a", "b"]], columns[["e", "d"]])
    pd.testing.assert_frame_equal(other.r.loc[found.r.index, found.r.columns], found.r, rtol=0, atol=1e-15)
    assert other.lights().loc[found.r.index, found.r.columns].equals(found.lights())


def test_units_of_measure_do_not_matter_and_direction_turns_the_sign():
    rows, columns = tables(gaps=0.0)
    found = correlations(rows, columns)
    np.testing.assert_allclose(correlations(1000 * rows + 5, columns).r, found.r, atol=1e-12)
    np.testing.assert_allclose(correlations(-rows, columns).r, -found.r, atol=1e-12)


def test_a_column_without_spread_and_two_pairs_have_no_correlation():
    rows = pd.DataFrame({"same": [1.0, 1, 1, 1], "two": [1, 2, np.nan, np.nan], "own": [1.0, 2, 3, 5]})
    found = correlations(rows)
    assert found.r.loc["same"].isna().all()
    assert found.r.loc["two"].isna().all()
    assert np.isnan(np.diag(found.r)).all()
    assert found.lights().to_numpy().tolist() == [[""] * 3] * 3


def test_a_perfect_link_is_certain():
    found = correlations(pd.DataFrame({"a": [1.0, 2, 3, 4], "b": [2.0, 4, 6, 8]}))
    assert (found.r.loc["a", "b"], found.p.loc["a", "b"]) == (pytest.approx(1), pytest.approx(0, abs=1e-7))


def given(r, p):
    index = ["x"]
    return Correlations(*(pd.DataFrame([[value]], index, ["y"]) for value in (r, p, 30)))


@pytest.mark.parametrize(("r", "p", "light"), [
    (-0.5, 0.01, CONTRARY), (-0.5, 0.2, SILENT), (-0.01, 0.9, SILENT), (0.29, 0.01, SILENT), (0.3, 0.01, COHERENT),
    (0.5, 0.2, SILENT), (0.91, 0.01, COHERENT), (0.92, 0.01, REDUNDANT), (np.nan, np.nan, "")])
def test_every_light_has_its_borders(r, p, light):
    assert given(r, p).lights().loc["x", "y"] == light


def test_borders_are_parameters():
    assert given(0.5, 0.03).lights(silent=0.6).loc["x", "y"] == SILENT
    assert given(0.5, 0.03).lights(redundant=0.5).loc["x", "y"] == REDUNDANT
    assert given(0.5, 0.03).lights(level=0.01).loc["x", "y"] == SILENT


def test_pairs_are_named_once_and_the_strongest_first():
    x = pd.DataFrame({"a": range(12), "b": [*range(11), 30], "c": [*range(11), 12]}, dtype=float)
    found = correlations(x)
    pairs = flagged_pairs(found, found.lights(redundant=0.7), REDUNDANT)
    assert pairs[["first", "second"]].to_numpy().tolist()[0] == ["a", "c"]
    assert len(pairs) == 3
    assert pairs["r"].is_monotonic_decreasing
    assert flagged_pairs(found, found.lights(), CONTRARY).empty


def test_what_does_not_fit_is_told():
    rows, columns = tables()
    with pytest.raises(InputError) as error:
        correlations(rows, columns.iloc[1:])
    assert str(error.value) == "Корреляции: единицы: наборы кодов различаются. Нет: —; лишние: U00."
    with pytest.raises(InputError, match=r"границы должны быть 0 ≤ «молчит» < «повтор» ≤ 1, заданы 0\.9 и 0\.5"):
        correlations(rows).lights(silent=0.9, redundant=0.5)


def test_pairs_come_from_a_square_table_only():
    rows, columns = tables()
    found = correlations(rows, columns)
    with pytest.raises(InputError, match="Пары показателей: наборы кодов различаются"):
        flagged_pairs(found, found.lights(), REDUNDANT)
