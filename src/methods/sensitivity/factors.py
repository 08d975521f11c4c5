"""What we are not sure of: each source of doubt declared as data, drawn as a function of coordinates on [0; 1].

A factor names its coordinates for a given edition (`elements`) and refuses in words if it cannot change anything there.
Equal coordinates always give equal draws, so that random and quasi-random designs, and those of variance-based
analysis, run the same model. Alternatives of a categorical factor are equally likely; one stated twice is likelier.
"""

from __future__ import annotations

import itertools
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any, ClassVar, Literal

import numpy as np
import pandas as pd
from scipy.special import gammaincinv

from methods import checks
from methods.errors import InputError
from methods.index.edition import INDEX, Aggregation, Edition, Missing, Normalisation
from methods.sensitivity.noise import stream
from methods.sensitivity.outliers import KURTOSIS, SKEWNESS, treat_outliers

LEAST_CONCENTRATION = 0.05  # below it a gamma variable is often too small for a double
LEAST_ACCEPTANCE = 0.001    # share of tries that hit a polytope of weights
TRIES = 4096                # to learn which proposal hits it most often
ONLY = ""                   # name of the coordinate of a factor that has one


@dataclass(frozen=True, eq=False)
class Setting:
    """What a factor has to know of the data and the edition."""

    edition: Edition
    codes: tuple[str, ...]             # indicators that take part, in the order of their codes
    weights: dict[str, pd.Series]      # element -> adopted weights of its members, which sum to 1
    gaps: frozenset[str]               # elements in which some unit lacks a member
    errors: bool                       # whether some measurement has a sampling error
    checklists: frozenset[str]         # indicators with a checklist whose X and N are known
    values: dict[tuple[str, str], pd.Series]  # (clientele, indicator) -> adopted values of units

    def members(self, parent: str, what: str) -> pd.Index:
        """Members of an element whose weights can be drawn."""
        if parent not in self.weights:
            raise InputError(f"{what}: элемента «{parent}» нет среди тех, из которых складывается индекс: "
                             f"{', '.join(self.weights)}.")
        return self.weights[parent].index


@dataclass(frozen=True)
class Factor(ABC):
    """One source of uncertainty."""

    @property
    @abstractmethod
    def name(self) -> str:
        """Code of the factor, different for different factors of one experiment."""

    @property
    @abstractmethod
    def title(self) -> str:
        """What is uncertain, in Russian, for a report."""

    @abstractmethod
    def elements(self, setting: Setting) -> list[str]:
        """Names of the factor's coordinates; `InputError` if it cannot act."""


# --- measurements -----------------------------------------------------------------------------------------------------

@dataclass(frozen=True)
class SamplingError(Factor):
    r"""Respondents' sampling error: :math:`S' = S + se(S)\,\varepsilon,\ \varepsilon \sim N(0, 1)`.

    Independent for every unit and clientele. Errors of different questions of one unit and clientele correlate by
    `common`, because the same people answered them: :math:`\varepsilon_j = \sqrt{\rho}\,g + \sqrt{1-\rho}\,e_j`.
    Left at 0, errors of a mean over many questions look far smaller than they are. A survey's mark is not let below the
    worst one. One coordinate.
    """

    common: float = 0.0

    name: ClassVar[str] = "sampling"
    title: ClassVar[str] = "выборочная ошибка опроса"

    def elements(self, setting: Setting) -> list[str]:
        if not 0 <= self.common < 1:
            raise InputError(f"Корреляция ошибок разных вопросов — от 0 до 1, задано {self.common:g}.")
        if not setting.errors:
            raise InputError("Выборочную ошибку разыграть нельзя: ни у одного измерения нет стандартной ошибки (se). "
                             "Уберите этот источник или задайте se.")
        return [ONLY]


