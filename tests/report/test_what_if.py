"""Words, tables and controls of the page, without a server; the browser's part is in test_what_if_browser.py."""

import shutil
import socket

import numpy as np
import pandas as pd
import pytest
import yaml
from click.testing import CliRunner

from methods.cli import main, zvezda
from methods.data import candidates, editions, store
from methods.data.publication import published
from methods.errors import InputError, UsageError
from methods.index.edition import INDEX, Aggregation
from methods.report import what_if as page
from methods.report.what_if import Page, Visible, visible_units
from methods.run.what_if import draft_folder, saver
from methods.sensitivity.what_if import Choice, WhatIf, changed_edition

SHIPPED = ["star-2022", "cms-2021", "egov-career-2022", "gtmi-2022", "odm-2023", "maturity-2022"]


@pytest.fixture(scope="module")
def levels():
    """Maturity of regions: small, with groups and borders of levels."""
    return prepared("maturity-2022")


@pytest.fixture(scope="module")
def star():
    return prepared("star-2022")


def prepared(version):
    edition, measured, _ = store.scored(version)
    view = published(version)
    visible = visible_units(view.scores, view.reasons.index, measured.measurements, edition)
    what_if = WhatIf(measured.measurements, edition, among=visible.index, draws=20)
    return edition, measured, view, visible, what_if


def made(prepared, save=lambda choice, outcome: "записано"):
    _, measured, _, visible, what_if = prepared
    return Page(what_if, measured.units, visible, save)


def slider(view, element, member):
    return view.controls.weights[element][member].slider


# --- who may be named -------------------------------------------------------------------------------------------------

def test_units_are_named_only_where_the_sliders_could_not_betray_a_hidden_number(star):
    edition, measured, view, visible, _ = star
    assert visible.indicators.isin(visible.groups).all()
    assert visible.groups.isin(visible.index).all()
    assert len(visible.indicators) < len(visible.groups) < len(visible.index) < len(view.scores)
    assert view.scores.loc[visible.groups, [INDEX, *edition.groups]].notna().all(axis=None)
    asked = measured.measurements[measured.measurements["side"].eq("subjective")
                                  & measured.measurements["value"].notna()]
    assert asked.loc[asked["unit"].isin(visible.indicators), "n"].min() >= edition.disclosure.threshold


@pytest.mark.parametrize(("choice", "level"), [
    (Choice(), "index"), (Choice(cut_offs=(60.0, 70.0, 80.0, 95.0)), "index"),
    (Choice({INDEX: pd.Series({"Д": 1.0})}), "groups"), (Choice(survey=0.4), "indicators"),
    (Choice({"Д": pd.Series({"Д1": 1.0})}), "indicators")])
def test_deeper_choices_name_fewer_units(choice, level):
    visible = Visible(*(pd.Index([name]) for name in ("index", "groups", "indicators")))
    assert visible.under(choice) == [level]


def test_hidden_units_are_never_in_the_page(star):
    _, measured, view, visible, _ = star
    shown = made(star)
    hidden = view.scores.index.difference(visible.groups)
    slider(shown, INDEX, "Д").value = 60.0
    rows = page.ranking_rows(shown.outcome, measured.units, visible.under(shown.choice()))
    assert set(rows.index) == set(visible.groups)
    for code in hidden[:5]:
        shown.search.value = code
        assert "Никого не нашлось" in shown.table.value
    assert "выдали бы числа, за которыми мало ответов" in shown.summary.value
    assert "Интервал места накрывает 90\xa0% из 20 розыгрышей ошибки опроса" in shown.summary.value


def test_the_index_itself_is_not_shown_under_other_weights(star):
    """Places only: exact scores under many weights would give the scores of indicators."""
    shown = made(star)
    slider(shown, INDEX, "Д").value = 60.0
    first = shown.outcome.table["new_place"].idxmin()
    assert f"{100 * shown.outcome.scores.index[first]:.2f}".replace(".", ",") not in shown.table.value


# --- words and tables -------------------------------------------------------------------------------------------------

