"""The bench: weight sets of one edition side by side, and what each does to places."""

import json

import numpy as np
import pandas as pd
import pytest

from methods.data.editions import parse_edition
from methods.errors import InputError
from methods.index.score import score
from methods.weights.bench import ADOPTED, effect_on_places, top_level, weight_sets
from methods.weights.data_driven import critic, entropy, standard_deviation

GROUPS = {"А": ["а1", "а2", "а3"], "Б": ["б1"], "В": ["в1", "в2"]}
LEAVES = [leaf for leaves in GROUPS.values() for leaf in leaves]
NESTED = {"index": {"А": 0.5, "Б": 0.2, "В": 0.3}, "А": "equal", "Б": "equal", "В": {"в1": 0.25, "в2": 0.75}}
FLAT = {"index": {"а1": 0.5 / 3, "а2": 0.5 / 3, "а3": 0.5 / 3, "б1": 0.2, "в1": 0.075, "в2": 0.225}}
EQUAL = {"index": "equal", "А": "equal", "Б": "equal", "В": "equal"}


def edition(weights, **changes):
    content = {
        "version": "bench", "title": "Пробная", "status": "candidate", "in_force": {"start": "2026-01-01"},
        "legal_basis": ["нет"], "decision": "0000", "unit": {"title": "ц", "one": "ц", "few": "ц", "many": "ц"},
        "data": {"dataset": "d", "periods": ["2026"], "units": {"file": "u.csv", "unit": "u", "title": "t"},
                 "tables": {"t": {"file": "t.csv", "unit": "u"}}},
        "groups": {code: {"title": code} for code in GROUPS},
        "indicators": {leaf: {"title": leaf, "group": code,
                              "sides": {"objective": {"measure": "column", "table": "t", "column": "x"}}}
                       for code, leaves in GROUPS.items() for leaf in leaves},
        "weights": weights, "normalisation": {"method": "none"}, "aggregation": {"default": {"method": "arithmetic"}},
        "missing": {"default": {"rule": "reweight"}}, "publication": {"decimals": 2}, **changes}
    return parse_edition(json.dumps(content, ensure_ascii=False))


def measurements(seed=0, units=15, gaps=()):
    values = pd.DataFrame(np.random.default_rng(seed).uniform(0.1, 1, (units, len(LEAVES))), columns=LEAVES,
                          index=[f"C{i:02d}" for i in range(units)])
    for unit, leaves in gaps:
        values.loc[unit, leaves] = np.nan
    long = values.rename_axis("unit").reset_index().melt("unit", var_name="indicator").dropna()
    return long.assign(side="objective", clientele="", se=np.nan, n=1.0)


@pytest.mark.parametrize("weights", [NESTED, FLAT], ids=["nested", "flat"])
@pytest.mark.parametrize("priorities", [[], ["В", "А", "Б"]])
def test_every_weight_set_sums_to_one_and_the_adopted_one_is_the_editions(weights, priorities):
    bench = edition(weights, priorities=priorities)
    sets = weight_sets(score(measurements(), bench), bench)
    assert list(sets.index) == list(GROUPS)
    np.testing.assert_allclose(sets.sum(), 1, rtol=1e-12)
    assert (sets >= 0).to_numpy().all()
    assert sets[ADOPTED].to_dict() == pytest.approx({"А": 0.5, "Б": 0.2, "В": 0.3})
    assert sets["равные"].to_dict() == pytest.approx(dict.fromkeys(GROUPS, 1 / 3))
    assert sets["по числу показателей"].to_dict() == pytest.approx({"А": 3 / 6, "Б": 1 / 6, "В": 2 / 6})
    assert [source for source in sets if source.startswith("порядок")] == (
        ["порядок: центроид", "порядок: сумма мест", "порядок: обратные места"] if priorities else [])


def test_weights_from_an_order_go_to_the_group_of_that_priority():
    """n = 3: centroid 11/18 5/18 2/18, sum of places 3/6 2/6 1/6, reciprocal 6/11 3/11 2/11."""
    bench = edition(NESTED, priorities=["В", "А", "Б"])
    sets = weight_sets(score(measurements(), bench), bench).loc[["В", "А", "Б"]]
    assert sets["порядок: центроид"].to_list() == pytest.approx([11 / 18, 5 / 18, 2 / 18])
    assert sets["порядок: сумма мест"].to_list() == pytest.approx([3 / 6, 2 / 6, 1 / 6])
    assert sets["порядок: обратные места"].to_list() == pytest.approx([6 / 11, 3 / 11, 2 / 11])


