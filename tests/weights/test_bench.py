"""The bench: weights of one element from every source side by side, with bands, and why others are missing."""

import numpy as np
import pandas as pd
import pytest

from methods.index.importance import resample
from methods.index.score import reweighted_index, score
from methods.weights import ahp, bench, direct, effect
from methods.weights.benefit_of_doubt import benefit_of_doubt
from methods.weights.data_driven import critic, entropy, standard_deviation
from methods.weights.drivers import cross_products, drivers

GROUPS = ["А", "Б", "В"]


@pytest.fixture
def made(make_edition, make_measurements, weights):
    """Edition, nested or flat, and its scores."""
    edition = make_edition(weights, priorities=["В", "А", "Б"])
    return edition, score(make_measurements(units=30), edition)


def test_every_source_sums_to_one_and_names_every_child(made):
    edition, scores = made
    found = bench.weight_bench(scores, edition)
    assert list(found.weights.index) == GROUPS
    np.testing.assert_allclose(found.weights.sum(), 1, rtol=1e-12)
    assert (found.weights >= 0).to_numpy().all()
    assert (found.low <= found.weights[found.low.columns]).to_numpy().all()
    assert (found.high >= found.weights[found.high.columns]).to_numpy().all()
    assert found.kinds[bench.ADOPTED] == "adopted"
    assert next(iter(found.weights)) == bench.ADOPTED
    assert set(found.kinds) <= set(bench.KINDS)
    assert not set(found.refused) & set(found.weights)


def test_adopted_plain_and_counted_weights(made):
    edition, scores = made
    sets = bench.weight_bench(scores, edition, data=False, targets=False).weights
    assert sets[bench.ADOPTED].to_dict() == pytest.approx({"А": 0.5, "Б": 0.2, "В": 0.3})
    assert sets["равные"].to_dict() == pytest.approx(dict.fromkeys(GROUPS, 1 / 3))
    assert sets["по числу показателей"].to_dict() == pytest.approx({"А": 3 / 6, "Б": 1 / 6, "В": 2 / 6})


def test_weights_from_an_order_go_to_the_group_of_that_priority(made):
    """n = 3: centroid 11/18 5/18 2/18, sum of places 3/6 2/6 1/6, reciprocal 6/11 3/11 2/11."""
    edition, scores = made
    sets = bench.weight_bench(scores, edition, data=False, targets=False).of("order").loc[["В", "А", "Б"]]
    assert sets["порядок: центроид"].to_list() == pytest.approx([11 / 18, 5 / 18, 2 / 18])
    assert sets["порядок: сумма мест"].to_list() == pytest.approx([3 / 6, 2 / 6, 1 / 6])
    assert sets["порядок: обратные места"].to_list() == pytest.approx([6 / 11, 3 / 11, 2 / 11])


def test_an_order_of_groups_says_nothing_about_the_inside_of_one(make_edition, make_measurements, nested):
    edition = make_edition(nested, priorities=["В", "А", "Б"])
    found = bench.weight_bench(score(make_measurements(), edition), edition, parent="В", data=False, targets=False)
    assert found.of("order").empty
    assert found.weights[bench.ADOPTED].to_dict() == pytest.approx({"в1": 0.25, "в2": 0.75})


def test_data_driven_weights_look_at_min_max_values_of_ranked_units_that_have_all(make_edition, make_measurements,
                                                                                 nested):
    """By hand: C00 lacks group Б, C01 has some of every group but no place; the rest is min-max scaled."""
    edition = make_edition(nested, eligibility={"min_coverage": 0.5})
    scores = score(make_measurements(gaps=[("C00", ["б1"]), ("C01", ["а1", "а2", "в2"])]), edition)
    assert scores.rank.isna().to_dict() == {unit: unit == "C01" for unit in scores.rank.index}
    kept = scores.elements.drop(index=["C00", "C01"])[GROUPS]
    pd.testing.assert_frame_equal(bench.top_level(scores, edition), kept, check_names=False)
    by_hand = (kept - kept.min()) / (kept.max() - kept.min())
    found = bench.weight_bench(scores, edition, targets=False)
    for source, formula in (("энтропия", entropy), ("разброс", standard_deviation), ("CRITIC", critic)):
        assert found.weights[source].to_dict() == pytest.approx(formula(by_hand).to_dict(), rel=1e-12)
    assert list(found.low) == list(found.high)
    assert set(found.low) == {source.name for source in found.sources if source.band}


