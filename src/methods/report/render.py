"""An executed notebook as one HTML file that needs nothing else: no network, no fonts, no library.

nbconvert walks the cells by our template (`template/zvezda`); formulas become MathML, which browsers draw themselves.
The only script is our own `page.js`, which sorts and searches tables and brings the block of weights to life: the page
names its hash, so that a browser runs nothing else. Whatever comes from a notebook stays disarmed.
"""

from __future__ import annotations

import base64
import hashlib
import os
import re
import warnings
from html import escape
from pathlib import Path

import nbformat
from bs4 import BeautifulSoup, Tag
from latex2mathml.converter import convert as mathml
from nbconvert.exporters import TemplateExporter
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath, MathInlineParser
from traitlets.config import Config

from methods.report.language import RUSSIAN, Language

TEMPLATES = Path(__file__).parent / "template"
SCRIPT = TEMPLATES / "zvezda" / "page.js"
MAIN = "page-text"   # where «Перейти к тексту» leads
# A number as a table shows it: sign, thousands, decimal part, percent; also an interval of two.
_FIGURE = r"[+−-]?\d[\d\s]*(?:,\d{3})*([.,]\d+)?([eE][+-]?\d+)?\s?%?"
NUMERIC = re.compile(rf"{_FIGURE}(\s?[–…;]\s?{_FIGURE})?|nan|NaN|—|–|-|")
LONG_LABEL = 20   # characters; a longer row label would be squeezed to a word a line by many columns
SHORT_LABEL = 12  # characters: codes, dates, short names
PLAIN_COLUMNS, PORTRAIT_COLUMNS = 9, 14   # what an A4 page holds in the usual type, and in a small one
# What may make a browser fetch something or run something.
FORBIDDEN_TAGS = ("script", "iframe", "object", "embed", "link", "meta", "base", "form", "audio", "video", "source")
FETCHING = ("src", "srcset", "poster", "background", "xlink:href", "data", "action", "ping")
EMBEDDED = ("data:", "#")


def to_html(notebook_path: str | os.PathLike, html_path: str | os.PathLike, title: str | None = None,
            hide_code: bool = True, language: Language = RUSSIAN) -> Path:
    """Write an executed notebook as a self-contained page and return its path.

    Parameters
    ----------
    notebook_path, html_path : path
        From and to. Pictures of Markdown cells are embedded when they lie in the notebook's folder.
    title : str, optional
        Title of the page; by default the first heading.
    hide_code : bool
        True for reports: neither code nor warnings. False for the notebooks of jobs: both folded.
    language : Language
        Of the page's own words; those of the notebook stay as they are.
    """
    notebook_path, html_path = Path(notebook_path), Path(html_path)
    page = Page(str(notebook_path.parent.resolve()), language)
    exporter = TemplateExporter(
        config=Config({"NbConvertBase": {"display_data_priority": [
            "text/html", "text/markdown", "image/svg+xml", "image/png", "image/jpeg", "text/latex", "text/plain"]},
            "TagRemovePreprocessor": {"enabled": True, "remove_cell_tags": ["remove-cell"],
                                      "remove_input_tags": ["remove-input"]}}),
        template_name="zvezda", extra_template_basedirs=[str(TEMPLATES)], file_extension=".html")
    for name in ("markdown", "tidy", "contents", "heading", "first_heading"):
        exporter.register_filter(name, getattr(page, name))
    exporter.register_filter("said", language.said)
    exporter.register_filter("source", language.source)
    script = language.source(SCRIPT.read_text("utf-8"))
    body, _ = exporter.from_notebook_node(nbformat.read(notebook_path, as_version=4), {
        "title": title, "hide_code": hide_code, "main": MAIN,
        "language": language.code, "script": script, "script_hash": fingerprint(script)})
    partial = html_path.with_name(f".{html_path.name}.{os.getpid()}")
    partial.write_text(body, "utf-8", newline="\n")
    os.replace(partial, html_path)
    return html_path


