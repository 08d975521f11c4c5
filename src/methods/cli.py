"""The command `zvezda`: it reads the words, calls the rooms below and turns foreseen errors into exit codes."""

from __future__ import annotations

import logging
import re
import sys
import tempfile
import traceback
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import click
import pandas as pd
from tqdm import tqdm

from methods.data import editions, publication, reference, sources, store
from methods.data.accept import accept, accept_experts
from methods.data.candidates import adopt_candidate
from methods.data.disclosure import masked
from methods.data.intake import check_folder, requirement_list
from methods.data.templates import write_templates
from methods.errors import EditionError, EnvironmentFault, NotPublishable, UsageError, ZvezdaError
from methods.files import write_atomic
from methods.index.consistency import nearest, remarks
from methods.index.edition import Edition
from methods.index.rounding import round_half_up
from methods.problems import SPOKEN, Language, Protocol
from methods.report.applicability import reason_not_applicable
from methods.report.exports import guarded, to_xlsx
from methods.run import JOBS
from methods.run.comparison import compare_editions

EDITION = click.option("--edition", "-e", "version", default="star-2022", show_default=True, help="Редакция методики.")
PERIOD = click.option("--period", default="", help="Период данных; по умолчанию последний.")
PARAMETERS = click.option("-p", "parameters", multiple=True, metavar="ИМЯ=ЗНАЧЕНИЕ", help="Параметр тетради.")
LANG = click.option("--lang", type=click.Choice(["ru", "en"]), help="Язык замечаний к файлам.")
IN_ENGLISH = click.option("--lang", "language", type=click.Choice(["ru", "en"]), default="ru", show_default=True,
                          help="en — рядом то же по-английски, в папке english.")
TIMEOUT = click.option("--timeout", type=click.FloatRange(min=1), help="Предел времени на тетрадь, секунды.")

DASHES = tuple("‐‑‒–—―−")  # what a text editor makes of a hyphen


def _help(text: str) -> str:
    """Help in Russian: click's own headings have no translation."""
    for english, russian in {"Usage:": "Вызов:", "Options:": "Ключи:", "Commands:": "Команды:", "[OPTIONS]": "[КЛЮЧИ]",
                             "COMMAND [ARGS]...": "КОМАНДА …", "Show this message and exit.": "Эта справка.",
                             "[default: ": "[по умолчанию: "}.items():
        text = text.replace(english, russian)
    return text


class RussianCommand(click.Command):
    """A word of the command."""

    def get_help(self, ctx: click.Context) -> str:
        """Its help."""
        return _help(super().get_help(ctx))


class Russian(click.Group):
    """The whole command."""

    command_class = RussianCommand

    def get_help(self, ctx: click.Context) -> str:
        """Its help."""
        return _help(super().get_help(ctx))


