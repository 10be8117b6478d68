"""What of a test set is independent of each other: the unit that intervals and tests count by.

References
----------
Blocks of time: Ibragimov and Müller (2010), t-statistic based correlation and heterogeneity robust
inference, Journal of Business & Economic Statistics 28. Their length: Politis and White (2004),
Automatic block-length selection for the dependent bootstrap, Econometric Reviews 23, as corrected
by Patton, Politis and White (2009).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from src.base.contract import ROW_KEY, Contract
from src.modelling.predictions import Floats, Integers

Kind = Literal["row", "equal rows", "group", "block of time"]

MOST_BLOCKS = 12
"""Blocks of time: few and long ones are independent where many are not."""

LENGTHS = 3
"""Lengths of Politis and White that a block has at least; shorter ones cover too little."""


@dataclass(frozen=True)
class Units:
    """The unit of each test row.

    Attributes
    ----------
    codes
        Shape ``(rows,)``: numbers of units, from 0.
    """

    kind: Kind
    codes: Integers

    @property
    def count(self) -> int:
        """The number of units."""
        return int(self.codes.max()) + 1 if len(self.codes) else 0


def units(test: pd.DataFrame, contract: Contract, by: str, influence: Floats) -> Units:
    """Find the unit of each row.

    Groups where a column has that role; blocks of consecutive rows where the split is by time; rows
    with the same key, where there are such; else single rows.

    Parameters
    ----------
    by
        What the split is by: ``row``, ``group`` or ``time``.
    influence
        Of each row on the leading score: how long a block has to be follows from it.
    """
    if groups := contract.names("group"):
        return Units("group", _codes(test[groups[0]]))
    if by == "time":
        times = test[contract.names("time")[0]].to_numpy()
        return Units("block of time", blocks(times, influence))
    keys = _codes(test[ROW_KEY])
    repeated = len(keys) > 0 and keys.max() + 1 < len(keys)
    return Units("equal rows" if repeated else "row", keys)


def _codes(cells: pd.Series[str]) -> Integers:
    """Return a number for each different cell, in the order in which they come; nulls share one."""
    codes, _ = pd.factorize(cells, use_na_sentinel=False)
    return codes.astype(np.intp)


def blocks(times: npt.NDArray[Any], influence: Floats) -> Integers:
    """Cut rows into blocks of consecutive times; rows of one time stay together."""
    order = np.argsort(times, kind="stable")
    rows = len(order)
    length = LENGTHS * block_length(influence[order])
    count = max(2, min(MOST_BLOCKS, rows // length)) if rows > 1 else 1
    _, first, places = np.unique(times[order], return_index=True, return_inverse=True)
    codes = np.empty(rows, np.intp)
    codes[order] = (first[places] * count) // rows
    return _codes(pd.Series(codes))


def block_length(series: Floats) -> int:
    """Return the length from which on blocks of a series are nearly independent, in rows."""
    rows = len(series)
    centred = series - series.mean()
    variance = float(centred @ centred) / rows if rows else 0.0
    if rows < 10 or variance == 0:
        return 1
    window = max(5, int(np.sqrt(np.log10(rows))))
    most = int(np.ceil(np.sqrt(rows))) + window
    lags = np.arange(min(most, rows - 1) + 1)
    covariance = np.array([float(centred[: rows - lag] @ centred[lag:]) / rows for lag in lags])
    small = np.abs(covariance / variance) < 2 * np.sqrt(np.log10(rows) / rows)
    quiet = [lag for lag in lags[:-window] if small[lag + 1 : lag + 1 + window].all()]
    last = min(2 * (quiet[0] if quiet else len(lags) - 1), len(lags) - 1)
    taper = np.clip(2 * (1 - lags[: last + 1] / max(last, 1)), 0, 1)
    weighted = taper * covariance[: last + 1]
    spectrum = 2 * weighted.sum() - weighted[0]
    slope = 2 * float((lags[: last + 1] * weighted).sum())
    if spectrum <= 0:
        return 1
    best = (2 * slope**2 / (4 / 3 * spectrum**2)) ** (1 / 3) * rows ** (1 / 3)
    return int(np.clip(np.ceil(best), 1, np.ceil(min(3 * np.sqrt(rows), rows / 3))))