def test_nobody_moved_and_somebody_moved(levels):
    shown = made(levels)
    assert "Никто не сдвинулся: места и уровни те же у всех, 89\xa0регионов." in shown.summary.value
    slider(shown, INDEX, "С").value = 60.0
    moved = int((shown.outcome.table["shift"] != 0).sum())
    assert f"Место изменилось у {moved}\xa0регион" in shown.summary.value
    assert "Уровень (уровни зрелости) изменился у" in shown.summary.value


def test_every_place_has_its_interval(levels):
    table = made(levels).table.value
    rows = table.count("<tr>") - 1
    assert rows == page.ROWS
    assert table.count("→ <b>") >= rows
    assert len([cell for cell in table.split("<td class=num>") if "–" in cell.split("</td>")[0]]) == rows


def test_rows_are_sorted_and_found(levels):
    _, measured, _, visible, what_if = levels
    weights = what_if.edition.weights_of(INDEX) * [0.2, 1, 2, 0.5]
    outcome = what_if.outcome(Choice({INDEX: weights / weights.sum()}))
    for order, column, rising in (("place", "new_place", True), ("up", "shift", False), ("down", "shift", True)):
        values = page.ranking_rows(outcome, measured.units, visible.groups, order)[column].to_numpy()
        assert (np.diff(values) * (1 if rising else -1) >= 0).all()
    assert [*page.ranking_rows(outcome, measured.units, visible.groups, words="регион 15")["title"]] == ["Регион 15"]
    assert page.ranking_rows(outcome, measured.units, visible.groups, words="нет такого").empty
    assert "Никого не нашлось" in page.ranking_html(outcome.table.iloc[:0], what_if.edition)


def test_yo_is_found_and_ordered_as_e(levels):
    _, _, _, _, what_if = levels
    outcome = what_if.outcome(Choice())
    names = pd.DataFrame({"title": "Ж"}, outcome.table.index)
    names.iloc[:3, 0] = ["Ёлкино", "Дно", "Ель"]
    rows = page.ranking_rows(outcome, names, outcome.table.index, "title")
    assert [*rows["title"][:4]] == ["Дно", "Ёлкино", "Ель", "Ж"]
    assert len(page.ranking_rows(outcome, names, outcome.table.index, words="елкино")) == 1


def test_titles_are_escaped(levels):
    _, _, _, _, what_if = levels
    outcome = what_if.outcome(Choice())
    names = pd.DataFrame({"title": "<script>&"}, outcome.table.index)
    rows = page.ranking_rows(outcome, names, outcome.table.index)
    text = page.ranking_html(rows.head(3), what_if.edition) + page.movers_html(rows.assign(shift=1.0))
    assert "<script>" not in text
    assert "&lt;script&gt;&amp;" in text


@pytest.mark.parametrize(("shifts", "words"), [
    ([0.0, 0, 0], "на месте остались 3 из 3"), ([1.0, -1, 0, 4], "на месте остались 1 из 4"),
    ([30.0, -1, 0, 1, np.nan], "не дальше 1\xa0места от принятого остались 3 из 4")])
def test_histogram_counts_whole_places(shifts, words):
    drawn = page.shifts_svg(pd.Series(shifts))
    assert words in drawn
    assert drawn.count("<rect") <= 21
    assert "aria-label" in drawn


@pytest.mark.parametrize("count", [1, 5, 40])
def test_every_shift_is_in_a_bar(count):
    shifts = pd.Series(np.random.default_rng(count).integers(-count, count + 1, 200).astype(float))
    drawn = page.shifts_svg(shifts)
    tallest = 110.0
    heights = [float(part.split("'")[0]) for part in drawn.split("height='")[1:]]
    top = max(np.unique(shifts, return_counts=True)[1]) if count < 10 else None
    assert max(heights) == tallest
    if top:
        assert sum(heights) == pytest.approx(200 * tallest / top, abs=1)


# --- controls ---------------------------------------------------------------------------------------------------------

