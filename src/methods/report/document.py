"""The annual report as a list of parts, from which Word, Excel and PDF are written: one source of words for all.

The parts are those that the executed notebook displays, read from the same fragments as the page (`render.Page`), so
the formats cannot say different things.
"""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from urllib.parse import unquote

import nbformat
from bs4 import BeautifulSoup, NavigableString, Tag

from methods.errors import InputError
from methods.report.exports import Notes, clean
from methods.report.language import RUSSIAN, Language
from methods.report.render import NUMERIC, SHORT_LABEL, Page

SHOWN = ("text/html", "text/markdown", "image/png", "image/jpeg", "text/latex", "text/plain")  # the first that is there
HEADING = re.compile(r"h[1-6]")
FOLLOWED = ("https://", "http://", "mailto:", "#")   # links that a reader may follow
EMBEDDED = re.compile(r"data:image/(?:png|jpeg);base64,(?P<data>.+)", re.DOTALL)
SIGN = 0.5       # width of a digit against the size of the type, in a book face
BOLD = 1.15      # so much wider are bold signs
PADDING = 0.4    # cm in a cell, left and right together
TOGETHER = 24    # rows of a table that a page must not part
WIDE, NARROW = "жмфшщыюЖ%—mw", " .,:;!|()[]-гijltfr"
LONGEST = 200    # signs of a text past which its column grows no wider
_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_BLOCKS = {"p", "ul", "ol", "pre", "table", "figure", "img", "div", "section", "blockquote", "details", "style", "hr",
           "nav"}
_TYPES = {"strong": "bold", "b": "bold", "em": "italic", "i": "italic", "code": "code"}


@dataclass(frozen=True)
class Text:
    """Words in one type."""

    text: str
    bold: bool = False
    italic: bool = False
    code: bool = False
    link: str = ""


@dataclass(frozen=True)
class Formula:
    """A formula as MathML; `block` stands on a line of its own."""

    mathml: str = field(repr=False)
    block: bool = False


Words = tuple[Text | Formula, ...]


@dataclass(frozen=True)
class Heading:
    """A heading; `anchor` is what links inside the report lead to."""

    level: int
    words: Words
    anchor: str


@dataclass(frozen=True)
class Paragraph:
    """A paragraph; `quote` marks a reservation set apart from the text."""

    words: Words
    quote: bool = False


@dataclass(frozen=True)
class ListItem:
    """An item of a list; `marker` is its number with a full stop, or empty."""

    words: Words
    level: int = 0
    marker: str = ""


@dataclass(frozen=True)
class ListItems:
    """A list, items of inner lists among them."""

    items: tuple[ListItem, ...]


@dataclass(frozen=True)
class Code:
    """Lines to type or to copy."""

    text: str


@dataclass(frozen=True)
class Cell:
    """A cell of a table with the number of columns and rows that it takes."""

    words: Words
    label: bool = False     # names a row or a column
    numeric: bool = False
    columns: int = 1
    rows: int = 1

    @property
    def text(self) -> str:
        """What it says, without types."""
        return plain(self.words)


Grid = list[list[tuple[Cell, bool]]]


@dataclass(frozen=True)
class TablePart:
    """A table; `number` follows the order of the report, None for one without a title."""

    title: str
    number: int | None
    header: tuple[tuple[Cell, ...], ...]
    body: tuple[tuple[Cell, ...], ...]
    label: str = "Таблица"

    @property
    def caption(self) -> str:
        """Title with the number, as the page shows it."""
        return f"{self.label} {self.number}. {self.title}" if self.number else self.title

    @property
    def columns(self) -> int:
        """How many columns the table has."""
        return max((len(row) for row in grid([*self.header, *self.body])), default=0)


@dataclass(frozen=True)
class FigurePart:
    """A picture (PNG or JPEG) with its caption and a description for those who do not see it."""

    image: bytes = field(repr=False)
    caption_text: str
    alt: str
    number: int | None = None
    label: str = "Рис."

    @property
    def caption(self) -> str:
        """Caption with the number, as the page shows it."""
        return f"{self.label} {self.number}. {self.caption_text}" if self.number else self.caption_text


Part = Heading | Paragraph | ListItems | Code | TablePart | FigurePart


@dataclass(frozen=True)
class Document:
    """A report as the list of what it shows; `issued` is the only date that its files carry."""

    title: str
    parts: tuple[Part, ...]
    issued: date = date(1980, 1, 1)   # the earliest that an archive holds
    language: Language = RUSSIAN

    @property
    def headings(self) -> list[Heading]:
        """Headings below the title, for the table of contents."""
        return [part for part in self.parts if isinstance(part, Heading) and part.level in (2, 3)]

    @property
    def tables(self) -> list[TablePart]:
        """All tables in their order."""
        return [part for part in self.parts if isinstance(part, TablePart)]

    @property
    def figures(self) -> list[FigurePart]:
        """All pictures in their order."""
        return [part for part in self.parts if isinstance(part, FigurePart)]


