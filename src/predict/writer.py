"""A table on disk that grows by one batch after another."""

from __future__ import annotations

from pathlib import Path
from typing import Self

import pyarrow as pa

from src.base.errors import InputError
from src.tables.formats import Writer, format_of


class TableWriter:
    """A file in one of :data:`src.tables.formats.FORMATS`, told by its name."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: Writer | None = None
        self._columns: pa.Schema | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()

    def write(self, table: pa.Table) -> None:
        """Append a table; the first decides the columns and their types."""
        if self._file is None:
            self._columns = table.schema
            self._file = format_of(self._path).write(self._path, table.schema)
        self._file.write_table(self._like_the_first(table))

    def _like_the_first(self, table: pa.Table) -> pa.Table:
        try:
            return table.cast(self._columns)
        except pa.ArrowInvalid:
            for now, first in zip(table.schema, self._columns or (), strict=True):
                if now.type != first.type:
                    raise InputError(
                        f"{self._path}: column {now.name} is {first.type} in the first rows and "
                        f"{now.type} in later ones, which one column cannot hold. Write it in one "
                        "type in all parts of the table, such as text."
                    ) from None
            raise
