"""Other weights of groups: what the page carries, and that the very script of the page counts as the recipe does."""

import json
from html import unescape

import nbformat
import numpy as np
import pandas as pd
import pytest
from bs4 import BeautifulSoup
from nbformat import v4

from methods.agreement.interviews import index_errors, questionnaire_points
from methods.data.editions import parse_edition
from methods.errors import InputError, NotPublishable
from methods.index.edition import INDEX, Aggregation
from methods.index.score import element_score, score
from methods.report import document
from methods.report.render import to_html
from methods.report.results import Results
from methods.report.weights_block import COMMON, TABLE, answers_behind, block, group_errors, group_scores, kept
from tests.chromium import Chromium

VIEWS = {"seekers": {"title": "соискатели", "value": "С", "share": 0.5},
         "employers": {"title": "работодатели", "value": "Р", "share": 0.5}}
BANDS = {"title": "звёзды", "labels": ["1", "2", "3"], "method": "bands", "cut_offs": [50, 60], "edge": "lower",
         "decimals": 1, "floor": 40, "source": "нет"}


def edition(**changes):
    """Three groups of two questions each; the first also has a checklist. Weights of groups .5, .3, .2."""
    survey = {"measure": "survey", "table": "t", "scale": [1, 5]}
    objective = {"measure": "column", "table": "t", "column": "x"}
    indicators = {code: {"title": code, "group": code[0], "sides": {"subjective": {**survey, "question": f"q{code}"}}}
                  for code in ("А1", "А2", "Б1", "Б2", "В1", "В2")}
    indicators["А1"]["sides"]["objective"] = objective
    content = {
        "version": "block", "title": "Пробная", "status": "candidate", "in_force": {"start": "2026-01-01"},
        "legal_basis": ["нет"], "decision": "0000",
        "unit": {"title": "центр", "one": "центр", "few": "центра", "many": "центров"},
        "data": {"dataset": "d", "periods": ["2026"], "units": {"file": "u.csv", "unit": "u", "title": "t"},
                 "tables": {"t": {"file": "t.csv", "unit": "u", "clientele": "к"}}},
        "clienteles": VIEWS, "groups": {code: {"title": f"Группа {code}"} for code in "АБВ"}, "indicators": indicators,
        "weights": {"index": {"А": 0.5, "Б": 0.3, "В": 0.2}, **dict.fromkeys("АБВ", "equal")},
        "normalisation": {"method": "none"},
        "aggregation": {"default": {"method": "arithmetic"}}, "missing": {"default": {"rule": "reweight"}},
        "publication": {"decimals": 2, "multiplier": 100}, "grades": BANDS, **changes}
    return parse_edition(json.dumps(content, ensure_ascii=False))


def answered(units=40, each=12, seed=0):
    """Questionnaires whose marks go together: a unit's level, a person's mood, a question's own noise."""
    rng = np.random.default_rng(seed)
    rows = pd.DataFrame({"unit": np.repeat([f"C{i:02d}" for i in range(units)], 2 * each),
                         "clientele": np.tile(np.repeat(list(VIEWS), each), units)})
    level = np.repeat(rng.normal(3.3, 0.5, units), 2 * each) + rng.normal(0, 0.5, len(rows))
    for code in ("А1", "А2", "Б1", "Б2", "В1", "В2"):
        rows[f"q{code}"] = np.clip(np.round(level + rng.normal(0, 0.8, len(rows))), 1, 5)
    return rows


def measured(answers, method, seed=1):
    """Measurements as the data room makes them."""
    parts = []
    for code, side in method.questions.items():
        means = answers.groupby(["unit", "clientele"])[side.question].mean()
        parts.append(((means - 1) / 4).rename("value").reset_index().assign(indicator=code, side="subjective"))
    units = sorted(answers["unit"].unique())
    share = np.random.default_rng(seed).uniform(0.3, 1, len(units))
    parts.append(pd.DataFrame({"unit": units, "value": share, "indicator": "А1", "side": "objective", "clientele": ""}))
    return pd.concat(parts, ignore_index=True).assign(se=np.nan, n=np.nan)


