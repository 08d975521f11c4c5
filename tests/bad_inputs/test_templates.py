"""Templates: a region that fills them in as told passes every check; an example left in is noted and not counted."""

import datetime
import shutil
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from methods.data.editions import load_edition
from methods.data.intake import check_folder
from methods.data.templates import templates, write_templates
from methods.problems import Protocol

ROOT = Path(__file__).parents[2]
DATASET = ROOT / "data" / "raw" / "star_demonstration"
REQUIREMENTS = pd.read_csv(DATASET / "requirements.csv", sep=";", dtype=str)
CENTRES = ("0101", "0102", "0201", "0202")
NAMES = ("шаблон_реестр.xlsx", "шаблон_опрос.xlsx", "шаблон_чек-лист.xlsx", "шаблон_требования.xlsx",
         "шаблон_эксперты_пары.xlsx", "шаблон_эксперты_список_пар.xlsx", "шаблон_эксперты_100_баллов.xlsx",
         "шаблон_эксперты_размах.xlsx", "шаблон_эксперты_места.xlsx", "шаблон_эксперты_лучший_худший.xlsx",
         "шаблон_зрелость.xlsx")
# What the reader says of every file of this kind, good ones too: zeros kept in codes.
USUAL = {"TXT-18"}


@pytest.fixture(scope="module")
def edition():
    return load_edition(ROOT, "star-2022")


@pytest.fixture
def folder(tmp_path, edition):
    write_templates(edition, tmp_path / "templates", REQUIREMENTS)
    return tmp_path / "templates"


def filled(path, out, rows, *, keep_example=False):
    """Fill a template as a person does: below the example, which is deleted or forgotten."""
    book = openpyxl.load_workbook(path)
    sheet = book.worksheets[0]
    headers = {cell.value: cell.column for cell in sheet[1]}
    if not keep_example:
        sheet.delete_rows(2)
    for place, row in enumerate(rows, 3 if keep_example else 2):
        for header, value in row.items():
            sheet.cell(place, headers[header], value).number_format = "@" if isinstance(value, str) else "DD.MM.YYYY"
    book.save(out)


def registry_rows():
    return [{"центр": code, "название": f"ЦЗН {code}", "регион": code[:2], "название_региона": f"Регион {code[:2]}",
             "действует_с": datetime.date(2022, 1, 1)} for code in CENTRES]


def survey_rows(edition):
    asked = [indicator.sides["subjective"].question for indicator in edition.indicators.values()
             if "subjective" in indicator.sides]
    numbers = iter(range(1, 10_000))
    return [{"анкета": str(next(numbers)), "центр": code, "клиентела": clientele,
             "дата": datetime.date(2024, 1, 1) + datetime.timedelta(days=record * 7),
             **{question: str(1 + (record + (place % 7 == 0)) % 5) for place, question in enumerate(asked)},
             "комментарий": "спасибо"}
            for code in CENTRES for clientele in "СР" for record in range(12)]


def counts_rows():
    wanted = REQUIREMENTS.groupby("показатель", sort=False).size()
    return [{"центр": code, "показатель": indicator, "исполнено": str(n - (place + number) % 2), "задано": str(n),
             "дата_проверки": datetime.date(2024, 6, 1)}
            for number, code in enumerate(CENTRES) for place, (indicator, n) in enumerate(wanted.items())]


def marks_rows():
    return [{"центр": code, "требование": row.требование, "отметка": "да" if place % 3 or number % 2 else "нет",
             "подтверждение": "приказ", "уровень": row.уровень, "дата_проверки": datetime.date(2024, 6, 1)}
            for number, code in enumerate(CENTRES) for place, row in enumerate(REQUIREMENTS.itertuples())]


