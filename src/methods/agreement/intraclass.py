"""Would other judges give the same marks: the six intraclass correlations of a table, complete or with gaps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from typing import Literal

import numpy as np
import pandas as pd
from scipy import optimize, stats

from methods import checks
from methods.agreement.correlation import NOWHERE, Interval
from methods.agreement.inputs import FEWEST, confident, numbers, one_of
from methods.agreement.random_intercept import spearman_brown
from methods.agreement.variance_ratio import (
    FEWEST_JACKKNIFE,
    GroupSums,
    JackknifeLaw,
    crossed_jackknife_law,
    jackknife_law,
    share,
)
from methods.errors import InputError, NotPublishable

WHAT = "Внутриклассовая корреляция"
FORMS = {
    "ICC(1,1)": ("ICC(1)", "У каждого объекта свои эксперты: насколько надёжна одна оценка?"),
    "ICC(2,1)": ("ICC(A,1)", "Эксперты взаимозаменяемы: даст ли другой эксперт то же число?"),
    "ICC(3,1)": ("ICC(C,1)", "Эксперты постоянны: одинаково ли они различают объекты, если строгость не в счёт?"),
    "ICC(1,k)": ("ICC(k)", "У каждого объекта свои эксперты: насколько надёжно среднее по {k} экспертам?"),
    "ICC(2,k)": ("ICC(A,k)", "Эксперты взаимозаменяемы: даст ли другая группа из {k} экспертов то же среднее?"),
    "ICC(3,k)": ("ICC(C,k)", "Эксперты постоянны: насколько надёжно их среднее ({k}) различает объекты?"),
}


@dataclass(frozen=True, eq=False)
class IntraclassCorrelation:
    """The six intraclass correlations of one table of marks, each with the question that it answers."""

    table: pd.DataFrame      # form -> mcgraw_wong, question, value, low, high, F, df1, df2, p
    components: pd.Series    # variances: targets, judges, residual (two-way), targets_oneway, within_oneway
    targets: int
    judges: int
    per_target: float        # marks a target, harmonic mean: the k of the average forms
    gaps: int                # marks that are missing
    method: str              # "anova"; with gaps "reml" or, where it puts a variance at 0, "henderson"
    interval: str            # "f" or "jackknife"
    confidence: float
    why: str = ""            # what a reader has to be told: a negative variance, an interval that is not defined

    def __getitem__(self, form: str) -> float:
        """Value of a form by either name, "ICC(2,1)" or "ICC(A,1)"."""
        row = self.table["value"][(self.table.index == form) | (self.table["mcgraw_wong"] == form)]
        if row.empty:
            raise InputError(f"{WHAT}: нет формы «{form}»; есть {', '.join(self.table.index)}.")
        return float(row.iloc[0])


def intraclass_correlation(ratings: pd.DataFrame, confidence: float = 0.95,
                           interval: Literal["auto", "f", "jackknife"] = "auto") -> IntraclassCorrelation:
    r"""Shrout and Fleiss's six intraclass correlations of a table of marks, with or without gaps.

    .. math:: y_{ij} = \mu + u_i + v_j + e_{ij}, \quad
              ICC(A,1) = \frac{\sigma_u^2}{\sigma_u^2 + \sigma_v^2 + \sigma_e^2}, \quad
              ICC(C,1) = \frac{\sigma_u^2}{\sigma_u^2 + \sigma_e^2}, \quad
              ICC(\cdot,k) = \frac{k \, ICC(\cdot,1)}{1 + (k-1) \, ICC(\cdot,1)}

    ICC(1) is the same ratio in the model without judges :math:`v_j`. A complete table gives the ANOVA estimates; with
    gaps the variances are those of restricted maximum likelihood or, where it would put one at 0, of Henderson's method
    3; on a complete table both give the same numbers. A variance may come out negative: it is kept, `why` explains it.

    Intervals. `f`: McGraw and Wong's on a complete table (exact for ICC(1) and ICC(C), Satterthwaite's approximation
    for ICC(A), which holds in 86-87 % for 1200 targets and 4 judges); with gaps Wald's exact interval for ICC(1) and
    ICC(C) and a generalised one for ICC(A). `jackknife`: targets are left out in turn, so nothing is assumed about the
    spread of their true values; ICC(A) adds the few judges as a normal sample. `auto`: jackknife from 20 targets on.

    Parameters
    ----------
    ratings : DataFrame, shape (n targets, k judges)
        Numbers; NaN is a mark that was not given. At least 3 targets and 2 judges who have targets in common.
    confidence : float
        Of the intervals, between 0 and 1.

    Raises
    ------
    InputError
        Text or infinity among the marks, repeated labels, judges without common targets (named).
    NotPublishable
        Too few targets or judges, or all marks equal.

    References
    ----------
    Shrout, Fleiss (1979), doi:10.1037/0033-2909.86.2.420. McGraw, Wong (1996), table 7, doi:10.1037/1082-989X.1.1.30.
    Wald's interval: Seely, El-Bassiouni (1983), Annals of Statistics 11, 197-201; Harville, Fenech (1985), Biometrics
    41, 137-152. Weerahandi (1993), Generalized confidence intervals, JASA 88, 899-905.

    Examples
    --------
    Six targets and four judges of Shrout and Fleiss (1979), table 2:

    >>> marks = pd.DataFrame([[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]])
    >>> found = intraclass_correlation(marks)
    >>> found.table.loc[["ICC(1,1)", "ICC(2,1)", "ICC(3,1)"], ["value", "low", "high"]].round(3).to_numpy().tolist()
    [[0.166, -0.133, 0.723], [0.29, 0.019, 0.761], [0.715, 0.342, 0.946]]
    """
    confident(confidence, WHAT)
    one_of(interval, ("auto", "f", "jackknife"), WHAT)
    marks = _marks(ratings)
    given = np.isfinite(marks)
    complete = bool(given.all())
    crossed, nested = GroupSums.crossed(marks), GroupSums.nested(marks)
    _connected(given, ratings)
    fit, method = (_anova(marks), "anova") if complete else _with_gaps(marks, crossed, nested)
    notes = _negative_variances(fit)
    n, k = len(marks), len(marks) / (1 / crossed.size).sum()
    jackknife = interval == "jackknife" or (interval == "auto" and n >= FEWEST_JACKKNIFE)
    bounds, kind = _intervals(marks, crossed, nested, fit, confidence, jackknife and fit.residual > 0)
    if not fit.residual > 0:
        notes.append("эксперты расходятся лишь на постоянную: остаточной дисперсии нет, интервалы не определены")
    elif jackknife and kind == "f":
        notes.append("все расхождения — у одного объекта: интервал складного ножа не определён, взят нормальный")
    single, oneway, twoway = fit.correlations, nested.f_test(), crossed.f_test()
    tests = {"1": oneway, "A": twoway, "C": twoway}
    rows = []
    for (name, question), letter in zip(FORMS.values(), "1AC1AC", strict=True):
        size = k if "k" in name else 1.0
        values = [spearman_brown(each, size) for each in (single[letter], *bounds[letter])]
        rows.append([name, question.format(k=f"{k:g}" if complete else f"{k:.2f}"), *values, *tests[letter]])
    table = pd.DataFrame(rows, index=pd.Index(FORMS, name="form"), columns=[
        "mcgraw_wong", "question", "value", "low", "high", "F", "df1", "df2", "p"])
    return IntraclassCorrelation(table, pd.Series(asdict(fit), name="variance"), n, marks.shape[1], k,
                                 int((~given).sum()), method, kind, confidence, "; ".join(notes))


# Variances.

@dataclass(frozen=True)
class _Components:
    """Variances of the two-way model and of the one-way model."""

    targets: float
    judges: float
    residual: float
    targets_oneway: float
    within_oneway: float

    @property
    def ratio(self) -> float:
        """Targets to residual."""
        return self.targets / self.residual

    @property
    def correlations(self) -> dict[str, float]:
        """The three single-mark forms by letter."""
        return {"1": self.targets_oneway / (self.targets_oneway + self.within_oneway),
                "A": self.targets / (self.targets + self.judges + self.residual),
                "C": self.targets / (self.targets + self.residual)}


def _anova(marks: np.ndarray) -> _Components:
    """Mean squares of a complete table turned into variances."""
    n, k = marks.shape
    y = marks - marks.mean()
    row, column = y.mean(axis=1, keepdims=True), y.mean(axis=0, keepdims=True)
    msr, msc = k * (row**2).sum() / (n - 1), n * (column**2).sum() / (k - 1)
    msw = ((y - row) ** 2).sum() / (n * (k - 1))
    residual = y - row - column
    mse = (residual**2).sum() / ((n - 1) * (k - 1))
    if np.abs(residual).max() <= checks.DUST * np.abs(marks).max():
        mse = 0.0
    return _Components(*map(float, ((msr - mse) / k, (msc - mse) / n, mse, (msr - msw) / k, msw)))


def _with_gaps(marks: np.ndarray, crossed: GroupSums, nested: GroupSums) -> tuple[_Components, str]:
    """Restricted maximum likelihood with gaps; Henderson's method 3 where a variance would be put at 0."""
    sse, df = crossed.within
    if not sse > checks.DUST * np.nanmax(np.abs(marks)) ** 2:
        raise NotPublishable(f"{WHAT}: с пропусками остаточная дисперсия равна 0, оценки дисперсий не определены. "
                             "Соберите недостающие оценки.")
    form = _JudgeForm.of(marks)
    moments = (crossed.henderson()[0],
               ((form.c.sum() / form.df) / (sse / df) - 1) * form.df / (crossed.rows - len(crossed.size)))
    largest = np.array([crossed.size.max(), np.isfinite(marks).sum(axis=0).max()], dtype=float)
    fit = _crossed_likelihood(marks, crossed)
    start = np.log1p(np.maximum(moments, 0.01 / largest) * largest)
    found = optimize.minimize(lambda u: fit(*np.expm1(u) / largest)[0], start, method="Nelder-Mead",
                              bounds=[(0, None)] * 2,
                              options={"xatol": 1e-8, "fatol": 1e-10, "maxiter": 4000, "maxfev": 4000})
    if not found.success:
        raise NotPublishable(f"{WHAT}: оценка дисперсий с пропусками не сошлась. Соберите недостающие оценки или "
                             "оставьте объекты, которые оценили все.")
    if found.x.min() < 1e-7:                                                    # at the edge: moments show the sign
        (a, b), residual, method = moments, sse / df, "henderson"
    else:
        a, b = np.expm1(found.x) / largest
        residual, method = fit(a, b)[1] / (crossed.rows - 1), "reml"
    ratio, within = nested.signed()
    return _Components(float(a * residual), float(b * residual), float(residual), ratio * within, within), method


