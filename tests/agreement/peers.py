"""Tables on which independent programs were run, and how their numbers in tests/reference were made.

`python tests/agreement/peers.py` writes peers_reliability.csv and peers_categorical.csv anew with the packages pingouin
and krippendorff (GPL, so they are no dependencies: install them into an environment of their own).
"""

import sys
from pathlib import Path

import numpy as np
import pandas as pd

REFERENCE = Path(__file__).resolve().parents[1] / "reference"
LEVELS = ["nominal", "ordinal", "interval", "ratio"]
# Names of pingouin, in the order of Shrout and Fleiss's: ICC(1,1), ICC(2,1), ICC(3,1), then those of k judges.
ICC_FORMS = ["ICC(1,1)", "ICC(A,1)", "ICC(C,1)", "ICC(1,k)", "ICC(A,k)", "ICC(C,k)"]
# Package irr (R), data set anxiety: 20 subjects, 3 raters, marks 1-6.
ANXIETY = pd.DataFrame({
    "rater1": [3, 3, 3, 4, 5, 5, 2, 3, 5, 2, 2, 6, 1, 5, 2, 2, 1, 2, 4, 3],
    "rater2": [3, 6, 4, 6, 2, 4, 2, 4, 3, 3, 2, 3, 3, 3, 2, 2, 1, 3, 3, 4],
    "rater3": [2, 1, 4, 4, 3, 2, 1, 6, 1, 1, 1, 2, 3, 3, 1, 1, 3, 3, 2, 2]})


def peer_marks(seed):
    """Marks with ties of 6-40 targets by 2-6 judges, about a third of the sets with gaps."""
    rng = np.random.default_rng(seed)
    n, k = int(rng.integers(6, 41)), int(rng.integers(2, 7))
    marks = 3 + rng.uniform(0.3, 1.5) * rng.normal(size=(n, 1)) + rng.uniform(0, 0.8) * rng.normal(size=k) \
        + rng.normal(size=(n, k))
    marks = np.clip(np.round(marks), 1, 5) if seed % 2 else np.round(marks, 2)
    if seed % 3 == 0:
        marks[rng.random((n, k)) < 0.06] = np.nan
    return pd.DataFrame(marks, index=[f"t{i:02d}" for i in range(n)], columns=[f"j{j}" for j in range(k)])


def peer_ratings(seed):
    """Marks 1-5 of 6-40 units by 3-6 raters with ties, half of the sets with gaps."""
    rng = np.random.default_rng(seed)
    n, k = int(rng.integers(6, 41)), int(rng.integers(3, 7))
    latent = rng.uniform(0.5, 1.5) * rng.normal(size=(n, 1)) + rng.normal(size=(n, k))
    marks = np.clip(np.round(latent + 3), 1, 5)
    if seed % 2:
        marks[rng.random((n, k)) < 0.15] = np.nan
    return pd.DataFrame(marks, index=[f"u{i:02d}" for i in range(n)], columns=[f"э{j}" for j in range(k)])


def reliability(seed):
    """By pingouin: six intraclass correlations of the complete rows with their intervals, alpha."""
    import pingouin
    pingouin.options["round"] = None
    pingouin.options["round.column.CI95"] = None
    marks = peer_marks(seed)
    long = marks.dropna().stack().rename_axis(["t", "j"]).rename("y").reset_index()
    table = pingouin.intraclass_corr(long, "t", "j", "y").set_index("Type")
    return {**table["ICC"], **{f"{form} {end}": table.loc[form, "CI95"][at] for form in ICC_FORMS
                               for at, end in enumerate(("low", "high"))},
            **{gaps: pingouin.cronbach_alpha(marks, nan_policy=gaps)[0] for gaps in ("pairwise", "listwise")}}


def categorical(seed):
    """By krippendorff: alpha on four levels; by pingouin: Kendall's W with gaps filled by 3."""
    import krippendorff
    import pingouin
    ratings = peer_ratings(seed)
    filled = ratings.fillna(3).rename_axis("unit").reset_index().melt("unit", var_name="rater", value_name="mark")
    return {**{level: krippendorff.alpha(ratings.to_numpy().T, level_of_measurement=level) for level in LEVELS},
            "W": pingouin.friedman(filled, dv="mark", within="unit", subject="rater")["W"].iloc[0]}


def main() -> None:
    """Write the numbers of the peers on the tables of the seeds 0-99."""
    for peer in (reliability, categorical):
        rows = pd.DataFrame({seed: peer(seed) for seed in range(100)}).T.rename_axis("seed")
        rows.to_csv(REFERENCE / f"peers_{peer.__name__}.csv", float_format="%.13g", lineterminator="\n")


if __name__ == "__main__":
    sys.exit(main())
