"""Replay: an equal report, every planted difference named, inputs of other bytes refused, hostile passports refused."""

import json
import shutil

import nbformat
import pandas as pd
import pytest
import yaml
from nbformat import v4

from methods.errors import EnvironmentFault, UsageError
from methods.report import formats
from methods.report.results import Results
from methods.run import JOBS, kernel, manifest, replay
from methods.run.replay import read_passport
from methods.run.runner import report_title, run_report

EDITION, PERIOD = "gtmi-2022", "2022"
INPUTS = [f"data/raw/methodology/{EDITION}.yaml", "data/raw/gtmi/source.yml", "data/raw/gtmi/gtmi_2020_2022_2025.csv"]
quiet = lambda line: None  # noqa: E731


@pytest.fixture
def published(project, root, monkeypatch):
    """A finished report of the tiny notebooks on a real edition; a stand-in for the kernel saves what `said` holds."""
    for name in [*INPUTS, "data/raw/methodology/adopted.json"]:
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(root / name, project / name)
    said = {"draws": 500, "text": "Места устойчивы.", "result": "42"}

    def execute(source, target, parameters, root, timeout=None, line=0, english=False):
        notebook = nbformat.read(source, as_version=4)
        notebook.cells[1].source += "".join(f"\n{name} = {value!r}" for name, value in parameters.items())
        notebook.cells[-1].outputs = [v4.new_output("stream", name="stdout", text=said["result"])]
        nbformat.write(notebook, target)
        job = {name: job for job, name in JOBS.items()}[source.stem]
        if job != "report":
            results = Results(job, parameters["edition"], parameters["period"], target.parent)
            results.number("draws", parameters.get("draws", said["draws"]), "Розыгрышей")
            results.text("stable", said["text"])
            table = pd.DataFrame({"балл": [said["draws"], 7.5]}, index=pd.Index(["RUS", "SRB"], name="страна"))
            results.table("first", table, "Таблица 1. Первые")
            results.write()
    monkeypatch.setattr(kernel, "execute", execute)

    monkeypatch.setattr(formats, "write", in_other_formats)

    def report(template=None, **options):
        inputs = [project / name for name in INPUTS] + ([template] if template else [])
        folder = run_report(EDITION, PERIOD, project, inputs=inputs, say=quiet, **options, formats=lambda notebook:
                            in_other_formats(notebook, report_title(EDITION, PERIOD), "2025", template))
        return folder / "manifest.json"
    return report, said


def in_other_formats(notebook, title, issued, template=None):
    """A stand-in for Word, PDF and Excel, which take seconds."""
    style = template.read_text("utf-8") if template else ""
    notebook.with_suffix(".docx").write_text(f"{title} {issued} {style}", "utf-8")


@pytest.fixture
def passport(tmp_path):
    """A passport of nothing in particular, to be spoilt."""
    path = tmp_path / "manifest.json"
    jobs = {job: {"parameters": {"edition": EDITION, "period": PERIOD, "draws": 500}, "given": []} for job in JOBS}
    path.write_text(json.dumps({
        "schema": replay.SCHEMA, "edition": EDITION, "period": PERIOD, "jobs": jobs, "inputs": {}, "outputs": {},
        "notebooks": {}, "modules": {}, "executed": {}, "versions": {}, "code": None}), "utf-8")
    return path


@pytest.fixture(autouse=True)
def every_job(monkeypatch):
    """All jobs apply: the tiny notebooks do not look at the edition."""
    monkeypatch.setattr(replay, "reason_not_applicable", lambda job, edition: None)


def again(path, project):
    return replay.replay(path, project, say=quiet)


def change(path, **keys):
    record = json.loads(path.read_text("utf-8"))
    path.write_text(json.dumps({**record, **keys}), "utf-8")
    return record


# -- equal -------------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("parameters", [{}, {"draws": "1000", "weights.spread": "0,5", "seed": 3}])
def test_an_unchanged_project_gives_the_report_again_and_leaves_it_alone(published, project, parameters):
    report, _ = published
    path = report(parameters=parameters)
    before = manifest.fingerprints([path.parent], path.parent)
    found = again(path, project)
    assert (found.results, found.causes) == ((), ())
    assert found.equal
    assert found.files == len(before) - 1
    assert found.text() == f"Отчёт воспроизведён: файлов {found.files}, все совпали."
    assert manifest.fingerprints([path.parent], path.parent) == before
    assert sorted(each.name for each in (project / "reports" / EDITION).iterdir()) == [PERIOD]


