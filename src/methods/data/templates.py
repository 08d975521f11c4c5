"""Workbooks for the regions to fill in: headers as the readers expect, lists to choose from, an instruction in Russian.

The same edition gives the same bytes, so that a changed template shows in a comparison of files.
"""

from __future__ import annotations

import datetime
import io
import re
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill, Protection
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from methods.data.intake import experts as judged
from methods.data.intake import requirements as checklist
from methods.data.intake import respondents as survey
from methods.data.intake.files import EXPERT, QUESTION
from methods.data.registry import (
    ALIASES,
    CENTRE,
    END,
    EXAMPLE,
    REGION,
    REGION_TITLE,
    START,
    SUCCESSOR,
    TITLE,
)
from methods.index.edition import INDEX, Checklist, Edition
from methods.weights import best_worst
from methods.weights.panel import AT_ONCE, AT_ONCE_AHP, elicitation_advice

ROWS = 20_000            # rows below the header that have lists
INLINE = 250             # characters of a list that Excel takes inside a rule
EPOCH = datetime.datetime(2024, 1, 1)  # stands for the moment of writing
PAIRS = ("9", "8", "7", "6", "5", "4", "3", "2", "1", "1/2", "1/3", "1/4", "1/5", "1/6", "1/7", "1/8", "1/9")
MATURITY = ("0", "1", "2", "3")
HEADER, SHADE = PatternFill("solid", fgColor="1F4E79"), PatternFill("solid", fgColor="E7E6E6")


@dataclass(frozen=True)
class Field:
    """One column of a template."""

    header: str
    meaning: str                 # for the instruction
    example: object
    choices: tuple[str, ...] = ()
    look: str = "@"              # number format; text by default, so that «01» and «1/3» stay what was typed
    width: int = 14
    bounds: tuple[int, int] | None = None


@dataclass(frozen=True)
class Template:
    """One workbook."""

    file: str
    sheet: str
    title: str
    fields: tuple[Field, ...]
    advice: tuple[str, ...] = ()


def write_templates(edition: Edition, folder: Path, requirements: pd.DataFrame | None = None) -> list[Path]:
    """Write all templates of an edition and return their paths.

    Parameters
    ----------
    requirements : DataFrame, optional
        The requirement list (columns требование, показатель, уровень): adds a checklist by requirements.
    """
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for template in templates(edition, requirements):
        path = folder / template.file
        path.write_bytes(_bytes(template, edition))
        paths.append(path)
    return paths


def templates(edition: Edition, requirements: pd.DataFrame | None = None) -> list[Template]:
    """What there is to fill in under an edition."""
    made = [_registry(), _survey(edition)]
    if _items(edition):
        made.append(_counts(edition))
        if requirements is not None and len(requirements):
            made.append(_requirements(requirements))
    if len(edition.children(INDEX)) > 1:
        made += [form(edition) for form in (_pairs, _listed_pairs, _points, _swings, _ranking, _best_worst)]
    return [*made, _maturity()]


# -- what stands in them -----------------------------------------------------------------------------------------------

def _registry() -> Template:
    return Template("шаблон_реестр.xlsx", "Реестр", "Реестр центров занятости", (
        Field(CENTRE, "код центра: не меняется при переименовании", EXAMPLE),
        Field(TITLE, "полное название", "ЦЗН города Примера", width=44),
        Field(REGION, "код субъекта, две цифры", "01", width=9),
        Field(REGION_TITLE, "название субъекта", "Республика Адыгея", width=30),
        _day(START, "первый день, с которого центр действует"),
        Field(END, "последний день; пусто, если центр действует", None, look="DD.MM.YYYY"),
        Field(SUCCESSOR, "код центра, к которому присоединён; пусто, если нет", None),
        Field(ALIASES, "другие названия через точку с запятой", "ЦЗН Примера; Кадровый центр Примера", width=44),
    ), ("Переименованный центр сохраняет код: прежнюю строку закройте последним днём, новую откройте следующим.",))