def test_inside_a_group_its_own_indicators_are_looked_at(make_edition, make_measurements, nested):
    edition = make_edition(nested)
    scores = score(make_measurements(gaps=[("C00", ["в1"])]), edition)
    pd.testing.assert_frame_equal(bench.top_level(scores, edition, "В"), scores.normalised[["в1", "в2"]].drop("C00"),
                                  check_names=False)


def test_sources_that_cannot_speak_are_listed_with_their_reason(make_edition, make_measurements, nested):
    edition = make_edition(nested)
    found = bench.weight_bench(score(make_measurements(units=4), edition), edition)
    silent = {*bench.DATA_DRIVEN, bench.BENEFIT_OF_DOUBT}
    assert set(found.refused) == {*silent, bench.TARGETS}
    assert {found.refused[name] for name in silent} == {"единиц, у которых есть всё, 4, нужно не меньше 5"}
    flat = make_measurements().assign(value=lambda data: data["value"].where(data["indicator"] != "б1", 0.5))
    found = bench.weight_bench(score(flat, edition), edition, targets=False)
    assert found.refused["энтропия"] == "не различаются между единицами: Б"


def test_indicators_that_do_not_correlate_give_no_principal_components(made):
    """Independent draws: Bartlett's test or KMO refuses, and the table of refusals says so."""
    edition, scores = made
    found = bench.weight_bench(scores, edition, targets=False, draws=100)
    assert "главные компоненты" in found.refused
    assert "KMO" in found.refused["главные компоненты"] or "Бартлетт" in found.refused["главные компоненты"]


def test_bands_of_data_do_not_depend_on_the_order_of_units(make_edition, make_measurements, nested):
    edition = make_edition(nested)
    scores = score(make_measurements(units=30), edition)
    mixed = score(_measured_again(scores).sample(frac=1, random_state=1), edition)
    one, other = (bench.weight_bench(each, edition, draws=100, seed=0) for each in (scores, mixed))
    pd.testing.assert_frame_equal(one.low, other.low, rtol=1e-12)
    pd.testing.assert_frame_equal(one.weights, other.weights, rtol=1e-12)
    assert not one.low.equals(bench.weight_bench(scores, edition, draws=100, seed=1).low)


def _measured_again(scores):
    long = scores.indicators.rename_axis("unit").reset_index().melt("unit", var_name="indicator", value_name="value")
    return long.assign(side="objective", clientele="", se=np.nan, n=1.0)


# --- people ---------------------------------------------------------------------------------------------------------

def _matrix(weights):
    return pd.DataFrame({other: {one: weights[one] / weights[other] for one in weights} for other in weights})


@pytest.fixture
def experts():
    """Three consistent experts in pairs; two in points, one with points that sum to 100 elsewhere."""
    said = {"э1": {"А": 0.6, "Б": 0.3, "В": 0.1}, "э2": {"А": 0.5, "Б": 0.25, "В": 0.25},
            "э3": {"А": 0.4, "Б": 0.4, "В": 0.2}}
    return {expert: _matrix(own) for expert, own in said.items()}


def test_experts_in_pairs_are_pooled_by_the_geometric_mean(made, experts):
    edition, scores = made
    empty = pd.DataFrame()
    weights = bench.experts_weights(experts, empty, empty, empty, {})
    assert list(weights) == ["pairs"]
    assert weights["pairs"].loc["э1"].to_dict() == pytest.approx({"А": 0.6, "Б": 0.3, "В": 0.1})
    found = bench.weight_bench(scores, edition, experts=weights, data=False, targets=False)
    product = {"А": (0.6 * 0.5 * 0.4)**(1 / 3), "Б": (0.3 * 0.25 * 0.4)**(1 / 3), "В": (0.1 * 0.25 * 0.2)**(1 / 3)}
    whole = sum(product.values())
    assert found.weights["эксперты: пары"].to_dict() == pytest.approx({g: p / whole for g, p in product.items()})
    assert found.sources[-1].band == "полоса: другие эксперты того же рода, сейчас их 3"
    assert (found.low["эксперты: пары"] < found.high["эксперты: пары"]).all()


def test_experts_in_points_are_pooled_by_the_mean_and_a_lone_expert_has_no_band(made):
    edition, scores = made
    points = pd.DataFrame({"А": [50, 30], "Б": [30, 30], "В": [20, 40]}, index=["э1", "э2"], dtype=float)
    empty = pd.DataFrame()
    weights = bench.experts_weights({}, points, empty, empty, {})
    pd.testing.assert_frame_equal(weights["points"], direct.budget_allocation(points).weights, check_names=False)
    found = bench.weight_bench(scores, edition, experts=weights, data=False, targets=False)
    assert found.weights["эксперты: 100 баллов"].to_dict() == pytest.approx({"А": 0.4, "Б": 0.3, "В": 0.3})
    single = {"points": weights["points"].iloc[:1]}
    alone = bench.weight_bench(scores, edition, experts=single, data=False, targets=False)
    assert alone.low.empty
    assert alone.sources[-1].note == "эксперт один: согласованность и полоса не определены"
    assert alone.weights["эксперты: 100 баллов"].to_dict() == pytest.approx({"А": 0.5, "Б": 0.3, "В": 0.2})


