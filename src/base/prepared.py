"""The prepared tables: what prepare writes, what train and evaluate read, whole or in part."""

from __future__ import annotations

import contextlib
import ctypes
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Literal, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from src.base.contract import ROW_KEY, Contract
from src.base.errors import InputError
from src.base.kinds import KINDS

COMPRESSION: Literal["zstd"] = "zstd"
ROWS = 2**20
"""Rows of a row group, as pyarrow writes them: the bytes do not tell how many frames there were."""

AGAIN = "Make it again with `dvc repro --force prepare`."


def read_prepared(
    path: Path, contract: Contract, columns: Collection[str] | None = None
) -> pd.DataFrame:
    """Read a training or test set that prepare wrote, or some of its columns.

    Raises
    ------
    InputError
        The file is missing, unreadable, empty or lacks a column of the contract.
    """
    with _opened(path, contract) as file:
        names = None if columns is None else [name for name in file.schema.names if name in columns]
        frame: pd.DataFrame = file.read(names).to_pandas()
    release_memory()
    return frame


def prepared_batches(
    path: Path, contract: Contract, columns: list[str] | None = None
) -> Iterator[pd.DataFrame]:
    """Yield the rows of a set in its order, a million at a time, each batch numbered from 0.

    Parameters
    ----------
    columns
        Those to read; None: all.

    Raises
    ------
    InputError
        As :func:`read_prepared`.
    """
    with _opened(path, contract) as file:
        for number in range(file.num_row_groups):
            yield file.read_row_group(number, columns).to_pandas()


def prepared_rows(path: Path, contract: Contract) -> int:
    """Return the number of rows of a set; raises as :func:`read_prepared`."""
    with _opened(path, contract) as file:
        return int(file.metadata.num_rows)


def take_prepared(path: Path, contract: Contract, rows: npt.NDArray[np.intp]) -> pd.DataFrame:
    """Read some rows of a set, by their numbers and in the order of these.

    Raises
    ------
    InputError
        As :func:`read_prepared`.
    """
    order = np.argsort(rows, kind="stable")
    wanted, first = rows[order], 0
    taken: list[pa.Table] = []
    with _opened(path, contract) as file:
        for number in range(file.num_row_groups):
            after = first + file.metadata.row_group(number).num_rows
            here = wanted[np.searchsorted(wanted, first) : np.searchsorted(wanted, after)]
            if len(here) or not taken:
                taken.append(file.read_row_group(number).take(here - first))
            first = after
    frame: pd.DataFrame = pa.concat_tables(taken).to_pandas()
    places = np.empty(len(rows), np.intp)
    places[order] = np.arange(len(rows))
    return frame.iloc[places].reset_index(drop=True)


@contextlib.contextmanager
def _opened(path: Path, contract: Contract) -> Iterator[pq.ParquetFile]:
    try:
        with pq.ParquetFile(path) as file:
            missing = {ROW_KEY, *contract.features, contract.target} - set(file.schema_arrow.names)
            if missing or not file.metadata.num_rows:
                raise InputError(
                    f"{path}: {file.metadata.num_rows} rows, missing columns {sorted(missing)}. "
                    f"{AGAIN}"
                )
            yield file
    except (OSError, pa.ArrowException) as error:
        raise InputError(f"{path}: cannot be read ({error}). {AGAIN}") from None


def release_memory() -> None:
    """Give the system back what Arrow and the C library keep for later, of what was freed."""
    pa.default_memory_pool().release_unused()
    with contextlib.suppress(OSError, AttributeError):  # another C library than GNU's
        ctypes.CDLL(None).malloc_trim(0)


def write_parquet(frame: pd.DataFrame, path: Path) -> None:
    """Write Parquet; the bytes depend on the frame and the locked pyarrow only."""
    frame.to_parquet(path, engine="pyarrow", compression=COMPRESSION, index=False)


class RowGroups:
    """Write frames of the same columns one after another, in row groups of one length."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._held: list[pa.Table] = []
        self._writer: pq.ParquetWriter | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._write(1)
        if self._writer is None and self._held:
            self._group(self._held[0])  # without rows
        if self._writer is not None:
            self._writer.close()

    def add(self, frame: pd.DataFrame) -> None:
        """Append a frame."""
        self._held.append(pa.Table.from_pandas(frame, preserve_index=False))
        self._write(ROWS)

    def _write(self, least: int) -> None:
        """Write what is held in row groups, as long as there are ``least`` rows for one."""
        while sum(map(len, self._held)) >= least:
            together = pa.concat_tables(self._held)
            group = together.slice(0, ROWS).combine_chunks()
            self._held = [together.slice(len(group))]
            self._group(group)

    def _group(self, group: pa.Table) -> None:
        if self._writer is None:
            self._writer = pq.ParquetWriter(self._path, group.schema, compression=COMPRESSION)
        self._writer.write_table(group, row_group_size=ROWS)


def as_features(frame: pd.DataFrame, contract: Contract) -> pd.DataFrame:
    """Return the columns the model takes, each in the dtype of its kind."""
    dtypes = {name: KINDS[contract.columns[name].kind].model_dtype for name in contract.features}
    features = frame[contract.features]
    return features.astype({name: dtype for name, dtype in dtypes.items() if dtype})
