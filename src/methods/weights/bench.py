"""The bench: weights for the members of one element from every source, side by side, with how sure each of them is.

People can weigh five things against each other, not twenty, so an element is taken at a time: the children of the
index, then the indicators inside a group. A source that cannot speak (experts who were not asked, indicators that do
not correlate) is listed with its reason instead of being left out in silence.

Bands are not one thing: experts' say what other experts of the same kind might have said, those of clients and of data
what other respondents and units would have given. `Source.band` says which.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from methods.errors import EditionError, InputError, NotPublishable
from methods.index.edition import INDEX, Edition
from methods.index.importance import Resampled, resample
from methods.index.normalise import min_max
from methods.index.score import Scores
from methods.weights import ahp, data_driven, direct, panel, rank_order
from methods.weights.benefit_of_doubt import benefit_of_doubt
from methods.weights.best_worst import best_worst_weights
from methods.weights.compromise import distances
from methods.weights.drivers import Drivers
from methods.weights.factor import factor_weights
from methods.weights.targets import calibrate, calibration_draws

Kind = Literal["adopted", "plain", "order", "experts", "clients", "poll", "targets", "data"]

ADOPTED = "принятые"
KINDS: dict[Kind, str] = {
    "adopted": "методика", "plain": "без суждений", "order": "названный порядок", "experts": "эксперты",
    "clients": "клиенты", "poll": "опрос канала", "targets": "вес как влияние", "data": "разброс данных"}
JUDGEMENT: tuple[Kind, ...] = ("adopted", "plain", "order", "experts", "clients", "targets")  # may enter a compromise
CONFIDENCE = 0.95
DRAWS = 200               # of the bands of data-driven sources
SHARE_OF_EQUAL = (0.5, 2.0)  # benefit of the doubt: between half and double of an equal share
REPEATED = "полоса: другие единицы того же рода"


@dataclass(frozen=True, eq=False)
class Source:
    """Weights of the members of one element from one source."""

    name: str              # as in tables and pictures
    kind: Kind
    weights: pd.Series     # members, sum 1
    low: pd.Series | None = None
    high: pd.Series | None = None
    band: str = ""         # what the band is; empty without one
    note: str = ""         # what the reader has to know


@dataclass(frozen=True, eq=False)
class Bench:
    """All sources for one element, the adopted weights first, and why others are missing."""

    parent: str
    sources: tuple[Source, ...]
    refused: dict[str, str]   # name of a source -> reason

    @property
    def weights(self) -> pd.DataFrame:
        """Members x sources; every column sums to 1."""
        return pd.DataFrame({source.name: source.weights for source in self.sources})

    @property
    def low(self) -> pd.DataFrame:
        """Lower ends of the bands: members x sources that have one."""
        return pd.DataFrame({source.name: source.low for source in self.sources if source.low is not None})

    @property
    def high(self) -> pd.DataFrame:
        """Upper ends of the bands."""
        return pd.DataFrame({source.name: source.high for source in self.sources if source.high is not None})

    @property
    def kinds(self) -> pd.Series:
        """Kind of each source."""
        return pd.Series({source.name: source.kind for source in self.sources}, name="kind")

    def of(self, *kinds: Kind) -> pd.DataFrame:
        """Weights of the sources of these kinds."""
        return self.weights[[source.name for source in self.sources if source.kind in kinds]]

    def distances(self) -> pd.DataFrame:
        """Share of the weight that would change hands between every two sources."""
        return distances(self.weights)

    def adopted_outside(self) -> pd.DataFrame:
        """Where the adopted weight lies against each band: members x sources, -1 below, 0 inside, 1 above."""
        adopted = self.sources[0].weights
        below = self.low.gt(adopted, axis=0).astype(int)
        return self.high.lt(adopted, axis=0).astype(int) - below


def members(scores: Scores, edition: Edition, parent: str = INDEX) -> pd.DataFrame:
    """Scores of an element's children, of ranked units, with gaps: units x children."""
    together = pd.concat([scores.elements, scores.normalised], axis=1)
    return together.loc[scores.rank.notna(), [child for child in edition.children(parent) if child in together]]