@pytest.fixture(scope="module")
def answers():
    return answered()


@pytest.fixture(scope="module")
def names(answers):
    units = sorted(answers["unit"].unique())
    return pd.Series([f"Центр «{unit}» <{i}>" for i, unit in enumerate(units)], units)


def read(made):
    """The record as the browser finds it in the page."""
    tag = BeautifulSoup(made._repr_html_(), "html.parser").div
    return json.loads(tag["data-weights"])


# -- what is kept ----------------------------------------------------------------------------------------------------

def test_only_units_whose_groups_are_all_published_take_part(answers, names):
    method = edition()
    scores = score(measured(answers, method), method)
    shown = scores.published(method)
    shown.loc["C03", "Б"] = np.nan       # hidden group
    shown.loc["C05", INDEX] = np.nan     # hidden index
    table = group_scores(scores, shown, names, method, group_errors(answers, method))
    assert list(table.index) == [f"C{i:02d}" for i in range(40) if i not in (3, 5)]
    assert list(table) == ["Название", "А", "Б", "В", "А ±", "Б ±", "В ±"]
    pd.testing.assert_frame_equal(table[["А", "Б", "В"]], shown.loc[table.index, ["А", "Б", "В"]], check_names=False)
    turned = group_scores(scores, shown.iloc[::-1], names.iloc[::-1], method, group_errors(answers.iloc[::-1], method))
    pd.testing.assert_frame_equal(turned, table)


def test_what_is_hidden_is_in_no_byte_of_the_page(answers, names):
    method = edition()
    scores = score(measured(answers, method), method)
    shown = scores.published(method)
    shown.loc["C03", "Б"] = np.nan
    made = block(group_scores(scores, shown, names, method), method)
    assert "C03" not in made.data
    assert all(round(value, 2) == value for row in read(made)["scores"] for value in row)   # nor more digits than shown


def test_a_unit_whose_index_is_not_made_of_its_groups_stays_out(answers, names):
    """Employers of C07 say nothing of one group: the mean of two indices is then not the index of mean groups."""
    method = edition()
    table = measured(answers, method)
    silent = (table["unit"] == "C07") & (table["clientele"] == "employers") & table["indicator"].isin(["Б1", "Б2"])
    scores = score(table[~silent], method)
    found = group_scores(scores, scores.published(method), names, method)
    assert len(found) == 39
    assert "C07" not in found.index


def test_a_unit_that_other_weights_would_take_out_of_the_ranking_stays_out(answers, names):
    method = edition(clienteles={}, eligibility={"min_coverage": 0.8})
    table = measured(answers.assign(clientele=""), method)
    gap = (table["unit"] == "C07") & (table["indicator"] == "В2")
    scores = score(table[~gap], method)
    assert scores.eligible["C07"]          # 90 % of the weight is there; of group В alone only half
    assert "C07" not in group_scores(scores, scores.published(method), names, method).index


def test_errors_of_groups_make_the_error_of_the_index(answers, oracle):
    method = edition()
    found = group_errors(answers, method)
    shares = {view: 0.5 for view in VIEWS}
    whole = index_errors(questionnaire_points(answers, method), shares)["se"]
    parts = found.se * method.weights_of(INDEX)
    own = np.sqrt((1 - found.common) * (parts**2).sum(axis=1) + found.common * parts.sum(axis=1) ** 2)
    # One correlation stands for that of every unit and pair: right in the mean, within a fifth for a unit of 24.
    oracle("Ошибка индекса из ошибок групп", "пересчитано: ошибка индекса прямо по анкетам (среднее отношение)",
           (own / whole).mean(), 1.0, 0.03)
    assert (own / whole).between(0.8, 1.2).all()
    assert 0.2 < found.common < 0.8