def _survey(edition: Edition) -> Template:
    asked = {question: scale for question, scale in survey.questions(edition).items() if question != survey.OVERALL}
    marks = tuple(Field(question, f"оценка от {low} (худшая) до {high} (лучшая); нет ответа — пусто", str(high),
                        tuple(str(mark) for mark in range(low, high + 1)), width=7)
                  for question, (low, high) in asked.items())
    words = tuple(one.value for one in edition.clienteles.values())
    titles = "; ".join(f"{one.value} — {one.title}" for one in edition.clienteles.values())
    clientele = (Field(survey.CLIENTELE, titles, words[0], words, width=11),) if words else ()
    return Template("шаблон_опрос.xlsx", "Ответы", "Ответы клиентов", (
        Field(survey.RESPONDENT, "номер анкеты, в файле не повторяется", EXAMPLE),
        Field(CENTRE, "код центра из реестра", "0101"), *clientele,
        _day(survey.DATE, "день ответа по местному времени региона"), *marks,
        Field("комментарий", "слова клиента без имён, телефонов и адресов", "спасибо", width=44),
    ), ("Не добавляйте столбцы с ФИО, телефоном, СНИЛС, почтой: такой файл не принимается.",
        "Если нужны веса или страты, добавьте столбцы «вес» и «страта»."))


def _counts(edition: Edition) -> Template:
    items = _items(edition)
    return Template("шаблон_чек-лист.xlsx", "Чек-лист", "Исполнение требований: X из N", (
        Field(CENTRE, "код центра из реестра", EXAMPLE),
        Field(checklist.INDICATOR, "код показателя", items[0], items, width=12),
        Field(checklist.FULFILLED, "X: сколько требований исполнено, целое число", "4", width=12),
        Field(checklist.SET, "N: сколько требований задано редакцией", "5", width=12),
        _day(checklist.CHECKED, "день проверки, внутри отчётного периода"),
    ), ("Пишите число требований, а не долю и не процент; X не больше N.",))


def _requirements(requirements: pd.DataFrame) -> Template:
    codes = tuple(requirements[checklist.REQUIREMENT])
    return Template("шаблон_требования.xlsx", "Требования", "Исполнение требований: отметка по каждому", (
        Field(CENTRE, "код центра из реестра", EXAMPLE),
        Field(checklist.REQUIREMENT, "код требования из перечня редакции", codes[0], codes, width=12),
        Field(checklist.MARK, "да, нет или неприменимо", "да", ("да", "нет", "неприменимо"), width=14),
        Field(checklist.EVIDENCE, "документ, который подтверждает исполнение", "приказ от 01.02.2024 № 5", width=44),
        Field(checklist.LEVEL, "где проверяется требование", "ТЦЗН", ("УЦЗН", "ТЦЗН"), width=10),
        _day(checklist.CHECKED, "день проверки, внутри отчётного периода"),
    ), ("У каждого центра должны быть все требования редакции, каждое один раз.",))


def _pairs(edition: Edition) -> Template:
    codes = tuple(edition.children(INDEX))
    return Template("шаблон_эксперты_пары.xlsx", "Парные сравнения", "Суждения экспертов: парные сравнения", (
        _expert(), Field(judged.CODE, "что сравнивается: строка", codes[0], codes, width=9),
        *(Field(code, f"во сколько раз строка важнее, чем «{edition.element_title(code)}»", "1", PAIRS, width=7)
          for code in codes),
    ), ("На эксперта столько строк, сколько кодов. На диагонали 1, напротив 3 стоит 1/3.",
        "Столбцы — текст: тогда Excel не превратит 1/3 в дату.",
        "Здесь сравнивается верхний уровень; внутри групп сравнивайте списком пар."))


def _listed_pairs(edition: Edition) -> Template:
    codes = _judged(edition)
    return Template("шаблон_эксперты_список_пар.xlsx", "Список пар", "Суждения экспертов: сравнения списком", (
        _expert(), Field(judged.MORE, "что важнее", codes[0], codes, width=9),
        Field(judged.LESS, "чем что: из того же набора", codes[1], codes, width=9),
        Field(judged.TIMES, "от 1 (равны) до 9 (крайне важнее)", "3", PAIRS, width=16),
    ), (*_order(edition, AT_ONCE_AHP), "Пара пишется один раз: если А важнее Б в 3 раза, строки «Б важнее А» не нужно.",
        "Не спрашивали о паре — не пишите её."))


def _points(edition: Edition) -> Template:
    return _values(edition, "шаблон_эксперты_100_баллов.xlsx", "Баллы", "100 баллов", Field(
        judged.POINTS, "целое число от 0 до 100; 0 — не важно, пусто — не оценено", 40, look="0", bounds=(0, 100)),
        "Сумма баллов каждого эксперта внутри каждого набора равна 100.")


