import json

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from methods.errors import InputError
from methods.report.frames import from_csv, to_csv
from methods.report.results import Results, Table, merge, spell

FRAMES = {
    "plain": pd.DataFrame({"балл": [0.1 + 0.2, np.nan, 1e-300], "мест": [1, 2, 3]}),
    "labels": pd.DataFrame({"x": [1.5]}, index=pd.Index(["Центр «А»; филиал\nвторой"], name="центр")),
    "empty text is not nothing": pd.DataFrame({"t": pd.Series(["", None, "NA", "nan", " да ", "1,5"], dtype="str")}),
    "mixed": pd.DataFrame({"m": pd.Series(["текст", "", 3, 2.5, True, None, np.nan], dtype=object)}),
    "flags and nullable": pd.DataFrame({"b": [True, False], "i": pd.array([1, None], dtype="Int64"),
                                        "n": pd.array([True, None], dtype="boolean"),
                                        "f": pd.array([1.5, None], dtype="Float64")}),
    "narrow": pd.DataFrame({"f": np.array([0.1, np.nan], "float32"), "i": np.array([1, 2], "int8")}),
    "category": pd.DataFrame({"уровень": pd.Categorical(["2", None, "1"], ["1", "2", ""], ordered=True)}),
    "category of numbers": pd.DataFrame({"c": pd.Categorical([3, 1], [1, 2, 3])}),
    "dates": pd.DataFrame({"d": pd.to_datetime(["2024-02-29", None])}),
    "infinite": pd.DataFrame({"x": [np.inf, -np.inf, -0.0]}),
    "levels": pd.DataFrame([[1, 2.0], [3, 4.0]],
                           index=pd.MultiIndex.from_tuples([("А", 1), ("Б", 2)], names=["регион", "номер"]),
                           columns=pd.MultiIndex.from_tuples([("балл", 2023), ("балл", 2024)], names=["что", None])),
    "years as columns": pd.DataFrame([[1.0, 2.0]], columns=pd.Index([2023, 2024], name="год"), index=["01"]),
    "numbered rows with a name": pd.DataFrame({"x": [1, 2]}, index=pd.RangeIndex(2, name="место")),
    "formulas": pd.DataFrame({"t": pd.Series(["=1+1", "'=1", "a;=1", None, "−"], dtype="str"),
                              "m": pd.Series(["@x", -1, "+7 900", None, 2.5], dtype=object),
                              "c": pd.Categorical(["=c", "b", "=c", None, "b"])},
                             index=pd.Index(["-a", "б", "\t=1", "=г", "д"], name="=имя")),
    "no rows": pd.DataFrame({"x": pd.Series([], dtype=float), "t": pd.Series([], dtype="str")}),
    "no columns": pd.DataFrame(index=["Ц1", "Ц2"]),
}


@pytest.mark.parametrize("name", FRAMES)
def test_frames_survive_exactly(name):
    content, meta = to_csv(FRAMES[name])
    meta = json.loads(json.dumps(meta, allow_nan=False))
    pd.testing.assert_frame_equal(from_csv(content, meta), FRAMES[name], check_exact=True)


def test_no_cell_of_a_stored_table_begins_a_formula():
    content, _ = to_csv(FRAMES["formulas"])
    text = content.decode("utf-8-sig")
    for line in text.splitlines():
        for cell in line.split(";"):
            assert not cell.strip('"').lstrip().startswith(("=", "@", "+7")), line


@pytest.mark.parametrize("seed", range(20))
def test_random_doubles_survive_to_the_last_bit(seed):
    values = np.random.default_rng(seed).integers(0, 2**64, 200, dtype=np.uint64).view(float)
    frame = pd.DataFrame({"x": values})
    pd.testing.assert_frame_equal(from_csv(*to_csv(frame)), frame, check_exact=True)


def test_unsupported_values_are_refused():
    with pytest.raises(TypeError, match="переведите"):
        to_csv(pd.DataFrame({"x": [[1]]}))
    with pytest.raises(TypeError, match="переведите"):
        to_csv(pd.DataFrame({"x": pd.cut([1, 2], 2)}))


@pytest.fixture
def results(tmp_path):
    results = Results("weights", "star-2022", "2024", tmp_path)
    results.number("mean", np.float64(0.1) + 0.2, "Средний балл", "балла", 2)
    results.number("gap", float("nan"), "Нет")
    results.number("centres", np.int64(84), "Центров")
    results.text("verdict", "Устойчивы места $n$ центров")
    results.table("scores", FRAMES["levels"], "Таблица 1. Баллы", decimals={("балл", 2024): 1})
    results.table("plain", FRAMES["plain"], "Таблица 2", decimals=1)
    results.figure("bars", _figure(), "Рис. 1. «Баллы»", alt='Столбцы "баллов" < 5')
    return results


