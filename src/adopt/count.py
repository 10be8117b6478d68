"""Replace what the rows that are held say of a table by what all rows say, in one pass over it."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from rich.console import Console
from rich.progress import track

from src.adopt.codes import as_codes
from src.adopt.facts import Tally, copies
from src.adopt.profile import CONTAINERS, NOTHING, ColumnProfile, profile, text_or_levels
from src.adopt.roles import NAMING, names_ids
from src.adopt.sample import Sample
from src.base.contract import Column, Csv
from src.tables.convert import convert
from src.tables.hashes import Hashes, Records, cell_hashes, combined
from src.tables.progress import shown
from src.tables.read import frames, read_batches

OTHERS = 100
"""Cells of a batch that are kept where they are not what a column was taken for."""

GROUP_ROWS = 200_000
"""Rows of some groups by which it is told whether the target is alike in each."""

WRITTEN = Column(kind="categorical", role="target")


@dataclass(frozen=True)
class Profiled:
    """What is known of a table.

    Attributes
    ----------
    held
        Its rows, or a sample of them.
    columns
        Its columns; what is counted of them is counted over all rows.
    equal
        Rows that equal an earlier one in every column; None where cells cannot be compared.
    classes
        The rows of each level of the target, as it is written; empty where there are many.
    groups
        Of a column that may name groups all rows of some of these, as ``group`` and ``truth``;
        where all rows are held there is none.
    """

    held: pd.DataFrame
    columns: dict[str, ColumnProfile]
    equal: int | None
    classes: pd.Series[int]
    groups: Mapping[str, pd.DataFrame]

    @property
    def infinite(self) -> bool:
        """Whether there are infinite numbers, which prepare refuses in a feature."""
        return any(np.isinf([one.facts.low, one.facts.high]).any() for one in self.columns.values())

    @classmethod
    def of(cls, raw: pd.DataFrame, columns: dict[str, ColumnProfile], target: str) -> Profiled:
        """Count in a table that is held whole."""
        try:
            equal = int(raw.duplicated().sum())
        except TypeError:  # lists and other containers
            equal = None
        classes = convert(raw[target], WRITTEN, ".").value_counts()
        return cls(raw, columns, equal, classes, {})


def profiled(
    sample: Sample, plain: tuple[str, ...], csv: Csv, path: Path, folder: Path
) -> Profiled:
    """Look at every column; what is counted is counted over all rows.

    A longer table than is held is read once. Where a cell is not of the kind that its column was
    taken for, the column is looked at again with this cell, and the table is read again.

    Parameters
    ----------
    plain
        The target, and further columns whose numbers are no codes.
    folder
        For files that are not kept.

    Raises
    ------
    InputError
        As :func:`src.tables.read.read_batches`.
    """
    raw = sample.frame
    others: dict[str, pd.Series[Any]] = {}
    console = Console(stderr=True)
    names = track(map(str, raw), "Looking at columns", raw.shape[1], console=console,
                  disable=not console.is_terminal)  # fmt: skip
    found = {name: _profile(raw[name], plain, csv.decimal) for name in names}
    if sample.whole:
        return Profiled.of(raw, found, plain[0])
    while True:
        counting = _Counting(found, plain[0], csv.decimal, Path(tempfile.mkdtemp(dir=folder)))
        for frame in frames(shown(read_batches(path, csv), f"{path}")):
            counting.add(frame)
        if not counting.others:
            return counting.profiled(raw)
        for name, cells in counting.others.items():
            others[name] = pd.concat([others[name], cells]) if name in others else cells
            found[name] = _profile(raw[name], plain, csv.decimal, others[name])


def _profile(
    cells: pd.Series[Any],
    plain: tuple[str, ...],
    decimal: str,
    others: pd.Series[Any] | None = None,
) -> ColumnProfile:
    found = profile(cells, decimal, others)
    return found if found.name in plain else as_codes(found, cells, others)


class _Counting:
    """One pass over a table."""

    def __init__(
        self, found: Mapping[str, ColumnProfile], target: str, decimal: str, folder: Path
    ) -> None:
        self._found, self._target, self._decimal = found, target, decimal
        self.others: dict[str, pd.Series[Any]] = {}
        self._names = [name for name, one in found.items() if one.why != CONTAINERS]
        self._columns = {
            name: Column(kind=found[name].kind, role="feature", format=found[name].format)
            for name in self._names
        }
        self._tallies = {
            name: Tally(folder / str(number) if _may_name_rows(found[name]) else None)
            for number, name in enumerate(self._names)
        }
        self._classes = Tally(None)
        self._rows = Records(folder / "rows")
        self._groups = {
            name: Groups() for name in self._names
            if name != target and found[name].kind in NAMING and names_ids(found[name])
        }  # fmt: skip

    def add(self, raw: pd.DataFrame) -> None:
        """Count a batch; of a column that is not what it was taken for, keep some cells."""
        cells = {
            name: convert(raw[name], column, self._decimal)
            for name, column in self._columns.items()
        }
        for name, converted in cells.items():
            self._contradict(raw[name], converted)
        if self.others:
            return  # the table is read again
        hashed = cell_hashes(pd.DataFrame(cells))
        for (name, tally), hashes in zip(self._tallies.items(), hashed, strict=True):
            tally.add(cells[name], hashes)
            if name in self._groups:
                self._groups[name].add(hashes, cells[self._target])
        written = convert(raw[self._target], WRITTEN, ".")
        self._classes.add(written, cell_hashes(written.to_frame())[0])
        self._rows.add(key=combined(hashed))

    def _contradict(self, raw: pd.Series[Any], converted: pd.Series[Any]) -> None:
        found = self._found[str(raw.name)]
        wrong = raw.notna() & converted.isna()
        if found.why == NOTHING:
            wrong = raw.notna()
        elif found.codes:
            wrong |= raw.notna() & ~converted.isin(found.codes)
        if wrong.any():
            cells = raw[wrong].drop_duplicates().head(OTHERS)
            known = self.others.get(found.name)
            if known is None or len(known) < OTHERS:
                self.others[found.name] = cells if known is None else pd.concat([known, cells])

    def profiled(self, held: pd.DataFrame) -> Profiled:
        """Return what was counted."""
        counted = {
            name: text_or_levels(replace(self._found[name], facts=tally.facts()))
            for name, tally in self._tallies.items()
        }
        columns = {name: counted.get(name, found) for name, found in self._found.items()}
        equal = copies(self._rows) if len(counted) == len(columns) else None
        classes = self._classes.facts().counts
        groups = {name: one.frame() for name, one in self._groups.items()}
        none = pd.Series(dtype=np.int64)
        return Profiled(held, columns, equal, none if classes is None else classes, groups)


def _may_name_rows(found: ColumnProfile) -> bool:
    """Tell whether no two rows that are held share a value that could name rows."""
    whole = found.kind != "numeric" or found.facts.integers
    return found.kind in NAMING and whole and found.facts.distinct


class Groups:
    """All rows of some groups: those of the smallest hashes, as many as there is room for."""

    def __init__(self) -> None:
        self._limit, self._count = 2**64 - 1, 0
        self._parts: list[pd.DataFrame] = []

    def add(self, hashes: Hashes, truth: pd.Series[Any]) -> None:
        """Take the rows of a batch that may stay."""
        kept = pd.DataFrame({"group": hashes, "truth": truth.to_numpy()})
        self._parts.append(kept[hashes <= np.uint64(self._limit)])
        self._count += len(self._parts[-1])
        while self._count > GROUP_ROWS:
            self._limit //= 2
            self._parts = [part[part["group"] <= self._limit] for part in self._parts]
            self._count = sum(map(len, self._parts))

    def frame(self) -> pd.DataFrame:
        """Return the rows."""
        return pd.concat(self._parts, ignore_index=True)