def read(notebook: str | os.PathLike, title: str | None = None, issued: str = "",
         language: Language = RUSSIAN) -> Document:
    """The parts of an executed notebook that a reader sees, without code and warnings.

    Parameters
    ----------
    notebook : path
        An executed notebook.
    title : str, optional
        Title of the document; by default the first heading.
    issued : str
        Date of the data (`2024-12-31`, `2024-12`, `2024`): files made from the same data carry the same date.
    language : Language
        Of the labels of captions and of the files; the words of the notebook stay as they are.

    Raises
    ------
    InputError
        The notebook shows nothing: it was not executed.
    """
    notebook = Path(notebook)
    page = Page(str(notebook.parent.resolve()), language)
    parts: list[Part] = []
    for cell in nbformat.read(notebook, as_version=4).cells:
        if "remove-cell" in cell.metadata.get("tags", []):
            continue
        if cell.cell_type == "markdown":
            parts += _parts(page.markdown(cell.source, cell.get("attachments")))
        for output in cell.get("outputs", ()):
            parts += _output(output, page)
    if not parts:
        raise InputError(f"В тетради {notebook} нечего показать: она не выполнена. Выполните: zvezda report.")
    first = next((part for part in parts if isinstance(part, Heading)), None)
    return Document(title or (plain(first.words) if first else notebook.stem), tuple(numbered(parts, language)),
                    day(issued) if issued else Document.issued, language)


def day(text: str) -> date:
    """The first day of a date that may lack the day or the month.

    >>> day("2021-04"), day("2023")
    (datetime.date(2021, 4, 1), datetime.date(2023, 1, 1))
    """
    try:
        return date(*map(int, f"{text}-01-01".split("-")[:3]))
    except ValueError:
        raise InputError(f"Дата данных {text!r}: нужна дата вида 2024-12-31, 2024-12 или 2024. Исправьте поле date в "
                         "source.yml набора данных.") from None


def plain(words: Iterable[Text | Formula]) -> str:
    """Words without types; a formula as its signs in a row.

    >>> plain([Text("Вес", bold=True), Text(" — доля")])
    'Вес — доля'
    """
    return "".join(part.text if isinstance(part, Text) else
                   " ".join(BeautifulSoup(part.mathml, "html.parser").get_text(" ", strip=True).split())
                   for part in words)


def said(part: Part) -> Iterator[str]:
    """All that a part says: its words, what its cells hold, what its picture is told to show.

    >>> list(said(FigurePart(b"", "Места", "Места центров и их интервалы", 1)))
    ['Рис. 1. Места', 'Места центров и их интервалы']
    """
    if isinstance(part, Heading | Paragraph):
        yield plain(part.words)
    elif isinstance(part, ListItems):
        yield from (plain(item.words) for item in part.items)
    elif isinstance(part, Code):
        yield from part.text.split("\n")
    elif isinstance(part, TablePart):
        yield part.caption
        yield from (cell.text for row in [*part.header, *part.body] for cell in row)
    else:
        yield from (part.caption, part.alt)


def grid(rows: Sequence[Sequence[Cell]]) -> Grid:
    """Rows as a rectangle: each place with the cell that covers it, and whether the cell begins there.

    >>> merged, single = Cell((Text("а"),), rows=2), Cell((Text("б"),))
    >>> [[(cell.text, begins) for cell, begins in row] for row in grid([[merged, single], [single]])]
    [[('а', True), ('б', True)], [('а', False), ('б', True)]]
    """
    taken: dict[tuple[int, int], tuple[Cell, bool]] = {}
    for i, row in enumerate(rows):
        j = 0
        for cell in row:
            while (i, j) in taken:
                j += 1
            for down in range(min(cell.rows, len(rows) - i)):
                for right in range(cell.columns):
                    taken[i + down, j + right] = cell, not down and not right
    width = max((j for _, j in taken), default=-1) + 1
    return [[taken.get((i, j), (Cell(()), True)) for j in range(width)] for i in range(len(rows))]


