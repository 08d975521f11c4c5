r"""The model behind the demonstration data, with every planted constant.

Latent quality. Three independent fields over centres x indicators: `quality`, which both clients and inspectors see,
`perception`, which only clients see, and `paper`, which only the checklist sees. Each is standard normal,

.. math:: z = \sqrt{.15}\,\text{region} + \sqrt{.30}\,\text{halo of the centre}
              + \sqrt{.25}\,\text{centre in the group} + \sqrt{.30}\,\text{own},

and follows :math:`z_t = .85\,z_{t-1} + \sqrt{1-.85^2}\,e_t`. With the planted link :math:`\rho` of the indicator

.. math:: s = \sqrt{\rho}\,\text{quality} + \sqrt{1-\rho}\,\text{perception} + t\,g, \qquad
          o = \sqrt{\rho}\,\text{quality} + \sqrt{1-\rho}\,\text{paper} + t\,g,

where g is the yearly progress of the group (`parameters.PROGRESS`). Employers see s only in part: correlation .5.

Survey. A respondent's impression of an item is ``location + spread * s + sqrt(.45) * own halo + sqrt(.55) * noise``,
cut at four steps into a mark 1-5; location and spread are solved from the promised moments (`calibration`). True S is
the expected (mark - 1) / 4. The overall mark is ``round(sum of weight * mark + noise of sd .35)``. Items are skipped
at random with a rate of their own (`catalogue`). П2 has no question.

Checklist. A requirement is met when ``location + spread * o + noise > difficulty``; the noise belongs to the centre
and the requirement and persists like the quality. True O is the expected share met of what is applicable. A
requirement of level УЦЗН is checked once a region, at its first centre, and shared by all its centres.

Planted manipulations, only from the second year on: 1 centre in 80 fills in its checklist (85 % of the unmet
requirements of its own become met), 1 in 240 fills in its survey (85 % of the questionnaires become straight fives
of the last five days of December). True S and O stay those of the honest centre. 1 in 400 closes, 1 in 400 is new.

Promised in the first year, over centres, default size (tests hold them): mean mark of job seekers 4.6-4.8 of 5, four
marks in five are a five, more ones than twos; sd of true S about .05 (.012 where «шум опроса»); sd of X/N about .20
(.10 to .30); correlation of true S and true O about .3 on most indicators, .75 where «согласовано», 0 where
«нет связи»; job seekers 12-150 a centre, median near 37; employers 0-40, median near 9.

Kinds of agreement. «Согласовано»: linked, equal in level, many requirements. The others spoil one thing each (and
have the ordinary link of .3): «смещение» the level, the checklist about .10 higher; «шкала» the scale, X/N runs over
[0; 1] six times as widely as S, hence also lower; «нет связи» the link; «грубая шкала» N = 3; «шум опроса» centres
hardly differ in true S, so that the survey measures chance. «Нет опроса»: П2.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtr

from methods.data.demonstration import parameters as par
from methods.data.demonstration.calibration import (
    STEPS,
    Latent,
    checklist_latent,
    expected_survey,
    survey_latent,
)
from methods.data.demonstration.catalogue import (
    ASKED,
    CLIENTELES,
    DRIVERS,
    EMPLOYER,
    INDICATORS,
    PROFILES,
    SEEKER,
)
from methods.data.demonstration.tables import (
    Demonstration,
    opening_day,
    region_codes,
    registry_table,
    requirements_table,
    truth_tables,
    whole_numbers,
)
from methods.errors import InputError

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]


def generate(seed: int = 2022, centres: int = 1200, regions: int = 89,
             years: tuple[str, ...] = ("2023", "2024")) -> Demonstration:
    """Draw the demonstration country of the module's docstring; the same arguments give the same country.

    Every part draws from a stream of its own name, so that a new part or a further year moves no other.
    """
    _check(seed, centres, regions, years)
    region = _regions_of_centres(seed, centres, regions)
    head = np.searchsorted(region, region)      # first centre of the region, where requirements of УЦЗН are checked
    size = stream(seed, "size").standard_normal(centres)
    small = size < np.quantile(size, par.SMALL_SHARE)
    applicable = ~(small[:, None] & par.OPTIONAL
                   & (stream(seed, "applicable").random((centres, len(par.CODES))) < par.NOT_APPLICABLE))
    closed, new = _events(seed, head, len(years))

    regional, quality = _field(seed, "quality", region, years)
    perception, paper = (_field(seed, name, region, years)[1] for name in ("perception", "paper"))
    employers_own = _field(seed, "employers' own", region, years)[1]
    noise = _chain([stream(seed, "requirement", year).standard_normal((centres, len(par.CODES))) for year in years])

    at_work = [~new if t == 0 else ~closed for t in range(len(years))]
    expected, met = [], []
    for t in range(len(years)):
        shown = np.sqrt(par.LINK) * quality[t] + np.sqrt(1 - par.LINK) * paper[t]
        latent = _objective_latent(shown + t * par.PROGRESS_OF)
        latent[:, par.SHARED] = latent[head][:, par.SHARED]
        noise[t][:, par.SHARED] = noise[t][head][:, par.SHARED]
        expected.append(_share(ndtr(latent), applicable))
        met.append(latent + noise[t] > 0)
    gamed, straight = _manipulators(seed, _share(met[0], applicable), at_work)

    labels = _centre_labels(region)
    answers, checklist, first = {}, {}, 1
    true_survey: dict[tuple[str, str], Array] = {}
    for t, year in enumerate(years):
        if t > 0:
            met[t] |= _filled_checklist(seed, year, gamed)
        checklist[year] = _checklist_table(met[t], applicable, labels, at_work[t])
        shared = np.sqrt(par.LINK) * quality[t] + np.sqrt(1 - par.LINK) * perception[t]
        seen = {SEEKER: shared,
                EMPLOYER: par.EMPLOYER_LINK * shared + np.sqrt(1 - par.EMPLOYER_LINK**2) * employers_own[t]}
        latents = {who: _survey_latent(seen[who] + t * par.PROGRESS_OF, who) for who in CLIENTELES}
        true_survey |= {(year, who): expected_survey(latents[who])[at_work[t]] for who in CLIENTELES}
        opened = np.where(new & (t == 1), opening_day(np.arange(centres)), 0)
        answers[year] = _answers_table(seed, year, latents, size, at_work[t], opened, straight & (t > 0), labels, first)
        first += len(answers[year])

    registry = registry_table(labels, region, new, closed, years)
    centre_truth = pd.DataFrame({"малый": small, "завышен_чек_лист": gamed, "накручен_опрос": straight,
                                 "закрыт": closed, "новый": new}, index=pd.Index(labels, name="центр"))
    truth = truth_tables(true_survey, expected, at_work, regional, centre_truth, registry, years)
    return Demonstration(registry, requirements_table(), answers, checklist, truth, seed)


def _check(seed: int, centres: int, regions: int, years: tuple[str, ...]) -> None:
    if seed < 0:
        raise InputError(f"Зерно генератора — целое число не меньше 0, сейчас {seed}. Задайте, например, 0.")
    if not 1 <= regions <= centres:
        raise InputError(f"Регионов должно быть от 1 до числа центров ({centres}), сейчас {regions}. "
                         "Измените regions или centres.")
    if not years or not all(len(year) == 4 and year.isdecimal() for year in years):
        raise InputError(f"Годы задаются четырьмя цифрами, сейчас {years}. Например: (\"2023\", \"2024\").")
    if any(later <= earlier for earlier, later in pairwise(years)):
        raise InputError(f"Годы должны возрастать без повторов, сейчас {', '.join(years)}.")


def stream(seed: int, *purpose: str) -> np.random.Generator:
    """Random numbers of one named purpose: a child of the one seed, keyed by the name."""
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=tuple("/".join(purpose).encode())))


# --- who there is ---------------------------------------------------------------------------------------------------

def _regions_of_centres(seed: int, centres: int, regions: int) -> NDArray[np.intp]:
    """Region of each centre, sorted: one centre at least, the rest in proportion to unequal populations."""
    rng = stream(seed, "regions")
    population = rng.lognormal(sigma=0.6, size=regions)
    return np.repeat(np.arange(regions), 1 + rng.multinomial(centres - regions, population / population.sum()))


def _centre_labels(region: NDArray[np.intp]) -> NDArray[np.object_]:
    number = np.arange(len(region)) - np.searchsorted(region, region) + 1
    codes, width = region_codes(region[-1] + 1), max(3, len(str(number.max())))
    return np.array([f"{codes[r]}-{n:0{width}d}" for r, n in zip(region, number, strict=True)], dtype=object)


def _chosen(rng: np.random.Generator, allowed: Mask, number: int) -> Mask:
    """Mark `number` of the allowed centres at random."""
    mark = np.zeros(len(allowed), dtype=bool)
    mark[rng.permutation(np.flatnonzero(allowed))[:number]] = True
    return mark


def _events(seed: int, head: NDArray[np.intp], years: int) -> tuple[Mask, Mask]:
    """Centres closed and new in the second year; the managing centre of a region neither comes nor goes."""
    number = round(len(head) / par.EVENT_EACH) if years > 1 else 0
    ordinary = head != np.arange(len(head))
    closed = _chosen(stream(seed, "closed"), ordinary, number)
    return closed, _chosen(stream(seed, "new"), ordinary & ~closed, number)


def _manipulators(seed: int, share: Array, at_work: list[Mask]) -> tuple[Mask, Mask]:
    """Centres that fill in the checklist (out of the lower third: there is room to rise) and the survey."""
    allowed = np.logical_and.reduce(at_work)
    several = len(at_work) > 1
    overall = share.mean(axis=1)
    gamed = _chosen(stream(seed, "gamed"), allowed & (overall < np.quantile(overall, 1 / 3)),
                    several * round(len(share) / par.GAMED_EACH))
    straight = _chosen(stream(seed, "straight"), allowed & ~gamed, several * round(len(share) / par.STRAIGHT_EACH))
    return gamed, straight


# --- quality --------------------------------------------------------------------------------------------------------

def _chain(fresh: list[Array]) -> list[Array]:
    """Stationary autoregression over the years, unit variance kept."""
    values = [fresh[0]]
    for innovation in fresh[1:]:
        values.append(par.PERSISTENCE * values[-1] + np.sqrt(1 - par.PERSISTENCE**2) * innovation)
    return values


def _field(seed: int, name: str, region: NDArray[np.intp], years: tuple[str, ...]) -> tuple[list[Array], list[Array]]:
    """By year: the region's effect (regions x groups) and the whole field (centres x indicators)."""
    regional, local = [], []
    for year in years:
        rng = stream(seed, name, year)
        n = len(region)
        regional.append(np.sqrt(par.REGION) * rng.standard_normal((region[-1] + 1, len(par.GROUPS))))
        local.append(np.sqrt(par.HALO) * rng.standard_normal((n, 1))
                     + np.sqrt(par.GROUP) * rng.standard_normal((n, len(par.GROUPS)))[:, par.GROUP_OF]
                     + np.sqrt(par.OWN) * rng.standard_normal((n, len(INDICATORS))))
    regional = _chain(regional)
    return regional, [effect[region][:, par.GROUP_OF] + own
                      for effect, own in zip(regional, _chain(local), strict=True)]


