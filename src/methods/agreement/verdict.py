"""From statistics of agreement to a decision: what to do with each indicator measured by survey and by checklist.

`measures` computes what a decision may rest on, `verdicts` applies rules to it. The rules are data: a methodology can
carry its own. The default ones ask in this order: are there enough units, does the measurement differ at all, is the
survey more than chance, is the checklist fine enough, do the two differ in spread or in level, are they linked.
"""

from __future__ import annotations

import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from scipy import optimize, stats

from methods import checks
from methods.agreement import correlation
from methods.agreement.concordance import concordance, corrected_concordance
from methods.agreement.correlation import FEWEST_PAIRS, Interval
from methods.agreement.random_intercept import needed_size
from methods.errors import EditionError, InputError, NotPublishable
from methods.index.edition import Edition
from methods.index.rounding import half_up
from methods.index.score import EVERYONE

WANTED_RELIABILITY = 0.7   # Nunnally (1978), Psychometric Theory, p. 245: enough where groups are compared
FEWEST_INSPECTED = 20
NAN, INF = float("nan"), float("inf")

# What a verdict may rest on, in the order of the columns of `measures`.
MEASURES = {
    "units": "единиц с обеими сторонами",
    "survey_mean": "среднее опроса",
    "checklist_mean": "среднее чек-листа",
    "bias": "средняя разность «опрос минус чек-лист»",
    "bias_low": "нижняя граница интервала разности",
    "bias_high": "верхняя граница интервала разности",
    "location_shift": "разность уровней по модулю, в стандартных отклонениях",
    "location_shift_low": "нижняя граница интервала разности уровней по модулю",
    "survey_spread": "стандартное отклонение опроса между единицами",
    "checklist_spread": "стандартное отклонение чек-листа между единицами",
    "spread_ratio": "отношение меньшего разброса к большему",
    "survey_share": "доля опроса в дисперсии полусуммы",
    "balanced_weight": "вес опроса, при котором вклады сторон равны",
    "reliability": "надёжность опроса при нынешнем числе ответов",
    "reliability_low": "нижняя граница интервала надёжности",
    "reliability_high": "верхняя граница интервала надёжности",
    "respondents": "ответов на единицу, медиана",
    "respondents_needed": "ответов на единицу для надёжности 0,7",
    "checklist_reliability": "надёжность чек-листа, если требования — выборка из возможных",
    "reliability_weight": "вес опроса по точности сторон",
    "requirements": "требований в перечне, медиана",
    "step": "шаг чек-листа 1/N",
    "levels": "возможных значений чек-листа, N + 1",
    "distinct": "встретившихся значений чек-листа",
    "survey_commonest": "доля самого частого значения опроса",
    "checklist_commonest": "доля самого частого значения чек-листа",
    "survey_best": "доля единиц с наибольшим опросом",
    "checklist_best": "доля единиц с полным чек-листом",
    "survey_room": "доля наибольшей возможной дисперсии опроса",
    "checklist_room": "доля наибольшей возможной дисперсии чек-листа",
    "correlation": "корреляция сторон",
    "true_correlation": "корреляция без ошибки опроса",
    "true_correlation_low": "нижняя граница интервала корреляции без ошибки опроса",
    "true_correlation_high": "верхняя граница интервала корреляции без ошибки опроса",
    "ccc": "конкордация Лина",
    "true_ccc": "конкордация Лина без ошибки опроса",
}
_WHOLE = {"units", "respondents", "respondents_needed", "requirements", "levels", "distinct"}

# Actions.
KEEP = "складывать поровну"
WEIGH = "взвесить стороны"
REWRITE = "переписать требования"
REFINE = "дополнить перечень"
ENLARGE = "увеличить выборку"
INSPECT = "разобрать разницу уровней"
DROP = "исключить как неразличающий"
COLLECT = "собрать больше единиц"
UNDECIDED = "не решено"


@dataclass(frozen=True)
class Rule:
    """If every named measure is within its bounds (low <= value < high; None is no bound), take the action.

    `reason` is a sentence with the measures in braces; {above_NAME} and {below_NAME} are the rule's own bounds.
    """

    when: Mapping[str, tuple[float | None, float | None]]
    action: str
    reason: str
    source: str