def sent(folder, out, edition, *, keep_example=False, checklists=("чек-лист",)):
    out.mkdir(exist_ok=True)
    filled(folder / NAMES[0], out / "реестр.xlsx", registry_rows(), keep_example=keep_example)
    filled(folder / NAMES[1], out / "опрос.xlsx", survey_rows(edition), keep_example=keep_example)
    if "чек-лист" in checklists:
        filled(folder / NAMES[2], out / "чек-лист.xlsx", counts_rows(), keep_example=keep_example)
    if "требования" in checklists:
        filled(folder / NAMES[3], out / "требования.xlsx", marks_rows(), keep_example=keep_example)
    return out


def checked(path, edition, root=ROOT):
    protocol = Protocol()
    return protocol, check_folder(path, edition, root, protocol)


def test_names(folder):
    assert sorted(path.name for path in folder.iterdir()) == sorted(NAMES)


def test_same_edition_same_bytes(tmp_path, edition):
    one, other = ([path.read_bytes() for path in write_templates(edition, tmp_path / name)] for name in "ab")
    assert one == other


@pytest.mark.parametrize("checklists", [("чек-лист",), ("требования",)], ids=["counts", "requirements"])
def test_filled_in_as_told_passes(folder, tmp_path, edition, checklists):
    protocol, intake = checked(sent(folder, tmp_path / "sent", edition, checklists=checklists), edition)
    assert {problem.code for problem in protocol.problems} <= USUAL, protocol.text()
    assert len(intake.surveys) == len(CENTRES) * 24
    assert intake.checklists["центр"].nunique() == len(CENTRES)


def test_example_left_in_is_noted_and_not_counted(folder, tmp_path, edition):
    protocol, intake = checked(sent(folder, tmp_path / "sent", edition, keep_example=True), edition)
    assert {problem.code for problem in protocol.problems} <= USUAL | {"TPL-01"}, protocol.text()
    assert sorted(problem.place.file.rsplit("/", 1)[-1] for problem in protocol.of("note")
                  if problem.code == "TPL-01") == ["опрос.xlsx", "реестр.xlsx", "чек-лист.xlsx"]
    assert all(problem.place.row == 2 for problem in protocol.problems if problem.code == "TPL-01")
    assert len(intake.surveys) == len(CENTRES) * 24


def test_header_is_locked_cells_are_not(folder):
    for path in folder.iterdir():
        sheet = openpyxl.load_workbook(path).worksheets[0]
        assert sheet.protection.sheet
        assert all(cell.protection.locked for cell in sheet[1])
        assert not any(cell.protection.locked for cell in sheet[2])
        assert sheet.freeze_panes == "A2"
        assert all(sheet.column_dimensions[cell.column_letter].width >= 7 for cell in sheet[1])


def test_lists(folder):
    sheet = openpyxl.load_workbook(folder / NAMES[1]).worksheets[0]
    lists = {str(rule.sqref).split(":")[0]: rule.formula1 for rule in sheet.data_validations.dataValidation}
    assert lists["C2"] == '"С,Р"'
    assert lists["E2"] == '"1,2,3,4,5"'
    book = openpyxl.load_workbook(folder / NAMES[3])
    assert book["Списки"].sheet_state == "hidden"
    assert [cell.value for cell in book["Списки"]["A"]] == list(REQUIREMENTS["требование"])


def test_instruction_is_there(folder, edition):
    for template in templates(edition, REQUIREMENTS):
        sheet = openpyxl.load_workbook(folder / template.file)["Инструкция"]
        texts = [str(cell.value) for row in sheet.iter_rows() for cell in row if cell.value]
        assert template.title in texts
        assert all(f"«{field.header}»" in texts for field in template.fields)
        assert any("демонстрация" in text for text in texts)


def test_fault_in_a_template_is_told_with_its_address(folder, tmp_path, edition):
    out = sent(folder, tmp_path / "sent", edition)
    book = openpyxl.load_workbook(out / "чек-лист.xlsx")
    book.worksheets[0]["C14"] = "90"
    book.save(out / "чек-лист.xlsx")
    protocol, _ = checked(out, edition)
    (problem,) = protocol.of("error")
    assert problem.code == "CHK-01"
    assert (problem.place.row, problem.place.letter, problem.place.sheet) == (14, "C", "Чек-лист")


