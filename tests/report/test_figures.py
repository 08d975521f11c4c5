"""Pictures: they draw whatever the data are, nothing covers anything, words are large enough, bytes repeat."""

import io
import re
from dataclasses import dataclass
from functools import cache
from itertools import combinations
from unittest.mock import patch

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.patches import Polygon
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from methods.agreement.verdict import QUADRANTS
from methods.errors import InputError
from methods.index.correlation_lights import COHERENT, CONTRARY, REDUNDANT, SILENT
from methods.report import figures
from methods.report.figures.correlations import LIGHTS
from methods.report.figures.regions import DOWN, UP
from methods.report.figures.style import HATCH, TEXT, WIDTH, spread, wrapped
from methods.report.results import signed

COLUMN = 16 / 2.54   # inches of the column of the report
SMALLEST = 8         # points that can be read there
GROUPS = ["Дружелюбие и партнёрство", "Полезность обращения", "Минимизация усилий", "Адресность и персонализация",
          "Внешний комфорт и удобство"]
LEVELS = ["без уровня", "1 звезда", "2 звезды", "3 звезды", "4 звезды", "5 звёзд"]
LONG = "Доступность и понятность информации на сайте региональной службы занятости населения"


@dataclass(frozen=True)
class Words:
    """A text that really got onto a picture."""

    text: str
    size: float   # points
    box: Bbox     # pixels


def words_of(figure):
    """Draw a figure and note the texts as they are drawn."""
    found, original = {}, Text.draw

    def record(self, renderer, *args, **kwargs):
        original(self, renderer, *args, **kwargs)
        if self.get_visible() and self.get_text().strip():
            found[id(self)] = Words(self.get_text(), self.get_fontsize(), self.get_window_extent(renderer))
    with patch.object(Text, "draw", record):
        figure.canvas.draw()
    return list(found.values())


@cache
def drawn(name, which):
    """A picture drawn once: its words, its width in inches, the borders of its axes as (x, bottom, top)."""
    figure = PICTURES[name](*CASES[which])
    words = words_of(figure)
    borders = [(x, axes.bbox.y0, axes.bbox.y1) for axes in figure.axes if axes.axison
               for side, x in (("left", axes.bbox.x0), ("right", axes.bbox.x1)) if axes.spines[side].get_visible()]
    plt.close(figure)
    return words, figure.get_size_inches()[0], borders


@pytest.fixture(autouse=True)
def theme():
    figures.use_theme()
    yield
    plt.close("all")


def names(count, long=False):
    return [f"{LONG} {number}" if long else f"Центр {number}" for number in range(1, count + 1)]


def random(*shape, seed=0, low=0.0, high=1.0):
    return np.random.default_rng(seed).uniform(low, high, shape)


def holed(table, hole):
    """The table, with gaps in every third row if asked."""
    if hole:
        table = table.astype(float)
        table.iloc[::3] = np.nan
    return table


def tiles(count):
    return figures.tiles_in_order(pd.Index([f"Регион {number:02d}" for number in range(1, count + 1)]))


# --- every picture draws one unit, many with long names, and gaps -----------------------------------------------------

def ends(count, long, hole, columns):
    """A value and its ends in every row."""
    middle = random(count, low=0.3, high=0.6)
    spreads = {name: middle + shift for name, shift in columns.items()}
    return holed(pd.DataFrame(spreads, index=names(count, long)), hole)


def places(count, long, hole):
    adopted = np.arange(1.0, count + 1)
    summary = pd.DataFrame({"adopted": adopted, "low": np.maximum(adopted - 3, 1),
                            "high": np.minimum(adopted + 3, count)}, index=names(count))
    return figures.rank_intervals(holed(summary, hole) if count > 1 else summary,
                                  pd.Series(names(count, long), names(count)))


def bands(count, long, hole):
    sources = names(min(count, 15))
    index = pd.MultiIndex.from_product([GROUPS, sources])
    table = pd.DataFrame({"kind": [("по правилу", "эксперты", "клиенты", "данные")[number % 4]
                                   for number in range(len(index))], "weight": random(len(index), high=0.3)}, index)
    table["kind"] = table.groupby(level=1)["kind"].transform("first")
    table["low"], table["high"] = table["weight"] - 0.02, table["weight"] + 0.02
    if hole:
        table.loc[table.index[::3], ["low", "high"]] = np.nan
    return figures.weight_bands(table, pd.Series(0.2, GROUPS))