def test_untouched_controls_are_exactly_the_adopted_edition(star):
    shown = made(star)
    assert shown.choice() == Choice()
    slider(shown, INDEX, "Д").value = 40.0
    weights = shown.choice().weights
    assert [*weights] == [INDEX]
    assert weights[INDEX].to_dict() == pytest.approx({"Д": 1 / 3} | dict.fromkeys("ПМАК", 1 / 6), abs=1e-4)
    assert round(weights[INDEX].sum(), 12) == 1
    assert shown.controls.weights[INDEX]["Д"].share.value == "33,3\xa0%"
    shown.reset()
    assert shown.choice() == Choice()
    assert shown.controls.weights[INDEX]["Д"].share.value == "20,0\xa0%"


def test_a_browser_that_puts_sliders_onto_their_steps_moves_nothing(star):
    """Weights of a third stand between two steps: the browser rounds them as soon as it shows them."""
    shown = made(star)
    for control in shown.controls.all():
        if hasattr(control, "step"):
            start = control.min
            control.value = start + control.step * round((control.value - start) / control.step)
    assert shown.choice() == Choice()
    assert shown.outcome.mean_shift == 0


def test_every_control_reaches_the_choice(star):
    edition = star[0]
    shown = made(star)
    slider(shown, "М", "М1").value = 50.0
    shown.controls.survey.value = 30.0
    shown.controls.means[INDEX].value = "geometric"
    shown.controls.cuts[0].value = 61.0
    choice = shown.choice()
    assert choice.weights["М"]["М1"] == pytest.approx(0.5 / (0.5 + 7 / 8), abs=1e-4)
    assert choice.survey == 0.3
    assert choice.aggregation == {INDEX: Aggregation(method="geometric")}
    assert choice.cut_offs == (61.0, *edition.grades.cut_offs[1:])
    assert shown.message.value == ""
    shown.reset()
    assert shown.choice() == Choice()


def test_what_has_no_meaning_is_refused_in_words_and_the_last_ranking_stays(levels):
    shown = made(levels)
    before = shown.table.value
    for member in shown.controls.weights[INDEX].values():
        member.slider.value = 0.0
    assert "Все веса верхнего уровня равны нулю: поднимите хотя бы один. Ниже — прежний расчёт." in shown.message.value
    with pytest.raises(InputError, match="равны нулю"):
        shown.choice()
    shown.reset()
    assert shown.message.value == ""
    assert shown.table.value == before
    shown.controls.cuts[0].value = 90.0
    assert "Границы уровней должны возрастать" in shown.message.value
    shown.save()
    assert "Границы уровней должны возрастать" in shown.saved.value


def test_pages_of_the_ranking_are_turned(levels):
    shown = made(levels)
    assert shown.where.value == "1–50 из 89"
    assert shown.back.disabled
    shown.forward.click()
    assert shown.where.value == "51–89 из 89"
    assert shown.forward.disabled
    shown.order.value = "title"
    assert shown.where.value == "1–50 из 89"


def test_groups_are_folded_until_their_button_is_pressed(levels):
    shown = made(levels)
    fold = page._fold("Внутри группы", shown.view)
    button, content = fold.children
    assert (content.layout.display, button.description) == ("none", "▸ Внутри группы")
    button.value = True
    assert (content.layout.display, button.description) == ("", "▾ Внутри группы")


@pytest.mark.parametrize("version", ["egov-career-2022", "gtmi-2022", "odm-2023"])
def test_every_edition_has_its_page(version):
    """Without grades, without groups, with sums of points: what cannot act is not offered."""
    ready = prepared(version)
    shown = made(ready)
    assert (INDEX in shown.controls.weights) == (ready[0].aggregation_of(INDEX).method != "sum")
    assert shown.controls.survey is None
    assert bool(shown.controls.cuts) == bool(ready[0].grades)
    assert "±25\xa0% от выбранных" in shown.summary.value


# --- drafts -----------------------------------------------------------------------------------------------------------

def changes_of(edition, choice):
    weights = {"weights": candidates.written_weights(edition, choice.weights)} if choice.weights else {}
    return weights | page.other_changes(edition, choice)


