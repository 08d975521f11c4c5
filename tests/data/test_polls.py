"""Polls of a channel: what of an export is read and what never is, shares with intervals, an order with doubts."""

import datetime
import json

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.proportion import multinomial_proportions_confint

from methods.data import polls
from methods.data.polls import priorities, read_polls
from methods.errors import InputError, NotPublishable, UsageError

CODES = {"Дружелюбие": "Д", "Полезность": "П", "Минимум усилий": "М", "Адресность": "А", "Комфорт": "К",
         "Затрудняюсь ответить": None}
VOTES = {"Дружелюбие": 60, "Полезность": 50, "Минимум усилий": 25, "Адресность": 10, "Комфорт": 5}


def poll(votes=None, question="Что важнее?", voters=None, closed=True):
    votes = VOTES if votes is None else votes
    return {"question": question, "closed": closed, "total_voters": sum(votes.values()) if voters is None else voters,
            "answers": [{"text": text, "voters": count, "chosen": False} for text, count in votes.items()]}


def message(number=7, **content):
    return {"id": number, "type": "message", "date": "2024-03-05T12:30:00", "date_unixtime": "1709631000",
            "from": "Секретова Анна", "from_id": "user123456789", "text": "Приватные слова",
            "text_entities": [{"type": "plain", "text": "Приватные слова"}], **content}


def chat(*messages, **content):
    return {"name": "Канал службы занятости", "type": "public_channel", "id": 1, "messages": list(messages), **content}


@pytest.fixture
def export(tmp_path):
    """A file of this content: an object as Telegram writes it, or text or bytes as they are."""
    def export(content):
        path = tmp_path / "result.json"
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            path.write_text(content if isinstance(content, str) else json.dumps(content, ensure_ascii=False, indent=1),
                            encoding="utf-8")
        return path
    return export


# -- reading -----------------------------------------------------------------------------------------------------------

def test_votes_by_code(export):
    found = read_polls(export(chat(message(1), message(poll=poll()))), CODES)
    one = found.poll()
    assert one.votes.to_dict() == {"Д": 60, "П": 50, "М": 25, "А": 10, "К": 5}
    assert (one.number, one.date, one.voters) == (7, datetime.date(2024, 3, 5), 150)
    assert (one.closed, one.several) == (True, False)
    assert found.listed.loc[7].to_dict() == {"date": datetime.date(2024, 3, 5), "question": "Что важнее?",
                                             "closed": True, "voters": 150, "taken": True}


def test_neither_authors_nor_texts_are_kept(export):
    found = read_polls(export(chat(message(poll=poll()), message(8, forwarded_from="Секретова"))), CODES)
    told = f"{found!r}{found.listed.to_csv()}{[vars(one) for one in found.taken]}"
    for secret in ("Секретова", "user123456789", "Приватные", "Канал службы"):
        assert secret not in told


def test_the_parser_itself_drops_them():
    kept = json.loads(json.dumps(chat(message(poll=poll()))), object_pairs_hook=polls._only_polls)
    assert set(kept) == {"type", "id", "messages"}
    assert set(kept["messages"][0]) == {"id", "type", "date", "poll"}
    assert set(kept["messages"][0]["poll"]["answers"][0]) == {"text", "voters"}


def test_a_name_in_a_question_is_masked(export):
    found = read_polls(export(chat(message(poll=poll(question="Кто лучше: Иванова Анна Петровна?")))), CODES)
    assert found.listed["question"].item() == "Кто лучше: ***?"


def test_spelling_does_not_matter_and_a_known_answer_may_have_no_code(export):
    votes = {" дружелюбие ": 3, "ПОЛЕЗНОСТЬ": 2, "Затрудняюсь  ответить": 5}
    one = read_polls(export(chat(message(poll=poll(votes)))), CODES).poll()
    assert one.votes.to_dict() == {"Д": 3, "П": 2}
    assert one.voters == 10
    assert priorities(one.votes, one.voters).table["share"].to_dict() == {"Д": 0.3, "П": 0.2}


def test_several_answers_at_once(export):
    one = read_polls(export(chat(message(poll=poll(voters=70)))), CODES).poll()
    assert one.several
    assert priorities(one.votes, one.voters).table.loc["Д", "share"] == pytest.approx(60 / 70)


def test_many_polls_are_listed_and_one_has_to_be_named(export):
    other = poll({"Да": 3, "Нет": 4}, "Удобно ли приложение?")
    content = chat(message(1, poll=poll()), message(2, poll=other), message(3, poll=poll(closed=False)))
    found = read_polls(export(content), CODES)
    assert found.listed["taken"].to_dict() == {1: True, 2: False, 3: True}
    assert found.listed["closed"].to_dict() == {1: True, 2: True, 3: False}
    assert found.poll(3).number == 3
    with pytest.raises(UsageError) as several:
        found.poll()
    assert str(several.value) == ("Опросов 2, назовите номер одного:\n1 | 2024-03-05 | голосов 150 | Что важнее?\n"
                                  "3 | 2024-03-05 | голосов 150 | Что важнее?")
    with pytest.raises(UsageError, match=r"Опроса 2 нет:\n1 \|"):
        found.poll(2)


