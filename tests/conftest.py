"""Shared fixtures: the project's root, whose shipped data the tests read; comparison with published numbers."""

from collections.abc import Callable
from pathlib import Path

import hypothesis
import numpy as np
import pandas as pd
import pytest

import methods  # noqa: F401  (before openpyxl: it is told there not to use lxml)

# The same examples in every run and no clock: a busy machine must not fail a property.
hypothesis.settings.register_profile("zvezda", deadline=None, derandomize=True,
                                     suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("zvezda")


@pytest.fixture(scope="session")
def root() -> Path:
    """Top folder of the checkout."""
    return Path(__file__).resolve().parents[1]


@pytest.fixture
def oracle(request: pytest.FixtureRequest) -> Callable[..., None]:
    """Compare with an outside source and keep the difference for docs/oracles.md (made by tools/oracles.py)."""
    def compare(what: str, source: str, found: object, published: object, within: float) -> None:
        """`what` and `source` are Russian words for the table; two Series are matched by label."""
        if isinstance(found, pd.Series) and isinstance(published, pd.Series):
            assert set(found.index) == set(published.index)
            found = found[published.index]
        ours, theirs = (np.asarray(values, dtype=float).ravel() for values in (found, published))
        assert ours.shape == theirs.shape, f"{what}: {ours.shape} against {theirs.shape}"
        assert ours.size, f"{what}: nothing was compared"
        assert np.isfinite(ours).all(), f"{what}: {ours}"
        difference = float(np.abs(ours - theirs).max())
        room = request.node.path.relative_to(Path(__file__).parent).parts[0]
        request.node.user_properties.append(("oracle", (room, what, source, ours.size, difference, within)))
        assert difference <= within, f"{what} | {source}: differs by {difference:g}, found {ours}, published {theirs}"
    return compare
