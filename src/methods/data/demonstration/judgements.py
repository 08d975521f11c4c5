"""What invented experts and subscribers of a channel think of the groups and indicators: judgements with known truth.

Two schools. Six experts follow the order of priorities of the Star, three put the client's effort (М) first. Each has
weights of his own about those of his school, says them in whole grades, and errs a little; one contradicts himself in a
circle. Subscribers of a channel voted for what matters most to them: an order, from people who chose themselves.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import pandas as pd

from methods.data.demonstration import parameters as par
from methods.data.demonstration.catalogue import INDICATORS
from methods.data.demonstration.model import stream

SCHOOLS = {
    "приоритеты": {"Д": .30, "П": .26, "М": .20, "А": .14, "К": .10},
    "усилия клиента": {"Д": .20, "П": .18, "М": .38, "А": .14, "К": .10},
}  # fmt: skip
EXPERTS = {f"Э{number}": "приоритеты" if number <= 6 else "усилия клиента" for number in range(1, 10)}
PRECISION = 150.0        # of an expert's weights about his school's (Dirichlet)
ERROR = 0.08             # sd of the logarithm of a comparison
CIRCLE = "Э5"            # says Д > П > К > Д
GRADES = np.array([1 / g for g in range(9, 1, -1)] + [float(g) for g in range(1, 10)])
STEP = 5                 # points are given in fives
VOTERS = 412
QUESTION = "Что для вас важнее всего в центре занятости?"
OPTIONS = {"Д": "Чтобы со мной говорили по-человечески", "П": "Чтобы от визита была польза",
           "М": "Чтобы не тратить силы и время", "А": "Чтобы учли мои обстоятельства",
           "К": "Удобное помещение и дорога"}


@dataclass(frozen=True, eq=False)
class Panel:
    """Invented judgements."""

    pairs: dict[str, pd.DataFrame]    # by expert: эксперт, код, a column a group; texts like 1/3
    points: dict[str, pd.DataFrame]   # by expert: эксперт, код, баллы; 100 within every group
    poll: dict                        # export of a channel
    schools: pd.DataFrame             # by expert: school, and the weights he truly has of the groups


def panel(seed: int) -> Panel:
    """Judgements of nine experts and the votes of a channel."""
    pairs, points, held = {}, {}, {}
    for expert, school in EXPERTS.items():
        rng = stream(seed, "expert", expert)
        weights = rng.dirichlet(PRECISION * np.array(list(SCHOOLS[school].values())))
        pairs[expert] = _pairs(expert, weights, rng)
        points[expert] = _points(expert, rng)
        held[expert] = {"школа": school, **dict(zip(par.GROUPS, weights.round(4), strict=True))}
    schools = pd.DataFrame(held).T.rename_axis("эксперт")
    return Panel(pairs, points, _poll(stream(seed, "poll")), schools)


def _pairs(expert: str, weights: np.ndarray, rng: np.random.Generator) -> pd.DataFrame:
    """Comparisons in Saaty's grades, the lower half as the reciprocals of the upper one."""
    n = len(par.GROUPS)
    ratio = weights[:, None] / weights * np.exp(ERROR * rng.standard_normal((n, n)))
    grade = np.abs(np.log(ratio)[..., None] - np.log(GRADES)).argmin(axis=2)
    texts = np.full((n, n), "1", dtype=object)
    for i in range(n):
        for j in range(i + 1, n):
            value = GRADES[grade[i, j]]
            if expert == CIRCLE and (par.GROUPS[i], par.GROUPS[j]) == ("Д", "К"):
                value = 1 / 2
            fraction = Fraction(value).limit_denominator(9)
            texts[i, j], texts[j, i] = str(fraction), str(1 / fraction)
    table = pd.DataFrame(texts, columns=list(par.GROUPS))
    table.insert(0, "код", list(par.GROUPS))
    table.insert(0, "эксперт", expert)
    return table


def _points(expert: str, rng: np.random.Generator) -> pd.DataFrame:
    """A hundred points within every group: more to what stands first in the list, in fives."""
    rows = []
    for group in par.GROUPS:
        codes = [code for code in INDICATORS if code.startswith(group)]
        leaning = np.linspace(1.4, 0.6, len(codes))
        share = rng.dirichlet(40 * leaning / leaning.sum())
        steps = np.floor(share * 100 / STEP)
        left = round(100 / STEP - steps.sum())
        steps[np.argsort(-(share * 100 / STEP - steps), kind="stable")[:left]] += 1   # largest remainders
        rows += [(expert, code, int(STEP * step)) for code, step in zip(codes, steps, strict=True)]
    return pd.DataFrame(rows, columns=["эксперт", "код", "баллы"])


def _poll(rng: np.random.Generator) -> dict:
    """One poll of a channel as Telegram Desktop exports it; no author, no text of people."""
    votes = rng.multinomial(VOTERS, [0.24, 0.31, 0.25, 0.12, 0.08])
    answers = [{"text": text, "voters": int(count), "chosen": False}
               for text, count in zip(OPTIONS.values(), votes, strict=True)]
    return {"name": "Демонстрационный канал", "type": "public_channel", "id": 1, "messages": [
        {"id": 1, "type": "message", "date": "2024-10-01T12:00:00", "text": "",
         "poll": {"question": QUESTION, "closed": True, "total_voters": VOTERS, "answers": answers}}]}
