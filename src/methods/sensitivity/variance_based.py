"""Causes of doubt: how much of the variance of every output each factor is answerable for (Sobol indices).

The first-order index is the share of variance that would go if the factor became known, the total index the share that
would stay if everything else did. One design and one set of runs serve all outputs, be they thousands.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import norm

from methods import checks
from methods.errors import InputError
from methods.sensitivity import pick_freeze
from methods.sensitivity.pick_freeze import DesignKind, Model

INSENSITIVE = 0.05  # total index below which a factor is screened out
CELLS = 1 << 21     # resampled sums, or runs, at a time: they stay in the processor's cache


@dataclass(frozen=True, eq=False)
class SobolIndices:
    """First and total indices with percentile intervals; tables are factors x outputs.

    NaN is what is not defined; `why` says the reason by output. Estimates are not cut off at 0 and 1: a first-order
    index a little below 0 says how exact the others are.
    """

    first: pd.DataFrame
    first_low: pd.DataFrame
    first_high: pd.DataFrame
    total: pd.DataFrame
    total_low: pd.DataFrame
    total_high: pd.DataFrame
    ranking: pd.Series         # by output: disagreement of resamples on the order of factors (`convergence`)
    mean: pd.Series            # of the output over the design
    variance: pd.Series
    failed: pd.Series          # by output: base points left out, since the model gave no value in one of their runs
    why: pd.Series             # by output: why it has no indices; empty if it has
    base: int
    evaluations: int           # runs of the model
    design: str
    resamples: int
    confidence: float
    seed: int

    def summary(self, output: object) -> pd.DataFrame:
        """One row a factor, the largest total first: indices, intervals, interactions, role."""
        if output not in self.first.columns:
            raise InputError(f"Результата «{output}» нет среди разобранных: их {self.first.shape[1]}.")
        table = pd.DataFrame({name: getattr(self, name)[output] for name in (
            "first", "first_low", "first_high", "total", "total_low", "total_high")})
        table["interactions"] = table["total"] - table["first"]
        table["role"] = self.roles()[output]
        return table.sort_values("total", ascending=False, kind="stable")

    def dummy(self) -> pd.DataFrame:
        r"""First-order index that a factor as active, but without an effect of its own, would reach by chance.

        .. math:: z_{(1+\gamma)/2} \sqrt{2 T_i / N}

        is where the mean of b (ab - a) / V stays if b is shuffled over the base points. The dummy parameter of
        Khorashadi Zadeh and others does not move the model at all; estimators by differences give it exactly 0, and the
        error of products, which they report, is not the error of ours: on a skewed output it exceeded a total of .88.

        References
        ----------
        After Khorashadi Zadeh and others (2017). doi:10.1016/j.envsoft.2017.02.001
        """
        return np.sqrt(2 * self.total / (self.base - self.failed)) * norm.ppf((1 + self.confidence) / 2)

    def roles(self) -> pd.DataFrame:
        """What a factor is to an output, in Russian: factors x outputs, empty where there are no indices.

        A total of exactly 0 means that no run changed when this factor did; weak is one whose interval of the total
        lies below .05; only together with others acts one whose first-order index is not told apart from the `dummy`.
        """
        known = np.broadcast_to(self.why == "", self.total.shape)
        cases = [~known, self.total == 0, self.total_high < INSENSITIVE, self.first <= self.dummy()]
        words = ["", "не действует", "слабый", "только вместе с другими"]
        return pd.DataFrame(np.select(cases, words, "действует сам"), self.total.index, self.total.columns)

    def shares(self) -> pd.DataFrame:
        r"""One row a factor, over all outputs: variance-weighted indices and how many outputs it dominates.

        .. math:: S_i = \sum_o V_o S_{io} / \sum_o V_o

        `leads`: outputs of which the factor has the largest total index.

        References
        ----------
        Gamboa, Janon, Klein, Lagnoux (2014), Sensitivity analysis for multidimensional and functional outputs.
        doi:10.1214/14-EJS895
        """
        known = self.why == ""
        weight = self.variance[known] / self.variance[known].sum()
        leads = self.total.loc[:, known].idxmax().value_counts() if known.any() else pd.Series(dtype=int)
        return pd.DataFrame({
            "first": self.first.loc[:, known].mul(weight).sum(axis=1, min_count=1),
            "total": self.total.loc[:, known].mul(weight).sum(axis=1, min_count=1),
            "leads": leads.reindex(self.total.index, fill_value=0).astype(int)})


def sobol_indices(model: Model, factors: Mapping[str, Sequence[int]], *, base: int = 512, design: DesignKind = "sobol",
                  outputs: pd.Index | Sequence[str] | None = None, resamples: int = 1000, confidence: float = 0.95,
                  seed: int = 0) -> SobolIndices:
    r"""First-order and total Sobol indices of every factor for every output, with bootstrap intervals.

    .. math:: S_i = \frac{1}{N V} \sum_n \bigl( b_n \, ab^{(i)}_n - \beta_i \, a_n b_n \bigr), \quad
              T_i = \frac{1}{2 N V} \sum_n \bigl( a_n - ab^{(i)}_n \bigr)^2

    Runs a at the points A, b at B, :math:`ab^{(i)}` at A with the columns of factor i from B, all centred by the mean
    of a and b; V is the variance of a and b together. The mean of the product a b is known to be 0, and
    :math:`\beta_i` is its regression coefficient as a control variate: with 1 this is Saltelli's estimator of 2010,
    with 0 the numerator of Janon and Monod's. The first is better for small indices, the second for large ones, and
    this one never much worse than either: root mean squared errors of Saltelli / Janon and Monod / ours at 512 random
    points, 200 seeds, are .046 .035 .036 for Ishigami's x1, .040 .060 .040 for x3, and .045 .022 .036 and .001 .044
    .001 for the first and the last factor of Sobol's G. The total is Jansen's: exactly 0 for a factor that does
    nothing.

    Parameters
    ----------
    model : function of an array (points, coordinates) in [0; 1], giving an array (points, outputs)
        Equal points must give equal outputs. A value that is not finite is a failed run: its base point is left out for
        that output.
    factors : mapping of a name to numbers of coordinates
        A name may stand for one factor or for a group of them (`pick_freeze.group_factors`); sets may overlap. The
        model has as many coordinates as the largest number says; those of no factor vary, too.
    base : int
        N, at least 8 and a power of two for Sobol points; the model is run N (factors + 2) times.
    design : "sobol" or "random"
        Scrambled Sobol points fill the cube evenly. The bootstrap takes them for random ones, so that from 512 of them
        on its intervals are rather too wide than too narrow (benchmarks/variance_based.py).
    outputs : Index or sequence, optional
        Labels of the model's columns.
    resamples : int
        Bootstrap samples of base points.

    Raises
    ------
    UsageError
        A parameter out of its range, or runs that would not fit into memory.
    InputError
        A factor without coordinates, or outputs that do not match their labels.

    References
    ----------
    Saltelli, Annoni, Azzini, Campolongo, Ratto, Tarantola (2010), Variance based sensitivity analysis of model output,
    table 2, doi:10.1016/j.cpc.2009.09.018. Janon, Klein, Lagnoux, Nodet, Prieur (2014),
    doi:10.1051/ps/2013040. Jansen (1999), doi:10.1016/S0010-4655(98)00154-4

    Examples
    --------
    >>> result = sobol_indices(lambda u: np.stack([u[:, 0] + 2 * u[:, 1], u[:, 0] * u[:, 1]], axis=1),
    ...                        {"weights": [0], "mix": [1]}, outputs=["sum", "product"])
    >>> result.first["sum"].round(2).to_dict()
    {'mix': 0.8, 'weights': 0.2}
    >>> (result.total - result.first)["product"].round(2).to_dict()
    {'mix': 0.13, 'weights': 0.14}
    """
    columns = pick_freeze.columns_of(factors)
    pick_freeze.reasonable(base, design, resamples, confidence, seed)
    a, b = pick_freeze.base_points(1 + max(int(own.max()) for own in columns.values()), base, design, seed)
    first_run = pick_freeze.run(model, a)
    count = first_run.shape[1]
    labels = pick_freeze.labels_of(outputs, count)
    pick_freeze.affordable(8.0 * (len(columns) + 2) * base * count + 4.0 * base * resamples, base, count)
    runs = np.empty((len(columns) + 2, base, count))
    runs[0], runs[1] = first_run, pick_freeze.run(model, b, count)
    for row, own in enumerate(columns.values(), start=2):
        runs[row] = pick_freeze.run(model, pick_freeze.exchanged(a, b, own), count)

    counts = pick_freeze.resampling_counts(base, resamples, seed)
    size = max(1, CELLS // ((2 * len(columns) + 2) * max(resamples, base)))
    blocks = [_analysed(runs[:, :, start:start + size], counts, confidence) for start in range(0, count, size)]
    found = {name: np.concatenate([block[name] for block in blocks], axis=-1) for name in blocks[0]}
    tables = {name: pd.DataFrame(found[name], index=pd.Index(list(columns), name="factor"), columns=labels)
              for name in ("first", "first_low", "first_high", "total", "total_low", "total_high")}
    series = {name: pd.Series(found[name], index=labels, name=name)
              for name in ("ranking", "mean", "variance", "failed", "why")}
    return SobolIndices(**tables, **series, base=base, evaluations=base * len(runs), design=design,
                        resamples=resamples, confidence=confidence, seed=seed)


def _analysed(runs: np.ndarray, counts: np.ndarray, confidence: float) -> dict[str, np.ndarray]:
    """Indices of some outputs from their runs, (2 + factors) x base x outputs."""
    runs, there, mean, scale, why = standardised(runs)
    n = np.maximum(there.sum(axis=0), 1)
    a, b, ab = runs[0], runs[1], runs[2:]
    zero = a * b                                                     # its mean is known: 0
    centred = np.where(there, zero - zero.sum(axis=0) / n, 0.0)
    spread, lever = _dot(centred, zero), centred * b
    products = np.empty((2 * len(ab) + 2, *a.shape), dtype=np.float32)
    products[-2:] = (a + b) / 2, (a**2 + b**2) / 2
    single, single_zero = runs.astype(np.float32), zero.astype(np.float32)
    first, total = np.empty((2, len(ab), a.shape[1]))
    for i, mixed in enumerate(ab):
        beta = np.divide(_dot(lever, mixed), spread, out=np.ones_like(spread), where=spread > checks.DUST * n)
        first[i] = (_dot(b, mixed) - beta * zero.sum(axis=0)) / n    # V = 1 here
        np.multiply(single[1], single[2 + i], out=products[i])
        products[i] -= beta.astype(np.float32) * single_zero
        difference = a - mixed
        total[i] = _dot(difference, difference) / (2 * n)
        np.square(difference, out=products[len(ab) + i], casting="same_kind")
        products[len(ab) + i] /= 2

    sums = pick_freeze.resampled(products, counts)
    known = len(there) if there.all() else np.maximum(pick_freeze.resampled(there.astype(np.float32), counts), 1)
    sums /= np.float32(known)
    variance = sums[-1] - sums[-2] ** 2
    constant = ~(variance > 1e-6)                                    # noise of single precision is below it
    why = np.where((why == "") & (constant.mean(axis=1) > pick_freeze.MOST_CONSTANT), pick_freeze.RARE, why)
    shares = sums[:-2] / np.where(constant, np.nan, variance)
    ranking = rank_disagreement(shares[len(ab):])
    low, high = pick_freeze.percentiles(shares, confidence)
    found = {"first": first, "first_low": low[:len(ab)], "first_high": high[:len(ab)], "total": total,
             "total_low": low[len(ab):], "total_high": high[len(ab):], "ranking": ranking}
    defined = {name: np.where(why == "", values, np.nan) for name, values in found.items()}
    return {**defined, "mean": mean, "variance": scale**2, "failed": len(there) - there.sum(axis=0), "why": why}


def standardised(runs: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Runs with mean 0 and variance 1 over A and B together, 0 in failed base points.

    Returns also which base points have all their runs, means, standard deviations, and why an output has no indices.
    """
    there = ~np.isnan(runs.sum(axis=0))
    n = np.maximum(there.sum(axis=0), 1)
    if not there.all():
        runs = np.where(there, runs, 0.0)
    mean = runs[:2].sum(axis=(0, 1)) / (2 * n)
    runs = runs - mean
    if not there.all():
        runs[:, ~there] = 0.0
    scale = np.sqrt((_dot(runs[0], runs[0]) + _dot(runs[1], runs[1])) / (2 * n))
    constant = ~(scale > checks.DUST * np.abs(mean))
    runs /= np.where(constant, 1.0, scale)
    failed = there.mean(axis=0) < pick_freeze.LEAST_SHARE
    why = np.where(failed, pick_freeze.FAILED, np.where(constant, pick_freeze.CONSTANT, "")).astype(object)
    return runs, there, np.where(failed, np.nan, mean), np.where(failed, np.nan, np.where(constant, 0.0, scale)), why


