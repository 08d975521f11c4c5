"""The report as a Word file: real styles, fields and formulas, so that it can be edited further and not only printed.

With a template (the ministry's own form) its page, fonts and styles are used; what it lacks is added beside them.
"""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Iterator
from functools import cached_property

import docx
from docx.document import Document as Book
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.image.image import Image
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.opc.exceptions import PackageNotFoundError
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Cm, Emu, Pt, RGBColor
from docx.styles.style import BaseStyle, ParagraphStyle
from docx.table import Table, _Cell
from docx.text.paragraph import Paragraph as Line
from docx.text.run import Run

from methods.errors import UsageError
from methods.report.document import (
    TOGETHER,
    Cell,
    Code,
    Document,
    FigurePart,
    Formula,
    Heading,
    ListItems,
    Paragraph,
    Part,
    TablePart,
    Words,
    grid,
    plain,
    spread,
)
from methods.report.exports import Export
from methods.report.formulas import OMML, to_omml
from methods.report.office import repacked
from methods.report.render import PLAIN_COLUMNS, PORTRAIT_COLUMNS

SERIF, FIXED = "Times New Roman", "Courier New"
INK, FAINT, ACCENT = RGBColor(0x1C, 0x1F, 0x23), RGBColor(0x5B, 0x64, 0x70), RGBColor(0x1A, 0x4F, 0x8B)
TABLE_STYLE = "Таблица отчёта"
SMALLER = 0.79                   # size of the type of a compact paper: 9.5 points instead of 12
FIGURE_HEIGHT = 0.85             # share of the text's height that a picture may take, its caption comes below
_FORMATS = {   # styles that a template need not have: size, bold, italic, colour, before, after (points)
    "Normal": (12, False, False, INK, 0, 6), "Heading 1": (18, True, False, INK, 0, 12),
    "Heading 2": (14, True, False, INK, 18, 6), "Heading 3": (12, True, False, INK, 12, 4),
    "Heading 4": (12, True, True, INK, 10, 4), "Caption": (10.5, True, False, INK, 8, 4),
    "Quote": (11.5, False, False, FAINT, 2, 6), "List Bullet": (12, False, False, INK, 0, 3),
    "List Paragraph": (12, False, False, INK, 0, 3), "toc 2": (11.5, False, False, INK, 0, 2),
    "toc 3": (11, False, False, INK, 0, 2), "TOC Heading": (13, True, False, INK, 6, 4),
    "Подпись рисунка": (10.5, False, False, FAINT, 4, 10), "Текст таблицы": (9.5, False, False, INK, 1, 1),
    "Рисунок": (12, False, False, INK, 6, 0), "Команда": (10, False, False, INK, 4, 8)}
_INDENTS = {"Quote": 0.6, "toc 3": 0.8, "List Paragraph": 0.6}   # cm
_TABLE = f"""<w:style {nsdecls("w")} w:type="table" w:customStyle="1" w:styleId="ReportTable">
<w:name w:val="{TABLE_STYLE}"/><w:tblPr><w:tblBorders>
<w:top w:val="single" w:sz="6" w:space="0" w:color="8A939D"/>
<w:bottom w:val="single" w:sz="6" w:space="0" w:color="8A939D"/>
<w:insideH w:val="single" w:sz="4" w:space="0" w:color="DDE1E6"/></w:tblBorders>
<w:tblCellMar><w:left w:w="85" w:type="dxa"/><w:right w:w="85" w:type="dxa"/></w:tblCellMar></w:tblPr>
<w:tblStylePr w:type="firstRow"><w:rPr><w:b/></w:rPr><w:tcPr><w:tcBorders>
<w:bottom w:val="single" w:sz="6" w:space="0" w:color="8A939D"/></w:tcBorders>
<w:shd w:val="clear" w:color="auto" w:fill="F2F4F7"/></w:tcPr></w:tblStylePr></w:style>"""


def to_docx(document: Document, template: str | os.PathLike | None = None, *, compact: bool = False) -> Export:
    """The report as a DOCX file.

    Parameters
    ----------
    compact : bool
        For papers of a few pages: small type and pictures, no table of contents.
    template : path, optional
        A DOCX whose page, headers and styles are used; its text is left out.

    Raises
    ------
    UsageError
        The template cannot be read as a DOCX file.
    """
    writer = _Writer(document, opened(template), own=template is None, scale=SMALLER if compact else 1)
    writer.write()
    stream = io.BytesIO()
    writer.book.save(stream)
    return Export(repacked(stream.getvalue(), document.issued))


