"""Profiles on disk: whole or not at all, equal whatever the number of workers, a list beside them; the command."""

from __future__ import annotations

import hashlib
import json
import shutil
from types import SimpleNamespace

import pandas as pd
import pytest
from made_boards import small_board

from methods import cli
from methods.data import editions, store
from methods.errors import DisclosureError, UsageError
from methods.report import profile
from methods.report.document import Document, Heading, Paragraph, Text
from methods.report.results import Results
from methods.run import boards, profiles
from methods.run.release import texts_clean

FILES = {"profile.html", "profile.docx", "profile.pdf"}


@pytest.fixture
def project(root, tmp_path, monkeypatch):
    """A project whose boards are small and whose report is finished; nothing else of it is read."""
    report = boards.Finished(tmp_path / "reports" / "star-2022" / "2024", "0" * 64, {})
    report.folder.mkdir(parents=True)
    monkeypatch.setenv("ZVEZDA_ROOT", str(root))
    monkeypatch.setattr(boards, "finished", lambda *_: report)
    monkeypatch.setattr(boards, "collect", lambda _, edition, *rest: SimpleNamespace(
        edition=edition, measured=SimpleNamespace(units=pd.DataFrame({"title": ["ЦЗН"]}), comments=None)))
    monkeypatch.setattr(boards, "board", lambda _, kind: small_board(root, kind))
    return report


@pytest.fixture
def short(monkeypatch):
    """Profiles of one sentence: drawing pictures takes time, and here it matters only where the files lie."""
    def compose(board, subject):
        said = Paragraph((Text(f"Индекс {board.titles[subject]}."),))
        return Document(board.titles[subject], (Heading(1, (Text(subject),), "title"), said), board.issued)
    monkeypatch.setattr(profile, "compose", compose)


def make(root, **options) -> list:
    return profiles.make("star-2022", "2024", root, **{"workers": 1, "say": lambda _: None} | options)


def contents(folder) -> dict[str, str]:
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(folder.rglob("*")) if path.is_file()}


def test_two_regions_are_written_in_three_formats_with_their_list(root, project):
    (index,) = make(root, regions=["01", "Регион 05"])
    folder = project.folder / "regions"
    assert index == folder / "index.html"
    assert {path.name for path in folder.iterdir()} == {"01", "05", "index.html", "report.sha256"}
    for code in ("01", "05"):
        assert {path.name for path in (folder / code).iterdir()} == FILES
    page = index.read_text("utf-8")
    assert "01/profile.html" in page
    assert "05/profile.pdf" in page
    assert "02/" not in page


def test_bytes_do_not_depend_on_the_number_of_workers_nor_on_the_run(root, project):
    make(root, regions=["01", "02"])
    one = contents(project.folder / "regions")
    make(root, regions=["02", "01"], workers=2)
    assert contents(project.folder / "regions") == one


def test_a_second_call_adds_to_the_profiles_of_the_same_report(root, project, short):
    make(root, regions=["01"])
    before = contents(project.folder / "regions")
    make(root, regions=["02"])
    after = contents(project.folder / "regions")
    assert {name: digest for name, digest in after.items() if name.startswith("01/")} == {
        name: digest for name, digest in before.items() if name.startswith("01/")}
    assert "02/profile.pdf" in after


def test_profiles_of_another_report_do_not_stay_beside_new_ones(root, project, short):
    make(root, regions=["01"])
    (project.folder / "regions" / "report.sha256").write_text("f" * 64)
    make(root, regions=["02"])
    assert not (project.folder / "regions" / "01").exists()


def test_units_lie_in_a_folder_of_their_own(root, project, short):
    made = make(root, regions=["01"], units=["01-001", "03-001"])
    assert [path.parent.name for path in made] == ["regions", "units"]
    assert {path.name for path in (project.folder / "units" / "01-001").iterdir()} == FILES


