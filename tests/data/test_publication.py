"""Protected tables of several periods, made at the same time."""

import shutil

import pandas as pd
import pytest

from methods.data import editions, publication, sources, store
from methods.errors import EnvironmentFault

EDITION, PERIODS = "maturity-2022", ["2024", "2023"]


@pytest.fixture
def project(root, tmp_path):
    dataset = editions.load_edition(root, EDITION).data.dataset
    for part in (editions.FOLDER, sources.RAW / dataset):
        shutil.copytree(root / part, tmp_path / part)
    return tmp_path


def test_tables_of_two_processes_are_those_of_one(project, root, monkeypatch):
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    publication.ready(EDITION, PERIODS, project)
    for period in PERIODS:
        assert (project / store.PROCESSED / EDITION / f"{period}-{publication.PARTS}" / publication.RECORD).is_file()
        kept, alone = (publication.published(EDITION, period, place) for place in (project, root))
        pd.testing.assert_frame_equal(kept.scores, alone.scores)
        pd.testing.assert_frame_equal(kept.cells, alone.cells)


def test_a_fault_of_another_process_keeps_its_class_and_words(project, monkeypatch):
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    changed = next((project / sources.RAW).glob("*/regions.csv"))
    changed.write_bytes(changed.read_bytes() + b"\n")
    with pytest.raises(EnvironmentFault, match=r"regions\.csv"):
        publication.ready(EDITION, PERIODS, project)


def test_what_is_kept_starts_no_process(project, monkeypatch):
    publication.ready(EDITION, PERIODS[:1], project)
    monkeypatch.setattr(publication, "ProcessPoolExecutor", None)
    publication.ready(EDITION, PERIODS, project)