def spread(table: TablePart, size: float, room: float) -> tuple[list[float], bool]:
    """Widths of the columns in cm, and whether the table had to be squeezed into the room.

    A column is as wide as its longest word at least; what is left is shared in proportion to what the longest texts
    would like, as browsers do it (CSS 2.2, 17.5.2.2). In a table that does not fit, headings are content with two
    lines: a long one over short numbers must not take the room of the words beside it.

    Parameters
    ----------
    size : float
        Size of the type, points.
    room : float
        Width of the text on the page, cm.
    """
    sign, rows = size * SIGN * 2.54 / 72, grid([*table.header, *table.body])
    words, heading, text = ([1.0] * table.columns for _ in range(3))   # by column, the longest of each, in digits
    for i, row in enumerate(rows):
        above = i < len(table.header)
        wider, longest = (BOLD, heading) if above else (1, text)
        for j, (cell, _) in enumerate(row):
            if cell.columns == 1:
                longest[j] = max(longest[j], wider * _length(cell.text[:LONGEST]))
                words[j] = max(words[j], *(wider * _length(word) for word in _unbreakable(cell.text, label=not above)))
    least = [PADDING + sign * word for word in words]
    for lines in (1, 2):
        most = [PADDING + sign * max(word, own / lines, longest)
                for word, own, longest in zip(words, heading, text, strict=True)]
        if sum(most) <= room:
            return most, lines > 1
    spare, wanted = max(room - sum(least), 0), sum(most) - sum(least) or 1
    scale = min(room / sum(least), 1)
    return [scale * (low + spare * (high - low) / wanted) for low, high in zip(least, most, strict=True)], True


def _length(text: str) -> float:
    """Width of a text, in digits."""
    return sum(1.4 if sign.isupper() or sign in WIDE else 0.6 if sign in NARROW else 1 for sign in text)


def _unbreakable(text: str, label: bool) -> list[str]:
    """Pieces that a line must not break: words, numbers with their spaces, labels such as 01-021."""
    if label and len(text) <= SHORT_LABEL:
        return [text]
    return [piece for word in text.split(" ") for piece in word.replace("-", "- ").split(" ")] or [""]


def _output(output: nbformat.NotebookNode, page: Page) -> list[Part]:
    if output.output_type == "stream":
        return [Code(_lines(output.text))] if output.name == "stdout" and output.text.strip() else []
    if output.output_type == "error":
        return [Code(_lines(f"{output.ename}: {output.evalue}"))]
    kind = next((kind for kind in SHOWN if kind in output.data), None)
    if kind is None:
        return []
    content = output.data[kind]
    if kind == "text/html":
        return _parts(page.tidy(content))
    if kind in ("text/markdown", "text/latex"):
        return _parts(page.markdown(content))
    if kind == "text/plain":
        return [Code(_lines(content))]
    described = output.metadata.get(kind, {}).get("alt") or output.metadata.get("alt")
    described = described or f"{page.language.said('Рисунок')}: {page.heading()}"
    return [FigurePart(base64.b64decode(content), "", _line(described))]


def _parts(html: str) -> list[Part]:
    """Parts of a tidy fragment in their order."""
    return list(_blocks(BeautifulSoup(html, "html.parser")))


def _blocks(container: Tag, quote: bool = False) -> Iterator[Part]:
    loose: list = []   # words that stand between blocks
    for node in [*container.children, None]:
        if node is not None and not _is_block(node):
            loose.append(node)
            continue
        yield from _paragraphs(loose, quote)
        loose = []
        if node is None or node.name in ("style", "hr", "nav"):
            continue
        if HEADING.fullmatch(node.name):
            yield Heading(int(node.name[1]), _words(node.children), node.get("id", ""))
        elif node.name == "p":
            yield from _paragraphs(node.children, quote)
        elif node.name in ("ul", "ol"):
            yield ListItems(tuple(_items(node)))
        elif node.name == "pre":
            yield Code(_lines(node.get_text()))
        elif node.name == "table":
            yield _table(node)
        elif node.name in ("figure", "img"):
            yield from _figure(node)
        else:
            yield from _blocks(node, quote or node.name == "blockquote")


def _is_block(node: object) -> bool:
    return isinstance(node, Tag) and (node.name in _BLOCKS or bool(HEADING.fullmatch(node.name)))


def _paragraphs(nodes: Iterable, quote: bool) -> Iterator[Part]:
    """A paragraph; its pictures and the formulas that have lines of their own come apart from the words."""
    words: list = []
    for node in [*nodes, None]:
        alone = isinstance(node, Tag) and (node.name == "img" or "formula" in node.get("class", []))
        if node is not None and not alone:
            words.append(node)
            continue
        if made := _words(words):
            yield Paragraph(made, quote)
        words = []
        if alone and node.name == "img":
            yield from _figure(node)
        elif alone:
            yield Paragraph(tuple(replace(part, block=True) if isinstance(part, Formula) else part
                                  for part in _words(node.children)), quote)


