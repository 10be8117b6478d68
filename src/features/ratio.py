"""Ratios of two numbers."""

from __future__ import annotations

from typing import Any

import pandas as pd

from src.features.pairs import OfPairs


class Ratio(OfPairs):
    """Add the first number of each pair divided by the second, null where that is zero."""

    called = "{} / {}"

    def make(self, first: pd.Series[Any], second: pd.Series[Any]) -> pd.Series[Any]:
        """Divide."""
        return first.astype("float64") / second.where(second != 0)
