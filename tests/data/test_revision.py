"""A revision of the questions: from a trial to a candidate, to an adopted edition, to comparable terms; no code."""

import re
import shutil

import pytest

from methods import cli
from methods.data import editions, questions, store
from methods.data.candidates import adopt_candidate, write_revision
from methods.data.measure import measure
from methods.data.waves import both_measured, overlaps
from methods.errors import EditionError, InputError
from methods.index.change import comparable_terms, score_change
from methods.index.score import score
from methods.maturity.items import item_statistics

DRAFT = "# Вопросы: редакция odm-2024\n\n**Решение.** <…>\n"


@pytest.fixture
def project(root, tmp_path, monkeypatch):
    """A project with odm-2023, to be revised."""
    (tmp_path / editions.FOLDER).mkdir(parents=True)
    for name in ("odm-2023.yaml", editions.RECORD):
        shutil.copy(root / editions.FOLDER / name, tmp_path / editions.FOLDER / name)
    shutil.copytree(root / "data/raw/odm_2023", tmp_path / "data/raw/odm_2023")
    (tmp_path / "docs" / "decisions").mkdir(parents=True)
    shutil.copy(root / "docs/decisions/0005-published-indices.md", tmp_path / "docs/decisions")
    monkeypatch.setenv("ZVEZDA_ROOT", str(tmp_path))
    return tmp_path


@pytest.fixture
def odm(project):
    edition, measured, scores = store.scored("odm-2023", "", project)
    return edition, measured, scores, questions.answers(project, edition, measured, "2023")


def revised(project, odm):
    """The ten questions that go least with the rest are left out."""
    edition, _, _, asked = odm
    statistics = item_statistics(asked.points, asked.highest)
    least = list(statistics["item_rest"].fillna(-1).sort_values(kind="stable").index[:10])
    path, decision = write_revision(project / "черновик", project, edition, {"left_out": least}, "odm-2024", DRAFT)
    return least, path, decision


def test_the_whole_way_of_a_revision(project, odm, capsys):
    edition, _, scores, asked = odm
    least, path, decision = revised(project, odm)
    text = path.read_text(encoding="utf-8")
    assert "based_on: odm-2023" in text
    assert "# Баллы складываются" in text  # the rest of the file is as it was
    with pytest.raises(EditionError, match="остались места для людей"):
        adopt_candidate(path, project)
    decision.write_text(decision.read_text(encoding="utf-8").replace("<…>", "Не считать."), encoding="utf-8")
    done = adopt_candidate(path, project)
    assert done.decision.name == "0006-odm-2024.md"

    new, now, after = store.scored("odm-2024", "", project)
    assert new.left_out == tuple(least)
    lost = asked.points[least].sum(axis=1)
    assert (scores.index - after.index - lost[after.index.index]).abs().max() < 1e-9
    assert set(questions.answers(project, new, now, "2023").points) == set(asked.points) - set(least)

    assert overlaps(project, new) == {"odm-2023": ("2023",)}
    before, other = both_measured(project, edition, new, ("2023", "2023"))
    split = score_change(before, edition, other, new, before_by_new_list=other, after_by_old_list=before)
    assert (split.effects["performance"] == 0).all()
    assert (split.effects["requirements"] + lost[split.effects.index]).abs().max() < 1e-9
    terms = comparable_terms(other, edition, other, new)
    assert terms.not_measured == ()
    assert cli.main(["diff", "odm-2023", "odm-2024"]) == 0
    said = capsys.readouterr().out
    assert "вопросы, которые не считаются (1)" in said
    assert re.search(r"перечень требований −\d", said)


def test_trying_without_an_edition_gives_the_same_scores(project, odm):
    edition, measured, _, asked = odm
    least, path, _ = revised(project, odm)
    tried = score(questions.recounted(asked, edition, measured.measurements, dropped=least), edition)
    made = score(measure(project, editions.read_edition(path), "2023").measurements, edition)
    assert (tried.index - made.index).abs().max() < 1e-9


def test_a_question_that_is_not_there_is_named(project, odm):
    edition = odm[0].model_copy(update={"left_out": ("1", "999")})
    with pytest.raises(InputError, match=r"Ключ left_out: таких вопросов у показателей редакции odm-2023 нет: 999\."):
        measure(project, edition, "2023")


def test_requirements_of_the_regions_files_are_left_out_in_their_list(root):
    text = (root / editions.FOLDER / "star-2022.yaml").read_text(encoding="utf-8")
    with pytest.raises(EditionError, match=r"left_out \| .*data\.requirements.*а не ключом left_out"):
        editions.parse_edition(text + "\nleft_out: [Д1.1]\n")
