"""Name the part of the table that each row belongs to."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pandas as pd

NULL, OTHER = "(null)", "(other)"


def named(
    train: pd.DataFrame, test: pd.DataFrame, columns: list[str], min_rows: int
) -> pd.DataFrame:
    """Return the slice of each test row, shape ``(rows, columns)``."""
    found = {column: levels(train[column], test[column], min_rows) for column in columns}
    return pd.DataFrame(found, index=test.index)


def levels(train: pd.Series[Any], test: pd.Series[Any], min_rows: int) -> pd.Series[str]:
    """Return the slice of each test row, shape ``(rows,)``.

    Numbers are cut at the quartiles of the training set, so that a new test set does not move the
    cuts. Levels with fewer than ``min_rows`` test rows are pooled.
    """
    numeric = pd.api.types.is_numeric_dtype(test) and not pd.api.types.is_bool_dtype(test)
    named = _quarters(train, test) if numeric else test.astype("object").map(str)
    named = named.where(test.notna(), NULL)
    counts = named.value_counts()
    small = counts.index[counts < min_rows]
    return named.where(~named.isin(small) | (len(small) < 2), OTHER).astype("str")


def _quarters(train: pd.Series[Any], test: pd.Series[Any]) -> pd.Series[Any]:
    known = train.dropna()
    if known.empty:
        return pd.Series(NULL, index=test.index, dtype="object")
    cuts = sorted({float(f"{cut:.4g}") for cut in np.quantile(known, [0.25, 0.5, 0.75])})
    names = [
        f"below {cuts[0]:g}",
        *(f"{low:g} to {high:g}" for low, high in itertools.pairwise(cuts)),
        f"from {cuts[-1]:g}",
    ]
    places = np.searchsorted(cuts, test.to_numpy(), side="right")
    return pd.Series(np.array(names, dtype=object)[places], index=test.index)
