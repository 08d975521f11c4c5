"""Files and folders are put in place whole; what killed processes left of them is swept."""

import os
import shutil
import subprocess
import sys

import pytest

from methods.errors import EnvironmentFault
from methods.files import folder_whole, put_back, put_in_place, write_atomic


@pytest.fixture
def dead():
    """The number of a process that is no more."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_halves_of_the_dead_are_swept_and_those_of_the_living_are_not(tmp_path, dead):
    living = os.getppid()
    for number in (dead, living):
        (tmp_path / f".x.csv.{number}.partial").write_bytes(b"half")
    (tmp_path / ".x.csv.other.partial").write_bytes(b"not ours")
    write_atomic(tmp_path / "x.csv", b"whole")
    assert names(tmp_path) == sorted([f".x.csv.{living}.partial", ".x.csv.other.partial", "x.csv"])
    assert (tmp_path / "x.csv").read_bytes() == b"whole"


def test_names_with_signs_of_patterns(tmp_path, dead):
    (tmp_path / f".a[1]*.csv.{dead}.partial").write_bytes(b"half")
    (tmp_path / f".a1.csv.{dead}.partial").write_bytes(b"of another file")
    write_atomic(tmp_path / "a[1]*.csv", b"whole")
    assert names(tmp_path) == sorted([f".a1.csv.{dead}.partial", "a[1]*.csv"])


def test_a_folder_that_is_a_file_is_told_with_what_to_do(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(EnvironmentFault, match=r"Файл не записан: .*x\.csv \(.*\); нужно 3 байт, свободно .*место"):
        write_atomic(tmp_path / "file" / "x.csv", b"abc")
    with pytest.raises(EnvironmentFault, match=r"Папка не записана: .*\); свободно .* права и место"), folder_whole(
            tmp_path / "file" / "2024"):
        pass
    assert names(tmp_path) == ["file"]


def test_a_folder_takes_the_place_of_the_old_one_whole(tmp_path, dead):
    final = tmp_path / "2024"
    (tmp_path / f".2024-{dead}-abc").mkdir()
    for turn in ("first", "second"):
        with folder_whole(final) as partial:
            (partial / turn).write_bytes(b"x")
            assert not (final / turn).exists()
        assert names(final) == [turn]
    assert names(tmp_path) == ["2024"]


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), ValueError("x"), KeyboardInterrupt()])
def test_a_failure_leaves_the_old_folder(tmp_path, error):
    final = tmp_path / "2024"
    with folder_whole(final) as partial:
        (partial / "good").write_bytes(b"x")
    kind = EnvironmentFault if isinstance(error, OSError) else type(error)

    def fill():
        with folder_whole(final) as partial:
            (partial / "half").write_bytes(b"x")
            raise error
    with pytest.raises(kind):
        fill()
    assert names(tmp_path) == ["2024"]
    assert names(final) == ["good"]


def test_of_two_that_make_the_same_folder_one_is_kept(tmp_path, monkeypatch):
    final = tmp_path / "2024"
    with folder_whole(final) as partial:
        (partial / "equal").write_bytes(b"x")
        (final / "sub").mkdir(parents=True)   # the other one was quicker
        (final / "equal").write_bytes(b"x")
        monkeypatch.setattr(shutil, "rmtree", lambda path, ignore_errors: None)   # and comes back after the sweep
    assert (final / "equal").read_bytes() == b"x"


def filled(folder, word):
    folder.mkdir()
    (folder / "a.txt").write_text(word)
    return folder


def test_a_finished_folder_takes_the_place_of_the_old_one(tmp_path):
    final, previous = filled(tmp_path / "2024", "old"), tmp_path / "2024.previous"
    put_in_place(filled(tmp_path / "2024.partial", "new"), final, previous)
    assert [path.name for path in tmp_path.iterdir()] == ["2024"]
    assert (final / "a.txt").read_text() == "new"


@pytest.mark.parametrize("failing", [1, 2])
def test_a_folder_that_cannot_be_replaced_stays_and_the_new_one_too(tmp_path, monkeypatch, failing):
    """On Windows an open file holds its folder: the first rename fails, or, for the new folder's file, the second."""
    final, previous, partial = filled(tmp_path / "2024", "old"), tmp_path / "2024.previous", tmp_path / "2024.partial"
    filled(partial, "new")
    real, calls = os.replace, []

    def held(*names):
        calls.append(names)
        if len(calls) == failing:
            raise PermissionError(13, "занято")
        real(*names)
    monkeypatch.setattr(os, "replace", held)
    with pytest.raises(EnvironmentFault) as error:
        put_in_place(partial, final, previous)
    assert str(error.value) == (f"Не удалось заменить папку {final}: занято. Прежняя не тронута.\n"
                                f"Закройте её файлы и повторите; новая готова: {partial}.")
    assert (final / "a.txt").read_text() == "old"
    assert (partial / "a.txt").read_text() == "new"
    assert not previous.exists()


@pytest.mark.parametrize(("there", "kept"), [(["2024.previous"], "2024.previous"), (["2024", "2024.previous"], "2024"),
                                             (["2024"], "2024")])
def test_a_swap_cut_in_the_middle_is_undone(tmp_path, there, kept):
    for name in there:
        filled(tmp_path / name, name)
    put_back(tmp_path / "2024", tmp_path / "2024.previous")
    assert [path.name for path in tmp_path.iterdir()] == ["2024"]
    assert (tmp_path / "2024" / "a.txt").read_text() == kept
