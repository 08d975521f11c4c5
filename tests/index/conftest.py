"""Shared fixtures of the index tests: the Handbook's example table."""

import numpy as np
import pandas as pd
import pytest

from methods.index.normalise import goalposts

LOW = [0, 0, 0, 0, 0, np.log10(22), 0.8, 0.1]
HIGH = [994, 272.6, 232.4, 80.8, np.log10(901), np.log10(6969), 12, 27.4]


@pytest.fixture(scope="session")
def tai(root):
    """Technology Achievement Index, Handbook (2008), Table A.2: 23 countries x 8 indicators."""
    return pd.read_csv(root / "tests" / "reference" / "tai.csv", index_col="country")


@pytest.fixture(scope="session")
def tai_scaled(tai):
    """TAI indicators on [0; 1] with the goalposts of the Human Development Report 2001, technical note 2."""
    return pd.DataFrame({code: goalposts(tai[code], low=low, high=high)
                         for code, low, high in zip(tai, LOW, HIGH, strict=True)})
