"""Tables on disk: CSV as the contract describes it, Parquet (zstd)."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from src.errors import InputError
from src.schema import ROW_KEY, Csv, Schema


def read_table(path: Path, csv: Csv) -> pd.DataFrame:
    """Read a CSV or Parquet file, told apart by its name.

    Every cell of a CSV file comes as text or null: what it means is for the contract to say. A
    Parquet file keeps its types. Reading is strict: a row with a field too many or too few is an
    error, not a row padded with nulls.

    Raises
    ------
    InputError
        The file is missing, unreadable, empty, of no known format, truncated, not in the encoding
        of the contract, has ragged rows, no rows, or two columns of one name.
    """
    reader = {".csv": _read_csv, ".parquet": _read_parquet}[table_format(path)]
    try:
        table = reader(path, csv)
    except (pa.ArrowException, ValueError, LookupError) as error:
        raise InputError(f"{path}: {explain(error, csv)}") from None
    require_distinct(path, table.column_names)
    if table.num_rows == 0:
        raise InputError(f"{path}: no rows, only the header {table.column_names}.")
    frame: pd.DataFrame = table.to_pandas(ignore_metadata=True)
    return frame


def table_format(path: Path) -> str:
    """Return ``.csv`` or ``.parquet``, the format of a file that is there and not empty.

    Raises
    ------
    InputError
        The file is missing, a folder, empty, or of no known format.
    """
    suffix = path.suffix.lower()
    if suffix not in (".csv", ".parquet"):
        raise InputError(f"{path}: expected a name ending in .csv or .parquet.")
    if path.is_dir():
        raise InputError(f"{path}: expected a file, found a folder. Name one of its files.")
    if not path.is_file():
        raise InputError(
            f"{path}: no such file. Fetch it with `dvc pull {path}`, or name your table in "
            "params.yaml, prepare.table."
        )
    if path.stat().st_size == 0:
        raise InputError(f"{path}: the file is empty. Put your table there.")
    return suffix


def require_distinct(path: Path, names: list[str]) -> None:
    """Refuse a header that names a column twice."""
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise InputError(f"{path}: column {twice[0]!r} stands more than once in the header.")


def csv_options(
    path: Path, csv: Csv, block_size: int | None = None
) -> tuple[pa_csv.ReadOptions, pa_csv.ParseOptions, pa_csv.ConvertOptions]:
    """Return how to read a CSV file strictly: the contract's layout, every cell as text."""
    read = pa_csv.ReadOptions(encoding=csv.encoding, block_size=block_size)
    layout = pa_csv.ParseOptions(delimiter=csv.delimiter, newlines_in_values=True)
    with pa_csv.open_csv(path, read, layout) as reader:
        names = reader.schema.names
    convert = pa_csv.ConvertOptions(
        column_types=dict.fromkeys(names, pa.string()),
        null_values=csv.null_values,
        strings_can_be_null=True,
    )
    return read, layout, convert


def _read_csv(path: Path, csv: Csv) -> pa.Table:
    return pa_csv.read_csv(path, *csv_options(path, csv))


def _read_parquet(path: Path, csv: Csv) -> pa.Table:
    del csv
    return pq.read_table(path)


def explain(error: Exception, csv: Csv) -> str:
    """Say what mends an error of the reader, where that is known."""
    message = " ".join(str(error).split())
    if "UTF8" in message or isinstance(error, UnicodeError):
        return (
            f"not {csv.encoding} text ({message}). Set csv.encoding in data/schema.yaml, for "
            "example to latin-1."
        )
    if isinstance(error, LookupError):
        return f"{message}. Set csv.encoding in data/schema.yaml to an encoding Python knows."
    if "Expected" in message and "columns" in message:
        return (
            f"ragged rows: {message}. Mend the row, or set csv.delimiter (now "
            f"{csv.delimiter!r}) in data/schema.yaml."
        )
    return f"cannot be read: {message}."


def read_prepared(path: Path, schema: Schema) -> pd.DataFrame:
    """Read a training or test set that prepare wrote.

    Raises
    ------
    InputError
        The file is missing, unreadable, empty or lacks a column of the contract.
    """
    again = "Make it again with `dvc repro --force prepare`."
    try:
        frame = pd.read_parquet(path)
    except (OSError, ValueError) as error:  # pyarrow's errors are of both kinds
        raise InputError(f"{path}: cannot be read ({error}). {again}") from None
    missing = {ROW_KEY, *schema.features, schema.target} - set(frame.columns)
    if missing or frame.empty:
        raise InputError(f"{path}: {len(frame)} rows, missing columns {sorted(missing)}. {again}")
    return frame


def write_parquet(frame: pd.DataFrame, path: Path) -> None:
    """Write Parquet with zstd; the bytes depend on the frame and the locked pyarrow only."""
    frame.to_parquet(path, engine="pyarrow", compression="zstd", index=False)
