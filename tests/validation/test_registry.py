"""All published results hold, the page in docs is theirs, a planted difference is found, the command's exit codes."""

import json
import re
import shutil

import pandas as pd
import pytest
import yaml

from methods import cli
from methods.data.sources import read_source, sha256, verified
from methods.errors import InputError, NotPublishable
from methods.validation import registry, table
from methods.validation.published import DATASET, PRINTED, Published
from methods.validation.weights import leader_weights, wang_chin_2011


@pytest.fixture(scope="module")
def found(root):
    """Everything recomputed once."""
    return registry.validate(root)


@pytest.fixture
def project(root, tmp_path):
    """A project with the published numbers only, to be spoilt."""
    for name in ("methodology", DATASET):
        shutil.copytree(root / "data" / "raw" / name, tmp_path / "data" / "raw" / name)
    return tmp_path


def plant(project, check, label, printed, *, described=True):
    """Another number in print; `described` puts the new sha256 into the passport."""
    path = project / "data" / "raw" / DATASET / PRINTED
    rows = pd.read_csv(path, dtype=str, keep_default_na=False)
    rows.loc[(rows["check"] == check) & (rows["label"] == label), "printed"] = printed
    rows.to_csv(path, index=False, lineterminator="\n")
    if described:
        passport = path.with_name("source.yml")
        record = yaml.safe_load(passport.read_text("utf-8"))
        record["files"][PRINTED] = sha256(path)
        passport.write_text(yaml.safe_dump(record, allow_unicode=True), "utf-8")


# -- what the project claims -------------------------------------------------------------------------------------------

def test_every_published_result_holds(found):
    assert [f"{each.source}: {table.conclusion(each)}" for each in found if not each.holds] == []
    assert len(found) == len(registry.CHECKS)


def test_there_are_more_than_thirty_sources_and_every_kind_of_work(found):
    assert len({each.source for each in found}) >= 30
    assert sum(each.cells for each in found) > 40_000
    assert all(len(checks) >= 5 for checks in registry.ROOMS.values())


def test_the_page_in_docs_is_what_is_found_now(root, found):
    """All but the differences, whose last digit is a matter of the machine."""
    def without_differences(page):
        return re.sub(r"(\| \d+ \|) [^|]+ (\|)", r"\1 \2", page)
    kept = (root / "docs" / "validation.md").read_text("utf-8")
    made = table.markdown(registry.by_room(found))
    assert without_differences(kept) == without_differences(made)  # else: --markdown docs/validation.md --force


def test_an_allowance_other_than_the_last_digit_has_a_reason():
    assert [each.name for each in registry.CHECKS if (each.within is None) != (each.because == "")] == []


def test_names_and_rows_of_the_table_are_not_repeated():
    assert len({(each.source, each.what) for each in registry.CHECKS}) == len(registry.CHECKS)


# -- what it is kept in ------------------------------------------------------------------------------------------------

def test_every_file_has_its_digest_and_its_origin(root):
    source = read_source(root, DATASET)
    files = {path.relative_to(source.folder).as_posix() for path in source.folder.rglob("*") if path.is_file()}
    assert set(source.sha256) == files - {"source.yml"}
    for name in source.sha256:
        verified(source, name)
    origins = yaml.safe_load((source.folder / "source.yml").read_text("utf-8"))["origins"]
    assert {name for name, words in origins.items() if words} == set(source.sha256)


def test_every_printed_row_belongs_to_a_check(root):
    rows = pd.read_csv(root / "data" / "raw" / DATASET / PRINTED, dtype=str)
    assert set(rows["check"]) <= {each.name for each in registry.CHECKS}
    assert not rows.duplicated(["check", "label"]).any()


@pytest.mark.parametrize("name", ["tai.csv", "bland_altman_pefr.csv", "epir_ccc.csv", "lsat7.csv"])
def test_copies_are_those_that_the_tests_of_the_formulas_read(root, name):
    copied = (root / "data" / "raw" / DATASET / name).read_bytes()
    assert copied == (root / "tests" / "reference" / name).read_bytes()


def test_copies_of_the_index_of_asem_and_of_pisa_are_those_of_the_tests(root):
    published, reference = root / "data" / "raw" / DATASET, root / "tests" / "reference"
    for path in (published / "asem").glob("*.csv"):
        assert path.read_bytes() == (reference / "asem" / path.name).read_bytes()
    assert (published / "asem" / "edition.yaml").read_bytes() == (
        root / "tests" / "editions" / "asem.yaml").read_bytes()
    name = "pisa2018_math_csranks.csv"
    assert (published / name).read_bytes() == (reference / "pisa_ranks" / name).read_bytes()


# -- planted differences -----------------------------------------------------------------------------------------------

