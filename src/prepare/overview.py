"""Read from the written sets what findings and profile are made of: samples and single columns."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from src.base.contract import Contract
from src.prepare.sets import Sets
from src.tables.equal_rows import equal_rows
from src.tables.findings import Looked, in_order
from src.target_leakage.find import sampled


def look(train: Path, test: Path, sets: Sets, contract: Contract) -> Looked:
    """Return what the findings are looked for in."""
    drawn, held_out = (
        _sample(path, rows) for path, rows in zip((train, test), sets.counts, strict=True)
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


def _sample(path: Path, rows: int) -> pd.DataFrame:
    """Read the rows that are looked at, in random order."""
    with pq.ParquetFile(path) as file:
        chosen = sampled(rows, len(file.schema_arrow))
        order = np.sort(chosen)
        taken, first = [], 0
        for number in range(file.num_row_groups):
            group = file.read_row_group(number)
            here = order[(order >= first) & (order < first + len(group))] - first
            taken.append(group.take(here))
            first += len(group)
    frame: pd.DataFrame = pa.concat_tables(taken).to_pandas()
    places: npt.NDArray[np.int64] = np.searchsorted(order, chosen)
    return frame.iloc[places].reset_index(drop=True)
