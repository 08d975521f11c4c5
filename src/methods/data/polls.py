"""Polls of a messenger's channel as a source of priorities: votes by code, shares, an order and how sure it is.

A poll of a channel asks its subscribers, and of them those who saw the post and cared to answer. They chose themselves:
they are no sample of the clients, and no formula makes one of them. Votes may be many, by friends of one centre, or
cast twice from two accounts. The intervals below say only how far chance alone would move the shares if other people of
the same kind had voted; the error of self-selection is not in them, is usually larger and cannot be estimated from the
poll. Such an order is a reason to ask experts or a sample of clients, never the source of published weights by itself.

The file is the JSON export of one chat by Telegram Desktop («Экспорт истории чата», формат JSON). Authors, their
numbers and the texts of messages are dropped while the file is parsed and reach nothing.
"""

from __future__ import annotations

import datetime
import itertools
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import stats
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint

from methods import checks
from methods.data.disclosure import masked
from methods.data.reading.report import shown
from methods.data.reading.spec import nearest, normal
from methods.errors import EnvironmentFault, InputError, NotPublishable, UsageError

MOST_BYTES = 100_000_000
FAULTS = 20         # told in one message
FEW = 5             # votes; below it the interval is rough (Goodman 1965)
CHANNELS = ("public_channel", "private_channel", "public_supergroup", "private_supergroup", "private_group")
KEPT = frozenset(("chats", "left_chats", "messages", "type", "id", "date", "poll", "question", "closed",
                  "total_voters", "answers", "voters"))
# Telegram Desktop writes control characters as \x0c, which is no JSON; a backslash before it may itself be escaped.
_HEXADECIMAL = re.compile(r"(?<!\\)((?:\\\\)*)\\x([0-9A-Fa-f]{2})")


@dataclass(frozen=True, eq=False)
class Poll:
    """One poll whose answers are codes."""

    number: int            # of the message
    date: datetime.date    # of the post, by the clock of the computer that exported it
    question: str
    closed: bool
    voters: int            # people who voted
    votes: pd.Series       # by code; more than the voters in all where several answers were allowed

    @property
    def several(self) -> bool:
        """Whether a voter could choose more than one answer, as far as the numbers tell."""
        return int(self.votes.sum()) > self.voters


@dataclass(frozen=True, eq=False)
class Polls:
    """All polls of one export."""

    listed: pd.DataFrame         # by number of the message: date, question, closed, voters, taken
    taken: tuple[Poll, ...]      # those whose answers are codes

    def poll(self, number: int | None = None) -> Poll:
        """The poll of a message; without a number the only one.

        Raises
        ------
        UsageError
            There are several and none was named, or there is none of that number: all are listed.
        """
        chosen = [poll for poll in self.taken if number is None or poll.number == number]
        if len(chosen) == 1:
            return chosen[0]
        known = "\n".join(f"{poll.number} | {poll.date} | голосов {poll.voters} | {poll.question}"
                          for poll in self.taken)
        what = f"Опроса {number} нет" if number is not None else f"Опросов {len(self.taken)}, назовите номер одного"
        raise UsageError(f"{what}:\n{known}")


def read_polls(path: Path, codes: Mapping[str, str | None]) -> Polls:
    """Read the polls of an exported chat.

    Parameters
    ----------
    path : Path
        `result.json` of one channel or group.
    codes : mapping of answer to code
        Answers as in the poll; case, spaces and ё do not matter. None for an answer that stands for no code
        («затрудняюсь»): its votes stay among the voters. A poll without any of the answers is about something else.

    Raises
    ------
    InputError
        No such export, a whole account or a private chat, broken JSON, numbers that cannot be; answers without a code,
        each with the nearest known one. All faults of the polls at once.

    Notes
    -----
    An export made by somebody who has not voted in an open poll holds zeros for all answers (Telegram Desktop, issue
    29904); such a poll is refused.
    """
    known = _known(codes)
    chat = _chat(path)
    faults: list[str] = []
    rows, taken = {}, []
    for place, message in enumerate(chat):
        if not isinstance(message, dict):
            faults.append(f"messages[{place}]: сообщение — объект, найдено {_kind(message)}")
        elif "poll" in message and (poll := _poll(message, place, known, faults)) is not None:
            number, date, question, closed, voters, votes = poll
            if number in rows:
                faults.append(f"сообщение {number}: номер повторяется")
            rows[number] = (date, question, closed, voters, votes is not None)
            if votes is not None:
                taken.append(Poll(number, date, question, closed, voters, votes))
    if faults:
        raise InputError(_listed(path, "ошибок в опросах", faults))
    if not taken:
        raise InputError(f"{path.name}: ни в одном опросе ({len(rows)}) нет вариантов из перечня: "
                         f"{', '.join(codes)}. Проверьте перечень и тот ли чат выгружен.")
    table = pd.DataFrame.from_dict(rows, orient="index", columns=["date", "question", "closed", "voters", "taken"])
    return Polls(table.rename_axis("message"), tuple(taken))


