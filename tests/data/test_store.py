"""Is what we keep under data/processed always what measuring anew would give?"""

import json
import shutil

import numpy as np
import pandas as pd
import pytest

from methods.data import editions, store
from methods.data.measure import measure
from methods.errors import EnvironmentFault, UsageError
from methods.index import degenerate
from methods.index.score import score

SHIPPED = ("cms-2021", "egov-career-2022", "gtmi-2020", "gtmi-2022", "gtmi-2025", "maturity-2022", "odm-2023",
           "star-2022")


def same(left, right):
    pd.testing.assert_frame_equal(left.measurements, right.measurements, check_exact=True)
    pd.testing.assert_frame_equal(left.units, right.units)
    assert left.files == right.files
    assert left.notes == right.notes


@pytest.fixture
def never_measured(monkeypatch):
    """From now on measuring is an error."""
    def forbid():
        def refuse(*_):
            raise AssertionError("measured again")
        monkeypatch.setattr(store, "measure", refuse)
    return forbid


def test_first_call_measures_second_reads_the_same(project, never_measured):
    edition = project.edition()
    first = store.prepare(project.root, edition, "2023")
    same(first, measure(project.root, edition, "2023"))
    never_measured()
    same(store.prepare(project.root, edition, "2023"), first)


@pytest.mark.parametrize("version", SHIPPED)
def test_kept_tables_are_the_measured_ones_to_the_last_bit(root, tmp_path, version, never_measured):
    shutil.copytree(root / editions.FOLDER, tmp_path / editions.FOLDER)
    edition = editions.load_edition(root, version)
    shutil.copytree(root / "data/raw" / edition.data.dataset, tmp_path / "data/raw" / edition.data.dataset)
    fresh = store.prepare(tmp_path, edition, edition.data.periods[-1])
    never_measured()
    same(store.prepare(tmp_path, edition, edition.data.periods[-1]), fresh)


def test_numbers_that_are_hard_to_print_come_back_exactly(project, never_measured):
    hard = [0.1 + 0.2, 1 / 3, np.nextafter(0.5, 1), 5e-324, 1.7976931348623157e308, 123456789.12345679]
    rows = "".join(f"Ж{n},50,{value!r}\n" for n, value in enumerate(map(float, hard)))
    project.edit("numbers_2023.csv", "Ц1,50", rows + "Ц1,50")
    project.edit("units.csv", "Ц1,Первый", "".join(f"Ж{n},Ж,01,2020-01-01,\n" for n in range(len(hard))) + "Ц1,Первый")
    edition = project.edition()
    first = store.prepare(project.root, edition, "2023")
    never_measured()
    kept = store.prepare(project.root, edition, "2023").measurements
    kept = kept[kept["unit"].str.startswith("Ж") & (kept["indicator"] == "П1")]
    assert kept["value"].to_list() == hard
    same(store.prepare(project.root, edition, "2023"), first)


def test_codes_and_titles_that_look_like_gaps_come_back(project, never_measured):
    project.edit("units.csv", "Ц1,Первый,01", "Ц1,NA,null")
    edition = project.edition()
    store.prepare(project.root, edition, "2023")
    never_measured()
    assert store.prepare(project.root, edition, "2023").units.loc["Ц1"].to_dict() == {"title": "NA", "region": "null"}


def test_a_region_nobody_stated_stays_missing(project, never_measured):
    project.file("titles.csv", "код,имя,регион\nЦ1,Первый,01\n")
    edition = project.edition("title: имя,", "title: имя, title_file: titles.csv,")
    first = store.prepare(project.root, edition, "2023")
    assert pd.isna(first.units.loc["Ц2", "region"])
    never_measured()
    same(store.prepare(project.root, edition, "2023"), first)


def test_periods_are_kept_apart(project):
    edition = project.edition()
    assert not store.prepare(project.root, edition, "2023").measurements.equals(
        store.prepare(project.root, edition, "2024").measurements)


def test_a_changed_raw_file_is_noticed(project):
    edition = project.edition()
    store.prepare(project.root, edition, "2023")
    (project.raw / "numbers_2023.csv").write_text("код,открыто,польза\nЦ1,99,0.5\n", encoding="utf-8")
    with pytest.raises(EnvironmentFault, match=r"numbers_2023.csv"):
        store.prepare(project.root, edition, "2023")


