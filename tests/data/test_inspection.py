"""Whose data are worth a look: the list for the office, from the files the regions sent."""

import dataclasses

import pandas as pd
import pytest
from openpyxl import load_workbook
from scipy import stats

from methods import cli
from methods.data import inspection, store, truth
from methods.data.editions import load_edition


@pytest.fixture(scope="module")
def star(root):
    return load_edition(root, "star-2022")


@pytest.fixture(scope="module")
def measured(root, star):
    return store.prepare(root, star, "2024")


def test_false_discoveries_are_controlled_over_all_indicators_together(measured, star):
    found = inspection.against_checklist(measured, star, 0.10)
    assert set(found.index.get_level_values("indicator")) == set(star.two_sided)
    assert len(found) > 20_000
    assert found["q"].to_numpy() == pytest.approx(stats.false_discovery_control(found["p"]))
    assert (found["side"] != "").sum() == (found["q"] <= 0.10).sum()
    assert found["p"].is_monotonic_increasing


def test_a_centre_whose_survey_is_nothing_like_its_checklist_is_named(measured, star):
    """One centre's marks for one indicator are brought down to a third of the scale."""
    changed = measured.measurements.copy()
    hit = (changed["unit"] == "01-001") & (changed["indicator"] == "К1") & (changed["side"] == "subjective")
    changed.loc[hit, "value"] = 0.3
    found = inspection.against_checklist(dataclasses.replace(measured, measurements=changed), star, 0.10)
    assert found.loc[("К1", "01-001"), "side"] == inspection.BELOW
    assert found.index[0] == ("К1", "01-001")


def test_too_few_centres_are_not_tested(measured, star):
    few = measured.measurements[measured.measurements["unit"].isin(measured.units.index[:5])]
    found = inspection.against_checklist(dataclasses.replace(measured, measurements=few), star)
    assert found.empty
    assert "side" in found


def test_the_workbook_names_inflated_surveys(root, star, tmp_path, monkeypatch, capsys):
    """All five inflated surveys of the demonstration are in the list, and the third sheet is there."""
    monkeypatch.setenv("ZVEZDA_ROOT", str(root))
    out = tmp_path / "посмотреть.xlsx"
    assert cli.main(["inspect", "--period", "2024", "--out", str(out)]) == 0
    assert "Опрос далёк от чек-листа того же показателя: проверено" in capsys.readouterr().out
    assert load_workbook(out).sheetnames == ["Кого посмотреть", "По признакам", "Опрос и чек-лист"]
    listed = pd.read_excel(out, sheet_name="Кого посмотреть", dtype=str)
    planted = truth.planted_centres(root, star)
    assert set(planted.index[planted[truth.INFLATED_SURVEY]]) <= set(listed.iloc[:, 1])