def _scaled(quality: Array, scales: list[Latent]) -> Array:
    location, spread = np.array(scales).T
    return location + spread * quality


def _survey_latent(quality: Array, clientele: str) -> Array:
    """Centres x asked indicators: latent level of the impressions."""
    shift = par.EMPLOYER_SHIFT if clientele == EMPLOYER else 0.0
    profiles = [PROFILES[code] for code in ASKED]
    scales = [survey_latent(round(p.survey_mean + shift, 3), p.survey_sd) for p in profiles]
    return _scaled(quality[:, par.ASKED_PLACES], scales)


def _objective_latent(quality: Array) -> Array:
    """Centres x requirements: latent level less difficulty."""
    numbers = par.BELONGS.sum(axis=0).astype(int)
    scales = [checklist_latent(p.check_mean, p.check_sd, int(number))
              for p, number in zip(PROFILES.values(), numbers, strict=True)]
    return _scaled(quality, scales)[:, par.ITEM_OF] - par.DIFFICULTY


# --- checklist ------------------------------------------------------------------------------------------------------

def _share(met: Array | Mask, applicable: Mask) -> Array:
    """Centres x indicators: sum over the applicable requirements divided by their number."""
    return (met * applicable) @ par.BELONGS / (applicable @ par.BELONGS)