@click.group(cls=Russian, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.option("--lang", type=click.Choice(["ru", "en"]), default="ru", help="Язык замечаний к файлам.")
def zvezda(lang: Language) -> None:
    """Звезда клиентоцентричности: расчёт, проверка и годовой отчёт по методике."""
    SPOKEN.set(lang)


@zvezda.command()
@EDITION
@PERIOD
@PARAMETERS
@TIMEOUT
@click.option("--template", type=click.Path(exists=True, dir_okay=False, path_type=Path),
              help="Файл DOCX: его стили, поля и колонтитулы возьмёт отчёт в Word.")
@click.option("--ignore-previous", is_flag=True,
              help="Прежние отчёты за этот период никому не передавали: не сравнивать с ними.")
@click.option("--all-regions", is_flag=True, help="По готовому отчёту: профили всех регионов в папку regions.")
@click.option("--region", "regions", multiple=True, metavar="КОД", help="По готовому отчёту: профиль региона.")
@click.option("--unit", "units", multiple=True, metavar="КОД", help="По готовому отчёту: профиль одной единицы.")
@click.option("--workers", type=click.IntRange(1, 64), help="Сколько профилей делать сразу; по умолчанию 2.")
@IN_ENGLISH
def report(version: str, period: str, parameters: tuple[str, ...], timeout: float | None, template: Path | None,
           ignore_previous: bool, all_regions: bool, regions: tuple[str, ...], units: tuple[str, ...],
           workers: int | None, language: Language) -> None:
    """Посчитать всё и собрать годовой отчёт в reports/РЕДАКЦИЯ/ПЕРИОД: страница, Word, PDF и Excel.

    С ключами --all-regions, --region и --unit отчёт не пересчитывается: по готовому делаются профили на две страницы.
    """
    if all_regions or regions or units:
        _only_profiles(parameters=parameters, timeout=timeout, template=template, ignore_previous=ignore_previous,
                       english=language == "en")
        _profiles(version, period, all_regions, regions, units, workers)
        return
    if workers is not None:
        raise UsageError("--workers | нужен только профилям: --all-regions, --region КОД, --unit КОД")
    from methods.report import formats, word
    from methods.run import release, runner  # loads Jupyter, two seconds that the other commands do not owe

    if template is not None:
        word.opened(template)  # before the kernels: a wrong file must not cost a minute
    root, edition, period, files = _prepared(version, period)
    files += [] if template is None else [template.resolve()]
    measured = store.prepare(root, edition, period)
    issued = sources.read_source(root, edition.data.dataset).date

    def other_formats(notebook: Path) -> None:
        formats.write(notebook, runner.report_title(version, period), issued, template)

    def may_leave(folder: Path, final: Path) -> None:
        if not ignore_previous:
            earlier = release.earlier_reports(root / "reports", final, period, edition.data.dataset)
            release.compared(folder, earlier, edition.disclosure.threshold)
        release.nothing_personal(folder, measured.comments, [edition.title, *release.names_of(measured.units)])
        release.numbers_kept(folder, release.names_with_numbers(root, edition, period, measured.units))

    done = runner.run_report(
        version, period, root, _pairs(parameters), inputs=files, timeout=timeout, say=tqdm.write,
        formats=other_formats, english=_translation(language, root, edition, period, issued, template),
        release=may_leave,
        applicable=lambda job, _: reason_not_applicable(job, edition))
    click.echo(f"Откройте: {done / 'annual_report.html'}; рядом он же для Word, в PDF и таблицы для Excel.")


@zvezda.command()
@click.argument("job", type=click.Choice(list(JOBS)))
@EDITION
@PERIOD
@PARAMETERS
@TIMEOUT
@IN_ENGLISH
def run(job: str, version: str, period: str, parameters: tuple[str, ...], timeout: float | None,
        language: Language) -> None:
    """Выполнить одну тетрадь в черновики reports/РЕДАКЦИЯ/draft/ПЕРИОД."""
    from methods.run import runner

    root, edition, period, _ = _prepared(version, period)
    if reason := reason_not_applicable(job, edition):
        raise UsageError(reason)
    done = runner.run_job(job, version, period, _pairs(parameters), root, timeout=timeout, say=tqdm.write,
                          english=_translation(language, root, edition, period))
    click.echo(f"Откройте: {done.html}")


@zvezda.command("what-if")
@EDITION
@PERIOD
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Порт; без него — любой свободный.")
@click.option("--no-browser", is_flag=True, help="Не открывать браузер, только напечатать адрес.")
def try_out(version: str, period: str, port: int, no_browser: bool) -> None:
    """Открыть страницу «Что, если?»: подвигать веса, доли и границы, увидеть места, сохранить проект редакции."""
    from methods.run.what_if import serve  # widgets, a second that the other commands do not owe

    root = store.project_root()
    edition = editions.load_edition(root, version)
    _remark(edition)
    period = store.resolve_period(edition, period)
    publication.published(version, period, root)  # faults of the data are told here, not on the page
    serve(root, version, period, port=port, browser=not no_browser, say=click.echo)


@zvezda.command("editions")
def list_editions() -> None:
    """Показать редакции методик; у негодной — её первая ошибка, код завершения тогда 4."""
    root, faulty = store.project_root(), []
    for version in editions.available(root):
        try:
            edition = editions.load_edition(root, version)
        except EditionError as error:
            faulty.append(version)
            first, *others = str(error).splitlines()
            click.echo(f"{version:18} {'НЕГОДНА':13} {first}" + (f" … и ещё строк: {len(others)}" if others else ""))
            continue
        status = {"adopted": "принята", "candidate": "проект", "demonstration": "демонстрация"}[edition.status]
        click.echo(f"{version:18} {status:13} периоды: {', '.join(edition.data.periods):12} {edition.title}")
    if faulty:
        raise EditionError(f"Негодных редакций: {len(faulty)} ({', '.join(faulty)}). Все ошибки одной редакции скажет "
                           f"любая команда с ней, например zvezda score -e {faulty[0]}.")


@zvezda.command()
@EDITION
@PERIOD
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Файл CSV; без него — на экран.")
@click.option("--force", is_flag=True, help="Заменить файл, если он уже есть.")
def score(version: str, period: str, out: Path | None, force: bool) -> None:
    """Посчитать баллы, места и уровни и записать их таблицей CSV.

    Столбец index_published округлён, как велит редакция; остальные баллы полной точности.
    """
    if out is not None:
        _may_write(out, force)
    edition, measured, scores = store.scored(version, period)
    _remark(edition)
    for note in measured.notes:
        click.echo(f"Замечание: {note}", err=True)
    multiplier, decimals = edition.publication.multiplier, edition.publication.decimals
    exact = scores.elements[["index", *edition.groups]] * multiplier
    table = pd.concat([
        measured.units.drop(columns="opened", errors="ignore").assign(edition=edition.version, status=edition.status),
        pd.DataFrame({"rank": scores.rank, "grade": scores.grade, "eligible": scores.eligible,
                      "index_published": round_half_up(scores.index * multiplier, decimals)}),
        exact, *[(frame[["index"]] * multiplier).rename(columns={"index": f"index_{code}"})
                 for code, frame in scores.by_clientele.items()],
        scores.indicators.add_prefix("indicator_")], axis=1).rename_axis("unit")
    table = table.sort_values("rank", kind="stable", na_position="last")
    words = table.select_dtypes(exclude="number").columns
    table[words] = table[words].map(lambda cell: guarded(cell) if isinstance(cell, str) else cell)
    text = table.rename(index=guarded).to_csv(lineterminator="\n")
    if out is None:
        click.echo(text.encode("utf-8"), nl=False)  # the same bytes as in a file, whatever the locale
        return
    write_atomic(out, text.encode("utf-8"))
    click.echo(f"Записано: {out} ({len(table)} строк).")


@zvezda.command()
@click.argument("path", type=click.Path(exists=True, path_type=Path))
@EDITION
@PERIOD
@click.option("--allow-missing", multiple=True, metavar="КОД", help="Код региона, данных которого может не быть.")
@click.option("--strict", is_flag=True, help="Считать замечания ошибками.")
@LANG
def check(path: Path, version: str, period: str, allow_missing: tuple[str, ...], strict: bool,
          lang: Language | None) -> None:
    """Проверить файлы регионов и экспертов. Ничего не считает и не пишет.

    Реестр, ответы клиентов, чек-листы, ответы о зрелости, суждения экспертов: все ошибки сразу, с адресом ячейки.
    """
    root = store.project_root()
    edition = editions.load_edition(root, version)
    protocol = Protocol()
    check_folder(path, edition, root, protocol, period=period, allow_missing=allow_missing)
    protocol.stop(lang, strict=strict)
    _tell(protocol, lang)


@zvezda.command("accept")
@click.argument("path", type=click.Path(exists=True, file_okay=False, path_type=Path))
@EDITION
@PERIOD
@click.option("--absent", multiple=True, metavar="КОД", help="Код региона, который данных не прислал: так и запишется.")
@click.option("--experts", is_flag=True, help="Это суждения экспертов, а не файлы регионов.")
@click.option("--replace", is_flag=True, help="Заменить файлы, принятые раньше; прежние останутся рядом.")
@click.option("--strict", is_flag=True, help="Считать замечания ошибками.")
@LANG
def accept_files(path: Path, version: str, period: str, absent: tuple[str, ...], experts: bool, replace: bool,
                 strict: bool, lang: Language | None) -> None:
    """Проверить файлы и принять их в data/raw: скопировать и записать контрольные суммы в source.yml."""
    root = store.project_root()
    edition = editions.load_edition(root, version)
    how = {"replace": replace, "strict": strict, "language": lang}
    done = accept_experts(path, edition, root, **how) if experts else accept(
        path, edition, root, store.resolve_period(edition, period), absent=absent, **how)
    _tell(done.protocol, lang)
    click.echo(f"Принято файлов: {len(done.files)}, папка {done.folder}."
               + (f" Прежние файлы: {done.kept_aside}." if done.kept_aside else ""))


@zvezda.command()
@EDITION
@PERIOD
@click.option("--level", type=click.FloatRange(0, 0.5, min_open=True, max_open=True), default=0.1, show_default=True,
              help="Допустимая доля ложных в списке.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Файл XLSX; без него — только счёт.")
@click.option("--force", is_flag=True, help="Заменить файл, если он уже есть.")
def inspect(version: str, period: str, level: float, out: Path | None, force: bool) -> None:
    """Чьи данные стоит посмотреть: признаки правдоподобия. Список с кодами — для служебного пользования."""
    from methods.data import inspection  # scipy's distributions: a second that the other commands do not owe
    from methods.data.plausibility import worth_a_look

    if out is not None:
        _may_write(out, force)
    found = inspection.signals(version, period)
    worth = worth_a_look(found, level)
    click.echo(worth.conclusion())
    for signal in found:
        click.echo(f"{signal.title}: проверено {int(signal.table['p_value'].notna().sum())}, "
                   f"отмечено {int((signal.table['q_value'] <= level).sum())}")
    edition = editions.load_edition(store.project_root(), version)
    period = store.resolve_period(edition, period)
    apart = inspection.against_checklist(store.prepare(store.project_root(), edition, period), edition, level)
    click.echo(f"Опрос далёк от чек-листа того же показателя: проверено {len(apart)}, "
               f"отмечено {int((apart['side'] != '').sum())}")
    if out is not None:
        each = pd.concat({signal.title: signal.below(level) for signal in found}, names=["признак", "единица"])
        listed = worth.units.rename_axis(["о чём", "единица"]).rename(columns={
            "p_value": "p", "q_value": "q", "signals": "признаки", "reasons": "что посмотреть"})
        tables = {"Кого посмотреть": listed, "По признакам": each[["p_value", "q_value", "reason"]].rename(columns={
            "p_value": "p", "q_value": "q", "reason": "что посмотреть"}),
                  "Опрос и чек-лист": apart[apart["side"] != ""].rename_axis(["показатель", "единица"]).rename(columns={
                      "survey": "опрос", "checklist": "чек-лист", "expected": "ожидалось", "difference": "разность",
                      "side": "как лежит"})}
        to_xlsx(tables, decimals={"p": 6, "q": 4}).write(out)
        click.echo(f"Записано: {out}")


@zvezda.command()
@EDITION
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), default=Path("шаблоны"), show_default=True,
              help="Папка для шаблонов.")
