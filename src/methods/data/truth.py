"""What was planted in synthetic data: for tests of the methods on themselves, never for a result.

A data set that was generated keeps its truth in the folder `truth`, described in its passport like every other file.
Real data have none.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from methods.agreement import verdict
from methods.data import sources
from methods.data.demonstration.catalogue import AGREED, BIAS, COARSE, NO_LINK, NOISE, SCALE
from methods.index.edition import Edition

# The action that belongs to each planted kind of disagreement.
EXPECTED = {AGREED: verdict.KEEP, BIAS: verdict.INSPECT, SCALE: verdict.WEIGH, NO_LINK: verdict.REWRITE,
            COARSE: verdict.REFINE, NOISE: verdict.ENLARGE}
INFLATED_CHECKLIST, INFLATED_SURVEY = "завышен_чек_лист", "накручен_опрос"


def planted_kinds(root: Path, edition: Edition) -> pd.Series | None:
    """Kind of disagreement planted in every indicator; None for data that were not generated."""
    table = _planted(root, edition, "truth/indicators.csv")
    return None if table is None else table["вид"]


def planted_centres(root: Path, edition: Edition) -> pd.DataFrame | None:
    """Centres whose data were inflated, as two columns of True and False; None for data that were not generated."""
    table = _planted(root, edition, "truth/centres.csv")
    return None if table is None else table[[INFLATED_CHECKLIST, INFLATED_SURVEY]].astype(int).astype(bool)


def _planted(root: Path, edition: Edition, name: str) -> pd.DataFrame | None:
    source = sources.read_source(root, edition.data.dataset)
    if name not in source.sha256:
        return None
    return pd.read_csv(sources.verified(source, name), sep=";", dtype=str, index_col=0)
