"""What can be computed from published numbers: the smallest and largest value of a cell that agree with all of them.

Everything published is a linear function of a few unknowns that lie between known bounds, and a published number,
being rounded, tells an interval of that function. A linear programme then gives the exact range that an attacker can
prove for any cell, published or not.

Source: Fischetti, M., Salazar, J.-J. (2001). Solving the cell suppression problem on tabular data with linear
constraints. Management Science 47(7). doi:10.1287/mnsc.47.7.1008.9805. Hundepool, A. et al. (2012). Statistical
Disclosure Control, chapter 4 (attacker's problem, protection levels). doi:10.1002/9781118348239
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import optimize, sparse

SLACK = 1e-7    # points: a published interval must never exclude its own truth by binary dust
BATCH = 400     # unknowns in one programme
BINDING = 1e-9  # a published cell with a smaller shadow price does not hold the bound

Cell = tuple[str, str, str]  # unit or region, element, part (clientele; empty for the combined value)


@dataclass(frozen=True, eq=False)
class System:
    """Cells as linear functions of bounded unknowns: value = rows @ unknowns + constant."""

    cells: pd.MultiIndex      # labels of the rows
    rows: sparse.csr_array    # cells x unknowns
    constant: np.ndarray      # cells
    low: np.ndarray           # unknowns: what nobody can go below
    high: np.ndarray          # unknowns: what nobody can go above

    @classmethod
    def of(cls, functions: Mapping[Cell, Mapping[str, float]], bounds: Mapping[str, tuple[float, float]],
           constants: Mapping[Cell, float] | None = None) -> System:
        """A small system written out by hand.

        >>> system = System.of({("C", "sum", ""): {"a": 1, "b": 1}}, {"a": (0, 1), "b": (0, 1)})
        >>> system.rows.toarray().tolist()
        [[1.0, 1.0]]
        """
        place = {name: i for i, name in enumerate(bounds)}
        rows = np.zeros((len(functions), len(bounds)))
        for i, function in enumerate(functions.values()):
            for name, coefficient in function.items():
                rows[i, place[name]] = coefficient
        constants = constants or {}
        return cls(labels(functions), sparse.csr_array(rows),
                   np.array([constants.get(cell, 0.0) for cell in functions]),
                   np.array([bounds[name][0] for name in place], dtype=float),
                   np.array([bounds[name][1] for name in place], dtype=float))

    def natural(self) -> pd.DataFrame:
        """Range of every cell when nothing is published, from the unknowns' own bounds."""
        up, down = self.rows.maximum(0), self.rows.minimum(0)
        return pd.DataFrame({"low": up @ self.low + down @ self.high + self.constant,
                             "high": up @ self.high + down @ self.low + self.constant}, index=self.cells)


@dataclass(frozen=True, eq=False)
class Ranges:
    """What an attacker can prove."""

    table: pd.DataFrame                # target cells x (low, high)
    binding: dict[Cell, list[Cell]]    # target -> published cells that hold its bounds
    block: pd.Series                   # target -> number of its block: targets of different blocks do not meet


def labels(cells: Iterable[Cell]) -> pd.MultiIndex:
    """Cells as an index."""
    return pd.MultiIndex.from_tuples(list(cells), names=["unit", "element", "part"])