def template(version: str, out: Path) -> None:
    """Записать шаблоны Excel для регионов: реестр, ответы, чек-листы, суждения экспертов, зрелость."""
    root = store.project_root()
    edition = editions.load_edition(root, version)
    for path in write_templates(edition, out, requirement_list(edition, root, Protocol())):
        click.echo(path)


@zvezda.command()
@click.argument("version", metavar="РЕДАКЦИЯ|ФАЙЛ.yml")
@click.option("--decision", type=click.Path(exists=True, dir_okay=False, path_type=Path),
              help="Запись решения; по умолчанию decision.md рядом с проектом редакции.")
@click.option("--as", "name", help="Имя новой редакции; по умолчанию то, что в файле.")
def adopt(version: str, decision: Path | None, name: str | None) -> None:
    """Принять редакцию: записать контрольную сумму, после этого файл неизменен.

    Из файла проекта (candidate.yml рядом с отчётом) сначала делается редакция с записью решения.
    """
    root = store.project_root()
    if version.endswith((".yml", ".yaml")):
        done = adopt_candidate(Path(version), root, decision=decision, version=name)
        click.echo(f"{done.edition.relative_to(root).as_posix()}: sha256 {done.sha256}")
        click.echo(f"{done.decision.relative_to(root).as_posix()}")
        return
    path = editions.edition_path(root, version)
    if editions.read_edition(path).status == "candidate":
        raise UsageError(f"{path.name}: это проект. Поставьте status: adopted и впишите решение, затем повторите.")
    click.echo(f"{version}: sha256 {editions.record_adopted(root, version)}")


