"""Catalogue of bad inputs, sections 11 and 14: data that are read well and do not bear the statistic asked of them.

Every row is one change of good data; the good data give a rating, a correlation, an interval without a word.
"""

import hashlib
import io
import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from methods import cli
from methods.agreement.correlation import kendall, pearson, spearman
from methods.agreement.intraclass import intraclass_correlation
from methods.agreement.kappa import cohen_kappa
from methods.data import editions
from methods.data.editions import parse_edition
from methods.errors import EditionError, InputError, NotPublishable, UsageError
from methods.index.degenerate import cautions, ratable, sides_apart
from methods.index.importance import importance_interval, resample
from methods.index.score import MEASUREMENT_COLUMNS, score
from methods.sensitivity.design import Design
from methods.sensitivity.engine import Experiment
from methods.sensitivity.factors import WeightNoise
from methods.sensitivity.uncertainty import rank_uncertainty
from methods.weights.compromise import check_bounds
from methods.weights.drivers import cross_products, drivers
from methods.weights.targets import nearest_weights, weights_for_targets

NAME = "good-2024"
EDITION = """\
version: good-2024
title: Малая методика
status: candidate
in_force: {start: 2024-01-01}
legal_basis: [Приказ 1]
decision: 0001-good
unit: {title: центр, one: центр, few: центра, many: центров}
data:
  dataset: good
  periods: ["2024"]
  units: {file: units.csv, unit: код, title: имя}
  tables: {numbers: {file: numbers.csv, unit: код}}
indicators:
  Д1: {title: Один, direction: 1, sides: {objective: {measure: column, table: numbers, column: а}}}
  Д2: {title: Два, direction: 1, sides: {objective: {measure: column, table: numbers, column: б}}}
weights: {index: {Д1: 0.5, Д2: 0.5}}
normalisation: {method: none}
aggregation: {default: {method: arithmetic}}
missing: {default: {rule: reweight, min_coverage: 0.5}}
publication: {multiplier: 1, decimals: 2}
"""
GRADES = "grades: {title: уровни, labels: [низкий, средний, высокий], method: quantiles}\n"
NUMBERS = {"01": (1, 2), "02": (3, 4), "03": (5, 1), "04": (2, 6), "05": (4, 7), "06": (6, 9)}


@pytest.fixture
def command(tmp_path, monkeypatch, capsys):
    """`zvezda score` over these numbers of centres: exit code, table, complaints and remarks."""
    (tmp_path / editions.FOLDER).mkdir(parents=True)
    raw = tmp_path / "data/raw/good"
    raw.mkdir(parents=True)
    monkeypatch.setenv("ZVEZDA_ROOT", str(tmp_path))

    def run(numbers=NUMBERS, edition=EDITION):
        texts = {"units.csv": "код,имя\n" + "".join(f"{unit},Центр {unit}\n" for unit in numbers),
                 "numbers.csv": "код,а,б\n" + "".join(
                     f"{unit},{','.join(str(value) for value in values)}\n" for unit, values in numbers.items())}
        for name, text in texts.items():
            (raw / name).write_text(text, encoding="utf-8")
        hashes = {name: hashlib.sha256((raw / name).read_bytes()).hexdigest() for name in texts}
        (raw / "source.yml").write_text(yaml.safe_dump(
            {"title": "Набор", "producer": "Мы", "date": "2024-01-01", "licence": "CC0", "files": hashes},
            allow_unicode=True), encoding="utf-8")
        (tmp_path / editions.FOLDER / f"{NAME}.yaml").write_text(edition, encoding="utf-8")
        code = cli.main(["score", "-e", NAME])
        out, err = capsys.readouterr()
        assert "Traceback" not in out + err
        return code, out, err
    return run


def objective(values, codes=("Д1", "Д2")):
    """Measurements of these values: units x codes."""
    frame = pd.DataFrame(values, columns=list(codes))
    frame.index = [f"{place:02}" for place in range(1, len(frame) + 1)] if frame.index.dtype != object else frame.index
    rows = [(unit, code, "objective", "", frame.loc[unit, code], np.nan, np.nan)
            for unit in frame.index for code in frame]
    return pd.DataFrame(rows, columns=list(MEASUREMENT_COLUMNS))


GOOD = parse_edition(EDITION)


def test_good_data_give_a_rating_without_a_word(command):
    code, out, err = command()
    assert code == 0
    assert len(out.splitlines()) == 1 + len(NUMBERS)
    assert "Замечание" not in err
    assert cautions(score(objective(list(NUMBERS.values())), GOOD), GOOD) == []


# --- too few, too alike -----------------------------------------------------------------------------------------------

