"""The demonstration Star: did published numbers move, and does the engine give what the planted truth promises?"""

import pandas as pd
import pytest

from methods.data import store


@pytest.mark.parametrize("period", ["2023", "2024"])
def test_published_numbers_have_not_moved(root, period):
    """A changed row is a change of a published place or score: it belongs in the changelog, with its decision."""
    edition, _, scores = store.scored("star-2022", period, root)
    golden = pd.read_csv(root / "tests" / "golden" / f"star-2022-{period}.csv", dtype={"unit": str}, index_col="unit")
    published = scores.published(edition)[list(golden)].sort_index()
    pd.testing.assert_frame_equal(published, golden, check_exact=True)


def test_index_orders_centres_as_the_planted_truth_does(root):
    """True survey and checklist values per centre are in truth/; the index of true values is what we estimate."""
    edition, _, scores = store.scored("star-2022", "2024", root)
    truth = root / "data" / "raw" / "star_demonstration" / "truth"
    keys = {"год": str, "центр": str, "клиентела": str}
    survey = pd.read_csv(truth / "survey_thousandths.csv", sep=";", dtype=keys)
    objective = pd.read_csv(truth / "objective_thousandths.csv", sep=";", dtype=keys)
    survey = survey[survey["год"] == "2024"].groupby("центр").mean(numeric_only=True) / 1000  # both clienteles alike
    objective = objective[objective["год"] == "2024"].set_index("центр").drop(columns="год") / 1000
    combined = (survey.reindex(columns=objective.columns) + objective) / 2
    combined["П2"] = objective["П2"]  # no survey question
    true_index = (combined * edition.effective_weights()).sum(axis=1)
    pairs = pd.concat([scores.index.rename("index"), true_index.rename("truth")], axis=1).dropna()
    assert len(pairs) > 1100
    # few answers, few requirements: places stay uncertain
    assert pairs.corr(method="spearman").loc["index", "truth"] > 0.8
    assert (pairs["index"] - pairs["truth"]).mean() == pytest.approx(0, abs=0.01)
