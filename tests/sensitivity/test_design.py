"""Designs: every chunk alone is the chunk in its row, equal recipes give equal points, points fill the cube."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from methods.errors import UsageError
from methods.sensitivity.design import CHUNK, Design

COLUMNS = pd.MultiIndex.from_tuples([("mix", ""), ("weights", "index/A"), ("weights", "index/B")])


def all_points(design, columns=COLUMNS):
    return np.concatenate([points for _, points in design.points(columns)])


@pytest.mark.parametrize("kind", ["random", "sobol"])
def test_a_chunk_made_alone_is_the_same_as_in_its_row(kind):
    design = Design(4 * CHUNK + 7, kind, 5)
    whole = all_points(design)
    assert whole.shape == (4 * CHUNK + 7, 3)
    for chunks in ([4], [1, 3], [0], [2, 4]):
        for first, points in design.points(COLUMNS, chunks):
            np.testing.assert_array_equal(points, whole[first:first + len(points)])


@pytest.mark.parametrize("kind", ["random", "sobol"])
def test_a_longer_design_goes_on_where_a_shorter_one_stopped(kind):
    np.testing.assert_array_equal(all_points(Design(3000, kind, 1))[:1500], all_points(Design(1500, kind, 1)))


@pytest.mark.parametrize("kind", ["random", "sobol"])
def test_points_fill_the_cube_evenly(kind):
    points = all_points(Design(4 * CHUNK, kind, 0))
    assert ((points >= 0) & (points < 1)).all()
    for column in points.T:
        assert stats.kstest(column, "uniform").pvalue > 1e-4
    assert np.abs(np.corrcoef(points.T)[np.triu_indices(3, 1)]).max() < 4 / len(points)**0.5
    if kind == "sobol":  # a power of two of Sobol points has exactly one in every interval of that length
        for column in points.T:
            assert np.array_equal(np.sort((column * len(points)).astype(int)), np.arange(len(points)))


def test_another_factor_does_not_move_the_random_points_of_the_first():
    fewer = COLUMNS[1:]
    np.testing.assert_array_equal(all_points(Design(100), COLUMNS)[:, 1:], all_points(Design(100), fewer))


def test_the_seed_zero_is_a_seed_and_seeds_differ():
    zero, one, again = (all_points(Design(50, "sobol", seed)) for seed in (0, 1, 0))
    np.testing.assert_array_equal(zero, again)
    assert not np.allclose(zero, one)


def test_a_mean_over_sobol_points_is_nearer_than_over_random_ones():
    """Of a smooth function with mean 1: 30 seeds each, 1,024 points."""
    errors = {kind: np.std([(1.5 * all_points(Design(CHUNK, kind, seed))**0.5).prod(axis=1).mean() - 1
                            for seed in range(30)]) for kind in ("random", "sobol")}
    assert errors["sobol"] < errors["random"] / 20


def test_a_record_makes_the_design_again():
    design = Design(2000, "sobol", 3)
    assert design.record() == {"draws": 2000, "kind": "sobol", "seed": 3, "chunk": CHUNK}
    assert Design.from_record(design.record()) == design
    with pytest.raises(UsageError, match="частями по 512 розыгрышей, эта версия делает их по 1024"):
        Design.from_record(design.record() | {"chunk": 512})


@pytest.mark.parametrize(("wrong", "words"), [
    ({"draws": 0}, "не меньше 1.*draws=0"), ({"draws": 5, "seed": -1}, "seed=-1"),
    ({"draws": 5, "kind": "lattice"}, "План «lattice» неизвестен: допустимы random и sobol"),
    ({"draws": 2**30 + 1, "kind": "sobol"}, "В последовательности Соболя не больше 1073741824 точек")])
def test_what_is_no_design(wrong, words):
    with pytest.raises(UsageError, match=words):
        Design(**wrong)


def test_one_draw_is_a_design():
    assert all_points(Design(1, "random", 0)).shape == (1, 3)