def opened(template: str | os.PathLike | None) -> Book:
    """An empty book in the styles of the template, or in the plain ones of Word."""
    try:
        book = docx.Document(None if template is None else str(template))
    except (PackageNotFoundError, zipfile.BadZipFile, ValueError, KeyError, OSError) as error:
        raise UsageError(f"--template {template} | не читается как файл Word | нужен DOCX без макросов, сохранённый в "
                         f"Word или LibreOffice ({type(error).__name__})") from None
    for element in list(book.element.body):
        if element.tag != qn("w:sectPr"):
            book.element.body.remove(element)
    return book


class _Writer:
    """Writes the parts one after another into one book."""

    def __init__(self, document: Document, book: Book, own: bool, scale: float = 1) -> None:
        self.document, self.book, self.own, self.scale = document, book, own, scale
        self.marks = {part.anchor: f"_Toc{number:06}" for number, part in enumerate(
            (part for part in document.parts if isinstance(part, Heading)), 1)}
        self.styles: dict[str, ParagraphStyle] = {}
        self.drawn = 0

    def write(self) -> None:
        """All parts; the table of contents after the title and its reservations."""
        self._properties()
        if self.own:
            self._page()
        first = next(iter(self.document.headings), None)
        after_table = False
        for part in self.document.parts:
            if part is first:
                self._contents()
            for line in self._part(part):
                if after_table and line.style.name not in ("Heading 1", "Heading 2", "Heading 3"):
                    line.paragraph_format.space_before = Pt(10)   # a table has no space of its own below
                after_table = False
            after_table = isinstance(part, TablePart)

    def _part(self, part: Part) -> Iterator[Line]:
        """Write one part; gives its first paragraph, if it begins with one."""
        if isinstance(part, Heading):
            yield self._heading(part)
        elif isinstance(part, Paragraph):
            line = self._line("Quote" if part.quote else "Normal")
            self._fill(line, part.words)
            line.paragraph_format.keep_with_next = line.text.endswith(":") or None
            yield line
        elif isinstance(part, ListItems):
            lines = list(self._list(part))
            yield from lines[:1]
        elif isinstance(part, Code):
            line = self._line("Команда")
            for number, text in enumerate(part.text.split("\n")):
                line.add_run(text).font.name = FIXED
                if number < part.text.count("\n"):
                    line.runs[-1].add_break()
            yield line
        elif isinstance(part, TablePart):
            yield from self._table(part)
        else:
            yield from self._figure(part)

    # Text ----------------------------------------------------------------------------------------------------------

    def _heading(self, part: Heading) -> Line:
        line = self._line(f"Heading {min(part.level, 4)}")
        start, end = OxmlElement("w:bookmarkStart"), OxmlElement("w:bookmarkEnd")
        mark = self.marks[part.anchor]
        for element in (start, end):
            element.set(qn("w:id"), str(int(mark.removeprefix("_Toc"))))
        start.set(qn("w:name"), mark)
        line._p.append(start)
        self._fill(line, part.words)
        line._p.append(end)
        return line

    def _list(self, part: ListItems) -> Iterator[Line]:
        bullets = "List Bullet" in self.book.styles
        for item in part.items:
            line = self._line("List Bullet" if bullets and not item.marker else "List Paragraph")
            if item.marker or not bullets:
                line.add_run(f"{item.marker or '•'}\u00a0")
            if item.level:
                line.paragraph_format.left_indent = Cm(0.6 + 0.6 * item.level)
            self._fill(line, item.words)
            yield line

    def _fill(self, line: Line, words: Words, *, bold: bool = False) -> None:
        for part in words:
            if isinstance(part, Formula):
                formula = parse_xml(to_omml(part.mathml))
                if part.block:
                    whole = parse_xml(f'<m:oMathPara xmlns:m="{OMML}"/>')
                    whole.append(formula)
                    formula = whole
                line._p.append(formula)
                continue
            run = line.add_run(part.text)
            if part.bold or bold:
                run.bold = True
            if part.italic:
                run.italic = True
            if part.code:
                run.font.name = FIXED
                run._r.rPr.rFonts.set(qn("w:cs"), FIXED)
            if part.link:
                self._link(line, run, part.link)

    def _link(self, line: Line, run: Run, address: str) -> None:
        """Wrap a run into a link: inside the report, or to an address that the reader may follow."""
        link = OxmlElement("w:hyperlink")
        if address.startswith("#"):
            if address[1:] not in self.marks:
                return
            link.set(qn("w:anchor"), self.marks[address[1:]])
        else:
            link.set(qn("r:id"), line.part.relate_to(address, RELATIONSHIP_TYPE.HYPERLINK, is_external=True))
        run.font.color.rgb, run.font.underline = ACCENT, True
        line._p.append(link)
        link.append(run._r)

    def _contents(self) -> None:
        """The field that Word builds the contents from, with the entries already in it.

        Without the entries it would be empty until the reader updates it; updating on opening would ask a question
        that frightens. Page numbers come with «Обновить поле» (F9).
        """
        headings = self.document.headings
        if len(headings) < 3 or self.scale < 1:
            return
        frame = parse_xml(f'<w:sdt {nsdecls("w")}><w:sdtPr><w:docPartObj><w:docPartGallery w:val="Table of Contents"/>'
                          "<w:docPartUnique/></w:docPartObj></w:sdtPr><w:sdtContent/></w:sdt>")
        self.book.element.body.insert_element_before(frame, "w:sectPr")
        title = self._line("TOC Heading")
        title.add_run(self.document.language.said("Содержание"))
        lines = [title]
        for number, heading in enumerate(headings):
            line = self._line(f"toc {heading.level}")
            if not number:
                _field(line, 'TOC \\o "2-3" \\h \\z \\u', "begin", "separate")
            link = OxmlElement("w:hyperlink")
            link.set(qn("w:anchor"), self.marks[heading.anchor])
            run = line.add_run(plain(heading.words))
            line._p.append(link)
            link.append(run._r)
            lines.append(line)
        _field(lines[-1], "", "end")
        for line in lines:
            frame.find(qn("w:sdtContent")).append(line._p)

    # Tables and pictures -------------------------------------------------------------------------------------------

    def _table(self, part: TablePart) -> Iterator[Line]:
        if part.title:
            caption = self._line("Caption")
            caption.paragraph_format.keep_with_next = True
            _numbered(caption, part.label, part.number, part.title)
            yield caption
        rows, columns = [*part.header, *part.body], part.columns
        if not rows:
            return
        table = self.book.add_table(len(rows), columns)
        table.style, table.autofit = self._table_style, False
        if part.title:   # for those who hear the table
            words = OxmlElement("w:tblCaption")
            words.set(qn("w:val"), part.title)
            table._tbl.tblPr.append(words)
        size = self.scale * (9.5 if columns <= PLAIN_COLUMNS else 8 if columns <= PORTRAIT_COLUMNS else 6.5)
        widths = spread(part, size, Emu(self._room[0]).cm)[0]
        for column, width in zip(table.columns, widths, strict=True):
            column.width = Cm(width)
        places = [list(row.cells) for row in table.rows]
        for row in places:   # LibreOffice reads widths here; merged cells add them up
            for cell, width in zip(row, widths, strict=True):
                cell.width = Cm(width)
        whole = len(rows) <= TOGETHER
        for i, row in enumerate(grid(rows)):
            header = i < len(part.header)
            _row(table, i, header)
            for j, (cell, begins) in enumerate(row):
                if begins:
                    line = self._cell(places, i, j, cell, size, header)
                    line.paragraph_format.keep_with_next = header or (whole and i < len(rows) - 1) or None

    def _cell(self, places: list[list[_Cell]], i: int, j: int, cell: Cell, size: float, header: bool) -> Line:
        place = places[i][j]
        if cell.rows > 1 or cell.columns > 1:
            place = place.merge(places[min(i + cell.rows, len(places)) - 1][j + cell.columns - 1])
        line = place.paragraphs[0]
        self._styled(line, "Текст таблицы")
        self._fill(line, cell.words, bold=header)
        if cell.numeric:
            line.alignment = WD_ALIGN_PARAGRAPH.RIGHT
        if size != _FORMATS["Текст таблицы"][0]:
            for run in line.runs:
                run.font.size = Pt(size)
        return line

    def _figure(self, part: FigurePart) -> Iterator[Line]:
        line = self._line("Рисунок")
        image = Image.from_blob(part.image)
        width, height = self._room
        scale = min(1, width / image.width, FIGURE_HEIGHT * height / image.height)
        scale = scale if self.scale == 1 else min(scale, width / 2 / image.width)
        drawn = line.add_run().add_picture(io.BytesIO(part.image), width=Emu(int(image.width * scale)))
        self.drawn += 1
        properties = drawn._inline.docPr
        properties.set("name", f"{self.document.language.said('Рисунок')} {self.drawn}")
        properties.set("descr", part.alt)
        yield line
        if part.caption_text:
            line.paragraph_format.keep_with_next = True
            _numbered(self._line("Подпись рисунка"), part.label, part.number, part.caption_text)

    # The book ------------------------------------------------------------------------------------------------------

    @cached_property
    def _room(self) -> tuple[int, int]:
        """Width and height of the text on a page, EMU."""
        page = self.book.sections[-1]
        return (page.page_width - page.left_margin - page.right_margin,
                page.page_height - page.top_margin - page.bottom_margin)

    @cached_property
    def _table_style(self) -> BaseStyle:
        """Ours; of a template its own grid, if it has one."""
        styles = self.book.styles
        if not self.own and "Table Grid" in styles:
            return styles["Table Grid"]
        if TABLE_STYLE not in styles:
            styles.element.append(parse_xml(_TABLE))
        return styles[TABLE_STYLE]

    def _line(self, style: str) -> Line:
        return self._styled(self.book.add_paragraph(), style)

    def _styled(self, line: Line, style: str) -> Line:
        line._p.style = self._style(style).style_id   # the setter of the library looks through all styles every time
        return line

    def _style(self, name: str) -> ParagraphStyle:
        """A style of the book; one that it lacks is made."""
        if name in self.styles:
            return self.styles[name]
        styles = self.book.styles
        made = name not in styles
        if made:
            style = styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH, builtin=name.isascii())
            style.base_style, style.quick_style = styles["Normal"], True
        style = self.styles[name] = styles[name]
        if made or self.own:
            size, bold, italic, colour, before, after = _FORMATS[name]
            _dress(style, self.scale * size, bold, italic, colour, self.scale**3 * before, self.scale**3 * after)
            if name in _INDENTS:
                style.paragraph_format.left_indent = Cm(_INDENTS[name])
        return style

    def _page(self) -> None:
        """A4 with a running title and the number of the page; the language for the speller."""
        page = self.book.sections[0]
        page.page_width, page.page_height = Cm(21), Cm(29.7)
        page.left_margin, page.right_margin, page.top_margin, page.bottom_margin = (
            Cm(2.5), Cm(1.5), Cm(2), Cm(2)) if self.scale == 1 else (Cm(1.8), Cm(1.4), Cm(1.5), Cm(1.4))
        self._style("Normal")
        for setting in self.book.settings.element.iter(qn("w:compatSetting")):
            if setting.get(qn("w:name")) == "compatibilityMode":
                setting.set(qn("w:val"), "15")   # Word 2013 and later; otherwise the title says «режим совместимости»
        for style in self.book.styles.element.iter(qn("w:lang")):
            style.set(qn("w:val"), self.document.language.tag)
        top, bottom = page.header.paragraphs[0], page.footer.paragraphs[0]
        top.add_run(self.document.title).font.size = Pt(9)
        top.runs[0].font.color.rgb = FAINT
        bottom.alignment = WD_ALIGN_PARAGRAPH.CENTER
        _field(bottom, "PAGE", "begin", "separate")
        bottom.add_run("1").font.size = Pt(9)
        _field(bottom, "", "end")

    def _properties(self) -> None:
        """What the file says of itself; a template's author is nobody's business."""
        core = self.book.core_properties
        core.title, core.language = self.document.title, self.document.language.tag
        core.author = core.last_modified_by = "zvezda"
        core.subject = core.comments = core.keywords = core.category = ""
        core.revision = 1
        package = self.book.part.package
        for name in [name for name, link in package.rels.items() if link.reltype == RELATIONSHIP_TYPE.THUMBNAIL]:
            package.rels.pop(name)   # a picture of what stood in the template