def test_control_characters_as_telegram_writes_them(export):
    r"""Telegram Desktop escapes them as \x0c, which is no JSON (SerializeString of export_output_json.cpp)."""
    text = json.dumps(chat(message(poll=poll())), ensure_ascii=False).replace("Приватные слова", r"a\x0Cb \\x0c")
    assert read_polls(export(text), CODES).poll().voters == 150


def test_a_byte_order_mark_is_no_obstacle(export):
    content = json.dumps(chat(message(poll=poll()))).encode("utf-8")
    assert read_polls(export(b"\xef\xbb\xbf" + content), CODES).poll().voters == 150


# -- what is no poll of this kind --------------------------------------------------------------------------------------

def refusal(path, codes=CODES):
    with pytest.raises(InputError) as refused:
        read_polls(path, codes)
    assert refused.value.exit_code == 3
    return str(refused.value)


def test_unknown_answers_are_named_with_the_nearest(export):
    votes = {"Дружелюбие": 1, "Полезнось": 2, "Цена": 3}
    told = refusal(export(chat(message(poll=poll(votes)))))
    assert told == (
        "result.json: ошибок в опросах: 2.\n"
        "1. сообщение 7 | вариант 2: «Полезнось» нет в перечне, похоже на: Полезность. Добавьте его с кодом или с "
        "None, если он ничего не значит.\n"
        "2. сообщение 7 | вариант 3: «Цена» нет в перечне, похоже на: —. Добавьте его с кодом или с None, если он "
        "ничего не значит.")


def test_no_poll_about_it(export):
    told = refusal(export(chat(message(), message(8, poll=poll({"Да": 1, "Нет": 2})))))
    assert told.startswith("result.json: ни в одном опросе (1) нет вариантов из перечня: Дружелюбие, Полезность, ")


def test_hidden_votes_are_no_zeros(export):
    """tdesktop issue 29904: who has not voted exports zeros."""
    told = refusal(export(chat(message(poll=poll(dict.fromkeys(VOTES, 0), voters=150)))))
    assert "сообщение 7: проголосовали 150, а голоса по вариантам скрыты (все 0)" in told


@pytest.mark.parametrize(("votes", "voters", "words"), [
    ({"Дружелюбие": 60, "Полезность": 10}, 50, "вариант 1: голосов 60, а проголосовали 50"),
    ({"Дружелюбие": 20, "Полезность": 10}, 50, "сумма голосов 30 меньше числа проголосовавших 50"),
    ({"Дружелюбие": 20, "дружелюбие": 10}, 30, "вариант 2: «дружелюбие» — код Д, он уже есть в этом опросе"),
])
def test_numbers_that_cannot_be(export, votes, voters, words):
    assert words in refusal(export(chat(message(poll=poll(votes, voters=voters)))))


def with_poll(**changes):
    return chat(message(poll={**poll(), **changes}))


@pytest.mark.parametrize(("content", "words"), [
    ("", "строка 1, знак 1: здесь JSON нарушен"),
    ("<html></html>", "строка 1, знак 1: здесь JSON нарушен"),
    ('{"type": "public_channel", "messages": [\n {"id" 1}]}', "строка 2, знак 8: здесь JSON нарушен"),
    ('{"document_id": video_files/sticker.webm}', "строка 1, знак 17: здесь JSON нарушен"),
    (r'{"text": "\q"}', "здесь JSON нарушен"),
    ("[" * 200_000, "вложенность больше"),
    ('{"a": ' * 200_000, "вложенность больше"),
    ('{"type": NaN}', "NaN — не число"),
    ('{"id": 1, "id": 2}', "ключ повторяется: id"),
    ('{"id": ' + "9" * 5000 + "}", "Файл не из Telegram или изменён"),
    (b"\xff\xfe\x00", "кодировка UTF-8, нарушена в байте 0"),
    ([], "выгрузка чата — объект, найдено список"),
    ({"chats": {"list": []}}, "выгружена вся учётная запись с личной перепиской"),
    (chat(type="personal_chat"), "это не канал и не группа, а «personal_chat»"),
    ({"messages": []}, "это не канал и не группа, а «—»"),
    (chat(messages={}), "messages: нужен список сообщений, найдено объект"),
    (chat("слова"), "messages[0]: сообщение — объект, найдено текст"),
    (chat(message(poll=[])), "сообщение 7 | poll: нужен объект, найдено список"),
    (chat(message("x", poll=poll())), "messages[0] | id: нужно целое число, найдено текст"),
    (chat(message(date="вчера", poll=poll())), "сообщение 7 | date: нужна дата ГГГГ-ММ-ДД, найдено текст"),
    (chat(message(poll=poll()), message(poll=poll())), "сообщение 7: номер повторяется"),
    (with_poll(total_voters=-1), "сообщение 7 | total_voters: нужно целое число не меньше 0, найдено -1"),
    (with_poll(total_voters=True), "total_voters: нужно целое число не меньше 0, найдено да/нет"),
    (with_poll(total_voters=1.5), "total_voters: нужно целое число не меньше 0, найдено 1.5"),
    (with_poll(question=None), "question: нужен текст, найдено ничего"),
    (with_poll(answers=[]), "answers: нужен непустой список, найдено список"),
    (with_poll(answers={"text": "x"}), "answers: нужен непустой список, найдено объект"),
    (with_poll(answers=[{"text": "Дружелюбие"}]), "вариант 1: нужны текст text и целое voters не меньше 0"),
    (with_poll(answers=[7]), "вариант 1: нужны текст text и целое voters не меньше 0"),
    (with_poll(answers=[{"text": ["Дружелюбие"], "voters": 1}]), "вариант 1: нужны текст text"),
])
def test_hostile_files_are_refused_with_the_place(export, content, words):
    told = refusal(export(content))
    assert told.startswith("result.json")
    assert words in told
    assert "Секретова" not in told