RULES = (
    Rule({"units": (None, 20)}, COLLECT,
         "единиц с обеими сторонами {units}, нужно не меньше {below_units}: меньшего мало, чтобы верить интервалам",
         "интервалы проверены моделированием от 20 единиц: benchmarks/agreement_coverage.py"),
    Rule({"checklist_commonest": (0.95, None)}, DROP,
         "у {checklist_commonest} единиц (доля) чек-лист один и тот же: требования почти никого не различают",
         "Kuhn (2008), признак почти без дисперсии: 95 к 5, doi:10.18637/jss.v028.i05"),
    Rule({"survey_commonest": (0.95, None)}, DROP,
         "у {survey_commonest} единиц (доля) опрос один и тот же: вопрос почти никого не различает",
         "Kuhn (2008), признак почти без дисперсии: 95 к 5, doi:10.18637/jss.v028.i05"),
    Rule({"reliability": (None, 0.2)}, ENLARGE,
         "надёжность опроса {reliability} при {respondents} ответах на единицу, ниже {below_reliability}: различия "
         "единиц почти целиком случайны; для надёжности 0,7 ответов на единицу нужно: {respondents_needed}",
         "Landis, Koch (1977): согласие до 0,20 ничтожно, doi:10.2307/2529310; 0,7 — Nunnally (1978)"),
    Rule({"levels": (None, 5)}, REFINE,
         "требований в перечне {requirements}, возможных значений {levels}, меньше {below_levels}: шаг {step} слишком "
         "груб, чтобы различать единицы",
         "Preston, Colman (2000): шкалы из двух — четырёх ступеней хуже по надёжности и различению, "
         "doi:10.1016/S0001-6918(99)00050-5"),
    Rule({"spread_ratio": (None, 1 / 3), "location_shift_low": (0.5, None)}, WEIGH,
         "шкалы разные: опрос {survey_mean} с разбросом {survey_spread}, чек-лист {checklist_mean} с разбросом "
         "{checklist_spread}; в полусумме на опрос приходится {survey_share} дисперсии вместо половины; вклады равны "
         "при весе опроса {balanced_weight}",
         "Paruolo, Saisana, Saltelli (2013), номинальный и действительный вес, doi:10.1111/j.1467-985X.2012.01059.x; "
         "при отношении разбросов 1/3 несвязанная сторона даёт не больше десятой части дисперсии"),
    Rule({"location_shift_low": (0.5, None)}, INSPECT,
         "уровни расходятся на {bias} (опрос минус чек-лист), это {location_shift} стандартного отклонения, больше "
         "{above_location_shift_low}: проверить, о том ли требования и не завышен ли чек-лист",
         "Norman, Sloan, Wyrwich (2003): заметная разность — половина стандартного отклонения, "
         "doi:10.1097/01.MLR.0000062554.74615.4C"),
    Rule({"true_correlation_high": (None, 0.3)}, REWRITE,
         "связь сторон без ошибки опроса {true_correlation}, не выше {true_correlation_high}, а нужно хотя бы "
         "{below_true_correlation_high}: требования не о том, что видят клиенты",
         "Cohen (1988), Statistical Power Analysis: связь ниже 0,30 слаба (меньше 9 % общей дисперсии)"),
    Rule({"true_correlation_low": (None, 0)}, COLLECT,
         "связь сторон не доказана: без ошибки опроса {true_correlation}, от {true_correlation_low} до "
         "{true_correlation_high}, единиц {units}",
         "интервал включает 0; Fieller (1954), doi:10.1111/j.2517-6161.1954.tb00159.x"),
    Rule({"spread_ratio": (None, 1 / 3)}, WEIGH,
         "разброс опроса {survey_spread}, чек-листа {checklist_spread}: в полусумме на опрос приходится {survey_share} "
         "дисперсии вместо половины; вклады равны при весе опроса {balanced_weight}",
         "Paruolo, Saisana, Saltelli (2013), doi:10.1111/j.1467-985X.2012.01059.x"),
    Rule({"reliability": (None, 0.4)}, WEIGH,
         "надёжность опроса {reliability}, ниже {below_reliability}, чек-листа {checklist_reliability}: по точности "
         "сторон вес опроса {reliability_weight}; для надёжности 0,7 ответов на единицу нужно: {respondents_needed}",
         "Cicchetti (1994): надёжность ниже 0,40 плоха, doi:10.1037/1040-3590.6.4.284"),
    Rule({}, KEEP,
         "разность уровней {bias}, связь без ошибки опроса {true_correlation}, надёжность опроса {reliability}: "
         "стороны говорят об одном и весят сопоставимо (доля опроса в дисперсии {survey_share})",
         "формула методики: полусумма сторон"),
)


# Quadrants, at or above each border.
BOTH, DISLIKED = "исполняет и нравится", "исполняет, но не нравится"
LIKED, NEITHER = "нравится, но не исполняет", "не исполняет и не нравится"
QUADRANTS = (BOTH, DISLIKED, LIKED, NEITHER)
ABOVE, BELOW = "выше ожидаемого", "ниже ожидаемого"  # a centre's survey against its checklist and region


@dataclass(frozen=True, eq=False)
class SideTables:
    """Both sides of the indicators, units x indicators; NaN where a side is missing."""

    survey: pd.DataFrame        # values on [0; 1], clienteles joined by their shares
    error: pd.DataFrame         # standard errors of the survey
    respondents: pd.DataFrame   # answers of all clienteles together
    effective: pd.DataFrame     # answers of one equal sample that would have the same error
    checklist: pd.DataFrame     # X/N
    requirements: pd.DataFrame  # N


