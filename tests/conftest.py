"""Shared fixtures: the project's root, whose shipped data the tests read; comparison with published numbers."""

from collections.abc import Callable
from pathlib import Path

import hypothesis
import numpy as np
import pandas as pd
import pytest

import methods  # noqa: F401  (before openpyxl: it is told there not to use lxml)
from methods.index.normalise import goalposts

# The same examples in every run and no clock: a busy machine must not fail a property.
hypothesis.settings.register_profile("zvezda", deadline=None, derandomize=True,
                                     suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("zvezda")


# Goalposts of the Technology Achievement Index: Human Development Report 2001, technical note 2.
LOW = [0, 0, 0, 0, 0, np.log10(22), 0.8, 0.1]
HIGH = [994, 272.6, 232.4, 80.8, np.log10(901), np.log10(6969), 12, 27.4]


@pytest.fixture(scope="session")
def root() -> Path:
    """Top folder of the checkout."""
    return Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def tai(root):
    """Technology Achievement Index, Handbook (2008), Table A.2: 23 countries x 8 indicators."""
    return pd.read_csv(root / "tests" / "reference" / "tai.csv", index_col="country")


@pytest.fixture(scope="session")
def tai_scaled(tai):
    """TAI indicators on [0; 1] with the goalposts of the Human Development Report 2001, technical note 2."""
    return pd.DataFrame({code: goalposts(tai[code], low=low, high=high)
                         for code, low, high in zip(tai, LOW, HIGH, strict=True)})


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