def test_data_driven_sets_look_at_min_max_values_of_ranked_units_that_have_all_groups():
    """By hand: C00 lacks group Б, C01 has some of every group but no place; the rest is min-max scaled."""
    bench = edition(NESTED, eligibility={"min_coverage": 0.5})
    scores = score(measurements(gaps=[("C00", ["б1"]), ("C01", ["а1", "а2", "в2"])]), bench)
    assert scores.rank.isna().to_dict() == {unit: unit == "C01" for unit in scores.rank.index}
    kept = scores.elements.drop(index=["C00", "C01"])[list(GROUPS)]
    pd.testing.assert_frame_equal(top_level(scores, bench), kept, check_names=False)
    by_hand = (kept - kept.min()) / (kept.max() - kept.min())
    sets = weight_sets(scores, bench)
    for source, formula in (("энтропия", entropy), ("разброс", standard_deviation), ("CRITIC", critic)):
        assert sets[source].to_dict() == pytest.approx(formula(by_hand).to_dict(), rel=1e-12)


def test_too_few_complete_units_are_refused_with_the_numbers():
    bench = edition(NESTED)
    with pytest.raises(InputError, match="Веса по данным: единиц со всеми группами 4, нужно не меньше 5"):
        weight_sets(score(measurements(units=4), bench), bench)


def test_equal_weights_move_nobody_when_the_adopted_are_equal():
    bench = edition(EQUAL, grades={"title": "у", "labels": ["н", "в"], "method": "bands", "cut_offs": [0.5]})
    data = measurements()
    sets = weight_sets(score(data, bench), bench)
    effect = effect_on_places(data, bench, sets)
    assert effect.loc["равные"].to_dict() == {"mean_shift": 0, "largest_shift": 0, "spearman": pytest.approx(1),
                                              "moved_grade": 0}
    assert ADOPTED not in effect.index
    assert effect.loc["по числу показателей", "mean_shift"] > 0  # the other sets do move somebody


@pytest.mark.parametrize("weights", [NESTED, FLAT], ids=["nested", "flat"])
def test_the_effect_is_that_of_the_edition_rewritten_with_the_other_weights(weights):
    """Peer: write the other top weights into the file and compare the two lists of places by hand."""
    bench, data = edition(weights), measurements(3)
    sets = pd.DataFrame({ADOPTED: {"А": 0.5, "Б": 0.2, "В": 0.3}, "иные": {"А": 0.1, "Б": 0.6, "В": 0.3}})
    rewritten = edition({**NESTED, "index": {"А": 0.1, "Б": 0.6, "В": 0.3}})
    shift = (score(data, bench).rank - score(data, rewritten).rank).abs()
    effect = effect_on_places(data, bench, sets).loc["иные"]
    assert shift.max() > 0
    assert (effect["mean_shift"], effect["largest_shift"]) == (pytest.approx(shift.mean()), shift.max())
    assert effect["spearman"] == pytest.approx(1 - 6 * (shift**2).sum() / (15 * (15**2 - 1)))  # no ties
    assert np.isnan(effect["moved_grade"])  # the edition has no grades


def test_share_of_changed_grades_counts_units_with_both_grades():
    """By hand: the index is group А's value, then group Б's; of four units two cross .5."""
    table = {"u1": (0.9, 0.1), "u2": (0.8, 0.7), "u3": (0.2, 0.3), "u4": (0.1, 0.6)}
    rows = [(unit, leaf, value) for unit, (first, second) in table.items()
            for leaf, value in [*((leaf, first) for leaf in GROUPS["А"]), ("б1", second), ("в1", 0.5), ("в2", 0.5)]]
    data = pd.DataFrame(rows, columns=["unit", "indicator", "value"]).assign(side="objective", clientele="", se=np.nan,
                                                                             n=1.0)
    bench = edition({**NESTED, "index": {"А": 1.0, "Б": 0.0, "В": 0.0}},
                    grades={"title": "у", "labels": ["н", "в"], "method": "bands", "cut_offs": [0.5]})
    effect = effect_on_places(data, bench, pd.DataFrame({"Б": {"А": 0.0, "Б": 1.0, "В": 0.0}})).loc["Б"]
    assert effect["moved_grade"] == 0.5
    assert (effect["largest_shift"], effect["mean_shift"]) == (3, 1.5)  # places 1 2 3 4 become 4 1 3 2