def top_level(scores: Scores, edition: Edition, parent: str = INDEX) -> pd.DataFrame:
    """The same without units that lack a child."""
    return members(scores, edition, parent).dropna()


def adopted_weights(edition: Edition, parent: str = INDEX) -> pd.Series:
    """Weights of an element's children by the edition, sum 1; in a flat edition sums over their indicators."""
    weights = edition.effective_weights()
    own = pd.Series({child: weights[edition.leaves(child)].sum() for child in edition.children(parent)}, name="weight")
    return own / own.sum()


def weight_bench(scores: Scores, edition: Edition, *, parent: str = INDEX,
                 experts: Mapping[str, pd.DataFrame] | None = None, poll: pd.DataFrame | None = None,
                 drivers: Mapping[str, Drivers] | None = None,
                 clusters: pd.Series | None = None, targets: bool = True, data: bool = True, draws: int = DRAWS,
                 seed: int = 0) -> Bench:
    """Weights of an element's children from every source there is.

    Parameters
    ----------
    parent : str
        "index" or the code of a group.
    experts : mapping of form to DataFrame, shape (experts, members)
        Experts' own weights by the form of their answers, see `experts_weights`.
    poll : DataFrame, members x (share, low, high)
        Shares of votes in a poll of a channel: of whoever cared to vote, no sample of the clients.
    drivers : mapping of clientele to Drivers
        Shares of what explains the overall mark; members' shares are sums over their indicators.
    clusters : Series by unit
        Units that are drawn together when weights are calibrated: regions.
    targets : bool
        Whether to look for the weights under which every child's share of importance is its adopted weight.
    data : bool
        Whether to ask the sources that look at the spread of the data.
    draws, seed
        Of the bands of these sources.

    """
    children = edition.children(parent)
    sources = [Source(ADOPTED, "adopted", adopted_weights(edition, parent)), *_plain(edition, parent)]
    if parent == INDEX and edition.priorities:
        sources += _ordered(edition.priorities, children)
    refused: dict[str, str] = {}

    def offer(name: str, make: Callable[[], Source]) -> None:
        try:
            sources.append(make())
        except (InputError, NotPublishable, EditionError) as error:
            refused[name] = str(error)

    for form, weights in (experts or {}).items():
        offer(EXPERT_FORMS[form], lambda form=form, weights=weights: _of_experts(form, weights, children, seed))
    if poll is not None:
        offer(POLL, lambda: _of_poll(poll, children))
    if drivers:
        offer(CLIENTS, lambda: _of_clients(drivers, edition, parent))
    if targets:
        offer(TARGETS, lambda: _of_targets(members(scores, edition, parent), edition, parent, clusters, draws, seed))
    if not data:
        return Bench(parent, tuple(sources), refused)
    values = top_level(scores, edition, parent)
    for name, formula in DATA_DRIVEN.items():
        offer(name, lambda name=name, formula=formula: _of_data(name, formula, values, children, draws, seed))
    offer(BENEFIT_OF_DOUBT, lambda: _benefit_of_doubt(values, children))
    return Bench(parent, tuple(sources), refused)


def experts_weights(matrices: Mapping[str, pd.DataFrame], points: pd.DataFrame, swings: pd.DataFrame,
                    ratings: pd.DataFrame, best_worst: Mapping[str, Sequence]) -> dict[str, pd.DataFrame]:
    """Every expert's own weights by the form of the answers: form -> experts x members. Forms nobody used are left out.

    Parameters
    ----------
    matrices : mapping of expert to DataFrame
        Pairwise comparisons, reciprocal; gaps are completed (`ahp.complete`).
    points, swings, ratings : DataFrame, shape (experts, members)
        As for `direct.budget_allocation`, `direct.swing_weights`, `direct.smart_weights`.
    best_worst : mapping of expert to (best to others, others to worst, best, worst)
    """
    found = {}
    if matrices:
        found["pairs"] = pd.DataFrame({expert: ahp.eigenvector_weights(
            ahp.complete(matrix, expert).matrix if matrix.isna().to_numpy().any() else matrix, expert)
            for expert, matrix in matrices.items()}).T
    for form, answers, formula in (("points", points, direct.budget_allocation),
                                   ("swings", swings, direct.swing_weights),
                                   ("ratings", ratings, direct.smart_weights)):
        if len(answers):
            found[form] = formula(answers).weights
    if best_worst:
        found["best_worst"] = pd.DataFrame({expert: best_worst_weights(*answers, expert)
                                            for expert, answers in best_worst.items()}).T
    return {form: weights.rename_axis("expert") for form, weights in found.items() if len(weights)}