def fingerprint(script: str) -> str:
    """How a Content-Security-Policy names the one script that may run (CSP Level 3, section 2.3.1).

    >>> fingerprint("alert('Hello, world.');")   # the example of MDN, «CSP: script-src»
    'sha256-qznLcsROx4GACP2dm0UCKCzCG+HiZ1guq6ZZDob/Tng='
    """
    return f"sha256-{base64.b64encode(hashlib.sha256(script.encode('utf-8')).digest()).decode('ascii')}"


class Page:
    """What the cells of one page share: its headings. The methods are the template's filters.

    `folder` is where the pictures of Markdown cells lie.
    """

    def __init__(self, folder: str, language: Language = RUSSIAN) -> None:
        self.folder, self.language = folder, language
        self.headings: list[tuple[int, str, str]] = []   # level, anchor, text

    def markdown(self, source: str, attachments: dict | None = None) -> str:
        """Markdown as a tidy fragment, its formulas as MathML."""
        renderer = _Renderer(escape=False, embed_images=True, exclude_anchor_links=True, path=self.folder,
                             attachments=attachments)
        return self.tidy(MarkdownWithMath(renderer, inline=_MathParser(hard_wrap=False)).render(source))

    def tidy(self, html: str) -> str:
        """A fragment without anything that runs or is fetched, with tables that scroll and pictures that speak."""
        soup = BeautifulSoup(html, "html.parser")
        _disarm(soup, self.language)
        for heading in soup.find_all(re.compile(r"^h[1-6]$")):
            self._note(heading)
        for table in soup.find_all("table"):
            _dress(soup, table, self.language)
        for image in soup.find_all("img"):
            if not image.get("alt", "").strip():
                image["alt"] = f"{self.language.said('Рисунок')}: {self.heading()}"
        return str(soup)

    def contents(self, _) -> list[tuple[int, str, str]]:
        """Headings for the table of contents: two levels below the title."""
        return [entry for entry in self.headings if entry[0] in (2, 3)]

    def first_heading(self, _) -> str:
        return self.headings[0][2] if self.headings else self.language.said("Отчёт")

    def heading(self, _=None, default: str = "без описания") -> str:
        """The text of the last heading, for what has no words of its own."""
        return self.headings[-1][2] if self.headings else self.language.said(default)

    def _note(self, heading: Tag) -> None:
        text = _words(heading)
        stem = re.sub(r"\W+", "-", text.lower()).strip("-") or "section"
        taken = {MAIN, *(anchor for _, anchor, _ in self.headings)}
        anchor = next(name for name in (stem, *(f"{stem}-{i}" for i in range(2, 10_000))) if name not in taken)
        heading["id"] = anchor
        self.headings.append((int(heading.name[1]), anchor, text))


class _Renderer(IPythonRenderer):
    """Markdown to HTML with the formulas as MathML."""

    def inline_math(self, body: str) -> str:
        return _formula(body, "inline")

    def block_math(self, body: str) -> str:
        return f'<span class="formula">{_formula(body, "block")}</span>'

    def latex_environment(self, name: str, body: str) -> str:
        return self.block_math(rf"\begin{{{name}}}{body}\end{{{name}}}")


class _MathParser(MathInlineParser):
    """A `$` beside a space or after a digit is money, not the start of a formula: «5 $ и 6 $», «от 6$ до 7$»."""

    SPECIFICATION = MathInlineParser.SPECIFICATION | {
        "inline_math_tex": r"(?<![$\\\d])\$(?=[^\s$])(?P<math_inline_tex>(?:[^$\\`]|\\.)+?)(?<!\s)\$(?![\d$])"}


def _formula(tex: str, display: str) -> str:
    try:
        return mathml(tex.strip(), display=display)
    except Exception as error:   # latex2mathml has many classes of its own; a bad formula must not cost the report
        warnings.warn(f"Формула не разобрана: {tex!r} ({error})", stacklevel=2)
        return f'<code class="bad-formula">{escape(tex)}</code>'