def _crossed_likelihood(marks: np.ndarray, crossed: GroupSums) -> Callable[[float, float], tuple[float, float]]:
    """Function of the ratios of targets and of judges to the residual: deviance and residual sum of squares.

    Targets are swept out first, which costs nothing, then the few judges.
    """
    given = np.isfinite(marks)
    y = np.where(given, marks - marks[given].mean(), 0.0)
    incidence, per_judge = given.astype(float), given.sum(axis=0).astype(float)
    size, sums, rows = crossed.size, crossed.y, crossed.rows

    def at(targets: float, judges: float) -> tuple[float, float]:
        c = targets / (1 + targets * size)
        left = incidence.T * c
        m = np.eye(len(per_judge)) + judges * (np.diag(per_judge) - left @ incidence)
        sign, log_det = np.linalg.slogdet(m)
        if sign <= 0 or not np.isfinite(log_det):
            return float("inf"), np.nan
        zy, z1 = y.sum(axis=0) - left @ sums, per_judge - left @ size
        py, p1 = (judges * np.linalg.solve(m, side) for side in (zy, z1))
        one, both, two = (rows - c @ size**2 - z1 @ p1, sums.sum() - c @ (size * sums) - z1 @ py,
                          (y**2).sum() - c @ sums**2 - zy @ py)
        residual = two - both**2 / one if one > 0 else np.nan
        if not residual > 0:
            return float("inf"), np.nan
        return (rows - 1) * np.log(residual) + np.log1p(targets * size).sum() + log_det + np.log(one), residual

    return at