@dataclass(frozen=True, eq=False)
class Quadrants:
    """On which side of both borders each unit is, and how sure that is."""

    table: pd.DataFrame   # unit -> survey, checklist, quadrant, probability of it, probability of each of the four
    survey_cut: float
    checklist_cut: float

    @property
    def expected(self) -> pd.Series:
        """Units in each quadrant: sums of the probabilities, which errors of the survey do not spread out."""
        return self.table[list(QUADRANTS)].sum()


def side_tables(measurements: pd.DataFrame, shares: Mapping[str, float]) -> SideTables:
    r"""Measurements of an edition as tables of both sides; where clienteles were asked apart, their weighted mean.

    .. math:: S = \frac{\sum_c \pi_c S_c}{\sum_c \pi_c}, \quad
              se^2 = \frac{\sum_c \pi_c^2 se_c^2}{(\sum_c \pi_c)^2}, \quad
              n_{\mathrm{eff}} = \frac{(\sum_c \pi_c)^2}{\sum_c \pi_c^2 / n_c}

    over the clienteles that answered. A standard error that is missing (one answer) is that of the indicator's and the
    clientele's pooled variance of an answer.

    Parameters
    ----------
    measurements : DataFrame
        Columns unit, indicator, side («subjective», «objective»), clientele, value, se, n.
    shares : mapping
        Clientele -> share of the combined value, above 0. An indicator asked of everybody has the clientele "".

    Examples
    --------
    >>> table = pd.DataFrame({"unit": "C01", "indicator": "Д1", "side": ["subjective", "subjective", "objective"],
    ...                       "clientele": ["seekers", "employers", ""], "value": [0.9, 0.8, 0.75],
    ...                       "se": [0.03, 0.04, None], "n": [40, 9, 8]})
    >>> found = side_tables(table, {"seekers": 0.5, "employers": 0.5})
    >>> found.survey.round(3).to_dict("index"), found.error.round(3).to_dict("index")
    ({'C01': {'Д1': 0.85}}, {'C01': {'Д1': 0.025}})
    """
    what = "Стороны показателей"
    known = measurements[measurements["value"].notna()]
    repeated = known[known.duplicated(["unit", "indicator", "side", "clientele"])]
    if len(repeated):
        first = repeated.iloc[0]
        raise InputError(f"{what}: измерение повторяется: {first['unit']} × {first['indicator']} ({first['side']}, "
                         f"«{first['clientele']}»; всего {len(repeated)}).")
    weights = {EVERYONE: 1.0, **shares}
    survey = known[known["side"] == "subjective"]
    strange = sorted(set(survey["clientele"]) - set(weights))
    if strange:
        raise InputError(f"{what}: не указана доля клиентур: {', '.join(strange)}.")
    w = survey["clientele"].map(weights).astype(float)
    if (w <= 0).any() or not np.isfinite(w).all():
        raise InputError(f"{what}: доля клиентуры — число больше 0, найдено: "
                         f"{', '.join(f'{name} = {value:g}' for name, value in shares.items())}.")
    n = survey["n"].astype(float)
    squared = survey["se"].astype(float) ** 2
    pooled = (squared * n).groupby([survey["indicator"], survey["clientele"]]).transform("mean")
    squared = squared.fillna(pooled / n)
    parts = pd.DataFrame({"unit": survey["unit"], "indicator": survey["indicator"], "w": w,
                          "value": w * survey["value"], "error": w**2 * squared, "n": n, "effective": w**2 / n})
    sums = parts.groupby(["unit", "indicator"])[["w", "value", "error", "n", "effective"]].sum(skipna=False)
    sums["value"], sums["error"] = sums["value"] / sums["w"], np.sqrt(sums["error"]) / sums["w"]
    sums["effective"] = sums["w"] ** 2 / sums["effective"]
    objective = known[known["side"] == "objective"].set_index(["unit", "indicator"])
    units = pd.Index(sorted(known["unit"].unique()), name="unit")
    codes = pd.Index(sorted(known["indicator"].unique()), name="indicator")
    tables = [values.unstack("indicator").reindex(index=units, columns=codes).astype(float)
              for values in (sums["value"], sums["error"], sums["n"], sums["effective"], objective["value"],
                             objective["n"])]
    return SideTables(*tables)