@pytest.mark.parametrize("count", [1, 2])
def test_sta_01_one_or_two_centres(command, count):
    code, out, err = command(dict(list(NUMBERS.items())[:count]))
    assert (code, out) == (10, "")
    assert f"Для рейтинга нужно не меньше 3 единиц (центров), есть {count}" in err
    assert command(dict(list(NUMBERS.items())[:3]))[0] == 0


@pytest.mark.parametrize("formula", [pearson, spearman, kendall])
def test_sta_02_08_correlation_of_two_pairs(formula):
    survey = pd.Series({"01": 0.5, "02": 0.6, "03": np.nan, "04": np.nan}, name="опрос")
    checklist = pd.Series({"01": 0.7, "02": 0.2, "05": 0.4, "06": 0.9}, name="чек-лист")
    with pytest.raises(NotPublishable, match=r"опрос и чек-лист.*n = 2: не вычисляется.*первая оценка есть у 0, только "
                                             r"вторая — у 2"):
        formula(survey, checklist)
    assert formula(survey.fillna(0.9), checklist.rename({"05": "03"})).n == 3


def test_sta_03_all_scores_are_equal(command):
    code, out, err = command({unit: (3, 3) for unit in NUMBERS})
    assert code == 0
    assert "У всех центров один и тот же балл: места равны" in err
    assert set(pd.read_csv(io.StringIO(out))["rank"]) == {1}


def test_sta_04_an_indicator_that_does_not_vary(command):
    flat = {unit: (3, second) for unit, (_, second) in NUMBERS.items()}
    code, _, err = command(flat)
    assert code == 0
    assert "Не различают единицы, хотя имеют вес: Д1." in err
    for scale in ("min-max", "z-score"):
        code, out, err = command(flat, EDITION.replace("{method: none}", f"{{method: {scale}}}"))
        assert (code, out) == (4, "")
        assert "Показатель Д1: во всех единицах одно значение" in err
        assert "исключите показатель" in err


def test_sta_05_an_indicator_without_a_single_value(command):
    code, out, err = command({unit: ("", second) for unit, (_, second) in NUMBERS.items()})
    assert (code, out) == (3, "")
    assert "Д1" in err
    assert command({unit: ("" if unit == "01" else first, second) for unit, (first, second) in NUMBERS.items()})[0] == 0


@pytest.mark.parametrize("value", ["inf", "-inf"])
def test_sta_06_an_endless_value(command, value):
    code, out, err = command({**NUMBERS, "04": (value, 6)})
    assert (code, out) == (3, "")
    assert f"numbers.csv | строка 5 | столбец «а» (B) | значение «{value}»" in err  # the reader has stopped it already
    with pytest.raises(NotPublishable, match=r"Бесконечное значение, мест: \d+, первые: 04 × Д1"):
        ratable(score(objective([*list(NUMBERS.values())[:3], (float(value), 6)]), GOOD), GOOD)


def test_sta_07_dust_does_not_part_equal_scores():
    found = score(objective([(0.1 + 0.2, 0.6), (0.3, 0.6), (0.9, 0.8), (0.2, 0.1)]), GOOD)
    assert found.rank.to_list() == [2, 2, 1, 4]
    assert score(objective([(0.3001, 0.6), (0.3, 0.6), (0.9, 0.8), (0.2, 0.1)]), GOOD).rank.to_list() == [2, 3, 1, 4]


@pytest.mark.parametrize("formula", [pearson, spearman, kendall])
def test_sta_09_a_correlation_with_what_does_not_vary(formula):
    found = formula(pd.Series([1.0] * 5, name="опрос"), pd.Series([1.0, 2, 3, 4, 5], name="чек-лист"))
    assert np.isnan([found.value, *found.interval]).all()
    assert "не определена: нет разброса («опрос»" in found.why


# --- regressions ------------------------------------------------------------------------------------------------------

def answers(n=200, seed=0):
    draw = np.random.default_rng(seed)
    marks = pd.DataFrame(draw.integers(1, 6, (n, 3)), columns=["в1", "в2", "в3"]).astype(float)
    return marks, (marks["в1"] + marks["в2"] + draw.normal(size=n)).rename("общая"), pd.Series(np.arange(n) % 20)


def test_sta_10_more_coefficients_than_answers():
    marks, overall, centres = answers(4)
    with pytest.raises(NotPublishable, match="анкет 4, коэффициентов 4; анкет должно быть больше"):
        cross_products(marks, overall, centres)
    assert cross_products(*answers(5)).n == 5


