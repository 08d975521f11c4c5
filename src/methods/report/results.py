"""What a job's notebook saves, and what the annual report reads: the report computes nothing.

A job keeps numbers, texts, tables and figures under keys; `write` puts them into `<folder>/<job>.json` (strict JSON,
full precision), `tables/*.csv` and `figures/*.png`; `Results.read` gives the same back. Words are kept together with
the numbers that they print: `spell` notes each, `Results.unfound` looks for those that nothing stands behind.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import math
import numbers
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from methods.errors import DisclosureError, InputError
from methods.files import write_atomic
from methods.index.rounding import half_up
from methods.report import frames, prose

if TYPE_CHECKING:
    import matplotlib.figure

SCHEMA = "zvezda-results-1"
KEY = re.compile(r"[a-z][a-z0-9_]*")   # keys become file names and attributes of the report
NO_DATA = "—"
DPI = 150
ENGLISH = "english"   # folder of the report in English beside the Russian one


def spell(value: object, decimals: int | None = None) -> str:
    """A value as a Russian text shows it: decimal comma, thin thousands, true minus, rounded half up.

    The number is noted, so that the text that prints it is kept with it (`prose.behind`).

    >>> spell(-12345.675, 2), spell(7), spell(float("nan")), spell("да")
    ('−12\\u202f345,68', '7', '—', 'да')
    """
    text = spelled(value, decimals)
    if isinstance(value, numbers.Real) and not isinstance(value, bool) and math.isfinite(value):
        prose.note(text, value.item() if hasattr(value, "item") else value)
    return text


def spelled(value: object, decimals: int | None = None) -> str:
    """As `spell`, for cells and pictures: these numbers stand behind no sentence and are not noted."""
    if pd.isna(value):
        return NO_DATA
    if not isinstance(value, numbers.Real) or isinstance(value, bool):
        return str(value)
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    if decimals is not None:
        text = f"{half_up(float(value), decimals):,.{decimals}f}"
        text = text.removeprefix("-") if not text.strip("-0.,") else text   # no «−0,0»
    else:
        text = f"{value:,}" if isinstance(value, numbers.Integral) else f"{value:,.12g}"
    return text.replace(",", "\u202f").replace(".", ",").replace("-", "−")


def signed(value: float, decimals: int) -> str:
    """A change with its sign, for cells and pictures.

    >>> signed(0.126, 2), signed(-1.5, 1), signed(0.001, 2)
    ('+0,13', '−1,5', '0,00')
    """
    text = spelled(value, decimals)
    return text if text.startswith(("−", NO_DATA)) or not text.strip("0,") else f"+{text}"


@dataclass(frozen=True)
class Number:
    r"""One number with its name; `str()` is how the report prints it, `value` is the number itself.

    >>> str(Number(87.654, "Доля устойчивых мест", "%", 1))
    '87,7\xa0%'
    """

    value: float | int | None
    title: str
    unit: str = ""
    decimals: int | None = None

    def __str__(self) -> str:
        text = spell(self.value, self.decimals)
        return f"{text}\u00a0{self.unit}" if self.unit and text != NO_DATA else text


@dataclass(frozen=True, eq=False)
class Table:
    """A labelled table with its title; a notebook shows it, `frame` is the table itself."""

    frame: pd.DataFrame = field(repr=False)
    title: str
    decimals: int | Mapping | None = None   # for all columns but whole numbers, or by label

    def _repr_html_(self) -> str:
        return self.styler().to_html()

    def styler(self) -> pd.io.formats.style.Styler:
        """The table as the report shows it, to add colours to."""
        index = self.frame.index
        frame = self.frame if index.is_unique else self.frame.reset_index()   # a Styler refuses repeated labels
        styler = frame.style.set_caption(escape(self.title))
        styler.uuid, styler.cell_ids = "t", False   # equal bytes run to run
        styler.format_index(_label, axis=0).format_index(_label, axis=1)
        styler.format_index_names(escape="html", axis=0).format_index_names(escape="html", axis=1)
        for label in frame.columns:
            styler.format(partial(_cell, decimals=self._places(frame, label)), subset=[label])
        return styler.hide() if isinstance(index, pd.RangeIndex) and index.name is None else styler

    def _places(self, frame: pd.DataFrame, label: object) -> int | None:
        if isinstance(self.decimals, Mapping):
            return self.decimals.get(label)
        return None if pd.api.types.is_integer_dtype(frame[label]) else self.decimals


@dataclass(frozen=True)
class Figure:
    """A picture with its caption; a notebook shows it."""

    png: bytes = field(repr=False)
    caption: str
    alt: str
    english: bytes = field(default=b"", repr=False)   # the same with English words, if the run asks for it

    def _repr_html_(self) -> str:
        data = base64.b64encode(self.png).decode("ascii")
        return (f'<figure><img src="data:image/png;base64,{data}" alt="{escape(self.alt)}">'
                f"<figcaption>{escape(self.caption)}</figcaption></figure>")


class Results:
    """The results of one job for one edition and period.

    Parameters
    ----------
    job : str
        `weights`, `agreement`, `sensitivity`, `maturity` or `audit`.
    edition, period : str
        What the numbers belong to.
    folder : path, optional
        Where to write; by default what the runner says (see `output_folder`).
    threshold : int
        A value given with the number of answers behind it is refused below this number.
    mark : str
        Words that every table and figure must carry («демонстрация…»), so that none of them passes for official
        when it is copied out of the report. Empty for adopted editions.

    Examples
    --------
    >>> import tempfile
    >>> folder = tempfile.mkdtemp()
    >>> results = Results("weights", "star-2022", "2024", folder)
    >>> results.number("centres", 84, "Центров")
    Number(value=84, title='Центров', unit='', decimals=None)
    >>> results.table("weights", pd.DataFrame({"вес": [0.4, 0.6]}, index=["Д1", "Д2"]), "Таблица 1. Веса", decimals=3)
    Table(title='Таблица 1. Веса', decimals=3)
    >>> path = results.write()
    >>> again = Results.read(folder, "weights")
    >>> again.numbers["centres"].value, float(again.tables["weights"].frame.loc["Д2", "вес"])
    (84, 0.6)
    """

    def __init__(self, job: str, edition: str, period: str, folder: str | os.PathLike | None = None, *,
                 mark: str = "", threshold: int = 10) -> None:
        self.job, self.edition, self.period, self.mark = _key(job), str(edition), str(period), mark
        self.threshold = threshold
        self.folder = Path(folder) if folder is not None else output_folder(edition, period)
        self.reason: str | None = None   # why the job does not apply to this edition; None when it does
        self.numbers: dict[str, Number] = {}
        self.texts: dict[str, str] = {}
        self.tables: dict[str, Table] = {}
        self.figures: dict[str, Figure] = {}
        self.behind: dict[str, list[prose.Value]] = {}   # «text:key», «table:key»…: the number behind each numeral

    def number(self, key: str, value: float | None, title: str, unit: str = "", decimals: int | None = None, *,
               n: float | None = None) -> Number:
        """Keep one number at full precision; NaN means «no data» and is kept as such.

        `n` is the number of answers behind it, if it rests on answers of a few.
        """
        if n is not None and n < self.threshold and value is not None and not math.isnan(value):
            raise DisclosureError(f"Публикация остановлена: «{title}» ({key}) стоит на {n:g} ответах.\n"
                                  f"  правило: меньше {self.threshold} ответов не публикуется | уберите число или "
                                  "объедините группы")
        value = value.item() if hasattr(value, "item") else value
        if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
            raise TypeError(f"{key}: ожидается число, передано {value!r}; для слов есть .text().")
        if isinstance(value, float) and math.isinf(value):
            raise ValueError(f"{key}: бесконечность нельзя опубликовать; запишите None и объясните текстом.")
        value = None if value is None or math.isnan(value) else value
        return self._keep(self.numbers, key, Number(value, title, unit, decimals))

    def text(self, key: str, text: str) -> str:
        """Keep a finding in words (Markdown)."""
        return self._keep(self.texts, key, self._said(f"text:{key}", str(text)))

    def table(self, key: str, frame: pd.DataFrame, title: str, decimals: int | Mapping | None = None, *,
              n: pd.DataFrame | None = None) -> Table:
        """Keep a table; `decimals` only concern how it is shown. Returns it for display.

        Parameters
        ----------
        n : DataFrame, optional
            Answers behind the cells, matched by label; cells that it does not name rest on no personal answers.

        Raises
        ------
        DisclosureError
            A cell with a value has fewer answers behind it than the threshold.
        """
        if n is not None:
            self._enough(frame, title, n)
        title = self._said(f"table:{key}", marked(title, self.mark))
        return self._keep(self.tables, key, Table(frame.copy(), title, decimals))

    def figure(self, key: str, figure: matplotlib.figure.Figure, caption: str, alt: str | None = None) -> Figure:
        """Keep a matplotlib figure as PNG, equal byte for byte run to run, and close it. Returns it for display.

        Without `alt` the picture is described as it is drawn (`descriptions.described`).
        """
        import matplotlib.pyplot as plt  # heavy, and needed nowhere else in reading results

        from methods.report.descriptions import described  # spells, as we do

        alt = described(figure) if alt is None else alt

        if self.mark:
            figure.text(0.995, -0.01, self.mark, ha="right", va="top", fontsize=10, color="#5B6875")
        stream = io.BytesIO()
        figure.savefig(stream, format="png", dpi=DPI, bbox_inches="tight", metadata={"Software": None})
        english = b""
        if os.environ.get("ZVEZDA_ENGLISH"):
            from methods.report.english.pictures import redrawn  # only a run in two languages owes the time
            english = redrawn(figure, DPI)
        plt.close(figure)   # otherwise the notebook would show it a second time, without a caption
        caption, alt = self._said(f"figure:{key}", marked(caption, self.mark)), self._said(f"alt:{key}", alt)
        return self._keep(self.figures, key, Figure(stream.getvalue(), caption, alt, english))

    def missing(self, reason: str) -> Results:
        """Say that the job does not apply to this edition, and why (in Russian, the report prints it)."""
        self.reason = self._said("reason", reason)
        return self

    def said(self) -> Iterator[tuple[str, str]]:
        """Everything in words that the job says, by what it is and its key: «text:effect», «alt:sources»."""
        if self.reason is not None:
            yield "reason", self.reason
        yield from ((f"text:{key}", text) for key, text in self.texts.items())
        yield from ((f"table:{key}", table.title) for key, table in self.tables.items())
        for key, figure in self.figures.items():
            yield f"figure:{key}", figure.caption
            yield f"alt:{key}", figure.alt

    def unfound(self, names: Iterable[str] = ()) -> list[prose.Unfound]:
        """Numbers of the words that the results do not hold; `names` are titles and periods that may hold numbers."""
        names = [self.edition, self.period, *names]
        return [lost for place, text in self.said()
                for lost in prose.unfound(f"{self.job}, {place}", text, self.behind.get(place, ()), names)]

    def write(self) -> Path:
        """Write everything; the JSON comes last, so it never names a file that is not there."""
        tables, figures = {}, {}
        for key, table in self.tables.items():
            content, meta = frames.to_csv(table.frame)
            places = table.decimals
            if isinstance(places, Mapping):
                places = [list(pair) for pair in places.items()]
            tables[key] = {"title": table.title, "decimals": places, "meta": meta,
                           **self._put(f"tables/{self.job}-{key}.csv", content)}
        for key, figure in self.figures.items():
            figures[key] = {"caption": figure.caption, "alt": figure.alt,
                            **self._put(f"figures/{self.job}-{key}.png", figure.png)}
            if figure.english:
                self._put(f"{ENGLISH}/figures/{self.job}-{key}.png", figure.english)
        record = {"schema": SCHEMA, "job": self.job, "edition": self.edition, "period": self.period, "mark": self.mark,
                  "not_applicable": self.reason, "numbers": {key: vars(value) for key, value in self.numbers.items()},
                  "texts": self.texts, "tables": tables, "figures": figures, "behind": self.behind}
        if any(figure.english for figure in self.figures.values()):
            from methods.report.english.pictures import untranslated
            if left := untranslated():
                self._put(f"{ENGLISH}/figures/{self.job}-untranslated.txt", left.encode("utf-8"))
        path = self.folder / f"{self.job}.json"
        write_atomic(path, dump(record))
        return path

    @classmethod
    def read(cls, folder: str | os.PathLike, job: str, *, absent_ok: bool = False) -> Results:
        """Read back what the job wrote into the folder.

        With `absent_ok` a job that was not run gives empty results with that as their reason: a draft of the report
        can be looked at before all jobs are done. The runner itself always does all of them.
        """
        path = Path(folder) / f"{_key(job)}.json"
        if absent_ok and not path.exists():
            return cls(job, "", "", folder).missing(f"Тетрадь ещё не выполнена: zvezda run {job}.")
        try:
            record = json.loads(path.read_text("utf-8"))
        except FileNotFoundError:
            raise InputError(f"Нет результатов задачи «{job}»: {path}. Сначала выполните: zvezda run {job}.") from None
        except ValueError as error:
            raise InputError(f"Файл результатов повреждён: {path} ({error}). "
                             f"Выполните задачу «{job}» заново.") from None
        results = cls(record["job"], record["edition"], record["period"], folder, mark=record["mark"])
        results.reason = record["not_applicable"]
        results.numbers = {key: Number(**value) for key, value in record["numbers"].items()}
        results.texts = record["texts"]
        for key, entry in record["tables"].items():
            places = entry["decimals"]
            if isinstance(places, list):   # JSON has no keys but texts, and no tuples
                places = {tuple(label) if isinstance(label, list) else label: value for label, value in places}
            results.tables[key] = Table(frames.from_csv(results._get(entry), entry["meta"]), entry["title"], places)
        for key, entry in record["figures"].items():
            results.figures[key] = Figure(results._get(entry), entry["caption"], entry["alt"])
        results.behind = record.get("behind", {})   # results kept before had none
        return results

    def _enough(self, frame: pd.DataFrame, title: str, n: pd.DataFrame) -> None:
        answers = n.reindex(index=frame.index, columns=frame.columns)
        wrong = (answers < self.threshold) & frame.notna()
        places = [(row, column) for column in frame.columns for row in frame.index[wrong[column]]]
        if places:
            shown = "\n".join(f"  таблица «{title}» | строка {row} | столбец «{column}»" for row, column in places[:20])
            raise DisclosureError(f"Публикация остановлена: ячеек, за которыми меньше {self.threshold} ответов, "
                                  f"{len(places)}.\n{shown}\n  правило: меньше {self.threshold} ответов не публикуется "
                                  "| скройте ячейки: methods.data.publication.published")

    def _said(self, place: str, text: str) -> str:
        """Keep the numbers that the words print beside them; a number stays with its per cent sign at a line's end."""
        text = re.sub(r"(?<=\d) (?=%)", "\u00a0", text)
        values = prose.behind(text, [(other, self.behind[name]) for name, other in self.said() if name in self.behind])
        self.behind.pop(place, None)
        if any(value is not None for value in values):
            self.behind[place] = values
        return text

    @staticmethod
    def _keep(room: dict, key: str, value):
        room[_key(key)] = value   # a cell run twice in Jupyter keeps its last result
        return value

    def _put(self, file: str, content: bytes) -> dict:
        write_atomic(self.folder / file, content)
        return {"file": file, "sha256": hashlib.sha256(content).hexdigest()}

    def _get(self, entry: dict) -> bytes:
        path = self.folder / entry["file"]
        if not path.is_file():
            raise InputError(f"Нет файла результатов: {path}. Выполните задачу «{self.job}» заново.")
        content = path.read_bytes()
        if hashlib.sha256(content).hexdigest() != entry["sha256"]:
            raise InputError(f"Файл результатов изменён после расчёта: {path} (пересохранён в Excel?). "
                             f"Выполните задачу «{self.job}» заново.")
        return content


