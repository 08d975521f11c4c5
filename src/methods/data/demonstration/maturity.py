r"""Demonstration answers about the maturity of regions: invented, seeded, never official.

The official indicator's questions, levels and answers are published nowhere. The questions here are ours, made after
the systems that the presentation of the Ministry names; the format is that of the real intake, so that an official list
takes their place as a file.

A region's maturity in a system is its common maturity and a part of its own,
:math:`\theta_{rs} = \theta_r + .6 u_{rs}`; from year to year its distance from the mean persists by .9 and the mean
rises by .25. A question of declared level l is answered at step k or above when
:math:`1.8\,(\theta_{rs} - d_l - o_k) + e_{rq} > 0`, with logistic e that a region keeps for a year in seven
questions of ten. Regions put themselves a step higher in one answer of five.

Planted, for the notebook to find: a question harder than its level (`HARDER`), one easier (`EASIER`), one that has
nothing to do with maturity (`UNRELATED`), one that repeats its neighbour (`TWIN`). See `truth/questions.csv`.

`python -m methods.data.demonstration.maturity` writes the folder; the same seed gives the same bytes.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from methods.data.demonstration.model import stream
from methods.errors import InputError

MODULE = "methods.data.demonstration.maturity"
DEFAULT_FOLDER = Path("data/raw/maturity_demonstration")
YEARS = ("2023", "2024")
SYSTEMS = {
    "С": "Стандарт организации системы управления клиентским опытом",
    "Р": "Практическое руководство «Система управления клиентским опытом в государственной СЗН»",
    "Л": "Клуб лидеров клиентоцентричности",
    "К": "Конструктор клиентского опыта",
}
# code: title; the last number is the place on the staircase (levels 2, 3, 4)
QUESTIONS = {
    "С1.1": "Положение о системе управления клиентским опытом принято",
    "С1.2": "Ответственные за клиентский опыт назначены во всех центрах",
    "С1.3": "Состав услуг определяется по данным о клиентах",
    "С2.1": "Ожидания соискателей и работодателей изучаются по плану",
    "С2.2": "Путь клиента описан по основным жизненным и бизнес-ситуациям",
    "С2.3": "Параметры услуг изменены по итогам изучения",
    "Р1.1": "Требования руководства доведены до всех центров",
    "Р1.2": "Порядок исполнения требований встроен в работу центров",
    "Р1.3": "Исполнение требований проверяется, отступления устраняются",
    "Р2.1": "Показатели эффективности считаются по всем центрам",
    "Р2.2": "Результаты показателей разбираются с центрами",
    "Р2.3": "Планы улучшений опираются на показатели",
    "Л1.1": "В регионе есть подготовленные эксперты",
    "Л1.2": "Эксперты обучают сотрудников центров",
    "Л1.3": "Эксперты ведут проекты улучшений",
    "Л2.1": "Сотрудники состоят в профессиональном сообществе",
    "Л2.2": "Опыт региона описан и опубликован",
    "Л2.3": "Опыт региона применён в других регионах",
    "К1.1": "Решения из справочника выбраны под нужды региона",
    "К1.2": "Выбранные решения опробованы",
    "К1.3": "Опробованные решения внедрены во всех центрах",
    "К2.1": "Предложения сотрудников и клиентов собираются",
    "К2.2": "Собственные решения переданы в справочник",
    "К2.3": "Эффект решений измерен опросом клиентов",
}
YES_NO = ("С1.1", "Р1.1", "Л1.1")
HARDER, EASIER, UNRELATED, TWIN = "С2.2", "К1.3", "Л2.1", "Р2.3"
TWIN_OF = "Р2.2"
PLANTED = {HARDER: "труднее своего уровня", EASIER: "легче своего уровня", UNRELATED: "не связан со зрелостью",
           TWIN: f"повторяет {TWIN_OF}"}
OWN, EXTERNAL = "само", "внешний"

LEVEL_DIFFICULTY = {2: -0.9, 3: 0.2, 4: 1.1}
STEP_OFFSETS = (-0.9, 0.0, 0.9)     # of steps 1, 2, 3
MOVED = 1.6                         # by how much the planted questions lie off their level
SLOPE, SYSTEM_SPREAD = 1.8, 0.6
START, PROGRESS, PERSISTENCE = -0.45, 0.25, 0.9
SAME_ANSWER = 0.7                   # share of a question's own noise that a region keeps for a year
TWIN_NOISE, FLATTERED, SILENT = 0.02, 0.20, 0.015
ABSENT = 3                          # regions that did not answer in the first year


@dataclass(frozen=True, eq=False)
class Maturity:
    """Answers of all years and what was planted."""

    answers: pd.DataFrame    # год, регион, вопрос, показатель, ответ, наибольший, оценщик
    questions: pd.DataFrame  # the list, as the intake reads it
    regions: pd.DataFrame    # регион, название
    truth: pd.DataFrame      # (год, регион) x systems: true maturity
    seed: int


def generate(seed: int = 2022, regions: int = 89) -> Maturity:
    """Answers of invented regions in two years, by themselves and by an external assessor.

    Parameters
    ----------
    regions : int
        At least 10.

    Examples
    --------
    >>> made = generate(seed=0, regions=12)
    >>> made.answers["оценщик"].unique().tolist(), len(made.questions)
    (['само', 'внешний'], 24)
    """
    if seed < 0 or regions < 10:
        raise InputError(f"Нужны seed от 0 и регионов от 10, сейчас {seed} и {regions}.")
    codes = [f"{number:0{max(2, len(str(regions)))}d}" for number in range(1, regions + 1)]
    level = np.array([_level(code) for code in QUESTIONS])
    difficulty = np.array([LEVEL_DIFFICULTY[own] for own in level])
    difficulty += MOVED * np.array([(code == HARDER) - (code == EASIER) for code in QUESTIONS])
    highest = np.array([_highest(code) for code in QUESTIONS])
    systems, system_of = list(SYSTEMS), np.array([list(SYSTEMS).index(code[0]) for code in QUESTIONS])
    common = START + stream(seed, "maturity", "common").normal(size=(regions, 1))
    theta = common + SYSTEM_SPREAD * stream(seed, "maturity", "own").normal(size=(regions, len(systems)))
    noise = stream(seed, "maturity", "noise").logistic(size=(regions, len(QUESTIONS)))
    late = set(stream(seed, "maturity", "absent").choice(codes, ABSENT, replace=False))
    rows, truth = [], []
    for year in YEARS:
        rng = stream(seed, "maturity", year)
        if year != YEARS[0]:
            fresh = rng.normal(size=theta.shape)
            theta = START + PERSISTENCE * (theta - START) + (1 - PERSISTENCE**2)**0.5 * fresh + PROGRESS
            again = rng.random(noise.shape) < SAME_ANSWER
            noise = np.where(again, noise, rng.logistic(size=noise.shape))
        truth.append(pd.DataFrame(theta, pd.Index(codes, name="регион"), systems).assign(год=year))
        external = _steps(theta[:, system_of], difficulty, highest, noise, rng)
        own = np.minimum(external + (rng.random(external.shape) < FLATTERED), highest)
        silent = rng.random(external.shape) < SILENT
        for assessor, table in ((OWN, own), (EXTERNAL, external)):
            long = pd.DataFrame(table, pd.Index(codes, name="регион"), pd.Index(QUESTIONS, name="вопрос")).stack()
            long = long.rename("ответ").reset_index()
            long["ответ"] = long["ответ"].astype("Int64")
            if assessor == EXTERNAL:
                long.loc[silent.ravel(), "ответ"] = pd.NA
            long = long.assign(год=year, оценщик=assessor)
            rows.append(long[~long["регион"].isin(late)] if year == YEARS[0] else long)
    answers = pd.concat(rows, ignore_index=True)
    answers["показатель"] = answers["вопрос"].str.split(".").str[0]
    answers["наибольший"] = answers["вопрос"].map(dict(zip(QUESTIONS, highest, strict=True)))
    return Maturity(answers[["год", "регион", "вопрос", "показатель", "ответ", "наибольший", "оценщик"]],
                    _questions(), pd.DataFrame({"регион": codes, "название": [f"Регион {code}" for code in codes]}),
                    pd.concat(truth).set_index("год", append=True).swaplevel().sort_index(), seed)


def _steps(theta: np.ndarray, difficulty: np.ndarray, highest: np.ndarray, noise: np.ndarray,
           rng: np.random.Generator) -> np.ndarray:
    """Answers: regions x questions, in steps."""
    names = list(QUESTIONS)
    place = theta.copy()
    place[:, names.index(UNRELATED)] = rng.normal(size=len(theta))
    latent = SLOPE * (place - difficulty) + noise
    graded = sum((latent > SLOPE * offset).astype(int) for offset in STEP_OFFSETS)
    answers = np.where(highest == 1, (latent > 0).astype(int), graded)
    kept = rng.random(len(theta)) >= TWIN_NOISE
    answers[:, names.index(TWIN)] = np.where(kept, answers[:, names.index(TWIN_OF)], answers[:, names.index(TWIN)])
    return answers


def _level(code: str) -> int:
    return int(code.split(".")[1]) + 1


def _highest(code: str) -> int:
    return 1 if code in YES_NO else 3


def _questions() -> pd.DataFrame:
    return pd.DataFrame([{
        "вопрос": code, "направление": SYSTEMS[code[0]], "название": title, "уровень": _level(code),
        "шкала": "да/нет" if code in YES_NO else "0..3", "зачёт": 1 if code in YES_NO else 2, "порядок": place}
        for place, (code, title) in enumerate(QUESTIONS.items(), 1)])


# -- files -------------------------------------------------------------------------------------------------------------

def write(made: Maturity, folder: Path) -> None:
    """Write the files, README.md and source.yml; files of other names in the folder are left alone."""
    hashes = {}
    for name, text in _files(made):
        content = text.encode("utf-8")
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
        hashes[name] = hashlib.sha256(content).hexdigest()
    (folder / "source.yml").write_bytes(_source(made, hashes).encode("utf-8"))


def _files(made: Maturity) -> Iterator[tuple[str, str]]:
    yield "answers.csv", _csv(made.answers)
    yield "questions.csv", _csv(made.questions)
    yield "regions.csv", _csv(made.regions)
    yield "truth/regions_thousandths.csv", _csv((1000 * made.truth).round().astype(int).reset_index())
    yield "truth/questions.csv", _csv(pd.DataFrame({"вопрос": list(PLANTED), "заложено": list(PLANTED.values())}))
    yield "README.md", _readme(made)


def _csv(table: pd.DataFrame) -> str:
    return table.to_csv(sep=";", index=False, lineterminator="\n")


def _source(made: Maturity, hashes: dict[str, str]) -> str:
    """Passport of the data set; JSON strings are YAML strings, so nothing needs a YAML writer."""
    passport = {
        "title": "Демонстрационные ответы о зрелости системы управления клиентским опытом в регионах (вымышленные)",
        "producer": f"проект, генератор {MODULE}", "date": f"{YEARS[-1]}-12-31", "licence": "CC0-1.0",
        "description": f"ДЕМОНСТРАЦИЯ. Вопросы, регионы и ответы за {', '.join(YEARS)} вымышлены, официальными не "
                       "являются. Заложенное — в папке truth.",
        "changes": "Нет: набор целиком построен генератором и руками не правился."}
    lines = [f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in passport.items()]
    lines += ["generator:", f"  module: {MODULE}", f"  seed: {made.seed}", "files:"]
    lines += [f"  {json.dumps(name)}: {digest}" for name, digest in sorted(hashes.items())]
    return "\n".join(lines) + "\n"


def _readme(made: Maturity) -> str:
    planted = "\n".join(f"* `{code}` «{QUESTIONS[code]}» — {what}." for code, what in PLANTED.items())
    return f"""# Демонстрационные ответы о зрелости регионов (вымышленные)

