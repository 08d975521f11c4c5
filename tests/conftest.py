"""Shared fixtures: the project's root, whose shipped data the tests read."""

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def root() -> Path:
    """Top folder of the checkout."""
    return Path(__file__).resolve().parents[1]