def measures(survey: pd.DataFrame, error: pd.DataFrame, respondents: pd.DataFrame, checklist: pd.DataFrame,
             requirements: pd.DataFrame, confidence: float = 0.95) -> pd.DataFrame:
    r"""What verdicts rest on: one row an indicator, columns as in `MEASURES`.

    `location_shift` is Lin's :math:`|\bar S - \bar O| / \sqrt{s_S s_O}`; `survey_share` is the survey's covariance
    share of the half-sum, :math:`(s_S^2 + s_{SO}) / (s_S^2 + s_O^2 + 2 s_{SO})`; `balanced_weight` is
    :math:`s_O / (s_S + s_O)`, at which both sides contribute alike. `reliability` is :math:`1 - \overline{se^2}/s_S^2`;
    `checklist_reliability` takes the requirements for a sample of possible ones (Lord's binomial error),
    :math:`1 - \overline{O(1-O)/(N-1)} / s_O^2`; `reliability_weight` weighs both sides, each in units of its true
    spread, by the inverse of its error variance :math:`(1-\rho)/\rho`. `room` is the variance over the largest one
    that values of this mean on [0; 1] can have.

    Parameters
    ----------
    survey, error, respondents, checklist, requirements : DataFrame, shape (units, indicators)
        Value of the survey on [0; 1], its standard error, number of answers; share of fulfilled requirements and their
        number. Matched by label; a unit counts for an indicator if it has both values. A missing standard error is
        taken from the pooled variance of an answer.
    confidence : float
        Of all intervals.

    Returns
    -------
    DataFrame, indexed by indicator
        NaN where a measure is not defined: below 3 units, without spread, or where nothing but error is left.

    References
    ----------
    Lin (1989), doi:10.2307/2532051. Spearman (1904), doi:10.2307/1412159. Lord (1957), Do tests of the same length
    have the same standard errors of measurement?, doi:10.1177/001316445701700407. Becker, Saisana, Paruolo,
    Vandecasteele (2017), Weights and importance in composite indicators, doi:10.1016/j.ecolind.2017.03.056

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> true, units = rng.uniform(0.5, 0.9, 200), [f"C{i:03d}" for i in range(200)]
    >>> survey, checklist, error, respondents, requirements = (
    ...     pd.DataFrame({"Д1": values}, units)
    ...     for values in (true + rng.normal(0, 0.05, 200), rng.binomial(8, true) / 8, 0.05, 40, 8))
    >>> found = measures(survey, error, respondents, checklist, requirements)
    >>> found.loc["Д1", ["units", "bias", "reliability", "levels"]].round(2).to_list()
    [200.0, 0.01, 0.85, 9.0]
    """
    tables = {"опрос": survey, "ошибка опроса": error, "число ответов": respondents, "чек-лист": checklist,
              "число требований": requirements}
    for name, table in tables.items():
        checks.unique(table.index, f"Измерения согласия, {name}: единицы")
        checks.unique(table.columns, f"Измерения согласия, {name}: показатели")
        if (table < 0).to_numpy().any():
            unit, code = (table < 0).stack()[lambda cell: cell].index[0]
            raise InputError(f"Измерения согласия, {name}: значение не меньше 0, найдено {table.loc[unit, code]:g} "
                             f"({unit} × {code}).")
    codes = sorted(set(survey.columns) | set(checklist.columns), key=str)
    rows = {}
    for code in codes:
        parts = pd.DataFrame({name: table[code].astype(float) if code in table else pd.Series(dtype=float)
                              for name, table in tables.items()}).set_axis(["s", "se", "n", "o", "k"], axis=1)
        both = parts[parts["s"].notna() & parts["o"].notna()]
        rows[code] = _measures(both, confidence)
    return pd.DataFrame.from_dict(rows, orient="index", columns=list(MEASURES)).rename_axis("indicator")


def rules_of(edition: Edition) -> tuple[Rule, ...]:
    """The edition's own rules, or the default ones if it has none."""
    own = tuple(Rule({name: (bounds.least, bounds.below) for name, bounds in rule.when.items()}, rule.action,
                     rule.reason, rule.source) for rule in edition.verdict_rules)
    return own or RULES


def verdicts(measured: pd.DataFrame, rules: Sequence[Rule] = RULES) -> pd.DataFrame:
    """The first rule that holds for each indicator: what to do and why.

    A rule is passed over as soon as one of its conditions fails. If none fails but a measure is not defined, the search
    stops there with «не решено»: what comes later presupposes that this was answered.

    Parameters
    ----------
    measured : DataFrame, indexed by indicator
        As `measures` gives it, or columns of one's own; a column for every measure that the rules name.
    rules : sequence of Rule
        In order; the last has no conditions.

    Returns
    -------
    DataFrame, indexed by indicator
        `action`, `reason` (Russian, numbers filled in), `rule` (from 1) and `source`.

    Raises
    ------
    EditionError
        No rules, a rule without conditions before the last one or none at the end, bounds in the wrong order, a field
        of the reason that is not a measure.
    InputError
        A measure that a rule names is not among the columns.

    Examples
    --------
    >>> measured = pd.DataFrame({"reliability": [0.1, 0.8], "bias": [0.02, -0.1]}, index=["Д1", "М2"])
    >>> reason = "надёжность {reliability} < {below_reliability}"
    >>> rules = (Rule({"reliability": (None, 0.7)}, ENLARGE, reason, "Nunnally (1978)"),
    ...          Rule({}, KEEP, "разность {bias}", "формула методики"))
    >>> verdicts(measured, rules)[["action", "reason"]].to_numpy().tolist()
    [['увеличить выборку', 'надёжность 0,10 < 0,70'], ['складывать поровну', 'разность −0,10']]
    """
    _check_rules(measured, rules)
    rows = {code: _verdict(row, rules) for code, row in measured.iterrows()}
    return pd.DataFrame.from_dict(rows, orient="index", columns=["action", "reason", "rule", "source"]).rename_axis(
        measured.index.name or "indicator")


