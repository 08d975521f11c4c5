"""Do raw files become the measurements a person would work out by hand? Is every strange cell refused by address?"""

import numpy as np
import pandas as pd
import pytest

from methods.data.measure import measure
from methods.errors import EnvironmentFault, InputError, UsageError
from methods.index.score import EVERYONE, score

LONG = ("{file: checklist.csv, unit: код, register: register.csv, register_requirement: т, register_item: п}",
        "{file: long.csv, unit: код, requirement: т, item: п, score: балл, maximum: из}")
CHECKS = ("      objective: {measure: column, table: numbers, column: открыто, divisor: 100}",
          "      objective: {measure: checks, table: visits, checks: [{columns: [а, б]}, {columns: [в], maximum: 10}]}")
VISITS = ("  tables:\n",
          "  tables:\n    visits: {file: visits.csv, unit: код, object: услуга, \"yes\": [да], \"no\": [нет], "
          "missing_marks: ['', НП]}\n")


def values(measured):
    """(unit, indicator, side, clientele) -> value."""
    table = measured.measurements
    return table.set_index(["unit", "indicator", "side", "clientele"])["value"].to_dict()


def long_project(project, rows):
    project.file("long.csv", "код,т,п,балл,из\n" + rows)
    return project.edition(*LONG)


def checks_project(project, rows):
    project.file("visits.csv", "код,услуга,а,б,в\n" + rows)
    project.edition(*VISITS)
    return project.edition(*CHECKS)


# --- what comes out -------------------------------------------------------------------------------------------------

def test_every_measurement_of_2023_by_hand(project):
    measured = measure(project.root, project.edition(), "2023")
    assert values(measured) == {
        ("Ц1", "Д1", "subjective", "seekers"): ((5 + 4) / 2 - 1) / 4,
        ("Ц1", "Д1", "subjective", "employers"): (3 - 1) / 4,
        ("Ц2", "Д1", "subjective", "seekers"): 0,
        ("Ц1", "Д1", "objective", EVERYONE): 2 / 3,
        ("Ц1", "Д2", "objective", EVERYONE): 0.5, ("Ц2", "Д2", "objective", EVERYONE): 0.8,
        ("Ц1", "П1", "objective", EVERYONE): 0.5, ("Ц2", "П1", "objective", EVERYONE): 0.25}


def test_standard_errors_and_counts_come_with_the_survey(project):
    table = measure(project.root, project.edition(), "2023").measurements
    survey = table[table["side"] == "subjective"].set_index(["unit", "clientele"])
    assert survey["n"].to_dict() == {("Ц1", "seekers"): 2, ("Ц1", "employers"): 1, ("Ц2", "seekers"): 1}
    assert survey.loc[("Ц1", "seekers"), "se"] == pytest.approx(np.std([5, 4], ddof=1) / np.sqrt(2) / 4)
    assert survey["se"].isna().to_list() == [True, False, True]
    assert table.loc[table["side"] == "objective", "se"].isna().all()


def test_standard_error_and_count_may_be_columns(project):
    project.file("numbers_2023.csv", "код,открыто,польза,ош,ч\nЦ1,50,0.5,0.1,20\n")
    edition = project.edition("column: польза}", "column: польза, standard_error: ош, count: ч}")
    table = measure(project.root, edition, "2023").measurements.query("indicator == 'П1'")
    assert table[["value", "se", "n"]].to_numpy().tolist() == [[0.5, 0.1, 20]]


@pytest.mark.parametrize(("period", "units"), [("2023", ["Ц1", "Ц2"]), ("2024", ["Ц1", "Ц3"])])
def test_validity_dates_select_the_units_of_a_period(project, period, units):
    """Ц2 closed in June 2023, Ц3 opened in March 2024."""
    measured = measure(project.root, project.edition(), period)
    assert measured.units.index.to_list() == units
    assert measured.units.loc["Ц1"].to_dict() == {"title": "Первый", "region": "01"}


def test_data_of_a_unit_out_of_its_validity_are_refused(project):
    project.edit("numbers_2024.csv", "Ц3,,0.3", "Ц2,1,0.3")
    with pytest.raises(InputError, match=r"нет в справочнике units.csv на 2024: Ц2"):
        measure(project.root, project.edition(), "2024")


def test_units_without_data_are_noted_not_scored(project):
    project.edit("units.csv", "Ц3,Третий,02,2024-03-01,\n", "Ц3,Третий,02,2024-03-01,\nЦ4,Немой,01,2020-01-01,\n")
    measured = measure(project.root, project.edition(), "2023")
    assert measured.notes == ("Нет данных по единицам справочника: 1.",)
    assert "Ц4" in measured.units.index
    assert "Ц4" not in set(measured.measurements["unit"])


def test_no_note_when_all_have_data(project):
    assert measure(project.root, project.edition(), "2023").notes == ()


