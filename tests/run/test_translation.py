"""A run in two languages: what the command asks for, what the kernel draws, what lies beside the Russian report."""

import base64
import re
from types import SimpleNamespace

import nbformat
import pytest
from nbformat import v4

from methods import cli
from methods.data import editions
from methods.report.english import writing
from methods.report.results import Results
from methods.run import manifest, replay, runner
from methods.run.translation import translation

DRAWN = """\
import matplotlib.pyplot as plt
from methods.report.results import Results
results = Results("weights", edition, period)
axes = plt.subplots()[1]
axes.set_xlabel("Место")
axes.set_title("Нечто новое")
results.figure("places", axes.figure, "Распределение индекса.", "Линии.")"""


@pytest.fixture
def drawing(project):
    """The project whose first notebook draws a picture."""
    path = project / "notebooks" / f"{runner.JOBS['weights']}.ipynb"
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[0].source = "# Веса"
    notebook.cells[-1:] = [v4.new_code_cell(DRAWN), v4.new_code_cell("results.write();")]
    nbformat.write(notebook, path)
    return project


def test_job_in_english_lies_beside_the_russian_one_and_goes_with_the_next_russian_run(drawing):
    found = {}

    def translate(folder, notebooks):
        found.update(writing.write(folder, notebooks))

    done = runner.run_job("weights", "demo", "2024", {}, drawing, english=translate, say=lambda line: None)
    folder = done.notebook.parent
    russian, english = ((place / "figures" / "weights-places.png").read_bytes()
                        for place in (folder, folder / "english"))
    assert russian != english
    for place, picture, words in ((folder, russian, "Распределение индекса."), (folder / "english", english,
                                                                              "Distribution of the index.")):
        page = (place / done.html.name).read_text("utf-8")
        assert re.search(r"<figcaption>(.*?)</figcaption>", page)[1] == words
        assert base64.b64encode(picture).decode() in page
    assert found == {"Расчёт": 1, "Нечто новое": 1}   # the second was drawn in the kernel
    assert Results.read(folder, "weights").figures["places"].caption == "Распределение индекса."

    runner.run_job("weights", "demo", "2024", {}, drawing, say=lambda line: None)
    assert [path.name for path in sorted((folder / "english").rglob("*")) if path.stem != "untranslated"] == ["figures"]


def test_command_tells_what_stayed_russian(root, tmp_path):
    said = []
    nbformat.write(v4.new_notebook(cells=[v4.new_markdown_cell("# Веса\n\nНечто новое про Албания.")]),
                   tmp_path / "annual_report.ipynb")
    edition = editions.load_edition(root, "gtmi-2022")
    translate = translation(root, edition, "2022", say=said.append)
    translate(tmp_path, [tmp_path / "annual_report.ipynb"])
    nbformat.write(v4.new_notebook(cells=[v4.new_markdown_cell("# Веса")]), tmp_path / "annual_report.ipynb")
    translate(tmp_path, [tmp_path / "annual_report.ipynb"])
    assert said == ["По-английски: папка english; не переведено: 1, список в untranslated.txt.",
                    "По-английски: папка english; переведено всё."]
    assert not (tmp_path / "english" / "annual_report.docx").exists()   # without the date of the data


@pytest.mark.parametrize(("words", "asked"), [([], False), (["--lang", "ru"], False), (["--lang", "en"], True)])
def test_english_is_made_only_when_asked_for(monkeypatch, words, asked):
    seen = []
    monkeypatch.setattr(runner, "run_job", lambda *_, english, **__: seen.append(english) or SimpleNamespace(html="x"))
    monkeypatch.setattr(runner, "run_report", lambda *_, english, **__: seen.append(english) or runner.Path("x"))
    assert cli.main(["run", "maturity", "-e", "gtmi-2022", *words]) == 0
    assert cli.main(["report", "-e", "gtmi-2022", *words]) == 0
    assert [each is not None for each in seen] == [asked, asked]


def test_profiles_are_in_russian_only(capsys):
    assert cli.main(["report", "-e", "gtmi-2022", "--all-regions", "--lang", "en"]) == 2
    assert "--lang" in capsys.readouterr().err


def test_replay_compares_english_notebooks_byte_by_byte(tmp_path):
    for run, words in (("before", "Ranks"), ("again", "Ranks"), ("other", "Levels")):
        (tmp_path / run / "english").mkdir(parents=True)
        (tmp_path / run / "english" / "annual_report.ipynb").write_text(words, "utf-8")
    passport = SimpleNamespace(outputs=manifest.fingerprints([tmp_path / "before"], tmp_path / "before"), executed={},
                               folder=tmp_path / "before", path=tmp_path / "before" / "manifest.json")
    assert replay.compared(passport, tmp_path / "again").equal
    assert "english/annual_report.ipynb" in replay.compared(passport, tmp_path / "other").text()


@pytest.mark.parametrize(("outputs", "again"), [({}, False), ({"english/annual_report.html": "0" * 64}, True)])
def test_replay_repeats_the_english_report_if_there_was_one(monkeypatch, tmp_path, root, outputs, again):
    passport = SimpleNamespace(edition="gtmi-2022", period="2022", outputs=outputs, parameters={}, given=frozenset(),
                               inputs={}, path=tmp_path / "manifest.json")
    seen = []
    monkeypatch.setattr(replay, "read_passport", lambda path: passport)
    monkeypatch.setattr(replay, "inputs_unchanged", lambda *_: {})
    monkeypatch.setattr(replay, "changed_since", lambda *_: ())
    monkeypatch.setattr(replay, "compared", lambda *_: None)
    monkeypatch.setattr(runner, "run_report", lambda *_, english, **__: seen.append(english))
    replay.replay(passport.path, root, say=lambda line: None)
    assert [each is not None for each in seen] == [again]
