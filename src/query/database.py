"""Ask a database, by SQLAlchemy: PostgreSQL's driver is there, others can be added."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import closing

import pyarrow as pa
from sqlalchemy import URL, Connection, CursorResult, create_engine, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from src.base.errors import InputError, brief
from src.query.address import PASSWORD
from src.query.answer import Rows, from_rows, require_columns

ROWS = 10_000
"""Rows that are fetched at once."""

_CURSOR = re.compile(r'DECLARE "\w+" CURSOR FOR ')
"""What the driver puts before a query, and its server repeats in an error."""


def ask(address: str, sql: str) -> pa.Table:
    """Run a query in a transaction that can only read, and fetch its answer in batches.

    Raises
    ------
    InputError
        The server cannot be reached, refuses, or cannot run the query; the answer is no table.
    """
    try:
        url = make_url(address)
        if password := os.environ.get(PASSWORD):
            url = url.set(password=password)
        engine = create_engine(url, poolclass=NullPool)
        with engine.connect() as connection, closing(_run(connection, url, sql)) as result:
            names = list(result.keys()) if result.returns_rows else []
            require_columns(names, _json(result))
            return from_rows(names, _batches(result))
    except DBAPIError as error:
        # SQLAlchemy's own words repeat the whole query.
        cause = error.orig if isinstance(error.orig, Exception) else error
        raise InputError(f"{address}: {_CURSOR.sub('', brief(cause))}") from None
    except (ArgumentError, ValueError):  # the latter of a port
        raise InputError(
            f"{address}: no address of a database. Expected such as postgresql://host/database."
        ) from None
    except SQLAlchemyError as error:
        raise InputError(f"{address}: {brief(error)}") from None
    except ImportError as error:
        raise InputError(
            f"{address}: its driver is missing ({error}). Add its package to the extra query in "
            "pyproject.toml, then `make lock`."
        ) from None


def _run(connection: Connection, url: URL, sql: str) -> CursorResult[tuple[object, ...]]:
    if url.get_backend_name() == "postgresql":
        connection = connection.execution_options(postgresql_readonly=True)
        connection.exec_driver_sql("SET TIME ZONE 'UTC'")  # dates of times are the same everywhere
    options = {"stream_results": True, "max_row_buffer": ROWS, "no_parameters": True}
    return connection.exec_driver_sql(sql, execution_options=options)


def _json(result: CursorResult[tuple[object, ...]]) -> list[str]:
    """Return the columns of JSON, whose cells may look like numbers and text."""
    described = result.cursor.description if result.cursor is not None else []
    kinds = {column[0]: getattr(column, "type_display", "") for column in described}
    return [name for name, kind in kinds.items() if kind in ("json", "jsonb")]


def _batches(result: CursorResult[tuple[object, ...]]) -> Iterator[Rows]:
    for rows in result.partitions(ROWS):
        yield [tuple(row) for row in rows]
