"""`zvezda diff`: two editions, an edition and a candidate's file, editions of different data."""

import openpyxl
import pytest

from methods import cli
from methods.data.candidates import candidate_text
from methods.data.editions import FOLDER


@pytest.fixture
def command(root, monkeypatch, capsys):
    monkeypatch.chdir(root)

    def run(*words):
        code = cli.main(["diff", *map(str, words)])
        said = capsys.readouterr()
        return code, said.out, said.err
    return run


@pytest.fixture
def candidate(root, tmp_path):
    """A candidate made from the shipped GTMI edition: other weights, another border."""
    text = (root / FOLDER / "gtmi-2025.yaml").read_text(encoding="utf-8")
    path = tmp_path / "candidate.yml"
    path.write_text(candidate_text(text, {
        "version": "gtmi-2026", "status": "candidate", "based_on": "gtmi-2025",
        "weights": {"index": {"CGSI": 0.4, "PSDI": 0.2, "DCEI": 0.2, "GTEI": 0.2}}}).replace(
            "cut_offs: [0.25, 0.5, 0.75]", "cut_offs: [0.25, 0.5, 0.8]"), encoding="utf-8")
    return path


def test_two_waves(command):
    code, out, err = command("gtmi-2020", "gtmi-2022")
    assert (code, err) == (0, "")
    assert out.startswith("gtmi-2020 → gtmi-2022: 6 отличий.".replace(" отличий", "\u00a0отличий"))
    assert "  Данные | периоды | 2020 → 2022\n" in out
    assert "Данные разные (2020 и 2022)" in out
    assert "Балл изменился в среднем на 0,034: работа единиц 0,034" in out


def test_a_candidate_is_compared_on_the_same_data(command, candidate, tmp_path, root):
    file = tmp_path / "отличия.xlsx"
    code, out, err = command("gtmi-2025", candidate, "--out", file)
    assert (code, err) == (0, "")
    assert "Результат могут изменить: веса (4) и уровни (1)." in out
    assert "  Уровни | границы | 0,25; 0,5; 0,75 → 0,25; 0,5; 0,8\n" in out
    assert "На одних и тех же данных (2025), так что различия — целиком от методики" in out
    assert ": веса " in out
    assert not (root / "data" / "processed" / "gtmi-2026").exists()
    book = openpyxl.load_workbook(file)
    assert book.sheetnames == ["Различия", "Причины", "По единицам"]
    assert [cell.value for cell in book["Различия"][1]][-4:] == ["Что", "Где", "Было", "Стало"]
    assert command("gtmi-2025", candidate, "--out", file)[0] == 2  # never over a file without being asked


def test_editions_of_different_data_are_compared_in_words_only(command):
    code, out, _ = command("odm-2023", "gtmi-2022")
    assert code == 0
    assert "Данные у редакций разные: места и уровни не сравниваются." in out


def test_an_edition_with_itself(command):
    code, out, _ = command("gtmi-2022", "gtmi-2022")
    assert code == 0
    assert "редакции отличаются только именем" in out


def test_an_unknown_edition(command):
    code, _, err = command("gtmi-2022", "gtmi-2023")
    assert code == 2
    assert "Редакции «gtmi-2023» нет." in err


def test_another_number_of_levels_is_told_and_not_compared(command, candidate):
    text = candidate.read_text(encoding="utf-8")
    candidate.write_text(text.replace("labels: [D, C, B, A]", "labels: [C, B, A]").replace(
        "cut_offs: [0.25, 0.5, 0.8]", "cut_offs: [0.25, 0.5]"), encoding="utf-8")
    code, out, _ = command("gtmi-2025", candidate)
    assert code == 0
    assert "число уровней одно: gtmi-2025, 2025 — 4, gtmi-2026, 2025 — 3; соответствие уровней: не задано" in out
    assert "MAT-10" in out


def test_a_fall_of_two_levels_from_one_period_to_the_next_is_named(command, monkeypatch):
    from methods.run import comparison
    plain = comparison.score

    def fallen(measurements, edition):
        found = plain(measurements, edition)
        if edition.version == "gtmi-2022":
            found.grade[found.index.idxmax()] = 2  # the best country, at level 4 in both years
        return found
    monkeypatch.setattr(comparison, "score", fallen)
    code, out, _ = command("gtmi-2020", "gtmi-2022")
    assert code == 0
    assert "за период уровень падает не больше чем на 1: " in out
    assert ", было 4, стало 2" in out
