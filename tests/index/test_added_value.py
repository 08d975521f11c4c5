"""Added value: places of ASEM as COINr prints them, properties, words of errors."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from methods.errors import InputError
from methods.index.added_value import added_value, places_apart

PILLARS = ["Physical", "ConEcFin", "Political", "Instit", "P2P", "Environ", "Social", "SusEcFin"]


@pytest.fixture(scope="module")
def asem(root):
    """Scores and the ranks that COINr printed for them."""
    folder = root / "tests" / "reference" / "asem"
    scores = pd.read_csv(folder / "step_aggregated.csv", index_col="UnitCode", keep_default_na=False)
    ranks = pd.read_csv(folder / "results_ranks.csv", index_col="UnitCode", keep_default_na=False)
    return scores, ranks


def test_shares_of_countries_whose_pillar_place_is_far_from_that_of_the_index(oracle, asem):
    scores, ranks = asem
    found = added_value(scores["Index"].astype(float), scores[PILLARS].astype(float))
    places = ranks.loc[found.index.index, [*PILLARS, "Index"]].astype(float)
    far = (places[PILLARS].sub(places["Index"], axis=0).abs() >= 10).mean()
    oracle("доля единиц, чьё место по группе дальше 10 мест от места по индексу",
           "места R COINr, results_ranks.csv (индекс ASEM)", found.summary(10)["apart"], far, 1e-12)
    spearman = [stats.spearmanr(scores[pillar], scores["Index"]).statistic for pillar in PILLARS]
    oracle("корреляция мест по группам и по индексу", "scipy.stats.spearmanr, баллы R COINr (индекс ASEM)",
           found.summary(10).loc[PILLARS, "spearman"], spearman, 1e-12)


def test_an_index_of_one_group_adds_nothing():
    scores = pd.Series(np.random.default_rng(0).normal(size=30))
    found = added_value(scores, pd.DataFrame({"only": 10 * scores + 3}))
    assert found.summary(1).loc["only", ["apart", "mean_shift", "spearman"]].to_list() == [0, 0, pytest.approx(1)]
    assert found.apart_from_any(1) == 0


def test_a_group_turned_round_is_as_far_as_can_be():
    scores = pd.Series(range(11), dtype=float)
    found = added_value(scores, pd.DataFrame({"turned": -scores}))
    assert found.summary(1).loc["turned", "mean_shift"] == pytest.approx(sum(abs(10 - 2 * i) for i in range(11)) / 11)
    assert found.shifts()["turned"].to_list() == [-10, -8, -6, -4, -2, 0, 2, 4, 6, 8, 10]


def test_units_without_an_index_take_no_part_and_gaps_have_no_place():
    index = pd.Series({"A": 3.0, "B": 2.0, "C": 1.0, "D": np.nan})
    groups = pd.DataFrame({"g": [1.0, 2, np.nan, 100], "h": [3.0, 2, 1, 0]}, index=index.index)
    found = added_value(index, groups)
    assert found.places["g"].to_dict() == {"A": 2, "B": 1, "C": pytest.approx(np.nan, nan_ok=True)}
    assert found.summary(1).loc["g", ["apart", "units"]].to_list() == [1, 2]
    assert found.apart_from_any(1) == pytest.approx(2 / 3)


def test_the_order_of_units_and_groups_changes_nothing():
    draw = np.random.default_rng(1)
    groups = pd.DataFrame(draw.normal(size=(20, 3)), columns=list("abc"))
    index = groups.mean(axis=1)
    mixed = added_value(index.sample(frac=1, random_state=0), groups.sample(frac=1, random_state=1)[["c", "a", "b"]])
    pd.testing.assert_frame_equal(mixed.summary(3).loc[["a", "b", "c"]], added_value(index, groups).summary(3))


def test_what_cannot_be_compared_is_told():
    with pytest.raises(InputError, match="нужно не меньше 2 единиц с индексом, найдено 1"):
        added_value(pd.Series({"A": 1.0, "B": np.nan}), pd.DataFrame({"g": [1.0, 2]}, index=["A", "B"]))
    with pytest.raises(InputError, match="различие мест должно быть не меньше 1, задано 0"):
        added_value(pd.Series([1.0, 2]), pd.DataFrame({"g": [1.0, 2]})).summary(0)


def test_ten_places_of_132_in_other_numbers_of_units():
    assert [places_apart(n) for n in (2, 6, 7, 66, 132, 264)] == [1, 1, 1, 5, 10, 20]
