"""Does the command say in Russian what is wrong, and end with the promised code?"""

import re
import shutil

import pandas as pd
import pytest

from methods import cli
from methods.data import editions, reference, store
from methods.run import runner

SHIPPED = ("cms-2021", "egov-career-2022", "gtmi-2020", "gtmi-2022", "gtmi-2025", "maturity-2022", "odm-2023",
           "star-2022")


@pytest.fixture
def command(root, monkeypatch, capsys):
    """Run the command from the project's root: exit code, screen, complaints."""
    monkeypatch.chdir(root)
    monkeypatch.delenv("ZVEZDA_ROOT", raising=False)

    def run(*words):
        code = cli.main(list(words))
        out, err = capsys.readouterr()
        assert "Traceback" not in out + err
        return code, out, err
    return run


# --- wrong words ------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize(("words", "complaint"), [
    (["scor"], "Неизвестная команда «scor». Возможно, имелось в виду «score». Есть: report, run, "),
    (["отчёт"], "Неизвестная команда «отчёт». Есть: report, run, "),
    (["score", "-e", "star-2202"], "Редакции «star-2202» нет. Возможно, имелось в виду «star-2022».\nЕсть: cms-2021, "),
    (["score", "--edition", "odm"], "Редакции «odm» нет."),
    (["report", "-e", "gtmi-2023"], "Редакции «gtmi-2023» нет. Возможно, имелось в виду «gtmi-202"),
    (["run", "weights", "-e", "нет"], "Редакции «нет» нет.\nЕсть: cms-2021, "),
    (["adopt", "star-2202"], "Редакции «star-2202» нет. Возможно, имелось в виду «star-2022»."),
    (["score", "-e", "star-2022", "--period", "2025"], "Периода «2025» нет в редакции star-2022."),
    (["run", "maturity", "-e", "gtmi-2022", "--period", "2023"], "Периода «2023» нет в редакции gtmi-2022."),
    (["score", "--perod", "2023"], "Неизвестный ключ --perod. Возможно, имелось в виду «--period»."),
    (["score", "-x"], "Неизвестный ключ -x."),
    (["run"], "Не хватает параметра «"),
    (["adopt"], "Не хватает параметра «"),
    (["run", "weight"], "Допустимо: weights, agreement, sensitivity, maturity"),
    (["run", "weights", "--timeout", "0"], "Недопустимое значение параметра «timeout»."),
    (["run", "weights", "--timeout", "час"], "Недопустимое значение параметра «timeout»."),
    (["run", "sensitivity", "-e", "gtmi-2022", "-p", "draws"],
     "-p draws | ожидается имя=значение, например -p draws=1000"),
    (["run", "sensitivity", "-e", "gtmi-2022", "-p", "=5"], "-p =5 | ожидается имя=значение"),
    (["run", "sensitivity", "-e", "gtmi-2022", "-p", "draws=1", "-p", "draws=2"], "-p draws | задан дважды: 1 и 2"),
    (["run", "sensitivity", "-e", "gtmi-2022", "-p", "drows=1"], "похоже на «draws»"),
    (["run", "sensitivity", "-e", "gtmi-2022", "-p", "draws=много"], "draws"),
], ids=lambda value: " ".join(value) if isinstance(value, list) else "")
def test_wrong_words_end_with_2_and_say_what_is_right(command, words, complaint):
    code, out, err = command(*words)
    assert code == 2
    assert complaint in err
    assert out == ""


@pytest.mark.parametrize("words", [["score", "лишнее"], ["score", "-e"], ["run", "weights", "-p"]], ids=" ".join)
def test_even_rare_slips_of_words_are_told_in_russian(command, words):
    """No English of the parser's own."""
    code, _, err = command(*words)
    assert code == 2
    assert not re.search(r"\b(Got|unexpected|extra|argument|requires|Option|Usage|Error)\b", err)


def test_a_wrong_parameter_is_told_before_any_notebook_starts(command, monkeypatch):
    def refuse(*_, **__):
        raise AssertionError("a kernel was about to start")
    monkeypatch.setattr(runner, "run_job", refuse)
    assert command("run", "sensitivity", "-e", "gtmi-2022", "-p", "draws")[0] == 2