def rank_disagreement(totals: np.ndarray) -> np.ndarray:
    r"""By how many places factors differ between two resamples, weighted by their importance; 95 % of pairs stay below.

    .. math:: \rho = \frac{\sum_i |R_i - R'_i| \max(T_i, T'_i)^2}{\sum_i \max(T_i, T'_i)^2}

    Disjoint pairs of resamples, where the paper takes all: the quantile is the same but for its sampling error.

    Parameters
    ----------
    totals : array, shape (factors, outputs, resamples)

    References
    ----------
    Sarrazin, Pianosi, Wagener (2016), Stat_ranking. doi:10.1016/j.envsoft.2016.02.005
    """
    places = np.zeros(totals.shape, dtype=np.int16)
    for one in totals:
        places += one > totals
    half = totals.shape[-1] // 2
    weight = np.maximum(totals[..., :half], totals[..., half:2 * half]) ** 2
    apart = np.abs(places[..., :half] - places[..., half:2 * half])
    whole = weight.sum(axis=0)
    rho = np.divide((apart * weight).sum(axis=0), whole, out=np.zeros_like(whole), where=whole > 0)
    return np.quantile(rho, 0.95, axis=-1).astype(float)


def _dot(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Sums of products over base points, by output."""
    return np.einsum("nb,nb->b", one, other)