def test_gaps_in_pairs_are_completed_and_the_other_forms_are_kept_apart(experts):
    torn = experts["э1"].copy()
    torn.loc["А", "В"] = torn.loc["В", "А"] = np.nan
    swings = pd.DataFrame({"А": [100.0], "Б": [50.0], "В": [50.0]}, index=["э4"])
    best = {"э5": (pd.Series({"А": 1.0, "Б": 2.0, "В": 6.0}), pd.Series({"А": 6.0, "Б": 3.0, "В": 1.0}), "А", "В")}
    weights = bench.experts_weights({"э1": torn}, pd.DataFrame(), swings, pd.DataFrame(), best)
    assert list(weights) == ["pairs", "swings", "best_worst"]
    assert weights["pairs"].loc["э1"].to_dict() == pytest.approx({"А": 0.6, "Б": 0.3, "В": 0.1})  # consistent: exact
    assert weights["pairs"].loc["э1"].to_dict() == pytest.approx(
        ahp.eigenvector_weights(experts["э1"], "э1").to_dict())
    assert weights["swings"].loc["э4"].to_dict() == pytest.approx({"А": 0.5, "Б": 0.25, "В": 0.25})
    assert weights["best_worst"].loc["э5"].to_dict() == pytest.approx({"А": 0.6, "Б": 0.3, "В": 0.1})  # consistent


def test_a_poll_is_brought_to_the_children_and_refused_when_one_was_not_offered(made):
    edition, scores = made
    poll = pd.DataFrame({"share": [0.4, 0.2, 0.2, 0.2], "low": [0.3, 0.1, 0.1, 0.1], "high": [0.5, 0.3, 0.3, 0.3]},
                        index=["А", "Б", "В", "иное"])
    found = bench.weight_bench(scores, edition, poll=poll, data=False, targets=False)
    assert found.weights[bench.POLL].to_dict() == pytest.approx({"А": 0.5, "Б": 0.25, "В": 0.25})
    assert found.low[bench.POLL].to_dict() == pytest.approx({"А": 0.375, "Б": 0.125, "В": 0.125})
    refused = bench.weight_bench(scores, edition, poll=poll.drop("Б"), data=False, targets=False).refused
    assert refused == {bench.POLL: "в опросе нет вариантов для: Б"}


def _answers(asked=("а1", "а2", "а3", "б1", "в1", "в2"), centres=40, each=20):
    rng = np.random.default_rng(0)
    leaves = ["а1", "а2", "а3", "б1", "в1", "в2"]
    marks = pd.DataFrame(rng.normal(size=(centres * each, 6)), columns=leaves)
    overall = 0.6 * marks["а1"] + 0.3 * marks["б1"] + 0.2 * marks["в2"] + rng.normal(0, 0.3, len(marks))
    owner = pd.Series(np.repeat([f"C{i:02d}" for i in range(centres)], each))
    return cross_products(marks[list(asked)], overall.rename("overall"), owner)


def test_clients_weights_are_sums_of_shapley_shares_by_member(made):
    edition, scores = made
    own = drivers(_answers(), draws=200, seed=0)
    found = bench.weight_bench(scores, edition, drivers={"": own}, data=False, targets=False)
    share = own.measures["shapley"].estimate
    by_hand = pd.Series({"А": share[["а1", "а2", "а3"]].sum(), "Б": share["б1"], "В": share[["в1", "в2"]].sum()})
    assert found.weights[bench.CLIENTS].to_dict() == pytest.approx((by_hand / by_hand.sum()).to_dict())
    assert found.weights[bench.CLIENTS].idxmax() == "А"
    assert found.sources[-1].note == ""
    assert found.low.loc["А", bench.CLIENTS] > found.high.loc["Б", bench.CLIENTS]
    outside = found.adopted_outside()[bench.CLIENTS]
    assert outside.to_dict() == {"А": -1, "Б": 0 if found.low.loc["Б", bench.CLIENTS] <= 0.2 else 1, "В": 1}


