"""What all cells of a column say, counted at once or batch by batch."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from src.tables.hashes import Hashes, Records

COUNTED = 1_000
"""Levels whose rows are counted."""

SMALLEST = 4_096
"""Hashes by which levels are counted batch by batch: exactly below, and above to about 1.6 %."""


@dataclass(frozen=True)
class Facts:
    """What all cells of a column say, nulls aside but for ``rows`` and ``nulls``.

    Attributes
    ----------
    levels
        The number of distinct cells.
    exact
        Whether it is; else it is an estimate.
    distinct
        Whether no two cells are equal and none is null.
    counts
        The rows of each level, in any order; None where there are many levels.
    low, high
        The least and the largest number; not a number in other columns.
    integers
        Whether all cells are whole numbers.
    ordered
        Whether they come in their order, up or down, and none is null.
    """

    rows: int
    nulls: int
    levels: int
    exact: bool
    distinct: bool
    counts: pd.Series[int] | None
    low: float
    high: float
    integers: bool
    ordered: bool

    @classmethod
    def of(cls, cells: pd.Series[Any]) -> Facts:
        """Look at all cells at once."""
        nulls, levels = int(cells.isna().sum()), int(cells.nunique())
        low, high, integers = _numbers(cells)
        return cls(
            rows=len(cells),
            nulls=nulls,
            levels=levels,
            exact=True,
            distinct=levels == len(cells) and not nulls,
            counts=cells.value_counts() if levels <= COUNTED else None,
            low=low,
            high=high,
            integers=integers,
            ordered=not nulls and any(_directions(cells)),
        )

    @classmethod
    def unknown(cls, rows: int, nulls: int) -> Facts:
        """Return what there is to say of cells that are all null, or cannot be compared."""
        nan = float("nan")
        return cls(rows, nulls, 0, True, False, None, nan, nan, False, False)


def _numbers(cells: pd.Series[Any]) -> tuple[float, float, bool]:
    """Return the least and the largest number, and whether all are whole."""
    if cells.dtype != np.float64 or not (known := cells.dropna().to_numpy()).size:
        return np.nan, np.nan, False
    return float(known.min()), float(known.max()), bool((known == np.trunc(known)).all())


def _directions(cells: pd.Series[Any]) -> tuple[bool, bool]:
    """Tell whether times rise, and whether they fall; nothing else has an order here."""
    if not pd.api.types.is_datetime64_any_dtype(cells):
        return False, False
    return cells.is_monotonic_increasing, cells.is_monotonic_decreasing


class Tally:
    """The facts of a column, batch by batch.

    Parameters
    ----------
    folder
        For hashes of cells that may all be distinct; None where they are known not to be.
    """

    def __init__(self, folder: Path | None) -> None:
        self._rows = self._nulls = 0
        self._counts: pd.Series[int] | None = pd.Series(dtype=np.int64)
        self._smallest: Hashes = np.empty(0, np.uint64)
        self._every = Records(folder) if folder else None
        self._numbers: list[tuple[float, float, bool]] = []
        self._rises = self._falls = True
        self._last: pd.Series[Any] | None = None

    def add(self, cells: pd.Series[Any], hashes: Hashes) -> None:
        """Take the converted cells of a batch, and the hash of each."""
        known = cells.notna().to_numpy()
        self._rows += len(cells)
        self._nulls += int((~known).sum())
        if not known.any():
            return
        self._look_at_levels(cells, hashes[known])
        if self._every is not None:
            self._every.add(key=hashes)
        self._numbers.append(_numbers(cells))
        rises, falls = _directions(cells if self._last is None else pd.concat([self._last, cells]))
        self._rises, self._falls = self._rises and rises, self._falls and falls
        self._last = cells.iloc[-1:]

    def _look_at_levels(self, cells: pd.Series[Any], hashes: Hashes) -> None:
        if len(self._smallest) == SMALLEST:
            hashes = hashes[hashes < self._smallest[-1]]
        both = np.concatenate([self._smallest, pd.unique(hashes)])
        self._smallest = np.unique(both)[:SMALLEST]
        if self._counts is None or len(self._smallest) > COUNTED:
            self._counts = None
            return
        plain = cells.astype("object") if pd.api.types.is_bool_dtype(cells) else cells
        counts = plain.value_counts()
        both_counts = self._counts.add(counts, fill_value=0) if len(self._counts) else counts
        self._counts = both_counts.astype(np.int64)

    def facts(self) -> Facts:
        """Return what was found."""
        if self._rows == self._nulls:
            return Facts.unknown(self._rows, self._nulls)
        few = len(self._smallest) < SMALLEST
        low, high, integers = zip(*self._numbers, strict=True)
        return Facts(
            rows=self._rows,
            nulls=self._nulls,
            levels=len(self._smallest) if few else self._estimate(),
            exact=few,
            distinct=self._every is not None and not self._nulls and not copies(self._every),
            counts=self._counts,
            low=min(low),
            high=max(high),
            integers=all(integers),
            ordered=not self._nulls and (self._rises or self._falls),
        )

    def _estimate(self) -> int:
        """Estimate the number of levels from their smallest hashes.

        Bar-Yossef et al. (2002), Counting Distinct Elements in a Data Stream.
        """
        return round((SMALLEST - 1) / (float(self._smallest[-1]) / 2.0**64))


def copies(records: Records) -> int:
    """Return how many records have the key of another, the first of each aside."""
    return sum(len(part) - len(pd.unique(part["key"])) for part in records.parts())
