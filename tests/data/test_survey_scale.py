"""Does the one pass over a Parquet file give the numbers of pandas, and is its memory flat?"""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from methods.data import survey_scale
from methods.data.counting import BLOCK, count_marks
from methods.data.survey import survey_estimates
from methods.data.survey_scale import histogram_estimates, parquet_counts, parquet_estimates
from methods.errors import EnvironmentFault, InputError

arrow = pytest.importorskip("pyarrow")
parquet = pytest.importorskip("pyarrow.parquet")


@pytest.fixture
def answers():
    """3,000 questionnaires, three questions, a fifth of the marks left open, units of very different size."""
    draw = np.random.default_rng(4)
    unit = draw.choice([f"Ц{i:02d}" for i in range(40)], 3000, p=(np.arange(40) + 1) / 820)
    frame = pd.DataFrame({"unit": unit, "clientele": draw.choice(["seekers", "employers"], 3000, p=[0.8, 0.2])})
    for question in ("q1", "q2", "q3"):
        frame[question] = pd.array(draw.integers(1, 6, 3000), dtype="UInt8")
        frame.loc[draw.random(3000) < 0.2, question] = pd.NA
    return frame


def write(frame, path, **settings):
    parquet.write_table(arrow.Table.from_pandas(frame, preserve_index=False), path, **settings)
    return path


@pytest.mark.parametrize("treatment", ["mean", "top-2-box"])
def test_same_numbers_as_pandas_on_marks_with_gaps(answers, tmp_path, treatment):
    found = parquet_estimates(write(answers, tmp_path / "a.parquet"), ["unit", "clientele"], ["q1", "q2", "q3"], (1, 5),
                              treatment)
    for question in ("q1", "q2", "q3"):
        stated = survey_estimates(answers[question].astype(float), answers[["unit", "clientele"]], (1, 5), treatment)
        pd.testing.assert_frame_equal(found.xs(question, level="question")[["value", "se", "n"]], stated, rtol=1e-12)
        opened = answers[question].isna().groupby([answers["unit"], answers["clientele"]]).mean()
        assert found.xs(question, level="question")["item_nonresponse"].to_numpy() == pytest.approx(opened.to_numpy())


@pytest.mark.parametrize("kind", ["uint8", "int8", "int64", "uint16", "float64", "float32"])
@pytest.mark.parametrize("low", [0, 1, 2])
def test_any_type_of_number_and_any_scale(answers, tmp_path, kind, low):
    frame = answers[["unit", "q1"]].copy()
    marks = frame["q1"].astype("Float64") + (low - 1)
    frame["q1"] = marks.astype({"uint8": "UInt8", "int8": "Int8", "int64": "Int64", "uint16": "UInt16"}.get(kind, kind))
    found = parquet_counts(write(frame, tmp_path / "a.parquet"), ["unit"], ["q1"], (low, low + 4))
    stated = pd.crosstab(frame["unit"], marks.astype(float).fillna(-1)).to_numpy()
    np.testing.assert_array_equal(found.to_numpy(), stated)
    assert found.columns.to_list() == ["open", *range(low, low + 5)]


@pytest.mark.parametrize("batch", [7, 500, 10_000])
@pytest.mark.parametrize("rows_in_group", [100, 10_000])
def test_batches_do_not_matter_even_when_groups_appear_late(answers, tmp_path, batch, rows_in_group):
    path = write(answers.sort_values("unit"), tmp_path / "a.parquet", row_group_size=rows_in_group)
    found = parquet_counts(path, ["unit", "clientele"], ["q1", "q2", "q3"], (1, 5), batch=batch)
    other = parquet_counts(write(answers, tmp_path / "b.parquet"), ["unit", "clientele"], ["q1", "q2", "q3"], (1, 5))
    pd.testing.assert_frame_equal(found, other)
    assert found.to_numpy().sum() == 3 * len(answers)


def test_units_may_be_numbers_and_categories(answers, tmp_path):
    frame = answers.assign(unit=answers["unit"].str[1:].astype(int), clientele=answers["clientele"].astype("category"))
    found = parquet_counts(write(frame, tmp_path / "a.parquet"), ["unit", "clientele"], ["q1"], (1, 5))
    assert found.index.get_level_values("unit").unique().to_list() == list(range(40))
    assert found.to_numpy().sum() == len(answers)


def test_a_mark_that_means_no_answer(tmp_path):
    frame = pd.DataFrame({"unit": ["Ц1"] * 4, "q1": [5, 99, 4, 98]})
    found = parquet_estimates(write(frame, tmp_path / "a.parquet"), ["unit"], ["q1"], (1, 5), missing=[98, 99])
    assert found.loc[("Ц1", "q1")].to_dict() == pytest.approx(
        {"value": 0.875, "se": 0.125, "n": 2, "item_nonresponse": 0.5})


def test_a_question_nobody_answered_has_no_value_and_a_file_without_rows_is_refused(answers, tmp_path):
    frame = answers[["unit", "q1"]].assign(q1=None)
    found = parquet_estimates(write(frame, tmp_path / "a.parquet"), ["unit"], ["q1"], (1, 5))
    assert found["value"].isna().all()
    assert (found["n"] == 0).all()
    with pytest.raises(InputError, match=r"b\.parquet: в таблице нет ни одной анкеты"):
        parquet_counts(write(answers.iloc[:0], tmp_path / "b.parquet"), ["unit"], ["q1"], (1, 5))