**Это не официальные данные.** Пункты официального индикатора зрелости не опубликованы. Вопросы придуманы нами по
системам, которые названы в презентации Минтруда России; регионы и ответы построены генератором `{MODULE}` (зерно
{made.seed}).

Построить заново, байт в байт: `python -m {MODULE} --seed {made.seed} --out {DEFAULT_FOLDER.as_posix()}`.

| файл | что в нём |
|---|---|
| `answers.csv` | ответы {len(made.regions)} регионов: ступень по вопросу, оценщик «само» или «внешний»; пусто — нет |
| `questions.csv` | перечень вопросов: направление, уровень требования, шкала, с какой ступени требование исполнено |
| `regions.csv` | регионы |
| `truth/` | истинная зрелость (в тысячных долях) и заложенные вопросы |

## Официальные пункты

Перечень подставляется файлом: новый набор данных с `questions.csv` и `answers.csv` тех же столбцов, редакция с его
именем в ключе `data.dataset` и показателями под официальные коды. Шаблон ответов для регионов: `zvezda template`.

## Что заложено

Уровни требований — 2, 3, 4, труднее от уровня к уровню. Регион оценивает себя на ступень выше в одном ответе из пяти.
{ABSENT} региона не ответили за {YEARS[0]} год.

{planted}
"""


def main(arguments: list[str] | None = None) -> None:
    """Command line: draw the answers with a seed and write them."""
    parser = argparse.ArgumentParser(prog=f"python -m {MODULE}",
                                     description="Построить вымышленные ответы о зрелости регионов.")
    parser.add_argument("--seed", type=int, default=2022, help="зерно генератора, целое не меньше 0")
    parser.add_argument("--out", type=Path, default=DEFAULT_FOLDER, help="папка для файлов")
    options = parser.parse_args(arguments)
    write(generate(options.seed), options.out)


if __name__ == "__main__":
    main()