def test_the_order_of_parameters_on_the_command_line_is_of_no_matter(published, project):
    report, _ = published
    first = json.loads(report(parameters={"seed": 3, "draws": 10}).read_text("utf-8"))
    second = json.loads(report(parameters={"draws": 10, "seed": 3}).read_text("utf-8"))
    assert first["executed"] == second["executed"]


def test_the_passport_alone_is_enough(published, project, tmp_path):
    report, said = published
    alone = shutil.copy(report(), tmp_path / "manifest.json")
    assert again(alone, project).equal
    said["draws"] = 501
    found = again(alone, project)
    assert {each.kind for each in found.results} == {"таблица", "результаты задачи"}   # in words only with the files


def test_a_default_that_is_another_one_now_is_passed_as_it_was(published, project):
    report, _ = published
    path = report()
    source = project / "notebooks" / "01_calibrate_weights.ipynb"
    source.write_text(source.read_text("utf-8").replace("draws = 500", "draws = 9"), "utf-8")
    passport = read_passport(path)
    assert replay.to_pass(passport, project) == {"weights.draws": 500}
    found = again(path, project)
    assert [each.place for each in found.causes] == ["notebooks/01_calibrate_weights.ipynb"]
    assert not [each for each in found.results if each.kind == "число"]


# -- planted differences -----------------------------------------------------------------------------------------------

def test_a_changed_number_is_named_with_both_values(published, project):
    report, said = published
    path = report()
    said["draws"] = 501
    found = again(path, project)
    assert not found.equal
    told = [str(each) for each in found.results]
    assert "число | weights.draws «Розыгрышей» | было 500 | стало 501" in told
    assert ("таблица | tables/weights-first.csv, строка «RUS», столбец «балл» | было 500,0 | стало 501,0" in told)
    assert not [line for line in told if line.startswith("результаты задачи")]   # told by their numbers
    assert found.text().splitlines()[0] == f"Отчёт не воспроизведён: файлов {found.files}, различий {len(told)}."
    assert found.text().endswith("Исходные данные, тетради, код и версии пакетов те же.")


def test_a_changed_text_and_a_changed_output_of_a_cell_are_named(published, project):
    report, said = published
    path = report()
    said.update(text="Места неустойчивы.", result="43")
    told = [str(each) for each in again(path, project).results]
    assert "текст | weights.stable | было Места устойчивы. | стало Места неустойчивы." in told
    assert any(line.startswith("результаты тетради | 01_calibrate_weights.ipynb, ячейка с кодом 3 | было …")
               and line.endswith('43"}]') for line in told)
    assert any(line.startswith("страница | 01_calibrate_weights.html | было ") for line in told)


def test_a_changed_notebook_is_named_as_the_cause_and_its_cell_as_the_difference(published, project):
    report, _ = published
    path = report()
    source = project / "notebooks" / "04_iterate_maturity.ipynb"
    source.write_text(source.read_text("utf-8").replace("import os, sys", "import os,  sys"), "utf-8")
    found = again(path, project)
    assert [(each.kind, each.place) for each in found.causes] == [("тетрадь", "notebooks/04_iterate_maturity.ipynb")]
    assert "тексты ячеек | 04_iterate_maturity.ipynb, ячейки с кодом 2 | было прежние | стало другие" in map(
        str, found.results)
    assert "С тех пор изменилось (возможные причины):\n  тетрадь | notebooks/04" in found.text()


def test_other_code_and_other_packages_are_named_and_the_numbers_may_still_be_equal(published, project, monkeypatch):
    report, _ = published
    path = report()
    monkeypatch.setattr(manifest, "modules", lambda: {"methods/new.py": "f" * 64})
    monkeypatch.setattr(manifest, "versions", lambda: {"numpy": "9.9.9", "python": "3.99"})
    found = again(path, project)
    told = {(each.kind, each.place): (each.before, each.after) for each in found.causes}
    assert told["код", "methods/new.py"] == ("нет", "f" * 12)
    assert told["код", "methods/cli.py"][1] == "нет"
    assert told["версия", "numpy"][1] == "9.9.9"
    assert found.equal
    assert "все совпали.\nС тех пор изменилось:\n" in found.text()