def test_a_planted_difference_is_found_and_its_cell_named_and_the_others_go_on(project):
    plant(project, "wang_chin_2011", "e", "0.2375")
    wrong, right = registry.validate(project, [wang_chin_2011, leader_weights])
    assert not wrong.holds
    assert (wrong.worst, wrong.cells) == ("e", 6)
    assert table.conclusion(wrong) == "не сошлось: e"
    assert right.holds
    assert table.verdict([wrong, right]) == "Источников 2, сверок 2, чисел 10; не сошлось сверок: 1."
    assert table.text([wrong, right]).splitlines()[0].startswith("НЕТ Wang, Chin (2011)")


def test_a_printed_number_changed_behind_the_passports_back_is_refused(project):
    plant(project, "wang_chin_2011", "e", "0.2375", described=False)
    (only,) = registry.validate(project, [wang_chin_2011])
    assert not only.holds
    assert f"{PRINTED} изменился: sha256" in only.fault


def test_a_check_without_printed_numbers_says_where_to_put_them(project):
    with pytest.raises(InputError) as error:
        Published(project).printed("nobody_2030")
    assert str(error.value) == ("published/printed.csv: нет строк проверки «nobody_2030». Добавьте напечатанные числа "
                                "(столбцы check, label, printed) и sha256 файла в source.yml.")


# -- rendering and the command -----------------------------------------------------------------------------------------

@pytest.fixture
def two(project, monkeypatch):
    """The command on two checks of the small project."""
    rooms = {"Веса": [wang_chin_2011, leader_weights]}
    monkeypatch.setattr(registry, "ROOMS", rooms)
    monkeypatch.setattr(registry, "CHECKS", rooms["Веса"])
    monkeypatch.setenv("ZVEZDA_ROOT", str(project))
    return project


def test_the_command_writes_all_three_files_and_ends_with_0(two, tmp_path, capfd):
    files = {key: tmp_path / f"таблица.{key}" for key in ("json", "html", "markdown")}
    assert cli.main(["validate", *(word for key, path in files.items() for word in (f"--{key}", str(path)))]) == 0
    assert capfd.readouterr().out.splitlines()[2] == "Источников 2, сверок 2, чисел 10: всё сошлось."
    record = json.loads(files["json"].read_text("utf-8"))
    assert (record["schema"], record["holds"], record["sources"]) == ("zvezda-validation-1", True, 2)
    assert [row["cells"] for row in record["comparisons"]] == [6, 4]
    page = files["html"].read_text("utf-8")
    assert page.startswith("<!DOCTYPE html>")
    assert "<script" not in page
    assert page.count("<tr>") == 3
    assert "| Wang, Chin (2011), по тестам пакета pymcdm | веса AHP | 6 | 0,00003 | 0,00005 | сошлось |" in \
        files["markdown"].read_text("utf-8")


def test_the_command_ends_with_10_when_something_does_not_hold_and_still_writes(two, tmp_path, capfd):
    plant(two, "leader_weights", "Age", "0.060")
    made = tmp_path / "v.json"
    assert cli.main(["validate", "--json", str(made)]) == NotPublishable.exit_code
    told = capfd.readouterr()
    assert "НЕТ Википедия, выбор руководителя" in told.out
    assert "не сошлось: Age" in told.out
    assert told.err.strip().endswith("Опубликованные результаты воспроизведены не все: смотрите строки «НЕТ».")
    assert json.loads(made.read_text("utf-8"))["holds"] is False


def test_a_check_that_could_not_be_made_is_null_in_json_and_told_in_words(two, tmp_path, capfd):
    shutil.rmtree(two / "data" / "raw" / DATASET)
    made = tmp_path / "v.json"
    assert cli.main(["validate", "--json", str(made)]) == NotPublishable.exit_code
    row = json.loads(made.read_text("utf-8"))["comparisons"][0]
    assert (row["difference"], row["allowed"], row["holds"]) == (None, None, False)
    assert row["fault"].startswith("Нет файла data/raw/published/source.yml")
    assert "| не сверено: Нет файла data/raw/published/source.yml" in capfd.readouterr().out


def test_a_file_that_is_there_is_kept_without_force(two, tmp_path, capfd):
    made = tmp_path / "v.json"
    made.write_text("прежний", "utf-8")
    assert cli.main(["validate", "--json", str(made)]) == 2
    assert made.read_text("utf-8") == "прежний"
    assert cli.main(["validate", "--json", str(made), "--force"]) == 0


def test_replay_command_refuses_what_is_no_passport(two, tmp_path, capfd):
    path = tmp_path / "manifest.json"
    path.write_text("{}", "utf-8")
    assert cli.main(["replay", str(path)]) == 2
    assert "manifest.json | schema | найдено null" in capfd.readouterr().err


def test_rooms_of_the_table_do_not_lose_a_check(found):
    assert [each for outcomes in registry.by_room(found).values() for each in outcomes] == found
