"""The catalogue of practices: read strictly, one for every indicator, extended by users."""

from __future__ import annotations

import shutil

import pandas as pd
import pytest

from methods.data import editions, practices, sources
from methods.errors import InputError
from methods.problems import Rejected

ROW = {"код": "П90", "жизненная_ситуация": "Ищу работу", "редакция": "star-2022", "показатели": "Д1, М6",
       "название": "Проба", "что_сделать": "Сделать.", "как_понять_что_помогло": "Видно.", "статус": "пример",
       "источник": "проверка"}


@pytest.fixture(scope="module")
def star(root):
    return editions.load_edition(root, "star-2022")


@pytest.fixture
def catalogue(tmp_path):
    """Writes a catalogue of given rows and gives its path."""
    def write(*rows: dict[str, str]) -> object:
        path = tmp_path / "каталог.csv"
        pd.DataFrame(list(rows), columns=list(practices.COLUMNS)).to_csv(path, sep=";", index=False,
                                                                         encoding="utf-8-sig")
        return path
    return write


@pytest.fixture
def project(root, tmp_path):
    """A project with its own copy of the catalogue."""
    (tmp_path / "data" / "raw").mkdir(parents=True)
    for name in ("methodology", "practices"):
        shutil.copytree(root / "data" / "raw" / name, tmp_path / "data" / "raw" / name)
    return tmp_path


def test_every_indicator_of_the_star_has_a_practice(root, star):
    table = practices.practices(root, star)
    assert min(practices.covered(table, star).values()) >= 1
    assert list(dict.fromkeys(table["indicator"])) == list(star.indicators)
    assert not table.isna().any().any()


def test_shipped_practices_are_marked_as_examples_and_claim_nothing(root, star):
    table = practices.practices(root, star)
    assert set(table["status"]) == {"пример"}
    assert table["source"].str.startswith("Пример каталога; следует из требований").all()
    for column in ("title", "action", "sign", "situation"):
        assert not table[column].str.contains(r"\d|%|регион \w+ (?:внедрил|добил)", case=False).any(), column


def test_sources_name_requirements_of_the_demonstration_list(root):
    known = set(pd.read_csv(root / "data/raw/star_demonstration/requirements.csv", sep=";")["требование"])
    table = practices.read_practices(root / "data/raw/practices/practices.csv", root)
    named = table["источник"].str.extractall(r"([А-Я]\d\.\d)")[0]
    assert set(named) <= known
    assert len(named) >= len(table)


def test_an_edition_that_the_catalogue_does_not_know_has_no_practices(root):
    assert practices.practices(root, editions.load_edition(root, "odm-2023")).empty


def test_a_practice_stands_in_every_indicator_that_it_serves(root, catalogue, star):
    table = practices.of_edition(practices.read_practices(catalogue(ROW), root), star)
    assert list(table["indicator"]) == ["Д1", "М6"]
    assert practices.covered(table, star)["Д1"] == 1


def test_tried_practices_come_before_examples(root, catalogue, star):
    rows = [ROW, ROW | {"код": "П91", "статус": "проверено"}]
    table = practices.of_edition(practices.read_practices(catalogue(*rows), root), star)
    assert list(table.loc[table["indicator"] == "Д1", "code"]) == ["П91", "П90"]


@pytest.mark.parametrize(("change", "words"), [
    ({"показатели": "Д7"}, r"CHK-11 \| .*каталог\.csv \| строка 2 \| столбец «показатели» \(D\) \| значение Д7\n"
                           r"  правило: код есть в редакции star-2022; похоже на: Д1, Д2, Д3"),
    ({"показатели": "K1"}, "REF-04 .*значение K1\n.*латинская K в позиции 1, нужно «К1»"),
    ({"редакция": "star-2023"}, "PRC-03 .*столбец «редакция».*значение star-2023\n.*похоже на: star-2022"),
    ({"что_сделать": ""}, r"PRC-01 .*строка 2 \| столбец «что_сделать» \(F\)\n  правило: ячейка заполнена \| впишите "
                          "«что_сделать»"),
    ({"статус": "примр"}, "столбец «статус».*значение примр\n.*пример"),
    ({"что_сделать": "а" * 301}, "столбец «что_сделать»"),
])
def test_a_fault_is_told_with_its_cell(root, catalogue, change, words):
    with pytest.raises(Rejected, match=words) as refused:
        practices.read_practices(catalogue(ROW | change), root)
    assert refused.value.exit_code == InputError.exit_code


def test_a_repeated_code_is_refused(root, catalogue):
    with pytest.raises(Rejected, match=r"PRC-02 .*строка 3 \| столбец «код» \(A\).*\n.*в строке 2"):
        practices.read_practices(catalogue(ROW, ROW | {"название": "Другая"}), root)


def test_all_faults_are_told_at_once(root, catalogue):
    with pytest.raises(Rejected, match=r"(?s)PRC-01.*CHK-11|CHK-11.*PRC-01"):
        practices.read_practices(catalogue(ROW | {"название": ""}, ROW | {"код": "П91", "показатели": "Ъ5"}), root)


def test_a_missing_column_is_told(root, catalogue):
    path = catalogue(ROW)
    pd.read_csv(path, sep=";").drop(columns="статус").to_csv(path, sep=";", index=False, encoding="utf-8-sig")
    with pytest.raises(Rejected, match=r"не хватает: .*статус"):
        practices.read_practices(path, root)


def test_an_extended_catalogue_takes_the_place_of_the_old_one(project, tmp_path):
    star = editions.load_edition(project, "star-2022")
    before = practices.practices(project, star)
    table = pd.read_csv(project / "data/raw/practices/practices.csv", sep=";", dtype=str)
    path = tmp_path / "мой.xlsx"
    pd.concat([table, pd.DataFrame([ROW | {"статус": "проверено"}])]).to_excel(path, index=False)
    assert practices.accept_practices(path, project) == len(table) + 1
    after = practices.practices(project, star)
    assert len(after) == len(before) + 2
    assert after.loc[after["indicator"] == "Д1", "code"].iloc[0] == "П90"
    sources.verified(sources.read_source(project, "practices"), "practices.csv")


def test_a_faulty_catalogue_leaves_the_old_one_in_place(project, catalogue):
    files = {path: path.read_bytes() for path in (project / "data/raw/practices").iterdir()}
    with pytest.raises(Rejected):
        practices.accept_practices(catalogue(ROW | {"показатели": "Д9"}), project)
    assert files == {path: path.read_bytes() for path in files}


def test_an_empty_catalogue_is_refused(project, catalogue):
    with pytest.raises(Rejected, match="в файле есть строки данных"):
        practices.accept_practices(catalogue(), project)


def test_a_catalogue_changed_by_hand_is_noticed(project):
    path = project / "data/raw/practices/practices.csv"
    path.write_bytes(path.read_bytes() + b"\n")
    with pytest.raises(Exception, match=r"practices\.csv изменился"):
        practices.practices(project, editions.load_edition(project, "star-2022"))