@dataclass(frozen=True)
class ChecklistError(Factor):
    """Inspectors' error: every requirement of a checklist is misjudged with probability `rate` (`noise.misjudged`).

    Acts on checklists that count requirements (rule `share`), of the named indicators or of all. One coordinate.
    """

    rate: float
    indicators: tuple[str, ...] = ()

    name: ClassVar[str] = "checklist"

    @property
    def title(self) -> str:
        return f"ошибка проверяющего {100 * self.rate:g} % требований"

    def elements(self, setting: Setting) -> list[str]:
        if not 0 < self.rate <= 0.5:
            raise InputError(f"Доля ошибок проверяющего должна быть больше 0 и не больше 0,5, задано {self.rate:g}.")
        foreign = sorted(set(self.indicators) - setting.checklists)
        if foreign or not setting.checklists:
            raise InputError("Ошибку проверяющего разыграть нельзя: нужен чек-лист с правилом share, целым числом "
                             "исполненных требований и их общим числом (столбец n). Нет у показателей: "
                             f"{', '.join(foreign or setting.codes)}.")
        return [ONLY]


@dataclass(frozen=True)
class MixShift(Factor):
    r"""Share of the survey in two-sided indicators: :math:`m' = m + t(2u - 1)`, the same shift for all of them."""

    spread: float

    name: ClassVar[str] = "mix"

    @property
    def title(self) -> str:
        return f"доля опроса ±{100 * self.spread:g} п. п."

    def elements(self, setting: Setting) -> list[str]:
        two_sided = [code for code in setting.edition.two_sided if code in setting.codes]
        if not two_sided:
            raise InputError("Доля опроса не может меняться: в редакции нет показателей с двумя сторонами. "
                             "Уберите этот источник.")
        room = min(min(setting.edition.indicators[code].side_mix().values()) for code in two_sided)
        if not 0 < self.spread <= room:
            raise InputError(f"Сдвиг доли опроса должен быть больше 0 и не больше {room:g}, наименьшей доли стороны в "
                             f"редакции; задано {self.spread:g}.")
        return [ONLY]

    def shift(self, u: np.ndarray) -> np.ndarray:
        """What is added to the survey's share, by draw."""
        return self.spread * (2 * u[:, 0] - 1)


@dataclass(frozen=True)
class Winsorisation(Factor):
    """How many extreme values of an indicator may be moved before normalisation (`outliers.treat_outliers`)."""

    points: tuple[int, ...] = (0, 1, 2, 3, 4, 5)
    otherwise: Literal["none", "log"] = "none"
    skewness: float = SKEWNESS
    kurtosis: float = KURTOSIS

    name: ClassVar[str] = "winsorisation"

    @property
    def title(self) -> str:
        return f"винзоризация: не больше {', '.join(map(str, self.points))} значений"

    def elements(self, setting: Setting) -> list[str]:
        _alternatives(self.points, "Винзоризация")
        for values in setting.values.values():
            treated = [treat_outliers(values, most, otherwise=self.otherwise, skewness=self.skewness,
                                      kurtosis=self.kurtosis) for most in set(self.points)]
            if not all(one.equals(treated[0]) for one in treated):
                return [ONLY]
        raise InputError("Винзоризация ничего не меняет: ни у одного показателя нет выбросов (|асимметрия| больше "
                         f"{self.skewness:g} и эксцесс больше {self.kurtosis:g}). Уберите этот источник.")


# --- weights ----------------------------------------------------------------------------------------------------------

class WeightFactor(Factor):
    """A factor that draws the weights of one or several elements' members."""

    @abstractmethod
    def acts_on(self, setting: Setting) -> list[str]:
        """Elements whose members' weights it draws."""

    @abstractmethod
    def drawn(self, u: np.ndarray, setting: Setting, seed: int) -> dict[str, np.ndarray]:
        """Element -> weights, draws x members in the order of their codes; they sum to 1 in every draw."""


