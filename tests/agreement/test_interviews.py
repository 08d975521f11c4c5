"""How many questionnaires an edition needs: the scale of the index, pooled spread, what an allocation saves."""

import json

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from methods.agreement.interviews import PRIOR, index_errors, interview_plan, questionnaire_points
from methods.agreement.planner import answers_for_reliability, answers_to_separate, sample_sizes
from methods.data.editions import parse_edition
from methods.errors import InputError, NotPublishable


def edition(**changes):
    """Two indicators with weights 3/4 and 1/4; the survey is half of the first and the whole of the second."""
    survey = {"measure": "survey", "table": "t", "question": "q1", "scale": [1, 5]}
    objective = {"measure": "column", "table": "t", "column": "x"}
    content = {
        "version": "plan", "title": "Пробная", "status": "candidate", "in_force": {"start": "2026-01-01"},
        "legal_basis": ["нет"], "decision": "0000", "unit": {"title": "ц", "one": "ц", "few": "ц", "many": "ц"},
        "data": {"dataset": "d", "periods": ["2026"], "units": {"file": "u.csv", "unit": "u", "title": "t"},
                 "tables": {"t": {"file": "t.csv", "unit": "u"}}},
        "indicators": {"a": {"title": "a", "sides": {"subjective": survey, "objective": objective}},
                       "b": {"title": "b", "sides": {"subjective": {**survey, "question": "q2"}}}},
        "weights": {"index": {"a": 0.75, "b": 0.25}}, "normalisation": {"method": "none"},
        "aggregation": {"default": {"method": "arithmetic"}}, "missing": {"default": {"rule": "reweight"}},
        "publication": {"decimals": 2, "multiplier": 100}, **changes}
    return parse_edition(json.dumps(content, ensure_ascii=False))


def test_a_questionnaire_on_the_scale_of_the_index():
    """a weighs 3/8 by its survey, b 1/4: the best answers add 62.5 points; a gap leaves its weight to the other."""
    answers = pd.DataFrame({"unit": ["u", "u", "v", "v"], "clientele": "", "q1": [5, 1, 3, None],
                            "q2": [5, 1, None, None]})
    found = questionnaire_points(answers, edition())
    assert found["points"].to_dict() == pytest.approx({0: 62.5, 1: 0.0, 2: 31.25})


def test_a_question_counted_by_its_two_best_marks():
    """Only 4 and 5 count: a gives 37.5 or nothing, b as before."""
    share = {"measure": "survey", "table": "t", "question": "q1", "scale": [1, 5], "treatment": "top-2-box"}
    indicators = json.loads(edition().model_dump_json(by_alias=True, exclude_none=True))["indicators"]
    indicators["a"]["sides"]["subjective"] = share
    answers = pd.DataFrame({"unit": ["u", "u", "v"], "clientele": "", "q1": [4, 3, None], "q2": [1, 1, 5]})
    found = questionnaire_points(answers, edition(indicators=indicators))
    assert found["points"].to_dict() == pytest.approx({0: 37.5, 1: 0.0, 2: 62.5})


def test_normalised_indicators_have_no_questionnaire_points():
    with pytest.raises(NotPublishable, match="входит в индекс без нормирования"):
        questionnaire_points(pd.DataFrame(), edition(normalisation={"method": "z-score"}))


def points(units=40, each=30, sd=10.0, tau=3.0, seed=0):
    rng = np.random.default_rng(seed)
    names = [f"C{i:02d}" for i in range(units)]
    level = pd.Series(rng.normal(40, tau, units), names)
    rows = pd.DataFrame({"unit": np.repeat(names, each), "clientele": ""})
    return rows.assign(points=level[rows["unit"]].to_numpy() + rng.normal(0, sd, len(rows))), level


def test_the_plan_recovers_the_spreads_and_never_loses():
    """Peer: analysis of variance by hand; the allocation of the same total is at least as good as the present one."""
    data, level = points(200)
    plan = interview_plan(data, {}, level + 40, [70, 80, 90])
    group = data.groupby("unit")["points"]
    assert plan.sd == pytest.approx(np.sqrt(group.var().mean()))
    assert plan.between == pytest.approx(group.mean().var() - group.var().mean() / 30)
    assert plan.sd == pytest.approx(10, rel=0.05)
    assert plan.between**0.5 == pytest.approx(3, rel=0.2)
    assert plan.design_effect == 1
    assert plan.present.table["n"].to_list() == [30] * 200
    assert plan.best.total == plan.present.total == 6000
    assert plan.best.table["n"].min() >= 10
    assert plan.best.objective < plan.present.objective
    assert plan.sizes.loc[100, "half_width"] == pytest.approx(1.96 * plan.sd / 10, rel=1e-3)