# --- the sources ----------------------------------------------------------------------------------------------------

EXPERT_FORMS = {"pairs": "эксперты: пары", "points": "эксперты: 100 баллов", "swings": "эксперты: размах",
                "ratings": "эксперты: оценки", "best_worst": "эксперты: лучший и худший"}
RATIO_FORMS = ("pairs", "best_worst")  # judgements are ratios: pooled by the geometric mean
POLL, CLIENTS, TARGETS = "опрос канала", "клиенты: что движет оценкой", "влияние равно весу"
BENEFIT_OF_DOUBT = "выгода сомнения"
DATA_DRIVEN: dict[str, Callable[[pd.DataFrame], pd.Series]] = {
    "энтропия": data_driven.entropy, "разброс": data_driven.standard_deviation, "CRITIC": data_driven.critic,
    "MEREC": lambda scaled: data_driven.merec(0.01 + 0.99 * scaled),  # its logarithms need values above 0
    "главные компоненты": lambda scaled: factor_weights(scaled).weights}


def _plain(edition: Edition, parent: str) -> list[Source]:
    children = edition.children(parent)
    count = pd.Series({child: len(edition.leaves(child)) for child in children}, dtype=float)
    found = [Source("равные", "plain", data_driven.equal(children))]
    if count.nunique() > 1:
        found.append(Source("по числу показателей", "plain", count / count.sum()))
    return found


def _ordered(priorities: Sequence[str], children: Sequence[str]) -> list[Source]:
    note = "известен только порядок; расстояния между местами придуманы формулой"
    return [Source(name, "order", formula(priorities)[children], note=note) for name, formula in (
        ("порядок: центроид", rank_order.rank_order_centroid), ("порядок: сумма мест", rank_order.rank_sum),
        ("порядок: обратные места", rank_order.rank_reciprocal))]


def _of_experts(form: str, weights: pd.DataFrame, children: Sequence[str], seed: int) -> Source:
    how = "geometric" if form in RATIO_FORMS else "arithmetic"
    own = weights[list(children)]
    if len(own) < 2:
        return Source(EXPERT_FORMS[form], "experts", panel.pooled(own, how),
                      note="эксперт один: согласованность и полоса не определены")
    band = panel.bootstrap_interval(own, how, confidence=CONFIDENCE, seed=seed)
    return Source(EXPERT_FORMS[form], "experts", band["pooled"], band["low"], band["high"],
                  f"полоса: другие эксперты того же рода, сейчас их {len(own)}")


def _of_poll(poll: pd.DataFrame, children: Sequence[str]) -> Source:
    missing = [child for child in children if child not in poll.index]
    if missing:
        raise InputError(f"в опросе нет вариантов для: {', '.join(missing)}")
    whole = poll.loc[list(children), "share"].sum()
    shares = poll.loc[list(children), ["share", "low", "high"]] / whole
    return Source(POLL, "poll", shares["share"], shares["low"], shares["high"],
                  "полоса: только случайность среди таких же подписчиков",
                  "голосовали те, кто захотел; это повод спросить, а не веса")


