"""An executed notebook in English: cells, tables, captions, descriptions of pictures, the pictures themselves."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Callable, Mapping

import nbformat
from bs4 import BeautifulSoup, NavigableString, Tag

from methods.report.english.catalogue import CYRILLIC, Catalogue

_MARKER = re.compile(r"\s*(?:#{1,6} |[-*+] |\d+\. |>(?: |$))+")
_FENCE = re.compile(r"\s*(?:```|~~~)")
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_PICTURE = re.compile(r"data:image/png;base64,(?P<data>.+)", re.DOTALL)
_SILENT = ("style", "script")
_BLOCK = re.compile(r"data-weights")
Pictures = Mapping[str, bytes]   # sha256 of a Russian picture -> the same picture in English


def in_english(notebook: nbformat.NotebookNode, catalogue: Catalogue, pictures: Pictures) -> nbformat.NotebookNode:
    """A copy of an executed notebook whose words and pictures are English; its code stays, its times of a run go.

    Parameters
    ----------
    catalogue : Catalogue
        Notes in `missing` what has no English.
    pictures : mapping
        By the sha256 of the Russian PNG; a picture that is not there stays as it is.
    """
    copy = nbformat.from_dict(json.loads(json.dumps(notebook)))
    copy.metadata.pop("papermill", None)
    for number, cell in enumerate(copy.cells, 1):
        cell["id"] = f"cell-{number}"   # like the times, of one run only: equal reports have equal bytes
        for key in ("papermill", "execution"):
            cell.metadata.pop(key, None)
        if cell.cell_type == "markdown":
            cell.source = markdown(cell.source, catalogue.text)
        for output in cell.get("outputs", ()):
            _output(output, catalogue, pictures)
    return copy


def markdown(source: str, said: Callable[[str], str]) -> str:
    """Markdown with every paragraph, heading and item put through `said`; lines of code stay.

    >>> markdown("## 1. Веса\\n\\n* один\\n  два\\n\\n```\\nвеса\\n```", str.upper)
    '## 1. ВЕСА\\n\\n* ОДИН ДВА\\n\\n```\\nвеса\\n```'
    """
    made: list[str] = []
    marker, words, fenced = "", [], False

    def flush() -> None:
        nonlocal marker
        if words:
            made.append(marker + said(" ".join(words)))
        elif marker:
            made.append(marker)
        marker = ""
        words.clear()

    for line in _COMMENT.sub("", source).split("\n"):
        if _FENCE.match(line) or fenced:
            flush()
            fenced = not fenced if _FENCE.match(line) else fenced
            made.append(line)
        elif not line.strip():
            flush()
            made.append("")
        elif line.lstrip().startswith("|"):
            flush()
            made.append("|".join(f" {said(cell.strip())} " if cell.strip() else cell for cell in line.split("|")))
        elif found := _MARKER.match(line):
            flush()
            marker = found[0]
            words += [line[found.end():].strip()] if line[found.end():].strip() else []
        else:
            words.append(line.strip())
    flush()
    return "\n".join(made)


def html(fragment: str, said: Callable[[str], str], pictures: Pictures) -> str:
    """An HTML fragment with its words, descriptions and pictures in English."""
    soup = BeautifulSoup(fragment, "html.parser")
    for text in soup.find_all(string=True):
        if text.parent.name not in _SILENT and type(text) is NavigableString and text.strip():
            text.replace_with(said(str(text)))
    for image in soup.find_all("img"):
        if image.get("alt"):
            image["alt"] = said(image["alt"])
        found = _PICTURE.fullmatch(image.get("src", ""))
        if found and (english := pictures.get(digest(base64.b64decode(found["data"])))):
            image["src"] = f"data:image/png;base64,{base64.b64encode(english).decode('ascii')}"
    for block in soup.find_all(attrs={"data-weights": True}):
        _weights(block, said)
    return str(soup)


def digest(png: bytes) -> str:
    """How a picture is looked up."""
    return hashlib.sha256(png).hexdigest()


def _output(output: nbformat.NotebookNode, catalogue: Catalogue, pictures: Pictures) -> None:
    if output.output_type == "stream":
        if output.name == "stdout":
            output.text = _printed(output.text, catalogue)
        return
    data = output.get("data", {})
    if "text/html" in data:
        data["text/html"] = html(data["text/html"], catalogue.text, pictures)
        return   # what stands beside it is not shown
    for kind in ("text/markdown", "text/latex"):
        if kind in data:
            data[kind] = markdown(data[kind], catalogue.text)
            return
    if "image/png" not in data and "text/plain" in data:
        data["text/plain"] = _printed(data["text/plain"], catalogue)


def _printed(text: str, catalogue: Catalogue) -> str:
    """Lines that code has printed: words apart by two spaces or more are cells; numbers stay as Python prints them."""
    return re.sub(r"[^\s](?:[^\n\S]?[^\s])*", lambda found: catalogue.text(found[0])
                  if CYRILLIC.search(found[0]) else found[0], text)


def _weights(block: Tag, said: Callable[[str], str]) -> None:
    """Names in the data of the block of weights; numbers there are JSON."""
    data = json.loads(block["data-weights"])
    data["groups"] = [[said(code), said(title)] for code, title in data["groups"]]
    data["units"] = [[code, said(title)] for code, title in data["units"]]
    data["mark"] = said(data["mark"])
    data["unit"] = {key: said(word) for key, word in data["unit"].items()}
    if data["grades"]:
        data["grades"]["title"] = said(data["grades"]["title"])
    block["data-weights"] = json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
