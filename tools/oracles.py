"""Write docs/oracles.md: every formula beside its outside source and how far it is from it.

    python tools/oracles.py

Runs the tests that compare with published values or independent peers (fixture `oracle`) and puts what they found
into a table, so that no difference in the document is typed by hand.
"""
import sys
from pathlib import Path

import pytest

from methods.validation.table import digit

ROOT = Path(__file__).resolve().parent.parent
TABLE = ROOT / "docs" / "oracles.md"
ROOMS = {"index": "Индекс", "weights": "Веса", "agreement": "Согласованность", "sensitivity": "Места и их надёжность",
         "maturity": "Зрелость", "data": "Данные", "editions": "Опубликованные индексы",
         "report": "Страница отчёта и картинки"}
COLUMNS = "| что | источник | сверено чисел | расхождение | допуск |"
HEAD = """\
# С чем сверены формулы

Таблицы записывает `python tools/oracles.py` из самих проверок: каждая строка — проверка, которая сравнивает формулу с
опубликованным числом или с независимой программой. «Расхождение» — наибольшее из сверенных значений, «допуск» — сколько
разрешено (обычно половина последнего напечатанного знака источника).
"""


class Comparisons:
    """Keeps what the tests with the fixture `oracle` found; runs no other test."""

    def __init__(self) -> None:
        self.rows: set[tuple] = set()

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Leave only the comparisons."""
        items[:] = [item for item in items if "oracle" in getattr(item, "fixturenames", ())]

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take the comparison out of a passed test."""
        if report.when == "call":
            self.rows |= {value for name, value in report.user_properties if name == "oracle"}


def table(rows: set[tuple]) -> str:
    """All comparisons by room."""
    parts = [HEAD]
    for room, title in ROOMS.items():
        own = sorted(row[1:] for row in rows if row[0] == room)
        if own:
            lines = [f"| {what} | {source} | {count} | {digit(difference)} | {digit(within)} |"
                     for what, source, count, difference, within in own]
            parts.append("\n".join([f"\n## {title}\n", COLUMNS, "|---|---|---|---|---|", *lines]) + "\n")
    return "".join(parts)


def main() -> int:
    """Run the comparisons and write the table."""
    found = Comparisons()
    code = pytest.main(["-q", "-m", "", str(ROOT / "tests")], plugins=[found])
    if code == 0:
        TABLE.write_text(table(found.rows), encoding="utf-8", newline="\n")
        print(f"{TABLE.relative_to(ROOT)}: {len(found.rows)}")
    return int(code)


if __name__ == "__main__":
    sys.exit(main())
