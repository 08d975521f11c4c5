"""Weights from the data alone. They answer "what separates the units", not "what matters to clients"."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.special import xlogy

from methods import checks
from methods.errors import InputError


def equal(codes: Sequence[str]) -> pd.Series:
    """The same weight for every element.

    >>> equal(["Д1", "Д2"]).to_dict()
    {'Д1': 0.5, 'Д2': 0.5}
    """
    return pd.Series(1 / len(codes), index=pd.Index(codes), name="weight")


def entropy(values: pd.DataFrame) -> pd.Series:
    r"""Shannon entropy weights: an indicator weighs more when its values are spread less evenly over units.

    .. math:: p_{ij} = x_{ij} / \sum_i x_{ij}, \quad e_j = -\sum_i p_{ij} \ln p_{ij} / \ln n, \quad
              w_j = (1 - e_j) / \sum_l (1 - e_l)

    Parameters
    ----------
    values : DataFrame, shape (n units, k indicators)
        Higher is better, not below 0, no gaps. The weights change with the zero of the scale, not with its unit.

    Returns
    -------
    Series, shape (k,)
        Not negative, sum 1.

    References
    ----------
    Hwang, Yoon (1981), Multiple Attribute Decision Making, section 3.3. doi:10.1007/978-3-642-48318-9

    Examples
    --------
    An indicator that is equal everywhere tells nothing about the units:

    >>> entropy(pd.DataFrame({"placement": [0.2, 0.8], "coverage": [0.5, 0.5]})).round(6).to_dict()
    {'placement': 1.0, 'coverage': 0.0}
    """
    checks.complete(values, "Веса по энтропии")
    if (values < 0).to_numpy().any():
        raise InputError("Веса по энтропии: значения должны быть не меньше 0. Нормируйте на [0; 1].")
    even = pd.Series(1 / len(values), index=values.index)        # a column of zeros is spread evenly, too
    share = (values / values.sum()).apply(lambda column: column.fillna(even))  # p_ij
    e = -xlogy(share, share).sum() / np.log(len(values))         # e_j
    return _shares((1 - e).clip(lower=0), "энтропии")


def standard_deviation(values: pd.DataFrame) -> pd.Series:
    r"""Weights in proportion to the spread of normalised indicators, :math:`w_j = s_j / \sum_l s_l`.

    >>> standard_deviation(pd.DataFrame({"a": [0.0, 1.0], "b": [0.4, 0.6]})).round(4).to_dict()
    {'a': 0.8333, 'b': 0.1667}
    """
    checks.complete(values, "Веса по разбросу")
    return _shares(values.std(ddof=1), "разбросу")


def critic(values: pd.DataFrame) -> pd.Series:
    r"""CRITIC: spread times lack of redundancy, :math:`C_j = s_j \sum_l (1 - r_{jl})`, rescaled to sum 1.

    Parameters
    ----------
    values : DataFrame, shape (n units, k indicators)
        Min-max normalised with directions already turned: correlations of an indicator left in its own direction have
        the wrong sign (the published example of Tus & Adali 2019 makes that mistake).

    References
    ----------
    Diakoulaki, Mavrotas, Papayannakis (1995), Determining objective weights in multiple criteria problems: the CRITIC
    method. doi:10.1016/0305-0548(94)00059-H

    Examples
    --------
    Two indicators that repeat each other share what one of them would weigh:

    >>> x = pd.DataFrame({"a": [0, 0.5, 1, 0.5], "twin": [0, 0.5, 1, 0.5], "b": [0.5, 0, 0.5, 1]})
    >>> critic(x).round(3).to_dict()
    {'a': 0.25, 'twin': 0.25, 'b': 0.5}
    """
    checks.complete(values, "Веса CRITIC")
    for code in values:
        checks.varies(values[code])
    conflict = (1 - values.corr()).sum()
    if np.isclose(conflict.sum(), 0):
        raise InputError("Веса CRITIC: все показатели повторяют друг друга (корреляции равны 1), веса не определены.")
    return _shares(values.std(ddof=1) * conflict, "CRITIC")


def _shares(information: pd.Series, by: str) -> pd.Series:
    if np.isclose(information.sum(), 0):
        raise InputError(f"Показатели одинаковы у всех единиц: веса по {by} не определены.")
    return (information / information.sum()).rename("weight")
