"""One variance ratio, between groups to inside them: estimates and intervals from sums by group.

The groups are centres of respondents, regions of centres, or targets of judges. The textbook intervals of the ratio
assume normal values; marks at the ceiling of a scale break them, whatever the size of the sample (complete tables: 95 %
intervals that hold in 78-86 %). The default interval of 20 or more groups is therefore a jackknife one on the logarithm
of the ratio; how often each interval holds is told in docs/agreement_intervals.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import optimize, stats

from methods.agreement.correlation import NOWHERE, Interval, half_width, normal_quantile

FEWEST_JACKKNIFE = 20  # groups: below it, one of them decides what the jackknife sees


@dataclass(frozen=True, eq=False)
class GroupSums:
    """Sums of response y and fixed effects X by group, and products of their deviations from the groups' means."""

    size: np.ndarray                                # (G,) rows
    x: np.ndarray                                   # (G, p), the intercept first
    y: np.ndarray                                   # (G,)
    inside: tuple[np.ndarray, np.ndarray, float]    # xx (p, p), xy (p,), yy of deviations

    @classmethod
    def of(cls, y: np.ndarray, x: np.ndarray, codes: np.ndarray) -> GroupSums:
        """From rows; `codes` number the groups from 0."""
        size = np.bincount(codes).astype(float)
        sums = [np.bincount(codes, column) for column in (*x.T, y)]
        apart = np.column_stack([column - (total / size)[codes] for column, total in zip((*x.T, y), sums, strict=True)])
        products = apart.T @ apart
        inside = (products[:-1, :-1], products[:-1, -1], float(products[-1, -1]))
        return cls(size, np.column_stack(sums[:-1]), sums[-1], inside)

    @classmethod
    def crossed(cls, marks: np.ndarray) -> GroupSums:
        """Targets as groups, a mean and judges (all but the first) as fixed effects, from a table with gaps."""
        given = np.isfinite(marks).astype(float)
        size, y = given.sum(axis=1), np.where(given, marks - np.nanmean(marks), 0.0)
        apart = np.where(given, y - (y.sum(axis=1) / size)[:, None], 0.0)
        xx = np.diag(given.sum(axis=0)) - given.T @ (given / size[:, None])
        xx[0], xx[:, 0] = 0.0, 0.0                                              # the mean does not vary inside
        xy = np.concatenate([[0.0], apart.sum(axis=0)[1:]])
        return cls(size, np.column_stack([size, given[:, 1:]]), y.sum(axis=1), (xx, xy, float((apart**2).sum())))

    @classmethod
    def nested(cls, marks: np.ndarray) -> GroupSums:
        """Targets as groups, the mean as the only fixed effect."""
        full = cls.crossed(marks)
        return cls(full.size, full.size[:, None], full.y, (np.zeros((1, 1)), np.zeros(1), full.inside[2]))

    @property
    def rows(self) -> int:
        """Number of rows."""
        return int(self.size.sum())

    @property
    def rank(self) -> int:
        """Number of fixed effects."""
        return self.x.shape[1]

    def information(self, ratio: float) -> np.ndarray:
        """X'V^-1 X at one variance ratio."""
        return self.inside[0] + (self.x.T / (self.size * (1 + ratio * self.size))) @ self.x

    def fit(self, ratios: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Residual sum of squares, ln|X'V^-1 X| and coefficients of generalised least squares at each ratio."""
        xx, xy, yy = self.inside
        weight = 1 / (self.size * (1 + ratios[:, None] * self.size))            # of the means, beside what is inside
        if self.rank**2 * len(self.size) <= 100_000:                            # all ratios at once, if memory allows
            outer = (self.x[:, :, None] * self.x[:, None, :]).reshape(len(self.size), -1)
            a = xx + (weight @ outer).reshape(-1, self.rank, self.rank)
        else:
            a = np.stack([self.information(ratio) for ratio in ratios])
        b = xy + weight @ (self.x * self.y[:, None])
        beta = np.linalg.solve(a, b[:, :, None])[:, :, 0]
        return yy + weight @ self.y**2 - (b * beta).sum(axis=1), np.linalg.slogdet(a)[1], beta

    @cached_property
    def total(self) -> np.ndarray:
        """Products of the fixed effects over all rows."""
        return self.inside[0] + (self.x.T / self.size) @ self.x

    @cached_property
    def within(self) -> tuple[float, int]:
        """Residual sum of squares and degrees of freedom inside the groups, their means being free."""
        xx, xy, yy = self.inside
        values, vectors = np.linalg.eigh(xx)
        real = values > 1e-10 * max(np.diag(self.total).max(), 1e-300)
        explained = ((vectors.T @ xy)[real] ** 2 / values[real]).sum()
        return max(yy - float(explained), 0.0), self.rows - len(self.size) - int(real.sum())

    def reml(self) -> tuple[float, float]:
        """Variance ratio between/within, not below 0, and within variance."""
        largest = self.size.max()
        u = np.linspace(0.0, 60.0, 81)                                          # u = ln(1 + ratio * max n)
        ratios = np.expm1(u) / largest
        residual, log_det, _ = self.fit(ratios)
        free = self.rows - self.rank
        deviance = free * np.log(residual) + np.log1p(ratios[:, None] * self.size).sum(axis=1) + log_det
        best = int(np.argmin(deviance))                                         # the right hollow, then its bottom
        ratio = 0.0
        if best > 0 or self._score(0.0) < 0:
            low, high = u[max(best - 1, 0)], u[min(best + 1, len(u) - 1)]
            ratio = float(np.expm1(optimize.brentq(lambda at: self._score(np.expm1(at) / largest), low, high,
                                                   xtol=1e-14)) / largest)
        return ratio, float(self.fit(np.array([ratio]))[0][0] / free)

    def _score(self, ratio: float) -> float:
        """Derivative of the deviance by the ratio."""
        shrunk = 1 / (1 + ratio * self.size)
        weight = shrunk / self.size
        inverse = np.linalg.inv(self.inside[0] + (self.x.T * weight) @ self.x)
        b = self.inside[1] + (weight * self.y) @ self.x
        beta = inverse @ b
        residual = self.inside[2] + (weight * self.y**2).sum() - b @ beta
        fitted = (((self.y - self.x @ beta) * shrunk) ** 2).sum()
        leverage = ((self.x @ inverse) * self.x).sum(axis=1)
        return float((self.size * shrunk - leverage * shrunk**2).sum() - (self.rows - self.rank) * fitted / residual)

    def henderson(self) -> tuple[float, float]:
        """The same by fitting constants (Henderson 1953, method 3): equals ANOVA with equal n, may be negative."""
        (sse, df), lost = self.within, np.trace(np.linalg.solve(self.total, self.x.T @ self.x))
        return float((self.excess(np.zeros(1))[0] / (sse / df) - self.between_df) / (self.rows - lost)), sse / df

    def signed(self) -> tuple[float, float]:
        """By `reml`; where that puts the ratio at 0, by `henderson`, which shows how far below chance it is."""
        found = self.reml()
        return self.henderson() if found[0] == 0 else found

    def excess(self, ratios: np.ndarray) -> np.ndarray:
        """Wald's form: weighted squares between the groups, chi-square times the within variance at the true ratio."""
        return np.maximum(self.fit(ratios)[0] - self.within[0], 0.0)

    @property
    def between_df(self) -> int:
        """Degrees of freedom of Wald's quadratic form."""
        return self.rows - self.rank - self.within[1]

    def f_test(self) -> tuple[float, float, float, float]:
        """F of no variance between the groups, its degrees of freedom and p."""
        (sse, df2), df1 = self.within, self.between_df
        f = self.excess(np.zeros(1))[0] / df1 / (sse / df2) if sse > 0 else float("inf")
        return float(f), float(df1), float(df2), float(stats.f.sf(f, df1, df2))

    def wald_interval(self, confidence: float) -> Interval:
        """Exact interval of the variance ratio for normal data (Harville, Fenech 1985)."""
        (sse, df2), df1 = self.within, self.between_df
        if not sse > 0:
            return NOWHERE
        largest = self.size.max()

        def above(u: float, quantile: float) -> float:
            return float(self.excess(np.array([np.expm1(u) / largest]))[0]) - quantile

        bounds = []
        for p in ((1 + confidence) / 2, (1 - confidence) / 2):
            target = stats.f.ppf(p, df1, df2) * df1 * sse / df2
            if np.ptp(self.size) == 0:                                          # all sizes equal: in closed form
                bounds.append((float(self.excess(np.zeros(1))[0]) / target - 1) / largest)
                continue
            if above(-14.0, target) < 0:                                        # even at the edge of the likelihood
                bounds.append(-1 / largest)
            elif above(60.0, target) > 0:
                bounds.append(float("inf"))
            else:
                u = optimize.brentq(above, -14.0, 60.0, args=(target,), xtol=1e-12)
                bounds.append(float(np.expm1(u) / largest))
        return bounds[0], bounds[1]


# Intervals of the ratio without a distribution.

@dataclass(frozen=True)
class JackknifeLaw:
    """Jackknife law of a variance ratio: ln(ratio - base) lies within `half` of its estimate."""

    ratio: float
    base: float
    half: float

    @property
    def interval(self) -> Interval:
        """Of the ratio; NaN where everything is inside one group."""
        with np.errstate(over="ignore"):
            low, high = ((self.ratio - self.base) * np.exp(sign * self.half) + self.base for sign in (-1, 1))
        return float(low), float(high)

    def below(self, ratio: np.ndarray, confidence: float) -> np.ndarray:
        """Probability of a ratio not above the given one, a normal law through the ends of the interval."""
        inside = ratio > self.base
        z = np.log(np.where(inside, ratio - self.base, 1.0) / (self.ratio - self.base)) / self.half
        return np.where(inside, stats.norm.cdf(z * normal_quantile(confidence)), 0.0)


def jackknife_law(sums: GroupSums, mean: np.ndarray, scatter: np.ndarray, ratio: float, confidence: float,
                  lost: float = 1.0) -> JackknifeLaw:
    r"""Law of a variance ratio :math:`\lambda` from leaving out groups in turn, the weights kept.

    With :math:`w_i = n_i/(1 + \lambda n_i)` the sum :math:`\sum w_i^2 (\bar y_i - \bar y_w)^2`, divided by what the
    model expects of it, estimates the within variance; so does the sum of `scatter` (squares inside each group) over
    its degrees of freedom. The logarithm of their quotient is jackknifed, and its interval is read as one of
    :math:`\lambda`, in which the expectation is linear. `lost` is n/(n - 1) where a group left out also frees fixed
    effects it took part in, else 1.
    """
    size, df, kept = sums.size, sums.within[1], max(ratio, 0.0)
    w = size / (1 + kept * size)
    total, squares = w.sum(), (w**2).sum()
    d = mean - (w @ mean) / total
    between, rest, shift = (w**2 * d**2).sum(), total - w, w * d / (total - w)
    others = (between - w**2 * d**2) + 2 * shift * ((w**2 * d).sum() - w**2 * d) + shift**2 * (squares - w**2)
    expected, expected_others = total - squares / total, rest - (squares - w**2) / rest
    with np.errstate(divide="ignore", invalid="ignore"):
        without = np.log(others / expected_others) - np.log((scatter.sum() - lost * scatter) / (df - (size - 1)))
        half = half_width(without.mean() - without, confidence)
    slope = ((w**2 * (1 - 2 * w / total)).sum() + squares**2 / total**2) / expected
    base = kept - 1 / slope
    if ratio <= 0:                                        # a moment estimate: the quotient itself is the centre
        ratio = base + between / expected / (scatter.sum() / df) / slope
    return JackknifeLaw(float(ratio), float(base), half)


def crossed_jackknife_law(marks: np.ndarray, crossed: GroupSums, ratio: float, confidence: float) -> JackknifeLaw:
    """The same for targets crossed with judges: marks less the judges' levels, targets as groups."""
    level = crossed.fit(np.array([max(ratio, 0.0)]))[2][0]
    level[0] = 0.0                                          # of the first judge; the common mean goes with the targets
    given = np.isfinite(marks)
    own = np.where(given, marks - marks[given].mean() - level, 0.0)
    means = own.sum(axis=1) / crossed.size
    scatter = (np.where(given, own - means[:, None], 0.0) ** 2).sum(axis=1)
    return jackknife_law(crossed, means, scatter, ratio, confidence, len(marks) / (len(marks) - 1))


def share(ratio: float) -> float:
    """Between / (between + within) from between / within."""
    return 1.0 if np.isinf(ratio) and ratio > 0 else float(ratio / (1 + ratio))