def ranges(system: System, published: pd.DataFrame, targets: Iterable[Cell],
           enough: pd.Series | None = None) -> Ranges:
    r"""The tightest provable interval of every target.

    .. math:: \min / \max\; a_t^\top x + b_t \quad\text{s.t.}\quad l_c \le a_c^\top x + b_c \le u_c
              \;(c\ \text{published}), \quad \underline x \le x \le \overline x

    Parameters
    ----------
    system : System
    published : DataFrame, indexed by cell
        `low` and `high`: the interval that the printed number stands for; infinite where one side is open.
    targets : cells
    enough : Series, optional
        By target: a width that satisfies the caller. Such a target is left as soon as two worlds that agree with all
        published numbers differ by so much in it; its interval is then a part of the exact one.

    Notes
    -----
    Unknowns that no published cell ties together fall into blocks. One programme answers one question in every block
    at once: its optimum is the sum of the blocks' optima, so nothing is lost and a thousand centres cost as few
    programmes as the largest block has targets.

    Examples
    --------
    The central trap: 2 x combined - seekers = employers. Printed 93.12 and 93.46 give 92.77 to within .015:

    >>> half = {"s": 0.5, "e": 0.5}
    >>> functions = {("C", "index", ""): half, ("C", "index", "s"): {"s": 1}, ("C", "index", "e"): {"e": 1}}
    >>> system = System.of(functions, {"s": (0, 100), "e": (0, 100)})
    >>> printed = pd.DataFrame({"low": [93.115, 93.455], "high": [93.125, 93.465]}, index=system.cells[:2])
    >>> ranges(system, printed, [("C", "index", "e")]).table.round(3).to_numpy().tolist()
    [[92.765, 92.795]]
    >>> ranges(system, printed.iloc[:1], [("C", "index", "e")]).table.round(2).to_numpy().tolist()
    [[86.23, 100.0]]
    """
    targets = list(targets)
    if not targets:
        return Ranges(_empty(), {}, pd.Series([], index=_empty().index, dtype=int))
    at = system.cells.get_indexer(published.index)
    wanted = system.cells.get_indexer(labels(targets))
    if (at < 0).any() or (wanted < 0).any():
        raise KeyError("ячейки нет в системе")
    block = _blocks(system.rows, np.concatenate([at, wanted]))
    home = _block_of(system.rows, wanted, block)
    low, high = system.constant[wanted].copy(), system.constant[wanted].copy()  # stays so where nothing is unknown
    binding: dict[Cell, list[Cell]] = {target: [] for target in targets}
    sides = (published["low"].to_numpy(dtype=float), published["high"].to_numpy(dtype=float))
    at_block = _block_of(system.rows, at, block)
    limit = np.full(len(targets), np.inf) if enough is None else enough.reindex(labels(targets)).to_numpy()
    for batch in _batches(block, home):
        columns = np.flatnonzero(np.isin(block, batch))
        asked, told = np.flatnonzero(np.isin(home, batch)), np.flatnonzero(np.isin(at_block, batch))
        matrix, goals = system.rows[at[told]][:, columns], system.rows[wanted[asked]][:, columns]
        upper = sides[1][told] - system.constant[at[told]] + SLACK
        lower = sides[0][told] - system.constant[at[told]] - SLACK
        is_upper, is_lower = np.isfinite(upper), np.isfinite(lower)
        a_ub = sparse.vstack([matrix[is_upper], -matrix[is_lower]], format="csr")
        b_ub = np.concatenate([upper[is_upper], -lower[is_lower]])
        owner = told[np.concatenate([np.flatnonzero(is_upper), np.flatnonzero(is_lower)])]
        box = np.column_stack([system.low[columns], system.high[columns]])
        unclear = np.arange(len(asked))
        if enough is not None:  # push all targets at once: most prove to be wide in these two worlds already
            worlds = [goals @ _solve(sign * np.asarray(goals.sum(axis=0)).ravel(), a_ub, b_ub, box)[0]
                      for sign in (1, -1)]
            low[asked] += np.minimum(*worlds)
            high[asked] += np.maximum(*worlds)
            unclear = np.flatnonzero(high[asked] - low[asked] < limit[asked])
            low[asked[unclear]] = high[asked[unclear]] = system.constant[wanted[asked[unclear]]]
        turn = pd.Series(home[asked[unclear]]).groupby(home[asked[unclear]]).cumcount().to_numpy()
        for number in range(turn.max(initial=-1) + 1):
            now = unclear[turn == number]
            goal = np.asarray(goals[now].sum(axis=0)).ravel()
            for sign, store in ((1, low), (-1, high)):
                x, prices = _solve(sign * goal, a_ub, b_ub, box)
                store[asked[now]] += goals[now] @ x
                tight = owner[np.abs(prices) > BINDING]
                for target in asked[now]:
                    binding[targets[target]] += [published.index[i] for i in tight[at_block[tight] == home[target]]]
    return Ranges(pd.DataFrame({"low": low, "high": high}, index=labels(targets)),
                  {target: sorted(set(cells)) for target, cells in binding.items()},
                  pd.Series(home, index=labels(targets), name="block"))


def _batches(block: np.ndarray, home: np.ndarray) -> list[np.ndarray]:
    """Blocks with targets, gathered into programmes of a few hundred unknowns: larger ones cost more than they save.

    Blocks with equally many targets go together, so that no block sits idle while another one answers.
    """
    known = home[home >= 0]
    if not len(known):
        return []
    sizes, targets = np.bincount(block), np.bincount(known, minlength=block.max() + 1)
    order = np.lexsort((np.arange(len(targets)), targets))
    order = order[targets[order] > 0]
    return np.split(order, np.flatnonzero(np.diff(np.cumsum(sizes[order]) // BATCH)) + 1)


def _solve(goal: np.ndarray, a_ub: sparse.csr_array, b_ub: np.ndarray,
           box: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Minimiser and shadow prices of the published rows."""
    if a_ub.shape[0] == 0:
        return np.where(goal >= 0, box[:, 0], box[:, 1]), np.zeros(0)
    found = optimize.linprog(goal, A_ub=a_ub, b_ub=b_ub, bounds=box, method="highs")
    if found.status != 0:
        raise ArithmeticError(f"линейная программа не решена: {found.message}")
    return found.x, found.ineqlin.marginals


def _blocks(rows: sparse.csr_array, used: np.ndarray) -> np.ndarray:
    """Number of the block of every unknown: unknowns that stand in one used row belong together."""
    part = rows[used]
    cells, unknowns = part.shape
    graph = sparse.bmat([[None, part], [part.T, None]], format="csr")
    _, component = sparse.csgraph.connected_components(graph, directed=False)
    return component[cells:cells + unknowns]


def _block_of(rows: sparse.csr_array, chosen: np.ndarray, block: np.ndarray) -> np.ndarray:
    """Block of each chosen row, -1 for a row without unknowns."""
    filled = rows.indptr[chosen + 1] > rows.indptr[chosen]
    first = rows.indices[np.where(filled, rows.indptr[chosen], 0)] if rows.nnz else np.zeros(len(chosen), dtype=int)
    return np.where(filled, block[first], -1)


def _empty() -> pd.DataFrame:
    return pd.DataFrame({"low": [], "high": []}, index=pd.MultiIndex.from_arrays([[], [], []],
                                                                                 names=["unit", "element", "part"]))
