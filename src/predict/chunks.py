"""Tables of any length, a chunk at a time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Self

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from src.errors import InputError
from src.schema import Csv
from src.tables import csv_options, explain, require_distinct, table_format

BYTES = 8 * 2**20
"""Of a CSV file's chunk; pyarrow reads up to 32 of them ahead."""

ROWS = 100_000
"""Of a Parquet file's chunk."""


def read(path: Path, csv: Csv) -> Iterator[tuple[pa.RecordBatch, float]]:
    """Read a table as :func:`src.tables.read_table` does, but in chunks.

    Yields
    ------
    A chunk, and the share of the file that has been read with it, 0 to 1.

    Raises
    ------
    InputError
        As :func:`src.tables.read_table`; of a fault further down, when the reading gets there.
    """
    reader = {".csv": _csv, ".parquet": _parquet}[table_format(path)]
    rows = 0
    try:
        for batch, share in reader(path, csv):
            if batch.num_rows:
                yield batch, share
            rows += batch.num_rows
    except (pa.ArrowException, ValueError, LookupError) as error:
        raise InputError(f"{path}: {explain(error, csv)}") from None
    if not rows:
        raise InputError(f"{path}: no rows, only a header.")


Batches = Iterator[tuple[pa.RecordBatch, float]]


def _csv(path: Path, csv: Csv) -> Batches:
    size = path.stat().st_size
    options = csv_options(path, csv, BYTES)
    with pa_csv.open_csv(path, *options) as reader:
        require_distinct(path, reader.schema.names)
        for number, batch in enumerate(reader, start=1):
            yield batch, min(1.0, number * BYTES / size)


def _parquet(path: Path, csv: Csv) -> Batches:
    del csv
    with pq.ParquetFile(path) as file:
        require_distinct(path, file.schema_arrow.names)
        rows = 0
        for batch in file.iter_batches(ROWS):
            rows += batch.num_rows
            yield batch, rows / file.metadata.num_rows


class Writer:
    """A CSV or Parquet file, told apart by its name, that grows by one table after another."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: pa_csv.CSVWriter | pq.ParquetWriter | None = None
        self._schema: pa.Schema | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()

    def write(self, table: pa.Table) -> None:
        """Append a table; the first decides the columns and their types."""
        if self._file is None:
            parquet = self._path.suffix.lower() == ".parquet"
            self._schema = table.schema
            self._file = (
                pq.ParquetWriter(self._path, table.schema, compression="zstd")
                if parquet
                else pa_csv.CSVWriter(self._path, table.schema)
            )
        self._file.write_table(table.cast(self._schema))
