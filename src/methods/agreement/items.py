"""Which requirements of the checklist clients notice: each one against the survey's value of its indicator."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from methods import checks
from methods.errors import InputError, NotPublishable

FEWEST_CENTRES = 10     # that fulfil it, and that do not
FEWEST_REGIONS = 5      # where both are found; or, for requirements checked once a region, of each kind
LARGEST_CONDITION = 30  # Belsley, Kuh, Welsch (1980): above it regressors are collinear
WITHIN, BETWEEN = "внутри регионов", "между регионами"
ALIKE, FEW, NONE = "не различает", "мало центров", "связи не видно"
NOTICED, OPPOSITE = "клиенты замечают", "связь обратная"
NAN = float("nan")


def requirement_effects(survey: pd.DataFrame, marks: pd.DataFrame, indicator: pd.Series, region: pd.Series,
                        size: pd.Series, level: float = 0.05, confidence: float = 0.95) -> pd.DataFrame:
    r"""Difference of the survey between centres that fulfil a requirement and those of the same region that do not.

    .. math:: y_{ij} = \alpha_j + \beta x_{ij} + \gamma \ln \mathrm{size}_{ij} + e_{ij}

    y is the survey's value of the requirement's indicator, x is 1 where it is fulfilled, :math:`\alpha_j` is the
    region's level, taken off as the mean over the region. Errors of centres of a region may go together: standard
    errors are clustered by region, with Student's quantile of G - 1 degrees of freedom. The second effect (`rest_`) is
    the same with all other requirements of the indicator in the equation: what this one adds when the others are given.
    Where a region's centres all have the same mark (it is checked once a region), regions are compared (`scope`).

    It is a difference, not a cause: a centre that fulfils the requirement may be better in what nobody checks.

    Parameters
    ----------
    survey : DataFrame, shape (centres, indicators)
        Values of the survey; gaps are left out.
    marks : DataFrame, shape (centres, requirements)
        1 fulfilled, 0 not, NaN not applicable.
    indicator : Series, by requirement
        Its indicator. Requirements of indicators without a survey are left out of the result.
    region, size : Series, by centre
        Region; size above 0.
    level : float
        Of false discoveries (Benjamini-Hochberg over all requirements) at which the verdict names an effect.

    Returns
    -------
    DataFrame, indexed by requirement
        `indicator`, `n` centres, `share` that fulfil it, `scope`, `effect` with `low`, `high`, `p`, `q`, `correlation`
        (point-biserial, nothing taken off), `rest_effect`, `rest_low`, `rest_high`, `rest_p`, `rest_q`, `ridge`
        (the rest is collinear: a ridge estimate, drawn towards 0) and `verdict`: «не различает» (fulfilled by all or by
        none, no number is given), «мало центров», «связи не видно», «клиенты замечают», «связь обратная».

    Raises
    ------
    InputError
        Marks other than 0 and 1, a requirement without an indicator, a centre without region or size.
    NotPublishable
        No requirement belongs to an indicator with a survey.

    References
    ----------
    Cameron, Miller (2015), A practitioner's guide to cluster-robust inference, sections II and III,
    doi:10.3368/jhr.50.2.317. Hoerl, Kennard (1970), Ridge regression, doi:10.1080/00401706.1970.10488634. Belsley, Kuh,
    Welsch (1980), Regression Diagnostics, section 3.2. Benjamini, Hochberg (1995),
    doi:10.1111/j.2517-6161.1995.tb02031.x

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> centres = [f"C{i:03d}" for i in range(300)]
    >>> region = pd.Series([f"R{i % 20:02d}" for i in range(300)], centres)
    >>> marks = pd.DataFrame({"Д1.1": rng.integers(0, 2, 300), "Д1.2": rng.integers(0, 2, 300), "Д1.3": 1}, centres)
    >>> survey = pd.DataFrame({"Д1": 0.8 + 0.05 * marks["Д1.1"] + rng.normal(0, 0.05, 300)})
    >>> size = pd.Series(rng.uniform(10, 90, 300), centres)
    >>> requirement_effects(survey, marks, pd.Series("Д1", marks.columns), region, size)["verdict"].to_dict()
    {'Д1.1': 'клиенты замечают', 'Д1.2': 'связи не видно', 'Д1.3': 'не различает'}
    """
    what = "Требования и оценки клиентов"
    for name, value in (("доверие интервала должно", confidence), ("уровень ложных находок должен", level)):
        if not 0 < value < 1:
            raise InputError(f"{what}: {name} быть больше 0 и меньше 1, найдено {value}.")
    _check(survey, marks, indicator, what)
    centres = survey.index.intersection(marks.index, sort=False)
    centres = centres[np.argsort(centres.astype(str), kind="stable")]
    groups, log_size = _controls(region, size, centres, what)
    asked = [code for code in marks if indicator[code] in survey.columns]
    if not asked:
        raise NotPublishable(f"{what}: ни одно требование не относится к показателям опроса "
                             f"({', '.join(map(str, survey.columns[:5])) or '—'}). Проверьте коды показателей.")
    rows = {}
    for code in asked:
        others = [other for other in asked if other != code and indicator[other] == indicator[code]]
        y = survey.loc[centres, indicator[code]].to_numpy(dtype=float)
        design = _Design.of(y, marks.loc[centres, code].to_numpy(dtype=float),
                            marks.loc[centres, others].to_numpy(dtype=float), log_size, groups)
        rows[code] = {"indicator": indicator[code], **design.row(confidence)}
    table = pd.DataFrame.from_dict(rows, orient="index").rename_axis("requirement")
    for p, q in (("p", "q"), ("rest_p", "rest_q")):
        tested = table[p].dropna()
        table[q] = pd.Series(stats.false_discovery_control(tested) if len(tested) else [], index=tested.index,
                             dtype=float).reindex(table.index)
    found = table["q"] <= level
    table["verdict"] = table["verdict"].mask(found & (table["effect"] > 0), NOTICED).mask(
        found & (table["effect"] < 0), OPPOSITE)
    return table[["indicator", "n", "share", "scope", "effect", "low", "high", "p", "q", "correlation", "rest_effect",
                  "rest_low", "rest_high", "rest_p", "rest_q", "ridge", "verdict"]]


@dataclass(frozen=True, eq=False)
class _Design:
    """One requirement: its centres, with the region's means (or the country's) taken off."""

    verdict: str
    n: int
    share: float
    correlation: float = NAN
    scope: str = ""
    y: np.ndarray | None = None
    x: np.ndarray | None = None          # the requirement, then ln size
    rest: np.ndarray | None = None       # the other requirements, then where they do not apply
    groups: np.ndarray | None = None

    @classmethod
    def of(cls, y: np.ndarray, mark: np.ndarray, others: np.ndarray, log_size: np.ndarray,
           groups: np.ndarray) -> _Design:
        known = np.isfinite(y) & np.isfinite(mark)
        y, mark, others, log_size = y[known], mark[known], others[known], log_size[known]
        groups = np.unique(groups[known], return_inverse=True)[1]
        n, met = len(y), int(mark.sum())
        share = met / n if n else NAN
        if n and met in (0, n):
            return cls(ALIKE, n, share)
        if min(met, n - met) < FEWEST_CENTRES or not np.ptp(y) > checks.DUST * np.abs(y).max():
            return cls(FEW, n, share)
        size = np.bincount(groups)
        met_by = np.bincount(groups, mark)
        mixed = int(((met_by > 0) & (met_by < size)).sum())
        once = mixed == 0 and min(int((met_by > 0).sum()), int((met_by == 0).sum())) >= FEWEST_REGIONS
        correlation = float(np.corrcoef(mark, y)[0, 1])
        if mixed < FEWEST_REGIONS and not once:
            return cls(FEW, n, share, correlation)
        given = np.isfinite(others)
        mean = np.where(given, others, 0).sum(axis=0) / np.maximum(given.sum(axis=0), 1)
        columns = np.column_stack([y, mark, log_size, np.where(given, others, mean), ~given])
        columns = columns - (columns.mean(axis=0) if once else np.column_stack(
            [np.bincount(groups, column) / size for column in columns.T])[groups])
        rest = columns[:, 3:]
        rest = rest[:, (rest**2).sum(axis=0) > 1e-9 * n]
        scope = BETWEEN if once else WITHIN
        return cls(NONE, n, share, correlation, scope, columns[:, 0], columns[:, 1:3], rest, groups)

    def row(self, confidence: float) -> dict[str, object]:
        """All that is reported but q."""
        found = {"n": self.n, "share": self.share, "scope": self.scope, "correlation": self.correlation,
                 "verdict": self.verdict, "ridge": False}
        names = ("effect", "low", "high", "p")
        if self.y is None:
            return {**found, **dict.fromkeys(names, NAN), **{f"rest_{name}": NAN for name in names}}
        alone, _ = _clustered(self.y, self.x, self.groups, confidence)
        given_rest, ridge = _clustered(self.y, np.column_stack([self.x, self.rest]), self.groups, confidence)
        return {**found, "ridge": ridge, **dict(zip(names, alone, strict=True)),
                **{f"rest_{name}": value for name, value in zip(names, given_rest, strict=True)}}


def _clustered(y: np.ndarray, x: np.ndarray, groups: np.ndarray,
               confidence: float) -> tuple[tuple[float, float, float, float], bool]:
    """First coefficient with interval and p, clustered by group; ridge where the columns are collinear.

    The penalty is the least that brings the condition number of the columns (of length 1) down to 30.
    """
    length = np.sqrt((x**2).sum(axis=0))
    x, length = x[:, length > 1e-9], length[length > 1e-9]
    unit = x / length
    cross = unit.T @ unit
    values = np.linalg.eigvalsh(cross)
    bound = LARGEST_CONDITION**2
    penalty = max((values[-1] - bound * values[0]) / (bound - 1), 0.0)
    inverse = np.linalg.inv(cross + penalty * np.eye(len(cross)))
    beta = inverse @ (unit.T @ y)
    scores = unit * (y - unit @ beta)[:, None]
    by_group = np.column_stack([np.bincount(groups, column) for column in scores.T])
    g, (n, p) = len(by_group), unit.shape
    variance = inverse[0] @ (by_group.T @ by_group) @ inverse[0] * g / (g - 1) * (n - 1) / (n - p)
    effect, error = beta[0] / length[0], np.sqrt(variance) / length[0]
    half = stats.t.ppf((1 + confidence) / 2, g - 1) * error
    p_value = 2 * stats.t.sf(abs(effect) / error, g - 1) if error > 0 else NAN
    return (float(effect), float(effect - half), float(effect + half), float(p_value)), penalty > 0


# What must hold of the data.

def _check(survey: pd.DataFrame, marks: pd.DataFrame, indicator: pd.Series, what: str) -> None:
    for table, name in ((survey, "опрос"), (marks, "чек-лист")):
        checks.unique(table.index, f"{what}: центры ({name})")
        checks.unique(table.columns, f"{what}: столбцы ({name})")
        text = [str(code) for code, column in table.items() if not pd.api.types.is_numeric_dtype(column)]
        if text:
            raise InputError(f"{what}: нужны числа, не числа в столбцах ({name}): {', '.join(text[:10])}.")
    checks.unique(indicator.index, f"{what}: показатель требования")
    strange = marks.notna() & ~marks.isin([0, 1])
    if strange.to_numpy().any():
        centre, code = strange.stack()[lambda cell: cell].index[0]
        raise InputError(f"{what}: отметка должна быть 1 (исполнено), 0 (нет) или пустой, найдено "
                         f"{marks.loc[centre, code]:g} ({centre} × {code}).")
    missing = [str(code) for code in marks if code not in indicator.index or pd.isna(indicator[code])]
    if missing:
        raise InputError(f"{what}: не указан показатель требований: {', '.join(missing[:10])} (всего {len(missing)}).")
    infinite = np.isinf(survey.astype(float))
    if infinite.to_numpy().any():
        centre, code = infinite.stack()[lambda cell: cell].index[0]
        raise InputError(f"{what}: значение должно быть конечным, найдена бесконечность: {centre} × {code}.")


def _controls(region: pd.Series, size: pd.Series, centres: pd.Index, what: str) -> tuple[np.ndarray, np.ndarray]:
    """Numbers of the regions and logarithms of the sizes."""
    for control, name in ((region, "регион"), (size, "размер")):
        checks.unique(control.index, f"{what}: {name}")
        missing = centres[control.reindex(centres).isna()]
        if len(missing):
            raise InputError(f"{what}: не указан {name} центров: {', '.join(map(str, missing[:5]))} "
                             f"(всего {len(missing)}).")
    sizes = size[centres].astype(float)
    wrong = centres[~(sizes > 0) | np.isinf(sizes)]
    if len(wrong):
        raise InputError(f"{what}: размер центра должен быть числом больше 0: {', '.join(map(str, wrong[:5]))} "
                         f"(всего {len(wrong)}).")
    return pd.factorize(region[centres], sort=True)[0], np.log(sizes.to_numpy())
