"""An edition's scores as linear functions of what respondents said: the public part is known, the survey part is not.

The checklist X/N of every centre is public, so inside k = (S + X/N)/2 only S is unknown. One unknown stands for the
survey part of one group (or indicator) of one unit as one clientele sees it, between 0 (everybody gave the worst
mark) and 1 (everybody the best).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse

from methods.data.disclosure.linear import System, labels
from methods.index.aggregate import coverage, present_weights
from methods.index.edition import INDEX, Edition, Survey
from methods.index.score import EVERYONE, Scores, indicator_values

COMBINED = ""        # part of a cell: the mean of all clienteles
GRADE = "grade"      # part of a cell: the band that a published grade tells
REGION = "region"    # part of a cell: mean of a region's ranked units
TOLERANCE = 1e-9     # how well the linear functions must give the scores back


@dataclass(frozen=True, eq=False)
class Model:
    """Scores taken apart."""

    system: System
    n: pd.Series          # cells: on how many answers a cell rests, see `harmonic_n`; absent where no survey is in it
    least_part: pd.Series  # cells: the smallest n of the clienteles in it
    weight: pd.Series     # cells: points that the survey part can move the cell by
    value: pd.Series      # cells: true value in points
    steps: int            # answer steps between the worst and the best mark
    exact: bool           # the functions give the scores back; if not, nothing can be proved from them


def harmonic_n(n: pd.DataFrame, weights: pd.DataFrame) -> pd.Series:
    r"""On how many answers a composite rests: :math:`\sum_q w_q / \sum_q (w_q / n_q)`.

    One respondent's answers carry at most the share :math:`\sum_q w_q/n_q / \sum_q w_q` of the composite, so this is
    the n of a plain mean in which a single voice is as loud. It lies between the smallest n of the items, which hides
    a centre because of one question that few answered, and the number of respondents, which forgets that their voice
    is louder there.

    >>> n = pd.DataFrame({"Д1": [12, 12], "Д2": [12, 6]}, index=["C01", "C02"])
    >>> harmonic_n(n, pd.DataFrame(0.5, n.index, n.columns)).to_dict()
    {'C01': 12.0, 'C02': 8.0}
    """
    used = weights.where((weights > 0) & n.notna(), 0.0)
    loudest = (used / n.where(used > 0, 1.0)).sum(axis=1).replace(0, np.nan)
    return (used.sum(axis=1) / loudest).round(9)  # binary dust must not part 10 from the threshold


def answers_behind(measurements: pd.DataFrame, edition: Edition) -> pd.DataFrame:
    """On how many answers each clientele's index of a unit rests: units x clienteles, harmonic over the questions."""
    weights = edition.effective_weights()
    asked = measurements[measurements["side"].eq("subjective") & measurements["indicator"].isin(survey_sides(edition))]
    columns = {}
    for view in list(edition.clienteles) or [EVERYONE]:
        part = asked[asked["clientele"].isin([view, EVERYONE]) & asked["value"].notna()]
        n = part.pivot(index="unit", columns="indicator", values="n")
        columns[view] = harmonic_n(n, pd.DataFrame({code: weights[code] for code in n}, index=n.index))
    return pd.DataFrame(columns)


def survey_sides(edition: Edition) -> dict[str, str]:
    """Indicators with personal answers in them: code -> side that the answers make."""
    return {code: side for code, indicator in edition.indicators.items()
            for side, how in indicator.sides.items() if isinstance(how, Survey)}


