"""An edition of a methodology as data: what one YAML file under `data/raw/methodology` says.

The model is strict: unknown keys, wrong types, codes that lead nowhere and weights that do not sum to 1 are errors.
It knows nothing of files; `methods.data.editions` reads them and puts line numbers to the complaints. Field
descriptions are Russian because they become `docs/edition.md` and the tips of the editor's JSON schema.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator
from fractions import Fraction
from typing import Annotated, Any, Literal

import pandas as pd
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema, model_validator

from methods import checks
from methods.checks import SUM_TOLERANCE
from methods.index.aggregate import AGGREGATIONS
from methods.index.normalise import NORMALISATIONS

FRACTION = r"(\d+)\s*/\s*(\d+)"
LONGEST = 40  # characters of a fraction; Python refuses to read thousands of digits
INDEX = "index"  # code of the root element: the index itself
REGIONS = "regions"  # code of the table that is no file: what the regions sent, read and checked in every run


def _fraction(value: Any) -> Any:
    """Let a weight be written exactly: `1/7` instead of `0.142857`."""
    if isinstance(value, str) and len(value) < LONGEST and (
            parts := re.fullmatch(FRACTION, value, re.ASCII)) and int(parts[2]):
        return float(Fraction(int(parts[1]), int(parts[2])))
    return value


Share = Annotated[
    float, BeforeValidator(_fraction), Field(ge=0, le=1, allow_inf_nan=False),
    WithJsonSchema({"anyOf": [{"type": "number", "minimum": 0, "maximum": 1},
                              {"type": "string", "pattern": f"^{FRACTION}$"}]}),
]
Number = Annotated[float, Field(allow_inf_nan=False)]
Code = Annotated[str, Field(pattern=r"^[^\s/]+$", max_length=60)]
Side = Literal["subjective", "objective"]
NormalisationName = Literal[tuple(NORMALISATIONS)]
AggregationName = Literal[tuple(AGGREGATIONS)]


class Part(BaseModel):
    """Settings shared by all parts of an edition: strict, closed and unchangeable."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Period(Part):
    """Срок действия редакции."""

    start: datetime.date = Field(description="Первый день действия, ГГГГ-ММ-ДД.")
    end: datetime.date | None = Field(None, description="Последний день действия; пусто, если редакция действует.")

    @model_validator(mode="after")
    def _in_order(self) -> Period:
        if self.end is not None and self.end < self.start:
            raise ValueError(f"конец срока {self.end} раньше начала {self.start}")
        return self


class Unit(Part):
    """Что оценивается: название и формы слова для текста отчёта."""

    title: str = Field(description="Полное название единицы оценки.")
    one: str = Field(description="Форма для «1 …»: центр.")
    few: str = Field(description="Форма для «2 …»: центра.")
    many: str = Field(description="Форма для «5 …»: центров.")


class Clientele(Part):
    """Одна из клиентур, мнения которых считаются отдельно до конца."""

    title: str = Field(description="Название во множественном числе: соискатели.")
    value: str = Field(description="Как клиентура обозначена в файле ответов.")
    share: Share = Field(description="Доля в сводном значении; сумма долей равна 1.")


class Table(Part):
    """Таблица исходных данных в папке набора."""

    file: str = Field(description="Имя файла в папке набора; {period} заменяется периодом.")
    unit: str = Field(description="Столбец с кодом единицы.")
    separator: str = Field(",", description="Разделитель столбцов.", min_length=1, max_length=1)
    decimal: Literal[".", ","] = Field(".", description="Десятичный знак.")
    missing_marks: tuple[str, ...] = Field(
        ("",), description="Пометки «нет значения»; любая другая нечисловая — ошибка.")
    where: dict[str, str] = Field({}, description="Отбор строк: столбец — требуемое значение; {period} заменяется.")
    clientele: str | None = Field(None, description="Столбец с клиентурой (для ответов на вопросы).")
    requirement: str | None = Field(
        None, description="Чек-лист в длинном виде: столбец с кодом требования. Пусто — требования стоят столбцами.")
    score: str | None = Field(None, description="Чек-лист в длинном виде: столбец с баллом за требование.")
    maximum: str | None = Field(None, description="Чек-лист в длинном виде: столбец с наибольшим баллом.")
    item: str | None = Field(None, description="Чек-лист в длинном виде: столбец с кодом показателя.")
    register_file: str | None = Field(
        None, alias="register", description="Чек-лист столбцами: файл-перечень требований (требование → показатель).")
    register_requirement: str | None = Field(None, description="Столбец перечня с кодом требования.")
    register_item: str | None = Field(None, description="Столбец перечня с кодом показателя.")
    yes: tuple[str, ...] = Field(("yes",), description="Проверки: пометки «да», без учёта регистра.")
    no: tuple[str, ...] = Field(("no",), description="Проверки: пометки «нет», без учёта регистра.")
    object: str | None = Field(None, description="Проверки: столбец с услугой; пусто — вся единица как одна услуга.")
    level: str | None = Field(None, description="Проверки: столбец с уровнем власти, от которого зависит collapse.")
    stratum: str | None = Field(None, description="Проверки: столбец с видом услуги, для strata.")
    ignore_units: tuple[str, ...] = Field((), description="Коды, которые не единицы: итоги и средние.")


