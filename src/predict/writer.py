"""A table on disk that grows by one batch after another."""

from __future__ import annotations

from pathlib import Path
from typing import Self

import pyarrow as pa

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
        self._file.write_table(table.cast(self._columns))
