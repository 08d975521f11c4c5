"""Helpers of the catalogue's tests: pytest imports test files by path, so the folder of helpers is named here."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
