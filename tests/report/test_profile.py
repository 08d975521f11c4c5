"""Profiles of two pages: what they say, what they must not say, and that they look the same every time."""

from __future__ import annotations

import dataclasses
import re
import struct

import numpy as np
import pandas as pd
import pytest
from bs4 import BeautifulSoup
from made_boards import REGIONS, small_board

from methods.report import figures, pdf, profile, single_page, word
from methods.report.document import Heading, Paragraph, plain, said
from methods.report.office import texts

CHAPTERS = ["Группы показателей", "Что изменилось с 2023 года", "Сильные и слабые показатели",
            "Что делать и кто уже умеет", "Места внутри региона", "Чего это число не говорит", "Откуда числа"]


@pytest.fixture(scope="module", autouse=True)
def _theme():
    figures.use_theme()


@pytest.fixture(scope="module")
def board(root):
    return small_board(root)


@pytest.fixture(scope="module")
def document(board):
    return profile.compose(board, "Регион 05")


def words(document) -> str:
    return "\n".join(text for part in document.parts for text in said(part))


def pages(content: bytes) -> int:
    return int(re.search(rb"/Type/Pages/Count (\d+)", content)[1])


def test_chapters_stand_in_their_order(document):
    assert [plain(part.words) for part in document.headings] == CHAPTERS
    assert document.title == "Регион 05: профиль, star-2022, 2024 (демонстрация)"


def test_score_and_place_never_stand_without_their_intervals(board, document):
    row = board.scores.loc["Регион 05"]
    text = words(document)
    place, first, last = (int(row[name]) for name in ("place", "first", "last"))
    assert f"место {place} из 11, с {first} по {last}" in text
    assert f"Индекс {row['value']:.2f} (интервал {row['low']:.2f}–{row['high']:.2f})".replace(".", ",") in text


def test_every_table_and_picture_carries_the_mark(document):
    titled = [part.title for part in document.tables] + [part.caption_text for part in document.figures]
    assert len(titled) >= 5
    assert all("(демонстрация)" in title for title in titled)
    assert "Это демонстрация, а не официальный результат." in words(document)


def test_pictures_are_told_in_words(document):
    star, waterfall = document.figures
    assert star.alt.startswith("Звезда, Регион 05: Дружелюбие и партнёрство ")
    assert "по стране" in star.alt
    assert waterfall.alt.startswith("Каскад, Регион 05: 2023 — ")
    assert "2024 — " in waterfall.alt


def test_what_is_hidden_stays_hidden(board):
    text = words(profile.compose(board, "Регион 03"))
    assert "Индекс и место скрыты" in text
    assert "место " not in text.split("Группы показателей")[0].replace("Индекс и место скрыты", "")
    assert "ЦЗН 03-001" not in text
    assert "Индекс и место скрыты у 1\u00a0центра из 5." in text


def test_a_hidden_group_is_said_to_be_hidden(root):
    board = small_board(root, "unit")
    document = profile.compose(board, "03-001")
    table = next(part for part in document.tables if "групп" in part.title)
    assert [cell.text for cell in table.body[0]][:2] == ["Дружелюбие и партнёрство", "скрыто"]
    assert "скрыто" in document.figures[0].alt


def test_a_change_within_the_error_is_not_called_real(board):
    change = board.change.copy()
    change.loc["Регион 05", ["start", "end", "error"]] = [80.0, 80.5, 0.4]
    change.loc["Регион 06", ["start", "end", "error"]] = [80.0, 81.5, 0.4]
    change.loc["Регион 07", ["start", "end", "error"]] = [80.0, 78.5, 0.4]
    change.loc["Регион 08", ["start", "end", "error"]] = [80.0, 78.5, np.nan]
    causes = pd.DataFrame({"Минимизация усилий": change["end"] - change["start"]})
    other = dataclasses.replace(board, change=change, causes=causes)
    verdicts = {region: words(profile.compose(other, region)) for region in REGIONS[4:8]}
    assert "Изменение не доказано: оно в пределах ошибки опроса (± 0,78, 95\u00a0%)" in verdicts["Регион 05"]
    assert "Рост действителен: ошибка опроса такого не объясняет" in verdicts["Регион 06"]
    assert "Падение действительно" in verdicts["Регион 07"]
    assert "сказать, действительно ли изменение, нельзя" in verdicts["Регион 08"]


def test_without_an_earlier_period_nothing_is_said_of_change(board):
    other = dataclasses.replace(board, previous="", change=board.change.iloc[:0], causes=board.causes.iloc[:0])
    document = profile.compose(other, "Регион 05")
    assert "Что изменилось" not in words(document)
    assert len(document.figures) == 1


def test_weak_and_strong_are_on_their_sides_of_the_country(board):
    for region in REGIONS:
        weak, strong = profile.extremes(board, region)
        far = board.indicators.loc[region] - board.country[list(board.indicators)]
        assert (far[weak] < 0).all()
        assert (far[strong] > 0).all()
        assert not set(weak) & set(strong)
        assert max(len(weak), len(strong)) <= 3


def test_an_indicator_within_its_error_is_said_to_be(board):
    other = dataclasses.replace(board, indicator_errors=board.indicator_errors * 100)
    table = next(part for part in profile.compose(other, "Регион 05").tables if "Дальше" in part.title)
    assert all(row[-1].text.endswith("в пределах погрешности") for row in table.body)