def test_too_big_a_file_is_refused_unread(export, monkeypatch):
    monkeypatch.setattr(polls, "MOST_BYTES", 100)
    assert "файл не больше 100 байт, здесь " in refusal(export(chat(message(poll=poll()))))


def test_all_faults_at_once_and_not_too_many(export):
    content = chat(*(message(number, poll=poll({"Дружелюбие": 1, "Кто-то": 2})) for number in range(30)))
    told = refusal(export(content))
    assert told.startswith("result.json: ошибок в опросах: 30.")
    assert told.endswith("… и ещё 10")


@pytest.mark.parametrize(("codes", "words"), [
    ({}, "Перечень вариантов пуст"), ({"Не знаю": None}, "Перечень вариантов пуст"),
    ({"Да": "Д", "да ": "П"}, "Вариант «да » назван дважды, с кодами Д и П"),
])
def test_a_list_of_answers_that_says_nothing(export, codes, words):
    with pytest.raises(UsageError, match=words):
        read_polls(export(chat(message(poll=poll()))), codes)


# -- shares and order --------------------------------------------------------------------------------------------------

def test_intervals_are_goodmans(oracle):
    """statsmodels has the formula of Goodman by another way, through the chi-squared quantile."""
    counts = pd.Series({"Д": 56, "П": 72, "М": 73, "А": 59, "К": 62, "Л": 87, "Н": 58})
    found = priorities(counts, int(counts.sum()))
    low, high = multinomial_proportions_confint(counts.to_numpy(), 0.05, "goodman").T
    oracle("голоса опроса: нижние границы долей", "statsmodels.multinomial_proportions_confint, goodman",
           found.table["low"], pd.Series(low, counts.index), 1e-12)
    oracle("голоса опроса: верхние границы долей", "statsmodels.multinomial_proportions_confint, goodman",
           found.table["high"], pd.Series(high, counts.index), 1e-12)


def test_voters_without_a_code_are_one_more_category():
    found = priorities(pd.Series({"Д": 30, "П": 20}), 100)
    low, high = multinomial_proportions_confint([30, 20, 50], 0.05, "goodman")[0]
    assert found.table.loc["Д", ["low", "high"]].tolist() == pytest.approx([low, high])


def test_order_and_places_of_a_clear_poll():
    found = priorities(pd.Series({"М": 100, "Д": 400, "П": 250}), 750)
    assert found.order == ("Д", "П", "М")
    assert found.unsure == ()
    assert found.table[["place", "best_place", "worst_place"]].to_numpy().tolist() == [[1] * 3, [2] * 3, [3] * 3]
    assert found.why == ""


def test_equal_votes_share_a_place_and_are_unsure():
    found = priorities(pd.Series({"П": 50, "Д": 50, "М": 3}), 103)
    assert found.order == ("Д", "П", "М")
    assert found.table["place"].to_dict() == {"Д": 1.5, "П": 1.5, "М": 3}
    assert found.unsure == (("Д", "П"),)
    assert found.table.loc["Д", ["best_place", "worst_place"]].tolist() == [1, 2]
    assert found.why == "меньше 5 голосов, интервал приблизителен: М"