def test_an_early_passport_without_modules_tells_of_the_commit(published, project, monkeypatch):
    report, _ = published
    path = report()
    record = change(path)
    for key in ("modules", "executed"):
        record.pop(key)
    path.write_text(json.dumps(record | {"code": {"commit": "a" * 40, "dirty": True}}), "utf-8")
    monkeypatch.setattr(manifest, "code_state", lambda root: {"commit": "b" * 40, "dirty": False})
    found = again(path, project)
    assert found.equal   # the executed notebooks beside the passport tell that their results are the same
    assert [(each.kind, each.place) for each in found.causes] == [("код", "правки вне git тогда"), ("код", "git")]


def test_a_report_edited_after_the_run_is_told_apart_from_a_result_that_moved(published, project):
    report, _ = published
    path = report()
    (path.parent / "annual_report.html").write_text("подправлено", "utf-8")
    (told,) = again(path, project).results
    assert (told.kind, told.place) == ("файл отчёта изменён после расчёта", "annual_report.html")


def test_files_on_one_side_only_are_named(published, project):
    report, _ = published
    path = report()
    record = change(path)
    outputs = {name: digest for name, digest in record["outputs"].items() if name != "tables/weights-first.csv"}
    change(path, outputs={**outputs, "tables/weights-gone.csv": "0" * 64})
    told = [str(each) for each in again(path, project).results]
    assert told == ["файл | tables/weights-first.csv | было нет | стало есть",
                    "файл | tables/weights-gone.csv | было есть | стало нет"]


# -- inputs ------------------------------------------------------------------------------------------------------------

def test_a_changed_input_is_named_and_nothing_is_run(published, project, monkeypatch):
    report, _ = published
    path = report()
    raw = project / INPUTS[2]
    raw.write_text(raw.read_text("utf-8").replace("ARG", "ARX", 1), "utf-8")
    (project / INPUTS[1]).unlink()
    monkeypatch.setattr(kernel, "execute", None)
    with pytest.raises(EnvironmentFault) as error:
        again(path, project)
    lines = str(error.value).splitlines()
    assert lines[0] == "Пересчитать отчёт нельзя: исходные данные не те, различий 2."
    assert lines[1].startswith(f"  исходный файл | {INPUTS[2]} | было d8aa2414c005 | стало ")
    assert lines[2].startswith(f"  исходный файл | {INPUTS[1]} | было ")
    assert lines[2].endswith("стало нет")


def described(project, **entries):
    """The passport of the data set with other entries under `files` and `absent`, and other words."""
    path = project / INPUTS[1]
    content = yaml.safe_load(path.read_text("utf-8"))
    for key, value in entries.items():
        content[key] = {**content.get(key, {}), **value} if isinstance(value, dict) else value
    path.write_text(yaml.safe_dump(content, allow_unicode=True), "utf-8")


@pytest.mark.parametrize("entries", [
    {"files": {"2023/answers.csv": "a" * 64, "regions-2024-Q1/answers.csv": "a" * 64}, "absent": {"2023": ["77"]}},
    {"files": {"requirements_2023.csv": "b" * 64}},   # a list of the year that came, beside the old one
    {"description": "слово", "absent": {}},            # in no report
])
def test_a_passport_of_the_data_that_has_grown_is_let_through_and_said(published, project, entries):
    report, _ = published
    path = report()
    described(project, **entries)
    found = again(path, project)
    assert found.equal
    (cause,) = found.causes
    assert (cause.kind, cause.place) == ("паспорт данных дополнен, записи этого отчёта прежние", INPUTS[1])
    assert "все совпали.\nС тех пор изменилось:\n  паспорт данных дополнен" in found.text()