def test_every_weak_indicator_has_its_practice_and_its_peers(board):
    text = words(profile.compose(board, "Регион 05"))
    weak, _ = profile.extremes(board, "Регион 05")
    assert len(weak)
    assert text.count("Практика П01 «Проба» (пример; «Ищу работу»): сделать. Помогло, если: видно.") == len(weak)
    assert text.count("Уже умеют: ") + text.count("никто не лучше больше чем на погрешность") == len(weak)


def test_an_empty_catalogue_says_how_to_fill_it(board):
    other = dataclasses.replace(board, practices=board.practices.iloc[:0])
    assert "docs/practices.md" in words(profile.compose(other, "Регион 05"))


def test_candidates_are_near_the_top_even_at_worst_and_weak_nowhere():
    members = pd.DataFrame({"last": [1.0, 2.0, 2.0, 3.0, np.nan, 8.0, 8.0, 8.0, 8.0]}, index=list("абвгдежзи"))
    groups = pd.DataFrame({"Д": 90.0, "П": 90.0}, index=members.index)
    groups.loc["б", "Д"] = 80.0                    # weak for certain
    groups.loc["в", "П"] = np.nan                  # hidden
    errors = pd.DataFrame(1.0, members.index, ["Д", "П"])
    country = pd.Series({"Д": 85.0, "П": 85.0})
    found = profile.candidates(members, groups, errors, country, top=0.25)   # 2 of 8 places
    assert list(found.index[found]) == ["а"]
    assert list(profile.candidates(members, groups, 10 * errors, country, top=0.25).pipe(lambda t: t.index[t])) == [
        "а", "б"]
    assert "г" in profile.candidates(members, groups, errors, country, top=0.5).pipe(lambda t: t.index[t])


@pytest.mark.parametrize("region", REGIONS[2:5])
def test_a_profile_fits_two_pages(board, region):
    made = pdf.to_pdf(profile.compose(board, region), compact=True).content
    assert 1 <= pages(made) <= 2


@pytest.mark.parametrize("write", [single_page.to_html, word.to_docx, lambda made: pdf.to_pdf(made, compact=True)])
def test_equal_boards_give_equal_bytes(root, board, write):
    for region in REGIONS[:2]:
        again = profile.compose(small_board(root), region)
        assert write(again).content == write(profile.compose(board, region)).content


def test_the_page_asks_for_nothing_and_says_all(document):
    page = single_page.to_html(document).content.decode("utf-8")
    soup = BeautifulSoup(page, "html.parser")
    assert "default-src 'none'" in soup.find("meta", {"http-equiv": "Content-Security-Policy"})["content"]
    assert all(image["src"].startswith("data:image/png;base64,") and image["alt"] for image in soup.find_all("img"))
    assert [heading.get_text() for heading in soup.find_all("h2")] == CHAPTERS
    assert soup.h1.get_text() == "Регион 05: профиль региона"
    shown = " ".join(soup.main.get_text().split())
    for part in document.parts:
        if isinstance(part, Paragraph):
            assert " ".join(plain(part.words).split()) in shown
    assert [cell.get_text() for cell in soup.find_all("td")] == [
        cell.text for table in document.tables for row in table.body for cell in row if not cell.label]
    assert soup.html["lang"] == "ru"


def test_the_page_escapes_what_it_is_given(board):
    titles = board.titles.copy()
    titles["Регион 05"] = "<script>alert(1)</script> & «Ц»"
    page = single_page.to_html(profile.compose(dataclasses.replace(board, titles=titles), "Регион 05")).content.decode()
    assert page.count("<script>") == 1
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; «Ц»" in page


def test_word_says_the_same(document, tmp_path):
    path = word.to_docx(document).write(tmp_path / "profile.docx")
    found = set(texts(path))
    assert set(CHAPTERS) <= found


def test_pictures_keep_their_shape(document):
    for part in document.figures:
        width, height = struct.unpack(">II", part.image[16:24])
        assert 1 < width / height < 2


def test_the_list_names_everybody_with_intervals_and_links(board):
    made = profile.contents(board, REGIONS[:4], lambda code, suffix: f"{code}/profile{suffix}")
    (table,) = made.tables
    assert [cell.text for cell in table.header[0]] == ["Профиль", "Индекс", "с", "по", "Место", "с", "по", "Файлы"]
    assert len(table.body) == 4
    assert [cell.text for cell in table.body[-1]][1:7] == ["скрыто", "—", "—", "—", "—", "—"]   # last: without a place
    soup = BeautifulSoup(single_page.to_html(made).content, "html.parser")
    links = [link["href"] for link in soup.table.find_all("a")]
    assert {"01/profile.html", "01/profile.docx", "01/profile.pdf"} <= set(links)
    assert len(links) == 12


def test_one_unit_has_a_profile_of_its_own(root):
    board = small_board(root, "unit")
    document = profile.compose(board, "01-001")
    headings = [plain(part.words) for part in document.parts if isinstance(part, Heading)]
    assert headings[0] == "ЦЗН 01-001: профиль"
    assert "Места внутри региона" not in headings
    assert pages(pdf.to_pdf(document, compact=True).content) <= 2
