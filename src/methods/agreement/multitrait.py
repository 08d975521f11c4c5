"""Many indicators, two methods: do survey and checklist see the same things, or only their own general impression.

The matrix of Campbell and Fiske holds all correlations of all indicators (traits) by both methods. An indicator is
valid if its two measurements go together (validity diagonal), and more so than with other indicators. Correlations of
different indicators inside one method, beyond those across methods, are that method's halo.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd
from scipy import stats

from methods import checks
from methods.agreement.correlation import NOWHERE, Interval, half_width
from methods.agreement.inputs import confident, numbers
from methods.errors import InputError, NotPublishable

METHODS = ("опрос", "чек-лист")
FEWEST_UNITS = 10
LEAST_RELIABILITY = 0.2  # below it four fifths of the variance are error: a corrected correlation is a guess
NAN = float("nan")


@dataclass(frozen=True, eq=False)
class MultitraitMultimethod:
    """Correlations of traits x methods and what they say; intervals by a jackknife over the units (or their groups)."""

    correlations: pd.DataFrame   # (method, trait) x (method, trait); NaN where undefined
    counts: pd.DataFrame         # units behind each correlation
    traits: pd.DataFrame         # trait -> convergent, low, high, and the shares of comparisons it wins
    summary: pd.DataFrame        # what -> value, low, high: mean correlations by kind, halo of each method
    criteria: pd.DataFrame       # the four criteria of Campbell and Fiske -> share, comparisons, words
    components: pd.DataFrame     # method -> general, trait, method, error: shares of the variance; with _low, _high
    reliability: pd.DataFrame    # trait x method: 1 without known errors
    left_out: tuple[str, ...]    # traits that a method measures too unreliably, or that do not vary
    units: int
    confidence: float
    why: str = ""


@dataclass(frozen=True, eq=False)
class Halo:
    """How much of what one respondent's marks have in common is one general impression."""

    share: float             # of the first principal component in the variance of standardised marks
    interval: Interval       # by a jackknife over the centres
    eigenvalues: np.ndarray  # descending
    loadings: pd.Series      # question -> correlation with the first component
    n: int                   # respondents with a mark or more
    groups: int
    confidence: float