def test_a_job_that_makes_no_sense_says_why(command):
    code, _, err = command("run", "agreement", "-e", "gtmi-2022")
    assert code == 2
    assert "В редакции gtmi-2022 нет показателей, измеренных и опросом, и объективно" in err


def test_a_period_is_passed_on_to_the_job(command, monkeypatch):
    seen = []

    class Done:
        html = "x.html"

    def run_job(*arguments, **_):
        seen.append(arguments[:4])
        return Done
    monkeypatch.setattr(runner, "run_job", run_job)
    code, out, _ = command("run", "maturity", "-e", "star-2022", "--period", "2023", "-p", "levels=3", "-p",
                           "текст=а=б")
    assert code == 0
    assert seen == [("maturity", "star-2022", "2023", {"levels": "3", "текст": "а=б"})]
    assert "Откройте: x.html" in out


def test_outside_a_project_the_user_is_told_where_to_stand(command, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    code, _, err = command("editions")
    assert code == 2
    assert "Не найдена папка проекта" in err


# --- what the command makes -------------------------------------------------------------------------------------------

@pytest.mark.parametrize("words", [["--help"], ["-h"], ["score", "--help"]], ids=" ".join)
def test_help_is_no_error(command, words):
    code, out, _ = command(*words)
    assert code == 0
    assert "методик" in out


def test_editions_are_all_listed_with_status_and_periods(command):
    code, out, err = command("editions")
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert [line.split()[0] for line in lines] == sorted(SHIPPED)
    star, = (line for line in lines if line.startswith("star-2022"))
    assert re.search(r"демонстрация\s+периоды: 2023, 2024\s+Звезда", star)
    assert sum("принята" in line for line in lines) == 6


def test_a_faulty_edition_hides_no_other_and_the_code_says_so(command, root, monkeypatch, tmp_path):
    """One changed after its adoption, one not recorded, one with two faults; the good ones are listed all the same."""
    shutil.copytree(root / editions.FOLDER, tmp_path / editions.FOLDER)
    monkeypatch.setenv("ZVEZDA_ROOT", str(tmp_path))
    text = (tmp_path / editions.FOLDER / "gtmi-2022.yaml").read_text(encoding="utf-8")
    for name, changed in {
            "cms-2021": (tmp_path / editions.FOLDER / "cms-2021.yaml").read_text(encoding="utf-8") + "# правка\n",
            "new": text.replace("version: gtmi-2022", "version: new"),
            "worse": text.replace("version:", "versoin:").replace("arithmetic", "arithmetik")}.items():
        (tmp_path / editions.FOLDER / f"{name}.yaml").write_text(changed, encoding="utf-8")
    code, out, err = command("editions")
    assert code == 4
    assert err.startswith("Негодных редакций: 3 (cms-2021, new, worse). ")
    lines = {line.split()[0]: line for line in out.splitlines()}
    assert list(lines) == sorted([*SHIPPED, "new", "worse"])
    assert {name for name, line in lines.items() if line.split()[1] == "НЕГОДНА"} == {"cms-2021", "new", "worse"}
    assert "принятая редакция изменена после принятия" in lines["cms-2021"]
    assert "не записана как принятая. Запишите её: zvezda adopt new" in lines["new"]
    assert re.search(r"НЕГОДНА +worse\.yaml \| \d+:\d+ \| .* … и ещё строк: \d$", lines["worse"])
    assert "периоды: 2023, 2024" in lines["star-2022"]


def test_score_writes_the_published_totals_of_open_data_maturity(command, root, tmp_path):
    file = tmp_path / "new" / "odm.csv"
    code, out, _ = command("score", "--edition", "odm-2023", "--out", str(file))
    assert code == 0
    assert "(35 строк)" in out
    table = pd.read_csv(file, keep_default_na=False, index_col="unit")
    published = pd.read_csv(root / "data/raw/odm_2023/published_totals.csv",
                            keep_default_na=False).query("id == 'TotalScore'")
    published = published.drop_duplicates("country").set_index("country")["value"].astype(float)
    assert len(table) == 35
    assert table["index"].astype(float).to_dict() == published.to_dict()
    assert table["index_published"].astype(float).to_dict() == published.to_dict()
    assert table["rank"].astype(float).is_monotonic_increasing
    assert [path.name for path in file.parent.iterdir()] == ["odm.csv"]  # nothing half-written beside it


def test_score_on_the_screen_is_the_same_table_as_in_the_file(command, tmp_path):
    file = tmp_path / "gtmi.csv"
    code, screen, _ = command("score", "-e", "gtmi-2022")
    assert code == 0
    assert command("score", "-e", "gtmi-2022", "--out", str(file))[0] == 0
    assert file.read_text(encoding="utf-8") == screen


def test_score_of_gtmi_2022_is_the_published_index(command, root, tmp_path):
    assert command("score", "-e", "gtmi-2022", "--out", str(tmp_path / "gtmi.csv"))[0] == 0
    table = pd.read_csv(tmp_path / "gtmi.csv", keep_default_na=False, na_values={"index": ""}).set_index("unit")
    published = pd.read_csv(root / "data/raw/gtmi/gtmi_2020_2022_2025.csv", keep_default_na=False).query("year == 2022")
    published = published.set_index("country_code")["gtmi"].astype(float)
    assert len(table) == 198
    assert (table["index"] - published).abs().max() < 1e-14
    assert {"title", "rank", "grade", "eligible", "index_published", "index",
            *(f"indicator_{code}" for code in ("CGSI", "PSDI", "DCEI", "GTEI"))} <= set(table.columns)


def test_scores_of_an_earlier_period_and_of_both_clienteles(command, tmp_path):
    assert command("score", "-e", "star-2022", "--period", "2023", "--out", str(tmp_path / "star.csv"))[0] == 0
    table = pd.read_csv(tmp_path / "star.csv", dtype={"unit": str}).set_index("unit")
    assert {"index_seekers", "index_employers", "Д", "indicator_Д1", "region"} <= set(table.columns)
    stated = store.scored("star-2022", "2023")[2]
    assert table["index"].to_dict() == pytest.approx((100 * stated.index).to_dict(), nan_ok=True)
    known = table.dropna(subset=["index_seekers", "index_employers"])
    mean = (known["index_seekers"] + known["index_employers"]) / 2
    assert known["index"].to_numpy() == pytest.approx(mean.to_numpy())


# --- failures ---------------------------------------------------------------------------------------------------------

def failing(error):
    def fail(*_, **__):
        raise error
    return fail


def test_a_full_disk_ends_with_9_and_names_the_file(command, monkeypatch):
    monkeypatch.setattr(editions, "available", failing(OSError(28, "No space left on device", "reports/x.csv")))
    code, _, err = command("editions")
    assert code == 9
    assert "reports/x.csv" in err
    assert "Проверьте место на диске" in err


def test_a_file_that_cannot_be_written_ends_with_9(command, tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    code, _, err = command("score", "-e", "gtmi-2022", "--out", str(tmp_path / "file" / "x.csv"))
    assert code == 9
    assert "file" in err


def test_a_defect_of_ours_ends_with_1_and_its_traceback_stays_in_the_log(command, monkeypatch, tmp_path):
    monkeypatch.setattr(cli.tempfile, "gettempdir", lambda: str(tmp_path))
    monkeypatch.setattr(editions, "available", failing(RuntimeError("наш промах")))
    code, out, err = command("editions")  # the fixture looks for a traceback on the screen
    assert code == 1
    assert out == ""
    assert "Внутренняя ошибка программы" in err
    assert "наш промах" not in err
    log, = tmp_path.iterdir()
    assert str(log) in err
    assert "RuntimeError: наш промах" in log.read_text(encoding="utf-8")


@pytest.mark.parametrize(("change", "code", "words"), [
    (("dataset: gtmi", "dataset: gtmy"), 3, "Нет файла data/raw/gtmy/source.yml"),
    (("method: arithmetic", "method: arithmetik"), 4, "small.yaml | "),
    (("column: cgsi", "column: cgsy"), 3, "нет столбца «cgsy». Возможно, имелось в виду «cgsi»."),
], ids=["data set", "edition", "column"])
def test_faults_of_data_and_of_the_edition_have_codes_of_their_own(command, root, monkeypatch, tmp_path, change, code,
                                                                   words):
    text = (root / editions.FOLDER / "gtmi-2022.yaml").read_text(encoding="utf-8")
    text = text.replace("version: gtmi-2022", "version: small").replace("status: adopted", "status: candidate")
    assert change[0] in text
    (tmp_path / editions.FOLDER).mkdir(parents=True)
    (tmp_path / editions.FOLDER / "small.yaml").write_text(text.replace(*change), encoding="utf-8")
    shutil.copytree(root / "data/raw/gtmi", tmp_path / "data/raw/gtmi")
    monkeypatch.setenv("ZVEZDA_ROOT", str(tmp_path))
    found, _, err = command("score", "-e", "small")
    assert found == code
    assert words in err


def test_a_candidate_cannot_be_adopted_by_mistake(command, root, monkeypatch, tmp_path):
    text = (root / editions.FOLDER / "gtmi-2022.yaml").read_text(encoding="utf-8")
    (tmp_path / editions.FOLDER).mkdir(parents=True)
    path = tmp_path / editions.FOLDER / "gtmi-2022.yaml"
    monkeypatch.setenv("ZVEZDA_ROOT", str(tmp_path))
    path.write_text(text.replace("status: adopted", "status: candidate"), encoding="utf-8")
    code, _, err = command("adopt", "gtmi-2022")
    assert code == 2
    assert "это проект" in err
    path.write_text(text, encoding="utf-8")
    code, out, _ = command("adopt", "gtmi-2022")
    assert code == 0
    assert re.search(r"gtmi-2022: sha256 [0-9a-f]{64}", out)
    path.write_text(text + "# позже\n", encoding="utf-8")
    code, _, err = command("adopt", "gtmi-2022")
    assert code == 4
    assert "уже принята и неизменна" in err


def test_the_reference_is_written_where_it_is_committed(command, root, monkeypatch, tmp_path):
    (tmp_path / editions.FOLDER).mkdir(parents=True)
    monkeypatch.setenv("ZVEZDA_ROOT", str(tmp_path))
    assert command("schema")[0] == 0
    for name in reference.GENERATED:
        assert (tmp_path / "docs" / name).read_bytes() == (root / "docs" / name).read_bytes()


# -- what the regions send ---------------------------------------------------------------------------------------------

def test_untouched_templates_are_checked_without_an_internal_error(tmp_path, monkeypatch, root, capsys):
    monkeypatch.chdir(root)
    assert cli.main(["template", "--out", str(tmp_path)]) == 0
    assert len(list(tmp_path.glob("*.xlsx"))) == 11
    capsys.readouterr()
    assert cli.main(["check", str(tmp_path)]) == 0
    assert "TPL-01" in capsys.readouterr().out


def test_one_wrong_mark_is_found_at_its_address(tmp_path, monkeypatch, root, capsys):
    """SRV-01: 6 on a scale of 1 to 5, in the third line of the file."""
    monkeypatch.chdir(root)
    raw = root / "data" / "raw" / "star_demonstration"
    answers = (raw / "2024" / "answers.csv").read_text(encoding="utf-8").splitlines()[:400]
    fields = answers[2].split(";")
    answers[2] = ";".join([*fields[:4], "6", *fields[5:]])
    (tmp_path / "ответы.csv").write_text("\n".join(answers) + "\n", encoding="utf-8")
    regions = [word for number in range(1, 90) for word in ("--allow-missing", f"{number:02}")]
    assert cli.main(["check", str(tmp_path), "--period", "2024", *regions]) == 3
    said = capsys.readouterr().err
    assert "SRV-01" in said
    assert "строка 3 | столбец «Д1» (E) | значение 6" in said
    assert "Ошибок: 1," in said