class UnitsTable(Part):
    """Справочник единиц: названия и признаки для группировки."""

    file: str = Field(description="Имя файла в папке набора; {period} заменяется периодом.")
    unit: str = Field(description="Столбец с кодом единицы.")
    title: str = Field(description="Столбец с названием.")
    title_file: str | None = Field(None, description="Файл с названиями, если он другой; без названия остаётся код.")
    region: str | None = Field(None, description="Столбец с названием региона.")
    separator: str = Field(",", description="Разделитель столбцов.", min_length=1, max_length=1)
    where: dict[str, str] = Field({}, description="Отбор строк: столбец — требуемое значение; {period} заменяется.")
    valid_from: str | None = Field(
        None, description="Столбец с датой начала действия; единица входит, если действует хотя бы день периода.")
    valid_to: str | None = Field(None, description="Столбец с датой конца действия; пусто — действует.")


class Data(Part):
    """Откуда берутся исходные данные."""

    dataset: Code = Field(description="Папка набора в data/raw.")
    periods: tuple[str, ...] = Field(min_length=1, description="Периоды по порядку; последний берётся по умолчанию.")
    units: UnitsTable = Field(description="Справочник единиц.")
    regions: str | None = Field(
        None, description="Папка набора с файлами регионов ({period} заменяется): реестр, ответы, чек-листы. Читаются "
                          "и проверяются при каждом расчёте; показатели ссылаются на них как на таблицу regions.")
    requirements: str | None = Field(
        None, description="Файл-перечень требований для чек-листов регионов: требование, показатель, уровень, "
                          "подтверждение, неприменимо.")
    questions: str | None = Field(
        None, description="Файл-перечень вопросов о зрелости: вопрос, направление, шкала, уровень, зачёт, слова, "
                          "подтверждение.")
    blanks: Literal["zero", "exclude", "refuse"] = Field(
        "zero", description="Пропуск в ответах о зрелости: zero — низшая ступень, exclude — не входит в балл, refuse — "
                            "нужны все ответы.")
    tables: dict[Code, Table] = Field({}, description="Таблицы, на которые ссылаются показатели.")


class Codebook(Part):
    """Правила анкеты: как читать ответы в файлах регионов."""

    words: dict[str, Number] = Field(
        {**dict(zip(("один", "два", "три", "четыре", "пять"), range(1, 6), strict=True)),
         "отлично": 5, "хорошо": 4, "удовлетворительно": 3, "плохо": 2, "очень плохо": 1, "5 (отлично)": 5,
         "4 (хорошо)": 4, "3 (удовлетворительно)": 3, "2 (плохо)": 2, "1 (очень плохо)": 1, "да": 1, "нет": 0},
        description="Слова вместо оценок, строчными буквами: {отлично: 5}.")
    no_answer: tuple[str, ...] = Field(
        ("98", "99", "затрудняюсь ответить", "нет ответа", "отказ"), description="Пометки «нет ответа».")
    gaps: tuple[str, ...] = Field(("", "-", "—", "н/д", "нет данных"), description="Пустая ячейка и её замены.")
    reversed_questions: tuple[str, ...] = Field((), description="Вопросы, где лучшая оценка — наименьшая.")
    field_period: Period | None = Field(None, description="Срок опроса; по умолчанию весь период.")
    weight_ratio: Number = Field(20.0, ge=1, description="Наибольший вес анкеты к наименьшему.")
    strata: tuple[str, ...] = Field((), description="Страты столбца «страта»; пусто, если их нет.")
    block: int = Field(10, ge=2, description="Столько одинаковых анкет подряд — повод для предупреждения.")
    ten_point_share: Share = Field(
        0.2, description="Такая доля оценок выше шкалы значит, что регион спрашивал по другой шкале.")
    comments: tuple[str, ...] = Field(("комментарий",), description="Столбцы со словами клиентов.")


