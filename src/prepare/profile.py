"""Describe each column of the training set in a few numbers, to compare two versions of the data.

The description is small whatever the size of the table, and holds no cell of a text or id column.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from src.schema import Kind, Schema

STEPS = 10
"""Parts of equal size that a number's values are cut into: deciles."""

LEVELS = 20
"""Levels named at most, the most frequent first; so many distinct numbers are all named."""

MIN_SHARE = 0.01
"""A rarer level is not named: it says little of the column, and may say much of one row."""

Profile = dict[str, Any]


def profile(frame: pd.DataFrame, schema: Schema) -> Profile:
    """Describe the features and the target.

    Returns
    -------
    ``rows``, and under ``columns`` for each column its ``kind``, the share of ``null`` cells and
    the distribution of the others, see :func:`quantiles` (numbers, times, lengths of texts) and
    :func:`shares` (categories, booleans).
    """
    names = [*schema.features, schema.target]
    columns = {name: describe(frame[name], schema.columns[name].kind) for name in names}
    return {"rows": len(frame), "columns": columns}


def describe(cells: pd.Series[Any], kind: Kind) -> Profile:
    """Describe one column as its kind asks; a column of nulls has no distribution."""
    known = cells.dropna()
    described: Profile = {"kind": kind, "null": 1 - len(known) / len(cells)}
    if known.empty:
        return described
    if kind in ("categorical", "boolean"):
        return described | shares(known)
    if kind == "datetime":
        times = quantiles(known.to_numpy("datetime64[s]").astype(np.int64))
        written = np.array(times["values"], dtype="datetime64[s]").astype(str)
        return described | times | {"values": written.tolist()}
    lengths = known.str.len() if kind == "text" else known
    return described | quantiles(lengths.to_numpy(dtype=np.float64))


def quantiles(values: npt.NDArray[Any]) -> Profile:
    """Return the distribution function at the deciles, or everywhere if few values occur.

    Returns
    -------
    ``values``: ascending and distinct, minimum and maximum included; ``below`` and ``at_most``: the
    shares of cells below each and at most as large, which differ where many cells have one value.
    The deciles are values that occur (inverse of the empirical distribution function: Hyndman and
    Fan 1996, definition 1).
    """
    ordered = np.sort(values)
    cuts = np.unique(ordered)
    if len(cuts) > LEVELS:
        places = np.ceil(np.arange(STEPS + 1) / STEPS * len(ordered)).astype(int) - 1
        cuts = np.unique(ordered[places.clip(min=0)])
    below, at_most = (
        np.searchsorted(ordered, cuts, side=side) / len(ordered) for side in ("left", "right")
    )
    return {"values": cuts.tolist(), "below": below.tolist(), "at_most": at_most.tolist()}


def shares(levels: pd.Series[Any]) -> Profile:
    """Return the share of each frequent level, and of all ``other`` ones together."""
    counts = levels.value_counts(sort=False)
    counts.index = counts.index.astype("str")
    frequent = counts[counts >= MIN_SHARE * len(levels)].sort_index()
    named = frequent.sort_values(ascending=False, kind="stable").head(LEVELS)
    other = (len(levels) - int(named.sum())) / len(levels)
    return {"levels": (named / len(levels)).to_dict(), "other": other}


def lines(described: Profile) -> str:
    """Write a profile as JSON, one line a column: git then shows which columns changed."""
    rest = {key: value for key, value in described.items() if key != "columns"}
    columns = [f"{_json(name)}: {_json(column)}" for name, column in described["columns"].items()]
    return f'{_json(rest)[:-1]}, "columns": {{\n' + ",\n".join(columns) + "\n}}\n"


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)