def test_errors_where_nobody_is_asked_about_a_group(answers):
    content = json.loads(edition().model_dump_json(by_alias=True, exclude_none=True))
    column = {"objective": {"measure": "column", "table": "t", "column": "x"}}
    for code in ("В1", "В2"):
        content["indicators"][code]["sides"] = column
    found = group_errors(answers, parse_edition(json.dumps(content, ensure_ascii=False)))
    assert (found.se["В"] == 0).all()
    assert (found.se[["А", "Б"]] > 0).all(axis=None)


def test_answers_behind_the_columns():
    cells = pd.MultiIndex.from_tuples(
        [("C1", INDEX, ""), ("C1", "А", ""), ("C1", "Б", ""), ("C1", "В", ""), ("C1", INDEX, "seekers")],
        names=["unit", "element", "part"])
    found = answers_behind(pd.Series([40.0, 11, 12, 13, 20], cells), edition())
    assert found.loc["C1"].to_dict() == {"А": 11, "Б": 12, "В": 13, "А ±": 11, "Б ±": 12, "В ±": 13}


def test_editions_without_weights_of_groups_are_refused(answers, names):
    method = edition()
    scores = score(measured(answers, method), method)
    added = edition(aggregation={"default": {"method": "arithmetic"}, "index": {"method": "sum"}})
    with pytest.raises(NotPublishable, match="редакции block индекс — сумма баллов, от весов он не зависит"):
        group_scores(scores, scores.published(method), names, added)
    unknown = {"default": Aggregation.model_construct(method="exponential", exponent=None)}
    with pytest.raises(NotPublishable, match="способом «exponential», а страница считает только степенные средние"):
        group_scores(scores, scores.published(method), names, method.model_copy(update={"aggregation": unknown}))
    with pytest.raises(NotPublishable, match="редакции block индекс составлен не из групп"):
        group_scores(scores, scores.published(method), names, method.model_copy(update={"groups": {}}))


def test_too_few_units_are_refused(answers, names):
    method = edition()
    scores = score(measured(answers, method), method)
    shown = scores.published(method)
    shown.loc[shown.index[2:], "А"] = np.nan
    with pytest.raises(NotPublishable, match=r"не меньше 3 единиц.* найдено 2"):
        group_scores(scores, shown, names, method)


def test_a_geometric_mean_of_two_clienteles_is_not_made_of_mean_groups(answers, names):
    method = edition(aggregation={"default": {"method": "arithmetic"}, "index": {"method": "geometric"}})
    scores = score(measured(answers, method), method)
    with pytest.raises(NotPublishable, match="выводится из опубликованных"):
        group_scores(scores, scores.published(method), names, method)


# -- the block -------------------------------------------------------------------------------------------------------

def test_the_block_of_a_kept_table_is_that_of_the_job(answers, names, tmp_path):
    method = edition()
    scores = score(measured(answers, method), method)
    errors = group_errors(answers, method)
    table = group_scores(scores, scores.published(method), names, method, errors)
    job = Results("sensitivity", "block", "2026", tmp_path)
    assert kept(job, method) == []
    job.table(TABLE, table, "Баллы групп", 2)
    job.number(COMMON, errors.common, "Корреляция ошибок групп")
    job.write()
    assert kept(Results.read(tmp_path, "sensitivity"), method) == [block(table, method, errors.common)]
    assert block(table.iloc[::-1], method, errors.common) == block(table, method, errors.common)


def test_words_of_the_errors_of_the_block():
    table = pd.DataFrame({"Название": ["ц"], "А": [1.0], "Б": [2.0]}, index=["C1"])
    with pytest.raises(InputError, match="нет столбцов: В"):
        block(table, edition())
    with pytest.raises(InputError, match=r"от 0 до 1, найдено 1\.5"):
        block(table.assign(В=3.0), edition(), 1.5)
    harmonic = edition(clienteles={}, aggregation={"default": {"method": "harmonic"}})
    with pytest.raises(NotPublishable, match="больше 0, найдено 0"):
        block(table.assign(В=0.0), harmonic)


def test_what_names_hold_stays_text(answers, names):
    method = edition()
    scores = score(measured(answers, method), method)
    made = block(group_scores(scores, scores.published(method), names.map("\"'><script>alert(1)</script>{}".format),
                              method), method)
    html = made._repr_html_()
    assert "<script" not in html
    assert json.loads(unescape(html.split('data-weights="')[1].split('">')[0])) == read(made)