@dataclass(frozen=True)
class WeightNoise(WeightFactor):
    r"""Weights perturbed at every level of the tree, or in the elements named `parents`.

    .. math:: w'_j = w_j(1 + \delta_j) / \sum_l w_l(1 + \delta_l),\ \delta_j \sim U(-s, s)

    s = .25 is usual in audits of the Joint Research Centre. One coordinate for each weight.
    """

    spread: float = 0.25
    parents: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return ":".join(("weights", *self.parents))

    @property
    def title(self) -> str:
        where = f" ({', '.join(self.parents)})" if self.parents else ""
        return f"веса ±{100 * self.spread:g} %{where}"

    def elements(self, setting: Setting) -> list[str]:
        if not 0 < self.spread <= 1:
            raise InputError(f"Разброс весов должен быть больше 0 и не больше 1, задано {self.spread:g}.")
        return [f"{parent}/{member}" for parent in self.acts_on(setting) for member in setting.weights[parent].index]

    def drawn(self, u: np.ndarray, setting: Setting, seed: int) -> dict[str, np.ndarray]:
        result, start = {}, 0
        for parent in self.acts_on(setting):
            nominal = setting.weights[parent].to_numpy()
            noisy = nominal * (1 + self.spread * (2 * u[:, start:start + len(nominal)] - 1))
            result[parent] = noisy / noisy.sum(axis=1, keepdims=True)
            start += len(nominal)
        return result

    def acts_on(self, setting: Setting) -> list[str]:
        for parent in self.parents:
            if len(setting.members(parent, "Разброс весов")) < 2:
                raise InputError(f"Веса элемента «{parent}» не могут меняться: в нём один показатель.")
        chosen = [parent for parent, weights in setting.weights.items()
                  if len(weights) > 1 and parent in (self.parents or setting.weights)]
        if not chosen:
            raise InputError("Веса не могут меняться: в каждом элементе индекса только один показатель.")
        return sorted(chosen)


@dataclass(frozen=True)
class WeightDirichlet(WeightFactor):
    r"""Weights of an element's members from a Dirichlet law, such as the opinions of a panel of experts follow.

    .. math:: g_j = F^{-1}_{\Gamma(\alpha_j)}(u_j), \quad w'_j = g_j / \sum_l g_l

    Equal concentrations of 1 spread the weights evenly over the whole simplex (SMAA without preferences); larger ones
    bring them closer to :math:`\alpha_j / \sum_l \alpha_l`. One coordinate for each weight.
    """

    concentrations: Mapping[str, float]
    parent: str = INDEX

    @property
    def name(self) -> str:
        return f"weights:{self.parent}"

    @property
    def title(self) -> str:
        return f"веса «{self.parent}» по распределению Дирихле"

    def elements(self, setting: Setting) -> list[str]:
        members = setting.members(self.parent, "Веса по Дирихле")
        checks.same_labels(pd.Index(list(self.concentrations)), members, f"Веса по Дирихле, «{self.parent}»")
        if len(members) < 2:
            raise InputError(f"Веса элемента «{self.parent}» не могут меняться: в нём один показатель.")
        wrong = {code: value for code, value in self.concentrations.items()
                 if not LEAST_CONCENTRATION <= value < np.inf}
        if wrong:
            code, value = next(iter(wrong.items()))
            raise InputError(f"Веса по Дирихле: концентрация должна быть числом не меньше {LEAST_CONCENTRATION:g}, "
                             f"у «{code}» {value:g}.")
        return [f"{self.parent}/{member}" for member in members]

    def acts_on(self, setting: Setting) -> list[str]:
        return [self.parent]

    def drawn(self, u: np.ndarray, setting: Setting, seed: int) -> dict[str, np.ndarray]:
        members = setting.weights[self.parent].index
        gamma = gammaincinv(np.array([self.concentrations[member] for member in members], dtype=float), u)
        # all coordinates of a draw may be zero only in the corner of the design: equal shares then
        gamma = np.where(gamma.sum(axis=1, keepdims=True) > 0, gamma, 1.0)
        return {self.parent: gamma / gamma.sum(axis=1, keepdims=True)}