def test_clients_who_were_not_asked_about_a_group_cannot_weigh_it(made):
    edition, scores = made
    own = drivers(_answers(["а1", "в2"]), draws=200, seed=0)
    found = bench.weight_bench(scores, edition, drivers={"": own}, data=False, targets=False)
    assert found.refused[bench.CLIENTS] == "в анкете нет вопросов о: Б"
    partly = drivers(_answers(["а1", "б1", "в2"]), draws=200, seed=0)
    found = bench.weight_bench(scores, edition, drivers={"": partly}, data=False, targets=False)
    assert found.sources[-1].note == "без показателей, о которых не спрашивают: а2, а3, в1"


# --- targets --------------------------------------------------------------------------------------------------------

def test_under_target_weights_importance_is_the_adopted_weight(make_edition, make_measurements, weights):
    """Peer: the whole index scored anew with these weights, and its squared correlations with the groups."""
    edition = make_edition(weights)
    scores = score(make_measurements(units=60), edition)
    own = bench.weight_bench(scores, edition, data=False, draws=100).weights[bench.TARGETS]
    index = reweighted_index(scores, edition, effect.member_weights(edition, own))
    squared = scores.elements[GROUPS].corrwith(index) ** 2
    assert (squared / squared.sum()).to_dict() == pytest.approx({"А": 0.5, "Б": 0.2, "В": 0.3}, abs=1e-6)


def test_targets_out_of_reach_are_a_reason(make_edition, make_measurements, nested):
    """Б runs against А so closely that no weights give both their shares."""
    edition = make_edition(nested)
    data = make_measurements(units=60).pivot(index="unit", columns="indicator", values="value")
    data["б1"] = 1 - data[["а1", "а2", "а3"]].mean(axis=1) + 0.01 * data["в1"]
    long = data.reset_index().melt("unit", var_name="indicator", value_name="value")
    scores = score(long.assign(side="objective", clientele="", se=np.nan, n=1.0), edition)
    found = bench.weight_bench(scores, edition, data=False, draws=100)
    assert bench.TARGETS not in found.weights
    assert "ближе подойти нельзя" in found.refused[bench.TARGETS]


def test_distances_are_halves_of_absolute_differences(made):
    edition, scores = made
    found = bench.weight_bench(scores, edition, data=False, targets=False).distances()
    assert found.loc[bench.ADOPTED, "равные"] == pytest.approx((0.5 - 1 / 3 + 1 / 3 - 0.2 + 1 / 3 - 0.3) / 2)
    assert (found == found.T).to_numpy().all()
    assert (np.diag(found) == 0).all()


def test_the_band_of_the_benefit_of_doubt_holds_nineteen_of_twenty_units(made):
    edition, scores = made
    source = next(each for each in bench.weight_bench(scores, edition, targets=False).sources
                  if each.name == bench.BENEFIT_OF_DOUBT)
    assert (source.low < source.weights).all()
    assert (source.weights < source.high).all()


# --- what is told beside the weights --------------------------------------------------------------------------------

def test_kinds_bands_and_notes_of_all_sources(make_edition, make_measurements, nested, experts):
    """Everything that a table or a picture of the bench says of a source."""
    edition = make_edition(nested, priorities=["В", "А", "Б"])
    scores = score(make_measurements(units=30), edition)
    empty = pd.DataFrame()
    poll = pd.DataFrame({"share": [0.4, 0.3, 0.3], "low": [0.3, 0.2, 0.2], "high": [0.5, 0.4, 0.4]}, index=GROUPS)
    own = {"": drivers(_answers(), draws=200, seed=0)}
    found = bench.weight_bench(scores, edition, experts=bench.experts_weights(experts, empty, empty, empty, {}),
                               poll=poll, drivers=own, draws=100)
    told = {source.name: (source.kind, source.band, source.note) for source in found.sources}
    people, repeated = "полоса: другие эксперты того же рода, сейчас их 3", "полоса: другие единицы того же рода"
    order = "известен только порядок; расстояния между местами придуманы формулой"
    expected = {
        "принятые": ("adopted", "", ""), "равные": ("plain", "", ""), "по числу показателей": ("plain", "", ""),
        "порядок: центроид": ("order", "", order), "порядок: сумма мест": ("order", "", order),
        "порядок: обратные места": ("order", "", order), "эксперты: пары": ("experts", people, ""),
        "опрос канала": ("poll", "полоса: только случайность среди таких же подписчиков",
                         "голосовали те, кто захотел; это повод спросить, а не веса"),
        "клиенты: что движет оценкой": ("clients", "полоса: другие центры того же рода", ""),
        "влияние равно весу": ("targets", repeated, ""),
        **{name: ("data", repeated, "") for name in ("энтропия", "разброс", "CRITIC", "MEREC")},
        "выгода сомнения": ("data", "полоса: доли, выгодные разным единицам",
                            "каждая единица взвешена в свою пользу, доли от половины до двух равных")}
    assert told == {name: words for name, words in expected.items() if name not in found.refused}
    assert set(found.refused) <= {"главные компоненты", "влияние равно весу"}
    assert found.kinds.name == "kind"
    assert found.kinds.to_dict() == {name: words[0] for name, words in told.items()}
    assert found.parent == "index"
    assert list(found.of("plain")) == ["равные", "по числу показателей"]
    assert list(found.of("poll", "adopted")) == ["принятые", "опрос канала"]


