"""A document as one HTML page that needs nothing else: the look and the script of the report's own page."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from html import escape
from itertools import groupby

from methods.report.document import (
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
)
from methods.report.exports import Export
from methods.report.render import LONG_LABEL, MAIN, PLAIN_COLUMNS, SCRIPT, SHORT_LABEL, TEMPLATES, fingerprint

STYLE = TEMPLATES / "zvezda" / "style.css"
BESIDE = ("figure.beside { display: inline-block; vertical-align: bottom; width: 27rem; max-width: 100%;\n"
          "                margin: 1rem 1.5rem 1rem 0; }\n")
_MARKS = (("bold", "strong"), ("italic", "em"), ("code", "code"))


def to_html(document: Document) -> Export:
    """The document as a page; pictures are inside it, links lead only where the document says."""
    script = SCRIPT.read_text("utf-8")
    policy = ("default-src 'none'; base-uri 'none'; form-action 'none'; img-src data:; style-src 'unsafe-inline'; "
              f"script-src '{fingerprint(script)}'")
    body = "\n".join(_parts(document.parts))
    return Export(f"""<!DOCTYPE html>
<html lang="ru">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<title>{escape(document.title)}</title>
<style>
{STYLE.read_text("utf-8")}{BESIDE}</style>
</head>
<body>
<a class="skip" href="#{MAIN}">Перейти к тексту</a>
<main id="{MAIN}" tabindex="-1">
{body}
</main>
<script>{script}</script>
</body>
</html>
""".encode())


def _parts(parts: Iterable[Part]) -> Iterable[str]:
    for kind, run in groupby(parts, type):
        together = list(run)
        beside = kind is FigurePart and len(together) > 1
        yield from (_figure(part, beside) if isinstance(part, FigurePart) else _part(part) for part in together)


def _part(part: Part) -> str:
    if isinstance(part, Heading):
        return f'<h{part.level} id="{escape(part.anchor)}">{_words(part.words)}</h{part.level}>'
    if isinstance(part, Paragraph):
        said = f"<p>{_words(part.words)}</p>"
        return f"<blockquote>{said}</blockquote>" if part.quote else said
    if isinstance(part, ListItems):
        return _list(list(part.items))
    if isinstance(part, Code):
        return f"<pre><code>{escape(part.text)}</code></pre>"
    return _table(part)


def _words(words: Words) -> str:
    made = []
    for part in words:
        if isinstance(part, Formula):
            made.append(f'<span class="formula">{part.mathml}</span>' if part.block else part.mathml)
            continue
        text = escape(part.text)
        for name, tag in _MARKS:
            if getattr(part, name):
                text = f"<{tag}>{text}</{tag}>"
        made.append(f'<a href="{escape(part.link)}">{text}</a>' if part.link else text)
    return "".join(made)


def _list(items: list[ListItem]) -> str:
    """A list; items of a deeper level lie inside the item before them."""
    tag, made, i = "ol" if items[0].marker else "ul", [], 0
    while i < len(items):
        end = next((j for j in range(i + 1, len(items)) if items[j].level <= items[i].level), len(items))
        inner = _list(items[i + 1:end]) if end > i + 1 else ""
        made.append(f"<li>{_words(items[i].words)}{inner}</li>")
        i = end
    return f"<{tag}>{''.join(made)}</{tag}>"


def _table(part: TablePart) -> str:
    label = escape(part.title or "Таблица")
    caption = f"<caption><span>{escape(part.title)}</span></caption>" if part.title else ""
    head, body = (
        "".join(f"<tr>{''.join(_cell(cell, above) for cell in row)}</tr>" for row in rows)
        for rows, above in ((part.header, True), (part.body, False)))
    wide = " wide" if part.columns > PLAIN_COLUMNS else ""
    return (f'<div class="table{wide}" tabindex="0" role="region" aria-label="{label}"><table>{caption}'
            f"<thead>{head}</thead><tbody>{body}</tbody></table></div>")


def _cell(cell: Cell, above: bool) -> str:
    tag = "th" if above or cell.label else "td"
    classes = [name for name, wanted in (
        ("num", cell.numeric), ("short", not above and len(cell.text) <= SHORT_LABEL),
        ("long", not above and cell.label and len(cell.text) > LONG_LABEL)) if wanted]
    options = [f' class="{" ".join(classes)}"'] if classes else []
    options += [' scope="col"' if above else ' scope="row"'] if tag == "th" else []
    spans = (("colspan", cell.columns), ("rowspan", cell.rows))
    options += [f' {name}="{count}"' for name, count in spans if count > 1]
    return f"<{tag}{''.join(options)}>{_words(cell.words)}</{tag}>"


def _figure(part: FigurePart, beside: bool) -> str:
    kind = "png" if part.image.startswith(b"\x89PNG") else "jpeg"
    data = base64.b64encode(part.image).decode("ascii")
    caption = f"<figcaption>{escape(part.caption_text)}</figcaption>" if part.caption_text else ""
    return (f'<figure{" class=beside" if beside else ""}><img src="data:image/{kind};base64,{data}" '
            f'alt="{escape(part.alt)}">{caption}</figure>')
