r"""The demonstration as a folder of files: the same country gives the same bytes.

CSV in UTF-8 without a byte order mark, `;`, `\n`. No float in the survey and the checklist; true values are whole
thousandths. To stay small, the long files write the clientele as one letter (`CLIENTELE_LETTERS`).
"""

from __future__ import annotations

import argparse
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from methods.data.demonstration.catalogue import (
    AGREED,
    BIAS,
    COARSE,
    EMPLOYER,
    NO_LINK,
    NO_SURVEY,
    NOISE,
    REQUIREMENTS,
    SCALE,
    SEEKER,
)
from methods.data.demonstration.judgements import OPTIONS, panel
from methods.data.demonstration.model import generate
from methods.data.demonstration.tables import Demonstration

CLIENTELE_LETTERS = {SEEKER: "С", EMPLOYER: "Р"}
DEFAULT_FOLDER = Path("data/raw/star_demonstration")
MODULE = "methods.data.demonstration"

_MEANING = {
    AGREED: "связь около 0,75, уровни равны, требований много",
    BIAS: "чек-лист выше опроса примерно на 0,10",
    SCALE: "X/N занимает всю шкалу, S сжата у потолка, поэтому X/N ещё и ниже",
    NO_LINK: "опрос и чек-лист независимы",
    COARSE: "требований всего три",
    NOISE: "центры почти не различаются по истинной S, опрос мерит случай",
    NO_SURVEY: "только чек-лист",
}
_POSITION = {requirement.code: place for place, requirement in enumerate(REQUIREMENTS)}


def write(demonstration: Demonstration, folder: Path) -> None:
    """Write the files, README.md and source.yml; files of other names in the folder are left alone."""
    hashes = {}
    for name, text in _files(demonstration):
        content = text.encode("utf-8")
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        hashes[name] = hashlib.sha256(content).hexdigest()
    (folder / "source.yml").write_bytes(_source(demonstration, hashes).encode("utf-8"))


def _files(demonstration: Demonstration) -> Iterator[tuple[str, str]]:
    """Name and text of every file but source.yml; rows in the order of their keys, whatever their order in memory."""
    truth = demonstration.truth
    yield "registry.csv", _csv(demonstration.registry.sort_values("центр"))
    yield "requirements.csv", _csv(demonstration.requirements.sort_values(     # the order of the Star, not of letters
        "требование", key=lambda codes: codes.map(_POSITION)))
    for year, answers in demonstration.answers.items():
        yield f"{year}/answers.csv", _csv(answers.assign(клиентела=answers["клиентела"].map(CLIENTELE_LETTERS))
                                          .sort_values("анкета", key=lambda number: number.astype(int)))
    for year, checklist in demonstration.checklist.items():
        yield f"{year}/checklist.csv", _csv(checklist.sort_values("центр"))
    judged = panel(demonstration.seed)
    for expert, table in judged.pairs.items():
        yield f"experts/{expert}_группы.csv", _csv(table)
        yield f"experts/{expert}_внутри_групп.csv", _csv(judged.points[expert])
    yield "polls/channel.json", json.dumps(judged.poll, ensure_ascii=False, indent=1) + "\n"
    yield "polls/codes.csv", "вариант;код\n" + "".join(f"{text};{code}\n" for code, text in OPTIONS.items())
    yield "truth/experts.csv", _csv(judged.schools.reset_index())
    yield "truth/indicators.csv", _csv(truth.indicators.round(3).reset_index())
    yield "truth/drivers.csv", _csv(truth.drivers.reset_index())
    yield "truth/survey_thousandths.csv", _csv(_thousandths(truth.survey).replace({"клиентела": CLIENTELE_LETTERS}))
    yield "truth/objective_thousandths.csv", _csv(_thousandths(truth.objective))
    yield "truth/regions_thousandths.csv", _csv(_thousandths(truth.regions))
    yield "truth/centres.csv", _csv(truth.centres.astype(int).sort_index().reset_index())
    yield "truth/requirements.csv", _csv(truth.requirements.astype({"необязательное_малым": int}).round(3)
                                         .reset_index())
    yield "truth/constants.csv", _csv(truth.constants.reset_index())
    yield "README.md", _readme(demonstration)


def _csv(table: pd.DataFrame) -> str:
    return table.to_csv(sep=";", index=False, lineterminator="\n", date_format="%Y-%m-%d")


def _thousandths(values: pd.DataFrame) -> pd.DataFrame:
    return (values * 1000).round().astype(int).sort_index().reset_index()


