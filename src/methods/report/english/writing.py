"""The English report beside the Russian one: notebooks, pages and formats in the folder `english`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

import nbformat
import yaml

from methods.files import write_atomic
from methods.report import formats
from methods.report.english.catalogue import FOLDER, catalogue
from methods.report.english.pages import digest, in_english
from methods.report.language import Language
from methods.report.render import to_html
from methods.report.results import ENGLISH

UNTRANSLATED = "untranslated.txt"
REPORT = "annual_report"


def write(folder: Path, notebooks: Iterable[Path], names: Iterable[str] = (), *, title: str = "", issued: str = "",
          template: Path | None = None) -> dict[str, int]:
    """Translate executed notebooks of a finished folder into `folder/english`, each with its page.

    Parameters
    ----------
    notebooks : paths
        Of the annual report, whose page shows no code, and of jobs.
    names : texts
        Names of units and regions: they stay as they are where the catalogue does not know them.
    title, issued, template
        As in `formats.write`, for Word, PDF and Excel of the annual report; without a title they are not written.

    Returns
    -------
    dict
        What stayed Russian because no pattern covers it, and how often; it is also listed in `untranslated.txt`.
    """
    folder, said, names = Path(folder), english(), list(names)
    pictures, missing = drawn(folder), dict.fromkeys(_undrawn(folder) - set(names), 1)
    (folder / ENGLISH).mkdir(exist_ok=True)
    for source in notebooks:
        own = catalogue(names)
        target = folder / ENGLISH / source.name
        nbformat.write(in_english(nbformat.read(source, as_version=4), own, pictures), target)
        annual = source.stem == REPORT
        to_html(target, target.with_suffix(".html"), title=title if annual and title else None, hide_code=annual,
                language=said)
        if annual and title:
            formats.write(target, title, issued, template, said)
        for piece, count in own.missing.items():
            missing[piece] = missing.get(piece, 0) + count
    listed = folder / ENGLISH / UNTRANSLATED
    listed.unlink(missing_ok=True)
    if missing:
        write_atomic(listed, "".join(f"{count}\t{piece}\n" for piece, count in sorted(missing.items())).encode("utf-8"))
    return missing


def report_title(edition: str, period: str) -> str:
    """Title of the annual report in every English format."""
    return f"Annual report {edition}, {period}"


def drawn(folder: Path) -> Mapping[str, bytes]:
    """Pictures that the jobs drew in both languages: sha256 of the Russian one -> the English one."""
    return {digest((folder / "figures" / path.name).read_bytes()): path.read_bytes()
            for path in sorted((folder / ENGLISH / "figures").glob("*.png"))
            if (folder / "figures" / path.name).is_file()}


def _undrawn(folder: Path) -> set[str]:
    """Words that the kernels left Russian in the pictures."""
    return {piece for path in (folder / ENGLISH / "figures").glob("*.txt")
            for piece in path.read_text("utf-8").splitlines()}


@cache
def english() -> Language:
    """The language of the English page."""
    return Language("en", "GB", catalogue().text, verbatim, ".")


def verbatim(source: str) -> str:
    """A script or a style sheet with its words in English, piece by piece as `page/words.yml` has them."""
    for russian, own in yaml.load((FOLDER / "page" / "words.yml").read_text("utf-8"), Loader=yaml.CSafeLoader):
        source = source.replace(russian, own)
    return source