@dataclass(frozen=True)
class WeightPolytope(WeightFactor):
    r"""Weights of an element's members spread evenly over a polytope, :math:`\sum_j w_j = 1, l_j \le w_j \le u_j`.

    Exact, by rejection: points are proposed evenly over a simpler body around the polytope (the box without its widest
    side, or the simplex that touches all lower or all upper bounds), whichever is hit most often. One coordinate.
    """

    bounds: Mapping[str, tuple[float, float]]
    parent: str = INDEX

    @property
    def name(self) -> str:
        return f"weights:{self.parent}"

    @property
    def title(self) -> str:
        return f"веса «{self.parent}» в заданных границах"

    def elements(self, setting: Setting) -> list[str]:
        members = setting.members(self.parent, "Границы весов")
        checks.same_labels(pd.Index(list(self.bounds)), members, f"Границы весов, «{self.parent}»")
        for code, (low, high) in self.bounds.items():
            if not 0 <= low <= high <= 1:
                raise InputError(f"Границы веса должны лежать между 0 и 1, нижняя не выше верхней; у «{code}» "
                                 f"{low:g}…{high:g}.")
        low, high = (sum(bound[side] for bound in self.bounds.values()) for side in (0, 1))
        if not low < 1 < high or sum(a < b for a, b in self.bounds.values()) < 2:
            raise InputError(f"Границы весов элемента «{self.parent}» не оставляют выбора: сумма нижних {low:g}, "
                             f"верхних {high:g}; должно быть меньше и больше 1, и хотя бы два веса свободны.")
        if self._proposal[1] < LEAST_ACCEPTANCE:
            raise InputError(f"Границы весов элемента «{self.parent}» оставляют слишком узкую область: в неё попадает "
                             f"меньше {LEAST_ACCEPTANCE:g} проб. Расширьте границы или задайте распределение Дирихле.")
        return [ONLY]

    def acts_on(self, setting: Setting) -> list[str]:
        return [self.parent]

    def drawn(self, u: np.ndarray, setting: Setting, seed: int) -> dict[str, np.ndarray]:
        members = setting.weights[self.parent].index
        order = [sorted(self.bounds).index(member) for member in members]
        return {self.parent: np.array([self._point(stream(seed, self.name, at)) for at in u[:, 0]])[:, order]}

    def _point(self, draw: np.random.Generator) -> np.ndarray:
        kind, share = self._proposal
        while True:
            points, inside = self._proposed(kind, draw, int(2 / share) + 1)
            if inside.any():
                return points[inside.argmax()]

    @cached_property
    def _proposal(self) -> tuple[str, float]:
        """The proposal that is hit most often and how often it is."""
        hits = {kind: self._proposed(kind, np.random.default_rng(0), TRIES)[1].mean()
                for kind in ("box", "above", "below")}
        return max(hits.items(), key=lambda item: item[1])

    def _proposed(self, kind: str, draw: np.random.Generator, count: int) -> tuple[np.ndarray, np.ndarray]:
        """Points with the sum 1, in the order of the members' codes, and which of them lie within the bounds."""
        low, high = np.array([self.bounds[member] for member in sorted(self.bounds)], dtype=float).T
        if kind == "box":
            points = draw.uniform(low, high, (count, len(low)))
            widest = int((high - low).argmax())
            points[:, widest] += 1 - points.sum(axis=1)
        else:
            shares = draw.standard_exponential((count, len(low)))
            shares /= shares.sum(axis=1, keepdims=True)
            points = low + (1 - low.sum()) * shares if kind == "above" else high - (high.sum() - 1) * shares
        return points, ((points >= low) & (points <= high)).all(axis=1)


# --- choices of method ------------------------------------------------------------------------------------------------