class Estimation(Part):
    """Как ответы на вопрос становятся значением центра."""

    weights: bool = Field(False, description="Учитывать столбец «вес» (веса анкет) и страты.")
    population: str | None = Field(
        None, description="Файл набора с численностью клиентов ({period} заменяется): центр, клиентела, страта, "
                          "клиентов. Ошибка уменьшается на долю опрошенных.")
    shrinkage: Literal["none", "moment", "reml"] = Field(
        "none", description="Сглаживание малых центров (эмпирический Байес): none — простое среднее.")


class Column(Part):
    """Готовое число: один столбец таблицы."""

    measure: Literal["column"] = Field(description="Вид измерения.")
    table: Code = Field(description="Код таблицы.")
    column: str = Field(description="Столбец с числом.")
    where: dict[str, str] = Field({}, description="Отбор строк: столбец — требуемое значение.")
    divisor: Number = Field(1.0, gt=0, description="На что разделить: 100 для процентов.")
    standard_error: str | None = Field(None, description="Столбец со стандартной ошибкой, если есть.")
    count: str | None = Field(None, description="Столбец с числом наблюдений, если есть.")


class Survey(Part):
    """Оценка клиентов: ответы на один вопрос, приведённые к [0; 1]."""

    measure: Literal["survey"] = Field(description="Вид измерения.")
    table: Code = Field(description="Код таблицы с ответами, строка — анкета; regions — файлы регионов.")
    question: str = Field(description="Столбец с ответом.")
    scale: tuple[int, int] = Field(description="Наихудшая и наилучшая оценки, например [1, 5].")
    treatment: Literal["mean", "top-2-box"] = Field(
        "mean", description="mean: (средняя − низ)/(верх − низ); top-2-box: доля двух верхних оценок.")
    min_answers: int = Field(1, ge=1, description="Меньше ответов — значения нет.")

    @model_validator(mode="after")
    def _scale_in_order(self) -> Survey:
        if not self.scale[0] < self.scale[1]:
            raise ValueError("низ шкалы должен быть меньше верха")
        return self


class Checklist(Part):
    """Исполнение требований."""

    measure: Literal["checklist"] = Field(description="Вид измерения.")
    table: Code = Field(description="Код таблицы чек-листа; regions — файлы регионов.")
    items: tuple[str, ...] | None = Field(None, description="Коды в перечне требований; по умолчанию код показателя.")
    rule: Literal["share", "all", "points"] = Field(
        "share", description="share: X/N; all: 1, только если исполнены все; points: сумма баллов.")


class Check(Part):
    """Одна проверка: столбец с «да/нет» или числом; из нескольких столбцов берётся лучший."""

    columns: tuple[str, ...] = Field(min_length=1, description="Столбцы; из нескольких берётся лучшее значение.")
    maximum: Number = Field(1.0, gt=0, description="Наибольшее число в столбце: значение делится на него.")
    weight: Share | None = Field(None, description="Доля проверки; по умолчанию поровну.")


class Checks(Part):
    """Проверки «да/нет», по нескольку строк на единицу: строки → услуга → единица."""

    measure: Literal["checks"] = Field(description="Вид измерения.")
    table: Code = Field(description="Код таблицы проверок.")
    checks: tuple[Check, ...] = Field(min_length=1, description="Проверки; отсутствующие выпадают из среднего.")
    only_if: str | None = Field(None, description="Столбец условия: учитываются строки, где в нём «да».")
    collapse: Literal["best", "mean"] | dict[str, Literal["best", "mean"]] = Field(
        "mean", description="Как сводить строки одной услуги, проверка за проверкой; можно по значению столбца level.")
    object_decimals: int | None = Field(None, ge=0, le=6, description="Округлить долю по услуге (половина вверх).")
    strata: dict[str, Share] | None = Field(
        None, description="Доли видов услуг (столбец stratum); по умолчанию простое среднее услуг.")


