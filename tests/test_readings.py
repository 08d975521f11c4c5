"""docs/readings.md and the decision records say what tools/readings.py computes."""

import importlib.util
import re
import sys
from pathlib import Path

import pandas as pd
import pytest

from methods.data import editions, store

ROOT = Path(__file__).resolve().parents[1]
ROW = re.compile(r"(?m)^\| (\d{4}\.\d+) \| .*$")


@pytest.fixture(scope="module")
def readings():
    spec = importlib.util.spec_from_file_location("readings", ROOT / "tools" / "readings.py")
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)  # its dataclasses look themselves up
    spec.loader.exec_module(module)
    return module


def rows(path):
    return {found[1]: found[0] for found in ROW.finditer(path.read_text(encoding="utf-8"))}


def test_records_quote_the_table_to_the_letter():
    """A row that differs: run `python tools/readings.py`."""
    table = rows(ROOT / "docs" / "readings.md")
    quoted = {}
    for path in (ROOT / "docs" / "decisions").glob("*.md"):
        own = rows(path)
        assert {number[:4] for number in own} <= {path.name[:4]}
        quoted |= own
    assert len(table) > 20
    assert quoted == table


def test_the_table_has_every_reading(readings):
    assert list(rows(ROOT / "docs" / "readings.md")) == [
        f"{decision}.{place}" for decision, own in readings.READINGS.items() for place in range(1, len(own) + 1)]


@pytest.mark.slow
def test_the_table_is_what_the_command_gives(readings):
    assert readings.page(readings.rows(ROOT), readings.records()) == (ROOT / "docs" / "readings.md").read_text("utf-8")


@pytest.mark.slow
def test_the_readings_start_from_the_adopted_scores(readings):
    star = readings.Star(editions.load_edition(ROOT, readings.VERSION), ROOT)
    _, _, adopted = store.scored(readings.VERSION, readings.PERIOD, ROOT)
    pd.testing.assert_series_equal(star.scores.rank, adopted.rank)
    pd.testing.assert_series_equal(star.scores.grade, adopted.grade)


def test_weight_on_the_checklist_alone_is_reading_b(readings):
    """Contributions (S + X/N w)/2 of the presentation, added by hand for the indicators of one centre."""
    edition = editions.load_edition(ROOT, readings.VERSION)
    weight = edition.effective_weights()
    survey = pd.Series({code: 0.5 + number / 50 for number, code in enumerate(edition.questions)})
    checklist = pd.Series({code: 1 - number / 40 for number, code in enumerate(weight.index)})
    by_hand = (survey.reindex(weight.index).fillna(0) + checklist * weight).sum() / 2
    largest = (len(survey) + weight.sum()) / 2
    changed = readings.weight_on_checklist(edition)
    given = {"subjective": survey, "objective": checklist}
    mixed = pd.Series({code: sum(share * given[side][code] for side, share in one.side_mix().items())
                       for code, one in changed.indicators.items()})
    assert (mixed * changed.effective_weights()).sum() == pytest.approx(by_hand / largest)
