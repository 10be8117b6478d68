"""The distribution of a column's cells in a few numbers, to compare two versions of the data.

A summary is small whatever the size of the table, and holds no cell of a text or id column.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

STEPS = 10
"""Parts of equal size that a number's values are cut into: deciles."""

LEVELS = 20
"""Levels named at most, the most frequent first; so many distinct numbers are all named."""

MIN_SHARE = 0.01
"""A rarer level is not named: it says little of the column, and may say much of one row."""

Summary = dict[str, Any]


def quantiles(values: npt.NDArray[Any]) -> Summary:
    """Return the distribution function at the deciles, or everywhere if few values occur.

    Returns
    -------
    ``values``: ascending and distinct, minimum and maximum included; ``below`` and ``at_most``: the
    shares of cells below each and at most as large, which differ where many cells have one value.
    The deciles are values that occur (inverse of the empirical distribution function: Hyndman and
    Fan 1996, definition 1).
    """
    ordered = np.sort(values)
    cuts = ordered[np.append(True, ordered[1:] != ordered[:-1])]
    if len(cuts) > LEVELS:
        places = np.ceil(np.arange(STEPS + 1) / STEPS * len(ordered)).astype(int) - 1
        cuts = np.unique(ordered[places.clip(min=0)])
    below, at_most = (
        np.searchsorted(ordered, cuts, side=side) / len(ordered) for side in ("left", "right")
    )
    return {"values": cuts.tolist(), "below": below.tolist(), "at_most": at_most.tolist()}


def shares(levels: pd.Series[Any]) -> Summary:
    """Return the share of each frequent level, and of all ``other`` ones together."""
    counts = levels.value_counts(sort=False)
    counts.index = counts.index.astype("str")
    frequent = counts[counts >= MIN_SHARE * len(levels)].sort_index()
    named = frequent.sort_values(ascending=False, kind="stable").head(LEVELS)
    other = (len(levels) - int(named.sum())) / len(levels)
    return {"levels": (named / len(levels)).to_dict(), "other": other}