def test_new_data_described_anew_are_measured_anew(project):
    edition = project.edition()
    store.prepare(project.root, edition, "2023")
    project.edit("numbers_2023.csv", "Ц1,50", "Ц1,99")
    same(store.prepare(project.root, edition, "2023"), measure(project.root, edition, "2023"))


def test_a_changed_edition_is_measured_anew(project):
    store.prepare(project.root, project.edition(), "2023")
    edition = project.edition("divisor: 100", "divisor: 50")
    same(store.prepare(project.root, edition, "2023"), measure(project.root, edition, "2023"))


@pytest.mark.parametrize("damage", [
    lambda path: path.write_text(path.read_text(encoding="utf-8").replace("0.25", "0.95"), encoding="utf-8"),
    lambda path: path.write_text("", encoding="utf-8"),
    lambda path: path.unlink(),
], ids=["changed", "emptied", "deleted"])
@pytest.mark.parametrize("name", [store.MEASUREMENTS, store.UNITS])
def test_a_damaged_table_is_rebuilt(project, name, damage):
    edition = project.edition()
    first = store.prepare(project.root, edition, "2023")
    path = project.root / store.PROCESSED / "small" / "2023" / name
    before = path.read_bytes()
    damage(path)
    same(store.prepare(project.root, edition, "2023"), first)
    assert path.read_bytes() == before


@pytest.mark.parametrize("text", ["", "{", "{}", "[]"])
def test_a_damaged_origin_is_rebuilt(project, text):
    edition = project.edition()
    first = store.prepare(project.root, edition, "2023")
    path = project.root / store.PROCESSED / "small" / "2023" / store.ORIGIN
    path.write_text(text, encoding="utf-8")
    same(store.prepare(project.root, edition, "2023"), first)
    assert json.loads(path.read_text(encoding="utf-8"))["files"] == first.files


def test_nothing_half_written_is_left(project):
    edition = project.edition()
    for _ in range(2):
        store.prepare(project.root, edition, "2023")
        project.edit("numbers_2023.csv", "Ц1,5", "Ц1,55")
    assert [path.name for path in (project.root / store.PROCESSED / "small").iterdir()] == ["2023"]


def test_scored_takes_the_latest_period_unless_told(project, monkeypatch):
    monkeypatch.setattr(degenerate, "FEWEST_RANKED", 0)  # the small project has no more centres in a year
    project.edition()
    edition, measured, scores = store.scored("small", root=project.root)
    assert measured.units.index.to_list() == ["Ц1", "Ц3"]
    pd.testing.assert_series_equal(scores.index, score(measured.measurements, edition).index)
    assert store.scored("small", "2023", project.root)[1].units.index.to_list() == ["Ц1", "Ц2"]


def test_inputs_are_the_edition_and_the_raw_files(project):
    edition = project.edition()
    measured = store.prepare(project.root, edition, "2023")
    inputs = store.inputs(project.root, edition, measured)
    assert set(inputs) == {"data/raw/methodology/small.yaml", *measured.files}


# --- the project's root ---------------------------------------------------------------------------------------------

def test_root_is_found_from_a_folder_below(project, monkeypatch):
    monkeypatch.delenv("ZVEZDA_ROOT", raising=False)
    deep = project.root / "notebooks" / "drafts"
    deep.mkdir(parents=True)
    monkeypatch.chdir(deep)
    assert store.project_root() == project.root.resolve()


def test_root_may_be_stated(project, monkeypatch, tmp_path_factory):
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    monkeypatch.setenv("ZVEZDA_ROOT", str(project.root))
    assert store.project_root() == project.root.resolve()


def test_a_stated_root_is_not_replaced_by_a_found_one(project, monkeypatch, tmp_path_factory):
    monkeypatch.chdir(project.root)
    monkeypatch.setenv("ZVEZDA_ROOT", str(tmp_path_factory.mktemp("empty")))
    with pytest.raises(UsageError, match="Не найдена папка проекта"):
        store.project_root()


def test_no_project_above_is_a_wrong_place_to_stand(monkeypatch, tmp_path_factory):
    monkeypatch.delenv("ZVEZDA_ROOT", raising=False)
    monkeypatch.chdir(tmp_path_factory.mktemp("empty"))
    with pytest.raises(UsageError, match="нет data/raw/methodology") as caught:
        store.project_root()
    assert caught.value.exit_code == 2
