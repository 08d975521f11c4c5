"""The demonstration country: the committed bytes, the promised moments, the planted truth."""

import hashlib
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import yaml

from methods.data.demonstration import ASKED, CLIENTELES, EMPLOYER, INDICATORS, SEEKER, generate, write
from methods.data.demonstration.catalogue import (
    AGREED,
    BIAS,
    COARSE,
    DRIVERS,
    NO_LINK,
    NO_SURVEY,
    NOISE,
    REQUIREMENTS,
    SCALE,
)
from methods.errors import InputError


@pytest.fixture(scope="module")
def country():
    return generate()


@pytest.fixture(scope="module")
def small():
    return generate(seed=5, centres=160, regions=7)


def share_met(checklist: pd.DataFrame) -> pd.DataFrame:
    """X/N: centres x indicators."""
    values = checklist.set_index("центр").astype(float)
    return values.T.groupby([code.split(".")[0] for code in values.columns], sort=False).mean().T


def marks(answers: pd.DataFrame, clientele: str) -> pd.DataFrame:
    """Marks of one clientele on [0; 1], by centre."""
    chosen = answers[answers["клиентела"] == clientele].set_index("центр")
    return (chosen[list(ASKED)].astype(float) - 1) / 4


def kind(country, *wanted: str) -> list[str]:
    """Indicators of these kinds of agreement."""
    return list(country.truth.indicators.index[country.truth.indicators["вид"].isin(wanted)])


def same(left, right) -> None:
    """All tables of two countries are equal."""
    pd.testing.assert_frame_equal(left.registry, right.registry)
    for year in left.answers:
        pd.testing.assert_frame_equal(left.answers[year], right.answers[year])
        pd.testing.assert_frame_equal(left.checklist[year], right.checklist[year])


# --- bytes and seeds ------------------------------------------------------------------------------------------------

def test_the_seed_gives_exactly_the_committed_bytes(root, country, tmp_path):
    committed = root / "data" / "raw" / "star_demonstration"
    source = yaml.safe_load((committed / "source.yml").read_text(encoding="utf-8"))
    assert source["generator"] == {"module": "methods.data.demonstration", "seed": country.seed}
    write(country, tmp_path)
    for name, digest in source["files"].items():
        assert hashlib.sha256((tmp_path / name).read_bytes()).hexdigest() == digest, name
        assert hashlib.sha256((committed / name).read_bytes()).hexdigest() == digest, name
    assert (tmp_path / "source.yml").read_bytes() == (committed / "source.yml").read_bytes()


def test_source_names_every_committed_file(root):
    folder = root / "data" / "raw" / "star_demonstration"
    source = yaml.safe_load((folder / "source.yml").read_text(encoding="utf-8"))
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert there == {*source["files"], "source.yml"}
    assert "демонстра" in source["title"].lower()
    assert set(source) == {"title", "producer", "date", "licence", "description", "generator", "changes", "files"}


def test_files_are_utf_8_with_semicolons_and_without_floats(small, tmp_path):
    write(small, tmp_path)
    for path in tmp_path.rglob("*.csv"):
        content = path.read_bytes()
        assert not content.startswith(b"\xef\xbb\xbf"), path
        assert b"\r" not in content, path
    for name in ("2023/answers.csv", "2024/checklist.csv"):
        assert b"." not in (tmp_path / name).read_bytes().partition(b"\n")[2]
    header = (tmp_path / "2023/answers.csv").read_text(encoding="utf-8").partition("\n")[0]
    assert header == "анкета;центр;клиентела;дата;" + ";".join(ASKED) + ";общая"


def test_shuffled_rows_are_written_to_the_same_bytes(small, tmp_path):
    def shuffle(table):
        return table.sample(frac=1, random_state=1)

    write(small, tmp_path / "straight")
    write(replace(small, registry=shuffle(small.registry), requirements=shuffle(small.requirements),
                  answers={year: shuffle(table) for year, table in small.answers.items()},
                  checklist={year: shuffle(table) for year, table in small.checklist.items()}), tmp_path / "shuffled")
    assert (tmp_path / "straight/source.yml").read_bytes() == (tmp_path / "shuffled/source.yml").read_bytes()


