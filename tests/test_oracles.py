"""The table of comparisons with outside sources names every comparison that the tests make."""

import ast
from pathlib import Path

TESTS = Path(__file__).parent


def test_the_table_of_oracles_is_complete(root):
    """One that is new or renamed needs `python tools/oracles.py`. Names made by formatting are not looked for."""
    named = {call.args[0].value for path in TESTS.rglob("test_*.py")
             for call in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
             if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "oracle" and call.args
             and isinstance(call.args[0], ast.Constant)}
    table = (root / "docs" / "oracles.md").read_text(encoding="utf-8")
    assert sorted(name for name in named if f"| {name} |" not in table) == []
