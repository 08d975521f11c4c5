"""Chapters that belong to no job: what changed in the methodology, limitations, advice by indicator, how to repeat.

Nothing is computed here: editions are laid side by side, kept results of the jobs are joined by the indicator's code.
What the chapters say is kept among the results of the report itself.
"""

from __future__ import annotations

import importlib.metadata
import platform
from collections.abc import Mapping

import pandas as pd
from IPython.display import Markdown

from methods.agreement.verdict import KEEP
from methods.index.edition import INDEX, Edition
from methods.report import differing
from methods.report.auditing import KEPT
from methods.report.narrative import counted, listed
from methods.report.results import Results, Table, marked, spell

PACKAGES = ("numpy", "pandas", "scipy", "statsmodels", "numba", "matplotlib", "seaborn", "papermill")
DIGITS = 16   # of a checksum in a table: who compares files takes the whole one from manifest.json
NOTHING = "—"

Part = Markdown | Table


def what_changed(results: Results, edition: Edition, before: Edition | None, former: str | None) -> list[Part]:
    """Whether the methodology of the former period was another one, and in what; weights are named apart.

    Parameters
    ----------
    results : Results
        Of the report: keeps what is said.
    before, former : Edition, str
        The edition of the former period and that period; None if there is none.
    """
    if before is None or former is None:
        return [Markdown(results.text("changes", f"Период {results.period} — первый: сравнивать не с чем."))]
    if before.version == edition.version:
        return [Markdown(results.text(
            "changes", f"Методика та же, что за период {former} (редакция {edition.version}): состав показателей, "
            "веса, правила и границы уровней не менялись. Перемены в баллах и местах — от работы и от того, кого "
            "измерили."))]
    found, weights = differing.differences(before, edition), _weight_changes(before, edition)
    said = [f"За период {former} действовала редакция {before.version}. {differing.summary(found, before, edition)}",
            f"**Веса изменены** у {_indicators(len(weights))}." if len(weights) else "**Веса не менялись.**"]
    shown: list[Part] = [Markdown(results.text("changes", " ".join(said)))]
    if len(weights):
        shown.append(results.table("weight_changes", weights, "Веса показателей в индексе, которые изменились",
                                   {"Было, %": 2, "Стало, %": 2}))
    if len(found):
        shown.append(results.table("changes", differing.table(found), "Что изменено в методике"))
    return shown


def _weight_changes(before: Edition, edition: Edition) -> pd.DataFrame:
    """Weights of indicators in the whole index, of both editions, where they differ as they are printed."""
    both = pd.DataFrame({"Было, %": 100 * before.effective_weights(), "Стало, %": 100 * edition.effective_weights()})
    moved = both[both.fillna(0).round(2).diff(axis=1)["Стало, %"] != 0].sort_index()
    titles = [(edition if code in edition.indicators else before).element_title(code) for code in moved.index]
    moved.insert(0, "Показатель", titles)
    return moved.rename_axis("Код")


def advice_by_indicator(results: Results, edition: Edition, jobs: Mapping[str, Results]) -> list[Part]:
    """What every job advises on every indicator, side by side; of a single job its own table says it all.

    `jobs`: title of the column -> a job that keeps a table with the columns «Что делать» and «Почему» by the
    indicator's code under `verdicts` or `recommendations`.
    """
    tables = {title: table for title, job in jobs.items() if (table := _advice(job)) is not None}
    if not tables:
        return [Markdown(results.text("advice", "Ни одна из проверок к показателям этой редакции не применяется: "
                                                "рекомендаций нет."))]
    weights, rows = edition.effective_weights(), {}
    for code, indicator in edition.indicators.items():
        own = {title: table.loc[code, "Что делать"] if code in table.index else NOTHING
               for title, table in tables.items()}
        group = NOTHING if indicator.group == INDEX else edition.element_title(indicator.group)
        rows[code] = {"Показатель": edition.element_title(code), "Группа": group, "Вес, %": 100 * weights[code], **own}
    table = pd.DataFrame.from_dict(rows, orient="index").rename_axis("Код")
    quiet = pd.DataFrame({title: table[title].map(_quiet) for title in tables})
    clean, several = int(quiet.all(axis=1).sum()), int((~quiet).all(axis=1).sum())
    said = f"Ничего менять не нужно у {_indicators(clean)} из {spell(len(table))}."
    if len(tables) == 1:
        return [Markdown(results.text("advice", said))]
    said = f"Проверки советуют каждая своё: {' и '.join(f'«{title}»' for title in tables)}. {said}"
    if several:
        said += (f" Обе советуют что-то сделать с {_with_indicators(several)} "
                 f"({listed(list(quiet.index[(~quiet).all(axis=1)]), 20)}): с них и начинать.")
    return [Markdown(results.text("advice", said)),
            results.table("advice", table, "Что делать с каждым показателем", {"Вес, %": 2})]


