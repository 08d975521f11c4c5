"""Files of the regions as the input of a run: accepted whole, described, read by the checks of `zvezda check`."""

import hashlib
import shutil

import numpy as np
import pandas as pd
import pytest
import yaml

from methods.data import editions, store
from methods.data.accept import accept
from methods.data.measure import measure
from methods.data.survey import design_estimates
from methods.errors import InputError, UsageError
from methods.problems import Rejected

EDITION = "star-2022"
CENTRES = ["01-001", "01-002", "01-003", "02-001", "02-002"]


@pytest.fixture
def project(tmp_path, root):
    """A project with the demonstration edition and no data but its registry and requirements."""
    (tmp_path / editions.FOLDER).mkdir(parents=True)
    for name in (f"{EDITION}.yaml", editions.RECORD):
        shutil.copy(root / editions.FOLDER / name, tmp_path / editions.FOLDER)
    dataset = tmp_path / "data/raw/star_demonstration"
    dataset.mkdir()
    shutil.copy(root / "data/raw/star_demonstration/requirements.csv", dataset)
    source = yaml.safe_load((root / "data/raw/star_demonstration/source.yml").read_text(encoding="utf-8"))
    text = ('title: "Набор"\nproducer: "мы"\ndate: "2024"\nlicence: "CC0-1.0"  # примечание\nfiles:\n'
            f'  "requirements.csv": {source["files"]["requirements.csv"]}\n')
    (dataset / "source.yml").write_text(text, encoding="utf-8")
    return tmp_path


@pytest.fixture
def sent(tmp_path, root):
    """Five centres of two regions as they would be sent: registry, answers, checklist."""
    return of_demonstration(root, tmp_path / "прислано", CENTRES)


def of_demonstration(root, folder, centres):
    folder.mkdir()
    for name in ("registry.csv", "2024/answers.csv", "2024/checklist.csv"):
        frame = pd.read_csv(root / "data/raw/star_demonstration" / name, sep=";", dtype=str, keep_default_na=False)
        frame[frame["центр"].isin(centres)].to_csv(folder / name.rsplit("/", 1)[-1], sep=";", index=False)
    return folder


def edition(project, **changes):
    loaded = editions.load_edition(project, EDITION)
    return loaded.model_copy(update=changes)


def passport(project):
    return yaml.safe_load((project / "data/raw/star_demonstration/source.yml").read_text(encoding="utf-8"))


def test_accepted_files_are_copied_described_and_measured(project, sent):
    done = accept(sent, edition(project), project, "2024")
    assert done.files == ("answers.csv", "checklist.csv", "registry.csv")
    assert {name for name in passport(project)["files"] if name.startswith("2024/")} == {
        "2024/answers.csv", "2024/checklist.csv", "2024/registry.csv"}
    assert "# примечание" in (project / "data/raw/star_demonstration/source.yml").read_text(encoding="utf-8")
    assert "/2024/" in (project / "data/raw/star_demonstration/.gitignore").read_text(encoding="utf-8")
    found = measure(project, edition(project), "2024")
    assert found.units.index.tolist() == CENTRES
    assert found.units["region"].unique().tolist() == ["Регион 01", "Регион 02"]
    assert set(found.files) == {f"data/raw/star_demonstration/{name}" for name in (
        "requirements.csv", "2024/answers.csv", "2024/checklist.csv", "2024/registry.csv")}


def test_values_are_those_of_plain_means_and_shares(project, sent):
    """Peer: pandas on the raw files."""
    accept(sent, edition(project), project, "2024")
    found = measure(project, edition(project), "2024").measurements.set_index(
        ["unit", "indicator", "side", "clientele"])["value"]
    answers = pd.read_csv(sent / "answers.csv", sep=";", dtype={"центр": str})
    plain = (answers.groupby(["центр", "клиентела"])["Д1"].mean() - 1) / 4
    for key, letter in {"seekers": "С", "employers": "Р"}.items():
        for centre in CENTRES:
            if (answers.query("центр == @centre and клиентела == @letter")["Д1"].notna().sum()) >= 3:
                assert found[centre, "Д1", "subjective", key] == pytest.approx(plain[centre, letter])
    checklist = pd.read_csv(sent / "checklist.csv", sep=";", dtype={"центр": str}).set_index("центр")
    share = checklist.filter(like="М7.").mean(axis=1)
    for centre in CENTRES:
        assert found[centre, "М7", "objective", ""] == pytest.approx(share[centre])


def test_any_error_in_the_files_stops_acceptance_and_copies_nothing(project, sent):
    answers = sent / "answers.csv"
    answers.write_text(answers.read_text(encoding="utf-8").replace(";5;", ";7;", 1), encoding="utf-8")
    before = (project / "data/raw/star_demonstration/source.yml").read_bytes()
    with pytest.raises(Rejected) as error:
        accept(sent, edition(project), project, "2024")
    assert error.value.exit_code == 3
    assert "SRV-01" in str(error.value)
    assert "значение 7" in str(error.value)
    assert not (project / "data/raw/star_demonstration/2024").exists()
    assert (project / "data/raw/star_demonstration/source.yml").read_bytes() == before