def test_a_failed_profile_leaves_the_previous_ones_and_no_half(root, project, short, monkeypatch):
    make(root, regions=["01", "02"])
    before = contents(project.folder / "regions")
    monkeypatch.setitem(profiles.SUFFIXES, ".pdf", lambda _: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        make(root, regions=["01", "03"])
    assert contents(project.folder / "regions") == before


def test_a_swap_cut_in_the_middle_is_undone(root, project, short):
    make(root, regions=["01"])
    (project.folder / "regions").rename(project.folder / "regions.previous")
    make(root, regions=["02"])
    assert {"01", "02"} <= {path.name for path in (project.folder / "regions").iterdir()}
    assert not (project.folder / "regions.previous").exists()


def test_words_that_may_not_leave_stop_everything(root, project, short):
    def checked(texts, _):
        texts_clean([*texts, ("профиль 01", "Звонить Ивановой Анне Петровне, 8 (912) 345-67-89")], None, [])
    with pytest.raises(DisclosureError, match=r"профиль 01 \| имя, телефон"):
        make(root, regions=["01"], checked=checked)
    assert not (project.folder / "regions").exists()


def test_all_that_a_profile_says_is_looked_at(root, project):
    seen = []
    make(root, regions=["01"], checked=lambda texts, _: seen.extend(texts))
    assert {place for place, _ in seen} == {"профиль 01"}
    assert any(text.startswith("Индекс ") for _, text in seen)
    assert any(text.startswith("Звезда, Регион 01") for _, text in seen)


@pytest.mark.parametrize(("options", "words"), [
    ({"regions": ["77"]}, r"Нет региона с кодом «77» в рейтинге редакции star-2022 за 2024\..* Всего их 12, первые: "
                          "01, 02, 03, 04, 05"),
    ({"regions": ["регион 05"]}, "имелось в виду «Регион 05»"),
    ({"units": ["01-01"]}, r"Нет единицы \(центр\) с кодом «01-01» .*имелось в виду «0\d-001»"),
])
def test_an_unknown_code_is_told_with_the_nearest(root, project, options, words):
    with pytest.raises(UsageError, match=words):
        make(root, **options)


def test_the_command_makes_two_regions(project, short, capsys):
    assert cli.main(["report", "--region", "01", "--region", "02", "--workers", "1"]) == 0
    said = capsys.readouterr().out
    assert "regions/index.html" in said.replace("\\", "/")
    assert (project.folder / "regions" / "02" / "profile.docx").is_file()


@pytest.mark.parametrize(("command", "words"), [
    (["report", "--region", "01", "-p", "draws=10"], "-p | профили делаются по готовому отчёту"),
    (["report", "--all-regions", "--ignore-previous"], "--ignore-previous | профили"),
    (["report", "--workers", "2"], "--workers | нужен только профилям"),
])
def test_keys_that_make_no_sense_together_are_refused(project, capsys, command, words):
    assert cli.main(command) == UsageError.exit_code
    assert words in capsys.readouterr().err


# -- which report ------------------------------------------------------------------------------------------------------

@pytest.fixture
def reported(root, tmp_path):
    """A project folder with one input file, an edition, and the passport of a report."""
    (tmp_path / "data.csv").write_text("1")
    folder = tmp_path / "reports" / "star-2022" / "2024"
    folder.mkdir(parents=True)
    record = {"inputs": {"data.csv": hashlib.sha256(b"1").hexdigest()},
              "jobs": {"sensitivity": {"parameters": {"draws": 2000}}}}
    (folder / "manifest.json").write_text(json.dumps(record))
    return tmp_path, editions.load_edition(root, "star-2022")


def test_a_finished_report_gives_the_parameters_of_its_draws(reported):
    found = boards.finished(*reported, "2024")
    assert found.parameters == {"draws": 2000}
    assert found.digest == hashlib.sha256((found.folder / "manifest.json").read_bytes()).hexdigest()


def test_without_a_report_the_user_is_told_to_make_it(reported):
    with pytest.raises(UsageError, match=r"а его нет: reports/star-2022/2023/manifest\.json\. Сначала выполните: "
                                         "zvezda report --edition star-2022 --period 2023"):
        boards.finished(*reported, "2023")


def test_a_report_of_other_data_is_refused(reported):
    (reported[0] / "data.csv").write_text("2")
    with pytest.raises(UsageError, match=r"сделан по другим файлам: data\.csv \(всего 1\)"):
        boards.finished(*reported, "2024")


def test_a_damaged_passport_is_refused(reported):
    (reported[0] / "reports" / "star-2022" / "2024" / "manifest.json").write_text("{")
    with pytest.raises(UsageError, match="паспорт отчёта не читается"):
        boards.finished(*reported, "2024")


@pytest.fixture(scope="module")
def countries(root, tmp_path_factory):
    """A project with the real data of odm-2023 and a report that has places only: an edition without regions."""
    project = tmp_path_factory.mktemp("odm")
    for name in ("methodology", "practices", "odm_2023"):
        shutil.copytree(root / "data" / "raw" / name, project / "data" / "raw" / name)
    edition, measured, scores = store.scored("odm-2023", "2023", project)
    folder = project / "reports" / "odm-2023" / "2023"
    results = Results("sensitivity", "odm-2023", "2023", folder)
    ends = pd.DataFrame({"Место с": (scores.rank - 1).clip(lower=1), "Место по": scores.rank + 2})
    results.table("places", ends, "Места")
    results.write()
    inputs = store.inputs(project, edition, measured)
    record = {"inputs": inputs, "jobs": {"sensitivity": {"parameters": {"draws": 200, "seed": 0, "coverage": 0.9}}}}
    (folder / "manifest.json").write_text(json.dumps(record))
    return project


def test_units_of_an_edition_without_survey_and_without_regions(countries):
    (index,) = profiles.make("odm-2023", "2023", countries, units=["AL", "FR"], workers=1, say=lambda _: None)
    page = (index.parent / "AL" / "profile.html").read_text("utf-8")
    assert "Албания: профиль" in page
    assert "об условиях ничего не известно" in page
    assert "docs/practices.md" in page
    assert "демонстрация" not in page


def test_regions_of_an_edition_without_regions_are_refused(countries):
    with pytest.raises(UsageError, match=r"В редакции odm-2023 нет регионов: у единиц .* они не указаны"):
        profiles.make("odm-2023", "2023", countries, all_regions=True, workers=1, say=lambda _: None)


def test_codes_of_regions_are_short_where_they_can_be():
    units = pd.DataFrame({"region": ["Регион 01", "Регион 01", "AL", "Северный край", "Северный край", None]},
                         index=["01-001", "01-002", "010001", "05-001", "06-001", "07-001"])
    assert boards.region_codes(units).to_dict() == {"AL": "AL", "Регион 01": "01", "Северный край": "Северный-край"}
