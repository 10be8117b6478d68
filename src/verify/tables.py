"""What differs between two tables: columns, rows, cells."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from src.base.contract import ROW_KEY
from src.verify.numbers import difference


def table_differences(before: pd.DataFrame, now: pd.DataFrame) -> Iterator[str]:
    """Return what is another; of each column how many cells, and the first of them."""
    if list(before.columns) != list(now.columns):
        went = sorted(set(before.columns) - set(now.columns))
        came = sorted(set(now.columns) - set(before.columns))
        yield f"columns: went {went or 'none'}, came {came or 'none'}, or their order is another"
    if len(before) != len(now):
        yield f"committed {len(before):,} rows, built {len(now):,}{_keys(before, now)}"
        return
    for name in before.columns.intersection(now.columns):
        old, new = before[name], now[name]
        if old.dtype != new.dtype:
            yield f"column {name}: committed {old.dtype}, built {new.dtype}"
        differs = ~((old == new) | (old.isna() & new.isna())).to_numpy(bool)
        if differs.any():
            row = int(differs.argmax())
            key = f" ({ROW_KEY} {before[ROW_KEY].iloc[row]})" if ROW_KEY in before else ""
            a, b = old.iloc[row], new.iloc[row]
            yield (
                f"column {name}: {differs.sum():,} of {len(before):,} cells, the first in row "
                f"{row}{key}: committed {a}, built {b}{difference(a, b)}"
            )


def _keys(before: pd.DataFrame, now: pd.DataFrame) -> str:
    """Name the first rows that went and came."""
    if ROW_KEY not in before or ROW_KEY not in now:
        return ""
    old, new = set(before[ROW_KEY]), set(now[ROW_KEY])
    went, came = sorted(old - new)[:3], sorted(new - old)[:3]
    return f"; by {ROW_KEY}, went {went or 'none'}, came {came or 'none'}"
