"""Read from the written sets what findings and profile are made of: samples and single columns."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq

from src.base.contract import Contract
from src.base.prepared import take_prepared
from src.prepare.sets import Sets
from src.tables.equal_rows import equal_rows
from src.tables.findings import Looked, in_order
from src.target_leakage.find import sampled


def look(train: Path, test: Path, sets: Sets, contract: Contract) -> Looked:
    """Return what the findings are looked for in."""
    drawn, held_out = (
        _sample(path, rows, contract) for path, rows in zip((train, test), sets.counts, strict=True)
    )
    times = (name for name in contract.features if contract.columns[name].kind == "datetime")
    ordered = tuple(name for name in times if in_order(column(train, name)))
    equal = equal_rows(sets.rows.parts())
    return Looked(drawn, held_out, sets.counts, sets.classes[0], equal, ordered)


def column(path: Path, name: str) -> pd.Series[Any]:
    """Read one column; texts come as a categorical, so that each is held once."""
    table = pq.read_table(path, columns=[name], read_dictionary=[name])
    cells: pd.Series[Any] = table.to_pandas(ignore_metadata=False)[name]
    return cells


def _sample(path: Path, rows: int, contract: Contract) -> pd.DataFrame:
    """Read the rows that are looked at, in random order."""
    return take_prepared(path, contract, sampled(rows, len(pq.read_schema(path))))