@dataclass(frozen=True)
class NormalisationChoice(Factor):
    """Normalisation of one indicator, or of all that have none of their own."""

    alternatives: tuple[Normalisation, ...]
    indicator: str = ""

    @property
    def name(self) -> str:
        return f"normalisation:{self.indicator}" if self.indicator else "normalisation"

    @property
    def title(self) -> str:
        where = f" показателя {self.indicator}" if self.indicator else ""
        return f"нормирование{where}: {', '.join(rule.method for rule in self.alternatives)}"

    def elements(self, setting: Setting) -> list[str]:
        _alternatives(self.alternatives, "Нормирование")
        codes = self.acts_on(setting)
        if not codes:
            raise InputError(f"Нормирование не может меняться: {self.indicator or 'общее'} ни к чему не применяется.")
        turned = [code for code in codes if setting.edition.indicators[code].direction == -1]
        if turned and any(rule.method == "none" for rule in self.alternatives):
            raise InputError("Нормирование none не переворачивает шкалу, а показатели направлены вниз: "
                             f"{', '.join(turned)}. Возьмите другой способ.")
        return [ONLY]

    def acts_on(self, setting: Setting) -> list[str]:
        """Indicators it changes."""
        if self.indicator:
            return [code for code in setting.codes if code == self.indicator]
        return [code for code in setting.codes if setting.edition.indicators[code].normalisation is None]


@dataclass(frozen=True)
class AggregationChoice(Factor):
    """Aggregation of one element, or (empty `parent`) of all that have none of their own."""

    alternatives: tuple[Aggregation, ...]
    parent: str = ""

    @property
    def name(self) -> str:
        return f"aggregation:{self.parent}" if self.parent else "aggregation"

    @property
    def title(self) -> str:
        where = f" «{self.parent}»" if self.parent else ""
        methods = (rule.method if rule.exponent is None else f"power {rule.exponent:g}" for rule in self.alternatives)
        return f"агрегирование{where}: {', '.join(methods)}"

    def elements(self, setting: Setting) -> list[str]:
        _alternatives(self.alternatives, "Агрегирование")
        if not any(len(setting.weights[parent]) > 1 for parent in self.acts_on(setting)):
            raise InputError(f"Агрегирование не может меняться: {self.parent or 'общее'} не применяется ни к одному "
                             "элементу индекса, где хотя бы два показателя.")
        return [ONLY]

    def acts_on(self, setting: Setting) -> list[str]:
        """Elements it changes."""
        return _own_or_default(self.parent, setting.weights, setting.edition.aggregation)


@dataclass(frozen=True)
class MissingChoice(Factor):
    """Missing-data rule of one element, or (empty `parent`) of all that have none of their own."""

    alternatives: tuple[Missing, ...]
    parent: str = ""

    @property
    def name(self) -> str:
        return f"missing:{self.parent}" if self.parent else "missing"

    @property
    def title(self) -> str:
        where = f" «{self.parent}»" if self.parent else ""
        rules = (rule.rule + (f" от {100 * rule.min_coverage:g} %" if rule.min_coverage else "")
                 for rule in self.alternatives)
        return f"пропуски{where}: {', '.join(rules)}"

    def elements(self, setting: Setting) -> list[str]:
        _alternatives(self.alternatives, "Правило пропусков")
        if not setting.gaps.intersection(self.acts_on(setting)):
            raise InputError("Правило пропусков ничего не меняет: "
                             f"в элементах «{self.parent or ', '.join(setting.weights)}» пропусков нет.")
        return [ONLY]

    def acts_on(self, setting: Setting) -> list[str]:
        """Elements it changes."""
        return _own_or_default(self.parent, setting.weights, setting.edition.missing)


@dataclass(frozen=True)
class IndicatorLeftOut(Factor):
    """One of the indicators left out, or none: all equally likely. Its weight goes to its neighbours."""

    indicators: tuple[str, ...] = ()

    name: ClassVar[str] = "left-out"

    @property
    def title(self) -> str:
        return f"исключён один показатель ({', '.join(self.indicators) or 'любой'}) или ни одного"

    def elements(self, setting: Setting) -> list[str]:
        foreign = sorted(set(self.indicators) - set(setting.codes))
        if foreign:
            raise InputError(f"Исключить нельзя: показателей {', '.join(foreign)} нет среди тех, что участвуют в "
                             "индексе.")
        if len(setting.codes) < 2:
            raise InputError("Исключать нечего: в индексе один показатель.")
        return [ONLY]

    def candidates(self, setting: Setting) -> list[str]:
        """Who may be left out; the first, empty, is nobody."""
        return ["", *(self.indicators or setting.codes)]