Measure = Annotated[Column | Survey | Checklist | Checks, Field(discriminator="measure")]


class Normalisation(Part):
    """Нормирование: имя из methods.index.normalise и его параметры."""

    method: NormalisationName = Field(description="Имя способа.")
    lower: Number | None = Field(None, description="Низ новой шкалы (min-max, goalposts).")
    upper: Number | None = Field(None, description="Верх новой шкалы (min-max, goalposts).")
    low: Number | None = Field(None, description="Нижняя опорная точка исходной шкалы (goalposts).")
    high: Number | None = Field(None, description="Верхняя опорная точка исходной шкалы (goalposts).")
    cap: bool | None = Field(None, description="Обрезать ли значения за опорными точками (goalposts).")
    mean: Number | None = Field(None, description="Среднее новой шкалы (z-score).")
    sd: Number | None = Field(None, description="Стандартное отклонение новой шкалы (z-score).")
    reference: str | Number | None = Field(None, description="Эталон: best, mean, код единицы или число.")

    def parameters(self) -> dict[str, Any]:
        """What was set, as keyword arguments of the function of that name."""
        return {key: value for key, value in self.model_dump(exclude={"method"}).items() if value is not None}

    @model_validator(mode="after")
    def _parameters_belong(self) -> Normalisation:
        allowed = {"min-max": {"lower", "upper"}, "goalposts": {"low", "high", "lower", "upper", "cap"},
                   "z-score": {"mean", "sd"}, "distance-to-reference": {"reference"}}.get(self.method, set())
        foreign = set(self.parameters()) - allowed
        if foreign:
            raise ValueError(f"способу {self.method} не нужны параметры: {', '.join(sorted(foreign))}")
        if self.method == "goalposts" and (self.low is None or self.high is None):
            raise ValueError("способу goalposts нужны опорные точки low и high")
        if self.method == "goalposts" and self.low >= self.high:
            raise ValueError(f"нижняя опорная точка low ({self.low:g}) должна быть меньше верхней high ({self.high:g})")
        return self


class Aggregation(Part):
    """Способ сведения дочерних элементов."""

    method: AggregationName = Field(description="Имя способа из methods.index.aggregate.")
    exponent: Number | None = Field(None, description="Показатель степени (только power).")

    @model_validator(mode="after")
    def _exponent_with_power(self) -> Aggregation:
        if (self.method == "power") != (self.exponent is not None):
            raise ValueError("exponent задаётся для power и только для него")
        return self


class Missing(Part):
    """Что делать, когда дочернее значение отсутствует."""

    rule: Literal["reweight", "complete"] = Field(
        description="reweight: веса делятся между имеющимися; complete: без любого значения балла нет.")
    min_coverage: Share = Field(0.0, description="Наименьшая доля веса имеющихся значений, иначе балла нет.")


class Indicator(Part):
    """Показатель."""

    title: str = Field(min_length=1, description="Название, как в методике.")
    group: Code = Field(INDEX, description="Код группы; пусто — прямо под индексом.")
    direction: Literal[1, -1] = Field(1, description="1 — чем больше, тем лучше; −1 — наоборот.")
    sides: dict[Side, Measure] = Field(
        min_length=1, description="Измерения: subjective — оценка клиентов, objective — объективные данные.")
    mix: dict[Side, Share] | None = Field(None, description="Доли сторон в сводном значении; по умолчанию поровну.")
    normalisation: Normalisation | None = Field(None, description="Своё нормирование вместо общего.")
    unit: str = Field("", description="Единица измерения.")
    source: str = Field("", description="Источник: документ или набор данных.")

    def side_mix(self) -> dict[Side, float]:
        """Nominal share of each declared side; they sum to 1."""
        return self.mix or {side: 1 / len(self.sides) for side in self.sides}

    @model_validator(mode="after")
    def _mix_fits(self) -> Indicator:
        if self.mix is not None:
            if set(self.mix) != set(self.sides):
                raise ValueError("mix должен называть ровно те стороны, что есть в sides")
            if abs(sum(self.mix.values()) - 1) > SUM_TOLERANCE:
                raise ValueError(f"сумма долей сторон должна быть 1, сейчас {sum(self.mix.values()):g}")
        return self