def test_adopted_weights_lie_below_inside_or_above_a_band():
    adopted = pd.Series({"А": 0.5, "Б": 0.2, "В": 0.3})
    band = bench.Source("полоса", "data", adopted, pd.Series({"А": 0.6, "Б": 0.2, "В": 0.1}),
                        pd.Series({"А": 0.7, "Б": 0.2, "В": 0.2}), "полоса")
    found = bench.Bench("index", (bench.Source("принятые", "adopted", adopted), band), {})
    assert found.adopted_outside()["полоса"].to_dict() == {"А": -1, "Б": 0, "В": 1}


def test_bands_hold_nineteen_of_twenty(make_edition, make_measurements, nested):
    """Of data: the resampled weights; of the benefit of the doubt: the shares of single units. 95 % in both."""
    edition = make_edition(nested)
    scores = score(make_measurements(units=30), edition)
    found = bench.weight_bench(scores, edition, targets=False, draws=100, seed=3)
    values = bench.top_level(scores, edition)
    scaled = (values - values.min()) / (values.max() - values.min())
    shares = benefit_of_doubt(0.01 + 0.99 * scaled, pie_shares=(0.5 / 3, 2 / 3)).shares.dropna()
    source = next(each for each in found.sources if each.name == bench.BENEFIT_OF_DOUBT)
    for code in GROUPS:
        assert source.weights[code] == pytest.approx(shares[code].mean())
        assert [source.low[code], source.high[code]] == pytest.approx(list(shares[code].quantile([0.025, 0.975])))
    drawn = resample(values, lambda own: entropy((own - own.min()) / (own.max() - own.min())), draws=100, seed=3)
    band = drawn.interval(0.95)
    assert found.low["энтропия"].to_dict() == pytest.approx(band["low"].to_dict())
    assert found.high["энтропия"].to_dict() == pytest.approx(band["high"].to_dict())


@pytest.mark.parametrize(("units", "refused"), [(4, True), (5, False)])
def test_two_units_more_than_children_are_enough(make_edition, make_measurements, nested, units, refused):
    edition = make_edition(nested)
    found = bench.weight_bench(score(make_measurements(units=units), edition), edition, targets=False, draws=100)
    assert ("разброс" in found.refused) == refused


def test_members_keep_units_with_gaps_and_leave_out_those_without_a_place(make_edition, make_measurements, nested):
    edition = make_edition(nested, eligibility={"min_coverage": 0.5})
    scores = score(make_measurements(gaps=[("C00", ["б1"]), ("C01", ["а1", "а2", "в2"])]), edition)
    found = bench.members(scores, edition)
    assert list(found) == GROUPS
    assert "C01" not in found.index
    assert found.loc["C00"].isna().to_dict() == {"А": False, "Б": True, "В": False}
    inside = bench.members(scores, edition, "А")
    assert list(inside) == ["а1", "а2", "а3"]
    assert len(bench.top_level(scores, edition, "А")) == len(inside)
    assert len(bench.top_level(scores, edition)) == len(found) - 1
    assert bench.adopted_weights(edition).name == "weight"
    assert bench.adopted_weights(edition, "В").to_dict() == pytest.approx({"в1": 0.25, "в2": 0.75})


def test_forms_of_experts_that_nobody_used_are_left_out_and_the_others_have_their_formula():
    said = pd.DataFrame({"А": [100.0, 10.0], "Б": [10.0, 100.0]}, index=["э1", "э2"])
    empty = pd.DataFrame()
    assert bench.experts_weights({}, empty, empty, empty, {}) == {}
    for form, formula in (("swings", direct.swing_weights), ("ratings", direct.smart_weights)):
        own = {"swings": empty, "ratings": empty} | {form: said}
        found = bench.experts_weights({}, empty, own["swings"], own["ratings"], {})
        assert list(found) == [form]
        pd.testing.assert_frame_equal(found[form], formula(said).weights, check_names=False)
        assert found[form].index.name == "expert"