def test_equal_seeds_agree_and_others_differ(small):
    same(small, generate(seed=5, centres=160, regions=7))
    other = generate(seed=6, centres=160, regions=7)
    assert not small.checklist["2023"].equals(other.checklist["2023"])
    assert not small.answers["2023"].equals(other.answers["2023"])


def test_zero_is_a_seed_of_its_own():
    zero, one = (generate(seed=seed, centres=20, regions=2) for seed in (0, 1))
    same(zero, generate(seed=0, centres=20, regions=2))
    assert not zero.answers["2023"].equals(one.answers["2023"])


def test_a_further_year_moves_no_earlier_one(small):
    longer = generate(seed=5, centres=160, regions=7, years=("2023", "2024", "2025"))
    for year in small.answers:
        pd.testing.assert_frame_equal(small.answers[year], longer.answers[year])
        pd.testing.assert_frame_equal(small.checklist[year], longer.checklist[year])


@pytest.mark.parametrize(("arguments", "words"), [
    ({"seed": -1}, "не меньше 0, сейчас -1"),
    ({"centres": 3, "regions": 4}, "от 1 до числа центров \\(3\\), сейчас 4"),
    ({"years": ()}, "четырьмя цифрами"),
    ({"years": ("23",)}, "четырьмя цифрами"),
    ({"years": ("2024", "2023")}, "должны возрастать"),
])
def test_impossible_arguments_are_refused_in_words(arguments, words):
    with pytest.raises(InputError, match=words):
        generate(**arguments)


# --- keys -----------------------------------------------------------------------------------------------------------

def test_ids_are_unique_and_point_to_something(country):
    centres = set(country.registry["центр"])
    assert len(centres) == len(country.registry) == 1200
    assert country.registry["регион"].nunique() == 89
    assert pd.concat(country.answers.values())["анкета"].is_unique
    for year in ("2023", "2024"):
        assert country.checklist[year]["центр"].is_unique
        assert set(country.checklist[year]["центр"]) <= centres
        assert set(country.answers[year]["центр"]) <= centres


def test_every_requirement_belongs_to_an_indicator(country):
    requirements = country.requirements
    assert requirements["требование"].is_unique
    assert requirements["название"].is_unique
    assert set(requirements["показатель"]) == set(INDICATORS)
    assert (requirements["требование"].str.split(".").str[0] == requirements["показатель"]).all()
    assert set(requirements["уровень"]) == {"УЦЗН", "ТЦЗН"}
    assert requirements.groupby("показатель").size().between(3, 9).all()
    assert 110 <= len(requirements) <= 120
    assert list(country.checklist["2023"].columns) == ["центр", *requirements["требование"]]


def test_centres_answer_only_while_they_are_at_work(country):
    registry = country.registry.set_index("центр")
    closed = registry.index[registry["действует_по"].notna()]
    new = registry.index[registry["действует_с"] > "2023-12-31"]
    assert (len(closed), len(new)) == (3, 3)
    assert not country.checklist["2024"]["центр"].isin(closed).any()
    assert not country.checklist["2023"]["центр"].isin(new).any()
    for year, answers in country.answers.items():
        assert (answers["дата"].dt.year == int(year)).all()
        assert (answers["дата"] >= answers["центр"].map(registry["действует_с"])).all()
        assert not (answers["дата"] > answers["центр"].map(registry["действует_по"])).any()


# --- survey ---------------------------------------------------------------------------------------------------------

def test_marks_pile_up_at_the_top_in_the_form_of_a_j(country):
    answers = country.answers["2023"]
    values = 1 + 4 * marks(answers, SEEKER).stack()
    shares = values.value_counts(normalize=True)
    assert 4.6 < values.mean() < 4.8
    assert 0.75 < shares[5.0] < 0.85
    assert shares[2.0] < shares[1.0] < shares[3.0] < shares[4.0]
    employers = 1 + 4 * marks(answers, EMPLOYER).stack()
    assert 4.5 < employers.mean() < values.mean()


def test_spread_of_true_survey_is_recovered_after_removing_sampling_noise(country):
    values = marks(country.answers["2023"], SEEKER)
    by_centre = values.groupby(level=0)
    noise = (by_centre.var() / by_centre.count()).mean()
    spread = np.sqrt((by_centre.mean().var() - noise).clip(lower=0))
    ordinary = [code for code in ASKED if code not in kind(country, NOISE)]
    assert spread[ordinary].between(0.035, 0.075).all()
    assert 0.045 < spread[ordinary].mean() < 0.055
    assert (spread[kind(country, NOISE)] < 0.03).all()
    assert country.truth.survey.loc["2023", SEEKER].std().to_numpy() == pytest.approx(
        country.truth.indicators.loc[list(ASKED), "S_разброс"].to_numpy(), rel=0.15)