@pytest.mark.parametrize(("kind", "bad", "shown"), [
    ("UInt8", 6, "6"), ("UInt8", 0, "0"), ("Int64", 0, "0"), ("Int64", -1, "-1"), ("Int64", 261, "261"),
    ("Float64", 4.5, "4.5"), ("Float64", 0.5, "0.5"), ("Float64", np.inf, "inf")])
def test_a_mark_outside_the_scale_is_refused_with_its_row(tmp_path, kind, bad, shown):
    frame = pd.DataFrame({"unit": ["Ц1"] * 30, "q1": pd.array([5, None] * 15, dtype=kind)})
    frame.loc[24, "q1"] = bad
    with pytest.raises(InputError, match=rf"a\.parquet \| строка 25 \| столбец «q1» \| значение {shown}\n"
                                         r"  правило: целое от 1 до 5 или пусто"):
        parquet_counts(write(frame, tmp_path / "a.parquet"), ["unit"], ["q1"], (1, 5), batch=10)


def test_an_empty_code_a_missing_column_and_text_are_refused(answers, tmp_path):
    path = write(answers.assign(unit=answers["unit"].mask(answers.index == 12)), tmp_path / "a.parquet")
    with pytest.raises(InputError, match=r"строка 13 \| столбец «unit» \| пусто"):
        parquet_counts(path, ["unit"], ["q1"], (1, 5))
    with pytest.raises(InputError, match=r"нет столбцов q9\. Есть: unit, clientele, q1"):
        parquet_counts(path, ["clientele"], ["q9"], (1, 5))
    with pytest.raises(InputError, match=r"столбец «unit» \| тип .*\n  правило: оценки — целые числа"):
        parquet_counts(path, ["clientele"], ["unit"], (1, 5))
    with pytest.raises(InputError, match="Шкала 5–1"):
        parquet_counts(path, ["clientele"], ["q1"], (5, 1))


def test_without_pyarrow_the_message_says_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    with pytest.raises(EnvironmentFault, match="pip install pyarrow"):
        parquet_counts(tmp_path / "a.parquet", ["unit"], ["q1"], (1, 5))


def test_pyarrow_is_not_imported_before_it_is_needed():
    code = "import sys, methods.data.survey_scale; print('pyarrow' in sys.modules)"
    first = subprocess.run([sys.executable, "-c", "import sys, pandas; print('pyarrow' in sys.modules)"],
                           capture_output=True, text=True, check=True).stdout
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == first


@pytest.mark.parametrize(("questions", "levels"), [(1, 5), (2, 2), (5, 11), (4, 15)])
@pytest.mark.parametrize("threads", [1, 2, 3])
def test_any_number_of_questions_and_levels_and_threads(questions, levels, threads):
    """Fields of 64 // (levels + 1) bits overflow many times over in so many rows of one group."""
    draw = np.random.default_rng(questions)
    rows = 3 * BLOCK + 17
    groups = draw.choice(9, rows, p=[0.9, *[0.0125] * 8]).astype(np.int32)
    marks = [draw.integers(0, levels + 1, rows).astype(np.uint8) for _ in range(questions)]
    counts = np.zeros((9, questions, levels + 1), np.int64)
    count_marks(groups, marks, counts, threads)
    stated = np.zeros_like(counts)
    for question, mark in enumerate(marks):
        np.add.at(stated, (groups, question, mark), 1)
    np.testing.assert_array_equal(counts, stated)


def test_one_answer_has_no_error_and_too_few_no_value():
    counts = pd.DataFrame([[0, 0, 0, 0, 1], [0, 0, 0, 1, 1]], columns=[1, 2, 3, 4, 5])
    assert np.isnan(histogram_estimates(counts, (1, 5)).loc[0, "se"])
    assert histogram_estimates(counts, (1, 5), min_answers=2)["value"].isna().to_list() == [True, False]


PROBE = """
import sys, threading, time, psutil
import pyarrow.parquet
from methods.data.survey_scale import parquet_counts
process, most, done = psutil.Process(), 0, threading.Event()
def watch():
    global most
    while not done.wait(0.002):
        most = max(most, process.memory_info().rss)
before = process.memory_info().rss
watcher = threading.Thread(target=watch); watcher.start()
parquet_counts(sys.argv[1], ["unit"], [f"q{i}" for i in range(10)], (1, 5), batch=1 << 15)
done.set(); watcher.join()
print(most - before)
"""


@pytest.mark.slow
def test_memory_does_not_grow_with_the_file(tmp_path):
    """Four and sixteen times 100,000 rows: added memory differs by less than a quarter of the longer table."""
    draw = np.random.default_rng(0)
    size = 100_000
    part = arrow.table({"unit": arrow.array(draw.integers(0, 500, size)),
                        **{f"q{i}": arrow.array(draw.integers(1, 6, size).astype(np.uint8)) for i in range(10)}})
    added = {}
    for parts in (4, 16):
        with parquet.ParquetWriter(tmp_path / "a.parquet", part.schema) as writer:
            for _ in range(parts):
                writer.write_table(part)
        added[parts] = int(subprocess.run([sys.executable, "-c", PROBE, str(tmp_path / "a.parquet")], check=True,
                                          capture_output=True, text=True).stdout)
    assert added[16] - added[4] < 16 * size * 10 / 4
    assert survey_scale.BATCH * 20 * 4 < 2 ** 26
