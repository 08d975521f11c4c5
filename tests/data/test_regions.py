"""Regions: codes and clocks. The day of an answer is the day where it was given."""

import datetime
from zoneinfo import ZoneInfo

import pytest

from methods.data.registry import read_regions

# Federal law 107-FZ, article 5: hours from Moscow time and the subjects of each zone but the second (Moscow time).
ZONES = {
    -1: "39", 1: "18 30 63 64 73", 2: "02 45 56 59 66 72 74 86 89", 3: "55", 4: "04 17 19 22 24 42 54 70", 5: "03 38",
    6: "14 28 75", 7: "25 27 79", 8: "49 65", 9: "41 87",
}


@pytest.fixture(scope="module")
def regions(root):
    return read_regions(root)


def test_there_are_89_subjects_in_force_and_six_that_were(regions):
    alive = regions["действует_по"].isna()
    assert alive.sum() == 89
    assert list(regions.index[~alive]) == ["80", "81", "82", "84", "85", "88"]
    assert regions.index.is_unique
    assert regions["title"].is_unique


@pytest.mark.parametrize("month", [1, 7])
def test_clocks_are_those_of_the_law(regions, month):
    moment = datetime.datetime(2025, month, 15, 12, tzinfo=datetime.UTC)
    stated = {code: hours for hours, codes in ZONES.items() for code in codes.split()}
    for code, zone in regions.loc[regions["действует_по"].isna(), "zone"].items():
        from_moscow = moment.astimezone(ZoneInfo(zone)).utcoffset() - datetime.timedelta(hours=3)
        assert from_moscow == datetime.timedelta(hours=stated.get(code, 0)), (code, zone)
