"""Mean changes of regions: a peer, the level of the whole family, order and gaps, refusals."""

import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.weightstats import DescrStatsW

from methods.errors import InputError
from methods.index.group_change import group_changes


def data(regions=20, each=12, rise=0.0, seed=0):
    rng = np.random.default_rng(seed)
    units = [f"U{number:03d}" for number in range(regions * each)]
    home = pd.Series([f"R{number // each:02d}" for number in range(len(units))], units)
    truth, error = pd.Series(rng.normal(80, 5, len(units)), units), pd.Series(rng.uniform(0.5, 2, len(units)), units)
    before = truth + error * rng.standard_normal(len(units))
    after = truth + rise + error * rng.standard_normal(len(units))
    return before, after, home, error


def test_equal_errors_are_a_mean_with_a_known_spread(oracle):
    """Peer: the z interval of statsmodels around the mean of twelve differences whose spread is known."""
    before, after, home, _ = data(1)
    error = pd.Series(1.5, before.index)
    found = group_changes(before, after, home, error, error).iloc[0]
    peer = DescrStatsW(after - before)
    oracle("Среднее изменение по региону", "statsmodels DescrStatsW: среднее", found["change"], peer.mean, 1e-12)
    assert found["se"] == pytest.approx(np.sqrt(2 * 1.5**2 / 12))
    assert found["high"] - found["low"] == pytest.approx(2 * 1.959963985 * found["se"])


def test_no_region_is_named_by_chance_more_often_than_the_level(monkeypatch):
    """1,000 countries of 20 regions in which nothing changed: one is named in 5 % of them, +- 1.4 points (2 se)."""
    monkeypatch.setattr("gc.collect", lambda: 0)  # statsmodels collects garbage in every call: nine tenths of the time
    named = []
    for seed in range(1000):
        before, after, home, error = data(20, 4, seed=seed)
        named.append((group_changes(before, after, home, error, error)["verdict"] != 0).any())
    assert np.mean(named) == pytest.approx(0.05, abs=0.014)


def test_a_rise_everywhere_is_seen_and_its_interval_covers_it():
    before, after, home, error = data(rise=3.0)
    found = group_changes(before, after, home, error, error)
    assert (found["verdict"] == 1).mean() > 0.9
    assert ((found["low"] <= 3) & (found["high"] >= 3)).mean() >= 0.85


def test_turned_round_a_rise_is_a_fall():
    before, after, home, error = data(rise=2.0)
    forth, back = (group_changes(*pair, home, error, error) for pair in ((before, after), (after, before)))
    np.testing.assert_allclose(forth["change"], -back["change"])
    assert (forth["verdict"] == -back["verdict"]).all()


def test_the_order_of_units_changes_nothing():
    before, after, home, error = data(rise=1.0)
    mixed = before.sample(frac=1, random_state=1)
    pd.testing.assert_frame_equal(group_changes(mixed, after, home[::-1], error, error),
                                  group_changes(before, after, home, error, error))


def test_units_of_one_period_are_left_out_and_an_unknown_error_leaves_no_verdict():
    before, after, home, error = data(2, 3)
    before["U000"] = np.nan
    found = group_changes(before, after, home, error.drop("U005"), error)
    assert found["units"].to_dict() == {"R00": 2, "R01": 3}
    assert found["change"].notna().all()
    assert found["se"].isna().to_dict() == found["verdict"].isna().to_dict() == {"R00": False, "R01": True}


def test_nobody_in_both_periods_is_an_empty_table():
    before, after, home, error = data(2, 3)
    assert group_changes(before * np.nan, after, home, error, error).empty


def test_refusals():
    before, after, home, error = data(2, 3)
    with pytest.raises(InputError, match="уровень проверки — больше 0 и меньше 1, задано 5"):
        group_changes(before, after, home, error, error, level=5)
    with pytest.raises(InputError, match="Группы"):
        group_changes(before, after, pd.concat([home, home]), error, error)
