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
    labels = pd.Index(codes)
    if labels.empty:
        raise InputError("Равные веса: нужен хотя бы один элемент, список пуст.")
    checks.unique(labels, "Равные веса")
    return pd.Series(1 / len(labels), index=labels, name="weight")


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
    _units(values, "Веса по энтропии")
    if (values < 0).to_numpy().any():
        raise InputError("Веса по энтропии: значения должны быть не меньше 0. Нормируйте на [0; 1].")
    even = pd.Series(1 / len(values), index=values.index)        # a column of zeros is spread evenly, too
    share = (values / values.sum()).apply(lambda column: column.fillna(even))  # p_ij
    e = -xlogy(share, share).sum() / np.log(len(values))         # e_j
    return _shares((1 - e).where(1 - e > checks.DUST, 0), "энтропии")


def standard_deviation(values: pd.DataFrame) -> pd.Series:
    r"""Weights in proportion to the spread of normalised indicators, :math:`w_j = s_j / \sum_l s_l`.

    >>> standard_deviation(pd.DataFrame({"a": [0.0, 1.0], "b": [0.4, 0.6]})).round(4).to_dict()
    {'a': 0.8333, 'b': 0.1667}
    """
    _units(values, "Веса по разбросу")
    s = values.std(ddof=1)
    return _shares(s.where(s > checks.DUST * values.abs().max(), 0), "разбросу")


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
    _units(values, "Веса CRITIC")
    for code in values:
        checks.varies(values[code])
    conflict = (1 - values.corr()).sum()
    if np.isclose(conflict.sum(), 0):
        raise InputError("Веса CRITIC: все показатели повторяют друг друга (корреляции равны 1), веса не определены.")
    return _shares(values.std(ddof=1) * conflict, "CRITIC")


def merec(values: pd.DataFrame) -> pd.Series:
    r"""MEREC: an indicator weighs more when the units' overall marks change more once it is taken away.

    .. math:: n_{ij} = \frac{\min_m x_{mj}}{x_{ij}}, \quad
              S_i = \ln\Bigl(1 + \frac1k \sum_j |\ln n_{ij}|\Bigr), \quad
              S'_{ij} = \ln\Bigl(1 + \frac1k \sum_{l \ne j} |\ln n_{il}|\Bigr), \quad
              w_j = \frac{\sum_i |S'_{ij} - S_i|}{\sum_l \sum_i |S'_{il} - S_i|}

    Parameters
    ----------
    values : DataFrame, shape (n units, k indicators)
        Above 0, higher is better, no gaps. Turn a cost round as 1/x: then n is x / max x, as the authors have it for
        costs. The weights do not change with the unit of the scale, but they do with its zero: a value close to 0 makes
        its indicator weigh much.

    Returns
    -------
    Series, shape (k,)
        Not negative, sum 1; 0 for an indicator that is equal everywhere.

    References
    ----------
    Keshavarz-Ghorabaee, Amiri, Zavadskas, Turskis, Antucheviciene (2021), Determination of objective weights using a
    new method based on the removal effects of criteria (MEREC). doi:10.3390/sym13040525

    Examples
    --------
    >>> merec(pd.DataFrame({"placement": [0.2, 0.8], "coverage": [0.5, 0.6], "same": [0.4, 0.4]})).round(3).to_dict()
    {'placement': 0.899, 'coverage': 0.101, 'same': 0.0}
    """
    _units(values, "Веса MEREC")
    if (values <= 0).to_numpy().any():
        unit, code = (values <= 0).stack()[lambda cell: cell].index[0]
        raise InputError("Веса MEREC: значения должны быть больше 0 (от них берётся логарифм), найдено "
                         f"{values.loc[unit, code]:.6g} ({unit} × {code}). Задайте нормирование с нижней границей "
                         "больше 0.")
    k = values.shape[1]
    size = np.log(values / values.min())                        # |ln n_ij|
    total = size.sum(axis=1)
    s = np.log1p(total / k)                                     # S_i
    without = np.log1p((-size).add(total, axis=0) / k)          # S'_ij
    effect = without.rsub(s, axis=0).sum()                      # S'_ij is never above S_i
    return _shares(effect.where(effect > checks.DUST, 0), "MEREC")


def _units(values: pd.DataFrame, what: str) -> None:
    checks.unique(values.index, f"{what}: единицы")
    checks.unique(values.columns, f"{what}: показатели")
    checks.complete(values, what)
    if len(values) < 2 or values.shape[1] == 0:
        raise InputError(f"{what}: нужно не меньше 2 единиц и хотя бы один показатель, найдено единиц {len(values)}, "
                         f"показателей {values.shape[1]}.")


def _shares(information: pd.Series, by: str) -> pd.Series:
    if not information.sum() > 0:
        raise InputError(f"Показатели одинаковы у всех единиц: веса по {by} не определены.")
    return (information / information.sum()).rename("weight")
