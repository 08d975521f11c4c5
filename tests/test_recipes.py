"""The recipes of CONTRIBUTING.md that change data and editions, followed to the letter for one small region."""

import re
import shutil

import pandas as pd
import pytest
import yaml

from methods import cli
from methods.data import editions, sources, store

DATA = "data/raw/one_region"
REGIONS = ["03"]  # nine centres of the demonstration
SEPARATED = {"sep": ";", "dtype": str, "keep_default_na": False}


def written(frame, path):
    path.parent.mkdir(parents=True, exist_ok=True)
    frame.to_csv(path, sep=";", index=False, lineterminator="\n")


@pytest.fixture(scope="module")
def sent(root, tmp_path_factory):
    """What one region sends for 2024: registry, answers, checklist."""
    folder = tmp_path_factory.mktemp("sent") / "2024"
    raw = root / "data" / "raw" / "star_demonstration"
    registry = pd.read_csv(raw / "registry.csv", **SEPARATED)
    registry = registry[registry["регион"].isin(REGIONS)]
    written(registry, folder / "реестр.csv")
    for name, new in (("answers.csv", "ответы.csv"), ("checklist.csv", "чек-лист.csv")):
        table = pd.read_csv(raw / "2024" / name, **SEPARATED)
        written(table[table["центр"].isin(registry["центр"])], folder / new)
    return folder