def _words(heading: Tag) -> str:
    """Text of a heading without the MathML markup's line breaks."""
    return " ".join(heading.get_text().split())


def _disarm(soup: BeautifulSoup, language: Language) -> None:
    for tag in soup.find_all(FORBIDDEN_TAGS):
        tag.decompose()
    for style in soup.find_all("style"):
        # pandas adds a scoped style to every table; ours takes its place
        if style.has_attr("scoped") or not style.get_text().strip() or re.search(r"@import|url\(", style.get_text()):
            style.decompose()
    for tag in soup.find_all(True):
        for name, value in list(tag.attrs.items()):
            text = "".join(str(value).split()).lower()
            fetched = name in FETCHING or (name == "href" and tag.name != "a")
            if (name.startswith("on") or text.startswith(("javascript:", "vbscript:"))
                    or (fetched and not text.startswith(EMBEDDED))
                    or (name == "style" and re.search(r"url\((?!['\"]?data:)", text))):
                del tag[name]
        if tag.name == "img" and not tag.get("src"):
            words = tag.get("alt") or language.said("без описания")
            tag.replace_with(f"[{language.said('рисунок недоступен')}: {words}]")


def _dress(soup: BeautifulSoup, table: Tag, language: Language) -> None:
    """Numbers to the right with their headers, and a container of its own that scrolls sideways."""
    for name in ("border", "style"):
        del table[name]
    votes: dict[int, list[bool]] = {}
    _merge_names(table)
    for label in table.select("tbody th, tbody td"):
        length = len(label.get_text(strip=True))
        if length <= SHORT_LABEL:  # a code such as 01-021 must not break at its hyphen
            label["class"] = [*label.get("class", []), "short"]
        elif length > LONG_LABEL and label.name == "th":
            label["class"] = [*label.get("class", []), "long"]
    for row in table.select("tbody tr"):
        for position, cell in _cells(row):
            if cell.name == "td":
                text = cell.get_text(strip=True)
                numeric = bool(NUMERIC.fullmatch(text))
                votes.setdefault(position, []).append(numeric)
                if numeric:
                    cell["class"] = [*cell.get("class", []), "num"]
    for row in table.select("thead tr"):
        del row["style"]
        for position, cell in _cells(row):
            if all(votes.get(position, [False])) and int(cell.get("colspan", 1)) == 1:
                cell["class"] = [*cell.get("class", []), "num"]
    caption = table.find("caption")
    if caption:
        # the wrapper keeps the words in sight while the table scrolls
        words = soup.new_tag("span")
        words.extend(list(caption.contents))
        caption.append(words)
    columns = len(table.select("tr")[-1].find_all(("td", "th"), recursive=False)) if table.select("tr") else 0
    width = " landscape" if columns > PORTRAIT_COLUMNS else " wide" if columns > PLAIN_COLUMNS else ""   # for print
    box = soup.new_tag("div", attrs={"class": f"table{width}", "tabindex": "0", "role": "region",
                                     "aria-label": caption.get_text(strip=True) if caption else
                                     language.said("Таблица")})
    table.wrap(box)


def _merge_names(table: Tag) -> None:
    """pandas puts the names of row labels into a header row of their own: move them into the empty cells above."""
    rows = [row.find_all(("td", "th"), recursive=False) for row in table.select("thead tr")]
    if len(rows) < 2 or len(rows[-1]) != len(rows[-2]):
        return
    for name, above in zip(rows[-1], rows[-2], strict=True):
        if name.get_text(strip=True) and above.get_text(strip=True):
            return
    for name, above in zip(rows[-1], rows[-2], strict=True):
        if name.get_text(strip=True):
            above.string = name.get_text(strip=True)
    table.select("thead tr")[-1].decompose()


def _cells(row: Tag):
    """Cells with their column, spans counted from the right end, where no row label is merged downwards."""
    position = 0
    for cell in reversed(row.find_all(("td", "th"), recursive=False)):
        yield position, cell
        position += int(cell.get("colspan", 1))