def test_sta_11_indicators_that_repeat_each_other():
    marks, overall, centres = answers()
    assert drivers(cross_products(marks, overall, centres), draws=100).warnings() == ()
    near = marks.assign(в4=marks["в1"] + np.random.default_rng(1).normal(0, 0.1, len(marks)))
    told, = drivers(cross_products(near, overall, centres), draws=100).warnings()
    assert re.fullmatch(r"Вопросы в1 и в4 повторяют друг друга: корреляция 1\.00, VIF \d+\.\d; вес между ними разделён "
                        r"ненадёжно\.", told)
    with pytest.raises(NotPublishable, match="линейно зависимы: в1, в4"):
        drivers(cross_products(marks.assign(в4=marks["в1"]), overall, centres), draws=100)


def test_sta_12_a_gap_in_a_regression():
    marks, overall, centres = answers()
    marks.loc[3, "в2"] = np.nan
    with pytest.raises(InputError, match=r"пропущены ответы в 1 анкетах из 200, первая — 3 \(в2\)"):
        cross_products(marks, overall, centres)
    taken = cross_products(marks, overall, centres, gaps="complete")
    assert (taken.n, taken.complete) == (199, 0.995)


# --- intervals and draws ----------------------------------------------------------------------------------------------

def test_sta_13_a_bootstrap_of_one_or_of_equals():
    table = pd.DataFrame({"Д1": [5.0, 5, 5, 5], "Д2": [2.0, 2, 2, 2]})
    for nothing in (table, table.iloc[:1]):
        with pytest.raises(NotPublishable, match="Интервал не определён"):
            resample(nothing, lambda sample: sample.mean(), draws=100)
    assert importance_interval(table, table.mean(axis=1), draws=100)[["low", "high"]].isna().all(axis=None)
    found = resample(table.assign(Д1=[4.0, 5, 5, 4]), lambda sample: sample.mean(), draws=100).interval()
    assert found.loc["Д1", "low"] < 4.5 < found.loc["Д1", "high"]


@pytest.fixture
def four():
    return objective([(1, 2), (3, 4), (5, 1), (2, 6)])


def places_of(rows, draws, seed=0):
    return rank_uncertainty(Experiment(rows, GOOD, [WeightNoise()]), Design(draws, "random", seed))


@pytest.mark.parametrize("draws", [0, -1])
def test_sta_14_no_draws(four, draws):
    with pytest.raises(UsageError, match=f"Розыгрышей должно быть не меньше 1.*draws={draws}"):
        places_of(four, draws)


def test_sta_15_one_draw_gives_no_interval(four):
    with pytest.raises(UsageError, match="не меньше 1000"):
        places_of(four, 1).summary()
    assert len(places_of(four, 200).summary()) == 4


def test_sta_16_big_03_more_draws_than_can_be_made(four):
    with pytest.raises(UsageError, match=r"draws=1000000000000: предел — 2\D147\D483\D647 розыгрышей; столько для 4 "
                                         r"единиц заняли бы около [\d\s]+ ч и \d+,\d ГБ памяти"):
        places_of(four, 10**12)


def test_big_03_memory_does_not_grow_with_the_draws():
    """5,000 centres x 20 indicators: counts of places take 100 MB whatever the draws, not 8 GB of values."""
    draw = np.random.default_rng(0)
    found = [places_of(objective(draw.random((50, 2))), draws) for draws in (300, 3000)]
    assert len({each.counts.to_numpy().nbytes for each in found}) == 1
    assert found[0].counts.to_numpy().nbytes * (5_000 / 50) ** 2 <= 101e6


def test_sta_17_every_notebook_that_draws_has_its_seed_in_the_protocol():
    """The seed is a parameter with a value of its own, and parameters are what `manifest.json` keeps."""
    root = Path(__file__).parents[2]
    for notebook in sorted((root / "notebooks").glob("0*.ipynb")):
        cells = json.loads(notebook.read_text("utf-8"))["cells"]
        code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
        if any("seed=" in text for text in code):
            cell, = [text for cell, text in zip([c for c in cells if c["cell_type"] == "code"], code, strict=True)
                     if "parameters" in cell["metadata"].get("tags", [])]
            assert re.search(r"^seed = \d+", cell, re.MULTILINE), notebook.name
    runner = (root / "src/methods/run/runner.py").read_text("utf-8")
    assert '"parameters"' in runner


def test_sta_18_the_order_of_rows_changes_nothing(four):
    mixed = four.sample(frac=1, random_state=3)
    one, other = (places_of(rows, 200, seed=5).counts for rows in (four, mixed))
    pd.testing.assert_frame_equal(one, other.loc[one.index])
    pd.testing.assert_series_equal(score(mixed, GOOD).index.sort_index(), score(four, GOOD).index.sort_index())


# --- what is told and shown as it is ----------------------------------------------------------------------------------

