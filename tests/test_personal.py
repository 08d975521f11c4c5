"""Fifty personal markers planted into what a region sends: none is found in anything the project writes."""

import io
import re
import shutil
import zipfile

import pandas as pd
import pytest
import yaml

from methods import cli
from methods.data import editions

EDITION = "star-2022"
PEOPLE = [("Звонарёва", "Агафья", "Тихоновна"), ("Кривошеин", "Прохор", "Савельевич"), ("Ложкина", "Фёкла", "Петровна")]
TRACES = [
    "+7 913 204-77-31", "8 (913) 204-77-32", "89132047733", "agafya.z@mail.example.ru", "prohor_k@example.org",
    "112-233-445 95", "СНИЛС 087-654-303 00", "паспорт 4508 123456", "паспорт серии 45 08 № 654321",
    "ИНН 500100732259", "карта 4111 1111 1111 1111", "@agafya_zvon", "t.me/prohor_k",
    "ул. Лесная, д. 5, кв. 12", "дата рождения 03.04.1987", "родился 12.12.1979", "ватсап 204-77-34",
    "Звонарёва Агафья Тихоновна", "Кривошеин П. С.", "Ф. П. Ложкина",
]
MARKERS = 50


@pytest.fixture(scope="module")
def spoilt(tmp_path_factory, root):
    """A project with ten centres whose answers carry the markers, and the markers."""
    project = tmp_path_factory.mktemp("проект")
    for name in ("notebooks", editions.FOLDER, "data/raw/regions"):
        shutil.copytree(root / name, project / name)
    raw, dataset = root / "data/raw/star_demonstration", project / "data/raw/star_demonstration"
    dataset.mkdir()
    shutil.copy(raw / "requirements.csv", dataset)
    source = yaml.safe_load((raw / "source.yml").read_text(encoding="utf-8"))
    (dataset / "source.yml").write_text(
        'title: "Набор"\nproducer: "мы"\ndate: "2024"\nlicence: "CC0-1.0"\nfiles:\n'
        f'  "requirements.csv": {source["files"]["requirements.csv"]}\n', encoding="utf-8")
    markers = []
    sent = {}
    for year in ("2023", "2024"):
        folder = project / "прислано" / year
        folder.mkdir(parents=True)
        centres = pd.read_csv(raw / "registry.csv", sep=";", dtype=str, keep_default_na=False)
        ours = centres[centres["регион"].isin(["01", "02", "03"])].groupby("регион").head(7)["центр"]
        for name in ("registry.csv", f"{year}/answers.csv", f"{year}/checklist.csv"):
            frame = pd.read_csv(raw / name, sep=";", dtype=str, keep_default_na=False)
            frame = frame[frame["центр"].isin(ours)].reset_index(drop=True)
            if name.endswith("answers.csv"):
                comments = [""] * len(frame)
                for place in range(MARKERS // 2):
                    row = 7 * place + (3 if year == "2024" else 5)
                    token = TRACES[place] if place < len(TRACES) else " ".join(PEOPLE[place % 3])
                    own = f"Меткова{'абвгдежзик'[place % 10]}{'лмнопрст'[place // 10]}{year[-1]}"
                    comments[row] = (f"Пишите мне, {own} Анна Петровна, {token}; жду ответа {own.lower()} и прошу "
                                     "перезвонить вечером после шести")
                    markers += [own, token]
                frame["комментарий"] = comments
            frame.to_csv(folder / name.rsplit("/", 1)[-1], sep=";", index=False)
        sent[year] = folder
    return project, sent, markers


def texts_of(path):
    """Words of a file as a reader or a search finds them; a workbook or a Parquet file is unpacked."""
    data = path.read_bytes()
    if zipfile.is_zipfile(io.BytesIO(data)):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return "\n".join(archive.read(name).decode("utf-8", "replace") for name in archive.namelist())
    if path.suffix == ".parquet":
        return pd.read_parquet(path).to_csv()
    return data.decode("utf-8", "replace")


def found(markers, text):
    plain = re.sub(r"\s+", " ", text)
    return [marker for marker in markers if marker in plain]


def test_fifty_markers_are_planted(spoilt):
    _, sent, markers = spoilt
    assert len(markers) == 2 * MARKERS
    told = "".join(texts_of(path) for folder in sent.values() for path in folder.iterdir())
    assert set(found(markers, told)) == set(markers)


def test_no_marker_leaves(spoilt, monkeypatch, capsys):
    project, sent, markers = spoilt
    monkeypatch.setenv("ZVEZDA_ROOT", str(project))
    monkeypatch.setenv("TMPDIR", str(project / "tmp"))
    (project / "tmp").mkdir()
    monkeypatch.chdir(project)
    for year, folder in sent.items():
        assert cli.main(["check", str(folder), "--period", year]) == 0
        assert cli.main(["accept", str(folder), "--period", year]) == 0
    assert cli.main(["report", "--period", "2024", "-p", "draws=100"]) == 0
    assert cli.main(["score", "--period", "2024", "--out", str(project / "баллы.csv")]) == 0
    assert cli.main(["score", "--period", "2024"]) == 0
    screen = "".join(capsys.readouterr())
    assert "SRV-20" in screen
    assert found(markers, screen) == []
    raw = {path for path in (project / "data/raw").rglob("*") if path.is_file()}
    sent_files = {path for folder in sent.values() for path in folder.iterdir()}
    written = [path for path in project.rglob("*") if path.is_file() and path not in raw | sent_files]
    assert len(written) > 40
    places = {str(path): found(markers, texts_of(path)) for path in written}
    assert {path: hits for path, hits in places.items() if hits} == {}


def test_a_personal_column_is_refused_without_its_values(spoilt, monkeypatch, capsys):
    project, sent, _ = spoilt
    folder = project / "прислано" / "с именами"
    shutil.copytree(sent["2024"], folder)
    frame = pd.read_csv(folder / "answers.csv", sep=";", dtype=str, keep_default_na=False)
    frame.insert(1, "ФИО", " ".join(PEOPLE[0]))
    frame.insert(2, "Телефон", "+7 913 204-77-31")
    frame.to_csv(folder / "answers.csv", sep=";", index=False)
    monkeypatch.setenv("ZVEZDA_ROOT", str(project))
    assert cli.main(["check", str(folder), "--period", "2024"]) == 3
    screen = "".join(capsys.readouterr())
    assert screen.count("SRV-19") == 2
    assert "«ФИО» (B)" in screen
    assert "Агафья" not in screen
    assert "913" not in screen
    shutil.rmtree(folder)