@dataclass(frozen=True, eq=False)
class Priorities:
    """Shares of votes and the order that they speak for."""

    table: pd.DataFrame       # codes, most votes first: votes, share, low, high, place, best_place, worst_place
    voters: int
    confidence: float
    unsure: tuple[tuple[str, str], ...]  # pairs of codes that chance may have put in this order
    why: str = ""             # what a reader has to be told

    @property
    def order(self) -> tuple[str, ...]:
        """Codes by votes; equal ones by name, their places are equal."""
        return tuple(self.table.index)


def priorities(votes: pd.Series, voters: int, confidence: float = 0.95) -> Priorities:
    r"""Shares of the voters with simultaneous intervals, and the range of places that each code may have.

    .. math:: \frac{n_i + z^2/2 \mp z \sqrt{n_i (N - n_i)/N + z^2/4}}{N + z^2}, \quad
              z = \Phi^{-1}\!\left(1 - \frac{\alpha}{2k}\right)

    All k intervals hold together at the stated confidence (Goodman 1965; Wilson's interval with Bonferroni's level, so
    that it also holds where a voter may choose several answers). Places: every pair of codes is compared by the exact
    sign test of the voters who chose one of the two, with Holm's correction; a code may stand as high as the number of
    codes surely above it allows, as low as those surely below it. Where several answers were allowed nobody knows who
    chose both; the test then takes as few of them as can be, which makes it cautious.

    Parameters
    ----------
    votes : Series by code
        Whole numbers from 0 to `voters`; two codes at least.
    voters : int
        People who voted. More than the sum of votes if some chose an answer without a code.

    Raises
    ------
    NotPublishable
        Fewer than two codes, or nobody voted.

    References
    ----------
    Goodman (1965), On simultaneous confidence intervals for multinomial proportions. doi:10.1080/00401706.1965.10490252
    Holm (1979), A simple sequentially rejective multiple test procedure, Scandinavian Journal of Statistics 6:65-70.

    Examples
    --------
    >>> found = priorities(pd.Series({"Д": 60, "П": 50, "М": 10}), voters=120)
    >>> found.order, found.unsure
    (('Д', 'П', 'М'), (('Д', 'П'),))
    >>> found.table.loc["М", ["share", "best_place", "worst_place"]].round(3).to_list()
    [0.083, 3.0, 3.0]
    """
    checks.unique(votes.index, "Голоса")
    _counts(votes, voters)
    if not 0 < confidence < 1:
        raise UsageError(f"Доверительная вероятность должна быть внутри (0; 1), задано {confidence:g}.")
    if len(votes) < 2 or voters == 0 or votes.sum() == 0:
        raise NotPublishable(f"Порядок приоритетов не определён: кодов {len(votes)}, проголосовавших {voters}, голосов "
                             f"{int(votes.sum())}. Нужно не меньше двух кодов и хотя бы один голос.")
    counts = votes.astype(int)
    order = sorted(counts.index, key=lambda code: (-counts[code], str(code)))
    counts = counts[order]
    groups = len(counts) + (counts.sum() < voters)  # the voters without a code are a group too
    low, high = proportion_confint(counts.to_numpy(), voters, (1 - confidence) / groups, method="wilson")
    pairs = list(itertools.combinations(order, 2))
    upper, lower = (counts.loc[list(codes)].to_numpy() for codes in zip(*pairs, strict=True))
    sure = multipletests(_sign_tests(upper, lower, voters), alpha=1 - confidence, method="holm")[0]
    above, below = pd.Series(0, order), pd.Series(0, order)
    for (one, other), decided in zip(pairs, sure, strict=True):
        below[one] += decided
        above[other] += decided
    table = pd.DataFrame({"votes": counts, "share": counts / voters, "low": low, "high": high,
                          "place": counts.rank(ascending=False), "best_place": above + 1,
                          "worst_place": len(order) - below}, order).rename_axis("code")
    few = [str(code) for code in order if counts[code] < FEW]
    return Priorities(table, voters, confidence, tuple(pair for pair, decided in zip(pairs, sure, strict=True)
                                                       if not decided),
                      f"меньше {FEW} голосов, интервал приблизителен: {', '.join(few)}" if few else "")


