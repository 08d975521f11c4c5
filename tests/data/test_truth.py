"""What was planted in the demonstration, and that real data have nothing of the kind."""

from methods.data import truth
from methods.data.editions import load_edition


def test_planted_kinds_have_an_action_or_no_survey(root):
    kinds = truth.planted_kinds(root, load_edition(root, "star-2022"))
    star = load_edition(root, "star-2022")
    assert set(kinds.index) == set(star.indicators)
    assert set(kinds[star.two_sided]) == set(truth.EXPECTED)


def test_planted_centres(root):
    planted = truth.planted_centres(root, load_edition(root, "star-2022"))
    assert planted.sum().to_dict() == {truth.INFLATED_CHECKLIST: 15, truth.INFLATED_SURVEY: 5}
    assert planted.dtypes.eq(bool).all()


def test_real_data_have_no_truth(root):
    real = load_edition(root, "cms-2021")
    assert truth.planted_kinds(root, real) is None
    assert truth.planted_centres(root, real) is None