def _filled_checklist(seed: int, year: str, gamed: Mask) -> Mask:
    chance = stream(seed, "filled checklist", year).random((len(gamed), len(par.CODES)))
    return gamed[:, None] & ~par.SHARED & (chance < par.FILLED)


def _checklist_table(met: Mask, applicable: Mask, labels: NDArray[np.object_], at_work: Mask) -> pd.DataFrame:
    values = whole_numbers(met[at_work], ~applicable[at_work], par.CODES)
    values.insert(0, "центр", labels[at_work])
    return values


# --- survey ---------------------------------------------------------------------------------------------------------

def _questionnaires(seed: int, year: str, size: Array, clientele: str) -> NDArray[np.intp]:
    """Number of questionnaires a centre collects: it follows the size of the centre, more loosely for employers."""
    rng = stream(seed, "questionnaires", year, clientele)
    fixed, yearly = par.SIZE_SPREAD[clientele]
    typical = par.TYPICAL[clientele] * np.exp(fixed * size + yearly * rng.standard_normal(len(size)))
    return np.clip(rng.poisson(typical), *par.SIZES[clientele])


def _marks(rng: np.random.Generator, latent: Array) -> NDArray[np.int8]:
    """Respondents x items: marks 1-5 about the latent level of the respondent's centre."""
    halo = np.sqrt(par.RESPONDENT_HALO) * rng.standard_normal((len(latent), 1), dtype=np.float32)
    noise = np.sqrt(1 - par.RESPONDENT_HALO) * rng.standard_normal(latent.shape, dtype=np.float32)
    impression = latent + halo + noise
    return 1 + sum((impression > step).astype(np.int8) for step in STEPS)


