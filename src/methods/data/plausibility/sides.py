"""Signals in the checklist beside the survey: a rise that clients do not see, far from peers."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from methods import checks
from methods.data.plausibility import nulls
from methods.data.plausibility.signal import Signal, number, q_values
from methods.errors import InputError

Array = NDArray[np.float64]

FEWEST_REQUIREMENTS = 10
FEWEST_ANSWERS = 10
ROSE = 1.645              # the survey rose itself: one-sided 5 %


def survey_levels(marks: pd.DataFrame, who: pd.DataFrame, scale: tuple[int, int] = (1, 5)) -> pd.DataFrame:
    r"""Level of the survey by unit over all questions, with its standard error; only for these checks.

    The mean of a respondent's marks, on [0; 1], less the mean of his clientele in the country, plus the country's
    mean: the share of employers among the answers of a centre does not matter. What is published stays apart by
    clientele.

    .. math:: S_u = \bar y + \frac{1}{n_u}\sum_{i \in u} (y_i - \bar y_{c(i)}), \qquad se_u = s_u/\sqrt{n_u}

    Returns
    -------
    DataFrame, by unit
        `value`, `se` and `n`.

    Examples
    --------
    >>> marks = pd.DataFrame({"Д1": [5, 4, 3, 2], "К1": [5, 4, 3, 2]})
    >>> who = pd.DataFrame({"unit": ["C01", "C01", "C02", "C02"], "clientele": ["s", "e", "s", "e"]})
    >>> survey_levels(marks, who)["value"].to_dict()
    {'C01': 0.875, 'C02': 0.375}
    """
    checks.same_labels(marks.index, who.index, "Оценки и респонденты")
    who = who.loc[marks.index]
    values = pd.DataFrame(marks.to_numpy(dtype=float, na_value=np.nan), index=marks.index)
    points = (values.mean(axis=1) - scale[0]) / (scale[1] - scale[0])
    level = points - points.groupby(who["clientele"]).transform("mean") + points.mean()
    by_unit = level.groupby(who["unit"])
    n = by_unit.count()
    return pd.DataFrame({"value": by_unit.mean(), "se": by_unit.std(ddof=1) / np.sqrt(n), "n": n.astype(float)})


def expected_change(value: pd.Series, mean: float, rho: pd.Series | float, progress: float = 0.0) -> pd.Series:
    r"""Change that regression to the mean alone brings: what was low by chance rises, what was high falls.

    .. math:: E(x_1 - x_0 \mid x_0) = (\mu_1 - \mu_0) + (\rho - 1)(x_0 - \mu_0)

    Parameters
    ----------
    value : Series
        First measurement.
    mean : float
        Its mean over units.
    rho : float or Series
        Slope of the second measurement on the first; their correlation where the spreads are equal.
    progress : float
        Change of the mean.

    References
    ----------
    Barnett, van der Pols, Dobson (2005), Regression to the mean: what it is and how to deal with it,
    doi:10.1093/ije/dyh299

    Examples
    --------
    >>> expected_change(pd.Series({"C01": 0.6, "C02": 0.9}), mean=0.8, rho=0.5).round(2).to_dict()
    {'C01': 0.1, 'C02': -0.05}
    """
    return progress + (rho - 1) * (value - mean)


def checklist_rise(before: pd.DataFrame, now: pd.DataFrame, survey_before: pd.DataFrame, survey_now: pd.DataFrame,
                   region: pd.Series) -> Signal:
    r"""Centres whose checklist rose more than regression to the mean, their region and their clients explain.

    On the log odds :math:`l` of the share met, over the requirements that applied in both years,

    .. math:: E(l_1 \mid l_0) = \mu_1 + \rho_u (l_0 - \mu_0) + \gamma\,\kappa_u d_u + e_r, \qquad
              \rho_u = b\,\frac{\omega^2}{\omega^2 + v_{0u}}

    with :math:`v_{0u}` the known sampling variance of last year's log odds, :math:`d_u` the rise of the survey beyond
    its own regression to the mean, shrunk by its reliability :math:`\kappa_u` (from the known standard errors of both
    years), and :math:`e_r` the rise of the other centres of the region. Then
    :math:`x_{1u} \sim \mathrm{Bin}(N_u, \pi_u)` with logit π normal about the expectation, variance
    :math:`\tau^2 + b^2\omega^2(1 - \omega^2/(\omega^2 + v_{0u}))`, and p = P(X >= x). Where the survey itself rose
    beyond chance (one-sided 5 %), clients confirm the rise: p = 1.

    Parameters
    ----------
    before, now : DataFrame, units x requirements
        1 met, 0 not, NaN not applicable. Leave out what is checked once a region.
    survey_before, survey_now : DataFrame, by unit
        `survey_levels` of both years.
    region : Series, by unit

    Returns
    -------
    Signal
        `statistic` is the rise beyond the expected one, in shares; units in both years of both sources only.

    References
    ----------
    Barnett, van der Pols, Dobson (2005), doi:10.1093/ije/dyh299, for the expected change; the error of the log odds is
    that of Gart, Zweifel (1967), the tail that of `nulls.count_tail`.

    Examples
    --------
    Sixty centres whose checklists change by chance; one of the weakest fulfils everything a year later:

    >>> rng = np.random.default_rng(1)
    >>> units, strength = [f"C{i:02d}" for i in range(60)], rng.normal(1, 0.5, size=(60, 1))
    >>> before, now = (pd.DataFrame((strength + rng.logistic(size=(60, 40)) > 0).astype(float), units)
    ...                for _ in range(2))
    >>> weak = before.mean(axis=1).idxmin()
    >>> now.loc[weak] = 1.0
    >>> survey = pd.DataFrame({"value": rng.normal(0.9, 0.03, 60), "se": 0.01, "n": 50.0}, units)
    >>> found = checklist_rise(before, now, survey, survey, pd.Series("R", units)).below(0.05)
    >>> found.index.tolist() == [weak], bool(found["expected"].iloc[0] < found["change"].iloc[0])
    (True, True)
    """
    columns = before.columns.intersection(now.columns, sort=False)
    if not len(columns):
        raise InputError("Чек-листы двух лет не имеют общих требований: сравнивать нечего. Передайте общие коды.")
    for table, what in ((before, "Чек-лист прошлого года"), (now, "Чек-лист")):
        checks.unique(table.index, what)
    units = before.index.intersection(now.index).intersection(survey_before.index).intersection(survey_now.index)
    units = units.sort_values().rename("unit")
    a, b = (table.loc[units, columns].to_numpy(dtype=float, na_value=np.nan) for table in (before, now))
    both = np.isfinite(a) & np.isfinite(b)
    of, x0, x1 = (pd.Series(np.where(both, table, 0).sum(axis=1), index=units) for table in (np.ones_like(a), a, b))
    rose, shrunk_rise = _survey_rise(survey_before.loc[units], survey_now.loc[units])
    tested = (of >= FEWEST_REQUIREMENTS) & rose.notna()
    _enough(tested)
    t = units[tested]

    odds0, error0 = nulls.log_odds(x0[t], of[t])
    odds1, error1 = nulls.log_odds(x1[t], of[t])
    mean, true = odds0.median(), nulls.between_variance(odds0, error0)
    reliability = true / (true + error0)
    known = pd.DataFrame({"before": reliability * (odds0 - mean), "survey": shrunk_rise[t]})
    beta = nulls.huber_line(odds1, known, 1 / (error1 + nulls.robust_sd(odds1 - odds0) ** 2))
    rho = beta["before"] * reliability
    location = odds0 + expected_change(odds0, mean, rho, beta["const"] - mean) + beta["survey"] * shrunk_rise[t]
    location += nulls.region_effect(odds1 - location, region.reindex(t))
    unknown = beta["before"] ** 2 * true * (1 - reliability)   # of last year's true value

    def tail(shift: float, spread: float, fineness: int = 15) -> Array:
        return nulls.mid_p(*nulls.count_tail(x1[t].to_numpy(), of[t].to_numpy(), location.to_numpy() + shift,
                                             np.sqrt(spread**2 + unknown.to_numpy()), fineness))

    shift, spread = nulls.calibrated(tail)
    p = pd.Series(tail(shift, spread, 61), index=t)
    p = p.where(rose[t] < ROSE, 1.0).reindex(units)
    expected = (nulls.mean_share(location + shift, np.sqrt(spread**2 + unknown)) - x0[t] / of[t]).reindex(units)
    change = (x1 - x0) / of
    table = pd.DataFrame({"statistic": change - expected, "p_value": p, "q_value": q_values(p), "before": x0 / of,
                          "now": x1 / of, "change": change, "expected": expected, "rho": rho.reindex(units),
                          "survey_change": survey_now["value"].reindex(units) - survey_before["value"].reindex(units),
                          "survey_z": rose, "n": of})
    table.insert(3, "reason", [
        f"Чек-лист изменился на {number(100 * row.change)} п. п. (с {number(100 * row.before)} до "
        f"{number(100 * row.now)} %) при ожидаемых {number(100 * row.expected)}; оценки клиентов — на "
        f"{number(100 * row.survey_change)} п. п."
        if np.isfinite(row.p_value) else "Мало требований или анкет за один из годов: не проверялось."
        for row in table.itertuples()])
    return Signal(
        "checklist_rise", "Чек-лист вырос, а оценки клиентов нет",
        "изменение доли исполненных требований объясняется возвратом к среднему, общим и региональным ростом и "
        "изменением оценок клиентов; остальное меняется не больше, чем у большинства центров",
        "ремонт, переезд или программа развития, плоды которых клиенты ещё не заметили; исправление ошибки прошлого "
        "года", "Стоит посмотреть подтверждающие документы.", "центр", table)


def survey_against_peers(survey: pd.DataFrame, checklist: pd.Series, size: pd.Series, region: pd.Series) -> Signal:
    r"""Centres whose survey is far from that of centres alike in checklist, size and region, upwards or downwards.

    On the scale :math:`t = -(1 - S)^{1/3}`, which spreads out the ceiling (1 - S is skewed like a gamma variable, whose
    cube root is nearly normal),

    .. math:: t_u = a + b\,\operatorname{logit} o_u + c \ln \mathrm{size}_u + e_r + \epsilon_u, \qquad
              \mathrm{Var}\,\epsilon_u = \tau^2 + \frac{\sigma^2(S)}{9\, n_u (1 - S)^{4/3}}

    by a robust regression; the sampling variance is that of centres of such a level (a centre of nothing but fives has
    no variance of its own). Two-sided p of the standardised residual.


    Parameters
    ----------
    survey : DataFrame, by unit
        `survey_levels`.
    checklist, size, region : Series, by unit
        Share met on [0; 1]; size above 0 (clients, staff, or the number of questionnaires); region.

    Returns
    -------
    Signal
        `statistic` is the standardised residual: above 0 where clients are happier than at peers.

    References
    ----------
    Wilson, Hilferty (1931), doi:10.1073/pnas.17.12.684, for the cube root; `nulls.huber_line` for the regression.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> units = [f"C{i:02d}" for i in range(60)]
    >>> survey = pd.DataFrame({"value": rng.normal(0.85, 0.02, 60), "se": rng.uniform(0.009, 0.011, 60), "n": 100.0},
    ...                       units)
    >>> survey.loc["C07", "value"] = 0.99
    >>> checklist, size = pd.Series(rng.uniform(0.7, 1, 60), units), pd.Series(rng.uniform(10, 90, 60), units)
    >>> survey_against_peers(survey, checklist, size, pd.Series("R", units)).below(0.05).index.tolist()
    ['C07']
    """
    units = survey.index.intersection(checklist.dropna().index).intersection(size.dropna().index)
    units = units.sort_values().rename("unit")
    checks.unique(units, "Опрос")
    if size[units].le(0).any():
        raise InputError(f"Размер центра должен быть больше 0: {', '.join(units[size[units].le(0)][:10])}. "
                         "Исправьте размер или уберите центры.")
    n, value = survey.loc[units, "n"], survey.loc[units, "value"]
    tested = (n >= FEWEST_ANSWERS) & survey.loc[units, "se"].notna()
    _enough(tested)
    t = units[tested]
    level = _off_ceiling(value[t], n[t])
    share = checklist[t].clip(0.005, 0.995)
    known = pd.DataFrame({"checklist": np.log(share / (1 - share)), "size": np.log(size[t].astype(float))})
    peers = nulls.on_line(nulls.huber_line(level, known), known)
    peers += nulls.region_effect(level - peers, region.reindex(t))
    error = _error_at(peers, survey.loc[t])

    def tail(shift: float, spread: float) -> Array:
        return stats.norm.sf((level - peers - shift) / np.sqrt(spread**2 + error))

    shift, spread = nulls.calibrated(tail)
    z = ((level - peers - shift) / np.sqrt(spread**2 + error)).reindex(units)
    p = pd.Series(np.maximum(2 * stats.norm.sf(z.abs()), nulls.TINY), index=units).where(z.notna())
    expected = (1 + 1 / (8 * n[t]) + (peers + shift) ** 3).reindex(units)
    table = pd.DataFrame({"statistic": z, "p_value": p, "q_value": q_values(p), "value": value, "peers": expected,
                          "n": n})
    table.insert(3, "reason", [
        f"Оценка клиентов {number(100 * row.value)} из 100 {'выше' if row.statistic > 0 else 'ниже'} ожидаемой по "
        f"похожим центрам ({number(100 * row.peers)}; отклонение {number(abs(row.statistic))} ст. ош.)."
        if np.isfinite(row.p_value) else f"Анкет меньше {FEWEST_ANSWERS}: не проверялось."
        for row in table.itertuples()])
    return Signal(
        "survey_against_peers", "Оценки клиентов далеки от похожих центров",
        "после учёта чек-листа, размера, региона и случайной ошибки опроса центр отличается от похожих не больше, чем "
        "большинство центров",
        "особый состав клиентов, закрытие предприятия рядом, действительно лучшая или худшая работа",
        "Стоит посмотреть, кого и как опрашивали.", "центр", table)


# --- the scale of the survey ----------------------------------------------------------------------------------------

def _off_ceiling(value: pd.Series, n: pd.Series) -> pd.Series:
    """The cube root; a little is added, half a mark of one respondent, so that the derivative exists at the ceiling."""
    return -np.cbrt(1 - value.clip(upper=1) + 1 / (8 * n))


def _error_at(level: pd.Series, survey: pd.DataFrame) -> pd.Series:
    """Sampling variance on the cube-root scale, of a centre of this level: by the line of log sd on log(1 - S)."""
    t = np.log(-_off_ceiling(survey["value"], survey["n"])).rename("level").to_frame()
    sd = survey["se"] * np.sqrt(survey["n"])
    seen = sd > 0
    beta = nulls.huber_line(np.log(sd[seen]), t[seen])
    root = np.log((-level).clip(lower=0.05)).rename("level")
    at = nulls.on_line(beta, root.to_frame())
    return np.exp(2 * (at - 2 * root)) / 9 / survey["n"]       # (dt/dS)^2 = (1 - S)^(-4/3) / 9


def _survey_rise(before: pd.DataFrame, now: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """Rise of the survey beyond regression to the mean: in its standard errors, and shrunk to what is real of it."""
    known = (before["n"] >= FEWEST_ANSWERS) & (now["n"] >= FEWEST_ANSWERS) & before["se"].notna() & now["se"].notna()
    _enough(known)
    b, a = before[known], now[known]
    t0, t1 = _off_ceiling(b["value"], b["n"]), _off_ceiling(a["value"], a["n"])
    error0, error1 = _error_at(t0, b), _error_at(t1, a)
    true = nulls.between_variance(t0, error0)
    reliability = true / (true + error0)
    first = (reliability * (t0 - t0.median())).rename("before").to_frame()
    beta = nulls.huber_line(t1, first)
    rise = t1 - nulls.on_line(beta, first)
    error = error1 + beta["before"] ** 2 * true * (1 - reliability)
    real = nulls.between_variance(rise, error)
    return ((rise / np.sqrt(real + error)).reindex(before.index),
            (rise * real / (real + error)).reindex(before.index))


def _enough(tested: pd.Series) -> None:
    if tested.sum() < nulls.FEWEST_UNITS:
        raise InputError(f"Для сравнения со страной нужно не меньше {nulls.FEWEST_UNITS} центров с достаточными "
                         f"данными, найдено {int(tested.sum())}. Добавьте центры.")