def _negative_variances(fit: _Components) -> list[str]:
    """In words, which variances came out negative and what that means (STA-19)."""
    notes = []
    if fit.targets < 0 or fit.targets_oneway < 0:
        notes.append("оценка дисперсии между объектами отрицательна: объекты различаются меньше, чем ожидается от "
                     "случайных расхождений экспертов; различий объектов эти оценки не показывают")
    if fit.judges < 0:
        notes.append("оценка дисперсии между экспертами отрицательна: по строгости эксперты различаются меньше, чем "
                     "ожидается случайно; это значит, что различий в строгости не видно")
    return notes


# Intervals.

def _intervals(marks: np.ndarray, crossed: GroupSums, nested: GroupSums, fit: _Components, confidence: float,
               jackknife: bool) -> tuple[dict[str, Interval], str]:
    """Intervals of the three single-mark forms and how they were made."""
    if not fit.residual > 0:
        return {letter: NOWHERE for letter in "1AC"}, "f"
    oneway, twoway, law = nested.wald_interval(confidence), crossed.wald_interval(confidence), None
    if jackknife:
        means = nested.y / nested.size
        scatter = np.nansum((marks - np.nanmean(marks) - means[:, None]) ** 2, axis=1)
        laws = (jackknife_law(nested, means, scatter, fit.targets_oneway / fit.within_oneway, confidence),
                crossed_jackknife_law(marks, crossed, fit.ratio, confidence))
        if np.isfinite([each.half for each in laws]).all():
            oneway, twoway, law = laws[0].interval, laws[1].interval, laws[1]
    if law is None and np.isfinite(marks).all():
        agreement = _mcgraw_wong(marks, fit, confidence)
    else:
        agreement = _generalised(crossed, _JudgeForm.of(marks), confidence, law)
    oneway, twoway = ((share(low), share(high)) for low, high in (oneway, twoway))
    return {"1": oneway, "A": agreement, "C": twoway}, "f" if law is None else "jackknife"