def quadrants(survey: pd.Series, checklist: pd.Series, error: pd.Series | float, *, survey_cut: float | None = None,
              checklist_cut: float | None = None, prior: Literal["normal", "flat"] = "normal") -> Quadrants:
    r"""Units by both sides of two borders: fulfils and is liked, fulfils but is not liked, and so on.

    With the true values of units normal about their mean with variance :math:`\tau^2`, the true value of a unit is

    .. math:: \theta_i \mid S_i \sim N\bigl(\bar S + B_i (S_i - \bar S), \; B_i se_i^2\bigr), \quad
              B_i = \frac{\tau^2}{\tau^2 + se_i^2}, \quad \tau^2 = s_S^2 - \overline{se^2}

    and its probability of being at or above the border follows. The checklist has no sampling error.

    Parameters
    ----------
    survey, checklist : Series, by unit
        Matched by label; units with both values. At least 3.
    error : Series or float
        Standard errors of the survey, 0 or more.
    survey_cut, checklist_cut : float, optional
        Borders; by default the medians. A value equal to the border is above it.
    prior : "normal" or "flat"
        Flat leaves :math:`B_i = 1`: probabilities from the standard error alone, too sure where the survey is noisy.

    References
    ----------
    Martilla, James (1977), Importance-performance analysis, doi:10.1177/002224297704100112. Efron, Morris (1975), Data
    analysis using Stein's estimator, doi:10.1080/01621459.1975.10479864

    Examples
    --------
    >>> survey = pd.Series({"C01": 0.95, "C02": 0.9, "C03": 0.7, "C04": 0.6})
    >>> checklist = pd.Series({"C01": 1.0, "C02": 0.5, "C03": 0.9, "C04": 0.4})
    >>> found = quadrants(survey, checklist, 0.03, survey_cut=0.8, checklist_cut=0.8)
    >>> found.table["quadrant"].to_dict()  # doctest: +NORMALIZE_WHITESPACE
    {'C01': 'исполняет и нравится', 'C02': 'нравится, но не исполняет', 'C03': 'исполняет, но не нравится',
     'C04': 'не исполняет и не нравится'}
    """
    what = "Четыре группы единиц"
    if prior not in ("normal", "flat"):
        raise InputError(f"{what}: неизвестно «{prior}», допустимы normal и flat.")
    s, o, se = _both(survey, checklist, error, what)
    s_cut = float(s.median()) if survey_cut is None else survey_cut
    o_cut = float(o.median()) if checklist_cut is None else checklist_cut
    tau = max(s.var() - (se**2).mean(), 0.0) if prior == "normal" else INF
    whole = tau + se.to_numpy() ** 2
    kept = np.ones(len(s)) if np.isinf(tau) else np.where(whole > 0, tau / np.where(whole > 0, whole, 1), 1.0)
    middle, spread = s.mean() + kept * (s - s.mean()) - s_cut, np.sqrt(kept) * se
    with np.errstate(divide="ignore", invalid="ignore"):
        liked = np.where(spread > 0, stats.norm.cdf(middle / spread), np.where(se > 0, 0.5, s >= s_cut))
    fulfils = (o >= o_cut - checks.DUST).to_numpy()
    above = (s >= s_cut - checks.DUST).to_numpy()
    table = pd.DataFrame({"survey": s, "checklist": o, "quadrant": np.select(
        [fulfils & above, fulfils & ~above, ~fulfils & above], [BOTH, DISLIKED, LIKED], NEITHER)})
    chances = dict(zip(QUADRANTS, (fulfils * liked, fulfils * (1 - liked), ~fulfils * liked, ~fulfils * (1 - liked)),
                       strict=True))
    table["probability"] = np.select([table["quadrant"] == name for name in QUADRANTS], list(chances.values()))
    return Quadrants(table.assign(**chances).loc[survey.index[survey.index.isin(s.index)]], s_cut, o_cut)