def _items(container: Tag, level: int = 0) -> Iterator[ListItem]:
    start = int(container.get("start", 1)) if container.name == "ol" else None
    for number, item in enumerate(container.find_all("li", recursive=False), start or 0):
        inner = [node for node in item.children if isinstance(node, Tag) and node.name in ("ul", "ol")]
        yield ListItem(_words(node for node in item.children if node not in inner), level,
                       "" if start is None else f"{number}.")
        for nested in inner:
            yield from _items(nested, level + 1)


def _table(table: Tag) -> TablePart:
    caption = table.find("caption")
    rows = [(tuple(_cell(cell) for cell in row.find_all(("td", "th"), recursive=False)),
             row.find_parent(("thead", "tbody", "table")).name == "thead") for row in table.find_all("tr")]
    return TablePart(_line(caption.get_text()).strip() if caption else "", None,
                     tuple(cells for cells, above in rows if above),
                     tuple(cells for cells, above in rows if not above))


def _cell(cell: Tag) -> Cell:
    words = _words(cell.children)
    numeric = "num" in cell.get("class", []) or (cell.name == "td" and bool(NUMERIC.fullmatch(plain(words))))
    return Cell(words, cell.name == "th", numeric, int(cell.get("colspan", 1)), int(cell.get("rowspan", 1)))


def _figure(node: Tag) -> Iterator[Part]:
    caption = node.find("figcaption")
    said = _line(caption.get_text()).strip() if caption else ""
    for image in [node] if node.name == "img" else node.find_all("img"):
        alt = _line(image.get("alt", "")).strip()
        if found := EMBEDDED.match(image.get("src", "")):
            yield FigurePart(base64.b64decode(found["data"]), said, alt or said)
        else:
            yield Paragraph((Text(f"[рисунок недоступен: {alt or said or 'без описания'}]"),))


def _words(nodes: Iterable) -> Words:
    """Nodes inside a block as words: spaces as a browser shows them, neighbours in one type together."""
    made: list[Text | Formula] = []
    for part in _inline(nodes, Text("")):
        if isinstance(part, Text):
            last = made[-1] if made and isinstance(made[-1], Text) else None
            text = part.text.lstrip(" ") if not made or (last and last.text.endswith(" ")) else part.text
            if not text:
                continue
            if last and replace(last, text="") == replace(part, text=""):
                made[-1] = replace(last, text=last.text + text)
                continue
            part = replace(part, text=text)
        made.append(part)
    while made and isinstance(made[-1], Text):
        made[-1] = replace(made[-1], text=made[-1].text.rstrip(" "))
        if made[-1].text:
            break
        made.pop()
    return tuple(made)


def _inline(nodes: Iterable, style: Text) -> Iterator[Text | Formula]:
    for node in nodes:
        if type(node) is NavigableString:   # not a comment
            yield replace(style, text=_line(node))
        elif not isinstance(node, Tag) or node.name == "style":
            continue
        elif node.name == "math":
            yield Formula(str(node), node.get("display") == "block")
        elif node.name == "br":
            yield replace(style, text=" ")
        elif node.name == "a" and node.get("href", "").startswith(FOLLOWED):
            yield from _inline(node.children, replace(style, link=_address(node["href"])))
        elif node.name in _TYPES:
            yield from _inline(node.children, replace(style, **{_TYPES[node.name]: True}))
        else:
            yield from _inline(node.children, style)
            if node.name in ("p", "li", "div"):
                yield replace(style, text=" ")


def _address(link: str) -> str:
    return unquote(link) if link.startswith("#") else link   # Markdown encodes Cyrillic anchors, headings do not


def _line(text: str) -> str:
    """Text that every format can hold, in one line: no control signs, spaces as a browser shows them."""
    return re.sub(" +", " ", clean(_ANSI.sub("", str(text)), "", Notes()))


def _lines(text: str) -> str:
    """The same for text whose lines and spaces matter."""
    lines = str(text).expandtabs(4).strip("\n").split("\n")
    return "\n".join(clean(_ANSI.sub("", line), "", Notes()) for line in lines)


def numbered(parts: Iterable[Part], language: Language = RUSSIAN) -> Iterator[Part]:
    """Tables and pictures that have a title get their numbers in the order of the report."""
    table, picture = language.said(TablePart.label), language.said(FigurePart.label)
    tables = figures = 0
    for part in parts:
        if isinstance(part, TablePart) and part.title:
            tables += 1
            part = replace(part, number=tables, label=table)
        elif isinstance(part, FigurePart) and part.caption_text:
            figures += 1
            part = replace(part, number=figures, label=picture)
        yield part