def _mcgraw_wong(marks: np.ndarray, fit: _Components, confidence: float) -> Interval:
    """Satterthwaite interval of ICC(A,1) (McGraw, Wong 1996, table 7, case 2)."""
    n, k = marks.shape
    mse = fit.residual
    msr, msc = mse + k * fit.targets, mse + n * fit.judges
    icc = fit.correlations["A"]
    a, b = k * icc / (n * (1 - icc)), 1 + k * icc * (n - 1) / (n * (1 - icc))
    v = (a * msc + b * mse) ** 2 / ((a * msc) ** 2 / (k - 1) + (b * mse) ** 2 / ((n - 1) * (k - 1)))
    down, up = stats.f.ppf((1 + confidence) / 2, n - 1, v), stats.f.ppf((1 + confidence) / 2, v, n - 1)
    rest = k * msc + (k * n - k - n) * mse
    return float(n * (msr - down * mse) / (down * rest + n * msr)), float(n * (up * msr - mse) / (rest + n * up * msr))


@dataclass(frozen=True, eq=False)
class _JudgeForm:
    """Wald's quadratic form of the judges, targets being free: the sum of c / (1 + d * ratio)."""

    d: np.ndarray
    c: np.ndarray

    @classmethod
    def of(cls, marks: np.ndarray) -> _JudgeForm:
        """From a table with gaps."""
        given = np.isfinite(marks)
        y = np.where(given, marks - marks[given].mean(), 0.0)
        shares = given / given.sum(axis=1)[:, None]
        a = np.diag(given.sum(axis=0).astype(float)) - given.T @ shares
        b = y.sum(axis=0) - shares.T @ y.sum(axis=1)
        d, vectors = np.linalg.eigh(a)
        real = d > 1e-10 * d.max()
        return cls(d[real], (vectors.T @ b)[real] ** 2 / d[real])

    @property
    def df(self) -> int:
        """Degrees of freedom."""
        return len(self.d)

    def ratio(self, target: np.ndarray) -> np.ndarray:
        """Ratios at which the form equals the target; 0 where even no variance gives less."""
        ratio = np.zeros_like(target)
        positive = target < self.c.sum()
        at, goal = np.zeros(positive.sum()), 1 / target[positive]
        for _ in range(60):  # 1 / form is concave in the ratio: Newton's steps from 0 never overshoot
            term = self.c / (1 + self.d * at[:, None])
            form = term.sum(axis=1)
            step = (goal - 1 / form) * form**2 / (term * self.d / (1 + self.d * at[:, None])).sum(axis=1)
            at = at + np.maximum(step, 0.0)
            if (step <= 1e-12 * (1 + at)).all():
                break
        ratio[positive] = at
        return ratio