# -- reading -----------------------------------------------------------------------------------------------------------

@dataclass(frozen=True)
class _Known:
    """The answers that have a code (or knowingly none), whatever their spelling."""

    names: tuple[str, ...]
    codes: Mapping[str, str | None]  # by the form of comparison


def _known(codes: Mapping[str, str | None]) -> _Known:
    known: dict[str, str | None] = {}
    for text, code in codes.items():
        if known.setdefault(normal(text), code) != code:
            raise UsageError(f"Вариант «{text}» назван дважды, с кодами {known[normal(text)]} и {code}.")
    if not any(known.values()):
        raise UsageError("Перечень вариантов пуст: назовите хотя бы один вариант ответа и его код.")
    return _Known(tuple(codes), known)


def _chat(path: Path) -> list:
    """Messages of the only chat of an export."""
    content = _parsed(path)
    if not isinstance(content, dict):
        raise InputError(f"{path.name}: выгрузка чата — объект, найдено {_kind(content)}.")
    if "chats" in content or "left_chats" in content:
        raise InputError(f"{path.name}: выгружена вся учётная запись с личной перепиской. Выгрузите один канал: меню "
                         "канала, «Экспорт истории чата», формат JSON; этот файл удалите.")
    if content.get("type") not in CHANNELS:
        raise InputError(f"{path.name}: это не канал и не группа, а «{shown(content.get('type', '—'))}». Выгрузите "
                         "канал, в котором был опрос.")
    if not isinstance(content.get("messages"), list):
        raise InputError(f"{path.name} | messages: нужен список сообщений, найдено {_kind(content.get('messages'))}.")
    return content["messages"]


def _parsed(path: Path) -> object:
    """The file without anything but polls; every refusal says where, none quotes the file."""
    try:
        size = path.stat().st_size
        if size > MOST_BYTES:
            raise InputError(f"{path.name}: файл не больше {MOST_BYTES} байт, здесь {size}. Выгрузите чат без файлов и "
                             "за меньший срок.")
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        raise InputError(f"{path.name}: кодировка UTF-8, нарушена в байте {fault.start}. Выгрузите чат "
                         "заново.") from None
    except OSError as fault:
        raise EnvironmentFault(f"Файл {path.name} не удалось открыть: {fault.strerror or fault}.") from fault
    for attempt in (text, _HEXADECIMAL.sub(r"\1\\u00\2", text)):
        try:
            return json.loads(attempt, object_pairs_hook=_only_polls, parse_constant=_no_number)
        except json.JSONDecodeError as fault:
            where = f"строка {fault.lineno}, знак {fault.colno}"
            if not fault.msg.startswith("Invalid \\escape"):
                break
        except RecursionError:
            raise InputError(f"{path.name}: вложенность больше, чем у выгрузки чата. Файл не из Telegram.") from None
        except ValueError as fault:
            raise InputError(f"{path.name}: {fault}. Файл не из Telegram или изменён.") from None
    raise InputError(f"{path.name} | {where}: здесь JSON нарушен. Выгрузите чат заново в формате JSON, не HTML.")


