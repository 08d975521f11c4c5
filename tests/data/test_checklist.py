"""Is X of N what a person with a pencil would count?"""

import numpy as np
import pandas as pd
import pytest

from methods.data.checklist import requirement_scores

NAN = np.nan


def marks(unit="Ц1", maximum=1.0, *scores):
    return pd.DataFrame({"unit": unit, "score": scores, "maximum": maximum})


@pytest.mark.parametrize(("scores", "share", "everything", "points"), [
    ((1, 1, 1, 0), 3 / 4, 0, 3), ((1, 1), 1, 1, 2), ((0, 0, 0), 0, 0, 0), ((1,), 1, 1, 1), ((1, 0, NAN), 1 / 2, 0, 1),
    ((1, 1, NAN), 1, 1, 2),
], ids=["three of four", "all", "none", "one", "one does not apply", "the unmet one does not apply"])
def test_rules(scores, share, everything, points):
    frame = marks("Ц1", 1.0, *map(float, scores))
    found = [requirement_scores(frame, rule).loc["Ц1", "value"] for rule in ("share", "all", "points")]
    assert found == [share, everything, points]


def test_n_counts_the_applicable():
    assert requirement_scores(marks("Ц1", 1.0, 1.0, 0.0, NAN)).loc["Ц1", "n"] == 2


def test_points_weigh_by_their_maximum():
    """30 of 40 and 0 of 10: 30/50, not the mean of 3/4 and 0."""
    frame = pd.DataFrame({"unit": "Ц1", "score": [30.0, 0.0], "maximum": [40.0, 10.0]})
    assert requirement_scores(frame).loc["Ц1", "value"] == 0.6


def test_part_of_the_points_is_not_all():
    frame = pd.DataFrame({"unit": "Ц1", "score": [40.0, 9.0], "maximum": [40.0, 10.0]})
    assert requirement_scores(frame, "all").loc["Ц1", "value"] == 0


@pytest.mark.parametrize("rule", ["share", "all", "points"])
def test_nothing_applicable_is_no_value_rather_than_zero_or_one(rule):
    frame = pd.concat([marks("Ц1", 1.0, NAN, NAN), marks("Ц2", 1.0, 1.0, 0.0)])
    found = requirement_scores(frame, rule)
    assert np.isnan(found.loc["Ц1", "value"])
    assert found["n"].to_dict() == {"Ц1": 0, "Ц2": 2}


def test_units_do_not_mix():
    found = requirement_scores(pd.concat([marks("Ц2", 1.0, 1.0, 1.0), marks("Ц1", 1.0, 0.0, 1.0, 1.0, 0.0)]))
    assert found["value"].to_dict() == {"Ц2": 1.0, "Ц1": 0.5}