def _figure():
    figure, axes = plt.subplots()
    axes.plot([1, 2])
    return figure


def test_read_gives_the_same_back(results, tmp_path):
    path = results.write()
    again = Results.read(tmp_path, "weights")
    assert again.numbers == results.numbers
    assert again.texts == results.texts
    assert again.figures == results.figures
    assert again.numbers["mean"].value == 0.1 + 0.2
    assert again.numbers["gap"].value is None
    assert (again.job, again.edition, again.period, again.reason) == ("weights", "star-2022", "2024", None)
    pd.testing.assert_frame_equal(again.tables["scores"].frame, FRAMES["levels"], check_exact=True)
    assert again.tables["plain"].decimals == 1
    first = path.read_bytes()
    again.write()
    assert path.read_bytes() == first
    json.loads(first, parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))
    assert not list(tmp_path.rglob(".*"))   # nothing half-written stays


def test_equal_figures_are_equal_bytes_and_closed(results):
    plt.close("all")
    again = Results("weights", "e", "p", "x").figure("bars", _figure(), "")
    assert again.png == results.figures["bars"].png
    assert not plt.get_fignums()


def test_displays_speak_and_escape(results):
    html = results.figures["bars"]._repr_html_()
    assert 'alt="Столбцы &quot;баллов&quot; &lt; 5"' in html
    assert "<figcaption>Рис. 1. «Баллы»</figcaption>" in html
    frame = pd.DataFrame({"<b>": ["<i>", "x"], "y": [12345.6, np.nan], "год": [2024, 2025]}, index=["a", "a"])
    table = Table(frame, "A < B", 1)._repr_html_()
    assert "<caption>A &lt; B</caption>" in table
    assert "&lt;i&gt;" in table
    assert "<b>" not in table
    assert ">2024<" in table
    assert "12\u202f345,6" in table
    assert "—" in table
    assert results.tables["plain"]._repr_html_() == results.tables["plain"]._repr_html_()


def test_not_applicable_is_kept_with_its_reason(tmp_path):
    Results("maturity", "cms-2021", "2021", tmp_path).missing("в редакции нет уровней зрелости").write()
    assert Results.read(tmp_path, "maturity").reason == "в редакции нет уровней зрелости"


def test_merge_puts_all_jobs_in_one_file(results, tmp_path):
    results.write()
    Results("maturity", "star-2022", "2024", tmp_path).missing("нет").write()
    merged = json.loads(merge(tmp_path).read_text("utf-8"))
    assert merged["edition"] == "star-2022"
    assert sorted(merged["jobs"]) == ["maturity", "weights"]
    assert json.loads(merge(tmp_path).read_text("utf-8")) == merged   # results.json is not taken for a job


def test_merge_refuses_a_mixture(results, tmp_path):
    results.write()
    Results("maturity", "star-2022", "2023", tmp_path).missing("нет").write()
    with pytest.raises(InputError, match="одна редакция и один период"):
        merge(tmp_path)


def test_changed_or_lost_files_are_found(results, tmp_path):
    results.write()
    table = tmp_path / "tables" / "weights-plain.csv"
    table.write_bytes(table.read_bytes().replace(b";2", b";3"))
    with pytest.raises(InputError, match="изменён после расчёта"):
        Results.read(tmp_path, "weights")
    table.unlink()
    with pytest.raises(InputError, match="Нет файла результатов"):
        Results.read(tmp_path, "weights")
    with pytest.raises(InputError, match="Сначала выполните"):
        Results.read(tmp_path, "agreement")


@pytest.mark.parametrize("value", ["1", True, [1]])
def test_only_numbers_are_numbers(results, value):
    with pytest.raises(TypeError, match="ожидается число"):
        results.number("x", value, "")


def test_infinity_and_bad_keys_are_refused(results):
    with pytest.raises(ValueError, match="бесконечность"):
        results.number("x", np.inf, "")
    with pytest.raises(ValueError, match="Ключ"):
        results.text("../x", "")


@pytest.mark.parametrize(("value", "decimals", "text"), [
    (93.115, 2, "93,12"), (-0.04, 1, "0,0"), (12345.6, 0, "12\u202f346"),
    (1234567, None, "1\u202f234\u202f567"), (0.1 + 0.2, None, "0,3"),
    (None, 1, "—"), (pd.NA, None, "—"), (True, 1, "True"), (-1.5, 0, "−2"), (np.int64(5), 2, "5,00")])
def test_numbers_are_spelt_the_russian_way(value, decimals, text):
    assert spell(value, decimals) == text