def _swings(edition: Edition) -> Template:
    return _values(edition, "шаблон_эксперты_размах.xlsx", "Размах", "веса по размаху", Field(
        judged.SWING, "насколько важен шаг от худшего уровня к лучшему: от 0 до 100", 100, look="0", bounds=(0, 100)),
        "Самый ценный шаг внутри набора — 100, остальные сравнивайте с ним.")


def _ranking(edition: Edition) -> Template:
    return _values(edition, "шаблон_эксперты_места.xlsx", "Места", "порядок важности", Field(
        judged.PLACE, "1 — самое важное; равные — одним местом: 1, 2, 2, 4", 1, look="0", bounds=(1, 99)),
        "Места внутри каждого набора свои, от 1.")


def _best_worst(edition: Edition) -> Template:
    codes = tuple(edition.children(INDEX))
    grades = PAIRS[:best_worst.SCALE][::-1]
    return Template("шаблон_эксперты_лучший_худший.xlsx", "Лучший и худший", "Суждения экспертов: лучший и худший", (
        _expert(), Field(judged.BEST, "самое важное", codes[0], codes, width=9),
        Field(judged.WORST, "наименее важное", codes[-1], codes, width=9),
        Field(judged.SERIES, "какая это строка ответов", judged.TO_OTHERS, (judged.TO_OTHERS, judged.TO_WORST),
              width=24),
        *(Field(code, f"во сколько раз: {edition.element_title(code)}", "1", grades, width=7) for code in codes),
    ), ("На эксперта две строки. В первой — во сколько раз лучший важнее каждого, во второй — во сколько раз каждый "
        "важнее худшего, от 1 до 9.",
        "Лучший к себе и худший к себе — 1; лучший к худшему в обеих строках — одно число."))


def _values(edition: Edition, file: str, sheet: str, title: str, field: Field, rule: str) -> Template:
    """One value a code, groups and indicators in one table."""
    codes = _judged(edition)
    return Template(file, sheet, f"Суждения экспертов: {title}", (
        _expert(), Field(judged.CODE, "группа или показатель", codes[0], codes, width=9), field),
        (*_order(edition, AT_ONCE), rule))


def _expert() -> Field:
    return Field(EXPERT, "код эксперта с цифрой, без имени: Э1", EXAMPLE)


def _judged(edition: Edition) -> tuple[str, ...]:
    """Codes that are weighed against each other, the children of the index first."""
    return tuple(code for codes in judged.asked(edition).values() for code in codes)


def _order(edition: Edition, at_once: int) -> list[str]:
    return elicitation_advice({edition.element_title(element): len(codes)
                               for element, codes in judged.asked(edition).items()}, at_once)


def _maturity() -> Template:
    return Template("шаблон_зрелость.xlsx", "Зрелость", "Ответы о зрелости управления клиентским опытом", (
        Field(REGION, "код субъекта, две цифры", EXAMPLE, width=9),
        Field(QUESTION, "код вопроса методики", "1.1"),
        Field("ответ", "ступень по методике; нет ответа — пусто", MATURITY[0], MATURITY, width=9),
        Field("оценщик", "само — самооценка, внешний — внешняя оценка", "само", ("само", "внешний")),
        Field(checklist.EVIDENCE, "документ", "положение", width=44),
    ))


def _day(header: str, meaning: str) -> Field:
    return Field(header, f"{meaning}, ДД.ММ.ГГГГ", datetime.date(2024, 2, 1), look="DD.MM.YYYY")


def _items(edition: Edition) -> tuple[str, ...]:
    """Codes under which the edition's checklist counts requirements."""
    return tuple(dict.fromkeys(
        item for code, indicator in edition.indicators.items() for side in indicator.sides.values()
        if isinstance(side, Checklist) for item in (side.items or (code,))))


# -- how they look -----------------------------------------------------------------------------------------------------

def _bytes(template: Template, edition: Edition) -> bytes:
    book = Workbook()
    sheet = book.active
    sheet.title = template.sheet
    _data_sheet(book, sheet, template)
    _instruction(book.create_sheet("Инструкция"), template, edition)
    book.properties.creator, book.properties.title = "zvezda", template.title
    book.properties.created = EPOCH
    stream = io.BytesIO()
    book.save(stream)
    return _same_bytes(stream.getvalue())


