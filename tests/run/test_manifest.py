import shutil
import subprocess

import pytest

from methods.errors import EnvironmentFault
from methods.run import manifest

needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")


def test_folders_are_walked_and_names_are_relative(tmp_path):
    (tmp_path / "data" / "сырые").mkdir(parents=True)
    (tmp_path / "data" / "сырые" / "a.csv").write_bytes(b"abc")
    found = manifest.fingerprints(["data"], tmp_path)
    # FIPS 180-2, appendix B.1: SHA-256 of «abc»
    assert found == {"data/сырые/a.csv": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"}


def test_missing_input_is_named(tmp_path):
    with pytest.raises(EnvironmentFault, match=r"нет\.csv"):
        manifest.fingerprints(["нет.csv"], tmp_path)


@pytest.mark.parametrize("after", [{"a": "2"}, {}, {"a": "1", "b": "1"}])
def test_changed_vanished_and_new_inputs_are_named(after):
    manifest.unchanged({"a": "1"}, {"a": "1"})
    with pytest.raises(EnvironmentFault, match=r"изменились во время расчёта: [ab]"):
        manifest.unchanged({"a": "1"}, after)


def test_outside_git_and_without_git(tmp_path, monkeypatch):
    assert manifest.code_state(tmp_path) is None
    monkeypatch.setenv("PATH", "")
    assert manifest.code_state(tmp_path) is None


@needs_git
def test_commit_and_dirty_flag(tmp_path):
    def git(*command):
        subprocess.run(["git", "-C", tmp_path, "-c", "user.name=t", "-c", "user.email=t@t", *command], check=True,
                       capture_output=True)
    git("init")
    git("commit", "--allow-empty", "-m", "first")
    state = manifest.code_state(tmp_path)
    assert len(state["commit"]) == 40
    assert state["dirty"] is False
    (tmp_path / "new.txt").write_text("x")
    assert manifest.code_state(tmp_path)["dirty"] is True


def test_versions_name_what_numbers_depend_on():
    known = {name for name, version in manifest.versions().items() if version}
    assert {"python", "platform", "numpy", "pandas"} <= known
