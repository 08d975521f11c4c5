"""Are raw files those that source.yml describes, and does the user learn which one is not?"""

import pytest

from methods.data.sources import read_source, sha256, verified
from methods.errors import EnvironmentFault, InputError


def test_a_described_file_is_found(project):
    source = read_source(project.root, "small")
    assert (source.title, source.producer, source.licence, source.date) == ("Малый набор", "Мы", "CC0", "2024-01-01")
    assert verified(source, "units.csv") == project.raw / "units.csv"


def test_one_changed_byte_is_an_environment_fault(project):
    source = read_source(project.root, "small")
    path = project.raw / "units.csv"
    path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(EnvironmentFault,
                       match=r"units.csv изменился: sha256 [0-9a-f]{12}…, в source.yml [0-9a-f]{12}…") as caught:
        verified(source, "units.csv")
    assert caught.value.exit_code == 9


def test_a_file_nobody_described_is_refused(project):
    source = read_source(project.root, "small")
    (project.raw / "extra.csv").write_text("а\n1\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"Файл extra.csv не описан в small/source.yml") as caught:
        verified(source, "extra.csv")
    assert caught.value.exit_code == 3


def test_a_described_file_that_is_gone_is_named(project):
    source = read_source(project.root, "small")
    (project.raw / "units.csv").unlink()
    with pytest.raises(InputError, match=r"Нет файла .*units.csv, описанного в source.yml набора small"):
        verified(source, "units.csv")


@pytest.mark.parametrize("key", ["title", "producer", "date", "licence", "files"])
def test_a_missing_key_is_named(project, key):
    project.describe(**{key: None})
    with pytest.raises(InputError, match=f"data/raw/small/source.yml: не хватает ключей {key}"):
        read_source(project.root, "small")


def test_all_missing_keys_are_named_at_once(project):
    project.describe(title=None, licence="")
    with pytest.raises(InputError, match="не хватает ключей title, licence"):
        read_source(project.root, "small")


def test_a_data_set_without_source_yml_is_refused(project):
    (project.raw / "source.yml").unlink()
    with pytest.raises(InputError, match=r"Нет файла data/raw/small/source.yml"):
        read_source(project.root, "small")


@pytest.mark.parametrize("text", ["", "- список\n", "title: [не закрыт\n"], ids=["empty", "list", "broken"])
def test_a_source_yml_that_is_no_mapping_is_named(project, text):
    (project.raw / "source.yml").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=r"source\.yml"):
        read_source(project.root, "small")


def test_hash_is_sha256(tmp_path):
    """The digest of three letters, FIPS 180-2, appendix B.1."""
    (tmp_path / "abc").write_bytes(b"abc")
    assert sha256(tmp_path / "abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_every_shipped_file_is_the_described_one(root):
    for path in (root / "data" / "raw").glob("*/source.yml"):
        source = read_source(root, path.parent.name)
        assert source.sha256
        for file in source.sha256:
            assert verified(source, file).is_file()