class Group(Part):
    """Группа показателей."""

    title: str = Field(min_length=1, description="Название.")
    parent: Code = Field(INDEX, description="Код вышестоящей группы; пусто — прямо под индексом.")
    normalisation: Normalisation | None = Field(None, description="Нормирование балла группы перед сведением выше.")


class Sides(Part):
    """Что делать, если у единицы есть не все объявленные стороны показателя."""

    missing: Literal["missing", "available"] = Field(
        "missing", description="missing: нет показателя; available: берётся имеющаяся сторона.")


class Eligibility(Part):
    """Кого ранжировать. Остальные считаются, но места и уровня не получают."""

    min_coverage: Share = Field(0.0, description="Наименьшая доля веса показателей, по которым есть данные.")
    min_groups: int = Field(0, ge=0, description="Наименьшее число групп с достаточным числом показателей.")
    min_indicators: int = Field(1, ge=1, description="Сколько показателей нужно, чтобы группа засчитывалась.")
    one_of: tuple[Code, ...] = Field((), description="Хотя бы одна из этих групп должна засчитываться.")


class Ranking(Part):
    """Места."""

    ties: Literal["min", "average", "max", "dense"] = Field(
        "min", description="Место при равных баллах: min — лучшее из делимых (1, 2, 2, 4).")


class Grading(Part):
    """Уровни (звёзды)."""

    title: str = Field(description="Как называются уровни: звёзды, уровни зрелости.")
    labels: tuple[str, ...] = Field(min_length=2, description="Названия от низшего к высшему.")
    method: Literal["bands", "quantiles", "k-means"] = Field(description="Способ.")
    cut_offs: tuple[Number, ...] | None = Field(
        None, description="bands: границы по возрастанию в опубликованной шкале.")
    edge: Literal["upper", "lower"] = Field("upper", description="bands: к какому уровню относится сама граница.")
    decimals: int | None = Field(None, ge=0, le=6, description="bands: округлить перед сравнением с границей.")
    floor: Number | None = Field(None, description="bands: не выше этого — уровень не присваивается.")
    trim: Number | None = Field(None, gt=0, description="k-means: единицы дальше этого не двигают центры.")
    within: Literal["all", "eligible-groups"] = Field(
        "all", description="all: все вместе; eligible-groups: внутри равных по числу засчитанных групп.")
    source: str = Field("", description="Откуда взяты границы.")

    @model_validator(mode="after")
    def _fits(self) -> Grading:
        if self.method == "bands":
            if self.cut_offs is None or len(self.cut_offs) != len(self.labels) - 1:
                raise ValueError(f"для {len(self.labels)} уровней нужна {len(self.labels) - 1} граница в cut_offs")
            if any(a >= b for a, b in zip(self.cut_offs, self.cut_offs[1:], strict=False)):
                raise ValueError("границы cut_offs должны возрастать")
        elif self.cut_offs is not None or self.floor is not None or self.decimals is not None:
            raise ValueError(f"cut_offs, floor и decimals нужны только способу bands, а задан {self.method}")
        if self.trim is not None and self.method != "k-means":
            raise ValueError("trim нужен только способу k-means")
        return self


class Publication(Part):
    """Как публиковать баллы."""

    multiplier: Number = Field(1.0, gt=0, description="На что умножить балл: 100 для шкалы 0–100.")
    decimals: int = Field(2, ge=0, le=6, description="Знаков после запятой; округление половины вверх.")
    scale: str = Field("", description="Шкала словами: «баллы, 0–100».")


class Disclosure(Part):
    """Что не публикуется."""

    threshold: int = Field(10, ge=1, description="Значение, за которым меньше ответов, не публикуется.")
    protection: Share = Field(
        0.1, description="Насколько неизвестным должно остаться скрытое среднее: доля шкалы ответа.")


class Pair(Part):
    """Пара для проверки согласованности, когда одна сторона — показатель или группа, а другая — иной показатель."""

    subjective: Code = Field(description="Код показателя или группы с оценками клиентов.")
    objective: Code = Field(description="Код показателя или группы с объективными данными.")
    title: str = Field(description="О чём пара.")