def _data_sheet(book: Workbook, sheet: Worksheet, template: Template) -> None:
    for position, field in enumerate(template.fields, 1):
        letter = get_column_letter(position)
        column = sheet.column_dimensions[letter]
        column.width, column.number_format, column.protection = field.width, field.look, Protection(locked=False)
        header = sheet.cell(1, position, field.header)
        header.font, header.fill = Font(bold=True, color="FFFFFF"), HEADER
        header.alignment, header.protection = Alignment(wrap_text=True, vertical="top"), Protection(locked=True)
        example = sheet.cell(2, position, field.example)
        example.font, example.fill = Font(italic=True, color="7F7F7F"), SHADE
        example.number_format, example.protection = field.look, Protection(locked=False)
        _rule(book, sheet, field, letter)
    sheet.freeze_panes = "A2"
    protection = sheet.protection  # no password: it keeps a header from being overwritten by chance
    protection.sheet = True
    protection.formatColumns = protection.formatRows = protection.sort = protection.autoFilter = False
    protection.insertRows = protection.deleteRows = False


def _rule(book: Workbook, sheet: Worksheet, field: Field, letter: str) -> None:
    """A list to choose from, or bounds of a number."""
    if field.choices:
        inline = ",".join(field.choices)
        source = f'"{inline}"' if len(inline) <= INLINE else _listed(book, field)
        rule = DataValidation(type="list", formula1=source, allow_blank=True)
        rule.error = f"Выберите из списка: {inline[:150]}"
    elif field.bounds:
        low, high = field.bounds
        rule = DataValidation(type="whole", operator="between", formula1=str(low), formula2=str(high), allow_blank=True)
        rule.error = f"Целое число от {low} до {high}"
    else:
        return
    rule.errorTitle, rule.showErrorMessage = field.header[:30], True
    rule.add(f"{letter}2:{letter}{ROWS}")
    sheet.add_data_validation(rule)


def _listed(book: Workbook, field: Field) -> str:
    """A long list on a hidden sheet of its own."""
    lists = book["Списки"] if "Списки" in book.sheetnames else book.create_sheet("Списки")
    lists.sheet_state = "hidden"
    position = lists.max_column + (lists["A1"].value is not None)
    for row, choice in enumerate(field.choices, 1):
        lists.cell(row, position, choice)
    letter = get_column_letter(position)
    return f"Списки!${letter}$1:${letter}${len(field.choices)}"


def _instruction(sheet: Worksheet, template: Template, edition: Edition) -> None:
    """What to do, and what every column means. Headers stand in quotes, so that no reader takes this for the table."""
    lines: list[Sequence[str]] = [
        (template.title,), (f"Редакция: {edition.title} ({edition.version}).",), (edition.mark,), ("",),
        (f"1. Заполняйте лист «{template.sheet}» со строки 3. Строка 2 — пример: первое слово в ней {EXAMPLE}; "
         "удалите её (оставленная строка пропускается с заметкой).",),
        ("2. Не меняйте заголовки, не объединяйте ячейки, не добавляйте итоговых строк.",),
        ("3. Пустая ячейка значит «нет данных»; ноль — это значение.",),
        ("4. Проверьте файл до отправки: zvezda check ПАПКА --edition " + edition.version,),
        *((f"{place}. {text}",) for place, text in enumerate(template.advice, 5)),
        ("",), ("Заголовок", "Что вписать", "Допустимо"),
        *((f"«{field.header}»", field.meaning, ", ".join(field.choices[:30])) for field in template.fields),
    ]
    for row, cells in enumerate(lines, 1):
        for column, text in enumerate(cells, 1):
            sheet.cell(row, column, text or None).alignment = Alignment(wrap_text=column > 1, vertical="top")
    sheet["A1"].font = Font(bold=True, size=14)
    for letter, width in zip("ABC", (28, 70, 60), strict=True):
        sheet.column_dimensions[letter].width = width
    sheet.protection.sheet = True


def _same_bytes(data: bytes) -> bytes:
    """The workbook packed again without the moment of its writing."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as new:
        for part in sorted(old.namelist(), key=lambda name: (name != "[Content_Types].xml", name)):
            content = old.read(part)
            if part == "docProps/core.xml":
                moment = EPOCH.strftime("%Y-%m-%dT%H:%M:%SZ").encode()
                content = re.sub(rb"(<dcterms:modified[^>]*>)[^<]*", rb"\g<1>" + moment, content)
            info = zipfile.ZipInfo(part, EPOCH.timetuple()[:6])
            info.compress_type, info.external_attr = zipfile.ZIP_DEFLATED, 0o600 << 16
            new.writestr(info, content)
    return stream.getvalue()