def model(scores: Scores, measurements: pd.DataFrame, edition: Edition, regions: pd.Series | None = None) -> Model:
    """Take the scores apart.

    Parameters
    ----------
    scores, measurements, edition
        As `score` made and got them.
    regions : Series, optional
        Region of every unit; their means over ranked units become cells.
    """
    units, scale = scores.elements.index, edition.publication.multiplier
    asked = survey_sides(edition)
    steps = min((how.scale[1] - how.scale[0] for code, side in asked.items()
                 for how in [edition.indicators[code].sides[side]]), default=1)
    views = list(edition.clienteles) or [EVERYONE]
    tables = scores.by_clientele or {EVERYONE: scores.elements}
    elements = [*edition.groups, INDEX]
    homes = {code: edition.indicators[code].group for code in edition.indicators if code not in scores.dropped}
    codes, leaves = list(homes), list(dict.fromkeys(homes.values()))
    unknown = {(view, leaf): i for i, (view, leaf) in enumerate((v, leaf) for v in views for leaf in leaves)}
    triples: dict[str, list[np.ndarray]] = {"row": [], "column": [], "value": []}
    cells: list[tuple[str, str, str]] = []
    parts: dict[str, list] = {"constant": [], "n": [], "least": [], "value": []}
    numbers, exact = np.arange(len(units)), True
    pieces: dict[str, dict[str, tuple[pd.DataFrame, pd.Series, pd.Series]]] = {element: {} for element in elements}

    for view in views:
        wide = measurements[measurements["clientele"].isin([view, EVERYONE])].pivot(
            index="unit", columns=["indicator", "side"], values=["value", "n"]).reindex(units)
        present = indicator_values(measurements, edition, view, units)[codes].notna()
        shares = _effective(present, edition, elements)
        spoken, public, answers = _split(wide, present, edition, asked)
        said = pd.DataFrame({code: wide["value", code, asked[code]] if code in asked
                             and ("value", code, asked[code]) in wide else 0.0 for code in codes}, index=units)
        base = {leaf: [code for code in codes if homes[code] == leaf] for leaf in leaves}
        truth = {}
        for leaf, members in base.items():
            lead = shares[leaf][members].where(shares[leaf][members].sum(axis=1) > 0, shares[INDEX][members])
            voice = lead * spoken[members]
            truth[leaf] = (voice * said[members].fillna(0)).sum(axis=1) / voice.sum(axis=1).replace(0, np.nan)
        truths = pd.DataFrame(truth).fillna(0)
        for element in elements:
            share = shares[element]
            coefficients = pd.DataFrame({leaf: (share[members] * spoken[members]).sum(axis=1)
                                         for leaf, members in base.items()})
            constant = (share * public).sum(axis=1)
            value = tables[view][element]
            there = value.notna()
            made = constant + (coefficients * truths).sum(axis=1)
            exact &= bool(np.allclose(made[there], value[there], atol=TOLERANCE, rtol=0)) and bool(
                (share.sum(axis=1)[there] > 0).all())
            n = harmonic_n(answers, share * spoken)
            pieces[element][view] = (coefficients.where(there, 0.0), constant.where(there), n.where(there))

    def add(part: str, element: str, coefficients: dict[str, pd.DataFrame], constant: pd.Series, n: pd.Series,
            least: pd.Series, value: pd.Series) -> None:
        there = constant.notna().to_numpy()
        position = np.cumsum(there) - 1 + len(cells)
        for view, table in coefficients.items():
            for leaf in table:
                filled = there & (table[leaf].to_numpy() != 0)
                triples["row"].append(position[filled])
                triples["column"].append(unknown[view, leaf] * len(units) + numbers[filled])
                triples["value"].append(scale * table[leaf].to_numpy()[filled])
        cells.extend((unit, element, part) for unit in units[there])
        for name, series in (("constant", scale * constant), ("n", n), ("least", least), ("value", scale * value)):
            parts[name].append(series[there].to_numpy(dtype=float))

    for element in elements:
        both = _together(pieces[element], edition, views)
        combined = scores.elements[element]
        add(COMBINED, element, *both, combined)
        if element == INDEX and edition.grades is not None:
            add(GRADE, element, *both, combined)
        for view in views if edition.clienteles else ():
            coefficients, constant, n = pieces[element][view]
            add(view, element, {view: coefficients}, constant, n, n, tables[view][element])

    matrix = sparse.csr_array(
        (np.concatenate(triples["value"]), (np.concatenate(triples["row"]), np.concatenate(triples["column"]))),
        shape=(len(cells), len(unknown) * len(units)))
    columns = {name: np.concatenate(values) for name, values in parts.items()}
    if regions is not None:
        cells, matrix, columns = _with_regions(cells, matrix, columns, regions, scores)
    index = labels(cells)
    system = System(index, matrix, columns["constant"], np.zeros(matrix.shape[1]), np.ones(matrix.shape[1]))
    frame = {name: pd.Series(values, index=index) for name, values in columns.items()}
    return Model(system, frame["n"].dropna(), frame["least"].dropna(), pd.Series(abs(matrix).sum(axis=1), index=index),
                 frame["value"], steps, exact)


