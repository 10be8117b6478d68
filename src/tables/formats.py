"""The formats of tables on disk: how each is opened, cut into batches and written."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from src.base.contract import Csv
from src.base.errors import InputError

BLOCK = 8 * 2**20
"""Bytes of a CSV file that are parsed at once; a few blocks are read ahead."""

ROWS = 100_000
"""Rows of a Parquet or Arrow file in a batch."""

Batches = Iterator[tuple[pa.RecordBatch, float]]


@dataclass(frozen=True)
class Opened:
    """A file that is read from its beginning.

    Attributes
    ----------
    names
        Its columns.
    batches
        Its rows in batches, each with the share of the file read by then, 0 to 1; a slow reader
        finds no more than a few of them in memory.
    """

    names: list[str]
    batches: Batches


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
    read
        Opens a file to read it in batches; it raises what pyarrow raises.
    write
        Opens a file to write tables of one schema to.
    """

    text: bool
    read: Callable[[Path, Csv], Opened]
    write: Callable[[Path, pa.Schema], Writer]


def _read_csv(path: Path, csv: Csv) -> Opened:
    """Read block after block, every cell as text."""
    read = pa_csv.ReadOptions(encoding=csv.encoding, block_size=BLOCK)
    parse = pa_csv.ParseOptions(delimiter=csv.delimiter, newlines_in_values=True)
    convert = pa_csv.ConvertOptions(null_values=csv.null_values, strings_can_be_null=True)
    # Names are needed to ask for text, so the beginning is parsed twice.
    names = pa_csv.open_csv(opened(path), read, parse, convert).schema.names
    convert.column_types = dict.fromkeys(names, pa.string())

    def batches() -> Batches:
        # Not by a dataset, which reads ahead of a slow reader until the whole file is in memory.
        size = path.stat().st_size
        reader = pa_csv.open_csv(opened(path), read, parse, convert)
        for number, batch in enumerate(reader, start=1):
            yield batch, min(1.0, number * BLOCK / size)

    return Opened(names, batches())


def _read_parquet(path: Path, csv: Csv) -> Opened:
    del csv

    def batches() -> Batches:
        with pq.ParquetFile(path) as file:
            yield from _with_share(file.iter_batches(ROWS), file.metadata.num_rows)

    return Opened(pq.read_schema(path).names, batches())


def _read_arrow(path: Path, csv: Csv) -> Opened:
    del csv
    with pa.OSFile(str(path)) as stream, pa.ipc.open_file(stream) as file:
        names = file.schema.names

    def batches() -> Batches:
        with pa.OSFile(str(path)) as stream, pa.ipc.open_file(stream) as file:
            count = file.num_record_batches
            for number in range(count):
                batch = file.get_batch(number)
                for first in range(0, len(batch), ROWS):
                    yield batch.slice(first, ROWS), (number + 1) / count

    return Opened(names, batches())


def _with_share(batches: Iterable[pa.RecordBatch], total: int) -> Batches:
    rows = 0
    for batch in batches:
        rows += batch.num_rows
        yield batch, rows / max(1, total)


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


_CSV = Format(True, _read_csv, _CsvWriter)
_ARROW = Format(False, _read_arrow, pa.ipc.new_file)
FORMATS: dict[str, Format] = {
    ".csv": _CSV, ".csv.gz": _CSV, ".csv.bz2": _CSV, ".csv.zst": _CSV, ".tsv": _CSV,
    ".parquet": Format(
        False, _read_parquet,
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