def _source(demonstration: Demonstration, hashes: dict[str, str]) -> str:
    """Passport of the data set; JSON strings are YAML strings, so nothing needs a YAML writer."""
    years = ", ".join(demonstration.answers)
    passport = {
        "title": "Демонстрационные данные Звезды клиентоцентричности ЦЗН (вымышленные)",
        "producer": f"проект, генератор {MODULE}",
        "date": f"{max(demonstration.answers)}-12-31",
        "licence": "CC0-1.0",
        "description": f"ДЕМОНСТРАЦИЯ. Синтетические реестр, опрос и чек-лист за {years} с известной истиной "
                       "(папка truth). Регионы, центры, требования и все числа вымышлены, официальными не являются.",
        "changes": "Нет: набор целиком построен генератором и руками не правился.",
    }
    lines = [f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in passport.items()]
    lines += ["generator:", f"  module: {MODULE}", f"  seed: {demonstration.seed}"]
    lines += ["files:"]
    lines += [f"  {json.dumps(name)}: {digest}" for name, digest in sorted(hashes.items())]
    return "\n".join(lines) + "\n"


def _readme(demonstration: Demonstration) -> str:
    registry, truth = demonstration.registry, demonstration.truth
    centres = truth.centres.sum()
    kinds = truth.indicators.groupby("вид", sort=False).groups
    answers = sum(len(table) for table in demonstration.answers.values())
    return f"""# Демонстрационные данные Звезды (вымышленные)

**Это не официальные данные.** Регионы, центры, тексты требований и все числа придуманы генератором
`{MODULE}` (зерно {demonstration.seed}). Набор нужен, чтобы проверять методы на стране, о которой известна
истина. Ссылаться на него как на сведения о действительных ЦЗН нельзя.

Построить заново, байт в байт: `python -m {MODULE} --seed {demonstration.seed} --out {DEFAULT_FOLDER.as_posix()}`.
Контрольные суммы — в `source.yml`. Модель и все её постоянные описаны в `src/methods/data/demonstration/model.py`.

## Файлы

UTF-8 без BOM, разделитель `;`, конец строки `\\n`. Пустая ячейка — нет значения.

| файл | что в нём |
|---|---|
| `registry.csv` | {len(registry)} центров, {registry["регион"].nunique()} регионов, сроки действия |
| `requirements.csv` | {len(demonstration.requirements)} требований: показатель, уровень, подтверждение |
| `ГОД/answers.csv` | {answers} анкет, оценки 1–5; «С» соискатель, «Р» работодатель; вопроса о П2 нет |
| `ГОД/checklist.csv` | 1 — исполнено, 0 — не исполнено, пусто — неприменимо |
| `experts/` | суждения девяти вымышленных экспертов: пары групп, 100 баллов внутри групп |
| `polls/` | опрос вымышленного канала в виде выгрузки Telegram Desktop и коды его вариантов |
| `truth/` | то, что заложено; `_thousandths` — значения в тысячных долях |

## Что заложено

* **Качество центра**: доли дисперсии — регион 15 %, центр в целом 30 %, центр в группе 25 %, показатель 30 %;
  связь с прошлым годом 0,85; средний прогресс за год по группам (`truth/constants.csv`).
* **Опрос**: потолок шкалы (средняя оценка около 4,6), ореол у каждого респондента, случайные пропуски. Истинная оценка
  S на шкале от 0 до 1 — `truth/survey_thousandths.csv`. Работодателей мало, их оценки ниже и слабее связаны с
  чек-листом.
* **Общая оценка**: взвешенная сумма оценок с весами `truth/drivers.csv`, своими у каждой клиентелы.
* **Чек-лист**: требования показателя идут от простого к сложному (`truth/requirements.csv`). Требование уровня УЦЗН
  проверяется один раз в регионе и одинаково у всех его центров. Часть требований неприменима у малых центров.
  Ожидаемая доля исполненных требований — `truth/objective_thousandths.csv`.
* **Виды расхождения опроса и чек-листа** (`truth/indicators.csv`). Кроме особо названных, связь истинных S и X/N
  около 0,3:
{chr(10).join(f"  * {kind} — {', '.join(codes)}: {_MEANING[kind]}" for kind, codes in kinds.items())}
* **Накрутка** со второго года (`truth/centres.csv`): завышенный чек-лист — {centres["завышен_чек_лист"]}, опрос из
  одних пятёрок в последние дни декабря — {centres["накручен_опрос"]}. Истинные значения этих центров — без накрутки.
* **Эксперты** (`truth/experts.csv`): две школы, шесть и три человека; один противоречит себе по кругу.
* **События**: закрыто {centres["закрыт"]}, открыто во втором году {centres["новый"]}.
"""


def main(arguments: list[str] | None = None) -> None:
    """Command line: draw the default country with a seed and write it."""
    parser = argparse.ArgumentParser(prog=f"python -m {MODULE}",
                                     description="Построить вымышленные демонстрационные данные Звезды.")
    parser.add_argument("--seed", type=int, default=2022, help="зерно генератора, целое не меньше 0")
    parser.add_argument("--out", type=Path, default=DEFAULT_FOLDER, help="папка для файлов")
    options = parser.parse_args(arguments)
    write(generate(options.seed), options.out)