def _advice(job: Results) -> pd.DataFrame | None:
    for key in ("verdicts", "recommendations"):
        if key in job.tables and "Что делать" in job.tables[key].frame:
            return job.tables[key].frame
    return None


def _quiet(action: object) -> bool:
    """Whether an advice asks for nothing."""
    return action == NOTHING or str(action).startswith((KEEP, KEPT))


def _indicators(count: int) -> str:
    return counted(count, "показателя", "показателей", "показателей")


def _with_indicators(count: int) -> str:
    return counted(count, "показателем", "показателями", "показателями")


def limitations(results: Results, edition: Edition, jobs: Mapping[str, Results]) -> Markdown:
    """What the number cannot say; what the edition itself reserves; which jobs did not apply, and why."""
    said = ["Индекс не измеряет ни затраты на единицу результата, ни влияние на рынок труда, ни причины различий.",
            "Единицы, чьи интервалы мест перекрываются, не различены. Рост за год, который не проверен, действительным "
            "не считается."]
    if any(indicator.sides.get("subjective") for indicator in edition.indicators.values()):
        said.append("Опрос слышит только тех, кто ответил. Если отвечают не такие, как молчащие, оценка смещена, и "
                    "интервал этого не показывает.")
    if edition.two_sided:
        said.append("Доля исполненных требований говорит о том, что отмечено при проверке, а не о том, как прошёл "
                    "визит.")
    if edition.mark:
        said.append(f"Значения условные ({edition.mark}): по ним можно проверить методику, но не оценить работу.")
    said += [f"{name} {job.reason}" for name, job in jobs.items() if job.reason]
    return Markdown(results.text("limitations", "\n".join(f"* {line}" for line in said)))


def reproduction(edition: Edition, period: str, files: Mapping[str, str],
                 parameters: Mapping[str, Mapping[str, object]]) -> list[Part]:
    """Command, sources with their checksums, parameters and seeds of the notebooks that were run, versions.

    `files`: path from the project's root -> sha256; `parameters`: notebook -> name -> value that it was run with.
    """
    shown: list[Part] = [
        Markdown("Рядом с отчётом лежат `manifest.json` (все исходные файлы с контрольными суммами, параметры, версии, "
                 "состояние кода), `results.json` (все числа без округления), выполненные тетради и таблицы. Команда, "
                 "которая сделает этот отчёт ещё раз, и команда, которая сверит его с сохранённым:"),
        Markdown(f"```\npython run.py report --edition {edition.version} --period {period}\n"
                 f"python run.py replay reports/{edition.version}/{period}/manifest.json\n```"),
        Table(pd.DataFrame({"sha256, начало": {name: digest[:DIGITS] for name, digest in sorted(files.items())}})
              .rename_axis("Файл"), marked("Исходные файлы", edition.mark))]
    rows = [(notebook, name, str(value) or "пусто") for notebook, own in parameters.items()
            for name, value in own.items() if name not in ("edition", "period")]
    if rows:
        shown.append(Table(pd.DataFrame(rows, columns=["Тетрадь", "Параметр", "Значение"]),
                           marked("Параметры тетрадей; seed — начало датчика случайных чисел", edition.mark)))
    versions = {"Python": platform.python_version(), **{name: importlib.metadata.version(name) for name in PACKAGES}}
    shown.append(Table(pd.DataFrame({"Версия": versions}).rename_axis("Программа"),
                       marked("Чем посчитано", edition.mark)))
    return shown
