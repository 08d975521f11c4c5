"""A candidate is its edition with the changed keys anew; adoption needs people's words and a free name."""

import datetime
import shutil

import pandas as pd
import pytest
import yaml

from methods import cli
from methods.data import editions
from methods.data.candidates import DECISIONS, adopt_candidate, candidate_text, write_candidate, written_weights
from methods.errors import EditionError, UsageError

DECISION = "# Веса групп по суждениям экспертов\n\nСтатус: принято 2026-12-01.\n\n**Решение.** Так.\n"


@pytest.fixture
def project(tmp_path, root):
    """A project with all shipped editions and two decisions."""
    shutil.copytree(root / editions.FOLDER, tmp_path / editions.FOLDER)
    (tmp_path / DECISIONS).mkdir(parents=True)
    for name in ("0001-data-path.md", "0003-demonstration-weights.md"):
        shutil.copy(root / DECISIONS / name, tmp_path / DECISIONS)
    return tmp_path


@pytest.fixture
def star(project):
    return editions.load_edition(project, "star-2022")


WEIGHTS = pd.Series({"Д": 0.3, "П": 0.25, "М": 0.2, "А": 0.15, "К": 0.1})


def candidate(project, star, decision=DECISION, weights=WEIGHTS, version="star-2025"):
    folder = project / "reports"
    folder.mkdir(exist_ok=True)
    return write_candidate(folder, project, star, {"index": weights}, version, decision)


def test_only_the_changed_keys_differ(project, star):
    path, _ = candidate(project, star)
    old = (project / editions.FOLDER / "star-2022.yaml").read_text(encoding="utf-8").splitlines()
    new = path.read_text(encoding="utf-8").splitlines()
    gone, came = [line for line in old if line not in new], [line for line in new if line not in old]
    assert gone == ["version: star-2022", "status: demonstration", "decision: 0002-star-formula",
                    "  index: {Д: 0.2, П: 0.2, М: 0.2, А: 0.2, К: 0.2}"]
    assert came == ["version: star-2025", "status: candidate", "decision: decision.md", "based_on: star-2022",
                    "  index: {Д: 0.3, П: 0.25, М: 0.2, А: 0.15, К: 0.1}"]
    loaded = editions.read_edition(path)
    assert loaded.weights_of("index").to_dict() == pytest.approx(WEIGHTS.to_dict())
    assert loaded.indicators == star.indicators


@pytest.mark.parametrize("version", ["cms-2021", "star-2022", "egov-career-2022"])
def test_weights_of_every_form_of_edition(project, version):
    edition = editions.load_edition(project, version)
    members = edition.members("index")
    own = pd.Series(range(1, len(members) + 1), index=members, dtype=float)
    path, _ = write_candidate(project, project, edition, {"index": own / own.sum()}, "new-1", DECISION)
    loaded = editions.read_edition(path)
    assert loaded.weights_of("index").to_numpy() == pytest.approx((own / own.sum()).to_numpy(), abs=5e-5)
    assert loaded.model_dump(exclude={"version", "status", "decision", "based_on", "weights"}) == editions.read_edition(
        project / editions.FOLDER / f"{version}.yaml").model_dump(
            exclude={"version", "status", "decision", "based_on", "weights"})


def test_written_weights_sum_to_one_exactly(star):
    thirds = pd.Series(1 / 3, index=["Д1", "Д2", "Д3"])
    section = written_weights(star, {"Д": thirds})
    assert sum(section["Д"].values()) == pytest.approx(1, abs=1e-12)
    assert sorted(section["Д"].values()) == [0.3333, 0.3333, 0.3334]
    assert section["П"] == "equal"


def test_comments_and_quotes_survive():
    text = ('version: "a"  # имя\ndecision: x\nstatus: adopted\n'
            'notes:\n  - "первая: важная"  # почему\n  - вторая\n# конец\n')
    changed = candidate_text(text, {"status": "candidate", "notes": {"a": {"b": 1.5}}})
    assert changed == 'version: "a"  # имя\ndecision: x\nstatus: candidate\nnotes:\n  a: {b: 1.5}\n# конец\n'
    assert yaml.safe_load(changed)["notes"] == {"a": {"b": 1.5}}


