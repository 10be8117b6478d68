"""Show how much of a table has been read."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa
from rich.console import Console
from rich.progress import Progress

from src.tables.formats import Batches


def shown(batches: Batches, what: str) -> Iterator[pa.RecordBatch]:
    """Pass batches on and show a bar on a terminal."""
    console = Console(stderr=True)
    with Progress(console=console, disable=not console.is_terminal) as progress:
        bar = progress.add_task(what, total=1.0)
        for batch, share in batches:
            yield batch
            progress.update(bar, completed=share)
