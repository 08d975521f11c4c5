"""The report as PDF/A: tagged for screen readers, with hyphenation, the same pages on every machine.

Typst sets it: a wheel without anything else to install. Fonts come from the wheel and from matplotlib, never from the
system. Words go in as strings, so nothing in them is a command.

Source: ISO 19005-2 (PDF/A-2, level A), ISO 14289-1 (PDF/UA-1); typst.app/docs.
"""

from __future__ import annotations

import datetime
import itertools
import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import matplotlib
import typst

from methods.report.document import (
    TOGETHER,
    Cell,
    Code,
    Document,
    FigurePart,
    Formula,
    Heading,
    ListItem,
    ListItems,
    Paragraph,
    Part,
    TablePart,
    Words,
    plain,
    spread,
)
from methods.report.exports import Export
from methods.report.formulas import to_typst
from methods.report.render import PLAIN_COLUMNS, PORTRAIT_COLUMNS, SHORT_LABEL

STANDARDS = ["a-2a", "ua-1"]   # for archives and for those who listen
ROOM, WIDE = 17.0, 25.2        # width of the text, cm: upright and lying, see `report` in the style
SMALLER = 0.88                 # size of the type in tables of a compact paper
STYLE = Path(__file__).parent / "template" / "report.typ"


def to_pdf(document: Document, *, compact: bool = False) -> Export:
    """The report as a PDF file; `compact` is for papers of two pages: small type, pictures side by side."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        pictures = {id(part): f"figure{number}{_suffix(part.image)}" for number, part in enumerate(document.figures, 1)}
        for part in document.figures:
            (root / pictures[id(part)]).write_bytes(part.image)
        source = root / "report.typ"
        source.write_text(_source(document, pictures, compact), "utf-8", newline="\n")
        made = typst.Compiler(str(source), root=str(root), font_paths=_fonts()).compile(
            format="pdf", pdf_standards=STANDARDS,
            timestamp=datetime.datetime.combine(document.issued, datetime.time(), datetime.UTC))
    return Export(made)


@cache
def _fonts() -> typst.Fonts:
    return typst.Fonts(include_system_fonts=False, font_paths=[str(Path(matplotlib.get_data_path(), "fonts", "ttf"))])


def _source(document: Document, pictures: dict[int, str], compact: bool) -> str:
    """The whole report as Typst reads it."""
    anchors = {part.anchor: f"part{number}" for number, part in enumerate(
        (part for part in document.parts if isinstance(part, Heading)), 1)}
    issued = document.issued
    lines = [STYLE.read_text("utf-8"),
             f"#show: report.with(title: {_string(document.title)}, date: datetime(year: {issued.year}, month: "
             f"{issued.month}, day: {issued.day}), compact: {str(compact).lower()}, "
             f"lang: {_string(document.language.code)}, region: {_string(document.language.region.lower())})"]
    first = next(iter(document.headings), None)
    for kind, run in itertools.groupby(document.parts, type):
        made = []
        for part in run:
            if part is first and len(document.headings) > 2 and not compact:
                made.append(f"#contents({_string(document.language.said('Содержание'))})")
            made.append(_part(part, anchors, pictures, compact))
        lines += [f"#beside({', '.join(f'[{each}]' for each in made)})"] if compact and kind is FigurePart else made
    return "\n\n".join(lines) + "\n"


def _part(part: Part, anchors: dict[str, str], pictures: dict[int, str], compact: bool) -> str:
    if isinstance(part, Heading):
        words = _words(part.words, anchors)
        if part.level == 1:
            return f"#title[{words}]"
        return f"#heading(level: {part.level - 1})[{words}] <{anchors[part.anchor]}>"
    if isinstance(part, Paragraph):
        words = _words(part.words, anchors)
        if plain(part.words).endswith(":"):
            return f"#block(sticky: true)[{words}]"   # stays with what it announces
        return f"#quote(block: true)[{words}]" if part.quote else words
    if isinstance(part, ListItems):
        return _list(part.items, anchors)
    if isinstance(part, Code):
        return f"#raw({_string(part.text)}, block: true)"
    if isinstance(part, TablePart):
        return _table(part, anchors, SMALLER if compact else 1)
    picture = f"picture({_string(pictures[id(part)])}, {_string(part.alt)}, whole: {str(compact).lower()})"
    if not part.caption_text:
        return f"#{picture}"
    where = "none" if compact else "auto"   # may go to the top of the next page: text fills the room it leaves
    return (f"#figure(kind: image, placement: {where}, supplement: [#{_string(part.label)}], "
            f"caption: [#{_string(part.caption_text)}], {picture})")


def _words(words: Words, anchors: dict[str, str]) -> str:
    made = ""
    for part in words:
        if isinstance(part, Formula):
            made += (f"#math.equation(block: {str(part.block).lower()}, alt: {_string(plain([part]))}, "
                     f"${to_typst(part.mathml)}$)")
            continue
        text = f"raw({_string(part.text)})" if part.code else _string(part.text)
        for name in (name for name, chosen in (("strong", part.bold), ("emph", part.italic)) if chosen):
            text = f"{name}[#{text}]"
        if part.link.startswith("#"):
            text = f"link(<{anchors[part.link[1:]]}>)[#{text}]" if part.link[1:] in anchors else text
        elif part.link:
            text = f"link({_string(part.link)})[#{text}]"
        made += f"#{text};"
    return made


def _list(items: Sequence[ListItem], anchors: dict[str, str]) -> str:
    """A list; items of a deeper level belong to the item before them."""
    made, i = [], 0
    while i < len(items):
        end = next((j for j in range(i + 1, len(items)) if items[j].level <= items[i].level), len(items))
        inner = _list(items[i + 1:end], anchors) if end > i + 1 else ""
        made.append((items[i].marker, f"{_words(items[i].words, anchors)}{inner}"))
        i = end
    if items[0].marker:
        return "#enum(" + ", ".join(f"enum.item({marker.rstrip('.')})[{words}]" for marker, words in made) + ")"
    return "#list(" + ", ".join(f"[{words}]" for _, words in made) + ")"


def _table(part: TablePart, anchors: dict[str, str], scale: float = 1) -> str:
    columns, rows = part.columns, len(part.header) + len(part.body)
    if not rows:
        return ""
    size = scale * (9 if columns <= PLAIN_COLUMNS else 7.5 if columns <= PORTRAIT_COLUMNS else 7)
    header = [_cell(cell, anchors, above=True) for row in part.header for cell in row]
    body = [_cell(cell, anchors) for row in part.body for cell in row]
    cells = ([f"table.header({', '.join(header)})"] if header else []) + body
    whole = str(rows > TOGETHER).lower()
    widths, squeezed = spread(part, size, WIDE if columns > PORTRAIT_COLUMNS else ROOM)
    shape = f"({', '.join(f'{width:.2f}cm' for width in widths)},)" if squeezed else columns
    table = f"grid-of({shape}, {size}pt, {', '.join(cells)})"
    if part.title:
        table = (f"figure(kind: table, supplement: [#{_string(part.label)}], caption: [#{_string(part.title)}], "
                 f"{table})")
    table = f"#[#show figure: set block(breakable: {whole})\n#{table}]"
    return table if columns <= PORTRAIT_COLUMNS else f"#page(flipped: true){table.removeprefix('#')}"


def _cell(cell: Cell, anchors: dict[str, str], above: bool = False) -> str:
    words = _words(cell.words, anchors)
    if cell.text and len(cell.text) <= SHORT_LABEL and not above:
        words = f"#box[{words}]"   # a code such as 01-021 must not break at its hyphen
    options = [f"align: {'right' if cell.numeric else 'left'}"]
    options += [f"{name}: {count}" for name, count in (("colspan", cell.columns), ("rowspan", cell.rows)) if count > 1]
    return f"table.cell({', '.join(options)})[{'#strong[' if above else ''}{words}{']' if above else ''}]"


def _suffix(image: bytes) -> str:
    return ".png" if image.startswith(b"\x89PNG") else ".jpg"


def _string(text: str) -> str:
    """A text that is nothing but a text."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