def multitrait_multimethod(survey: pd.DataFrame, checklist: pd.DataFrame,
                           survey_error: pd.DataFrame | pd.Series | None = None,
                           checklist_error: pd.DataFrame | pd.Series | None = None, groups: pd.Series | None = None,
                           confidence: float = 0.95, methods: tuple[str, str] = METHODS) -> MultitraitMultimethod:
    r"""Multitrait-multimethod matrix of indicators measured by survey and by checklist.

    Criteria. (1) the validity diagonal is above 0; (2) it exceeds the heterotrait-heteromethod correlations of its row
    and column; (3) it exceeds the heterotrait-monomethod correlations of the trait in either method; (4) the pattern of
    correlations between traits is the same in all triangles: mean Spearman correlation of the triangles.

    Components. In the additive model :math:`x_{tm} = g + \tau_t + \mu_m + e_{tm}` of standardised measurements, all
    parts independent, mean correlations are sums of variances:

    .. math:: \bar r_{HH} = \sigma_g^2, \quad \bar r_{MH} = \sigma_g^2 + \sigma_\tau^2, \quad
              \bar r_{HM,m} = \sigma_g^2 + \sigma_{\mu,m}^2, \quad
              \sigma_{e,m}^2 = 1 - \sigma_g^2 - \sigma_\tau^2 - \sigma_{\mu,m}^2

    HH is heterotrait-heteromethod, MH the validity diagonal, HM heterotrait-monomethod. They are the moment estimates
    of the analysis of variance of persons x traits x methods; :math:`\sigma_{\mu,m}^2` is the halo of a method. A
    negative share is kept: it is an estimate of something near 0. Once the sampling errors are taken off, "error" is
    what is peculiar to one indicator by one method.

    Parameters
    ----------
    survey, checklist : DataFrame, shape (units, traits)
        Traits matched by label, only common ones; gaps are left out pair by pair.
    survey_error, checklist_error : DataFrame, shape (traits, traits), or Series, shape (traits,), optional
        Mean covariance matrix of the sampling errors (`error_covariance`), taken off; a Series has mean error variances
        only. Errors of different questions go together, as they come from the same respondents: without their
        covariances they count as halo of the method.
    groups : Series, by unit, optional
        Units that belong together (region): the jackknife leaves them out together.

    Raises
    ------
    InputError
        Less than two common traits, an error matrix without some trait.
    NotPublishable
        Fewer than 10 units (or groups), or fewer than two traits that both methods measure reliably enough.

    References
    ----------
    Campbell, Fiske (1959), Convergent and discriminant validation by the multitrait-multimethod matrix,
    doi:10.1037/h0046016. Kavanagh, MacKinney, Wolins (1971), Issues in managerial performance: multitrait-multimethod
    analyses of ratings, Psychological Bulletin 75, 34-49.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> trait, halo = rng.normal(size=(900, 4)), rng.normal(size=(900, 1))
    >>> survey = pd.DataFrame(trait + halo + rng.normal(size=(900, 4)), columns=["Д1", "М6", "А2", "К1"])
    >>> checklist = pd.DataFrame(trait + rng.normal(size=(900, 4)), columns=survey.columns)
    >>> found = multitrait_multimethod(survey, checklist)
    >>> found.components[["trait", "method"]].abs().round(1).to_dict("index")
    {'опрос': {'trait': 0.4, 'method': 0.4}, 'чек-лист': {'trait': 0.4, 'method': 0.0}}
    """
    what = "Матрица признаков и методов"
    confident(confidence, what)
    tables = [_table(table, f"{what}, {name}") for table, name in zip((survey, checklist), methods, strict=True)]
    traits = sorted(tables[0].columns.intersection(tables[1].columns), key=str)
    if len(traits) < 2:
        raise InputError(f"{what}: нужно не меньше двух общих показателей, найдено {len(traits)}: "
                         f"{', '.join(map(str, traits)) or '—'}. Проверьте коды столбцов.")
    units = tables[0].index.union(tables[1].index)
    units = units[np.argsort(units.astype(str), kind="stable")]
    errors = [_error(matrix, traits, f"{what}, ошибка ({name})")
              for matrix, name in zip((survey_error, checklist_error), methods, strict=True)]
    both = [table[traits].reindex(units) for table in tables]
    reliability = pd.DataFrame({name: 1 - np.diag(error) / table.var().where(lambda s: s > checks.DUST)
                                for name, table, error in zip(methods, both, errors, strict=True)}, index=traits)
    kept = [trait for trait in traits if (reliability.loc[trait] >= LEAST_RELIABILITY).all()]
    left_out = tuple(trait for trait in traits if trait not in kept)
    if len(kept) < 2:
        least = f"{LEAST_RELIABILITY:g}".replace(".", ",")
        raise NotPublishable(f"{what}: показателей с надёжностью не ниже {least} по обоим методам меньше двух "
                             f"({', '.join(map(str, kept)) or 'ни одного'}).")
    place = [traits.index(trait) for trait in kept]
    values = np.column_stack([table[kept].to_numpy() for table in both])
    error = np.zeros((values.shape[1], values.shape[1]))
    for number, matrix in enumerate(errors):
        part = slice(number * len(kept), (number + 1) * len(kept))
        error[part, part] = matrix[np.ix_(place, place)]
    codes = _codes(groups, units, what)
    seen = np.unique(codes[np.isfinite(values).any(axis=1)])
    if len(seen) < FEWEST_UNITS:
        raise NotPublishable(f"{what}: нужно не меньше {FEWEST_UNITS} "
                             f"{'единиц' if groups is None else 'групп единиц'}, найдено {len(seen)}.")
    whole, without = _correlations(values, error, codes)
    return _result(whole, without, kept, methods, _counts(values, kept, methods), reliability, left_out, len(units),
                   confidence)


