"""The English report of a run: what keeps its Russian name, and what is said of words that nobody has translated."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from methods.data import store
from methods.index.edition import Edition
from methods.report.english import writing
from methods.run.release import names_of


def translation(root: Path, edition: Edition, period: str, issued: str = "", template: Path | None = None,
                say: Callable[[str], None] = lambda line: None) -> Callable[[Path, list[Path]], None]:
    """What `runner` calls to put executed notebooks into English; `say` hears how much stayed Russian.

    `issued` and `template` are those of the Word, PDF and Excel files (`report.formats.write`), which are written if
    the date is given.
    """
    def translate(folder: Path, notebooks: list[Path]) -> None:
        names = names_of(store.prepare(root, edition, period).units)
        missing = writing.write(folder, notebooks, names,
                                title=writing.report_title(edition.version, period) if issued else "",
                                issued=issued, template=template)
        say(f"По-английски: папка {writing.ENGLISH}; " + (
            f"не переведено: {len(missing)}, список в {writing.UNTRANSLATED}." if missing else "переведено всё."))

    return translate