def _answers_table(seed: int, year: str, latents: dict[str, Array], size: Array, at_work: Mask,
                   opened: NDArray[np.intp], straight: Mask, labels: NDArray[np.object_], first: int) -> pd.DataFrame:
    """All questionnaires of a year, by centre, job seekers before employers, numbered from `first`."""
    calendar = np.arange(f"{year}-01-01", f"{int(year) + 1}-01-01", dtype="datetime64[D]").astype("datetime64[s]")
    parts = [_answers(seed, year, who, latents[who], np.where(at_work, _questionnaires(seed, year, size, who), 0),
                      opened, straight, len(calendar)) for who in CLIENTELES]
    centre, day, marks, gaps = (np.concatenate(column) for column in zip(*parts, strict=True))
    clientele = np.repeat(np.array(CLIENTELES, dtype=object), [len(part[0]) for part in parts])
    order = np.argsort(centre, kind="stable")
    table = whole_numbers(marks[order], gaps[order], [*ASKED, "общая"])
    head = pd.DataFrame({"анкета": np.arange(first, first + len(order)).astype(str), "центр": labels[centre[order]],
                         "клиентела": clientele[order], "дата": calendar[day[order]]})
    return pd.concat([head, table], axis=1)


def _answers(seed: int, year: str, clientele: str, latent: Array, number: NDArray[np.intp], opened: NDArray[np.intp],
             straight: Mask, days: int) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.int8], Mask]:
    """Centre, day, marks with the overall mark last, and gaps of the respondents of one clientele."""
    rng = stream(seed, "answers", year, clientele)
    centre = np.repeat(np.arange(len(number)), number)
    items = _marks(rng, latent[centre])
    weights = np.array([DRIVERS[clientele][code] for code in ASKED])
    overall = np.rint(items @ weights + par.OVERALL_NOISE * rng.standard_normal(len(centre))).clip(1, 5)
    marks = np.column_stack([items, overall.astype(np.int8)])

    rate = [PROFILES[code].seeker_gap if clientele == SEEKER else PROFILES[code].employer_gap for code in ASKED]
    gaps = stream(seed, "gaps", year, clientele).random(marks.shape) < [*rate, par.OVERALL_GAP]
    rng = stream(seed, "dates", year, clientele)
    day = (opened[centre] + rng.random(len(centre)) * (days - opened[centre])).astype(int)

    rng = stream(seed, "filled survey", year, clientele)
    filled = straight[centre] & (rng.random(len(centre)) < par.FILLED)
    return (centre, np.where(filled, days - 1 - rng.integers(5, size=len(centre)), day),
            np.where(filled[:, None], 5, marks).astype(np.int8), gaps & ~filled[:, None])