def error_covariance(marks: pd.DataFrame, unit: pd.Series) -> pd.DataFrame:
    r"""Mean covariance matrix of the sampling errors of units' mean marks.

    .. math:: \frac1U \sum_u \frac{n_{u,jk}}{n_{u,j} n_{u,k}} \, s_{u,jk}

    :math:`s_{u,jk}` is the covariance of the marks of j and k over the :math:`n_{u,jk}` respondents of the unit who
    gave both. Errors of different questions go together because the same people answered them. For a mean of two
    clienteles with shares :math:`\pi_c` it is :math:`\sum_c \pi_c^2 \Sigma_c`.

    Parameters
    ----------
    marks : DataFrame, shape (respondents, questions)
        On the scale of the units' values ([0; 1] if these are); gaps are left out pair by pair.
    unit : Series, shape (respondents,)
        Where each was asked.

    Returns
    -------
    DataFrame, shape (questions, questions)
        Mean over the units where two or more respondents gave both marks; NaN where there is no such unit.

    References
    ----------
    Fuller (1987), Measurement Error Models, section 2.2.

    Examples
    --------
    >>> marks = pd.DataFrame({"Д1": [0.5, 1.0, 1.0, 0.5], "М6": [0.5, 1.0, 1.0, 1.0]})
    >>> error_covariance(marks, pd.Series(["A", "A", "B", "B"])).to_numpy().tolist()
    [[0.0625, 0.03125], [0.03125, 0.03125]]
    """
    what = "Ковариация ошибок опроса"
    table = _table(marks, what)
    where = unit.reindex(table.index)
    if where.isna().any():
        missing = table.index[where.isna()]
        raise InputError(f"{what}: не указан центр респондентов: {', '.join(map(str, missing[:5]))} "
                         f"(всего {len(missing)}).")
    values, total, used = table.to_numpy(), np.zeros((table.shape[1],) * 2), np.zeros((table.shape[1],) * 2)
    for rows in where.groupby(where, sort=True).indices.values():
        part = values[rows]
        given = np.isfinite(part).astype(float)
        filled = np.where(given > 0, part, 0.0)
        n = given.T @ given
        with np.errstate(divide="ignore", invalid="ignore"):
            sums = filled.T @ given                                           # of j over those who gave both
            covariance = (filled.T @ filled - sums * sums.T / n) / (n - 1)
            term = n / np.outer(np.diag(n), np.diag(n)) * covariance
        enough = n >= 2
        total[enough] += term[enough]
        used += enough
    with np.errstate(invalid="ignore"):
        return pd.DataFrame(total / np.where(used > 0, used, NAN), table.columns, table.columns)


def mean_correlation(covariance: pd.DataFrame) -> float:
    r"""One correlation for a whole covariance matrix, the pairs weighing by their deviations; NaN without a pair.

    .. math:: \rho = \frac{\sum_{j \ne k} \Sigma_{jk}}{\sum_{j \ne k} \sqrt{\Sigma_{jj} \Sigma_{kk}}}

    With it in the place of every correlation the variance of the sum is what it was.

    Parameters
    ----------
    covariance : DataFrame, shape (questions, questions)
        As `error_covariance` gives it; unknown pairs (NaN) are left out.

    Examples
    --------
    >>> mean_correlation(pd.DataFrame([[4.0, 1.0], [1.0, 1.0]]))
    0.5
    """
    values, apart = covariance.to_numpy(), ~np.eye(len(covariance), dtype=bool)
    deviation = np.sqrt(np.diag(values))
    known = apart & np.isfinite(values)
    scale = np.outer(deviation, deviation)[known].sum()
    return float(values[known].sum() / scale) if scale > 0 else float("nan")


