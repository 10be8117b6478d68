"""Hashes of rows and cells, to find equal rows in a table that does not fit in memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

Hashes = npt.NDArray[np.uint64]
Record = npt.NDArray[Any]

OTHER = "another 16 bytes"
"""A second key for pandas' hash of texts, of the 16 bytes that it asks for."""

HELD = 2**22
"""Records that are held in memory; the rest lies on disk, in parts."""

PARTS = 64


def cell_hashes(frame: pd.DataFrame) -> list[Hashes]:
    """Hash every cell to 64 bits, ``(rows,)`` a column; equal cells have equal hashes.

    The hash is pandas', which for numbers is one-to-one.
    """
    hashed = (pd.util.hash_pandas_object(_plain(frame[name]), index=False) for name in frame)
    return [np.asarray(cells, dtype=np.uint64) for cells in hashed]


def rehashed(cells: Sequence[Hashes], frame: pd.DataFrame) -> list[Hashes]:
    """Return hashes of cells in which unequal texts differ though their first hashes are equal."""
    again = list(cells)
    for place, name in enumerate(frame):
        if not pd.api.types.is_numeric_dtype(frame[name].dtype):
            plain = _plain(frame[name])
            hashed = pd.util.hash_pandas_object(plain, index=False, hash_key=OTHER)
            again[place] = np.asarray(hashed, dtype=np.uint64)
    return again


def _plain(cells: pd.Series[Any]) -> pd.Series[Any]:
    """Give equal cells one form, whatever the others of their batch are."""
    if pd.api.types.is_bool_dtype(cells.dtype):
        return cells.astype("str")
    if pd.api.types.is_float_dtype(cells.dtype):
        numbers = cells.to_numpy(na_value=np.nan) + 0.0  # one zero
        numbers[np.isnan(numbers)] = np.nan  # one null
        return pd.Series(numbers)
    if pd.api.types.is_object_dtype(cells.dtype):
        return cells.map(repr, na_action="ignore").astype("str")
    return cells


def combined(cells: Sequence[Hashes], number: int = 0) -> Hashes:
    """Hash rows of hashes, ``(rows,)`` a column, to 64 bits each; another number is another hash.

    Linear in the cells' hashes, with random odd factors: Carter and Wegman (1979), Universal
    Classes of Hash Functions.
    """
    generator = np.random.default_rng(number)
    drawn = generator.integers(0, 2**64, (len(cells),), dtype=np.uint64)
    total = np.zeros_like(cells[0])
    for column, factor in zip(cells, np.bitwise_or(drawn, np.uint64(1)), strict=True):
        total += column * factor
    return total


class Records:
    """Records with a 64-bit ``key``, which are read in parts: all of one key are in one part.

    Few records stay in memory. More than :data:`HELD` go to files of a folder by the first bits
    of their keys, so that a part takes a 64th of the memory.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._held: list[Record] = []
        self._count = 0
        self._spilled = False

    def add(self, **fields: npt.NDArray[Any]) -> None:
        """Append records, an array ``(records,)`` a field, ``key`` among them."""
        dtype = [(name, values.dtype) for name, values in fields.items()]
        records = np.empty(len(fields["key"]), dtype)
        for name, values in fields.items():
            records[name] = values
        self._held.append(records)
        self._count += len(records)
        if self._count > HELD:
            self._spill()

    def parts(self) -> Iterator[Record]:
        """Yield the records in parts, within each in the order in which they were added."""
        if not self._spilled:
            yield from ([np.concatenate(self._held)] if self._held else [])
            return
        self._spill()
        for part in range(PARTS):
            path = self._folder / f"{part}.records"
            if path.exists():
                yield np.fromfile(path, self._held[0].dtype)

    def _spill(self) -> None:
        self._folder.mkdir(exist_ok=True)
        records = np.concatenate(self._held)
        places = records["key"] >> np.uint64(64 - (PARTS - 1).bit_length())
        for part in range(PARTS):
            with (self._folder / f"{part}.records").open("ab") as stream:
                records[places == part].tofile(stream)
        self._held, self._count, self._spilled = [records[:0]], 0, True


def repeated(records: Records, rows: int) -> npt.NDArray[np.bool_]:
    """Tell of each row, shape ``(rows,)``, whether one before it is equal.

    Parameters
    ----------
    records
        Two independent hashes of each row, ``key`` and ``second``, and its number, ``row``. Unequal
        rows are taken for equal ones with a probability of ``rows**2 / 2**129``.
    """
    found = np.zeros(rows, dtype=np.bool_)
    for part in records.parts():
        both = pd.DataFrame({"key": part["key"], "second": part["second"]})
        found[part["row"][both.duplicated().to_numpy()]] = True
    return found