@pytest.mark.parametrize(("entries", "piece", "before", "after"), [
    ({"title": "Другой набор"}, "source.yml", None, None),
    ({"date": "2026-11-25"}, "source.yml", None, None),
    ({"files": {"gtmi_2020_2022_2025.csv": "c" * 64}}, "gtmi_2020_2022_2025.csv", None, "c" * 12),
    ({"files": {"experts/Э1.csv": "c" * 64}}, "experts/Э1.csv", "нет", "c" * 12),
    ({"files": {"2022/answers.csv": "c" * 64}}, "2022/answers.csv", "нет", "c" * 12),
    ({"files": {"2022-Q1/answers.csv": "c" * 64}}, "2022-Q1/answers.csv", "нет", "c" * 12),
    ({"absent": {"2022": ["77"]}}, "2022/absent", "нет", None),
])
def test_a_passport_of_the_data_that_says_something_else_is_refused(published, project, monkeypatch, entries, piece,
                                                                    before, after):
    report, _ = published
    path = report()
    described(project, **entries)
    monkeypatch.setattr(kernel, "execute", None)
    with pytest.raises(EnvironmentFault) as error:
        again(path, project)
    head, told, _ = str(error.value).splitlines()
    assert head == "Пересчитать отчёт нельзя: исходные данные не те, различий 1."
    assert told.startswith(f"  запись в source.yml | data/raw/gtmi/{piece} | было {before or ''}")
    assert told.partition(" | стало ")[2].startswith(after or "")


def test_an_early_passport_holds_the_whole_file_to_its_hash(published, project):
    report, _ = published
    path = report()
    record = change(path)
    del record["described"]
    path.write_text(json.dumps(record), "utf-8")
    described(project, files={"2023/answers.csv": "a" * 64})
    with pytest.raises(EnvironmentFault, match=rf"исходный файл \| {INPUTS[1]} \| было "):
        again(path, project)


def test_only_the_passport_of_a_data_set_may_be_compared_by_pieces(published, project):
    """A passport that calls another file described is held to the file's hash all the same."""
    report, _ = published
    path = report()
    record = change(path)
    change(path, described={**record["described"], INPUTS[2]: record["inputs"][INPUTS[2]]})
    (project / INPUTS[2]).write_text("подменён", "utf-8")
    with pytest.raises(EnvironmentFault, match=rf"исходный файл \| {INPUTS[2]} \| было "):
        again(path, project)


def test_a_word_template_from_elsewhere_is_named_without_its_folder_and_asked_for(published, project, tmp_path):
    report, _ = published
    template = tmp_path / "частная папка" / "бланк.docx"
    template.parent.mkdir()
    template.write_text("шрифт", "utf-8")
    path = report(template=template)
    assert "частная папка" not in path.read_text("utf-8")
    assert replay.replay(path, project, template=template, say=quiet).equal
    with pytest.raises(EnvironmentFault) as error:
        again(path, project)
    assert "  исходный файл | outside-the-project/бланк.docx | было " in str(error.value)
    assert str(error.value).endswith("шаблон Word лежит вне проекта: назовите его ключом --template")
    template.write_text("другой шрифт", "utf-8")
    with pytest.raises(EnvironmentFault, match="исходные данные не те, различий 1"):
        replay.replay(path, project, template=template, say=quiet)


def test_a_word_template_inside_the_project_is_found(published, project):
    report, _ = published
    template = project / "бланк.docx"
    template.write_text("шрифт", "utf-8")
    assert again(report(template=template), project).equal


# -- hostile passports -------------------------------------------------------------------------------------------------

OUTSIDE = ["../secret.txt", "/etc/passwd", "data/../../x", "C:/x", "a\\..\\x", "data//x", "./x", "x\u0000y", ""]


@pytest.mark.parametrize("name", OUTSIDE)
@pytest.mark.parametrize("key", ["inputs", "notebooks", "outputs", "described", "modules", "executed"])
def test_paths_that_lead_elsewhere_are_refused(passport, key, name):
    change(passport, **{key: {name: "0" * 64}})
    with pytest.raises(UsageError) as error:
        read_passport(passport)
    assert str(error.value).startswith(f"manifest.json | {key} | найдено ")
    assert str(error.value).endswith("| допустимо: путь внутри папки, без «..», «\\» и имени диска")


@pytest.mark.parametrize("key", ["edition", "period"])
@pytest.mark.parametrize("name", ["../x", "a/b", "", None, 7, ["2022"], ".."])
def test_an_edition_or_period_that_is_no_folder_name_is_refused(passport, key, name):
    change(passport, **{key: name})
    with pytest.raises(UsageError, match=rf"^manifest\.json \| {key} \| найдено .* имя из букв, цифр"):
        read_passport(passport)


