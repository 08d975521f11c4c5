"""How much of the catalogue of bad inputs is held by tests: printed, and never allowed to fall."""

import re
from pathlib import Path

from methods.problem_texts import TEXTS

SECTIONS = {"TXT": 27, "XLS": 27, "REF": 16, "SRV": 23, "CHK": 17, "WGT": 19, "EXP": 17, "YML": 27, "MAT": 11,
            "STA": 22, "PAR": 22, "OUT": 12, "BIG": 5}


def test_every_row_of_the_catalogue_has_a_test(capsys):
    told = "\n".join(path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("test_*.py")
                     if path.name != Path(__file__).name).upper().replace("_", "-")
    found = {section: {f"{section}-{number:02}" for number in range(1, last + 1)
                       if re.search(rf"\b(?:TEST-)?{section}(?:-\d\d)*-{number:02}\b", told)}
             for section, last in SECTIONS.items()}
    total = sum(len(rows) for rows in found.values())
    with capsys.disabled():
        print(f"\nКаталог плохих входов: строк с проверкой {total} из {sum(SECTIONS.values())}: "
              + ", ".join(f"{section} {len(rows)}/{SECTIONS[section]}" for section, rows in found.items()))
    missing = [f"{section}-{number:02}" for section, last in SECTIONS.items() for number in range(1, last + 1)
               if f"{section}-{number:02}" not in found[section]]
    assert missing == []


def test_every_code_of_a_message_is_met_in_a_test():
    """Codes beyond the catalogue too: one that no test meets may never be told, or not with those words."""
    told = "".join(path.read_text(encoding="utf-8") for path in Path(__file__).parents[1].rglob("test_*.py"))
    assert [code for code in TEXTS if code not in told] == []
