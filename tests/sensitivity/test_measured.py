"""Measurements as arrays: which of them make an indicator, how sides are combined, what is drawn for which."""

import numpy as np
import pandas as pd
import pytest
from made_editions import make, table

from methods.index.edition import INDEX
from methods.sensitivity.factors import ChecklistError, SamplingError
from methods.sensitivity.measured import Measured
from methods.sensitivity.noise import misjudged, stream

UNITS = pd.Index(["U0", "U1", "U2", "U3"])
SURVEY = pd.DataFrame({"A": [0.9, 0.5, np.nan, np.nan]}, UNITS)
CHECKLIST = pd.DataFrame({"A": [0.3, np.nan, 0.75, np.nan], "B": [0.5, 0.25, 1.0, 0.0]}, UNITS)


def measured(missing="available", codes=("A", "B")):
    edition = make({"A": INDEX, "B": INDEX}, {"index": "equal"}, two_sided="A", checked="AB",
                   sides={"missing": missing})
    rows = pd.concat([table(SURVEY, 0.1, side="subjective"), table(CHECKLIST, n=4)])
    return Measured(rows, edition, UNITS, list(codes))


def test_measurements_of_other_indicators_are_passed_over():
    found = measured(codes=["B"])
    assert list(found.value) == [("B", "objective", "")]
    assert found.keys("", "A") == []
    assert measured().keys("", "A") == [("A", "objective", ""), ("A", "subjective", "")]


def test_two_sides_are_combined_by_the_shifted_share_and_a_lone_one_as_the_edition_says():
    shift = np.array([0.0, 0.2, -0.6, 0.6])
    for missing, alone in (("missing", (np.nan, np.nan)), ("available", (0.5, 0.75))):
        data = measured(missing)
        made = data.combined("", "A", data.value, shift)
        share = np.clip(0.5 + shift, 0, 1)
        np.testing.assert_allclose(made[:, 0], share * 0.9 + (1 - share) * 0.3)
        np.testing.assert_array_equal(made[:, 1], [alone[0]] * 4)
        np.testing.assert_array_equal(made[:, 2], [alone[1]] * 4)
        assert np.isnan(made[:, 3]).all()
        np.testing.assert_array_equal(data.combined("", "B", data.value, shift), [CHECKLIST["B"]])


def test_an_indicator_never_measured_is_unknown_everywhere():
    data = measured()
    assert np.isnan(data.combined("", "B", {}, np.zeros(3))).all()


def test_inspectors_errors_may_act_on_some_checklists_only_and_follow_the_law_of_x_and_n():
    data = measured()
    assert data.slip_laws(None) == {}
    assert list(data.slip_laws(ChecklistError(0.1, ("B",)))) == [("B", "objective", "")]
    laws = data.slip_laws(ChecklistError(0.1))
    assert set(laws) == {("B", "objective", "")}                   # .3 of 4 is no whole number: A does not count
    (own,) = laws.values()
    assert sorted((units.tolist(), n) for units, _, n in own) == [([0], 4), ([1], 4), ([2], 4), ([3], 4)]
    for units, law, _ in own:
        fulfilled = int(4 * CHECKLIST["B"].iloc[units[0]])
        np.testing.assert_allclose(law, misjudged(fulfilled, 4, 0.1))
    drawn = data.misjudged(np.linspace(0, 0.999, 4000), laws, 0)["B", "objective", ""]
    assert set(np.unique(drawn)) <= {0, 0.25, 0.5, 0.75, 1}
    # E = X (1 - e) + (N - X) e; four standard errors of a mean of 4,000 shares are .01
    expected = (CHECKLIST["B"] * 0.9 + (1 - CHECKLIST["B"]) * 0.1).to_numpy()
    np.testing.assert_allclose(drawn.mean(axis=0), expected, atol=0.01)


def test_sampling_errors_are_standard_normal_times_the_error_and_stay_above_the_worst_mark():
    data = measured()
    assert list(data.error) == [("A", "subjective", "")]
    coordinates = np.linspace(0, 0.999, 5)
    made = data.with_sampling_errors(coordinates, 3)
    assert list(made) == [("A", "subjective", "")]
    for row, coordinate in zip(made["A", "subjective", ""], coordinates, strict=True):
        noise = stream(3, SamplingError.name, coordinate).standard_normal((1, 4))[0]
        np.testing.assert_allclose(row[:2], np.maximum(SURVEY["A"].to_numpy()[:2] + 0.1 * noise[:2], 0))
    low = measured()
    low.value["A", "subjective", ""] = np.full(4, 0.01)
    assert (low.with_sampling_errors(np.linspace(0, 0.999, 200), 0)["A", "subjective", ""] >= 0).all()


@pytest.mark.parametrize("common", [0.0, 0.3, 0.8])
def test_errors_of_two_questions_of_one_clientele_correlate_as_stated(common):
    """4,000 draws of four units: the standard error of a correlation is below .01."""
    edition = make({"A": INDEX, "B": INDEX}, {"index": "equal"}, surveyed="AB")
    frame = pd.DataFrame({"A": [5.0] * 4, "B": [6.0] * 4}, UNITS)
    data = Measured(table(frame, 0.1, side="subjective"), edition, UNITS, ["A", "B"])
    made = data.with_sampling_errors(np.linspace(0, 0.9999, 4000), 0, common)
    one, other = (made[code, "subjective", ""] for code in "AB")
    np.testing.assert_allclose([one.std(axis=0), other.std(axis=0)], 0.1, rtol=0.05)
    found = [np.corrcoef(one[:, unit], other[:, unit])[0, 1] for unit in range(4)]
    np.testing.assert_allclose(found, common, atol=0.06)
    assert abs(np.corrcoef(one[:, 0], one[:, 1])[0, 1]) < 0.06    # units have their own respondents
