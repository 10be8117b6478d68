"""Name the part of the table that each row belongs to."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pandas as pd

NULL, OTHER = "(null)", "(other)"

DIGITS = range(4, 18)
"""Of a cut: as few as tell it from the others; 17 tell any two floats apart."""


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
    known: set[str] = set() if numeric else set(named)
    named = named.where(test.notna(), _unlike(known, NULL))
    counts = named.value_counts()
    small = counts.index[counts < min_rows]
    return named.where(~named.isin(small) | (len(small) < 2), _unlike(known, OTHER)).astype("str")


def _unlike(known: set[str], name: str) -> str:
    """Return a name that no level has."""
    return _unlike(known, f"({name})") if name in known else name


def _quarters(train: pd.Series[Any], test: pd.Series[Any]) -> pd.Series[Any]:
    known = train.dropna()
    if known.empty:
        return pd.Series(NULL, index=test.index, dtype="object")
    exact = set(np.quantile(known, [0.25, 0.5, 0.75]).tolist())
    # Few digits are read with ease, but only the last ones tell dates such as 20260401 apart.
    rounded = ({float(f"{cut:.{digits}g}"): digits for cut in exact} for digits in DIGITS)
    cuts = next(cuts for cuts in rounded if len(cuts) == len(exact))
    said = [f"{cut:.{max(6, digits)}g}" for cut, digits in sorted(cuts.items())]
    names = [
        f"below {said[0]}",
        *(f"{low} to {high}" for low, high in itertools.pairwise(said)),
        f"from {said[-1]}",
    ]
    places = np.searchsorted(sorted(cuts), test.to_numpy(), side="right")
    return pd.Series(np.array(names, dtype=object)[places], index=test.index)