def halo(marks: pd.DataFrame, unit: pd.Series, confidence: float = 0.95) -> Halo:
    r"""Halo of the respondent: share of the first principal component in marks of people of the same centre.

    .. math:: \lambda_1 / k, \quad \lambda_1 \text{ the largest eigenvalue of the pooled within-centre correlations}

    Differences between the centres are taken off first, so what is left in common is in the people. With k questions
    that have nothing in common the share is a little above 1/k; a mean correlation r gives about
    :math:`(1 + (k-1) r) / k`.

    Parameters
    ----------
    marks : DataFrame, shape (respondents, questions)
        Gaps are left out pair by pair. At least 2 questions.
    unit : Series, shape (respondents,)
        Centre of the respondent. At least 10 centres.

    References
    ----------
    Jolliffe (2002), Principal Component Analysis, section 3.8, doi:10.1007/b98835. Cooper (1981), Ubiquitous halo,
    doi:10.1037/0033-2909.90.2.218

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> marks = pd.DataFrame(rng.normal(size=(2000, 1)) + rng.normal(size=(2000, 5)))
    >>> round(halo(marks, pd.Series(np.arange(2000) % 40)).share, 1)
    0.6
    """
    what = "Ореол респондента"
    table = _table(marks, what)
    if table.shape[1] < 2:
        raise InputError(f"{what}: нужно не меньше двух вопросов, найдено {table.shape[1]}.")
    values, codes = table.to_numpy(), _codes(unit, table.index, what)
    given = np.isfinite(values)
    size, sums = (np.column_stack([np.bincount(codes, column) for column in part.T])
                  for part in (given.astype(float), np.where(given, values, 0.0)))
    count = len(size)
    if count < FEWEST_UNITS:
        raise NotPublishable(f"{what}: нужно не меньше {FEWEST_UNITS} центров, найдено {count}.")
    inside = np.where(given, values - (sums / np.maximum(size, 1))[codes], 0.0)
    flat = [str(name) for name, square in zip(table.columns, (inside**2).sum(axis=0), strict=True) if not square > 0]
    if flat:
        raise NotPublishable(f"{what}: внутри центров оценки не различаются: {', '.join(flat[:10])}. Уберите эти "
                             "вопросы.")
    products, squares = _by_group(inside, inside, codes), _by_group(inside**2, given.astype(float), codes)
    share, eigenvalues, vector = _first_component(products.sum(axis=0), squares.sum(axis=0))
    shares = np.array([_first_component(products.sum(axis=0) - product, squares.sum(axis=0) - square)[0]
                       for product, square in zip(products, squares, strict=True)])
    bounds = NOWHERE
    if np.isfinite(shares).all():
        logit = np.log(shares / (1 - shares))
        middle, half = np.log(share / (1 - share)), half_width(logit.mean() - logit, confidence)
        bounds = (float(1 / (1 + np.exp(half - middle))), float(1 / (1 + np.exp(-half - middle))))
    loadings = pd.Series(vector * np.sqrt(eigenvalues[0]), table.columns, name="loading")
    return Halo(share, bounds, eigenvalues, loadings, int(given.any(axis=1).sum()), count, confidence)


# Correlations with every group of units left out in turn.