def centres_to_inspect(survey: pd.Series, error: pd.Series, answers: pd.Series, checklist: pd.Series,
                       region: pd.Series | None = None, level: float = 0.10) -> pd.DataFrame:
    r"""Centres whose survey is far from what the checklist and the region let expect, beyond chance, either way.

    .. math:: 2 \arcsin \sqrt{S_i} = \alpha_{r(i)} + \beta O_i + u_i + e_i, \quad \mathrm{Var}\,u_i = \tau^2, \;
              \mathrm{Var}\,e_i = \phi / n_i, \quad
              \phi = \frac{\sum_i n_i se_i^2}{\sum_i S_i (1 - S_i)}

    The arcsine evens out the sampling variance and the skewness of means near the ceiling. :math:`\tau^2`, what the
    centres of a region differ in at the same checklist, is Paule and Mandel's. The statistic is the deleted residual
    over its error (the centre's own value has no part in what it is compared with), by Student's law; q by Benjamini
    and Hochberg. A centre alone in its region is not tested.

    Parameters
    ----------
    survey, error : Series, by centre
        Value on [0; 1] and its standard error.
    answers : Series, by centre
        Answers; where clienteles are joined, the effective number (`side_tables`).
    checklist : Series, by centre
        Share of requirements fulfilled.
    region : Series, by centre, optional
    level : float
        Of false discoveries: centres with q up to it are named in `side`.

    Returns
    -------
    DataFrame, by centre with both values
        `survey`, `checklist`, `expected`, `difference`, `t`, `p`, `q`, `side` («выше ожидаемого», «ниже ожидаемого» or
        empty).

    Raises
    ------
    NotPublishable
        Fewer than 20 centres, or not more centres than regions need.

    References
    ----------
    Freeman, Tukey (1950), doi:10.1214/aoms/1177729756. Paule, Mandel (1982), doi:10.6028/jres.087.022. Viechtbauer,
    Cheung (2010), Outlier and influence diagnostics for meta-analysis, section 2, doi:10.1002/jrsm.11. Benjamini,
    Hochberg (1995), doi:10.1111/j.2517-6161.1995.tb02031.x

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> centres = [f"C{i:02d}" for i in range(60)]
    >>> checklist = pd.Series(rng.uniform(0.5, 1, 60), centres)
    >>> survey = 0.6 + 0.3 * checklist + pd.Series(rng.normal(0, 0.02, 60), centres)
    >>> survey["C07"] = 0.65
    >>> found = centres_to_inspect(survey, pd.Series(0.02, centres), pd.Series(200, centres), checklist)
    >>> found.index[found["side"] != ""].to_list(), found.loc["C07", "side"]
    (['C07'], 'ниже ожидаемого')
    """
    what = "Центры для проверки"
    if not 0 < level < 1:
        raise InputError(f"{what}: уровень ложных находок должен быть больше 0 и меньше 1, найдено {level}.")
    s, o, se = _both(survey, checklist, error, what)
    n = answers.reindex(s.index).astype(float)
    wrong = s.index[~(n > 0) | (s < 0) | (s > 1)]
    if len(wrong):
        raise InputError(f"{what}: опрос — число от 0 до 1, ответов больше 0, иначе у: "
                         f"{', '.join(map(str, wrong[:5]))} (всего {len(wrong)}).")
    groups = pd.Series(0, s.index) if region is None else region.reindex(s.index)
    if groups.isna().any():
        missing = s.index[groups.isna()]
        raise InputError(f"{what}: не указан регион: {', '.join(map(str, missing[:5]))} (всего {len(missing)}).")
    codes, names = pd.factorize(groups, sort=True)
    if len(s) < FEWEST_INSPECTED or len(s) <= len(names) + 2 or not (s * (1 - s)).sum() > 0:
        raise NotPublishable(f"{what}: нужно не меньше {FEWEST_INSPECTED} центров и больше, чем регионов, найдено "
                             f"центров {len(s)}, регионов {len(names)}; опрос не у всех наибольший.")
    y = 2 * np.arcsin(np.sqrt(s.to_numpy()))
    sampling = (n * se**2).sum() / (s * (1 - s)).sum() / n.to_numpy()
    inside = o.to_numpy() - (np.bincount(codes, o) / np.bincount(codes))[codes]
    slopes = int((inside**2).sum() > checks.DUST * len(o))                    # 0: the checklist tells nothing here
    free = len(y) - len(names) - slopes
    residual, leverage, variance = _weighted_fit(y, inside * slopes, codes, sampling, free)
    tested = leverage < 1 - 1e-9
    own = np.where(tested, 1 - leverage, 1.0)
    z = residual / np.sqrt(variance * own)
    scale = (residual**2 / variance).sum()
    t = pd.Series(z / np.sqrt(np.maximum((scale - z**2) / (free - 1), checks.DUST)), s.index).where(tested)
    p = pd.Series(2 * stats.t.sf(t.abs(), free - 1), s.index)
    q = pd.Series(stats.false_discovery_control(p[tested]), s.index[tested]).reindex(s.index)
    expected = pd.Series(np.sin(np.clip(y - residual / own, 0, np.pi) / 2) ** 2, s.index).where(tested)
    side = np.select([(q <= level) & (t > 0), (q <= level) & (t < 0)], [ABOVE, BELOW], "")
    table = pd.DataFrame({"survey": s, "checklist": o, "expected": expected, "difference": s - expected, "t": t, "p": p,
                          "q": q, "side": side})
    return table.loc[survey.index[survey.index.isin(s.index)]]


# Measures of one indicator.

