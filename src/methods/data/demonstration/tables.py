"""What `generate` returns, and its labelled tables with the Russian headers of the files."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from methods.data.demonstration import parameters as par
from methods.data.demonstration.calibration import STEPS
from methods.data.demonstration.catalogue import ASKED, DRIVERS, INDICATORS, PROFILES, REQUIREMENTS, SEEKER

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Truth:
    """What was planted. True values are on [0; 1]; rows only for centres at work in the year."""

    indicators: pd.DataFrame    # by indicator: title, kind of agreement, N, promised and reached moments
    drivers: pd.DataFrame       # indicators x clienteles: weights in the overall mark
    survey: pd.DataFrame        # (year, clientele, centre) x asked indicators: true S
    objective: pd.DataFrame     # (year, centre) x indicators: true O, the expected share of applicable requirements
    regions: pd.DataFrame       # (year, region) x groups: effect on quality, in sd of quality
    centres: pd.DataFrame       # by centre, yes/no: small, checklist filled in, survey filled in, closed, new
    requirements: pd.DataFrame  # by requirement: difficulty on the latent scale, optional or not
    constants: pd.Series        # every other number of the model


@dataclass(frozen=True, eq=False)      # tables inside: compare with pandas.testing, not with ==
class Demonstration:
    """One invented country; tables have the columns of the files."""

    registry: pd.DataFrame               # центр, название, регион, название_региона, действует_с, действует_по
    requirements: pd.DataFrame           # требование, показатель, название, уровень, подтверждение
    answers: dict[str, pd.DataFrame]     # by year: анкета, центр, клиентела, дата, Д1 … К4 without П2, общая
    checklist: dict[str, pd.DataFrame]   # by year: центр, Д1.1 … К4.3; 1, 0 or missing (not applicable)
    truth: Truth
    seed: int


def whole_numbers(values: NDArray, missing: Mask, columns: list[str]) -> pd.DataFrame:
    """Small whole numbers with gaps; column by column, so that no float appears."""
    values = values.astype(np.int8)
    return pd.DataFrame({column: pd.arrays.IntegerArray(values[:, j].copy(), missing[:, j].copy())
                         for j, column in enumerate(columns)})


def region_codes(regions: int) -> list[str]:
    """Codes of one width: the order of the text is the order of the numbers."""
    return [f"{r:0{max(2, len(str(regions)))}d}" for r in range(1, regions + 1)]


def opening_day(centre: NDArray[np.intp]) -> NDArray[np.intp]:
    """Day of the second year, from 0, on which a new centre opens: between mid-January and the end of March."""
    return 14 + centre * 7 % 70


def registry_table(labels: NDArray[np.object_], region: NDArray[np.intp], new: Mask, closed: Mask,
                   years: tuple[str, ...]) -> pd.DataFrame:
    """Centres with the days of their life; an open end is missing. Closed: the last day is that of the first year."""
    start = np.full(len(labels), f"{int(years[0]) - 1}-01-01", dtype="datetime64[D]")
    end = np.full(len(labels), "NaT", dtype="datetime64[D]")
    if len(years) > 1:
        start[new] = np.datetime64(f"{years[1]}-01-01") + opening_day(np.flatnonzero(new))
        end[closed] = np.datetime64(f"{int(years[1]) - 1}-12-31")
    codes = np.array(region_codes(region[-1] + 1), dtype=object)[region]
    return pd.DataFrame({"центр": labels, "название": [f"ЦЗН {label}" for label in labels],
                         "регион": codes, "название_региона": [f"Регион {code}" for code in codes],
                         "действует_с": start.astype("datetime64[s]"), "действует_по": end.astype("datetime64[s]")})


def requirements_table() -> pd.DataFrame:
    """The catalogue as the file shows it."""
    return pd.DataFrame([(r.code, r.indicator, r.title, r.level, r.evidence) for r in REQUIREMENTS],
                        columns=["требование", "показатель", "название", "уровень", "подтверждение"])


def truth_tables(true_survey: dict[tuple[str, str], Array], expected: list[Array], at_work: list[Mask],
                 regional: list[Array], centres: pd.DataFrame, registry: pd.DataFrame, years: tuple[str, ...]) -> Truth:
    """Label the planted arrays; the lists and `years` run in the same order."""
    active = [centres.index[mask] for mask in at_work]
    survey = pd.concat({key: pd.DataFrame(values, index=active[years.index(key[0])], columns=list(ASKED))
                        for key, values in true_survey.items()}, names=["год", "клиентела"]).sort_index()
    objective = pd.concat({year: pd.DataFrame(expected[t][at_work[t]], index=active[t], columns=list(INDICATORS))
                           for t, year in enumerate(years)}, names=["год"])
    codes = pd.Index(registry["регион"].unique(), name="регион")
    regions = pd.concat({year: pd.DataFrame(regional[t], index=codes, columns=list(par.GROUPS))
                         for t, year in enumerate(years)}, names=["год"])
    drivers = pd.DataFrame(DRIVERS).reindex(INDICATORS).fillna(0.0).rename_axis("показатель")
    requirements = pd.DataFrame({"сложность": par.DIFFICULTY, "необязательное_малым": par.OPTIONAL},
                                index=pd.Index(par.CODES, name="требование"))
    return Truth(_indicator_truth(survey, objective, years[0]), drivers, survey, objective, regions, centres,
                 requirements, _constants())


def _indicator_truth(survey: pd.DataFrame, objective: pd.DataFrame, year: str) -> pd.DataFrame:
    """What was promised, and what the true values of job seekers and of the checklist came to in the first year."""
    planted = pd.DataFrame(
        [(p.title, p.kind, int(number), p.survey_mean, p.survey_sd, p.check_mean, p.check_sd, p.link)
         for p, number in zip(PROFILES.values(), par.BELONGS.sum(axis=0), strict=True)],
        index=pd.Index(INDICATORS, name="показатель"),
        columns=["название", "вид", "требований", "S_среднее", "S_разброс", "XN_среднее", "XN_разброс",
                 "связь_скрытая"])
    s, o = survey.loc[(year, SEEKER)], objective.loc[year]
    return planted.assign(S_среднее_факт=s.mean(), S_разброс_факт=s.std(), O_среднее_факт=o.mean(),
                          O_разброс_факт=o.std(), связь_S_и_O_факт=s.corrwith(o).reindex(INDICATORS))


def _constants() -> pd.Series:
    return pd.Series({
        "доля_дисперсии_регион": par.REGION, "доля_дисперсии_центр": par.HALO, "доля_дисперсии_группа": par.GROUP,
        "доля_дисперсии_показатель": par.OWN, "устойчивость": par.PERSISTENCE,
        **{f"прогресс_{group}": value for group, value in par.PROGRESS.items()},
        "ореол_респондента": par.RESPONDENT_HALO, "связь_работодателей_с_соискателями": par.EMPLOYER_LINK,
        "сдвиг_работодателей": par.EMPLOYER_SHIFT, "шум_общей_оценки": par.OVERALL_NOISE,
        "пропуски_общей_оценки": par.OVERALL_GAP,
        **{f"порог_оценки_{mark}": step for mark, step in zip((2, 3, 4, 5), STEPS, strict=True)},
        "доля_малых_центров": par.SMALL_SHARE, "неприменимо_у_малых": par.NOT_APPLICABLE, "доля_накрутки": par.FILLED,
    }, name="значение").rename_axis("величина")