@zvezda.command("diff")
@click.argument("old", metavar="РЕДАКЦИЯ")
@click.argument("new", metavar="РЕДАКЦИЯ|ФАЙЛ.yml")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Файл XLSX с таблицами различий.")
@click.option("--force", is_flag=True, help="Заменить файл, если он уже есть.")
def differ(old: str, new: str, out: Path | None, force: bool) -> None:
    """Чем отличаются две редакции и кого это сдвинуло. Вторая может быть файлом проекта."""
    if out is not None:
        _may_write(out, force)
    root = store.project_root()
    first, second = (editions.read_edition(Path(name)) if name.endswith((".yml", ".yaml"))
                     else editions.load_edition(root, name) for name in (old, new))
    found = compare_editions(root, first, second)
    click.echo("\n".join(found.said))
    if out is not None:
        to_xlsx(found.tables, decimals={"Средний вклад": 4, "Средний размер вклада": 4}).write(out)
        click.echo(f"Записано: {out}")


@zvezda.command()
@click.option("--json", "json_file", type=click.Path(dir_okay=False, path_type=Path), help="Файл JSON с результатами.")
@click.option("--html", "html_file", type=click.Path(dir_okay=False, path_type=Path), help="Страница с таблицей.")
@click.option("--markdown", "markdown_file", type=click.Path(dir_okay=False, path_type=Path),
              help="Таблица для документации.")
