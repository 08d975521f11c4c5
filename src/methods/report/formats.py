"""The annual report in the formats that are sent and kept: Word, Excel and PDF beside the page."""

from __future__ import annotations

import os
from pathlib import Path

from methods.report import document, pdf, word, workbook
from methods.report.language import RUSSIAN, Language


def write(notebook: str | os.PathLike, title: str, issued: str,
          template: str | os.PathLike | None = None, language: Language = RUSSIAN) -> list[Path]:
    """Write DOCX, PDF and XLSX beside an executed notebook, under its name; return their paths.

    Parameters
    ----------
    notebook : path
        The executed notebook of the report.
    title : str
        Title in the properties of the files and at the top of every page.
    issued : str
        Date of the data, `2024-12-31` or shorter: the only date that the files carry.
    template : path, optional
        A DOCX whose styles the Word file takes.
    language : Language
        Of the words that the formats add: contents, labels of captions.
    """
    report = document.read(notebook, title, issued, language)
    made = {".docx": word.to_docx(report, template), ".pdf": pdf.to_pdf(report), ".xlsx": workbook.to_xlsx(report)}
    return [export.write(Path(notebook).with_suffix(suffix)) for suffix, export in made.items()]
