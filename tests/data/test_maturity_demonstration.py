"""The demonstration of regional maturity: committed bytes, what was planted, and that the real intake accepts it."""

import shutil

import pandas as pd
import pytest

from methods.data import sources
from methods.data.demonstration import maturity
from methods.data.demonstration.maturity import EASIER, EXTERNAL, HARDER, OWN, TWIN, TWIN_OF, UNRELATED, generate, write
from methods.data.intake.maturity import QUESTIONS, check_maturity_files, question_table
from methods.data.reading.reader import read_file
from methods.errors import InputError
from methods.problems import Protocol


@pytest.fixture(scope="module")
def made():
    return generate()


def wide(made, assessor, year="2024"):
    rows = made.answers[(made.answers["оценщик"] == assessor) & (made.answers["год"] == year)]
    return rows.pivot(index="регион", columns="вопрос", values="ответ").astype(float)


def test_committed_files_are_what_the_generator_writes(root, made, tmp_path):
    write(made, tmp_path)
    committed = root / maturity.DEFAULT_FOLDER
    names = {path.relative_to(tmp_path) for path in tmp_path.rglob("*") if path.is_file()}
    assert names == {path.relative_to(committed) for path in committed.rglob("*") if path.is_file()}
    for name in names:
        assert (tmp_path / name).read_bytes() == (committed / name).read_bytes(), name


def test_the_passport_describes_every_file_and_marks_the_demonstration(root):
    source = sources.read_source(root, "maturity_demonstration")
    folder = root / maturity.DEFAULT_FOLDER
    assert set(source.sha256) == {path.relative_to(folder).as_posix() for path in folder.rglob("*")
                                  if path.is_file() and path.name != "source.yml"}
    assert source.licence == "CC0-1.0"
    assert "вымышлен" in source.title
    assert "Это не официальные данные" in (folder / "README.md").read_text(encoding="utf-8")


def test_a_seed_is_a_country_and_zero_is_one():
    one, two, other = generate(0, 12), generate(0, 12), generate(1, 12)
    pd.testing.assert_frame_equal(one.answers, two.answers)
    assert not one.answers["ответ"].equals(other.answers["ответ"])


@pytest.mark.parametrize(("seed", "regions"), [(-1, 89), (0, 9)])
def test_impossible_countries_are_refused(seed, regions):
    with pytest.raises(InputError, match=rf"Нужны seed от 0 и регионов от 10, сейчас {seed} и {regions}\."):
        generate(seed, regions)


def test_questions_get_harder_from_level_to_level_but_for_the_planted_ones(made):
    answers = wide(made, EXTERNAL)
    table = made.questions.set_index("вопрос")
    share = answers.mean() / answers.max()
    plain = share.drop([HARDER, EASIER, UNRELATED])
    means = plain.groupby(table["уровень"]).mean()
    assert means.is_monotonic_decreasing
    assert share[HARDER] < means[4]
    assert share[EASIER] > means[3]


def test_what_was_planted_is_there(made):
    answers = wide(made, EXTERNAL)
    total = answers.drop(columns=UNRELATED).mean(axis=1)
    assert abs(answers[UNRELATED].corr(total)) < 0.25  # two standard errors of nothing with 89 regions: .21
    assert answers[TWIN].corr(answers[TWIN_OF]) > 0.95
    true = made.truth.loc["2024"].mean(axis=1)
    assert total.corr(true) > 0.9


def test_regions_flatter_themselves_in_one_answer_of_five(made):
    own, external = wide(made, OWN), wide(made, EXTERNAL)
    higher = (own > external)[external.notna() & (external < external.max())]
    room = external.lt(external.max()) & external.notna()
    assert (own >= external)[external.notna()].stack().all()
    assert higher.to_numpy()[room].mean() == pytest.approx(0.2, abs=0.03)  # 3 sd of a share of .2 in 1,600 answers


def test_three_regions_are_silent_in_the_first_year(made):
    assert len(wide(made, EXTERNAL, "2023")) == 86
    assert len(wide(made, EXTERNAL)) == 89


def test_the_intake_of_real_answers_takes_these(root, made, tmp_path):
    """The list of questions and the answers have the format that regions use: an official list takes their place."""
    shutil.copy(root / maturity.DEFAULT_FOLDER / "questions.csv", tmp_path / "вопросы.csv")
    protocol = Protocol()
    items = read_file(tmp_path / "вопросы.csv", QUESTIONS, protocol, tmp_path)
    assert protocol.of("error") == [], protocol.text()
    assert question_table(items)["level"].value_counts().to_dict() == {2: 8, 3: 8, 4: 8}
    rows = made.answers[made.answers["год"] == "2024"].drop(columns=["показатель", "наибольший"])
    frame = rows.assign(ответ=rows["ответ"].astype(object).where(rows["ответ"].notna(), "")).astype(str)
    frame.index = pd.RangeIndex(2, 2 + len(frame))
    clean = check_maturity_files([frame], items, protocol, period="2024", blanks="exclude")
    assert protocol.of("error") == [], protocol.text()
    assert len(clean) == 89 * 24 * 2
    assert clean["ответ"].isna().sum() == rows["ответ"].isna().sum()


def test_the_command_writes_where_it_is_told(tmp_path):
    maturity.main(["--seed", "3", "--out", str(tmp_path / "набор")])
    assert "seed: 3" in (tmp_path / "набор" / "source.yml").read_text(encoding="utf-8")