def _dress(style: ParagraphStyle, size: float, bold: bool, italic: bool, colour: RGBColor, before: float,
           after: float) -> None:
    font = style.font
    font.name, font.size, font.bold, font.italic, font.color.rgb = SERIF, Pt(size), bold, italic, colour
    fonts = style.element.rPr.rFonts
    for name in list(fonts.attrib):
        if name.endswith("Theme"):   # a font of the theme would win over the named one
            del fonts.attrib[name]
    for name in ("w:cs", "w:eastAsia"):
        fonts.set(qn(name), SERIF)
    style.paragraph_format.space_before, style.paragraph_format.space_after = Pt(before), Pt(after)
    if style.name.startswith(("Heading", "TOC")):
        style.paragraph_format.keep_with_next = True


def _field(line: Line, instruction: str, *states: str) -> None:
    """Signs of a field: where it begins with its instruction, where its value begins, where it ends."""
    for state in states:
        sign = OxmlElement("w:fldChar")
        sign.set(qn("w:fldCharType"), state)
        line.add_run()._r.append(sign)
        if state == "begin":
            words = OxmlElement("w:instrText")
            words.set(qn("xml:space"), "preserve")
            words.text = f" {instruction} "
            line.add_run()._r.append(words)


def _numbered(line: Line, label: str, number: int | None, text: str) -> None:
    """A caption whose number is a field: Word renumbers it and builds lists of tables and pictures from it."""
    if number is not None:
        line.add_run(f"{label} ")
        _field(line, f"SEQ {label.rstrip('.')} \\* ARABIC", "begin", "separate")
        line.add_run(str(number))
        _field(line, "", "end")
        line.add_run(". ")
    line.add_run(text)


def _row(table: Table, number: int, header: bool) -> None:
    properties = table.rows[number]._tr.get_or_add_trPr()
    properties.append(OxmlElement("w:cantSplit"))
    if header:
        properties.append(OxmlElement("w:tblHeader"))