@pytest.mark.parametrize(("keys", "words"), [
    ({"schema": "zvezda-manifest-9"}, "schema | найдено zvezda-manifest-9 | допустимо: «zvezda-manifest-1»"),
    ({"jobs": {"rm": {}}}, 'jobs | найдено ["rm"] | допустимо: weights, agreement, sensitivity, maturity, '
                             'audit, report'),
    ({"jobs": 1}, "jobs | найдено 1 | допустимо: weights"),
    ({"jobs": dict.fromkeys(JOBS, 1)}, "parameters | найдено null | допустимо: набор «имя: значение»"),
    ({"jobs": {job: {"parameters": {}, "given": 5} for job in JOBS}}, "given | найдено 5 | допустимо: список имён"),
    ({"inputs": ["a"]}, 'inputs | найдено ["a"] | допустимо: набор «путь: sha256»'),
    ({"inputs": {"a": "0"}}, "inputs a | найдено 0 | допустимо: sha256: 64 шестнадцатеричных знака"),
    ({"versions": ["x"]}, 'versions | найдено ["x"] | допустимо: набор «имя: версия»'),
])
def test_what_is_no_passport_is_refused(passport, keys, words):
    change(passport, **keys)
    with pytest.raises(UsageError) as error:
        read_passport(passport)
    assert words in str(error.value)


@pytest.mark.parametrize("content", ["", "[]", "{", "[" * 100_000, "\udcff"])
def test_what_is_no_json_is_refused(tmp_path, content):
    path = tmp_path / "manifest.json"
    path.write_bytes(content.encode("utf-8", "surrogateescape"))
    with pytest.raises(UsageError, match="не паспорт отчёта: не разбирается как JSON"):
        read_passport(path)


def test_a_passport_of_monstrous_size_is_not_read(tmp_path):
    path = tmp_path / "manifest.json"
    with path.open("wb") as stream:
        stream.truncate(replay.LARGEST + 1)
    with pytest.raises(UsageError, match="не больше 16000000 байт"):
        read_passport(path)


def test_a_link_that_leads_out_of_the_project_is_refused(passport, project, tmp_path):
    (tmp_path / "secret.csv").write_text("тайна", "utf-8")
    (project / "link.csv").symlink_to(tmp_path / "secret.csv")
    change(passport, inputs={"link.csv": "0" * 64})
    with pytest.raises(UsageError, match="ссылка не должна вести за папку"):
        again(passport, project)


@pytest.mark.parametrize(("parameters", "words"), [
    ({"draws": "__import__('os').system('true')"}, "параметр draws"),
    ({"x = 1; import os": 1}, "неизвестен в блокноте"),
])
def test_parameters_are_data_and_held_to_the_notebook(published, passport, project, parameters, words):
    jobs = change(passport)["jobs"]
    jobs["weights"]["parameters"] |= parameters
    change(passport, jobs=jobs)
    with pytest.raises(UsageError, match=words):
        again(passport, project)


# -- results of a notebook ---------------------------------------------------------------------------------------------

def test_results_of_a_notebook_do_not_depend_on_times_ids_or_how_a_stream_was_cut(tmp_path):
    picture = "A" * 300
    for name, texts in (("one", ["a\n", "b\n"]), ("two", ["a\nb\n"])):
        outputs = [v4.new_output("stream", name="stdout", text=text) for text in texts]
        outputs.append(v4.new_output("display_data", {"image/png": picture}, metadata={"at": name}))
        cell = v4.new_code_cell("print()", outputs=outputs, execution_count=len(texts), metadata={"papermill": name})
        nbformat.write(v4.new_notebook(cells=[v4.new_markdown_cell(name), cell]), tmp_path / f"{name}.ipynb")
    one, two = (manifest.said(tmp_path / f"{name}.ipynb") for name in ("one", "two"))
    assert one == two
    assert "sha256:" in one[0][1]
    assert picture not in one[0][1]
    assert len({*manifest.executed(tmp_path.glob("*.ipynb")).values()}) == 1


@pytest.mark.slow
def test_replay_with_real_kernels(project, root):
    """Ten kernels."""
    for name in [*INPUTS, "data/raw/methodology/adopted.json"]:
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(root / name, project / name)
    for notebook in (project / "notebooks").iterdir():   # the folder of the run is printed there, and is another one
        notebook.write_text(notebook.read_text("utf-8").replace("os.getcwd(), ", ""), "utf-8")
    folder = run_report(
        EDITION, PERIOD, project, {"draws": 7}, inputs=[project / name for name in INPUTS], say=quiet,
        formats=lambda notebook: formats.write(notebook, report_title(EDITION, PERIOD), "2025"))
    assert again(folder / "manifest.json", project).results == ()
