"""Personal data: columns that must not be there, and what hides inside free text."""

from __future__ import annotations

import re

import pandas as pd

from methods.data.registry import place
from methods.problems import HIDDEN, Problem, Protocol

_HEADER = re.compile(
    r"фио|ф\.\s*и\.\s*о|фамили|отчеств|^имя\b|телефон|^тел\.?$|моб(?:ильн|\.)|снилс|паспорт|^инн\b|e-?mail|"
    r"эл(?:ектронн\w*|\.)?\s*почт|^почта|дата\s*рожд|домашн\w*\s*адрес|адрес\s*прож|phone|^snils", re.IGNORECASE)

_PATRONYMIC = r"[А-ЯЁ][а-яё]+(?:вич(?:а|у|ем|е)?|(?:вн|ичн)(?:а|ы|е|у|ой)|\s+оглы|\s+кызы)\b"
_TRACES = re.compile("|".join((
    r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+",                                                 # e-mail
    r"(?<!\d)(?:\+7|8)[\s(\-]*\d{3}[\s)\-]*\d{3}[\s\-]*\d{2}[\s\-]*\d{2}(?!\d)",      # telephone
    r"(?<!\d)\d{3}-\d{3}-\d{3}[ -]\d{2}(?!\d)",                                      # СНИЛС
    rf"(?:[А-ЯЁ][а-яё]+(?:-[А-ЯЁ][а-яё]+)?\s+)?[А-ЯЁ][а-яё]+\s+{_PATRONYMIC}(?:\s+[А-ЯЁ][а-яё]+)?",  # in any case
    r"[А-ЯЁ][а-яё]+\s+[А-ЯЁ]\.\s?[А-ЯЁ]\.",                                          # Иванова А. П.
    r"(?<![А-ЯЁ.])[А-ЯЁ]\.\s?[А-ЯЁ]\.\s?[А-ЯЁ][а-яё]+",                              # А. П. Иванова
)))


def is_personal(header: str) -> bool:
    """Whether a header promises personal data.

    >>> [is_personal(header) for header in ("ФИО респондента", "Телефон", "центр", "название_региона")]
    [True, True, False, False]
    """
    return bool(_HEADER.search(str(header).strip()))


def without_personal(frame: pd.DataFrame, protocol: Protocol) -> pd.DataFrame:
    """The frame without personal columns; each is an error that names the header and nothing else."""
    personal = [column for column in frame.columns if is_personal(column)]
    for column in personal:
        protocol.add(Problem("SRV-19", place(frame, None, column), HIDDEN, personal=True))
    return frame.drop(columns=personal)


def masked(text: str) -> str:
    """Text with telephones, addresses, numbers and names of people hidden.

    >>> masked("звонить Анне Петровне Ивановой: +7 (900) 123-45-67, ann@mail.ru")
    'звонить ***: ***, ***'
    >>> masked("спасибо, Иванова Анна Петровна и Сидоров П. И.")
    'спасибо, *** и ***'
    """
    return _TRACES.sub(HIDDEN, text)