def test_files_are_exactly_those_read(project):
    files = measure(project.root, project.edition(), "2023").files
    assert set(files) == {f"data/raw/small/{name}" for name in (
        "units.csv", "numbers_2023.csv", "answers.csv", "checklist.csv", "register.csv")}


def test_the_order_of_rows_changes_nothing(project):
    edition = project.edition()
    before = measure(project.root, edition, "2023").measurements
    project.file("numbers_2023.csv", "код,открыто,польза\nЦ2,80,0.25\nЦ1,50,0.5\n")
    project.file("units.csv", "код,имя,регион,с,по\nЦ2,Второй,02,2020-01-01,\nЦ1,Первый,01,2020-01-01,\n")
    pd.testing.assert_frame_equal(measure(project.root, edition, "2023").measurements, before)


def test_totals_that_are_no_units_are_left_out(project):
    project.edit("numbers_2023.csv", "Ц2,80,0.25\n", "Ц2,80,0.25\nВсего,65,0.4\n")
    edition = project.edition('numbers: {file: "numbers_{period}.csv", unit: код}',
                              'numbers: {file: "numbers_{period}.csv", unit: код, ignore_units: [Всего]}')
    assert set(measure(project.root, edition, "2023").measurements["unit"]) == {"Ц1", "Ц2"}


def test_a_unit_without_a_title_keeps_its_code(project):
    project.file("titles.csv", "код,имя,регион\nЦ1,Первый,01\n")
    edition = project.edition("title: имя,", "title: имя, title_file: titles.csv,")
    assert measure(project.root, edition, "2023").units["title"].to_dict() == {"Ц1": "Первый", "Ц2": "Ц2"}


def test_yes_no_and_numbers_of_checks(project):
    """s: best of (нет, да) = 1 and 5/10; t: both not relevant, 10/10. Mean over services of .75 and 1."""
    edition = checks_project(project, "Ц1,s,нет,Да,5\nЦ1,t,НП,,10\n")
    assert values(measure(project.root, edition, "2023"))["Ц1", "Д2", "objective", EVERYONE] == (0.75 + 1) / 2


def test_checks_count_only_where_the_condition_says_yes(project):
    edition = checks_project(project, "Ц1,s,да,нет,5\nЦ1,t,нет,нет,10\n")
    edition = project.edition("{measure: checks, table: visits,", "{measure: checks, table: visits, only_if: а,")
    assert values(measure(project.root, edition, "2023"))["Ц1", "Д2", "objective", EVERYONE] == 0.75


def test_a_long_checklist_by_hand(project):
    edition = long_project(project, "Ц1,q1,Д1,3,4\nЦ1,q2,Д1,0,4\nЦ1,q3,Другой,9,9\nЦ2,q1,Д1,,4\nЦ2,q2,Д1,1,4\n")
    found = values(measure(project.root, edition, "2023"))
    assert found["Ц1", "Д1", "objective", EVERYONE] == 3 / 8
    assert found["Ц2", "Д1", "objective", EVERYONE] == 1 / 4


def test_a_score_without_a_maximum_is_left_out_and_noted(project):
    edition = long_project(project, "Ц1,q1,Д1,3,4\nЦ1,q2,Д1,2,\n")
    measured = measure(project.root, edition, "2023")
    assert values(measured)["Ц1", "Д1", "objective", EVERYONE] == 3 / 4
    assert measured.notes == ("Балл без наибольшего не учтён (показатель Д1): Ц1 q2.",)


# --- what is refused ------------------------------------------------------------------------------------------------

def refused(project, edition, words, period="2023"):
    with pytest.raises(InputError, match=words) as caught:
        measure(project.root, edition, period)
    assert caught.value.exit_code == 3
    return str(caught.value)


def test_an_unknown_period_offers_the_nearest(project):
    with pytest.raises(UsageError,
                       match=r"Периода «2023г» нет в редакции small. Возможно, имелось в виду «2023».*2023, 2024"):
        measure(project.root, project.edition(), "2023г")


@pytest.mark.parametrize(("file", "old", "new", "code"), [
    ("numbers_2023.csv", "Ц2,80", "Ц9,80", "Ц9"), ("answers.csv", "Ц2,С", "Ц2 ,С", "Ц2 "),
    ("checklist.csv", "Ц1,1", "ц1,1", "ц1")])
def test_a_unit_out_of_the_registry_is_named(project, file, old, new, code):
    project.edit(file, old, new)
    refused(project, project.edition(), f"нет в справочнике units.csv на 2023: {code} \\(всего 1\\)")


def test_an_unknown_clientele_is_refused_with_its_address(project):
    project.edit("answers.csv", "Ц2,С,2023,1", "Ц2,Х,2023,1")
    refused(project, project.edition(),
            r"answers.csv \| строка 5 \| столбец «кто» \(B\) \| значение «Х»\s+правило: одно из С, Р")