def test_other_formats_say_one_sentence(answers, names, tmp_path):
    method = edition()
    scores = score(measured(answers, method), method)
    write(tmp_path, block(group_scores(scores, scores.published(method), names, method), method))
    parts = document.read(tmp_path / "page.ipynb").parts
    assert [type(part).__name__ for part in parts] == ["Heading", "Heading", "Paragraph"]
    assert document.plain(parts[2].words).startswith("Другие веса групп можно попробовать на странице отчёта")
    assert "{" not in document.plain(parts[2].words)


# -- the very script of the page -------------------------------------------------------------------------------------

def write(folder, made):
    """A page with the block."""
    shown = v4.new_output("display_data", {"text/html": made._repr_html_(), "text/plain": "запасной текст"})
    nbformat.write(v4.new_notebook(cells=[v4.new_markdown_cell("# Отчёт\n\n## Другие веса"),
                                          v4.new_code_cell("block", outputs=[shown], execution_count=1)]),
                   folder / "page.ipynb")
    return to_html(folder / "page.ipynb", folder / "page.html")


BLOCK = "document.querySelector('.what-if')"


@pytest.fixture(scope="module")
def browser():
    with Chromium() as started:
        yield started


def tried(browser, weights):
    """What the script finds for weights: index, places, interval, grade by unit."""
    browser.evaluate(f"{BLOCK}.whatIf.set({json.dumps(list(weights))})")
    found = browser.evaluate(f"""(() => {{ const r = {BLOCK}.whatIf.result();
        return Object.fromEntries(["codes", "index", "places", "low", "high", "grades"].map(
            key => [key, r[key] && [...r[key]]])); }})()""")
    return pd.DataFrame(found).set_index("codes").astype(float)


PLAIN = {"clienteles": {}, "grades": None}
TRIED = [
    ("arithmetic", {}),
    ("harmonic", {**PLAIN, "aggregation": {"default": {"method": "arithmetic"}, "index": {"method": "harmonic"}}}),
    ("geometric", {**PLAIN, "aggregation": {"default": {"method": "arithmetic"}, "index": {"method": "geometric"}},
                   "ranking": {"ties": "average"}}),
    ("power", {"clienteles": {}, "aggregation": {"default": {"method": "arithmetic"},
                                                 "index": {"method": "power", "exponent": 2}}})]


@pytest.mark.parametrize(("mean", "changes"), TRIED)
def test_the_page_scores_as_the_recipe_does(browser, answers, names, tmp_path, oracle, mean, changes):
    """With six digits published, rounding changes nothing: index, places and grades are those of the whole recipe."""
    method = edition(publication={"decimals": 6, "multiplier": 100}, **changes)
    given = answers if method.clienteles else answers.assign(clientele="")
    table = measured(given, method)
    scores = score(table, method)
    browser.open(write(tmp_path, block(group_scores(scores, scores.published(method), names, method), method)).as_uri())
    for weights in ([0.5, 0.3, 0.2], [0.1, 0.2, 0.7], [1.0, 0.0, 0.0], [1 / 3, 1 / 3, 1 / 3]):
        found = tried(browser, weights)
        truth = score(table, method.reweighted(pd.Series(weights, list("АБВ"))))
        oracle("Индекс при других весах групп, на странице отчёта", f"пересчитано: полный расчёт, среднее {mean}",
               found["index"].rename(None), 100 * truth.index, 1e-6)
        pd.testing.assert_series_equal(found["places"], truth.rank, check_names=False)
        if method.grades:
            pd.testing.assert_series_equal(found["grades"], truth.grade, check_names=False)
    assert browser.console == []