def _only_polls(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """An object without authors, texts and files: only what a poll needs."""
    names = [name for name, _ in pairs]
    kept = {name: value for name, value in pairs if name in KEPT or (name == "text" and "voters" in names)}
    if len(kept) < sum(name in kept for name in names):
        raise ValueError(f"ключ повторяется: {', '.join(sorted(name for name in kept if names.count(name) > 1))}")
    return kept


def _no_number(name: str) -> None:
    raise ValueError(f"{name} — не число")


def _poll(message: dict, place: int, known: _Known, faults: list[str]) -> tuple | None:
    """Number, date, question, whether closed, voters, votes by code (None: about something else) of a message."""
    number, poll = message.get("id"), message["poll"]
    where = f"сообщение {number}" if _whole(number) else f"messages[{place}]"
    told = len(faults)
    if not _whole(number):
        faults.append(f"{where} | id: нужно целое число, найдено {_kind(number)}")
    date = _date(message.get("date"))
    if date is None:
        faults.append(f"{where} | date: нужна дата ГГГГ-ММ-ДД, найдено {_kind(message.get('date'))}")
    if not isinstance(poll, dict):
        faults.append(f"{where} | poll: нужен объект, найдено {_kind(poll)}")
        return None
    voters, answers = poll.get("total_voters"), poll.get("answers")
    if not _whole(voters):
        faults.append(f"{where} | total_voters: нужно целое число не меньше 0, найдено {_kind(voters)}")
    if not isinstance(poll.get("question"), str):
        faults.append(f"{where} | question: нужен текст, найдено {_kind(poll.get('question'))}")
    if not isinstance(answers, list) or not answers:
        faults.append(f"{where} | answers: нужен непустой список, найдено {_kind(answers)}")
        return None
    for position, answer in enumerate(answers, 1):
        sound = isinstance(answer, dict) and isinstance(answer.get("text"), str) and _whole(answer.get("voters"))
        if not sound:
            faults.append(f"{where} | вариант {position}: нужны текст text и целое voters не меньше 0")
    if len(faults) > told:
        return None
    votes = _votes(answers, voters, where, known, faults)
    return number, date, masked(shown(poll["question"])), poll.get("closed") is True, voters, votes


def _votes(answers: list[dict], voters: int, where: str, known: _Known, faults: list[str]) -> pd.Series | None:
    """Votes by code; None for a poll about something else or a faulty one."""
    meant = [normal(answer["text"]) for answer in answers]
    if not any(known.codes.get(text) for text in meant):
        return None
    told = len(faults)
    votes: dict[str, int] = {}
    for position, (answer, text) in enumerate(zip(answers, meant, strict=True), 1):
        given = masked(shown(answer["text"]))
        if text not in known.codes:
            near = nearest(text, known.names)
            faults.append(f"{where} | вариант {position}: «{given}» нет в перечне, похоже на: {near or '—'}. Добавьте "
                          "его с кодом или с None, если он ничего не значит")
        elif (code := known.codes[text]) in votes:
            faults.append(f"{where} | вариант {position}: «{given}» — код {code}, он уже есть в этом опросе")
        elif code is not None:
            votes[code] = answer["voters"]
        if answer["voters"] > voters:
            faults.append(f"{where} | вариант {position}: голосов {answer['voters']}, а проголосовали {voters}")
    total = sum(answer["voters"] for answer in answers)
    if total == 0 < voters:
        faults.append(f"{where}: проголосовали {voters}, а голоса по вариантам скрыты (все 0): их видит тот, кто "
                      "голосовал сам. Проголосуйте или закройте опрос и выгрузите чат заново")
    elif total < voters:
        faults.append(f"{where}: сумма голосов {total} меньше числа проголосовавших {voters}")
    return pd.Series(votes, dtype=int, name="votes") if len(faults) == told else None


def _date(text: object) -> datetime.date | None:
    try:
        return datetime.datetime.fromisoformat(text).date() if isinstance(text, str) else None
    except ValueError:
        return None


def _whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _kind(value: object) -> str:
    """What stands in a place, without quoting it."""
    kinds = {dict: "объект", list: "список", str: "текст", bool: "да/нет", type(None): "ничего"}
    return kinds.get(type(value), f"{value:.6g}" if isinstance(value, int | float) else "—")


def _listed(path: Path, what: str, faults: list[str]) -> str:
    lines = [f"{number}. {fault}." for number, fault in enumerate(faults[:FAULTS], 1)]
    more = [f"… и ещё {len(faults) - FAULTS}"] if len(faults) > FAULTS else []
    return "\n".join([f"{path.name}: {what}: {len(faults)}.", *lines, *more])


# -- counting ----------------------------------------------------------------------------------------------------------

def _counts(votes: pd.Series, voters: int) -> None:
    wrong = [str(code) for code, count in votes.items() if not 0 <= count <= voters or count % 1]
    if wrong:
        raise InputError(f"Голоса: целые числа от 0 до числа проголосовавших ({voters}); не так: {', '.join(wrong)}.")


def _sign_tests(one: np.ndarray, other: np.ndarray, voters: int) -> np.ndarray:
    """Exact two-sided p-values of votes for two codes among the voters who chose only one of them.

    Who chose both is not known; with the fewest such voters, max(0, one + other - voters), the evidence is weakest.
    """
    apart = np.minimum(one + other, 2 * voters - one - other)
    more = (apart + np.abs(one - other)) // 2
    return np.minimum(1.0, 2 * stats.binom.sf(more - 1, apart, 0.5))
