"""Designs: which points of the unit cube are tried. A design is its recipe, every chunk of it can be made alone."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from scipy.stats import qmc

from methods.errors import UsageError

CHUNK = 1024        # draws: part of the recipe, since every chunk has its own seed; a power of two for Sobol points
MOST_SOBOL = 2**30  # points of scipy's sequence


@dataclass(frozen=True)
class Design:
    """Draws of all factors together.

    `random`: independent uniform numbers, for each factor from a stream of its own, so that adding one factor moves no
    other. `sobol`: scrambled Sobol points, which fill the cube evenly; use a power of two of them. Both go on where a
    shorter design of the same seed stopped.

    References
    ----------
    Owen (1998), Scrambling Sobol' and Niederreiter-Xing points, doi:10.1006/jcom.1998.0487

    Examples
    --------
    >>> columns = pd.MultiIndex.from_tuples([("mix", ""), ("weights", "index/Д")])
    >>> (_, points), = Design(4, "sobol").points(columns)
    >>> points.shape, np.sort((4 * points).astype(int), axis=0).T.tolist()
    ((4, 2), [[0, 1, 2, 3], [0, 1, 2, 3]])
    """

    draws: int
    kind: Literal["random", "sobol"] = "random"
    seed: int = 0

    def __post_init__(self) -> None:
        if self.draws < 1 or self.seed < 0:
            raise UsageError("Розыгрышей должно быть не меньше 1, seed — не меньше 0; "
                             f"задано draws={self.draws}, seed={self.seed}.")
        if self.kind not in ("random", "sobol"):
            raise UsageError(f"План «{self.kind}» неизвестен: допустимы random и sobol.")
        if self.kind == "sobol" and self.draws > MOST_SOBOL:
            raise UsageError(f"В последовательности Соболя не больше {MOST_SOBOL} точек, задано draws={self.draws}.")

    @property
    def chunks(self) -> range:
        """Numbers of its chunks."""
        return range(-(-self.draws // CHUNK))

    def points(self, columns: pd.MultiIndex, chunks: Iterable[int] | None = None) -> Iterator[tuple[int, np.ndarray]]:
        """Chunk by chunk: number of its first draw, and its points, draws x coordinates.

        Parameters
        ----------
        columns : MultiIndex (factor, element)
            Coordinates, sorted, so that the order in which factors were stated changes nothing.
        chunks : ascending numbers, optional
            All of them by default.
        """
        make = self._random if self.kind == "random" else self._sobol
        for chunk, points in make(columns, self.chunks if chunks is None else chunks):
            first = chunk * CHUNK
            yield first, points[:self.draws - first]

    def _random(self, columns: pd.MultiIndex, chunks: Iterable[int]) -> Iterator[tuple[int, np.ndarray]]:
        factors = columns.get_level_values(0)
        for chunk in chunks:
            points = np.empty((CHUNK, len(columns)))
            for factor in factors.unique():
                own = np.flatnonzero(factors == factor)
                seeds = np.random.SeedSequence([self.seed, zlib.crc32(str(factor).encode()), chunk])
                points[:, own] = np.random.default_rng(seeds).random((CHUNK, len(own)))
            yield chunk, points

    def _sobol(self, columns: pd.MultiIndex, chunks: Iterable[int]) -> Iterator[tuple[int, np.ndarray]]:
        seeds = np.random.SeedSequence([self.seed, zlib.crc32(b"sobol")])
        sequence, done = qmc.Sobol(len(columns), scramble=True, rng=np.random.default_rng(seeds)), 0
        for chunk in chunks:
            if chunk > done:
                sequence.fast_forward((chunk - done) * CHUNK)
            points, done = sequence.random(CHUNK), chunk + 1
            yield chunk, points

    def record(self) -> dict[str, Any]:
        """Plain values, for a protocol."""
        return {**asdict(self), "chunk": CHUNK}

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Design:
        """The design that `record` wrote down; refuses one made with other chunks."""
        if record.get("chunk") != CHUNK:
            raise UsageError(f"План сделан частями по {record.get('chunk')} розыгрышей, эта версия делает их по "
                             f"{CHUNK}: повторите его той версией, которой он сделан.")
        return cls(**{key: record[key] for key in ("draws", "kind", "seed")})