def test_rounded_scores_cost_no_more_than_half_of_the_last_digit(browser, answers, names, tmp_path):
    method = edition()
    table = measured(answers, method)
    scores = score(table, method)
    shown = scores.published(method)
    browser.open(write(tmp_path, block(group_scores(scores, shown, names, method), method)).as_uri())
    weights = pd.Series([0.2, 0.2, 0.6], list("АБВ"))
    found = tried(browser, weights)["index"]
    last = element_score(shown.sort_index()[list("АБВ")], INDEX, method, weights)
    pd.testing.assert_series_equal(found, last, check_names=False)
    assert (found - 100 * score(table, method.reweighted(weights)).index).abs().max() <= 0.005 + 1e-9


@pytest.mark.parametrize("rule", [{"rule": "reweight"}, {"rule": "reweight", "min_coverage": 0.6},
                                  {"rule": "complete"}])
def test_missing_groups_follow_the_rule_of_the_edition(browser, answers, names, tmp_path, rule):
    method = edition(clienteles={}, missing={"default": rule}, publication={"decimals": 6, "multiplier": 100})
    table = measured(answers.assign(clientele=""), method)
    gaps = table["unit"].isin(["C01", "C02"]) & table["indicator"].isin(["Б1", "Б2"])
    table = table[~gaps]
    scores = score(table, method)
    found = group_scores(scores, scores.published(method), names, method)
    browser.open(write(tmp_path, block(found, method)).as_uri())
    for weights in ([0.5, 0.3, 0.2], [0.3, 0.5, 0.2]):
        truth = score(table, method.reweighted(pd.Series(weights, list("АБВ"))))
        here = tried(browser, weights)
        known = truth.index.reindex(here.index)
        pd.testing.assert_series_equal(here["index"], 100 * known, check_names=False, atol=1e-6)
        assert here["places"].notna().equals(known.notna())


def test_intervals_are_those_of_normal_errors(browser, answers, names, tmp_path, oracle):
    """Peer: 4 000 draws of correlated errors of the groups themselves, not of the index.

    With 200 draws a quantile of 5 % errs by .15 of a deviation, an interval of 3.3 by 6 %, the mean of 40 by 1 %; the
    page takes quantiles outwards and keeps the place inside, which makes intervals of some 20 places wider by one.
    """
    method = edition()
    scores, errors = score(measured(answers, method), method), group_errors(answers, method)
    table = group_scores(scores, scores.published(method), names, method, errors)
    browser.open(write(tmp_path, block(table, method, errors.common)).as_uri())
    weights = np.array([0.6, 0.1, 0.3])
    found = tried(browser, weights)
    again = tried(browser, weights)
    pd.testing.assert_frame_equal(found, again)
    rng = np.random.default_rng(0)
    shared, own = rng.normal(size=(4000, 40, 1)), rng.normal(size=(4000, 40, 3))
    noise = np.sqrt(errors.common) * shared + np.sqrt(1 - errors.common) * own
    drawn = (table[list("АБВ")].to_numpy() + noise * table[["А ±", "Б ±", "В ±"]].to_numpy()) @ weights
    places = 1 + (drawn[:, None, :] > drawn[:, :, None]).sum(axis=2)
    width = np.quantile(places, 0.95, axis=0) - np.quantile(places, 0.05, axis=0)
    oracle("Ширина интервала места на странице отчёта", "пересчитано: 4 000 розыгрышей ошибок групп, numpy (доля)",
           (found["high"] - found["low"]).mean() / width.mean(), 1.0, 0.1)
    assert (found["low"] <= found["places"]).all()
    assert (found["places"] <= found["high"]).all()


def test_without_errors_places_still_have_intervals(browser, answers, names, tmp_path):
    method = edition()
    scores = score(measured(answers, method), method)
    browser.open(write(tmp_path, block(group_scores(scores, scores.published(method), names, method), method)).as_uri())
    found = tried(browser, [0.5, 0.3, 0.2])
    assert (found["high"] > found["low"]).mean() > 0.5
    assert "Ошибка баллов неизвестна" in browser.evaluate(f"{BLOCK}.textContent")


