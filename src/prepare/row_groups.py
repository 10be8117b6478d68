"""A Parquet file that grows by frames of any length, in row groups of one length."""

from __future__ import annotations

from pathlib import Path
from typing import Self

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from src.base.prepared import COMPRESSION

ROWS = 2**20
"""Rows of a row group, as pyarrow writes them: the bytes do not tell how many frames there were."""


class RowGroups:
    """Write frames of the same columns one after another; none leaves no file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._held: list[pa.Table] = []
        self._writer: pq.ParquetWriter | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._write(1)
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
            if self._writer is None:
                self._writer = pq.ParquetWriter(self._path, group.schema, compression=COMPRESSION)
            self._writer.write_table(group, row_group_size=ROWS)