def test_adoption_names_numbers_and_fixes(project, star):
    path, _ = candidate(project, star)
    done = adopt_candidate(path, project)
    assert done.edition == project / editions.FOLDER / "star-2025.yaml"
    assert done.decision == project / DECISIONS / "0004-star-2025.md"
    assert done.decision.read_text(encoding="utf-8").startswith("# 0004. Веса групп по суждениям экспертов\n")
    loaded = editions.load_edition(project, "star-2025")
    assert loaded.decision == "0004-star-2025"
    assert loaded.based_on == "star-2022"
    # made of invented data, it stays marked as invented
    assert loaded.status == "demonstration"
    done.edition.write_text(done.edition.read_text(encoding="utf-8").replace("Д: 0.3,", "Д: 0.31,"), encoding="utf-8")
    with pytest.raises(EditionError):
        editions.load_edition(project, "star-2025")


@pytest.mark.parametrize(("words", "heading", "status"), [
    ("# Веса: редакция star-2025\n\nСтатус: проект, подготовлен тетрадью 1 на основе редакции star-2022.\n",
     "# 0004. Веса: редакция star-2026",
     "Статус: принято {day} для редакции star-2026; проект подготовлен тетрадью 1 на основе редакции star-2022."),
    ("# 0001. Веса\n\nСтатус: проект.\n", "# 0004. Веса", "Статус: принято {day} для редакции star-2026."),
    ("# Вместо star-2025.1 и star-2025-проект\n\nСтатус: принято 2026-12-01.\n",
     "# 0004. Вместо star-2025.1 и star-2025-проект", "Статус: принято 2026-12-01."),
])
def test_the_record_is_of_the_new_edition_and_accepted(project, star, words, heading, status):
    path, draft = candidate(project, star, f"{words}\n**Решение.** Редакцию star-2025 принять.\n")
    before = draft.read_text(encoding="utf-8")
    day = datetime.date.today()
    done = adopt_candidate(path, project, version="star-2026")
    lines = done.decision.read_text(encoding="utf-8").splitlines()
    assert (lines[0], lines[-1]) == (heading, "**Решение.** Редакцию star-2025 принять.")   # people's words stay theirs
    assert lines[2] in {status.format(day=when) for when in (day, datetime.date.today())}
    assert draft.read_text(encoding="utf-8") == before


def test_an_edition_of_real_data_is_adopted_in_earnest(project):
    edition = editions.load_edition(project, "cms-2021")
    path, _ = write_candidate(project, project, edition, {"index": edition.weights_of("index")}, "cms-2022", DECISION)
    adopt_candidate(path, project, version="cms-2023")
    assert editions.load_edition(project, "cms-2023").status == "adopted"


@pytest.mark.parametrize(("change", "error", "words"), [
    (lambda path: path.with_name("decision.md").unlink(), UsageError, "Нет записи решения"),
    (lambda path: path.with_name("decision.md").write_text("# Решение\n\n<…>\n", encoding="utf-8"), EditionError,
     "остались места для людей"),
    (lambda path: path.write_text(path.read_text(encoding="utf-8").replace("Д: 0.3,", "Д: 0.4,"), encoding="utf-8"),
     EditionError, "сумма весов должна быть 1, сейчас 1.1"),
    (lambda path: path.write_text(path.read_text(encoding="utf-8").replace("star-2025", "star-2022"),
                                  encoding="utf-8"), UsageError, "Редакция star-2022 уже есть"),
    (lambda path: path.write_text(path.read_text(encoding="utf-8").replace("star-2025", "a:b"), encoding="utf-8"),
     UsageError, "не годится для файла"),
])
def test_what_is_not_adopted_and_why(project, star, change, error, words):
    path, _ = candidate(project, star)
    change(path)
    before = sorted(project.rglob("*"))
    with pytest.raises(error, match=words):
        adopt_candidate(path, project)
    assert sorted(project.rglob("*")) == before


def test_the_command(project, star, monkeypatch, capsys):
    path, _ = candidate(project, star)
    monkeypatch.setenv("ZVEZDA_ROOT", str(project))
    assert cli.main(["adopt", str(path), "--as", "star-2026"]) == 0
    out = capsys.readouterr().out
    assert "data/raw/methodology/star-2026.yaml: sha256" in out
    assert "docs/decisions/0004-star-2026.md" in out
    assert cli.main(["adopt", str(path), "--as", "star-2026"]) == 2
    assert "уже есть" in capsys.readouterr().err
