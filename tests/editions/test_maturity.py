"""The demonstration of regional maturity: scores by hand, and the item statistics find what was planted in it."""

import pandas as pd
import pytest

from methods.data import questions, store
from methods.data.demonstration.maturity import DEFAULT_FOLDER, EASIER, HARDER, TWIN, TWIN_OF, UNRELATED
from methods.maturity.items import advice, item_statistics, requirement_order
from methods.maturity.levels import dimension_scores, gate_level, weakest_dimension
from methods.maturity.scalogram import loevinger


@pytest.fixture(scope="module")
def regional(root):
    edition, measured, scores = store.scored("maturity-2022", "2024", root)
    return edition, scores, questions.answers(root, edition, measured, "2024")


def test_scores_are_mean_shares_of_steps_by_the_external_assessor(root, regional):
    """Questions -> share of the steps answered -> indicator -> system -> index, equal weights throughout."""
    _, scores, _ = regional
    rows = pd.read_csv(root / DEFAULT_FOLDER / "answers.csv", sep=";", dtype={"год": str, "регион": str})
    rows = rows[(rows["год"] == "2024") & (rows["оценщик"] == "внешний")].dropna(subset=["ответ"])
    sums = rows.groupby(["регион", "показатель"])[["ответ", "наибольший"]].sum()
    shares = (sums["ответ"] / sums["наибольший"]).unstack()
    index = shares.T.groupby(lambda code: code[0]).mean().mean()
    pd.testing.assert_series_equal(scores.index, index.rename_axis("unit"), check_names=False)


def test_levels_follow_the_bands(regional):
    _, scores, _ = regional
    points = (100 * scores.index).round(9)
    expected = 1.0 + (points >= 35) + (points >= 50) + (points >= 75)
    pd.testing.assert_series_equal(scores.grade, expected, check_names=False)
    assert scores.grade.notna().all()


def test_dimensions_of_questions_are_the_groups_but_for_unequal_numbers_of_steps(regional):
    edition, scores, own = regional
    dimension_of = own.indicator_of.map(lambda code: edition.indicators[code].group)
    by_question = dimension_scores(own.points, own.highest, dimension_of, "exclude")
    assert by_question.corrwith(scores.elements[list(edition.groups)]).min() > 0.99


def test_stricter_rules_never_give_a_higher_level(regional):
    edition, scores, own = regional
    weakest = weakest_dimension(100 * scores.elements[list(edition.groups)], edition.grades.cut_offs)
    gate = gate_level(own.met, own.level_of.astype(int), blanks="exclude")
    assert (weakest <= scores.grade).all()
    assert gate.between(1, 4).all()
    assert (gate < scores.grade).sum() > 10


def test_the_planted_questions_are_the_only_doubtful_ones(regional):
    _, _, own = regional
    order = requirement_order(own.met, own.level_of.astype(int)).requirements
    found = advice(item_statistics(own.points, own.highest), correlations=own.points.corr(), order=order,
                   scalability=loevinger((own.points / own.highest).dropna(), draws=100).items["h"])
    said = {(row.item, row.action) for row in found.itertuples()}
    assert said == {(HARDER, "move"), (EASIER, "move"), (UNRELATED, "drop"), (TWIN, "merge")}
    assert found.set_index("item").loc[TWIN, "detail"] == TWIN_OF


def test_true_maturity_orders_regions_as_the_index_does(root, regional):
    _, scores, _ = regional
    truth = pd.read_csv(root / DEFAULT_FOLDER / "truth" / "regions_thousandths.csv", sep=";",
                        dtype={"год": str, "регион": str})
    truth = truth[truth["год"] == "2024"].set_index("регион").drop(columns="год").mean(axis=1)
    assert truth.corr(scores.index, method="spearman") > 0.9