def _generalised(crossed: GroupSums, form: _JudgeForm, confidence: float, law: JackknifeLaw | None) -> Interval:
    r"""Generalised interval of ICC(A,1): the laws of its variances given the data, put together (Weerahandi 1993).

    The residual variance is :math:`SSE/\chi^2`; the judges' ratio solves Wald's form :math:`Q_v(\lambda_v) =
    \sigma^2 \chi^2`, the targets' ratio likewise or, given a jackknife `law`, by that law. Integrated over quantiles on
    a fixed grid: no random numbers.
    """
    sse, df = crossed.within
    nodes, weights = np.polynomial.hermite_e.hermegauss(40)                      # chi-square laws on the normal scale
    variance = sse / _chi_square_at(nodes, df)[:, None]                          # of the residual, (40, 1)
    judges = form.ratio(variance * _chi_square_at(nodes, form.df))               # (40, 40)
    weights = np.outer(weights, weights) / weights.sum() ** 2
    below = _wald_law(crossed, variance) if law is None else partial(law.below, confidence=confidence)

    def probability(icc: float) -> float:
        return float((weights * below(icc / (1 - icc) * (judges + 1))).sum())

    def quantile(p: float) -> float:
        ends = (-1 + 1e-6, 1 - 1e-12)
        if probability(ends[0]) > p:
            return -1.0
        if probability(ends[1]) < p:
            return 1.0
        return float(optimize.brentq(lambda icc: probability(icc) - p, *ends, xtol=1e-10))

    return quantile((1 - confidence) / 2), quantile((1 + confidence) / 2)


def _wald_law(crossed: GroupSums, variance: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    """Probability of a targets' ratio not above the given ones by Wald's form, given the residual variance."""
    largest, u = crossed.size.max(), np.linspace(-12.0, 30.0, 421)               # u = ln(1 + ratio * max n)
    log_form = np.log(np.maximum(crossed.excess(np.expm1(u) / largest), 1e-300))

    def below(ratio: np.ndarray) -> np.ndarray:
        inside = 1 + largest * ratio > 0
        at = np.interp(np.log(np.where(inside, 1 + largest * ratio, 1.0)), u, log_form)
        return np.where(inside, stats.chi2.sf(np.exp(at) / variance, crossed.between_df), 0.0)

    return below


def _chi_square_at(z: np.ndarray, df: int) -> np.ndarray:
    """Quantiles of chi-square at normal scores; from the upper end where the score is positive, for the digits."""
    return np.where(z < 0, stats.chi2.ppf(stats.norm.cdf(z), df), stats.chi2.isf(stats.norm.sf(z), df))


# What must hold of the marks.

def _marks(ratings: pd.DataFrame) -> np.ndarray:
    """Marks of the targets and judges who have any."""
    checks.unique(ratings.index, f"{WHAT}: объекты")
    checks.unique(ratings.columns, f"{WHAT}: эксперты")
    marks = numbers(ratings, WHAT)
    marks = marks[~np.isnan(marks).all(axis=1)]
    marks = marks[:, ~np.isnan(marks).all(axis=0)]
    n, k = marks.shape
    if n < FEWEST or k < 2:
        raise NotPublishable(f"{WHAT}: нужно не меньше {FEWEST} объектов и 2 экспертов с оценками, найдено объектов "
                             f"{n}, экспертов {k}: согласованность не определена.")
    if np.nanmax(marks) - np.nanmin(marks) <= checks.DUST * np.nanmax(np.abs(marks)):
        raise NotPublishable(f"{WHAT}: все оценки равны {np.nanmin(marks):g}, различий нет, корреляция не определена.")
    return marks


def _connected(given: np.ndarray, ratings: pd.DataFrame) -> None:
    """Levels of judges can be compared only through targets that they share."""
    reached, grown = np.zeros(given.shape[1], dtype=bool), given[0].copy()
    while (grown > reached).any():
        reached = grown
        grown = given[given[:, reached].any(axis=1)].any(axis=0) | reached
    if not reached.all():
        judges = ratings.dropna(how="all", axis=1).columns
        raise InputError(f"{WHAT}: эксперты должны быть связаны общими объектами. Отдельно от остальных: "
                         f"{', '.join(map(str, judges[~reached][:10]))}. Считайте части таблицы порознь.")
    if given.sum() < sum(given.shape):
        raise NotPublishable(f"{WHAT}: оценок {given.sum()}, а объектов и экспертов вместе {sum(given.shape)}: для "
                             "остаточной дисперсии ничего не остаётся.")