def _effective(present: pd.DataFrame, edition: Edition, elements: list[str]) -> dict[str, pd.DataFrame]:
    """Weight of every indicator inside every element, unit by unit, as `score.aggregate` shares gaps out."""
    eye = {code: pd.DataFrame(0.0, present.index, present.columns).assign(**{code: present[code].astype(float)})
           for code in present}
    there = {code: present[code] for code in present}
    for parent in [*edition.bottom_up(), INDEX]:
        weights = edition.weights_of(parent)
        weights = weights[[member for member in weights.index if member in there]]
        weights = weights / weights.sum()
        marks = pd.DataFrame({member: there[member] for member in weights.index}).astype(float).replace(0, np.nan)
        gaps = edition.missing_of(parent)
        needed = 1.0 if gaps.rule == "complete" else gaps.min_coverage
        there[parent] = marks.notna().any(axis=1) & (coverage(marks, weights) >= needed - TOLERANCE)
        shares = present_weights(marks, weights).fillna(0)
        made = sum(eye[member].mul(shares[member], axis=0) for member in weights.index)
        eye[parent] = made.where(there[parent], 0.0)
    return {element: eye[element] for element in elements}


def _split(wide: pd.DataFrame, present: pd.DataFrame, edition: Edition,
           asked: dict[str, str]) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Of every indicator: share of the survey in it, its public part, and the number of answers."""
    spoken, public, answers = {}, {}, {}
    for code in present:
        mix = pd.Series(edition.indicators[code].side_mix())
        sides = pd.DataFrame({side: wide.get(("value", code, side), np.nan)
                              for side in mix.index}, index=wide.index, dtype=float)
        shares = present_weights(sides, mix).fillna(0)
        own = asked.get(code)
        spoken[code] = shares[own] if own else pd.Series(0.0, wide.index)
        public[code] = (shares * sides.fillna(0)).drop(columns=[own] if own else []).sum(axis=1)
        answers[code] = wide["n", code, own] if own and ("n", code, own) in wide else pd.Series(np.nan, wide.index)
    return pd.DataFrame(spoken), pd.DataFrame(public), pd.DataFrame(answers, dtype=float)


def _together(pieces: dict[str, tuple[pd.DataFrame, pd.Series, pd.Series]], edition: Edition,
              views: list[str]) -> tuple[dict[str, pd.DataFrame], pd.Series, pd.Series, pd.Series]:
    """The combined value: mean of the clienteles present, by their shares; its n is the sum of theirs."""
    share = {view: edition.clienteles[view].share if edition.clienteles else 1.0 for view in views}
    there = pd.DataFrame({view: pieces[view][1].notna() for view in views})
    weight = (there * pd.Series(share)).sum(axis=1).replace(0, np.nan)
    coefficients = {view: pieces[view][0].mul((there[view] * share[view] / weight).fillna(0), axis=0) for view in views}
    constant = sum(pieces[view][1].fillna(0) * there[view] * share[view] for view in views) / weight
    n = pd.DataFrame({view: pieces[view][2] for view in views})
    return coefficients, constant, n.sum(axis=1, min_count=1), n.min(axis=1)


def _with_regions(cells: list, matrix: sparse.csr_array, columns: dict[str, np.ndarray], regions: pd.Series,
                  scores: Scores) -> tuple[list, sparse.csr_array, dict[str, np.ndarray]]:
    """Means of ranked units by region as further cells."""
    place = {cell[0]: i for i, cell in enumerate(cells) if cell[1:] == (INDEX, COMBINED)}
    ranked = scores.rank.index[scores.rank.notna()]
    home = regions.reindex(ranked).dropna()
    rows, added = [], []
    for region, members in home.groupby(home):
        at = [place[unit] for unit in members.index]
        mean = sparse.csr_array((np.full(len(at), 1 / len(at)), (np.zeros(len(at), dtype=int), at)),
                                shape=(1, len(cells)))
        rows.append(mean)
        added.append((str(region), INDEX, REGION))
    if not rows:
        return cells, matrix, columns
    means = sparse.vstack(rows, format="csr")
    sums = (means > 0).astype(float)
    more = {name: np.concatenate([values, (sums if name == "n" else means) @ np.nan_to_num(values)])
            for name, values in columns.items() if name != "least"}
    more["least"] = np.concatenate([columns["least"], np.full(len(added), np.nan)])
    return [*cells, *added], sparse.csr_array(sparse.vstack([matrix, means @ matrix])), more