def test_personal_column_is_refused_unread(folder, tmp_path, edition):
    out = sent(folder, tmp_path / "sent", edition)
    book = openpyxl.load_workbook(out / "опрос.xlsx")
    sheet = book.worksheets[0]
    column = sheet.max_column + 1
    sheet.cell(1, column, "ФИО")
    sheet.cell(2, column, "Иванова Анна")
    book.save(out / "опрос.xlsx")
    protocol, intake = checked(out, edition)
    (problem,) = protocol.of("error")
    assert (problem.code, problem.place.column) == ("SRV-19", "ФИО")
    assert "Иванова" not in protocol.text()
    assert "ФИО" not in intake.surveys


def test_files_of_other_kinds(folder, tmp_path, edition):
    """Experts' judgements and maturity answers have readers of their own; a stranger is told by its headers."""
    out = sent(folder, tmp_path / "sent", edition)
    for name in NAMES[4:]:
        shutil.copy(folder / name, out / name)
    pd.DataFrame({"столбец": ["1"]}).to_csv(out / "прочее.csv", index=False)
    protocol, _ = checked(out, edition)
    assert [(problem.code, problem.place.file.rsplit("/", 1)[-1]) for problem in protocol.of("error")] == [
        ("FLD-01", "прочее.csv")]


def test_a_second_registry_is_refused_by_its_name(folder, tmp_path, edition):
    out = sent(folder, tmp_path / "sent", edition)
    shutil.copy(out / "реестр.xlsx", out / "реестр_второй.xlsx")
    protocol, _ = checked(out, edition)
    (problem,) = protocol.of("error")
    assert (problem.code, problem.place.file.rsplit("/", 1)[-1]) == ("FLD-03", "реестр_второй.xlsx")
    assert "реестр.xlsx" in problem.rule("ru")


def test_answers_about_maturity_without_a_list_of_questions_are_told_and_not_counted(tmp_path, edition):
    pd.DataFrame({"регион": ["01"], "вопрос": ["1.1"], "ответ": ["3"], "оценщик": ["само"]}).to_csv(
        tmp_path / "зрелость.csv", sep=";", index=False)
    protocol, intake = checked(tmp_path, edition)
    (problem,) = protocol.of("warning")
    assert (problem.code, problem.place.file.rsplit("/", 1)[-1]) == ("FLD-04", "зрелость.csv")
    assert protocol.of("error") == []
    assert "star-2022" in problem.rule("ru")
    assert intake is None


def test_demonstration_passes(tmp_path, edition):
    """The demonstration data of a year, sent as three CSV files: no error, and warnings only where they are due."""
    rows = {"01-001", "01-002", "01-003", "02-001", "02-002"}
    for name in ("registry.csv", "2024/answers.csv", "2024/checklist.csv"):
        frame = pd.read_csv(DATASET / name, sep=";", dtype=str, keep_default_na=False)
        frame[frame["центр"].isin(rows)].to_csv(tmp_path / Path(name).name, sep=";", index=False)
    protocol, intake = checked(tmp_path, edition)
    assert protocol.of("error") == [], protocol.text()
    assert {problem.code for problem in protocol.of("warning")} <= {"SRV-16", "CHK-15"}
    assert set(intake.surveys["центр"]) == rows


def test_folder_without_registry_takes_that_of_the_data_set(tmp_path, edition):
    shutil.copy(DATASET / "2024/checklist.csv", tmp_path)
    protocol, intake = checked(tmp_path, edition)
    assert "FLD-02" in {problem.code for problem in protocol.of("note")}
    assert len(intake.registry.centres) == 1200
    assert protocol.of("error") == [], protocol.text(["error"])