def test_a_period_is_accepted_once_and_replaced_only_when_asked(project, sent):
    accept(sent, edition(project), project, "2024")
    with pytest.raises(UsageError, match="уже приняты"):
        accept(sent, edition(project), project, "2024")
    with (sent / "answers.csv").open(encoding="utf-8") as stream:
        lines = stream.read().splitlines()
    (sent / "answers.csv").write_text("\n".join(lines[:-1]) + "\n", encoding="utf-8")
    old = passport(project)["files"]["2024/answers.csv"]
    done = accept(sent, edition(project), project, "2024", replace=True)
    assert (done.kept_aside / "answers.csv").read_text(encoding="utf-8").splitlines() == lines
    assert passport(project)["files"]["2024/answers.csv"] != old
    assert len(passport(project)["files"]) == 4


def test_a_region_that_sent_nothing_is_in_the_passport_and_in_the_remarks(project, sent):
    for name in ("answers.csv", "checklist.csv"):
        frame = pd.read_csv(sent / name, sep=";", dtype=str, keep_default_na=False)
        frame[frame["центр"].str.startswith("01")].to_csv(sent / name, sep=";", index=False)
    with pytest.raises(Rejected, match="REF-08"):
        accept(sent, edition(project), project, "2024")
    accept(sent, edition(project), project, "2024", absent=["02"])
    assert passport(project)["absent"] == {"2024": ["02"]}
    found = measure(project, edition(project), "2024")
    assert [remark.code for remark in found.remarks if remark.severity == "ВНИМАНИЕ"][:1] == ["REF-08"]
    assert "Регион 02" in found.protocol
    accept(sent, edition(project), project, "2024", absent=["02"], replace=True)
    assert passport(project)["absent"] == {"2024": ["02"]}


def test_a_file_put_into_the_folder_by_hand_is_refused(project, sent):
    accept(sent, edition(project), project, "2024")
    shutil.copy(sent / "answers.csv", project / "data/raw/star_demonstration/2024/ещё.csv")
    with pytest.raises(InputError, match=r"не описаны.*ещё\.csv"):
        measure(project, edition(project), "2024")


def test_no_files_of_the_period(project):
    with pytest.raises(InputError, match="zvezda accept"):
        measure(project, edition(project), "2024")


def test_remarks_answers_and_marks_come_back_from_the_store(project, sent):
    accept(sent, edition(project), project, "2024")
    first = store.prepare(project, edition(project), "2024")
    again = store.prepare(project, edition(project), "2024")
    assert first.remarks == again.remarks
    assert {remark.code for remark in again.remarks} >= {"SRV-16"}
    assert first.protocol == again.protocol
    pd.testing.assert_frame_equal(first.answers, again.answers, check_dtype=False)
    pd.testing.assert_frame_equal(first.marks, again.marks, check_dtype=False)
    assert "анкета" not in again.answers
    assert again.answers["unit"].isin(CENTRES).all()


def test_weights_strata_and_numbers_of_clients_enter_the_estimate(project, sent):
    answers = pd.read_csv(sent / "answers.csv", sep=";", dtype=str, keep_default_na=False)
    answers["вес"] = np.where(np.arange(len(answers)) % 3, "1", "2")
    answers.to_csv(sent / "answers.csv", sep=";", index=False)
    sizes = answers.groupby(["центр", "клиентела"]).size().mul(2).rename("клиентов").reset_index()
    base = edition(project)
    own = base.model_copy(update={"estimation": base.estimation.model_copy(
        update={"weights": True, "population": "clients_{period}.csv"})})
    accept(sent, own, project, "2024")
    path = project / "data/raw/star_demonstration/clients_2024.csv"
    sizes.to_csv(path, sep=";", index=False)
    source = project / "data/raw/star_demonstration/source.yml"
    source.write_text(source.read_text(encoding="utf-8")
                      + f'  "clients_2024.csv": {hashlib.sha256(path.read_bytes()).hexdigest()}\n', encoding="utf-8")
    found = measure(project, own, "2024").measurements.query("indicator == 'Д1' and side == 'subjective'")
    keys = pd.DataFrame({"unit": answers["центр"], "clientele": answers["клиентела"].map(
        {"С": "seekers", "Р": "employers"})})
    expected = design_estimates(
        pd.to_numeric(answers["Д1"]), keys, (1, 5), weights=answers["вес"].astype(float), min_answers=3,
        population=sizes.assign(клиентела=sizes["клиентела"].map({"С": "seekers", "Р": "employers"})).set_index(
            ["центр", "клиентела"])["клиентов"])
    for row in found.itertuples():
        assert row.value == pytest.approx(expected.loc[(row.unit, row.clientele), "value"], nan_ok=True)
        assert row.se == pytest.approx(expected.loc[(row.unit, row.clientele), "se"], nan_ok=True)
    assert not np.allclose(found["value"], measure(project, base, "2024").measurements.query(
        "indicator == 'Д1' and side == 'subjective'")["value"])


def test_shrinkage_is_an_option_that_draws_small_centres_in(project, tmp_path, root):
    """Fifty centres: shrunken employers' values vary less than the plain ones, around the same mean."""
    centres = pd.read_csv(root / "data/raw/star_demonstration/registry.csv", sep=";", dtype=str)["центр"][:50]
    base = edition(project)
    accept(of_demonstration(root, tmp_path / "много", set(centres)), base, project, "2024")
    shrunken = base.model_copy(update={"estimation": base.estimation.model_copy(update={"shrinkage": "reml"})})
    plain, drawn = (measure(project, one, "2024").measurements.query(
        "indicator == 'Д2' and clientele == 'employers'").set_index("unit")["value"].dropna()
        for one in (base, shrunken))
    assert drawn.index.equals(plain.index)
    assert drawn.std() < 0.5 * plain.std()
    assert drawn.mean() == pytest.approx(plain.mean(), abs=0.02)