def _measures(both: pd.DataFrame, confidence: float) -> dict[str, float]:
    """From the columns s, se, n, o, k of the units with both values."""
    found = dict.fromkeys(MEASURES, NAN) | {"units": len(both), "respondents": both["n"].median(),
                                            "requirements": both["k"].median()}
    found |= {"step": 1 / found["requirements"], "levels": found["requirements"] + 1}
    if both.empty:
        return found
    s, o = both["s"].rename("опрос"), both["o"].rename("чек-лист")
    for name, values in (("survey", s), ("checklist", o)):
        rounded = values.round(9)
        mean, best = values.mean(), (rounded >= rounded.max()).mean() if name == "survey" else (rounded >= 1).mean()
        room = values.var(ddof=0) / (mean * (1 - mean)) if 0 < mean < 1 else NAN
        found |= {f"{name}_mean": mean, f"{name}_spread": values.std(), f"{name}_best": best, f"{name}_room": room,
                  f"{name}_commonest": rounded.value_counts().iloc[0] / len(values)}
    found["distinct"] = o.round(9).nunique()
    if len(both) < FEWEST_PAIRS:
        return found
    pooled = (both["se"] ** 2 * both["n"]).mean()
    variance = (both["se"] ** 2).fillna(pooled / both["n"])
    agreement = concordance(s, o, confidence)
    found |= {"bias": agreement.bias, "bias_low": agreement.bias_interval[0], "bias_high": agreement.bias_interval[1],
              "correlation": agreement.pearson, "ccc": agreement.ccc,
              "location_shift": abs(agreement.location_shift),
              "location_shift_low": _nearest_to_zero(agreement.location_shift_interval)}
    s_o = np.cov(s, o)
    total = s_o.sum()
    if total > 0 and s_o[0, 0] > 0 and s_o[1, 1] > 0:
        spreads = np.sqrt(np.diag(s_o))
        found |= {"survey_share": s_o[0].sum() / total, "balanced_weight": spreads[1] / spreads.sum(),
                  "spread_ratio": spreads.min() / spreads.max()}
    if variance.isna().any():
        return found
    reliable = correlation.reliability(s, variance, confidence)
    corrected = correlation.disattenuated(s, o, variance, confidence=confidence)
    found |= {"reliability": reliable.value, "reliability_low": reliable.interval[0],
              "reliability_high": reliable.interval[1], "true_correlation": corrected.value,
              "true_correlation_low": corrected.interval[0], "true_correlation_high": corrected.interval[1],
              "true_ccc": corrected_concordance(s, o, variance, confidence=confidence).ccc,
              "checklist_reliability": _binomial_reliability(o, both["k"])}
    found["respondents_needed"] = _needed(found["respondents"], found["reliability"])
    found["reliability_weight"] = _inverse_errors(found["reliability"], found["checklist_reliability"])
    return found


def _nearest_to_zero(interval: Interval) -> float:
    low, high = interval
    return max(low, -high, 0.0) if np.isfinite(interval).all() else NAN


def _binomial_reliability(share: pd.Series, requirements: pd.Series) -> float:
    """Lord's binomial errors; lists of one requirement tell nothing about their error."""
    usable = requirements >= 2
    spread = share.var()
    if not usable.any() or not spread > 0:
        return NAN
    return float(1 - (share * (1 - share) / (requirements - 1))[usable].mean() / spread)


def _needed(n: float, reliability: float) -> float:
    """Answers for the wanted reliability, from the reliability at the present number."""
    if not np.isfinite(n) or not np.isfinite(reliability):
        return NAN
    if reliability <= 0:
        return INF
    return n * needed_size(min(reliability, 1 - checks.DUST), WANTED_RELIABILITY)


def _inverse_errors(one: float, other: float) -> float:
    """Weight of the first side by inverse error variances in units of the true spread; 0 where it is all error."""
    if np.isnan(one) or np.isnan(other) or (one <= 0 and other <= 0):
        return NAN
    errors = [(1 - value) / value if value > 0 else INF for value in (one, other)]
    if np.isinf(errors[0]) or errors[1] == errors[0]:
        return 0.0 if np.isinf(errors[0]) else 0.5
    return 1.0 if np.isinf(errors[1]) else errors[1] / sum(errors)


# Rules.