def _of_clients(drivers: Mapping[str, Drivers], edition: Edition, parent: str) -> Source:
    """Shares of the explained variance of the overall mark by member, the clienteles by their shares."""
    children = edition.children(parent)
    parts = []
    for clientele, found in drivers.items():
        shapley = found.measures["shapley"]
        owner = {leaf: child for child in children for leaf in edition.leaves(child) if leaf in shapley.estimate.index}
        silent = [child for child in children if child not in owner.values()]
        if silent:
            raise InputError(f"в анкете нет вопросов о: {', '.join(silent)}")
        share = edition.clienteles[clientele].share if edition.clienteles else 1.0
        parts.append((share, _summed(shapley, owner, children)))
    whole = sum(share for share, _ in parts)
    estimate = sum(share * part.estimate for share, part in parts) / whole
    draws = sum(share * part.draws for share, part in parts) / whole
    band = Resampled(estimate, draws, min(part.effective for _, part in parts), parts[0][1].seed).interval(CONFIDENCE)
    silent = sorted(set(edition.leaves(parent)) - set(next(iter(drivers.values())).measures["shapley"].estimate.index))
    note = f"без показателей, о которых не спрашивают: {', '.join(silent)}" if silent else ""
    return Source(CLIENTS, "clients", estimate, band["low"], band["high"],
                  "полоса: другие центры того же рода", note)


def _summed(shapley: Resampled, owner: Mapping[str, str], children: Sequence[str]) -> Resampled:
    """Shares of leaves added up by member and brought to sum 1."""
    leaves = list(owner)
    member = pd.Series(owner)
    estimate = shapley.estimate[leaves].clip(lower=0).groupby(member).sum()[list(children)]
    draws = shapley.draws[leaves].clip(lower=0).T.groupby(member).sum().T[list(children)]
    return Resampled(estimate / estimate.sum(), draws.div(draws.sum(axis=1), axis=0), shapley.effective, shapley.seed)


def _of_targets(values: pd.DataFrame, edition: Edition, parent: str, clusters: pd.Series | None, draws: int,
                seed: int) -> Source:
    """Weights of the children alone; what is inside them stays as adopted."""
    adopted = adopted_weights(edition, parent)[list(values)]
    tree = {parent: adopted / adopted.sum()}
    own = calibrate(values, tree, gaps="reweight", refuse=False).parents[parent]
    if not own.converged:
        bound = f"; мешает граница: {', '.join(map(str, own.on_bound.index))}" if len(own.on_bound) else ""
        raise NotPublishable(f"наибольшее расхождение влияния и веса {own.error:.3f}, ближе подойти нельзя{bound}")
    drawn = calibration_draws(values, tree, draws=draws, seed=seed, gaps="reweight",
                              clusters=None if clusters is None else clusters[values.index])
    band = drawn.weights.interval(CONFIDENCE).loc[parent]
    return Source(TARGETS, "targets", *(column.reindex(edition.children(parent), fill_value=0.0)
                                        for column in (own.weights, band["low"], band["high"])), REPEATED)


def _of_data(name: str, formula: Callable[[pd.DataFrame], pd.Series], values: pd.DataFrame, children: Sequence[str],
             draws: int, seed: int) -> Source:
    _enough(values, children)
    band = resample(values, lambda sample: formula(sample.apply(min_max)), draws=draws, seed=seed).interval(CONFIDENCE)
    return Source(name, "data", *(band[column][list(children)] for column in ("estimate", "low", "high")), REPEATED)


def _benefit_of_doubt(values: pd.DataFrame, children: Sequence[str]) -> Source:
    """Mean of the shares that units would give themselves, each between half and double of an equal one."""
    _enough(values, children)
    low, high = (bound / len(children) for bound in SHARE_OF_EQUAL)
    shares = benefit_of_doubt(0.01 + 0.99 * values.apply(min_max), pie_shares=(low, min(high, 1.0))).shares.dropna()
    tail = (1 - CONFIDENCE) / 2
    return Source(BENEFIT_OF_DOUBT, "data", shares.mean()[list(children)], shares.quantile(tail)[list(children)],
                  shares.quantile(1 - tail)[list(children)], "полоса: доли, выгодные разным единицам",
                  "каждая единица взвешена в свою пользу, доли от половины до двух равных")


def _enough(values: pd.DataFrame, children: Sequence[str]) -> None:
    if len(values) < len(children) + 2:
        raise InputError(f"единиц, у которых есть всё, {len(values)}, нужно не меньше {len(children) + 2}")
    flat = [child for child in values if np.ptp(values[child]) == 0]
    if flat:
        raise InputError(f"не различаются между единицами: {', '.join(flat)}")
