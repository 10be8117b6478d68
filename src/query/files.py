"""Ask files, by DuckDB: what the address names is the view ``source`` of the query."""

from __future__ import annotations

import glob
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.dataset as ds
import s3fs
from botocore.exceptions import BotoCoreError, ClientError

from src.base.errors import InputError, brief
from src.query.address import S3
from src.query.answer import require_columns

VIEW = "source"

ROWS = 100_000
"""Rows of a batch."""

SETTINGS: dict[str, str | bool | int | float | list[str]] = {
    "threads": 1,  # sums of numbers depend on the order in which threads add them
    "TimeZone": "UTC",
    "autoinstall_known_extensions": False,
}


def ask(address: str, sql: str) -> pa.Table:
    """Run a query over a file, a folder of Parquet, a pattern or an S3 prefix of Parquet.

    Raises
    ------
    InputError
        The files cannot be read, or the query cannot be run; the answer is no table.
    """
    try:
        with duckdb.connect(config=SETTINGS) as connection:
            _name_source(connection, address)
            answer = _select(connection, sql)
            kinds = zip(answer.columns, map(str, answer.types), strict=True)
            require_columns(answer.columns, [name for name, kind in kinds if kind == "JSON"])
            return answer.to_arrow_reader(ROWS).read_all()
    except (duckdb.Error, pa.ArrowException, BotoCoreError, ClientError, OSError) as error:
        advice = "Check the address, and the keys in your environment." if (
            address.startswith(S3) and not isinstance(error, duckdb.Error)
        ) else f"What {address} holds is called {VIEW} in a query."  # fmt: skip
        raise InputError(f"{address}: {brief(error).rstrip('.')}. {advice}") from None


def _name_source(connection: duckdb.DuckDBPyConnection, address: str) -> None:
    if address.startswith(S3):
        prefix = address.removeprefix(S3).rstrip("/")
        # Not by DuckDB, whose part for S3 is another download: with the keys that DVC takes.
        files = ds.dataset(
            prefix, format="parquet", filesystem=s3fs.S3FileSystem(), partitioning="hive"
        )
        connection.register(VIEW, files)
        return
    if not (glob.has_magic(address) or Path(address).exists()):
        raise InputError(f"{address}: no such file or folder.")
    pattern = f"{address}/**/*.parquet" if Path(address).is_dir() else address
    quoted = pattern.replace("'", "''")
    connection.execute(f"CREATE VIEW {VIEW} AS FROM '{quoted}'")


def _select(connection: duckdb.DuckDBPyConnection, sql: str) -> duckdb.DuckDBPyRelation:
    statements = connection.extract_statements(sql)
    if [statement.type for statement in statements] != [duckdb.StatementType.SELECT]:
        raise InputError("expected one SELECT and nothing else.")
    relation = connection.sql(sql)
    assert relation is not None  # noqa: S101 - only statements without an answer have none
    return relation