def _check_rules(measured: pd.DataFrame, rules: Sequence[Rule]) -> None:
    checks.unique(measured.index, "Вердикты: показатели")
    if not rules:
        raise EditionError("Правила вердиктов: нужно хотя бы одно правило, найдено 0.")
    for number, rule in enumerate(rules, start=1):
        where = f"Правила вердиктов, правило {number} («{rule.action}»)"
        if bool(rule.when) == (number == len(rules)):
            raise EditionError(f"{where}: условия должны быть у всех правил, кроме последнего; у последнего их нет, "
                               "чтобы решение было всегда.")
        for name, (low, high) in rule.when.items():
            if name not in measured.columns:
                raise InputError(f"{where}: меры «{name}» нет среди столбцов. Есть: "
                                 f"{', '.join(map(str, measured.columns))}.")
            if low is None and high is None:
                raise EditionError(f"{where}: у меры «{name}» не задана ни одна граница.")
            if low is not None and high is not None and low >= high:
                raise EditionError(f"{where}: у меры «{name}» нижняя граница {low:g} не меньше верхней {high:g}.")
        try:
            fields = [field for _, field, _, _ in string.Formatter().parse(rule.reason) if field is not None]
        except ValueError as problem:
            raise EditionError(f"{where}: в тексте причины не сходятся скобки ({problem}).") from problem
        allowed = {*map(str, measured.columns), *_bounds(rule)}
        unknown = [field for field in fields if field not in allowed]
        if unknown:
            raise EditionError(f"{where}: в тексте причины нет такой меры или границы: {', '.join(unknown)}.")


def _verdict(row: pd.Series, rules: Sequence[Rule]) -> list[object]:
    number = next(number for number, rule in enumerate(rules) if not _fails(row, rule))  # the last has no conditions
    rule = rules[number]
    unknown = [MEASURES.get(name, name) for name in rule.when if np.isnan(float(row[name]))]
    if unknown:
        return [UNDECIDED, f"не вычислено: {', '.join(unknown)}", number + 1, rule.source]
    words = {str(name): _spell(value, str(name)) for name, value in row.items()} | _bounds(rule)
    return [rule.action, rule.reason.format(**words), number + 1, rule.source]


def _fails(row: pd.Series, rule: Rule) -> bool:
    """A measure is outside its bounds; one that is not defined does not fail."""
    return any((low is not None and float(row[name]) < low) or (high is not None and float(row[name]) >= high)
               for name, (low, high) in rule.when.items())


def _bounds(rule: Rule) -> dict[str, str]:
    return {f"{word}_{name}": _spell(bound, name) for name, pair in rule.when.items()
            for word, bound in zip(("above", "below"), pair, strict=True) if bound is not None}


def _spell(value: object, name: str) -> str:
    """Decimal comma, true minus, rounded half up; counts without a fraction unless they have one."""
    number = float(value)
    if np.isnan(number):
        return "—"
    if np.isinf(number):
        return "−∞" if number < 0 else "∞"
    if name in _WHOLE:
        text = f"{np.ceil(number):.0f}" if name == "respondents_needed" else f"{number:g}"  # enough is not less
    else:
        text = f"{half_up(number, 2):.2f}"
    return text.replace(".", ",").replace("-", "−")


# Centres.

def _both(survey: pd.Series, checklist: pd.Series, error: pd.Series | float,
          what: str) -> tuple[pd.Series, pd.Series, pd.Series]:
    """Values and errors of the units with both sides, in the order of their labels."""
    if not isinstance(error, pd.Series):
        error = pd.Series(float(error), survey.index)
    for series, name in ((survey, "опрос"), (checklist, "чек-лист"), (error, "ошибка опроса")):
        checks.unique(series.index, f"{what}: {name}")
    units = survey.index[survey.notna()].intersection(checklist.index[checklist.notna()])
    units = units[np.argsort(units.astype(str), kind="stable")]
    if len(units) < FEWEST_PAIRS:
        raise NotPublishable(f"{what}: нужно не меньше {FEWEST_PAIRS} единиц с обеими сторонами, найдено {len(units)}. "
                             "Проверьте, одинаковы ли коды единиц.")
    se = error.reindex(units).astype(float)
    wrong = units[~(np.isfinite(se) & (se >= 0))]
    if len(wrong):
        raise InputError(f"{what}: ошибка опроса — число не меньше 0, иначе у: {', '.join(map(str, wrong[:5]))} "
                         f"(всего {len(wrong)}).")
    return survey[units].astype(float), checklist[units].astype(float), se


def _weighted_fit(y: np.ndarray, x: np.ndarray, codes: np.ndarray, sampling: np.ndarray,
                  free: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Residuals, leverages and variances of a line with a level for every group.

    The variance beyond sampling is Paule and Mandel's: it makes chi-square equal its degrees of freedom.
    """
    def fit(beyond: float) -> tuple[np.ndarray, np.ndarray]:
        w = 1 / (beyond + sampling)
        total = np.bincount(codes, w)
        v, u = (values - (np.bincount(codes, w * values) / total)[codes] for values in (y, x))
        squares = (w * u**2).sum()
        slope, own = ((w * u * v).sum() / squares, w * u**2 / squares) if squares > 0 else (0.0, 0.0)
        return v - slope * u, w / total[codes] + own

    def excess(beyond: float) -> float:
        return float((fit(beyond)[0] ** 2 / (beyond + sampling)).sum() - free)

    beyond = 0.0 if excess(0.0) <= 0 else optimize.brentq(excess, 0.0, float(((y - y.mean()) ** 2).sum()), xtol=1e-14)
    return (*fit(beyond), beyond + sampling)