def test_the_sign_test_is_the_binomial_one():
    """60 against 50 of the 110 who chose one of the two."""
    one, other = np.array([60, 50, 90, 7, 0]), np.array([50, 60, 10, 7, 0])
    expected = [stats.binomtest(int(a), int(a + b)).pvalue if a + b else 1 for a, b in zip(one, other, strict=True)]
    assert polls._sign_tests(one, other, 150) == pytest.approx(expected)


@pytest.mark.parametrize("seed", range(5))
def test_where_several_answers_were_allowed_the_test_is_the_most_cautious(seed):
    """Whatever the number of those who chose both, the evidence is at least as strong."""
    rng = np.random.default_rng(seed)
    voters = int(rng.integers(10, 80))
    one, other = (int(count) for count in rng.integers(1, voters + 1, size=2))
    worst = polls._sign_tests(np.array([one]), np.array([other]), voters)[0]
    for both in range(max(0, one + other - voters), min(one, other) + 1):
        apart = one + other - 2 * both
        p = stats.binomtest(one - both, apart).pvalue if apart else 1.0
        assert p <= worst + 1e-12


@pytest.mark.parametrize("seed", range(3))
def test_the_order_of_codes_changes_nothing(seed):
    votes = pd.Series({"Д": 60, "П": 50, "М": 25, "А": 25, "К": 5})
    mixed = votes.sample(frac=1, random_state=seed)
    pd.testing.assert_frame_equal(priorities(mixed, 165).table, priorities(votes, 165).table)


def test_more_voters_make_it_surer():
    few, many = (priorities(pd.Series({"Д": 6, "П": 5, "М": 1}) * times, 12 * times) for times in (1, 100))
    assert len(few.unsure) == 3
    assert many.unsure == ()
    assert (many.table["high"] - many.table["low"] < few.table["high"] - few.table["low"]).all()


def test_a_smaller_confidence_narrows_the_intervals():
    votes = pd.Series({"Д": 60, "П": 50})
    one, other = priorities(votes, 110, 0.8).table, priorities(votes, 110, 0.99).table
    assert (one["low"] > other["low"]).all()
    assert (one["high"] < other["high"]).all()


@pytest.mark.parametrize(("votes", "voters", "error", "words"), [
    ({"Д": 5}, 5, NotPublishable, "кодов 1, проголосовавших 5"), ({"Д": 0, "П": 0}, 0, NotPublishable, "голосов 0"),
    ({"Д": 0, "П": 0}, 5, NotPublishable, "голосов 0"),
    ({"Д": 6, "П": 1}, 5, InputError, r"целые числа от 0 до числа проголосовавших \(5\); не так: Д"),
    ({"Д": -1, "П": 1.5}, 5, InputError, "не так: Д, П"), ({"Д": np.nan, "П": 1}, 5, InputError, "не так: Д"),
])
def test_what_makes_no_order(votes, voters, error, words):
    with pytest.raises(error, match=words):
        priorities(pd.Series(votes), voters)


def test_a_code_that_stands_twice():
    with pytest.raises(InputError, match="Голоса: код повторяется: Д"):
        priorities(pd.Series([1, 2], index=["Д", "Д"]), 3)


@pytest.mark.parametrize("confidence", [0, 1, 95])
def test_a_wrong_confidence(confidence):
    with pytest.raises(UsageError, match="внутри"):
        priorities(pd.Series({"Д": 1, "П": 2}), 3, confidence)


@pytest.mark.slow
@pytest.mark.parametrize("shares", [(0.4, 0.3, 0.15, 0.1, 0.05), (0.2, 0.2, 0.2, 0.2, 0.2),
                                    (0.6, 0.16, 0.12, 0.08, 0.04)])
def test_shares_and_places_hold_together_as_often_as_stated(shares, monkeypatch):
    """1000 polls of 150 voters who choose one answer: all five intervals, and all five ranges of places, hold in 95 %.

    Tolerance: three standard errors of a share of 0.95 in 1000 draws, 0.021.
    """
    monkeypatch.setattr("gc.collect", lambda: None)  # multipletests calls it every time: 0.1 s a poll
    true = pd.Series(shares, list("ДПМАК"))
    places = pd.DataFrame({"least": 1 + (true.to_numpy()[:, None] < true.to_numpy()).sum(axis=1),
                           "most": (true.to_numpy()[:, None] <= true.to_numpy()).sum(axis=1)}, true.index)
    inside = ranked = 0
    for draw in np.random.default_rng(20260401).multinomial(150, true, size=1000):
        table = priorities(pd.Series(draw, true.index), 150).table.loc[true.index]
        inside += bool(((table["low"] <= true) & (true <= table["high"])).all())
        ranked += bool(((table["best_place"] <= places["most"]) & (places["least"] <= table["worst_place"])).all())
    assert inside / 1000 >= 0.95 - 0.021
    assert ranked / 1000 >= 0.95 - 0.021
