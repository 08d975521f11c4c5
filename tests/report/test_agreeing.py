"""Words and tables of the check of agreement: what they say follows from the numbers."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from methods.agreement import items, verdict
from methods.agreement.planner import Allocation
from methods.data.editions import load_edition
from methods.report import agreeing

NBSP = "\u00a0"
TITLE = {"Д1": "Вежливость", "М2": "Сайт"}.get


@pytest.fixture(scope="module")
def star(root):
    return load_edition(root, "star-2022")


def test_sides_above_and_below_beyond_chance():
    table = pd.DataFrame({"bias": [0.18, -0.02], "bias_low": [0.1, -0.05], "bias_high": [0.2, 0.01],
                          "pearson": [0.4, 0.2], "ccc": [0.1, 0.2]}, index=["Д1", "М2"])
    text = agreeing.sides_text(table, TITLE)
    assert text.startswith(f"Опрос выше чек-листа, чем объяснил бы случай, у 1 из 2{NBSP}показателей, ниже — у 0.")
    assert f"«Вежливость»: в среднем на 18,0 п.{NBSP}п." in text
    assert "CCC в середине ряда 0,15, корреляция 0,30" in text


def measured(**changes):
    row = dict.fromkeys(verdict.MEASURES, 0.5) | {"respondents": 40.0, "respondents_needed": 52.3} | changes
    return pd.DataFrame([row, row | {"reliability": 0.1, "respondents_needed": np.inf}], index=["Д1", "М2"])


def test_noise_names_the_poor_and_compares_the_link_of_the_others():
    text = agreeing.noise_text(measured(reliability=0.6, correlation=0.3, true_correlation=0.4), TITLE)
    assert f"ниже 0,4 она у 1 из 2{NBSP}показателей: «Сайт»." in text
    assert "видимая корреляция в середине ряда 0,30, без ошибки опроса 0,40" in text
    table = agreeing.noise_table(measured(), TITLE)
    assert table["Нужно ответов для 0,7"].to_list() == [53, np.inf]  # rounded up: fewer would not be enough
    unknown = measured(reliability=np.nan).assign(reliability=np.nan)
    assert agreeing.noise_text(unknown, TITLE) == ("Ошибка опроса неизвестна, поэтому его надёжность не определена.")


def region(within, between, reversal=False):
    return SimpleNamespace(total=0.1, within=sum(within) / 2, between=sum(between) / 2, within_interval=within,
                           between_interval=between, reversal=reversal)


def test_a_link_of_regions_only_is_named():
    text = agreeing.regions_text({"Д1": region((0.1, 0.3), (0.2, 0.6)), "М2": region((-0.1, 0.1), (0.2, 0.6))}, TITLE)
    assert f"у 1 из 2{NBSP}сравнений" in text
    assert "Только между регионами — «Сайт»" in text
    assert "Парадокса Симпсона — разных знаков внутри и между регионами — нет" in text
    text = agreeing.regions_text({"Д1": region((0.1, 0.3), (-0.6, -0.2), True)}, TITLE)
    assert "(парадокс Симпсона): «Вежливость»" in text


def test_requirements_that_clients_do_not_notice():
    found = pd.DataFrame({"indicator": ["Д1", "Д1", "М2", "М2"],
                          "verdict": [items.NOTICED, items.ALIKE, items.NONE, items.FEW]})
    text = agreeing.requirements_text(found, TITLE)
    assert text.startswith(f"Клиенты замечают 1 из 4{NBSP}требований")
    assert "О 2 сказать нечего" in text
    assert f"нет у 1{NBSP}показателя: «Сайт»" in text
    assert "связь обратная" not in text


def decided(*actions):
    return pd.DataFrame({"action": actions, "reason": "шаг груб"}, index=[f"Д{i}" for i in range(1, len(actions) + 1)])


def test_verdicts_by_action():
    text = agreeing.verdicts_text(decided(verdict.KEEP, verdict.WEIGH, verdict.WEIGH, verdict.REWRITE))
    assert text == (f"Складывать стороны поровну можно у 1 из 4{NBSP}показателей (Д1). Иначе: взвесить стороны — Д2 и "
                    "Д3; переписать требования — Д4.")
    assert "Иначе" not in agreeing.verdicts_text(decided(verdict.KEEP))
    table = agreeing.verdicts_table(decided(verdict.REFINE), lambda code: code)
    assert table.loc["Д1", "Почему"] == "Шаг груб"


def test_confusion_counts_planted_kinds_against_actions():
    kinds = pd.Series({"Д1": "согласовано", "Д2": "шкала", "Д3": "шкала", "Д9": "шкала"})
    expected = {"согласовано": verdict.KEEP, "шкала": verdict.WEIGH}
    table, right = agreeing.confusion(decided(verdict.KEEP, verdict.WEIGH, verdict.KEEP), kinds, expected)
    assert right == 2
    assert table.loc["шкала", verdict.KEEP] == 1
    assert table.loc["шкала", verdict.WEIGH] == 1
    assert table.to_numpy().sum() == 3


def test_quadrants_with_what_is_sure(star):
    table = pd.DataFrame({"quadrant": [verdict.DISLIKED, verdict.DISLIKED, verdict.LIKED],
                          "probability": [0.95, 0.6, 0.91]})
    text = agreeing.quadrants_text(SimpleNamespace(table=table), star)
    assert f"«исполняет, но не нравится» — 2{NBSP}центров, уверенно у 1" in text
    assert f"«нравится, но не исполняет» — 1{NBSP}центра, уверенно у 1" in text


def test_the_plan_says_what_is_saved(star):
    present = Allocation(pd.DataFrame({"n": [50, 50]}), "grades", 10.0, 100, 0.95)
    best = Allocation(pd.DataFrame({"n": [10, 90]}), "grades", 8.0, 100, 0.95)
    text = agreeing.planner_text(present, best, 85, 11, star)
    assert "Сейчас ответов 100, в среднем 50 на единицу" in text
    assert f"дало бы 8,0: меньше на 20{NBSP}%; у одних тогда было бы 10 ответов, у других 90" in text


@pytest.mark.parametrize(("r", "word"), [(0.34, "слабое"), (-0.39, "слабое"), (0.4, "умеренное"), (0.61, "сильное")])
def test_words_of_strength(r, word):
    assert agreeing.strength(r) == word


def test_pairs_say_that_agreement_is_weak():
    linked = pd.DataFrame({"spearman": [0.39, 0.01], "low": [0.3, -0.02], "high": [0.45, 0.04]},
                          index=["Опыт и возвраты", "Опыт и смертность"])
    text = agreeing.pairs_text(linked, {"Опыт пациентов": 0.343})
    assert text.startswith("По парам согласие слабое: корреляция Спирмена в середине ряда 0,20")
    assert f"У 1{NBSP}пары связь от случайной не отличается." in text
    assert "Опыт пациентов и все объективные группы вместе: 0,34, согласие слабое" in text