@pytest.mark.parametrize("mark", ["0", "6", "4.5", "пять", "99"])
def test_a_mark_off_the_scale_is_refused_with_its_address(project, mark):
    project.edit("answers.csv", "Ц2,С,2023,1", f"Ц2,С,2023,{mark}")
    refused(project, project.edition(),
            rf"answers.csv \| строка 5 \| столбец «в1» \(D\) \| значение «{mark}»\s+правило: целое число от 1 до 5")


@pytest.mark.parametrize("mark", ["2", "-1", "0.5", "да"])
def test_a_checklist_mark_other_than_0_and_1_is_refused(project, mark):
    project.edit("checklist.csv", "Ц1,1,0,1", f"Ц1,{mark},0,1")
    refused(project, project.edition(), rf"checklist.csv \| строка 2 \| столбец «т1» \(B\) \| значение «{mark}»")


def test_a_score_above_its_maximum_is_refused(project):
    edition = long_project(project, "Ц1,q1,Д1,9,5\n")
    refused(project, edition, r"балл 9 больше наибольшего 5 \(единица Ц1, показатель Д1\)")


def test_a_negative_score_is_refused(project):
    refused(project, long_project(project, "Ц1,q1,Д1,-1,5\nЦ1,q2,Д1,5,5\n"), "-1")


def test_a_requirement_twice_for_one_unit_is_refused(project):
    edition = long_project(project, "Ц1,q1,Д1,1,5\nЦ1,q1,Д1,1,5\n")
    refused(project, edition, "long.csv.*требование повторяется")


def test_a_unit_twice_in_a_wide_checklist_is_refused(project):
    """Both rows together would make 6 requirements of 3."""
    project.edit("checklist.csv", "Ц1,1,0,1\n", "Ц1,1,0,1\nЦ1,1,1,1\n")
    refused(project, project.edition(), "checklist.csv.*Ц1")


def test_a_requirement_twice_in_the_register_is_refused(project):
    """т1 would count twice."""
    project.edit("register.csv", "т3,Д1\n", "т3,Д1\nт1,Д1\n")
    refused(project, project.edition(), "register.csv.*т1")


def test_a_unit_twice_in_a_table_of_numbers_is_refused(project):
    project.edit("numbers_2023.csv", "Ц2,80,0.25\n", "Ц2,80,0.25\nЦ2,80,0.25\n")
    edition = project.edition()
    with pytest.raises(InputError, match="Ц2"):
        score(measure(project.root, edition, "2023").measurements, edition)


def test_a_requirement_of_the_register_that_the_checklist_lacks_is_named(project):
    project.edit("register.csv", "т3,Д1", "т33,Д1")
    refused(project, project.edition(), "checklist.csv: нет столбца «т33». Возможно, имелось в виду «т3»")


def test_an_indicator_without_requirements_is_named(project):
    project.file("register.csv", "т,п\nт1,Х1\nт2,Х1\nт3,Х1\n")
    refused(project, project.edition(), "Показатель Д1: в чек-листе checklist.csv нет требований с кодами Д1")


def test_a_unit_twice_in_the_registry_is_refused(project):
    project.edit("units.csv", "Ц2,Второй", "Ц1,Второй")
    refused(project, project.edition(), "units.csv: код единицы повторяется: Ц1")


def test_a_unit_twice_in_the_file_of_titles_is_refused(project):
    project.file("titles.csv", "код,имя,регион\nЦ1,Первый,01\nЦ1,Другой,01\n")
    refused(project, project.edition("title: имя,", "title: имя, title_file: titles.csv,"), "titles.csv.*Ц1")


@pytest.mark.parametrize("mark", ["может быть", "-1", "11"])
def test_a_strange_answer_to_a_check_is_refused_with_its_address(project, mark):
    edition = checks_project(project, f"Ц1,s,да,нет,5\nЦ1,t,да,нет,{mark}\n")
    refused(project, edition, rf"visits.csv \| строка 3 \| столбец «в» \(E\) \| значение «{mark}»")


def test_a_choice_of_rows_that_leaves_nothing_is_named(project):
    project.file("numbers_2023.csv", "код,открыто,польза,вид\nЦ1,50,0.5,а\n")
    edition = project.edition("column: польза}", "column: польза, where: {вид: б}}")
    refused(project, edition, "Показатель П1.*нет строк, где")


def test_a_changed_raw_file_is_no_data_fault(project):
    (project.raw / "numbers_2023.csv").write_text("код,открыто,польза\nЦ1,99,0.5\n", encoding="utf-8")
    with pytest.raises(EnvironmentFault, match=r"numbers_2023.csv изменился"):
        measure(project.root, project.edition(), "2023")