def quadrants(count, long, hole):
    table = pd.DataFrame({"checklist": random(count), "survey": random(count, seed=1)})
    table["quadrant"] = [QUADRANTS[(2 if x < 0.5 else 0) if y >= 0.5 else (3 if x < 0.5 else 1)]
                         for x, y in zip(table["checklist"], table["survey"], strict=True)]
    return figures.quadrant_map(table, 0.5, 0.5)


def front(count, long, hole):
    costs = pd.DataFrame({"moved": random(count), "apart": random(count, seed=1)}, names(count))
    return figures.frontier(costs, costs["moved"] < 0.5, costs.index[0],
                            {"moved": "Сдвиг мест", "apart": "Расхождение"})


def questions(count, long, hole):
    statistics = pd.DataFrame({"share": random(count, low=0.9), "item_rest": random(count, seed=1, low=-0.1)},
                              [f"Д{number}" for number in range(count)])
    return figures.questions_map(holed(statistics, hole), statistics.index[: count // 2 + 1])


def square(count, long, seed=0):
    values = np.corrcoef(random(60, max(count, 2), seed=seed).T)[:count, :count]
    return pd.DataFrame(values, names(count, long), names(count, long))


def lights(table):
    return table.map(lambda r: REDUNDANT if r > 0.15 else CONTRARY if r < -0.15 else SILENT if r < 0 else COHERENT)


def map_of_links(count, long, hole):
    table = square(min(count, 20), long)
    return figures.correlation_map(holed(table, hole), lights(table))


def map_by_group(count, long, hole):
    table = pd.DataFrame(random(min(count, 20), 6, low=-1), names(min(count, 20), long), [*GROUPS, "Индекс"])
    return figures.correlation_map(holed(table, hole), lights(table))


def regions(count, long, hole):
    layout = tiles(count)
    values = pd.Series(random(count, low=80, high=95), layout.index)
    return figures.tile_grid_map(holed(values, hole), layout, "Средний индекс", low=values - 3, high=values + 3,
                                 mean=values.mean())


def stars(count, long, hole):
    labels = [f"{group} {LONG[:20]}" if long else group for group in GROUPS]
    values = pd.Series(random(5, low=0.2, high=0.95), labels)
    return figures.star(holed(values, hole), values * 0.9, low=values - 0.1, high=values + 0.05)


def steps(count, long, hole):
    parts = pd.Series(random(count, low=-1), names(count, long)) if count <= 20 else pd.Series(
        random(12, low=-1), names(12, long))
    return figures.waterfall(parts, 85.0, 85 + parts.sum(), "Индекс, баллы", ends=("2023", "2024"))


def profile(count, long, hole):
    rows = names(min(count, 25), long)
    shares = pd.DataFrame(np.random.default_rng(0).dirichlet(np.ones(6), len(rows)), rows, LEVELS)
    return figures.maturity_profile(holed(shares, hole), shares.idxmax(axis=1), shares.max(axis=1))


def shares_of(count, long, hole):
    rows = names(min(count, 12), long)
    return figures.stacked_shares(pd.DataFrame(np.random.default_rng(0).dirichlet(np.ones(6), len(rows)), rows, LEVELS),
                                  "Доля единиц, %")


def moves(count, long, hole):
    shares = pd.DataFrame(np.random.default_rng(0).dirichlet(np.ones(5), 5), range(1, 6), range(1, 6))
    return figures.transition_maps({"2022 → 2023": holed(shares, hole), "2023 → 2024": shares}, LEVELS)


NEW = {"star": stars, "waterfall": steps, "correlation_map": map_of_links, "correlation_map by group": map_by_group,
       "tile_grid_map": regions, "maturity_profile": profile}
PICTURES = NEW | {
    "score_distribution": lambda count, long, hole: figures.score_distribution(
        holed(pd.Series(random(count, high=100)), hole and count > 1), [50, 70], "баллы", "центров"),
    "weight_bands": bands,
    "distances": lambda count, long, hole: figures.distances(square(min(count, 16), False).abs()),
    "frontier": front,
    "weight_against_importance": lambda count, long, hole: figures.weight_against_importance(ends(
        min(count, 20), long, hole, {"weight": 0, "importance": 0.02, "low": -0.1, "high": 0.1})),
    "bias_with_limits": lambda count, long, hole: figures.bias_with_limits(ends(min(count, 20), long, hole, {
        "bias": 0, "bias_low": -0.05, "bias_high": 0.05, "limit_low": -0.3, "limit_high": 0.3})),
    "correlations_with_intervals": lambda count, long, hole: figures.correlations_with_intervals(ends(
        min(count, 20), long, hole, {"pearson": 0, "spearman": 0.05, "low": -0.2, "high": 0.2})),
    "observed_and_true": lambda count, long, hole: figures.observed_and_true(ends(min(count, 20), long, hole, {
        "correlation": 0, "true_correlation": 0.1, "true_correlation_low": -2, "true_correlation_high": 2})),
    "rank_intervals": places,
    "quadrant_map": quadrants,
    "acceptability_map": lambda count, long, hole: figures.acceptability_map(square(min(count, 30), False).abs()),
    "causes": lambda count, long, hole: figures.causes(ends(min(count, 6), long, hole, {
        "effect": 0, "low": -0.1, "high": 0.1})),
    "stacked_shares": shares_of,
    "level_certainty": lambda count, long, hole: figures.level_certainty(
        pd.Series(random(count, high=100)), pd.Series(random(count, seed=1)), [50, 70], "баллы"),
    "questions_map": questions,
    "transition_maps": moves,
    "mean_effects": lambda count, long, hole: figures.mean_effects(
        {"2022 → 2023": pd.Series(random(5, low=-1), GROUPS), "2023 → 2024": pd.Series(random(5), GROUPS)}, "Баллы"),
}
CASES = {"one": (1, False, False), "few": (8, False, False), "many": (89, True, False), "gaps": (12, True, True)}

DRAWN = [(name, which) for name in PICTURES for which in CASES if name in NEW or which in ("many", "gaps")]

every = pytest.mark.parametrize(("name", "which"), DRAWN)
new = pytest.mark.parametrize(("name", "which"), [pair for pair in DRAWN if pair[0] in NEW])


def test_every_public_picture_is_tried():
    tried = {name.split(" ")[0] for name in PICTURES}
    assert tried == set(figures.__all__) - {"BLUE", "GREY", "INK", "ORANGE", "RAYS", "tiles_in_order", "use_theme"}


@every
def test_draws_without_a_warning_and_can_be_read_in_word(name, which):
    words, width, _ = drawn(name, which)
    smallest = min(words, key=lambda one: one.size)
    assert smallest.size * min(1, COLUMN / width) >= SMALLEST, smallest.text


@new
def test_no_text_covers_another(name, which):
    for one, two in combinations(drawn(name, which)[0], 2):
        shared = Bbox.intersection(one.box, two.box)
        assert shared is None or min(shared.width, shared.height) <= 1, (one.text, two.text)


@new
def test_no_text_lies_on_a_border_of_the_axes(name, which):
    words, _, borders = drawn(name, which)
    for x, bottom, top in borders:
        assert [one.text for one in words if one.box.x0 + 1 < x < one.box.x1 - 1 and one.box.y0 < top
                and one.box.y1 > bottom] == []


@pytest.mark.parametrize("name", [*NEW, "rank_intervals", "weight_bands"])
def test_bytes_of_two_runs_are_equal(name):
    def png():
        stream = io.BytesIO()
        figure = PICTURES[name](*CASES["few"])
        figure.savefig(stream, format="png", dpi=60, bbox_inches="tight", metadata={"Software": None})
        plt.close(figure)
        return stream.getvalue()
    assert png() == png()


@every
def test_numbers_have_a_decimal_comma_and_a_true_minus(name, which):
    wrong = [one.text for one in drawn(name, which)[0] if re.search(r"\d\.\d|-\d", one.text)]
    assert wrong == []


def test_texts_of_the_style_are_read_on_the_column():
    assert TEXT * COLUMN / WIDTH >= SMALLEST


# --- the star ---------------------------------------------------------------------------------------------------------

def area(figure, number):
    rays = [patch for patch in figure.axes[0].patches if isinstance(patch, Polygon) and patch.get_facecolor()[3] > 0]
    x, y = rays[number].get_xy()[:-1].T
    return abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2


def test_area_of_a_ray_is_proportional_to_its_value():
    figure = figures.star(pd.Series([0.8, 0.4, 0.9, 0.2, 1.0], GROUPS))
    areas = [area(figure, number) for number in range(5)]
    assert np.array(areas) / areas[4] == pytest.approx([0.8, 0.4, 0.9, 0.2, 1.0])


@pytest.mark.parametrize(("count", "title"), [(3, LONG), (4, LONG), (5, LONG[:50]), (7, LONG[:40]),
                                              (12, "Направление")])
def test_titles_of_any_number_of_rays_keep_apart(count, title):
    words = words_of(figures.star(pd.Series(random(count), [f"{title} {number}" for number in range(count)])))
    assert not any(one.box.overlaps(two.box) for one, two in combinations(words, 2))


def test_star_matches_the_reference_by_label():
    values = pd.Series([90.0, 80, 70, 60, 50], GROUPS)
    reference = pd.Series([85.0, 75, 65, 55, 45], GROUPS)
    shown = ["\n".join(text.get_text() for text in figures.star(values, own, limits=(0, 100)).axes[0].texts)
             for own in (reference, reference[::-1])]
    assert shown[0] == shown[1]
    assert "90,0 (85,0)" in shown[0]


def test_hidden_ray_has_a_dash():
    figure = figures.star(pd.Series([0.5, np.nan, 0.7], ["А", "Б", "В"]))
    assert "Б\n—" in [text.get_text() for text in figure.axes[0].texts]


@pytest.mark.parametrize(("values", "words"), [
    (pd.Series([0.5, 0.5], ["А", "Б"]), "У звезды от 3 до 12 лучей, сейчас 2. Покажите значения таблицей."),
    (pd.Series([0.5] * 3, ["А", "Б", "А"]), "Лучи звезды названы одинаково: «А»"),
    (pd.Series([0.5, 1.2, 0.1], ["А", "Б", "В"]),
     "Значение луча «Б» — 1,2, а шкала звезды от 0 до 1. Проверьте limits."),
])
def test_star_that_cannot_be_drawn(values, words):
    with pytest.raises(InputError, match=words.replace("(", r"\(")):
        figures.star(values)


# --- the waterfall ----------------------------------------------------------------------------------------------------

def test_steps_lead_from_the_start_to_the_end():
    figure = figures.waterfall(pd.Series([2.0, -0.5], ["Работа", "Веса"]), 80, 81.5, "Индекс")
    bars = [(bar.get_x(), bar.get_width()) for bar in figure.axes[0].patches]
    assert bars == [(80, 2), (82, -0.5)]
    assert [text.get_text() for text in figure.axes[0].texts] == ["+2,00", "−0,50", "80,00", "81,50"]
    assert [bar.get_hatch() for bar in figure.axes[0].patches] == [None, HATCH]   # told apart without colour


def test_nothing_changed():
    figure = figures.waterfall(pd.Series(dtype=float), 80, 80, "Индекс")
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == ["было", "стало"]


@pytest.mark.parametrize(("parts", "words"), [
    (pd.Series([1.0, 0.2], ["Работа", "Веса"]), r"дают \+1,200000, а изменение равно \+1,500000. Добавьте недостающую"),
    (pd.Series([1.5, np.nan], ["Работа", "Веса"]), "Вклад причины «Веса» неизвестен: каскад не строится"),
])
def test_parts_that_do_not_add_up(parts, words):
    with pytest.raises(InputError, match=words):
        figures.waterfall(parts, 80, 81.5, "Индекс")


# --- the map of correlations ------------------------------------------------------------------------------------------

def test_every_light_has_a_shape_of_its_own():
    shapes = [(shape, filled) for shape, _, filled in LIGHTS.values()]
    assert set(LIGHTS) == {REDUNDANT, SILENT, CONTRARY}
    assert len({shape for shape, _ in shapes}) == len(shapes)


def test_pair_is_lit_once_above_the_diagonal():
    table = pd.DataFrame([[1, 0.95], [0.95, 1]], ["Д1", "Д2"], ["Д1", "Д2"])
    marks = pd.DataFrame([["", REDUNDANT], [REDUNDANT, ""]], table.index, table.columns)
    axes = figures.correlation_map(table, marks).axes[0]
    assert [tuple(spot) for marked in axes.collections for spot in marked.get_offsets()] == [(1, 0)]
    assert [text.get_text() for text in axes.texts] == ["95"]
    assert [text.get_text() for text in axes.get_legend().get_texts()] == [REDUNDANT]


def test_lights_do_not_depend_on_the_order_of_their_table():
    table = square(5, False)
    marks = lights(table)
    spots = [[marked.get_offsets().tolist() for marked in figures.correlation_map(table, own).axes[0].collections]
             for own in (marks, marks.iloc[::-1, ::-1])]
    assert spots[0] == spots[1]


# --- the map of regions -----------------------------------------------------------------------------------------------

def test_triangle_stands_where_the_interval_does_not_hold_the_mean():
    layout = tiles(4)
    values = pd.Series([90.0, 80, 85, np.nan], layout.index)
    half = pd.Series([1.0, 1, np.nan, 1], layout.index)
    figure = figures.tile_grid_map(values, layout, "Индекс", low=values - half, high=values + half, mean=85)
    marks = [(line.get_marker(), *line.get_xydata()[0].astype(int)) for line in figure.axes[0].lines]
    assert marks == [("^", 0, 0), ("v", 1, 0)]
    words = [text.get_text().strip() for text in figure.axes[1].get_legend().get_texts()]
    assert [word for word in words if word] == ["скрыто", UP, DOWN]


def test_hidden_and_absent_regions_look_different():
    layout = tiles(3)
    figure = figures.tile_grid_map(pd.Series([85.0, np.nan], layout.index[:2]), layout, "Индекс")
    assert [tile.get_hatch() for tile in figure.axes[0].patches] == [None, HATCH, None]
    assert [text.get_text() for text in figure.axes[0].texts] == ["01", "85,0", "02", "03"]


@pytest.mark.parametrize(("values", "layout", "words"), [
    (pd.Series([1.0], ["Регион 99"]), tiles(3), "Региона «Регион 99» нет на карте из плиток"),
    (pd.Series([1.0], ["Регион 01"]), tiles(3).assign(column=0), "в одном месте стоят «Регион 01» и «Регион 02»"),
])
def test_regions_without_a_tile_of_their_own(values, layout, words):
    with pytest.raises(InputError, match=words):
        figures.tile_grid_map(values, layout, "Индекс")


# --- the profile of levels --------------------------------------------------------------------------------------------

def test_frame_stands_on_the_level_given():
    shares = pd.DataFrame([[0.2, 0.8], [0.6, 0.4]], ["Индекс", "Комфорт"], ["низкий", "высокий"])
    figure = figures.maturity_profile(shares, pd.Series({"Комфорт": "низкий", "Индекс": "высокий"}))
    frames = [(round(frame.get_x() + 0.46), round(frame.get_y() + 0.42)) for frame in figure.axes[0].patches]
    assert frames == [(1, 0), (0, 1)]


def test_unknown_level_is_refused():
    shares = pd.DataFrame([[0.2, 0.8]], ["Индекс"], ["низкий", "высокий"])
    with pytest.raises(InputError, match="Уровня «средний» \\(строка «Индекс»\\) нет среди столбцов профиля: низкий, "):
        figures.maturity_profile(shares, pd.Series({"Индекс": "средний"}))


# --- style ------------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("seed", range(20))
def test_spread_labels_keep_order_distance_and_limits(seed):
    wanted = random(12, seed=seed)
    placed = spread(wanted, 0.05, 0, 1)
    order = np.argsort(wanted)
    assert (np.diff(placed[order]) >= 0.05 - 1e-12).all()
    assert placed.min() >= -1e-12
    assert placed.max() <= 1 + 1e-12


def test_long_words_are_hyphenated_after_a_vowel():
    assert wrapped(["Персонализация"], 10) == ["Персонали-\nзация"]
    assert wrapped(["Результативный"], 8) == ["Ре-\nзульта-\nтивный"]   # not «резу-льтат»
    assert wrapped([""], 10) == [""]
    assert max(map(len, wrapped(["W" * 50], 10)[0].split("\n"))) == 10   # no vowel to break after


def test_signs_of_changes():
    assert [signed(value, 1) for value in (1.25, -0.04, -2, float("nan"))] == ["+1,3", "0,0", "−2,0", "—"]