def test_sta_19_a_negative_variance_is_shown_and_explained():
    found = intraclass_correlation(pd.DataFrame({"Э1": [1.0, 5, 2, 4, 3], "Э2": [5.0, 1, 4, 2, 3]}))
    assert found["ICC(1,1)"] < 0
    assert "отрица" in found.why
    assert intraclass_correlation(pd.DataFrame({"Э1": [1.0, 5, 2, 4, 3], "Э2": [1.5, 6, 3.5, 5, 3]})).why == ""


def test_sta_20_a_category_that_nobody_has():
    one, other = pd.Series(list("аабвгг")), pd.Series(list("аабббб"))
    found = cohen_kappa(one, other, categories=list("абвгд"))
    assert "у первой стороны нет ни одной единицы в категориях: д" in found.why
    assert "у второй стороны нет ни одной единицы в категориях: в, г, д" in found.why
    assert found.value == pytest.approx(cohen_kappa(one, other).value)
    assert cohen_kappa(pd.Series(list("аабв")), pd.Series(list("абвв"))).why == ""


def test_sta_21_quantile_groups_with_many_ties(command):
    tied = {"01": (1, 1), "02": (1, 1), "03": (1, 1), "04": (1, 1), "05": (4, 7), "06": (6, 9)}
    code, _, err = command(tied, EDITION + GRADES)
    assert code == 0
    assert "уровни не равны по числу единиц: " in err
    sizes = [int(size) for size in re.findall(r"— (\d)", err.split("уровни не равны по числу единиц")[1])]
    assert sum(sizes) == 6
    assert "уровни не равны" not in command(NUMBERS, EDITION + GRADES)[2]


def test_sta_22_two_sides_known_for_different_centres():
    survey, checklist = pd.Series({"01": 0.5, "02": 0.6, "03": 0.7}), pd.Series({"02": 0.4, "03": 0.9, "04": 1.0})
    assert sides_apart({"опрос": survey, "чек-лист": checklist}) == (
        "Наборы единиц различаются: обе стороны у 2, только опрос у 1, только чек-лист у 1.")
    assert sides_apart({"опрос": survey, "чек-лист": survey}) == ""
    found = pearson(survey, pd.concat([checklist, pd.Series({"01": 0.2})]))
    assert (found.n, found.only_x, found.only_y) == (3, 0, 1)


# --- weights under bounds and to targets ------------------------------------------------------------------------------

MEMBERS = list("абв")


def shares(*numbers):
    return pd.Series(numbers, index=MEMBERS, dtype=float)


@pytest.mark.parametrize(("lower", "upper", "words"), [
    ((0.4, 0.4, 0.4), (1, 1, 1), "1.2"), ((0, 0, 0), (0.3, 0.3, 0.3), "0.9")])
def test_wgt_16_bounds_that_no_weights_meet(lower, upper, words):
    with pytest.raises(EditionError, match=re.escape(words)) as caught:
        check_bounds(shares(*lower), shares(*upper))
    assert "сумма нижних" in str(caught.value)
    assert "сумма верхних" in str(caught.value)
    check_bounds(shares(0.2, 0.2, 0.2), shares(1, 1, 1))


def twins(apart=0.05):
    draw = np.random.default_rng(2)
    base = draw.normal(size=60)
    return pd.DataFrame({"а": base, "б": base + draw.normal(0, apart, 60), "в": draw.normal(size=60)})


def test_wgt_17_a_calibration_that_misses_is_not_published():
    with pytest.raises(NotPublishable) as caught:
        weights_for_targets(twins(), shares(0.8, 0.1, 0.1))
    for what in ("Итераций", "допуск", "последнее изменение веса", "не публикуются"):
        assert what in str(caught.value)
    assert not nearest_weights(twins(), shares(0.8, 0.1, 0.1)).converged
    assert weights_for_targets(twins(), shares(0.35, 0.35, 0.3)).converged


def test_wgt_18_a_weight_on_its_bound_is_named():
    free = weights_for_targets(twins(1), shares(0.35, 0.35, 0.3))
    assert free.warnings() == ()
    held = weights_for_targets(twins(1), shares(0.35, 0.35, 0.3), lower=shares(0, 0, free.weights["в"] + 0.002))
    told, = held.warnings()
    assert told.startswith(f"Вес в лежит на границе {free.weights['в'] + 0.002:g}")


def test_every_row_of_the_section_is_here():
    source = Path(__file__).read_text("utf-8").upper().replace("_", "-")
    told = {f"{section}-{number}" for section, numbers in re.findall(r"\b(?:TEST-)?(STA|BIG)((?:-\d\d)+)", source)
            for number in numbers[1:].split("-")}
    assert told >= {f"STA-{number:02}" for number in range(1, 23)}