def _correlations(values: np.ndarray, error: np.ndarray, codes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Pairwise complete correlations of all units, and without each group; error covariances are taken off."""
    with np.errstate(invalid="ignore"):
        centre, scale = np.nanmean(values, axis=0), np.nanstd(values, axis=0)
    scaled, error = (values - centre) / scale, error / np.outer(scale, scale)
    given = np.isfinite(scaled)
    filled, present = np.where(given, scaled, 0.0), given.astype(float)
    parts = [_by_group(left, right, codes) for left, right in (
        (present, present), (filled, present), (filled**2, present), (filled, filled))]
    totals = [part.sum(axis=0) for part in parts]
    whole = _pairwise(*totals, error)
    return whole, _pairwise(*(total - part for total, part in zip(totals, parts, strict=True)), error)


def _pairwise(n: np.ndarray, sums: np.ndarray, squares: np.ndarray, products: np.ndarray,
              error: np.ndarray) -> np.ndarray:
    """From sums over the rows where both are given; `sums` and `squares` are of the first of the two."""
    turned = np.swapaxes(sums, -1, -2)
    with np.errstate(divide="ignore", invalid="ignore"):
        covariance = (products - sums * turned / n) / (n - 1) - error
        variance = (squares - sums**2 / n) / (n - 1) - np.diag(error)[:, None]
        spread = variance * np.swapaxes(variance, -1, -2)
        found = covariance / np.sqrt(np.where((variance > 0) & (np.swapaxes(variance, -1, -2) > 0), spread, NAN))
    found[..., np.arange(n.shape[-1]), np.arange(n.shape[-1])] = 1.0
    return found


def _by_group(left: np.ndarray, right: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """Left'right over the rows of each group."""
    order = np.argsort(codes, kind="stable")
    ends = np.cumsum(np.bincount(codes))
    left, right = left[order], right[order]
    return np.stack([left[start:end].T @ right[start:end]
                     for start, end in zip(np.r_[0, ends[:-1]], ends, strict=True)])


def _first_component(products: np.ndarray, squares: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
    """Share of the largest eigenvalue, all of them, and its vector (mostly positive); NaN where one is undefined."""
    with np.errstate(divide="ignore", invalid="ignore"):
        r = products / np.sqrt(squares * squares.T)
    if not np.isfinite(r).all():
        return NAN, np.full(len(r), NAN), np.full(len(r), NAN)
    eigenvalues, vectors = np.linalg.eigh(r)
    vector = vectors[:, -1] * (1 if vectors[:, -1].sum() >= 0 else -1)
    return float(eigenvalues[-1] / len(r)), eigenvalues[::-1], vector


# What the matrix says.

def _kinds(k: int) -> dict[str, np.ndarray]:
    """Masks over the upper triangle of the matrix of 2k measurements."""
    trait, method = np.tile(np.arange(k), 2), np.repeat([0, 1], k)
    upper = np.triu(np.ones((2 * k, 2 * k), dtype=bool), 1)
    same_trait, same_method = trait[:, None] == trait, method[:, None] == method
    return {"validity": upper & same_trait, "other": upper & ~same_trait & ~same_method,
            "first": upper & same_method & (method == 0), "second": upper & same_method & (method == 1)}


def _means(r: np.ndarray) -> np.ndarray:
    """Mean validity, mean of other traits across methods, halo of each method; then the components of both methods."""
    validity, other, first, second = (r[..., mask].mean(axis=-1) for mask in _kinds(r.shape[-1] // 2).values())
    parts = [validity, other, first, second, first - other, second - other]
    for inside in (first, second):
        parts += [other, validity - other, inside - other, 1 - validity - inside + other]
    return np.stack(parts, axis=-1)


def _result(whole: np.ndarray, without: np.ndarray, kept: list[str], methods: tuple[str, str], counts: pd.DataFrame,
            reliability: pd.DataFrame, left_out: tuple[str, ...], units: int,
            confidence: float) -> MultitraitMultimethod:
    k = len(kept)
    correlations = pd.DataFrame(whole, counts.index, counts.columns)
    across = whole[:k, k:]
    diagonal = np.diag(across)
    others = ~np.eye(k, dtype=bool)
    wins = {"other_traits": [np.concatenate([across[t, others[t]], across[others[t], t]]) for t in range(k)],
            methods[0]: [whole[t, :k][others[t]] for t in range(k)],
            methods[1]: [whole[k + t, k:][others[t]] for t in range(k)]}
    intervals = [_interval_of_correlation(value, without[:, t, k + t], confidence) for t, value in enumerate(diagonal)]
    traits = pd.DataFrame({"convergent": diagonal, "low": [low for low, _ in intervals],
                           "high": [high for _, high in intervals],
                           **{f"above_{name}": [float((diagonal[t] > rivals[t]).mean()) for t in range(k)]
                              for name, rivals in wins.items()}}, index=pd.Index(kept, name="trait"))
    means, lost = _means(whole), _means(without)
    half = [half_width(part.mean() - part, confidence) for part in lost.T]
    table = np.column_stack([means, means - half, means + half])
    summary = pd.DataFrame(table[:6], columns=["value", "low", "high"], index=[
        "validity", "other_traits", *(f"inside_{name}" for name in methods), *(f"halo_{name}" for name in methods)])
    names = ["general", "trait", "method", "error"]
    components = pd.DataFrame({f"{name}{end}": [table[6 + 4 * m + i, column] for m in range(2)]
                               for i, name in enumerate(names) for column, end in enumerate(("", "_low", "_high"))},
                              index=pd.Index(methods, name="method"))
    why = "" if np.isfinite(whole).all() else "часть корреляций не определена: ошибка измерения больше разброса"
    return MultitraitMultimethod(correlations, counts, traits, summary, _criteria(traits, whole, methods), components,
                                 reliability, left_out, units, confidence, why)


def _criteria(traits: pd.DataFrame, whole: np.ndarray, methods: tuple[str, str]) -> pd.DataFrame:
    k = len(traits)
    upper = np.triu_indices(k, 1)
    across = whole[:k, k:]
    triangles = [whole[:k, :k][upper], whole[k:, k:][upper], across[upper], across.T[upper]]
    alike = [stats.spearmanr(one, other).statistic for one, other in combinations(triangles, 2)] if k > 2 else [NAN]
    inside = traits[[f"above_{name}" for name in methods]].to_numpy().mean()
    return pd.DataFrame([
        [(traits["low"] > 0).mean(), k, "показатель, измеренный двумя методами, связан сам с собой (интервал выше 0)"],
        [traits["above_other_traits"].mean(), 2 * k * (k - 1), "и теснее, чем с другими показателями другого метода"],
        [inside, 2 * k * (k - 1), "и теснее, чем с другими показателями того же метода"],
        [np.mean(alike), len(alike), "рисунок связей между показателями одинаков (средняя корреляция Спирмена)"],
    ], index=pd.Index([1, 2, 3, 4], name="criterion"), columns=["share", "comparisons", "words"])


def _interval_of_correlation(r: float, without: np.ndarray, confidence: float) -> Interval:
    """Jackknife on the scale of z; a corrected correlation beyond 1 has its interval on the plain scale."""
    if np.isfinite(r) and (np.abs(np.r_[r, without]) < 1).all():
        z = np.arctanh(without)
        half = half_width(z.mean() - z, confidence)
        return float(np.tanh(np.arctanh(r) - half)), float(np.tanh(np.arctanh(r) + half))
    if not np.isfinite(np.r_[r, without]).all():
        return NOWHERE
    half = half_width(without.mean() - without, confidence)
    return float(r - half), float(r + half)


def _counts(values: np.ndarray, kept: list[str], methods: tuple[str, str]) -> pd.DataFrame:
    present = np.isfinite(values).astype(int)
    labels = pd.MultiIndex.from_product([methods, kept], names=["method", "trait"])
    return pd.DataFrame(present.T @ present, labels, labels)


# What must hold of the data.

def _table(table: pd.DataFrame, what: str) -> pd.DataFrame:
    checks.unique(table.index, f"{what}: строки")
    checks.unique(table.columns, f"{what}: показатели")
    return pd.DataFrame(numbers(table, what), table.index, table.columns)


def _error(matrix: pd.DataFrame | pd.Series | None, traits: list[str], what: str) -> np.ndarray:
    if matrix is None:
        return np.zeros((len(traits), len(traits)))
    if isinstance(matrix, pd.Series):
        matrix = pd.DataFrame(np.diag(matrix), matrix.index, matrix.index)
    missing = [str(trait) for trait in traits if trait not in matrix.index or trait not in matrix.columns]
    if missing:
        raise InputError(f"{what}: в матрице ковариаций нет показателей: {', '.join(missing[:10])}.")
    found = matrix.loc[traits, traits].to_numpy(dtype=float)
    if not np.isfinite(found).all():
        row, column = (traits[place[0]] for place in np.nonzero(~np.isfinite(found)))
        raise InputError(f"{what}: ковариация не задана: {row} × {column}.")
    return found


def _codes(groups: pd.Series | None, rows: pd.Index, what: str) -> np.ndarray:
    if groups is None:
        return np.arange(len(rows))
    checks.unique(groups.index, f"{what}: группы")
    found = groups.reindex(rows)
    if found.isna().any():
        missing = rows[found.isna()]
        raise InputError(f"{what}: не указана группа: {', '.join(map(str, missing[:5]))} (всего {len(missing)}).")
    return pd.factorize(found, sort=True)[0]