def choice(u: np.ndarray, alternatives: Sequence[object]) -> np.ndarray:
    """Number of the alternative that a coordinate stands for.

    >>> choice(np.array([0.0, 0.49, 0.5, 1.0]), ["min-max", "z-score"]).tolist()
    [0, 0, 1, 1]
    """
    return np.minimum((u * len(alternatives)).astype(int), len(alternatives) - 1)


def _alternatives(stated: Sequence[object], what: str) -> None:
    if len(stated) < 2 or all(one == stated[0] for one in stated):
        raise InputError(f"{what}: нужны хотя бы два разных варианта, задано {len(stated)}.")


def _own_or_default(parent: str, elements: Mapping[str, object], stated: Mapping[str, object]) -> list[str]:
    if parent:
        return [parent] if parent in elements else []
    return [element for element in elements if element not in stated]


# --- records ----------------------------------------------------------------------------------------------------------

KINDS: dict[str, type[Factor]] = {kind.__name__: kind for kind in (
    SamplingError, ChecklistError, MixShift, Winsorisation, WeightNoise, WeightDirichlet, WeightPolytope,
    NormalisationChoice, AggregationChoice, MissingChoice, IndicatorLeftOut)}
_RULES = {"NormalisationChoice": Normalisation, "AggregationChoice": Aggregation, "MissingChoice": Missing}


def to_record(factor: Factor) -> dict[str, Any]:
    """The factor as plain values, for a protocol.

    >>> to_record(WeightNoise(0.1))
    {'factor': 'WeightNoise', 'spread': 0.1, 'parents': []}
    """
    record: dict[str, Any] = {"factor": type(factor).__name__}
    for field in fields(factor):
        value = getattr(factor, field.name)
        if field.name == "alternatives":
            value = [rule.model_dump(exclude_none=True) for rule in value]
        elif isinstance(value, Mapping):
            value = {key: list(each) if isinstance(each, tuple) else each for key, each in value.items()}
        record[field.name] = list(value) if isinstance(value, tuple) else value
    return record


def from_record(record: Mapping[str, Any]) -> Factor:
    """The factor that `to_record` wrote down.

    >>> from_record({"factor": "MixShift", "spread": 0.1})
    MixShift(spread=0.1)
    """
    kind = record.get("factor", "")
    if kind not in KINDS:
        raise InputError(f"Источник неопределённости «{kind}» неизвестен; есть: {', '.join(KINDS)}.")
    stated = {key: value for key, value in record.items() if key != "factor"}
    foreign = set(stated) - {field.name for field in fields(KINDS[kind])}
    if foreign:
        raise InputError(f"Источник {kind}: лишние ключи {', '.join(sorted(foreign))}.")
    if kind in _RULES:
        stated["alternatives"] = tuple(_RULES[kind](**rule) for rule in stated["alternatives"])
    if "bounds" in stated:
        stated["bounds"] = {code: tuple(ends) for code, ends in stated["bounds"].items()}
    return KINDS[kind](**{key: tuple(value) if isinstance(value, list) else value for key, value in stated.items()})


def unlike(factors: Sequence[Factor], setting: Setting) -> None:
    """Raise if two factors have one name or draw the weights of one element."""
    names = [factor.name for factor in factors]
    doubled = sorted({name for name in names if names.count(name) > 1})
    if doubled:
        raise InputError(f"Источник неопределённости задан дважды: {', '.join(doubled)}.")
    weights = [factor for factor in factors if isinstance(factor, WeightFactor)]
    for one, other in itertools.combinations(weights, 2):
        shared = set(one.acts_on(setting)) & set(other.acts_on(setting))
        if shared:
            raise InputError(f"Веса элемента «{sorted(shared)[0]}» разыгрывают сразу два источника: «{one.title}» и "
                             f"«{other.title}». Оставьте один или разделите элементы (parents).")