def marked(title: str, mark: str) -> str:
    """A title that carries the mark of an edition that is not official.

    >>> marked("Веса показателей.", "демонстрация")
    'Веса показателей (демонстрация)'
    """
    return f"{title.rstrip('.')} ({mark})" if mark else title


def merge(folder: str | os.PathLike) -> Path:
    """Put the results of all jobs in the folder into one `results.json` and return its path."""
    folder, jobs = Path(folder), {}
    for path in sorted(folder.glob("*.json")):
        record = json.loads(path.read_text("utf-8"))
        if record.get("schema") == SCHEMA and "job" in record:
            jobs[record["job"]] = record
    subjects = {(record["edition"], record["period"]) for record in jobs.values()}
    if len(subjects) != 1:
        found = "; ".join(f"{job}: {r['edition']}, {r['period']}" for job, r in jobs.items()) or "ничего"
        raise InputError(f"В одном отчёте должны быть одна редакция и один период. В папке {folder}: {found}.")
    (edition, period), path = subjects.pop(), folder / "results.json"
    write_atomic(path, dump({"schema": SCHEMA, "edition": edition, "period": period, "jobs": jobs}))
    return path


def output_folder(edition: str, period: str) -> Path:
    """Where a notebook writes: the folder given by the runner, or the drafts when it was opened by hand.

    Drafts are apart from finished reports, so that trying something in JupyterLab never touches one.
    """
    if given := os.environ.get("ZVEZDA_OUTPUT"):
        return Path(given)
    here = Path(os.environ.get("ZVEZDA_ROOT") or Path.cwd())
    root = next((path for path in (here, *here.parents) if (path / "pyproject.toml").is_file()), here)
    return root / "reports" / str(edition) / "draft" / str(period)


def dump(record: dict) -> bytes:
    """Strict JSON, readable in a diff: sorted keys, Cyrillic as it is, no NaN."""
    return (json.dumps(record, ensure_ascii=False, sort_keys=True, indent=1, allow_nan=False) + "\n").encode("utf-8")


def _label(value: object) -> str:
    return escape(spelled(value) if isinstance(value, float) else str(value))


def _cell(value: object, decimals: int | None) -> str:
    if decimals is None and isinstance(value, numbers.Integral) and 1000 <= value <= 9999:
        return str(value)   # may be a year
    return escape(spelled(value, decimals))


def _key(key: str) -> str:
    if not KEY.fullmatch(key):
        raise ValueError(f"Ключ {key!r}: нужны латинские строчные буквы, цифры и «_», первая — буква.")
    return key
