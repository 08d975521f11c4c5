"""How judgements are laid out: the headers, the layout of a table and the forms of judgement that show in them.

A square of comparisons has a column «код» and a column a code; comparisons one a row have «важнее», «чем», «во сколько
раз»; one value a code stands under «баллы», «размах», «оценка», «место» or «категория»; comparisons with the best and
the worst have «лучший», «худший», «сравнение» and a column a code.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

from methods.data.intake.files import EXPERT, TITLES
from methods.data.intake.personal import is_personal
from methods.data.reading import ColumnSpec, TableSpec
from methods.data.reading.spec import normal

Form = Literal["pairs", "points", "swings", "ratings", "rankings", "categories", "best_worst"]
Layout = Literal["squares", "list", "values", "best_worst"]

CODE, GROUP, COMMENT = "код", "группа", "комментарий"
MORE, LESS, TIMES = "важнее", "чем", "во сколько раз"
BEST, WORST, SERIES = "лучший", "худший", "сравнение"
POINTS, SWING, RATING, PLACE, CATEGORY = "баллы", "размах", "оценка", "место", "категория"
TO_OTHERS, TO_WORST = "лучший к остальным", "остальные к худшему"  # the two answers of the best-worst method
VALUES: dict[str, Form] = {POINTS: "points", SWING: "swings", RATING: "ratings", PLACE: "rankings",
                           CATEGORY: "categories"}
SERVICE = (EXPERT, GROUP, CODE, BEST, WORST, SERIES)
NEEDED: dict[Layout, set[str]] = {"squares": {CODE}, "list": {MORE, LESS, TIMES}, "values": {CODE},
                                  "best_worst": {BEST, WORST, SERIES}}


def layout_of(headers: Iterable[str]) -> Layout:
    """The layout that headers show; the file may still lack some that it needs.

    >>> [layout_of(headers) for headers in (("код", "Д", "П"), ("важнее", "чем"), ("код", "баллы"), ("лучший", "Д"))]
    ['squares', 'list', 'values', 'best_worst']
    """
    names = set(headers)
    if {MORE, LESS} & names:
        return "list"
    if VALUES.keys() & names:
        return "values"
    return "best_worst" if {BEST, WORST, SERIES} & names else "squares"


def expected(headers: Sequence[str], title: str | None) -> TableSpec:
    """What the reader has to expect of a sheet: judgements come as texts, since «1/3» is no number to it."""
    names = {normal(header) for header in headers}
    extra = (*(header for header in headers if is_personal(header)), COMMENT)
    columns = [ColumnSpec(EXPERT, "code", fill_down=True, personal=True),
               ColumnSpec(GROUP, "code", False, fill_down=True)]
    layout = layout_of(names)
    match layout:
        case "list":
            columns += [ColumnSpec(MORE, "code"), ColumnSpec(LESS, "code"), ColumnSpec(TIMES, "text")]
        case "values":
            columns += [ColumnSpec(CODE, "code"), *(ColumnSpec(name, "text") for name in VALUES if name in names)]
        case "best_worst":
            columns += [ColumnSpec(BEST, "code", fill_down=True), ColumnSpec(WORST, "code", fill_down=True),
                        ColumnSpec(SERIES, "text", categories=(TO_OTHERS, TO_WORST))]
        case "squares":
            columns += [ColumnSpec(CODE, "code")]
    if layout in ("squares", "best_worst"):
        # unknown headers go through as they are: the check of codes has a better word for them than the reader
        taken = {normal(name) for name in (*(column.name for column in columns), *extra)}
        columns += [ColumnSpec(header, "text") for header in dict.fromkeys(headers) if normal(header) not in taken]
    return TableSpec(TITLES["experts"], tuple(columns), key=(EXPERT,), sheet=title, extra=extra)
