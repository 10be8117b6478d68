"""Read a table once, and keep all rows of it, or a sample where there are too many."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from src.base.contract import Csv
from src.tables.progress import shown
from src.tables.read import read_batches

ROWS = 1_000_000
"""Rows that are held; a table of no more is held whole."""

SEED = 0


@dataclass(frozen=True)
class Sample:
    """What is held of a table.

    Attributes
    ----------
    frame
        All rows, or :data:`ROWS` of them drawn without replacement; in the order of the table.
    rows
        The number of rows of the table.
    """

    frame: pd.DataFrame
    rows: int

    @property
    def whole(self) -> bool:
        """Whether these are all rows."""
        return self.rows == len(self.frame)


def sampled(
    path: Path, csv: Csv, look: Callable[[pa.RecordBatch], None] = lambda _: None
) -> Sample:
    """Read a table of any length; which rows are held does not depend on the batches.

    Each row draws a number, and those of the smallest numbers are held.

    Parameters
    ----------
    look
        Is shown every batch.

    Raises
    ------
    InputError
        As :func:`src.tables.read.read_batches`.
    """
    generator, held, rows = np.random.default_rng(SEED), _Held(ROWS), 0
    for batch in shown(read_batches(path, csv), f"{path}"):
        look(batch)
        held.add(batch, generator.random(batch.num_rows))
        rows += batch.num_rows
    return Sample(held.frame(), rows)


class _Held:
    """The rows of the smallest numbers so far, and at most half as many more."""

    def __init__(self, most: int) -> None:
        self._most, self._limit, self._count = most, 1.0, 0
        self._parts: list[tuple[pa.RecordBatch, npt.NDArray[np.float64]]] = []

    def add(self, batch: pa.RecordBatch, drawn: npt.NDArray[np.float64]) -> None:
        """Take the rows of a batch that may stay."""
        self._parts.append(self._below((batch, drawn)))
        self._count += len(self._parts[-1][1])
        if self._count > 1.5 * self._most:
            self._cut()

    def _cut(self) -> None:
        if self._count > self._most:
            drawn = np.concatenate([numbers for _, numbers in self._parts])
            self._limit = float(np.partition(drawn, self._most)[self._most])
            self._parts = [self._below(part) for part in self._parts]
            self._count = self._most

    def _below(
        self, part: tuple[pa.RecordBatch, npt.NDArray[np.float64]]
    ) -> tuple[pa.RecordBatch, npt.NDArray[np.float64]]:
        batch, drawn = part
        below = drawn < self._limit
        return part if below.all() else (batch.filter(pa.array(below)), drawn[below])

    def frame(self) -> pd.DataFrame:
        """Return the rows; parts of a table may have other types than the first."""
        self._cut()
        alike = groupby((batch for batch, _ in self._parts), key=lambda batch: batch.schema)
        tables = (pa.Table.from_batches(list(batches)) for _, batches in alike)
        frames = [table.to_pandas(ignore_metadata=True) for table in tables if table.num_rows]
        frame: pd.DataFrame = pd.concat(frames, ignore_index=True) if frames[1:] else frames[0]
        return frame