def test_a_spoilt_block_keeps_its_sentence_and_the_rest_of_the_page(browser, answers, names, tmp_path):
    method = edition()
    scores = score(measured(answers, method), method)
    page = write(tmp_path, block(group_scores(scores, scores.published(method), names, method), method))
    text = page.read_text("utf-8")
    spoilt = '<div class="what-if" data-weights="{"><p class="without-script">Слова</p></div>'
    page.write_text(text.replace("<section>", f"{spoilt}<section>", 1), "utf-8")
    browser.open(page.as_uri())
    assert [line.split(":")[0] for line in browser.console] == ["warning"]
    assert "Блок весов не разобран" in browser.console[0]
    assert browser.evaluate(f"{BLOCK}.querySelector('p').hidden") is False
    assert browser.evaluate("document.querySelectorAll('.what-if')[1].querySelectorAll('input').length") == 7


@pytest.fixture
def live(browser, answers, names, tmp_path):
    """The browser at a page with the block."""
    method = edition()
    scores, errors = score(measured(answers, method), method), group_errors(answers, method)
    made = block(group_scores(scores, scores.published(method), names, method, errors), method, errors.common)
    browser.open(write(tmp_path, made).as_uri())
    return browser


def fields(browser):
    return browser.evaluate(f"[...{BLOCK}.querySelectorAll('input[type=text]')].map(field => field.value)")


def test_a_slider_moves_by_keyboard_and_others_keep_their_ratio(live):
    before = live.evaluate(f"{BLOCK}.querySelector('tbody').textContent")
    assert fields(live) == ["50,0", "30,0", "20,0"]
    live.evaluate(f"{BLOCK}.querySelector('input[type=range]').focus()")
    live.press("End")
    assert fields(live) == ["100,0", "0,0", "0,0"]
    live.press("ArrowLeft")
    assert fields(live) == ["99,0", "0,6", "0,4"]        # the ratio 3 : 2 of the adopted weights
    assert live.evaluate(f"{BLOCK}.querySelector('tbody').textContent") != before
    assert "Место другое у" in live.evaluate(f"{BLOCK}.textContent")
    live.evaluate(f"{BLOCK}.querySelector('button').click()")
    assert fields(live) == ["50,0", "30,0", "20,0"]
    assert live.evaluate(f"{BLOCK}.querySelector('tbody').textContent") == before
    assert "Места те же, что при принятых весах." in live.evaluate(f"{BLOCK}.textContent")


def test_a_weight_may_be_typed_with_a_comma(live):
    live.evaluate(f"""(() => {{ const field = {BLOCK}.querySelectorAll('input[type=text]')[1];
        field.value = '65,5';
        for (const event of ['input', 'change']) field.dispatchEvent(new Event(event)); }})()""")
    assert fields(live) == ["24,6", "65,5", "9,9"]
    assert live.evaluate(f"{BLOCK}.whatIf.result().weights.reduce((a, b) => a + b)") == pytest.approx(1)


def test_twenty_first_are_shown_and_anybody_can_be_found(live):
    rows = f"[...{BLOCK}.querySelectorAll('tbody tr')].map(row => row.cells[1].textContent)"
    assert len(live.evaluate(rows)) == 20
    live.evaluate(f"""(() => {{ const find = {BLOCK}.querySelector('input[type=search]');
        find.value = 'c17'; find.dispatchEvent(new Event('input')); }})()""")
    assert live.evaluate(rows) == ["Центр «C17» <17>"]
    assert live.evaluate(f"{BLOCK}.querySelector('output').textContent") == "Показано 1 из 1"
    assert "(проект редакции)" in live.evaluate(f"{BLOCK}.textContent")   # the mark of what is not official


def test_the_sentence_of_other_formats_gives_way_and_comes_back_on_paper(live):
    words = f"getComputedStyle({BLOCK}.querySelector('p.without-script')).display"
    live_part = f"getComputedStyle({BLOCK}.querySelector('.live')).display"
    assert (live.evaluate(words), live.evaluate(live_part)) == ("none", "block")
    live.prefer(media="print")
    assert (live.evaluate(words), live.evaluate(live_part)) == ("block", "none")
    live.prefer()