@click.option("--force", is_flag=True, help="Заменить файлы, если они уже есть.")
def validate(json_file: Path | None, html_file: Path | None, markdown_file: Path | None, force: bool) -> None:
    """Пересчитать опубликованные результаты и сверить с напечатанными. Код 0 — сошлось всё.

    Индексы CMS, eGovernment Benchmark, Open Data Maturity, GTMI, ASEM, TAI и примеры из статей, на которых стоят
    формулы: источник, сколько чисел сверено, наибольшее расхождение, допуск.
    """
    from methods.validation import registry  # every formula of the project: a second that the others do not owe
    from methods.validation import table as rendering

    for out in filter(None, (json_file, html_file, markdown_file)):
        _may_write(out, force)
    found = registry.validate(store.project_root(), tqdm(registry.CHECKS, "Сверка", leave=False, disable=None))
    click.echo(rendering.text(found))
    for out, made in ((json_file, rendering.json_record), (html_file, rendering.html),
                      (markdown_file, lambda all_: rendering.markdown(registry.by_room(all_)).encode("utf-8"))):
        if out is not None:
            write_atomic(out, made(found))
            click.echo(f"Записано: {out}")
    if not all(each.holds for each in found):
        raise NotPublishable("Опубликованные результаты воспроизведены не все: смотрите строки «НЕТ».")


