"""How much of the catalogue of bad inputs is held by tests: printed, and never allowed to fall."""

import re
from pathlib import Path

SECTIONS = {"TXT": 27, "XLS": 27, "REF": 16, "SRV": 23, "CHK": 17, "WGT": 19, "EXP": 17, "YML": 27, "MAT": 11,
            "STA": 22, "PAR": 22, "OUT": 12, "BIG": 5}
WAITING = {"EXP": 17, "STA": 22, "OUT": 12, "MAT": 5, "WGT": 3, "BIG": 1}  # most rows without a test, by section


def test_rows_with_a_test_are_counted_and_do_not_get_fewer(capsys):
    told = "\n".join(path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("test_*.py")
                     if path.name != Path(__file__).name).upper().replace("_", "-")
    skipped = re.search(r"^WAITING = {(.*?)^}", told, re.DOTALL | re.MULTILINE)  # rows that wait for other issues
    waiting = set(re.findall(r"[A-Z]{3}-\d\d", skipped[1]))
    found = {section: {f"{section}-{number:02}" for number in range(1, last + 1)
                       if re.search(rf"\b(?:TEST-)?{section}(?:-\d\d)*-{number:02}\b", told)
                       and f"{section}-{number:02}" not in waiting}
             for section, last in SECTIONS.items()}
    total = sum(len(rows) for rows in found.values())
    with capsys.disabled():
        print(f"\nКаталог плохих входов: строк с проверкой {total} из {sum(SECTIONS.values())}: "
              + ", ".join(f"{section} {len(rows)}/{SECTIONS[section]}" for section, rows in found.items()))
    for section, rows in found.items():
        assert len(rows) >= SECTIONS[section] - WAITING.get(section, 0), section
