"""The formats of tables on disk: how each is opened, cut into batches and written."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from src.base.contract import Csv
from src.base.errors import InputError

BLOCK = 8 * 2**20
"""Bytes of a CSV file that are parsed at once; pyarrow reads a few blocks ahead."""

ROWS = 100_000
"""Rows of a Parquet or Arrow file in a batch."""

Batches = Iterator[tuple[pa.RecordBatch, float]]


class Writer(Protocol):
    """A file that tables of one schema are appended to."""

    def write_table(self, table: pa.Table) -> None:
        """Append a table."""

    def close(self) -> None:
        """Finish the file."""


@dataclass(frozen=True)
class Format:
    """A way to write tables.

    Attributes
    ----------
    text
        Whether the contract's section ``csv`` says how it is written; every cell then comes as text
        or null, and what it means is for the contract to say. Else the file has types of its own.
    open
        Returns the file as a dataset; it raises what pyarrow raises.
    batches
        Cuts a dataset into batches, each with the share of the file read by then, 0 to 1.
    write
        Opens a file to write tables of one schema to.
    """

    text: bool
    open: Callable[[Path, Csv], ds.Dataset]
    batches: Callable[[Path, ds.Dataset], Batches]
    write: Callable[[Path, pa.Schema], Writer]


def _open_csv(path: Path, csv: Csv) -> ds.Dataset:
    read = pa_csv.ReadOptions(encoding=csv.encoding, block_size=BLOCK)
    parse = pa_csv.ParseOptions(delimiter=csv.delimiter, newlines_in_values=True)
    convert = pa_csv.ConvertOptions(null_values=csv.null_values, strings_can_be_null=True)
    if path.name.lower().endswith(".zst"):  # whose ending a dataset does not know
        names = pa_csv.open_csv(opened(path), read, parse, convert).schema.names
        convert.column_types = dict.fromkeys(names, pa.string())
        return ds.InMemoryDataset(pa_csv.open_csv(opened(path), read, parse, convert))
    layout = ds.CsvFileFormat(parse, convert_options=convert, read_options=read)
    names = ds.dataset(path, format=layout).schema.names
    return ds.dataset(path, pa.schema([(name, pa.string()) for name in names]), layout)


def _csv_batches(path: Path, dataset: ds.Dataset) -> Batches:
    size = path.stat().st_size
    blocks = dataset.to_batches(batch_size=BLOCK, batch_readahead=4)  # a block has fewer rows
    for number, batch in enumerate(blocks, start=1):
        yield batch, min(1.0, number * BLOCK / size)


def _open_parquet(path: Path, csv: Csv) -> ds.Dataset:
    del csv
    return ds.dataset(path, format="parquet")


def _open_arrow(path: Path, csv: Csv) -> ds.Dataset:
    del csv
    return ds.dataset(path, format="ipc")


class _CsvWriter:
    """A CSV file, packed where its name says so."""

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        delimiter = "\t" if path.name.lower().endswith(".tsv") else ","
        self._stream = pa.output_stream(str(path), compression="detect")
        options = pa_csv.WriteOptions(delimiter=delimiter)
        self._writer = pa_csv.CSVWriter(self._stream, schema, write_options=options)

    def write_table(self, table: pa.Table) -> None:
        self._writer.write_table(table)

    def close(self) -> None:
        self._writer.close()
        self._stream.close()


def _typed_batches(path: Path, dataset: ds.Dataset) -> Batches:
    del path
    rows, total = 0, dataset.count_rows()
    for batch in dataset.to_batches(batch_size=ROWS):
        rows += batch.num_rows
        yield batch, rows / max(1, total)


_CSV = Format(True, _open_csv, _csv_batches, _CsvWriter)
_ARROW = Format(False, _open_arrow, _typed_batches, pa.ipc.new_file)
FORMATS: dict[str, Format] = {
    ".csv": _CSV, ".csv.gz": _CSV, ".csv.bz2": _CSV, ".csv.zst": _CSV, ".tsv": _CSV,
    ".parquet": Format(
        False, _open_parquet, _typed_batches,
        lambda path, schema: pq.ParquetWriter(path, schema, compression="zstd"),
    ),
    ".feather": _ARROW, ".arrow": _ARROW,
}  # fmt: skip
"""The known formats by the ending of a file's name."""

SPREADSHEETS = (".xlsx", ".xlsm", ".xls", ".ods")


def ending(path: Path | str) -> str:
    """Return the ending of a name that says its format, in small letters.

    Raises
    ------
    InputError
        No format has this ending.
    """
    name = Path(path).name.lower()
    if name.endswith(SPREADSHEETS):
        raise InputError(
            f"{path}: a spreadsheet may hold several tables and changes what it shows. Export the "
            f"sheet: libreoffice --headless --convert-to csv {shlex.quote(str(path))}"
        )
    found = next((suffix for suffix in FORMATS if name.endswith(suffix)), None)
    if found is None:
        raise InputError(f"{path}: expected a name ending in {', '.join(FORMATS)}.")
    return found


def format_of(path: Path | str) -> Format:
    """Return the format that a file's name says; raises as :func:`ending` does."""
    return FORMATS[ending(path)]


def opened(path: Path) -> pa.NativeFile:
    """Open a file to read its bytes, unpacked where its name says that it is packed."""
    return pa.input_stream(str(path), compression="detect")