@zvezda.command()
@click.argument("manifest", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@TIMEOUT
@click.option("--template", type=click.Path(exists=True, dir_okay=False, path_type=Path),
              help="Шаблон DOCX, с которым отчёт строился, если он лежит вне проекта.")
def replay(manifest: Path, timeout: float | None, template: Path | None) -> None:
    """Пересчитать готовый отчёт по его manifest.json и сверить. Код 0 — сошлось всё; сам отчёт не меняется."""
    from methods.run import replay as again  # loads Jupyter, two seconds that the other commands do not owe

    found = again.replay(manifest, store.project_root(), template=template, timeout=timeout, say=tqdm.write)
    click.echo(found.text())
    if not found.equal:
        raise NotPublishable("Отчёт не воспроизведён: различия названы выше.")


@zvezda.command("practices")
@click.argument("path", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@EDITION
@click.option("--accept", "take", is_flag=True, help="Принять проверенный файл вместо прежнего каталога.")
def check_practices(path: Path | None, version: str, take: bool) -> None:
    """Проверить каталог практик (CSV или XLSX) и сказать, сколько практик у каждого показателя редакции.

    Без файла — принятый каталог data/raw/practices.
    """
    from methods.data import practices

    root = store.project_root()
    edition = editions.load_edition(root, version)
    if path is None and take:
        raise UsageError("--accept | назовите файл: zvezda practices ФАЙЛ --accept")
    if take:
        click.echo(f"Принято практик: {practices.accept_practices(path, root)}.")
    table = practices.practices(root, edition) if path is None or take else practices.of_edition(
        practices.read_practices(path, root), edition)
    for code, count in practices.covered(table, edition).items():
        click.echo(f"{code:8} {count:3}  {edition.indicators[code].title}")


@zvezda.command()
def schema() -> None:
    """Записать в docs справочники: ключи редакции, схема для редактора YAML, коды замечаний."""
    root = store.project_root()
    for name, made in reference.GENERATED.items():
        write_atomic(root / "docs" / name, made().encode("utf-8"))
        click.echo(f"docs/{name}")


def main(words: list[str] | None = None) -> int:
    """Run the command and return its exit code (see methods.errors); messages are Russian, a traceback is logged."""
    logging.getLogger("papermill").setLevel(logging.ERROR)
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError):  # a stand-in of a test or a notebook
            stream.reconfigure(errors="replace")  # a locale without some letter must not stop the work
    try:
        zvezda.main(words, prog_name="zvezda", standalone_mode=False)
    except click.exceptions.Exit as done:
        return done.exit_code
    except click.Abort:
        click.echo("Прервано. Прежние результаты не тронуты.", err=True)
        return 130
    except click.UsageError as error:
        click.echo(_in_russian(error, sys.argv[1:] if words is None else words), err=True)
        return UsageError.exit_code
    except ZvezdaError as error:
        click.echo("\n".join([str(error), *getattr(error, "__notes__", ())]), err=True)
        return error.exit_code
    except OSError as error:
        what = f" к файлу {error.filename}" if error.filename else " к диску"
        click.echo(f"Не удалось обратиться{what}: {error.strerror or error}. Проверьте место на диске, права "
                   "и не открыт ли файл в другой программе.", err=True)
        return EnvironmentFault.exit_code
    except Exception:
        log = Path(tempfile.gettempdir()) / "zvezda-error.log"
        log.write_text(masked(traceback.format_exc()), encoding="utf-8")
        click.echo(f"Внутренняя ошибка программы. Подробности в файле {log}; пришлите его разработчикам.", err=True)
        return ZvezdaError.exit_code
    return 0


def _prepared(version: str, period: str) -> tuple[Path, Edition, str, list[Path]]:
    """Edition and data checked before any kernel starts; the files that the result will rest on."""
    root = store.project_root()
    edition = editions.load_edition(root, version)
    _remark(edition)
    period = store.resolve_period(edition, period)
    periods = list(dict.fromkeys(filter(None, (period, edition.base_period))))
    publication.ready(version, periods, root)  # before the kernels, which would all begin to make it
    files = store.inputs(root, edition, store.prepare(root, edition, period))
    for earlier in periods[1:]:
        files |= store.prepare(root, edition, earlier).files
    # It stands for the judgements of experts too: files that it holds to their sha256, and whose names may be surnames.
    passport = root / sources.RAW / edition.data.dataset / "source.yml"
    return root, edition, period, [*(root / name for name in files), passport]


def _only_profiles(**given: object) -> None:
    """Raise if the command names something that profiles, cut from a finished report, have no use for."""
    words = {"parameters": "-p", "timeout": "--timeout", "template": "--template",
             "ignore_previous": "--ignore-previous", "english": "--lang en"}
    if idle := [words[name] for name, value in given.items() if value]:
        raise UsageError(f"{', '.join(idle)} | профили делаются по готовому отчёту, этот ключ им не нужен | сначала "
                         "zvezda report с ним, потом профили без него")


def _profiles(version: str, period: str, all_regions: bool, regions: tuple[str, ...], units: tuple[str, ...],
              workers: int | None) -> None:
    from methods.run import profiles, release

    def may_leave(texts: profiles.Texts, evidence: profiles.boards.Evidence) -> None:
        edition, measured = evidence.edition, evidence.measured
        release.texts_clean(texts, measured.comments, [
            edition.title, *release.names_of(measured.units), *(own.title for own in edition.indicators.values())])

    done = profiles.make(version, period, store.project_root(), regions=regions, units=units, all_regions=all_regions,
                         workers=workers, say=tqdm.write, checked=may_leave)
    for contents in done:
        click.echo(f"Откройте: {contents}; рядом каждый профиль для Word и в PDF.")


def _tell(protocol: Protocol, lang: Language | None) -> None:
    """Warnings and notes, and how many there were."""
    click.echo("\n".join(filter(None, [protocol.text(["warning", "note"], lang), protocol.verdict(lang)])))


def _remark(edition: Edition) -> None:
    for remark in remarks(edition):
        click.echo(f"Замечание к редакции {edition.version}: {remark}", err=True)


def _translation(language: Language, root: Path, edition: Edition, period: str, issued: str = "",
                 template: Path | None = None) -> Callable[[Path, list[Path]], None] | None:
    """What puts executed notebooks into English, if that is asked for; with the date of the data, Word too."""
    if language == "ru":
        return None
    from methods.run.translation import translation  # matplotlib and Jupyter, which the Russian report loads anyway

    return translation(root, edition, period, issued, template, say=tqdm.write)


def _pairs(parameters: tuple[str, ...]) -> dict[str, str]:
    pairs: dict[str, str] = {}
    for text in parameters:
        name, sign, value = text.partition("=")
        if not sign or not name:
            raise UsageError(f"-p {text} | ожидается имя=значение, например -p draws=1000")
        if name in pairs:
            raise UsageError(f"-p {name} | задан дважды: {pairs[name]} и {value}")
        pairs[name] = value
    return pairs


def _may_write(out: Path, force: bool) -> None:
    """Neither a network address nor raw data, nor without being asked a file that is there already."""
    if re.match(r"\w{2,}:[/\\]", str(out)):
        raise UsageError(f"--out {out} | сетевой адрес | допустимо: только файл на диске")
    if out.resolve().is_relative_to(store.project_root() / sources.RAW):
        raise UsageError(f"--out {out} | папка исходных данных {sources.RAW.as_posix()} | выберите другую папку")
    if out.exists() and not force:
        raise UsageError(f"--out {out} | файл уже есть | дайте другое имя или добавьте --force")


def _in_russian(error: click.UsageError, given: list[str]) -> str:
    """Click's complaint about the words of the command, in Russian and with the nearest known word."""
    hint = "Справка: zvezda --help"
    options = [word for param in error.ctx.command.params for word in param.opts] if error.ctx else []
    for word in given:
        if word[:1] in DASHES:
            name = word.lstrip("".join(("-", *DASHES)))
            meant = f"-{name}" if len(name) == 1 else f"--{name}"
            return f"Знак «{word[0]}» в начале «{word}» — не дефис: похоже на «{meant}».\n{hint}"
    if isinstance(error, click.NoSuchOption):
        return f"Неизвестный ключ {error.option_name}.{nearest(error.option_name, options)}\n{hint}"
    if isinstance(error, click.BadOptionUsage):
        return f"Ключу {error.option_name} нужно значение.\n{hint}"
    if isinstance(error, click.MissingParameter):
        return f"Не хватает параметра «{error.param.human_readable_name if error.param else ''}».\n{hint}"
    if isinstance(error, click.BadParameter):
        kind = error.param.type if error.param else None
        allowed = f" Допустимо: {', '.join(kind.choices)}." if isinstance(kind, click.Choice) else ""
        name = error.param.human_readable_name if error.param else ""
        return f"Недопустимое значение параметра «{name}».{allowed}\n{hint}"
    words = [word for word in given if not word.startswith("-")]
    known = list(zvezda.commands)
    if words and words[0] not in known:
        return f"Неизвестная команда «{words[0]}».{nearest(words[0], known)} Есть: {', '.join(known)}.\n{hint}"
    return f"Лишние слова в команде: {' '.join(given)}.\n{hint}"


if __name__ == "__main__":
    sys.exit(main())