@pytest.fixture
def project(tmp_path, root, monkeypatch):
    """An empty project: region codes, the shipped editions, the decisions."""
    for part in ("data/raw/regions", "data/raw/methodology", "docs/decisions"):
        shutil.copytree(root / part, tmp_path / part)
    monkeypatch.setenv("ZVEZDA_ROOT", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def edition_of(project, old, new, **changes):
    """A copy of an edition under another name, with top keys or text changed as by hand."""
    path = project / editions.FOLDER
    text = (path / f"{old}.yaml").read_text(encoding="utf-8")
    for pattern, replacement in {rf"^version: {old}$": f"version: {new}", **changes}.items():
        text, count = re.subn(f"(?m){pattern}", replacement, text)
        assert count == 1, pattern
    (path / f"{new}.yaml").write_text(text, encoding="utf-8", newline="\n")


def requirements(project, name, frame):
    """A list of requirements put into the data set and described in its passport."""
    written(frame, project / DATA / name)
    passport = project / DATA / "source.yml"
    if passport.is_file():
        text = passport.read_text(encoding="utf-8")
        digest = sources.sha256(project / DATA / name)
        passport.write_text(text.replace("files:\n", f'files:\n  "{name}": {digest}\n'), encoding="utf-8")


def run(*words):
    assert cli.main(list(words)) == 0, words


def first_year(project, sent, root):
    """«Add a data set»: an edition names the folder, the list of requirements goes in, `accept` makes the passport."""
    edition_of(project, "star-2022", "star-2024", **{
        "^status: demonstration$": "status: candidate", "dataset: star_demonstration": "dataset: one_region",
        r'periods: \["2023", "2024"\]': 'periods: ["2024"]', '^base_period: "2023"$': ""})
    listed = pd.read_csv(root / "data/raw/star_demonstration/requirements.csv", **SEPARATED)
    requirements(project, "requirements.csv", listed)
    run("accept", str(sent), "-e", "star-2024", "--period", "2024")
    requirements(project, "requirements.csv", listed)
    return listed


def next_year(sent, folder):
    """The same answers a year later."""
    shutil.copytree(sent, folder)
    answers = pd.read_csv(folder / "ответы.csv", **SEPARATED)
    answers = answers[answers["дата"] != "2024-02-29"]
    written(answers.assign(дата=answers["дата"].str.replace("2024", "2025")), folder / "ответы.csv")


def test_add_a_data_set(project, sent, root, capsys):
    first_year(project, sent, root)
    passport = yaml.safe_load((project / DATA / "source.yml").read_text(encoding="utf-8"))
    assert len(passport["files"]) == 4
    assert (project / DATA / ".gitignore").is_file()
    run("score", "-e", "star-2024", "--out", str(project / "баллы.csv"))
    assert len(pd.read_csv(project / "баллы.csv")) == 9


def test_start_a_new_year(project, sent, root, tmp_path, capsys):
    first_year(project, sent, root)
    edition_of(project, "star-2024", "star-2025", **{
        r'periods: \["2024"\]': 'periods: ["2024", "2025"]', "^decision: .*$": r"\g<0>\nbased_on: star-2024"})
    next_year(sent, tmp_path / "2025")
    run("check", str(tmp_path / "2025"), "-e", "star-2025", "--period", "2025")
    run("accept", str(tmp_path / "2025"), "-e", "star-2025", "--period", "2025")
    _, _, scores = store.scored("star-2025", "2025", project)
    assert scores.rank.notna().sum() == 9
    run("diff", "star-2024", "star-2025")
    assert "сменили 0" in capsys.readouterr().out   # the year before is what it was


def test_add_an_indicator(project, sent, root, tmp_path, capsys):
    listed = first_year(project, sent, root)
    edition_of(project, "star-2024", "star-2025", **{
        "requirements: requirements.csv": "requirements: requirements_2025.csv",
        r'periods: \["2024"\]': 'periods: ["2024", "2025"]', "^decision: .*$": r"\g<0>\nbased_on: star-2024",
        "^# Условно: группы равны": (
            "  К5:\n    title: Доступность для маломобильных\n    group: К\n    sides:\n"
            "      subjective: {measure: survey, table: regions, question: К5, scale: [1, 5], min_answers: 3}\n"
            "      objective: {measure: checklist, table: regions, rule: share}\n\n" r"\g<0>")})
    folder = tmp_path / "2025"
    next_year(sent, folder)
    new = listed[listed["показатель"] == "К4"].replace("К4", "К5", regex=True)
    new["название"] = [f"Новое требование {number}" for number in range(len(new))]
    requirements(project, "requirements_2025.csv", pd.concat([listed, new]))
    run("template", "-e", "star-2025", "--out", str(tmp_path / "шаблоны"))
    assert "К5" in pd.read_excel(tmp_path / "шаблоны" / "шаблон_опрос.xlsx").columns
    answers = pd.read_csv(folder / "ответы.csv", **SEPARATED)
    written(answers.assign(К5=answers["К4"]), folder / "ответы.csv")
    marks = pd.read_csv(folder / "чек-лист.csv", **SEPARATED)
    own = [name for name in marks if name.startswith("К4")]
    written(pd.concat([marks, marks[own].rename(columns=lambda name: name.replace("К4", "К5"))], axis=1),
            folder / "чек-лист.csv")
    run("accept", str(folder), "-e", "star-2025", "--period", "2025")
    edition, _, scores = store.scored("star-2025", "2025", project)
    assert scores.indicators["К5"].notna().all()
    assert edition.weights_of("К")["К5"] == pytest.approx(1 / 5)


def test_adopt_an_edition(project, sent, root, tmp_path, capsys):
    first_year(project, sent, root)
    text = (project / editions.FOLDER / "star-2024.yaml").read_text(encoding="utf-8")
    candidate = tmp_path / "candidate.yml"
    equal = "Д: 0.2, П: 0.2, М: 0.2, А: 0.2, К: 0.2"
    candidate.write_text(text.replace(equal, "Д: 0.3, П: 0.2, М: 0.2, А: 0.2, К: 0.1"), encoding="utf-8")
    decision = tmp_path / "decision.md"
    draft = "# Веса: редакция star-2024\n\nСтатус: проект, подготовлен тетрадью 1.\n\n**Решение.** <…>\n"
    decision.write_text(draft, encoding="utf-8")
    words = ["adopt", str(candidate), "--decision", str(decision), "--as", "star-2025"]
    run("diff", "star-2024", str(candidate))
    assert cli.main(words) == 4                     # nobody has decided yet
    decision.write_text(draft.replace("<…>", "Дружелюбие важнее."), encoding="utf-8")
    run(*words)
    adopted = editions.load_edition(project, "star-2025")
    assert (adopted.status, adopted.weights_of("index")["Д"]) == ("adopted", 0.3)
    record = (project / "docs" / "decisions" / f"{adopted.decision}.md").read_text(encoding="utf-8")
    assert record.startswith(f"# {adopted.decision[:4]}. Веса: редакция star-2025\n\nСтатус: принято 20")
    assert "для редакции star-2025; проект подготовлен тетрадью 1." in record
    (project / editions.FOLDER / "star-2025.yaml").write_text(text, encoding="utf-8")
    assert cli.main(["score", "-e", "star-2025"]) == 4   # an adopted file does not change