def test_clienteles_have_the_promised_sizes(country):
    centres = country.checklist["2023"]["центр"]
    answers = country.answers["2023"]
    size = {who: answers[answers["клиентела"] == who].groupby("центр").size().reindex(centres, fill_value=0)
            for who in CLIENTELES}
    assert (size[SEEKER].min(), size[SEEKER].max() > 100, size[SEEKER].max() <= 150) == (12, True, True)
    assert 34 <= size[SEEKER].median() <= 42
    assert (size[EMPLOYER].min() <= 3, size[EMPLOYER].max()) == (True, 40)
    assert 8 <= size[EMPLOYER].median() <= 10
    assert 0.77 < size[SEEKER].sum() / len(answers) < 0.83


def test_growth_of_vacancies_is_never_asked(country):
    assert kind(country, NO_SURVEY) == ["П2"]
    assert "П2" not in country.answers["2023"].columns
    assert "П2" not in country.truth.survey.columns
    assert {"П2.1", "П2.2"} <= set(country.checklist["2023"].columns)


def test_answers_of_one_respondent_go_together_and_some_items_are_skipped(country):
    values = marks(country.answers["2023"], SEEKER)
    within = values - values.groupby(level=0).transform("mean")
    correlation = within.corr().to_numpy()[np.triu_indices(len(ASKED), 1)]
    assert 0.2 < correlation.mean() < 0.4
    assert values.isna().mean()["М4"] == pytest.approx(0.15, abs=0.01)
    assert values.isna().mean()["К1"] == pytest.approx(0.02, abs=0.01)


@pytest.mark.parametrize("clientele", CLIENTELES)
def test_overall_mark_gives_back_the_planted_weights(country, clientele):
    answers = country.answers["2023"].query("клиентела == @clientele")
    rows = answers[[*ASKED, "общая"]].astype(float).dropna()
    design = np.column_stack([np.ones(len(rows)), rows[list(ASKED)]])
    slopes = np.linalg.lstsq(design, rows["общая"], rcond=None)[0][1:]
    planted = country.truth.drivers.loc[list(ASKED), clientele].to_numpy()
    assert sum(DRIVERS[clientele].values()) == pytest.approx(1)
    assert country.truth.drivers.loc["П2", clientele] == 0
    assert np.abs(slopes - planted).max() < 0.035      # rounding to whole marks takes about one twentieth away
    assert np.corrcoef(slopes, planted)[0, 1] > 0.97


# --- checklist and agreement ----------------------------------------------------------------------------------------

def test_spread_of_the_checklist_is_as_promised(country):
    share = share_met(country.checklist["2023"])
    planted = country.truth.indicators
    assert 0.17 < share.std().mean() < 0.22
    assert share.mean().to_numpy() == pytest.approx(planted["XN_среднее"].to_numpy(), abs=0.04)
    assert share.std().to_numpy() == pytest.approx(planted["XN_разброс"].to_numpy(), abs=0.05)


def test_requirements_of_an_indicator_are_ordered_by_difficulty(country):
    met = country.checklist["2023"].set_index("центр").astype(float).mean()
    own = [r.code for r in REQUIREMENTS if r.level == "ТЦЗН"]       # УЦЗН: 89 independent values only
    order = pd.Series(range(len(met)), index=met.index)[own]
    indicator = [code.split(".")[0] for code in own]
    rank_correlation = pd.DataFrame({"met": met[own], "order": order}).groupby(indicator).apply(
        lambda part: part["met"].corr(part["order"], method="spearman"))
    assert (rank_correlation < -0.75).all()


def test_requirements_of_the_managing_centre_are_shared_by_the_region(country):
    region = country.registry.set_index("центр")["регион"]
    checklist = country.checklist["2024"].set_index("центр")
    shared = [r.code for r in REQUIREMENTS if r.level == "УЦЗН"]
    assert (checklist[shared].groupby(region).nunique() == 1).all(axis=None)