def test_clienteles_of_other_sizes_than_shares_cost_answers():
    """27 and 3 questionnaires for shares of one half each: n (.25/27 + .25/3) = 2.78."""
    data, level = points()
    data["clientele"] = np.tile(["a"] * 27 + ["b"] * 3, 40)
    plan = interview_plan(data, {"a": 0.5, "b": 0.5}, level + 40, [70, 80, 90])
    assert plan.design_effect == pytest.approx(30 * (0.25 / 27 + 0.25 / 3))


def test_a_single_border_makes_a_plan():
    data, level = points()
    plan = interview_plan(data, {}, level + 40, [40])
    assert plan.best.total == plan.present.total == 30 * len(level)
    assert plan.best.objective <= plan.present.objective


def test_the_plan_does_not_depend_on_the_order_of_rows():
    data, level = points()
    one = interview_plan(data, {}, level + 40, [70, 80, 90])
    other = interview_plan(data.sample(frac=1, random_state=1), {}, (level + 40)[::-1], [90, 80, 70])
    assert one.best.table["n"].to_dict() == other.best.table["n"].to_dict()
    assert one.best.objective == pytest.approx(other.best.objective, rel=1e-12)


def test_refusals():
    data, level = points(2)
    with pytest.raises(InputError, match="не меньше 3 единиц с баллом и анкетами, найдено 2"):
        interview_plan(data, {}, level, [70])
    data, level = points(5, sd=0.0)
    with pytest.raises(NotPublishable, match="анкеты не различаются"):
        interview_plan(data, {}, level, [70])


def test_errors_of_the_index_by_hand():
    """Two clienteles of weight one half; a unit's variance is drawn to the pooled one by five degrees of freedom."""
    rows = pd.DataFrame({"unit": list("uuuuvvv"), "clientele": list("aaabaab"), "points": [1.0, 2, 3, 5, 4, 8, 6]})
    found = index_errors(rows, {"a": 0.5, "b": 0.5})
    pooled = (2 * 1 + 1 * 8) / 3                        # clientele a: u has variance 1 of 3 marks, v has 8 of 2
    own = {"u": (2 * 1 + PRIOR * pooled) / (2 + PRIOR), "v": (1 * 8 + PRIOR * pooled) / (1 + PRIOR)}
    assert np.isnan(found["se"]).all()                  # nothing is known of the spread of clientele b
    alone = index_errors(rows[rows["clientele"] == "a"], {"a": 0.5, "b": 0.5})
    assert alone["se"].to_dict() == pytest.approx({"u": (own["u"] / 3) ** 0.5, "v": (own["v"] / 2) ** 0.5})
    assert alone["n"].to_dict() == pytest.approx({"u": 3, "v": 2})


def test_errors_of_the_index_cover_the_truth():
    """2,000 units of 8 questionnaires, spreads of 7 to 14: 95 % intervals by Student's law hold in 94-97 %."""
    rng = np.random.default_rng(5)
    level, sd = (pd.Series(values, [f"C{i:04d}" for i in range(2000)])
                 for values in (rng.normal(40, 3, 2000), rng.uniform(7, 14, 2000)))
    data = pd.DataFrame({"unit": np.repeat(level.index, 8), "clientele": ""})
    data["points"] = level[data["unit"]].to_numpy() + sd[data["unit"]].to_numpy() * rng.normal(size=len(data))
    found = index_errors(data, {})
    away = (data.groupby("unit")["points"].mean() - level).abs() / found["se"]
    held = (away <= stats.t.ppf(0.975, found["degrees"])).mean()
    assert 0.94 <= held <= 0.97