class Bounds(Part):
    """Границы меры: значение не меньше `least` и меньше `below`; одной из них может не быть."""

    least: Number | None = Field(None, description="Не меньше этого.")
    below: Number | None = Field(None, description="Меньше этого.")

    @model_validator(mode="after")
    def _in_order(self) -> Bounds:
        if self.least is None and self.below is None:
            raise ValueError("нужна хотя бы одна граница: least или below")
        if self.least is not None and self.below is not None and self.least >= self.below:
            raise ValueError(f"least ({self.least:g}) должно быть меньше below ({self.below:g})")
        return self


class VerdictRule(Part):
    """Правило вердикта о показателе: если все меры в границах, действие таково."""

    when: dict[str, Bounds] = Field({}, description="Меры и их границы; имена мер — в docs/verdicts.md. У последнего "
                                                    "правила условий нет.")
    action: str = Field(min_length=1, description="Что делать.")
    reason: str = Field(min_length=1, description="Почему: предложение с мерами в фигурных скобках.")
    source: str = Field(min_length=1, description="Откуда порог: работа или решение.")


class Edition(Part):
    """Редакция методики."""

    version: Code = Field(description="Имя редакции; совпадает с именем файла.")
    title: str = Field(min_length=1, description="Полное название.")
    status: Literal["adopted", "candidate", "demonstration"] = Field(
        description="adopted: принята и неизменна; candidate: проект; demonstration: наши условные значения.")
    in_force: Period = Field(description="Срок действия.")
    legal_basis: tuple[str, ...] = Field(min_length=1, description="Основания: документы с номерами и датами.")
    decision: str = Field(description="Решение в docs/decisions, которым редакция введена.")
    based_on: Code | None = Field(None, description="Редакция, из которой сделана эта.")
    notes: tuple[str, ...] = Field((), description="Оговорки для читателя отчёта.")
    unit: Unit = Field(description="Единица оценки.")
    data: Data = Field(description="Исходные данные.")
    clienteles: dict[Code, Clientele] = Field({}, description="Клиентуры, если их несколько.")
    groups: dict[Code, Group] = Field({}, description="Группы показателей.")
    codebook: Codebook = Field(Codebook(), description="Правила анкеты.")
    estimation: Estimation = Field(Estimation(), description="Оценивание по ответам.")
    indicators: dict[Code, Indicator] = Field(min_length=1, description="Показатели.")
    left_out: tuple[str, ...] = Field(
        (), description="Коды вопросов и требований, которые остаются в данных, но не считаются; для чек-листов из "
                        "таблиц, не из файлов регионов.")
    min_units: int = Field(
        0, ge=0, description="Показатель участвует, если значение есть не меньше чем у стольких единиц.")
    weights: dict[Code, Literal["equal"] | dict[Code, Share]] = Field(
        description="Веса по родителям: index: {группа: вес}, группа: {показатель: вес} или equal. "
                    "Если под index стоят сами показатели, их сумма по всему индексу равна 1.")
    normalisation: Normalisation = Field(description="Нормирование показателей.")
    aggregation: dict[Code, Aggregation] = Field(description="default и, при отличии, код родителя: способ сведения.")
    missing: dict[Code, Missing] = Field(description="default и, при отличии, код родителя: правило пропусков.")
    sides: Sides = Field(Sides(), description="Правило неполных сторон показателя.")
    eligibility: Eligibility = Field(Eligibility(), description="Условия включения в рейтинг.")
    ranking: Ranking = Field(Ranking(), description="Как присваиваются места.")
    publication: Publication = Field(description="Публикация.")
    disclosure: Disclosure = Field(Disclosure(), description="Защита ответов немногих.")
    grades: Grading | None = Field(None, description="Уровни; пусто, если их нет.")
    priorities: tuple[Code, ...] = Field(
        (), description="Порядок приоритетов верхнего уровня от важнейшего; из него строятся веса по порядку.")
    base_period: str | None = Field(None, description="Базовый период относительного индекса.")
    uncertainty: tuple[dict[str, Any], ...] = Field(
        (), description="Что разыгрывается при проверке надёжности мест: записи источников с ключом factor "
                        "(docs/uncertainty.md); пусто — веса, доля опроса, ошибки опроса и проверяющего.")
    pairs: tuple[Pair, ...] = Field((), description="Пары для проверки согласованности между разными показателями.")
    verdict_rules: tuple[VerdictRule, ...] = Field(
        (), description="Правила вердиктов о показателях с двумя сторонами по порядку; пусто — docs/verdicts.md.")

    # -- the tree ---------------------------------------------------------------------------------------------------

    def children(self, parent: str) -> list[str]:
        """Codes right below an element, groups first, in the order of the file."""
        return [code for code, group in self.groups.items() if group.parent == parent] + \
               [code for code, indicator in self.indicators.items() if indicator.group == parent]

    @property
    def questions(self) -> dict[str, Survey]:
        """What clients are asked, by indicator."""
        found = {code: indicator.sides.get("subjective") for code, indicator in self.indicators.items()}
        return {code: side for code, side in found.items() if side is not None and side.measure == "survey"}

    def leaves(self, element: str) -> list[str]:
        """Indicators below an element (itself, if it is one)."""
        if element in self.indicators:
            return [element]
        return [leaf for child in self.children(element) for leaf in self.leaves(child)]

    def bottom_up(self) -> Iterator[str]:
        """Groups, every one after all groups below it."""
        def visit(element: str) -> Iterator[str]:
            for child in self.children(element):
                if child in self.groups:
                    yield from visit(child)
            if element != INDEX:
                yield element
        return visit(INDEX)

    def element_title(self, code: str) -> str:
        """Title of an indicator, a group or the index."""
        if code == INDEX:
            return "Индекс"
        return (self.indicators.get(code) or self.groups[code]).title

    @property
    def mark(self) -> str:
        """What every table and figure must carry so that nobody takes it for official; empty for adopted editions."""
        return {"adopted": "", "candidate": "проект редакции", "demonstration": "демонстрация"}[self.status]

    @property
    def is_flat(self) -> bool:
        """Whether weights are given per indicator over the whole index rather than level by level."""
        own = self.weights.get(INDEX)
        inside = set(self.indicators) - set(self.children(INDEX))
        return isinstance(own, dict) and bool(inside & set(own))

    def members(self, parent: str) -> list[str]:
        """What an element is computed from: its children, or in a flat edition the indicators below it."""
        return self.leaves(parent) if self.is_flat else self.children(parent)

    def weights_of(self, parent: str) -> pd.Series:
        """Weights of the element's members, summing to 1."""
        members = self.members(parent)
        if self.is_flat:
            weights = pd.Series(self.weights[INDEX], dtype=float)[members]
            return weights / weights.sum()
        stated = self.weights.get(parent, "equal")
        if stated == "equal":
            return pd.Series(1 / len(members), index=members)
        return pd.Series(stated, dtype=float)[members]

    def effective_weights(self) -> pd.Series:
        """Weight of every indicator in the whole index: the product of weights up the tree. They sum to 1."""
        if self.is_flat:
            return self.weights_of(INDEX).rename("weight")

        def spread(element: str, share: float) -> Iterator[tuple[str, float]]:
            for child, weight in self.weights_of(element).items():
                if child in self.indicators:
                    yield child, share * weight
                else:
                    yield from spread(child, share * weight)
        by_code = dict(spread(INDEX, 1.0))
        return pd.Series({code: by_code[code] for code in self.indicators}, name="weight")

    def reweighted(self, weights: pd.Series) -> Edition:
        """The same edition with other weights for the members of the index; all below stays as it is.

        A flat edition keeps its members, the indicators. Weights are matched by code.
        """
        checks.same_labels(weights.index, pd.Index(self.members(INDEX)), "Веса верхнего уровня")
        checks.weights_sum_to_one(weights)
        return self.model_copy(update={"weights": {**self.weights, INDEX: weights.to_dict()}})

    def normalisation_of(self, indicator: str) -> Normalisation:
        """The indicator's own normalisation or the common one."""
        return self.indicators[indicator].normalisation or self.normalisation

    def aggregation_of(self, parent: str) -> Aggregation:
        """How an element's members are brought together."""
        return self.aggregation.get(parent, self.aggregation["default"])

    def missing_of(self, parent: str) -> Missing:
        """The missing-data rule of an element."""
        return self.missing.get(parent, self.missing["default"])

    @property
    def two_sided(self) -> list[str]:
        """Indicators measured both ways."""
        return [code for code, indicator in self.indicators.items() if len(indicator.sides) == 2]