@pytest.mark.parametrize("version", SHIPPED)
def test_a_draft_says_what_was_chosen_and_nothing_else(root, tmp_path, version):
    """All that a choice can hold, written and read back."""
    edition = editions.load_edition(root, version)
    weights = edition.weights_of(INDEX) * np.arange(1, len(edition.members(INDEX)) + 1)
    choice = Choice({INDEX: page.rounded_shares(weights / weights.sum(), 4)}, 0.35 if edition.two_sided else None,
                    {INDEX: Aggregation(method="geometric")},
                    tuple(cut + 0.5 for cut in edition.grades.cut_offs) if edition.grades and edition.grades.cut_offs
                    else None)
    path, _ = candidates.write_revision(tmp_path, root, edition, changes_of(edition, choice), "other", "решение")
    read, wanted = editions.read_edition(path), changed_edition(edition, choice)
    told = {"version", "status", "decision", "based_on", "notes", "weights"}
    assert read.model_dump(exclude=told) == wanted.model_dump(exclude=told)
    for element in [INDEX, *edition.groups]:   # a third is written with ten digits
        pd.testing.assert_series_equal(read.weights_of(element), wanted.weights_of(element), rtol=1e-9)
    assert (read.status, read.based_on) == ("candidate", version)
    assert yaml.safe_load(path.read_text("utf-8"))["title"] == edition.title


def test_the_saved_draft_is_compared_and_adopted(levels, root, tmp_path, monkeypatch):
    """As notebook 1: `zvezda diff` reads the file, `adopt` takes it once people have filled in their part."""
    edition, measured, _, visible, what_if = levels
    project = tmp_path / "project"
    for name in ("data/raw/methodology", "data/raw/maturity_demonstration", "docs/decisions"):
        shutil.copytree(root / name, project / name)
    monkeypatch.setenv("ZVEZDA_ROOT", str(project))
    shown = Page(what_if, measured.units, visible, saver(project, edition, "2024"))
    shown.save()
    assert "совпадал бы с принятой методикой" in shown.saved.value
    slider(shown, INDEX, "С").value = 45.0
    shown.save()
    folder = draft_folder(project, edition.version, "2024")
    assert "reports/maturity-2022/draft/2024/what_if/candidate.yml" in shown.saved.value
    candidate = folder / "candidate.yml"
    assert main(["diff", edition.version, str(candidate)]) == 0
    assert main(["adopt", str(candidate)]) == 4   # «<…>» are not filled in yet
    record = folder / "decision.md"
    assert "Место изменилось у" in record.read_text("utf-8")
    record.write_text(record.read_text("utf-8").replace("<…>", "решено"), encoding="utf-8")
    assert main(["adopt", str(candidate)]) == 0
    adopted = editions.load_edition(project, "maturity-2022-what-if")
    pd.testing.assert_series_equal(adopted.weights_of(INDEX), shown.choice().weights[INDEX], check_names=False)


def test_saving_what_is_adopted_is_refused(levels, root):
    edition, _, _, _, what_if = levels
    with pytest.raises(UsageError, match="Сначала что-нибудь измените"):
        saver(root, edition, "2024")(Choice(), what_if.outcome(Choice()))


# --- the server -------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("address", ["0.0.0.0", "", "::", "192.168.0.7", "localhost"])
def test_the_server_listens_nowhere_but_on_loopback(tmp_path, address):
    from methods.run.what_if_server import Server, settings

    config = settings(tmp_path / "page" / "what_if.ipynb", 0, "t", browser=False)
    config.Voila.ip = address
    with pytest.raises(ValueError, match=r"только на 127\.0\.0\.1"):
        Server(config=config).listen()


def test_there_is_no_key_for_another_address(capsys):
    assert main(["what-if", "--ip", "0.0.0.0"]) == 2
    assert "Неизвестный ключ --ip" in capsys.readouterr().err


def test_a_taken_port_is_told(capsys):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert main(["what-if", "-e", "maturity-2022", "--port", str(port), "--no-browser"]) == 9
    assert f"Порт {port} занят" in capsys.readouterr().err


def test_help_is_russian():
    said = CliRunner().invoke(zvezda, ["what-if", "--help"]).output
    assert "Открыть страницу «Что, если?»" in said
    assert "--no-browser" in said
