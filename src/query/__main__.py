"""Write what a query gives as a sorted, typed Parquet file.

The stage has its query alone as a dependency: neither a change of the code nor of a library asks
the server again, since it may answer otherwise by now. `make refresh` does.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

from src.base.command import run
from src.base.errors import InputError
from src.base.files import replacing
from src.query.address import is_database, require_no_password, without_secrets
from src.query.answer import write_sorted

PACKAGES = ("duckdb", "s3fs", "sqlalchemy")


@dataclass(frozen=True)
class Arguments:
    """Who is asked, what, and where the answer goes."""

    address: str = field(
        metadata={"help": "postgresql://host/database, s3://bucket/prefix, or files"}
    )
    query: Path
    table: Path


def main(arguments: Arguments) -> None:
    """Ask, and replace the table only when the whole answer is there."""
    require_no_password(arguments.address)
    _require_packages()
    sql = _read(arguments.query)
    if is_database(arguments.address):
        from src.query.database import ask  # noqa: PLC0415 - what is off costs no import
    else:
        from src.query.files import ask  # noqa: PLC0415 - the same

    try:
        answer = ask(arguments.address, sql)
        with replacing(arguments.table) as (path,):
            write_sorted(answer, path)
    except InputError as error:
        said = without_secrets(f"{arguments.query}: {error}", os.environ)
        raise InputError(said) from None
    print(f"{arguments.table}: {answer.num_rows:,} rows, {answer.num_columns} columns")


def _require_packages() -> None:
    missing = [name for name in PACKAGES if find_spec(name) is None]
    if missing:
        raise InputError(
            f"{', '.join(missing)}: not installed, but a query needs it. Set `EXTRAS := query` in "
            "the Makefile and run it again by make."
        )


def _read(query: Path) -> str:
    try:
        sql = query.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise InputError(f"{query}: not UTF-8 (byte {error.start}). Save it as UTF-8.") from None
    if not sql.strip():
        raise InputError(f"{query}: the file is empty. Write one SELECT there.")
    return sql


if __name__ == "__main__":
    run(main, Arguments)
