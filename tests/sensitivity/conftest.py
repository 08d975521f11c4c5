"""Editions made for tests are shared: pytest imports test files by path, so their folder is named here."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
