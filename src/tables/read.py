"""Raw tables on disk, in the formats of :mod:`src.tables.formats`, read strictly."""

from __future__ import annotations

import codecs
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pandas as pd
import pyarrow as pa

from src.base.contract import Csv
from src.base.errors import InputError
from src.tables.formats import Batches, Opened, format_of, opened
from src.tables.parts import parts_of, require_columns


def read_batches(path: Path, csv: Csv) -> Batches:
    """Read a table in batches, of a folder one part after the other.

    Reading is strict: a row with a field too many or too few is an error, not a row padded with
    nulls.

    Yields
    ------
    A batch, and the share of the table that has been read with it, 0 to 1.

    Raises
    ------
    InputError
        The file is missing, unreadable, empty, of no known format, truncated, not in the encoding
        of the contract, has ragged rows, no rows, or two columns of one name; a part of a folder
        has other columns than the first. Of a fault further down, when the reading gets there.
    """
    with ThreadPoolExecutor(1) as thread:
        batches = _batches(path, csv)
        following = thread.submit(next, batches, None)
        while (batch := following.result()) is not None:
            following = thread.submit(next, batches, None)  # while this one is worked on
            yield batch


def _batches(path: Path, csv: Csv) -> Batches:
    rows, done, columns = 0, 0, list[str]()
    parts = parts_of(path)
    total = max(1, sum(part.stat().st_size for part in parts))
    for part in parts:
        size = part.stat().st_size
        try:
            opened_part = _open(part, csv)
            columns = columns or opened_part.names
            require_columns(part, opened_part.names, parts[0], columns)
            for batch, share in opened_part.batches:
                if batch.num_rows:
                    yield batch.select(columns), (done + share * size) / total
                rows += batch.num_rows
        except (pa.ArrowException, ValueError, LookupError, OSError) as error:
            raise InputError(f"{part}: {explain(error, csv)}") from None
        done += size
    if not rows:
        raise InputError(f"{path}: no rows, only the header {columns}.")


NULLABLE = {
    pa.bool_(): pd.BooleanDtype(), pa.int8(): pd.Int8Dtype(), pa.int16(): pd.Int16Dtype(),
    pa.int32(): pd.Int32Dtype(), pa.int64(): pd.Int64Dtype(), pa.uint8(): pd.UInt8Dtype(),
    pa.uint16(): pd.UInt16Dtype(), pa.uint32(): pd.UInt32Dtype(), pa.uint64(): pd.UInt64Dtype(),
}  # fmt: skip
"""The dtypes that hold nulls, too: others would make floats of whole numbers beside one."""


def as_frame(batch: pa.RecordBatch, first: int = 0) -> pd.DataFrame:
    """Return a batch as a frame whose dtypes do not depend on whether this batch has nulls.

    ``first`` is the number of its first row, from which the index counts.
    """
    frame: pd.DataFrame = batch.to_pandas(types_mapper=NULLABLE.get, ignore_metadata=True)
    return frame.set_axis(pd.RangeIndex(first, first + len(frame)))


def frames(batches: Iterable[pa.RecordBatch]) -> Iterator[pd.DataFrame]:
    """Return the batches of a table as frames, whose rows are numbered through all of them."""
    first = 0
    for batch in batches:
        yield as_frame(batch, first)
        first += batch.num_rows


def rows_of_parts(path: Path, csv: Csv) -> list[tuple[str, int]]:
    """Return name and number of rows of each part of a table that can be read."""
    return [
        (part.name, sum(batch.num_rows for batch, _ in _open(part, csv).batches))
        for part in parts_of(path)
    ]


def _open(path: Path, csv: Csv) -> Opened:
    """Open a file that is not empty and names each column once."""
    file_format = format_of(path)
    if path.stat().st_size == 0:
        raise InputError(f"{path}: the file is empty. Put your table there.")
    with opened(path) as stream:
        wide = stream.read(2) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
    if file_format.text and wide and "16" not in csv.encoding:
        raise InputError(
            f"{path}: begins with the byte-order mark of UTF-16, expected {csv.encoding}. Set "
            "csv.encoding in data/schema.yaml to utf-16."
        )
    found = file_format.read(path, csv)
    twice = [name for name, count in Counter(found.names).items() if count > 1]
    if twice:
        raise ValueError(f"multiple columns named {twice[0]}")
    return found


def explain(error: Exception, csv: Csv) -> str:
    """Say what fixes an error of the reader, where that is known."""
    message = " ".join(str(error).split()).rstrip(".")
    message = re.split(r"input source '[^']*': (?:Invalid: )?", message)[-1]  # the cause alone
    if isinstance(error, UnicodeError) or "UTF8" in message or "to string" in message:
        return (
            f"not {csv.encoding} text ({message}). Set csv.encoding in data/schema.yaml, for "
            "example to latin-1."
        )
    if isinstance(error, LookupError):
        return f"{message}. Set csv.encoding in data/schema.yaml to an encoding Python knows."
    if twice := re.search("multiple columns named (.+)$", message):
        return f"column {twice[1]!r} stands more than once in the header. Rename one of them."
    if "Expected" in message and "columns" in message:
        return (
            f"ragged rows: {message}. Fix the row, or set csv.delimiter (now "
            f"{csv.delimiter!r}) in data/schema.yaml."
        )
    return f"cannot be read: {message}."