def test_a_plan_is_made_of_the_planners_functions():
    """Peer: the same numbers by hand; borders 10 apart are half a band of 5, one border is the median distance."""
    data, level = points(60)
    scores = (level + 40).rename("points")
    plan = interview_plan(data, {}, scores, [70, 80, 90], sizes=[20, 60])
    far = (scores.to_numpy()[:, None] - np.array([70, 80, 90]))
    assert list(plan.sizes.index) == [20, 60]
    pd.testing.assert_frame_equal(plan.sizes, sample_sizes([20, 60], plan.sd, plan.between,
                                                           np.median(np.abs(far).min(axis=1)), 1.0))
    assert plan.needed == answers_for_reliability(plan.between, plan.sd, 0.7)
    assert plan.separate == answers_to_separate(5.0, plan.sd, against="cut_off")
    one = interview_plan(data, {}, scores, [75])
    assert one.separate == answers_to_separate((scores - 75).abs().median(), plan.sd, against="cut_off")
    assert list(interview_plan(data, {}, scores, [75]).sizes.index) == [10, 25, 50, 100, 200, 400]
    assert plan.present.rule == plan.best.rule == "grades"
    assert plan.present.table["error"].to_list() == pytest.approx([plan.sd / 30**0.5] * 60)


@pytest.mark.parametrize(("minimum", "fewest"), [(2, 2), (10, 2)])
def test_a_minimum_is_lowered_to_what_there_are_questionnaires_for(minimum, fewest):
    """20 units with 2 questionnaires and 10 with 4: 80, so that everybody can have two, not ten."""
    data, level = points(30, 4)
    data = data[(data.groupby("unit").cumcount() < 2) | (data["unit"] > "C19")]
    plan = interview_plan(data, {}, level + 40, [70, 80, 90], minimum=minimum)
    assert plan.present.table["n"].to_dict() == data.groupby("unit").size().to_dict()
    assert plan.best.total == 80
    assert plan.best.table["n"].min() == fewest
    single = pd.concat([data.drop_duplicates("unit"), data[data["unit"] == "C00"].iloc[[1]]])
    assert interview_plan(single, {}, level + 40, [70, 80, 90]).best.table["n"].min() == 1


def test_units_without_a_score_and_without_questionnaires_take_no_part():
    data, level = points(12)
    scores = (level + 40).drop("C03")
    scores["C07"], scores["X"] = np.nan, 71.0
    plan = interview_plan(data, {}, scores, [70, 80])
    assert list(plan.best.table.index) == [f"C{i:02d}" for i in range(12) if i not in (3, 7)]


def test_a_group_has_the_weights_inside_it():
    """The index shares a .75 and b .25; a's group alone weighs a by 1, half of it the survey: 50 points."""
    grouped = json.loads(edition().model_dump_json(by_alias=True, exclude_none=True))
    grouped["groups"] = {"G": {"title": "G"}, "H": {"title": "H"}}
    grouped["indicators"]["a"]["group"], grouped["indicators"]["b"]["group"] = "G", "H"
    grouped["weights"] = {"index": {"G": 0.75, "H": 0.25}, "G": "equal", "H": "equal"}
    answers = pd.DataFrame({"unit": ["u", "v", "w"], "clientele": "", "q1": [5, 2, None], "q2": [1, 5, 5]})
    made = parse_edition(json.dumps(grouped, ensure_ascii=False))
    assert questionnaire_points(answers, made, "G")["points"].to_dict() == pytest.approx({0: 50.0, 1: 12.5})
    assert questionnaire_points(answers, made, "H")["points"].to_dict() == pytest.approx({0: 0.0, 1: 100.0, 2: 100.0})
    whole = questionnaire_points(answers, made)
    assert list(whole) == ["unit", "clientele", "points"]
    assert whole["points"].to_dict() == pytest.approx({0: 37.5, 1: 62.5 * (0.375 * 0.25 + 0.25) / 0.625, 2: 62.5})


def test_clienteles_that_did_not_answer_leave_their_weight_to_the_others():
    """Shares .6 and .4, but unit v has the first clientele only: its weight is 1 there."""
    rows = pd.DataFrame({"unit": list("uuuuvv"), "clientele": list("aabbaa"), "points": [1.0, 3, 2, 6, 4, 6]})
    found = index_errors(rows, {"a": 0.6, "b": 0.4})
    variance = {"a": 2.0, "b": 8.0}                       # of every cell, so of the pooled ones too
    assert found.index.name == "unit"
    assert found.loc["u"].to_list() == pytest.approx([
        (0.36 * variance["a"] / 2 + 0.16 * variance["b"] / 2) ** 0.5, 1 / (0.36 / 2 + 0.16 / 2),
        1 / (0.36 / 2 + 0.16 / 2) - 1 + PRIOR])
    assert found.loc["v"].to_list() == pytest.approx([1.0, 2.0, 1 + PRIOR])
