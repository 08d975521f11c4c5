"""Weights from people's judgements. Here: from a stated order of priorities alone."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from methods import checks
from methods.errors import InputError


def _places(order: Sequence[str]) -> tuple[pd.Index, np.ndarray]:
    labels = pd.Index(order)
    if labels.empty:
        raise InputError("Порядок приоритетов пуст: назовите хотя бы один элемент.")
    checks.unique(labels, "Порядок приоритетов")
    return labels, np.arange(1, len(labels) + 1)


def rank_order_centroid(order: Sequence[str]) -> pd.Series:
    r"""Centre of all weight sets that respect the order: :math:`w_i = \frac1n \sum_{j \ge i} \frac1j`.

    Parameters
    ----------
    order : sequence of n codes
        The most important first.

    Returns
    -------
    Series, shape (n,)
        Positive weights, falling, sum 1.

    References
    ----------
    Barron, Barrett (1996), Decision quality using ranked attribute weights. doi:10.1287/mnsc.42.11.1515

    Examples
    --------
    >>> rank_order_centroid(list("ДПМАК")).round(4).to_list()
    [0.4567, 0.2567, 0.1567, 0.09, 0.04]
    """
    labels, place = _places(order)
    return pd.Series(np.cumsum((1 / place)[::-1])[::-1] / len(place), index=labels, name="weight")


def rank_sum(order: Sequence[str]) -> pd.Series:
    r"""Weights falling in equal steps: :math:`w_i = 2(n + 1 - i) / (n(n + 1))` (Stillwell, Seaver, Edwards 1981).

    >>> rank_sum(list("ДПМАК")).round(4).to_list()
    [0.3333, 0.2667, 0.2, 0.1333, 0.0667]
    """
    labels, place = _places(order)
    n = len(place)
    return pd.Series(2 * (n + 1 - place) / (n * (n + 1)), index=labels, name="weight")


def rank_reciprocal(order: Sequence[str]) -> pd.Series:
    r"""Weights in proportion to one over the place: :math:`w_i = (1/i) / \sum_j (1/j)` (Stillwell et al. 1981).

    >>> rank_reciprocal(list("ДПМАК")).round(4).to_list()
    [0.438, 0.219, 0.146, 0.1095, 0.0876]
    """
    labels, place = _places(order)
    return pd.Series((1 / place) / (1 / place).sum(), index=labels, name="weight")