def test_only_small_centres_have_requirements_that_do_not_apply(country):
    gaps = country.checklist["2023"].set_index("центр").isna()
    small = country.truth.centres["малый"].reindex(gaps.index)
    optional = country.truth.requirements.index[country.truth.requirements["необязательное_малым"]]
    assert not gaps[~small].any(axis=None)
    assert gaps.loc[small, optional].mean(axis=None) == pytest.approx(0.7, abs=0.03)
    assert not gaps.drop(columns=optional).any(axis=None)
    assert share_met(country.checklist["2023"]).notna().all(axis=None)


def test_true_sides_are_linked_as_planted(country):
    link = country.truth.indicators["связь_S_и_O_факт"]
    assert link[kind(country, BIAS, SCALE, COARSE, NOISE)].between(0.2, 0.45).all()
    assert link[kind(country, BIAS, SCALE, COARSE, NOISE)].mean() == pytest.approx(0.33, abs=0.05)
    assert (link[kind(country, AGREED)] > 0.65).all()
    assert (link[kind(country, NO_LINK)].abs() < 0.12).all()


def test_kinds_of_disagreement_are_visible(country):
    survey = marks(country.answers["2023"], SEEKER).groupby(level=0).mean()
    share = share_met(country.checklist["2023"])
    gap = share.mean() - survey.mean()
    number = country.truth.indicators["требований"]
    assert (gap[kind(country, BIAS)] > 0.07).all()
    assert (gap.drop(kind(country, BIAS)).dropna() < 0.01).all()
    assert (gap[kind(country, AGREED)].abs() < 0.03).all()
    assert (share.std()[kind(country, SCALE)] > 0.25).all()
    assert (number[kind(country, COARSE)] == 3).all()
    assert (number[kind(country, AGREED)] >= 8).all()
    true_variance = country.truth.survey.loc["2023", SEEKER].var()
    reliability = true_variance / survey.var()
    assert (reliability[kind(country, NOISE)] < 0.3).all()
    assert (reliability[kind(country, AGREED)] > 0.65).all()


# --- years and manipulations ----------------------------------------------------------------------------------------

def test_quality_persists_and_progresses(country):
    survey, objective = country.truth.survey, country.truth.objective
    before, after = survey.loc["2023", SEEKER].align(survey.loc["2024", SEEKER], join="inner", axis=0)
    assert before.corrwith(after).between(0.75, 0.92).all()
    growth = (after - before).mean()
    assert 0.005 < growth.mean() < 0.02
    assert growth[["М6", "М7"]].min() > growth[["К1", "К3"]].max()      # progress .30 against .05
    before, after = objective.loc["2023"].align(objective.loc["2024"], join="inner", axis=0)
    assert 0.01 < (after - before).mean().mean() < 0.05


def test_gamed_centres_rise_on_paper_only(country):
    flags = country.truth.centres
    assert (flags["завышен_чек_лист"].sum(), flags["накручен_опрос"].sum()) == (15, 5)
    rise = (share_met(country.checklist["2024"]) - share_met(country.checklist["2023"])).mean(axis=1).dropna()
    gamed = flags["завышен_чек_лист"].reindex(rise.index)
    assert rise[gamed].min() > 0.06
    assert rise[gamed].mean() > rise[~gamed].mean() + 0.1
    true = country.truth.survey
    survey = (true.loc["2024", SEEKER] - true.loc["2023", SEEKER]).mean(axis=1).reindex(rise.index)
    assert abs(survey[gamed].mean() - survey[~gamed].mean()) < 0.02


def test_filled_in_surveys_are_straight_fives_at_the_end_of_december(country):
    flagged = country.truth.centres.index[country.truth.centres["накручен_опрос"]]
    answers = country.answers["2024"]
    straight = (answers[[*ASKED, "общая"]] == 5).fillna(False).all(axis=1).groupby(answers["центр"]).mean()
    assert straight[flagged].min() > 0.7
    assert straight.drop(flagged).median() < 0.2
    late = (answers["дата"] >= "2024-12-27").groupby(answers["центр"]).mean()
    assert late[flagged].min() > 0.7
    before = country.answers["2023"]
    straight_before = (before[[*ASKED, "общая"]] == 5).fillna(False).all(axis=1).groupby(before["центр"]).mean()
    assert straight_before[flagged].max() < 0.7
