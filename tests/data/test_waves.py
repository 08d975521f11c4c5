"""Former periods of an index and editions that share one."""

import shutil

import pandas as pd
import pytest

from methods.data import editions, store, waves
from methods.data.waves import Wave, both_measured, overlaps


@pytest.fixture
def project(root, tmp_path):
    """A project with the three waves of GTMI, to which editions can be added."""
    (tmp_path / editions.FOLDER).mkdir(parents=True)
    for name in ("gtmi-2020.yaml", "gtmi-2022.yaml", "gtmi-2025.yaml", editions.RECORD):
        shutil.copy(root / editions.FOLDER / name, tmp_path / editions.FOLDER / name)
    shutil.copytree(root / "data/raw/gtmi", tmp_path / "data/raw/gtmi")
    return tmp_path


def added(project, version, *changes, status="adopted"):
    text = (project / editions.FOLDER / "gtmi-2025.yaml").read_text(encoding="utf-8")
    changes = [("version: gtmi-2025", f"version: {version}"), ("status: adopted", f"status: {status}"), *changes]
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    (project / editions.FOLDER / f"{version}.yaml").write_text(text, encoding="utf-8")
    return editions.read_edition(project / editions.FOLDER / f"{version}.yaml")


def test_waves_of_one_edition_and_of_several(root):
    def found(version, period):
        return waves.waves(root, editions.load_edition(root, version), period)
    assert found("star-2022", "2024") == (Wave("star-2022", "2023"), Wave("star-2022", "2024"))
    assert found("star-2022", "2023") == (Wave("star-2022", "2023"),)
    assert found("gtmi-2025", "2025") == (Wave("gtmi-2020", "2020"), Wave("gtmi-2022", "2022"),
                                          Wave("gtmi-2025", "2025"))
    assert found("odm-2023", "2023") == (Wave("odm-2023", "2023"),)


def test_candidates_tell_no_past_and_the_latest_edition_tells_its_own(project):
    added(project, "gtmi-draft", ('periods: ["2025"]', 'periods: ["2022"]'), status="candidate")
    added(project, "gtmi-later", ('periods: ["2025"]', 'periods: ["2022"]'),
          ("{start: 2025-01-01}", "{start: 2024-01-01}"))
    latest = editions.load_edition(project, "gtmi-2025")
    assert [wave.version for wave in waves.waves(project, latest, "2025")] == ["gtmi-2020", "gtmi-later", "gtmi-2025"]


def test_editions_that_scored_one_period_overlap(project, root):
    assert overlaps(root, editions.load_edition(root, "gtmi-2025")) == {}
    new = added(project, "gtmi-new", ('periods: ["2025"]', 'periods: ["2022", "2025"]'))
    assert overlaps(project, new) == {"gtmi-2022": ("2022",), "gtmi-2025": ("2025",)}


def test_one_reading_where_both_editions_ask_the_same(project):
    old = editions.load_edition(project, "gtmi-2025")
    new = added(project, "gtmi-x", ("cut_offs: [0.25, 0.5, 0.75]", "cut_offs: [0.3, 0.5, 0.75]"), status="candidate")
    before, after = both_measured(project, old, new, ("2025", "2025"))
    assert before is after
    assert not (project / store.PROCESSED / "gtmi-x").exists()
    other = editions.load_edition(project, "gtmi-2022")
    before, after = both_measured(project, other, old, ("2022", "2025"))
    pd.testing.assert_frame_equal(after, store.prepare(project, old, "2025").measurements)
    assert len(before) != len(after)
