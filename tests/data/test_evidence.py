"""What people said about importance, read beside the data set: experts, a poll, clients' questionnaires."""

import dataclasses
import shutil

import pandas as pd
import pytest
import yaml

from methods.data import editions, evidence, store
from methods.data.accept import accept_experts
from methods.errors import EnvironmentFault, UsageError
from methods.problems import Rejected

EDITION, DATASET = "star-2022", "data/raw/star_demonstration"
POINTS = "эксперт;код;баллы\nЭ1;Д;30\nЭ1;П;25\nЭ1;М;20\nЭ1;А;15\nЭ1;К;10\n"


@pytest.fixture
def project(tmp_path, root):
    """A project with the demonstration's edition, its experts and polls and no other data."""
    (tmp_path / editions.FOLDER).mkdir(parents=True)
    for name in (f"{EDITION}.yaml", editions.RECORD):
        shutil.copy(root / editions.FOLDER / name, tmp_path / editions.FOLDER)
    dataset = tmp_path / DATASET
    dataset.mkdir()
    for folder in (evidence.EXPERTS, evidence.POLLS):
        shutil.copytree(root / DATASET / folder, dataset / folder)
    passport = yaml.safe_load((root / DATASET / "source.yml").read_text(encoding="utf-8"))
    passport["files"] = {name: own for name, own in passport["files"].items()
                         if name.split("/")[0] in (evidence.EXPERTS, evidence.POLLS)}
    (dataset / "source.yml").write_text(yaml.safe_dump(passport, allow_unicode=True), encoding="utf-8")
    return tmp_path


def edition(project):
    return editions.load_edition(project, EDITION)


def test_judgements_of_groups_come_first_and_sum_to_one(project):
    said = evidence.evidence(project, edition(project))
    assert "index" in said.experts
    for form, weights in said.weights("index").items():
        assert set(weights.columns) == set(edition(project).groups), form
        assert weights.sum(axis=1).to_list() == pytest.approx([1.0] * len(weights))
    assert said.weights("нет такого") == {}


def test_a_poll_is_brought_to_codes_and_keeps_its_question(project):
    said = evidence.evidence(project, edition(project))
    assert set(said.poll.table.index) == set(edition(project).groups)
    assert said.poll.table["share"].sum() == pytest.approx(1, abs=1e-9)
    assert said.question.endswith("?")


def test_a_changed_file_of_experts_is_refused(project):
    path = next((project / DATASET / evidence.EXPERTS).iterdir())
    path.write_bytes(path.read_bytes() + b"\n")
    with pytest.raises(EnvironmentFault, match="изменился"):
        evidence.evidence(project, edition(project))


def test_no_folders_no_evidence(project):
    for folder in (evidence.EXPERTS, evidence.POLLS):
        shutil.rmtree(project / DATASET / folder)
    passport = yaml.safe_load((project / DATASET / "source.yml").read_text(encoding="utf-8"))
    passport["files"] = {"registry.csv": "0" * 64}
    (project / DATASET / "source.yml").write_text(yaml.safe_dump(passport, allow_unicode=True), encoding="utf-8")
    said = evidence.evidence(project, edition(project))
    assert (said.experts, said.poll, said.question) == ({}, None, "")


# --- accepting --------------------------------------------------------------------------------------------------------

@pytest.fixture
def sent(tmp_path):
    folder = tmp_path / "прислано"
    folder.mkdir()
    (folder / "Э1.csv").write_text(POINTS, encoding="utf-8")
    return folder


def test_experts_files_are_taken_whole_and_described_once(project, sent):
    with pytest.raises(UsageError, match="Файлы уже приняты"):
        accept_experts(sent, edition(project), project)
    done = accept_experts(sent, edition(project), project, replace=True)
    assert done.files == ("Э1.csv",)
    assert done.kept_aside.is_dir()
    said = evidence.evidence(project, edition(project))
    assert said.weights("index")["points"].loc["Э1"].to_dict() == pytest.approx(
        {"Д": 0.30, "П": 0.25, "М": 0.20, "А": 0.15, "К": 0.10})
    assert said.poll is not None  # the poll's files stay described


def test_a_fault_stops_acceptance_and_copies_nothing(project, sent):
    (sent / "Э1.csv").write_text(POINTS.replace("Э1;К;10", "Э1;К;20"), encoding="utf-8")
    before = sorted(path.name for path in (project / DATASET / evidence.EXPERTS).iterdir())
    with pytest.raises(Rejected):
        accept_experts(sent, edition(project), project, replace=True)
    assert sorted(path.name for path in (project / DATASET / evidence.EXPERTS).iterdir()) == before


def test_a_folder_without_judgements_is_refused(project, sent):
    (sent / "Э1.csv").write_text("центр;код\n01-001;Д\n", encoding="utf-8")
    with pytest.raises((UsageError, Rejected)):
        accept_experts(sent, edition(project), project, replace=True)


# --- questionnaires ---------------------------------------------------------------------------------------------------

@pytest.fixture(scope="module")
def measured(root):
    return store.prepare(root, editions.load_edition(root, EDITION), "2024")


def test_drivers_by_clientele_sum_to_what_they_explain(root, measured):
    star = editions.load_edition(root, EDITION)
    found, refused = evidence.client_drivers(measured, star, draws=100, seed=0)
    assert list(found) == list(star.clienteles)
    assert refused == {}
    for own in found.values():
        share = own.measures["shapley"].estimate
        assert share.sum() == pytest.approx(own.r2)
        assert set(share.index) <= set(star.indicators)


def test_a_clientele_with_too_few_questionnaires_is_named_with_its_reason(root, measured):
    star = editions.load_edition(root, EDITION)
    views = list(star.clienteles)
    answers = measured.answers
    kept = pd.concat([answers[answers["clientele"] == views[0]], answers[answers["clientele"] == views[1]].head(12)])
    found, refused = evidence.client_drivers(dataclasses.replace(measured, answers=kept), star, draws=100, seed=0)
    assert list(found) == [views[0]]
    assert list(refused) == [views[1]]
    assert refused[views[1]]


def test_nobody_was_asked(root, measured):
    star = editions.load_edition(root, EDITION)
    silent = dataclasses.replace(measured, answers=None)
    assert evidence.client_drivers(silent, star, draws=100, seed=0) == ({}, {})


def test_answers_by_unit_count_questionnaires(measured):
    counted = evidence.answers_by_unit(measured)
    assert counted.sum() == len(measured.answers)
    without = evidence.answers_by_unit(dataclasses.replace(measured, answers=None))
    asked = measured.measurements[measured.measurements["side"] == "subjective"]
    assert without.to_dict() == asked.groupby("unit")["n"].max().to_dict()
