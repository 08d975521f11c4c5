"""Signals in the questionnaires: the same mark everywhere, identical records together, a burst before the end.

`who` is a table of the respondents with the columns `unit`, `clientele` and, where needed, `day` (a date) and `number`
(of the questionnaire, the order of entry). Rows are matched by label; their order in memory means nothing.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import betainc, expit

from methods.data.plausibility import keys, nulls
from methods.data.plausibility.signal import Signal, number, q_values
from methods.errors import InputError

Array = NDArray[np.float64]

FEWEST_ANSWERS = 10       # below, nothing is published of a centre and nothing can be told
ANSWERED = 0.5            # a record with fewer answers cannot show a straight line


def straight_lining(marks: pd.DataFrame, who: pd.DataFrame, fewest: int = FEWEST_ANSWERS) -> Signal:
    r"""Centres where more respondents gave one mark everywhere than the other respondents' marks predict.

    At the ceiling honest people give fives everywhere too: what counts is the excess. The log odds of a straight line
    are predicted from the mean mark of the centre's *other* respondents (taken within clienteles and shrunk by its
    reliability), by a robust line over all centres, the national joint distribution of the two:

    .. math:: K_u \sim \mathrm{Bin}(n_u, \pi_u), \quad \operatorname{logit}\pi_u \sim N(a + b\tilde m_u, \tau^2)

    with p = P(K >= k). The centre's own straight lines do not enter its prediction, or a centre of nothing but fives
    would excuse itself.

    Parameters
    ----------
    marks : DataFrame, shape (respondents, questions)
        Marks of one scale; NaN where left open. Without the overall mark, which repeats the others.
    who : DataFrame, shape (respondents, ...)
        `unit` and `clientele`.
    fewest : int
        Centres with fewer usable questionnaires are not tested.

    Returns
    -------
    Signal
        `statistic` is the excess share; `n`, `straight`, `expected` are numbers of questionnaires.

    References
    ----------
    Meade, Craig (2012), Identifying careless responses in survey data, doi:10.1037/a0028085 (long strings of one
    mark); the tail is that of `nulls.count_tail`, its shift and spread those of `nulls.calibrated`.

    Examples
    --------
    Forty centres where one record in four is straight, and one where nine in ten are:

    >>> marks = pd.DataFrame([[5, 5, 5], [5, 4, 5], [4, 4, 5], [3, 4, 5]] * 500 + [[5, 5, 5]] * 36 + [[5, 4, 4]] * 4)
    >>> who = pd.DataFrame({"unit": [f"C{i // 50:02d}" for i in range(2040)], "clientele": "seekers"})
    >>> table = straight_lining(marks, who).table
    >>> table.index[table["q_value"] < 0.05].tolist(), float(table.loc["C40", "straight"])
    (['C40'], 36.0)
    """
    who = keys.matched(marks, who, ["unit", "clientele"])
    line = _straight(marks)
    model = _straight_model(marks, line, who, fewest)
    tail = _straight_tail(model)
    tested = model["n"] >= fewest
    p = pd.Series(tail, index=model.index).where(tested)
    table = pd.DataFrame({"statistic": (model["straight"] - model["expected"]) / model["n"], "p_value": p,
                          "q_value": q_values(p), "n": model["n"], "straight": model["straight"],
                          "expected": model["expected"]})
    table.insert(3, "reason", [
        f"Одинаковые оценки по всем вопросам: анкет {row.straight:.0f} из {row.n:.0f}, по остальным ответам центра и "
        f"по стране ожидается {number(row.expected)}."
        if row.n >= fewest else f"Анкет меньше {fewest}: не проверялось." for row in table.itertuples()])
    return Signal(
        "straight_lining", "Одинаковая оценка по всем вопросам",
        "доля таких анкет у центра отличается от ожидаемой по прочим его ответам не больше, чем у большинства центров",
        "короткая беседа на месте, заполнение с помощью сотрудника, клиенты действительно всем довольны",
        "Стоит посмотреть, как заполнялись анкеты.", "центр", table)


def duplicate_blocks(marks: pd.DataFrame, who: pd.DataFrame, fewest: int = FEWEST_ANSWERS) -> Signal:
    r"""Centres with identical full records (marks and gaps) on one day or one after another, beyond chance.

    A record r has the chance :math:`\pi_r` to be met again in its centre: the national share of r among straight
    (other) records, the centre itself left out, times the centre's predicted share of straight (other) records as in
    `straight_lining`, averaged over its spread. The least chance of a block decides,

    .. math:: s = E_\pi P(\mathrm{Bin}(m - 1, \pi_r) \ge k - 1) \text{ for } k \text{ of } m \text{ records of a day},
              \quad s = E_\pi \pi_r^{L-1} \text{ for } L \text{ in a row},

    and the centre's p is the bound over all places where a block could have begun: 1 - (1 - s)^(places), doubled for
    the two kinds. A bound, hence mild: most centres have no block at all and p = 1.

    Parameters
    ----------
    marks : DataFrame, shape (respondents, questions)
        All questions, the overall one included.
    who : DataFrame
        `unit`, `clientele`, `day`; with `number` also blocks in a row (by number within centre and clientele).

    Returns
    -------
    Signal
        `statistic` is the size of the least probable block, `of` the records of its day (of the centre for a row),
        `day` its date (missing for a row), `repeats` all identical records beyond the first in such blocks.

    References
    ----------
    Kuriakose, Robbins (2016), Don't get duped: fraud through duplication in public opinion surveys,
    doi:10.3233/SJI-160978, for the idea; the bound over places (union of events) is ours.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> marks = pd.DataFrame(rng.integers(2, 6, size=(800, 6)))
    >>> marks.loc[780:799] = marks.loc[780].to_numpy()
    >>> who = pd.DataFrame({"unit": [f"C{i // 40:02d}" for i in range(800)], "clientele": "seekers",
    ...                     "day": pd.Timestamp("2024-01-01") + pd.to_timedelta(np.arange(800) % 40 // 4, "D")})
    >>> found = duplicate_blocks(marks, who).below(0.05)
    >>> found.index.tolist(), found["statistic"].tolist()
    (['C19'], [4.0])
    """
    who = keys.matched(marks, who, ["unit", "clientele", "day"])
    line = _straight(marks)
    model = _straight_model(marks, line, who, fewest)
    unit = pd.Categorical(who["unit"], categories=model.index).codes
    clientele = pd.factorize(who["clientele"], sort=True)[0]
    cells = np.nan_to_num(keys.floats(marks), nan=-1.0)
    record = keys.codes(np.column_stack([clientele, cells]))
    conditional = _record_chance(record, unit, clientele, line.to_numpy())
    centre = np.column_stack([unit, clientele])

    day = keys.codes(np.column_stack([centre, who["day"].to_numpy().astype("datetime64[D]").astype(int)]))
    size_of_day = np.bincount(day)
    _, first, sizes = np.unique(keys.codes(np.column_stack([day, record])), return_index=True, return_counts=True)
    several = sizes >= 2
    rows, k = first[several], sizes[several]
    parts = [pd.DataFrame({"row": rows, "k": k, "m": size_of_day[day[rows]], "in_a_row": False})]
    places = pd.DataFrame({"day": np.bincount(unit, weights=size_of_day[day] > 1, minlength=len(model)) / 2})
    if "number" in who:
        order = np.lexsort([record, keys.in_order(who["number"]), clientele, unit])
        fresh = np.r_[True, np.diff(record[order]) != 0] | np.r_[True, np.diff(unit[order]) != 0]
        start = np.flatnonzero(fresh)
        length = np.diff(np.r_[start, len(order)])
        long = length >= 2
        rows = order[start[long]]
        parts.append(pd.DataFrame({"row": rows, "k": length[long], "m": np.bincount(unit)[unit[rows]],
                                   "in_a_row": True}))
        places["row"] = np.maximum(np.bincount(unit, minlength=len(model)) - 1, 0)
    block = pd.concat(parts, ignore_index=True)
    place = block["row"].to_numpy()
    block["unit"] = model.index[unit[place]]
    block["s"] = _block_chance(block, conditional[place], line.to_numpy()[place], model.iloc[unit[place]])
    bound = np.where(block["in_a_row"], places.get("row", places["day"]).to_numpy()[unit[place]],
                     places["day"].to_numpy()[unit[place]])
    block["p"] = np.clip(-np.expm1(bound * np.log1p(-np.minimum(block["s"], 1 - 1e-12))) * len(parts), nulls.TINY, 1)
    block["day"] = who["day"].dt.normalize().to_numpy()[place]
    # Ties by content, not by place: another order of the rows must give the same block.
    block = block.sort_values(["unit", "p", "k", "in_a_row", "day"], ascending=[True, True, False, True, True],
                              kind="stable")
    worst = block.drop_duplicates("unit").set_index("unit").reindex(model.index)
    repeats = (block["k"] - 1).groupby([block["unit"], block["in_a_row"]]).sum().groupby(level=0).max()
    tested = model["n"] >= fewest
    p = worst["p"].fillna(1.0).where(tested)
    in_a_row = worst["in_a_row"].fillna(False).astype(bool)
    table = pd.DataFrame({"statistic": worst["k"].fillna(0.0), "p_value": p, "q_value": q_values(p), "of": worst["m"],
                          "day": worst["day"].where(~in_a_row), "repeats": repeats.reindex(model.index).fillna(0.0),
                          "n": model["n"]})
    table.insert(3, "reason", [_block_words(row, fewest) for row in table.itertuples()])
    return Signal(
        "duplicate_blocks", "Одинаковые анкеты подряд или в один день",
        "анкеты центра заполнены независимо; совпасть они могут с частотой, с какой такие записи встречаются в "
        "других центрах при ожидаемом у центра уровне оценок",
        "двойная загрузка файла, ввод пачки бумажных анкет одним днём, групповое мероприятие",
        "Стоит посмотреть, не загружены ли они дважды.", "центр", table)


def bursts(who: pd.DataFrame, end: pd.Timestamp, *, opened: pd.Series | None = None, longest: int = 14,
           fewest: int = FEWEST_ANSWERS) -> Signal:
    r"""Centres whose answers crowd into the last days of the period, beyond the national calendar.

    The centre's n answers fall on the days as those of all other centres do; a window of the last w days expects

    .. math:: \lambda_{uw} = n_u\,\frac{\sum_{d > D - w} N_{d,-u}}{\sum_{d \ge \mathrm{opened}_u} N_{d,-u}}

    A scan over w = 1 ... `longest` with its exact chance (`nulls.scan_p`). Days on which clients come in groups make
    counts vary more than Poisson; the dispersion of the other windows of the year, over all centres, is divided out.
    A burst that the whole country has is no signal: the calendar holds it.

    Parameters
    ----------
    who : DataFrame, shape (respondents, ...)
        `unit` and `day`.
    end : Timestamp
        Last day of the period.
    opened : Series, by unit, optional
        First day of work, for centres opened within the period.

    Returns
    -------
    Signal
        `statistic` is the ratio of observed to expected in the most crowded window, `days` its length.

    References
    ----------
    Naus (1965), JASA 60:532-538, the scan statistic; here its windows all end with the period.

    Examples
    --------
    >>> days = pd.Timestamp("2024-01-01") + pd.to_timedelta(np.arange(0, 366, 6), "D")
    >>> who = pd.DataFrame({"unit": np.repeat([f"C{i:02d}" for i in range(30)], 61), "day": np.tile(days, 30)})
    >>> who.loc[who.index[-40:], "day"] = pd.Timestamp("2024-12-30")
    >>> found = bursts(who, pd.Timestamp("2024-12-31")).below(0.05)
    >>> found.index.tolist(), found[["observed", "n"]].iloc[0].tolist()
    (['C29'], [40.0, 61.0])
    """
    keys.has(who, ["unit", "day"])
    end = pd.Timestamp(end).normalize()
    back = (end - who["day"].dt.normalize()).dt.days
    if back.isna().any() or back.lt(0).any():
        raise InputError(f"Дата ответа не указана или позже конца периода ({end:%d.%m.%Y}): строк "
                         f"{int((back.isna() | back.lt(0)).sum())}. Исправьте даты или конец периода.")
    unit, labels = pd.factorize(who["unit"], sort=True)
    span = int(back.max()) + 1
    longest = min(longest, span)
    daily = np.bincount(unit * span + back.to_numpy(), minlength=len(labels) * span).reshape(len(labels), span)
    n = daily.sum(axis=1).astype(float)
    elsewhere = daily.sum(axis=0) - daily                    # the centre itself left out
    life = np.full(len(labels), span)
    if opened is not None:
        begun = opened.reindex(labels)
        life = np.clip((end - begun).dt.days.fillna(span).to_numpy().astype(int) + 1, 1, span)
    elsewhere = np.where(np.arange(span) < life[:, None], elsewhere, 0)
    share = elsewhere / np.maximum(elsewhere.sum(axis=1, keepdims=True), 1)
    dispersion = _dispersion(daily, share, n, longest)
    observed = np.cumsum(daily[:, :longest], axis=1)
    # A day without an answer in all other centres says nothing of this one: it cannot be divided by.
    expected = np.maximum(n[:, None] * np.cumsum(share[:, :longest], axis=1), 1e-6)
    p_all = nulls.scan_p(np.floor(observed / dispersion), expected / dispersion)
    p = pd.Series(p_all, index=pd.Index(labels, name="unit")).where(n >= fewest)
    surprise = np.where(observed > expected, observed * np.log(np.maximum(observed, 1) / expected)
                        - (observed - expected), 0.0)
    window = surprise.argmax(axis=1)
    row = np.arange(len(labels))
    table = pd.DataFrame({"statistic": observed[row, window] / expected[row, window], "p_value": p,
                          "q_value": q_values(p), "observed": observed[row, window].astype(float),
                          "expected": expected[row, window], "days": window + 1, "n": n}, index=p.index)
    table.insert(3, "reason", [
        f"За последние {row.days} дн. периода пришло анкет: {row.observed:.0f} из {row.n:.0f}, по календарю страны "
        f"ожидается {number(row.expected)}."
        if row.n >= fewest else f"Анкет меньше {fewest}: не проверялось." for row in table.itertuples()])
    return Signal(
        "bursts", "Всплеск ответов перед концом периода",
        "ответы центра распределены по дням как ответы остальных центров"
        + (f", с рассеянием в {number(dispersion, 2)} раза больше пуассоновского" if dispersion > 1 else ""),
        "ярмарка вакансий, поздний запуск опроса, загрузка накопленных бумажных анкет",
        "Стоит посмотреть, чем вызван всплеск.", "центр", table)


# --- what the first two share ---------------------------------------------------------------------------------------

def _straight(marks: pd.DataFrame) -> pd.Series:
    """True where all given marks are one, over at least half of the questions; False for other records."""
    values = keys.floats(marks)
    given = np.isfinite(values)
    high = np.where(given, values, -np.inf).max(axis=1)
    low = np.where(given, values, np.inf).min(axis=1)
    enough = given.sum(axis=1) >= max(2, ANSWERED * values.shape[1])
    return pd.Series((high == low) & enough, index=marks.index)


def _straight_model(marks: pd.DataFrame, line: pd.Series, who: pd.DataFrame, fewest: int) -> pd.DataFrame:
    """By unit: n, straight, expected, and the predicted log odds with their spread (`location`, `spread`)."""
    level = pd.Series(np.nanmean(np.where(marks.notna().any(axis=1).to_numpy()[:, None],
                                          keys.floats(marks), 0.0), axis=1), index=marks.index)
    others = level.where(~line)
    # Clienteles differ in level and in straight lines for honest reasons: compare within each.
    inside = others - others.groupby(who["clientele"]).transform("mean")
    by_unit = inside.groupby(who["unit"])
    n, straight = line.groupby(who["unit"]).size(), line.groupby(who["unit"]).sum().astype(float)
    usual = line.groupby(who["clientele"]).transform("mean").groupby(who["unit"]).mean()
    error = float(inside.var()) / by_unit.count().clip(lower=1)
    mean = by_unit.mean().fillna(0.0)
    true = nulls.between_variance(mean, error)
    shrunk = mean * true / (true + error)
    odds, error = nulls.log_odds(straight, n)
    base = np.log(usual.clip(1e-4, 1 - 1e-4) / (1 - usual.clip(1e-4, 1 - 1e-4)))
    known = n >= fewest
    if known.sum() < nulls.FEWEST_UNITS:
        raise InputError(f"Для сравнения со страной нужно не меньше {nulls.FEWEST_UNITS} центров с {fewest} анкетами, "
                         f"найдено {int(known.sum())}. Добавьте центры или уменьшите порог.")
    predictor, excess = shrunk.rename("level").to_frame(), odds - base
    beta = nulls.huber_line(excess[known], predictor[known], 1 / (error + nulls.robust_sd(excess) ** 2)[known])
    fitted = nulls.on_line(beta, predictor) + base
    model = pd.DataFrame({"n": n.astype(float), "straight": straight, "location": fitted, "spread": 0.0})

    def tail(shift: float, spread: float, fineness: int = 15) -> Array:
        part = model[known]
        return nulls.mid_p(*nulls.count_tail(part["straight"].to_numpy(), part["n"].to_numpy(),
                                             part["location"].to_numpy() + shift, np.full(len(part), spread),
                                             fineness))

    shift, spread = nulls.calibrated(tail)
    model["location"] += shift
    model["spread"] = spread
    model["expected"] = model["n"] * nulls.mean_share(model["location"], model["spread"])
    return model.rename_axis("unit")


def _straight_tail(model: pd.DataFrame) -> Array:
    return nulls.mid_p(*nulls.count_tail(*(model[name].to_numpy()
                                           for name in ("straight", "n", "location", "spread"))))


def _record_chance(record: NDArray[np.intp], unit: NDArray[np.intp], clientele: NDArray[np.intp],
                   line: NDArray[np.bool_]) -> Array:
    """By row: share of its record among the straight (other) records of its clientele in all other centres."""
    kind = clientele * 2 + line
    here = keys.codes(np.column_stack([unit, record]))
    pool = keys.codes(np.column_stack([unit, kind]))
    same = np.bincount(record)[record] - np.bincount(here)[here]
    all_ = np.bincount(kind)[kind] - np.bincount(pool)[pool]
    chance = (same + 1) / (all_ + 1)                          # a record never met elsewhere is rare, not impossible
    # Two people of one centre agree more often than two of the country. Rare records get the rate at which two other
    # records of a centre are in fact equal, or the first rare pair of an honest centre would be a signal.
    other = ~line
    pairs, equal = (float((count * (count - 1.0)).sum()) for count in
                    (np.bincount(pool[other]), np.bincount(here[other])))
    return np.where(other, np.maximum(chance, equal / max(pairs, 1.0)), chance)


def _block_chance(block: pd.DataFrame, conditional: Array, line: NDArray[np.bool_], model: pd.DataFrame) -> Array:
    places, weights = nulls.nodes(15)
    share = expit(model["location"].to_numpy()[:, None] + model["spread"].to_numpy()[:, None] * places)
    chance = np.where(line[:, None], share, 1 - share) * conditional[:, None]
    k, m = (block[name].to_numpy(dtype=float)[:, None] for name in ("k", "m"))
    one_day = betainc(k - 1, m - k + 1, chance)               # P(Bin(m - 1, chance) >= k - 1)
    return np.where(block["in_a_row"].to_numpy()[:, None], chance ** (k - 1), one_day) @ weights


def _block_words(row: object, fewest: int) -> str:
    if row.n < fewest:
        return f"Анкет меньше {fewest}: не проверялось."
    if row.statistic < 2:
        return "Одинаковых анкет подряд или в один день нет."
    where = ("подряд" if pd.isna(row.day) else f"за один день, {row.day:%d.%m.%Y}, из {row.of:.0f} в этот день")
    return (f"Полностью одинаковых анкет {row.statistic:.0f} {where} (всего повторов в таких группах "
            f"{row.repeats:.0f} из {row.n:.0f} анкет).")


def _dispersion(daily: NDArray[np.intp], share: Array, n: Array, length: int) -> float:
    """Pearson dispersion of the windows of the year before the last one, at least 1."""
    whole = (daily.shape[1] // length) * length
    if whole < 4 * length:      # too short a period to judge by
        return 1.0
    observed, expected = (table[:, length:whole].reshape(len(n), -1, length).sum(axis=2)
                          for table in (daily, share * n[:, None]))
    usable = expected > 0.2
    if not usable.any():
        return 1.0
    return max(1.0, float(((observed - expected)[usable] ** 2 / expected[usable]).mean()))
